package ucum

import (
	"encoding/xml"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"
)

const (
	suitePath  = "../../shared/suites/ucum/UcumFunctionalTests.xml"
	ledgerPath = "../docs/conformance/ucum.md"
)

type suite struct {
	Validation []struct {
		ID    string `xml:"id,attr"`
		Unit  string `xml:"unit,attr"`
		Valid bool   `xml:"valid,attr"`
	} `xml:"validation>case"`
	Display []struct {
		ID   string `xml:"id,attr"`
		Unit string `xml:"unit,attr"`
	} `xml:"displayNameGeneration>case"`
	Conversion []struct {
		ID      string `xml:"id,attr"`
		Value   string `xml:"value,attr"`
		From    string `xml:"srcUnit,attr"`
		To      string `xml:"dstUnit,attr"`
		Outcome string `xml:"outcome,attr"`
	} `xml:"conversion>case"`
	Multiplication []struct {
		ID    string `xml:"id,attr"`
		V1    string `xml:"v1,attr"`
		U1    string `xml:"u1,attr"`
		V2    string `xml:"v2,attr"`
		U2    string `xml:"u2,attr"`
		Value string `xml:"vRes,attr"`
		Unit  string `xml:"uRes,attr"`
	} `xml:"multiplication>case"`
}

// TestFunctionalSuite runs UCUM's functional tests. What does not pass must
// stand in the ledger, and what stands in the ledger must not pass.
func TestFunctionalSuite(t *testing.T) {
	text, err := os.ReadFile(suitePath)
	if os.IsNotExist(err) {
		t.Skip("SKIPPED: the UCUM functional tests are not here: " + suitePath)
	}
	if err != nil {
		t.Fatal(err)
	}
	var s suite
	if err := xml.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	results := map[string]error{} // key: id and code, as the suite uses some ids twice
	for _, c := range s.Validation {
		results[c.ID+" "+c.Unit] = validation(c.Unit, c.Valid)
	}
	for _, c := range s.Display {
		results[c.ID+" "+c.Unit] = fmt.Errorf("display names are not made")
	}
	for _, c := range s.Conversion {
		results[c.ID+" "+c.From] = conversion(c.Value, c.From, c.To, c.Outcome)
	}
	for _, c := range s.Multiplication {
		results[c.ID+" "+c.U1] = multiplication(c.V1, c.U1, c.V2, c.U2, c.Value, c.Unit)
	}
	cases := len(s.Validation) + len(s.Display) + len(s.Conversion) + len(s.Multiplication)
	if len(s.Validation) == 0 || len(s.Display) == 0 || len(s.Conversion) == 0 || len(s.Multiplication) == 0 {
		t.Fatalf("sections of the suite are missing: %d cases read", cases)
	}
	ledger := readLedger(t)
	failed := 0
	for key, err := range results {
		switch reason, listed := ledger[key]; {
		case err != nil && !listed:
			t.Errorf("%s: %v", key, err)
		case err == nil && listed:
			t.Errorf("%s passes but stands in the ledger: %s", key, reason)
		case err != nil:
			failed++
		}
		delete(ledger, key)
	}
	for key := range ledger {
		t.Errorf("the ledger has %q, which the suite does not", key)
	}
	t.Logf("%d cases, %d distinct, %d in the ledger", cases, len(results), failed)
}

func validation(code string, valid bool) error {
	if _, err := Parse(code); (err == nil) != valid {
		return fmt.Errorf("%q should be valid: %v; got %v", code, valid, err)
	}
	return nil
}

func conversion(value, from, to, outcome string) error {
	v, _, err := apd.NewFromString(value)
	if err != nil {
		return err
	}
	a, err := Parse(from)
	if err != nil {
		return err
	}
	b, err := Parse(to)
	if err != nil {
		return err
	}
	got, err := Convert(v, a, b)
	if err != nil {
		return err
	}
	return agree(got, outcome)
}

// agree compares to as many digits as the suite writes, since some outcomes are
// rounded to the digits of the input ("160" for 0.16002).
func agree(got *apd.Decimal, outcome string) error {
	want, _, err := apd.NewFromString(outcome)
	if err != nil {
		return err
	}
	var rounded apd.Decimal
	if _, err := apd.BaseContext.WithPrecision(uint32(want.NumDigits())).Round(&rounded, got); err != nil {
		return err
	}
	if rounded.Cmp(want) != 0 {
		return fmt.Errorf("got %s, want %s", got, outcome)
	}
	return nil
}

func multiplication(v1, u1, v2, u2, value, code string) error {
	v, _, err := apd.NewFromString(v1)
	if err != nil {
		return err
	}
	w, _, err := apd.NewFromString(v2)
	if err != nil {
		return err
	}
	a, err := Parse(u1)
	if err != nil {
		return err
	}
	b, err := Parse(u2)
	if err != nil {
		return err
	}
	got, unit, err := Multiply(v, a, w, b)
	if err != nil {
		return err
	}
	want, err := Parse(code)
	if err != nil {
		return err
	}
	if got, err = Convert(got, unit, want); err != nil {
		return err
	}
	return agree(got, value)
}

// readLedger returns the reasons of docs/conformance/ucum.md by id and code.
func readLedger(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(ledgerPath)
	if err != nil {
		t.Fatal(err)
	}
	ledger := map[string]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 || strings.HasPrefix(line, "|---") || strings.TrimSpace(cells[1]) == "case" {
			continue
		}
		key := strings.TrimSpace(cells[1]) + " " + strings.Trim(strings.TrimSpace(cells[2]), "`")
		if _, twice := ledger[key]; twice || strings.TrimSpace(cells[3]) == "" {
			t.Errorf("ledger: %q stands twice or has no reason", key)
		}
		ledger[key] = strings.TrimSpace(cells[3])
	}
	return ledger
}
