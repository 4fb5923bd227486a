package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/store"
)

// Audit: a chain in order, filtered, verified.
func Audit(t *testing.T, s *store.Store) {
	p := put(t, s, 1, patient("p", "One"))[0].Key
	for i := range 5 {
		update(t, s, func(tx *store.Tx) error {
			n, err := tx.AppendAudit(fmt.Appendf(nil, "row %d", i), store.AuditFilter{Site: store.SiteNo(1 + i%2), Patient: p + 7, Actor: fmt.Sprint("a", i)})
			if n != int64(i+1) {
				t.Errorf("number %d", n)
			}
			return err
		})
	}
	n, err := s.VerifyAudit(t.Context())
	if n != 5 || err != nil {
		t.Errorf("verified %d %v", n, err)
	}
	view(t, s, func(v *store.View) error {
		for _, c := range []struct {
			f     store.AuditFilter
			after int64
			want  int
		}{{store.AuditFilter{}, 0, 5}, {store.AuditFilter{Site: 2}, 0, 2}, {store.AuditFilter{Patient: p}, 2, 3}, {store.AuditFilter{Actor: "a3"}, 0, 1}, {store.AuditFilter{Patient: p + 1<<24}, 0, 0}} {
			rows, err := v.Audit(c.after, 100, c.f)
			if err != nil || len(rows) != c.want {
				t.Errorf("%+v: %d rows %v, want %d", c.f, len(rows), err, c.want)
			}
		}
		return nil
	})
}

// Docs: small documents by kind and id.
func Docs(t *testing.T, s *store.Store) {
	update(t, s, func(tx *store.Tx) error {
		for _, id := range []string{"a/1", "a/2", "b"} {
			if err := tx.PutDoc("k", id, []byte(id)); err != nil {
				return err
			}
		}
		if b, err := tx.GetDoc("k", "b"); err != nil || string(b) != "b" {
			t.Errorf("inside: %s %v", b, err)
		}
		return tx.PutDoc("other", "b", nil)
	})
	var conflict *store.ErrVersion
	update(t, s, func(tx *store.Tx) error {
		if n, err := tx.PutDocVersion("k", "b", []byte("b2"), 1); n != 2 || err != nil {
			t.Errorf("put: %d %v", n, err)
		}
		if _, err := tx.PutDocVersion("k", "b", nil, 1); !errors.As(err, &conflict) {
			t.Errorf("conflict: %v", err)
		}
		if err := tx.DeleteDoc("k", "none"); err != store.ErrNotFound {
			t.Errorf("delete: %v", err)
		}
		return tx.DeleteDoc("k", "a/1")
	})
	view(t, s, func(v *store.View) error {
		if l, err := v.ListDocs("k", "a/"); err != nil || len(l) != 1 || l[0].ID != "a/2" {
			t.Errorf("list: %v %v", l, err)
		}
		if d, err := v.Doc("k", "b"); err != nil || d.Version != 2 || string(d.Body) != "b2" {
			t.Errorf("get: %+v %v", d, err)
		}
		if _, err := v.GetDoc("k", "a/1"); err != store.ErrNotFound {
			t.Errorf("deleted: %v", err)
		}
		return nil
	})
}

