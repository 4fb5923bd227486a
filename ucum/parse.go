package ucum

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// parser reads one unit code from left to right.
//
//	main-term  = "/" term | term
//	term       = component { ("." | "/") component }        left to right, §7
//	component  = "(" main-term ")" | annotation | (factor | simple [exponent]) [annotation]
//	simple     = [prefix] atom
type parser struct {
	code  string
	at    int
	depth int
	table *definitions
}

func parse(code string) (*parsed, error) {
	if len(code) > maxCode {
		return nil, &SyntaxError{maxCode, fmt.Sprintf("longer than %d bytes", maxCode)}
	}
	if code == "" {
		return newParsed("", unity.value), nil
	}
	code = strings.Clone(code) // not the document it was cut from
	v, err := (&parser{code: code, table: table()}).parse()
	if err != nil {
		return nil, err
	}
	return newParsed(code, v), nil
}

func (p *parser) parse() (value, error) {
	v, err := p.term()
	if err == nil && p.at < len(p.code) {
		err = p.errorf(p.at, "unmatched )")
	}
	return v, err
}

func (p *parser) errorf(at int, format string, args ...any) error {
	return &SyntaxError{at, fmt.Sprintf(format, args...)}
}

// reason is an error of this package as a part of another.
func reason(err error) string { return strings.TrimPrefix(err.Error(), "ucum: ") }

// peek returns the next byte, or 0 at the end.
func (p *parser) peek() byte {
	if p.at < len(p.code) {
		return p.code[p.at]
	}
	return 0
}

// term reads a main-term up to the end or a closing parenthesis.
func (p *parser) term() (value, error) {
	result := value{magnitude: big.NewRat(1, 1)}
	operator := byte('.')
	if p.peek() == '/' { // §7: the division operator may be unary
		operator = '/'
		p.at++
	}
	for {
		at := p.at
		v, err := p.component()
		if err != nil {
			return value{}, err
		}
		n := 1
		if operator == '/' {
			n = -1
		}
		if result, err = multiply(result, v, n); err != nil {
			return value{}, p.errorf(at, "%s", reason(err))
		}
		switch operator = p.peek(); operator {
		case '.', '/':
			p.at++
		case 0, ')':
			if p.at == len(p.code) || operator == ')' {
				return result, nil
			}
			fallthrough
		default:
			return value{}, p.errorf(p.at, "expected . or / before %s", p.excerpt(p.at))
		}
	}
}

func (p *parser) component() (value, error) {
	start := p.at
	var v value
	var err error
	switch c := p.peek(); {
	case p.at == len(p.code):
		return value{}, p.errorf(start, "a unit is missing at the end")
	case c == '(':
		return p.group()
	case c == '{':
		v = value{magnitude: big.NewRat(1, 1)} // §6: an annotation alone is the unity
		return v, p.annotation()
	case c >= '0' && c <= '9' && !p.tenPower():
		v, err = p.factor()
	default:
		v, err = p.simple()
	}
	if err == nil && p.peek() == '{' {
		err = p.annotation()
	}
	return v, err
}

func (p *parser) group() (value, error) {
	start := p.at
	if p.depth++; p.depth > maxDepth {
		return value{}, p.errorf(start, "more than %d nested parentheses", maxDepth)
	}
	p.at++
	v, err := p.term()
	if err != nil {
		return value{}, err
	}
	if p.peek() != ')' {
		return value{}, p.errorf(start, "( is not closed")
	}
	p.at++
	p.depth--
	return v, nil
}

// annotation skips {…}: "annotations do not contribute to the semantics" (§6).
// Its text may be anything a person wrote, so no error quotes it.
func (p *parser) annotation() error {
	start := p.at
	for p.at++; p.at < len(p.code); p.at++ {
		switch c := p.code[p.at]; {
		case c == '}':
			if p.at == start+1 {
				return p.errorf(start, "annotation is empty")
			}
			p.at++
			return nil
		case c < 33 || c > 126 || c == '{':
			return p.errorf(p.at, "character not allowed in an annotation")
		}
	}
	return p.errorf(start, "{ is not closed")
}

// tenPower reports whether the atom 10* or 10^ comes next.
func (p *parser) tenPower() bool {
	rest := p.code[p.at:]
	return strings.HasPrefix(rest, "10*") || strings.HasPrefix(rest, "10^")
}

func (p *parser) digits() string {
	start := p.at
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.at++
	}
	return p.code[start:p.at]
}

