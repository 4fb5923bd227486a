package remind

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"time"

	"wholechart/record"
	"wholechart/schedule"
)

// idle is how long nothing is looked for when nothing is planned.
const idle = 10 * time.Minute

// send sends all that is due, and says when the next is. What is in-progress
// when it begins was claimed by a process that is gone.
func (w *work) send(ctx context.Context) (next time.Time, err error) {
	next = w.now.Add(idle)
	if w.rules.Paused {
		return next, nil
	}
	letters := 0                                       // persons of whom nothing but a letter waits
	jobs := map[string][]func(context.Context) error{} // by patient: of one person one after the other, so that they are counted right
	soon := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	var due []Request
	err = each(ctx, w.s, "CommunicationRequest", url.Values{"status": {"active"}, "_sort": {"occurrence"}}, func(r record.Resource) (bool, error) {
		q, ok := RequestOf(r.Node())
		if !ok || q.Claimed {
			return true, nil
		}
		if q.When.After(w.now) {
			soon(q.When)
			return false, nil
		}
		due = append(due, q)
		return len(due) < most, nil
	})
	if err != nil {
		return next, err
	}
	for _, q := range due {
		jobs[q.Patient] = append(jobs[q.Patient], func(ctx context.Context) error { return w.first(ctx, q, due) })
	}
	err = each(ctx, w.s, "Communication", url.Values{"status": {"preparation,in-progress"}}, func(r record.Resource) (bool, error) {
		m, ok := MessageOf(r.Node())
		switch {
		case !ok || m.Way == schedule.ByLetter && m.Status != "preparation": // printed: the desk says what becomes of it
		case m.Way == schedule.ByLetter:
			if len(jobs[m.Patient]) == 0 {
				letters++
			}
			jobs[m.Patient] = append(jobs[m.Patient], func(ctx context.Context) error { return w.waits(ctx, m) })
		case m.Next.After(w.now):
			soon(m.Next)
		default:
			jobs[m.Patient] = append(jobs[m.Patient], func(ctx context.Context) error { return w.again(ctx, m) })
		}
		return len(jobs) < 2*most, nil
	})
	if err != nil {
		return next, err
	}
	if err := w.all(ctx, jobs); err != nil {
		return next, err
	}
	if len(jobs) > letters { // what failed has a new time: look again
		next = w.now
	}
	return next, nil
}

