// Package caution says when a medicine does not fit the person: a disease, a
// laboratory result, a pregnancy or a nursing child, an age, or a dose above what
// its label allows. The rules are tables that a clinician can read and review
// (table/*.txt); a rule is a line.
//
// It looks at drafted medicines, and without a draft at what the person takes. It
// is pure. It does not look at how medicines act on one another: package medicine
// does. It does not add up the doses of several medicines with one ingredient, and
// of a combination it checks the dose only where its name gives each strength.
//
// Of several rules of one topic that speak of one medicine only the loudest makes
// a card; the facts of the others stand on it. What a rule needs and does not find
// (a weight, a result of the last year, the directions) makes a gap.
//
// Every rule needs review by a clinician before use in care. Which were held
// against a text of their source stands in decision/rule/checked.
package caution
