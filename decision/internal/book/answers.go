package book

import (
	"fmt"
	"strings"

	"wholechart/decision/cdsi"
	"wholechart/decision/internal/cases"
)

// quoted are words that must be said, and that must not.
func quoted(w cases.Words) string {
	list := func(of []string) string { return "“" + strings.Join(of, "”, “") + "”" }
	switch {
	case len(w.Says) > 0 && len(w.SaysNot) > 0:
		return ". It says " + list(w.Says) + ", but not " + list(w.SaysNot)
	case len(w.Says) > 0:
		return ". It says " + list(w.Says)
	case len(w.SaysNot) > 0:
		return ". It does not say " + list(w.SaysNot)
	}
	return ""
}

var loud = map[string]string{
	"quiet":     "is quiet: a mark that is opened by who wants to know",
	"notice":    "gives notice: a card beside the work, without a question",
	"interrupt": "interrupts: it asks for a reason when the order is kept",
}

// answers says in words what is expected of a case of a rule ("": of none).
func answers(e cases.Expected, of string) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	switch {
	case e.None && of == "":
		say("No rule says anything.")
	case e.None:
		say("The rule says nothing.")
	}
	for _, c := range e.Cards {
		who := "The rule"
		if c.Rule == "" {
			who = "One rule"
		}
		what := loud[c.Level]
		if what == "" {
			what = c.Level
		}
		say("%s %s%s.", who, what, quoted(c.Words))
	}
	if g := e.Gap; g != nil {
		if len(g.Says) > 0 || len(g.SaysNot) == 0 {
			say("It is said that something could not be checked%s.", quoted(cases.Words{Says: g.Says}))
		}
		if len(g.SaysNot) > 0 {
			say("Nothing of “%s” is said to be unchecked.", strings.Join(g.SaysNot, "”, “"))
		}
	}
	if e.Due != nil {
		say("The recommendation is: %s%s.", e.Due.Status, quoted(cases.Words{Says: e.Due.Says}))
	}
	if e.Vaccines != nil {
		out = append(out, forecast(e.Vaccines)...)
	}
	return out
}

// needed are the needs of a vaccine group as pages call them.
var needed = map[string]string{"overdue": "overdue", "due": "due now", "may": "may be given", "later": "later", "none": "none recorded", "forbidden": "contraindicated",
	"declined": "declined", "finished": "complete", "notneeded": "not needed", "season": "not known for this season"}

var counted = map[string]string{"counts": "counts", "no": "does not count", "extra": "is one more than needed"}

func observation(code string) string {
	return fmt.Sprintf("“%s” (CDSi %s)", cdsi.ObservationTitle(code), code)
}

func forecast(v *cases.Vaccines) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if v.Doses != nil {
		say("The record has %d doses.", *v.Doses)
	}
	for _, g := range v.Given {
		say("Dose %d %s for %s%s.", g.Dose, counted[g.Counts], g.Group, quoted(cases.Words{Says: nonempty(g.Says)}))
	}
	for _, c := range v.Observed {
		say("The record shows %s.", observation(c))
	}
	for _, c := range v.NotObserved {
		say("The record does not show %s.", observation(c))
	}
	for _, g := range v.Groups {
		name := g.Group
		if g.Risk {
			name += " for those at risk"
		}
		switch {
		case g.Absent:
			say("%s is not spoken of.", name)
		case g.Because != "":
			say("%s is wanted because of %s, with its fact.", name, observation(g.Because))
		case g.Against != "":
			say("%s has %s against it, with its fact.", name, observation(g.Against))
		case g.Need != "":
			say("%s: %s.", name, needed[g.Need])
		case g.Dose != "":
			say("%s: the next is dose %s.", name, g.Dose)
		default:
			for _, d := range [][2]string{{"earliest", g.Earliest}, {"recommended", g.Recommended}, {"past due", g.PastDue}} {
				if d[1] != "" {
					say("%s: %s %s.", name, d[0], d[1])
				}
			}
		}
	}
	for _, w := range v.Asks {
		say("It is asked: “%s”.", w)
	}
	for _, w := range v.Conflicts {
		say("Two sites say otherwise of one dose: “%s”.", w)
	}
	return out
}

func nonempty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