// Links: patients to persons, with everything ever said.
func Links(t *testing.T, s *store.Store) {
	rows := append(put(t, s, 1, patient("p", "One")), put(t, s, 2, patient("p", "One"))...)
	var person int64
	update(t, s, func(tx *store.Tx) (err error) {
		if person, err = tx.NewPerson(); err != nil {
			return err
		}
		for _, r := range rows {
			if err := tx.SetLink(store.LinkRow{Patient: r.Key, Person: person, Score: 0.9, State: "probable", By: "matcher"}); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, func(tx *store.Tx) error {
		return tx.SetLink(store.LinkRow{Patient: rows[1].Key, By: "ann", Why: "twins"})
	})
	view(t, s, func(v *store.View) error {
		if l, err := v.Links(person); err != nil || len(l) != 1 || l[0].Patient != rows[0].Key {
			t.Errorf("links: %v %v", l, err)
		}
		if l, err := v.PersonOf(rows[0].Key + 5); err != nil || l.Person != person || l.Score != 0.9 {
			t.Errorf("person: %v %v", l, err)
		}
		if _, err := v.PersonOf(rows[1].Key); err != store.ErrNotFound {
			t.Errorf("unlinked: %v", err)
		}
		if h, err := v.LinkHistory(rows[1].Key); err != nil || len(h) != 2 || h[0].Person != person || h[1].Person != 0 || h[1].Why != "twins" {
			t.Errorf("history: %v %v", h, err)
		}
		return nil
	})
	update(t, s, func(tx *store.Tx) error {
		if n, err := tx.NewPerson(); n == person || err != nil {
			t.Errorf("person %d again, %v", n, err)
		}
		return nil
	})
}

// Blobs: by digest, once.
func Blobs(t *testing.T, s *store.Store) {
	data := bytes.Repeat([]byte("image"), 100000)
	d, n, err := s.PutBlob(bytes.NewReader(data))
	if err != nil || n != int64(len(data)) || len(d) != 64 {
		t.Fatal(d, n, err)
	}
	if again, _, err := s.PutBlob(bytes.NewReader(data)); again != d || err != nil {
		t.Error(again, err)
	}
	f, err := s.OpenBlob(d)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, data) {
		t.Error("not the same", err)
	}
	for _, bad := range []string{"", "x", "../../etc/passwd", strings.Repeat("0", 64), strings.ToUpper(d)} {
		if _, err := s.OpenBlob(bad); err != store.ErrNotFound {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if n, bad, err := s.VerifyBlobs(t.Context()); n != 1 || len(bad) > 0 || err != nil {
		t.Error(n, bad, err)
	}
}

// History: of one resource, of a record, of a site; by time; page by page.
func History(t *testing.T, s *store.Store) {
	at := func(min int) time.Time { return time.Date(2025, 1, 1, 0, min, 0, 0, time.UTC) }
	keys := map[string]store.Key{}
	write := func(site store.SiteNo, text string, when time.Time) {
		update(t, s, func(tx *store.Tx) error {
			id, p := prepare(t, text)
			o := anyVersion
			o.Updated = when
			r, err := tx.Put(site, id, p, o)
			keys[id] = r.Key
			return err
		})
	}
	write(1, patient("p", "One"), at(0))
	write(1, observation("o", "p", "1-1", ""), at(1))
	write(2, patient("q", "Else"), at(2))
	write(1, observation("o", "p", "2-1", ""), at(3))
	update(t, s, func(tx *store.Tx) error {
		_, err := tx.Delete(1, "Observation", "o", store.PutOptions{Updated: at(4)})
		return err
	})
	write(1, patient("p2", "Two"), at(5))
	ask := func(scope store.Scope, f store.HistoryFilter) string {
		t.Helper()
		var out []string
		view(t, s, func(v *store.View) error {
			for {
				rows, next, err := v.History(scope, f)
				if err != nil {
					return err
				}
				for _, r := range rows {
					out = append(out, fmt.Sprintf("%s.%d", r.ID, r.Version))
				}
				if f.After = next; next == "" {
					return nil
				}
			}
		})
		return strings.Join(out, " ")
	}
	for _, count := range []int{1, 2, 100} {
		expect(t, "site", ask(site(1), store.HistoryFilter{Count: count}), "p2.1 o.3 o.2 o.1 p.1")
		expect(t, "type", ask(site(1), store.HistoryFilter{Type: "Patient", Count: count}), "p2.1 p.1")
		expect(t, "resource", ask(site(1), store.HistoryFilter{Type: "Observation", ID: "o", Count: count}), "o.3 o.2 o.1")
		expect(t, "other site", ask(site(2), store.HistoryFilter{Count: count}), "q.1")
		expect(t, "not here", ask(site(2), store.HistoryFilter{Type: "Observation", ID: "o", Count: count}), "")
		record := store.Scope{Ranges: []store.KeyRange{store.PatientRange(keys["p"])}}
		expect(t, "record", ask(record, store.HistoryFilter{Count: count}), "o.3 o.2 o.1 p.1")
		expect(t, "since", ask(site(1), store.HistoryFilter{Since: at(3), Count: count}), "p2.1 o.3 o.2")
		expect(t, "at", ask(site(1), store.HistoryFilter{At: at(3).Add(time.Second), Count: count}), "o.2 p.1")
		expect(t, "types", ask(store.Scope{Ranges: site(1).Ranges, Types: []string{"Patient"}}, store.HistoryFilter{Count: count}), "p2.1 p.1")
	}
	expect(t, "no scope", ask(store.Scope{}, store.HistoryFilter{}), "")
}

// Changes: the log, in order, without gaps, of all that was committed.
func Changes(t *testing.T, s *store.Store) {
	put(t, s, 1, patient("p", "One"), observation("o", "p", "1-1", ""))
	put(t, s, 2, patient("p", "One"))
	put(t, s, 1, observation("o", "p", "2-1", ""))
	view(t, s, func(v *store.View) error {
		var after store.Seq
		var got []string
		for {
			c, err := v.Changes(after, 3)
			if err != nil {
				return err
			}
			for _, c := range c {
				if c.Seq != after+1 {
					t.Errorf("%d follows %d", c.Seq, after)
				}
				after = c.Seq
				got = append(got, fmt.Sprintf("%d/%s.%d:%d", c.Site, c.ID, c.Version, c.Op))
			}
			if len(c) < 3 {
				break
			}
		}
		expect(t, "log", strings.Join(got, " "), "1/p.1:1 1/o.1:1 2/p.1:1 1/o.2:2")
		if seq, err := v.Seq(); seq != 4 || err != nil {
			t.Errorf("seq %d %v", seq, err)
		}
		return nil
	})
}

// Sharing: many writers at once; each is whole, all are there.
func Sharing(t *testing.T, s *store.Store) {
	put(t, s, 1, patient("p", "One"))
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := range 20 {
				_, err := s.Update(t.Context(), func(tx *store.Tx) error {
					id := fmt.Sprintf("o%d-%d", w, i)
					_, p := prepare(t, observation(id, "p", fmt.Sprintf("%d-1", w), ""))
					if _, err := tx.Put(1, id, p, anyVersion); err != nil {
						return err
					}
					if i%4 == 0 { // looks into the index and sees itself
						res, err := tx.Search(site(1), parse(t, fmt.Sprintf("Observation?code=%d-1", w)))
						if err != nil || len(res.Matches) == 0 {
							t.Errorf("inside: %v", err)
						}
					}
					if i%5 == 0 {
						return errors.New("left out")
					}
					return nil
				})
				if (err != nil) != (i%5 == 0) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	view(t, s, func(v *store.View) error {
		q := parse(t, "Observation?_summary=count")
		if res, err := v.Search(site(1), q); err != nil || res.Total != 16*16 {
			t.Errorf("%d %v", res.Total, err)
		}
		for w := range 16 {
			if res, err := v.Search(site(1), parse(t, fmt.Sprintf("Observation?code=%d-1&_summary=count", w))); err != nil || res.Total != 16 {
				t.Errorf("%d: %d %v", w, res.Total, err)
			}
		}
		return nil
	})
}
