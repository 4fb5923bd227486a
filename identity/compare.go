package identity

import (
	"math"
	"slices"
	"strings"

	"wholechart/fhir"
)

// Grade is how sure a match is: http://hl7.org/fhir/R4/valueset-match-grade.html.
type Grade string

// The grades. Only Certain and Probable may be linked without a person.
const (
	Certain      Grade = "certain"
	Probable     Grade = "probable"
	Possible     Grade = "possible"
	CertainlyNot Grade = "certainly-not"
)

// Sure says whether a grade is good enough to link without a person's look.
func (g Grade) Sure() bool { return g == Certain || g == Probable }

// Score is what a comparison found.
type Score struct {
	Value float64 // 0 to 1; within the bounds of Grade
	Grade Grade
	Why   []Evidence // in the order of weight, strongest first
}

// Evidence is one thing that was compared. Text holds no patient data.
type Evidence struct {
	Field     string  // family, given, middle, suffix, birth, sex, phone, email, address, identifier
	Agreement string  // same, form, old, initial, close, slip, partly, shared, other
	Weight    float64 // bits
	Text      string
}

// Text is the evidence in one line, for people and for the log.
func (s Score) Text() string {
	var parts []string
	for _, e := range s.Why {
		parts = append(parts, e.Text)
	}
	return string(s.Grade) + ": " + strings.Join(parts, "; ")
}

// Compare says whether two descriptions are of one person. It is symmetric.
//
// Weights only order what the rules leave open. The rules: what twins, a father
// and son or two people of one name share never links them by itself. Without
// a common identifier a link needs both names, the exact birth date and one of
// telephone, e-mail, street address or full middle name; with a common
// identifier nothing else may speak clearly against it.
func Compare(a, b Demographics) Score {
	n := bestNames(names(a), names(b))
	c := comparison{}
	c.add("family", n.family, n.familyWeight())
	c.add("given", n.given, n.givenWeight())
	c.add("middle", n.middle, map[string]float64{"same": middleSame, "initial": middleInitial, "other": middleOther}[n.middle])
	c.add("suffix", n.suffix, map[string]float64{"other": suffixOther}[n.suffix])
	birth := compareBirth(a.Birth, b.Birth)
	c.add("birth", birth, map[string]float64{"same": birthSame, "partly": birthPartly, "slip": birthSlip, "other": birthOther}[birth])
	sex := compareSex(a.Sex, b.Sex)
	c.add("sex", sex, map[string]float64{"same": sexSame, "other": sexOther}[sex])
	phone := anyEqual(a.Phones, b.Phones)
	c.add("phone", phone, map[string]float64{"same": phoneSame, "other": phoneOther}[phone])
	email := anyEqual(a.Emails, b.Emails)
	c.add("email", email, map[string]float64{"same": emailSame, "other": emailOther}[email])
	address := compareAddresses(a.Addresses, b.Addresses)
	c.add("address", address, map[string]float64{"same": streetSame, "postal": postalSame, "city": citySame, "other": addressOther}[address])
	ident, national := compareIdentifiers(a.Identifiers, b.Identifiers)
	c.add("identifier", ident, map[string]float64{"same": identifierSame, "shared": sharedIdentifier, "other": identifierOther}[ident])
	if national {
		c.add("national", "other", nationalOther)
	}
	support := 0
	for _, s := range []string{phone, email, address} {
		if s == "same" {
			support++
		}
	}
	grade := judge(n, birth, sex, ident, national, support, a.Twin || b.Twin, c.total+prior)
	return c.score(grade)
}

// judge holds the rules.
func judge(n agreement, birth, sex, ident string, national bool, support int, twin bool, total float64) Grade {
	soft := 0 // contradictions that a mistake may explain
	for _, is := range []bool{sex == "other", n.middle == "other", national} {
		if is {
			soft++
		}
	}
	hard := n.given == "other" || birth == "other" || n.suffix == "other"
	namesAgree := (n.given == "same" || n.given == "form" && !twin) && (n.family == "same" || n.family == "old")
	if hard || soft > 1 || soft == 1 && birth == "slip" {
		wrong := 0
		for _, is := range []bool{n.given == "other", n.family == "other", birth == "other"} {
			if is {
				wrong++
			}
		}
		if ident == "same" && wrong < 2 { // a mistyped number, or a mistyped person: somebody must look
			return Possible
		}
		return CertainlyNot
	}
	possible := func() Grade {
		if total >= possibleFrom {
			return Possible
		}
		return CertainlyNot
	}
	if soft > 0 {
		return possible()
	}
	switch {
	case ident == "same" && birth == "same" && namesAgree:
		return Certain
	case ident == "same" && birth == "same" && (n.given == "same" || n.given == "form"):
		return Probable // the family name is misspelled, or was changed
	case ident == "same" && birth == "same" && n.given == "close" && n.family != "other" && n.family != "" && !twin:
		return Probable
	case ident == "same" && birth == "same" && n.given == "close" && n.family == "close" && support > 0:
		return Probable
	case ident == "same" && birth == "same" && (n.given == "" || n.given == "initial") && (n.family == "same" || n.family == "old"):
		return Probable
	case ident == "same" && birth == "same" && n.family == "" && n.given == "same":
		return Probable
	case ident == "same" && namesAgree && (birth == "slip" || birth == "partly" || birth == "" && support > 0):
		return Probable
	case ident == "shared" && birth == "same" && namesAgree:
		if support > 0 {
			return Certain
		}
		return Probable
	case ident == "shared" && birth == "same" && n.family == "close" && (n.given == "same" || n.given == "form" && !twin):
		return Probable
	}
	if birth == "same" && (n.given == "same" || n.given == "form" && !twin) {
		switch {
		case namesAgree && support >= 2:
			return Certain
		case namesAgree && (support == 1 || n.middle == "same" && n.family == "same"):
			return Probable
		case n.family == "close" && support > 0:
			return Probable
		}
	}
	return possible()
}

