package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/identity"
	"wholechart/record"
	"wholechart/web"
)

// linksPage is who else a patient may be.
type linksPage struct {
	Action  string
	Patient string
	Problem string // with what was asked
	Name    string
	Known   bool // there is such a patient
	Pairs   []pair
	Zone    *time.Location
}

// pair is this site's record beside another.
type pair struct {
	Site, Patient string // of the other
	SiteName      string
	Here, There   web.Badge
	HereID        string
	State         record.LinkState
	Mark          web.Pill
	By, Why       string
	At            time.Time
	Score         string
	Now           string   // grade and value of the two records as they stand
	Evidence      []string // strongest first
	Fields        []field
	Missing       string // why the other record is not shown
	Reason, Err   string // as typed, and what is wrong with it
}

// field is one thing of the demographics in both records.
type field struct {
	Label       string
	Here, There []string
	Mark        web.Pill
	Differs     bool
}

const (
	minReason = 8
	maxReason = 500
	maxPairs  = 50
)

// typed is what a refused form held.
type typed struct{ site, patient, reason, err string }

func (h *admin) links(c *call) {
	if c.may(access.Update, "Person", access.RecordsOffice, access.Admin) {
		c.showLinks(http.StatusOK, strings.TrimSpace(c.R.Form.Get("patient")), typed{})
	}
}

func (c *call) showLinks(status int, patient string, was typed) {
	p := linksPage{Action: c.Path("links"), Patient: patient, Zone: c.Zone}
	page := c.Page("Links")
	if done := c.R.Form.Get("done"); c.R.Method == http.MethodGet && linkDone[done] != "" {
		page.Flash = append(page.Flash, web.Flash{Kind: web.Good, Text: linkDone[done]})
	}
	if patient == "" {
		c.render(status, page, linksMain(p))
		return
	}
	if !fhir.IsID(patient) {
		p.Problem = "A patient’s number has letters, digits, hyphens and full stops, at most 64."
		c.render(http.StatusUnprocessableEntity, page, linksMain(p))
		return
	}
	own, err := c.chart().Read(c.R.Context(), "Patient", patient)
	if errors.Is(err, record.ErrNotFound) {
		p.Problem = "No patient here has this number."
		c.render(http.StatusNotFound, page, linksMain(p))
		return
	}
	if err == nil {
		p.Known, p.Name = true, nameOf(own.Node())
		p.Pairs, err = c.pairs(own, was)
	}
	if err != nil {
		c.Failed(err)
		return
	}
	page.Title = "Links of " + p.Name
	c.render(status, page, linksMain(p))
}

var linkDone = map[string]string{
	"linked": "Confirmed: both records are one person. This can be undone.",
	"apart":  "Noted: they are not the same person. They will not be proposed again.",
}

// pairs are the links of a patient beside the records they name: those that
// wait for somebody first.
func (c *call) pairs(own record.Resource, was typed) ([]pair, error) {
	list, err := c.chart().Links(c.R.Context(), own.ID)
	if err != nil {
		return nil, err
	}
	order := []record.LinkState{record.Review, record.Linked, record.Apart}
	slices.SortStableFunc(list, func(a, b record.Link) int { return slices.Index(order, a.State) - slices.Index(order, b.State) })
	var out []pair
	for _, l := range list[:min(len(list), maxPairs)] {
		p := pair{Site: l.Slug, Patient: l.Patient, SiteName: l.Site.Name, Here: badgeOf(c.Site), There: badgeOf(l.Site), HereID: own.ID, State: l.State, Mark: linkPill(l.State),
			By: by(l.By), Why: l.Why, At: l.At, Score: score(l.Score)}
		if was.site == l.Slug && was.patient == l.Patient {
			p.Reason, p.Err = was.reason, was.err
		}
		other, err := c.chart().LinkRecord(c.R.Context(), own.ID, l.Site, l.Patient)
		switch {
		case errors.Is(err, record.ErrNotFound):
			p.Missing = "The other record cannot be shown here."
		case err != nil:
			return nil, err
		default:
			a, b := own.Node(), other.Node()
			s := identity.Compare(identity.DemographicsOf(a), identity.DemographicsOf(b))
			p.Now = strings.ReplaceAll(string(s.Grade), "-", " ") + ", " + score(s.Value)
			for _, e := range s.Why {
				p.Evidence = append(p.Evidence, e.Text)
			}
			p.Fields = fields(a, b, s)
		}
		out = append(out, p)
	}
	return out, nil
}

func linkPill(s record.LinkState) web.Pill {
	switch s {
	case record.Linked:
		return web.Pill{Kind: web.Good, Text: "one person"}
	case record.Apart:
		return web.Pill{Kind: web.Neutral, Text: "not the same person", Shape: web.Cross}
	}
	return web.Pill{Kind: web.Warning, Text: "waits for a decision", Shape: web.Clock}
}

