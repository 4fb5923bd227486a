package record

import (
	"bytes"
	"encoding/json"
	"slices"

	"wholechart/access"
	"wholechart/store"
)

// Some elements say whose hand it was: who signed, wrote, ordered, recorded. A
// member of the workforce puts only the own name there. Others say of whom a fact
// is told: who took the blood pressure, gave the injection, asserted the allergy.
// Those are reports, and anybody's (docs/adr/0007):
//
//	claims   Composition.author, .section.author (of what is not preliminary), .attester.party; Provenance.agent.who, .signature.who;
//	         MedicationRequest.requester (of an order in force that is no report), .recorder; AllergyIntolerance, Condition, Procedure .recorder;
//	         DocumentReference.authenticator; DiagnosticReport.resultsInterpreter; DetectedIssue.author, .mitigation.author; Flag.author;
//	         ClinicalImpression.assessor; Task.requester; Communication.sender; note.authorReference
//	reports  asserter, informationSource, performer, participant, DocumentReference.author, ServiceRequest.requester, Task.owner,
//	         CarePlan.author, Goal.expressedBy, Provenance.agent.onBehalfOf
//
// What stood there in the version before may stay, or comes back with that version; a claim of a patient's or an
// organisation's is a report too, but for an attestation. Who enters for a named
// author keeps the note preliminary, or says so in a Provenance in which the own
// name is beside, without a signature. The system's own work, and an
// administrator's loads, keep what they bring: the version's author tells who
// brought it.
//
// A program (client) is nobody who signs: see maySign, and signs here.

// claims are the paths of each type, from the resource down; lists are passed through.
var claims = map[string][][]string{
	"Composition":        {{"attester", "party"}},
	"Provenance":         {{"agent", "who"}, {"signature", "who"}},
	"MedicationRequest":  {{"recorder"}},
	"AllergyIntolerance": {{"recorder"}},
	"Condition":          {{"recorder"}},
	"Procedure":          {{"recorder"}},
	"DocumentReference":  {{"authenticator"}},
	"DiagnosticReport":   {{"resultsInterpreter"}},
	"DetectedIssue":      {{"author"}, {"mitigation", "author"}},
	"Flag":               {{"author"}},
	"ClinicalImpression": {{"assessor"}},
	"Task":               {{"requester"}},
	"Communication":      {{"sender"}},
}

// written are the paths of a note's authors.
var written = [][]string{{"author"}, {"section", "author"}}

// userSystem is the identifier of a user who is no Practitioner resource.
const userSystem = "https://wholechart.example/user"

// mayClaim says whether an act puts under something a name that is not the actor's.
func (s Session) mayClaim(tx *store.Tx, p *planned, old store.Row, had bool) error {
	if p.Op == Delete || s.actor.Kind == access.System || s.actor.Role == access.Admin {
		return nil
	}
	if claims[p.Type] == nil && !bytes.Contains(p.ready.Body, []byte(`"authorReference"`)) {
		return nil
	}
	now, ok := plainly(p.ready.Body)
	if !ok {
		return nil
	}
	var was map[string]any
	if had && !old.Deleted {
		was, _ = plainly(old.Body())
	}
	if s.actor.Kind == access.Client {
		return signs(p.Type, now)
	}
	if s.actor.Kind != access.User {
		return nil
	}
	for _, path := range append(slices.Clip(claims[p.Type]), []string{"note", "authorReference"}) {
		have := under(now, path)
		if p.Type == "Provenance" && path[0] == "agent" {
			have = s.unaided(tx, now, have)
		}
		for _, c := range fresh(have, under(was, path)) {
			if !s.self(tx, c, p.Type == "Composition") && !s.restores(tx, p, old, was) {
				return notOwn(p.Type, path)
			}
		}
	}
	switch {
	case p.Type == "Composition" && now["status"] != "preliminary":
		signing := was == nil || was["status"] == "preliminary"
		for _, path := range written {
			before := under(was, path)
			if signing {
				before = nil
			}
			for _, c := range fresh(under(now, path), before) {
				if !s.self(tx, c, false) {
					return notOwn(p.Type, path)
				}
			}
		}
	case p.Type == "MedicationRequest" && inForce(now) && now["reportedBoolean"] != true && now["reportedReference"] == nil:
		before := under(was, []string{"requester"})
		if !inForce(was) {
			before = nil
		}
		for _, c := range fresh(under(now, []string{"requester"}), before) {
			if !s.self(tx, c, false) {
				return notOwn(p.Type, []string{"requester"})
			}
		}
	}
	return nil
}

// restores says whether an act makes a resource again what it was one version
// before: a name that stood there is put back with what it stood under.
func (s Session) restores(tx *store.Tx, p *planned, old store.Row, was map[string]any) bool {
	if was == nil || old.Version < 2 {
		return false
	}
	before, err := tx.Version(s.site.No, p.Type, p.id, old.Version-1)
	return err == nil && bytes.Equal(before.Body(), p.ready.Body)
}

