package exchange_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/exchange"
	"wholechart/fhir"
	"wholechart/identity"
	"wholechart/record"
)

func TestOpeningTheWholeRecord(t *testing.T) {
	clock, nodes := network(t, "maple", "riverside", "lakeside")
	a, b, c := nodes[0], nodes[1], nodes[2]
	a.put("maple", patient("rosa", "Delgado", "Rosa", "1958-03-14", phone), observation("inr", "rosa", "2.70", ""))
	b.put("riverside", `{"resourceType":"Practitioner","id":"osei","name":[{"family":"Osei"}]}`, patient("rd", "Delgado", "Rosa", "1958-03-14", phone),
		observation("inr", "rd", "4.10", `,"performer":[{"reference":"Practitioner/osei"}]`), observation("inr-2", "rd", "3.0", ""))
	c.put("lakeside", patient("someone", "Hansen", "Ida", "1990-01-02", other))

	got := a.open("maple", "rosa")
	a.state(got["riverside"], exchange.Answered)
	a.state(got["lakeside"], exchange.Unknown)
	if r := got["riverside"]; r.Facts != 3 || !r.When.Equal(clock.now()) || r.Patient != "rd" || r.Cursor == "" {
		t.Errorf("%+v", r)
	}
	a.is(a.whole("maple", "rosa", "Observation"), "maple/inr", "riverside/inr", "riverside/inr-2")
	whole := a.user("maple", access.Physician).Through(access.EHR)
	there, err := whole.Read(t.Context(), "Observation", "2.inr")
	if err != nil || there.Author != "Practitioner/who-riverside" || there.Version != "1" || !there.Updated.Equal(clock.now()) ||
		!strings.Contains(string(there.Body), "4.10") || !strings.Contains(string(there.Body), `"Practitioner/2.osei"`) || strings.Contains(string(there.Body), "wholechart.example/author") {
		t.Errorf("%s by %s, version %s, %v", there.Body, there.Author, there.Version, err)
	}
	if p, err := whole.Read(t.Context(), "Practitioner", "2.osei"); err != nil || !strings.Contains(string(p.Body), "Osei") {
		t.Errorf("who wrote it: %v", err)
	}

	// Again: nothing travels but the question.
	b.heard()
	cursor := got["riverside"].Cursor
	clock.pass(time.Minute)
	got = a.open("maple", "rosa")
	a.state(got["riverside"], exchange.Answered)
	if heard := b.heard(); len(heard) != 1 || !strings.Contains(heard[0], "$changes?after="+strings.Split(cursor, ":")[1]) {
		t.Errorf("%v", heard)
	}

	// A correction, a deletion and something new at the source; only these travel.
	b.put("riverside", observation("inr", "rd", "4.20", ""), observation("inr-3", "rd", "2.0", ""))
	b.remove("riverside", "Observation", "inr-2")
	clock.pass(time.Minute)
	got = a.open("maple", "rosa")
	if r := got["riverside"]; r.Cursor == cursor || r.Facts != 3 {
		t.Errorf("%+v after %s", r, cursor)
	}
	if heard := b.heard(); len(heard) != 1 {
		t.Errorf("%v", heard)
	}
	a.is(a.whole("maple", "rosa", "Observation"), "maple/inr", "riverside/inr", "riverside/inr-3")
	if there, err = whole.Read(t.Context(), "Observation", "2.inr"); err != nil || !strings.Contains(string(there.Body), "4.20") || there.Version != "2" {
		t.Errorf("%s %v", there.Body, err)
	}
	if n := a.search(whole, "Observation", "patient=rosa&code=6301-6"); n != 3 {
		t.Errorf("search finds %d", n)
	}

	// A moment later nobody is asked again, unless one insists.
	if _, err := a.ex.Open(t.Context(), whole, "rosa"); err != nil {
		t.Error(err)
	}
	if heard := b.heard(); len(heard) != 0 {
		t.Errorf("%v", heard)
	}
	// Riverside, asked the other way, has the same person's whole record.
	if got := b.open("riverside", "rd"); got["maple"].State != exchange.Answered {
		t.Errorf("%+v", got)
	}
	b.is(b.whole("riverside", "rd", "Observation"), "maple/inr", "riverside/inr", "riverside/inr-3")
}

