package chart

import (
	"math"
	"strconv"
	"strings"

	"wholechart/fhir"
)

// heading is the reason of an Observation that only groups others: a panel
// shows it.
const heading = "heading"

// observationMemo is what Observations repeat, by the raw bytes that say it: a
// chart has thousands of results but few tests, ranges and performers.
type observationMemo struct {
	series map[string]*Series // by raw code
	byCode map[string]*Series // by system|code or =name
	ranges map[string]Range
	flags  map[string]flag
	labels map[string]string // categories, interpretations
}

type flag struct{ code, word string }

func newObservationMemo() observationMemo {
	return observationMemo{map[string]*Series{}, map[string]*Series{}, map[string]Range{}, map[string]flag{}, map[string]string{}}
}

// observation reads one Observation into p: its series, or the reason why it
// has none.
func (b *builder) observation(f *fact, p *Point) (s *Series, reason string) {
	var issued When
	var effective fhir.Node
	var code, category, interpretation, ranges, components, value, absent, note, method fhir.Node
	var valueType string
	members := false
	for name, v := range f.Node.Members() {
		switch string(name) {
		case "code":
			code = v
		case "category":
			category = v
		case "effectiveDateTime", "effectiveInstant":
			p.When, effective = b.when(v), v
		case "effectivePeriod":
			p.When = b.when(v.Get("end"))
			if !p.When.Known() {
				p.When = b.when(v.Get("start"))
			}
		case "effectiveTiming":
			p.When = b.when(v.Get("event").Index(0))
		case "issued":
			if issued = p.When; string(v.Raw()) != string(effective.Raw()) {
				issued = b.when(v)
			}
		case "interpretation":
			interpretation = v
		case "referenceRange":
			ranges = v
		case "component":
			components = v
		case "dataAbsentReason":
			absent = v
		case "note":
			note = v
		case "method":
			method = v
		case "hasMember":
			members = true
		default:
			if len(name) > 5 && string(name[:5]) == "value" {
				value, valueType = v, string(name[5:])
			}
		}
	}
	p.Status, p.fact = f.status, f
	if !p.When.Known() {
		p.When = issued
	}
	p.Prov = b.prov(f, issued)
	p.Also = b.routes(f)
	s = b.seriesOf(code, category, &b.memo)
	if s == nil {
		return nil, "Observation that does not say what was observed"
	}
	p.Number = math.NaN()
	b.value(p, value, valueType)
	p.Range = b.rangeOf(ranges)
	b.interpret(p, interpretation)
	if method.Exists() {
		p.Method = b.label(method)
	}
	if note.Exists() {
		p.Note = b.notes(f.Node)
	}
	if absent.Exists() && p.Value == "" {
		p.Absent = absentWord(b.code(absent), b.label(absent))
	}
	if components.Exists() {
		b.components(s, p, components)
	}
	if p.Value == "" && p.Absent == "" {
		if members {
			return s, heading
		}
		p.Absent = "not said why"
		if f.status == "registered" || f.status == "cancelled" {
			p.Absent = map[string]string{"registered": "not there yet", "cancelled": "cancelled"}[f.status]
		}
	}
	return s, ""
}

// seriesOf finds the series of a code, or begins one; nil when code says nothing.
func (b *builder) seriesOf(code, category fhir.Node, m *observationMemo) *Series {
	raw := code.Raw()
	if s, ok := m.series[string(raw)]; ok {
		if s != nil && s.Category == "" {
			s.Category = b.category(category)
		}
		return s
	}
	codes, name := b.codings(code), b.label(code)
	if name == "" {
		m.series[string(raw)] = nil
		return nil
	}
	var s *Series
	for _, c := range codes {
		if s = m.byCode[c.System+"|"+c.Code]; s != nil {
			break
		}
	}
	if s == nil && len(codes) == 0 {
		s = m.byCode["="+plain(name)]
	}
	if s == nil {
		s = &Series{Name: name, Category: b.category(category), Code: first(codes), Key: seriesKey(codes, name)}
	}
	for _, c := range codes {
		if m.byCode[c.System+"|"+c.Code] == nil {
			m.byCode[c.System+"|"+c.Code] = s
			s.Codes = append(s.Codes, c)
		}
	}
	if m.byCode["="+plain(name)] == nil {
		m.byCode["="+plain(name)] = s
	}
	m.series[string(raw)] = s
	return s
}

