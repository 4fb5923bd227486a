package fhir

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// oracle reads the text with another reader: its strings, decoded, in their
// order, and whether it takes the text.
func oracle(data []byte) (strings []string, ok bool) {
	dec := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(false))
	for values := 0; ; {
		tok, err := dec.ReadToken()
		if err == io.EOF {
			return strings, values == 1
		}
		if err != nil {
			return nil, false
		}
		if tok.Kind() == '"' {
			strings = append(strings, tok.String())
		}
		if dec.StackDepth() == 0 {
			values++
		}
	}
}

func ourStrings(n Node, out []string) []string {
	switch n.Kind() {
	case String:
		out = append(out, n.Str())
	case Array:
		for item := range n.Items() {
			out = ourStrings(item, out)
		}
	case Object:
		for k, v := range n.Fields() {
			out = ourStrings(v, append(out, k))
		}
	}
	return out
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"resourceType":"Observation","valueQuantity":{"value":1.50,"unit":"mg"},"x-\u0041":[1,{"a":null},"\ud83d\ude00"],"_z":true}`,
		"{\n    \"a\" : [ ],\n\t\"b\":\r\n{ },         \"c\":\"éèê ünï  日本語 long enough to cross eight bytes\"}", `[[[[1e5,-0.0E-7]]]]`, `"\u0000\\\"\/\b\f\n\r\t"`,
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `"\ud800"`, `"\udc00\ud800"`, "\"\xff\"", `{} {}`, ` `, `01`, `-`, `1e`, `[1,]`, "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\ufeff1",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse(data)
		want, ok := oracle(data)
		if err != nil {
			if se := err.(*SyntaxError); se.Offset > len(data) || se.Offset < 0 {
				t.Fatalf("offset %d of %d", se.Offset, len(data))
			}
			if ok && !bytes.Contains([]byte(err.Error()), []byte("deeper")) {
				t.Fatalf("%q refused: %v", data, err)
			}
			return
		}
		if !ok {
			t.Fatalf("%q taken", data)
		}
		got := ourStrings(d.Root(), nil)
		if len(got) != len(want) {
			t.Fatalf("%q: %d strings, not %d", data, len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%q: string %d is %q, not %q", data, i, got[i], want[i])
			}
		}
	})
}

// An object of many names, so that every way of finding a repeated one is gone.
func TestRepeatedNames(t *testing.T) {
	for _, n := range []int{2, 23, 24, 25, 26, 300} {
		for _, repeat := range []bool{false, true} {
			for _, escape := range []bool{false, true} {
				b := []byte{'{'}
				for i := range n {
					k := i
					if repeat && i == n-1 {
						k = n / 3
					}
					b = append(b, '"', 'n', byte('a'+k%26), byte('a'+k/26))
					if escape && i == n-1 {
						b = append(b[:len(b)-3], `\u006e`...)
						b = append(b, byte('a'+k%26), byte('a'+k/26))
					}
					b = append(b, `":0,`...)
				}
				b[len(b)-1] = '}'
				if _, err := Parse(b); (err != nil) != repeat {
					t.Errorf("%d names, repeated %v, escaped %v: %v", n, repeat, escape, err)
				}
			}
		}
	}
}

// bundle is a transaction of many Observations, written with the white space
// that Synthea writes.
func bundle(tb testing.TB) []byte {
	const entry = `{"fullUrl":"urn:uuid:429342a7-e550-482e-8213-f2711cc3eca8","resource":{"resourceType":"Observation","id":"429342a7-e550-482e-8213-f2711cc3eca8",
		"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"vital-signs"}]}],
		"code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}],"text":"Body Height"},"subject":{"reference":"urn:uuid:11cc3eca8"},
		"encounter":{"reference":"urn:uuid:bb81c56e-4b3a-4d8e-9f7e-6a3f0c9a1d22"},"effectiveDateTime":"2011-07-22T10:15:44-04:00","issued":"2011-07-22T10:15:44.251-04:00",
		"valueQuantity":{"value":173.27451838290152,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}},"request":{"method":"POST","url":"Observation"}}`
	var text, out bytes.Buffer
	text.WriteString(`{"resourceType":"Bundle","type":"transaction","entry":[` + entry)
	for range 600 {
		text.WriteString("," + entry)
	}
	text.WriteString("]}")
	if err := json.Indent(&out, text.Bytes(), "", "    "); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func BenchmarkParseBundle(b *testing.B) {
	data := bundle(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseCompact(b *testing.B) {
	data := Compact(bundle(b))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
