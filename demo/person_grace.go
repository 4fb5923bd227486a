package demo

// grace: the same laboratory test three times in three weeks, at three sites.
func grace() teller {
	return teller{Person{
		Slug: "grace",
		Name: "Grace Lindqvist",
		Line: "A lipid panel was done at Lakeside three weeks ago; another is about to be ordered at Maple Street.",
		Story: "Grace runs, eats well and has a father with an early heart attack. Lakeside Cardiology checked her lipids three weeks ago. Maple Street does not know and drafts the " +
			"same panel for today. It happened before: last year Maple Street and Riverside measured her thyroid within four days of each other.",
		LookFor: "The draft lipid panel stands beside Lakeside's values of three weeks ago: a duplicate in the making. Allergies: \"none known\", asked and recorded at Maple Street; at Lakeside not recorded. " +
			"One TSH reached Maple Street by two routes and appears once. Smoking: Lakeside says former smoker, she says never.",
	}, map[string]func(*chart){"maple": graceMaple, "lakeside": graceLakeside, "riverside": graceRiverside},
		map[string]string{"maple": "grace-lindqvist", "lakeside": "lindqvist-grace", "riverside": "g-lindquist"}}
}

func graceAs() person {
	return person{given: []string{"Grace", "Elin"}, family: "Lindqvist", born: "1971-07-23", gender: "female", race: "white", ethnicity: "not-hispanic",
		phone: "+1-614-555-0118", email: "grace.l@mail.example", street: "28 Whittier Street", city: "Columbus", state: "OH", zip: "43206", language: "en", married: "D",
		contact: contact{"Nora", "Lindqvist", "daughter", "+1-614-555-0119"}}
}

// riversideResult is the identifier under which Riverside's laboratory reports a result; a copy filed at another site
// carries it too, and so both are known to be one fact.
func riversideResult(value string) object {
	return object{"identifier": list{object{"system": "https://riverside.example/laboratory/result", "value": value}}}
}

func graceMaple(c *chart) {
	p := graceAs()
	p.mrn, p.gp = "005-29-618", "okonkwo"
	c.register(p)
	c.visit("2024-11-05 11:20", "okonkwo", "AMB", "Yearly visit", 30)
	c.vital("bp 116/72 pulse 58 weight 62.3 height 170")
	c.noKnownAllergies()
	c.smoking(neverSmoked)
	c.problem("thyroid", concept("Underactive thyroid", snomed("40930008", "Hypothyroidism"), icd("E03.9", "Hypothyroidism, unspecified")), "2019-02")
	c.prescribe("levothyroxine", "2024-11-05 11:40", "okonkwo", 1, "1 tablet every morning, empty stomach", "Underactive thyroid")
	c.family("father", "NFTH", "natural father", concept("Heart attack", snomed("22298006", "Myocardial infarction")), 49, "Lived to 71.")
	c.panel("lipids", lipidPanel, c.labs("chol 208 ldl 126 hdl 64 tg 92"), "")
	c.labs("tsh 2.8")
	c.visit("2025-10-14 11:20", "okonkwo", "AMB", "Yearly visit", 30)
	c.vital("bp 118/72 pulse 56 weight 62.0")
	c.labs("tsh 2.5")
	c.panel("lipids", lipidPanel, c.labs("chol 212 ldl 129 hdl 65 tg 90"), "")
	c.on("2026-11-20 16:10", "okonkwo")
	c.labs("tsh 2.1", riversideResult("RGL-26-448120"), object{"performer": list{elsewhere("Organization", SiteSystem, "riverside", "Riverside General Hospital, laboratory")}})
	c.on("2026-11-17 09:00", "reyes")
	c.appointment("today", "booked", "slot+60m", 20, "okonkwo", "Thyroid and cholesterol", "")
	c.on("-30m", "okonkwo")
	c.order("lipids", "draft", lipidPanel, "Yearly check, high LDL")
	c.note("correction", progressNote, "Message from the patient", "\"My smoking history is wrong at the heart clinic. I never smoked.\" Asked for correction at Lakeside.")
	c.on("-26h", "reyes")
	c.task("correction", "patient-message", "routine", "okonkwo", "“My smoking history is wrong”", "Correction request to Lakeside Cardiology: they have 60 days to answer.")
}

func graceLakeside(c *chart) {
	p := graceAs()
	p.mrn, p.given, p.contact = "LC-40217", []string{"Grace"}, contact{}
	p.street = "28 Whittier St"
	c.register(p)
	c.visit("2026-11-01 08:30", "feld", "AMB", "Family history of early heart attack", 40)
	c.vital("bp 122/74 pulse 60 weight 61.8")
	c.smoking(formerSmoker) // wrong; she has asked for a correction
	c.panel("lipids", lipidPanel, c.labs("chol 210 ldl 128 hdl 64 tg 91"), "LDL above goal")
	c.procedure("ecg", concept("Electrocardiogram, 12 leads"), "Normal, sinus rhythm 58 a minute")
	c.note("consult", consultNote, "Cardiology consultation", "Father's heart attack at 49. LDL 128. Calcium score offered at Great Lakes Imaging. No medicine yet.")
}

func graceRiverside(c *chart) {
	p := graceAs()
	p.mrn, p.family, p.given = "RG-445019", "Lindquist", []string{"Grace", "E."} // misspelled at registration
	p.phone, p.email, p.contact, p.race = "", "", contact{}, ""
	c.register(p)
	c.visit("2025-10-18 12:40", "berger", "EMER", "Palpitations after a race", 180)
	c.vital("bp 124/70 pulse 88 spo2 99")
	c.labs("tsh 2.6 potassium 4.0 hgb 13.1")
	c.on("2026-11-20 16:10", "lang")
	c.labs("tsh 2.1", riversideResult("RGL-26-448120"))
}
