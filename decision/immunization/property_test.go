package immunization

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wholechart/chart"
	"wholechart/decision/cdsi"
	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
)

// said is everything that an answer says, without what merely places it.
func said(r *Result, a rule.Answer) string {
	var b strings.Builder
	b.WriteString(show(r, a))
	for _, g := range r.Groups {
		fmt.Fprintln(&b, g.Name, g.Type, g.Vaccines, g.Guidance, g.Ask, g.Born)
		for _, o := range g.Because {
			fmt.Fprintln(&b, o.Code, texts(o.Facts))
		}
		for _, o := range g.Against {
			fmt.Fprintln(&b, o.Code, o.Text, texts(o.Facts))
		}
	}
	for _, k := range r.Conflicts {
		fmt.Fprintln(&b, k.Here, k.There, k.By.Ref(), k.Other.Ref())
	}
	return b.String()
}

func texts(list []rule.Evidence) (out []string) {
	for _, f := range list {
		out = append(out, f.Text+" "+f.Prov.Ref()+" "+f.Prov.Source.Slug)
	}
	return out
}

// TestOrderNeverMatters tells every case in other orders.
func TestOrderNeverMatters(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	for _, k := range readCases(t) {
		r := Evaluate(k.in.Chart, k.in.Now)
		want := said(&r, Check(k.in))
		for range 4 {
			facts := append([]chart.Fact(nil), k.Facts...)
			rnd.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
			in := cases.Input(facts, nil, k.in.Drafts)
			in.Chart.Completeness = k.in.Chart.Completeness
			r := Evaluate(in.Chart, in.Now)
			if got := said(&r, Check(in)); got != want {
				t.Fatalf("%s: another order says\n%s\nnot\n%s", k.Where, got, want)
			}
		}
	}
}

// TestUnrelatedFactsChangeNothing adds what no vaccine depends on.
func TestUnrelatedFactsChangeNothing(t *testing.T) {
	more := cases.Parse(t, "more", `x | x | problem "Tension headache" icd G44.2; did "Tooth extraction"; result 2345-7 96 mg/dL; takes "Cetirizine 10 mg"; allergy "Pollen" "Sneezing" mild; image CR "Chest X-ray" at Cedar | |`).Facts
	for _, k := range readCases(t) {
		r := Evaluate(k.in.Chart, k.in.Now)
		want := said(&r, Check(k.in))
		facts := append([]chart.Fact(nil), k.Facts...)
		for i, f := range more {
			if f.Node.ResourceType() != "Patient" {
				more[i].ID = fmt.Sprint("more-", i)
				facts = append(facts, more[i])
			}
		}
		in := cases.Input(facts, nil, k.in.Drafts)
		in.Chart.Completeness = k.in.Chart.Completeness
		r = Evaluate(in.Chart, in.Now)
		if got := said(&r, Check(in)); got != want {
			t.Errorf("%s: an unrelated fact changes\n%s\nto\n%s", k.Where, want, got)
		}
	}
}

// TestTellingTwiceChangesNothing tells every dose from a second site too.
func TestTellingTwiceChangesNothing(t *testing.T) {
	for _, k := range readCases(t) {
		both := strings.Contains(k.Who, "twice on one day") || strings.Contains(k.Who, "day apart") || strings.Contains(k.Who, "days apart") || strings.Contains(k.Who, "different products")
		if both || len(k.in.Drafts) > 0 {
			continue
		}
		r := Evaluate(k.in.Chart, k.in.Now)
		facts := append([]chart.Fact(nil), k.Facts...)
		for i, f := range k.Facts {
			if f.Node.ResourceType() == "Immunization" && f.Source.Own {
				f.ID, f.Source = fmt.Sprint("copy-", i), chart.Source{Slug: "oak", Name: "Oak"}
				facts = append(facts, f)
			}
		}
		in := cases.Input(facts, nil, nil)
		in.Chart.Completeness = k.in.Chart.Completeness
		again := Evaluate(in.Chart, in.Now)
		if len(r.Doses) != len(again.Doses) {
			t.Errorf("%s: %d doses, told twice %d", k.Where, len(r.Doses), len(again.Doses))
		}
		for i := range r.Groups {
			if x, y := r.Groups[i], again.Groups[i]; x.Need != y.Need || !reflect.DeepEqual(x.Dates, y.Dates) {
				t.Errorf("%s: %s told twice is %s, not %s", k.Where, x.Name, y.Need, x.Need)
			}
		}
	}
}

// The tables name observations that the CDC's data has, each used by something.
func TestTables(t *testing.T) {
	tab := load()
	var codes []string
	for _, k := range tab.concepts {
		codes = append(codes, k.observation)
		if len(k.icd)+len(k.words) == 0 || strings.Trim(k.where, "prdioh") != "" {
			t.Errorf("%s: a line that finds nothing", k.observation)
		}
	}
	for _, k := range tab.medicines {
		codes = append(codes, k.observation)
	}
	for _, k := range tab.allergies {
		codes = append(codes, k.observation)
	}
	for _, k := range tab.vaccines {
		codes = append(codes, k.observation)
		for _, c := range k.cvx {
			if cdsi.VaccineName(c) == "" {
				t.Errorf("%s: no vaccine %s", k.observation, c)
			}
		}
	}
	for cvx, g := range globulins {
		codes = append(codes, g.observation)
		if len(cdsi.GroupsOf(cvx)) > 0 {
			t.Errorf("%s is a vaccine", cvx)
		}
	}
	for _, k := range titres {
		codes = append(codes, k.observation)
	}
	for _, c := range append(codes, notByCode...) {
		if cdsi.ObservationTitle(c) == "" {
			t.Errorf("there is no observation %s", c)
		}
	}
	for _, name := range cdsi.Groups() {
		if Title(name) == "" {
			t.Errorf("%s has no title", name)
		}
	}
	for code, groups := range observed() {
		if len(groups) == 0 {
			t.Errorf("%s stands against nothing", code)
		}
	}
}

