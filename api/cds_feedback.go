package api

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/api/hooks"
	"wholechart/chart/order"
	"wholechart/decision/imaging"
	"wholechart/decision/ordering"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/record"
)

// cardShown is what a feedback needs to know of a card, which it names by uuid alone.
type cardShown struct {
	site, patient string
	kind          access.Kind
	who           string
	ours          bool
	kept          order.Kept
	suggestions   []string
	averts        map[string][2]int // by suggestion: tests, microsievert
	until         time.Time
}

// cardLife is how long a card can be answered.
const cardLife = 48 * time.Hour

// maxCards bounds the cards that are remembered; the oldest go first.
const maxCards = 20000

// shownCards are the cards of the last two days, in memory: after a restart a
// feedback about an earlier card is answered 404.
type shownCards struct {
	mu   sync.Mutex
	of   map[string]cardShown
	list []string // in order of arrival
}

func (s *shownCards) put(uuid string, c cardShown) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[string]cardShown{}
	}
	if _, ok := s.of[uuid]; !ok {
		s.list = append(s.list, uuid)
		if len(s.list) > maxCards {
			for _, old := range s.list[:maxCards/4] {
				delete(s.of, old)
			}
			s.list = slices.Clone(s.list[maxCards/4:])
		}
	}
	s.of[uuid] = c
}

func (s *shownCards) get(uuid string, now time.Time) (cardShown, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.of[uuid]
	return c, ok && now.Before(c.until)
}

func remembered(x hooks.Asked, who access.Actor, s hooks.Shown, now time.Time, drafts []rule.Draft) cardShown {
	c := s.Of
	m := cardShown{site: x.Site, patient: x.Patient, kind: who.Kind, who: who.ID, ours: x.Ours, until: now.Add(cardLife),
		kept: order.Kept{Key: c.Key, Rule: c.Rule.ID, Title: c.Title, Detail: strings.TrimSpace(c.Why + " " + c.Do), Severity: keptSeverity(c)}}
	for _, g := range s.Card.Suggestions {
		m.suggestions = append(m.suggestions, g.UUID)
		i := slices.IndexFunc(drafts, func(d rule.Draft) bool { return d.ID == c.Draft })
		if i < 0 || len(g.Actions) == 0 || c.Rule.Kind != rule.RepeatTest && c.Rule.Kind != rule.Imaging {
			continue
		}
		tests, instead := 0, rule.Draft{}
		if a := g.Actions[0]; a.Type != "delete" {
			if d, err := fhir.Parse(a.Resource); err == nil {
				instead = ordering.Draft(order.Read(d.Root()), c.Draft)
			}
		} else if c.Rule.Kind == rule.RepeatTest {
			tests = 1
		}
		if m.averts == nil {
			m.averts = map[string][2]int{}
		}
		m.averts[g.UUID] = [2]int{tests, imaging.Spares(drafts[i], instead)}
	}
	for _, e := range c.Facts { // the draft itself is in no record yet
		if e.Prov.Source != nil && e.Prov.Source.Own && e.Prov.ID != "" && !e.New && fhir.IsResourceType(e.Prov.Type) {
			if to := e.Prov.Type + "/" + e.Prov.ID; !slices.Contains(m.kept.Implicated, to) {
				m.kept.Implicated = append(m.kept.Implicated, to)
			}
		}
	}
	return m
}

func keptSeverity(c *rule.Card) string {
	switch c.Severity {
	case "contraindicated", "severe":
		return "high"
	case "moderate":
		return "moderate"
	}
	return "low"
}

// cdsFeedback is what became of cards (section Feedback). An override with a
// reason is kept in the patient's chart as a DetectedIssue, through the gate,
// when the patient is of this site; everything else is counted by rule.
func (c *call) cdsFeedback(*http.Request) (*answer, error) {
	if c.api.Support == nil {
		return nil, &refusal{http.StatusNotFound, "not-found", "there is no such service here"}
	}
	data, err := c.bytes(1 << 20)
	if err != nil {
		return nil, err
	}
	list, err := hooks.ReadFeedback(data)
	if err != nil {
		return nil, err
	}
	now, actor := c.api.Now(), c.s.Actor()
	cards := make([]cardShown, len(list))
	for i, f := range list { // all are known before any is kept
		m, ok := c.api.cards.get(f.Card, now)
		if !ok || m.site != c.site.Slug || !m.ours && (m.kind != actor.Kind || m.who != actor.ID) || m.ours && actor.Kind == access.Peer {
			return nil, &refusal{http.StatusNotFound, "not-found", "a card is not one that was answered here in the last two days; nothing was kept"}
		}
		for _, s := range f.Accepted {
			if !slices.Contains(m.suggestions, s) {
				return nil, &refusal{http.StatusBadRequest, "invalid", "feedback.acceptedSuggestions.id is no suggestion of the card"}
			}
		}
		cards[i] = m
	}
	by := order.By{Name: actor.Name, Now: now.In(c.site.Location())}
	if strings.HasPrefix(actor.Who, "Practitioner/") {
		by.Ref = actor.Who
	}
	for i, f := range list {
		if m := cards[i]; f.Override && f.Reason != "" && m.ours {
			k := m.kept
			k.Reason, k.ReasonText = f.Reason, f.Text
			a, err := order.Keep(m.patient, k, by)
			if err == nil {
				_, err = c.s.Transact(c.ctx, []record.Act{a})
			}
			if err != nil {
				return nil, err
			}
		}
	}
	for i, f := range list {
		for _, id := range f.Accepted {
			if a, ok := cards[i].averts[id]; ok {
				c.api.Support.Averted(c.site.Slug, cards[i].kept.Rule, a[0], a[1])
			}
		}
		if !f.Override || f.Reason == "" || !cards[i].ours { // otherwise the chart says it
			c.api.Support.Outcome(c.site.Slug, cards[i].kept.Rule, !f.Override, f.Reason)
		}
	}
	return &answer{status: http.StatusOK, body: []byte("{}"), typ: "application/json"}, nil
}
