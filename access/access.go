// Package access decides who may see and do what. It is a pure function of its
// arguments: no disk, no clock, no globals. The zero Decision denies.
//
// It does not enforce: package record does, at the one gate. It does not
// authenticate: package auth does.
package access

import (
	"slices"
	"time"
)

// Lens is which of the two records a request looks through.
type Lens uint8

// The two records: one site's own chart, and what all reachable sites know.
const (
	EMR Lens = iota
	EHR
)

func (l Lens) String() string { return [...]string{"emr", "ehr"}[l] }

// Kind is what sort of actor asks.
type Kind uint8

// The kinds of actor. The zero kind may do nothing.
const (
	Nobody  Kind = iota
	User         // a member of a site's workforce
	Patient      // the person herself
	Proxy        // who acts for a patient
	Peer         // another organisation's system, asking for its own patient
	Client       // a program with its own credentials and scopes
	System       // this program's own work: import, exchange, reminders
)

func (k Kind) String() string {
	return [...]string{"nobody", "user", "patient", "proxy", "peer", "client", "system"}[k]
}

// Role is what a user does at a site.
type Role string

// The roles a site's workforce can have.
const (
	Physician      Role = "physician"
	Nurse          Role = "nurse"
	Radiologist    Role = "radiologist"
	Pharmacist     Role = "pharmacist"
	FrontDesk      Role = "front-desk"
	RecordsOffice  Role = "records-office"
	PrivacyOfficer Role = "privacy-officer"
	Operator       Role = "operator"
	Admin          Role = "admin" // a site's administrator: every door of that site, for set-up and scripts
)

// Roles are all roles, for forms and commands.
var Roles = []Role{Physician, Nurse, Radiologist, Pharmacist, FrontDesk, RecordsOffice, PrivacyOfficer, Operator, Admin}

// Purpose is why one asks: HL7 v3 PurposeOfUse
// (http://terminology.hl7.org/CodeSystem/v3-ActReason).
type Purpose string

// The purposes that decisions know. An empty purpose is treated as none.
const (
	Treatment  Purpose = "TREAT"
	Emergency  Purpose = "ETREAT"
	Operations Purpose = "HOPERAT"
	Request    Purpose = "PATRQT" // the patient's own request
)

// Actor is who asks, for which site, in which role, why.
type Actor struct {
	Kind     Kind
	ID       string // user name, client id, or the asking site's slug of a peer
	Name     string // for people
	Site     string // slug of the site whose record is asked
	Role     Role   // of a User
	Purpose  Purpose
	Patients []string // of a Patient, Proxy or Peer: ids of the Patient resources at Site that the actor is bound to
	Scopes   []Scope  // of a Client or a user's token: a further bound; nil is no further bound for users and no right at all for clients
	Who      string   // literal reference to the Practitioner or Patient resource at Site, if there is one
}

// Action is what is to be done.
type Action uint8

// The actions a decision is asked about.
const (
	Read Action = iota + 1
	Search
	History
	Create
	Update
	Delete
	Export   // a whole patient or site leaves
	SeeAudit // the access log itself
	Match    // is this person known here?
	Copy     // keep a copy of another site's fact
	Manage   // users, sites, peers
)

func (a Action) String() string {
	return [...]string{"", "read", "search", "history", "create", "update", "delete", "export", "see-audit", "match", "copy", "manage"}[a]
}

func (a Action) writes() bool { return a == Create || a == Update || a == Delete }

// Decision is the answer. Its zero value denies.
type Decision struct {
	Allowed  bool
	Why      string            // for the refusal and the log; names no patient
	Types    func(string) bool // of resources; nil when not Allowed
	Patients []string          // when not nil, only these patients' records (and what belongs to no patient)
	Labels   Labels            // sensitivity labels that are withheld
	Kinds    Labels            // kinds of work that are withheld: Unsigned, Care
}

func deny(why string) Decision { return Decision{Why: why} }

