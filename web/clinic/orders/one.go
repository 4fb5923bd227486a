package orders

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// onePage is an order from its draft to its result.
type onePage struct {
	p        *clinic.Patient
	O        order.Order
	ID       string
	Version  string
	Type     string
	Path     string
	Pill     web.Pill
	Facts    [][2]string
	Past     []step
	Results  []resultLink
	Print    string
	CanStop  bool
	Signs    bool
	Enter    string
	Reason   string
	ReasonNo string // what is wrong with the reason
	Refills  []resultLink
	Instead  []resultLink // what is used instead of it
	Not      bool         // it was not ordered: what it asks for was there
}

type step struct{ When, Who, What string }

type resultLink struct{ Title, Href, Note string }

var statusWords = map[string]string{"draft": "draft, not signed", "active": "in force", "on-hold": "on hold", "completed": "completed", "stopped": "stopped", "revoked": "stopped", "cancelled": "cancelled", "entered-in-error": "entered in error", "unknown": "unknown"}

func statusPill(o order.Order) web.Pill {
	p := web.Pill{Text: statusWords[o.Status]}
	switch o.Status {
	case "active":
		p.Kind = web.Good
		if o.Kind != order.Medicine {
			p.Kind, p.Text = web.Accent, "waiting"
		}
	case "on-hold", "draft":
		p.Kind = web.Warning
	}
	return p
}

func (r *room) one(c *door.Call) (*onePage, bool) {
	p, ok := r.open(c)
	if !ok {
		return nil, false
	}
	res, err := orderNamed(c, c.R.PathValue("oid"))
	if err != nil {
		c.Failed(err)
		return nil, false
	}
	o := order.Read(res.Node())
	x := &onePage{p: p, O: o, ID: res.ID, Version: res.Version, Type: res.Type, Path: p.ChartHref("orders", res.ID), Pill: statusPill(o), Signs: signs(c.Actor, o.Kind) && c.Can(access.Update, res.Type)}
	x.CanStop = o.Status == "active" || o.Status == "on-hold"
	fact := func(k, v string) {
		if v != "" {
			x.Facts = append(x.Facts, [2]string{k, v})
		}
	}
	if o.Kind == order.Medicine {
		fact("How it is taken", o.Sig.How())
		fact("Handed out", o.Sig.Supply())
		fact("Instruction", o.Sig.Note)
	}
	fact("Reason", o.Reason)
	fact("Specimen", o.Specimen)
	fact("Priority", o.Priority)
	fact("To be done on", o.Due)
	if i, not := order.ReadInstead(res.Node()); not {
		x.Not, x.Pill, x.Instead = true, web.Pill{Text: "not ordered"}, usedLinks(c, p.ID(), i)
		fact("Not ordered because", i.Text)
		fact("Decided by", i.By)
		if !i.At.IsZero() {
			fact("Decided", i.At.In(c.Zone).Format("2 Jan 2006, 15:04 MST"))
		}
		fact("After the card", i.RuleTitle)
		fact("Drafted by", firstOf(o.Author, o.RequesterAs))
		fact("Drafted", orderedOn(o, c.Zone))
		o.StatusWhy = ""
	} else {
		fact("Ordered by", o.RequesterAs)
		fact("Drafted by", o.Author)
		fact("Ordered", orderedOn(o, c.Zone))
	}
	for _, k := range o.Codes {
		fact(codeName(k.System), strings.TrimSpace(k.Code+" "+k.Display))
	}
	if len(o.Codes) == 0 {
		fact("Code", "none: written in words")
	}
	fact("Stopped because", o.StatusWhy)
	fact("Note", o.Note)
	if o.Group != "" && (o.Status != "draft") {
		x.Print = p.ChartHref("order", "print", o.Group)
	}
	s := c.Session(access.EMR)
	past, err := s.History(c.R.Context(), record.HistoryQuery{Type: res.Type, ID: res.ID, Count: 50})
	if err != nil {
		c.Failed(err)
		return nil, false
	}
	before := ""
	for i := len(past.Matches) - 1; i >= 0; i-- {
		v := past.Matches[i]
		what := "deleted"
		if !v.Deleted {
			was := order.Read(v.Node())
			what = statusWords[was.Status]
			if _, not := order.ReadInstead(v.Node()); not {
				what, was.StatusWhy = "not ordered", ""
			}
			if was.Status == before {
				what = "changed"
			}
			if was.StatusWhy != "" && was.Status != before {
				what += ": " + was.StatusWhy
			}
			before = was.Status
		}
		x.Past = append(x.Past, step{v.Updated.In(c.Zone).Format("2 Jan 2006, 15:04"), v.Author, what})
	}
	if res.Type == "ServiceRequest" {
		for _, typ := range [...]string{"DiagnosticReport", "Observation", "Immunization", "Procedure"} {
			if typ == "Observation" && len(x.Results) > 0 {
				continue // they are the report's
			}
			code := "based-on"
			found, err := based(c, typ, code, res.ID)
			if err != nil {
				continue
			}
			for _, f := range found {
				n := f.Node()
				x.Results = append(x.Results, resultLink{Title: labelOf(n), Href: p.ChartHref("result", f.ID), Note: n.Get("status").Str() + " · " + web.PartialDateText(firstOf(n.Get("effectiveDateTime").Str(), n.Get("issued").Str()))})
			}
		}
		if o.Kind == order.Test && (o.Status == "active" || o.Status == "completed") && c.Can(access.Create, "DiagnosticReport") {
			x.Enter = p.ChartHref("orders", res.ID, "enter")
		}
	} else {
		asked, err := seek(c, "Task", url.Values{"focus": {"MedicationRequest/" + res.ID}, "code": {order.TaskSystem + "|refill"}, "_count": {"10"}})
		if err == nil {
			for _, t := range asked {
				note := "open"
				if !order.OpenTask(t.Node()) {
					note = t.Node().Get("businessStatus").Get("text").Str()
				}
				x.Refills = append(x.Refills, resultLink{Title: t.Node().Get("description").Str(), Href: p.ChartHref("refill", t.ID), Note: note})
			}
		}
	}
	return x, true
}

