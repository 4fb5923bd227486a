// Package book writes what a clinician reads to review the knowledge of this program:
// the ledger of all rules with how far each was checked, and the cases by which
// they are tested, in plain words.
package book

import (
	"fmt"
	"strings"

	"wholechart/decision/formula"
	"wholechart/decision/rule"
)

// generated stands at the head of every page.
const generated = "<!-- Written by go generate ./decision; do not edit. -->\n\n"

// Knowledge is the ledger of all rules, as Markdown.
func Knowledge(rules []*rule.Rule) string {
	var b strings.Builder
	b.WriteString(generated)
	b.WriteString(`# The ledger of the rules

Every rule of this program, with its version, the date of its source, who says so, and how far it was checked.
**No rule was reviewed by a clinician.** *Checked* means that those who make this program, who are no clinicians, held
the rule against a text, on the day and in the words that stand beside it; where that text is not the rule's own source, it says so.
*Not checked* means that the rule was written from knowledge and no text of its source was at hand. A rule that is changed
after it was checked falls back to *not checked*. Every rule needs review by a clinician before use in care.

`)
	kinds, by := byKind(rules)
	b.WriteString("| kind | rules | not checked | checked against a text | reviewed by a clinician |\n|---|---|---|---|---|\n")
	var all [4]int
	for _, k := range kinds {
		var n [4]int
		for _, r := range by[k] {
			n[0]++
			switch r.State() {
			case rule.FromMemory:
				n[1]++
			case rule.Held:
				n[2]++
			case rule.ByClinic:
				n[3]++
			}
		}
		for i := range n {
			all[i] += n[i]
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d |\n", k, n[0], n[1], n[2], n[3])
	}
	fmt.Fprintf(&b, "| **all** | **%d** | **%d** | **%d** | **%d** |\n", all[0], all[1], all[2], all[3])
	for _, k := range kinds {
		fmt.Fprintf(&b, "\n## %s\n\n| rule | says | speaks | version | source | date | state |\n|---|---|---|---|---|---|---|\n", k)
		for _, r := range by[k] {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", r.ID, cell(r.Title), r.Level, r.Version, cell(r.Citation), r.Date, cell(state(r)))
		}
	}
	b.WriteString("\n## Formulas\n\n| formula | version | source | date | note | held against |\n|---|---|---|---|---|---|\n")
	for _, f := range formula.All() {
		held := formula.Checked(f.ID)
		if held == "" {
			held = "not checked"
		}
		fmt.Fprintf(&b, "| `%s` %s | %s | %s | %s | %s | %s |\n", f.ID, cell(f.Title), f.Version, cell(f.Citation), f.Date, cell(f.Note), cell(held))
	}
	return b.String()
}

// byKind keeps the order of the rules.
func byKind(rules []*rule.Rule) ([]rule.Kind, map[rule.Kind][]*rule.Rule) {
	var kinds []rule.Kind
	by := map[rule.Kind][]*rule.Rule{}
	for _, r := range rules {
		if by[r.Kind] == nil {
			kinds = append(kinds, r.Kind)
		}
		by[r.Kind] = append(by[r.Kind], r)
	}
	return kinds, by
}

// cell is text inside a table of Markdown.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "<", "&lt;").Replace(strings.TrimSpace(s))
}