// comparison gathers evidence.
type comparison struct {
	total float64
	why   []Evidence
}

func (c *comparison) add(field, agreement string, weight float64) {
	if agreement == "" {
		return
	}
	c.total += weight
	c.why = append(c.why, Evidence{field, agreement, weight, said(field, agreement)})
}

// score fits the weight into the grade's bounds.
func (c *comparison) score(g Grade) Score {
	v := 1 / (1 + math.Exp2(-(c.total+prior)/2))
	bounds := map[Grade][2]float64{Certain: {0.99, 1}, Probable: {0.95, 0.989}, Possible: {0.5, 0.949}, CertainlyNot: {0, 0.499}}[g]
	v = math.Round(min(max(v, bounds[0]), bounds[1])*1000) / 1000
	slices.SortStableFunc(c.why, func(a, b Evidence) int {
		switch {
		case math.Abs(a.Weight) > math.Abs(b.Weight):
			return -1
		case math.Abs(a.Weight) < math.Abs(b.Weight):
			return 1
		}
		return 0
	})
	return Score{v, g, c.why}
}

var fieldNames = map[string]string{"family": "family name", "given": "given name", "middle": "middle name", "suffix": "Jr or Sr", "birth": "birth date",
	"sex": "sex", "phone": "telephone", "email": "e-mail", "address": "address", "identifier": "identifier", "national": "national number"}

func said(field, agreement string) string {
	what := fieldNames[field]
	switch agreement {
	case "same":
		return "same " + what
	case "form":
		return what + " in another form"
	case "old":
		return what + " as it is or was, or a part of it"
	case "initial":
		return what + " agrees by its initial"
	case "close":
		return what + " almost the same"
	case "slip":
		return what + " differs by a slip of digits"
	case "partly":
		return what + " agrees as far as it is known"
	case "shared":
		return "same " + what + " of a kind that a family may share"
	case "postal":
		return "same postal code"
	case "city":
		return "same town"
	}
	return what + " differs"
}

// compareBirth compares dates of birth.
func compareBirth(a, b fhir.DateTime) string {
	if a.Precision == 0 || b.Precision == 0 {
		return ""
	}
	p := min(a.Precision, b.Precision)
	if p < fhir.Day {
		if a.YearNo == b.YearNo && (p == fhir.Year || a.MonthNo == b.MonthNo) {
			return "partly"
		}
		return "other"
	}
	x, y := dateText(fhir.DateTime{Precision: fhir.Day, YearNo: a.YearNo, MonthNo: a.MonthNo, DayNo: a.DayNo}), dateText(fhir.DateTime{Precision: fhir.Day, YearNo: b.YearNo, MonthNo: b.MonthNo, DayNo: b.DayNo})
	if x == y {
		return "same"
	}
	x, y = strings.ReplaceAll(x, "-", ""), strings.ReplaceAll(y, "-", "")
	var at []int
	for i := range x {
		if x[i] != y[i] {
			at = append(at, i)
		}
	}
	sameDay := a.MonthNo == b.MonthNo && a.DayNo == b.DayNo
	switch {
	case len(at) == 1,
		len(at) == 2 && at[1] == at[0]+1 && x[at[0]] == y[at[1]] && x[at[1]] == y[at[0]],
		a.YearNo == b.YearNo && a.MonthNo == b.DayNo && a.DayNo == b.MonthNo,
		sameDay && max(a.YearNo-b.YearNo, b.YearNo-a.YearNo) == 1:
		return "slip"
	}
	return "other"
}

// compareSex compares administrative gender. It tells a contradiction only
// between male and female: other and unknown say too little.
func compareSex(a, b string) string {
	known := func(s string) bool { return s == "male" || s == "female" }
	switch {
	case !known(a) || !known(b):
		return ""
	case a == b:
		return "same"
	}
	return "other"
}

func anyEqual(a, b []string) string {
	if len(a) == 0 || len(b) == 0 {
		return ""
	}
	for _, s := range a {
		if slices.Contains(b, s) {
			return "same"
		}
	}
	return "other"
}

// kinds of identifiers (http://terminology.hl7.org/CodeSystem/v2-0203).
var (
	familyKinds   = []string{"MB", "SN", "MC", "MA", "AN"} // a family may share them: member and account numbers
	nationalKinds = []string{"SS", "NI", "NH", "NNUSA"}    // one person, one number, for life
	nationalURLs  = []string{"http://hl7.org/fhir/sid/us-ssn", "urn:oid:2.16.840.1.113883.4.1"}
)

func kindOf(i fhir.Identifier, kinds []string) bool {
	return slices.ContainsFunc(i.Type.Codings, func(c fhir.Coding) bool { return slices.Contains(kinds, c.Code) })
}

// compareIdentifiers compares numbers of one system only: a number says nothing
// without who gave it. national says that the national numbers differ.
func compareIdentifiers(a, b []fhir.Identifier) (found string, national bool) {
	for _, i := range a {
		for _, j := range b {
			if i.System != j.System {
				continue
			}
			isNational := slices.Contains(nationalURLs, i.System) || kindOf(i, nationalKinds) || kindOf(j, nationalKinds)
			switch {
			case fold(i.Value) == fold(j.Value) && (kindOf(i, familyKinds) || kindOf(j, familyKinds)):
				if found != "same" {
					found = "shared"
				}
			case fold(i.Value) == fold(j.Value):
				found = "same"
			case isNational:
				national = true
			case found == "":
				found = "other"
			}
		}
	}
	return found, national
}
