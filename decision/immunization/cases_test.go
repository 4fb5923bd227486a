package immunization

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/decision/cdsi"
	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// A case is a line: who | facts | expected, each separated by ";". With the id of a
// rule before them it is about that rule alone: expected is "nothing", or how loud it
// speaks and words that it says.
//
// Facts are those of package cases, and
//
//	dose CVX WHEN [reported] [month] [lot L] [subpotent] · uncoded "words" WHEN · refused CVX WHEN · draft CVX "words"
//	medicine "words" "directions" WHEN · occupation "words" · race "words" · snomed CODE "words" · unsure "words"
//
// each with "at SITE" at its end when it is not of the own site. WHEN is a date, an age
// ("@2mo", "@12mo-5d", "@4y+1d") or "14 d ago". Expected are
//
//	GROUP [risk] NEED · absent GROUP [risk] · GROUP [risk] dose N · GROUP [risk] earliest|recommended|pastdue DATE|@AGE
//	doses N · dose N GROUP counts|no|extra ["words"] · observed CODE · unobserved CODE · because GROUP CODE · against GROUP CODE
//	gap "words" · nogap "words" · ask "words" · conflict "words" · interrupt "words" · notice "words" · silent
//
// GROUP is a title without spaces: "HepatitisB".
type immCase struct {
	where, who string
	rule       string // "" of all
	birth      time.Time
	in         rule.Input
	want       []string
	facts      []chart.Fact
}

var agePattern = regexp.MustCompile(`^@(?:(\d+)y)?(?:(\d+)mo)?(?:(\d+)wk)?([+-]\d+d)?$`)

func (k *immCase) when(t testing.TB, f []string) (string, []string) {
	t.Helper()
	if len(f) >= 3 && f[2] == "ago" {
		n, _ := strconv.Atoi(f[0])
		at := cases.Now
		switch f[1] {
		case "d":
			at = at.AddDate(0, 0, -n)
		case "mo":
			at = at.AddDate(0, -n, 0)
		case "y":
			at = at.AddDate(-n, 0, 0)
		default:
			t.Fatalf("%s: no date %v", k.where, f)
		}
		return at.Format(time.DateOnly), f[3:]
	}
	if f[0] == "today" {
		return cases.Now.Format(time.DateOnly), f[1:]
	}
	if m := agePattern.FindStringSubmatch(f[0]); m != nil {
		n := func(s string) int { v, _ := strconv.Atoi(strings.TrimSuffix(s, "d")); return v }
		return k.birth.AddDate(n(m[1]), n(m[2]), 7*n(m[3])+n(m[4])).Format(time.DateOnly), f[1:]
	}
	if _, err := time.Parse(time.DateOnly, f[0]); err != nil {
		t.Fatalf("%s: no date %v", k.where, f)
	}
	return f[0], f[1:]
}

var fields = regexp.MustCompile(`"[^"]*"|\S+`)

