package cases

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Expected is what a case wants to be answered, as data: expected.json has it.
// Words are held against what is said without regard to where in it they stand.
type Expected struct {
	// None: of the case's rule there is no card; of a case without a rule there is
	// no card at all; of what is due nothing is said of any rule.
	None     bool      `json:"none,omitempty"`
	Cards    []Card    `json:"cards,omitempty"`
	Gap      *Words    `json:"gap,omitempty"` // that a check says it could not look
	Due      *Due      `json:"due,omitempty"`
	Vaccines *Vaccines `json:"vaccines,omitempty"`
}

// Words are what must and must not be said.
type Words struct {
	Says    []string `json:"says,omitempty"`
	SaysNot []string `json:"saysNot,omitempty"`
}

// Card is one card. With a rule: the loudest card of the rule is of this level, and
// its cards together say the words. Without one: a card of this level says them.
type Card struct {
	Rule  string `json:"rule,omitempty"`
	Level string `json:"level"` // quiet, notice, interrupt
	Words
}

// Due is how a recommendation or a checkup stands, with words of why.
type Due struct {
	Rule   string   `json:"rule"`
	Status string   `json:"status"`
	Says   []string `json:"says,omitempty"`
}

// Vaccines is what is expected of doses and of a forecast.
type Vaccines struct {
	Doses       *int     `json:"doses,omitempty"` // how many the record holds
	Given       []Given  `json:"given,omitempty"`
	Groups      []Group  `json:"groups,omitempty"`
	Observed    []string `json:"observed,omitempty"` // codes of the CDC's observations that the record shows
	NotObserved []string `json:"notObserved,omitempty"`
	Asks        []string `json:"asks,omitempty"` // words of a question to the clinician
	Conflicts   []string `json:"conflicts,omitempty"`
}

// Given is how one dose counts for a group: counts, no, or extra.
type Given struct {
	Dose   int    `json:"dose"` // from 1, by date
	Group  string `json:"group"`
	Counts string `json:"counts"`
	Says   string `json:"says,omitempty"`
}

// Group is one thing expected of a vaccine group; what is empty is not asked.
type Group struct {
	Group       string `json:"group"`          // its title without spaces: HepatitisB
	Risk        bool   `json:"risk,omitempty"` // the forecast for those at risk, not for all
	Absent      bool   `json:"absent,omitempty"`
	Need        string `json:"need,omitempty"`
	Dose        string `json:"dose,omitempty"` // the number of the next
	Earliest    string `json:"earliest,omitempty"`
	Recommended string `json:"recommended,omitempty"`
	PastDue     string `json:"pastDue,omitempty"`
	Because     string `json:"because,omitempty"` // code of an observation that makes it wanted
	Against     string `json:"against,omitempty"` // code of one that stands against it
}

var quotes = regexp.MustCompile(`(not )?"([^"]*)"`)

// say reads words in quotes.
func say(s string) (w Words) {
	for _, m := range quotes.FindAllStringSubmatch(s, -1) {
		if m[1] != "" {
			w.SaysNot = append(w.SaysNot, m[2])
		} else {
			w.Says = append(w.Says, m[2])
		}
	}
	return w
}

// cards reads what a case of drafted orders expects.
func (w *teller) cards(rule, want string) (e Expected) {
	first, more, _ := strings.Cut(want, " ")
	said := say(more)
	switch first {
	case "nothing":
		e.None = true
	case "gap":
		e.Gap = &said
	default: // what is no level is never met
		e.Cards = []Card{{Rule: rule, Level: first, Words: said}}
	}
	if left := strings.TrimSpace(quotes.ReplaceAllString(more, "")); left != "" {
		w.fail("%q is left over of %q", left, want)
	}
	return e
}

// due reads what a case of what is due expects.
func (w *teller) due(rule, want string) (e Expected) {
	status, _, _ := strings.Cut(want, `"`)
	if status = strings.TrimSpace(status); status == "nothing" {
		e.None = true
		return e
	}
	said := say(want)
	if len(said.SaysNot) > 0 || status == "" {
		w.fail("no status %q", want)
	}
	e.Due = &Due{Rule: rule, Status: status, Says: said.Says}
	return e
}

// vaccines reads one thing that a case of vaccines expects.
func (w *teller) vaccines(e *Expected, want string, birth time.Time) {
	if e.Vaccines == nil {
		e.Vaccines = &Vaccines{}
	}
	v, f := e.Vaccines, fields.FindAllString(want, -1)
	said, first := say(want), f[0]
	at := func(i int) string {
		if i >= len(f) {
			w.fail("%q is not whole", want)
		}
		return f[i]
	}
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			w.fail("no number in %q", want)
		}
		return n
	}
	switch first {
	case "silent":
		e.None = true
	case "interrupt", "notice", "quiet":
		e.Cards = append(e.Cards, Card{Level: first, Words: said})
	case "gap", "nogap":
		if e.Gap == nil {
			e.Gap = &Words{}
		}
		if first == "gap" {
			e.Gap.Says = append(e.Gap.Says, said.Says...)
		} else {
			e.Gap.SaysNot = append(e.Gap.SaysNot, said.Says...)
		}
	case "ask":
		v.Asks = append(v.Asks, said.Says...)
	case "conflict":
		v.Conflicts = append(v.Conflicts, said.Says...)
	case "doses":
		n := number(at(1))
		v.Doses = &n
	case "dose":
		v.Given = append(v.Given, Given{Dose: number(at(1)), Group: at(2), Counts: at(3), Says: strings.Join(said.Says, "")})
	case "observed":
		v.Observed = append(v.Observed, at(1))
	case "unobserved":
		v.NotObserved = append(v.NotObserved, at(1))
	case "absent":
		v.Groups = append(v.Groups, Group{Group: at(1), Risk: len(f) > 2, Absent: true})
	case "because":
		v.Groups = append(v.Groups, Group{Group: at(1), Because: at(2)})
	case "against":
		v.Groups = append(v.Groups, Group{Group: at(1), Against: at(2)})
	default:
		g := Group{Group: first}
		if at(1) == "risk" {
			g.Risk, f = true, append(f[:1:1], f[2:]...)
		}
		switch at(1) {
		case "dose":
			g.Dose = at(2)
		case "earliest", "recommended", "pastdue":
			at(2)
			on, _ := w.when(f[2:], birth)
			*map[string]*string{"earliest": &g.Earliest, "recommended": &g.Recommended, "pastdue": &g.PastDue}[f[1]] = on
		default:
			g.Need = f[1]
		}
		v.Groups = append(v.Groups, g)
	}
}
