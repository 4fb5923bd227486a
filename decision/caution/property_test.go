package caution

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
)

// said is an answer in words, for comparison.
func shown(a rule.Answer) []string { return strings.Split(cases.Show(a), "\n") }

// TestOrderNeverMatters tells the facts of several cases in another order.
func TestOrderNeverMatters(t *testing.T) {
	all := cases.Read(t, "testdata/cases/*.txt")
	rapid.Check(t, func(rt *rapid.T) {
		c := rapid.SampledFrom(all).Draw(rt, "case")
		o := rapid.SampledFrom(all).Draw(rt, "other")
		facts := slices.Clone(c.Facts)
		for _, f := range o.Facts[:len(o.Facts)-1] { // without that other person's own resource
			f.ID = "other-" + f.Node.ID()
			facts = append(facts, f)
		}
		first := shown(Check(cases.Input(facts, c.Away, c.Drafts)))
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		r.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		if second := shown(Check(cases.Input(facts, c.Away, c.Drafts))); !slices.Equal(first, second) {
			rt.Fatalf("%s with %s: in another order:\n%s\nwas\n%s", c.Where, o.Where, strings.Join(second, "\n"), strings.Join(first, "\n"))
		}
	})
}

// TestMoreNeverRemoves adds facts that have nothing to do with a card.
func TestMoreNeverRemoves(t *testing.T) {
	all := cases.Read(t, "testdata/cases/*.txt")
	more := cases.Parse(t, "more", `x | x | female 40 y; problem "Seasonal hay fever" icd J30.2; problem "Myopia"; did "Wisdom tooth extraction" 2001-04-01 at Lakeside; result 2093-3 180 mg/dL 3 d ago; takes "Loratadine 10 mg tablet" at Lakeside; allergy "Latex"; device "Hearing aid" | | nothing`)
	rapid.Check(t, func(rt *rapid.T) {
		c := rapid.SampledFrom(all).Draw(rt, "case")
		before := Check(c.Input())
		facts := slices.Clone(c.Facts)
		for _, f := range more.Facts[:len(more.Facts)-1] {
			if rapid.Bool().Draw(rt, "take") {
				f.ID = "more-" + fmt.Sprint(len(facts))
				facts = append(facts, f)
			}
		}
		after := Check(cases.Input(facts, c.Away, c.Drafts))
		for _, card := range before.Cards {
			if !slices.ContainsFunc(after.Cards, func(x rule.Card) bool { return x.Key == card.Key && x.Draft == card.Draft && x.Level == card.Level }) {
				rt.Fatalf("%s: lost %s", c.Where, cases.Say(card))
			}
		}
	})
}

