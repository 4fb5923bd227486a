// Package cases reads the cases by which rules are tested: a line a case, that a
// clinician can read and review. Tests alone use it.
//
//	rule | who it is | facts, separated by ; | drafted orders, separated by ; | what is expected
//
// A fact is one of
//
//	female 68 y · male 14 mo · female born 1958-03
//	problem "words" [icd CODE] [DATE] · resolved "words" [DATE]
//	did "words" [DATE] · notdone "words" [DATE]
//	result TEST VALUE UNIT [DATE] · value TEST "words" [DATE]
//	report "words" "conclusion" [DATE] · image MODALITY "words" ["impression"] [DATE]
//	takes "words" [sig "directions"] [DATE] · took "words" [DATE] · changed "words" "old directions" DATE "new directions" DATE
//	allergy "words" ["reaction"] [mild|severe] · device "words" ["safety"] [DATE] · olddevice "words"
//	smokes "words" [DATE]
//	ordered "words" [DATE] · completed "words" [DATE] · inhospital · unreachable SITE
//
// each with "preliminary", "final", "cancelled", "amended" or "note "words"" where it is
// a result, and with "at SITE" at its end when it is not of the own site. TEST is a LOINC
// code or words in quotes. DATE is a date, or like "14 d ago"; without one it is a
// month ago. A draft is
//
//	test "words" [loinc CODE] · imaging "words" [modality M] [region "words"] [side S] [contrast C] [for "reason"] · medicine "words" [dose "500 mg" 3] [sig "directions"] [route R] [days N]
//
// Expected is quiet, notice or interrupt, nothing, or gap, with words in quotes
// that the card or the gap must say; "not" before words that it must not.
package cases

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// Now is the clock of all cases: noon UTC on 23 November 2026.
var Now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// Case is one line.
type Case struct {
	Rule, Who, Want string
	Where           string // file and line
	Facts           []chart.Fact
	Away            []string
	Drafts          []rule.Draft
}

// Read reads the cases of a folder.
func Read(t testing.TB, pattern string) []Case {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	var out []Case
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range strings.Split(string(text), "\n") {
			if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
				continue
			}
			out = append(out, Parse(t, fmt.Sprintf("%s:%d", filepath.Base(f), i+1), l))
		}
	}
	return out
}

// Parse reads one line.
func Parse(t testing.TB, where, line string) Case {
	t.Helper()
	p := strings.Split(line, "|")
	if len(p) != 5 {
		t.Fatalf("%s: a case has five parts", where)
	}
	for i := range p {
		p[i] = strings.TrimSpace(p[i])
	}
	w := &teller{t: t, where: where, patient: map[string]string{}}
	for part := range strings.SplitSeq(p[2], ";") {
		if part = strings.TrimSpace(part); part != "" {
			w.fact(part)
		}
	}
	body := `{"resourceType":"Patient","id":"p"`
	for _, k := range []string{"gender", "birthDate"} {
		if v, ok := w.patient[k]; ok {
			body += `,"` + k + `":"` + v + `"`
		}
	}
	w.add("", body+"}")
	c := Case{Rule: p[0], Who: p[1], Want: p[4], Where: where, Facts: w.facts, Away: w.away}
	for part := range strings.SplitSeq(p[3], ";") {
		if part = strings.TrimSpace(part); part != "" {
			c.Drafts = append(c.Drafts, w.draft(part, len(c.Drafts)+1))
		}
	}
	return c
}

// Input assembles the case.
func (c Case) Input() rule.Input { return Input(c.Facts, c.Away, c.Drafts) }

// Input assembles facts and drafts.
func Input(facts []chart.Fact, away []string, drafts []rule.Draft) rule.Input {
	ch := chart.Assemble("p", facts, Now, time.UTC)
	for _, site := range away {
		src := siteOf(site)
		ch.Completeness.Sites = append(ch.Completeness.Sites, chart.SiteAnswer{Source: &src, State: chart.AnswerUnreachable})
	}
	return rule.Input{Chart: ch, Drafts: drafts, Now: Now}
}

