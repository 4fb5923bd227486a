// Package alerts is the page that says what alerts cost: how often each rule
// spoke, interrupted, was followed or overridden and why, for a hundred orders;
// and where a site's administrator registers outside decision support.
//
// Overrides (DetectedIssue) and tests that were not ordered because their result was
// there (ServiceRequest, order.Instead) are read from the chart through the gate, as
// who looks may see them; what was shown and taken is counted elsewhere
// (Config.Counts). No number is of a person.
package alerts

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/api/hooks"
	"wholechart/chart/order"
	"wholechart/decision/burden"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/door"
)

//go:embed alerts.css
var sheet []byte

var sheetURL = door.FileURL("alerts.css", sheet)

// RuleSystem is the system of a DetectedIssue's code: the rule.
const RuleSystem = "https://wholechart.example/rule"

// Config is what the page needs beyond the door.
type Config struct {
	// Counts is what was shown, taken and dismissed at a site.
	Counts func(ctx context.Context, site string) (burden.Tally, error)
	// Rules are all rules as they are now: a node may load more while it runs.
	Rules func() []*rule.Rule
	// Services are the outside services; nil: there is no way to register any.
	Services Services
}

// Service is one outside service as the page shows it.
type Service struct {
	ID, Name, Base, Who, When, Why string
	Hooks                          []string
	Millis                         int      // how long it is waited for; 0: as long as may be
	Asks                           []string // types of the record that its services ask for
	Not                            int      // queries of its that are never answered
	Loud, Record, Desk             bool     // see hooks.Outside
}

// Services lists and changes a site's outside services. Add asks the address
// what it has. Errors of Add that are *Refusal are for whoever typed.
type Services interface {
	List(ctx context.Context, s record.Session) (list []Service, version int, err error)
	Add(ctx context.Context, s record.Session, version int, x Service) error
	Remove(ctx context.Context, s record.Session, version int, id, why string) error
}

// Refusal is why a service was not registered, in words.
type Refusal struct{ Text string }

func (e *Refusal) Error() string { return e.Text }

type room struct{ Config }

// Register hangs the pages on the door.
func Register(d *door.Door, cfg Config) {
	r := &room{cfg}
	d.File("alerts.css", sheet)
	d.Handle("GET /{site}/alerts", func(c *door.Call) { r.show(c, http.StatusOK, form{}) })
	d.Handle("GET /{site}/alerts.csv", r.csv)
	d.Handle("GET /{site}/alerts/months", r.months)
	d.Handle("GET /{site}/alerts/months.csv", r.monthsCSV)
	d.Handle("POST /{site}/alerts/services", r.add)
	d.Handle("POST /{site}/alerts/services/{service}/remove", r.remove)
	d.Commands = append(d.Commands, door.Command{Label: "What alerts cost", Words: "alerts burden overrides reasons interruptive cards services cds hooks outside", Can: mayRead,
		Path: func(c *door.Call, _ string) string { return c.Path("alerts") }})
}

func mayRead(c *door.Call) bool {
	return c.Actor.Kind == access.User && c.Can(access.Read, "Condition") && c.Can(access.Search, "DetectedIssue")
}

func mayManage(c *door.Call) bool { return mayRead(c) && c.Can(access.Manage, "") }

// form is what was typed and not taken.
type form struct {
	Service
	Problem string
}

// moments are the hooks in the words of who registers a service.
var moments = []struct{ Hook, When string }{
	{"patient-view", "when a chart is opened"}, {"encounter-start", "when a visit begins"}, {"order-select", "when a draft order is added or changed"},
	{"order-sign", "when orders are signed"}, {"appointment-book", "when an appointment is made"},
}

func momentsOf(list []string) string {
	var out []string
	for _, m := range moments {
		if slices.Contains(list, m.Hook) {
			out = append(out, m.When)
		}
	}
	return strings.Join(out, ", ")
}

// millis is for how long is waited, as the form has it: half a second is what CDS
// Hooks counts on.
func (f form) millis() string {
	if f.Millis == 0 {
		return "500"
	}
	return strconv.Itoa(f.Millis)
}

// chosen says whether a moment is ticked: all of them before anything was typed.
func (f form) chosen(hook string) bool {
	return f.Problem == "" || slices.Contains(f.Hooks, hook)
}

type line struct {
	Title, Kind, Href string
	burden.Count
	Why string // reasons, the most frequent first
}

type page struct {
	Days, Other int
	Lines       []line
	Total       burden.Count
	Orders      int
	Per         string
	Cut         bool
	Here, CSV   string

	May      bool
	Services []Service
	Version  int
	Typed    form
	Action   string
}

// maxIssues and maxCounted bound what is read for the page.
const (
	maxIssues = 5000
	stepSize  = 1000
)

