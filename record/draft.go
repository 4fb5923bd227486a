package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/store"
)

// Draft is work that nobody has signed yet: the text of a note while it is
// written, a form half filled in. It is no resource: it has one version, is seen
// through pages alone, and is gone when it is signed or dropped. What was
// acknowledged survives like every write.
type Draft struct {
	ID      string    `json:"id"`   // chosen by its room, unique with Kind within the site: an encounter's id
	Kind    string    `json:"kind"` // "note", "basket", "snippets"
	Type    string    `json:"type"` // the resource type that it will become: who may write that may write this
	Patient string    `json:"patient,omitempty"`
	Owner   string    `json:"owner"`           // user name of who began it
	Writers []string  `json:"writers"`         // user names of all who wrote in it, the owner first
	Title   string    `json:"title,omitempty"` // one line for lists: "Visit note"
	Rev     int       `json:"-"`               // of what is stored; 0 of what is not yet
	Began   time.Time `json:"began"`
	Updated time.Time `json:"updated"`
	Body    []byte    `json:"body,omitempty"`
	Size    int       `json:"size,omitempty"` // of the body, in bytes
}

// DraftQuery asks for drafts of the site; of everything when empty.
type DraftQuery struct {
	Patient, Kind string
	Writer        string // a user name
	Heads         bool   // without their bodies: a list needs none
}

// Bounds of drafts.
const (
	MaxDraft       = 1 << 20  // bytes of one body
	MaxDrafts      = 500      // that one user began
	MaxDraftsBytes = 64 << 20 // of their bodies together, to the next 64 KiB of each
)

// A draft of a patient's that nobody edits does not stay for ever: it would be a
// second record that nobody reads. After DraftOld lists call it old, and say when
// it goes; DraftLife after its last edit it is removed, which is noted.
const (
	DraftOld  = 60 * 24 * time.Hour
	DraftLife = 90 * 24 * time.Hour
)

// Expires is when a draft is removed if nobody edits it; zero: never, it is of no
// patient (somebody's own snippets).
func (d Draft) Expires() time.Time {
	if d.Patient == "" {
		return time.Time{}
	}
	return d.Updated.Add(DraftLife)
}

// Old says whether a draft is among the old ones.
func (d Draft) Old(now time.Time) bool {
	return d.Patient != "" && now.Sub(d.Updated) >= DraftOld
}

// DraftMoved says that a draft was saved by another hand after the revision that
// was edited. Current is what is there now: the caller joins the two.
type DraftMoved struct{ Current Draft }

func (e *DraftMoved) Error() string { return "the draft was saved meanwhile by somebody else" }

func (s Session) draftKind() string { return "draft:" + s.actor.Site }

func validDraft(kind, id string) bool {
	return validID(kind) && validID(id)
}

// mayDraft decides whether the actor could sign what the draft will become.
func (s Session) mayDraft(typ, id string) error {
	if s.lens != access.EMR {
		return &Refused{Why: "the whole record is read only: write to the chart"}
	}
	_, err := s.decide(access.Create, typ, id)
	return err
}

// PutDraft saves a draft whose Rev is the one that was edited (0: a new one) and
// returns it as stored. *DraftMoved has the draft as another hand left it;
// ErrNotFound says that it was signed or dropped meanwhile.
func (s Session) PutDraft(ctx context.Context, d Draft) (Draft, error) {
	if err := s.mayDraft(d.Type, d.ID); err != nil {
		return Draft{}, err
	}
	if !validDraft(d.Kind, d.ID) || d.Patient != "" && !validID(d.Patient) {
		return Draft{}, invalid("value", "id", "a draft's kind and id are 1 to 64 letters, digits, hyphens and dots")
	}
	if len(d.Body) > MaxDraft {
		return Draft{}, invalid("too-long", "", fmt.Sprintf("a draft holds at most %d KiB", MaxDraft>>10))
	}
	edited := d.Rev
	_, err := s.r.store.Update(ctx, func(tx *store.Tx) error {
		was, err := s.draft(&tx.View, d.Kind, d.ID)
		switch {
		case errors.Is(err, ErrNotFound) && edited != 0:
			return ErrNotFound
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		case err == nil && (was.Patient != d.Patient || was.Type != d.Type):
			return invalid("conflict", "patient", "the draft is another patient's")
		case err == nil && was.Rev != edited:
			if err := s.withBody(&tx.View, &was); err != nil {
				return err
			}
			return &DraftMoved{was}
		}
		var key store.Key
		if d.Patient != "" {
			row, err := tx.Get(s.site.No, "Patient", d.Patient)
			if err != nil {
				return err
			}
			key = row.Key
		}
		now := s.r.now()
		d.Owner, d.Began, d.Writers, d.Updated = was.Owner, was.Began, was.Writers, now
		if d.Owner == "" {
			d.Owner, d.Began = s.actor.ID, now
		}
		if !slices.Contains(d.Writers, s.actor.ID) {
			d.Writers = append(slices.Clip(d.Writers), s.actor.ID)
		}
		d.Size = len(d.Body)
		if d.Rev, err = s.keepDraft(tx, d, was, edited); err != nil {
			return err
		}
		if edited != 0 {
			return nil // the log has that it was begun; each save of a sentence would say no more
		}
		return audit.Append(tx, now, s.event(audit.Event{Time: now, Action: "draft", Type: d.Type, ID: d.ID, Key: key, Count: 1}))
	})
	if err != nil {
		return Draft{}, err
	}
	return d, nil
}

