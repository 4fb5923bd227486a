package visit

import (
	"testing"

	"wholechart/chart/order"
	"wholechart/record"
)

// TestWhatWasNotOrderedStandsByTheNote: a test that was not ordered at this visit,
// because its result was there, is beside the note with what is used instead.
func TestWhatWasNotOrderedStandsByTheNote(t *testing.T) {
	n := house(t)
	b := n.User(lena)
	at := started(t, b, harold, "Check")
	o := order.ByKey("laboratory:a1c").Order(order.Line{})
	o.Patient, o.AuthoredOn, o.Encounter = "harold-whitman", n.Clock(), at[len(harold+"/visits/"):]
	a, err := order.Save(o)
	if err != nil {
		t.Fatal(err)
	}
	s := n.System("maple")
	out, err := s.Transact(t.Context(), []record.Act{a})
	if err != nil {
		t.Fatal(err)
	}
	has(t, b.Open(at), "Order not signed yet")
	if a, err = order.UseInstead(out[0].Resource.Node(), "repeat-hba1c", "", []order.Used{{Site: "riverside", SiteName: "Riverside", Type: "Observation", ID: "o", Day: "2 Nov 2026"}}, order.By{Name: "Lena", Now: n.Clock()}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Transact(t.Context(), []record.Act{a}); err != nil {
		t.Fatal(err)
	}
	body := b.Open(at)
	has(t, body, "Not ordered", "The result of 2 Nov 2026 at Riverside is used instead.", harold+"/orders/"+out[0].Resource.ID)
	hasNot(t, body, "Order not signed yet")
}
