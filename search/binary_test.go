package search

import (
	"testing"

	"wholechart/fhir"
)

// A Binary is at home with the patient that it names as its security context,
// and with nobody when it names something else.
func TestBinaryHome(t *testing.T) {
	for text, want := range map[string]string{
		`{"resourceType":"Binary","contentType":"text/plain","securityContext":{"reference":"Patient/rosa"}}`:           "rosa",
		`{"resourceType":"Binary","contentType":"text/plain","securityContext":{"reference":"DocumentReference/rosa"}}`: "",
		`{"resourceType":"Binary","contentType":"text/plain"}`:                                                          "",
	} {
		doc, err := fhir.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		ex, err := Extract(doc.Root())
		if err != nil {
			t.Fatal(err)
		}
		if got := ex.Patient; (got == nil) != (want == "") || got != nil && got.ID != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
