package fhir

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"sync"
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

// tapes are used again: a text is read onto one, then copied at its true size.
var tapes = sync.Pool{New: func() any { return new([]entry) }}

// keepTape is the largest tape, in entries of 16 bytes, that is used again.
const keepTape = 1 << 18

// ParseWithin is Parse with other limits. A limit of zero is the default one.
func ParseWithin(data []byte, lim Limits) (*Doc, error) {
	if lim.Bytes == 0 {
		lim.Bytes = DefaultLimits.Bytes
	}
	if lim.Depth == 0 {
		lim.Depth = DefaultLimits.Depth
	}
	if len(data) > lim.Bytes || len(data) > math.MaxUint32/2 {
		return nil, &SyntaxError{0, fmt.Sprintf("larger than the limit of %d bytes", lim.Bytes)}
	}
	scratch := tapes.Get().(*[]entry)
	if cap(*scratch) == 0 {
		*scratch = make([]entry, 0, len(data)/24+16)
	}
	tape, err := read(data, lim.Depth, (*scratch)[:0])
	if cap(tape) <= keepTape {
		*scratch = tape
		defer tapes.Put(scratch)
	}
	if err != nil {
		return nil, err
	}
	d := &Doc{data, make([]entry, len(tape))}
	copy(d.tape, tape)
	return d, nil
}

// none is the parent of the outermost value.
const none = math.MaxUint32

// read puts the values of data on the tape. An open container's next is its
// parent's index until it is closed. tape is given back even with an error.
func read(data []byte, limit int, tape []entry) ([]entry, error) {
	fail := func(at int, reason string) ([]entry, error) { return tape, &SyntaxError{at, reason} }
	var (
		i      = space(data, 0)
		parent = uint32(none)
		depth  = 0
	)
value:
	if i >= len(data) {
		return fail(i, "the text ends where a value should be")
	}
	switch c := data[i]; c {
	case '"':
		end, escaped, reason := quoted(data, i)
		if reason != "" {
			return fail(end, reason)
		}
		tape = append(tape, entry{uint32(i), uint32(end), uint32(len(tape) + 1), String, escaped})
		i = end
	case '{', '[':
		if depth >= limit {
			return fail(i, fmt.Sprintf("nested deeper than %d", limit))
		}
		depth++
		kind := Object
		if c == '[' {
			kind = Array
		}
		tape = append(tape, entry{off: uint32(i), next: parent, kind: kind})
		parent = uint32(len(tape) - 1)
		i = space(data, i+1)
		if i < len(data) && data[i] == c+2 { // } is { + 2, ] is [ + 2
			goto closing
		}
		if kind == Object {
			goto name
		}
		goto value
	case 't', 'f', 'n':
		word, kind := "true", Bool
		if c == 'f' {
			word = "false"
		} else if c == 'n' {
			word, kind = "null", Null
		}
		if len(data)-i < len(word) || string(data[i:i+len(word)]) != word {
			return fail(i, "not the beginning of a value")
		}
		tape = append(tape, entry{uint32(i), uint32(i + len(word)), uint32(len(tape) + 1), kind, false})
		i += len(word)
	default:
		if c != '-' && (c < '0' || c > '9') {
			return fail(i, "not the beginning of a value")
		}
		end, ok := numeral(data, i)
		if !ok {
			return fail(end, "a digit should be here")
		}
		tape = append(tape, entry{uint32(i), uint32(end), uint32(len(tape) + 1), Number, false})
		i = end
	}
after:
	i = space(data, i)
	if parent == none {
		if i < len(data) {
			return fail(i, "text after the end of the value")
		}
		return tape, nil
	}
	if tape[parent].kind == Array {
		if i >= len(data) {
			return fail(i, "the text ends inside an array")
		}
		switch data[i] {
		case ',':
			i = space(data, i+1)
			goto value
		case ']':
			goto closing
		}
		return fail(i, "a comma or ] should be here")
	}
	if i >= len(data) {
		return fail(i, "the text ends inside an object")
	}
	switch data[i] {
	case ',':
		i = space(data, i+1)
		goto name
	case '}':
		goto closing
	}
	return fail(i, "a comma or } should be here")
name:
	if i >= len(data) || data[i] != '"' {
		return fail(i, "a member name in quotes should be here")
	}
	{
		end, escaped, reason := quoted(data, i)
		if reason != "" {
			return fail(end, reason)
		}
		tape = append(tape, entry{uint32(i), uint32(end), uint32(len(tape) + 1), String, escaped})
		i = space(data, end)
	}
	if i >= len(data) || data[i] != ':' {
		return fail(i, "a colon should be here")
	}
	i = space(data, i+1)
	goto value
closing:
	{
		i++
		depth--
		self := parent
		e := &tape[self]
		parent = e.next
		e.end, e.next = uint32(i), uint32(len(tape))
		if e.kind == Object {
			if at := repeated(data, tape, self); at >= 0 {
				return fail(at, "a name that already stands in this object")
			}
		}
		goto after
	}
}

