package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/identity"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/door"
)

// mergedRow says that this record and another are one person's.
type mergedRow struct {
	Into     *who              // this one was merged into it
	Replaces []who             // these were merged into this one
	Told     map[string]string // of each replaced one: when and by whom
}

// linkOf are the records that a Patient's links of a kind name.
func linkOf(n fhir.Node, kind string) []string {
	var out []string
	for l := range n.Get("link").Items() {
		if id, ok := strings.CutPrefix(l.Path("other", "reference").Str(), "Patient/"); ok && l.Get("type").Is(kind) {
			out = append(out, id)
		}
	}
	return out
}

// told says when a record was merged, and by whom.
func (m *mergedRow) told(id string) string {
	if t := m.Told[id]; t != "" {
		return ", " + t
	}
	return ""
}

func (h *Desk) merged(c *door.Call, r record.Resource) (*mergedRow, error) {
	into, replaces := linkOf(r.Node(), "replaced-by"), linkOf(r.Node(), "replaces")
	if len(into)+len(replaces) == 0 {
		return nil, nil
	}
	m := &mergedRow{Told: map[string]string{}}
	told, err := c.Session(access.EMR).Replaces(c.R.Context(), r.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range told {
		m.Told[x.ID] = "merged on " + x.When.In(c.Zone).Format("2 Jan 2006") + " by " + door.Bare(x.By)
	}
	for _, id := range append(slices.Clone(into), replaces...) {
		o, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", id)
		if err != nil {
			return nil, err
		}
		w := whoOf(c, id, o.Node())
		if slices.Contains(into, id) {
			m.Into = &w
		} else {
			m.Replaces = append(m.Replaces, w)
		}
	}
	return m, nil
}

// side is one of two records that may be one person.
type side struct {
	who
	Version string
	Values  url.Values
	Counts  []count
}

type count struct {
	Label string
	N     int
}

// mergePage is the preview: both records side by side, and what a merge does.
type mergePage struct {
	*form
	A, B   *side
	Rows   []mergeLine
	Score  identity.Score
	Merged bool // already: what is offered is to take it back
	Keep   string
	Site   string
}

type mergeLine struct {
	Label, A, B string
	Differs     bool // both say something, and not the same
}

// counted are the kinds of facts that a merge brings together.
var counted = []struct{ typ, label string }{
	{"Appointment", "appointment"}, {"Encounter", "visit"}, {"Condition", "problem"}, {"AllergyIntolerance", "allergy"}, {"MedicationRequest", "prescription"},
	{"Observation", "result or measurement"}, {"Immunization", "immunisation"}, {"DocumentReference", "document"}, {"Coverage", "coverage"}, {"RelatedPerson", "contact"},
}

func (h *Desk) side(c *door.Call, id string) (*side, error) {
	s := c.Session(access.EMR).Apart() // what each holds by itself
	r, err := s.Read(c.R.Context(), "Patient", id)
	if err != nil {
		return nil, err
	}
	out := &side{who: whoOf(c, id, r.Node()), Version: r.Version, Values: valuesOf(r.Node())}
	for _, k := range counted {
		if !c.Can(access.Search, k.typ) {
			continue
		}
		param := "patient"
		if k.typ == "Coverage" {
			param = "beneficiary"
		}
		q, err := search.Parse(k.typ, url.Values{param: {id}, "_summary": {"count"}}, search.Options{})
		if err != nil {
			return nil, err
		}
		page, err := s.Search(c.R.Context(), q)
		if err != nil {
			return nil, err
		}
		if page.Total > 0 {
			out.Counts = append(out.Counts, count{k.label, page.Total})
		}
	}
	return out, nil
}

func (h *Desk) merge(c *door.Call) {
	if refused(c, merges(c)) {
		return
	}
	h.showMerge(c, http.StatusOK, newForm(url.Values{"a": {c.R.FormValue("a")}, "b": {c.R.FormValue("b")}}))
}

func (h *Desk) showMerge(c *door.Call, status int, f *form) {
	v := &mergePage{form: f, Keep: f.Get("keep"), Site: c.Path()}
	a, b := f.Get("a"), f.Get("b")
	if a != "" && a == b {
		f.bad("b", "That is the same record: choose the other one.")
		b = ""
	}
	for _, x := range []struct {
		id string
		at **side
	}{{a, &v.A}, {b, &v.B}} {
		if x.id == "" {
			continue
		}
		s, err := h.side(c, x.id)
		if err != nil {
			c.Failed(err)
			return
		}
		*x.at = s
	}
	if v.A != nil && v.B != nil {
		v.compare(c, h.gps(c))
	}
	if !f.ok() && status == http.StatusOK {
		status = http.StatusUnprocessableEntity
	}
	c.Render(status, web.Framed(h.page(c, "Merge two records"), mergeMain(v)))
}

func (v *mergePage) compare(c *door.Call, gps []web.Option) {
	s := c.Session(access.EMR)
	ra, errA := s.Read(c.R.Context(), "Patient", v.A.ID)
	rb, errB := s.Read(c.R.Context(), "Patient", v.B.ID)
	if errA != nil || errB != nil {
		return
	}
	v.Score = identity.Compare(identity.DemographicsOf(ra.Node()), identity.DemographicsOf(rb.Node()))
	v.Merged = slices.Contains(linkOf(ra.Node(), "replaced-by"), v.B.ID) || slices.Contains(linkOf(rb.Node(), "replaced-by"), v.A.ID)
	page := &personPage{form: newForm(url.Values{}), GPs: gps}
	for _, sec := range page.sections() {
		for _, f := range sec.Fields {
			a, b := oneLine(v.A.Values.Get(f.Name)), oneLine(v.B.Values.Get(f.Name))
			if a != "" || b != "" {
				v.Rows = append(v.Rows, mergeLine{f.Label, label(f, a), label(f, b), a != b && a != "" && b != ""})
			}
		}
	}
	v.Rows = append(v.Rows, mergeLine{"Record number", v.A.MRN, v.B.MRN, false})
	if v.Keep == "" { // offered: the one that holds more
		v.Keep = v.A.ID
		if total(v.B.Counts) > total(v.A.Counts) {
			v.Keep = v.B.ID
		}
	}
}

func total(of []count) (n int) {
	for _, c := range of {
		n += c.N
	}
	return n
}

// doMerge makes one record of two of one person (record.Session.Merge): in one
// transaction, which unmerge takes back. No fact is rewritten.
func (h *Desk) doMerge(c *door.Call) {
	f, a, b, ok := h.mergeForm(c)
	if !ok {
		return
	}
	keep, gone := a, b
	switch f.Get("keep") {
	case a.ID:
	case b.ID:
		keep, gone = b, a
	default:
		f.bad("keep", "Choose the record that stays.")
	}
	if f.text("why") == "" {
		f.bad("why", "Say why these are one person.")
	}
	if len(f.Get("why")) > 300 {
		f.bad("why", "At most 300 characters.")
	}
	if f.Get("sure") != "yes" {
		f.bad("sure", "Tick that you compared both.")
	}
	if into := linkOf(keep.Node(), "replaced-by"); len(into) > 0 {
		f.bad("keep", "This record was itself merged into another: choose that one, or take the merge back first.")
	}
	if into := linkOf(gone.Node(), "replaced-by"); len(into) > 0 {
		f.bad("keep", "The other record is merged already.")
	}
	if !f.ok() {
		h.showMerge(c, http.StatusUnprocessableEntity, f)
		return
	}
	if err := c.Session(access.EMR).Merge(c.R.Context(), record.SideOf(keep), record.SideOf(gone), f.text("why")); err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("patients", keep.ID, "demographics"), web.Flash{Kind: web.Good, Text: "Merged: this record now holds what the other held. It can be taken back from this page."})
}

