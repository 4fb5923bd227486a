package decision

import (
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/decision/prevention"
	"wholechart/decision/rule"
)

// TestACheckThatDidNotRunSaysSo: for each reason for which a check of an order lacks
// something, the answer says it, and of what is hidden neither who nor what.
func TestACheckThatDidNotRunSaysSo(t *testing.T) {
	t.Cleanup(func() { Use(Owned{}) })
	river := &chart.Source{Slug: "river", Name: "Riverside Psychiatry"}
	order := func(name string) []rule.Draft {
		return []rule.Draft{{ID: "d", Kind: rule.DraftMedicine, Name: name}}
	}
	site := func(state chart.AnswerState) func(*chart.Chart) {
		return func(c *chart.Chart) {
			c.Completeness.Sites = append(c.Completeness.Sites, chart.SiteAnswer{Source: river, State: state})
		}
	}
	for reason, c := range map[string]struct {
		change func(*chart.Chart)
		facts  []string
		order  string
		owned  Owned
		says   string
		hides  bool // whose site it is must not be said
	}{
		"knowledge not loaded":     {owned: Owned{Bodies: []Body{{Name: "Acme interactions", Kind: "interactions", Problem: "line 2"}}}, says: "“Acme interactions” could not be loaded: this was checked without it"},
		"site unreachable":         {change: site(chart.AnswerUnreachable), says: "Riverside Psychiatry could not be reached"},
		"site not yet answered":    {change: site(chart.AnswerAsking), says: "Riverside Psychiatry has not answered yet"},
		"person to be confirmed":   {change: site(chart.AnswerReview), says: "somebody must confirm that the person at Riverside Psychiatry is the same"},
		"consent hides something":  {change: site(chart.AnswerWithheld), says: "the record may not be shown in full", hides: true},
		"law hides something":      {change: site(chart.AnswerRefused), says: "the record may not be shown in full", hides: true},
		"drafted medicine unknown": {order: "Little white pill", says: "“Little white pill” could not be recognised"},
		"taken medicine uncoded":   {facts: []string{`{"resourceType":"MedicationStatement","id":"m","status":"active","subject":{"reference":"Patient/p"},"medicationCodeableConcept":{"text":"Grandmother's drops"}}`}, says: "“Grandmother's drops” could not be recognised"},
		"a list was cut": {change: func(c *chart.Chart) {
			c.Cut = append(c.Cut, chart.Cut{Type: "MedicationRequest", Shown: 500, Of: 900})
		}, says: "only the newest 500 of 900 of MedicationRequest were read"},
		"no medicines recorded": {says: "no medicines are recorded, nor that there are none"},
		"kidney not measured":   {order: "Metformin 500 mg", says: "no creatinine is recorded"},
	} {
		Use(c.owned)
		ch := record(t, c.facts...)
		if c.change != nil {
			c.change(ch)
		}
		name := c.order
		if name == "" {
			name = "Warfarin 5 mg"
		}
		said := false
		for _, g := range Check(rule.Input{Chart: ch, Drafts: order(name), Now: now}, nil).Gaps {
			said = said || strings.Contains(g.Why, c.says)
			if c.hides && strings.Contains(g.Check+g.Why, "Riverside") {
				t.Errorf("%s: the gap names who hides: %+v", reason, g)
			}
		}
		if !said {
			t.Errorf("%s: no gap says %q", reason, c.says)
		}
		if reason != "knowledge not loaded" {
			continue
		}
		Use(Owned{})
		for _, g := range Check(rule.Input{Chart: ch, Drafts: order(name), Now: now}, nil).Gaps {
			if strings.Contains(g.Why, "could not be loaded") {
				t.Errorf("%s: still said when it is mended: %+v", reason, g)
			}
		}
	}
}

// TestOldKnowledgeWarns: a source warns from a year after its date on, by the clock
// that is given, whatever form the date has; a clinician's review makes it young, and
// that its makers held it against a text does not.
func TestOldKnowledgeWarns(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		r    rule.Rule
		at   string
		want bool
	}{
		{rule.Rule{Date: "2025-11-23"}, "2026-11-23 00:00", false},
		{rule.Rule{Date: "2025-11-23"}, "2026-11-23 00:01", true},
		{rule.Rule{Date: "2025-11-23"}, "2026-11-22 23:59", false},
		{rule.Rule{Date: "2025-11"}, "2026-10-31 23:59", false},
		{rule.Rule{Date: "2025-11"}, "2026-11-02 00:00", true},
		{rule.Rule{Date: "2025"}, "2026-01-02 00:00", true},
		{rule.Rule{Date: "2024-02-29"}, "2025-03-01 12:00", true},
		{rule.Rule{Date: "2012-09", Checked: "2026-11-23"}, "2026-11-23 12:00", true},
		{rule.Rule{Date: "2012-09", Reviewed: "2026-11-23"}, "2026-11-24 12:00", false},
		{rule.Rule{Date: "2012-09", Reviewed: "2026-11-23"}, "2027-11-24 12:00", true},
		{rule.Rule{}, "2026-11-23 12:00", true},
		{rule.Rule{Date: "soon"}, "2026-11-23 12:00", true},
	} {
		if got := prevention.Stale(&c.r, at(c.at)); got != c.want {
			t.Errorf("%+v at %s: %v", c.r, c.at, got)
		}
	}
	// Every rule is young on the day of its source and old in fifty years.
	for _, r := range Rules() {
		if !prevention.Stale(r, at("2076-01-01 00:00")) {
			t.Errorf("%s never warns", r.ID)
		}
		if t0, err := time.Parse("2006-01-02", r.Date); err == nil && prevention.Stale(r, t0.AddDate(0, 11, 0)) {
			t.Errorf("%s warns within a year", r.ID)
		}
	}
}
