package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"wholechart/fhir"
)

func TestSourceID(t *testing.T) {
	for _, c := range []struct{ full, resource, want string }{
		{"urn:uuid:5d2b", `{"resourceType":"Patient","id":"p1"}`, "p1"},
		{"urn:uuid:5d2b-11", `{"resourceType":"Patient"}`, "5d2b-11"},
		{"https://x.example/fhir/Patient/77", `{"resourceType":"Patient"}`, "77"},
		{"", `{"resourceType":"Patient"}`, "x"},
		{"https://x.example/fhir/", `{"resourceType":"Patient","id":"white space"}`, "x"},
		{"", `{"resourceType":"Patient","id":"` + strings.Repeat("7", 65) + `"}`, "x"},
	} {
		d, err := fhir.Parse([]byte(c.resource))
		if err != nil {
			t.Fatal(err)
		}
		got := sourceID(c.full, d.Root())
		if got != c.want && (c.want != "x" || len(got) != 33 || got[0] != 'x' || got != sourceID(c.full, d.Root())) {
			t.Errorf("%s %s: %s", c.full, c.resource, got)
		}
	}
}

func TestSlugs(t *testing.T) {
	for name, want := range map[string]string{
		"Maple Street":                       "maple-street",
		"  3M Ünit & Co. ":                   "m-nit-co",
		"MASSACHUSETTS GENERAL HOSPITAL":     "massachusetts-general",
		"Hospital":                           "hospital",
		strings.Repeat("a", 40):              "",
		"":                                   "",
		"聖路加":                                "",
		"Beth Israel Deaconess - Plymouth X": "beth-israel-deaconess",
	} {
		if got := slugOf(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
		if got := hashed(slugOf(name), "id"); len(got) > 24 || !strings.HasPrefix(got, "s-") {
			t.Errorf("%q: %q", name, got)
		}
	}
	for name, want := range map[string]string{"BETH ISRAEL": "Beth Israel", "HOUSE OF THE ÉTOILE AT SEA": "House of the Étoile at Sea", "Mixed Case": "Mixed Case", "": ""} {
		if got := title(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// FuzzEntries: whatever a document holds, what comes out of it are resources of
// known types with valid ids, and nothing of it is lost in silence.
func FuzzEntries(f *testing.F) {
	for _, seed := range []string{
		`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"}},{"resource":5},{}]}`,
		`{"resourceType":"Bundle","type":"document","entry":[]}`, `{"resourceType":"Bundle","entry":7}`, `[]`, `7`, ``,
		"{\"resourceType\":\"Patient\"}\n\n{\"resourceType\":\"Nobody\"}\nx\n",
		`{"resourceType":"Bundle","entry":[{"request":{"method":"DELETE"},"resource":{"resourceType":"Patient"}}]}`,
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, lines bool) {
		list, bad := entries(text{name: "f", data: data, lines: lines})
		for _, e := range list {
			if !fhir.IsResourceType(e.typ()) || !idForm.MatchString(e.id) {
				t.Errorf("%q %q", e.typ(), e.id)
			}
		}
		if !lines && len(list)+len(bad) == 0 {
			d, err := fhir.Parse(data)
			if err != nil || d.Root().ResourceType() != "Bundle" || d.Root().Get("entry").Len() > 0 {
				t.Errorf("nothing came of %q", data)
			}
		}
		b := newSplitBundle(list)
		for i := range list {
			b.with([]int{i})
		}
	})
}

// FuzzOrder: what comes over the control socket is a known command or an error.
func FuzzOrder(f *testing.F) {
	f.Add([]byte(`{"command":"tokenCmd","flags":{"Data":"d","Site":"maple","TTL":43200000000000}}`))
	f.Add([]byte(`{"command":"serveCmd","flags":{}}`))
	f.Add([]byte(`{"command":"importCmd","flags":null}`))
	f.Add([]byte(`{"command":"","flags":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var o order
		if json.Unmarshal(data, &o) != nil {
			return
		}
		cmd, err := ordered(o)
		if (cmd == nil) == (err == nil) {
			t.Errorf("%v and %v", cmd, err)
		}
	})
}

// Every command that works on a node's directory reaches a running server.
func TestEveryCommandOnANodeIsAnOrder(t *testing.T) {
	for _, cmd := range orders {
		flags, err := json.Marshal(cmd)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ordered(order{Command: orderName(cmd), Flags: flags}); err != nil {
			t.Errorf("%s: %v", orderName(cmd), err)
		}
	}
	var cli CLI
	seen := 0
	eachCommand(&cli, func(cmd onNode) {
		seen++
		if _, err := ordered(order{Command: orderName(cmd), Flags: []byte("{}")}); err != nil {
			t.Errorf("%s is not among the orders", orderName(cmd))
		}
	})
	if seen != len(orders) {
		t.Errorf("%d commands, %d orders", seen, len(orders))
	}
}

// eachCommand finds the commands on a node among the fields of a group of commands.
func eachCommand(group any, found func(onNode)) {
	v := reflect.ValueOf(group).Elem()
	for i := range v.NumField() {
		if _, ok := v.Type().Field(i).Tag.Lookup("cmd"); !ok {
			continue
		}
		switch cmd := v.Field(i).Addr().Interface().(type) {
		case onNode:
			found(cmd)
		case alone:
		default:
			eachCommand(cmd, found)
		}
	}
}
