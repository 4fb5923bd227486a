package terminology

import (
	"slices"
	"strconv"
	"strings"

	"wholechart/fhir"
)

// Label is the code's name as people say it: of substances by structure and
// mechanism the usual word.
func (m Match) Label() string {
	if m.usual != "" {
		return m.usual
	}
	return m.Display
}

// Bounds of a question.
const (
	MaxQuery = 200 // bytes that are looked at
	MaxWords = 8
	MaxFound = 50
)

// Match is one code that was found.
type Match struct {
	fhir.Coding
	Note    string // what else it was found by, or what kind it is: "heart attack", "finding"; may be empty
	Also    fhir.Coding
	Common  bool // one of those that are meant most often
	Retired bool // no longer for new use, as its publisher says (CVX, MVX)
	usual   string
}

// Find are at most n codes of a kind whose words, in any order, begin with the
// given words; or, of one word with a digit in it, whose code begins so. The
// best come first: the whole name, then a name that begins so, then what is
// meant most often, then the shorter. Of no word it finds nothing.
func Find(words string, k Kind, n int) []Match {
	if len(words) > MaxQuery {
		words = words[:MaxQuery]
	}
	n = min(n, MaxFound)
	folded := strings.TrimSpace(fold(strings.ToValidUTF8(words, " ")))
	t := tableOf(k)
	q := question{phrase: folded}
	for w := range eachWord(folded) {
		if len(q.words) == MaxWords {
			break
		}
		lo, _ := slices.BinarySearch(t.vocab, w)
		hi := lo
		for step := len(t.vocab); step > 0; step /= 2 { // the end of the run that begins with w
			for hi+step <= len(t.vocab) && strings.HasPrefix(t.vocab[hi+step-1], w) {
				hi += step
			}
		}
		q.words = append(q.words, span{uint16(lo), hi - lo, lo < len(t.vocab) && t.vocab[lo] == w})
		q.texts = append(q.texts, w)
	}
	if n <= 0 || len(q.words) == 0 {
		return nil
	}
	best := top{n: n}
	t.byCode(folded, &best)
	possible := true
	for _, s := range q.words {
		possible = possible && s.n > 0
	}
	if possible {
		t.scan(&q, &best)
	}
	out := make([]Match, 0, len(best.items))
	seen := map[string]bool{}
	for _, it := range best.items {
		m := t.match(it.line, &q)
		key := m.System + "|" + m.Code + "|" + m.Also.Code
		if seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, m)
	}
	return out
}

type span struct {
	lo    uint16
	n     int
	whole bool // the first of the span is the word itself
}

type question struct {
	phrase string
	words  []span
	texts  []string
}

// scan looks at every line: its words are 16-bit places, so that a table of a
// hundred thousand lines takes well under a millisecond or two.
func (t *table) scan(q *question, best *top) {
	for i := range t.len() {
		ws := t.words[t.first[i]:t.first[i+1]]
		whole := 0
		all := true
		for _, s := range q.words {
			found := false
			for _, w := range ws {
				if d := int(w) - int(s.lo); d >= 0 && d < s.n {
					found = true
					if d == 0 && s.whole {
						whole++
						break
					}
				}
			}
			if !found {
				all = false
				break
			}
		}
		if all && t.plain[i] && len(best.items) == best.n { // most lines cannot be among the best, and are not read
			possible := 60*min(whole, len(q.words)) - int(t.length[i])
			if d := int(ws[0]) - int(q.words[0].lo); d >= 0 && d < q.words[0].n {
				possible += 3 * 200
			}
			if possible <= best.items[best.n-1].score {
				continue
			}
		}
		if all {
			best.add(i, t.score(i, q, whole))
		}
	}
}

// score says how well a line that has all words answers.
func (t *table) score(i int, q *question, whole int) int {
	l := parse(t.line(i))
	score := 60*min(whole, len(q.words)) - min(len(l.display), 160)
	if l.rank != "" {
		if r, err := strconv.Atoi(l.rank); err == nil {
			score += 420 - min(r, 200)
		}
	}
	score += 3 * likeness(l.display, q)
	for alias := range strings.SplitSeq(l.aliases, "|") {
		if alias != "" {
			if s := 3 * likeness(alias, q); s >= 3*90 {
				score += s - 20
				break
			}
		}
	}
	switch {
	case strings.HasSuffix(l.note, "inactive"):
		score -= 4000
	case l.note == "situation" || l.note == "event":
		score -= 250
	}
	return score
}

