package documents

import (
	"net/url"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/document"
	"wholechart/chart/note"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web/door"
)

// confidential says whether a record has facts under a label of secrecy, of the
// types that letters are filled with.
func confidential(c *door.Call, lens access.Lens, patient string) (bool, error) {
	const codes = "R,V,ETH,ETHUD,SUD,OPIOIDUD,42CFRPart2,PSY,MH,PSYTHPN,HIV,SEX,STD,DV,SDV,VIO"
	for _, typ := range []string{"Condition", "MedicationRequest", "MedicationStatement", "AllergyIntolerance", "Observation", "Immunization", "Procedure", "FamilyMemberHistory", "Composition", "ServiceRequest", "Appointment", "CareTeam"} {
		if typ == "Appointment" && lens == access.EHR {
			continue // the whole record is not searched for those; it is the chart's own that a letter names first
		}
		q, err := search.Parse(typ, url.Values{"patient": {patient}, "_security": {codes}, "_count": {"1"}}, search.Options{DefaultCount: 1, Now: c.Now})
		if err != nil {
			return false, err
		}
		page, err := c.Session(lens).Search(c.R.Context(), q)
		if err != nil {
			return false, err
		}
		if len(page.Matches) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// visitOf is what was written at one visit of the patient of the address.
func (h *room) visitOf(c *door.Call, id string) (*document.Visit, error) {
	s := c.Session(access.EMR)
	e, err := s.Read(c.R.Context(), "Encounter", id)
	if err != nil {
		return nil, err
	}
	patient := c.R.PathValue("id")
	if !of(c, e.Node(), patient) {
		return nil, record.ErrNotFound
	}
	src := chart.Source{Slug: c.Site.Slug, Name: c.Site.Name, State: c.Site.State, Badge: c.Site.Badge, Color: c.Site.Color(), Own: true}
	facts := []chart.Fact{factOf(e, src)}
	v := &document.Visit{ID: id}
	for _, typ := range []string{"Observation", "Condition", "MedicationRequest", "ServiceRequest", "DiagnosticReport", "Composition"} {
		q := url.Values{"encounter": {"Encounter/" + id}, "patient": {patient}, "_count": {"200"}}
		if typ == "Composition" {
			q.Set("_sort", "-date")
		}
		list, err := find(c, typ, q)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			if typ != "Composition" {
				facts = append(facts, factOf(r, src))
				continue
			}
			n := note.Parse(r.Node())
			if n.Status == "entered-in-error" || v.Plan+v.Told != "" {
				continue
			}
			v.Signed = n.Status == "final" || n.Status == "amended"
			if sec := n.Section("51847-2"); sec != nil {
				v.Plan = sec.Text
			}
			if sec := n.Section("69730-0"); sec != nil {
				v.Told = sec.Text
			}
		}
	}
	v.Facts = chart.Assemble(patient, facts, c.Now, c.Zone)
	if len(v.Facts.Encounters) > 0 {
		x := v.Facts.Encounters[0]
		v.When, v.Reason, v.Who = x.When, x.Reason, x.Who
		if v.Reason == "" {
			v.Reason = x.Type
		}
	}
	if v.Plan+v.Told == "" {
		h.fromDraft(c, v)
	}
	return v, nil
}

// fromDraft takes plan and instructions from the note that is still being written.
func (h *room) fromDraft(c *door.Call, v *document.Visit) {
	d, err := c.Session(access.EMR).Draft(c.R.Context(), "note", v.ID)
	if err != nil || !mine(c, d) {
		return
	}
	n, err := note.ParseDraft(d.Body)
	if err != nil {
		return
	}
	if s := n.Section("51847-2"); s != nil {
		v.Plan = s.Text
	}
	if s := n.Section("69730-0"); s != nil {
		v.Told = s.Text
	}
}

func factOf(r record.Resource, src chart.Source) chart.Fact {
	return chart.Fact{Node: r.Node(), Type: r.Type, ID: r.ID, Version: r.Version, Updated: r.Updated, Author: r.Author, Source: src}
}
