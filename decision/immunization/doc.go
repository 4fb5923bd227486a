// Package immunization says how a person stands with their vaccines: every dose
// of the record evaluated, what is due next and when, and what in the record adds
// a vaccine or forbids it. The logic is the CDC's (package cdsi); this package
// makes a record into what that logic asks: doses told by two sites are one,
// problems, allergies, procedures, medicines and results become observations,
// each with the fact it rests on.
//
// It is pure. It never guesses: a dose without a vaccine code or an exact day, a
// diagnosis that is not sure, an allergy whose reaction nobody wrote, HIV without
// a CD4 count and a titre without its meaning are Gaps, not silence. Exposures
// count where a record holds them with a code or in plain words (table/exposures.txt);
// outbreaks and most occupations stand in no record: vaccines that are for them alone
// are not forecast, and of travel that is written down it is said that it was left out. Concepts are known by the CDC's SNOMED CT codes,
// by ICD-10-CM and by English words; narrower SNOMED CT concepts by their words
// alone. Volumes of doses are not looked at. Every rule needs review by a clinician
// before use in care.
package immunization
