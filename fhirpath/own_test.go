package fhirpath

import (
	"strings"
	"testing"
	"time"

	"wholechart/fhir"
)

func parse(t testing.TB, text string) fhir.Node {
	t.Helper()
	d, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d.Root()
}

const ada = `{"resourceType":"Patient","id":"ada","active":true,
 "contained":[{"resourceType":"Organization","id":"org","name":"Mill"}],
 "identifier":[{"system":"urn:a","value":"1"},{"system":"urn:b","value":"2"}],
 "name":[{"use":"official","family":"Byron","given":["Ada","Augusta"],"_given":[null,{"id":"g2","extension":[{"url":"urn:x","valueString":"second"}]}]},{"use":"maiden","given":["Ada"]}],
 "telecom":[{"system":"phone","value":"1"},{"system":"email","value":"a@b.example"}],
 "birthDate":"1815-12","_birthDate":{"extension":[{"url":"urn:time","valueDateTime":"1815-12-10T06:00:00Z"}]},
 "_gender":{"extension":[{"url":"urn:why","valueCode":"asked"}]},
 "deceasedBoolean":true,
 "managingOrganization":{"reference":"#org"},
 "generalPractitioner":[{"reference":"Practitioner/1"},{"reference":"https://x.example/fhir/Organization/2/_history/3"},{"type":"PractitionerRole","reference":"urn:uuid:1"},{"reference":"#org"}]}`

const weight = `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},
 "valueQuantity":{"value":72.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"},
 "component":[{"code":{"text":"a"},"valueInteger":3},{"code":{"text":"b"},"valueQuantity":{"value":1e2,"unit":"g","system":"http://unitsofmeasure.org","code":"g"}}]}`

// cases are of our own making; the official suite is in suite_test.go. The
// result is written as the JSON of its items with blanks between; "!" is an error.
var cases = []struct{ on, expr, want string }{
	{ada, `name.given`, `"Ada" "Augusta" "Ada"`},
	{ada, `Patient.name.where(use = 'maiden').given`, `"Ada"`},
	{ada, `name.given.distinct().count()`, `2`},
	{ada, `name[0].given[1].extension('urn:x').value`, `"second"`},
	{ada, `name.given.id`, `"g2"`},
	{ada, `birthDate.extension.value`, `"1815-12-10T06:00:00Z"`},
	{ada, `birthDate.extension.value.is(dateTime)`, `true`},
	{ada, `birthDate = @1815-12`, `true`},
	{ada, `birthDate = @1815-12-10`, ``},
	{ada, `birthDate < @1816`, `true`},
	{ada, `gender.exists()`, `true`},
	{ada, `gender.hasValue()`, `false`},
	{ada, `gender = 'female'`, ``},
	{ada, `gender.extension.value`, `"asked"`},
	{ada, `deceased`, `true`},
	{ada, `deceased is boolean and deceased`, `true`},
	{ada, `deceased.exists() and deceased != false`, `true`},
	{ada, `Observation.value`, ``},
	{ada, `Resource.id | DomainResource.active`, `"ada" true`},
	{ada, `managingOrganization.resolve().name`, `"Mill"`},
	{ada, `generalPractitioner.where(resolve() is Practitioner).reference`, `"Practitioner/1"`},
	{ada, `generalPractitioner.where(resolve() is Organization).reference`, `"https://x.example/fhir/Organization/2/_history/3" "#org"`},
	{ada, `generalPractitioner.where(resolve() is PractitionerRole).reference`, `"urn:uuid:1"`},
	{ada, `contained.ofType(Organization).name`, `"Mill"`},
	{ada, `contained.type().name`, `"Organization"`},
	{ada, `telecom.where(system='email').value`, `"a@b.example"`},
	{ada, `telecom.select(system & ':' & value)`, `"phone:1" "email:a@b.example"`},
	{ada, `descendants().ofType(HumanName).count()`, `2`},
	{ada, `identifier.value.aggregate($total + $this.toInteger(), 0)`, `3`},
	{ada, `identifier.all(system.startsWith('urn:'))`, `true`},
	{ada, `name.given.where($index = 1)`, `"Augusta"`},
	{ada, `iif(active, 'yes', 1 / 0)`, `"yes"`},
	{ada, `%resource.id & %context.id`, `"adaada"`},
	{ada, `%nothing`, `!`},
	{ada, `memberOf('urn:vs')`, `!`},
	{ada, `name.single()`, `!`},
	{ada, `name.given < 'B'`, `!`},
	{ada, `now() > birthDate and today() = @2026-01-02`, `true`},
	{weight, `value.value`, `72.50`},
	{weight, `value = 72.5 'kg' and value = 72500 'g'`, `true`},
	{weight, `value > 100 'g' and value ~ 72.5 'kg'`, `true`},
	{weight, `value < 3 's'`, ``},
	{weight, `component.value.ofType(Quantity).value`, `1e2`},
	{weight, `(component.value as Quantity).value`, `!`},
	{weight, `component.where(value is integer).code.text`, `"a"`},
	{weight, `0.1 + 0.2 = 0.3`, `true`},
	{weight, `2147483647 + 1`, ``},
	{weight, `5 mod 3 + 7 div 2 * 2`, `8`},
	{weight, `10 / 4`, `2.5`},
	{weight, `@2024-02-29 + 1 year`, `"2025-02-28"`},
	{weight, `@2024-01-31 + 1 month`, `"2024-02-29"`},
	{weight, `@T23:30 + 1 hour`, `"00:30"`},
	{weight, `@2014 + 24 months`, `"2016"`},
	{weight, `'a1b22'.replaceMatches('([0-9]+)', '<$1x>')`, `"a\u003c1x\u003eb\u003c22x\u003e"`},
	{weight, `'żółw'.substring(1, 2) & 'żółw'.length().toString() & 'żółw'.indexOf('w').toString()`, `"ół43"`},
	{weight, `'1.50 \'mg\''.toQuantity().value`, `1.50`},
	{weight, `(1 | 2 | 3).exclude(2).tail()`, `3`},
	{weight, `{} implies true`, `true`},
	{weight, `not_a_function()`, `!`},
	{weight, `1 +`, `!`},
	{weight, `value.as(Nonsense)`, `!`},
}

