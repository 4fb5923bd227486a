package facts

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/internal/pagetest"
	"wholechart/search"
	"wholechart/web/clinic"
)

const rosa = "/maple/patients/rosa-delgado"

var (
	okonkwo = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician, Who: "Practitioner/okonkwo"}
	reyes   = auth.User{Site: "maple", Name: "reyes", FullName: "Tomás Reyes, RN", Role: access.Nurse, Who: "Practitioner/reyes"}
	hughes  = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
)

func start(t *testing.T) *pagetest.Node {
	t.Helper()
	n := pagetest.New(t, []string{"maple", "riverside", "lakeside"}, nil)
	n.Load("maple", "riverside", "lakeside")
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p)
	n.Serve(p)
	return n
}

// ids are the ids of a patient's resources of a type, as the system sees them.
func bodies(t *testing.T, n *pagetest.Node, typ string) map[string]string {
	t.Helper()
	q, err := search.Parse(typ, url.Values{"patient": {"rosa-delgado"}}, search.Options{DefaultCount: 500})
	if err != nil {
		t.Fatal(err)
	}
	page, err := n.System("maple").Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range page.Matches {
		out[r.ID] = string(r.Body)
	}
	return out
}

func fresh(before, after map[string]string) (id, body string) {
	for k, v := range after {
		if before[k] == "" {
			return k, v
		}
	}
	return "", ""
}

