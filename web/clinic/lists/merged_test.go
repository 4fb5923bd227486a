package lists

import (
	"slices"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/record"
)

// Two records of one person that were merged are one on every list, with the
// facts of both.
func TestAMergedPersonIsOnAListOnce(t *testing.T) {
	n, settle := start(t)
	n.Write("maple",
		somebody("mary", "Mary Merged"), problem("m1", "mary", coded, "active"),
		somebody("mary2", "Mary Merged"), problem("m2", "mary2", coded, "active"), a1c("m3", "mary2", "2026-11-01", "7.0", "final"),
		somebody("anna", "Anna Merged"), somebody("anna2", "Anna Merged"), problem("a1", "anna2", coded, "active"),
	)
	office := n.Records.As(access.Actor{Kind: access.User, ID: "records", Site: "maple", Role: access.RecordsOffice, Purpose: access.Operations}, access.EMR)
	side := func(id string) record.Side {
		r, err := office.Read(t.Context(), "Patient", id)
		if err != nil {
			t.Fatal(err)
		}
		return record.SideOf(r)
	}
	doc := n.User(okonkwo)
	on := func() (ids []string) {
		settle()
		page := doc.Open("/maple/lists/diabetes-hba1c")
		for _, id := range []string{"anna", "anna2", "mary", "mary2"} {
			if strings.Contains(page, `/maple/patients/`+id+`"`) || strings.Contains(page, `/maple/patients/`+id+`/`) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	before := on()
	if !slices.Equal(before, []string{"anna2", "mary"}) {
		t.Fatalf("before: %v", before)
	}
	pairs := [][2]string{{"mary", "mary2"}, {"anna", "anna2"}}
	for _, p := range pairs {
		if err := office.Merge(t.Context(), side(p[0]), side(p[1]), "same"); err != nil {
			t.Fatal(err)
		}
	}
	if now := on(); !slices.Equal(now, []string{"anna"}) {
		t.Errorf("merged: %v", now)
	}
	for _, p := range pairs {
		if err := office.Unmerge(t.Context(), side(p[0]), side(p[1]), "not the same"); err != nil {
			t.Fatal(err)
		}
	}
	if now := on(); !slices.Equal(now, before) {
		t.Errorf("taken back: %v", now)
	}
}
