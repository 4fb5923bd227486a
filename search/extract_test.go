package search

import (
	"testing"

	"wholechart/fhir"
)

func TestAnObservationHasFewRows(t *testing.T) {
	x, err := Extract(parsed(t, heightObservation))
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Terms) != 8 { // status, category, code, subject, encounter, date, value, tag
		t.Errorf("%d rows", len(x.Terms))
	}
	if x.Patient == nil || *x.Patient != (Ref{Type: "Patient", ID: "p1"}) {
		t.Errorf("home %v", x.Patient)
	}
	if len(x.Refs) != 2 || x.Refs[0] != (Ref{Type: "Patient", ID: "p1"}) || x.Refs[1] != (Ref{Type: "Encounter", ID: "e1"}) {
		t.Errorf("references %v", x.Refs)
	}
}

func TestEveryParameterHasAnAnswer(t *testing.T) {
	params, answered := 0, 0
	for _, resource := range fhir.ResourceTypes() {
		for _, def := range fhir.SearchParams(resource) {
			params++
			p := table().params[resource][def.Code]
			switch {
			case unsupported[def.Code] != "" || columns[def.Code]:
			case def.Type == "composite":
				if len(p.parts) != len(def.Components) {
					t.Errorf("%s.%s has %d components of %d", resource, def.Code, len(p.parts), len(def.Components))
				}
			case len(p.paths) == 0:
				t.Errorf("%s.%s leads nowhere: %s", resource, def.Code, def.Expression)
			}
			answered++
		}
	}
	if params < 1378 || answered != params || len(table().infos) > 1<<15 {
		t.Errorf("%d parameters, %d answered, %d paths", params, answered, len(table().infos))
	}
}
