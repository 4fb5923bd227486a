package caution

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"wholechart/chart/order"
	"wholechart/decision/formula"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

// limit is the most of an ingredient that a source allows.
type limit struct {
	day, once       float64 // mg; of a child mg/kg when perKG; 0 not said
	perKG           bool
	dayCap, onceCap float64 // mg, whatever the weight; 0 none
}

// weightDays are how old a child's weight may be for a dose by weight; of an adult
// no dose here is by weight. Our choice: an infant's changes faster.
func weightDays(v *view) int {
	switch _, old := v.ages(); {
	case old.Years < 1:
		return 30
	case old.Years < 5:
		return 90
	}
	return 180
}

var amountCell = regexp.MustCompile(`^([0-9.]+) (mg|mg/kg)(?: cap ([0-9.]+))?$`)

// readDose reads a line of doses.txt: id | who | when | a day | at once | source.
// A day or at once is "4000 mg", "75 mg/kg cap 4000", or empty.
func readDose(f []string) (*caution, error) {
	c := &caution{severity: "severe", limit: &limit{}}
	c.ID, c.Level = f[0], rule.Interrupt
	for i, cell := range f[3:5] {
		if cell == "" {
			continue
		}
		m := amountCell.FindStringSubmatch(cell)
		if m == nil {
			return nil, fmt.Errorf("no amount %q", cell)
		}
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return nil, err
		}
		most := 0.0
		if m[3] != "" {
			if most, err = strconv.ParseFloat(m[3], 64); err != nil {
				return nil, err
			}
		}
		c.limit.perKG = c.limit.perKG || m[2] == "mg/kg"
		if i == 0 {
			c.limit.day, c.limit.dayCap = n, most
		} else {
			c.limit.once, c.limit.onceCap = n, most
		}
	}
	name := strings.TrimSuffix(strings.TrimPrefix(f[0], "dose-"), "-child")
	name = sentence(strings.ReplaceAll(name, "-", " "))
	c.Title = name + ": the dose is above the most that its source allows"
	if strings.HasSuffix(f[0], "-child") {
		c.Title = name + ": the dose is above the most that its source allows a child"
	}
	c.why = "More than that adds harm, not effect, or was never tested."
	c.do = "Check amount, strength and how often; where more is meant, say why."
	return c, nil
}

// dose is how much of one ingredient is taken, on the day on which it is most.
type dose struct {
	once  float64 // mg
	day   float64 // mg; 0 when how often is not said
	times float64 // a day; 0 not said
}

// dosed holds the dose against the limit.
func (v *view) dosed(c *caution, x *item, s substance.Substance, h *hit) (tri, string) {
	d, lost := x.dose(s)
	if lost != "" && d.once == 0 {
		return unknown, lost
	}
	l := *c.limit
	day, once := l.day, l.once
	if l.perKG {
		list, why := v.newest("weight")
		if len(list) == 0 || list[0].low != list[0].high {
			return unknown, "dose not checked: " + why
		}
		w := list[0]
		if fact.Days(w.when, v.Now) > weightDays(v) {
			return unknown, fmt.Sprintf("dose not checked: the newest weight is of %s", w.when)
		}
		day, once = day*w.low, once*w.low
		h.facts = append(h.facts, w.evidence())
	}
	if l.dayCap > 0 {
		day = min(day, l.dayCap)
	}
	if l.onceCap > 0 {
		once = min(once, l.onceCap)
	}
	// A hundredth more is the rounding of a tablet or a spoon.
	const slack = 1.01
	over, said := 0.0, ""
	if once > 0 && d.once > once*slack {
		over, said = d.once/once, fmt.Sprintf("%s at once; at most %s", milligrams(d.once), milligrams(once))
	}
	if day > 0 && d.day > day*slack && d.day/day >= over {
		over, said = d.day/day, fmt.Sprintf("%s a day; at most %s", milligrams(d.day), milligrams(day))
	}
	switch {
	case over > 0:
		if h.level = rule.Notice; over > 2*slack {
			h.level = rule.Interrupt
		}
		h.more = "The directions give " + said + " by the source. " + c.why
		h.title = strings.SplitN(c.Title, ":", 2)[0] + ": " + said
		return yes, ""
	case lost != "": // what could be read is within it
		return unknown, lost
	case d.day == 0 && day > 0:
		return unknown, "dose not checked: how often " + fact.Quoted(x.name) + " is taken is not said"
	}
	return no, ""
}

