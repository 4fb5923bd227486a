package demo

import "encoding/json"

// Code systems by their FHIR names.
const (
	snomedURL = "http://snomed.info/sct"
	loincURL  = "http://loinc.org"
	rxnormURL = "http://www.nlm.nih.gov/research/umls/rxnorm"
	icd10URL  = "http://hl7.org/fhir/sid/icd-10-cm"
	cvxURL    = "http://hl7.org/fhir/sid/cvx"
	ucumURL   = "http://unitsofmeasure.org"
	hl7       = "http://terminology.hl7.org/CodeSystem/"
)

// SiteSystem is the identifier system of the sites' slugs: how one site names another, in a consent's recipient or in
// the reference to a prescription kept elsewhere.
const SiteSystem = "https://wholechart.example/site"

// code is one coding; its display is the code system's.
type code struct{ system, code, display string }

func snomed(id, display string) code { return code{snomedURL, id, display} }
func loinc(id, display string) code  { return code{loincURL, id, display} }
func rxnorm(id, display string) code { return code{rxnormURL, id, display} }
func icd(id, display string) code    { return code{icd10URL, id, display} }

func (k code) coding() object {
	return object{"system": k.system, "code": k.code, "display": k.display}
}

// concept is a CodeableConcept: the words of whoever wrote it, and the codes that say the same. No code is better than
// one that says something else.
func concept(text string, codes ...code) object {
	o := object{"text": text}
	if len(codes) > 0 {
		l := list{}
		for _, k := range codes {
			l = append(l, k.coding())
		}
		o["coding"] = l
	}
	return o
}

// status is a CodeableConcept of one HL7 code without words.
func status(system, id string) object {
	return object{"coding": list{object{"system": hl7 + system, "code": id}}}
}

// quantity keeps the decimals as written.
func quantity(value, unit, ucum string) object {
	return object{"value": json.Number(value), "unit": unit, "system": ucumURL, "code": ucum}
}

// test is a laboratory test or measurement: its code, unit and reference range (empty where open); at crit and
// above a value is critical; target says that the range is a goal of treatment.
type test struct {
	code                    code
	text, unit, ucum        string
	low, high, crit, target string
	category                string // of the Observation; laboratory when empty
}

