package orders

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/decision/ordering"
	"wholechart/decision/rule"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
	"wholechart/web/plot"
)

// basket is what stands at the side: the drafts, each with what is to be known
// about it, and the way to add and to sign.
type basket struct {
	p    *clinic.Patient
	path string // of the order pages

	Lines   []*line
	General []card // about the record, not about one draft

	Said     string // an answer to what was just done, good or not
	SaidKind web.Kind
	Undo     *web.Undo // takes back what Said says
	Typed    string    // what was typed and could not be added
	TypedWhy string
	Choices  []choice // what it may have meant
	Words    bool     // offer to order it in words

	Sets      []order.Set
	Starred   []choice
	Problems  []web.Option
	Visits    []openVisit
	Unchecked string // why nothing was checked
	Gaps      []rule.Gap
	Ran       []string

	SignLabel string
	AskSign   bool // some are for somebody else to sign
	Signers   []web.Option
	Blocked   int // warnings that wait for an answer
	Outside   *outsideView
	State     string
}

// line is one draft.
type line struct {
	O       order.Order
	Ref     string // Type/id
	Icon    string
	Cards   []card
	Quiet   []card
	Faults  map[string]string
	Typed   map[string]string // what was typed and not accepted, by field
	Open    bool              // its form is shown
	Grow    string            // a row for one more step is shown: then, and
	Starred bool
	Key     string // of the catalogue, "" in words
	Pill    web.Pill
	Mine    bool
	NoCode  bool
	Sides   bool
	Contr   []string
}

// card is a rule's card as this page shows it.
type card struct {
	rule.Card
	Kept   string // the reason for which it was overridden
	Before string // it was overridden so long ago that it is asked again
	Facts  []web.Fact
	Spark  plot.Spark
	Text   string // last values, of a series
	Line   string // Ref of the draft
	Bad    string // what was wrong with the reason that was given
}

// choice is one thing that can be added.
type choice struct{ Key, Title, Detail, Kind string }

var icons = map[order.Kind]string{order.Medicine: "℞", order.Test: "⚗", order.Imaging: "◫", order.Referral: "→", order.Procedure: "✚", order.Vaccine: "⌁"}

var kindWords = map[order.Kind]string{order.Medicine: "medicine", order.Test: "laboratory", order.Imaging: "imaging", order.Referral: "referral", order.Procedure: "procedure", order.Vaccine: "vaccine"}

// load reads the basket and has it checked.
func (r *room) load(c *door.Call, p *clinic.Patient) (*basket, error) {
	ctx, s := c.R.Context(), c.Session(access.EMR)
	b := &basket{p: p, path: p.ChartHref("order"), Sets: order.Sets()}
	found, err := order.Basket(ctx, s, p.ID())
	if err != nil {
		return nil, err
	}
	stars := r.stars(c)
	for _, res := range found {
		o := order.Read(res.Node())
		o.Version = res.Version
		l := &line{O: o, Ref: res.Type + "/" + res.ID, Icon: icons[o.Kind], Faults: map[string]string{}, Typed: map[string]string{}, NoCode: len(o.Codes) == 0 && (o.Kind == order.Medicine || o.Kind == order.Test || o.Kind == order.Vaccine)}
		if it := order.ItemOf(o); it != nil {
			l.Key, l.Starred, l.Sides, l.Contr = it.Key, slices.Contains(stars, it.Key), it.Sides, it.Contrasts
		}
		b.Lines = append(b.Lines, l)
	}
	slices.SortStableFunc(b.Lines, func(x, y *line) int {
		return cmp.Or(slices.Index(order.Kinds, x.O.Kind)-slices.Index(order.Kinds, y.O.Kind), x.O.AuthoredOn.Compare(y.O.AuthoredOn))
	})
	for _, k := range stars {
		if it := order.ByKey(k); it != nil {
			b.Starred = append(b.Starred, choiceOf(order.Choice{Item: it}))
		}
	}
	for _, pr := range p.Chart().Problems.Active {
		if len(b.Problems) == 8 {
			break
		}
		b.Problems = append(b.Problems, web.Option{Value: pr.ID, Label: pr.Name})
	}
	if len(b.Lines) > 0 {
		b.Visits = openVisits(c, p.ID())
	}
	if len(b.Lines) > 0 {
		b.Outside = r.awaits(c, p.ID(), atSelect, "")
	}
	if err := r.check(c, b); err != nil {
		return nil, err
	}
	b.finish(c)
	return b, nil
}

// askWait is how long the basket waits for other sites before it is checked: who
// prescribes elsewhere is the reason for checking.
const askWait = 1500 * time.Millisecond