var testEnv = &Env{Now: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)}

func show(c Collection) string {
	var parts []string
	for _, v := range c {
		parts = append(parts, string(v.AppendJSON(nil)))
	}
	return strings.Join(parts, " ")
}

func TestOwn(t *testing.T) {
	for _, c := range cases {
		got := "!"
		e, err := Compile(c.expr)
		if err == nil {
			var out Collection
			if out, err = e.Eval(Resource(parse(t, c.on)), testEnv); err == nil {
				got = show(out)
			}
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s (%v)", c.expr, got, c.want, err)
		}
	}
}

func TestNodes(t *testing.T) {
	for _, c := range []struct{ on, expr, want string }{
		{ada, `Patient.name.given | Practitioner.name.given`, `string:"Ada" string:"Augusta" string:"Ada"`},
		{ada, `Patient.telecom.where(system='phone') | Person.telecom.where(system='phone')`, `ContactPoint:{"system":"phone","value":"1"}`},
		{ada, `Patient.deceased`, `boolean:true`},
		{ada, `(Patient.deceased as dateTime)`, ``},
		{ada, `Patient.deceased.ofType(boolean)`, `boolean:true`},
		{ada, `Patient.generalPractitioner.where(resolve() is Practitioner).reference`, `string:"Practitioner/1"`},
		{ada, `Patient.generalPractitioner.where(resolve() is Organization).reference`, `string:"https://x.example/fhir/Organization/2/_history/3" string:"#org"`},
		{ada, `Resource.id`, `id:"ada"`},
		{ada, `Patient.name.where(given.count() > 1).family`, `string:"Byron"`},
		{ada, `Patient.name.first().family`, `string:"Byron"`},
		{ada, `Patient.gender`, ``},
		{ada, `Patient.contained.name`, `string:"Mill"`},
		{weight, `(Observation.component.value as Quantity).code`, `code:"g"`},
		{weight, `Observation.value | Observation.component.value.ofType(integer)`, `Quantity:{"value":72.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"} integer:3`},
		{weight, `Observation.component.value.as(integer)`, `integer:3`},
		{weight, `Observation.code.coding.code`, `code:"29463-7"`},
	} {
		var parts []string
		err := MustCompile(c.expr).Nodes(parse(t, c.on), func(n fhir.Node, typ string) bool {
			parts = append(parts, typ+":"+string(n.Raw()))
			return true
		})
		if got := strings.Join(parts, " "); got != c.want || err != nil {
			t.Errorf("%s\n got %s\nwant %s (%v)", c.expr, got, c.want, err)
		}
	}
	if err := MustCompile(`Patient.deceased.exists()`).Nodes(parse(t, ada), func(fhir.Node, string) bool { return true }); err != ErrLiteral {
		t.Errorf("a literal: %v", err)
	}
}

// TestNodesOfComponents is how a composite parameter's components are found.
func TestNodesOfComponents(t *testing.T) {
	r := parse(t, weight)
	env := &Env{Resource: Resource(r)}
	for _, c := range []struct{ expr, want string }{
		{`code.text`, `"a" "b"`},
		{`value.as(Quantity)`, `{"value":1e2,"unit":"g","system":"http://unitsofmeasure.org","code":"g"}`},
		{`value.ofType(integer)`, `3`},
		{`$this.code.text`, `"a" "b"`},
		{`%resource.status`, `"final" "final"`},
	} {
		e := MustCompile(c.expr)
		var parts []string
		err := MustCompile(`Observation.component`).Nodes(r, func(n fhir.Node, typ string) bool {
			if err := e.NodesOf(Element(n, fhir.Node{}, typ), env, func(m fhir.Node, _ string) bool {
				parts = append(parts, string(m.Raw()))
				return true
			}); err != nil {
				t.Error(err)
			}
			return true
		})
		if got := strings.Join(parts, " "); got != c.want || err != nil {
			t.Errorf("%s finds %s, not %s (%v)", c.expr, got, c.want, err)
		}
	}
	stopped := 0
	if err := MustCompile(`Observation.component.code`).Nodes(r, func(fhir.Node, string) bool { stopped++; return false }); err != nil || stopped != 1 {
		t.Errorf("went on after a stop: %d %v", stopped, err)
	}
	if err := MustCompile(`Observation.value`).Nodes(parse(t, `{"resourceType":"Observation","valueString":null}`), func(fhir.Node, string) bool {
		t.Error("null was found")
		return true
	}); err != nil {
		t.Error(err)
	}
}
