package caution

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// when is what must hold: of each clause one term.
type when [][]term

// term is one condition of a rule.
type term struct {
	kind   string // had, ever, not, test, age, pregnant, maybe, lactating, takes, sex, smoker, short-acting, for, dose, times
	name   string // of a concept or test; the sex
	op     string
	value  float64
	unit   string
	takes  map[string]bool
	none   bool   // of takes: that none of them is taken
	phrase string // as written, to tell gaps apart
}

var comparison = regexp.MustCompile(`^([a-z0-9-]+) (<=|>=|<|>) ([0-9.]+)(?: (\S+))?$`)

// parseWhen reads a cell:
//
//	heart-failure or ckd and egfr < 30
//
// "and" is between clauses, "or" between the terms of one. A term is a concept
// (going on), "ever" and a concept (or past), "not" and a concept (never
// recorded); a test, "age", "pregnant", "for" (days taken), "dose" (a day),
// "times" (a day) with a comparison; "pregnant", "may be pregnant", "lactating",
// "female", "male", "smoker", "short-acting" (no word says otherwise); "takes" or
// "not takes" and members joined by "+".
func (k *knowledge) parseWhen(cell string) (when, error) {
	var out when
	for clause := range strings.SplitSeq(cell, " and ") {
		var any []term
		for t := range strings.SplitSeq(clause, " or ") {
			x, err := k.parseTerm(strings.TrimSpace(t))
			if err != nil {
				return nil, err
			}
			any = append(any, x)
		}
		out = append(out, any)
	}
	return out, nil
}

func (k *knowledge) parseTerm(s string) (term, error) {
	t := term{phrase: s}
	switch s {
	case "pregnant", "lactating", "smoker", "short-acting":
		t.kind = s
		return t, nil
	case "may be pregnant":
		t.kind = "maybe"
		return t, nil
	case "female", "male":
		t.kind, t.name = "sex", s
		return t, nil
	}
	if who, ok := strings.CutPrefix(strings.TrimPrefix(s, "not "), "takes "); ok {
		list, err := k.members(strings.ReplaceAll(who, "+", ","))
		t.kind, t.takes, t.none = "takes", map[string]bool{}, strings.HasPrefix(s, "not ")
		for _, m := range list {
			t.takes[m.name] = true
		}
		return t, err
	}
	for _, kind := range []string{"ever", "not"} {
		if name, ok := strings.CutPrefix(s, kind+" "); ok {
			t.kind, t.name = kind, name
			return t, k.known(name)
		}
	}
	m := comparison.FindStringSubmatch(s)
	if m == nil {
		t.kind, t.name = "had", s
		return t, k.known(s)
	}
	t.name, t.op, t.unit = m[1], m[2], m[4]
	var err error
	if t.value, err = strconv.ParseFloat(m[3], 64); err != nil {
		return t, err
	}
	switch t.name {
	case "age", "pregnant", "for", "dose", "times":
		t.kind = t.name
		want := map[string]string{"age": "y mo d", "pregnant": "wk", "for": "d", "dose": "mg mcg g", "times": ""}[t.name]
		if want != "" && !strings.Contains(want, t.unit) || want != "" && t.unit == "" {
			return t, fmt.Errorf("%q has no unit", s)
		}
		return t, nil
	}
	t.kind = "test"
	x := k.tests[t.name]
	if bare := t.name == "egfr" || t.name == "crcl" || t.name == "inr"; x == nil || x.unit != t.unit && !(bare && t.unit == "") {
		return t, fmt.Errorf("no test, or not its unit: %q", s)
	}
	return t, nil
}

func (k *knowledge) known(concept string) error {
	if k.concepts[concept] == nil {
		return fmt.Errorf("no concept %q", concept)
	}
	return nil
}

// holds compares the bounds between which a number lies with a limit: yes or no
// where all of them agree. A hair's breadth is no difference: units are converted.
func holds(op string, low, high, limit float64) tri {
	const hair = 1e-9
	eps := hair * max(1, limit)
	one := func(x float64) bool {
		switch op {
		case "<":
			return x < limit-eps
		case "<=":
			return x <= limit+eps
		case ">":
			return x > limit+eps
		}
		return x >= limit-eps
	}
	a, b := one(low), one(high)
	switch {
	case a && b:
		return yes
	case !a && !b:
		return no
	}
	return unknown
}

// tri is what is known of a statement.
type tri int8

const (
	no tri = iota - 1
	unknown
	yes
)
