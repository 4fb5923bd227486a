package store

import (
	"context"
	"fmt"
	"testing"

	"wholechart/fhir"
	"wholechart/search"
)

// old is a database as it was before a Device that names a patient was that
// patient's: its implants are among the sites' own.
func oldHomes(t *testing.T, n int) *Store {
	t.Helper()
	s := open(t)
	put := func(tx *Tx, site SiteNo, text string, own bool, o PutOptions) {
		t.Helper()
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		ex, err := search.Extract(d.Root())
		if err != nil {
			t.Fatal(err)
		}
		if own {
			ex.Patient, ex.About = nil, nil
		}
		o.IfVersion, o.Lenient = AnyVersion, true
		if _, err := tx.Put(site, d.Root().ID(), Prepare(d.Root(), ex), o); err != nil {
			t.Fatal(err)
		}
	}
	for _, site := range []SiteNo{1, 3} {
		update(t, s, func(tx *Tx) error {
			put(tx, site, `{"resourceType":"Patient","id":"p"}`, false, PutOptions{})
			put(tx, site, `{"resourceType":"Organization","id":"o","name":"Maker"}`, false, PutOptions{})
			for i := range n {
				put(tx, site, fmt.Sprintf(`{"resourceType":"Device","id":"d%d","patient":{"reference":"Patient/p"},"owner":{"reference":"Organization/o"},"status":"inactive"}`, i), true, PutOptions{Author: "Practitioner/x"})
				put(tx, site, fmt.Sprintf(`{"resourceType":"DeviceUseStatement","id":"u%d","status":"active","subject":{"reference":"Patient/p"},"device":{"reference":"Device/d%d"}}`, i, i), false, PutOptions{})
			}
			put(tx, site, `{"resourceType":"Device","id":"scale"}`, false, PutOptions{})
			put(tx, site, `{"resourceType":"Binary","id":"b","contentType":"text/plain","data":"eA==","securityContext":{"reference":"Patient/p"}}`, true, PutOptions{})
			put(tx, site, `{"resourceType":"Patient","id":"q"}`, false, PutOptions{})
			put(tx, site, `{"resourceType":"Observation","id":"oq","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/q"}}`, false, PutOptions{})
			for id, targets := range map[string]string{"one": `{"reference":"DeviceUseStatement/u0/_history/1"},{"reference":"Device/scale"}`, "two": `{"reference":"DeviceUseStatement/u0"},{"reference":"Observation/oq"}`,
				"none": `{"reference":"Device/scale"}`, "unknown": `{"reference":"DeviceUseStatement/u0"},{"reference":"Observation/not-here"}`, "outside": `{"reference":"DeviceUseStatement/u0"},{"reference":"https://elsewhere.example/Observation/x"}`} {
				put(tx, site, `{"resourceType":"Provenance","id":"`+id+`","target":[`+targets+`],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"x"}}]}`, true, PutOptions{Author: "Practitioner/x"})
			}
			put(tx, site, `{"resourceType":"Device","id":"gone","patient":{"reference":"Patient/p"}}`, true, PutOptions{})
			put(tx, site, `{"resourceType":"Device","id":"early","patient":{"reference":"Patient/nobody-yet"}}`, true, PutOptions{})
			return nil
		})
		update(t, s, func(tx *Tx) error {
			put(tx, site, `{"resourceType":"Device","id":"d0","patient":{"reference":"Patient/p"},"owner":{"reference":"Organization/o"},"status":"active"}`, true, PutOptions{})
			_, err := tx.Delete(site, "Device", "gone", PutOptions{})
			return err
		})
	}
	if err := s.w.c.db.Exec(`DELETE FROM fact WHERE name = 'homes'`); err != nil {
		t.Fatal(err)
	}
	return s
}