func (h *Desk) unmerge(c *door.Call) {
	f, a, b, ok := h.mergeForm(c)
	if !ok {
		return
	}
	keep, gone := a, b
	if slices.Contains(linkOf(a.Node(), "replaced-by"), b.ID) {
		keep, gone = b, a
	} else if !slices.Contains(linkOf(b.Node(), "replaced-by"), a.ID) {
		f.bad("keep", "These two are not merged.")
		h.showMerge(c, http.StatusUnprocessableEntity, f)
		return
	}
	why := f.text("why")
	if why == "" {
		why = "merge taken back"
	}
	if err := c.Session(access.EMR).Unmerge(c.R.Context(), record.SideOf(keep), record.SideOf(gone), why); err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("patients", gone.ID, "demographics"), web.Flash{Kind: web.Good, Text: "Taken back: both are again what they were."})
}

// mergeForm reads the two records of a posted form, in the versions that were
// looked at.
func (h *Desk) mergeForm(c *door.Call) (f *form, a, b record.Resource, ok bool) {
	if refused(c, merges(c)) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	f = newForm(v)
	if v.Get("act") == "choose" || v.Get("a") == "" || v.Get("b") == "" || v.Get("a") == v.Get("b") {
		web.SecurityHeaders(c.W)
		http.Redirect(c.W, c.R, c.Path("merge")+"?"+url.Values{"a": {v.Get("a")}, "b": {v.Get("b")}}.Encode(), http.StatusSeeOther)
		return
	}
	s, ctx := c.Session(access.EMR), c.R.Context()
	if a, err = s.Read(ctx, "Patient", v.Get("a")); err == nil {
		b, err = s.Read(ctx, "Patient", v.Get("b"))
	}
	if err == nil && (a.Version != v.Get("va") || b.Version != v.Get("vb")) {
		err = &record.VersionConflict{}
	}
	if err != nil {
		c.Failed(err)
		return
	}
	return f, a, b, true
}

