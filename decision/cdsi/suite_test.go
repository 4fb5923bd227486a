package cdsi

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// suiteFile is the CDC's healthy childhood and adult test cases.
const (
	suiteGlob = "../../../shared/suites/cdsi/cdsi-healthy-childhood-and-adult-test-cases-*FITS_Exported_TestCases.csv"
	ledger    = "../../docs/conformance/cdsi.md"
)

// groupNames are the suite's names of the vaccine groups.
var groupNames = map[string]string{"DTAP": "DTaP/Tdap/Td", "POL": "Polio", "HPV": "HPV", "HIB": "Hib", "COVID-19": "COVID-19",
	"PCV": "Pneumococcal", "HepB": "HepB", "MMR": "MMR", "VAR": "Varicella", "ROTA": "Rotavirus", "MCV": "Meningococcal",
	"MENB": "Meningococcal B", "ZOSTER": "Zoster", "FLU": "Influenza", "HepA": "HepA", "RSV": "RSV"}

type suiteCase struct {
	id, name, group string
	person          Person
	on              time.Time
	row             map[string]string
}

func suiteCases(t testing.TB) []suiteCase {
	files, err := filepath.Glob(suiteGlob)
	if err != nil || len(files) != 1 {
		t.Skipf("SKIPPED: the CDSi suite is not beside the project (%s): %d files, %v", suiteGlob, len(files), err)
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	date := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		d, err := time.Parse("2006-01-02", s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	var out []suiteCase
	for _, r := range rows[1:] {
		row := map[string]string{}
		for i, h := range rows[0] {
			row[strings.TrimPrefix(h, "\ufeff")] = strings.TrimSpace(r[i])
		}
		c := suiteCase{id: row["CDC_Test_ID"], name: row["Test_Case_Name"], group: groupNames[row["Vaccine_Group"]], row: row,
			on: date(row["Assessment_Date"]), person: Person{Birth: date(row["DOB"]), Sex: row["gender"]}}
		if c.group == "" {
			t.Fatalf("%s: unknown vaccine group %q", c.id, row["Vaccine_Group"])
		}
		for i := 1; i <= 7; i++ {
			if d := row[fmt.Sprintf("Date_Administered_%d", i)]; d != "" {
				c.person.Doses = append(c.person.Doses, Dose{Date: date(d), CVX: row[fmt.Sprintf("CVX_%d", i)], MVX: row[fmt.Sprintf("MVX_%d", i)]})
			}
		}
		out = append(out, c)
	}
	if len(out) != 1013 {
		t.Fatalf("%d cases, want 1013", len(out))
	}
	return out
}

// differences are the fields of a case in which we say something else.
func (c suiteCase) differences(got Result) (out []string) {
	var g *Group
	for i := range got.Groups {
		if got.Groups[i].Name == c.group && got.Groups[i].Type == Standard {
			g = &got.Groups[i]
		}
	}
	if g == nil {
		return []string{"no forecast"}
	}
	is := func(what, have, want string) {
		if !strings.EqualFold(have, want) {
			out = append(out, fmt.Sprintf("%s is %q, want %q", what, have, want))
		}
	}
	for i := range c.person.Doses {
		status, reason := c.row[fmt.Sprintf("Evaluation_Status_%d", i+1)], c.row[fmt.Sprintf("Evaluation_Reason_%d", i+1)]
		at := slices.IndexFunc(g.Evaluations, func(e Evaluation) bool { return e.Dose == i })
		e := Evaluation{}
		if at >= 0 {
			e = g.Evaluations[at]
		} else { // a dose of another group: the suite means that group's word
			for _, other := range got.Groups {
				for _, o := range other.Evaluations {
					if o.Dose == i && other.Type == Standard {
						e = o
					}
				}
			}
		}
		is(fmt.Sprintf("dose %d", i+1), string(e.Status), status)
		if reason != "" && !slices.ContainsFunc(e.Reasons, func(r Reason) bool { return strings.EqualFold(string(r), reason) }) {
			out = append(out, fmt.Sprintf("dose %d has the reasons %q, want %q", i+1, e.Reasons, reason))
		}
	}
	day := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format("2006-01-02")
	}
	number := ""
	if g.DoseNumber > 0 {
		number = strconv.Itoa(g.DoseNumber)
	}
	is("status", string(g.Status), c.row["Series_Status"])
	is("forecast number", number, c.row["Forecast_#"])
	is("earliest", day(g.Earliest), c.row["Earliest_Date"])
	is("recommended", day(g.Recommended), c.row["Recommended_Date"])
	is("past due", day(g.PastDue), c.row["Past_Due_Date"])
	return out
}

// TestSuite runs the CDC's cases. A case that fails and is not in the ledger
// fails the test; so does one that passes and is in it.
func TestSuite(t *testing.T) {
	cases := suiteCases(t)
	text, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\d{4}-\d{4}) \|`).FindAllStringSubmatch(string(text), -1) {
		known[m[1]] = true
	}
	passed := 0
	type miss struct{ group, text string }
	var missed []miss
	for _, c := range cases {
		diff := c.differences(Evaluate(c.person, c.on))
		if len(diff) == 0 {
			passed++
			if known[c.id] {
				t.Errorf("%s passes and stands in the ledger", c.id)
			}
			continue
		}
		if !known[c.id] {
			missed = append(missed, miss{c.group, fmt.Sprintf("%s %s [%s]: %s", c.id, c.group, c.name, strings.Join(diff, "; "))})
		}
	}
	slices.SortStableFunc(missed, func(a, b miss) int { return cmp.Compare(a.group, b.group) })
	for _, m := range missed {
		t.Error(m.text)
	}
	if want := fmt.Sprintf("**%d of %d pass.**", passed, len(cases)); !strings.Contains(string(text), want) {
		t.Errorf("the ledger does not say %s", want)
	}
}