// Decide says what an actor may do with resources of a type (empty: any type;
// the Types filter of the decision says which).
func Decide(a Actor, lens Lens, act Action, typ string) Decision {
	d := base(a, lens, act)
	if d.Allowed && act.writes() && a.Kind != System {
		inner := d.Types
		d.Types = func(t string) bool { return inner(t) && !slices.Contains(unwritten, t) }
	}
	if d.Allowed && a.Scopes != nil {
		inner := d.Types
		d.Types = func(t string) bool { return inner(t) && allows(a.Scopes, a.Kind, act, t) }
	}
	if d.Allowed && typ != "" && !d.Types(typ) {
		return deny("this role or scope does not reach " + typ)
	}
	return d
}

func base(a Actor, lens Lens, act Action) Decision {
	if a.Site == "" {
		return deny("no site")
	}
	if lens == EHR && (act.writes() || act == Copy && a.Kind != System) {
		return deny("the whole record is read only: write to the chart")
	}
	if lens == EHR && a.Purpose == "" && a.Kind != System {
		return deny("the whole record is opened for a purpose")
	}
	switch a.Kind {
	case System:
		return Decision{Allowed: true, Types: every}
	case User:
		return user(a, lens, act)
	case Patient, Proxy:
		if len(a.Patients) == 0 {
			return deny("no patient is linked to this account")
		}
		if act == Read || act == Search || act == History || act == Export {
			return Decision{Allowed: true, Types: in(clinical, demographic, directory), Patients: a.Patients, Kinds: Unsigned}
		}
		return deny("patients read here; requests go through the portal")
	case Peer:
		if a.Purpose != Treatment && a.Purpose != Emergency {
			return deny("organisations are answered for treatment only")
		}
		if lens == EMR && act == Match {
			return Decision{Allowed: true, Types: is("Patient")}
		}
		if lens == EMR && (act == Read || act == Export) && len(a.Patients) > 0 {
			told := in(clinical, demographic, directory)
			return Decision{Allowed: true, Types: func(t string) bool { return told(t) || t == "Provenance" }, Patients: a.Patients, Labels: Sensitive}
		}
		return deny("organisations may match a patient and read that patient's chart")
	case Client:
		if a.Scopes == nil || act == Manage || act == SeeAudit || act == Copy {
			return deny("no scope for this")
		}
		return Decision{Allowed: true, Types: every}
	}
	return deny("not signed in")
}

// user holds the workforce's rights: a row a role.
func user(a Actor, lens Lens, act Action) Decision {
	reads := act == Read || act == Search || act == History || act == Match
	switch a.Role {
	case Physician, Nurse, Radiologist, Pharmacist:
		if reads || act == Export {
			return Decision{Allowed: true, Types: in(clinical, demographic, directory, privacy, workflow)}
		}
		if act.writes() {
			types := in(clinical, demographic, workflow)
			if act == Create { // where a fact comes from is said once, and stays
				types = func(t string) bool {
					return in(clinical, demographic, workflow)(t) || t == "Provenance" || t == "Device"
				}
			}
			if act == Update { // a Device is in the directory, and an implant in a patient
				types = func(t string) bool { return in(clinical, demographic, workflow)(t) || t == "Device" }
			}
			return Decision{Allowed: true, Types: types}
		}
	case FrontDesk:
		if reads && lens == EMR {
			return Decision{Allowed: true, Types: without("Device", demographic, directory, workflow), Kinds: Care} // an implant is a fact of care
		}
		if act.writes() && act != Delete {
			return Decision{Allowed: true, Types: in(demographic, workflow), Kinds: Care}
		}
	case RecordsOffice:
		if reads || act == Export {
			return Decision{Allowed: true, Types: in(clinical, demographic, directory, privacy, workflow)}
		}
		if act.writes() {
			return Decision{Allowed: true, Types: is("Patient", "RelatedPerson", "Person", "DocumentReference", "Consent", "Coverage", "Task")}
		}
	case PrivacyOfficer:
		if act == SeeAudit || reads && lens == EMR {
			return Decision{Allowed: true, Types: without("Device", demographic, directory, privacy)}
		}
		if act == Create { // with why a label is taken off
			return Decision{Allowed: true, Types: is("Consent", "Provenance")}
		}
		if act.writes() {
			return Decision{Allowed: true, Types: is("Consent")}
		}
	case Operator:
		if act == Manage {
			return Decision{Allowed: true, Types: none}
		}
		return deny("operators run the system and see no patient")
	case Admin:
		return Decision{Allowed: act != Copy, Types: every}
	}
	return deny("this role may not " + act.String())
}

