package clinic

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wholechart/chart"
	"wholechart/web"
	"wholechart/web/plot"
)

// flowsheet is every series as a row and days as columns, the latest at the left.
type flowsheet struct {
	Days   []chart.When
	Groups []flowGroup
	Newer  string
	Older  string
	Note   string
}

type flowGroup struct {
	Title string
	Rows  []flowRow
}

type flowRow struct {
	Name, Href, Unit, Range string
	Spark                   plot.Spark
	Latest                  flowValue
	LatestAt                chart.When
	Cells                   []flowCell
}

// flowCell is what one day holds of one series: its values, each a link to its fact.
type flowCell struct{ Values []flowValue }

type flowValue struct {
	Value web.Quantity
	Href  string
	Time  string
	Badge web.Badge
}

const (
	flowDays   = 6
	flowValues = 3 // of one day; a day with more says how many
	flowRows   = 400
)

// categories are the groups of a flowsheet in their order; what is in none follows.
var categories = []struct{ code, title string }{
	{"laboratory", "Laboratory"}, {"vital-signs", "Vital signs"}, {"exam", "Examination"}, {"imaging", "Imaging"},
	{"survey", "Questionnaires and scores"}, {"social-history", "Life and habits"}, {"therapy", "Therapy"}, {"activity", "Activity"},
}

func (v *view) resultsSection(p *sectionPage) {
	series := v.chart.Results.Series
	if len(series) == 0 {
		p.Groups = []group{{Title: "Results", Empty: v.nothing("results")}}
		return
	}
	f := &flowsheet{}
	p.Sheet = f
	wanted := v.R.FormValue("in")
	rank := func(s *chart.Series) int {
		i := slices.IndexFunc(categories, func(c struct{ code, title string }) bool { return c.code == s.Category })
		if i < 0 {
			return len(categories)
		}
		return i
	}
	series = slices.Clone(series)
	if wanted != "" {
		series = slices.DeleteFunc(series, func(s *chart.Series) bool { return s.Category != wanted })
	}
	slices.SortStableFunc(series, func(a, b *chart.Series) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)))
	})
	days := map[string]chart.When{}
	for _, s := range series {
		for _, pt := range s.Points {
			if pt.When.Known() {
				d := v.dayOf(pt.When)
				if _, ok := days[d]; !ok {
					days[d] = pt.When
				}
			}
		}
	}
	order := make([]string, 0, len(days))
	for d := range days {
		order = append(order, d)
	}
	slices.SortFunc(order, func(a, b string) int { return cmp.Compare(b, a) })
	from, _ := strconv.Atoi(v.R.FormValue("days"))
	from = max(0, min(from, max(0, len(order)-1)))
	to := min(len(order), from+flowDays)
	at := func(n int) string {
		q := url.Values{"days": {strconv.Itoa(n)}}
		if wanted != "" {
			q.Set("in", wanted)
		}
		return v.href("results") + "?" + q.Encode()
	}
	if from > 0 {
		f.Newer = at(max(0, from-flowDays))
	}
	if to < len(order) {
		f.Older = at(to)
	}
	column := map[string]int{}
	for i, d := range order[from:to] {
		column[d] = i
		w := days[d]
		f.Days = append(f.Days, w)
	}
	if len(series) > flowRows {
		f.Note = "The first " + strconv.Itoa(flowRows) + " of " + strconv.Itoa(len(series)) + " series are listed."
		series = series[:flowRows]
	}
	for _, s := range series {
		title := "Other"
		if i := rank(s); i < len(categories) {
			title = categories[i].title
		}
		if n := len(f.Groups); n == 0 || f.Groups[n-1].Title != title {
			f.Groups = append(f.Groups, flowGroup{Title: title})
		}
		g := &f.Groups[len(f.Groups)-1]
		g.Rows = append(g.Rows, v.flowRow(s, column, len(f.Days)))
	}
}

func (v *view) dayOf(w chart.When) string {
	if w.HasTime() {
		return w.At.In(v.Zone).Format("2006-01-02")
	}
	return w.Day()
}

