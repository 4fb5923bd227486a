package formula

import (
	"strings"

	"wholechart/chart"
	"wholechart/fhir"
)

// tests are the LOINC codes of each number that is read from the record: what is
// measured in serum, plasma or blood, of one kind of quantity each.
var tests = map[string][]string{
	"weight": {"29463-7", "3141-9", "3142-7"}, "height": {"8302-2", "8306-3", "8308-9", "3137-7"},
	"systolic": {"8480-6"}, "diastolic": {"8462-4"}, "pulse": {"8867-4", "8889-8", "68999-2"}, "resp": {"9279-1"}, "spo2": {"59408-5", "2708-6"},
	"qt":         {"8634-8"},
	"creatinine": {"2160-0", "38483-4", "14682-9"}, "cystatin": {"33863-2"},
	"sodium": {"2951-2", "2947-0"}, "chloride": {"2075-0", "2069-3"}, "bicarbonate": {"1963-8", "2028-9", "20565-8", "1959-6", "14627-4"},
	"calcium": {"17861-6", "2000-8", "49765-1"}, "albumin": {"1751-7", "61151-7", "61152-5"},
	"urea-nitrogen": {"3094-0", "6299-2", "22664-7"}, "bilirubin": {"1975-2", "14631-6"},
	"inr": {"6301-6", "34714-6", "46418-0"}, "ast": {"1920-8", "30239-8"}, "alt": {"1742-6", "1743-4", "1744-2"},
	"platelets": {"777-3", "26515-7", "778-1"},
	"total":     {"2093-3", "14647-2"}, "hdl": {"2085-9", "14646-4"}, "triglycerides": {"2571-8", "14927-8"},
	"head": {"9843-4", "8287-5"}, "gestation": {"76516-4"}, "bmi": {"39156-5"},
	"phq9": {"44261-6"}, "phq9-item9": {"44260-8"}, "gad7": {"70274-6"},
}

// set is a kind of problem: ICD-10-CM categories (a code begins so) and SNOMED CT
// concepts (the code itself: there is no hierarchy here, so the list is of those
// that problem lists use).
type set struct{ icd, snomed []string }

var diseases = map[string]set{
	"atrial-fibrillation": {[]string{"I48"}, []string{"49436004", "282825002", "440059007", "440028005", "426749004", "5370000"}},
	"heart-failure": {[]string{"I50", "I11.0", "I13.0", "I13.2", "I09.81"},
		[]string{"84114007", "42343007", "88805009", "85232009", "367363000", "446221000", "418304008", "417996009", "10633002"}},
	"hypertension": {[]string{"I10", "I11", "I12", "I13", "I15", "I16"}, []string{"38341003", "59621000", "31992008", "1201005"}},
	"diabetes": {[]string{"E08", "E09", "E10", "E11", "E13"},
		[]string{"73211009", "44054006", "46635009", "127013003", "422034002", "368581000119106", "1551000119108", "97331000119101", "90781000119102", "60951000119105", "157141000119108"}},
	"stroke": {[]string{"I63", "G45.0", "G45.1", "G45.2", "G45.8", "G45.9", "I74", "I69.3", "Z86.73"},
		[]string{"230690007", "422504002", "432504007", "266257000", "161511000", "275526006"}},
	"ischemic-stroke": {[]string{"I60", "I61", "I63", "I69.0", "I69.1", "I69.3"}, []string{"230690007", "422504002", "432504007", "274100004", "275526006"}},
	"vascular":        {[]string{"I21", "I22", "I25.2", "I70.0", "I70.2", "I73.9"}, []string{"22298006", "57054005", "399211009", "401303003", "401314000", "399957001", "400047006"}},
	"ascvd": {[]string{"I20", "I21", "I22", "I23", "I24", "I25", "I63", "G45.9", "I69.3", "I70.2", "I73.9", "Z86.73", "Z95.1", "Z95.5"},
		[]string{"53741008", "414545008", "22298006", "57054005", "399211009", "401303003", "401314000", "194828000", "230690007", "422504002", "432504007", "266257000", "399957001", "400047006"}},
	"dialysis":      {[]string{"Z99.2"}, []string{"105502003"}},
	"kidney":        {[]string{"Z99.2", "Z94.0"}, []string{"105502003", "161665007"}},
	"cirrhosis":     {[]string{"K74.4", "K74.5", "K74.6", "K70.3", "K71.7"}, []string{"19943007", "420054005"}},
	"liver-disease": {[]string{"K70", "K71.7", "K72.1", "K72.9", "K73", "K74", "K75.4", "K76.6", "K76.7", "B18"}, []string{"19943007", "328383001", "420054005", "31712002", "128302006", "61977001"}},
	"bled": {[]string{"I60", "I61", "I62", "K92.0", "K92.1", "K92.2", "K25.4", "K26.4", "K27.4", "D62", "D68.0", "D68.1", "D68.2", "D68.3", "D68.4", "D68.9", "D66", "D67", "D69.4", "D69.6"},
		[]string{"74474003", "274100004", "1386000", "90935002", "64779008", "302215000"}},
	"clots-before": {[]string{"I26", "I82.4", "I82.5", "Z86.71"}, []string{"128053003", "59282003", "132281000119108", "161508001"}},
	"cancer": {[]string{"C0", "C1", "C2", "C3", "C40", "C41", "C43", "C45", "C46", "C47", "C48", "C49", "C4A", "C5", "C6", "C7", "C8", "C9"},
		[]string{"363346000", "254837009", "363406005", "363358000", "254637007", "93761005", "109838007"}},
}

