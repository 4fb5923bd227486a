package book

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"wholechart/decision/cdsi"
	"wholechart/decision/internal/cases"
	"wholechart/decision/prevention"
	"wholechart/decision/rule"
)

// story is a case in words, for a reviewer. Twin is the folder of the case from which
// a near one differs; the rule may be nil, of a case that is about none.
func story(c *Case, e cases.Expected, twin string, r *rule.Rule, names map[string]string) string {
	var b strings.Builder
	title := c.Story
	if r != nil {
		title = r.Title + ": " + title
	}
	if first, size := utf8.DecodeRuneInString(title); size > 0 {
		title = string(unicode.ToUpper(first)) + title[size:]
	}
	fmt.Fprintf(&b, "# %s\n\n", title)
	fmt.Fprintf(&b, "*Case %s/%s. Needs review by a clinician: is what is expected right?*\n", c.Area, c.Where)
	list := func(head string, of []string, say func(string) string, none string) {
		fmt.Fprintf(&b, "\n## %s\n\n", head)
		for _, f := range of {
			fmt.Fprintf(&b, "- %s\n", say(f))
		}
		if len(of) == 0 {
			fmt.Fprintln(&b, none)
		}
	}
	list("Who, and what the record has", c.Facts, func(f string) string { return c.spelled(plain(c.concepts(f), names)) }, "Nothing but the person.")
	list("What is about to be ordered", c.Order, func(o string) string { return c.spelled(ordered(o)) }, "Nothing: the record itself is looked at.")
	list("What is expected", answers(e, c.Rule), func(a string) string { return a }, "")
	switch c.Kind {
	case Positive:
		b.WriteString("\nKind: the rule speaks.\n")
	case Negative:
		b.WriteString("\nKind: the rule is silent.\n")
	case Near:
		fmt.Fprintf(&b, "\nKind: boundary. It differs in one thing from [%s](../%s/%s), which is answered the other way.\n", path.Base(twin), twin, StoryFile)
	}
	fmt.Fprintf(&b, "\nThe clock: %s. What is told without a date was a month before it. Sites other than Maple are outside.\n", cases.Now.Format("15:04 UTC on Monday 2 January 2006"))
	b.WriteString("\n## The rule\n\n")
	if r == nil {
		switch c.Rule {
		case "":
			b.WriteString("None alone: the case is about what all rules of vaccines say of this person, by the CDC's schedule.\n")
		default:
			fmt.Fprintf(&b, "`%s`: no single rule, but what the whole check says.\n", c.Rule)
		}
		return b.String()
	}
	fmt.Fprintf(&b, "`%s` %s (%s), version %s, speaks at most as: %s.\n\n", r.ID, r.Title, r.Kind, r.Version, r.Level)
	fmt.Fprintf(&b, "- Source: %s, %s", r.Citation, r.Date)
	if r.URL != "" {
		fmt.Fprintf(&b, " <%s>", r.URL)
	}
	b.WriteString("\n- State: " + state(r) + "\n")
	if r.Reviewed == "" {
		b.WriteString("- Needs review by a clinician before use in care.\n")
	}
	return b.String()
}

var (
	concept = regexp.MustCompile(`^(\w+) ([a-z][a-z0-9-]*)`)
	cvx     = regexp.MustCompile(`\bCVX (\d+)`)
	aged    = regexp.MustCompile(`@(?:(\d+)y)?(?:(\d+)mo)?(?:(\d+)wk)?(?:([+-])(\d+)d)?`)
)

// concepts gives a concept of prevention's tables its name: "problem ckd (chronic
// kidney disease)".
func (c *Case) concepts(fact string) string {
	if m := concept.FindStringSubmatch(fact); m != nil && c.Area == "prevention" {
		if _, _, name, ok := prevention.Coded(m[2]); ok && name != m[2] {
			return m[0] + " (" + name + ")" + fact[len(m[0]):]
		}
	}
	return fact
}

// spelled says what a code of a vaccine is, and an age in words.
func (c *Case) spelled(s string) string {
	if c.Area != "immunization" {
		return s
	}
	s = cvx.ReplaceAllStringFunc(s, func(m string) string {
		if name := cdsi.VaccineName(m[4:]); name != "" {
			return m + " (" + name + ")"
		}
		return m
	})
	return aged.ReplaceAllStringFunc(s, func(a string) string {
		m := aged.FindStringSubmatch(a)
		out := "at the age of"
		for i, unit := range []string{" years", " months", " weeks"} {
			if m[i+1] != "" {
				out += " " + m[i+1] + unit
			}
		}
		if m[5] != "" {
			out += map[string]string{"+": " and ", "-": " less "}[m[4]] + m[5] + " days"
		}
		return out
	})
}

// state is how far a rule was held against something, in words.
func state(r *rule.Rule) string {
	var out []string
	if r.Reviewed != "" {
		out = append(out, "reviewed by a clinician "+r.Reviewed)
	}
	if r.Checked != "" {
		out = append(out, "checked "+r.Checked+": "+r.Against)
	}
	if len(out) == 0 {
		return string(r.State())
	}
	return strings.Join(out, ". ")
}