func TestManyPagesAndManyAtOnce(t *testing.T) {
	_, nodes := network(t, "maple", "riverside")
	a, b := nodes[0], nodes[1]
	a.put("maple", patient("rosa", "Delgado", "Rosa", "1958-03-14", phone))
	texts := []string{patient("rd", "Delgado", "Rosa", "1958-03-14", phone)}
	for i := range 1200 {
		texts = append(texts, observation("o"+string(rune('a'+i%26))+strings.Repeat("x", i/26), "rd", "1", ""))
	}
	b.put("riverside", texts...)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got := a.open("maple", "rosa"); got["riverside"].Facts != 1201 {
				t.Errorf("%+v", got["riverside"])
			}
		})
	}
	all.Wait()
	pages := 0
	for _, r := range b.heard() {
		if strings.Contains(r, "after=0&") {
			pages++
		}
	}
	if pages != 1 {
		t.Errorf("the record was fetched %d times", pages)
	}
	if got := a.whole("maple", "rosa", "Observation"); len(got) != 1200 {
		t.Errorf("%d", len(got))
	}
}

func TestRefusedAndUnreachable(t *testing.T) {
	clock, nodes := network(t, "maple", "riverside")
	a, b := nodes[0], nodes[1]
	a.put("maple", patient("rosa", "Delgado", "Rosa", "1958-03-14", phone))
	b.put("riverside", patient("rd", "Delgado", "Rosa", "1958-03-14", phone), observation("inr", "rd", "4.1", ""))
	first := a.open("maple", "rosa")["riverside"]
	a.state(first, exchange.Answered)

	b.fail(true)
	clock.pass(time.Minute)
	since := clock.now()
	got := a.open("maple", "rosa")["riverside"]
	a.state(got, exchange.Unreachable)
	if !got.When.Equal(first.When) || !got.Since.Equal(since) || got.Facts != first.Facts {
		t.Errorf("%+v", got)
	}
	a.is(a.whole("maple", "rosa", "Observation"), "riverside/inr") // the old copy stays, with its time
	b.heard()
	clock.pass(16 * time.Second)
	a.open("maple", "rosa")
	if _, err := a.ex.Open(t.Context(), a.user("maple", access.Physician), "rosa"); err != nil {
		t.Error(err)
	}
	if got := a.open("maple", "rosa")["riverside"]; !got.Since.Equal(since) {
		t.Errorf("since %v", got.Since)
	}
	// Who does not insist leaves a node alone that was out of reach moments ago.
	b.heard()
	a.put("maple", patient("other", "Berg", "Ida", "1970-01-01", ""))
	if _, err := a.ex.Open(t.Context(), a.user("maple", access.Physician), "other"); err != nil {
		t.Error(err)
	}
	if heard := b.heard(); len(heard) != 0 {
		t.Errorf("%v", heard)
	}
	b.fail(false)
	clock.pass(5 * time.Minute)
	got = a.open("maple", "rosa")["riverside"]
	a.state(got, exchange.Answered)
	if !got.Since.IsZero() {
		t.Errorf("%+v", got)
	}

	// It ends the trust.
	if err := b.auth.RemovePeer(t.Context(), "maple"); err != nil {
		t.Fatal(err)
	}
	clock.pass(time.Hour)
	got = a.open("maple", "rosa")["riverside"]
	a.state(got, exchange.Refused)
	if got.Why == "" || got.When.IsZero() {
		t.Errorf("%+v", got)
	}
	// And a node that is gone altogether.
	b.server.Close()
	a.state(a.open("maple", "rosa")["riverside"], exchange.Unreachable)
}

