package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/api/hooks"
	"wholechart/record"
)

// The stories of this file are told by two worlds that are alike but for what is
// hidden from who asks. Whatever is asked, the two answers are the same: status,
// headers, counts, order, links, errors, cards. A third world, in which the same is
// not hidden, shows that the questions would tell.

// fact is a resource that is written at a site.
type fact struct{ site, text string }

func at(site string, texts ...string) (out []fact) {
	for _, t := range texts {
		out = append(out, fact{site, t})
	}
	return out
}

const secretMeta = `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"}]},`

// labelled puts a sensitivity label on resources.
func labelled(facts []fact) (out []fact) {
	for _, f := range facts {
		out = append(out, fact{f.site, strings.Replace(f.text, `"id":`, secretMeta+`"id":`, 1)})
	}
	return out
}

// world is maple, who knows p1, and oak, who knows her as k: what everybody may
// see, and among it what else is given.
func world(t *testing.T, more []fact) *node {
	t.Helper()
	n := newNode(t, func(c *Config) { c.Support, c.Now = &support{}, func() time.Time { return cdsAnchor } })
	write := func(f fact) {
		t.Helper()
		body := f.text
		time.Sleep(2 * time.Millisecond) // so that _lastUpdated has one order
		n.do(n.admin(f.site), "PUT", "/"+f.site+"/emr/fhir/"+between(body, `"resourceType":"`)+"/"+between(body, `"id":"`), body).status(201)
	}
	give := func(k int) {
		for i, f := range more {
			if i%3 == k {
				write(f)
			}
		}
	}
	for _, f := range []fact{{"maple", patient("p1", "One")}, {"oak", patient("k", "One")}, {"maple", patient("p2", "Two")}} {
		write(f)
	}
	sys := n.records.As(access.Actor{Kind: access.System, ID: "test", Site: "maple", Purpose: access.Treatment}, access.EMR)
	oak, err := n.records.Site("oak")
	if err == nil {
		err = sys.SetLink(context.Background(), "p1", oak, "k", record.Linked, 1, "test")
	}
	if err != nil {
		t.Fatal(err)
	}
	encounter := `{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p1"}}`
	write(fact{"maple", encounter})
	write(fact{"oak", strings.NewReplacer("e1", "ke1", "p1", "k").Replace(encounter)})
	write(fact{"maple", observation("o1", "p1", "1-1", "2021-01-01")})
	give(0)
	for _, f := range []fact{{"oak", observation("k1", "k", "1-1", "2022-01-01")}, {"maple", observation("o3", "p1", "1-1", "2023-01-01")},
		{"maple", task("desk", "scheduling", "", "Book")}} {
		write(f)
	}
	give(1)
	for _, f := range []fact{{"oak", observation("k3", "k", "1-1", "2024-01-01")}, {"oak", `{"resourceType":"Condition","id":"kc","code":{"text":"Hay fever"},"subject":{"reference":"Patient/k"}}`}} {
		write(f)
	}
	give(2)
	return n
}

var (
	stamps  = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)
	cursors = regexp.MustCompile(`_after=[A-Za-z0-9_-]*`)
)

// plainly is all that an answer says, without the moments at which it was said.
func (r *reply) plainly() string {
	h := http.Header{}
	for name, v := range r.Header {
		if name != "Last-Modified" && name != "X-Request-Id" && name != "Date" {
			h[name] = v
		}
	}
	body := stamps.ReplaceAllString(string(r.Body), "T")
	body = cursors.ReplaceAllStringFunc(body, func(s string) string { return fmt.Sprint("_after:", len(s)) })
	if h.Get("Content-Length") != "" { // a moment may have fewer digits
		h.Set("Content-Length", fmt.Sprint(len(body)))
	}
	return fmt.Sprint(r.Status, h, body)
}