func TestAddProblem(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	page := doc.Open(rosa + "/enter/problem")
	for _, want := range []string{"Add problem", "Problems in this chart", "ICD-10-CM", `data-kind="problem"`, "Rosa Delgado", "Cancel"} {
		if !strings.Contains(page, want) {
			t.Errorf("the form lacks %q", want)
		}
	}
	res, body := doc.Post(rosa+"/enter/problem", url.Values{"what": {"Gout, unspecified"}, "what.code": {"http://hl7.org/fhir/sid/icd-10-cm|M10.9"}, "clinical": {"active"}, "verification": {"confirmed"}, "onset": {"Sep 2021"}, "category": {"problem-list-item"}, "act": {"save"}})
	if res.StatusCode != http.StatusOK || res.Request.URL.Path != rosa+"/problems" || !strings.Contains(body, "Problem added.") || !strings.Contains(body, "Gout, unspecified") || !strings.Contains(body, "Undo") {
		t.Errorf("%d at %s", res.StatusCode, res.Request.URL.Path)
	}
	undo := regexp.MustCompile(`name="(type|id|version|back)" value="([^"]*)"`).FindAllStringSubmatch(body, -1)
	if len(undo) < 4 {
		t.Fatalf("no undo: %v", undo)
	}
	form0 := url.Values{}
	for _, f := range undo {
		form0.Set(f[1], f[2])
	}
	if res, body := doc.Post("/maple/undo", form0); res.StatusCode != 200 || !strings.Contains(body, "entered in error") || strings.Contains(body, "Gout, unspecified") {
		t.Errorf("undo: %d", res.StatusCode)
	}
	before := bodies(t, n, "Condition")
	doc.Post(rosa+"/enter/problem", url.Values{"what": {"Gout, unspecified"}, "what.code": {"http://hl7.org/fhir/sid/icd-10-cm|M10.9"}, "clinical": {"active"}, "verification": {"confirmed"}, "onset": {"Sep 2021"}, "category": {"problem-list-item"}, "act": {"save"}})
	id, made := fresh(before, bodies(t, n, "Condition"))
	for _, want := range []string{`"M10.9"`, `"onsetDateTime":"2021-09"`, `"recorder":{"reference":"Practitioner/okonkwo"`} {
		if !strings.Contains(made, want) {
			t.Errorf("the Condition lacks %s: %s", want, made)
		}
	}
	if res, body := doc.Post(rosa+"/enter/problem", url.Values{"what": {"Bad luck <b>"}, "clinical": {"active"}, "onset": {"31 Feb 2020"}, "note": {"kept as it is"}}); res.StatusCode != 422 ||
		!strings.Contains(body, "no such day") || !strings.Contains(body, "31 Feb 2020") || !strings.Contains(body, "kept as it is") || !strings.Contains(body, "Bad luck &lt;b&gt;") || !strings.Contains(body, "not coded") {
		t.Errorf("bad input: %d", res.StatusCode)
	}
	// Edited, and its history says what changed, by whom.
	page = doc.Open(rosa + "/enter/problem/" + id)
	if !strings.Contains(page, `name="version" value="1"`) || !strings.Contains(page, "Written") {
		t.Error("the edit form lacks its version or its history")
	}
	form := url.Values{"what": {"Gout, unspecified"}, "what.code": {"http://hl7.org/fhir/sid/icd-10-cm|M10.9"}, "clinical": {"active"}, "verification": {"confirmed"}, "onset": {"2020"}, "category": {"problem-list-item"}, "version": {"1"}, "act": {"save"}}
	nurse := n.User(reyes)
	if res, _ := doc.Post(rosa+"/enter/problem/"+id, form); res.StatusCode != 200 {
		t.Errorf("edit: %d", res.StatusCode)
	}
	page = nurse.Open(rosa + "/enter/problem/" + id)
	for _, want := range []string{"Sep 2021", "2020", "Lena Okonkwo, MD", "Bring back", "2 versions"} {
		if !strings.Contains(page, want) {
			t.Errorf("the history lacks %q", want)
		}
	}
	if res, _ := doc.Post(rosa+"/enter/problem/"+id, url.Values{"version": {"2"}, "act": {"restore"}, "to": {"1"}}); res.StatusCode != 200 {
		t.Errorf("restore: %d", res.StatusCode)
	}
	if got := bodies(t, n, "Condition")[id]; !strings.Contains(got, `"2021-09"`) {
		t.Errorf("not brought back: %s", got)
	}
	if res, body := doc.Post(rosa+"/enter/problem/"+id, url.Values{"version": {"3"}, "act": {"withdraw"}, "reason": {" "}}); res.StatusCode != 422 || !strings.Contains(body, "Say why") {
		t.Errorf("withdrawn without a reason: %d", res.StatusCode)
	}
	if res, _ := doc.Post(rosa+"/enter/problem/"+id, url.Values{"version": {"3"}, "act": {"withdraw"}, "reason": {"another patient's"}}); res.StatusCode != 200 {
		t.Errorf("withdraw: %d", res.StatusCode)
	}
	if got := bodies(t, n, "Condition")[id]; !strings.Contains(got, `"entered-in-error"`) || strings.Contains(got, "clinicalStatus") {
		t.Errorf("not withdrawn: %s", got)
	}
	if p := doc.Open(rosa + "/problems"); strings.Contains(p, "Gout, unspecified") {
		t.Error("what was entered in error is still shown as a problem")
	}
}

// TestHooks: the chart's own pages lead here.
func TestHooks(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	for section, want := range map[string]string{"problems": "/enter/problem", "medicines": "/enter/medicine", "allergies": "/enter/allergy", "immunisations": "/enter/immunisation",
		"procedures": "/enter/procedure", "family": "/enter/family", "about": "/enter/social", "whole/outside": "/whole/reconcile"} {
		if page := doc.Open(rosa + "/" + section); !strings.Contains(page, `href="`+rosa+want+`"`) {
			t.Errorf("%s does not lead to %s", section, want)
		}
	}
	if page := doc.Open(rosa + "/family"); !strings.Contains(page, `class="pedigree"`) {
		t.Error("the family section has no pedigree")
	}
	n.Write("maple", `{"resourceType":"Condition","id":"gout","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Gout"},"subject":{"reference":"Patient/rosa-delgado"}}`)
	if page := doc.Open(rosa + "/fact/Condition/gout"); !strings.Contains(page, rosa+"/enter/problem/gout") {
		t.Error("a fact does not lead to its form")
	}
	if page := n.User(hughes).Open(rosa); strings.Contains(page, "/enter/") {
		t.Error("the front desk is offered to write facts")
	}
}

