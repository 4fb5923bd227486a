package note

import (
	"encoding/json"
	"strings"
	"time"

	"wholechart/fhir"
)

// object is a JSON object that is being built; its members come out in the order
// of their names.
type object = map[string]any

func marshal(o object) fhir.Node {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // strings, numbers, slices and objects of them
	}
	d, err := fhir.Parse(b)
	if err != nil {
		panic(err)
	}
	return d.Root()
}

func concept(system, code, display string) object {
	return object{"coding": []any{object{"system": system, "code": code, "display": display}}}
}

// reference is a reference to a person: the resource where there is one, else the
// user's name at the site, so that who it was is never only a display.
func (w Who) reference() object {
	o := object{}
	if w.Name != "" {
		o["display"] = w.Name
	}
	switch {
	case w.Ref != "":
		o["reference"] = w.Ref
	case w.User != "":
		o["identifier"] = object{"system": UserSystem, "value": w.User}
	}
	if len(o) == 0 {
		o["display"] = "unknown"
	}
	return o
}

func whoOf(n fhir.Node) Who {
	w := Who{Ref: n.Get("reference").Str(), Name: n.Get("display").Str()}
	if id := n.Get("identifier"); id.Get("system").Is(UserSystem) {
		w.User = id.Get("value").Str()
	}
	return w
}

