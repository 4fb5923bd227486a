// Package ordering is where orders meet rules: an order as the rules read it, the
// order that a rule would have instead, and how long an override of a warning
// stands. It is pure, and decides nothing about danger.
package ordering

import (
	"wholechart/chart/order"
	"wholechart/decision/rule"
)

// Ref is the reference of an order: Type/id. It is the ID of its rule.Draft.
func Ref(o order.Order) string { return o.Kind.Type() + "/" + o.ID }

// Draft is an order as the rules read it, under an ID: Ref, or what the asker
// names it by.
func Draft(o order.Order, id string) rule.Draft {
	d := rule.Draft{ID: id, Kind: rule.DraftKind(o.Kind), Name: o.Name, Codes: o.Codes, Reason: o.Reason,
		Modality: o.Modality, Region: o.Region, Laterality: o.Side, Contrast: o.Contrast}
	if o.Kind == order.Medicine {
		s := o.Sig
		d.Sig, d.Amount, d.PerDay, d.Days = s.How(), max(s.Dose, s.DoseMax), s.PerDay(), int(s.Days)
		d.Unit, d.Route = order.UnitCode(s.Unit), order.RouteWord(s.Route)
		if n, u, ok := order.Mass(o); ok {
			d.Amount, d.Unit = n, u
		}
		if len(s.More) > 0 {
			d.Days, d.Runs = int(s.Course()), runs(o)
			d.Amount, d.Unit, d.PerDay = highest(d.Runs)
		}
	}
	return d
}

// runs are the steps of an order as the rules read them, by what may be taken on
// one day together.
func runs(o order.Order) [][]rule.Step {
	var out [][]rule.Step
	for _, run := range o.Sig.Runs() {
		var steps []rule.Step
		for _, x := range run {
			one := o
			one.Sig = x
			y := rule.Step{Amount: max(x.Dose, x.DoseMax), Unit: order.UnitCode(x.Unit), PerDay: x.PerDay(), When: x.When, PRN: x.PRN}
			if n, u, ok := order.Mass(one); ok {
				y.Amount, y.Unit = n, u
			}
			if x.Once {
				y.PerDay = 1
			}
			steps = append(steps, y)
		}
		out = append(out, steps)
	}
	return out
}

// highest is the day on which most is taken, as a dose and how many of it: nothing
// when a step does not say both, or in another unit.
func highest(runs [][]rule.Step) (amount float64, unit string, perDay float64) {
	most := 0.0
	for _, run := range runs {
		total, one := 0.0, 0.0
		for _, x := range run {
			if unit == "" {
				unit = x.Unit
			}
			if x.Amount <= 0 || x.PerDay <= 0 || x.Unit != unit {
				return 0, "", 0
			}
			total, one = total+x.Amount*x.PerDay, max(one, x.Amount)
		}
		if total > most {
			most, amount, perDay = total, one, total/one
		}
	}
	return amount, unit, perDay
}

// Order is the order that a rule means: the catalogue's item where it is one, else
// as the rule says it. Whose it is, and by whom, is the caller's to say.
func Order(d rule.Draft) order.Order {
	typed := d.Name
	if d.Sig != "" {
		typed += " " + d.Sig
	}
	if k := order.Find(typed, 1); len(k) > 0 && string(k[0].Item.Kind) == string(d.Kind) {
		return k[0].Order()
	}
	if k := order.Find(d.Name, 1); len(k) > 0 && string(k[0].Item.Kind) == string(d.Kind) {
		o := k[0].Order()
		if l := order.ParseSig(d.Sig); d.Sig != "" && l.Sig.Dose > 0 {
			o.Sig = l.Sig
		}
		return o
	}
	o := order.Words(order.Kind(d.Kind), d.Name)
	o.Name = d.Name
	o.Codes, o.Modality, o.Region, o.Side, o.Contrast = d.Codes, d.Modality, d.Region, d.Laterality, d.Contrast
	if d.Sig != "" {
		o.Sig = order.ParseSig(d.Sig).Sig
	}
	return o
}
