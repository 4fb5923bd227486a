package document

import (
	"encoding/json"
	"iter"
	"strconv"
	"strings"

	"wholechart/fhir"
	"wholechart/record"
)

const (
	activity    = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
	participant = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
)

// EntryOf reads what the index says of a DocumentReference.
func EntryOf(n fhir.Node) Entry {
	e := Entry{Title: n.Get("description").Str(), Author: n.Get("author").Index(0).Get("display").Str(), Outside: extension(n, SourceURL).Str()}
	for c := range n.Get("type").Get("coding").Items() {
		if c.Get("system").Is(loinc) {
			e.Kind = c.Get("code").Str()
		}
	}
	if typ, id, _, ok := fhir.Relative(n.Get("context").Get("encounter").Index(0).Get("reference").Str()); ok && typ == "Encounter" {
		e.Encounter = id
	}
	e.Date = n.Path("context", "period", "start").Str()
	for c := range n.Get("meta").Get("security").Items() {
		if l, ok := LabelOf(c.Get("code").Str()); ok {
			e.Label = l.Code
		}
	}
	return e
}

// extension is the string of the first extension of a url, directly in n.
func extension(n fhir.Node, url string) fhir.Node {
	for x := range n.Get("extension").Items() {
		if x.Get("url").Is(url) {
			for _, v := range []string{"valueString", "valuePositiveInt"} {
				if x.Get(v).Exists() {
					return x.Get(v)
				}
			}
		}
	}
	return fhir.Node{}
}

// attached gives the attachments of a DocumentReference.
func attached(n fhir.Node) iter.Seq[fhir.Node] {
	return func(yield func(fhir.Node) bool) {
		for c := range n.Get("content").Items() {
			if !yield(c.Get("attachment")) {
				return
			}
		}
	}
}

// WordsOf is what can be searched of a DocumentReference's file.
func WordsOf(n fhir.Node) string {
	for a := range attached(n) {
		if w := extension(a, WordsURL).Str(); w != "" {
			return w
		}
	}
	return ""
}

// PagesOf is the number of pages of its file, 0 when not known.
func PagesOf(n fhir.Node) int {
	for a := range attached(n) {
		if p, _ := strconv.Atoi(string(extension(a, PagesURL).Raw())); p > 0 {
			return p
		}
	}
	return 0
}

// NotesOf are what a reader should know of its file.
func NotesOf(n fhir.Node) (out []string) {
	for a := range attached(n) {
		for x := range a.Get("extension").Items() {
			if x.Get("url").Is(NotesURL) {
				out = append(out, x.Get("valueString").Str())
			}
		}
	}
	return out
}

// DigestOf is the SHA-256 by which a DocumentReference names its content.
func DigestOf(n fhir.Node) string {
	for i := range n.Get("identifier").Items() {
		if i.Get("system").Is(DigestSystem) {
			return i.Get("value").Str()
		}
	}
	return ""
}

// edited is a resource with members set or, when nil, taken out. What is not
// named stays byte for byte.
func edited(n fhir.Node, set object) (fhir.Node, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(n.Raw(), &m); err != nil {
		return fhir.Node{}, err
	}
	for k, v := range set {
		if v == nil {
			delete(m, k)
			continue
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return fhir.Node{}, err
		}
		m[k] = raw
	}
	body, err := json.Marshal(m)
	if err != nil {
		return fhir.Node{}, err
	}
	doc, err := fhir.Parse(body)
	if err != nil {
		return fhir.Node{}, err
	}
	return doc.Root(), nil
}

