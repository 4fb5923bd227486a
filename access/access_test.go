package access

import (
	"testing"
	"time"
)

func TestZeroDenies(t *testing.T) {
	var d Decision
	if d.Allowed {
		t.Fatal("the zero decision allows")
	}
	for act := Read; act <= Manage; act++ {
		for _, lens := range []Lens{EMR, EHR} {
			for _, a := range []Actor{{}, {Kind: User}, {Kind: User, Site: "a"}, {Kind: User, Site: "a", Role: "chef"}, {Kind: Patient, Site: "a"}, {Kind: Client, Site: "a"}, {Kind: Peer, Site: "a"}, {Site: "a", Role: Admin}} {
				if Decide(a, lens, act, "").Allowed {
					t.Errorf("%v %q may %v", a.Kind, a.Role, act)
				}
			}
		}
	}
}

func TestRoles(t *testing.T) {
	for _, c := range []struct {
		role Role
		lens Lens
		act  Action
		typ  string
		want bool
	}{
		{Physician, EMR, Create, "MedicationRequest", true},
		{Physician, EHR, Search, "Observation", true},
		{Physician, EHR, Create, "Observation", false},
		{Physician, EMR, SeeAudit, "", false},
		{Nurse, EMR, Update, "Observation", true},
		{FrontDesk, EMR, Search, "Patient", true},
		{FrontDesk, EMR, Read, "Condition", false},
		{FrontDesk, EHR, Read, "Patient", false},
		{FrontDesk, EMR, Delete, "Appointment", false},
		{RecordsOffice, EHR, Export, "", true},
		{RecordsOffice, EMR, Update, "Observation", false},
		{PrivacyOfficer, EMR, SeeAudit, "", true},
		{PrivacyOfficer, EMR, Read, "Observation", false},
		{Operator, EMR, Read, "Patient", false},
		{Operator, EMR, Search, "", false},
		{Operator, EMR, Manage, "", true},
		{Admin, EMR, Delete, "Observation", true},
		{Admin, EHR, Delete, "Observation", false},
		{Admin, EMR, Copy, "", false},
	} {
		if got := Decide(Actor{Kind: User, Site: "a", Role: c.role, Purpose: Treatment}, c.lens, c.act, c.typ); got.Allowed != c.want {
			t.Errorf("%s %v %v %s: %v (%s)", c.role, c.lens, c.act, c.typ, got.Allowed, got.Why)
		}
	}
}

func TestScopesOnlyNarrow(t *testing.T) {
	a := Actor{Kind: User, Site: "a", Role: FrontDesk, Scopes: []Scope{{"user", "*", "rs"}}}
	if Decide(a, EMR, Read, "Condition").Allowed {
		t.Error("a scope gave what the role has not")
	}
	if !Decide(a, EMR, Read, "Patient").Allowed || Decide(a, EMR, Create, "Patient").Allowed {
		t.Error("a scope must bound the role")
	}
	c := Actor{Kind: Client, Site: "a", Scopes: []Scope{{"system", "Observation", "rs"}}}
	if !Decide(c, EMR, Search, "Observation").Allowed || Decide(c, EMR, Search, "Patient").Allowed || Decide(c, EMR, Create, "Observation").Allowed {
		t.Error("client scopes")
	}
}

func TestRelease(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	const sud Labels = 1
	permit := Consent{Permit: true, Recipients: []string{"riverside"}, Labels: sud, To: now.AddDate(1, 0, 0)}
	if w, _ := Release(nil, "riverside", Treatment, now); w != Sensitive {
		t.Error("without consent what is sensitive stays")
	}
	if w, _ := Release([]Consent{permit}, "riverside", Treatment, now); w&sud != 0 || w != Sensitive&^sud {
		t.Error("a consent opens what it names")
	}
	if w, _ := Release([]Consent{permit}, "maple", Treatment, now); w != Sensitive {
		t.Error("a consent opens to whom it names")
	}
	if w, _ := Release([]Consent{permit}, "riverside", Treatment, now.AddDate(2, 0, 0)); w != Sensitive {
		t.Error("a consent ends")
	}
	if _, all := Release([]Consent{permit, {Recipients: []string{"riverside"}}}, "riverside", Treatment, now); !all {
		t.Error("a refusal is stronger")
	}
}
