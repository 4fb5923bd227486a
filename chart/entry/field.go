package entry

import (
	"strings"

	"wholechart/fhir"
	"wholechart/terminology"
)

// The fields that several kinds share. Each reads and writes one element.

// codeField is a CodeableConcept: words, or words with a code.
func codeField(name, label, element string, k terminology.Kind) Field {
	return Field{Name: name, Label: label, Input: Code, Codes: k,
		get: func(n fhir.Node) value { return conceptValue(n.Get(element).Index(0), n.Get(element)) },
		set: func(d *draft, v value, _ Context) { d.set(element, conceptOf(v)) }}
}

// conceptValue is the words of a concept and its first coding; of an array its first.
func conceptValue(first, n fhir.Node) value {
	if n.Kind() == fhir.Array {
		n = first
	}
	c := fhir.CodeableConceptOf(n)
	v := value{text: c.Label()}
	for _, one := range c.Codings {
		if one.Code != "" && one.System != "" {
			v.coding = fhir.Coding{System: one.System, Code: one.Code}
			break
		}
	}
	if v.text == "" {
		v.coding = fhir.Coding{}
	}
	v.text = tidy(v.text, false)
	return v
}

// conceptOf is the concept of what was typed: with a coding when one was
// picked, else the words alone.
func conceptOf(v value) any {
	if v.text == "" {
		return nil
	}
	if v.coding.Code == "" {
		return object{{"text", v.text}}
	}
	return concept(v.coding.System, v.coding.Code, v.coding.Display, v.text)
}

// conceptItem is codeField for an element that repeats: its first item.
func conceptItem(name, label, element string, k terminology.Kind) Field {
	f := codeField(name, label, element, k)
	f.set = func(d *draft, v value, _ Context) { setFirst(d, element, conceptOf(v)) }
	return f
}

// setFirst replaces the first item of an array, or takes it out.
func setFirst(d *draft, element string, v any) {
	var out []raw
	for i, n := range itemsOf(d.node().Get(element)) {
		if i > 0 {
			out = append(out, n.Raw())
		}
	}
	if !empty(v) {
		out = append([]raw{asJSON(v)}, out...)
	}
	d.array(element, out)
}

// choiceField is a code, or a concept where the options have a system.
func choiceField(name, label, element string, repeats bool, options ...Option) Field {
	coded := len(options) > 0 && options[0].system != ""
	return Field{Name: name, Label: label, Input: Choice, Options: options,
		get: func(n fhir.Node) value {
			at := n.Get(element)
			if at.Kind() == fhir.Array {
				at = at.Index(0)
			}
			if !coded {
				return value{text: at.Str()}
			}
			return value{text: optionOf(at, options)}
		},
		set: func(d *draft, v value, _ Context) {
			var made any
			for _, o := range options {
				switch {
				case o.Value != v.text || v.text == "":
				case coded:
					made = o.concept()
				default:
					made = o.Value
				}
			}
			if repeats {
				setFirst(d, element, made)
			} else {
				d.set(element, made)
			}
		}}
}

func (o Option) concept() object {
	display := o.display
	if display == "" {
		display = o.Label
	}
	return concept(o.system, o.Value, display, "")
}

// optionOf is the option that a concept has a coding of; else its words, so
// that the form shows what it cannot offer.
func optionOf(n fhir.Node, options []Option) string {
	c := fhir.CodeableConceptOf(n)
	for _, coding := range c.Codings {
		for _, o := range options {
			if o.Value == coding.Code && (coding.System == o.system || coding.System == "") {
				return o.Value
			}
		}
	}
	return tidy(c.Label(), false)
}

// textField is a string.
func textField(name, label, element string, most int) Field {
	return Field{Name: name, Label: label, Input: Text, Max: most,
		get: func(n fhir.Node) value { return value{text: tidy(n.Get(element).Str(), false)} },
		set: func(d *draft, v value, _ Context) { d.set(element, v.text) }}
}

// displayField is a Reference that names without pointing.
func displayField(name, label, element string) Field {
	return Field{Name: name, Label: label, Input: Text,
		get: func(n fhir.Node) value { return value{text: tidy(n.Get(element).Get("display").Str(), false)} },
		set: func(d *draft, v value, _ Context) {
			if v.text == "" {
				d.set(element, nil)
				return
			}
			d.set(element, object{{"display", v.text}})
		}}
}