// TestUnitsNeverMatter tells each result in another unit.
func TestUnitsNeverMatter(t *testing.T) {
	other := []struct {
		test, a, b string
		factor     float64 // of b in one a
		drugs      []string
		low, high  float64
	}{
		{"2160-0", "mg/dL", "umol/L", 88.4, []string{"Metformin 500 mg tablet", "Nitrofurantoin 100 mg capsule", "Dabigatran 150 mg capsule", "Lithium 300 mg tablet", "Ibuprofen 400 mg tablet"}, 0.5, 9},
		{"2823-3", "mmol/L", "meq/L", 1, []string{"Spironolactone 25 mg tablet", "Lisinopril 10 mg tablet", "Digoxin 0.125 mg tablet", "Furosemide 40 mg tablet"}, 2.5, 7},
		{"2601-3", "mmol/L", "mg/dL", 2.4305, []string{"Digoxin 0.125 mg tablet", "Sotalol 80 mg tablet"}, 0.3, 1.2},
		{"2000-8", "mmol/L", "mg/dL", 4.008, []string{"Alendronate 70 mg tablet", "Hydrochlorothiazide 25 mg tablet"}, 1.8, 3},
		{"718-7", "g/dL", "g/L", 10, []string{"Apixaban 5 mg tablet"}, 4, 16},
		{"718-7", "g/dL", "mmol/L", 1 / 1.6114, []string{"Apixaban 5 mg tablet"}, 4, 16},
		{"29463-7", "kg", "g", 1000, []string{"Acetaminophen 160 mg tablet", "Ibuprofen 100 mg tablet"}, 6, 30},
		{"29463-7", "kg", "[lb_av]", 1 / 0.45359237, []string{"Acetaminophen 160 mg tablet"}, 6, 30},
		{"777-3", "10*9/L", "10*3/uL", 1, []string{"Enoxaparin 40 mg injection", "Aspirin 325 mg tablet"}, 10, 200},
	}
	rapid.Check(t, func(rt *rapid.T) {
		o := other[rapid.IntRange(0, len(other)-1).Draw(rt, "test")]
		value := rapid.Float64Range(o.low, o.high).Draw(rt, "value")
		value = float64(int(value*100)) / 100
		drug := rapid.SampledFrom(o.drugs).Draw(rt, "drug")
		who := "male 70 y"
		if strings.HasPrefix(drug, "Acetaminophen") || strings.HasPrefix(drug, "Ibuprofen 100") {
			who = "male 7 y"
		}
		say := func(n float64, unit string) []string {
			c := cases.Parse(t, "units", fmt.Sprintf(`x | x | %s; result %s %.9g %s 20 d ago | medicine "%s" sig "take 2 tablets by mouth three times a day" | nothing`, who, o.test, n, unit, drug))
			var out []string
			for _, card := range Check(c.Input()).Cards {
				out = append(out, card.Rule.ID+" "+card.Level.String())
			}
			return out
		}
		if a, b := say(value, o.a), say(value*o.factor, o.b); !slices.Equal(a, b) {
			rt.Fatalf("%s %g %s: %v; %g %s: %v", o.test, value, o.a, a, value*o.factor, o.b, b)
		}
	})
}

// large is a record of 500 facts.
func large(t testing.TB) rule.Input {
	var facts strings.Builder
	facts.WriteString("female 71 y")
	problems := []string{"Heart failure", "Hypertension", "Chronic kidney disease stage 3", "Asthma", "Myopia", "Knee osteoarthritis", "Seasonal hay fever", "Migraine without aura", "Gout", "Falls"}
	medicines := []string{"Lisinopril 10 mg tablet", "Ibuprofen 400 mg tablet", "Warfarin 5 mg tablet", "Omeprazole 20 mg capsule", "Metformin 500 mg tablet", "Loratadine 10 mg tablet", "Digoxin 0.25 mg tablet", "Amitriptyline 25 mg tablet"}
	tests := []string{"2160-0 1.4 mg/dL", "2823-3 4.4 mmol/L", "2951-2 138 mmol/L", "6301-6 2.4 {INR}", "4548-4 7.2 %", "777-3 210 10*9/L", "29463-7 70 kg", "2093-3 190 mg/dL"}
	for i := range 100 {
		fmt.Fprintf(&facts, `; problem "%s, note %d" %d d ago`, problems[i%len(problems)], i, i+5)
	}
	for i := range 60 {
		fmt.Fprintf(&facts, `; takes "%s" sig "take 1 tablet by mouth twice a day" %d d ago`, medicines[i%len(medicines)], i+5)
	}
	for i := range 340 {
		fmt.Fprintf(&facts, `; result %s %d d ago`, tests[i%len(tests)], i+1)
	}
	return cases.Parse(t, "large", "x | x | "+facts.String()+` | medicine "Naproxen 500 mg tablet" sig "take 1 tablet by mouth twice a day"; medicine "Spironolactone 25 mg tablet" | nothing`).Input()
}

func BenchmarkOrder(b *testing.B)  { benchmark(b, large(b)) }
func BenchmarkRecord(b *testing.B) { in := large(b); in.Drafts = nil; benchmark(b, in) }

func benchmark(b *testing.B, in rule.Input) {
	Check(in)
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		Check(in)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
