package order

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Order makes a draft of an item as a typed line means it. Where the line gives
// no directions, the usual ones are there to be read and changed; a strength
// that the item does not have becomes the dose.
func (it *Item) Order(l Line) Order {
	o := Order{Kind: it.Kind, Name: it.Name, Codes: it.Codes, Strength: it.Strength, Specimen: it.Specimen, Modality: it.Modality, Region: it.Region, Priority: "routine", Status: "draft"}
	switch it.Kind {
	case Medicine:
		o.Sig = it.sig(l)
	case Imaging:
		if len(it.Contrasts) > 0 {
			o.Contrast = it.Contrasts[0]
		}
		o.Side, o.Contrast = imagingWords(l, it, o.Contrast)
	case Referral:
		o.Specialty = strings.TrimPrefix(it.Name, "Referral: ")
	}
	return o
}

func imagingWords(l Line, it *Item, contrast string) (side, c string) {
	c = contrast
	words := wordsOf(l.Name + " " + strings.Join(l.Unread, " ") + " " + l.Sig.Note)
	for i, w := range words {
		switch w {
		case "left", "l":
			side = "left"
		case "right", "r":
			side = "right"
		case "bilateral", "both":
			side = "bilateral"
		case "contrast", "gad", "gadolinium", "iodinated":
			with := it.with()
			if i > 0 && (words[i-1] == "without" || words[i-1] == "no" || words[i-1] == "wo") {
				with = "none"
			}
			if with != "" {
				c = with
			}
		}
	}
	if !it.Sides {
		side = ""
	}
	return side, c
}

// with is the contrast that the item is made with, "" when it never is.
func (it *Item) with() string {
	for _, c := range it.Contrasts {
		if c != "none" {
			return c
		}
	}
	return ""
}

// sig joins typed directions with the usual ones.
func (it *Item) sig(l Line) Sig {
	var usual Sig
	if len(it.Sigs) > 0 {
		usual = ParseSig(it.Sigs[0]).Sig
	}
	s := l.Sig
	bare := "" // the unit of a number alone in the steps that follow
	typed := len(s.More) > 0 || s.Dose > 0 || s.Times > 0 || s.Once || s.Days > 0 || s.PRN || len(s.When) > 0
	if !typed && s.Quantity == 0 && !s.RefillsSaid && s.Note == "" && (l.Strength == 0 || strengthFits(it, l) == yes) {
		if usual.Route == "" {
			usual.Route = it.Route
		}
		return usual
	}
	if s.Route == "" {
		if s.Route = it.Route; usual.Route != "" {
			s.Route = usual.Route
		}
	}
	if s.Unit == "" && s.Dose > 0 {
		s.Unit = it.Unit
	}
	if s.Dose == 0 && l.Strength > 0 && strengthFits(it, l) == unsure { // "warfarin 7.5 daily"
		s.Dose, s.Unit = l.Strength, l.Unit
		if s.Unit == "" {
			s.Unit = it.Unit
			if _, unit, _ := strings.Cut(it.Strength, " "); unit != "" { // of "160 mg/5 mL" a bare number is mg, never mL
				unit, _, _ = strings.Cut(unit, "/")
				if u := unitKey(strings.ToLower(unit)); u != "" {
					s.Unit = u
				}
			}
		}
		bare = s.Unit
	}
	if s.Dose == 0 {
		s.Dose, s.DoseMax, s.Unit = usual.Dose, usual.DoseMax, usual.Unit
		if s.Dose == 0 && l.Strength > 0 && units[it.Unit].countable && strengthFits(it, l) == yes { // "10 daily" of 10 mg tablets
			s.Dose, s.Unit = 1, it.Unit
		}
		if bare = l.Unit; bare == "" {
			if a, ok := it.amountOf(); ok && l.Strength > 0 {
				bare = a.unit
			}
		}
	}
	it.steps(&s, l, bare)
	it.whole(&s)
	if s.Times == 0 && !s.Once && len(s.When) == 0 {
		s.Times, s.TimesMax, s.Every, s.EveryMax, s.Per, s.Once = usual.Times, usual.TimesMax, usual.Every, usual.EveryMax, usual.Per, usual.Once
		if s.When == nil {
			s.When = usual.When
		}
	}
	if !s.RefillsSaid && s.Days == 0 {
		s.Refills, s.RefillsSaid = usual.Refills, usual.RefillsSaid
	}
	if s.Quantity == 0 && s.Days == 0 && !s.Once && len(s.More) == 0 {
		if usual.Days > 0 {
			s.Days = usual.Days
		} else if usual.Quantity > 0 && usual.PerDay() > 0 && s.PerDay() > 0 && !s.PRN && units[s.Unit].countable {
			s.Quantity = math.Ceil(usual.Quantity / (usual.Dose * usual.PerDay()) * s.Dose * s.PerDay())
			s.QuantityUnit = s.Unit
		} else {
			s.Quantity, s.QuantityUnit = usual.Quantity, usual.QuantityUnit
		}
	}
	s.inherit()
	s.Compute()
	return s
}

