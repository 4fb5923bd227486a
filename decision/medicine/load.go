package medicine

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

// Interaction is one rule about two groups of ingredients.
type Interaction struct {
	rule.Rule
	A, B         Side
	Severity     string // contraindicated, severe, moderate
	Danger       string // "bleeding"
	Why, Do      string
	Alternatives []Alternative
}

// Side is one of the two groups of an interaction.
type Side struct {
	Text string // as written in the table
	// Members are names of ingredients, each with the days for which it still
	// counts after it was stopped.
	Members map[string]int
	// AnyRoute: what acts where it is put counts too: creams, drops, inhalers.
	AnyRoute bool
	// Route is the only way of giving that counts, besides one not said; "" for
	// every way by which the ingredient acts in the whole body.
	Route string
}

// Alternative is another medicine that a source names, for some reasons only
// when Reasons is not empty.
type Alternative struct {
	Name    string
	Side    uint8    // what it takes the place of: 0 A, 1 B
	Reasons []string // parts of words of an order's reason, lower case
}

// Bounds of what Load takes.
const (
	MostRules = 20_000
	MostBytes = 16 << 20
	mostField = 2000
)

// Columns are the columns of a table of interactions, in their order. The first
// line of a file names them. A and B are lists separated by semicolons: an
// ingredient as substance knows it ("warfarin"), a class ("class:ssri"), one to
// leave out ("-linezolid"), "route:any" for creams and inhalers too, "route:oral"
// or "route:injected" for that way alone. After_a and after_b say for how many
// days a stopped medicine still counts: "14; fluoxetine 35". Alternatives are
// separated by semicolons and take the place of what is on side B, or of
// A when they begin so, for the reasons in braces if there are any:
// "nitrofurantoin {urin, cystitis}; a: pravastatin". Level is quiet, notice or interrupt;
// severity contraindicated, severe or moderate; date the ISO date of the source;
// reviewed the ISO date on which a clinician reviewed the rule, or nothing.
var Columns = []string{"id", "a", "b", "level", "severity", "danger", "title", "why", "do", "alternatives", "after_a", "after_b", "citation", "url", "date", "reviewed"}

// Load reads a table of interactions: UTF-8 CSV (RFC 4180) with the Columns. It
// refuses a file with an ingredient or class that is not known, so that no line
// is silently without effect, and says the line. It reads at most MostBytes and
// MostRules.
func Load(r io.Reader) ([]Interaction, error) {
	limited := &io.LimitedReader{R: r, N: MostBytes + 1}
	in := csv.NewReader(limited)
	in.FieldsPerRecord = len(Columns)
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("interactions: no first line with the %d columns: %w", len(Columns), err)
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	if !slices.Equal(head, Columns) {
		return nil, fmt.Errorf("interactions: the first line must be %s", strings.Join(Columns, ","))
	}
	var out []Interaction
	seen := map[string]bool{}
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("interactions: %w", err)
		}
		line, _ := in.FieldPos(0)
		x, err := readLine(rec)
		if err != nil {
			return nil, fmt.Errorf("interactions line %d: %w", line, err)
		}
		if seen[x.ID] {
			return nil, fmt.Errorf("interactions line %d: the id is there twice", line)
		}
		if seen[x.ID] = true; len(out) == MostRules {
			return nil, fmt.Errorf("interactions: more than %d rules", MostRules)
		}
		out = append(out, x)
	}
	if limited.N <= 0 {
		return nil, fmt.Errorf("interactions: more than %d bytes", MostBytes)
	}
	return out, nil
}

