package store_test

import (
	"path/filepath"
	"testing"

	"wholechart/store"
	"wholechart/store/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.Store {
		o := store.Options{Path: filepath.Join(t.TempDir(), "store.db"), Readers: 2}
		if t.Name() == "TestSQLite/TooCostly" {
			o.WorkLimit = 200
		}
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}
