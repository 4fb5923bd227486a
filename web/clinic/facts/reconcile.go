package facts

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/entry"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// recPage sets the own chart and the other sites' facts side by side.
type recPage struct {
	Lens    web.Lens
	Tabs    web.Tabs
	Gap     string
	Groups  []recGroup
	Total   int
	Decided int // decided before, and not proposed again
	Action  string
	Back    string
	Error   string
}

type recGroup struct {
	Title string
	Items []recItem
}

// recItem is one outside fact.
type recItem struct {
	Key     string // the form's name: type/id/version, as the lens names it
	Own     *recSide
	Outside recSide
	Choices []recChoice
	Into    []web.Option // facts of the own chart that it may be the same as
	IntoKey string
}

type recSide struct {
	Title  string
	Bits   []recBit
	Badges []web.Badge
	Pills  []web.Pill
	Href   string
}

type recBit struct {
	Text    string
	Differs bool
}

type recChoice struct {
	N, Value, Label string
	On              bool
}

// decisions are what was decided before: by source and version of the fact.
type decisions map[string]entry.Decision

func key(site, typ, id, version string) string { return site + " " + typ + "/" + id + " " + version }

func (h *room) decisions(c *door.Call, patient string) (decisions, error) {
	f, err := c.Session(access.EMR).Facts(c.R.Context(), record.FactsQuery{Patient: patient, Types: []string{"Provenance"}})
	if err != nil {
		return nil, err
	}
	out := decisions{}
	for _, one := range f.List {
		if site, typ, id, version, d, ok := entry.Decided(one.Node); ok {
			out[key(site, typ, id, version)] = d
		}
	}
	return out, nil
}

// bare is a fact's id at its own source: the whole record's ids carry the
// site's number in front.
func bare(p chart.Prov) string {
	if i := strings.IndexByte(p.ID, '.'); i > 0 && i <= 3 && !p.Source.Own {
		return p.ID[i+1:]
	}
	return p.ID
}

// known says whether every outside source of an item was decided about.
func (d decisions) known(ps ...chart.Prov) bool {
	some := false
	for _, p := range ps {
		if p.Source == nil || p.Source.Own {
			continue
		}
		if _, ok := d[key(p.Source.Slug, p.Type, bare(p), p.Version)]; !ok {
			return false
		}
		some = true
	}
	return some
}

// candidate is an outside fact with what of the own chart it is about.
type candidate struct {
	group   string
	outside chart.Prov
	also    []chart.Prov
	own     *chart.Prov
	item    recItem
	words   string // of a medicine
	kind    string
}

