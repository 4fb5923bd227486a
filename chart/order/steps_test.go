package order

import (
	"strings"
	"testing"

	"wholechart/fhir"
)

// What is typed of several steps, and what is read back.
var stepLines = []struct{ typed, says string }{
	{"40 mg daily for 5 days, then 20 mg daily for 5 days, then stop", "take 40 mg once a day for 5 days, then 20 mg once a day for 5 days, then stop"},
	{"2 tabs po daily x5d then 1 tab daily x5d then stop", "take 2 tablets by mouth once a day for 5 days, then 1 tablet once a day for 5 days, then stop. Dispense 15 tablets, no refills"},
	{"3 tabs daily 3d, 2 tabs daily 3d, 1 tab daily 3d, then stop", "take 3 tablets once a day for 3 days, then 2 tablets once a day for 3 days, then 1 tablet once a day for 3 days, then stop. Dispense 18 tablets, no refills"},
	{"4 tabs daily for 2 days then 2 for 2 days then 1 for 2 days", "take 4 tablets once a day for 2 days, then 2 tablets once a day for 2 days, then 1 tablet once a day for 2 days. Dispense 14 tablets, no refills"},
	{"2 tabs once, then 1 tab daily for 4 days", "take 2 tablets once only, then 1 tablet once a day for 4 days. Dispense 6 tablets, no refills"},
	{"morning 500 mg, evening 1000 mg", "take 500 mg once a day in the morning, and 1,000 mg once a day in the evening"},
	{"1 tab po qam and 2 tabs qhs", "take 1 tablet by mouth once a day in the morning, and 2 tablets once a day at bedtime"},
	{"500 mg every morning; 1000 mg every evening", "take 500 mg once a day in the morning, and 1,000 mg once a day in the evening"},
	{"1 tab daily plus 1 tab q6h prn pain", "take 1 tablet once a day, and 1 tablet every 6 hours as needed for pain"},
	{"5 mg on mon wed fri and 2.5 mg on tue thu sat sun", "take 5 mg once a day on Monday, Wednesday and Friday, and 2.5 mg once a day on Tuesday, Thursday, Saturday and Sunday"},
	{"1 tab bid for 7 days then once daily #30 1 refill", "take 1 tablet twice a day for 7 days, then 1 tablet once a day. Dispense 30 tablets, 1 refill"},
	{"1 tab daily for 7 days then 1 tab bid", "take 1 tablet once a day for 7 days, then 1 tablet twice a day"},
	{"1 tab in the morning and at bedtime", "take 1 tablet once a day in the morning and at bedtime"},
	{"1 tab at noon and bedtime", "take 1 tablet once a day at noon and at bedtime"},
	{"1 tab daily then call the office", "take 1 tablet once a day. Note: then call the office"},
	{"1 tab daily; take 1 hour before meals", "take 1 tablet once a day before meals. Note: 1 hour"},
	{"1 tab q6h prn pain, max 8 tabs/d", "take 1 tablet every 6 hours as needed for pain, at most 8 tablets a day"},
	{"1 tab daily for 5 days, then stop. Dispense 5 tablets, no refills", "take 1 tablet once a day for 5 days, then stop. Dispense 5 tablets, no refills"},
	{"1 tab daily until 5 Dec 2026", "take 1 tablet once a day until 5 Dec 2026"},
	{"1 tab daily from 1 Dec 2026 until 5 Dec 2026, then 2 tabs daily from 2026-12-06 until 2026-12-10", "take 1 tablet once a day from 1 Dec 2026 until 5 Dec 2026, then 2 tablets once a day from 6 Dec 2026 until 10 Dec 2026. Dispense 15 tablets, no refills"},
	{"1 tab at 8:00 and 20:00", "take 1 tablet twice a day at 08:00 and 20:00"},
	{"1 tablet, once a day, in the morning; and 2 tablet, once a day, in the evening", "take 1 tablet once a day in the morning, and 2 tablets once a day in the evening"},
	{"1 tab in the morning and at bedtime; 2 tabs at noon", "take 1 tablet once a day in the morning and at bedtime, and 2 tablets once a day at noon"},
	{"1 tab on Sundays", "take 1 tablet once a day on Sunday"},
}

