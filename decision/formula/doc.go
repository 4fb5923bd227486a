// Package formula computes what clinicians compute: growth percentiles, the
// reading of vital signs, and risk scores and formulas, each with its citation.
// Everything is a pure function: no clock, no disk, no guess. What lies outside
// the range that a formula was validated in, or lacks an input, is an error that
// says so, never a number.
//
// Every formula needs review by a clinician before use in care.
package formula
