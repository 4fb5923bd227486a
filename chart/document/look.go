package document

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"wholechart/chart"
)

// Bounds of one search: of words that are looked for, and of bytes that are
// looked through.
const (
	maxAsked = 8
	maxLook  = 12 << 20
	around   = 90 // bytes of a snippet on either side
)

// Snippet is where a document says what was looked for: the words around it, the
// found ones between. Zero when it stands in the title.
type Snippet struct{ Before, Found, After string }

// Look looks for words in documents, one after another, until it has looked
// through twelve megabytes; then it looks at titles alone and says so.
type Look struct {
	words []string
	seen  int
}

// NewLook looks for every word of a query; case and accents do not count.
func NewLook(query string) *Look {
	l := &Look{}
	for w := range strings.FieldsSeq(Fold(query)) {
		if len(l.words) < maxAsked {
			l.words = append(l.words, w)
		}
	}
	return l
}

// Bounded says whether there was more text than is looked through.
func (l *Look) Bounded() bool { return l.seen > maxLook }

// In says whether all words stand in a document: in its title, kind, author,
// summary, text, or what can be searched of its file.
func (l *Look) In(d chart.Document) (Snippet, bool) {
	if len(l.words) == 0 {
		return Snippet{}, true
	}
	head := Fold(d.Title + " " + d.Kind + " " + d.Author + " " + extension(d.Node(), SourceURL).Str())
	var rest []string
	for _, w := range l.words {
		if !strings.Contains(head, w) {
			rest = append(rest, w)
		}
	}
	if len(rest) == 0 {
		return Snippet{}, true
	}
	if l.Bounded() {
		return Snippet{}, false
	}
	text := d.Summary + "\n" + d.Text() + "\n" + WordsOf(d.Node())
	l.seen += len(text)
	low := Fold(text)
	for _, w := range rest {
		if !strings.Contains(low, w) {
			return Snippet{}, false
		}
	}
	return snippet(text, low, rest[0]), true
}

// snippet cuts the text where a word stands. Folding may change lengths: then the
// folded text is shown, which reads the same without its accents.
func snippet(text, low, word string) Snippet {
	if len(text) != len(low) {
		text = low
	}
	i := strings.Index(low, word)
	if i < 0 {
		return Snippet{}
	}
	from, to := max(0, i-around), min(len(text), i+len(word)+around)
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	s := Snippet{Before: oneLine(text[from:i]), Found: text[i : i+len(word)], After: oneLine(text[i+len(word) : to])}
	if from > 0 {
		s.Before = "…" + s.Before
	}
	if to < len(text) {
		s.After += "…"
	}
	if !utf8.ValidString(s.Before + s.Found + s.After) {
		return Snippet{}
	}
	return s
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, s)
}

// Fold makes letters small and takes their accents away: "María" is "maria".
func Fold(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(s)
	}
	var out strings.Builder
	for _, r := range norm.NFD.String(s) {
		if !unicode.Is(unicode.Mn, r) {
			out.WriteRune(unicode.ToLower(r))
		}
	}
	return out.String()
}
