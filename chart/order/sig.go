package order

import (
	"math"
	"strconv"
	"strings"
)

// Sig is how a medicine is taken: what a Dosage
// (http://hl7.org/fhir/R4/dosage.html) says, with what is handed out.
// What is zero was not said.
type Sig struct {
	Verb    string  // take, give, inhale, apply, inject, instil, insert, chew, dissolve; "" for the route's own
	Dose    float64 // of one time, in Unit
	DoseMax float64 // of a range, "1–2 tablets"
	Unit    string  // a key of units: tablet, mg, mL, puff …
	Route   string  // a key of routes: oral, sublingual …

	Times, TimesMax int      // timing.repeat.frequency, frequencyMax
	Every, EveryMax float64  // period, periodMax
	Per             string   // periodUnit: h, d, wk, mo
	When            []string // timing.repeat.when
	On              []string // timing.repeat.dayOfWeek: mon, tue …
	At              []string // timing.repeat.timeOfDay: 08:00
	Once            bool     // one dose, no repeat

	PRN bool
	For string // what it is needed for, of PRN; else what it is for

	Days       float64 // timing.repeat.boundsDuration, in days
	Start, End string  // timing.repeat.boundsPeriod: days, ISO

	Max     float64 // maxDosePerPeriod: in MaxUnit a day
	MaxUnit string

	Quantity     float64 // dispenseRequest.quantity
	QuantityUnit string
	Computed     bool // Quantity follows from the rest
	Refills      int  // numberOfRepeatsAllowed
	RefillsSaid  bool

	Note string // words that are kept as said: additional instruction
	Said string // the directions as somebody else wrote them, which the parts need not say in full; How is then these words

	Seq  int   // dosageInstruction.sequence, of several: the same number runs at once, a higher one follows
	Stop bool  // "then stop": said, so that nobody takes it on
	More []Sig // the further steps of one order: "then 20 mg", "and 1000 mg in the evening". They have no More and no supply
}

// unit is a unit in which doses are written.
type unit struct {
	one, many string
	code      string // UCUM
	countable bool   // whole things are handed out
	also      []string
}

// units are the units of doses, by the word that Sig.Unit holds.
// Codes are UCUM's; what is counted has an annotation.
var units = map[string]unit{
	"tablet":      {one: "tablet", many: "tablets", code: "{tbl}", countable: true, also: []string{"tab", "tabs", "tbl", "t"}},
	"capsule":     {one: "capsule", many: "capsules", code: "{capsule}", countable: true, also: []string{"cap", "caps", "c"}},
	"puff":        {one: "puff", many: "puffs", code: "{puff}", also: []string{"inhalation", "inhalations", "actuation", "actuations"}},
	"spray":       {one: "spray", many: "sprays", code: "{spray}"},
	"drop":        {one: "drop", many: "drops", code: "[drp]", also: []string{"gtt", "gtts"}},
	"patch":       {one: "patch", many: "patches", code: "{patch}", countable: true},
	"suppository": {one: "suppository", many: "suppositories", code: "{suppository}", countable: true, also: []string{"supp"}},
	"application": {one: "application", many: "applications", code: "{application}", also: []string{"app"}},
	"packet":      {one: "packet", many: "packets", code: "{packet}", countable: true, also: []string{"sachet", "sachets", "pkt"}},
	"lozenge":     {one: "lozenge", many: "lozenges", code: "{lozenge}", countable: true},
	"vial":        {one: "vial", many: "vials", code: "{vial}", countable: true},
	"unit":        {one: "unit", many: "units", code: "[iU]", also: []string{"iu", "unt"}},
	"mL":          {one: "mL", many: "mL", code: "mL", also: []string{"ml", "cc", "milliliter", "milliliters", "millilitre", "millilitres"}},
	"mg":          {one: "mg", many: "mg", code: "mg", also: []string{"milligram", "milligrams", "mgs"}},
	"mcg":         {one: "mcg", many: "mcg", code: "ug", also: []string{"ug", "µg", "μg", "microgram", "micrograms"}},
	"g":           {one: "g", many: "g", code: "g", also: []string{"gm", "gram", "grams"}},
	"mEq":         {one: "mEq", many: "mEq", code: "meq", also: []string{"meq"}},
	"mmol":        {one: "mmol", many: "mmol", code: "mmol"},
	"%":           {one: "%", many: "%", code: "%"},
}

// mass is a unit in milligrams, 0 when it is none.
func mass(unit string) float64 {
	switch unit {
	case "mg":
		return 1
	case "mcg":
		return 0.001
	case "g":
		return 1000
	}
	return 0
}

// route is a way into the body. SNOMED CT codes are those of FHIR's own value
// set of routes (http://hl7.org/fhir/R4/valueset-route-codes.html).
type route struct {
	words, verb, code, display string
	also                       []string
}

