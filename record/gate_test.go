package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/store"
)

// The stories of this file are attempts to see or change what one must not,
// and things that were once done unseen.

func (r *Records) bound(kind access.Kind, site string, patients ...string) Session {
	p := access.Request
	if kind == access.Peer {
		p = access.Treatment
	}
	return r.As(access.Actor{Kind: kind, ID: "her", Site: site, Purpose: p, Patients: patients}, access.EMR)
}

// twoSites is Rosa at a and b, linked, and Other at both, a stranger to her.
func twoSites(t *testing.T) (*Records, context.Context, *Site) {
	t.Helper()
	r, ctx := node(t)
	a, b := r.user("a", access.Physician), r.user("b", access.Physician)
	put(t, a, rosa, obs("inr", "rosa", ""), `{"resourceType":"Patient","id":"other"}`, obs("hers", "other", ""))
	put(t, b, strings.ReplaceAll(rosa, `"rosa"`, `"rd"`), obs("inr", "rd", ""), obs("secret", "rd", label("ETH")), `{"resourceType":"Patient","id":"od"}`, obs("theirs", "od", ""))
	site, _ := r.Site("b")
	if err := r.system("a").SetLink(ctx, "rosa", site, "rd", Linked, 0.97, "same"); err != nil {
		t.Fatal(err)
	}
	return r, ctx, site
}

