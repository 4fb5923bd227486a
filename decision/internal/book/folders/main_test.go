package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A folder that has something is refused, and so are cases that are not there.
func TestRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run("../../..", dir); err == nil {
		t.Error("written into a folder that is not empty")
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
	if err := run(dir, filepath.Join(dir, "new")); err == nil {
		t.Error("cases were written that are not there")
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); !os.IsNotExist(err) {
		t.Error("a folder was made of nothing", err)
	}
}
