package chart

import (
	"cmp"
	"slices"

	"wholechart/fhir"
)

// Encounter is one contact with a site.
type Encounter struct {
	Kind      string // visit, stay, emergency, call, home; "" when not said
	Class     string // v3 ActCode: AMB, IMP, EMER…
	Type      string // as recorded: "Office visit"
	Reason    string
	Who       string // responsible
	Where     string
	Status    string
	When, End When
	Ongoing   bool
	Cancelled bool
	Diagnoses []string
	Discharge string // disposition
	Prov
	Also []Prov
}

var encounterKinds = map[string]string{"AMB": "visit", "IMP": "stay", "ACUTE": "stay", "NONAC": "stay", "OBSENC": "stay", "SS": "stay", "PRENC": "visit",
	"EMER": "emergency", "VR": "call", "HH": "home", "FLD": "visit"}

func (b *builder) encounters() {
	for _, f := range b.of("Encounter") {
		f.used = true
		n := f.Node
		e := Encounter{Class: b.str(n.Get("class").Get("code")), Type: b.label(n.Get("type")), Reason: b.label(n.Get("reasonCode")), Status: f.status,
			Discharge: b.label(n.Get("hospitalization").Get("dischargeDisposition")), Also: b.routes(f)}
		e.Kind = encounterKinds[e.Class]
		p := n.Get("period")
		e.When, e.End = b.when(p.Get("start")), b.when(p.Get("end"))
		e.Ongoing = (f.status == "in-progress" || f.status == "arrived" || f.status == "triaged" || f.status == "onleave") && !e.End.Known()
		e.Cancelled = f.status == "cancelled" || f.status == "planned"
		for d := range n.Get("diagnosis").Items() {
			if to := b.refTo(f, d.Get("condition")); to != nil {
				e.Diagnoses = append(e.Diagnoses, b.label(to.Node.Get("code")))
			} else if s := b.str(d.Get("condition").Get("display")); s != "" {
				e.Diagnoses = append(e.Diagnoses, s)
			}
		}
		if e.Reason == "" {
			for r := range n.Get("reasonReference").Items() {
				if to := b.refTo(f, r); to != nil {
					e.Reason = b.label(to.Node.Get("code"))
					break
				}
			}
		}
		e.Where = b.where(f, n)
		e.Prov = b.prov(f, e.When)
		e.Who = e.Prov.Author
		b.c.Encounters = append(b.c.Encounters, e)
	}
	slices.SortStableFunc(b.c.Encounters, func(x, y Encounter) int { return cmp.Or(newer(x.When, y.When), newer(x.End, y.End)) })
}

// where is the place of an encounter: its location, else who provides it.
func (b *builder) where(f *fact, n fhir.Node) string {
	for l := range n.Get("location").Items() {
		if name := b.who(f, l.Get("location")); name != "" {
			return name
		}
	}
	return b.who(f, n.Get("serviceProvider"))
}
