package validate

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Narrative (narrative.html): one div of the XHTML namespace, basic formatting
// only, no script, no form, no frame, no object, nothing that fetches or acts.
var (
	xhtmlElements = words(`a abbr acronym address b bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em font h1 h2 h3 h4 h5 h6 hr i
		img ins kbd li map area ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var`)
	xhtmlAttributes = words(`abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class clear color cols colspan compact
		coords datetime dir face frame headers height href hreflang hspace id ismap lang longdesc name noshade nowrap rel rev rowspan rules scope shape size span src start style
		summary tabindex title type usemap valign value vspace width xml:lang xml:space xml:id xmlns`)
	emptyElements = words(`br hr img col area`)
)

const xhtmlNamespace = "http://www.w3.org/1999/xhtml"

func words(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

// maxDepth is how deep elements of a narrative may stand inside one another.
const maxDepth = 128

// checkDiv is why a narrative's div is not allowed (txt-1, txt-2), or "", and
// which contained resources it shows (img of src "#id"). It is strict about
// XML: whatever a reader could understand in two ways is refused.
func checkDiv(b []byte) (why string, shows []string) {
	x := xhtml{rest: b}
	why = x.div(b)
	return why, x.shows
}

func (x *xhtml) div(b []byte) string {
	if !utf8.Valid(b) {
		return "the narrative is not UTF-8"
	}
	for _, c := range b {
		if c < ' ' && !isXMLSpace(c) {
			return "the narrative has a control character (txt-1)"
		}
	}
	if bytes.Contains(b, []byte("\uFFFE")) || bytes.Contains(b, []byte("\uFFFF")) {
		return "the narrative has a character that XML does not have (txt-1)"
	}
	x.space()
	if !bytes.HasPrefix(x.rest, []byte("<div")) {
		return "the narrative is one div element (txt-1)"
	}
	var open []string
	for {
		if len(x.rest) == 0 {
			if len(open) > 0 {
				return "the narrative is not well-formed: an element is not closed (txt-1)"
			}
			break
		}
		why := ""
		switch {
		case x.rest[0] != '<':
			if len(open) == 0 {
				x.space()
				if len(x.rest) > 0 {
					return "the narrative is one div element (txt-1)"
				}
				continue
			}
			why = x.text()
		case bytes.HasPrefix(x.rest, []byte("<!--")):
			end := bytes.Index(x.rest[4:], []byte("--"))
			if end < 0 || len(x.rest) < 4+end+3 || x.rest[4+end+2] != '>' {
				return "the narrative is not well-formed: a comment (txt-1)"
			}
			x.rest = x.rest[4+end+3:]
		case bytes.HasPrefix(x.rest, []byte("</")):
			x.rest = x.rest[2:]
			name := x.name()
			x.space()
			if len(open) == 0 || open[len(open)-1] != name || !x.take('>') {
				return "the narrative is not well-formed: an element is closed that is not open (txt-1)"
			}
			open = open[:len(open)-1]
		case len(x.rest) > 1 && (x.rest[1] == '!' || x.rest[1] == '?'):
			return "the narrative has a declaration or processing instruction (txt-1)"
		default:
			if len(open) == 0 && x.started {
				return "the narrative is one div element (txt-1)"
			}
			var name string
			var closed bool
			name, closed, why = x.element(len(open) == 0)
			if why == "" && !closed {
				if open = append(open, name); len(open) > maxDepth {
					return "the narrative is nested too deep"
				}
			}
			x.started = true
		}
		if why != "" {
			return why
		}
	}
	if !x.content {
		return "the narrative SHALL have some non-whitespace content (txt-2)"
	}
	return ""
}

type xhtml struct {
	rest    []byte
	started bool
	content bool // text that is not white space, or an image
	shows   []string
}

func isXMLSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (x *xhtml) space() (some bool) {
	for len(x.rest) > 0 && isXMLSpace(x.rest[0]) {
		x.rest, some = x.rest[1:], true
	}
	return some
}

func (x *xhtml) take(c byte) bool {
	if len(x.rest) > 0 && x.rest[0] == c {
		x.rest = x.rest[1:]
		return true
	}
	return false
}

func (x *xhtml) name() string {
	n := 0
	for n < len(x.rest) && (isLetter(x.rest[n]) || x.rest[n] == ':' || x.rest[n] == '-' || x.rest[n] == '_' || x.rest[n] == '.') {
		n++
	}
	s := string(x.rest[:n])
	x.rest = x.rest[n:]
	return s
}

// text reads up to the next tag.
func (x *xhtml) text() string {
	end := bytes.IndexByte(x.rest, '<')
	if end < 0 {
		end = len(x.rest)
	}
	text := x.rest[:end]
	x.rest = x.rest[end:]
	if bytes.Contains(text, []byte("]]>")) {
		return "the narrative is not well-formed (txt-1)"
	}
	for i, c := range text {
		if !isXMLSpace(c) {
			x.content = true
		}
		if c == '&' {
			if why := entity(text[i:]); why != "" {
				return why
			}
		}
	}
	return ""
}

// entity checks the reference that b begins with: a character's number, one of
// XML's five, or nbsp, which so many write that readers know it.
func entity(b []byte) string {
	end := bytes.IndexByte(b, ';')
	if end < 2 || end > 10 {
		return "the narrative is not well-formed: an entity (txt-1)"
	}
	name := b[1:end]
	if name[0] != '#' {
		switch string(name) {
		case "amp", "lt", "gt", "quot", "apos", "nbsp":
			return ""
		}
		return "the narrative has an entity that XML does not have (txt-1)"
	}
	name = name[1:]
	base, n := 10, 0
	if len(name) > 0 && name[0] == 'x' {
		base, name = 16, name[1:]
	}
	for _, c := range name {
		d := 99
		switch {
		case c >= '0' && c <= '9':
			d = int(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			d = int(c|0x20-'a') + 10
		}
		if d >= base {
			return "the narrative is not well-formed: an entity (txt-1)"
		}
		n = n*base + d
	}
	if len(name) == 0 || n == 0xFFFE || n == 0xFFFF || n < ' ' && n != '\t' && n != '\n' && n != '\r' || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return "the narrative is not well-formed: an entity (txt-1)"
	}
	return ""
}

// element reads a start tag.
func (x *xhtml) element(outermost bool) (name string, closed bool, why string) {
	x.rest = x.rest[1:]
	name = x.name()
	if !xhtmlElements[name] {
		return "", false, "the narrative has an element that is not allowed (txt-1)"
	}
	x.content = x.content || name == "img"
	namespace := false
	var seen []string
	for {
		space := x.space()
		if x.take('>') {
			break
		}
		if x.take('/') {
			if !x.take('>') {
				return "", false, "the narrative is not well-formed: a tag (txt-1)"
			}
			closed = true
			break
		}
		attr := x.name()
		if !space || attr == "" {
			return "", false, "the narrative is not well-formed: a tag (txt-1)"
		}
		for _, s := range seen {
			if s == attr {
				return "", false, "the narrative is not well-formed: an attribute stands twice (txt-1)"
			}
		}
		seen = append(seen, attr)
		x.space()
		if !x.take('=') {
			return "", false, "the narrative is not well-formed: an attribute (txt-1)"
		}
		x.space()
		value, ok := x.quoted()
		if !ok {
			return "", false, "the narrative is not well-formed: an attribute (txt-1)"
		}
		if why := attribute(name, attr, value); why != "" {
			return "", false, why
		}
		namespace = namespace || attr == "xmlns"
		if id, ok := strings.CutPrefix(value, "#"); ok && attr == "src" && id != "" {
			x.shows = append(x.shows, id)
		}
	}
	if outermost && !namespace {
		return "", false, "the narrative's div is of the namespace " + xhtmlNamespace + " (txt-1)"
	}
	if emptyElements[name] && !closed { // XML: <br></br>
		return name, false, ""
	}
	return name, closed, ""
}

func (x *xhtml) quoted() (value string, ok bool) {
	if len(x.rest) == 0 || x.rest[0] != '"' && x.rest[0] != '\'' {
		return "", false
	}
	end := bytes.IndexByte(x.rest[1:], x.rest[0])
	if end < 0 || bytes.IndexByte(x.rest[1:1+end], '<') >= 0 {
		return "", false
	}
	value = string(x.rest[1 : 1+end])
	x.rest = x.rest[end+2:]
	for i := range len(value) {
		if value[i] == '&' && entity([]byte(value[i:])) != "" {
			return "", false
		}
	}
	return value, true
}

// attribute says why an attribute is not allowed, or "".
func attribute(element, name, value string) string {
	switch {
	case !xhtmlAttributes[name]:
		return "the narrative has an attribute that is not allowed (txt-1)"
	case name == "xmlns" && value != xhtmlNamespace:
		return "the narrative's div is of the namespace " + xhtmlNamespace + " (txt-1)"
	case name == "href" || name == "src" || name == "cite" || name == "longdesc" || name == "usemap":
		if !safeLink(element, value) {
			return "the narrative has a link that is not allowed (txt-1)"
		}
	case name == "style" && !safeStyle(strings.ToLower(value)):
		return "the narrative has a style that fetches or acts (txt-1)"
	}
	return ""
}

// safeStyle allows declarations without escapes, comments and scripts, whose
// url()s are relative or image data.
func safeStyle(low string) bool {
	low = strings.Join(strings.Fields(low), "")
	for _, bad := range []string{`\`, "&", "/*", "expression(", "javascript:", "@import", "behavior:", "-moz-binding"} {
		if strings.Contains(low, bad) {
			return false
		}
	}
	for i, part := range strings.Split(low, "url(") {
		part = strings.TrimLeft(part, `'"`)
		if i > 0 && (strings.HasPrefix(part, "//") || strings.Contains(strings.SplitN(part, ")", 2)[0], ":") && !strings.HasPrefix(part, "data:image/")) {
			return false
		}
	}
	return true
}

// safeLink allows relative links, fragments, http, https, mailto, tel, ftp and
// urn, and for images data of an image type.
func safeLink(element, value string) bool {
	// A scheme hidden by entities or control characters is refused as a whole.
	scheme, rest, ok := strings.Cut(strings.TrimSpace(value), ":")
	if !ok || strings.ContainsAny(scheme, "/?#") && !strings.ContainsAny(scheme, "&") {
		return true
	}
	for _, c := range []byte(scheme) {
		if !isLetter(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "mailto", "tel", "ftp", "urn", "cid":
		return true
	case "data":
		kind, _, _ := strings.Cut(strings.ToLower(rest), ",")
		kind, _, _ = strings.Cut(kind, ";")
		return element == "img" && (kind == "image/png" || kind == "image/jpeg" || kind == "image/gif" || kind == "image/webp" || kind == "image/bmp")
	}
	return false
}
