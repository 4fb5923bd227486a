package demo

// walter: fourteen medicines from two prescribers, and a potassium of 6.1.
func walter() teller {
	return teller{Person{
		Slug: "walter",
		Name: "Walter Nowak",
		Line: "Fourteen medicines from two prescribers; a critical potassium came in a quarter of an hour ago.",
		Story: "Walter was a tram driver. His heart failure is treated by Lakeside Cardiology, everything else by Maple Street. Each list is " +
			"sensible alone. Together they hold lisinopril from one and spironolactone and potassium from the other, digoxin with amiodarone, " +
			"and warfarin with amiodarone. His kidneys have lost ground since summer; this morning's potassium is 6.1.",
		LookFor: "The potassium trend crosses sites: 4.8 in August at Lakeside, 6.1 now at Maple Street. The whole record's medicine list shows why. " +
			"Metoprolol is 100 mg in one list and 50 mg in the other; the pharmacy handed out both.",
	}, map[string]func(*chart){"maple": walterMaple, "lakeside": walterLakeside, "corner": walterCorner, "riverside": walterRiverside},
		map[string]string{"maple": "walter-nowak", "lakeside": "nowak-walter", "corner": "w-nowak", "riverside": "walter-j-nowak"}}
}

func walterAs() person {
	return person{given: []string{"Walter", "Jan"}, family: "Nowak", born: "1946-06-08", gender: "male", race: "white", ethnicity: "not-hispanic",
		phone: "+1-614-555-0171", street: "9 Foundry Row", city: "Columbus", state: "OH", zip: "43207", language: "en", married: "W",
		contact: contact{"Peter", "Nowak", "son", "+1-614-555-0172"}}
}

