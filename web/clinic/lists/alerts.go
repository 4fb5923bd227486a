package lists

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/decision"
	"wholechart/decision/rule"
	"wholechart/decision/standing"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic/rules"
	"wholechart/web/door"
)

// mayAlerts says who is shown the dangers that stand: who may list, and may search
// what dangers rest on besides, of which nothing is withheld either.
func mayAlerts(c *door.Call) bool {
	if !standing.MayList(c.Actor) {
		return false
	}
	for _, typ := range []string{"AllergyIntolerance", "MedicationStatement"} {
		d := access.Decide(c.Actor, access.EHR, access.Search, typ)
		if !d.Allowed || d.Patients != nil || d.Labels != 0 {
			return false
		}
	}
	return true
}

// dangerKinds are the kinds of rules that speak of a record without a draft.
var dangerKinds = []rule.Kind{rule.Interaction, rule.Allergy, rule.Duplicate, rule.Condition, rule.Laboratory, rule.Pregnancy, rule.Age, rule.Dose, rule.Imaging}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// danger is one alert as this site wants it: as loud as its rule may be here.
type danger struct {
	standing.Alert
	Here rule.Level
}

// dangers are those of a patient that a page may show, the worst and newest first.
func dangers(row standing.Row, chosen decision.Settings) (out []danger, off []string) {
	for a := range row.Alerts() {
		d := danger{a, a.Level}
		if s, ok := chosen[a.Rule.ID]; ok {
			d.Here = min(a.Level, s.Level)
		}
		if d.Here == rule.Off {
			off = append(off, a.Rule.ID)
			continue
		}
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(x, y danger) int {
		return cmp.Or(cmp.Compare(x.Severity, y.Severity), cmp.Compare(y.Here, x.Here), late(y.Since, x.Since), strings.Compare(x.Rule.ID, y.Rule.ID))
	})
	return out, off
}

// alertRule is one rule with how many patients it warns of, by severity.
type alertRule struct {
	*rule.Rule
	N      [len(standing.Severities)]int
	Active bool
	Href   [len(standing.Severities)]string
}

// atRisk is one patient of the page.
type atRisk struct {
	ID     string
	of     []danger // of the view
	newest time.Time
}

// alertLine is one danger of one patient on the page.
type alertLine struct {
	person
	danger
	First  bool   // of the patient
	Place  string // where the chart shows what it rests on
	Where  string // that place in words
	Day    string
	Repeat int // the same rule more than once
}

type alertPage struct {
	View  standing.Severity
	given bool      // the address names the view; else it is the worst that somebody is in
	Quiet bool      // what is quiet here too
	Kind  rule.Kind // only these; "" all
	Sort  string
	Rule  *rule.Rule
	Rules []alertRule
	Lines []alertLine
	Tabs  web.Tabs
	Sorts []web.Option
	Kinds []web.Option
	Fresh fresh
	Basis string
	CSV   string
	Of    int // patients that are looked at
	Found int // patients of this view
	Pager pager
	Off   int // rules that speak and are switched off here
	Long  bool
	here  string
}

func (p *alertPage) href(v standing.Severity, only, sort string, from int) string {
	q := url.Values{}
	q.Set("show", slug(v))
	if only != "" {
		q.Set("rule", only)
	}
	if p.Quiet {
		q.Set("quiet", "yes")
	}
	if p.Kind != "" {
		q.Set("kind", string(p.Kind))
	}
	if sort != "newest" {
		q.Set("sort", sort)
	}
	if from > 0 {
		q.Set("from", strconv.Itoa(from))
	}
	return p.here + "?" + q.Encode()
}

// slug is a severity in an address.
func slug(s standing.Severity) string { return strings.ReplaceAll(s.String(), " ", "-") }

// severityLabel heads a tab.
func severityLabel(s standing.Severity) string {
	return [...]string{"Contraindicated", "Severe", "Moderate", "Other"}[s&3]
}

// alertChoice is what the address asks for.
func (h *Room) alertChoice(c *door.Call) (*alertPage, string, decision.Settings, error) {
	q := c.R.URL.Query()
	p := &alertPage{Sort: q.Get("sort"), here: c.Path("lists", "alerts")}
	for _, s := range standing.Severities {
		if q.Get("show") == slug(s) {
			p.View, p.given = s, true
		}
	}
	p.Quiet = q.Get("quiet") == "yes"
	if k := rule.Kind(q.Get("kind")); slices.Contains(dangerKinds, k) {
		p.Kind = k
	}
	if !slices.Contains([]string{"newest", "longest", "most", "name"}, p.Sort) {
		p.Sort = "newest"
	}
	chosen, _, err := rules.Settings(c)
	return p, q.Get("rule"), chosen, err
}