// Correct are the acts that change what the index says of a document: the file
// stays. A changed label is put on the Binary too, in the same transaction, so
// that no moment leaves one of them open. Taking one off, or putting another in its
// place, needs e.Lessen (ErrReason), and a Provenance says it.
func Correct(doc record.Resource, binary *record.Resource, e Entry, k Keeping) ([]record.Act, error) {
	n := doc.Node()
	was := EntryOf(n)
	lessens := Lessens(was, e)
	if lessens && strings.TrimSpace(e.Lessen) == "" {
		return nil, ErrReason
	}
	kind, _ := KindOf(e.Kind)
	set := object{"description": e.Title, "type": kind.concept(), "author": nil}
	if e.Kind == was.Kind {
		delete(set, "type")
	}
	if e.Author != "" {
		set["author"] = []any{object{"display": e.Author}}
	}
	if e.Author == was.Author {
		delete(set, "author") // with the references that it may have
	}
	var context map[string]json.RawMessage
	if raw := n.Get("context").Raw(); len(raw) > 0 {
		if err := json.Unmarshal(raw, &context); err != nil {
			return nil, err
		}
	}
	if context == nil {
		context = map[string]json.RawMessage{}
	}
	put := func(name string, has bool, v any) {
		delete(context, name)
		if has {
			context[name], _ = json.Marshal(v)
		}
	}
	if e.Encounter != was.Encounter {
		put("encounter", e.Encounter != "", []any{object{"reference": "Encounter/" + e.Encounter}})
	}
	if e.Date != was.Date {
		put("period", e.Date != "", object{"start": e.Date})
	}
	set["context"] = nil
	if len(context) > 0 {
		set["context"] = context
	}
	if e.Outside != was.Outside {
		set["extension"] = without(n, SourceURL, e.Outside)
	}
	if e.Label != was.Label {
		set["meta"] = relabelled(n, e.Label)
	}
	next, err := edited(n, set)
	if err != nil {
		return nil, err
	}
	version, _ := strconv.Atoi(doc.Version)
	acts := []record.Act{{Op: record.Update, Type: "DocumentReference", ID: doc.ID, Resource: next, IfMatch: version}}
	if binary != nil && e.Label != was.Label {
		b, err := edited(binary.Node(), object{"meta": relabelled(binary.Node(), e.Label)})
		if err != nil {
			return nil, err
		}
		v, _ := strconv.Atoi(binary.Version)
		acts = append(acts, record.Act{Op: record.Update, Type: "Binary", ID: binary.ID, Resource: b, IfMatch: v})
	}
	if lessens {
		targets := []string{"DocumentReference/" + doc.ID}
		if binary != nil {
			targets = append(targets, "Binary/"+binary.ID)
		}
		acts = append(acts, said(actCode, targets, k, "DOWNGRDLABEL", "downgrade security label", strings.TrimSpace(e.Lessen), ""))
	}
	return append(acts, provenance([]string{"DocumentReference/" + doc.ID}, k, "UPDATE", "revise", "corrected in the index", "")), nil
}

// Lessens says whether a correction takes off the label that a document had.
func Lessens(was, now Entry) bool { return was.Label != "" && now.Label != was.Label }

func without(n fhir.Node, url, value string) any {
	var list []any
	for x := range n.Get("extension").Items() {
		if !x.Get("url").Is(url) {
			list = append(list, json.RawMessage(x.Raw()))
		}
	}
	if value != "" {
		list = append(list, object{"url": url, "valueString": value})
	}
	if list == nil {
		return nil
	}
	return list
}

// relabelled is a meta with one of Labels in place of another; labels that are
// not of the list stay.
func relabelled(n fhir.Node, code string) any {
	var keep []any
	for c := range n.Get("meta").Get("security").Items() {
		if l, ok := LabelOf(c.Get("code").Str()); !ok || l.Code == "" {
			keep = append(keep, json.RawMessage(c.Raw()))
		}
	}
	if l, ok := LabelOf(code); ok && l.Code != "" {
		keep = append(keep, object{"system": l.System, "code": l.Code, "display": l.Word})
	}
	if keep == nil {
		return nil
	}
	return object{"security": keep}
}

