package validate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wholechart/fhir"
	"wholechart/fhirpath"
)

// What Go code or a formula says of an invariant is what its FHIRPath says, on
// every object of the resources at hand.

// eachObject walks the elements and resources of a tree with their types.
func eachObject(n fhir.Node, p *plan, root fhir.Node, visit func(n fhir.Node, p *plan, root fhir.Node)) {
	if n.Kind() != fhir.Object {
		return
	}
	visit(n, p, root)
	for name, v := range n.Fields() {
		f := p.fields[name]
		if f == nil || f.under || f.plan.prim != notPrimitive {
			continue
		}
		for item := range v.Items() {
			if f.plan.def.Kind == fhir.ResourceKind {
				if q := plans().types[item.ResourceType()]; q != nil {
					r := root
					if f.el.Name != "contained" {
						r = item
					}
					eachObject(item, q, r, visit)
				}
				continue
			}
			eachObject(item, f.plan, root, visit)
		}
	}
}

// corpus yields resources: this file's, the suite's and, if named, Synthea's.
func corpus(t *testing.T, yield func(name string, n fhir.Node)) {
	files, _ := filepath.Glob(filepath.Join(suite, "*.json"))
	if dir := os.Getenv("WHOLECHART_SYNTHEA"); dir != "" {
		synthea, _ := filepath.Glob(filepath.Join(dir, "*.json"))
		files = append(files, synthea[:min(3, len(synthea))]...)
	}
	for _, f := range files {
		if data, err := os.ReadFile(f); err == nil && len(data) < 1<<20 {
			if d, err := fhir.Parse(data); err == nil {
				yield(filepath.Base(f), d.Root())
			}
		}
	}
	for _, text := range agreeSamples {
		yield("sample", parse(t, text))
	}
}

var agreeSamples = []string{
	goodObservation,
	`{"resourceType":"Observation","status":"final","code":{"coding":[{"code":"c"}]},"valueString":"v","dataAbsentReason":{"text":"t"},"component":[{"code":{"coding":[{"code":"c"}]}}],"referenceRange":[{"age":{"low":{"value":1}}}]}`,
	`{"resourceType":"Encounter","period":{"start":"2020","end":"2019"},"statusHistory":[{"period":{"start":"2020-01-01","end":"2020-01-01"}},{"period":{"start":"2020-01-01T00:00:00Z","end":"2019-12-31T23:00:00-02:00"}},
		{"period":{"start":"2020-01-01T10:00:00Z","end":"2020-01-01T09:59:59.5Z"}},{"period":{"start":"2020-02","end":"2020-01-31"}},{"period":{"end":"2020"}}]}`,
	`{"resourceType":"Observation","subject":{"reference":"#a"},"encounter":{"reference":"#b"},"contained":[{"resourceType":"Patient","id":"a","generalPractitioner":[{"reference":"#a"},{"reference":"#c"}]}],"performer":[{"reference":"Patient/1"},{"display":"d"}]}`,
	`{"resourceType":"Observation","contained":[{"resourceType":"Patient","id":"a","meta":{"versionId":"1","security":[{"code":"R"}]},"contained":[{"resourceType":"Patient","id":"b"}]}]}`,
	`{"resourceType":"Observation","subject":{"reference":"#a"},"contained":[{"resourceType":"Patient","id":"a"}]}`,
	`{"resourceType":"QuestionnaireResponse","questionnaire":"#a","contained":[{"resourceType":"Questionnaire","id":"a","status":"draft"},{"resourceType":"Provenance","id":"b","target":[{"reference":"#"}]}]}`,
	`{"resourceType":"Bundle","type":"searchset","total":1,"entry":[{"fullUrl":"a","request":{}},{"fullUrl":"a","search":{},"response":{}}]}`,
	`{"resourceType":"Bundle","type":"transaction","total":1,"entry":[{"fullUrl":"a","request":{},"resource":{"resourceType":"Patient","meta":{"versionId":"1"}}},{"fullUrl":"a","request":{},"resource":{"resourceType":"Patient","meta":{"versionId":"2"}}}]}`,
	`{"resourceType":"Bundle","type":"history","entry":[{"fullUrl":"a","request":{},"response":{}},{"fullUrl":"a/_history/1"}]}`,
	`{"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"a","resource":{"resourceType":"Patient"}}]}`,
	`{"resourceType":"Condition","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"abatementDateTime":"2020","verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"entered-in-error"}]}}`,
	`{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"}}`,
	`{"resourceType":"Appointment","status":"booked","start":"2020-01-01T00:00:00Z","cancelationReason":{"text":"x"},"participant":[{}]}`,
	`{"resourceType":"Questionnaire","item":[{"linkId":"a","type":"display","required":true,"code":[{"code":"x"}],"readOnly":true,"maxLength":3,"initial":[{},{}],"answerOption":[{}],"answerValueSet":"v","enableWhen":[{"operator":"exists","answerString":"x"},{},{}]},{"linkId":"a","type":"group"}]}`,
	`{"resourceType":"MedicationRequest","dosageInstruction":[{"timing":{"repeat":{"duration":-1,"period":1,"periodMax":2,"durationMax":3,"countMax":4,"offset":5,"when":["C","MORN"],"timeOfDay":["10:00:00"]}},"doseAndRate":[{"doseQuantity":{"value":1,"code":"mg"},"rateRatio":{"numerator":{"value":1}},"doseRange":{"low":{"value":2,"comparator":"<"},"high":{"value":1}}}]}]}`,
	`{"resourceType":"Patient","contact":[{"relationship":[{"text":"x"}]}],"telecom":[{"value":"1"}],"extension":[{"url":"a"},{"url":"b","valueString":"x","extension":[{"url":"c","valueBoolean":true}]}],"photo":[{"data":"AA=="}]}`,
	`{"resourceType":"ValueSet","compose":{"include":[{"concept":[{"code":"a"}],"filter":[{"property":"p"}]},{"valueSet":["a"]}]},"expansion":{"contains":[{"abstract":true},{"abstract":false},{"code":"x"}]}}`,
	`{"resourceType":"Parameters","parameter":[{"name":"a"},{"name":"b","valueString":"x","resource":{"resourceType":"Patient"}},{"name":"c","part":[{"name":"d"}]}]}`,
	`{"resourceType":"Goal","target":[{"detailString":"x"}]}`, `{"resourceType":"Group","actual":false,"member":[{"entity":{"display":"x"}}]}`, `{"resourceType":"List","mode":"changes","entry":[{"deleted":true,"date":"2020"}],"emptyReason":{"text":"x"}}`,
	`{"resourceType":"OperationDefinition","parameter":[{"type":"Reference","searchType":"string","targetProfile":["x"],"part":[{}]},{}]}`,
}

