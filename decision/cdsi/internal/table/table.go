// Package table is the form in which the CDC's supporting data is embedded:
// what the XML says, with empty things left out and repeated vaccine lists
// written once. Nothing is interpreted here: ages and intervals are the CDC's
// own words ("18 years - 4 days").
package table

// Table is one release of the supporting data.
type Table struct {
	Name         string         `json:"name"`
	Version      string         `json:"version"`
	Licence      string         `json:"licence"`
	SHA256       string         `json:"sha256"` // over the XML files, in the order of their names
	Antigens     []Antigen      `json:"antigens"`
	Groups       []Group        `json:"groups"`
	Vaccines     []Vaccine      `json:"vaccines"`
	Conflicts    []Conflict     `json:"conflicts"`
	Observations []Observation  `json:"observations"`
	Preferable   [][]Preferable `json:"preferable"`
	Allowable    [][]Listed     `json:"allowable"`
	Inadvertent  [][]string     `json:"inadvertent"`
}

// Group is a vaccine group with the antigens it classifies.
type Group struct {
	Name     string   `json:"name"`
	Full     bool     `json:"full,omitempty"` // the administer full vaccine group flag
	Antigens []string `json:"antigens"`
}

// Vaccine is a CVX code and the antigens it is associated with.
type Vaccine struct {
	CVX      string        `json:"cvx"`
	Name     string        `json:"name"`
	Antigens []Association `json:"antigens"`
}

// Association binds a vaccine to an antigen, within ages if they are given.
type Association struct {
	Antigen string `json:"antigen"`
	Begin   string `json:"begin,omitempty"`
	End     string `json:"end,omitempty"`
}

// Conflict is a vaccine type conflict: Previous impacts Current.
type Conflict struct {
	Previous string `json:"p"`
	Current  string `json:"c"`
	Begin    string `json:"b"`
	MinEnd   string `json:"m"`
	End      string `json:"e"`
}

// Observation names a CDSi observation code, and the codes that stand for it.
type Observation struct {
	Code  string  `json:"code"`
	Title string  `json:"title"`
	Coded []Coded `json:"coded,omitempty"`
}

// Coded is a code of another system: SNOMED, CVX, CDCPHINVS.
type Coded struct {
	System string `json:"system"`
	Code   string `json:"code"`
}

// Antigen is one file of antigen supporting data.
type Antigen struct {
	Name             string             `json:"name"`
	ImmuneBy         []string           `json:"immuneBy,omitempty"` // clinical history guideline codes
	ImmuneBorn       []Born             `json:"immuneBorn,omitempty"`
	Contraindicated  []Contraindication `json:"contraindicated,omitempty"`
	VaccinesExcluded []Contraindication `json:"vaccinesExcluded,omitempty"`
	Series           []Series           `json:"series"`
}

// Born is immunity by date of birth.
type Born struct {
	Before     string   `json:"before"` // MM/DD/YYYY
	Country    string   `json:"country,omitempty"`
	Exclusions []string `json:"exclusions,omitempty"`
}

// Contraindication is by antigen (Vaccines empty) or by vaccine.
type Contraindication struct {
	Code     string   `json:"code"`
	Text     string   `json:"text,omitempty"`
	Begin    string   `json:"begin,omitempty"`
	End      string   `json:"end,omitempty"`
	Vaccines []Listed `json:"vaccines,omitempty"`
}

// Listed is a vaccine type within ages.
type Listed struct {
	CVX   string `json:"cvx"`
	Begin string `json:"b,omitempty"`
	End   string `json:"e,omitempty"`
}

// Preferable is a preferable vaccine of a series dose.
type Preferable struct {
	CVX      string `json:"cvx"`
	Begin    string `json:"b,omitempty"`
	End      string `json:"e,omitempty"`
	Trade    string `json:"trade,omitempty"`
	MVX      string `json:"mvx,omitempty"`
	Forecast bool   `json:"f,omitempty"`
}

