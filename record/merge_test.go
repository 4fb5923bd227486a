package record

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/search"
	"wholechart/store"
)

const rosaTwo = `{"resourceType":"Patient","id":"rosa2","identifier":[{"system":"urn:mrn","value":"77"}],"name":[{"family":"Delgado","given":["Rosa","M"]}],"birthDate":"1958-03-14"}`

func side(t *testing.T, s Session, id string) Side {
	t.Helper()
	r, err := s.Read(t.Context(), "Patient", id)
	if err != nil {
		t.Fatal(err)
	}
	return SideOf(r)
}

// twice is Rosa held twice at a, with an Other beside her.
func twice(t *testing.T) (r *Records, doctor, office Session) {
	t.Helper()
	r, _ = node(t)
	doctor, office = r.user("a", access.Physician), r.user("a", access.RecordsOffice)
	put(t, r.system("a"), rosa, obs("one", "rosa", ""), rosaTwo, obs("two", "rosa2", `,"valueQuantity":{"value":5}`),
		`{"resourceType":"Patient","id":"other","name":[{"family":"Other"}]}`, obs("hers", "other", ""),
		`{"resourceType":"AllergyIntolerance","id":"bee","patient":{"reference":"Patient/rosa2"},"code":{"text":"Bee venom"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]}}`)
	return r, doctor, office
}

func merge(t *testing.T, office Session, keep, gone string) {
	t.Helper()
	if err := office.Merge(t.Context(), side(t, office, keep), side(t, office, gone), "the same person"); err != nil {
		t.Fatal(err)
	}
}

func ids(t *testing.T, s Session, typ, query string) string {
	t.Helper()
	got := find(t, s, typ, query)
	slices.Sort(got)
	return strings.Join(got, " ")
}

