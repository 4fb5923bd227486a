package record

import (
	"wholechart/access"
	"wholechart/fhir"
	"wholechart/store"
)

// A Task about a fact of care (its focus: a result to review, a note to sign) is
// changed by who may read that fact. Others of the workforce have tasks too, and
// would close what nobody has looked at, and so have programs. Who sends a letter says
// what became of it (letter.go).

// mayTask says whether an act may be done to a Task.
func (s Session) mayTask(p *planned, old store.Row, had bool) error {
	if p.Type != "Task" || s.actor.Kind != access.User && s.actor.Kind != access.Client {
		return nil
	}
	var bodies []fhir.Node
	add := func(b []byte) error {
		d, err := fhir.Parse(b)
		if err == nil {
			bodies = append(bodies, d.Root())
		}
		return err
	}
	if had && !old.Deleted {
		if err := add(old.Body()); err != nil {
			return err
		}
	}
	if p.Op != Delete {
		if err := add(p.ready.Body); err != nil {
			return err
		}
	}
	if s.actor.Kind == access.User && len(bodies) == 2 && onlyReports(bodies[0], bodies[1]) {
		return nil
	}
	for _, n := range bodies {
		typ, _, _, ok := fhir.Relative(n.Path("focus", "reference").Str())
		if ok && access.Clinical(typ) && !access.Decide(s.actor, s.lens, access.Read, typ).Allowed {
			return &Refused{Why: "a task about a fact of care is for who may read that fact"}
		}
	}
	return nil
}

// Wrote says whether a version was written by who the session is of.
func (s Session) Wrote(r Resource) bool { return r.Author != "" && r.Author == s.author() }
