package exchange

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
)

// The extensions of our two operations (docs/conformance/operations.md).
const (
	extNext     = "https://wholechart.example/changes-next"
	extTerms    = "https://wholechart.example/changes-terms"
	extMerged   = "https://wholechart.example/changes-merged"
	extWithheld = "https://wholechart.example/changes-withheld"
	extAuthor   = "https://wholechart.example/author"
	extLocated  = "https://wholechart.example/match-located"
	extAlsoAt   = "https://wholechart.example/match-also-at"
	extGrade    = "http://hl7.org/fhir/StructureDefinition/match-grade"
)

// changes are what a peer told of one patient, all pages.
type changes struct {
	copies   []record.Copy
	next     string // the place to go on from
	terms    string
	withheld uint64 // labels that the peer keeps back
	mixed    bool   // the terms changed between two pages
}

// changes asks for everything after a place in the peer's log.
func (c *conversation) changes(ctx context.Context, patient, after string) (*changes, error) {
	var all changes
	total := 0
	for page := 0; ; page++ {
		path := "Patient/" + patient + "/$changes?after=" + url.QueryEscape(after) + "&_count=" + strconv.Itoa(pageSize)
		doc, err := c.fhir(ctx, http.MethodGet, path, nil, maxPage)
		if err != nil {
			return nil, err
		}
		one, more, err := readChanges(doc.Root(), patient)
		if err != nil {
			return nil, err
		}
		if page > 0 && one.terms != all.terms {
			all.mixed = true
		}
		all.terms, all.withheld, all.next = one.terms, one.withheld, one.next
		all.copies = append(all.copies, one.copies...)
		if !more || all.mixed {
			return &all, nil
		}
		if total += len(doc.Bytes()); one.next == after || page == maxPages || len(all.copies) > maxCopies || total > maxTotal {
			return nil, misunderstood
		}
		after = one.next
	}
}

// readChanges reads one page of a patient's changes and checks it: resources of
// that patient's record, of one that the peer says it merged with it, or of a
// directory, and nothing else.
func readChanges(b fhir.Node, patient string) (out changes, more bool, err error) {
	if b.ResourceType() != "Bundle" || !b.Get("type").Is("history") {
		return out, false, misunderstood
	}
	of := []string{patient} // the records that are one there
	for e := range b.Get("meta").Get("extension").Items() {
		value := e.Get("valueString").Str()
		switch e.Get("url").Str() {
		case extNext:
			out.next = value
		case extTerms:
			out.terms = value
		case extMerged:
			if !fhir.IsID(value) || len(of) > maxMerged {
				return out, false, misunderstood
			}
			of = append(of, value)
		case extWithheld:
			if out.withheld, err = strconv.ParseUint(value, 36, 64); err != nil {
				return out, false, misunderstood
			}
		}
	}
	if n, err := strconv.ParseInt(out.next, 10, 64); err != nil || n < 0 || len(out.terms) > 100 || strings.Contains(out.terms, ":") {
		return out, false, misunderstood
	}
	for l := range b.Get("link").Items() {
		more = more || l.Get("relation").Is("next")
	}
	for e := range b.Get("entry").Items() {
		c, err := readChange(e, of)
		if err != nil {
			return out, false, err
		}
		out.copies = append(out.copies, c)
	}
	return out, more, nil
}

// maxMerged is how many records a peer may have merged into one.
const maxMerged = 64

func readChange(e fhir.Node, of []string) (c record.Copy, err error) {
	request, response := e.Get("request"), e.Get("response")
	typ, id, version, ok := fhir.Relative(request.Get("url").Str())
	if !ok || version != "" {
		return c, misunderstood
	}
	etag := response.Get("etag").Str()
	c = record.Copy{Type: typ, ID: id, Version: strings.TrimSuffix(strings.TrimPrefix(etag, `W/"`), `"`), Updated: instant(response.Get("lastModified").Str())}
	for x := range response.Get("extension").Items() {
		if x.Get("url").Is(extAuthor) {
			c.Author = x.Get("valueString").Str()
		}
	}
	if !fhir.IsID(c.Version) || c.Updated.IsZero() || len(c.Author) > 1000 {
		return c, misunderstood
	}
	res := e.Get("resource")
	if request.Get("method").Is("DELETE") && !res.Exists() {
		return c, nil
	}
	if !request.Get("method").Is("PUT") || res.ResourceType() != typ || res.ID() != id {
		return c, misunderstood
	}
	if c.Body, err = fhir.Parse(append([]byte(nil), res.Raw()...)); err != nil {
		return c, misunderstood
	}
	ex, err := search.Extract(c.Body.Root())
	if err != nil {
		return c, misunderstood
	}
	switch {
	case typ == "Patient":
		ok = slices.Contains(of, id)
	case len(ex.About) > 0: // whose that is the gate looks up, when it keeps it (record.Session.Receive)
		ok = ex.Patient == nil || slices.Contains(of, ex.Patient.ID)
	case ex.Patient != nil:
		ok = ex.Patient.Type == "Patient" && slices.Contains(of, ex.Patient.ID)
	default:
		ok = access.Directory(typ) && ex.Labels == 0
	}
	if !ok {
		return c, misunderstood
	}
	return c, nil
}
