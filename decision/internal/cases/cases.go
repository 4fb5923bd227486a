// Package cases reads the cases by which rules are tested: a line a case, that a
// clinician can read and review, told as FHIR with what is expected. Tests use it, and
// what writes the cases out as folders; no part of a running server does. What is
// wrong with a line is an error that names the line.
//
// Cases of drafted orders are (Tell)
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
//
// The cases of vaccines (TellPerson) and of what is due (TellDue) have lines of their own.
package cases

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// Now is the clock of all cases: noon UTC on 23 November 2026.
var Now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// Line is one case as it is written.
type Line struct{ Where, Text string } // Where is file:line

// Lines reads the lines of the files that a pattern names, without comments.
func Lines(pattern string) ([]Line, error) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		return nil, cmp.Or(err, fmt.Errorf("no cases in %s", pattern))
	}
	var out []Line
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		n := 0
		for l := range strings.Lines(string(text)) {
			n++
			if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
				out = append(out, Line{fmt.Sprintf("%s:%d", filepath.Base(f), n), l})
			}
		}
	}
	return out, nil
}

// Case is one line, told.
type Case struct {
	Rule, Who, Want string // Rule is "" of a case of vaccines
	Where           string // file and line
	Facts           []chart.Fact
	Away            []string // names of sites that could not be reached
	Drafts          []rule.Draft
	Expect          Expected
}

// Tell reads a line of five parts.
func Tell(where, line string) (c Case, err error) {
	w := newTeller(where)
	defer caught(&c, &err)
	p := w.parts(line, 5)
	for _, f := range between(p[2]) {
		w.fact(f)
	}
	w.person()
	c = Case{Rule: p[0], Who: p[1], Want: p[4], Where: where, Facts: w.facts, Away: w.away}
	for _, d := range between(p[3]) {
		c.Drafts = append(c.Drafts, w.draft(d, len(c.Drafts)+1))
	}
	c.Expect = w.cards(c.Rule, c.Want)
	return c, nil
}

// between are what stands between semicolons.
func between(s string) (out []string) {
	for f := range strings.SplitSeq(s, ";") {
		if f = strings.TrimSpace(f); f != "" {
			out = append(out, f)
		}
	}
	return out
}

// Failer is a test that ends when a case cannot be read.
type Failer interface {
	Helper()
	Fatal(...any)
}

// Read reads the cases of drafted orders of a folder, for a test.
func Read(t Failer, pattern string) []Case {
	t.Helper()
	lines, err := Lines(pattern)
	if err != nil {
		t.Fatal(err)
	}
	var out []Case
	for _, l := range lines {
		out = append(out, Parse(t, l.Where, l.Text))
	}
	return out
}

// Parse reads one line, for a test.
func Parse(t Failer, where, line string) Case {
	t.Helper()
	c, err := Tell(where, line)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Input assembles the case.
func (c Case) Input() rule.Input { return Input(c.Facts, c.Away, c.Drafts) }

// Input assembles facts and drafts.
func Input(facts []chart.Fact, away []string, drafts []rule.Draft) rule.Input {
	ch := chart.Assemble("p", facts, Now, time.UTC)
	for _, site := range away {
		src := Site(site)
		ch.Completeness.Sites = append(ch.Completeness.Sites, chart.SiteAnswer{Source: &src, State: chart.AnswerUnreachable})
	}
	return rule.Input{Chart: ch, Drafts: drafts, Now: Now}
}

// Site is a site by its name: Maple is the own one, and "" too.
func Site(name string) chart.Source {
	if name == "" || name == "Maple" {
		return chart.Source{Slug: "maple", Name: "Maple", State: "OH", Own: true}
	}
	return chart.Source{Slug: strings.ToLower(name), Name: name, Base: "https://" + strings.ToLower(name) + ".example"}
}

// teller tells facts as FHIR. What it cannot read ends it by a broken, which
// caught makes an error.
type teller struct {
	where   string
	n       int
	patient map[string]string // members of the Patient, as JSON
	facts   []chart.Fact
	away    []string
	concept Coded // of what is due
}

func newTeller(where string) *teller { return &teller{where: where, patient: map[string]string{}} }

type broken struct{ error }

func (w *teller) fail(format string, args ...any) {
	panic(broken{fmt.Errorf("%s: %s", w.where, fmt.Sprintf(format, args...))})
}

// caught makes a broken an error, and nothing of what was told until then.
func caught(c *Case, err *error) {
	switch x := recover().(type) {
	case nil:
	case broken:
		*c, *err = Case{}, x.error
	default:
		panic(x)
	}
}

// parts are the n parts of a line.
func (w *teller) parts(line string, n int) []string {
	p := strings.Split(line, "|")
	if len(p) != n {
		w.fail("a case has %d parts", n)
	}
	for i := range p {
		p[i] = strings.TrimSpace(p[i])
	}
	return p
}

// person adds the Patient of what was told.
func (w *teller) person() {
	body := `{"resourceType":"Patient","id":"p"`
	for _, k := range []string{"gender", "birthDate", "deceasedBoolean", "extension"} {
		if v, ok := w.patient[k]; ok {
			body += `,"` + k + `":` + v
		}
	}
	w.add("", body+"}")
}

func (w *teller) add(site, body string) {
	d, err := fhir.Parse([]byte(body))
	if err != nil {
		w.fail("%v: %s", err, body)
	}
	w.facts = append(w.facts, chart.Fact{Node: d.Root(), Version: "1", Updated: Now.Add(-time.Hour), Source: Site(site)})
}

// resource adds a fact of the patient.
func (w *teller) resource(site, typ, members string) {
	w.n++
	w.named(site, typ, fmt.Sprintf("%s-%d", strings.ToLower(typ), w.n), members)
}

func (w *teller) named(site, typ, id, members string) {
	of := "subject"
	switch typ {
	case "AllergyIntolerance", "Immunization", "FamilyMemberHistory", "Device":
		of = "patient"
	case "Appointment":
		of = ""
		members += `,"participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]`
	}
	if of != "" {
		members += `,"` + of + `":{"reference":"Patient/p"}`
	}
	w.add(site, fmt.Sprintf(`{"resourceType":"%s","id":"%s",%s}`, typ, id, members))
}

// Systems of codes that FHIR requires.
const (
	terminology = "http://terminology.hl7.org/CodeSystem/"
	us          = "http://hl7.org/fhir/us/core/StructureDefinition/"
)

// one is a CodeableConcept of one code of HL7's own systems.
func one(system, code string) string {
	return `{"coding":[{"system":"` + terminology + system + `","code":"` + code + `"}]}`
}

// states are the members that say how a problem stands.
func states(clinical, sure string) string {
	out := `"clinicalStatus":` + one("condition-clinical", clinical)
	if sure != "" {
		out += `,"verificationStatus":` + one("condition-ver-status", sure)
	}
	return out
}
