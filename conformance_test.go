package wholechart

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the conformance page anew")

// TestConformancePage holds docs/conformance/README.md to the ledgers beside
// it: a ledger that says how many cases pass has a row, with that number and
// the number of rows that say why not.
func TestConformancePage(t *testing.T) {
	const dir = "docs/conformance"
	files, err := filepath.Glob(dir + "/*.md")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`\*\*(\d+ of \d+) (pass|agree)\.?\*\*`)
	var page strings.Builder
	page.WriteString("# Conformance\n\nMade from the ledgers in this folder by `go test . -run TestConformancePage -update`. A case that passes while it stands in a\n" +
		"ledger fails the tests, as does one that fails and does not. What the API answers is in [operations](operations.md).\n\n" +
		"| what | result | cases with a reason |\n|---|---|---|\n")
	rows := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m := said.FindStringSubmatch(string(text))
		if m == nil {
			continue
		}
		title, _, _ := strings.Cut(strings.TrimPrefix(string(text), "# "), "\n")
		title, _, _ = strings.Cut(title, ":")
		_, after, _ := strings.Cut(string(text), "\n|---")
		table, _, _ := strings.Cut(after, "\n\n")
		fmt.Fprintf(&page, "| [%s](%s) | %s %s | %d |\n", title, filepath.Base(f), m[1], m[2], strings.Count(table, "\n|"))
		rows++
	}
	if rows < 3 {
		t.Errorf("only %d ledgers say how many cases pass", rows)
	}
	have, err := os.ReadFile(dir + "/README.md")
	if string(have) == page.String() {
		return
	}
	if !*update {
		t.Fatalf("the conformance page is not what the ledgers say (%v): go test . -run TestConformancePage -update", err)
	}
	if err := os.WriteFile(dir+"/README.md", []byte(page.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
