// Package order is what clinicians ask for, from the typed line to the reviewed
// result: orders as values, their FHIR form (MedicationRequest, ServiceRequest),
// a catalogue of what is commonly ordered, directions for taking a medicine,
// the acts that sign, stop, hold and renew, and the follower that puts every
// new result before somebody who answers for it.
//
// Building and reading are pure: clock and identity are arguments. Route alone
// reads and writes, through the gate. The package decides nothing about danger
// or duplicates: package decision does, and pages ask it. The catalogue is a
// list of common things, not of everything that may be ordered: what is not in
// it can be ordered in words, which are then marked as not coded.
package order