// findPatient answers what is typed into a patient field with people to choose
// from. What is typed names people: it is posted, never in an address.
func (h *Desk) findPatient(c *door.Call) {
	if refused(c, c.Finds()) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	name := "patient"
	if n := v.Get("field"); n == "a" || n == "b" {
		name = n
	}
	found, err := h.people(c, v.Get("q"+name))
	if err != nil {
		c.Failed(err)
		return
	}
	c.Render(http.StatusOK, choosePatient(name, found, "", v.Get("q"+name)))
}

// peopleMost is how many people are offered to choose from.
const peopleMost = 8

// people are who a few letters of a name, a birth date or a number mean: three
// letters at least.
func (h *Desk) people(c *door.Call, q string) ([]who, error) {
	q = oneLine(q)
	if len([]rune(q)) < 3 || len(q) > 200 {
		return nil, nil
	}
	ask := []url.Values{{"identifier": {escape(q)}}}
	switch {
	case fhir.IsDate(q):
		ask = []url.Values{{"birthdate": {q}}}
	case strings.ContainsAny(q, "0123456789"):
		ask = append(ask, url.Values{"phone": {escape(q)}})
	default:
		words := strings.FieldsFunc(q, func(r rune) bool { return r == ' ' || r == ',' })
		byName := url.Values{}
		for _, w := range words {
			byName.Add("name", escape(w))
		}
		ask = []url.Values{byName}
	}
	var out []who
	for _, v := range ask {
		v.Set("_count", strconv.Itoa(peopleMost))
		found, err := find(c, "Patient", v)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			if w := whoOf(c, r.ID, r.Node()); !slices.ContainsFunc(out, func(o who) bool { return o.ID == w.ID }) && len(linkOf(r.Node(), "replaced-by")) == 0 {
				out = append(out, w)
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out[:min(len(out), peopleMost)], nil
}

// escape makes one value of what was typed: http://hl7.org/fhir/R4/search.html#escaping.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `,`, `\,`, `$`, `\$`, `|`, `\|`).Replace(s)
}

// party is a patient as an appointment names it.
func (w who) party() schedule.Party { return schedule.Party{Ref: "Patient/" + w.ID, Name: w.Name} }