// ingredients are medicines by generic name.
var ingredients = map[string][]string{
	"treated": {"amlodipine", "atenolol", "azilsartan", "benazepril", "bisoprolol", "candesartan", "captopril", "carvedilol", "chlorthalidone", "clonidine", "diltiazem",
		"doxazosin", "enalapril", "eplerenone", "eprosartan", "felodipine", "fosinopril", "guanfacine", "hydralazine", "hydrochlorothiazide", "indapamide", "irbesartan", "isradipine",
		"labetalol", "lisinopril", "losartan", "methyldopa", "metolazone", "metoprolol", "minoxidil", "moexipril", "nadolol", "nebivolol", "nicardipine", "nifedipine", "nisoldipine",
		"olmesartan", "perindopril", "prazosin", "propranolol", "quinapril", "ramipril", "spironolactone", "telmisartan", "terazosin", "trandolapril", "triamterene", "valsartan", "verapamil"},
	"drugs": {"aspirin", "clopidogrel", "prasugrel", "ticagrelor", "dipyridamole", "cilostazol", "vorapaxar", "celecoxib", "diclofenac", "etodolac", "flurbiprofen", "ibuprofen",
		"indomethacin", "ketoprofen", "ketorolac", "meloxicam", "nabumetone", "naproxen", "oxaprozin", "piroxicam", "sulindac"},
	"oestrogen": {"estradiol", "ethinyl estradiol", "conjugated estrogens", "estrogens, conjugated", "esterified estrogens", "estropipate", "mestranol", "drospirenone / ethinyl estradiol"},
}

// in says whether one of the codings is of the set.
func (s set) in(codes []fhir.Coding) bool {
	for _, c := range codes {
		switch {
		case c.System == "http://snomed.info/sct":
			for _, x := range s.snomed {
				if c.Code == x {
					return true
				}
			}
		case strings.Contains(c.System, "icd-10") || c.System == "urn:oid:2.16.840.1.113883.6.90":
			code := strings.ReplaceAll(strings.ToUpper(c.Code), ".", "")
			for _, x := range s.icd {
				if strings.HasPrefix(code, strings.ReplaceAll(x, ".", "")) {
					return true
				}
			}
		}
	}
	return false
}

// takes says whether a medicine has one of the ingredients.
func takes(m chart.Medicine, names []string) bool {
	for part := range strings.SplitSeq(strings.ToLower(m.Ingredient), "/") {
		part = strings.TrimSpace(part)
		for _, n := range names {
			if part == n || strings.HasPrefix(part, n+" ") {
				return true
			}
		}
	}
	return false
}
