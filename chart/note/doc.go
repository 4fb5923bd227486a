// Package note is the visit's note as clinicians mean it: structured text by
// section, written as a draft that several hands may save, signed into a FHIR
// Composition that never changes, and corrected only by addenda or by being
// marked as entered in error. It also builds the Observations of the vital signs
// that are taken at a visit.
//
// Everything is a pure function of its arguments: the clock and the ids are
// passed in, and what is to be written comes back as acts for the gate
// (record.Session.Transact).
//
// It never completes what was not done: an empty section stays empty and is named
// as such, a vital sign that was not taken makes no value, and a template brings
// prompts, not findings.
//
// The digest is sha256 over the canonical content. It shows that the text is the
// one that was signed as long as the digest itself is trusted (it stands in the
// note and in the Provenance, and the audit log has the write); it is no
// cryptographic signature of a person.
package note

// The systems and extensions of our own.
const (
	System       = "https://wholechart.example/"
	DigestURL    = System + "digest"      // on a Composition: sha256 of the canonical content, hex
	TemplateURL  = System + "template"    // on a Composition: which template it was written in
	ReasonURL    = System + "reason"      // on an addendum: why it was made
	AttestsURL   = System + "attestation" // on a Composition that attests another: true
	CopiedURL    = System + "copied"      // on a section: from where, who, when, how much of it stands
	AsTypedURL   = System + "as-typed"    // on a Quantity: the quantity in the unit it was typed in
	UserSystem   = System + "user"        // identifier of a user who is no Practitioner resource
	TaskSystem   = System + "task"        // kinds of Task
	loinc        = "http://loinc.org"     //
	participant  = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
	completion   = "http://terminology.hl7.org/CodeSystem/v3-DocumentCompletion"
	operation    = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
	emptyReasons = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
	xhtml        = "http://www.w3.org/1999/xhtml"
)
