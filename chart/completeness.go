package chart

import (
	"slices"
	"strings"
	"time"
)

// Completeness says which sites the record speaks for.
type Completeness struct {
	Answered int // of Total, this site among them
	Total    int
	Sites    []SiteAnswer // this site first, then by name
}

// AnswerState is how a site answered.
type AnswerState string

// The states of an answer.
const (
	AnswerThis        AnswerState = "this"        // the site whose chart is open
	AnswerHere        AnswerState = "here"        // a site of the same node: always up to date
	AnswerAnswered    AnswerState = "answered"    // and its facts are shown
	AnswerRefused     AnswerState = "refused"     // by its policy or law
	AnswerWithheld    AnswerState = "withheld"    // at the patient's direction
	AnswerUnreachable AnswerState = "unreachable" // what it said earlier is shown
	AnswerUnknown     AnswerState = "unknown"     // it knows no such person
	AnswerReview      AnswerState = "review"      // a person must confirm that it is the same person
	AnswerAsking      AnswerState = "asking"      // not yet answered
)

// SiteAnswer is one site's part in the record.
type SiteAnswer struct {
	Source *Source
	State  AnswerState
	When   time.Time // it last answered; zero: never, or no need to ask
	Asked  time.Time // the last attempt
	Since  time.Time // of an unreachable site: since when
	Why    string    // of a refusal or failure
	Facts  int       // shown
}

// Showing says whether facts of the site are in the chart.
func (a SiteAnswer) Showing() bool { return a.Facts > 0 }

// completeness knows, from the facts alone, which sites have some. Open adds
// what the sites answered.
func (b *builder) completeness() {
	facts := map[*Source]int{}
	for i := range b.all {
		facts[b.all[i].src]++
	}
	for _, s := range b.c.Sources {
		a := SiteAnswer{Source: s, State: AnswerHere, Facts: facts[s]}
		switch {
		case s.Own:
			a.State = AnswerThis
		case s.Base != "":
			a.State = AnswerAnswered
		}
		b.c.Completeness.Sites = append(b.c.Completeness.Sites, a)
	}
	b.c.Completeness.tally()
}

// add puts in or changes a site's answer.
func (c *Completeness) add(a SiteAnswer) {
	i := slices.IndexFunc(c.Sites, func(o SiteAnswer) bool { return o.Source.Slug == a.Source.Slug })
	if i < 0 {
		c.Sites = append(c.Sites, a)
		return
	}
	a.Source, a.Facts = c.Sites[i].Source, c.Sites[i].Facts
	if c.Sites[i].State != AnswerThis {
		c.Sites[i] = a
	}
}

func (c *Completeness) tally() {
	slices.SortStableFunc(c.Sites, func(x, y SiteAnswer) int { return bySite(x.Source, y.Source) })
	c.Answered, c.Total = 0, len(c.Sites)
	for _, s := range c.Sites {
		switch s.State {
		case AnswerThis, AnswerHere, AnswerAnswered, AnswerUnknown:
			c.Answered++
		}
	}
}

// Gap says in words why a site's lane may lack facts; "" when it does not.
func (a SiteAnswer) Gap(zone *time.Location) string {
	switch a.State {
	case AnswerRefused, AnswerWithheld:
		return strings.TrimSuffix(string(a.State)+": "+a.Why, ": ")
	case AnswerUnreachable:
		if a.When.IsZero() {
			return "could not be reached"
		}
		return "could not be reached, showing " + a.When.In(zone).Format("2 Jan 15:04")
	case AnswerReview:
		return "somebody must confirm that it is the same person"
	case AnswerAsking:
		return "not yet answered"
	}
	return ""
}
