package bench

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// shared are the types that belong to no one person's story, or that a server adds by itself. They are not compared.
var shared = map[string]bool{
	"Patient": true, "Person": true, "Organization": true, "Practitioner": true,
	"PractitionerRole": true, "Location": true, "HealthcareService": true, "Endpoint": true, "Provenance": true,
	"AuditEvent": true, "OperationOutcome": true, "Linkage": true,
}

// A fact is one clinical resource, of the original bundle or of the answer.
type fact struct {
	typ, id string
	full    string // fullUrl
	body    map[string]any
	key     string // digest of the canonical content, references by type only
	links   []link // in the order of the canonical walk
	token   string // equal on both sides of a pair
}

// link is one Reference.reference. own says that it is relative or below the base of the server that answered.
type link struct {
	path, typ, id string
	own           bool
}

// readJSON decodes one object and keeps numbers as they are written: 1.50 is not 1.5 (R4 Datatypes, decimal: precision
// is significant).
func readJSON(b []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil || v == nil {
		return nil, errNotJSON
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errNotJSON
	}
	return v, nil
}

// newFact makes a fact of a resource. resolve turns a reference into type and id.
func newFact(body map[string]any, full string, resolve func(string) (typ, id string, own bool)) (*fact, error) {
	f := &fact{body: body, full: full}
	f.typ, _ = body["resourceType"].(string)
	f.id, _ = body["id"].(string)
	if f.typ == "" {
		return nil, errors.New("a resource has no resourceType")
	}
	w := canonical{fact: f, resolve: resolve}
	w.object(body, "", true)
	sum := sha256.Sum256(w.out.Bytes())
	f.key = string(sum[:])
	return f, nil
}

// canonical writes JSON with sorted keys and without white space. At the top id, meta and text are left out: the id
// is the server's to give, meta is about the copy, text is a rendering. Each Reference.reference becomes its type.
type canonical struct {
	out     bytes.Buffer
	fact    *fact
	resolve func(string) (string, string, bool)
}

func (w *canonical) object(v map[string]any, path string, top bool) {
	w.out.WriteByte('{')
	first := true
	for _, key := range sortedKeys(v) {
		if top && (key == "id" || key == "meta" || key == "text" || key == "_id") {
			continue
		}
		if !first {
			w.out.WriteByte(',')
		}
		first = false
		w.string(key)
		w.out.WriteByte(':')
		if ref, ok := v[key].(string); ok && key == "reference" && !strings.HasPrefix(ref, "#") {
			l := link{path: strings.TrimPrefix(path, ".")}
			l.typ, l.id, l.own = w.resolve(ref)
			w.fact.links = append(w.fact.links, l)
			w.string(l.typ)
			continue
		}
		w.value(v[key], path+"."+key)
	}
	w.out.WriteByte('}')
}

func (w *canonical) value(v any, path string) {
	switch v := v.(type) {
	case map[string]any:
		w.object(v, path, false)
	case []any:
		w.out.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				w.out.WriteByte(',')
			}
			w.value(x, path)
		}
		w.out.WriteByte(']')
	case string:
		w.string(v)
	case json.Number:
		w.out.WriteString(v.String())
	case bool:
		if v {
			w.out.WriteString("true")
		} else {
			w.out.WriteString("false")
		}
	default:
		w.out.WriteString("null")
	}
}

func (w *canonical) string(s string) {
	b, _ := json.Marshal(s) // a string cannot fail
	w.out.Write(b)
}

// referenced splits a literal reference: [base/]Type/id[/_history/v], or urn:uuid:id with no type. base is what stands
// before the type, "" when relative.
func referenced(ref string) (base, typ, id string) {
	if rest, ok := strings.CutPrefix(ref, "urn:uuid:"); ok {
		return "urn:uuid:", "", rest
	}
	if rest, ok := strings.CutPrefix(ref, "urn:oid:"); ok {
		return "urn:oid:", "", rest
	}
	if typ, query, ok := strings.Cut(ref, "?"); ok && !strings.Contains(typ, "/") { // conditional reference
		return "", typ, "?" + query
	}
	parts := strings.Split(ref, "/")
	if i := slices.Index(parts, "_history"); i >= 2 {
		parts = parts[:i]
	}
	if len(parts) < 2 {
		return "", "", ref
	}
	n := len(parts)
	if n > 2 {
		base = strings.Join(parts[:n-2], "/")
	}
	return base, parts[n-2], parts[n-1]
}

// sourceIDs are the ids that a served id may stand for: itself, and what follows each dot, since a record assembled
// from several sites gives the copy of another site's resource the id prefix "." source id.
func sourceIDs(id string) []string {
	list := []string{id}
	for {
		_, rest, ok := strings.Cut(id, ".")
		if !ok || rest == "" {
			return list
		}
		id = rest
		list = append(list, id)
	}
}

// firstDifference is the path of the first difference between two bodies, by the canonical rule.
func firstDifference(a, b any, path string, top bool) string {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return path
		}
		keys := map[string]bool{}
		for k := range a {
			keys[k] = true
		}
		for k := range b {
			keys[k] = true
		}
		for _, k := range sortedKeys(keys) {
			if top && (k == "id" || k == "meta" || k == "text" || k == "_id") {
				continue
			}
			at := strings.TrimPrefix(path+"."+k, ".")
			va, inA := a[k]
			vb, inB := b[k]
			if inA != inB {
				return at
			}
			if _, text := va.(string); text && k == "reference" {
				_, typA, _ := referenced(va.(string))
				if vb, ok := vb.(string); ok {
					if _, typB, _ := referenced(vb); typA == typB || typA == "" || typB == "" {
						continue
					}
				}
				return at
			}
			if p := firstDifference(va, vb, at, false); p != "" {
				return p
			}
		}
		return ""
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return path
		}
		for i := range a {
			if p := firstDifference(a[i], b[i], path, false); p != "" {
				return p
			}
		}
		return ""
	}
	switch b.(type) {
	case map[string]any, []any:
		return path
	}
	if a != b {
		return path
	}
	return ""
}
