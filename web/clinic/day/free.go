package day

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"wholechart/access"
	"wholechart/schedule"
	"wholechart/web"
	"wholechart/web/door"
)

// shortest is how long a time must be to be shown as free.
const shortest = 10 * time.Minute

// addFree puts the times at which nobody comes between the visits of who asks, from
// now on, where the hours that they work are recorded; and says when the next is.
func (h *room) addFree(c *door.Call, a *agenda, day time.Time) error {
	until := day.AddDate(0, 0, 1)
	from := day
	if c.Now.After(from) {
		from = c.Now.In(c.Zone).Truncate(5 * time.Minute).Add(5 * time.Minute)
	}
	if !a.Mine || a.More || !from.Before(until) {
		return nil
	}
	var taken []schedule.Span
	for _, v := range a.Visits {
		if v.Status != "noshow" {
			taken = append(taken, schedule.Span{From: v.Start, To: v.End})
		}
	}
	s := c.Session(access.EMR)
	spans, known, err := schedule.Free(c.R.Context(), s, c.Actor.Who, schedule.Span{From: from, To: until}, taken, c.Zone)
	if err != nil || !known {
		return err
	}
	spans = slices.DeleteFunc(spans, func(x schedule.Span) bool { return x.To.Sub(x.From) < shortest })
	if len(spans) == 0 {
		return nil
	}
	books := c.Can(access.Create, "Appointment")
	var waiting []schedule.Appointment
	if books {
		if waiting, _, err = (schedule.Desk{Session: s, Zone: c.Zone, Now: c.Now}).Waitlist(c.R.Context()); err != nil {
			return err
		}
	}
	a.Next = spans[0].From.In(c.Zone).Format("15:04")
	for _, x := range spans {
		v := visit{ID: "free-" + x.From.UTC().Format("1504"), Start: x.From.In(c.Zone), End: x.To.In(c.Zone), Status: "free", Free: &free{Note: web.SpanText(x.To.Sub(x.From))}}
		v.Clock = v.Start.Format("15:04")
		if books {
			v.Free.Book = c.Path("schedule") + "?" + url.Values{"date": {v.Start.Format(time.DateOnly)}, "at": {v.Clock}, "for": {c.Actor.Who}}.Encode()
		}
		if n := len(schedule.Offers(waiting, schedule.Opening{Span: x, With: schedule.Party{Ref: c.Actor.Who}})); n > 0 {
			v.Free.Wait, v.Free.Who = c.Path("waitlist"), strconv.Itoa(n)+" on the wait list"
		}
		a.Visits = append(a.Visits, v)
	}
	slices.SortStableFunc(a.Visits, func(x, y visit) int { return x.Start.Compare(y.Start) })
	return nil
}
