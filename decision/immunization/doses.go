package immunization

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/cdsi"
	"wholechart/decision/internal/fact"
	"wholechart/fhir"
)

// Dose is one dose that somebody got, from all sites that know of it, and what
// the CDC's logic says of it.
type Dose struct {
	chart.Dose
	Counted  bool      // it was looked at
	Why      string    // it was not: "has no vaccine code"
	Groups   []string  // vaccine groups: "DTaP/Tdap/Td"; of one without a code, none
	Antigens []Verdict // one a series that looked at it
}

// Verdict is what one antigen's series says of a dose.
type Verdict struct {
	Antigen, Group string
	Status         cdsi.DoseStatus
	Target         int // number of the dose in its series; 0: none was left
	Reasons        []cdsi.Reason
}

// Of is the verdict of a vaccine group: the worst of its antigens, as chapter 9
// merges them; ok is false where the group does not look at the dose.
func (d *Dose) Of(group string) (v Verdict, ok bool) {
	worse := map[cdsi.DoseStatus]int{cdsi.Extraneous: 1, cdsi.Valid: 2, cdsi.NotValid: 3, cdsi.SubStandard: 4}
	for _, a := range d.Antigens {
		if a.Group == group && a.Status != cdsi.NotEvaluated && (!ok || worse[a.Status] > worse[v.Status]) {
			v, ok = a, true
		}
	}
	return v, ok
}

// Conflict is one dose of which two sites name different products.
type Conflict struct {
	When        chart.When
	Here, There string // "03 MMR"
	By, Other   chart.Prov
}

func key(p chart.Prov) string {
	slug := ""
	if p.Source != nil {
		slug = p.Source.Slug
	}
	return slug + " " + p.Ref()
}

// told is one dose as it stands in one or more rows of the chart.
type told struct {
	list []chart.Dose // different resources, by key
	keys map[string]bool
}

// doses are those of all rows, each once, in the order of time; what two sites
// tell of one day, or of two days after one another, is one.
func (r *Result) doses(c *chart.Chart) {
	by := map[string]*told{}
	var order []*told
	for _, row := range c.Immunizations.Rows {
		for _, d := range row.Doses {
			if _, ok := globulins[d.Code]; ok {
				continue // antibodies, no vaccine
			}
			keys := []string{key(d.Prov)}
			for _, p := range d.Also {
				keys = append(keys, key(p))
			}
			var t *told
			for _, k := range keys {
				switch at := by[k]; {
				case at == nil, at == t:
				case t == nil:
					t = at
				default: // the row joins what two others told apart
					for k := range at.keys {
						by[k], t.keys[k] = t, true
					}
					t.list = append(t.list, at.list...)
					at.list = nil
				}
			}
			if t == nil {
				t = &told{keys: map[string]bool{}}
				order = append(order, t)
			}
			for _, k := range keys {
				by[k], t.keys[k] = t, true
			}
			t.list = append(t.list, d)
		}
	}
	var all []Dose
	for _, t := range order {
		if len(t.list) > 0 {
			all = append(all, r.join(t))
		}
	}
	slices.SortFunc(all, func(x, y Dose) int {
		return cmp.Or(x.When.At.Compare(y.When.At), strings.Compare(x.Code, y.Code), strings.Compare(x.Product, y.Product), strings.Compare(key(x.Prov), key(y.Prov)))
	})
	r.Doses = r.nextDay(all)
}

