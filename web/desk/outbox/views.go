package outbox

import (
	"net/url"
	"time"

	"wholechart/record"
	"wholechart/schedule"
	"wholechart/schedule/remind"
	"wholechart/web"
	"wholechart/web/door"
)

type view struct {
	Code, Label, Href string
	Count             int
	Loud              bool // something is to be done about it
}

// views are the states of the outbox: what is to go, what went, and what came of it.
var views = []struct{ code, label string }{{"today", "Today"}, {"planned", "Planned"}, {"trying", "Being sent"}, {"failed", "Failed"},
	{"sent", "Sent"}, {"confirmed", "Confirmed"}, {"declined", "Cancelled"}, {"booked", "Booked"}, {"stopped", "Not sent"}}

// recent is how far back the states of what is past look.
const recent = 30 * 24 * time.Hour

func known(code string) bool {
	for _, x := range views {
		if x.code == code {
			return true
		}
	}
	return false
}

// filter narrows a state to one kind of message, or one channel.
type filter struct{ Kind, Way string }

var (
	kindOptions = []web.Option{{Value: "", Label: "Reminders and recalls"}, {Value: string(remind.Reminder), Label: "Reminders"}, {Value: string(remind.Recall), Label: "Recalls"}}
	wayOptions  = []web.Option{{Value: "", Label: "every way"}, {Value: string(schedule.ByEmail), Label: "e-mail"}, {Value: string(schedule.ByText), Label: "text message"},
		{Value: string(schedule.ByLetter), Label: "letter"}, {Value: string(schedule.ByPortal), Label: "portal"}, {Value: string(schedule.ByVoice), Label: "telephone call"}}
)

func filterOf(v url.Values) (f filter) {
	in := func(of []web.Option, value string) string {
		for _, o := range of {
			if o.Value == value {
				return value
			}
		}
		return ""
	}
	return filter{in(kindOptions, v.Get("kind")), in(wayOptions, v.Get("way"))}
}

// query is what a state asks for: of which type, and how.
func (f filter) query(code string, now time.Time, zone *time.Location) (typ string, v url.Values) {
	since := "ge" + now.Add(-recent).UTC().Format(time.RFC3339)
	v = url.Values{}
	if f.Kind != "" {
		v.Add("category", remind.KindSystem+"|"+f.Kind)
	}
	if f.Way != "" {
		v.Set("medium", remind.ChannelSystem+"|"+f.Way)
	}
	request := func(status, sort string) (string, url.Values) {
		v.Set("status", status)
		v.Set("_sort", sort)
		return "CommunicationRequest", v
	}
	switch code {
	case "today":
		v.Set("occurrence", "lt"+schedule.DayOf(now, zone).To.UTC().Format(time.RFC3339))
		return request("active", "occurrence")
	case "planned":
		return request("active", "occurrence")
	case "failed":
		return request("on-hold", "-occurrence")
	case "stopped":
		v.Set("occurrence", since)
		return request("revoked", "-occurrence")
	case "trying":
		v.Set("status", "preparation,in-progress")
		return "Communication", v
	case "confirmed", "declined", "booked":
		v.Add("category", remind.OutcomeSystem+"|"+code)
	}
	v.Set("status", "completed")
	v.Set("sent", since)
	v.Set("_sort", "-sent")
	return "Communication", v
}

// count is how many messages are in a state.
func (f filter) count(c *door.Call, s record.Session, code string) (int, error) {
	typ, q := f.query(code, c.Now, c.Zone)
	q.Del("_sort")
	return remind.Count(c.R.Context(), s, typ, q)
}

// address is a state with this filter.
func (f filter) address(path, code string) string {
	v := url.Values{"show": {code}}
	if f.Kind != "" {
		v.Set("kind", f.Kind)
	}
	if f.Way != "" {
		v.Set("way", f.Way)
	}
	return path + "?" + v.Encode()
}
