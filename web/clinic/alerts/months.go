package alerts

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"wholechart/decision/burden"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// MaxMonths bounds what the page by month looks back.
const MaxMonths = 12

const monthOnly = "2006-01"

// month is one row of the page by month.
type month struct {
	burden.Month
	Name, ISO string
	Orders    int
	Per       string // interrupting cards for 100 orders
	Radiation string // mSv
	Lines     []line
}

type monthsPage struct {
	Months         []month
	Total          burden.Count
	Radiation      string
	Orders         int
	Here, Days     string
	CSV            string
	Cut            bool
	Averted, Taken int
}

// mSv words microsievert.
func mSv(micro int) string {
	if micro == 0 {
		return "0"
	}
	if micro < 100 {
		return "under 0.1"
	}
	return strconv.FormatFloat(float64(micro)/1000, 'f', 1, 64)
}

// byMonth gathers the last months: what was counted, the overrides that the charts
// keep, and the orders.
func (r *room) byMonth(c *door.Call) (out []month, cut bool, err error) {
	now := c.Now.In(c.Zone)
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, c.Zone).AddDate(0, 1-MaxMonths, 0)
	tally := burden.Tally{}
	if r.Counts != nil {
		counted, err := r.Counts(c.R.Context(), c.Site.Slug)
		if err != nil {
			return nil, false, err
		}
		tally.Add(counted)
	}
	if cut, err = overrides(c, tally, first.Format(time.DateOnly)); err != nil {
		return nil, false, err
	}
	more, err := instead(c, tally, first.Format(time.DateOnly))
	if err != nil {
		return nil, false, err
	}
	cut = cut || more
	known := r.known()
	for _, m := range tally.Months(first.Format(monthOnly), now.Format(monthOnly)) {
		at, err := time.ParseInLocation(monthOnly, m.Month, c.Zone)
		if err != nil {
			return nil, false, err
		}
		from, next := at.Format(time.DateOnly), at.AddDate(0, 1, 0).Format(time.DateOnly)
		x := month{Month: m, ISO: m.Month, Name: at.Format("January 2006"), Per: "no orders", Radiation: mSv(m.MicroSv)}
		if x.Orders, err = ordersOf(c, from, next); err != nil {
			return nil, false, err
		}
		if cut { // more than are read: they are counted instead, without their rules
			n, err := count(c, "DetectedIssue", "identified", from, next, url.Values{"status:not": {"entered-in-error"}})
			if err != nil {
				return nil, false, err
			}
			x.Overridden = max(x.Overridden, n)
		}
		if per, ok := burden.Per100(m.Interrupted, x.Orders); ok {
			x.Per = strconv.FormatFloat(per, 'f', 1, 64)
		}
		for _, l := range m.Lines {
			x.Lines = append(x.Lines, known.line(c, l))
		}
		out = append(out, x)
	}
	return out, cut, nil
}

func (r *room) months(c *door.Call) {
	if !mayRead(c) {
		c.Failed(&record.Refused{Why: "this page is for those who take part in care"})
		return
	}
	list, cut, err := r.byMonth(c)
	if err != nil {
		c.Failed(err)
		return
	}
	p := monthsPage{Months: list, Cut: cut, Here: c.Path("alerts", "months"), Days: c.Path("alerts"), CSV: c.Path("alerts", "months.csv")}
	var lines []burden.Line
	for _, m := range list {
		lines = append(lines, burden.Line{Count: m.Count})
		p.Orders += m.Orders
	}
	p.Total = burden.Total(lines)
	p.Radiation = mSv(p.Total.MicroSv)
	frame := c.Page("What alerts did, by month")
	frame.Sheets = []string{sheetURL}
	c.Render(http.StatusOK, web.Framed(frame, monthsMain(p)))
}

func (r *room) monthsCSV(c *door.Call) {
	if !mayRead(c) {
		c.Failed(&record.Refused{Why: "this page is for those who take part in care"})
		return
	}
	list, cut, err := r.byMonth(c)
	if err != nil {
		c.Failed(err)
		return
	}
	web.SecurityHeaders(c.W)
	h := c.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="alerts-by-month-`+c.Site.Slug+"-"+c.Now.In(c.Zone).Format(time.DateOnly)+`.csv"`)
	w := csv.NewWriter(c.W)
	_ = w.Write([]string{"month", "rule", "title", "kind", "shown", "interrupted", "accepted", "overridden", "tests averted", "radiation avoided mSv", "reasons", "orders", "complete"})
	row := func(month, rule, title, kind string, x burden.Count, why string, orders int) {
		_ = w.Write([]string{month, safe(rule), safe(title), kind, strconv.Itoa(x.Shown), strconv.Itoa(x.Interrupted), strconv.Itoa(x.Accepted), strconv.Itoa(x.Overridden), strconv.Itoa(x.Averted),
			strconv.FormatFloat(float64(x.MicroSv)/1000, 'f', 3, 64), safe(why), strconv.Itoa(orders), strconv.FormatBool(!cut)})
	}
	for _, m := range list {
		row(m.ISO, "", "all rules", "", m.Count, "", m.Orders)
		for i, l := range m.Lines {
			row(m.ISO, m.Month.Lines[i].Rule, l.Title, l.Kind, l.Count, l.Why, m.Orders)
		}
	}
	w.Flush()
}
