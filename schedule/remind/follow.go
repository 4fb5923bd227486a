package remind

import (
	"cmp"
	"context"
	"errors"
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"time"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/search"
)

const (
	followed = "reminders"       // cursor: how far the log was planned
	sweptDay = "reminders-swept" // cursor: the day of the last sweep
	step     = 2000              // changes at a time
)

// follow plans what the log of changes tells of. What it does for a change it
// may do twice: ids make it once.
func (w *work) follow(ctx context.Context) (touched bool, err error) {
	at, err := w.s.Cursor(ctx, followed)
	if err != nil {
		return false, err
	}
	first := at == 0
	begin := at
	for {
		changes, err := w.s.Changes(ctx, at, step)
		if err != nil {
			return touched, err
		}
		seen := map[string]bool{}
		for _, c := range changes {
			at = c.Seq
			if c.Site != w.site.No {
				continue
			}
			switch c.Type {
			case "Appointment":
				if !first && !seen[c.ID] {
					seen[c.ID] = true
					touched = true
					if err := w.tolerate(w.appointment(ctx, c.ID, time.Time{})); err != nil {
						return touched, err
					}
				}
			case "PlanDefinition":
				if c.ID != RulesID {
					continue
				}
				if err := w.reload(ctx); err != nil {
					return touched, err
				}
				if !first {
					touched = true
					if err := w.upcoming(ctx); err != nil {
						return touched, err
					}
				}
			case "CommunicationRequest", "Communication":
				touched = true
			case "AppointmentResponse":
				if !first {
					if err := w.tolerate(w.answered(ctx, c.ID)); err != nil {
						return touched, err
					}
				}
			}
		}
		if at != begin && (!first || len(changes) < step) { // of a first run: only once all is planned
			if first {
				if err := w.upcoming(ctx); err != nil {
					return touched, err
				}
				touched = true
			}
			if err := w.s.SetCursor(ctx, followed, at); err != nil {
				return touched, err
			}
			begin = at
		}
		if len(changes) < step {
			return touched, nil
		}
	}
}

// tolerate lets planning go on past a record that cannot be written about (its
// patient was deleted, a reference is broken): one must not hold up all.
func (w *work) tolerate(err error) error {
	var invalid *record.Invalid
	var broken *record.BrokenReference
	var other *record.PatientChanged
	if errors.As(err, &invalid) || errors.As(err, &broken) || errors.As(err, &other) {
		w.Log.Warn("reminders: left out", "site", w.site.Slug, "error", err)
		return nil
	}
	return err
}

// upcoming plans all appointments that lie ahead. What should have been sent
// before now is not.
func (w *work) upcoming(ctx context.Context) error {
	return each(ctx, w.s, "Appointment", url.Values{"date": {"ge" + w.now.UTC().Format(time.RFC3339)}, "status": {"booked,pending"}}, func(r record.Resource) (bool, error) {
		return true, w.tolerate(w.appointment(ctx, r.ID, w.now))
	})
}

// appointment plans one. since is the moment before which nothing is sent any
// more; zero: when its current version was written.
func (w *work) appointment(ctx context.Context, id string, since time.Time) error {
	for range 20 {
		changes, patient, booked, err := w.visit(ctx, id, since)
		if err != nil {
			return err
		}
		err = w.put(ctx, changes)
		if conflict(err) {
			continue
		}
		if err != nil || !booked {
			return err
		}
		return w.bookedAfter(ctx, patient, id)
	}
	return errors.New("others keep changing the same reminders")
}

func (w *work) visit(ctx context.Context, id string, since time.Time) (Changes, string, bool, error) {
	found, err := find(ctx, w.s, "CommunicationRequest", url.Values{"group-identifier": {AboutSystem + "|" + id}})
	if err != nil {
		return nil, "", false, err
	}
	have := requests(found)
	r, err := w.s.Read(ctx, "Appointment", id)
	if missing(err) {
		return PlanVisit(schedule.Appointment{ID: id}, w.now, Person{}, w.rules, w.Means(), have, w.zone, w.now), "", false, nil
	}
	if err != nil {
		return nil, "", false, err
	}
	a := schedule.AppointmentOf(r.Node(), w.zone)
	patient := idOf(a.Patient.Ref, "Patient")
	ahead := a.State() == schedule.Booked && a.From.After(w.now)
	if patient == "" || !ahead && len(have) == 0 { // most of an import
		return nil, patient, false, nil
	}
	p, err := w.person(ctx, patient)
	if err != nil {
		return nil, patient, false, err
	}
	if since.IsZero() {
		since = r.Updated
	}
	return PlanVisit(a, since, p, w.rules, w.Means(), have, w.zone, w.now), patient, ahead, nil
}

