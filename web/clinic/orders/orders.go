// Package orders is where clinicians order and where results come back: one
// basket at the side of the chart for medicines, tests, imaging, vaccines,
// procedures and referrals; the page of an order through to its result; and
// the page on which a result is reviewed.
//
// It decides nothing about danger: what is drafted is shown to Config.Check, and
// a page whose checks did not run says so.
package orders

import (
	"context"
	_ "embed"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// Config is what the pages need beyond the clinic.
type Config struct {
	// Check says what is to be known about drafts, on the record as the actor may
	// see it. nil: nothing was checked, and the page says so.
	Check func(ctx context.Context, c *chart.Chart, drafts []rule.Draft) rule.Answer
	// Took hears, when it is there, of a rule at a site whose better choice was taken.
	Took func(site, ruleID string)
	// Averted hears, when it is there, of tests that were not ordered again because a
	// rule's card was read, and of the radiation in microsievert that nobody was given,
	// where the chart does not say it itself (order.Instead does).
	Averted func(site, ruleID string, tests, microSv int)
	// Outside asks outside services; nil: there is no way to ask any.
	Outside Outside
}

//go:embed assets/orders.css
var sheet []byte

//go:embed assets/orders.js
var module []byte

//go:embed assets/outside.css
var adviceSheet []byte

type room struct {
	*clinic.Pages
	Config
	sheet, module, advice string
}

// Register hangs the pages of orders and results on the clinic's. What it returns
// is for the page of an appointment, which is another audience's.
func Register(p *clinic.Pages, cfg Config) Booked {
	r := &room{Pages: p, Config: cfg}
	r.sheet, r.module = p.File("orders.css", sheet), p.File("orders.js", module)
	if cfg.Outside != nil {
		r.advice = p.File("outside.css", adviceSheet)
	}
	const patient = "/{site}/patients/{id}"
	p.Handle("GET "+patient+"/order", r.basketPage)
	p.Handle("POST "+patient+"/order/find", r.find)
	p.Handle("POST "+patient+"/order/add", r.add)
	p.Handle("POST "+patient+"/order/edit", r.edit)
	p.Handle("POST "+patient+"/order/remove", r.remove)
	p.Handle("POST "+patient+"/order/keep", r.keep)
	p.Handle("POST "+patient+"/order/swap", r.swap)
	p.Handle("POST "+patient+"/order/restore", r.restore)
	p.Handle("POST "+patient+"/order/star", r.star)
	p.Handle("POST "+patient+"/order/sign", r.sign)
	p.Handle("GET "+patient+"/order/print/{group}", r.print)
	p.Handle("GET "+patient+"/orders/{oid}", r.orderPage)
	p.Handle("POST "+patient+"/orders/{oid}/{act}", r.change)
	p.Handle("GET "+patient+"/orders/{oid}/enter", r.enterPage)
	p.Handle("POST "+patient+"/orders/{oid}/enter", r.enter)
	p.Handle("GET "+patient+"/result/{rid}", r.resultPage)
	p.Handle("POST "+patient+"/result/{rid}", r.review)
	p.Handle("GET "+patient+"/refill/{tid}", r.refillPage)
	p.Handle("POST "+patient+"/refill/{tid}", r.refill)
	p.Handle("GET /{site}/unmatched/{tid}", r.matchPage)
	p.Handle("POST /{site}/unmatched/{tid}", r.match)
	p.Handle("GET "+patient+"/advice", r.outside)
	p.Handle("GET /{site}/appointments/{aid}/advice", r.booking)
	p.Handle("POST "+patient+"/advice/take", r.take)
	p.Handle("POST "+patient+"/advice/aside", r.putAside)
	p.AddActs(clinic.Acts{Section: sectionActs, Fact: factActs, Overview: r.beside, Sheet: r.advice})
	p.Commands = append(p.Commands, door.Command{Label: "Order", Key: "o", Words: "prescribe medicine laboratory test imaging referral vaccine basket", Patient: true,
		Path: func(c *door.Call, id string) string { return c.PatientPath(id, access.EMR, "order") }, Can: drafts})
	return Booked{Sheet: r.advice, Of: r.booked, Before: r.before}
}

// sectionActs lead from the lists of what is ordered to the basket.
func sectionActs(c *door.Call, base, section string) []web.Button {
	switch section {
	case "medicines", "results", "imaging", "procedures", "immunisations":
		if drafts(c) {
			return []web.Button{{Label: "Order", Href: base + "/order", Key: "o"}}
		}
	}
	return nil
}

// factActs lead from one fact to what can be done with it as an order or result.
func factActs(c *door.Call, base string, r record.Resource) []web.Button {
	if c.Actor.Kind != access.User {
		return nil
	}
	n := r.Node()
	switch r.Type {
	case "MedicationRequest":
		if st := n.Get("status"); st.Is("active") || st.Is("on-hold") {
			return []web.Button{{Label: "Renew or discontinue", Href: base + "/orders/" + url.PathEscape(r.ID), Key: "o"}}
		}
		return []web.Button{{Label: "The order", Href: base + "/orders/" + url.PathEscape(r.ID), Key: "o"}}
	case "ServiceRequest":
		return []web.Button{{Label: "The order", Href: base + "/orders/" + url.PathEscape(r.ID), Key: "o"}}
	case "DiagnosticReport":
		return []web.Button{{Label: "Review", Href: base + "/result/" + url.PathEscape(r.ID), Key: "o"}}
	case "Observation":
		if order.Laboratory(n) {
			return []web.Button{{Label: "Review", Href: base + "/result/" + url.PathEscape(r.ID), Key: "o"}}
		}
	}
	return nil
}

// drafts says whether who asks may draft orders at all.
func drafts(c *door.Call) bool {
	return c.Can(access.Create, "MedicationRequest") && c.Can(access.Create, "ServiceRequest")
}

// signs says whether who asks may sign an order of a kind. A prescription is a
// physician's; a radiologist signs tests and imaging; everybody else drafts,
// and asks to sign.
func signs(a access.Actor, k order.Kind) bool {
	switch a.Role {
	case access.Physician:
		return true
	case access.Radiologist:
		return k == order.Test || k == order.Imaging
	}
	return false
}

func by(c *door.Call) order.By {
	b := order.By{Ref: c.Actor.Who, Name: c.Actor.Name, Now: c.Now.In(c.Zone)}
	if !strings.HasPrefix(b.Ref, "Practitioner/") {
		b.Ref = ""
	}
	if b.Name == "" {
		b.Name = c.Actor.ID
	}
	return b
}

// open opens the patient's chart for a page of this room.
func (r *room) open(c *door.Call) (*clinic.Patient, bool) {
	p, err := r.Patient(c, access.EMR, "MedicationRequest", "ServiceRequest")
	if err == nil && (p.Desk() || c.Actor.Kind != access.User) {
		err = &record.Refused{Why: "this role does not reach orders and results"}
	}
	if err != nil {
		c.Failed(err)
		return nil, false
	}
	return p, true
}

func (r *room) frame(p *clinic.Patient, title string) web.Page {
	page := p.Frame(title)
	page.Sheets = append(page.Sheets, r.sheet)
	page.Modules = append(page.Modules, r.module)
	return page
}

// ofPatient reads a resource that must be this patient's: an address with
// another patient's id in it leads nowhere.
func ofPatient(c *door.Call, typ, id string) (record.Resource, error) {
	if !fhir.IsID(id) {
		return record.Resource{}, record.ErrNotFound
	}
	res, err := c.Session(access.EMR).Read(c.R.Context(), typ, id)
	if err != nil {
		return res, err
	}
	n := res.Node()
	for _, name := range [...]string{"subject", "patient", "for"} {
		if c.Session(access.EMR).About(n.Get(name).Get("reference").Str(), c.R.PathValue("id")) {
			return res, nil
		}
	}
	return record.Resource{}, record.ErrNotFound
}

// draftOf is the draft that a form names as Type/id.
func draftOf(c *door.Call, ref string) (record.Resource, error) {
	typ, id, _, ok := fhir.Relative(ref)
	if !ok || typ != "MedicationRequest" && typ != "ServiceRequest" {
		return record.Resource{}, record.ErrNotFound
	}
	return ofPatient(c, typ, id)
}

// orderNamed finds an order by its id alone, as its address has it.
func orderNamed(c *door.Call, id string) (record.Resource, error) {
	res, err := ofPatient(c, "ServiceRequest", id)
	if errors.Is(err, record.ErrNotFound) {
		return ofPatient(c, "MedicationRequest", id)
	}
	return res, err
}

func seek(c *door.Call, typ string, v url.Values) ([]record.Resource, error) {
	q, err := search.Parse(typ, v, search.Options{})
	if err != nil {
		return nil, err
	}
	p, err := c.Session(access.EMR).Search(c.R.Context(), q)
	if err != nil {
		return nil, err
	}
	return p.Matches, nil
}

// colleagues are the site's practitioners, for choosing who is to do something.
func colleagues(c *door.Call, first string) []web.Option {
	out := []web.Option{{Value: "", Label: first}}
	found, err := seek(c, "Practitioner", url.Values{"_count": {"200"}})
	if err != nil {
		return out
	}
	for _, r := range found {
		n := r.Node()
		if a := n.Get("active"); a.Exists() && !a.True() || "Practitioner/"+r.ID == c.Actor.Who {
			continue
		}
		out = append(out, web.Option{Value: "Practitioner/" + r.ID, Label: fhir.HumanNameOf(n.Get("name").Index(0)).String()})
	}
	slices.SortStableFunc(out[1:], func(a, b web.Option) int { return strings.Compare(a.Label, b.Label) })
	return out
}

// nameOf is the label of an option that was chosen; "" when it is none of them.
func nameOf(options []web.Option, value string) string {
	for _, o := range options {
		if o.Value == value && value != "" {
			return o.Label
		}
	}
	return ""
}

// moved says whether an error means that somebody else was first.
func moved(err error) bool {
	var v *record.VersionConflict
	return errors.As(err, &v) || errors.Is(err, record.ErrMoved)
}

// age words how long ago something was, in days.
func age(t, now time.Time) string {
	if t.IsZero() {
		return "on an unknown day"
	}
	d := int(now.Sub(t).Hours() / 24)
	switch {
	case d < 1:
		return "today"
	case d == 1:
		return "yesterday"
	}
	return num(d) + " days ago"
}

func num(n int) string {
	b := []byte{}
	if n == 0 {
		return "0"
	}
	for ; n > 0; n /= 10 {
		b = append(b, byte('0'+n%10))
	}
	slices.Reverse(b)
	return string(b)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return num(n) + " " + many
}
