package record

import (
	"context"
	"slices"
	"strings"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/store"
)

// Stir is a change of the log with whose work it is: the Practitioners (and
// other actors that are not the patient) that this version of a Task or
// Appointment names and that the version before it named. It has nothing else of
// what the resource says.
type Stir struct {
	Change
	Of []string // "Practitioner/okonkwo", sorted; "" when one of the two names nobody
}

// Position is how far the log of the node has come, for the system's own work.
func (s Session) Position(ctx context.Context) (at Seq, err error) {
	if s.r == nil || s.actor.Kind != access.System {
		return 0, &Refused{Why: "the log of changes is for the system's own work"}
	}
	err = s.r.store.View(ctx, func(v *store.View) (err error) {
		at, err = v.Seq()
		return err
	})
	return at, err
}

// Stirs are the changes after a place in the log of some types, at the node's
// own sites, with whose they are, and the place that was reached: like Changes
// for the system's own work, and like them not noted, since no fact about a
// patient leaves. It looks at no more than max changes of the log; next is less
// than the log's end when there is more.
func (s Session) Stirs(ctx context.Context, after Seq, max int, types ...string) (stirs []Stir, next Seq, more bool, err error) {
	if s.r == nil || s.actor.Kind != access.System {
		return nil, after, false, &Refused{Why: "the log of changes is for the system's own work"}
	}
	next = after
	err = s.r.store.View(ctx, func(v *store.View) error {
		changes, err := v.Changes(after, max)
		if err != nil {
			return err
		}
		more = len(changes) == max
		for _, c := range changes {
			next = c.Seq
			if site := s.r.siteNo(c.Site); site == nil || !site.Local || !slices.Contains(types, c.Type) {
				continue
			}
			x := Stir{Change: c}
			for version := c.Version; version > 0 && version >= c.Version-1; version-- {
				row, err := v.Version(c.Site, c.Type, c.ID, version)
				if err != nil {
					continue // it was deleted by this change, or before it
				}
				d, err := fhir.Parse(row.Body())
				if err != nil {
					continue
				}
				x.Of = append(x.Of, workers(d.Root())...)
			}
			slices.Sort(x.Of)
			x.Of = slices.Compact(x.Of)
			stirs = append(stirs, x)
		}
		return nil
	})
	return stirs, next, more, err
}

// workers are who has to do with a task or an appointment, without the patient.
func workers(n fhir.Node) (out []string) {
	add := func(ref string) {
		if ref != "" && !strings.HasPrefix(ref, "Patient/") && !strings.HasPrefix(ref, "RelatedPerson/") {
			out = append(out, ref)
		}
	}
	switch n.ResourceType() {
	case "Task":
		add(n.Path("owner", "reference").Str())
	case "Appointment":
		for p := range n.Get("participant").Items() {
			add(p.Path("actor", "reference").Str())
		}
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}
