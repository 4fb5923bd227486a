package record

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/search"
	"wholechart/store"
)

// show is a row as the window's lens shows it. Through the whole record a
// resource of another site carries ids as outwardID makes them; references to
// the person's own Patient there become references to the Patient here, and
// absolute references between the sites' charts become references within the
// whole record.
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
	res.ID = w.outwardID(res.Site, own, row.Type, row.ID)
	w.tell(&row, res.Site, own)
	if row.Deleted || own && !w.moved(&row) && !prefixed(row.ID) && !mentions(res.Body) && !bytes.Contains(res.Body, []byte(chartPath)) {
		return res
	}
	d, err := fhir.Parse(res.Body)
	if err != nil {
		return res
	}
	edits := w.outwardRefs(d.Root(), res.Site)
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

// moved says whether an own row is shown as that of another record of the site,
// with which its own was merged.
func (w *window) moved(row *store.Row) bool {
	return len(w.panes) > 0 && row.Key.PatientNumber() != 0 && row.Key.Patient() != w.panes[0].key
}

// tell notes that a row of another site of this node is shown.
func (w *window) tell(row *store.Row, site *Site, own bool) {
	if !own && site.Local && row.Key.PatientNumber() != 0 {
		if w.told == nil {
			w.told = map[store.Key]int{}
		}
		w.told[row.Key.Patient()]++
	}
}

// outwardRefs are the edits that make a resource's references those of the
// whole record; from is the site whose fact it is.
func (w *window) outwardRefs(n fhir.Node, from *Site) []fhir.Edit {
	var edits []fhir.Edit
	patient := n.ResourceType() == "Patient" // which other it replaces is not herself
	for ref := range fhir.References(n) {
		site := from
		r, ok := parseRef(ref.Str())
		if !ok {
			if site, r, ok = w.elsewhere(ref.Str()); !ok {
				continue
			}
		}
		to := r.Type + "/" + w.outwardID(site, site.No == w.s.site.No, r.Type, r.ID)
		if r.Type == "Patient" && !patient && slices.ContainsFunc(w.panes, func(p pane) bool { return p.site.No == site.No && p.patient == r.ID }) {
			to = "Patient/" + w.outwardID(w.s.site, true, "Patient", w.panes[0].patient)
		}
		if to != ref.Str() {
			at, end := ref.Span()
			edits = append(edits, fhir.Edit{From: at, To: end, Text: strconv.AppendQuote(nil, to)})
		}
	}
	return edits
}

// chartPath is where a site's chart is, below its base URL.
const chartPath = "/emr/fhir/"

// elsewhere reads an absolute reference into the chart of one of the sites that
// the whole record is of. Other absolute references lead out of it and stay.
func (w *window) elsewhere(text string) (*Site, search.Ref, bool) {
	for _, p := range w.panes {
		if p.site.Base == "" {
			continue
		}
		if rest, ok := strings.CutPrefix(text, p.site.Base+chartPath); ok {
			r, ok := parseRef(rest)
			return p.site, r, ok
		}
	}
	return nil, search.Ref{}, false
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
	page := &Page{Next: res.Next, Total: res.Total}
	if res.Truncated {
		page.Missing = append(page.Missing, Gap{w.s.site, "more is referred to than one page includes: ask for fewer"})
	}
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
	n := namer{w: w}
	q.Where = n.all(q.Where)
	if n.mixed {
		return invalid("not-supported", "", "through the whole record a question names resources of one site, not by :not, and not beside values that name none")
	}
	if n.at != nil {
		scope.Ranges = slices.DeleteFunc(slices.Clone(scope.Ranges), func(r store.KeyRange) bool { return r.From.Site() != n.at.No })
	}
	return nil
}

// namer renames the resources that conditions name, and finds out whose they
// are. An id means something at its own site only: where a condition can be met
// at other sites too (what is not that resource, or that or something else), an
// answer from one would look like all of it, and the question is refused.
type namer struct {
	w     *window
	at    *Site // whose resources are named
	mixed bool
}

func (n *namer) name(typ, id string) string {
	site, there := n.w.place(id)
	if site == nil || n.at != nil && n.at != site {
		n.mixed = true
		return id
	}
	n.at = site
	return there
}

