package record

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/fhir"
	"wholechart/store"
)

// FactsAt are the facts of a patient's chart as they were at a past moment: of
// every resource the version that was current then, of who may see both it and
// what it became. What belongs to no patient (a practitioner's name) is as it is
// now. Only the chart has a past: a whole record's is its sources'.
//
// The note in the log is History's, one however much is read.
func (s Session) FactsAt(ctx context.Context, patient string, at time.Time) (*Facts, error) {
	d, err := s.decide(access.History, "Patient", patient)
	if err != nil {
		return nil, err
	}
	if s.lens != access.EMR {
		return nil, invalid("not-supported", "", "history is of a chart: ask the source site's")
	}
	out := &Facts{}
	var of store.Key
	err = s.r.store.View(ctx, func(v *store.View) error {
		w, err := s.window(v, d, "")
		if err != nil {
			return err
		}
		own, err := v.Get(s.site.No, "Patient", patient)
		if err != nil {
			return err
		}
		if !w.sees(own) || !w.within(own) {
			return store.ErrNotFound
		}
		of = own.Key
		scope := w.scope
		if scope.Ranges, err = w.then(v, own, at); err != nil {
			return err
		}
		return w.factsAt(ctx, v, scope, at, out)
	})
	s.note(audit.Event{Action: "history", Type: "Patient", ID: patient, Key: of, Count: len(out.List), Outcome: outcome(err)})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// then are the records that were one with a patient's at a past moment.
func (w *window) then(v *store.View, own store.Row, at time.Time) ([]store.KeyRange, error) {
	said := map[string]claim{}
	keys := map[string]store.Key{}
	of := func(id string) (claim, error) {
		if c, ok := said[id]; ok {
			return c, nil
		}
		k, err := v.Key(w.s.site.No, "Patient", id)
		if err != nil {
			said[id] = claim{}
			return claim{}, nil
		}
		rows, _, err := v.History(store.Scope{Ranges: []store.KeyRange{store.PatientRange(k)}}, store.HistoryFilter{Type: "Patient", ID: id, At: at, Count: 1})
		if err != nil {
			return claim{}, err
		}
		var c claim
		if len(rows) > 0 && !rows[0].Deleted {
			c, _ = claimOf(k, id, rows[0].Body())
		}
		said[id], keys[id] = c, k
		return c, nil
	}
	out := []string{own.ID}
	for i := 0; i < len(out) && !w.s.apart; i++ {
		me, err := of(out[i])
		if err != nil {
			return nil, err
		}
		for _, id := range union(me.by, me.over) {
			other, err := of(id)
			if err != nil {
				return nil, err
			}
			agree := slices.Contains(me.over, id) && slices.Contains(other.by, out[i]) || slices.Contains(me.by, id) && slices.Contains(other.over, out[i])
			if agree && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	ranges := []store.KeyRange{store.PatientRange(own.Key)}
	for _, id := range out[1:] {
		ranges = append(ranges, store.PatientRange(keys[id]))
	}
	slices.SortFunc(ranges, func(a, b store.KeyRange) int { return cmp.Compare(a.From, b.From) })
	return ranges, nil
}

// factsPage is how many versions are read at once.
const factsPage = 5000

func (w *window) factsAt(ctx context.Context, v *store.View, scope store.Scope, at time.Time, out *Facts) error {
	there, refs := false, map[string]bool{}
	var keys []store.Key // of out.List
	filter := store.HistoryFilter{At: at, Count: factsPage}
	for {
		rows, next, err := v.History(scope, filter)
		if err != nil {
			return err
		}
		for i := range rows {
			row := &rows[i]
			if row.Deleted || !w.sees(*row) {
				continue
			}
			doc, err := parsedRow(row)
			if err != nil {
				return err
			}
			there = there || row.Type == "Patient"
			for ref := range fhir.References(doc.Root()) {
				if s := ref.Str(); s != "" {
					refs[s] = true
				}
			}
			out.List, keys = append(out.List, w.fact(row, doc)), append(keys, row.Key)
		}
		if len(out.List) > maxFacts {
			return invalid("too-costly", "", "this record is longer than can be read at once")
		}
		if next == "" {
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		filter.After = next
	}
	if !there {
		return store.ErrNotFound // nobody knew this patient then
	}
	sort.Sort(byKey{keys, out.List}) // in the order of Facts, whenever they were last written
	for s := range refs {
		ref, ok := parseRef(s)
		if !ok {
			continue
		}
		row, err := v.Get(w.s.site.No, ref.Type, ref.ID)
		if err != nil || row.Key.PatientNumber() != 0 || !w.sees(row) {
			continue
		}
		doc, err := parsedRow(&row)
		if err != nil {
			return err
		}
		out.List = append(out.List, w.fact(&row, doc))
	}
	return nil
}

type byKey struct {
	keys []store.Key
	list []Fact
}

func (b byKey) Len() int           { return len(b.keys) }
func (b byKey) Less(i, j int) bool { return b.keys[i] < b.keys[j] }
func (b byKey) Swap(i, j int) {
	b.keys[i], b.keys[j] = b.keys[j], b.keys[i]
	b.list[i], b.list[j] = b.list[j], b.list[i]
}

func parsedRow(row *store.Row) (*fhir.Doc, error) {
	if err := row.Unpack(); err != nil {
		return nil, err
	}
	return fhir.Parse(row.Body())
}
