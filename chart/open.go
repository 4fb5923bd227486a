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

// Reading is a record as it was read, to be assembled at more than one clock: when
// something changes by time alone. Each chart is what Glance would have given at
// its clock from the same facts.
type Reading struct {
	s       record.Session
	patient string
	facts   []Fact
	cut     []record.Cut
	answers []record.Answer
	missing []record.Gap
}

// Take reads a record as Glance does.
func Take(ctx context.Context, s record.Session, patientID string, full ...string) (*Reading, error) {
	return take(ctx, s, record.FactsQuery{Patient: patientID, Types: clinical, Newest: bounds(full), Most: long})
}

// At assembles the chart at a clock.
func (r *Reading) At(now time.Time) *Chart {
	c := Assemble(r.patient, r.facts, now, r.s.Site().Location())
	for _, cut := range r.cut {
		c.Cut = append(c.Cut, Cut(cut))
	}
	c.complete(r.s, r.answers, r.missing)
	return c
}

// Facts is how many facts were read.
func (r *Reading) Facts() int { return len(r.facts) }

func read(ctx context.Context, s record.Session, q record.FactsQuery, now time.Time) (*Chart, error) {
	r, err := take(ctx, s, q)
	if err != nil {
		return nil, err
	}
	return r.At(now), nil
}

func take(ctx context.Context, s record.Session, q record.FactsQuery) (*Reading, error) {
	found, err := s.Facts(ctx, q)
	if err != nil {
		return nil, err
	}
	r := &Reading{s: s, patient: q.Patient, facts: make([]Fact, 0, len(found.List)), cut: found.Cut}
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
		r.facts = append(r.facts, Fact{f.Node, f.Type, f.ID, f.Version, f.Updated, f.Author, src})
	}
	if s.Lens() == access.EHR {
		r.missing = found.Missing
		if r.answers, err = s.Answers(ctx, q.Patient); err != nil {
			return nil, err
		}
	}
	return r, nil
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
