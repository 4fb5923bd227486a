package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"wholechart/fhir"
)

func TestCompressGivesBack(t *testing.T) {
	for _, b := range [][]byte{
		[]byte(`{}`), []byte(`{"resourceType":"Observation","status":"final"}`),
		bytes.Repeat([]byte(`{"coding":[{"system":"http://loinc.org"}]}`), 5000),
	} {
		got, err := decompress(compress(b))
		if err != nil || !bytes.Equal(got, b) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
	if _, err := decompress([]byte("not zstd")); err == nil {
		t.Error("a damaged body was read")
	}
}

// sample are real resource bodies from the Synthea archive when it has been
// unpacked to WHOLECHART_SYNTHEA, else a few of our own.
func sample(tb testing.TB) [][]byte {
	var out [][]byte
	files, _ := filepath.Glob(filepath.Join(os.Getenv("WHOLECHART_SYNTHEA"), "*.json"))
	for _, f := range files[:min(len(files), 12)] {
		b, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		d, err := fhir.Parse(b)
		if err != nil {
			tb.Fatal(err)
		}
		for e := range d.Root().Get("entry").Items() {
			out = append(out, fhir.Compact(e.Get("resource").Raw()))
		}
	}
	if out == nil {
		out = [][]byte{[]byte(`{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}]},"subject":{"reference":"Patient/b1"},"valueQuantity":{"value":176.35,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}}`)}
	}
	return out
}

func BenchmarkCompress(b *testing.B) {
	bodies := sample(b)
	var in, out int
	for i := 0; b.Loop(); i++ {
		body := bodies[i%len(bodies)]
		in += len(body)
		out += len(compress(body))
	}
	b.ReportMetric(float64(in)/float64(b.N), "in/op")
	b.ReportMetric(float64(out)/float64(b.N), "out/op")
}

func BenchmarkDecompress(b *testing.B) {
	var packed [][]byte
	for _, body := range sample(b) {
		packed = append(packed, compress(body))
	}
	for i := 0; b.Loop(); i++ {
		if _, err := decompress(packed[i%len(packed)]); err != nil {
			b.Fatal(err)
		}
	}
}
