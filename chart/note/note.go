package note

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of a note: of a section's text in bytes, of its sections.
const (
	MaxText     = 60_000
	MaxSections = 40
	MaxReason   = 500
)

// Who is a person who writes or signs.
type Who struct {
	Ref  string // literal reference to the Practitioner, "" when there is none
	User string // user name at the site
	Name string
	Role string // as displayed: "nurse"
}

// Section is one part of a note.
type Section struct {
	Code   string  `json:"code"` // LOINC, or a word of our own without digits at its start
	Title  string  `json:"title"`
	Text   string  `json:"text"`
	Copied *Copied `json:"copied,omitempty"`
}

// Empty says that nothing was written.
func (s Section) Empty() bool { return strings.TrimSpace(s.Text) == "" }

// Note is one note: what a person wrote about a patient at an encounter.
type Note struct {
	ID        string // of the Composition
	Version   string
	Status    string // final, amended, entered-in-error, preliminary
	Template  string // Template.ID
	Type      string // LOINC
	Kind      string // display of Type
	Title     string
	Patient   string // id
	Encounter string // id, "" when there is none
	Author    Who
	Date      time.Time // when it was signed
	Begun     time.Time // when writing began, zero when not known
	Sections  []Section
	Signed    []Attest
	Appends   string // id of the note that this one is an addendum to
	Reason    string // of an addendum
	Attests   bool   // the addendum is the attestation of a cosigner
	Digest    string // as it stands in the Composition
}

// Attest is one who vouches for the note.
type Attest struct {
	Mode string // personal, professional, legal, official
	Time time.Time
	Who  Who
}

// Empty are the titles of the sections in which nothing was written.
func (n Note) Empty() []string {
	var out []string
	for _, s := range n.Sections {
		if s.Empty() {
			out = append(out, s.Title)
		}
	}
	return out
}

// Section is the section of a code, or nil.
func (n Note) Section(code string) *Section {
	for i := range n.Sections {
		if n.Sections[i].Code == code {
			return &n.Sections[i]
		}
	}
	return nil
}

// Clean is typed text as it is kept: line ends are \n, what XML 1.0 has no place
// for (control characters, noncharacters) and what is no UTF-8 is left out,
// spaces at line ends go, and more than one empty line between paragraphs becomes
// one. Letters, emoji and directions of writing stay as they are.
func Clean(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < 0x20, r == 0x7f, r == utf8.RuneError, r&0xfffe == 0xfffe, r >= 0xfdd0 && r <= 0xfdef:
			return -1
		}
		return r
	}, text)
	lines := strings.Split(text, "\n")
	kept, blank := lines[:0], 0
	for _, l := range lines {
		l = strings.TrimRight(l, " \t\u00a0")
		if l == "" {
			blank++
			continue
		}
		if blank > 0 && len(kept) > 0 {
			kept = append(kept, "")
		}
		blank = 0
		kept = append(kept, l)
	}
	return strings.Join(kept, "\n")
}

// Marker stands in a snippet or an outline for what is still to be said. A text
// with one cannot be signed.
const Marker = "***"

// Unfilled are the lines that still have a Marker.
func Unfilled(text string) []string {
	var out []string
	for l := range strings.SplitSeq(text, "\n") {
		if strings.Contains(l, Marker) {
			out = append(out, strings.TrimSpace(l))
		}
	}
	return out
}

// DropUnfilled is the text without the lines that still have a Marker.
func DropUnfilled(text string) string {
	var out []string
	for l := range strings.SplitSeq(text, "\n") {
		if !strings.Contains(l, Marker) {
			out = append(out, l)
		}
	}
	return Clean(strings.Join(out, "\n"))
}