// dayField is a date or dateTime.
func dayField(name, label, element string) Field {
	return Field{Name: name, Label: label, Input: Day,
		get: func(n fhir.Node) value { return value{text: SayDay(n.Get(element).Str())} },
		set: func(d *draft, v value, _ Context) { d.set(element, v.text) }}
}

// onsetField is a choice of dateTime, Age, string, Period and Range of which
// the first two can be written, and all are shown.
func onsetField(name, label, prefix, date string) Field {
	return Field{Name: name, Label: label, Input: Day, ages: true,
		get: func(n fhir.Node) value { return value{text: sayChoice(n, prefix)} },
		set: func(d *draft, v value, _ Context) {
			if a, ok := age(v.text); ok {
				d.choose(prefix, "Age", a)
				return
			}
			d.choose(prefix, date, v.text)
		}}
}

func sayChoice(n fhir.Node, prefix string) string {
	for rest, v := range n.Prefixed(prefix) {
		switch string(rest) {
		case "DateTime", "Date", "Instant":
			return SayDay(v.Str())
		case "Age":
			return sayAgeOf(v)
		case "String":
			return tidy(v.Str(), false)
		case "Period":
			return strings.Trim(SayDay(v.Get("start").Str())+" – "+SayDay(v.Get("end").Str()), " –")
		case "Range":
			lo, hi := fhir.QuantityOf(v.Get("low")), fhir.QuantityOf(v.Get("high"))
			switch {
			case lo.Value == "" && hi.Value == "":
				return ""
			case lo.Value == "":
				return "before age " + string(hi.Value)
			case hi.Value == "":
				return "after age " + string(lo.Value)
			}
			return "age " + string(lo.Value) + "–" + string(hi.Value)
		case "Boolean":
			if v.True() {
				return "yes"
			}
		}
	}
	return ""
}

// periodField is one end of a Period that stands in the choice prefix[x].
func periodField(name, label, prefix, end string) Field {
	return Field{Name: name, Label: label, Input: Day,
		get: func(n fhir.Node) value {
			if end == "start" {
				if at := n.Get(prefix + "DateTime"); at.Exists() {
					return value{text: SayDay(at.Str())}
				}
			}
			return value{text: SayDay(n.Get(prefix + "Period").Get(end).Str())}
		},
		set: func(d *draft, v value, _ Context) {
			if at := d.node().Get(prefix + "DateTime").Str(); at != "" { // a moment becomes a period
				start := at
				d.choose(prefix, "Period", object{{"start", start}})
			}
			d.inside(prefix+"Period", func(p *draft) { p.set(end, v.text) })
		}}
}

// noteField is the first note without an author of its own.
func noteField() Field {
	return Field{Name: "note", Label: "Note", Input: Area, Max: 4000, More: false,
		get: func(n fhir.Node) value { return value{text: tidy(n.Get("note").Index(0).Get("text").Str(), true)} },
		set: func(d *draft, v value, c Context) {
			if v.text == "" {
				setFirst(d, "note", nil)
				return
			}
			d.first("note", func(a *draft) {
				a.set("text", v.text)
				a.set("time", c.instant())
				if c.Name != "" {
					a.choose("author", "String", c.Name)
				}
			})
		}}
}

// optional gives a choice a first option for "not said".
func optional(f Field, label string) Field {
	f.Options = append([]Option{{Value: "", Label: label}}, f.Options...)
	return f
}

func required(f Field) Field         { f.Required = true; return f }
func half(f Field) Field             { f.Half = true; return f }
func more(f Field) Field             { f.More = true; return f }
func ahead(f Field) Field            { f.future = true; return f }
func hinted(f Field, h string) Field { f.Hint = h; return f }

// after says that one date is after another in a form, as far as both are known.
func after(f Form, from, until string, c Context) bool {
	a, err := ParseDay(f.Get(from), c.today())
	if err != nil {
		return false
	}
	b, err := ParseDay(f.Get(until), c.today())
	if err != nil {
		return false
	}
	n := min(len(a), len(b))
	return a[:n] > b[:n]
}
