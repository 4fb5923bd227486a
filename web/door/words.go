package door

import (
	"strings"

	"wholechart/access"
)

// StateName is a US state by its postal abbreviation (USPS Publication 28,
// appendix B); what it does not know it returns unchanged.
func StateName(code string) string {
	if n, ok := states[code]; ok {
		return n
	}
	return code
}

var states = map[string]string{
	"AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware",
	"DC": "District of Columbia", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa",
	"KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
	"MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
	"NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon",
	"PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas",
	"UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}

// RoleWord is what an account is, for people.
func RoleWord(a access.Actor) string {
	switch a.Kind {
	case access.Patient:
		return "Patient"
	case access.Proxy:
		return "Acting for a patient"
	}
	return capital(strings.ReplaceAll(string(a.Role), "-", " "))
}

// PurposeWord is why a page was opened.
func PurposeWord(p access.Purpose) string {
	switch p {
	case access.Treatment:
		return "treatment"
	case access.Emergency:
		return "emergency treatment"
	case access.Operations:
		return "the site's operations"
	case access.Request:
		return "the patient's own use"
	}
	return "no stated purpose"
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Bare is a name without what follows its comma: "Lena Okonkwo, MD" is "Lena Okonkwo".
func Bare(name string) string {
	name, _, _ = strings.Cut(name, ",")
	return name
}

// WhyWords says a refusal's reason without the names that actions have in code.
func WhyWords(why string) string {
	return strings.NewReplacer("may not see-audit", "may not read the access log", "may not manage", "may not look after the node").Replace(why)
}
