package record

import (
	"errors"
	"strings"
	"testing"

	"wholechart/access"
)

// TestTheDeskClosesNoResult: a program with a front desk's token cannot take a
// critical result off the list of who has to see it.
func TestTheDeskClosesNoResult(t *testing.T) {
	r, ctx := node(t)
	phys, desk := r.user("a", access.Physician), r.user("a", access.FrontDesk)
	review := `{"resourceType":"Task","id":"t","status":"requested","intent":"order","focus":{"reference":"Observation/inr"},"for":{"reference":"Patient/rosa"}}`
	call := `{"resourceType":"Task","id":"c","status":"requested","intent":"order","code":{"coding":[{"system":"https://wholechart.example/task","code":"scheduling"}]},"for":{"reference":"Patient/rosa"}}`
	put(t, phys, rosa, obs("inr", "rosa", ""), review, call)
	write := func(s Session, id, text string) error {
		_, err := s.Transact(ctx, []Act{{Op: Update, Type: "Task", ID: id, Resource: root(t, text)}})
		return err
	}
	done := func(text string) string { return strings.Replace(text, "requested", "completed", 1) }
	if err := write(desk, "t", done(review)); !errors.Is(err, ErrNotFound) {
		t.Errorf("the front desk closed a result: %v", err)
	}
	if err := write(desk, "t", strings.Replace(done(review), `"focus":{"reference":"Observation/inr"},`, "", 1)); !errors.Is(err, ErrNotFound) {
		t.Errorf("the front desk closed a result by taking its focus away: %v", err)
	}
	if err := write(desk, "c", done(call)); err != nil {
		t.Errorf("the front desk has tasks of its own: %v", err)
	}
	if err := write(phys, "t", done(review)); err != nil {
		t.Errorf("who may read it: %v", err)
	}
}

func TestWhoWroteAVersion(t *testing.T) {
	r, ctx := node(t)
	phys, nurse := r.user("a", access.Physician), r.user("a", access.Nurse)
	put(t, phys, rosa)
	res, err := nurse.Read(ctx, "Patient", "rosa")
	if err != nil || !phys.Wrote(res) || nurse.Wrote(res) {
		t.Errorf("%v by %s", err, res.Author)
	}
}