func notOwn(typ string, path []string) error {
	name := typ
	for _, part := range path {
		name += "." + part
	}
	return &Refused{Why: name + " is the name of who is signed in: nobody signs, orders or records as somebody else (an enterer leaves the note preliminary, for its author to sign)"}
}

// signs refuses what a program may not do: put a name under a note, or attest.
func signs(typ string, now map[string]any) error {
	refuse := &Refused{Why: "a program signs nothing: it may bring a preliminary note, for its author to sign"}
	switch typ {
	case "Composition":
		if now["status"] != "preliminary" || now["attester"] != nil {
			return refuse
		}
	case "Provenance":
		if now["signature"] != nil || attests(now) {
			return refuse
		}
	}
	return nil
}

// attests says whether a Provenance tells of an authentication
// (http://terminology.hl7.org/CodeSystem/v3-DocumentCompletion: authenticated,
// legally authenticated), or of an attester or verifier.
func attests(prov map[string]any) bool {
	says := func(list []any, codes ...any) bool {
		return slices.ContainsFunc(list, func(c any) bool { return slices.Contains(codes, c) })
	}
	return says(under(prov, []string{"activity", "coding", "code"}), "AU", "LA") || says(under(prov, []string{"agent", "type", "coding", "code"}), "attester", "legal", "verifier", "authenticator", "LA", "AUTHEN")
}

// unaided are the agents of a Provenance who must be the actor: all, but the
// authors, informants and performers beside the actor's own name in what attests
// nothing.
func (s Session) unaided(tx *store.Tx, prov map[string]any, who []any) []any {
	beside := slices.ContainsFunc(who, func(c any) bool { return s.self(tx, c, true) })
	if !beside || prov["signature"] != nil || attests(prov) {
		return who
	}
	var out []any
	for _, a := range under(prov, []string{"agent"}) {
		agent, _ := a.(map[string]any)
		told := slices.ContainsFunc(under(agent, []string{"type", "coding", "code"}), func(c any) bool {
			return c == "author" || c == "informant" || c == "performer" || c == "AUT" || c == "INF" || c == "PRF"
		})
		if !told {
			out = append(out, under(agent, []string{"who"})...)
		}
	}
	return out
}

// self says whether a Reference names the actor; unless strict, also whether it
// names nobody of the workforce, whose name is a report.
func (s Session) self(tx *store.Tx, claim any, strict bool) bool {
	ref, _ := claim.(map[string]any)
	text, _ := ref["reference"].(string)
	display, _ := ref["display"].(string)
	named := display == "" || display == s.actor.Name || display == s.actor.ID || s.actor.Name == ""
	if text != "" {
		to, ok := parseRef(text)
		if !ok {
			return false
		}
		switch to.Type {
		case "Practitioner", "PractitionerRole":
			return named && (to.Type+"/"+to.ID == s.actor.Who || s.role(tx, to.Type, to.ID))
		}
		return !strict
	}
	if id, ok := ref["identifier"].(map[string]any); ok {
		if !strict && ref["type"] != nil && ref["type"] != "Practitioner" && ref["type"] != "PractitionerRole" {
			return true
		}
		return named && id["system"] == userSystem && id["value"] == s.actor.ID
	}
	return display != "" && named || !strict && (display == "not recorded" || display == "unknown")
}

// role says whether a PractitionerRole is one of the actor's.
func (s Session) role(tx *store.Tx, typ, id string) bool {
	if typ != "PractitionerRole" || s.actor.Who == "" {
		return false
	}
	row, err := tx.Get(s.site.No, typ, id)
	if err != nil {
		return false
	}
	r, ok := plainly(row.Body())
	return ok && slices.Equal(under(r, []string{"practitioner", "reference"}), []any{any(s.actor.Who)})
}

// under are the values at a path.
func under(v any, path []string) []any {
	if list, ok := v.([]any); ok {
		var out []any
		for _, item := range list {
			out = append(out, under(item, path)...)
		}
		return out
	}
	if len(path) == 0 {
		if v == nil {
			return nil
		}
		return []any{v}
	}
	m, _ := v.(map[string]any)
	if m == nil {
		return nil
	}
	return under(m[path[0]], path[1:])
}

// fresh are the values that were not there before.
func fresh(now, was []any) []any {
	var before []string
	for _, v := range was {
		text, _ := json.Marshal(v)
		before = append(before, string(text))
	}
	var out []any
	for _, v := range now {
		text, _ := json.Marshal(v)
		if !slices.Contains(before, string(text)) {
			out = append(out, v)
		}
	}
	return out
}