var tests = map[string]test{
	"inr":        {code: loinc("6301-6", "INR in Platelet poor plasma by Coagulation assay"), text: "INR", unit: "INR", ucum: "{INR}", low: "2.0", high: "3.0", crit: "5.0", target: "target on warfarin"},
	"inr-normal": {code: loinc("6301-6", "INR in Platelet poor plasma by Coagulation assay"), text: "INR", unit: "INR", ucum: "{INR}", low: "0.9", high: "1.1", crit: "5.0"},
	"hba1c":      {code: loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), text: "HbA1c", unit: "%", ucum: "%", high: "7.0", target: "goal in diabetes"},
	"hba1c-diag": {code: loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), text: "HbA1c", unit: "%", ucum: "%", low: "4.0", high: "5.6"},
	"egfr":       {code: loinc("98979-8", "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum, Plasma or Blood by Creatinine-based formula (CKD-EPI 2021)"), text: "eGFR", unit: "mL/min/1.73 m²", ucum: "mL/min/{1.73_m2}", low: "60"},
	"creatinine": {code: loinc("2160-0", "Creatinine [Mass/volume] in Serum or Plasma"), text: "Creatinine", unit: "mg/dL", ucum: "mg/dL", low: "0.5", high: "1.1"},
	"potassium":  {code: loinc("2823-3", "Potassium [Moles/volume] in Serum or Plasma"), text: "Potassium", unit: "mmol/L", ucum: "mmol/L", low: "3.5", high: "5.1", crit: "6.0"},
	"sodium":     {code: loinc("2951-2", "Sodium [Moles/volume] in Serum or Plasma"), text: "Sodium", unit: "mmol/L", ucum: "mmol/L", low: "136", high: "145"},
	"urea":       {code: loinc("3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma"), text: "Urea nitrogen", unit: "mg/dL", ucum: "mg/dL", low: "7", high: "20"},
	"glucose":    {code: loinc("2345-7", "Glucose [Mass/volume] in Serum or Plasma"), text: "Glucose", unit: "mg/dL", ucum: "mg/dL", low: "70", high: "140"},
	"hgb":        {code: loinc("718-7", "Hemoglobin [Mass/volume] in Blood"), text: "Hemoglobin", unit: "g/dL", ucum: "g/dL", low: "12.0", high: "15.5"},
	"hgb-m":      {code: loinc("718-7", "Hemoglobin [Mass/volume] in Blood"), text: "Hemoglobin", unit: "g/dL", ucum: "g/dL", low: "13.5", high: "17.5"},
	"hgb-child":  {code: loinc("718-7", "Hemoglobin [Mass/volume] in Blood"), text: "Hemoglobin", unit: "g/dL", ucum: "g/dL", low: "11.0", high: "13.5"},
	"hct":        {code: loinc("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count"), text: "Hematocrit", unit: "%", ucum: "%", low: "36", high: "46"},
	"wbc":        {code: loinc("6690-2", "Leukocytes [#/volume] in Blood by Automated count"), text: "White cells", unit: "10*3/uL", ucum: "10*3/uL", low: "4.0", high: "11.0"},
	"platelets":  {code: loinc("777-3", "Platelets [#/volume] in Blood by Automated count"), text: "Platelets", unit: "10*3/uL", ucum: "10*3/uL", low: "150", high: "400"},
	"chol":       {code: loinc("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma"), text: "Total cholesterol", unit: "mg/dL", ucum: "mg/dL", high: "200"},
	"ldl":        {code: loinc("13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation"), text: "LDL-C", unit: "mg/dL", ucum: "mg/dL", high: "100"},
	"hdl":        {code: loinc("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma"), text: "HDL-C", unit: "mg/dL", ucum: "mg/dL", low: "40"},
	"tg":         {code: loinc("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma"), text: "Triglycerides", unit: "mg/dL", ucum: "mg/dL", high: "150"},
	"tsh":        {code: loinc("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"), text: "TSH", unit: "mIU/L", ucum: "m[IU]/L", low: "0.4", high: "4.5"},
	"ft4":        {code: loinc("3024-7", "Thyroxine (T4) free [Mass/volume] in Serum or Plasma"), text: "Free T4", unit: "ng/dL", ucum: "ng/dL", low: "0.8", high: "1.8"},
	"uacr":       {code: loinc("9318-7", "Albumin/Creatinine [Mass Ratio] in Urine"), text: "Urine albumin/creatinine", unit: "mg/g", ucum: "mg/g", high: "30"},
	"alt":        {code: loinc("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma"), text: "ALT", unit: "U/L", ucum: "U/L", low: "7", high: "40"},
	"ast":        {code: loinc("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma"), text: "AST", unit: "U/L", ucum: "U/L", low: "8", high: "40"},
	"ferritin":   {code: loinc("2276-4", "Ferritin [Mass/volume] in Serum or Plasma"), text: "Ferritin", unit: "ng/mL", ucum: "ng/mL", low: "15", high: "150"},
	"ntprobnp":   {code: loinc("33762-6", "Natriuretic peptide.B prohormone N-Terminal [Mass/volume] in Serum or Plasma"), text: "NT-proBNP", unit: "pg/mL", ucum: "pg/mL", high: "450"},
	"phq9":       {code: loinc("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]"), text: "PHQ-9 score", unit: "score", ucum: "{score}", high: "4", category: "survey"},
	"ef":         {code: loinc("10230-1", "Left ventricular Ejection fraction"), text: "Left ventricular ejection fraction", unit: "%", ucum: "%", low: "55", category: "imaging"},
	"lead":       {text: "Lead, capillary blood", unit: "ug/dL", ucum: "ug/dL", high: "3.5"},
	"digoxin":    {text: "Digoxin, serum", unit: "ng/mL", ucum: "ng/mL", low: "0.5", high: "0.9", crit: "2.0"},
}

