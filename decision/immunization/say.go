package immunization

import (
	"slices"
	"strings"
	"sync"
	"time"

	"wholechart/decision/cdsi"
)

// titles are what people call the CDC's vaccine groups.
var titles = map[string]string{"HepA": "Hepatitis A", "HepB": "Hepatitis B", "DTaP/Tdap/Td": "DTaP, Tdap, Td", "Orthopoxvirus": "Mpox, smallpox", "TBE": "Tick-borne encephalitis",
	"Meningococcal": "Meningococcal ACWY", "MMR": "MMR", "Japanese Encephalitis": "Japanese encephalitis", "Yellow Fever": "Yellow fever", "Hib": "Hib"}

// Title is what people call a vaccine group of the CDC.
func Title(group string) string {
	if t := titles[group]; t != "" {
		return t
	}
	return group
}

var plain = map[cdsi.Reason]string{
	cdsi.TooYoung: "too young", cdsi.TooOld: "too old", cdsi.TooSoon: "too soon after the dose before", cdsi.GracePeriod: "within the four days' grace",
	cdsi.Conflict: "too soon after another live vaccine", cdsi.NotPreferable: "not a vaccine for this dose or age", cdsi.Inadvertent: "not a vaccine for this dose or age, given by mistake",
	cdsi.AlreadyDone: "the series was complete", cdsi.Expired: "after the lot had expired", cdsi.BadCondition: "recorded as not fully effective",
}

// Reasons are reasons in words: "too young, too soon after the dose before".
func Reasons(list []cdsi.Reason) string {
	var out []string
	age := slices.Contains(list, cdsi.TooYoung) || slices.Contains(list, cdsi.TooOld)
	for _, r := range list {
		if age && (r == cdsi.NotPreferable || r == cdsi.Inadvertent) {
			continue // it is the age that makes it so
		}
		if w := plain[r]; w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return strings.Join(out, ", ")
}

// Word is a dose's status in a word: "counts", "does not count", "extra".
func Word(s cdsi.DoseStatus) string {
	switch s {
	case cdsi.Valid:
		return "counts"
	case cdsi.NotValid:
		return "does not count"
	case cdsi.SubStandard:
		return "does not count: not fully effective"
	case cdsi.Extraneous:
		return "extra"
	}
	return "not evaluated"
}

// groupsOf are the groups in whose contraindications or indications an observation
// stands.
func groupsOf(codes []string) (out []string) {
	by := observed()
	for _, g := range cdsi.Groups() {
		if slices.ContainsFunc(codes, func(c string) bool { return slices.Contains(by[c], g) }) {
			out = append(out, g)
		}
	}
	return out
}

// observed are, of each observation that may be asked about, the groups of which it
// forbids a vaccine to somebody of some age: found by asking the CDC's logic.
var observed = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{}
	t := load()
	codes := map[string]bool{"154": true, "155": true, "158": true}
	for _, a := range t.allergies {
		codes[a.observation] = true
	}
	for _, v := range t.vaccines {
		codes[v.observation] = true
	}
	on := time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)
	for code := range codes {
		for _, years := range []int{1, 5, 12, 30, 60} {
			p := cdsi.Person{Birth: on.AddDate(-years, 0, 0), Observations: []string{code}}
			for _, cvx := range cdsi.Vaccines() {
				for _, k := range cdsi.Contraindications(p, cvx, on) {
					for _, g := range cdsi.GroupsOf(cvx) {
						if slices.Contains(cdsi.AntigensOf(g), k.Antigen) && !slices.Contains(out[code], g) {
							out[code] = append(out[code], g)
						}
					}
				}
			}
		}
	}
	return out
})