// self is the person herself, whom every site knows by its own name.
func (n *namer) self(r *search.Ref) bool {
	return r != nil && r.Type == "Patient" && r.ID == n.w.panes[0].patient
}

func (n *namer) all(conds []search.Cond) []search.Cond {
	if conds == nil {
		return nil
	}
	out := make([]search.Cond, len(conds))
	for i, c := range conds {
		out[i] = n.one(c)
	}
	return out
}

func (n *namer) one(c search.Cond) search.Cond {
	c.Spans = slices.Clone(c.Spans)
	named := 0
	for j, sp := range c.Spans {
		if sp.Target != nil && !n.self(sp.Target) {
			named++
			t := *sp.Target
			t.ID = n.name(t.Type, t.ID)
			c.Spans[j].Target = &t
		}
	}
	n.mixed = n.mixed || named > 0 && named < len(c.Spans)
	c.IDs = slices.Clone(c.IDs)
	for j, id := range c.IDs {
		c.IDs[j] = n.name("", id)
	}
	if c.Not != nil {
		inside := namer{w: n.w}
		not := inside.one(*c.Not)
		c.Not, n.mixed = &not, n.mixed || inside.mixed || inside.at != nil
	}
	c.All = n.all(c.All)
	if len(c.Any) > 0 {
		c.Any = slices.Clone(c.Any)
		named := 0
		for j := range c.Any {
			branch := namer{w: n.w, at: n.at}
			fresh := namer{w: n.w}
			if fresh.one(c.Any[j]); fresh.at != nil {
				named++
			}
			c.Any[j] = branch.one(c.Any[j])
			n.at, n.mixed = branch.at, n.mixed || branch.mixed
		}
		n.mixed = n.mixed || named > 0 && named < len(c.Any)
	}
	if c.Chain != nil {
		ch := *c.Chain
		ch.Where, c.Chain = n.all(ch.Where), &ch
	}
	if c.Has != nil {
		h := *c.Has
		h.Where, c.Has = n.all(h.Where), &h
	}
	return c
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
		panes = w.chart(own)
	}
	var after store.Key
	if q.After != "" {
		var err error
		if after, err = w.s.r.store.OpenKey(q.After); err != nil {
			return invalid("value", "", "this is not a paging link of ours")
		}
	}
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
		since, err := w.since(v, p, panes[0], q.Since)
		if err != nil {
			return err
		}
		for {
			const step = 1000
			rows, err := v.Range(p.rng(), q.Types, at, step)
			if err != nil {
				return err
			}
			for _, row := range rows {
				at = row.Key
				if row.Updated.Before(since) {
					if came, err := v.Arrived(row); err != nil {
						return err
					} else if came.Before(since) {
						continue
					}
				}
				if !w.sees(row) {
					continue
				}
				if len(page.Matches) == q.Count { // there is more, and not only what is hidden
					page.Next = w.s.r.store.SealKey(shown[len(shown)-1].Key)
					return w.outward(v, shown, q, page)
				}
				page.Matches = append(page.Matches, w.show(row))
				shown = append(shown, row)
			}
			if len(rows) < step {
				break
			}
		}
	}
	if !started { // the record it led to was unlinked or withdrawn meanwhile: not to be mistaken for the end
		return invalid("value", "", "what this paging link led to is no longer part of the record: begin again")
	}
	return w.outward(v, shown, q, page)
}

// since is from when on facts of a pane are new to who asked for what is new: all
// of a record that was joined to the person's since then, or whose consents
// changed. More than is new does no harm; less would.
func (w *window) since(v *store.View, p, own pane, since time.Time) (time.Time, error) {
	if since.IsZero() || p.key == own.key {
		return since, nil
	}
	for _, k := range []store.Key{p.key, own.key} {
		link, err := v.PersonOf(k)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return since, err
		}
		if err == nil && !link.At.Before(since) {
			return time.Time{}, nil
		}
	}
	if !p.site.Local || p.site == w.s.site {
		return since, nil
	}
	consents, err := v.Range(p.rng(), []string{"Consent"}, p.rng().From-1, maxConsents)
	if err != nil {
		return since, err
	}
	for _, row := range consents {
		if !row.Updated.Before(since) {
			return time.Time{}, nil
		}
	}
	return since, nil
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
