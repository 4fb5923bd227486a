package fhirpath

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"wholechart/fhir"
)

func TestHTMLChecks(t *testing.T) {
	const div = `<div xmlns="http://www.w3.org/1999/xhtml">`
	for text, want := range map[string]bool{
		div + `<p class="x">a &amp; b<br/></p></div>`:                              true,
		div + `<a href="http://x.example">a</a></div>`:                             true,
		div + `<img src="#pic" alt="p"/></div>`:                                    true,
		div + `  </div>`:                                                           false, // txt-2
		`<div>a</div>`:                                                             false, // no namespace
		`<p xmlns="http://www.w3.org/1999/xhtml">a</p>`:                            false,
		div + `<script>a</script></div>`:                                           false,
		div + `<p onclick="a()">a</p></div>`:                                       false,
		div + `<a href=" javascript:a()">a</a></div>`:                              false,
		div + `<form>a</form></div>`:                                               false,
		div + `a</div>` + div + `b</div>`:                                          false,
		div + `<p>a</div>`:                                                         false,
		`<!DOCTYPE x>` + div + `a</div>`:                                           false,
		div + strings.Repeat("<b>", 300) + strings.Repeat("</b>", 300) + `a</div>`: false,
	} {
		n := parse(t, `{"resourceType":"Patient","text":{"status":"generated","div":`+string(appendQuoted(nil, text))+`}}`)
		got, present, err := MustCompile("text.`div`.htmlChecks()").Bool(n, nil)
		if got != want || !present || err != nil {
			t.Errorf("%.90s: %v (%v)", text, got, err)
		}
	}
}

func TestEnvironment(t *testing.T) {
	n := parse(t, ada)
	mill := parse(t, `{"resourceType":"Practitioner","id":"1","active":false}`)
	var traced []string
	env := &Env{
		Vars:    map[string]Collection{"limit": {Int(2)}},
		Resolve: func(ref string) (fhir.Node, bool) { return mill, ref == "Practitioner/1" },
		Trace:   func(name string, c Collection) { traced = append(traced, name+"="+show(c)) },
		MemberOf: func(code Value, set string) (bool, error) {
			if set == "urn:broken" {
				return false, errors.New("no such set")
			}
			return code.Text() == "official", nil
		},
		ConformsTo: func(Value, string) (bool, error) { return true, nil },
	}
	for _, c := range []struct{ expr, want string }{
		{`%limit + 1`, `3`},
		{`generalPractitioner.resolve().active`, `false`},
		{`generalPractitioner.first().resolve() is Practitioner`, `true`},
		{`name.use.select(memberOf('urn:x'))`, `true false`},
		{`name[0].use.memberOf('urn:broken')`, `!`},
		{`conformsTo('urn:profile')`, `true`},
		{`conformsTo('http://hl7.org/fhir/StructureDefinition/DomainResource')`, `true`},
		{`name.trace('n', family).count()`, `2`},
		{`now()`, `!`}, // no clock given
		{`slice('a', 'b')`, `!`},
		{`name.given.as(string).count()`, `!`},
	} {
		got := "!"
		out, err := MustCompile(c.expr).Eval(Resource(n), env)
		if err == nil {
			got = show(out)
		} else if e, ok := err.(*Error); !ok || e.Stage != Execution || strings.Contains(err.Error(), "Byron") {
			t.Errorf("%s: %v", c.expr, err)
		}
		if got != c.want {
			t.Errorf("%s gives %s, not %s (%v)", c.expr, got, c.want, err)
		}
	}
	if strings.Join(traced, ";") != `n="Byron"` {
		t.Errorf("traced %q", traced)
	}
	loose, err := MustCompile(`name.given.as(string).count()`).Eval(Resource(n), &Env{AsFilters: true})
	if err != nil || show(loose) != "3" {
		t.Errorf("AsFilters: %s %v", show(loose), err)
	}
}

// TestElement evaluates on an element, with its resource beside it.
func TestElement(t *testing.T) {
	r := parse(t, ada)
	env := &Env{Resource: Resource(r)}
	birth := Element(r.Get("birthDate"), r.Get("_birthDate"), "date")
	for _, c := range []struct {
		on         Value
		expr, want string
	}{
		{birth, `extension.exists() and hasValue() and $this < @1900`, `true`},
		{birth, `%resource.active and %context = @1815-12`, `true`},
		{Element(fhir.Node{}, r.Get("_gender"), "code"), `hasValue().not() and children().count() > id.count()`, `true`},
		{Element(r.Get("name").Index(0), fhir.Node{}, "HumanName"), `given.first() & family`, `"AdaByron"`},
		{Value{}, `1 + 1`, `2`},
		{Value{}, `name.exists()`, `false`},
	} {
		out, err := MustCompile(c.expr).Eval(c.on, env)
		if err != nil || show(out) != c.want {
			t.Errorf("%s gives %s, not %s (%v)", c.expr, show(out), c.want, err)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		typ, expr string
		ok        bool
	}{
		{"Patient", `name.given`, true},
		{"Patient", `name.givven`, false},
		{"Patient", `contact.name.family`, true},
		{"Patient.contact", `name.family`, true},
		{"Patient", `Observation.value`, false},
		{"Patient", `contained.whatever`, true},
		{"Observation", `value.unit`, true},
		{"Observation", `valueQuantity`, false},
		{"Observation", `value.ofType(Period).unit`, false},
		{"Questionnaire", `repeat(item).linkId`, true},
		{"Questionnaire", `repeat(item).link`, false},
		{"Patient", `name.where(uze = 'x')`, false},
		{"Patient", `descendants().first()`, false},
		{"Patient", `birthDate + 1`, false},
		{"Patient", `birthDate + 1 day`, true},
		{"", `anything.at.all`, true},
	} {
		err := MustCompile(c.expr).Check(c.typ)
		if (err == nil) != c.ok {
			t.Errorf("%s on %q: %v", c.expr, c.typ, err)
		}
	}
}

// TestConcurrent uses one expression from many goroutines.
func TestConcurrent(t *testing.T) {
	e := MustCompile(`name.given | contact.name.given | Observation.component.value.ofType(Quantity).unit`)
	nodes := []fhir.Node{parse(t, ada), parse(t, weight)}
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			for range 200 {
				out, err := e.Eval(Resource(nodes[i%2]), nil)
				count := 0
				err2 := e.Nodes(nodes[i%2], func(fhir.Node, string) bool { count++; return true })
				if err != nil || err2 != nil || len(out) != 2-i%2 || count != 3-2*(i%2) {
					t.Errorf("%d: %d items, %d places, %v %v", i, len(out), count, err, err2)
					return
				}
			}
		})
	}
	wait.Wait()
}
