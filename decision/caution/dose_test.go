package caution

import (
	"math"
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/decision/ordering"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
	"wholechart/fhir"
)

// The dose is the highest of all steps of the directions: what runs at once is
// added, what follows is not, and no step is passed over.
func TestDoseOfSteps(t *testing.T) {
	s, _ := substance.Find("Prednisone 20 mg tablet", nil)
	for _, x := range []struct {
		sig       string
		once, day float64
		part      bool // something could not be read
	}{
		{"2 tablets daily for 5 days, then 1 tablet daily for 5 days, then stop", 40, 40, false},
		{"1 tablet daily for 5 days, then 3 tablets daily for 5 days", 60, 60, false},
		{"1 tablet in the morning, and 2 tablets in the evening", 40, 60, false},
		{"1 tablet in the morning and 2 tablets in the morning", 60, 60, false},
		{"2 tablets once, then 1 tablet twice a day for 4 days", 40, 40, false},
		{"1 tablet daily; then 2 tablets daily", 60, 60, false},                                                            // it does not say that the first ends
		{"1 tablet, once a day, in the morning; and 2 tablet, once a day, in the evening. Note: with food", 40, 60, false}, // as the chart words parts
		{"2 tablet, by mouth, once a day, from 20 Nov 2026, until 25 Nov 2026; then 1 tablet, by mouth, twice a day, from 26 Nov 2026, at most 3 tablet in 1 day", 40, 40, false},
		{"1 tablet on Monday and 2 tablets on Tuesday", 40, 40, false},
		{"1 tablet daily for 3 days, then as directed for 5 days", 20, 20, false},
		{"1 tablet daily for 3 days, then 2 mL daily for 5 days", 20, 20, true},
	} {
		for _, from := range []string{"an order", "the record"} {
			it := drafted(&rule.Draft{Name: "Prednisone 20 mg tablet", Sig: x.sig})
			if from == "an order" {
				o := order.Order{Kind: order.Medicine, Name: "Prednisone 20 mg tablet", Strength: "20 mg", Sig: order.ParseSig(x.sig).Sig}
				d := ordering.Draft(o, "d")
				if n := d.Amount * d.PerDay; !x.part && math.Abs(n-x.day) > 1e-9 {
					t.Errorf("%s: the draft says %v mg a day, want %v", x.sig, n, x.day)
				}
				it = drafted(&d)
			}
			d, why := it.dose(s[0])
			if d.once != x.once || d.day != x.day || (why != "") != x.part {
				t.Errorf("%s: %q: %+v %q", from, x.sig, d, why)
			}
		}
	}
}

// A second dosageInstruction that is too much is heard, whether another program's
// order or the record has it.
func TestSecondDosageIsHeard(t *testing.T) {
	for _, sequence := range []string{`"sequence":1,`, `"sequence":2,`} {
		d, err := fhir.Parse([]byte(`{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order","subject":{"reference":"Patient/p"},"authoredOn":"2026-11-01",
			"medicationCodeableConcept":{"text":"Acetaminophen 500 mg tablet"},"dosageInstruction":[
			{"sequence":1,"text":"as told","doseAndRate":[{"doseQuantity":{"value":2,"unit":"tablet"}}],"timing":{"repeat":{"frequency":3,"period":1,"periodUnit":"d","boundsDuration":{"value":3,"code":"d"}}}},
			{` + sequence + `"text":"4 tablets three times a day for 3 days","doseAndRate":[{"doseQuantity":{"value":4,"unit":"tablet"}}],"timing":{"repeat":{"frequency":3,"period":1,"periodUnit":"d","boundsDuration":{"value":3,"code":"d"}}}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		want := "2000 mg at once"
		if strings.Contains(sequence, "1") {
			want = "3000 mg at once"
		}
		now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		o := order.Read(d.Root())
		c := &chart.Chart{Now: now}
		c.Patient.Birth = chart.When{At: time.Date(1970, 5, 1, 0, 0, 0, 0, time.UTC), Precision: fhir.Day}
		a := Check(rule.Input{Chart: c, Now: now, Drafts: []rule.Draft{ordering.Draft(o, "d")}})
		found := ""
		for _, c := range a.Cards {
			found += c.Title + "; "
		}
		if !strings.Contains(found, want) {
			t.Errorf("%s: %q, want %s", sequence, found, want)
		}
	}
}
