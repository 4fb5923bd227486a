package imaging

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/formula"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

// gfr is the newest estimate of the glomerular filtration rate.
type gfr struct {
	known  bool
	value  float64 // mL/min/1.73 m²
	when   chart.When
	prov   chart.Prov
	shown  string
	series *chart.Series // to plot; nil of a computed one
}

// MaxKidneyDays is how old kidney function may be before contrast in somebody at
// risk (ACR Manual on Contrast Media 2024).
const MaxKidneyDays = 30

var gfrCodes = []string{"98979-8", "98980-6", "62238-1", "33914-3", "48642-3", "48643-1", "50044-7", "50210-4", "69405-9", "70969-1", "77147-7", "88293-6", "88294-4"}

// kidney finds the newest rate: as reported, or computed from creatinine when
// that is newer. Of one day the lower counts.
func (v *view) kidney() {
	take := func(g gfr) {
		old := v.gfr
		a, b := g.when.Day(), old.when.Day()
		if !old.known || a > b || a == b && g.value < old.value {
			v.gfr = g
		}
	}
	for _, s := range v.c.Results.Series {
		words := fact.Words(s.Name)
		if !hasCode(s, gfrCodes) && (len(s.Codes) > 0 || !fact.Any(words, "egfr", "gfr", "glomerular filtration rate")) {
			continue
		}
		for i := range s.Points {
			p := s.Points[len(s.Points)-1-i]
			n, ok := amount(p)
			if unit := cmp.Or(s.UnitCode, s.Unit); ok && unit != "" && !strings.Contains(strings.ToLower(unit), "ml/min") { // mL/s is used too
				var err error
				n, err = formula.Convert(n, unit, "mL/min/{1.73_m2}")
				ok = err == nil
			}
			if fact.UseOf(p, v.Now) != fact.Usable || !ok || n <= 0 || n > 250 {
				continue
			}
			take(gfr{true, n, p.When, p.Prov, "eGFR " + fact.Value(p), s})
			break
		}
	}
	for _, id := range []string{"ckd-epi-2021", "schwartz"} {
		c := formula.One(formula.ByID(id), v.c, nil, v.Now)
		if !c.OK {
			continue
		}
		for _, in := range c.Result.Inputs {
			if in.ID == "creatinine" && in.Known {
				take(gfr{known: true, value: c.Result.Value, when: in.When, prov: in.Prov, shown: "eGFR " + c.Result.Shown + ", computed from creatinine"})
			}
		}
	}
}

// amount is a point's number; of "> 60" the bound.
func amount(p chart.Point) (float64, bool) {
	if !math.IsNaN(p.Number) && p.Number != 0 {
		return p.Number, true
	}
	t := strings.TrimLeft(strings.TrimSpace(p.Value), "><=≥≤ ")
	n, err := strconv.ParseFloat(t, 64)
	return n, err == nil
}

func hasCode(s *chart.Series, codes []string) bool {
	for _, c := range s.Codes {
		if slices.Contains(codes, c.Code) {
			return true
		}
	}
	return false
}

var creatinineCodes = []string{"2160-0", "38483-4", "14682-9"}

// acute looks for acute kidney injury: a problem of the last thirty days, or
// creatinine that rose by half within seven days or by 0.3 mg/dL within two,
// counted while the rise is not older than seven days (KDIGO 2012).
func (v *view) acute() {
	v.problems(false, func(p chart.Problem) {
		words := fact.Words(p.Name)
		if !codeIn(p, "N17*", "14669001") && !fact.Any(words, "acute kidney injury", "acute renal failure", "acute kidney failure", "acute renal injury", "aki") || fact.Any(words, "history of", "resolved") {
			return
		}
		if p.Onset.Known() && !v.within(p.Onset, MaxKidneyDays) {
			return
		}
		e := problemEvidence(p)
		if v.aki == nil || v.aki.When.Before(e.When) || v.aki.When == e.When && e.Text < v.aki.Text {
			v.aki = &e
		}
	})
	for _, s := range v.c.Results.Series {
		if !hasCode(s, creatinineCodes) {
			continue
		}
		var list []chart.Point
		for _, p := range s.Points {
			if fact.UseOf(p, v.Now) == fact.Usable && p.Number > 0 && v.within(p.When, 15) {
				list = append(list, p)
			}
		}
		if len(list) < 2 {
			continue
		}
		last := list[len(list)-1]
		step := map[string]float64{"mg/dL": 0.3, "umol/L": 26.5, "mmol/L": 0.0265}[s.UnitCode]
		for _, p := range list[:len(list)-1] {
			apart := last.When.At.Sub(p.When.At)
			if !v.within(last.When, 7) || apart > 7*24*time.Hour || last.Number < 1.5*p.Number*(1-1e-9) && !(step > 0 && apart <= 48*time.Hour && last.Number-p.Number >= step*(1-1e-9)) {
				continue
			}
			v.aki = &rule.Evidence{Text: fmt.Sprintf("creatinine rose from %s to %s in %s", fact.Value(p), fact.Value(last), days(int(apart.Hours()/24+0.5))), Prov: last.Prov, When: last.When}
			return
		}
	}
}

