package order

import (
	"strconv"
	"strings"

	"wholechart/fhir"
)

// Coded is an item made of a code that the catalogue does not have: what its
// display says of form, route and strength. It has no usual directions.
func Coded(k Kind, c fhir.Coding) Item {
	it := Item{Key: "code:" + string(k) + ":" + c.System + "|" + c.Code, Kind: k, Name: sentence(c.Display), Codes: []fhir.Coding{c}}
	if k == Referral {
		it.Name = "Referral: " + it.Name
	}
	if k != Medicine {
		return it
	}
	low := strings.ToLower(c.Display)
	for _, f := range []struct{ word, unit, route string }{
		{"sublingual tablet", "tablet", "sublingual"}, {"oral tablet", "tablet", "oral"}, {"oral capsule", "capsule", "oral"}, {"chewable tablet", "tablet", "oral"}, {"oral solution", "mL", "oral"},
		{"oral suspension", "mL", "oral"}, {"metered dose inhaler", "puff", "inhaled"}, {"inhalation", "puff", "inhaled"}, {"nasal spray", "spray", "nasal"}, {"ophthalmic", "drop", "ophthalmic"}, {"otic", "drop", "otic"},
		{"topical", "application", "topical"}, {"transdermal", "patch", "transdermal"}, {"suppository", "suppository", "rectal"}, {"vaginal", "application", "vaginal"}, {"injectable", "", ""}, {"injection", "", ""},
	} {
		if strings.Contains(low, f.word) {
			it.Unit, it.Route = f.unit, f.route
			break
		}
	}
	if !strings.Contains(c.Display, " / ") { // of several ingredients no one strength is the dose's
		words := strings.Fields(low)
		for i := 0; i+1 < len(words); i++ {
			if f, err := strconv.ParseFloat(words[i], 64); err == nil && mass(words[i+1]) > 0 {
				it.Strength = num(f) + " " + words[i+1]
			}
		}
	}
	return it
}
