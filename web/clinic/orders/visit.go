package orders

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"wholechart/fhir"
	"wholechart/web"
	"wholechart/web/door"
)

// openVisit is an Encounter of this site that nobody ended.
type openVisit struct {
	ID, Label string
	Today     bool // it began today, or in this night
	Mine      bool // who asks takes part in it
}

// night is how long a visit that began before midnight is still today's.
const night = 12 * time.Hour

// openVisits are the patient's visits and stays that nobody ended, newest first.
func openVisits(c *door.Call, patient string) []openVisit {
	found, err := seek(c, "Encounter", url.Values{"patient": {patient}, "status": {"in-progress,arrived,triaged"}, "_sort": {"-date"}, "_count": {"10"}})
	if err != nil {
		return nil // an order without a visit is still an order
	}
	var out []openVisit
	for _, r := range found {
		n := r.Node()
		v := openVisit{ID: r.ID, Label: cmp.Or(n.Path("type").Index(0).Get("text").Str(), n.Get("class").Get("display").Str(), "Visit")}
		if start, err := time.Parse(time.RFC3339Nano, n.Path("period", "start").Str()); err == nil {
			v.Today = !start.After(c.Now) && (start.In(c.Zone).Format(time.DateOnly) == c.Now.In(c.Zone).Format(time.DateOnly) || c.Now.Sub(start) < night)
			v.Label += ", " + start.In(c.Zone).Format("2 Jan 2006, 15:04")
		} else if day := n.Path("period", "start").Str(); day != "" {
			v.Today = day == c.Now.In(c.Zone).Format(time.DateOnly)
			v.Label += ", " + day
		}
		for x := range n.Get("participant").Items() {
			v.Mine = v.Mine || c.Actor.Who != "" && x.Path("individual", "reference").Is(c.Actor.Who) ||
				c.Actor.Who == "" && x.Path("individual", "identifier", "value").Is(c.Actor.ID)
		}
		out = append(out, v)
	}
	return out
}

// visit is the encounter that a new draft belongs to: today's that who asks takes
// part in, else the only one that is going on today: who rooms a patient is seldom
// who orders. Of several that others have, none is guessed; nor is an old stay
// that nobody ended. The draft says which it is, and it can be chosen there.
func visit(c *door.Call, patient string) string {
	today := slices.DeleteFunc(openVisits(c, patient), func(v openVisit) bool { return !v.Today })
	for _, v := range today {
		if v.Mine {
			return v.ID
		}
	}
	if len(today) == 1 {
		return today[0].ID
	}
	return ""
}

// visitOptions are what an order may be of: none, the visits that are going on,
// and what it is of already.
func visitOptions(open []openVisit, now string) []web.Option {
	out := []web.Option{{Value: "", Label: "no visit"}}
	for _, v := range open {
		if !v.Today {
			v.Label += " (not ended)"
		}
		out = append(out, web.Option{Value: v.ID, Label: v.Label})
	}
	if now != "" && fhir.IsID(now) && nameOf(out, now) == "" {
		out = append(out, web.Option{Value: now, Label: "the visit it was drafted in"})
	}
	return out
}
