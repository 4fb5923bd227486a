package entry

import (
	"errors"
	"strings"
	"testing"

	"wholechart/fhir"
	"wholechart/record"
)

const afib = `{"resourceType":"Condition","id":"7.af","meta":{"versionId":"3"},"identifier":[{"value":"x"}],"extension":[{"url":"http://x/u","valueString":"gone"}],
 "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},
 "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"I48.91"}],"text":"Atrial fibrillation"},"onsetRange":{"low":{"value":60},"high":{"value":65}},
 "encounter":{"reference":"Encounter/7.e"},"asserter":{"reference":"Practitioner/7.feld"},"subject":{"reference":"Patient/7.p"},
 "note":[{"authorReference":{"reference":"Practitioner/7.feld","display":"Aaron Feld, MD"},"text":"CHA2DS2-VASc 4"}]}`

func out(t *testing.T, text string) Outside {
	n := doc(t, text)
	return Outside{Node: n, Site: "lakeside", SiteName: "Lakeside Cardiology", Type: n.ResourceType(), ID: "af", Version: "3", Words: "Warfarin 5 mg", Codings: []fhir.Coding{{System: "http://www.nlm.nih.gov/research/umls/rxnorm", Code: "11289", Display: "warfarin"}}}
}

func TestKeepBringsIn(t *testing.T) {
	acts, err := Reconcile(at, nil, out(t, afib), Keep, "")
	if err != nil || len(acts) != 2 || acts[0].Op != record.Create || acts[0].Type != "Condition" || acts[1].Type != "Provenance" {
		t.Fatalf("%v %v", acts, err)
	}
	n := valid(t, "kept", acts[0].Resource.Raw())
	text := string(n.Raw())
	for _, want := range []string{`"I48.91"`, `"onsetRange"`, `"authorString":"Aaron Feld, MD"`, "CHA2DS2-VASc 4", `"Patient/rosa-delgado"`, `"recorder":{"reference":"Practitioner/okonkwo"`} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %s: %s", want, text)
		}
	}
	for _, not := range []string{"7.feld", "7.e", "7.p", "gone", `"identifier"`, `"id"`} {
		if strings.Contains(text, not) {
			t.Errorf("holds %s: %s", not, text)
		}
	}
	p := valid(t, "provenance", acts[1].Resource.Raw())
	site, typ, id, version, d, ok := Decided(p)
	if !ok || site != "lakeside" || typ != "Condition" || id != "af" || version != "3" || d != Keep {
		t.Errorf("%s %s %s %s %s %v: %s", site, typ, id, version, d, ok, p.Raw())
	}
	if p.Get("target").Index(0).Get("reference").Str() != acts[0].FullURL || !strings.Contains(string(p.Raw()), "Practitioner/okonkwo") {
		t.Errorf("%s", p.Raw())
	}
	if _, _, _, _, _, ok := Decided(doc(t, string(Why(at, "UPDATE", "r", "Condition/1")))); ok {
		t.Error("another Provenance is taken for a decision")
	}
}

func TestRejectWritesNoFact(t *testing.T) {
	acts, err := Reconcile(at, nil, out(t, afib), Reject, "another person's")
	if err != nil || len(acts) != 1 || acts[0].Type != "Provenance" {
		t.Fatalf("%v %v", acts, err)
	}
	p := valid(t, "rejected", acts[0].Resource.Raw())
	if !p.Get("target").Index(0).Get("reference").Is("Patient/rosa-delgado") || p.Path("reason", "text").Str() != "another person's" {
		t.Errorf("%s", p.Raw())
	}
}

func TestUpdateAndMerge(t *testing.T) {
	own := &Own{ID: "o1", Version: 4, Node: doc(t, `{"resourceType":"Condition","id":"o1","meta":{"versionId":"4"},"extension":[{"url":"http://x/mine","valueString":"stays"}],
 "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"resolved"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"49436004"}],"text":"AFib"},
 "abatementDateTime":"2020","subject":{"reference":"Patient/rosa-delgado"},"note":[{"text":"ours"}]}`)}
	acts, err := Reconcile(at, own, out(t, afib), Merge, "")
	if err != nil || acts[0].Op != record.Update || acts[0].IfMatch != 4 || acts[0].ID != "o1" {
		t.Fatalf("%v %v", acts, err)
	}
	merged := string(valid(t, "merged", acts[0].Resource.Raw()).Raw())
	for _, want := range []string{`"resolved"`, `"49436004"`, `"I48.91"`, `"AFib"`, `"onsetRange"`, `"2020"`, `"ours"`, "CHA2DS2-VASc 4", `"stays"`} {
		if !strings.Contains(merged, want) {
			t.Errorf("merged lacks %s: %s", want, merged)
		}
	}
	acts, err = Reconcile(at, own, out(t, afib), Update, "")
	if err != nil {
		t.Fatal(err)
	}
	updated := string(acts[0].Resource.Raw())
	for _, want := range []string{`"active"`, `"I48.91"`, `"Atrial fibrillation"`, `"ours"`, `"stays"`} {
		if !strings.Contains(updated, want) {
			t.Errorf("updated lacks %s: %s", want, updated)
		}
	}
	if strings.Contains(updated, "49436004") || strings.Contains(updated, `"resolved"`) {
		t.Errorf("updated still says ours: %s", updated)
	}
	if acts, err := Reconcile(at, own, out(t, afib), Keep, ""); err != nil || len(acts) != 1 || !acts[0].Resource.Get("target").Index(0).Get("reference").Is("Condition/o1") {
		t.Errorf("kept ours: %v %v", acts, err)
	}
}

