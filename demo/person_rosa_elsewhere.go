package demo

// rosaRiverside: three stays, the bleeding of two years ago, and the only site that calls her kidneys diseased.
func rosaRiverside(c *chart) {
	p := rosaAs()
	p.mrn, p.given, p.maiden, p.pronouns, p.member = "RG-778120", []string{"Rosa", "M."}, "", "", "MHP-5580-2214"
	p.phone, p.email = "+1-614-555-0199", "" // her old telephone
	p.street, p.zip = "1180 Oak Avenue, Apt 4", "43206"
	c.register(p)

	c.visit("2019-05-31 18:10", "osei", "IMP", "Cough, fever, short of breath", 7*24*60, admitted("2019-05-31", "Pneumonia"))
	c.vital("bp 118/72 pulse 104 temp 38.9 spo2 91 resp 24")
	c.panel("blood-count", bloodCount, c.labs("wbc 15.8 hgb 13.4 platelets 318"), "White cells high")
	c.problem("pneumonia", concept("Pneumonia, right lower lobe", icd("J18.9", "Pneumonia, unspecified organism")), "2019-05-31", diagnosis(), c.resolved("2019-07"))
	c.when = "2019-06-07 11:00"
	c.note("discharge", dischargeNote, "Discharge summary", "Pneumonia treated with levofloxacin because of penicillin anaphylaxis. Home on {2019-06-07}.")
	c.on("2019-06-01 08:30", "raman")
	c.study("chest", "CR", concept("Chest X-ray, 2 views", loinc("36643-5", "XR Chest 2 Views")), thorax, []int{2}, reading{
		"Fever and cough", "Two views.", "None.", "Consolidation in the right lower lobe. Heart normal in size.", "Right lower lobe pneumonia."})

	c.visit("2021-08-30 16:20", "osei", "IMP", "Palpitations", 4*24*60, admitted("2021-08-30", "New atrial fibrillation"))
	c.vital("bp 124/76 pulse 142 spo2 97")
	c.panel("metabolic", basicPanel, c.labs("potassium 3.9 sodium 139 creatinine 0.92 glucose 168"), "")
	c.labs("tsh 2.1")
	c.problem("fibrillation", concept("Atrial fibrillation, new", snomed("49436004", "Atrial fibrillation"), icd("I48.91", "Unspecified atrial fibrillation")), "2021-08-30", diagnosis())
	c.on("2021-09-01 10:00", "raman")
	c.study("echo", "US", concept("Transthoracic echocardiogram", snomed("433236007", "Transthoracic echocardiography")), concept("Heart"), []int{24}, reading{
		"New atrial fibrillation", "Transthoracic, complete.", "None.", "Ejection fraction 58 %. Left atrium mildly enlarged. No valve disease that matters.", "Normal function, mildly enlarged left atrium."})
	c.on("2021-09-03 12:00", "osei")
	c.note("discharge", dischargeNote, "Discharge summary", "New paroxysmal atrial fibrillation, back in rhythm by itself. Metoprolol succinate 25 mg daily. Referred to Lakeside Cardiology about anticoagulation.")

	c.visit("2024-12-05 21:40", "berger", "EMER", "Blood in stool, dizzy", 140, object{"hospitalization": object{"dischargeDisposition": concept("Admitted to ward 4 East")}})
	c.vital("bp 98/60 pulse 112 spo2 97 temp 36.6")
	c.labs("inr 4.1")
	c.panel("blood-count", bloodCount, c.labs("hgb 9.2 hct 28 wbc 9.4 platelets 214"), "Hemoglobin low")
	c.panel("metabolic", basicPanel, c.labs("potassium 4.6 sodium 138 creatinine 1.16 urea 34 glucose 182"), "")
	c.labs("egfr 51")
	c.note("emergency", emergencyNote, "Emergency note", "66 years old, on warfarin from a cardiologist in Michigan, a week of ciprofloxacin from urgent care for a bladder infection. Bright blood since noon. INR 4.1. Vitamin K by mouth, two units of red cells, to ward 4 East.")
	c.visit("2024-12-06 00:05", "osei", "IMP", "Lower gastrointestinal bleeding on warfarin", 3*24*60+11*60, admitted("2024-12-06", "Bleeding, INR 4.1"))
	c.problem("bleeding", concept("Bleeding from diverticula", snomed("74474003", "Gastrointestinal hemorrhage"), icd("K57.31", "Diverticulosis of large intestine without perforation or abscess with bleeding")), "2024-12-05", diagnosis(), c.resolved("2024-12-08"))
	c.problem("kidney", concept("Chronic kidney disease, stage 3a", snomed("433144002", "Chronic kidney disease stage 3"), icd("N18.31", "Chronic kidney disease, stage 3a")), "2024-12-09",
		object{"note": list{object{"text": "eGFR below 60 on two readings more than three months apart.", "time": c.instant("2024-12-09 10:40"), "authorReference": c.author()}}})
	c.allergy("allergy-latex", concept("Latex", snomed("300916003", "Allergy to latex")), "environment", "low", "", "mild", "Told at admission; latex-free theatre used.", contactRash)
	c.when = "2024-12-09 07:10"
	c.panel("blood-count", bloodCount, c.labs("hgb 12.1 hct 37 wbc 7.2 platelets 236"), "Recovered after transfusion")
	c.labs("egfr 53 creatinine 1.12 potassium 4.2")
	c.when = "2024-12-09 11:00"
	c.note("discharge", dischargeNote, "Discharge summary", `Bleeding from diverticula under warfarin (INR 4.1) after ciprofloxacin from urgent care.
Two units of red cells. Colonoscopy {2024-12-08}: diverticula, one small polyp removed, no cancer; next in ten years.
Warfarin restarted on {2024-12-09}, INR at Lakeside within a week.
Chronic kidney disease stage 3a: please add to the problem list and check urine albumin. Avoid NSAIDs.`)
	c.when = "2024-12-08 09:15"
	c.by = "hart"
	c.procedure("colonoscopy", concept("Colonoscopy", snomed("73761001", "Colonoscopy")), "Diverticula of the left colon, bleeding stopped; 4 mm hyperplastic polyp removed")
	c.on("2024-12-06 09:30", "raman")
	c.study("chest", "CR", concept("Chest X-ray, 2 views", loinc("36643-5", "XR Chest 2 Views")), thorax, []int{2}, reading{
		"Short of breath, anaemic", "Two views.", "Chest X-ray of {2019-06-01}.", "Lungs clear; the old consolidation is gone. Heart at the upper limit of normal.", "No acute disease."})
}

