package demo

// daniel: a substance use record that one hospital may see and one practice may not.
func daniel() teller {
	return teller{Person{
		Slug: "daniel",
		Name: "Daniel Kim",
		Line: "Treated at New Leaf Recovery; he lets the hospital see it, and not his family practice.",
		Story: "Daniel has been well on buprenorphine for two years at New Leaf Recovery, a programme under 42 CFR Part 2. He signed a consent: Riverside General may " +
			"see that record, for treatment, for a year, because he was once given an opioid there after a broken wrist. He did not sign one for Maple Street.",
		LookFor: "From Riverside the whole record shows New Leaf's medicine and notes. From Maple Street nothing tells that New Leaf knows him, and the page says " +
			"that some information may be withheld at the patient's direction. Daniel sees both disclosures in his access log.",
	}, map[string]func(*chart){"maple": danielMaple, "riverside": danielRiverside, "newleaf": danielNewLeaf},
		map[string]string{"maple": "daniel-kim", "riverside": "kim-daniel", "newleaf": "dk-1985"}}
}

func danielAs() person {
	return person{given: []string{"Daniel", "Seung-ho"}, family: "Kim", born: "1985-04-02", gender: "male", race: "asian", ethnicity: "not-hispanic",
		phone: "+1-614-555-0127", email: "d.kim@mail.example", street: "61 Hudson Street, Apt 2", city: "Columbus", state: "OH", zip: "43202", language: "en", married: "S",
		member: "MHP-3390-5561", contact: contact{"Grace", "Kim", "sister", "+1-614-555-0128"}}
}

func danielMaple(c *chart) {
	p := danielAs()
	p.mrn, p.gp = "006-41-330", "okonkwo"
	c.register(p)
	c.visit("2025-02-10 15:00", "okonkwo", "AMB", "New patient; anxious, sleeps badly", 40)
	c.vital("bp 124/78 pulse 76 weight 72.4 height 177")
	c.labs("phq9 9")
	c.allergy("allergy-shellfish", concept("Shellfish"), "food", "low", "2004", "mild", "Hives an hour after shrimp.", hives)
	c.problem("anxiety", concept("Anxiety", snomed("197480006", "Anxiety disorder"), icd("F41.9", "Anxiety disorder, unspecified")), "2023")
	c.smoking(dailySmoker)
	c.prescribe("sertraline", "2025-02-10 15:30", "okonkwo", 1, "1 tablet every morning", "Anxiety")
	c.note("first", progressNote, "First visit", "Works nights in a warehouse. Anxious since {2023}. No hospital stays that he wants to speak of. Sertraline 50 mg.")
	c.visit("2025-05-12 15:00", "okonkwo", "AMB", "Anxiety, review", 20)
	c.vital("bp 122/76 pulse 72 weight 73.0")
	c.labs("phq9 5")
	c.visit("2026-05-11 15:00", "okonkwo", "AMB", "Yearly visit", 25)
	c.vital("bp 120/76 pulse 70 weight 74.1")
	c.labs("phq9 4 hba1c-diag 5.3 alt 44")
	c.on("2025-10-20 16:00", "reyes")
	c.shot("influenza", cvx("140", "Influenza, split virus, trivalent, PF"), 1, "FL25-6702", "LA")
	c.on("2026-11-18 10:00", "reyes")
	c.appointment("today", "booked", "slot+20m", 20, "okonkwo", "Follow-up", "not here, texted")
}

func danielRiverside(c *chart) {
	p := danielAs()
	p.mrn, p.given = "RG-602214", []string{"Daniel"}
	p.street, p.email, p.language = "61 Hudson St", "", ""
	c.register(p)
	c.visit("2024-06-15 19:20", "berger", "EMER", "Fell from a bicycle, wrist pain", 210)
	c.vital("bp 136/84 pulse 96 pain 7")
	c.problem("wrist", concept("Broken right wrist", icd("S52.501A", "Unspecified fracture of the lower end of right radius, initial encounter for closed fracture")), "2024-06-15", diagnosis(), c.resolved("2024-08"))
	c.procedure("splint", concept("Splint, right forearm"), "Comfortable")
	c.note("emergency", emergencyNote, "Emergency note", "Distal radius fracture, splinted. Six tablets of oxycodone-acetaminophen. He asked for something else and did not say why.")
}

func danielNewLeaf(c *chart) {
	c.labels = part2()
	p := danielAs()
	p.mrn, p.member, p.contact = "NL-0447", "", contact{}
	c.register(p)
	c.visit("2024-09-09 10:00", "moreau", "AMB", "Intake", 60)
	c.vital("bp 128/80 pulse 84 weight 70.8")
	use := c.problem("opioid-use", concept("Opioid use disorder, severe", snomed("75544000", "Opioid dependence"), icd("F11.20", "Opioid dependence, uncomplicated")), "2021")
	c.note("intake", consultNote, "Intake", "Began with tablets after a back injury in {2021}, then bought pills. Relapsed after oxycodone given for a broken wrist in {2024-06}. Wants buprenorphine. No alcohol.")
	c.prescribe("buprenorphine", "2024-09-09 10:50", "moreau", 2, "1 tablet under the tongue twice a day", "Opioid use disorder")
	c.prescribe("naloxone", "2024-09-09 10:51", "moreau", 0, "1 spray into a nostril for overdose, call 911", "Overdose rescue")
	g := c.goal("recovery", "Stay in treatment, keep the job", "2027-09-01")
	c.plan("recovery", "Recovery", []string{use}, []string{g}, "Buprenorphine/naloxone twice a day", "Individual counselling twice a month", "Group on Thursdays", "Naloxone at home")
	for _, v := range []string{"2024-09-23 10:00", "2024-12-02 10:00", "2025-03-03 10:00", "2025-06-02 10:00", "2025-09-08 10:00", "2025-12-01 10:00", "2026-03-02 10:00", "2026-06-01 10:00", "2026-09-14 10:00"} {
		c.visit(v, "whitaker", "AMB", "Counselling", 45)
		c.found("laboratory", "urine-opiates", concept("Urine drug screen, opiates"), concept("Negative"), object{"interpretation": interpretation("NEG")})
		c.found("laboratory", "urine-buprenorphine", concept("Urine drug screen, buprenorphine"), concept("Positive, as prescribed"), object{"interpretation": interpretation("POS")})
	}
	c.note("counselling", progressNote, "Counselling note", "Two years without use. New shift at work, sleeps better. Sister Grace knows and helps.")
	c.on("2026-03-02 11:00", "whitaker")
	c.consentTo("consent-riverside", "riverside", "2027-03-02", part2(),
		"I, Daniel Kim, let New Leaf Recovery tell Riverside General Hospital about my treatment, medicines and notes, for treating me, until {2027-03-02}. I can take this back at any time. Signed {2026-03-02}.")
}
