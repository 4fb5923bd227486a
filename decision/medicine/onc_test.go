package medicine

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

// archived reads the member of ../shared/data/drugs.tar.zst whose name ends so.
func archived(t *testing.T, suffix string) string {
	t.Helper()
	f, err := os.Open("../../../shared/data/drugs.tar.zst")
	if err != nil {
		t.Skip("NOT TESTED: ../shared/data/drugs.tar.zst is not here: the lists of Phansalkar et al. were not compared")
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderMaxWindow(1<<28))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			t.Fatalf("no %s in the archive", suffix)
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(h.Name, suffix) {
			var b bytes.Buffer
			if _, err := io.Copy(&b, r); err != nil {
				t.Fatal(err)
			}
			return strings.TrimPrefix(b.String(), "\ufeff")
		}
	}
}

// pairs reads lines "name$id$name$id".
func pairs(t *testing.T, suffix string, each func(a, b string)) {
	for l := range strings.Lines(archived(t, suffix)) {
		if f := strings.Split(strings.TrimSpace(l), "$"); len(f) >= 3 {
			each(strings.ToLower(f[0]), strings.ToLower(f[2]))
		}
	}
}

// imidazoles of the 2013 list that are sold for the skin and the vagina only: a
// proton pump inhibitor cannot matter to them.
var onSkin = []string{"butoconazole", "clotrimazole", "econazole", "luliconazole", "miconazole", "oxiconazole", "sertaconazole", "tioconazole"}

// onBoth are pairs of the 2013 list that the high-priority list names too (QT).
var onBoth = []string{"sotalol + citalopram", "sotalol + escitalopram", "citalopram + sotalol", "escitalopram + sotalol"}

// noDrug are names of the lists that are no medicine here: mapped wrongly by
// those who typed the lists, or sold nowhere in the United States.
var noDrug = []string{"niclosamide", "methacholine", "ergonovine'"}

func TestHighPriorityList(t *testing.T) {
	n, same := 0, 0
	var missed []string
	pairs(t, "ONC_High_Priority_Mapped.csv", func(a, b string) {
		x, okA := substance.Find(a, nil)
		y, okB := substance.Find(b, nil)
		if !okA || !okB {
			t.Errorf("not recognised: %s %v, %s %v", a, okA, b, okB)
			return
		}
		if slices.Equal(x, y) {
			same++
			return
		}
		n++
		got := ask(with(takes(b, lakeside)), a)
		loud := slices.ContainsFunc(got.Cards, func(c rule.Card) bool { return c.Level == rule.Interrupt && c.Rule.Kind == rule.Interaction })
		if !loud {
			missed = append(missed, a+" + "+b)
		}
	})
	if len(missed) > 0 {
		t.Errorf("%d of %d pairs of the high-priority list do not interrupt: %s", len(missed), n, strings.Join(missed[:min(40, len(missed))], "; "))
	}
	t.Logf("%d pairs interrupt, %d pair a medicine with itself", n-len(missed), same)
}

func TestNonInterruptiveList(t *testing.T) {
	n, none := 0, 0
	var loud, missed []string
	unknown := map[string]bool{}
	pairs(t, "ONC_Non_Interuptive_Mapped.csv", func(a, b string) {
		if slices.Contains(noDrug, a) || slices.Contains(noDrug, b) {
			none++
			return
		}
		if _, ok := substance.Find(a, nil); !ok {
			unknown[a] = true
			return
		}
		if _, ok := substance.Find(b, nil); !ok {
			unknown[b] = true
			return
		}
		n++
		got := ask(with(takes(b, lakeside)), a)
		spoken := false
		for _, c := range got.Cards {
			if c.Rule.Kind == rule.Interaction {
				spoken = true
				if c.Level == rule.Interrupt && !slices.Contains(onBoth, a+" + "+b) {
					loud = append(loud, a+" + "+b+" by "+c.Rule.ID)
				}
			}
		}
		if !spoken && !slices.Contains(onSkin, a) && !slices.Contains(onSkin, b) {
			missed = append(missed, a+" + "+b)
		}
	})
	if len(missed) > 0 {
		t.Errorf("%d pairs have no card: %s", len(missed), strings.Join(missed[:min(60, len(missed))], "; "))
	}
	t.Logf("%d pairs, %d without a card, %d names not sold in the United States: %v", n, len(missed), len(unknown), unknown)
	if len(loud) > 0 {
		t.Errorf("%d interrupt: %s", len(loud), strings.Join(loud[:min(20, len(loud))], "; "))
	}
}

// beyond are ingredients of rules that cite the high-priority list and are not in the
// list as it was typed, each with who says so.
var beyond = map[string]string{
	"lisdexamfetamine": "table 2 of the paper has it; the typed list does not", "meperidine": "table 2 of the paper has it; the typed list does not",
	"esomeprazole": "table 2 of the paper has it; the typed list does not", "dexlansoprazole": "the panel added it (table 2, considerations)",
	"febuxostat": "pair 6 of table 2; the typed list lacks the pair", "azathioprine": "pair 6 of table 2", "mercaptopurine": "pair 6 of table 2",
	"amoxapine": "its label, Contraindications: MAO inhibitors", "trazodone": "its label, section 4: MAO inhibitors", "mirtazapine": "its label, section 4: MAO inhibitors",
	"vilazodone": "approved 2011; its label, section 4", "vortioxetine": "approved 2013; its label, section 4", "levomilnacipran": "approved 2013; its label, section 4",
	"moclobamide": "a MAO-A inhibitor not sold in the United States; travellers take it", "rasagiline": "its label, section 4: other MAO inhibitors", "safinamide": "its label, section 4: other MAO inhibitors",
	"gepirone": "approved 2023; its label, section 4: MAO inhibitors", "serdexmethylphenidate": "approved 2021; label of Azstarys, section 4: MAO inhibitors",
	"cobicistat": "approved 2012; labels of Zocor and of ergots, Contraindications", "posaconazole": "labels of Zocor and of ergots, Contraindications", "methylergonovine": "the list has it as methylergometrine",
}

// TestBeyondTheHighPriorityList: a rule that cites the list interrupts for nobody
// whom neither the list nor a named source has.
func TestBeyondTheHighPriorityList(t *testing.T) {
	listed := map[string]bool{}
	pairs(t, "ONC_High_Priority_Mapped.csv", func(a, b string) {
		for _, n := range []string{a, b} {
			found, _ := substance.Find(n, nil)
			for _, s := range found {
				listed[s.Name] = true
			}
		}
	})
	used := map[string]bool{}
	for i := range builtin() {
		x := &builtin()[i]
		if !strings.Contains(x.Citation, "High-priority") {
			continue
		}
		for _, s := range []Side{x.A, x.B} {
			for m := range s.Members {
				switch {
				case beyond[m] != "":
					used[m] = true
				case !listed[m]:
					t.Errorf("%s: %s is neither in the list nor has a source", x.ID, m)
				}
			}
		}
	}
	for m := range beyond {
		if !used[m] {
			t.Errorf("%s is in no rule of the list", m)
		}
	}
}
