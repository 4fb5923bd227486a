package record

import (
	"fmt"
	"path/filepath"
	"testing"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/store"
)

// BenchmarkMerged asks about a patient who was merged with nobody, at a site where
// nobody was and at one where 500 others were, and about one of those.
func BenchmarkMerged(b *testing.B) {
	st, err := store.Open(b.Context(), store.Options{Path: filepath.Join(b.TempDir(), "r.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	r, err := New(b.Context(), st, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for _, slug := range []string{"none", "some"} {
		if _, err := r.PutSite(b.Context(), Site{Slug: slug, Name: slug, Local: true}); err != nil {
			b.Fatal(err)
		}
		var acts []Act
		add := func(text string) {
			d, err := fhir.Parse([]byte(text))
			if err != nil {
				b.Fatal(err)
			}
			acts = append(acts, Act{Op: Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
		}
		for i := range 1001 {
			link := ""
			if slug == "some" && i < 1000 {
				link = fmt.Sprintf(`,"link":[{"other":{"reference":"Patient/p%d"},"type":%q}]`, i^1, []string{"replaces", "replaced-by"}[i&1])
			}
			add(fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","name":[{"family":"F%d"}]%s}`, i, i, link))
			for j := range 5 {
				add(obs(fmt.Sprintf("o%d-%d", i, j), fmt.Sprintf("p%d", i), ""))
			}
		}
		if _, err := r.system(slug).Transact(b.Context(), acts); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct{ site, patient string }{{"none", "p1000"}, {"some", "p1000"}, {"some", "p0"}} {
		s := r.user(c.site, access.Physician)
		q, err := ask("Observation", "patient="+c.patient+"&code=6301-6")
		if err != nil {
			b.Fatal(err)
		}
		chain, err := ask("Observation", "patient.family=f100&code=6301-6")
		if err != nil {
			b.Fatal(err)
		}
		run := func(name string, f func() error) {
			b.Run(name+"/"+c.site+"/"+c.patient, func(b *testing.B) {
				for b.Loop() {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("search", func() error { _, err := s.Search(b.Context(), q); return err })
		run("chain", func() error { _, err := s.Search(b.Context(), chain); return err })
		run("facts", func() error { _, err := s.Facts(b.Context(), FactsQuery{Patient: c.patient}); return err })
	}
}
