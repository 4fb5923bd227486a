package progress

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/fhir"
	"wholechart/web"
)

// flowsheet is what is known by date: a row a series, a column a day.
type flowsheet struct {
	Days    []column
	Groups  []rowGroup
	Count   int    // of the rows that fit what is asked
	Hidden  int    // of these, beyond what a page holds
	Range   string // "days 1–10 of 48"
	Back    string // to the left
	On      string // to the right
	Lacking []string
}

// column is one day; of facts without a day the month, the year, or nothing.
type column struct {
	Key   string // 2026-11-14; "" date unknown
	Label string
	Year  string // beneath it
}

type rowGroup struct {
	Title string
	Rows  []sheetRow
}

type sheetRow struct {
	Key, Name, Href, Unit, Range string
	Note                         string // "2 values in mmol/mol"
	Latest                       string // where no day of the page has a value
	Cells                        [][]sheetValue
	Chosen                       bool
}

// sheetValue is one value as it was reported.
type sheetValue struct {
	Text, Unit, Flag, Word, Clock string
	Critical                      bool
	Tip, Href                     string
	Letters                       string // of the site, where there are several
	Color                         int
	More                          string // "and 5 more": Href leads to them
}

const (
	sheetDays   = 10
	sheetRows   = 250
	sheetValues = 6 // of one series on one day
)

// groups of the flowsheet, by what a series is of.
var (
	groupCodes = []string{"vitals", "laboratory", "other"}
	groupNames = map[string]string{"vitals": "Vital signs", "laboratory": "Laboratory", "other": "Everything else"}
)

func groupOf(s *chart.Series) string {
	switch s.Category {
	case "vital-signs":
		return "vitals"
	case "laboratory":
		return "laboratory"
	}
	return "other"
}

// vitalOrder is how vital signs are read.
var vitalOrder = []wanted{qPressure, qPulse, {"", []string{"8310-5", "8331-1", "8328-7", "8333-7", "8329-5", "8332-9"}}, {"", []string{"9279-1"}}, qOxygen, qWeight, {"", []string{"8302-2", "8306-3", "8308-9", "3137-7"}}, qBMI, {"", []string{"9843-4", "8287-5"}}, qPain}

func vitalRank(s *chart.Series) int {
	for i, w := range vitalOrder {
		if hasCode(s, w.LOINC...) {
			return i
		}
	}
	return len(vitalOrder)
}

