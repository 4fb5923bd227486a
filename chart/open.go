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

// Open assembles the chart of a patient of the session's site as the session
// may see it: through access.EMR the site's own chart, through access.EHR the
// whole record and how complete it is. Errors are those of
// record.Session.Facts.
func Open(ctx context.Context, s record.Session, patientID string, now time.Time) (*Chart, error) {
	return read(ctx, s, record.FactsQuery{Patient: patientID, Types: clinical}, now)
}

// Glance is Open for a page that somebody waits for: of a long record it reads
// the newest of what piles up, and the types in full as far as a page can show
// them. What it left out is in Chart.Cut.
func Glance(ctx context.Context, s record.Session, patientID string, now time.Time, full ...string) (*Chart, error) {
	return read(ctx, s, record.FactsQuery{Patient: patientID, Types: clinical, Newest: bounds(full), Most: long}, now)
}

func read(ctx context.Context, s record.Session, q record.FactsQuery, now time.Time) (*Chart, error) {
	found, err := s.Facts(ctx, q)
	if err != nil {
		return nil, err
	}
	facts := make([]Fact, 0, len(found.List))
	sources := map[*record.Site]Source{}
	for i := range found.List {
		f := &found.List[i]
		if f.Site == nil {
			continue
		}
		src, ok := sources[f.Site]
		if !ok {
			src = sourceOf(f.Site, s.Site())
			sources[f.Site] = src
		}
		facts = append(facts, Fact{f.Node, f.Type, f.ID, f.Version, f.Updated, f.Author, src})
	}
	c := Assemble(q.Patient, facts, now, s.Site().Location())
	for _, cut := range found.Cut {
		c.Cut = append(c.Cut, Cut(cut))
	}
	if s.Lens() != access.EHR {
		c.complete(s, nil, nil)
		return c, nil
	}
	answers, err := s.Answers(ctx, q.Patient)
	if err != nil {
		return nil, err
	}
	c.complete(s, answers, found.Missing)
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
