package chart

import "testing"

func TestReadDrug(t *testing.T) {
	for text, d := range map[string]drug{
		"24 HR metoprolol succinate 50 MG Extended Release Oral Tablet": {"metoprolol", "Metoprolol succinate 50 mg", "50 mg", "oral"},
		"Metoprolol succinate 50 mg extended-release tablet":            {"metoprolol", "Metoprolol succinate 50 mg", "50 mg", "oral"},
		"Warfarin 5mg tab":                 {"warfarin", "Warfarin 5 mg", "5 mg", "oral"},
		"warfarin sodium 5 MG Oral Tablet": {"warfarin", "Warfarin sodium 5 mg", "5 mg", "oral"},
		"Metformin 1,000 mg tablet":        {"metformin", "Metformin 1,000 mg", "1,000 mg", "oral"},
		"Acetaminophen 325 MG / HYDROcodone Bitartrate 7.5 MG Oral Tablet":   {"acetaminophen / hydrocodone", "Acetaminophen 325 mg / HYDROcodone Bitartrate 7.5 mg", "325 mg / 7.5 mg", "oral"},
		"Hydrocortisone 10 MG/ML Topical Cream":                              {"hydrocortisone", "Hydrocortisone 10 mg/mL", "10 mg/mL", "topical"},
		"NDA020503 200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler": {"albuterol", "Albuterol 0.09 mg/puff", "0.09 mg/puff", "inhaled"},
		"Potassium chloride 20 mEq tablet":                                   {"potassium chloride", "Potassium chloride 20 mEq", "20 mEq", "oral"},
		"Aspirin":                                                            {"aspirin", "Aspirin", "", ""}, "": {},
	} {
		want(t, text, readDrug(text), d)
	}
	want(t, "grams", sameStrength("1 g", "1,000 mg"), true)
	want(t, "different", sameStrength("25 mg", "50 mg"), false)
}

func TestDirectionsDifferByWhatTheyCount(t *testing.T) {
	for _, c := range []struct {
		x, y string
		want bool
	}{
		{"1 tablet at night", "Take one tablet by mouth at bedtime", false}, {"1 tablet every morning", "1 and a half tablets every morning", true},
		{"1 tablet twice a day with meals", "1 tab BID", false}, {"1 tablet twice a day", "1 tablet", true}, {"", "1 tablet", false}, {"as directed", "2 tablets", false},
	} {
		want(t, c.x+" / "+c.y, otherDose(c.x, c.y), c.want)
	}
}

func FuzzReadDrug(f *testing.F) {
	f.Add("24 HR metoprolol succinate 50 MG / 1 MG Oral Tablet")
	f.Add(" / / 5")
	f.Fuzz(func(t *testing.T, text string) {
		d := readDrug(text)
		if d.strength != "" && !sameStrength(d.strength, d.strength) {
			t.Error("a strength differs from itself")
		}
	})
}

func TestMedicinesAcrossSites(t *testing.T) {
	request := func(id, text, status, authored, sig string) string {
		return `MedicationRequest/` + id + ` {"status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"` + text + `"},"authoredOn":"` + authored + `","requester":{"display":"Dr. ` + id + `"},"dosageInstruction":[{"text":"` + sig + `"}]}`
	}
	fill := func(id, text, day string) string {
		return `MedicationDispense/` + id + ` {"status":"completed","medicationCodeableConcept":{"text":"` + text + `"},"whenHandedOver":"` + day + `","daysSupply":{"value":90,"unit":"days","code":"d"}}`
	}
	c := open(
		says(t, maple, request("a", "Atorvastatin 40 mg tablet", "active", "2019-03-19", "1 tablet at night"), request("b", "Metoprolol succinate 25 mg tablet", "active", "2021-09-21", "daily"),
			request("c", "Trimethoprim-sulfamethoxazole 160/800 mg tablet", "draft", "2026-11-22", "twice a day"), request("d", "Amoxicillin 500 mg capsule", "completed", "2015-01-01", ""),
			`MedicationStatement/e {"status":"active","medicationCodeableConcept":{"text":"Warfarin 5 mg tablet"},"effectivePeriod":{"start":"2020","end":"2022"}}`),
		says(t, lakeside, request("w", "Warfarin 5 mg tablet", "active", "2021-10-03", "1 tablet every evening"), request("m", "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet", "active", "2021-10-03", "daily")),
		says(t, riverside, request("s", "Atorvastatin 40 mg tablet", "stopped", "2018-01-01", "")),
		says(t, corner, fill("f1", "Atorvastatin 40 mg tablet", "2026-05-20"), fill("f2", "Atorvastatin 40 mg tablet", "2026-08-20"), fill("f3", "Warfarin 5 mg tablet", "2026-10-28")))
	ms := c.Medicines
	if len(ms.Active) != 3 || len(ms.Drafts) != 1 || len(ms.Stopped) != 1 {
		t.Fatalf("%d active, %d drafts, %d stopped", len(ms.Active), len(ms.Drafts), len(ms.Stopped))
	}
	a, m, w := ms.Active[0], ms.Active[1], ms.Active[2]
	want(t, "atorvastatin", a.Name+", "+a.Sig, "Atorvastatin 40 mg, 1 tablet at night")
	want(t, "not filled for", a.NotFilled, 94)
	want(t, "last filled", a.LastFilled.String()+" "+a.FilledAt.Source.Badge, "20 Aug 2026 CP")
	want(t, "fills", a.Fills, 2)
	if len(a.Differs) != 1 || a.Differs[0].What != "status" || a.Differs[0].There != "stopped" {
		t.Errorf("atorvastatin differs: %+v", a.Differs)
	}
	want(t, "metoprolol", m.Name+" "+m.Source.Badge, "Metoprolol succinate 50 mg LC")
	if len(m.Differs) != 1 || m.Differs[0].Here+m.Differs[0].There+m.Differs[0].Source.Badge != "50 mg25 mgMS" {
		t.Errorf("metoprolol differs: %+v", m.Differs)
	}
	want(t, "metoprolol was never filled: not said to be overdue", m.NotFilled, 0)
	want(t, "warfarin's list entry here has ended", w.Source.Badge+" "+w.Prescriber, "LC Dr. w")
	want(t, "filled in time", w.NotFilled, 0)
	want(t, "draft", ms.Drafts[0].Name+" "+ms.Drafts[0].Ended.String(), "Trimethoprim-sulfamethoxazole 160/800 mg unknown")
	want(t, "stopped", ms.Stopped[0].State, "completed")
}

