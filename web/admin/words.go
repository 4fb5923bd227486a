package admin

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// things are resource types in plain words: one, and many.
var things = map[string][2]string{
	"Patient": {"the person's details", "people"}, "Observation": {"a result or measurement", "results and measurements"},
	"Condition": {"a problem", "problems"}, "AllergyIntolerance": {"an allergy", "allergies"},
	"MedicationRequest": {"a prescription", "prescriptions"}, "MedicationStatement": {"a medicine", "medicines"},
	"MedicationDispense": {"a dispensed medicine", "dispensed medicines"}, "MedicationAdministration": {"a given medicine", "given medicines"},
	"Encounter": {"a visit or stay", "visits and stays"}, "DiagnosticReport": {"a report", "reports"}, "DocumentReference": {"a document", "documents"},
	"Immunization": {"an immunisation", "immunisations"}, "Procedure": {"a procedure", "procedures"}, "ServiceRequest": {"an order", "orders"},
	"ImagingStudy": {"an imaging study", "imaging studies"}, "CarePlan": {"a care plan", "care plans"}, "CareTeam": {"a care team", "care teams"},
	"Goal": {"a goal", "goals"}, "FamilyMemberHistory": {"family history", "family history"}, "Appointment": {"an appointment", "appointments"},
	"Consent": {"a consent", "consents"}, "RelatedPerson": {"a relative or contact", "relatives and contacts"}, "Coverage": {"an insurance", "insurances"},
	"Task": {"a task", "tasks"}, "Communication": {"a message", "messages"}, "Composition": {"a note", "notes"}, "Binary": {"a file", "files"},
	"Practitioner": {"a member of staff", "staff"}, "Organization": {"an organisation", "organisations"}, "Flag": {"a warning flag", "warning flags"},
}

func thing(typ string) string {
	if t, ok := things[typ]; ok {
		return t[0]
	}
	if typ == "" {
		return "the record"
	}
	return typ
}

func thingsOf(typ string) string {
	if t, ok := things[typ]; ok {
		return t[1]
	}
	if typ == "" {
		return "the record"
	}
	return typ
}

// deed is what an event was, in plain words that follow a name: "opened the
// whole record"; what did not come about is "tried to open the whole record".
func (h *admin) deed(e record.Noted) string {
	past, bare, rest := h.verb(e)
	switch {
	case e.Outcome == audit.Refused || e.Outcome == audit.Failed:
		return strings.TrimSpace("tried to " + bare + " " + rest)
	}
	return strings.TrimSpace(past + " " + rest)
}

func (h *admin) verb(e record.Noted) (past, bare, rest string) {
	switch e.Action {
	case "read":
		return "read", "read", thing(e.Type)
	case "vread":
		return "read", "read", "an earlier version of " + thing(e.Type)
	case "history":
		return "read", "read", "earlier versions of " + thingsOf(e.Type)
	case "search":
		return "searched", "search", thingsOf(e.Type)
	case "export":
		if e.ID != "" || e.Patient != "" {
			return "opened", "open", "the whole record"
		}
		return "took out", "take out", "the whole chart of the site"
	case "create":
		return "wrote", "write", thing(e.Type)
	case "update":
		return "changed", "change", thing(e.Type)
	case "delete":
		return "deleted", "delete", thing(e.Type)
	case "transact":
		return "wrote", "write", "several things at once"
	case "match":
		if e.Recipient != "" {
			return "disclosed", "disclose", "to " + h.siteName(e.Recipient) + " that this person is a patient here"
		}
		return "looked", "look", "for a matching person"
	case "disclose":
		return "disclosed", "disclose", "to " + h.siteName(e.Recipient)
	case "receive":
		return "received", "receive", "facts from " + h.siteName(strings.TrimPrefix(e.Why, "from "))
	case "evaluate": // only the program does, when it follows the records
		return "worked out", "work out", "what is due, by the program"
	case "link":
		switch record.LinkState(e.Why) {
		case record.Linked:
			return "said", "say", "that two records are one person"
		case record.Apart:
			return "said", "say", "that two records are not one person"
		}
		return "asked", "ask", "whether two records are one person"
	case "see-audit":
		return "read", "read", "the access log"
	case actExportLog:
		return "took out", "take out", "the access log as a file"
	case "sign-in":
		return "signed in", "sign in", ""
	case "sign-out":
		return "signed out", "sign out", ""
	case "token":
		return "was given", "get", "a token"
	case "manage":
		return "opened", "open", "the pages of the node"
	case actAddUser:
		return "added", "add", "the account " + e.ID
	case actDisableUser:
		return "disabled", "disable", "the account " + e.ID
	case actEnableUser:
		return "enabled", "enable", "the account " + e.ID
	}
	return "did", "do", e.Action
}

// siteName is a site by its slug, as people call it.
func (h *admin) siteName(slug string) string {
	if s, err := h.Records.Site(slug); err == nil {
		return s.Name
	}
	if slug == "" {
		return "an unnamed organisation"
	}
	return slug
}

// who is whose act an event was.
func (h *admin) who(e record.Noted) string {
	switch {
	case e.Kind == access.Peer.String():
		return h.siteName(e.Actor)
	case e.Kind == access.System.String():
		return "This system (" + e.Actor + ")"
	case e.Kind == access.Nobody.String() || e.Kind == "":
		if e.Actor == "" || e.Actor == "unknown" {
			return "Unknown, not signed in"
		}
		return "Not signed in, as " + e.Actor
	case e.Name != "":
		return e.Name
	}
	return e.Actor
}

// roleWord is what somebody is, for people.
func roleWord(kind, role string) string {
	switch kind {
	case "patient":
		return "patient"
	case "proxy":
		return "acts for a patient"
	case "peer":
		return "other organisation"
	case "client":
		return "program"
	case "system":
		return "system"
	case "nobody", "":
		return ""
	}
	return strings.ReplaceAll(role, "-", " ")
}

// purposeWord is why something was done.
func purposeWord(p string) string {
	switch access.Purpose(p) {
	case access.Treatment:
		return "treatment"
	case access.Emergency:
		return "emergency"
	case access.Operations:
		return "operations"
	case access.Request:
		return "patient's request"
	case "":
		return "none stated"
	}
	return p
}

func lensWord(l string) string {
	if l == access.EHR.String() {
		return "whole record"
	}
	return "chart"
}

// outcomePill says how it ended in colour, shape and word.
func outcomePill(o audit.Outcome) web.Pill {
	switch o {
	case audit.Refused:
		return web.Pill{Kind: web.Danger, Text: "refused"}
	case audit.Failed:
		return web.Pill{Kind: web.Warning, Text: "not possible"}
	}
	return web.Pill{Kind: web.Good, Text: "done"}
}

// whyWords says a refusal's reason without the names that actions have in code.
func whyWords(why string) string { return door.WhyWords(why) }

func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