// orderedOn is when an order was signed, as precisely as it says.
func orderedOn(o order.Order, zone *time.Location) string {
	switch {
	case o.AuthoredOn.IsZero():
		return ""
	case o.AuthoredDay:
		return o.AuthoredOn.Format("2 Jan 2006")
	}
	return o.AuthoredOn.In(zone).Format("2 Jan 2006, 15:04 MST")
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func codeName(system string) string {
	switch system {
	case order.RxNorm:
		return "RxNorm"
	case order.LOINC:
		return "LOINC"
	case order.CVX:
		return "CVX"
	}
	return "Code"
}

// based are the results of an order; a type that has no such parameter has none.
func based(c *door.Call, typ, code, id string) ([]record.Resource, error) {
	q, err := search.Parse(typ, url.Values{code: {"ServiceRequest/" + id}, "_count": {"20"}}, search.Options{})
	if err != nil {
		return nil, err
	}
	p, err := c.Session(access.EMR).Search(c.R.Context(), q)
	if err != nil {
		return nil, err
	}
	return p.Matches, nil
}

func (r *room) orderPage(c *door.Call) {
	x, ok := r.one(c)
	if !ok {
		return
	}
	r.showOne(c, http.StatusOK, x)
}

func (r *room) showOne(c *door.Call, status int, x *onePage) {
	x.p.Show(status, r.frame(x.p, x.O.Title()), oneMain(x))
}

// change is stop, hold, resume or again.
func (r *room) change(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	x, ok := r.one(c)
	if !ok {
		return
	}
	res, err := ofPatient(c, x.Type, x.ID)
	if err != nil {
		c.Failed(err)
		return
	}
	who := by(c)
	if act := c.R.PathValue("act"); act == "again" {
		r.again1(c, x, res)
		return
	} else if act != "stop" && act != "hold" && act != "resume" {
		c.Failed(record.ErrNotFound)
		return
	} else if !x.Signs {
		c.Failed(&record.Refused{Why: "this role does not change signed orders"})
		return
	} else if form.Get("version") != res.Version {
		x.ReasonNo = "Somebody else changed this order meanwhile: this is how it stands now. Nothing of yours was done."
		x.Reason = form.Get("reason")
		r.showOne(c, http.StatusConflict, x)
		return
	} else if why := strings.TrimSpace(form.Get("reason")); act != "resume" && why == "" || len(why) > 4*order.MaxReason {
		x.ReasonNo = "Say why."
		if why != "" {
			x.ReasonNo, why = "This is too long: at most 300 letters.", ""
		}
		x.Reason = why
		r.showOne(c, http.StatusUnprocessableEntity, x)
		return
	}
	var a record.Act
	said := ""
	switch why := strings.TrimSpace(form.Get("reason")); c.R.PathValue("act") {
	case "stop":
		a, err = order.Stop(res.Node(), why, who)
		said = "Stopped. The reason is kept with the order."
	case "hold":
		a, err = order.Hold(res.Node(), why, who)
		said = "On hold."
	case "resume":
		a, err = order.Resume(res.Node(), who)
		said = "In force again."
	}
	var out []record.Outcome
	if err == nil {
		out, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{a})
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(x.Path, web.Flash{Kind: web.Good, Text: said, Undo: door.Undoable(out[0].Resource, x.Path)})
}

// again1 drafts the same once more and goes to the basket.
func (r *room) again1(c *door.Call, x *onePage, res record.Resource) {
	if !drafts(c) {
		c.Failed(&record.Refused{Why: "this role does not order"})
		return
	}
	have, err := order.Basket(c.R.Context(), c.Session(access.EMR), x.p.ID())
	if err != nil {
		c.Failed(err)
		return
	}
	for _, h := range have {
		if order.Read(h.Node()).Title() == x.O.Title() {
			c.Done(x.p.ChartHref("order"), web.Flash{Text: "That is in the basket already."})
			return
		}
	}
	o := order.Again(res.Node())
	who := by(c)
	o.Encounter, o.AuthoredOn, o.Requester, o.RequesterAs = visit(c, x.p.ID()), who.Now, who.Ref, who.Name
	if !signs(c.Actor, o.Kind) {
		o.Requester, o.RequesterAs, o.Author = "", "", who.Name
	}
	a, err := order.Save(o)
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{a})
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(x.p.ChartHref("order"), web.Flash{Kind: web.Good, Text: "Drafted again. It is in force when it is signed."})
}

