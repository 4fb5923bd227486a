// Package prevention says what prevention and which checkups of chronic disease
// are due, overdue, done elsewhere, declined or not for this person, and why.
// Vaccines are decision/cdsi's.
//
// The knowledge is two tables that a clinician can read: table/*.rules.txt, an
// entry a recommendation (for whom, what counts, how often, who says so), and
// table/*.concepts.txt, an entry a thing that can be done or had (its codes, and the
// words by which uncoded facts of it are known). testdata/cases shows what
// every rule answers.
//
// It is pure: an answer depends on the chart and the clock alone, and not on
// the order of facts. It reads the whole record as far as the chart shows it,
// so what was done elsewhere counts, with its source. What a rule needs and the
// record does not say makes an Unknown and a gap, never a "none"; a service of
// which no record tells is due, but is never called overdue, for it may have
// been done where nobody asked. A date known to the year or month counts from
// its first day, so that nothing is put off by what is not known.
//
// It does not order, remind or book, nor see what no chart view shows: the codes of
// orders and reports (they are known by their words), countries of birth,
// sexual histories in notes.
//
// All rules need review by a clinician before use in care.
package prevention
