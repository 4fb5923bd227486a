package visit

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart/note"
	"wholechart/decision/formula"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// vitalsForm is the form of one taking.
type vitalsForm struct {
	Action  string
	Day     string // date of the taking
	Time    string // clock of the taking
	Rows    []vitalRow
	Error   string
	TimeErr string
	Absent  []web.Option
}

// first is the row that has the focus: the first with something wrong.
func (f vitalsForm) first() int {
	return max(0, slices.IndexFunc(f.Rows, func(r vitalRow) bool { return r.Error != "" }))
}

type vitalRow struct {
	Kind, Name, Value, Unit string
	Units                   []note.Unit
	Methods                 []string
	Method                  string
	Absent                  string
	Last                    string // "78.4 kg, 14 Nov 2026"
	Error                   string
	Pressure                bool
	Second                  string // a second blood pressure
	SecondError             string
	Side, Posture           string
	Sure                    string  // what was typed and asked about: typed again as it is, it is meant
	last                    float64 // of a weight or height, in its unit; 0 without one
	lastDays                int
}

func (h *room) vitalsForm(c *door.Call, p *clinic.Patient, eid string) *vitalsForm {
	now := c.Now.In(c.Zone)
	f := &vitalsForm{Action: c.Path("patients", p.ID(), "visits", eid, "vitals"), Day: now.Format("2006-01-02"), Time: now.Format("15:04"), Absent: []web.Option{{Value: "", Label: "taken"}}}
	for _, a := range note.Absences {
		f.Absent = append(f.Absent, web.Option{Value: a.ID, Label: a.Text})
	}
	months := note.Months(p.Chart().Patient.Birth.At, c.Now)
	for _, v := range note.Vitals {
		if v.Kind == "head" && (months < 0 || months > 36) {
			continue
		}
		r := vitalRow{Kind: v.Kind, Name: v.Name, Units: v.Units(), Unit: v.Unit.UCUM, Methods: v.Methods, Pressure: v.Kind == "bp"}
		if last := p.Chart().Vitals.Get(v.Kind); last != nil {
			r.Last = strings.TrimSpace(last.Latest.Value+" "+last.Latest.Unit) + ", " + last.Latest.When.String()
			if cv, err := formula.Convert(last.Latest.Number, seriesUnit(last.Series), v.Unit.UCUM); err == nil && (v.Kind == "weight" || v.Kind == "height") {
				r.last, r.lastDays = cv, int(c.Now.Sub(last.Latest.When.At).Hours()/24)
			}
		}
		f.Rows = append(f.Rows, r)
	}
	return f
}

// typed puts in what was typed.
func (f *vitalsForm) typed(form url.Values) *vitalsForm {
	for i := range f.Rows {
		r := &f.Rows[i]
		r.Value, r.Second, r.Absent, r.Method = cut(form.Get(r.Kind)), cut(form.Get(r.Kind+".2")), form.Get(r.Kind+".absent"), form.Get(r.Kind+".method")
		r.Sure = cut(form.Get(r.Kind + ".sure"))
		r.Side, r.Posture = form.Get(r.Kind+".side"), form.Get(r.Kind+".posture")
		if u := form.Get(r.Kind + ".unit"); u != "" {
			r.Unit = u
		}
	}
	f.Day, f.Time = cut(form.Get("day")), cut(form.Get("time"))
	return f
}

// takeVitals reads the form: everything or nothing is recorded. What is blank
// makes nothing.
func (h *room) takeVitals(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	e, err := encounter(c)
	if err != nil {
		c.Failed(err)
		return
	}
	p, err := h.pages.Patient(c, access.EMR)
	if err != nil {
		c.Failed(err)
		return
	}
	if why := void(e); why != "" {
		h.showVisit(c, http.StatusConflict, func(w *workspace) { w.Vitals, w.Error = h.vitalsForm(c, p, e.ID).typed(form), voidWords(why) })
		return
	}
	f := h.vitalsForm(c, p, e.ID)
	ch := p.Chart()
	age := formula.AgeOf(ch, c.Now)
	f.typed(form)
	var list []note.Measured
	bad := false
	for i := range f.Rows {
		r := &f.Rows[i]
		got, err := r.read(age)
		list = append(list, got...)
		bad = bad || err
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", f.Day+" "+f.Time, c.Zone)
	switch birth := birthDay(ch); {
	case err != nil:
		f.TimeErr, bad = "Write the day as 2026-11-22 and the time as 10:30", true
	case at.After(c.Now.Add(time.Minute)):
		f.TimeErr, bad = "That is in the future", true
	case !birth.IsZero() && at.Before(birth):
		f.TimeErr, bad = "That is before the patient was born", true
	case at.Before(c.Now.AddDate(-1, 0, 0)):
		f.TimeErr, bad = "That is more than a year ago: vital signs of a visit are of that day", true
	}
	if !bad {
		t := note.Taking{Patient: p.ID(), Encounter: e.ID, When: at, Now: c.Now.In(c.Zone), By: me(c)}
		if last := ch.Vitals.Get("height"); last != nil && age.Known && age.Years >= 20 && last.Latest.Source.Own && last.Latest.Number > 0 {
			if cm, err := formula.Convert(last.Latest.Number, last.Series.Unit, "cm"); err == nil && c.Now.Sub(last.Latest.When.At) < 3*365*24*time.Hour {
				t.Height.Ref, t.Height.CM, t.Height.When = last.Latest.Ref(), strconv.FormatFloat(cm, 'f', -1, 64), last.Latest.When.String()
			}
		}
		acts, err := note.Take(t, list)
		var invalid *record.Invalid
		switch {
		case errors.Is(err, note.ErrNotTaken):
			f.Error, bad = "Nothing was entered. A vital sign that was not taken stays “not recorded”.", true
		case err != nil: // words for the form
			f.Error, bad = err.Error(), true
		default:
			if _, err = c.Session(access.EMR).Transact(c.R.Context(), acts); errors.As(err, &invalid) {
				f.Error, bad = err.Error(), true
			} else if err != nil {
				c.Failed(err)
				return
			}
		}
	}
	if bad {
		h.showVisit(c, http.StatusUnprocessableEntity, func(w *workspace) { w.Vitals = f })
		return
	}
	c.Done(c.Path("patients", p.ID(), "visits", e.ID)+"?tab=vitals", web.Flash{Kind: web.Good, Text: "Vital signs recorded at " + at.Format("15:04") + "."})
}

func cut(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "")
	}
	return s
}

