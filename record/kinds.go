package record

import (
	"wholechart/access"
	"wholechart/store"
)

// What an actor may not see for the kind of work that it is (access.Decision.Kinds)
// it may not write either: the front desk neither makes a task about care nor
// changes one, by any door. And what is marked as sensitive stays so under a
// program's hand: the mark is what keeps it at its site.

// mayKind says whether an act may be done to what is there, or make what it makes.
// What is hidden from the actor looks as if it were not there.
func (s Session) mayKind(p *planned, old store.Row, had bool) error {
	act := map[Op]access.Action{Create: access.Create, Update: access.Update, Delete: access.Delete}[p.Op]
	if s.actor.Kind == access.Client && had && old.Labels&uint64(access.Sensitive) != 0 && (p.ready == nil || old.Labels&uint64(access.Sensitive)&^p.ready.Index.Labels != 0) {
		return &Refused{Why: "a program takes no sensitivity label off, nor deletes what has one"}
	}
	kinds := uint64(access.Decide(s.actor, s.lens, act, p.Type).Kinds)
	if kinds == 0 {
		return nil
	}
	if had && old.Labels&kinds != 0 {
		return ErrNotFound
	}
	if p.ready != nil && p.ready.Index.Labels&kinds != 0 {
		return &Refused{Why: "a task or message about care is written by who gives it; the front desk's are about scheduling, registration, reminders and letters"}
	}
	return nil
}