func TestStepsAreRead(t *testing.T) {
	for _, x := range stepLines {
		l := ParseSig(x.typed)
		if got := l.Sig.Line(); got != x.says || len(l.Problems) > 0 {
			t.Errorf("%q\n got %q %q\nwant %q", x.typed, got, l.Problems, x.says)
		}
		if back := ParseSig(l.Sig.Line()).Sig; back.Line() != x.says || len(back.More) != len(l.Sig.More) {
			t.Errorf("%q\nback %q", x.typed, back.Line())
		}
	}
	if l := ParseSig("2 tabs daily 5 days, 1 tab daily 5 days"); len(l.Problems) != 1 || !strings.Contains(l.Problems[0], "then") {
		t.Errorf("a comma that may mean either: %q, %q", l.Problems, l.Sig.Line())
	}
}

func TestStepsOfAnItem(t *testing.T) {
	for _, x := range []struct{ typed, first, detail string }{
		{"prednisone 40 mg daily for 5 days, then 20 mg daily for 5 days, then stop", "Prednisone 20 mg tablet", "take 2 tablets by mouth once a day for 5 days, then 1 tablet once a day for 5 days, then stop · 15 tablets, no refills"},
		{"prednisone 40 daily 5d then 20 daily 5d then stop", "Prednisone 20 mg tablet", "take 2 tablets by mouth once a day for 5 days, then 1 tablet once a day for 5 days, then stop · 15 tablets, no refills"},
		{"prednisone 10 mg daily 5d then 5 daily 5d", "Prednisone 10 mg tablet", "take 1 tablet by mouth once a day for 5 days, then 0.5 tablet once a day for 5 days · 8 tablets, no refills"},
		{"metformin 500 mg morning, 1000 mg evening", "Metformin 500 mg tablet", "take 1 tablet by mouth once a day in the morning, and 2 tablets once a day in the evening"},
		{"prednisone 20 2 tabs daily 3d then 1 daily 3d", "Prednisone 20 mg tablet", "take 2 tablets by mouth once a day for 3 days, then 1 tablet once a day for 3 days · 9 tablets, no refills"},
	} {
		found := Find(x.typed, 1)
		if len(found) == 0 {
			t.Errorf("%q: nothing", x.typed)
			continue
		}
		o := found[0].Order()
		if o.Name != x.first || !strings.HasPrefix(o.Detail(), x.detail) {
			t.Errorf("%q:\n got %s: %q\nwant %s: %q", x.typed, o.Name, o.Detail(), x.first, x.detail)
		}
		o.Patient, o.Status = "p", "draft"
		n := resource(t, o)
		if n.Get("dosageInstruction").Len() != len(o.Sig.Steps()) {
			t.Errorf("%q: %s", x.typed, n.Get("dosageInstruction").Raw())
		}
		if back := Again(n); back.Sig.Line() != o.Sig.Line() || len(back.Sig.More) != len(o.Sig.More) || back.Sig.Stop != o.Sig.Stop {
			t.Errorf("%q came back as %q", x.typed, back.Sig.Line())
		}
	}
	o := Words(Medicine, "budesonide 9 mg daily 8 weeks then 6 mg daily 2 weeks")
	if o.Name != "Budesonide" || o.Sig.How() != "take 9 mg once a day for 8 weeks, then 6 mg once a day for 2 weeks" {
		t.Errorf("in words: %s: %s", o.Name, o.Sig.How())
	}
}