func TestConsentGivenAndWithdrawn(t *testing.T) {
	clock, nodes := network(t, "maple", "riverside newleaf")
	a, b := nodes[0], nodes[1]
	a.put("maple", patient("daniel", "Kim", "Daniel", "1985-04-02", phone))
	b.put("riverside", patient("kd", "Kim", "Daniel", "1985-04-02", phone), observation("open", "kd", "1", ""), observation("secret", "kd", "2", part2))
	// newleaf's very Patient is a substance-use record.
	b.put("newleaf", patient("dk", "Kim", "Daniel", "1985-04-02", phone+part2), observation("dose", "dk", "8", part2))
	got := a.open("maple", "daniel")
	a.state(got["riverside"], exchange.Answered)
	a.state(got["newleaf"], exchange.Unknown)
	unknown := got["newleaf"].Why
	a.is(a.whole("maple", "daniel", "Observation"), "riverside/open")
	if got := b.open("riverside", "kd"); got["newleaf"].Site != "" {
		t.Errorf("a sibling tells: %+v", got)
	}
	if links, err := b.user("riverside", access.Physician).Links(t.Context(), "kd"); err != nil || len(links) != 1 || links[0].Slug != "maple" {
		t.Errorf("%v %v", links, err)
	}
	// To ask would be to tell that he is a patient there.
	a.heard()
	fromNewleaf := b.open("newleaf", "dk")
	b.state(fromNewleaf["maple"], exchange.Refused)
	if heard := a.heard(); len(heard) != 0 {
		t.Errorf("newleaf asked: %v", heard)
	}

	b.put("riverside", consent("kd", "maple", "active"))
	b.put("newleaf", consent("dk", "maple", "active"))
	clock.pass(time.Minute)
	got = a.open("maple", "daniel")
	a.state(got["newleaf"], exchange.Answered)
	a.is(a.whole("maple", "daniel", "Observation"), "newleaf/dose", "riverside/open", "riverside/secret")

	b.put("riverside", consent("kd", "maple", "inactive"))
	b.put("newleaf", consent("dk", "maple", "inactive"))
	clock.pass(time.Minute)
	got = a.open("maple", "daniel")
	a.state(got["riverside"], exchange.Answered)
	a.state(got["newleaf"], exchange.Unknown)
	if got["newleaf"].Why != unknown || !got["newleaf"].When.IsZero() || got["newleaf"].Facts != 0 {
		t.Errorf("unknown and withheld differ: %+v", got["newleaf"])
	}
	a.is(a.whole("maple", "daniel", "Observation"), "riverside/open")
	a.is(a.whole("maple", "daniel", "Patient"), "maple/daniel", "riverside/kd")

	// What turns sensitive at the source goes, too.
	b.put("riverside", observation("open", "kd", "1", part2))
	clock.pass(time.Minute)
	a.open("maple", "daniel")
	a.is(a.whole("maple", "daniel", "Observation"))
}

func TestTwoSitesOfANodeAreToldDifferently(t *testing.T) {
	clock, nodes := network(t, "maple buckeye", "riverside")
	a, b := nodes[0], nodes[1]
	a.put("maple", patient("d", "Kim", "Daniel", "1985-04-02", phone))
	a.put("buckeye", patient("d", "Kim", "Daniel", "1985-04-02", phone))
	b.put("riverside", patient("kd", "Kim", "Daniel", "1985-04-02", phone), observation("open", "kd", "1", ""), observation("secret", "kd", "2", part2), consent("kd", "maple", "active"))
	a.open("maple", "d")
	a.is(a.whole("maple", "d", "Observation"), "riverside/open", "riverside/secret")
	a.is(a.whole("buckeye", "d", "Observation")) // was told nothing yet
	a.open("buckeye", "d")
	a.is(a.whole("buckeye", "d", "Observation"), "riverside/open")
	a.is(a.whole("maple", "d", "Observation"), "riverside/open", "riverside/secret")
	b.remove("riverside", "Observation", "open")
	b.put("riverside", consent("kd", "maple", "inactive"))
	clock.pass(time.Minute)
	a.open("maple", "d")
	a.open("buckeye", "d")
	a.is(a.whole("maple", "d", "Observation"))
	a.is(a.whole("buckeye", "d", "Observation"))
}

func TestOneFactByTwoRoutes(t *testing.T) {
	clock, nodes := network(t, "maple buckeye", "riverside")
	a, b := nodes[0], nodes[1]
	a.put("maple", patient("rosa", "Delgado", "Rosa", "1958-03-14", phone), observation("tsh", "rosa", "2", ""))
	a.put("buckeye", patient("r2", "Delgado", "Rosa", "1958-03-14", phone), observation("tsh", "r2", "3", ""))
	b.put("riverside", patient("rd", "Delgado", "Rosa", "1958-03-14", phone), observation("tsh", "rd", "4", ""))
	for range 2 { // riverside's fact reaches the node for maple and for buckeye, who are one person
		got := a.open("maple", "rosa")
		a.state(got["buckeye"], exchange.Answered)
		if got["buckeye"].Facts != 2 {
			t.Errorf("%+v", got["buckeye"])
		}
		a.open("buckeye", "r2")
		b.open("riverside", "rd") // riverside gets maple's and buckeye's, never its own back
		clock.pass(time.Minute)
	}
	a.is(a.whole("maple", "rosa", "Observation"), "buckeye/tsh", "maple/tsh", "riverside/tsh")
	a.is(a.whole("buckeye", "r2", "Observation"), "buckeye/tsh", "maple/tsh", "riverside/tsh")
	b.is(b.whole("riverside", "rd", "Observation"), "buckeye/tsh", "maple/tsh", "riverside/tsh")
}

