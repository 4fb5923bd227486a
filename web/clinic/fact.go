package clinic

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
)

// factPage is one resource as it was written, with where it comes from.
type factPage struct {
	Title, Type string
	Lens        web.Lens // leads to the overviews: a fact stands in one chart
	Strip       *web.Completeness
	Tabs        web.Tabs
	Acts        []web.Button
	Badge       web.Badge
	Lines       []aboutLine // source, author, version, route
	Elements    []element
	More        string // elements beyond those shown
	Text        string // of a document in plain text
	Files       []file
	JSON        string
	Download    string
}

// element is one element of a resource in the standard's order and name.
type element struct {
	Name  string // in words
	FHIR  string // as the standard writes it
	Text  string
	Note  string // codes, the zone written, the number as recorded
	ISO   string
	Href  string
	Inner []element
}

// file is an attachment that is downloaded, never opened here.
type file struct{ Title, Href, Kind, Size string }

const (
	maxText     = 200 << 10
	maxJSON     = 300 << 10
	maxElements = 1500
	maxFile     = 64 << 20
)

// factOf reads the fact that the address names, if it is this patient's or of
// no patient: another patient's fact is not shown under this patient's name.
func (c *call) factOf() (record.Resource, error) {
	typ, id := c.R.PathValue("type"), c.R.PathValue("fact")
	if !fhir.IsResourceType(typ) || !fhir.IsID(id) {
		return record.Resource{}, record.ErrNotFound
	}
	res, err := c.Session(c.lens()).Read(c.R.Context(), typ, id)
	if errors.Is(err, record.ErrNotFound) && c.lens() == access.EHR && access.Decide(c.Actor, access.EHR, access.Read, "Patient").Allowed {
		// A link to a fact of a site that has not answered yet: its answer is waited for.
		if _, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", c.R.PathValue("id")); err != nil {
			return res, err
		}
		c.open(c.R.PathValue("id"), false, factWait)
		res, err = c.Session(c.lens()).Read(c.R.Context(), typ, id)
	}
	if err != nil {
		return res, err
	}
	if mine, err := c.concerns(res); err != nil || !mine {
		return record.Resource{}, errors.Join(record.ErrNotFound, err)
	}
	return res, nil
}

// concerns says whether a resource is of the patient in the address or of nobody.
func (c *call) concerns(res record.Resource) (bool, error) {
	patient := c.R.PathValue("id")
	if res.Type == "Patient" {
		if res.ID == patient {
			return true, nil
		}
		if c.Session(access.EMR).About("Patient/"+res.ID, patient) {
			return true, nil
		}
		links, err := c.Session(access.EMR).Links(c.R.Context(), patient)
		for _, l := range links {
			if l.State == record.Linked && l.Site != nil && res.Site != nil && l.Site.Slug == res.Site.Slug && strings.HasSuffix(res.ID, "."+l.Patient) {
				return c.lens() == access.EHR, nil
			}
		}
		return false, err
	}
	ex, err := search.Extract(res.Node())
	if err != nil {
		return false, err
	}
	if ex.Patient == nil {
		return true, nil
	}
	return (ex.Patient.Type == "" || ex.Patient.Type == "Patient") && c.Session(access.EMR).About("Patient/"+ex.Patient.ID, patient), nil
}

