package prevention

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/fhir"
)

// testNow is the clock of all cases: noon UTC on 23 November 2026.
var testNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// A case is a line of testdata/cases/*.txt:
//
//	rule | who it is | facts, separated by ; | status [words of why, in quotes]
//
// A fact is one of
//
//	female 68 y · male 14 mo · female born 1958-03 · born 1958 · sex unknown · gender male · race White
//	problem C [from DATE] · resolved C · suspected C
//	did C DATE · result C VALUE UNIT DATE · status C "words" DATE
//	report "words" DATE · image "words" DATE · visit "words" DATE · document "words" DATE
//	takes C · took C · ordered "words" DATE · booked "words" DATE
//	declined C DATE · notdone C DATE "reason" · refused C DATE
//	family C · bmi VALUE DATE · smoking "words" DATE · pregnant week N · dead · unreachable SITE
//
// each with "at SITE" at its end when it is not of the own site. C is a concept of the
// tables, loinc/CODE, or words in quotes, which make a fact without a code. DATE is a date, or
// like "14 mo ago"; never means without a date.
type story struct {
	rule, who, facts, want string
	file                   string
	line                   int
}

func readStories(t testing.TB) []story {
	t.Helper()
	files, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	var out []story
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range strings.Split(string(text), "\n") {
			if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
				continue
			}
			p := strings.Split(l, "|")
			if len(p) != 4 {
				t.Fatalf("%s:%d: a case has four parts", f, i+1)
			}
			for j := range p {
				p[j] = strings.TrimSpace(p[j])
			}
			out = append(out, story{p[0], p[1], p[2], p[3], filepath.Base(f), i + 1})
		}
	}
	return out
}

// person of a case, as FHIR.
type teller struct {
	t       testing.TB
	where   string
	n       int
	patient map[string]string // members of the Patient
	facts   []chart.Fact
	away    []string
}

var own = chart.Source{Slug: "maple", Name: "Maple", State: "OH", Own: true}

func siteOf(name string) chart.Source {
	if name == "" || name == own.Name {
		return own
	}
	return chart.Source{Slug: strings.ToLower(name), Name: name, Base: "https://" + strings.ToLower(name) + ".example"}
}

func (s story) chart(t testing.TB) *chart.Chart {
	t.Helper()
	facts, away := s.tell(t)
	return assemble(facts, away)
}

func assemble(facts []chart.Fact, away []string) *chart.Chart {
	c := chart.Assemble("p", facts, testNow, time.UTC)
	for _, site := range away {
		src := siteOf(site)
		c.Completeness.Sites = append(c.Completeness.Sites, chart.SiteAnswer{Source: &src, State: chart.AnswerUnreachable})
	}
	return c
}

func (s story) tell(t testing.TB) ([]chart.Fact, []string) {
	t.Helper()
	w := &teller{t: t, where: fmt.Sprintf("%s:%d", s.file, s.line), patient: map[string]string{}}
	for part := range strings.SplitSeq(s.facts, ";") {
		if part = strings.TrimSpace(part); part != "" {
			w.fact(part)
		}
	}
	body := `{"resourceType":"Patient","id":"p"`
	for _, k := range []string{"gender", "birthDate", "deceasedBoolean", "extension"} {
		if v, ok := w.patient[k]; ok {
			body += `,"` + k + `":` + v
		}
	}
	w.add("", body+"}")
	return w.facts, w.away
}

func (w *teller) add(site, body string) {
	d, err := fhir.Parse([]byte(body))
	if err != nil {
		w.t.Fatalf("%s: %v: %s", w.where, err, body)
	}
	w.facts = append(w.facts, chart.Fact{Node: d.Root(), Version: "1", Updated: testNow.Add(-time.Hour), Source: siteOf(site)})
}

func (w *teller) resource(site, typ, members string) {
	w.n++
	w.add(site, fmt.Sprintf(`{"resourceType":"%s","id":"%s-%d",%s}`, typ, strings.ToLower(typ), w.n, members))
}

func (w *teller) fail(fact string) { w.t.Fatalf("%s: no fact %q", w.where, fact) }

// words splits a fact at spaces, quoted words kept together with their quotes.
func words(s string) (out []string) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if s[0] == '"' {
			if i := strings.IndexByte(s[1:], '"'); i >= 0 {
				out = append(out, s[:i+2])
				s = s[i+2:]
				continue
			}
		}
		word, rest, _ := strings.Cut(s, " ")
		out, s = append(out, word), rest
	}
	return out
}

// date reads "2024-05-01", "2024", "14 mo ago", "never", "today"; the rest of
// the words follow.
func (w *teller) date(f []string) (iso string, rest []string) {
	switch {
	case len(f) == 0:
		return testNow.AddDate(0, -1, 0).Format(time.DateOnly), nil
	case f[0] == "never":
		return "", f[1:]
	case f[0] == "today":
		return testNow.Format(time.DateOnly), f[1:]
	case len(f) >= 3 && (f[2] == "ago" || f[2] == "ahead"):
		months, days, err := interval(f[0] + " " + f[1])
		if err != nil {
			w.t.Fatalf("%s: %v", w.where, err)
		}
		sign := -1
		if f[2] == "ahead" {
			sign = 1
		}
		return testNow.AddDate(0, sign*months, sign*days).Format(time.DateOnly), f[3:]
	case f[0][0] == '1' || f[0][0] == '2':
		return f[0], f[1:]
	}
	return testNow.AddDate(0, -1, 0).Format(time.DateOnly), f
}

