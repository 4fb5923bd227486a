package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wholechart/search"
	"wholechart/store"
)

// Paging: pages do not skip or repeat while others write, and a paging link is
// good for its own search only.
func Paging(t *testing.T, s *store.Store) {
	put(t, s, 1, patient("p", "One"))
	for i := range 20 {
		put(t, s, 1, observation(fmt.Sprintf("o%02d", i), "p", "1-1", fmt.Sprintf(`,"effectiveDateTime":"2020-01-%02d"`, 1+i/2)))
	}
	for _, text := range []string{"Observation?code=1-1&_count=3", "Observation?_sort=date&_count=3", "Observation?_sort=-date&_count=3", "Observation?_sort=-_id&_count=3"} {
		q := parse(t, text)
		var got []string
		for page := 0; ; page++ {
			view(t, s, func(v *store.View) error {
				res, err := v.Search(site(1), q)
				if err != nil {
					return err
				}
				for _, r := range res.Matches {
					if strings.HasPrefix(r.ID, "o") {
						got = append(got, r.ID)
					}
				}
				q.After = res.Next
				return nil
			})
			if q.After == "" {
				break
			}
			// another writer
			put(t, s, 1, observation(fmt.Sprintf("x%d-%d", len(text), page), "p", "9-9", `,"effectiveDateTime":"2020-01-03"`))
		}
		slices.Sort(got)
		if n := len(slices.Compact(slices.Clone(got))); n != 20 || len(got) != 20 {
			t.Errorf("%s: %d, %d distinct", text, len(got), n)
		}
	}
	q := parse(t, "Observation?_sort=date&_count=3")
	var next string
	view(t, s, func(v *store.View) error {
		res, err := v.Search(site(1), q)
		next = res.Next
		return err
	})
	if strings.Contains(next, "2020") {
		t.Error("the paging link can be read")
	}
	for _, c := range []struct{ text, after string }{{"Observation?_sort=-date&_count=3", next}, {"Patient?", next}, {"Observation?_sort=date", next[1:]}, {"Observation?_sort=date", "x"}} {
		q := parse(t, c.text)
		q.After = c.after
		err := s.View(t.Context(), func(v *store.View) error { _, err := v.Search(site(1), q); return err })
		if err != store.ErrBadCursor {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}

// Includes: forward, backward, again and again, each once, within the scope.
func Includes(t *testing.T, s *store.Store) {
	rows := put(t, s, 1,
		`{"resourceType":"Organization","id":"org"}`,
		`{"resourceType":"Practitioner","id":"d"}`,
		`{"resourceType":"Patient","id":"p","generalPractitioner":[{"reference":"Practitioner/d"}],"managingOrganization":{"reference":"Organization/org"}}`,
		`{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p"},"serviceProvider":{"reference":"Organization/org"}}`,
		observation("o1", "p", "1-1", `,"encounter":{"reference":"Encounter/e"}`),
		observation("o2", "p", "1-1", `,"encounter":{"reference":"Encounter/e"},"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}`),
	)
	for text, want := range map[string]string{
		"Observation?_id=o1&_include=Observation:encounter":                                             "o1 +e",
		"Observation?_id=o1&_include=Observation:encounter&_include:iterate=Encounter:service-provider": "o1 +e +org",
		"Observation?_id=o1&_include=Observation:patient&_include:iterate=Patient:general-practitioner": "o1 +d +p",
		"Observation?_id=o1&_include=Observation:*":                                                     "o1 +e +p",
		"Patient?_revinclude=Observation:patient":                                                       "p +o1 +o2",
		"Patient?_revinclude=Encounter:patient&_revinclude:iterate=Observation:encounter":               "p +e +o1 +o2",
		"Encounter?_revinclude=*": "e +o1 +o2",
		"Observation?code=1-1&_include=Observation:encounter&_include=Observation:subject":            "o1 o2 +e +p",
		"Encounter?_include=Encounter:service-provider:Organization&_include=Encounter:subject:Group": "e +org",
		"Observation?_id=o1&_include=Encounter:service-provider":                                      "o1",
	} {
		expect(t, text, find(t, s, site(1), text), want)
	}
	deny := site(1)
	deny.Deny = search.LabelRestricted
	expect(t, "hidden by label", find(t, s, deny, "Patient?_revinclude=Observation:patient"), "p +o1")
	types := site(1)
	types.Types = []string{"Observation", "Patient"}
	expect(t, "hidden by type", find(t, s, types, "Observation?_id=o1&_include=Observation:*"), "o1 +p")
	record := store.Scope{Ranges: []store.KeyRange{store.PatientRange(rows[2].Key)}}
	text := "Patient?_id=p&_include=Patient:general-practitioner"
	expect(t, "beyond the record", find(t, s, record, text), "p")
	record.Follow = []store.KeyRange{store.OwnRange(1)}
	expect(t, "followed", find(t, s, record, text), "p +d")
	expect(t, "not found by itself", find(t, s, record, "Practitioner?"), "")
}

// Isolation: two sites with the same ids never see each other's.
func Isolation(t *testing.T, s *store.Store) {
	for n, word := range map[store.SiteNo]string{1: "Maple", 2: "Canary"} {
		put(t, s, n,
			`{"resourceType":"Practitioner","id":"d","name":[{"family":"`+word+`doc"}]}`,
			`{"resourceType":"Patient","id":"p","name":[{"family":"`+word+`"}],"generalPractitioner":[{"reference":"Practitioner/d"}]}`,
			observation("o", "p", "1-1", `,"note":[{"text":"`+word+`"}],"performer":[{"reference":"Practitioner/d"}]`),
			observation("o"+word, "p", "1-1", ""))
	}
	for _, text := range []string{
		"Patient?", "Patient?family=canary", "Patient?_id=p", "Patient?general-practitioner.family=canary", "Patient?_has:Observation:patient:_id=oCanary",
		"Patient?_revinclude=Observation:patient", "Patient?_include=Patient:general-practitioner", "Observation?patient.family=canary", "Observation?patient=p",
		"Observation?patient.general-practitioner.family=canary", "Observation?performer:Practitioner.family=canary&_include=*", "Observation?_sort=-_lastUpdated",
		"Observation?_sort=code", "Observation?code=1-1&_count=1", "Practitioner?_revinclude=*", "?_type=Patient,Observation", "?",
	} {
		q := parse(t, text)
		view(t, s, func(v *store.View) error {
			for {
				res, err := v.Search(site(1), q)
				if err != nil {
					return err
				}
				for _, r := range append(res.Matches, res.Included...) {
					if r.Key.Site() != 1 || strings.Contains(string(r.Body()), "Canary") {
						t.Errorf("%s shows %v of site %d", text, r.ID, r.Key.Site())
					}
				}
				if strings.Contains(strings.ToLower(text), "canary") && len(res.Matches) > 0 {
					t.Errorf("%s found something", text)
				}
				if q.After = res.Next; q.After == "" {
					return nil
				}
			}
		})
	}
	// A paging link of one site's search shows nothing of it in another's.
	q := parse(t, "Observation?_count=1")
	view(t, s, func(v *store.View) error {
		res, err := v.Search(site(2), q)
		if err != nil {
			return err
		}
		q.After = res.Next
		res, err = v.Search(site(1), q)
		for _, r := range res.Matches {
			if r.Key.Site() != 1 {
				t.Error("a paging link led to another site")
			}
		}
		return err
	})
	view(t, s, func(v *store.View) error {
		rows, _, err := v.History(site(1), store.HistoryFilter{})
		for _, r := range rows {
			if r.Key.Site() != 1 {
				t.Error("history shows another site")
			}
		}
		return err
	})
}

// WholeRecord: one person at two sites, asked in one search.
func WholeRecord(t *testing.T, s *store.Store) {
	a := put(t, s, 1, patient("p", "One"), observation("o1", "p", "1-1", `,"effectiveDateTime":"2020-01-02"`), patient("stranger", "X"), observation("o9", "stranger", "1-1", ""))
	b := put(t, s, 2, patient("q", "One"), observation("o2", "q", "1-1", `,"effectiveDateTime":"2020-01-01"`), observation("o3", "q", "2-1", `,"effectiveDateTime":"2020-01-03"`))
	scope := store.Scope{
		Ranges: []store.KeyRange{store.PatientRange(b[0].Key), store.PatientRange(a[0].Key)},
		Same:   []store.Key{a[0].Key, b[0].Key},
	}
	expect(t, "by the patient's id here", find(t, s, scope, "Observation?patient=p&_sort=date"), "o2 o1 o3")
	expect(t, "by the id there", find(t, s, scope, "Observation?subject=Patient/q&code=1-1"), "o1 o2")
	expect(t, "everything", find(t, s, scope, "Observation?_sort=-date"), "o3 o1 o2")
	expect(t, "somebody else", find(t, s, scope, "Observation?patient=stranger"), "")
	scope.DenyAt = map[store.SiteNo]uint64{2: ^uint64(0)}
	expect(t, "no labels, nothing hidden", find(t, s, scope, "Observation?_sort=-date"), "o3 o1 o2")
}

// Chains: what may not be seen cannot be asked for, either.
func Chains(t *testing.T, s *store.Store) {
	secret := `,"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}`
	put(t, s, 1,
		patient("p1", "Smith"), patient("p2", "Jones"),
		`{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p1"}`+secret+`}`,
		observation("o1", "p1", "1-1", `,"encounter":{"reference":"Encounter/e1"}`),
		observation("o2", "p1", "2-1", secret),
		observation("o3", "p2", "2-1", ""))
	all, deny, types := site(1), site(1), site(1)
	deny.Deny = search.LabelRestricted
	types.Types = []string{"Patient"}
	for _, c := range []struct {
		text             string
		all, deny, types string
	}{
		{"Observation?encounter.status=finished", "o1", "", ""},
		{"Patient?_has:Observation:patient:code=2-1", "p1 p2", "p2", ""},
		{"Patient?_has:Observation:patient:code=1-1", "p1", "p1", ""},
		{"Patient?_has:Observation:patient:encounter.status=finished", "p1", "", ""},
		{"Observation?patient.family=smith", "o1 o2", "o1", ""},
		{"Observation?patient._has:Encounter:patient:status=finished", "o1 o2", "", ""},
	} {
		expect(t, c.text, find(t, s, all, c.text), c.all)
		expect(t, "labels: "+c.text, find(t, s, deny, c.text), c.deny)
		expect(t, "types: "+c.text, find(t, s, types, c.text), c.types)
	}
}

// Range: a record in the order of keys, by pieces.
func Range(t *testing.T, s *store.Store) {
	rows := put(t, s, 1, patient("p", "One"), observation("o1", "p", "1-1", ""), observation("o2", "p", "1-1", ""), patient("q", "Two"))
	update(t, s, func(tx *store.Tx) error { _, err := tx.Delete(1, "Observation", "o1", store.PutOptions{}); return err })
	view(t, s, func(v *store.View) error {
		all, err := v.Range(store.PatientRange(rows[2].Key), nil, 0, 100)
		if err != nil || len(all) != 2 || all[0].ID != "p" || all[1].ID != "o2" {
			t.Errorf("%v %v", all, err)
		}
		some, err := v.Range(store.PatientRange(rows[0].Key), []string{"Observation"}, rows[1].Key, 1)
		if err != nil || len(some) != 1 || some[0].ID != "o2" {
			t.Errorf("%v %v", some, err)
		}
		none, err := v.Range(store.PatientRange(store.OwnRange(1).From), nil, 0, 100)
		if err != nil || len(none) != 0 {
			t.Errorf("%v %v", none, err)
		}
		return nil
	})
}

// TooCostly: a search that looks at too much is refused, not endless. The store
// must have been opened with a work limit that 300 resources go beyond.
func TooCostly(t *testing.T, s *store.Store) {
	put(t, s, 1, patient("p", "One"))
	for i := range 300 {
		put(t, s, 1, observation(fmt.Sprint("o", i), "p", "1-1", ""))
	}
	var costly *store.ErrTooCostly
	err := s.View(t.Context(), func(v *store.View) error {
		_, err := v.Search(site(1), parse(t, "Observation?code:not=1-1"))
		return err
	})
	if !errors.As(err, &costly) {
		t.Errorf("got %v", err)
	}
}
