package demo

// harold: a nodule called new by a reader who had not seen the priors.
func harold() teller {
	return teller{Person{
		Slug: "harold",
		Name: "Harold Whitman",
		Line: "A 9 mm lung nodule, called new; two earlier scans at another site show it growing.",
		Story: "Harold smoked for forty years and stopped at 66. A CT of his abdomen at Riverside, for pain, caught a 9 mm nodule in the left lower lung. " +
			"The reader had no earlier images and called it new. Great Lakes Imaging has two CTs of the chest: 4 mm four years ago, 6 mm two years ago. " +
			"The follow-up it asked for then was never booked.",
		LookFor: "In the imaging list, three studies at two sites show one nodule: 4, 6, 9 mm. The recommendation in the second report was lost between sites. " +
			"Today's visit at Maple Street is to give him the result.",
	}, map[string]func(*chart){"maple": haroldMaple, "riverside": haroldRiverside, "greatlakes": haroldGreatLakes},
		map[string]string{"maple": "harold-whitman", "riverside": "whitman-harold", "greatlakes": "h-whitman-1954"}}
}

func haroldAs() person {
	return person{given: []string{"Harold", "Eugene"}, family: "Whitman", born: "1954-01-30", gender: "male", race: "black", ethnicity: "not-hispanic",
		phone: "+1-614-555-0144", street: "512 Neil Avenue", city: "Columbus", state: "OH", zip: "43215", language: "en", married: "M",
		contact: contact{"Odette", "Whitman", "wife", "+1-614-555-0145"}}
}

func haroldMaple(c *chart) {
	p := haroldAs()
	p.mrn, p.gp = "003-80-221", "okonkwo"
	c.register(p)
	c.visit("2020-01-14 09:00", "okonkwo", "AMB", "Yearly visit", 30)
	c.vital("bp 128/78 pulse 70 weight 81.0 height 178")
	c.smoking(concept("Smokes daily, 1 pack; wants to stop", snomed("449868002", "Smokes tobacco daily")))
	lung := c.problem("copd", concept("Chronic obstructive pulmonary disease", snomed("13645005", "Chronic obstructive lung disease"), icd("J44.9", "Chronic obstructive pulmonary disease, unspecified")), "2017")
	c.problem("lipids", concept("High cholesterol", snomed("55822004", "Hyperlipidemia"), icd("E78.5", "Hyperlipidemia, unspecified")), "2012")
	c.allergy("allergy-aspirin", concept("Aspirin", snomed("293586001", "Allergy to aspirin")), "medication", "high", "1999", "moderate", "Lips swelled within an hour.", swelling)
	c.family("brother", "NBRO", "natural brother", concept("Lung cancer"), 68, "Smoker.")
	c.prescribe("atorvastatin", "2020-01-14 09:20", "okonkwo", 1, "1 tablet at night", "High cholesterol")
	c.prescribe("albuterol", "2020-01-14 09:21", "okonkwo", 0, "2 puffs when short of breath, at most every 4 hours", "COPD")
	c.visit("2022-09-20 09:20", "okonkwo", "AMB", "Cough; lung screening discussed", 25)
	c.vital("bp 132/80 pulse 72 weight 80.1 spo2 95")
	c.smoking(formerSmoker)
	c.order("ct-chest", "completed", concept("CT chest, low dose screening"), "40 pack-years, stopped in {2020}")
	for _, v := range [][3]string{{"2023-09-19 09:20", "bp 130/78 pulse 72 weight 79.5 spo2 95", "chol 182 ldl 104 hdl 46 tg 160"}, {"2024-09-24 09:20", "bp 134/80 pulse 74 weight 78.8 spo2 94", "chol 176 ldl 98 hdl 47 tg 155"}, {"2025-09-23 09:20", "bp 128/76 pulse 74 weight 77.6 spo2 94", "chol 171 ldl 95 hdl 47 tg 148"}} {
		c.visit(v[0], "okonkwo", "AMB", "Yearly visit", 25)
		c.vital(v[1])
		c.panel("lipids", lipidPanel, c.labs(v[2]), "")
	}
	c.on("2025-09-23 09:40", "reyes")
	c.shot("pneumococcal", cvx("216", "Pneumococcal conjugate PCV20, polysaccharide CRM197 conjugate, adjuvant, PF"), 1, "PN25-7710", "LA")
	c.visit("2026-11-16 11:00", "okonkwo", "AMB", "Pain in the upper belly, weight loss", 25)
	c.vital("bp 126/76 pulse 78 weight 74.9 spo2 94")
	c.order("ct-abdomen", "completed", concept("CT abdomen with contrast", loinc("79103-8", "CT Abdomen W contrast IV")), "Epigastric pain for six weeks, 3 kg lost")
	c.plan("lungs", "Lungs", []string{lung}, nil, "Stopped smoking in {2020}: stay stopped", "Albuterol inhaler when needed", "Discuss the CT of {2026-11-20}")
	c.on("2026-11-20 16:00", "reyes")
	c.appointment("today", "arrived", "slot-40m", 20, "okonkwo", "Results of the CT", "reading came from Riverside this morning")
	c.on("-1h", "reyes")
	c.task("nodule", "follow-up", "urgent", "okonkwo", "CT abdomen: 9 mm nodule at the lung base", "Read at Riverside; the lung was not the question. A follow-up CT in 6 months is advised: decide and track it.")
}

