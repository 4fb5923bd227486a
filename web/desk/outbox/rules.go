package outbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/schedule/remind"
	"wholechart/web"
	"wholechart/web/door"
)

type rulesPage struct {
	url.Values
	Wrong   map[string]string
	Version string
	May     bool
	Visits  []int // rows: one more than there are rules
	Recalls []int
	Langs   []string
	Action  string
	Moved   bool
}

// edits: who may change what the site sends.
func edits(c *door.Call) bool {
	return sends(c) && c.Can(access.Update, "PlanDefinition") && c.Can(access.Create, "PlanDefinition")
}

func (h *room) rules(c *door.Call) {
	if refused(c, sends(c)) {
		return
	}
	r, err := remind.ReadRules(c.R.Context(), c.Session(access.EMR))
	if err != nil {
		c.Failed(err)
		return
	}
	h.showRules(c, http.StatusOK, formOf(r), r.Version, nil, false)
}

func (h *room) showRules(c *door.Call, status int, v url.Values, version string, wrong map[string]string, moved bool) {
	p := &rulesPage{Values: v, Wrong: wrong, Version: version, May: edits(c), Langs: remind.Languages(), Action: c.Path("reminders"), Moved: moved}
	rows := func(prefix string) (out []int) {
		for i := range maxRows {
			if v.Get(fmt.Sprintf("%s-id-%d", prefix, i)) != "" {
				out = append(out, i)
			}
		}
		if len(out) < maxRows && p.May {
			next := 0
			for slices.Contains(out, next) {
				next++
			}
			out = append(out, next)
		}
		return out
	}
	p.Visits, p.Recalls = rows("visit"), rows("recall")
	c.Render(status, web.Framed(h.page(c, "Reminder rules"), rulesMain(p)))
}

const maxRows = 30

var weekdays = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

// texts are a language's words, with what they are.
var texts = []struct {
	name, label string
	of          func(*remind.Set) *string
}{
	{"subject", "Subject of a reminder", func(s *remind.Set) *string { return &s.Subject }},
	{"reminder", "Reminder", func(s *remind.Set) *string { return &s.Reminder }},
	{"detailed", "Reminder for who wants details", func(s *remind.Set) *string { return &s.Detailed }},
	{"recall-subject", "Subject of a recall", func(s *remind.Set) *string { return &s.RecallSubject }},
	{"recall", "Recall", func(s *remind.Set) *string { return &s.Recall }},
}

func clock(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }

// formOf are rules as the form shows them.
func formOf(r remind.Rules) url.Values {
	v := url.Values{"from": {clock(r.Quiet.From)}, "to": {clock(r.Quiet.To)}, "holidays": {strings.Join(r.Quiet.Holidays, "\n")}, "perDay": {strconv.Itoa(r.PerDay)},
		"spacing": {strconv.Itoa(r.Spacing)}, "release": {strconv.Itoa(r.Release)}, "lang": {r.Lang}, "phone": {r.Phone}}
	if r.Paused {
		v.Set("paused", "yes")
	}
	for d, quiet := range r.Quiet.Days {
		if quiet {
			v.Add("days", strconv.Itoa(d))
		}
	}
	for i, x := range r.Visits {
		n := strconv.Itoa(i)
		v.Set("visit-id-"+n, x.ID)
		v.Set("visit-types-"+n, strings.Join(x.Types, ", "))
		var steps []string
		for _, s := range x.Steps {
			steps = append(steps, s.String())
		}
		v.Set("visit-steps-"+n, strings.Join(steps, ", "))
	}
	for i, x := range r.Recalls {
		n := strconv.Itoa(i)
		v.Set("recall-id-"+n, x.ID)
		v.Set("recall-label-"+n, x.Label)
		v.Set("recall-items-"+n, strings.Join(x.Items, ", "))
		v.Set("recall-every-"+n, strconv.Itoa(x.Every))
		v.Set("recall-most-"+n, strconv.Itoa(x.Most))
		v.Set("recall-again-"+n, strconv.Itoa(x.Again))
		if x.Auto {
			v.Set("recall-auto-"+n, "yes")
		}
	}
	for _, l := range remind.Languages() {
		set := r.SetOf(l)
		for _, t := range texts {
			v.Set("words-"+l+"-"+t.name, *t.of(&set))
		}
	}
	return v
}

