package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// fake is an outside service that does what its path says.
func fake(t *testing.T) (*httptest.Server, *atomic.Int32, *atomic.Value) {
	var calls atomic.Int32
	var last atomic.Value
	good := `{"cards":[{"summary":"Kidney dose","indicator":"critical","detail":"eGFR **28** \\<30","source":{"label":"Acme 2026"},"selectionBehavior":"any","suggestions":[{"label":"Take it away","actions":[{"type":"delete","description":"d","resourceId":"MedicationRequest/d1"}]},{"label":"Half","actions":[{"type":"update","description":"d","resource":{"resourceType":"MedicationRequest","id":"d1","status":"draft","intent":"order","subject":{"reference":"Patient/p"},"medicationCodeableConcept":{"text":"Metformin 500 mg tablet"}}}]},{"label":"Do something else","actions":[{"type":"create","description":"d","resource":{"resourceType":"Task","status":"draft","intent":"order"}}]},{"label":"Creatinine first","uuid":"6cf54a2d-6a3c-4b7e-9d9b-0d8a57a3e9a1","actions":[{"type":"create","description":"d","resource":{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/p"},"requester":{"reference":"Practitioner/mallory"},"category":[{"coding":[{"system":"http://snomed.info/sct","code":"108252007"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2160-0"}],"text":"Creatinine"}}},{"type":"delete","description":"d","resourceId":"MedicationRequest/d1"}]}]}]}`
	mux := http.NewServeMux()
	mux.HandleFunc("/cds-services", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"services":[{"hook":"order-sign","id":"good","description":"Says","title":"T","prefetch":{"patient":"Patient/{{context.patientId}}","long":"`+strings.Repeat("x", 2000)+`"}},{"hook":"order-sign","id":"second","description":"x"},{"hook":"patient-view","id":"../../x","description":"x"},{"hook":"unknown","id":"u","description":"x"}]}`)
	})
	mux.HandleFunc("/cds-services/{id}", func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		body, _ := io.ReadAll(r.Body)
		last.Store([2]string{string(body), r.Header.Get("Authorization")})
		switch r.PathValue("id") {
		case "good":
			io.WriteString(w, good)
		case "slow":
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
		case "drip":
			for range 50 {
				io.WriteString(w, " ")
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(50 * time.Millisecond):
				}
			}
		case "huge":
			io.WriteString(w, `{"cards":[`+strings.Repeat(`{"summary":"`+strings.Repeat("x", 1000)+`"},`, 2000)+`{}]}`)
		case "elsewhere":
			http.Redirect(w, r, "/cds-services/good", http.StatusTemporaryRedirect)
		case "inside":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusSeeOther)
		case "quiet":
			io.WriteString(w, `{"cards":[]}`)
		case "deep":
			io.WriteString(w, `{"cards":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}`)
		case "twice":
			io.WriteString(w, `{"cards":[],"cards":[]}`)
		case "fat":
			io.WriteString(w, `{"cards":[{"summary":"s","indicator":"info","detail":"`+strings.Repeat("x", 40000)+`","source":{"label":"l"}}]}`)
		case "cut":
			w.Header().Set("Content-Length", "500")
			io.WriteString(w, `{"cards":[`)
		case "broken":
			io.WriteString(w, `<html>`)
		case "faulty":
			io.WriteString(w, `{"cards":[{"summary":"no source","indicator":"info"},{"summary":"s","indicator":"info","source":{"label":"l"}}]}`)
		case "wants":
			w.WriteHeader(412)
		default:
			w.WriteHeader(500)
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s, &calls, &last
}

func question() Question {
	return Question{Site: "maple", Hook: "order-sign", User: "Practitioner/okonkwo", Patient: "p", Now: time.Date(2026, 11, 22, 10, 40, 0, 0, time.UTC),
		Drafts: []rule.Draft{{ID: "MedicationRequest/d1", Kind: rule.DraftMedicine, Name: "Metformin 1000 mg tablet", Sig: "1 tablet twice a day"}}}
}

func outside(base, id string) Outside {
	return Outside{ID: "acme", Name: "Acme", Base: base, Services: map[string]string{"order-sign": id}, Millis: 300}
}

func TestClient(t *testing.T) {
	s, calls, last := fake(t)
	now := time.Date(2026, 11, 22, 10, 40, 0, 0, time.UTC)
	newClient := func() *Client {
		c := NewClient(Options{Private: true, Now: func() time.Time { return now }, Sign: func(_ context.Context, site, aud string) (string, error) { return site + " for " + aud, nil }})
		t.Cleanup(c.Close)
		return c
	}
	ctx := context.Background()
	for id, want := range map[string]string{
		"slow": "Acme did not answer in 300 ms", "drip": "Acme did not answer in 300 ms", "huge": "Acme answered more than is read", "deep": "Acme answered what could not be understood",
		"twice": "Acme answered what could not be understood", "elsewhere": "Acme wanted to send the question elsewhere", "inside": "Acme wanted to send the question elsewhere", "broken": "Acme answered what could not be understood",
		"faulty": "1 card of Acme", "fat": "1 card of Acme", "wants": "Acme needs more of the record", "none": "HTTP 500", "cut": "Acme broke off its answer",
	} {
		before := calls.Load()
		a := Gaps(newClient().Ask(ctx, []Outside{outside(s.URL, id)}, question()))
		if len(a) != 1 || !strings.Contains(a[0].Why, want) || strings.Contains(a[0].Why, "127.0.0.1") {
			t.Errorf("%s: %+v", id, a)
		}
		if n := calls.Load() - before; n != 1 {
			t.Errorf("%s: %d calls", id, n)
		}
	}
	c := newClient()
	a := c.Ask(ctx, []Outside{outside(s.URL, "good")}, question())
	if len(a) != 1 || a[0].Why != "" || a[0].Again || len(a[0].Cards) != 1 {
		t.Fatalf("%+v", a)
	}
	k := a[0].Cards[0]
	if k.Level != rule.Notice || k.Summary != "Kidney dose" || k.Words != "eGFR 28 <30" || k.Draft != "MedicationRequest/d1" || k.Source.Label != "Acme 2026" || k.Severity != "severe" {
		t.Errorf("%+v", k)
	}
	if r := k.Rule(a[0].From); r.Rule.ID != "outside-acme" || r.Rule.Kind != OutsideKind || r.Key != k.Key {
		t.Errorf("%+v", r)
	}
	// Suggestions: taken away, changed, added; what is no order is nobody's to do.
	if p, ok := k.Plan(0, "p"); !ok || len(p.Delete) != 1 || p.Delete[0] != "MedicationRequest/d1" {
		t.Errorf("%+v %v", p, ok)
	}
	if p, ok := k.Plan(1, "p"); !ok || len(p.Update) != 1 || p.Update[0].ID != "d1" || p.Update[0].Name != "Metformin 500 mg tablet" || p.Update[0].Status != "draft" {
		t.Errorf("%+v %v", p, ok)
	}
	if p, ok := k.Plan(1, "somebody-else"); ok {
		t.Errorf("of another patient: %+v", p)
	}
	if p, ok := k.Plan(2, "p"); ok {
		t.Errorf("a Task would be made: %+v", p)
	}
	if p, ok := k.Plan(3, "p"); !ok || len(p.Create) != 1 || p.Create[0].Kind != order.Test || p.Create[0].Requester != "" || p.Create[0].Status != "draft" || len(p.Delete) != 1 {
		t.Errorf("%+v %v", p, ok)
	}
	if _, ok := k.Plan(9, "p"); ok {
		t.Error("a suggestion that is not there")
	}
	// What was sent: a request that our own service would take, and no more.
	sent := last.Load().([2]string)
	h, _ := HookOf("order-sign")
	r, err := ReadRequest([]byte(sent[0]), h)
	if err != nil || len(r.Drafts) != 1 || r.Sent || r.Server != "" {
		t.Errorf("%v: %s", err, sent[0])
	}
	if d, _ := r.RuleDrafts(); len(d) != 1 || d[0].Name != "Metformin 1000 mg tablet" || d[0].PerDay != 2 {
		t.Errorf("%+v", d)
	}
	if want := "Bearer maple for " + s.URL + "/cds-services/good"; sent[1] != want {
		t.Errorf("%q", sent[1])
	}
	// The same question again is answered from memory for a minute, with the same key.
	n := calls.Load()
	if b := c.Ask(ctx, []Outside{outside(s.URL, "good")}, question()); calls.Load() != n || b[0].Cards[0].Key != k.Key || !b[0].Again {
		t.Error("the same question was asked again, or its card has another key")
	}
	// What was shown is remembered for who asked, and for nobody else.
	if x, ok := c.Shown("maple", "Practitioner/okonkwo", "p", k.Key); !ok || x.Card.UUID != k.UUID || x.Hook != "order-sign" {
		t.Errorf("%+v %v", x, ok)
	}
	for _, who := range [][3]string{{"maple", "Practitioner/other", "p"}, {"lakeside", "Practitioner/okonkwo", "p"}, {"maple", "Practitioner/okonkwo", "q"}} {
		if _, ok := c.Shown(who[0], who[1], who[2], k.Key); ok {
			t.Errorf("shown to %v", who)
		}
	}
	now = now.Add(2 * time.Minute)
	c.Ask(ctx, []Outside{outside(s.URL, "good")}, question())
	if calls.Load() != n+1 {
		t.Error("after a minute it was not asked again")
	}
	// One that failed is left alone for half a minute.
	c = newClient()
	c.Ask(ctx, []Outside{outside(s.URL, "none")}, question())
	n = calls.Load()
	if a := Gaps(c.Ask(ctx, []Outside{outside(s.URL, "none")}, question())); calls.Load() != n || !strings.Contains(a[0].Why, "a moment ago") {
		t.Errorf("%+v", a)
	}
	loud := outside(s.URL, "good")
	loud.Loud = true
	if a := newClient().Ask(ctx, []Outside{loud}, question()); a[0].Cards[0].Level != rule.Interrupt {
		t.Error("a critical card of a loud service does not interrupt")
	}
	q := question()
	q.Hook = "patient-view"
	if a := newClient().Ask(ctx, []Outside{loud}, q); len(a) != 0 {
		t.Error("a service was asked at a hook that it was not registered for")
	}
	found, err := newClient().Discover(ctx, "maple", s.URL)
	if err != nil || len(found) != 1 || found["order-sign"].ID != "good" || found["order-sign"].Prefetch["patient"] == "" || len(found["order-sign"].Prefetch) != 1 {
		t.Errorf("%v %v", found, err)
	}
}

// TestAskInParallel: three slow services cost as much time as one, and one that is
// slow hides nothing of another.
func TestAskInParallel(t *testing.T) {
	s, _, _ := fake(t)
	c := NewClient(Options{Private: true})
	defer c.Close()
	list := []Outside{outside(s.URL, "slow"), outside(s.URL, "good"), outside(s.URL, "slow")}
	for i := range list {
		list[i].ID = "acme-" + strconv.Itoa(i)
	}
	var most, at atomic.Int32
	q := question()
	q.Prepare = func(context.Context, Outside) (map[string]json.RawMessage, error) {
		most.Store(max(most.Load(), at.Add(1)))
		time.Sleep(20 * time.Millisecond)
		at.Add(-1)
		return nil, nil
	}
	told := c.Ask(context.Background(), list, q)
	if len(told) != 3 || told[0].Why == "" || len(told[1].Cards) != 1 || told[2].Why == "" || told[1].From.ID != "acme-1" {
		t.Fatalf("%+v", told)
	}
	if most.Load() < 2 {
		t.Error("they were asked one after another")
	}
}

// TestEveryHook: each hook's question is one that our own service takes, and says
// of the record what was given to send and no more.
func TestEveryHook(t *testing.T) {
	s, calls, last := fake(t)
	for _, h := range Hooks {
		c := NewClient(Options{Private: true})
		o := outside(s.URL, "quiet")
		o.Services = map[string]string{h.Name: "quiet"}
		q := question()
		q.Hook, q.Visit = h.Name, "v1"
		if h.Selects {
			q.Drafts = append(q.Drafts, rule.Draft{ID: "ServiceRequest/t1", Kind: rule.DraftTest, Name: "Creatinine"})
			q.Selected = []string{"ServiceRequest/t1"}
		}
		if h.Books {
			q.Bookings = []json.RawMessage{json.RawMessage(`{"resourceType":"Appointment","id":"a1","status":"proposed","participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`)}
		}
		q.Prepare = func(context.Context, Outside) (map[string]json.RawMessage, error) {
			return map[string]json.RawMessage{"patient": json.RawMessage(`{"resourceType":"Patient","id":"p","birthDate":"1950-01-01"}`)}, nil
		}
		told := c.Ask(context.Background(), []Outside{o}, q)
		c.Close()
		if len(told) != 1 || told[0].Why != "" {
			t.Errorf("%s: %+v", h.Name, told)
			continue
		}
		r, err := ReadRequest([]byte(last.Load().([2]string)[0]), h)
		if err != nil || !r.Sent || r.Prefetch["patient"].ID() != "p" || r.Visit != "v1" {
			t.Errorf("%s: %v", h.Name, err)
			continue
		}
		if h.Selects && (len(r.Selected) != 1 || r.Selected[0] != "ServiceRequest/t1" || len(r.Drafts) != 2) {
			t.Errorf("%s: %v of %d", h.Name, r.Selected, len(r.Drafts))
		}
		if h.Books && len(r.Bookings) != 1 {
			t.Errorf("%s: %v", h.Name, r.Bookings)
		}
	}
	// Who is not to be told is not asked, and nothing goes out.
	n := calls.Load()
	c := NewClient(Options{Private: true})
	defer c.Close()
	for why, err := range map[string]error{"Acme was not asked: the patient's consent": NotAsked("the patient's consent"), "Acme was not asked: what it may be told could not be decided": errors.New("secret /path")} {
		q := question()
		q.Prepare = func(context.Context, Outside) (map[string]json.RawMessage, error) { return nil, err }
		if g := Gaps(c.Ask(context.Background(), []Outside{outside(s.URL, "good")}, q)); len(g) != 1 || g[0].Why != why {
			t.Errorf("%+v", g)
		}
	}
	if calls.Load() != n {
		t.Error("a service was asked that may not be told")
	}
}

// TestTell: what became of a card reaches its service, without the words that were
// typed, and is tried again a few times.
func TestTell(t *testing.T) {
	var bodies [][]byte
	var mu sync.Mutex
	fail := 1
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if fail > 0 {
			fail--
			w.WriteHeader(503)
			return
		}
		bodies = append(bodies, b)
		if r.URL.Path != "/cds-services/good/feedback" {
			t.Errorf("told at %s", r.URL.Path)
		}
		w.WriteHeader(204)
	}))
	defer s.Close()
	c := NewClient(Options{Private: true})
	defer c.Close()
	at := time.Date(2026, 11, 22, 10, 40, 0, 0, time.UTC)
	card, suggestion := newUUID(), newUUID()
	o := outside(s.URL, "good")
	if c.Tell(Took{Site: "maple", From: o, Hook: "order-sign", Card: "none", Override: true, At: at}) || c.Tell(Took{Site: "maple", From: o, Hook: "order-sign", Card: card, At: at}) {
		t.Error("told of a card without a uuid, or of nothing")
	}
	if !c.Tell(Took{Site: "maple", From: o, Hook: "order-sign", Card: card, Override: true, Reason: Coding{ReasonSystem, "monitored", "Will be monitored"}, At: at}) ||
		!c.Tell(Took{Site: "maple", From: o, Hook: "order-sign", Card: card, Accepted: []string{suggestion}, At: at}) {
		t.Fatal("not told")
	}
	for range 400 {
		mu.Lock()
		n := len(bodies)
		mu.Unlock()
		if n == 2 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(bodies) != 2 {
		t.Fatalf("%d of 2 were told", len(bodies))
	}
	if strings.Contains(string(bodies[0]), "accepted") { // the second did not wait for the first
		bodies[0], bodies[1] = bodies[1], bodies[0]
	}
	f, err := ReadFeedback(bodies[0])
	if err != nil || len(f) != 1 || !f[0].Override || f[0].Reason != "monitored" || f[0].Card != card || !f[0].When.Equal(at) {
		t.Errorf("%+v %v", f, err)
	}
	if f, err = ReadFeedback(bodies[1]); err != nil || f[0].Override || len(f[0].Accepted) != 1 || f[0].Accepted[0] != suggestion {
		t.Errorf("%+v %v", f, err)
	}
}

