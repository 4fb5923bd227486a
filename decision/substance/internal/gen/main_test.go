package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestTableIsGenerated makes the table anew and compares it with the committed one.
func TestTableIsGenerated(t *testing.T) {
	const shared, pkg = "../../../../../shared/data/", "../../"
	if _, err := os.Stat(shared + "drugs.tar.zst"); err != nil {
		t.Skip("NOT TESTED: ../shared/data is not here: the table was not made anew")
	}
	dir := t.TempDir()
	for _, name := range []string{"synonyms.txt", "newer.txt"} {
		text, err := os.ReadFile(pkg + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(shared+"drugs.tar.zst", shared+"codes.tar.zst", dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"table.txt", "SOURCE"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(pkg + name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what go generate makes", name)
		}
		if name == "table.txt" && len(got) > 400_000 {
			t.Errorf("%d bytes", len(got))
		}
	}
}

func TestSynonymsRefused(t *testing.T) {
	for _, bad := range []string{"no equals sign", "a = b\na = c"} {
		if err := newBuilder().synonyms(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