func TestSigOfParts(t *testing.T) {
	c := open(says(t, maple, `MedicationRequest/a {"status":"active","medicationReference":{"reference":"#m"},"contained":[{"resourceType":"Medication","id":"m","code":{"text":"Digoxin 0.125 mg tablet"}}],
		"dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}],"route":{"text":"by mouth"},"timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}},"asNeededCodeableConcept":{"text":"pain"}}]}`,
		`MedicationAdministration/b {"status":"completed","medicationCodeableConcept":{"text":"Cefazolin 1 g injection"},"effectiveDateTime":"2024-12-06T08:00:00-05:00"}`,
		`MedicationStatement/none {"status":"active","medicationCodeableConcept":{"coding":[{"code":"no-known-medications"}]}}`))
	want(t, "sig", c.Medicines.Active[0].Sig, "1 tablet, by mouth, twice a day, as needed for pain")
	want(t, "given once is not taken", c.Medicines.Stopped[0].State, "given")
	want(t, "none known", c.Medicines.NoneKnown, true)
	for text, r := range map[string]string{"every 8 hours": `{"frequency":1,"period":8,"periodUnit":"h"}`, "3 times a day": `{"frequency":3,"period":1,"periodUnit":"d"}`,
		"once a week": `{"period":1,"periodUnit":"wk"}`, "2 times every 3 days": `{"frequency":2,"period":3,"periodUnit":"d"}`, "": `{"frequency":2}`} {
		want(t, r, sayRepeat(says(t, maple, `Basic/x {"r":`+r+`}`)[0].Node.Get("r")), text)
	}
}

// All dosages are shown, in their order; what runs at once is told from what follows.
func TestSigOfSeveral(t *testing.T) {
	dose := func(n string, more string) string {
		return `"doseAndRate":[{"doseQuantity":{"value":` + n + `,"unit":"tablet"}}],"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"` + more + `}}`
	}
	for _, x := range []struct{ dosages, sig, until string }{
		{`{"sequence":2,"text":"Take 1 tablet daily for 5 days."},{"sequence":1,"text":"Take 2 tablets daily for 5 days.","additionalInstruction":[{"text":"with food"}]}`,
			"Take 2 tablets daily for 5 days; then take 1 tablet daily for 5 days. Note: with food", "unknown"},
		{`{` + dose("1", `,"when":["MORN"]`) + `},{` + dose("2", `,"when":["EVE"],"dayOfWeek":["mon","fri"],"timeOfDay":["18:00:00"]`) + `}`,
			"1 tablet, once a day, in the morning; and 2 tablet, once a day, in the evening and at 18:00 and on Monday and on Friday", "unknown"},
		{`{"sequence":1,` + dose("2", `,"boundsPeriod":{"start":"2026-11-20","end":"2026-11-25"}`) + `},{"sequence":2,` + dose("1", `,"boundsPeriod":{"start":"2026-11-26"}`) + `}`,
			"2 tablet, once a day, from 20 Nov 2026, until 25 Nov 2026; then 1 tablet, once a day, from 26 Nov 2026", "unknown"},
		{`{"sequence":2,` + dose("2", `,"boundsPeriod":{"start":"2026-12-06","end":"2026-12-10"}`) + `},{"sequence":1,` + dose("1", `,"boundsPeriod":{"end":"2026-12-05"}`) + `}`,
			"1 tablet, once a day, until 5 Dec 2026; then 2 tablet, once a day, from 6 Dec 2026, until 10 Dec 2026", "10 Dec 2026"},
		{`{"maxDosePerPeriod":{"numerator":{"value":8,"unit":"tablet"},"denominator":{"value":1,"unit":"day"}},` + dose("1", `,"boundsDuration":{"value":5,"unit":"days"}`) + `}`,
			"1 tablet, once a day, for 5 days, at most 8 tablet in 1 day", "unknown"},
	} {
		c := open(says(t, maple, `MedicationRequest/a {"status":"active","medicationCodeableConcept":{"text":"Prednisone 20 mg tablet"},"authoredOn":"2026-11-20","dosageInstruction":[`+x.dosages+`]}`))
		if len(c.Medicines.Active) != 1 {
			t.Fatalf("%s: %d active", x.dosages, len(c.Medicines.Active))
		}
		want(t, "sig", c.Medicines.Active[0].Sig, x.sig)
		want(t, "until", c.Medicines.Active[0].Entries[0].Until.String(), x.until)
	}
}
