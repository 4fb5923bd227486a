package desk

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"wholechart/access"
	"wholechart/identity"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/door"
)

// alikeMost is how many likely duplicates are shown.
const alikeMost = 5

// alike is somebody here already who may be the person that is being typed.
type alike struct {
	who
	Grade identity.Grade
	Why   string
}

func (a alike) pill() web.Pill {
	if a.Grade == "" {
		return web.Pill{Text: "same name", Shape: web.NoShape}
	}
	if a.Grade.Sure() {
		return web.Pill{Kind: web.Danger, Text: "surely the same"}
	}
	return web.Pill{Kind: web.Warning, Text: "may be the same"}
}

// personPage is the form for somebody new or known.
type personPage struct {
	*form
	Action  string
	New     bool
	Who     who
	Version string
	Alike   []alike
	Asked   bool // likely duplicates are to be ruled out before it is saved
	GPs     []web.Option
	Changed []change // by somebody else, meanwhile
	Photo   string
	Related []relatedRow
	Covers  []coverRow
	Merged  *mergedRow
	Sub     *form // of the small forms below
	Merges  bool
	Wanted  []wantedRow // by what channels messages are wanted
	// Unwilling is what was wrong with a change of that, and what was typed, by channel.
	Unwilling map[schedule.Channel][2]string
}

func (h *Desk) newPatient(c *door.Call) {
	if refused(c, registers(c) && c.Can(access.Create, "Patient")) {
		return
	}
	h.showNew(c, http.StatusOK, &personPage{form: newForm(url.Values{"language": {"en"}})})
}

func (h *Desk) showNew(c *door.Call, status int, v *personPage) {
	v.New, v.Action = true, c.Path("patients", "new")
	v.GPs = h.gps(c)
	p := h.page(c, "Register a patient")
	p.Side = alikePanel(v)
	c.Render(status, web.Framed(p, newPersonPage(v)))
}

// gps are the practice's providers, for the choice of a general practitioner.
func (h *Desk) gps(c *door.Call) []web.Option {
	out := []web.Option{{Label: "Not said"}}
	cal, err := schedule.Open(c.R.Context(), c.Session(access.EMR), c.Zone)
	if err != nil {
		return out // the form does without
	}
	for _, p := range cal.Providers {
		out = append(out, web.Option{Value: p.Ref, Label: p.Name})
	}
	return out
}

// like compares what was typed so far with who is here. Less than a name of two
// letters and something else finds nobody: everybody would be alike.
func (h *Desk) like(c *door.Call, f *form) ([]alike, error) {
	if len([]rune(f.text("family")+f.text("given"))) < 3 && len(f.text("mobile")+f.text("home")+f.text("email")) < 7 {
		return nil, nil
	}
	part := newForm(url.Values{})
	for _, n := range personNames { // what is being typed may not be right yet: each field by itself
		if v := f.Values[n]; len(v) > 0 && len(v[0]) < 200 {
			part.Values[n] = v
		}
	}
	part.check(nil, c.Now, c.Zone)
	for n := range part.Wrong {
		part.Del(n)
	}
	r := object{"resourceType": "Patient"}
	part.apply(r, nil)
	n, err := encode(r)
	if err != nil {
		return nil, err
	}
	found, err := identity.Match(c.R.Context(), c.Session(access.EMR), identity.DemographicsOf(n), alikeMost)
	if err != nil {
		return nil, err
	}
	var out []alike
	for _, x := range found {
		if x.Score.Grade != identity.CertainlyNot {
			out = append(out, alike{whoOf(c, x.Patient.ID, x.Patient.Node()), x.Score.Grade, x.Score.Text()})
		}
	}
	return h.namesakes(c, f, out)
}

// namesakes adds who has the name that is typed, where nothing else is known to
// compare yet: shown, never in the way.
func (h *Desk) namesakes(c *door.Call, f *form, out []alike) ([]alike, error) {
	family, given := f.text("family"), f.text("given")
	if len([]rune(family)) < 3 || len(given) > 100 || len(family) > 100 {
		return out, nil
	}
	v := url.Values{"family": {escape(family)}, "_count": {fmt.Sprint(alikeMost)}}
	if given != "" {
		v.Set("given", escape(given))
	}
	found, err := find(c, "Patient", v)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		if len(out) < alikeMost && !slices.ContainsFunc(out, func(a alike) bool { return a.ID == r.ID }) {
			out = append(out, alike{who: whoOf(c, r.ID, r.Node())})
		}
	}
	return out, nil
}

