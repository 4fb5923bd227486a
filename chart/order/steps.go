package order

import (
	"slices"
	"strings"
	"time"
)

// MaxSteps bounds how many steps one order has.
const MaxSteps = 16

// Steps are the steps of the directions, in order, each alone: one, of most orders.
func (s Sig) Steps() []Sig {
	first := s
	first.More = nil
	return append([]Sig{first}, s.More...)
}

// How is the directions in words, all steps: "take 1 capsule by mouth three times
// a day for 7 days", "take 2 tablets by mouth once a day for 5 days, then 1 tablet
// once a day for 5 days, then stop". Abbreviations are spelled out: many have
// been misread (ISMP's list of error-prone abbreviations). Empty when there are none.
func (s Sig) How() string {
	steps := s.Steps()
	out := steps[0].one(nil)
	for i := 1; i < len(steps); i++ {
		word := ", and "
		if steps[i].Follows(steps[i-1]) {
			word = ", then "
		}
		text := steps[i].one(&steps[i-1])
		if n := steps[i].Note; n != "" {
			text += " (" + n + ")"
		}
		out += word + uncapital(strings.TrimRight(text, ". "))
	}
	return out
}

// After is one step in words as it is read behind another: it does not say verb and
// route again when they are the same.
func (s Sig) After(before Sig) string {
	s.More, before.More = nil, nil
	return s.one(&before)
}

// Follows says whether a step comes after another, by their sequence numbers,
// not at the same time.
func (s Sig) Follows(before Sig) bool { return s.Seq > before.Seq }

// Ends says whether a step says when it ends.
func (s Sig) Ends() bool { return s.Once || s.Days > 0 || s.End != "" }

// with says whether a step may be taken on a day on which another is begun. A step
// that does not say when it ends runs on, whatever follows it: a sequence number
// is also given where a plain list is meant.
func (s Sig) with(begun Sig) bool {
	if s.Start != "" && s.End != "" && begun.Start != "" && begun.End != "" {
		return s.Start <= begun.Start && begun.Start <= s.End
	}
	if len(s.On) > 0 && len(begun.On) > 0 && !slices.ContainsFunc(s.On, func(d string) bool { return slices.Contains(begun.On, d) }) {
		return false
	}
	return s.Seq == begun.Seq || s.Seq < begun.Seq && !s.Ends()
}

// Runs are the steps by what is taken on one day: for every step, it and all
// that may be taken when it begins. No step is in no run; the most that is taken
// in a day is the most of a run.
func (s Sig) Runs() [][]Sig {
	steps := s.Steps()
	var out [][]Sig
	for i, x := range steps {
		var run []Sig
		for j, y := range steps {
			if i == j || y.with(x) {
				run = append(run, y)
			}
		}
		out = append(out, run)
	}
	return out
}

// Course is how many days all steps take together, 0 when one does not say.
func (s Sig) Course() float64 {
	total, longest := 0.0, 0.0
	var before Sig
	for i, x := range s.Steps() {
		days := x.Days
		switch {
		case days > 0:
		case x.Once:
			days = 1
		default:
			days = daysBetween(x.Start, x.End)
		}
		if days == 0 || x.Once && len(s.More) == 0 {
			return 0
		}
		if i > 0 && x.Follows(before) {
			total, longest = total+longest, 0
		}
		longest, before = max(longest, days), x
	}
	return total + longest
}

// inherit gives a step what it leaves to the one before it: route, unit, and of a
// step that follows the dose or how often, whichever was not said anew.
func (s *Sig) inherit() {
	before := *s
	for i := range s.More {
		x := &s.More[i]
		if x.Said != "" {
			before = *x
			continue
		}
		if x.Route == "" {
			if x.Route = before.Route; x.Verb == "" {
				x.Verb = before.Verb
			}
		}
		switch {
		case x.Dose > 0 && x.Unit == "":
			x.Unit = before.Unit
		case x.Dose == 0:
			x.Dose, x.DoseMax, x.Unit = before.Dose, before.DoseMax, before.Unit
		}
		if x.Times == 0 && !x.Once && len(x.When)+len(x.On)+len(x.At) == 0 && !x.PRN && !before.Once {
			x.Times, x.TimesMax, x.Every, x.EveryMax, x.Per, x.When, x.On, x.At = before.Times, before.TimesMax, before.Every, before.EveryMax, before.Per, before.When, before.On, before.At
		}
		if x.Verb == routes[x.Route].verb {
			x.Verb = ""
		}
		before = *x
	}
}

// SetSteps makes directions of single ones, each with its Seq; the supply is the
// first one's, and notes stay with their step.
func SetSteps(steps []Sig) Sig {
	if len(steps) == 0 {
		return Sig{}
	}
	s := steps[0]
	s.More = nil
	for _, x := range steps[1:] {
		x.More, x.Quantity, x.QuantityUnit, x.Computed, x.Refills, x.RefillsSaid = nil, 0, "", false, 0, false
		s.More = append(s.More, x)
	}
	if len(s.More) == 0 {
		s.Seq = 0
	}
	return s
}

// Build makes directions of steps as somebody means them: as SetSteps does, and a
// step takes from the one before what it leaves unsaid, and the quantity is
// worked out where it was not said.
func Build(steps []Sig) Sig {
	s := SetSteps(steps)
	s.inherit()
	s.Compute()
	return s
}

// thenStop is how a course that is not to be taken on ends.
const thenStop = ", then stop"

func (s Sig) stopped(text string) string {
	if !s.Stop {
		return text
	}
	return strings.TrimPrefix(strings.TrimRight(text, ". ")+thenStop, ", ")
}

// uncapital begins a text with a small letter, where its first word is a plain one.
func uncapital(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}

// weekdays are FHIR's days of the week (http://hl7.org/fhir/R4/valueset-days-of-week.html).
var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

var dayWords = map[string]string{"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday"}

// joined is a list in words: "Monday, Wednesday and Friday".
func joined(list []string, words map[string]string) string {
	out := ""
	for i, x := range list {
		switch {
		case i > 0 && i == len(list)-1:
			out += " and "
		case i > 0:
			out += ", "
		}
		if w := words[x]; w != "" {
			x = w
		}
		out += x
	}
	return out
}

// sayDay words an ISO day, "14 Nov 2026"; anything else as it is.
func sayDay(iso string) string {
	if t, err := time.Parse(time.DateOnly, iso); err == nil {
		return t.Format("2 Jan 2006")
	}
	return iso
}

// daysBetween counts the days from one to another, both included; 0 when either
// is not a day.
func daysBetween(start, end string) float64 {
	a, err := time.Parse(time.DateOnly, start)
	if err != nil {
		return 0
	}
	b, err := time.Parse(time.DateOnly, end)
	if err != nil || b.Before(a) {
		return 0
	}
	return float64(b.Sub(a)/(24*time.Hour)) + 1
}
