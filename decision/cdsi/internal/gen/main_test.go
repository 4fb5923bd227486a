package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestGenerated: go generate leaves no difference.
func TestGenerated(t *testing.T) {
	const dir = "../../../../../shared/suites/cdsi/supporting-data"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: the supporting data is not beside the project: %v", err)
	}
	out := t.TempDir()
	if err := run(dir, "4.64-508", out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"table.json", "SOURCE"} {
		want, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		have, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is not what the generator makes: go generate ./decision/cdsi (%v)", name, err)
		}
	}
	if err := run(t.TempDir(), "1", out); err == nil {
		t.Error("a folder without XML is read")
	}
}
