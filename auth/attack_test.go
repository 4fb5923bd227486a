package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"wholechart/access"
)

// The stories of this file are attempts to be somebody else, or to keep
// somebody from being recognised.

func TestGuessesAtOnceAreGuesses(t *testing.T) {
	var tr tries
	tr.of = map[string]*try{}
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	var wg sync.WaitGroup
	taken := 0
	for range 100 {
		wg.Go(func() {
			if tr.begin("maple/lena", "", now) { // and the password is still being looked at
				mu.Lock()
				taken++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if taken != freeTries {
		t.Errorf("%d passwords were tried at once, not %d", taken, freeTries)
	}
}

func TestManyNamesClearNobodysCount(t *testing.T) {
	var tr tries
	tr.of = map[string]*try{}
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for range freeTries {
		tr.begin("maple/lena", "", now)
	}
	for i := range 3 * maxTries {
		tr.begin(fmt.Sprintf("maple/x%d", i), "", now)
	}
	if tr.begin("maple/lena", "", now) {
		t.Error("other names' attempts made hers be forgotten")
	}
	if len(tr.of) > maxTries+1 {
		t.Errorf("%d names are remembered", len(tr.of))
	}
}

func TestGuessingElsewhereLocksNobodyOut(t *testing.T) {
	a, c, ctx := open(t)
	if err := a.AddUser(ctx, User{Site: "maple", Name: "lena", Role: access.Physician}, password); err != nil {
		t.Fatal(err)
	}
	far := From(ctx, "203.0.113.9")
	for range freeTries + 1 {
		a.SignIn(far, "maple", "lena", "wrong horse battery")
	}
	if _, err := a.SignIn(far, "maple", "lena", password); !errors.Is(err, ErrSlow) {
		t.Errorf("who guesses is not slowed: %v", err)
	}
	if _, err := a.SignIn(From(ctx, "192.0.2.1"), "maple", "lena", password); err != nil {
		t.Errorf("she is locked out: %v", err)
	}
	for i := range nameTries { // from everywhere
		a.tries.begin("maple/lena", fmt.Sprint(i), c.now())
	}
	if a.tries.begin("maple/lena", "192.0.2.1", c.now()) {
		t.Error("many addresses have more than", nameTries, "guesses an hour")
	}
	// A program's secret cannot be guessed; wrong ones keep it from nothing.
	secret, err := a.AddClient(ctx, Client{Site: "maple", ID: "lab", Scopes: []access.Scope{{Context: "system", Type: "*", Rights: "r"}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 * freeTries {
		a.ClientCredentials(ctx, "maple", "lab", "wrong", "")
	}
	if _, _, err := a.ClientCredentials(ctx, "maple", "lab", secret, ""); err != nil {
		t.Errorf("the laboratory is locked out: %v", err)
	}
}

func TestATokenIsNoMoreThanItsAccount(t *testing.T) {
	issue := func(t *testing.T, u User) (*Auth, *clock, context.Context, string) {
		a, c, ctx := open(t)
		if err := a.AddUser(ctx, u, password); err != nil {
			t.Fatal(err)
		}
		actor, err := a.SignIn(ctx, "maple", u.Name, password)
		if err != nil {
			t.Fatal(err)
		}
		token, err := a.Issue(ctx, actor, Bearer, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		c.t = c.t.Add(time.Minute)
		return a, c, ctx, token
	}
	doctor := User{Site: "maple", Name: "lena", Role: access.Physician}
	mother := User{Site: "maple", Name: "mother", Patients: []string{"she", "child"}, Proxy: true}
	for _, c := range []struct {
		why      string
		was, is  User
		password string
		stands   bool
	}{
		{"nothing changed", doctor, doctor, "", true},
		{"another name for people", doctor, User{Site: "maple", Name: "lena", FullName: "Lena", Role: access.Physician}, "", true},
		{"another role", doctor, User{Site: "maple", Name: "lena", Role: access.FrontDesk}, "", false},
		{"a patient now, no physician", doctor, User{Site: "maple", Name: "lena", Patients: []string{"p"}}, "", false},
		{"a child is no longer hers to see", mother, User{Site: "maple", Name: "mother", Patients: []string{"she"}, Proxy: true}, "", false},
		{"one more child", mother, User{Site: "maple", Name: "mother", Patients: []string{"she", "child", "baby"}, Proxy: true}, "", true},
		{"a new password, because the old one was known", doctor, doctor, "another horse battery", false},
	} {
		a, _, ctx, token := issue(t, c.was)
		if err := a.AddUser(ctx, c.is, c.password); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Recognise(ctx, "maple", token, Bearer); (err == nil) != c.stands {
			t.Errorf("%s: %v", c.why, err)
		}
	}
}

func TestAClientAsksForNoOtherContext(t *testing.T) {
	a, c, ctx := open(t)
	secret, err := a.AddClient(ctx, Client{Site: "maple", ID: "app", Scopes: []access.Scope{{Context: "patient", Type: "*", Rights: "rs"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.ClientCredentials(ctx, "maple", "app", secret, "system/*.rs"); err == nil {
		t.Error("patient/*.rs became system/*.rs")
	}
	token, _, err := a.ClientCredentials(ctx, "maple", "app", secret, "")
	if err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(time.Minute)
	if _, err := a.AddClient(ctx, Client{Site: "maple", ID: "app", Scopes: []access.Scope{{Context: "system", Type: "Basic", Rights: "r"}}}); err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(recheck + time.Second)
	if _, err := a.Recognise(ctx, "maple", token, Bearer); !errors.Is(err, ErrDenied) {
		t.Errorf("a token from before the client was registered anew: %v", err)
	}
}

func TestAnAssertionIsGoodOnceAfterARestartToo(t *testing.T) {
	asker, _, ctx := open(t)
	answerer, c, _ := open(t)
	keys, _ := asker.PublicKeys(ctx)
	const self, tokenURL = "https://a.example/maple", "https://b.example/riverside/auth/token"
	if err := answerer.AddPeer(ctx, Peer{Slug: "maple", Base: self, Keys: keys}); err != nil {
		t.Fatal(err)
	}
	assertion, _ := asker.Assert(ctx, self, tokenURL)
	var mu sync.Mutex
	var wg sync.WaitGroup
	good := 0
	for range 8 {
		wg.Go(func() {
			if _, _, err := answerer.AssertedPeer(ctx, "riverside", tokenURL, assertion, access.Treatment); err == nil {
				mu.Lock()
				good++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if good != 1 {
		t.Errorf("one assertion was good %d times at once", good)
	}
	restarted := New(answerer.st, c.now)
	if _, _, err := restarted.AssertedPeer(ctx, "riverside", tokenURL, assertion, access.Treatment); !errors.Is(err, ErrDenied) {
		t.Errorf("after a restart: %v", err)
	}
	c.t = c.t.Add(time.Hour)
	if err := restarted.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if left, err := list[used](ctx, restarted.st, usedDocs, ""); err != nil || len(left) != 0 {
		t.Errorf("remembered for ever: %v %v", left, err)
	}
}
