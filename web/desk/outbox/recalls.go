package outbox

import (
	"net/url"
	"strconv"

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
	ID, Label, Href, How                    string
	Due, Planned, Failed, Sent, Booked, All int
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
	lists := map[string][]remind.Request{}
	found, people, more, err := remind.Requests(ctx, s, url.Values{"status": {"draft,active,on-hold"}, "_sort": {"occurrence"}, "category": {}}, 1000)
	if err != nil {
		c.Failed(err)
		return
	}
	for _, q := range found {
		if q.Kind == remind.Recall {
			lists[q.Rule] = append(lists[q.Rule], q)
		}
	}
	sent, _, _, err := remind.Messages(ctx, s, url.Values{"status": {"completed"}, "sent": {"ge" + c.Now.AddDate(0, -3, 0).UTC().Format("2006-01-02")}}, 1000)
	if err != nil {
		c.Failed(err)
		return
	}
	for _, r := range rules.Recalls {
		row := recallRule{ID: r.ID, Label: r.Label, Href: c.Path("recalls") + "?rule=" + url.QueryEscape(r.ID), How: "every " + strconv.Itoa(r.Every) + " days, at most " + strconv.Itoa(r.Most) + " times; released by hand"}
		if r.Auto {
			row.How = "every " + strconv.Itoa(r.Every) + " days, at most " + strconv.Itoa(r.Most) + " times; goes out by itself"
		}
		for _, q := range lists[r.ID] {
			switch q.Status {
			case "draft":
				row.Due++
			case "active":
				row.Planned++
			case "on-hold":
				row.Failed++
			}
		}
		for _, m := range sent {
			if m.Kind == remind.Recall && m.Rule == r.ID {
				row.Sent++
				if m.Booked != "" {
					row.Booked++
				}
			}
		}
		v.Rules = append(v.Rules, row)
	}
	list := lists[v.Rule]
	v.More = more || len(list) > shown
	for _, q := range list[:min(len(list), shown)] {
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
		case remind.NotNow, record.ErrNotFound:
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
