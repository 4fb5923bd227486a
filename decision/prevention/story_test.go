package prevention

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/decision/internal/cases"
	"wholechart/fhir"
)

var testNow = cases.Now

// story is a case as it is written (cases.TellDue), so that a fact can be added.
type story struct{ where, rule, who, facts, want string }

func readStories(t testing.TB) []story {
	t.Helper()
	lines, err := cases.Lines("testdata/cases/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []story
	for _, l := range lines {
		p := strings.Split(l.Text, "|")
		for i := range p {
			p[i] = strings.TrimSpace(p[i])
		}
		out = append(out, story{l.Where, p[0], p[1], p[2], p[3]})
	}
	return out
}

func (s story) tell(t testing.TB) cases.Case {
	t.Helper()
	c, err := cases.TellDue(s.where, s.rule+"|"+s.who+"|"+s.facts+"|nothing", Coded)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s story) chart(t testing.TB) *chart.Chart {
	t.Helper()
	return s.tell(t).Input().Chart
}

// fact is one resource of a site.
func fact(t testing.TB, site, body string) chart.Fact {
	t.Helper()
	d, err := fhir.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return chart.Fact{Node: d.Root(), Version: "1", Updated: testNow.Add(-time.Hour), Source: cases.Site(site)}
}

// The order of facts never matters.
func TestOrderNeverMatters(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, s := range readStories(t) {
		c := s.tell(t)
		facts := c.Facts
		want := show(Evaluate(c.Input().Chart, testNow))
		for range 2 {
			random.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
			if got := show(Evaluate(cases.Input(facts, c.Away, nil).Chart, testNow)); got != want {
				t.Errorf("%s: in another order:\n%s\n%s", s.where, got, want)
			}
		}
	}
}

func show(r Result) string {
	var out strings.Builder
	for _, i := range r.Items {
		fmt.Fprintf(&out, "%s %s %s %s %s %s\n", i.Rule.ID, i.Status, i.Why, i.Label, i.Due.Format(time.DateOnly), i.Next.Format(time.DateOnly))
	}
	for _, g := range r.Gaps {
		fmt.Fprintln(&out, g)
	}
	return out.String()
}
