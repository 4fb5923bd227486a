package fhirpath

import "fmt"

// function is one function of the language: how many arguments it takes and
// how a call of it is compiled.
type function struct {
	min, max int
	build    func(n *node) (eval, error)
}

// functions is the table of the language, by chapter of N1. It is filled once,
// below, because the builders refer to compile.
var functions map[string]function

func init() {
	functions = map[string]function{
		// 5.1 existence
		"empty":      {0, 0, plain(func(c *context, in []Value) ([]Value, error) { return boolResult(len(in) == 0), nil })},
		"exists":     {0, 1, buildExists},
		"all":        {1, 1, buildAll},
		"allTrue":    {0, 0, quantifier(yes, true)},
		"anyTrue":    {0, 0, quantifier(yes, false)},
		"allFalse":   {0, 0, quantifier(no, true)},
		"anyFalse":   {0, 0, quantifier(no, false)},
		"subsetOf":   {1, 1, applied(func(c *context, in, a []Value) ([]Value, error) { return c.subset(in, a) })},
		"supersetOf": {1, 1, applied(func(c *context, in, a []Value) ([]Value, error) { return c.subset(a, in) })},
		"count":      {0, 0, plain(func(c *context, in []Value) ([]Value, error) { return c.one(Int(int32(len(in)))), nil })},
		"distinct":   {0, 0, plain((*context).distinct)},
		"isDistinct": {0, 0, plain(func(c *context, in []Value) ([]Value, error) {
			out, err := c.distinct(in)
			return boolResult(len(out) == len(in)), err
		})},
		// 5.2 filtering and projection
		"where":  {1, 1, buildWhere},
		"select": {1, 1, buildSelect},
		"repeat": {1, 1, buildRepeat},
		"ofType": {1, 1, buildType},
		"is":     {1, 1, buildType},
		"as":     {1, 1, buildType},
		"sort":   {0, 16, buildSort},
		// 5.3 subsetting
		"single": {0, 0, buildSingle},
		"first":  {0, 0, plain(func(c *context, in []Value) ([]Value, error) { return in[:min(1, len(in))], nil })},
		"last":   {0, 0, plain(func(c *context, in []Value) ([]Value, error) { return in[max(0, len(in)-1):], nil })},
		"tail":   {0, 0, plain(func(c *context, in []Value) ([]Value, error) { return in[min(1, len(in)):], nil })},
		"skip":   {1, 1, slicing(func(in []Value, n int) []Value { return in[n:] })},
		"take":   {1, 1, slicing(func(in []Value, n int) []Value { return in[:n] })},
		"intersect": {1, 1, applied(func(c *context, in, a []Value) ([]Value, error) {
			in, err := c.distinct(in)
			if err != nil {
				return nil, err
			}
			return c.members(in, a, true)
		})},
		"exclude": {1, 1, applied(func(c *context, in, a []Value) ([]Value, error) { return c.members(in, a, false) })},
		// 5.4 combining
		"union": {1, 1, applied((*context).union)},
		"combine": {1, 1, applied(func(c *context, in, a []Value) ([]Value, error) {
			out := append(append(c.room(len(in)+len(a)), in...), a...)
			return out, bounded(out)
		})},
		// 5.5 conversion
		"iif": {2, 3, buildIif},
		// 5.8 tree navigation
		"children":    {0, 0, plain((*context).childrenOf)},
		"descendants": {0, 0, plain((*context).descendants)},
		// 5.9 utility, 7 aggregates, 4 reflection
		"trace":     {1, 2, buildTrace},
		"now":       {0, 0, clock(DateTime)},
		"today":     {0, 0, clock(Date)},
		"timeOfDay": {0, 0, clock(Time)},
		"aggregate": {1, 2, buildAggregate},
		"type": {0, 0, plain(func(c *context, in []Value) ([]Value, error) {
			out := c.room(len(in))
			for _, v := range in {
				if t := typeOf(v); t.kind != Absent {
					out = append(out, t)
				}
			}
			return out, nil
		})},
		// 6.3 boolean logic
		"not": {0, 0, plain(func(c *context, in []Value) ([]Value, error) {
			t, err := truth(in)
			if err != nil || t == unknown {
				return nil, err
			}
			return boolResult(t == no), nil
		})},
	}
	for name, f := range conversionFunctions() {
		functions[name] = f
	}
	for name, f := range stringFunctions() {
		functions[name] = f
	}
	for name, f := range mathFunctions() {
		functions[name] = f
	}
	for name, f := range boundaryFunctions() {
		functions[name] = f
	}
	for name, f := range fhirFunctions() {
		functions[name] = f
	}
}

