package order

import (
	"cmp"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"wholechart/fhir"
)

// Systems of codes.
const (
	RxNorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
	LOINC  = "http://loinc.org"
	CVX    = "http://hl7.org/fhir/sid/cvx"
	SNOMED = "http://snomed.info/sct"
	DICOM  = "http://dicom.nema.org/resources/ontology/DCM"
	UCUM   = "http://unitsofmeasure.org"
)

// Item is one thing that can be ordered.
type Item struct {
	Key      string // "laboratory:a1c": for URLs, favourites and sets
	Kind     Kind
	Name     string
	Also     []string
	Codes    []fhir.Coding
	Strength string // of a medicine: "500 mg"
	Unit     string // of a medicine: in which its dose is counted; of a test: the usual one of its values (UCUM)
	Route    string
	Sigs     []string // usual directions, the most usual first
	Specimen string
	Members  []string // LOINC codes of a panel's parts
	// Of imaging.
	Modality, Region string
	Sides            bool
	Contrasts        []string
}

// Set is a titled group of items that are ordered together.
type Set struct {
	Key, Title string
	Items      []string // keys
}

// Limit is a value that must be acted upon at once.
type Limit struct {
	LOINC     []string
	Name      string
	Unit      string // UCUM
	Low, High *float64
	Source    string
}

//go:embed data/medicines.tsv
var medicinesTSV string

//go:embed data/laboratory.tsv
var laboratoryTSV string

//go:embed data/imaging.tsv
var imagingTSV string

//go:embed data/vaccines.tsv
var vaccinesTSV string

//go:embed data/referrals.tsv
var referralsTSV string

//go:embed data/procedures.tsv
var proceduresTSV string

//go:embed data/sets.tsv
var setsTSV string

//go:embed data/critical.tsv
var criticalTSV string

type catalogue struct {
	items  []Item
	byKey  map[string]*Item
	sets   []Set
	limits []Limit
	words  [][]string // of each item, lower case
}

// load reads the tables once; they are part of the program.
var load = sync.OnceValue(func() *catalogue {
	c := &catalogue{byKey: map[string]*Item{}}
	for f := range rows(medicinesTSV, 9) {
		it := Item{Kind: Medicine, Name: sentence(f[0]) + " " + f[1], Strength: f[1], Unit: f[2], Route: f[3], Also: list(f[7]), Sigs: split(f[8], ";")}
		if u := units[f[2]]; u.countable && f[1] != "1 tablet" {
			it.Name += " " + u.one
		}
		if f[1] == "1 tablet" {
			it.Name, it.Strength = sentence(f[0]), ""
		}
		if f[4] != "" {
			it.Codes = []fhir.Coding{{System: RxNorm, Code: f[4], Display: f[5]}}
		} else if f[6] != "" {
			it.Codes = []fhir.Coding{{System: RxNorm, Code: f[6]}}
		}
		it.Key = "medicine:" + f[0] + " " + f[1]
		c.add(it)
	}
	codes := map[string]string{}
	for f := range rows(laboratoryTSV, 7) {
		codes[f[0]] = f[2]
		it := Item{Key: "laboratory:" + f[0], Kind: Test, Name: f[1], Specimen: f[3], Unit: f[6], Also: append(list(f[4]), f[0])}
		if f[2] != "" {
			it.Codes = []fhir.Coding{{System: LOINC, Code: f[2], Display: f[1]}}
		}
		it.Members = list(f[5])
		c.add(it)
	}
	for i := range c.items { // panels name their parts by key
		for j, m := range c.items[i].Members {
			c.items[i].Members[j] = codes[m]
		}
	}
	for f := range rows(imagingTSV, 6) {
		it := Item{Kind: Imaging, Name: f[1] + " " + f[2], Modality: f[0], Region: f[2], Sides: f[3] == "yes", Contrasts: list(f[4]), Also: list(f[5])}
		switch f[1] {
		case "Echocardiogram", "Nuclear stress test":
			it.Name = f[1]
		case "X-ray":
			it.Also = append(it.Also, "xr", "xray", "film")
		case "Ultrasound":
			it.Also = append(it.Also, "us")
		case "MRI":
			it.Also = append(it.Also, "mr")
		}
		it.Key = "imaging:" + f[1] + " " + f[2]
		c.add(it)
	}
	for f := range rows(vaccinesTSV, 3) {
		c.add(Item{Key: "vaccine:" + f[0], Kind: Vaccine, Name: f[1] + " vaccine", Also: append(list(f[2]), "shot", "immunisation"), Codes: []fhir.Coding{{System: CVX, Code: f[0], Display: f[1]}}})
	}
	for f := range rows(referralsTSV, 2) {
		c.add(Item{Key: "referral:" + f[0], Kind: Referral, Name: "Referral: " + f[0], Also: append(list(f[1]), "ref", "consult")})
	}
	for f := range rows(proceduresTSV, 2) {
		c.add(Item{Key: "procedure:" + f[0], Kind: Procedure, Name: f[0], Also: list(f[1])})
	}
	for i := range c.items {
		c.byKey[c.items[i].Key] = &c.items[i]
	}
	for f := range rows(setsTSV, 3) {
		s := Set{Key: f[0], Title: f[1]}
		for _, k := range strings.Split(f[2], ", ") {
			if strings.Contains(k, ":") {
				s.Items = append(s.Items, k)
			} else if n := len(s.Items); n > 0 { // a comma of a name
				s.Items[n-1] += ", " + k
			}
		}
		c.sets = append(c.sets, s)
	}
	for f := range rows(criticalTSV, 6) {
		c.limits = append(c.limits, Limit{LOINC: strings.Fields(f[0]), Name: f[1], Unit: f[2], Low: bound(f[3]), High: bound(f[4]), Source: f[5]})
	}
	return c
})

