package orders

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/api/hooks"
	"wholechart/chart/order"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// acme is an outside service that says, at each hook, what the test wants.
type acme struct {
	mu     sync.Mutex
	says   map[string]string // by hook: the body
	asked  map[string][]*hooks.Request
	told   []hooks.Feedback
	client *hooks.Client
	of     hooks.Outside
	slow   hooks.Outside
}

func newAcme(t *testing.T, n *pagetest.Node, loud bool) *acme {
	a := &acme{says: map[string]string{}, asked: map[string][]*hooks.Request{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/cds-services/{hook}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h, _ := hooks.HookOf(r.PathValue("hook"))
		q, err := hooks.ReadRequest(body, h)
		if err != nil {
			t.Errorf("%s: %v: %s", h.Name, err, body)
			w.WriteHeader(400)
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.asked[h.Name] = append(a.asked[h.Name], q)
		said := a.says[h.Name]
		if len(q.Drafts) > 0 {
			said = strings.ReplaceAll(said, "DRAFT", q.Drafts[0].ResourceType()+"/"+q.Drafts[0].ID())
			said = strings.ReplaceAll(said, "DRAFTID", q.Drafts[0].ID())
		}
		if said == "" {
			said = `{"cards":[]}`
		}
		io.WriteString(w, said)
	})
	mux.HandleFunc("/cds-services/{hook}/feedback", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f, err := hooks.ReadFeedback(body)
		if err != nil {
			t.Errorf("%v: %s", err, body)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.told = append(a.told, f...)
	})
	mux.HandleFunc("/slow/cds-services/{hook}", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	a.client = hooks.NewClient(hooks.Options{Private: true, Now: n.Clock})
	t.Cleanup(a.client.Close)
	all := map[string]string{}
	for _, h := range hooks.Hooks {
		all[h.Name] = h.Name
	}
	a.of = hooks.Outside{ID: "acme", Name: "Acme Kidney", Base: s.URL, Services: all, Loud: loud, Millis: 2000}
	a.slow = hooks.Outside{ID: "snail", Name: "Snail", Base: s.URL + "/slow", Services: map[string]string{atView: atView}, Millis: 300}
	return a
}

func (a *acme) Has(_ context.Context, who access.Actor, hook string) (out []string) {
	for _, o := range []hooks.Outside{a.of, a.slow} {
		if o.Services[hook] != "" {
			out = append(out, o.Name)
		}
	}
	return out
}

func (a *acme) Ask(ctx context.Context, s record.Session, q hooks.Question) []hooks.Told {
	q.Site, q.User = "maple", s.Actor().Who
	return a.client.Ask(ctx, []hooks.Outside{a.of, a.slow}, q)
}

func (a *acme) Shown(who access.Actor, patient, key string) (hooks.ShownCard, bool) {
	return a.client.Shown("maple", who.Who, patient, key)
}

func (a *acme) Tell(t hooks.Took) { a.client.Tell(t) }

func (a *acme) say(hook string, cards ...map[string]any) {
	if cards == nil {
		cards = []map[string]any{}
	}
	body, _ := json.Marshal(map[string]any{"cards": cards})
	a.mu.Lock()
	defer a.mu.Unlock()
	a.says[hook] = string(body)
}

func (a *acme) times(hook string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.asked[hook])
}

// heard waits until so many outcomes were told.
func (a *acme) heard(t *testing.T, n int) []hooks.Feedback {
	t.Helper()
	for range 500 {
		a.mu.Lock()
		told := slices.Clone(a.told)
		a.mu.Unlock()
		if len(told) >= n {
			return told
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("fewer than %d outcomes were told", n)
	return nil
}

func startOutside(t *testing.T, loud bool) (*pagetest.Node, *acme) {
	t.Helper()
	n := pagetest.New(t, []string{"maple", "lakeside"}, nil)
	n.Load("maple", "lakeside")
	a := newAcme(t, n, loud)
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p, Config{Check: says, Outside: a})
	n.Serve(p)
	clearBasket(t, n, "rosa-delgado")
	return n, a
}

const cardID, suggestionID = "0a6a5c9e-0d7e-4b0c-8a55-3a3b6b7f0c01", "0a6a5c9e-0d7e-4b0c-8a55-3a3b6b7f0c02"

func warning(more map[string]any) map[string]any {
	c := map[string]any{"uuid": cardID, "summary": "Check the creatinine <b>first</b>", "indicator": "warning", "detail": "It **rose**.", "source": map[string]any{"label": "Acme 2026", "url": "https://acme.example/why"}}
	for k, v := range more {
		c[k] = v
	}
	return c
}

var cardKey = regexp.MustCompile(`name="key" value="(outside-acme:[^"]+)"`)

func keyIn(t *testing.T, page string) string {
	t.Helper()
	m := cardKey.FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no card can be acted on")
	}
	return m[1]
}

// TestChartAsksAfterwards: the chart's page is sent before any service is asked;
// its region asks, says who failed, and what is said is marked as from outside.
func TestChartAsksAfterwards(t *testing.T) {
	n, a := startOutside(t, false)
	doc := n.User(okonkwo)
	a.say(atView, warning(map[string]any{"links": []any{
		map[string]any{"label": "The guideline", "url": "https://acme.example/g", "type": "absolute"},
		map[string]any{"label": "The app", "url": "https://acme.example/launch", "type": "smart"}}}))
	page := doc.Open(rosa)
	if !strings.Contains(page, `id="outside-patient-view"`) || !strings.Contains(page, "Asking Acme Kidney, Snail") || a.times(atView) != 0 {
		t.Fatalf("the page asked %d times before it stood", a.times(atView))
	}
	said := doc.Open(rosa + "/advice?hook=patient-view")
	for _, want := range []string{"Outside service Acme Kidney", "Check the creatinine &lt;b&gt;first&lt;/b&gt;", "It rose.", `href="https://acme.example/why"`, "Said by Acme Kidney, from", "Acme 2026", `href="https://acme.example/g"`,
		"The app (SMART app: cannot be started from here)", "Snail did not answer in 300 ms"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said", want)
		}
	}
	if strings.Contains(said, "acme.example/launch") {
		t.Error("a SMART app can be started without its context")
	}
	q := a.asked[atView][0]
	if q.Patient != "rosa-delgado" || q.User != "Practitioner/okonkwo" || q.Sent || len(q.Drafts) != 0 {
		t.Errorf("%+v", q)
	}
	// Put aside: with a reason, told by its code alone, and not shown as open again.
	key := keyIn(t, said)
	if res, page := doc.Post(rosa+"/advice/aside", url.Values{"key": {key}, "reason": {""}}); res.StatusCode != 422 || !strings.Contains(page, "Choose the reason.") {
		t.Errorf("without a reason: %d", res.StatusCode)
	}
	doc.Post(rosa+"/advice/aside", url.Values{"key": {key}, "reason": {"not-applicable"}, "text": {"she is on dialysis"}})
	told := a.heard(t, 1)
	if !told[0].Override || told[0].Reason != "not-applicable" || told[0].Card != cardID || strings.Contains(told[0].Text, "dialysis") {
		t.Errorf("%+v", told)
	}
	if _, said = doc.Get(rosa + "/advice?hook=patient-view"); !strings.Contains(said, "Put aside: Does not apply to this patient: she is on dialysis") || strings.Contains(said, "Put aside…") {
		t.Error("what was put aside is open again")
	}
	// A visit: the service is asked as the visit begins, about this visit, once.
	v := "rosa-visit-2026-11-22"
	a.say(atStart, warning(nil))
	for range 3 {
		doc.Get(rosa + "/advice?hook=encounter-start&visit=" + v)
	}
	if a.times(atStart) != 1 || a.asked[atStart][0].Visit != v {
		t.Errorf("asked %d times at a visit's start", a.times(atStart))
	}
	for _, path := range []string{"?hook=encounter-start", "?hook=encounter-start&visit=../x", "?hook=encounter-start&visit=nobody", "?hook=appointment-book", "?hook=order-sign", ""} {
		if res, _ := doc.Get(rosa + "/advice" + path); res.StatusCode != 404 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	// Who sees no care is not shown what is said of it.
	if res, _ := n.User(hughes).Get(rosa + "/advice?hook=patient-view"); res.StatusCode != 403 {
		t.Errorf("the front desk: %d", res.StatusCode)
	}
}

// TestBasketAndOutside: a changed basket asks order-select about the draft that
// changed; suggestions change the basket, all or nothing; signing asks order-sign and
// shows first what is new.
func TestBasketAndOutside(t *testing.T) {
	n, a := startOutside(t, false)
	doc := n.User(okonkwo)
	doc.Post(rosa+"/order/add", url.Values{"line": {"tsh"}})
	doc.Post(rosa+"/order/add", url.Values{"line": {"tmp-smx bid 3d"}})
	met := drafted(t, n, "rosa-delgado")
	var ref, id string
	for _, o := range met {
		if o.Kind == order.Medicine {
			id, ref = o.ID, "MedicationRequest/"+o.ID
		}
	}
	replace := map[string]any{"resourceType": "MedicationRequest", "id": id, "status": "active", "intent": "order", "subject": map[string]any{"reference": "Patient/rosa-delgado"}, "medicationCodeableConcept": map[string]any{"text": "Amoxicillin 250 mg capsule"}}
	creatinine := map[string]any{"resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": map[string]any{"reference": "Patient/rosa-delgado"},
		"category": []any{map[string]any{"coding": []any{map[string]any{"system": "http://snomed.info/sct", "code": "108252007"}}}}, "code": map[string]any{"text": "Creatinine", "coding": []any{map[string]any{"system": "http://loinc.org", "code": "2160-0"}}}}
	a.say(atSelect, warning(map[string]any{"selectionBehavior": "any", "suggestions": []any{
		map[string]any{"label": "Halve it, and a creatinine", "uuid": suggestionID, "actions": []any{map[string]any{"type": "update", "description": "d", "resource": replace}, map[string]any{"type": "create", "description": "d", "resource": creatinine}}},
		map[string]any{"label": "Tell the nurse", "actions": []any{map[string]any{"type": "create", "description": "d", "resource": map[string]any{"resourceType": "Task", "status": "requested", "intent": "order"}}}},
	}}))
	page := doc.Open(rosa + "/order")
	if !strings.Contains(page, `id="outside-order-select"`) || a.times(atSelect)+a.times(atSign) != 0 {
		t.Fatal("the basket asked before it stood")
	}
	_, said := doc.Get(rosa + "/advice?hook=order-select")
	q := a.asked[atSelect][0]
	if len(q.Drafts) != 2 || len(q.Selected) != 1 || q.Selected[0] != ref {
		t.Errorf("%d drafts, selected %v, want %s", len(q.Drafts), q.Selected, ref)
	}
	if !strings.Contains(said, "Halve it, and a creatinine") || !strings.Contains(said, "Suggests, to be done by hand: Tell the nurse") {
		t.Error("a suggestion is missing, or one that is no order can be taken")
	}
	key := keyIn(t, said)
	// Somebody else's key, or a suggestion that is no order, does nothing.
	doc.Post(rosa+"/advice/take", url.Values{"key": {key}, "at": {"1"}})
	n.User(other).Post(rosa+"/advice/take", url.Values{"key": {key}, "at": {"0"}})
	if got := drafted(t, n, "rosa-delgado"); len(got) != 2 {
		t.Fatalf("%v", got)
	}
	doc.Post(rosa+"/advice/take", url.Values{"key": {key}, "at": {"0"}})
	got := drafted(t, n, "rosa-delgado")
	if len(got) != 3 || got["Amoxicillin 250 mg capsule"].ID != id || got["Creatinine"].Status != "draft" || got["Creatinine"].Requester != "Practitioner/okonkwo" {
		t.Fatalf("%v", got)
	}
	if told := a.heard(t, 1); told[0].Override || told[0].Accepted[0] != suggestionID {
		t.Errorf("%+v", told)
	}
	// A draft that is gone: nothing of the suggestion is done.
	clearBasket(t, n, "rosa-delgado")
	doc.Post(rosa+"/order/add", url.Values{"line": {"tsh"}})
	doc.Post(rosa+"/advice/take", url.Values{"key": {key}, "at": {"0"}})
	if got := drafted(t, n, "rosa-delgado"); len(got) != 1 {
		t.Errorf("half of a suggestion was done: %v", got)
	}
	// Signing: what a service says then is shown before anything is signed.
	a.say(atSign, warning(map[string]any{"summary": "Not on a Sunday"}))
	m := stateField.FindStringSubmatch(doc.Open(rosa + "/order"))
	form := url.Values{"state": {m[1]}, "what": {"sign"}}
	res, page := doc.Post(rosa+"/order/sign", form)
	if res.StatusCode != 422 || !strings.Contains(page, "Nothing was signed yet: an outside service has something to say") || !strings.Contains(page, "Not on a Sunday") {
		t.Fatalf("%d", res.StatusCode)
	}
	form.Set("seen", regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(page)[1])
	if res, _ := doc.Post(rosa+"/order/sign", form); res.StatusCode != 200 || len(drafted(t, n, "rosa-delgado")) != 0 {
		t.Errorf("what was seen still hinders: %d", res.StatusCode)
	}
	if a.times(atSign) != 1 {
		t.Errorf("order-sign was asked %d times about the same", a.times(atSign))
	}
}

// TestLoudOutside: a critical card of a service that may interrupt waits for an
// answer; one that does not answer in time hinders nobody.
func TestLoudOutside(t *testing.T) {
	n, a := startOutside(t, true)
	doc := n.User(okonkwo)
	doc.Post(rosa+"/order/add", url.Values{"line": {"tsh"}})
	a.say(atSign, warning(map[string]any{"indicator": "critical", "overrideReasons": []any{map[string]any{"code": "r1", "system": "https://acme.example/r", "display": "Seen by nephrology"}}}))
	m := stateField.FindStringSubmatch(doc.Open(rosa + "/order"))
	form := url.Values{"state": {m[1]}, "what": {"sign"}}
	res, page := doc.Post(rosa+"/order/sign", form)
	if res.StatusCode != 422 || !strings.Contains(page, "waits for an answer") || !strings.Contains(page, "Seen by nephrology") {
		t.Fatalf("%d", res.StatusCode)
	}
	key := keyIn(t, page)
	form.Set("seen", key)
	if res, _ := doc.Post(rosa+"/order/sign", form); res.StatusCode != 422 {
		t.Errorf("having seen it is no answer: %d", res.StatusCode)
	}
	doc.Post(rosa+"/advice/aside", url.Values{"key": {key}, "reason": {"their:0"}})
	a.heard(t, 1)
	// Meanwhile it became slow: after its time the orders are signed, and it is said.
	a.mu.Lock()
	a.of.Services[atSign], a.of.Base, a.of.Millis = atSign, a.slow.Base, 300
	a.mu.Unlock()
	if res, page := doc.Post(rosa+"/order/sign", form); res.StatusCode != 200 || len(drafted(t, n, "rosa-delgado")) != 0 || !strings.Contains(page, "Acme Kidney did not answer in 300 ms") {
		t.Errorf("a slow service hindered signing: %d", res.StatusCode)
	}
}

// TestBookingAsks: an appointment that is still to come is told without the words
// that were written to it, and nothing can be done with what is said there.
func TestBookingAsks(t *testing.T) {
	n, a := startOutside(t, false)
	n.Write("maple", `{"resourceType":"Appointment","id":"to-come","status":"booked","description":"secret description","comment":"secret comment","minutesDuration":20,"start":"2027-01-05T10:00:00-05:00","end":"2027-01-05T10:20:00-05:00","participant":[{"actor":{"reference":"Patient/rosa-delgado"},"status":"accepted"},{"actor":{"reference":"Practitioner/okonkwo"},"status":"accepted"}]}`,
		`{"resourceType":"Appointment","id":"off","status":"cancelled","start":"2027-01-05T10:00:00-05:00","end":"2027-01-05T10:20:00-05:00","participant":[{"actor":{"reference":"Patient/rosa-delgado"},"status":"accepted"}]}`)
	a.say(atBook, warning(map[string]any{"indicator": "info"}))
	doc := n.User(okonkwo)
	page := doc.Open("/maple/appointments/to-come/advice")
	if !strings.Contains(page, "Outside service Acme Kidney") || !strings.Contains(page, "Check the creatinine") || strings.Contains(page, "Put aside…") || strings.Contains(page, "/take") {
		t.Error("what is said at a booking is not shown, or can be acted on")
	}
	q := a.asked[atBook]
	if len(q) != 1 || q[0].Patient != "rosa-delgado" || len(q[0].Bookings) != 1 || strings.Contains(string(q[0].Bookings[0].Raw()), "secret") || !q[0].Bookings[0].Get("minutesDuration").Exists() {
		t.Errorf("%d asked", len(q))
	}
	doc.Open("/maple/appointments/off/advice")
	if a.times(atBook) != 1 {
		t.Error("asked about an appointment that was called off, or twice about the same")
	}
	for _, id := range []string{"nobody", "..%2Fx"} {
		if res, _ := doc.Get("/maple/appointments/" + id + "/advice"); res.StatusCode != 404 {
			t.Errorf("%s: %d", id, res.StatusCode)
		}
	}
}

// TestAskedBeforeItIsWritten: before a booking the services of appointment-book are
// asked about what is proposed, once; what they say is to be read unless it is quiet
// or was seen, and who does not answer is named.
func TestAskedBeforeItIsWritten(t *testing.T) {
	n, a := startOutside(t, false)
	a.slow.Services[atBook] = atBook
	r := &room{Config: Config{Outside: a}}
	proposed := []json.RawMessage{json.RawMessage(`{"resourceType":"Appointment","status":"proposed","start":"2027-01-05T10:00:00-05:00","participant":[{"actor":{"reference":"Patient/rosa-delgado"},"status":"needs-action"}]}`)}
	who := access.Actor{Kind: access.User, ID: "okonkwo", Site: "maple", Role: access.Physician, Who: "Practitioner/okonkwo", Purpose: access.Treatment}
	ask := func(seen ...string) (string, bool, string) {
		req := httptest.NewRequest("POST", "/maple/schedule/book", nil)
		req.Form = url.Values{"seen": seen}
		site, err := n.Records.Site("maple")
		if err != nil {
			t.Fatal(err)
		}
		c := &door.Call{Door: &door.Door{Config: door.Config{Records: n.Records}}, R: req, Actor: who, Site: site, Now: n.Clock(), Zone: time.UTC}
		said, read, silent := r.before(c, "rosa-delgado", proposed)
		var b strings.Builder
		if said != nil {
			if err := said.Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
		}
		return b.String(), read, silent
	}
	a.say(atBook, warning(nil))
	page, read, silent := ask()
	if !read || !strings.Contains(page, "Check the creatinine") || strings.Contains(page, "Put aside…") || silent != ". Snail did not answer in 300 ms" {
		t.Fatalf("%v %q\n%s", read, silent, page)
	}
	m := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the form does not learn what was seen")
	}
	if _, read, _ := ask(m[1]); read {
		t.Error("what was seen hinders")
	}
	if a.times(atBook) != 1 {
		t.Errorf("asked %d times about the same", a.times(atBook))
	}
	proposed = []json.RawMessage{json.RawMessage(strings.Replace(string(proposed[0]), "10:00", "11:00", 1))}
	a.say(atBook, warning(map[string]any{"indicator": "info"}))
	if _, read, _ := ask(); read {
		t.Error("what is quiet hinders")
	}
	r.Outside = nil
	if page, read, silent := ask(); page != "" || read || silent != "" {
		t.Error("nobody is asked, and somebody spoke")
	}
}
