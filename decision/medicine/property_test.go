package medicine

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// some are medicines to draw from: all that a rule knows, in several forms, and
// what none knows.
var some = func() []string {
	set := map[string]bool{"Senna 8.6 mg tablet": true, "little white pill": true, "Warfarin / wonderdrug": true}
	for _, x := range builtin() {
		for _, s := range []Side{x.A, x.B} {
			for m := range s.Members {
				set[m+" 10 mg oral tablet"] = true
				if len(m)%5 == 0 {
					set[m+" 1 % topical cream"] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}()

// draw makes a record, drafts and allergies.
func draw(t *rapid.T) rule.Input {
	c := with()
	sites := []*chart.Source{maple, lakeside}
	for i := range rapid.IntRange(0, 9).Draw(t, "medicines") {
		m := takes(rapid.SampledFrom(some).Draw(t, "medicine"), rapid.SampledFrom(sites).Draw(t, "site"))
		m.ID = fmt.Sprint(m.ID, i)
		if days := rapid.IntRange(-3, 40).Draw(t, "stopped"); days >= 0 && i%3 == 0 {
			m.State, m.Ended = "stopped", date(days)
			c.Medicines.Stopped = append(c.Medicines.Stopped, m)
			continue
		}
		c.Medicines.Active = append(c.Medicines.Active, m)
	}
	for range rapid.IntRange(0, 3).Draw(t, "allergies") {
		c.Allergies.Items = append(c.Allergies.Items, allergy(rapid.SampledFrom([]string{"Penicillin", "Sulfa", "Aspirin", "Codeine", "the red syrup", "Latex"}).Draw(t, "allergy")))
	}
	in := rule.Input{Chart: c, Now: now}
	for i := range rapid.IntRange(0, 3).Draw(t, "drafts") {
		in.Drafts = append(in.Drafts, rule.Draft{ID: fmt.Sprint("d", i), Kind: rule.DraftMedicine, Name: rapid.SampledFrom(some).Draw(t, "draft")})
	}
	return in
}

// said is a card in words, for comparison.
func said(a rule.Answer) []string {
	var out []string
	for _, c := range a.Cards {
		var facts []string
		for _, f := range c.Facts {
			facts = append(facts, f.Text)
		}
		out = append(out, strings.Join([]string{c.Key, c.Draft, c.Level.String(), c.Title, strings.Join(facts, " & ")}, " | "))
	}
	for _, g := range a.Gaps {
		out = append(out, g.Check+": "+g.Why)
	}
	return out
}

func TestOrderNeverMatters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := draw(t)
		first := said(Check(in))
		seed := rapid.Uint64().Draw(t, "seed")
		r := rand.New(rand.NewPCG(seed, 1))
		c := *in.Chart
		c.Medicines.Active, c.Medicines.Stopped, c.Allergies.Items = slices.Clone(c.Medicines.Active), slices.Clone(c.Medicines.Stopped), slices.Clone(c.Allergies.Items)
		shuffle(r, c.Medicines.Active)
		shuffle(r, c.Medicines.Stopped)
		shuffle(r, c.Allergies.Items)
		in.Chart = &c
		if second := said(Check(in)); !slices.Equal(first, second) {
			t.Fatalf("in another order:\n%s\nwas\n%s", strings.Join(second, "\n"), strings.Join(first, "\n"))
		}
	})
}

func shuffle[T any](r *rand.Rand, s []T) {
	r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}

func TestMoreNeverRemoves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := draw(t)
		before := Check(in)
		wellFormed(t, before)
		c := *in.Chart
		c.Medicines.Active = append(slices.Clone(c.Medicines.Active), takes("Loratadine 10 mg oral tablet", lakeside))
		c.Allergies.Items = append(slices.Clone(c.Allergies.Items), allergy("Latex"))
		in.Chart = &c
		after := said(Check(in))
		for _, s := range said(rule.Answer{Cards: before.Cards}) {
			if !slices.Contains(after, s) {
				t.Fatalf("lost: %s", s)
			}
		}
		// Another medicine that does matter adds, and takes away no card of another pair.
		in.Chart.Medicines.Active = append(in.Chart.Medicines.Active, takes(rapid.SampledFrom(some).Draw(t, "more"), lakeside))
		have := map[string]bool{}
		for _, c := range Check(in).Cards {
			have[c.Rule.ID+c.Draft] = true
		}
		for _, c := range before.Cards {
			if !have[c.Rule.ID+c.Draft] {
				t.Fatalf("lost with a further medicine: %s", c.Title)
			}
		}
	})
}

func (c *coverage) add(name string, ok bool) {
	if !ok {
		c.unread = append(c.unread, name)
	}
	c.all++
}

type coverage struct {
	all    int
	unread []string
}

// TestSyntheaNames drafts every medicine of the Synthea records of the archive.
func TestSyntheaNames(t *testing.T) {
	text, err := os.ReadFile("../substance/testdata/synthea.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var c coverage
	for l := range strings.Lines(string(text)) {
		name, code, _ := strings.Cut(strings.TrimSpace(l), "\t")
		a := Check(rule.Input{Chart: with(takes("Senna", maple)), Now: now, Drafts: []rule.Draft{{ID: "1", Kind: rule.DraftMedicine, Name: name, Codes: []fhir.Coding{{System: "http://www.nlm.nih.gov/research/umls/rxnorm", Code: code}}}}})
		c.add(name, !slices.ContainsFunc(a.Gaps, func(g rule.Gap) bool { return strings.Contains(g.Why, "recognised") }))
	}
	if len(c.unread) > 0 {
		t.Errorf("%d of %d: %v", len(c.unread), c.all, c.unread)
	}
	t.Logf("%d of %d names recognised", c.all-len(c.unread), c.all)
}

// large is a record of 500 facts about medicines, 60 of them taken.
func large() *chart.Chart {
	c := with()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 500 {
		m := takes(some[r.IntN(len(some))], []*chart.Source{maple, lakeside}[i%2])
		m.ID = fmt.Sprint(i)
		if i >= 60 {
			m.State, m.Ended = "stopped", date(i)
			c.Medicines.Stopped = append(c.Medicines.Stopped, m)
			continue
		}
		c.Medicines.Active = append(c.Medicines.Active, m)
	}
	for _, a := range []string{"Penicillin", "Sulfa", "Aspirin", "Codeine", "Latex"} {
		c.Allergies.Items = append(c.Allergies.Items, allergy(a))
	}
	return c
}

func BenchmarkCheckOrder(b *testing.B) {
	in := rule.Input{Chart: large(), Drafts: drafts("Bactrim DS", "Citalopram 20 mg tablet"), Now: now}
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

func BenchmarkCheckTaken(b *testing.B) {
	in := rule.Input{Chart: large(), Now: now}
	Check(in)
	for b.Loop() {
		Check(in)
	}
}
