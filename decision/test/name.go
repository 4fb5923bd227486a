package test

import (
	"slices"
	"strings"

	"wholechart/decision/internal/fact"
	"wholechart/fhir"
)

// LOINC is the system of LOINC's codes.
const LOINC = "http://loinc.org"

// specimens are words of a specimen by its class; the words do not stay in a
// plain name.
var specimens = map[string]string{
	"serum": "blood", "plasma": "blood", "blood": "blood", "venous": "blood", "urine": "urine", "urinary": "urine", "ur": "urine", "csf": "csf", "stool": "stool", "feces": "stool", "fecal": "stool",
	"cervix": "cervix", "cervical": "cervix", "throat": "swab", "swab": "swab", "saliva": "other", "pleural": "other", "peritoneal": "other", "synovial": "other", "ascites": "other", "amniotic": "other", "sweat": "other",
	"semen": "other", "cord": "other", "fluid": "other", "dialysate": "other", "gastric": "other", "marrow": "other", "hair": "other", "meconium": "other",
}

// idle are words that tell nothing about what is measured.
var idle = map[string]bool{"in": true, "or": true, "of": true, "the": true, "level": true, "levels": true, "test": true, "measurement": true, "random": true, "spot": true, "s": true, "poor": true, "lab": true, "repeat": true, "and": true, "to": true, "value": true, "result": true}

// safe ends of LOINC names: how it is measured does not change what it is.
var methods = []string{"automated count", "manual count", "coagulation assay", "calculation", "direct assay", "immunoassay", "hplc", "creatinine based formula ckd epi 2021", "enzymatic", "rapid immunoassay", "naa with probe detection", "rpr"}

// plain is a name without words of specimen and such as tell nothing, and the
// specimen that it names: "" when it names none. What stands in brackets is left
// out: LOINC's properties.
func plain(name string) (string, string) {
	if len(name) > 400 {
		name = name[:400]
	}
	for {
		i := strings.IndexByte(name, '[')
		if i < 0 {
			break
		}
		j := strings.IndexByte(name[i:], ']')
		if j < 0 {
			break
		}
		name = name[:i] + " " + name[i+j+1:]
	}
	words := fact.Words(name)
	if i := slices.Index(words, "by"); i > 0 && slices.Contains(methods, strings.Join(words[i+1:], " ")) {
		words = words[:i]
	}
	specimen := ""
	var rest []string
	for i, w := range words {
		if s := specimens[w]; s != "" {
			// A fluid or an unusual material wins over blood; "blood urea nitrogen" names blood.
			if specimen == "" || specimen == "blood" || s == "other" && specimen != "csf" {
				specimen = s
			}
			continue
		}
		if w == "cerebral" && i+1 < len(words) && words[i+1] == "spinal" || w == "cerebrospinal" {
			specimen = "csf"
			continue
		}
		if idle[w] || w == "platelet" && i+1 < len(words) && words[i+1] == "poor" || w == "spinal" && specimen == "csf" {
			continue
		}
		rest = append(rest, w)
	}
	if len(rest) == 0 {
		return strings.Join(words, " "), specimen
	}
	return strings.Join(rest, " "), specimen
}

// reading is what a name and its codes ask for.
type reading struct {
	one     *analyte
	panel   *panel
	members []*analyte
}

func (r reading) known() bool { return len(r.members) > 0 }

// read reads a test: its LOINC codes first, then its name, then the displays of
// codes. With a LOINC code that no table has, words count only when they name the
// specimen: the code may say "in Urine" where the name says "Glucose".
func read(name string, codes []fhir.Coding) reading {
	t := load()
	strict := false
	for i := 0; i < len(codes) && i < 16; i++ {
		if codes[i].System != LOINC && codes[i].System != "" || codes[i].Code == "" {
			continue
		}
		if p := t.panelOf[codes[i].Code]; p != nil {
			return reading{panel: p, members: p.members}
		}
		if a := t.byLOINC[codes[i].Code]; a != nil {
			return reading{one: a, members: []*analyte{a}}
		}
		strict = strict || codes[i].System == LOINC
	}
	if r := readName(name, strict); r.known() {
		return r
	}
	for i := 0; i < len(codes) && i < 16; i++ {
		if r := readName(codes[i].Display, strict); r.known() {
			return r
		}
	}
	return reading{}
}

// readName reads words: "Thyrotropin (TSH)" whole, then without what is in
// brackets.
func readName(name string, strict bool) reading {
	if name == "" {
		return reading{}
	}
	t := load()
	tries := []string{name}
	if i, j := strings.IndexByte(name, '('), strings.LastIndexByte(name, ')'); i > 0 && j > i {
		tries = append(tries, name[:i]+" "+name[j+1:])
	}
	for _, try := range tries {
		key, specimen := plain(try)
		if key == "culture" && specimen == "" || strict && specimen == "" {
			continue // of what
		}
		blood := specimen == "" || specimen == "blood"
		if p := t.panelOf[key]; p != nil && (blood || specimen == p.members[0].specimen) {
			return reading{panel: p, members: p.members}
		}
		if short, cut := strings.CutSuffix(key, " panel"); cut && blood {
			if p := t.panelOf[short]; p != nil {
				return reading{panel: p, members: p.members}
			}
		}
		if a := pick(t.byName[key], specimen); a != nil {
			return reading{one: a, members: []*analyte{a}}
		}
	}
	return reading{}
}

// pick is the test of a specimen; without one that of blood, or the only one.
func pick(list []*analyte, specimen string) *analyte {
	for _, a := range list {
		if specimen != "" && (a.specimen == specimen || a.specimen == "any") || specimen == "" && a.specimen == "blood" {
			return a
		}
	}
	if specimen == "" && len(list) > 0 {
		return list[0]
	}
	return nil
}
