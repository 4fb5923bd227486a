package progress

import (
	"strings"
	"testing"

	"wholechart/chart"
	"wholechart/decision/substance"
	"wholechart/fhir"
)

func TestTheTableOfViewsHolds(t *testing.T) {
	if len(focuses) < 15 {
		t.Fatalf("%d views", len(focuses))
	}
	seen := map[string]bool{}
	for _, f := range focuses {
		if seen[f.ID] || f.Title == "" || len(f.ICD) == 0 || len(f.SNOMED) == 0 || len(f.Series) < 4 || len(f.Drugs)+len(f.Classes) == 0 {
			t.Errorf("%s is twice or lacks a part", f.ID)
		}
		seen[f.ID] = true
		for _, c := range f.Classes {
			if substance.Members(c) == nil {
				t.Errorf("%s: there is no class %q", f.ID, c)
			}
		}
		for _, d := range f.Drugs {
			if s, ok := substance.Known(d); !ok || s.Name != d {
				t.Errorf("%s: no substance %q (%q)", f.ID, d, s.Name)
			}
		}
		codes := map[string]bool{}
		for _, w := range f.Series {
			for _, c := range w.LOINC {
				if codes[c] || !checkDigit(c) {
					t.Errorf("%s, %s: LOINC %s is twice, or its check digit is wrong", f.ID, w.Name, c)
				}
				codes[c] = true
			}
		}
		for _, c := range f.SNOMED {
			if !verhoeff(c) {
				t.Errorf("%s: SNOMED %s has a wrong check digit", f.ID, c)
			}
		}
		for _, c := range f.ICD {
			if strings.Contains(c, ".") {
				t.Errorf("%s: ICD prefix %s has a dot", f.ID, c)
			}
		}
	}
}

func TestAProblemBelongsToItsViewByCodeAlone(t *testing.T) {
	of := func(codes ...fhir.Coding) (out []string) {
		for i := range focuses {
			if focuses[i].of(chart.Problem{Name: "Gout", Codes: codes}) {
				out = append(out, focuses[i].ID)
			}
		}
		return out
	}
	for want, c := range map[string]fhir.Coding{
		"diabetes": {System: "http://hl7.org/fhir/sid/icd-10-cm", Code: "E11.22"}, "heart-failure": {System: snomed, Code: "84114007"},
		"": {System: "http://example.org", Code: "E11.22"}, "hypertension kidney heart-failure": {System: "http://hl7.org/fhir/sid/icd-10-cm", Code: "I13.0"},
	} {
		if got := strings.Join(of(c), " "); got != want {
			t.Errorf("%s: %q, not %q", c.Code, got, want)
		}
	}
}

// checkDigit is LOINC's: Luhn over the digits before the hyphen.
func checkDigit(code string) bool {
	body, check, ok := strings.Cut(code, "-")
	if !ok || len(check) != 1 {
		return false
	}
	sum := 0
	for i := range len(body) {
		n := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return (10-sum%10)%10 == int(check[0]-'0')
}

// verhoeff is the check of a SNOMED CT identifier.
func verhoeff(id string) bool {
	d := [10][10]int{}
	for i := range 10 {
		for j := range 10 {
			switch {
			case i < 5 && j < 5:
				d[i][j] = (i + j) % 5
			case i < 5:
				d[i][j] = 5 + (i+j-5)%5
			case j < 5:
				d[i][j] = 5 + (i-5-j+5)%5
			default:
				d[i][j] = (i - j + 5) % 5
			}
		}
	}
	p := [8][10]int{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}}
	for k := 2; k < 8; k++ {
		for j := range 10 {
			p[k][j] = p[k-1][p[1][j]]
		}
	}
	c := 0
	for i := range len(id) {
		c = d[c][p[i%8][int(id[len(id)-1-i]-'0')]]
	}
	return c == 0
}
