package immunization

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"

	"wholechart/decision/cdsi"
	"wholechart/decision/internal/fact"
	"wholechart/fhir"
)

//go:embed table/observations.txt
var observationRows string

//go:embed table/exposures.txt
var exposureRows string

//go:embed table/medicines.txt
var medicineRows string

//go:embed table/allergies.txt
var allergyRows string

//go:embed table/vaccines.txt
var vaccineRows string

// concept is a line of table/observations.txt.
type concept struct {
	observation string
	where       string
	icd         []string
	words, not  []string
	days        int
}

type medicineRow struct {
	observation string
	names       []string
	days        int
	under       int // years of age; 0: any
	say         string
}

type allergyRow struct {
	observation string
	words, not  []string
	any         bool // else a severe reaction only
	part        string
}

type vaccineRow struct {
	observation string
	cvx, words  []string
}

type tables struct {
	concepts  []concept
	first     map[string][]int // concepts by the first word of one of their phrases
	open      []opening        // those whose first word is the beginning of one
	medicines []medicineRow
	allergies []allergyRow
	vaccines  []vaccineRow
}

type opening struct {
	begin   string
	concept int
}

var load = sync.OnceValue(func() *tables {
	t := &tables{}
	number := func(s string) int {
		if s == "" {
			return 0
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			panic("immunization: not a number: " + s)
		}
		return n
	}
	for _, r := range append(fact.Rows(observationRows, 6), fact.Rows(exposureRows, 6)...) {
		t.concepts = append(t.concepts, concept{r[0], r[1], fact.List(r[2]), fact.List(r[3]), fact.List(r[4]), number(r[5])})
	}
	t.first = map[string][]int{}
	for i := range t.concepts {
		for _, phrase := range t.concepts[i].words {
			word, _, _ := strings.Cut(phrase, " ")
			if begin, open := strings.CutSuffix(word, "*"); open {
				t.open = append(t.open, opening{begin, i})
			} else {
				t.first[word] = append(t.first[word], i)
			}
		}
	}
	for _, r := range fact.Rows(medicineRows, 5) {
		t.medicines = append(t.medicines, medicineRow{r[0], fact.List(r[1]), number(r[2]), number(r[3]), r[4]})
	}
	for _, r := range fact.Rows(allergyRows, 5) {
		t.allergies = append(t.allergies, allergyRow{r[0], fact.List(r[1]), fact.List(r[2]), r[3] == "any", r[4]})
	}
	for _, r := range fact.Rows(vaccineRows, 3) {
		t.vaccines = append(t.vaccines, vaccineRow{r[0], fact.List(r[1]), fact.List(r[2])})
	}
	return t
})

// notByCode are observations whose codes in the CDC's table say less than they do
// themselves: HIV is not perinatal HIV, an exposure not that of a laboratory, AIDS
// says not how severe; an allergy to a vaccine not to which part.
var notByCode = []string{"026", "036", "037", "038", "039", "049", "050", "051", "052", "053", "054", "056", "057", "059", "060", "061", "062", "063", "068", "070", "071", "072", "080", "154", "155", "002",
	"030", "029", "033", "158", "168", "159", "007", "009", "170", "132", "133", "134", "135", "042", "034", "031", "157", "004", "269"}

// bySNOMED are the observations of a code by the CDC's own table.
func bySNOMED(codes []fhir.Coding) (out []string) {
	for _, c := range codes {
		if c.System != "http://snomed.info/sct" {
			continue
		}
		for _, o := range cdsi.ObservationCodes(c.System, c.Code) {
			if !slices.Contains(notByCode, o) {
				out = append(out, o)
			}
		}
	}
	return out
}

// fits are the concepts that a fact's codes or words are of, in their order: only
// those are compared of which a word or a code begins a phrase, for a long record
// has thousands of facts.
func (t *tables) fits(codes []fhir.Coding, words []string) (out []*concept) {
	try := map[int]bool{}
	for _, w := range words {
		for _, i := range t.first[w] {
			try[i] = true
		}
		for _, o := range t.open {
			if strings.HasPrefix(w, o.begin) {
				try[o.concept] = true
			}
		}
	}
	diagnosis := slices.ContainsFunc(codes, func(c fhir.Coding) bool { return strings.Contains(c.System, "icd-10") })
	for i := range t.concepts {
		if k := &t.concepts[i]; (diagnosis || try[i]) && k.fits(codes, words) {
			out = append(out, k)
		}
	}
	return out
}

// fits says whether a fact's codes or words are of a concept.
func (k *concept) fits(codes []fhir.Coding, words []string) bool {
	for _, c := range codes {
		if !strings.Contains(c.System, "icd-10") {
			continue
		}
		for _, want := range k.icd {
			if begin, open := strings.CutSuffix(want, "*"); open && strings.HasPrefix(c.Code, begin) || c.Code == want {
				return true
			}
		}
	}
	return fact.Any(words, k.words...) && !fact.Any(words, k.not...) && !fact.Any(words, "no", "denies", "without", "ruled out", "rule out", "family history of", "fh of")
}
