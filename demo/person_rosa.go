package demo

// rosa: the interaction that can be seen only across sites.
func rosa() teller {
	return teller{Person{
		Slug: "rosa",
		Name: "Rosa Delgado",
		Line: "Needs an antibiotic at her family practice; her warfarin is prescribed by a cardiologist in another state.",
		Story: "Rosa has diabetes, high blood pressure and, since five years ago, atrial fibrillation. Dr. Okonkwo of Maple Street " +
			"looks after her diabetes. Dr. Feld of Lakeside Cardiology in Michigan prescribes her warfarin; Corner Pharmacy hands " +
			"it out; Riverside General admitted her two years ago with a bleeding bowel and an INR of 4.1. Today she is at Maple " +
			"Street with burning on urination, and Dr. Okonkwo drafts trimethoprim-sulfamethoxazole. Nothing in Maple Street's own " +
			"chart says that this is dangerous.",
		LookFor: "Open her chart at Maple Street: no warfarin, no INR but one, no kidney disease. Switch to the whole record: the draft " +
			"antibiotic now stands beside warfarin from another state (the page does not warn yet); the INR series comes from three sites; kidney disease stage 3a stands only in " +
			"Riverside's discharge; metoprolol is 25 mg at Maple Street and 50 mg at Lakeside; atorvastatin was last filled 94 days ago.",
	}, map[string]func(*chart){
		"maple": rosaMaple, "riverside": rosaRiverside, "corner": rosaCorner, "lakeside": rosaLakeside, "greatlakes": rosaGreatLakes,
	}, map[string]string{
		"maple": "rosa-delgado", "riverside": "rosa-m-delgado", "corner": "delgado-rosa", "lakeside": "rosa-delgado-ortiz", "greatlakes": "r-delgado",
	}}
}

func rosaAs() person {
	return person{given: []string{"Rosa", "María"}, family: "Delgado", maiden: "Ortiz", born: "1958-03-14", gender: "female",
		race: "white", ethnicity: "hispanic", phone: "+1-614-555-0162", email: "rosa.delgado@mail.example",
		street: "37 Linden Court", city: "Columbus", state: "OH", zip: "43215", language: "es", pronouns: "she/her", married: "W",
		contact: contact{"Marco", "Delgado", "son", "+1-614-555-0163"}}
}