func TestFormulasAgree(t *testing.T) {
	decided, asked := map[string][2]int{}, 0
	corpus(t, func(name string, n fhir.Node) {
		top := plans().types[n.ResourceType()]
		if top == nil {
			return
		}
		eachObject(n, top, n, func(n fhir.Node, p *plan, root fhir.Node) {
			s := seenOf(n, p)
			for _, r := range p.rules {
				says := r.formula.eval(s)
				if says == unknown {
					asked++
					continue
				}
				ok, present, err := pathSays(t, r.Expression, n, p, root)
				if err != nil {
					continue // malformed: FHIRPath has no answer
				}
				if says == yes && present && !ok || says == no && (!present || ok) {
					t.Errorf("%s: %s of %s: the formula says %v, FHIRPath %v %v\n%.300s", name, r.Key, p.def.Name, says == yes, ok, present, n.Raw())
				}
				d := decided[r.Key]
				d[says-1]++
				decided[r.Key] = d
			}
		})
	})
	t.Logf("%d invariants decided by formula, %d times FHIRPath was needed", len(decided), asked)
	for _, key := range []string{"obs-6", "qty-3", "ext-1", "obs-3", "att-1", "cpt-2"} {
		if d := decided[key]; d[0] == 0 || d[1] == 0 {
			t.Errorf("%s was tried %v times: both answers should be", key, d)
		}
	}
}

// seenOf is what object makes of a node, without its checks.
func seenOf(n fhir.Node, p *plan) *seen {
	s := &seen{n: n, plan: p}
	for name, v := range n.Fields() {
		if f := p.fields[name]; f != nil {
			s.bits |= 1 << f.place
			if f.under {
				s.unders[f.place] = v
			} else {
				s.values[f.place] = v
			}
		}
	}
	return s
}

var compiledPaths = map[string]*fhirpath.Expr{}

func pathSays(t *testing.T, expression string, n fhir.Node, p *plan, root fhir.Node) (ok, present bool, err error) {
	e := compiledPaths[expression]
	if e == nil {
		if e, err = fhirpath.Compile(expression); err != nil {
			t.Fatal(expression, err)
		}
		compiledPaths[expression] = e
	}
	r := fhirpath.Resource(root)
	return e.Test(fhirpath.Element(n, fhir.Node{}, p.def.Name), &fhirpath.Env{Resource: r, Root: r, AsFilters: true})
}

