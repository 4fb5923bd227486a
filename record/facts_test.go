package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/store"
)

// The id stands beside a Fact, and in Everything's text as the lens names it.
var firstID = regexp.MustCompile(`^(\{"resourceType":"[A-Za-z]+"),"id":"[^"]*"(,"meta":\{\})?`)

// what are facts by name, with what they say.
func what(f Fact) (name, text string) {
	return f.Site.Slug + " " + f.Type + "/" + f.ID + " " + f.Version + " " + f.Author, firstID.ReplaceAllString(string(fhir.WithoutServerMeta(f.Node)), "$1")
}

// whatEverything is the same of Everything, which decides row by row.
func whatEverything(ctx context.Context, t *testing.T, s Session, patient string) map[string]string {
	t.Helper()
	out := map[string]string{}
	q := Everything{Patient: patient, Count: 7}
	for {
		page, err := s.Everything(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range append(page.Matches, page.Included...) {
			d, err := fhir.Parse(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			name, text := what(Fact{Node: d.Root(), Type: r.Type, ID: r.ID, Version: r.Version, Site: r.Site, Author: r.Author})
			out[name] = text
		}
		if page.Next == "" {
			return out
		}
		q.After = page.Next
	}
}

// dateOf is the text of an Observation's time, which sorts as times do here.
func dateOf(text string) string {
	d, err := fhir.Parse([]byte(text))
	if err != nil {
		return ""
	}
	return d.Root().Get("effectiveDateTime").Str()
}

// TestFactsAreEverything writes, labels, deletes, links, unlinks and changes
// consent, and between any two of these reads as several actors. Facts give
// each at once what Everything gives them, and bounded the newest of that.
func TestFactsAreEverything(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 4 {
		r, ctx := node(t)
		rt := t
		a, b := r.user("a", access.Physician), r.user("b", access.Physician)
		put(t, r.user("a", access.Admin), `{"resourceType":"Practitioner","id":"doc","name":[{"text":"Dr. A"}]}`)
		put(t, a, rosa)
		put(t, b, strings.ReplaceAll(rosa, `"rosa"`, `"rd"`))
		site, _ := r.Site("b")
		readers := []Session{a, a.Through(access.EHR), r.bound(access.Patient, "a", "rosa"), r.bound(access.Patient, "a", "rosa").Through(access.EHR),
			r.bound(access.Proxy, "a", "rosa"), r.bound(access.Peer, "a", "rosa"), b.Through(access.EHR), r.user("a", access.FrontDesk)}
		at := func(s Session) string {
			if s.site.Slug == "b" {
				return "rd"
			}
			return "rosa"
		}
		compare := func() {
			for _, s := range readers {
				want := map[string]string{}
				_, err := s.Everything(ctx, Everything{Patient: at(s)})
				if err == nil {
					want = whatEverything(ctx, rt, s, at(s))
				}
				for _, bound := range []int{0, 3} {
					q := FactsQuery{Patient: at(s)}
					if bound > 0 {
						q.Newest, q.Most = []Newest{{"Observation", "date", bound, "status=preliminary"}}, 0
					}
					got, err2 := s.Facts(ctx, q)
					if (err == nil) != (err2 == nil) || err != nil && errors.Is(err, ErrNotFound) != errors.Is(err2, ErrNotFound) {
						rt.Fatalf("%v %v %v: %v, Everything %v", s.actor.Kind, s.actor.Role, s.lens, err2, err)
					}
					if err == nil {
						same(rt, s, want, got, bound)
					}
				}
			}
		}
		linked := Apart
		for range 14 {
			s, patient := a, "rosa"
			if rnd.IntN(2) == 0 {
				s, patient = b, "rd"
			}
			id := fmt.Sprintf("o%d", rnd.IntN(10))
			switch act := rnd.IntN(8); act {
			case 0:
				if linked == Linked {
					linked = Apart
				} else {
					linked = Linked
				}
				if err := r.system("a").SetLink(ctx, "rosa", site, "rd", linked, 0.97, "test"); err != nil {
					rt.Fatal(err)
				}
			case 1:
				rule := []string{`"deny"`, `"permit"`}[rnd.IntN(2)]
				put(t, r.user("b", access.RecordsOffice), `{"resourceType":"Consent","id":"c","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"text":"disclosure"}],"policyRule":{"text":"42 CFR 2.31"},"patient":{"reference":"Patient/rd"},"provision":{"type":`+rule+`,`+toA+[]string{``, `,` + ofSUD}[rnd.IntN(2)]+`}}`)
			case 2:
				if _, err := s.Transact(ctx, []Act{{Op: Delete, Type: "Observation", ID: id}}); err != nil && !errors.Is(err, store.ErrNotFound) {
					var gone *store.ErrGone
					if !errors.As(err, &gone) {
						rt.Fatal(err)
					}
				}
			default:
				more := []string{"", label("ETH"), label("GDIS")}[rnd.IntN(3)]
				if act > 3 {
					more += fmt.Sprintf(`,"effectiveDateTime":"20%02d-01-01"`, 10+rnd.IntN(17))
				}
				if act == 5 && patient == "rosa" {
					more += `,"performer":[{"reference":"Practitioner/doc"}]`
				}
				text := obs(id, patient, more)
				if rnd.IntN(2) == 0 {
					text = strings.Replace(text, `"final"`, `"preliminary"`, 1)
				}
				if err := change(t, s, text, lessen("DOWNGRDLABEL", "by chance", "Observation/"+id)); err != nil {
					rt.Fatal(err)
				}
			}
			compare()
		}
	}
}

// same compares facts with all that there are; with a bound, of each site the
// newest Observations and the kept ones.
func same(t *testing.T, s Session, want map[string]string, got *Facts, bound int) {
	t.Helper()
	have := map[string]bool{}
	shown := map[string][]string{}
	for _, f := range got.List {
		name, text := what(f)
		if have[name] {
			t.Fatalf("%s twice", name)
		}
		have[name] = true
		if w, ok := want[name]; !ok || text != w {
			t.Fatalf("%v %v %v: %s\n%s\nEverything:\n%s", s.actor.Kind, s.actor.Role, s.lens, name, text, w)
		}
		if f.Type == "Observation" {
			shown[f.Site.Slug] = append(shown[f.Site.Slug], name)
		}
	}
	if bound == 0 {
		if len(have) != len(want) || len(got.Cut) != 0 {
			t.Fatalf("%v %v %v: %d facts of %d, cut %v", s.actor.Kind, s.actor.Role, s.lens, len(have), len(want), got.Cut)
		}
		return
	}
	all := map[string][]string{}
	count := 0
	for name, text := range want {
		if !strings.Contains(name, " Observation/") {
			if !have[name] {
				t.Fatalf("%s is not bounded and not there", name)
			}
			continue
		}
		count++
		of, _, _ := strings.Cut(name, " ")
		all[of] = append(all[of], name)
		if strings.Contains(text, `"preliminary"`) && !have[name] {
			t.Fatalf("%s is to be kept", name)
		}
	}
	missing := 0
	for of, names := range all {
		slices.SortFunc(names, func(x, y string) int { return cmp.Compare(dateOf(want[y]), dateOf(want[x])) })
		// The newest of what is not kept: none that is left out is newer than one that is there.
		rest := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return strings.Contains(want[n], `"preliminary"`) })
		if len(names) <= bound {
			rest = names
		}
		in := 0
		oldest := "9"
		for _, n := range rest {
			if have[n] {
				in++
				oldest = min(oldest, dateOf(want[n]))
			}
		}
		if in != min(len(rest), bound) {
			t.Fatalf("%s: %d of %d, bound %d", of, in, len(rest), bound)
		}
		for _, n := range names {
			if !have[n] {
				missing++
				if dateOf(want[n]) > oldest {
					t.Fatalf("%s is newer than what is shown", n)
				}
			}
		}
	}
	switch {
	case missing == 0 && len(got.Cut) > 0:
		t.Fatalf("nothing is missing, but %v", got.Cut)
	case missing > 0 && (len(got.Cut) != 1 || got.Cut[0] != Cut{"Observation", count - missing, count}):
		t.Fatalf("%d of %d are missing, but %v", missing, count, got.Cut)
	}
}

