package fhirpath

import "slices"

// Check says whether the expression can mean something on input of a FHIR type
// ("Patient", "Patient.contact", "date"): every element it names exists on some
// type the term can have there, functions get the types they are for, and what
// has no order is not asked for its first. The error is an *Error with Stage
// Semantic. An empty or unknown type leaves the input open.
//
// Eval does not need it: there, an element that a type does not have is empty.
// Search parameters, which join paths of many types, do not pass it.
func (e *Expr) Check(typ string) error {
	k := checker{root: anything}
	if s := shapeOf(typ); s != nil {
		k.root = ofShape(s)
	}
	k.this = k.root
	_, err := k.infer(e.root)
	return err
}

// static is what is known of a term beforehand: the types it can have, unless
// open, when it can have any.
type static struct {
	open      bool
	shapes    []*shape
	kinds     uint16 // bits of Kind
	unordered bool   // N1 section 5.8: children() has no defined order
}

var anything = static{open: true}

func ofKind(k Kind) static { return static{kinds: 1 << k} }

func ofShape(s *shape) static {
	if s.name == "Resource" || s.name == "DomainResource" || s.name == "Element" || s.name == "BackboneElement" {
		return anything
	}
	return static{shapes: []*shape{s}}
}

func (a static) or(b static) static {
	out := static{open: a.open || b.open, kinds: a.kinds | b.kinds, unordered: a.unordered || b.unordered}
	out.shapes = slices.Clone(a.shapes)
	for _, s := range b.shapes {
		if !slices.Contains(out.shapes, s) {
			out.shapes = append(out.shapes, s)
		}
	}
	return out
}

// can says whether the term can be, or convert to, one of the kinds.
func (a static) can(kinds ...Kind) bool {
	if a.open || a.kinds == 0 && len(a.shapes) == 0 {
		return true
	}
	for _, k := range kinds {
		if a.kinds&(1<<k) != 0 {
			return true
		}
		for _, s := range a.shapes {
			if s.primitive && s.system == k || k == QuantityKind && s.isA(shapeOf("Quantity")) {
				return true
			}
		}
	}
	return false
}

type checker struct{ root, this static }

func (k *checker) infer(n *node) (static, error) {
	switch n.kind {
	case nLiteral:
		return ofKind(n.value.kind), nil
	case nThis:
		return k.this, nil
	case nIndex:
		return ofKind(Integer), nil
	case nExternal:
		switch {
		case n.name == "context":
			return k.root, nil
		case externals[n.name] != "":
			return ofKind(String), nil
		}
		return anything, nil
	case nMember:
		return k.member(n)
	case nCall:
		return k.call(n)
	case nItem:
		if _, err := k.infer(n.args[0]); err != nil {
			return static{}, err
		}
		in, err := k.infer(n.left)
		if err == nil && in.unordered {
			err = fail(Semantic, n.at, "an index into what has no order")
		}
		return in, err
	case nSign:
		return k.infer(n.left)
	case nType:
		in, err := k.infer(n.left)
		if err != nil || n.name == "is" {
			return ofKind(Boolean), err
		}
		return k.cast(in, n.typ, n.at)
	case nBinary:
		return k.binary(n)
	}
	return anything, nil // {} and $total
}

func (k *checker) member(n *node) (static, error) {
	in := k.this
	if n.left != nil {
		var err error
		if in, err = k.infer(n.left); err != nil {
			return in, err
		}
	} else if s := shapeOf(n.name); s != nil && n.name[0] >= 'A' && n.name[0] <= 'Z' {
		if in.open {
			return in, nil
		}
		for _, have := range in.shapes {
			if have.isA(s) {
				return in, nil
			}
		}
		return in, fail(Semantic, n.at, "the context is not of type %s", n.name)
	}
	if in.open {
		return static{open: true, unordered: in.unordered}, nil
	}
	out, found := static{unordered: in.unordered}, false
	for _, s := range in.shapes {
		e := s.element(n.name)
		if e == nil {
			continue
		}
		found = true
		for i := range e.options {
			out = out.or(ofShape(e.options[i].shape))
		}
	}
	for kind := Boolean; kind <= TypeInfo; kind++ {
		if in.kinds&(1<<kind) == 0 {
			continue
		}
		switch {
		case kind == QuantityKind && n.name == "value":
			out, found = out.or(ofKind(Decimal)), true
		case kind == QuantityKind && (n.name == "unit" || n.name == "code"), kind == TypeInfo && (n.name == "name" || n.name == "namespace"):
			out, found = out.or(ofKind(String)), true
		}
	}
	if !found && (len(in.shapes) > 0 || in.kinds != 0) {
		return out, fail(Semantic, n.at, "no element %s here", n.name)
	}
	return out, nil
}

func (k *checker) cast(in static, t typeName, at int) (static, error) {
	w, err := resolveType(t, at)
	if err != nil {
		return in, err
	}
	out := static{unordered: in.unordered}
	switch {
	case w.any:
		return in, nil
	case w.fhir != nil && w.system == Absent:
		out = out.or(ofShape(w.fhir))
	case w.fhir == nil:
		out.kinds = 1 << w.system
	default:
		out = out.or(ofShape(w.fhir))
		out.kinds = 1 << w.system
	}
	return out, nil
}

