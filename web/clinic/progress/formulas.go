package progress

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/decision/formula"
	"wholechart/record"
	"wholechart/web"
)

// computed is one formula as the page shows it.
type computed struct {
	ID, Title, Href     string
	Shown, Text         string
	Inputs              []input
	Notes, Lacking      []string
	Why                 string
	Citation, URL, Date string
}

// input is one thing a formula was computed from, or lacks.
type input struct {
	Name, Text, When string
	Badge            *web.Badge
	Known            bool
}

// formulaSheet is the page of formulas.
type formulaSheet struct {
	Done, Lacking, Apart []computed
	Bedside              []web.Link
	Dead                 bool
}

func (v *view) formulas() formulaSheet {
	var out formulaSheet
	for _, c := range formula.From(v.Chart(), v.c.Now) {
		k := v.computed(c)
		switch {
		case c.OK:
			out.Done = append(out.Done, k)
		case c.Inapplicable != "":
			out.Apart = append(out.Apart, k)
		default:
			out.Lacking = append(out.Lacking, k)
		}
	}
	for _, f := range formula.All() {
		if f.Bedside {
			out.Bedside = append(out.Bedside, web.Link{Label: f.Title, Href: v.Href("progress", "formulas", f.ID)})
		}
	}
	out.Dead = v.Chart().Patient.Deceased
	return out
}

func (v *view) computed(c formula.Computed) computed {
	f := c.Formula
	k := computed{ID: f.ID, Title: f.Title, Href: v.Href("progress", "formulas", f.ID), Shown: c.Result.Shown, Text: c.Result.Text, Notes: c.Result.Notes, Lacking: c.Missing, Why: c.Inapplicable, Citation: f.Citation, Date: f.Date}
	if strings.HasPrefix(f.URL, "https://") {
		k.URL = f.URL
	}
	var missing *formula.MissingError
	if c.Err != nil && !errors.As(c.Err, &missing) {
		k.Why = c.Err.Error()
	}
	for _, x := range c.Result.Inputs {
		i := input{Name: x.Name, Known: x.Known, Text: said(x)}
		if x.When.Known() {
			i.When = v.When(x.When)
		}
		if x.Prov.Source != nil && x.Prov.ID != "" {
			b := v.Badge(x.Prov)
			i.Badge = &b
		}
		if x.Known || !x.Optional {
			k.Inputs = append(k.Inputs, i)
		}
	}
	return k
}

// said is an input in words.
func said(x formula.Value) string {
	switch {
	case !x.Known:
		return orElse(x.Why, "not recorded")
	case x.Kind == formula.YesNo:
		word := map[bool]string{true: "yes", false: "no"}[x.Yes]
		if x.Assumed {
			return "taken as no: " + x.Text
		}
		if x.Text != "" && x.Text != word {
			word += ", " + x.Text
		}
		return word
	case x.Kind == formula.Choice:
		return orElse(x.Text, x.Choice)
	case x.Kind == formula.Date && x.Text == "":
		return x.When.String()
	case x.Text != "":
		return x.Text
	}
	return strings.TrimSpace(ftoa(x.Number) + " " + formula.Shown(x.Unit))
}

func ftoa(f float64) string { return strconv.FormatFloat(f, 'g', 4, 64) }

func (v *view) formulasPage() {
	v.show(http.StatusOK, "Formulas and scores", "formulas", formulasMain(v, v.formulas()))
}

// form is one formula to be answered by somebody at the bedside. Nothing of it
// is stored.
type form struct {
	computed
	Fields  []web.Field
	Bedside bool
	Note    string
	Asked   bool
	Bad     string // what is wrong with the answers, where no field can be named
}

const mostAnswer = 40

func (v *view) formula() *formula.Formula { return formula.ByID(v.c.R.PathValue("formula")) }

func (v *view) formulaForm() {
	f := v.formula()
	if f == nil {
		v.c.Failed(record.ErrNotFound)
		return
	}
	v.answered(http.StatusOK, f, url.Values{}, false)
}

// formulaAnswer computes from what was answered, and from the record where a
// field was left empty. It is a POST so that answers stand in no address.
func (v *view) formulaAnswer() {
	f := v.formula()
	if f == nil {
		v.c.Failed(record.ErrNotFound)
		return
	}
	q, err := v.c.Form()
	if err != nil {
		v.c.Failed(err)
		return
	}
	v.answered(http.StatusOK, f, q, true)
}

