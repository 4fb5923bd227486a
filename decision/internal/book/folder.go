package book

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"wholechart/decision/internal/cases"
	"wholechart/decision/prevention"
	"wholechart/decision/rule"
)

// File is one file of the folders, by its path below them.
type File struct{ Path, Text string }

// The files of a case's folder. There is no orders file of a case without orders.
const (
	StoryFile    = "story.md"
	RecordFile   = "record.json"
	OrdersFile   = "orders.json"
	ExpectedFile = "expected.json"
)

// Wanted is the content of expected.json.
type Wanted struct {
	Case  string    `json:"case"` // area/file:line of the table
	Area  string    `json:"area"` // whose rules are asked
	Rule  string    `json:"rule,omitempty"`
	Kind  Kind      `json:"kind"`
	Twin  string    `json:"differsInOneThingFrom,omitempty"` // its folder, as it is named from the one above this
	Clock time.Time `json:"clock"`
	cases.Expected
}

// Tell is a case as FHIR.
func (c *Case) Tell() (cases.Case, error) {
	switch c.Area {
	case "immunization":
		return cases.TellPerson(c.Where, c.Line)
	case "prevention":
		return cases.TellDue(c.Where, c.Line, prevention.Coded)
	}
	return cases.Tell(c.Where, c.Line)
}

// Folders are the files of all cases, a folder a case, and what stands above them:
//
//	README.md
//	medicine/ddi-warfarin-azole/01-warfarin-is-taken-elsewhere/story.md, record.json, orders.json, expected.json
//
// Dir is the folder of package decision. The cases of a rule are numbered in the order
// in which they are written; those of vaccines that are about no rule stand under the
// name of their file.
func Folders(dir string, rules []*rule.Rule) ([]File, error) {
	names, err := names(dir)
	if err != nil {
		return nil, err
	}
	of := map[string]*rule.Rule{}
	for _, r := range rules {
		of[r.ID] = r
	}
	var out []File
	about := "| area | cases | speaks | silent | boundary |\n|---|---|---|---|---|\n"
	for _, area := range Areas {
		all, err := Read(dir, area)
		if err != nil {
			return nil, err
		}
		where := places(all)
		n := map[Kind]int{}
		for i := range all {
			c := &all[i]
			n[c.Kind]++
			files, err := c.folder(where, of[c.Rule], names)
			if err != nil {
				return nil, fmt.Errorf("%s/%w", area, err)
			}
			out = append(out, files...)
		}
		about += fmt.Sprintf("| [%s](%s) | %d | %d | %d | %d |\n", area, area, len(all), n[Positive], n[Negative], n[Near])
	}
	return append(out, File{"README.md", readme + about}), nil
}

const readme = `# The cases of the rules, a folder a case

Written from the tables in decision/*/testdata/cases by ` + "`go run ./decision/internal/book/folders DIR`" + `: what is changed here does not change
them. A folder has

- ` + "`story.md`" + `: who it is, the record, the order and what is expected in words, and the rule with its citation. Read this to review.
- ` + "`record.json`" + `: all facts as a FHIR R4 Bundle (collection). ` + "`meta.source`" + ` of a fact names the site that has it; each site is an
  Organization, whose tag says which is the own one and which could not be reached.
- ` + "`orders.json`" + `: the orders about to be signed, a Bundle as CDS Hooks has it in draftOrders; not there when nothing is ordered.
- ` + "`expected.json`" + `: what must be answered. ` + "`cards`" + `: the loudest card of the rule has this level, and its cards say the words and not those
  of saysNot (without a rule: a card of this level says them). ` + "`none`" + `: no card of the rule. ` + "`gap`" + `: a check says that it could not look.
  ` + "`due`" + `: how a recommendation stands. ` + "`vaccines`" + `: how doses count and what a forecast says.

The kinds: in a *speaks* case the rule is expected to say something; in an *is silent* case it is not; a *boundary* case differs in one
thing from one that is answered the other way. **No case was reviewed by a clinician.** The question to a reviewer is: is what is
expected right?

`

// places are the folders of cases, by where they are written.
func places(all []Case) map[string]string {
	groups, of := map[string][]*Case{}, func(c *Case) string {
		if c.Rule != "" {
			return c.Area + "/" + slug(c.Rule, 80)
		}
		file, _, _ := strings.Cut(c.Where, ".")
		return c.Area + "/persons-" + slug(file, 40)
	}
	for i := range all {
		g := of(&all[i])
		groups[g] = append(groups[g], &all[i])
	}
	out := map[string]string{}
	for g, list := range groups {
		width := max(2, len(fmt.Sprint(len(list))))
		for i, c := range list {
			out[c.Where] = fmt.Sprintf("%s/%0*d-%s", g, width, i+1, slug(c.Story, 48))
		}
	}
	return out
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// slug is words as the name of a folder, of at most so many letters and whole words.
func slug(s string, most int) string {
	s = strings.Trim(notInName.ReplaceAllString(strings.ToLower(s), "-"), "-")
	if len(s) > most {
		s = s[:most+1]
		if i := strings.LastIndexByte(s, '-'); i > most/2 {
			s = s[:i]
		}
		s = strings.Trim(s[:min(len(s), most)], "-")
	}
	return s
}

// folder are the files of one case.
func (c *Case) folder(where map[string]string, r *rule.Rule, names map[string]string) ([]File, error) {
	told, err := c.Tell()
	if err != nil {
		return nil, err
	}
	here := where[c.Where]
	w := Wanted{Case: c.Area + "/" + c.Where, Area: c.Area, Rule: c.Rule, Kind: c.Kind, Clock: cases.Now, Expected: told.Expect}
	if c.Twin != "" {
		twin, err := filepath.Rel(filepath.Dir(here), where[c.Twin])
		if err != nil {
			return nil, err
		}
		w.Twin = filepath.ToSlash(twin)
	}
	rec, err := record(told)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Where, err)
	}
	want, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	out := []File{{here + "/" + StoryFile, story(c, told.Expect, w.Twin, r, names)}, {here + "/" + RecordFile, indented(rec)}}
	if len(told.Drafts) > 0 {
		drafts, err := orders(told.Drafts)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Where, err)
		}
		out = append(out, File{here + "/" + OrdersFile, indented(drafts)})
	}
	return append(out, File{here + "/" + ExpectedFile, indented(want)}), nil
}

func indented(text []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		panic(err) // it was made as JSON
	}
	return b.String() + "\n"
}

// Write writes files below a folder, which must not be there or be empty: nothing is
// ever overwritten.
func Write(out string, files []File) error {
	switch list, err := os.ReadDir(out); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case len(list) > 0:
		return fmt.Errorf("%s is not empty: nothing is written over what is there", out)
	}
	made := map[string]bool{}
	for _, f := range files {
		path := filepath.Join(out, filepath.FromSlash(f.Path))
		if dir := filepath.Dir(path); !made[dir] {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			made[dir] = true
		}
		to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		_, err = to.WriteString(f.Text)
		if err = errors.Join(err, to.Close()); err != nil {
			return err
		}
	}
	return nil
}
