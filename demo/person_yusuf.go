package demo

// yusuf: the emergency patient whom other sites know under another spelling.
func yusuf() teller {
	return teller{Person{
		Slug: "yusuf",
		Name: "Yusuf Haddad",
		Line: "Brought to the emergency room after a fall, confused; registered under a misspelled name.",
		Story: "Half an hour ago an ambulance brought a man to Riverside who fell from a ladder onto his head. He is confused and cannot tell his history. His " +
			"driving licence was read as Youssef Hadad. Riverside has never seen him. Lakeside Cardiology gives him apixaban; Great Lakes Imaging " +
			"resuscitated him after contrast; Corner Pharmacy handed out his last apixaban twelve days ago.",
		LookFor: "Riverside's chart: allergies not recorded, no medicines. The whole record: an anticoagulant with a head injury, and a severe " +
			"contrast reaction before the CT. The match is by birth date, address and a similar name: see how sure it is.",
	}, map[string]func(*chart){"riverside": yusufRiverside, "lakeside": yusufLakeside, "greatlakes": yusufGreatLakes, "corner": yusufCorner},
		map[string]string{"riverside": "youssef-hadad", "lakeside": "yusuf-haddad", "greatlakes": "haddad-yusuf", "corner": "y-haddad"}}
}

func yusufAs() person {
	return person{given: []string{"Yusuf", "Karim"}, family: "Haddad", born: "1961-05-19", gender: "male", race: "white", ethnicity: "not-hispanic",
		phone: "+1-614-555-0181", email: "y.haddad@mail.example", street: "2210 Summit Street", city: "Columbus", state: "OH", zip: "43201", language: "ar", married: "M",
		member: "MHP-7741-0098", contact: contact{"Layla", "Haddad", "wife", "+1-614-555-0182"}}
}

func yusufRiverside(c *chart) {
	c.register(person{mrn: "RG-990417", given: []string{"Youssef"}, family: "Hadad", born: "1961-05-19", gender: "male",
		street: "2210 Summit St", city: "Columbus", state: "OH", zip: "43201"})
	c.visit("-27m", "berger", "EMER", "Fell from a ladder, head injury, confused", 0, object{"priority": object{"coding": list{object{"system": hl7 + "v3-ActPriority", "code": "EM", "display": "emergency"}}}})
	c.by = "delacroix"
	c.vital("bp 168/94 pulse 88 resp 18 spo2 96 temp 36.4")
	c.found("exam", "gcs", concept("Glasgow coma scale, total"), concept("13: eyes 4, words 4, movement 5"))
	c.by = "berger"
	c.problem("injury", concept("Head injury after fall from ladder", snomed("82271004", "Injury of head"), icd("S09.90XA", "Unspecified injury of head, initial encounter")), "2026-11-22", diagnosis(),
		object{"onsetDateTime": c.instant("-60m")})
	c.when = "-16m"
	c.order("ct-head", "active", concept("CT head", loinc("24725-4", "CT Head")), "Head injury, confused. Anticoagulant: unknown.", object{"priority": "stat"})
	c.order("inr", "active", concept("INR", loinc("6301-6", "INR in Platelet poor plasma by Coagulation assay")), "Head injury", object{"priority": "stat"})
	c.note("triage", emergencyNote, "Triage note", "Fell about two metres from a ladder onto concrete. Wife not reached. Licence in wallet. No medicine list, no bracelet. Allergies: could not be asked. Laceration of the scalp, bleeding more than expected.",
		object{"docStatus": "preliminary", "date": c.instant("-16m"), "authenticator": nil})
}

