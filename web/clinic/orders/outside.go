package orders

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/api/hooks"
	"wholechart/chart/order"
	"wholechart/decision/ordering"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// Outside asks a site's outside services (CDS Hooks) for who is signed in. What it
// may tell them is its to decide; these pages decide when, and show what is said as
// from the service and as nothing else.
type Outside interface {
	// Has are the names of the services that would be asked at a hook. Nobody is asked.
	Has(ctx context.Context, who access.Actor, hook string) []string
	// Ask asks them; it takes as long as the slowest may take.
	Ask(ctx context.Context, s record.Session, q hooks.Question) []hooks.Told
	// Shown is a card as it was shown to somebody about a patient.
	Shown(who access.Actor, patient, key string) (hooks.ShownCard, bool)
	// Tell says to a service what became of its card.
	Tell(hooks.Took)
}

// The moments at which the pages ask. A page is never kept waiting: it is sent with
// a region that loads what the services say when the page stands; signing alone
// waits for those of order-sign, as long as each may take.
const (
	atView   = "patient-view"     // a chart is opened
	atStart  = "encounter-start"  // a visit is begun
	atSelect = "order-select"     // the basket changed
	atSign   = "order-sign"       // the basket is signed
	atBook   = "appointment-book" // a visit is booked
)

// outsideView is what services said, or that they are about to be asked.
type outsideView struct {
	ID, URL string   // of the region
	Names   []string // who is asked; while Ask
	Ask     bool     // not asked yet: the region loads itself
	Told    []toldView
	Act     string // address of what can be done with a card
	Basket  bool   // stands in the basket
	Asks    bool   // stands in a form that is posted again when its cards were seen
	Hook    string
	Visit   string
	Open    bool
	Loud    int    // cards that wait for an answer
	New     int    // cards that were not on the page when it was signed
	Bad     string // what could not be done, beside the card of BadKey
	BadKey  string
	Can     bool // may draft and so take a suggestion
}

type toldView struct {
	Name, Why string
	Bad       int
	Cards     []outsideCard
	None      bool
}

type outsideCard struct {
	hooks.OutsideCard
	Kept    string
	Take    []takeable
	Links   []outsideLink
	Reasons []web.Option
}

type takeable struct {
	At    int
	Label string
	First bool
}

type outsideLink struct {
	Label, Href string
	Smart       bool
}

// region is the id of the part of a page that a hook's answers stand in.
func region(hook string) string { return "outside-" + hook }

