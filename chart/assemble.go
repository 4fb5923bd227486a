package chart

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"wholechart/fhir"
)

// Assemble makes the chart of the patient whose Patient resource at the own
// site has the id patientID. Facts are in any order; now and zone are the
// reader's. A nil zone is UTC.
func Assemble(patientID string, facts []Fact, now time.Time, zone *time.Location) *Chart {
	if zone == nil {
		zone = time.UTC
	}
	b := newBuilder(&Chart{PatientID: patientID, Now: now.In(zone), Zone: zone}, facts)
	b.patient()
	b.allergies()
	b.problems()
	b.medicines()
	b.results()
	b.panels()
	b.vitals()
	b.social()
	b.immunizations()
	b.procedures()
	b.family()
	b.encounters()
	b.imaging()
	b.documents()
	b.plans()
	b.team()
	b.appointments()
	b.items()
	b.rest()
	b.timeline()
	b.completeness()
	b.counts()
	return b.c
}

// fact is a Fact with what every view needs of it.
type fact struct {
	Node    fhir.Node
	Type    string
	ID      string
	Version string
	Updated time.Time
	Author  string

	src    *Source
	status string
	also   []*fact // the same fact by another route
	leader *fact   // is in its also
	used   bool    // some view shows it, or it is a name in the directory
	next   *fact   // another fact of the same Type/ID, of another source
	series *Series // of an Observation: where it went
	point  int     // and which of the series' points it is
}

type place struct{ typ, id string }

// builder assembles one chart and is then thrown away.
type builder struct {
	c       *Chart
	all     []fact
	types   map[string][]*fact // facts to show, by type, newest version first come
	places  map[place]*fact
	sources map[string]*Source
	newest  *Source                       // of the fact added last
	words   map[string]string             // strings seen, so that each is kept once
	names   map[*fact]string              // of the directory
	authors map[*Source]map[string]string // by the raw references
	encs    map[*fact]*Encounter          // by the fact
	memo    observationMemo               // of what Observations repeat
	drugs   map[string]medication         // by raw concept
	last    When                          // the time of a version, as it was last needed
	bare    map[place][]*fact             // by id without a site's prefix, when needed
}

func newBuilder(c *Chart, facts []Fact) *builder {
	b := &builder{c: c, all: make([]fact, 0, len(facts)), types: map[string][]*fact{}, places: make(map[place]*fact, len(facts)),
		sources: map[string]*Source{}, words: map[string]string{}, names: map[*fact]string{}, authors: map[*Source]map[string]string{},
		encs: map[*fact]*Encounter{}, memo: newObservationMemo(), drugs: map[string]medication{}}
	c.Counts.Facts, c.Counts.ByType = len(facts), map[string]int{}
	for i := range facts {
		b.add(facts[i])
	}
	b.c.Sources = make([]*Source, 0, len(b.sources))
	for _, s := range b.sources {
		b.c.Sources = append(b.c.Sources, s)
	}
	slices.SortFunc(b.c.Sources, bySite)
	if len(b.sources) > 1 {
		b.joinCopies()
	}
	for i := range b.all {
		f := &b.all[i]
		if f.leader != nil {
			continue
		}
		if f.status == "entered-in-error" {
			f.used = true
			c.Errors = append(c.Errors, b.prov(f, When{}))
			c.Counts.Errors++
			continue
		}
		b.types[f.Type] = append(b.types[f.Type], f)
	}
	return b
}

func bySite(a, b *Source) int {
	if a.Own != b.Own {
		if a.Own {
			return -1
		}
		return 1
	}
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Slug, b.Slug))
}

