package demo

// mei: a pregnancy shared between a practice and a hospital clinic.
func mei() teller {
	return teller{Person{
		Slug: "mei",
		Name: "Mei Tanaka",
		Line: "Twenty-two weeks pregnant, cared for by Maple Street and Riverside's obstetric clinic.",
		Story: "Mei sees Dr. Okonkwo for the ordinary visits and Dr. Ibarra at Riverside for scans and blood tests. She takes levothyroxine. Her blood group, A negative, and the " +
			"antibody screen are in Riverside's chart only, and so is the plan to give her anti-D at 28 weeks.",
		LookFor: "TSH comes from both sites; the dose was raised at Riverside, Maple Street's list has the old one. Blood group Rh negative: only in the whole record. One scan each at 8, 12 and 20 weeks.",
	}, map[string]func(*chart){"maple": meiMaple, "riverside": meiRiverside},
		map[string]string{"maple": "mei-tanaka", "riverside": "tanaka-mei"}}
}

func meiAs() person {
	return person{given: []string{"Mei"}, family: "Tanaka", born: "1992-02-11", gender: "female", race: "asian", ethnicity: "not-hispanic",
		phone: "+1-614-555-0153", email: "mei.tanaka@mail.example", street: "740 Mohawk Street", city: "Columbus", state: "OH", zip: "43206", language: "en", married: "M",
		member: "MHP-8820-1147", contact: contact{"Aidan", "Walsh", "husband", "+1-614-555-0154"}}
}

func meiMaple(c *chart) {
	p := meiAs()
	p.mrn, p.gp = "007-63-015", "okonkwo"
	c.register(p)
	c.visit("2023-11-07 11:00", "okonkwo", "AMB", "Tired, hair loss", 30)
	c.vital("bp 108/68 pulse 62 weight 55.2 height 161")
	c.labs("tsh 8.4 ft4 0.7")
	c.problem("thyroid", concept("Underactive thyroid", snomed("40930008", "Hypothyroidism"), icd("E03.9", "Hypothyroidism, unspecified")), "2023-11")
	c.noKnownAllergies()
	c.smoking(neverSmoked)
	c.prescribe("levothyroxine", "2023-11-07 11:30", "okonkwo", 1, "1 tablet every morning, empty stomach", "Underactive thyroid")
	c.on("2024-02-06 09:00", "okonkwo")
	c.labs("tsh 2.9")
	c.on("2025-11-11 09:00", "okonkwo")
	c.labs("tsh 2.4 ferritin 22")
	c.visit("2026-07-28 11:00", "okonkwo", "AMB", "Positive pregnancy test", 30)
	c.vital("bp 106/64 pulse 72 weight 56.0")
	baby := c.problem("pregnancy", concept("Pregnancy, first", snomed("77386006", "Pregnant")), "2026-06-21")
	c.found("exam", "due-date", concept("Estimated date of delivery", loinc("11778-8", "Delivery date Estimated")), nil, object{"valueCodeableConcept": nil, "valueDateTime": c.day("2027-03-28")})
	c.labs("tsh 3.1")
	c.prescribe("prenatal", "2026-07-28 11:20", "okonkwo", 1, "1 tablet every day", "Pregnancy")
	c.plan("pregnancy", "Pregnancy", []string{baby}, nil, "Visits every four weeks, scans at Riverside", "Thyroid test every six weeks", "Expected {2027-03-28}")
	for _, v := range [][2]string{{"2026-08-25 11:00", "bp 104/64 pulse 74 weight 56.8"}, {"2026-09-22 11:00", "bp 106/66 pulse 76 weight 58.3"}, {"2026-10-20 11:00", "bp 110/68 pulse 78 weight 60.2"}} {
		c.visit(v[0], "okonkwo", "AMB", "Prenatal visit", 20)
		c.vital(v[1])
	}
	c.on("2026-10-20 11:30", "reyes")
	c.shot("influenza", cvx("140", "Influenza, split virus, trivalent, PF"), 1, "FL26-0107", "LA")
	c.on("2026-11-10 09:00", "reyes")
	c.appointment("today", "arrived", "slot-60m", 20, "okonkwo", "Prenatal, 22 weeks", "")
	c.visit("-75m", "okonkwo", "AMB", "Prenatal visit, 22 weeks", 0)
	c.by = "reyes"
	c.vital("bp 112/70 pulse 80 weight 61.9")
	c.by = "okonkwo"
	c.note("prenatal", progressNote, "Prenatal visit", "22 weeks. Feels the baby move. No bleeding. Fundal height 22 cm.", object{"docStatus": "preliminary", "authenticator": nil})
}

func meiRiverside(c *chart) {
	p := meiAs()
	p.mrn, p.family = "RG-871102", "Tanaka-Walsh"
	p.email, p.gp = "", ""
	c.register(p)
	scan := func(weeks, question, findings, impression string) {
		c.study("fetal-ultrasound", "US", concept("Obstetric ultrasound, "+weeks), concept("Uterus and fetus"), []int{22}, reading{question, "Transabdominal.", "Earlier scans of this pregnancy.", findings, impression})
	}
	c.visit("2026-08-18 10:00", "ibarra", "AMB", "Obstetric clinic, first visit", 45)
	c.labs("tsh 4.8 hgb 12.2 platelets 251 ferritin 18")
	c.found("laboratory", "blood-group", concept("Blood group and Rh", loinc("882-1", "ABO and Rh group [Type] in Blood")), concept("A negative"), object{"interpretation": interpretation("A")})
	c.found("laboratory", "antibody-screen", concept("Red cell antibody screen"), concept("Negative"), object{"interpretation": interpretation("NEG")})
	c.found("laboratory", "rubella", concept("Rubella immunity, IgG"), concept("Immune"))
	rh := c.problem("rh-negative", concept("Rh negative blood group, pregnant", icd("Z67.91", "Unspecified blood type, Rh negative")), "2026-08-18")
	c.takes("levothyroxine", "2026-08", "1 and a half tablets every morning: dose raised because of the pregnancy")
	c.prescribe("ferrous", "2026-08-18 10:40", "ibarra", 1, "1 tablet every day", "Low iron stores")
	c.plan("rh", "Rh negative pregnancy", []string{rh}, nil, "Anti-D immunoglobulin at 28 weeks, about {2027-01-03}", "Antibody screen again at 28 weeks")
	c.note("clinic", consultNote, "Obstetric clinic", "First pregnancy, due {2027-03-28}. A negative, antibody screen negative. TSH 4.8: levothyroxine raised to 112 mcg. Ferritin 18: iron.")
	scan("8 weeks", "Dating", "One embryo, heartbeat 168 a minute, length 17 mm.", "Single pregnancy of 8 weeks 2 days, due {2027-03-28}.")
	c.visit("2026-09-14 10:00", "ibarra", "AMB", "Scan, 12 weeks", 30)
	scan("12 weeks", "Nuchal translucency", "Nuchal translucency 1.4 mm, nasal bone present.", "Normal scan at 12 weeks.")
	c.labs("tsh 2.6")
	c.visit("2026-11-09 10:00", "ibarra", "AMB", "Anatomy scan, 20 weeks", 45)
	scan("20 weeks", "Anatomy", "Normal anatomy, placenta at the back and well away from the cervix. Weight estimate at the 46th percentile.", "Normal anatomy scan at 20 weeks.")
	c.labs("tsh 2.2 hgb 11.6 ferritin 24")
	c.on("2026-11-09 10:40", "ibarra")
	c.appointment("clinic-next", "booked", "2027-01-04 10:00", 30, "ibarra", "28 weeks: anti-D, glucose test", "")
}
