package record

import (
	"context"
	"slices"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/store"
)

// Whoever reads a draft has read what is written of a patient, signed or not, and
// the log says so. A writer's page reads the draft with each save: of who wrote in
// it one note stands for a quarter of an hour. Drafts of no patient (somebody's own
// snippets) are noted when another reads them.

// openedFor is how long one note of a writer's reading stands for the next.
const openedFor = 15 * time.Minute

// opened is who of the writers was noted, and when: in this process's memory, so
// that after a restart there is one note more.
type opened struct {
	mu sync.Mutex
	at map[string]time.Time
}

// maxOpened bounds opened; beyond, all is forgotten and noted again.
const maxOpened = 10_000

// again says whether a reading was noted a short while ago; if not, it is now.
func (o *opened) again(key string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if at, ok := o.at[key]; ok && now.Sub(at) < openedFor && !now.Before(at) {
		return true
	}
	if o.at == nil || len(o.at) >= maxOpened {
		o.at = map[string]time.Time{}
	}
	o.at[key] = now
	return false
}

// whyDraft is what a note of a read draft says.
const whyDraft = "not signed yet"

// noteDraft notes that one draft was read.
func (s Session) noteDraft(ctx context.Context, d Draft) {
	if s.actor.Kind == access.System {
		return
	}
	if slices.Contains(d.Writers, s.actor.ID) && (d.Patient == "" || s.r.opened.again(s.site.Slug+"/"+s.actor.Kind.String()+"/"+s.actor.ID+"/"+d.Kind+"/"+d.ID, s.r.now())) {
		return
	}
	s.note(audit.Event{Action: "read", Type: d.Type, ID: d.ID, Key: s.patientKey(ctx, d.Patient), Count: 1, Why: whyDraft})
}

// noteDrafts notes that a list of drafts was read.
func (s Session) noteDrafts(ctx context.Context, q DraftQuery, list []Draft, err error) {
	if s.actor.Kind == access.System {
		return
	}
	e := audit.Event{Action: "search", Count: len(list), Outcome: outcome(err), Why: whyDraft}
	patient := q.Patient
	for i, d := range list {
		if i == 0 {
			e.Type = d.Type
			if patient == "" {
				patient = d.Patient
			}
		}
		if d.Type != e.Type {
			e.Type = ""
		}
		if q.Patient == "" && d.Patient != patient {
			patient = ""
		}
	}
	e.Key = s.patientKey(ctx, patient)
	if q.Kind != "" {
		e.Params = append(e.Params, "kind")
	}
	if q.Patient != "" {
		e.Params = append(e.Params, "patient")
	}
	if q.Writer != "" {
		e.Params = append(e.Params, "writer")
	}
	s.note(e)
}

// patientKey is the key of a Patient of the site; 0 when there is none.
func (s Session) patientKey(ctx context.Context, id string) (k store.Key) {
	if id == "" {
		return 0
	}
	if err := s.r.store.View(ctx, func(v *store.View) (err error) {
		k, err = v.Key(s.site.No, "Patient", id)
		return err
	}); err != nil {
		return 0
	}
	return k
}
