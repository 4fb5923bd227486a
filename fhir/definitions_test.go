package fhir

import (
	"slices"
	"testing"
)

func TestTypes(t *testing.T) {
	obs := LookupType("Observation")
	if obs == nil || obs.Kind != ResourceKind || obs.Base != "DomainResource" || obs.Abstract || obs.Elements[0].Name != "id" {
		t.Fatalf("Observation: %+v", obs)
	}
	el, typ := obs.Element("valueQuantity")
	if el == nil || typ != "Quantity" || el.Name != "value" || !el.Choice || len(el.Types) != 11 {
		t.Errorf("valueQuantity: %+v %s", el, typ)
	}
	if el, _ := obs.Element("value"); el != nil {
		t.Error("value is a JSON name")
	}
	if el, _ := obs.Element("valueMoney"); el != nil {
		t.Error("valueMoney is a JSON name")
	}
	if _, typ := obs.Element("component"); typ != "Observation.component" {
		t.Errorf("component is %s", typ)
	}
	comp := LookupType("Observation.component")
	if comp.Kind != Backbone || comp.Base != "BackboneElement" {
		t.Errorf("component: %+v", comp)
	}
	if _, typ := comp.Element("referenceRange"); typ != "Observation.referenceRange" {
		t.Errorf("component.referenceRange is %s", typ)
	}
	status, _ := obs.Element("status")
	if status.Min != 1 || status.Max != 1 || !status.Modifier || !status.Summary || *status.Binding != (Binding{"required", "http://hl7.org/fhir/ValueSet/observation-status"}) {
		t.Errorf("status: %+v", status)
	}
	if _, typ := obs.Element("id"); typ != "id" {
		t.Errorf("Observation.id is %s", typ)
	}
	if _, typ := comp.Element("id"); typ != "string" {
		t.Errorf("Observation.component.id is %s", typ)
	}
	subject, _ := obs.Element("subject")
	if !slices.Equal(subject.Types[0].Targets, []string{"Patient", "Group", "Device", "Location"}) {
		t.Errorf("subject: %+v", subject.Types)
	}
	low, _ := LookupType("Observation.referenceRange").Element("low")
	if low.TypeRef("Quantity").Profile != "SimpleQuantity" {
		t.Errorf("low: %+v", low.Types)
	}
	var keys []string
	for _, inv := range obs.Invariants {
		keys = append(keys, inv.Key)
	}
	if !slices.Equal(keys, []string{"dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "obs-6", "obs-7"}) {
		t.Errorf("invariants %v", keys)
	}
	if d := LookupType("date"); d.Kind != Primitive || len(d.Elements) != 2 {
		t.Errorf("date: %+v", d)
	}
	if _, typ := LookupType("Extension").Element("url"); typ != "uri" {
		t.Errorf("Extension.url is %s", typ)
	}
	if LookupType("Nothing") != nil {
		t.Error("a type that is not")
	}
}

// Every type an element names is there, so is every base.
func TestTableIsClosed(t *testing.T) {
	for _, typ := range Types() {
		if typ.Base != "" && LookupType(typ.Base) == nil {
			t.Errorf("%s has no base %s", typ.Name, typ.Base)
		}
		for _, e := range typ.Elements {
			for _, r := range e.Types {
				if LookupType(r.Name) == nil {
					t.Errorf("%s.%s: no type %s", typ.Name, e.Name, r.Name)
				}
				for _, target := range r.Targets {
					if LookupType(target) == nil {
						t.Errorf("%s.%s: no target %s", typ.Name, e.Name, target)
					}
				}
			}
		}
	}
	for _, p := range AllSearchParams() {
		for _, b := range p.Bases {
			if LookupType(b) == nil {
				t.Errorf("%s: no base %s", p.URL, b)
			}
		}
		for _, c := range p.Components {
			if !slices.ContainsFunc(AllSearchParams(), func(q *SearchParam) bool { return q.URL == c.Definition }) {
				t.Errorf("%s: no component %s", p.URL, c.Definition)
			}
		}
	}
}

func TestSearchParams(t *testing.T) {
	p := LookupSearchParam("Observation", "code-value-quantity")
	if p == nil || p.Type != "composite" || len(p.Components) != 2 || p.Components[1].Expression != "value.ofType(Quantity)" {
		t.Errorf("code-value-quantity: %+v", p)
	}
	if p := LookupSearchParam("Patient", "_id"); p == nil || p.Expression != "Resource.id" {
		t.Errorf("_id: %+v", p)
	}
	if LookupSearchParam("Patient", "_text") == nil || LookupSearchParam("Bundle", "_text") != nil {
		t.Error("_text is DomainResource's")
	}
	if len(AllSearchParams()) != 1377 {
		t.Errorf("%d search parameters", len(AllSearchParams()))
	}
	if got := CompartmentParams("Patient", "Observation"); !slices.Equal(got, []string{"subject", "performer"}) {
		t.Errorf("compartment: %v", got)
	}
	if got := CompartmentParams("Patient", "Medication"); got != nil {
		t.Errorf("compartment: %v", got)
	}
}

func TestTypeNumbers(t *testing.T) {
	names := ResourceTypes()
	if len(names) != 146 {
		t.Errorf("%d resource types", len(names))
	}
	if TypeNumber("Account") != 1 || TypeName(TypeNumber("Patient")) != "Patient" || TypeNumber("DomainResource") != 0 || TypeName(0) != "" || TypeName(255) != "" {
		t.Error("type numbers")
	}
	if !SubtypeOf("Age", "Quantity") || !SubtypeOf("Patient", "Resource") || SubtypeOf("Bundle", "DomainResource") || !SubtypeOf("code", "string") || SubtypeOf("Nothing", "Nothing") {
		t.Error("SubtypeOf")
	}
}

func TestValueSetCodes(t *testing.T) {
	codes, complete := ValueSetCodes("http://hl7.org/fhir/ValueSet/observation-status|4.0.1")
	if !complete || len(codes) != 16 || !codes["http://hl7.org/fhir/observation-status|final"] || !codes["|final"] || codes["|fnial"] {
		t.Errorf("observation-status: %v %v", codes, complete)
	}
	if codes, complete := ValueSetCodes("http://hl7.org/fhir/ValueSet/mimetypes"); complete || codes != nil {
		t.Error("all MIME types are known")
	}
}

func BenchmarkDefinitions(b *testing.B) {
	raw := unpack(definitionsZst)
	b.Logf("%d bytes packed, %d unpacked", len(definitionsZst), len(raw))
	for b.Loop() {
		if loadDefinitions() == nil {
			b.Fatal()
		}
	}
}
