package document

import (
	"fmt"
	"strings"
	"time"

	"wholechart/chart"
)

// Template is a kind of letter: what it is filled with.
type Template struct {
	ID, Title string
	Kind      string // code of its document
	Say       string // what it is, for who chooses
	Visit     bool   // it is about one visit
	fill      func(w *writer)
}

// AfterVisit is the id of the after-visit summary's template.
const AfterVisit = "after-visit"

// Templates are the letters that can be written, the most usual first.
var Templates = []Template{
	{AfterVisit, "After-visit summary", "69730-0", "What was found, done and decided at one visit, in plain words, for the patient to take home", true, (*writer).afterVisit},
	{"referral", "Referral letter", "57133-1", "To a colleague: the question, then problems, medicines, allergies and results", false, (*writer).referral},
	{"results", "Results letter", "51852-2", "To the patient: what was measured lately and what it means", false, (*writer).results},
	{"note", "Work or school note", "51852-2", "To an employer or school: dates, and no diagnosis", true, (*writer).absence},
	{"medicines", "Medication list", "56445-0", "What is taken, how and what for", false, (*writer).medicineList},
	{"immunisations", "Immunisation record", "11369-6", "Every dose with its date", false, (*writer).immunisationRecord},
	{"summary", "Summary of the chart", "34133-9", "Everything current, for a colleague or for moving away", false, (*writer).summary},
	{"blank", "Letter", "51852-2", "An empty sheet", false, func(*writer) {}},
}

// TemplateOf is a template by its id.
func TemplateOf(id string) (Template, bool) {
	for _, t := range Templates {
		if t.ID == id {
			return t, true
		}
	}
	return Templates[len(Templates)-1], false
}

// Visit is what was written at one visit, each fact as the chart means it.
type Visit struct {
	ID     string
	When   chart.When
	Reason string
	Who    string
	Facts  *chart.Chart // of the visit alone
	Plan   string       // of its note; "" when none is written
	Told   string       // instructions of its note
	Signed bool         // the note that they are of
}

// Fill writes a letter from a chart: what is recorded and nothing else. What is
// not known is said to be so; what another site wrote names that site. gap says
// why facts of other sites may be missing, visit is nil when it is about none.
func Fill(t Template, c *chart.Chart, visit *Visit, gap string, now time.Time) Letter {
	w := &writer{c: c, visit: visit, gap: gap, now: now}
	t.fill(w)
	l := Letter{Template: t.ID, Title: t.Title, Body: strings.TrimSpace(w.String())}
	if t.ID == "referral" {
		l.To = Marker
	}
	if visit != nil && t.Visit {
		l.Encounter = visit.ID
		l.Title += ", " + visit.When.String()
	}
	return l
}

type writer struct {
	strings.Builder
	c     *chart.Chart
	visit *Visit
	gap   string
	now   time.Time
}

func (w *writer) line(parts ...string) { w.WriteString(strings.Join(parts, "") + "\n") }
func (w *writer) head(s string)        { w.WriteString("\n# " + s + "\n") }

// item is one line of a list: what is empty is left out, and the source is named
// when it is another site.
func (w *writer) item(p chart.Prov, parts ...string) {
	var have []string
	for _, s := range parts {
		if s = strings.Join(strings.Fields(s), " "); s != "" {
			have = append(have, s)
		}
	}
	s := "- " + strings.Join(have, ", ")
	if p.Source != nil && !p.Source.Own {
		s += " (recorded by " + p.Source.Name + ")"
	}
	w.line(s)
}

// person is who it is about, for letters that go to somebody else.
func (w *writer) person() {
	p := w.c.Patient
	who := p.Name
	if who == "" {
		who = "Name not recorded"
	}
	born := "birth date not recorded"
	if p.Birth.Known() {
		born = "born " + p.Birth.String()
	}
	w.line("Re: ", who, ", ", born)
}

// missing says what may be lacking, once.
func (w *writer) missing() {
	if w.gap != "" {
		w.line("\nNot all of the record could be read: ", w.gap, ".")
	}
	for _, cut := range w.c.Cut {
		w.line(fmt.Sprintf("\nOf %s the newest %d of %d were looked at.", cut.Type, cut.Shown, cut.Of))
	}
}

