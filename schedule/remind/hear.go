package remind

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/search"
)

// DeskCategory is the category of what patients write to the practice.
const DeskCategory = "front-desk"

// Incoming is a text message that a patient sent to the site's number.
type Incoming struct {
	ID   string // the provider's own: what comes twice under one ID is heard once
	From string // the number, as the provider writes it
	Text string
}

// Report is what a provider says became of a text message: of the key or the
// receipt under which it was taken.
type Report struct {
	Key, Receipt string
	Arrived      bool
	Failed       bool // for good
}

// maxHeard bounds an incoming text, in characters: ten parts of a long message.
const maxHeard = 1600

// stopWords end all text messages to a number, whatever stands around them in
// case and marks. 47 CFR 64.1200(a)(10) names the English ones: each alone is a
// reasonable way to say so.
var (
	stopWords  = []string{"stop", "stopall", "quit", "end", "revoke", "optout", "cancel", "unsubscribe", "alto", "parar", "baja", "cancelar"}
	startWords = []string{"start", "unstop", "alta", "empezar"}
)

// spoken is a text as those lists write it: its letters alone.
func spoken(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r > 0x7f:
			return r
		}
		return -1
	}, text)
}

// Stops says whether a text ends text messages to its sender.
func Stops(text string) bool { return slices.Contains(stopWords, spoken(text)) }

// Starts says whether a text takes that back.
func Starts(text string) bool { return slices.Contains(startWords, spoken(text)) }

func (s *Service) hearing(site string) record.Session {
	return s.Records.As(access.Actor{Kind: access.System, ID: "text-messages", Name: "The provider of text messages", Site: site, Purpose: access.Request}, access.EMR)
}

// Heard takes a text message in. STOP and its like end texts to everybody here
// who is reached at that number, at once and before anything else is sent; START
// takes it back. Every message, those too, is kept as a Communication and put
// before the desk as a Task, whose words say nothing of what it says. The same
// message again changes nothing.
func (s *Service) Heard(ctx context.Context, site *record.Site, in Incoming) error {
	from := E164(in.From)
	if from == "" || in.ID == "" || len(in.ID) > 200 {
		return &Failure{Why: "a text message has a number and an id", Permanent: true}
	}
	for range 20 {
		err := s.heard(ctx, s.hearing(site.Slug), site, from, in)
		if !conflict(err) {
			s.Wake()
			return err
		}
	}
	return record.ErrMoved
}

func (s *Service) heard(ctx context.Context, as record.Session, site *record.Site, from string, in Incoming) error {
	id := digest("in-", in.ID, from)
	if _, err := as.Read(ctx, "Communication", id); !missing(err) {
		return err // heard before, or not to be known
	}
	people, err := reachedAt(ctx, as, from, site.Location(), s.Clock())
	if err != nil {
		return err
	}
	stop, start := Stops(in.Text), Starts(in.Text)
	var acts []record.Act
	if stop || start {
		for _, p := range people {
			if a, changed, err := Want(p, Wanted{Way: schedule.ByText, Out: stop, At: s.Clock(), How: HowText}); err != nil {
				return err
			} else if changed {
				acts = append(acts, a)
			}
		}
	}
	now := s.Clock().UTC().Format(time.RFC3339)
	text := strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(in.Text, "\uFFFD"))
	if utf8.RuneCountInString(text) > maxHeard {
		text = string([]rune(text)[:maxHeard])
	}
	if strings.TrimSpace(text) == "" {
		text = "(nothing but a picture, or no words)"
	}
	message := object{"resourceType": "Communication", "id": id, "status": "completed", "category": list{coded(KindSystem, DeskCategory, "To the front desk")},
		"medium": list{coded(ChannelSystem, string(schedule.ByText), WayWord(schedule.ByText))}, "received": now, "payload": list{object{"contentString": text}},
		"identifier": list{object{"system": ReceiptSystem, "value": in.ID}}, "extension": extended(nil, "from", "valueString", from)}
	task := object{"resourceType": "Task", "id": "t-" + id, "status": "requested", "intent": "order", "priority": "routine", "code": coded(TaskSystem, "call-back", "Call back"), "focus": ref("Communication", id), "authoredOn": now}
	who := "A text message came from the patient."
	switch len(people) {
	case 0:
		who = "A text message came from a number that belongs to nobody here."
	case 1:
		message["subject"], message["sender"], task["for"] = ref("Patient", people[0].ID), ref("Patient", people[0].ID), ref("Patient", people[0].ID)
	default:
		who = fmt.Sprintf("A text message came from a number that %d patients share.", len(people))
	}
	switch {
	case stop && len(people) > 0:
		who += " No more text messages go to it. If it was meant otherwise (an appointment to be cancelled), call."
	case start && len(people) > 0:
		who += " Text messages go to it again, to whom agreed to them."
	}
	task["description"] = who
	for _, x := range []object{message, task} {
		n, err := node(x)
		if err != nil {
			return err
		}
		acts = append(acts, record.Act{Op: record.Create, Type: n.ResourceType(), ID: n.ID(), Resource: n})
	}
	_, err = as.Transact(ctx, acts)
	return err
}