// walk asks a question, and goes on where the answer says that there is more.
func (n *node) walk(token, path string, headers ...string) (out []string) {
	n.t.Helper()
	for range 12 {
		r := n.do(token, "GET", path, "", headers...)
		out = append(out, r.plainly())
		if r.Status != 200 || len(r.Body) == 0 || !strings.Contains(string(r.Body), `"relation":"next"`) {
			break
		}
		path = strings.TrimPrefix(r.link("next"), "https://node.example")
	}
	return out
}

// questions are asked of both records, about a patient by the id that it has there.
func questions(id string, types []string) (out []string) {
	out = []string{"/Patient/" + id + "/$everything", "/Patient/" + id + "/$everything?_count=1", "/Patient/" + id + "/$everything?_count=2&_since=2020-01-01", "/Patient/" + id + "/$everything?_type=" + strings.Join(types, ","),
		"/Patient?_id=" + id + "&_revinclude=*", "/Patient?_id=" + id + "&_include=*", "/Patient/" + id, "/Patient/" + id + "/_history", "/_history?_count=2", "/_history", "/Patient/" + id + "/$immds-forecast",
		"?_type=" + strings.Join(types, ",") + "&_count=2", "?_type=" + strings.Join(types, ","), "/Encounter?patient=" + id + "&_revinclude=*", "/Encounter?patient=" + id + "&_revinclude:iterate=*"}
	for _, typ := range types {
		of := "/" + typ + "?patient=" + id
		if typ == "Binary" {
			of = "/Binary?_lastUpdated=gt2000"
		}
		for _, q := range []string{"", "&_count=1", "&_summary=count", "&_count=0", "&_total=accurate&_count=1", "&_total=estimate&_count=1", "&_sort=_lastUpdated&_count=1", "&_sort=-_id&_count=1", "&_include=*", "&_revinclude=*", "&_elements=id",
			"&_lastUpdated=gt2000-01-01&_summary=count"} {
			out = append(out, of+q)
		}
		out = append(out, "/Patient/"+id+"/"+typ, "/Patient/"+id+"/"+typ+"?_summary=count", "/"+typ+"/_history?_count=1", "/Patient?_id="+id+"&_has:"+typ+":patient:_id=h0,h1,h2,h3,h4,h5,h6,h7,h8",
			"/Encounter?_has:"+typ+":encounter:_id=h0,h1,h2,h3,h4,h5,h6,h7,h8")
	}
	return append(out, "/Observation?patient="+id+"&_sort=-date&_count=1", "/Observation?patient="+id+"&_sort=date,_id&_count=2", "/Observation?patient="+id+"&code=9-9", "/Observation?patient="+id+"&code:not=1-1", "/Observation?patient="+id+"&encounter:Encounter.status=finished",
		"/Observation?patient="+id+"&based-on:ServiceRequest.status=draft", "/Observation?patient="+id+"&_security=ETH", "/Observation?patient="+id+"&_security:missing=false", "/Condition?patient="+id+"&_sort=code&_count=1")
}

