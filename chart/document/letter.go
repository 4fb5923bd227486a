package document

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"wholechart/fhir"
	"wholechart/record"
)

// Letter is what is written to somebody about a patient. Its text is plain: a
// line that begins with "# " is a heading, one that begins with "- " an item of a
// list, and an empty line ends a paragraph.
type Letter struct {
	Key       string `json:"key"` // of this draft: a second one with the same id is another
	Template  string `json:"template"`
	Title     string `json:"title"`
	To        string `json:"to"` // name and address, a line each; may be empty
	Body      string `json:"body"`
	Encounter string `json:"encounter,omitempty"`
	Whole     bool   `json:"whole,omitempty"` // facts of other sites were taken in
	Label     string `json:"label,omitempty"`
	// Secret says that the record it was filled from has confidential facts, of
	// which some may stand in it: the writer is told, and it begins as restricted.
	Secret bool `json:"secret,omitempty"`
}

// Bounds of a letter, in bytes.
const (
	MaxTo   = 600
	MaxBody = 100 << 10
)

// Marker stands where the writer must say something before the letter is signed.
const Marker = "***"

// Errors of letters that cannot be signed; their texts are for the writer.
var (
	ErrEmpty    = errors.New("nothing is written yet: an empty letter is not signed")
	ErrUnfilled = errors.New("something is still to be filled in where *** stands")
)

// ParseLetter reads a draft's body.
func ParseLetter(body []byte) (Letter, error) {
	var l Letter
	if err := json.Unmarshal(body, &l); err != nil {
		return l, fmt.Errorf("the draft of a letter cannot be read: %w", err)
	}
	return l, nil
}

// Encode is the body of a draft.
func (l Letter) Encode() []byte {
	b, err := json.Marshal(l)
	if err != nil {
		panic(err) // strings
	}
	return b
}

// Clean makes line ends one and takes controls away.
func Clean(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n"), "\r", "\n")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, s)
}

// Check says what of a letter cannot be kept: Wrong, or nil.
func (l Letter) Check() error {
	w := Wrong{}
	if strings.TrimSpace(l.Title) == "" {
		w["title"] = "Give it a title: it is found by that."
	} else if utf8.RuneCountInString(l.Title) > MaxTitle {
		w["title"] = fmt.Sprintf("At most %d characters.", MaxTitle)
	}
	if len(l.To) > MaxTo {
		w["to"] = fmt.Sprintf("At most %d characters.", MaxTo)
	}
	if len(l.Body) > MaxBody {
		w["body"] = fmt.Sprintf("At most %d kB of text; there are %d.", MaxBody>>10, len(l.Body)>>10)
	}
	if _, ok := LabelOf(l.Label); !ok {
		w["label"] = "Choose one of the list."
	}
	if len(w) > 0 {
		return w
	}
	return nil
}

// Ready says whether a letter can be signed: ErrEmpty, ErrUnfilled or nil.
func (l Letter) Ready() error {
	switch {
	case strings.TrimSpace(l.Body) == "":
		return ErrEmpty
	case strings.Contains(l.Body, Marker) || strings.Contains(l.To, Marker):
		return ErrUnfilled
	}
	return nil
}

// SignedURL is the extension of a DocumentReference that says who signed it here,
// and when.
const SignedURL = "https://wholechart.example/signed"

// Signed says whether a document was written and signed here.
func Signed(n fhir.Node) bool {
	for x := range n.Get("extension").Items() {
		if x.Get("url").Is(SignedURL) {
			return true
		}
	}
	return false
}

// SignedAt is when and by whom a letter was signed.
func SignedAt(n fhir.Node) (at time.Time, by string) {
	for x := range n.Get("extension").Items() {
		if x.Get("url").Is(SignedURL) {
			at, _ = time.Parse(time.RFC3339, x.Get("valueInstant").Str())
		}
	}
	return at, n.Path("authenticator", "display").Str()
}

