package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/auth"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/store"
	"wholechart/web"
	"wholechart/web/door"
)

var now = time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)

// desk is one node with Maple Street and Riverside, people with accounts of
// every role, and Rosa, who is a patient of both.
type desk struct {
	t       *testing.T
	st      *store.Store
	records *record.Records
	auth    *auth.Auth
	handler http.Handler
	tokens  map[string]string
	clock   atomic.Pointer[time.Time] // the log reads it from its own goroutine
}

type fakeNode struct{ err error }

func (f fakeNode) NodeStatus(context.Context) (Status, error) {
	return Status{Resources: 191093, Bytes: 432_100_000, Started: now.Add(-26 * time.Hour), Version: "0.1 <dev>", AuditN: 12345, AuditHash: strings.Repeat("ab", 32),
		Peers: []PeerStatus{{Slug: "far", Up: false, At: now.Add(-3 * time.Minute), Why: "connection refused"}}}, f.err
}

const (
	rosaMaple = `{"resourceType":"Patient","id":"rosa","identifier":[{"system":"urn:maple","value":"004-17-882","type":{"text":"MRN"}}],"name":[{"use":"official","family":"Delgado","given":["Rosa","Maria"]}],"gender":"female","birthDate":"1958-03-14","telecom":[{"system":"phone","value":"(614) 555-0142"}],"address":[{"line":["12 Elm St"],"city":"Columbus","state":"OH","postalCode":"43215"}]}`
	rosaRiver = `{"resourceType":"Patient","id":"rd-77","identifier":[{"system":"urn:riverside","value":"77","type":{"text":"MRN"}}],"name":[{"use":"official","family":"Delgado-Ortiz","given":["Rosa"]}],"gender":"female","birthDate":"1958-04-14","telecom":[{"system":"phone","value":"614-555-0142"}],"contact":[{"name":{"text":"Secret Neighbour"}}]}`
	evilName  = `<script>alert(1)</script>`
)