func TestTwoPeopleOfOneName(t *testing.T) {
	clock, nodes := network(t, "maple corner", "riverside")
	a, b := nodes[0], nodes[1]
	const robert, thomas = `,"telecom":[{"system":"phone","value":"614-555-0191"}]`, `,"telecom":[{"system":"phone","value":"614-555-0196"}]`
	a.put("maple", patient("james-12", "Miller", "James Robert", "1967-04-12", robert), patient("james-21", "Miller", "James Thomas", "1967-04-21", thomas))
	a.put("corner", patient("miller-james", "Miller", "James R", "1967-04-12", robert), observation("penicillin", "miller-james", "1", ""))
	b.put("riverside", patient("miller-james", "Miller", "James", "1967-04-21", thomas), observation("knee", "miller-james", "1", ""))
	for range 2 {
		got := a.open("maple", "james-12")
		a.state(got["corner"], exchange.Answered)
		a.state(got["riverside"], exchange.Review)
		got = a.open("maple", "james-21")
		a.state(got["riverside"], exchange.Answered)
		if _, ok := got["corner"]; ok {
			t.Error("corner's man is the other one")
		}
		clock.pass(time.Minute)
	}
	a.is(a.whole("maple", "james-12", "Observation"), "corner/penicillin")
	a.is(a.whole("maple", "james-21", "Observation"), "riverside/knee")

	desk := a.user("maple", access.RecordsOffice)
	waiting, err := identity.Reviews(t.Context(), desk, "james-12")
	if err != nil || len(waiting) != 1 || waiting[0].Slug != "riverside" || waiting[0].Score.Grade != identity.Possible {
		t.Fatalf("%+v %v", waiting, err)
	}
	if err := identity.Unlink(t.Context(), desk, "james-12", waiting[0].Site, "miller-james", "another birth date and telephone"); err != nil {
		t.Fatal(err)
	}
	clock.pass(time.Minute)
	a.state(a.open("maple", "james-12")["riverside"], exchange.Unknown)
	if waiting, err := identity.Reviews(t.Context(), desk, "james-12"); err != nil || len(waiting) != 0 {
		t.Errorf("proposed again: %+v %v", waiting, err)
	}
	a.is(a.whole("maple", "james-21", "Observation"), "riverside/knee") // he kept his
}

func TestConfirmAndUnlink(t *testing.T) {
	clock, nodes := network(t, "maple", "riverside")
	a, b := nodes[0], nodes[1]
	a.put("maple", patient("ida", "Berg", "Ida", "1970-05-17", phone))
	b.put("riverside", patient("ib", "Berg", "Ida", "1970-05-18", other), observation("x", "ib", "1", "")) // a day off
	got := a.open("maple", "ida")["riverside"]
	a.state(got, exchange.Review)
	a.is(a.whole("maple", "ida", "Observation"))
	a.is(a.whole("maple", "ida", "Patient"), "maple/ida")
	desk := a.user("maple", access.FrontDesk)
	waiting, err := identity.Reviews(t.Context(), desk, "ida")
	if err != nil || len(waiting) != 1 || len(waiting[0].Theirs.Phones) != 0 {
		t.Fatalf("%+v %v", waiting, err) // of who is only possible no telephone is told
	}
	if err := identity.Confirm(t.Context(), desk, "ida", waiting[0].Site, "ib", ""); err == nil {
		t.Error("confirmed without a reason")
	}
	if err := identity.Confirm(t.Context(), desk, "ida", waiting[0].Site, "ib", "she showed her licence"); err != nil {
		t.Fatal(err)
	}
	clock.pass(time.Minute)
	a.state(a.open("maple", "ida")["riverside"], exchange.Answered)
	a.is(a.whole("maple", "ida", "Observation"), "riverside/x")
	if err := identity.Unlink(t.Context(), desk, "ida", waiting[0].Site, "ib", "it was her cousin"); err != nil {
		t.Fatal(err)
	}
	a.is(a.whole("maple", "ida", "Observation"))
	clock.pass(time.Minute)
	a.state(a.open("maple", "ida")["riverside"], exchange.Unknown)
	if _, err := a.user("riverside", access.Physician).Read(t.Context(), "Observation", "x"); err == nil {
		t.Error("a copy is read as if it were a chart")
	}
}

