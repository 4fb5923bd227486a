package order

import (
	"strings"
	"testing"

	"wholechart/fhir"
	"wholechart/ucum"
	"wholechart/validate"
)

func resource(t *testing.T, o Order) fhir.Node {
	t.Helper()
	text, err := o.Resource()
	if err != nil {
		t.Fatal(err)
	}
	d, err := fhir.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range validate.Resource(d.Root(), validate.Options{}) {
		if i.Severity == validate.Error || i.Severity == "fatal" {
			t.Errorf("%s: %+v\n%s", o.Name, i, text)
		}
	}
	return d.Root()
}

// Every item of the catalogue makes a resource that is valid, and is read back as the same order.
func TestCatalogueMakesOrders(t *testing.T) {
	seen := map[string]bool{}
	n := map[Kind]int{}
	for i := range Items() {
		it := &Items()[i]
		if seen[it.Key] {
			t.Errorf("%s twice", it.Key)
		}
		seen[it.Key] = true
		n[it.Kind]++
		o := it.Order(Line{})
		o.Patient, o.Encounter, o.Requester, o.RequesterAs, o.Author, o.AuthoredOn, o.Group = "rosa", "e1", "Practitioner/lo", "Lena Okonkwo", "Nurse Ray", now0, "r-1"
		o.Reason, o.ReasonRef, o.Note, o.Due = "Cystitis", "Condition/c1", "call first", "2026-12-01"
		if it.Sides {
			o.Side = "left"
		}
		back := Read(resource(t, o))
		if f := back.Check(now0); len(f) > 0 {
			t.Errorf("%s: %v", it.Key, f)
		}
		if back.Kind != o.Kind || back.Title() != o.Title() || back.Sig.Line() != o.Sig.Line() || back.Specimen != o.Specimen || back.Modality != o.Modality || back.Region != o.Region || back.Specialty != o.Specialty ||
			back.Reason != o.Reason || back.ReasonRef != o.ReasonRef || back.Note != o.Note || back.Due != o.Due || back.Group != o.Group || back.Author != o.Author || back.Requester != o.Requester || !back.AuthoredOn.Equal(o.AuthoredOn) ||
			len(back.Codes) != len(o.Codes) || back.Strength != o.Strength && len(o.Codes) > 0 && o.Codes[0].Display != "" {
			t.Errorf("%s:\n was %+v\nback %+v", it.Key, o, back)
		}
	}
	if n[Medicine] < 150 || n[Test] < 80 || n[Imaging] < 40 || n[Vaccine] < 30 || n[Referral] < 30 {
		t.Errorf("few things can be ordered: %v", n)
	}
	for _, s := range Sets() {
		for _, k := range s.Items {
			if ByKey(k) == nil {
				t.Errorf("set %s names %s, which is not in the catalogue", s.Key, k)
			}
		}
	}
	for _, l := range Limits() {
		if l.Source == "" || l.Low == nil && l.High == nil {
			t.Errorf("limit of %s: %+v", l.Name, l)
		}
	}
}

func TestWhatALineMeans(t *testing.T) {
	for _, x := range []struct{ typed, first, detail string }{
		{"amox 500 tid 7d", "Amoxicillin 500 mg capsule", "take 1 capsule by mouth three times a day for 7 days · 21 capsules, no refills"},
		{"prednisone 40 daily 5d", "Prednisone 20 mg tablet", "take 2 tablets by mouth once a day for 5 days · 10 tablets, no refills"},
		{"warfarin 7.5 daily", "Warfarin 5 mg tablet", "take 1.5 tablets by mouth once a day · 45 tablets, no refills"},
		{"lisin 20", "Lisinopril 20 mg tablet", "take 1 tablet by mouth once a day · 90 tablets, 3 refills"},
		{"levothyroxine 0.05 mg daily", "Levothyroxine 50 mcg tablet", "take 1 tablet by mouth once a day · 90 tablets, 3 refills"},
		{"macrobid", "Nitrofurantoin 100 mg capsule", "take 1 capsule by mouth twice a day with meals for 5 days · 10 capsules, no refills"},
		{"tmp-smx bid 3d", "Trimethoprim-sulfamethoxazole 160/800 mg tablet", "take 1 tablet by mouth twice a day for 3 days · 6 tablets, no refills"},
		{"bactrim 800/160 bid 7d", "Trimethoprim-sulfamethoxazole 160/800 mg tablet", "take 1 tablet by mouth twice a day for 7 days · 14 tablets, no refills"},
		{"hba1c", "Haemoglobin A1c", "blood"}, {"k", "Potassium", "serum"}, {"cbc", "Complete blood count", "blood"}, {"urine culture", "Urine culture", "urine"},
		{"xr knee left", "X-ray knee, left", ""}, {"mri brain with contrast", "MRI brain, with gadolinium contrast", ""}, {"ct head", "CT head, without contrast", ""}, {"cxr", "X-ray chest", ""},
		{"tdap", "Tdap vaccine", ""}, {"cardiology", "Referral: Cardiology", ""}, {"ekg", "12-lead electrocardiogram", ""},
	} {
		c := Find(x.typed, 5)
		if len(c) == 0 {
			t.Errorf("%q: nothing", x.typed)
			continue
		}
		if o := c[0].Order(); o.Title() != x.first || o.Detail() != x.detail {
			t.Errorf("%q\n got %s | %s\nwant %s | %s", x.typed, o.Title(), o.Detail(), x.first, x.detail)
		}
	}
	for _, typed := range []string{"", "zzzz", "💊", strings.Repeat("a", 10000)} {
		if c := Find(typed, 5); len(c) != 0 {
			t.Errorf("%.20q: %v", typed, c)
		}
	}
	// A bare number of a liquid is never taken for a volume.
	for _, c := range Find("amox 500 tid 7d", 10) {
		if o := c.Order(); o.Sig.Unit == "mL" && o.Sig.Dose == 500 {
			t.Errorf("half a litre of %s", o.Name)
		}
	}
}

