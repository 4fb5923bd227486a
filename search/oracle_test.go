package search

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"wholechart/fhir"
	"wholechart/fhirpath"
)

// The walks of this package are compared with package fhirpath, which reads the
// same expressions as the language they are written in.

type place struct{ from, to int }

func (p place) within(o place) bool { return p.from >= o.from && p.to <= o.to }

// standIn is what every reference resolves to: a resource of the type it names.
func standIn(reference string) (fhir.Node, bool) {
	r, ok := relative(reference)
	if !ok {
		return fhir.Node{}, false
	}
	n, err := parsedOr(fmt.Appendf(nil, `{"resourceType":%q,"id":%q}`, r.Type, r.ID))
	return n, err == nil
}

// compare reports how many values were found, and whether both found the same.
func compare(t *testing.T, res fhir.Node, compiled map[string]*fhirpath.Expr) (found int) {
	resource := res.ResourceType()
	base, _ := res.Span()
	doc := slices.Concat(make([]byte, base), res.Raw())
	for _, def := range fhir.SearchParams(resource) {
		p := table().params[resource][def.Code]
		if p.kind == 0 || len(p.paths) == 0 || table().infos[p.paths[0].path].general {
			continue
		}
		expr := compiled[def.URL]
		if expr == nil {
			var err error
			if expr, err = fhirpath.Compile(def.Expression); err != nil {
				t.Fatalf("%s: %v", def.URL, err)
			}
			compiled[def.URL] = expr
		}
		values, err := expr.Eval(fhirpath.Resource(res), &fhirpath.Env{Resolve: standIn})
		if err != nil {
			t.Errorf("%s.%s: %v", resource, def.Code, err)
			continue
		}
		var theirs, ours []place
		for _, v := range values {
			from, to := v.Node().Span()
			if v.Node().Exists() && to <= len(doc) {
				theirs = append(theirs, place{from, to})
			}
		}
		visit(res, pathsOf(p.paths), func(l *leaf, n fhir.Node) {
			for _, r := range p.paths {
				if r.path != l.path {
					continue
				}
				if r.target != "" && typeNamed(n.Get("reference").Str()) != r.target {
					continue
				}
				if r.contact != nil && systemOf(n.Get("system").Str()) != *r.contact {
					continue
				}
				from, to := n.Span()
				ours = append(ours, place{from, to})
			}
		})
		for _, o := range ours { // FHIRPath's union drops a value that equals another
			again := func(th place) bool { return bytes.Contains(doc[th.from:th.to], doc[o.from:o.to]) }
			if !slices.ContainsFunc(theirs, o.within) && !slices.ContainsFunc(theirs, again) {
				t.Errorf("%s.%s: only the walk finds a value", resource, def.Code)
			}
		}
		for i, th := range theirs {
			typ := values[i].Type()
			if p.kind == kindString && (typ == "HumanName" || typ == "Address") || slices.Contains(indexed[p.kind], leafTypes[typ]) {
				if !slices.ContainsFunc(ours, func(o place) bool { return o.within(th) }) {
					t.Errorf("%s.%s: only FHIRPath finds a %s", resource, def.Code, typ)
				}
			}
		}
		found += len(ours)
	}
	return found
}

