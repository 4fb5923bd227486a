package fhir

import "testing"

func TestPrefixed(t *testing.T) {
	d, err := Parse([]byte(`{"value":0,"valueString":"a","_valueString":{"id":"b"},"other":1,"valueCode":"c","v\u0061lueX":2}`))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for rest, n := range d.Root().Prefixed("value") {
		got += string(rest) + "=" + string(n.Raw()) + " "
	}
	if want := `=0 String="a" Code="c" `; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for range d.Root().Get("other").Prefixed("") {
		t.Error("a number has no members")
	}
}
