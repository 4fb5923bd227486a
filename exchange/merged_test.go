package exchange_test

import (
	"testing"
	"time"

	"wholechart/access"
	"wholechart/exchange"
	"wholechart/record"
)

func (n *node) merge(site, keep, gone string, undo bool) {
	n.t.Helper()
	s := n.user(site, access.RecordsOffice)
	side := func(id string) record.Side {
		r, err := s.Read(n.t.Context(), "Patient", id)
		if err != nil {
			n.t.Fatal(err)
		}
		return record.SideOf(r)
	}
	do := s.Merge
	if undo {
		do = s.Unmerge
	}
	if err := do(n.t.Context(), side(keep), side(gone), "test"); err != nil {
		n.t.Fatal(err)
	}
}

// What another node merged is one record here too, whichever of the two was known
// here before, and is apart again when it is there.
func TestAPeerMergesTwoRecords(t *testing.T) {
	for _, known := range []string{"rd", "rd2"} {
		clock, nodes := network(t, "maple", "riverside")
		a, b := nodes[0], nodes[1]
		a.put("maple", patient("rosa", "Delgado", "Rosa", "1958-03-14", phone), observation("inr", "rosa", "2.70", ""))
		lives := map[string]string{known: phone}
		for _, id := range []string{"rd", "rd2"} {
			more, ok := lives[id]
			given := "Rosa"
			if !ok {
				more, given = other, "Rosalinda"
			}
			b.put("riverside", patient(id, "Delgado", given, "1958-03-14", more), observation("inr-"+id, id, "4.10", ""))
		}
		got := a.open("maple", "rosa")
		a.state(got["riverside"], exchange.Answered)
		a.is(a.whole("maple", "rosa", "Observation"), "maple/inr", "riverside/inr-"+known)
		b.merge("riverside", "rd", "rd2", false)
		for range 2 {
			clock.pass(time.Minute)
			got = a.open("maple", "rosa")
			a.state(got["riverside"], exchange.Answered)
			a.is(a.whole("maple", "rosa", "Observation"), "maple/inr", "riverside/inr-rd", "riverside/inr-rd2")
			a.is(a.whole("maple", "rosa", "Patient"), "maple/rosa", "riverside/rd", "riverside/rd2")
		}
		if got["riverside"].Facts != 4 {
			t.Errorf("%+v", got["riverside"])
		}
		b.put("riverside", observation("new", "rd", "3.3", ""))
		clock.pass(time.Minute)
		a.open("maple", "rosa")
		a.is(a.whole("maple", "rosa", "Observation"), "maple/inr", "riverside/inr-rd", "riverside/inr-rd2", "riverside/new")
		b.is(b.whole("riverside", "rd", "Observation"), "riverside/inr-rd", "riverside/inr-rd2", "riverside/new")
		b.remove("riverside", "Observation", "new")
		b.merge("riverside", "rd", "rd2", true)
		clock.pass(time.Minute)
		a.open("maple", "rosa")
		a.is(a.whole("maple", "rosa", "Observation"), "maple/inr", "riverside/inr-"+known)
		a.is(a.whole("maple", "rosa", "Patient"), "maple/rosa", "riverside/"+known)
	}
}

// Two records of one site of which each is known at another site are, merged, one
// person with both.
func TestAMergeJoinsWhatBothWereLinkedWith(t *testing.T) {
	clock, nodes := network(t, "maple lakeside", "riverside")
	a, b := nodes[0], nodes[1]
	a.put("maple", patient("rosa", "Delgado", "Rosa", "1958-03-14", phone), observation("one", "rosa", "2.7", ""),
		patient("rosa2", "Luna", "Rosalinda", "1958-04-13", other), observation("two", "rosa2", "2.8", ""))
	a.put("lakeside", patient("ll", "Luna", "Rosalinda", "1958-04-13", other), observation("lake", "ll", "2.9", ""))
	b.put("riverside", patient("rd", "Delgado", "Rosa", "1958-03-14", phone), observation("river", "rd", "4.1", ""))
	a.open("maple", "rosa")
	a.open("maple", "rosa2")
	a.is(a.whole("maple", "rosa", "Observation"), "maple/one", "riverside/river")
	a.is(a.whole("maple", "rosa2", "Observation"), "lakeside/lake", "maple/two")
	a.merge("maple", "rosa", "rosa2", false)
	all := []string{"lakeside/lake", "maple/one", "maple/two", "riverside/river"}
	for range 2 {
		a.is(a.whole("maple", "rosa", "Observation"), all...)
		a.is(a.whole("maple", "rosa2", "Observation"), all...)
		clock.pass(time.Minute)
		got := a.open("maple", "rosa")
		a.state(got["riverside"], exchange.Answered)
		a.state(got["lakeside"], exchange.Answered)
	}
	a.is(a.whole("lakeside", "ll", "Observation"), "lakeside/lake", "maple/one", "maple/two")
	a.merge("maple", "rosa", "rosa2", true)
	a.is(a.whole("maple", "rosa", "Observation"), "maple/one", "riverside/river")
	a.is(a.whole("maple", "rosa2", "Observation"), "lakeside/lake", "maple/two")
	a.is(a.whole("lakeside", "ll", "Observation"), "lakeside/lake", "maple/two")
	clock.pass(time.Minute)
	a.open("maple", "rosa")
	a.open("maple", "rosa2")
	a.is(a.whole("maple", "rosa", "Observation"), "maple/one", "riverside/river")
	a.is(a.whole("maple", "rosa2", "Observation"), "lakeside/lake", "maple/two")
}
