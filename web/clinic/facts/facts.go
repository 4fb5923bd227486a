// Package facts is where clinicians write what a chart holds about a person:
// problems, medicines as reported, allergies, immunisations, procedures, family
// and social history, implants, goals and care plans; and where they bring facts
// of other sites into the own chart. What is there stands in the middle, what
// is written at the side. Package chart/entry makes the resources.
package facts

import (
	_ "embed"
	"errors"
	"net/url"
	"strings"

	"wholechart/access"
	"wholechart/chart/entry"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

var (
	//go:embed facts.css
	sheet []byte
	//go:embed facts.js
	module []byte
)

type room struct {
	*clinic.Pages
	sheet, module string
}

// Register adds the pages to those of the clinicians.
func Register(p *clinic.Pages) {
	h := &room{Pages: p, sheet: p.File("facts.css", sheet), module: p.File("facts.js", module)}
	const patient = "/{site}/patients/{id}/"
	p.Handle("GET /{site}/code/{kind}", h.codes)
	p.Handle("GET "+patient+"enter/social", h.social)
	p.Handle("POST "+patient+"enter/social", h.saveSocial)
	p.Handle("GET "+patient+"enter/{kind}", h.enter)
	p.Handle("POST "+patient+"enter/{kind}", h.create)
	p.Handle("GET "+patient+"enter/{kind}/{rid}", h.enter)
	p.Handle("POST "+patient+"enter/{kind}/{rid}", h.change)
	p.Handle("GET "+patient+"whole/reconcile", h.reconcile)
	p.Handle("POST "+patient+"whole/reconcile", h.decide)
	p.AddActs(clinic.Acts{Section: Links, Picture: picture, Fact: func(c *door.Call, base string, r record.Resource) []web.Button {
		href := EditHref(base, r)
		if k, ok := entry.KindFor(r.Node()); href == "" || !ok || !c.Can(access.Update, k.Type) {
			return nil
		}
		return []web.Button{{Label: "Edit", Href: href, Key: "e", Primary: true}}
	}})
	for _, k := range entry.Kinds() {
		if k.Code() != "" {
			continue
		}
		p.Commands = append(p.Commands, door.Command{Label: k.Add, Words: "enter new write record " + k.Type, Patient: true,
			Can:  func(c *door.Call) bool { return c.Can(access.Create, k.Type) },
			Path: func(c *door.Call, patient string) string { return c.PatientPath(patient, access.EMR, "enter", k.Slug) }})
	}
	p.Commands = append(p.Commands,
		door.Command{Label: "Social history", Words: "smoking alcohol occupation enter write", Patient: true, Can: func(c *door.Call) bool { return c.Can(access.Create, "Observation") },
			Path: func(c *door.Call, patient string) string {
				return c.PatientPath(patient, access.EMR, "enter", "social")
			}},
		door.Command{Label: "Bring in outside facts", Words: "reconcile other sites", Patient: true, Can: func(c *door.Call) bool { return c.Can(access.Create, "Condition") },
			Path: func(c *door.Call, patient string) string { return c.PatientPath(patient, access.EHR, "reconcile") }})
}

// sectionOf is the section of the chart where a kind is read.
var sectionOf = map[string]string{"problem": "problems", "medicine": "medicines", "allergy": "allergies", "immunisation": "immunisations", "procedure": "procedures",
	"family": "family", "device": "procedures", "goal": "problems", "care-plan": "problems"}

// Links are the buttons that lead to what can be written in a section of the
// chart (its slug: problems, medicines, allergies, immunisations, procedures,
// family, about, outside), for who may write it. base is the address of the
// patient's chart, Patient.ChartHref().
func Links(c *door.Call, base, section string) []web.Button {
	var out []web.Button
	for _, k := range entry.Kinds() {
		if sectionOf[k.Slug] == section && c.Can(access.Create, k.Type) {
			b := web.Button{Label: k.Add, Href: base + "/enter/" + k.Slug}
			if len(out) == 0 {
				b.Key = "a"
			}
			out = append(out, b)
		}
	}
	if section == "about" && c.Can(access.Create, "Observation") {
		out = append(out, web.Button{Label: "Social history", Href: base + "/enter/social", Key: "a"})
	}
	if section == "outside" && c.Can(access.Create, "Condition") {
		out = append(out, web.Button{Label: "Bring in", Href: base + "/whole/reconcile", Key: "b", Primary: true})
	}
	return out
}

// EditHref is where a fact of the own chart is edited; "" when no form knows it.
// base is the address of the patient's chart.
func EditHref(base string, r record.Resource) string {
	k, ok := entry.KindFor(r.Node())
	if !ok || entry.IsWithdrawn(r.Node()) {
		return ""
	}
	return base + "/enter/" + k.Slug + "/" + url.PathEscape(r.ID)
}

// context is for whom, by whom and when something is written.
func context(c *door.Call, p *clinic.Patient) entry.Context {
	return entry.Context{Patient: p.ID(), Birth: p.Chart().Patient.Birth.ISO, Who: c.Actor.Who, Name: c.Actor.Name, Now: c.Now, Zone: c.Zone}
}

func find(c *door.Call, typ string, q url.Values) ([]record.Resource, error) {
	parsed, err := search.Parse(typ, q, search.Options{DefaultCount: most, Now: c.Now})
	if err != nil {
		return nil, err
	}
	page, err := c.Session(access.EMR).Search(c.R.Context(), parsed)
	if err != nil {
		return nil, err
	}
	return page.Matches, nil
}

// most bounds the facts of one kind that a page lists.
const most = 200

// own are the facts of a kind in the own chart, and the statements that there
// is none or that nobody asked.
func own(c *door.Call, patient string, k *entry.Kind) (facts, none []record.Resource, err error) {
	q := url.Values{"patient": {patient}}
	if k.Code() != "" {
		q.Set("code", "http://loinc.org|"+k.Code())
	}
	list, err := find(c, k.Type, q)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range list {
		n := r.Node()
		switch {
		case !k.Handles(n):
		case entry.Denies(n) != "":
			none = append(none, r)
		case entry.IsWithdrawn(n), n.Path("verificationStatus", "coding", "code").Is("refuted"):
		default:
			facts = append(facts, r)
		}
	}
	lists, err := find(c, "List", url.Values{"patient": {patient}})
	var refused *record.Refused
	if err != nil && !errors.As(err, &refused) {
		return nil, nil, err
	}
	for _, r := range lists {
		if entry.SaysNotAsked(r.Node()) == k.Slug {
			none = append(none, r)
		}
	}
	return facts, none, nil
}

// author is how who wrote a version is called.
func (h *room) author(c *door.Call, ref string) string {
	typ, id, ok := strings.Cut(ref, "/")
	if !ok || typ != "Practitioner" {
		if strings.ContainsRune(ref, ':') || ref == "" {
			return "the system"
		}
		return ref
	}
	if ref == c.Actor.Who && c.Actor.Name != "" {
		return c.Actor.Name
	}
	r, err := c.Session(access.EMR).Read(c.R.Context(), typ, id)
	if err != nil {
		return id
	}
	n := r.Node().Get("name").Index(0)
	if t := n.Get("text").Str(); t != "" {
		return t
	}
	name := strings.TrimSpace(n.Get("given").Index(0).Str() + " " + n.Get("family").Str())
	if s := n.Get("suffix").Index(0).Str(); s != "" && name != "" {
		name += ", " + s
	}
	if name == "" {
		return id
	}
	return name
}

func notFound(c *door.Call) { c.Failed(record.ErrNotFound) }
