package rule

import (
	"embed"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
)

// checked holds what those who make this program held against a text: a file a
// kind of rules, a line a rule, with the sum of what the rule said then.
//
//go:embed checked/*.txt
var checked embed.FS

// Slug is a kind in an address or a file's name.
func (k Kind) Slug() string {
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return '-'
		}
		return r
	}, string(k))
}

// File is the name of the file of a kind in it.
func (k Kind) File() string { return k.Slug() + ".txt" }

// Check is a line of it.
type Check struct {
	Rule, Date, Sum, Against string
}

// Checks are all lines, file by file in their order. The caller does not change them.
func Checks() []Check { return checks().list }

type checkTable struct {
	list []Check
	at   map[string]int
}

var checks = sync.OnceValue(func() checkTable {
	t := checkTable{at: map[string]int{}}
	for _, f := range lines(checked, "checked") {
		t.at[f[0]] = len(t.list)
		t.list = append(t.list, Check{f[0], f[1], f[2], f[3]})
	}
	return t
})

// lines are the lines of all files of an embedded folder, each in its four parts.
func lines(of embed.FS, dir string) (out [][]string) {
	files, err := of.ReadDir(dir)
	if err != nil {
		panic(err)
	}
	for _, e := range files {
		text, err := of.ReadFile(dir + "/" + e.Name())
		if err != nil {
			panic(err)
		}
		for l := range strings.Lines(string(text)) {
			if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
				continue
			}
			f := strings.SplitN(l, " | ", 4)
			if len(f) != 4 {
				panic("decision/rule: " + dir + "/" + e.Name() + ": " + l) // the embedded tables are tested
			}
			out = append(out, f)
		}
	}
	return out
}

// Hold says of a rule its version and how it was checked. A rule that was changed since counts as
// not checked, until somebody holds it against its source again. It is called once,
// before others see the rule.
func (r *Rule) Hold() {
	t := checks()
	r.Checked, r.Against = "", ""
	if !r.Licensed {
		r.Version = VersionOf(r.ID)
	}
	if i, ok := t.at[r.ID]; ok && !r.Licensed && t.list[i].Sum == r.Sum() {
		r.Checked, r.Against = t.list[i].Date, t.list[i].Against
	}
}

// Sum is eight hexadecimal digits that change with what a rule says.
func (r *Rule) Sum() string {
	h := fnv.New32a()
	for _, s := range []string{r.ID, string(r.Kind), r.Level.String(), r.Title, r.Version, r.Date, r.Citation, r.Text} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return fmt.Sprintf("%08x", h.Sum32())
}
