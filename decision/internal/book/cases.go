package book

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"wholechart/decision/internal/cases"
)

// Kind says what a case shows of its rule.
type Kind string

// The kinds of cases. A near case is the boundary: it differs from a case that is
// answered the other way in one fact, one number or one order.
const (
	Positive Kind = "speaks"
	Negative Kind = "is silent"
	Near     Kind = "boundary"
)

// Case is one line of a testdata/cases file, as words.
type Case struct {
	Area  string // the package whose rules it is about
	Where string // file:line
	Rule  string // "" of most of immunization, whose cases are about a person
	Story string
	Facts []string
	Order []string
	Want  string
	Kind  Kind
	Line  string // as it is written
	Twin  string // of a near case: where the case stands that it differs from in one thing
}

// Areas are the packages that have cases, in the order of the checks.
var Areas = []string{"medicine", "caution", "test", "imaging", "immunization", "prevention"}

// Read reads the cases of an area below a folder: decision itself.
func Read(dir, area string) ([]Case, error) {
	lines, err := cases.Lines(filepath.Join(dir, area, "testdata", "cases", "*.txt"))
	if err != nil {
		return nil, err
	}
	var out []Case
	for _, l := range lines {
		c, err := parse(area, l.Text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.Where, err)
		}
		c.Where, c.Line = l.Where, l.Text
		out = append(out, c)
	}
	mark(out)
	return out, nil
}

func parse(area, line string) (Case, error) {
	p := strings.Split(line, "|")
	for i := range p {
		p[i] = strings.TrimSpace(p[i])
	}
	c := Case{Area: area}
	switch {
	case area == "immunization" && len(p) == 3:
		c.Story, c.Facts, c.Want = p[0], parts(p[1]), p[2]
	case area == "immunization" && len(p) == 4:
		c.Rule, c.Story, c.Facts, c.Want = p[0], p[1], parts(p[2]), p[3]
	case area == "prevention" && len(p) == 4:
		c.Rule, c.Story, c.Facts, c.Want = p[0], p[1], parts(p[2]), p[3]
	case len(p) == 5:
		c.Rule, c.Story, c.Facts, c.Order, c.Want = p[0], p[1], parts(p[2]), parts(p[3]), p[4]
	default:
		return c, fmt.Errorf("a case has another number of parts: %s", line)
	}
	if area == "immunization" { // an order stands among the facts
		c.Facts = slices.DeleteFunc(c.Facts, func(f string) bool {
			if strings.HasPrefix(f, "draft ") {
				c.Order = append(c.Order, f)
				return true
			}
			return false
		})
	}
	c.Kind = Negative
	if c.speaks() {
		c.Kind = Positive
	}
	return c, nil
}

// parts are what stands between semicolons.
func parts(s string) (out []string) {
	for f := range strings.SplitSeq(s, ";") {
		if f = strings.TrimSpace(f); f != "" {
			out = append(out, f)
		}
	}
	return out
}

// speaks says whether the rule is expected to say something.
func (c *Case) speaks() bool {
	if c.Area == "immunization" && c.Rule == "" {
		for _, w := range parts(c.Want) {
			for f := range strings.FieldsSeq(w) {
				switch f {
				case "interrupt", "notice", "due", "overdue", "forbidden", "against", "ask":
					return true
				}
			}
		}
		return false
	}
	first, _, _ := strings.Cut(c.Want, " ")
	return slices.Contains([]string{"quiet", "notice", "interrupt", "due", "overdue"}, first)
}

// mark finds the near cases: of two of one rule that are answered in opposite ways
// and differ in one part, the silent one.
func mark(all []Case) {
	by := map[string][]int{}
	for i, c := range all {
		by[c.Rule] = append(by[c.Rule], i)
	}
	for _, list := range by {
		for _, i := range list {
			if all[i].Kind != Negative {
				continue
			}
			for _, j := range list {
				if all[j].Kind == Positive && near(&all[i], &all[j]) {
					all[i].Kind, all[i].Twin = Near, all[j].Where
					break
				}
			}
		}
	}
	// Where both speak, but not alike, the less loud is near.
	for _, list := range by {
		if slices.ContainsFunc(list, func(i int) bool { return all[i].Kind == Near }) {
			continue
		}
		for _, i := range list {
			for _, j := range list {
				if all[i].Kind == Positive && all[j].Kind == Positive && strings.HasPrefix(all[i].Want, "quiet") && !strings.HasPrefix(all[j].Want, "quiet") && near(&all[i], &all[j]) {
					all[i].Kind, all[i].Twin = Near, all[j].Where
				}
			}
		}
	}
}

// near says whether two cases differ in one part: one fact or order that reads
// otherwise, or one that is there or not.
func near(a, b *Case) bool {
	x, y := append(slices.Clone(a.Facts), a.Order...), append(slices.Clone(b.Facts), b.Order...)
	if len(x) == len(y) {
		n := 0
		for i := range x {
			if x[i] != y[i] {
				n++
			}
		}
		return n == 1
	}
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y) != len(x)+1 {
		return false
	}
	for i := range y {
		if slices.Equal(slices.Delete(slices.Clone(y), i, i+1), x) {
			return true
		}
	}
	return false
}
