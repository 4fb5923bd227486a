package fhir

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits bound what Parse takes. The zero value is DefaultLimits.
type Limits struct {
	Bytes int // the whole text
	Depth int // objects and arrays inside one another
}

// DefaultLimits is what the product takes from outside.
var DefaultLimits = Limits{Bytes: 32 << 20, Depth: 96}

// SyntaxError says where and why a text is not acceptable JSON. It quotes
// nothing of the text: it may be shown to whoever sent it, and logged.
type SyntaxError struct {
	Offset int
	Reason string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("at byte %d: %s", e.Offset, e.Reason) }

// Parse reads one JSON text (RFC 8259, I-JSON: no duplicate names, valid
// UTF-8, no lone surrogates) and keeps data, which must not be changed after.
// It checks no FHIR rule.
func Parse(data []byte) (*Doc, error) { return ParseWithin(data, DefaultLimits) }

// ParseWithin is Parse with other limits.
func ParseWithin(data []byte, lim Limits) (*Doc, error) {
	if lim.Bytes == 0 {
		lim = DefaultLimits
	}
	if len(data) > lim.Bytes || len(data) > math.MaxUint32/2 {
		return nil, &SyntaxError{0, fmt.Sprintf("larger than the limit of %d bytes", lim.Bytes)}
	}
	p := parser{data: data, depth: lim.Depth, tape: make([]entry, 0, len(data)/12+8)}
	p.space()
	if err := p.value(0); err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(data) {
		return nil, p.fail("text after the end of the value")
	}
	return &Doc{data, p.tape}, nil
}

type parser struct {
	data  []byte
	at    int
	depth int
	tape  []entry
}

func (p *parser) fail(reason string) error { return &SyntaxError{p.at, reason} }

