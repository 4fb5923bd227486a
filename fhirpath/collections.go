package fhirpath

import (
	"slices"
	"time"
)

// lambda compiles the receiver and the arguments of a function that evaluates
// them itself.
func lambda(n *node, build func(left eval, args []eval) eval) (eval, error) {
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
	return build(left, args), nil
}

func buildExists(n *node) (eval, error) {
	return lambda(n, func(left eval, args []eval) eval {
		if len(args) == 0 {
			return func(c *context) ([]Value, error) {
				in, err := left(c)
				return boolResult(len(in) > 0), err
			}
		}
		return func(c *context) ([]Value, error) {
			in, err := left(c)
			if err != nil {
				return nil, err
			}
			found := false
			err = c.each(in, false, args[0], func(_ int, out []Value) (bool, error) {
				t, err := truth(out)
				found = t == yes
				return !found, err
			})
			return boolResult(found), err
		}
	})
}

func buildAll(n *node) (eval, error) {
	return lambda(n, func(left eval, args []eval) eval {
		return func(c *context) ([]Value, error) {
			in, err := left(c)
			if err != nil {
				return nil, err
			}
			all := true
			err = c.each(in, false, args[0], func(_ int, out []Value) (bool, error) {
				t, err := truth(out)
				all = t == yes
				return all, err
			})
			return boolResult(all), err
		}
	})
}

// quantifier is allTrue, anyTrue, allFalse and anyFalse: of booleans only.
func quantifier(want tri, all bool) func(n *node) (eval, error) {
	return func(n *node) (eval, error) {
		at, name := n.at, n.name
		return plain(func(c *context, in []Value) ([]Value, error) {
			out := all
			for i := range in {
				b, ok := in[i].Bool()
				if !ok {
					return nil, fail(Execution, at, "%s() on what is not boolean", name)
				}
				if (triOf(b) == want) != all {
					out = !all
				}
			}
			return boolResult(out), nil
		})(n)
	}
}

func (c *context) subset(in, of []Value) ([]Value, error) {
	all, err := c.newSet(of)
	if err != nil {
		return nil, err
	}
	for i := range in {
		is, err := all.has(in[i])
		if err != nil || !is {
			return falseResult, err
		}
	}
	return trueResult, nil
}

// members keeps the items that are in others, or those that are not.
func (c *context) members(in, others []Value, keep bool) ([]Value, error) {
	all, err := c.newSet(others)
	if err != nil {
		return nil, err
	}
	out := c.room(len(in))
	for i := range in {
		is, err := all.has(in[i])
		if err != nil {
			return nil, err
		}
		if is == keep {
			out = append(out, in[i])
		}
	}
	return out, nil
}

func buildWhere(n *node) (eval, error) {
	return lambda(n, func(left eval, args []eval) eval {
		return func(c *context) ([]Value, error) {
			in, err := left(c)
			if err != nil || len(in) == 0 {
				return nil, err
			}
			out := c.room(len(in))
			err = c.each(in, false, args[0], func(i int, found []Value) (bool, error) {
				t, err := truth(found)
				if t == yes {
					out = append(out, in[i])
				}
				return true, err
			})
			return out, err
		}
	})
}

func buildSelect(n *node) (eval, error) {
	return lambda(n, func(left eval, args []eval) eval {
		return func(c *context) ([]Value, error) {
			in, err := left(c)
			if err != nil || len(in) == 0 {
				return nil, err
			}
			out := c.room(len(in))
			err = c.each(in, true, args[0], func(_ int, found []Value) (bool, error) {
				out = append(out, found...)
				return true, bounded(out)
			})
			return out, err
		}
	})
}

