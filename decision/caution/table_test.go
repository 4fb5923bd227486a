package caution

import (
	"strings"
	"testing"
	"time"

	"wholechart/decision/internal/cases"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

func TestTables(t *testing.T) {
	k, err := read()
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	used := map[string]bool{"pregnancy": true, "pregnancy-ended": true, "lactation": true, "no-womb": true, "tobacco": true}
	for i, c := range k.cautions {
		prefix, _, _ := strings.Cut(c.ID, "-")
		count[prefix]++
		if c.Level == rule.Interrupt && c.severity == "moderate" {
			t.Errorf("%s interrupts for what is moderate", c.ID)
		}
		if k.rules[i].ID != c.ID || c.Citation == "" || c.URL == "" || c.Date == "" {
			t.Errorf("%s: %+v", c.ID, c.Rule)
		}
		if _, err := time.Parse(time.DateOnly, c.Date+"-01-01"[:10-len(c.Date)]); err != nil && len(c.Date) != 7 {
			t.Errorf("%s: date %s", c.ID, c.Date)
		}
		for name, s := range map[string]string{"why": c.why, "do": c.do} {
			if len(s) < 5 || !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") || strings.Contains(s, "..") {
				t.Errorf("%s: %s is no sentence: %q", c.ID, name, s)
			}
		}
		for _, clause := range c.when {
			for _, x := range clause {
				if x.kind == "had" || x.kind == "ever" || x.kind == "not" {
					used[x.name] = true
				}
			}
		}
	}
	for id, c := range k.concepts {
		if !used[id] {
			t.Errorf("concept %s: no rule asks for it", id)
		}
		if len(c.phrases) == 0 {
			t.Errorf("concept %s has no words", id)
		}
		for _, p := range c.phrases {
			if strings.TrimSuffix(p, "*") == "" || fact.Has(fact.Words(strings.TrimSuffix(p, "*")), "not") {
				t.Errorf("concept %s: %q", id, p)
			}
		}
	}
	t.Log(count)
	for prefix, least := range map[string]int{"cond": 40, "lab": 30, "preg": 15, "lact": 5, "beers": 25, "age": 15, "dose": 30} {
		if count[prefix] < least {
			t.Errorf("%s: %d rules", prefix, count[prefix])
		}
	}
}

// TestInstead holds that the substances offered instead are ones that are known,
// where they are substances at all.
func TestInstead(t *testing.T) {
	words := map[string]bool{"fluticasone nasal spray": true, "melatonin": true, "azelaic acid": true}
	for _, c := range load().cautions {
		for _, name := range c.instead {
			if _, known := substance.Known(name); !known && !words[name] {
				t.Errorf("%s: %s", c.ID, name)
			}
			if len(c.who) > 0 {
				for _, m := range c.who {
					if m.name == name && m.route == "" {
						t.Errorf("%s offers %s instead of itself", c.ID, name)
					}
				}
			}
		}
	}
}

// TestInterruptsAreFew holds the ids that interrupt, for a reader to judge.
func TestInterruptsAreFew(t *testing.T) {
	var loud []string
	for _, r := range Rules() {
		if r.Level == rule.Interrupt && r.Kind != rule.Dose {
			loud = append(loud, r.ID)
		}
	}
	if n := len(Rules()); len(loud)*4 > n {
		t.Errorf("%d of %d rules interrupt", len(loud), n)
	}
	t.Log(len(loud), strings.Join(loud, " "))
}

// An answer without a chart, or without anything, is no panic.
func TestNothing(t *testing.T) {
	if a := Check(rule.Input{Now: cases.Now}); len(a.Cards)+len(a.Gaps) != 0 {
		t.Errorf("%+v", a)
	}
	a := Check(rule.Input{Now: cases.Now, Drafts: []rule.Draft{{ID: "1", Kind: rule.DraftMedicine, Name: "Metformin"}}})
	if len(a.Gaps) != 1 {
		t.Errorf("%+v", a)
	}
}
