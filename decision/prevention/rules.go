package prevention

import (
	"bufio"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"wholechart/decision/rule"
	"wholechart/fhir"
)

// entry is one recommendation of the table.
type entry struct {
	rule.Rule
	name  string // what is to be done, short: "Mammogram"
	grade string // "A", "B"; of checkups the words of the source: "ADA grade B"; "" none
	say   string // our own sentence
	note  string // what we chose or are unsure of
	from  []line // for whom: one of them
	not   []line // but not: any of them
	done  []method
	ask   int // months until it is asked again after it was declined
	order *rule.Draft
}

// line is clauses that all must be so; each is alternatives of which one must.
type line [][]clause

// method is one way of having it done.
type method struct {
	concept   int
	months    int
	days      int
	once      bool
	taken     bool // as long as it is taken
	pregnancy bool // in this pregnancy
	fromWeek  int  // of the pregnancy
	fromAge   int  // years, at which it must have been done
	cond      line // only when
}

// Recommendation is one rule of the table as people read it.
type Recommendation struct {
	Rule  *rule.Rule
	Name  string
	Grade string
	Say   string   // our own sentence
	Note  string   // what we chose, or are unsure of: "USPSTF names no interval; yearly is ours"
	For   []string // for whom, one of them, in the table's words
	Not   []string // but not these
	Done  []string // what counts and for how long
}

//go:embed table
var tables embed.FS

type knowledge struct {
	vocabulary *vocabulary
	entries    []*entry
	list       []Recommendation
}

// known is the embedded table; that it can be read is tested.
var known = sync.OnceValue(func() *knowledge {
	read := func(suffix string) string {
		var all strings.Builder
		files, _ := tables.ReadDir("table")
		for _, f := range files {
			if strings.HasSuffix(f.Name(), suffix) {
				text, _ := tables.ReadFile("table/" + f.Name())
				all.Write(text)
				all.WriteByte('\n')
			}
		}
		return all.String()
	}
	k, err := load(read(".concepts.txt"), read(".rules.txt"))
	if err != nil {
		panic(err)
	}
	return k
})

// Rules are all rules of the table, preventive recommendations first.
func Rules() []*rule.Rule {
	var out []*rule.Rule
	for _, e := range known().entries {
		out = append(out, &e.Rule)
	}
	return out
}

// Table is all rules with what they say, for the page that lists them.
func Table() []Recommendation { return slices.Clone(known().list) }

func load(concepts, rules string) (*knowledge, error) {
	cs, err := parseConcepts(concepts)
	if err != nil {
		return nil, err
	}
	k := &knowledge{vocabulary: newVocabulary(cs)}
	if err := k.parse(rules); err != nil {
		return nil, err
	}
	slices.SortStableFunc(k.entries, func(x, y *entry) int {
		return boolFirst(x.Kind == rule.Prevention, y.Kind == rule.Prevention)
	})
	slices.SortStableFunc(k.list, func(x, y Recommendation) int {
		return boolFirst(x.Rule.Kind == rule.Prevention, y.Rule.Kind == rule.Prevention)
	})
	return k, nil
}

func boolFirst(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return -1
	}
	return 1
}

// parse reads a table of rules: "[id]", then lines of a key and its value.
func (k *knowledge) parse(text string) error {
	var e *entry
	var r *Recommendation
	seen := map[string]bool{}
	finish := func() error {
		if e == nil {
			return nil
		}
		if e.Title == "" || e.name == "" || e.Citation == "" || e.Date == "" || e.say == "" || len(e.from) == 0 || len(e.done) == 0 {
			return fmt.Errorf("prevention: rule %s: title, name, source, date, say, for and done are needed", e.ID)
		}
		e.Rule.Version, e.Level = "1", rule.Notice
		r.Rule, r.Name, r.Grade, r.Say, r.Note = &e.Rule, e.name, e.grade, e.say, e.note
		k.entries, k.list = append(k.entries, e), append(k.list, *r)
		return nil
	}
	in := bufio.NewScanner(strings.NewReader(text))
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		l := strings.TrimSpace(in.Text())
		if l == "" || l[0] == '#' {
			continue
		}
		if id, ok := strings.CutPrefix(l, "["); ok {
			if err := finish(); err != nil {
				return err
			}
			id = strings.TrimSuffix(id, "]")
			if id == "" || seen[id] {
				return fmt.Errorf("prevention: rules line %d: an id, once", n)
			}
			seen[id] = true
			e, r = &entry{Rule: rule.Rule{ID: id, Kind: rule.Prevention}, ask: 12}, new(Recommendation)
			continue
		}
		if e == nil {
			return fmt.Errorf("prevention: rules line %d: no rule begun", n)
		}
		key, value, _ := strings.Cut(l, " ")
		if err := k.set(e, r, key, strings.TrimSpace(value)); err != nil {
			return fmt.Errorf("prevention: rules line %d: %s: %w", n, e.ID, err)
		}
	}
	if err := finish(); err != nil {
		return err
	}
	return in.Err()
}

