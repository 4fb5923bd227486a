package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"wholechart/search"
)

func basic(t testing.TB, id string) *Prepared {
	return prepare(t, `{"resourceType":"Basic","id":"`+id+`"}`, search.Extracted{Terms: []search.Term{{Path: 1, Value: []byte(id)}}})
}

// Settings that durability rests on.
func TestDurableSettings(t *testing.T) {
	s := open(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "trusted_schema": "0"} {
		for _, c := range []*conn{s.w.c, s.readers.taken()} {
			st, _, err := c.db.Prepare("PRAGMA " + pragma)
			if err != nil {
				t.Fatal(err)
			}
			if st.Step(); st.ColumnText(0) != want {
				t.Errorf("%s is %s, want %s", pragma, st.ColumnText(0), want)
			}
			st.Close()
			if c != s.w.c {
				if err := c.db.Exec("DELETE FROM resource"); err == nil {
					t.Error("a reader could write")
				}
				s.readers.list = append(s.readers.list, c)
			}
		}
	}
}

// The database itself refuses to change the audit chain, and a change made by
// other means is found.
func TestAuditTampering(t *testing.T) {
	s := open(t)
	for i := range 4 {
		update(t, s, func(tx *Tx) error {
			_, err := tx.AppendAudit(fmt.Append(nil, i), AuditFilter{Actor: "ann"})
			return err
		})
	}
	for _, sql := range []string{"UPDATE audit SET body = 'x' WHERE n = 2", "DELETE FROM audit WHERE n = 2", "UPDATE audit SET actor = 'bob'"} {
		if err := s.w.c.db.Exec(sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, c := range []struct {
		sql string
		at  int64
	}{
		{"UPDATE audit SET actor = 'bob' WHERE n = 3", 3},
		{"UPDATE audit SET at = at + 1 WHERE n = 2", 2},
		{"DELETE FROM audit WHERE n = 1", 1},
	} {
		if err := s.w.c.db.Exec("DROP TRIGGER IF EXISTS audit_no_update; DROP TRIGGER IF EXISTS audit_no_delete; " + c.sql); err != nil {
			t.Fatal(err)
		}
		var broken *ErrAudit
		if n, err := s.VerifyAudit(t.Context()); !errors.As(err, &broken) || broken.N != c.at || n != c.at-1 {
			t.Errorf("%s: %d %v", c.sql, n, err)
		}
	}
}

// What was written is there after closing and opening; a store from a newer
// program is refused.
func TestOpenAgain(t *testing.T) {
	o := Options{Path: filepath.Join(t.TempDir(), "a b?#%.db")}
	var next string
	for i := range 3 {
		s, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		update(t, s, func(tx *Tx) error {
			for _, id := range []string{"a", "b", "c"} {
				if _, err := tx.Put(1, id, basic(t, id), PutOptions{IfVersion: []int{0, 1, 2}[i]}); err != nil {
					return err
				}
			}
			_, err := tx.AppendAudit(nil)
			return err
		})
		if n, err := s.VerifyAudit(t.Context()); n != int64(i+1) || err != nil {
			t.Errorf("audit %d %v", n, err)
		}
		view(t, s, func(v *View) error { // a paging link outlives the process
			res, err := v.Search(Scope{Ranges: []KeyRange{SiteRange(1)}}, &search.Query{Type: "Basic", Count: 1, After: next})
			if err != nil || len(res.Matches) != 1 || res.Matches[0].ID != []string{"a", "b", "c"}[i] {
				t.Errorf("page %d: %v %v", i, res, err)
			}
			next = res.Next
			return nil
		})
		if i == 2 {
			if err := s.w.c.db.Exec("PRAGMA user_version = 999"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := s.Update(t.Context(), func(*Tx) error { return nil }); err != ErrClosed {
			t.Errorf("closed: %v", err)
		}
		if err := s.View(t.Context(), func(*View) error { return nil }); err != ErrClosed {
			t.Errorf("closed: %v", err)
		}
	}
	if _, err := Open(t.Context(), o); err == nil {
		t.Error("a newer schema was opened")
	}
}

// Two processes may have the file open: a command beside the server.
func TestTwoStores(t *testing.T) {
	a := open(t)
	b, err := Open(t.Context(), a.opt)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for i := range 6 {
		s := []*Store{a, b}[i%2]
		update(t, s, func(tx *Tx) error {
			if _, err := tx.Put(1, fmt.Sprint("x", i), basic(t, fmt.Sprint("x", i)), PutOptions{}); err != nil {
				return err
			}
			if r, err := tx.Put(1, "shared", basic(t, "shared"), PutOptions{IfVersion: AnyVersion}); err != nil || r.Version != i+1 {
				t.Errorf("version %d %v, want %d", r.Version, err, i+1)
			}
			_, err := tx.AppendAudit(nil)
			return err
		})
	}
	if n, err := a.VerifyAudit(t.Context()); n != 6 || err != nil {
		t.Error(n, err)
	}
	view(t, a, func(v *View) error {
		if c, err := v.Changes(0, 100); err != nil || len(c) != 12 || c[11].Seq != 12 {
			t.Error(len(c), err)
		}
		return nil
	})
}

// A backup is a whole store as it was.
func TestBackup(t *testing.T) {
	s := open(t)
	update(t, s, func(tx *Tx) error { _, err := tx.Put(1, "a", basic(t, "a"), PutOptions{}); return err })
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), path); err == nil {
		t.Error("a backup was written over")
	}
	update(t, s, func(tx *Tx) error { _, err := tx.Put(1, "b", basic(t, "b"), PutOptions{}); return err })
	c, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if p, err := c.Check(t.Context()); err != nil || len(p) > 0 {
		t.Error(p, err)
	}
	view(t, c, func(v *View) error {
		if _, err := v.Get(1, "Basic", "a"); err != nil {
			t.Error(err)
		}
		if _, err := v.Get(1, "Basic", "b"); err != ErrNotFound {
			t.Error(err)
		}
		return nil
	})
}

// A snapshot does not change under its reader.
func TestSnapshot(t *testing.T) {
	s := open(t)
	update(t, s, func(tx *Tx) error { _, err := tx.Put(1, "a", basic(t, "a"), PutOptions{}); return err })
	view(t, s, func(v *View) error {
		if _, err := v.Get(1, "Basic", "a"); err != nil {
			return err
		}
		update(t, s, func(tx *Tx) error {
			if _, err := tx.Put(1, "b", basic(t, "b"), PutOptions{}); err != nil {
				return err
			}
			_, err := tx.Put(1, "a", basic(t, "a"), PutOptions{IfVersion: 1})
			return err
		})
		if r, err := v.Get(1, "Basic", "a"); err != nil || r.Version != 1 {
			t.Errorf("version %d %v", r.Version, err)
		}
		if _, err := v.Get(1, "Basic", "b"); err != ErrNotFound {
			t.Error(err)
		}
		return nil
	})
}

// An index row flushed inside a closure that fails is not lost for the closures
// before it in the same commit.
func TestLiftedRows(t *testing.T) {
	s := open(t)
	scope := Scope{Ranges: []KeyRange{SiteRange(1)}}
	// Hold the writer, so that the rest shares one commit.
	hold, held := make(chan bool), make(chan bool)
	go s.Update(context.Background(), func(*Tx) error { held <- true; <-hold; return nil })
	<-held
	done := make(chan error, 3)
	q := func(id string) *search.Query {
		return &search.Query{Type: "Basic", Where: []search.Cond{{Spans: []search.Span{{Path: 1, From: []byte(id), Exact: true}}}}, Count: 5}
	}
	queue := func(fn func(*Tx) error) {
		n := len(s.w.jobs)
		go func() { _, err := s.Update(context.Background(), fn); done <- err }()
		for len(s.w.jobs) == n {
			runtime.Gosched()
		}
	}
	a, b, c := basic(t, "a"), basic(t, "b"), basic(t, "c")
	queue(func(tx *Tx) error { _, err := tx.Put(1, "a", a, PutOptions{}); return err })
	queue(func(tx *Tx) error {
		if err := tx.PutDoc("k", "d", nil); err != nil { // a savepoint is open from here
			return err
		}
		if _, err := tx.Put(1, "b", b, PutOptions{}); err != nil {
			return err
		}
		if res, err := tx.Search(scope, q("a")); err != nil || len(res.Matches) != 1 {
			t.Errorf("inside: %v %v", res, err)
		}
		return errors.New("fails")
	})
	queue(func(tx *Tx) error { _, err := tx.Put(1, "c", c, PutOptions{}); return err })
	hold <- true
	failed := 0
	for range 3 {
		if <-done != nil {
			failed++
		}
	}
	if failed != 1 {
		t.Errorf("%d failed", failed)
	}
	view(t, s, func(v *View) error {
		for id, want := range map[string]int{"a": 1, "b": 0, "c": 1} {
			if res, err := v.Search(scope, q(id)); err != nil || len(res.Matches) != want {
				t.Errorf("%s: %d %v", id, len(res.Matches), err)
			}
		}
		return nil
	})
}

func TestNames(t *testing.T) {
	for _, id := range []string{"a", "A.-9", "018f428e-34f6-4707-8009-5ad742f901e7", "018F428e-34f6-4707-8009-5ad742f901e7", "018f428e034f6-4707-8009-5ad742f901e7", strings.Repeat("x", 64)} {
		n, ok := makeName("Patient", id)
		if !ok || n.id() != id || n.typ() != "Patient" {
			t.Errorf("%s: %v %s %s", id, ok, n.typ(), n.id())
		}
	}
	for _, id := range []string{"", "a/b", "a b", "é", strings.Repeat("x", 65), "a\x00"} {
		if _, ok := makeName("Patient", id); ok {
			t.Errorf("%q was taken", id)
		}
	}
	if _, ok := makeName("Nothing", "a"); ok {
		t.Error("a type that is none was taken")
	}
}

func FuzzTerms(f *testing.F) {
	packed, _ := packTerms(nil, []entry{{path: 3, v: []byte("b")}, {path: 1, v: refValue(5), ref: true}, {path: 3, v: []byte("a")}, {path: 3, v: []byte("a")}})
	f.Add([]byte(packed))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var es []entry
		for e := range terms(b).all {
			es = append(es, e)
		}
		again, es := packTerms(nil, es)
		i := 0
		for e := range terms(again).all {
			if i >= len(es) || compareEntries(e, es[i]) != 0 {
				t.Fatal("not the same again")
			}
			i++
		}
		if i != len(es) {
			t.Fatal("entries lost")
		}
	})
}

func FuzzPlace(f *testing.F) {
	s := open(f)
	f.Add("", uint32(1), 1)
	f.Add(s.sealPlace(place{k: 7, vals: [][]byte{nil, []byte("x"), {}}}, 1), uint32(1), 3)
	f.Fuzz(func(t *testing.T, text string, mark uint32, n int) {
		p, err := s.openPlace(text, mark, n&7)
		if err == nil && text != "" && p == nil {
			t.Fatal("no place and no error")
		}
	})
}