func milligrams(n float64) string {
	if n < 1 {
		return strconv.FormatFloat(math.Round(n*1e6)/1e3, 'f', -1, 64) + " mcg"
	}
	return strconv.FormatFloat(math.Round(n*100)/100, 'f', -1, 64) + " mg"
}

// amount is a condition on the dose of a day, or on how often it is taken.
func (v *view) amount(t term, x *item) (tri, []rule.Evidence, string) {
	if len(x.Substances) == 0 {
		return no, nil, ""
	}
	var list []dose
	part := "" // why not all steps could be read
	for _, s := range x.Substances {
		d, why := x.dose(s)
		if t.kind == "times" && d.times > 0 {
			why = ""
		}
		if why != "" && d.once > 0 {
			part, why = why, ""
		}
		if why != "" {
			if len(x.Substances) == 1 {
				return unknown, nil, why
			}
			continue
		}
		list = append(list, d)
	}
	best := no
	var said string
	for _, d := range list {
		if d.once > 0 {
			said = milligrams(d.once)
		}
		if d.times > 0 {
			said += " " + strconv.FormatFloat(math.Round(d.times*100)/100, 'f', -1, 64) + " times a day"
		}
		n := d.times
		if t.kind == "dose" {
			n = max(d.once, d.day)
			if m, err := formula.Convert(n, "mg", strings.Replace(t.unit, "mcg", "ug", 1)); err == nil {
				n = m
			}
		} else if n == 0 {
			return unknown, nil, "dose not checked: how often " + fact.Quoted(x.name) + " is taken is not said"
		}
		best = max(best, holds(t.op, n, n, t.value))
	}
	if len(list) == 0 {
		return unknown, nil, "dose not checked: the directions of " + fact.Quoted(x.name) + " could not be read"
	}
	if part != "" && (best == no || !strings.HasPrefix(t.op, ">")) {
		return unknown, nil, part
	}
	e := x.evidence()
	e.Text = "the directions: " + strings.TrimSpace(said)
	return best, []rule.Evidence{e}, ""
}

// steps are the directions by what may be taken on one day together: as the draft
// says them, or else read from the words.
func (x *item) steps() [][]rule.Step {
	d := x.draft
	if d != nil && len(d.Runs) > 0 {
		return d.Runs
	}
	one := rule.Step{}
	if d != nil {
		one = rule.Step{Amount: d.Amount, Unit: d.Unit, PerDay: d.PerDay}
	}
	if one.Amount > 0 && one.PerDay > 0 {
		return [][]rule.Step{{one}}
	}
	var out [][]rule.Step
	for _, run := range order.ParseSig(x.sig).Sig.Runs() {
		var steps []rule.Step
		for _, y := range run {
			s := rule.Step{Amount: max(y.Dose, y.DoseMax), Unit: y.Unit, PerDay: y.PerDay(), When: y.When, PRN: y.PRN}
			if y.Once {
				s.PerDay = 1
			}
			if one.Amount > 0 {
				s.Amount, s.Unit = one.Amount, one.Unit
			}
			if one.PerDay > 0 {
				s.PerDay = one.PerDay
			}
			steps = append(steps, s)
		}
		out = append(out, steps)
	}
	return out
}

