package prevention

import (
	"bufio"
	"fmt"
	"strings"
	"unicode"

	"wholechart/fhir"
)

// concept is something that can be done, had or taken.
type concept struct {
	id    string // "mammogram"
	name  string // "mammogram", as in a sentence
	codes []code
	words []pattern // a fact's name that fits one of them is the concept
	not   []pattern // unless it fits one of these
	risky bool      // one of its own words is among notHad: an exposure is what it is about
}

// code is a code of a system; of ICD-10 it may end in * for all that begins so.
type code struct {
	system byte
	code   string
}

// pattern is words, each the beginning of a word of the name; one that ends in
// a full stop is a whole word. All of them must be there, in any order.
type pattern []string

// systems are the letters of code systems and how tables call them.
var systems = map[string]byte{"loinc": 'L', "snomed": 'S', "cpt": 'C', "hcpcs": 'H', "cvx": 'V', "icd": 'I', "icd9": '9', "rxnorm": 'R'}

var systemURLs = map[string]byte{
	"http://loinc.org": 'L', "http://snomed.info/sct": 'S', "http://www.ama-assn.org/go/cpt": 'C', "urn:oid:2.16.840.1.113883.6.12": 'C',
	"https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": 'H', "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": 'H',
	"https://www.cms.gov/Medicare/Coding/MedHCPCSGenInfo": 'H', "urn:oid:2.16.840.1.113883.6.285": 'H',
	"http://hl7.org/fhir/sid/cvx": 'V', "http://hl7.org/fhir/sid/icd-10-cm": 'I', "http://hl7.org/fhir/sid/icd-10": 'I',
	"urn:oid:2.16.840.1.113883.6.90": 'I', "http://hl7.org/fhir/sid/icd-9-cm": '9', "http://www.nlm.nih.gov/research/umls/rxnorm": 'R',
}

// urlOf is the URI of a table's system, for tests and for orders.
func urlOf(system byte) string {
	switch system {
	case 'L':
		return "http://loinc.org"
	case 'S':
		return "http://snomed.info/sct"
	case 'C':
		return "http://www.ama-assn.org/go/cpt"
	case 'H':
		return "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
	case 'V':
		return "http://hl7.org/fhir/sid/cvx"
	case 'I':
		return "http://hl7.org/fhir/sid/icd-10-cm"
	case '9':
		return "http://hl7.org/fhir/sid/icd-9-cm"
	}
	return "http://www.nlm.nih.gov/research/umls/rxnorm"
}

// vocabulary finds the concepts of a coded or named fact.
type vocabulary struct {
	concepts []concept
	byID     map[string]int
	byCode   map[code][]int
	shortest int // of the ICD codes that stand for all below them
	byStart  map[[2]byte][]lead
}

// lead is a pattern under the first two letters of its first word.
type lead struct{ concept, pattern int }

// parseConcepts reads a table of concepts:
//
//	[mammogram] mammogram
//	cpt 77065 77066 77067
//	words mammogra | breast screen
//	unless ultraso
//
// A line begins with a code system, "words" or "unless"; # begins a comment.
func parseConcepts(text string) ([]concept, error) {
	var out []concept
	seen := map[string]bool{}
	in := bufio.NewScanner(strings.NewReader(text))
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		line, _, _ := strings.Cut(in.Text(), "#")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "["); ok {
			id, name, ok := strings.Cut(rest, "]")
			if name = strings.TrimSpace(name); !ok || id == "" || name == "" || strings.ContainsAny(id, " \t") || seen[id] {
				return nil, fmt.Errorf("prevention: concepts line %d: want [id] name, once", n)
			}
			seen[id] = true
			out = append(out, concept{id: id, name: name})
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		if len(out) == 0 || strings.TrimSpace(rest) == "" {
			return nil, fmt.Errorf("prevention: concepts line %d: nothing to add to, or nothing to add", n)
		}
		c := &out[len(out)-1]
		switch word {
		case "words", "unless":
			for alternative := range strings.SplitSeq(rest, "|") {
				p := pattern(strings.Fields(strings.ToLower(alternative)))
				if len(p) == 0 || len(p[0]) < 2 {
					return nil, fmt.Errorf("prevention: concepts line %d: a pattern begins with two letters", n)
				}
				if word == "words" {
					c.words = append(c.words, p)
					c.risky = c.risky || fitsAny(notHad, p)
				} else {
					c.not = append(c.not, p)
				}
			}
		default:
			system, ok := systems[word]
			if !ok {
				return nil, fmt.Errorf("prevention: concepts line %d: no code system %q", n, word)
			}
			for _, one := range strings.Fields(rest) {
				c.codes = append(c.codes, code{system, one})
			}
		}
	}
	return out, in.Err()
}

