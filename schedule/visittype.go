package schedule

import (
	"cmp"
	"slices"
	"strconv"

	"wholechart/fhir"
)

// TypeSystem is the code system of the visit types that a site has until it
// writes its own; LengthURL is the extension of HealthcareService that says how
// many minutes one takes, NoRoomURL the one that says that it needs no room.
const (
	TypeSystem = "https://wholechart.example/visit-type"
	LengthURL  = "https://wholechart.example/fhir/visit-minutes"
	NoRoomURL  = "https://wholechart.example/fhir/visit-without-room"
)

// Code is one coding.
type Code struct{ System, Code, Display string }

// VisitType is a kind of visit that can be booked.
type VisitType struct {
	Code
	Minutes int  // its length unless the booking says otherwise
	Room    bool // it needs a room
	ID      string
}

// Usual visit types: what a site has until it writes HealthcareServices of its own.
var usualTypes = []VisitType{
	{Code: Code{TypeSystem, "follow-up", "Follow-up"}, Minutes: 20, Room: true},
	{Code: Code{TypeSystem, "acute", "Acute visit"}, Minutes: 20, Room: true},
	{Code: Code{TypeSystem, "new-patient", "New patient"}, Minutes: 40, Room: true},
	{Code: Code{TypeSystem, "checkup", "Checkup"}, Minutes: 40, Room: true},
	{Code: Code{TypeSystem, "well-child", "Well child"}, Minutes: 30, Room: true},
	{Code: Code{TypeSystem, "prenatal", "Prenatal visit"}, Minutes: 20, Room: true},
	{Code: Code{TypeSystem, "procedure", "Procedure"}, Minutes: 60, Room: true},
	{Code: Code{TypeSystem, "nurse", "Nurse visit"}, Minutes: 10, Room: true},
	{Code: Code{TypeSystem, "telephone", "Telephone visit"}, Minutes: 10},
	{Code: Code{TypeSystem, "video", "Video visit"}, Minutes: 20},
}

// MinLength and MaxLength bound an appointment, in minutes.
const (
	MinLength = 5
	MaxLength = 12 * 60
)

// TypesOf are the visit types that a site's active HealthcareServices with a
// length describe, by name; without any, the usual ones.
func TypesOf(services []fhir.Node) []VisitType {
	var out []VisitType
	for _, n := range services {
		if n.Get("active").Raw() != nil && !n.Get("active").True() {
			continue
		}
		t := VisitType{Room: true, ID: n.ID()}
		for e := range n.Get("extension").Items() {
			switch {
			case e.Get("url").Is(LengthURL):
				t.Minutes, _ = strconv.Atoi(e.Get("valuePositiveInt").Text())
			case e.Get("url").Is(NoRoomURL):
				t.Room = !e.Get("valueBoolean").True()
			}
		}
		if t.Minutes < MinLength || t.Minutes > MaxLength {
			continue // a service of the directory, not something to book
		}
		if c := fhir.CodeableConceptOf(n.Get("type").Index(0)); len(c.Codings) > 0 {
			t.Code = Code{c.Codings[0].System, c.Codings[0].Code, c.Label()}
		}
		if t.Code.Code == "" {
			t.Code = Code{TypeSystem, n.ID(), ""}
		}
		if name := n.Get("name").Str(); name != "" {
			t.Display = name
		}
		if t.Display == "" {
			t.Display = t.Code.Code
		}
		out = append(out, t)
	}
	if len(out) == 0 {
		return slices.Clone(usualTypes)
	}
	slices.SortFunc(out, func(a, b VisitType) int { return cmp.Compare(a.Display, b.Display) })
	return out
}