// rosaVisits are the half-yearly visits at Maple Street: date, reason, vital signs, laboratory.
var rosaVisits = [][4]string{
	{"2017-03-21 09:20", "New patient; diabetes and blood pressure", "bp 142/88 pulse 78 weight 74.1 height 160", "hba1c 7.1 egfr 84 creatinine 0.78 potassium 4.2"},
	{"2017-09-12 10:00", "Diabetes review", "bp 138/86 pulse 76 weight 74.0", "hba1c 6.9 egfr 82 creatinine 0.80 potassium 4.4"},
	{"2018-03-20 09:40", "Diabetes review", "bp 136/84 pulse 74 weight 74.3", "hba1c 6.8 egfr 80 creatinine 0.81 potassium 4.1"},
	{"2018-09-11 09:20", "Diabetes review; knee pain", "bp 134/84 pulse 76 weight 74.8", "hba1c 6.9 egfr 79 creatinine 0.82 potassium 4.3"},
	{"2019-03-19 11:00", "Diabetes review", "bp 132/82 pulse 72 weight 75.0", "hba1c 7.0 egfr 77 creatinine 0.83 potassium 4.5"},
	{"2019-09-17 09:20", "After hospital; diabetes review", "bp 130/82 pulse 74 weight 74.2", "hba1c 6.9 egfr 76 creatinine 0.84 potassium 4.2"},
	{"2020-03-10 10:20", "Diabetes review", "bp 134/84 pulse 76 weight 75.1", "hba1c 7.1 egfr 74 creatinine 0.86 potassium 4.4"},
	{"2020-09-15 09:00", "Diabetes review", "bp 136/84 pulse 78 weight 75.8", "hba1c 7.0 egfr 72 creatinine 0.88 potassium 4.3"},
	{"2021-03-16 09:20", "Diabetes review", "bp 138/86 pulse 80 weight 76.2", "hba1c 7.2 egfr 70 creatinine 0.90 potassium 4.1"},
	{"2021-09-21 10:40", "After hospital; palpitations", "bp 128/78 pulse 84 weight 75.4", "hba1c 7.2 egfr 69 creatinine 0.91 potassium 4.6"},
	{"2022-03-15 09:20", "Diabetes review", "bp 132/80 pulse 72 weight 76.0", "hba1c 7.3 egfr 67 creatinine 0.93 potassium 4.4"},
	{"2022-09-13 09:40", "Diabetes review", "bp 134/82 pulse 70 weight 76.4", "hba1c 7.1 egfr 66 creatinine 0.94 potassium 4.2"},
	{"2023-03-14 09:20", "Diabetes review", "bp 136/82 pulse 72 weight 76.9", "hba1c 7.4 egfr 64 creatinine 0.96 potassium 4.5"},
	{"2023-09-19 10:00", "Diabetes review", "bp 134/80 pulse 70 weight 77.0", "hba1c 7.3 egfr 62 creatinine 0.99 potassium 4.3"},
	{"2024-03-12 09:20", "Diabetes review", "bp 138/84 pulse 72 weight 77.2", "hba1c 7.5 egfr 60 creatinine 1.02 potassium 4.4"},
	{"2024-08-20 09:00", "Diabetes review; INR taken for Lakeside", "bp 136/82 pulse 70 weight 77.4", "hba1c 7.4 egfr 58 creatinine 1.04 potassium 4.6 inr 2.2"},
	{"2025-03-18 09:20", "Diabetes review", "bp 134/82 pulse 72 weight 77.1", "hba1c 7.6 egfr 57 creatinine 1.06 potassium 4.3"},
	{"2025-09-16 09:40", "Diabetes review", "bp 138/84 pulse 74 weight 77.7", "hba1c 7.6 egfr 55 creatinine 1.09 potassium 4.5"},
	{"2026-05-03 09:20", "Diabetes review", "bp 134/82 pulse 72 weight 77.9", "hba1c 7.7 egfr 54 creatinine 1.11 potassium 4.3"},
	{"2026-11-14 09:12", "Diabetes review", "bp 136/84 pulse 74 weight 78.2 temp 36.7", "hba1c 7.9 egfr 52 creatinine 1.14 potassium 4.4"},
}

// rosaLipids are the yearly lipid panels, by visit.
var rosaLipids = map[string]string{
	"2017-03-21 09:20": "chol 214 ldl 132 hdl 48 tg 170", "2018-03-20 09:40": "chol 196 ldl 118 hdl 48 tg 150",
	"2019-03-19 11:00": "chol 184 ldl 106 hdl 49 tg 145", "2020-03-10 10:20": "chol 179 ldl 101 hdl 50 tg 140",
	"2021-03-16 09:20": "chol 174 ldl 96 hdl 50 tg 141", "2022-03-15 09:20": "chol 172 ldl 94 hdl 50 tg 138",
	"2023-03-14 09:20": "chol 170 ldl 91 hdl 51 tg 139", "2024-03-12 09:20": "chol 169 ldl 90 hdl 51 tg 140",
	"2025-03-18 09:20": "chol 168 ldl 89 hdl 51 tg 142", "2026-05-03 09:20": "chol 167 ldl 88 hdl 51 tg 141",
}

