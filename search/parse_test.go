package search

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wholechart/fhir"
)

func ask(t testing.TB, resource, query string, o Options) (*Query, error) {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return Parse(resource, values, o)
}

func TestRefused(t *testing.T) {
	tests := []struct{ resource, query, code string }{
		{"Patient", "nonsense=1", "not-supported"},
		{"Patient", "family:sounds=x", "not-supported"},
		{"Patient", "family:=x", "not-supported"},
		{"Patient", "family=", "invalid"},
		{"Patient", "family=a,,b", "invalid"},
		{"Patient", "birthdate=xx2000", "not-supported"},
		{"Patient", "birthdate=2000-13", "invalid"},
		{"Patient", "birthdate=2001-02-29", "invalid"},
		{"Patient", "birthdate:exact=2000", "not-supported"},
		{"Patient", "_text=x", "not-supported"},
		{"Patient", "_content=x", "not-supported"},
		{"Patient", "_query=x", "not-supported"},
		{"Patient", "_filter=x", "not-supported"},
		{"Patient", "_list=x", "not-supported"},
		{"Patient", "_contained=true", "not-supported"},
		{"Patient", "_type=Patient", "not-supported"},
		{"Patient", "_count=many", "invalid"},
		{"Patient", "_count=-1", "invalid"},
		{"Patient", "_total=some", "invalid"},
		{"Patient", "_summary=some", "invalid"},
		{"Patient", "_summary=text&_elements=name", "invalid"},
		{"Patient", "_elements=nonsense", "not-supported"},
		{"Patient", "_sort=nonsense", "not-supported"},
		{"Patient", "_sort=", "invalid"},
		{"Patient", "_sort=_id,_id,_id,_id,_id,_id,_id,_id,_id", "too-costly"},
		{"Patient", "_id=a/b", "invalid"},
		{"Patient", "_id:exact=a", "not-supported"},
		{"Patient", "_include=nonsense", "invalid"},
		{"Patient", "_include=Patient:name", "not-supported"},
		{"Patient", "_include=Nothing:name", "invalid"},
		{"Patient", "_include:recurse=Patient:organization", "not-supported"},
		{"Patient", "family.name=x", "not-supported"},
		{"Patient", "organization.nonsense=x", "not-supported"},
		{"Patient", "organization:Device.name=x", "not-supported"},
		{"Patient", "organization.=x", "not-supported"},
		{"Observation", "patient.birthdate=never", "invalid"},
		{"QuestionnaireResponse", "questionnaire.name=x", "not-supported"},
		{"Questionnaire", "_has:QuestionnaireResponse:questionnaire:status=x", "not-supported"},
		{"QuestionnaireResponse", "_include=QuestionnaireResponse:questionnaire", "not-supported"},
		{"Patient", "_has:Observation:patient=x", "not-supported"},
		{"Patient", "_has:Nothing:patient:code=x", "not-supported"},
		{"Patient", "_has:Observation:code:code=x", "not-supported"},
		{"Patient", "_has:Observation:encounter:code=x", "not-supported"},
		{"Patient", "link:missing=maybe", "invalid"},
		{"Patient", "identifier:of-type=a|b", "invalid"},
		{"Patient", "gender:of-type=a|b|c", "not-supported"},
		{"Patient", "general-practitioner:Location=x", "not-supported"},
		{"Patient", "general-practitioner=#x", "invalid"},
		{"Patient", "general-practitioner=Location/x", "invalid"},
		{"Observation", "subject=Patient/x/_history/1", "not-supported"},
		{"Observation", "code:above=x", "not-supported"},
		{"Observation", "code:below=x", "not-supported"},
		{"Observation", "code:in=http://snomed.info/sct?fhir_vs", "not-supported"},
		{"Observation", "value-quantity=5|mg", "invalid"},
		{"Observation", "value-quantity=5|http://unitsofmeasure.org|", "invalid"},
		{"Observation", "value-quantity=five", "invalid"},
		{"Observation", "code-value-quantity=5", "invalid"},
		{"Observation", "code-value-quantity=a$", "invalid"},
		{"Observation", "code-value-quantity:missing=true", "not-supported"},
		{"Patient", strings.Repeat("link:Patient.", 8) + "_id=x", "too-costly"},
		{"Location", "near=here", "invalid"},
		{"Location", "near=99|0|1|km", "invalid"},
		{"Location", "near=9|0|1|kg", "invalid"},
		{"Nothing", "", "invalid"},
		{"", "family=x", "not-supported"},
		{"", "_type=Nothing", "invalid"},
		{"", "_tag:in=http://hl7.org/fhir/ValueSet/resource-types", "too-costly"},
		{"", "_type=Patient,Observation&gender=male", "not-supported"},
		{"Patient", strings.Repeat("family=a&", 101), "too-costly"},
		{"Patient", "family=" + strings.Repeat("a,", 1001) + "a", "too-costly"},
	}
	for _, test := range tests {
		_, err := ask(t, test.resource, test.query, Options{})
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s?%.80s: no error (%v)", test.resource, test.query, err)
			continue
		}
		if e.Code != test.code || e.Error() == "" {
			t.Errorf("%s?%.80s: %s (%v), not %s", test.resource, test.query, e.Code, e, test.code)
		}
	}
}

