package note

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Draft is a note while it is written: the body of a record.Draft of kind "note".
type Draft struct {
	Key       string         `json:"key"` // names this draft: after it is signed, a late save of it is not one of the next
	Encounter string         `json:"encounter"`
	Template  string         `json:"template"`
	Sections  []DraftSection `json:"sections"`
}

// DraftSection is a section while it is written.
type DraftSection struct {
	Section
	By      string    `json:"by,omitempty"` // user name of who last changed it
	ByName  string    `json:"byName,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Rev     int       `json:"rev,omitempty"` // of the draft, when it last changed
	Saves   []string  `json:"saves,omitempty"`
	Clashes []Clash   `json:"clashes,omitempty"`
}

// Clash is a place where two people changed the same lines: both are kept in the
// text, and somebody has to look at it before it is signed.
type Clash struct {
	Mine   string    `json:"mine"`   // what the second to save had
	Theirs string    `json:"theirs"` // what was there
	By     string    `json:"by"`     // names
	With   string    `json:"with"`
	At     time.Time `json:"at"`
}

// Edit is what a writer's browser says of one section: the text it has, and the
// text that it shared with the server last. Unsure are texts that were sent and
// never answered for: whichever of them arrived is what the writer built on.
type Edit struct {
	Code   string   `json:"code"`
	Base   string   `json:"base"`
	Text   string   `json:"text"`
	Save   string   `json:"save"` // names this save: random, chosen by the browser
	Unsure []Unsure `json:"unsure,omitempty"`
}

// Unsure is a save without an answer.
type Unsure struct {
	Save string `json:"save"`
	Text string `json:"text"`
}

// maxSaves bounds the names of saves that a section remembers.
const maxSaves = 32

// ErrLong says that a section is longer than a note may hold.
var ErrLong = errors.New("a section holds at most 60,000 characters")

// ParseDraft reads a draft's body.
func ParseDraft(body []byte) (Draft, error) {
	var d Draft
	if err := json.Unmarshal(body, &d); err != nil {
		return Draft{}, fmt.Errorf("the draft cannot be read: %w", err)
	}
	if len(d.Sections) > MaxSections {
		return Draft{}, errors.New("the draft has too many sections")
	}
	return d, nil
}

// Body is the draft as it is stored.
func (d Draft) Body() []byte {
	b, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings, times and slices of them
	}
	return b
}

// Section is the section of a code, or nil.
func (d *Draft) Section(code string) *DraftSection {
	for i := range d.Sections {
		if d.Sections[i].Code == code {
			return &d.Sections[i]
		}
	}
	return nil
}

// Plain are the sections alone.
func (d Draft) Plain() []Section {
	out := make([]Section, len(d.Sections))
	for i, s := range d.Sections {
		out[i] = s.Section
	}
	return out
}

// Written says whether anything is written.
func (d Draft) Written() bool {
	return slices.ContainsFunc(d.Sections, func(s DraftSection) bool { return !s.Empty() })
}

// Apply joins a writer's edits with what is there. rev is the revision that the
// draft will have. It says whether anything changed. A section that the draft
// does not have (its template was changed meanwhile) is added when text is in it:
// no word is lost.
func (d *Draft) Apply(edits []Edit, by Who, at time.Time, rev int) (changed bool, err error) {
	for _, e := range edits {
		if len(e.Text) > MaxText || len(e.Base) > MaxText {
			return false, ErrLong
		}
	}
	d.Sections = slices.Clone(d.Sections)
	for _, e := range edits {
		e.Text, e.Base = valid(e.Text), valid(e.Base)
		s := d.Section(e.Code)
		if s == nil {
			if e.Text == "" || len(d.Sections) >= MaxSections || !codeOf(e.Code) {
				continue
			}
			d.Sections = append(d.Sections, DraftSection{Section: Section{Code: e.Code, Title: TitleOf(e.Code)}})
			s = &d.Sections[len(d.Sections)-1]
			e.Base = ""
		}
		if e.Save != "" && slices.Contains(s.Saves, e.Save) {
			continue // arrived before; the answer was lost
		}
		base := e.Base
		for _, u := range e.Unsure {
			if slices.Contains(s.Saves, u.Save) || valid(u.Text) == s.Text {
				base = valid(u.Text)
			}
		}
		text, clash := Merge(base, e.Text, s.Text)
		if len(text) > MaxText {
			return false, ErrLong
		}
		if text == s.Text {
			continue
		}
		if clash {
			c := Clash{Mine: e.Text, Theirs: s.Text, By: by.Name, With: s.ByName, At: at}
			s.Clashes = append(slices.Clone(s.Clashes), c)
			s.Clashes = s.Clashes[max(0, len(s.Clashes)-4):]
		}
		s.Text, s.By, s.ByName, s.At, s.Rev = text, by.User, by.Name, at, rev
		if e.Save != "" {
			s.Saves = append(slices.Clone(s.Saves), e.Save)
			s.Saves = s.Saves[max(0, len(s.Saves)-maxSaves):]
		}
		if s.Copied.Left(s.Text) == "" {
			s.Copied = nil
		}
		changed = true
	}
	return changed, nil
}

// Retemplate gives the draft another template's sections: those of the same code
// keep their text, and written ones that the template does not have stay at the
// end. What is empty and not in the template goes.
func (d *Draft) Retemplate(t Template) {
	was := *d
	d.Template, d.Sections = t.ID, nil
	for _, s := range t.Sections {
		ds := DraftSection{Section: Section{Code: s.Code, Title: s.Title}}
		if old := was.Section(s.Code); old != nil {
			ds = *old
			ds.Title = s.Title
		}
		d.Sections = append(d.Sections, ds)
	}
	for _, s := range was.Sections {
		if !s.Empty() && d.Section(s.Code) == nil && len(d.Sections) < MaxSections {
			d.Sections = append(d.Sections, s)
		}
	}
}

// valid is text without what Clean would drop inside lines, but with every space
// and line as typed: a draft keeps what the hand does.
func valid(text string) string {
	if !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	return text
}

func codeOf(code string) bool {
	if code == "" || len(code) > 40 {
		return false
	}
	for _, r := range code {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}