// steps gives the steps that follow the first their unit and dose, as tablets
// where they come out. A number alone means what it meant in the first: of "40
// daily, then 20" both are mg.
func (it *Item) steps(s *Sig, l Line, bare string) {
	s.More = slices.Clone(s.More)
	last := *s
	for i := range s.More {
		x := &s.More[i]
		switch {
		case x.Dose > 0 && x.Unit == "" && bare != "":
			x.Unit = bare
		case x.Dose > 0 && x.Unit == "":
			x.Unit = last.Unit
		case x.Dose == 0:
			x.Dose, x.DoseMax, x.Unit = last.Dose, last.DoseMax, last.Unit
		}
		last = *x
		it.whole(x)
		if x.Route == "" {
			x.Route = s.Route
		}
	}
}

type measure struct {
	n    float64
	unit string
}

// amountOf is the strength of one tablet or capsule, when it is one number of a mass.
func (it *Item) amountOf() (measure, bool) {
	head, unit, _ := strings.Cut(strings.ReplaceAll(it.Strength, ",", ""), " ")
	f, err := strconv.ParseFloat(head, 64)
	u := unitKey(strings.ToLower(unit))
	if err != nil || u == "" || f <= 0 {
		return measure{}, false
	}
	return measure{f, u}, true
}

// whole turns a dose by mass into tablets or capsules where it comes out at
// halves: "prednisone 40" of 20 mg tablets is two. Otherwise it stays as said.
func (it *Item) whole(s *Sig) {
	a, ok := it.amountOf()
	if !ok || !units[it.Unit].countable || mass(s.Unit) == 0 || mass(a.unit) == 0 {
		return
	}
	// Only tablets are halved, and not those that release slowly.
	step := 1.0
	if it.Unit == "tablet" && !slow(it.Name) {
		step = 2
	}
	n := s.Dose * mass(s.Unit) / (a.n * mass(a.unit))
	if n < 0.5 || n > 10 || math.Abs(n*step-math.Round(n*step)) > 1e-9 {
		return
	}
	if s.DoseMax > 0 {
		m := s.DoseMax * mass(s.Unit) / (a.n * mass(a.unit))
		if math.Abs(m*step-math.Round(m*step)) > 1e-9 {
			return
		}
		s.DoseMax = math.Round(m*step) / step
	}
	s.Dose, s.Unit = math.Round(n*step)/step, it.Unit
}

// slow says whether a name is of a form that must not be divided.
func slow(name string) bool {
	for _, w := range strings.Fields(name) {
		switch w {
		case "ER", "XL", "XR", "SR", "CD", "DR":
			return true
		}
	}
	return false
}

// Words is an order in words only, of a kind: it has no code and no check knows it.
func Words(k Kind, text string) Order {
	l := Line{Name: clean(cut(text, MaxLine))}
	o := Order{Kind: k, Name: sentence(l.Name), Priority: "routine", Status: "draft"}
	if k == Medicine {
		l = Parse(text)
		o.Name = sentence(l.Name)
		if l.Strength > 0 && l.Sig.Dose == 0 && mass(l.Unit) > 0 && len(l.Sig.More) > 0 { // "40 mg daily, then 20 mg": doses, not one strength
			l.Sig.Dose, l.Sig.Unit, l.Strength = l.Strength, l.Unit, 0
			l.Sig.inherit()
		}
		if l.Strength > 0 {
			o.Strength = strings.TrimSpace(num(l.Strength) + " " + l.Unit)
			o.Name += " " + o.Strength
		}
		o.Sig = l.Sig
	}
	return o
}

// imagingOf is the catalogue's item of an imaging order, or nil.
func imagingOf(o Order) *Item {
	for i := range load().items {
		if it := &load().items[i]; it.Kind == Imaging && it.Name == o.Name {
			return it
		}
	}
	return nil
}

// ItemOf is the catalogue's item that an order is of, or nil.
func ItemOf(o Order) *Item {
	for i := range load().items {
		if it := &load().items[i]; it.Kind == o.Kind && it.Name == o.Name {
			return it
		}
	}
	return nil
}

// UnitCode is the UCUM code of a dose's unit, "" when it has none.
func UnitCode(unit string) string { return units[unit].code }

// RouteWord is a route as the rules know it: "oral", "ophthalmic".
func RouteWord(route string) string {
	switch route {
	case "both-eyes", "right-eye", "left-eye":
		return "ophthalmic"
	}
	return route
}

// Mass is how much of its one ingredient a dose of a medicine has, where the
// dose is counted and the strength is one mass: two 20 mg tablets are 40 mg.
func Mass(o Order) (n float64, ucum string, ok bool) {
	it := Item{Strength: o.Strength}
	a, ok := it.amountOf()
	if !ok || !units[o.Sig.Unit].countable || mass(a.unit) == 0 {
		return 0, "", false
	}
	return max(o.Sig.Dose, o.Sig.DoseMax) * a.n, units[a.unit].code, true
}