// category is the code of the first category that is one of FHIR's own, else
// of the first.
func (b *builder) category(n fhir.Node) string {
	if !n.Exists() {
		return ""
	}
	if c, ok := b.memo.labels[string(n.Raw())]; ok {
		return c
	}
	out := ""
	for one := range n.Items() {
		for c := range one.Get("coding").Items() {
			code := strings.ToLower(b.str(c.Get("code")))
			switch code {
			case "lab":
				code = "laboratory"
			case "rad":
				code = "imaging"
			}
			if out == "" || strings.HasSuffix(c.Get("system").Str(), "/observation-category") {
				out = code
			}
		}
		if out == "" {
			out = strings.ToLower(b.str(one.Get("text")))
		}
	}
	b.memo.labels[string(n.Raw())] = out
	return out
}

// seriesKey names a series in a URL.
func seriesKey(codes []fhir.Coding, name string) string {
	best := first(codes)
	for _, c := range codes {
		if c.System == loinc {
			best = c
			break
		}
	}
	prefix, word := "text-", name
	if best.Code != "" {
		prefix, word = "code-", best.Code
		switch best.System {
		case loinc:
			prefix = "loinc-"
		case "http://snomed.info/sct":
			prefix = "snomed-"
		}
	}
	key := []byte(prefix)
	for i := range len(word) {
		switch c := word[i] | 0x20; {
		case c >= 'a' && c <= 'z' || word[i] >= '0' && word[i] <= '9':
			key = append(key, c)
		case key[len(key)-1] != '-':
			key = append(key, '-')
		}
	}
	return strings.TrimSuffix(string(key), "-")
}

// value reads value[x] into a point.
func (b *builder) value(p *Point, v fhir.Node, typ string) {
	switch typ {
	case "":
	case "Quantity":
		b.quantity(p, v)
	case "CodeableConcept":
		p.Value = b.label(v)
	case "String", "Time":
		p.Value = v.Str()
	case "DateTime":
		p.Value = b.when(v).String()
	case "Integer":
		p.Value = v.Text()
		p.Number = number(p.Value)
		p.decimal = p.Value
	case "Boolean":
		p.Value = "No"
		if v.True() {
			p.Value = "Yes"
		}
	case "Range":
		lo, hi := v.Get("low"), v.Get("high")
		p.Unit = b.str(hi.Get("unit"))
		switch {
		case lo.Exists() && hi.Exists():
			p.Value = lo.Get("value").Text() + "–" + hi.Get("value").Text()
		case lo.Exists():
			p.Value, p.Unit = "≥ "+lo.Get("value").Text(), b.str(lo.Get("unit"))
		case hi.Exists():
			p.Value = "≤ " + hi.Get("value").Text()
		}
	case "Ratio":
		p.Value = sayQuantity(v.Get("numerator")) + " : " + sayQuantity(v.Get("denominator"))
		if v.Get("numerator").Get("comparator").Exists() || v.Get("denominator").Get("unit").Exists() {
			break
		}
		if num, den := v.Get("numerator").Get("value").Text(), v.Get("denominator").Get("value").Text(); num != "" && den != "" {
			p.Value = num + ":" + den // titres
		}
	case "Period":
		p.Value = b.when(v.Get("start")).String() + " – " + b.when(v.Get("end")).String()
	case "SampledData":
		p.Value = "waveform"
	}
}

func (b *builder) quantity(p *Point, v fhir.Node) {
	for name, m := range v.Members() {
		switch string(name) {
		case "value":
			p.decimal = m.Text()
		case "unit":
			p.Unit = b.str(m)
		case "code":
			p.unitCode = b.str(m)
		case "comparator":
			p.Value = sayComparator(m.Str()) + " "
		}
	}
	if p.decimal == "" {
		p.Value = ""
		return
	}
	if p.Unit == "" {
		p.Unit = p.unitCode
	}
	p.Number = number(p.decimal)
	p.Value += shown(p.decimal)
}

func number(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}

// shown is a decimal as reported, but for digits that no instrument measures:
// what computers wrote with more than six decimals is rounded to two, or to
// three significant ones below one.
func shown(s string) string {
	_, fraction, ok := strings.Cut(s, ".")
	if !ok || len(fraction) <= 6 || strings.ContainsAny(s, "eE") {
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	if math.Abs(f) < 1 {
		return strconv.FormatFloat(f, 'g', 3, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

// absentWord is a data-absent-reason in words.
func absentWord(code, label string) string {
	switch code {
	case "unknown", "asked-unknown":
		return "unknown"
	case "temp-unknown":
		return "not known yet"
	case "not-asked":
		return "not asked"
	case "asked-declined":
		return "declined"
	case "masked":
		return "withheld"
	case "not-applicable":
		return "not applicable"
	case "unsupported", "not-performed", "not-permitted", "error", "as-text":
		return strings.ReplaceAll(code, "-", " ")
	}
	if label != "" {
		return label
	}
	return "not said why"
}