// gather is the counts of the last days, with the overrides that the chart keeps.
func (r *room) gather(c *door.Call, days int) (lines []burden.Line, orders int, cut bool, err error) {
	ctx := c.R.Context()
	now := c.Now.In(c.Zone)
	from, to := now.AddDate(0, 0, 1-days).Format(time.DateOnly), now.Format(time.DateOnly)
	tally := burden.Tally{}
	if r.Counts != nil {
		counted, err := r.Counts(ctx, c.Site.Slug)
		if err != nil {
			return nil, 0, false, err
		}
		tally.Add(counted)
	}
	if cut, err = overrides(c, tally, from); err != nil {
		return nil, 0, false, err
	}
	more, err := instead(c, tally, from)
	if err != nil {
		return nil, 0, false, err
	}
	cut = cut || more
	if orders, err = ordersOf(c, from, ""); err != nil {
		return nil, 0, false, err
	}
	return tally.Report(from, to), orders, cut, nil
}

// overrides adds to a tally those that the chart keeps since a day; cut says that
// there are more than are read.
func overrides(c *door.Call, tally burden.Tally, from string) (cut bool, err error) {
	q, err := search.Parse("DetectedIssue", url.Values{"identified": {"ge" + from}, "_count": {strconv.Itoa(stepSize)}}, search.Options{})
	if err != nil {
		return false, err
	}
	for read := 0; ; {
		p, err := c.Session(access.EMR).Search(c.R.Context(), q)
		if err != nil {
			return false, err
		}
		for _, res := range p.Matches {
			n := res.Node()
			code, ok := fhir.CodeableConceptOf(n.Get("code")).In(RuleSystem)
			if !ok || n.Get("status").Is("entered-in-error") || n.Get("mitigation").Len() == 0 {
				continue
			}
			at, err := time.Parse(time.RFC3339, n.Get("identifiedDateTime").Str())
			if err != nil {
				continue
			}
			why, _ := fhir.CodeableConceptOf(n.Get("mitigation").Index(0).Get("action")).In(order.KeepSystem)
			tally.Override(at.In(c.Zone).Format(time.DateOnly), code.Code, why.Code)
		}
		if read += len(p.Matches); p.Next == "" {
			break
		}
		if read >= maxIssues {
			cut = true
			break
		}
		q.After = p.Next
	}
	return cut, nil
}

// ordersOf counts the orders dated from a day on, and before another one unless that is "".
func ordersOf(c *door.Call, from, before string) (n int, err error) {
	for _, typ := range []string{"MedicationRequest", "ServiceRequest"} {
		name, kept := "authoredon", url.Values{"status:not": {"draft"}}
		if typ == "ServiceRequest" {
			name = "authored"
			kept.Set("category:not", order.KindSystem+"|"+order.NotOrdered)
		}
		x, err := count(c, typ, name, from, before, kept)
		if err != nil {
			return 0, err
		}
		n += x
	}
	return n, nil
}

// count is how many of a type are dated in some days.
func count(c *door.Call, typ, date, from, before string, v url.Values) (int, error) {
	v[date] = []string{"ge" + from}
	if before != "" {
		v[date] = append(v[date], "lt"+before)
	}
	v["_summary"], v["_total"] = []string{"count"}, []string{"accurate"}
	q, err := search.Parse(typ, v, search.Options{})
	if err != nil {
		return 0, err
	}
	p, err := c.Session(access.EMR).Search(c.R.Context(), q)
	if err != nil {
		return 0, err
	}
	return max(0, p.Total), nil
}

func daysOf(c *door.Call) int {
	if c.R.FormValue("days") == "90" {
		return 90
	}
	return 30
}

func (r *room) show(c *door.Call, status int, typed form) {
	if !mayRead(c) {
		c.Failed(&record.Refused{Why: "this page is for those who take part in care"})
		return
	}
	p := page{Days: daysOf(c), May: mayManage(c) && r.Services != nil, Typed: typed, Here: c.Path("alerts"), Action: c.Path("alerts", "services")}
	p.Other = 120 - p.Days
	p.CSV = c.Path("alerts.csv") + "?days=" + strconv.Itoa(p.Days)
	lines, orders, cut, err := r.gather(c, p.Days)
	if err != nil {
		c.Failed(err)
		return
	}
	p.Orders, p.Cut, p.Total, p.Per = orders, cut, burden.Total(lines), "no orders"
	if per, ok := burden.Per100(p.Total.Interrupted, orders); ok {
		p.Per = strconv.FormatFloat(per, 'f', 1, 64)
	}
	known := r.known()
	for _, l := range lines {
		p.Lines = append(p.Lines, known.line(c, l))
	}
	if r.Services != nil {
		if p.Services, p.Version, err = r.Services.List(c.R.Context(), c.Session(access.EMR)); err != nil {
			c.Failed(err)
			return
		}
	}
	frame := c.Page("What alerts cost")
	frame.Sheets = []string{sheetURL}
	c.Render(status, web.Framed(frame, alertsMain(p)))
}

// known are the rules by their ids.
type known map[string]*rule.Rule

func (r *room) known() known {
	out := known{}
	if r.Rules != nil {
		for _, x := range r.Rules() {
			out[x.ID] = x
		}
	}
	return out
}

