package note

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"wholechart/fhir"
)

// Digest is the sha256 of a Composition's canonical content, in hex. Canonical:
// the members in the order of their names, without white space, strings as their
// characters, without what the server keeps (id, meta, the generated text of the
// whole), without the digest itself, and without the status: a note that is
// marked as entered in error still has the content that was signed.
func Digest(composition fhir.Node) string {
	var b strings.Builder
	canonical(&b, composition, true)
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// Check is what a look at a note's digest found.
type Check uint8

// What VerifyDigest can say.
const (
	NoDigest Check = iota // signed elsewhere, or not signed
	Matches
	Differs // the content is not what was signed
)

func (c Check) String() string {
	return [...]string{"no digest was recorded", "unchanged since it was signed", "not what was signed"}[c]
}

// VerifyDigest compares a Composition's content with the digest in it.
func VerifyDigest(composition fhir.Node) Check {
	for e := range composition.Get("extension").Items() {
		if !e.Get("url").Is(DigestURL) {
			continue
		}
		if e.Get("valueString").Is(Digest(composition)) {
			return Matches
		}
		return Differs
	}
	return NoDigest
}

func canonical(b *strings.Builder, n fhir.Node, top bool) {
	switch n.Kind() {
	case fhir.Object:
		type member struct {
			name string
			node fhir.Node
		}
		var list []member
		for name, v := range n.Fields() {
			if top && (name == "id" || name == "meta" || name == "text" || name == "status") {
				continue
			}
			list = append(list, member{name, v})
		}
		slices.SortFunc(list, func(x, y member) int { return strings.Compare(x.name, y.name) })
		b.WriteByte('{')
		written := 0
		for _, m := range list {
			if written > 0 {
				b.WriteByte(',')
			}
			written++
			text(b, m.name)
			b.WriteByte(':')
			if top && m.name == "extension" {
				withoutDigest(b, m.node)
				continue
			}
			canonical(b, m.node, false)
		}
		b.WriteByte('}')
	case fhir.Array:
		b.WriteByte('[')
		first := true
		for v := range n.Items() {
			if !first {
				b.WriteByte(',')
			}
			first = false
			canonical(b, v, false)
		}
		b.WriteByte(']')
	case fhir.String:
		text(b, n.Str())
	default:
		b.Write(n.Raw())
	}
}

func withoutDigest(b *strings.Builder, list fhir.Node) {
	b.WriteByte('[')
	first := true
	for e := range list.Items() {
		if e.Get("url").Is(DigestURL) {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		canonical(b, e, false)
	}
	b.WriteByte(']')
}

func text(b *strings.Builder, s string) {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	b.Write(quoted)
}