// person reads how somebody is reached; who is not there any more is out. Whose
// record was merged into another is reached as that other says.
func (w *work) person(ctx context.Context, id string) (Person, error) {
	r, err := w.s.Read(ctx, "Patient", w.s.Standing(id))
	if missing(err) {
		return Person{ID: id, Out: Inactive, Zone: w.zone}, nil
	}
	if err != nil {
		return Person{}, err
	}
	p := PersonOf(r.Node(), w.zone, w.now)
	p.ID = id
	return p, nil
}

// put writes planned requests, all or none.
func (w *work) put(ctx context.Context, changes Changes) error {
	var acts []record.Act
	for _, q := range changes {
		a, err := act("CommunicationRequest", q.ID, q.Version, q)
		if err != nil {
			return err
		}
		acts = append(acts, a)
	}
	_, err := w.s.Transact(ctx, acts)
	return err
}

// act writes a request or a message: a new one when version is empty, else the
// next of that version and of no other.
func act(typ, id, version string, of interface{ Resource() (fhir.Node, error) }) (record.Act, error) {
	n, err := of.Resource()
	if err != nil {
		return record.Act{}, err
	}
	if version == "" {
		return record.Act{Op: record.Create, Type: typ, ID: id, Resource: n}, nil
	}
	v, err := strconv.Atoi(version)
	return record.Act{Op: record.Update, Type: typ, ID: id, Resource: n, IfMatch: v}, err
}

// bookedAfter ends recalls when an appointment is booked, and notes the one that
// led to it.
func (w *work) bookedAfter(ctx context.Context, patient, appointment string) error {
	found, err := find(ctx, w.s, "CommunicationRequest", url.Values{"patient": {patient}, "category": {KindSystem + "|" + string(Recall)}})
	if err != nil || len(found) == 0 {
		return err
	}
	var last Request
	var changes Changes
	for _, q := range requests(found) {
		if open(q) {
			q.Status, q.Why = "revoked", BookedNow
			changes = append(changes, q)
		}
		if q.Status == "completed" && q.When.After(last.When) {
			last = q
		}
	}
	if err := w.put(ctx, changes); err != nil && !conflict(err) {
		return err
	}
	if last.ID == "" || w.now.Sub(last.When) > 90*24*time.Hour {
		return nil
	}
	r, err := w.s.Read(ctx, "Communication", last.MessageID())
	if missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	booked, err := w.s.ReadVersion(ctx, "Appointment", appointment, "1")
	if err != nil || booked.Updated.Before(last.When) {
		return err
	}
	m, ok := MessageOf(r.Node())
	if !ok || m.Booked != "" || m.Status != "completed" {
		return nil
	}
	m.Booked, m.Outcome = appointment, Booked
	a, err := act("Communication", m.ID, m.Version, m)
	if err == nil {
		_, err = w.s.Transact(ctx, []record.Act{a})
	}
	if conflict(err) {
		return nil
	}
	return err
}

// sweep is how far a day's look at everybody came. It is kept in memory: who is
// looked at twice is not told twice.
type sweep struct {
	day, last record.Seq
	after     string // place in the list of patients
	proposed  map[string][]DueItem
	open      map[string]bool // patients who have a recall that was not sent
}

const chunk = 50 // patients a tick

