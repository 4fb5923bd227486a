// Package test says when a drafted test or examination was done already: a
// result anywhere in the record that is still valid, or an order that is pending,
// here, elsewhere or in the same basket.
//
// For how long a result stays valid stands in tables that a clinician can read,
// table/*.txt, each time with its source; where none names one it says that it is
// our own choice. A repeat that has its reason makes no card, or a quiet one: the
// last value was critical or its specimen bad, a medicine that the test follows
// was changed, pregnancy or dialysis shorten the time. No card interrupts.
//
// Specimens are never mixed: urine is not blood. Units do not matter. What has no
// window in the table makes a Gap. Check is pure. It does not say whether a test
// is worth doing at all.
//
// Every rule needs review by a clinician before use in care.
package test
