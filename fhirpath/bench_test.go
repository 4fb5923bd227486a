package fhirpath

import (
	"testing"

	"wholechart/fhir"
)

// BenchmarkNodes is the shapes of search parameters.
func BenchmarkNodes(b *testing.B) {
	for _, c := range []struct{ on, expr string }{
		{ada, `Patient.name.given`},
		{ada, `Patient.telecom.where(system='email')`},
		{ada, `Patient.generalPractitioner.where(resolve() is Practitioner)`},
		{weight, `Observation.code`},
		{weight, `(Observation.value as Quantity)`},
		{weight, `Observation.value.ofType(CodeableConcept)`},
		{weight, `AllergyIntolerance.code | AllergyIntolerance.reaction.substance | Condition.code | Observation.code | Procedure.code`},
	} {
		b.Run(c.expr, func(b *testing.B) {
			e, n, count := MustCompile(c.expr), parse(b, c.on), 0
			b.ReportAllocs()
			for b.Loop() {
				if err := e.Nodes(n, func(fhir.Node, string) bool { count++; return true }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTest is the shapes of invariants.
func BenchmarkTest(b *testing.B) {
	for _, c := range []struct{ on, expr string }{
		{ada, `hasValue() or (children().count() > id.count())`},
		{ada, `name.exists() or telecom.exists() or address.exists()`},
		{ada, `contained.contained.empty()`},
		{ada, "text.`div`.exists()"},
		{ada, `extension.exists() != birthDate.exists()`},
		{weight, `dataAbsentReason.empty() or value.empty()`},
		{weight, `value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()`},
		{weight, `code.coding.where(system = 'http://loinc.org').exists()`},
	} {
		b.Run(c.expr, func(b *testing.B) {
			e, v := MustCompile(c.expr), Resource(parse(b, c.on))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := e.Test(v, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestNoAllocation holds the common shapes to what their speed rests on.
func TestNoAllocation(t *testing.T) {
	for _, c := range []struct{ on, expr string }{
		{ada, `Patient.name.given | Person.name.given`},
		{ada, `Patient.telecom.where(system='email')`},
		{ada, `Patient.generalPractitioner.where(resolve() is Practitioner)`},
		{weight, `(Observation.value as Quantity)`},
		{weight, `Observation.component.value.ofType(integer)`},
	} {
		e, n := MustCompile(c.expr), parse(t, c.on)
		yield := func(fhir.Node, string) bool { return true }
		if got := testing.AllocsPerRun(50, func() { _ = e.Nodes(n, yield) }); got > 0 {
			t.Errorf("%s: %v allocations", c.expr, got)
		}
	}
}
