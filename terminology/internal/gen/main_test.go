package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestGenerated: go generate leaves no difference.
func TestGenerated(t *testing.T) {
	const archive = "../../../../shared/data/codes.tar.zst"
	if _, err := os.Stat(archive); err != nil {
		t.Skipf("SKIPPED: the code tables are not beside the project: %v", err)
	}
	out := t.TempDir()
	if err := run(archive, out); err != nil {
		t.Fatal(err)
	}
	made, err := filepath.Glob(filepath.Join(out, "tables", "*.zst"))
	if err != nil || len(made) < 13 {
		t.Fatalf("%d tables, %v", len(made), err)
	}
	for _, name := range append(made, filepath.Join(out, "SOURCE.json")) {
		rel, err := filepath.Rel(out, name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		have, err := os.ReadFile(filepath.Join("../..", rel))
		if err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is not what the generator makes: go generate ./terminology (%v)", rel, err)
		}
	}
}