func (k *checker) binary(n *node) (static, error) {
	a, err := k.infer(n.left)
	if err != nil {
		return a, err
	}
	b, err := k.infer(n.args[0])
	if err != nil {
		return b, err
	}
	switch n.name {
	case "|":
		return a.or(b), nil
	case "&":
		return ofKind(String), nil
	case "+", "-", "*", "/", "div", "mod":
		temporal := a.can(Date, DateTime, Time) && !a.can(Integer, Decimal, QuantityKind, String)
		if temporal && !b.can(QuantityKind) {
			return a, fail(Semantic, n.at, "a date or time is moved by a quantity only")
		}
		if n.name == "div" {
			return ofKind(Integer), nil
		}
		if temporal {
			return a, nil
		}
		return static{open: true}, nil
	}
	return ofKind(Boolean), nil
}

// within infers an argument with another focus.
func (k *checker) within(this static, n *node) (static, error) {
	outer := k.this
	defer func() { k.this = outer }()
	k.this = this
	return k.infer(n)
}

// what each function is for and what it gives; a function that is in no list
// gives what it was given.
var (
	givesBoolean = wordSet(`empty exists all allTrue anyTrue allFalse anyFalse subsetOf supersetOf isDistinct not is hasValue startsWith endsWith
		contains matches matchesFull comparable conformsTo memberOf htmlChecks subsumes subsumedBy toBoolean convertsToBoolean convertsToInteger
		convertsToDecimal convertsToString convertsToDate convertsToDateTime convertsToTime convertsToQuantity`)
	givesText    = wordSet(`upper lower trim substring replace replaceMatches toChars split join encode decode escape unescape toString`)
	givesInteger = wordSet(`count length indexOf lastIndexOf toInteger precision`)
	givesOpen    = wordSet(`children descendants resolve aggregate getValue abs ceiling floor truncate round exp ln log power sqrt lowBoundary
		highBoundary elementDefinition slice`)
	needsText  = wordSet(`startsWith endsWith contains matches matchesFull upper lower trim substring replace replaceMatches toChars split length indexOf lastIndexOf`)
	needsOrder = wordSet(`first last tail skip take`)
	asFocus    = wordSet(`where select all exists repeat aggregate trace sort iif`)
	givesKind  = map[string]Kind{"toDecimal": Decimal, "toDate": Date, "toDateTime": DateTime, "toTime": Time, "toQuantity": QuantityKind,
		"now": DateTime, "today": Date, "timeOfDay": Time, "type": TypeInfo}
)

func (k *checker) call(n *node) (static, error) {
	in := k.this
	if n.left != nil {
		var err error
		if in, err = k.infer(n.left); err != nil {
			return in, err
		}
	}
	if needsText[n.name] && !in.can(Boolean, Integer, Decimal, String, Date, DateTime, Time) {
		return in, fail(Semantic, n.at, "%s() is for strings", n.name)
	}
	if needsOrder[n.name] && in.unordered {
		return in, fail(Semantic, n.at, "%s() of what has no order", n.name)
	}
	switch n.name {
	case "is", "as", "ofType":
		t, ok := typeArgument(n.args[0])
		if !ok {
			return in, fail(Semantic, n.at, "%s() needs the name of a type", n.name)
		}
		out, err := k.cast(in, t, n.at)
		if n.name == "is" {
			out = ofKind(Boolean)
		}
		return out, err
	case "repeat":
		return k.repeat(n, in)
	}
	args := make([]static, len(n.args))
	for i, a := range n.args {
		focus := k.this
		if asFocus[n.name] && !(n.name == "trace" && i == 0) && !(n.name == "aggregate" && i == 1) {
			focus = in
		}
		var err error
		if args[i], err = k.within(focus, a); err != nil {
			return in, err
		}
	}
	switch {
	case n.name == "iif":
		if !args[0].can(Boolean) {
			return in, fail(Semantic, n.at, "the criterion of iif() is not boolean")
		}
		out := args[1]
		if len(args) > 2 {
			out = out.or(args[2])
		}
		return out, nil
	case n.name == "select":
		args[0].unordered = args[0].unordered || in.unordered
		return args[0], nil
	case n.name == "union", n.name == "combine":
		return in.or(args[0]), nil
	case n.name == "extension":
		return ofShape(shapeOf("Extension")), nil
	case n.name == "sort":
		in.unordered = false
	case givesBoolean[n.name]:
		return ofKind(Boolean), nil
	case givesText[n.name]:
		return ofKind(String), nil
	case givesInteger[n.name]:
		return ofKind(Integer), nil
	case givesOpen[n.name]:
		return static{open: true, unordered: n.name == "children" || n.name == "descendants"}, nil
	case givesKind[n.name] != Absent:
		return ofKind(givesKind[n.name]), nil
	}
	return in, nil
}

// repeat gives what its argument gives on the input, and on that again.
func (k *checker) repeat(n *node, in static) (static, error) {
	out, err := k.within(in, n.args[0])
	if err != nil {
		return out, err
	}
	for range 16 {
		more, err := k.within(out, n.args[0])
		if err != nil {
			break // the types found last have no such element: there it ends
		}
		if joined := out.or(more); joined.open == out.open && joined.kinds == out.kinds && len(joined.shapes) == len(out.shapes) {
			break
		} else {
			out = joined
		}
	}
	return out, nil
}
