package validate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wholechart/fhir"
)

// suite is HL7's validator suite, R4 cases, with the reference validator's
// outcomes; ledger says where and why we differ.
const (
	suite  = "../../shared/suites/validator"
	ledger = "../docs/conformance/validate.md"
)

type outcome struct {
	Issue []struct {
		Severity, Code string
		Details        struct{ Text string }
		Expression     []string
	}
	count int // of errors, where that is all that is said
}

// TestSuite runs every R4 case of the suite against the base specification: we
// refuse what the reference refuses, and nothing else, except for what the
// ledger lists; and what the ledger lists differs.
func TestSuite(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(suite, "manifest.json"))
	if err != nil {
		t.Skip("the validator suite is not at ", suite)
	}
	var manifest struct {
		Cases []struct {
			Name, File string
			Java       json.RawMessage
		} `json:"test-cases"`
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	listed := readLedger(t)
	agree, differ, none := 0, 0, 0
	seen := map[string]int{}
	for _, c := range manifest.Cases {
		id := c.Name
		if seen[id]++; seen[id] > 1 {
			id = fmt.Sprintf("%s (%d)", id, seen[id])
		}
		o, ok := readOutcome(t, c.Java)
		if !ok {
			none++
			continue
		}
		want := o.refused()
		got, why := ours(t, c.File)
		reason, inLedger := listed[id]
		delete(listed, id)
		switch {
		case got == want && inLedger:
			t.Errorf("%s agrees; take it out of the ledger (%s)", id, reason)
		case got == want:
			agree++
		case inLedger:
			differ++
		default:
			t.Errorf("%s (%s): ours error %v %v, reference %v%s", id, c.File, got, why, want, o.errors())
		}
	}
	for id := range listed {
		t.Errorf("the ledger has %q, the suite does not", id)
	}
	t.Logf("%d agree, %d differ and are in the ledger, %d have no outcome", agree, differ, none)
}

// readOutcome reads the file that java names, or the outcome in its place.
func readOutcome(t *testing.T, java json.RawMessage) (o outcome, ok bool) {
	var file string
	var inline struct {
		Outcome    *outcome
		ErrorCount *int
	}
	if json.Unmarshal(java, &file) != nil {
		if err := json.Unmarshal(java, &inline); err != nil {
			t.Fatal(err)
		}
		switch {
		case inline.Outcome != nil:
			return *inline.Outcome, true
		case inline.ErrorCount != nil:
			o.count = *inline.ErrorCount
			return o, true
		}
		return o, false
	}
	data, err := os.ReadFile(filepath.Join(suite, "outcomes", file))
	if err != nil {
		if data, err = os.ReadFile(filepath.Join(suite, "outcomes", file+".json")); err != nil {
			return o, false // the suite names files it does not have
		}
	}
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(file, err)
	}
	return o, true
}

func (o outcome) refused() bool { return o.count > 0 || o.errors() != "" }

func (o outcome) errors() string {
	out := ""
	for _, i := range o.Issue {
		if i.Severity == "error" || i.Severity == "fatal" {
			out += fmt.Sprintf("\n      %s %v: %.150s", i.Code, i.Expression, i.Details.Text)
		}
	}
	return out
}

// ours is our verdict on a file, and the first reason.
func ours(t *testing.T, file string) (hasError bool, why string) {
	data, err := os.ReadFile(filepath.Join(suite, file))
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if strings.HasSuffix(file, ".xml") {
		if data, err = fhir.FromXML(bytes.NewReader(data)); err != nil {
			return true, err.Error()
		}
	}
	d, err := fhir.Parse(data)
	if err != nil {
		return true, err.Error()
	}
	issues := Resource(d.Root(), Options{})
	for _, i := range issues {
		if i.Severity == Error {
			return true, i.Path + ": " + i.Text
		}
	}
	return false, ""
}

// readLedger reads the table rows "| case | reason |".
func readLedger(t *testing.T) map[string]string {
	out := map[string]string{}
	data, err := os.ReadFile(ledger)
	if err != nil {
		t.Error(err)
		return out
	}
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) == 4 && !strings.HasPrefix(cells[1], "-") && strings.TrimSpace(cells[1]) != "case" {
			out[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
		}
	}
	return out
}