// awaits is the region of a hook that is still to be loaded; nil when nobody would
// be asked.
func (r *room) awaits(c *door.Call, patient, hook, visit string) *outsideView {
	if r.Outside == nil || patient == "" {
		return nil
	}
	names := r.Outside.Has(c.R.Context(), c.Actor, hook)
	if hook == atSelect { // who is asked at signing alone may speak before it
		for _, n := range r.Outside.Has(c.R.Context(), c.Actor, atSign) {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	q := url.Values{"hook": {hook}}
	if visit != "" {
		q.Set("visit", visit)
	}
	return &outsideView{ID: region(hook), URL: c.PatientPath(patient, access.EMR, "advice") + "?" + q.Encode(), Names: names, Ask: true, Hook: hook, Visit: visit, Basket: hook == atSelect || hook == atSign}
}

// beside is what stands on the chart's own page and on that of a visit.
func (r *room) beside(c *door.Call, patient string, at []string) templ.Component {
	hook, visit := atView, ""
	if len(at) > 1 && at[0] == "visits" {
		hook, visit = atStart, at[1]
	} else if len(at) > 0 {
		return nil
	}
	if v := r.awaits(c, patient, hook, visit); v != nil {
		return outsideBox(v)
	}
	return nil
}

// outside is the page of what services say at a hook: the region alone when a page
// loads it.
func (r *room) outside(c *door.Call) {
	hook, visit := c.R.FormValue("hook"), c.R.FormValue("visit")
	if r.Outside == nil || !slices.Contains([]string{atView, atStart, atSelect}, hook) || visit != "" && !fhir.IsID(visit) || (hook == atStart) != (visit != "") {
		c.Failed(record.ErrNotFound)
		return
	}
	p, ok := r.open(c)
	if !ok {
		return
	}
	if visit != "" {
		if _, err := ofPatient(c, "Encounter", visit); err != nil {
			c.Failed(err)
			return
		}
	}
	v, err := r.asked(c, p, hook, visit)
	if err != nil {
		c.Failed(err)
		return
	}
	r.showOutside(c, p, http.StatusOK, v)
}

func (r *room) showOutside(c *door.Call, p *clinic.Patient, status int, v *outsideView) {
	if web.PartialOf(c.R) == v.ID {
		c.Render(status, outsideBox(v))
		return
	}
	v.Open = true
	p.Show(status, r.frame(p, "Outside services"), outsidePage(p, v))
}

// asked asks the services of a hook, and of the basket those too that are asked at
// signing alone.
func (r *room) asked(c *door.Call, p *clinic.Patient, hook, visit string) (*outsideView, error) {
	q := hooks.Question{Hook: hook, Patient: p.ID(), Visit: visit, Now: c.Now}
	s := c.Session(access.EMR)
	var told []hooks.Told
	if hook == atSelect || hook == atSign {
		found, err := order.Basket(c.R.Context(), s, p.ID())
		if err != nil {
			return nil, err
		}
		newest := record.Resource{}
		for _, res := range found {
			o := order.Read(res.Node())
			q.Drafts = append(q.Drafts, ordering.Draft(o, ordering.Ref(o)))
			if newest.ID == "" || res.Updated.After(newest.Updated) {
				newest = res
			}
			q.Visit = o.Encounter
		}
		for _, res := range found { // one context: the visit that all drafts are of, or none
			if order.Read(res.Node()).Encounter != q.Visit {
				q.Visit = ""
			}
		}
		if hook == atSelect && newest.ID != "" {
			q.Selected = []string{newest.Type + "/" + newest.ID}
		}
		if len(q.Drafts) == 0 {
			return r.view(c, p, hook, visit, nil)
		}
	}
	told = r.Outside.Ask(c.R.Context(), s, q)
	if hook == atSelect {
		for _, t := range told {
			q.Except = append(q.Except, t.From.ID)
		}
		q.Hook, q.Selected = atSign, nil
		told = append(told, r.Outside.Ask(c.R.Context(), s, q)...)
	}
	return r.view(c, p, hook, visit, told)
}

// view is what was said as a page shows it.
func (r *room) view(c *door.Call, p *clinic.Patient, hook, visit string, told []hooks.Told) (*outsideView, error) {
	v := &outsideView{ID: region(hook), Act: c.PatientPath(p.ID(), access.EMR, "advice"), Hook: hook, Visit: visit, Basket: hook == atSelect || hook == atSign, Can: drafts(c)}
	if hook == atSign {
		v.ID = region(atSelect)
	}
	kept, err := order.Keeps(c.R.Context(), c.Session(access.EMR), p.ID())
	if err != nil {
		return nil, err
	}
	for _, t := range told {
		v.Told = append(v.Told, r.told(t, p.ID(), kept, c, v))
	}
	return v, nil
}

// told is what one service said, as a page shows it; v learns what waits for an answer.
func (r *room) told(t hooks.Told, patient string, kept map[string]order.Override, c *door.Call, v *outsideView) toldView {
	seen := c.R.Form["seen"]
	x := toldView{Name: t.From.Name, Why: t.Why, Bad: t.Bad, None: t.Why == "" && len(t.Cards)+t.Bad == 0}
	for _, k := range t.Cards {
		y := outsideCard{OutsideCard: k}
		as := k.Rule(t.From)
		if o, ok := kept[k.Key]; ok && ordering.Stands(&as, o, c.Now) {
			y.Kept = o.Reason
		}
		for i, s := range k.Suggestions {
			if _, ok := k.Plan(i, patient); ok && v.Can {
				y.Take = append(y.Take, takeable{i, cutWords(s.Label, 120), s.IsRecommended || len(k.Suggestions) == 1})
			}
		}
		for _, l := range k.Links[:min(len(k.Links), 5)] {
			y.Links = append(y.Links, outsideLink{cutWords(l.Label, 120), l.URL, l.Type == "smart"})
		}
		y.Reasons = reasonsOf(k)
		if y.Kept == "" {
			if k.Level == rule.Interrupt {
				v.Loud++
			}
			if k.Level >= rule.Notice {
				v.Open = v.Open || v.Basket // elsewhere the page would move under who reads it
				if !slices.Contains(seen, k.Key) {
					v.New++
				}
			}
		}
		x.Cards = append(x.Cards, y)
	}
	slices.SortStableFunc(x.Cards, func(a, b outsideCard) int {
		if (a.Kept == "") != (b.Kept == "") {
			return len(a.Kept) - len(b.Kept)
		}
		return int(b.Level) - int(a.Level)
	})
	return x
}

// reasonsOf are why a card may be put aside: the service's own reasons, else ours.
func reasonsOf(k hooks.OutsideCard) (out []web.Option) {
	for i, r := range k.OverrideReasons[:min(len(k.OverrideReasons), 10)] {
		out = append(out, web.Option{Value: "their:" + strconv.Itoa(i), Label: cutWords(r.Display, 100)})
	}
	if out == nil {
		for _, r := range order.KeepReasons {
			out = append(out, web.Option{Value: r.Code, Label: r.Text})
		}
	}
	return out
}

func cutWords(s string, most int) string {
	s = clean(s)
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// shownCard is the card that a form names, as it was shown to who posts it.
func (r *room) shownCard(c *door.Call, p *clinic.Patient, form url.Values) (hooks.ShownCard, bool) {
	if r.Outside == nil {
		return hooks.ShownCard{}, false
	}
	return r.Outside.Shown(c.Actor, p.ID(), form.Get("key"))
}

const noLonger = "What the outside service said no longer stands. Nothing was done."

// take does what a suggestion says with the basket, all of it or nothing.
func (r *room) take(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	shown, ok := r.shownCard(c, p, form)
	at, err := strconv.Atoi(form.Get("at"))
	plan, fits := shown.Card.Plan(at, p.ID())
	if !ok || err != nil || !fits {
		r.answer(c, p, web.Neutral, noLonger)
		return
	}
	acts, err := r.acts(c, p, plan)
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), acts)
	}
	var linked *record.BrokenReference
	switch {
	case errors.As(err, &linked): // a task or a warning names the draft
		r.answer(c, p, web.Warning, "The draft is named elsewhere and was not taken away: remove it by hand. Nothing was done.")
		return
	case moved(err) || errors.Is(err, record.ErrNotFound) || errors.As(err, new(*record.Gone)):
		r.first(c, p)
		return
	case err != nil:
		c.Failed(err)
		return
	}
	t := hooks.Took{Site: c.Site.Slug, From: shown.From, Hook: shown.Hook, Card: shown.Card.UUID, At: c.Now}
	if id := shown.Card.Suggestions[at].UUID; id != "" {
		t.Accepted = []string{id}
	}
	r.Outside.Tell(t)
	if r.Took != nil {
		r.Took(c.Site.Slug, shown.From.RuleID())
	}
	r.answer(c, p, web.Good, "Done as "+shown.From.Name+" suggests: "+cutWords(shown.Card.Suggestions[at].Label, 120))
}

