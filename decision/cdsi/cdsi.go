// Package cdsi evaluates a person's immunisations and forecasts the next ones
// by the CDC's Logic Specification for ACIP Recommendations 4.5, driven by the
// CDC's supporting data (SOURCE names the release). The files are named after
// the specification's chapters.
//
// It is pure: the day of assessment is given, nothing is read and nothing is
// kept. It does not know what it was not told: an observation not given is
// taken as absent, and a risk series without its indication is not forecast.
// Volumes are not looked at (6.8: they never make a dose invalid). One dose told
// by two sites is two doses here: who asks merges them first. Guidance is that
// of the series, without that of indications (FORECASTGUIDANCE-1, second).
// Needs review by a clinician before use in care.
package cdsi

import (
	"slices"
	"strings"
	"time"

	"wholechart/decision/cdsi/internal/table"
)

// MaxDoses bounds the history that is looked at; the rest is Ignored.
const MaxDoses = 256

// Dose is a vaccine dose administered. Only the day of Date counts, in its own
// location.
type Dose struct {
	Date       time.Time
	CVX, MVX   string
	Condition  bool      // the dose condition flag: misadministered, recalled, cold chain broken
	LotExpires time.Time // zero: not known
}

// Person is what the specification calls the patient.
type Person struct {
	Birth        time.Time
	Sex          string // "F", "M", "female", "male"; anything else is unknown
	BirthCountry string // as in the supporting data: "U.S."; empty: not known
	Doses        []Dose
	Observations []string             // active CDSi observation codes: risk, contraindication, immunity
	Observed     map[string]time.Time // the day of an observation, where an interval counts from it (pregnancy)
}

// SeriesType says for whom a series is.
type SeriesType string

// The types of antigen series.
const (
	Standard       SeriesType = "Standard"
	Risk           SeriesType = "Risk"
	EvaluationOnly SeriesType = "Evaluation Only"
)

// Status is the status of a patient series or of a vaccine group.
type Status string

// The statuses of tables 7-10 and 9-4.
const (
	NotComplete     Status = "Not Complete"
	Complete        Status = "Complete"
	Immune          Status = "Immune"
	Contraindicated Status = "Contraindicated"
	AgedOut         Status = "Aged Out"
	NotRecommended  Status = "Not Recommended"
)

// DoseStatus is the evaluation status of a dose.
type DoseStatus string

// The evaluation statuses of chapter 6. NotEvaluated is a dose that no series
// of the person looks at.
const (
	NotEvaluated DoseStatus = ""
	Valid        DoseStatus = "Valid"
	NotValid     DoseStatus = "Not Valid"
	Extraneous   DoseStatus = "Extraneous"
	SubStandard  DoseStatus = "Sub-standard"
)

// Reason explains an evaluation.
type Reason string

// The evaluation reasons.
const (
	TooYoung      Reason = "Age: Too Young"
	TooOld        Reason = "Age: Too Old"
	TooSoon       Reason = "Interval: Too Soon"
	GracePeriod   Reason = "Grace Period"
	Conflict      Reason = "Live Virus Conflict"
	NotPreferable Reason = "Not a Preferable or Allowable Vaccine"
	Inadvertent   Reason = "Inadvertent Vaccine"
	AlreadyDone   Reason = "Series Already Complete"
	Expired       Reason = "Lot Expired"
	BadCondition  Reason = "Dose Condition"
)

// Evaluation is what a series says of a dose.
type Evaluation struct {
	Dose       int // place in Person.Doses
	TargetDose int // number of the series dose it was evaluated against; 0: none was left
	Status     DoseStatus
	Reasons    []Reason
}

// Vaccine is a vaccine type.
type Vaccine struct{ CVX, Name string }

// Dates are a forecast's days, at midnight UTC; zero: there is none.
type Dates struct {
	Earliest    time.Time // before it a dose is not valid (without grace period)
	Recommended time.Time // adjusted
	PastDue     time.Time // adjusted: the last day before it is overdue
	Latest      time.Time // the last day of the age range
	// Before adjustment to what was given late.
	UnadjustedRecommended, UnadjustedPastDue time.Time
}

