package hooks

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"wholechart/decision/rule"
)

// Question is what outside services are asked: at which moment, for whom, by whom,
// what is drafted or booked.
type Question struct {
	Site     string // slug of who asks
	Hook     string
	User     string // Practitioner/1
	Patient  string
	Visit    string // Encounter id; "" none
	Drafts   []rule.Draft
	Selected []string          // of order-select: IDs of drafts that were just chosen; none is all
	Bookings []json.RawMessage // of appointment-book: Appointments
	Except   []string          `json:"-"` // ids of services that are not asked
	Now      time.Time

	// Prepare is called for each service that is really asked, before it is: it notes
	// that the service is told, and gives what it is sent of the record beside the
	// question, by prefetch key. Its error stands for the answer; NotAsked says why in
	// words. nil: nothing is noted and nothing sent.
	Prepare func(ctx context.Context, o Outside) (map[string]json.RawMessage, error) `json:"-"`
}

// NotAsked is why a service was not asked, in words that follow its name:
// "was not asked: …".
func NotAsked(why string) error { return said("was not asked: " + why) }

// Told is what one service said, or why it said nothing.
type Told struct {
	From  Outside
	Hook  string
	Cards []OutsideCard
	Bad   int    // cards that could not be understood
	Why   string // after its name: "did not answer in 500 ms"; "" it answered
	Again bool   // remembered: it was not asked anew
}

// Ask asks all services of the hook at once and says what each said in time, in the
// order in which the site registered them. It sends the ids in the question, the
// drafts or bookings and what Prepare gives, and nothing else of the record.
func (c *Client) Ask(ctx context.Context, services []Outside, q Question) []Told {
	var out []Told
	for _, o := range services {
		if o.Services[q.Hook] != "" && !contains(q.Except, o.ID) {
			out = append(out, Told{From: o, Hook: q.Hook})
		}
	}
	var wait sync.WaitGroup
	for i := range out {
		wait.Go(func() {
			t := &out[i]
			cards, bad, again, err := c.call(ctx, t.From, q)
			if t.Bad, t.Again = bad, again; err != nil {
				t.Why = err.Error()
				return
			}
			t.Cards = outsideCards(t.From, q, cards)
			c.told.put(q, t, c.opt.Now())
		})
	}
	wait.Wait()
	return out
}

// Gaps are what could not be learnt, for the list of what was not checked.
func Gaps(told []Told) (out []rule.Gap) {
	for _, t := range told {
		if t.Why != "" {
			out = append(out, rule.Gap{Check: "outside service", Why: t.From.Name + " " + t.Why})
		}
		if t.Bad > 0 {
			out = append(out, rule.Gap{Check: "outside service", Why: plural(t.Bad, "card", "cards") + " of " + t.From.Name + " could not be understood"})
		}
	}
	return out
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// body is the question in the specification's shape.
func (q Question) body(prefetch map[string]json.RawMessage) ([]byte, error) {
	ctx := map[string]any{"userId": q.User, "patientId": q.Patient}
	if q.Visit != "" {
		ctx["encounterId"] = q.Visit
	}
	h, _ := HookOf(q.Hook)
	if h.Orders {
		entries, selections := []any{}, []string{}
		for _, d := range q.Drafts {
			if body, ok := resourceOf(d, q.Patient, q.Now); ok {
				entries = append(entries, map[string]any{"resource": json.RawMessage(body)})
				if len(q.Selected) == 0 || contains(q.Selected, d.ID) {
					selections = append(selections, d.ID)
				}
			}
		}
		ctx["draftOrders"] = map[string]any{"resourceType": "Bundle", "type": "collection", "entry": entries}
		if h.Selects {
			ctx["selections"] = selections
		}
	}
	if h.Books {
		entries := []any{}
		for _, a := range q.Bookings {
			entries = append(entries, map[string]any{"resource": a})
		}
		ctx["appointments"] = map[string]any{"resourceType": "Bundle", "type": "collection", "entry": entries}
	}
	all := map[string]any{"hook": q.Hook, "hookInstance": newUUID(), "context": ctx}
	if len(prefetch) > 0 {
		all["prefetch"] = prefetch
	}
	return json.Marshal(all)
}

// same is a digest that the same question has again: without the instance and the
// moment, and without what is sent of the record.
func (q Question) same() string {
	q.Now = time.Time{}
	text, err := json.Marshal(q)
	if err != nil {
		return newUUID() // like no other
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// newUUID is a random UUID (RFC 9562 section 5.4).
func newUUID() string {
	var id [16]byte
	rand.Read(id[:])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	t := hex.EncodeToString(id[:])
	return strings.Join([]string{t[:8], t[8:12], t[12:16], t[16:20], t[20:]}, "-")
}
