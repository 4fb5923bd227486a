package day

import (
	"fmt"
	"strconv"
	"time"

	"wholechart/access"
	"wholechart/decision/rule"
	"wholechart/decision/standing"
	"wholechart/web/clinic/rules"
	"wholechart/web/door"
)

// overdue is the line that says for how many of a day's patients something is
// overdue. It names none of them: the page of checkups due does.
type overdue struct {
	Text  string // "" when there is nothing to say, or not to who asks
	Href  string // where it is looked through; "" while nothing is known
	Waits bool   // some are still to be worked out
}

// askAgain is after what time a page asks again for what is being worked out.
const askAgain = time.Minute

// overdue counts from memory, as the lists do: without the rules that the site
// switched off, and for who may see lists alone.
func (h *room) overdue(c *door.Call, a agenda, today bool) (o overdue, err error) {
	if h.standing == nil || !standing.MayList(c.Actor) {
		return o, nil
	}
	ids := a.patients(c)
	if len(ids) == 0 {
		return o, nil
	}
	chosen, _, err := rules.Settings(c)
	if err != nil {
		return o, err
	}
	off := map[string]bool{}
	for id, s := range chosen {
		off[id] = s.Level == rule.Off
	}
	h.standing.CatchUp(c.R.Context(), c.Site.Slug, 0) // who was written just now is known to wait
	n, of := h.standing.Count(c.Site.Slug, ids, off)
	f := h.standing.Fresh(c.Site.Slug)
	o.Waits = of < len(ids) && (!f.Ready || f.Unknown > 0)
	if o.Text = overdueText(n, of, len(ids), today, o.Waits); of > 0 {
		o.Href = c.Path("lists", "due")
	}
	return o, nil
}

// patients are the ids of who comes, each once: by the record that stands for it.
func (a agenda) patients(c *door.Call) (ids []string) {
	seen := map[string]bool{}
	for _, v := range a.Visits {
		if v.Patient.ID == "" || v.Status == "noshow" {
			continue
		}
		if id := c.Session(access.EMR).Standing(v.Patient.ID); !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// overdueText is the line: n of the patients of whom it is known, of all. What is
// not known is never passed over.
func overdueText(n, of, all int, today, waits bool) string {
	day := "this day’s"
	if today {
		day = "today’s"
	}
	why := "not known"
	if waits {
		why = "still being worked out"
	}
	if of == 0 {
		return "what is overdue is " + why
	}
	whose := day + " " + strconv.Itoa(all) + " patients"
	if all == 1 {
		whose = day + " patient"
	}
	text := "nothing overdue for " + whose
	switch {
	case n > 0 && all == 1:
		text = whose + " has something overdue"
	case n == 1:
		text = "1 of " + whose + " has something overdue"
	case n > 1:
		text = fmt.Sprintf("%d of %s have something overdue", n, whose)
	}
	if of < all {
		if n == 0 {
			text = fmt.Sprintf("nothing overdue for %d of %s", of, whose)
		}
		text += fmt.Sprintf(", %d %s", all-of, why)
	}
	return text
}
