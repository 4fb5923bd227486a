// Package record is the gate: read, search, history, transact and changes, for
// an actor, through one of the two lenses. Access, validation and audit happen
// here and nowhere else; everything above reaches patient data through it.
//
//	s := records.As(actor, access.EMR)
//	res, err := s.Read(ctx, "Patient", id)
//
// A session is cheap: make one a request. The zero Session denies everything.
package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/fhir"
	"wholechart/store"
)

// Records is one node's records: all its sites, and the copies it keeps of others'.
type Records struct {
	store    *store.Store
	log      *audit.Log
	sites    sites
	now      func() time.Time
	attempts attempts
	merges   merges
	opened   opened
}

// Options of a node's records.
type Options struct {
	Now func() time.Time // default time.Now
}

// New opens the gate over a store. The caller closes first the Records, then the store.
func New(ctx context.Context, st *store.Store, o Options) (*Records, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &Records{store: st, now: o.Now, log: audit.NewLog(st, o.Now)}
	r.attempts.note = r.log.Note
	if err := r.loadSites(ctx); err != nil {
		return nil, err
	}
	if err := r.loadMerges(ctx); err != nil {
		return nil, err
	}
	if err := r.indexDrafts(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// Close writes what is still to be noted in the audit log.
func (r *Records) Close() error {
	r.attempts.end()
	return r.log.Close()
}

// Session is the records as one actor may see and change them.
type Session struct {
	r     *Records
	actor access.Actor
	lens  access.Lens
	site  *Site
	apart bool // each record by itself, whatever was merged

	evaluating, noted bool // see Evaluating
}

// As is a session for an actor through a lens. If the actor's site is not one
// of this node, every act of the session is refused.
func (r *Records) As(a access.Actor, lens access.Lens) Session {
	site, _ := r.Site(a.Site)
	if site != nil && !site.Local && a.Kind != access.System {
		site = nil
	}
	return Session{r: r, actor: a, lens: lens, site: site}
}

// Actor is whose session this is.
func (s Session) Actor() access.Actor { return s.actor }

// Lens is which record it looks through.
func (s Session) Lens() access.Lens { return s.lens }

// Site is whose record it looks at.
func (s Session) Site() *Site { return s.site }

// Records are the node's records that the session is of.
func (s Session) Records() *Records { return s.r }

// Through is the same actor's session through the other lens.
func (s Session) Through(l access.Lens) Session { s.lens = l; return s }

// Resource is one version of one resource as a session sees it.
type Resource struct {
	Type    string
	ID      string // as this lens names it
	Version string
	Updated time.Time
	Deleted bool
	Seq     store.Seq
	Site    *Site  // whose fact it is
	Author  string // who wrote this version, as the source said it
	Body    []byte // with id and meta; nil when Deleted. Others may hold the same bytes: it must not be changed

	key store.Key
}

// Node is the resource's parsed tree. Stored bodies parse, so there is no error.
func (r Resource) Node() fhir.Node {
	d, err := fhir.Parse(r.Body)
	if err != nil {
		return fhir.Node{}
	}
	return d.Root()
}

// decide asks access and notes a refusal.
func (s Session) decide(act access.Action, typ, id string) (access.Decision, error) {
	if s.r == nil || s.site == nil {
		return access.Decision{}, &Refused{Why: "no such site on this node, or nobody is signed in"}
	}
	if s.r.log.Stuck() {
		return access.Decision{}, ErrUnnoted
	}
	d := access.Decide(s.actor, s.lens, act, typ)
	if !d.Allowed {
		s.note(audit.Event{Action: act.String(), Type: typ, ID: id, Outcome: audit.Refused, Why: d.Why})
		return d, &Refused{Why: d.Why}
	}
	return d, nil
}

// event completes an event with whose session it happened in.
func (s Session) event(e audit.Event) audit.Event {
	e.Site = s.actor.Site
	if s.site != nil {
		e.SiteNo = s.site.No
	}
	e.Kind, e.Actor, e.Name, e.Role = s.actor.Kind.String(), s.actor.ID, s.actor.Name, string(s.actor.Role)
	e.Purpose, e.Lens = string(s.actor.Purpose), s.lens.String()
	return e
}

// note puts an event in the log soon; see audit.Log.
func (s Session) note(e audit.Event) { s.r.log.Note(s.event(e)) }

// Note writes an event of the door itself (a sign-in, a failed one, a
// disclosure) and returns when it is durable. One about a Patient of the site is
// in that patient's log.
func (s Session) Note(ctx context.Context, e audit.Event) error {
	e = s.event(e)
	_, err := s.r.store.Update(ctx, func(tx *store.Tx) error {
		if e.Key == 0 && e.Type == "Patient" && e.ID != "" && s.site != nil {
			k, err := tx.Key(s.site.No, "Patient", e.ID)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			e.Key = k
		}
		return audit.Append(tx, s.r.now(), e)
	})
	return err
}

// Refused says that the actor may not. It names no patient and does not say
// whether what was asked for exists.
type Refused struct{ Why string }

func (e *Refused) Error() string { return "not permitted: " + e.Why }

// Invalid says why a resource or an act is not acceptable, issue by issue.
type Invalid struct{ Issues []Issue }

// Issue is one OperationOutcome issue (http://hl7.org/fhir/R4/operationoutcome.html).
type Issue struct {
	Severity string // error, warning, information
	Code     string // an issue-type code
	Path     string // FHIRPath of the element, when there is one
	Text     string
}

func (e *Invalid) Error() string {
	if len(e.Issues) == 0 {
		return "not valid"
	}
	text := e.Issues[0].Text
	if e.Issues[0].Path != "" {
		text = e.Issues[0].Path + ": " + text
	}
	if more := len(e.Issues) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

func invalid(code, path, text string) *Invalid {
	return &Invalid{[]Issue{{"error", code, path, text}}}
}

// Ambiguous says that a condition that must find one resource found several
// (http://hl7.org/fhir/R4/http.html#ccreate).
type Ambiguous struct{ Type string }

func (e *Ambiguous) Error() string {
	return "the condition matches more than one " + e.Type
}
