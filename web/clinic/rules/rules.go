// Package rules is the page that says what this program knows, how old it is and
// who says so, and where a site chooses how loud each rule speaks.
package rules

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/decision"
	"wholechart/decision/cdsi"
	"wholechart/decision/formula"
	"wholechart/decision/prevention"
	"wholechart/decision/rule"
	"wholechart/record"
	"wholechart/terminology"
	"wholechart/web"
	"wholechart/web/door"
)

//go:embed rules.css
var sheet []byte

var sheetURL = door.FileURL("rules.css", sheet)

// SettingName is the site's setting that holds its choices.
const SettingName = "rules"

// maxWhy bounds the reason for a choice, in characters.
const maxWhy = 300

// Register hangs the pages on the door.
func Register(d *door.Door) {
	d.File("rules.css", sheet)
	d.Handle("GET /{site}/rules", list)
	d.Handle("POST /{site}/rules/{rule}", choose)
	d.Commands = append(d.Commands, door.Command{Label: "What this program knows, and how old it is", Words: "rules knowledge alerts interactions citations sources settings", Can: mayRead,
		Path: func(c *door.Call, _ string) string { return c.Path("rules") }})
}

func mayRead(c *door.Call) bool {
	return c.Actor.Kind == access.User && c.Can(access.Read, "Condition")
}

// mayChoose says whether who asks manages the site.
func mayChoose(c *door.Call) bool {
	return mayRead(c) && c.Can(access.Manage, "")
}

// Settings are a site's choices as a session may read them, with their version.
func Settings(c *door.Call) (decision.Settings, int, error) {
	body, version, err := c.Session(access.EMR).Setting(c.R.Context(), SettingName)
	if err != nil {
		return nil, 0, err
	}
	s, err := Decode(body)
	return s, version, err
}

// Decode reads a stored setting; nil is no choice.
func Decode(body []byte) (decision.Settings, error) {
	s := decision.Settings{}
	if len(body) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, fmt.Errorf("the site's choices of rules cannot be read: %w", err)
	}
	return s, nil
}

// line is one rule on the page.
type line struct {
	*rule.Rule
	Stale  bool
	Now    rule.Level // after the site's choice
	Chosen *decision.Choice
	When   string
	Grade  string
	For    string
	Note   string
	Action string
}

type part struct {
	Kind  rule.Kind
	Lines []line
	All   int // how many there are
}

// knowledge is one loaded body of facts.
type knowledge struct {
	Name, Version, Licence, What string
	Own                          bool   // the node loaded it itself
	Stale                        bool   // older than a year
	Problem                      string // why it is not in use
}

// tab is one kind of rules above the list.
type tab struct {
	Kind rule.Kind
	Href string
	N    int  // how many of it are asked for
	On   bool // it alone is shown
}

// most is how many rules a page shows of several kinds; of one kind it shows all.
const most = 150

type page struct {
	Parts     []part
	Total     int
	Stale     int
	Checked   int // by the makers, against a text
	Reviewed  int // by a clinician
	Owned     int // licensed, not ours
	State     string
	Kinds     []tab
	Cut       int // how many more there are than shown
	Loaded    []knowledge
	Formulas  []*formula.Formula
	May       bool
	Version   int
	Query     string
	Search    string
	Problem   string // beside the rule that was to be changed
	ProblemOf string
	Typed     string
}

func list(c *door.Call) { show(c, http.StatusOK, "", "", "") }

