package chart

import (
	"cmp"
	"slices"
	"strings"

	"wholechart/fhir"
)

// Item is a fact with a name and a state, of the kinds that need no view of
// their own.
type Item struct {
	Name      string
	Codes     []fhir.Coding
	Detail    string
	Safety    string // of a device: what it and its notes say of safety, as of magnetic resonance
	Status    string
	Active    bool
	When, End When
	Prov
	Also []Prov
}

// directory are the types that name things for other facts and are no facts
// about the patient themselves.
var directory = map[string]bool{"Organization": true, "Practitioner": true, "PractitionerRole": true, "Location": true, "Medication": true,
	"HealthcareService": true, "Endpoint": true, "Substance": true, "Provenance": true, "Specimen": true, "Slot": true, "Schedule": true,
	"Questionnaire": true, "Group": true, "AuditEvent": true, "Claim": true, "ClaimResponse": true, "ExplanationOfBenefit": true, "Invoice": true,
	"Account": true, "Person": true, "Patient": true, "Linkage": true, "Binary": true}

func (b *builder) items() {
	for _, f := range b.of("ServiceRequest") {
		b.c.Orders = append(b.c.Orders, b.item(f, "authoredOn"))
	}
	for _, typ := range [...]string{"DeviceRequest", "NutritionOrder", "VisionPrescription"} {
		for _, f := range b.of(typ) {
			b.c.Orders = append(b.c.Orders, b.item(f, "authoredOn"))
		}
	}
	for _, f := range b.of("Device") {
		if !f.Node.Get("patient").Exists() {
			f.used = true // of the site: a scanner, an analyser
			continue
		}
		i := b.item(f, "manufactureDate")
		if i.Name == "" {
			i.Name = b.calls(f.Node)
		}
		i.Detail = strings.TrimSpace(f.Node.Get("manufacturer").Str() + " " + f.Node.Get("modelNumber").Str())
		i.Safety = b.safety(f.Node)
		b.c.Devices = append(b.c.Devices, i)
	}
	for _, f := range b.of("Coverage") {
		i := b.item(f, "")
		i.Name = cmp.Or(b.label(f.Node.Get("type")), b.who(f, f.Node.Get("payor").Index(0)), "Insurance")
		i.Detail = f.Node.Get("subscriberId").Str()
		b.c.Coverage = append(b.c.Coverage, i)
	}
	for _, f := range b.of("Flag") {
		i := b.item(f, "")
		if i.Name == "" {
			b.unused(f, "Flag without words")
		} else if f.status == "active" {
			b.c.Alerts = append(b.c.Alerts, i)
		} else {
			b.unused(f, "Flag that is not active")
		}
	}
	for _, list := range [...][]Item{b.c.Orders, b.c.Devices, b.c.Coverage, b.c.Alerts} {
		slices.SortStableFunc(list, func(x, y Item) int { return cmp.Or(activeFirst(x.Active, y.Active), newer(x.When, y.When)) })
	}
	slices.SortStableFunc(b.c.Orders, func(x, y Item) int { return newer(x.When, y.When) })
}

// item reads a fact by the elements that many types share.
func (b *builder) item(f *fact, dated string) Item {
	f.used = true
	n := f.Node
	i := Item{Name: b.itemName(f), Codes: b.itemCodes(n), Status: f.status, Active: f.status == "active" || f.status == "", Also: b.routes(f)}
	i.Detail = b.label(n.Get("reasonCode"))
	if i.Detail == "" {
		i.Detail = b.notes(n)
	}
	if p := n.Get("period"); p.Exists() {
		i.When, i.End = b.when(p.Get("start")), b.when(p.Get("end"))
		i.Active = i.Active && (!i.End.Known() || i.End.Until().After(b.c.Now))
	}
	if w := b.when(n.Get(dated)); w.Known() {
		i.When = w
	}
	i.Prov = b.prov(f, i.When)
	if i.Name == "" && f.Type != "Device" && f.Type != "Coverage" && f.Type != "Flag" {
		i.Name = "not said what"
	}
	return i
}

// itemName is what a resource is about, in its own words.
func (b *builder) itemName(f *fact) string {
	for _, name := range [...]string{"code", "codeCodeableConcept", "type", "description"} {
		v := f.Node.Get(name)
		if v.Kind() == fhir.String {
			if s := strings.TrimSpace(v.Str()); s != "" {
				return s
			}
		} else if l := b.label(v); l != "" {
			return l
		}
	}
	return ""
}

// itemCodes are the codes of what a resource is about.
func (b *builder) itemCodes(n fhir.Node) []fhir.Coding {
	for _, name := range [...]string{"code", "codeCodeableConcept", "type"} {
		if v := n.Get(name); v.Kind() == fhir.Object {
			return b.codings(v)
		}
	}
	return nil
}

// safety is what a Device says of its safety, with its notes.
func (b *builder) safety(n fhir.Node) string {
	var words []string
	for s := range n.Get("safety").Items() {
		if l := b.label(s); l != "" {
			words = append(words, l)
		}
	}
	if l := b.notes(n); l != "" {
		words = append(words, l)
	}
	return strings.Join(words, "; ")
}

// rest takes what no view has taken.
func (b *builder) rest() {
	for i := range b.all {
		f := &b.all[i]
		if f.used || f.leader != nil {
			continue
		}
		if directory[f.Type] && f.ID != "" {
			f.used = true
			continue
		}
		what := cmp.Or(f.Type, "a resource without a type")
		b.unused(f, "no view for "+what)
	}
}

func (b *builder) counts() {
	c := &b.c.Counts
	c.Other = len(b.c.Other)
	c.Drafts = len(b.c.Medicines.Drafts)
	for _, d := range b.c.Documents {
		if d.Draft {
			c.Drafts++
		}
	}
	for _, o := range b.c.Orders {
		if o.Status == "draft" {
			c.Drafts++
		}
	}
}
