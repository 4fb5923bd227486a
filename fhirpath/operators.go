package fhirpath

import "github.com/cockroachdb/apd/v3"

func compileSign(n *node) (eval, error) {
	of, err := compile(n.left)
	if err != nil {
		return nil, err
	}
	at, minus := n.at, n.name == "-"
	return func(c *context) ([]Value, error) {
		in, err := of(c)
		if err != nil || len(in) == 0 {
			return nil, err
		}
		v := in[0].System()
		if len(in) == 1 {
			if v.kind == Absent {
				return nil, nil
			}
			if out, ok := negate(v, minus); ok {
				return c.one(out), nil
			}
		}
		return nil, fail(Execution, at, "a sign on what is not one number")
	}, nil
}

func negate(v Value, minus bool) (Value, bool) {
	switch v.kind {
	case Integer:
		if minus {
			v.i = -v.i
		}
		return v, true
	case Decimal:
		if minus {
			return decimalValue(new(apd.Decimal).Neg(v.p.(*apd.Decimal))), true
		}
		return v, true
	case QuantityKind:
		if minus {
			q := v.quantity()
			return quantityValue(&Quantity{new(apd.Decimal).Neg(q.Value), q.Unit}), true
		}
		return v, true
	}
	return Value{}, false
}

type operation func(c *context, a, b []Value) ([]Value, error)

func compileBinary(n *node) (eval, error) {
	left, err := compile(n.left)
	if err != nil {
		return nil, err
	}
	right, err := compile(n.args[0])
	if err != nil {
		return nil, err
	}
	switch n.name {
	case "and", "or", "xor", "implies":
		return compileLogic(n.name, left, right), nil
	}
	op := compileOperation(n)
	return func(c *context) ([]Value, error) {
		a, err := left(c)
		if err != nil {
			return nil, err
		}
		b, err := right(c)
		if err != nil {
			return nil, err
		}
		return op(c, a, b)
	}, nil
}

// compileLogic is three-valued logic (N1 section 6.5). The right side is left
// alone where the left decides.
func compileLogic(op string, left, right eval) eval {
	decided := map[string]tri{"and": no, "or": yes, "implies": no}[op]
	return func(c *context) ([]Value, error) {
		x, err := left(c)
		if err != nil {
			return nil, err
		}
		a, err := truth(x)
		if err != nil {
			return nil, err
		}
		if a == decided && decided != unknown {
			if op == "implies" {
				return trueResult, nil
			}
			return boolResult(a == yes), nil
		}
		y, err := right(c)
		if err != nil {
			return nil, err
		}
		b, err := truth(y)
		if err != nil {
			return nil, err
		}
		return logic(op, a, b).result(), nil
	}
}

func logic(op string, a, b tri) tri {
	switch op {
	case "and":
		switch {
		case a == no || b == no:
			return no
		case a == yes && b == yes:
			return yes
		}
	case "or":
		switch {
		case a == yes || b == yes:
			return yes
		case a == no && b == no:
			return no
		}
	case "xor":
		if a != unknown && b != unknown {
			return triOf(a != b)
		}
	case "implies":
		switch {
		case a == no || b == yes:
			return yes
		case a == yes && b == no:
			return no
		}
	}
	return unknown
}

func compileOperation(n *node) operation {
	at, name := n.at, n.name
	switch name {
	case "=", "!=":
		wantEqual := name == "="
		return func(c *context, a, b []Value) ([]Value, error) {
			t, err := c.equalCollections(a, b)
			if err != nil || t == unknown {
				return nil, err
			}
			return boolResult((t == yes) == wantEqual), nil
		}
	case "~", "!~":
		wantAlike := name == "~"
		return func(c *context, a, b []Value) ([]Value, error) {
			t, err := c.equivalentCollections(a, b)
			return boolResult(t == wantAlike), err
		}
	case "<", ">", "<=", ">=":
		return func(c *context, a, b []Value) ([]Value, error) {
			if len(a) == 0 || len(b) == 0 {
				return nil, nil
			}
			if len(a) > 1 || len(b) > 1 {
				return nil, fail(Execution, at, "%s on several items", name)
			}
			cmp, known, ok := order(a[0], b[0])
			if !ok {
				return nil, fail(Execution, at, "%s on %s and %s", name, a[0].Type(), b[0].Type())
			}
			if !known {
				return nil, nil
			}
			return boolResult(name[0] == '<' && cmp < 0 || name[0] == '>' && cmp > 0 || len(name) == 2 && cmp == 0), nil
		}
	case "|":
		return func(c *context, a, b []Value) ([]Value, error) { return c.union(a, b) }
	case "in":
		return func(c *context, a, b []Value) ([]Value, error) { return c.membership(a, b, at) }
	case "contains":
		return func(c *context, a, b []Value) ([]Value, error) { return c.membership(b, a, at) }
	case "&":
		return func(c *context, a, b []Value) ([]Value, error) {
			x, ok1 := concatenable(a)
			y, ok2 := concatenable(b)
			if !ok1 || !ok2 {
				return nil, fail(Execution, at, "& on what is not one string")
			}
			if len(x)+len(y) > maxString {
				return nil, fail(Execution, at, "a string of more than %d bytes", maxString)
			}
			return c.one(Str(x + y)), nil
		}
	}
	return func(c *context, a, b []Value) ([]Value, error) {
		if len(a) == 0 || len(b) == 0 {
			return nil, nil
		}
		if len(a) > 1 || len(b) > 1 {
			return nil, fail(Execution, at, "%s on several items", name)
		}
		x, y := a[0].System(), b[0].System()
		if x.kind == Absent || y.kind == Absent {
			return nil, nil
		}
		v, err := calculate(name, x, y, at)
		if err != nil || v.kind == Absent {
			return nil, err
		}
		return c.one(v), nil
	}
}

func concatenable(in []Value) (string, bool) {
	if len(in) == 0 {
		return "", true
	}
	if len(in) > 1 {
		return "", false
	}
	v := in[0].System()
	if v.kind == Absent {
		return "", true
	}
	return v.toString()
}

func (c *context) union(a, b []Value) ([]Value, error) {
	if len(b) == 0 {
		return c.distinct(a)
	}
	if len(a) == 0 {
		return c.distinct(b)
	}
	all := append(append(c.room(len(a)+len(b)), a...), b...)
	if err := bounded(all); err != nil {
		return nil, err
	}
	return c.distinct(all)
}

func (c *context) membership(item, in []Value, at int) ([]Value, error) {
	switch len(item) {
	case 0:
		return nil, nil
	case 1:
		is, err := c.contains(in, item[0])
		return boolResult(is), err
	}
	return nil, fail(Execution, at, "membership of several items")
}
