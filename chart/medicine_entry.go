package chart

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"wholechart/fhir"
)

// medicineEntry reads one resource about a medicine.
func (b *builder) medicineEntry(f *fact, kind EntryKind) MedicineEntry {
	n := f.Node
	e := MedicineEntry{Kind: kind, State: f.status, outside: f.outside(), Also: b.routes(f)}
	e.medication = b.medication(f)
	e.Name = e.name
	e.Strength = e.drug.strength
	e.Reason = b.label(n.Get("reasonCode"))
	if e.Reason == "" {
		if r := b.refTo(f, n.Get("reasonReference").Index(0)); r != nil {
			e.Reason = b.label(r.Node.Get("code"))
		}
	}
	dosage := "dosageInstruction"
	var recorded When
	switch kind {
	case Prescribed:
		e.When = b.when(n.Get("authoredOn"))
		recorded = e.When
		validity := n.Get("dispenseRequest").Get("validityPeriod")
		e.Supply = days(n.Get("dispenseRequest").Get("expectedSupplyDuration"))
		e.Quantity = sayQuantity(n.Get("dispenseRequest").Get("quantity"))
		if end := b.when(validity.Get("end")); end.Known() && f.status != "active" {
			e.Until = end // a prescription may be filled until then; taken it may be for longer
		}
		if end := b.dosed(n.Get(dosage)); end.Known() {
			e.Until = end
		}
	case Taken:
		dosage = "dosage"
		e.When, e.Until, _ = b.choiceWhen(n, "effective")
		recorded = b.when(n.Get("dateAsserted"))
		if !e.When.Known() {
			e.When = recorded
		}
	case Dispensed:
		e.When = b.when(n.Get("whenHandedOver"))
		if !e.When.Known() {
			e.When = b.when(n.Get("whenPrepared"))
		}
		recorded = e.When
		e.Supply, e.Quantity = days(n.Get("daysSupply")), sayQuantity(n.Get("quantity"))
	case Given:
		e.When, e.Until, _ = b.choiceWhen(n, "effective")
		recorded = e.When
		d := n.Get("dosage")
		e.Sig = strings.TrimSpace(cmp.Or(d.Get("text").Str(), sayQuantity(d.Get("dose"))+" "+b.label(d.Get("route"))))
	}
	if e.Sig == "" {
		e.Sig = b.sig(n.Get(dosage))
	}
	e.Prov = b.prov(f, recorded)
	e.Who = e.Prov.Author
	return e
}

// medication is what a resource says of which medicine it is.
type medication struct {
	name string
	code []fhir.Coding
	drug drug
	keys []string // what is the same medicine shares one
}

// medication reads a concept or a Medication that is referred to or contained.
func (b *builder) medication(f *fact) medication {
	c := f.Node.Get("medicationCodeableConcept")
	if c.Exists() {
		if m, ok := b.drugs[string(c.Raw())]; ok {
			return m
		}
	}
	var m medication
	m.name, m.code = b.medicationWords(f)
	m.drug = readDrug(m.name)
	if m.drug.strength == "" || m.drug.form == "" {
		for _, c := range m.code { // the code's own words often say more
			if d := readDrug(c.Display); d.ingredient != "" {
				m.drug.strength = cmp.Or(m.drug.strength, d.strength)
				m.drug.form = cmp.Or(m.drug.form, d.form)
			}
		}
	}
	if m.drug.ingredient != "" {
		m.keys = append(m.keys, "="+m.drug.ingredient+"|"+way(m.drug.form))
	}
	for _, c := range m.code {
		m.keys = append(m.keys, c.System+"|"+c.Code)
	}
	if c.Exists() {
		b.drugs[string(c.Raw())] = m
	}
	return m
}

func (b *builder) medicationWords(f *fact) (string, []fhir.Coding) {
	if c := f.Node.Get("medicationCodeableConcept"); c.Exists() {
		return b.label(c), b.codings(c)
	}
	ref := f.Node.Get("medicationReference")
	if id, ok := strings.CutPrefix(ref.Get("reference").Str(), "#"); ok {
		for c := range f.Node.Get("contained").Items() {
			if c.Get("id").Is(id) {
				return b.medicationName(c, ref)
			}
		}
	}
	if to := b.refTo(f, ref); to != nil {
		return b.medicationName(to.Node, ref)
	}
	return b.str(ref.Get("display")), nil
}

func (b *builder) medicationName(m, ref fhir.Node) (string, []fhir.Coding) {
	name := b.label(m.Get("code"))
	if name == "" {
		var parts []string
		for i := range m.Get("ingredient").Items() {
			if l := b.label(i.Get("itemCodeableConcept")); l != "" {
				parts = append(parts, l)
			}
		}
		name = strings.Join(parts, " / ")
	}
	if name == "" {
		name = b.str(ref.Get("display"))
	}
	return name, b.codings(m.Get("code"))
}

// days is a duration in days, 0 when it is not said in days, weeks or months.
func days(q fhir.Node) int {
	v, err := strconv.ParseFloat(q.Get("value").Text(), 64)
	if err != nil || v <= 0 || v > 3660 {
		return 0
	}
	unit := q.Get("code").Str()
	if unit == "" {
		unit = strings.ToLower(q.Get("unit").Str())
	}
	switch unit {
	case "d", "day", "days", "":
		return int(v)
	case "wk", "week", "weeks":
		return int(7 * v)
	case "mo", "month", "months":
		return int(30 * v)
	}
	return 0
}

// sayQuantity is a Quantity in words with the precision it has: "≥ 1 tablet".
func sayQuantity(n fhir.Node) string {
	if !n.Exists() {
		return ""
	}
	v := n.Get("value").Text()
	if v == "" {
		return ""
	}
	unit := n.Get("unit").Str()
	if unit == "" {
		unit = n.Get("code").Str()
	}
	return strings.TrimSpace(sayComparator(n.Get("comparator").Str()) + v + " " + unit)
}

func sayComparator(c string) string {
	switch c {
	case "<=":
		return "≤"
	case ">=":
		return "≥"
	}
	return c
}

// numberWords are words of directions that say how many or how often.
var numberWords = map[string]string{"one": "1", "two": "2", "three": "3", "four": "4", "half": "½", "twice": "2", "bid": "2", "tid": "3", "qid": "4",
	"thrice": "3", "weekly": "week", "week": "week", "weeks": "week", "hourly": "hour", "hours": "hour", "hour": "hour", "q8h": "8hour", "q12h": "12hour"}

// otherDose says whether two directions name other numbers: free text is
// compared by what it counts, since every site words it its own way. Directions
// not given differ from nothing.
func otherDose(x, y string) bool {
	a, b := counted(x), counted(y)
	return a != "" && b != "" && a != b
}

func counted(sig string) string {
	sig, _, _ = strings.Cut(strings.ToLower(sig), "at most")
	var out []string
	for _, w := range strings.FieldsFunc(sig, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '(' || r == ')' }) {
		if n, ok := numberWords[w]; ok {
			w = n
		} else if !isAmount(w) && w != "½" {
			continue
		}
		out = append(out, w)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
