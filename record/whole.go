package record

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/search"
	"wholechart/store"
)

// show is a row as the window's lens shows it. Through the whole record a
// resource of another site carries ids as outwardID makes them; references to
// the person's own Patient there become references to the Patient here.
func (w *window) show(row store.Row) Resource {
	site := w.s.site
	if row.Key.Site() != site.No {
		site = w.s.r.siteNo(row.Key.Site())
	}
	res := w.s.resource(row)
	res.Site = site
	if w.s.lens == access.EMR || row.Deleted {
		return res
	}
	if row.Source != "" {
		res.Version = row.Source
	}
	own := site == w.s.site
	res.ID = outwardID(site, own, row.ID, row.Key)
	if own && !prefixed(row.ID) && !bytes.Contains(res.Body, []byte(`.`)) {
		return res
	}
	d, err := fhir.Parse(res.Body)
	if err != nil {
		return res
	}
	var edits []fhir.Edit
	for ref := range fhir.References(d.Root()) {
		r, ok := search.ParseRef(ref.Str())
		if !ok {
			continue
		}
		to := r.Type + "/" + outwardID(site, own, r.ID, 0)
		if r.Type == "Patient" && !own && slices.ContainsFunc(w.panes, func(p pane) bool { return p.site == site && p.patient == r.ID }) {
			to = "Patient/" + outwardID(w.s.site, true, w.panes[0].patient, 0)
		}
		if to != r.Type+"/"+r.ID {
			from, end := ref.Span()
			edits = append(edits, fhir.Edit{From: from, To: end, Text: strconv.AppendQuote(nil, to)})
		}
	}
	body := fhir.Apply(res.Body, edits)
	if d, err = fhir.Parse(body); err == nil {
		body = fhir.WithMeta(d.Root(), res.ID, res.Version, res.Updated)
		if !own && site.Base != "" {
			if d, err = fhir.Parse(body); err == nil {
				body = fhir.WithSource(d.Root(), site.Base)
			}
		}
	}
	res.Body = body
	return res
}

// search answers within the window.
func (w *window) search(ctx context.Context, v *store.View, q *search.Query) (*Page, error) {
	if w.s.lens == access.EHR && len(w.panes) > 0 {
		return w.searchWhole(ctx, v, q)
	}
	if w.s.lens == access.EHR && access.Clinical(q.Type) {
		return nil, invalid("business-rule", "", "the whole record is searched one patient at a time: give patient= or subject=")
	}
	res, err := v.Search(ctx, w.scope, q)
	if err != nil {
		return nil, err
	}
	page := &Page{Next: res.Next, Total: res.Total}
	for _, m := range res.Matches {
		page.Matches = append(page.Matches, w.show(m.Row))
	}
	for _, row := range res.Included {
		page.Included = append(page.Included, w.show(row))
	}
	return page, nil
}

// searchWhole asks each pane and merges by the sort.
func (w *window) searchWhole(ctx context.Context, v *store.View, q *search.Query) (*Page, error) {
	from := map[string]string{} // site and patient → place to go on from
	if q.After != "" {
		raw, err := base64.RawURLEncoding.DecodeString(q.After)
		if err != nil || json.Unmarshal(raw, &from) != nil {
			return nil, invalid("value", "", "this is not a paging link of ours")
		}
	}
	type hit struct {
		pane  int
		match store.Match
	}
	var hits []hit
	page := &Page{Missing: w.gaps}
	next := map[string]string{}
	more := false
	included := map[store.Key]store.Row{}
	for i, p := range w.panes {
		name := strconv.FormatInt(int64(p.key), 36)
		next[name] = from[name]
		if from[name] == "\x00end" {
			continue
		}
		one := *q
		var ok bool
		if one.Where, ok = w.translate(q.Where, p); !ok {
			continue
		}
		one.Patient, one.After = &search.Ref{Type: "Patient", ID: p.patient}, from[name]
		res, err := v.Search(ctx, store.Scope{Ranges: []store.KeyRange{p.rng}, Types: w.scope.Types}, &one)
		if err != nil {
			return nil, err
		}
		if res.Total >= 0 && page.Total >= 0 {
			page.Total += res.Total
		} else {
			page.Total = -1
		}
		more = more || res.Next != ""
		for _, m := range res.Matches {
			hits = append(hits, hit{i, m})
		}
		for _, row := range res.Included {
			included[row.Key] = row
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return store.ComparePlaces(a.match.Place, b.match.Place) })
	if q.Count > 0 && len(hits) > q.Count {
		hits, more = hits[:q.Count], true
	}
	for _, h := range hits {
		page.Matches = append(page.Matches, w.show(h.match.Row))
		next[strconv.FormatInt(int64(w.panes[h.pane].key), 36)] = h.match.Place
	}
	for _, row := range included {
		if w.sees(row) {
			page.Included = append(page.Included, w.show(row))
		}
	}
	slices.SortFunc(page.Included, func(a, b Resource) int { return int(a.key - b.key) })
	if more {
		raw, err := json.Marshal(next)
		if err != nil {
			return nil, err
		}
		page.Next = base64.RawURLEncoding.EncodeToString(raw)
	}
	return page, nil
}

