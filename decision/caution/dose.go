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

// dose is how much of one ingredient is taken.
type dose struct {
	once  float64 // mg
	times float64 // a day; 0 not said
}

// dosed holds the dose against the limit.
func (v *view) dosed(c *caution, x *item, s substance.Substance, h *hit) (tri, string) {
	d, why := x.dose(s)
	if why != "" {
		return unknown, why
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
	if total := d.once * d.times; day > 0 && d.times > 0 && total > day*slack && total/day >= over {
		over, said = total/day, fmt.Sprintf("%s a day; at most %s", milligrams(total), milligrams(day))
	}
	switch {
	case over > 0:
		if h.level = rule.Notice; over > 2*slack {
			h.level = rule.Interrupt
		}
		h.more = "The directions give " + said + " by the source. " + c.why
		h.title = strings.SplitN(c.Title, ":", 2)[0] + ": " + said
		return yes, ""
	case d.times == 0 && day > 0:
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
	for _, s := range x.Substances {
		d, why := x.dose(s)
		if t.kind == "times" && d.times > 0 {
			why = ""
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
			n = d.once * max(1, d.times)
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
	e := x.evidence()
	e.Text = "the directions: " + strings.TrimSpace(said)
	return best, []rule.Evidence{e}, ""
}

// dose reads how much of an ingredient is taken, from what the draft says or else
// from the directions and the strength; why says why not.
func (x *item) dose(s substance.Substance) (dose, string) {
	n, unit, times := 0.0, "", 0.0
	if d := x.draft; d != nil {
		n, unit, times = d.Amount, d.Unit, d.PerDay
	}
	if n == 0 || times == 0 {
		sig := order.ParseSig(x.sig).Sig
		if n == 0 {
			n, unit = max(sig.Dose, sig.DoseMax), sig.Unit
		}
		if times == 0 {
			if times = sig.PerDay(); sig.Once {
				times = 1
			}
		}
	}
	out := dose{times: times}
	lost := "dose not checked: the directions of " + fact.Quoted(x.name) + " could not be read"
	if n <= 0 || math.IsNaN(n) || math.IsInf(n, 0) || n > 1e6 {
		return out, lost
	}
	if mg, err := formula.Convert(n, ucumOf(unit), "mg"); err == nil {
		if len(x.Substances) > 1 {
			return out, lost // of which ingredient is not said
		}
		out.once = mg
		return out, ""
	}
	strength, volume := x.strength(s)
	if strength == 0 {
		return out, "dose not checked: the strength of " + fact.Quoted(x.name) + " is not said"
	}
	ml, err := formula.Convert(n, ucumOf(unit), "mL")
	switch {
	case err == nil && volume > 0:
		out.once = strength * ml / volume
	case err != nil && volume == 0 && counted(unit):
		out.once = strength * n
	default:
		return out, lost
	}
	return out, ""
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
