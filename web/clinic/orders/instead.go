package orders

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// usedOf is a fact of the record, as the whole record names it, as an order's page
// and other sites are told of it.
func usedOf(c *door.Call, e rule.Evidence) order.Used {
	u := order.Used{Name: e.Text, Type: e.Prov.Type, ID: e.Prov.ID}
	if e.When.Known() {
		u.Day = e.When.String()
		if day, err := time.Parse(time.DateOnly, e.When.Day()); err == nil {
			u.Day = day.Format("2 Jan 2006")
		}
	}
	src := e.Prov.Source
	if src == nil || src.Own {
		return u
	}
	u.Site, u.SiteName, u.Version, u.ID = src.Slug, src.Name, e.Prov.Version, ""
	if s, err := c.Records.Site(src.Slug); err == nil {
		u.Base = s.Base
		if id, ok := strings.CutPrefix(e.Prov.ID, sitePrefix(s)); ok && !strings.HasPrefix(id, ".") { // else the whole record's own name for an id that is too long
			u.ID = id
		}
	}
	return u
}

// sitePrefix begins the ids of another site's facts in the whole record (docs/adr/0002).
func sitePrefix(s *record.Site) string { return strconv.FormatInt(int64(s.No), 36) + "." }

// usedHref leads to a fact that was used instead: in this chart, or in the whole
// record, where who reads may see it or not. "" when it has no address here.
func usedHref(c *door.Call, patient string, u order.Used) string {
	switch {
	case u.ID == "":
		return ""
	case u.Site == "" || u.Site == c.Site.Slug:
		return c.PatientPath(patient, access.EMR, "fact", u.Type, u.ID)
	}
	s, err := c.Records.Site(u.Site)
	if err != nil {
		return ""
	}
	return c.PatientPath(patient, access.EHR, "fact", u.Type, sitePrefix(s)+u.ID)
}

// instead leaves a draft unordered because of what is there, and says so in the
// chart. said is the sentence, undo what takes it back.
func (r *room) instead(c *door.Call, l *line, k *rule.Card, use []rule.Evidence) (said string, undo *web.Undo, labelled bool, err error) {
	res, err := draftOf(c, l.Ref)
	if err != nil {
		return "", nil, false, err
	}
	if res.Version != l.O.Version {
		return "", nil, false, &record.VersionConflict{}
	}
	var used []order.Used
	for i, e := range use {
		if slices.ContainsFunc(use[:i], func(o rule.Evidence) bool { return o.Prov.Ref() == e.Prov.Ref() }) {
			continue
		}
		fact, err := c.Session(access.EHR).Read(c.R.Context(), e.Prov.Type, e.Prov.ID)
		if errors.Is(err, record.ErrNotFound) || errors.As(err, new(*record.Gone)) { // no longer there to be used
			return "", nil, false, &record.VersionConflict{}
		}
		if err != nil {
			return "", nil, false, err
		}
		u := usedOf(c, e)
		for l := range fact.Node().Get("meta").Get("security").Items() {
			u.Labels = append(u.Labels, fhir.CodingOf(l))
		}
		used = append(used, u)
	}
	a, err := order.UseInstead(res.Node(), k.Rule.ID, k.Rule.Title, used, by(c))
	if err != nil {
		return "", nil, false, err
	}
	out, err := c.Session(access.EMR).Transact(c.R.Context(), []record.Act{a})
	if err != nil {
		return "", nil, false, err
	}
	i, _ := order.ReadInstead(out[0].Resource.Node())
	// What has a label now keeps it when it is a draft again: restore does that.
	return l.O.Title() + " not ordered. " + i.Text, door.Undoable(out[0].Resource, c.PatientPath(c.R.PathValue("id"), access.EMR, "order")), out[0].Resource.Node().Get("meta").Get("security").Exists(), nil
}

