package fhirpath

import (
	"errors"
	"maps"

	"wholechart/fhir"
)

// ErrLiteral is what Nodes returns for an expression whose result is no place
// in the resource (Patient.deceased.exists()): use Eval.
var ErrLiteral = errors.New("fhirpath: the result is not a place in the resource")

// Nodes yields the places in a resource that the expression finds, each with
// its FHIR type, without resolving references: it is the way of search
// extraction. It differs from Eval in three things: values that are equal but
// stand at different places are all yielded; as() on several items filters them
// as ofType() does (R4's search parameters are written so); and a primitive that
// has extensions but no value is passed over.
//
// Paths, casts, where(a = 'b'), where(resolve() is T) and unions of these are
// walked directly on the tree, without allocation.
func (e *Expr) Nodes(resource fhir.Node, yield func(n fhir.Node, typ string) bool) error {
	return e.NodesOf(Resource(resource), nil, yield)
}

// NodesOf is Nodes for any place and with an environment, which may be nil.
func (e *Expr) NodesOf(in Value, env *Env, yield func(n fhir.Node, typ string) bool) error {
	if in.kind == Absent {
		return nil
	}
	p := (*e.plans.Load())[in.shape]
	if p == nil {
		p = e.plan(in.shape)
	}
	w := walk{in: in, env: env, yield: yield}
	for i := range p.routes {
		r := &p.routes[i]
		if r.general != nil {
			if !w.general(r.general) {
				break
			}
			continue
		}
		w.route = r
		if !w.step(in.node, r.steps) {
			break
		}
	}
	if w.c != nil {
		w.c.done()
	}
	return w.err
}

// plan is an expression laid out for one type of input.
type plan struct{ routes []route }

// route is one branch of a union: steps down the tree, or what only general
// evaluation can do.
type route struct {
	steps   []step
	typ     *shape
	general eval
}

type stepKind uint8

const (
	stepMember stepKind = iota // the member json
	stepChoice                 // the members of a choice, at the end of a route
	stepText                   // where(json = 'text'), json being a member that does not repeat
	stepRefers                 // where(resolve() is typ)
	stepCrit                   // where(anything)
)

type step struct {
	kind    stepKind
	json    string
	text    string
	options []*option // of stepChoice
	typ     *shape    // stepRefers: wanted; stepCrit: of the item
	test    eval
}

// plan lays the expression out for a type, and keeps it.
func (e *Expr) plan(s *shape) *plan {
	p := &plan{}
	layUnion(e.root, s, p)
	for {
		old := e.plans.Load()
		next := maps.Clone(*old)
		if len(next) > 1024 {
			clear(next)
		}
		next[s] = p
		if e.plans.CompareAndSwap(old, &next) {
			return p
		}
	}
}

func layUnion(n *node, s *shape, p *plan) {
	if n.kind == nBinary && n.name == "|" {
		layUnion(n.left, s, p)
		layUnion(n.args[0], s, p)
		return
	}
	heads, ok := lay(n, s)
	if !ok {
		if run, err := compile(n); err == nil {
			p.routes = append(p.routes, route{general: run})
		}
		return
	}
	for _, h := range heads {
		p.routes = append(p.routes, h.end())
	}
}

// head is a route being laid: the steps so far, and the type or, after a choice
// that is not yet decided, the options it has.
type head struct {
	steps   []step
	typ     *shape
	element *element
	options []*option
}

// settle decides what is open: one head for each option.
func (h head) settle() []head {
	if h.element == nil {
		return []head{h}
	}
	var out []head
	for _, o := range h.options {
		out = append(out, head{steps: grown(h.steps, step{kind: stepMember, json: o.json}), typ: o.shape})
	}
	return out
}

func (h head) end() route {
	switch {
	case h.element == nil:
		return route{steps: h.steps, typ: h.typ}
	case len(h.options) == 1:
		return route{steps: grown(h.steps, step{kind: stepMember, json: h.options[0].json}), typ: h.options[0].shape}
	}
	return route{steps: grown(h.steps, step{kind: stepChoice, json: h.element.name, options: h.options})}
}

func grown(steps []step, s step) []step { return append(steps[:len(steps):len(steps)], s) }

// lay follows a path from a type. Not ok: the path is not of steps alone.
func lay(n *node, s *shape) (heads []head, ok bool) {
	if s == nil {
		return nil, false
	}
	start := []head{{typ: s}}
	switch n.kind {
	case nThis:
		return start, true
	case nExternal:
		return start, n.name == "context"
	case nMember:
		if n.left != nil {
			if heads, ok = lay(n.left, s); !ok {
				return nil, false
			}
			return layMember(heads, n.name)
		}
		if n.name[0] >= 'A' && n.name[0] <= 'Z' {
			if s.isA(shapeOf(n.name)) && shapeOf(n.name) != nil {
				return start, true
			}
			if shapeOf(n.name) != nil {
				return nil, true // of another type: nothing
			}
		}
		return layMember(start, n.name)
	case nType:
		if n.name == "as" {
			return layCast(n.left, n.typ, s)
		}
	case nCall:
		if n.left == nil || len(n.args) != 1 {
			return nil, false
		}
		switch n.name {
		case "as", "ofType":
			if t, ok := typeArgument(n.args[0]); ok {
				return layCast(n.left, t, s)
			}
		case "where":
			return layWhere(n, s)
		}
	}
	return nil, false
}

