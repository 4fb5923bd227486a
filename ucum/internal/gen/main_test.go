package main

import (
	"bytes"
	"os"
	"testing"
)

// TestTableIsCurrent makes the table again: go generate must leave no diff.
func TestTableIsCurrent(t *testing.T) {
	const path = "../../../../shared/suites/ucum/ucum-essence.xml"
	source, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Skip("SKIPPED: the UCUM essence is not here: " + path)
	}
	if err != nil {
		t.Fatal(err)
	}
	table, note, err := generate(source)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"atoms.tsv": table, "SOURCE": note} {
		got, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what gen makes: run go generate ./ucum", name)
		}
	}
}

func TestGenerate(t *testing.T) {
	const head = `<?xml version="1.0" encoding="ascii"?><root version="9" revision-date="today">
<prefix Code="k"><value value="1e3"/></prefix><base-unit Code="m"/>`
	table, _, err := generate([]byte(head + `
<unit Code="x" isMetric="yes"><value Unit="m2" value="5"/></unit>
<unit Code="[a]" isMetric="no" isArbitrary="yes"><value Unit="1" value="1"/></unit>
<unit Code="Cel" isMetric="yes" isSpecial="yes"><value Unit="cel(1 K)"><function name="Cel" value="1" Unit="K"/></value></unit></root>`))
	const want = "P\tk\t1e3\nB\tm\nU\tx\tm\t5\tm2\nA\t[a]\t-\t1\t1\nS\tCel\tm\t1\tK\tCel\n"
	if err != nil || string(table) != want {
		t.Errorf("table %q, %v; want %q", table, err, want)
	}
	for _, bad := range []string{
		"", "<root/>", head,
		head + `<unit Code="s" isSpecial="yes"><value Unit="f(1)"/></unit></root>`,
		`<?xml version="1.0" encoding="koi8-r"?><root/>`,
	} {
		if _, _, err := generate([]byte(bad)); err == nil {
			t.Errorf("essence %q was read", bad)
		}
	}
}
