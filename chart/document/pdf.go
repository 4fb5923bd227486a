package document

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Bounds of what is read of a PDF: of the text that is looked for in it, and of
// what its compressed streams may unfold to.
const (
	MaxWords   = 16 << 10 // of one file: the index is read with the chart
	maxStreams = 4000
	maxUnfold  = 32 << 20 // all streams together
	maxStream  = 4 << 20
)

var (
	pageCount = regexp.MustCompile(`/Count\s+(\d{1,6})`)
	inside    = regexp.MustCompile(`/Type\s*/EmbeddedFile[^s]`)
	onePage   = regexp.MustCompile(`/Type\s*/Page[^s]`)
)

// sniffPDF looks at a PDF (ISO 32000-1, 7.5): header at the very beginning, an
// end-of-file marker near the end, nothing of another file after it. Names may be
// inside compressed object streams, which are unfolded within bounds; what is
// hidden by #-escapes in names is not found, and is not run either.
func sniffPDF(data []byte) (Found, error) {
	f := Found{Format: PDF}
	eof := bytes.LastIndex(data, []byte("%%EOF"))
	if eof < 0 || !bytes.Contains(data, []byte("startxref")) {
		return f, refused("a PDF", cutOff)
	}
	if len(data)-eof > 64<<10 || second(data[eof:]) {
		return f, refused("a PDF", twoIn1)
	}
	f.Protected = bytes.Contains(data, []byte("/Encrypt"))
	looks := func(part []byte) {
		for _, m := range pageCount.FindAllSubmatch(part, 1000) {
			if n, _ := strconv.Atoi(string(m[1])); n > f.Pages && n <= 100000 && bytes.Contains(part, []byte("/Pages")) {
				f.Pages = n
			}
		}
		for _, name := range []string{"/JavaScript", "/JS ", "/JS(", "/Launch", "/RichMedia", "/XFA"} {
			f.Active = f.Active || bytes.Contains(part, []byte(name))
		}
		f.Active = f.Active || inside.Match(part)
	}
	looks(data)
	var words strings.Builder
	if !f.Protected {
		unfold(data, func(stream []byte) {
			if bytes.Contains(stream, []byte("BT")) && bytes.Contains(stream, []byte("ET")) {
				showText(&words, stream)
			} else {
				looks(stream)
			}
		})
	}
	if f.Pages == 0 {
		f.Pages = len(onePage.FindAll(data, 100000))
	}
	f.Words = Words(words.String())
	return f, nil
}

// unfold gives every stream that is plain or deflated, within bounds.
func unfold(data []byte, each func([]byte)) {
	total := 0
	rest := data
	for range maxStreams {
		i := bytes.Index(rest, []byte("stream"))
		if i < 0 || total > maxUnfold {
			return
		}
		head := rest[max(0, i-600):i]
		if j := bytes.LastIndex(head, []byte("obj")); j >= 0 {
			head = head[j:]
		}
		body := bytes.TrimPrefix(bytes.TrimPrefix(rest[i+6:], []byte("\r")), []byte("\n"))
		end := bytes.Index(body, []byte("endstream"))
		if end < 0 {
			return
		}
		raw := body[:end]
		rest = body[end+9:]
		if bytes.Contains(head, []byte("/Image")) || bytes.Contains(head, []byte("/FontFile")) || bytes.Contains(head, []byte("/Length1")) {
			continue
		}
		if !bytes.Contains(head, []byte("/FlateDecode")) {
			if !bytes.Contains(head, []byte("/Filter")) && len(raw) <= maxStream {
				total += len(raw)
				each(raw)
			}
			continue
		}
		z, err := zlib.NewReader(bytes.NewReader(raw))
		if err != nil {
			continue
		}
		out, _ := io.ReadAll(io.LimitReader(z, maxStream))
		total += len(out)
		each(out)
	}
}

// showText adds the strings that a content stream shows (ISO 32000-1, 9.4.3), in
// the order they are drawn, as far as they are in a simple encoding or UTF-16:
// glyph numbers of subset fonts say nothing and are left out.
func showText(out *strings.Builder, s []byte) {
	for i := 0; i < len(s) && out.Len() < MaxWords; i++ {
		switch s[i] {
		case '(':
			text, n := literal(s[i+1:])
			i += n
			if t := readable(text); t != "" {
				out.WriteString(t)
			}
		case 'T':
			if i+1 < len(s) && (s[i+1] == 'd' || s[i+1] == 'D' || s[i+1] == '*' || s[i+1] == 'm') {
				out.WriteByte(' ')
			}
		case '-': // a wide gap within TJ is a blank: [(two) -333 (words)]
			j := i + 1
			for j < len(s) && s[j] >= '0' && s[j] <= '9' {
				j++
			}
			if n, _ := strconv.Atoi(string(s[i+1 : min(j, i+6)])); n >= 180 {
				out.WriteByte(' ')
			}
			i = j - 1
		}
	}
	out.WriteByte('\n')
}

// literal reads a literal string after its parenthesis (7.3.4.2) and says how
// many bytes it took.
func literal(s []byte) (text []byte, n int) {
	depth := 1
	for n = 0; n < len(s); n++ {
		c := s[n]
		switch c {
		case '\\':
			n++
			if n >= len(s) {
				return text, n
			}
			switch e := s[n]; {
			case e >= '0' && e <= '7':
				v := 0
				for k := 0; k < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7'; k++ {
					v = v*8 + int(s[n]-'0')
					n++
				}
				n--
				text = append(text, byte(v))
			case e == 'n' || e == 'r' || e == 't':
				text = append(text, ' ')
			case e == '\n' || e == '\r':
			default:
				text = append(text, e)
			}
			continue
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return text, n + 1
			}
		}
		text = append(text, c)
	}
	return text, n
}

// readable decodes a shown string: UTF-16BE where every other byte is that of
// a block of letters, else Latin-1; "" when most of it is no text.
func readable(b []byte) string {
	if len(b) >= 2 && len(b)%2 == 0 {
		high := true
		for i := 0; i < len(b); i += 2 {
			high = high && (b[i] <= 0x06 || b[i] == 0x20 || b[i] >= 0xfb)
		}
		if high {
			units := make([]uint16, len(b)/2)
			for i := range units {
				units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
			}
			return printable(string(utf16.Decode(units)))
		}
	}
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return printable(string(r))
}

func printable(s string) string {
	for _, r := range s {
		if r < ' ' || r >= 0x7f && r < 0xa0 && r != 0x92 && r != 0x96 {
			return ""
		}
	}
	return s
}

// Words is a text as it is searched: blanks made one, cut at MaxWords.
func Words(text string) string {
	if len(text) > 2*MaxWords {
		text = strings.ToValidUTF8(text[:2*MaxWords], "")
	}
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > MaxWords {
		text = strings.ToValidUTF8(text[:MaxWords], "")
	}
	return text
}
