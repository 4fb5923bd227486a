package demo

// owen: the ordinary patient, whose allergies nobody ever asked.
func owen() teller {
	return teller{Person{
		Slug:    "owen",
		Name:    "Owen Brandt",
		Line:    "An ordinary blood pressure visit, and allergies that nobody ever asked about.",
		Story:   "Owen came for his blood pressure this morning; his note waits to be signed with a referral letter to Lakeside Cardiology, where he has not been before.",
		LookFor: "His banner says \"allergies not recorded\", which is not the same as none. His record is at one site only: the whole record says that the others know nothing of him.",
	}, map[string]func(*chart){"maple": owenMaple}, map[string]string{"maple": "owen-brandt"}}
}

func owenMaple(c *chart) {
	c.register(person{mrn: "008-07-559", given: []string{"Owen"}, family: "Brandt", born: "1955-09-03", gender: "male", race: "white", ethnicity: "not-hispanic",
		phone: "+1-614-555-0147", street: "66 Frankfort Street", city: "Columbus", state: "OH", zip: "43206", language: "en", married: "M", gp: "okonkwo"})
	for _, v := range [][2]string{{"2025-11-18 09:00", "bp 152/90 pulse 74 weight 88.0 height 179"}, {"2026-02-10 09:00", "bp 146/88 pulse 72 weight 87.6"}, {"2026-06-16 09:00", "bp 142/86 pulse 72 weight 87.1"}} {
		c.visit(v[0], "okonkwo", "AMB", "Blood pressure", 20)
		c.vital(v[1])
	}
	c.on("2025-11-18 09:00", "okonkwo")
	c.problem("hypertension", concept("High blood pressure", snomed("59621000", "Essential hypertension"), icd("I10", "Essential (primary) hypertension")), "2025-11")
	c.prescribe("amlodipine", "2025-11-18 09:15", "okonkwo", 1, "1 tablet every day", "High blood pressure")
	c.prescribe("hctz", "2026-02-10 09:15", "okonkwo", 1, "1 tablet every morning", "High blood pressure")
	c.on("2026-06-16 09:10", "okonkwo")
	c.panel("metabolic", basicPanel, c.labs("potassium 3.8 sodium 139 creatinine 1.02 glucose 98"), "")
	c.on("2026-11-19 11:00", "reyes")
	c.appointment("today", "fulfilled", "slot-80m", 20, "okonkwo", "Blood pressure", "")
	c.on("-65m", "reyes")
	c.task("referral", "referral", "routine", "okonkwo", "Referral letter to Lakeside Cardiology", "Written, waits to be signed and sent.")
	c.visit("-100m", "okonkwo", "AMB", "Blood pressure", 20)
	c.vital("bp 144/88 pulse 74 weight 86.8")
	c.order("cardiology", "draft", concept("Referral to Lakeside Cardiology"), "Pressure above goal on two medicines; extra beats felt")
	c.note("referral", referralNote, "Referral letter to Lakeside Cardiology", "Pressure 144/88 on amlodipine and hydrochlorothiazide; felt extra beats in October. Please advise.", object{"docStatus": "preliminary", "authenticator": nil})
}
