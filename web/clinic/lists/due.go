package lists

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/decision/rule"
	"wholechart/decision/standing"
	"wholechart/web"
	"wholechart/web/clinic/rules"
	"wholechart/web/door"
)

// view is which part of what is due a page shows: what is ordered or booked stands
// apart from what nobody has done anything about.
type view uint8

const (
	overdue view = iota
	dueNow
	soon
	ordered
)

var views = [...]view{overdue, dueNow, soon, ordered}

func (v view) String() string { return [...]string{"overdue", "due", "soon", "ordered"}[v] }

func (v view) label() string {
	return [...]string{"Overdue", "Due", "Due soon", "Ordered or booked"}[v]
}

// viewOf is where an item stands; ok is false of what is not known.
func viewOf(i *standing.Item) (v view, ok bool) {
	switch {
	case i.Status == standing.Unknown:
		return 0, false
	case i.Pending:
		return ordered, true
	}
	return view(i.Status), true
}

const (
	mostNamed = 400  // patients whose names are read to sort by them
	mostCSV   = 5000 // patients
)

// ruleRow is one rule with how many patients it has something to do for.
type ruleRow struct {
	*rule.Rule
	N      [len(views)]int
	Active bool
	Href   [len(views)]string
}

// owed is what stands out for one patient.
type owed struct {
	ID    string
	row   standing.Row
	n     int       // things of the view
	since time.Time // the longest; zero: no day says it
}