func reopened(t *testing.T, s *Store) *Store {
	t.Helper()
	o := s.opt
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func checkHomes(t *testing.T, s *Store, n int) {
	t.Helper()
	view(t, s, func(v *View) error {
		for _, site := range []SiteNo{1, 3} {
			p, err := v.Key(site, "Patient", "p")
			if err != nil {
				return err
			}
			home := PatientRange(p)
			for _, name := range [][2]string{{"Device", "d0"}, {"Device", fmt.Sprint("d", n-1)}, {"Binary", "b"}} {
				r, err := v.Get(site, name[0], name[1])
				if err != nil || !home.Contains(r.Key) {
					t.Errorf("%d %v is at %v: %v", site, name, r.Key, err)
				}
			}
			for id, moved := range map[string]bool{"one": true, "two": false, "none": false, "unknown": false, "outside": false} {
				r, err := v.Get(site, "Provenance", id)
				if err != nil || moved != home.Contains(r.Key) || !moved && (r.Key.PatientNumber() != 0 || r.Version != 1) {
					t.Errorf("%d Provenance %s is at %v, version %d: %v", site, id, r.Key, r.Version, err)
				}
			}
			gone, err := v.Version(site, "Device", "gone", 1)
			if err != nil || !home.Contains(gone.Key) {
				t.Errorf("the past of what was deleted is at %v: %v", gone.Key, err)
			}
			if r, err := v.Get(site, "Device", "scale"); err != nil || r.Key.PatientNumber() != 0 || r.Version != 1 {
				t.Errorf("a scale is nobody's: %v %v", r.Key, err)
			}
			if r, err := v.Get(site, "Device", "early"); err != nil || r.Key.PatientNumber() == 0 || home.Contains(r.Key) {
				t.Errorf("of a patient who has not arrived: %v %v", r.Key, err)
			}
			r, err := v.Get(site, "Device", "d0")
			if err != nil || r.Version != 3 {
				t.Errorf("version %d, %v", r.Version, err)
			}
			for version, status := range map[int]string{1: "inactive", 2: "active", 3: "active"} {
				r, err := v.Version(site, "Device", "d0", version)
				if err != nil {
					t.Errorf("version %d: %v", version, err)
					continue
				}
				d, err := fhir.Parse(r.Body())
				if err != nil || !d.Root().Get("status").Is(status) {
					t.Errorf("version %d: %s %v", version, r.Body(), err)
				}
			}
			scope := Scope{Ranges: []KeyRange{SiteRange(site)}}
			one := Scope{Ranges: []KeyRange{home}}
			for _, q := range []struct {
				scope Scope
				text  string
				want  int
			}{{scope, "Device?_count=1000", n + 2}, {one, "Device?patient=p&_count=1000", n}, {scope, "Device?patient=p&_count=1000", n}, {one, "Device?_count=1000&status=active", 1}, {one, "DeviceUseStatement?device=Device/d0", 1},
				{scope, "DeviceUseStatement?device.status=active", 1}, {one, "Device?_has:DeviceUseStatement:device:_id=u0", 1}, {scope, "Device?organization=Organization/o&_count=1000", n},
				{one, "Provenance?_count=10", 1}, {one, "Provenance?target=DeviceUseStatement/u0", 1}, {scope, "Provenance?target=DeviceUseStatement/u0", 4}, {one, "DeviceUseStatement?_has:Provenance:target:_id=one,two", 1}} {
				res, err := v.Search(q.scope, parseQuery(t, q.text))
				if err != nil || len(res.Matches) != q.want {
					t.Errorf("%s: %d, want %d: %v", q.text, len(res.Matches), q.want, err)
				}
			}
			rows, _, err := v.History(one, HistoryFilter{Type: "Device", Count: 1000})
			if err != nil || len(rows) != 2*n+3 { // each once more, d0 twice more, and the two of what is gone
				t.Errorf("%d versions in her history, want %d: %v", len(rows), 2*n+3, err)
			}
		}
		changes, err := v.Changes(0, 100000)
		if err != nil {
			return err
		}
		for _, c := range changes {
			if c.Type == "Device" && c.ID == "d0" && c.Key.PatientNumber() == 0 {
				t.Errorf("the log has it at its old place: %+v", c)
			}
		}
		return nil
	})
	// And it is written as any other.
	update(t, s, func(tx *Tx) error {
		d, err := fhir.Parse([]byte(`{"resourceType":"Device","id":"d0","patient":{"reference":"Patient/p"}}`))
		if err != nil {
			return err
		}
		ex, err := search.Extract(d.Root())
		if err != nil {
			return err
		}
		_, err = tx.Put(1, "d0", Prepare(d.Root(), ex), PutOptions{IfVersion: 3})
		return err
	})
}

func TestWhatIsAPatientsIsMovedToThePatient(t *testing.T) {
	const n = homePiece + 50
	s := reopened(t, oldHomes(t, n))
	checkHomes(t, s, n)
	s = reopened(t, s)
	view(t, s, func(v *View) error {
		if r, err := v.Get(3, "Device", "d0"); err != nil || r.Version != 3 {
			t.Errorf("moved again: version %d %v", r.Version, err)
		}
		return nil
	})
}

// What was moved before the process ended is not moved again, and the rest is.
func TestMovingGoesOnWhereItEnded(t *testing.T) {
	const n = 40
	s := oldHomes(t, n)
	after := Key(-1)
	for range 3 {
		update(t, s, func(tx *Tx) (err error) {
			after, _, err = tx.homePiece(after, 10)
			return err
		})
	}
	// One that fails half way leaves nothing half moved.
	boom := fmt.Errorf("boom")
	if _, err := s.Update(t.Context(), func(tx *Tx) error {
		if _, _, err := tx.homePiece(after, 10); err != nil {
			return err
		}
		return boom
	}); err != boom {
		t.Fatal(err)
	}
	checkHomes(t, reopened(t, s), n)
}

// What an earlier rule had done, whole or in part, is done again by the present one.
func TestMovingBeginsAnewForANewRule(t *testing.T) {
	for _, before := range []string{"1 done", "12345678901234", "2 at 0"} {
		s := oldHomes(t, 3)
		if err := s.w.c.db.Exec(`INSERT OR REPLACE INTO fact (name, value) VALUES ('homes', '` + before + `')`); err != nil {
			t.Fatal(err)
		}
		checkHomes(t, reopened(t, s), 3)
	}
}
