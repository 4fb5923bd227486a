package record

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/store"
)

// LogQuery asks for what was noted at the session's site.
type LogQuery struct {
	Patient string // about this patient of the site; empty: about anyone and anything
	Actor   string // by this user, client or peer
	Before  int64  // events with a lower number than this; 0: the newest
	Count   int    // at most; 0 is 100, the most is 1000
}

// Noted is one event of the log with its number.
type Noted struct {
	N int64
	audit.Event
}

// AccessLog are events of the site's log, newest first. Privacy officers and
// administrators read all of it; a patient reads what was done with her own
// record: who, when, and what kind of thing, but not which (a note that is not signed
// has a name too), by which words it was looked for, or why in somebody's words. That
// the log was read is noted too.
func (s Session) AccessLog(ctx context.Context, q LogQuery) ([]Noted, error) {
	own := (s.actor.Kind == access.Patient || s.actor.Kind == access.Proxy) && q.Patient != "" && slices.Contains(s.actor.Patients, q.Patient)
	if !own {
		if _, err := s.decide(access.SeeAudit, "", ""); err != nil {
			return nil, err
		}
	}
	if s.site == nil {
		return nil, &Refused{Why: "no such site on this node"}
	}
	if q.Count <= 0 || q.Count > 1000 {
		q.Count = 100
	}
	if err := s.r.log.Flush(ctx); err != nil {
		return nil, err
	}
	var out []Noted
	var key store.Key
	err := s.r.store.View(ctx, func(v *store.View) error {
		if q.Patient != "" {
			k, err := v.Key(s.site.No, "Patient", q.Patient)
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			key = k
		}
		var rows []store.AuditRow
		for _, of := range s.merged().together(key) {
			more, err := v.AuditBefore(q.Before, q.Count, store.AuditFilter{Site: s.site.No, Patient: of, Actor: q.Actor})
			if err != nil {
				return err
			}
			rows = append(rows, more...)
		}
		slices.SortStableFunc(rows, func(a, b store.AuditRow) int { return cmp.Compare(b.N, a.N) })
		rows = rows[:min(len(rows), q.Count)]
		for _, row := range rows {
			e := Noted{N: row.N}
			if err := json.Unmarshal(row.Body, &e.Event); err != nil {
				return err
			}
			if row.Patient != 0 && row.Patient.Site() == s.site.No && e.Patient == "" {
				var gone *store.ErrGone
				if p, err := v.GetKey(row.Patient); err == nil || errors.As(err, &gone) {
					e.Patient = p.ID
				}
			}
			if own {
				e.plain()
			}
			out = append(out, e)
		}
		return nil
	})
	s.note(audit.Event{Action: "see-audit", Type: "Patient", ID: q.Patient, Key: key, Count: len(out), Outcome: outcome(err)})
	return out, err
}

// plain leaves out of an event what it says beyond who did what kind of thing.
func (e *Noted) plain() {
	e.Params = nil
	if e.Type != "Patient" {
		e.ID = ""
	}
	switch e.Action {
	case "link", "receive", "disclose", "match": // how it was decided, from whom, and that an emergency overrode a refusal
	default:
		if e.Outcome == audit.OK {
			e.Why = ""
		}
	}
}