var vitals = map[string]test{
	"pulse":  {code: loinc("8867-4", "Heart rate"), text: "Pulse", unit: "/min", ucum: "/min", low: "60", high: "100"},
	"weight": {code: loinc("29463-7", "Body weight"), text: "Weight", unit: "kg", ucum: "kg"},
	"height": {code: loinc("8302-2", "Body height"), text: "Height", unit: "cm", ucum: "cm"},
	"length": {code: loinc("8302-2", "Body height"), text: "Length", unit: "cm", ucum: "cm"},
	"bmi":    {code: loinc("39156-5", "Body mass index (BMI) [Ratio]"), text: "BMI", unit: "kg/m2", ucum: "kg/m2"},
	"head":   {code: loinc("9843-4", "Head Occipital-frontal circumference"), text: "Head circumference", unit: "cm", ucum: "cm"},
	"temp":   {code: loinc("8310-5", "Body temperature"), text: "Temperature", unit: "°C", ucum: "Cel", low: "36.0", high: "37.5"},
	"resp":   {code: loinc("9279-1", "Respiratory rate"), text: "Breathing rate", unit: "/min", ucum: "/min"},
	"spo2":   {code: loinc("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"), text: "Oxygen saturation", unit: "%", ucum: "%", low: "94"},
	"pain":   {code: loinc("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported"), text: "Pain", unit: "score", ucum: "{score}"},
}

// drug is a medicine as prescribed and dispensed. Where no RxNorm code is certain there is none.
type drug struct {
	text string
	code code
}

func (d drug) concept() object {
	if d.code.code == "" {
		return concept(d.text)
	}
	return concept(d.text, d.code)
}

