// Package medicine says which medicines do not go together: drafted orders
// against what the person takes anywhere and against one another, and, without a
// draft, what is taken against itself. It finds interactions, the same
// ingredient or class twice, and allergies.
//
// The knowledge of interactions is a table, interactions.csv, that a clinician
// can read: a line a rule, with mechanism, advice, citation and date. A site may
// load its own in the same format; see Load.
//
// Check is pure. It does not look at problems, results or age, and of doses only
// at the limits that a label sets for two statins; other rules do. Medicines that are not recognised, and sites that did not answer, make a
// Gap: no card is no proof of safety. Every rule needs review by a clinician
// before use in care.
package medicine