// maxShared bounds how many patients one number is looked for at.
const maxShared = 20

// reachedAt are the patients who are reached by text at a number now: those to
// whom something was sent there, and those with whom it stands written in one of
// the usual ways.
func reachedAt(ctx context.Context, s record.Session, number string, zone *time.Location, now time.Time) ([]record.Resource, error) {
	var out []record.Resource
	seen := map[string]bool{}
	add := func(id string) error {
		id = s.Standing(id)
		if id == "" || seen[id] || len(out) >= maxShared {
			return nil
		}
		seen[id] = true
		r, err := s.Read(ctx, "Patient", id)
		if missing(err) {
			return nil
		}
		if err == nil && PersonOf(r.Node(), zone, now).Mobile == number {
			out = append(out, r)
		}
		return err
	}
	err := each(ctx, s, "Communication", url.Values{"identifier": {ToSystem + "|" + number}, "_sort": {"-sent"}}, func(r record.Resource) (bool, error) {
		return len(seen) < 200, add(idOf(r.Node().Path("subject", "reference").Str(), "Patient"))
	})
	if err != nil {
		return nil, err
	}
	q, err := search.Parse("Patient", url.Values{"telecom": {strings.Join(written(number), ",")}, "_count": {strconv.Itoa(maxShared)}}, search.Options{})
	if err != nil {
		return nil, err
	}
	page, err := s.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, r := range page.Matches {
		if err := add(r.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// written are the ways in which a number stands in records.
func written(number string) []string {
	out := []string{number, number[1:]}
	if n, ok := strings.CutPrefix(number, "+1"); ok && len(n) == 10 {
		a, b, c := n[:3], n[3:6], n[6:]
		for _, w := range []string{a + b + c, a + "-" + b + "-" + c, "(" + a + ") " + b + "-" + c, "(" + a + ")" + b + "-" + c, a + "." + b + "." + c, a + " " + b + " " + c} {
			out = append(out, w, "1-"+w, "+1 "+w, "+1-"+w, "1 "+w)
		}
	}
	return out
}

// Reported takes in what a provider says became of a message. What it says twice,
// or of a message that is not here, changes nothing. A message that did not
// arrive is given up: the desk is asked to call.
func (s *Service) Reported(ctx context.Context, site *record.Site, r Report) error {
	if !r.Arrived && !r.Failed {
		return nil
	}
	w, err := s.work(ctx, site)
	if err != nil {
		return err
	}
	for range 20 {
		m, ok, err := w.told(ctx, r)
		if err != nil || !ok || m.Way != schedule.ByText {
			return err
		}
		switch {
		case m.Status == "unknown" && (r.Key == "" || r.Key == m.Key()): // now it is known
			if r.Arrived {
				err = w.sent(ctx, m, cmp.Or(m.Receipt, r.Receipt))
				if err == nil {
					continue // and that it arrived
				}
			} else {
				err = w.undelivered(ctx, m)
			}
		case m.Status != "completed" || !m.Arrived.IsZero() || r.Key != "" && r.Key != m.Key():
			return nil // known, given up, or of an earlier round
		case r.Arrived:
			m.Arrived = w.now
			err = w.message(ctx, m)
		default:
			err = w.undelivered(ctx, m)
		}
		if !conflict(err) {
			return err
		}
	}
	return record.ErrMoved
}

// undelivered gives a message up that the provider took and could not deliver.
func (w *work) undelivered(ctx context.Context, m Message) error {
	const why = "the provider could not deliver it"
	r, err := w.s.Read(ctx, "CommunicationRequest", m.Request)
	if err != nil {
		return err
	}
	q, _ := RequestOf(r.Node())
	m.Round++ // sent again it is another message to the provider
	if q.Status == "revoked" {
		m.Status, m.Why, m.Next = "not-done", why, time.Time{}
		return w.message(ctx, m)
	}
	return w.giveUp(ctx, q, m, why)
}

// told is the message that a report is about.
func (w *work) told(ctx context.Context, r Report) (Message, bool, error) {
	if id, _, _ := strings.Cut(r.Key, roundMark); fhir.IsID(id) {
		x, err := w.s.Read(ctx, "Communication", id)
		if !missing(err) {
			if err != nil {
				return Message{}, false, err
			}
			m, ok := MessageOf(x.Node())
			return m, ok, nil
		}
	}
	if r.Receipt == "" || len(r.Receipt) > 200 || strings.ContainsAny(r.Receipt, ",|$\\") {
		return Message{}, false, nil
	}
	found, err := find(ctx, w.s, "Communication", url.Values{"identifier": {ReceiptSystem + "|" + r.Receipt}})
	for _, m := range messages(found) {
		return m, true, err
	}
	return Message{}, false, err
}
