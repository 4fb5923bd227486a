package validate

import (
	"bytes"
	"math"

	"wholechart/fhir"
)

// primitive is one of R4's primitive types.
type primitive uint8

const (
	notPrimitive primitive = iota
	pBoolean
	pInteger
	pPositiveInt
	pUnsignedInt
	pDecimal
	pString
	pMarkdown
	pCode
	pID
	pURI
	pURL
	pCanonical
	pOID
	pUUID
	pDate
	pDateTime
	pInstant
	pTime
	pBase64
	pXHTML
)

var primitives = map[string]primitive{
	"boolean": pBoolean, "integer": pInteger, "positiveInt": pPositiveInt, "unsignedInt": pUnsignedInt, "decimal": pDecimal,
	"string": pString, "markdown": pMarkdown, "code": pCode, "id": pID, "uri": pURI, "url": pURL, "canonical": pCanonical, "oid": pOID, "uuid": pUUID,
	"date": pDate, "dateTime": pDateTime, "instant": pInstant, "time": pTime, "base64Binary": pBase64, "xhtml": pXHTML,
}

func primitiveOf(def *fhir.TypeDef) primitive {
	if def.Kind != fhir.Primitive {
		return notPrimitive
	}
	return primitives[def.Name]
}

// maxString is the length of a string in R4: 1 MiB (datatypes.html#string).
const maxString = 1 << 20

// primitiveValue checks one value of a primitive type (datatypes.html#primitive).
func (w *walk) primitiveValue(f *field, v fhir.Node) {
	switch f.plan.prim {
	case pBoolean:
		if v.Kind() != fhir.Bool {
			w.wrongKind(f, v, "a boolean")
			return
		}
	case pInteger, pPositiveInt, pUnsignedInt:
		if v.Kind() != fhir.Number {
			w.wrongKind(f, v, "a number")
			return
		}
		low := int64(math.MinInt32)
		if f.plan.prim == pPositiveInt {
			low = 1
		} else if f.plan.prim == pUnsignedInt {
			low = 0
		}
		if n, ok := integer(v.Raw()); !ok || n < low || n > math.MaxInt32 {
			w.issue("value", "is no "+f.typ.Name)
			return
		}
	case pDecimal:
		if v.Kind() != fhir.Number {
			w.wrongKind(f, v, "a number")
			return
		}
	default:
		if v.Kind() != fhir.String {
			w.wrongKind(f, v, "a string")
			return
		}
		text := v.Decoded()
		if why := stringValue(f.plan.prim, text); why != "" {
			w.issue("value", why)
			return
		}
		w.fragment(f.plan.prim, f, text)
		if f.codes != nil {
			w.boundCode(f, text)
		}
		if w.opt.Warnings && f.plan.prim == pString && (text[0] <= ' ' || text[len(text)-1] <= ' ') {
			w.warn("value", "begins or ends with white space")
		}
	}
	w.elementRules(f, v, fhir.Node{})
}

func (w *walk) wrongKind(f *field, v fhir.Node, want string) {
	w.issue("structure", f.typ.Name+" is "+want+" in JSON, not "+aKind(v.Kind()))
}

// integer reads -?(0|[1-9][0-9]*), bounded.
func integer(raw []byte) (n int64, ok bool) {
	digits := raw
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 11 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if raw[0] == '-' {
		n = -n
	}
	return n, true
}

// stringValue is what is wrong with the text of a primitive that is a string in
// JSON, or "".
func stringValue(p primitive, b []byte) string {
	if len(b) == 0 {
		return "a string must not be empty"
	}
	switch p {
	case pString, pMarkdown, pXHTML:
		if len(b) > maxString {
			return "is longer than 1 MiB"
		}
		blank := true
		for _, c := range b {
			if c > ' ' {
				blank = false
			} else if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
				return "has a control character"
			}
		}
		if blank {
			return "a string of white space alone says nothing"
		}
	case pCode:
		for i, c := range b {
			if c <= ' ' && (c != ' ' || i == 0 || i == len(b)-1 || b[i-1] == ' ') {
				return "is no code: white space stands at most once between its parts"
			}
		}
	case pID:
		if !fhir.IsID(b) {
			return "is no id: 1 to 64 of A-Z a-z 0-9 - ."
		}
	case pURI, pURL, pCanonical, pOID, pUUID:
		return uriValue(p, b)
	case pDate:
		if !fhir.IsDate(b) {
			return "is no date: YYYY, YYYY-MM or YYYY-MM-DD"
		}
	case pDateTime:
		if !fhir.IsDateTime(b) {
			return "is no dateTime: a date, or YYYY-MM-DDThh:mm:ss with a time zone"
		}
	case pInstant:
		if !fhir.IsInstant(b) {
			return "is no instant: YYYY-MM-DDThh:mm:ss with a time zone"
		}
	case pTime:
		if !fhir.IsTime(b) {
			return "is no time: hh:mm:ss"
		}
	case pBase64:
		if !isBase64(b) {
			return "is not base64"
		}
	}
	return ""
}

func uriValue(p primitive, b []byte) string {
	for _, c := range b {
		if c <= ' ' {
			return "is no " + uriNames[p] + ": it has white space"
		}
	}
	switch {
	case p == pOID || bytes.HasPrefix(b, []byte("urn:oid:")):
		if !isOID(b) {
			return "is no OID: urn:oid: and numbers"
		}
	case p == pUUID || bytes.HasPrefix(b, []byte("urn:uuid:")):
		if !isUUID(b, p == pUUID) {
			return "is no UUID: urn:uuid: and 8-4-4-4-12 hexadecimal digits"
		}
	}
	return ""
}

var uriNames = map[primitive]string{pURI: "uri", pURL: "url", pCanonical: "canonical", pOID: "oid", pUUID: "uuid"}

// isOID tests urn:oid:[0-2](\.(0|[1-9][0-9]*))+.
func isOID(b []byte) bool {
	b, ok := bytes.CutPrefix(b, []byte("urn:oid:"))
	if !ok || len(b) < 3 || b[0] < '0' || b[0] > '2' {
		return false
	}
	for b = b[1:]; len(b) > 0; {
		if b[0] != '.' {
			return false
		}
		n := 1
		for n < len(b) && b[n] >= '0' && b[n] <= '9' {
			n++
		}
		if n == 1 || b[1] == '0' && n > 2 {
			return false
		}
		b = b[n:]
	}
	return true
}

// isUUID tests urn:uuid: and the digits, lower case where it is the type's own
// rule.
func isUUID(b []byte, lower bool) bool {
	b, ok := bytes.CutPrefix(b, []byte("urn:uuid:"))
	if !ok || len(b) != 36 {
		return false
	}
	for i, c := range b {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F' && !lower:
		default:
			return false
		}
	}
	return true
}

// isBase64 tests RFC 4648 section 4 with white space between, and padding.
func isBase64(b []byte) bool {
	n, pad := 0, 0
	for _, c := range b {
		switch {
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			continue
		case c == '=':
			pad++
		case pad > 0:
			return false
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
		default:
			return false
		}
		n++
	}
	return n > 0 && n%4 == 0 && pad <= 2
}