// code is the CodeableConcept of a concept, or of words alone.
func (w *teller) code(c string) string {
	if c[0] == '"' {
		return `{"text":` + c + `}`
	}
	if loinc, ok := strings.CutPrefix(c, "loinc/"); ok {
		return `{"coding":[{"system":"http://loinc.org","code":"` + loinc + `"}],"text":"Code ` + loinc + `"}`
	}
	v := known().vocabulary
	i, ok := v.byID[c]
	if !ok {
		w.t.Fatalf("%s: no concept %q", w.where, c)
	}
	con := v.concepts[i]
	for _, one := range con.codes {
		if !strings.HasSuffix(one.code, "*") {
			return fmt.Sprintf(`{"coding":[{"system":"%s","code":"%s"}],"text":"Code %s"}`, urlOf(one.system), one.code, one.code)
		}
	}
	return `{"text":"` + strings.TrimSuffix(strings.Join(con.words[0], " "), ".") + `"}`
}

func member(name, value string) string {
	if value == "" {
		return ""
	}
	return `,"` + name + `":"` + value + `"`
}

func (w *teller) fact(text string) {
	f := words(text)
	site := ""
	if n := len(f); n > 2 && f[n-2] == "at" {
		site, f = f[n-1], f[:n-2]
	}
	arg := func(i int) string {
		if i >= len(f) {
			w.fail(text)
		}
		return f[i]
	}
	switch f[0] {
	case "female", "male":
		w.patient["gender"] = `"` + f[0] + `"`
		if len(f) > 1 {
			w.born(f[1:], text)
		}
	case "gender":
		w.patient["gender"] = `"` + arg(1) + `"`
	case "birthsex":
		w.patient["extension"] = `[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex","valueCode":"` + arg(1) + `"}]`
	case "race":
		w.patient["extension"] = `[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[{"url":"text","valueString":"` + arg(1) + `"}]}]`
	case "born":
		w.patient["birthDate"] = `"` + arg(1) + `"`
	case "aged":
		w.born(f[1:], text)
	case "dead":
		w.patient["deceasedBoolean"] = "true"
	case "unreachable":
		w.away = append(w.away, arg(1))
	case "pregnant":
		week := arg(2)
		months, days, err := interval(week + " wk")
		if err != nil {
			w.fail(text)
		}
		due := testNow.AddDate(0, -months, 280-days).Format(time.DateOnly)
		w.resource(site, "Observation", `"status":"final","code":`+w.code("due-date")+`,"effectiveDateTime":"`+testNow.AddDate(0, 0, -3).Format(time.DateOnly)+`","valueDateTime":"`+due+`"`)
	default:
		w.event(f, site, text)
	}
}

func (w *teller) born(f []string, text string) {
	if len(f) == 2 && f[0] == "born" {
		w.patient["birthDate"] = `"` + f[1] + `"`
		return
	}
	if len(f) < 2 {
		w.fail(text)
	}
	months, days, err := interval(f[0] + " " + f[1])
	if err != nil {
		w.fail(text)
	}
	w.patient["birthDate"] = `"` + testNow.AddDate(0, -months, -days).Format(time.DateOnly) + `"`
}

