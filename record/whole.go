package record

import (
	"bytes"
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
	res := w.s.resource(row)
	if w.s.lens == access.EMR {
		return res
	}
	own := row.Key.Site() == w.s.site.No
	if !own {
		res.Site = w.s.r.siteNo(row.Key.Site())
	}
	if row.SourceVersion != "" {
		res.Version = row.SourceVersion
	}
	res.ID = outwardID(res.Site, own, row.ID, row.Key)
	if row.Deleted || own && !prefixed(row.ID) && !mentions(res.Body) {
		return res
	}
	d, err := fhir.Parse(res.Body)
	if err != nil {
		return res
	}
	var edits []fhir.Edit
	for ref := range fhir.References(d.Root()) {
		r, ok := parseRef(ref.Str())
		if !ok {
			continue
		}
		to := r.Type + "/" + outwardID(res.Site, own, r.ID, 0)
		if r.Type == "Patient" && !own && slices.ContainsFunc(w.panes, func(p pane) bool { return p.site == res.Site && p.patient == r.ID }) {
			to = "Patient/" + outwardID(w.s.site, true, w.panes[0].patient, 0)
		}
		if to != ref.Str() {
			from, end := ref.Span()
			edits = append(edits, fhir.Edit{From: from, To: end, Text: strconv.AppendQuote(nil, to)})
		}
	}
	body := fhir.Apply(res.Body, edits)
	if d, err = fhir.Parse(body); err == nil {
		body = fhir.WithMeta(d.Root(), res.ID, res.Version, res.Updated)
	}
	if !own && res.Site.Base != "" {
		body = withSource(body, res.Site.Base)
	}
	res.Body = body
	return res
}

// mentions says whether a body may hold a reference by an id that a whole
// record would misread as another site's.
func mentions(body []byte) bool {
	for {
		i := bytes.Index(body, []byte(`"reference":"`))
		if i < 0 {
			return false
		}
		body = body[i+len(`"reference":"`):]
		end := bytes.IndexByte(body, '"')
		if end < 0 {
			return false
		}
		if _, id, ok := bytes.Cut(body[:end], []byte{'/'}); ok && prefixed(string(id)) {
			return true
		}
	}
}

// withSource says in meta.source where a fact is from, when it does not say so itself.
func withSource(body []byte, base string) []byte {
	d, err := fhir.Parse(body)
	if err != nil {
		return body
	}
	meta := d.Root().Get("meta")
	if !meta.Exists() || meta.Get("source").Exists() {
		return body
	}
	_, end := meta.Span()
	return fhir.Apply(body, []fhir.Edit{{From: end - 1, To: end - 1, Text: strconv.AppendQuote([]byte(`,"source":`), base)}})
}

// search answers within the window.
func (w *window) search(v *store.View, q *search.Query) (*Page, error) {
	scope := w.scope
	if w.s.lens == access.EHR {
		switch {
		case len(w.panes) > 0:
			scope = w.whole()
			one := *q
			if err := w.here(&one, &scope); err != nil {
				return nil, err
			}
			q = &one
		case !access.Directory(q.Type) && q.Type != "Patient":
			return nil, invalid("business-rule", "", "the whole record is searched one patient at a time: give patient= or subject=")
		}
	}
	res, err := v.Search(scope, q)
	if err != nil {
		return nil, err
	}
	page := &Page{Next: res.Next, Total: res.Total, Missing: w.gaps}
	for _, row := range res.Matches {
		if w.sees(row) {
			page.Matches = append(page.Matches, w.show(row))
		}
	}
	for _, row := range res.Included {
		if w.sees(row) {
			page.Included = append(page.Included, w.show(row))
		}
	}
	return page, nil
}

// here says a question that names resources by a whole record's ids in the
// words of the site whose ids they are, and narrows the scope to that site.
func (w *window) here(q *search.Query, scope *store.Scope) error {
	var at *Site
	mixed := false
	own := func(typ, id string) string {
		if typ == "Patient" && id == w.panes[0].patient {
			return id
		}
		site, there := w.place(id)
		if site == nil || at != nil && at != site {
			mixed = true
			return id
		}
		at = site
		return there
	}
	q.Where = translate(q.Where, own)
	if mixed {
		return invalid("not-supported", "", "one question may name resources of one site only")
	}
	if at != nil {
		scope.Ranges = slices.DeleteFunc(slices.Clone(scope.Ranges), func(r store.KeyRange) bool { return r.From.Site() != at.No })
	}
	return nil
}

// translate renames the resources that conditions name.
func translate(conds []search.Cond, own func(typ, id string) string) []search.Cond {
	if conds == nil {
		return nil
	}
	out := make([]search.Cond, len(conds))
	for i, c := range conds {
		c.Spans = slices.Clone(c.Spans)
		for j, sp := range c.Spans {
			if sp.Target != nil {
				t := *sp.Target
				t.ID = own(t.Type, t.ID)
				c.Spans[j].Target = &t
			}
		}
		c.IDs = slices.Clone(c.IDs)
		for j, id := range c.IDs {
			c.IDs[j] = own("", id)
		}
		if c.Not != nil {
			c.Not = &translate([]search.Cond{*c.Not}, own)[0]
		}
		c.All, c.Any = translate(c.All, own), translate(c.Any, own)
		if c.Chain != nil {
			ch := *c.Chain
			ch.Where, c.Chain = translate(ch.Where, own), &ch
		}
		if c.Has != nil {
			h := *c.Has
			h.Where, c.Has = translate(h.Where, own), &h
		}
		out[i] = c
	}
	return out
}

// everything fills a page with a patient's compartment, pane after pane, and
// what it refers to that belongs to no patient.
func (w *window) everything(v *store.View, q Everything, page *Page) error {
	panes := w.panes
	if w.s.lens == access.EMR {
		own, err := v.Get(w.s.site.No, "Patient", q.Patient)
		if err != nil {
			return err
		}
		panes = []pane{{w.s.site, own.Key, own.ID, 0}}
	}
	var after store.Key
	if q.After != "" {
		n, err := strconv.ParseInt(q.After, 36, 64)
		if err != nil {
			return invalid("value", "", "this is not a paging link of ours")
		}
		after = store.Key(n)
	}
	page.Missing = w.gaps
	var shown []store.Row
	started := after == 0
	for _, p := range panes {
		if !started && !p.rng().Contains(after) {
			continue
		}
		at := p.rng().From - 1
		if !started {
			at, started = after, true
		}
		for {
			const step = 1000
			rows, err := v.Range(p.rng(), q.Types, at, step)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if len(page.Matches) == q.Count {
					page.Next = strconv.FormatInt(int64(at), 36)
					return w.outward(v, shown, q, page)
				}
				at = row.Key
				if row.Updated.Before(q.Since) || !w.sees(row) {
					continue
				}
				page.Matches = append(page.Matches, w.show(row))
				shown = append(shown, row)
			}
			if len(rows) < step {
				break
			}
		}
	}
	return w.outward(v, shown, q, page)
}

// outward adds the resources of no patient that a page refers to.
func (w *window) outward(v *store.View, shown []store.Row, q Everything, page *Page) error {
	keys, err := v.References(shown)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.PatientNumber() != 0 {
			continue
		}
		row, err := v.GetKey(k)
		if err != nil || !w.sees(row) || q.Types != nil && !slices.Contains(q.Types, row.Type) {
			continue
		}
		page.Included = append(page.Included, w.show(row))
	}
	return nil
}
