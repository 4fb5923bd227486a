package immunization

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

// medicines are those that weaken immunity or stand against a live vaccine.
func (o *observer) medicines() {
	for i := range o.c.Medicines.Active {
		o.medicine(&o.c.Medicines.Active[i], 0)
	}
	for i := range o.c.Medicines.Stopped {
		m := &o.c.Medicines.Stopped[i]
		if m.State == "not-taken" {
			continue
		}
		w := m.Ended
		if !w.Known() && m.State != "completed" {
			w = m.LastFilled
		}
		if !w.Known() && m.State == "given" {
			w = m.Since
		}
		if !w.Known() || w.At.After(o.now) {
			continue
		}
		o.medicine(m, fact.Days(w, o.now)+1)
	}
}

// medicine looks at one, stopped some days ago; 0: it is taken.
func (o *observer) medicine(m *chart.Medicine, stopped int) {
	if m.Form == "topical" || m.Form == "eye" || m.Form == "ear" {
		return
	}
	list, _ := substance.Find(m.Name, m.Codes)
	switch route := substance.Route(m.Name); route {
	case "topical", "eye", "ear", "nasal", "inhaled", "rectal", "vaginal":
		return
	}
	words := fact.Words(m.Name + " " + m.Ingredient)
	text := m.Name
	if stopped > 0 {
		text += ", stopped " + strconv.Itoa(stopped-1) + " days ago"
	}
	e := rule.Evidence{Text: text, Prov: m.Prov, When: m.Since}
	for i := range o.t.medicines {
		k := &o.t.medicines[i]
		if stopped > 0 && stopped-1 > k.days || stopped > 0 && k.days == 0 {
			continue
		}
		if k.observation == "033" && stopped == 0 && m.Since.Known() && fact.Days(m.Since, o.now) > 14 {
			continue // a course that nobody ended
		}
		if k.under > 0 && (!o.c.Patient.Birth.Known() || !o.now.Before(o.c.Patient.Birth.At.AddDate(k.under, 0, 0))) {
			continue
		}
		for _, name := range k.names {
			if class, ok := strings.CutPrefix(name, "class:"); ok && substance.Any(list, class) || !ok && fact.Has(words, name) {
				o.add(k.observation, e)
				break
			}
		}
	}
	if substance.Any(list, "corticosteroid") {
		o.steroid(m, e, stopped)
	}
}

// prednisoneOf is what one milligram of a corticosteroid is of prednisone (the
// usual equivalent doses).
var prednisoneOf = map[string]float64{"prednisone": 1, "prednisolone": 1, "methylprednisolone": 1.25, "dexamethasone": 6.67, "hydrocortisone": 0.25, "deflazacort": 0.83, "cortisone": 0.2, "betamethasone": 8.3}

// Of corticosteroids: immunosuppressive is 20 mg of prednisone a day or more (2 mg
// a kilogram under 10 kg) for 14 days or more, and until a month after (ACIP
// General Best Practice Guidelines, altered immunocompetence).
const (
	steroidMg    = 20
	steroidDays  = 14
	steroidAfter = 30
)

func (o *observer) steroid(m *chart.Medicine, e rule.Evidence, stopped int) {
	if stopped > steroidAfter {
		return
	}
	name, factor := "", 0.0
	for _, w := range fact.Words(m.Name) {
		if f, ok := prednisoneOf[w]; ok {
			name, factor = w, f
		}
	}
	if name == "" { // budesonide, fluticasone and the like act where they are put
		return
	}
	mg, ok := perDay(m.Strength, m.Name, m.Sig)
	if !ok {
		o.advise(Advice{Codes: []string{"158"}, Facts: []rule.Evidence{e},
			Text: "Whether " + name + " weakens immunity depends on its dose a day, which could not be read: 20 mg of prednisone or more for two weeks stands against live vaccines"})
		return
	}
	most := float64(steroidMg)
	if w := o.c.Vitals.Get("weight"); w != nil && w.Latest.Number > 0 && w.Latest.Number < 10 && w.Latest.Unit == "kg" {
		most = 2 * w.Latest.Number
	}
	if mg*factor < most {
		return
	}
	end := o.now
	if stopped > 0 && m.Ended.Known() {
		end = m.Ended.At
	}
	if m.Since.Known() && end.Sub(m.Since.At) < steroidDays*24*time.Hour && stopped > 0 {
		return // a short course, over
	}
	if m.Since.Known() && end.Sub(m.Since.At) < steroidDays*24*time.Hour {
		o.advise(Advice{Codes: []string{"158"}, Facts: []rule.Evidence{e}, Text: "High-dose " + name + " since less than two weeks: if it goes on, it stands against live vaccines"})
		return
	}
	o.add("158", e)
}

var (
	milligrams = regexp.MustCompile(`(\d+(?:\.\d+)?)\s*mg\b`)
	tablets    = regexp.MustCompile(`(?:take|takes|give)?\s*(\d+(?:\.\d+)?|one|two|three|four|half)\s*(?:tablet|tab|pill|capsule|cap)s?\b`)
)

var (
	follows  = regexp.MustCompile(`[,;]? then `)
	together = regexp.MustCompile(`[,;] and `)
)

// perDay reads how many milligrams are taken on the day on which it is most, of
// directions in steps; ok is false when the words of a step do not say both.
func perDay(strength, name, sig string) (mg float64, ok bool) {
	for _, run := range follows.Split(sig, -1) {
		if run = strings.TrimSpace(run); mg > 0 && (run == "stop" || run == "") {
			continue
		}
		sum := 0.0
		for _, step := range together.Split(run, -1) {
			n, ok := ofStep(strength, name, step)
			if !ok {
				return 0, false
			}
			sum += n
		}
		mg = max(mg, sum)
	}
	return mg, mg > 0
}

// ofStep reads how many milligrams a day one step gives.
func ofStep(strength, name, sig string) (mg float64, ok bool) {
	low := strings.ToLower(sig)
	times := 0.0
	for _, k := range []struct {
		words string
		n     float64
	}{{"every other day", 0.5}, {"twice", 2}, {"two times", 2}, {"bid", 2}, {"every 12 h", 2}, {"three times", 3}, {"tid", 3}, {"every 8 h", 3}, {"four times", 4}, {"every 6 h", 4}, {"qid", 4},
		{"once", 1}, {"daily", 1}, {"a day", 1}, {"every day", 1}, {"each morning", 1}, {"every morning", 1}, {"per day", 1}, {"in the morning", 1}, {"at bedtime", 1}} {
		if strings.Contains(low, k.words) {
			times = k.n
			break
		}
	}
	if times == 0 || strings.Contains(low, "taper") {
		return 0, false
	}
	if f := milligrams.FindStringSubmatch(low); f != nil {
		mg, _ = strconv.ParseFloat(f[1], 64)
		return mg * times, mg > 0
	}
	f := milligrams.FindStringSubmatch(strings.ToLower(strength + " " + name))
	if f == nil {
		return 0, false
	}
	mg, _ = strconv.ParseFloat(f[1], 64)
	n := 1.0
	if t := tablets.FindStringSubmatch(low); t != nil {
		if v, ok := map[string]float64{"one": 1, "two": 2, "three": 3, "four": 4, "half": 0.5}[t[1]]; ok {
			n = v
		} else if v, err := strconv.ParseFloat(t[1], 64); err == nil {
			n = v
		}
	}
	return mg * n * times, mg > 0
}
