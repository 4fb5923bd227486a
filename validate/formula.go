package validate

import (
	"strings"

	"wholechart/fhir"
)

// truth is a value of three-valued logic. unknown calls for FHIRPath.
type truth uint8

const (
	unknown truth = iota
	no
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func not(t truth) truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return unknown
}

// formula says of an invariant what can be said from which elements are there,
// without evaluating FHIRPath. Most of R4's invariants are decided by it.
type formula interface{ eval(s *seen) truth }

type (
	connective struct {
		op   string // or, and, xor, implies, =, !=
		a, b formula
	}
	negation struct{ of formula }
	// chain is an expression that is empty where its first element is not there.
	chain struct {
		element string
		alone   bool // nothing follows the element
	}
	// value tests that the element has a value, not only extensions.
	value struct{ element string }
	// oneOf compares a single primitive element with literals.
	oneOf struct {
		element  string
		literals []string
	}
	opaque struct{}
)

func (opaque) eval(*seen) truth { return unknown }

func (f negation) eval(s *seen) truth { return not(f.of.eval(s)) }

func (f connective) eval(s *seen) truth {
	a := f.a.eval(s)
	switch f.op {
	case "or":
		if a == yes {
			return yes
		}
		if b := f.b.eval(s); b == yes || a == no {
			return b
		}
	case "and":
		if a == no {
			return no
		}
		if b := f.b.eval(s); b == no || a == yes {
			return b
		}
	case "implies":
		if a == no {
			return yes
		}
		if b := f.b.eval(s); b == yes || a == yes {
			return b
		}
	default: // xor and !=, =
		b := f.b.eval(s)
		if a != unknown && b != unknown {
			return truthOf((a != b) == (f.op != "="))
		}
	}
	return unknown
}

func (f chain) eval(s *seen) truth { // exists
	place, ok := s.plan.places[f.element]
	switch {
	case !ok:
		return unknown
	case !s.has(place):
		return no
	case f.alone:
		return yes
	}
	return unknown
}

func (f value) eval(s *seen) truth {
	place, ok := s.plan.places[f.element]
	switch {
	case !ok:
		return unknown
	case !s.has(place):
		return no
	case s.values[place].Exists() && s.values[place].Kind() != fhir.Array:
		return yes
	}
	return unknown
}

func (f oneOf) eval(s *seen) truth {
	place, ok := s.plan.places[f.element]
	if !ok || !s.has(place) {
		return unknown // empty compared is empty, which is neither
	}
	v := s.values[place]
	switch v.Kind() {
	case fhir.String, fhir.Bool:
		text := v.Raw()
		if v.Kind() == fhir.String {
			text = v.Decoded()
		}
		for _, l := range f.literals {
			if string(text) == l {
				return yes
			}
		}
		return no
	}
	return unknown
}

// parseFormula reads what it understands of an invariant's FHIRPath; the rest
// is opaque. Precedence is FHIRPath's: implies, then or and xor, then and.
func parseFormula(s string) formula {
	s = strings.TrimSpace(s)
	for len(s) > 1 && s[0] == '(' && closing(s, 0) == len(s)-1 {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	for _, level := range [][]string{{" implies "}, {" or ", " xor "}, {" and "}} {
		if at, op := lastOutside(s, level...); at >= 0 {
			return connective{strings.TrimSpace(op), parseFormula(s[:at]), parseFormula(s[at+len(op):])}
		}
	}
	if at, op := lastOutside(s, "!=", "="); at > 0 && s[at-1] != '<' && s[at-1] != '>' {
		left, right := strings.TrimSpace(s[:at]), strings.TrimSpace(s[at+len(op):])
		if lit, ok := literal(right); ok && isName(left) {
			var f formula = oneOf{left, []string{lit}}
			if op == "!=" {
				f = negation{f}
			}
			return f
		}
		return connective{op, parseFormula(left), parseFormula(right)}
	}
	if at, op := lastOutside(s, " in "); at > 0 {
		name, list := strings.TrimSpace(s[:at]), strings.TrimSpace(s[at+len(op):])
		if isName(name) && strings.HasPrefix(list, "(") && strings.HasSuffix(list, ")") {
			f := oneOf{element: name}
			for part := range strings.SplitSeq(list[1:len(list)-1], "|") {
				lit, ok := literal(strings.TrimSpace(part))
				if !ok {
					return opaque{}
				}
				f.literals = append(f.literals, lit)
			}
			return f
		}
		return opaque{}
	}
	return parseChain(s)
}

func parseChain(s string) formula {
	if _, op := lastOutside(s, "|", "&", "+", "-", "<", ">", "~", " "); op != "" {
		return opaque{}
	}
	if rest, ok := strings.CutSuffix(s, ".not()"); ok {
		return negation{parseFormula(rest)}
	}
	if rest, ok := strings.CutSuffix(s, ".hasValue()"); ok && isName(rest) {
		return value{rest}
	}
	negate := false
	rest, ok := strings.CutSuffix(s, ".exists()")
	if !ok {
		if rest, ok = strings.CutSuffix(s, ".empty()"); !ok {
			return opaque{}
		}
		negate = true
	}
	end := 0
	for end < len(rest) && isLetter(rest[end]) {
		end++
	}
	if end == 0 || end < len(rest) && rest[end] != '.' {
		return opaque{}
	}
	for _, part := range segments(rest[end:]) {
		if open := strings.IndexByte(part, '('); open >= 0 && !strict[part[:open]] {
			return opaque{}
		}
	}
	var f formula = chain{rest[:end], end == len(rest)}
	if negate {
		f = negation{f}
	}
	return f
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func isName(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) {
			return false
		}
	}
	return s != "" && (s[0] > '9')
}

func literal(s string) (string, bool) {
	if s == "true" || s == "false" {
		return s, true
	}
	if len(s) >= 2 && s[0] == '\'' && strings.IndexByte(s[1:], '\'') == len(s)-2 && !strings.Contains(s, `\`) {
		return s[1 : len(s)-1], true
	}
	return "", false
}

// closing is the index of the parenthesis that closes the one at open.
func closing(s string, open int) int {
	depth := 0
	for i := open; i < len(s); i++ {
		switch s[i] {
		case '\'':
			i = quoteEnd(s, i)
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func quoteEnd(s string, i int) int {
	for i++; i < len(s) && s[i] != '\''; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	return i
}

// lastOutside is the last place, outside parentheses and quotes, of any of the
// words; the first word listed wins a place.
func lastOutside(s string, words ...string) (at int, word string) {
	at = -1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\'':
			i = quoteEnd(s, i)
			continue
		case '(':
			if i = closing(s, i); i < 0 {
				return -1, ""
			}
			continue
		}
		for _, w := range words {
			if strings.HasPrefix(s[i:], w) {
				at, word = i, w
				i += len(w) - 1
				break
			}
		}
	}
	return at, word
}

// strict are functions of which nothing follows from nothing.
var strict = map[string]bool{"where": true, "select": true, "ofType": true, "as": true, "first": true, "last": true, "tail": true, "resolve": true, "trace": true}

// segments cuts at the dots outside parentheses.
func segments(s string) []string {
	var out []string
	for s != "" {
		at, _ := lastOutside(s, ".")
		out = append(out, s[at+1:])
		s = s[:max(at, 0)]
	}
	return out
}