// InError are the acts that mark a document as entered in error, with why. It is
// kept and can still be opened.
func InError(doc record.Resource, why string, k Keeping) ([]record.Act, error) {
	if strings.TrimSpace(why) == "" {
		return nil, ErrReason
	}
	next, err := edited(doc.Node(), object{"status": "entered-in-error", "docStatus": "entered-in-error"})
	if err != nil {
		return nil, err
	}
	version, _ := strconv.Atoi(doc.Version)
	return []record.Act{
		{Op: record.Update, Type: "DocumentReference", ID: doc.ID, Resource: next, IfMatch: version},
		provenance([]string{"DocumentReference/" + doc.ID}, k, "NULLIFY", "nullify", why, ""),
	}, nil
}

// Move are the acts that take a document to the patient it belongs to: a
// resource's patient is fixed at its creation (record.PatientChanged), so that it
// is marked as entered in error here and made anew there, with Provenance at both
// ends. The visit it belonged to is of the wrong patient and is left out. k is of
// the patient it goes to, with a fresh id.
func Move(doc, binary record.Resource, why string, k Keeping) ([]record.Act, error) {
	was := Keeping{Patient: patientOf(doc.Node()), By: k.By, Now: k.Now}
	acts, err := InError(doc, why, was)
	if err != nil {
		return nil, err
	}
	n := doc.Node()
	set := object{"subject": object{"reference": "Patient/" + k.Patient}, "id": k.ID, "status": "current", "context": nil, "relatesTo": nil}
	if d := n.Path("context", "period"); d.Exists() {
		set["context"] = object{"period": json.RawMessage(d.Raw())}
	}
	content := []any{}
	for c := range n.Get("content").Items() {
		var one map[string]json.RawMessage
		if err := json.Unmarshal(c.Raw(), &one); err != nil {
			return nil, err
		}
		a, err := edited(c.Get("attachment"), object{"url": "Binary/" + k.ID})
		if err != nil {
			return nil, err
		}
		one["attachment"] = a.Raw()
		content = append(content, one)
		break // one file a document, as Keep makes it
	}
	set["content"] = content
	there, err := edited(n, set)
	if err != nil {
		return nil, err
	}
	b, err := edited(binary.Node(), object{"id": k.ID, "securityContext": object{"reference": "Patient/" + k.Patient}})
	if err != nil {
		return nil, err
	}
	return append(acts,
		record.Act{Op: record.Create, Type: "Binary", ID: k.ID, Resource: b},
		record.Act{Op: record.Create, Type: "DocumentReference", ID: k.ID, Resource: there},
		provenance([]string{"DocumentReference/" + k.ID}, k, "CREATE", "create", "moved from another patient's chart: "+why, ""),
	), nil
}

func patientOf(n fhir.Node) string {
	typ, id, _, ok := fhir.Relative(n.Path("subject", "reference").Str())
	if !ok || typ != "Patient" {
		return ""
	}
	return id
}

// provenance says who did what to documents and why. It names no other patient.
func provenance(targets []string, k Keeping, code, display, why, entity string) record.Act {
	return said(activity, targets, k, code, display, why, entity)
}

func said(system string, targets []string, k Keeping, code, display, why, entity string) record.Act {
	list := make([]any, len(targets))
	for i, t := range targets {
		list[i] = object{"reference": t}
	}
	o := object{
		"resourceType": "Provenance", "target": list, "recorded": instant(k.Now),
		"activity": object{"coding": []any{object{"system": system, "code": code, "display": display}}},
		"agent":    []any{object{"type": object{"coding": []any{object{"system": participant, "code": "author", "display": "Author"}}}, "who": k.By.reference()}},
	}
	if why != "" {
		o["reason"] = []any{object{"text": why}}
	}
	if entity != "" {
		o["entity"] = []any{object{"role": "source", "what": object{"reference": entity}}}
	}
	return record.Act{Op: record.Create, Type: "Provenance", Resource: mustParse(o)}
}