// acts are those of a plan, on the basket as it is now. A draft keeps what the
// service does not know: its visit, who answers for it and who wrote it.
func (r *room) acts(c *door.Call, p *clinic.Patient, plan hooks.Plan) (acts []record.Act, err error) {
	who := by(c)
	for _, o := range plan.Create {
		o.Encounter, o.AuthoredOn, o.Requester, o.RequesterAs = visit(c, p.ID()), who.Now, who.Ref, who.Name
		if !signs(c.Actor, o.Kind) {
			o.Requester, o.RequesterAs, o.Author = "", "", who.Name
		}
		a, err := order.Save(o)
		if err != nil {
			return nil, err
		}
		acts = append(acts, a)
	}
	for _, o := range plan.Update {
		res, err := draftOf(c, o.Kind.Type()+"/"+o.ID)
		if err != nil {
			return nil, err
		}
		if !res.Node().Get("status").Is("draft") {
			return nil, &record.VersionConflict{}
		}
		old := order.Read(res.Node())
		o.Version, o.Encounter, o.AuthoredOn, o.AuthoredDay = res.Version, old.Encounter, old.AuthoredOn, old.AuthoredDay
		o.Requester, o.RequesterAs, o.Author, o.Prior, o.Due = old.Requester, old.RequesterAs, old.Author, old.Prior, old.Due
		if o.Reason == "" || o.Reason == old.Reason {
			o.Reason, o.ReasonRef = old.Reason, old.ReasonRef
		}
		if o.Note == "" {
			o.Note = old.Note
		}
		a, err := order.Save(o)
		if err != nil {
			return nil, err
		}
		acts = append(acts, a)
	}
	for _, ref := range plan.Delete {
		res, err := draftOf(c, ref)
		if err != nil {
			return nil, err
		}
		if !res.Node().Get("status").Is("draft") {
			return nil, &record.VersionConflict{}
		}
		acts = append(acts, record.Act{Op: record.Delete, Type: res.Type, ID: res.ID, IfMatch: versionOf(res.Version)})
	}
	return acts, nil
}