// What others wrote in several dosages is read whole, in its order.
func TestStepsOfOthers(t *testing.T) {
	for _, x := range []struct {
		name, dosages, how string
		runs               []int
	}{
		{"a taper out of order", `[{"sequence":2,"text":"1 tablet daily x 5d","doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}],"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d","boundsDuration":{"value":5,"code":"d"}}}},
			{"sequence":1,"text":"2 tablets daily x 5d","doseAndRate":[{"doseQuantity":{"value":2,"unit":"tablet"}}],"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d","boundsDuration":{"value":5,"code":"d"}}}}]`,
			"2 tablets daily x 5d, then 1 tablet daily x 5d", []int{1, 1}},
		{"no sequence", `[{"doseAndRate":[{"doseQuantity":{"value":500,"unit":"mg"}}],"timing":{"repeat":{"when":["MORN"]}}},{"doseAndRate":[{"doseQuantity":{"value":1000,"unit":"mg"}}],"timing":{"repeat":{"when":["EVE"]}}}]`,
			"take 500 mg in the morning, and 1,000 mg in the evening", []int{2, 2}},
		{"periods", `[{"doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}],"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d","boundsPeriod":{"start":"2026-11-01","end":"2026-11-05"}}}},
			{"doseAndRate":[{"doseQuantity":{"value":2,"unit":"tablet"}}],"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d","boundsPeriod":{"start":"2026-11-06","end":"2026-11-10"}}}}]`,
			"take 1 tablet once a day from 1 Nov 2026 until 5 Nov 2026, and 2 tablets once a day from 6 Nov 2026 until 10 Nov 2026", []int{1, 1}},
		{"a list that is numbered and does not end", `[{"sequence":1,"text":"5 mg every morning"},{"sequence":2,"text":"10 mg every night"}]`,
			"5 mg every morning, then 10 mg every night", []int{1, 2}},
		{"days of the week", `[{"text":"5 mg","doseAndRate":[{"doseQuantity":{"value":5,"unit":"mg"}}],"timing":{"repeat":{"dayOfWeek":["mon","fri"]}}},{"doseAndRate":[{"doseQuantity":{"value":2.5,"unit":"mg"}}],"timing":{"repeat":{"dayOfWeek":["tue","wed","thu","sat","sun"],"timeOfDay":["18:00:00"]}}}]`,
			"5 mg, and take 2.5 mg once a day on Tuesday, Wednesday, Thursday, Saturday and Sunday and at 18:00", []int{1, 1}},
		{"a code", `[{"doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}],"timing":{"code":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation","code":"BID"}]}},"patientInstruction":"with a full glass of water"}]`,
			"take 1 tablet twice a day", []int{1}},
	} {
		d, err := fhir.Parse([]byte(`{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order","subject":{"reference":"Patient/p"},"medicationCodeableConcept":{"text":"X"},"dosageInstruction":` + x.dosages + `}`))
		if err != nil {
			t.Fatal(err)
		}
		s := Read(d.Root()).Sig
		if s.How() != x.how {
			t.Errorf("%s:\n got %q\nwant %q", x.name, s.How(), x.how)
		}
		var runs []int
		for _, r := range s.Runs() {
			runs = append(runs, len(r))
		}
		if len(runs) != len(x.runs) || runs[0] != x.runs[0] || runs[len(runs)-1] != x.runs[len(runs)-1] {
			t.Errorf("%s: runs %v, want %v", x.name, runs, x.runs)
		}
	}
}

// A step that another follows says when it ends, and each step is looked at.
func TestWhatIsMissingInAStep(t *testing.T) {
	for _, x := range []struct{ sig, field, text string }{
		{"1 tablet daily then 2 tablets daily for 5 days", "sig", "for how long"},
		{"1 tablet daily for 5 days then 200 tablets daily for 5 days", "sig-2", "cannot be meant"},
		{"1 tablet daily for 5 days then 1 tablet daily from 5 Dec 2026 until 1 Dec 2026", "sig-2", "ends before"},
		{"1 tablet daily and 1 tablet 60 times a day", "", ""},
	} {
		o := Order{Kind: Medicine, Name: "X", Sig: ParseSig(x.sig + " #30").Sig}
		found := ""
		for _, f := range o.Check(now0) {
			if f.Field == x.field {
				found += f.Text
			}
		}
		if !strings.Contains(found, x.text) {
			t.Errorf("%q: %s: %q", x.sig, x.field, found)
		}
	}
	o := Order{Kind: Medicine, Name: "X", Sig: ParseSig("2 tablets daily for 5 days then 1 tablet daily for 5 days then stop").Sig}
	if f := o.Check(now0); len(f) > 0 {
		t.Errorf("a whole taper: %v", f)
	}
}
