package bench

import (
	"encoding/json"
	"testing"
)

func TestGlance(t *testing.T) {
	var g glance
	body := `{ "resourceType" : "Bundle", "type":"searchset", "meta":{"x":["}\"]",{"a":"\\"}]}, "total": 12 ,
	"link":[{"relation":"self","url":"a"},{"relation":"next","url":"http:\/\/h\u0026"}],
	"entry":[{"fullUrl":"u","resource":{"id":"7","resourceType":"Patient","x":{"id":"8"}},"search":{"mode":"match"}},{"response":{"status":"201 Created","location":"l"}}]}`
	if err := g.read([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if string(g.typ) != "Bundle" || string(g.bundle) != "searchset" || g.total != 12 || g.next != "http://h&" || len(g.entries) != 2 {
		t.Errorf("%+v", g)
	}
	e := g.entries[0]
	if string(e.typ) != "Patient" || string(e.id) != "7" || string(e.mode) != "match" || !json.Valid(e.resource) || string(g.entries[1].status) != "201 Created" {
		t.Errorf("%q", g.entries)
	}
	for _, bad := range []string{"", "[]", `{"a"}`, `{"a":1`, `{"a":"x}`, `{} x`, `{"entry":{}}`, `{"a":1,}`, "null", "<html>"} {
		if err := g.read([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// FuzzGlance: no panic; what encoding/json takes as a Bundle, glance sees alike.
func FuzzGlance(f *testing.F) {
	for _, s := range []string{testBundle, `{"resourceType":"Patient","id":"1"}`, `{"a":"\\\""}`, `{"link":[{"relation":"next","url":"\u0041"}]}`, `{"entry":[{}]}`, `{`, `{"total":1e3}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var g glance
		err := g.read(b)
		var want struct {
			Entry []struct{ Resource map[string]any } `json:"entry"`
		}
		if err != nil || !json.Valid(b) || json.Unmarshal(b, &want) != nil {
			return
		}
		var once map[string]json.RawMessage // a key twice, or in another case, is read differently by encoding/json
		if json.Unmarshal(b, &once) == nil && len(once) == countMembers(b) && once["entry"] != nil && foldedOnce(once) && len(want.Entry) != len(g.entries) {
			t.Errorf("%d entries, want %d", len(g.entries), len(want.Entry))
		}
	})
}

func countMembers(b []byte) int {
	s, n := scan{b: b}, 0
	s.members(func([]byte) bool { n++; return s.skip() })
	return n
}

func foldedOnce(m map[string]json.RawMessage) bool {
	n := 0
	for k := range m {
		if len(k) == len("entry") {
			n++
		}
	}
	return n == 1
}

// FuzzOriginal: no panic on any bundle, and a bundle that can be read equals itself.
func FuzzOriginal(f *testing.F) {
	for _, s := range []string{testBundle, `{}`, `{"entry":[1,{"resource":{"resourceType":"X","a":{"reference":"urn:uuid:1"}}}]}`, `{"entry":[{"resource":{}}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := readOriginal(b)
		if err != nil {
			return
		}
		again, _ := readOriginal(b)
		for _, d := range compare(o, &answer{patient: o.patient, self: true, facts: again.facts}) {
			if d.Kind == "lost" || d.Kind == "foreign" {
				t.Errorf("%+v", d)
			}
		}
	})
}