// read is what a row says: readings, or a message beside it.
func (r *vitalRow) read(age formula.Age) (out []note.Measured, bad bool) {
	v := note.VitalOf(r.Kind)
	if r.Absent != "" {
		if r.Value != "" || r.Second != "" {
			r.Error = "Either a value, or why there is none"
			return nil, true
		}
		return []note.Measured{{Vital: v, Absent: r.Absent}}, false
	}
	if r.Pressure {
		for i, text := range []string{r.Value, r.Second} {
			if text == "" {
				continue
			}
			say := &r.Error
			if i == 1 {
				say = &r.SecondError
			}
			s, d, err := note.ReadPressure(text)
			if err == nil {
				err = cmp.Or(formula.Plausible("bp", s.Float(), "mm[Hg]", age), formula.Plausible("diastolic", d.Float(), "mm[Hg]", age))
			}
			if err != nil {
				*say, bad = err.Error(), true
				continue
			}
			out = append(out, note.Measured{Vital: v, Amount: s, Over: d, Side: r.Side, Posture: r.Posture})
		}
		return out, bad
	}
	if r.Value == "" {
		return nil, false
	}
	a, err := v.Read(r.Value, r.Unit)
	if err == nil {
		err = formula.Plausible(r.Kind, a.Float(), v.Unit.UCUM, age)
	}
	if err == nil && r.Sure != r.Value {
		if err = r.leap(a.Float(), age); err != nil {
			r.Sure = r.Value
		}
	}
	if err != nil {
		r.Error = err.Error()
		return nil, true
	}
	return []note.Measured{{Vital: v, Amount: a, Method: r.Method}}, false
}

// leap asks about a grown person's weight or height that is far from the last one:
// the unit or the patient may be another. It is no reading of the value; what is
// meant is recorded when it is sent again.
func (r *vitalRow) leap(value float64, age formula.Age) error {
	if r.last <= 0 || !age.Known || age.Years < 20 {
		return nil
	}
	off := (value - r.last) / r.last
	most := 0.2
	if r.Kind == "height" {
		most = 0.04
	}
	if off > -most && off < most || r.Kind == "weight" && r.lastDays > 2*365 {
		return nil
	}
	word := "more"
	if off < 0 {
		word, off = "less", -off
	}
	return fmt.Errorf("%.0f %% %s than the last one (%s). Is the unit right, and the patient? Send it again as it is to record it", off*100, word, r.Last)
}

// lineOf is one recorded vital sign as the page shows it, read by age.
func lineOf(c *door.Call, p *clinic.Patient, r record.Resource) vitalLine {
	n := r.Node()
	l := vitalLine{Name: n.Path("code", "text").Str(), Href: p.ChartHref("fact", "Observation", r.ID)}
	if l.Name == "" {
		l.Name = n.Path("code", "coding", "display").Str()
	}
	at := when(n.Get("effectiveDateTime"), c.Zone)
	if !at.IsZero() {
		l.Time = at.Format("15:04")
	}
	code := n.Path("code", "coding", "code").Str()
	kind := ""
	for _, v := range note.Vitals {
		if v.Code == code {
			kind = v.Kind
		}
	}
	if code == "39156-5" {
		kind = "bmi"
	}
	birth := birthDay(p.Chart())
	reading := formula.Reading{Kind: kind, Sex: p.Chart().Patient.SexAtBirth, Site: n.Path("method", "text").Str()}
	if !birth.IsZero() && !at.IsZero() {
		reading.Age = formula.AgeAt(birth, at)
	}
	num := func(text string) float64 {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0
		}
		return f
	}
	q := n.Get("valueQuantity")
	l.Value, l.Unit, l.Typed = q.Get("value").Text(), q.Get("unit").Str(), note.AsTyped(q)
	reading.Value, reading.Unit = num(l.Value), q.Get("code").Str()
	if kind == "bp" {
		for x := range n.Get("component").Items() {
			v := x.Path("valueQuantity", "value").Text()
			switch x.Path("code", "coding", "code").Str() {
			case "8480-6":
				l.Value, reading.Value = v, num(v)
			case "8462-4":
				reading.Diastolic = num(v)
				l.Value += "/" + v
			case "8361-8":
				l.Detail = x.Path("valueCodeableConcept", "text").Str()
			}
		}
		if s := n.Path("bodySite", "text").Str(); s != "" {
			l.Detail = strings.TrimPrefix(s+", "+l.Detail, ", ")
			l.Detail = strings.TrimSuffix(l.Detail, ", ")
		}
		l.Unit, reading.Unit = "mmHg", "mm[Hg]"
	} else {
		l.Detail = reading.Site
	}
	if kind == "pain" {
		l.Unit = "of 10"
		reading.Unit = ""
	}
	if in := formula.Vital(reading); in.OK {
		l.Flag, l.Word, l.Range, l.Citation = in.Flag, in.Word, in.Range, in.Citation
	} else {
		l.Why = in.Why
	}
	return l
}
