package chart

import "testing"

func TestAllergiesUnknownIsNotNone(t *testing.T) {
	none := `AllergyIntolerance/none {"verificationStatus":{"coding":[{"code":"confirmed"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}]},"recordedDate":"2024-11-05","recorder":{"display":"Dr. Okonkwo"}}`
	c := open(says(t, maple, none))
	want(t, "none known", c.Allergies.State, NoneKnown)
	want(t, "asked", c.Allergies.Asked.String()+" "+c.Allergies.Who, "5 Nov 2024 Dr. Okonkwo")

	c = open(says(t, maple, `AllergyIntolerance/drugs {"code":{"text":"No known drug allergies"}}`))
	want(t, "of one kind only", c.Allergies.State, NotRecorded)
	want(t, "but said", len(c.Allergies.Denied), 1)

	c = open(says(t, maple, none, `AllergyIntolerance/wrong {"code":{"text":"Egg"},"verificationStatus":{"coding":[{"code":"entered-in-error"}]}}`,
		`AllergyIntolerance/refuted {"code":{"text":"Milk"},"verificationStatus":{"coding":[{"code":"refuted"}]}}`))
	want(t, "still none", c.Allergies.State, NoneKnown)
	want(t, "errors and refuted", c.Allergies.Errors*10+c.Allergies.Refuted, 11)

	penicillin := `"code":{"coding":[{"system":"http://snomed.info/sct","code":"91936005","display":"Allergy to penicillin"}],"text":"Penicillin"},"clinicalStatus":{"coding":[{"code":"active"}]}`
	c = open(says(t, maple, none, `AllergyIntolerance/latex {"code":{"text":"Latex"},"reaction":[{"severity":"mild","manifestation":[{"text":"Rash"}]}]}`),
		says(t, lakeside, `AllergyIntolerance/p {`+penicillin+`,"criticality":"high"}`),
		says(t, riverside, `AllergyIntolerance/p {`+penicillin+`,"onsetDateTime":"2009","reaction":[{"severity":"severe","manifestation":[{"text":"Anaphylaxis"}]}]}`))
	as := c.Allergies
	want(t, "conflict", as.Conflict, true)
	want(t, "items", len(as.Items), 2)
	p := as.Items[0]
	want(t, "the dangerous first", p.Substance, "Penicillin")
	want(t, "of both", p.Criticality+" "+p.Severity+" "+p.Onset.String()+" "+p.Reactions[0], "high severe 2009 Anaphylaxis")
	want(t, "not yet in this chart", p.Outside, true)
	want(t, "sources", len(p.Also), 1)
	want(t, "latex here", as.Items[1].Outside, false)
}

func TestProblemsOfSeveralSites(t *testing.T) {
	icd := func(code string) string {
		return `"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"` + code + `"}],"text":"`
	}
	active := `"},"clinicalStatus":{"coding":[{"code":"active"}]}`
	resolved := `"},"clinicalStatus":{"coding":[{"code":"resolved"}]}`
	c := open(
		says(t, maple, `Condition/dm {`+icd("E11.9")+`Type 2 diabetes`+active+`,"onsetDateTime":"2016-05"}`,
			`Condition/cold1 {`+icd("J00")+`Cold`+resolved+`,"onsetDateTime":"2012-01-05"}`, `Condition/cold2 {`+icd("J00")+`Cold`+resolved+`,"onsetDateTime":"2015-01-05"}`,
			`Condition/gout {`+icd("M10.9")+`Gout`+active+`,"onsetDateTime":"2011"}`),
		says(t, riverside, `Condition/dm {`+icd("E11.9")+`Diabetes mellitus`+active+`,"onsetDateTime":"2014"}`,
			`Condition/ckd {`+icd("N18.31")+`Chronic kidney disease, stage 3a`+active+`,"onsetDateTime":"2024-12-09"}`,
			`Condition/cold {`+icd("J00")+`Common cold`+resolved+`,"onsetDateTime":"2015-01-10"}`,
			`Condition/gout {`+icd("M10.9")+`Gout`+resolved+`,"onsetDateTime":"2011","abatementDateTime":"2020"}`))
	ps := c.Problems
	want(t, "active", len(ps.Active), 3)
	want(t, "newest first", ps.Active[0].Name, "Chronic kidney disease, stage 3a")
	want(t, "outside", ps.Active[0].Outside, true)
	dm := ps.Active[1]
	want(t, "own words, earliest onset", dm.Name+" "+dm.Onset.String(), "Type 2 diabetes 2014")
	want(t, "both sources", len(dm.Also), 1)
	want(t, "inside", dm.Outside, false)
	gout := ps.Active[2]
	if len(gout.Differs) != 1 || gout.Differs[0].There != "resolved 2020" {
		t.Errorf("gout differs: %+v", gout.Differs)
	}
	want(t, "two colds, one of them at two sites", len(ps.Resolved), 2)
	want(t, "the later at both", len(ps.Resolved[0].Also), 1)
}

func TestImmunizationGrid(t *testing.T) {
	dose := func(id, code, text, when, more string) string {
		return `Immunization/` + id + ` {"status":"completed","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"` + code + `"}],"text":"` + text + `"},"occurrenceDateTime":"` + when + `"` + more + `}`
	}
	c := open(
		says(t, maple, dose("a", "110", "Pediarix", "2023-01-05", `,"primarySource":false`), dose("b", "150", "Influenza", "2022-10-11T14:00:00-04:00", ""),
			`Immunization/no {"status":"not-done","statusReason":{"coding":[{"code":"PATOBJ"}],"text":"patient objection"},"vaccineCode":{"text":"MMR"},"occurrenceDateTime":"2024-01-01"}`),
		says(t, lakeside, dose("a", "110", "DTaP-HepB-IPV", "2023-01-05", `,"lotNumber":"L1","protocolApplied":[{"doseNumberPositiveInt":2}]`), dose("c", "135", "Influenza, high dose", "2024-10-08", "")))
	rows := map[string]Vaccine{}
	for _, r := range c.Immunizations.Rows {
		rows[r.Name] = r
	}
	for _, name := range []string{"DTaP", "Hepatitis B", "Polio"} {
		if len(rows[name].Doses) != 1 {
			t.Fatalf("%s: %+v", name, rows[name])
		}
	}
	d := rows["Polio"].Doses[0]
	want(t, "who gave it leads", d.Source.Badge+" "+d.Lot+d.Number, "LC L1")
	want(t, "told here too", len(d.Also), 1)
	want(t, "in this chart", d.Outside, false)
	want(t, "flu of two products", len(rows["Influenza"].Doses), 2)
	want(t, "refused", len(c.Immunizations.Refused) == 1 && c.Immunizations.Refused[0].Refused, true)
}
