package desk

import "wholechart/web"

const (
	usCore     = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
	hl7Ext     = "http://hl7.org/fhir/StructureDefinition/"
	terms      = "http://terminology.hl7.org/CodeSystem/"
	omb        = "urn:oid:2.16.840.1.113883.6.238"
	nullFlavor = terms + "v3-NullFlavor"
)

// choice is one answer of a coded question.
type choice struct{ System, Code, Display string }

// http://hl7.org/fhir/R4/valueset-administrative-gender.html
var genders = []choice{{"", "female", "Female"}, {"", "male", "Male"}, {"", "other", "Other"}, {"", "unknown", "Unknown"}}

// US Core birth sex: http://hl7.org/fhir/us/core/ValueSet/birthsex
var birthSexes = []choice{{"", "F", "Female"}, {"", "M", "Male"}, {"", "UNK", "Unknown"}, {"", "OTH", "Other"}}

// USCDI gender identity: SNOMED CT and null flavours.
var identities = []choice{
	{"http://snomed.info/sct", "446141000124107", "Female"}, {"http://snomed.info/sct", "446151000124109", "Male"},
	{"http://snomed.info/sct", "33791000087105", "Non-binary"}, {"http://snomed.info/sct", "407376001", "Transgender man"},
	{"http://snomed.info/sct", "407377005", "Transgender woman"}, {nullFlavor, "OTH", "Other"}, {nullFlavor, "ASKU", "Asked, not answered"},
}

// LOINC answer list LL5144-2.
var pronouns = []choice{
	{"http://loinc.org", "LA29518-0", "he/him"}, {"http://loinc.org", "LA29519-8", "she/her"}, {"http://loinc.org", "LA29520-6", "they/them"},
}

// OMB categories of race and ethnicity (62 FR 58782) with US Core's null flavours.
var races = []choice{
	{omb, "1002-5", "American Indian or Alaska Native"}, {omb, "2028-9", "Asian"}, {omb, "2054-5", "Black or African American"},
	{omb, "2076-8", "Native Hawaiian or Other Pacific Islander"}, {omb, "2106-3", "White"}, {nullFlavor, "ASKU", "Asked, not answered"}, {nullFlavor, "UNK", "Unknown"},
}
var ethnicities = []choice{
	{omb, "2135-2", "Hispanic or Latino"}, {omb, "2186-5", "Not Hispanic or Latino"}, {nullFlavor, "ASKU", "Asked, not answered"}, {nullFlavor, "UNK", "Unknown"},
}

// BCP 47 tags of the languages most spoken in US homes, and American Sign Language.
var languages = []choice{
	{"", "en", "English"}, {"", "es", "Spanish"}, {"", "zh", "Chinese"}, {"", "tl", "Tagalog"}, {"", "vi", "Vietnamese"}, {"", "ar", "Arabic"}, {"", "fr", "French"},
	{"", "ko", "Korean"}, {"", "ru", "Russian"}, {"", "pt", "Portuguese"}, {"", "ht", "Haitian Creole"}, {"", "hi", "Hindi"}, {"", "ur", "Urdu"}, {"", "so", "Somali"},
	{"", "fa", "Persian"}, {"", "uk", "Ukrainian"}, {"", "ja", "Japanese"}, {"", "he", "Hebrew"}, {"", "de", "German"}, {"", "ase", "American Sign Language"},
}

// http://terminology.hl7.org/CodeSystem/v3-MaritalStatus
var maritals = []choice{
	{terms + "v3-MaritalStatus", "S", "Never married"}, {terms + "v3-MaritalStatus", "M", "Married"}, {terms + "v3-MaritalStatus", "T", "Domestic partner"},
	{terms + "v3-MaritalStatus", "L", "Legally separated"}, {terms + "v3-MaritalStatus", "D", "Divorced"}, {terms + "v3-MaritalStatus", "W", "Widowed"},
}

var channels = []choice{{"", "sms", "Text message"}, {"", "email", "E-mail"}, {"", "voice", "Telephone call"}, {"", "letter", "Letter"}, {"", "portal", "Portal"}}

// kin are relationships: http://terminology.hl7.org/CodeSystem/v3-RoleCode
var kin = []choice{
	{terms + "v3-RoleCode", "SPS", "Spouse"}, {terms + "v3-RoleCode", "DOMPART", "Domestic partner"}, {terms + "v3-RoleCode", "MTH", "Mother"}, {terms + "v3-RoleCode", "FTH", "Father"},
	{terms + "v3-RoleCode", "PRN", "Parent"}, {terms + "v3-RoleCode", "CHILD", "Child"}, {terms + "v3-RoleCode", "SIB", "Brother or sister"}, {terms + "v3-RoleCode", "GRPRN", "Grandparent"},
	{terms + "v3-RoleCode", "FAMMEMB", "Other family"}, {terms + "v3-RoleCode", "FRND", "Friend"}, {terms + "v3-RoleCode", "NBOR", "Neighbour"}, {terms + "v3-RoleCode", "ONESELF", "Self"},
}

// roles are what a related person is besides: v2 table 0131, and who may act for the patient.
var relatedRoles = []choice{
	{terms + "v2-0131", "C", "Emergency contact"}, {terms + "v2-0131", "N", "Next of kin"},
	{terms + "v3-RoleCode", "HPOWATT", "Healthcare proxy"}, {terms + "v3-RoleCode", "GUARD", "Guardian"},
}

func options(first string, of []choice) []web.Option {
	out := make([]web.Option, 0, len(of)+1)
	if first != "" {
		out = append(out, web.Option{Label: first})
	}
	for _, c := range of {
		out = append(out, web.Option{Value: c.Code, Label: c.Display})
	}
	return out
}

func chosen(of []choice, code string) (choice, bool) {
	for _, c := range of {
		if c.Code == code {
			return c, true
		}
	}
	return choice{}, false
}
