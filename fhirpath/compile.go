package fhirpath

import (
	"sync"

	"wholechart/fhir"
)

// eval is a compiled term: it evaluates in the context's focus. What it returns
// must not be changed, and lives until the context is done or the arena is set
// back below it.
type eval func(c *context) ([]Value, error)

// context is one evaluation.
type context struct {
	env   *Env
	input Value   // %context
	this  []Value // the focus: $this
	index int     // $index; -1 outside an iteration
	total []Value // $total
	steps int
	loose bool // as() on several items filters them; see Nodes

	arena []Value
	used  int
	high  int // the most that was used
	trees [2]tree
	start [1]Value
}

// tree is a place and its descendants.
type tree struct {
	of     fhir.Node
	values []Value
}

var contexts = sync.Pool{New: func() any { return &context{arena: make([]Value, 192)} }}

var noEnv Env

func newContext(in Value, env *Env) *context {
	c := contexts.Get().(*context)
	if env == nil {
		env = &noEnv
	}
	c.env, c.input, c.index, c.total, c.steps, c.used, c.loose = env, in, -1, nil, 0, 0, env.AsFilters
	c.start[0] = in
	c.this = c.start[:1]
	if in.kind == Absent {
		c.this = nil
	}
	return c
}

func (c *context) done() {
	clear(c.arena[:c.high]) // a pooled context keeps no document alive
	c.high, c.trees = 0, [2]tree{}
	c.env, c.input, c.this, c.total, c.start[0] = nil, Value{}, nil, nil, Value{}
	contexts.Put(c)
}

// room is an empty slice with space for n values.
func (c *context) room(n int) []Value {
	if c.used+n > len(c.arena) {
		return make([]Value, 0, n)
	}
	c.used += n
	c.high = max(c.high, c.used)
	return c.arena[c.used-n : c.used-n : c.used]
}

func (c *context) one(v Value) []Value { return append(c.room(1), v) }

// spend counts items looked at.
func (c *context) spend(n int) error {
	if c.steps += n; c.steps > maxSteps {
		return fail(Execution, 0, "more than %d steps", maxSteps)
	}
	return nil
}

func bounded(out []Value) error {
	if len(out) > maxItems {
		return fail(Execution, 0, "a collection of more than %d items", maxItems)
	}
	return nil
}

var (
	trueResult  = []Value{Bool(true)}
	falseResult = []Value{Bool(false)}
)

func boolResult(b bool) []Value {
	if b {
		return trueResult
	}
	return falseResult
}

// tri is a truth value of three-valued logic.
type tri uint8

const (
	unknown tri = iota
	no
	yes
)

func triOf(b bool) tri {
	if b {
		return yes
	}
	return no
}

func (t tri) result() []Value {
	if t == unknown {
		return nil
	}
	return boolResult(t == yes)
}

// truth is singleton evaluation of collections to a Boolean (N1 section 4.5).
func truth(in []Value) (tri, error) {
	switch len(in) {
	case 0:
		return unknown, nil
	case 1:
		v := in[0]
		if v.kind == Boolean {
			return triOf(v.i == 1), nil
		}
		if v.kind == Place && v.shape != nil && v.shape.primitive && v.shape.system == Boolean {
			if !v.node.Exists() {
				return unknown, nil
			}
			if v.node.Kind() == fhir.Bool {
				return triOf(v.node.True()), nil
			}
		}
		return yes, nil
	}
	return unknown, fail(Execution, 0, "several items where one truth value is needed")
}

// each evaluates body with every item of in as the focus. Values that body
// makes do not outlive its step unless keep is set.
func (c *context) each(in []Value, keep bool, body eval, step func(i int, out []Value) (more bool, err error)) error {
	this, index := c.this, c.index
	defer func() { c.this, c.index = this, index }()
	if err := c.spend(len(in)); err != nil {
		return err
	}
	for i := range in {
		mark := c.used
		c.this, c.index = in[i:i+1], i
		out, err := body(c)
		if err != nil {
			return err
		}
		more, err := step(i, out)
		if !keep {
			c.used = mark
		}
		if err != nil || !more {
			return err
		}
	}
	return nil
}

func compileExpression(n *node) (eval, error) { return compile(n) }

func compile(n *node) (eval, error) {
	switch n.kind {
	case nLiteral:
		constant := []Value{n.value}
		return func(*context) ([]Value, error) { return constant, nil }, nil
	case nEmpty:
		return func(*context) ([]Value, error) { return nil, nil }, nil
	case nThis:
		return func(c *context) ([]Value, error) { return c.this, nil }, nil
	case nIndex:
		return func(c *context) ([]Value, error) {
			if c.index < 0 {
				return nil, nil
			}
			return c.one(Value{kind: Integer, i: int64(c.index)}), nil
		}, nil
	case nTotal:
		return func(c *context) ([]Value, error) { return c.total, nil }, nil
	case nExternal:
		return compileExternal(n)
	case nMember:
		return compileMember(n)
	case nCall:
		return compileCall(n)
	case nItem:
		return compileItem(n)
	case nSign:
		return compileSign(n)
	case nType:
		return compileType(n, n.left, n.name, n.typ)
	}
	return compileBinary(n)
}