// Draft is one draft; ErrNotFound when there is none. That it was read is noted: of
// who wrote in it, whose page saves and joins it second by second, once in a while.
func (s Session) Draft(ctx context.Context, kind, id string) (Draft, error) {
	var d Draft
	if s.r == nil || s.site == nil {
		return d, &Refused{Why: "no such site on this node, or nobody is signed in"}
	}
	err := s.r.store.View(ctx, func(v *store.View) (err error) {
		if d, err = s.draft(v, kind, id); err == nil {
			err = s.withBody(v, &d)
		}
		return err
	})
	if err != nil {
		return Draft{}, err
	}
	if err := s.mayDraft(d.Type, d.ID); err != nil {
		return Draft{}, err
	}
	s.noteDraft(ctx, d)
	return d, nil
}

// Drafts are the drafts that the query asks for, the latest saved first. What
// the actor could not write is left out. That they were read is noted, as one note:
// in a patient's log when all are of that patient.
func (s Session) Drafts(ctx context.Context, q DraftQuery) ([]Draft, error) {
	if s.r == nil || s.site == nil {
		return nil, &Refused{Why: "no such site on this node, or nobody is signed in"}
	}
	patients := []string{q.Patient}
	if q.Patient != "" {
		patients = s.Together(q.Patient)
	}
	var out []Draft
	err := s.r.store.View(ctx, func(v *store.View) error {
		var docs []store.Doc
		for _, id := range patients {
			one := q
			one.Patient = id
			more, err := s.draftDocs(v, one)
			if err != nil {
				return err
			}
			if docs = append(docs, more...); q.Writer != "" {
				break // they are by writer, not by patient
			}
		}
		for _, doc := range docs {
			d, err := readDraft(doc)
			if err != nil {
				return err
			}
			if q.Patient != "" && !slices.Contains(patients, d.Patient) || q.Writer != "" && !slices.Contains(d.Writers, q.Writer) {
				continue
			}
			if !access.Decide(s.actor, s.lens, access.Create, d.Type).Allowed {
				continue
			}
			if q.Heads {
				d.Body = nil
			} else if err := s.withBody(v, &d); err != nil {
				return err
			}
			out = append(out, d)
		}
		return nil
	})
	s.noteDrafts(ctx, q, out, err)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b Draft) int { return b.Updated.Compare(a.Updated) })
	return out, nil
}

// DropDraft removes a draft whose revision is rev (0: whatever it is). One that
// is not there is no error: it was signed or dropped already.
func (s Session) DropDraft(ctx context.Context, kind, id string, rev int) error {
	if !validDraft(kind, id) {
		return ErrNotFound
	}
	if s.r == nil || s.site == nil {
		return &Refused{Why: "no such site on this node, or nobody is signed in"}
	}
	_, err := s.r.store.Update(ctx, func(tx *store.Tx) error { return s.dropDraft(tx, kind, id, rev) })
	return err
}

func (s Session) dropDraft(tx *store.Tx, kind, id string, rev int) error {
	d, err := s.draft(&tx.View, kind, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !access.Decide(s.actor, access.EMR, access.Create, d.Type).Allowed {
		return &Refused{Why: "this role may not write that"}
	}
	if rev != 0 && d.Rev != rev {
		if err := s.withBody(&tx.View, &d); err != nil {
			return err
		}
		return &DraftMoved{d}
	}
	return s.endDraft(tx, d, "drop-draft", "")
}

// endDraft removes a draft, and notes it.
func (s Session) endDraft(tx *store.Tx, d Draft, action, why string) error {
	var key store.Key
	if d.Patient != "" {
		if k, err := tx.Key(s.site.No, "Patient", d.Patient); err == nil {
			key = k
		}
	}
	if err := s.forgetDraft(tx, d); err != nil {
		return err
	}
	now := s.r.now()
	return audit.Append(tx, now, s.event(audit.Event{Time: now, Action: action, Type: d.Type, ID: d.ID, Key: key, Count: 1, Why: why}))
}

func (s Session) draft(v *store.View, kind, id string) (Draft, error) {
	if !validDraft(kind, id) {
		return Draft{}, ErrNotFound
	}
	doc, err := v.Doc(s.draftKind(), kind+"/"+id)
	if err != nil {
		return Draft{}, err
	}
	return readDraft(doc)
}

func readDraft(doc store.Doc) (Draft, error) {
	var d Draft
	if err := json.Unmarshal(doc.Body, &d); err != nil {
		return Draft{}, fmt.Errorf("a stored draft cannot be read: %w", err)
	}
	d.Rev = doc.Version
	_, d.ID, _ = strings.Cut(doc.ID, "/")
	return d, nil
}
