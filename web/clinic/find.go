package clinic

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
)

// found is one patient of this site in a list.
type found struct {
	ID, Name, Sex, Age, Born, MRN, Phone string
	Died                                 string
	Changed                              time.Time
	Href                                 string
}

// note is the line under a name: what tells two people of one name apart.
func (f found) note() string {
	parts := []string{}
	for _, s := range []string{f.Age, f.Sex, web.PartialDateText(f.Born)} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if f.MRN != "" {
		parts = append(parts, "MRN "+f.MRN)
	}
	if f.Died != "" {
		parts = append(parts, "died "+web.PartialDateText(f.Died))
	}
	return strings.Join(parts, " · ")
}

// findPage is the list of patients: those that a question finds, or, without
// one, those whom this user opened last and whose charts changed last.
type findPage struct {
	Query   string
	Read    string // how the question was understood
	Matches []found
	More    bool
	Opened  []found
	Changed []found
	Now     time.Time
	Zone    *time.Location
	New     string // where somebody new is registered; empty: not by who asks, or nowhere
}

const (
	findMost    = 50
	suggestMost = 8
	recentMost  = 12
)

func (h *clinic) find(c *call) {
	if !c.Finds() {
		if to, ok := c.homePath(); ok {
			web.SecurityHeaders(c.W)
			http.Redirect(c.W, c.R, to, http.StatusSeeOther)
			return
		}
		_, err := c.ask(url.Values{"_sort": {"family"}}, 1) // the gate refuses, and notes it
		if err == nil {
			err = record.ErrNotFound
		}
		c.Failed(err)
		return
	}
	q := h.asking.words(c.R.FormValue("f"), c.who())
	v := findPage{Query: q, Now: c.Now, Zone: c.Zone}
	for _, b := range c.Offered("patients", "") {
		v.New = b.Href
	}
	var err error
	switch {
	case q != "":
		var ask question
		ask, err = understand(q, c.Now)
		if err == nil {
			v.Read = ask.Words
			v.Matches, v.More, err = c.matches(ask, findMost)
		}
	default:
		s := c.Session(access.EMR)
		for _, id := range h.recent.list(c.who()) {
			if res, err := s.Read(c.R.Context(), "Patient", id); err == nil {
				v.Opened = append(v.Opened, c.foundOf(res))
			}
		}
		v.Changed, err = c.ask(url.Values{"_sort": {"-_lastUpdated"}}, recentMost)
	}
	var tooMuch *search.Error
	if errors.As(err, &tooMuch) || errors.Is(err, errQuestion) {
		err = nil
	}
	if err != nil {
		c.Failed(err)
		return
	}
	p := c.Page("Patients")
	p.Query = q
	p.Sheets = []string{sheetURL}
	c.Show(p, findList(v))
}

// asked takes a question and sends the reader on to its answer. A question
// names people, so it is kept here and the address carries a number for it: Back
// and reload find it again while the node runs.
func (h *clinic) asked(c *call) {
	web.SecurityHeaders(c.W)
	to := "/" + c.Site.Slug + "/patients"
	if q := c.typed(); q != "" {
		to += "?f=" + h.asking.keep(c.who(), q)
	}
	http.Redirect(c.W, c.R, to, http.StatusSeeOther)
}

const maxTyped = 16 << 10

// typed is what stands in the search box of a form that was sent.
func (c *call) typed() string {
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, maxTyped)
	return strings.TrimSpace(c.R.PostFormValue("q"))
}

// who names the user among the node's, for what is remembered while it runs.
func (c *call) who() string { return c.Actor.Site + "/" + c.Actor.ID }

// asking remembers questions by a random number and by who asked.
type asking struct {
	sync.Mutex
	of map[string]string
}

const maxAsking = 20000

func (a *asking) keep(who, q string) string {
	number := rand.Text()
	a.Lock()
	defer a.Unlock()
	if len(a.of) >= maxAsking {
		clear(a.of)
	}
	a.of[who+" "+number] = q
	return number
}

func (a *asking) words(number, who string) string {
	a.Lock()
	defer a.Unlock()
	return a.of[who+" "+number]
}

// suggest answers the search box while somebody types.
func (h *clinic) suggest(c *call) {
	q := c.typed()
	out := web.Suggestions{Query: q}
	ask, err := understand(q, c.Now)
	if err == nil && c.Finds() {
		var all []found
		if all, _, err = c.matches(ask, findMost); err != nil {
			c.Failed(err)
			return
		}
		for _, f := range all[:min(len(all), suggestMost)] {
			out.Items = append(out.Items, web.Suggestion{Label: f.Name, Note: f.note(), Href: f.Href})
		}
		out.More = len(all) - len(out.Items)
	}
	c.Render(200, out)
}