func readLine(rec []string) (x Interaction, err error) {
	f := map[string]string{}
	for i, c := range Columns {
		v := strings.TrimSpace(rec[i])
		if len(v) > mostField {
			return x, fmt.Errorf("%s is longer than %d bytes", c, mostField)
		}
		f[c] = strings.Clone(v)
	}
	for _, c := range []string{"id", "a", "b", "danger", "title", "why", "do", "citation", "date"} {
		if f[c] == "" {
			return x, fmt.Errorf("%s is empty", c)
		}
	}
	x = Interaction{Severity: f["severity"], Danger: f["danger"], Why: f["why"], Do: f["do"]}
	x.Rule = rule.Rule{ID: f["id"], Kind: rule.Interaction, Title: f["title"], Version: "1", Date: f["date"], Reviewed: f["reviewed"], Citation: f["citation"], URL: f["url"],
		Text: strings.Join([]string{f["a"], f["b"], f["level"], f["severity"], f["danger"], f["title"], f["why"], f["do"], f["alternatives"], f["after_a"], f["after_b"], f["citation"], f["date"]}, " | ")}
	switch f["level"] {
	case "quiet":
		x.Level = rule.Quiet
	case "notice":
		x.Level = rule.Notice
	case "interrupt":
		x.Level = rule.Interrupt
	default:
		return x, errors.New("level must be quiet, notice or interrupt")
	}
	if !slices.Contains([]string{"contraindicated", "severe", "moderate"}, x.Severity) {
		return x, errors.New("severity must be contraindicated, severe or moderate")
	}
	for _, d := range []string{f["date"], f["reviewed"]} {
		if !isoDate(d) {
			return x, errors.New("a date must be YYYY, YYYY-MM or YYYY-MM-DD")
		}
	}
	if x.A, err = readSide(f["a"], f["after_a"]); err != nil {
		return x, err
	}
	if x.B, err = readSide(f["b"], f["after_b"]); err != nil {
		return x, err
	}
	for _, s := range []Side{x.A, x.B} { // a class that gains a member changes the rule
		x.Text += " | " + strings.Join(slices.Sorted(maps.Keys(s.Members)), ", ")
	}
	for part := range fields(f["alternatives"]) {
		name, reasons, _ := strings.Cut(strings.TrimSuffix(part, "}"), "{")
		a := Alternative{Name: strings.TrimSpace(name), Side: 1}
		if n, ok := strings.CutPrefix(a.Name, "a: "); ok {
			a.Name, a.Side = n, 0
		}
		if _, ok := substance.Known(a.Name); !ok {
			return x, fmt.Errorf("no ingredient is called %q", a.Name)
		}
		for r := range strings.SplitSeq(reasons, ",") {
			if r = strings.ToLower(strings.TrimSpace(r)); r != "" {
				a.Reasons = append(a.Reasons, r)
			}
		}
		x.Alternatives = append(x.Alternatives, a)
	}
	return x, nil
}

// fields yields the parts between semicolons that are not empty.
func fields(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for p := range strings.SplitSeq(s, ";") {
			if p = strings.TrimSpace(p); p != "" && !yield(p) {
				return
			}
		}
	}
}

func readSide(text, after string) (Side, error) {
	s := Side{Text: text, Members: map[string]int{}}
	for p := range fields(text) {
		class, isClass := strings.CutPrefix(p, "class:")
		without, leaveOut := strings.CutPrefix(p, "-")
		_, known := substance.Known(p)
		switch {
		case p == "route:any":
			s.AnyRoute = true
		case p == "route:oral", p == "route:injected":
			s.Route = strings.TrimPrefix(p, "route:")
		case isClass:
			m := substance.Members(strings.TrimSpace(class))
			if m == nil {
				return s, fmt.Errorf("no class is called %q", class)
			}
			for _, n := range m {
				s.Members[n] = 0
			}
		case leaveOut:
			if _, there := s.Members[without]; !there {
				return s, fmt.Errorf("%q is not among those before it", without)
			}
			delete(s.Members, without)
		case known:
			s.Members[p] = 0
		default:
			return s, fmt.Errorf("no ingredient is called %q", p)
		}
	}
	if len(s.Members) == 0 {
		return s, errors.New("a side has no ingredient")
	}
	for p := range fields(after) {
		name, days := "", p
		if i := strings.LastIndexByte(p, ' '); i > 0 {
			name, days = strings.TrimSpace(p[:i]), p[i+1:]
		}
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 400 {
			return s, fmt.Errorf("%q is no number of days up to 400", days)
		}
		if name == "" {
			for m := range s.Members {
				s.Members[m] = n
			}
			continue
		}
		if _, there := s.Members[name]; !there {
			return s, fmt.Errorf("%q is not on its side", name)
		}
		s.Members[name] = n
	}
	return s, nil
}

func isoDate(s string) bool {
	if s == "" {
		return true
	}
	const form = "0000-00-00"
	if len(s) != 4 && len(s) != 7 && len(s) != 10 {
		return false
	}
	for i := range len(s) {
		if digit := s[i] >= '0' && s[i] <= '9'; digit != (form[i] == '0') || !digit && s[i] != '-' {
			return false
		}
	}
	return true
}

//go:embed interactions.csv
var interactionsText string

var builtin = sync.OnceValue(func() []Interaction {
	list, err := Load(strings.NewReader(interactionsText))
	if err != nil {
		panic("medicine: " + err.Error()) // the embedded table is tested
	}
	return list
})