// rulesOf reads the form; wrong says what cannot be, by field.
func rulesOf(v url.Values) (r remind.Rules, wrong map[string]string) {
	wrong = map[string]string{}
	number := func(name string, lo, hi int) int {
		n, err := strconv.Atoi(strings.TrimSpace(v.Get(name)))
		if err != nil || n < lo || n > hi {
			wrong[name] = fmt.Sprintf("A number from %d to %d.", lo, hi)
		}
		return n
	}
	minute := func(name string) int {
		t, err := time.Parse("15:04", strings.TrimSpace(v.Get(name)))
		if err != nil {
			wrong[name] = "A time of the day: 20:00."
		}
		return t.Hour()*60 + t.Minute()
	}
	list := func(name string) (out []string) {
		for _, x := range strings.FieldsFunc(v.Get(name), func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
			if x = strings.TrimSpace(x); x != "" {
				out = append(out, x)
			}
		}
		return out
	}
	r = remind.Rules{Paused: v.Get("paused") == "yes", PerDay: number("perDay", 1, 20), Spacing: number("spacing", 0, 366), Release: number("release", 0, 10000), Lang: v.Get("lang"), Phone: strings.TrimSpace(v.Get("phone"))}
	r.Quiet.From, r.Quiet.To, r.Quiet.Holidays = minute("from"), minute("to"), list("holidays")
	for _, d := range v["days"] {
		if n, err := strconv.Atoi(d); err == nil && n >= 0 && n < 7 {
			r.Quiet.Days[n] = true
		}
	}
	for _, d := range r.Quiet.Holidays {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			wrong["holidays"] = "One day a line, as year-month-day: 2026-12-25."
		}
	}
	if len(r.Phone) > 30 || strings.ContainsFunc(r.Phone, func(c rune) bool { return c < ' ' || c == '{' || c == '}' }) {
		wrong["phone"] = "At most 30 characters."
	}
	if !slices.Contains(remind.Languages(), r.Lang) {
		wrong["lang"] = "Choose one of the list."
	}
	for i := range maxRows {
		n := strconv.Itoa(i)
		if id := strings.TrimSpace(v.Get("visit-id-" + n)); id != "" {
			x := remind.VisitRule{ID: id, Types: list("visit-types-" + n)}
			for _, s := range list("visit-steps-" + n) {
				step, err := remind.ParseStep(s)
				if err != nil {
					wrong["visit-steps-"+n] = "Such as: 3 days, 3 hours. Between 30 minutes and 60 days."
				}
				x.Steps = append(x.Steps, step)
			}
			r.Visits = append(r.Visits, x)
		}
		if id := strings.TrimSpace(v.Get("recall-id-" + n)); id != "" {
			x := remind.RecallRule{ID: id, Label: strings.TrimSpace(v.Get("recall-label-" + n)), Items: list("recall-items-" + n), Auto: v.Get("recall-auto-"+n) == "yes",
				Every: number("recall-every-"+n, 1, 366), Most: number("recall-most-"+n, 1, 12), Again: number("recall-again-"+n, 0, 120)}
			if x.Label == "" || len(x.Label) > 60 {
				wrong["recall-label-"+n] = "1 to 60 characters, without a condition: the desk reads it."
			}
			if len(x.Items) == 0 {
				wrong["recall-items-"+n] = "Name what it calls for, or * for everything."
			}
			r.Recalls = append(r.Recalls, x)
		}
	}
	usual := remind.Usual()
	for _, l := range remind.Languages() {
		was := usual.SetOf(l)
		set := was
		for _, t := range texts {
			if text := strings.ReplaceAll(strings.TrimSpace(v.Get("words-"+l+"-"+t.name)), "\r\n", "\n"); text != "" {
				*t.of(&set) = text
			}
		}
		if set != was {
			if r.Words == nil {
				r.Words = map[string]remind.Set{}
			}
			r.Words[l] = set
		}
	}
	if err := r.Check(); err != nil && len(wrong) == 0 {
		wrong[""] = strings.ToUpper(err.Error()[:1]) + err.Error()[1:] + "."
	}
	return r, wrong
}

func (h *room) saveRules(c *door.Call) {
	if refused(c, edits(c)) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	r, wrong := rulesOf(v)
	version := v.Get("version")
	if len(wrong) > 0 {
		h.showRules(c, http.StatusUnprocessableEntity, v, version, wrong, false)
		return
	}
	err = remind.PutRules(c.R.Context(), c.Session(access.EMR), r, version)
	if errors.Is(err, remind.ErrNotNow) {
		now, err := remind.ReadRules(c.R.Context(), c.Session(access.EMR))
		if err != nil {
			c.Failed(err)
			return
		}
		h.showRules(c, http.StatusConflict, v, now.Version, nil, true)
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	h.service.Wake()
	c.Done(c.Path("reminders"), web.Flash{Kind: web.Good, Text: "Saved. What is planned follows the new rules."})
}
