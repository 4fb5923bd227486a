package demo

// Two men of one name, born nine days apart. Nothing may ever join them, not even that Corner Pharmacy and Riverside
// happened to give one and the other the same Patient id.

func jamesRobert() teller {
	return teller{Person{
		Slug: "james-r",
		Name: "James Robert Miller",
		Line: "One of two James Millers at the same practice, born nine days apart; he cannot take penicillin.",
		Story: "James Robert drives a bus, has asthma, and cannot take penicillin. He lives four streets from James Thomas Miller, who was born nine days later. " +
			"Both are patients of Maple Street. Riverside knows only the other one, Corner Pharmacy only this one.",
		LookFor: "Search for \"miller james\": two people, told apart by birth date, middle name and number. The whole record of each holds nothing of the other, and identity review says why they were not joined.",
	}, map[string]func(*chart){"maple": jamesRobertMaple, "corner": jamesRobertCorner},
		map[string]string{"maple": "james-miller-12", "corner": "miller-james"}}
}

func jamesThomas() teller {
	return teller{Person{
		Slug: "james-t",
		Name: "James Thomas Miller",
		Line: "The other James Miller, nine days younger; he took amoxicillin without trouble.",
		Story: "James Thomas teaches mathematics and had his knee repaired at Riverside. He was given amoxicillin there and was well. If his record were joined with the other " +
			"James Miller's, one would lose a warning and the other gain a false one.",
		LookFor: "At Maple Street his allergies have never been recorded: not \"none\", but unknown. Riverside's registration lacks the middle name.",
	}, map[string]func(*chart){"maple": jamesThomasMaple, "riverside": jamesThomasRiverside},
		map[string]string{"maple": "james-miller-21", "riverside": "miller-james"}}
}

func jamesMaple(c *chart, p person) {
	p.family, p.gender, p.race, p.ethnicity, p.gp = "Miller", "male", "white", "not-hispanic", "okonkwo"
	p.city, p.state, p.language = "Columbus", "OH", "en"
	c.register(p)
}

func jamesRobertMaple(c *chart) {
	jamesMaple(c, person{mrn: "001-90-412", given: []string{"James", "Robert"}, born: "1967-04-12", phone: "+1-614-555-0191", street: "18 Jaeger Street", zip: "43206", married: "M", member: "MHP-2204-1967"})
	c.visit("2025-06-10 10:00", "okonkwo", "AMB", "Asthma review", 20)
	c.vital("bp 128/82 pulse 70 weight 92.4 height 181 spo2 97")
	c.problem("asthma", concept("Asthma, mild", snomed("195967001", "Asthma"), icd("J45.20", "Mild intermittent asthma, uncomplicated")), "1985")
	c.allergy("allergy-penicillin", concept("Penicillin", snomed("91936005", "Allergy to penicillin")), "medication", "high", "1979", "severe", "Swollen lips and wheeze as a boy.", swelling, breathless)
	c.prescribe("albuterol", "2025-06-10 10:10", "okonkwo", 0, "2 puffs when short of breath", "Asthma")
	c.visit("2026-06-09 10:00", "okonkwo", "AMB", "Asthma review", 20)
	c.vital("bp 130/82 pulse 72 weight 93.0 spo2 97")
	c.labs("chol 196 ldl 118 hdl 44 tg 170")
}

func jamesRobertCorner(c *chart) {
	c.register(person{mrn: "CP-7714", given: []string{"James", "R"}, family: "Miller", born: "1967-04-12", gender: "male", phone: "+1-614-555-0191",
		street: "18 Jaeger St", city: "Columbus", state: "OH", zip: "43206", member: "MHP-2204-1967"})
	c.on("2025-06-11 10:00", "patel")
	c.allergy("allergy-penicillin", concept("Penicillin", snomed("91936005", "Allergy to penicillin")), "medication", "high", "", "severe", "", swelling)
	c.fills("albuterol", "maple", "2025-12-01", "2026-09-22", 120, 1, "2 puffs when short of breath")
}

func jamesThomasMaple(c *chart) {
	jamesMaple(c, person{mrn: "001-90-421", given: []string{"James", "Thomas"}, born: "1967-04-21", phone: "+1-614-555-0196", street: "73 Beck Street", zip: "43206", married: "S"})
	c.visit("2026-02-17 14:00", "okonkwo", "AMB", "Blood pressure", 20)
	c.vital("bp 148/92 pulse 76 weight 84.1 height 183")
	c.problem("hypertension", concept("High blood pressure", snomed("59621000", "Essential hypertension"), icd("I10", "Essential (primary) hypertension")), "2026-02")
	c.prescribe("amlodipine", "2026-02-17 14:15", "okonkwo", 1, "1 tablet every day", "High blood pressure")
	c.visit("2026-05-19 14:00", "okonkwo", "AMB", "Blood pressure", 15)
	c.vital("bp 132/82 pulse 74 weight 83.6")
}

func jamesThomasRiverside(c *chart) {
	c.register(person{mrn: "RG-220873", given: []string{"James"}, family: "Miller", born: "1967-04-21", gender: "male", phone: "+1-614-555-0196",
		street: "73 Beck Street", city: "Columbus", state: "OH", zip: "43206"})
	c.visit("2023-08-14 07:00", "osei", "IMP", "Repair of the meniscus, left knee", 26*60, object{"hospitalization": object{"dischargeDisposition": status("discharge-disposition", "home")}})
	c.procedure("meniscus", concept("Arthroscopic repair of the medial meniscus, left knee"), "Stable")
	c.prescribe("amoxicillin", "2023-08-15 08:30", "osei", 2, "10 mL by mouth twice a day for 7 days", "Wound infection",
		object{"status": "completed", "dosageInstruction": list{object{"text": "10 mL by mouth twice a day for 7 days"}}})
	c.note("discharge", dischargeNote, "Discharge summary", "Repair of the medial meniscus. Small wound infection, amoxicillin, tolerated well.")
}
