package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// glance is what one pass over an answer sees without decoding it: the driver shares the machine with the server, so
// a full decode of each answer would be measured as the server's slowness. The bytes point into the answer.
type glance struct {
	typ, id []byte // resourceType, id
	bundle  []byte // Bundle.type
	total   int    // Bundle.total, -1 when absent
	next    string // Bundle.link with relation next
	entries []entryGlance
}

// entryGlance is one Bundle.entry.
type entryGlance struct {
	fullURL, typ, id []byte
	mode             []byte // search.mode
	status, location []byte // response.status, response.location
	resource         []byte // the whole resource
}

var errNotJSON = errors.New("answer is not a JSON object")

// glance reads body into g, keeping g's memory. It finds brackets and strings, and does not prove the JSON valid.
func (g *glance) read(body []byte) error {
	*g = glance{total: -1, entries: g.entries[:0]}
	s := scan{b: body}
	ok := s.members(func(key []byte) bool {
		switch string(key) {
		case "resourceType":
			return s.text(&g.typ)
		case "id":
			return s.text(&g.id)
		case "type":
			if s.peek() != '"' {
				return s.skip()
			}
			return s.text(&g.bundle)
		case "total":
			at := s.i
			if !s.skip() {
				return false
			}
			if n, err := strconv.Atoi(string(bytes.TrimSpace(s.b[at:s.i]))); err == nil {
				g.total = n
			}
			return true
		case "link":
			return s.items(func() bool { return s.link(g) })
		case "entry":
			return s.items(func() bool {
				var e entryGlance
				ok := s.entry(&e)
				g.entries = append(g.entries, e)
				return ok
			})
		}
		return s.skip()
	})
	if !ok || s.peek() != 0 || s.i != len(s.b) {
		return errNotJSON
	}
	return nil
}

func (s *scan) link(g *glance) bool {
	var relation, url []byte
	ok := s.members(func(key []byte) bool {
		switch string(key) {
		case "relation":
			return s.text(&relation)
		case "url":
			return s.text(&url)
		}
		return s.skip()
	})
	if ok && string(relation) == "next" {
		g.next = unescape(url)
	}
	return ok
}

func (s *scan) entry(e *entryGlance) bool {
	return s.members(func(key []byte) bool {
		switch string(key) {
		case "fullUrl":
			return s.text(&e.fullURL)
		case "resource":
			s.peek()
			at := s.i
			ok := s.members(func(key []byte) bool {
				switch string(key) {
				case "resourceType":
					return s.text(&e.typ)
				case "id":
					return s.text(&e.id)
				}
				return s.skip()
			})
			e.resource = s.b[at:s.i]
			return ok
		case "search":
			return s.members(func(key []byte) bool {
				if string(key) == "mode" {
					return s.text(&e.mode)
				}
				return s.skip()
			})
		case "response":
			return s.members(func(key []byte) bool {
				switch string(key) {
				case "status":
					return s.text(&e.status)
				case "location":
					return s.text(&e.location)
				}
				return s.skip()
			})
		}
		return s.skip()
	})
}

// scan walks JSON text.
type scan struct {
	b []byte
	i int
}

// peek is the next byte that is not white space, 0 at the end.
func (s *scan) peek() byte {
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case ' ', '\n', '\r', '\t':
			s.i++
		default:
			return c
		}
	}
	return 0
}

// text reads a string as it stands between its quotes, escapes included.
func (s *scan) text(into *[]byte) bool {
	if s.peek() != '"' {
		return false
	}
	at := s.i + 1
	if !s.str() {
		return false
	}
	*into = s.b[at : s.i-1]
	return true
}

// str passes the string that begins at i.
func (s *scan) str() bool {
	from := s.i + 1
	for {
		n := bytes.IndexByte(s.b[from:], '"')
		if n < 0 {
			return false
		}
		end := from + n
		back := end - 1
		for back > s.i && s.b[back] == '\\' {
			back--
		}
		from = end + 1
		if (end-1-back)%2 == 0 {
			s.i = from
			return true
		}
	}
}

// skip passes any value.
func (s *scan) skip() bool {
	switch s.peek() {
	case 0, '}', ']', ',', ':':
		return false
	case '"':
		return s.str()
	case '{', '[':
		depth := 0
		for s.i < len(s.b) {
			switch s.b[s.i] {
			case '"':
				if !s.str() {
					return false
				}
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					s.i++
					return true
				}
			}
			s.i++
		}
		return false
	}
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ',', '}', ']', ' ', '\n', '\r', '\t':
			return true
		}
		s.i++
	}
	return true
}

// members calls f at each value of an object; f must pass the value.
func (s *scan) members(f func(key []byte) bool) bool {
	return s.list('{', '}', func() bool {
		var key []byte
		if !s.text(&key) || s.peek() != ':' {
			return false
		}
		s.i++
		return f(key)
	})
}

// items calls f at each value of an array.
func (s *scan) items(f func() bool) bool { return s.list('[', ']', f) }

func (s *scan) list(open, end byte, f func() bool) bool {
	if s.peek() != open {
		return false
	}
	s.i++
	if s.peek() == end {
		s.i++
		return true
	}
	for {
		if !f() {
			return false
		}
		switch s.peek() {
		case ',':
			s.i++
		case end:
			s.i++
			return true
		default:
			return false
		}
	}
}

// unescape is the string of its JSON text without quotes; what is not JSON comes back as it is.
func unescape(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	var text string
	if json.Unmarshal([]byte(`"`+string(raw)+`"`), &text) != nil {
		return string(raw)
	}
	return text
}
