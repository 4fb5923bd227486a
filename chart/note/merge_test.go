package note

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		base, mine, theirs, want string
		clash                    bool
	}{
		{"", "abc", "", "abc", false},
		{"", "", "abc", "abc", false},
		{"a\nb", "a\nb\nmine", "theirs\na\nb", "theirs\na\nb\nmine", false},
		{"a\nb\nc", "A\nb\nc", "a\nb\nC", "A\nb\nC", false},
		{"a\nb", "A\nb", "a\nB", "A\nB", false}, // neighbours
		{"a", "mine", "theirs", "theirs\nmine", true},
		{"", "mine", "theirs", "theirs\nmine", true},
		{"a\nb", "b", "a changed\nb", "a changed\nb", false}, // deleted and changed: as changed
		{"a\nb\nc", "c", "a\nb\nc\nd", "c\nd", false},
		{"a", "a", "", "", false},
		{"x", "x same", "x same", "x same", false},
	} {
		got, clash := Merge(c.base, c.mine, c.theirs)
		if got != c.want || clash != c.clash {
			t.Errorf("Merge(%q, %q, %q) = %q %v, want %q %v", c.base, c.mine, c.theirs, got, clash, c.want, c.clash)
		}
	}
}

func someText(t *rapid.T, name string) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d e", "", "fever"}), 0, 7).Draw(t, name), "\n")
}

func TestMergeLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, m, s := someText(t, "base"), someText(t, "mine"), someText(t, "theirs")
		checkMerge(t, b, m, s)
	})
}

type failer interface{ Fatalf(string, ...any) }

func checkMerge(t failer, b, m, s string) {
	got, _ := Merge(b, m, s)
	have := lines(got)
	for _, side := range []string{m, s} {
		for _, l := range lines(side) {
			if strings.TrimSpace(l) != "" && !slices.Contains(lines(b), l) && !slices.Contains(have, l) {
				t.Fatalf("Merge(%q, %q, %q) = %q lost %q", b, m, s, got, l)
			}
		}
	}
	if x, c := Merge(b, b, s); x != s || c {
		t.Fatalf("who changed nothing must get theirs: %q", x)
	}
	if x, c := Merge(b, m, b); x != m || c {
		t.Fatalf("mine against nothing: %q", x)
	}
	if x, c := Merge(b, m, m); x != m || c {
		t.Fatalf("the same: %q", x)
	}
	for _, l := range have {
		if l != "" && !slices.Contains(lines(m), l) && !slices.Contains(lines(s), l) {
			t.Fatalf("Merge(%q, %q, %q) = %q made up %q", b, m, s, got, l)
		}
	}
}

func TestDiff(t *testing.T) {
	got := Diff("UTI, uncomplicated.", "UTI, E. coli, uncomplicated.")
	var s strings.Builder
	for _, c := range got {
		s.WriteString([]string{"", "-", "+"}[c.Op] + "[" + c.Text + "]")
	}
	if s.String() != "[UTI, ]+[E. coli, ][uncomplicated.]" {
		t.Error(s.String())
	}
	long := strings.Repeat("a b ", 3000)
	other := strings.Repeat("c d ", 3000)
	if n := len(Diff(long, other)); n > 3 {
		t.Errorf("%d changes of texts that are too long to compare", n)
	}
	rapid.Check(t, func(t *rapid.T) {
		checkDiff(t, someText(t, "old"), someText(t, "new"))
	})
}

func checkDiff(t failer, old, new string) {
	var a, b strings.Builder
	for _, c := range Diff(old, new) {
		if c.Text == "" {
			t.Fatalf("an empty change")
		}
		if c.Op != Inserted {
			a.WriteString(c.Text)
		}
		if c.Op != Deleted {
			b.WriteString(c.Text)
		}
	}
	if a.String() != old || b.String() != new {
		t.Fatalf("Diff(%q, %q) is of %q and %q", old, new, a.String(), b.String())
	}
}

func FuzzMerge(f *testing.F) {
	f.Add("a\nb", "a\nc", "b\n")
	f.Add("", "x", "y")
	f.Add("\n\n", "مريم", "🙂\n")
	f.Fuzz(func(t *testing.T, b, m, s string) {
		if len(b)+len(m)+len(s) > 5000 {
			return
		}
		checkMerge(t, b, m, s)
		checkDiff(t, m, s)
	})
}

func FuzzText(f *testing.F) {
	f.Add("a\r\n\r\n\r\n b\x00 <p>&amp; ]]> *** ", ".fu")
	f.Add("<script>alert(1)</script>", "see .uti")
	f.Fuzz(func(t *testing.T, text, typed string) {
		c := Clean(text)
		if Clean(c) != c {
			t.Fatalf("Clean(%q) is not clean: %q, %q", text, c, Clean(c))
		}
		if got := undiv(div(c, nil)); got != c {
			t.Fatalf("narrative of %q reads %q", c, got)
		}
		undiv(text)
		out, at, ok := Expand(typed, len(typed), Snippets)
		if at < 0 || at > len(out) || !ok && out != typed {
			t.Fatalf("Expand(%q) = %q %d %v", typed, out, at, ok)
		}
		ExpandAll(typed, Snippets)
		if s, d, err := ReadPressure(typed); err == nil && s.Float() <= d.Float() {
			t.Fatal(typed)
		}
		for _, v := range Vitals {
			if a, err := v.Read(typed, ""); err == nil {
				if acts, err := Take(Taking{Patient: "p", When: when, Now: when, By: lena}, []Measured{{Vital: &v, Amount: a}}); v.Kind != "bp" && (err != nil || len(acts) != 1) {
					t.Fatal(typed, err)
				}
			}
		}
	})
}

func FuzzDraft(f *testing.F) {
	f.Add([]byte(`{"sections":[{"code":"a","text":"b"}]}`), "a", "b", "c")
	f.Fuzz(func(t *testing.T, body []byte, code, base, text string) {
		d, err := ParseDraft(body)
		if err != nil {
			return
		}
		if _, err := d.Apply([]Edit{{Code: code, Base: base, Text: text, Save: "s"}}, lena, when, 2); err != nil {
			return
		}
		if _, err := ParseDraft(d.Body()); err != nil {
			t.Fatal(err)
		}
		d.Retemplate(Templates[1])
	})
}
