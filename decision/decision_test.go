package decision

import (
	"regexp"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

var now = time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)

func record(t *testing.T, texts ...string) *chart.Chart {
	t.Helper()
	var facts []chart.Fact
	for _, text := range append([]string{`{"resourceType":"Patient","id":"p","gender":"female","birthDate":"1958-03-14"}`}, texts...) {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		facts = append(facts, chart.Fact{Node: d.Root(), Source: chart.Source{Slug: "maple", Name: "Maple Street", Own: true}})
	}
	return chart.Assemble("p", facts, now, time.UTC)
}

const warfarin = `{"resourceType":"MedicationRequest","id":"w","status":"active","intent":"order","subject":{"reference":"Patient/p"},"authoredOn":"2026-01-01","medicationCodeableConcept":{"text":"Warfarin 5 mg"}}`

// TestASiteMakesARuleQuietButNeverLouder also holds that what is switched off says so.
func TestASiteMakesARuleQuietButNeverLouder(t *testing.T) {
	in := rule.Input{Chart: record(t, warfarin), Drafts: []rule.Draft{{ID: "d", Kind: rule.DraftMedicine, Name: "Trimethoprim-sulfamethoxazole 160/800 mg"}}, Now: now}
	a := Check(in, nil)
	if len(a.Cards) == 0 || a.Cards[0].Level != rule.Interrupt || a.Cards[0].Draft != "d" {
		t.Fatalf("%+v", a.Cards)
	}
	id := a.Cards[0].Rule.ID
	for _, c := range a.Cards {
		if c.Rule.Kind == rule.Prevention || c.Rule.Kind == rule.Checkup {
			t.Errorf("an order is told that %s is due", c.Title)
		}
	}
	level := func(s Settings) rule.Level {
		for _, c := range Check(in, s).Cards {
			if c.Rule.ID == id {
				return c.Level
			}
		}
		return rule.Off
	}
	for set, want := range map[rule.Level]rule.Level{rule.Quiet: rule.Quiet, rule.Notice: rule.Notice, rule.Interrupt: rule.Interrupt, rule.Off: rule.Off} {
		if got := level(Settings{id: {Level: set}}); got != want {
			t.Errorf("set %s: %s", set, got)
		}
	}
	off := Check(in, Settings{id: {Level: rule.Off}})
	said := false
	for _, g := range off.Gaps {
		said = said || g.Why == "switched off at this site"
	}
	if !said {
		t.Error("a rule that was switched off does not say so")
	}
	quiet := Check(rule.Input{Chart: record(t), Now: now}, Settings{id: {Level: rule.Off}})
	n := 0
	for _, g := range quiet.Gaps {
		if g.Why == "switched off at this site" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("a switched-off rule is named %d times where it would have found nothing: that it is named must not tell whether it did", n)
	}
}

// TestEveryRuleSaysWhoSaysSo holds all rules to what a clinician needs to judge them.
func TestEveryRuleSaysWhoSaysSo(t *testing.T) {
	seen := map[string]bool{}
	id := regexp.MustCompile(`^[a-z0-9]+([a-z0-9.-]*[a-z0-9])?$`)
	date := regexp.MustCompile(`^\d{4}(-\d\d(-\d\d)?)?$`)
	for _, r := range Rules() {
		switch {
		case !id.MatchString(r.ID), seen[r.ID]:
			t.Errorf("%q is no id, or stands twice", r.ID)
		case r.Title == "", r.Kind == "", r.Citation == "", r.Version == "", !date.MatchString(r.Date):
			t.Errorf("%s lacks title, kind, citation, version or date: %+v", r.ID, r)
		case r.Level == rule.Off:
			t.Errorf("%s is written to be silent", r.ID)
		}
		seen[r.ID] = true
	}
	if len(seen) < 150 {
		t.Errorf("%d rules", len(seen))
	}
}
