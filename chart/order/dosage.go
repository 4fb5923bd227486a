package order

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/fhir"
)

// dosages are the steps as FHIR. Of several each has its sequence: the same
// number runs at once, a higher one follows.
func (s Sig) dosages() []any {
	var out []any
	for _, x := range s.Steps() {
		if d := x.Dosage(); len(d) > 0 {
			if len(s.More) > 0 && x.Seq > 0 {
				d["sequence"] = x.Seq
			}
			out = append(out, d)
		}
	}
	return out
}

// Dosage is one step as FHIR (http://hl7.org/fhir/R4/dosage.html): the
// text that people read, and the same in parts.
func (s Sig) Dosage() object {
	d := object{}
	if how := s.one(nil); how != "" {
		d["text"] = sentence(how)
	}
	if s.Note != "" {
		d["additionalInstruction"] = []any{concept(s.Note)}
		if d["text"] == nil {
			d["text"] = s.Note
		}
	}
	repeat := object{}
	if s.Once {
		repeat["count"] = 1
	} else if s.Times > 0 && s.Per != "" && s.Every > 0 {
		repeat["frequency"], repeat["period"], repeat["periodUnit"] = s.Times, s.Every, s.Per
		if s.TimesMax > s.Times {
			repeat["frequencyMax"] = s.TimesMax
		}
		if s.EveryMax > s.Every {
			repeat["periodMax"] = s.EveryMax
		}
	}
	if len(s.When) > 0 {
		repeat["when"] = s.When
	}
	if len(s.On) > 0 {
		repeat["dayOfWeek"] = s.On
	}
	if len(s.At) > 0 {
		var at []string
		for _, t := range s.At {
			at = append(at, t+":00")
		}
		repeat["timeOfDay"] = at
	}
	switch {
	case s.Start != "" || s.End != "":
		period := object{}
		if s.Start != "" {
			period["start"] = s.Start
		}
		if s.End != "" {
			period["end"] = s.End
		}
		repeat["boundsPeriod"] = period
	case s.Days > 0:
		repeat["boundsDuration"] = object{"value": s.Days, "unit": "day", "system": UCUM, "code": "d"}
	}
	if len(repeat) > 0 {
		d["timing"] = object{"repeat": repeat}
	}
	if s.PRN && s.For != "" {
		d["asNeededCodeableConcept"] = concept(s.For)
	} else if s.PRN {
		d["asNeededBoolean"] = true
	} else if s.For != "" {
		d["patientInstruction"] = "for " + s.For
	}
	if r, ok := routes[s.Route]; ok {
		text := r.words
		d["route"] = concept(text, coding(SNOMED, r.code, r.display))
	}
	if s.Verb != "" {
		d["method"] = concept(s.Verb)
	}
	switch {
	case s.Dose > 0 && s.DoseMax > s.Dose:
		d["doseAndRate"] = []any{object{"doseRange": object{"low": quantity(s.Dose, s.Unit), "high": quantity(s.DoseMax, s.Unit)}}}
	case s.Dose > 0:
		d["doseAndRate"] = []any{object{"doseQuantity": quantity(s.Dose, s.Unit)}}
	}
	if s.Max > 0 {
		d["maxDosePerPeriod"] = object{"numerator": quantity(s.Max, s.MaxUnit), "denominator": object{"value": 1, "unit": "day", "system": UCUM, "code": "d"}}
	}
	return d
}

func readQuantity(n fhir.Node) (float64, string) {
	q := fhir.QuantityOf(n)
	v, err := strconv.ParseFloat(string(q.Value), 64)
	if err != nil {
		return 0, ""
	}
	if k := unitKey(strings.ToLower(q.Unit)); k != "" {
		return v, k
	}
	for k, u := range units {
		if u.code == q.Code && q.Code != "" {
			return v, k
		}
	}
	return v, q.Unit
}

// ReadSigs reads all Dosages of an order, in their order: those without a sequence
// run at once with the first that has none before them. Beyond MaxSteps what
// follows is kept as words.
func ReadSigs(list fhir.Node) Sig {
	var steps []Sig
	at := 1
	for d := range list.Items() {
		x := ReadSig(d)
		if n, err := strconv.Atoi(d.Get("sequence").Text()); err == nil && n >= 0 && n < 1<<20 {
			at = n
		}
		x.Seq = at
		steps = append(steps, x)
		if len(steps) == 4*MaxSteps {
			break
		}
	}
	slices.SortStableFunc(steps, func(x, y Sig) int { return x.Seq - y.Seq })
	if len(steps) > MaxSteps {
		last := &steps[MaxSteps-1]
		for _, x := range steps[MaxSteps:] {
			word := "; and "
			if x.Follows(steps[MaxSteps-1]) {
				word = "; then "
			}
			last.Said = last.one(nil) + word + uncapital(x.one(nil))
		}
		steps = steps[:MaxSteps]
	}
	return SetSteps(steps)
}

// ReadSig reads one Dosage: its parts, or of a text alone what the parser of typed
// lines understands. A text that says it otherwise than the parts stays: nobody's
// "at night" is lost because the parts say once a day.
func ReadSig(d fhir.Node) Sig {
	s, text := readParts(d), clean(cut(d.Get("text").Str(), MaxNote))
	if plain, ok := strings.CutSuffix(text, thenStop); ok && len(s.More) == 0 {
		s.Stop, text = true, plain
	}
	if text != "" && text != s.Note {
		plain := s
		plain.Stop = false
		if !strings.EqualFold(text, plain.How()) {
			s.Said = text
		}
	}
	return s.alone(d.Get("text").Str())
}

