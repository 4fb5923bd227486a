package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/store"
)

// lessen is a Provenance that says why a label is taken off.
func lessen(code, reason string, targets ...string) string {
	var to []string
	for _, t := range targets {
		to = append(to, `{"reference":"`+t+`"}`)
	}
	if reason != "" {
		reason = `,"reason":[{"text":"` + reason + `"}]`
	}
	return `{"resourceType":"Provenance","target":[` + strings.Join(to, ",") + `],"recorded":"2026-11-22T09:00:00Z","activity":{"coding":[{"system":"` + actCodes + `","code":"` + code + `"}]}` + reason + `,"agent":[{"who":{"identifier":{"system":"` + userSystem + `","value":"WHO"}}}]}`
}

// change writes resources: those with an id anew, a Provenance as a new one.
func change(t *testing.T, s Session, texts ...string) error {
	t.Helper()
	var acts []Act
	for _, text := range texts {
		n := root(t, strings.ReplaceAll(text, "WHO", s.actor.ID))
		op := Update
		if n.ID() == "" {
			op = Create
		}
		acts = append(acts, Act{Op: op, Type: n.ResourceType(), ID: n.ID(), Resource: n})
	}
	_, err := s.Transact(t.Context(), acts)
	return err
}

// TestALabelIsTakenOffWithAReason: by who put it on, or whose office it is; never
// by a program; and the log says so.
func TestALabelIsTakenOffWithAReason(t *testing.T) {
	r, ctx := node(t)
	other := r.As(access.Actor{Kind: access.User, ID: "park", Site: "a", Role: access.Physician, Purpose: access.Treatment}, access.EMR)
	phys, nurse, admin, program := r.user("a", access.Physician), r.user("a", access.Nurse), r.user("a", access.Admin), r.client("a", anything)
	both := `,"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"},{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"V"}]}`
	plain, secret := obs("inr", "rosa", ""), obs("inr", "rosa", label("ETH"))
	why := lessen("DOWNGRDLABEL", "put on by mistake", "Observation/inr")
	put(t, nurse, rosa, plain)
	var bad *Invalid
	var refused *Refused
	no := func(what string, as any, err error) {
		t.Helper()
		if err == nil || !errors.As(err, as) {
			t.Errorf("%s: %v", what, err)
		}
	}
	yes := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	yes("adding is free for who may write", change(t, phys, secret))
	yes("a change that keeps it", change(t, other, strings.Replace(secret, `"final"`, `"amended"`, 1)))
	no("another, without a reason", &refused, change(t, other, plain))
	no("another, with a reason", &refused, change(t, other, plain, why))
	no("who wrote it before it had one", &refused, change(t, nurse, plain, why))
	no("a program with a reason", &refused, change(t, program, plain, lessen("DOWNGRDLABEL", "x", "Observation/inr")))
	no("who put it there, without a reason", &bad, change(t, phys, plain))
	for what, prov := range map[string]string{"without words": lessen("DOWNGRDLABEL", "", "Observation/inr"), "of something else": lessen("DOWNGRDLABEL", "x", "Patient/rosa"), "that says something else": lessen("AUDIT", "x", "Observation/inr"),
		"of another system": strings.Replace(why, actCodes, "urn:x", 1)} {
		no("a reason "+what, &bad, change(t, phys, plain, prov))
	}
	no("in somebody else's name", &refused, change(t, phys, plain, strings.Replace(why, "WHO", "somebody", 1)))
	yes("another adds one more", change(t, other, obs("inr", "rosa", both)))
	no("a weaker one in its place", &refused, change(t, phys, strings.Replace(obs("inr", "rosa", both), `"code":"V"`, `"code":"R"`, 1), why))
	no("both, of which one is the own", &refused, change(t, phys, plain, why))
	yes("the own, with a reason", change(t, phys, strings.Replace(obs("inr", "rosa", both), `{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"},`, "", 1), why))
	no("the administrator without a reason", &bad, change(t, admin, plain))
	yes("the administrator", change(t, admin, plain, why))
	// Not by way of a deletion either.
	yes("again", change(t, phys, secret))
	if _, err := other.Transact(ctx, []Act{{Op: Delete, Type: "Observation", ID: "inr"}}); err != nil {
		t.Fatal(err)
	}
	no("written anew after it was deleted", &refused, change(t, other, plain))
	yes("by who put it there", change(t, phys, plain, why))
	// Labels that are all one bit.
	yes("a label of one's own", change(t, phys, obs("inr", "rosa", label("HOUSE-1"))))
	yes("another's beside it", change(t, other, obs("inr", "rosa", strings.Replace(label("HOUSE-1"), `[{`, `[{"system":"urn:x","code":"HOUSE-2"},{`, 1))))
	no("one of them is taken off", &refused, change(t, other, obs("inr", "rosa", label("HOUSE-2"))))
	// A privacy officer's own: consents.
	officer := r.user("a", access.PrivacyOfficer)
	consent := func(meta string) string {
		return `{"resourceType":"Consent","id":"c"` + meta + `,"status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"text":"x"}],"patient":{"reference":"Patient/rosa"},"policyRule":{"text":"x"}}`
	}
	yes("a labelled consent", change(t, r.user("a", access.RecordsOffice), consent(label("PSY"))))
	no("without a reason", &bad, change(t, officer, consent("")))
	yes("the privacy officer", change(t, officer, consent(""), lessen("DECLASSIFYLABEL", "wrong patient's", "Consent/c")))
	said := slices.DeleteFunc(r.noted(t, store.AuditFilter{Patient: r.keyOf(t, "a", "rosa")}), func(e audit.Event) bool { return !strings.HasPrefix(e.Why, "a sensitivity label was taken off: ") })
	if len(said) != 4 || said[0].Why != "a sensitivity label was taken off: put on by mistake" || said[0].Action != "update" || said[0].ID != "inr" || said[3].Type != "Consent" {
		t.Errorf("the log: %s", fmt.Sprint(said))
	}
}