func open(t *testing.T) *desk {
	t.Helper()
	ctx := t.Context()
	st, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "a.db")})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, st: st, tokens: map[string]string{}}
	d.clock.Store(&now)
	tick := func() time.Time { return *d.clock.Load() }
	if d.records, err = record.New(ctx, st, record.Options{Now: tick}); err != nil {
		t.Fatal(err)
	}
	d.auth = auth.New(st, tick)
	t.Cleanup(func() { d.records.Close(); st.Close() })
	for _, s := range []record.Site{
		{Slug: "maple", Name: "Maple Street Family Practice", State: "OH", Local: true}, {Slug: "riverside", Name: "Riverside General", State: "OH", Local: true},
		{Slug: "far", Name: "Far & Away Hospital", Base: "https://far.example/far"},
	} {
		if _, err := d.records.PutSite(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range []auth.User{
		{Name: "lena", FullName: "Lena Okonkwo, MD", Role: access.Physician}, {Name: "nia", FullName: "Nia Bell, RN", Role: access.Nurse},
		{Name: "raman", FullName: "Priya Raman, MD", Role: access.Radiologist}, {Name: "patel", FullName: "Anil Patel", Role: access.Pharmacist},
		{Name: "front", FullName: "Patricia Hughes", Role: access.FrontDesk}, {Name: "stone", FullName: "Margaret Stone", Role: access.RecordsOffice},
		{Name: "ferris", FullName: "Dale Ferris", Role: access.PrivacyOfficer}, {Name: "ops", FullName: "Node operator", Role: access.Operator},
		{Name: "admin", FullName: "Site Admin", Role: access.Admin}, {Name: "rosa", FullName: "Rosa Delgado", Patients: []string{"rosa"}},
		{Name: "marco", FullName: "Marco Delgado", Patients: []string{"rosa"}, Proxy: true}, {Name: "james", FullName: "James Miller", Patients: []string{"james"}},
	} {
		u.Site = "maple"
		d.account(u)
	}
	d.put("maple", rosaMaple, `{"resourceType":"Patient","id":"james","name":[{"text":"James Miller"}]}`,
		`{"resourceType":"Patient","id":"evil","name":[{"text":"`+evilName+`"}]}`,
		`{"resourceType":"Observation","id":"inr","status":"final","code":{"text":"INR"},"subject":{"reference":"Patient/rosa"},"valueString":"2.7"}`)
	d.put("riverside", rosaRiver, `{"resourceType":"Patient","id":"other","name":[{"text":"Somebody Else"}]}`)
	d.serve(fakeNode{}, tick)
	return d
}

// serve makes the pages over a node's numbers.
func (d *desk) serve(n NodeStatus, clock func() time.Time) {
	d.t.Helper()
	p := door.New(door.Config{Records: d.records, Auth: d.auth, Clock: clock})
	Register(p, n)
	var err error
	if d.handler, err = p.Handler(); err != nil {
		d.t.Fatal(err)
	}
}

// account writes a user without the cost of a password, and a page token.
func (d *desk) account(u auth.User) {
	d.t.Helper()
	body, _ := json.Marshal(u)
	if _, err := d.st.Update(d.t.Context(), func(tx *store.Tx) error { return tx.PutDoc("user", u.Site+"/"+u.Name, body) }); err != nil {
		d.t.Fatal(err)
	}
	token, err := d.auth.Issue(d.t.Context(), u.Actor(), auth.Page, time.Hour)
	if err != nil {
		d.t.Fatal(err)
	}
	d.tokens[u.Name] = token
}

func (d *desk) system(site string) record.Session {
	return d.records.As(access.Actor{Kind: access.System, ID: "import", Site: site, Purpose: access.Treatment}, access.EMR)
}

func (d *desk) put(site string, texts ...string) {
	d.t.Helper()
	var acts []record.Act
	for _, text := range texts {
		doc, err := fhir.Parse([]byte(text))
		if err != nil {
			d.t.Fatal(err)
		}
		acts = append(acts, record.Act{Op: record.Update, Type: doc.Root().ResourceType(), ID: doc.Root().ID(), Resource: doc.Root()})
	}
	if _, err := d.system(site).Transact(d.t.Context(), acts); err != nil {
		d.t.Fatal(err)
	}
}

// as is somebody's session, as the pages would have it.
func (d *desk) as(name string) record.Session {
	d.t.Helper()
	u, err := d.auth.User(d.t.Context(), "maple", name)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.records.As(u.Actor(), access.EMR)
}

type answer struct {
	Code int
	Body string
	Head http.Header
}

func (d *desk) get(who, path string) answer {
	d.t.Helper()
	return d.ask(who, httptest.NewRequest("GET", "http://node.example"+path, nil))
}

func (d *desk) post(who, path string, form url.Values) answer {
	d.t.Helper()
	r := httptest.NewRequest("POST", "http://node.example"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://node.example")
	return d.ask(who, r)
}

func (d *desk) ask(who string, r *http.Request) answer {
	d.t.Helper()
	if who != "" {
		token, ok := d.tokens[who]
		if !ok {
			d.t.Fatalf("nobody is called %s", who)
		}
		r.AddCookie(&http.Cookie{Name: web.SessionCookieName(r), Value: token})
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return answer{w.Code, w.Body.String(), w.Header()}
}

func (a answer) has(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !strings.Contains(a.Body, s) {
			t.Errorf("missing %q in a page of %d bytes, status %d", s, len(a.Body), a.Code)
		}
	}
}

func (a answer) lacks(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if strings.Contains(a.Body, s) {
			t.Errorf("the page holds %q", s)
		}
	}
}

var everyone = []string{"lena", "nia", "raman", "patel", "front", "stone", "ferris", "ops", "admin", "rosa", "marco", "james"}

// TestWalls asks for every page as everybody.
func TestWalls(t *testing.T) {
	d := open(t)
	may := map[string]string{
		"/maple/log":                   "ferris admin",
		"/maple/log?patient=rosa":      "ferris admin",
		"/maple/log.csv":               "ferris admin",
		"/maple/patients/rosa/access":  "ferris admin rosa marco",
		"/maple/patients/james/access": "ferris admin james",
		"/maple/node":                  "ops admin",
		"/maple/users":                 "ops admin",
		"/maple/links":                 "stone admin",
		"/maple/links?patient=rosa":    "stone admin",
	}
	for path, who := range may {
		for _, name := range everyone {
			got := d.get(name, path)
			want := http.StatusForbidden
			if strings.Contains(" "+who+" ", " "+name+" ") {
				want = http.StatusOK
			}
			if got.Code != want {
				t.Errorf("%s at %s: %d, want %d", name, path, got.Code, want)
			}
			if want == http.StatusForbidden {
				got.has(t, "Not for this role")
				got.lacks(t, "Delgado-Ortiz", "004-17-882")
			}
			if got.Head.Get("Content-Security-Policy") != web.CSP || got.Head.Get("Cache-Control") != "no-store" {
				t.Errorf("%s at %s: headers %v", name, path, got.Head)
			}
		}
		got := d.get("", path)
		if got.Code != http.StatusSeeOther || got.Head.Get("Location") != "/maple/signin?next="+url.QueryEscape(path) {
			t.Errorf("nobody at %s: %d %s", path, got.Code, got.Head.Get("Location"))
		}
		if got := d.get("admin", strings.Replace(path, "/maple/", "/riverside/", 1)); got.Code != http.StatusSeeOther {
			t.Errorf("another site's administrator at %s: %d", path, got.Code)
		}
	}
	for path, who := range map[string]string{"/maple/users": "ops admin", "/maple/links": "stone admin"} {
		for _, name := range everyone {
			got := d.post(name, path, url.Values{"act": {"nothing"}})
			if ok := strings.Contains(" "+who+" ", " "+name+" "); ok != (got.Code == http.StatusBadRequest) || !ok && got.Code != http.StatusForbidden {
				t.Errorf("%s posts to %s: %d", name, path, got.Code)
			}
		}
		if got := d.post("", path, nil); got.Code != http.StatusUnauthorized {
			t.Errorf("nobody posts to %s: %d", path, got.Code)
		}
	}
	for _, path := range []string{"/maple/nothing", "/far/log", "/none/users", "/"} {
		if got := d.get("admin", path); got.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
	if got := d.get("ferris", "/maple/patients/nobody/access"); got.Code != http.StatusNotFound {
		t.Errorf("who looked at nobody: %d", got.Code)
	}
	// a bearer token does not open pages
	u, _ := d.auth.User(t.Context(), "maple", "admin")
	token, _ := d.auth.Issue(t.Context(), u.Actor(), auth.Bearer, time.Hour)
	d.tokens["script"] = token
	if got := d.get("script", "/maple/log"); got.Code != http.StatusSeeOther {
		t.Errorf("a bearer token as a cookie: %d", got.Code)
	}
	// what was refused is in the log
	d.get("ferris", "/maple/log").has(t, "tried to open the pages of the node", "Patricia Hughes", "refused")
}

// acts are what happens before anybody looks at the log.
func (d *desk) acts() {
	d.t.Helper()
	ctx := d.t.Context()
	at := func(after time.Duration) { then := now.Add(after); d.clock.Store(&then) }
	must := func(err error) {
		d.t.Helper()
		if err != nil {
			d.t.Fatal(err)
		}
	}
	at(0)
	lena := d.as("lena")
	_, err := lena.Everything(ctx, record.Everything{Patient: "rosa"})
	must(err)
	at(3 * time.Minute)
	_, err = lena.Read(ctx, "Observation", "inr")
	must(err)
	at(5 * time.Minute)
	front := d.as("front")
	if _, err = front.Read(ctx, "Observation", "inr"); err == nil {
		d.t.Fatal("the front desk reads results")
	}
	peer := d.records.As(access.Actor{Kind: access.Peer, ID: "far", Name: "far", Site: "maple", Purpose: access.Treatment}, access.EMR)
	must(peer.Grant(ctx, "rosa", "certain: same telephone"))
	peer = d.records.As(access.Actor{Kind: access.Peer, ID: "far", Name: "far", Site: "maple", Purpose: access.Treatment, Patients: []string{"rosa"}}, access.EMR)
	_, _, _, err = peer.PatientChanges(ctx, "rosa", 0, 100)
	must(err)
	at(24 * time.Hour)
	er := lena.Actor()
	er.ID, er.Name, er.Purpose = "nia", "Nia Bell, RN", access.Emergency
	er.Role = access.Nurse
	_, err = d.records.As(er, access.EMR).Read(ctx, "Patient", "rosa")
	must(err)
	_, err = d.as("rosa").Read(ctx, "Patient", "rosa")
	must(err)
	must(lena.Note(ctx, audit.Event{Action: "sign-in", Outcome: audit.Refused, Why: evilName}))
	_, err = lena.Read(ctx, "Patient", "evil")
	must(err)
	// the tokens are of the first day; make them anew
	for name := range d.tokens {
		u, err := d.auth.User(ctx, "maple", name)
		must(err)
		d.account(u)
	}
}

func TestLog(t *testing.T) {
	d := open(t)
	d.acts()
	got := d.get("ferris", "/maple/log")
	got.has(t, "opened the whole record", "Lena Okonkwo, MD", "physician", "read a result or measurement", "Observation/inr",
		"disclosed to Far &amp; Away Hospital that this person is a patient here", "disclosed to Far &amp; Away Hospital", "tried to read a result or measurement", "this role or scope does not reach Observation",
		"Rosa Maria Delgado", `href="/maple/patients/rosa/access"`, "emergency", "09:00:00 EST", "22 Nov 2026", `class="log-row k-danger log-loud"`, `class="log-row k-warning log-loud"`, "tried to sign in",
		"&lt;script&gt;alert(1)&lt;/script&gt;", "1 in an emergency")
	got.lacks(t, "<script>alert")
	if n := strings.Index(got.Body, "23 Nov 2026"); n < 0 || n > strings.Index(got.Body, "22 Nov 2026") {
		t.Error("the newest event is not first")
	}

	mine := d.get("ferris", "/maple/log?actor=front")
	mine.has(t, "Patricia Hughes")
	mine.lacks(t, "Lena Okonkwo")
	hers := d.get("ferris", "/maple/log?patient=rosa")
	hers.has(t, "Lena Okonkwo, MD", "Observation/inr")
	hers.lacks(t, "evil", "Patricia Hughes")
	for _, bad := range []string{"?patient=a%2Fb", "?actor=" + strings.Repeat("x", 200), "?before=-1"} {
		if got := d.get("ferris", "/maple/log"+bad); got.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, got.Code)
		}
	}
	d.get("ferris", "/maple/log?actor=%22%3E%3Cb%3E").lacks(t, `"><b>`)

	s := d.as("lena")
	for i := range 150 {
		if err := s.Note(t.Context(), audit.Event{Action: "search", Type: "Condition", Why: fmt.Sprint("walk ", i, ".")}); err != nil {
			t.Fatal(err)
		}
	}
	page, seen := "/maple/log?actor=lena", map[string]bool{}
	for range 5 {
		got := d.get("ferris", page)
		for i := range 150 {
			if strings.Contains(got.Body, fmt.Sprint("walk ", i, ".")) {
				if seen[fmt.Sprint(i)] {
					t.Errorf("event %d twice", i)
				}
				seen[fmt.Sprint(i)] = true
			}
		}
		_, rest, ok := strings.Cut(got.Body, `href="/maple/log?actor=lena&amp;before=`)
		if !ok {
			break
		}
		number, _, _ := strings.Cut(rest, `"`)
		page = "/maple/log?actor=lena&before=" + number
	}
	if len(seen) != 150 {
		t.Errorf("%d of 150 events were paged through", len(seen))
	}
}

