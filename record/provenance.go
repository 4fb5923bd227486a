package record

import (
	"net/url"
	"strconv"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/store"
)

// A Provenance says of what it is about (target), and of what that was made from
// (entity), that it is there, who wrote or signed it and when. So it is shown to whom
// something may be withheld only when all of that is shown, as it is labelled now: what
// becomes hidden takes its Provenance with it, and brings it back. What is not there, or
// there no more, is not shown; nor is why a label was taken off, which says that there
// was one. To search, another site's Provenance is not there. It
// lives in the record of the one patient of its targets (search.Extracted.About).

// hideProvenance says whether a row is a Provenance of something that the window does
// not show; deny are the labels that are hidden where the row is.
func (w *window) hideProvenance(row store.Row, deny uint64) bool {
	if row.Type != "Provenance" || row.ID == "" {
		return false
	}
	site := w.s.r.siteNo(row.Key.Site())
	if deny&^uint64(access.Care) == 0 && site != nil && site.Local {
		return false // all of the site is shown
	}
	if w.v == nil {
		return true
	}
	full, err := w.v.GetKey(row.Key) // the row may be without its body, or a past one
	if err != nil {
		return true
	}
	d, err := fhir.Parse(full.Body())
	if err != nil {
		return true
	}
	shown := !lessening(d.Root())
	about := func(ref fhir.Node) {
		if text := ref.Get("reference").Str(); shown && text != "" && text[0] != '#' {
			shown = w.showsRef(row.Key.Site(), text)
		}
	}
	for t := range d.Root().Get("target").Items() {
		about(t)
	}
	for e := range d.Root().Get("entity").Items() {
		about(e.Get("what"))
	}
	return !shown
}

// maxAbout bounds how many Provenance are told anew with one resource.
const maxAbout = 200

// about are the Provenance of a resource in its patient's record.
func (w *window) about(v *store.View, of store.Row) ([]store.Row, error) {
	q, err := ask("Provenance", url.Values{"target": {of.Type + "/" + of.ID}, "_count": {strconv.Itoa(maxAbout)}}.Encode())
	if err != nil {
		return nil, err
	}
	res, err := v.Search(store.Scope{Ranges: []store.KeyRange{store.PatientRange(of.Key)}}, q)
	return res.Matches, err
}

// showsRef says whether the window shows what a reference of a site's resource leads
// to. What it cannot follow it does not show.
func (w *window) showsRef(from store.SiteNo, text string) bool {
	ref, ok := parseRef(text)
	if !ok {
		var site *Site
		if site, ref, ok = w.elsewhere(text); !ok {
			return false
		}
		from = site.No
	}
	if ref.Type == "Provenance" { // one of another is looked at no further
		return false
	}
	row, err := w.v.Head(from, ref.Type, ref.ID)
	return err == nil && w.sees(row)
}
