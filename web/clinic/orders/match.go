package orders

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"wholechart/access"
	"wholechart/chart/order"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// matchView is a result of no known patient, and who it may be of.
type matchView struct {
	Path, What, Says, Asked string
	Values                  []valueRow
	Query, Bad              string
	Found                   []person
	Searched                bool
	Version                 string
	Open                    bool
	Done                    string
}

type person struct{ ID, Name, Note string }

// matchOf reads the Task unmatched-result that the address names, its result
// and the result's values.
func matchOf(c *door.Call) (x *matchView, task, result fhir.Node, parts []fhir.Node, ok bool) {
	s, ctx := c.Session(access.EMR), c.R.Context()
	fail := func(err error) (*matchView, fhir.Node, fhir.Node, []fhir.Node, bool) {
		c.Failed(err)
		return nil, fhir.Node{}, fhir.Node{}, nil, false
	}
	if !c.Can(access.Update, "Observation") || !c.Finds() {
		return fail(&record.Refused{Why: "this role does not match results to patients"})
	}
	id := c.R.PathValue("tid")
	if !fhir.IsID(id) {
		return fail(record.ErrNotFound)
	}
	t, err := s.Read(ctx, "Task", id)
	if err != nil {
		return fail(err)
	}
	task = t.Node()
	if !order.Unmatched(task) {
		return fail(record.ErrNotFound)
	}
	typ, rid, _, good := fhir.Relative(task.Get("focus").Get("reference").Str())
	if !good || typ != "DiagnosticReport" && typ != "Observation" {
		return fail(record.ErrNotFound)
	}
	res, err := s.Read(ctx, typ, rid)
	if err != nil {
		return fail(err)
	}
	result = res.Node()
	x = &matchView{Path: c.Path("unmatched", id), What: task.Get("description").Str(), Version: t.Version, Open: order.OpenTask(task), Done: task.Get("businessStatus").Get("text").Str(), Asked: web.PartialDateText(firstOf(result.Get("effectiveDateTime").Str(), result.Get("issued").Str()))}
	subject := result.Get("subject")
	x.Says = strings.TrimSpace(subject.Get("display").Str() + " " + subject.Get("identifier").Get("value").Str())
	show := func(o fhir.Node) {
		q := fhir.QuantityOf(o.Get("valueQuantity"))
		v := firstOf(string(q.Value), o.Get("valueString").Str(), fhir.CodeableConceptOf(o.Get("valueCodeableConcept")).Label())
		if v != "" {
			x.Values = append(x.Values, valueRow{Name: labelOf(o), Value: web.Quantity{Value: q.Comparator + v, Unit: q.Unit}, Range: o.Get("referenceRange").Index(0).Get("text").Str()})
		}
	}
	if typ == "Observation" {
		show(result)
	}
	for _, member := range [...]string{"result", "hasMember"} {
		for m := range result.Get(member).Items() {
			mt, mid, _, good := fhir.Relative(m.Get("reference").Str())
			if !good || mt != "Observation" || len(parts) > 200 {
				continue
			}
			o, err := s.Read(ctx, mt, mid)
			if errors.Is(err, record.ErrNotFound) {
				continue
			}
			if err != nil {
				return fail(err)
			}
			parts = append(parts, o.Node())
			show(o.Node())
		}
	}
	return x, task, result, parts, true
}

func (r *room) showMatch(c *door.Call, status int, x *matchView) {
	page := c.Page("Whose result is this?")
	page.Sheets = append(page.Sheets, r.sheet)
	c.Render(status, web.Framed(page, matchMain(x)))
}

func (r *room) matchPage(c *door.Call) {
	if x, _, _, _, ok := matchOf(c); ok {
		x.Query, _, _ = strings.Cut(x.Says, ",")
		r.showMatch(c, http.StatusOK, x)
	}
}

// match looks for the patient, or gives the result to the one that was chosen.
func (r *room) match(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	x, task, result, parts, ok := matchOf(c)
	if !ok {
		return
	}
	patient := form.Get("patient")
	if patient == "" {
		x.Query, x.Searched = strings.TrimSpace(form.Get("q")), true
		if x.Query == "" || len(x.Query) > 200 {
			x.Bad = "Type a name, in at most 200 letters."
			r.showMatch(c, http.StatusUnprocessableEntity, x)
			return
		}
		v := url.Values{"_count": {"20"}}
		for _, w := range strings.Fields(x.Query) {
			v.Add("name", strings.NewReplacer(`\`, `\\`, ",", `\,`, "$", `\$`, "|", `\|`).Replace(w))
		}
		found, err := seek(c, "Patient", v)
		if err != nil {
			c.Failed(err)
			return
		}
		for _, f := range found {
			n := f.Node()
			note := "born " + web.PartialDateText(firstOf(n.Get("birthDate").Str(), "on an unknown day")) + " · " + firstOf(n.Get("gender").Str(), "sex not recorded")
			for id := range n.Get("identifier").Items() {
				if v := id.Get("value").Str(); v != "" {
					note += " · " + v
					break
				}
			}
			x.Found = append(x.Found, person{f.ID, fhir.HumanNameOf(n.Get("name").Index(0)).String(), note})
		}
		r.showMatch(c, http.StatusOK, x)
		return
	}
	if !fhir.IsID(patient) {
		c.Failed(record.ErrNotFound)
		return
	}
	if _, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", patient); err != nil {
		c.Failed(err)
		return
	}
	if form.Get("version") != x.Version {
		x.Bad = "Somebody else dealt with this meanwhile. Nothing of yours was done."
		r.showMatch(c, http.StatusConflict, x)
		return
	}
	acts, err := order.Match(task, result, parts, patient, by(c))
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), acts)
	}
	if moved(err) {
		x.Bad = "Somebody else dealt with this meanwhile. Nothing of yours was done."
		r.showMatch(c, http.StatusConflict, x)
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.PatientPath(patient, access.EMR, "results"), web.Flash{Kind: web.Good, Text: "The result is in this chart now. It is not reviewed yet: it goes to whoever answers for it."})
}
