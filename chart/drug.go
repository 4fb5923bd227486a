package chart

import (
	"slices"
	"strings"
	"unicode"
)

// drug is what a text or an RxNorm display says of a medicine. It is read from
// words because no ingredient table is assumed: "24 HR metoprolol succinate 50
// MG Extended Release Oral Tablet" and "Metoprolol succinate 50 mg tablet" are
// both metoprolol, 50 mg.
type drug struct {
	ingredient string // lower case, salts left out, several sorted and joined by " / "
	name       string // for people: as said, up to and with the strength
	strength   string // "50 mg", "" when not said
	form       string // oral, inhaled, topical, injected, nasal, eye, ear, rectal, vaginal; "" when not said
}

// salts say how an ingredient is bound, not what it does.
var salts = map[string]bool{"sodium": true, "hydrochloride": true, "hcl": true, "succinate": true, "tartrate": true, "potassium": true, "calcium": true,
	"maleate": true, "mesylate": true, "besylate": true, "fumarate": true, "sulfate": true, "sulphate": true, "phosphate": true, "acetate": true,
	"citrate": true, "bromide": true, "chloride": true, "nitrate": true, "tromethamine": true, "bitartrate": true, "magnesium": true,
	"hydrobromide": true, "dipropionate": true, "propionate": true, "furoate": true, "trihydrate": true, "monohydrate": true, "anhydrous": true,
	"er": true, "xr": true, "sr": true, "xl": true, "la": true, "cr": true, "ir": true, "ec": true, "dr": true}

// doseForms are words that end the name of a medicine, with the way it enters the body.
var doseForms = map[string]string{"tablet": "oral", "tablets": "oral", "tab": "oral", "capsule": "oral", "capsules": "oral", "cap": "oral", "oral": "oral",
	"solution": "", "suspension": "", "syrup": "oral", "elixir": "oral", "chewable": "oral", "lozenge": "oral", "extended": "", "extended-release": "",
	"delayed": "", "delayed-release": "", "release": "", "powder": "", "cream": "topical", "ointment": "topical", "gel": "topical", "lotion": "topical",
	"patch": "topical", "topical": "topical", "transdermal": "topical", "shampoo": "topical", "inhaler": "inhaled", "inhalation": "inhaled", "inhalant": "inhaled",
	"nebulizer": "inhaled", "metered": "inhaled", "injection": "injected", "injectable": "injected", "prefilled": "injected", "pen": "injected",
	"syringe": "injected", "vial": "injected", "intravenous": "injected", "subcutaneous": "injected", "nasal": "nasal", "spray": "", "ophthalmic": "eye",
	"eye": "eye", "otic": "ear", "ear": "ear", "suppository": "rectal", "rectal": "rectal", "vaginal": "vaginal", "drops": "", "pack": "", "kit": "",
	"implant": "implanted", "ring": "vaginal", "intrauterine": "implanted", "autoinjector": "injected", "film": "", "disintegrating": "oral"}

var strengthUnits = []string{"mg", "mcg", "ug", "µg", "g", "ml", "unt", "unit", "units", "iu", "%", "meq", "mmol", "actuat", "hr"}

// readDrug reads a medicine's words.
func readDrug(text string) drug {
	var d drug
	var names []string
	parts := strings.Split(text, " / ")
	for i := len(parts) - 1; i > 0; i-- { // 400 mg / 5 mL is one strength
		if isAmount(parts[i]) {
			parts[i-1] += "/" + parts[i]
			parts = slices.Delete(parts, i, i+1)
		}
	}
	for _, part := range parts {
		one := readPart(part)
		if one.ingredient != "" && !slices.Contains(names, one.ingredient) {
			names = append(names, one.ingredient)
		}
		if one.form != "" && d.form == "" {
			d.form = one.form
		}
		if one.strength != "" {
			if d.strength != "" {
				d.strength += " / "
			}
			d.strength += one.strength
		}
		if one.name != "" {
			if d.name != "" {
				d.name += " / "
			}
			d.name += one.name
		}
	}
	slices.Sort(names)
	d.ingredient = strings.Join(names, " / ")
	d.name = sentence(d.name)
	return d
}