var (
	nodule    = concept("Nodule of the left lower lung", snomed("427359005", "Solitary nodule of lung"), icd("R91.1", "Solitary pulmonary nodule"))
	ctChest   = concept("CT chest, low dose screening", loinc("24627-2", "CT Chest"))
	ctAbdomen = concept("CT abdomen with contrast", loinc("79103-8", "CT Abdomen W contrast IV"))
	abdomen   = concept("Abdomen")
)

func haroldGreatLakes(c *chart) {
	p := haroldAs()
	p.mrn, p.given, p.phone = "GI-40871", []string{"Harold", "E"}, ""
	p.race, p.ethnicity, p.language, p.married, p.contact = "", "", "", "", contact{}
	c.register(p)
	c.visit("2022-10-18 08:30", "chen", "AMB", "Lung cancer screening", 20)
	c.study("ct-chest", "CT", ctChest, thorax, []int{280}, reading{"Screening, 40 pack-years", "Low dose, without contrast.", "None.",
		"Solid nodule, 4 mm, posterior basal segment of the left lower lobe (image 241). Mild emphysema. Coronary calcium mild.",
		"4 mm solid nodule in the left lower lobe. Lung-RADS 2. Continue yearly screening."})
	c.visit("2024-10-22 08:40", "chen", "AMB", "Lung cancer screening", 20)
	image := c.study("ct-chest", "CT", ctChest, thorax, []int{284}, reading{"Screening", "Low dose, without contrast.", "CT chest of {2022-10-18}.",
		"The nodule in the left lower lobe is now 6 mm (image 244), 4 mm before. No other nodule. Mild emphysema unchanged.",
		"Left lower lobe nodule grew from 4 to 6 mm. Lung-RADS 4A. CT chest in three months recommended ({2025-01-22})."})
	c.problem("nodule", nodule, "2022-10-18", object{"evidence": list{object{"detail": refs(image)}}})
}

func haroldRiverside(c *chart) {
	p := haroldAs()
	p.mrn, p.given, p.phone = "RG-551908", []string{"Harold"}, "+1-614-555-0145" // his wife's
	p.race = ""
	c.register(p)
	c.on("2026-11-20 13:40", "lang")
	c.panel("metabolic", basicPanel, c.labs("creatinine 0.98 urea 16 potassium 4.3 sodium 140"), "Fit for contrast")
	c.on("2026-11-20 15:20", "raman")
	image := c.study("ct-abdomen", "CT", ctAbdomen, abdomen, []int{120, 96}, reading{"Epigastric pain, weight loss", "With intravenous contrast, portal venous phase.", "None available.",
		"Liver, pancreas, kidneys normal. At the upper edge of the scan: a solid nodule of 9 mm in the left lower lobe of the lung. Diverticula of the sigmoid.",
		"No cause of pain found. New 9 mm solid nodule of the left lower lung: dedicated CT chest, follow-up in six months at the latest."})
	c.problem("nodule", nodule, "2026-11-20", object{"evidence": list{object{"detail": refs(image)}}, "verificationStatus": status("condition-ver-status", "provisional")})
}