func (k *knowledge) set(e *entry, r *Recommendation, key, value string) (err error) {
	var l line
	e.Text += key + " " + value + "\n"
	switch key {
	case "title":
		e.Title = value
	case "name":
		e.name = value
	case "grade":
		e.grade = value
	case "say":
		e.say = value
	case "note":
		e.note = value
	case "source":
		e.Citation = value
	case "url":
		e.URL = value
	case "date":
		e.Date = value
	case "reviewed":
		e.Reviewed = value // by a clinician
	case "kind":
		if e.Kind = rule.Prevention; value == "checkup" {
			e.Kind = rule.Checkup
		}
	case "for":
		l, err = k.line(value)
		e.from, r.For = append(e.from, l), append(r.For, value)
	case "not":
		l, err = k.line(value)
		e.not, r.Not = append(e.not, l), append(r.Not, value)
	case "done":
		var m method
		m, err = k.method(value)
		e.done, r.Done = append(e.done, m), append(r.Done, value)
	case "ask":
		e.ask, _, err = interval(value)
	case "order":
		e.order, err = draft(value)
	default:
		err = fmt.Errorf("no key %q", key)
	}
	return err
}

// method reads "colonoscopy every 10 y", "ultrasound once", "statin while
// taken", "hba1c every 3 mo if latest hba1c >= 7 %", "hiv-test once this
// pregnancy from week 24", "hpv-test every 5 y from age 30".
func (k *knowledge) method(text string) (m method, err error) {
	text, cond, conditional := strings.Cut(text, " if ")
	if conditional {
		if m.cond, err = k.line(cond); err != nil {
			return m, err
		}
	}
	words := strings.Fields(text)
	if len(words) < 2 {
		return m, fmt.Errorf("what is done and how often")
	}
	if m.concept, err = k.concept(words[0]); err != nil {
		return m, err
	}
	rest := strings.Join(words[1:], " ")
	if before, after, ok := strings.Cut(rest, " from age "); ok {
		if m.fromAge, err = strconv.Atoi(after); err != nil {
			return m, err
		}
		rest = before
	}
	if before, after, ok := strings.Cut(rest, " from week "); ok {
		if m.fromWeek, err = strconv.Atoi(after); err != nil {
			return m, err
		}
		rest = before
	}
	if before, ok := strings.CutSuffix(rest, " this pregnancy"); ok {
		m.pregnancy, rest = true, before
	}
	switch every, ok := strings.CutPrefix(rest, "every "); {
	case rest == "once":
		m.once = true
	case rest == "while taken":
		m.taken = true
	case ok:
		m.months, m.days, err = interval(every)
	default:
		err = fmt.Errorf("how often is %q", rest)
	}
	return m, err
}

func (k *knowledge) concept(id string) (int, error) {
	i, ok := k.vocabulary.byID[id]
	if !ok {
		return 0, fmt.Errorf("no concept %q", id)
	}
	return i, nil
}

// interval reads "10 y", "6 mo", "12 wk", "30 d".
func interval(s string) (months, days int, err error) {
	number, unit, _ := strings.Cut(s, " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 1200 {
		return 0, 0, fmt.Errorf("an interval like 10 y, not %q", s)
	}
	switch unit {
	case "y":
		return 12 * n, 0, nil
	case "mo":
		return n, 0, nil
	case "wk":
		return 0, 7 * n, nil
	case "d":
		return 0, n, nil
	}
	return 0, 0, fmt.Errorf("an interval in y, mo, wk or d, not %q", s)
}

// draft reads "laboratory Hemoglobin A1c | loinc 4548-4".
func draft(s string) (*rule.Draft, error) {
	name, codes, _ := strings.Cut(s, "|")
	kind, name, _ := strings.Cut(strings.TrimSpace(name), " ")
	d := &rule.Draft{Kind: rule.DraftKind(kind), Name: name}
	switch d.Kind {
	case rule.DraftTest, rule.DraftImaging, rule.DraftProcedure, rule.DraftReferral, rule.DraftMedicine:
	default:
		return nil, fmt.Errorf("no kind of order %q", kind)
	}
	f := strings.Fields(codes)
	if name == "" || len(f)%2 != 0 {
		return nil, fmt.Errorf("an order is a kind, a name and codes")
	}
	for i := 0; i+1 < len(f); i += 2 {
		if systems[f[i]] == 0 {
			return nil, fmt.Errorf("no code system %q", f[i])
		}
		d.Codes = append(d.Codes, fhir.Coding{System: urlOf(systems[f[i]]), Code: f[i+1], Display: name})
	}
	return d, nil
}