func (v *view) flowRow(s *chart.Series, column map[string]int, n int) flowRow {
	course := s
	if len(s.Parts) > 0 {
		course = s.Parts[0]
	}
	r := flowRow{Name: s.Name, Href: v.href("results", s.Key), Unit: s.Unit, Range: rangeText(s.Range), Spark: v.spark(course), Cells: make([]flowCell, n)}
	if last := s.Latest(); len(s.Points) > 0 {
		r.Latest, r.LatestAt = v.flowValue(last, s), last.When
	}
	for i := len(s.Points) - 1; i >= 0; i-- {
		p := s.Points[i]
		if !p.When.Known() {
			continue
		}
		col, ok := column[v.dayOf(p.When)]
		if !ok || len(r.Cells[col].Values) >= flowValues {
			continue
		}
		r.Cells[col].Values = append(r.Cells[col].Values, v.flowValue(p, s))
	}
	return r
}

func (v *view) flowValue(p chart.Point, s *chart.Series) flowValue {
	q := quantity(p)
	if q.Unit == s.Unit {
		q.Unit = "" // it stands under the name
	}
	return flowValue{Value: q, Href: v.factHref(p.Prov), Time: p.When.Clock(), Badge: v.badge(p.Prov)}
}

// trendPage is the course of one result, with every value and its source.
type trendPage struct {
	Title, Back string
	Lens        web.Lens
	Strip       *web.Completeness
	Tabs        web.Tabs
	Plot        *plot.Trend
	Facts       []string // unit, reference, code
	Columns     []web.Column
	Values      []trendValue
	More        string
	Empty       *web.EmptyState
	Hint        string
}

type trendValue struct {
	When     string
	Value    web.Quantity
	Range    string
	Note     string
	Author   string
	Href     string
	Badges   []web.Badge
	Computed bool
}

// trendMost is how many values the table of one result lists.
const trendMost = 500

func (v *view) fillTrend(t *trendPage, s *chart.Series) {
	t.Title = s.Name
	if s.Numeric || len(s.Parts) > 0 {
		pl := v.trendPlot(s, 320)
		pl.NoTable = true
		t.Plot = &pl
	}
	if s.Unit != "" {
		t.Facts = append(t.Facts, "Unit "+s.Unit)
	}
	if r := rangeText(s.Range); r != "" {
		t.Facts = append(t.Facts, "Reference "+r)
	}
	if s.Code.Code != "" {
		t.Facts = append(t.Facts, systemName(s.Code.System)+" "+s.Code.Code)
	}
	t.Facts = append(t.Facts, plural(len(s.Points), "value", "values")+" from "+plural(max(1, len(s.Sources)), "site", "sites"))
	if s.Converted != "" {
		t.Facts = append(t.Facts, s.Converted)
	}
	t.Columns = []web.Column{{Label: "When"}, {Label: "Value"}, {Label: "Reference", Wide: true}, {Label: "Note", Wide: true}, {Label: "By", Wide: true}, {Label: "Source", Hidden: true}}
	points := s.Points[max(0, len(s.Points)-trendMost):]
	if len(points) < len(s.Points) {
		t.More = "The latest " + strconv.Itoa(trendMost) + " of " + strconv.Itoa(len(s.Points)) + " values are listed."
	}
	for i := len(points) - 1; i >= 0; i-- {
		p := points[i]
		one := trendValue{When: orUnknown(v.whenText(p.When)), Value: quantity(p), Range: rangeText(p.Range), Author: p.Author, Href: v.factHref(p.Prov), Badges: v.badges(p.Prov, p.Also), Computed: p.Computed}
		one.Note = dotted(statusWord(p.Status), first(p.Note, 160))
		t.Values = append(t.Values, one)
	}
}

// statusWord is a result's status when it is not the usual one.
func statusWord(s string) string {
	if s == "final" {
		return ""
	}
	return s
}

// systemName is a code system as people call it.
func systemName(url string) string {
	switch url {
	case "http://loinc.org":
		return "LOINC"
	case "http://snomed.info/sct":
		return "SNOMED CT"
	case "http://www.nlm.nih.gov/research/umls/rxnorm":
		return "RxNorm"
	case "http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10":
		return "ICD-10"
	case "http://hl7.org/fhir/sid/cvx":
		return "CVX"
	case "http://hl7.org/fhir/sid/ndc":
		return "NDC"
	case "http://unitsofmeasure.org":
		return "UCUM"
	case "http://dicom.nema.org/resources/ontology/DCM":
		return "DICOM"
	case "urn:ietf:bcp:47":
		return "language"
	case "":
		return "code"
	}
	if i := strings.LastIndexAny(url, "/:"); i >= 0 && i < len(url)-1 {
		return url[i+1:]
	}
	return url
}
