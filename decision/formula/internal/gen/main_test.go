package main

import (
	"bytes"
	"os"
	"testing"
)

// The committed table is what the archive says.
func TestTableIsCurrent(t *testing.T) {
	packed, err := os.ReadFile("../../../../../shared/data/growth.tar.zst")
	if err != nil {
		t.Skip("SKIPPED: the growth references are not here:", err)
	}
	files, err := unpack(packed)
	if err != nil {
		t.Fatal(err)
	}
	table, used, err := build(files)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"growth.txt": table, "SOURCE": source(packed, files, used)} {
		got, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator makes: run go generate", name)
		}
	}
}

func TestRefusesABrokenArchive(t *testing.T) {
	if _, _, err := build(map[string][]byte{}); err == nil {
		t.Error("an empty archive was taken")
	}
	if _, _, err := build(map[string][]byte{"who-weianthro.txt": []byte("sex\tage\tl\tm\ts\n1\t0\tx\t3\t0.1\n")}); err == nil {
		t.Error("a word was taken for a number")
	}
	if _, err := unpack([]byte("not zstd")); err == nil {
		t.Error("what is no archive was unpacked")
	}
}
