package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wholechart/access"
)

func file(id, patient string) string {
	return `{"resourceType":"Binary","id":"` + id + `","contentType":"text/plain","data":"enhxLWNhbmFyeQ==","securityContext":{"reference":"Patient/` + patient + `"}}`
}

func document(id, patient, more string, urls ...string) string {
	var content []string
	for _, u := range urls {
		content = append(content, `{"attachment":{"contentType":"text/plain","url":"`+u+`"}}`)
	}
	return `{"resourceType":"DocumentReference","id":"` + id + `"` + more + `,"status":"current","subject":{"reference":"Patient/` + patient + `"},"content":[` + strings.Join(content, ",") + `]}`
}

const preliminary, signedOff = `,"docStatus":"preliminary"`, `,"docStatus":"final"`

// TestAFileIsAsItsDocument: who may not see a document may not see the file that it
// names, by whatever address and in whatever version.
func TestAFileIsAsItsDocument(t *testing.T) {
	r, ctx := node(t)
	phys := r.user("a", access.Physician)
	var all []string
	for i := range 10 {
		all = append(all, file(fmt.Sprint("f", i), "rosa"))
	}
	put(t, phys, append(all, rosa, `{"resourceType":"Patient","id":"walter"}`)...)
	put(t, phys, document("d0", "rosa", signedOff, "Binary/f0"), document("d1", "rosa", preliminary, "Binary/f1"), document("d2", "rosa", preliminary, "https://maple.example/a/emr/fhir/Binary/f2"),
		document("d3", "rosa", preliminary, "Binary/f3/_history/1"), document("d4", "rosa", preliminary, "Binary/f4"), document("d5", "rosa", preliminary, "Binary/f5"), document("d6", "rosa", preliminary, "Binary/f6"),
		document("d7", "walter", preliminary, "Binary/f7"),
		`{"resourceType":"ClinicalImpression","id":"i8","status":"in-progress","subject":{"reference":"Patient/rosa"},"supportingInfo":[{"reference":"Binary/f8"}]}`)
	put(t, phys, document("d4", "rosa", signedOff, "Binary/f4"))                                            // signed
	put(t, phys, document("d5", "rosa", signedOff, "Binary/f0"))                                            // signed, with another file
	if _, err := phys.Transact(ctx, []Act{{Op: Delete, Type: "DocumentReference", ID: "d6"}}); err != nil { // dropped
		t.Fatal(err)
	}
	want := map[string]bool{"f0": true, "f4": true, "f7": true, "f9": true}
	for _, kind := range []access.Kind{access.Patient, access.Proxy} {
		her := r.bound(kind, "a", "rosa")
		for _, s := range []Session{her, her.Through(access.EHR)} {
			page, err := s.Everything(ctx, Everything{Patient: "rosa"})
			if err != nil {
				t.Fatal(err)
			}
			facts, err := s.Facts(ctx, FactsQuery{Patient: "rosa"})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 10 {
				id := fmt.Sprint("f", i)
				_, err := s.Read(ctx, "Binary", id)
				_, errV := s.ReadVersion(ctx, "Binary", id, "1")
				listed := slices.ContainsFunc(page.Matches, func(x Resource) bool { return x.Type == "Binary" && x.ID == id })
				known := slices.ContainsFunc(facts.List, func(x Fact) bool { return x.Type == "Binary" && x.ID == id })
				if want[id] != (err == nil) || want[id] != (errV == nil) || listed != want[id] || known != want[id] || !want[id] && !errors.Is(err, ErrNotFound) {
					t.Errorf("%v %v: %s is read: %v, version 1: %v, with everything: %v, among her facts: %v; want %v", kind, s.Lens(), id, err, errV, listed, known, want[id])
				}
			}
			for _, q := range []string{"", "_id=f1", "_count=1", "_summary=count", "_sort=-_lastUpdated"} {
				one, err := ask("Binary", q)
				if err != nil {
					t.Fatal(err)
				}
				if page, err := s.Search(ctx, one); err == nil && (len(page.Matches) > 0 || page.Total > 0) {
					t.Errorf("%v %v: Binary?%s finds %d of %d", kind, s.Lens(), q, len(page.Matches), page.Total)
				}
			}
		}
		for _, q := range []HistoryQuery{{Type: "Binary"}, {Type: "Binary", ID: "f1"}, {}} {
			page, err := her.History(ctx, q)
			if err == nil && slices.ContainsFunc(page.Matches, func(x Resource) bool { return x.Type == "Binary" }) {
				t.Errorf("%v: a file is in the history %+v", kind, q)
			}
		}
		past, err := her.FactsAt(ctx, "rosa", now)
		if err != nil || slices.ContainsFunc(past.List, func(x Fact) bool { return x.Type == "Binary" && !want[x.ID] }) {
			t.Errorf("%v: as it was: %v", kind, err)
		}
	}
	if ids := find(t, phys, "Binary", "_count=100"); len(ids) != 10 {
		t.Errorf("who reads the chart reads its files: %v", ids)
	}
}

