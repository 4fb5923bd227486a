package remind

import (
	"slices"
	"strconv"
	"time"

	"wholechart/schedule"
)

// Why a request is revoked.
const (
	GoneOff   = "the appointment was moved or cancelled"
	Overtaken = "a later reminder takes its place"
	TooLate   = "it would come too late"
	NotDue    = "it is no longer due"
	BookedNow = "an appointment is booked"
	Stopped   = "stopped by the practice"
	Unwanted  = "the patient wants nothing more by this channel"
	NoWay     = "there is no way to reach the patient"
)

// again are the reasons that may pass: the appointment was moved back.
var again = map[string]bool{GoneOff: true, Dead: true, Inactive: true, Replaced: true, DoNotContact: true, NoWay: true}

// Changes are what planning wants written: whole requests, new or with a new
// status. Those with a Version are there already.
type Changes []Request

// PlanVisit plans the reminders of one appointment. known is when its time was
// written down: what should have been sent before that is not sent. have are the
// requests about the appointment that exist.
//
// A request that is there and still wanted stays as it is; one that is not
// wanted any more is revoked unless it was claimed: whoever sends asks again.
func PlanVisit(a schedule.Appointment, known time.Time, p Person, r Rules, m Means, have []Request, site *time.Location, now time.Time) (out Changes) {
	wanted, unreached := map[string]bool{}, map[string]bool{}
	rule, ok := r.Of(a.Type.Code)
	if ok && p.Out == "" && a.State() == schedule.Booked && a.From.After(now) && a.Patient.Ref == "Patient/"+p.ID {
		said := false
		for _, s := range slices.SortedFunc(slices.Values(rule.Steps), func(x, y Step) int { return x.At(a.From, site).Compare(y.At(a.From, site)) }) {
			id := reminderID(a.ID, p.ID, a.From, rule.ID, s.Key())
			old := byID(have, id)
			moment := s.At(a.From, site)
			when, can := r.Quiet.For(moment, a.From, p.Zone)
			if !can || old == nil && (moment.Before(known) || when.Before(known)) {
				continue
			}
			q := Request{ID: id, Status: "active", Kind: Reminder, Rule: rule.ID, Label: "Appointment", Step: s.Key(), Patient: p.ID, Appointment: a.ID,
				Start: a.From, When: when, Expires: a.From.Add(-Lead / 4), Made: now}
			if ways := p.Ways(m, a.From.Sub(when)); len(ways) > 0 {
				q.Way = ways[0]
			} else if q.Status, q.Why = "on-hold", NoWay; said {
				unreached[id] = true
				continue // once an appointment is enough, and not where a letter goes before
			}
			said = true
			wanted[id] = true
			switch {
			case old == nil:
				out = append(out, q)
			case old.Status == "revoked" && again[old.Why] && !when.Before(known):
				q.Version, q.Claimed = old.Version, old.Claimed
				out = append(out, q)
			case old.Status == "active" && q.Status == "active" && !old.Claimed && !old.Now && !old.When.Equal(when) && when.After(now): // the rules changed
				q.Version, q.Made = old.Version, old.Made
				out = append(out, q)
			case old.Status == "on-hold" && old.Why == NoWay && q.Status == "active":
				q.Version = old.Version
				out = append(out, q)
			}
		}
	}
	for _, old := range have {
		if old.Kind == Reminder && !wanted[old.ID] && open(old) {
			old.Status, old.Why = "revoked", GoneOff
			switch {
			case p.Out != "":
				old.Why = p.Out
			case unreached[old.ID]:
				old.Why = NoWay
			}
			out = append(out, old)
		}
	}
	return out
}

// open says whether a request may still be sent.
func open(q Request) bool {
	return q.Status == "active" || q.Status == "on-hold" || q.Status == "draft"
}

func byID(of []Request, id string) *Request {
	for i := range of {
		if of[i].ID == id {
			return &of[i]
		}
	}
	return nil
}

