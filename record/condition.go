package record

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/search"
	"wholechart/store"
)

// condition is a search that must find at most one resource, and what it found.
type condition struct {
	query *search.Query
	found *store.Row
	names bool // it stands in a reference: of records that are one it means the one that stands
}

// condition runs the search of a conditional act in the actor's own chart.
func (s Session) condition(ctx context.Context, q *search.Query) (condition, error) {
	return s.conditional(ctx, q, false)
}

func (s Session) conditional(ctx context.Context, q *search.Query, standing bool) (c condition, err error) {
	if _, err := s.decide(access.Search, q.Type, ""); err != nil {
		return c, err
	}
	c.query, c.names = q, standing
	err = s.r.store.View(ctx, func(v *store.View) error {
		c.found, err = s.one(v, q, standing)
		return err
	})
	if s.actor.Kind != access.System { // whose conditions end in writes of its own, which are noted
		e := audit.Event{Action: "search", Type: q.Type, Outcome: outcome(err), Params: names(q), Why: "a condition"}
		if c.found != nil {
			e.Key, e.Count = c.found.Key.Patient(), 1
		}
		s.note(e)
	}
	return c, err
}

// still checks in the write's transaction that a condition finds what it found.
func (s Session) still(tx *store.Tx, c condition) error {
	now, err := s.one(&tx.View, c.query, c.names)
	if err != nil {
		return err
	}
	if (now == nil) != (c.found == nil) || now != nil && (now.Key != c.found.Key || now.Version != c.found.Version) {
		return errMoved
	}
	return nil
}

func (s Session) one(v *store.View, q *search.Query, standing bool) (*store.Row, error) {
	d := access.Decide(s.actor, s.lens, access.Search, q.Type)
	scope, err := s.scope(v, d)
	if err != nil {
		return nil, err
	}
	two := *q
	two.Count, two.After, two.Total, two.Sort, two.Includes, two.RevIncludes = 2, "", "none", nil, nil, nil
	m := s.merged()
	standing = standing && q.Type == "Patient" && m.index != nil
	if standing {
		two.Count += maxMerges // of records that are one
	}
	res, err := v.Search(scope, &two)
	if err != nil || len(res.Matches) == 0 {
		return nil, err
	}
	if g := m.group(res.Matches[0].Key); standing && g != nil { // who stands for the others is meant
		for _, row := range res.Matches[1:] {
			if m.group(row.Key) != g {
				return nil, &Ambiguous{q.Type}
			}
		}
		row, err := v.GetKey(g.keys[0])
		return &row, err
	}
	if len(res.Matches) > 1 {
		return nil, &Ambiguous{q.Type}
	}
	return &res.Matches[0], nil
}

// newID is a fresh logical id: a UUID that begins with the time, to the
// millisecond, and is random in 74 bits (RFC 9562 version 7). Ids made one after
// another lie side by side in the store's tables. It tells when it was made, as
// meta.lastUpdated does.
func newID(now time.Time) string {
	var b [16]byte
	rand.Read(b[6:])
	binary.BigEndian.PutUint32(b[:4], uint32(now.UnixMilli()>>16))
	binary.BigEndian.PutUint16(b[4:6], uint16(now.UnixMilli()))
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	var out [36]byte
	hex.Encode(out[0:8], b[0:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:], b[10:])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// validID holds http://hl7.org/fhir/R4/datatypes.html#id.
func validID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.') {
			return false
		}
	}
	return true
}

// ByIdentifier is the id of the one resource of a type that has an identifier;
// empty when none has, *Ambiguous when several have.
func (s Session) ByIdentifier(ctx context.Context, typ, system, value string) (string, error) {
	q, err := search.Parse(typ, url.Values{"identifier": {escape(system) + "|" + escape(value)}}, search.Options{})
	if err != nil {
		return "", err
	}
	c, err := s.condition(ctx, q)
	if err != nil || c.found == nil {
		return "", err
	}
	return c.found.ID, nil
}

// escape makes of a text a search value (http://hl7.org/fhir/R4/search.html#escaping).
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `,`, `\,`, `|`, `\|`, `$`, `\$`).Replace(text)
}