func rosaMaple(c *chart) {
	p := rosaAs()
	p.mrn, p.gp, p.member = "004-17-882", "okonkwo", "MHP-5580-2214"
	p.previous = &address{"1180 Oak Avenue, Apt 4", "Columbus", "OH", "43206", "2019-08"}
	c.register(p)
	marco := c.related("proxy-marco", "SON", "natural son", "Marco", "Delgado", "+1-614-555-0163")
	c.coverage("Midwest Health Plan Senior", "MHP-5580-2214", "2023-03-01")

	problems := []string{}
	for i, v := range rosaVisits {
		c.visit(v[0], "okonkwo", "AMB", v[1], 25)
		c.by = "reyes"
		c.vital(v[2])
		c.by = "okonkwo"
		results := c.labs(v[3])
		c.panel("metabolic", concept("Diabetes and kidney panel"), results, "")
		if l := rosaLipids[v[0]]; l != "" {
			c.panel("lipids", lipidPanel, c.labs(l), "")
		}
		if i == 0 {
			problems = append(problems,
				c.problem("diabetes", concept("Type 2 diabetes", snomed("44054006", "Diabetes mellitus type 2"), icd("E11.9", "Type 2 diabetes mellitus without complications")), "2016-05"),
				c.problem("hypertension", concept("High blood pressure", snomed("59621000", "Essential hypertension"), icd("I10", "Essential (primary) hypertension")), "2012"),
				c.problem("lipids", concept("High cholesterol", snomed("55822004", "Hyperlipidemia"), icd("E78.5", "Hyperlipidemia, unspecified")), "2014"))
			c.allergy("allergy-penicillin", concept("Penicillin", snomed("91936005", "Allergy to penicillin")), "medication", "high", "2009", "severe",
				"Within ten minutes of an injection for a dental abscess: hives, wheeze, collapse; treated with epinephrine.", anaphylaxis)
			c.allergy("allergy-latex", concept("Latex", snomed("300916003", "Allergy to latex")), "environment", "low", "2013", "mild",
				"Itching rash on the hands under gloves.", contactRash)
			c.smoking(neverSmoked)
			c.family("mother", "NMTH", "natural mother", concept("Type 2 diabetes", snomed("44054006", "Diabetes mellitus type 2")), 55, "Died of a stroke at 79.")
			c.family("father", "NFTH", "natural father", concept("Heart attack", snomed("22298006", "Myocardial infarction")), 61, "First heart attack; smoked.")
			c.family("sister", "NSIS", "natural sister", concept("Breast cancer"), 58, "Treated, well.")
		}
	}
	c.on("2018-09-11 09:20", "okonkwo")
	c.problem("knee", concept("Osteoarthritis of both knees", snomed("239873007", "Osteoarthritis of knee"), icd("M17.0", "Bilateral primary osteoarthritis of knee")), "2018-06")
	c.on("2019-03-19 11:00", "okonkwo")
	c.problem("reflux", concept("Acid reflux", snomed("235595009", "Gastroesophageal reflux disease"), icd("K21.9", "Gastro-esophageal reflux disease without esophagitis")), "2019-01")
	c.on("2020-09-15 09:00", "okonkwo")
	c.problem("obesity", concept("Obesity", snomed("414916001", "Obesity")), "2020-09")

	c.prescribe("metformin", "2017-03-21 09:40", "okonkwo", 2, "1 tablet twice a day with meals", "Type 2 diabetes")
	c.prescribe("lisinopril-20", "2018-03-20 10:00", "okonkwo", 1, "1 tablet every morning", "High blood pressure")
	c.prescribe("metoprolol-25", "2021-09-21 11:00", "okonkwo", 1, "1 tablet every day", "Palpitations, as in Riverside's letter")
	statin := c.prescribe("atorvastatin", "2019-03-19 11:20", "okonkwo", 1, "1 tablet at night", "High cholesterol")
	c.prescribe("omeprazole", "2019-03-19 11:22", "okonkwo", 1, "1 capsule before breakfast", "Acid reflux")
	c.on("2026-11-14 09:12", "okonkwo")
	c.takes("acetaminophen", "2018-09", "1 or 2 tablets as needed for knee pain, at most 6 a day")
	c.takes("vitamin-d", "2020-09", "1 tablet a day")

	for _, s := range [][2]string{{"2019-10-08 14:00", "FL19-3310"}, {"2020-10-06 14:00", "FL20-1182"}, {"2021-10-12 14:20", "FL21-7741"},
		{"2022-10-11 14:00", "FL22-0932"}, {"2023-10-10 14:00", "FL23-5106"}, {"2024-10-08 14:00", "FL24-2219"}, {"2025-10-07 14:00", "FL25-6648"}} {
		c.on(s[0], "reyes")
		if s[0] < "2024" {
			c.shot("influenza", cvx("150", "Influenza, split virus, quadrivalent, PF"), 1, s[1], "LA")
		} else {
			c.shot("influenza", cvx("135", "Influenza, high-dose, trivalent, PF"), 1, s[1], "LA")
		}
	}
	c.on("2023-03-14 09:50", "reyes")
	c.shot("pneumococcal", cvx("216", "Pneumococcal conjugate PCV20, polysaccharide CRM197 conjugate, adjuvant, PF"), 1, "PN23-0410", "LA")
	c.on("2018-09-11 09:50", "reyes")
	c.shot("tdap", cvx("115", "Tdap"), 1, "TD18-2205", "RA")

	c.on("2025-12-09 11:00", "okonkwo")
	c.procedure("eye-exam", concept("Diabetic eye examination, dilated"), "No retinopathy; again in a year")
	c.on("2026-05-03 09:20", "okonkwo")
	c.procedure("foot-exam", concept("Diabetic foot examination"), "Pulses and feeling intact")
	c.labs("uacr 24")
	for _, n := range [][2]string{
		{"2019-09-17 09:20", "Home from Riverside since {2019-06-07} after pneumonia. Walks as before. No cough. Diabetes steady at 6.9 %."},
		{"2021-09-21 10:40", "Riverside kept her four days for a racing heart and sent her to a heart specialist across the state line. Their letter lists metoprolol succinate 25 mg. Rhythm irregular today, 84 a minute. She will see the specialist next month."},
		{"2024-08-20 09:00", "Asked by Lakeside to draw an INR because the road was closed: 2.2, telephoned to Mr. Sørensen. Diabetes 7.4 %."},
		{"2026-11-14 09:12", "HbA1c 7.9 %, rising for two years. eGFR 52, slowly falling; no kidney diagnosis in this chart. Mammogram was due in the summer, not done. Will think about a second diabetes medicine. Influenza vaccine not in stock today."},
	} {
		c.on(n[0], "okonkwo")
		c.note("progress", progressNote, "Visit note", n[1])
	}

	c.on("2026-11-14 09:30", "okonkwo")
	g := c.goal("hba1c", "HbA1c below 7.0 %", "2027-05-01")
	b := c.goal("pressure", "Blood pressure below 130/80", "2027-02-01")
	c.plan("diabetes", "Diabetes and heart", problems, []string{g, b}, "Metformin twice a day", "Walk thirty minutes on five days",
		"Screening mammogram, due since {2026-07-01}", "Dilated eye examination, due {2026-12-09}", "Influenza vaccine")
	c.team("maple", member{role: "primary care", practitioner: "okonkwo"}, member{role: "nurse", practitioner: "reyes"},
		member{role: "cardiology", name: "Aaron Feld, MD", site: "lakeside"}, member{role: "son, proxy", related: marco, name: "Marco Delgado"})
	c.order("mammogram", "active", concept("Screening mammogram, both breasts", loinc("24606-6", "MG Breast Screening")), "Due since {2026-07-01}")

	c.on("2026-11-20 08:40", "reyes")
	c.appointment("today", "arrived", "slot", 20, "okonkwo", "Burning on urination", "mammogram overdue, flu shot due")
	c.on("-2h", "reyes")
	c.task("refill", "refill", "routine", "okonkwo", "Refill: atorvastatin 40 mg", "By telephone from her son. Last filled 94 days ago at Corner Pharmacy.", object{"focus": ref(statin)})
	c.visit("-18m", "okonkwo", "AMB", "Burning on urination since three days", 0)
	c.problem("cystitis", concept("Acute cystitis", snomed("68226007", "Acute cystitis"), icd("N30.00", "Acute cystitis without hematuria")), "2026-11-19", diagnosis(),
		object{"verificationStatus": status("condition-ver-status", "provisional")})
	c.found("laboratory", "leukocyte-esterase", concept("Leukocyte esterase, urine dipstick", loinc("5799-2", "Leukocyte esterase [Presence] in Urine by Test strip")), concept("Positive"), object{"interpretation": interpretation("POS")})
	c.found("laboratory", "nitrite", concept("Nitrite, urine dipstick", loinc("5802-4", "Nitrite [Presence] in Urine by Test strip")), concept("Positive"), object{"interpretation": interpretation("POS")})
	c.when = "-6m"
	c.order("urine-culture", "draft", concept("Urine culture", loinc("630-4", "Bacteria identified in Urine by Culture")), "Burning on urination")
	c.prescribe("tmp-smx", "-4m", "okonkwo", 2, "1 tablet twice a day for 3 days", "Acute cystitis", object{"status": "draft", "encounter": ref(c.enc)})
}