// TestWants: of a service's templates only plain reads and searches of this
// patient's record are served.
func TestWants(t *testing.T) {
	q := question()
	q.Visit = "v1"
	o := Outside{Prefetch: map[string]map[string]string{"order-sign": {
		"patient": "Patient/{{context.patientId}}", "visit": "Encounter/{{context.encounterId}}", "who": "Practitioner/{{userPractitionerId}}", "user": "{{context.userId}}",
		"labs": "Observation?patient={{context.patientId}}&code=http://loinc.org|2160-0&_sort=-date&_count=500", "meds": "MedicationRequest?subject=Patient/{{context.patientId}}&status:not=draft",
		"x-other": "Patient/somebody-else", "x-all": "Observation?code=http://loinc.org|2160-0", "x-two": "Observation?patient={{context.patientId}}&patient=other", "x-chain": "Observation?patient={{context.patientId}}&encounter.type=x",
		"x-has": "Patient?_has:Observation:patient:code=1&patient={{context.patientId}}", "x-include": "Observation?patient={{context.patientId}}&_include=Observation:subject", "x-log": "AuditEvent?patient={{context.patientId}}",
		"x-consent": "Consent?patient={{context.patientId}}", "x-token": "Observation?patient={{context.other}}", "x-path": "../../admin", "x-url": "https://elsewhere.example/Observation?patient={{context.patientId}}",
		"x-everything": "Patient/{{context.patientId}}/$everything", "x-history": "Patient/{{context.patientId}}/_history/1", "x-not": "Observation?patient:not={{context.patientId}}", "x-missing": "Observation?patient:missing=false",
	}}}
	list, not := o.Wants(q)
	var keys []string
	for _, w := range list {
		keys = append(keys, w.Key)
		if w.Query != nil && w.Query.Get("_count") != "100" {
			t.Errorf("%s: %v", w.Key, w.Query)
		}
	}
	if got := strings.Join(keys, " "); got != "labs meds patient user visit who" {
		t.Errorf("served: %s", got)
	}
	for _, key := range not {
		if !strings.HasPrefix(key, "x-") {
			t.Errorf("%s is not served", key)
		}
	}
	q.Visit = ""
	if list, _ := o.Wants(q); len(list) != 5 {
		t.Errorf("without a visit: %+v", list)
	}
}

