package identity

import (
	"slices"
	"strings"
)

// agreement is how two names agree, element by element; empty where one of
// them is silent.
type agreement struct {
	family string // same, old, close, other
	given  string // same, form, initial, close, other
	middle string // same, initial, other
	suffix string // other, or silent: to agree in Jr says nothing that the names do not
}

func (n agreement) familyWeight() float64 {
	return map[string]float64{"same": familySame, "old": familyOld, "close": familyClose, "other": familyOther}[n.family]
}

func (n agreement) givenWeight() float64 {
	return map[string]float64{"same": givenSame, "form": givenForm, "close": givenClose, "initial": givenInitial, "other": givenOther}[n.given]
}

func (n agreement) weight() float64 {
	w := n.familyWeight() + n.givenWeight()
	switch n.middle {
	case "same":
		w += middleSame
	case "initial":
		w += middleInitial
	case "other":
		w += middleOther
	}
	if n.suffix == "other" {
		w += suffixOther
	}
	return w
}

// bestNames is the best agreement of any of one record's names with any of the
// other's. Middle names and a father's and a son's suffix count whatever name
// they stand in: a nickname beside the full name hides no contradiction.
func bestNames(a, b []name) agreement {
	var best agreement
	found, middle := false, ""
	for _, x := range a {
		for _, y := range b {
			n := compareNames(x, y)
			if order := []string{"", "other", "initial", "same"}; slices.Index(order, n.middle) > slices.Index(order, middle) {
				middle = n.middle
			}
			if !found || n.weight() > best.weight() {
				best, found = n, true
			}
		}
	}
	best.middle = middle
	if suffixes(a) && suffixes(b) && !slices.ContainsFunc(a, func(x name) bool {
		return slices.ContainsFunc(b, func(y name) bool { return x.suffix == y.suffix })
	}) {
		best.suffix = "other"
	}
	return best
}

func suffixes(list []name) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(n name) bool { return n.suffix == "" })
}

func compareNames(x, y name) agreement {
	n := agreement{family: compareFamily(x, y), given: compareGiven(x, y), middle: compareMiddle(x, y)}
	if n.family != "same" && n.given != "same" && len(x.family) > 0 && len(y.family) > 0 &&
		strings.Join(x.family, "") == y.given && x.given == strings.Join(y.family, "") { // written the other way round
		n.family, n.given = "old", "same"
	}
	if x.suffix != "" && y.suffix != "" && x.suffix != y.suffix {
		n.suffix = "other"
	}
	return n
}

func compareFamily(x, y name) string {
	if len(x.family) == 0 || len(y.family) == 0 {
		return ""
	}
	a, b := strings.Join(x.family, ""), strings.Join(y.family, "")
	part := func(few, many []string) bool {
		long := false
		for _, w := range few {
			if !slices.Contains(many, w) {
				return false
			}
			long = long || len(w) > 2
		}
		return long
	}
	switch {
	case a == b && (x.old || y.old):
		return "old"
	case a == b:
		return "same"
	case part(x.family, y.family) || part(y.family, x.family):
		return "old"
	case near(a, b):
		return "close"
	}
	return "other"
}

func compareGiven(x, y name) string {
	a, b := x.given, y.given
	if a == "" || b == "" {
		return ""
	}
	joined := func(n name) string { // Seung-ho and Seungho, Mary Ann and Maryann
		if len(n.middle) == 0 {
			return n.given
		}
		return n.given + n.middle[0]
	}
	switch {
	case a == b && len(a) == 1:
		return "initial"
	case a == b, joined(x) == b && len(b) > 1, joined(y) == a && len(a) > 1:
		return "same"
	case variants(a, b):
		return "form"
	case len(a) == 1 && strings.HasPrefix(b, a), len(b) == 1 && strings.HasPrefix(a, b):
		return "initial"
	case near(a, b), len(a) > 2 && slices.Contains(y.middle, a), len(b) > 2 && slices.Contains(x.middle, b): // or goes by the middle name
		return "close"
	}
	return "other"
}

func compareMiddle(x, y name) string {
	if len(x.middle) == 0 || len(y.middle) == 0 {
		return ""
	}
	found := "other"
	for _, a := range x.middle {
		for _, b := range y.middle {
			switch {
			case a == b && len(a) > 1 || variants(a, b):
				return "same"
			case len(a) == 1 && strings.HasPrefix(b, a), len(b) == 1 && strings.HasPrefix(a, b), near(a, b):
				found = "initial"
			}
		}
	}
	return found
}

// streetWords are words of addresses and how they are shortened.
var streetWords = map[string]string{"street": "st", "avenue": "ave", "av": "ave", "road": "rd", "drive": "dr", "lane": "ln", "court": "ct", "place": "pl", "boulevard": "blvd",
	"highway": "hwy", "parkway": "pkwy", "square": "sq", "terrace": "ter", "circle": "cir", "north": "n", "south": "s", "east": "e", "west": "w"}

// unitWords begin what names a flat within a house.
var unitWords = map[string]bool{"apt": true, "apartment": true, "unit": true, "suite": true, "ste": true, "no": true, "room": true, "rm": true, "floor": true, "fl": true}

// street is an address line's house number and the words of its street, without the flat.
func street(line string) (number string, words []string) {
	for _, w := range strings.Fields(fold(line)) {
		if unitWords[w] {
			break
		}
		if short := streetWords[w]; short != "" {
			w = short
		}
		if number == "" && w[0] >= '0' && w[0] <= '9' {
			number = w
			continue
		}
		words = append(words, w)
	}
	return number, words
}

// compareAddresses is the best agreement of any two: same is house and street
// in one place, or in no place that contradicts.
func compareAddresses(a, b []Address) string {
	if len(a) == 0 || len(b) == 0 {
		return ""
	}
	rank := map[string]int{"other": 0, "city": 1, "postal": 2, "same": 3}
	best := "other"
	for _, x := range a {
		for _, y := range b {
			found := "other"
			zipX, zipY := zip(x.Postal), zip(y.Postal)
			cityX, cityY := fold(x.City), fold(y.City)
			numX, wordsX := street(x.Line)
			numY, wordsY := street(y.Line)
			elsewhere := zipX != "" && zipY != "" && zipX != zipY && cityX != cityY
			switch {
			case numX != "" && numX == numY && len(wordsX) > 0 && !elsewhere && streetsAgree(wordsX, wordsY):
				found = "same"
			case zipX != "" && zipX == zipY:
				found = "postal"
			case cityX != "" && cityX == cityY && (x.State == "" || y.State == "" || fold(x.State) == fold(y.State)):
				found = "city"
			}
			if rank[found] > rank[best] {
				best = found
			}
		}
	}
	return best
}

// streetsAgree compares the words of two streets, kinds of street left out
// when one is silent about it.
func streetsAgree(x, y []string) bool {
	a, b := strings.Join(x, ""), strings.Join(y, "")
	return a == b || near(a, b) || similarity(a, b) >= 0.9
}

// zip is a postal code as far as it tells towns apart: of a US ZIP+4 the ZIP.
func zip(s string) string {
	s = fold(s)
	if code, _, ok := strings.Cut(s, " "); ok && len(code) == 5 {
		return code
	}
	return strings.ReplaceAll(s, " ", "")
}