func TestWhatOneSiteKnowsHelpsAnotherRecogniseHer(t *testing.T) {
	_, nodes := network(t, "riverside", "lakeside", "greatlakes")
	a, b, c := nodes[0], nodes[1], nodes[2]
	const summit, weber = `,"address":[{"line":["2210 Summit Street"],"city":"Columbus","postalCode":"43201"}]`, `,"address":[{"line":["88 Weber Road"],"city":"Columbus","postalCode":"43202"}]`
	const tel = `,"telecom":[{"system":"phone","value":"614-555-0181"}]`
	a.put("riverside", patient("y", "Hadad", "Youssef", "1961-05-19", strings.Replace(summit, "Street", "St", 1)))
	b.put("lakeside", patient("yh", "Haddad", "Yusuf", "1961-05-19", summit+tel), observation("apixaban", "yh", "5", ""))
	c.put("greatlakes", patient("hy", "Haddad", "Yusuf", "1961-05-19", weber+tel), observation("contrast", "hy", "1", ""))
	got := a.open("riverside", "y")
	a.state(got["lakeside"], exchange.Answered)
	a.state(got["greatlakes"], exchange.Answered)
	a.is(a.whole("riverside", "y", "Observation"), "greatlakes/contrast", "lakeside/apixaban")
}

func TestANodeOfManySitesIsAskedOnce(t *testing.T) {
	_, nodes := network(t, "maple", "one two three four five six")
	a, b := nodes[0], nodes[1]
	a.put("maple", patient("rosa", "Delgado", "Rosa", "1958-03-14", phone))
	b.put("two", patient("rd", "Delgado", "Rosa", "1958-03-14", phone), observation("x", "rd", "1", ""))
	got := a.open("maple", "rosa")
	a.state(got["two"], exchange.Answered)
	for _, s := range []string{"one", "five", "three", "four", "six"} {
		a.state(got[s], exchange.Unknown)
	}
	var matches int
	for _, r := range b.heard() {
		if strings.HasSuffix(r, "$match") {
			matches++
		}
	}
	if matches != 2 {
		t.Errorf("asked %d times", matches)
	}
	a.is(a.whole("maple", "rosa", "Observation"), "two/x")
}

func TestWhoMayAskForChanges(t *testing.T) {
	clock, nodes := network(t, "maple", "riverside")
	a, b := nodes[0], nodes[1]
	a.put("maple", patient("rosa", "Delgado", "Rosa", "1958-03-14", phone))
	b.put("riverside", patient("rd", "Delgado", "Rosa", "1958-03-14", phone), patient("zoe", "Other", "Zoe", "1990-01-01", ""))
	peer := b.records.As(access.Actor{Kind: access.Peer, ID: "maple", Site: "riverside", Purpose: access.Treatment}, access.EMR)
	var refused *record.Refused
	ask := func(s record.Session, id string) error {
		_, err := b.ex.AnswerChanges(t.Context(), s, id, 0, 100)
		return err
	}
	missing := ask(peer, "nobody")
	if err := ask(peer, "rd"); !errors.As(err, &refused) || err.Error() != missing.Error() {
		t.Errorf("changes without a match: %v, of nobody: %v", err, missing)
	}
	a.open("maple", "rosa")
	if err := ask(peer, "rd"); err != nil {
		t.Error(err)
	}
	if err := ask(peer, "zoe"); !errors.As(err, &refused) {
		t.Errorf("another patient: %v", err)
	}
	stranger := b.records.As(access.Actor{Kind: access.Peer, ID: "lakeside", Site: "riverside", Purpose: access.Treatment}, access.EMR)
	if err := ask(stranger, "rd"); !errors.As(err, &refused) {
		t.Errorf("another peer: %v", err)
	}
	if err := ask(b.user("riverside", access.Admin), "rd"); !errors.As(err, &refused) {
		t.Errorf("a user: %v", err)
	}
	if err := ask(peer.Through(access.EHR), "rd"); !errors.As(err, &refused) {
		t.Errorf("the whole record: %v", err)
	}
	if err := ask(b.records.As(access.Actor{Kind: access.Peer, ID: "maple", Site: "riverside", Purpose: access.Operations}, access.EMR), "rd"); !errors.As(err, &refused) {
		t.Errorf("for operations: %v", err)
	}
	// An assertion is good once.
	b.mu.Lock()
	assertion := b.last
	b.mu.Unlock()
	res, err := http.PostForm(b.base("riverside")+"/auth/token", url.Values{"client_assertion": {assertion}, "purpose": {"TREAT"}})
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a replayed assertion: %v %v", res.StatusCode, err)
	}
	res.Body.Close()
	clock.pass(31 * 24 * time.Hour)
	if err := ask(peer, "rd"); !errors.As(err, &refused) {
		t.Errorf("a month later: %v", err)
	}
	a.state(a.open("maple", "rosa")["riverside"], exchange.Answered) // matched anew
}