// Scope is one SMART App Launch scope (v2): patient|user|system / type . cruds.
type Scope struct {
	Context string // patient, user, system
	Type    string // "*" for every type
	Rights  string // some of "cruds"
}

func allows(scopes []Scope, k Kind, act Action, typ string) bool {
	right := map[Action]string{Read: "r", Search: "s", History: "r", Create: "c", Update: "u", Delete: "d", Export: "r", Match: "s"}[act]
	if right == "" {
		return k == User // what scopes do not speak of stays with the role
	}
	return slices.ContainsFunc(scopes, func(s Scope) bool {
		if k == Client && s.Context != "system" || k == User && s.Context == "patient" {
			return false // of a person who is not here, of a patient who is not chosen
		}
		if s.Type != "*" && s.Type != typ {
			return false
		}
		for i := range len(s.Rights) {
			if s.Rights[i] == right[0] {
				return true
			}
		}
		return false
	})
}

// Consent is what of a patient's FHIR Consent a disclosure decision needs.
type Consent struct {
	Permit     bool
	Recipients []string  // site slugs; empty: any
	Labels     Labels    // sensitivity it speaks of; 0: everything
	Purposes   []Purpose // empty: every purpose
	From, To   time.Time
	Except     []Consent // of a refusal: permissions inside it
}

// speaks says whether a consent is in force for a purpose. What is refused
// for treatment is refused for emergency treatment, which is a kind of it.
func (c Consent) speaks(p Purpose, now time.Time) bool {
	return (c.From.IsZero() || !now.Before(c.From)) && (c.To.IsZero() || now.Before(c.To)) &&
		(len(c.Purposes) == 0 || slices.Contains(c.Purposes, p) || !c.Permit && p == Emergency && slices.Contains(c.Purposes, Treatment))
}

// Release says which sensitivity labels one site must withhold from another
// site's request about a patient, given the consents the patient gave at the
// source. Without a consent, what is sensitive is withheld: 42 CFR 2.31 wants
// the recipient and the kind of record named in writing for substance-use
// records, and the same caution is used for every other label. all is a refusal
// of everything; what is not sensitive is seen in an emergency even then.
func Release(consents []Consent, recipient string, p Purpose, now time.Time) (withhold Labels, all bool) {
	withhold = Sensitive
	for _, c := range consents {
		if !c.speaks(p, now) {
			continue
		}
		if c.Permit && slices.Contains(c.Recipients, recipient) {
			withhold &^= c.Labels
		}
	}
	for _, c := range consents { // a refusal is stronger than a permission
		if c.Permit || !c.speaks(p, now) {
			continue
		}
		if len(c.Recipients) > 0 && !slices.Contains(c.Recipients, recipient) {
			continue
		}
		lifted, spared := false, Labels(0)
		for _, e := range c.Except {
			if e.Permit && e.speaks(p, now) && slices.Contains(e.Recipients, recipient) {
				lifted, spared = lifted || e.Labels == 0, spared|e.Labels
			}
		}
		switch {
		case c.Labels != 0:
			withhold |= c.Labels &^ spared
		case !lifted:
			all = true
		}
	}
	if all {
		return Sensitive, p != Emergency
	}
	return withhold, false
}