func parseCase(t testing.TB, where, line string) *immCase {
	t.Helper()
	p := strings.Split(line, "|")
	k := &immCase{where: where}
	if len(p) == 4 {
		if k.rule = strings.TrimSpace(p[0]); !slices.ContainsFunc(rules, func(r *rule.Rule) bool { return r.ID == k.rule }) {
			t.Fatalf("%s: no rule %s", where, k.rule)
		}
		p = p[1:]
	}
	if len(p) != 3 {
		t.Fatalf("%s: a case has three parts, or four", where)
	}
	k.who = strings.TrimSpace(p[0])
	var theirs []string
	var mine [][]string
	for f := range strings.SplitSeq(p[1], ";") {
		f = strings.TrimSpace(f)
		switch word, _, _ := strings.Cut(f, " "); word {
		case "dose", "uncoded", "refused", "draft", "medicine", "occupation", "race", "snomed", "unsure":
			mine = append(mine, fields.FindAllString(f, -1))
		case "":
		default:
			theirs = append(theirs, f)
		}
	}
	c := cases.Parse(t, where, "x | x | "+strings.Join(theirs, ";")+" | | ")
	k.facts = c.Facts
	for i := range k.facts {
		if n := k.facts[i].Node; n.ResourceType() == "Patient" {
			k.birth, _ = time.Parse(time.DateOnly, n.Get("birthDate").Str())
		}
	}
	var drafts []rule.Draft
	for i, f := range mine {
		site := "Maple"
		if n := len(f); f[n-2] == "at" {
			site, f = f[n-1], f[:n-2]
		}
		body, typ := "", "Immunization"
		switch f[0] {
		case "dose":
			cvx := f[1]
			on, rest := k.when(t, f[2:])
			body = `"status":"completed","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"` + cvx + `"}],"text":"` + cdsi.VaccineName(cvx) + `"}`
			for len(rest) > 0 {
				switch rest[0] {
				case "reported":
					body += `,"primarySource":false`
				case "month":
					on = on[:7]
				case "subpotent":
					body += `,"isSubpotent":true`
				case "lot":
					body += `,"lotNumber":"` + rest[1] + `"`
					rest = rest[1:]
				default:
					t.Fatalf("%s: %v", where, f)
				}
				rest = rest[1:]
			}
			body += `,"occurrenceDateTime":"` + on + `"`
		case "uncoded":
			on, _ := k.when(t, f[2:])
			body = `"status":"completed","vaccineCode":{"text":` + f[1] + `},"occurrenceDateTime":"` + on + `"`
		case "refused":
			on, _ := k.when(t, f[2:])
			body = `"status":"not-done","statusReason":{"coding":[{"code":"PATOBJ"}]},"vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"` + f[1] + `"}],"text":"x"},"occurrenceDateTime":"` + on + `"`
		case "draft":
			drafts = append(drafts, rule.Draft{ID: fmt.Sprint("d", len(drafts)+1), Kind: rule.DraftVaccine, Name: strings.Trim(f[2], `"`), Codes: []fhir.Coding{{System: "http://hl7.org/fhir/sid/cvx", Code: f[1]}}})
			continue
		case "medicine":
			on, _ := k.when(t, f[3:])
			typ = "MedicationRequest"
			body = `"status":"active","intent":"order","medicationCodeableConcept":{"text":` + f[1] + `},"dosageInstruction":[{"text":` + f[2] + `}],"authoredOn":"` + on + `"`
		case "occupation":
			typ = "Observation"
			body = `"status":"final","category":[{"coding":[{"code":"social-history"}]}],"code":{"text":"Occupation"},"valueString":` + f[1] + `,"effectiveDateTime":"2026-01-01"`
		case "snomed":
			typ = "Condition"
			body = `"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"` + f[1] + `"}],"text":` + f[2] + `}`
		case "unsure":
			typ = "Condition"
			body = `"clinicalStatus":{"coding":[{"code":"active"}]},"verificationStatus":{"coding":[{"code":"provisional"}]},"code":{"text":` + f[1] + `}`
		case "race":
			for j := range k.facts {
				if n := k.facts[j].Node; n.ResourceType() == "Patient" {
					raw := strings.TrimSuffix(string(n.Raw()), "}") + `,"extension":[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[{"url":"text","valueString":` + f[1] + `}]}]}`
					k.facts[j].Node = node(t, raw)
				}
			}
			continue
		}
		src := chart.Source{Slug: strings.ToLower(site), Name: site, Own: site == "Maple"}
		k.facts = append(k.facts, chart.Fact{Node: node(t, fmt.Sprintf(`{"resourceType":"%s","id":"m%d",%s}`, typ, i, body)), Version: "1", Updated: cases.Now.Add(-time.Hour), Source: src})
	}
	k.in = cases.Input(k.facts, c.Away, drafts)
	for w := range strings.SplitSeq(p[2], ";") {
		if w = strings.TrimSpace(w); w != "" {
			k.want = append(k.want, w)
		}
	}
	return k
}

func node(t testing.TB, body string) fhir.Node {
	t.Helper()
	d, err := fhir.Parse([]byte(body))
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return d.Root()
}

func readCases(t testing.TB) (out []*immCase) {
	t.Helper()
	files, _ := filepath.Glob("testdata/cases/*.txt")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range strings.Split(string(text), "\n") {
			if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
				out = append(out, parseCase(t, fmt.Sprintf("%s:%d", filepath.Base(f), i+1), l))
			}
		}
	}
	return out
}

var needs = map[string]Need{"overdue": Overdue, "due": Due, "may": MayBeGiven, "later": Later, "none": NoneRecorded, "forbidden": Forbidden, "declined": Declined, "finished": Finished, "notneeded": NotNeeded, "season": OtherSeason}

func named(title string) string {
	for _, g := range cdsi.Groups() {
		if strings.ReplaceAll(Title(g), " ", "") == title || g == title {
			return g
		}
	}
	return ""
}

