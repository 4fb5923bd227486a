package validate

import (
	"strings"
	"testing"

	"wholechart/fhir"
)

func parse(t testing.TB, text string) fhir.Node {
	t.Helper()
	d, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d.Root()
}

// findings are "code path" of the errors.
func findings(issues []Issue) string {
	var out []string
	for _, i := range issues {
		out = append(out, i.Code+" "+i.Path)
	}
	return strings.Join(out, "; ")
}

const div = `<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>x</p></div>`

func TestGood(t *testing.T) {
	for _, text := range []string{
		goodObservation,
		`{"resourceType":"Patient"}`,
		`{"resourceType":"Patient","text":{"status":"generated","div":"` + div + `"},"name":[{"given":["A",null],"_given":[null,{"extension":[{"url":"http://x.org/e","valueString":"v"}]}]}],"_birthDate":{"extension":[{"url":"http://x.org/e","valueCode":"unknown"}]}}`,
		`{"resourceType":"Patient","birthDate":"1970","_birthDate":{"id":"a"},"gender":"other","multipleBirthInteger":2,"deceasedBoolean":false}`,
		`{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"#p"},"contained":[{"resourceType":"Patient","id":"p"}]}`,
		`{"resourceType":"Observation","status":"final","code":{"text":"x"},"contained":[{"resourceType":"Provenance","id":"p","target":[{"reference":"#"}],"recorded":"2020-01-01T00:00:00Z","agent":[{"who":{"display":"d"}}]}]}`,
		`{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"https://x.org/fhir/Patient/1/_history/2","type":"Patient"},"valueString":"s"}`,
		`{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:429342a7-e550-482e-8213-f2711cc3eca8","resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient?identifier=a|b"}},"request":{"method":"POST","url":"Observation"}}]}`,
		`{"resourceType":"Parameters","parameter":[{"name":"a","valueDecimal":1.0e-3},{"name":"b","resource":{"resourceType":"Patient"}},{"name":"c","part":[{"name":"d","valueBase64Binary":"YWI="}]}]}`,
		`{"resourceType":"Basic","code":{"text":"x"},"extension":[{"url":"http://x.org/e","extension":[{"url":"inner","valueOid":"urn:oid:1.2.3"},{"url":"u","valueUuid":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},{"url":"t","valueTime":"12:00:00"}]}]}`,
		`{"resourceType":"Condition","subject":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"resolved"}]},"abatementDateTime":"2020"}`,
		`{"resourceType":"Encounter","status":"finished","class":{"system":"http://x.org","code":"AMB"},"period":{"start":"2020-01","end":"2020-01-15"}}`,
	} {
		if issues := Resource(parse(t, text), Options{}); len(issues) > 0 {
			t.Errorf("%s\n  %+v", text, issues)
		}
	}
}

