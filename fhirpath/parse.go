package fhirpath

import "strings"

type nodeKind uint8

const (
	nLiteral  nodeKind = iota // value
	nEmpty                    // {}
	nExternal                 // %name
	nThis
	nIndex
	nTotal
	nMember // left.name, or name when left is nil
	nCall   // left.name(args), or name(args)
	nItem   // left[args[0]]
	nSign   // op left
	nBinary // left op args[0]
	nType   // left is/as name
)

// node is one place of the syntax tree.
type node struct {
	kind  nodeKind
	at    int
	name  string // of a member, function, variable or operator
	left  *node
	args  []*node
	value Value
	typ   typeName // of nType
}

// typeName is a type specifier: FHIR.Patient, System.String, Quantity.
type typeName struct{ space, name string }

// binding powers, weakest first (N1 section 6.8)
var precedence = map[string]int{
	"implies": 1, "or": 2, "xor": 2, "and": 3, "in": 4, "contains": 4,
	"=": 5, "~": 5, "!=": 5, "!~": 5, "<": 6, ">": 6, "<=": 6, ">=": 6,
	"|": 7, "is": 8, "as": 8, "+": 9, "-": 9, "&": 9, "*": 10, "/": 10, "div": 10, "mod": 10,
}

const signPrecedence = 11

type parser struct {
	lex   lexer
	tok   token
	depth int
	count int
}

func parseExpression(text string) (*node, error) {
	if len(text) > maxLength {
		return nil, fail(Syntax, 0, "longer than the limit of %d bytes", maxLength)
	}
	p := parser{lex: lexer{s: text}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.expression(1)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, p.unexpected()
	}
	return n, nil
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lex.next()
	return err
}

func (p *parser) unexpected() error {
	if p.tok.kind == tokEnd {
		return fail(Syntax, p.tok.at, "the expression ends too early")
	}
	return fail(Syntax, p.tok.at, "%q does not belong here", p.tok.text)
}

func (p *parser) symbol(s string) bool { return p.tok.kind == tokSymbol && p.tok.text == s }

func (p *parser) take(s string) error {
	if !p.symbol(s) {
		return p.unexpected()
	}
	return p.advance()
}

func (p *parser) grow(n node) (*node, error) {
	if p.count++; p.count > maxNodes {
		return nil, fail(Syntax, n.at, "more than %d terms", maxNodes)
	}
	return &n, nil
}

