package facts

import (
	"wholechart/chart/entry"
	"wholechart/terminology"
	"wholechart/web"
)

// panel is the form at the side.
type panel struct {
	Title, Lead string
	Action      string
	Version     string // of the resource that was opened; empty of a new one
	Back        string
	Error       string // what is wrong with the whole
	Fields      []input
	More        []input
	Last        []input // the note, after the groups
	Groups      []part
	Over        string // the word of the button that ends it: "Resolve"
	Withdraw    bool
	Reason      web.Field // why it was entered in error
	Ask         bool      // the reason is asked for: the fold is open
	Conflict    *conflict
	None        []none
	New         bool
	CodeURL     string // of the type-ahead, the kind follows
	Sources     string // which codes it knows, and how old they are
}

// none is a button that says that there is none, or that nobody asked.
type none struct{ Act, Code, Label string }

// input is one field as a page shows it.
type input struct {
	web.Field
	Code    string // the token that goes with the words
	CodeFor string // the type-ahead's kind; empty: words alone
	Chip    string // "ICD-10-CM E11.9", or "not coded"
	Coded   bool
	Many    []box
	Checked bool
	Kind    entry.Input
	Half    bool
	Theirs  *side // what somebody else wrote meanwhile
}

// box is one of several choices.
type box struct {
	Value, Label string
	On           bool
}

// part is one part of a group: a reaction, a condition of a relative.
type part struct {
	Legend string
	Fields []input
	Filled bool
}

// side is what a field says in another version.
type side struct{ Value, Shown string }

// inputs are a kind's fields with what was typed and what is wrong.
func inputs(k *entry.Kind, form entry.Form, errs entry.Errors) (first, more []input, parts []part) {
	focus := true
	for i := range k.Fields {
		f := &k.Fields[i]
		in := one(f, f.Name, form, errs)
		if in.Error != "" && focus {
			in.Autofocus, focus = true, false
		}
		if f.More && in.Error == "" {
			more = append(more, in)
		} else {
			first = append(first, in)
		}
	}
	for gi := range k.Groups {
		g := &k.Groups[gi]
		for n := range g.Most {
			p := part{Legend: g.Label}
			for j := range g.Fields {
				f := &g.Fields[j]
				in := one(f, g.FieldName(n, f.Name), form, errs)
				in.Required = false
				p.Filled = p.Filled || in.Value != "" || in.Checked || in.Error != ""
				p.Fields = append(p.Fields, in)
			}
			parts = append(parts, p)
		}
	}
	return first, more, parts
}

func one(f *entry.Field, name string, form entry.Form, errs entry.Errors) input {
	in := input{Kind: f.Input, Half: f.Half, Field: web.Field{Name: name, Label: f.Label, Value: form.Get(name), Hint: f.Hint, Error: errs[name], Required: f.Required, MaxLength: f.Max}}
	in.Autocomplete = "off"
	if in.MaxLength == 0 {
		in.MaxLength = 200
	}
	switch f.Input {
	case entry.Area:
		in.Type, in.Rows = "textarea", 3
	case entry.Choice:
		in.Type, in.MaxLength = "select", 0
		known := false
		for _, o := range f.Options {
			in.Options = append(in.Options, web.Option{Value: o.Value, Label: o.Label})
			known = known || o.Value == in.Value
		}
		if !known { // what an older version says and no option does
			label := in.Value
			if label == "" {
				label = "Choose"
			}
			in.Options = append([]web.Option{{Value: in.Value, Label: label}}, in.Options...)
		}
	case entry.Many:
		in.Options, in.MaxLength = nil, 0
		for _, o := range f.Options {
			b := box{Value: o.Value, Label: o.Label}
			for _, v := range form[name] {
				b.On = b.On || v == o.Value
			}
			in.Many = append(in.Many, b)
		}
	case entry.Check:
		in.Checked = in.Value != ""
		in.MaxLength = 0
	case entry.Number:
		in.InputMode = "decimal"
	case entry.Code:
		if f.Codes != 0 {
			in.CodeFor = f.Codes.String()
		}
		in.Code = form.Get(name + ".code")
		in.chip()
	}
	return in
}

// chip says whether the words have a code.
func (in *input) chip() {
	if in.Value == "" || in.CodeFor == "" {
		return
	}
	in.Chip = codeLabel(in.Code)
	in.Coded = in.Chip != ""
	if !in.Coded {
		in.Chip = "not coded"
	}
}

// shown is a field's value in words, for history and conflicts.
func shown(f *entry.Field, form entry.Form, name string) string {
	switch f.Input {
	case entry.Choice:
		v := form.Get(name)
		for _, o := range f.Options {
			if o.Value == v && v != "" {
				return o.Label
			}
		}
		return v
	case entry.Check:
		if form.Get(name) != "" {
			return "yes"
		}
		return ""
	case entry.Many:
		s := ""
		for _, v := range form[name] {
			for _, o := range f.Options {
				if o.Value == v {
					if s != "" {
						s += ", "
					}
					s += o.Label
				}
			}
		}
		return s
	}
	return form.Get(name)
}

// line is one field of a kind, groups spread out.
type line struct {
	Name, Label string
	field       *entry.Field
}

func lines(k *entry.Kind) []line {
	var out []line
	for i := range k.Fields {
		out = append(out, line{k.Fields[i].Name, k.Fields[i].Label, &k.Fields[i]})
	}
	for gi := range k.Groups {
		g := &k.Groups[gi]
		for n := range g.Most {
			for j := range g.Fields {
				f := &g.Fields[j]
				out = append(out, line{g.FieldName(n, f.Name), g.Label + " " + string(rune('1'+n)) + ": " + f.Label, f})
			}
		}
	}
	return out
}

// sourcesLine says what the type-ahead knows, and how old it is.
func sourcesLine(k *entry.Kind) string {
	var systems []string
	switch k.Slug {
	case "problem", "family":
		systems = []string{terminology.ICD10CM, terminology.SNOMED}
	case "medicine":
		systems = []string{terminology.RxNorm}
	case "allergy":
		systems = []string{terminology.RxNorm, terminology.SNOMED}
	case "immunisation":
		systems = []string{terminology.CVX}
	case "procedure", "device":
		systems = []string{terminology.SNOMED}
	}
	s := ""
	for _, src := range terminology.About() {
		for _, want := range systems {
			if src.System == want {
				if s != "" {
					s += "; "
				}
				s += src.Name + ", " + src.Version
			}
		}
	}
	if s == "" {
		return ""
	}
	return "Codes: " + s + "."
}
