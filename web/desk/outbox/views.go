package outbox

import (
	"net/url"
	"sync"
	"time"

	"wholechart/access"
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

// recent is how far back the states of what is past count.
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
		return request("revoked", "-occurrence")
	case "trying":
		v.Set("status", "preparation,in-progress")
		return "Communication", v
	case "confirmed", "declined", "booked":
		v.Add("category", remind.OutcomeSystem+"|"+code)
	}
	v.Set("status", "completed")
	v.Set("_sort", "-sent")
	return "Communication", v
}

// count is how many messages are in a state; of what is past, within recent.
func (f filter) count(c *door.Call, s record.Session, code string) (int, error) {
	typ, q := f.query(code, c.Now, c.Zone)
	q.Del("_sort")
	since := "ge" + c.Now.Add(-recent).UTC().Format(time.DateOnly)
	switch {
	case code == "stopped":
		q.Set("occurrence", since)
	case typ == "Communication" && code != "trying":
		q.Set("sent", since)
	}
	return remind.Count(c.R.Context(), s, typ, q)
}

// counts are numbers that were counted within the last minute: what is past may be
// as old, what is to be done about is counted at each look.
type counts struct {
	mu sync.Mutex
	of map[countOf]counted
}

type countOf struct {
	site string
	role access.Role
	filter
	code string
}

type counted struct {
	n  int
	at time.Time
}

const (
	countFor  = time.Minute
	maxCounts = 1000
)

func (k *counts) count(c *door.Call, s record.Session, f filter, code string) (int, error) {
	if code == "today" || code == "trying" || code == "failed" {
		return f.count(c, s, code)
	}
	key := countOf{c.Site.Slug, c.Actor.Role, f, code}
	k.mu.Lock()
	have, ok := k.of[key]
	k.mu.Unlock()
	if age := c.Now.Sub(have.at); ok && age >= 0 && age < countFor {
		return have.n, nil
	}
	n, err := f.count(c, s, code)
	if err == nil {
		k.mu.Lock()
		if len(k.of) >= maxCounts {
			clear(k.of)
		}
		k.of[key] = counted{n, c.Now}
		k.mu.Unlock()
	}
	return n, err
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
