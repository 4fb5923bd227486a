package chart

import (
	"context"
	"slices"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
)

// clinical are the types a chart is made of: all of R4 but bills and what
// belongs to no patient's story.
var clinical = slices.DeleteFunc(slices.Clone(fhir.ResourceTypes()), func(t string) bool {
	switch t {
	case "Claim", "ClaimResponse", "ExplanationOfBenefit", "Invoice", "Account", "ChargeItem", "CoverageEligibilityRequest", "CoverageEligibilityResponse",
		"EnrollmentRequest", "EnrollmentResponse", "PaymentNotice", "PaymentReconciliation", "AuditEvent", "Binary", "Bundle":
		return true
	}
	return false
})

// maxFacts bounds the facts of one chart. What is beyond is said in Chart.Other.
const maxFacts = 200_000

// Open assembles the chart of a patient of the session's site as the session
// may see it: through access.EMR the site's own chart, through access.EHR the
// whole record and how complete it is. Errors are those of
// record.Session.Everything.
func Open(ctx context.Context, s record.Session, patientID string, now time.Time) (*Chart, error) {
	var facts []Fact
	var missing []record.Gap
	q := record.Everything{Patient: patientID, Types: clinical}
	sources := map[*record.Site]Source{}
	seen := map[[2]string]bool{} // what several pages refer to comes with each
	truncated := false
	for {
		page, err := s.Everything(ctx, q)
		if err != nil {
			return nil, err
		}
		missing = page.Missing
		for _, list := range [...][]record.Resource{page.Matches, page.Included} {
			for _, r := range list {
				key := [2]string{r.Type, r.ID}
				if r.Deleted || r.Site == nil || seen[key] {
					continue
				}
				seen[key] = true
				src, ok := sources[r.Site]
				if !ok {
					src = sourceOf(r.Site, s.Site())
					sources[r.Site] = src
				}
				facts = append(facts, Fact{r.Node(), r.Type, r.ID, r.Version, r.Updated, r.Author, src})
			}
		}
		if page.Next == "" {
			break
		}
		if len(facts) > maxFacts {
			truncated = true
			break
		}
		q.After = page.Next
	}
	c := Assemble(patientID, facts, now, s.Site().Location())
	if truncated {
		c.Other = append(c.Other, Unused{Prov{Source: own(c, s)}, "the record is longer than a chart can show: its newest facts may be missing"})
		c.Counts.Other++
	}
	if s.Lens() != access.EHR {
		c.complete(s, nil, nil)
		return c, nil
	}
	answers, err := s.Answers(ctx, patientID)
	if err != nil {
		return nil, err
	}
	c.complete(s, answers, missing)
	return c, nil
}

func sourceOf(site, mine *record.Site) Source {
	src := Source{Slug: site.Slug, Name: site.Name, State: site.State, Badge: site.Badge, Color: site.Color(), Own: mine != nil && site.Slug == mine.Slug, Base: site.Base}
	src.Zone = site.Location()
	return src
}

func own(c *Chart, s record.Session) *Source {
	for _, src := range c.Sources {
		if src.Own {
			return src
		}
	}
	src := sourceOf(s.Site(), s.Site())
	return &src
}

// complete adds to the chart what the sites answered and what is withheld.
func (c *Chart) complete(s record.Session, answers []record.Answer, missing []record.Gap) {
	c.Completeness.add(SiteAnswer{Source: own(c, s), State: AnswerThis})
	for _, a := range answers {
		site, err := s.Records().Site(a.Site)
		if err != nil {
			continue // a site that this node no longer knows
		}
		src := sourceOf(site, s.Site())
		state := AnswerState(a.State)
		switch state {
		case AnswerAnswered, AnswerRefused, AnswerUnreachable, AnswerUnknown, AnswerReview:
		default:
			state = AnswerAsking
		}
		c.Completeness.add(SiteAnswer{Source: &src, State: state, When: a.When, Asked: a.Asked, Since: a.Since, Why: a.Why})
	}
	for _, g := range missing {
		if g.Site != nil {
			src := sourceOf(g.Site, s.Site())
			c.Completeness.add(SiteAnswer{Source: &src, State: AnswerWithheld, Why: g.Why})
		}
	}
	c.Completeness.tally()
	c.gaps()
}

// gaps gives every site of the strip a lane, and lanes that may lack facts the reason.
func (c *Chart) gaps() {
	for _, a := range c.Completeness.Sites {
		i := slices.IndexFunc(c.Timeline.Lanes, func(l Lane) bool { return l.Source.Slug == a.Source.Slug })
		if i < 0 {
			if a.State == AnswerUnknown {
				continue
			}
			i = len(c.Timeline.Lanes)
			c.Timeline.Lanes = append(c.Timeline.Lanes, Lane{Source: a.Source})
		}
		c.Timeline.Lanes[i].Gap = a.Gap(c.Zone)
	}
}
