package web

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Badge is the source of a fact: two letters in the site's colour. The letters carry the meaning. On hover or focus it
// tells the rest; with Href it is the link to the original.
type Badge struct {
	Letters string // "MS"
	Color   int    // 1–5, see UI tokens; 0 is grey
	Title   string // the site's whole name
	Author  string
	When    string // already worded, in the reader's zone
	Route   string // how the fact came here: "written here", "asked Lakeside just now"
	Href    string // the original
}

func (b Badge) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, badge(b)) }

// tip is what hover shows: a line each, the site first.
func (b Badge) tip() string {
	var lines []string
	for _, s := range []string{b.Title, b.Author, b.When, b.Route} {
		if s != "" {
			lines = append(lines, s)
		}
	}
	if b.Href != "" {
		lines = append(lines, "Opens the original")
	}
	return strings.Join(lines, "\n")
}

// label is the accessible name. It begins with the visible letters (WCAG 2.5.3).
func (b Badge) label() string {
	return b.Letters + ": source " + strings.ReplaceAll(b.tip(), "\n", ", ")
}

// Pill is a quiet state beside a fact, "overdue 5 mo". Kind gives colour and shape; Text is the word.
type Pill struct {
	Kind  Kind
	Text  string
	Shape Shape // overrides the kind's own shape

	Since time.Time // with it the pill also says how long ago that was, "12 min", and a board keeps that true (live.js)
	Ago   string    // in words, as the page was made: SpanText
}

func (p Pill) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, pill(p)) }

// Shape is a small mark that says without colour what a kind says with it.
type Shape uint8

const (
	KindShape Shape = iota // the kind's own: none, tick, triangle, octagon, dot
	NoShape
	Tick
	Triangle
	Octagon
	Dot
	Cross
	Clock
	Pencil
	Lock
)

func (k Kind) shape() Shape { return [...]Shape{NoShape, Tick, Triangle, Octagon, Dot}[k%5] }

func (p Pill) shape() Shape {
	if p.Shape == KindShape {
		return p.Kind.shape()
	}
	return p.Shape
}

// Flag is the interpretation of a result in one boxed letter: H, L, HH, LL, A. Empty and N draw nothing: an unflagged
// result is not thereby called normal.
type Flag struct{ Code string }

func (f Flag) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, flag(f)) }

// Word is the meaning of the code (HL7 v3 ObservationInterpretation, the codes seen on reports).
func (f Flag) Word() string {
	switch f.Code {
	case "H":
		return "high"
	case "L":
		return "low"
	case "HH":
		return "critically high"
	case "LL":
		return "critically low"
	case "A":
		return "abnormal"
	case "AA":
		return "critically abnormal"
	}
	return "flag " + f.Code
}

// Critical tells a doubled letter from a single one.
func (f Flag) Critical() bool { return f.Code == "HH" || f.Code == "LL" || f.Code == "AA" }

// Quantity is a result's value as it was reported, its unit, and its flag. Value keeps the reported digits: "78.0" is
// not "78".
type Quantity struct{ Value, Unit, Flag string }

func (q Quantity) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, quantity(q)) }

func (q Quantity) flagged() bool { return q.Flag != "" && q.Flag != "N" }

// KeyHint shows a key, "o". It does not bind it: data-key on the control does (see Button).
type KeyHint struct{ Key string }

func (k KeyHint) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, keyHint(k)) }

// Knowledge says what kind of nothing an empty list is. Unknown is not none: the zero value claims nothing.
type Knowledge uint8

const (
	NotRecorded Knowledge = iota // nobody wrote anything down
	NoneKnown                    // asked, and the answer was none
	Unreachable                  // a source that may know could not be asked
	Known                        // there is something to list
)

// EmptyState words an empty list: "No allergies known, asked 14 Nov 2026", "Allergies: not recorded", "Corner Pharmacy
// could not be reached, so medicines may be missing".
type EmptyState struct {
	Knowledge Knowledge
	What      string    // plural, lower case: "allergies"
	Asked     time.Time // when NoneKnown was asked
	Zone      *time.Location
	Who       string // NoneKnown: who asked; Unreachable: which site
	Gap       string // Unreachable: what is said in place of "Who could not be reached"
	Action    Link   // "Record", "Try again"
}

func (e EmptyState) Render(ctx context.Context, w io.Writer) error {
	return render(ctx, w, emptyState(e))
}

func (e EmptyState) state() string {
	return [...]string{"not-recorded", "none-known", "unreachable", "known"}[e.Knowledge%4]
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// AllergyBox is the red box that is never scrolled away, or the words that stand in its place.
type AllergyBox struct {
	Knowledge Knowledge
	Items     []Allergy // when Known
	Asked     time.Time // when NoneKnown
	Zone      *time.Location
	Who       string // the site that was unreachable; with Known, it may know more
	Gap       string // Unreachable: what is said in place of "Who could not be reached"
	Record    Link   // where to record allergies
}

// Allergy is one line of the box. Reaction is what happened ("anaphylaxis, 2009"); empty says "reaction not recorded",
// because a severe and a harmless reaction look the same without it.
type Allergy struct {
	Substance, Reaction, Href string
	Severe                    bool
	Source                    *Badge
}

func (a AllergyBox) Render(ctx context.Context, w io.Writer) error {
	return render(ctx, w, allergyBox(a))
}

// Alert is a sentence: what, why, the facts with their sources, and (as children of AlertBox) the better choice first.
type Alert struct {
	Kind  Kind
	What  string
	Why   string
	Facts []Fact
	Rule  Link // "Why · rule 14, 2012 high-priority list"
}

// Fact is a few words with their source between them: "Warfarin 5 mg daily" [LC] "since Oct 2021".
type Fact struct {
	Text   string
	Source *Badge
	After  string
}

// Lens is the switch between this site's chart and the whole record, over the same page.
type Lens struct {
	ChartHref, ChartNote string // "Maple Street"
	WholeHref, WholeNote string // "5 sites"
	Whole                bool   // the whole record is shown
}

func (l Lens) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, lens(l)) }