// Series is the outcome of a best patient series.
type Series struct {
	Antigen, Group string // the antigen and its vaccine group
	Name           string
	SeriesGroup    string
	Type           SeriesType
	Status         Status
	DoseNumber     int // the dose forecast, while Not Complete
	Dates
	Vaccines []Vaccine // that the CDC recommends in particular; empty: any preferable one
	Reason   string
	// Contraindications are the CDC's texts of those that apply to the antigen
	// or to some of its vaccines; these vaccines are not recommended.
	Contraindications []string
	// ContraindicatedBy are their observation codes, in the same order;
	// IndicatedBy those for which a risk series is looked at; ImmuneBy those that
	// make the status Immune ("birth": the day of birth does).
	ContraindicatedBy, IndicatedBy, ImmuneBy []string
	Guidance                                 []string
	// Undated are observation codes from whose day the series counts and whose
	// day was not given (Person.Observed): the intervals from them were not
	// checked, so a dose may be called valid, or the series complete, wrongly.
	Undated     []string
	Evaluations []Evaluation
}

// Group is the outcome for a vaccine group, per kind of need: one for the
// standard series and one for the risk series, where there are both.
type Group struct {
	Name       string
	Type       SeriesType // Standard or Risk
	Status     Status
	DoseNumber int
	Dates
	Antigens    []string // that are recommended
	Vaccines    []Vaccine
	Reasons     []string
	Undated     []string     // as of its series
	Evaluations []Evaluation // one a dose that has an antigen of the group
	Series      []int        // places in Result.Series
}

// Result is everything Evaluate found.
type Result struct {
	On      time.Time
	Series  []Series // best patient series, by antigen
	Groups  []Group
	Unknown []int // doses whose CVX code has no antigen in the supporting data
	Ignored []int // doses without a day, after the day of assessment, or beyond MaxDoses
}

// Release names the supporting data in use and its version.
func Release() (name, version, licence, sha256 string) {
	s := loaded().source
	return s.Name, s.Version, s.Licence, s.SHA256
}

// VaccineName is the CDC's short description of a CVX code; empty: unknown.
func VaccineName(cvx string) string {
	r := loaded()
	if at, ok := r.cvx[normalCVX(cvx)]; ok {
		return r.vaccines[at].name
	}
	return ""
}

// ObservationTitle names a CDSi observation code; empty: there is none such.
func ObservationTitle(code string) string {
	for _, o := range loaded().source.Observations {
		if o.Code == code {
			return o.Title
		}
	}
	return ""
}

// ObservationCodes are the CDSi observation codes that a code of another
// system stands for by the CDC's table: SNOMED CT, CVX and PHIN VADS, by the
// URI that FHIR gives the system. It does not look at narrower concepts.
func ObservationCodes(system, code string) []string {
	switch system {
	case "http://snomed.info/sct":
		system = "SNOMED"
	case "http://hl7.org/fhir/sid/cvx":
		system = "CVX"
	case "urn:oid:2.16.840.1.114222.4.5.274":
		system = "CDCPHINVS"
	}
	return slices.Clone(loaded().coded[table.Coded{System: system, Code: code}])
}

// Evaluate evaluates every dose against every relevant series and forecasts
// the next ones as of the day on.
func Evaluate(p Person, on time.Time) Result {
	r := loaded()
	c := gather(r, p, on)
	out := Result{On: c.on.time(), Unknown: c.unknown, Ignored: c.ignored}
	if c.birth == none || c.on == none {
		return out
	}
	var best []*run
	for i, a := range r.antigens {
		runs := c.relevant(a)
		if len(runs) == 0 {
			continue
		}
		recs := c.records(i)
		for _, s := range runs {
			s.recs, s.siblings = recs, runs
			s.evaluate()
			s.forecast()
		}
		best = append(best, selectBest(runs)...)
	}
	for _, s := range best {
		out.Series = append(out.Series, s.result())
	}
	out.Groups = c.groups(best, out.Series)
	return out
}

func sexOf(s string) string {
	switch strings.ToLower(s) {
	case "f", "female":
		return "Female"
	case "m", "male":
		return "Male"
	}
	return "Unknown"
}
