package order

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLine bounds a typed line, in bytes.
const MaxLine = 1000

// Line is a typed line read: "amox 500 tid 7d".
type Line struct {
	Name     string  // words before the first that belong to directions: "amox"
	Strength float64 // a bare number, or with a unit of mass, right after the name
	Unit     string  // of Strength; "" when a bare number
	Second   string  // further strengths as said: "125" of "875/125"
	Sig      Sig
	Unread   []string // words that mean nothing here; they are in Sig.Note too
	Problems []string // what is dangerous to guess, in words for whoever typed it
}

// Parse reads a typed line: name first, then directions in any order. It never
// fails: what it does not understand is in Unread, what two people would read
// differently in Problems.
func Parse(line string) Line {
	p := reader{words: tokens(line)}
	p.name()
	p.directions()
	return p.finish()
}

// ParseSig reads directions alone: no name before them.
func ParseSig(text string) Line {
	text, note, noted := cutNote(text)
	p := reader{words: tokens(text)}
	p.directions()
	l := p.finish()
	if noted {
		l.Sig.Note = strings.TrimSpace(strings.TrimSuffix(strings.Join([]string{l.Sig.Note, note}, " "), " "))
		l.Sig.Note = strings.TrimSpace(l.Sig.Note)
	}
	return l
}

// cutNote takes the words after "Note:", which are nobody's to interpret.
func cutNote(text string) (before, note string, ok bool) {
	if len(text) > MaxLine {
		text = cut(text, MaxLine)
	}
	i := strings.Index(strings.ToLower(text), "note:")
	if i < 0 || i > len(text)-5 || !strings.EqualFold(text[i:i+5], "note:") {
		return text, "", false
	}
	return text[:i], clean(text[i+5:]), true
}