// buildRepeat is repeat(): an item that equals one already had is not taken
// again (N1 section 5.2.3), which also ends circles.
func buildRepeat(n *node) (eval, error) {
	return lambda(n, func(left eval, args []eval) eval {
		return func(c *context) ([]Value, error) {
			next, err := left(c)
			if err != nil {
				return nil, err
			}
			had := set{c: c}
			for len(next) > 0 {
				from := len(had.items)
				err := c.each(next, true, args[0], func(_ int, found []Value) (bool, error) {
					for i := range found {
						if _, err := had.add(found[i]); err != nil {
							return false, err
						}
					}
					return true, bounded(had.items)
				})
				if err != nil {
					return nil, err
				}
				next = had.items[from:]
			}
			return had.items, nil
		}
	})
}

func buildType(n *node) (eval, error) {
	t, ok := typeArgument(n.args[0])
	if !ok {
		return nil, fail(Semantic, n.at, "%s() needs the name of a type", n.name)
	}
	return compileType(n, n.left, n.name, t)
}

func buildSingle(n *node) (eval, error) {
	at := n.at
	return plain(func(c *context, in []Value) ([]Value, error) {
		if len(in) > 1 {
			return nil, fail(Execution, at, "single() on several items")
		}
		return in, nil
	})(n)
}

func slicing(cut func(in []Value, n int) []Value) func(n *node) (eval, error) {
	return func(n *node) (eval, error) {
		at, name := n.at, n.name
		return applied(func(c *context, in, a []Value) ([]Value, error) {
			if len(a) == 0 {
				return nil, nil
			}
			i, ok := integerOf(a)
			if !ok {
				return nil, fail(Execution, at, "%s() needs one integer", name)
			}
			return cut(in, int(min(max(0, i), int64(len(in))))), nil
		})(n)
	}
}

// buildIif is iif(): its arguments are evaluated only when needed, with the
// input, of at most one item, as focus.
func buildIif(n *node) (eval, error) {
	at, written := n.at, n.left != nil
	return lambda(n, func(left eval, args []eval) eval {
		return func(c *context) ([]Value, error) {
			this := c.this
			defer func() { c.this = this }()
			if written {
				in, err := left(c)
				if err != nil {
					return nil, err
				}
				if len(in) > 1 {
					return nil, fail(Execution, at, "iif() on several items")
				}
				c.this = in
			}
			out, err := args[0](c)
			if err != nil {
				return nil, err
			}
			t := unknown
			if len(out) > 0 {
				b, ok := out[0].Bool()
				if len(out) > 1 || !ok {
					return nil, fail(Execution, at, "the criterion of iif() is not boolean")
				}
				t = triOf(b)
			}
			if t == yes {
				return args[1](c)
			}
			if len(args) < 3 {
				return nil, nil
			}
			return args[2](c)
		}
	})
}

func buildAggregate(n *node) (eval, error) {
	return lambda(n, func(left eval, args []eval) eval {
		return func(c *context) ([]Value, error) {
			in, err := left(c)
			if err != nil {
				return nil, err
			}
			outer := c.total
			defer func() { c.total = outer }()
			var total []Value
			if len(args) > 1 {
				if total, err = args[1](c); err != nil {
					return nil, err
				}
			}
			c.total = total
			err = c.each(in, true, args[0], func(_ int, out []Value) (bool, error) {
				c.total = out
				return true, bounded(out)
			})
			return c.total, err
		}
	})
}

func buildTrace(n *node) (eval, error) {
	at := n.at
	return lambda(n, func(left eval, args []eval) eval {
		return func(c *context) ([]Value, error) {
			in, err := left(c)
			if err != nil {
				return nil, err
			}
			name, err := args[0](c)
			if err != nil {
				return nil, err
			}
			if len(name) != 1 || !name[0].isString() {
				return nil, fail(Execution, at, "trace() needs a name")
			}
			shown := Collection(in)
			if len(args) > 1 {
				shown = nil
				if err := c.each(in, true, args[1], func(_ int, out []Value) (bool, error) {
					shown = append(shown, out...)
					return true, bounded(shown)
				}); err != nil {
					return nil, err
				}
			}
			if c.env.Trace != nil {
				c.env.Trace(name[0].text(), shown)
			}
			return in, nil
		}
	})
}