func readPart(text string) (d drug) {
	words := strings.Fields(text)
	if len(words) > 1 && len(words[0]) == 9 && strings.HasPrefix(words[0], "NDA") { // RxNorm names some products by their licence
		words = words[1:]
	}
	if len(words) > 2 && isAmount(words[0]) { // "24 HR metoprolol", "200 ACTUAT albuterol": how long or how much of it there is
		words = words[2:]
	}
	var name []string
	i := 0
	for ; i < len(words); i++ {
		w := strings.ToLower(strings.Trim(words[i], ",;()"))
		if _, ok := doseForms[w]; ok && i > 0 || isAmount(w) && i > 0 {
			break
		}
		name = append(name, strings.Trim(words[i], ",;"))
	}
	for j := i; j < len(words); j++ {
		w := strings.ToLower(strings.Trim(words[j], ",;()"))
		if form := doseForms[w]; form != "" && (d.form == "" || d.form == "oral") {
			d.form = form
		}
		if d.strength == "" && isAmount(w) {
			d.strength = readStrength(words[j:])
		}
	}
	ingredient := make([]string, 0, len(name))
	for _, w := range name {
		w = strings.ToLower(w)
		if !salts[w] || len(ingredient) == 0 || salts[ingredient[0]] { // of potassium chloride the salt is the point
			ingredient = append(ingredient, w)
		}
	}
	d.ingredient = strings.Join(ingredient, " ")
	d.name = strings.Join(name, " ")
	if d.strength != "" && d.name != "" {
		d.name += " " + d.strength
	}
	return d
}

// isAmount says whether a word begins with a number, like 50, 1,000 or 25mg.
func isAmount(w string) bool {
	return w != "" && (w[0] >= '0' && w[0] <= '9' || w[0] == '.' && len(w) > 1)
}

// readStrength is the amount at the head of words with its unit: "1,000 mg".
func readStrength(words []string) string {
	number := strings.Trim(words[0], ",;()")
	cut := strings.IndexFunc(number, func(r rune) bool { return unicode.IsLetter(r) || r == '%' || r == 'µ' })
	if cut > 0 { // 25mg
		unit := number[cut:]
		if isUnit(unit) {
			return number[:cut] + " " + sayUnit(unit) + per(unit, words[1:])
		}
		return ""
	}
	if len(words) > 1 {
		if unit := strings.Trim(words[1], ",;()"); isUnit(unit) {
			return number + " " + sayUnit(unit) + per(unit, words[2:])
		}
	}
	return ""
}

// per is the unit after a unit that ends in a number: of "mg/5 mL" the mL.
func per(unit string, rest []string) string {
	if last := unit[len(unit)-1]; last < '0' || last > '9' || !strings.Contains(unit, "/") || len(rest) == 0 {
		return ""
	}
	if next := strings.Trim(rest[0], ",;()"); isUnit(next) {
		return " " + sayUnit(next)
	}
	return ""
}

func isUnit(u string) bool {
	head, _, _ := strings.Cut(strings.ToLower(u), "/")
	return slices.Contains(strengthUnits, head)
}

var unitWords = strings.NewReplacer("ML", "mL", "MG", "mg", "MCG", "mcg", "UNT", "units", "MEQ", "mEq", "HR", "h", "ACTUAT", "puff", "UNITS", "units", "UNIT", "units")

// sayUnit writes RxNorm's capitals as people do: MG/ML is mg/mL.
func sayUnit(u string) string {
	if u != strings.ToUpper(u) {
		return u
	}
	if u == "G" {
		return "g"
	}
	return unitWords.Replace(u)
}

// sameStrength compares strengths as amounts: 1,000 mg, 1000 mg and 1 g.
func sameStrength(a, b string) bool { return amountOf(a) == amountOf(b) }

func amountOf(s string) string {
	s = strings.ToLower(strings.ReplaceAll(s, ",", ""))
	number, unit, ok := strings.Cut(s, " ")
	if !ok {
		return s
	}
	if strings.Contains(number, ".") {
		number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	switch unit {
	case "g":
		if !strings.Contains(number, ".") {
			return number + "000 mg"
		}
	case "ug", "µg":
		unit = "mcg"
	case "units", "unit", "unt", "iu":
		unit = "units"
	}
	return number + " " + unit
}