func score(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// by is who put a link, "user:kim" as the record has it.
func by(s string) string {
	kind, who, ok := strings.Cut(s, ":")
	switch {
	case !ok:
		return s
	case kind == "system":
		return "this system (" + who + ")"
	}
	return who
}

// fields are both demographics side by side. What agrees is said by the very
// comparison that the score is made of.
func fields(a, b fhir.Node, s identity.Score) []field {
	rows := []struct {
		label  string
		values func(fhir.Node) []string
		by     []string // fields of the evidence
	}{
		{"Name", namesOf, []string{"family", "given", "middle", "suffix"}},
		{"Birth date", func(n fhir.Node) []string { return one(web.PartialDateText(n.Get("birthDate").Str())) }, []string{"birth"}},
		{"Sex", func(n fhir.Node) []string { return one(n.Get("gender").Str()) }, []string{"sex"}},
		{"Telephone", func(n fhir.Node) []string { return telecom(n, "phone", "sms") }, []string{"phone"}},
		{"E-mail", func(n fhir.Node) []string { return telecom(n, "email") }, []string{"email"}},
		{"Address", addresses, []string{"address"}},
		{"Numbers", numbersOf, []string{"identifier", "national"}},
		{"Twin or multiple", multiple, nil},
		{"Died", died, nil},
	}
	var out []field
	for _, r := range rows {
		f := field{Label: r.label, Here: r.values(a), There: r.values(b)}
		f.Mark, f.Differs = mark(f, r.by, s.Why)
		if len(f.Here)+len(f.There) > 0 {
			out = append(out, f)
		}
	}
	return out
}

// mark says of one field how the records agree, worst first.
func mark(f field, by []string, why []identity.Evidence) (web.Pill, bool) {
	var near, same string
	for _, e := range why {
		switch {
		case !slices.Contains(by, e.Field):
		case e.Agreement == "other":
			return web.Pill{Kind: web.Danger, Text: e.Text}, true
		case e.Agreement == "same":
			same = e.Text
		default:
			near = e.Text
		}
	}
	switch {
	case near != "":
		return web.Pill{Kind: web.Warning, Text: near}, true
	case same != "":
		return web.Pill{Kind: web.Good, Text: "same"}, false
	case len(f.Here) == 0:
		return web.Pill{Text: "only there"}, false
	case len(f.There) == 0:
		return web.Pill{Text: "only here"}, false
	case slices.Equal(f.Here, f.There):
		return web.Pill{Kind: web.Good, Text: "same"}, false
	}
	return web.Pill{Text: "cannot be compared"}, false
}

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// maxValues bounds what one field of one record shows.
const maxValues = 12

func namesOf(p fhir.Node) (out []string) {
	for n := range p.Get("name").Items() {
		h := fhir.HumanNameOf(n)
		s := h.String()
		if h.Use == "old" || h.Use == "maiden" || h.Use == "nickname" {
			s += " (" + h.Use + ")"
		}
		if s != "" && len(out) < maxValues && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func telecom(p fhir.Node, systems ...string) (out []string) {
	for t := range p.Get("telecom").Items() {
		if s := t.Get("value").Str(); s != "" && slices.Contains(systems, t.Get("system").Str()) && len(out) < maxValues && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func addresses(p fhir.Node) (out []string) {
	for a := range p.Get("address").Items() {
		var parts []string
		for l := range a.Get("line").Items() {
			parts = append(parts, l.Str())
		}
		for _, k := range []string{"city", "state", "postalCode"} {
			parts = append(parts, a.Get(k).Str())
		}
		s := strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
		if s == "" {
			s = a.Get("text").Str()
		}
		if u := a.Get("use").Str(); u == "old" && s != "" {
			s += " (old)"
		}
		if s != "" && len(out) < maxValues && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func numbersOf(p fhir.Node) (out []string) {
	for n := range p.Get("identifier").Items() {
		i := fhir.IdentifierOf(n)
		if i.Value == "" || len(out) == maxValues {
			continue
		}
		of := i.Type.Label()
		if of == "" {
			of = i.System
		}
		out = append(out, strings.TrimSpace(of+" "+i.Value))
	}
	return out
}

func multiple(p fhir.Node) []string {
	if n := p.Get("multipleBirthInteger"); n.Exists() {
		return one("born as number " + n.Text())
	}
	if p.Get("multipleBirthBoolean").True() {
		return one("yes")
	}
	return nil
}

func died(p fhir.Node) []string {
	if s := p.Get("deceasedDateTime").Str(); s != "" {
		return one(web.PartialDateText(s))
	}
	if p.Get("deceasedBoolean").True() {
		return one("yes")
	}
	return nil
}

// decideLink says that a pair is, or is not, one person; only of a pair that
// the page shows, and only if it still is in the state that was shown.
func (h *admin) decideLink(c *call) {
	if !c.may(access.Update, "Person", access.RecordsOffice, access.Admin) {
		return
	}
	in := func(name string) string { return strings.TrimSpace(c.R.PostForm.Get(name)) }
	patient, site, other, reason := in("patient"), in("site"), in("other"), in("reason")
	state, ok := map[string]record.LinkState{"confirm": record.Linked, "apart": record.Apart}[in("act")]
	if !ok || !fhir.IsID(patient) {
		c.say(http.StatusBadRequest, "Not an act of this page", "Nothing was changed.")
		return
	}
	list, err := c.chart().Links(c.R.Context(), patient)
	if err != nil {
		c.Failed(err)
		return
	}
	at := slices.IndexFunc(list, func(l record.Link) bool { return l.Slug == site && l.Patient == other })
	if at < 0 {
		c.Failed(record.ErrNotFound)
		return
	}
	l := list[at]
	was := typed{site: site, patient: other, reason: reason}
	if len([]rune(reason)) < minReason || len(reason) > maxReason {
		was.err = "Write why, in a few words: whoever looks at this later must understand it."
		c.showLinks(http.StatusUnprocessableEntity, patient, was)
		return
	}
	if string(l.State) != in("was") || l.State == state {
		was.err = "Somebody decided this meanwhile. Look again before you decide."
		c.showLinks(http.StatusConflict, patient, was)
		return
	}
	if err := c.chart().SetLink(c.R.Context(), patient, l.Site, other, state, l.Score, reason); err != nil {
		c.Failed(err)
		return
	}
	web.SecurityHeaders(c.W)
	http.Redirect(c.W, c.R, c.Path("links")+"?"+url.Values{"patient": {patient}, "done": {string(state)}}.Encode(), http.StatusSeeOther)
}