func layMember(heads []head, name string) (out []head, ok bool) {
	for _, open := range heads {
		for _, h := range open.settle() {
			e := h.typ.element(name)
			if e == nil {
				continue
			}
			next := head{steps: h.steps, element: e}
			for i := range e.options {
				if e.options[i].resource || h.typ.primitive {
					return nil, false // the type is known only when it is there
				}
				next.options = append(next.options, &e.options[i])
			}
			if len(next.options) == 1 {
				next = next.settle()[0]
			}
			out = append(out, next)
		}
	}
	return out, true
}

func layCast(of *node, t typeName, s *shape) ([]head, bool) {
	w, err := resolveType(t, 0)
	heads, ok := lay(of, s)
	if err != nil || !ok {
		return nil, false
	}
	var out []head
	for _, h := range heads {
		if h.element == nil {
			if w.casts(Value{kind: Place, shape: h.typ}) {
				out = append(out, h)
			}
			continue
		}
		kept := h
		kept.options = nil
		for _, o := range h.options {
			if w.casts(Value{kind: Place, shape: o.shape}) {
				kept.options = append(kept.options, o)
			}
		}
		if len(kept.options) == 1 {
			kept = kept.settle()[0]
		}
		if kept.element == nil || len(kept.options) > 0 {
			out = append(out, kept)
		}
	}
	return out, true
}

func layWhere(n *node, s *shape) ([]head, bool) {
	heads, ok := lay(n.left, s)
	if !ok {
		return nil, false
	}
	test, err := compile(n.args[0])
	if err != nil {
		return nil, false
	}
	var out []head
	for _, open := range heads {
		for _, h := range open.settle() {
			h.steps = grown(h.steps, criterion(n.args[0], h.typ, test))
			out = append(out, h)
		}
	}
	return out, true
}

// criterion knows the two criteria of search parameters by their form.
func criterion(n *node, on *shape, test eval) step {
	if n.kind == nType && n.name == "is" && n.left.kind == nCall && n.left.name == "resolve" && n.left.left == nil {
		if w, err := resolveType(n.typ, 0); err == nil && w.fhir != nil {
			return step{kind: stepRefers, typ: w.fhir, text: on.name, test: test}
		}
	}
	if n.kind == nBinary && n.name == "=" && n.left.kind == nMember && n.left.left == nil && n.args[0].kind == nLiteral && n.args[0].value.kind == String {
		if e := on.element(n.left.name); e != nil && !e.list && len(e.options) == 1 && e.options[0].shape.primitive && e.options[0].shape.system == String {
			return step{kind: stepText, json: n.left.name, text: n.args[0].value.s, typ: on, test: test}
		}
	}
	return step{kind: stepCrit, typ: on, test: test}
}

// walk is one pass over a resource.
type walk struct {
	in    Value
	env   *Env
	yield func(n fhir.Node, typ string) bool
	route *route
	c     *context // made when a step needs one
	err   error
}

// step takes the rest of a route from n; false ends the walk.
func (w *walk) step(n fhir.Node, steps []step) bool {
	if len(steps) == 0 {
		return w.yield(n, w.route.typ.name)
	}
	s, rest := &steps[0], steps[1:]
	switch s.kind {
	case stepMember:
		return w.items(n.Get(s.json), rest)
	case stepChoice:
		for suffix, child := range n.Prefixed(s.json) {
			for _, o := range s.options {
				if o.json[len(s.json):] != string(suffix) {
					continue
				}
				for item := range child.Items() {
					if item.Kind() != fhir.Null && !w.yield(item, o.shape.name) {
						return false
					}
				}
			}
		}
		return true
	case stepText:
		m := n.Get(s.json)
		if m.Kind() != fhir.String {
			return true
		}
		if !(Value{kind: Place, node: m}).textIs(s.text) {
			return true
		}
		return w.step(n, rest)
	case stepRefers:
		if w.env == nil || w.env.Resolve == nil {
			if found := referencedType(n); found != nil {
				return !found.isA(s.typ) || w.step(n, rest)
			}
		}
		return w.criterion(n, shapeOf(s.text), s.test, rest)
	}
	return w.criterion(n, s.typ, s.test, rest)
}

func (w *walk) items(child fhir.Node, rest []step) bool {
	switch child.Kind() {
	case fhir.None, fhir.Null:
		return true
	case fhir.Array:
		for item := range child.Items() {
			if item.Kind() != fhir.Null && !w.step(item, rest) {
				return false
			}
		}
		return true
	}
	return w.step(child, rest)
}

func (w *walk) context() *context {
	if w.c == nil {
		w.c = newContext(w.in, w.env)
		w.c.loose = true
	}
	return w.c
}

func (w *walk) criterion(n fhir.Node, typ *shape, test eval, rest []step) bool {
	c := w.context()
	mark := c.used
	item := c.one(Value{kind: Place, shape: typ, node: n})
	holds := false
	w.err = c.each(item, false, test, func(_ int, out []Value) (bool, error) {
		t, err := truth(out)
		holds = t == yes
		return true, err
	})
	c.used = mark
	if w.err != nil {
		return false
	}
	return !holds || w.step(n, rest)
}

func (w *walk) general(run eval) bool {
	c := w.context()
	out, err := run(c)
	if err != nil {
		w.err = err
		return false
	}
	for i := range out {
		v := &out[i]
		if v.kind != Place {
			w.err = ErrLiteral
			return false
		}
		if v.node.Exists() && !w.yield(v.node, v.Type()) {
			return false
		}
	}
	return true
}