func TestMedicineBecomesAStatement(t *testing.T) {
	o := out(t, `{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationReference":{"reference":"Medication/7.m"},"subject":{"reference":"Patient/7.p"},"authoredOn":"2021-10-03",
 "requester":{"reference":"Practitioner/7.feld"},"dosageInstruction":[{"text":"1 tablet every evening"}],"reasonCode":[{"text":"Atrial fibrillation"}]}`)
	acts, err := Reconcile(at, nil, o, Keep, "")
	if err != nil {
		t.Fatal(err)
	}
	n := valid(t, "statement", acts[0].Resource.Raw())
	for _, want := range []string{`"MedicationStatement"`, `"Warfarin 5 mg"`, `"11289"`, `"1 tablet every evening"`, `"2021-10-03"`, `"status":"active"`} {
		if !strings.Contains(string(n.Raw()), want) {
			t.Errorf("lacks %s: %s", want, n.Raw())
		}
	}
	order := &Own{ID: "mr", Version: 1, Node: doc(t, `{"resourceType":"MedicationRequest","status":"active"}`)}
	if acts, err = Reconcile(at, order, o, Update, ""); err != nil || acts[0].Op != record.Create || acts[0].Type != "MedicationStatement" {
		t.Errorf("an order was rewritten: %v %v", acts, err)
	}
	if _, err = Reconcile(at, order, o, Merge, ""); !errors.Is(err, ErrNoOwn) {
		t.Errorf("an order was merged: %v", err)
	}
}

func TestReconcileRefuses(t *testing.T) {
	mod := strings.Replace(afib, `"extension"`, `"modifierExtension":[{"url":"not"}],"extension"`, 1)
	if _, err := Reconcile(at, nil, out(t, mod), Keep, ""); !errors.Is(err, ErrModified) {
		t.Errorf("a modifier: %v", err)
	}
	if _, err := Reconcile(at, nil, out(t, afib), Update, ""); !errors.Is(err, ErrNoOwn) {
		t.Errorf("update of nothing: %v", err)
	}
	if _, err := Reconcile(at, nil, out(t, `{"resourceType":"Observation"}`), Keep, ""); !errors.Is(err, ErrKind) {
		t.Errorf("an Observation: %v", err)
	}
	if _, err := Reconcile(at, nil, out(t, afib), "burn", ""); err == nil {
		t.Error("an unknown decision")
	}
}

func TestStatements(t *testing.T) {
	for _, k := range Kinds() {
		for _, o := range Denials(k.Slug) {
			body, ok := NoneKnown(at, k.Slug, o.Value)
			if !ok {
				t.Errorf("%s %s", k.Slug, o.Value)
				continue
			}
			n := valid(t, o.Value, body)
			if Denies(n) != o.Value {
				t.Errorf("%s denies %q: %s", o.Value, Denies(n), body)
			}
			if r := valid(t, "refuted", Refuted(at, n)); Denies(r) != "" {
				t.Errorf("refuted and still denied: %s", r.Raw())
			}
		}
		if body, ok := NotAsked(at, k.Slug); ok && SaysNotAsked(valid(t, "list", body)) != k.Slug {
			t.Errorf("not asked: %s", body)
		}
		if form, ok := full[k.Slug]; ok {
			body, _ := k.Build(at, form)
			acts, err := Withdraw(at, "x", 1, doc(t, string(body)), "mistaken")
			if err != nil || len(acts) != 2 {
				t.Errorf("%s: %v", k.Slug, err)
				continue
			}
			if n := valid(t, k.Slug, acts[0].Resource.Raw()); !IsWithdrawn(n) {
				t.Errorf("%s is not withdrawn: %s", k.Slug, n.Raw())
			}
			valid(t, "why", acts[1].Resource.Raw())
			if over, ok := k.Resolved(form, at); ok {
				if k.Slug == "problem" {
					over = form
				}
				if b, errs := k.Build(at, over); len(errs) > 0 {
					t.Errorf("%s over: %v", k.Slug, errs)
				} else {
					valid(t, "over", b)
				}
			}
		}
	}
	if _, err := Withdraw(at, "x", 1, doc(t, `{"resourceType":"Condition"}`), "  "); !errors.Is(err, ErrReason) {
		t.Errorf("withdrawn without a reason: %v", err)
	}
	if _, err := Withdrawn(doc(t, `{"resourceType":"Patient"}`)); err == nil {
		t.Error("a Patient was withdrawn")
	}
	if _, ok := NoneKnown(at, "allergy", "1"); ok {
		t.Error("an unknown statement")
	}
	drug := doc(t, string(first(NoneKnown(at, "allergy", "409137002"))))
	food := doc(t, `{"resourceType":"AllergyIntolerance","category":["food"],"code":{"text":"egg"}}`)
	if Contradicts(food, drug) || !Contradicts(food, doc(t, string(first(NoneKnown(at, "allergy", "716186003"))))) {
		t.Error("what an egg allergy makes untrue")
	}
}

func first(b []byte, _ bool) []byte { return b }
