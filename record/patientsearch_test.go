package record

import (
	"fmt"
	"strings"
	"testing"
)

// TestASearchFindsBothOfAMerge: a search of Patients finds who was replaced as well,
// marked so that nobody takes two for two people, and leaves that one out when it is
// asked for active ones; who keeps copies by _lastUpdated learns of the merge by it
// (docs/adr/0009).
func TestASearchFindsBothOfAMerge(t *testing.T) {
	r, doctor, office := twice(t)
	old := `{"resourceType":"Patient","id":"rosa2","identifier":[{"system":"urn:mrn","value":"M-2"}],"name":[{"family":"Delgado","given":["Rosa"]}],"birthDate":"1958-03-14"}`
	put(t, r.system("a"), old)
	merge(t, office, "rosa", "rosa2")
	for q, want := range map[string]string{
		"family=delgado":                       "rosa rosa2",
		"family=delgado&active:not=false":      "rosa",
		"family=delgado&active=false":          "rosa2",
		"identifier=urn:mrn|M-2":               "rosa2",
		"_id=rosa2":                            "rosa2",
		"_lastUpdated=ge2026-01-01&family=del": "rosa rosa2",
	} {
		if got := ids(t, doctor, "Patient", q); got != want {
			t.Errorf("Patient?%s finds %q, want %q", q, got, want)
		}
	}
	p, err := doctor.Read(t.Context(), "Patient", "rosa2")
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprint(p.Node().Get("active").True(), " ", p.Node().Get("link").Index(0).Get("type").Str(), " ", p.Node().Get("link").Index(0).Path("other", "reference").Str())
	if said != "false replaced-by Patient/rosa" {
		t.Errorf("the replaced one says %s", said)
	}
	// Whichever of the two a program goes on with, it is shown one record.
	if a, b := ids(t, doctor, "Observation", "patient=rosa"), ids(t, doctor, "Observation", "patient=rosa2"); a != b || !strings.Contains(a, "two") {
		t.Errorf("by one id %q, by the other %q", a, b)
	}
}