// admitted is what an inpatient Encounter adds.
func admitted(date, reason string) object {
	return object{"hospitalization": object{"admitSource": status("admit-source", "emd"),
		"dischargeDisposition": status("discharge-disposition", "home")}, "reasonCode": list{concept(reason)}}
}

// Body parts of images.
var (
	thorax  = concept("Chest", snomed("51185008", "Thoracic structure"))
	breast  = concept("Breast", snomed("76752008", "Breast structure"))
	kidneys = concept("Kidneys", snomed("64033007", "Kidney structure"))
)

func rosaGreatLakes(c *chart) {
	p := rosaAs()
	p.mrn, p.given, p.family, p.maiden, p.pronouns = "GI-55102", []string{"Rosa"}, "Delgado", "", ""
	p.email, p.race, p.ethnicity, p.language, p.married = "", "", "", "", ""
	p.contact = contact{}
	c.register(p)
	mammogram := concept("Screening mammogram, both breasts", loinc("24606-6", "MG Breast Screening"))
	c.visit("2020-03-24 13:00", "chen", "AMB", "Screening mammogram", 30)
	c.study("breast", "MG", mammogram, breast, []int{4}, reading{"Screening", "Two views of each breast.", "None here.", "Scattered fibroglandular tissue. No mass.", "BI-RADS 1, negative. Again in two years."})
	c.visit("2022-06-21 10:30", "chen", "AMB", "Kidney ultrasound", 30)
	c.study("kidneys", "US", concept("Ultrasound of the kidneys"), kidneys, []int{18}, reading{"eGFR falling", "Real-time ultrasound.", "None.", "Right 9.8 cm, left 10.1 cm, cortex slightly thin. No stones, no dilatation.", "Slightly thin cortex, no obstruction."})
	c.visit("2024-07-01 13:20", "chen", "AMB", "Screening mammogram", 30)
	c.study("breast", "MG", mammogram, breast, []int{4}, reading{"Screening; sister had breast cancer at 58", "Two views of each breast.", "Mammogram of {2020-03-24}.", "Unchanged tissue, one benign calcification on the left.", "BI-RADS 2, benign. Again in two years."})
	c.visit("2026-04-08 09:00", "chen", "AMB", "CT chest", 30)
	c.study("ct-chest", "CT", concept("CT chest without contrast", loinc("24627-2", "CT Chest")), thorax, []int{62, 40}, reading{"Cough for two months, atrial fibrillation", "Without contrast.", "Chest X-ray reports of Riverside.", "No nodule, no consolidation. Coronary calcium moderate. Heart mildly enlarged.", "No lung disease. Moderate coronary calcium."})
}

func rosaCorner(c *chart) {
	p := rosaAs()
	p.mrn, p.given, p.family, p.maiden, p.pronouns = "CP-3391", []string{"Rosa"}, "Delgado", "", ""
	p.email, p.race, p.ethnicity, p.married, p.member = "", "", "", "", "MHP-5580-2214"
	p.contact = contact{}
	c.register(p)
	c.on("2017-04-18 10:00", "patel")
	c.allergy("allergy-penicillin", concept("Penicillin", snomed("91936005", "Allergy to penicillin")), "medication", "high", "", "severe", "", anaphylaxis)
	c.fills("metformin", "maple", "2017-04-01", "2026-11-02", 90, 180, "1 tablet twice a day with meals")
	c.fills("lisinopril-20", "maple", "2018-03-21", "2026-10-12", 90, 90, "1 tablet every morning")
	c.fills("atorvastatin", "maple", "2019-03-20", "2026-08-20", 90, 90, "1 tablet at night")
	c.fills("warfarin", "lakeside", "2021-10-04", "2026-10-28", 30, 30, "1 tablet every evening; the dose follows the INR")
	c.fills("metoprolol-50", "lakeside", "2021-10-04", "2026-10-28", 90, 90, "1 tablet every day")
	c.fills("omeprazole", "maple", "2022-03-01", "2026-09-30", 90, 90, "1 capsule before breakfast")
	c.on("2025-10-21 15:10", "patel")
	c.shot("zoster", cvx("187", "zoster recombinant"), 1, "ZR25-118", "LA")
	c.on("2026-01-20 15:30", "patel")
	c.shot("zoster", cvx("187", "zoster recombinant"), 2, "ZR26-042", "LA")
}
