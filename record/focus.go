package record

import (
	"wholechart/access"
	"wholechart/fhir"
	"wholechart/store"
)

// A Task about a fact of care (its focus: a result to review, a note to sign) is
// changed by who may read that fact. Others of the workforce have tasks too, and
// would close what nobody has looked at.

// mayTask says whether an act may be done to a Task.
func (s Session) mayTask(p *planned, old store.Row, had bool) error {
	if p.Type != "Task" || s.actor.Kind != access.User {
		return nil
	}
	var bodies [][]byte
	if had && !old.Deleted {
		bodies = append(bodies, old.Body())
	}
	if p.Op != Delete {
		bodies = append(bodies, p.ready.Body)
	}
	for _, b := range bodies {
		d, err := fhir.Parse(b)
		if err != nil {
			return err
		}
		typ, _, _, ok := fhir.Relative(d.Root().Path("focus", "reference").Str())
		if ok && access.Clinical(typ) && !access.Decide(s.actor, s.lens, access.Read, typ).Allowed {
			return &Refused{Why: "a task about a fact of care is for who may read that fact"}
		}
	}
	return nil
}

// Wrote says whether a version was written by who the session is of.
func (s Session) Wrote(r Resource) bool { return r.Author != "" && r.Author == s.author() }
