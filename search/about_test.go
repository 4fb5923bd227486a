package search

import (
	"fmt"
	"testing"

	"wholechart/fhir"
)

// A Provenance lives with the patient of its targets: the store looks up whose they
// are, unless they are one Patient and nothing else.
func TestProvenanceHome(t *testing.T) {
	for targets, want := range map[string]string{
		`{"reference":"Patient/rosa"}`:                                                        "rosa []",
		`{"reference":"Patient/rosa"},{"reference":"Patient/rosa/_history/2"}`:                "rosa []",
		`{"reference":"Composition/n/_history/1"}`:                                            " [Composition/n]",
		`{"reference":"Patient/rosa"},{"reference":"Composition/n"}`:                          "rosa [Patient/rosa Composition/n]",
		`{"reference":"Patient/rosa"},{"reference":"Patient/walter"}`:                         " [Patient/rosa Patient/walter]",
		`{"reference":"Patient/rosa"},{"reference":"https://elsewhere.example/Patient/rosa"}`: "rosa [/]",
		`{"reference":"Composition/n"},{"identifier":{"value":"x"}}`:                          " [/]",
		`{"reference":"#inside"}`:                                                             " [/]",
	} {
		doc, err := fhir.Parse([]byte(`{"resourceType":"Provenance","target":[` + targets + `],"recorded":"2026-11-22T09:00:00Z","agent":[{"who":{"display":"x"}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		ex, err := Extract(doc.Root())
		if err != nil {
			t.Fatal(err)
		}
		patient, about := "", []string{}
		if ex.Patient != nil {
			patient = ex.Patient.ID
		}
		for _, r := range ex.About {
			about = append(about, r.Type+"/"+r.ID)
		}
		if got := fmt.Sprint(patient, " ", about); got != want {
			t.Errorf("%s: %s, want %s", targets, got, want)
		}
	}
}
