package day

import (
	"fmt"
	"strconv"
	"strings"
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
// switched off, and for who may see lists alone. It writes beside the visits that
// are to come what is overdue.
func (h *room) overdue(c *door.Call, a *agenda, today bool) (o overdue, err error) {
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
	for i, v := range a.Visits {
		if v.Patient.ID != "" && !v.Past && v.Status != "noshow" {
			a.Visits[i].Overdue = h.names(c, v.Patient.ID, off)
		}
	}
	f := h.standing.Fresh(c.Site.Slug)
	o.Waits = of < len(ids) && (!f.Ready || f.Unknown > 0)
	if o.Text = overdueText(n, of, len(ids), today, o.Waits); of > 0 {
		o.Href = c.Path("lists", "due")
	}
	return o, nil
}

// named is how many things that are overdue a line names.
const named = 2

// names says what is overdue for a patient and not ordered yet: "mammogram, INR, 2
// more". Empty: nothing, or nothing is known.
func (h *room) names(c *door.Call, patient string, off map[string]bool) string {
	row, _, ok := h.standing.Of(c.Site.Slug, c.Session(access.EMR).Standing(patient))
	if !ok {
		return ""
	}
	var list []string
	more := 0
	for it := range row.Items() {
		switch {
		case it.Status != standing.Overdue || it.Pending || off[it.Rule.ID]:
		case len(list) < named:
			list = append(list, it.Rule.Title)
		default:
			more++
		}
	}
	if more > 0 {
		list = append(list, strconv.Itoa(more)+" more")
	}
	return strings.Join(list, ", ")
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