// Series is an antigen series.
type Series struct {
	Name        string       `json:"name"`
	Group       string       `json:"group"`
	Type        string       `json:"type"` // Standard, Risk, Evaluation Only
	Equivalent  []string     `json:"equivalent,omitempty"`
	Genders     []string     `json:"genders,omitempty"`
	Default     bool         `json:"default,omitempty"`
	Product     bool         `json:"product,omitempty"`
	SeriesGroup string       `json:"seriesGroup"`
	Priority    string       `json:"priority,omitempty"`
	Preference  int          `json:"preference,omitempty"`
	MinStart    string       `json:"minStart,omitempty"`
	MaxStart    string       `json:"maxStart,omitempty"`
	Guidance    []string     `json:"guidance,omitempty"`
	Indications []Indication `json:"indications,omitempty"`
	Doses       []Dose       `json:"doses"`
}

// Indication makes a risk series relevant.
type Indication struct {
	Code  string `json:"code"`
	Begin string `json:"b,omitempty"`
	End   string `json:"e,omitempty"`
}

// Dose is a series dose. Preferable, Allowable and Inadvertent are places in
// the table's lists.
type Dose struct {
	Ages               []Age      `json:"ages,omitempty"`
	Intervals          []Interval `json:"intervals,omitempty"`
	AllowableIntervals []Interval `json:"allowableIntervals,omitempty"`
	Preferable         int        `json:"preferable"`
	Allowable          int        `json:"allowable"`
	Inadvertent        int        `json:"inadvertent"`
	Skips              []Skip     `json:"skips,omitempty"`
	Recurring          bool       `json:"recurring,omitempty"`
	SeasonStart        string     `json:"seasonStart,omitempty"`
	SeasonEnd          string     `json:"seasonEnd,omitempty"`
}

// Age holds the ages of a series dose, while in effect.
type Age struct {
	AbsMin      string `json:"absMin,omitempty"`
	Min         string `json:"min,omitempty"`
	EarliestRec string `json:"rec,omitempty"`
	LatestRec   string `json:"latest,omitempty"`
	Max         string `json:"max,omitempty"`
	Effective   string `json:"from,omitempty"`
	Cessation   string `json:"to,omitempty"`
}

// Interval is a preferable or allowable interval, while in effect.
type Interval struct {
	Previous    bool     `json:"previous,omitempty"`
	Target      int      `json:"target,omitempty"`
	MostRecent  []string `json:"mostRecent,omitempty"`
	Observation string   `json:"observation,omitempty"`
	AbsMin      string   `json:"absMin,omitempty"`
	Min         string   `json:"min,omitempty"`
	EarliestRec string   `json:"rec,omitempty"`
	LatestRec   string   `json:"latest,omitempty"`
	Priority    bool     `json:"priority,omitempty"`
	Effective   string   `json:"from,omitempty"`
	Cessation   string   `json:"to,omitempty"`
}

// Skip is a conditional skip.
type Skip struct {
	Context string `json:"context"` // Evaluation, Forecast, Both
	And     bool   `json:"and,omitempty"`
	Sets    []Set  `json:"sets"`
}

// Set is a set of conditions of a conditional skip.
type Set struct {
	And        bool        `json:"and,omitempty"`
	Effective  string      `json:"from,omitempty"`
	Cessation  string      `json:"to,omitempty"`
	Conditions []Condition `json:"conditions"`
}

// Condition is one condition of a set.
type Condition struct {
	Type     string   `json:"type"` // age, count, interval, completed
	Start    string   `json:"start,omitempty"`
	End      string   `json:"end,omitempty"`
	BeginAge string   `json:"b,omitempty"`
	EndAge   string   `json:"e,omitempty"`
	Interval string   `json:"interval,omitempty"`
	Count    int      `json:"count,omitempty"`
	Valid    bool     `json:"valid,omitempty"` // the dose type is Valid, not Total
	Logic    string   `json:"logic,omitempty"` // greater than, equal to, less than
	CVX      []string `json:"cvx,omitempty"`
	Series   []string `json:"series,omitempty"`
}
