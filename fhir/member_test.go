package fhir

import "testing"

func TestSetMember(t *testing.T) {
	for _, c := range []struct{ in, name, value, want string }{
		{`{"a":1,"b":2}`, "a", `9`, `{"a":9,"b":2}`},
		{`{"a":1 , "b":2.50}`, "c", `[]`, `{"a":1 , "b":2.50,"c":[]}`},
		{`{}`, "c", `"x"`, `{"c":"x"}`},
		{`{"a":1,"b":2}`, "b", ``, `{"a":1}`},
		{`{"a":1,"b":2}`, "a", ``, `{"b":2}`},
		{`{"a":1}`, "z", ``, `{"a":1}`},
		{`{"x":{"a":1}}`, "x", `{"a":2}`, `{"x":{"a":2}}`},
	} {
		d, err := Parse([]byte(c.in))
		if err != nil {
			t.Fatal(err)
		}
		var v []byte
		if c.value != "" {
			v = []byte(c.value)
		}
		if got := string(SetMember(d.Root(), c.name, v)); got != c.want {
			t.Errorf("%s with %s = %q: %s, want %s", c.in, c.name, c.value, got, c.want)
		}
	}
	d, _ := Parse([]byte(`[{"a":1},{"b":2}]`))
	var second Node
	for n := range d.Root().Items() {
		second = n
	}
	if got := string(SetMember(second, "b", []byte("3"))); got != `{"b":3}` {
		t.Error(got)
	}
}
