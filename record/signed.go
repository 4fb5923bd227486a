package record

import (
	"bytes"
	"encoding/json"
	"reflect"

	"wholechart/access"
	"wholechart/store"
)

// A signed note never changes: a Composition that is final or amended
// (http://hl7.org/fhir/R4/valueset-composition-status.html) may only become
// entered-in-error, with everything else as it was signed, and stays so. What is to be added
// is a Composition of its own that appends to it. An import and the copies of
// other sites' corrections come as the system itself.

// keepsSigned says whether an act may be done to what is there.
func (s Session) keepsSigned(p *planned, old store.Row) error {
	if p.Type != "Composition" || s.actor.Kind == access.System || old.Deleted {
		return nil
	}
	was, ok := plainly(old.Body())
	if !ok || was["status"] != "final" && was["status"] != "amended" && was["status"] != "entered-in-error" {
		return nil
	}
	if p.Op == Update {
		now, ok := plainly(p.ready.Body)
		if ok && reflect.DeepEqual(was, now) {
			return nil
		}
		if ok && now["status"] == "entered-in-error" {
			delete(was, "status")
			delete(now, "status")
			if reflect.DeepEqual(was, now) {
				return nil
			}
		}
	}
	return invalid("business-rule", "Composition.status", "a signed document is not changed or deleted: append an addendum, or mark it entered in error as it stands")
}

// plainly is a resource as values, without what the server keeps in it.
func plainly(body []byte) (map[string]any, bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var m map[string]any
	if d.Decode(&m) != nil {
		return nil, false
	}
	delete(m, "meta")
	delete(m, "id")
	return m, true
}