// same asks a question of two worlds.
func same(t *testing.T, hidden, plain *node, actor access.Actor, path string, headers ...string) {
	t.Helper()
	got, want := hidden.walk(hidden.token(actor), path, headers...), plain.walk(plain.token(actor), path, headers...)
	if !slices.Equal(got, want) {
		t.Errorf("%s %s: what is hidden is told of:\n%.1500s\ninstead of\n%.1500s", actor.Kind, path, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// tells says whether a world would tell of what is hidden, were it not.
func tells(open, plain *node, actor access.Actor, path string) bool {
	return !slices.Equal(open.walk(open.token(actor), path), plain.walk(plain.token(actor), path))
}

// unsigned are resources that nobody has put a name under, and files that they name.
func unsigned(status string) []fact {
	s := func(draft, signed string) string { return map[string]string{"draft": draft, "signed": signed}[status] }
	about := `"subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"}`
	return at("maple",
		`{"resourceType":"ServiceRequest","id":"h0","status":"`+s("draft", "active")+`","intent":"order","code":{"text":"`+canary+`"},`+about+`}`,
		`{"resourceType":"MedicationRequest","id":"h1","status":"`+s("draft", "completed")+`","intent":"order","medicationCodeableConcept":{"text":"`+canary+`"},`+about+`}`,
		`{"resourceType":"Composition","id":"h2","status":"`+s("preliminary", "final")+`","type":{"text":"Progress note"},"date":"2026-11-22","author":[{"display":"Dr. A"}],"title":"`+canary+`",`+about+`}`,
		`{"resourceType":"Binary","id":"h3","contentType":"text/plain","data":"`+base64.StdEncoding.EncodeToString([]byte(canary))+`","securityContext":{"reference":"Patient/p1"}}`,
		`{"resourceType":"DocumentReference","id":"h4","status":"current","docStatus":"`+s("preliminary", "final")+`","subject":{"reference":"Patient/p1"},"content":[{"attachment":{"url":"Binary/h3"}}]}`,
		`{"resourceType":"ClinicalImpression","id":"h5","status":"`+s("in-progress", "completed")+`","description":"`+canary+`",`+about+`}`,
		`{"resourceType":"CarePlan","id":"h6","status":"`+s("draft", "active")+`","intent":"plan","title":"`+canary+`",`+about+`}`,
		`{"resourceType":"NutritionOrder","id":"h7","status":"`+s("draft", "active")+`","intent":"order","dateTime":"2026-11-22","patient":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"}}`,
		`{"resourceType":"RequestGroup","id":"h8","status":"`+s("draft", "active")+`","intent":"plan",`+about+`}`,
	)
}

// TestNoDoorTellsAPatientOfWhatIsNotSigned: of what is not signed no answer to a
// patient or a proxy says anything, not even that it is there.
func TestNoDoorTellsAPatientOfWhatIsNotSigned(t *testing.T) {
	hidden, plain, open := world(t, unsigned("draft")), world(t, nil), world(t, unsigned("signed"))
	types := []string{"ServiceRequest", "MedicationRequest", "Composition", "DocumentReference", "ClinicalImpression", "CarePlan", "NutritionOrder", "RequestGroup", "Binary", "Encounter", "Observation"}
	told := 0
	for _, kind := range []access.Kind{access.Patient, access.Proxy} {
		her := access.Actor{Kind: kind, ID: "her-" + kind.String(), Site: "maple", Purpose: access.Request, Patients: []string{"p1"}}
		for _, lens := range []string{"/maple/emr/fhir", "/maple/ehr/fhir"} {
			for _, q := range questions("p1", types) {
				same(t, hidden, plain, her, lens+q)
				if kind == access.Patient && tells(open, plain, her, lens+q) {
					told++
				}
			}
			for i, f := range unsigned("draft") {
				name := "/" + between(f.text, `"resourceType":"`) + "/" + fmt.Sprint("h", i)
				for _, q := range []string{name, name + "/_history", name + "/_history/1", name + "/_history/2", name + "/$validate", name + "?_summary=true", name + "?_elements=id"} {
					same(t, hidden, plain, her, lens+q)
				}
				same(t, hidden, plain, her, lens+name, "If-None-Match", `W/"1"`)
				same(t, hidden, plain, her, lens+name, "If-None-Match", "*")
				same(t, hidden, plain, her, lens+name, "If-Modified-Since", "Fri, 01 Jan 2038 00:00:00 GMT")
			}
			batch := func(n *node) string {
				return n.do(n.token(her), "POST", "/maple/emr/fhir", bundleOf("batch", [4]string{"GET", "Binary/h3"}, [4]string{"GET", "Composition/h2"}, [4]string{"GET", "ServiceRequest?patient=p1&_summary=count"}, [4]string{"PUT", "ServiceRequest/h0", unsigned("draft")[0].text})).plainly()
			}
			if got, want := batch(hidden), batch(plain); got != want {
				t.Errorf("a batch: %s\ninstead of %s", got, want)
			}
		}
		for _, n := range []*node{hidden, plain} {
			s := n.records.As(her, access.EMR)
			if f, err := s.FactsAt(t.Context(), "p1", cdsAnchor.Add(100*24*365*time.Hour)); err != nil || len(f.List) != 4 {
				t.Errorf("the chart as it will be: %d facts, %v", len(f.List), err)
			}
			if f, err := s.Facts(t.Context(), record.FactsQuery{Patient: "p1"}); err != nil || len(f.List) != 4 {
				t.Errorf("the facts: %d, %v", len(f.List), err)
			}
		}
	}
	if told < 50 {
		t.Errorf("of what is signed %d questions tell: the questions are too weak", told)
	}
}

// sensitive is what an addiction clinic writes; the allergy and the blood thinner
// would interrupt who orders co-trimoxazole.
func sensitive() []fact {
	about := `"subject":{"reference":"Patient/k"},"encounter":{"reference":"Encounter/ke1"}`
	return at("oak",
		`{"resourceType":"Observation","id":"h0","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"9-9"}],"text":"`+canary+`"},"effectiveDateTime":"2022-06-01",`+about+`}`,
		`{"resourceType":"MedicationRequest","id":"h1","status":"active","intent":"order","medicationCodeableConcept":{"text":"Warfarin 5 mg tablet `+canary+`","coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"855332"}]},"authoredOn":"2026-10-01",`+about+`}`,
		`{"resourceType":"AllergyIntolerance","id":"h2","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"text":"Sulfamethoxazole `+canary+`","coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"10180"}]},"patient":{"reference":"Patient/k"},"encounter":{"reference":"Encounter/ke1"}}`,
		`{"resourceType":"Binary","id":"h3","contentType":"text/plain","data":"`+base64.StdEncoding.EncodeToString([]byte(canary))+`","securityContext":{"reference":"Patient/k"}}`,
		`{"resourceType":"DocumentReference","id":"h4","status":"current","subject":{"reference":"Patient/k"},"content":[{"attachment":{"url":"Binary/h3","title":"`+canary+`"}}]}`,
		`{"resourceType":"Condition","id":"h5","code":{"text":"`+canary+`"},`+about+`}`,
		`{"resourceType":"Encounter","id":"h6","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/k"}}`,
		`{"resourceType":"Provenance","id":"h7","target":[{"reference":"Patient/k"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"`+canary+`"}}]}`,
		`{"resourceType":"Provenance","id":"h8","target":[{"reference":"Patient/k"},{"reference":"Observation/h0"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"`+canary+`"}}]}`,
		`{"resourceType":"Provenance","id":"h9","target":[{"reference":"Patient/k"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"`+canary+`"}}],"entity":[{"role":"source","what":{"reference":"Observation/h0"}}]}`,
	)
}

// TestNoDoorTellsOfWhatAnotherSiteWithholds: of what is sensitive at one site no
// answer to another's clinician, program or patient says anything; nor does a card of
// CDS Hooks.
func TestNoDoorTellsOfWhatAnotherSiteWithholds(t *testing.T) {
	withoutFile := func(facts []fact) []fact { // the file has no label of its own, nor has who signed what
		for _, i := range []int{3, 8, 9} {
			facts[i].text = strings.Replace(facts[i].text, secretMeta, "", 1)
		}
		return facts
	}
	hidden, plain, open := world(t, withoutFile(labelled(sensitive()))), world(t, nil), world(t, sensitive())
	types := []string{"Observation", "MedicationRequest", "AllergyIntolerance", "DocumentReference", "Condition", "Encounter", "Provenance", "Binary"}
	told := 0
	for _, who := range []access.Actor{
		{Kind: access.User, ID: "doc", Site: "maple", Role: access.Physician, Purpose: access.Treatment},
		{Kind: access.User, ID: "office", Site: "maple", Role: access.RecordsOffice, Purpose: access.Treatment},
		{Kind: access.Patient, ID: "her", Site: "maple", Purpose: access.Request, Patients: []string{"p1"}},
		{Kind: access.Client, ID: "app", Site: "maple", Purpose: access.Treatment, Scopes: []access.Scope{{Context: "system", Type: "*", Rights: "rs"}}},
	} {
		for _, q := range questions("p1", types) {
			same(t, hidden, plain, who, "/maple/ehr/fhir"+q)
			if who.Role == access.Physician && tells(open, plain, who, "/maple/ehr/fhir"+q) {
				told++
			}
		}
		for i, f := range sensitive() {
			name := "/maple/ehr/fhir/" + between(f.text, `"resourceType":"`) + "/2." + fmt.Sprint("h", i)
			for _, q := range []string{name, name + "/_history/1", name + "/$validate"} {
				same(t, hidden, plain, who, q)
			}
			same(t, hidden, plain, who, name, "If-None-Match", `W/"1"`)
			same(t, hidden, plain, who, name, "If-Modified-Since", "Fri, 01 Jan 2038 00:00:00 GMT")
		}
	}
	if told < 40 {
		t.Errorf("of what is not sensitive %d questions tell: the questions are too weak", told)
	}
	// Decision support says what it says without them, word by word.
	cds := func(n *node, hook string) string {
		return n.do(n.doctor(), "POST", "/maple/cds-services/"+hook, ask(hook, contextOf(hook, "p1"))).status(200).plainly()
	}
	loud := false
	for _, s := range hooks.Services() {
		got, want := cds(hidden, s.Hook), cds(plain, s.Hook)
		if got != want {
			t.Errorf("%s tells of what is withheld:\n%s\ninstead of\n%s", s.Hook, got, want)
		}
		loud = loud || cds(open, s.Hook) != want
	}
	if !loud {
		t.Error("decision support has nothing to say of the same facts when they are open: the question is too weak")
	}
}

// TestNoDoorTellsTheDeskOfCare: nor the front desk of tasks and messages about care.
func TestNoDoorTellsTheDeskOfCare(t *testing.T) {
	care := at("maple", task("h0", "review-result", "Observation/o1", canary), task("h1", "call-back", "", canary), message("h2", "other", canary), task("h3", "follow-up", "", canary),
		strings.Replace(message("h4", "other", canary), `"Communication"`, `"CommunicationRequest"`, 1))
	open := at("maple", task("h0", "scheduling", "", canary), task("h1", "reminder", "", canary), message("h2", "recall", canary))
	hidden, plain, told := world(t, care), world(t, nil), world(t, open)
	desk := access.Actor{Kind: access.User, ID: "desk", Site: "maple", Role: access.FrontDesk, Purpose: access.Treatment}
	weak := 0
	for _, q := range questions("p1", []string{"Task", "Communication", "CommunicationRequest", "Appointment"}) {
		same(t, hidden, plain, desk, "/maple/emr/fhir"+q)
		if tells(told, plain, desk, "/maple/emr/fhir"+q) {
			weak++
		}
	}
	if weak < 10 {
		t.Errorf("of its own work %d questions tell", weak)
	}
	for _, path := range []string{"/Task/h0", "/Task/h1/_history", "/Communication/h2", "/Communication/h2/_history/1"} {
		same(t, hidden, plain, desk, "/maple/emr/fhir"+path)
		same(t, hidden, plain, desk, "/maple/emr/fhir"+path, "If-None-Match", `W/"1"`)
	}
	find := func(n *node) string {
		return n.do(n.token(desk), "POST", "/maple/emr/fhir/Task", strings.Replace(task("", "scheduling", "", "Book"), `"id":"",`, "", 1), "If-None-Exist", "code=review-result,follow-up").status(201).Header.Get("Etag")
	}
	if find(hidden) != find(plain) {
		t.Error("a conditional create tells")
	}
}
