package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/api/hooks"
	"wholechart/chart/order"
	"wholechart/decision/ordering"
	"wholechart/decision/rule"
)

// TestBothEnds: our client asks our own service as an outside one, at every hook:
// what discovery says is what is sent, what is answered is what can be shown, a
// suggestion changes the draft, and what became of the card arrives.
func TestBothEnds(t *testing.T) {
	n, support := cdsNode(t)
	s := httptest.NewServer(n.api)
	defer s.Close()
	token := n.doctor()
	client := hooks.NewClient(hooks.Options{Private: true, Sign: func(context.Context, string, string) (string, error) { return token, nil }})
	defer client.Close()
	found, err := client.Discover(t.Context(), "elsewhere", s.URL+"/maple")
	if err != nil || len(found) != len(hooks.Hooks) {
		t.Fatalf("%d services: %v", len(found), err)
	}
	o := hooks.Outside{ID: "house", Name: "The House", Base: s.URL + "/maple", Services: map[string]string{}, Prefetch: map[string]map[string]string{}, Millis: 2000, Record: true, Loud: true}
	for hook, f := range found {
		o.Services[hook], o.Prefetch[hook] = f.ID, f.Prefetch
	}
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	record := map[string]string{
		"Patient":           `{"resourceType":"Patient","id":"p1","gender":"female","birthDate":"1950-01-01"}`,
		"MedicationRequest": `{"resourceType":"MedicationRequest","id":"w","status":"active","intent":"order","subject":{"reference":"Patient/p1"},"authoredOn":"2026-01-01","medicationCodeableConcept":{"text":"Warfarin 5 mg tablet"},"dosageInstruction":[{"text":"1 tablet daily"}]}`,
	}
	smx := order.Find("tmp-smx bid 3d", 1)[0].Order()
	smx.ID = "d1"
	draft := ordering.Draft(smx, ordering.Ref(smx))
	for _, h := range hooks.Hooks {
		q := hooks.Question{Site: "elsewhere", Hook: h.Name, User: "Practitioner/okonkwo", Patient: "p1", Visit: "v1", Now: time.Now()}
		if h.Orders {
			q.Drafts = []rule.Draft{draft}
		}
		if h.Books {
			q.Bookings = []json.RawMessage{json.RawMessage(`{"resourceType":"Appointment","id":"a1","status":"proposed","participant":[{"actor":{"reference":"Patient/p1"},"status":"accepted"}]}`)}
		}
		q.Prepare = func(_ context.Context, o hooks.Outside) (map[string]json.RawMessage, error) {
			out := map[string]json.RawMessage{}
			wants, not := o.Wants(q)
			if len(not) > 0 {
				t.Errorf("%s: our own templates are not served by our own client: %v", h.Name, not)
			}
			for _, w := range wants {
				out[w.Key] = json.RawMessage(`{"resourceType":"Bundle","type":"searchset","entry":[]}`)
				if body := record[w.Type]; body != "" {
					out[w.Key] = json.RawMessage(`{"resourceType":"Bundle","type":"searchset","entry":[{"resource":` + body + `}]}`)
					if w.Query == nil {
						out[w.Key] = json.RawMessage(body)
					}
				}
			}
			return out, nil
		}
		told := client.Ask(t.Context(), []hooks.Outside{o}, q)
		if len(told) != 1 || told[0].Why != "" || told[0].Bad > 0 {
			t.Errorf("%s: %+v", h.Name, told)
			continue
		}
		if !h.Orders {
			continue
		}
		i := slices.IndexFunc(told[0].Cards, func(c hooks.OutsideCard) bool {
			return c.Level == rule.Interrupt && strings.Contains(c.Summary, "arfarin")
		})
		if i < 0 {
			t.Errorf("%s: nobody warns of warfarin: %+v", h.Name, told[0].Cards)
			continue
		}
		card := told[0].Cards[i]
		if card.Draft != "MedicationRequest/d1" || len(card.Suggestions) == 0 || len(card.OverrideReasons) != len(order.KeepReasons) || card.Source.Label == "" {
			t.Errorf("%s: %+v", h.Name, card)
			continue
		}
		p, ok := card.Plan(0, "p1")
		if !ok || len(p.Update)+len(p.Create)+len(p.Delete) == 0 {
			t.Errorf("%s: the suggestion cannot be done: %+v", h.Name, card.Suggestions[0])
		}
		if !client.Tell(hooks.Took{Site: "elsewhere", From: o, Hook: h.Name, Card: card.UUID, Accepted: []string{card.Suggestions[0].UUID}, At: time.Now()}) {
			t.Errorf("%s: not told", h.Name)
		}
	}
	want := 2 // order-select and order-sign
	for range 500 {
		support.mu.Lock()
		got := 0
		for _, x := range support.outcomes {
			if strings.Contains(x, "accepted") {
				got++
			}
		}
		support.mu.Unlock()
		if got == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error(fmt.Sprint("what became of the cards did not arrive: ", support.outcomes))
}