// invented writes a resource with every element of its type, to a depth.
// Choices take their variant-th type.
func invented(b *bytes.Buffer, typ string, depth, variant int) {
	def := fhir.LookupType(typ)
	if def == nil || def.Kind == fhir.Primitive {
		b.WriteString(sample(typ, variant))
		return
	}
	b.WriteByte('{')
	first := true
	member := func(name string) {
		if !first {
			b.WriteByte(',')
		}
		first = false
		fmt.Fprintf(b, "%q:", name)
	}
	if def.Kind == fhir.ResourceKind {
		member("resourceType")
		fmt.Fprintf(b, "%q", typ)
	}
	for i := range def.Elements {
		el := &def.Elements[i]
		ref := el.Types[variant%len(el.Types)]
		name := el.Name
		if el.Choice {
			name += strings.ToUpper(ref.Name[:1]) + ref.Name[1:]
		}
		inner := fhir.LookupType(ref.Name)
		switch {
		case name == "extension" || name == "modifierExtension" || name == "contained" || name == "text" && ref.Name == "Narrative":
			continue
		case inner == nil || inner.Kind == fhir.ResourceKind && depth < 5:
			continue
		case inner.Kind != fhir.Primitive && depth == 0:
			continue
		case typ == "Identifier" && name == "assigner":
			continue
		}
		member(name)
		open, shut := "", ""
		if el.Max != 1 {
			open, shut = "[", "]"
		}
		b.WriteString(open)
		switch {
		case typ == "Reference" && name == "reference":
			b.WriteString(`"` + []string{"Patient", "Practitioner", "Location", "RelatedPerson"}[variant%4] + `/x"`)
		case typ == "ContactPoint" && name == "system":
			b.WriteString(`"` + []string{"phone", "email", "fax"}[variant%3] + `"`)
		case typ == "RelatedArtifact" && name == "type":
			b.WriteString(`"` + []string{"composed-of", "depends-on", "derived-from", "predecessor", "successor"}[variant%5] + `"`)
		case ref.Name == "Resource":
			b.WriteString(`{"resourceType":"Composition","id":"c"}`)
		default:
			invented(b, ref.Name, depth-1, variant)
		}
		b.WriteString(shut)
	}
	b.WriteByte('}')
}

func sample(typ string, variant int) string {
	switch typ {
	case "boolean":
		return "true"
	case "integer", "positiveInt", "unsignedInt":
		return fmt.Sprint(variant + 1)
	case "decimal":
		return fmt.Sprintf("%d.50", variant)
	case "date":
		return `"2020-02-29"`
	case "dateTime", "instant":
		return `"2020-02-29T12:00:00.5+01:00"`
	case "time":
		return `"12:00:00"`
	case "base64Binary":
		return `"AAAA"`
	case "uri", "url", "canonical", "oid", "uuid":
		return `"http://example.org/thing"`
	}
	return `"word"`
}

func TestWalksAgreeWithFHIRPath(t *testing.T) {
	compiled := map[string]*fhirpath.Expr{}
	reached := map[Path]bool{}
	found := 0
	check := func(text []byte) {
		n, err := parsedOr(text)
		if err != nil {
			t.Fatal(err)
		}
		found += compare(t, n, compiled)
		x, err := Extract(n)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range x.Terms {
			reached[one.Path] = true
		}
	}
	for _, text := range fixtures {
		check([]byte(text))
	}
	for _, resource := range fhir.ResourceTypes() {
		for variant := range 12 {
			var b bytes.Buffer
			invented(&b, resource, 6, variant)
			check(b.Bytes())
		}
	}
	// every path that has rows at all has been reached by some invented resource
	for i, info := range table().infos {
		if i > 0 && !strings.HasPrefix(info.text, "of a composite") && !reached[Path(i)] {
			t.Errorf("no resource reached %s.%s", info.resource, info.text)
		}
	}
	t.Logf("%d values of %d expressions, %d paths", found, len(compiled), len(reached))
}

// archive is material outside the repository: 617 synthetic bundles.
const archive = "../../shared/data/synthea-r4-617.tar.zst"

// resources yields the entries of the first bundles of the archive.
func resources(t testing.TB, bundles int, yield func(res fhir.Node)) {
	f, err := os.Open(archive)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("SKIPPED: " + archive + " is not there")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for r := tar.NewReader(z); bundles > 0; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".json") {
			continue
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for entry := range parsed(t, string(text)).Get("entry").Items() {
			yield(entry.Get("resource"))
		}
		bundles--
	}
}

func TestRealResources(t *testing.T) {
	compiled := map[string]*fhirpath.Expr{}
	count, rows, observations, most := 0, 0, 0, 0
	resources(t, 3, func(res fhir.Node) {
		x, err := Extract(res)
		if err != nil {
			t.Fatal(err)
		}
		count, rows = count+1, rows+len(x.Terms)
		if res.ResourceType() == "Observation" {
			observations, most = observations+1, max(most, len(x.Terms))
		}
		if count%7 == 0 {
			compare(t, res, compiled)
		}
	})
	if count == 0 || rows > 10*count || most > 12 {
		t.Errorf("%d resources with %d rows, %d observations with up to %d", count, rows, observations, most)
	}
	t.Logf("%d resources, %.1f rows each", count, float64(rows)/float64(count))
}