// cut shortens a text to at most so many bytes without breaking a letter.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// clean is a text in one line without control characters.
func clean(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// token is one word of a line: what was said, in lower case, and its number.
type token struct {
	said, low string
	n         float64 // of a number, or of one with its unit written to it
	unit      string  // "mg" of "500mg", "d" of "7d"
	num       bool
	to        float64 // of "1-2"
	end       byte    // what the word ended with, as far as it parts directions: , or ;
}

var plainLine = strings.NewReplacer("–", "-", "½", " 1/2 ", "¼", " 1/4 ", "×", " x ")

// tokens splits a line into words, numbers from the units written to them.
func tokens(line string) []token {
	line = clean(cut(line, MaxLine))
	line = plainLine.Replace(line)
	var out []token
	for _, w := range strings.Fields(line) {
		end := byte(0)
		switch w[len(w)-1] {
		case ',', ';':
			end = w[len(w)-1]
		}
		w = strings.Trim(strings.TrimRight(w, ",;"), ";()[]")
		if !strings.HasSuffix(w, "m.") {
			w = strings.TrimRight(w, ".,:")
		}
		if w == "" {
			if len(out) > 0 && end != 0 {
				out[len(out)-1].end = end
			}
			continue
		}
		t := token{said: w, low: strings.ToLower(w), end: end}
		t.number()
		out = append(out, t)
	}
	return out
}

// number reads "500", "1-2", "1/2", "5,000", ".5", "500mg", "7d".
func (t *token) number() {
	i := 0
	for i < len(t.low) && (t.low[i] >= '0' && t.low[i] <= '9' || t.low[i] == '.' || t.low[i] == ',' || t.low[i] == '-' && i > 0) {
		i++
	}
	head, tail := t.low[:i], t.low[i:]
	if head == "" || strings.TrimFunc(tail, func(r rune) bool { return unicode.IsLetter(r) || r == '%' }) != "" {
		if a, b, ok := strings.Cut(t.low, "/"); ok { // a half
			x, e1 := amount(a)
			y, e2 := amount(b)
			if e1 == nil && e2 == nil && y > 0 && y <= 8 && x > 0 && x < y {
				t.n, t.num = x/y, true
			}
		}
		return
	}
	low, high, ranged := strings.Cut(strings.TrimSuffix(head, "-"), "-")
	n, err := amount(low)
	if err != nil {
		return
	}
	if ranged {
		if t.to, err = amount(high); err != nil || t.to <= n {
			t.to = 0
			return
		}
	}
	t.n, t.num, t.unit = n, true, tail
}

// amount reads a number of at most a million with at most four decimals.
func amount(s string) (float64, error) {
	s = strings.ReplaceAll(s, ",", "")
	if s == "" || strings.Count(s, ".") > 1 || s == "." {
		return 0, strconv.ErrSyntax
	}
	if _, frac, _ := strings.Cut(s, "."); len(frac) > 4 {
		return 0, strconv.ErrRange
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f > 1e6 {
		return 0, strconv.ErrRange
	}
	return f, nil
}

// reader goes through the words once.
type reader struct {
	words []token
	at    int
	later bool // directions of a step that is not the first
	line  Line
	notes []string
}

func (p *reader) peek(i int) token {
	if p.at+i < len(p.words) {
		return p.words[p.at+i]
	}
	return token{}
}

// low is the words from here joined, as far as n.
func (p *reader) low(n int) string {
	var w []string
	for i := range n {
		if p.at+i >= len(p.words) {
			return ""
		}
		w = append(w, p.words[p.at+i].low)
	}
	return strings.Join(w, " ")
}

// name takes words until one that belongs to directions, then the strength.
func (p *reader) name() {
	var name []string
	for p.at < len(p.words) {
		t := p.peek(0)
		if _, two := ambiguous[t.low]; len(name) > 0 && (t.num || two || p.known()) {
			break
		}
		if a, b, ok := strings.Cut(t.low, "/"); ok && len(name) > 0 {
			if x, err := amount(a); err == nil {
				if _, err := amount(strings.TrimRight(b, "mgcl%")); err == nil {
					p.line.Strength, p.line.Second = x, strings.TrimRight(b, "mgcl%")
					p.at++
					p.line.Name = strings.Join(name, " ")
					if p.unitAt(0) != "" && mass(p.unitAt(0)) > 0 {
						p.at++
					}
					return
				}
			}
		}
		name = append(name, t.said)
		p.at++
	}
	p.line.Name = strings.Join(name, " ")
	t := p.peek(0)
	if !t.num || t.to > 0 || p.line.Name == "" {
		return
	}
	u := unitKey(t.unit)
	next := p.unitAt(1)
	if t.low != "" && strings.Contains(t.low, "/") { // "1/2 tab" is a dose
		return
	}
	switch {
	case u != "" && (mass(u) > 0 || u == "%" || u == "mEq" || u == "unit" && false):
		p.line.Strength, p.line.Unit = t.n, u
		p.at++
	case t.unit == "" && (mass(next) > 0 || next == "%" || next == "mEq"):
		p.line.Strength, p.line.Unit = t.n, next
		p.at += 2
	case t.unit == "" && next == "" && p.peek(1).low != "to" && !p.frequencyAt(1) && !p.durationAt(1):
		p.line.Strength = t.n
		p.at++
	}
}

// unitAt is the key of the unit that a word is, or "".
func (p *reader) unitAt(i int) string { return unitKey(p.peek(i).low) }

func unitKey(w string) string {
	if w == "" {
		return ""
	}
	for k, u := range units {
		if strings.ToLower(k) == w || u.many == w || slices.Contains(u.also, w) {
			return k
		}
	}
	return ""
}

func routeKey(w string) string {
	if w == "" {
		return ""
	}
	for k, r := range routes {
		if k == w && !strings.Contains(k, "-") || r.words == w || slices.Contains(r.also, w) {
			return k
		}
	}
	return ""
}

// known says whether the word here begins directions.
func (p *reader) known() bool {
	t := p.peek(0)
	if t.num {
		return true
	}
	trial := reader{words: p.words, at: p.at}
	return trial.one() && !slices.Contains([]string{"t", "c", "for", "eye", "ear", "app"}, t.low)
}

// each goes through the words and takes what it understands.
func (p *reader) each() {
	for p.at < len(p.words) {
		at := p.at
		if !p.one() {
			p.line.Unread = append(p.line.Unread, p.words[p.at].said)
			p.at++
		} else if p.at <= at {
			p.at = at + 1
		}
	}
}

func (p *reader) finish() Line {
	s := &p.line.Sig
	if len(p.line.Unread) > 0 {
		p.notes = append(p.notes, strings.Join(p.line.Unread, " "))
	}
	s.Note = strings.Join(p.notes, "; ")
	if s.Verb == routes[s.Route].verb {
		s.Verb = ""
	}
	s.inherit()
	s.Compute()
	return p.line
}

func (p *reader) problem(format string, a ...any) {
	text := fmt.Sprintf(format, a...)
	if !slices.Contains(p.line.Problems, text) {
		p.line.Problems = append(p.line.Problems, text)
	}
}