func TestHandWrittenAgree(t *testing.T) {
	expressions := map[string]string{}
	for _, def := range fhir.Types() {
		for _, inv := range def.Invariants {
			if byHand[inv.Key] != nil {
				expressions[inv.Key] = inv.Expression
			}
		}
	}
	tried := map[string][2]int{}
	check := func(name, key string, n fhir.Node, p *plan, root fhir.Node, ours bool) {
		ok, present, err := pathSays(t, expressions[key], n, p, root)
		if err != nil {
			return
		}
		if theirs := !present || ok; theirs != ours {
			t.Errorf("%s: %s of %s: ours %v, FHIRPath %v %v\n%.300s", name, key, p.def.Name, ours, ok, present, n.Raw())
		}
		d := tried[key]
		if ours {
			d[1]++
		} else {
			d[0]++
		}
		tried[key] = d
	}
	says := func(key string, n fhir.Node, p *plan, root fhir.Node) bool {
		w := &walk{opt: Options{Max: 1000}, plans: plans(), conditional: true}
		w.frames = []frame{{name: p.def.Name, at: -1}}
		w.root.node, w.root.contained = root, !n.Same(root)
		w.specialRules(seenOf(n, p))
		for _, i := range w.issues {
			if len(i.Text) > len(key) && i.Text[len(i.Text)-len(key)-1:] == key+")" {
				return false
			}
		}
		return true
	}
	corpus(t, func(name string, n fhir.Node) {
		top := plans().types[n.ResourceType()]
		if top == nil {
			return
		}
		eachObject(n, top, n, func(n fhir.Node, p *plan, root fhir.Node) {
			if n.Same(root) && n.Get("contained").Kind() == fhir.Array {
				issues := Resource(n, Options{Max: 10000})
				for _, key := range []string{"dom-2", "dom-3", "dom-4", "dom-5"} {
					broken := slices.ContainsFunc(issues, func(i Issue) bool { return strings.HasSuffix(i.Text, "("+key+")") })
					check(name, key, n, p, root, !broken)
				}
			}
			switch p.special {
			case isPeriod:
				check(name, "per-1", n, p, root, says("per-1", n, p, root))
			case isReference:
				if !n.Get("reference").Is("#") { // the expression asks for a contained resource with the empty id
					check(name, "ref-1", n, p, root, says("ref-1", n, p, root))
				}
			case isBundle:
				for _, key := range []string{"bdl-3", "bdl-4", "bdl-7"} {
					check(name, key, n, p, root, says(key, n, p, root))
				}
			}
		})
	})
	for _, key := range []string{"dom-2", "dom-3", "dom-4", "dom-5", "per-1", "ref-1", "bdl-3", "bdl-4", "bdl-7"} {
		if d := tried[key]; d[0] == 0 || d[1] == 0 {
			t.Errorf("%s was tried %v times: both answers should be", key, d)
		}
	}
}

// What a formula makes of an expression it does not understand is nothing.
func TestFormula(t *testing.T) {
	n := parse(t, `{"resourceType":"Observation","status":"final","valueString":"x"}`)
	s := seenOf(n, plans().types["Observation"])
	for expression, want := range map[string]truth{
		"value.exists()": yes, "value.empty()": no, "status = 'final'": yes, "status != 'final'": no, "status in ('a' | 'final')": yes, "code = 'x'": unknown,
		"value.exists() and code.exists()": no, "value.exists() or x.y": yes, "code.exists() implies whatever()": yes, "value.exists() implies code.exists()": no,
		"value.exists() xor code.exists()": yes, "value.exists() = code.exists()": no, "value.exists().not()": no, "(value.exists() and (code.exists())) or status.exists()": yes,
		"code.coding.where(a = 'b').exists()": no, "code.coding.where(a = 'b').empty()": yes, "code.count().exists()": unknown, "value.substring(1).exists()": unknown,
		"status.hasValue()": yes, "code.hasValue().not()": yes, "code.coding | value.x.exists()": unknown, "code.empty() and foo.empty()": unknown, "component.all(a.exists())": unknown,
		"value.exists() and code.exists() or status.exists()": yes, "code.exists() or value.exists() and code.exists()": no, "status = %x": unknown, "value <= code.exists()": unknown,
	} {
		if got := parseFormula(expression).eval(s); got != want {
			t.Errorf("%s: %v, not %v", expression, got, want)
		}
	}
}

// Every invariant that may be asked of FHIRPath compiles.
func TestRulesCompile(t *testing.T) {
	count := 0
	each := func(typ string, rules []*rule) {
		for _, r := range rules {
			count++
			if _, err := r.compiled(); err != nil {
				t.Errorf("%s of %s: %v", r.Key, typ, err)
			}
		}
	}
	for name, p := range plans().types {
		each(name, p.rules)
		for _, f := range p.fields {
			each(name, f.more)
		}
	}
	if count < 200 {
		t.Errorf("%d rules", count)
	}
}