// AnswerState is how one site answered when the whole record was asked for.
type AnswerState uint8

const (
	Asking AnswerState = iota
	ThisSite
	Answered
	Refused
	SiteUnreachable
	ToConfirm // a person must say whether it is the same patient
	NotKnown  // it answered that it knows no such person
	NotAsked  // it could not be asked
)

// SiteAnswer is one site in the completeness strip.
type SiteAnswer struct {
	Badge     Badge
	Name      string
	State     AnswerState
	When      string // worded: "just now", "showing 09:12"
	Why       string // of a refusal: "consent does not cover substance use treatment"
	RetryHref string
}

// Completeness is the strip that says which sites answered, when, and what is shown instead. Each site has a cell of
// one size whatever it says, so that an answer moves nothing; Others, if it has a name, is the last cell, of sites that
// are not listed one by one and not counted. Give it an ID to let it refresh itself from RefreshURL every Refresh while
// sites are still being asked; zero stops.
type Completeness struct {
	ID         string
	Sites      []SiteAnswer
	Others     SiteAnswer
	RefreshURL string
	Refresh    time.Duration
}

func (c Completeness) Render(ctx context.Context, w io.Writer) error {
	return render(ctx, w, completeness(c))
}

// cells are the sites and what is said of the others.
func (c Completeness) cells() []SiteAnswer {
	if c.Others.Name == "" {
		return c.Sites
	}
	return append(slices.Clip(slices.Clone(c.Sites)), c.Others)
}

// word is what a site's state is called; of an answer its time says it.
func (s SiteAnswer) word() string {
	return [...]string{Asking: "asking…", ThisSite: "this site", Answered: "", Refused: "refused", SiteUnreachable: "unreachable", ToConfirm: "to be confirmed", NotKnown: "not known there", NotAsked: "could not be asked"}[s.State]
}

// says is all that a cell has to say of a site.
func (s SiteAnswer) says() string {
	said := slices.DeleteFunc([]string{s.word(), s.Why, s.When}, func(w string) bool { return w == "" })
	return strings.Join(said, " · ")
}

// Summary is how many answered.
func (c Completeness) Summary() string {
	var have, asking int
	for _, s := range c.Sites {
		switch s.State {
		case ThisSite, Answered, NotKnown:
			have++
		case Asking:
			asking++
		}
	}
	all := strconv.Itoa(len(c.Sites)) + " sites"
	if len(c.Sites) == 1 {
		all = "1 site"
	}
	text := strconv.Itoa(have) + " of " + all + " answered"
	if asking > 0 {
		text += ", asking " + strconv.Itoa(asking)
	}
	return text
}

func (c Completeness) refresh() string {
	if c.Refresh <= 0 {
		return ""
	}
	return strconv.FormatInt(c.Refresh.Milliseconds(), 10)
}

// Tab is one view of the same thing; Href loads it.
type Tab struct {
	Label, Href string
	Count       int
	Active      bool
}

// Tabs are links, so that they work without a script and can be opened beside each other.
type Tabs struct {
	Label string
	Items []Tab
}

func (t Tabs) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, tabs(t)) }

// Column heads a column of a DataTable.
type Column struct {
	Label  string
	Hidden bool // the label is for screen readers only
	Num    bool // right-aligned digits
	Wide   bool // left out on a phone; its cells carry class "wide" too
}

// Date shows the day of an instant, with the exact time on hover.
type Date struct {
	At   time.Time
	Zone *time.Location
}

func (d Date) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, date(d)) }

// Time is Date as a call: Time(t, zone) renders "14 Nov 2026" in <time>.
func Time(t time.Time, zone *time.Location) Date { return Date{t, zone} }

// Instant shows day and minute, "14 Nov 2026, 10:20".
type Instant struct {
	At   time.Time
	Zone *time.Location
}

func (i Instant) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, instant(i)) }

// Ago shows the distance from Now, with the exact time on hover.
type Ago struct {
	At, Now time.Time
	Zone    *time.Location
}

func (a Ago) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, ago(a)) }

// PartialDate shows an ISO date as precisely as it was recorded and no more.
type PartialDate struct{ ISO string }

func (d PartialDate) Render(ctx context.Context, w io.Writer) error {
	return render(ctx, w, partialDate(d))
}

// Suggestion is one line of the type-ahead list.
type Suggestion struct {
	Label string // "Rosa Delgado"
	Note  string // "68 y · female · 14 Mar 1958 · MRN 004-17-882"
	Href  string
}

// Suggestions is the HTML fragment that a SuggestURL answers with.
type Suggestions struct {
	Query string
	Items []Suggestion
	More  int // matches beyond those listed
}

func (s Suggestions) Render(ctx context.Context, w io.Writer) error {
	return render(ctx, w, suggestions(s))
}