// Sign are the acts that make a letter a document: its text in the
// DocumentReference, where a chart reads it, and the PDF in a Binary. send asks
// with a Task that somebody sends it, the front desk or who comes first, and hands
// them the file for that (record.Session.Letter); empty asks nobody.
func Sign(l Letter, pdf []byte, k Keeping, draft *record.Signed, send string) ([]record.Act, error) {
	if err := l.Ready(); err != nil {
		return nil, err
	}
	t, _ := TemplateOf(l.Template)
	found, err := Sniff(pdf)
	if err != nil {
		return nil, fmt.Errorf("letter: %w", err)
	}
	found.Words = "" // they stand in the text beside it
	f := File{Found: found, Name: FileName(l.Title, PDF), Data: pdf}
	o := reference(Entry{Title: l.Title, Kind: t.Kind, Date: k.Now.Format("2006-01-02"), Encounter: l.Encounter, Label: l.Label}, f, k, "final")
	o["author"] = []any{k.By.reference()}
	o["authenticator"] = k.By.reference()
	if k.By.Ref == "" { // R4: authenticator is a reference to Practitioner, PractitionerRole or Organization
		o["authenticator"] = object{"display": k.By.Name}
	}
	o["extension"] = []any{object{"url": SignedURL, "valueInstant": instant(k.Now)}}
	text := l.Plain()
	o["content"] = append([]any{object{"attachment": object{"contentType": "text/plain; charset=utf-8", "title": l.Title, "size": len(text), "data": base64.StdEncoding.EncodeToString([]byte(text))}}}, o["content"].([]any)...)
	acts := []record.Act{
		{Op: record.Create, Type: "Binary", ID: k.ID, Resource: mustParse(binaryOf(PDF, pdf, l.Label, k.Patient))},
		{Op: record.Create, Type: "DocumentReference", ID: k.ID, Resource: mustParse(o), Signs: draft},
		provenance([]string{"DocumentReference/" + k.ID + "/_history/1"}, k, "CREATE", "create", "", ""),
	}
	if send = strings.TrimSpace(send); send != "" {
		acts = append(acts, record.Act{Op: record.Create, Type: "Task", Resource: mustParse(secured(object{
			"resourceType": "Task", "status": "requested", "intent": "order", "priority": "routine",
			"code":        object{"coding": []any{object{"system": TaskSystem, "code": "letter", "display": "Letter to send"}}},
			"description": "Send the letter: " + send,
			"focus":       object{"reference": "DocumentReference/" + k.ID}, "for": object{"reference": "Patient/" + k.Patient},
			"authoredOn": instant(k.Now), "requester": k.By.reference(),
		}, l.Label))})
	}
	return acts, nil
}

// TaskSystem is the code system of tasks.
const TaskSystem = "https://wholechart.example/task"

// Plain is the letter as its document keeps it, to read, to search and to set
// again: to whom, and the text with its marks.
func (l Letter) Plain() string {
	var out strings.Builder
	if to := strings.TrimSpace(l.To); to != "" {
		out.WriteString("To: " + strings.ReplaceAll(to, "\n", ", ") + "\n\n")
	}
	out.WriteString(strings.TrimSpace(l.Body))
	return out.String()
}

// Block is one piece of a letter's text.
type Block struct {
	Kind  BlockKind
	Lines []string
}

// BlockKind is what a piece is.
type BlockKind uint8

// The pieces of a letter.
const (
	Paragraph BlockKind = iota
	Heading
	List
)

// Blocks are the pieces of a text.
func Blocks(text string) (out []Block) {
	gap := true
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(line, " \t")
		kind := Paragraph
		switch {
		case line == "":
			gap = true
			continue
		case strings.HasPrefix(line, "# "):
			kind, line = Heading, strings.TrimSpace(line[2:])
		case strings.HasPrefix(line, "- "):
			kind, line = List, strings.TrimSpace(line[2:])
		}
		if n := len(out); n > 0 && out[n-1].Kind == kind && kind != Heading && (!gap || kind == List) {
			out[n-1].Lines = append(out[n-1].Lines, line)
		} else {
			out = append(out, Block{kind, []string{line}})
		}
		gap = false
	}
	return out
}
