package note

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func blank4() Draft {
	d := Draft{Encounter: "e1"}
	d.Retemplate(Templates[0])
	return d
}

const ap = "51847-2"

func TestTwoPeopleInOneNote(t *testing.T) {
	d := blank4()
	put := func(e Edit, by Who, rev int) {
		t.Helper()
		if _, err := d.Apply([]Edit{e}, by, when, rev); err != nil {
			t.Fatal(err)
		}
	}
	put(Edit{Code: "10154-3", Text: "Burning", Save: "l1"}, lena, 1)
	put(Edit{Code: ap, Text: "1. UTI", Save: "l2"}, lena, 2)
	put(Edit{Code: "61149-1", Text: "36.8", Save: "t1"}, tomo, 3)
	if len(d.Section(ap).Clashes)+len(d.Section("61149-1").Clashes) != 0 || d.Section("61149-1").ByName != tomo.Name {
		t.Error("different sections do not clash")
	}
	put(Edit{Code: ap, Base: "", Text: "1. Cystitis", Save: "t2"}, tomo, 4)
	s := d.Section(ap)
	if s.Text != "1. UTI\n1. Cystitis" || len(s.Clashes) != 1 || s.Clashes[0].By != tomo.Name || s.Clashes[0].With != lena.Name {
		t.Errorf("both are kept and it is said: %+v", s)
	}
	var b *Blocked
	if err := d.Ready(); !errors.As(err, &b) || len(b.Clashes) != 1 {
		t.Error("a clash is looked at before it is signed:", err)
	}
}

func TestSaveThatLostItsAnswerIsNotMadeTwice(t *testing.T) {
	d := blank4()
	if _, err := d.Apply([]Edit{{Code: ap, Text: "No fe", Save: "1"}}, lena, when, 1); err != nil {
		t.Fatal(err)
	}
	// The answer was lost; the writer typed on and sends again from the old base.
	e := Edit{Code: ap, Text: "No fever", Save: "2", Unsure: []Unsure{{Save: "1", Text: "No fe"}}}
	for range 2 { // and that one twice, too
		if _, err := d.Apply([]Edit{e}, lena, when, 2); err != nil {
			t.Fatal(err)
		}
	}
	if s := d.Section(ap); s.Text != "No fever" || len(s.Clashes) != 0 {
		t.Errorf("got %+v", s)
	}
	// It never arrived: the base is the old one.
	d = blank4()
	if _, err := d.Apply([]Edit{e}, lena, when, 2); err != nil || d.Section(ap).Text != "No fever" {
		t.Error(err, d.Section(ap))
	}
}

func TestTemplateChangeLosesNoWord(t *testing.T) {
	d := blank4()
	_, err := d.Apply([]Edit{{Code: "61150-9", Text: "Cough"}, {Code: ap, Text: "Rest"}}, lena, when, 1)
	if err != nil {
		t.Fatal(err)
	}
	d.Retemplate(TemplateOf("procedure"))
	if d.Section("61150-9") == nil || d.Section(ap) == nil || d.Section("10154-3") != nil {
		t.Errorf("written sections stay, empty ones go: %+v", d.Plain())
	}
	if _, err := d.Apply([]Edit{{Code: "61149-1", Text: "typed elsewhere meanwhile"}}, tomo, when, 3); err != nil || d.Section("61149-1") == nil {
		t.Error("a section that went is there again when somebody wrote in it")
	}
	if _, err := d.Apply([]Edit{{Code: ap, Text: strings.Repeat("x", MaxText+1)}}, lena, when, 4); !errors.Is(err, ErrLong) {
		t.Error(err)
	}
}

// Two writers type, save and lose answers in any order; at the end both have saved
// without loss of an answer, and every line that was typed and not deleted by its
// writer is there.
func TestWritersConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := blank4()
		type browser struct {
			who        Who
			base, text string
			unsure     []Unsure
			typed      int
		}
		bs := []*browser{{who: lena}, {who: tomo}}
		var all []string
		rev, names := 0, 0
		save := func(b *browser, lose bool) {
			names++
			e := Edit{Code: ap, Base: b.base, Text: b.text, Save: b.who.User + "-" + string(rune('a'+names%26)) + string(rune('a'+names/26)), Unsure: b.unsure}
			rev++
			if _, err := d.Apply([]Edit{e}, b.who, when, rev); err != nil {
				t.Fatalf("%v", err)
			}
			if lose {
				b.unsure = append(b.unsure, Unsure{e.Save, e.Text})
				return
			}
			b.base, b.text, b.unsure = d.Section(ap).Text, d.Section(ap).Text, nil
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			b := bs[rapid.IntRange(0, 1).Draw(t, "who")]
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				b.typed++
				l := b.who.User + string(rune('0'+b.typed))
				all = append(all, l)
				if b.text != "" {
					l = "\n" + l
				}
				b.text += l
			case 1:
				save(b, false)
			case 2:
				save(b, true)
			}
		}
		save(bs[0], false)
		save(bs[1], false)
		for _, l := range all {
			if n := strings.Count("\n"+d.Section(ap).Text+"\n", "\n"+l+"\n"); n != 1 {
				t.Fatalf("%q is there %d times in %q", l, n, d.Section(ap).Text)
			}
		}
	})
}

func TestExpand(t *testing.T) {
	set := Joined([]Snippet{{"fu", "Mine *** end"}, {"neg", "none"}})
	for _, c := range []struct {
		text string
		want string
		at   int
		ok   bool
	}{
		{"see .fu", "see Mine *** end", 9, true},
		{".neg", "none", 4, true},
		{"x.neg", "x.neg", 5, false},
		{"see .nothing", "see .nothing", 12, false},
		{"end.", "end.", 4, false},
		{"(.neg", "(none", 5, true},
	} {
		got, at, ok := Expand(c.text, len(c.text), set)
		if got != c.want || at != c.at || ok != c.ok {
			t.Errorf("%q: %q %d %v", c.text, got, at, ok)
		}
	}
	if got := ExpandAll("a .neg, .neg\n.neg b.", set); got != "a .neg, none\nnone b." {
		t.Error(got)
	}
	if err := CheckSnippets(Snippets); err != nil {
		t.Error(err)
	}
	for _, bad := range [][]Snippet{{{"", "x"}}, {{"a b", "x"}}, {{"a", " "}}, {{"a", "x"}, {"a", "y"}}, {{"a", strings.Repeat("x", 5000)}}} {
		if CheckSnippets(bad) == nil {
			t.Errorf("%.40v", bad)
		}
	}
}
