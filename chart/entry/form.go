package entry

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wholechart/fhir"
	"wholechart/terminology"
)

// Form is what was typed, by field.
type Form = url.Values

// Errors are messages by field, for who typed.
type Errors map[string]string

func (e Errors) add(field, text string) {
	if e[field] == "" {
		e[field] = text
	}
}

// Context is for whom, by whom and when something is written.
type Context struct {
	Patient   string // id at the own site
	Birth     string // FHIR date; empty: unknown
	Encounter string // id of the visit it belongs to; may be empty
	Who       string // reference of who writes, "Practitioner/1"; may be empty
	Name      string // how who writes is called
	Now       time.Time
	Zone      *time.Location
}

func (c Context) instant() string {
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	return c.Now.In(zone).Format("2006-01-02T15:04:05-07:00")
}

func (c Context) today() time.Time {
	if c.Zone == nil {
		return c.Now.UTC()
	}
	return c.Now.In(c.Zone)
}

// who is the reference to who writes.
func (c Context) who() object {
	var o object
	if c.Who != "" {
		o = append(o, member{"reference", c.Who})
	}
	if c.Name != "" {
		o = append(o, member{"display", c.Name})
	}
	return o
}

// Input is how a field is typed into.
type Input uint8

// The inputs.
const (
	Text   Input = iota + 1
	Area         // several lines
	Code         // free text or a code of Codes, found as one types; the code travels as Name+".code", "system|code"
	Day          // a date as far as it is known
	Choice       // one of Options
	Many         // any of Options
	Check        // yes or not
	Number
)

// Option is one choice.
type Option struct {
	Value, Label string
	system       string // of a coding; empty where the element is a code
	display      string // the coding's display when it is not the label
}

// Field is one thing that a form asks for.
type Field struct {
	Name, Label, Hint string
	Input             Input
	Codes             terminology.Kind
	Options           []Option
	Required          bool
	Half              bool // may stand beside another
	More              bool // seldom needed: under "More"
	Max               int  // characters

	future bool // a Day that may lie ahead
	ages   bool // a Day that may be an age, or words that are neither
	years  bool // with ages: a number alone is years of age, and a span of ages is one
	least  float64
	most   float64
	get    func(fhir.Node) value
	set    func(*draft, value, Context)
}

// value is a field's value: its words, the coding that was picked, or several options.
type value struct {
	text   string
	coding fhir.Coding
	many   []string
}

func (v value) equal(w value) bool {
	return v.text == w.text && v.coding.System == w.coding.System && v.coding.Code == w.coding.Code && slices.Equal(v.many, w.many)
}

func (v value) blank() bool { return v.text == "" && len(v.many) == 0 }

// Group is a part of a form that repeats. The fields' names in a Form are
// Name-0-field, Name-1-field, …
type Group struct {
	Name, Label string
	Most        int // parts that a form shows; others of the resource stay
	Fields      []Field
	element     string
	seed        func(*draft) // what a new part holds besides
}

// Kind is one kind of fact that people write.
type Kind struct {
	Slug  string // in addresses: "problem"
	Title string // "Problem"
	Type  string // of the resource
	Add   string // "Add problem"
	Lead  string // a sentence at the top of the form; may be empty

	Fields []Field
	Groups []Group

	base   func(*draft, Context)       // what a new one holds besides
	finish func(*draft, Context)       // what follows from the fields
	check  func(Form, Context, Errors) // what fields must agree on
	mine   func(fhir.Node) bool        // of several kinds of one type: whether it is this one
	start  func(Form, Context)         // what a blank form has chosen already
	code   string                      // of Observation kinds
	Short  func(fhir.Node) string      // what one says in a line
}

// Names are the names of all fields of a form, groups spread out.
func (k *Kind) Names() []string {
	var out []string
	for _, f := range k.Fields {
		out = append(out, f.Name)
	}
	for _, g := range k.Groups {
		for i := range g.Most {
			for _, f := range g.Fields {
				out = append(out, g.field(i, f.Name))
			}
		}
	}
	return out
}

func (g *Group) field(i int, name string) string { return g.Name + "-" + strconv.Itoa(i) + "-" + name }