func (h *room) candidates(c *door.Call, p *clinic.Patient) (list []candidate, before int, err error) {
	d, err := h.decisions(c, p.ID())
	if err != nil {
		return nil, 0, err
	}
	ch := p.Chart()
	add := func(x candidate) {
		if !slices.Contains([]string{"Condition", "AllergyIntolerance", "MedicationStatement", "MedicationRequest", "MedicationDispense", "Immunization"}, x.outside.Type) {
			return
		}
		if d.known(append([]chart.Prov{x.outside}, x.also...)...) {
			before++
			return
		}
		list = append(list, x)
	}
	for _, a := range ch.Allergies.Items {
		if a.Outside {
			x := candidate{group: "Allergies", kind: "allergy", outside: a.Prov, also: a.Also}
			x.item.Outside = recSide{Title: a.Substance, Bits: bitsOf(strings.Join(a.Reactions, ", "), a.Severity, said("criticality", a.Criticality), cmpOr(said("since", a.Onset.String(), a.Onset.Known()), a.OnsetText), a.Note)}
			if a.Severe {
				x.item.Outside.Pills = append(x.item.Outside.Pills, web.Pill{Kind: web.Danger, Text: "severe"})
			}
			add(x)
		}
	}
	for _, m := range ch.Medicines.Active {
		switch {
		case m.Outside:
			x := candidate{group: "Medicines", kind: "medicine", outside: m.Prov, also: m.Also, words: m.Full}
			x.item.Outside = recSide{Title: m.Name, Bits: bitsOf(m.Sig, said("since", m.Since.String(), m.Since.Known()), said("for", m.Reason), m.Prescriber)}
			add(x)
		case len(m.Differs) > 0:
			own, ok := ownOf(m.Prov, m.Also)
			if !ok {
				continue
			}
			for _, df := range m.Differs {
				x := candidate{group: "Medicines", kind: "medicine", words: m.Full}
				ours, theirs, ok := sides(m.Prov, df, &x)
				if !ok {
					continue
				}
				if x.own == nil {
					x.own = own
				}
				x.item.Own = &recSide{Title: nameOf(m, *x.own), Bits: []recBit{{Text: df.What + ": " + ours, Differs: true}, {Text: sigOf(m, *x.own)}}}
				x.item.Outside = recSide{Title: nameOf(m, x.outside), Bits: []recBit{{Text: df.What + ": " + theirs, Differs: true}, {Text: sigOf(m, x.outside)}}}
				add(x)
			}
		}
	}
	for _, pr := range ch.Problems.Active {
		switch {
		case pr.Outside:
			x := candidate{group: "Problems", kind: "problem", outside: pr.Prov, also: pr.Also}
			x.item.Outside = recSide{Title: pr.Name, Bits: bitsOf(pr.Clinical, pr.Severity, cmpOr(said("since", pr.Onset.String(), pr.Onset.Known()), pr.OnsetText), pr.Note)}
			add(x)
		case len(pr.Differs) > 0:
			own, ok := ownOf(pr.Prov, pr.Also)
			if !ok {
				continue
			}
			for _, df := range pr.Differs {
				x := candidate{group: "Problems", kind: "problem"}
				ours, theirs, ok := sides(pr.Prov, df, &x)
				if !ok {
					continue
				}
				if x.own == nil {
					x.own = own
				}
				x.item.Own = &recSide{Title: pr.Name, Bits: []recBit{{Text: df.What + ": " + ours, Differs: true}, {Text: said("since", pr.Onset.String(), pr.Onset.Known())}}}
				x.item.Outside = recSide{Title: pr.Name, Bits: []recBit{{Text: df.What + ": " + theirs, Differs: true}}}
				add(x)
			}
		}
	}
	seen := map[string]bool{} // a combined vaccine stands in several rows
	for _, vac := range ch.Immunizations.Rows {
		for _, dose := range vac.Doses {
			if dose.Outside && !seen[dose.ID] {
				seen[dose.ID] = true
				x := candidate{group: "Immunisations", kind: "immunisation", outside: dose.Prov, also: dose.Also}
				x.item.Outside = recSide{Title: dose.Product, Bits: bitsOf(cmpOr(said("", dose.When.String(), dose.When.Known()), dose.WhenText), said("lot", dose.Lot), dose.Site)}
				add(x)
			}
		}
	}
	for i := range list {
		x := &list[i]
		x.item.Key = x.outside.Type + "/" + x.outside.ID + "/" + x.outside.Version
		x.item.Outside.Badges = p.Badges(x.outside, x.also)
		x.item.Outside.Href = p.FactHref(x.outside)
		if x.own != nil {
			x.item.Own.Badges = []web.Badge{p.Badge(*x.own)}
			x.item.Choices = []recChoice{{"1", "keep", "Keep ours", false}, {"2", "update", "Take theirs", false}, {"3", "merge", "Merge", false}, {"4", "reject", "Reject theirs", false}}
			if x.own.Type != targetType(x.outside.Type) { // an order is not merged with a statement
				x.item.Choices = slices.Delete(x.item.Choices, 2, 3)
			}
			continue
		}
		x.item.Choices = []recChoice{{"1", "keep", "Add to ours", false}}
		x.item.Into = into(ch, x.kind)
		x.item.IntoKey = "into " + x.item.Key
		if len(x.item.Into) > 0 {
			x.item.Choices = append(x.item.Choices, recChoice{"2", "update", "Replaces ours", false}, recChoice{"3", "merge", "Same as ours", false})
		}
		x.item.Choices = append(x.item.Choices, recChoice{"4", "reject", "Leave out", false})
	}
	return list, before, nil
}

// sides tells which of what differs is ours and which is theirs: the chart's
// leading fact may be either.
func sides(lead chart.Prov, df chart.Difference, x *candidate) (ours, theirs string, ok bool) {
	switch {
	case df.Prov.Source == nil || lead.Source == nil:
		return "", "", false
	case !df.Prov.Source.Own:
		x.outside = df.Prov
		if lead.Source.Own {
			x.own = &lead
		}
		return df.Here, df.There, true
	case !lead.Source.Own:
		x.outside, x.own = lead, &df.Prov
		return df.There, df.Here, true
	}
	return "", "", false
}

// nameOf is what one of a medicine's entries calls it.
func nameOf(m chart.Medicine, p chart.Prov) string {
	for _, e := range m.Entries {
		if e.Prov.Type == p.Type && e.Prov.ID == p.ID {
			return e.Name
		}
	}
	return m.Name
}

// sigOf is how a medicine is taken by one of its entries.
func sigOf(m chart.Medicine, p chart.Prov) string {
	for _, e := range m.Entries {
		if e.Prov.Type == p.Type && e.Prov.ID == p.ID {
			return e.Sig
		}
	}
	return ""
}