func (p *parser) expression(min int) (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fail(Syntax, p.tok.at, "nested deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	left, err := p.operand()
	for err == nil && (p.tok.kind == tokSymbol || p.tok.kind == tokWord) {
		power := precedence[p.tok.text]
		if power == 0 || power < min {
			break
		}
		op := p.tok
		if err = p.advance(); err != nil {
			break
		}
		if op.text == "is" || op.text == "as" {
			var t typeName
			if t, err = p.typeSpecifier(); err == nil {
				left, err = p.grow(node{kind: nType, at: op.at, name: op.text, left: left, typ: t})
			}
			continue
		}
		var right *node
		if right, err = p.expression(power + 1); err == nil {
			left, err = p.grow(node{kind: nBinary, at: op.at, name: op.text, left: left, args: []*node{right}})
		}
	}
	return left, err
}

func (p *parser) typeSpecifier() (t typeName, err error) {
	for {
		if p.tok.kind != tokWord && p.tok.kind != tokDelimited {
			return t, p.unexpected()
		}
		if t.space != "" {
			return t, p.unexpected()
		}
		t.space, t.name = t.name, p.tok.text
		if err := p.advance(); err != nil {
			return t, err
		}
		if !p.symbol(".") {
			return t, nil
		}
		// A dot after a complete name belongs to the type only when the name is a namespace.
		if t.name != "FHIR" && t.name != "System" {
			return t, nil
		}
		if err := p.advance(); err != nil {
			return t, err
		}
	}
}

// operand is a term with its signs, invocations and indexers.
func (p *parser) operand() (*node, error) {
	if p.symbol("-") || p.symbol("+") {
		op := p.tok
		if err := p.advance(); err != nil {
			return nil, err
		}
		x, err := p.expression(signPrecedence)
		if err != nil {
			return nil, err
		}
		return p.grow(node{kind: nSign, at: op.at, name: op.text, left: x})
	}
	n, err := p.term()
	for err == nil {
		switch {
		case p.symbol("."):
			if err = p.advance(); err == nil {
				n, err = p.invocation(n)
			}
		case p.symbol("["):
			at := p.tok.at
			if err = p.advance(); err != nil {
				return nil, err
			}
			var index *node
			if index, err = p.expression(1); err != nil {
				return nil, err
			}
			if err = p.take("]"); err == nil {
				n, err = p.grow(node{kind: nItem, at: at, left: n, args: []*node{index}})
			}
		default:
			return n, nil
		}
	}
	return nil, err
}

// reserved are the keywords that begin no term; as, contains, in and is may.
var reserved = map[string]bool{"and": true, "or": true, "xor": true, "implies": true, "div": true, "mod": true}

// invocation is a member or a function, of left or of the context.
func (p *parser) invocation(left *node) (*node, error) {
	t := p.tok
	if t.kind == tokSymbol && t.text[0] == '$' && left == nil {
		kind := map[string]nodeKind{"$this": nThis, "$index": nIndex, "$total": nTotal}[t.text]
		if err := p.advance(); err != nil {
			return nil, err
		}
		return p.grow(node{kind: kind, at: t.at})
	}
	if t.kind != tokWord && t.kind != tokDelimited || t.kind == tokWord && left == nil && reserved[t.text] {
		return nil, p.unexpected()
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if !p.symbol("(") {
		return p.grow(node{kind: nMember, at: t.at, name: t.text, left: left})
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	var args []*node
	for !p.symbol(")") {
		if len(args) > 0 {
			if err := p.take(","); err != nil {
				return nil, err
			}
		}
		a, err := p.expression(1)
		if err != nil {
			return nil, err
		}
		args = append(args, a)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return p.grow(node{kind: nCall, at: t.at, name: t.text, left: left, args: args})
}

// calendar units as FHIRPath writes them; the value is the singular (N1 section 2.1.9)
var calendarUnits = map[string]string{
	"year": "year", "month": "month", "week": "week", "day": "day", "hour": "hour", "minute": "minute",
	"second": "second", "millisecond": "millisecond", "years": "year", "months": "month", "weeks": "week",
	"days": "day", "hours": "hour", "minutes": "minute", "seconds": "second", "milliseconds": "millisecond",
}

func (p *parser) term() (*node, error) {
	t := p.tok
	switch {
	case p.symbol("("):
		if err := p.advance(); err != nil {
			return nil, err
		}
		n, err := p.expression(1)
		if err != nil {
			return nil, err
		}
		return n, p.take(")")
	case p.symbol("{"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		if err := p.take("}"); err != nil {
			return nil, err
		}
		return p.grow(node{kind: nEmpty, at: t.at})
	case t.kind == tokString, t.kind == tokNumber, t.kind == tokTemporal, t.kind == tokWord && (t.text == "true" || t.text == "false"):
		return p.literal()
	case t.kind == tokExternal:
		if err := p.advance(); err != nil {
			return nil, err
		}
		return p.grow(node{kind: nExternal, at: t.at, name: t.text})
	case t.kind == tokEnd:
		return nil, p.unexpected()
	}
	return p.invocation(nil)
}

func (p *parser) literal() (*node, error) {
	t := p.tok
	if err := p.advance(); err != nil {
		return nil, err
	}
	var v Value
	switch t.kind {
	case tokWord:
		v = Bool(t.text == "true")
	case tokString:
		v = Str(t.text)
	case tokTemporal:
		x, ok := parseTemporalLiteral(t.text)
		if !ok {
			return nil, fail(Syntax, t.at, "no such date or time")
		}
		v = temporalValue(x)
	case tokNumber:
		var ok bool
		if v, ok = parseNumber(t.text); !ok {
			return nil, fail(Syntax, t.at, "a number out of range")
		}
		unit, quantity := "", false
		if p.tok.kind == tokString {
			unit, quantity = p.tok.text, true
		} else if p.tok.kind == tokWord && calendarUnits[p.tok.text] != "" {
			unit, quantity = calendarPrefix+calendarUnits[p.tok.text], true
		}
		if quantity {
			if err := p.advance(); err != nil {
				return nil, err
			}
			d, _ := v.decimal()
			v = quantityValue(&Quantity{Value: d, Unit: strings.TrimSpace(unit)})
		}
	}
	return p.grow(node{kind: nLiteral, at: t.at, value: v})
}
