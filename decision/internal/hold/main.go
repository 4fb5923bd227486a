// Command hold notes that rules were held against a text of their source: it reads
// lines "rule | what text, and what was seen there" and writes them, with the day
// and the sum of what the rule says now, into decision/rule/checked.txt. A line of a rule
// that is there already takes its place.
//
//	go run ./internal/hold -date 2026-11-23 < lines
//
// It is for those who make this program. A clinician's review is another thing and
// is written into the rule's own table.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
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
	out := flag.String("out", "rule/checked.txt", "the file to write")
	flag.Parse()
	if err := run(*date, *out); err != nil {
		fmt.Fprintln(os.Stderr, "hold:", err)
		os.Exit(1)
	}
}

func run(date, out string) error {
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return err
	}
	rules := map[string]*rule.Rule{}
	for _, r := range decision.Rules() {
		rules[r.ID] = r
	}
	lines := map[string]string{}
	old, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	for l := range strings.Lines(string(old)) {
		if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
			id, _, _ := strings.Cut(l, " | ")
			lines[id] = l
		}
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		l := strings.TrimSpace(in.Text())
		if l == "" || l[0] == '#' {
			continue
		}
		id, text, ok := strings.Cut(l, " | ")
		if r := rules[id]; !ok || r == nil || strings.Contains(text, "|") || len(text) < 10 {
			return fmt.Errorf("no line of a rule: %s", l)
		} else {
			lines[id] = fmt.Sprintf("%s | %s | %s | %s", id, date, r.Sum(), text)
		}
	}
	if err := in.Err(); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(head)
	for _, r := range decision.Rules() {
		if l, ok := lines[r.ID]; ok {
			fmt.Fprintln(&b, l)
			delete(lines, r.ID)
		}
	}
	if len(lines) > 0 {
		var ids []string
		for id := range lines {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return fmt.Errorf("lines of rules that are no more: %s", strings.Join(ids, ", "))
	}
	return os.WriteFile(out, []byte(b.String()), 0o644)
}
