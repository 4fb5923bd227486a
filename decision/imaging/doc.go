// Package imaging says what stands against an imaging order, or must be known
// before it: contrast and kidneys, metformin, earlier reactions to contrast,
// pregnancy and breast-feeding, implants and magnetic resonance, and the
// radiation of earlier studies, as far as typical doses tell it.
//
// The knowledge stands in tables that a clinician can read, table/*.txt. Check is
// pure. Doses are typical ones of adults, never measured ones. It does not say
// whether the examination answers the question: that is the clinician's.
// Package test looks whether it was done already.
//
// Every rule needs review by a clinician before use in care.
package imaging
