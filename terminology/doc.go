// Package terminology knows what codes mean and finds them as one types:
// compact embedded tables of what may be given away (ICD-10-CM, the SNOMED CT
// Global Patient Set, names of RxNorm and LOINC seen in public value sets, CVX
// and MVX), and a bounded reader of a user's own tables.
//
//	for _, m := range terminology.Find("heart att", terminology.Problem, 12) { … }
//
// It does not know hierarchies, does not translate between systems, and does
// not decide whether a code fits an element (package validate does). About says
// what is loaded, of which date, and what is not: CPT and all of SNOMED CT,
// RxNorm and LOINC take a licence or the user's own copy.
package terminology