func facts(t *testing.T, s Session, patient string) string {
	t.Helper()
	f, err := s.Facts(t.Context(), FactsQuery{Patient: patient})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, x := range f.List {
		out = append(out, x.Type+"/"+x.ID)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func everything(t *testing.T, s Session, patient string, count int) string {
	t.Helper()
	var out []string
	for after := ""; ; {
		p, err := s.Everything(t.Context(), Everything{Patient: patient, Count: count, After: after})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range p.Matches {
			out = append(out, m.Type+"/"+m.ID)
		}
		if after = p.Next; after == "" {
			break
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

const rosas = "AllergyIntolerance/bee Observation/one Observation/two Patient/rosa Patient/rosa2"

func TestAMergedRecordIsOneAtEveryDoor(t *testing.T) {
	r, doctor, office := twice(t)
	before := map[string][]byte{}
	for _, id := range []string{"rosa", "rosa2"} {
		res, _ := doctor.Read(t.Context(), "Patient", id)
		before[id] = doc(t, string(res.Body)).Root().Get("name").Raw()
	}
	asked := []struct{ typ, query, alone, merged string }{
		{"Observation", "patient=rosa", "one", "one two"},
		{"Observation", "subject=Patient/rosa", "one", "one two"},
		{"Observation", "patient=rosa2", "two", "one two"},
		{"Observation", "patient=rosa,other", "hers one", "hers one two"},
		{"Observation", "patient=rosa&code=6301-6&_sort=-_lastUpdated", "one", "one two"},
		{"Observation", "patient=rosa&value-quantity=gt1", "", "two"},
		{"AllergyIntolerance", "patient=rosa", "", "bee"},
		{"Observation", "patient=other", "hers", "hers"},
		{"Observation", "patient.identifier=urn:mrn|77", "two", "one two"},
		{"Observation", "patient.name=rosa&code=6301-6", "one two", "one two"},
		{"Observation", "patient.given=M", "two", "one two"},
		{"Observation", "patient.name=other", "hers", "hers"},
		{"Patient", "_has:AllergyIntolerance:patient:code:text=bee", "rosa2", "rosa rosa2"},
		{"Patient", "_has:Observation:patient:value-quantity=5&name=rosa", "rosa2", "rosa rosa2"},
		{"Patient", "_id=rosa&_has:Observation:patient:value-quantity=5", "", "rosa"},
		{"Patient", "_id=other&_has:Observation:patient:value-quantity=5", "", ""},
		{"Patient", "_id=rosa", "rosa", "rosa"},
	}
	look := func(s Session, merged bool, when string) {
		t.Helper()
		for _, a := range asked {
			want := a.alone
			if merged {
				want = a.merged
			}
			if got := ids(t, s, a.typ, a.query); got != want {
				t.Errorf("%s: %s?%s: %q, want %q", when, a.typ, a.query, got, want)
			}
		}
		q, _ := search.Parse("Patient", map[string][]string{"_id": {"rosa"}, "_revinclude": {"Observation:patient"}}, search.Options{})
		page, err := s.Search(t.Context(), q)
		if err != nil || len(page.Included) != map[bool]int{false: 1, true: 2}[merged] {
			t.Errorf("%s: _revinclude: %d %v", when, len(page.Included), err)
		}
		q, _ = search.Parse("Observation", map[string][]string{"_id": {"two"}, "_include": {"Observation:patient"}}, search.Options{})
		page, err = s.Search(t.Context(), q)
		if err != nil || len(page.Included) != map[bool]int{false: 1, true: 2}[merged] {
			t.Errorf("%s: _include: %d %v", when, len(page.Included), err)
		}
		for _, lens := range []access.Lens{access.EMR, access.EHR} {
			at := s.Through(lens)
			want := "Observation/one Patient/rosa"
			if merged {
				want = rosas
			}
			if got := facts(t, at, "rosa"); got != want {
				t.Errorf("%s: %v facts: %s", when, lens, got)
			}
			for _, count := range []int{0, 1, 2} {
				if got := everything(t, at, "rosa", count); got != want {
					t.Errorf("%s: %v everything by %d: %s", when, lens, count, got)
				}
			}
			want = map[bool]string{false: "one", true: "one two"}[merged]
			if got := ids(t, at, "Observation", "patient=rosa"); got != want {
				t.Errorf("%s: %v: %s", when, lens, got)
			}
			if merged && facts(t, at, "rosa2") != rosas {
				t.Errorf("%s: %v: the replaced id", when, lens)
			}
		}
		if got := s.Standing("rosa2"); got != map[bool]string{false: "rosa2", true: "rosa"}[merged] {
			t.Errorf("%s: it stands %s", when, got)
		}
	}
	look(doctor, false, "before")
	merge(t, office, "rosa", "rosa2")
	look(doctor, true, "merged")
	if got := ids(t, doctor.Apart(), "Observation", "patient=rosa"); got != "one" {
		t.Errorf("apart: %s", got)
	}
	list, err := doctor.Replaces(t.Context(), "rosa")
	if err != nil || len(list) != 1 || list[0].ID != "rosa2" || list[0].Into != "rosa" || list[0].Why != "the same person" || list[0].When.IsZero() || list[0].By == "" {
		t.Errorf("%+v %v", list, err)
	}
	if n := len(r.noted(t, store.AuditFilter{})); n == 0 {
		t.Error("nothing noted")
	}
	log, err := r.user("a", access.Admin).AccessLog(t.Context(), LogQuery{Patient: "rosa", Count: 1000})
	if err != nil || !slices.ContainsFunc(log, func(n Noted) bool { return n.Action == "merge" && n.ID == "rosa2" }) || !slices.ContainsFunc(log, func(n Noted) bool { return n.Action == "merge" && n.ID == "rosa" }) {
		t.Errorf("the log of her record: %v", err)
	}
	// What the node remembers it reads again when it starts.
	again, err := New(t.Context(), r.store, Options{Now: r.now})
	if err != nil {
		t.Fatal(err)
	}
	look(again.user("a", access.Physician), true, "started again")
	again.Close()
	if err := office.Unmerge(t.Context(), side(t, office, "rosa"), side(t, office, "rosa2"), "two sisters"); err != nil {
		t.Fatal(err)
	}
	look(doctor, false, "taken back")
	for id, text := range map[string]string{"rosa": rosa, "rosa2": rosaTwo} {
		res, _ := doctor.Read(t.Context(), "Patient", id)
		var row store.Row
		r.store.View(t.Context(), func(v *store.View) (err error) { row, err = v.Get(1, "Patient", id); return err })
		if string(row.Body()) != text || !bytes.Equal(before[id], doc(t, string(res.Body)).Root().Get("name").Raw()) {
			t.Errorf("%s is not what it was: %s", id, res.Body)
		}
	}
	if links, _ := office.Links(t.Context(), "rosa"); len(links) != 1 || links[0].State != Apart || links[0].Why != "two sisters" {
		t.Errorf("%+v", links)
	}
}

func TestAMergeIsOneActOrNone(t *testing.T) {
	r, doctor, office := twice(t)
	ctx := t.Context()
	link := func(other, typ string) string {
		return `,"link":[{"other":{"reference":"Patient/` + other + `"},"type":"` + typ + `"}]}`
	}
	one := strings.TrimSuffix(rosa, "}") + link("rosa2", "replaces")
	two := strings.TrimSuffix(rosaTwo, "}") + link("rosa", "replaced-by")
	acts := func(texts ...string) (out []Act) {
		for _, text := range texts {
			d := doc(t, text)
			out = append(out, Act{Op: Update, Type: "Patient", ID: d.Root().ID(), Resource: d.Root()})
		}
		return out
	}
	var bad *Invalid
	var refused *Refused
	for _, half := range []string{one, two} {
		if _, err := office.Transact(ctx, acts(half)); !errors.As(err, &bad) {
			t.Errorf("half a merge: %v", err)
		}
	}
	if _, err := doctor.Transact(ctx, acts(one, two)); !errors.As(err, &refused) {
		t.Errorf("a physician merges: %v", err)
	}
	if err := doctor.Merge(ctx, side(t, doctor, "rosa"), side(t, doctor, "rosa2"), "x"); !errors.As(err, &refused) {
		t.Errorf("a physician merges: %v", err)
	}
	// A failing act beside it leaves neither.
	broken := acts(one, two)
	broken = append(broken, Act{Op: Create, Type: "Observation", Resource: doc(t, obs("x", "nobody", "")).Root()})
	if _, err := office.Transact(ctx, broken); err == nil {
		t.Error("a reference to nobody")
	}
	if doctor.Standing("rosa2") != "rosa2" || ids(t, doctor, "Observation", "patient=rosa") != "one" {
		t.Error("a merge that failed is there")
	}
	stale := side(t, office, "rosa2")
	put(t, office, strings.Replace(rosaTwo, "1958", "1959", 1))
	var moved *VersionConflict
	if err := office.Merge(ctx, side(t, office, "rosa"), stale, "x"); !errors.As(err, &moved) {
		t.Errorf("of a version that is no more: %v", err)
	}
	// As one transaction bundle it is a merge like any other.
	if _, err := office.Transact(ctx, acts(one, two)); err != nil {
		t.Fatal(err)
	}
	if doctor.Standing("rosa2") != "rosa" {
		t.Error("a merge by its two links")
	}
	// Nothing new is written into what was replaced; what is there is kept up.
	if _, err := doctor.Transact(ctx, []Act{{Op: Create, Type: "Observation", Resource: doc(t, obs("new", "rosa2", "")).Root()}}); !errors.As(err, &bad) || !strings.Contains(err.Error(), "Patient/rosa") {
		t.Errorf("new in a replaced record: %v", err)
	}
	put(t, doctor, obs("two", "rosa2", `,"valueQuantity":{"value":6}`))
	if _, err := doctor.Transact(ctx, []Act{{Op: Create, Type: "Observation", Resource: doc(t, obs("more", "rosa2", `,"derivedFrom":[{"reference":"Observation/two"}]`)).Root()}}); err != nil {
		t.Errorf("what goes on with a fact of the replaced record: %v", err)
	}
	put(t, doctor, obs("new", "rosa", ""))
	// Neither goes, nor says that it is alone, while the other says otherwise.
	for _, id := range []string{"rosa", "rosa2"} {
		if _, err := r.user("a", access.Admin).Transact(ctx, []Act{{Op: Delete, Type: "Patient", ID: id}}); !errors.As(err, &bad) {
			t.Errorf("%s is deleted: %v", id, err)
		}
	}
	if _, err := office.Transact(ctx, acts(rosa)); !errors.As(err, &bad) {
		t.Errorf("half an undoing: %v", err)
	}
	// Her demographics may change, and undoing keeps that.
	put(t, office, strings.Replace(one, "Rosa", "Rosalia", 1))
	if err := office.Unmerge(ctx, side(t, office, "rosa"), side(t, office, "rosa2"), "no"); err != nil {
		t.Fatal(err)
	}
	res, _ := doctor.Read(ctx, "Patient", "rosa")
	if !strings.Contains(string(res.Body), "Rosalia") || strings.Contains(string(res.Body), "link") {
		t.Errorf("%s", res.Body)
	}
	if err := office.Unmerge(ctx, side(t, office, "rosa"), side(t, office, "rosa2"), "no"); !errors.As(err, &bad) {
		t.Errorf("what is not merged is taken apart: %v", err)
	}
	if got := ids(t, doctor, "Observation", "patient=rosa"); got != "new one" {
		t.Errorf("%s", got)
	}
}

// An import that does not know of a merge does not take it back, and who is named
// by what either record says is the one that stands.
func TestAnImportKeepsAMerge(t *testing.T) {
	r, doctor, office := twice(t)
	ctx := t.Context()
	merge(t, office, "rosa", "rosa2")
	for _, text := range []string{strings.Replace(rosa, "Rosa", "Rosie", 1), strings.Replace(rosaTwo, "Rosa", "Rosie", 1)} {
		d := doc(t, text)
		if _, err := r.system("a").Transact(ctx, []Act{{Op: Update, Type: "Patient", ID: d.Root().ID(), Resource: d.Root(), Adopt: true}}); err != nil {
			t.Fatal(err)
		}
		if got := ids(t, doctor, "Observation", "patient=rosa"); got != "one two" {
			t.Errorf("after an import of %s: %s", d.Root().ID(), got)
		}
		if res, _ := doctor.Read(ctx, "Patient", d.Root().ID()); !strings.Contains(string(res.Body), "Rosie") {
			t.Errorf("%s", res.Body)
		}
	}
	// What was a version before is still nothing new.
	old := doc(t, rosa)
	if _, err := r.system("a").Transact(ctx, []Act{{Op: Update, Type: "Patient", ID: "rosa", Resource: old.Root(), Adopt: true}}); err != nil {
		t.Fatal(err)
	}
	if res, _ := doctor.Read(ctx, "Patient", "rosa"); !strings.Contains(string(res.Body), "Rosie") {
		t.Errorf("an old text came back: %s", res.Body)
	}
	both := []Act{}
	for _, text := range []string{strings.Replace(rosa, "Rosa", "Roza", 1), strings.Replace(rosaTwo, "Rosa", "Roza", 1)} {
		d := doc(t, text)
		both = append(both, Act{Op: Update, Type: "Patient", ID: d.Root().ID(), Resource: d.Root(), Adopt: true})
	}
	if _, err := r.system("a").Transact(ctx, both); err != nil || ids(t, doctor, "Observation", "patient=rosa") != "one two" {
		t.Errorf("after an import of both: %v", err)
	}
	if id, err := doctor.ByIdentifier(ctx, "Patient", "urn:mrn", "77"); err != nil || id != "rosa2" { // what has the number, for who writes it again
		t.Errorf("by the other's number: %s %v", id, err)
	}
	if got, err := doctor.Transact(ctx, []Act{{Op: Create, Type: "Observation", Resource: doc(t, strings.Replace(obs("", "x", ""), `"Patient/x"`, `"Patient?identifier=urn:mrn|77"`, 1)).Root()}}); err != nil || !strings.Contains(string(got[0].Resource.Body), `"Patient/rosa"`) {
		t.Errorf("a conditional reference by the other's number: %v", err)
	}
	if got, err := doctor.Transact(ctx, []Act{{Op: Create, Type: "Observation", Resource: doc(t, strings.Replace(obs("", "x", ""), `"Patient/x"`, `"Patient?birthdate=1958-03-14"`, 1)).Root()}}); err != nil || !strings.Contains(string(got[0].Resource.Body), `"Patient/rosa"`) {
		t.Errorf("a conditional reference that both meet: %v", err)
	}
	if err := office.Unmerge(ctx, side(t, office, "rosa"), side(t, office, "rosa2"), "x"); err != nil {
		t.Fatal(err)
	}
	var two *Ambiguous
	if _, err := doctor.Transact(ctx, []Act{{Op: Create, Type: "Observation", Resource: doc(t, strings.Replace(obs("", "x", ""), `"Patient/x"`, `"Patient?birthdate=1958-03-14"`, 1)).Root()}}); !errors.As(err, &two) {
		t.Errorf("taken back, two meet it: %v", err)
	}
}

func TestALineOfMergesAndNoRing(t *testing.T) {
	_, doctor, office := twice(t)
	ctx := t.Context()
	put(t, office, `{"resourceType":"Patient","id":"rosa3","name":[{"family":"Delgado"}]}`)
	put(t, doctor, obs("three", "rosa3", ""))
	merge(t, office, "rosa2", "rosa3")
	merge(t, office, "rosa", "rosa2")
	var bad *Invalid
	if err := office.Merge(ctx, side(t, office, "rosa3"), side(t, office, "rosa"), "x"); !errors.As(err, &bad) {
		t.Errorf("a ring: %v", err)
	}
	if err := office.Merge(ctx, side(t, office, "other"), side(t, office, "rosa3"), "x"); !errors.As(err, &bad) {
		t.Errorf("replaced by two: %v", err)
	}
	if err := office.Merge(ctx, side(t, office, "rosa"), side(t, office, "rosa"), "x"); !errors.As(err, &bad) {
		t.Errorf("with itself: %v", err)
	}
	if got := ids(t, doctor, "Observation", "patient=rosa"); got != "one three two" {
		t.Errorf("all three: %s", got)
	}
	if doctor.Standing("rosa3") != "rosa" || len(doctor.Together("rosa2")) != 3 {
		t.Error("who stands")
	}
	list, _ := doctor.Replaces(ctx, "rosa")
	if len(list) != 2 {
		t.Errorf("%+v", list)
	}
	// Taken back in the middle, the end stays with what it was merged into.
	if err := office.Unmerge(ctx, side(t, office, "rosa"), side(t, office, "rosa2"), "x"); err != nil {
		t.Fatal(err)
	}
	if ids(t, doctor, "Observation", "patient=rosa") != "one" || ids(t, doctor, "Observation", "patient=rosa2") != "three two" {
		t.Error("the middle taken back")
	}
}

func TestAMergedRecordAsItWas(t *testing.T) {
	r, doctor, office := twice(t)
	at := now
	clock := now
	r.now = func() time.Time { return clock }
	clock = at.Add(time.Hour)
	merge(t, office, "rosa", "rosa2")
	clock = at.Add(2 * time.Hour)
	if err := office.Unmerge(t.Context(), side(t, office, "rosa"), side(t, office, "rosa2"), "x"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   time.Time
		want int
	}{{at.Add(time.Minute), 2}, {at.Add(90 * time.Minute), 5}, {at.Add(3 * time.Hour), 2}} {
		f, err := doctor.FactsAt(t.Context(), "rosa", c.at)
		if err != nil || len(f.List) != c.want {
			t.Errorf("%v: %v facts, want %d: %v", c.at, f, c.want, err)
		}
	}
}

// What holds for one of two records that are one holds for both: her token, and
// what she said of who may know.
func TestRightsHoldForBothRecords(t *testing.T) {
	r, doctor, office := twice(t)
	ctx := t.Context()
	b, _ := r.Site("b")
	a, _ := r.Site("a")
	put(t, r.user("b", access.Physician), strings.ReplaceAll(rosa, `"rosa"`, `"rd"`), obs("there", "rd", ""))
	put(t, doctor, obs("secret", "rosa2", label("ETH")))
	if err := r.system("a").SetLink(ctx, "rosa2", b, "rd", Linked, 0.99, "same"); err != nil {
		t.Fatal(err)
	}
	merge(t, office, "rosa", "rosa2")
	for _, id := range []string{"rosa", "rosa2"} {
		her := r.bound(access.Patient, "a", id)
		if got := ids(t, her, "Observation", ""); got != "one secret two" {
			t.Errorf("%s by her token: %s", id, got)
		}
		if got := ids(t, her, "Observation", "patient=rosa"); got != "one secret two" {
			t.Errorf("%s by her token: %s", id, got)
		}
		if _, err := her.Read(ctx, "Observation", "hers"); !errors.Is(err, ErrNotFound) {
			t.Errorf("another's: %v", err)
		}
	}
	// At b, whose record is linked to the one that was replaced, both are seen, but for what is sensitive; and from a what b has.
	there := r.user("b", access.Physician).Through(access.EHR)
	if got := facts(t, there, "rd"); got != "AllergyIntolerance/1.bee Observation/1.one Observation/1.two Observation/there Patient/1.rosa Patient/1.rosa2 Patient/rd" {
		t.Errorf("at b: %s", got)
	}
	whole := doctor.Through(access.EHR)
	if got := facts(t, whole, "rosa"); !strings.Contains(got, "Observation/2.there") || strings.Count(got, "Observation/") != 4 {
		t.Errorf("from a: %s", got)
	}
	res, err := whole.Search(ctx, parse(t, "Observation", "patient=rosa&_id=two"))
	if err != nil || len(res.Matches) != 1 || !strings.Contains(string(res.Matches[0].Body), `"subject":{"reference":"Patient/rosa"}`) {
		t.Errorf("whose it is in the whole record: %v", err)
	}
	if got, err := there.Read(ctx, "Observation", "1.one"); err != nil || !strings.Contains(string(got.Body), "Patient/rd") {
		t.Errorf("a fact of the one that stands: %v", err)
	}
	// A refusal in either record is one of both.
	put(t, r.user("a", access.Admin), `{"resourceType":"Consent","id":"no","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"text":"privacy"}],"patient":{"reference":"Patient/rosa"},"policyRule":{"coding":[{"code":"OPTOUT"}]},"provision":{"type":"deny"}}`)
	if got := facts(t, there, "rd"); got != "Observation/there Patient/rd" {
		t.Errorf("at b, after her refusal: %s", got)
	}
	if _, err := r.system("b").Discloses(ctx, "rd", a.Slug, access.Treatment); err != nil {
		t.Error(err)
	}
	// Canary: who is at b and no patient of a's sees nothing of either.
	if got := ids(t, r.user("b", access.Physician), "Observation", ""); got != "there" {
		t.Errorf("b's chart: %s", got)
	}
}

// What was being written in the replaced record goes on being written.
func TestDraftsOfAMergedRecord(t *testing.T) {
	_, doctor, office := twice(t)
	d, err := doctor.PutDraft(t.Context(), Draft{ID: "v1", Kind: "note", Type: "Composition", Patient: "rosa2", Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		merged bool
		want   int
	}{{false, 0}, {true, 1}} {
		if c.merged {
			merge(t, office, "rosa", "rosa2")
		}
		for _, q := range []DraftQuery{{Patient: "rosa"}, {Patient: "rosa", Kind: "note"}, {Patient: "rosa", Writer: doctor.Actor().ID}} {
			if list, err := doctor.Drafts(t.Context(), q); err != nil || len(list) != c.want {
				t.Errorf("%+v merged %v: %v %v", q, c.merged, list, err)
			}
		}
	}
	d.Body = []byte(`{"more":1}`)
	if _, err := doctor.PutDraft(t.Context(), d); err != nil {
		t.Errorf("written on: %v", err)
	}
}

func parse(t *testing.T, typ, query string) *search.Query {
	t.Helper()
	q, err := ask(typ, query)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// What another node's site says of its own Patients is taken when both say it.
func TestCopiesOfAMergeElsewhere(t *testing.T) {
	r, ctx := node(t)
	far, _ := r.Site("far")
	sys, doctor := r.system("a"), r.user("a", access.Physician)
	put(t, doctor, rosa, obs("inr", "rosa", ""))
	link := func(other, typ string) string {
		return `,"link":[{"other":{"reference":"Patient/` + other + `"},"type":"` + typ + `"}]}`
	}
	copied := func(version string, texts ...string) (out []Copy) {
		for _, text := range texts {
			d := doc(t, text)
			out = append(out, Copy{Type: d.Root().ResourceType(), ID: d.Root().ID(), Body: d, Version: version, Updated: now})
		}
		return out
	}
	p1, p2 := `{"resourceType":"Patient","id":"p1"`, `{"resourceType":"Patient","id":"p2"`
	told := Answer{Site: "far", State: "answered", When: now, Patient: "p1"}
	receive := func(whole bool, c ...Copy) {
		t.Helper()
		if err := sys.Receive(ctx, far, "rosa", told, c, whole); err != nil {
			t.Fatal(err)
		}
	}
	receive(true, copied("1", p1+"}", obs("f1", "p1", ""))...)
	if err := sys.SetLink(ctx, "rosa", far, "p1", Linked, 1, "same"); err != nil {
		t.Fatal(err)
	}
	whole := doctor.Through(access.EHR)
	if got := ids(t, whole, "Observation", "patient=rosa"); got != "3.f1 inr" {
		t.Errorf("before: %s", got)
	}
	receive(true, append(copied("2", p1+link("p2", "replaces"), p2+link("p1", "replaced-by")), copied("1", obs("f1", "p1", ""), obs("f2", "p2", ""))...)...)
	if got := ids(t, whole, "Observation", "patient=rosa"); got != "3.f1 3.f2 inr" {
		t.Errorf("merged there: %s", got)
	}
	res, err := whole.Read(ctx, "Observation", "3.f2")
	if err != nil || !strings.Contains(string(res.Body), `"Patient/rosa"`) {
		t.Errorf("whose it is: %v", err)
	}
	receive(true, append(copied("3", p1+"}"), copied("1", obs("f1", "p1", ""))...)...)
	if got := ids(t, whole, "Observation", "patient=rosa"); got != "3.f1 inr" {
		t.Errorf("taken back there: %s", got)
	}
}

// However many were merged, chains and _has find the same.
func TestManyMerges(t *testing.T) {
	r, _ := node(t)
	s := r.system("a")
	const pairs = 300
	var texts []string
	for i := range 2 * pairs {
		given := []string{"Standing", "Replaced"}[i&1]
		link := fmt.Sprintf(`[{"other":{"reference":"Patient/p%d"},"type":%q}]`, i^1, []string{"replaces", "replaced-by"}[i&1])
		texts = append(texts, fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","name":[{"given":[%q]}],"link":%s}`, i, given, link),
			obs(fmt.Sprintf("o%d", i), fmt.Sprintf("p%d", i), fmt.Sprintf(`,"valueQuantity":{"value":%d}`, i&1)))
	}
	put(t, s, texts...)
	count := func(s Session, typ, query string, want int) {
		t.Helper()
		q := parse(t, typ, query+"&_summary=count")
		page, err := s.Search(t.Context(), q)
		if err != nil || page.Total != want {
			t.Errorf("%s?%s: %v, want %d: %v", typ, query, page, want, err)
		}
	}
	doctor := r.user("a", access.Physician)
	count(doctor, "Observation", "patient.given=standing", 2*pairs)
	count(doctor, "Observation", "patient.given=replaced&value-quantity=0", pairs)
	count(doctor, "Patient", "_has:Observation:patient:value-quantity=1", 2*pairs)
	count(doctor, "Patient", "_has:Observation:patient:value-quantity=1&given=standing", pairs)
	count(doctor, "Observation", "patient=p17", 2)
	count(doctor.Apart(), "Observation", "patient.given=standing", pairs)
	count(doctor.Apart(), "Patient", "_has:Observation:patient:value-quantity=1", pairs)
}
