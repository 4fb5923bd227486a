package exchange_test

import (
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/exchange"
	"wholechart/fhir"
	"wholechart/record"
)

func signature(id string, targets ...string) string {
	return `{"resourceType":"Provenance","id":"` + id + `","target":[{"reference":"` + strings.Join(targets, `"},{"reference":"`) + `"}],"recorded":"2026-11-22T09:00:00Z","agent":[{"who":{"display":"Dr. Feld"}}]}`
}

// lessen writes a resource with fewer labels, and why.
func (n *node) lessen(site, text, why string) {
	n.t.Helper()
	res, err := fhir.Parse([]byte(text))
	if err != nil {
		n.t.Fatal(err)
	}
	prov, err := fhir.Parse([]byte(why))
	if err != nil {
		n.t.Fatal(err)
	}
	if _, err := n.user(site, access.Admin).Transact(n.t.Context(), []record.Act{{Op: record.Update, Type: res.Root().ResourceType(), ID: res.Root().ID(), Resource: res.Root()},
		{Op: record.Create, Type: "Provenance", Resource: prov.Root()}}); err != nil {
		n.t.Fatal(err)
	}
}

// Who wrote a fact travels with it between nodes, and says nothing of what is
// withheld: not as it is labelled at first, not when that changes, not before the
// patient consents.
func TestWhoSignedTravelsWithTheFact(t *testing.T) {
	clock, nodes := network(t, "maple lakeside", "riverside")
	a, b := nodes[0], nodes[1]
	a.put("maple", patient("rosa", "Delgado", "Rosa", "1958-03-14", phone), observation("inr", "rosa", "2.70", ""))
	a.put("lakeside", patient("lr", "Delgado", "Rosa", "1958-03-14", phone), observation("lo", "lr", "2.7", ""), observation("ls", "lr", "2.7", part2), signature("p-lo", "Observation/lo"), signature("p-ls", "Observation/ls"))
	b.put("riverside", patient("rd", "Delgado", "Rosa", "1958-03-14", phone), observation("open", "rd", "4.10", ""), observation("secret", "rd", "1", part2), observation("turns", "rd", "2", ""),
		signature("p-open", "Observation/open/_history/1"), signature("p-secret", "Observation/secret"), signature("p-turns", "Observation/turns", "Observation/open"), signature("p-house", "Patient/rd", "Observation/secret"))
	check := func(when string, want ...string) {
		t.Helper()
		got := a.open("maple", "rosa")
		a.state(got["riverside"], exchange.Answered)
		a.is(a.whole("maple", "rosa", "Provenance"), append(want, "lakeside/p-lo")...)
		clock.pass(time.Minute)
		if t.Failed() {
			t.Fatal(when)
		}
	}
	check("at first", "riverside/p-open", "riverside/p-turns")
	check("with nothing new", "riverside/p-open", "riverside/p-turns")
	b.put("riverside", observation("turns", "rd", "2", part2))
	check("when a fact becomes sensitive", "riverside/p-open")
	a.is(a.whole("maple", "rosa", "Observation"), "lakeside/lo", "maple/inr", "riverside/open")
	b.lessen("riverside", observation("turns", "rd", "2", ""), strings.Replace(signature("", "Observation/turns"), `"id":"",`, `"activity":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"DOWNGRDLABEL"}]},"reason":[{"text":"not about that"}],`, 1))
	check("when it is so no more", "riverside/p-open", "riverside/p-turns")
	b.put("riverside", consent("rd", "maple", "active"))
	check("when she consents", "riverside/p-house", "riverside/p-open", "riverside/p-secret", "riverside/p-turns")
	b.put("riverside", consent("rd", "maple", "inactive"))
	check("when she takes it back", "riverside/p-open", "riverside/p-turns")
	b.remove("riverside", "Observation", "open")
	check("when what was signed is deleted")
	if n := b.search(b.user("riverside", access.Physician), "Provenance", "target=Observation/secret"); n != 2 {
		t.Errorf("at its own site: %d", n)
	}
}