// daily looks once a day at everybody: at what the log's follower could have
// missed, and at what is due. It goes on for chunk patients at a time, so that
// reminders are not held up; more says that it has not ended.
func (w *work) daily(ctx context.Context) (swept, more bool, err error) {
	y, m, d := w.now.In(w.zone).Date()
	today := record.Seq(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	w.mu.Lock()
	x := w.sweeps[w.site.Slug]
	w.mu.Unlock()
	if x == nil || x.day != today {
		last, err := w.s.Cursor(ctx, sweptDay)
		if err != nil || last >= today {
			return false, false, err
		}
		if err := w.upcoming(ctx); err != nil {
			return true, false, err
		}
		x = &sweep{day: today, last: last}
		if err = w.begin(ctx, x); err != nil {
			return true, false, err
		}
		w.mu.Lock()
		w.sweeps[w.site.Slug] = x
		w.mu.Unlock()
	}
	if x.after != "" || x.proposed != nil {
		if err := w.some(ctx, x); err != nil {
			return true, false, err
		}
		if x.after != "" {
			return true, true, nil
		}
		x.proposed, x.open = nil, nil
		if err := w.release(ctx); err != nil {
			return true, false, err
		}
		return true, false, w.s.SetCursor(ctx, sweptDay, today)
	}
	return false, false, nil
}

// Sweep looks at everybody now.
func (s *Service) Sweep(ctx context.Context, site *record.Site) error {
	w, err := s.work(ctx, site)
	if err != nil {
		return err
	}
	lock := s.lock(site.Slug)
	lock.Lock()
	defer lock.Unlock()
	x := &sweep{day: 1}
	if err := w.reload(ctx); err != nil {
		return err
	}
	if err := w.begin(ctx, x); err != nil {
		return err
	}
	for {
		if err := w.some(ctx, x); err != nil {
			return err
		}
		if x.after == "" {
			return w.release(ctx)
		}
	}
}

// begin reads what a sweep needs to know of everybody: ids, no records.
func (w *work) begin(ctx context.Context, x *sweep) (err error) {
	if x.proposed, err = w.proposed(ctx); err != nil {
		return err
	}
	x.open = map[string]bool{}
	return each(ctx, w.s, "CommunicationRequest", url.Values{"status": {"draft,active,on-hold"}, "category": {KindSystem + "|" + string(Recall)}}, func(r record.Resource) (bool, error) {
		x.open[w.s.Standing(idOf(r.Node().Path("subject", "reference").Str(), "Patient"))] = true
		return true, nil
	})
}

// some looks at the next patients of a sweep, one at a time: no two records are
// held at once. Of whom nothing is due and no recall is open, nothing is read but
// what Due reads.
func (w *work) some(ctx context.Context, x *sweep) error {
	if len(w.rules.Recalls) == 0 {
		x.after = ""
		return nil
	}
	q, err := search.Parse("Patient", url.Values{"_count": {strconv.Itoa(chunk)}}, search.Options{})
	if err != nil {
		return err
	}
	q.After = x.after
	page, err := w.s.Search(ctx, q)
	if err != nil {
		return err
	}
	var ids []string
	for _, r := range page.Matches {
		if w.s.Standing(r.ID) == r.ID && (len(x.proposed[r.ID]) > 0 || x.turn(r.ID, w.Days)) {
			ids = append(ids, r.ID)
		}
	}
	after := page.Next
	page = nil // what stands in them is read again when it is needed
	for _, id := range ids {
		begin := time.Now()
		due, err := w.dueOf(ctx, id)
		if err != nil {
			return err
		}
		if due = append(slices.Clone(x.proposed[id]), due...); len(due) == 0 && !x.open[id] && time.Since(begin) < cheap {
			continue
		}
		pause := time.NewTimer(w.Pause)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-pause.C:
		}
		if len(due) == 0 && !x.open[id] {
			continue
		}
		if err := w.tolerate(w.recall(ctx, id, due)); err != nil {
			return err
		}
	}
	x.after = after
	return nil
}

// turn says whether it is a patient's turn in a sweep: everybody has one in so
// many days, those of days on which nobody swept are made up for.
func (x *sweep) turn(id string, days int) bool {
	if x.last == 0 || x.day-x.last >= record.Seq(days) {
		return true
	}
	h := fnv.New32a()
	h.Write([]byte(id))
	mine := record.Seq(h.Sum32() % uint32(days))
	for d := x.last + 1; d <= x.day; d++ {
		if d%record.Seq(days) == mine {
			return true
		}
	}
	return false
}

