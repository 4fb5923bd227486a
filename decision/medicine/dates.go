package medicine

import "strings"

// sourceDates are the dates of sources that rules in Go name, by how the citation
// begins or by what it has in it. The date of a label is the month by which we
// knew the labels, not that of a revision.
var sourceDates = []struct{ part, date string }{
	{"Khan DA", "2022-12"},
	{"Strom BL", "2003-10"},
	{"Toh S", "2012-11"},
	{"Manual on Contrast Media", "2024"},
	{"Wang CL", "2025-05"},
	{"Medical Letter", "2012-12-24"},
	{"Can J Neurol Sci 1997", "2008-08"}, // with Epilepsy Res 2008
	{"Epilepsy Res 2008", "2008-08"},
	{"Azimi SF", "2022"},
	{"Copaescu AM", "2021"},
	{"Pharmacy 2019", "2019-08-08"},
	{"Int Arch Allergy Immunol 2019", "2019"},
	{"Cuker A", "2018-11"},
	{"Beers Criteria", "2023-05"},
	{"Arthritis Care Res 2012", "2012-10"},
	{"label of Naprosyn, section 7 (not", "2023-12"},
	{"Standards of Care in Diabetes 2024", "2024-01"},
	{"Thyroid 2014", "2014-12"},
	{"MMWR Recomm Rep 2022;71(3)", "2022-11"},
	{"Practice Guideline for Schizophrenia, 2020", "2020-09"},
	{"FDA boxed warning of benzodiazepines, 2020-09", "2020-09"},
	{"FDA Drug Safety Communication 2019-12-19", "2019-12-19"},
	{"FDA boxed warning of NSAIDs", "2023-12"},
	{"FDA label", "2023-12"},
	{"STOPP version 3", "2023-08"},
	{"FDA-approved label", "2023-12"},
}

// dateOf is the date of a source; "" when it is not known, which counts as old.
func dateOf(cite string) string {
	for _, s := range sourceDates {
		if strings.Contains(cite, s.part) {
			return s.date
		}
	}
	return ""
}
