// Package clinic is the pages of those who care for patients: sign in, find a
// patient, read this site's chart or the whole record, a result's course, one
// fact with its source.
//
// A page is a struct that a handler fills from package chart and a template
// draws; templates decide nothing. Patient data is reached by a record session
// of the signed-in actor and by no other way, so that access, consent and audit
// are the gate's. Only ids stand in addresses: a site's slug, a patient's id, a
// resource's type and id.
//
// It does not write in charts: it reads.
package clinic

//go:generate go tool templ generate -path .
