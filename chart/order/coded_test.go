package order

import (
	"testing"

	"wholechart/fhir"
)

func TestCodedItems(t *testing.T) {
	for _, x := range []struct{ display, typed, detail string }{
		{"Ezetimibe 10 MG Oral Tablet", "ezetimibe 10 daily 30d", "take 1 tablet by mouth once a day for 30 days · 30 tablets, no refills"},
		{"ezetimibe 10 MG / simvastatin 20 MG Oral Tablet", "ezetimibe 1 tab qhs 30d", "take 1 tablet by mouth once a day at bedtime for 30 days · 30 tablets, no refills"},
		{"ivermectin 3 MG Oral Tablet", "ivermectin 12 mg once", "take 4 tablets by mouth once only · 4 tablets, no refills"},
	} {
		it := Coded(Medicine, fhir.Coding{System: RxNorm, Code: "1", Display: x.display})
		o := it.Order(Parse(x.typed))
		if o.Detail() != x.detail || len(o.Codes) != 1 {
			t.Errorf("%s: %q", x.typed, o.Detail())
		}
		if f := o.Check(now0); len(f) > 0 {
			t.Errorf("%s: %v", x.typed, f)
		}
	}
}