func (p *parser) space() {
	for p.at < len(p.data) {
		switch p.data[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) error {
	if p.at >= len(p.data) {
		return p.fail("the text ends where a value should be")
	}
	switch c := p.data[p.at]; {
	case c == '"':
		return p.str()
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case c == 't':
		return p.word("true", Bool)
	case c == 'f':
		return p.word("false", Bool)
	case c == 'n':
		return p.word("null", Null)
	}
	return p.fail("not the beginning of a value")
}

func (p *parser) word(w string, k Kind) error {
	if !strings.HasPrefix(string(p.data[p.at:min(len(p.data), p.at+len(w))]), w) {
		return p.fail("not the beginning of a value")
	}
	p.leaf(k, p.at, p.at+len(w), false)
	p.at += len(w)
	return nil
}

func (p *parser) leaf(k Kind, from, to int, escaped bool) {
	p.tape = append(p.tape, entry{uint32(from), uint32(to), uint32(len(p.tape) + 1), k, escaped})
}

func (p *parser) open(k Kind) (self int) {
	self = len(p.tape)
	p.tape = append(p.tape, entry{off: uint32(p.at), kind: k})
	p.at++
	p.space()
	return self
}

func (p *parser) close(self int) {
	p.at++
	p.tape[self].end = uint32(p.at)
	p.tape[self].next = uint32(len(p.tape))
}

func (p *parser) array(depth int) error {
	if depth >= p.depth {
		return p.fail(fmt.Sprintf("nested deeper than %d", p.depth))
	}
	self := p.open(Array)
	if p.at < len(p.data) && p.data[p.at] == ']' {
		p.close(self)
		return nil
	}
	for {
		if err := p.value(depth + 1); err != nil {
			return err
		}
		p.space()
		if p.at >= len(p.data) {
			return p.fail("the text ends inside an array")
		}
		switch p.data[p.at] {
		case ',':
			p.at++
			p.space()
		case ']':
			p.close(self)
			return nil
		default:
			return p.fail("a comma or ] should be here")
		}
	}
}

func (p *parser) object(depth int) error {
	if depth >= p.depth {
		return p.fail(fmt.Sprintf("nested deeper than %d", p.depth))
	}
	self := p.open(Object)
	if p.at < len(p.data) && p.data[p.at] == '}' {
		p.close(self)
		return nil
	}
	for members := 0; ; members++ {
		if p.at >= len(p.data) || p.data[p.at] != '"' {
			return p.fail("a member name in quotes should be here")
		}
		if err := p.str(); err != nil {
			return err
		}
		p.space()
		if p.at >= len(p.data) || p.data[p.at] != ':' {
			return p.fail("a colon should be here")
		}
		p.at++
		p.space()
		if err := p.value(depth + 1); err != nil {
			return err
		}
		p.space()
		if p.at >= len(p.data) {
			return p.fail("the text ends inside an object")
		}
		switch p.data[p.at] {
		case ',':
			p.at++
			p.space()
		case '}':
			p.close(self)
			return p.unique(self, members+1)
		default:
			return p.fail("a comma or } should be here")
		}
	}
}

// unique refuses a name that stands twice in one object (RFC 7493 section
// 2.3): two readers could take different values from it.
func (p *parser) unique(self, members int) error {
	if members < 2 {
		return nil
	}
	name := func(i uint32) string {
		e := p.tape[i]
		if e.escaped {
			return unescape(p.data[e.off+1 : e.end-1])
		}
		return string(p.data[e.off+1 : e.end-1])
	}
	end := p.tape[self].next
	if members > 24 {
		seen := make(map[string]bool, members)
		for i := uint32(self + 1); i < end; i = p.tape[i+1].next {
			if seen[name(i)] {
				return &SyntaxError{int(p.tape[i].off), "a name that already stands in this object"}
			}
			seen[name(i)] = true
		}
		return nil
	}
	var starts [24]uint32
	n := 0
	for i := uint32(self + 1); i < end; i = p.tape[i+1].next {
		a := p.tape[i]
		for _, j := range starts[:n] {
			b := p.tape[j]
			if !a.escaped && !b.escaped {
				if a.end-a.off != b.end-b.off || string(p.data[a.off:a.end]) != string(p.data[b.off:b.end]) {
					continue
				}
			} else if name(i) != name(j) {
				continue
			}
			return &SyntaxError{int(a.off), "a name that already stands in this object"}
		}
		starts[n] = i
		n++
	}
	return nil
}

func (p *parser) str() error {
	from, escaped := p.at, false
	d := p.data
	for i := p.at + 1; i < len(d); {
		switch c := d[i]; {
		case c == '"':
			p.leaf(String, from, i+1, escaped)
			p.at = i + 1
			return nil
		case c == '\\':
			escaped = true
			n, reason := escapeLen(d[i:])
			if reason != "" {
				return &SyntaxError{i, reason}
			}
			i += n
		case c < 0x20:
			return &SyntaxError{i, "a control character in a string"}
		case c < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRune(d[i:])
			if r == utf8.RuneError && n == 1 {
				return &SyntaxError{i, "not UTF-8"}
			}
			i += n
		}
	}
	return p.fail("the text ends inside a string")
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// escapeLen is the length of the escape that b begins with.
func escapeLen(b []byte) (int, string) {
	if len(b) < 2 {
		return 0, "the text ends inside a string"
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, ""
	case 'u':
		r, ok := hex4(b[2:])
		if !ok {
			return 0, "\\u without four hexadecimal digits"
		}
		if !utf16.IsSurrogate(r) {
			return 6, ""
		}
		if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			if low, ok := hex4(b[8:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
				return 12, ""
			}
		}
		return 0, "half of a surrogate pair"
	}
	return 0, "an escape that JSON does not have"
}

// unescape decodes the inside of a string that Parse has accepted.
func unescape(b []byte) string {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			out = append(out, b[i])
			continue
		}
		i++
		switch b[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, _ := hex4(b[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				low, _ := hex4(b[i+3:])
				r = utf16.DecodeRune(r, low)
				i += 6
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, b[i])
		}
	}
	return string(out)
}

func (p *parser) digits() bool {
	from := p.at
	for p.at < len(p.data) && p.data[p.at] >= '0' && p.data[p.at] <= '9' {
		p.at++
	}
	return p.at > from
}

func (p *parser) number() error {
	from := p.at
	if p.data[p.at] == '-' {
		p.at++
	}
	if p.at < len(p.data) && p.data[p.at] == '0' {
		p.at++
	} else if !p.digits() {
		return p.fail("a digit should be here")
	}
	if p.at < len(p.data) && p.data[p.at] == '.' {
		p.at++
		if !p.digits() {
			return p.fail("a digit should be here")
		}
	}
	if p.at < len(p.data) && p.data[p.at]|0x20 == 'e' {
		p.at++
		if p.at < len(p.data) && (p.data[p.at] == '+' || p.data[p.at] == '-') {
			p.at++
		}
		if !p.digits() {
			return p.fail("a digit should be here")
		}
	}
	p.leaf(Number, from, p.at, false)
	return nil
}
