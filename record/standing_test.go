package record

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/store"
)

// Whatever changes what a site sees of a person is told of: by the log for what
// was written, by a mark for links and other nodes' answers.
func TestWhoIsConcerned(t *testing.T) {
	r, ctx := node(t)
	a, b, sys := r.user("a", access.Physician), r.user("b", access.Physician), r.system("a")
	concerned := func(after Seq) []string {
		changes, err := sys.Changes(ctx, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		list, err := sys.Concerned(ctx, changes)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range list {
			out = append(out, c.Site.Slug+"/"+c.Patient)
		}
		slices.Sort(out)
		return out
	}
	at := func() Seq {
		changes, err := sys.Changes(ctx, 0, 1000)
		if err != nil || len(changes) == 0 {
			return 0
		}
		return changes[len(changes)-1].Seq
	}
	put(t, a, rosa, `{"resourceType":"Patient","id":"other"}`)
	put(t, b, strings.ReplaceAll(rosa, `"rosa"`, `"rd"`))
	site, _ := r.Site("b")
	far, _ := r.Site("far")
	marks := func() string {
		out := ""
		for _, slug := range []string{"a", "b"} {
			list, err := r.system(slug).Touched(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range slices.Sorted(maps.Keys(list)) {
				out += id + " "
			}
		}
		return out
	}
	mark := func() string {
		list, err := sys.Touched(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return list["rosa"]
	}
	if got := marks(); got != "" {
		t.Errorf("marked before anything: %s", got)
	}
	before := at()
	put(t, b, obs("lone", "rd", ""))
	if got := concerned(before); !slices.Equal(got, []string{"b/rd"}) {
		t.Errorf("of an unlinked record: %v", got)
	}
	if err := sys.SetLink(ctx, "rosa", site, "rd", Linked, 1, "same"); err != nil {
		t.Fatal(err)
	}
	if got := marks(); got != "rosa rd " {
		t.Errorf("after a link: %s", got)
	}
	before = at()
	put(t, b, obs("new", "rd", ""))
	if got := concerned(before); !slices.Equal(got, []string{"a/rosa", "b/rd"}) {
		t.Errorf("of a linked record: %v", got)
	}
	// What another node answers: a mark when it says something new.
	if err := sys.Keep(ctx, "x", []Kept{{Patient: "rosa", Body: []byte("1"), Touched: mark()}}); err != nil {
		t.Fatal(err)
	}
	if got := marks(); got != "rd " {
		t.Errorf("after keeping: %s", got)
	}
	var last string
	for i, state := range []string{"unreachable", "unreachable", "refused"} {
		if err := sys.SaveAnswer(ctx, "rosa", Answer{Site: "far", State: state, Asked: now.Add(time.Duration(i) * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		if same := mark() == last; mark() == "" || same != (i == 1) {
			t.Errorf("answer %d: marked %q after %q", i, mark(), last)
		}
		if i < 2 {
			last = mark()
		}
	}
	// A mark that was set again after it was read stays, also when the one that
	// was read was answered meanwhile.
	old, newer := last, mark()
	if err := sys.Keep(ctx, "x", []Kept{{Patient: "rosa", Body: []byte("2"), Touched: old}}); err != nil {
		t.Fatal(err)
	}
	if mark() != newer {
		t.Error("a newer mark was lost")
	}
	if err := sys.Keep(ctx, "x", []Kept{{Patient: "rosa", Body: []byte("2"), Touched: newer}}); err != nil || mark() != "" {
		t.Errorf("%v %q", err, mark())
	}
	if err := sys.SaveAnswer(ctx, "rosa", Answer{Site: "far", State: "unreachable"}); err != nil {
		t.Fatal(err)
	}
	if err := sys.Keep(ctx, "x", []Kept{{Patient: "rosa", Body: []byte("2"), Touched: newer}}); err != nil || mark() == "" {
		t.Errorf("an answer to an older mark ended this one: %v", err)
	}
	// Copies of another node's facts concern whose person they are.
	copies := []Copy{{Type: "Patient", ID: "p9", Body: doc(t, strings.ReplaceAll(rosa, `"rosa"`, `"p9"`)), Version: "1", Updated: now}}
	if err := sys.Receive(ctx, far, "rosa", Answer{Site: "far", State: "answered", When: now, Patient: "p9"}, copies, true); err != nil {
		t.Fatal(err)
	}
	if err := sys.SetLink(ctx, "rosa", far, "p9", Linked, 1, "same"); err != nil {
		t.Fatal(err)
	}
	before = at()
	copies[0] = Copy{Type: "Observation", ID: "o9", Body: doc(t, obs("o9", "p9", "")), Version: "1", Updated: now}
	if err := sys.Receive(ctx, far, "rosa", Answer{Site: "far", State: "answered", When: now, Patient: "p9"}, copies, false); err != nil {
		t.Fatal(err)
	}
	if got := concerned(before); !slices.Equal(got, []string{"a/rosa", "b/rd"}) {
		t.Errorf("of a copy: %v", got)
	}
	if err := sys.SetLink(ctx, "rosa", site, "rd", Apart, 1, "not she"); err != nil {
		t.Fatal(err)
	}
	if got := marks(); !strings.Contains(got, "rosa") || !strings.Contains(got, "rd") {
		t.Errorf("after they were parted: %s", got)
	}
	// A Medication that is changed is in nobody's record and in everybody's.
	put(t, r.user("a", access.Admin), `{"resourceType":"Medication","id":"m","code":{"text":"warfarin"}}`)
	before = at()
	put(t, r.user("a", access.Admin), `{"resourceType":"Medication","id":"m","code":{"text":"heparin"}}`)
	if got := concerned(before); !slices.Equal(got, []string{"a/", "b/"}) {
		t.Errorf("of a medication: %v", got)
	}
	ids, next, err := sys.Patients(ctx, "", 1)
	if err != nil || len(ids) != 1 || next == "" {
		t.Fatalf("%v %q %v", ids, next, err)
	}
	more, next, err := sys.Patients(ctx, next, 5)
	if err != nil || next != "" || !slices.Equal(append(ids, more...), []string{"rosa", "other"}) {
		t.Errorf("%v %v %q %v", ids, more, next, err)
	}
}

// Only the system's own work follows, keeps and evaluates.
func TestKeeping(t *testing.T) {
	r, ctx := node(t)
	put(t, r.user("a", access.Physician), rosa)
	sys, doctor := r.system("a"), r.user("a", access.Physician)
	var kept []Kept
	all := func(s Session) (out []string) {
		for part := range KeptParts {
			list, err := s.KeptIn(ctx, "standing", part)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range list {
				out = append(out, k.Patient+"="+string(k.Body))
			}
		}
		slices.Sort(out)
		return out
	}
	for i := range 20 {
		kept = append(kept, Kept{Patient: fmt.Sprint("p", i), Body: []byte("x")})
	}
	if err := sys.Keep(ctx, "standing", kept); err != nil || len(all(sys)) != 20 {
		t.Fatalf("%v %d", err, len(all(sys)))
	}
	if err := sys.Keep(ctx, "standing", []Kept{{Patient: "p3"}, {Patient: "p4", Body: []byte("y")}, {Patient: "never"}}); err != nil {
		t.Fatal(err)
	}
	if got := all(sys); len(got) != 19 || !slices.Contains(got, "p4=y") || slices.Contains(got, "p3=x") {
		t.Errorf("%v", got)
	}
	if got := all(r.system("b")); len(got) != 0 {
		t.Errorf("another site has %v", got)
	}
	var no *Refused
	_, e1 := doctor.KeptIn(ctx, "standing", 0)
	_, e2 := doctor.Concerned(ctx, nil)
	_, e3 := doctor.Touched(ctx)
	_, _, e4 := doctor.Patients(ctx, "", 1)
	_, e5 := doctor.TermsEnd(ctx, "rosa")
	for i, err := range []error{doctor.Keep(ctx, "standing", nil), e1, e2, e3, e4, e5} {
		if !errors.As(err, &no) {
			t.Errorf("%d: a physician may: %v", i, err)
		}
	}
	if s := doctor.Evaluating(true); s.evaluating || s.noted {
		t.Error("a physician's reading is not noted")
	}
}

// An evaluation sees what every purpose shows, and is noted once a day at both sites.
func TestEvaluatingIsStrictAndNoted(t *testing.T) {
	r, ctx := node(t)
	put(t, r.user("a", access.Physician), rosa)
	b := r.user("b", access.Physician)
	put(t, b, strings.ReplaceAll(rosa, `"rosa"`, `"rd"`), obs("open", "rd", ""), obs("sud", "rd", label("ETH")))
	site, _ := r.Site("b")
	if err := r.system("a").SetLink(ctx, "rosa", site, "rd", Linked, 1, "same"); err != nil {
		t.Fatal(err)
	}
	seen := func(purpose access.Purpose, noted bool) (out string) {
		actor := r.system("a").actor
		actor.Purpose = purpose
		s := r.As(actor, access.EHR).Evaluating(noted)
		f, err := s.Facts(ctx, FactsQuery{Patient: "rosa"})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range f.List {
			if x.Type == "Observation" {
				out += x.ID + " "
			}
		}
		return out
	}
	consent := `{"resourceType":"Consent","id":"c","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"text":"disclosure"}],"patient":{"reference":"Patient/rd"},"policyRule":{"text":"42 CFR 2.31"},"provision":{"type":"permit","purpose":[{"code":"%s"}],"period":{"end":"2031-01-01"},` + toA + `,` + ofSUD + `}}`
	for i, purpose := range []string{"TREAT", "HOPERAT"} {
		put(t, r.user("b", access.RecordsOffice), strings.Replace(fmt.Sprintf(consent, purpose), `"id":"c"`, fmt.Sprintf(`"id":"c%d"`, i), 1))
		got := seen(access.Operations, false)
		if want := []string{"2.open ", "2.open 2.sud "}[i]; got != want {
			t.Errorf("permitted for %s and before: %q, want %q", purpose, got, want)
		}
	}
	if end, err := r.system("a").TermsEnd(ctx, "rosa"); err != nil || end.Year() < 2030 || end.Year() > 2031 {
		t.Errorf("the consent's end: %v %v", end, err)
	}
	count := func(f store.AuditFilter) (n, told int) {
		for _, e := range r.noted(t, f) {
			if e.Action == "evaluate" {
				n++
			}
			if e.Action == "disclose" {
				told++
			}
		}
		return n, told
	}
	n, _ := count(store.AuditFilter{Patient: r.keyOf(t, "a", "rosa")})
	_, told := count(store.AuditFilter{Patient: r.keyOf(t, "b", "rd")})
	if n != 2 || told != 2 {
		t.Errorf("noted %d times, disclosed %d times, want 2 and 2", n, told)
	}
	seen(access.Operations, true)
	again, _ := count(store.AuditFilter{Patient: r.keyOf(t, "a", "rosa")})
	_, toldAgain := count(store.AuditFilter{Patient: r.keyOf(t, "b", "rd")})
	if again != n || toldAgain != told {
		t.Errorf("noted again: %d, %d", again, toldAgain)
	}
}
