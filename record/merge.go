package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/store"
)

// Replaced is one record that another stands for.
type Replaced struct {
	ID   string // of the replaced Patient
	Into string // which replaces it
	By   string // who said so
	Why  string
	When time.Time
}

// mergeDocs hold who merged a record, when and why; by site and replaced record.
const mergeDocs = "merge"

type mergeNote struct {
	Into string    `json:"into"`
	By   string    `json:"by"`
	Why  string    `json:"why,omitempty"`
	At   time.Time `json:"at"`
}

// Replaces are the records that a patient's record stands for, or with which it
// was merged into another.
func (s Session) Replaces(ctx context.Context, patient string) ([]Replaced, error) {
	g := s.group(patient)
	if g == nil {
		return nil, nil
	}
	d, err := s.decide(access.Read, "Patient", patient)
	if err != nil {
		return nil, err
	}
	var out []Replaced
	err = s.r.store.View(ctx, func(v *store.View) error {
		w, err := s.Through(access.EMR).window(v, d, "")
		if err != nil {
			return err
		}
		for _, id := range g.ids {
			row, err := v.Get(s.site.No, "Patient", id)
			if err != nil || !w.within(row) {
				if id == patient {
					return store.ErrNotFound
				}
				continue
			}
			if g.into[id] == "" {
				continue
			}
			r := Replaced{ID: id, Into: g.into[id], By: row.Author, When: row.Updated} // of a merge that came by a copy
			var n mergeNote
			if body, err := v.GetDoc(mergeDocs, s.site.Slug+"/"+id); err == nil && json.Unmarshal(body, &n) == nil && n.Into == r.Into {
				r.By, r.Why, r.When = n.By, n.Why, n.At
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// Side is one of two records that a person compared, in the version looked at.
type Side struct {
	ID      string
	Version int
}

// Merge says that gone is the same person as keep, and that keep stands for both
// from now on: one transaction, which Unmerge takes back. Neither record is
// rewritten but for that (docs/adr/0009). Errors: *Refused, *Invalid,
// *VersionConflict, ErrNotFound.
func (s Session) Merge(ctx context.Context, keep, gone Side, why string) error {
	k, g, err := s.sides(ctx, keep, gone)
	if err != nil {
		return err
	}
	return s.mergeActs(ctx, keep, gone, why,
		members(k.Root(), map[string][]byte{"link": linkedTo(k.Root(), gone.ID, "replaces")}),
		members(g.Root(), map[string][]byte{"link": linkedTo(g.Root(), keep.ID, "replaced-by"), "active": []byte("false")}))
}

// Unmerge takes a merge back, in one transaction: both records are as they were
// before it, but for what was changed in them meanwhile.
func (s Session) Unmerge(ctx context.Context, keep, gone Side, why string) error {
	k, g, err := s.sides(ctx, keep, gone)
	if err != nil {
		return err
	}
	if by, _ := replacing(g.Root()); !slices.Contains(by, keep.ID) {
		return invalid("conflict", "Patient.link", "these two are not merged")
	}
	ka, err := s.unlinked(ctx, keep, k.Root(), gone.ID, "replaces")
	if err != nil {
		return err
	}
	ga, err := s.unlinked(ctx, gone, g.Root(), keep.ID, "replaced-by")
	if err != nil {
		return err
	}
	return s.mergeActs(ctx, keep, gone, why, ka, ga)
}

// sides reads both Patients, for who may change them, in the versions given.
func (s Session) sides(ctx context.Context, keep, gone Side) (k, g *fhir.Doc, err error) {
	d, err := s.decide(access.Update, "Patient", keep.ID)
	if err != nil {
		return nil, nil, err
	}
	if err := s.mayMerge(); err != nil {
		return nil, nil, err
	}
	if keep.ID == gone.ID {
		return nil, nil, invalid("business-rule", "", "a record is not merged with itself")
	}
	err = s.r.store.View(ctx, func(v *store.View) error {
		w, err := s.window(v, d, "")
		if err != nil {
			return err
		}
		for _, x := range []struct {
			Side
			to **fhir.Doc
		}{{keep, &k}, {gone, &g}} {
			row, err := v.Get(s.site.No, "Patient", x.ID)
			if err != nil {
				return err
			}
			if !w.within(row) {
				return store.ErrNotFound
			}
			if row.Version != x.Version {
				return &store.ErrVersion{Have: row.Version}
			}
			if *x.to, err = fhir.Parse(row.Body()); err != nil {
				return err
			}
		}
		return nil
	})
	return k, g, err
}

func (s Session) mergeActs(ctx context.Context, keep, gone Side, why string, k, g []byte) error {
	var acts []Act
	for _, x := range []struct {
		Side
		body []byte
	}{{keep, k}, {gone, g}} {
		d, err := fhir.Parse(x.body)
		if err != nil {
			return err
		}
		acts = append(acts, Act{Op: Update, Type: "Patient", ID: x.ID, Resource: d.Root(), IfMatch: x.Version, why: why})
	}
	_, err := s.Transact(ctx, acts)
	return err
}

// unlinked is a Patient without its link to another: the version before the
// link, if nothing was changed since; else what is there now, with the link gone
// and active as it was.
func (s Session) unlinked(ctx context.Context, side Side, n fhir.Node, other, typ string) ([]byte, error) {
	says := func(n fhir.Node) bool {
		by, over := replacing(n)
		return slices.Contains(map[string][]string{"replaced-by": by, "replaces": over}[typ], other)
	}
	var before fhir.Node
	last := 0
	err := s.r.store.View(ctx, func(v *store.View) error {
		for at := side.Version - 1; at > 0 && at > side.Version-maxPast; at-- {
			row, err := v.Version(s.site.No, "Patient", side.ID, at)
			var gone *store.ErrGone
			if errors.As(err, &gone) {
				continue
			}
			if err != nil {
				return err
			}
			d, err := fhir.Parse(row.Body())
			if err != nil {
				return err
			}
			if !says(d.Root()) {
				before, last = d.Root(), at
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if last > 0 && last == side.Version-1 {
		return before.Raw(), nil
	}
	var links [][]byte
	for l := range n.Get("link").Items() {
		if ref, ok := parseRef(l.Path("other", "reference").Str()); ok && ref.Type == "Patient" && ref.ID == other && l.Get("type").Is(typ) {
			continue
		}
		links = append(links, l.Raw())
	}
	set := map[string][]byte{"link": list(links)}
	if typ == "replaced-by" {
		set["active"] = []byte("true")
		if last > 0 {
			set["active"] = nil
			if a := before.Get("active"); a.Exists() {
				set["active"] = a.Raw()
			}
		}
	}
	return members(n, set), nil
}

func raws(n fhir.Node) (out [][]byte) {
	for i := range n.Items() {
		out = append(out, i.Raw())
	}
	return out
}

// list is a JSON array of what is given; nil when that is nothing.
func list(of [][]byte) []byte {
	if len(of) == 0 {
		return nil
	}
	return append(append([]byte{'['}, bytes.Join(of, []byte{','})...), ']')
}

// members is an object with some members set to other values, or without them
// where the value is nil; all else as it is.
func members(n fhir.Node, set map[string][]byte) []byte {
	out := []byte{'{'}
	add := func(key string, value []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		name, _ := json.Marshal(key)
		out = append(append(append(out, name...), ':'), value...)
	}
	done := map[string]bool{}
	for key, val := range n.Fields() {
		value, ok := set[key]
		if !ok {
			value = val.Raw()
		}
		if done[key] = true; value != nil {
			add(key, value)
		}
	}
	for _, key := range []string{"active", "link"} {
		if value := set[key]; value != nil && !done[key] {
			add(key, value)
		}
	}
	return append(out, '}')
}

// mayMerge says whether the actor decides that two records are one person's: the
// records office does, and a program that was given Persons to write.
func (s Session) mayMerge() error {
	switch {
	case s.actor.Kind == access.System:
		return nil
	case s.actor.Kind == access.User && (s.actor.Role == access.RecordsOffice || s.actor.Role == access.Admin):
		return nil
	case s.actor.Kind == access.Client && access.Decide(s.actor, s.lens, access.Update, "Person").Allowed:
		return nil
	}
	return &Refused{Why: "that two records are one person's is for the records office to say"}
}

// SideOf names a Patient in the version that was read.
func SideOf(r Resource) Side {
	n, _ := strconv.Atoi(r.Version)
	return Side{r.ID, n}
}
