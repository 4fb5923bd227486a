// Package ask asks the rules of an area about a case and holds what they answer
// against what the case expects. Tests use it.
package ask

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wholechart/decision/caution"
	"wholechart/decision/cdsi"
	"wholechart/decision/imaging"
	"wholechart/decision/immunization"
	"wholechart/decision/internal/cases"
	"wholechart/decision/medicine"
	"wholechart/decision/prevention"
	"wholechart/decision/rule"
	"wholechart/decision/test"
)

var checks = map[string]func(rule.Input) rule.Answer{
	"medicine": medicine.Check, "caution": caution.Check, "test": test.Check, "imaging": imaging.Check,
	"immunization": immunization.Check, "prevention": prevention.Check,
}

// Faults says what the rules of an area answer otherwise than a case of a rule ("":
// of none) expects, and after it what they answered; nothing when all is as expected.
func Faults(area, of string, e cases.Expected, in rule.Input) []string {
	check := checks[area]
	if check == nil {
		return []string{"no area " + area}
	}
	if !e.None && len(e.Cards) == 0 && e.Gap == nil && e.Due == nil && e.Vaccines == nil {
		return []string{"nothing is expected"}
	}
	var faults []string
	var said string
	switch area {
	case "prevention":
		faults, said = due(e, prevention.Evaluate(in.Chart, in.Now))
	case "immunization":
		a, r := check(in), immunization.Evaluate(in.Chart, in.Now)
		faults = append(e.Of(of, a), e.Gaps(append(slices.Clone(r.Gaps), a.Gaps...))...)
		if e.Vaccines != nil {
			faults = append(faults, vaccines(e.Vaccines, &r)...)
		}
		said = show(&r) + cases.Show(a)
	default:
		a := check(in)
		faults, said = append(e.Of(of, a), e.Gaps(a.Gaps)...), cases.Show(a)
	}
	if len(faults) > 0 {
		faults = append(faults, said)
	}
	return faults
}

func due(e cases.Expected, r prevention.Result) (faults []string, said string) {
	for _, it := range r.Items {
		if e.Due != nil && it.Rule.ID == e.Due.Rule {
			said = fmt.Sprintf("%s: %s · %s", it.Status, it.Why, it.Label)
		}
	}
	if e.None && len(r.Items) > 0 {
		faults = append(faults, fmt.Sprintf("%d items, want none", len(r.Items)))
	}
	if e.Due == nil {
		return faults, said
	}
	it := r.Of(e.Due.Rule)
	if it == nil {
		return append(faults, "no rule "+e.Due.Rule), said
	}
	if it.Status.String() != e.Due.Status {
		faults = append(faults, fmt.Sprintf("%s, want %s", it.Status, e.Due.Status))
	}
	for _, w := range e.Due.Says {
		if !strings.Contains(it.Why+" · "+it.Label, w) {
			faults = append(faults, fmt.Sprintf("does not say %q", w))
		}
	}
	if it.Why == "" || it.Label == "" {
		faults = append(faults, "an item without why or label")
	}
	return faults, said
}

var (
	needs = map[string]immunization.Need{"overdue": immunization.Overdue, "due": immunization.Due, "may": immunization.MayBeGiven, "later": immunization.Later,
		"none": immunization.NoneRecorded, "forbidden": immunization.Forbidden, "declined": immunization.Declined, "finished": immunization.Finished,
		"notneeded": immunization.NotNeeded, "season": immunization.OtherSeason}
	counts = map[cdsi.DoseStatus]string{cdsi.Valid: "counts", cdsi.NotValid: "no", cdsi.SubStandard: "no", cdsi.Extraneous: "extra"}
)

// group is the name of a group by its title without spaces.
func group(title string) string {
	for _, g := range cdsi.Groups() {
		if strings.ReplaceAll(immunization.Title(g), " ", "") == title || g == title {
			return g
		}
	}
	return ""
}

func vaccines(v *cases.Vaccines, r *immunization.Result) (faults []string) {
	fail := func(want, got any) { faults = append(faults, fmt.Sprintf("want %+v, got %v", want, got)) }
	if v.Doses != nil && len(r.Doses) != *v.Doses {
		fail(fmt.Sprint(*v.Doses, " doses"), len(r.Doses))
	}
	for _, g := range v.Given {
		if g.Dose < 1 || g.Dose > len(r.Doses) {
			fail(g, "no such dose")
			continue
		}
		d, ok := r.Doses[g.Dose-1].Of(group(g.Group))
		if !ok || counts[d.Status] != g.Counts || !strings.Contains(immunization.Reasons(d.Reasons), g.Says) {
			fail(g, fmt.Sprint(d))
		}
	}
	for _, c := range v.Observed {
		if !slices.Contains(r.Person.Observations, c) {
			fail("observed "+c, r.Person.Observations)
		}
	}
	for _, c := range v.NotObserved {
		if slices.Contains(r.Person.Observations, c) {
			fail("not observed "+c, r.Person.Observations)
		}
	}
	for _, w := range v.Asks {
		if !slices.ContainsFunc(r.Ask, func(q immunization.Advice) bool { return strings.Contains(q.Text, w) }) {
			fail("asks "+w, r.Ask)
		}
	}
	for _, w := range v.Conflicts {
		if !strings.Contains(fmt.Sprint(r.Conflicts), w) {
			fail("conflict "+w, r.Conflicts)
		}
	}
	for _, g := range v.Groups {
		if got := forecast(g, r); got != "" {
			fail(g, got)
		}
	}
	return faults
}

// forecast says what of a group is otherwise than expected, "" when nothing is.
func forecast(want cases.Group, r *immunization.Result) string {
	name := group(want.Group)
	if name == "" {
		return "no group " + want.Group
	}
	if want.Because+want.Against != "" {
		for _, g := range r.Groups {
			if g.Name == name && (slices.ContainsFunc(g.Because, func(o immunization.Observation) bool { return o.Code == want.Because && len(o.Facts) > 0 }) ||
				slices.ContainsFunc(g.Against, func(o immunization.Against) bool { return o.Code == want.Against && len(o.Facts) > 0 })) {
				return ""
			}
		}
		return "not there, or without its fact"
	}
	kind := cdsi.Standard
	if want.Risk {
		kind = cdsi.Risk
	}
	g := r.Find(name, kind)
	switch {
	case want.Absent && g != nil:
		return fmt.Sprint(g.Status)
	case want.Absent:
		return ""
	case g == nil:
		return "no forecast"
	}
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	for _, x := range [][2]string{{want.Dose, fmt.Sprint(g.DoseNumber)}, {want.Earliest, day(g.Earliest)}, {want.Recommended, day(g.Recommended)}, {want.PastDue, day(g.PastDue)}} {
		if x[0] != "" && x[0] != x[1] {
			return x[1]
		}
	}
	if want.Need == "" {
		return ""
	}
	if need, ok := needs[want.Need]; !ok {
		return "no need " + want.Need
	} else if need != g.Need {
		return fmt.Sprint(g.Need)
	}
	return ""
}

func show(r *immunization.Result) string {
	var b strings.Builder
	for i, d := range r.Doses {
		fmt.Fprintln(&b, i+1, d.When.Day(), d.Code, d.Product, d.Why, d.Antigens)
	}
	for _, g := range r.Groups {
		fmt.Fprintln(&b, g.Name, g.Type, g.Status, g.Need, g.DoseNumber, g.Earliest.Format(time.DateOnly), g.Recommended.Format(time.DateOnly), g.PastDue.Format(time.DateOnly), g.Reasons)
	}
	fmt.Fprintln(&b, r.Person.Observations)
	return b.String()
}