// alone is the directions of one Dosage whose text says several steps: the text
// stays whole, and the parts are the first one's.
func (s Sig) alone(text string) Sig {
	if len(s.More) > 0 {
		s.More, s.Seq, s.Said = nil, 0, clean(cut(text, MaxNote))
	}
	return s
}

func readParts(d fhir.Node) Sig {
	rate, repeat := d.Get("doseAndRate").Index(0), d.Get("timing").Get("repeat")
	if !rate.Exists() && !repeat.Exists() && !d.Get("timing").Get("code").Exists() {
		return ParseSig(d.Get("text").Str()).Sig
	}
	var s Sig
	if q := rate.Get("doseQuantity"); q.Exists() {
		s.Dose, s.Unit = readQuantity(q)
	} else if r := rate.Get("doseRange"); r.Exists() {
		s.Dose, s.Unit = readQuantity(r.Get("low"))
		s.DoseMax, _ = readQuantity(r.Get("high"))
	}
	number := func(n fhir.Node) float64 { f, _ := strconv.ParseFloat(n.Text(), 64); return f }
	s.Times, s.TimesMax = int(number(repeat.Get("frequency"))), int(number(repeat.Get("frequencyMax")))
	s.Every, s.EveryMax = number(repeat.Get("period")), number(repeat.Get("periodMax"))
	s.Per = repeat.Get("periodUnit").Str()
	if s.Per != "" && s.Times == 0 {
		s.Times = 1
	}
	for w := range repeat.Get("dayOfWeek").Items() {
		if dayWords[w.Str()] != "" && !slices.Contains(s.On, w.Str()) {
			s.On = append(s.On, w.Str())
		}
	}
	for w := range repeat.Get("timeOfDay").Items() {
		if t := w.Str(); len(t) >= 5 && clock(t[:5]) != "" && len(s.At) < 12 {
			s.At = append(s.At, t[:5])
		}
	}
	if s.Per == "" && len(s.On)+len(s.At) > 0 {
		s.Times, s.Every, s.Per = max(1, len(s.At)), 1, "d"
	}
	if s.Per == "" { // in words or by an abbreviation: BID
		c := fhir.CodeableConceptOf(d.Get("timing").Get("code"))
		said := []string{c.Text}
		for _, x := range c.Codings {
			said = append(said, x.Code, x.Display)
		}
		for _, w := range said {
			if l := ParseSig(w); l.Sig.Times > 0 && len(l.Unread)+len(l.Problems)+len(l.Sig.More) == 0 {
				s.Times, s.TimesMax, s.Every, s.EveryMax, s.Per, s.When = l.Sig.Times, l.Sig.TimesMax, l.Sig.Every, l.Sig.EveryMax, l.Sig.Per, l.Sig.When
				break
			}
		}
	}
	if periodWords[s.Per] == "" {
		s.Times, s.Every, s.Per = 0, 0, ""
	}
	s.Once = repeat.Get("count").Text() == "1" && s.Times == 0
	for w := range repeat.Get("when").Items() {
		if whens[w.Str()] != "" {
			s.addWhen(w.Str())
		}
	}
	if b := repeat.Get("boundsDuration"); b.Exists() {
		s.Days = number(b.Get("value")) * dayUnits[strings.ToLower(b.Get("code").Str()+map[bool]string{true: b.Get("unit").Str()}[!b.Get("code").Exists()])]
	}
	if p := repeat.Get("boundsPeriod"); p.Exists() {
		s.Start, s.End = dayOf(p.Get("start").Str()), dayOf(p.Get("end").Str())
	}
	s.PRN = d.Get("asNeededBoolean").True()
	if c := d.Get("asNeededCodeableConcept"); c.Exists() {
		s.PRN, s.For = true, fhir.CodeableConceptOf(c).Label()
	}
	if f, ok := strings.CutPrefix(d.Get("patientInstruction").Str(), "for "); ok {
		s.For = f
	} else if f != "" {
		s.Note = clean(cut(f, MaxNote))
	}
	route := d.Get("route")
	if k := routeKey(route.Get("text").Str()); k != "" {
		s.Route = k
	} else {
		for c := range route.Get("coding").Items() {
			for k, r := range routes {
				if c.Get("code").Is(r.code) && !strings.Contains(k, "-") {
					s.Route = k
				}
			}
		}
	}
	s.Verb = d.Get("method").Get("text").Str()
	if m := d.Get("maxDosePerPeriod"); m.Exists() {
		s.Max, s.MaxUnit = readQuantity(m.Get("numerator"))
	}
	for a := range d.Get("additionalInstruction").Items() {
		s.Note = strings.TrimSpace(s.Note + " " + fhir.CodeableConceptOf(a).Label())
	}
	return s
}

// dayOf is the day of a dateTime, "" of one that says none.
func dayOf(s string) string {
	if len(s) >= 10 {
		if _, err := time.Parse(time.DateOnly, s[:10]); err == nil {
			return s[:10]
		}
	}
	return ""
}
