package fhir

import "testing"

func TestParseKeepsWhatWasSent(t *testing.T) {
	const text = `{"resourceType":"Observation","valueQuantity":{"value":1.50,"unit":"mg"},"x-\u0041":[1,{"a":null},"\ud83d\ude00"],"_z":true}`
	d, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r := d.Root()
	if got := string(r.Get("valueQuantity").Get("value").Raw()); got != "1.50" {
		t.Errorf("decimal became %s", got)
	}
	if got := r.Get("x-A").Index(2).Str(); got != "😀" {
		t.Errorf("surrogate pair became %q", got)
	}
	var names []string
	for k := range r.Fields() {
		names = append(names, k)
	}
	if len(names) != 4 || names[0] != "resourceType" || names[3] != "_z" || !r.Get("_z").True() {
		t.Errorf("members: %v", names)
	}
	if r.Path("x-A").Text() != "1" || r.Get("x-A").Len() != 3 || r.Get("nothing").Get("at").Exists() {
		t.Error("walking the tree")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		``, ` `, `{`, `[1,]`, `{"a":1,}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `01`, `1.`, `.5`, `+1`, `1e`, `-`, `tru`, `nul`,
		`"\x"`, `"\u12"`, `"\ud800"`, `"\ud800\u0041"`, "\"\x01\"", "\"\xff\"", `{} {}`, `{a:1}`, `'a'`, `NaN`, "\ufeff{}", `{"a" 1}`, `[1 2]`, `/**/1`,
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	deep := make([]byte, 200)
	for i := range deep {
		deep[i] = '['
	}
	if _, err := Parse(deep); err == nil || err.Error() != "at byte 96: nested deeper than 96" {
		t.Errorf("depth: %v", err)
	}
}