func (k *immCase) check(t *testing.T, want string, r *Result, a rule.Answer) {
	t.Helper()
	f := fields.FindAllString(want, -1)
	said := ""
	if last := f[len(f)-1]; last[0] == '"' {
		said = strings.Trim(last, `"`)
	}
	fail := func(got any) { t.Errorf("%s %s: want %s; got %v\n%s", k.where, k.who, want, got, show(r, a)) }
	level := func(l rule.Level) {
		for _, c := range a.Cards {
			if c.Level == l && strings.Contains(cases.Say(c), said) {
				return
			}
		}
		fail("no such card")
	}
	contains := func(list []string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, said) })
	}
	var gaps []string
	for _, g := range append(slices.Clone(r.Gaps), a.Gaps...) {
		gaps = append(gaps, g.Why)
	}
	switch f[0] {
	case "doses":
		if fmt.Sprint(len(r.Doses)) != f[1] {
			fail(len(r.Doses))
		}
		return
	case "dose":
		n, _ := strconv.Atoi(f[1])
		v, ok := r.Doses[n-1].Of(named(f[2]))
		status := map[cdsi.DoseStatus]string{cdsi.Valid: "counts", cdsi.NotValid: "no", cdsi.SubStandard: "no", cdsi.Extraneous: "extra"}[v.Status]
		if !ok || status != f[3] || !strings.Contains(Reasons(v.Reasons), said) {
			fail(fmt.Sprint(v))
		}
		return
	case "observed", "unobserved":
		if slices.Contains(r.Person.Observations, f[1]) != (f[0] == "observed") {
			fail(r.Person.Observations)
		}
		return
	case "gap", "nogap":
		if contains(gaps) != (f[0] == "gap") {
			fail(gaps)
		}
		return
	case "ask":
		var all []string
		for _, x := range r.Ask {
			all = append(all, x.Text)
		}
		if !contains(all) {
			fail(all)
		}
		return
	case "conflict":
		if !contains([]string{fmt.Sprint(r.Conflicts)}) {
			fail(r.Conflicts)
		}
		return
	case "interrupt":
		level(rule.Interrupt)
		return
	case "notice":
		level(rule.Notice)
		return
	case "silent":
		if len(a.Cards) > 0 {
			fail(len(a.Cards))
		}
		return
	case "absent":
		kind := cdsi.Standard
		if len(f) > 2 {
			kind = cdsi.Risk
		}
		if g := r.Find(named(f[1]), kind); g != nil {
			fail(g.Status)
		}
		return
	case "because", "against":
		for _, g := range r.Groups {
			if g.Name != named(f[1]) {
				continue
			}
			for _, o := range g.Because {
				if f[0] == "because" && o.Code == f[2] && len(o.Facts) > 0 {
					return
				}
			}
			for _, o := range g.Against {
				if f[0] == "against" && o.Code == f[2] && len(o.Facts) > 0 {
					return
				}
			}
		}
		fail("not there, or without its fact")
		return
	}
	if named(f[0]) == "" {
		t.Fatalf("%s: no group %s", k.where, f[0])
	}
	kind := cdsi.Standard
	if f[1] == "risk" {
		kind, f = cdsi.Risk, append(f[:1:1], f[2:]...)
	}
	g := r.Find(named(f[0]), kind)
	if g == nil {
		fail("no such group")
		return
	}
	date := func(d time.Time) {
		on, _ := k.when(t, f[2:])
		if d.Format(time.DateOnly) != on {
			fail(d.Format(time.DateOnly))
		}
	}
	switch f[1] {
	case "dose":
		if fmt.Sprint(g.DoseNumber) != f[2] {
			fail(g.DoseNumber)
		}
	case "earliest":
		date(g.Earliest)
	case "recommended":
		date(g.Recommended)
	case "pastdue":
		date(g.PastDue)
	default:
		need, ok := needs[f[1]]
		if !ok {
			t.Fatalf("%s: no need %s", k.where, f[1])
		}
		if g.Need != need {
			fail(g.Need)
		}
	}
}

func show(r *Result, a rule.Answer) string {
	var b strings.Builder
	for i, d := range r.Doses {
		fmt.Fprintln(&b, i+1, d.When.Day(), d.Code, d.Product, d.Why, d.Antigens)
	}
	for _, g := range r.Groups {
		fmt.Fprintln(&b, g.Name, g.Type, g.Status, g.Need, g.DoseNumber, g.Earliest.Format(time.DateOnly), g.Recommended.Format(time.DateOnly), g.PastDue.Format(time.DateOnly), g.Reasons)
	}
	fmt.Fprintln(&b, r.Person.Observations)
	for _, x := range r.Ask {
		fmt.Fprintln(&b, x.Text, x.Codes, x.Groups, texts(x.Facts))
	}
	return b.String() + cases.Show(a)
}

func TestCases(t *testing.T) {
	all := readCases(t)
	said := map[string]int{}
	quiet := 0
	for _, k := range all {
		t.Run(k.where, func(t *testing.T) {
			r := Evaluate(k.in.Chart, k.in.Now)
			a := Check(k.in)
			if k.rule != "" { // the others may speak or not
				only := a
				only.Cards = slices.DeleteFunc(slices.Clone(a.Cards), func(c rule.Card) bool { return c.Rule.ID != k.rule })
				if len(k.want) == 1 && k.want[0] == "nothing" {
					k.want[0] = "silent"
				} else if len(only.Cards) != 1 {
					t.Errorf("%s %s: %d cards of %s\n%s", k.where, k.who, len(only.Cards), k.rule, cases.Show(a))
				}
				a = only
			}
			for _, w := range k.want {
				k.check(t, w, &r, a)
			}
			cases.WellFormed(t, a)
			for _, c := range a.Cards {
				said[c.Rule.ID]++
			}
			if len(k.in.Drafts) > 0 && len(a.Cards) == 0 {
				quiet++
			}
		})
	}
	for _, r := range Rules() {
		if said[r.ID] < 2 {
			t.Errorf("%s: %d cases in which it speaks", r.ID, said[r.ID])
		}
	}
	if quiet < 5 || len(all) < 60 {
		t.Errorf("%d cases, %d of them with a silent draft", len(all), quiet)
	}
}