// putAside keeps that a card of an outside service was read and not followed, and
// why; the service is told the coded reason, never the words.
func (r *room) putAside(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	shown, ok := r.shownCard(c, p, form)
	if !ok {
		r.answer(c, p, web.Neutral, noLonger)
		return
	}
	k, text := shown.Card, strings.TrimSpace(form.Get("text"))
	reason, coded := form.Get("reason"), hooks.Coding{}
	bad := ""
	if n, theirs := strings.CutPrefix(reason, "their:"); theirs {
		i, err := strconv.Atoi(n)
		if err != nil || i < 0 || i >= min(len(k.OverrideReasons), 10) {
			bad = "Choose the reason."
		} else {
			coded, reason = k.OverrideReasons[i], "other"
			text = strings.TrimSpace(cutWords(coded.Display, 100) + "; " + text)
			text = strings.TrimSuffix(text, ";")
		}
	} else if order.KeepText(reason) == "" {
		bad = "Choose the reason."
	} else {
		coded = hooks.Coding{System: hooks.ReasonSystem, Code: reason, Display: order.KeepText(reason)}
	}
	switch {
	case bad == "" && reason == "other" && text == "":
		bad = "Write the reason."
	case utf8.RuneCountInString(text) > order.MaxReason:
		bad = "This is too long: at most 300 letters."
	}
	if bad != "" {
		v, err := r.asked(c, p, shownAt(shown.Hook), form.Get("visit"))
		if err != nil {
			c.Failed(err)
			return
		}
		v.Bad, v.BadKey, v.Open = bad, k.Key, true
		r.showOutside(c, p, http.StatusUnprocessableEntity, v)
		return
	}
	as := k.Rule(shown.From)
	kept := order.Kept{Key: k.Key, Rule: as.Rule.ID, Title: shown.From.Name + ": " + k.Summary, Detail: k.Words, Severity: severity(k.Severity), Reason: reason, ReasonText: text}
	if _, err := draftOf(c, k.Draft); k.Draft != "" && err == nil {
		kept.Implicated = []string{k.Draft}
	}
	a, err := order.Keep(p.ID(), kept, by(c))
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{a})
	}
	if err != nil {
		c.Failed(err)
		return
	}
	r.Outside.Tell(hooks.Took{Site: c.Site.Slug, From: shown.From, Hook: shown.Hook, Card: k.UUID, Override: true, Reason: coded, At: c.Now})
	if web.PartialOf(c.R) == "basket" {
		r.answer(c, p, web.Good, "Put aside: what "+shown.From.Name+" says is kept with the reason.")
		return
	}
	hook := shownAt(shown.Hook)
	if web.PartialOf(c.R) == region(hook) {
		v, err := r.asked(c, p, hook, form.Get("visit"))
		if err != nil {
			c.Failed(err)
			return
		}
		v.Open = true
		r.showOutside(c, p, http.StatusOK, v)
		return
	}
	back := p.ChartHref()
	if hook == atSelect {
		back = p.ChartHref("order")
	}
	c.Done(back, web.Flash{Kind: web.Good, Text: "Put aside, with the reason."})
}

// shownAt is the hook whose region shows a card: what is asked at signing stands in
// the basket.
func shownAt(hook string) string {
	if hook == atSign {
		return atSelect
	}
	return hook
}

// signing asks the services of order-sign before anything is signed. It is the one
// place where somebody waits for them.
func (r *room) signing(c *door.Call, p *clinic.Patient) (*outsideView, error) {
	if r.Outside == nil || len(r.Outside.Has(c.R.Context(), c.Actor, atSign)) == 0 {
		return nil, nil
	}
	return r.asked(c, p, atSign, "")
}

// silent are the services that said nothing when they were asked: for the words
// after signing.
func (v *outsideView) silent() string {
	if v == nil {
		return ""
	}
	var out []string
	for _, t := range v.Told {
		if t.Why != "" {
			out = append(out, t.Name+" "+t.Why)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return ". " + strings.Join(out, "; ")
}
