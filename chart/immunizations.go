package chart

import (
	"cmp"
	"slices"
	"strings"

	"wholechart/fhir"
)

// Immunizations are the doses, in a grid of vaccines and dates.
type Immunizations struct {
	Rows    []Vaccine // by name
	Refused []Dose    // refused or not given for another reason, newest first
	Errors  int       // entered in error: kept out
}

// Vaccine is one row of the grid: all products against the same disease. A
// combined vaccine is a dose in several rows.
type Vaccine struct {
	Name  string
	Codes []fhir.Coding
	Doses []Dose // oldest first
}

// Dose is one dose, or one that was not given.
type Dose struct {
	Product  string
	Code     string // CVX, "" when not said
	Lot      string
	Number   string // in its series, as recorded: "2", "2 of 3"; "" of combined vaccines
	Status   string // completed, not-done
	Reason   string // of a dose not given
	Site     string
	Route    string
	Refused  bool
	Reported bool // told by somebody, not recorded by who gave it
	When     When
	WhenText string // a time that is no date
	Note     string
	// Subpotent: whoever gave it says that it does not count: recalled, spoiled, too little.
	Subpotent bool
	Spoiled   string // why, in words
	Expires   When   // of the lot
	MVX       string // the manufacturer's code, "" when not said
	Prov
	Also    []Prov
	Outside bool
	Differs []Difference // another product that a source names for the same day

	codes []fhir.Coding
}

func (b *builder) immunizations() {
	im := &b.c.Immunizations
	rows := map[string]*Vaccine{}
	var order []*Vaccine
	for _, f := range b.of("Immunization") {
		f.used = true
		d := b.dose(f)
		if d.Product == "" {
			b.unused(f, "Immunization that names no vaccine")
			continue
		}
		if d.Status == "not-done" {
			im.Refused = append(im.Refused, d)
			continue
		}
		groups := groupsOf(d)
		if len(groups) > 1 {
			d.Number = "" // of which of the series is not known
		}
		for _, name := range groups {
			row := rows[strings.ToLower(name)]
			if row == nil {
				row = &Vaccine{Name: name}
				rows[strings.ToLower(name)] = row
				order = append(order, row)
			}
			for _, c := range d.codes {
				if !slices.Contains(row.Codes, c) {
					row.Codes = append(row.Codes, c)
				}
			}
			row.Doses = append(row.Doses, d)
		}
	}
	for _, p := range b.c.Errors {
		if p.Type == "Immunization" {
			im.Errors++
		}
	}
	for _, row := range order {
		slices.SortStableFunc(row.Doses, func(x, y Dose) int { return x.When.At.Compare(y.When.At) })
		b.joinDoses(row)
		im.Rows = append(im.Rows, *row)
	}
	slices.SortStableFunc(im.Rows, func(x, y Vaccine) int { return strings.Compare(x.Name, y.Name) })
	slices.SortStableFunc(im.Refused, func(x, y Dose) int { return newer(x.When, y.When) })
}

func (b *builder) dose(f *fact) Dose {
	n := f.Node
	d := Dose{Product: b.label(n.Get("vaccineCode")), codes: b.codings(n.Get("vaccineCode")), Lot: b.str(n.Get("lotNumber")), Status: f.status,
		Site: b.label(n.Get("site")), Route: b.label(n.Get("route")), Note: b.notes(n), Also: b.routes(f), Outside: f.outside()}
	for _, c := range d.codes {
		if c.System == cvx {
			d.Code = c.Code
			break
		}
	}
	d.When, _, _ = b.choiceWhen(n, "occurrence")
	d.Subpotent, d.Spoiled, d.Expires = n.Get("isSubpotent").True(), b.label(n.Get("subpotentReason")), b.when(n.Get("expirationDate"))
	if id := n.Get("manufacturer").Get("identifier"); strings.Contains(strings.ToLower(id.Get("system").Str()), "mvx") {
		d.MVX = id.Get("value").Str()
	}
	d.WhenText = n.Get("occurrenceString").Str()
	if p := n.Get("primarySource"); p.Exists() && !p.True() || n.Get("reportOrigin").Exists() {
		d.Reported = true
	}
	for p := range n.Get("protocolApplied").Items() {
		for _, v := range p.Prefixed("doseNumber") {
			d.Number = v.Text()
		}
		for _, v := range p.Prefixed("seriesDoses") {
			if d.Number != "" {
				d.Number += " of " + v.Text()
			}
		}
	}
	if d.Status == "not-done" {
		d.Reason = b.label(n.Get("statusReason"))
		switch b.code(n.Get("statusReason")) {
		case "PATOBJ", "RELIG", "PHILISOP", "VACEFF", "VACSAF":
			d.Refused = true
		}
		d.Refused = d.Refused || strings.Contains(strings.ToLower(d.Reason), "refus") || strings.Contains(strings.ToLower(d.Reason), "declin")
	}
	d.Prov = b.prov(f, b.when(n.Get("recorded")))
	return d
}

// joinDoses makes one of the doses of two sources on one day; a day's two doses
// at one source stay two. Doses are in order of time.
func (b *builder) joinDoses(row *Vaccine) {
	if len(b.sources) < 2 {
		return
	}
	out := row.Doses[:0:0]
next:
	for _, d := range row.Doses {
		for i := len(out) - 1; i >= 0 && i >= len(out)-4 && d.When.Known() && out[i].When.Day() == d.When.Day(); i-- {
			o := &out[i]
			told := slices.ContainsFunc(o.Also, func(p Prov) bool { return p.Source == d.Source })
			if o.Source == d.Source || told {
				continue
			}
			if o.Code != "" && d.Code != "" && o.Code != d.Code {
				o.Differs = append(o.Differs, Difference{"vaccine", o.Code + " " + o.Product, d.Code + " " + d.Product, d.Prov})
			}
			o.Also = append(append(o.Also, d.Prov), d.Also...)
			o.Outside = o.Outside && d.Outside
			if o.Reported && !d.Reported { // who gave it knows best
				also, outside, differs := o.Also, o.Outside, o.Differs
				also = slices.DeleteFunc(also, func(p Prov) bool { return p == d.Prov })
				first := o.Prov
				*o = d
				o.Also, o.Outside, o.Differs = append(also, first), outside, differs
			}
			o.Lot, o.Number, o.Code = cmp.Or(o.Lot, d.Lot), cmp.Or(o.Number, d.Number), cmp.Or(o.Code, d.Code)
			o.Subpotent, o.Spoiled = o.Subpotent || d.Subpotent, cmp.Or(o.Spoiled, d.Spoiled)
			continue next
		}
		out = append(out, d)
	}
	row.Doses = out
}
