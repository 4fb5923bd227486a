package store

import (
	"encoding/hex"

	"wholechart/fhir"
)

// A name is a resource's type and id as one blob: the type's number, then 1 and
// 16 bytes for an id that is a UUID as usually written, or 0 and the id's text.
// Half of all the bytes of the identity index are saved by this.
type name string

func makeName(typ, id string) (name, bool) {
	n := fhir.TypeNumber(typ)
	if n == 0 || !validID(id) {
		return "", false
	}
	var b [66]byte
	b[0] = n
	if packUUID(b[2:18], id) {
		b[1] = 1
		return name(b[:18]), true
	}
	return name(b[:2+copy(b[2:], id)]), true
}

func (n name) typ() string { return fhir.TypeName(n[0]) }

func (n name) id() string {
	if n[1] == 0 {
		return string(n[2:])
	}
	var b [36]byte
	at := 0
	for i := 2; i < 18; i++ {
		if i == 6 || i == 8 || i == 10 || i == 12 {
			b[at] = '-'
			at++
		}
		hex.Encode(b[at:], []byte{n[i]})
		at += 2
	}
	return string(b[:])
}

// packUUID decodes a lower-case 8-4-4-4-12 UUID; no other spelling, so that the
// id is given back byte for byte.
func packUUID(dst []byte, s string) bool {
	if len(s) != 36 {
		return false
	}
	at, high := 0, true
	for i := 0; i < 36; i++ {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
			continue
		}
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return false
		}
		if high {
			dst[at] = c << 4
		} else {
			dst[at] |= c
			at++
		}
		high = !high
	}
	return true
}

// validID says whether s is an id as FHIR has it: http://hl7.org/fhir/R4/datatypes.html#id
func validID(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.') {
			return false
		}
	}
	return true
}
