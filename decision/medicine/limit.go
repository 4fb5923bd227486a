package medicine

import (
	"strconv"
	"strings"

	"wholechart/decision/rule"
)

// Of 31 interruptions in 1,205 orders of the Synthea records, all by
// ddi-simvastatin-limit, 17 were of doses that the label allows; without them 14
// are left: simvastatin 20 mg with verapamil.

// limits are the daily doses in mg up to which a label allows one ingredient
// with another, by rule. Labels of Zocor and Mevacor, section Dosage and
// Administration; FDA Drug Safety Communications of 2011-06-08 and 2011-12-15.
var limits = map[string]map[string]map[string]float64{
	"ddi-simvastatin-limit": {
		"simvastatin": {"verapamil": 10, "diltiazem": 10, "dronedarone": 10, "amiodarone": 20},
		"lovastatin":  {"verapamil": 20, "diltiazem": 20, "dronedarone": 20, "amiodarone": 40},
	},
	"ddi-simvastatin-amlodipine": {"simvastatin": {"amlodipine": 20, "ranolazine": 20}},
}

// within says whether every limited medicine of a meeting is known to be at or
// below its limit. A dose that is not said is above it.
func within(id string, m *meeting) bool {
	limited := limits[id]
	if limited == nil {
		return false
	}
	met := false
	for _, pair := range [][2][]*item{{m.one, m.two}, {m.two, m.one}} {
		for _, x := range pair[0] {
			for _, s := range x.Substances {
				for _, y := range pair[1] {
					for _, t := range y.Substances {
						limit, ok := limited[s.Name][t.Name]
						if !ok {
							continue
						}
						if mg := x.daily(); mg <= 0 || mg > limit {
							return false
						}
						met = true
					}
				}
			}
		}
	}
	return met
}

// quieter is one level less loud.
func quieter(l rule.Level) rule.Level { return max(rule.Quiet, l-1) }

// daily is the amount in mg that one dose a day gives, or that the draft says
// for the day; 0 when it is not said, or not clearly.
func (x *item) daily() float64 {
	if len(x.Substances) != 1 {
		return 0
	}
	times, text := 1.0, x.name
	if d := x.draft; d != nil {
		times = max(times, d.PerDay)
		if d.Amount > 0 {
			if d.Unit != "mg" {
				return 0
			}
			return d.Amount * times
		}
		text = d.Name + " " + d.Sig
		if many(d.Sig) {
			return 0
		}
	} else if m := x.med; m != nil {
		if many(m.Sig) || len(m.Differs) > 0 {
			return 0
		}
		if m.Strength != "" {
			text = m.Strength
		}
	}
	return milligrams(text) * times
}

// many says whether directions may mean more than one tablet a day.
func many(sig string) bool {
	sig = strings.ToLower(sig)
	for _, w := range []string{"twice", "two ", "2 tab", "2 cap", "3 tab", "4 tab", "bid", "tid", "three", "four", "every 12", "every 8", "every 6", "morning and", ", and ", "; and ", " then ", "1.5", "½"} {
		if strings.Contains(sig, w) {
			return true
		}
	}
	return false
}

// milligrams is the only amount in mg that a text says; 0 when it says none or
// several.
func milligrams(text string) float64 {
	words := strings.Fields(strings.ToLower(text))
	found := 0.0
	for i, w := range words {
		number, ok := strings.CutSuffix(strings.Trim(w, ",;()"), "mg")
		if !ok {
			continue
		}
		if number == "" && i > 0 {
			number = words[i-1]
		}
		mg, err := strconv.ParseFloat(strings.ReplaceAll(number, ",", ""), 64)
		if err != nil || found > 0 && mg != found {
			return 0
		}
		found = mg
	}
	return found
}
