package admin

import (
	"encoding/csv"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/auth"
	"wholechart/record"
)

func TestCSV(t *testing.T) {
	d := open(t)
	d.acts()
	s := d.as("lena")
	for _, why := range []string{`=HYPERLINK("http://evil.example")`, "\t=1+1", "+1", "@SUM(A1)", "-2", "＝1", "a,b\"c\nd", "plain"} {
		if err := s.Note(t.Context(), audit.Event{Action: "search", Type: "Condition", Why: why}); err != nil {
			t.Fatal(err)
		}
	}
	got := d.get("ferris", "/maple/log.csv")
	if !strings.HasPrefix(got.Head.Get("Content-Type"), "text/csv") || got.Head.Get("Content-Disposition") != `attachment; filename="access-log-maple-2026-11-23.csv"` {
		t.Errorf("%v", got.Head)
	}
	rows, err := csv.NewReader(strings.NewReader(got.Body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var whys []string
	for _, r := range rows {
		for _, c := range r {
			if c != "" && strings.ContainsAny(c[:1], "=+-@\t\r") {
				t.Errorf("a cell begins like a formula: %q", c)
			}
		}
		whys = append(whys, r[len(r)-1])
	}
	all := strings.Join(whys, "\n")
	for _, want := range []string{`'=HYPERLINK("http://evil.example")`, "' =1+1", "'+1", "'@SUM(A1)", "'-2", "'＝1", "a,b\"c d", "plain"} {
		if !strings.Contains(all, want) {
			t.Errorf("missing %q", want)
		}
	}
	if len(rows) < 15 || rows[0][0] != "number" {
		t.Errorf("%d rows", len(rows))
	}
	if strings.Contains(got.Body, "Rosa Maria") {
		t.Error("the file holds a patient's name")
	}
	d.get("ferris", "/maple/log").has(t, "took out the access log as a file")
	one := d.get("ferris", "/maple/log.csv?actor=front")
	if strings.Contains(one.Body, "Lena") || !strings.Contains(one.Body, "Patricia Hughes") {
		t.Error("the filter does not hold in the file")
	}
}

func TestNode(t *testing.T) {
	d := open(t)
	keys, err := auth.New(d.st, nil).PublicKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.auth.AddPeer(t.Context(), auth.Peer{Slug: "far", Base: "https://far.example/far", Keys: keys}); err != nil {
		t.Fatal(err)
	}
	got := d.get("ops", "/maple/node")
	got.has(t, "191,093", "432.1 MB", "0.1 &lt;dev&gt;", "1 d ago", "12,345", strings.Repeat("ab", 32), "Riverside General", "Far &amp; Away Hospital", "https://far.example/far", "down", "connection refused",
		"3 min ago", "key "+keys.Keys[0].KeyID, "Lena Okonkwo, MD", "records office", "And 3 accounts of patients")
	got.lacks(t, "Rosa", "rosa", "Marco", "James", "Delgado")
	d.serve(fakeNode{errors.New("disk on fire")}, func() time.Time { return now })
	broken := d.get("ops", "/maple/node")
	broken.has(t, "could not be found out", "not asked yet")
	broken.lacks(t, "disk on fire", "191,093")
	d.serve(nil, func() time.Time { return now })
	d.get("ops", "/maple/node").has(t, "does not say how it is")
}

func TestUsers(t *testing.T) {
	d := open(t)
	list := d.get("ops", "/maple/users")
	list.has(t, "Lena Okonkwo, MD", "Disable stone", "And 3 accounts")
	list.lacks(t, "Rosa", "marco", "Disable ops", "Disable rosa")

	bad := d.post("ops", "/maple/users", url.Values{"act": {"add"}, "name": {"Big Name"}, "full-name": {evilName}, "role": {"chef"}, "who": {"Patient/rosa"}})
	if bad.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d", bad.Code)
	}
	bad.has(t, "Write 1 to 64 small letters", "Choose a role.", "Practitioner/number, or leave it empty", `value="Big Name"`, `aria-invalid="true"`, "&lt;script&gt;")
	bad.lacks(t, "<script>alert")
	d.post("ops", "/maple/users", url.Values{"act": {"add"}, "name": {"lena"}, "full-name": {"X"}, "role": {"nurse"}}).has(t, "This name is taken")
	if u, _ := d.auth.User(t.Context(), "maple", "lena"); u.Role != access.Physician || u.FullName != "Lena Okonkwo, MD" {
		t.Error("adding a user changed another")
	}

	made := d.post("ops", "/maple/users", url.Values{"act": {"add"}, "name": {"kim"}, "full-name": {"Kim Lee, RN"}, "role": {"nurse"}, "who": {"Practitioner/kim"}})
	if made.Code != 200 {
		t.Fatalf("%d", made.Code)
	}
	m := regexp.MustCompile(`<code class="secret">([a-z0-9-]{23})</code>`).FindStringSubmatch(made.Body)
	if m == nil {
		t.Fatal("no password on the page")
	}
	if actor, err := d.auth.SignIn(t.Context(), "maple", "kim", m[1]); err != nil || actor.Role != access.Nurse || actor.Who != "Practitioner/kim" {
		t.Fatalf("%+v %v", actor, err)
	}
	d.get("ops", "/maple/users").lacks(t, m[1])

	off := d.post("ops", "/maple/users", url.Values{"act": {"disable"}, "user": {"kim"}})
	if off.Code != http.StatusSeeOther || off.Head.Get("Location") != "/maple/users?done=disabled" {
		t.Fatalf("%d %v", off.Code, off.Head)
	}
	if _, err := d.auth.SignIn(t.Context(), "maple", "kim", m[1]); err == nil {
		t.Error("a disabled account signs in")
	}
	d.get("ops", "/maple/users?done=disabled").has(t, "Enable kim", "Open sessions end within seconds")
	d.post("ops", "/maple/users", url.Values{"act": {"enable"}, "user": {"kim"}})
	if _, err := d.auth.SignIn(t.Context(), "maple", "kim", m[1]); err != nil {
		t.Errorf("enabled again: %v", err)
	}

	for _, name := range []string{"ops", "rosa", "marco", "ghost", "../riverside/x"} {
		if got := d.post("ops", "/maple/users", url.Values{"act": {"disable"}, "user": {name}}); got.Code != http.StatusUnprocessableEntity {
			t.Errorf("disable %s: %d", name, got.Code)
		}
	}
	a, b := d.post("ops", "/maple/users", url.Values{"act": {"disable"}, "user": {"rosa"}}), d.post("ops", "/maple/users", url.Values{"act": {"disable"}, "user": {"ghost"}})
	if a.Body != b.Body {
		t.Error("the page tells an account of a patient from none")
	}
	d.get("ferris", "/maple/log?actor=ops").has(t, "added the account kim", "disabled the account kim", "enabled the account kim", "role nurse")
	long := d.post("ops", "/maple/users", url.Values{"act": {"add"}, "name": {strings.Repeat("x", 20<<10)}})
	if long.Code != http.StatusBadRequest {
		t.Errorf("a form of 20 kB: %d", long.Code)
	}
}

func TestLinks(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	river, _ := d.records.Site("riverside")
	if err := d.system("maple").SetLink(ctx, "rosa", river, "rd-77", record.Review, 0.82, "possible: same telephone; <b>birth</b> date differs by a slip of digits"); err != nil {
		t.Fatal(err)
	}
	d.get("stone", "/maple/links").has(t, "Patient number")
	if got := d.get("stone", "/maple/links?patient=ghost"); got.Code != 404 {
		t.Errorf("ghost: %d", got.Code)
	}
	d.get("stone", "/maple/links?patient=james").has(t, "No other record is linked")

	got := d.get("stone", "/maple/links?patient=rosa")
	got.has(t, "Rosa Maria Delgado", "Delgado-Ortiz", "14 Mar 1958", "14 Apr 1958", "birth date differs by a slip of digits", "score 0.82", "&lt;b&gt;birth&lt;/b&gt;", "waits for a decision",
		"Confirm: one person", "Not the same person", "(614) 555-0142", "614-555-0142", "pair-differs", "004-17-882", "MRN 77")
	got.lacks(t, "Secret Neighbour", "<b>birth")

	form := func(act, was, other, reason string) url.Values {
		return url.Values{"act": {act}, "was": {was}, "patient": {"rosa"}, "site": {"riverside"}, "other": {other}, "reason": {reason}}
	}
	short := d.post("stone", "/maple/links", form("confirm", "review", "rd-77", "ok"))
	if short.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d", short.Code)
	}
	short.has(t, "Write why", ">ok</textarea>")
	if got := d.post("stone", "/maple/links", form("confirm", "review", "other", "because I say so")); got.Code != 404 {
		t.Errorf("a pair that nobody proposed: %d", got.Code)
	}
	if got := d.post("stone", "/maple/links", form("apart", "linked", "rd-77", "an old page was open")); got.Code != http.StatusConflict {
		t.Errorf("a stale form: %d", got.Code)
	}
	state := func() record.LinkState {
		list, err := d.as("stone").Links(ctx, "rosa")
		if err != nil || len(list) != 1 {
			t.Fatalf("%v %v", list, err)
		}
		return list[0].State
	}
	if state() != record.Review {
		t.Fatal("a refused form decided")
	}
	ok := d.post("stone", "/maple/links", form("confirm", "review", "rd-77", "Called her: birth date was mistyped at Riverside"))
	if ok.Code != http.StatusSeeOther || state() != record.Linked {
		t.Fatalf("%d %s", ok.Code, state())
	}
	linked := d.get("stone", ok.Head.Get("Location"))
	linked.has(t, "Confirmed: both records are one person", "Unlink: not the same person", "birth date was mistyped at Riverside", "one person")
	linked.lacks(t, "Confirm: one person")
	if got := d.post("stone", "/maple/links", form("apart", "linked", "rd-77", "It was her sister after all")); got.Code != http.StatusSeeOther || state() != record.Apart {
		t.Fatalf("%d %s", got.Code, state())
	}
	d.get("stone", "/maple/links?patient=rosa").has(t, "not the same person", "They are one person after all")
	d.get("ferris", "/maple/log?actor=stone").has(t, "said that two records are one person", "said that two records are not one person")

	// the other site's log has what was shown of its patient
	u := auth.User{Site: "riverside", Name: "dale", FullName: "Dale R", Role: access.PrivacyOfficer}
	d.account(u)
	rows, err := d.records.As(u.Actor(), access.EMR).AccessLog(ctx, record.LogQuery{Patient: "rd-77"})
	if err != nil {
		t.Fatal(err)
	}
	disclosed := false
	for _, e := range rows {
		disclosed = disclosed || e.Action == "disclose" && e.Recipient == "maple" && e.Actor == "stone"
	}
	if !disclosed {
		t.Error("riverside does not know that maple saw its patient's details")
	}

	// nobody sees a record that no link names, and clinicians do not decide here
	if _, err := d.as("stone").LinkRecord(ctx, "rosa", river, "other"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a record without a link: %v", err)
	}
	var refused *record.Refused
	if _, err := d.as("ferris").LinkRecord(ctx, "rosa", river, "rd-77"); !errors.As(err, &refused) {
		t.Errorf("a privacy officer decides on links: %v", err)
	}
}

func TestSheet(t *testing.T) {
	d := open(t)
	r := httptest.NewRequest("GET", "http://node.example"+sheetURL, nil)
	got := d.ask("", r)
	if got.Code != 200 || !strings.HasPrefix(got.Head.Get("Content-Type"), "text/css") || !strings.Contains(got.Body, ".log-row") {
		t.Errorf("%d %v", got.Code, got.Head)
	}
	d.get("admin", "/maple/log").has(t, sheetURL)
	d.get("rosa", "/maple/patients/rosa/access").has(t, "Who looked at your record")
	if got := d.get("rosa", "/maple/patients/rosa"); got.Code != 404 {
		t.Errorf("%d", got.Code)
	}
}