func (c *catalogue) add(it Item) {
	c.items = append(c.items, it)
	words := wordsOf(it.Name)
	for _, a := range it.Also {
		words = append(words, wordsOf(a)...)
		if strings.ContainsAny(a, " -") {
			words = append(words, strings.NewReplacer(" ", "", "-", "").Replace(strings.ToLower(a)))
		}
	}
	c.words = append(c.words, words)
}

func bound(s string) *float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil
	}
	return &f
}

// rows are the lines of a table with n columns; what is missing at the end is empty.
func rows(text string, n int) func(func([]string) bool) {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\n")
			if line == "" || line[0] == '#' {
				continue
			}
			f := strings.Split(line, "\t")
			for len(f) < n {
				f = append(f, "")
			}
			if !yield(f) {
				return
			}
		}
	}
}

func split(s, sep string) []string {
	var out []string
	for p := range strings.SplitSeq(s, sep) {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func list(s string) []string { return split(s, ",") }

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// wordsOf are the words of a name in lower case.
func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '+'
	})
}

// Items is the whole catalogue. It must not be changed.
func Items() []Item { return load().items }

// Sets are the order sets. They must not be changed.
func Sets() []Set { return load().sets }

// Limits are the critical limits, each with its source.
func Limits() []Limit { return load().limits }

// ByKey is an item by its key, or nil.
func ByKey(key string) *Item { return load().byKey[key] }

// SetBy is an order set by its key, or nil.
func SetBy(key string) *Set {
	for i, s := range load().sets {
		if s.Key == key {
			return &load().sets[i]
		}
	}
	return nil
}

// Choice is an item as a typed line means it.
type Choice struct {
	Item *Item
	Line Line
	rank int
}

// Order is the draft that choosing it makes: what was typed, where nothing was
// typed the usual directions.
func (c Choice) Order() Order { return c.Item.Order(c.Line) }