// gather counts by rule and severity and finds the patients of the view.
func (p *alertPage) gather(rows []standing.Row, only string, chosen decision.Settings) []atRisk {
	by := map[*rule.Rule]*alertRule{}
	off := map[string]bool{}
	var tabs [len(standing.Severities)]int
	var out []atRisk
	speak := make([][]danger, len(rows))
	worst := standing.Unsaid
	for i, row := range rows {
		list, silent := dangers(row, chosen)
		for _, id := range silent {
			off[id] = true
		}
		speak[i] = slices.DeleteFunc(list, func(d danger) bool { return d.Here < rule.Notice && !p.Quiet || p.Kind != "" && d.Rule.Kind != p.Kind })
		for _, d := range speak[i] {
			if only == "" || d.Rule.ID == only {
				worst = min(worst, d.Severity)
			}
		}
	}
	if !p.given {
		p.View = worst
	}
	for i, row := range rows {
		p.Of++
		one := atRisk{ID: row.Patient}
		var in [len(standing.Severities)]bool
		counted := map[*rule.Rule]uint8{} // bits of severities: a patient counts once
		for _, d := range speak[i] {
			r := by[d.Rule]
			if r == nil {
				r = &alertRule{Rule: d.Rule, Active: d.Rule.ID == only}
				by[d.Rule] = r
			}
			if counted[d.Rule]&(1<<d.Severity) == 0 {
				counted[d.Rule] |= 1 << d.Severity
				r.N[d.Severity]++
			}
			if only != "" && d.Rule.ID != only {
				continue
			}
			in[d.Severity] = true
			if d.Severity == p.View {
				one.of = append(one.of, d)
				if d.Since.After(one.newest) {
					one.newest = d.Since
				}
			}
		}
		for s := range in {
			if in[s] {
				tabs[s]++
			}
		}
		if len(one.of) > 0 {
			out = append(out, one)
		}
	}
	p.Off, p.Found = len(off), len(out)
	for r, n := range by {
		if r.ID == only {
			p.Rule = r
		}
		for _, s := range standing.Severities {
			if n.N[s] > 0 {
				n.Href[s] = p.href(s, r.ID, p.Sort, 0)
			}
		}
		p.Rules = append(p.Rules, *n)
	}
	slices.SortFunc(p.Rules, func(x, y alertRule) int {
		return cmp.Or(slices.Compare(y.N[:], x.N[:]), cmp.Compare(x.Title, y.Title), cmp.Compare(x.ID, y.ID))
	})
	p.Tabs.Label = "How bad it would be"
	for _, s := range standing.Severities {
		p.Tabs.Items = append(p.Tabs.Items, web.Tab{Label: severityLabel(s), Href: p.href(s, only, p.Sort, 0), Count: tabs[s], Active: s == p.View})
	}
	slices.SortFunc(out, func(x, y atRisk) int {
		n := late(y.newest, x.newest) // newest first
		switch p.Sort {
		case "longest":
			n = late(x.newest, y.newest)
		case "most":
			n = cmp.Or(cmp.Compare(len(y.of), len(x.of)), n)
		}
		return cmp.Or(n, cmp.Compare(x.ID, y.ID))
	})
	return out
}

// place is where the chart shows what a danger rests on: the whole record, since the
// other half of it is often elsewhere.
func place(c *door.Call, patient string, k rule.Kind) (href, where string) {
	switch k {
	case rule.RepeatTest, rule.Laboratory:
		return c.PatientPath(patient, access.EHR, "results"), "Results"
	case rule.Imaging:
		return c.PatientPath(patient, access.EHR, "imaging"), "Imaging"
	case rule.Immunization:
		return c.PatientPath(patient, access.EHR, "immunisations"), "Vaccines"
	}
	return c.PatientPath(patient, access.EHR, "medicines"), "Medicines"
}

func riskIDs(list []atRisk) []string {
	out := make([]string, len(list))
	for i, o := range list {
		out[i] = o.ID
	}
	return out
}