// all does everybody's jobs, those of AtOnce persons at a time, and joins their errors.
func (w *work) all(ctx context.Context, jobs map[string][]func(context.Context) error) error {
	var wait sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	slot := make(chan struct{}, w.AtOnce)
	for _, list := range jobs {
		if ctx.Err() != nil {
			break
		}
		slot <- struct{}{}
		wait.Go(func() {
			defer func() { <-slot }()
			for _, job := range list {
				if err := job(ctx); err != nil && !conflict(err) { // a conflict: it was changed meanwhile, and is looked at again
					mu.Lock()
					if len(errs) < 10 {
						errs = append(errs, err)
					}
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(errs...)
}

// ready is what a message needs at the moment it is sent.
type ready struct {
	person Person
	appt   schedule.Appointment
	stop   string    // why it is not to be sent at all
	wait   time.Time // not before; zero: now
}

// look asks again whether a request is still to be sent: what it is about may
// have changed since it was planned.
func (w *work) look(ctx context.Context, q Request, due []Request) (x ready, err error) {
	if !q.Expires.IsZero() && !w.now.Before(q.Expires) {
		x.stop = TooLate
		return x, nil
	}
	if x.person, err = w.person(ctx, q.Patient); err != nil {
		return x, err
	}
	if x.stop = x.person.Out; x.stop != "" {
		return x, nil
	}
	if q.Appointment != "" {
		r, err := w.s.Read(ctx, "Appointment", q.Appointment)
		if missing(err) {
			x.stop = GoneOff
			return x, nil
		}
		if err != nil {
			return x, err
		}
		x.appt = schedule.AppointmentOf(r.Node(), w.zone)
	}
	if q.Kind == Reminder {
		switch {
		case x.appt.State() != schedule.Booked || !x.appt.From.Equal(q.Start) || x.appt.Patient.Ref != "Patient/"+q.Patient:
			x.stop = GoneOff
			return x, nil
		case overtaken(q, due, w.now):
			x.stop = Overtaken
			return x, nil
		}
	} else if x.stop, err = w.stillDue(ctx, q, x.appt); err != nil || x.stop != "" {
		return x, err
	}
	if q.Now {
		return x, nil
	}
	if at, ok := w.rules.Quiet.After(w.now, q.Kind == Recall, x.person.Zone); ok && at.After(w.now) {
		x.wait = at
	}
	if x.wait.IsZero() {
		x.wait, err = w.often(ctx, q.Patient)
	}
	if err == nil && !x.wait.IsZero() && !q.Expires.IsZero() && !x.wait.Before(q.Expires) {
		x.stop = TooLate
	}
	return x, err
}

// stillDue says why a recall is not to be sent any more.
func (w *work) stillDue(ctx context.Context, q Request, about schedule.Appointment) (string, error) {
	booked, err := w.ahead(ctx, q.Patient)
	switch {
	case err != nil:
		return "", err
	case booked:
		return BookedNow, nil
	case q.Appointment != "":
		if about.State() != schedule.Proposed {
			return NotDue, nil
		}
		return "", nil
	case w.Due == nil:
		return "", nil
	}
	due, err := w.dueOf(ctx, q.Patient)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(due, func(d DueItem) bool { return w.rules.For(d.ID) == q.Rule }) {
		return NotDue, nil
	}
	return "", nil
}

// often is when a person may get the next message, if they got as many as they
// may within a day.
func (w *work) often(ctx context.Context, patient string) (time.Time, error) {
	found, err := find(ctx, w.s, "Communication", url.Values{"patient": {patient}, "sent": {"ge" + w.now.Add(-24*time.Hour).UTC().Format(time.RFC3339)}, "status": {"completed,unknown"}})
	if err != nil {
		return time.Time{}, err
	}
	var sent []time.Time
	for _, m := range messages(found) {
		sent = append(sent, m.Sent)
	}
	if len(sent) < w.rules.PerDay {
		return time.Time{}, nil
	}
	slices.SortFunc(sent, time.Time.Compare)
	return sent[len(sent)-w.rules.PerDay].Add(24*time.Hour + time.Second), nil
}

// first sends a request for the first time.
func (w *work) first(ctx context.Context, q Request, due []Request) error {
	x, err := w.look(ctx, q, due)
	if err != nil {
		return err
	}
	switch {
	case x.stop != "":
		q.Status, q.Why = "revoked", x.stop
		return w.put(ctx, Changes{q})
	case !x.wait.IsZero():
		q.When = x.wait
		return w.put(ctx, Changes{q})
	}
	lead := time.Duration(0)
	if q.Kind == Reminder {
		lead = q.Start.Sub(q.When)
	}
	ways := x.person.Ways(w.Means(), lead)
	if len(ways) == 0 {
		q.Status, q.Why = "on-hold", NoWay
		return w.put(ctx, Changes{q})
	}
	q.Way, q.Claimed = ways[0], true
	m := Message{ID: q.MessageID(), Status: "in-progress", Kind: q.Kind, Rule: q.Rule, Label: q.Label, Request: q.ID, Patient: q.Patient, Appointment: q.Appointment, Start: q.Start, Way: q.Way, Attempts: 1}
	m.Subject, m.Text, m.Lang = write(q, x.person, w.rules, w.site.Name, q.Start, w.zone, x.appt.Practitioner().Name, x.appt.Type.Display, w.Base != "" && q.Way != schedule.ByLetter)
	r, err := w.s.Read(ctx, "Communication", m.ID)
	switch { // of a request that was revoked after a claim, and planned again
	case err == nil:
		old, _ := MessageOf(r.Node())
		switch {
		case old.Status == "completed":
			q.Status, q.Why = "completed", ""
			return w.put(ctx, Changes{q})
		case old.Status == "in-progress": // a claim of the dead stands: it is looked into first
			return w.put(ctx, Changes{q})
		case old.Status == "unknown" && !q.Now:
			return w.askDesk(ctx, q, old)
		}
		m.Version, m.Attempts, m.Round = r.Version, old.Attempts+1, old.Round
	case !missing(err):
		return err
	}
	switch q.Way {
	case schedule.ByText:
		m.To = x.person.Mobile
	case schedule.ByEmail:
		m.To = x.person.Email
	case schedule.ByPortal: // it is there as soon as it is written
		m.Status, m.Sent, q.Status = "completed", w.now, "completed"
		_, _, err := w.both(ctx, q, m)
		return err
	case schedule.ByLetter:
		m.Status = "preparation"
		_, _, err := w.both(ctx, q, m)
		return err
	case schedule.ByVoice:
		return w.giveUp(ctx, q, m, "the patient asks to be called")
	}
	q, m, err = w.both(ctx, q, m) // the claim
	if err != nil {
		return err
	}
	return w.leave(ctx, q, m)
}

// both writes a request and its message in one transaction and returns them as
// they stand then.
func (w *work) both(ctx context.Context, q Request, m Message, more ...record.Act) (Request, Message, error) {
	a, err := act("CommunicationRequest", q.ID, q.Version, q)
	if err != nil {
		return q, m, err
	}
	b, err := act("Communication", m.ID, m.Version, m)
	if err != nil {
		return q, m, err
	}
	out, err := w.s.Transact(ctx, append([]record.Act{a, b}, more...))
	if err != nil {
		return q, m, err
	}
	q.Version, m.Version = out[0].Resource.Version, out[1].Resource.Version
	return q, m, nil
}

// again goes on with a message that was tried before, or that a process claimed
// which is gone.
func (w *work) again(ctx context.Context, m Message) error {
	r, err := w.s.Read(ctx, "CommunicationRequest", m.Request)
	if err != nil && !missing(err) {
		return err
	}
	var q Request
	if err == nil {
		q, _ = RequestOf(r.Node())
	}
	orphan, lost := m.Status == "in-progress", false
	if orphan {
		m.Sent = m.Written // if it left at all
	}
	if orphan && !w.once(m.Way) { // did it leave?
		switch took, receipt, err := w.took(ctx, m); {
		case err == nil && took:
			return w.sent(ctx, m, receipt)
		case err == nil:
			orphan, m.Sent = false, time.Time{}
		case w.canAsk(m.Way) && m.Attempts < w.Attempts: // nobody says: later
			return w.askLater(ctx, m)
		default: // nobody will ever say
			lost = true
		}
	}
	if q.ID == "" || !open(q) {
		m.end(orphan, cmp.Or(q.Why, GoneOff))
		return w.message(ctx, m)
	}
	unhurried := q
	unhurried.Now = true // it was let out before: quiet hours are looked at below
	x, err := w.look(ctx, unhurried, nil)
	if err != nil {
		return err
	}
	if x.stop != "" {
		q.Status, q.Why = "revoked", x.stop
		m.end(orphan, x.stop)
		_, _, err := w.both(ctx, q, m)
		return err
	}
	unwanted := slices.Contains(x.person.Not, m.Way) // said so since: another way, if there is one
	if lost || orphan && unwanted {
		return w.askDesk(ctx, q, m)
	}
	if unwanted {
		m.end(false, Unwanted)
		q.Claimed, q.When = false, w.now
		_, _, err := w.both(ctx, q, m)
		return err
	}
	if at, ok := w.rules.Quiet.After(w.now, q.Kind == Recall, x.person.Zone); ok && at.After(w.now) && !q.Now && !orphan {
		m.Next = at
		return w.message(ctx, m)
	}
	m.Status, m.Attempts, m.Next, m.Sent, m.Why = "in-progress", m.Attempts+1, time.Time{}, time.Time{}, ""
	q, m, err = w.both(ctx, q, m)
	if err != nil {
		return err
	}
	return w.leave(ctx, q, m)
}

// waits takes back a letter that waits to be printed and is not wanted any more.
func (w *work) waits(ctx context.Context, m Message) error {
	r, err := w.s.Read(ctx, "CommunicationRequest", m.Request)
	if err != nil {
		return err
	}
	q, _ := RequestOf(r.Node())
	if !open(q) {
		m.Status, m.Why = "stopped", cmp.Or(q.Why, GoneOff)
		return w.message(ctx, m)
	}
	unhurried := q
	unhurried.Now = true
	x, err := w.look(ctx, unhurried, nil)
	if err != nil || x.stop == "" {
		return err
	}
	q.Status, q.Why, m.Status, m.Why = "revoked", x.stop, "stopped", x.stop
	_, _, err = w.both(ctx, q, m)
	return err
}

func (w *work) sender(way schedule.Channel) Sender {
	switch {
	case way == schedule.ByEmail && w.Mail != nil:
		return w.Mail
	case way == schedule.ByText && w.Texts != nil:
		return w.Texts
	}
	return nil
}

func (w *work) message(ctx context.Context, m Message) error {
	a, err := act("Communication", m.ID, m.Version, m)
	if err == nil {
		_, err = w.s.Transact(ctx, []record.Act{a})
	}
	return err
}

// leave hands a claimed message over and writes down what became of it.
func (w *work) leave(ctx context.Context, q Request, m Message) error {
	var receipt string
	var err error = &Failure{Why: "this node has no such channel any more", Permanent: true}
	if s := w.sender(m.Way); s != nil {
		e := Envelope{Key: m.Key(), To: m.To, Subject: m.Subject, Text: m.Text, Lang: m.Lang, From: w.site.Name, When: w.now}
		if e.Text, err = w.linked(q, m.Text); err == nil && m.Way == schedule.ByEmail && w.Base != "" {
			if e.Out, err = w.OutLink(w.site.Slug, m.ID); err == nil {
				e.Text += "\n\n" + noMore(m.Lang) + " " + e.Out
			}
		}
		if err == nil {
			receipt, err = s.Send(ctx, e)
		}
	}
	if err == nil {
		return w.sent(context.WithoutCancel(ctx), m, receipt)
	}
	f := &Failure{Why: "it could not be sent", Unknown: true}
	if !errors.As(err, &f) {
		w.Log.Error("reminders: a channel", "site", w.site.Slug, "channel", string(m.Way), "error", err)
	}
	ends := ctx.Err()
	ctx = context.WithoutCancel(ctx)
	switch {
	case ends != nil && f.Unknown: // the program ends: the claim stands, and is looked into when it begins again
		return ends
	case ends != nil: // it surely did not leave
		m.Status, m.Why, m.Next = "preparation", f.Why, w.now
		return errors.Join(ends, w.message(ctx, m))
	case f.Unknown && !w.once(m.Way):
		if w.canAsk(m.Way) {
			return w.askLater(ctx, m)
		}
		m.Sent = w.now
		return w.askDesk(ctx, q, m)
	}
	if f.Permanent || m.Attempts >= w.Attempts {
		return w.giveUp(ctx, q, m, f.Why)
	}
	m.Status, m.Why, m.Next = "preparation", f.Why, w.now.Add(max(w.delay(m.Attempts), f.After))
	if !q.Expires.IsZero() && !m.Next.Before(q.Expires) {
		return w.giveUp(ctx, q, m, f.Why)
	}
	return w.message(ctx, m)
}

// delay is how long to wait after so many attempts, a fifth more or less so that
// what failed together is not tried together.
func (w *work) delay(attempts int) time.Duration {
	d := min(w.Backoff<<min(attempts-1, 16), time.Hour)
	return d - d/5 + rand.N(d/5*2+1)
}

// linked puts the link into a text.
func (w *work) linked(q Request, text string) (string, error) {
	if w.Base == "" || q.Kind != Reminder {
		return text, nil
	}
	address, err := w.Link(w.site.Slug, q.Appointment, q.Start)
	if err != nil {
		return "", err
	}
	return Fill{Link: address}.link(text), nil
}

// Link is the address at which a patient answers about an appointment. It ends
// when the appointment begins.
func (s *Service) Link(site, appointment string, start time.Time) (string, error) {
	token, err := s.Keys.Seal(Link{Site: site, Appointment: appointment, Start: start, Expires: start})
	if err != nil {
		return "", err
	}
	return s.Base + "/" + url.PathEscape(site) + "/r/" + token, nil
}

// sent writes down that a message left. It left, whatever changed meanwhile: it
// is tried until it is written.
func (w *work) sent(ctx context.Context, m Message, receipt string) error {
	for range 50 {
		r, err := w.s.Read(ctx, "Communication", m.ID)
		if err != nil {
			return err
		}
		m, _ = MessageOf(r.Node())
		m.Status, m.Sent, m.Receipt, m.Why, m.Next = "completed", w.Clock(), receipt, "", time.Time{}
		req, err := w.s.Read(ctx, "CommunicationRequest", m.Request)
		if err != nil {
			return err
		}
		q, _ := RequestOf(req.Node())
		var more []record.Act
		if q.Now || q.Status == "on-hold" { // it had failed, or nobody knew: the desk's task is done
			if more, err = settled(ctx, w.s, q, m); err != nil {
				return err
			}
		}
		q.Status, q.Why = "completed", ""
		if _, _, err = w.both(ctx, q, m, more...); !conflict(err) {
			return err
		}
	}
	return errors.New("others keep changing a message that was sent")
}
