package search

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxString is the length at which the index cuts a normalised string. What is
// longer is decided on the resource itself.
const maxString = 120

// appendNormal appends a string as search compares it
// (http://hl7.org/fhir/R4/search.html#string): without case, without accents,
// each run of white space one space, none at the ends.
func appendNormal[T text](dst []byte, s T) []byte {
	start := len(dst)
	gap := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			return appendFolded(dst[:start], string(s))
		case c <= ' ' || c == 0x7F:
			gap = len(dst) > start
			continue
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		if gap {
			dst = append(dst, ' ')
			gap = false
		}
		dst = append(dst, c)
	}
	return dst
}

// plain are letters that Unicode does not decompose and that people type without.
var plain = map[rune]string{'ß': "ss", 'ẞ': "ss", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'æ': "ae", 'œ': "oe",
	'þ': "th", 'ı': "i", 'ħ': "h", '’': "'", '‘': "'", '‐': "-", '‑': "-", '–': "-"}

func appendFolded(dst []byte, s string) []byte {
	start := len(dst)
	gap := false
	for _, r := range norm.NFKD.String(s) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			gap = len(dst) > start
			continue
		}
		if gap {
			dst = append(dst, ' ')
			gap = false
		}
		r = unicode.ToLower(unicode.ToUpper(r))
		if p, ok := plain[r]; ok {
			dst = append(dst, p...)
			continue
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// cut shortens b to at most n bytes without breaking a character.
func cut(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}

// normal is appendNormal as a string, whole.
func normal(s string) string { return string(appendNormal(nil, s)) }

// successor is the first value after every value that begins with prefix; nil
// if there is none.
func successor(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xFF {
			out := append([]byte(nil), prefix[:i+1]...)
			out[i]++
			return out
		}
	}
	return nil
}
