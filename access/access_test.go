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
		{FrontDesk, EMR, Search, "Device", false}, // a pacemaker
		{FrontDesk, EMR, Read, "Location", true},
		{PrivacyOfficer, EMR, Search, "Device", false},
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

func TestScopesAreOfTheirContext(t *testing.T) {
	for _, c := range []struct {
		kind    Kind
		context string
		want    bool
	}{{Client, "system", true}, {Client, "user", false}, {Client, "patient", false}, {User, "user", true}, {User, "patient", false}, {Patient, "patient", true}, {Patient, "user", true}} {
		a := Actor{Kind: c.kind, Site: "a", Role: Physician, Purpose: Treatment, Patients: []string{"p"}, Scopes: []Scope{{c.context, "*", "rs"}}}
		if got := Decide(a, EMR, Read, "Observation").Allowed; got != c.want {
			t.Errorf("%v with %s/*.rs: %v", c.kind, c.context, got)
		}
	}
}

func TestNobodyWritesWhatThisProgramSays(t *testing.T) {
	for _, typ := range []string{"AuditEvent", "OperationOutcome", "Parameters", "Subscription"} {
		for _, a := range []Actor{{Kind: User, Role: Admin}, {Kind: User, Role: Physician}, {Kind: Client, Scopes: []Scope{{"system", "*", "cruds"}}}} {
			a.Site, a.Purpose = "a", Treatment
			for _, act := range []Action{Create, Update, Delete} {
				if Decide(a, EMR, act, typ).Allowed {
					t.Errorf("%v %s may %v %s", a.Kind, a.Role, act, typ)
				}
			}
		}
	}
	if !Decide(Actor{Kind: System, Site: "a"}, EMR, Create, "AuditEvent").Allowed {
		t.Error("what an older system noted cannot be imported")
	}
}

func TestTheWholeRecordNeedsAPurpose(t *testing.T) {
	for _, a := range []Actor{{Kind: User, Role: Physician}, {Kind: User, Role: Admin}, {Kind: Client, Scopes: []Scope{{"system", "*", "rs"}}}, {Kind: Patient, Patients: []string{"p"}}} {
		a.Site = "a"
		if Decide(a, EHR, Read, "Observation").Allowed {
			t.Errorf("%v %s without a purpose", a.Kind, a.Role)
		}
		if a.Purpose = Treatment; !Decide(a, EHR, Read, "Observation").Allowed {
			t.Errorf("%v %s with one", a.Kind, a.Role)
		}
	}
	if Decide(Actor{Kind: User, Role: PrivacyOfficer, Site: "a", Purpose: Operations}, EHR, Read, "Patient").Allowed {
		t.Error("a privacy officer looks after the site's own record")
	}
}

// TestRights holds the whole matrix, so that no right changes unseen: for each
// role and lens, what may be done with one type of each group.
func TestRights(t *testing.T) {
	types := []string{"Observation", "Patient", "Practitioner", "Consent", "Appointment", "AuditEvent"}
	row := func(a Actor, lens Lens) string {
		a.Site = "a"
		var out []byte
		for _, typ := range types {
			for i, act := range []Action{Read, Search, History, Create, Update, Delete, Export} {
				if Decide(a, lens, act, typ).Allowed {
					out = append(out, "rshcudx"[i])
				}
			}
			out = append(out, ' ')
		}
		for i, act := range []Action{SeeAudit, Match, Copy, Manage} {
			if Decide(a, lens, act, "").Allowed {
				out = append(out, "AMCU"[i])
			}
		}
		return string(out)
	}
	staff := func(r Role) Actor { return Actor{Kind: User, Role: r, Purpose: Treatment} }
	for _, c := range []struct {
		who      string
		a        Actor
		emr, ehr string
	}{
		{"physician", staff(Physician), "rshcudx rshcudx rshx rshx rshcudx  M", "rshx rshx rshx rshx rshx  M"},
		{"nurse", staff(Nurse), "rshcudx rshcudx rshx rshx rshcudx  M", "rshx rshx rshx rshx rshx  M"},
		{"radiologist", staff(Radiologist), "rshcudx rshcudx rshx rshx rshcudx  M", "rshx rshx rshx rshx rshx  M"},
		{"pharmacist", staff(Pharmacist), "rshcudx rshcudx rshx rshx rshcudx  M", "rshx rshx rshx rshx rshx  M"},
		{"front desk", staff(FrontDesk), " rshcu rsh  rshcu  M", "      "},
		{"records office", staff(RecordsOffice), "rshx rshcudx rshx rshcudx rshx  M", "rshx rshx rshx rshx rshx  M"},
		{"privacy officer", staff(PrivacyOfficer), " rsh rsh rshcud   AM", "      A"},
		{"operator", staff(Operator), "      U", "      U"},
		{"admin", staff(Admin), "rshcudx rshcudx rshcudx rshcudx rshcudx rshx AMU", "rshx rshx rshx rshx rshx rshx AMU"},
		{"patient", Actor{Kind: Patient, Purpose: Request, Patients: []string{"p"}}, "rshx rshx rshx    ", "rshx rshx rshx    "},
		{"proxy", Actor{Kind: Proxy, Purpose: Request, Patients: []string{"p"}}, "rshx rshx rshx    ", "rshx rshx rshx    "},
		{"peer", Actor{Kind: Peer, Purpose: Treatment}, "      M", "      "},
		{"matched peer", Actor{Kind: Peer, Purpose: Treatment, Patients: []string{"p"}}, "rx rx rx    M", "      "},
		{"peer for operations", Actor{Kind: Peer, Purpose: Operations, Patients: []string{"p"}}, "      ", "      "},
		{"client", Actor{Kind: Client, Purpose: Treatment, Scopes: []Scope{{"system", "Observation", "rs"}}}, "rshx      M", "rshx      M"},
		{"client without scopes", Actor{Kind: Client, Purpose: Treatment}, "      ", "      "},
		{"nobody", Actor{}, "      ", "      "},
	} {
		if got := row(c.a, EMR); got != c.emr {
			t.Errorf("%s, chart:\n got %q\nwant %q", c.who, got, c.emr)
		}
		if got := row(c.a, EHR); got != c.ehr {
			t.Errorf("%s, whole record:\n got %q\nwant %q", c.who, got, c.ehr)
		}
	}
}