// printPage is what was signed together, on paper.
type printPage struct {
	Site, Patient, Born, Sex, Back string
	Prescriptions, Requests        []order.Order
	By, At, Group                  string
}

func (r *room) print(c *door.Call) {
	p, ok := r.open(c)
	if !ok {
		return
	}
	group := c.R.PathValue("group")
	x := printPage{Site: c.Site.Name, Patient: p.Name(), Back: p.ChartHref("order"), Group: group, Sex: p.Chart().Patient.Sex}
	x.Born = p.Chart().Patient.Birth.String()
	for _, q := range [...][2]string{{"MedicationRequest", ""}, {"ServiceRequest", "requisition"}} {
		v := url.Values{"patient": {p.ID()}, "_count": {"500"}}
		if q[1] != "" {
			v.Set(q[1], order.Requisition+"|"+group)
		}
		found, err := seek(c, q[0], v)
		if err != nil {
			c.Failed(err)
			return
		}
		for _, res := range found {
			o := order.Read(res.Node())
			if o.Group != group || o.Status == "draft" {
				continue
			}
			x.By, x.At = o.RequesterAs, orderedOn(o, c.Zone)
			if o.Kind == order.Medicine {
				x.Prescriptions = append(x.Prescriptions, o)
			} else {
				x.Requests = append(x.Requests, o)
			}
		}
	}
	if len(x.Prescriptions)+len(x.Requests) == 0 {
		c.Failed(record.ErrNotFound)
		return
	}
	page := c.Page("Orders of " + x.Patient)
	page.Sheets = append(page.Sheets, r.sheet)
	c.Show(page, printMain(x))
}

// refillView is a wish for more of a medicine.
type refillView struct {
	p        *clinic.Patient
	ID       string
	Path     string
	What     string
	From     string
	Asked    string
	Notes    []said
	Reason   string
	Filled   string // when it was handed out last
	Prior    order.Order
	PriorAt  string
	Open     bool
	Said     string
	Signs    bool
	Version  string
	Why, Bad string
	Line     *line   // the renewal as it was checked
	Basket   *basket // what the check said
}