// compileLeft is the receiver of an invocation: the focus when none is written.
func compileLeft(n *node) (eval, error) {
	if n == nil {
		return func(c *context) ([]Value, error) { return c.this, nil }, nil
	}
	return compile(n)
}

func compileMember(n *node) (eval, error) {
	name := n.name
	if n.left == nil {
		var root *shape
		if name[0] >= 'A' && name[0] <= 'Z' {
			root = shapeOf(name)
		}
		return func(c *context) ([]Value, error) {
			if root != nil && len(c.this) == 1 && c.this[0].kind == Place && c.this[0].shape.isA(root) {
				return c.this, nil
			}
			return c.navigate(c.this, name)
		}, nil
	}
	left, err := compile(n.left)
	if err != nil {
		return nil, err
	}
	return func(c *context) ([]Value, error) {
		in, err := left(c)
		if err != nil || len(in) == 0 {
			return nil, err
		}
		return c.navigate(in, name)
	}, nil
}

// navigate is the path step .name. A name that the type does not have yields
// nothing; Check says so beforehand.
func (c *context) navigate(in []Value, name string) ([]Value, error) {
	if err := c.spend(len(in)); err != nil {
		return nil, err
	}
	var out []Value
	for i := range in {
		v := &in[i]
		if v.kind != Place {
			if x := v.part(name); x.kind != Absent {
				out = append(out, x)
			}
			continue
		}
		if out == nil {
			out = c.room(len(in) + 3)
		}
		if from, to := v.node.Span(); to-from > 4096 {
			c.steps += (to - from) >> 12 // to look through its members
		}
		if v.shape == nil {
			for item := range v.node.Get(name).Items() {
				out = append(out, Value{kind: Place, node: item})
			}
		} else if e := v.shape.element(name); e != nil {
			out = e.children(v.object(), out)
		}
	}
	return out, bounded(out)
}

// part is a member of a System value: of a Quantity, or of what type() gave.
func (v *Value) part(name string) Value {
	switch v.kind {
	case QuantityKind:
		switch name {
		case "value":
			return decimalValue(v.quantity().Value)
		case "unit", "code":
			return Str(v.quantity().UnitText())
		}
	case TypeInfo:
		space, bare, _ := cutType(v.s)
		switch name {
		case "namespace":
			return Str(space)
		case "name":
			return Str(bare)
		}
	}
	return Value{}
}

func compileItem(n *node) (eval, error) {
	left, err := compile(n.left)
	if err != nil {
		return nil, err
	}
	index, err := compile(n.args[0])
	if err != nil {
		return nil, err
	}
	at := n.at
	return func(c *context) ([]Value, error) {
		in, err := left(c)
		if err != nil {
			return nil, err
		}
		x, err := index(c)
		if err != nil || len(x) == 0 {
			return nil, err
		}
		i, ok := integerOf(x)
		if !ok {
			return nil, fail(Execution, at, "the index is not one integer")
		}
		if i < 0 || i >= int64(len(in)) {
			return nil, nil
		}
		return in[i : i+1], nil
	}, nil
}

func integerOf(x []Value) (int64, bool) {
	if len(x) != 1 {
		return 0, false
	}
	v := x[0].System()
	return v.i, v.kind == Integer
}

var externals = map[string]string{
	"sct": "http://snomed.info/sct", "loinc": "http://loinc.org", "ucum": ucumSystem,
}

func compileExternal(n *node) (eval, error) {
	name, at := n.name, n.at
	text := externals[name]
	switch {
	case len(name) > 3 && name[:3] == "vs-":
		text = "http://hl7.org/fhir/ValueSet/" + name[3:]
	case len(name) > 4 && name[:4] == "ext-":
		text = "http://hl7.org/fhir/StructureDefinition/" + name[4:]
	}
	if text != "" {
		constant := []Value{Str(text)}
		return func(*context) ([]Value, error) { return constant, nil }, nil
	}
	single := func(c *context, v Value) ([]Value, error) {
		if v.kind == Absent {
			return nil, nil
		}
		return c.one(v), nil
	}
	switch name {
	case "context":
		return func(c *context) ([]Value, error) { return single(c, c.input) }, nil
	case "resource":
		return func(c *context) ([]Value, error) { return single(c, c.resource()) }, nil
	case "rootResource":
		return func(c *context) ([]Value, error) { return single(c, c.root()) }, nil
	}
	return func(c *context) ([]Value, error) {
		v, ok := c.env.Vars[name]
		if !ok {
			return nil, fail(Execution, at, "no variable %%%s", name)
		}
		return v, nil
	}, nil
}

func (c *context) resource() Value {
	if c.env.Resource.kind != Absent {
		return c.env.Resource
	}
	return c.input
}

func (c *context) root() Value {
	if c.env.Root.kind != Absent {
		return c.env.Root
	}
	return c.resource()
}
