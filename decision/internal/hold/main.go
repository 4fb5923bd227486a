// Command hold notes that rules were held against a text of their source: it reads
// lines "rule | what text, and what was seen there" and writes them, with the day
// and the sum of what the rule says now, into the file of the rule's kind in
// decision/rule/checked. It takes the place of the line that the rule had.
//
//	go run ./internal/hold -date 2026-11-23 < lines
//
// It is for those who make this program. A clinician's review is another thing and
// is written into the rule's own table.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"wholechart/decision"
	"wholechart/decision/rule"
)

const head = `# Which rules were held against a text, by those who make this program, who are no
# clinicians: rule | date | sum of what the rule said then | which text, and what was
# seen there. Written by decision/internal/hold. A rule that was changed since counts as not
# checked. A text that is not the rule's own source is named as what it is.
`

func main() {
	date := flag.String("date", time.Now().Format(time.DateOnly), "the day on which it was held")
	dir := flag.String("dir", "rule/checked", "the folder to write to")
	flag.Parse()
	if err := run(*date, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "hold:", err)
		os.Exit(1)
	}
}

func run(date, dir string) error {
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return err
	}
	rules := map[string]*rule.Rule{}
	for _, r := range decision.Rules() {
		rules[r.ID] = r
	}
	lines := map[rule.Kind]map[string]string{}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		l := strings.TrimSpace(in.Text())
		if l == "" || l[0] == '#' {
			continue
		}
		id, text, ok := strings.Cut(l, " | ")
		r := rules[id]
		if !ok || r == nil || strings.Contains(text, "|") || len(text) < 10 {
			return fmt.Errorf("no line of a rule: %s", l)
		}
		if lines[r.Kind] == nil {
			lines[r.Kind] = map[string]string{}
		}
		lines[r.Kind][id] = fmt.Sprintf("%s | %s | %s | %s", id, date, r.Sum(), text)
	}
	if err := in.Err(); err != nil {
		return err
	}
	for kind, held := range lines {
		if err := write(filepath.Join(dir, kind.File()), kind, held); err != nil {
			return err
		}
	}
	return nil
}

// write adds the lines of a kind to those that its file has.
func write(name string, kind rule.Kind, held map[string]string) error {
	old, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for l := range strings.Lines(string(old)) {
		if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
			if id, _, _ := strings.Cut(l, " | "); held[id] == "" {
				held[id] = l
			}
		}
	}
	var b strings.Builder
	b.WriteString(head)
	for _, r := range decision.Rules() {
		if l, ok := held[r.ID]; ok && r.Kind == kind {
			fmt.Fprintln(&b, l)
			delete(held, r.ID)
		}
	}
	if len(held) > 0 {
		return fmt.Errorf("%s: lines of rules that are no more: %s", name, strings.Join(slices.Sorted(maps.Keys(held)), ", "))
	}
	return os.WriteFile(name, []byte(b.String()), 0o644)
}
