package orders

import (
	"net/url"
	"strconv"
	"strings"

	"wholechart/chart/order"
)

// joinField is the field that says how a step is joined to the one before it.
func joinField(i int) string { return "join-" + strconv.Itoa(i+1) }

// joinOf is "then" of a step that follows the one before it, "and" of one at the
// same time.
func joinOf(steps []order.Sig, i int) string {
	if steps[i].Follows(steps[i-1]) {
		return "then"
	}
	return "and"
}

// stepText is one step by itself.
func stepText(s order.Sig) string {
	s.More = nil
	return withNote(s.How(), s)
}

// rowText is what stands in the field of a step: behind another in short, since
// the column is narrow.
func rowText(steps []order.Sig, i int) string {
	if i == 0 {
		return stepText(steps[0])
	}
	return withNote(steps[i].After(steps[i-1]), steps[i])
}

func withNote(how string, s order.Sig) string {
	if s.Note == "" {
		return how
	}
	return strings.TrimPrefix(how+". Note: "+s.Note, ". ")
}

// applySteps puts what was typed of the steps into an order. What was left as it
// stood stays as it was read; an emptied step, or the one that is dropped, goes; one in
// which several were typed becomes several.
func applySteps(o *order.Order, form url.Values, faults map[string]string) {
	was := o.Sig.Steps()
	var out []order.Sig
	changed := false
	seq, supply := 1, order.Sig{Refills: o.Sig.Refills, RefillsSaid: o.Sig.RefillsSaid}
	for i := range order.MaxSteps {
		field := order.StepField(i)
		if i >= len(was) && !form.Has(field) {
			continue
		}
		text, here := form.Get(field), i < len(was)
		join := form.Get(joinField(i))
		if i > 0 && here && join != "then" && join != "and" {
			join = joinOf(was, i)
		}
		changed = changed || i > 0 && here && join != joinOf(was, i)
		var steps []order.Sig
		switch {
		case form.Get("drop") == strconv.Itoa(i+1):
			changed = true
			continue
		case here && (!form.Has(field) || clean(text) == clean(rowText(was, i))):
			steps = []order.Sig{was[i]}
		case strings.TrimSpace(text) == "" && (i > 0 || len(was) > 1):
			changed = changed || here
			continue
		case len(text) > order.MaxLine:
			faults[field] = "This is too long: at most " + strconv.Itoa(order.MaxLine) + " letters."
			return
		default:
			changed = true
			l := order.ParseSig(text)
			if len(l.Problems) > 0 {
				faults[field] = strings.Join(l.Problems, ". ")
			}
			if l.Sig.Quantity > 0 && !l.Sig.Computed {
				supply.Quantity, supply.QuantityUnit = l.Sig.Quantity, l.Sig.QuantityUnit
			}
			if l.Sig.RefillsSaid {
				supply.Refills, supply.RefillsSaid = l.Sig.Refills, true
			}
			steps = l.Sig.Steps()
			from := was[min(i, len(was)-1)]
			for k := range steps {
				x := &steps[k]
				if x.Route == "" {
					if x.Route = from.Route; x.Verb == "" {
						x.Verb = from.Verb
					}
				}
				if x.Dose > 0 && x.Unit == "" && k == 0 {
					x.Unit = from.Unit
				}
			}
		}
		if len(out) > 0 && join != "and" {
			seq++
		}
		first := steps[0].Seq
		for _, x := range steps {
			x.Seq = seq + x.Seq - first
			out = append(out, x)
		}
		seq = out[len(out)-1].Seq
	}
	if !changed {
		return
	}
	if len(out) == 0 {
		out = []order.Sig{{Route: was[0].Route}}
	}
	if len(out) > order.MaxSteps {
		faults["sig"] = "These are more than " + strconv.Itoa(order.MaxSteps) + " steps."
		return
	}
	first := &out[0]
	first.Quantity, first.QuantityUnit, first.Computed, first.Refills, first.RefillsSaid = supply.Quantity, supply.QuantityUnit, false, supply.Refills, supply.RefillsSaid
	o.Sig = order.Build(out)
}

// stepRow is one step in the form of a draft.
type stepRow struct {
	N          int // from 1
	Text, Join string
}

// rows are the steps of the form: what was typed and not taken, else the order's;
// with an empty one where one is to be added.
func (l *line) rows() []stepRow {
	var out []stepRow
	steps := l.O.Sig.Steps()
	for i := range order.MaxSteps {
		x := stepRow{N: i + 1, Join: "then"}
		if i < len(steps) {
			x.Text = rowText(steps, i)
			if i > 0 {
				x.Join = joinOf(steps, i)
			}
		}
		v, typed := l.Typed[order.StepField(i)]
		if typed {
			x.Text = v
		}
		if j := l.Typed[joinField(i)]; j == "and" || j == "then" {
			x.Join = j
		}
		if i > 0 && i >= len(steps) && !typed {
			break
		}
		out = append(out, x)
	}
	if (l.Grow == "then" || l.Grow == "and") && len(out) < order.MaxSteps && out[len(out)-1].Text != "" {
		out = append(out, stepRow{N: len(out) + 1, Join: l.Grow})
	}
	return out
}
