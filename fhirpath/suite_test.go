package fhirpath

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wholechart/fhir"
)

const suiteDir = "../../shared/suites/fhirpath"

type suite struct {
	Groups []struct {
		Name  string      `xml:"name,attr"`
		Tests []suiteCase `xml:"test"`
	} `xml:"group"`
}

type suiteCase struct {
	Name       string `xml:"name,attr"`
	Input      string `xml:"inputfile,attr"`
	Predicate  string `xml:"predicate,attr"`
	Ordered    string `xml:"ordered,attr"`
	Expression struct {
		Text    string `xml:",chardata"`
		Invalid string `xml:"invalid,attr"`
	} `xml:"expression"`
	Outputs []struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	} `xml:"output"`
}

// ledger is the cases of docs/conformance/fhirpath.md that are not expected to
// pass, by group and name.
func ledger(t *testing.T) map[string]bool {
	text, err := os.ReadFile("../docs/conformance/fhirpath.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if cell := strings.Split(line, "|"); len(cell) > 3 && strings.Contains(cell[1], "/") {
			if !strings.Contains(cell[2], "“") {
				t.Errorf("the ledger gives %s no reason that quotes the specification", cell[1])
			}
			out[strings.Trim(cell[1], " `")] = true
		}
	}
	return out
}

// TestSuite runs HL7's official FHIRPath tests for R4. Every case passes or
// stands in the ledger; a case in the ledger that passes fails.
func TestSuite(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(suiteDir, "tests-fhir-r4.xml"))
	if err != nil {
		t.Skip("SKIPPED: the official suite is not at " + suiteDir)
	}
	var all suite
	if err := xml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	excused, inputs := ledger(t), map[string]Value{}
	ran, passed := 0, 0
	for _, g := range all.Groups {
		for _, c := range g.Tests {
			ran++
			id := g.Name + "/" + c.Name
			err := c.run(suiteInput(t, inputs, c.Input))
			switch {
			case err == nil && excused[id]:
				t.Errorf("%s passes: take it out of the ledger", id)
			case err == nil:
				passed++
			case !excused[id]:
				t.Errorf("%s: %s\n   %v", id, strings.TrimSpace(c.Expression.Text), err)
			}
			if excused[id] && err != nil {
				delete(excused, id)
			}
		}
	}
	for id := range excused {
		t.Errorf("the ledger names %s, which is no failing case", id)
	}
	if ran != 935 {
		t.Errorf("%d cases ran, 935 are known", ran)
	}
	t.Logf("%d of %d pass", passed, ran)
}

func suiteInput(t *testing.T, have map[string]Value, name string) Value {
	if name == "" {
		return Value{}
	}
	if v, ok := have[name]; ok {
		return v
	}
	text, err := os.ReadFile(filepath.Join(suiteDir, "input", name))
	if err == nil && strings.HasSuffix(name, ".xml") {
		text, err = fhir.FromXML(bytes.NewReader(text))
	}
	if err != nil {
		t.Fatal(name, err)
	}
	have[name] = Resource(parse(t, string(text)))
	return have[name]
}

// run says why the case fails, or nil.
func (c *suiteCase) run(in Value) error {
	e, err := Compile(c.Expression.Text)
	checked := err
	if err == nil {
		checked = e.Check(in.Type())
	}
	var out Collection
	if err == nil {
		out, err = e.Eval(in, testEnv)
	}
	switch c.Expression.Invalid {
	case "":
		if err != nil {
			return err
		}
		if checked != nil {
			return fmt.Errorf("Check refuses what is valid: %w", checked)
		}
	case "syntax":
		if _, err := Compile(c.Expression.Text); err == nil {
			return fmt.Errorf("compiles")
		}
		return nil
	case "semantic":
		if checked == nil {
			return fmt.Errorf("Check finds nothing wrong")
		}
		return nil
	default:
		if err == nil {
			return fmt.Errorf("gives %s, not an error", show(out))
		}
		return nil
	}
	if c.Predicate == "true" {
		out = Collection{Bool(len(out) > 0)}
	}
	if len(out) != len(c.Outputs) {
		return fmt.Errorf("gives %d items, not %d: %s", len(out), len(c.Outputs), show(out))
	}
	used := make([]bool, len(out))
next:
	for i, want := range c.Outputs {
		for j, v := range out {
			if used[j] || c.Ordered != "false" && j != i {
				continue
			}
			if (want.Type == "" || want.Type == v.Type() || want.Type == strings.ToLower(v.Type()[:1])+v.Type()[1:]) && written(v) == want.Text {
				used[j] = true
				continue next
			}
		}
		return fmt.Errorf("gives %s, not %s %s", show(out), want.Type, want.Text)
	}
	return nil
}

// written is a value as the suite writes it.
func written(v Value) string {
	s := v.System()
	text, _ := s.toString()
	switch s.Kind() {
	case Date, DateTime:
		return "@" + text
	case Time:
		return "@T" + text
	}
	return text
}