// TestAFileDoesNotLeaveWithoutItsDocument: nor does the file of a sensitive
// document leave its site, by any door between sites; and what was told of it is
// taken back, and told again, with the document.
func TestAFileDoesNotLeaveWithoutItsDocument(t *testing.T) {
	r, ctx, _ := twoSites(t)
	b := r.user("b", access.Physician)
	put(t, b, file("plain", "rd"), file("scan", "rd"), file("later", "rd"), document("dp", "rd", "", "Binary/plain"), document("ds", "rd", label("ETH"), "Binary/scan"), document("dl", "rd", "", "Binary/later"))
	whole := r.user("a", access.Physician).Through(access.EHR)
	peer := r.bound(access.Peer, "b", "rd")
	peer.actor.ID = "far"
	var after Seq
	changes := func() (out []string) {
		t.Helper()
		p, err := peer.PatientChangesPage(ctx, "rd", after, 100)
		if err != nil {
			t.Fatal(err)
		}
		after = p.Next
		for _, v := range p.Versions {
			if v.Type == "Binary" || v.Type == "DocumentReference" {
				out = append(out, map[bool]string{true: "-", false: "+"}[v.Gone]+v.ID)
			}
		}
		slices.Sort(out)
		return out
	}
	check := func(told string, ids ...string) {
		t.Helper()
		if got := fmt.Sprint(changes()); got != told {
			t.Errorf("told far: %s, want %s", got, told)
		}
		page, err := whole.Everything(ctx, Everything{Patient: "rosa"})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"plain", "scan", "later"} {
			want := slices.Contains(ids, id)
			_, err := whole.Read(ctx, "Binary", "2."+id)
			listed := slices.ContainsFunc(page.Matches, func(x Resource) bool { return x.ID == "2."+id })
			if want != (err == nil) || want != listed {
				t.Errorf("the whole record at a: %s: %v, with everything %v, want %v", id, err, listed, want)
			}
		}
	}
	check("[+dl +dp +later +plain]", "plain", "later")
	put(t, b, document("dl", "rd", label("ETH"), "Binary/later"))
	check("[-dl -later]", "plain")
	if err := change(t, b, document("dl", "rd", "", "Binary/later"), lessen("DOWNGRDLABEL", "not about that", "DocumentReference/dl")); err != nil {
		t.Fatal(err)
	}
	check("[+dl +later]", "plain", "later")
	check("[]", "plain", "later")
	if page, err := r.user("b", access.Physician).Everything(ctx, Everything{Patient: "rd"}); err != nil || !slices.ContainsFunc(page.Matches, func(x Resource) bool { return x.ID == "scan" }) {
		t.Errorf("at its own site: %v", err)
	}
}

// TestNoPlaceTellsOfWhatIsHidden: where an answer goes on, and whether it does, is
// the same as if what is hidden were not there.
func TestNoPlaceTellsOfWhatIsHidden(t *testing.T) {
	ask := func(hidden bool) (out []string) {
		r, ctx, _ := twoSites(t)
		b := r.user("b", access.Physician)
		var secrets []string
		for i := range 20 {
			secrets = append(secrets, obs(fmt.Sprint("s", i), "rd", label("ETH")))
		}
		put(t, b, obs("o1", "rd", ""), obs("o2", "rd", ""))
		if hidden {
			put(t, b, secrets...)
			put(t, b, file("fh", "rd"), document("dh", "rd", label("ETH"), "Binary/fh"))
			put(t, r.system("b"), provenanceOf("ph", "Observation/s1"), provenanceOf("pb", "Patient/rd", "DocumentReference/dh"))
		}
		put(t, b, obs("o3", "rd", ""))
		if hidden {
			put(t, b, obs("s20", "rd", label("ETH")))
		}
		whole := r.user("a", access.Physician).Through(access.EHR)
		for q := (Everything{Patient: "rosa", Count: 1}); ; {
			page, err := whole.Everything(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range page.Matches {
				out = append(out, x.ID)
			}
			out = append(out, fmt.Sprint(len(page.Matches), page.Total, len(page.Next)))
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		peer := r.bound(access.Peer, "b", "rd")
		var after Seq
		for {
			p, err := peer.PatientChangesPage(ctx, "rd", after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range p.Versions {
				out = append(out, v.ID)
			}
			out = append(out, fmt.Sprint(p.More, p.Next == after, p.Terms, p.Withheld))
			if after = p.Next; !p.More {
				break
			}
		}
		n, err := r.system("b").CountFor(ctx, "rd", "a", access.Treatment)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(n, " facts"))
		// What is hidden was written last: nothing new to who may not see it.
		if hidden {
			put(t, b, obs("s21", "rd", label("ETH")))
		}
		p, err := peer.PatientChangesPage(ctx, "rd", after, 2)
		if err != nil {
			t.Fatal(err)
		}
		return append(out, fmt.Sprint(len(p.Versions), p.More, p.Next == after))
	}
	with, without := ask(true), ask(false)
	if fmt.Sprint(with) != fmt.Sprint(without) {
		t.Errorf("with what is hidden:\n%v\nwithout:\n%v", with, without)
	}
	if !slices.Contains(with, "0 false true") {
		t.Errorf("%v", with)
	}
}

// TestAPlaceInARecordIsSealed: a paging link says neither how much is before it nor
// where, and none but ours is taken.
func TestAPlaceInARecordIsSealed(t *testing.T) {
	r, ctx, _ := twoSites(t)
	a := r.user("a", access.Physician)
	page, err := a.Everything(ctx, Everything{Patient: "rosa", Count: 1})
	if err != nil || len(page.Next) < 30 {
		t.Fatalf("%q %v", page.Next, err)
	}
	if again, err := a.Everything(ctx, Everything{Patient: "rosa", Count: 1}); err != nil || again.Next == page.Next {
		t.Errorf("the same place twice reads the same: %v", err)
	}
	for _, after := range []string{"1", "zz", page.Next + "A", strings.Repeat("A", len(page.Next))} {
		if _, err := a.Everything(ctx, Everything{Patient: "rosa", Count: 1, After: after}); err == nil {
			t.Errorf("a place of one's own making was taken: %s", after)
		}
	}
}