// join makes one dose of what a record says of it: who gave it knows best, then
// who names the product with more in it.
func (r *Result) join(t *told) Dose {
	slices.SortFunc(t.list, func(x, y chart.Dose) int {
		return cmp.Or(btoi(x.Reported)-btoi(y.Reported), btoi(x.Code == "")-btoi(y.Code == ""), len(cdsi.GroupsOf(y.Code))-len(cdsi.GroupsOf(x.Code)), strings.Compare(x.Code, y.Code), strings.Compare(key(x.Prov), key(y.Prov)))
	})
	d := Dose{Dose: t.list[0]}
	own := key(d.Prov)
	seen := map[string]bool{own: true}
	d.Also = nil
	note := func(there string, by chart.Prov) {
		k := Conflict{When: d.When, Here: strings.TrimSpace(d.Code + " " + d.Product), There: there, By: d.Prov, Other: by}
		if !slices.ContainsFunc(r.Conflicts, func(o Conflict) bool { return o.There == k.There && key(o.Other) == key(by) && key(o.By) == own }) {
			r.Conflicts = append(r.Conflicts, k)
		}
	}
	for _, o := range t.list {
		for _, p := range append([]chart.Prov{o.Prov}, o.Also...) {
			if !seen[key(p)] {
				seen[key(p)] = true
				d.Also = append(d.Also, p)
			}
		}
		d.Outside = d.Outside && o.Outside
		d.Lot = cmp.Or(d.Lot, o.Lot)
		d.Subpotent, d.Spoiled = d.Subpotent || o.Subpotent, cmp.Or(d.Spoiled, o.Spoiled)
		if o.Code != "" && d.Code != "" && o.Code != d.Code && key(o.Prov) != own {
			note(o.Code+" "+o.Product, o.Prov)
		}
		for _, x := range o.Differs {
			if code, _, _ := strings.Cut(x.There, " "); code != d.Code {
				note(x.There, x.Prov)
			} else if code, _, _ := strings.Cut(x.Here, " "); code != d.Code {
				note(x.Here, o.Prov)
			}
		}
	}
	slices.SortFunc(d.Also, func(x, y chart.Prov) int { return strings.Compare(key(x), key(y)) })
	d.Groups = cdsi.GroupsOf(d.Code)
	return d
}

// nextDay joins what two sites tell of days after one another: the same vaccine,
// one of them by hearsay or of the same lot. Nobody is given it twice in two days.
func (r *Result) nextDay(all []Dose) (out []Dose) {
	for _, d := range all {
		joined := false
		for i := len(out) - 1; i >= 0 && i >= len(out)-8; i-- {
			o := &out[i]
			if d.When.Precision < fhir.Day || o.When.Precision < fhir.Day || days(o.When.At, d.When.At) > 1 || o.Source == d.Source || o.Code != d.Code || o.Code == "" ||
				slices.ContainsFunc(o.Also, func(p chart.Prov) bool { return p.Source == d.Source }) {
				continue
			}
			if same := days(o.When.At, d.When.At) == 0; !same && !o.Reported && !d.Reported && (o.Lot == "" || o.Lot != d.Lot) {
				continue
			}
			keep, other := *o, d
			if o.Reported && !d.Reported {
				keep, other = d, *o
			}
			keep.Also = append(append(slices.Clone(keep.Also), other.Prov), other.Also...)
			slices.SortFunc(keep.Also, func(x, y chart.Prov) int { return strings.Compare(key(x), key(y)) })
			keep.Outside = keep.Outside && other.Outside
			keep.Subpotent = keep.Subpotent || other.Subpotent
			*o, joined = keep, true
			break
		}
		if !joined {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(x, y Dose) int { return x.When.At.Compare(y.When.At) })
	return out
}

// days are the days of the calendar between two times, each in its own zone.
func days(a, b time.Time) int {
	day := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(day(b).Sub(day(a)).Abs() / (24 * time.Hour))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// count puts the doses that can be counted into the person and says why the
// others cannot. at is, of each of the person's doses, its place in Doses.
func (r *Result) count(now time.Time) (at []int) {
	for i := range r.Doses {
		d := &r.Doses[i]
		name := fact.Quoted(cmp.Or(d.Product, "a vaccine"))
		switch {
		case d.Code == "":
			d.Why = "has no vaccine code"
		case !d.When.Known():
			d.Why = "has no date"
		case d.When.Precision < fhir.Day:
			d.Why = "has no exact day"
		case days(d.When.At, now) > 0 && d.When.At.After(now):
			d.Why = "is dated in the future"
		case d.When.At.Before(r.Person.Birth.AddDate(0, 0, -1)):
			d.Why = "is dated before birth"
		case len(r.Person.Doses) == cdsi.MaxDoses:
			d.Why = "is one too many to be looked at"
		default:
			d.Counted = true
			r.Person.Doses = append(r.Person.Doses, cdsi.Dose{Date: d.When.At, CVX: d.Code, MVX: d.MVX, Condition: d.Subpotent, LotExpires: d.Expires.At})
			at = append(at, i)
			continue
		}
		r.gap(name + " " + d.Why + ": it was not counted")
	}
	return at
}