// likeness is 200 of the same text, 90 of a beginning.
func likeness(name string, q *question) int {
	if len(name) < len(q.phrase) {
		return 0
	}
	f := fold(name)
	switch {
	case f == q.phrase:
		return 200
	case strings.HasPrefix(f, q.phrase):
		return 90
	case strings.HasPrefix(f, q.texts[0]):
		return 45
	}
	return 0
}

// byCode finds codes by their beginning: E11.9, e119, 44054006.
func (t *table) byCode(q string, best *top) {
	if len(q) < 2 || strings.ContainsAny(q, " ") || !strings.ContainsAny(q, "0123456789") {
		return
	}
	plain := strings.ToUpper(strings.ReplaceAll(q, ".", ""))
	for i := range t.len() {
		code := t.key(i)[2:]
		if hasPrefixWithoutDot(code, plain) {
			score := 5000 - 10*len(code)
			if code == strings.ToUpper(q) {
				score += 500
			}
			best.add(i, score)
		}
	}
}

func hasPrefixWithoutDot(code, plain string) bool {
	j := 0
	for i := 0; i < len(code) && j < len(plain); i++ {
		if code[i] == '.' {
			continue
		}
		if code[i] != plain[j] {
			return false
		}
		j++
	}
	return j == len(plain)
}

func (t *table) match(i int, q *question) Match {
	l := parse(t.line(i))
	m := Match{Coding: fhir.Coding{System: systemOf(l.system), Code: l.code, Display: l.display}, Common: l.rank != "", Note: l.note}
	if strings.HasPrefix(l.display, "Substance with ") {
		m.usual, _, _ = strings.Cut(l.aliases, "|")
		m.usual = strings.ToUpper(m.usual[:min(1, len(m.usual))]) + m.usual[min(1, len(m.usual)):]
	}
	switch l.system {
	case 'c', 'm':
		m.Note = ""
		status := l.note
		if rest, ok := strings.CutPrefix(l.note, "mvx "); ok {
			var code string
			code, status, _ = strings.Cut(rest, " ")
			if name, ok := Lookup(MVX, code); ok {
				m.Also = name.Coding
			}
			m.Note = l.aliases
			if m.Also.Display != "" {
				m.Note += ", " + m.Also.Display
			}
		}
		m.Retired = status == "inactive"
	}
	if m.Note == "" || l.system == 's' || l.system == 'r' {
		if q != nil {
			if a := aliasFor(l, q); a != "" {
				m.Note = a
			}
		}
	}
	return m
}

// aliasFor is the other word by which a line was found, when its own name would not have been.
func aliasFor(l line, q *question) string {
	name := fold(l.display)
	for _, w := range q.texts {
		if !containsWord(name, w) {
			for alias := range strings.SplitSeq(l.aliases, "|") {
				if alias != "" && containsWord(fold(alias), w) {
					return alias
				}
			}
		}
	}
	return ""
}

func containsWord(text, prefix string) bool {
	for w := range eachWord(text) {
		if strings.HasPrefix(w, prefix) {
			return true
		}
	}
	return false
}

// top keeps the n best, the best first; of equals the earlier line.
type top struct {
	n     int
	items []scored
}

type scored struct{ line, score int }

func (t *top) add(line, score int) {
	if len(t.items) == t.n && score <= t.items[t.n-1].score {
		return
	}
	for _, it := range t.items {
		if it.line == line {
			return
		}
	}
	at := len(t.items)
	for at > 0 && t.items[at-1].score < score {
		at--
	}
	t.items = slices.Insert(t.items, at, scored{line, score})
	if len(t.items) > t.n {
		t.items = t.items[:t.n]
	}
}

// Lookup is what a code means, as the tables say: of the first kind that has it.
func Lookup(system, code string) (Match, bool) {
	for _, k := range kindsOf(system) {
		t := tableOf(k)
		want := letterOf(system) + "\t" + code
		at, ok := slices.BinarySearchFunc(t.codes, want, func(i uint32, key string) int { return strings.Compare(t.key(int(i)), key) })
		if ok {
			return t.match(int(t.codes[at]), nil), true
		}
	}
	return Match{}, false
}

func letterOf(system string) string {
	for _, l := range "isrlcm" {
		if systemOf(byte(l)) == system {
			return string(l)
		}
	}
	return "?"
}

func kindsOf(system string) []Kind {
	switch system {
	case ICD10CM:
		return []Kind{Problem}
	case SNOMED:
		return []Kind{Problem, Procedure, Allergen, Device, BodySite}
	case RxNorm:
		return []Kind{Medicine}
	case LOINC:
		return []Kind{Lab, Imaging, Document}
	case CVX:
		return []Kind{Vaccine}
	case MVX:
		return []Kind{Manufacturer}
	}
	return nil
}