func (r *Records) noted(t *testing.T, f store.AuditFilter) (out []audit.Event) {
	t.Helper()
	if err := r.log.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := r.store.View(t.Context(), func(v *store.View) error {
		rows, err := v.Audit(0, 10000, f)
		for _, row := range rows {
			var e audit.Event
			if err := json.Unmarshal(row.Body, &e); err != nil {
				return err
			}
			e.Key, e.SiteNo = row.Patient, row.Site
			out = append(out, e)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *Records) keyOf(t *testing.T, site, patient string) (k store.Key) {
	t.Helper()
	at, _ := r.Site(site)
	if err := r.store.View(t.Context(), func(v *store.View) (err error) { k, err = v.Key(at.No, "Patient", patient); return err }); err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAPatientAsksOfHerselfOnly(t *testing.T) {
	r, ctx, site := twoSites(t)
	if err := r.system("a").SetLink(ctx, "other", site, "od", Linked, 0.99, "same"); err != nil {
		t.Fatal(err)
	}
	far, _ := r.Site("far")
	if err := r.system("a").SaveAnswer(ctx, "other", Answer{Site: far.Slug, State: "unknown"}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []access.Kind{access.Patient, access.Proxy, access.Peer} {
		her := r.bound(kind, "a", "rosa")
		if links, err := her.Links(ctx, "other"); !errors.Is(err, ErrNotFound) || len(links) != 0 {
			t.Errorf("%v: links of another: %v %v", kind, links, err)
		}
		if said, err := her.Answers(ctx, "other"); !errors.Is(err, ErrNotFound) || len(said) != 0 {
			t.Errorf("%v: answers about another: %v %v", kind, said, err)
		}
		if _, err := her.Links(ctx, "rosa"); err != nil {
			t.Errorf("%v: her own: %v", kind, err)
		}
	}
}

func TestWhatIsDeletedIsNotToldOfToWhoMayNotSeeIt(t *testing.T) {
	r, ctx, _ := twoSites(t)
	for _, site := range []string{"a", "b"} {
		id := map[string]string{"a": "hers", "b": "theirs"}[site]
		if _, err := r.user(site, access.Physician).Transact(ctx, []Act{{Op: Delete, Type: "Observation", ID: id}}); err != nil {
			t.Fatal(err)
		}
	}
	var gone *Gone
	if _, err := r.user("a", access.Physician).Read(ctx, "Observation", "hers"); !errors.As(err, &gone) {
		t.Errorf("at its site: %v", err)
	}
	her := r.bound(access.Patient, "a", "rosa")
	if _, err := her.Read(ctx, "Observation", "hers"); !errors.Is(err, ErrNotFound) {
		t.Errorf("another's deleted observation: %v", err)
	}
	if _, err := her.ReadVersion(ctx, "Observation", "hers", "2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("its deletion as a version: %v", err)
	}
	whole := r.user("a", access.Physician).Through(access.EHR)
	if _, err := whole.Read(ctx, "Observation", "2.theirs"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a stranger's at another site: %v", err)
	}
	if _, err := whole.ReadVersion(ctx, "Observation", "2.theirs", "2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("its deletion as a version: %v", err)
	}
}

func TestWhatBecameSensitiveIsSoInItsPast(t *testing.T) {
	r, ctx := node(t)
	a := r.user("a", access.Physician)
	put(t, a, rosa, obs("inr", "rosa", ""))
	put(t, a, obs("inr", "rosa", label("ETH")))
	if _, err := r.bound(access.Peer, "a", "rosa").ReadVersion(ctx, "Observation", "inr", "1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("its first version: %v", err)
	}
}

func TestAPatientRecordThatIsSensitiveItselfIsNotToldOf(t *testing.T) {
	r, ctx, _ := twoSites(t)
	// b is an addiction clinic: that she is its patient is the secret.
	put(t, r.user("b", access.Physician), strings.Replace(strings.ReplaceAll(rosa, `"rosa"`, `"rd"`), `"id":"rd"`, `"id":"rd"`+label("ETH"), 1))
	whole := r.user("a", access.Physician).Through(access.EHR)
	if ids := find(t, whole, "Observation", "patient=rosa"); fmt.Sprint(ids) != "[inr]" {
		t.Errorf("a sees %v", ids)
	}
	put(t, r.user("b", access.RecordsOffice), `{"resourceType":"Consent","id":"no","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
		"category":[{"text":"x"}],"patient":{"reference":"Patient/rd"},"policyRule":{"text":"x"},"provision":{"type":"deny"}}`)
	page, err := whole.Everything(ctx, Everything{Patient: "rosa"})
	if err != nil || len(page.Missing) != 0 {
		t.Errorf("that something is withheld tells that she is known there (42 CFR 2.13(c)): %+v %v", page.Missing, err)
	}
}

func TestWhoActsForHerHereIsAStrangerElsewhere(t *testing.T) {
	r, ctx, site := twoSites(t)
	her := r.bound(access.Patient, "a", "rosa").Through(access.EHR)
	if _, err := her.Read(ctx, "Observation", "2.secret"); !errors.Is(err, ErrNotFound) {
		t.Errorf("she herself, linked by the program alone (docs/adr/0008): %v", err)
	}
	if ids := find(t, her, "Observation", "patient=rosa"); fmt.Sprint(ids) != "[inr 2.inr]" {
		t.Errorf("she herself, linked by the program alone: %v", ids)
	}
	if err := r.system("a").SetLink(ctx, "rosa", site, "rd", Review, 0.9, "to be looked at"); err != nil {
		t.Fatal(err)
	}
	if err := r.user("a", access.RecordsOffice).SetLink(ctx, "rosa", site, "rd", Linked, 1, "seen with her card"); err != nil {
		t.Fatal(err)
	}
	if _, err := her.Read(ctx, "Observation", "2.secret"); err != nil {
		t.Errorf("she herself: %v", err)
	}
	proxy := r.bound(access.Proxy, "a", "rosa").Through(access.EHR)
	if _, err := proxy.Read(ctx, "Observation", "2.secret"); !errors.Is(err, ErrNotFound) {
		t.Errorf("her proxy at a reads what is sensitive at b: %v", err)
	}
	if _, err := proxy.Read(ctx, "Observation", "2.inr"); err != nil {
		t.Error(err)
	}
}

func TestACopyIsShownToWhomItWasTold(t *testing.T) {
	r, ctx := node(t)
	a, far := r.user("a", access.Physician), func() *Site { s, _ := r.Site("far"); return s }()
	put(t, a, rosa)
	sys := r.system("a")
	receive := func(id string, told bool) {
		t.Helper()
		answer := Answer{Site: "far", State: "answered", Asked: now, Patient: id}
		if told {
			answer.When = now
		}
		copies := []Copy{{Type: "Patient", ID: id, Body: doc(t, strings.ReplaceAll(rosa, `"rosa"`, `"`+id+`"`)), Version: "1", Updated: now},
			{Type: "Observation", ID: "o-" + id, Body: doc(t, obs("o-"+id, id, "")), Version: "1", Updated: now}}
		if err := sys.Receive(ctx, far, "rosa", answer, copies, true); err != nil {
			t.Fatal(err)
		}
		if err := sys.SetLink(ctx, "rosa", far, id, Linked, 0.9, "x"); err != nil {
			t.Fatal(err)
		}
	}
	// far holds two records that came to be linked with her (the other for a
	// sibling site); what it told this site is of one of them.
	receive("other-route", true)
	receive("p9", true)
	whole := a.Through(access.EHR)
	if ids := find(t, whole, "Observation", "patient=rosa"); fmt.Sprint(ids) != "[3.o-p9]" {
		t.Errorf("a was told of p9, and sees %v", ids)
	}
	for _, e := range r.noted(t, store.AuditFilter{Patient: r.keyOf(t, "a", "rosa")}) {
		if e.Action == "receive" {
			return
		}
	}
	t.Error("what was received of her is not in her log")
}

func TestNotMeansNotAtAnySite(t *testing.T) {
	r, ctx, _ := twoSites(t)
	b := r.user("b", access.Physician)
	put(t, b, `{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/rd"}}`, obs("visit", "rd", `,"encounter":{"reference":"Encounter/e1"}`))
	whole := r.user("a", access.Physician).Through(access.EHR)
	if ids := find(t, whole, "Observation", "patient=rosa&encounter=Encounter/2.e1"); fmt.Sprint(ids) != "[2.visit]" {
		t.Errorf("%v", ids)
	}
	for _, query := range []string{"_id:not=2.visit", "_id:not=inr", "encounter=Encounter/2.e1,http://x.example/Encounter/e1"} {
		q, err := ask("Observation", "patient=rosa&"+query)
		if err != nil {
			continue
		}
		page, err := whole.Search(ctx, q)
		var bad *Invalid
		if !errors.As(err, &bad) { // an answer from one site only would look like all of it
			var ids []string
			for _, m := range page.Matches {
				ids = append(ids, m.ID)
			}
			t.Errorf("%s: %v %v", query, ids, err)
		}
	}
}

func TestAPagingLinkDoesNotOutliveItsRecord(t *testing.T) {
	r, ctx, site := twoSites(t)
	whole := r.user("a", access.Physician).Through(access.EHR)
	var last *Page
	q := Everything{Patient: "rosa", Count: 3}
	for {
		page, err := whole.Everything(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		if last = page; page.Matches[len(page.Matches)-1].Site == site {
			break
		}
		q.After = page.Next
	}
	q.After, q.Count = last.Next, 1
	if q.After == "" {
		t.Fatal("there is no next page to go stale")
	}
	if err := r.system("a").SetLink(ctx, "rosa", site, "rd", Apart, 0, "two people"); err != nil {
		t.Fatal(err)
	}
	if page, err := whole.Everything(ctx, q); err == nil {
		t.Errorf("after unlinking the old link answers with %d, as if that were the end", len(page.Matches))
	}
}

func TestConditionsLeaveNotes(t *testing.T) {
	r, ctx := node(t)
	a := r.user("a", access.Nurse)
	put(t, a, `{"resourceType":"Patient","id":"rosa","identifier":[{"system":"urn:mrn","value":"7"}]}`)
	q, _ := ask("Patient", "identifier=urn:mrn|7")
	out, err := a.Transact(ctx, []Act{{Op: Create, Type: "Patient", Where: q, Resource: doc(t, `{"resourceType":"Patient"}`).Root()}})
	if err != nil || out[0].Done != Found || len(out[0].Resource.Body) == 0 {
		t.Fatal(out, err)
	}
	searched, read := false, false
	for _, e := range r.noted(t, store.AuditFilter{}) {
		searched = searched || e.Action == "search" && slices.Contains(e.Params, "identifier")
		read = read || e.Action == "read" && e.ID == "rosa" && e.Key == r.keyOf(t, "a", "rosa")
	}
	if !searched || !read {
		t.Errorf("the condition was noted: %v; that it found and showed her: %v", searched, read)
	}
}

func TestOneConditionMakesOneResource(t *testing.T) {
	r, ctx := node(t)
	a := r.user("a", access.Physician)
	one := func() Act {
		q, _ := ask("Patient", "identifier=urn:mrn|7")
		return Act{Op: Create, Type: "Patient", Where: q, Resource: doc(t, `{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"7"}]}`).Root()}
	}
	if _, err := a.Transact(ctx, []Act{one(), one()}); err == nil {
		t.Errorf("the same patient twice: %v", find(t, a, "Patient", "identifier=urn:mrn|7"))
	}
	put(t, a, rosa)
	q, _ := ask("Patient", "identifier=urn:mrn|8")
	_, err := a.Transact(ctx, []Act{{Op: Update, Type: "Patient", ID: "rosa", Where: q, Resource: doc(t, `{"resourceType":"Patient","id":"rosa","gender":"male"}`).Root()}})
	if err == nil {
		t.Error("a condition that found nothing overwrote the resource that has the id")
	}
}

func TestLinksAreDecidedWhereTheyWereProposed(t *testing.T) {
	r, ctx, site := twoSites(t)
	desk := r.user("a", access.FrontDesk)
	if err := desk.SetLink(ctx, "other", site, "od", Linked, 1, "I should like to see"); !errors.Is(err, ErrNotFound) {
		t.Errorf("anybody's record at b opened: %v", err)
	}
	if err := r.system("a").SetLink(ctx, "other", site, "od", Review, 0.8, "possible"); err != nil {
		t.Fatal(err)
	}
	if err := desk.SetLink(ctx, "other", site, "od", Linked, 1, "she says so"); err != nil {
		t.Errorf("what was proposed: %v", err)
	}
	for _, e := range r.noted(t, store.AuditFilter{Site: site.No, Patient: r.keyOf(t, "b", "od")}) {
		if e.Action == "link" && e.Recipient == "a" && e.Why == "linked" && e.Role == "front-desk" {
			return
		}
	}
	t.Error("b's log does not tell who linked its patient")
}

func TestWhatASiteOfThisNodeTellsAnotherIsInItsLog(t *testing.T) {
	r, ctx, b := twoSites(t)
	whole := r.user("a", access.Physician).Through(access.EHR)
	rd, rosaKey := r.keyOf(t, "b", "rd"), r.keyOf(t, "a", "rosa")
	count := func(at *Site, k store.Key, action string) (n int) {
		for _, e := range r.noted(t, store.AuditFilter{Site: at.No, Patient: k}) {
			if e.Action == action && (action != "disclose" || e.Recipient == "a" && e.Count > 0 && e.Actor == "physician") {
				n++
			}
		}
		return n
	}
	a, _ := r.Site("a")
	for i, look := range []func(){
		func() { whole.Read(ctx, "Observation", "2.inr") },
		func() { find(t, whole, "Observation", "patient=rosa") },
		func() { whole.Everything(ctx, Everything{Patient: "rosa"}) },
	} {
		look()
		if n := count(b, rd, "disclose"); n != i+1 {
			t.Errorf("look %d: %d disclosures in b's log", i, n)
		}
	}
	if count(a, rosaKey, "read") != 1 || count(a, rosaKey, "search") != 1 || count(a, rosaKey, "export") != 1 {
		t.Error("a's log of rosa lacks what was read of her")
	}
	find(t, r.user("a", access.Physician).Through(access.EHR), "Observation", "patient=other")
	if n := count(b, rd, "disclose"); n != 3 {
		t.Errorf("a disclosure that was none: %d", n)
	}
}

func TestWhoReadHerHistoryIsInHerLog(t *testing.T) {
	r, ctx, _ := twoSites(t)
	a := r.user("a", access.Nurse)
	before := len(r.noted(t, store.AuditFilter{Patient: r.keyOf(t, "a", "rosa")}))
	a.History(ctx, HistoryQuery{Type: "Observation", ID: "inr", Count: 10})
	find(t, a, "Patient", "name=delgado")
	find(t, a, "Observation", "code=6301-6") // of several patients: in the site's log only
	if got := r.noted(t, store.AuditFilter{Patient: r.keyOf(t, "a", "rosa")})[before:]; len(got) != 2 || got[0].Action != "history" || got[1].Action != "search" {
		t.Errorf("%+v", got)
	}
	if err := a.Note(ctx, audit.Event{Action: "print", Type: "Patient", ID: "rosa"}); err != nil {
		t.Fatal(err)
	}
	if got := r.noted(t, store.AuditFilter{Patient: r.keyOf(t, "a", "rosa")}); got[len(got)-1].Action != "print" {
		t.Error("what a door notes of a patient is not in her log")
	}
}

func TestAWholeSiteIsExportedByItsAdministrator(t *testing.T) {
	r, ctx, _ := twoSites(t)
	for _, c := range []struct {
		s    Session
		want bool
	}{{r.user("a", access.Nurse), false}, {r.user("a", access.RecordsOffice), false}, {r.user("a", access.Admin), true}, {r.system("a"), true}} {
		n := 0
		var err error
		for _, e := range c.s.All(ctx) {
			if err = e; err == nil {
				n++
			}
		}
		if (err == nil) != c.want || (n > 0) != c.want {
			t.Errorf("%s%s: %d resources, %v", c.s.actor.Kind, c.s.actor.Role, n, err)
		}
	}
}

func TestAnEmergencyOverARefusalIsSaid(t *testing.T) {
	r, ctx := node(t)
	put(t, r.user("a", access.Physician), rosa, obs("inr", "rosa", ""))
	put(t, r.user("a", access.RecordsOffice), `{"resourceType":"Consent","id":"no","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
		"category":[{"text":"x"}],"patient":{"reference":"Patient/rosa"},"policyRule":{"text":"x"},"provision":{"type":"deny"}}`)
	peer := r.As(access.Actor{Kind: access.Peer, ID: "far", Site: "a", Purpose: access.Emergency, Patients: []string{"rosa"}}, access.EMR)
	if _, _, _, err := peer.PatientChanges(ctx, "rosa", 0, 100); err != nil {
		t.Fatal(err)
	}
	log := r.noted(t, store.AuditFilter{Actor: "far"})
	if e := log[len(log)-1]; e.Action != "disclose" || e.Purpose != "ETREAT" || !strings.Contains(e.Why, "refusal") {
		t.Errorf("%+v", e)
	}
}

func TestAReferenceThatLeadsNowhereFilesNothing(t *testing.T) {
	r, ctx := node(t)
	a := r.user("a", access.Physician)
	put(t, a, rosa)
	body := func(ref string) Act {
		text := strings.Replace(strings.Replace(obs("", "", ""), `"id":"",`, "", 1), "Patient/", ref, 1)
		return Act{Op: Create, Type: "Observation", Resource: doc(t, text).Root(), Base: "https://node.example/a/emr/fhir"}
	}
	if _, err := a.Transact(ctx, []Act{body("urn:uuid:0f4e6a4e-9a4b-4e3c-8a52-0d8f0a3f5b11")}); err == nil {
		t.Error("an observation of nobody's was filed in nobody's chart")
	}
	out, err := a.Transact(ctx, []Act{body("https://node.example/a/emr/fhir/Patient/rosa")})
	if err != nil || out[0].Resource.key.Patient() != r.keyOf(t, "a", "rosa") {
		t.Errorf("our own address of her is not taken for her: %v", err)
	}
	if _, err := a.Transact(ctx, []Act{body("https://node.example/a/emr/fhir/Patient/ghost")}); !errors.As(err, new(*BrokenReference)) {
		t.Errorf("our own address of nobody: %v", err)
	}
}

func TestLongIdsKeepTheirMeaning(t *testing.T) {
	r, ctx, _ := twoSites(t)
	b := r.user("b", access.Physician)
	long := func(c string) string { return strings.Repeat(c, 64) }
	for _, c := range []string{"x", "y"} {
		put(t, b, `{"resourceType":"Encounter","id":"`+long(c)+`","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/rd"}}`,
			obs("visit-"+c, "rd", `,"encounter":{"reference":"Encounter/`+long(c)+`"}`))
	}
	whole := r.user("a", access.Physician).Through(access.EHR)
	names := map[string]bool{}
	for _, c := range []string{"x", "y"} {
		res, err := whole.Read(ctx, "Observation", "2.visit-"+c)
		if err != nil {
			t.Fatal(err)
		}
		_, id, _ := strings.Cut(res.Node().Get("encounter").Get("reference").Str(), "/")
		names[id] = true
		enc, err := whole.Read(ctx, "Encounter", id)
		if err != nil || enc.ID != id || len(id) > 64 || !validID(id) {
			t.Errorf("%s leads to %q: %v", id, enc.ID, err)
		}
		if ids := find(t, whole, "Observation", "patient=rosa&encounter=Encounter/"+id); fmt.Sprint(ids) != "[2.visit-"+c+"]" {
			t.Errorf("asked for %s: %v", id, ids)
		}
		if _, err := whole.Read(ctx, "Condition", id); !errors.Is(err, ErrNotFound) {
			t.Errorf("as a Condition: %v", err)
		}
	}
	if len(names) != 2 {
		t.Errorf("two encounters have one name: %v", names)
	}
}

func TestWhatCannotBeNotedIsNotShown(t *testing.T) {
	ctx := t.Context()
	st, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "r.db")})
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(ctx, st, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.PutSite(ctx, Site{Slug: "a", Name: "Alder Practice", Local: true}); err != nil {
		t.Fatal(err)
	}
	a := r.user("a", access.Physician)
	put(t, a, rosa)
	if _, err := a.Read(ctx, "Patient", "rosa"); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil { // as a full disk is, to the log
		t.Fatal(err)
	}
	r.log.Note(audit.Event{Action: "read"})
	r.log.Flush(ctx)
	if _, err := a.Read(ctx, "Patient", "rosa"); !errors.Is(err, ErrUnnoted) {
		t.Errorf("%v", err)
	}
	if err := r.Close(); err == nil {
		t.Error("what was noted is lost, and Close does not say so")
	}
}
