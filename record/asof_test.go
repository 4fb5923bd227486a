package record

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/access"
)

func TestFactsAtAPastMoment(t *testing.T) {
	r, ctx := node(t)
	clock := now
	r.now = func() time.Time { return clock }
	s := r.user("a", access.Physician)
	step := func() time.Time { clock = clock.Add(time.Hour); return clock }

	put(t, r.system("a"), rosa, `{"resourceType":"Practitioner","id":"lena","name":[{"text":"Lena"}]}`)
	first := clock
	step()
	put(t, s, strings.Replace(obs("inr", "rosa", `,"valueQuantity":{"value":2.70},"performer":[{"reference":"Practitioner/lena"}]`), `"final"`, `"preliminary"`, 1), obs("k", "rosa", `,"valueQuantity":{"value":4.1}`))
	second := clock
	step()
	put(t, s, obs("inr", "rosa", `,"valueQuantity":{"value":2.9},"performer":[{"reference":"Practitioner/lena"}]`))
	if _, err := s.Transact(ctx, []Act{{Op: Delete, Type: "Observation", ID: "k"}}); err != nil {
		t.Fatal(err)
	}
	third := clock
	step()
	secret := obs("hiv", "rosa", `,"valueString":"secret"`)
	put(t, s, secret)
	put(t, s, strings.Replace(secret, `"status"`, `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]},"status"`, 1))

	read := func(s Session, at time.Time) (out []string) {
		t.Helper()
		f, err := s.FactsAt(ctx, "rosa", at)
		if err != nil {
			t.Fatalf("at %v: %v", at, err)
		}
		for _, x := range f.List {
			out = append(out, x.Type+"/"+x.ID+" v"+x.Version+" "+x.Node.Get("valueQuantity").Get("value").Text())
		}
		slices.Sort(out)
		return out
	}
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{first, "Patient/rosa v1 "},
		{second, "Observation/inr v1 2.70|Observation/k v1 4.1|Patient/rosa v1 |Practitioner/lena v1 "},
		{second.Add(59 * time.Minute), "Observation/inr v1 2.70|Observation/k v1 4.1|Patient/rosa v1 |Practitioner/lena v1 "},
		{third, "Observation/inr v2 2.9|Patient/rosa v1 |Practitioner/lena v1 "},
	} {
		if got := strings.Join(read(s, c.at), "|"); got != c.want {
			t.Errorf("at %v:\n got %s\nwant %s", c.at, got, c.want)
		}
	}
	now := read(s, clock)
	cur, err := s.Facts(ctx, FactsQuery{Patient: "rosa"})
	if err != nil || len(cur.List) != len(now) {
		t.Errorf("as of now there are %d facts, now %d: %v", len(now), len(cur.List), err)
	}
	if _, err := s.FactsAt(ctx, "rosa", first.Add(-time.Hour)); !errors.Is(err, ErrNotFound) {
		t.Errorf("before anybody knew her: %v", err)
	}
	if _, err := s.FactsAt(ctx, "ghost", clock); !errors.Is(err, ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	var refused *Refused
	if f, err := r.user("a", access.FrontDesk).FactsAt(ctx, "rosa", second); err == nil && slices.ContainsFunc(f.List, func(x Fact) bool { return x.Type == "Observation" }) {
		t.Error("the front desk sees no care, past or present")
	}
	if _, err := r.user("b", access.Physician).FactsAt(ctx, "rosa", second); !errors.Is(err, ErrNotFound) && !errors.As(err, &refused) {
		t.Errorf("another site: %v", err)
	}
	if _, err := s.Through(access.EHR).FactsAt(ctx, "rosa", second); err == nil {
		t.Error("the whole record has no past of its own")
	}
	events, err := r.user("a", access.PrivacyOfficer).AccessLog(ctx, LogQuery{Patient: "rosa", Count: 200})
	if err != nil || !slices.ContainsFunc(events, func(n Noted) bool { return n.Action == "history" && n.Count == 4 }) {
		t.Errorf("the log has it: %v", err)
	}
}