// overtaken says whether another request about the same start is due too, of a
// step nearer to it: after a night without power one reminder is enough.
func overtaken(q Request, others []Request, now time.Time) bool {
	return slices.ContainsFunc(others, func(o Request) bool {
		return o.ID != q.ID && o.Kind == Reminder && o.Appointment == q.Appointment && o.Start.Equal(q.Start) && open(o) && before(o.Step) < before(q.Step) && !o.When.After(now)
	})
}

// before is how far before an appointment a step is, about.
func before(key string) time.Duration {
	n, err := strconv.Atoi(key[:max(len(key)-1, 0)])
	if err != nil {
		return 0
	}
	if key[len(key)-1] == 'd' {
		return time.Duration(n) * 24 * time.Hour
	}
	return time.Duration(n) * time.Minute
}

// DueItem is something that is due for a person, as the house's rules know it.
// What was done, declined, booked or ordered is none.
type DueItem struct {
	ID    string    // of its rule
	Since time.Time // zero: not known
	Appt  string    // of SeeAgain: the proposed appointment
}

// PlanRecall plans the messages of one recall rule to one person. due are the
// items that this rule calls for; booked says that the person has an
// appointment ahead; have are the person's recalls, of every rule.
func PlanRecall(rule RecallRule, due []DueItem, booked bool, p Person, r Rules, m Means, have []Request, now time.Time) (out Changes) {
	var mine []Request
	var last Request // of mine, in the order of series and number
	var sent time.Time
	for _, q := range have {
		if q.Kind != Recall {
			continue
		}
		if q.Status == "completed" && q.When.After(sent) {
			sent = q.When
		}
		if q.Rule == rule.ID {
			mine = append(mine, q)
			if q.Series > last.Series || q.Series == last.Series && q.No > last.No {
				last = q
			}
		}
	}
	why := ""
	switch {
	case p.Out != "":
		why = p.Out
	case len(due) == 0:
		why = NotDue
	case booked:
		why = BookedNow
	}
	if why != "" {
		for _, q := range mine {
			if open(q) {
				q.Status, q.Why = "revoked", why
				out = append(out, q)
			}
		}
		return out
	}
	for _, q := range mine {
		if open(q) {
			return nil // one at a time
		}
	}
	series, no := max(last.Series, 1), 1
	fresh := last.Series > 0 && renewed(rule, due, last, now)
	stopped := false
	var before time.Time
	for _, q := range mine {
		if q.Series != last.Series {
			continue
		}
		if q.Status != "revoked" {
			no++
			if q.When.After(before) {
				before = q.When
			}
		}
		stopped = stopped || q.Why == Stopped
	}
	switch {
	case fresh:
		series, no, before = last.Series+1, 1, time.Time{}
	case stopped || no > rule.Most:
		return nil
	}
	when := now
	if !before.IsZero() {
		when = later(when, before.AddDate(0, 0, rule.Every))
	}
	if !sent.IsZero() {
		when = later(when, sent.AddDate(0, 0, r.Spacing))
	}
	when, ok := r.Quiet.After(when, true, p.Zone)
	if !ok {
		return nil
	}
	q := Request{ID: recallID(p.ID, rule.ID, series, no), Status: "draft", Kind: Recall, Rule: rule.ID, Label: rule.Label, Series: series, No: no, Patient: p.ID, When: when, Made: now}
	if no > 1 { // somebody released the first of the series, or the rule did
		q.Status = "active"
	}
	if due[0].ID == SeeAgain {
		q.Appointment = due[0].Appt
	}
	if ways := p.Ways(m, 0); len(ways) > 0 {
		q.Way = ways[0]
	} else {
		q.Status, q.Why = "on-hold", NoWay
	}
	if old := byID(mine, q.ID); old != nil { // revoked before, and due again
		q.Version, q.Claimed = old.Version, old.Claimed
	}
	return append(out, q)
}

// renewed says whether a new series may begin after the last request of the former.
func renewed(rule RecallRule, due []DueItem, last Request, now time.Time) bool {
	if rule.Again > 0 && !now.Before(last.When.AddDate(0, rule.Again, 0)) {
		return true
	}
	return slices.ContainsFunc(due, func(d DueItem) bool { return d.Since.After(last.When) })
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