func TestBad(t *testing.T) {
	const obs = `"resourceType":"Observation","status":"final","code":{"text":"x"}`
	for _, c := range []struct{ text, want string }{
		// the resource itself
		{`[]`, "structure "},
		{`{}`, "required resourceType"},
		{`{"resourceType":"Nothing"}`, "structure resourceType"},
		{`{"resourceType":"DomainResource"}`, "structure resourceType"},
		{`{"resourceType":3}`, "structure resourceType"},
		// elements and kinds
		{`{` + obs + `,"foo":1}`, "structure Observation.foo"},
		{`{` + obs + `,"<b>":1}`, "structure Observation.?"},
		{`{` + obs + `,"value":1}`, "structure Observation.value"},
		{`{` + obs + `,"component":[{"code":{"text":"a"},"bar":{}}]}`, "structure Observation.component[0].bar"},
		{`{"resourceType":"Observation","status":"final"}`, "required Observation.code"},
		{`{"resourceType":"Observation","code":{"text":"x"}}`, "required Observation.status"},
		{`{` + obs + `,"component":[{"valueString":"a"}]}`, "required Observation.component[0].code"},
		{`{` + obs + `,"subject":[{"display":"a"}]}`, "structure Observation.subject"},
		{`{` + obs + `,"note":{"text":"a"}}`, "structure Observation.note"},
		{`{` + obs + `,"note":"a"}`, "structure Observation.note"},
		{`{` + obs + `,"note":[]}`, "structure Observation.note"},
		{`{` + obs + `,"note":["a"]}`, "structure Observation.note[0]"},
		{`{` + obs + `,"subject":{}}`, "invariant Observation.subject"},
		{`{` + obs + `,"subject":{"id":"a"}}`, "invariant Observation.subject"},
		{`{` + obs + `,"subject":null}`, "structure Observation.subject"},
		{`{` + obs + `,"valueString":"a","valueBoolean":true}`, "structure Observation.value"},
		{`{` + obs + `,"valueString":"a","_valueBoolean":{"id":"x"}}`, "structure Observation.value"},
		// primitives
		{`{"resourceType":"Patient","active":"true"}`, "structure Patient.active"},
		{`{"resourceType":"Patient","active":null}`, "structure Patient.active"},
		{`{"resourceType":"Patient","birthDate":1970}`, "structure Patient.birthDate"},
		{`{"resourceType":"Patient","birthDate":""}`, "value Patient.birthDate"},
		{`{"resourceType":"Patient","birthDate":"1970-02-30"}`, "value Patient.birthDate"},
		{`{"resourceType":"Patient","birthDate":"1970-02-03T00:00:00Z"}`, "value Patient.birthDate"},
		{`{"resourceType":"Patient","deceasedDateTime":"1970-02-03T00:00:00"}`, "value Patient.deceased.ofType(dateTime)"},
		{`{"resourceType":"Patient","multipleBirthInteger":1.0}`, "value Patient.multipleBirth.ofType(integer)"},
		{`{"resourceType":"Patient","multipleBirthInteger":2147483648}`, "value Patient.multipleBirth.ofType(integer)"},
		{`{"resourceType":"Patient","telecom":[{"system":"phone","value":"1","rank":0}]}`, "value Patient.telecom[0].rank"},
		{`{"resourceType":"Patient","id":"a_b"}`, "value Patient.id"},
		{`{"resourceType":"Patient","id":"` + strings.Repeat("a", 65) + `"}`, "value Patient.id"},
		{`{"resourceType":"Patient","implicitRules":"a b"}`, "value Patient.implicitRules"},
		{`{"resourceType":"Patient","language":" en"}`, "value Patient.language"},
		{`{"resourceType":"Patient","name":[{"family":"  "}]}`, "value Patient.name[0].family"},
		{`{"resourceType":"Patient","name":[{"family":"a\u0001"}]}`, "value Patient.name[0].family"},
		{`{"resourceType":"Patient","photo":[{"contentType":"image/png","data":"YW!="}]}`, "value Patient.photo[0].data"},
		{`{"resourceType":"Patient","photo":[{"contentType":"image/png","data":"YWI=","size":3}]}`, "value Patient.photo[0].size"},
		{`{"resourceType":"Patient","photo":[{"data":"YWI="}]}`, "invariant Patient.photo[0]"},
		{`{"resourceType":"Patient","identifier":[{"system":"local","value":"1"}]}`, "value Patient.identifier[0].system"},
		{`{"resourceType":"Patient","extension":[{"url":"rel","valueOid":"urn:oid:3.1"}]}`, "value Patient.extension[0].value.ofType(oid); value Patient.extension[0].url"},
		// null, _x
		{`{"resourceType":"Patient","name":[{"given":["A",null]}]}`, "structure Patient.name[0].given[1]"},
		{`{"resourceType":"Patient","name":[{"given":[null],"_given":[null]}]}`, "structure Patient.name[0].given[0]; structure Patient.name[0].given"},
		{`{"resourceType":"Patient","name":[{"given":["A","B"],"_given":[{"id":"x"}]}]}`, "structure Patient.name[0].given"},
		{`{"resourceType":"Patient","name":[null]}`, "structure Patient.name[0]"},
		{`{"resourceType":"Patient","_birthDate":{"id":"a"}}`, "invariant Patient.birthDate"},
		{`{"resourceType":"Patient","_birthDate":"a"}`, "structure Patient.birthDate"},
		{`{"resourceType":"Patient","_name":[{"id":"a"}]}`, "structure Patient._name"},
		{`{"resourceType":"Patient","birthDate":"1970","_birthDate":{"foo":1}}`, "structure Patient.birthDate.foo"},
		// bindings
		{`{"resourceType":"Patient","gender":"m"}`, "code-invalid Patient.gender"},
		{`{"resourceType":"Patient","_gender":{"extension":[{"url":"http://x.org/e","valueCode":"m"}]}}`, "code-invalid Patient.gender"},
		{`{"resourceType":"Condition","subject":{"reference":"Patient/1"},"verificationStatus":{"coding":[{"system":"http://x.org","code":"confirmed"}]}}`, "code-invalid Condition.verificationStatus"},
		// references
		{`{` + obs + `,"subject":{"reference":"Encounter/1"}}`, "structure Observation.subject"},
		{`{` + obs + `,"subject":{"reference":"http://x.org/Encounter/1"}}`, "structure Observation.subject"},
		{`{` + obs + `,"subject":{"type":"Encounter","display":"e"}}`, "structure Observation.subject"},
		{`{` + obs + `,"subject":{"reference":"Patient/1","type":"Group"}}`, "value Observation.subject.type"},
		{`{` + obs + `,"subject":{"reference":"Patient"}}`, "value Observation.subject.reference"},
		{`{` + obs + `,"subject":{"reference":"/Patient/1"}}`, "value Observation.subject.reference"},
		{`{` + obs + `,"subject":{"reference":"Patient?identifier=1"}}`, "value Observation.subject.reference"},
		{`{` + obs + `,"subject":{"reference":"#p"}}`, "invariant Observation.subject"},
		{`{` + obs + `,"subject":{"reference":"#p"},"contained":[{"resourceType":"Encounter","id":"p","status":"planned","class":{"code":"x"}}]}`, "structure Observation.subject"},
		// contained
		{`{` + obs + `,"contained":[{"resourceType":"Patient","id":"p"}]}`, "invariant Observation.contained[0]"},
		{`{` + obs + `,"contained":[{"resourceType":"Patient"}]}`, "required Observation.contained[0].id"},
		{`{` + obs + `,"subject":{"reference":"#p"},"contained":[{"resourceType":"Patient","id":"p","meta":{"versionId":"1","security":[{"code":"R"}]}}]}`, "invariant Observation.contained[0]; invariant Observation.contained[0]"},
		{`{` + obs + `,"subject":{"reference":"#p"},"contained":[{"resourceType":"Patient","id":"p","contained":[{"resourceType":"Patient","id":"q"}]}]}`, "invariant Observation.contained[0].contained[0]"},
		{`{` + obs + `,"subject":{"reference":"#p"},"contained":[{"resourceType":"Patient","id":"p"},{"resourceType":"Group","id":"p","type":"person","actual":true}]}`, "duplicate Observation.contained[1].id"},
		// invariants
		{`{` + obs + `,"valueString":"a","dataAbsentReason":{"text":"b"}}`, "invariant Observation"},
		{`{` + obs + `,"referenceRange":[{"age":{"low":{"value":1}}}]}`, "invariant Observation.referenceRange[0]"},
		{`{` + obs + `,"valueQuantity":{"value":1,"code":"m"}}`, "invariant Observation.value.ofType(Quantity)"},
		{`{` + obs + `,"referenceRange":[{"low":{"value":1,"comparator":"<"}}]}`, "invariant Observation.referenceRange[0].low"},
		{`{` + obs + `,"effectivePeriod":{"start":"2021","end":"2020-12-31"}}`, "invariant Observation.effective.ofType(Period)"},
		{`{"resourceType":"Observation","status":"final","valueString":"a","component":[{"code":{"coding":[{"code":"c"}]}}],"code":{"coding":[{"code":"c"}]}}`, "invariant Observation"},
		{`{` + obs + `,"extension":[{"url":"http://x.org/e"}]}`, "invariant Observation.extension[0]"},
		{`{` + obs + `,"extension":[{"valueString":"v"}]}`, "required Observation.extension[0].url"},
		{`{"resourceType":"Condition","subject":{"reference":"Patient/1"},"abatementString":"x"}`, "invariant Condition"},
		{`{"resourceType":"Organization","active":true}`, "invariant Organization"},
		{`{"resourceType":"Organization","name":"x","address":[{"use":"home","city":"y"}]}`, "invariant Organization.address[0]"},
		{`{"resourceType":"Patient","text":{"status":"generated","div":"<p>x</p>"}}`, "invariant Patient.text.div"},
		// bundles
		{`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"Patient/1","resource":{"resourceType":"Patient","foo":1}}]}`, "structure Bundle.entry[0].resource.foo; value Bundle.entry[0].fullUrl"},
		{`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://x.org/Patient/1","resource":{"resourceType":"Patient","id":"2"}}]}`, "value Bundle.entry[0].fullUrl"},
		{`{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"}}]}`, "invariant Bundle"},
		{`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Patient"}},{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Patient"}}]}`, "invariant Bundle"},
	} {
		if got := findings(Resource(parse(t, c.text), Options{})); got != c.want {
			t.Errorf("%s\n  got  %q\n  want %q", c.text, got, c.want)
		}
	}
}

