package facts

import (
	"net/http"

	"wholechart/access"
	"wholechart/chart/entry"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// socialPage asks all questions of social history at once; each answer that is
// written becomes an observation of its own, and what is left empty says nothing.
type socialPage struct {
	Title  string
	Action string
	Back   string
	Asked  []asked
	When   web.Field
	Tabs   web.Tabs
}

// asked is one question with what is known of it.
type asked struct {
	input
	Last string // the latest answer in the own chart
	Href string // where it is edited
	Date string
}

func (h *room) socialOpen(c *door.Call) (*clinic.Patient, bool) {
	p, err := h.Patient(c, access.EMR)
	if err == nil && (p.Desk() || !c.Can(access.Create, "Observation")) {
		err = &record.Refused{Why: "writing in charts is not part of this role"}
	}
	if err != nil {
		c.Failed(err)
		return nil, false
	}
	return p, true
}

func (h *room) social(c *door.Call) {
	if p, ok := h.socialOpen(c); ok {
		h.showSocial(c, p, http.StatusOK, entry.Form{"when": {c.Now.In(c.Zone).Format("2 Jan 2006")}}, entry.Errors{})
	}
}

func (h *room) showSocial(c *door.Call, p *clinic.Patient, status int, form entry.Form, errs entry.Errors) {
	s := socialPage{Title: "Social history", Action: c.R.URL.EscapedPath(), Back: p.ChartHref("about"), Tabs: p.Tabs("about")}
	s.When = web.Field{Name: "when", Label: "As of", Value: form.Get("when"), Error: errs["when"], Required: true, MaxLength: 30, Autocomplete: "off"}
	for _, k := range entry.Questions() {
		a := asked{input: one(&k.Fields[0], k.Slug, form, errs)}
		a.Required = false
		if a.Kind == entry.Choice {
			a.Options = append([]web.Option{{Value: "", Label: "Not asked now"}}, a.Options[min(1, len(a.Options)):]...)
			if form.Get(k.Slug) != "" {
				a.Options = append([]web.Option{{Value: "", Label: "Not asked now"}}, optionsOf(k)...)
			}
		}
		list, _, err := own(c, p.ID(), k)
		if err != nil {
			c.Failed(err)
			return
		}
		newest := ""
		for _, r := range list {
			f := k.Form(r.Node())
			at := r.Node().Get("effectiveDateTime").Str()
			if a.Last == "" || at > newest {
				newest = at
				a.Last, a.Date, a.Href = shown(&k.Fields[0], f, "answer"), f.Get("when"), p.ChartHref("enter", k.Slug, r.ID)
			}
		}
		s.Asked = append(s.Asked, a)
	}
	frame := p.Frame("Social history")
	frame.Sheets, frame.Modules = append(frame.Sheets, h.sheet), append(frame.Modules, h.module)
	frame.Side = socialPanel(s)
	p.Show(status, frame, socialMiddle(s))
}

func optionsOf(k *entry.Kind) []web.Option {
	var out []web.Option
	for _, o := range k.Fields[0].Options {
		out = append(out, web.Option{Value: o.Value, Label: o.Label})
	}
	return out
}

func (h *room) saveSocial(c *door.Call) {
	p, ok := h.socialOpen(c)
	if !ok {
		return
	}
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	cx, errs := context(c, p), entry.Errors{}
	var acts []record.Act
	for _, k := range entry.Questions() {
		if form.Get(k.Slug) == "" {
			continue
		}
		body, bad := k.Build(cx, entry.Form{"answer": form[k.Slug], "when": form["when"]})
		for field, text := range bad {
			if field == "answer" {
				field = k.Slug
			}
			errs[field] = text
		}
		if len(bad) > 0 {
			continue
		}
		n, err := tree(body)
		if err != nil {
			c.Failed(err)
			return
		}
		acts = append(acts, record.Act{Op: record.Create, Type: k.Type, Resource: n})
	}
	if len(errs) > 0 {
		h.showSocial(c, p, http.StatusUnprocessableEntity, form, errs)
		return
	}
	back := p.ChartHref("enter", "social")
	if len(acts) == 0 {
		c.Done(back, web.Flash{Kind: web.Neutral, Text: "Nothing was answered, so nothing was written."})
		return
	}
	out, err := c.Session(access.EMR).Transact(c.R.Context(), acts)
	if err != nil {
		c.Failed(err)
		return
	}
	f := web.Flash{Kind: web.Good, Text: plural(len(acts), "answer", "answers") + " written."}
	if len(out) == 1 {
		f.Undo = door.Undoable(out[0].Resource, back)
	}
	c.Done(back, f)
}