// translate says a whole record's conditions in one site's words: ids of other
// sites never match there, the person's Patient is that site's.
func (w *window) translate(conds []search.Cond, p pane) ([]search.Cond, bool) {
	out := make([]search.Cond, 0, len(conds))
	for _, c := range conds {
		t, ok := w.translateOne(c, p)
		if !ok {
			return nil, false
		}
		out = append(out, t)
	}
	return out, true
}

func (w *window) translateOne(c search.Cond, p pane) (search.Cond, bool) {
	own := func(typ, id string) (string, bool) {
		if typ == "Patient" && id == w.panes[0].patient {
			return p.patient, true
		}
		site, there := w.place(id)
		return there, site == p.site
	}
	switch {
	case c.Spans != nil:
		var spans []search.Span
		for _, sp := range c.Spans {
			if sp.Target != nil {
				id, ok := own(sp.Target.Type, sp.Target.ID)
				if !ok {
					continue
				}
				t := *sp.Target
				t.ID, sp.Target = id, &t
			}
			spans = append(spans, sp)
		}
		c.Spans = spans
		return c, len(spans) > 0
	case c.IDs != nil:
		var ids []string
		for _, id := range c.IDs {
			if there, ok := own("", id); ok {
				ids = append(ids, there)
			}
		}
		c.IDs = ids
		return c, len(ids) > 0
	case c.Not != nil:
		inner, ok := w.translateOne(*c.Not, p)
		if !ok { // what it excludes is not here
			return search.Cond{All: []search.Cond{}}, true
		}
		c.Not = &inner
	case c.All != nil:
		inner, ok := w.translate(c.All, p)
		c.All = inner
		return c, ok
	case c.Any != nil:
		var any []search.Cond
		for _, o := range c.Any {
			if t, ok := w.translateOne(o, p); ok {
				any = append(any, t)
			}
		}
		c.Any = any
		return c, len(any) > 0
	case c.Chain != nil:
		inner, ok := w.translate(c.Chain.Where, p)
		ch := *c.Chain
		ch.Where, c.Chain = inner, &ch
		return c, ok
	case c.Has != nil:
		inner, ok := w.translate(c.Has.Where, p)
		h := *c.Has
		h.Where, c.Has = inner, &h
		return c, ok
	}
	return c, true
}

// everything fills a page with a patient's compartment, pane after pane, and
// what it refers to that belongs to no patient.
func (w *window) everything(ctx context.Context, v *store.View, q Everything, page *Page) error {
	panes := w.panes
	if w.s.lens == access.EMR {
		own, err := v.Get(w.s.site.No, "Patient", q.Patient)
		if err != nil {
			return err
		}
		panes = []pane{{w.s.site, own.Key, own.ID, store.PatientRange(own.Key)}}
	}
	after := store.Key(0)
	if q.After != "" {
		n, err := strconv.ParseInt(q.After, 36, 64)
		if err != nil {
			return invalid("value", "", "this is not a paging link of ours")
		}
		after = store.Key(n)
	}
	page.Missing = w.gaps
	refs := map[store.Key]bool{}
	left := q.Count
	started := after == 0
	for i, p := range panes {
		if !started {
			if after < p.rng.From || after >= p.rng.To {
				continue
			}
			started = true
		}
		for {
			rows, err := v.Range(ctx, p.rng, q.Types, after, min(left+1, 2000))
			if err != nil {
				return err
			}
			for _, row := range rows {
				if left == 0 {
					page.Next = strconv.FormatInt(int64(after), 36)
					return w.outward(v, refs, q, page)
				}
				after = row.Key
				if row.Deleted || row.Updated.Before(q.Since) || !w.sees(row) {
					continue
				}
				page.Matches = append(page.Matches, w.show(row))
				left--
				for _, k := range row.Refs() {
					if k.PatientNo() == 0 {
						refs[k] = true
					}
				}
			}
			if len(rows) == 0 {
				break
			}
		}
		if i+1 < len(panes) {
			after = panes[i+1].rng.From - 1
		}
	}
	return w.outward(v, refs, q, page)
}

// outward adds the resources of no patient that a page refers to.
func (w *window) outward(v *store.View, refs map[store.Key]bool, q Everything, page *Page) error {
	keys := make([]store.Key, 0, len(refs))
	for k := range refs {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		row, err := v.ByKey(k)
		if err != nil || row.Deleted || !w.sees(row) || q.Types != nil && !slices.Contains(q.Types, row.Type) {
			continue
		}
		page.Included = append(page.Included, w.show(row))
	}
	return nil
}