// toRuleOut are those who must be looked at before somebody new is saved.
func (p *personPage) toRuleOut() bool {
	return slices.ContainsFunc(p.Alike, func(a alike) bool { return a.Grade != "" })
}

// alike answers the form as it is typed with a list of likely duplicates.
func (h *Desk) alike(c *door.Call) {
	if refused(c, registers(c)) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	page := &personPage{form: newForm(v), New: true}
	if page.Alike, err = h.like(c, page.form); err != nil {
		c.Failed(err)
		return
	}
	c.Render(http.StatusOK, alikeList(page))
}

func (h *Desk) createPatient(c *door.Call) {
	if refused(c, registers(c) && c.Can(access.Create, "Patient")) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	page := &personPage{form: newForm(v)}
	page.check(nil, c.Now, c.Zone)
	if page.Alike, err = h.like(c, page.form); err != nil {
		c.Failed(err)
		return
	}
	if !page.ok() {
		h.showNew(c, http.StatusUnprocessableEntity, page)
		return
	}
	if page.toRuleOut() && v.Get("distinct") != "yes" {
		page.Asked = true
		h.showNew(c, http.StatusUnprocessableEntity, page)
		return
	}
	r := object{"resourceType": "Patient", "active": true}
	page.apply(r, nil)
	made, err := h.create(c, r)
	if err != nil {
		c.Failed(err)
		return
	}
	to := c.Path("patients", made.ID, "demographics")
	if v.Get("then") == "book" && books(c) {
		to = c.Path("schedule") + "?patient=" + url.QueryEscape(made.ID)
	}
	c.Done(to, web.Flash{Kind: web.Good, Text: "Registered, with a new record number."})
}

// create stores a new Patient under a medical record number that nobody of the
// site has: the condition is checked again when the write's turn comes.
func (h *Desk) create(c *door.Call, r object) (record.Resource, error) {
	system := mrnSystem(c.Site.Slug)
	for range 20 {
		number, err := newMRN()
		if err != nil {
			return record.Resource{}, err
		}
		r["identifier"] = list{object{"use": "usual", "type": object{"coding": list{object{"system": terms + "v2-0203", "code": "MR", "display": "Medical record number"}}, "text": "Medical record number"},
			"system": system, "value": number, "assigner": object{"display": c.Site.Name}}}
		n, err := encode(r)
		if err != nil {
			return record.Resource{}, err
		}
		q, err := search.Parse("Patient", url.Values{"identifier": {system + "|" + number}}, search.Options{})
		if err != nil {
			return record.Resource{}, err
		}
		out, err := c.Session(access.EMR).Transact(c.R.Context(), []record.Act{{Op: record.Create, Type: "Patient", Resource: n, Where: q}})
		if err != nil {
			return record.Resource{}, err
		}
		if out[0].Done == record.Created {
			return out[0].Resource, nil
		}
	}
	return record.Resource{}, fmt.Errorf("no record number was free in twenty attempts")
}

// mrnSystem is the identifier system of a site's own record numbers.
func mrnSystem(slug string) string { return "https://" + slug + ".example/mrn" }

// newMRN is a record number: seven random digits and the check digit of ISO/IEC
// 7812-1 annex B (Luhn), which catches one wrong digit and most swaps.
func newMRN() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(9_000_000))
	if err != nil {
		return "", err
	}
	digits := fmt.Sprintf("%07d", n.Int64()+1_000_000)
	digits += string('0' + luhn(digits))
	return digits[:4] + "-" + digits[4:], nil
}

func luhn(digits string) byte {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte((10 - sum%10) % 10)
}

// sections of the form, in the order in which people are asked.
type section struct {
	Title  string
	Open   bool // shown at once; the others fold
	Fields []web.Field
	Checks []checks
}

// checks are several answers of one question.
type checks struct {
	Name, Label string
	Of          []web.Option
	On          []string
	Error       string
}

