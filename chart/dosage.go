package chart

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"wholechart/fhir"
)

// dosed is when directions end: the last day of all, and unknown as long as one of
// them does not say when it does.
func (b *builder) dosed(dosages fhir.Node) (last When) {
	for d := range dosages.Items() {
		end := b.when(d.Get("timing").Get("repeat").Get("boundsPeriod").Get("end"))
		if !end.Known() {
			return When{}
		}
		if !last.Known() || last.Before(end) {
			last = end
		}
	}
	return last
}

// sig is how to take a medicine, every dosage of it: the words of each, else made of
// its parts. The same sequence runs at once, "; and", a higher one follows,
// "; then" (http://hl7.org/fhir/R4/dosage-definitions.html#Dosage.sequence).
func (b *builder) sig(dosages fhir.Node) string {
	type step struct {
		seq  int
		text string
	}
	var steps []step
	var notes []string // what is said beside a text that does not say it
	seq := 1
	for d := range dosages.Items() {
		if n, err := strconv.Atoi(d.Get("sequence").Text()); err == nil {
			seq = n
		}
		s := b.str(d.Get("text"))
		if s != "" {
			said := strings.ToLower(s)
			for a := range d.Get("additionalInstruction").Items() {
				if l := b.label(a); l != "" && !strings.Contains(said, strings.ToLower(l)) && !slices.Contains(notes, l) {
					notes = append(notes, l)
				}
			}
		}
		if s == "" {
			s = b.sigOf(d)
		}
		if s == "" {
			s = b.str(d.Get("patientInstruction"))
		}
		if s != "" {
			steps = append(steps, step{seq, s})
		}
	}
	slices.SortStableFunc(steps, func(x, y step) int { return cmp.Compare(x.seq, y.seq) })
	out := ""
	for i, s := range steps {
		switch {
		case i == 0:
			out = s.text
		case s.seq > steps[i-1].seq:
			out = strings.TrimRight(out, ". ") + "; then " + uncapital(s.text)
		default:
			out = strings.TrimRight(out, ". ") + "; and " + uncapital(s.text)
		}
	}
	if len(notes) > 0 {
		out = strings.TrimRight(out, ". ") + ". Note: " + strings.Join(notes, "; ")
	}
	return out
}

// uncapital begins a text with a small letter, where its first word is a plain one.
func uncapital(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}

// sigOf words the parts of one dosage, all that it says.
func (b *builder) sigOf(d fhir.Node) string {
	var parts []string
	say := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	for rate := range d.Get("doseAndRate").Items() {
		say(sayAmount(rate.Get("doseQuantity"), rate.Get("doseRange")))
		say(sayAmount(rate.Get("rateQuantity"), rate.Get("rateRange")))
		say(sayRatio(rate.Get("rateRatio")))
	}
	say(b.label(d.Get("route")))
	if site := b.label(d.Get("site")); site != "" {
		say("at the " + site)
	}
	timing := d.Get("timing")
	repeat := timing.Get("repeat")
	if t := b.label(timing.Get("code")); t != "" {
		say(t)
	} else {
		say(sayRepeat(repeat))
	}
	say(b.sayTimes(timing))
	if d.Get("asNeededBoolean").True() {
		say("as needed")
	} else if why := b.label(d.Get("asNeededCodeableConcept")); why != "" {
		say("as needed for " + why)
	}
	if q := sayAmount(repeat.Get("boundsDuration"), repeat.Get("boundsRange")); q != "" {
		say("for " + q)
	}
	if from := b.when(repeat.Get("boundsPeriod").Get("start")); from.Known() {
		say("from " + from.String())
	}
	if until := b.when(repeat.Get("boundsPeriod").Get("end")); until.Known() {
		say("until " + until.String())
	}
	if r := sayRatio(d.Get("maxDosePerPeriod")); r != "" {
		say("at most " + r)
	}
	if q := sayQuantity(d.Get("maxDosePerAdministration")); q != "" {
		say("at most " + q + " at once")
	}
	for a := range d.Get("additionalInstruction").Items() {
		say(b.label(a))
	}
	if len(parts) > 0 {
		say(b.str(d.Get("patientInstruction")))
	}
	return strings.Join(parts, ", ")
}

func sayAmount(q, r fhir.Node) string {
	if s := sayQuantity(q); s != "" || !r.Exists() {
		return s
	}
	return strings.TrimPrefix(strings.TrimSpace(r.Get("low").Get("value").Text()+"–"+sayQuantity(r.Get("high"))), "–")
}

func sayRatio(r fhir.Node) string {
	n, d := sayQuantity(r.Get("numerator")), sayQuantity(r.Get("denominator"))
	if n == "" || d == "" {
		return n
	}
	return n + " in " + d
}

// moments are FHIR's event timings in words (http://hl7.org/fhir/R4/valueset-event-timing.html).
var moments = map[string]string{"MORN": "in the morning", "MORN.early": "early in the morning", "MORN.late": "late in the morning", "NOON": "at noon", "AFT": "in the afternoon", "AFT.early": "early in the afternoon",
	"AFT.late": "late in the afternoon", "EVE": "in the evening", "EVE.early": "early in the evening", "EVE.late": "late in the evening", "NIGHT": "at night", "PHS": "after sleep", "HS": "at bedtime", "WAKE": "on waking",
	"C": "with meals", "CM": "with breakfast", "CD": "with lunch", "CV": "with dinner", "AC": "before meals", "ACM": "before breakfast", "ACD": "before lunch", "ACV": "before dinner",
	"PC": "after meals", "PCM": "after breakfast", "PCD": "after lunch", "PCV": "after dinner"}

var weekdays = map[string]string{"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday"}

// sayTimes words moments of the day, times of day, days of the week, and how often in all.
func (b *builder) sayTimes(timing fhir.Node) string {
	var out []string
	r := timing.Get("repeat")
	if off := r.Get("offset").Text(); off != "" && off != "0" {
		out = append(out, off+" minutes off")
	}
	for w := range r.Get("when").Items() {
		out = append(out, cmp.Or(moments[w.Str()], w.Str()))
	}
	for w := range r.Get("timeOfDay").Items() {
		out = append(out, "at "+strings.TrimSuffix(w.Str(), ":00"))
	}
	for w := range r.Get("dayOfWeek").Items() {
		out = append(out, "on "+cmp.Or(weekdays[w.Str()], w.Str()))
	}
	for w := range timing.Get("event").Items() {
		if t := b.when(w); t.Known() {
			out = append(out, t.String())
		}
	}
	if n := r.Get("count").Text(); n == "1" && r.Get("frequency").Text() == "" {
		out = append(out, "once only")
	} else if n != "" {
		out = append(out, n+" times in all")
	}
	return strings.Join(out, " and ")
}

var periods = map[string]string{"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}

// sayRepeat says a Timing.repeat in words: "twice a day", "every 8 hours".
func sayRepeat(r fhir.Node) string {
	unit := periods[r.Get("periodUnit").Str()]
	if unit == "" {
		return ""
	}
	period, times := r.Get("period").Text(), cmp.Or(r.Get("frequency").Text(), "1")
	if most := r.Get("frequencyMax").Text(); most != "" {
		times += "–" + most
	}
	if period == "1" || period == "1.0" || period == "" {
		switch times {
		case "1":
			return "once a " + unit
		case "2":
			return "twice a " + unit
		}
		return times + " times a " + unit
	}
	every := "every " + period + " " + unit + "s"
	if times == "1" {
		return every
	}
	return times + " times " + every
}