func rosaLakeside(c *chart) {
	p := rosaAs()
	p.mrn, p.given, p.family, p.maiden = "LC-20913", []string{"Rosa"}, "Delgado Ortiz", ""
	p.race, p.ethnicity, p.email, p.pronouns = "", "", "", ""
	c.register(p)
	c.visit("2021-10-03 10:30", "feld", "AMB", "Atrial fibrillation, after hospital", 40)
	c.vital("bp 134/82 pulse 88 weight 75.2")
	c.problem("fibrillation", concept("Atrial fibrillation", snomed("282825002", "Paroxysmal atrial fibrillation"), icd("I48.0", "Paroxysmal atrial fibrillation")), "2021-09",
		object{"note": list{object{"text": "CHA₂DS₂-VASc 4: age 65 to 74, female, high blood pressure, diabetes.", "time": c.instant("2026-04-14 10:20"), "authorReference": c.author()}}})
	c.problem("anticoagulated", concept("On long-term anticoagulant", icd("Z79.01", "Long term (current) use of anticoagulants")), "2021-10")
	c.allergy("allergy-penicillin", concept("Penicillin", snomed("91936005", "Allergy to penicillin")), "medication", "high", "", "severe", "As told by the patient.", anaphylaxis)
	c.procedure("ecg", concept("Electrocardiogram, 12 leads"), "Atrial fibrillation, 88 a minute")
	c.labs("ef 58")
	c.note("consult", consultNote, "Cardiology consultation", `Paroxysmal atrial fibrillation found at Riverside General in September {2021}.
CHA2DS2-VASc was 3 and will be 4 at 65. Warfarin chosen: she cannot pay for a newer anticoagulant.
Warfarin 5 mg daily, INR 2.0 to 3.0, our nurse Mr. Sørensen. Metoprolol succinate raised from 25 to 50 mg.`)
	c.prescribe("warfarin", "2021-10-03 11:05", "feld", 1, "1 tablet every evening; the dose follows the INR", "Atrial fibrillation")
	c.prescribe("metoprolol-50", "2021-10-03 11:06", "feld", 1, "1 tablet every day", "Rate control in atrial fibrillation")
	c.on("2021-10-03 11:10", "feld")
	g := c.goal("inr", "INR between 2.0 and 3.0", "2027-01-31")
	c.plan("warfarin", "Anticoagulation", []string{"Condition/rosa-fibrillation"}, []string{g}, "Warfarin by INR", "INR every four to eight weeks", "Card with telephone number for any new medicine")
	for _, v := range [][3]string{
		{"2022-01-18 09:10", "2.1", "bp 130/80 pulse 72"}, {"2022-06-14 09:20", "2.6", "bp 132/80 pulse 70"}, {"2022-11-15 09:00", "2.3", "bp 128/78 pulse 68"},
		{"2023-06-13 09:10", "2.9", "bp 130/78 pulse 70"}, {"2024-01-16 09:20", "2.4", "bp 134/80 pulse 72"}, {"2025-01-14 09:10", "2.6", "bp 128/76 pulse 74"},
		{"2025-09-09 09:00", "2.5", "bp 132/80 pulse 70"}, {"2026-04-14 09:50", "2.8", "bp 134/80 pulse 72"}, {"2026-10-02 09:10", "2.7", "bp 132/82 pulse 70"},
	} {
		c.visit(v[0], "sorensen", "AMB", "INR check", 15)
		c.labs("inr " + v[1])
		c.vital(v[2])
	}
	c.visit("2026-04-14 10:20", "feld", "AMB", "Yearly review of atrial fibrillation", 30)
	c.note("review", progressNote, "Yearly review", "No palpitations. INR steady since the bleeding of {2024-12-05}, which followed a week of ciprofloxacin given at an urgent care centre. Any antibiotic: telephone us first. CT chest of {2026-04-08} for cough: no disease.")
	c.on("2026-10-02 09:20", "sorensen")
	c.appointment("inr-next", "booked", "2026-11-27 09:10", 15, "sorensen", "INR check", "")
	c.team("lakeside", member{role: "cardiology", practitioner: "feld"}, member{role: "anticoagulation nurse", practitioner: "sorensen"})
}
