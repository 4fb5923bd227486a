package clinic

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/internal/pagetest"
)

var physician = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician}

func TestNobodySeesAnythingWithoutSignIn(t *testing.T) {
	n := newNode(t, []string{"maple", "riverside"}, nil, nil)
	n.Write("maple", `{"resourceType":"Patient","id":"p","name":[{"family":"Canary"}]}`)
	v := n.visitor()
	for _, path := range []string{"/maple/", "/maple/patients", "/maple/patients/p", "/maple/patients/p/whole", "/maple/patients/p/results", "/maple/patients/p/fact/Patient/p", "/maple/patients/p/whole/timeline"} {
		res, body := v.get(path)
		if res.Request.URL.Path != "/maple/signin" || strings.Contains(body, "Canary") {
			t.Errorf("%s led to %s", path, res.Request.URL)
		}
		if next := res.Request.URL.Query().Get("next"); next != path {
			t.Errorf("%s is not kept: %q", path, next)
		}
	}
	for _, path := range []string{"/maple/patients", "/maple/patients/suggest"} {
		if res, body := v.post(path, url.Values{"q": {"can"}}); res.StatusCode != 401 || strings.Contains(body, "Canary") {
			t.Errorf("a question without sign-in at %s: %d", path, res.StatusCode)
		}
	}
	for _, path := range []string{"/ghost/", "/ghost/signin", "/maple/nothing"} {
		if res, _ := v.get(path); res.StatusCode != 404 && res.Request.URL.Path != "/maple/signin" {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	b := n.user(physician)
	if res, _ := b.get("/riverside/patients"); res.Request.URL.Path != "/riverside/signin" {
		t.Errorf("a session of maple opened %s", res.Request.URL)
	}
}

func TestAQuestionStaysOutOfTheAddress(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	n.Write("maple", `{"resourceType":"Patient","id":"p","name":[{"family":"Canary"}]}`)
	b := n.user(physician)
	res, body := b.post("/maple/patients", url.Values{"q": {"canary"}})
	at := res.Request.URL
	if res.StatusCode != 200 || !strings.Contains(body, "/maple/patients/p") || strings.Contains(strings.ToLower(at.String()), "canary") || at.Query().Get("f") == "" {
		t.Fatalf("%d at %s", res.StatusCode, at)
	}
	if res, body := b.get(at.RequestURI()); res.StatusCode != 200 || !strings.Contains(body, "/maple/patients/p") {
		t.Errorf("coming back to it: %d", res.StatusCode)
	}
	if _, body := n.user(auth.User{Site: "maple", Name: "reyes", Role: access.Nurse}).get(at.RequestURI()); strings.Contains(body, `value="canary"`) {
		t.Error("another user reads the question by its number")
	}
}

func TestSignInAndOut(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	n.Write("maple", `{"resourceType":"Patient","id":"p"}`)
	b := n.user(physician)
	res, body := n.visitor().post("/maple/signin", url.Values{"user": {"okonkwo"}, "password": {"not the password"}, "next": {"/maple/patients/p"}})
	if res.StatusCode != http.StatusUnauthorized || len(res.Cookies()) != 0 || !strings.Contains(body, "do not match") || !strings.Contains(body, `value="/maple/patients/p"`) {
		t.Errorf("%d %s", res.StatusCode, short(body))
	}
	n.visitor().post("/maple/signin", url.Values{"user": {"my secret password"}, "password": {"x"}})
	other := n.visitor()
	if res, _ := other.post("/maple/signin", url.Values{"user": {"okonkwo"}, "password": {pagetest.Password}, "next": {"/maple/patients/p/results"}}); res.Request.URL.Path != "/maple/patients/p/results" {
		t.Errorf("next led to %s", res.Request.URL)
	}
	for _, bad := range []string{"https://evil.example/maple/", "//evil.example/maple/", `/\evil.example`, "/maple/signout", "/riverside/patients", "/maple/../riverside/"} {
		if got := localNext(bad, "maple"); got != "" {
			t.Errorf("next=%q leads to %q", bad, got)
		}
	}
	res, _ = b.get("/maple/patients")
	if c := res.Header.Get("Content-Security-Policy"); !strings.Contains(c, "default-src 'none'") || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers: %v", res.Header)
	}
	req, _ := http.NewRequest("POST", n.Base+"/maple/signout", nil)
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if res, _ := b.Do(req); res.StatusCode != http.StatusForbidden {
		t.Errorf("another origin's form: %d", res.StatusCode)
	}
	b.post("/maple/signout", nil)
	if res, _ := b.get("/maple/patients"); res.Request.URL.Path != "/maple/signin" {
		t.Errorf("after sign-out: %s", res.Request.URL)
	}
	log := n.Noted()
	for _, want := range []string{`"action":"sign-in","outcome":"ok"`, `"action":"sign-in","outcome":"refused"`, `"action":"sign-out"`, `"actor":"unknown"`} {
		if !strings.Contains(log, want) {
			t.Errorf("no note of %s", want)
		}
	}
	if strings.Contains(log, "my secret password") {
		t.Error("what was typed as a name was noted")
	}
}

const (
	rosa       = `{"resourceType":"Patient","id":"rosa","identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"system":"urn:mrn","value":"004-17-882"}],"name":[{"use":"official","family":"Delgado","given":["Rosa"]}],"gender":"female","birthDate":"1958-03-14","telecom":[{"system":"phone","value":"+1-614-555-0162"}]}`
	asthma     = `{"resourceType":"Condition","id":"asthma","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Asthma"},"subject":{"reference":"Patient/rosa"}}`
	penicillin = `{"resourceType":"AllergyIntolerance","id":"pen","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"text":"Penicillin"},"patient":{"reference":"Patient/rosa"},"reaction":[{"manifestation":[{"text":"Anaphylaxis"}],"severity":"severe"}]}`
	noAllergy  = `{"resourceType":"AllergyIntolerance","id":"nka","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003","display":"No known allergy"}]},"patient":{"reference":"Patient/rosa"},"recordedDate":"2026-11-14T09:20:00-05:00"}`
)

func TestRolesSeeWhatTheyMay(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	n.Write("maple", rosa, asthma, penicillin, `{"resourceType":"Patient","id":"other","name":[{"family":"Otherwise"}]}`)
	role := func(r access.Role) *browser {
		return n.user(auth.User{Site: "maple", Name: string(r), FullName: "A " + string(r), Role: r})
	}
	for _, r := range []access.Role{access.Physician, access.Nurse, access.Radiologist, access.Pharmacist, access.RecordsOffice, access.Admin} {
		p := role(r).open("/maple/patients/rosa")
		if !strings.Contains(text(p.card("Problems")), "Asthma") {
			t.Errorf("%s does not see the problem", r)
		}
		p.says("Anaphylaxis")
	}
	for _, r := range []access.Role{access.FrontDesk, access.PrivacyOfficer} {
		b := role(r)
		for _, path := range []string{"", "/problems", "/allergies", "/results", "/timeline", "/documents"} {
			p := b.open("/maple/patients/rosa" + path)
			p.says("Rosa Delgado")
			p.says("not for this role")
			for _, secret := range []string{"Asthma", "Penicillin", "Anaphylaxis"} {
				p.silent(secret)
			}
			for _, section := range []string{"Problems", "Allergies", "Medicines", "Results"} {
				if p.has(section) {
					t.Errorf("%s sees the section %s", r, section)
				}
			}
		}
		for _, path := range []string{"/whole", "/whole/problems", "/fact/Condition/asthma"} {
			if res, body := b.get("/maple/patients/rosa" + path); res.StatusCode != http.StatusForbidden || strings.Contains(body, "Asthma") {
				t.Errorf("%s %s: %d", r, path, res.StatusCode)
			}
		}
	}
	op := role(access.Operator)
	op.open("/maple/").says("no patients")
	for _, path := range []string{"/maple/patients", "/maple/patients/rosa", "/maple/patients/rosa/whole", "/maple/patients/suggest?q=ros"} {
		if res, body := op.get(path); strings.Contains(body, "Delgado") || res.StatusCode == 200 && strings.Contains(path, "rosa") {
			t.Errorf("the operator at %s: %d", path, res.StatusCode)
		}
	}
	me := n.user(auth.User{Site: "maple", Name: "rosa", FullName: "Rosa Delgado", Patients: []string{"rosa"}})
	res, _ := me.get("/maple/")
	if res.Request.URL.Path != "/maple/patients/rosa" || res.StatusCode != 200 {
		t.Errorf("the patient is led to %s: %d", res.Request.URL, res.StatusCode)
	}
	me.open("/maple/patients/rosa").says("Asthma")
	me.open("/maple/patients/rosa/fact/Condition/asthma").says("Asthma")
	for _, path := range []string{"/maple/patients/other", "/maple/patients/other/whole", "/maple/patients/rosa/fact/Patient/other", "/maple/patients?q=oth"} {
		if _, body := me.get(path); strings.Contains(body, "Otherwise") {
			t.Errorf("the patient sees another at %s", path)
		}
	}
	if log := n.Noted(); !strings.Contains(log, `"role":"operator"`) || !strings.Contains(log, `"outcome":"refused"`) {
		t.Error("a refusal was not noted")
	}
}

func TestUnknownIsNotNone(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	b := n.user(physician)
	n.Write("maple", rosa)
	if s := text(b.open("/maple/patients/rosa").card("Allergies")); !strings.Contains(s, "not recorded") || strings.Contains(s, "No allergies") {
		t.Errorf("nobody asked: %s", s)
	}
	n.Write("maple", noAllergy)
	if s := text(b.open("/maple/patients/rosa").card("Allergies")); !strings.Contains(s, "No allergies known") || !strings.Contains(s, "14 Nov 2026") {
		t.Errorf("asked: %s", s)
	}
	n.Write("maple", penicillin)
	if s := text(b.open("/maple/patients/rosa").card("Allergies")); !strings.Contains(s, "Penicillin") || !strings.Contains(s, "Anaphylaxis") || strings.Contains(s, "No allergies") {
		t.Errorf("one is known: %s", s)
	}
	p := b.open("/maple/patients/rosa")
	for _, s := range []string{"Problems", "Medicines", "Family history", "Immunisations"} {
		if got := text(p.card(s)); !strings.Contains(got, "not recorded") {
			t.Errorf("%s says %q", s, got)
		}
	}
}

func TestHostileTextIsText(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	const evil = `<script>alert(1)</script>\" onload=\"x`
	n.Write("maple", `{"resourceType":"Patient","id":"e","name":[{"family":"`+evil+`","given":["<img src=x>"]}],"telecom":[{"system":"phone","value":"<b>1</b>"}]}`,
		`{"resourceType":"Condition","id":"c","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"`+evil+`"},"subject":{"reference":"Patient/e"},"note":[{"text":"`+evil+`"}]}`,
		`{"resourceType":"Observation","id":"o","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"text":"`+evil+`"},"subject":{"reference":"Patient/e"},"effectiveDateTime":"2026-01-02","valueString":"`+evil+`"}`,
		`{"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/e"},"type":{"text":"`+evil+`"},"content":[{"attachment":{"contentType":"text/html","title":"../../`+evil+`.html","data":"PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="}},{"attachment":{"contentType":"text/plain","data":"PHNjcmlwdD5hbGVydCgyKTwvc2NyaXB0Pg=="}}]}`)
	b := n.user(physician)
	for _, path := range []string{"", "/whole", "/problems", "/results", "/documents", "/timeline", "/about", "/fact/Condition/c", "/fact/Observation/o", "/fact/DocumentReference/d"} {
		p := b.open("/maple/patients/e" + path)
		for _, s := range elementsOf(p.Node, "script", "") {
			if attr(s, "src") == "" {
				t.Errorf("%s has a script of the record's: %s", path, text(s))
			}
		}
		for c := range p.Descendants() {
			if attr(c, "onload") != "" || attr(c, "src") == "x" || strings.HasPrefix(attr(c, "href"), "javascript") {
				t.Errorf("%s: %v", path, c.Attr)
			}
		}
	}
	for _, q := range []string{`<script>`, `" onload="x`, `%00`, strings.Repeat("a", 5000)} {
		for _, at := range []string{"/maple/patients", "/maple/patients/suggest"} {
			res, body := b.get(at + "?q=" + url.QueryEscape(q))
			if res.StatusCode != 200 || strings.Contains(body, "<script>") {
				t.Errorf("%s?q=%.20s: %d", at, q, res.StatusCode)
			}
		}
	}
	res, _ := b.get("/maple/patients/e/fact/DocumentReference/d/content/0")
	if d := res.Header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="`) || strings.ContainsAny(strings.TrimPrefix(d, `attachment; filename="`), `/<>\`) || res.Header.Get("Content-Type") != "application/octet-stream" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("an HTML attachment: %v", res.Header)
	}
	b.open("/maple/patients/e/fact/DocumentReference/d").says("<script>alert(2)</script>")
}

func TestAFactStandsUnderItsOwnPatientOnly(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	n.Write("maple", rosa, asthma, `{"resourceType":"Patient","id":"other"}`, `{"resourceType":"Organization","id":"org","name":"Org"}`)
	b := n.user(physician)
	p := b.open("/maple/patients/rosa/fact/Condition/asthma")
	p.says("Maple Street Family Practice")
	p.says("Clinical status")
	p.says(`"text": "Asthma"`)
	b.open("/maple/patients/rosa/fact/Organization/org")
	for _, path := range []string{"/maple/patients/other/fact/Condition/asthma", "/maple/patients/other/fact/Patient/rosa", "/maple/patients/rosa/fact/Condition/ghost", "/maple/patients/rosa/fact/Nonsense/x", "/maple/patients/ghost", "/maple/patients/ghost/fact/Condition/asthma", "/maple/patients/other/fact/Condition/asthma/content/json"} {
		if res, body := b.get(path); res.StatusCode != 404 || strings.Contains(body, "Asthma") {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}