// restore makes a draft again of what was not ordered, as it was; a label that came
// with what was used stays on it.
func (r *room) restore(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	res, err := draftOf(c, form.Get("ref"))
	if err != nil {
		c.Failed(err)
		return
	}
	version := versionOf(res.Version)
	if _, not := order.ReadInstead(res.Node()); !not || res.Version != form.Get("version") || version < 2 {
		r.first(c, p)
		return
	}
	was, err := c.Session(access.EMR).ReadVersion(c.R.Context(), res.Type, res.ID, strconv.Itoa(version-1))
	if err == nil && !was.Node().Get("status").Is("draft") {
		r.first(c, p)
		return
	}
	draft := was.Node()
	if labels := res.Node().Get("meta").Get("security"); err == nil && labels.Exists() { // a label is not taken off in passing
		var d *fhir.Doc
		if d, err = fhir.Parse(fhir.SetMember(draft, "meta", fmt.Appendf(nil, `{"security":%s}`, labels.Raw()))); err == nil {
			draft = d.Root()
		}
	}
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{{Op: record.Update, Type: res.Type, ID: res.ID, IfMatch: version, Resource: draft}})
	}
	switch {
	case moved(err):
		r.first(c, p)
	case err != nil:
		c.Failed(err)
	default:
		r.answer(c, p, web.Good, order.Read(was.Node()).Title()+" is a draft again")
	}
}

// notOrdered is one draft that was not ordered, for a list.
type notOrdered struct {
	Title, Href, Note string
	Used              []resultLink
}

// notOrderedFor is how long what was not ordered stands beside the basket.
const notOrderedFor = 90 * 24 * time.Hour

// notOrdered are the newest of a patient's drafts that were not ordered lately.
func (r *room) notOrdered(c *door.Call, p *clinic.Patient) (out []notOrdered, err error) {
	found, err := seek(c, "ServiceRequest", url.Values{"patient": {p.ID()}, "status": {"revoked"}, "category": {order.KindSystem + "|" + order.NotOrdered}, "_sort": {"-_lastUpdated"}, "_count": {"20"}})
	if err != nil {
		return nil, err
	}
	for _, res := range found {
		i, ok := order.ReadInstead(res.Node())
		if !ok || c.Now.Sub(i.At) > notOrderedFor {
			continue
		}
		o := order.Read(res.Node())
		x := notOrdered{Title: o.Title(), Href: p.ChartHref("orders", res.ID), Note: i.Text + " " + i.By + ", " + age(i.At, c.Now) + "."}
		for _, u := range usedLinks(c, p.ID(), i) {
			if at := strings.LastIndex(u.Title, " of "); at > 0 { // the sentence says when and where
				u.Title = u.Title[:at]
			}
			if u.Href != "" {
				x.Used = append(x.Used, u)
			}
		}
		out = append(out, x)
	}
	return out, nil
}

func usedLinks(c *door.Call, patient string, i order.Instead) (out []resultLink) {
	for _, u := range i.Used {
		x := resultLink{Title: u.Said, Href: usedHref(c, patient, u)}
		if x.Title == "" {
			x.Title = u.Type
		}
		out = append(out, x)
	}
	return out
}

// insteadSaid answers an act that was said in a sentence, with the way to take it back.
func (r *room) insteadSaid(c *door.Call, p *clinic.Patient, said string, undo *web.Undo, labelled bool) {
	if web.PartialOf(c.R) != "basket" {
		if labelled {
			undo = nil // the frame's would take the label off, which is not for passing; the order's page drafts it again
		}
		c.Done(p.ChartHref("order"), web.Flash{Kind: web.Good, Text: "Not ordered: what is there is used instead.", Undo: undo})
		return
	}
	b, err := r.load(c, p)
	if err != nil {
		c.Failed(err)
		return
	}
	b.Said, b.SaidKind, b.Undo = said, web.Good, undo
	c.Render(http.StatusOK, basketSide(b))
}
