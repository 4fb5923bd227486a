package fhirpath

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd       tokenKind = iota
	tokWord                // identifier or keyword
	tokDelimited           // `identifier`
	tokString
	tokNumber
	tokTemporal // @…, the text without the @
	tokExternal // %name
	tokSymbol   // operators, brackets, $this
)

type token struct {
	kind tokenKind
	at   int
	text string
}

// lexer splits an expression as the lexical rules of N1 (appendix B) do.
type lexer struct {
	s  string
	at int
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

func (l *lexer) peek(ahead int) byte {
	if l.at+ahead < len(l.s) {
		return l.s[l.at+ahead]
	}
	return 0
}

// space skips white space and comments.
func (l *lexer) space() error {
	for l.at < len(l.s) {
		switch c := l.s[l.at]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			l.at++
		case strings.HasPrefix(l.s[l.at:], "//"):
			end := strings.IndexAny(l.s[l.at:], "\r\n")
			if end < 0 {
				end = len(l.s) - l.at
			}
			l.at += end
		case strings.HasPrefix(l.s[l.at:], "/*"):
			end := strings.Index(l.s[l.at+2:], "*/")
			if end < 0 {
				return fail(Syntax, l.at, "a comment without its end")
			}
			l.at += end + 4
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) next() (token, error) {
	if err := l.space(); err != nil {
		return token{}, err
	}
	from := l.at
	if from >= len(l.s) {
		return token{tokEnd, from, ""}, nil
	}
	switch c := l.s[from]; {
	case letter(c):
		l.word()
		return token{tokWord, from, l.s[from:l.at]}, nil
	case digit(c):
		l.digits()
		if l.peek(0) == '.' && digit(l.peek(1)) {
			l.at++
			l.digits()
		}
		return token{tokNumber, from, l.s[from:l.at]}, nil
	case c == '\'':
		text, err := l.quoted('\'')
		return token{tokString, from, text}, err
	case c == '`':
		text, err := l.quoted(c)
		if err == nil && text == "" {
			err = fail(Syntax, from, "an empty name")
		}
		return token{tokDelimited, from, text}, err
	case c == '@':
		l.at++
		if err := l.temporal(); err != nil {
			return token{}, err
		}
		return token{tokTemporal, from, l.s[from+1 : l.at]}, nil
	case c == '%':
		l.at++
		switch q := l.peek(0); {
		case q == '`' || q == '\'':
			text, err := l.quoted(q)
			return token{tokExternal, from, text}, err
		case letter(q):
			l.word()
			// R4 writes %vs-name and %ext-name bare as well as delimited.
			for name := l.s[from+1 : l.at]; l.peek(0) == '-' && (name == "vs" || name == "ext" || strings.Contains(name, "-")) && letter(l.peek(1)); name = l.s[from+1 : l.at] {
				l.at++
				l.word()
			}
			return token{tokExternal, from, l.s[from+1 : l.at]}, nil
		}
		return token{}, fail(Syntax, from, "%% without a name")
	case c == '$':
		l.at++
		l.word()
		switch text := l.s[from:l.at]; text {
		case "$this", "$index", "$total":
			return token{tokSymbol, from, text}, nil
		}
		return token{}, fail(Syntax, from, "$ is followed by this, index or total")
	}
	for _, two := range [...]string{"!=", "!~", "<=", ">="} {
		if strings.HasPrefix(l.s[from:], two) {
			l.at += 2
			return token{tokSymbol, from, two}, nil
		}
	}
	if strings.IndexByte("+-*/&|<>=~()[]{},.", l.s[from]) >= 0 {
		l.at++
		return token{tokSymbol, from, l.s[from:l.at]}, nil
	}
	return token{}, fail(Syntax, from, "a character that FHIRPath does not use here")
}

func (l *lexer) word() {
	for l.at < len(l.s) && (letter(l.s[l.at]) || digit(l.s[l.at])) {
		l.at++
	}
}

func (l *lexer) digits() (count int) {
	for l.at < len(l.s) && digit(l.s[l.at]) {
		l.at++
		count++
	}
	return count
}

// quoted reads up to the closing quote, with the escapes of N1.
func (l *lexer) quoted(quote byte) (string, error) {
	from := l.at
	l.at++
	plain := l.at
	for l.at < len(l.s) && l.s[l.at] != quote && l.s[l.at] != '\\' {
		l.at++
	}
	if l.at < len(l.s) && l.s[l.at] == quote {
		l.at++
		return l.s[plain : l.at-1], nil
	}
	out := append([]byte(nil), l.s[plain:l.at]...)
	for l.at < len(l.s) {
		c := l.s[l.at]
		if c == quote {
			l.at++
			return string(out), nil
		}
		if c != '\\' {
			out = append(out, c)
			l.at++
			continue
		}
		e := l.peek(1)
		l.at += 2
		switch e {
		case 'r':
			out = append(out, '\r')
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'f':
			out = append(out, '\f')
		case '\\', '/', '\'', '"', '`':
			out = append(out, e)
		case 'u':
			r, ok := l.hex4()
			if !ok {
				return "", fail(Syntax, l.at, "\\u without four hexadecimal digits")
			}
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if l.peek(0) == '\\' && l.peek(1) == 'u' {
					l.at += 2
					low, _ = l.hex4()
				}
				r = utf16.DecodeRune(r, low)
			}
			out = utf8.AppendRune(out, r)
		default:
			return "", fail(Syntax, l.at-2, "an escape that FHIRPath does not have")
		}
	}
	return "", fail(Syntax, from, "a quote without its end")
}

func (l *lexer) hex4() (r rune, ok bool) {
	if l.at+4 > len(l.s) {
		return 0, false
	}
	for _, c := range []byte(l.s[l.at : l.at+4]) {
		switch {
		case digit(c):
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	l.at += 4
	return r, true
}

// temporal skips what can be a date, dateTime or time literal after the @:
// YYYY(-MM(-DD)?)?(T…)? or T…; a zone only in a dateTime.
func (l *lexer) temporal() error {
	from := l.at
	date := l.peek(0) != 'T'
	if date {
		if l.digits() != 4 {
			return fail(Syntax, from, "a date begins with four digits")
		}
		for range 2 {
			if l.peek(0) == '-' && digit(l.peek(1)) && digit(l.peek(2)) {
				l.at += 3
			}
		}
	}
	if l.peek(0) != 'T' {
		return nil
	}
	l.at++
	if !digit(l.peek(0)) {
		if date {
			return nil
		}
		return fail(Syntax, from, "a time begins with the hour")
	}
	l.digits()
	for range 2 {
		if l.peek(0) == ':' {
			l.at++
			l.digits()
		}
	}
	if l.peek(0) == '.' && digit(l.peek(1)) {
		l.at++
		l.digits()
	}
	switch {
	case !date:
	case l.peek(0) == 'Z':
		l.at++
	case (l.peek(0) == '+' || l.peek(0) == '-') && digit(l.peek(1)) && digit(l.peek(2)) && l.peek(3) == ':':
		l.at += 4
		l.digits()
	}
	return nil
}
