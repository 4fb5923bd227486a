package clinic

import (
	"strings"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
)

// reader turns a resource into elements by the definitions of R4.
type reader struct {
	v     *view
	self  record.Resource
	shown int
	left  int
}

const maxReading = 12 // levels of elements

// object is the elements of an object of a FHIR type.
func (r *reader) object(n fhir.Node, typ string, depth int) []element {
	var out []element
	def := fhir.LookupType(typ)
	for name, value := range n.Fields() {
		switch {
		case depth == 0 && (name == "resourceType" || name == "id" || name == "meta" || name == "contained"), strings.HasPrefix(name, "_"):
			continue
		case r.shown >= maxElements || depth > maxReading:
			r.left++
			continue
		case depth == 0 && name == "text":
			continue // the narrative repeats the elements; the original holds it
		}
		of := ""
		if def != nil {
			if _, t := def.Element(name); t != "" {
				of = t
			}
		}
		if name == "extension" || name == "modifierExtension" {
			for x := range value.Items() {
				out = append(out, r.extension(x, depth))
			}
			continue
		}
		for x := range value.Items() {
			r.shown++
			out = append(out, r.value(name, x, of, depth))
		}
	}
	return out
}

// extension is named by the last word of its address.
func (r *reader) extension(x fhir.Node, depth int) element {
	url := x.Get("url").Str()
	name := url
	if i := strings.LastIndexByte(url, '/'); i >= 0 {
		name = url[i+1:]
	}
	r.shown++
	e := element{Name: words(strings.ReplaceAll(name, "-", " ")), FHIR: "extension " + url}
	if name != url {
		e.Note = url
	}
	for key, value := range x.Fields() {
		switch {
		case key == "extension":
			for inner := range value.Items() {
				if depth < maxReading {
					e.Inner = append(e.Inner, r.extension(inner, depth+1))
				}
			}
		case strings.HasPrefix(key, "value"):
			v := r.value("", value, strings.TrimPrefix(key, "value"), depth+1)
			e.Text, e.ISO, e.Href = v.Text, v.ISO, v.Href
			e.Inner = append(e.Inner, v.Inner...)
		}
	}
	return e
}

// value is one element by its type: the datatypes of
// http://hl7.org/fhir/R4/datatypes.html in words, every other object by its elements.
func (r *reader) value(name string, x fhir.Node, typ string, depth int) element {
	e := element{Name: words(name), FHIR: name}
	switch typ {
	case "CodeableConcept":
		c := fhir.CodeableConceptOf(x)
		e.Text = c.Label()
		var codes []string
		for _, one := range c.Codings {
			codes = append(codes, codeText(one, e.Text))
		}
		e.Note = strings.Join(codes, " · ")
	case "Coding":
		c := fhir.CodingOf(x)
		e.Text = cmpOr(c.Display, c.Code)
		e.Note = codeText(c, e.Text)
	case "Quantity", "SimpleQuantity", "Age", "Duration", "Distance", "Count", "Money", "MoneyQuantity":
		e.Text = quantityText(x)
	case "Range":
		e.Text = strings.TrimSpace(quantityText(x.Get("low")) + " – " + quantityText(x.Get("high")))
	case "Ratio":
		e.Text = quantityText(x.Get("numerator")) + " / " + quantityText(x.Get("denominator"))
	case "Period":
		from, to := x.Get("start").Str(), x.Get("end").Str()
		e.Text = strings.TrimSpace(r.dateText(from) + " – " + r.dateText(to))
		e.Note = strings.TrimSpace(from + " – " + to)
	case "Reference":
		e.Text, e.Href, e.Note = r.reference(x)
	case "HumanName":
		e.Text, e.Note = fhir.HumanNameOf(x).String(), x.Get("use").Str()
	case "Identifier":
		i := fhir.IdentifierOf(x)
		e.Text, e.Note = i.Value, dotted(i.Type.Label(), i.Use, i.System)
	case "ContactPoint":
		e.Text, e.Note = x.Get("value").Str(), dotted(x.Get("system").Str(), x.Get("use").Str())
	case "Address":
		e.Text, e.Note = addressText(x), x.Get("use").Str()
	case "Annotation":
		e.Text = x.Get("text").Str()
		e.Note = dotted(x.Get("authorString").Str(), x.Get("authorReference").Get("display").Str(), r.dateText(x.Get("time").Str()))
	case "Attachment":
		e.Text = cmpOr(x.Get("title").Str(), "attachment")
		e.Note = dotted(x.Get("contentType").Str(), x.Get("url").Str())
	case "dateTime", "date", "instant":
		s := x.Text()
		e.Text, e.ISO = r.dateText(s), s
		if e.Text != s {
			e.Note = s
		}
	case "base64Binary":
		e.Text = "data, " + sizeText(len(x.Raw())*3/4)
	default:
		switch x.Kind() {
		case fhir.Object:
			inner := typ
			if rt := x.ResourceType(); rt != "" {
				inner = rt
			}
			e.Inner = r.object(x, inner, depth+1)
		case fhir.Array:
			for i := range x.Items() {
				e.Inner = append(e.Inner, r.value("", i, typ, depth+1))
			}
		default:
			e.Text = first(x.Text(), 20000)
		}
	}
	return e
}

func codeText(c fhir.Coding, said string) string {
	s := systemName(c.System) + " " + c.Code
	if c.Display != "" && c.Display != said {
		s += " " + c.Display
	}
	return strings.TrimSpace(s)
}

func quantityText(n fhir.Node) string {
	q := fhir.QuantityOf(n)
	return strings.TrimSpace(q.Comparator + string(q.Value) + " " + cmpOr(q.Unit, cmpOr(q.Code, n.Get("currency").Str())))
}

func addressText(x fhir.Node) string {
	if t := x.Get("text").Str(); t != "" {
		return t
	}
	var parts []string
	for l := range x.Get("line").Items() {
		parts = append(parts, l.Str())
	}
	parts = append(parts, x.Get("city").Str(), strings.TrimSpace(x.Get("state").Str()+" "+x.Get("postalCode").Str()), x.Get("country").Str())
	return strings.Join(only(parts, func(s string) bool { return s != "" }), ", ")
}

// dateText is a date as precisely as it was written, a time in the site's zone.
func (r *reader) dateText(s string) string {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return web.ExactText(t, r.v.Zone)
	}
	return web.PartialDateText(s)
}

// reference leads to the fact it names, where that is a page of this patient.
func (r *reader) reference(x fhir.Node) (text, href, note string) {
	ref := fhir.ReferenceOf(x)
	text = cmpOr(ref.Display, cmpOr(ref.Reference, cmpOr(ref.Identifier.Value, "reference")))
	if typ, id, _, ok := fhir.Relative(ref.Reference); ok {
		if typ == "Patient" && id == r.v.id {
			return cmpOr(ref.Display, r.v.identity().Name), r.v.href(), ""
		}
		if access.Decide(r.v.Actor, r.v.lens, access.Read, typ).Allowed {
			href = r.v.href("fact", typ, id)
		}
		if ref.Display != "" {
			note = ref.Reference
		}
	}
	return text, href, note
}
