// Package storetest is what any implementation of the store must do, as tests:
// Run takes a function that opens an empty one.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wholechart/fhir"
	"wholechart/search"
	"wholechart/store"
)

// Opener opens an empty store and closes it when the test ends.
type Opener func(t *testing.T) *store.Store

// Run runs the whole suite.
func Run(t *testing.T, open Opener) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *store.Store)
	}{
		{"Versions", Versions}, {"VersionConflicts", VersionConflicts}, {"Closures", Closures},
		{"References", References}, {"LateTargets", LateTargets}, {"HomePatient", HomePatient},
		{"Audit", Audit}, {"Docs", Docs}, {"Links", Links}, {"Blobs", Blobs},
		{"History", History}, {"Changes", Changes}, {"Paging", Paging}, {"Includes", Includes},
		{"Isolation", Isolation}, {"WholeRecord", WholeRecord}, {"Chains", Chains}, {"Range", Range},
		{"Sharing", Sharing}, {"TooCostly", TooCostly}, {"Cancelled", Cancelled},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func update(t *testing.T, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if _, err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, s *store.Store, fn func(*store.View) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// prepare makes a resource from its text.
func prepare(t *testing.T, text string) (string, *store.Prepared) {
	t.Helper()
	d, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	ex, err := search.Extract(d.Root())
	if err != nil {
		t.Fatal(err)
	}
	return d.Root().ID(), store.Prepare(d.Root(), ex)
}

var anyVersion = store.PutOptions{IfVersion: store.AnyVersion}
var lenient = store.PutOptions{IfVersion: store.AnyVersion, Lenient: true}

// put writes resources to a site in one closure.
func put(t *testing.T, s *store.Store, site store.SiteNo, texts ...string) (rows []store.Row) {
	t.Helper()
	update(t, s, func(tx *store.Tx) error {
		for _, text := range texts {
			id, p := prepare(t, text)
			r, err := tx.Put(site, id, p, anyVersion)
			if err != nil {
				return err
			}
			rows = append(rows, r)
		}
		return nil
	})
	return rows
}

func patient(id, family string) string {
	return fmt.Sprintf(`{"resourceType":"Patient","id":"%s","name":[{"family":"%s"}]}`, id, family)
}

func observation(id, patient, code, more string) string {
	return fmt.Sprintf(`{"resourceType":"Observation","id":"%s","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"%s"}]},"subject":{"reference":"Patient/%s"}%s}`, id, code, patient, more)
}

func site(n store.SiteNo) store.Scope {
	return store.Scope{Ranges: []store.KeyRange{store.SiteRange(n)}}
}

func parse(t *testing.T, text string) *search.Query {
	t.Helper()
	typ, rest, _ := strings.Cut(text, "?")
	vals, err := url.ParseQuery(rest)
	if err != nil {
		t.Fatal(err)
	}
	q, err := search.Parse(typ, vals, search.Options{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return q
}

// find are the ids of a search's matches, + and those included.
func find(t *testing.T, s *store.Store, scope store.Scope, text string) string {
	t.Helper()
	var out []string
	view(t, s, func(v *store.View) error {
		res, err := v.Search(scope, parse(t, text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, r := range res.Matches {
			out = append(out, r.ID)
		}
		var in []string
		for _, r := range res.Included {
			in = append(in, "+"+r.ID)
		}
		slices.Sort(in)
		out = append(out, in...)
		return nil
	})
	return strings.Join(out, " ")
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// Versions: every version is kept, byte for byte; a deletion is one.
func Versions(t *testing.T, s *store.Store) {
	odd := `{"resourceType":"Basic","id":"b","code":{"text":"\u00e9 \"x\""},"extension":[{"url":"u","valueDecimal":1.500}],"_x":1}`
	put(t, s, 1, odd)
	put(t, s, 1, `{"resourceType":"Basic","id":"b","meta":{"versionId":"77","lastUpdated":"2001-01-01T00:00:00Z","tag":[{"code":"t"}]},"code":{"text":"two"}}`)
	update(t, s, func(tx *store.Tx) error {
		_, err := tx.Delete(1, "Basic", "b", store.PutOptions{Author: "ann"})
		return err
	})
	put(t, s, 1, `{"resourceType":"Basic","id":"b","code":{"text":"four"}}`)
	view(t, s, func(v *store.View) error {
		r, err := v.Version(1, "Basic", "b", 1)
		if err != nil || string(r.Body()) != odd {
			t.Errorf("version 1: %v %s", err, r.Body())
		}
		r, err = v.Version(1, "Basic", "b", 2)
		if d, e := fhir.Parse(r.Resource()); err != nil || e != nil || d.Root().Path("meta", "versionId").Str() != "2" ||
			d.Root().Path("meta", "tag", "code").Str() != "t" || strings.Contains(string(r.Body()), "2001") {
			t.Errorf("version 2: %v %s", err, r.Resource())
		}
		var gone *store.ErrGone
		if r, err = v.Version(1, "Basic", "b", 3); !errors.As(err, &gone) || !r.Deleted || r.Author != "ann" || r.Body() != nil {
			t.Errorf("version 3: %v %+v", err, r)
		}
		if r, err = v.Get(1, "Basic", "b"); err != nil || r.Version != 4 {
			t.Errorf("now: %v %+v", err, r)
		}
		if _, err = v.Version(1, "Basic", "b", 5); err != store.ErrNotFound {
			t.Errorf("version 5: %v", err)
		}
		if _, err = v.Get(1, "Basic", "../x"); err != store.ErrNotFound {
			t.Errorf("no id: %v", err)
		}
		return nil
	})
}

// VersionConflicts: what PutOptions.IfVersion asks.
func VersionConflicts(t *testing.T, s *store.Store) {
	id, p := prepare(t, `{"resourceType":"Basic","id":"b"}`)
	try := func(ifVersion int) error {
		_, err := s.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Put(1, id, p, store.PutOptions{IfVersion: ifVersion})
			return err
		})
		return err
	}
	var conflict *store.ErrVersion
	if err := try(1); !errors.As(err, &conflict) || conflict.Have != 0 {
		t.Errorf("version 1 of nothing: %v", err)
	}
	if err := try(0); err != nil {
		t.Error(err)
	}
	if err := try(0); !errors.As(err, &conflict) || conflict.Have != 1 {
		t.Errorf("create what is there: %v", err)
	}
	if err := try(1); err != nil {
		t.Error(err)
	}
	if err := try(1); !errors.As(err, &conflict) || conflict.Have != 2 {
		t.Errorf("version 1 again: %v", err)
	}
	_, err := s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Delete(1, "Basic", id, store.PutOptions{IfVersion: 1})
		return err
	})
	if !errors.As(err, &conflict) {
		t.Errorf("delete version 1: %v", err)
	}
	update(t, s, func(tx *store.Tx) error { _, err := tx.Delete(1, "Basic", id, store.PutOptions{}); return err })
	if err := try(3); !errors.As(err, &conflict) || conflict.Have != 0 {
		t.Errorf("version 3 of a deleted one: %v", err)
	}
	if err := try(0); err != nil {
		t.Errorf("create again: %v", err)
	}
	_, err = s.Update(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Delete(1, "Basic", "none", store.PutOptions{}); err != store.ErrNotFound {
			t.Errorf("delete nothing: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Closures: a failing or panicking one leaves nothing, alone; one sees its own
// writes in every way of reading.
func Closures(t *testing.T, s *store.Store) {
	boom := errors.New("boom")
	for _, look := range []bool{false, true} { // reading makes it write early
		_, err := s.Update(t.Context(), func(tx *store.Tx) error {
			for _, text := range []string{patient("p", "One"), observation("o", "p", "1-1", "")} {
				id, p := prepare(t, text)
				if _, err := tx.Put(1, id, p, anyVersion); err != nil {
					return err
				}
			}
			tx.AppendAudit([]byte("no"))
			tx.PutDoc("k", "d", []byte("no"))
			if look {
				res, err := tx.Search(site(1), parse(t, "Observation?patient=p&code=1-1"))
				if err != nil || len(res.Matches) != 1 {
					t.Errorf("inside: %v %v", res, err)
				}
				if _, err := tx.Get(1, "Patient", "p"); err != nil {
					t.Errorf("inside: %v", err)
				}
			}
			return boom
		})
		if err != boom {
			t.Errorf("got %v", err)
		}
	}
	func() {
		defer func() {
			if recover() != "panicked" {
				t.Error("the panic was lost")
			}
		}()
		s.Update(t.Context(), func(tx *store.Tx) error {
			id, p := prepare(t, patient("p", "One"))
			tx.Put(1, id, p, anyVersion)
			panic("panicked")
		})
	}()
	view(t, s, func(v *store.View) error {
		if _, err := v.Get(1, "Patient", "p"); err != store.ErrNotFound {
			t.Errorf("after: %v", err)
		}
		if _, err := v.GetDoc("k", "d"); err != store.ErrNotFound {
			t.Errorf("after: %v", err)
		}
		if c, err := v.Changes(0, 9); err != nil || len(c) != 0 {
			t.Errorf("changes %v %v", c, err)
		}
		return nil
	})
	expect(t, "after", find(t, s, site(1), "Observation?"), "")
	var kept *store.Tx
	update(t, s, func(tx *store.Tx) error { kept = tx; return nil })
	if err := kept.PutDoc("k", "d", nil); err == nil {
		t.Error("a closure was used after its end")
	}
	if _, err := kept.Get(1, "Patient", "p"); err == nil {
		t.Error("a closure was read after its end")
	}
}

// Cancelled: nothing runs for who has gone.
func Cancelled(t *testing.T, s *store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Update(ctx, func(*store.Tx) error { t.Error("it ran"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("update: %v", err)
	}
	put(t, s, 1, patient("p", "One"))
	ctx, cancel = context.WithCancel(t.Context())
	err := s.View(ctx, func(v *store.View) error {
		cancel()
		_, err := v.Search(site(1), parse(t, "Patient?"))
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("view: %v", err)
	}
	expect(t, "the connection goes on", find(t, s, site(1), "Patient?family=one"), "p")
}