// items are a patient's things of the view, the longest due first.
func (p *duePage) items(o owed, only string, off map[string]bool) (out []standing.Item) {
	for i := range o.row.Items() {
		if v, ok := viewOf(&i); ok && v == p.View && !off[i.Rule.ID] && (only == "" || i.Rule.ID == only) {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(x, y standing.Item) int { return late(x.Since, y.Since) })
	return out
}

// dueLine is one patient on the page.
type dueLine struct {
	owed
	person
	What  string // the first few, by name
	Since string
	Last  string
	More  int
}

type duePage struct {
	View  view
	Sort  string
	Rule  *rule.Rule // only this; nil: all
	Rules []ruleRow
	Lines []dueLine
	Tabs  web.Tabs
	Sorts []web.Option
	Fresh fresh
	Basis string
	CSV   string
	Of    int // patients that are asked for something at all
	Found int // patients of this view
	Pager pager
	Off   int  // rules that are switched off here
	Long  bool // too many to sort by name
	here  string
}

// choice is what the address asks for.
func (h *Room) choice(c *door.Call) (*duePage, map[string]bool, error) {
	q := c.R.URL.Query()
	p := &duePage{Sort: q.Get("sort"), here: c.Path("lists", "due")}
	for _, v := range views {
		if q.Get("show") == v.String() {
			p.View = v
		}
	}
	if !slices.Contains([]string{"longest", "most", "name"}, p.Sort) {
		p.Sort = "longest"
	}
	chosen, _, err := rules.Settings(c)
	if err != nil {
		return nil, nil, err
	}
	off := map[string]bool{}
	for id, s := range chosen {
		if s.Level == rule.Off {
			off[id] = true
		}
	}
	return p, off, nil
}

// gather counts by rule and finds the patients of the view.
func (p *duePage) gather(rows []standing.Row, only string, off map[string]bool) []owed {
	by := map[*rule.Rule]*ruleRow{}
	var tabs [len(views)]int
	var out []owed
	seen := map[string]bool{}
	for _, row := range rows {
		p.Of++
		var o owed
		var in [len(views)]bool
		for i := range row.Items() {
			v, ok := viewOf(&i)
			if !ok {
				continue
			}
			if len(off) > 0 && off[i.Rule.ID] {
				seen[i.Rule.ID] = true
				continue
			}
			r := by[i.Rule]
			if r == nil {
				r = &ruleRow{Rule: i.Rule, Active: i.Rule.ID == only}
				by[i.Rule] = r
			}
			r.N[v]++
			if only != "" && i.Rule.ID != only {
				continue
			}
			in[v] = true
			if v == p.View {
				o.n++
				if !i.Since.IsZero() && (o.since.IsZero() || i.Since.Before(o.since)) {
					o.since = i.Since
				}
			}
		}
		for v := range in {
			if in[v] {
				tabs[v]++
			}
		}
		if o.n > 0 {
			o.ID, o.row = row.Patient, row
			out = append(out, o)
		}
	}
	p.Off = len(seen)
	for r, n := range by {
		if r.ID == only {
			p.Rule = r
		}
		for _, v := range views {
			if n.N[v] > 0 {
				n.Href[v] = p.href(v, r.ID, p.Sort, 0)
			}
		}
		p.Rules = append(p.Rules, *n)
	}
	slices.SortFunc(p.Rules, func(x, y ruleRow) int {
		return cmp.Or(cmp.Compare(y.N[overdue], x.N[overdue]), cmp.Compare(y.N[dueNow], x.N[dueNow]), cmp.Compare(x.Title, y.Title), cmp.Compare(x.ID, y.ID))
	})
	p.Tabs.Label = "What stands out"
	for _, v := range views {
		p.Tabs.Items = append(p.Tabs.Items, web.Tab{Label: v.label(), Href: p.href(v, only, p.Sort, 0), Count: tabs[v], Active: v == p.View})
	}
	p.Found = len(out)
	slices.SortFunc(out, func(x, y owed) int {
		n := 0
		if p.Sort == "most" {
			n = cmp.Compare(y.n, x.n)
		}
		return cmp.Or(n, late(x.since, y.since), cmp.Compare(x.ID, y.ID))
	})
	return out
}

// late puts the longest ago first and what no day says last.
func late(x, y time.Time) int {
	if x.IsZero() != y.IsZero() {
		if x.IsZero() {
			return 1
		}
		return -1
	}
	return x.Compare(y)
}

func (p *duePage) href(v view, only, sort string, from int) string {
	q := url.Values{}
	if v != overdue {
		q.Set("show", v.String())
	}
	if only != "" {
		q.Set("rule", only)
	}
	if sort != "longest" {
		q.Set("sort", sort)
	}
	if from > 0 {
		q.Set("from", strconv.Itoa(from))
	}
	if len(q) == 0 {
		return p.here
	}
	return p.here + "?" + q.Encode()
}

// due is everybody with something due.
func (h *Room) due(c *door.Call) {
	if refused(c) {
		return
	}
	p, off, err := h.choice(c)
	if err != nil {
		c.Failed(err)
		return
	}
	only := c.R.URL.Query().Get("rule")
	h.standing.CatchUp(c.R.Context(), c.Site.Slug, catchUp)
	found := p.gather(h.standing.Rows(c.Site.Slug), only, off)
	p.Fresh = h.fresh(c)
	p.Basis = basis(c, p.Fresh)
	p.CSV = p.here + "/csv" + strings.TrimPrefix(p.href(p.View, only, p.Sort, 0), p.here)
	var people map[string]person
	if p.Sort == "name" && len(found) > mostNamed {
		p.Sort, p.Long = "longest", true
	}
	for _, s := range [][2]string{{"longest", "Longest first"}, {"most", "Most things first"}, {"name", "By name"}} {
		p.Sorts = append(p.Sorts, web.Option{Value: s[0], Label: s[1]})
	}
	if p.Sort == "name" {
		if people, err = names(c, idsOf(found)); err == nil {
			slices.SortStableFunc(found, func(x, y owed) int {
				return cmp.Compare(strings.ToLower(people[x.ID].Name), strings.ToLower(people[y.ID].Name))
			})
		}
	}
	var shown []owed
	shown, p.Pager = part(found, from(c), func(n int) string { return p.href(p.View, only, p.Sort, n) })
	if people == nil && err == nil {
		people, err = names(c, idsOf(shown))
	}
	if err != nil {
		c.Failed(err)
		return
	}
	for _, o := range shown {
		who, ok := people[o.ID]
		if !ok {
			continue // gone meanwhile, or not for who asks
		}
		p.Lines = append(p.Lines, p.line(o, who, p.items(o, only, off)))
	}
	title := "Checkups due"
	if p.Rule != nil {
		title = p.Rule.Title
	}
	frame := c.Page(title)
	frame.Sheets = []string{sheetURL}
	c.Show(frame, dueMain(p, title))
}

func idsOf(list []owed) []string {
	out := make([]string, len(list))
	for i, o := range list {
		out[i] = o.ID
	}
	return out
}

// named is how many things one line names.
const named = 3

func (p *duePage) line(o owed, who person, items []standing.Item) dueLine {
	l := dueLine{owed: o, person: who}
	if !o.since.IsZero() {
		l.Since = o.since.Format("2 Jan 2006")
	}
	if p.Rule != nil {
		if t := items[0].Last; !t.IsZero() {
			l.Last = t.Format("2 Jan 2006")
		}
		return l
	}
	for i, it := range items {
		if i == named {
			l.More = len(items) - i
			break
		}
		if i > 0 {
			l.What += " · "
		}
		l.What += it.Rule.Title
	}
	return l
}

// dueCSV is what the address shows of everybody, a line a thing that is due.
func (h *Room) dueCSV(c *door.Call) {
	if refused(c) {
		return
	}
	p, off, err := h.choice(c)
	if err != nil {
		c.Failed(err)
		return
	}
	h.standing.CatchUp(c.R.Context(), c.Site.Slug, catchUp)
	only := c.R.URL.Query().Get("rule")
	found := p.gather(h.standing.Rows(c.Site.Slug), only, off)
	f := h.fresh(c)
	if len(found) > mostCSV {
		found = found[:mostCSV]
		f.Waiting, f.Text = max(f.Waiting, 1), "only the first "+count(mostCSV)+" patients are here. "+f.Text
	}
	people, err := names(c, idsOf(found))
	if err != nil {
		c.Failed(err)
		return
	}
	rows := [][]string{{"patient", "name", "age", "sex", "phone", "what", "rule", "version", "state", "due since", "last done", "source", "needs review"}}
	for _, o := range found {
		who, ok := people[o.ID]
		if !ok {
			continue
		}
		for _, i := range p.items(o, only, off) {
			rows = append(rows, []string{o.ID, who.Name, who.Age, who.Sex, who.Phone, i.Rule.Title, i.Rule.ID, i.Rule.Version, strings.ToLower(p.View.label()), isoDay(i.Since), isoDay(i.Last), i.Rule.Citation, "by a clinician before use in care"})
		}
	}
	h.csv(c, "due-"+p.View.String(), f, rows)
}

func isoDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
