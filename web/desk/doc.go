// Package desk is the pages of the front desk and the records office:
// registration and demographics, merging of two records of one person, the
// schedule, appointments, the wait list and calendar feeds.
//
// It shows who comes and when, never why in clinical words that the gate keeps
// from this audience: each page asks the gate, and shows what it gives.
package desk