// What the program works out by itself is in the words of neither somebody's
// look nor a made-up verb, and it comes after what people did.
func TestWorkedOut(t *testing.T) {
	d := open(t)
	d.acts()
	program := access.Actor{Kind: access.System, ID: "standing", Name: "Standing checks", Site: "maple", Purpose: access.Operations}
	if _, err := d.records.As(program, access.EHR).Evaluating(false).Facts(t.Context(), record.FactsQuery{Patient: "rosa"}); err != nil {
		t.Fatal(err)
	}
	log := d.get("ferris", "/maple/log")
	log.has(t, "worked out what is due, by the program")
	log.lacks(t, "did evaluate")
	got := d.get("rosa", "/maple/patients/rosa/access")
	const line = "The record system of Maple Street Family Practice worked out from your record what is due for the running of the practice."
	got.has(t, line, "the whole record")
	got.lacks(t, "was opened by the record system")
	if strings.Index(got.Body, "Nia Bell") > strings.Index(got.Body, line) {
		t.Error("the program comes before a person of that day")
	}
	if got := (&admin{}).deed(record.Noted{Event: audit.Event{Action: "evaluate", Outcome: audit.Failed}}); got != "tried to work out what is due, by the program" {
		t.Error(got)
	}
}

func TestWhoLooked(t *testing.T) {
	d := open(t)
	d.acts()
	got := d.get("rosa", "/maple/patients/rosa/access")
	got.has(t, "Who looked at your record", "Your record was opened by Lena Okonkwo, MD (physician) for treatment.", "09:00 to 09:03 EST · a result or measurement, the whole record", "2 times, one by one",
		"Your record was sent to Far &amp; Away Hospital, which asked for it for treatment.", "Far &amp; Away Hospital asked for treatment whether you are a patient here, and was told yes.",
		"Your record was opened by Nia Bell, RN (nurse) in an emergency.", "deed-loud", "You opened your record.", "Ask the privacy officer of Maple Street Family Practice")
	sent, here := strings.Index(got.Body, "was sent to"), strings.Index(got.Body, "was opened by Lena")
	if sent < 0 || here < 0 || sent > here {
		t.Error("what left does not come first")
	}
	if strings.Index(got.Body, "Nia Bell") > strings.Index(got.Body, "You opened") {
		t.Error("her own look comes before a stranger's of that day")
	}
	got.lacks(t, "see-audit", "PATRQT", "Patricia Hughes")

	proxy := d.get("marco", "/maple/patients/rosa/access")
	proxy.has(t, "Who looked at Rosa Maria Delgado’s record", "Rosa Maria Delgado’s record was opened by Rosa Maria Delgado (the patient) at the patient’s request.")
	officer := d.get("ferris", "/maple/patients/rosa/access")
	officer.has(t, "The list of who looked at Rosa Maria Delgado’s record was read by Marco Delgado, who acts for the patient.")
	d.get("rosa", "/maple/patients/rosa/access").has(t, "Dale Ferris (privacy officer)")
	if got := d.get("james", "/maple/patients/rosa/access"); got.Code != 403 {
		t.Errorf("another patient: %d", got.Code)
	} else {
		got.lacks(t, "Rosa")
	}
	d.get("ferris", "/maple/patients/evil/access").lacks(t, "<script>alert")
}

func TestForeignFormsAreRefused(t *testing.T) {
	d := open(t)
	for _, path := range []string{"/maple/users", "/maple/links"} {
		r := httptest.NewRequest("POST", "http://node.example"+path, strings.NewReader("act=disable&user=lena"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if got := d.ask("admin", r); got.Code != http.StatusForbidden {
			t.Errorf("%s from elsewhere: %d", path, got.Code)
		}
	}
	if u, _ := d.auth.User(t.Context(), "maple", "lena"); u.Disabled {
		t.Error("a form of another origin disabled an account")
	}
}
