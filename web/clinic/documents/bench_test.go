package documents

import (
	"net/url"
	"testing"

	"wholechart/chart/document"
)

// What the pages cost on a chart with a hundred files of a full index each.
func BenchmarkPages(b *testing.B) {
	n := house(b)
	u := n.User(lena)
	for i := range 100 {
		text := make([]byte, document.MaxWords)
		for k := range text {
			text[k] = "abcdefgh "[(k*7+i)%9]
		}
		if res, _ := send(b, u, rosa, url.Values{"kind": {"34109-9"}}, upload{"f.txt", append(text, byte('a'+i%26), byte('a'+i/26))}); res.StatusCode != 200 {
			b.Fatal(res.StatusCode)
		}
	}
	for name, path := range map[string]string{"library": rosa + "/library", "found": rosa + "/library?kind=34109-9", "upload": rosa + "/upload", "new": rosa + "/letters/new"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				u.Open(path)
			}
		})
	}
	b.Run("search", func(b *testing.B) {
		for b.Loop() {
			u.Open(rosa + "/library?q=habc+nowhere")
		}
	})
}

// BenchmarkPrint sets a letter of two pages.
func BenchmarkPrint(b *testing.B) {
	l := document.Letter{Title: "x", Body: "# Medicines\n- Metformin 1,000 mg, twice daily\n\nA sentence that is set."}
	for b.Loop() {
		if _, err := document.Print(l, document.Head{Site: "Maple Street", Patient: "Rosa Delgado"}); err != nil {
			b.Fatal(err)
		}
	}
}
