package fhir

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"
)

func node(t testing.TB, text string) Node {
	t.Helper()
	d, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d.Root()
}

func TestCompact(t *testing.T) {
	in := " {\n\t\"a b\" : [ 1.50 , \"x \\\" y\" ] ,\r\n \"c\":{ } } \n"
	if got := string(Compact([]byte(in))); got != `{"a b":[1.50,"x \" y"],"c":{}}` {
		t.Error(got)
	}
	var want bytes.Buffer
	if err := json.Compact(&want, bundle(t)); err != nil || !bytes.Equal(want.Bytes(), Compact(bundle(t))) {
		t.Error("the bundle is not compacted as encoding/json does it")
	}
}

func TestApply(t *testing.T) {
	got := Apply([]byte("0123456789"), []Edit{{8, 9, []byte("y")}, {2, 4, nil}, {5, 5, []byte("ab")}, {5, 5, []byte("c")}, {10, 10, []byte("!")}})
	if string(got) != "014abc567y9!" {
		t.Errorf("%s", got)
	}
}

var noon = time.Date(2024, 2, 29, 12, 0, 0, 7e6, time.FixedZone("", -5*3600))

func TestWithMeta(t *testing.T) {
	for in, want := range map[string]string{
		`{"resourceType":"Patient"}`:                                      `{"resourceType":"Patient","id":"a","meta":{"versionId":"3","lastUpdated":"2024-02-29T17:00:00.007Z"}}`,
		`{"resourceType":"Patient","active":true}`:                        `{"resourceType":"Patient","id":"a","meta":{"versionId":"3","lastUpdated":"2024-02-29T17:00:00.007Z"},"active":true}`,
		`{"active":true,"resourceType":"Patient"}`:                        `{"active":true,"resourceType":"Patient","id":"a","meta":{"versionId":"3","lastUpdated":"2024-02-29T17:00:00.007Z"}}`,
		`{"active":true}`:                                                 `{"id":"a","meta":{"versionId":"3","lastUpdated":"2024-02-29T17:00:00.007Z"},"active":true}`,
		`{}`:                                                              `{"id":"a","meta":{"versionId":"3","lastUpdated":"2024-02-29T17:00:00.007Z"}}`,
		`{"resourceType":"Patient","id":"old"}`:                           `{"resourceType":"Patient","id":"a","meta":{"versionId":"3","lastUpdated":"2024-02-29T17:00:00.007Z"}}`,
		`{"id":"old","resourceType":"Patient","meta":{}}`:                 `{"id":"a","resourceType":"Patient","meta":{"versionId":"3","lastUpdated":"2024-02-29T17:00:00.007Z"}}`,
		`{"resourceType":"Patient","meta":{"tag":[]},"id":"x"}`:           `{"resourceType":"Patient","meta":{"versionId":"3","lastUpdated":"2024-02-29T17:00:00.007Z","tag":[]},"id":"a"}`,
		`{"resourceType":"Patient","meta":{"lastUpdated":"x","tag":[1]}}`: `{"resourceType":"Patient","id":"a","meta":{"versionId":"3","lastUpdated":"2024-02-29T17:00:00.007Z","tag":[1]}}`,
		`{"resourceType":"Patient","meta":{"versionId":"1","source":"s","lastUpdated":"x"}}`: `{"resourceType":"Patient","id":"a","meta":{"versionId":"3","source":"s","lastUpdated":"2024-02-29T17:00:00.007Z"}}`,
	} {
		if got := string(WithMeta(node(t, in), "a", "3", noon)); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
		inside := node(t, `[0, `+in+`]`).Index(1)
		if got := string(WithMeta(inside, "a", "3", noon)); got != want {
			t.Errorf("inside an array: %s", got)
		}
	}
}

func TestWithoutServerMeta(t *testing.T) {
	for in, want := range map[string]string{
		`{"resourceType":"Patient"}`: `{"resourceType":"Patient"}`,
		`{"resourceType":"Patient","meta":{"versionId":"1","lastUpdated":"x"},"id":"a"}`:                    `{"resourceType":"Patient","id":"a"}`,
		`{"meta":{"versionId":"1","lastUpdated":"x"},"id":"a"}`:                                             `{"id":"a"}`,
		`{"id":"a","meta":{"versionId":"1"}}`:                                                               `{"id":"a"}`,
		`{"meta":{"versionId":"1"}}`:                                                                        `{}`,
		`{"meta":{"versionId":"1","tag":[1],"lastUpdated":"x"}}`:                                            `{"meta":{"tag":[1]}}`,
		`{"meta":{"lastUpdated":"x","versionId":"1","tag":[1]}}`:                                            `{"meta":{"tag":[1]}}`,
		`{"meta":{"tag":[1],"lastUpdated":"x","versionId":"1"}}`:                                            `{"meta":{"tag":[1]}}`,
		`{"meta":{"tag":[1],"lastUpdated":"x","source":"s","_versionId":{"id":"b"},"versionId":"1"},"a":1}`: `{"meta":{"tag":[1],"source":"s"},"a":1}`,
		`{"meta":{}}`: `{}`,
	} {
		if got := string(WithoutServerMeta(node(t, in))); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestReferences(t *testing.T) {
	n := node(t, `{"resourceType":"Observation","subject":{"reference":"Patient/1","display":"reference"},"performer":[{"reference":"#p"},{"identifier":{"value":"x"}}],
		"contained":[{"resourceType":"DetectedIssue","reference":"http://not.one","patient":{"reference":"Patient/2"}},
		{"resourceType":"Immunization","education":[{"reference":"http://not.one"}]}],
		"extension":[{"url":"u","valueReference":{"reference":"Group/3"}},{"url":"e","valueExpression":{"language":"text/cql","reference":"http://not.one"}}]}`)
	var got []string
	for r := range References(n) {
		got = append(got, r.Str())
	}
	if want := []string{"Patient/1", "#p", "Patient/2", "Group/3"}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	for range References(n) {
		break
	}
}

// Whatever comes in, an edited resource can be read and says what was set.
func FuzzWithMeta(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Patient","meta":{"tag":[],"versionId":"1"},"id":"x"}`))
	f.Add([]byte(`{"meta":3,"id":{}}`))
	f.Add([]byte("{ \"\\u0069d\" : null ,\n\"meta\" : { \"source\" : 1 } }"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse(data)
		if err != nil || d.Root().Kind() != Object {
			return
		}
		with, err := Parse(WithMeta(d.Root(), "a", "3", noon))
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		r := with.Root()
		if r.ID() != "a" || r.Path("meta", "versionId").Str() != "3" || r.Path("meta", "lastUpdated").Str() != "2024-02-29T17:00:00.007Z" {
			t.Fatalf("%q became %q", data, with.Bytes())
		}
		without, err := Parse(WithoutServerMeta(r))
		if err != nil || without.Root().Path("meta", "versionId").Exists() || without.Root().ID() != "a" {
			t.Fatalf("%q: %v", data, err)
		}
		if c, err := Parse(Compact(data)); err != nil || !slices.Equal(ourStrings(c.Root(), nil), ourStrings(d.Root(), nil)) {
			t.Fatalf("%q compacted: %v", data, err)
		}
	})
}