func days(n int) string {
	switch {
	case n < 1:
		return "a day"
	case n == 1:
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// gadoliniumGroup is the ACR's group of an agent that an order names: 1, 2, 3; 0
// not said.
func gadoliniumGroup(words []string) int {
	switch {
	case fact.Any(words, "gadodiamide", "omniscan", "gadopentetate", "magnevist", "gadoversetamide", "optimark"):
		return 1
	case fact.Any(words, "gadoxetate", "gadoxetic", "eovist", "primovist"):
		return 3
	case fact.Any(words, "gadobenate", "multihance", "gadobutrol", "gadavist", "gadovist", "gadoterate", "dotarem", "clariscan", "gadoteridol", "prohance", "gadopiclenol", "elucirem", "vueway"):
		return 2
	}
	return 0
}

func (v *view) rate() rule.Evidence {
	return rule.Evidence{Text: v.gfr.shown, Prov: v.gfr.prov, When: v.gfr.when}
}

// kidneys are the rules of contrast and kidney function.
func (v *view) kidneys(d *rule.Draft, e Exam, kind string, sure bool) {
	low := v.gfr.known && v.gfr.value < 30
	var facts []rule.Evidence
	if low {
		facts = append(facts, v.rate())
	}
	if v.aki != nil {
		facts = append(facts, *v.aki)
	}
	dialysis := v.dialysis()
	after := ""
	if dialysis != nil {
		facts = append(facts, *dialysis)
		after = " On dialysis without remaining kidney function neither matters."
	}
	switch {
	case kind == "iodinated" && v.aki != nil:
		v.card(d, "imaging-iodinated-aki", lowered(rule.Notice, sure), rule.Card{Severity: "severe", Facts: facts, Series: v.gfr.series, Choices: v.without(d),
			Title: ifGiven(sure, "Iodinated contrast in acute kidney injury"),
			Why:   "Kidneys that are failing just now can be harmed further, and an estimated rate does not tell how bad they are.",
			Do:    "Give it only where the answer cannot wait; give saline before and after unless it is dangerous." + after})
	case kind == "iodinated" && low:
		v.card(d, "imaging-iodinated-kidney", lowered(rule.Notice, sure), rule.Card{Severity: "moderate", Facts: facts, Series: v.gfr.series, Choices: v.without(d),
			Title: ifGiven(sure, "Iodinated contrast with an eGFR of "+number(v.gfr.value)),
			Why:   "Below 30 mL/min/1.73 m² the risk of acute kidney injury after contrast is raised.",
			Do:    "Weigh the need; give isotonic saline before and after, and do not hold contrast back where the answer decides." + after})
	case kind == "gadolinium" && (low || v.aki != nil):
		level, words := rule.Notice, "Name an agent of group II (gadobutrol, gadoterate, gadoteridol, gadobenate); never one of group I."
		switch gadoliniumGroup(fact.Words(d.Name + " " + d.Sig + " " + d.Reason)) {
		case 1:
			level, words = rule.Interrupt, "Take an agent of group II instead (gadobutrol, gadoterate, gadoteridol, gadobenate)."
		case 2:
			level, words = rule.Quiet, "An agent of group II may be given; no dialysis is needed for it."
		case 3:
			words = "Little is known of this agent in such kidneys: take one of group II where it answers too."
		}
		title := "Gadolinium in acute kidney injury"
		if low {
			title = "Gadolinium with an eGFR of " + number(v.gfr.value)
		}
		v.card(d, "imaging-gadolinium-kidney", lowered(level, sure), rule.Card{Severity: map[rule.Level]string{rule.Interrupt: "contraindicated", rule.Notice: "moderate", rule.Quiet: "moderate"}[level], Facts: facts, Series: v.gfr.series, Choices: v.without(d),
			Title: ifGiven(sure, title), Do: words,
			Why: "Gadolinium that stays in the body can cause nephrogenic systemic fibrosis; agents of group I did most often."})
	}
	if v.gfr.known && v.within(v.gfr.when, MaxKidneyDays) || v.aki != nil {
		return
	}
	risks := v.risks()
	if len(risks) == 0 {
		return
	}
	title, why := "Kidney function is not known before contrast", "No creatinine and no eGFR stand in the record."
	if v.gfr.known {
		n := fact.Days(v.gfr.when, v.Now)
		title, why = "Kidney function is "+days(n)+" old before contrast", "It may have changed since, and a risk is recorded."
		risks = append(risks, v.rate())
	}
	level := rule.Notice
	if kind == "gadolinium" {
		level = rule.Quiet // of an agent of group II it is optional
	}
	v.card(d, "imaging-kidney-unknown", lowered(level, sure), rule.Card{Facts: risks, Series: v.gfr.series, Title: ifGiven(sure, title), Why: why, Do: "Measure creatinine first, unless it is an emergency.",
		Choices: []rule.Choice{{Label: "Measure creatinine first"}}})
}

func number(f float64) string { return strconv.FormatFloat(math.Round(f), 'f', -1, 64) }

// without is the same order without contrast, where its name does not speak of
// it.
func (v *view) without(d *rule.Draft) []rule.Choice {
	if fact.Any(fact.Words(d.Name), "contrast", "angio*", "cta", "ctpa", "mra", "coronary") || d.Contrast == "" {
		return nil
	}
	other := *d
	other.Contrast = "none"
	other.Codes = nil // a code may say "with contrast"
	return []rule.Choice{{Label: "Without contrast", Draft: &other}}
}

func (v *view) dialysis() *rule.Evidence {
	var out *rule.Evidence
	v.problems(false, func(p chart.Problem) {
		if codeIn(p, "Z99.2", "N18.6", "46177005") || fact.Any(fact.Words(p.Name), "dialysis", "hemodialysis", "end stage renal disease", "end stage kidney disease", "esrd") {
			if e := problemEvidence(p); out == nil || e.Text < out.Text {
				out = &e
			}
		}
	})
	return out
}

// risks are what makes kidney function worth knowing before contrast.
func (v *view) risks() []rule.Evidence {
	var out []rule.Evidence
	v.problems(true, func(p chart.Problem) {
		words := fact.Words(p.Name)
		diabetes := (codeIn(p, "E10*", "E11*", "E13*", "44054006", "46635009", "73211009") || fact.Any(words, "diabetes", "diabetic")) && p.Active() &&
			!fact.Any(words, "prediabetes", "pre diabetes", "insipidus", "gestational", "family history", "no diabetes")
		kidney := codeIn(p, "N17*", "N18*", "N19", "Z94.0", "Z90.5", "Z99.2", "R80*", "709044004", "433144002", "431855005", "431856006", "431857002", "433146000", "14669001", "46177005") ||
			fact.Any(words, "kidney disease", "renal disease", "renal failure", "kidney failure", "renal insufficiency", "kidney injury", "dialysis", "hemodialysis", "kidney transplant", "renal transplant", "nephrectomy", "single kidney", "solitary kidney", "albuminuria", "microalbuminuria", "proteinuria", "nephropathy")
		if diabetes || kidney {
			out = append(out, problemEvidence(p))
		}
	})
	for _, p := range v.c.Procedures {
		if !p.NotDone && fact.Any(fact.Words(p.Name), "nephrectomy", "kidney transplant*", "renal transplant*", "hemodialysis", "dialysis", "renal ablation") {
			out = append(out, rule.Evidence{Text: p.Name, Prov: p.Prov, When: p.When})
		}
	}
	if m := v.metforminTaken(); m != nil {
		out = append(out, *m)
	}
	fact.Sort(out)
	if len(out) > 4 {
		out = out[:4]
	}
	return out
}

func (v *view) metforminTaken() *rule.Evidence {
	var out *rule.Evidence
	for _, m := range v.c.Medicines.Active {
		found, _ := substance.Find(m.Full, m.Codes)
		if !slices.ContainsFunc(found, func(s substance.Substance) bool { return s.Name == "metformin" }) {
			continue
		}
		if out == nil || m.Full < out.Text {
			out = &rule.Evidence{Text: m.Full, Prov: m.Prov, When: m.Since}
		}
	}
	return out
}

func (v *view) metformin(d *rule.Draft, e Exam, kind string, sure bool) {
	if kind != "iodinated" {
		return
	}
	m := v.metforminTaken()
	if m == nil {
		return
	}
	facts, why := []rule.Evidence{*m}, ""
	switch {
	case v.aki != nil:
		facts, why = append(facts, *v.aki), "in acute kidney injury"
	case v.gfr.known && v.gfr.value < 30:
		facts, why = append(facts, v.rate()), "with an eGFR of "+number(v.gfr.value)
	case e.Arterial:
		why = "when it goes into an artery"
	default:
		return
	}
	v.card(d, "imaging-metformin", lowered(rule.Notice, sure), rule.Card{Severity: "severe", Facts: facts,
		Title: ifGiven(sure, "Hold metformin: contrast "+why),
		Why:   "Should the kidneys fail after contrast, metformin builds up and can cause lactic acidosis.",
		Do:    "Stop it at the time of the scan; start again after 48 hours when kidney function is measured and steady."})
}
