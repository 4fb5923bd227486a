// Package entry builds and edits the facts that people write into a chart:
// problems, medicines as reported, allergies, immunisations, procedures, family
// and social history, implants, goals and care plans; and it brings facts of
// other sites in (Reconcile). It goes both ways: a form becomes a FHIR R4
// resource, and a resource a form.
//
// An edit changes the elements whose fields were changed and nothing else:
// extensions, other codings and elements that no field shows stay byte for
// byte. A field that was not changed is not checked, so that what an older
// system wrote does not stand in the way. Free text is allowed wherever a code
// may stand; then there is text and no coding.
//
// It is pure: who writes, for whom and when come with Context. It writes
// nothing (record.Session.Transact does) and asks nobody whether a code is the
// right one.
package entry