// chosen are the series that are asked for, in the order of the flowsheet, with
// the title of each one's group.
func (v *view) chosen() (list []*chart.Series, title map[*chart.Series]string, lacking []string) {
	all := v.Chart().Results.Series
	title = map[*chart.Series]string{}
	panel := panelsOf(v.Chart().Results.Panels)
	text := strings.ToLower(v.ask.Text)
	rank := map[string]int{}
	if f := focusByID(v.ask.Focus); f != nil && len(v.ask.Rows) == 0 {
		all, lacking = f.followed(indexOf(all))
	}
	for _, s := range all {
		if len(v.ask.Rows) > 0 && !slices.Contains(v.ask.Rows, s.Key) || v.ask.Group != "" && groupOf(s) != v.ask.Group {
			continue
		}
		if text != "" && !strings.Contains(strings.ToLower(s.Name), text) && !strings.Contains(strings.ToLower(panel[s]), text) && !hasCode(s, v.ask.Text) {
			continue
		}
		t := groupNames[groupOf(s)]
		if g := groupOf(s); g == "laboratory" {
			if t = panel[s]; t == "" {
				t = "Other laboratory"
			}
		} else if g == "other" {
			t = categoryName(s.Category)
		}
		title[s] = t
		list = append(list, s)
	}
	if focusByID(v.ask.Focus) != nil && len(v.ask.Rows) == 0 { // a view has its own order and no groups
		return list, map[*chart.Series]string{}, lacking
	}
	for _, s := range list { // groups in the order of their newest value; the vital signs first
		t := title[s]
		if _, ok := rank[t]; !ok {
			rank[t] = len(rank) + map[string]int{"vitals": -100_000, "other": 100_000}[groupOf(s)]
			if t == "Other laboratory" {
				rank[t] += 50_000
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *chart.Series) int {
		if c := cmp.Compare(rank[title[a]], rank[title[b]]); c != 0 {
			return c
		}
		if groupOf(a) == "vitals" {
			if c := cmp.Compare(vitalRank(a), vitalRank(b)); c != 0 {
				return c
			}
		}
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return list, title, lacking
}

// panelsOf gives each series the newest report that groups it with others.
func panelsOf(panels []chart.Panel) map[*chart.Series]string {
	out := map[*chart.Series]string{}
	for _, p := range panels {
		if len(p.Lines) < 2 || p.Name == "" {
			continue
		}
		for _, l := range p.Lines {
			if l.Series != nil && out[l.Series] == "" {
				out[l.Series] = p.Name
			}
		}
	}
	return out
}

func categoryName(code string) string {
	switch code {
	case "":
		return "Not classified"
	case "survey":
		return "Questionnaires and scores"
	case "social-history":
		return "Life and habits"
	case "exam":
		return "Examination"
	}
	return capital(strings.ReplaceAll(code, "-", " "))
}

// dayKey is the column of a time: the day in the reader's zone, or the month or
// year where no more is known.
func (v *view) dayKey(w chart.When) string {
	if w.HasTime() {
		return w.At.In(v.c.Zone).Format("2006-01-02")
	}
	return w.Day()
}

func columnOf(key string) column {
	c := column{Key: key, Label: web.PartialDateText(key)}
	if key == "" {
		c.Label = "Date unknown"
	} else if t, err := time.Parse("2006-01-02", key); err == nil {
		c.Label, c.Year = t.Format("2 Jan"), t.Format("2006")
	}
	return c
}

// flowsheet fills the table with what is asked.
func (v *view) flowsheet() flowsheet {
	list, title, lacking := v.chosen()
	f := flowsheet{Count: len(list), Lacking: lacking}
	from := v.ask.from(v.c.Now)
	days := map[string]bool{}
	for _, s := range list {
		for i := range s.Points {
			if w := s.Points[i].When; from.IsZero() || w.Known() && !w.At.Before(from) {
				days[v.dayKey(w)] = true
			}
		}
	}
	keys := make([]string, 0, len(days))
	for d := range days {
		keys = append(keys, d)
	}
	slices.Sort(keys) // the unknown date is first
	if !v.ask.Old {
		slices.Reverse(keys)
	}
	if i := slices.Index(keys, ""); i >= 0 {
		keys = append(slices.Delete(keys, i, i+1), "")
	}
	first := min(v.ask.Page*sheetDays, max(0, (len(keys)-1)/sheetDays*sheetDays))
	last := min(len(keys), first+sheetDays)
	if len(keys) > sheetDays {
		f.Range = "days " + strconv.Itoa(first+1) + "–" + strconv.Itoa(last) + " of " + strconv.Itoa(len(keys))
	}
	if first > 0 {
		f.Back = v.href("", func(a *ask) { a.Page = first/sheetDays - 1 })
	}
	if last < len(keys) {
		f.On = v.href("", func(a *ask) { a.Page = first/sheetDays + 1 })
	}
	at := map[string]int{}
	for i, k := range keys[first:last] {
		at[k] = i
		f.Days = append(f.Days, columnOf(k))
	}
	if len(list) > sheetRows {
		f.Hidden = len(list) - sheetRows
		list = list[:sheetRows]
	}
	several := len(v.Chart().Sources) > 1
	for _, s := range list {
		if n := len(f.Groups); n == 0 || f.Groups[n-1].Title != title[s] {
			f.Groups = append(f.Groups, rowGroup{Title: title[s]})
		}
		g := &f.Groups[len(f.Groups)-1]
		g.Rows = append(g.Rows, v.row(s, at, len(f.Days), several))
	}
	return f
}

func (v *view) row(s *chart.Series, at map[string]int, days int, several bool) sheetRow {
	r := sheetRow{Key: s.Key, Name: s.Name, Href: v.Href("results", s.Key), Unit: unitText(unitOf(s)), Range: rangeText(s.Range), Note: s.Converted, Cells: make([][]sheetValue, days), Chosen: slices.Contains(v.ask.Rows, s.Key)}
	for i := range s.Points {
		p := &s.Points[i]
		col, ok := at[v.dayKey(p.When)]
		if !ok {
			continue
		}
		cell := r.Cells[col]
		if len(cell) == sheetValues {
			r.Cells[col] = append(cell, sheetValue{More: "and more", Href: v.Href("results", s.Key)})
			continue
		}
		if len(cell) > sheetValues {
			continue
		}
		r.Cells[col] = append(cell, v.value(s, p, several))
	}
	if !slices.ContainsFunc(r.Cells, func(c []sheetValue) bool { return len(c) > 0 }) {
		if p := s.Latest(); p.When.Known() {
			r.Latest = "latest " + strings.TrimSpace(orElse(p.Value, orElse(p.Absent, "no value"))+" "+unitText(p.Unit)) + ", " + p.When.String()
		}
	}
	return r
}

func unitOf(s *chart.Series) string {
	if s.Unit == "" && len(s.Parts) > 0 {
		return s.Parts[0].Unit
	}
	return s.Unit
}

func (v *view) value(s *chart.Series, p *chart.Point, several bool) sheetValue {
	x := sheetValue{Text: p.Value, Unit: unitText(p.Unit), Flag: p.Flag, Clock: v.clock(p.When), Critical: p.Critical(), Href: v.FactHref(p.Prov)}
	if x.Text == "" {
		x.Text, x.Unit = orElse(p.Absent, "no value"), ""
	}
	if p.Flag != "" && p.Flag != "N" {
		x.Word = orElse(p.FlagWord, web.Flag{Code: p.Flag}.Word())
	}
	if p.Source != nil && several {
		x.Letters, x.Color = p.Source.Badge, p.Source.Color
	}
	x.Tip = v.tip(s, p, x)
	return x
}

// tip is what hover and focus tell of a value: as reported, when, from where.
func (v *view) tip(s *chart.Series, p *chart.Point, x sheetValue) string {
	lines := []string{s.Name + " " + strings.TrimSpace(x.Text+" "+x.Unit)}
	if x.Word != "" {
		lines[0] += ", " + x.Word
		if p.Computed {
			lines = append(lines, "flagged here, by the range that was reported")
		}
	}
	if t := rangeText(p.Range); t != "" {
		lines = append(lines, "reference "+t)
	}
	if p.Converted {
		lines = append(lines, drawnText(p, s)+" in plots")
	}
	if p.Status != "" && p.Status != "final" {
		lines = append(lines, p.Status)
	}
	if p.When.Known() {
		lines = append(lines, v.When(p.When))
	}
	b := v.Badge(p.Prov)
	source := b.Letters + " · " + b.Title
	if b.Author != "" {
		source += " · " + b.Author
	}
	lines = append(lines, source)
	if b.Route != "" {
		lines = append(lines, b.Route)
	}
	var also []string
	for _, a := range p.Also {
		if a.Source != nil && !slices.Contains(also, a.Source.Name) && a.Source != p.Source {
			also = append(also, a.Source.Name)
		}
	}
	if len(also) > 0 {
		lines = append(lines, "also at "+strings.Join(also, ", "))
	}
	return strings.Join(lines, "\n")
}

// drawnText says a converted number: "drawn as 7.9 %".
func drawnText(p *chart.Point, s *chart.Series) string {
	return "drawn as " + strconv.FormatFloat(p.Number, 'g', 4, 64) + " " + unitText(s.Unit)
}

// clock is the time of day in the reader's zone.
func (v *view) clock(w chart.When) string {
	if !w.HasTime() {
		return ""
	}
	return w.At.In(v.c.Zone).Format("15:04")
}

// unitText is a unit as people write it; of a plain ratio nothing.
func unitText(u string) string {
	switch u {
	case "INR", "{INR}", "1":
		return ""
	case "mm[Hg]":
		return "mmHg"
	case "Cel":
		return "°C"
	}
	return u
}

// rangeText is a reference range as it was reported, else its limits.
func rangeText(r chart.Range) string {
	number := func(f *float64) string { return strconv.FormatFloat(*f, 'f', -1, 64) }
	switch {
	case r.Text != "":
		return r.Text
	case r.Low != nil && r.High != nil:
		return number(r.Low) + "–" + number(r.High)
	case r.Low != nil:
		return "≥ " + number(r.Low)
	case r.High != nil:
		return "≤ " + number(r.High)
	}
	return ""
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// dated says whether a time is known to the day, so that it has a place on an axis.
func dated(w chart.When) bool { return w.Precision >= fhir.Day }