var routes = map[string]route{
	"oral":          {"by mouth", "take", "26643006", "Oral route", []string{"po", "orally"}},
	"sublingual":    {"under the tongue", "dissolve", "37839007", "Sublingual route", []string{"sl", "sublingually"}},
	"inhaled":       {"by inhalation", "inhale", "18679011000001101", "Inhalation", []string{"inh", "neb", "nebulized", "nebulised"}},
	"nasal":         {"in each nostril", "use", "46713006", "Nasal route", []string{"intranasal", "nas"}},
	"topical":       {"to the skin", "apply", "6064005", "Topical route", []string{"top", "topically"}},
	"transdermal":   {"to the skin", "apply", "45890007", "Transdermal route", nil},
	"ophthalmic":    {"in the affected eye", "instil", "54485002", "Ophthalmic route", []string{"eye"}},
	"both-eyes":     {"in both eyes", "instil", "54485002", "Ophthalmic route", []string{"ou"}},
	"right-eye":     {"in the right eye", "instil", "54485002", "Ophthalmic route", nil},
	"left-eye":      {"in the left eye", "instil", "54485002", "Ophthalmic route", nil},
	"otic":          {"in the affected ear", "instil", "10547007", "Otic route", []string{"ear"}},
	"rectal":        {"rectally", "insert", "37161004", "Rectal route", []string{"pr"}},
	"vaginal":       {"vaginally", "insert", "16857009", "Vaginal route", []string{"pv"}},
	"subcutaneous":  {"under the skin", "inject", "34206005", "Subcutaneous route", []string{"sc", "subq", "sq", "subcut", "subcutaneously"}},
	"intramuscular": {"into a muscle", "inject", "78421000", "Intramuscular route", []string{"im", "intramuscularly"}},
	"intravenous":   {"into a vein", "give", "47625008", "Intravenous route", []string{"iv", "intravenously"}},
}

// whens are FHIR's event-timing codes that directions name
// (http://hl7.org/fhir/R4/valueset-event-timing.html).
var whens = map[string]string{"HS": "at bedtime", "MORN": "in the morning", "NOON": "at noon", "AFT": "in the afternoon", "EVE": "in the evening", "NIGHT": "at night",
	"AC": "before meals", "PC": "after meals", "C": "with meals", "ACM": "before breakfast", "CM": "with breakfast", "PCM": "after breakfast", "CV": "with dinner", "ACV": "before dinner", "PCV": "after dinner"}

// num is a number as people write doses: no trailing zeros (ISMP), thousands
// with a comma.
func num(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	whole, frac, dot := strings.Cut(s, ".")
	if len(whole) > 3 {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
	}
	if dot {
		return whole + "." + frac
	}
	return whole
}

func count(f float64, u string) string {
	w, ok := units[u]
	switch {
	case u == "":
		return num(f)
	case !ok:
		return num(f) + " " + u
	case u == "%":
		return num(f) + "%"
	case f == 1 || f > 0 && f < 1:
		return num(f) + " " + w.one
	}
	return num(f) + " " + w.many
}

// Empty says whether nothing was said at all.
func (s Sig) Empty() bool { return s.How() == "" && s.Quantity == 0 && !s.RefillsSaid && s.Note == "" }

// one is one step in words. A step that follows another does not say verb and
// route again when they are the same.
func (s Sig) one(before *Sig) string {
	if s.Said != "" {
		return s.stopped(s.Said)
	}
	var out []string
	if d := s.dose(); d != "" {
		out = append(out, d)
	}
	again := before != nil && before.Said == "" && before.Verb == s.Verb && before.Route == s.Route && s.Dose > 0 && before.Dose > 0
	if r, ok := routes[s.Route]; ok && !again && (s.Route != "inhaled" || s.Unit != "puff") {
		out = append(out, r.words)
	}
	if t := s.timing(); t != "" {
		out = append(out, t)
	}
	if s.PRN {
		out = append(out, "as needed")
	}
	if s.For != "" {
		out = append(out, "for "+s.For)
	}
	if s.Days > 0 {
		out = append(out, "for "+spell(s.Days))
	}
	if s.Start != "" {
		out = append(out, "from "+sayDay(s.Start))
	}
	if s.End != "" {
		out = append(out, "until "+sayDay(s.End))
	}
	if len(out) == 0 {
		return s.stopped("")
	}
	verb := s.Verb
	if again {
		verb = ""
	} else if verb == "" && (s.Dose > 0 || s.Route != "") {
		verb = routes[s.Route].verb
		if verb == "" {
			verb = "take"
		}
		if s.Unit == "puff" {
			verb = "inhale"
		}
	}
	text := strings.TrimSpace(verb + " " + strings.Join(out, " "))
	if s.Max > 0 {
		text += ", at most " + count(s.Max, s.MaxUnit) + " a day"
	}
	return s.stopped(text)
}

func (s Sig) dose() string {
	if s.Dose <= 0 {
		return ""
	}
	if s.DoseMax > s.Dose {
		return num(s.Dose) + "–" + count(s.DoseMax, s.Unit)
	}
	return count(s.Dose, s.Unit)
}

var periodWords = map[string]string{"min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month"}

var timesWords = map[int]string{1: "once", 2: "twice", 3: "three times", 4: "four times", 5: "five times", 6: "six times"}