// space is the index of the first byte from i on that is not white space.
func space(data []byte, i int) int {
	for i < len(data) && data[i] <= ' ' {
		switch data[i] {
		case ' ', '\n':
			i++
			for len(data)-i >= 8 && binary.LittleEndian.Uint64(data[i:]) == 0x2020202020202020 {
				i += 8
			}
		case '\t', '\r':
			i++
		default:
			return i
		}
	}
	return i
}

// repeated finds a name that stands twice in one object (RFC 7493 section
// 2.3): two readers could take different values from it. It is the second
// one's offset, or -1.
func repeated(data []byte, tape []entry, self uint32) int {
	var seen [4]uint64 // a name has one bit of 256; a bit met again calls for a look
	for i, end := self+1, tape[self].next; i < end; i = tape[i+1].next {
		k := &tape[i]
		if k.escaped {
			return repeatedFully(data, tape, self)
		}
		h := uint32(k.end-k.off) * 0x9e3779b1
		if k.end-k.off > 2 {
			h ^= uint32(data[k.off+1])*0x85ebca6b ^ uint32(data[k.end-2])*0xc2b2ae35 ^ uint32(data[(k.off+k.end)/2])*0x27d4eb2f
		}
		h = (h * 0x9e3779b1) >> 24
		if seen[h>>6]&(1<<(h&63)) != 0 {
			return repeatedFully(data, tape, self)
		}
		seen[h>>6] |= 1 << (h & 63)
	}
	return -1
}

func repeatedFully(data []byte, tape []entry, self uint32) int {
	name := func(k *entry) string {
		if k.escaped {
			return unescape(data[k.off+1 : k.end-1])
		}
		return string(data[k.off+1 : k.end-1])
	}
	var few [24]uint32
	n := 0
	end := tape[self].next
	for i := self + 1; i < end; i = tape[i+1].next {
		if n == len(few) {
			seen := make(map[string]bool, 2*n)
			for i := self + 1; i < end; i = tape[i+1].next {
				k := name(&tape[i])
				if seen[k] {
					return int(tape[i].off)
				}
				seen[k] = true
			}
			return -1
		}
		a := &tape[i]
		for _, j := range few[:n] {
			b := &tape[j]
			if !a.escaped && !b.escaped {
				if a.end-a.off == b.end-b.off && string(data[a.off:a.end]) == string(data[b.off:b.end]) {
					return int(a.off)
				}
			} else if name(a) == name(b) {
				return int(a.off)
			}
		}
		few[n] = i
		n++
	}
	return -1
}

// quoted reads the string that begins at i: the index after it, or the place
// and the reason of what is wrong.
func quoted(d []byte, i int) (end int, escaped bool, reason string) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	from := i
	i++
	for {
		// Eight bytes at a time while none of them is a quote, a backslash, a
		// control or beyond ASCII. The lowest mark is always true.
		for len(d)-i >= 8 {
			w := binary.LittleEndian.Uint64(d[i:])
			q, b := w^(ones*'"'), w^(ones*'\\')
			marks := (((q-ones)&^q | (b-ones)&^b | (w-ones*0x20)&^w) | w) & highs
			if marks != 0 {
				i += bits.TrailingZeros64(marks) >> 3
				break
			}
			i += 8
		}
		if i >= len(d) {
			return from, escaped, "the text ends inside a string"
		}
		switch c := d[i]; {
		case c == '"':
			return i + 1, escaped, ""
		case c == '\\':
			escaped = true
			n, reason := escapeLen(d[i:])
			if reason != "" {
				return i, escaped, reason
			}
			i += n
		case c < 0x20:
			return i, escaped, "a control character in a string"
		case c < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRune(d[i:])
			if r == utf8.RuneError && n == 1 {
				return i, escaped, "not UTF-8"
			}
			i += n
		}
	}
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
	return string(appendUnescaped(make([]byte, 0, len(b)), b))
}

func appendUnescaped(out, b []byte) []byte {
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
	return out
}

// numeral reads the number that begins at i (RFC 8259 section 6): the index
// after it, or the place where a digit is missing.
func numeral(d []byte, i int) (end int, ok bool) {
	digits := func() bool {
		from := i
		for i < len(d) && d[i] >= '0' && d[i] <= '9' {
			i++
		}
		return i > from
	}
	if d[i] == '-' {
		i++
	}
	if i < len(d) && d[i] == '0' {
		i++
	} else if !digits() {
		return i, false
	}
	if i < len(d) && d[i] == '.' {
		i++
		if !digits() {
			return i, false
		}
	}
	if i < len(d) && d[i]|0x20 == 'e' {
		i++
		if i < len(d) && (d[i] == '+' || d[i] == '-') {
			i++
		}
		if !digits() {
			return i, false
		}
	}
	return i, true
}
