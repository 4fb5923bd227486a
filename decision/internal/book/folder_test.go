package book_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/api/hooks"
	"wholechart/chart"
	"wholechart/decision"
	"wholechart/decision/internal/ask"
	"wholechart/decision/internal/book"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/validate"
)

var written = sync.OnceValues(func() ([]book.File, error) { return book.Folders(folder, decision.Rules()) })

// TestFoldersSayWhatTheTablesSay writes the folders of all areas, reads every case back
// from its files alone, asks the rules and finds what expected.json says. The orders are
// read as the CDS Hooks service reads them. A short test takes one folder of twenty.
func TestFoldersSayWhatTheTablesSay(t *testing.T) {
	files, err := written()
	if err != nil {
		t.Fatal(err)
	}
	stories := map[string]bool{}
	n := 0
	var some []book.File
	for _, f := range files {
		if path.Base(f.Path) == book.StoryFile { // the first of a folder
			stories[f.Path] = true
			n++
		}
		if !testing.Short() || n%20 == 0 {
			some = append(some, f)
		}
	}
	out := filepath.Join(t.TempDir(), "cases")
	if err := book.Write(out, some); err != nil {
		t.Fatal(err)
	}
	var dirs []string
	err = filepath.WalkDir(out, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == book.ExpectedFile {
			dirs = append(dirs, filepath.Dir(p))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, area := range book.Areas {
		all, err := book.Read(folder, area)
		if err != nil {
			t.Fatal(err)
		}
		want += len(all)
	}
	if len(stories) != want || len(dirs) != want && !testing.Short() {
		t.Errorf("%d folders and %d on disk of %d cases", len(stories), len(dirs), want)
	}
	asked, ordered, deaf := map[string]int{}, 0, 0
	for i, dir := range dirs {
		w, in := readFolder(t, dir)
		if faults := ask.Faults(w.Area, w.Rule, w.Expected, in); len(faults) > 0 {
			t.Errorf("%s: %s", strings.TrimPrefix(dir, out), strings.Join(faults, "\n"))
		}
		asked[w.Area]++
		if len(in.Drafts) > 0 {
			ordered++
		}
		// Asked of nobody, hardly any rule speaks: what was found was in the files.
		if len(w.Cards) > 0 && i%7 == 0 {
			nobody := chart.Assemble("p", nil, in.Now, time.UTC)
			if len(ask.Faults(w.Area, w.Rule, w.Expected, rule.Input{Chart: nobody, Now: in.Now})) == 0 {
				deaf++
			}
		}
		story, err := os.ReadFile(filepath.Join(dir, book.StoryFile))
		if err != nil || !strings.Contains(string(story), w.Case) || !strings.Contains(string(story), "Needs review by a clinician") {
			t.Errorf("%s: no story of it (%v)", dir, err)
		}
		if w.Twin != "" {
			above, err := filepath.Rel(out, filepath.Dir(dir))
			if twin := path.Join(filepath.ToSlash(above), w.Twin, book.StoryFile); err != nil || !stories[twin] {
				t.Errorf("%s differs from %s, which is not there", dir, twin)
			}
		}
	}
	if deaf > 0 {
		t.Errorf("%d cases are as expected without a record and an order", deaf)
	}
	for _, area := range book.Areas {
		if asked[area] == 0 {
			t.Errorf("no case of %s", area)
		}
	}
	t.Logf("%d folders, asked %v, %d of them with orders", len(dirs), asked, ordered)
}

// readFolder is a case as its files say it.
func readFolder(t *testing.T, dir string) (w book.Wanted, in rule.Input) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, book.ExpectedFile))
	if err == nil {
		err = json.Unmarshal(text, &w)
	}
	if err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	in = rule.Input{Chart: readRecord(t, dir, w.Clock), Now: w.Clock}
	orders, err := os.ReadFile(filepath.Join(dir, book.OrdersFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		t.Fatal(err)
	default:
		valid(t, dir, orders)
		hook, _ := hooks.HookOf("order-sign")
		call := fmt.Sprintf(`{"hook":"order-sign","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea","context":{"userId":"Practitioner/1","patientId":"p","draftOrders":%s}}`, orders)
		r, err := hooks.ReadRequest([]byte(call), hook)
		if err != nil {
			t.Fatalf("%s: %v", dir, err)
		}
		drafts, gaps := r.RuleDrafts()
		if len(gaps) > 0 || len(drafts) == 0 {
			t.Errorf("%s: %d orders, %v", dir, len(drafts), gaps)
		}
		in.Drafts = drafts
	}
	return w, in
}