// matches asks every reading of a question and joins the answers, the likeliest first.
func (c *call) matches(q question, most int) (out []found, more bool, err error) {
	seen := map[string]bool{}
	for _, values := range q.Readings {
		some, err := c.ask(values, most+1)
		if err != nil {
			var bad *search.Error
			if errors.As(err, &bad) {
				continue // a reading that cannot be asked finds nobody
			}
			return nil, false, err
		}
		for _, f := range some {
			if !seen[f.ID] {
				seen[f.ID] = true
				out = append(out, f)
			}
		}
	}
	rank := func(f found) int {
		name := plain(f.Name)
		for i, w := range q.Names {
			if strings.HasPrefix(name, w) {
				return i
			}
		}
		return len(q.Names)
	}
	slices.SortStableFunc(out, func(a, b found) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(plain(a.Name), plain(b.Name)), cmp.Compare(a.Born, b.Born))
	})
	if len(out) > most {
		out, more = out[:most], true
	}
	return out, more, nil
}

func (c *call) ask(values url.Values, most int) ([]found, error) {
	q, err := search.Parse("Patient", values, search.Options{DefaultCount: most, MaxCount: most, Now: c.Now})
	if err != nil {
		return nil, err
	}
	page, err := c.Session(access.EMR).Search(c.R.Context(), q)
	if err != nil {
		return nil, err
	}
	var out []found
	s := c.Session(access.EMR)
	for _, m := range page.Matches {
		if to := s.Standing(m.ID); to != m.ID { // by what a merged record says, the one that stands for it is found
			if m, err = s.Read(c.R.Context(), "Patient", to); err != nil {
				continue
			}
		}
		if !slices.ContainsFunc(out, func(f found) bool { return f.ID == m.ID }) {
			out = append(out, c.foundOf(m))
		}
	}
	return out, nil
}

func (c *call) foundOf(res record.Resource) found {
	n := res.Node()
	f := found{ID: res.ID, Name: nameOf(n), Sex: n.Get("gender").Str(), Born: n.Get("birthDate").Str(), MRN: mrnOf(n), Changed: res.Updated, Href: c.PatientPath(res.ID, access.EMR)}
	f.Age = web.AgeText(f.Born, c.Now.In(c.Zone))
	if died := n.Get("deceasedDateTime").Str(); died != "" {
		f.Died, f.Age = died, ""
	} else if n.Get("deceasedBoolean").Text() == "true" {
		f.Died, f.Age = "date not recorded", ""
	}
	for t := range n.Get("telecom").Items() {
		if t.Get("system").Str() == "phone" {
			f.Phone = t.Get("value").Str()
			break
		}
	}
	return f
}

// nameOf is what a patient is called: the official or usual name before any
// other, never an old one while there is a current one.
func nameOf(n fhir.Node) string {
	best, at := "", 9
	for h := range n.Get("name").Items() {
		rank := map[string]int{"official": 0, "usual": 1, "": 2, "nickname": 4, "temp": 3, "anonymous": 5, "old": 6, "maiden": 7}[h.Get("use").Str()]
		hn := fhir.HumanNameOf(h)
		hn.Prefix = nil
		text := hn.String()
		if hn.Family != "" && len(hn.Given) > 0 {
			text = strings.Join(append(slices.Clone(hn.Given), hn.Family), " ")
			if len(hn.Suffix) > 0 {
				text += " " + strings.Join(hn.Suffix, " ")
			}
		}
		if text != "" && rank < at {
			best, at = text, rank
		}
	}
	if best == "" {
		return "Name not recorded"
	}
	return best
}

// mrnOf is the medical record number: the identifier of type MR (HL7 table
// 0203), else the first that is a usual one.
func mrnOf(n fhir.Node) string {
	usual := ""
	for i := range n.Get("identifier").Items() {
		id := fhir.IdentifierOf(i)
		if c, ok := id.Type.In("http://terminology.hl7.org/CodeSystem/v2-0203"); ok && c.Code == "MR" {
			return id.Value
		}
		if usual == "" && id.Use == "usual" {
			usual = id.Value
		}
	}
	return usual
}

// recent remembers, while the node runs, whom each user opened last. What was
// opened for good is in the audit log.
type recent struct {
	sync.Mutex
	of map[string][]string
}

const (
	recentUsers = 2000
	recentEach  = 8
)

func (r *recent) note(user, patient string) {
	r.Lock()
	defer r.Unlock()
	if _, ok := r.of[user]; !ok && len(r.of) >= recentUsers {
		clear(r.of)
	}
	list := slices.DeleteFunc(r.of[user], func(id string) bool { return id == patient })
	r.of[user] = append([]string{patient}, list[:min(len(list), recentEach-1)]...)
}

func (r *recent) list(user string) []string {
	r.Lock()
	defer r.Unlock()
	return slices.Clone(r.of[user])
}

func (v findPage) title() string {
	if v.More {
		return "The first " + plural(len(v.Matches), "match", "matches")
	}
	return plural(len(v.Matches), "match", "matches")
}

func (v findPage) subtitle() string {
	if v.Query != "" {
		return "“" + v.Query + "”"
	}
	return ""
}