func clock(kind Kind) func(n *node) (eval, error) {
	return func(n *node) (eval, error) {
		at, name := n.at, n.name
		return func(c *context) ([]Value, error) {
			if c.env.Now.Equal(time.Time{}) {
				return nil, fail(Execution, at, "%s() without a clock", name)
			}
			t := moment(c.env.Now)
			if kind == Time {
				t.zoned, t.offset = false, 0
			}
			return c.one(temporalValue(t.as(kind))), nil
		}, nil
	}
}

func (c *context) childrenOf(in []Value) ([]Value, error) {
	if err := c.spend(len(in)); err != nil {
		return nil, err
	}
	out := c.room(24)
	for i := range in {
		out = in[i].members(out)
	}
	if err := c.spend(len(out)); err != nil {
		return nil, err
	}
	return out, bounded(out)
}

// descendants is repeat(children()) without its comparisons: in a tree no place
// is met twice. Those of the last two places are kept, because R4's dom-3 asks
// again and again for those of the resource and of a contained one.
func (c *context) descendants(in []Value) ([]Value, error) {
	keep := len(in) == 1 && in[0].kind == Place && in[0].node.Exists()
	if keep {
		for i := range c.trees {
			if c.trees[i].of.Same(in[0].node) {
				return c.trees[i].values, nil
			}
		}
	}
	out := make([]Value, 0, 64)
	for i := range in {
		out = in[i].members(out)
	}
	for i := 0; i < len(out); i++ {
		out = out[i].members(out)
		if err := bounded(out); err != nil {
			return nil, err
		}
	}
	if err := c.spend(len(out)); err != nil {
		return nil, err
	}
	if keep {
		c.trees[0], c.trees[1] = c.trees[1], tree{in[0].node, out}
	}
	return out, nil
}

// buildSort is sort(): by the items themselves, or by keys; a key with a minus
// before it sorts downwards. An item without a key comes last upwards and first
// downwards.
func buildSort(n *node) (eval, error) {
	down := make([]bool, max(1, len(n.args)))
	inner := *n
	inner.args = slices.Clone(n.args)
	for i, a := range n.args {
		if a.kind == nSign && a.name == "-" {
			down[i], inner.args[i] = true, a.left
		}
	}
	at := n.at
	return lambda(&inner, func(left eval, args []eval) eval {
		if len(args) == 0 {
			args = []eval{func(c *context) ([]Value, error) { return c.this, nil }}
		}
		return func(c *context) ([]Value, error) {
			in, err := left(c)
			if err != nil || len(in) < 2 {
				return in, err
			}
			type row struct {
				v    Value
				keys []Value
			}
			rows := make([]row, len(in))
			for i := range in {
				rows[i] = row{in[i], make([]Value, len(args))}
			}
			for k := range args {
				if err := c.each(in, true, args[k], func(i int, out []Value) (bool, error) {
					if len(out) > 1 {
						return false, fail(Execution, at, "a key of sort() has several items")
					}
					if len(out) == 1 {
						rows[i].keys[k] = out[0]
					}
					return true, nil
				}); err != nil {
					return nil, err
				}
			}
			var wrong error
			slices.SortStableFunc(rows, func(a, b row) int {
				for k := range args {
					cmp, ok := orderKeys(a.keys[k], b.keys[k])
					if !ok {
						wrong = fail(Execution, at, "keys of sort() that have no order")
					}
					if down[k] {
						cmp = -cmp
					}
					if cmp != 0 {
						return cmp
					}
				}
				return 0
			})
			out := c.room(len(in))
			for i := range rows {
				out = append(out, rows[i].v)
			}
			return out, wrong
		}
	})
}

func orderKeys(a, b Value) (int, bool) {
	switch {
	case a.kind == Absent && b.kind == Absent:
		return 0, true
	case a.kind == Absent:
		return 1, true
	case b.kind == Absent:
		return -1, true
	}
	cmp, _, ok := order(a, b)
	return cmp, ok
}