// FieldName is the name that a field of a group's part has in a Form.
func (g *Group) FieldName(i int, name string) string { return g.field(i, name) }

// Blank is the form of a new fact.
func (k *Kind) Blank(c Context) Form {
	f := Form{}
	if k.start != nil {
		k.start(f, c)
	}
	return f
}

// Form is what a form shows of a resource.
func (k *Kind) Form(n fhir.Node) Form {
	out := Form{}
	for i := range k.Fields {
		k.Fields[i].put(out, k.Fields[i].Name, k.Fields[i].get(n))
	}
	for gi := range k.Groups {
		g := &k.Groups[gi]
		for i, item := range itemsOf(n.Get(g.element)) {
			if i == g.Most {
				break
			}
			for j := range g.Fields {
				g.Fields[j].put(out, g.field(i, g.Fields[j].Name), g.Fields[j].get(item))
			}
		}
	}
	return out
}

func (f *Field) put(out Form, name string, v value) {
	if v.text != "" {
		out.Set(name, v.text)
	}
	if v.coding.Code != "" {
		out.Set(name+".code", v.coding.System+"|"+v.coding.Code)
	}
	if len(v.many) > 0 {
		out[name] = v.many
	}
}

// Build makes a new resource of a form.
func (k *Kind) Build(c Context, form Form) ([]byte, Errors) {
	d := newDraft(k.Type)
	k.base(d, c)
	return k.apply(d, c, form)
}

// Edit makes the next version of a resource of a form. old stays as it is.
// When no field was changed the result is old's own text.
func (k *Kind) Edit(c Context, old fhir.Node, form Form) ([]byte, Errors) {
	return k.apply(&draft{slices.Clone(old.Raw())}, c, form)
}

func (k *Kind) apply(d *draft, c Context, form Form) ([]byte, Errors) {
	errs := Errors{}
	before := d.node()
	changed := false
	for i := range k.Fields {
		f := &k.Fields[i]
		v := f.read(form, f.Name)
		if v.equal(f.get(before)) {
			if f.Required && v.blank() {
				errs.add(f.Name, f.missing())
			}
			continue
		}
		if v = f.accept(v, f.Name, c, errs); errs[f.Name] == "" && !f.same(v, f.get(before)) {
			f.set(d, v, c)
			changed = true
		}
	}
	for i := range k.Groups {
		changed = k.Groups[i].apply(d, before, c, form, errs) || changed
	}
	if k.check != nil {
		k.check(form, c, errs)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	if changed && k.finish != nil {
		k.finish(d, c)
	}
	return d.text, nil
}

func (g *Group) apply(d *draft, before fhir.Node, c Context, form Form, errs Errors) bool {
	old := itemsOf(before.Get(g.element))
	var out []raw
	changed := false
	for i := range max(g.Most, len(old)) {
		if i >= g.Most {
			out = append(out, old[i].Raw())
			continue
		}
		part := &draft{[]byte("{}")}
		was := part.node()
		if i < len(old) {
			part.text = slices.Clone(old[i].Raw())
			was = old[i]
		}
		blank, touched := true, false
		values := make([]value, len(g.Fields))
		for j := range g.Fields {
			values[j] = g.Fields[j].read(form, g.field(i, g.Fields[j].Name))
			blank = blank && values[j].blank()
			touched = touched || !values[j].equal(g.Fields[j].get(was))
		}
		switch {
		case !touched:
			if i < len(old) {
				out = append(out, old[i].Raw())
			}
			continue
		case blank: // every field was emptied: the part goes
			changed = true
			continue
		}
		changed = true
		if i >= len(old) && g.seed != nil {
			g.seed(part)
		}
		for j := range g.Fields {
			f, name := &g.Fields[j], g.field(i, g.Fields[j].Name)
			if f.Required && values[j].blank() {
				errs.add(name, f.missing())
				continue
			}
			if values[j].equal(f.get(was)) {
				continue
			}
			if v := f.accept(values[j], name, c, errs); errs[name] == "" && !f.same(v, f.get(was)) {
				f.set(part, v, c)
			}
		}
		out = append(out, part.text)
	}
	if changed {
		d.array(g.element, out)
	}
	return changed
}

// same says whether another writing of a date is the date that was there.
func (f *Field) same(v, was value) bool {
	return f.Input == Day && v.text != "" && SayDay(v.text) == was.text
}

func (f *Field) missing() string {
	if f.Input == Choice {
		return "Choose one."
	}
	return "Write what it is."
}

// read is a field's value as it was sent.
func (f *Field) read(form Form, name string) value {
	if f.Input == Many {
		var v value
		for _, o := range f.Options { // in the order of the options; what is none of them is dropped by accept
			if slices.Contains(form[name], o.Value) {
				v.many = append(v.many, o.Value)
			}
		}
		for _, s := range form[name] {
			if s != "" && !slices.Contains(v.many, s) {
				v.many = append(v.many, s)
			}
		}
		return v
	}
	v := value{text: tidy(form.Get(name), f.Input == Area)}
	if f.Input == Code && v.text != "" {
		if system, code, ok := strings.Cut(form.Get(name+".code"), "|"); ok {
			v.coding = fhir.Coding{System: system, Code: code}
		}
	}
	return v
}

// tidy trims a text, and makes its white space what a FHIR string may hold.
func tidy(s string, lines bool) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	if !lines {
		s = strings.ReplaceAll(s, "\n", " ")
	}
	return strings.TrimSpace(s)
}