// check asks what is to be known about the drafts, on the whole record where the
// actor may see it.
func (r *room) check(c *door.Call, b *basket) error {
	if r.Check == nil {
		b.Unchecked = "Not checked: no knowledge of interactions, duplicates or doses is loaded here."
		return nil
	}
	if len(b.Lines) == 0 {
		return nil
	}
	ctx := c.R.Context()
	if why := r.Ask(c, askWait); why != "" {
		b.Gaps = append(b.Gaps, rule.Gap{Check: "whole record", Why: why})
	}
	whole, err := chart.Glance(ctx, c.Session(access.EHR), b.p.ID(), c.Now, "MedicationRequest", "MedicationStatement", "AllergyIntolerance", "Condition", "Observation")
	if err != nil {
		whole = b.p.Chart()
		b.Gaps = append(b.Gaps, rule.Gap{Check: "whole record", Why: "only this chart was looked at"})
	}
	var drafts []rule.Draft
	for _, l := range b.Lines {
		drafts = append(drafts, ordering.Draft(l.O, l.Ref))
	}
	a := r.Check(door.WithActor(ctx, c.Actor), whole, drafts)
	a.Sort()
	b.Gaps, b.Ran = append(b.Gaps, a.Gaps...), a.Ran
	kept, err := order.Keeps(ctx, c.Session(access.EMR), b.p.ID())
	if err != nil {
		return err
	}
	for _, k := range a.Cards {
		if k.Level == rule.Off {
			continue
		}
		x := card{Card: k, Line: k.Draft}
		if o, ok := kept[k.Key]; ok && k.Key != "" {
			if ordering.Stands(&k, o, c.Now) {
				x.Kept = o.Reason
			} else if !o.At.IsZero() {
				x.Before = "You kept this on " + o.At.In(c.Zone).Format("2 Jan 2006") + " (" + o.Reason + "). That is " + ordering.Until(&k, o) + " ago or more: it is asked again."
			}
		}
		for _, e := range k.Facts {
			f := web.Fact{Text: e.Text}
			if e.New {
				f.After = "today"
			} else if e.When.Known() {
				f.After = e.When.String()
			}
			if !e.New && e.Prov.Source != nil {
				f.Source = &web.Badge{Letters: e.Prov.Source.Badge, Color: e.Prov.Source.Color, Title: e.Prov.Source.Name, Author: e.Prov.Author}
				if e.Prov.ID != "" && e.Prov.Type != "" { // the original: a result, its images, the other prescription
					f.Source.Href = c.PatientPath(b.p.ID(), access.EHR, "fact", e.Prov.Type, e.Prov.ID)
				}
			}
			x.Facts = append(x.Facts, f)
		}
		if k.Series != nil {
			x.Spark, x.Text = sparkOf(k.Series), latest(k.Series)
		}
		l := b.line(k.Draft)
		switch {
		case l == nil:
			b.General = append(b.General, x)
		case k.Level == rule.Quiet || x.Kept != "":
			l.Quiet = append(l.Quiet, x)
		default:
			l.Cards = append(l.Cards, x)
		}
	}
	for _, l := range b.Lines { // one sentence at a time: what does not interrupt folds behind the first
		loud := l.Cards
		for i, k := range l.Cards {
			if i > 0 && k.Level != rule.Interrupt {
				loud = l.Cards[:i]
				l.Quiet = append(slices.Clone(l.Cards[i:]), l.Quiet...)
				break
			}
		}
		l.Cards = loud
	}
	return nil
}

func (b *basket) line(ref string) *line {
	for _, l := range b.Lines {
		if l.Ref == ref && ref != "" {
			return l
		}
	}
	return nil
}

// finish words what can be done with the basket.
func (b *basket) finish(c *door.Call) {
	mine := 0
	for _, l := range b.Lines {
		l.Mine = signs(c.Actor, l.O.Kind)
		if l.Mine {
			mine++
		} else {
			b.AskSign = true
		}
		for _, f := range l.O.Check(c.Now) {
			if l.Faults[f.Field] == "" {
				l.Faults[f.Field] = f.Text
			}
		}
		loud := 0
		for _, k := range l.Cards {
			if k.Level == rule.Interrupt {
				loud++
			}
		}
		b.Blocked += loud
		switch {
		case loud > 0:
			l.Pill = web.Pill{Kind: web.Danger, Text: "answer the warning"}
		case len(l.Faults) > 0:
			l.Pill, l.Open = web.Pill{Kind: web.Warning, Text: "not complete"}, true
		case len(l.Cards) > 0:
			l.Pill = web.Pill{Kind: web.Warning, Text: cardWord(l.Cards[0])}
		case b.Unchecked != "":
			l.Pill = web.Pill{Text: "not checked"}
		case gapOf(b.Gaps, l.Ref) || l.NoCode:
			l.Pill = web.Pill{Kind: web.Warning, Text: "checked in part"}
		default:
			l.Pill = web.Pill{Kind: web.Good, Text: "checked"}
		}
	}
	if mine > 0 {
		b.SignLabel = "Sign " + plural(mine, "order", "orders")
	}
	if b.AskSign {
		b.Signers = colleagues(c, "any physician here")
	}
	var refs []string
	for _, l := range b.Lines {
		refs = append(refs, l.Ref+"@"+l.O.Version)
	}
	b.State = strings.Join(refs, " ")
}

func gapOf(gaps []rule.Gap, ref string) bool {
	return slices.ContainsFunc(gaps, func(g rule.Gap) bool { return g.Draft == "" || g.Draft == ref })
}

