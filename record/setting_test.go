package record

import (
	"errors"
	"testing"

	"wholechart/access"
	"wholechart/store"
)

func TestASettingIsTheSites(t *testing.T) {
	r, ctx := node(t)
	admin, phys := r.user("a", access.Admin), r.user("a", access.Physician)
	if b, v, err := phys.Setting(ctx, "rules"); b != nil || v != 0 || err != nil {
		t.Fatalf("%s %d %v", b, v, err)
	}
	if err := admin.PutSetting(ctx, "rules", []byte(`{"x":1}`), 0, "trial"); err != nil {
		t.Fatal(err)
	}
	if b, v, err := phys.Setting(ctx, "rules"); string(b) != `{"x":1}` || v != 1 || err != nil {
		t.Fatalf("%s %d %v", b, v, err)
	}
	var moved *VersionConflict
	if err := admin.PutSetting(ctx, "rules", []byte(`{}`), 0, ""); !errors.As(err, &moved) {
		t.Errorf("an old page changed a setting: %v", err)
	}
	var refused *Refused
	for _, s := range []Session{phys, r.user("a", access.Operator), r.user("a", access.FrontDesk), r.bound(access.Patient, "a", "rosa")} {
		if err := s.PutSetting(ctx, "rules", nil, 1, ""); !errors.As(err, &refused) {
			t.Errorf("%s changed a setting: %v", s.actor.Role, err)
		}
	}
	if b, _, err := r.user("b", access.Physician).Setting(ctx, "rules"); b != nil || err != nil {
		t.Errorf("another site reads it: %s %v", b, err)
	}
	if _, _, err := r.bound(access.Patient, "a", "rosa").Setting(ctx, "rules"); !errors.As(err, &refused) {
		t.Errorf("a patient reads it: %v", err)
	}
	noted := false
	for _, e := range r.noted(t, store.AuditFilter{}) {
		noted = noted || e.Action == "setting" && e.Why == "trial"
	}
	if !noted {
		t.Error("the change of a setting is not in the log")
	}
}
