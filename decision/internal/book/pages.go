package book

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"wholechart/decision/rule"
)

// Pages are all pages, by their path below docs/decision. Dir is the folder of
// package decision.
func Pages(dir string, rules []*rule.Rule) (map[string]string, error) {
	out := map[string]string{"knowledge.md": Knowledge(rules)}
	names, err := names(dir)
	if err != nil {
		return nil, err
	}
	titles := map[string]string{}
	for _, r := range rules {
		titles[r.ID] = r.Title
	}
	var b strings.Builder
	b.WriteString(generated)
	b.WriteString("# The cases of the rules\n\nWhat the rules are tested by, in words that a clinician can read. Why they are tables, and how to have them\nas folders, with the records as FHIR (`go run ./decision/internal/book/folders DIR`): [ADR 10](../../adr/0010-cases.md).\nThe ledger of the rules: [knowledge.md](../knowledge.md).\n\n| area | cases | speaks | silent | boundary |\n|---|---|---|---|---|\n")
	total := 0
	for _, area := range Areas {
		all, err := Read(dir, area)
		if err != nil {
			return nil, err
		}
		n := map[Kind]int{}
		for _, c := range all {
			n[c.Kind]++
		}
		total += len(all)
		fmt.Fprintf(&b, "| [%s](%s.md) | %d | %d | %d | %d |\n", area, area, len(all), n[Positive], n[Negative], n[Near])
		out["cases/"+area+".md"] = page(area, all, titles, names)
	}
	fmt.Fprintf(&b, "| **all** | **%d** | | | |\n", total)
	out["cases/README.md"] = b.String()
	return out, nil
}

// names are what codes of LOINC measure, as our own tables of tests call it.
func names(dir string) (map[string]string, error) {
	out := map[string]string{"29463-7": "weight", "8302-2": "height"}
	for file, cells := range map[string][3]int{"caution/table/tests.txt": {6, 1, 5}, "test/table/tests.txt": {8, 1, 3}} {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		if err != nil {
			return nil, err
		}
		for l := range strings.Lines(string(text)) {
			f := strings.Split(l, "|")
			if l[0] == '#' || len(f) < cells[0] {
				continue
			}
			for _, code := range loinc.FindAllString(f[cells[2]], -1) {
				if n := strings.TrimSpace(f[cells[1]]); out[code] == "" || n < out[code] {
					out[code] = n
				}
			}
		}
	}
	return out, nil
}