// Check holds an answer against what the case expects.
func (c Case) Check(t *testing.T, a rule.Answer) {
	t.Helper()
	want, more, _ := strings.Cut(c.Want, " ")
	var said []string
	level := "nothing"
	if want == "gap" {
		for _, g := range a.Gaps {
			level = "gap"
			said = append(said, g.Check+": "+g.Why)
		}
	} else {
		for _, card := range a.Cards {
			if card.Rule.ID != c.Rule {
				continue
			}
			if level == "nothing" {
				level = card.Level.String()
			}
			said = append(said, Say(card))
		}
	}
	text := strings.Join(said, "\n")
	if level != want {
		t.Errorf("%s %s: %s, want %s\n%s", c.Where, c.Who, level, want, Show(a))
		return
	}
	parts := strings.Split(more, `"`)
	for i := 1; i < len(parts); i += 2 {
		if not := strings.TrimSpace(parts[i-1]) == "not"; strings.Contains(text, parts[i]) == not {
			t.Errorf("%s %s: words %q (not: %v)\n%s", c.Where, c.Who, parts[i], not, text)
		}
	}
}

// Say is a card in words.
func Say(c rule.Card) string {
	var facts, choices []string
	for _, f := range c.Facts {
		site := ""
		if f.Prov.Source != nil {
			site = " at " + f.Prov.Source.Name
		}
		facts = append(facts, strings.TrimSpace(f.Text+" "+f.When.Day()+" "+f.Prov.Ref()+site))
	}
	for _, x := range c.Choices {
		choices = append(choices, x.Label)
	}
	return fmt.Sprintf("%s %s [%s] %s. %s %s {%s} <%s>", c.Level, c.Rule.ID, c.Draft, c.Title, c.Why, c.Do, strings.Join(facts, "; "), strings.Join(choices, "; "))
}

// Show is an answer in words, with the keys.
func Show(a rule.Answer) string {
	var out strings.Builder
	for _, c := range a.Cards {
		fmt.Fprintln(&out, Say(c), c.Key)
	}
	for _, g := range a.Gaps {
		fmt.Fprintln(&out, "gap", g.Draft, g.Check, g.Why)
	}
	return out.String()
}

// WellFormed holds every card against what rule.Card promises.
func WellFormed(t interface{ Errorf(string, ...any) }, a rule.Answer) {
	keys := map[string]bool{}
	for _, c := range a.Cards {
		if c.Rule == nil || c.Level == rule.Off || c.Level > c.Rule.Level {
			t.Errorf("%s: level %s", c.Title, c.Level)
		}
		if c.Key == "" || c.Title == "" || c.Why == "" || c.Do == "" || c.Draft == "" || len(c.Facts) < 2 || !c.Facts[0].New {
			t.Errorf("a card lacks something: %+v", c)
		}
		if strings.Contains(c.Title+c.Why+c.Do, "  ") || strings.Contains(c.Title+c.Why+c.Do, "..") {
			t.Errorf("not well written: %s. %s %s", c.Title, c.Why, c.Do)
		}
		if keys[c.Key+c.Draft] {
			t.Errorf("%s: the key is there twice", c.Title)
		}
		keys[c.Key+c.Draft] = true
		for _, f := range c.Facts {
			if !f.New && f.Prov.Source == nil {
				t.Errorf("%s: a fact without its source: %s", c.Title, f.Text)
			}
		}
	}
}

type teller struct {
	t       testing.TB
	where   string
	n       int
	patient map[string]string
	facts   []chart.Fact
	away    []string
}

func siteOf(name string) chart.Source {
	if name == "" || name == "Maple" {
		return chart.Source{Slug: "maple", Name: "Maple", State: "OH", Own: true}
	}
	return chart.Source{Slug: strings.ToLower(name), Name: name, Base: "https://" + strings.ToLower(name) + ".example"}
}

func (w *teller) add(site, body string) {
	d, err := fhir.Parse([]byte(body))
	if err != nil {
		w.t.Fatalf("%s: %v: %s", w.where, err, body)
	}
	w.facts = append(w.facts, chart.Fact{Node: d.Root(), Version: "1", Updated: Now.Add(-time.Hour), Source: siteOf(site)})
}

func (w *teller) resource(site, typ, members string) {
	w.n++
	w.add(site, fmt.Sprintf(`{"resourceType":"%s","id":"%s-%d",%s}`, typ, strings.ToLower(typ), w.n, members))
}