func (s Sig) timing() string {
	var when []string
	for _, w := range s.When {
		when = append(when, whens[w])
	}
	if len(s.On) > 0 {
		when = append(when, "on "+joined(s.On, dayWords))
	}
	if len(s.At) > 0 {
		when = append(when, "at "+joined(s.At, nil))
	}
	tail := strings.Join(when, " and ")
	if s.Once {
		return strings.TrimSpace("once only " + tail)
	}
	if s.Times == 0 || s.Per == "" {
		return tail
	}
	unit, times := periodWords[s.Per], timesWords[s.Times]
	if times == "" {
		times = strconv.Itoa(s.Times) + " times"
	}
	if s.TimesMax > s.Times {
		times = strconv.Itoa(s.Times) + "–" + strconv.Itoa(s.TimesMax) + " times"
	}
	text := times + " a " + unit
	if s.Per == "h" && s.Every == 1 {
		text = times + " an hour"
	}
	if s.Every != 1 || s.EveryMax > s.Every {
		every := "every " + num(s.Every)
		if s.EveryMax > s.Every {
			every += "–" + num(s.EveryMax)
		}
		text = every + " " + unit + "s"
		if s.Every == 2 && s.Per == "d" && s.EveryMax == 0 {
			text = "every other day"
		}
		if s.Times > 1 {
			text = times + " " + text
		}
	}
	return strings.TrimSpace(text + " " + tail)
}

// spell words a number of days: "7 days", "2 weeks", "3 months".
func spell(days float64) string {
	n, w := days, "day"
	switch {
	case days >= 60 && math.Mod(days, 30) == 0:
		n, w = days/30, "month"
	case days >= 14 && math.Mod(days, 7) == 0:
		n, w = days/7, "week"
	}
	if n == 1 {
		return num(n) + " " + w
	}
	return num(n) + " " + w + "s"
}

// Supply is what is to be handed out, in words: "21 capsules, no refills".
func (s Sig) Supply() string {
	var out []string
	if s.Quantity > 0 {
		out = append(out, count(s.Quantity, s.QuantityUnit))
	}
	switch {
	case s.Refills == 1:
		out = append(out, "1 refill")
	case s.Refills > 1:
		out = append(out, strconv.Itoa(s.Refills)+" refills")
	case s.RefillsSaid || s.Quantity > 0:
		out = append(out, "no refills")
	}
	return strings.Join(out, ", ")
}

// Line is the whole of it in one line that ParseSig reads back.
func (s Sig) Line() string {
	out := s.How()
	if p := s.Supply(); p != "" && (s.Quantity > 0 || s.RefillsSaid) {
		if out != "" {
			out += ". "
		}
		if s.Quantity > 0 {
			out += "Dispense "
		}
		out += p
	}
	if s.Note != "" {
		if out != "" {
			out += ". "
		}
		out += "Note: " + s.Note
	}
	return out
}

// PerDay is how many doses of this step a day, 0 when it cannot be said. Of ranges
// the most; of days of the week, those on which it is taken.
func (s Sig) PerDay() float64 {
	if s.Once || s.Times == 0 || s.Every <= 0 {
		return 0
	}
	n := float64(max(s.Times, s.TimesMax))
	switch s.Per {
	case "min":
		return n * 1440 / s.Every
	case "h":
		return n * 24 / s.Every
	case "d":
		return n / s.Every
	case "wk":
		return n / (7 * s.Every)
	case "mo":
		return n / (30 * s.Every)
	}
	return 0
}

// Compute fills in the quantity where dose, frequency and duration of every step
// say it, and it was not said otherwise. Whole things are rounded up; of what is
// neither counted nor a volume nothing is computed.
func (s *Sig) Compute() {
	if s.Quantity > 0 && !s.Computed {
		if s.QuantityUnit == "" && units[s.Unit].countable {
			s.QuantityUnit = s.Unit
		}
		return
	}
	s.Quantity, s.QuantityUnit, s.Computed = 0, "", false
	n := 0.0
	for _, x := range s.Steps() {
		m := x.taken()
		if m <= 0 || x.Unit != s.Unit {
			return
		}
		n += m
	}
	if n > 100000 {
		return
	}
	s.Quantity, s.QuantityUnit, s.Computed = math.Ceil(n-1e-9), s.Unit, true
}

// taken is how much of its unit a step takes in all, 0 when that cannot be said.
func (s Sig) taken() float64 {
	u, ok := units[s.Unit]
	if !ok || !u.countable && s.Unit != "mL" {
		return 0
	}
	one := max(s.Dose, s.DoseMax)
	days := s.Days
	if days == 0 {
		days = daysBetween(s.Start, s.End)
	}
	switch {
	case s.Once:
		return one
	case days > 0:
		n := one * s.PerDay() * days
		if len(s.On) > 0 && s.Per == "d" {
			n = one * s.PerDay() * math.Ceil(days*float64(len(s.On))/7)
		}
		if s.Max > 0 && s.MaxUnit == s.Unit {
			n = min(n, s.Max*days)
		}
		return n
	}
	return 0
}
