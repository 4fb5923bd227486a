package cases_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"wholechart/decision/internal/cases"
	"wholechart/decision/prevention"
	"wholechart/validate"
)

func tell(kind int, line string) (cases.Case, error) {
	switch kind {
	case 1:
		return cases.TellPerson("f.txt:7", line)
	case 2:
		return cases.TellDue("f.txt:7", line, prevention.Coded)
	}
	return cases.Tell("f.txt:7", line)
}

// TestBrokenLines: what cannot be read is an error that names the line, and nothing is
// told of it.
func TestBrokenLines(t *testing.T) {
	for kind, lines := range [][]string{{
		"a | b | c", "r | w | female 68 | | nothing", "r | w | femal 68 y | | nothing", "r | w | female 68 y; problem | | nothing", "r | w | result 1-8 2 | | nothing",
		"r | w | takes \"x\" 14 q ago | | nothing", "r | w | takes \"x\" today and more | | nothing", "r | w | | pill \"x\" | nothing", "r | w | | medicine \"x\" dose \"y mg\" 3 | nothing",
		"r | w | | medicine \"x\" colour red | nothing", "r | w | | medicine | nothing", "r | w | result 1-8 x mg | | nothing", "r | w | | | notice loudly", "r | w | problem \"a\\\" | | nothing",
	}, {
		"w | female 68 y", "w | dose 03 | silent", "w | dose 03 yesterday | silent", "w | dose 03 today twice | silent", "w | dose 03 today lot | silent", "w | draft 03 | silent",
		"w | | dose x MMR counts", "w | | MMR", "w | | MMR earliest", "w | | observed", "w | flew \"x\" | silent", "w | medicine \"x\" \"y\" | silent",
	}, {
		"r | w | female 68 y", "r | w | problem notaconcept | due", "r | w | pregnant week long | due", "r | w | aged 0 y | due", "r | w | booked \"x\" 2026 | due", "r | w | did | due", "r | w | notdone mammogram today | due",
		"r | w | flew mammogram | due", "r | w | result hba1c 7 % 4 mo ago again | due", "r | w | | \"why\"", "r | w | | due not \"x\"",
	}} {
		for _, l := range lines {
			c, err := tell(kind, l)
			if err == nil || !strings.HasPrefix(err.Error(), "f.txt:7: ") {
				t.Errorf("%s: %v", l, err)
			}
			if !reflect.ValueOf(c).IsZero() && err != nil {
				t.Errorf("%s: told in part", l)
			}
		}
	}
}

// TestExpected: an expectation as data.
func TestExpected(t *testing.T) {
	two := 2
	for _, x := range []struct {
		kind int
		line string
		want cases.Expected
	}{
		{0, `r | w | | | interrupt "a" not "b" "c"`, cases.Expected{Cards: []cases.Card{{Rule: "r", Level: "interrupt", Words: cases.Words{Says: []string{"a", "c"}, SaysNot: []string{"b"}}}}}},
		{0, `r | w | | | nothing`, cases.Expected{None: true}},
		{0, `r | w | | | gap "a"`, cases.Expected{Gap: &cases.Words{Says: []string{"a"}}}},
		{1, `w | female born 2020-02-01 | doses 2; MMR risk earliest @4y-4d; nogap "x"; notice "y"`, cases.Expected{Gap: &cases.Words{SaysNot: []string{"x"}}, Cards: []cases.Card{{Level: "notice", Words: cases.Words{Says: []string{"y"}}}},
			Vaccines: &cases.Vaccines{Doses: &two, Groups: []cases.Group{{Group: "MMR", Risk: true, Earliest: "2024-01-28"}}}}},
		{1, `r | w | female 3 y | nothing`, cases.Expected{None: true}},
		{1, `w | female 3 y | silent`, cases.Expected{None: true}},
		{2, `r | w | | not applicable "a" "b c"`, cases.Expected{Due: &cases.Due{Rule: "r", Status: "not applicable", Says: []string{"a", "b c"}}}},
		{2, `r | w | dead | nothing`, cases.Expected{None: true}},
	} {
		c, err := tell(x.kind, x.line)
		if err != nil || !reflect.DeepEqual(c.Expect, x.want) {
			t.Errorf("%s: %+v, %v", x.line, c.Expect, err)
		}
	}
}

func TestLines(t *testing.T) {
	dir := t.TempDir()
	if _, err := cases.Lines(filepath.Join(dir, "*.txt")); err == nil {
		t.Error("no file, and no error")
	}
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("# c\n\n one \n#\ntwo"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := cases.Lines(filepath.Join(dir, "*.txt"))
	if want := []cases.Line{{Where: "a.txt:3", Text: "one"}, {Where: "a.txt:5", Text: "two"}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Error(got, err)
	}
}

// FuzzTell: whatever a line says, it is told as facts with ids, each once, or not at all.
func FuzzTell(f *testing.F) {
	for kind, area := range []string{"caution", "immunization", "prevention", "medicine", "test", "imaging"} {
		lines, err := cases.Lines("../../" + area + "/testdata/cases/*.txt")
		if err != nil {
			f.Fatal(err)
		}
		for i, l := range lines {
			if i%97 == 0 {
				f.Add(kind, l.Text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, kind int, line string) {
		c, err := tell(kind, line)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f.txt:7: ") {
				t.Errorf("%v", err)
			}
			return
		}
		seen := map[string]bool{}
		for _, fact := range c.Facts {
			id := fact.Node.ResourceType() + "/" + fact.Node.ID()
			if seen[id] || fact.Node.ID() == "" || fact.Source.Slug == "" {
				t.Errorf("%q: %s of %q", line, id, fact.Source.Slug)
			}
			seen[id] = true
			validate.Resource(fact.Node, validate.Options{})
		}
		if !seen["Patient/p"] {
			t.Errorf("%q: no patient", line)
		}
	})
}