func (c checks) on(v string) bool {
	for _, o := range c.On {
		if o == v {
			return true
		}
	}
	return false
}

func (p *personPage) sections() []section {
	f := p.field
	return []section{
		{Title: "Name", Open: true, Fields: []web.Field{
			f(web.Field{Name: "given", Label: "First name", Autofocus: p.New && p.ok()}), f(web.Field{Name: "middle", Label: "Middle names"}),
			f(web.Field{Name: "family", Label: "Family name", Required: true}), f(web.Field{Name: "suffix", Label: "Suffix"}),
			f(web.Field{Name: "used", Label: "Name to use", Hint: "What this person wants to be called."}), f(web.Field{Name: "previous", Label: "Previous family name"}),
		}},
		{Title: "Birth and sex", Open: true, Fields: []web.Field{
			f(web.Field{Name: "born", Label: "Birth date", Type: "date", Required: p.New}), f(web.Field{Name: "gender", Label: "Administrative sex", Type: "select", Required: p.New, Options: options("Choose", genders)}),
			f(web.Field{Name: "birthsex", Label: "Sex at birth", Type: "select", Options: options("Not asked", birthSexes)}), f(web.Field{Name: "identity", Label: "Gender identity", Type: "select", Options: options("Not asked", identities)}),
			f(web.Field{Name: "pronouns", Label: "Pronouns", Type: "select", Options: options("Not asked", pronouns)}), f(web.Field{Name: "died", Label: "Died", Hint: "The day, or yes when only that is known."}),
		}},
		{Title: "How to reach", Open: true, Fields: []web.Field{
			f(web.Field{Name: "mobile", Label: "Mobile", Type: "tel", InputMode: "tel"}), f(web.Field{Name: "home", Label: "Home telephone", Type: "tel", InputMode: "tel"}),
			f(web.Field{Name: "work", Label: "Work telephone", Type: "tel", InputMode: "tel"}), f(web.Field{Name: "email", Label: "E-mail", Type: "email"}),
			f(web.Field{Name: "channel", Label: "Reminders by", Type: "select", Options: options("Not asked", channels)}),
		}, Checks: []checks{{Name: "texting", Label: "Consent", Of: []web.Option{{Value: "yes", Label: "Agrees to text messages"}}, On: p.Values["texting"]}}},
		{Title: "Address", Open: true, Fields: []web.Field{
			f(web.Field{Name: "line1", Label: "Street"}), f(web.Field{Name: "line2", Label: "Apartment, care of"}), f(web.Field{Name: "city", Label: "City"}),
			f(web.Field{Name: "state", Label: "State"}), f(web.Field{Name: "zip", Label: "ZIP code", InputMode: "numeric"}), f(web.Field{Name: "country", Label: "Country", Hint: "Empty is US."}),
		}},
		{Title: "Language and background", Open: true, Fields: []web.Field{
			f(web.Field{Name: "language", Label: "Language", Type: "select", Options: options("Not asked", languages)}), f(web.Field{Name: "marital", Label: "Marital status", Type: "select", Options: options("Not asked", maritals)}),
			f(web.Field{Name: "tribe", Label: "Tribal affiliation"}), f(web.Field{Name: "gp", Label: "General practitioner", Type: "select", Options: p.GPs}),
		}, Checks: []checks{
			{Name: "interpreter", Label: "Interpreter", Of: []web.Option{{Value: "yes", Label: "Needs an interpreter"}}, On: p.Values["interpreter"]},
			{Name: "race", Label: "Race, all that apply", Of: options("", races), On: p.Values["race"], Error: p.Wrong["race"]},
			{Name: "ethnicity", Label: "Ethnicity", Of: options("", ethnicities), On: p.Values["ethnicity"], Error: p.Wrong["ethnicity"]},
		}},
	}
}

// wrongs are the fields that are not right, in the order of the form, for the
// line above it.
func (p *personPage) wrongs() []web.Link {
	var out []web.Link
	for _, s := range p.sections() {
		for _, f := range s.Fields {
			if f.Error != "" {
				out = append(out, web.Link{Label: strings.ToLower(f.Label[:1]) + f.Label[1:], Href: "#f-" + f.Name})
			}
		}
	}
	return out
}