func (w *teller) event(f []string, site, text string) {
	if len(f) < 2 {
		w.fail(text)
	}
	what := f[1]
	switch f[0] {
	case "bmi":
		on, _ := w.date(f[2:])
		w.resource(site, "Observation", `"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"39156-5"}],"text":"Body mass index"}`+member("effectiveDateTime", on)+`,"valueQuantity":{"value":`+what+`,"unit":"kg/m2","code":"kg/m2"}`)
		return
	case "result": // result C VALUE UNIT DATE
		if len(f) < 4 {
			w.fail(text)
		}
		on, _ := w.date(f[4:])
		w.resource(site, "Observation", `"status":"final","code":`+w.code(what)+member("effectiveDateTime", on)+`,"valueQuantity":{"value":`+f[2]+`,"unit":"`+f[3]+`","system":"http://unitsofmeasure.org","code":"`+f[3]+`"}`)
		return
	case "status": // status C "words" DATE
		if len(f) < 3 {
			w.fail(text)
		}
		on, _ := w.date(f[3:])
		w.resource(site, "Observation", `"status":"final","code":`+w.code(what)+member("effectiveDateTime", on)+`,"valueString":`+f[2])
		return
	case "family":
		w.resource(site, "FamilyMemberHistory", `"status":"completed","relationship":{"text":"mother"},"condition":[{"code":`+w.code(what)+`}]`)
		return
	}
	rest := f[2:]
	if len(rest) > 0 && rest[0] == "from" {
		rest = rest[1:]
	}
	on, rest := w.date(rest)
	reason := ""
	if len(rest) > 0 {
		reason = rest[0]
	}
	switch f[0] {
	case "problem", "resolved", "suspected":
		state := map[string]string{"problem": "active", "resolved": "resolved", "suspected": "active"}[f[0]]
		sure := map[bool]string{true: "provisional", false: "confirmed"}[f[0] == "suspected"]
		w.resource(site, "Condition", `"clinicalStatus":{"coding":[{"code":"`+state+`"}]},"verificationStatus":{"coding":[{"code":"`+sure+`"}]},"code":`+w.code(what)+member("onsetDateTime", on))
	case "did":
		w.resource(site, "Procedure", `"status":"completed","code":`+w.code(what)+member("performedDateTime", on))
	case "notdone":
		w.resource(site, "Procedure", `"status":"not-done","code":`+w.code(what)+member("performedDateTime", on)+`,"statusReason":{"text":`+reason+`}`)
	case "declined":
		w.resource(site, "Procedure", `"status":"not-done","code":`+w.code(what)+member("performedDateTime", on)+`,"statusReason":{"text":"Patient declined"}`)
	case "refused":
		w.resource(site, "Observation", `"status":"final","code":`+w.code(what)+member("effectiveDateTime", on)+`,"dataAbsentReason":{"coding":[{"code":"asked-declined"}]}`)
	case "smoking":
		w.resource(site, "Observation", `"status":"final","code":`+w.code("smoking-status")+member("effectiveDateTime", on)+`,"valueCodeableConcept":{"text":`+what+`}`)
	case "report":
		w.resource(site, "DiagnosticReport", `"status":"final","code":{"text":`+what+`},"conclusion":"Read."`+member("effectiveDateTime", on))
	case "image":
		w.resource(site, "ImagingStudy", `"status":"available","description":`+what+member("started", on))
	case "visit":
		w.resource(site, "Encounter", `"status":"finished","class":{"code":"AMB"},"type":[{"text":`+what+`}],"period":{"start":"`+on+`"}`)
	case "document":
		w.resource(site, "DocumentReference", `"status":"current","type":{"text":"Letter"},"description":`+what+member("date", on+"T09:00:00Z"))
	case "takes":
		w.resource(site, "MedicationRequest", `"status":"active","intent":"order","medicationCodeableConcept":`+w.code(what)+member("authoredOn", on))
	case "took":
		w.resource(site, "MedicationRequest", `"status":"stopped","intent":"order","medicationCodeableConcept":`+w.code(what)+member("authoredOn", on))
	case "ordered":
		w.resource(site, "ServiceRequest", `"status":"active","intent":"order","code":{"text":`+what+`}`+member("authoredOn", on))
	case "booked":
		w.resource(site, "Appointment", `"status":"booked","description":`+what+member("start", on+"T09:00:00Z"))
	default:
		w.fail(text)
	}
}

// check holds a story's result against what it wants.
func (s story) check(t *testing.T, res Result) {
	status, more, _ := strings.Cut(s.want, `"`)
	status = strings.TrimSpace(status)
	if status == "nothing" {
		if len(res.Items) != 0 {
			t.Errorf("%d items of the dead", len(res.Items))
		}
		return
	}
	it := res.Of(s.rule)
	if it == nil {
		t.Fatalf("no rule %q", s.rule)
	}
	if it.Status.String() != status {
		t.Errorf("%s: %s, want %s (%s)", s.who, it.Status, status, it.Why)
	}
	for _, words := range strings.Split(strings.TrimSuffix(more, `"`), `" "`) {
		if !strings.Contains(it.Why+" · "+it.Label, words) {
			t.Errorf("%s: %q does not say %q", s.who, it.Why+" · "+it.Label, words)
		}
	}
	if it.Why == "" || it.Label == "" {
		t.Errorf("%s: without why or label: %+v", s.who, it)
	}
}

func TestCases(t *testing.T) {
	stories := readStories(t)
	if len(stories) < 400 {
		t.Errorf("%d cases", len(stories))
	}
	positive, negative, cases := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, s := range stories {
		t.Run(fmt.Sprintf("%s:%d", s.file, s.line), func(t *testing.T) {
			s.check(t, Evaluate(s.chart(t), testNow))
		})
		cases[s.rule]++
		switch status, _, _ := strings.Cut(s.want, " "); status {
		case "due", "overdue", "soon":
			positive[s.rule] = true
		case "not", "done":
			negative[s.rule] = true
		}
	}
	for _, r := range Rules() {
		if !positive[r.ID] || !negative[r.ID] || cases[r.ID] < 3 {
			t.Errorf("%s lacks a case: %d, due %v, done or not applicable %v", r.ID, cases[r.ID], positive[r.ID], negative[r.ID])
		}
	}
}

// The order of facts never matters.
func TestOrderNeverMatters(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, s := range readStories(t) {
		facts, away := s.tell(t)
		want := show(Evaluate(assemble(facts, away), testNow))
		for range 2 {
			random.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
			if got := show(Evaluate(assemble(facts, away), testNow)); got != want {
				t.Errorf("%s:%d: in another order:\n%s\n%s", s.file, s.line, got, want)
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