func TestErrorsHoldNoValue(t *testing.T) {
	for _, query := range []string{"birthdate=SECRET", "_id=SEC/RET", "general-practitioner=SEC RET", "_count=SECRET", "identifier:of-type=SECRET"} {
		_, err := ask(t, "Patient", query, Options{})
		if err == nil || strings.Contains(err.Error(), "SEC") {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestLenient(t *testing.T) {
	q, err := ask(t, "Patient", "family=x&nonsense=1&given:sounds=y&_sort=nonsense", Options{Lenient: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(q.Where) != 1 || !slices.Equal(q.Ignored, []string{"_sort", "given:sounds", "nonsense"}) {
		t.Errorf("where %d, ignored %v", len(q.Where), q.Ignored)
	}
	if got := q.Understood.Encode(); got != "family=x" {
		t.Errorf("understood %s", got)
	}
	if _, err := ask(t, "Patient", "birthdate=never", Options{Lenient: true}); err == nil {
		t.Error("a date that is none was ignored")
	}
}

func TestChains(t *testing.T) {
	q, err := ask(t, "Observation", "subject:Patient.organization.name=acme", Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := q.Where[0].Chain
	if c == nil || c.Type != "Patient" || !slices.Equal(c.Paths, PathsOf("Observation", "subject")) {
		t.Fatalf("%+v", q.Where[0])
	}
	inner := c.Where[0].Chain
	if inner == nil || inner.Type != "Organization" || len(inner.Where) != 1 || len(inner.Where[0].Spans) == 0 {
		t.Fatalf("%+v", c.Where[0])
	}
	q, err = ask(t, "Observation", "patient.name=peter", Options{})
	if err != nil || q.Where[0].Chain == nil || q.Where[0].Chain.Type != "Patient" {
		t.Errorf("patient.name: %v", err)
	}
	q, err = ask(t, "Observation", "subject.name=peter", Options{}) // Patient and Location know name
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, a := range q.Where[0].Any {
		types = append(types, a.Chain.Type)
	}
	if slices.Sort(types); !slices.Equal(types, []string{"Location", "Patient"}) {
		t.Errorf("subject.name is of %v", types)
	}
	q, err = ask(t, "Observation", "subject:Patient._id=p1", Options{})
	if err != nil || !slices.Equal(q.Where[0].Chain.Where[0].IDs, []string{"p1"}) {
		t.Errorf("subject:Patient._id: %v", err)
	}
}

func TestHas(t *testing.T) {
	q, err := ask(t, "Patient", "_has:Observation:patient:_has:AuditEvent:entity:agent=d1&_has:Observation:patient:code=1", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var nested, plain *Has
	for _, c := range q.Where {
		if c.Has.Where[0].Has != nil {
			nested = c.Has
		} else {
			plain = c.Has
		}
	}
	if nested == nil || plain == nil || nested.Type != "Observation" || nested.Where[0].Has.Type != "AuditEvent" || len(plain.Where[0].Spans) != 1 {
		t.Fatalf("%+v", q.Where)
	}
	q, err = ask(t, "Encounter", "patient._has:Group:member:_id=g1", Options{})
	if err != nil || q.Where[0].Chain == nil || q.Where[0].Chain.Where[0].Has == nil || q.Where[0].Chain.Where[0].Has.Type != "Group" {
		t.Errorf("patient._has: %v", err)
	}
}

func TestShape(t *testing.T) {
	q, err := ask(t, "Observation", "_count=5000&_sort=-date,code,_id,-_lastUpdated&_total=accurate&_elements=status,Observation.code&_format=json&_pretty=true"+
		"&_include=Observation:patient&_include:iterate=Patient:general-practitioner:Practitioner&_revinclude=Provenance:target&_include=Observation:*&_after=xyz", Options{MaxCount: 200})
	if err != nil {
		t.Fatal(err)
	}
	if q.Count != 200 || q.Total != "accurate" || q.After != "xyz" || !slices.Equal(q.Elements, []string{"status", "code"}) {
		t.Errorf("%+v", q)
	}
	if len(q.Sort) != 4 || !q.Sort[0].Desc || !slices.Equal(q.Sort[0].Paths, pathsOf(table().params["Observation"]["date"].paths)) ||
		q.Sort[1].Desc || !q.Sort[2].ID || !q.Sort[3].Updated || !q.Sort[3].Desc {
		t.Errorf("sort %+v", q.Sort)
	}
	if len(q.Includes) != 3 || len(q.RevIncludes) != 1 {
		t.Fatalf("includes %+v %+v", q.Includes, q.RevIncludes)
	}
	patient, all, gp := q.Includes[0], q.Includes[1], q.Includes[2]
	if patient.Source != "Observation" || patient.Target != "Patient" || patient.Iterate || !slices.Equal(patient.Paths, PathsOf("Observation", "patient")) {
		t.Errorf("%+v", patient)
	}
	if !all.All || all.Source != "Observation" || !gp.Iterate || gp.Target != "Practitioner" || q.RevIncludes[0].Source != "Provenance" {
		t.Errorf("%+v", q.Includes)
	}
	if got := q.Understood.Get("_count"); got != "200" || q.Understood.Has("_format") || q.Understood.Has("_after") {
		t.Errorf("understood %v", q.Understood)
	}
	q, err = ask(t, "Observation", "_count=0", Options{})
	if err != nil || q.Summary != "count" || q.Count != 0 {
		t.Errorf("_count=0: %+v %v", q, err)
	}
	if q, _ = ask(t, "Observation", "", Options{}); q.Count != 50 || q.Where != nil {
		t.Errorf("%+v", q)
	}
}

func TestCapabilities(t *testing.T) {
	var codes []string
	for _, def := range Params("Location") {
		codes = append(codes, def.Code)
	}
	for _, want := range []string{"_id", "_lastUpdated", "_profile", "_security", "_source", "_tag", "near", "name"} {
		if !slices.Contains(codes, want) {
			t.Errorf("Location does not claim %s", want)
		}
	}
	for _, never := range []string{"_text", "_content", "_query"} {
		if slices.Contains(codes, never) {
			t.Errorf("Location claims %s", never)
		}
	}
	if in := Includes("Observation"); !slices.Contains(in, "Observation:patient") || slices.Contains(in, "Observation:code") {
		t.Errorf("includes %v", in)
	}
	if in := RevIncludes("Patient"); !slices.Contains(in, "Observation:patient") || slices.Contains(in, "Observation:encounter") {
		t.Errorf("revincludes %v", in)
	}
}

// Every parameter that is claimed is answered, with a value of its type.
func TestEveryClaimIsKept(t *testing.T) {
	values := map[string]string{"token": "a", "string": "a", "reference": "Patient/a", "date": "2020", "number": "1", "quantity": "1", "uri": "urn:a", "special": "1|2"}
	for _, resource := range fhir.ResourceTypes() {
		for _, def := range Params(resource) {
			value := values[def.Type]
			if def.Type == "reference" {
				value = table().params[resource][def.Code].targets()[0] + "/a"
			}
			if def.Code == "_lastUpdated" {
				value = "2020"
			}
			if def.Type == "composite" {
				var parts []string
				for _, p := range table().params[resource][def.Code].parts {
					v := values[p.index.def.Type]
					if p.index.def.Type == "reference" {
						v = p.index.targets()[0] + "/a"
					}
					parts = append(parts, v)
				}
				value = strings.Join(parts, "$")
			}
			q, err := Parse(resource, url.Values{def.Code: {value}}, Options{})
			if err != nil || len(q.Where) != 1 || !wellFormed(q.Where[0]) {
				t.Errorf("%s?%s=%s: %v", resource, def.Code, value, err)
			}
			if def.Type == "composite" || def.Code == "_id" || def.Code == "_lastUpdated" {
				continue
			}
			if _, err := Parse(resource, url.Values{"_sort": {def.Code}}, Options{}); err != nil && def.Type != "special" {
				t.Errorf("%s?_sort=%s: %v", resource, def.Code, err)
			}
		}
	}
}

func TestEscapes(t *testing.T) {
	fixture := []string{`{"resourceType":"Patient","id":"odd","name":[{"family":"a,b|c$d\\e"}],"identifier":[{"system":"s|1","value":"x,y|z"}]}`}
	for query, want := range map[string]int{
		`family=a\,b|c$d\\e`: 1, `family=b,a\,`: 1, `family=a\,c`: 0,
		`identifier=s\|1|x\,y\|z`: 1, `identifier=x\,y\|z`: 1, `identifier=s|1`: 0,
	} {
		name, value, _ := strings.Cut(query, "=")
		q, err := Parse("Patient", url.Values{name: {value}}, Options{})
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if got := len(matches(t, q, fixture)); got != want {
			t.Errorf("%s finds %d", query, got)
		}
	}
}

func TestOverAllTypes(t *testing.T) {
	for query, want := range map[string]string{
		"_type=Patient,Observation&_id=p1":                       "p1",
		"_id=p1,bp":                                              "p1 bp",
		"_security=R":                                            "p2",
		"_type=Patient,Condition&_security:not=R":                "renée p1 open",
		"_type=Observation,Condition&subject=Patient/p1":         "height bp open",
		"_type=Observation,Condition&subject:not=Patient/p1":     "error",
		"_type=Observation,Condition&patient=p1&code:not=8302-2": "bp open",
		"_type=Observation,RiskAssessment&probability=0.8":       "error",
	} {
		q, err := ask(t, "", query, Options{})
		got := "error"
		if err == nil {
			got = strings.Join(matches(t, q, fixtures), " ")
		}
		if got != want {
			t.Errorf("?%s finds [%s], not [%s] (%v)", query, got, want, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, q := range []string{"code=a|b,c&date=gt2020", "_has:Observation:patient:code=x", "subject:Patient.name:exact=x\\,", "value-quantity=le5.4e-3||mg",
		"code-value-quantity=a$gt5", "_sort=-date&_include=*&_count=0", "date=ap2020-01-01T00:00 01:00", "status:in=http://hl7.org/fhir/ValueSet/observation-status",
		"code:text=%00", "_lastUpdated=ne2020&_id=a", "combo-code-value-quantity=8480-6$ne5||x"} {
		f.Add("Observation", q)
	}
	f.Add("", "_type=Patient&_tag:not=x")
	f.Add("Location", "near=1|2|3|km")
	f.Add("Patient", "phonetic=x&identifier:of-type=a|b|c&phone=1")
	n := parsed(f, heightObservation)
	x, err := Extract(n)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, resource, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		q, err := Parse(resource, values, Options{})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Code == "" || e.Text == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, c := range q.Where {
			if !wellFormed(c) {
				t.Fatalf("%s?%s: %+v", resource, query, c)
			}
			Holds(c, x.Terms, n, Ref{Type: "Observation", ID: "height"})
		}
		if _, err := Parse(resource, q.Understood, Options{}); err != nil && resource != "" {
			t.Fatalf("%s?%s was understood as %v, which is not: %v", resource, query, q.Understood, err)
		}
	})
}

// wellFormed says whether exactly one member of every condition is set, and
// every span is one that a store can seek.
func wellFormed(c Cond) bool {
	set := 0
	for _, is := range []bool{len(c.Spans) > 0, c.Not != nil, len(c.IDs) > 0, c.Updated != nil, c.Chain != nil, c.Has != nil, len(c.All) > 0, len(c.Any) > 0, c.Check != nil} {
		if is {
			set++
		}
	}
	for _, s := range c.Spans {
		if s.Path == 0 || s.Target != nil && (s.From != nil || s.To != nil || s.Exact) || s.Exact && (len(s.From) == 0 || s.To != nil) {
			return false
		}
	}
	inner := slices.Concat(c.All, c.Any)
	if c.Not != nil {
		inner = append(inner, *c.Not)
	}
	if c.Chain != nil {
		inner = append(inner, c.Chain.Where...)
	}
	if c.Has != nil {
		inner = append(inner, c.Has.Where...)
	}
	return set == 1 && !slices.ContainsFunc(inner, func(i Cond) bool { return !wellFormed(i) })
}

func FuzzExtract(f *testing.F) {
	for _, text := range fixtures {
		f.Add(text)
	}
	f.Add(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Composition","id":"c"}}]}`)
	f.Add(`{"resourceType":"Patient","name":[null,{"family":null,"given":[[1]]}],"telecom":{"value":"5"},"birthDate":5}`)
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parsedOr([]byte(text))
		if err != nil {
			return
		}
		x, err := Extract(n)
		if err != nil {
			return
		}
		for _, one := range x.Terms {
			if one.Path == 0 || int(one.Path) >= len(table().infos) || table().infos[one.Path].resource != n.ResourceType() {
				t.Fatalf("a row of path %d", one.Path)
			}
			if len(one.Value) > 512 || one.Ref != nil && one.Value != nil {
				t.Fatalf("%+v", one)
			}
		}
		LabelBits(n)
	})
}