// No text of an issue holds what the resource says.
func TestTextsHoldNoData(t *testing.T) {
	const secret = "Zebulon"
	n := parse(t, `{"resourceType":"Patient","gender":"`+secret+`","name":[{"family":[" `+secret+`"],"use":"`+secret+`"}],"birthDate":"`+secret+`","maritalStatus":"`+secret+`",
		"generalPractitioner":[{"reference":"`+secret+`"}],"text":{"status":"`+secret+`","div":"`+secret+`"},"photo":[{"data":"`+secret+`"}],"id":"`+secret+` `+secret+`","contact":[{"period":{"start":"2020","end":"2019"}}]}`)
	issues := Resource(n, Options{Warnings: true})
	if len(issues) < 10 {
		t.Errorf("%d issues", len(issues))
	}
	for _, i := range issues {
		if strings.Contains(i.Text, secret) || strings.Contains(i.Path, secret) {
			t.Errorf("%+v", i)
		}
	}
}

func TestOptions(t *testing.T) {
	n := parse(t, `{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient?identifier=a"}}`)
	if issues := Resource(n, Options{Conditional: true}); len(issues) > 0 {
		t.Errorf("%+v", issues)
	}
	if got := findings(Resource(n, Options{Conditional: true, Warnings: true})); got != "invariant Observation" {
		t.Errorf("warnings: %s", got) // dom-6
	}
	var many strings.Builder
	for i := range 300 {
		if i > 0 {
			many.WriteByte(',')
		}
		many.WriteString(`{"x":1}`)
	}
	n = parse(t, `{"resourceType":"Patient","name":[`+many.String()+`]}`)
	if got := len(Resource(n, Options{})); got != 100 {
		t.Errorf("%d issues", got)
	}
	if got := len(Resource(n, Options{Max: 3})); got != 3 {
		t.Errorf("%d issues", got)
	}
	n = parse(t, `{"resourceType":"Binary","contentType":"application/none"}`)
	asked := ""
	issues := Resource(n, Options{Code: func(valueSet, system, code string) (bool, bool) { asked = valueSet + " " + code; return false, true }})
	if findings(issues) != "code-invalid Binary.contentType" || asked != "http://hl7.org/fhir/ValueSet/mimetypes application/none" {
		t.Errorf("%q %+v", asked, issues)
	}
}

// Whatever comes in: an answer, and the same one again.
func FuzzResource(f *testing.F) {
	for _, s := range []string{goodObservation, `{"resourceType":"Patient","text":{"status":"generated","div":"` + div + `"},"name":[{"given":[null],"_given":[{"id":"x"}]}],"contained":[{"resourceType":"Patient","id":"#"}]}`,
		`{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Bundle","entry":[{}]}}]}`, `{"resourceType":"Timing","repeat":{"offset":1}}`,
		`{"resourceType":"Questionnaire","item":[{"linkId":"a","item":[{"linkId":"a"}]}]}`, `{"resourceType":"Parameters","parameter":[{"valueTiming":{"repeat":{"period":-1,"when":["C"],"offset":2}}}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := fhir.Parse(data)
		if err != nil {
			return
		}
		first := findings(Resource(d.Root(), Options{Warnings: true}))
		if second := findings(Resource(d.Root(), Options{Warnings: true})); first != second {
			t.Fatalf("%s\n%s", first, second)
		}
	})
}