var drugs = map[string]drug{
	"warfarin":        {"Warfarin 5 mg tablet", rxnorm("855332", "warfarin sodium 5 MG Oral Tablet")},
	"metformin":       {"Metformin 1,000 mg tablet", rxnorm("861004", "metformin hydrochloride 1000 MG Oral Tablet")},
	"metoprolol-25":   {"Metoprolol succinate 25 mg extended-release tablet", rxnorm("866427", "24 HR metoprolol succinate 25 MG Extended Release Oral Tablet")},
	"metoprolol-50":   {"Metoprolol succinate 50 mg extended-release tablet", rxnorm("866436", "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet")},
	"metoprolol-100":  {"Metoprolol succinate 100 mg extended-release tablet", rxnorm("866412", "24 HR metoprolol succinate 100 MG Extended Release Oral Tablet")},
	"atorvastatin":    {"Atorvastatin 40 mg tablet", rxnorm("617311", "atorvastatin 40 MG Oral Tablet")},
	"atorvastatin-80": {"Atorvastatin 80 mg tablet", rxnorm("259255", "atorvastatin 80 MG Oral Tablet")},
	"lisinopril-10":   {"Lisinopril 10 mg tablet", rxnorm("314076", "lisinopril 10 MG Oral Tablet")},
	"lisinopril-20":   {"Lisinopril 20 mg tablet", rxnorm("314077", "lisinopril 20 MG Oral Tablet")},
	"lisinopril-40":   {"Lisinopril 40 mg tablet", rxnorm("197884", "lisinopril 40 MG Oral Tablet")},
	"spironolactone":  {"Spironolactone 25 mg tablet", rxnorm("313096", "spironolactone 25 MG Oral Tablet")},
	"amlodipine":      {"Amlodipine 5 mg tablet", rxnorm("197361", "amlodipine 5 MG Oral Tablet")},
	"furosemide":      {"Furosemide 40 mg tablet", rxnorm("313988", "furosemide 40 MG Oral Tablet")},
	"digoxin":         {"Digoxin 0.125 mg tablet", rxnorm("197604", "digoxin 0.125 MG Oral Tablet")},
	"amiodarone":      {"Amiodarone 200 mg tablet", code{}},
	"apixaban":        {"Apixaban 5 mg tablet", rxnorm("1364445", "apixaban 5 MG Oral Tablet")},
	"aspirin":         {"Aspirin 81 mg delayed-release tablet", rxnorm("308416", "aspirin 81 MG Delayed Release Oral Tablet")},
	"omeprazole":      {"Omeprazole 20 mg delayed-release capsule", code{}},
	"tamsulosin":      {"Tamsulosin 0.4 mg capsule", code{}},
	"allopurinol":     {"Allopurinol 100 mg tablet", rxnorm("197319", "allopurinol 100 MG Oral Tablet")},
	"donepezil":       {"Donepezil 10 mg tablet", rxnorm("997223", "donepezil hydrochloride 10 MG Oral Tablet")},
	"gabapentin":      {"Gabapentin 300 mg capsule", rxnorm("310431", "gabapentin 300 MG Oral Capsule")},
	"losartan":        {"Losartan 50 mg tablet", rxnorm("979492", "losartan potassium 50 MG Oral Tablet")},
	"levothyroxine":   {"Levothyroxine 75 mcg tablet", rxnorm("966222", "levothyroxine sodium 0.075 MG Oral Tablet")},
	"sertraline":      {"Sertraline 50 mg tablet", rxnorm("312941", "sertraline 50 MG Oral Tablet")},
	"buprenorphine":   {"Buprenorphine 8 mg / naloxone 2 mg sublingual tablet", rxnorm("351267", "buprenorphine 8 MG / naloxone 2 MG Sublingual Tablet")},
	"naloxone":        {"Naloxone 4 mg nasal spray", code{}},
	"tmp-smx":         {"Trimethoprim-sulfamethoxazole 160/800 mg tablet", rxnorm("198335", "sulfamethoxazole 800 MG / trimethoprim 160 MG Oral Tablet")},
	"nitrofurantoin":  {"Nitrofurantoin 100 mg capsule (macrocrystals / monohydrate)", rxnorm("1648755", "nitrofurantoin, macrocrystals 25 MG / nitrofurantoin, monohydrate 75 MG Oral Capsule")},
	"amoxicillin":     {"Amoxicillin 400 mg / 5 mL oral suspension", rxnorm("308189", "amoxicillin 80 MG/ML Oral Suspension")},
	"ferrous":         {"Ferrous sulfate 325 mg tablet", rxnorm("310325", "ferrous sulfate 325 MG Oral Tablet")},
	"albuterol":       {"Albuterol 90 mcg inhaler", code{}},
	"prenatal":        {"Prenatal vitamin with folic acid, tablet", code{}},
	"vitamin-d":       {"Cholecalciferol (vitamin D3) 1,000 units tablet", code{}},
	"acetaminophen":   {"Acetaminophen 500 mg tablet", code{}},
	"hctz":            {"Hydrochlorothiazide 25 mg tablet", rxnorm("310798", "hydrochlorothiazide 25 MG Oral Tablet")},
	"potassium":       {"Potassium chloride 20 mEq extended-release tablet", code{}},
	"ibuprofen":       {"Ibuprofen 400 mg tablet", code{}},
	"senna":           {"Senna 8.6 mg tablet", code{}},
}

// Substances and findings named by several people's allergies.
var (
	anaphylaxis = concept("Anaphylaxis", snomed("39579001", "Anaphylaxis"))
	hives       = concept("Hives", snomed("126485001", "Urticaria"))
	rash        = concept("Rash", snomed("271807003", "Eruption of skin"))
	contactRash = concept("Contact rash", snomed("40275004", "Contact dermatitis"))
	swelling    = concept("Swelling of lips and tongue", snomed("41291007", "Angioedema"))
	breathless  = concept("Shortness of breath", snomed("267036007", "Dyspnea"))
)
