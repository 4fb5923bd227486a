package admin

import (
	"encoding/csv"
	"strings"
	"testing"
	"unicode"
)

// FuzzCell looks for a text that a spreadsheet takes for a formula, or that
// breaks out of its cell.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"", "plain", "=1+1", "\t=1", " \u200b=1", "＋1", "a\r\n=1", `"=1`, "'x", "@SUM(A1)", "-2", "\ufeff=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cell(s)
		if strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q keeps a control character", got)
		}
		bare := strings.TrimLeftFunc(got, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
		if bare != "" && strings.ContainsRune("=+-@＝＋－＠|%", []rune(bare)[0]) {
			t.Errorf("%q looks like a formula", got)
		}
		var b strings.Builder
		w := csv.NewWriter(&b)
		if err := w.Write([]string{"x", got, "y"}); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		row, err := csv.NewReader(strings.NewReader(b.String())).Read()
		if err != nil || len(row) != 3 {
			t.Errorf("%q broke its row: %v %v", got, row, err)
		}
	})
}