func instant(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z07:00") }

// Composition is the note as a FHIR Composition
// (http://hl7.org/fhir/R4/composition.html). An empty section is there with an
// empty reason and a narrative that says so: it is neither left out nor filled.
func (n Note) Composition() fhir.Node {
	o := n.object()
	if n.Digest != "" {
		o["extension"] = append(extensions(o), object{"url": DigestURL, "valueString": n.Digest})
	}
	return marshal(o)
}

func extensions(o object) []any {
	list, _ := o["extension"].([]any)
	return list
}

func (n Note) object() object {
	o := object{
		"resourceType": "Composition",
		"status":       n.Status,
		"type":         concept(loinc, n.Type, n.Kind),
		"subject":      object{"reference": "Patient/" + n.Patient},
		"date":         instant(n.Date),
		"author":       []any{n.Author.reference()},
		"title":        n.Title,
	}
	if n.ID != "" {
		o["id"] = n.ID
	}
	if n.Encounter != "" {
		o["encounter"] = object{"reference": "Encounter/" + n.Encounter}
	}
	var ext []any
	if n.Template != "" {
		ext = append(ext, object{"url": TemplateURL, "valueCode": n.Template})
	}
	if n.Reason != "" {
		ext = append(ext, object{"url": ReasonURL, "valueString": n.Reason})
	}
	if n.Attests {
		ext = append(ext, object{"url": AttestsURL, "valueBoolean": true})
	}
	if ext != nil {
		o["extension"] = ext
	}
	if !n.Begun.IsZero() && !n.Begun.After(n.Date) {
		o["event"] = []any{object{"period": object{"start": instant(n.Begun), "end": instant(n.Date)}}}
	}
	if n.Appends != "" {
		o["relatesTo"] = []any{object{"code": "appends", "targetReference": object{"reference": "Composition/" + n.Appends}}}
	}
	var attesters []any
	for _, a := range n.Signed {
		attesters = append(attesters, object{"mode": a.Mode, "time": instant(a.Time), "party": a.Who.reference()})
	}
	if attesters != nil {
		o["attester"] = attesters
	}
	var sections []any
	for _, s := range n.Sections {
		sections = append(sections, s.object())
	}
	if sections != nil {
		o["section"] = sections
	}
	return o
}

func (s Section) object() object {
	o := object{"title": s.Title}
	if s.coded() {
		o["code"] = concept(loinc, s.Code, s.Title)
	} else {
		o["code"] = concept(System+"section", s.Code, s.Title)
	}
	text := Clean(s.Text)
	if text == "" {
		o["text"] = object{"status": "generated", "div": `<div xmlns="` + xhtml + `"><p>Nothing was written here.</p></div>`}
		o["emptyReason"] = concept(emptyReasons, "notstarted", "Not Started")
		return o
	}
	o["text"] = object{"status": "additional", "div": div(text, s.Copied)}
	if left := s.Copied.Left(text); left != "" {
		ext := []any{
			object{"url": "who", "valueString": orUnknown(s.Copied.Who)},
			object{"url": "left", "valueCode": left},
		}
		if s.Copied.Note != "" {
			ext = append(ext, object{"url": "from", "valueReference": object{"reference": "Composition/" + s.Copied.Note}})
		}
		if !s.Copied.When.IsZero() {
			ext = append(ext, object{"url": "when", "valueDateTime": instant(s.Copied.When)})
		}
		o["extension"] = []any{object{"url": CopiedURL, "extension": ext}}
	}
	return o
}

func orUnknown(s string) string {
	if strings.TrimSpace(s) == "" {
		return "unknown"
	}
	return s
}

// coded says whether the section's code is a LOINC number.
func (s Section) coded() bool { return s.Code != "" && s.Code[0] >= '0' && s.Code[0] <= '9' }

// Parse reads a Composition: one of ours as it was built, another's as far as a
// note goes. Sections of sections come after their parent.
func Parse(c fhir.Node) Note {
	n := Note{ID: c.ID(), Version: c.Path("meta", "versionId").Str(), Status: c.Get("status").Str(), Title: c.Get("title").Str()}
	coding := c.Path("type", "coding")
	n.Type, n.Kind = coding.Get("code").Str(), coding.Get("display").Str()
	if n.Kind == "" {
		n.Kind = c.Path("type", "text").Str()
	}
	n.Patient = idOf(c.Get("subject"), "Patient")
	n.Encounter = idOf(c.Get("encounter"), "Encounter")
	n.Date = timeOf(c.Get("date"))
	n.Begun = timeOf(c.Path("event", "period", "start"))
	n.Author = whoOf(c.Path("author"))
	for e := range c.Get("extension").Items() {
		switch e.Get("url").Str() {
		case TemplateURL:
			n.Template = e.Get("valueCode").Str()
		case ReasonURL:
			n.Reason = e.Get("valueString").Str()
		case AttestsURL:
			n.Attests = e.Get("valueBoolean").True()
		case DigestURL:
			n.Digest = e.Get("valueString").Str()
		}
	}
	for a := range c.Get("attester").Items() {
		n.Signed = append(n.Signed, Attest{a.Get("mode").Str(), timeOf(a.Get("time")), whoOf(a.Get("party"))})
	}
	for r := range c.Get("relatesTo").Items() {
		if r.Get("code").Is("appends") {
			n.Appends = idOf(r.Get("targetReference"), "Composition")
		}
	}
	n.sections(c.Get("section"), 0)
	return n
}

func (n *Note) sections(list fhir.Node, depth int) {
	for s := range list.Items() {
		if len(n.Sections) >= MaxSections || depth > 4 {
			return
		}
		sec := Section{Code: s.Path("code", "coding", "code").Str(), Title: s.Get("title").Str()}
		if sec.Title == "" {
			sec.Title = s.Path("code", "text").Str()
		}
		if !s.Get("emptyReason").Exists() {
			sec.Text = undiv(s.Path("text", "div").Str())
		}
		for e := range s.Get("extension").Items() {
			if e.Get("url").Is(CopiedURL) {
				sec.Copied = copiedOf(e, s.Path("text", "div").Str())
			}
		}
		n.Sections = append(n.Sections, sec)
		n.sections(s.Get("section"), depth+1)
	}
}

// copiedOf reads where a section came from. What stood unchanged is in the
// narrative, marked.
func copiedOf(e fhir.Node, markup string) *Copied {
	c := &Copied{}
	for p := range e.Get("extension").Items() {
		switch p.Get("url").Str() {
		case "who":
			c.Who = p.Get("valueString").Str()
		case "when":
			c.When = timeOf(p.Get("valueDateTime"))
		case "from":
			c.Note = idOf(p.Get("valueReference"), "Composition")
		}
	}
	var marked []string
	for {
		_, after, found := strings.Cut(markup, `<span class="copied">`)
		if !found {
			break
		}
		line, rest, _ := strings.Cut(after, "</span>")
		marked = append(marked, undiv(line))
		markup = rest
	}
	c.Text = strings.Join(marked, "\n")
	return c
}

func idOf(ref fhir.Node, typ string) string {
	t, id, _, ok := fhir.Relative(ref.Get("reference").Str())
	if !ok || t != typ {
		return ""
	}
	return id
}

func timeOf(n fhir.Node) time.Time {
	if n.Str() == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, n.Str()); err == nil {
		return t
	}
	t, _ := time.Parse("2006-01-02", n.Str())
	return t
}