func targetType(typ string) string {
	if strings.HasPrefix(typ, "Medication") {
		return "MedicationStatement"
	}
	return typ
}

// into are the facts of the own chart that an outside one may be the same as.
func into(ch *chart.Chart, kind string) []web.Option {
	var out []web.Option
	add := func(p chart.Prov, also []chart.Prov, name string) {
		if own, ok := ownOf(p, also); ok && !strings.HasPrefix(own.Type, "MedicationRequest") && len(out) < 60 {
			out = append(out, web.Option{Value: own.Type + "/" + own.ID, Label: name})
		}
	}
	switch kind {
	case "allergy":
		for _, a := range ch.Allergies.Items {
			add(a.Prov, a.Also, a.Substance)
		}
	case "problem":
		for _, p := range ch.Problems.Active {
			add(p.Prov, p.Also, p.Name)
		}
	case "medicine":
		for _, m := range ch.Medicines.Active {
			for _, e := range m.Entries {
				if e.Prov.Source != nil && e.Prov.Source.Own && e.Type == "MedicationStatement" {
					add(e.Prov, nil, m.Name)
				}
			}
		}
	}
	return out
}

// ownOf is the own chart's part of an item. Through the whole record the own
// chart's ids have no site in front.
func ownOf(p chart.Prov, also []chart.Prov) (*chart.Prov, bool) {
	for _, one := range append([]chart.Prov{p}, also...) {
		if one.Source != nil && one.Source.Own {
			return &one, true
		}
	}
	return nil, false
}

func said(lead, text string, known ...bool) string {
	if text == "" || len(known) > 0 && !known[0] {
		return ""
	}
	return strings.TrimSpace(lead + " " + text)
}

func bitsOf(texts ...string) []recBit {
	var out []recBit
	for _, t := range texts {
		if t != "" {
			out = append(out, recBit{Text: t})
		}
	}
	return out
}

func (h *room) recOpen(c *door.Call) (*clinic.Patient, bool) {
	p, err := h.Patient(c, access.EHR, "Condition", "AllergyIntolerance", "MedicationStatement", "MedicationRequest", "Immunization")
	if err == nil && (p.Desk() || !c.Can(access.Create, "Condition")) {
		err = &record.Refused{Why: "writing in charts is not part of this role"}
	}
	if err != nil {
		c.Failed(err)
		return nil, false
	}
	return p, true
}

func (h *room) reconcile(c *door.Call) {
	if p, ok := h.recOpen(c); ok {
		h.showReconcile(c, p, http.StatusOK, nil, "")
	}
}

func (h *room) showReconcile(c *door.Call, p *clinic.Patient, status int, form url.Values, said string) {
	list, before, err := h.candidates(c, p)
	if err != nil {
		c.Failed(err)
		return
	}
	r := recPage{Lens: p.LensSwitch(), Tabs: p.Tabs("outside"), Gap: p.Gap(), Total: len(list), Decided: before, Action: c.R.URL.EscapedPath(), Back: p.Href(), Error: said}
	for _, x := range list {
		for i := range x.item.Choices {
			x.item.Choices[i].On = form.Get(x.item.Key) == x.item.Choices[i].Value
		}
		if len(r.Groups) == 0 || r.Groups[len(r.Groups)-1].Title != x.group {
			r.Groups = append(r.Groups, recGroup{Title: x.group})
		}
		g := &r.Groups[len(r.Groups)-1]
		g.Items = append(g.Items, x.item)
	}
	frame := p.Frame("Bring in outside facts")
	frame.Sheets, frame.Modules = append(frame.Sheets, h.sheet), append(frame.Modules, h.module)
	p.Show(status, frame, reconcileView(r))
}