// add takes one fact: of the same type and id from the same source only the
// newest version.
func (b *builder) add(in Fact) {
	src := b.newest
	if src == nil || src.Slug != in.Source.Slug {
		src = b.sources[in.Source.Slug]
	}
	if src == nil {
		src = new(Source)
		*src = in.Source
		b.sources[src.Slug] = src
	}
	b.newest = src
	f := fact{Node: in.Node, Type: in.Type, ID: in.ID, Version: in.Version, Updated: in.Updated, Author: in.Author, src: src}
	if f.Type == "" {
		f.Type = f.Node.ResourceType()
	}
	if f.ID == "" {
		f.ID = f.Node.ID()
	}
	b.c.Counts.ByType[f.Type]++
	f.status = b.statusOf(&f)
	at := place{f.Type, f.ID}
	if f.ID != "" {
		for have := b.places[at]; have != nil; have = have.next {
			if have.src != src {
				continue
			}
			b.c.Counts.Copies++
			if have.Updated.Before(f.Updated) {
				f.next = have.next
				*have = f
			}
			return
		}
	}
	b.all = append(b.all, f) // never beyond its capacity: pointers into it stay good
	p := &b.all[len(b.all)-1]
	if f.ID != "" {
		p.next = b.places[at]
		b.places[at] = p
	}
}

// statusOf is the resource's status; entered-in-error also where only the
// verification status says so.
func (b *builder) statusOf(f *fact) string {
	switch f.Type {
	case "Condition", "AllergyIntolerance":
		return b.code(f.Node.Get("verificationStatus"))
	case "Goal":
		return b.str(f.Node.Get("lifecycleStatus"))
	}
	return b.str(f.Node.Get("status"))
}

// of are the facts of a type that are to be shown, in the order given.
func (b *builder) of(typ string) []*fact { return b.types[typ] }

// str is a string's text, kept once a chart.
func (b *builder) str(n fhir.Node) string {
	raw := n.Decoded()
	if len(raw) == 0 {
		return ""
	}
	if s, ok := b.words[string(raw)]; ok {
		return s
	}
	s := string(raw)
	if len(s) <= 64 {
		b.words[s] = s
	}
	return s
}

// code is the first code of a CodeableConcept, of several or of a Coding.
func (b *builder) code(n fhir.Node) string {
	for one := range n.Items() {
		if c := one.Get("code"); c.Exists() {
			return b.str(c)
		}
		for coding := range one.Get("coding").Items() {
			if c := coding.Get("code"); c.Exists() {
				return b.str(c)
			}
		}
	}
	return ""
}

// label is a text for people of a CodeableConcept, of the first of several.
func (b *builder) label(n fhir.Node) string {
	for one := range n.Items() {
		if t := b.str(one.Get("text")); t != "" {
			return t
		}
		first := ""
		for coding := range one.Get("coding").Items() {
			if d := b.str(coding.Get("display")); d != "" {
				return d
			}
			if first == "" {
				first = b.str(coding.Get("code"))
			}
		}
		if first != "" {
			return first
		}
		if d := b.str(one.Get("display")); d != "" { // a Coding
			return d
		}
		if d := b.str(one.Get("code")); d != "" {
			return d
		}
	}
	return ""
}

// labels are the texts of several CodeableConcepts.
func (b *builder) labels(n fhir.Node) []string {
	var out []string
	for one := range n.Items() {
		if l := b.label(one); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// codings are all codings of a CodeableConcept that carry a code.
func (b *builder) codings(n fhir.Node) []fhir.Coding {
	var out []fhir.Coding
	for item := range n.Get("coding").Items() {
		c := fhir.Coding{System: b.str(item.Get("system")), Code: b.str(item.Get("code")), Display: b.str(item.Get("display"))}
		if c.Code != "" {
			out = append(out, c)
		}
	}
	return out
}

func first(cs []fhir.Coding) fhir.Coding {
	if len(cs) == 0 {
		return fhir.Coding{}
	}
	return cs[0]
}

// notes are the annotations of a resource, joined.
func (b *builder) notes(n fhir.Node) string {
	var out []string
	for note := range n.Get("note").Items() {
		if t := strings.TrimSpace(note.Get("text").Str()); t != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, "\n")
}

func (b *builder) when(n fhir.Node) When {
	if !n.Exists() {
		return When{}
	}
	return whenOf(n.Str(), b.c.Zone)
}

// unused puts a fact among those that no view shows.
func (b *builder) unused(f *fact, reason string) {
	f.used = true
	b.c.Other = append(b.c.Other, Unused{b.prov(f, When{}), reason})
}
