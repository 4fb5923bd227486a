// Package codes reads every code that the rules ask for out of their tables, with
// the words by which the table itself calls it, so that a test can hold them against
// lists of codes. Tests alone use it.
package codes

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Use is one code in one table.
type Use struct {
	Table  string // "prevention/table/done.concepts.txt"
	What   string // what the table says that it is: key, title, names
	Key    string // of the concept or test
	System string // loinc, snomed, icd, cpt, hcpcs
	Code   string // with "*" when all below it are meant
}

var (
	loinc  = regexp.MustCompile(`\b\d{1,6}-\d\b`)
	quoted = regexp.MustCompile(`"([^"]+)"`)
	order  = regexp.MustCompile(`^order (\S+ [^|]+)\| (.*)$`)
	named  = regexp.MustCompile(`^\s*"([a-z0-9-]+)":\s*\{(.*)`)
)

// Read reads the tables below a folder: decision itself.
func Read(dir string) ([]Use, error) {
	var out []Use
	read := func(name string, each func(line string)) error {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		for l := range strings.Lines(string(text)) {
			if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
				each(l)
			}
		}
		return nil
	}
	for _, name := range []string{"prevention/table/done.concepts.txt", "prevention/table/had.concepts.txt", "caution/table/concepts.txt"} {
		first := len(out)
		var key, words string
		finish := func() {
			for i := first; i < len(out); i++ {
				out[i].What = words
			}
			first = len(out)
		}
		if err := read(name, func(l string) {
			if k, rest, ok := strings.Cut(l, "]"); ok && l[0] == '[' {
				finish()
				key, words = k[1:], k[1:]+" "+rest
				return
			}
			system, rest, _ := strings.Cut(l, " ")
			switch system {
			case "words":
				words += " " + rest
			case "loinc", "snomed", "icd", "cpt", "hcpcs":
				for c := range strings.FieldsSeq(rest) {
					out = append(out, Use{name, "", key, system, c})
				}
			}
		}); err != nil {
			return nil, err
		}
		finish()
	}
	for name, cell := range map[string]int{"caution/table/tests.txt": 5, "test/table/tests.txt": 3, "test/table/panels.txt": 3} {
		if err := read(name, func(l string) {
			f := strings.Split(l, "|")
			if len(f) <= cell {
				return
			}
			for _, c := range loinc.FindAllString(f[cell], -1) {
				out = append(out, Use{name, strings.Join(f, " "), strings.TrimSpace(f[0]), "loinc", c})
			}
		}); err != nil {
			return nil, err
		}
	}
	rules, err := filepath.Glob(filepath.Join(dir, "prevention", "table", "*.rules.txt"))
	if err != nil {
		return nil, err
	}
	for _, f := range rules {
		name := "prevention/table/" + filepath.Base(f)
		if err := read(name, func(l string) {
			if m := order.FindStringSubmatch(l); m != nil {
				parts := strings.Fields(m[2])
				for i := 0; i+1 < len(parts); i += 2 {
					out = append(out, Use{name, m[1], strings.TrimSpace(m[1]), parts[i], parts[i+1]})
				}
			}
		}); err != nil {
			return nil, err
		}
	}
	if err := read("immunization/table/observations.txt", func(l string) {
		if f := strings.Split(l, "|"); len(f) > 3 {
			for c := range strings.SplitSeq(f[2], ",") {
				if c = strings.TrimSpace(c); c != "" {
					out = append(out, Use{"immunization/table/observations.txt", f[3], strings.TrimSpace(f[0]), "icd", c})
				}
			}
		}
	}); err != nil {
		return nil, err
	}
	key := ""
	if err := read("formula/codes.go", func(l string) {
		if m := named.FindStringSubmatch(l); m != nil {
			key = m[1]
		}
		rest := l
		for key != "" {
			// A line may hold several tests: "weight": {…}, "height": {…}.
			if m := regexp.MustCompile(`^,?\s*"([a-z0-9-]+)":\s*`).FindStringSubmatch(rest); m != nil {
				key, rest = m[1], rest[len(m[0]):]
			}
			end := strings.IndexByte(rest, '}')
			part := rest
			if end >= 0 {
				part = rest[:end]
			}
			for _, q := range quoted.FindAllStringSubmatch(part, -1) {
				switch c := q[1]; {
				case loinc.MatchString(c):
					out = append(out, Use{"formula/codes.go", key, key, "loinc", c})
				case regexp.MustCompile(`^\d{6,18}$`).MatchString(c):
					out = append(out, Use{"formula/codes.go", key, key, "snomed", c})
				case regexp.MustCompile(`^[A-Z]\d[0-9A-Z]?(\.\w+)?$`).MatchString(c):
					out = append(out, Use{"formula/codes.go", key, key, "icd", c + "*"})
				}
			}
			if end < 0 {
				break
			}
			rest = rest[end+1:]
			if strings.TrimSpace(rest) == "" {
				break
			}
		}
	}); err != nil {
		return nil, err
	}
	if len(out) < 2500 {
		return nil, fmt.Errorf("codes: %d found: a table has changed its form", len(out))
	}
	return out, nil
}

// Same says whether a name that a list gives a code and the words of a table have
// a word in common: the first five letters of one, hae as he, oe as e.
func Same(name, words string) bool {
	in := map[string]bool{}
	for _, s := range stems(words) {
		in[s] = true
	}
	for _, s := range stems(name) {
		if in[s] {
			return true
		}
	}
	return false
}

var word = regexp.MustCompile(`[a-z0-9]+`)

func stems(s string) []string {
	s = strings.NewReplacer("haem", "hem", "oea", "ea", "oe", "e", "ae", "e").Replace(strings.ToLower(s))
	var out []string
	for _, w := range word.FindAllString(s, -1) {
		if len(w) > 2 {
			out = append(out, w[:min(5, len(w))])
		}
	}
	return out
}
