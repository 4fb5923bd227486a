package prevention

import (
	"fmt"
	"math"
	"strings"

	"wholechart/decision/formula"
)

// computed is what is computed from the record where it was not recorded: the
// ten-year cardiovascular risk and a child's percentile. Without an answer it
// says what was lacking.
func (f *facts) computed(concept string) (h *hit, missing string) {
	switch concept {
	case "ascvd-risk":
		return f.ascvd()
	case "bmi-percentile":
		return f.percentile()
	}
	return nil, ""
}

// ascvd is the risk by the pooled cohort equations, of its newest input's day.
func (f *facts) ascvd() (*hit, string) {
	const what = "10-year cardiovascular risk"
	risk := formula.ByID("ascvd-2013")
	if risk == nil {
		return nil, "any " + what
	}
	c := formula.One(risk, f.c, nil, f.now)
	switch {
	case c.Inapplicable != "":
		return nil, what + ": " + c.Inapplicable
	case len(c.Missing) > 0:
		return nil, what + " (lacking " + strings.Join(c.Missing, ", ") + ")"
	case !c.OK:
		return nil, what + " (" + c.Err.Error() + ")"
	}
	h := &hit{number: c.Result.Value, unit: "%", text: fmt.Sprintf("10-year cardiovascular risk %.1f %%, computed (pooled cohort equations)", c.Result.Value), prov: f.c.Patient.Prov}
	for _, in := range c.Result.Inputs {
		if in.Known && in.Prov.Source != nil && in.When.Known() && in.When.At.After(h.when.At) && !f.later(in.When) {
			h.when, h.prov = in.When, in.Prov
		}
	}
	return h, ""
}

// percentile is of the last body mass index of a child, as recorded or of the
// weight and height as far as formula gives it.
func (f *facts) percentile() (*hit, string) {
	all := formula.GrowthOf(f.c, formula.BMI, f.now)
	for i := len(all) - 1; i >= 0; i-- {
		if m := all[i]; m.Err == nil && !math.IsNaN(m.Growth.P) && !f.later(m.When) {
			return &hit{number: m.Growth.P, unit: "%", text: "Body mass index " + m.Text + ", " + m.Growth.String() + " (computed)", when: m.When, prov: m.Prov}, ""
		}
	}
	return nil, ""
}