func TestCapsulesAndSlowTabletsStayWhole(t *testing.T) {
	for _, x := range []string{"tamsulosin 0.2 daily", "metoprolol succinate 12.5 daily"} {
		for _, c := range Find(x, 5) {
			if o := c.Order(); o.Sig.Unit != "mg" && o.Sig.Dose != float64(int(o.Sig.Dose)) {
				t.Errorf("%q: %s", x, o.Detail())
			}
		}
	}
}

func TestFieldsAreChecked(t *testing.T) {
	base := ByKey("medicine:amoxicillin 500 mg").Order(Line{})
	for name, change := range map[string]func(*Order){
		"name":     func(o *Order) { o.Name = "" },
		"sig":      func(o *Order) { o.Sig.Dose = 8000 },
		"quantity": func(o *Order) { o.Sig.Quantity = 0; o.Sig.Days = 0 },
		"refills":  func(o *Order) { o.Sig.Refills = 99 },
		"due":      func(o *Order) { o.Due = "2026-02-30" },
		"priority": func(o *Order) { o.Priority = "whenever" },
		"note":     func(o *Order) { o.Note = strings.Repeat("x", MaxNote+1) },
		"reason":   func(o *Order) { o.Reason = strings.Repeat("😀", MaxReason+1) },
	} {
		o := base
		change(&o)
		f := o.Check(now0)
		if len(f) == 0 || f[0].Field != name {
			t.Errorf("%s: %v", name, f)
		}
	}
	if f := base.Check(now0); len(f) != 0 {
		t.Errorf("as it is: %v", f)
	}
	img := ByKey("imaging:X-ray knee").Order(Line{})
	if f := img.Check(now0); len(f) != 2 || f[0].Field != "side" || f[1].Field != "reason" {
		t.Errorf("imaging: %v", f)
	}
}

func TestUnitsOfTestsAreUCUM(t *testing.T) {
	for _, it := range Items() {
		if it.Kind == Test && it.Unit != "" {
			if _, err := ucum.Parse(it.Unit); err != nil {
				t.Errorf("%s: %q: %v", it.Key, it.Unit, err)
			}
		}
	}
}

// What another prescriber wrote stays as it was written, in a renewal too.
func TestWordsOfOthersStay(t *testing.T) {
	d, err := fhir.Parse([]byte(`{"resourceType":"MedicationRequest","id":"m","meta":{"versionId":"1"},"status":"active","intent":"order","medicationCodeableConcept":{"text":"Atorvastatin 40 mg tablet"},"subject":{"reference":"Patient/rosa"},
		"dosageInstruction":[{"text":"1 tablet at night","timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}},"doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	o := Again(d.Root())
	if o.Sig.How() != "1 tablet at night" || o.Sig.PerDay() != 1 || o.Sig.Unit != "tablet" {
		t.Errorf("read: %+v", o.Sig)
	}
	back := Read(resource(t, o))
	if back.Sig.How() != "1 tablet at night" {
		t.Errorf("renewed: %q", back.Sig.How())
	}
}