func compileCall(n *node) (eval, error) {
	f, ok := functions[n.name]
	if !ok {
		return nil, fail(Semantic, n.at, "no function %s()", n.name)
	}
	if len(n.args) < f.min || len(n.args) > f.max {
		return nil, fail(Semantic, n.at, "%s() takes %s", n.name, countWords(f.min, f.max))
	}
	return f.build(n)
}

func countWords(low, high int) string {
	if low == high {
		return fmt.Sprintf("%d arguments", low)
	}
	return fmt.Sprintf("%d to %d arguments", low, high)
}

// plain is a function of its input alone.
func plain(f func(c *context, in []Value) ([]Value, error)) func(n *node) (eval, error) {
	return func(n *node) (eval, error) {
		left, err := compileLeft(n.left)
		if err != nil {
			return nil, err
		}
		return func(c *context) ([]Value, error) {
			in, err := left(c)
			if err != nil {
				return nil, err
			}
			return f(c, in)
		}, nil
	}
}

// applied is a function of its input and one argument, which is evaluated in
// the focus outside.
func applied(f func(c *context, in, arg []Value) ([]Value, error)) func(n *node) (eval, error) {
	return func(n *node) (eval, error) {
		left, err := compileLeft(n.left)
		if err != nil {
			return nil, err
		}
		arg, err := compile(n.args[0])
		if err != nil {
			return nil, err
		}
		return func(c *context) ([]Value, error) {
			in, err := left(c)
			if err != nil {
				return nil, err
			}
			a, err := arg(c)
			if err != nil {
				return nil, err
			}
			return f(c, in, a)
		}, nil
	}
}

// single is a function of one item and of single arguments. Any of them empty,
// the result is empty; an argument that is not written is absent.
func single(f func(v Value, args []Value) (Value, error)) func(n *node) (eval, error) {
	return costly(func(v Value, _ []Value) int { return len(v.s) >> 6 }, f)
}

// costly is single for a function that takes more steps than one.
func costly(cost func(v Value, args []Value) int, f func(v Value, args []Value) (Value, error)) func(n *node) (eval, error) {
	return func(n *node) (eval, error) {
		left, err := compileLeft(n.left)
		if err != nil {
			return nil, err
		}
		args := make([]eval, len(n.args))
		for i := range n.args {
			if args[i], err = compile(n.args[i]); err != nil {
				return nil, err
			}
		}
		at, name := n.at, n.name
		return func(c *context) ([]Value, error) {
			in, err := left(c)
			if err != nil || len(in) == 0 {
				return nil, err
			}
			if len(in) > 1 {
				return nil, fail(Execution, at, "%s() on several items", name)
			}
			v := in[0].System()
			if v.kind == Absent {
				return nil, nil
			}
			given := c.room(3)[:3]
			clear(given)
			for i := range args {
				a, err := args[i](c)
				if err != nil || len(a) == 0 {
					return nil, err
				}
				if len(a) > 1 {
					return nil, fail(Execution, at, "%s() with an argument of several items", name)
				}
				given[i] = a[0].System()
			}
			if err := c.spend(1 + cost(v, given)); err != nil {
				return nil, err
			}
			out, err := f(v, given)
			if err != nil {
				return nil, fail(Execution, at, "%s(): %s", name, err.Error())
			}
			if out.kind == Absent {
				return nil, nil
			}
			if out.kind == Boolean {
				return boolResult(out.i == 1), nil
			}
			return c.one(out), nil
		}, nil
	}
}

// misuse is a reason of a single function to end the evaluation.
type misuse string

func (m misuse) Error() string { return string(m) }
