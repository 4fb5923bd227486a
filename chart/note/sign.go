package note

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/record"
)

// Errors of what cannot be signed. Their texts are for the writer.
var (
	ErrNothing = errors.New("nothing is written yet: an empty note is not signed")
	ErrReason  = errors.New("say why")
	ErrSigned  = errors.New("only a signed note can have that")
)

// Blocked says what stands in the way of signing.
type Blocked struct {
	Unfilled []string // lines that still have a Marker
	Clashes  []string // titles of sections in which two people wrote in the same lines
}

func (b *Blocked) Error() string {
	var parts []string
	if len(b.Unfilled) > 0 {
		parts = append(parts, fmt.Sprintf("%d lines still have %s", len(b.Unfilled), Marker))
	}
	if len(b.Clashes) > 0 {
		parts = append(parts, "look at what two people wrote in the same lines of "+strings.Join(b.Clashes, ", "))
	}
	return strings.Join(parts, "; ")
}

// Ready says whether a draft can be signed: *Blocked, ErrNothing or nil.
func (d Draft) Ready() error {
	if !d.Written() {
		return ErrNothing
	}
	b := &Blocked{}
	for _, s := range d.Sections {
		b.Unfilled = append(b.Unfilled, Unfilled(s.Text)...)
		if len(s.Clashes) > 0 {
			b.Clashes = append(b.Clashes, s.Title)
		}
	}
	if b.Unfilled != nil || b.Clashes != nil {
		return b
	}
	return nil
}

// Signing is what Sign needs besides the note.
type Signing struct {
	Now   time.Time // in the site's zone
	By    Who
	Draft *record.Signed // the draft that is finished by it; nil: none
	// Cosigner is asked to attest the note: of a nurse or a trainee.
	Cosigner *Who
	// Note and Task are fresh ids.
	Note, Task string
}

// Sign are the acts that make a note a signed one: the final Composition with its
// attester and digest, the Provenance that says who signed which version and, when
// a cosigner is asked, that one's task. The note is the one that it becomes.
func Sign(n Note, s Signing) (Note, []record.Act, error) {
	written := false
	for i := range n.Sections {
		sec := &n.Sections[i]
		sec.Text = Clean(sec.Text)
		written = written || sec.Text != ""
		if u := Unfilled(sec.Text); u != nil {
			return n, nil, &Blocked{Unfilled: u}
		}
		if len(sec.Text) > MaxText {
			return n, nil, ErrLong
		}
	}
	if !written {
		return n, nil, ErrNothing
	}
	n.ID, n.Status, n.Date, n.Version = s.Note, "final", s.Now, "1"
	mode := "legal"
	if s.Cosigner != nil {
		mode = "personal" // it becomes a legal one by the cosigner's attestation
	}
	n.Signed = []Attest{{Mode: mode, Time: s.Now, Who: s.By}}
	if n.Author == (Who{}) {
		n.Author = s.By
	}
	n.Digest = ""
	n.Digest = Digest(n.Composition())
	acts := []record.Act{
		{Op: record.Create, Type: "Composition", ID: n.ID, Resource: n.Composition(), Signs: s.Draft},
		provenance("Composition/"+n.ID, "1", s, "author", "LA", "legally authenticated", ""),
	}
	if s.Cosigner != nil {
		acts = append(acts, cosignTask(n, s))
	}
	return n, acts, nil
}

func provenance(target, version string, s Signing, agent, code, display, reason string) record.Act {
	o := object{
		"resourceType": "Provenance",
		"target":       []any{object{"reference": target + "/_history/" + version}},
		"recorded":     instant(s.Now),
		"agent":        []any{object{"type": concept(participant, agent, strings.ToUpper(agent[:1])+agent[1:]), "who": s.By.reference()}},
	}
	system := completion
	if code == "NULLIFY" || code == "APPEND" {
		system = operation
	}
	o["activity"] = concept(system, code, display)
	if reason != "" {
		o["reason"] = []any{object{"text": reason}}
	}
	return record.Act{Op: record.Create, Type: "Provenance", Resource: marshal(o)}
}

func cosignTask(n Note, s Signing) record.Act {
	return record.Act{Op: record.Create, Type: "Task", ID: s.Task, Resource: marshal(object{
		"resourceType": "Task",
		"status":       "requested",
		"intent":       "order",
		"priority":     "routine",
		"code":         concept(TaskSystem, "cosign", "Cosign"),
		"description":  "Cosign: " + n.Title + " by " + orUnknown(s.By.Name),
		"focus":        object{"reference": "Composition/" + n.ID},
		"for":          object{"reference": "Patient/" + n.Patient},
		"authoredOn":   instant(s.Now),
		"requester":    s.By.reference(),
		"owner":        s.Cosigner.reference(),
	})}
}