// dose reads how much of an ingredient is taken, of all steps of the directions: the
// most at once, and the most on one day. why says what could not be read; what
// could is there nevertheless.
func (x *item) dose(s substance.Substance) (most dose, why string) {
	for _, run := range x.steps() {
		var d dose
		read := make([]float64, len(run))
		for i, step := range run {
			mg, lost := x.milligrams(step, s)
			if lost != "" {
				why = lost
			}
			read[i] = mg
			d.times += step.PerDay
			d.day += mg * step.PerDay
		}
		for i, step := range run {
			once := read[i]
			for j, other := range run {
				if i != j && step.AtOnce(other) {
					once += read[j]
				}
			}
			d.once = max(d.once, once)
			if step.PerDay == 0 && read[i] > 0 && len(run) > 1 {
				why = "dose not checked: how often " + fact.Quoted(x.name) + " is taken is not said"
			}
		}
		most.once = max(most.once, d.once)
		if d.day > most.day || most.day == 0 && d.times > most.times {
			most.day, most.times = d.day, d.times
		}
	}
	return most, why
}

// milligrams is how much of an ingredient one dose of a step has; why says why
// that is not known.
func (x *item) milligrams(step rule.Step, s substance.Substance) (mg float64, why string) {
	n, unit := step.Amount, step.Unit
	lost := "dose not checked: the directions of " + fact.Quoted(x.name) + " could not be read"
	if n <= 0 || math.IsNaN(n) || math.IsInf(n, 0) || n > 1e6 {
		return 0, lost
	}
	if mg, err := formula.Convert(n, ucumOf(unit), "mg"); err == nil {
		if len(x.Substances) > 1 {
			return 0, lost // of which ingredient is not said
		}
		return mg, ""
	}
	strength, volume := x.strength(s)
	if strength == 0 {
		return 0, "dose not checked: the strength of " + fact.Quoted(x.name) + " is not said"
	}
	ml, err := formula.Convert(n, ucumOf(unit), "mL")
	switch {
	case err == nil && volume > 0:
		return strength * ml / volume, ""
	case err != nil && volume == 0 && counted(unit):
		return strength * n, ""
	}
	return 0, lost
}

func ucumOf(unit string) string {
	switch u := strings.ToLower(strings.TrimSpace(unit)); u {
	case "mcg", "µg", "μg", "micrograms", "[ug]":
		return "ug"
	case "ml":
		return "mL"
	case "g", "mg", "ug":
		return u
	case "tsp", "teaspoon":
		return "[tsp_us]"
	case "":
		return "{dose}"
	default:
		return unit
	}
}

func counted(unit string) bool {
	u := strings.Trim(strings.ToLower(unit), "{}[]")
	for _, w := range []string{"tab", "tbl", "cap", "suppos", "dose", "pill", "patch", "puff", "actuation", "softgel", "caplet"} {
		if strings.HasPrefix(u, w) {
			return true
		}
	}
	return u == ""
}

var strengths = regexp.MustCompile(`(?i)([0-9][0-9,]*(?:\.[0-9]+)?|\.[0-9]+)\s*(mg|mcg|µg|μg|ug|g)\b(?:\s*(?:/|per)\s*([0-9.]*)\s*(ml)\b)?`)

// strength is how much of an ingredient, in mg, one thing has, or so many mL; 0
// when the name does not say it, or says several.
func (x *item) strength(s substance.Substance) (mg, ml float64) {
	text := x.name
	if len(text) > 400 {
		return 0, 0
	}
	if len(x.Substances) > 1 {
		i := strings.Index(strings.ToLower(text), s.Name)
		if i < 0 {
			return 0, 0
		}
		text = text[i+len(s.Name):]
		for _, o := range x.Substances { // up to the next ingredient
			if j := strings.Index(strings.ToLower(text), o.Name); j >= 0 && o.Name != s.Name {
				text = text[:j]
			}
		}
	}
	for _, m := range strengths.FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", ""), 64)
		if err != nil {
			return 0, 0
		}
		if n, err = formula.Convert(n, ucumOf(m[2]), "mg"); err != nil {
			return 0, 0
		}
		v := 0.0
		if m[4] != "" {
			if v = 1; m[3] != "" {
				if v, err = strconv.ParseFloat(m[3], 64); err != nil || v <= 0 {
					return 0, 0
				}
			}
		}
		if mg > 0 && (n != mg || v != ml) {
			return 0, 0
		}
		mg, ml = n, v
	}
	return mg, ml
}
