package document

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var signedAt = time.Date(2026, 11, 22, 10, 24, 0, 0, time.FixedZone("EST", -5*3600))

func aHead() Head {
	return Head{Site: "Maple Street Family Practice", Address: []string{"12 Maple Street, Columbus, Ohio"}, Patient: "María Łukasz 李", MRN: "004-17-882", Born: "14 Mar 1958",
		By: Who{Name: "Lena Okonkwo, MD"}, Signed: signedAt}
}

// read is what pdftotext finds in a PDF.
func read(t *testing.T, pdf []byte) string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed: the PDF's text was not read")
	}
	file := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-layout", file, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestPrint(t *testing.T) {
	l := Letter{Template: "blank", Title: "Referral letter", To: "Dr. Åse Ångström\nΑθήνα", Body: "Dear colleague,\n\n# Medicines\n- Metformin 1,000 mg, twice daily\n- Warfarin ≥ 5 mg\n\n" + strings.Repeat("A long sentence that fills the sheet with words. ", 120) + "\n\nשלום עולם\nمرحبا 🙂"}
	pdf, err := Print(l, aHead())
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Print(l, aHead())
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Equal(pdf, again) {
		t.Error("not a PDF, or not the same twice")
	}
	for _, w := range []string{"/Lang (en-US)", "/Title"} {
		if !bytes.Contains(pdf, []byte(w)) {
			t.Errorf("no %s", w)
		}
	}
	f, err := Sniff(pdf)
	if err != nil || f.Pages != 2 || f.Active || f.Protected {
		t.Errorf("%v, %v", f, err)
	}
	if !strings.Contains(f.Words, "Metformin") {
		t.Errorf("our own words are not found: %.200q", f.Words)
	}
	text := read(t, pdf)
	for _, w := range []string{"Maple Street Family Practice", "María Łukasz [U+674E] · MRN 004-17-882 · born 14 Mar 1958", "1 of 2", "2 of 2", "Dr. Åse Ångström", "Αθήνα", "• Metformin 1,000 mg", "≥ 5 mg", "[U+1F642]", "stand for letters", "Lena Okonkwo, MD", "22 November 2026"} {
		if !strings.Contains(text, w) {
			t.Errorf("no %q", w)
		}
	}
	if strings.Contains(text, "DRAFT") {
		t.Error("a signed letter says draft")
	}
	if got := string(Lacks(l, aHead())); got != "李🙂" {
		t.Errorf("%q", got)
	}
	h := aHead()
	h.Signed = time.Time{}
	draft, err := Print(l, h)
	if err != nil || strings.Count(read(t, draft), "DRAFT: not signed") != 2 {
		t.Errorf("%v", err)
	}
}

func TestPrintBounds(t *testing.T) {
	if _, err := Print(Letter{Title: "x", Body: strings.Repeat("line\n", 5000)}, aHead()); err == nil {
		t.Error("a letter of more pages than anybody reads was set")
	}
	if _, err := Print(Letter{Title: strings.Repeat("w", 400), Body: strings.Repeat("W", 20000) + "\x00\xff\u202e"}, aHead()); err != nil {
		t.Error(err)
	}
}

func TestSetting(t *testing.T) {
	for in, want := range map[string]string{
		"María":                 "María",
		"Maria\u0301":           "Mariá",
		"a\u200bb\u202ec\ufe0f": "abc",
		"سلام":                  "\ufeb3\ufefc\ufee1", // seen initial, lam-alef final, meem isolated
		"بب":                    "\ufe91\ufe90",
		"دب":                    "\ufea9\ufe8f",
	} {
		if got, _ := setting(in, have()); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"abc": "abc", "אבג": "גבא", "x אב 12": "x 12 בא", "x אב 12 y": "x 12 בא y", "אב 12 גד": "דג 12 בא"} {
		if got, _ := visual(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzSetting(f *testing.F) {
	f.Add("سلام אב 12 (x) 李 🙂 é")
	f.Add("\u202e\u0644\u0627\u064b")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			return
		}
		set, lacks := setting(s, have())
		for _, r := range set {
			if r != '\n' && !have()[r] {
				t.Fatalf("%U cannot be set (%U)", r, lacks)
			}
		}
		if drawn, _ := visual(set); len([]rune(drawn)) != len([]rune(set)) && !strings.Contains(set, "\n") {
			t.Fatalf("%q became %q", set, drawn)
		}
		n := 0
		for _, b := range Blocks(s) {
			n += len(b.Lines)
		}
		if n > strings.Count(s, "\n")+1 {
			t.Fatalf("%d lines", n)
		}
		l := NewLook(s)
		snippet(s, Fold(s), "a")
		_ = l
	})
}