// Addendum is what is added to a signed note.
type Addendum struct {
	Reason string
	Text   string            // what is added
	Amends map[string]string // section code → how the section should read
}

// Addend are the acts that append to a signed note: a Composition of its own that
// relates to it, with its reason, digest and Provenance. The signed note stays as
// it is. current is how each section reads with the addenda before.
func Addend(to Note, current []Section, a Addendum, s Signing) (Note, []record.Act, error) {
	if to.Status != "final" && to.Status != "amended" {
		return Note{}, nil, ErrSigned
	}
	n, err := appended(to, a.Reason)
	if err != nil {
		return Note{}, nil, err
	}
	if t := Clean(a.Text); t != "" {
		n.Sections = append(n.Sections, Section{Code: "addendum", Title: "Addendum", Text: t})
	}
	for _, sec := range current {
		text, ok := a.Amends[sec.Code]
		if ok && Clean(text) != Clean(sec.Text) {
			if Clean(text) == "" {
				text = "(Withdrawn.)"
			}
			n.Sections = append(n.Sections, Section{Code: sec.Code, Title: sec.Title, Text: text})
		}
	}
	if len(n.Sections) == 0 {
		return Note{}, nil, ErrNothing
	}
	return Sign(n, s)
}

func appended(to Note, reason string) (Note, error) {
	reason = strings.Join(strings.Fields(Clean(reason)), " ")
	if reason == "" {
		return Note{}, ErrReason
	}
	if len(reason) > MaxReason {
		return Note{}, ErrLong
	}
	return Note{
		Type: "55107-7", Kind: "Addendum Document", Title: "Addendum: " + to.Title,
		Patient: to.Patient, Encounter: to.Encounter, Appends: to.ID, Reason: reason,
	}, nil
}

// Cosign are the acts by which a second person attests a signed note: an
// attestation of its own that appends to it, because what is signed never
// changes, and a Provenance with the note's version as its target.
func Cosign(n Note, statement string, s Signing) (Note, []record.Act, error) {
	if n.Status != "final" && n.Status != "amended" {
		return Note{}, nil, ErrSigned
	}
	if Clean(statement) == "" {
		return Note{}, nil, ErrNothing
	}
	a, err := appended(n, "Attestation")
	if err != nil {
		return Note{}, nil, err
	}
	a.Title = "Attestation: " + n.Title
	a.Attests = true
	a.Sections = []Section{{Code: "attestation", Title: "Attestation", Text: statement}}
	a, acts, err := Sign(a, s)
	if err != nil {
		return Note{}, nil, err
	}
	version := n.Version
	if version == "" {
		version = "1"
	}
	return a, append(acts, provenance("Composition/"+n.ID, version, s, "legal", "LA", "legally authenticated", "Cosigned")), nil
}

// EnterInError are the acts that mark a signed note as entered in error. Its
// content stays, and stays legible; the reason stands in the Provenance.
func EnterInError(c fhir.Node, version int, reason string, s Signing) ([]record.Act, error) {
	switch c.Get("status").Str() {
	case "final", "amended":
	default:
		return nil, ErrSigned
	}
	reason = strings.Join(strings.Fields(Clean(reason)), " ")
	if reason == "" {
		return nil, ErrReason
	}
	if len(reason) > MaxReason {
		return nil, ErrLong
	}
	status := c.Get("status")
	from, to := status.Span()
	base, _ := c.Span()
	body := fhir.Apply(c.Raw(), []fhir.Edit{{From: from - base, To: to - base, Text: []byte(`"entered-in-error"`)}})
	doc, err := fhir.Parse(body)
	if err != nil {
		return nil, err
	}
	id := c.ID()
	return []record.Act{
		{Op: record.Update, Type: "Composition", ID: id, Resource: doc.Root(), IfMatch: version},
		provenance("Composition/"+id, fmt.Sprint(version+1), s, "author", "NULLIFY", "nullify", reason),
	}, nil
}

// Reading is how the note's sections read with its addenda, the earliest first.
func Reading(n Note, addenda []Note) []Section {
	out := append([]Section(nil), n.Sections...)
	for _, a := range addenda {
		if a.Status == "entered-in-error" || a.Status == "preliminary" || a.Attests {
			continue
		}
		for _, s := range a.Sections {
			for i := range out {
				if out[i].Code == s.Code {
					out[i].Text, out[i].Copied = s.Text, &Copied{Note: a.ID, Who: a.Author.Name, When: a.Date, Text: s.Text} // whose words they are now
				}
			}
		}
	}
	return out
}