func valid(t *testing.T, dir string, text []byte) fhir.Node {
	t.Helper()
	d, err := fhir.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	if issues := validate.Resource(d.Root(), validate.Options{}); len(issues) > 0 {
		t.Errorf("%s: %v", dir, issues)
	}
	return d.Root()
}

// readRecord assembles the chart of a record.json.
func readRecord(t *testing.T, dir string, now time.Time) *chart.Chart {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, book.RecordFile))
	if err != nil {
		t.Fatal(err)
	}
	sites, facts, patient := map[string]*chart.Source{}, []chart.Fact(nil), ""
	var away []chart.SiteAnswer
	for e := range valid(t, dir, text).Get("entry").Items() {
		n := e.Get("resource")
		uri := n.Get("meta").Get("source").Str()
		if n.ResourceType() == "Organization" {
			s := &chart.Source{Slug: n.ID(), Name: n.Get("name").Str(), State: n.Get("address").Index(0).Get("state").Str()}
			for tag := range n.Get("meta").Get("tag").Items() {
				switch tag.Get("code").Str() {
				case "own":
					s.Own = true
				case "unreachable":
					away = append(away, chart.SiteAnswer{Source: s, State: chart.AnswerUnreachable})
				}
			}
			if !s.Own {
				s.Base = uri
			}
			sites[uri] = s
			continue
		}
		s := sites[uri]
		if s == nil {
			t.Fatalf("%s: a fact of no site", dir)
		}
		if n.ResourceType() == "Patient" {
			patient = n.ID()
		}
		facts = append(facts, chart.Fact{Node: n, Version: n.Get("meta").Get("versionId").Str(), Source: *s})
	}
	c := chart.Assemble(patient, facts, now, time.UTC)
	c.Completeness.Sites = append(c.Completeness.Sites, away...)
	return c
}

var plainPath = regexp.MustCompile(`^(README\.md|([a-z0-9-]+/){3}[a-z]+\.(md|json))$`)

// TestFolderNames: the folders of a rule sort in the order of its lines, names are
// plain and short, and none is there twice.
func TestFolderNames(t *testing.T) {
	files, err := written()
	if err != nil {
		t.Fatal(err)
	}
	seen, last := map[string]bool{}, map[string]string{}
	for _, f := range files {
		if seen[f.Path] || len(f.Path) > 200 || !plainPath.MatchString(f.Path) {
			t.Errorf("%q", f.Path)
		}
		seen[f.Path] = true
		if dir, name := path.Split(path.Dir(f.Path)); path.Base(f.Path) == book.StoryFile {
			if name <= last[dir] || len(name) < 4 || name[2] != '-' && name[3] != '-' {
				t.Errorf("%s after %s", f.Path, last[dir])
			}
			last[dir] = name
		}
	}
	if !slices.ContainsFunc(files, func(f book.File) bool { return strings.HasPrefix(f.Path, "medicine/ddi-") }) {
		t.Error("no folder of an interaction")
	}
}

// TestWriteOverNothing: what is not ours stays as it is.
func TestWriteOverNothing(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	files := []book.File{{Path: "a/story.md", Text: "x"}, {Path: "mine.txt", Text: "x"}}
	if err := book.Write(dir, files); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a folder with a file: %v", err)
	}
	if err := book.Write(mine, files); err == nil {
		t.Error("a file is no folder")
	}
	if text, err := os.ReadFile(mine); err != nil || string(text) != "mine" {
		t.Errorf("%s %v", text, err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	empty := filepath.Join(dir, "new", "empty")
	for i, want := range []bool{true, false} {
		if err := book.Write(empty, files); (err == nil) != want {
			t.Errorf("time %d: %v", i+1, err)
		}
	}
}