func (k known) line(c *door.Call, l burden.Line) line {
	out := line{Title: l.Rule, Count: l.Count, Why: reasons(l.Reasons)}
	if x := k[l.Rule]; x != nil {
		out.Title, out.Kind, out.Href = x.Title, string(x.Kind), c.Path("rules")+"?q="+url.QueryEscape(x.ID)
	} else if name, ok := strings.CutPrefix(l.Rule, "outside-"); ok {
		out.Title, out.Kind = name, "outside service"
	}
	return out
}

// reasons are why cards were overridden, the most frequent first.
func reasons(m map[string]int) string {
	codes := make([]string, 0, len(m))
	for code := range m {
		codes = append(codes, code)
	}
	slices.SortFunc(codes, func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), strings.Compare(a, b)) })
	var out []string
	for _, code := range codes {
		out = append(out, fmt.Sprintf("%s %d", reasonWord(code), m[code]))
	}
	return strings.Join(out, " · ")
}

func reasonWord(code string) string {
	if code == "" {
		return "No reason given"
	}
	if t := order.KeepText(code); t != "" {
		return t
	}
	return "Another reason"
}

func (r *room) csv(c *door.Call) {
	if !mayRead(c) {
		c.Failed(&record.Refused{Why: "this page is for those who take part in care"})
		return
	}
	days := daysOf(c)
	lines, orders, _, err := r.gather(c, days)
	if err != nil {
		c.Failed(err)
		return
	}
	web.SecurityHeaders(c.W)
	h := c.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="alerts-`+c.Site.Slug+"-"+c.Now.In(c.Zone).Format(time.DateOnly)+`.csv"`)
	w := csv.NewWriter(c.W)
	_ = w.Write([]string{"rule", "title", "kind", "days", "shown", "interrupted", "accepted", "overridden", "reasons", "orders"})
	known := r.known()
	for _, l := range lines {
		x := known.line(c, l)
		_ = w.Write([]string{safe(l.Rule), safe(x.Title), x.Kind, strconv.Itoa(days), strconv.Itoa(l.Shown), strconv.Itoa(l.Interrupted), strconv.Itoa(l.Accepted), strconv.Itoa(l.Overridden), safe(x.Why), strconv.Itoa(orders)})
	}
	w.Flush()
}

// safe keeps a cell from being read as a formula.
func safe(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (r *room) add(c *door.Call) {
	f, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	if r.Services == nil {
		c.Failed(record.ErrNotFound)
		return
	}
	if !mayManage(c) {
		c.Failed(&record.Refused{Why: "outside services are for who manages the site"})
		return
	}
	x := Service{Hooks: f["hook"], Record: f.Get("record") == "yes", Desk: f.Get("desk") == "yes", ID: strings.TrimSpace(f.Get("id")), Name: strings.TrimSpace(f.Get("name")), Base: strings.TrimSuffix(strings.TrimSpace(f.Get("base")), "/"), Why: strings.TrimSpace(f.Get("why")),
		Loud: f.Get("loud") == "yes", Who: cmp.Or(c.Actor.Name, c.Actor.ID), When: c.Now.UTC().Format(time.RFC3339)}
	version, err := strconv.Atoi(f.Get("version"))
	millis, bad := strconv.Atoi(strings.TrimSpace(f.Get("millis")))
	x.Millis = millis
	switch {
	case err != nil:
		err = &Refusal{"Load the page again."}
	case bad != nil || millis < 50 || millis > int(hooks.MaxWait/time.Millisecond):
		err = &Refusal{fmt.Sprintf("Say for how long it is waited for: 50 to %d ms.", hooks.MaxWait/time.Millisecond)}
	case len(x.Hooks) == 0:
		err = &Refusal{"Choose at least one moment at which it is asked."}
	case x.Why == "" || len([]rune(x.Why)) > 300:
		err = &Refusal{"Say why, in at most 300 letters: who reads the log later must know."}
	default:
		err = r.Services.Add(c.R.Context(), c.Session(access.EMR), version, x)
	}
	r.answer(c, err, x, "Registered: it is asked from now on.")
}

func (r *room) remove(c *door.Call) {
	f, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	if r.Services == nil {
		c.Failed(record.ErrNotFound)
		return
	}
	if !mayManage(c) {
		c.Failed(&record.Refused{Why: "outside services are for who manages the site"})
		return
	}
	version, err := strconv.Atoi(f.Get("version"))
	if err != nil {
		err = &Refusal{"Load the page again."}
	} else {
		err = r.Services.Remove(c.R.Context(), c.Session(access.EMR), version, c.R.PathValue("service"), "removed by "+cmp.Or(c.Actor.Name, c.Actor.ID))
	}
	r.answer(c, err, Service{}, "Removed: it is no longer asked.")
}

func (r *room) answer(c *door.Call, err error, typed Service, good string) {
	var bad *Refusal
	switch {
	case err == nil:
		c.Done(c.Path("alerts")+"#services", web.Flash{Kind: web.Good, Text: good})
	case errors.As(err, &bad):
		r.show(c, http.StatusUnprocessableEntity, form{typed, bad.Text})
	case errors.As(err, new(*record.VersionConflict)):
		r.show(c, http.StatusConflict, form{typed, "Somebody else changed the services meanwhile: look again."})
	default:
		c.Failed(err)
	}
}