func TestOpenIsForWhoMayReadThePatient(t *testing.T) {
	_, nodes := network(t, "maple", "riverside")
	a, b := nodes[0], nodes[1]
	a.put("maple", patient("rosa", "Delgado", "Rosa", "1958-03-14", phone))
	var refused *record.Refused
	for _, s := range []record.Session{{}, a.user("maple", access.Operator), a.records.As(access.Actor{}, access.EHR)} {
		if _, err := a.ex.Open(t.Context(), s, "rosa"); !errors.As(err, &refused) {
			t.Errorf("%v", err)
		}
	}
	if _, err := a.ex.Open(t.Context(), a.user("maple", access.Physician), "ghost"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("%v", err)
	}
	rosa := a.records.As(access.Actor{Kind: access.Patient, ID: "rosa", Site: "maple", Patients: []string{"rosa"}, Purpose: access.Request}, access.EHR)
	if _, err := a.ex.Open(t.Context(), rosa, "rosa"); err != nil {
		t.Error(err)
	}
	if heard := b.heard(); len(heard) != 0 {
		t.Errorf("others are asked for treatment only: %v", heard)
	}
}

func TestAPeerThatLies(t *testing.T) {
	_, nodes := network(t, "maple")
	a := nodes[0]
	a.put("maple", patient("rosa", "Delgado", "Rosa", "1958-03-14", phone))
	rd := patient("rd", "Delgado", "Rosa", "1958-03-14", phone)
	entry := func(url, resource string) string {
		return `{"resource":` + resource + `,"request":{"method":"PUT","url":"` + url + `"},"response":{"status":"200","etag":"W/\"1\"","lastModified":"2026-11-22T09:00:00.000Z"}}`
	}
	head := `{"resourceType":"Bundle","type":"history","meta":{"extension":[{"url":"https://wholechart.example/changes-next","valueString":"9"},{"url":"https://wholechart.example/changes-terms","valueString":"1"}]},"entry":[`
	for why, changes := range map[string]string{
		"another patient's fact":     head + entry("Observation/x", observation("x", "zoe", "1", "")) + `]}`,
		"another patient":            head + entry("Patient/zoe", patient("zoe", "Other", "Zoe", "1990-01-01", "")) + `]}`,
		"a fact of no patient":       head + entry("Observation/x", `{"resourceType":"Observation","id":"x","status":"final","code":{"text":"x"}}`) + `]}`,
		"another id":                 head + entry("Observation/y", observation("x", "rd", "1", "")) + `]}`,
		"no such type":               head + entry("Secret/x", `{"resourceType":"Secret","id":"x"}`) + `]}`,
		"no bundle":                  `{"resourceType":"Patient"}`,
		"no JSON":                    `<html>`,
		"a bundle without a place":   `{"resourceType":"Bundle","type":"history"}`,
		"pages that never end":       strings.Replace(head, `"entry"`, `"link":[{"relation":"next","url":"http://127.0.0.1:1/evil"}],"entry"`, 1) + `]}`,
		"an answer without end":      "endless",
		"a redirection to elsewhere": "redirect",
	} {
		a.heard()
		srv := newLiar(t, a, rd, changes)
		got := a.open("maple", "rosa")["liar"]
		a.state(got, exchange.Unreachable)
		a.is(a.whole("maple", "rosa", "Observation"))
		if len(a.heard()) > 0 {
			t.Errorf("%s: a redirection was followed", why)
		}
		srv.Close()
	}
}

func FuzzReadsBundles(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Bundle","type":"history","meta":{"extension":[{"url":"https://wholechart.example/changes-next","valueString":"9"}]},"entry":[{"request":{"method":"DELETE","url":"Observation/x"},"response":{"etag":"W/\"1\"","lastModified":"2026-11-22T09:00:00Z"}}]}`))
	f.Add([]byte(`{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Patient","id":"a"},"search":{"score":1}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := fhir.Parse(data)
		if err != nil {
			return
		}
		exchange.ReadForTest(doc.Root())
	})
}