func (v *view) answered(status int, f *formula.Formula, q url.Values, asked bool) {
	answers, wrong := v.answers(f, q)
	plainly := formula.One(f, v.Chart(), nil, v.c.Now)
	c := plainly
	if asked && len(wrong) == 0 {
		c = formula.One(f, v.Chart(), answers, v.c.Now)
	}
	k := form{computed: v.computed(c), Bedside: f.Bedside, Note: f.Note, Asked: asked}
	if asked && len(wrong) == 0 && !c.OK {
		var lacking *formula.MissingError
		var outside *formula.RangeError
		var old *formula.OldError
		var apart *formula.ApartError
		switch {
		case errors.As(c.Err, &lacking):
			for _, in := range f.Inputs {
				if slices.Contains(lacking.Names, in.Name) {
					wrong[in.ID] = "Needed: the record does not say."
				}
			}
		case errors.As(c.Err, &old):
			for _, in := range f.Inputs {
				if in.Name == old.Name {
					wrong[in.ID] = "The record's is of " + old.When.String() + ", too old: measure it and write it here."
				}
			}
		case errors.As(c.Err, &apart):
			for _, in := range f.Inputs {
				if slices.Contains(apart.Names, in.Name) {
					wrong[in.ID] = "Not of one time with the others: they must lie within " + strconv.Itoa(apart.Days) + " d."
				}
			}
		case errors.As(c.Err, &outside):
			for _, in := range f.Inputs {
				if in.Name == outside.Name {
					wrong[in.ID] = sentence(outside.Error())
				}
			}
		}
		if len(wrong) == 0 {
			k.Bad = orElse(k.Why, "This cannot be computed.")
		}
	}
	recorded := map[string]formula.Value{}
	for _, x := range formula.Prefill(f, v.Chart(), v.c.Now) {
		recorded[x.ID] = x
	}
	for _, in := range f.Inputs {
		k.Fields = append(k.Fields, v.field(in, recorded[in.ID], plain(q.Get(in.ID), mostAnswer), wrong[in.ID]))
	}
	if asked && (len(wrong) > 0 || k.Bad != "") {
		status = http.StatusUnprocessableEntity
		k.Shown, k.Text = "", ""
	}
	if !asked && f.Bedside {
		k.Shown = "" // nobody was at the bedside yet
	}
	v.show(status, f.Title, "formulas", formulaMain(v, k))
}

// answers reads the form; wrong says what is wrong with a field.
func (v *view) answers(f *formula.Formula, q url.Values) (out map[string]formula.Value, wrong map[string]string) {
	out, wrong = map[string]formula.Value{}, map[string]string{}
	for _, in := range f.Inputs {
		text := strings.TrimSpace(q.Get(in.ID))
		if text == "" {
			continue
		}
		if len([]rune(text)) > mostAnswer {
			wrong[in.ID] = "At most " + strconv.Itoa(mostAnswer) + " characters."
			continue
		}
		switch in.Kind {
		case formula.YesNo:
			if text != "yes" && text != "no" {
				wrong[in.ID] = "Choose yes or no."
				continue
			}
			out[in.ID] = formula.Bool(text == "yes")
		case formula.Choice:
			if !slices.Contains(in.Choices, text) {
				wrong[in.ID] = "Choose one of the list."
				continue
			}
			out[in.ID] = formula.Pick(text)
		case formula.Date:
			t, err := time.ParseInLocation("2006-01-02", text, v.c.Zone)
			if err != nil {
				wrong[in.ID] = "No day of the calendar. Write it as 2026-11-22."
				continue
			}
			out[in.ID] = formula.On(t)
		default:
			number, unit, ok := amount(text)
			if !ok {
				wrong[in.ID] = "Not a number. Write it as 7.9, or with another unit as 108 umol/L."
				continue
			}
			out[in.ID] = formula.Num(number, orElse(unit, in.Unit))
		}
	}
	return out, wrong
}

// amount reads a number with or without a unit, with a point or a comma.
func amount(s string) (n float64, unit string, ok bool) {
	end := strings.IndexFunc(s, func(r rune) bool { return !(r >= '0' && r <= '9' || r == '.' || r == ',' || r == '-' || r == '+') })
	if end < 0 {
		end = len(s)
	}
	digits := s[:end]
	if strings.Count(digits, ",") == 1 && !strings.Contains(digits, ".") {
		digits = strings.Replace(digits, ",", ".", 1)
	}
	n, err := strconv.ParseFloat(digits, 64)
	return n, strings.TrimSpace(s[end:]), err == nil
}

func (v *view) field(in formula.Input, had formula.Value, typed, bad string) web.Field {
	x := web.Field{Name: in.ID, Label: capital(in.Name), Value: typed, Error: bad, Required: !in.Optional && !had.Known}
	hint := ""
	if had.Known {
		hint = "Record: " + said(had)
		if had.When.Known() {
			hint += ", " + had.When.String()
		}
		if had.Prov.Source != nil {
			hint += ", " + had.Prov.Source.Name
		}
		hint += ". Leave empty to take it."
	} else if had.Why != "" && !in.Ask {
		hint = "Record: " + had.Why + "."
	}
	x.Hint = hint
	blank := "Choose"
	if had.Known {
		blank = "As the record says"
	} else if in.Optional {
		blank = "Not said"
	}
	switch in.Kind {
	case formula.YesNo:
		x.Type, x.Options = "select", []web.Option{{Value: "", Label: blank}, {Value: "yes", Label: "Yes"}, {Value: "no", Label: "No"}}
	case formula.Choice:
		x.Type, x.Options = "select", []web.Option{{Value: "", Label: blank}}
		for _, c := range in.Choices {
			x.Options = append(x.Options, web.Option{Value: c, Label: capital(c)})
		}
	case formula.Date:
		x.Type = "date"
	default:
		x.InputMode, x.MaxLength = "decimal", mostAnswer
		if u := formula.Shown(in.Unit); u != "" {
			x.Label += ", " + u
		}
	}
	return x
}

func sentence(s string) string {
	s = capital(s)
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