func walterMaple(c *chart) {
	p := walterAs()
	p.mrn, p.gp, p.member = "002-55-104", "okonkwo", "MHP-1029-7713"
	c.register(p)
	peter := c.related("son-peter", "SON", "natural son", "Peter", "Nowak", "+1-614-555-0172")
	c.visit("2019-02-05 09:00", "okonkwo", "AMB", "New patient", 40)
	c.vital("bp 138/80 pulse 68 weight 86.4 height 174")
	c.problem("hypertension", concept("High blood pressure", snomed("59621000", "Essential hypertension"), icd("I10", "Essential (primary) hypertension")), "1994")
	c.problem("gout", concept("Gout", icd("M10.9", "Gout, unspecified")), "2011")
	c.problem("prostate", concept("Enlarged prostate with urinary symptoms", snomed("266569009", "Benign prostatic hyperplasia"), icd("N40.1", "Benign prostatic hyperplasia with lower urinary tract symptoms")), "2014")
	c.problem("reflux", concept("Acid reflux", snomed("235595009", "Gastroesophageal reflux disease"), icd("K21.9", "Gastro-esophageal reflux disease without esophagitis")), "2015")
	c.problem("hip", concept("Osteoarthritis of the hip", snomed("239872002", "Osteoarthritis of hip")), "2016")
	c.allergy("allergy-sulfa", concept("Sulfonamide antibiotics"), "medication", "low", "1988", "moderate", "Red itching rash on the trunk on the third day.", rash)
	c.smoking(formerSmoker)
	for _, r := range [][4]string{
		{"lisinopril-40", "2019-02-05 09:30", "1 tablet every morning", "High blood pressure"},
		{"allopurinol", "2019-02-05 09:31", "1 tablet every day", "Gout"},
		{"tamsulosin", "2019-02-05 09:32", "1 capsule after supper", "Urinary symptoms"},
		{"omeprazole", "2019-02-05 09:33", "1 capsule before breakfast", "Acid reflux"},
		{"metoprolol-50", "2019-02-05 09:34", "1 tablet every day", "High blood pressure"},
		{"gabapentin", "2022-10-11 10:10", "1 capsule at night", "Burning feet"},
		{"donepezil", "2025-03-04 10:30", "1 tablet at bedtime", "Memory loss"},
	} {
		c.prescribe(r[0], r[1], "okonkwo", 1, r[2], r[3])
	}
	for _, v := range [][3]string{
		{"2022-10-11 09:40", "bp 132/76 pulse 64 weight 84.0", "creatinine 1.20 egfr 61 potassium 4.4 hgb-m 13.6"},
		{"2023-10-17 09:40", "bp 130/74 pulse 62 weight 83.1", "creatinine 1.31 egfr 54 potassium 4.5 hgb-m 13.5"},
		{"2024-10-15 09:40", "bp 128/72 pulse 60 weight 82.5", "creatinine 1.40 egfr 50 potassium 4.6 hgb-m 13.2"},
		{"2025-03-04 09:50", "bp 126/72 pulse 58 weight 81.8", "creatinine 1.44 egfr 48 potassium 4.7"},
		{"2026-05-19 10:00", "bp 118/68 pulse 56 weight 80.2", "creatinine 1.52 egfr 45 potassium 4.9 hgb-m 12.9"},
	} {
		c.visit(v[0], "okonkwo", "AMB", "Review of long-term illness", 25)
		c.vital(v[1])
		c.panel("metabolic", basicPanel, c.labs(v[2]), "")
	}
	c.on("2025-03-04 10:20", "okonkwo")
	c.problem("memory", concept("Alzheimer's disease, early", snomed("26929004", "Alzheimer's disease"), icd("G30.9", "Alzheimer's disease, unspecified")), "2024")
	c.note("memory", progressNote, "Memory visit", "His son Peter says that Walter forgets conversations and once took the evening pills twice. Pill organiser filled by Peter on Sundays. Driving stopped.")
	c.on("2025-10-14 14:00", "reyes")
	c.shot("influenza", cvx("135", "Influenza, high-dose, trivalent, PF"), 1, "FL25-6650", "LA")
	c.on("2026-05-19 10:20", "okonkwo")
	c.takes("senna", "2024-01", "2 tablets at night when needed")
	c.takes("ibuprofen", "2026-10", "1 tablet for the hip on bad days, bought without prescription")
	c.plan("medicines", "Fewer, safer medicines", nil, nil, "Weekly pill organiser filled by his son", "Potassium and kidney function every three months", "Bring every box to the visit")
	c.team("maple", member{role: "primary care", practitioner: "okonkwo"}, member{role: "cardiology", name: "Aaron Feld, MD", site: "lakeside"}, member{role: "son", related: peter, name: "Peter Nowak"})
	c.on("-160m", "reyes")
	order := c.order("metabolic", "completed", basicPanel, "Dizzy, before today's visit")
	c.on("-14m", "okonkwo")
	results := c.labs("potassium 6.1 creatinine 1.98 egfr 33 sodium 135")
	critical := c.panel("metabolic", basicPanel, results, "Critical: potassium 6.1 mmol/L, not haemolysed. Telephoned to Tomás Reyes, RN.", object{"basedOn": refs(order), "performer": list{c.org()}})
	c.on("-12m", "reyes")
	c.task("potassium", "review-result", "stat", "okonkwo", "Potassium 6.1 mmol/L", "Was 4.9 in May. Telephoned to me by the laboratory; Mr. Nowak has been told to come now.", object{"focus": ref(critical)})
	c.on("2026-11-19 15:00", "reyes")
	c.appointment("today", "pending", "slot+160m", 20, "okonkwo", "Dizzy; INR and medicines", "his son joins by telephone")
}

