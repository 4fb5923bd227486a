package search

import "wholechart/fhir"

// generalPath extracts what no plain walk reaches: in R4 that is one expression
// alone, Patient.deceased.exists() and Patient.deceased != false.
func (x *extraction) generalPath(res fhir.Node, g *generalPath) error {
	yes, moment := res.Get("deceasedBoolean"), res.Get("deceasedDateTime")
	code := "false"
	if yes.True() || moment.Exists() {
		code = "true"
	}
	x.code(g.path, booleans, code, false)
	return nil
}
