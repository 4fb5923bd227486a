package clinic

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"wholechart/chart"
	"wholechart/web"
	"wholechart/web/plot"
)

func (v *view) results() resultTable {
	labs := v.labs()
	t := resultTable{More: web.Link{Label: "All " + strconv.Itoa(len(v.chart.Results.Series)) + " · flowsheet", Href: v.href("results")}}
	for _, s := range labs[:min(len(labs), glanceResults)] {
		t.Rows = append(t.Rows, v.resultRow(s))
	}
	if len(t.Rows) == 0 {
		t.Empty = v.nothing("results")
		if len(v.chart.Results.Series) == 0 {
			t.More = web.Link{}
		}
	}
	t.Rest = rest(len(labs)-len(t.Rows), v.href("results"))
	return t
}

func (v *view) resultRow(s *chart.Series) resultRow {
	p := s.Latest()
	r := resultRow{Name: s.Name, Href: v.href("results", s.Key), Value: quantity(p), Range: rangeText(p.Range), Spark: v.spark(s), When: p.When, Badge: v.badge(p.Prov), Computed: p.Computed}
	if r.Range == "" {
		r.Range = rangeText(s.Range)
	}
	return r
}

// labs are the laboratory series, those first that a reader wants first:
// flagged ones, then those measured lately and often.
func (v *view) labs() []*chart.Series {
	labs := slices.Clone(v.chart.Results.In("laboratory"))
	slices.SortStableFunc(labs, func(a, b *chart.Series) int { return cmp.Compare(v.weight(b), v.weight(a)) })
	return labs
}

// weight orders series by how much their latest value may matter now. It is an
// order of display only: nothing is hidden by it, and it claims no danger.
func (v *view) weight(s *chart.Series) float64 {
	p := s.Latest()
	w := 0.0
	switch p.Flag {
	case "HH", "LL", "AA":
		w += 8
	case "H", "L", "A":
		w += 4
	}
	if !p.When.Known() {
		return w - 20
	}
	age := v.Now.Sub(p.When.At).Hours() / 24 / 365
	w -= min(age*2.5, 16)
	w += min(float64(len(s.Points)), 12) / 4
	if v.whole() {
		w += 2 * float64(len(s.Sources)-1)
	}
	for _, q := range s.Points[max(0, len(s.Points)-8):] {
		if q.Flag == "HH" || q.Flag == "LL" {
			w += 2
			break
		}
	}
	return w
}

// telling is the plot of the series that ?plot= names, else of the one that
// tells most: a course of several values, best from several sites.
func (v *view) telling() *trendCard {
	if key := v.R.FormValue("plot"); key != "" {
		if s := v.chart.Results.ByKey(key); s != nil {
			return v.trendCard(s)
		}
	}
	var best *chart.Series
	most := 0.0
	for _, s := range v.chart.Results.In("laboratory") {
		if !s.Numeric || len(s.Points) < 3 {
			continue
		}
		w := v.weight(s) + 4*float64(len(s.Sources)-1)
		if best == nil || w > most {
			best, most = s, w
		}
	}
	if best == nil {
		for _, it := range v.chart.Vitals.Items {
			if it.Series != nil && len(it.Series.Points) > 2 && (it.Series.Numeric || len(it.Series.Parts) > 0) {
				best = it.Series
				break
			}
		}
	}
	if best == nil {
		return nil
	}
	return v.trendCard(best)
}

func (v *view) trendCard(s *chart.Series) *trendCard {
	label := plural(len(s.Points), "value", "values")
	if n := len(s.Sources); n > 1 {
		label += " from " + strconv.Itoa(n) + " sites"
	}
	return &trendCard{Title: s.Name, More: web.Link{Label: label, Href: v.href("results", s.Key)}, Plot: v.trendPlot(s, 0)}
}

func (v *view) trendPlot(s *chart.Series, height int) plot.Trend {
	t := plot.Trend{Title: s.Name, Unit: s.Unit, Low: s.Range.Low, High: s.Range.High, Zone: v.Zone, Height: height}
	parts := s.Parts
	if len(parts) == 0 {
		parts = []*chart.Series{s}
	} else {
		t.Low, t.High = nil, nil
	}
	for _, part := range parts {
		one := plot.Series{Name: part.Name}
		if t.Unit == "" {
			t.Unit = part.Unit
		}
		for _, p := range part.Points {
			if p.When.Known() {
				one.Points = append(one.Points, v.point(p, true))
			}
		}
		t.Series = append(t.Series, one)
	}
	return t
}

// rangeText is a reference range as short as it can be said.
func rangeText(r chart.Range) string {
	if r.Text != "" && len(r.Text) < 24 {
		return r.Text
	}
	number := func(f *float64) string { return strconv.FormatFloat(*f, 'f', -1, 64) }
	switch {
	case r.Low != nil && r.High != nil:
		return number(r.Low) + "–" + number(r.High)
	case r.Low != nil:
		return "≥ " + number(r.Low)
	case r.High != nil:
		return "≤ " + number(r.High)
	}
	return r.Text
}

// trend is the page of one result.
func (h *clinic) trend(c *call) {
	v, err := c.view("Observation")
	if err != nil {
		c.Failed(err)
		return
	}
	if v.desk() {
		v.deskPage()
		return
	}
	key := c.R.PathValue("code")
	s := v.chart.Results.ByKey(key)
	if s == nil {
		s = v.chart.Results.Find(key)
	}
	t := trendPage{Lens: v.lensSwitch("results", key), Strip: v.strip(), Tabs: v.tabs("results"), Back: v.href("results")}
	status := http.StatusOK
	if s == nil {
		t.Title, status = "No such result", http.StatusNotFound
		if v.gap() != "" {
			t.Title, status = "Result", http.StatusOK // it may still come
		}
		t.Empty = v.nothing("values of this result")
		if !v.whole() {
			t.Hint = "This chart has none. The whole record may."
		}
	} else {
		v.fillTrend(&t, s)
	}
	v.frame(status, t.Title, trendMain(t))
}
