package search

import (
	"wholechart/fhir"
	"wholechart/fhirpath"
)

// generalPath is an expression that is no plain walk. In R4 there is one alone:
// Patient.deceased.exists() and Patient.deceased != false.
type generalPath struct {
	path Path
	kind kind
	expr *fhirpath.Expr
}

// generalPath extracts what an expression finds; where it cannot be evaluated
// on the resource, nothing is found.
func (x *extraction) generalPath(res fhir.Node, g *generalPath) {
	values, err := g.expr.Eval(fhirpath.Resource(res), nil)
	if err != nil {
		return
	}
	for _, v := range values {
		if v.Node().Exists() {
			x.leaf(v.Node(), &leaf{path: g.path, kind: g.kind, typ: leafTypes[v.Type()]})
			continue
		}
		if yes, ok := v.Bool(); ok && g.kind == kindToken {
			code := "false"
			if yes {
				code = "true"
			}
			x.code(g.path, booleans, []byte(code), false)
		}
	}
}