func newVocabulary(concepts []concept) *vocabulary {
	v := &vocabulary{concepts: concepts, byID: map[string]int{}, byCode: map[code][]int{}, byStart: map[[2]byte][]lead{}, shortest: 99}
	for i, c := range concepts {
		v.byID[c.id] = i
		for _, one := range c.codes {
			v.byCode[one] = append(v.byCode[one], i)
			if all, ok := strings.CutSuffix(one.code, "*"); ok {
				v.shortest = min(v.shortest, len(all))
			}
		}
		for k, p := range c.words {
			at := [2]byte{p[0][0], p[0][1]}
			v.byStart[at] = append(v.byStart[at], lead{i, k})
		}
	}
	return v
}

// match is a concept that a fact is of.
type match struct {
	concept int
	byWords bool // recognised by its name alone
}

// find are the concepts of a fact, each once; those that a code says come
// first. Most facts are of none.
func (v *vocabulary) find(codes []fhir.Coding, name string) []match {
	var out []match
	add := func(m match) {
		for _, o := range out {
			if o.concept == m.concept {
				return
			}
		}
		out = append(out, m)
	}
	for _, c := range codes {
		system := systemURLs[c.System]
		if system == 0 {
			continue
		}
		for _, i := range v.byCode[code{system, c.Code}] {
			add(match{i, false})
		}
		if system == 'I' {
			for n := v.shortest; n <= len(c.Code); n++ {
				for _, i := range v.byCode[code{system, c.Code[:n] + "*"}] {
					add(match{i, false})
				}
			}
		}
	}
	words := wordsOf(name)
	for _, w := range words {
		if len(w) < 2 {
			continue
		}
		for _, l := range v.byStart[[2]byte{w[0], w[1]}] {
			c := &v.concepts[l.concept]
			if c.words[l.pattern].fits(words) && !fitsAny(c.not, words) {
				add(match{l.concept, true})
			}
		}
	}
	return out
}

// wordsOf are the words of a name in lower case.
func wordsOf(name string) []string {
	if len(name) > 300 {
		name = name[:300]
	}
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i := 0; i+1 < len(words); i++ { // non-smoker is no smoker, pre-diabetes no diabetes
		if words[i] == "non" || words[i] == "pre" {
			words[i] += words[i+1]
			words = append(words[:i+1], words[i+2:]...)
		}
	}
	return words
}

func (p pattern) fits(words []string) bool {
	for _, want := range p {
		whole, exact := strings.CutSuffix(want, ".")
		found := false
		for _, w := range words {
			if exact && w == whole || !exact && strings.HasPrefix(w, want) {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func fitsAny(ps []pattern, words []string) bool {
	for _, p := range ps {
		if p.fits(words) {
			return true
		}
	}
	return false
}

func patterns(alternatives string) []pattern {
	var out []pattern
	for a := range strings.SplitSeq(alternatives, "|") {
		out = append(out, strings.Fields(a))
	}
	return out
}

// Words of a fact's name that keep it from being what the rest of its name says.
var (
	// of a problem that the patient has not, or not for sure
	notHad = patterns("family | suspect | rule out | ruled | possible | probable | exposure | risk of | risk for | screening | encounter for | fear | worried | contact with | no evidence | negative | vaccin | immuniz | counsel | test. | denies | carrier")
	// of something done that tells of no disease: looking for it, teaching about it
	notTelling = patterns("assess | monitor | education | diet. | evaluation | prevention | prophyl | knowledge | risk")
	// of something that was not done yet
	notDone = patterns("referral | referred | instruction | consent | order | ordered | scheduled | request | requested | preparation | refus | declin | cancel | not done | recommended | due. | reminder | discussed | planned | overdue")
)
