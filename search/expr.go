package search

import (
	"fmt"
	"strconv"
	"strings"
)

// The expressions of search parameters are nearly all plain walks through a
// resource: names, ofType, one where of one kind. Those are read here and
// walked without an interpreter; anything else is left to package fhirpath.

type op uint8

const (
	opName     op = iota // arg: element name
	opType               // arg: type (ofType, as, is)
	opWhere              // arg = value: where(arg='value')
	opIndex              // at
	opResolves           // arg: type of where(resolve() is T)
)

type step struct {
	op    op
	arg   string
	value string
	at    int
}

// text is the normal form: equal walks have equal text.
func (s step) text() string {
	switch s.op {
	case opType:
		return "ofType(" + s.arg + ")"
	case opWhere:
		return "where(" + s.arg + "='" + s.value + "')"
	case opIndex:
		return "[" + strconv.Itoa(s.at) + "]"
	case opResolves:
		return "where(resolve() is " + s.arg + ")"
	}
	return s.arg
}

func textOf(steps []step) string {
	parts := make([]string, len(steps))
	for i, s := range steps {
		parts[i] = s.text()
	}
	return strings.Join(parts, ".")
}

// union splits an expression at its outermost |.
func union(expr string) []string {
	var out []string
	depth, from, quoted := 0, 0, false
	for i := 0; i < len(expr); i++ {
		switch c := expr[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == '|' && depth == 0:
			out = append(out, strings.TrimSpace(expr[from:i]))
			from = i + 1
		}
	}
	if last := strings.TrimSpace(expr[from:]); last != "" {
		out = append(out, last)
	}
	return out
}

// walkOf reads a plain walk; an error says that it is not one.
func walkOf(expr string) ([]step, error) {
	p := exprParser{s: expr}
	steps, err := p.path()
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(p.s) {
		return nil, fmt.Errorf("not a plain walk at %d of %q", p.at, expr)
	}
	return steps, nil
}

type exprParser struct {
	s  string
	at int
}

func (p *exprParser) space() {
	for p.at < len(p.s) && p.s[p.at] == ' ' {
		p.at++
	}
}

func (p *exprParser) take(token string) bool {
	p.space()
	if strings.HasPrefix(p.s[p.at:], token) {
		p.at += len(token)
		return true
	}
	return false
}

func (p *exprParser) word() string {
	p.space()
	from := p.at
	for p.at < len(p.s) {
		c := p.s[p.at]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '%' {
			break
		}
		p.at++
	}
	return p.s[from:p.at]
}

func (p *exprParser) fail() error { return fmt.Errorf("not a plain walk at %d of %q", p.at, p.s) }

func (p *exprParser) path() (steps []step, err error) {
	if p.take("(") {
		if steps, err = p.path(); err != nil {
			return nil, err
		}
		if !p.take(")") {
			return nil, p.fail()
		}
	} else if w := p.word(); w != "" {
		steps = []step{{op: opName, arg: w}}
	} else {
		return nil, p.fail()
	}
	for {
		switch {
		case p.take("."):
			s, err := p.member()
			if err != nil {
				return nil, err
			}
			steps = append(steps, s)
		case p.take("["):
			n, err := strconv.Atoi(p.word())
			if err != nil || !p.take("]") {
				return nil, p.fail()
			}
			steps = append(steps, step{op: opIndex, at: n})
		case p.take(" as ") || p.at > 0 && p.s[p.at-1] == ' ' && p.take("as "):
			steps = append(steps, step{op: opType, arg: p.word()})
		default:
			return steps, nil
		}
	}
}

func (p *exprParser) member() (step, error) {
	name := p.word()
	if name == "" {
		return step{}, p.fail()
	}
	if !p.take("(") {
		return step{op: opName, arg: name}, nil
	}
	var s step
	switch name {
	case "ofType", "as":
		s = step{op: opType, arg: p.word()}
		if s.arg == "DateTime" { // a slip in the definition of code-value-date
			s.arg = "dateTime"
		}
	case "where":
		if p.take("resolve()") {
			if !p.take("is ") {
				return step{}, p.fail()
			}
			s = step{op: opResolves, arg: p.word()}
			break
		}
		s = step{op: opWhere, arg: p.word()}
		if !p.take("=") || !p.take("'") {
			return step{}, p.fail()
		}
		end := strings.IndexByte(p.s[p.at:], '\'')
		if end < 0 {
			return step{}, p.fail()
		}
		s.value = p.s[p.at : p.at+end]
		p.at += end + 1
	default:
		return step{}, p.fail()
	}
	if s.arg == "" || !p.take(")") {
		return step{}, p.fail()
	}
	return s, nil
}