func TestFactsAreNotedOnce(t *testing.T) {
	r, ctx, _ := twoSites(t)
	for _, s := range []Session{r.user("a", access.Physician), r.user("a", access.Physician).Through(access.EHR)} {
		before := len(r.noted(t, store.AuditFilter{Actor: s.actor.ID}))
		if _, err := s.Facts(ctx, FactsQuery{Patient: "rosa", Newest: []Newest{{Type: "Observation", Date: "date", Most: 1}}}); err != nil {
			t.Fatal(err)
		}
		notes := r.noted(t, store.AuditFilter{Actor: s.actor.ID})[before:]
		own, told := 0, 0
		for _, e := range notes {
			switch {
			case e.Action == "export" && e.ID == "rosa" && e.Key == r.keyOf(t, "a", "rosa"):
				own++
			case e.Action == "disclose" && e.Key == r.keyOf(t, "b", "rd"):
				told++
			default:
				t.Errorf("%+v", e)
			}
		}
		if own != 1 || told != map[access.Lens]int{access.EMR: 0, access.EHR: 1}[s.lens] {
			t.Errorf("through %v: %d and %d notes", s.lens, own, told)
		}
	}
	if _, err := r.user("a", access.Physician).Facts(ctx, FactsQuery{Patient: "nobody"}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	var refused *Refused
	if _, err := (Session{}).Facts(ctx, FactsQuery{Patient: "rosa"}); !errors.As(err, &refused) {
		t.Error(err)
	}
}

// TestNewestBehindOthers: what is newest of a record stays so when the index of
// the site is full of others' newer dates, or has none of this one's.
func TestNewestBehindOthers(t *testing.T) {
	r, ctx := node(t)
	s := r.user("a", access.Physician)
	put(t, s, rosa, `{"resourceType":"Patient","id":"other"}`)
	var texts []string
	for i := range 5000 {
		texts = append(texts, obs(fmt.Sprintf("x%d", i), "other", `,"effectiveDateTime":"2026-01-01"`))
	}
	for i := range 10 {
		texts = append(texts, obs(fmt.Sprintf("o%d", i), "rosa", fmt.Sprintf(`,"effectiveDateTime":"2001-01-%02d"`, 20-i)), obs(fmt.Sprintf("n%d", i), "rosa", ""))
	}
	put(t, s, texts...)
	for most, want := range map[int]string{4: "o0 o1 o2 o3", 12: "o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 n9 n8"} {
		got, err := s.Facts(ctx, FactsQuery{Patient: "rosa", Types: []string{"Observation"}, Newest: []Newest{{Type: "Observation", Date: "date", Most: most}}})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, f := range got.List {
			ids = append(ids, f.ID)
		}
		if strings.Join(ids, " ") != want || len(got.Cut) != 1 || got.Cut[0] != (Cut{"Observation", most, 20}) {
			t.Errorf("%v %v", ids, got.Cut)
		}
	}
}
