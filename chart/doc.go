// Package chart is the record as clinicians mean it: problems, medicines,
// allergies, results, notes, a timeline, each item with its source. Assemble is
// a pure function of facts, clock and zone; Open fetches the facts through the
// gate and assembles them.
//
// It shows what was recorded and where; it does not decide what is dangerous or
// due, and it never fills a gap: what is not known says so. Nothing is dropped
// silently: a fact that no view can place is in Chart.Other with the reason, a
// fact entered in error is in Chart.Errors and nowhere else, a copy of a fact
// by another route is under the Also of the fact.
package chart

import (
	"time"

	"wholechart/fhir"
)

// Source is the site whose fact it is.
type Source struct {
	Slug, Name, State string
	Badge             string // two letters
	Color             int    // 1 to 5
	Own               bool   // the site whose chart is open
	Base              string // of another node's site: the URL of its doors
	// Zone is the site's own time zone, for times that say none; nil: the chart's.
	Zone *time.Location
}

// Fact is one current resource of the record and where it came from.
type Fact struct {
	Node    fhir.Node
	Type    string // empty: the node's resourceType
	ID      string // as the session's lens names it; empty: the node's id
	Version string
	Updated time.Time // zero: the node's meta.lastUpdated
	Author  string    // who wrote this version, as the source said it
	Source  Source
}

// Prov is where an item comes from: its badge, and the way to the original.
type Prov struct {
	Source   *Source // never nil in an assembled chart
	Type, ID string  // of the resource, as the session's lens names it
	Version  string
	Author   string // a person's or organisation's name; "" when none is known
	When     When   // when it was recorded; may be unknown
}

// Ref is the resource's relative reference, "Observation/1".
func (p Prov) Ref() string { return p.Type + "/" + p.ID }

// Chart is one person's record at one moment. It is read-only once assembled
// and safe for concurrent use.
type Chart struct {
	PatientID string
	Now       time.Time
	Zone      *time.Location
	Sources   []*Source // of the facts, the own site first, then by name

	Patient       Patient
	Allergies     Allergies
	Problems      Problems
	Medicines     Medicines
	Results       Results // every measured or observed series, vital signs and social history too
	Vitals        Vitals
	Social        Social
	Immunizations Immunizations
	Procedures    []Procedure // newest first
	Family        []Relative
	Encounters    []Encounter // newest first
	Documents     []Document  // newest first
	Imaging       []Study     // newest first
	CarePlans     []CarePlan  // active first, then newest first
	Goals         []Goal      // active first, then newest first
	Team          []Member
	Appointments  Appointments
	Orders        []Item // ServiceRequest and the like, newest first
	Devices       []Item // implants and equipment
	Coverage      []Item // insurance
	Alerts        []Item // Flag resources that are active
	Timeline      Timeline
	Completeness  Completeness
	Counts        Counts
	Errors        []Prov   // entered in error: counted, never shown as fact
	Other         []Unused // what no view shows, and why
	Cut           []Cut    // of long records: the types of which only the newest facts are here
}

// Unused is a fact that no view shows.
type Unused struct {
	Prov
	Reason string // "no view for Basic", "Observation without code or value"
}

// Counts are of the whole chart.
type Counts struct {
	Facts  int            // given, copies included
	ByType map[string]int // the same, by resource type
	Copies int            // the same fact by another route
	Errors int            // entered in error
	Other  int
	Drafts int // written but not yet signed
}
