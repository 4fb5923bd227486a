package visit

import (
	"errors"
	"net/http"
	"time"

	"wholechart/access"
	"wholechart/record"
	"wholechart/web/door"
)

// pastPage is a chart as it was.
type pastPage struct {
	Action string
	At     string // of the field: 2026-11-22T10:30
	Said   string // "As it was on 22 Nov 2026, 10:30 EST"
	Error  string
	Now    string // address of the chart as it is
}

const minute = "2006-01-02T15:04"

// asOf shows the chart of a past moment, or asks for one.
func (h *room) asOf(c *door.Call) {
	if !c.Can(access.History, "Condition") { // whom a chart without care would tell that nothing is recorded
		c.Failed(&record.Refused{Why: "this role sees who a person is, not their care"})
		return
	}
	id := c.R.PathValue("id")
	v := pastPage{Action: c.Path("patients", id, "as-of"), At: c.R.URL.Query().Get("at"), Now: c.Path("patients", id)}
	if len(v.At) > 40 {
		v.At = v.At[:0]
	}
	if v.At != "" {
		at, err := moment(v.At, c.Zone)
		if at.After(c.Now) && at.Format("2006-01-02") == c.Now.In(c.Zone).Format("2006-01-02") && begins(v.At, c.Zone).Before(c.Now.Add(time.Second)) {
			at = c.Now // this minute, today: until now
		}
		switch {
		case err != nil:
			v.Error = "Write the moment as 2026-11-22T10:30 (or the day alone, for its end)."
		case at.After(c.Now):
			v.Error = "That is in the future: nothing is written there yet."
		default:
			p, err := h.pages.PatientAsOf(c, at)
			if errors.Is(err, record.ErrNotFound) {
				if _, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", id); err != nil {
					c.Failed(err)
					return
				}
				v.Error = "Nothing was recorded here about this patient at that moment. This chart keeps every version since it came into this system."
				break
			}
			if err != nil {
				c.Failed(err)
				return
			}
			v.Said = "As it was on " + at.In(c.Zone).Format("2 Jan 2006, 15:04 MST")
			page := p.Frame(v.Said)
			page.Sheets = append(page.Sheets, sheetURL)
			page.Flash = nil
			p.Show(0, page, pastMain(v, p.OverviewAt("as-of")))
			return
		}
	}
	p, err := h.pages.Patient(c, access.EMR)
	if err != nil {
		c.Failed(err)
		return
	}
	page := p.Frame("As it was")
	page.Sheets = append(page.Sheets, sheetURL)
	status := http.StatusOK
	if v.Error != "" {
		status = http.StatusUnprocessableEntity
	}
	p.Show(status, page, pastAsk(v))
}

// begins is the first instant of what moment reads.
func begins(text string, zone *time.Location) time.Time {
	if t, err := time.ParseInLocation(minute, text, zone); err == nil {
		return t
	}
	if t, err := time.ParseInLocation("2006-01-02", text, zone); err == nil {
		return t
	}
	t, err := moment(text, zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// moment reads a minute, or a day for its last instant.
func moment(text string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation("2006-01-02T15:04:05", text, zone); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation(minute, text, zone); err == nil {
		return t.Add(time.Minute - time.Millisecond), nil
	}
	t, err := time.ParseInLocation("2006-01-02", text, zone)
	return t.AddDate(0, 0, 1).Add(-time.Millisecond), err
}