func TestNothingToSay(t *testing.T) {
	if r := Evaluate(nil, cases.Now); r.Known || r.Why == "" {
		t.Error("an answer without a chart")
	}
	dead := cases.Input([]chart.Fact{{Node: node(t, `{"resourceType":"Patient","id":"p","birthDate":"1950-01-01","deceasedBoolean":true}`), Source: chart.Source{Slug: "maple", Own: true}}}, nil, nil)
	if r := Evaluate(dead.Chart, cases.Now); r.Known || len(r.Wanted(time.Hour)) > 0 {
		t.Error("something is due for the dead")
	}
}

// A day is one of the site's calendar: late in the evening in Ohio it is tomorrow
// by UTC already, and MMR not yet due.
func TestTheSitesOwnDay(t *testing.T) {
	zone := time.FixedZone("EST", -5*3600)
	late := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	c := chart.Assemble("p", []chart.Fact{{Node: node(t, `{"resourceType":"Patient","id":"p","gender":"male","birthDate":"2025-11-23"}`), Source: chart.Source{Slug: "maple", Own: true}}}, late, zone)
	if r := Evaluate(c, late); r.Find("MMR", cdsi.Standard).Need != Later {
		t.Errorf("on the eve of the first birthday MMR is %s", r.Find("MMR", cdsi.Standard).Need)
	}
	if r := Evaluate(c, late.Add(3*time.Hour)); r.Find("MMR", cdsi.Standard).Need != Due {
		t.Errorf("on the first birthday MMR is %s", r.Find("MMR", cdsi.Standard).Need)
	}
}

func FuzzEvaluate(f *testing.F) {
	for _, s := range []string{"dose 03 @12mo", `problem "HIV infection" icd B20`, `allergy "Neomycin" "Anaphylaxis" severe`, `medicine "Prednisone 20 mg" "2 tablets daily" today`, "Z94.0", "uncoded \"x\" today"} {
		f.Add(s, "2 tablets daily of 20 mg")
	}
	f.Fuzz(func(t *testing.T, words, sig string) {
		if !utf8.ValidString(words+sig) || !utf8.ValidString(words) {
			return
		}
		q := strings.NewReplacer(`"`, "", `\`, "").Replace
		for _, r := range words + sig {
			if r < ' ' || r == '\ufffd' {
				return
			}
		}
		facts := []chart.Fact{}
		for i, body := range []string{`{"resourceType":"Patient","id":"p","gender":"female","birthDate":"1990-01-01"}`,
			`{"resourceType":"Condition","id":"c","code":{"text":"` + q(words) + `"}}`,
			`{"resourceType":"AllergyIntolerance","id":"a","code":{"text":"` + q(words) + `"},"reaction":[{"manifestation":[{"text":"` + q(sig) + `"}]}]}`,
			`{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order","medicationCodeableConcept":{"text":"` + q(words) + `"},"dosageInstruction":[{"text":"` + q(sig) + `"}]}`,
			`{"resourceType":"Immunization","id":"i","status":"completed","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"` + q(words) + `"}],"text":"` + q(sig) + `"},"occurrenceDateTime":"2020-01-01"}`} {
			facts = append(facts, chart.Fact{Node: node(t, body), ID: fmt.Sprint("f", i), Source: chart.Source{Slug: "maple", Own: true}})
		}
		in := cases.Input(facts, nil, nil)
		Evaluate(in.Chart, in.Now)
	})
}

// BenchmarkLongRecord is a chart of 5,000 facts: 2,500 procedures under 250 names,
// 2,000 results of 200 tests, 500 problems.
func BenchmarkLongRecord(b *testing.B) {
	facts := readCases(b)[0].Facts
	for i := range 5000 {
		body := fmt.Sprintf(`{"resourceType":"Procedure","id":"x%d","status":"completed","code":{"text":"Transfer of the patient to unit %d (procedure)"},"performedDateTime":"2025-01-01"}`, i, i%250)
		switch {
		case i%10 == 0:
			body = fmt.Sprintf(`{"resourceType":"Condition","id":"x%d","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"M%02d.1"}],"text":"Chronic pain number %d (finding)"}}`, i, i%80, i)
		case i%5 < 2:
			body = fmt.Sprintf(`{"resourceType":"Observation","id":"x%d","status":"final","code":{"text":"Hepatic test %d of blood"},"valueQuantity":{"value":%d,"unit":"mg/dL"},"effectiveDateTime":"2025-01-01"}`, i, i%200, i)
		}
		facts = append(facts, chart.Fact{Node: node(b, body), Version: "1", Source: chart.Source{Slug: "maple", Own: true}})
	}
	in := cases.Input(facts, nil, nil)
	b.ResetTimer()
	for b.Loop() {
		Evaluate(in.Chart, in.Now)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	if os.Getenv("SHORT") != "" {
		b.Skip()
	}
	all := readCases(b)
	b.ResetTimer()
	for i := range b.N {
		k := all[i%len(all)]
		Evaluate(k.in.Chart, k.in.Now)
	}
}