func walterLakeside(c *chart) {
	p := walterAs()
	p.mrn, p.given = "LC-11873", []string{"Walter"}
	p.race, p.ethnicity, p.language, p.phone = "", "", "", "+1-614-555-0172" // the son's
	c.register(p)
	c.visit("2022-11-08 13:00", "feld", "AMB", "Heart failure and atrial fibrillation", 45)
	c.vital("bp 128/74 pulse 88 weight 84.6")
	c.labs("ef 35 ntprobnp 2840")
	c.problem("failure", concept("Heart failure with reduced ejection fraction", snomed("84114007", "Heart failure"), icd("I50.22", "Chronic systolic (congestive) heart failure")), "2022-10")
	c.problem("fibrillation", concept("Atrial fibrillation", snomed("49436004", "Atrial fibrillation"), icd("I48.91", "Unspecified atrial fibrillation")), "2022-10")
	c.problem("infarction", concept("Old heart attack", snomed("399211009", "History of myocardial infarction"), icd("I25.2", "Old myocardial infarction")), "2008-03")
	c.note("consult", consultNote, "Cardiology consultation", "Ejection fraction 35 %. Warfarin, digoxin, furosemide, metoprolol 100 mg; spironolactone added, potassium to be checked in a month by us or by his family practice.")
	for _, r := range [][4]string{
		{"warfarin", "2022-11-08 13:40", "1 tablet every evening by INR", "Atrial fibrillation"},
		{"digoxin", "2022-11-08 13:41", "1 tablet every day", "Rate control"},
		{"furosemide", "2022-11-08 13:42", "1 tablet every morning", "Heart failure"},
		{"spironolactone", "2022-11-08 13:43", "1 tablet every morning", "Heart failure"},
		{"metoprolol-100", "2022-11-08 13:44", "1 tablet every day", "Heart failure"},
		{"atorvastatin-80", "2022-11-08 13:45", "1 tablet at night", "Old heart attack"},
		{"potassium", "2023-02-14 13:10", "1 tablet every day with food", "Low potassium under furosemide"},
		{"amiodarone", "2026-08-11 13:30", "1 tablet every day", "Fast atrial fibrillation"},
	} {
		c.prescribe(r[0], r[1], "feld", 1, r[2], r[3])
	}
	for _, v := range [][2]string{
		{"2023-02-14 12:50", "inr 2.4 potassium 3.3 creatinine 1.24"}, {"2023-08-15 12:50", "inr 2.6 potassium 4.3 creatinine 1.29"},
		{"2024-02-13 12:50", "inr 2.2 potassium 4.4 creatinine 1.36"}, {"2024-08-13 12:50", "inr 2.8 potassium 4.5 creatinine 1.38"},
		{"2025-02-11 12:50", "inr 2.5 potassium 4.6 creatinine 1.43"}, {"2026-02-10 12:50", "inr 2.7 potassium 4.7 creatinine 1.48"},
		{"2026-08-11 12:50", "inr 2.4 potassium 4.8 creatinine 1.55 digoxin 0.9"}, {"2026-10-13 12:50", "inr 3.6"},
	} {
		c.visit(v[0], "sorensen", "AMB", "INR and blood test", 15)
		c.labs(v[1])
	}
	c.visit("2026-08-11 13:10", "feld", "AMB", "Fast heartbeat", 30)
	c.vital("bp 112/66 pulse 104 weight 80.9")
	c.note("review", progressNote, "Heart failure review", "Fast atrial fibrillation: amiodarone 200 mg. Halve digoxin when he next comes. Watch the INR, amiodarone raises it.")
	c.on("2026-10-13 13:00", "sorensen")
	c.appointment("inr-next", "booked", "2026-12-01 12:50", 15, "sorensen", "INR check", "")
}

func walterCorner(c *chart) {
	p := walterAs()
	p.mrn, p.given, p.member = "CP-1207", []string{"Walter", "J"}, "MHP-1029-7713"
	p.race, p.ethnicity, p.language = "", "", ""
	c.register(p)
	c.on("2019-02-06 10:00", "patel")
	for _, f := range [][3]string{{"lisinopril-40", "maple", "2026-11-03"}, {"metoprolol-50", "maple", "2026-11-03"}, {"allopurinol", "maple", "2026-10-06"}, {"donepezil", "maple", "2026-10-27"},
		{"warfarin", "lakeside", "2026-10-20"}, {"digoxin", "lakeside", "2026-10-20"}, {"spironolactone", "lakeside", "2026-11-03"}, {"metoprolol-100", "lakeside", "2026-11-03"},
		{"furosemide", "lakeside", "2026-11-03"}, {"potassium", "lakeside", "2026-11-03"}, {"amiodarone", "lakeside", "2026-11-10"}} {
		first := "2025-11-01"
		if f[0] == "amiodarone" {
			first = "2026-08-11"
		}
		c.fills(f[0], f[1], first, f[2], 90, 90, "as directed")
	}
}

func walterRiverside(c *chart) {
	p := walterAs()
	p.mrn, p.family, p.given = "RG-310022", "Nowack", []string{"Walter", "J."} // misspelled at registration
	p.street = "9 Foundry Row, Unit B"
	c.register(p)
	c.visit("2024-01-22 03:15", "berger", "EMER", "Cannot pass urine", 240)
	c.vital("bp 150/84 pulse 92 temp 36.8 pain 8")
	c.panel("metabolic", basicPanel, c.labs("potassium 4.6 creatinine 1.51 sodium 138"), "")
	c.procedure("catheter", concept("Urinary catheter placed"), "900 mL, relieved")
	c.note("emergency", emergencyNote, "Emergency note", "Urinary retention after a cold medicine with pseudoephedrine. Catheter, home with urology appointment. Takes many pills, list not with him.")
}
