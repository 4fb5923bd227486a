package plot

import (
	"strings"
	"testing"
)

func TestPedigree(t *testing.T) {
	p := Pedigree{People: []Relative{{Sex: "female", Age: "68 y", Conditions: []string{"Hypertension"}},
		{Role: "MTH", Label: "Mother", Name: "<Ana>", Sex: "female", Dead: true, Age: "died at 79", Conditions: []string{"Breast cancer", "Hypertension"}, Onsets: []string{"at 55 y", ""}, Href: "/a/b"},
		{Role: "BRO", Label: "Brother", Sex: "male", Conditions: []string{"Hypertension"}, Href: "javascript:alert(1)"},
		{Role: "MAUNT", Label: "Maternal aunt", Sex: "female"}, {Role: "DAU", Label: "Daughter", Sex: "female"}, {Role: "COUSN", Label: "Cousin", Conditions: []string{"Gout"}}}}
	var b strings.Builder
	if err := p.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, want := range []string{"<circle", "<rect", "ped-slash", "ped-fill-1", "Pedigree of 5 relatives", "not recorded", "&lt;Ana&gt;", `href="/a/b"`, "1 relative is not drawn", ">2 at 55 y<", "Mother, died at 79: Breast cancer at 55 y, Hypertension", "<td>Breast cancer at 55 y, Hypertension</td>", "Patient, 68 y: Hypertension", ">Gout<", "<table"} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q", want)
		}
	}
	for _, not := range []string{"<Ana>", "javascript:", "style=", "NaN"} {
		if strings.Contains(got, not) {
			t.Errorf("has %q", not)
		}
	}
	if i, j := strings.Index(got, "Hypertension"), strings.Index(got, "Breast cancer"); i < 0 || j < 0 {
		t.Error("no legend")
	}
	b.Reset()
	if err := (Pedigree{People: p.People[:1]}).Render(t.Context(), &b); err != nil || b.Len() != 0 {
		t.Errorf("of nobody: %q %v", b.String(), err)
	}
}

// TestPedigreeApart: nobody stands on another.
func TestPedigreeApart(t *testing.T) {
	people := []Relative{{}}
	for _, row := range drawnRoles {
		for _, role := range row {
			n := 1
			if strings.Contains(role, "UN") || strings.Contains(role, "BRO") || role == "DAU" {
				n = 3
			}
			for range n {
				if role != "" {
					people = append(people, Relative{Role: role, Label: role})
				}
			}
		}
	}
	rows, left := Pedigree{People: people}.place()
	if len(left) != 0 {
		t.Errorf("%d are not drawn", len(left))
	}
	for _, row := range rows {
		for i := range row {
			for _, other := range row[i+1:] {
				if d := row[i].x - other.x; d > -pedSize*2 && d < pedSize*2 {
					t.Errorf("%s and %s stand %.0f apart", row[i].Role, other.Role, d)
				}
			}
		}
	}
}