// accept checks a changed value and gives it as it is written.
func (f *Field) accept(v value, name string, c Context, errs Errors) value {
	if v.blank() {
		if f.Required {
			errs.add(name, f.missing())
		}
		return v
	}
	if !utf8.ValidString(v.text) {
		errs.add(name, "This is not readable text (UTF-8).")
		return v
	}
	for _, r := range v.text {
		if r < ' ' && r != '\n' && r != '\t' || r == utf8.RuneError || r == 0x7f {
			errs.add(name, "There is a character in it that no text may have.")
			return v
		}
	}
	most := f.Max
	if most == 0 {
		most = 200
	}
	if n := utf8.RuneCountInString(v.text); n > most {
		errs.add(name, "At most "+strconv.Itoa(most)+" characters; this has "+strconv.Itoa(n)+".")
		return v
	}
	switch f.Input {
	case Choice:
		if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == v.text }) {
			errs.add(name, "Choose one of the list.")
		}
	case Many:
		for _, s := range v.many {
			if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == s }) {
				errs.add(name, "Choose of the list.")
			}
		}
	case Check:
		v.text = "yes"
	case Number:
		if msg := number(v.text, f.least, f.most); msg != "" {
			errs.add(name, msg)
		}
	case Day:
		v.text = f.day(v.text, name, c, errs)
	case Code:
		v.coding = f.coding(v)
	}
	return v
}

// day is a date in FHIR's writing, or, where the field takes ages, the words.
func (f *Field) day(text, name string, c Context, errs Errors) string {
	if f.ages {
		if _, ok := age(text); ok {
			return text
		}
	}
	if f.years {
		if _, _, ok := lifeAge(text); ok {
			return text
		}
	}
	iso, err := ParseDay(text, c.today())
	if err != nil {
		msg := err.Error()
		if f.ages && msg == sayDate {
			msg = sayAge
		}
		errs.add(name, msg)
		return text
	}
	if msg := c.sense(iso, f.future); msg != "" {
		errs.add(name, msg)
	}
	return iso
}

// coding is the code that was picked, with its name of our tables; none when
// the words were changed after, so that the code never says something else.
func (f *Field) coding(v value) fhir.Coding {
	if v.coding.Code == "" {
		return fhir.Coding{}
	}
	m, ok := terminology.Lookup(v.coding.System, v.coding.Code)
	if !ok || !strings.EqualFold(v.text, m.Display) && !strings.EqualFold(v.text, m.Label()) {
		return fhir.Coding{}
	}
	return m.Coding
}

func number(text string, least, most float64) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || len(text) > 12 || !decimal.MatchString(text) {
		return "Write a number such as 12 or 0.5."
	}
	if n < least || n > most {
		return "This must be from " + strconv.FormatFloat(least, 'f', -1, 64) + " to " + strconv.FormatFloat(most, 'f', -1, 64) + "."
	}
	return ""
}
