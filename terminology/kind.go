package terminology

// Kind is what is looked for.
type Kind uint8

// The kinds, each with a table of its own.
const (
	Problem      Kind = iota + 1 // ICD-10-CM codes that may be assigned; disorders, findings, situations and events of the GPS
	Medicine                     // RxNorm: ingredients, products, packs
	Allergen                     // substances and classes of the GPS; ingredients of RxNorm
	Reaction                     // disorders and findings of the GPS, as manifestations
	Vaccine                      // CVX, by product names too
	Manufacturer                 // MVX, of vaccines
	Lab                          // LOINC
	Imaging                      // LOINC
	Document                     // LOINC
	Procedure                    // procedures and regimes of the GPS; CPT is licensed and absent
	Device                       // physical objects of the GPS
	BodySite                     // body structures of the GPS
)

var kindNames = [...]string{"", "problem", "medicine", "allergen", "reaction", "vaccine", "manufacturer", "lab", "imaging", "document", "procedure", "device", "bodysite"}

// String names the kind, as in addresses.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

// ParseKind is the kind of a name.
func ParseKind(name string) (Kind, bool) {
	for k, n := range kindNames {
		if n == name && k > 0 {
			return Kind(k), true
		}
	}
	return 0, false
}

// The code systems of the tables, as FHIR names them.
const (
	ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
	SNOMED  = "http://snomed.info/sct"
	RxNorm  = "http://www.nlm.nih.gov/research/umls/rxnorm"
	LOINC   = "http://loinc.org"
	CVX     = "http://hl7.org/fhir/sid/cvx"
	MVX     = "http://terminology.hl7.org/CodeSystem/MVX"
)

func systemOf(letter byte) string {
	switch letter {
	case 'i':
		return ICD10CM
	case 's':
		return SNOMED
	case 'r':
		return RxNorm
	case 'l':
		return LOINC
	case 'c':
		return CVX
	case 'm':
		return MVX
	}
	return ""
}

// SystemName is what people call a code system; "" when it is none of ours.
func SystemName(uri string) string {
	switch uri {
	case ICD10CM:
		return "ICD-10-CM"
	case SNOMED:
		return "SNOMED CT"
	case RxNorm:
		return "RxNorm"
	case LOINC:
		return "LOINC"
	case CVX:
		return "CVX"
	case MVX:
		return "MVX"
	}
	return ""
}
