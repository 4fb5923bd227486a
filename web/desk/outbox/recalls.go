package outbox

import (
	"net/url"
	"strconv"
	"time"

	"wholechart/access"
	"wholechart/record"
	"wholechart/schedule/remind"
	"wholechart/web"
	"wholechart/web/door"
)

type recallPage struct {
	Rules []recallRule
	Rule  string
	Lines []line
	More  bool
	Path  string
	Form  string
	Back  string
	Set   string
}

// recallRule is a rule with how many people stand where.
type recallRule struct {
	ID, Label, Href, How               string
	Due, Planned, Failed, Sent, Booked int
	More                               bool // of Sent and Booked: at least so many
}

func (h *room) recalls(c *door.Call) {
	if refused(c, sends(c)) {
		return
	}
	ctx, s := c.R.Context(), c.Session(access.EMR)
	rules, err := remind.ReadRules(ctx, s)
	if err != nil {
		c.Failed(err)
		return
	}
	v := &recallPage{Rule: c.R.URL.Query().Get("rule"), Path: c.Path("recalls"), Form: c.Path("recalls"), Set: c.Path("reminders")}
	if _, ok := rules.Recall(v.Rule); !ok {
		v.Rule = ""
		if len(rules.Recalls) > 0 {
			v.Rule = rules.Recalls[0].ID
		}
	}
	v.Back = c.Path("recalls") + "?rule=" + url.QueryEscape(v.Rule)
	since := "ge" + c.Now.AddDate(0, -3, 0).UTC().Format(time.DateOnly)
	for _, r := range rules.Recalls {
		row := recallRule{ID: r.ID, Label: r.Label, Href: c.Path("recalls") + "?rule=" + url.QueryEscape(r.ID), How: "every " + strconv.Itoa(r.Every) + " days, at most " + strconv.Itoa(r.Most) + " times; released by hand"}
		if r.Auto {
			row.How = "every " + strconv.Itoa(r.Every) + " days, at most " + strconv.Itoa(r.Most) + " times; goes out by itself"
		}
		for status, n := range map[string]*int{"draft": &row.Due, "active": &row.Planned, "on-hold": &row.Failed} {
			if *n, err = remind.Count(ctx, s, "CommunicationRequest", url.Values{"status": {status}, "category": {remind.OfRule(r.ID)}}); err != nil {
				c.Failed(err)
				return
			}
		}
		sent, _, more, err := remind.Messages(ctx, s, url.Values{"status": {"completed"}, "sent": {since}, "category": {remind.OfRule(r.ID)}}, 1000)
		if err != nil {
			c.Failed(err)
			return
		}
		row.Sent, row.More = len(sent), more
		for _, m := range sent {
			if m.Booked != "" {
				row.Booked++
			}
		}
		v.Rules = append(v.Rules, row)
	}
	list, people, more, err := remind.Requests(ctx, s, url.Values{"status": {"draft,active,on-hold"}, "_sort": {"occurrence"}, "category": {remind.OfRule(v.Rule)}}, shown)
	if err != nil {
		c.Failed(err)
		return
	}
	v.More = more
	for _, q := range list {
		v.Lines = append(v.Lines, h.line(c, q, people))
	}
	c.Show(h.page(c, "Recalls"), recallMain(v, c.Zone))
}

// releaseMany sends or stops the recalls that were ticked.
func (h *room) releaseMany(c *door.Call) {
	if refused(c, sends(c)) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	ctx, s := c.R.Context(), c.Session(access.EMR)
	do, word := remind.Release, " go out at their time."
	if v.Get("do") == "stop" {
		do, word = remind.Stop, " stopped."
	}
	done, picked := 0, v["pick"]
	for _, id := range picked[:min(len(picked), shown)] {
		switch err := do(ctx, s, id, ""); err {
		case nil:
			done++
		case remind.ErrNotNow, record.ErrNotFound:
		default:
			c.Failed(err)
			return
		}
	}
	h.service.Wake()
	back := web.LocalPath(v.Get("back"), c.Site.Slug)
	if back == "" {
		back = c.Path("recalls")
	}
	f := web.Flash{Kind: web.Good, Text: strconv.Itoa(done) + word}
	if len(picked) == 0 {
		f = web.Flash{Kind: web.Warning, Text: "Tick whom first."}
	}
	c.Done(back, f)
}