func show(c *door.Call, status int, problemOf, problem, typed string) {
	if !mayRead(c) {
		c.Failed(&record.Refused{Why: "this page is for those who take part in care"})
		return
	}
	settings, version, err := Settings(c)
	if err != nil {
		c.Failed(err)
		return
	}
	p := page{May: mayChoose(c), Version: version, Formulas: formula.All(), Search: c.Path("rules"), ProblemOf: problemOf, Problem: problem, Typed: typed}
	p.State = c.R.FormValue("state")
	if q := strings.TrimSpace(c.R.FormValue("q")); len(q) <= 100 {
		p.Query = q
	}
	advice := map[string]prevention.Recommendation{}
	for _, r := range prevention.Table() {
		advice[r.Rule.ID] = r
	}
	kind := rule.Kind("")
	of := c.R.FormValue("kind")
	at := map[rule.Kind]int{}
	for _, r := range decision.Rules() {
		if problemOf == r.ID || of != "" && of == r.Kind.Slug() || kind == "" && of == "" && problemOf == "" && p.Query == "" && p.State == "" {
			kind = r.Kind
		}
		l := line{Rule: r, Now: r.Level, Stale: prevention.Stale(r, c.Now), Action: c.Path("rules", r.ID)}
		if l.Stale {
			p.Stale++
		}
		p.Total++
		switch r.State() {
		case rule.Held:
			p.Checked++
		case rule.ByClinic:
			p.Reviewed++
		case rule.Owned:
			p.Owned++
		}
		if a, ok := advice[r.ID]; ok {
			l.Grade, l.For, l.Note = a.Grade, a.Say, a.Note
		}
		if choice, ok := settings[r.ID]; ok {
			l.Chosen, l.Now = &choice, min(choice.Level, r.Level)
			if t, err := time.Parse(time.RFC3339, choice.When); err == nil {
				l.When = t.In(c.Zone).Format("2 Jan 2006, 15:04")
			}
		}
		if r.ID != problemOf && (p.Query != "" && !matches(r, p.Query) || p.State != "" && !inState(r, p.State)) {
			continue
		}
		i, ok := at[r.Kind]
		if !ok {
			i = len(p.Parts)
			at[r.Kind], p.Parts = i, append(p.Parts, part{Kind: r.Kind})
		}
		p.Parts[i].Lines = append(p.Parts[i].Lines, l)
	}
	for _, part := range p.Parts {
		slices.SortStableFunc(part.Lines, func(a, b line) int { return cmp.Or(cmp.Compare(b.Level, a.Level), strings.Compare(a.Title, b.Title)) })
	}
	p.choose(kind, c)
	p.Loaded = loaded(c.Now)
	frame := c.Page("What this program knows")
	frame.Sheets = []string{sheetURL}
	c.Render(status, web.Framed(frame, rulesMain(p)))
}

// choose leaves of what is asked for the rules of one kind; of all kinds, the first
// of each.
func (p *page) choose(kind rule.Kind, c *door.Call) {
	share := most / max(len(p.Parts), 1)
	for i := range p.Parts {
		part := &p.Parts[i]
		v := url.Values{"kind": {part.Kind.Slug()}}
		if p.Query != "" {
			v.Set("q", p.Query)
		}
		if p.State != "" {
			v.Set("state", p.State)
		}
		p.Kinds = append(p.Kinds, tab{part.Kind, c.Path("rules") + "?" + v.Encode(), len(part.Lines), part.Kind == kind})
		part.All = len(part.Lines)
		if n := len(part.Lines); kind == "" && n > share {
			part.Lines = part.Lines[:share]
			p.Cut += n - share
		}
	}
	if kind != "" {
		p.Parts = slices.DeleteFunc(p.Parts, func(x part) bool { return x.Kind != kind })
	}
}

// inState says whether a rule is of one of the states of the page's list.
func inState(r *rule.Rule, state string) bool {
	switch state {
	case "unchecked":
		return r.State() == rule.FromMemory
	case "checked":
		return r.State() == rule.Held
	case "reviewed":
		return r.State() == rule.ByClinic
	case "owned":
		return r.State() == rule.Owned
	}
	return true
}

var stateOptions = []web.Option{{Value: "", Label: "all"}, {Value: "unchecked", Label: "not checked"}, {Value: "checked", Label: "checked against a text"}, {Value: "reviewed", Label: "reviewed by a clinician"}, {Value: "owned", Label: "licensed, not ours"}}

