package chart

import (
	"slices"

	"wholechart/fhir"
)

// Procedure is something done, or not done, to the patient.
type Procedure struct {
	Name     string
	Code     fhir.Coding
	Codes    []fhir.Coding
	Status   string // completed, in-progress, not-done…
	Outcome  string
	Reason   string
	Region   string
	Category string
	Note     string
	Who      string
	Where    string
	When     When
	End      When
	WhenText string // a time that is no date: "at 12 y"
	NotDone  bool
	Prov
	Also    []Prov
	Outside bool
}

func (b *builder) procedures() {
	for _, f := range b.of("Procedure") {
		f.used = true
		n := f.Node
		p := Procedure{Name: b.label(n.Get("code")), Codes: b.codings(n.Get("code")), Status: f.status, Outcome: b.label(n.Get("outcome")),
			Reason: b.label(n.Get("reasonCode")), Region: b.label(n.Get("bodySite")), Category: b.label(n.Get("category")), Note: b.notes(n),
			NotDone: f.status == "not-done", Also: b.routes(f), Outside: f.outside()}
		p.Code = first(p.Codes)
		p.When, p.End, p.WhenText = b.choiceWhen(n, "performed")
		if p.NotDone && p.Reason == "" {
			p.Reason = b.label(n.Get("statusReason"))
		}
		if p.Reason == "" {
			if r := b.refTo(f, n.Get("reasonReference").Index(0)); r != nil {
				p.Reason = b.label(r.Node.Get("code"))
			}
		}
		p.Where = b.who(f, n.Get("location"))
		p.Prov = b.prov(f, p.When)
		p.Who = p.Prov.Author
		if p.Name == "" {
			b.unused(f, "Procedure that does not say what was done")
			continue
		}
		b.c.Procedures = append(b.c.Procedures, p)
	}
	slices.SortStableFunc(b.c.Procedures, func(x, y Procedure) int { return newer(x.When, y.When) })
}
