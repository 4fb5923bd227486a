// Command write writes the ledger of the rules and the pages of their cases into
// docs/decision. It is run by go generate ./decision.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"wholechart/decision"
	"wholechart/decision/internal/book"
)

func main() {
	if err := run(".", "../docs/decision"); err != nil {
		fmt.Fprintln(os.Stderr, "write:", err)
		os.Exit(1)
	}
}

func run(dir, out string) error {
	pages, err := book.Pages(dir, decision.Rules())
	if err != nil {
		return err
	}
	for name, text := range pages {
		path := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
