package search

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"unicode/utf8"

	"wholechart/fhir"
)

// A token row is the code, a zero byte and six bytes that stand for the system:
// the beginning of its SHA-256, or zeros where there is no system. A bare code
// is therefore a prefix, system|code and |code are one value.
//
// Codes are compared without case ("when in doubt, servers SHOULD treat tokens
// in a case-insensitive manner", http://hl7.org/fhir/R4/search.html#token);
// identifiers, ids and uris with it (http://hl7.org/fhir/R4/datatypes.html#Identifier).

type system [6]byte

var noSystem system

// specialValues is the implicit system of booleans.
const specialValues = "http://terminology.hl7.org/CodeSystem/special-values"

// text is a string, or bytes of a document that need no copy.
type text interface{ ~string | ~[]byte }

func systemOf[T text](uri T) (s system) {
	if len(uri) == 0 {
		return s
	}
	sum := sha256.Sum256([]byte(uri))
	copy(s[:], sum[:])
	return s
}

// maxCode is how much of a code the index keeps as it is. Of a longer one it
// keeps the beginning and a digest, which is as exact.
const maxCode = 120

func appendLong[T text](dst []byte, s T, max int) []byte {
	if len(s) <= max {
		return append(dst, s...)
	}
	sum := sha256.Sum256([]byte(s))
	dst = append(dst, s[:max-20]...)
	dst = append(dst, 0xFF) // never in UTF-8: nothing else looks like it
	return append(dst, sum[:16]...)
}

// appendCode appends the code part with its zero byte.
func appendCode[T text](dst []byte, code T, keepCase bool) []byte {
	start := len(dst)
	ascii := true
	for i := 0; i < len(code); i++ {
		c := code[i]
		switch {
		case c == 0:
			c = ' '
		case c >= utf8.RuneSelf:
			ascii = false
		case c >= 'A' && c <= 'Z' && !keepCase:
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	if !ascii && !keepCase {
		lower := bytes.ToLower(dst[start:])
		dst = append(dst[:start], lower...)
	}
	if len(dst)-start > maxCode {
		long := append([]byte(nil), dst[start:]...)
		dst = appendLong(dst[:start], long, maxCode)
	}
	return append(dst, 0)
}

func appendToken[T text](dst []byte, s system, code T, keepCase bool) []byte {
	dst = appendCode(dst, code, keepCase)
	return append(dst, s[:]...)
}

// phone leaves out what people put between the digits of a telephone number;
// an address of another kind it leaves alone.
func phone(s string) string {
	out := make([]byte, 0, len(s))
	digits := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
			out = append(out, c)
		case c == '+' || c == '#' || c == '*':
			out = append(out, c)
		case c == ' ' || c == '-' || c == '(' || c == ')' || c == '.' || c == '/':
		default:
			return s
		}
	}
	if digits < 3 {
		return s
	}
	return string(out)
}

// A reference that names no resource of this server by type and id is a row of
// its own kind.
const (
	literal    = 'u' // absolute URL, urn:uuid, urn:oid, canonical, #contained
	identified = 'i' // Reference.identifier, as a token
)

// maxURI is how much of a uri the index keeps as it is, see appendLong.
const maxURI = 400

func appendURI[T text](dst []byte, uri T) []byte { return appendLong(dst, uri, maxURI) }

// relative reads Type/id and Type/id/_history/version.
func relative(ref string) (r Ref, ok bool) {
	slash := -1
	for i := 0; i < len(ref); i++ {
		c := ref[i]
		if c == '/' {
			slash = i
			break
		}
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return r, false
		}
	}
	if slash < 3 || ref[0] < 'A' || ref[0] > 'Z' {
		return r, false
	}
	r.Type = ref[:slash]
	rest := ref[slash+1:]
	for i := 0; i < len(rest); i++ {
		if rest[i] == '/' {
			const history = "/_history/"
			if len(rest) <= i+len(history) || rest[i:i+len(history)] != history {
				return r, false
			}
			r.Version = rest[i+len(history):]
			if !isID(r.Version) {
				return r, false
			}
			rest = rest[:i]
			break
		}
	}
	r.ID = rest
	return r, isID(rest)
}

// typeNamed is the resource type that a literal reference, relative or
// absolute, names; "" where it names none.
func typeNamed(ref string) string {
	for {
		if r, ok := relative(ref); ok && fhir.IsResourceType(r.Type) {
			return r.Type
		}
		i := strings.IndexByte(ref, '/')
		if i < 0 {
			return ""
		}
		ref = ref[i+1:]
	}
}

// isID is FHIR's id: [A-Za-z0-9\-\.]{1,64}
func isID(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '.' {
			return false
		}
	}
	return true
}