func (w *writer) problems() {
	w.head("Problems")
	ps := w.c.Problems
	for _, p := range ps.Active {
		since := ""
		if p.Onset.Known() {
			since = "since " + p.Onset.String()
		} else if p.OnsetText != "" {
			since = p.OnsetText
		}
		doubt := ""
		if p.Verification != "" && p.Verification != "confirmed" {
			doubt = p.Verification
		}
		w.item(p.Prov, p.Name, p.Stage, since, doubt)
	}
	switch {
	case len(ps.Active) > 0:
	case ps.NoneKnown:
		w.line("None known.")
	default:
		w.line("Not recorded: nobody has written whether there are any.")
	}
}

func (w *writer) medicines() {
	w.head("Medicines")
	m := w.c.Medicines
	for _, x := range m.Active {
		reason := ""
		if x.Reason != "" {
			reason = "reason: " + x.Reason
		}
		sig := x.Sig
		if sig == "" {
			sig = "how to take it is not recorded"
		}
		hold := ""
		if x.State == "on-hold" {
			hold = "ON HOLD"
		}
		w.item(x.Prov, x.Name, sig, reason, hold)
		for _, d := range x.Differs {
			where := "elsewhere"
			if d.Source != nil {
				where = "by " + d.Source.Name
			}
			w.line("- Recorded otherwise ", where, ": ", d.What, " ", d.There)
		}
	}
	switch {
	case len(m.Active) > 0:
	case m.NoneKnown:
		w.line("None taken, as recorded.")
	default:
		w.line("Not recorded: nobody has written whether any are taken.")
	}
}

func (w *writer) allergies() {
	w.head("Allergies")
	a := w.c.Allergies
	for _, x := range a.Items {
		reaction := strings.Join(x.Reactions, ", ")
		if reaction == "" {
			reaction = "reaction not recorded"
		}
		grave := x.Severity
		if x.Severe && grave == "" {
			grave = "severe"
		}
		w.item(x.Prov, x.Substance, reaction, grave)
	}
	switch a.State {
	case chart.Known:
	case chart.NoneKnown:
		if a.Asked.Known() {
			w.line("None known, asked ", a.Asked.String(), ".")
		} else {
			w.line("None known.")
		}
	default:
		w.line("Not recorded: nobody has written whether there are any. This does not mean that there are none.")
	}
}

// value is a result as it was reported, with its unit and flag.
func value(p chart.Point) string {
	if p.Value == "" {
		if p.Absent != "" {
			return "no value: " + p.Absent
		}
		return "no value recorded"
	}
	s := p.Value
	if p.Unit != "" {
		s += " " + p.Unit
	}
	if p.FlagWord != "" && p.FlagWord != "normal" && !strings.EqualFold(p.FlagWord, p.Value) {
		s += " (" + p.FlagWord + ")"
	}
	return s
}

func (w *writer) vitals(c *chart.Chart) bool {
	for _, v := range c.Vitals.Items {
		w.item(v.Latest.Prov, v.Name+" "+value(v.Latest), v.Latest.When.String())
	}
	return len(c.Vitals.Items) > 0
}

// recent are the latest results of each test, the newest first, of so many days.
func (w *writer) recent(days, most int) int {
	n := 0
	for _, s := range w.c.Results.Series {
		if s.Category != "laboratory" && s.Category != "imaging" && s.Category != "" {
			continue
		}
		p := s.Latest()
		if !p.When.Known() || w.now.Sub(p.When.At) > time.Duration(days)*24*time.Hour || n >= most {
			continue
		}
		n++
		was := ""
		if before, ok := s.Previous(); ok && before.Value != "" {
			was = "before: " + before.Value + " on " + before.When.String()
		}
		ref := ""
		if r := p.Range.Text; r != "" {
			ref = "usual " + r
		}
		w.item(p.Prov, s.Name+" "+value(p), ref, p.When.String(), was)
	}
	return n
}

func (w *writer) immunisations() {
	n := 0
	for _, v := range w.c.Immunizations.Rows {
		for _, d := range v.Doses {
			n++
			when := "date not recorded"
			if d.When.Known() {
				when = d.When.String()
			} else if d.WhenText != "" {
				when = d.WhenText
			}
			product, number, lot, told := "", "", "", ""
			if d.Product != v.Name {
				product = d.Product
			}
			if d.Number != "" {
				number = "dose " + d.Number
			}
			if d.Lot != "" {
				lot = "lot " + d.Lot
			}
			if d.Reported {
				told = "as told, not given here"
			}
			w.item(d.Prov, v.Name, when, product, number, lot, told)
		}
	}
	if n == 0 {
		w.line("No dose is recorded. Doses may have been given elsewhere.")
	}
	for _, d := range w.c.Immunizations.Refused {
		w.item(d.Prov, d.Product+" was not given", d.When.String(), d.Reason)
	}
}