// alerts is everybody in whose record a danger stands.
func (h *Room) alerts(c *door.Call) {
	if !mayAlerts(c) {
		c.Failed(&record.Refused{Why: "lists of patients are for those who take part in care"})
		return
	}
	p, only, chosen, err := h.alertChoice(c)
	if err != nil {
		c.Failed(err)
		return
	}
	h.standing.CatchUp(c.R.Context(), c.Site.Slug, catchUp)
	found := p.gather(h.standing.Rows(c.Site.Slug), only, chosen)
	p.Fresh = h.fresh(c)
	p.Basis = basis(c, p.Fresh)
	p.CSV = p.here + "/csv" + strings.TrimPrefix(p.href(p.View, only, p.Sort, 0), p.here)
	if p.Sort == "name" && len(found) > mostNamed {
		p.Sort, p.Long = "newest", true
	}
	for _, s := range [][2]string{{"newest", "Newest first"}, {"longest", "Longest first"}, {"most", "Most dangers first"}, {"name", "By name"}} {
		p.Sorts = append(p.Sorts, web.Option{Value: s[0], Label: s[1]})
	}
	p.Kinds = []web.Option{{Value: "", Label: "All kinds"}}
	for _, k := range dangerKinds {
		p.Kinds = append(p.Kinds, web.Option{Value: string(k), Label: upper(string(k))})
	}
	var people map[string]person
	if p.Sort == "name" {
		if people, err = names(c, riskIDs(found)); err == nil {
			slices.SortStableFunc(found, func(x, y atRisk) int {
				return cmp.Compare(strings.ToLower(people[x.ID].Name), strings.ToLower(people[y.ID].Name))
			})
		}
	}
	var shown []atRisk
	shown, p.Pager = part(found, from(c), func(n int) string { return p.href(p.View, only, p.Sort, n) })
	if people == nil && err == nil {
		people, err = names(c, riskIDs(shown))
	}
	if err != nil {
		c.Failed(err)
		return
	}
	for _, o := range shown {
		if who, ok := people[o.ID]; ok { // else gone meanwhile, or not for who asks
			p.Lines = append(p.Lines, linesOf(c, o, who)...)
		}
	}
	title := "Standing alerts"
	if p.Rule != nil {
		title = p.Rule.Title
	}
	frame := c.Page(title)
	frame.Sheets = []string{sheetURL}
	c.Show(frame, alertsMain(p, title))
}

// linesOf are the lines of one patient: a rule that speaks of several pairs is one.
func linesOf(c *door.Call, o atRisk, who person) (out []alertLine) {
	for _, d := range o.of {
		if i := slices.IndexFunc(out, func(l alertLine) bool { return l.Rule == d.Rule }); i >= 0 {
			out[i].Repeat++
			continue
		}
		l := alertLine{person: who, danger: d, First: len(out) == 0, Repeat: 1}
		l.Place, l.Where = place(c, o.ID, d.Rule.Kind)
		if !d.Since.IsZero() {
			l.Day = d.Since.Format("2 Jan 2006")
		}
		out = append(out, l)
	}
	return out
}

// alertsCSV is what the address shows of everybody, a line a danger.
func (h *Room) alertsCSV(c *door.Call) {
	if !mayAlerts(c) {
		c.Failed(&record.Refused{Why: "lists of patients are for those who take part in care"})
		return
	}
	p, only, chosen, err := h.alertChoice(c)
	if err != nil {
		c.Failed(err)
		return
	}
	h.standing.CatchUp(c.R.Context(), c.Site.Slug, catchUp)
	found := p.gather(h.standing.Rows(c.Site.Slug), only, chosen)
	f := h.fresh(c)
	if len(found) > mostCSV {
		found = found[:mostCSV]
		f.Waiting, f.Text = max(f.Waiting, 1), "only the first "+count(mostCSV)+" patients are here. "+f.Text
	}
	people, err := names(c, riskIDs(found))
	if err != nil {
		c.Failed(err)
		return
	}
	rows := [][]string{{"patient", "name", "age", "sex", "phone", "danger", "rule", "version", "kind", "severity", "here", "since", "source", "needs review"}}
	for _, o := range found {
		who, ok := people[o.ID]
		if !ok {
			continue
		}
		for _, d := range o.of {
			rows = append(rows, []string{o.ID, who.Name, who.Age, who.Sex, who.Phone, d.Rule.Title, d.Rule.ID, d.Rule.Version, string(d.Rule.Kind), d.Severity.String(), d.Here.String(), isoDay(d.Since), d.Rule.Citation, "by a clinician before use in care"})
		}
	}
	h.csv(c, "alerts-"+slug(p.View), f, rows)
}