// FuzzWants: whatever a template says, what is read is this patient's.
func FuzzWants(f *testing.F) {
	f.Add("Observation?patient={{context.patientId}}&code=x")
	f.Add("Patient/{{context.patientId}}")
	f.Add("Observation?patient={{context.patientId}}%26patient=q")
	q := question()
	f.Fuzz(func(t *testing.T, template string) {
		w, ok := q.wanted("k", template)
		if !ok {
			return
		}
		if w.Query == nil {
			if ref := w.Type + "/" + w.ID; ref != "Patient/p" && ref != q.User {
				t.Fatalf("%q reads %s", template, ref)
			}
			return
		}
		whose := w.Query.Get("patient") + w.Query.Get("subject")
		if whose != "p" && whose != "Patient/p" && whose != "pp" && whose != "Patient/pPatient/p" && whose != "pPatient/p" && whose != "Patient/pp" {
			t.Fatalf("%q searches %q", template, whose)
		}
	})
}

// TestClientPrivate: a name that leads into the node's own network leads nowhere.
func TestClientPrivate(t *testing.T) {
	s, calls, _ := fake(t)
	c := NewClient(Options{})
	defer c.Close()
	a := Gaps(c.Ask(context.Background(), []Outside{outside(s.URL, "good")}, question()))
	if len(a) != 1 || !strings.Contains(a[0].Why, "private network") || calls.Load() != 0 {
		t.Errorf("%+v, %d calls", a, calls.Load())
	}
	// Nor does a redirection of a service that may be called lead there: it is not followed.
	c = NewClient(Options{Private: true})
	defer c.Close()
	c.Ask(context.Background(), []Outside{outside(s.URL, "inside")}, question())
	if calls.Load() != 1 {
		t.Errorf("a redirection was followed: %d calls", calls.Load())
	}
	for _, addr := range []string{"127.0.0.1:80", "10.1.2.3:80", "192.168.0.1:80", "172.16.0.1:443", "169.254.169.254:80", "100.64.1.1:80", "0.0.0.0:80", "[::1]:80", "[::]:80", "[fe80::1]:80", "[fd00::1]:80", "[::ffff:127.0.0.1]:80", "[::ffff:10.0.0.1]:80", "[64:ff9b::7f00:1]:80", "[2002:7f00:1::]:80", "224.0.0.1:80", "255.255.255.255:80", "198.18.0.1:80", "no"} {
		if public(addr) == nil {
			t.Errorf("%s would be called", addr)
		}
	}
	for _, addr := range []string{"8.8.8.8:443", "[2606:4700::1111]:443"} {
		if err := public(addr); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestOutsideCheck(t *testing.T) {
	good := Outside{ID: "acme", Name: "Acme", Base: "https://cds.acme.example/r4", Services: map[string]string{"order-sign": "x"}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"http://cds.acme.example", "ftp://x.example", "https://", "https://u:p@x.example", "https://x.example/?q=1", "https://x.example/", "https://x.example/a/../b", "file:///etc", "https://x.example#f", ""} {
		o := good
		o.Base = base
		if o.Check() == nil {
			t.Errorf("%q is taken", base)
		}
	}
	for name, edit := range map[string]func(*Outside){
		"id": func(o *Outside) { o.ID = "A b" }, "name": func(o *Outside) { o.Name = "" }, "wait": func(o *Outside) { o.Millis = 2001 }, "hooks": func(o *Outside) { o.Services = nil },
		"hook": func(o *Outside) { o.Services = map[string]string{"x": "y"} }, "service": func(o *Outside) { o.Services = map[string]string{"order-sign": "../x"} },
	} {
		o := good
		edit(&o)
		if o.Check() == nil {
			t.Errorf("a wrong %s is taken", name)
		}
	}
	body, _ := json.Marshal([]Outside{good, good})
	if _, err := DecodeOutside(body); err == nil {
		t.Error("the same name twice is taken")
	}
}

func FuzzWords(f *testing.F) {
	f.Add(`**a** \< b`)
	f.Fuzz(func(t *testing.T, s string) {
		if got := words(s); len(got) > 4*maxWords {
			t.Fatalf("%d bytes", len(got))
		}
		if d, err := fhir.Parse([]byte(s)); err == nil {
			_ = d.Root()
		}
	})
}
