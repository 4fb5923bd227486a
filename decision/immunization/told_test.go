package immunization

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wholechart/decision/internal/cases"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// immCase is a case of vaccines, assembled.
type immCase struct {
	cases.Case
	in rule.Input
}

func parseCase(t testing.TB, where, line string) *immCase {
	t.Helper()
	c, err := cases.TellPerson(where, line)
	if err != nil {
		t.Fatal(err)
	}
	return &immCase{c, c.Input()}
}

func readCases(t testing.TB) (out []*immCase) {
	t.Helper()
	lines, err := cases.Lines("testdata/cases/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		out = append(out, parseCase(t, l.Where, l.Text))
	}
	return out
}

func node(t testing.TB, body string) fhir.Node {
	t.Helper()
	d, err := fhir.Parse([]byte(body))
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return d.Root()
}

func show(r *Result, a rule.Answer) string {
	var b strings.Builder
	for i, d := range r.Doses {
		fmt.Fprintln(&b, i+1, d.When.Day(), d.Code, d.Product, d.Why, d.Antigens)
	}
	for _, g := range r.Groups {
		fmt.Fprintln(&b, g.Name, g.Type, g.Status, g.Need, g.DoseNumber, g.Earliest.Format(time.DateOnly), g.Recommended.Format(time.DateOnly), g.PastDue.Format(time.DateOnly), g.Reasons)
	}
	fmt.Fprintln(&b, r.Person.Observations)
	for _, x := range r.Ask {
		fmt.Fprintln(&b, x.Text, x.Codes, x.Groups, texts(x.Facts))
	}
	return b.String() + cases.Show(a)
}