func (p *parser) factor() (value, error) {
	start := p.at
	n, _ := new(big.Int).SetString(p.digits(), 10)
	if n.Sign() == 0 {
		return value{}, p.errorf(start, "a factor must be a positive integer")
	}
	return value{magnitude: new(big.Rat).SetInt(n)}, nil
}

func (p *parser) simple() (value, error) {
	start := p.at
	symbol, err := p.symbol()
	if err != nil {
		return value{}, err
	}
	v, err := p.atom(start, symbol)
	if err != nil {
		return value{}, err
	}
	n, at := 1, p.at
	if c := p.peek(); c == '+' || c == '-' || c >= '0' && c <= '9' {
		if c == '+' || c == '-' {
			p.at++
		}
		digits := p.digits()
		if digits == "" {
			return value{}, p.errorf(at, "an exponent is missing after %c", c)
		}
		if n, err = strconv.Atoi(digits); err != nil || n > maxExponent {
			return value{}, p.errorf(at, "exponent greater than %d", maxExponent)
		}
		if c == '-' {
			n = -n
		}
	}
	if n == 1 {
		return v, nil
	}
	if v, err = multiply(unity.value, v, n); err != nil {
		return value{}, p.errorf(start, "%s", reason(err))
	}
	return v, nil
}

// symbol reads the characters of a unit symbol. Anything may stand between
// square brackets (§5).
func (p *parser) symbol() (string, error) {
	start := p.at
	if p.tenPower() {
		p.at += 3
		return p.code[start:p.at], nil
	}
	for ; p.at < len(p.code); p.at++ {
		switch c := p.code[p.at]; {
		case c < 33 || c > 126:
			return "", p.errorf(p.at, "character not allowed in a unit code")
		case c == '[':
			end := strings.IndexByte(p.code[p.at:], ']')
			if end < 0 {
				return "", p.errorf(p.at, "[ is not closed")
			}
			p.at += end
		case c >= '0' && c <= '9', strings.IndexByte("./(){}+-", c) >= 0:
			if p.at == start {
				return "", p.errorf(start, "expected a unit, not %c", c)
			}
			return p.code[start:p.at], nil
		}
	}
	return p.code[start:p.at], nil
}

// atom gives the meaning of a symbol: an atom, else a prefix and a metric atom
// (§11).
func (p *parser) atom(at int, symbol string) (value, error) {
	if a, err := p.table.resolve(symbol); a != nil || err != nil {
		return a.orZero(), err
	}
	prefixed := ""
	for _, n := range [2]int{2, 1} { // "da" before "d"
		if len(symbol) <= n {
			continue
		}
		prefix := p.table.prefixes[symbol[:n]]
		if prefix == nil {
			continue
		}
		a, err := p.table.resolve(symbol[n:])
		if err != nil {
			return value{}, err
		}
		if a == nil {
			continue
		}
		if !a.metric {
			prefixed = symbol[n:]
			continue
		}
		v := a.value
		v.magnitude = new(big.Rat).Mul(prefix, v.magnitude)
		return v, nil
	}
	if prefixed != "" {
		return value{}, p.errorf(at, "%s takes no prefix", prefixed)
	}
	return value{}, p.errorf(at, "%s is not a unit", p.excerpt(at))
}

func (a *atom) orZero() value {
	if a == nil {
		return value{}
	}
	return a.value
}

// excerpt quotes up to 16 bytes of the code, not into an annotation.
func (p *parser) excerpt(at int) string {
	rest := p.code[at:min(at+16, len(p.code))]
	if i := strings.IndexAny(rest, "{./()"); i > 0 {
		rest = rest[:i]
	}
	return strconv.QuoteToASCII(rest)
}

// multiply returns a × b^n. A special unit may be scaled by a number and nothing
// else (§22 ■3–4).
func multiply(a, b value, n int) (value, error) {
	switch {
	case a.special != nil && (b.special != nil || len(b.powers) > 0):
		return value{}, ErrSpecial
	case b.special != nil && (n != 1 || len(a.powers) > 0):
		return value{}, ErrSpecial
	}
	m, err := pow(b.magnitude, n)
	if err != nil {
		return value{}, err
	}
	m.Mul(m, a.magnitude)
	if tooBig(m) {
		return value{}, errMagnitude
	}
	v := value{magnitude: m, powers: a.powers.times(b.powers, n), special: a.special}
	if b.special != nil {
		v.special = b.special
	}
	return v, nil
}