// loud is how many warnings of the renewal wait for an answer.
func (x *refillView) loud() int {
	n := 0
	if x.Line != nil {
		for _, k := range x.Line.Cards {
			if k.Level == rule.Interrupt {
				n++
			}
		}
	}
	return n
}

func (r *room) refillOf(c *door.Call) (*refillView, record.Resource, record.Resource, bool) {
	p, ok := r.open(c)
	if !ok {
		return nil, record.Resource{}, record.Resource{}, false
	}
	t, err := ofPatient(c, "Task", c.R.PathValue("tid"))
	var prior record.Resource
	if err == nil {
		_, id, found := strings.Cut(t.Node().Get("focus").Get("reference").Str(), "MedicationRequest/")
		if !found {
			err = record.ErrNotFound
		} else {
			prior, err = ofPatient(c, "MedicationRequest", id)
		}
	}
	if err != nil {
		c.Failed(err)
		return nil, t, prior, false
	}
	n := t.Node()
	x := &refillView{p: p, ID: t.ID, Path: p.ChartHref("refill", t.ID), What: n.Get("description").Str(), From: askedBy(c, n), Notes: notesOf(c, n), Reason: fhir.CodeableConceptOf(n.Get("reasonCode")).Label(), Prior: order.Read(prior.Node()), PriorAt: p.ChartHref("orders", prior.ID),
		Open: order.OpenTask(n), Said: n.Get("businessStatus").Get("text").Str(), Signs: signs(c.Actor, order.Medicine), Version: t.Version, Asked: momentText(n.Get("authoredOn").Str(), c.Zone)}
	x.Filled = filled(p.Chart(), x.Prior, c.Now)
	if x.Open { // a refill is a prescription: it is checked like one
		o := order.Again(prior.Node())
		o.ID = prior.ID
		x.Line = &line{O: o, Ref: "MedicationRequest/" + prior.ID, NoCode: len(o.Codes) == 0}
		x.Basket = &basket{p: p, path: p.ChartHref("order"), Lines: []*line{x.Line}}
		if err := r.check(c, x.Basket); err != nil {
			c.Failed(err)
			return nil, t, prior, false
		}
	}
	return x, t, prior, true
}

func (r *room) refillPage(c *door.Call) {
	if x, _, _, ok := r.refillOf(c); ok {
		x.p.Show(0, r.frame(x.p, "Refill request"), refillMain(x))
	}
}

func (r *room) refill(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	x, t, prior, ok := r.refillOf(c)
	if !ok {
		return
	}
	if !x.Signs {
		c.Failed(&record.Refused{Why: "only physicians answer refill requests"})
		return
	}
	if form.Get("version") != t.Version || !x.Open {
		x.Bad = "Somebody else answered this meanwhile. Nothing of yours was done."
		x.p.Show(http.StatusConflict, r.frame(x.p, "Refill request"), refillMain(x))
		return
	}
	who := by(c)
	var acts []record.Act
	said := "Approved: a new prescription is in force."
	if form.Get("what") == "deny" {
		x.Why = strings.TrimSpace(form.Get("why"))
		if x.Why == "" || len(x.Why) > 4*order.MaxReason {
			x.Bad = "Say why, in at most 300 letters."
			x.p.Show(http.StatusUnprocessableEntity, r.frame(x.p, "Refill request"), refillMain(x))
			return
		}
		var a record.Act
		a, err = order.Deny(t.Node(), x.Why, who)
		acts, said = []record.Act{a}, "Denied, with the reason."
	} else if x.loud() > 0 {
		x.Bad = "Not approved: " + plural(x.loud(), "warning waits", "warnings wait") + " for an answer. Renew it through the basket to answer, or deny."
		x.p.Show(http.StatusUnprocessableEntity, r.frame(x.p, "Refill request"), refillMain(x))
		return
	} else {
		acts, err = order.Approve(t.Node(), prior.Node(), who, strings.ToLower(rand.Text()))
	}
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), acts)
	}
	if moved(err) {
		x.Bad = "Somebody else was first. Nothing of yours was done."
		x.p.Show(http.StatusConflict, r.frame(x.p, "Refill request"), refillMain(x))
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(x.Path, web.Flash{Kind: web.Good, Text: said})
}