// decide does all decisions of the page in one transaction, or none.
func (h *room) decide(c *door.Call) {
	p, ok := h.recOpen(c)
	if !ok {
		return
	}
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	list, _, err := h.candidates(c, p)
	if err != nil {
		c.Failed(err)
		return
	}
	var acts []record.Act
	count := map[entry.Decision]int{}
	written := map[string]bool{}
	offered := map[string]bool{}
	for _, x := range list {
		offered[x.item.Key] = true
		choice := form.Get(x.item.Key)
		if choice == "" {
			continue
		}
		if !slices.ContainsFunc(x.item.Choices, func(o recChoice) bool { return o.Value == choice }) {
			c.Failed(door.ErrForm)
			return
		}
		more, said, err := h.acts(c, p, x, entry.Decision(choice), form.Get(x.item.IntoKey))
		if err != nil {
			c.Failed(err)
			return
		}
		for _, a := range more {
			if at := a.Type + "/" + a.ID; a.Op == record.Update && written[at] {
				said = "two decisions change the same fact of ours. Decide one, save, then the other"
			} else if a.Op == record.Update {
				written[at] = true
			}
		}
		if said != "" {
			h.showReconcile(c, p, http.StatusUnprocessableEntity, form, x.item.Outside.Title+": "+said+".")
			return
		}
		acts = append(acts, more...)
		count[entry.Decision(choice)]++
	}
	for name := range form {
		if strings.Count(name, "/") == 2 && !strings.HasPrefix(name, "into ") && !offered[name] && form.Get(name) != "" {
			h.showReconcile(c, p, http.StatusConflict, form, "A fact changed at its source, or was decided by somebody else, while this page was open. Nothing was saved: look again")
			return
		}
	}
	if len(acts) == 0 {
		c.Done(p.Href("reconcile"), web.Flash{Kind: web.Neutral, Text: "Nothing was decided, so nothing was written."})
		return
	}
	if _, err = c.Session(access.EMR).Transact(c.R.Context(), acts); err != nil {
		var invalid *record.Invalid
		var moved *record.VersionConflict
		switch {
		case errors.As(err, &invalid):
			h.showReconcile(c, p, http.StatusUnprocessableEntity, form, "Nothing was saved: "+invalid.Error()+".")
		case errors.As(err, &moved):
			h.showReconcile(c, p, http.StatusConflict, form, "Somebody changed one of our facts while this page was open. Nothing was saved: look again")
		default:
			c.Failed(err)
		}
		return
	}
	var words []string
	for _, d := range []struct {
		d    entry.Decision
		word string
	}{{entry.Keep, "kept or added"}, {entry.Update, "updated"}, {entry.Merge, "merged"}, {entry.Reject, "left out"}} {
		if n := count[d.d]; n > 0 {
			words = append(words, strconv.Itoa(n)+" "+d.word)
		}
	}
	c.Done(p.Href("reconcile"), web.Flash{Kind: web.Good, Text: "Reconciled: " + strings.Join(words, ", ") + "."})
}

// acts are one decision's. said is why it cannot be done, for who decided.
func (h *room) acts(c *door.Call, p *clinic.Patient, x candidate, d entry.Decision, into string) (acts []record.Act, said string, err error) {
	res, err := c.Session(access.EHR).Read(c.R.Context(), x.outside.Type, x.outside.ID)
	if err != nil {
		return nil, "", err
	}
	out := entry.Outside{Node: res.Node(), Site: x.outside.Source.Slug, SiteName: x.outside.Source.Name, Type: x.outside.Type, ID: bare(x.outside), Version: x.outside.Version, Author: x.outside.Author, Words: x.words}
	var own *entry.Own
	ref := ""
	switch {
	case x.own != nil:
		ref = x.own.Type + "/" + x.own.ID
	case d == entry.Update || d == entry.Merge:
		if !slices.ContainsFunc(x.item.Into, func(o web.Option) bool { return o.Value == into }) {
			return nil, "choose which of ours it is", nil
		}
		ref = into
	}
	if ref != "" {
		typ, id, _ := strings.Cut(ref, "/")
		r, err := c.Session(access.EMR).Read(c.R.Context(), typ, id)
		if err != nil {
			return nil, "", err
		}
		v, _ := strconv.Atoi(r.Version)
		own = &entry.Own{ID: r.ID, Version: v, Node: r.Node()}
	}
	cx := context(c, p)
	acts, err = entry.Reconcile(cx, own, out, d, "")
	switch {
	case errors.Is(err, entry.ErrModified), errors.Is(err, entry.ErrNoOwn), errors.Is(err, entry.ErrKind):
		return nil, err.Error(), nil
	case err != nil:
		return nil, "", err
	}
	for _, also := range x.also { // the same from other sites was seen with it
		if also.Source != nil && !also.Source.Own {
			more, err := entry.Reconcile(cx, nil, entry.Outside{Site: also.Source.Slug, SiteName: also.Source.Name, Type: also.Type, ID: bare(also), Version: also.Version}, entry.Reject, "the same as another site's, decided together")
			if err == nil {
				acts = append(acts, more...)
			}
		}
	}
	return acts, "", nil
}

// said is how much of what is to be decided is decided on this page.
func (r recPage) said() string {
	on := 0
	for _, g := range r.Groups {
		for _, x := range g.Items {
			if slices.ContainsFunc(x.Choices, func(c recChoice) bool { return c.On }) {
				on++
			}
		}
	}
	return strconv.Itoa(on) + " of " + strconv.Itoa(r.Total) + " decided"
}