func cardWord(k card) string {
	if k.Rule != nil && (k.Rule.Kind == rule.RepeatTest || k.Rule.Kind == rule.Duplicate) {
		return "duplicate"
	}
	return "see below"
}

func choiceOf(k order.Choice) choice {
	o := k.Order()
	return choice{Key: k.Item.Key, Title: o.Title(), Detail: o.Detail(), Kind: kindWords[o.Kind]}
}

func sparkOf(s *chart.Series) plot.Spark {
	if s == nil || !s.Numeric {
		return plot.Spark{}
	}
	out := plot.Spark{Low: s.Range.Low, High: s.Range.High, Label: s.Name}
	for _, p := range s.Points[max(0, len(s.Points)-24):] {
		if p.When.Known() {
			out.Values = append(out.Values, plot.Point{Time: p.When.At, Day: !p.When.HasTime(), Value: p.Number, Text: p.Value, Flag: p.Flag})
		}
	}
	return out
}

// latest words the last value of a series: "7.9 % on 14 Nov 2026 at Maple Street".
func latest(s *chart.Series) string {
	p := s.Latest()
	if p.Value == "" {
		return ""
	}
	t := strings.TrimSpace(p.Value + " " + p.Unit)
	if p.When.Known() {
		t += " on " + p.When.String()
	}
	if p.Source != nil {
		t += " at " + p.Source.Name
	}
	return t
}

func (r *room) basketPage(c *door.Call) {
	p, ok := r.open(c)
	if !ok {
		return
	}
	if !drafts(c) {
		c.Failed(&record.Refused{Why: "this role does not order"})
		return
	}
	b, err := r.load(c, p)
	if err != nil {
		c.Failed(err)
		return
	}
	r.show(c, http.StatusOK, b)
}

// show writes the page of the basket, or the basket alone when it is asked for.
func (r *room) show(c *door.Call, status int, b *basket) {
	if web.PartialOf(c.R) == "basket" {
		c.Render(status, basketSide(b))
		return
	}
	placed, err := r.placed(c, b.p)
	if err != nil {
		c.Failed(err)
		return
	}
	page := r.frame(b.p, "Orders")
	page.Side = basketSide(b)
	b.p.Show(status, page, basketMain(b, placed))
}

// placedOrder is an order that waits.
type placedOrder struct {
	Title, Href, Note string
	Pill              web.Pill
}

type placedList struct {
	Waiting   []placedOrder // tests, imaging, referrals without a result
	Medicines []medicine
	Not       []notOrdered // because what was asked for was there
	Printed   web.Link
	base      string
}

// medicine is one of the chart's own prescriptions in force.
type medicine struct {
	Name, Sig, Href, ID string
	Held                bool
}

// placed are the open orders and prescriptions of this chart.
func (r *room) placed(c *door.Call, p *clinic.Patient) (*placedList, error) {
	found, err := order.Placed(c.R.Context(), c.Session(access.EMR), p.ID())
	if err != nil {
		return nil, err
	}
	out := &placedList{base: p.ChartHref("orders")}
	if g := c.R.FormValue("signed"); g != "" && len(g) < 64 && c.R.Method == http.MethodGet {
		out.Printed = web.Link{Label: "Print what was signed", Href: p.ChartHref("order", "print", g)}
	}
	for _, res := range found {
		o := order.Read(res.Node())
		href := p.ChartHref("orders", res.ID)
		if o.Kind == order.Medicine {
			out.Medicines = append(out.Medicines, medicine{Name: o.Name, Sig: o.Sig.How(), Href: href, ID: res.ID, Held: o.Status == "on-hold"})
			continue
		}
		x := placedOrder{Title: o.Title(), Href: href, Note: "ordered " + age(o.AuthoredOn, c.Now) + ", no result"}
		if o.Kind == order.Referral || o.Kind == order.Procedure || o.Kind == order.Vaccine {
			x.Note = "ordered " + age(o.AuthoredOn, c.Now) + ", not done yet"
		}
		if o.RequesterAs != "" {
			x.Note += " · " + o.RequesterAs
		}
		switch d := int(c.Now.Sub(o.AuthoredOn).Hours() / 24); {
		case o.Status == "on-hold":
			x.Pill = web.Pill{Kind: web.Warning, Text: "on hold"}
		case o.AuthoredOn.IsZero() || d > limitDays(o):
			x.Pill = web.Pill{Kind: web.Warning, Text: "overdue"}
		case o.Priority == "stat" || o.Priority == "urgent":
			x.Pill = web.Pill{Kind: web.Danger, Text: o.Priority}
		default:
			x.Pill = web.Pill{Text: "waiting"}
		}
		out.Waiting = append(out.Waiting, x)
	}
	if out.Not, err = r.notOrdered(c, p); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out.Medicines, func(a, b medicine) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// limitDays is after how many days an order without a result is called overdue.
func limitDays(o order.Order) int {
	switch {
	case o.Priority == "stat":
		return 0
	case o.Priority == "urgent" || o.Priority == "asap":
		return 2
	case o.Kind == order.Test:
		return 7
	case o.Kind == order.Imaging:
		return 21
	}
	return 60
}

func versionOf(s string) int { n, _ := strconv.Atoi(s); return n }
