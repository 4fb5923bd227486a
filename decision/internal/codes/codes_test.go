package codes

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

var update = flag.Bool("update", false, "write testdata/otherwords.txt and testdata/unseen.txt anew: then read the difference, line by line")

// names are what the lists in reach call a code: system and code to names.
func names(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	f, err := os.Open("../../../../shared/data/codes.tar.zst")
	if err != nil {
		t.Skip("NOT TESTED: ../shared/data/codes.tar.zst is not here: the codes of the rules were held against no list")
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderMaxWindow(1<<28))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	columns := map[string]struct {
		system string
		name   int
	}{
		"loinc-codes-in-ecqm-valuesets.tsv": {"loinc", 1}, "gps-2020-07-31.tsv": {"snomed", 1},
		"icd10cm-2021-order.tsv.gz": {"icd", 2}, "icd10cm-post2021-additions-from-vsac.tsv": {"icd", 1},
	}
	read := 0
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		c, ok := columns[h.Name[strings.LastIndexByte(h.Name, '/')+1:]]
		if !ok {
			continue
		}
		read++
		var in io.Reader = r
		if strings.HasSuffix(h.Name, ".gz") {
			if in, err = gzip.NewReader(r); err != nil {
				t.Fatal(err)
			}
		}
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if p := strings.Split(lines.Text(), "\t"); len(p) > c.name {
				k := c.system + " " + strings.ReplaceAll(p[0], ".", "")
				out[k] = append(out[k], p[c.name])
			}
		}
	}
	if read != len(columns) {
		t.Fatalf("%d of %d lists in the archive", read, len(columns))
	}
	return out
}

// lines are those of a file of testdata that are no comment.
func lines(t *testing.T, name string) (out []string) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
			out = append(out, l)
		}
	}
	return out
}

// TestCodesMeanWhatTheTablesSay holds every LOINC, SNOMED CT and ICD-10-CM code of the
// rules against the lists of codes in reach: a code that another thing stands for
// makes a check that never fires, or one that fires for nothing.
//
// A code whose name has no word in common with the table's words stands in
// otherwords.txt, where somebody read it; a code that no list in reach has stands in
// unseen.txt, and a code of unseen.txt that a list has fails.
func TestCodesMeanWhatTheTablesSay(t *testing.T) {
	uses, err := Read("../..")
	if err != nil {
		t.Fatal(err)
	}
	known := names(t)
	for _, l := range lines(t, "seen.tsv") { // system, code, name, where it was seen
		f := strings.Split(l, "\t")
		if len(f) != 4 {
			t.Fatalf("seen.tsv: %q", l)
		}
		k := f[0] + " " + f[1]
		known[k] = append(known[k], f[2])
	}
	below := map[string][]string{}
	for k, n := range known {
		if code, ok := strings.CutPrefix(k, "icd "); ok {
			for i := 1; i <= len(code); i++ {
				below[code[:i]] = append(below[code[:i]], n...)
			}
		}
	}
	var other, unseen []string
	count := map[string]int{}
	for _, u := range uses {
		var found []string
		switch u.System {
		case "loinc", "snomed":
			found = known[u.System+" "+u.Code]
		case "icd":
			code, all := strings.CutSuffix(strings.ReplaceAll(u.Code, ".", ""), "*")
			if found = known["icd "+code]; all && found == nil {
				found = below[code]
			}
		default:
			continue // CPT and HCPCS: no list is in reach
		}
		count[u.System]++
		line := fmt.Sprintf("%s %s %s", u.System, u.Code, u.Key)
		switch {
		case len(found) == 0:
			unseen = append(unseen, line)
		case !slices.ContainsFunc(found, func(n string) bool { return Same(n, u.What) }):
			other = append(other, line+" : "+slices.Min(found))
		default:
			count[u.System+" agrees"]++
		}
	}
	slices.Sort(other)
	slices.Sort(unseen)
	other, unseen = slices.Compact(other), slices.Compact(unseen)
	if *update {
		write(t, "otherwords.txt", "# Codes whose name in the lists has no word in common with the words of our table: system,\n# code, our concept or test : the name. Each line was read: it is the same thing in other\n# words, or a thing that belongs to it.\n", other)
		write(t, "unseen.txt", "# Codes that no list in reach has: what they mean is from knowledge alone. A line whose\n# code a list has by now fails the test.\n", unseen)
		return
	}
	compare(t, "otherwords.txt", other, "a code has another name than the table's words: is it the right code?")
	compare(t, "unseen.txt", unseen, "a code is in no list in reach")
	t.Logf("%v; %d in other words, %d unseen", count, len(other), len(unseen))
}

func compare(t *testing.T, file string, got []string, why string) {
	t.Helper()
	want := lines(t, file)
	for _, l := range got {
		if !slices.Contains(want, l) {
			t.Errorf("%s: %s", why, l)
		}
	}
	for _, l := range want {
		if !slices.Contains(got, l) {
			t.Errorf("%s: the line is no longer true: %s", file, l)
		}
	}
}

func write(t *testing.T, file, head string, list []string) {
	t.Helper()
	if err := os.WriteFile("testdata/"+file, []byte(head+strings.Join(list, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestAnotherMeaningFails: the codes that were wrong in these tables would not pass.
func TestAnotherMeaningFails(t *testing.T) {
	for _, c := range []struct{ name, words string }{
		{"How many people are living or staying at this address [#]", "smoking-status smoking status"},
		{"Chlamydia trachomatis rRNA [Presence] in Anorectal by NAA", "gonorrhoea-test gonorrhoea neisseria gc. culture"},
		{"Excessive bleeding in the premenopausal period", "menopause menopause postmenopausal"},
	} {
		if Same(c.name, c.words) {
			t.Errorf("%q passes for %q", c.name, c.words)
		}
	}
	if !Same("Hemoglobin A1c/Hemoglobin.total in Blood", "haemoglobin") || !Same("Thyrotropin [Units/volume]", "tsh thyrotropin") {
		t.Error("the same thing does not pass")
	}
}