// cheap is what asking about a person may take so that no pause follows it: an
// index answered, and no record was opened.
const cheap = time.Millisecond

// proposed are the visits that somebody was to be seen again for, from two weeks
// before the day that was named, by patient.
func (w *work) proposed(ctx context.Context) (map[string][]DueItem, error) {
	out := map[string][]DueItem{}
	err := each(ctx, w.s, "Appointment", url.Values{"status": {"proposed"}}, func(r record.Resource) (bool, error) {
		a := schedule.AppointmentOf(r.Node(), w.zone)
		id := w.s.Standing(idOf(a.Patient.Ref, "Patient"))
		if id == "" || len(a.Wanted) == 0 || a.Wanted[0].From.IsZero() {
			return true, nil
		}
		if since := schedule.AddDays(a.Wanted[0].From, -14, w.zone); !since.After(w.now) {
			out[id] = append(out[id], DueItem{ID: SeeAgain, Since: since, Appt: a.ID})
		}
		return len(out) < maxProposed, nil
	})
	return out, err
}

// maxProposed bounds the patients of one sweep who were to be seen again; who is
// left over has a turn the next day.
const maxProposed = 20000

// dueOf is what is due of a patient: of the whole record where it is known.
func (w *work) dueOf(ctx context.Context, patient string) ([]DueItem, error) {
	if w.Due == nil {
		return nil, nil
	}
	due, err := w.Due.Of(ctx, w.s, patient, w.now)
	if missing(err) {
		return nil, nil
	}
	return due, err
}

// recall plans the recalls of one person of whom something is due, or was.
func (w *work) recall(ctx context.Context, patient string, due []DueItem) error {
	p, err := w.person(ctx, patient)
	if err != nil {
		return err
	}
	found, err := find(ctx, w.s, "CommunicationRequest", url.Values{"patient": {patient}, "category": {KindSystem + "|" + string(Recall)}})
	if err != nil {
		return err
	}
	have := requests(found)
	if len(due) == 0 && len(have) == 0 {
		return nil
	}
	booked, err := w.ahead(ctx, patient)
	if err != nil {
		return err
	}
	of := map[string][]DueItem{}
	for _, d := range due {
		if id := w.rules.For(d.ID); id != "" {
			of[id] = append(of[id], d)
		}
	}
	var changes Changes
	for _, rule := range w.rules.Recalls {
		changes = append(changes, PlanRecall(rule, of[rule.ID], booked, p, w.rules, w.Means(), have, w.now)...)
	}
	for _, q := range have { // of a rule that the site took away
		if _, ok := w.rules.Recall(q.Rule); !ok && open(q) {
			q.Status, q.Why = "revoked", NotDue
			changes = append(changes, q)
		}
	}
	if err := w.put(ctx, changes); err != nil && !conflict(err) {
		return err // a conflict: the desk decided meanwhile
	}
	return nil
}

// ahead says whether a patient has an appointment that is still to come.
func (w *work) ahead(ctx context.Context, patient string) (bool, error) {
	found, err := find(ctx, w.s, "Appointment", url.Values{"patient": {patient}, "date": {"ge" + w.now.UTC().Format(time.RFC3339)}, "status": {"booked,pending"}, "_count": {"1"}})
	return len(found) > 0, err
}

// release lets drafts of rules that go by themselves out, as many as the site
// wants in a day, the longest waiting first.
func (w *work) release(ctx context.Context) error {
	if !slices.ContainsFunc(w.rules.Recalls, func(r RecallRule) bool { return r.Auto }) {
		return nil
	}
	found, err := find(ctx, w.s, "CommunicationRequest", url.Values{"status": {"draft"}, "category": {KindSystem + "|" + string(Recall)}})
	if err != nil {
		return err
	}
	drafts := slices.DeleteFunc(requests(found), func(q Request) bool { r, _ := w.rules.Recall(q.Rule); return !r.Auto })
	slices.SortFunc(drafts, func(a, b Request) int { return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID)) })
	for _, q := range drafts[:min(len(drafts), w.rules.Release)] {
		q.Status = "active"
		if err := w.put(ctx, Changes{q}); err != nil && !conflict(err) {
			return err
		}
	}
	return nil
}