func (h *clinic) fact(c *call) {
	if _, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", c.R.PathValue("id")); err != nil {
		c.Failed(err)
		return
	}
	v, err := c.view() // first: what it asks for may be this fact
	if err != nil {
		c.Failed(err)
		return
	}
	res, err := c.factOf()
	if err != nil {
		c.Failed(err)
		return
	}
	n := res.Node()
	p := factPage{Title: titleOf(n), Type: res.Type, Lens: v.lensSwitch(""), Strip: v.strip(), Tabs: v.tabs("-"), Download: v.href("fact", res.Type, res.ID, "content", "json")}
	p.Acts = v.factActs(res)
	prov := chart.Prov{Source: v.sourceOf(res.Site), Type: res.Type, ID: res.ID, Version: res.Version, Author: res.Author}
	p.Badge = v.badge(prov)
	p.Badge.Href = ""
	if res.Site != nil {
		p.Lines = append(p.Lines, aboutLine{Label: "Source", Value: res.Site.Name, Badge: &p.Badge})
	}
	author := v.authorOf(res)
	if author == "" {
		author = "not recorded"
	}
	p.Lines = append(p.Lines, aboutLine{Label: "Written by", Value: author})
	p.Lines = append(p.Lines, aboutLine{Label: "Version", Value: res.Version + ", " + web.ExactText(res.Updated, v.Zone)})
	if p.Badge.Route != "" {
		p.Lines = append(p.Lines, aboutLine{Label: "Came here", Value: p.Badge.Route})
	}
	if n.Get("status").Str() == "entered-in-error" || n.Path("verificationStatus", "coding", "code").Str() == "entered-in-error" {
		p.Lines = append(p.Lines, aboutLine{Label: "State", Value: "this is not a fact", Pill: &web.Pill{Kind: web.Danger, Text: "entered in error"}})
	}
	for s := range n.Get("meta").Get("security").Items() {
		label := fhir.CodingOf(s)
		p.Lines = append(p.Lines, aboutLine{Label: "Sensitivity", Value: cmpOr(label.Display, label.Code), Pill: &web.Pill{Kind: web.Warning, Text: "restricted", Shape: web.Lock}})
	}
	r := &reader{v: v, self: res}
	p.Elements = r.object(n, res.Type, 0)
	if r.left > 0 {
		p.More = plural(r.left, "more element stands", "more elements stand") + " in the original below."
	}
	p.Text, p.Files = v.attachments(res)
	p.JSON = pretty(res.Body)
	v.frame(http.StatusOK, p.Title, factMain(p))
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// sourceOf is a site as the open chart names it.
func (v *view) sourceOf(s *record.Site) *chart.Source {
	if s == nil {
		return nil
	}
	for _, src := range v.chart.Sources {
		if src.Slug == s.Slug {
			return src
		}
	}
	return &chart.Source{Slug: s.Slug, Name: s.Name, State: s.State, Badge: s.Badge, Color: s.Color(), Own: s.Slug == v.Site.Slug, Base: s.Base}
}

// authorOf is who wrote a fact: as the resource itself says, else as the version does.
func (v *view) authorOf(res record.Resource) string {
	n := res.Node()
	for _, name := range []string{"recorder", "asserter", "author", "requester", "performer", "informant"} {
		for ref := range n.Get(name).Items() {
			if a := ref.Get("actor"); a.Exists() {
				ref = a
			}
			if d := ref.Get("display").Str(); d != "" {
				return d
			}
		}
	}
	return res.Author
}

// pretty is the JSON as it was written, indented: numbers and key order are untouched.
func pretty(body []byte) string {
	if len(body) > maxJSON {
		return ""
	}
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		return string(body)
	}
	return b.String()
}

// titleOf is what a resource is called.
func titleOf(n fhir.Node) string {
	for _, name := range []string{"code", "medicationCodeableConcept", "vaccineCode", "type", "description", "title", "name", "relationship", "category"} {
		x := n.Get(name)
		if x.Kind() == fhir.Array {
			x = x.Index(0)
		}
		switch x.Kind() {
		case fhir.String:
			return first(x.Str(), 120)
		case fhir.Object:
			if s := fhir.CodeableConceptOf(x).Label(); s != "" {
				return first(s, 120)
			}
			if s := fhir.HumanNameOf(x).String(); s != "" {
				return first(s, 120)
			}
		}
	}
	return words(n.ResourceType())
}

// words is a type's or element's name as words: "birthDate" is "Birth date".
func words(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' && i > 0 {
			b.WriteByte(' ')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return capital(b.String())
}

// content answers with one attachment of a fact, or with its JSON, as a
// download: nothing that came from a record is ever run or drawn by the browser.
func (h *clinic) content(c *call) {
	if _, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", c.R.PathValue("id")); err != nil {
		c.Failed(err)
		return
	}
	res, err := c.factOf()
	if err != nil {
		c.Failed(err)
		return
	}
	if c.R.PathValue("n") == "json" {
		c.download(res.Body, "application/fhir+json", res.Type+".json")
		return
	}
	n, err := strconv.Atoi(c.R.PathValue("n"))
	list := attachmentsOf(res.Node(), res.Type)
	if err != nil || n < 0 || n >= len(list) {
		c.Failed(record.ErrNotFound)
		return
	}
	data, kind, err := c.bytesOf(list[n])
	if err != nil {
		c.Failed(err)
		return
	}
	c.download(data, kind, fileName(list[n], kind))
}

func (c *call) download(data []byte, kind, name string) {
	web.SecurityHeaders(c.W)
	h := c.W.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Type", safeKind(kind))
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	http.ServeContent(c.W, c.R, "", time.Time{}, bytes.NewReader(data))
}

// safeKind keeps a media type that is one; what a browser might run is bytes.
func safeKind(kind string) string {
	kind, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(kind)), ";")
	if slices.Contains([]string{"application/pdf", "application/dicom", "application/fhir+json", "application/json", "text/plain", "text/csv", "image/jpeg", "image/png", "image/gif", "image/tiff"}, kind) {
		return kind
	}
	return "application/octet-stream"
}
