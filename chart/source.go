package chart

import (
	"strings"

	"wholechart/fhir"
)

// prov is where a fact comes from. When recorded is unknown, the version's own
// time stands for it.
func (b *builder) prov(f *fact, recorded When) Prov {
	if !recorded.Known() {
		updated := f.Updated
		if updated.IsZero() {
			recorded = b.when(f.Node.Get("meta").Get("lastUpdated"))
		} else {
			if !updated.Equal(b.last.At) { // many facts are written at once
				b.last = at(updated, b.c.Zone)
			}
			recorded = b.last
		}
	}
	version := f.Version
	if version == "" {
		version = f.Node.Get("meta").Get("versionId").Str()
	}
	return Prov{Source: f.src, Type: f.Type, ID: f.ID, Version: version, Author: b.author(f), When: recorded}
}

// routes are the other routes by which a fact is in the record.
func (b *builder) routes(f *fact) []Prov {
	var out []Prov
	for _, other := range f.also {
		out = append(out, b.prov(other, When{}))
	}
	return out
}

// outside says that a fact is in no way in the own chart.
func (f *fact) outside() bool {
	if f.src.Own {
		return false
	}
	for _, other := range f.also {
		if other.src.Own {
			return false
		}
	}
	return true
}

// authorElements name who made a resource, first the one who vouches for it.
var authorElements = map[string][]string{
	"Observation": {"performer"}, "DiagnosticReport": {"resultsInterpreter", "performer"}, "Condition": {"asserter", "recorder"},
	"AllergyIntolerance": {"recorder", "asserter"}, "MedicationRequest": {"requester", "recorder"}, "MedicationStatement": {"informationSource"},
	"MedicationDispense": {"performer"}, "MedicationAdministration": {"performer"}, "Immunization": {"performer"}, "Procedure": {"performer", "recorder"},
	"DocumentReference": {"author", "authenticator"}, "Composition": {"author"}, "Encounter": {"participant"}, "ImagingStudy": {"interpreter", "referrer"},
	"CarePlan": {"author"}, "Goal": {"expressedBy"}, "ServiceRequest": {"requester"}, "CareTeam": {"managingOrganization"},
	"FamilyMemberHistory": {"note"}, "Patient": {"managingOrganization"}, "Appointment": {}, "Consent": {"performer", "organization"}, "Flag": {"author"},
	"Task": {"requester"}, "Communication": {"sender"}, "QuestionnaireResponse": {"author", "source"}, "ClinicalImpression": {"assessor"},
}

// author is the name of who made a fact, as far as it says one.
func (b *builder) author(f *fact) string {
	for _, name := range authorElements[f.Type] {
		n := f.Node.Get(name)
		if !n.Exists() {
			continue
		}
		known := b.authors[f.src]
		if known == nil {
			known = map[string]string{}
			b.authors[f.src] = known
		}
		who, ok := known[string(n.Raw())]
		if !ok {
			who = b.authorAt(f, n)
			known[string(n.Raw())] = who
		}
		if who != "" {
			return who
		}
	}
	return b.authorOf(f)
}

// authorOf is who wrote a version, when the resource itself does not say who
// made it. A reference is of the source's own ids: through the whole record
// they carry the site's number, as the fact's own id does. What leads to nobody
// here, or is no person's name, is not shown.
func (b *builder) authorOf(f *fact) string {
	typ, id, isRef := strings.Cut(f.Author, "/")
	if !isRef {
		if strings.ContainsRune(f.Author, ':') { // system:import
			return ""
		}
		return f.Author
	}
	if name := b.nameOf(f, f.Author); name != "" {
		return name
	}
	if prefix, _, ok := strings.Cut(f.ID, "."); ok {
		return b.nameOf(f, typ+"/"+prefix+"."+id)
	}
	return ""
}

func (b *builder) authorAt(f *fact, n fhir.Node) string {
	for one := range n.Items() {
		for _, inner := range [...]string{"actor", "individual", "authorReference"} {
			if a := one.Get(inner); a.Exists() {
				one = a
				break
			}
		}
		if who := b.who(f, one); who != "" {
			return who
		}
	}
	return ""
}

// who is the name of what a Reference points to: the resource's own name where
// it is in the record, else what the reference displays.
func (b *builder) who(f *fact, ref fhir.Node) string {
	if name := b.nameOf(f, ref.Get("reference").Str()); name != "" {
		return name
	}
	if d := b.str(ref.Get("display")); d != "" {
		return d
	}
	return b.str(ref.Get("identifier").Get("assigner").Get("display"))
}

// nameOf is the name of the resource that a literal reference points to.
func (b *builder) nameOf(f *fact, ref string) string {
	if id, ok := strings.CutPrefix(ref, "#"); ok {
		for c := range f.Node.Get("contained").Items() {
			if c.Get("id").Is(id) {
				return b.calls(c)
			}
		}
		return ""
	}
	to := b.resolve(f, ref)
	if to == nil {
		return ""
	}
	if name, ok := b.names[to]; ok {
		return name
	}
	b.names[to] = "" // a resource that leads to itself has no name
	name := b.calls(to.Node)
	if to.Type == "PractitionerRole" && name == "" {
		if name = b.who(to, to.Node.Get("practitioner")); name == "" {
			name = b.who(to, to.Node.Get("organization"))
		}
	}
	b.names[to] = name
	return name
}

// calls is what a resource of the directory is called.
func (b *builder) calls(n fhir.Node) string {
	switch n.ResourceType() {
	case "Practitioner", "Patient", "RelatedPerson", "Person":
		return personName(n)
	case "Medication":
		return b.label(n.Get("code"))
	case "Device":
		for d := range n.Get("deviceName").Items() {
			if s := d.Get("name").Str(); s != "" {
				return s
			}
		}
		return b.label(n.Get("type"))
	case "PractitionerRole":
		return ""
	}
	return b.str(n.Get("name"))
}

// personName is a practitioner's or relative's name as it is said: with the
// degree after a comma, "Lena Okonkwo, MD".
func personName(n fhir.Node) string {
	best := fhir.Node{}
	for name := range n.Get("name").Items() {
		if use := name.Get("use"); !best.Exists() || use.Is("official") || use.Is("usual") {
			best = name
			if use.Is("usual") {
				break
			}
		}
	}
	return sayName(best)
}

func sayName(n fhir.Node) string {
	h := fhir.HumanNameOf(n)
	if h.Text != "" {
		return h.Text
	}
	suffix := h.Suffix
	h.Suffix = nil
	name := h.String()
	if len(suffix) > 0 && name != "" {
		name += ", " + strings.Join(suffix, ", ")
	}
	return name
}

// resolve finds the fact a literal reference points to, first at the same
// source. An absolute URL is taken by its last two segments.
func (b *builder) resolve(f *fact, ref string) *fact {
	if ref == "" || ref[0] == '#' {
		return nil
	}
	if i := strings.Index(ref, "/_history/"); i >= 0 {
		ref = ref[:i]
	}
	i := strings.LastIndexByte(ref, '/')
	if i <= 0 {
		return nil
	}
	typ := ref[:i]
	if j := strings.LastIndexByte(typ, '/'); j >= 0 {
		typ = typ[j+1:]
	}
	var any *fact
	for to := b.places[place{typ, ref[i+1:]}]; to != nil; to = to.next {
		if to.src == f.src {
			any = to
			break
		}
		if any == nil {
			any = to
		}
	}
	return any
}

// refTo resolves a Reference node.
func (b *builder) refTo(f *fact, n fhir.Node) *fact { return b.resolve(f, n.Get("reference").Str()) }