func TestConflict(t *testing.T) {
	n := start(t)
	n.Write("maple", `{"resourceType":"Condition","id":"gout","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Gout"},"onsetDateTime":"2020","extension":[{"url":"http://x/e","valueString":"stays"}],"subject":{"reference":"Patient/rosa-delgado"}}`)
	doc, nurse := n.User(okonkwo), n.User(reyes)
	at := rosa + "/enter/problem/gout"
	opened := doc.Open(at)
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(opened)[1]
	if res, _ := nurse.Post(at, url.Values{"version": {version}, "what": {"Gout"}, "clinical": {"active"}, "onset": {"2018"}, "severity": {"24484000"}, "act": {"save"}}); res.StatusCode != 200 {
		t.Fatalf("the nurse's edit: %d", res.StatusCode)
	}
	res, body := doc.Post(at, url.Values{"version": {version}, "what": {"Gout"}, "clinical": {"active"}, "onset": {"2016"}, "note": {"both big toes"}, "act": {"save"}})
	if res.StatusCode != http.StatusConflict {
		t.Fatalf("a stale edit: %d", res.StatusCode)
	}
	for _, want := range []string{"changed meanwhile", "Tomás Reyes, RN", "2018", "2016", "both big toes", "Theirs alone, taken over", "Severe", `value="2"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the conflict lacks %q", want)
		}
	}
	if res, _ = doc.Post(at, url.Values{"version": {"2"}, "what": {"Gout"}, "clinical": {"active"}, "onset": {"2016"}, "severity": {"24484000"}, "note": {"both big toes"}, "act": {"save"}}); res.StatusCode != 200 {
		t.Fatalf("saved again: %d", res.StatusCode)
	}
	got := bodies(t, n, "Condition")["gout"]
	for _, want := range []string{`"2016"`, `"24484000"`, "both big toes", `"valueString":"stays"`} {
		if !strings.Contains(got, want) {
			t.Errorf("lost %s: %s", want, got)
		}
	}
}

func TestNoneKnownAndNotAsked(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	const tiny = "/maple/patients/owen-brandt"
	n.Write("maple", `{"resourceType":"Patient","id":"new1","name":[{"family":"Test","given":["Nia"]}],"birthDate":"1990-01-01","gender":"female"}`)
	const who = "/maple/patients/new1"
	page := doc.Open(who + "/enter/allergy")
	for _, want := range []string{"No known allergies", "No known drug allergies", "Not asked"} {
		if !strings.Contains(page, want) {
			t.Errorf("lacks the button %q", want)
		}
	}
	if res, _ := doc.Post(who+"/enter/allergy", url.Values{"act": {"not-asked "}}); res.StatusCode != 200 {
		t.Errorf("not asked: %d", res.StatusCode)
	}
	if page = doc.Open(who + "/enter/allergy"); !strings.Contains(page, "Not asked") {
		t.Error("not asked is not said")
	}
	if res, body := doc.Post(who+"/enter/allergy", url.Values{"act": {"none 716186003"}}); res.StatusCode != 200 || !strings.Contains(body, "asked, and none known") {
		t.Errorf("none known: %d", res.StatusCode)
	}
	if page = doc.Open(who); !strings.Contains(page, "No allergies known") {
		t.Error("the storyboard does not say that none are known")
	}
	// A latex allergy makes it untrue, in the same act.
	if res, _ := doc.Post(who+"/enter/allergy", url.Values{"act": {"save"}, "what": {"Latex"}, "what.code": {"http://snomed.info/sct|111088007"}, "clinical": {"active"}, "category": {"environment"}, "reaction-0-what": {"Urticaria"}, "reaction-0-what.code": {"http://snomed.info/sct|126485001"}}); res.StatusCode != 200 {
		t.Errorf("latex: %d", res.StatusCode)
	}
	page = doc.Open(who + "/allergies")
	if !strings.Contains(page, "Latex") || strings.Contains(page, "No allergies known") || strings.Contains(page, "One site has written that no allergy is known") {
		t.Error("none known still stands beside an allergy")
	}
	_ = tiny
}

func TestWhoMayWrite(t *testing.T) {
	n := start(t)
	if res, _ := n.User(hughes).Get(rosa + "/enter/problem"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the front desk opens a form: %d", res.StatusCode)
	}
	doc := n.User(okonkwo)
	for _, path := range []string{"/enter/nothing", "/enter/problem/no-such", "/enter/problem/%2e%2e"} {
		if res, _ := doc.Get(rosa + path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	n.Write("maple", `{"resourceType":"Condition","id":"walters","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Walter's own"},"subject":{"reference":"Patient/walter-nowak"}}`)
	if res, body := doc.Get(rosa + "/enter/problem/walters"); res.StatusCode != http.StatusNotFound || strings.Contains(body, "Walter's own") {
		t.Errorf("another patient's fact under Rosa's name: %d", res.StatusCode)
	}
	if res, body := doc.Get("/maple/code/problem?q=heart+att"); res.StatusCode != 200 || !strings.Contains(body, "I21.9") || !strings.Contains(res.Header.Get("Content-Type"), "json") {
		t.Errorf("codes: %d %s", res.StatusCode, body)
	}
	if res, _ := doc.Get("/maple/code/cpt?q=x"); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown kind: %d", res.StatusCode)
	}
	if res, _ := doc.Post(rosa+"/enter/problem", url.Values{"what": {strings.Repeat("x", 2<<20)}}); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("two megabytes: %d", res.StatusCode)
	}
}

// TestEveryKind: every form opens, takes a fact, and the fact opens again.
func TestEveryKind(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	for slug, c := range map[string]struct {
		typ  string
		form url.Values
	}{
		"medicine":     {"MedicationStatement", url.Values{"what": {"Tea of the grandmother"}, "status": {"active"}, "told": {"patient"}, "sig": {"a cup at night"}}},
		"immunisation": {"Immunization", url.Values{"what": {"Tdap"}, "what.code": {"http://hl7.org/fhir/sid/cvx|115"}, "how": {"here"}, "when": {"today"}, "lot": {"A1"}, "vis": {"yes"}}},
		"procedure":    {"Procedure", url.Values{"what": {"Appendix out"}, "status": {"completed"}, "when": {"age 12"}}},
		"family":       {"FamilyMemberHistory", url.Values{"relation": {"MTH"}, "dead": {"age 79"}, "condition-0-what": {"Breast cancer"}, "condition-0-onset": {"age 55"}}},
		"device":       {"Device", url.Values{"what": {"Cardiac pacemaker"}, "udi": {"(01)00844588003288(17)281130(10)M320(21)77X"}, "status": {"active"}}},
		"goal":         {"Goal", url.Values{"what": {"Walk every day"}, "status": {"active"}, "target": {"30 minutes"}}},
		"care-plan":    {"CarePlan", url.Values{"what": {"Diabetes plan"}, "status": {"active"}, "step-0-what": {"Foot check"}}},
	} {
		doc.Open(rosa + "/enter/" + slug)
		before := bodies(t, n, c.typ)
		if res, body := doc.Post(rosa+"/enter/"+slug, c.form); res.StatusCode != 200 || !strings.Contains(body, " added.") {
			t.Errorf("%s: %d at %s: %s", slug, res.StatusCode, res.Request.URL.Path, regexp.MustCompile(`(?s)class="error".{0,200}`).FindString(body))
			continue
		}
		id, made := fresh(before, bodies(t, n, c.typ))
		if id == "" {
			t.Errorf("%s: nothing was written", slug)
			continue
		}
		if page := doc.Open(rosa + "/enter/" + slug + "/" + id); !strings.Contains(page, c.form.Get("what")) {
			t.Errorf("%s is not in its own form: %s", slug, made)
		}
		if slug == "device" && (!strings.Contains(made, `"lotNumber":"M320"`) || !strings.Contains(made, `"2028-11-30"`)) {
			t.Errorf("what the carrier says was not taken: %s", made)
		}
	}
	if page := doc.Open(rosa + "/enter/family"); !strings.Contains(page, "Pedigree") || !strings.Contains(page, "ped-slash") || !strings.Contains(page, "Age at onset") {
		t.Error("no pedigree")
	}
	// The age at onset stands in the picture, in its words and in the list.
	page := doc.Open(rosa + "/family")
	for _, want := range []*regexp.Regexp{regexp.MustCompile(`>\d at 55 y</text>`), regexp.MustCompile(`aria-label="Pedigree of [^"]*Breast cancer at 55 y`), regexp.MustCompile(`<td>Breast cancer at 55 y`), regexp.MustCompile(`(?s)class="row-note">.{0,400}Breast cancer at 55 y`)} {
		if !want.MatchString(page) {
			t.Errorf("the family section lacks %s", want)
		}
	}
	if res, body := doc.Post(rosa+"/enter/social", url.Values{"when": {"today"}, "smoking": {"8517006"}, "occupation": {"school bus driver"}, "pack-years": {""}}); res.StatusCode != 200 || !strings.Contains(body, "2 answers written") || !strings.Contains(body, "school bus driver") {
		t.Errorf("social history: %d", res.StatusCode)
	}
	if res, body := doc.Post(rosa+"/enter/social", url.Values{"when": {"2031"}, "smoking": {"8517006"}, "pack-years": {"8000"}}); res.StatusCode != 422 || !strings.Contains(body, "from 0 to 300") || !strings.Contains(body, "future") || !strings.Contains(body, "8000") {
		t.Errorf("bad social history: %d", res.StatusCode)
	}
}

func TestReconcile(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	at := rosa + "/whole/reconcile"
	page := doc.Open(at)
	keys := regexp.MustCompile(`type="radio" name="([^"]+)" value="(\w+)"`).FindAllStringSubmatch(page, -1)
	if len(keys) == 0 {
		t.Fatal("Rosa has nothing outside")
	}
	form := url.Values{}
	var names []string
	for _, k := range keys {
		if !form.Has(k[1]) {
			form.Set(k[1], "keep")
			names = append(names, k[1])
		}
	}
	if len(names) < 2 {
		t.Fatalf("only %v", names)
	}
	t.Log(names)
	form.Set(names[len(names)-1], "reject")
	conditions, statements, sources := bodies(t, n, "Condition"), bodies(t, n, "MedicationStatement"), bodies(t, n, "Provenance")
	res, body := doc.Post(at, form)
	if res.StatusCode != 200 || !strings.Contains(body, "Reconciled: ") || !strings.Contains(body, "1 left out") {
		t.Fatalf("%d: %s", res.StatusCode, regexp.MustCompile(`(?s)class="error".{0,300}`).FindString(body))
	}
	if regexp.MustCompile(`type="radio"`).MatchString(body) {
		t.Errorf("decided facts are proposed again: %v", regexp.MustCompile(`name="([^"]+)" value="keep"`).FindAllString(body, -1))
	}
	if len(bodies(t, n, "Condition"))+len(bodies(t, n, "MedicationStatement")) == len(conditions)+len(statements) {
		t.Error("nothing was brought in")
	}
	_ = sources
	if res, _ := doc.Post(at, url.Values{"Condition/x/1": {"keep"}}); res.StatusCode != http.StatusConflict {
		t.Errorf("a fact that is not offered: %d", res.StatusCode)
	}
}