func matches(r *rule.Rule, q string) bool {
	text := strings.ToLower(r.Title + " " + r.ID + " " + string(r.Kind) + " " + r.Citation)
	for w := range strings.FieldsSeq(strings.ToLower(q)) {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// loaded is every table that decisions and forms read.
func loaded(now time.Time) []knowledge {
	name, version, licence, _ := cdsi.Release()
	out := []knowledge{{Name: name, Version: version, Licence: licence, What: "immunisation schedule"}}
	for _, s := range terminology.About() {
		k := knowledge{Name: s.Name, Version: s.Version, Licence: s.Licence, What: fmt.Sprintf("%d codes of %s", s.Count, s.Date)}
		if s.Lacks != "" {
			k.What += "; lacks " + s.Lacks
		}
		if s.Notice != "" {
			k.Licence += ". " + s.Notice
		}
		out = append(out, k)
	}
	own := map[string]bool{}
	for _, b := range decision.Bodies() {
		own[b.Kind] = own[b.Kind] || b.Problem == ""
		out = append(out, knowledge{Name: b.Name, Version: b.Version + " of " + b.Date, Licence: b.Licence, What: b.What, Own: true, Problem: b.Problem,
			Stale: prevention.Stale(&rule.Rule{Date: b.Date}, now)})
	}
	for _, s := range terminology.Absent() {
		if own["rxnorm"] && strings.HasPrefix(s.Name, "RxNorm") || (own["ndc"] || own["rxnorm"]) && s.Name == "NDC" {
			continue // the node has its own; how much stands above
		}
		out = append(out, knowledge{Name: s.Name, Version: "not loaded", Licence: s.Licence, What: s.Lacks})
	}
	return out
}

// choose keeps how loud a rule speaks at this site, by whom and why.
func choose(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	settings, version, err := Settings(c)
	if err != nil {
		c.Failed(err)
		return
	}
	id, why := c.R.PathValue("rule"), strings.TrimSpace(form.Get("why"))
	i := slices.IndexFunc(decision.Rules(), func(r *rule.Rule) bool { return r.ID == id })
	if i < 0 {
		c.Failed(record.ErrNotFound)
		return
	}
	r := decision.Rules()[i]
	level, ok := levels[form.Get("level")]
	switch {
	case !ok:
		show(c, http.StatusUnprocessableEntity, id, "Choose one of the list.", why)
		return
	case level > r.Level:
		show(c, http.StatusUnprocessableEntity, id, "A rule is not made louder than it was written.", why)
		return
	case why == "" && level != r.Level:
		show(c, http.StatusUnprocessableEntity, id, "Say why: who reads the record later must know.", why)
		return
	case len([]rune(why)) > maxWhy:
		show(c, http.StatusUnprocessableEntity, id, fmt.Sprintf("At most %d characters.", maxWhy), why)
		return
	case form.Get("version") != fmt.Sprint(version):
		show(c, http.StatusConflict, id, "Somebody else changed the rules meanwhile: look again, then choose.", why)
		return
	}
	if level == r.Level {
		delete(settings, id)
	} else {
		settings[id] = decision.Choice{Level: level, Who: cmp.Or(c.Actor.Name, c.Actor.ID), When: c.Now.UTC().Format(time.RFC3339), Why: why}
	}
	body, err := json.Marshal(settings)
	if err != nil {
		c.Failed(err)
		return
	}
	err = c.Session(access.EMR).PutSetting(c.R.Context(), SettingName, body, version, id+" "+level.String()+": "+why)
	if errors.As(err, new(*record.VersionConflict)) {
		show(c, http.StatusConflict, id, "Somebody else changed the rules meanwhile: look again, then choose.", why)
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("rules")+"?kind="+r.Kind.Slug()+"#"+id, web.Flash{Kind: web.Good, Text: "Kept: it takes effect at once."})
}

var levels = map[string]rule.Level{"off": rule.Off, "quiet": rule.Quiet, "notice": rule.Notice, "interrupt": rule.Interrupt}

// options are how loud a rule may be made.
func options(r *rule.Rule) []web.Option {
	out := []web.Option{{Value: "off", Label: "off"}, {Value: "quiet", Label: "quiet"}}
	if r.Level >= rule.Notice {
		out = append(out, web.Option{Value: "notice", Label: "notice"})
	}
	if r.Level >= rule.Interrupt {
		out = append(out, web.Option{Value: "interrupt", Label: "interrupt"})
	}
	return out
}