// Find are the items that a typed line may mean, the likeliest first. Every word
// of the name must begin a word of the item.
func Find(text string, most int) []Choice {
	line := Parse(text)
	// A test's name may look like directions ("c diff"): the words as typed are tried too.
	whole := wordsOf(clean(cut(text, MaxLine)))
	if len(whole) == 0 {
		return nil
	}
	name := wordsOf(line.Name)
	c := load()
	var out []Choice
	for i := range c.items {
		it := &c.items[i]
		r := matches(whole, it, c.words[i])
		said := line
		if r >= 0 {
			said = Line{Name: line.Name, Strength: line.Strength, Unit: line.Unit, Sig: Sig{}}
			if it.Kind == Medicine {
				said = line
			}
		} else if it.Kind == Medicine && len(name) > 0 {
			if r = matches(name, it, c.words[i]); r >= 0 && line.Strength > 0 {
				switch strengthFits(it, line) {
				case no:
					continue
				case unsure:
					r += 4 + far(it.sig(line), it)
				}
			}
		}
		if r < 0 {
			if r = imagingMatch(whole, it, c.words[i]); r < 0 {
				continue
			}
		}
		out = append(out, Choice{it, said, r})
	}
	slices.SortStableFunc(out, func(a, b Choice) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(len(a.Item.Name), len(b.Item.Name)), strings.Compare(a.Item.Name, b.Item.Name))
	})
	return out[:min(len(out), most)]
}

// matches ranks: 0 is the name itself, less is better, -1 is none.
func matches(said []string, it *Item, words []string) int {
	if len(said) == 0 {
		return -1
	}
	rank := 0
	for i, w := range said {
		best := -1
		for j, x := range words {
			r := -1
			switch {
			case x == w:
				r = min(j, 4)
			case strings.HasPrefix(x, w):
				r = 2 + min(j, 4)
			}
			if r >= 0 && (best < 0 || r < best) {
				best = r
			}
		}
		if best < 0 {
			return -1
		}
		if i == 0 {
			rank = best
		} else {
			rank += min(best, 1)
		}
	}
	return rank
}

// imagingMatch finds "xr knee left" and "mri brain with contrast": side and contrast are no words of the item.
func imagingMatch(said []string, it *Item, words []string) int {
	if it.Kind != Imaging {
		return -1
	}
	var rest []string
	for _, w := range said {
		switch w {
		case "left", "right", "bilateral", "both", "l", "r", "with", "without", "w", "wo", "contrast", "iv", "gad", "of", "the", "gadolinium", "iodinated", "and":
		default:
			rest = append(rest, w)
		}
	}
	if len(rest) == len(said) {
		return -1
	}
	return matches(rest, it, words)
}

// far is how unlikely it is that a dose is made of this strength: one tablet is
// likelier than four, and four than one and a half of something that has no halves.
func far(s Sig, it *Item) int {
	switch {
	case s.Unit != it.Unit:
		return 12
	case s.Dose == 2:
		return 0
	case s.Dose == 1.5 || s.Dose == 0.5:
		return 1
	}
	return int(min(10, 2*s.Dose-4)) + 2
}

type answer uint8

const (
	no answer = iota
	yes
	unsure
)

// strengthFits says whether a typed strength is the item's. A bare number that is
// no strength of it may be a dose.
func strengthFits(it *Item, l Line) answer {
	s := strings.ReplaceAll(it.Strength, ",", "")
	head, unit, _ := strings.Cut(s, " ")
	for i, part := range strings.Split(head, "/") {
		f, err := strconv.ParseFloat(strings.TrimRight(part, "%"), 64)
		if err != nil {
			continue
		}
		if l.Second != "" { // both halves, in either order
			g, err := strconv.ParseFloat(l.Second, 64)
			parts := strings.Split(head, "/")
			if err == nil && len(parts) == 2 && i == 0 {
				h, _ := strconv.ParseFloat(parts[1], 64)
				if f == l.Strength && h == g || f == g && h == l.Strength {
					return yes
				}
			}
			continue
		}
		if l.Unit == "" && f == l.Strength {
			return yes
		}
		u := unitKey(strings.ToLower(strings.SplitN(unit, "/", 2)[0]))
		if m, n := mass(u), mass(l.Unit); m > 0 && n > 0 && f*m == l.Strength*n || l.Unit == u && f == l.Strength {
			return yes
		}
	}
	if l.Second != "" {
		return no
	}
	return unsure
}

// ByLOINC is the test of a LOINC code, or nil.
func ByLOINC(code string) *Item {
	for i := range load().items {
		if it := &load().items[i]; it.Kind == Test && len(it.Codes) > 0 && it.Codes[0].Code == code && len(it.Members) == 0 {
			return it
		}
	}
	return nil
}
