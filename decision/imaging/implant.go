package imaging

import (
	"cmp"
	"strings"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// placed is what the record says of one kind of implant.
type placed struct {
	facts       []rule.Evidence
	newest      chart.When
	removed     *rule.Evidence
	conditional bool // a device says that it is MR conditional
	safe        bool // or MR safe
	unsafe      bool
}

// implants are the rules of magnetic resonance.
func (v *view) implants(d *rule.Draft) {
	list := load().implants
	found := make([]placed, len(list))
	see := func(name, more string, codes []fhir.Coding, e rule.Evidence, device, gone bool) {
		words := fact.Words(name)
		if fact.Any(words, "history of removal", "family history", "no pacemaker", "without", "declined", "referral", "education", "evaluation for", "external") {
			return
		}
		gone = gone || fact.Any(words, "removal", "removed", "explant*", "extraction", "taken out")
		for i := range list {
			hit := fact.Any(words, list[i].phrases...)
			for _, c := range codes {
				hit = hit || coded(c.Code, list[i].codes)
			}
			if !hit {
				continue
			}
			f := &found[i]
			if gone {
				if f.removed == nil || f.removed.When.Before(e.When) {
					f.removed = &e
				}
				continue
			}
			f.facts = append(f.facts, e)
			if f.newest.Before(e.When) {
				f.newest = e.When
			}
			if !device {
				continue
			}
			said := fact.Words(name + " ; " + more)
			switch {
			case fact.Any(said, "mr unsafe", "mri unsafe", "not mr conditional", "not mri conditional", "not mri compatible", "not mr compatible", "not mr safe", "not mri safe", "non mri conditional", "non mr conditional", "not for mri", "no mri"):
				f.unsafe = true
			case fact.Any(said, "mr conditional", "mri conditional", "magnetic resonance conditional", "mr compatible", "mri compatible", "surescan", "promri", "mri ready", "conditional mr"):
				f.conditional = true
			case fact.Any(said, "mr safe", "mri safe"):
				f.safe = true
			}
		}
	}
	for _, x := range v.c.Devices {
		see(x.Name, x.Detail+" ; "+x.Safety, x.Codes, rule.Evidence{Text: strings.TrimSpace(cmp.Or(x.Name, "Device") + " " + x.Detail), Prov: x.Prov, When: x.When}, true, x.Status == "inactive" || x.Status == "entered-in-error")
	}
	v.problems(false, func(p chart.Problem) { see(p.Name, "", p.Codes, problemEvidence(p), false, false) })
	for _, p := range v.c.Procedures {
		if !p.NotDone {
			see(p.Name, "", p.Codes, rule.Evidence{Text: p.Name, Prov: p.Prov, When: p.When}, false, false)
		}
	}
	for _, x := range v.c.Alerts {
		see(x.Name, "", x.Codes, rule.Evidence{Text: x.Name, Prov: x.Prov, When: x.When}, false, false)
	}
	for i, f := range found {
		k := list[i]
		switch {
		case f.removed != nil && (len(f.facts) == 0 || !f.removed.When.Before(f.newest) && f.removed.When.Known()):
			v.card(d, "imaging-mr-implant", rule.Quiet, rule.Card{Facts: append(f.facts, *f.removed), Title: "A " + k.key + " was removed",
				Why: "Leads, magnets or other parts may have stayed.", Do: "An X-ray of the place shows what is left; tell the magnet's staff."})
		case len(f.facts) == 0:
		case f.safe && !f.unsafe && !f.conditional:
			v.card(d, "imaging-mr-implant", rule.Quiet, rule.Card{Facts: f.facts, Title: sentence(k.key) + ", said to be MR safe", Why: "The device's record says so.", Do: "Tell the magnet's staff the model."})
		case f.conditional && !f.unsafe:
			v.card(d, "imaging-mr-implant", rule.Notice, rule.Card{Severity: "moderate", Facts: f.facts, Title: sentence(k.key) + ", MR conditional: its conditions must be met",
				Why: "It is safe under its maker's conditions alone: field, coil, zone, device mode, and leads that belong to it.", Do: "Give the model to the magnet's staff when ordering; " + k.do + "."})
		default:
			severity := map[rule.Level]string{rule.Interrupt: "contraindicated", rule.Notice: "severe", rule.Quiet: "moderate"}[k.level]
			v.card(d, "imaging-mr-implant", k.level, rule.Card{Severity: severity, Facts: f.facts, Title: sentence(k.key) + ": not known to be safe in magnetic resonance",
				Why: "The field can move, heat or switch it, and no record says that it is MR conditional.", Do: sentence(k.do) + ".", Choices: []rule.Choice{{Label: "Take the order away", Drop: true}}})
		}
	}
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
