package document

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// covered are the characters that a TrueType font has, by its format 4 character
// map (OpenType, cmap): those of the Basic Multilingual Plane.
func covered(ttf []byte) map[rune]bool {
	have := map[rune]bool{}
	u16 := func(b []byte, at int) int {
		if at < 0 || at+2 > len(b) {
			return 0
		}
		return int(binary.BigEndian.Uint16(b[at:]))
	}
	u32 := func(b []byte, at int) int { return u16(b, at)<<16 | u16(b, at+2) }
	var cmap []byte
	for i := range u16(ttf, 4) {
		rec := 12 + 16*i
		if rec+16 <= len(ttf) && string(ttf[rec:rec+4]) == "cmap" {
			if from := u32(ttf, rec+8); from < len(ttf) {
				cmap = ttf[from:]
			}
		}
	}
	for i := range u16(cmap, 2) {
		at := u32(cmap, 4+8*i+4)
		if u16(cmap, at) != 4 {
			continue
		}
		t := cmap[at:]
		n := u16(t, 6) / 2
		ends, starts, deltas, offsets := 14, 16+2*n, 16+4*n, 16+6*n
		for k := range n {
			end, start, off := u16(t, ends+2*k), u16(t, starts+2*k), u16(t, offsets+2*k)
			for c := start; c <= end && c < 0xffff; c++ {
				glyph := (c + u16(t, deltas+2*k)) & 0xffff
				if off != 0 {
					glyph = u16(t, offsets+2*k+off+2*(c-start))
				}
				if glyph != 0 {
					have[rune(c)] = true
				}
			}
		}
	}
	return have
}

// setting makes a text ready to be set with a font: composed (NFC), tabs as
// blanks, marks without a shape dropped, Arabic letters joined, and each
// character that the font lacks shown by its Unicode number, so that none
// vanishes. lacks are those.
func setting(s string, have map[rune]bool) (out string, lacks []rune) {
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "\ufffd")) {
		switch {
		case r == '\n':
			b.WriteRune(r)
		case r == '\t':
			b.WriteString("    ")
		case shapeless(r):
		case have[r]:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "[U+%04X]", r)
			if !slices.Contains(lacks, r) {
				lacks = append(lacks, r)
			}
		}
	}
	return joined(b.String(), have), lacks
}

// shapeless characters steer what stands around them and are not seen.
func shapeless(r rune) bool {
	return r >= 0xfe00 && r <= 0xfe0f || r == 0xfeff || r == 0x00ad || unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r)
}

// forms are Arabic letters with the first of their presentation forms and how
// many they have: isolated, final, and of those that join to the left initial and
// medial (Unicode, Arabic Presentation Forms-A and -B).
var forms = func() map[rune][2]rune {
	m := map[rune][2]rune{0x67e: {0xfb56, 4}, 0x686: {0xfb7a, 4}, 0x698: {0xfb8a, 2}, 0x6a9: {0xfb8e, 4}, 0x6af: {0xfb92, 4}, 0x6cc: {0xfbfc, 4}}
	at := rune(0xfe80)
	for i, c := range "12222424244444222244444444" {
		m[0x621+rune(i)] = [2]rune{at, c - '0'}
		at += c - '0'
	}
	for i, c := range "4444444224" {
		m[0x641+rune(i)] = [2]rune{at, c - '0'}
		at += c - '0'
	}
	return m
}()

// lamAlef are the ligatures that Arabic must have.
var lamAlef = map[rune]rune{0x622: 0xfef5, 0x623: 0xfef7, 0x625: 0xfef9, 0x627: 0xfefb}

// joined writes Arabic letters in the forms that they take beside one another.
func joined(s string, have map[rune]bool) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x621 && r <= 0x6cc }) {
		return s
	}
	in := []rune(s)
	passes := func(r rune) bool { return unicode.Is(unicode.Mn, r) }
	near := func(i, step int) rune { // the next letter, over vowel signs
		for i += step; i >= 0 && i < len(in); i += step {
			if !passes(in[i]) {
				return in[i]
			}
		}
		return 0
	}
	joins := func(r rune, left bool) bool { // to the letter at its left; at its right
		f, ok := forms[r]
		return r == 0x640 || ok && (left && f[1] == 4 || !left && f[1] >= 2)
	}
	var out []rune
	for i := 0; i < len(in); i++ {
		r := in[i]
		f, ok := forms[r]
		if !ok {
			out = append(out, r)
			continue
		}
		before := joins(near(i, -1), true) && joins(r, false)
		if r == 0x644 && i+1 < len(in) && lamAlef[in[i+1]] != 0 {
			both := lamAlef[in[i+1]]
			if before {
				both++
			}
			if have[both] {
				out = append(out, both)
				i++
				continue
			}
		}
		after := joins(r, true) && joins(near(i, 1), false)
		form := f[0]
		switch {
		case before && after:
			form += 3
		case after:
			form += 2
		case before:
			form++
		}
		if !have[form] {
			form = r
		}
		out = append(out, form)
	}
	return string(out)
}

var leadingNumber = regexp.MustCompile(`^[0-9][0-9.,:/-]*`)

// visual is a line in the order in which it is drawn from left to right (Unicode
// Standard Annex 9), and whether it begins at the right.
func visual(line string) (string, bool) {
	if !strings.ContainsFunc(line, func(r rune) bool { return r >= 0x590 }) {
		return line, false
	}
	var p bidi.Paragraph
	if _, err := p.SetString(line); err != nil {
		return line, false
	}
	o, err := p.Order()
	if err != nil {
		return line, false
	}
	right := startsRight(line)
	type run struct {
		text string
		rtl  bool
	}
	var runs []run
	for i := range o.NumRuns() {
		r := o.Run(i)
		rtl := r.Direction() == bidi.RightToLeft
		text := r.String()
		if rtl {
			text = bidi.ReverseString(text)
		}
		runs = append(runs, run{text, rtl})
	}
	if right {
		slices.Reverse(runs)
	} else { // words that run right and the numbers after them are one phrase
		for i := 0; i < len(runs); i++ {
			j := i
			for runs[i].rtl && j+1 < len(runs) {
				number := leadingNumber.FindString(runs[j+1].text)
				whole := number == strings.TrimRight(runs[j+1].text, " ") && j+2 < len(runs)
				if !whole && number != "" { // what follows the number runs left again
					rest := run{runs[j+1].text[len(number):], false}
					runs[j+1].text = number
					runs = slices.Insert(runs, j+2, rest)
					j++
					break
				}
				if !whole && (j+2 >= len(runs) || strings.ContainsFunc(runs[j+1].text, unicode.IsLetter)) {
					break
				}
				j = min(j+2, len(runs)-1)
			}
			slices.Reverse(runs[i : j+1])
			i = j
		}
	}
	var out strings.Builder
	for _, r := range runs {
		out.WriteString(r.text)
	}
	return out.String(), right
}

// startsRight says whether the first letter with a direction runs right to left.
func startsRight(s string) bool {
	for _, r := range s {
		switch p, _ := bidi.LookupRune(r); p.Class() {
		case bidi.L:
			return false
		case bidi.R, bidi.AL:
			return true
		}
	}
	return false
}
