package auth

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/store"
)

// clock is a time that tests move.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func open(t *testing.T) (*Auth, *clock, context.Context) {
	t.Helper()
	ctx := t.Context()
	st, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "a.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	c := &clock{time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	return New(st, c.now), c, ctx
}

const password = "correct horse battery"

func TestSignIn(t *testing.T) {
	a, c, ctx := open(t)
	u := User{Site: "maple", Name: "lena", FullName: "Lena Okonkwo, MD", Role: access.Physician, Who: "Practitioner/lena"}
	if err := a.AddUser(ctx, u, "short"); err == nil {
		t.Error("a short password was taken")
	}
	if err := a.AddUser(ctx, u, password); err != nil {
		t.Fatal(err)
	}
	actor, err := a.SignIn(ctx, "maple", "lena", password)
	if err != nil || actor.Role != access.Physician || actor.Site != "maple" || actor.Purpose != access.Treatment {
		t.Fatalf("%+v %v", actor, err)
	}
	for _, try := range [][3]string{{"maple", "lena", "wrong horse battery"}, {"corner", "lena", password}, {"maple", "nobody", password}, {"maple", "", ""}} {
		if _, err := a.SignIn(ctx, try[0], try[1], try[2]); !errors.Is(err, ErrDenied) {
			t.Errorf("%v: %v", try, err)
		}
	}
	for range freeTries {
		a.SignIn(ctx, "maple", "lena", "wrong horse battery")
	}
	if _, err := a.SignIn(ctx, "maple", "lena", password); !errors.Is(err, ErrSlow) {
		t.Errorf("guessing is not slowed: %v", err)
	}
	c.t = c.t.Add(2 * slowness)
	if _, err := a.SignIn(ctx, "maple", "lena", password); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestTokensEndAndStayInTheirPlace(t *testing.T) {
	a, c, ctx := open(t)
	if err := a.AddUser(ctx, User{Site: "maple", Name: "lena", Role: access.Physician}, password); err != nil {
		t.Fatal(err)
	}
	actor, _ := a.SignIn(ctx, "maple", "lena", password)
	token, err := a.Issue(ctx, actor, Bearer, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := a.Recognise(ctx, "maple", token, Bearer); err != nil || got.ID != "lena" {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := a.Recognise(ctx, "corner", token, Bearer); !errors.Is(err, ErrDenied) {
		t.Error("a token opened another site")
	}
	if _, err := a.Recognise(ctx, "maple", token, Page); !errors.Is(err, ErrDenied) {
		t.Error("a bearer token opened the pages")
	}
	if _, err := a.Recognise(ctx, "maple", token[:len(token)-1]+"x", Bearer); !errors.Is(err, ErrDenied) {
		t.Error("a changed token was taken")
	}
	u, _ := a.User(ctx, "maple", "lena")
	u.Disabled = true
	if err := a.AddUser(ctx, u, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Recognise(ctx, "maple", token, Bearer); !errors.Is(err, ErrDenied) {
		t.Error("a disabled account's token works")
	}
	u.Disabled = false
	a.AddUser(ctx, u, "")
	if _, err := a.Recognise(ctx, "maple", token, Bearer); err != nil {
		t.Error("enabled again:", err)
	}
	c.t = c.t.Add(time.Hour)
	if _, err := a.Recognise(ctx, "maple", token, Bearer); !errors.Is(err, ErrDenied) {
		t.Error("an expired token works")
	}
	if err := a.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	token, _ = a.Issue(ctx, actor, Page, time.Hour)
	if err := a.Revoke(ctx, token); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Recognise(ctx, "maple", token, Page); !errors.Is(err, ErrDenied) {
		t.Error("a revoked token works")
	}
	if _, err := a.Issue(ctx, actor, Page, MaxTTL+1); err == nil {
		t.Error("a token for longer than the longest")
	}
}

func TestClientCredentials(t *testing.T) {
	a, _, ctx := open(t)
	scopes, err := ParseScopes("system/Observation.rs system/Patient.read")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := a.AddClient(ctx, Client{Site: "maple", ID: "lab", Name: "Laboratory", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := a.ClientCredentials(ctx, "maple", "lab", secret, "system/Observation.r")
	if err != nil {
		t.Fatal(err)
	}
	actor, err := a.Recognise(ctx, "maple", token, Bearer)
	if err != nil || len(actor.Scopes) != 1 || actor.Scopes[0].Rights != "r" {
		t.Fatalf("%+v %v", actor, err)
	}
	for _, bad := range [][3]string{{"lab", "wrong", ""}, {"lab", secret, "system/Condition.rs"}, {"lab", secret, "system/Observation.cruds"}, {"x", secret, ""}} {
		if _, _, err := a.ClientCredentials(ctx, "maple", bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
	for _, bad := range []string{"openid", "system/Observation", "world/Patient.rs", "user/Patient.x", "user/.rs"} {
		if _, err := ParseScopes(bad); err == nil {
			t.Errorf("scope %q was taken", bad)
		}
	}
}

func TestPeersAssertOnce(t *testing.T) {
	asker, _, ctx := open(t)
	answerer, c, _ := open(t)
	keys, err := asker.PublicKeys(ctx)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := MarshalKeys(keys)
	if strings.Contains(string(data), `"d"`) {
		t.Fatal("the private key is in the published set")
	}
	published, err := ParseKeys(data)
	if err != nil {
		t.Fatal(err)
	}
	const self, tokenURL = "https://a.example/maple", "https://b.example/riverside/auth/token"
	if err := answerer.AddPeer(ctx, Peer{Slug: "maple", Base: self, Keys: published}); err != nil {
		t.Fatal(err)
	}
	assertion, err := asker.Assert(ctx, self, tokenURL)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := answerer.AssertedPeer(ctx, "riverside", tokenURL, assertion, access.Treatment)
	if err != nil {
		t.Fatal(err)
	}
	actor, err := answerer.Recognise(ctx, "riverside", token, Bearer)
	if err != nil || actor.Kind != access.Peer || actor.ID != "maple" || len(actor.Patients) != 0 {
		t.Fatalf("%+v %v", actor, err)
	}
	refused := func(why, aud, assertion string) {
		t.Helper()
		if _, _, err := answerer.AssertedPeer(ctx, "riverside", aud, assertion, access.Treatment); !errors.Is(err, ErrDenied) {
			t.Errorf("%s: %v", why, err)
		}
	}
	refused("the same assertion again", tokenURL, assertion)
	other, _ := asker.Assert(ctx, self, "https://c.example/auth/token")
	refused("an assertion for someone else", tokenURL, other)
	stranger, _, _ := open(t)
	forged, _ := stranger.Assert(ctx, self, tokenURL)
	refused("an assertion by another key", tokenURL, forged)
	old, _ := asker.Assert(ctx, self, tokenURL)
	c.t = c.t.Add(10 * time.Minute)
	refused("an old assertion", tokenURL, old)
	if err := answerer.RemovePeer(ctx, "maple"); err != nil {
		t.Fatal(err)
	}
	if _, err := answerer.Recognise(ctx, "riverside", token, Bearer); err == nil {
		t.Error("a removed peer's token works")
	}
}

// TestOnlyCareAsksForTreatment: whose accounts act for treatment, and so ask other
// sites; a program only when it was said of it.
func TestOnlyCareAsksForTreatment(t *testing.T) {
	for _, r := range access.Roles {
		care := r == access.Physician || r == access.Nurse || r == access.Radiologist || r == access.Pharmacist
		if got := (User{Site: "maple", Name: "x", Role: r}).Actor().Purpose; (got == access.Treatment) != care {
			t.Errorf("%s acts for %s", r, got)
		}
	}
}
