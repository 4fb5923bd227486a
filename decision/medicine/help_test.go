package medicine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
	"wholechart/fhir"
)

var now = time.Date(2026, 11, 22, 10, 40, 0, 0, time.UTC)

var (
	maple    = &chart.Source{Slug: "maple", Name: "Maple Street", Own: true}
	lakeside = &chart.Source{Slug: "lakeside", Name: "Lakeside Cardiology"}
)

// date is a day before now as a chart has it.
func date(daysAgo int) chart.When {
	at := time.Date(2026, 11, 22-daysAgo, 0, 0, 0, 0, time.UTC)
	return chart.When{ISO: at.Format("2006-01-02"), At: at, Precision: fhir.Day}
}

// takes is a medicine of the record.
func takes(name string, s *chart.Source) chart.Medicine {
	id := strings.ReplaceAll(strings.ToLower(name), " ", "-")
	return chart.Medicine{Name: name, Full: name, State: "active", Since: date(100), Prov: chart.Prov{Source: s, Type: "MedicationRequest", ID: id}, Outside: s != maple}
}

// took is a medicine stopped so many days ago.
func took(name string, days int) chart.Medicine {
	m := takes(name, lakeside)
	m.State, m.Ended = "stopped", date(days)
	return m
}

func with(active ...chart.Medicine) *chart.Chart {
	c := &chart.Chart{Now: now, Zone: time.UTC, Allergies: chart.Allergies{State: chart.NoneKnown}}
	for _, m := range active {
		if m.State == "stopped" {
			c.Medicines.Stopped = append(c.Medicines.Stopped, m)
		} else {
			c.Medicines.Active = append(c.Medicines.Active, m)
		}
	}
	return c
}

func drafts(names ...string) []rule.Draft {
	var out []rule.Draft
	for i, n := range names {
		out = append(out, rule.Draft{ID: fmt.Sprint("d", i), Kind: rule.DraftMedicine, Name: n})
	}
	return out
}

func ask(c *chart.Chart, names ...string) rule.Answer {
	return Check(rule.Input{Chart: c, Drafts: drafts(names...), Now: now})
}

// ids are the rules of an answer's cards.
func ids(a rule.Answer) string {
	var out []string
	for _, c := range a.Cards {
		out = append(out, c.Rule.ID)
	}
	return strings.Join(out, " ")
}

func find(a rule.Answer, id string) *rule.Card {
	for i := range a.Cards {
		if a.Cards[i].Rule.ID == id {
			return &a.Cards[i]
		}
	}
	return nil
}

// failing is a test, or a property under test.
type failing interface {
	Helper()
	Errorf(string, ...any)
}

// wellFormed holds every card against what rule.Card promises.
func wellFormed(t failing, a rule.Answer) {
	t.Helper()
	keys := map[string]bool{}
	for _, c := range a.Cards {
		if c.Rule == nil || c.Level == rule.Off || c.Level > c.Rule.Level {
			t.Errorf("%s: level %s", c.Title, c.Level)
		}
		if c.Key == "" || c.Title == "" || c.Why == "" || c.Do == "" || len(c.Facts) < 2 {
			t.Errorf("a card lacks something: %+v", c)
		}
		if keys[c.Key+c.Draft] {
			t.Errorf("%s: the key is there twice", c.Title)
		}
		keys[c.Key+c.Draft] = true
		fresh := 0
		for _, f := range c.Facts {
			if f.New {
				fresh++
			} else if f.Prov.Source == nil {
				t.Errorf("%s: a fact without its source", c.Title)
			}
		}
		if (c.Draft != "") != (fresh > 0) {
			t.Errorf("%s: about draft %q with %d new facts", c.Title, c.Draft, fresh)
		}
	}
}

func known(t testing.TB, name string) substance.Substance {
	s, ok := substance.Known(name)
	if !ok {
		t.Fatalf("%s is not known", name)
	}
	return s
}
