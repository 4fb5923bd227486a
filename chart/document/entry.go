package document

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"wholechart/chart/note"
	"wholechart/fhir"
	"wholechart/record"
)

// Systems of our own.
const (
	DigestSystem = "https://wholechart.example/sha256" // of a DocumentReference: which content it is
	WordsURL     = "https://wholechart.example/words"  // of an attachment: what can be searched of it
	SourceURL    = "https://wholechart.example/outside-source"
	PagesURL     = "https://wholechart.example/pages"
	NotesURL     = "https://wholechart.example/file-notes"
)

// Bounds of what is typed, in characters.
const (
	MaxTitle  = 120
	MaxAuthor = 120
	MaxSource = 120
	MaxReason = 300
)

// Entry is what the index of documents says of one.
type Entry struct {
	Title     string
	Kind      string // a code of Kinds
	Date      string // FHIR date of what it says: year, month or day; "" is not known
	Author    string // as it stands on the document; "" is not known
	Encounter string // id of the visit it belongs to, "" is none
	Outside   string // who it came from, when not made at this site
	Label     string // a code of Labels
	Lessen    string // of a correction that takes a label off: why, in words
}

// Wrong are an entry's mistakes by field.
type Wrong map[string]string

func (w Wrong) Error() string { return fmt.Sprintf("%d fields cannot be kept as they are", len(w)) }

// Check says what of an entry cannot be kept: Wrong, or nil. A title may be
// missing: it is the file's name then.
func (e Entry) Check(now time.Time) error {
	w := Wrong{}
	line := func(field, s string, most int) {
		switch {
		case utf8.RuneCountInString(s) > most:
			w[field] = fmt.Sprintf("At most %d characters; there are %d.", most, utf8.RuneCountInString(s))
		case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r) }):
			w[field] = "Control characters cannot be kept: type it anew."
		}
	}
	line("title", e.Title, MaxTitle)
	line("author", e.Author, MaxAuthor)
	line("source", e.Outside, MaxSource)
	if _, ok := KindOf(e.Kind); !ok {
		w["kind"] = "Choose what kind of document it is."
	}
	if _, ok := LabelOf(e.Label); !ok {
		w["label"] = "Choose one of the list."
	}
	if e.Date != "" {
		d, err := fhir.ParseDateTime(e.Date)
		from, _ := d.Interval(now.Location())
		switch {
		case err != nil || !fhir.IsDate(e.Date):
			w["date"] = "Not a date. Write 2026, 2026-11 or 2026-11-22."
		case from.After(now):
			w["date"] = "That is in the future."
		case d.YearNo < 1880:
			w["date"] = "That is before anybody now living was born."
		}
	}
	if len(w) > 0 {
		return w
	}
	return nil
}

// Who does something at the site.
type Who struct {
	Ref  string // "Practitioner/x", may be empty
	User string // account, so that who it was is never only a name
	Name string
}

// UserSystem is the identifier system of accounts, as notes have it.
const UserSystem = note.UserSystem

type object = map[string]any

func (w Who) reference() object {
	o := object{}
	switch {
	case w.Ref != "":
		o["reference"] = w.Ref
	case w.User != "":
		o["identifier"] = object{"system": UserSystem, "value": w.User}
	}
	if w.Name != "" {
		o["display"] = w.Name
	}
	return o
}

// File is one file that is kept.
type File struct {
	Found
	Name string // as FileName made it
	Data []byte
}

// Digest is the SHA-256 of a content, 64 hexadecimal digits.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Keeping is what the acts of this package need besides the document.
type Keeping struct {
	Patient string
	By      Who
	Now     time.Time // in the site's zone
	ID      string    // fresh: of the DocumentReference and its Binary
	// Site is the organisation that keeps it, for display.
	Site string
}

// ErrReason is said when an act needs a reason and there is none.
var ErrReason = errors.New("say why: who reads the record later must know")

func mustParse(o object) fhir.Node {
	body, err := json.Marshal(o)
	if err != nil {
		panic(err) // maps of strings
	}
	doc, err := fhir.Parse(body)
	if err != nil {
		panic(err)
	}
	return doc.Root()
}

func instant(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z07:00") }

// Keep are the acts that keep a file: the Binary, whose security context is the
// patient and which bears the same label, and the DocumentReference that indexes
// it.
func Keep(e Entry, f File, k Keeping) []record.Act {
	return []record.Act{
		{Op: record.Create, Type: "Binary", ID: k.ID, Resource: mustParse(binaryOf(f.Format, f.Data, e.Label, k.Patient))},
		{Op: record.Create, Type: "DocumentReference", ID: k.ID, Resource: mustParse(reference(e, f, k, "final"))},
	}
}

func binaryOf(f Format, data []byte, label, patient string) object {
	return secured(object{
		"resourceType": "Binary", "contentType": string(f), "data": base64.StdEncoding.EncodeToString(data),
		"securityContext": object{"reference": "Patient/" + patient},
	}, label)
}

func secured(o object, label string) object {
	if l, ok := LabelOf(label); ok && l.Code != "" {
		o["meta"] = object{"security": []any{object{"system": l.System, "code": l.Code, "display": l.Word}}}
	}
	return o
}

// reference is a DocumentReference (http://hl7.org/fhir/R4/documentreference.html).
// Its text is in the record: attachment.data is never used, so that a chart opens
// without reading files.
func reference(e Entry, f File, k Keeping, docStatus string) object {
	kind, _ := KindOf(e.Kind)
	sha := sha1.Sum(f.Data) // R4 wants SHA-1 in attachment.hash; what counts is the identifier
	title := e.Title
	if title == "" {
		title = strings.TrimSuffix(f.Name, f.Format.Ending())
	}
	attachment := object{
		"contentType": string(f.Format), "url": "Binary/" + k.ID, "size": len(f.Data), "title": strings.TrimSuffix(f.Name, f.Format.Ending()),
		"hash": base64.StdEncoding.EncodeToString(sha[:]), "creation": k.Now.Format(time.RFC3339),
	}
	var more []any
	if f.Words != "" {
		more = append(more, object{"url": WordsURL, "valueString": f.Words})
	}
	if f.Pages > 0 {
		more = append(more, object{"url": PagesURL, "valuePositiveInt": f.Pages})
	}
	for _, n := range f.Notes() {
		more = append(more, object{"url": NotesURL, "valueString": n})
	}
	if more != nil {
		attachment["extension"] = more
	}
	o := object{
		"resourceType": "DocumentReference", "status": "current", "docStatus": docStatus,
		"identifier":  []any{object{"system": DigestSystem, "value": Digest(f.Data)}},
		"type":        kind.concept(),
		"subject":     object{"reference": "Patient/" + k.Patient},
		"date":        instant(k.Now),
		"description": title,
		"content":     []any{object{"attachment": attachment}},
	}
	if k.Site != "" {
		o["custodian"] = object{"display": k.Site}
	}
	if e.Author != "" {
		o["author"] = []any{object{"display": e.Author}}
	}
	context := object{}
	if e.Encounter != "" {
		context["encounter"] = []any{object{"reference": "Encounter/" + e.Encounter}}
	}
	if e.Date != "" {
		context["period"] = object{"start": e.Date}
	}
	if len(context) > 0 {
		o["context"] = context
	}
	if e.Outside != "" {
		o["extension"] = []any{object{"url": SourceURL, "valueString": e.Outside}}
	}
	return secured(o, e.Label)
}
