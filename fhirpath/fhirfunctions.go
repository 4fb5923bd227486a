package fhirpath

import (
	"strings"

	"wholechart/fhir"
)

// fhirFunctions are those R4 adds (http://hl7.org/fhir/R4/fhirpath.html#functions).
func fhirFunctions() map[string]function {
	absent := func(n *node) (eval, error) {
		at, name := n.at, n.name
		return func(*context) ([]Value, error) {
			return nil, fail(Execution, at, "%s() is not supported", name)
		}, nil
	}
	return map[string]function{
		"extension": {1, 1, buildExtension},
		"hasValue": {0, 0, plain(func(c *context, in []Value) ([]Value, error) {
			return boolResult(len(in) == 1 && in[0].hasValue()), nil
		})},
		"getValue": {0, 0, plain(func(c *context, in []Value) ([]Value, error) {
			if len(in) != 1 || !in[0].hasValue() {
				return nil, nil
			}
			return c.one(in[0].System()), nil
		})},
		"resolve": {0, 0, plain(func(c *context, in []Value) ([]Value, error) {
			if err := c.spend(len(in)); err != nil {
				return nil, err
			}
			out := c.room(len(in))
			for i := range in {
				if v := c.resolve(in[i]); v.kind != Absent {
					out = append(out, v)
				}
			}
			return out, nil
		})},
		"conformsTo":        {1, 1, buildConformsTo},
		"memberOf":          {1, 1, buildMemberOf},
		"htmlChecks":        {0, 0, plain(func(c *context, in []Value) ([]Value, error) { return htmlChecks(in), nil })},
		"elementDefinition": {0, 0, absent},
		"slice":             {2, 2, absent},
		"checkModifiers":    {0, 16, absent},
		"subsumes":          {1, 1, absent},
		"subsumedBy":        {1, 1, absent},
	}
}

// hasValue says whether the value is a primitive that has one.
func (v Value) hasValue() bool {
	if v.kind != Place {
		return v.kind != Absent && v.kind != TypeInfo
	}
	return v.node.Exists() && v.node.Kind() != fhir.Object && v.node.Kind() != fhir.Array
}

// buildExtension is extension(url), short for extension.where(url = …).
func buildExtension(n *node) (eval, error) {
	extension := shapeOf("Extension")
	return applied(func(c *context, in, a []Value) ([]Value, error) {
		if len(a) != 1 || !a[0].isString() {
			return nil, nil
		}
		if err := c.spend(len(in)); err != nil {
			return nil, err
		}
		url := a[0].text()
		var out []Value
		for i := range in {
			if in[i].kind != Place {
				continue
			}
			for x := range in[i].object().Get("extension").Items() {
				if x.Get("url").Str() == url {
					out = append(out, Value{kind: Place, shape: extension, node: x})
				}
			}
		}
		return out, bounded(out)
	})(n)
}

const definitionBase = "http://hl7.org/fhir/StructureDefinition/"

// buildConformsTo decides for R4's own types; for profiles it asks the environment.
func buildConformsTo(n *node) (eval, error) {
	at := n.at
	return applied(func(c *context, in, a []Value) ([]Value, error) {
		if len(in) == 0 || len(a) == 0 {
			return nil, nil
		}
		if len(in) > 1 || len(a) > 1 || !a[0].isString() {
			return nil, fail(Execution, at, "conformsTo() needs one item and one URL")
		}
		url := a[0].text()
		if s := shapeOf(strings.TrimPrefix(url, definitionBase)); s != nil && strings.HasPrefix(url, definitionBase) {
			return boolResult(in[0].kind == Place && in[0].shape.isA(s)), nil
		}
		if c.env.ConformsTo == nil {
			return nil, fail(Execution, at, "conformsTo(): the profile is not known")
		}
		is, err := c.env.ConformsTo(in[0], url)
		if err != nil {
			return nil, fail(Execution, at, "conformsTo(): %s", err.Error())
		}
		return boolResult(is), nil
	})(n)
}

func buildMemberOf(n *node) (eval, error) {
	at := n.at
	return applied(func(c *context, in, a []Value) ([]Value, error) {
		if len(in) == 0 || len(a) == 0 {
			return nil, nil
		}
		if len(in) > 1 || len(a) > 1 || !a[0].isString() {
			return nil, fail(Execution, at, "memberOf() needs one item and one value set")
		}
		if c.env.MemberOf == nil {
			return nil, fail(Execution, at, "memberOf() is not supported here: there is no terminology to ask")
		}
		is, err := c.env.MemberOf(in[0], a[0].text())
		if err != nil {
			return nil, fail(Execution, at, "memberOf(): %s", err.Error())
		}
		return boolResult(is), nil
	})(n)
}
