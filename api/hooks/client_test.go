package hooks

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wholechart/decision/rule"
	"wholechart/fhir"
)

// fake is an outside service that does what its path says.
func fake(t *testing.T) (*httptest.Server, *atomic.Int32, *atomic.Value) {
	var calls atomic.Int32
	var last atomic.Value
	good := `{"cards":[{"summary":"Kidney dose","indicator":"critical","detail":"eGFR **28** \\<30","source":{"label":"Acme 2026"},"selectionBehavior":"any","suggestions":[{"label":"Take it away","actions":[{"type":"delete","description":"d","resourceId":"MedicationRequest/d1"}]},{"label":"Half","actions":[{"type":"update","description":"d","resource":{"resourceType":"MedicationRequest","id":"d1","status":"draft","intent":"order","subject":{"reference":"Patient/p"},"medicationCodeableConcept":{"text":"Metformin 500 mg tablet"}}}]},{"label":"Do something else","actions":[{"type":"create","description":"d","resource":{"resourceType":"Task","status":"draft","intent":"order"}}]}]}]}`
	mux := http.NewServeMux()
	mux.HandleFunc("/cds-services", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"services":[{"hook":"order-sign","id":"good","description":"Says","title":"T"},{"hook":"order-sign","id":"second","description":"x"},{"hook":"patient-view","id":"../../x","description":"x"},{"hook":"unknown","id":"u","description":"x"}]}`)
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
		"slow": "Acme did not answer in 300 ms", "drip": "Acme did not answer in 300 ms", "huge": "Acme answered more than is read",
		"elsewhere": "Acme wanted to send the question elsewhere", "broken": "Acme answered what could not be understood", "faulty": "1 of the cards of Acme", "wants": "Acme needs more of the record", "none": "HTTP 500",
	} {
		before := calls.Load()
		a := newClient().Ask(ctx, []Outside{outside(s.URL, id)}, question())
		if len(a.Gaps) != 1 || !strings.Contains(a.Gaps[0].Why, want) || strings.Contains(a.Gaps[0].Why, "127.0.0.1") {
			t.Errorf("%s: %+v", id, a.Gaps)
		}
		if n := calls.Load() - before; n != 1 {
			t.Errorf("%s: %d calls", id, n)
		}
	}
	c := newClient()
	a := c.Ask(ctx, []Outside{outside(s.URL, "good")}, question())
	if len(a.Gaps) != 0 || len(a.Cards) != 1 {
		t.Fatalf("%+v", a)
	}
	k := a.Cards[0]
	if k.Rule.ID != "outside-acme" || k.Level != rule.Notice || k.Title != "Kidney dose" || k.Why != "eGFR 28 <30" || k.Draft != "MedicationRequest/d1" || k.Rule.Citation != "Acme 2026" || k.Severity != "severe" {
		t.Errorf("%+v", k)
	}
	if len(k.Choices) != 2 || !k.Choices[0].Drop || k.Choices[1].Draft == nil || k.Choices[1].Draft.Name != "Metformin 500 mg tablet" || k.Choices[1].Draft.ID != k.Draft {
		t.Errorf("%+v", k.Choices)
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
	if b := c.Ask(ctx, []Outside{outside(s.URL, "good")}, question()); calls.Load() != n || b.Cards[0].Key != k.Key {
		t.Error("the same question was asked again, or its card has another key")
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
	if a := c.Ask(ctx, []Outside{outside(s.URL, "none")}, question()); calls.Load() != n || !strings.Contains(a.Gaps[0].Why, "a moment ago") {
		t.Errorf("%+v", a.Gaps)
	}
	loud := outside(s.URL, "good")
	loud.Loud = true
	if a := newClient().Ask(ctx, []Outside{loud}, question()); a.Cards[0].Level != rule.Interrupt {
		t.Error("a critical card of a loud service does not interrupt")
	}
	q := question()
	q.Hook = "patient-view"
	if a := newClient().Ask(ctx, []Outside{loud}, q); len(a.Cards)+len(a.Gaps) != 0 {
		t.Error("a service was asked at a hook that it was not registered for")
	}
	found, err := newClient().Discover(ctx, "maple", s.URL)
	if err != nil || len(found) != 1 || found["order-sign"].ID != "good" {
		t.Errorf("%v %v", found, err)
	}
}

// TestClientPrivate: a name that leads into the node's own network leads nowhere.
func TestClientPrivate(t *testing.T) {
	s, calls, _ := fake(t)
	c := NewClient(Options{})
	defer c.Close()
	a := c.Ask(context.Background(), []Outside{outside(s.URL, "good")}, question())
	if len(a.Gaps) != 1 || !strings.Contains(a.Gaps[0].Why, "private network") || calls.Load() != 0 {
		t.Errorf("%+v, %d calls", a.Gaps, calls.Load())
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
