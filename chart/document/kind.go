package document

import "wholechart/fhir"

const loinc = "http://loinc.org"

// Kind is what sort of document it is: a LOINC code of the R4 value set
// c80-doc-typecodes (http://hl7.org/fhir/R4/valueset-c80-doc-typecodes.html)
// with the word that people here use.
type Kind struct{ Code, Word string }

// Kinds are the kinds that somebody who brings in a file chooses from, the most
// usual first.
var Kinds = []Kind{
	{"11488-4", "Consultation letter"},
	{"57133-1", "Referral letter"},
	{"18842-5", "Discharge summary"},
	{"11502-2", "Laboratory report"},
	{"18748-4", "Imaging report"},
	{"11526-1", "Pathology report"},
	{"11524-6", "ECG"},
	{"34111-5", "Emergency department note"},
	{"11504-8", "Operation note"},
	{"28570-0", "Procedure note"},
	{"34117-2", "History and physical"},
	{"11506-3", "Progress note"},
	{"34746-8", "Nurse's note"},
	{"34748-4", "Telephone note"},
	{"34133-9", "Summary of care"},
	{"56445-0", "Medication list"},
	{"11369-6", "Immunisation record"},
	{"53576-5", "Readings taken at home"},
	{"72170-4", "Photograph"},
	{"42348-3", "Advance directive"},
	{"64298-3", "Power of attorney"},
	{"59284-0", "Consent form"},
	{"64290-0", "Insurance card"},
	{"64291-8", "Insurance form"},
	{"64299-1", "Legal document"},
	{"51851-4", "Administrative note"},
	{"52033-8", "Correspondence"},
	{"34109-9", "Other document"},
}

// further are kinds that are written here and not chosen from the list.
var further = []Kind{{"51852-2", "Letter"}, {"69730-0", "After-visit summary"}}

// KindOf is the kind of a code.
func KindOf(code string) (Kind, bool) {
	for _, list := range [][]Kind{Kinds, further} {
		for _, k := range list {
			if k.Code == code {
				return k, true
			}
		}
	}
	return Kind{}, false
}

func (k Kind) concept() object {
	return object{"coding": []any{object{"system": loinc, "code": k.Code, "display": k.Word}}, "text": k.Word}
}

// Label is a secrecy that can be chosen for a document: HL7 v3 Confidentiality
// and ActCode (http://hl7.org/fhir/R4/security-labels.html).
type Label struct{ Code, System, Word string }

const (
	confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
	actCode         = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
)

// Labels are the secrecies; the first is none.
var Labels = []Label{
	{"", "", "Like the rest of the chart"},
	{"R", confidentiality, "Restricted"},
	{"ETH", actCode, "Substance use"},
	{"PSY", actCode, "Mental health"},
	{"HIV", actCode, "HIV"},
	{"SEX", actCode, "Sexual health"},
	{"DV", actCode, "Domestic violence"},
}

// LabelOf is the secrecy of a code.
func LabelOf(code string) (Label, bool) {
	for _, l := range Labels {
		if l.Code == code {
			return l, true
		}
	}
	return Label{}, false
}

// LabelIn is the word of the secrecy that a resource carries, "" when none.
func LabelIn(n fhir.Node) string {
	for c := range n.Get("meta").Get("security").Items() {
		if l, ok := LabelOf(c.Get("code").Str()); ok && l.Code != "" {
			return l.Word
		}
		if d := c.Get("display").Str(); d != "" {
			return d
		}
	}
	return ""
}