func yusufLakeside(c *chart) {
	p := yusufAs()
	p.mrn = "LC-31560"
	c.register(p)
	c.visit("2023-04-11 14:00", "feld", "AMB", "Atrial fibrillation", 40)
	c.vital("bp 146/88 pulse 92 weight 91.5 height 176")
	c.labs("ef 55 creatinine 0.98 hgb-m 14.8")
	af := c.problem("fibrillation", concept("Atrial fibrillation", snomed("49436004", "Atrial fibrillation"), icd("I48.91", "Unspecified atrial fibrillation")), "2023-03")
	c.problem("hypertension", concept("High blood pressure", snomed("59621000", "Essential hypertension"), icd("I10", "Essential (primary) hypertension")), "2015")
	c.problem("tia", concept("Transient ischaemic attack", snomed("266257000", "Transient ischemic attack")), "2023-02", c.resolved("2023-02"))
	c.allergy("allergy-contrast", concept("Iodinated contrast", snomed("293637006", "Allergy to contrast media")), "medication", "high", "2021-11", "severe", "As told by the patient: collapsed in the scanner.", anaphylaxis)
	c.prescribe("apixaban", "2023-04-11 14:30", "feld", 2, "1 tablet twice a day", "Atrial fibrillation, prevention of stroke")
	c.prescribe("losartan", "2023-04-11 14:31", "feld", 1, "1 tablet every morning", "High blood pressure")
	c.plan("stroke", "Prevention of stroke", []string{af}, nil, "Apixaban twice a day, never stopped without asking", "Blood pressure at home twice a week")
	c.note("consult", consultNote, "Cardiology consultation", "Transient ischaemic attack in {2023-02}, atrial fibrillation on the monitor. CHA2DS2-VASc 3. Apixaban 5 mg twice a day. No contrast CT: anaphylaxis in {2021-11}.")
	for _, v := range [][3]string{{"2024-04-16 14:00", "bp 134/82 pulse 78 weight 90.2", "creatinine 1.00 hgb-m 14.6"}, {"2025-04-15 14:00", "bp 132/80 pulse 74 weight 89.4", "creatinine 1.02 hgb-m 14.5"}, {"2026-04-21 14:00", "bp 138/84 pulse 76 weight 90.0", "creatinine 1.03 hgb-m 14.4"}} {
		c.visit(v[0], "feld", "AMB", "Yearly review", 20)
		c.vital(v[1])
		c.labs(v[2])
	}
}

func yusufGreatLakes(c *chart) {
	p := yusufAs()
	p.mrn, p.given, p.member = "GI-38844", []string{"Yusuf", "K"}, ""
	p.street, p.zip = "88 Weber Road", "43202" // before he moved
	c.register(p)
	c.visit("2021-11-09 10:00", "chen", "AMB", "CT of the kidneys", 120)
	c.study("ct-abdomen", "CT", ctAbdomen, kidneys, []int{96}, reading{"Blood in urine", "With contrast; stopped after 60 mL because of a reaction.", "None.", "One stone of 3 mm in the right kidney. No mass.", "Small right kidney stone. Severe contrast reaction: no iodinated contrast again."})
	c.allergy("allergy-contrast", concept("Iodinated contrast (iohexol)", snomed("293637006", "Allergy to contrast media")), "medication", "high", "2021-11-09", "severe",
		"Two minutes after injection: wheeze, blood pressure 70/40, hives. Epinephrine twice, ambulance.", anaphylaxis, breathless, hives)
	c.note("reaction", progressNote, "Contrast reaction", "Anaphylaxis to 60 mL of iohexol. Epinephrine 0.3 mg twice into the thigh. Taken to hospital by ambulance, recovered.")
}

func yusufCorner(c *chart) {
	p := yusufAs()
	p.mrn, p.given, p.family = "CP-5528", []string{"Yousef"}, "Haddad"
	p.race, p.ethnicity, p.language, p.married, p.email = "", "", "", "", ""
	c.register(p)
	c.on("2023-04-12 10:00", "patel")
	c.fills("apixaban", "lakeside", "2025-11-01", "2026-11-10", 30, 60, "1 tablet twice a day")
	c.fills("losartan", "lakeside", "2025-11-01", "2026-10-05", 90, 90, "1 tablet every morning")
}
