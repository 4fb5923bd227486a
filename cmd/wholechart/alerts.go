package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"wholechart/api/hooks"
	"wholechart/chart"
	"wholechart/decision"
	"wholechart/decision/burden"
	"wholechart/decision/rule"
	"wholechart/record"
	"wholechart/web/clinic/alerts"
	"wholechart/web/clinic/rules"
)

// support is what the roof knows of alerts: what was shown since the counts were
// last kept, and the client that asks outside services. Its zero value is ready.
type support struct {
	mu      sync.Mutex
	new     map[string]burden.Tally // by site, not yet kept
	day     string
	seen    map[[16]byte]bool // cards of the day, as digests
	private bool              // outside services on this machine and in private networks may be called
	client  func() *hooks.Client
}

// maxSeen bounds the cards that are told apart on a day; beyond it they count each time.
const maxSeen = 200000

// outside is the client, made when it is first needed. It goes on with what waited
// to be told when the node ended.
func (n *node) outside() *hooks.Client {
	s := &n.support
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		c := hooks.NewClient(hooks.Options{Private: s.private, Now: n.now, Sign: func(ctx context.Context, site, audience string) (string, error) {
			return n.auth.Assert(ctx, n.self(site), audience)
		}, Keep: n.keepTelling, Still: n.stillTold, Lost: func(site, service string, err error) {
			slog.Warn("what became of a card was not told", "site", site, "service", service, "error", err)
		}})
		c.Resume(n.telling(context.Background()))
		s.client = func() *hooks.Client { return c }
	}
	return s.client()
}

// closeOutside ends the client, when there is one.
func (n *node) closeOutside() {
	n.support.mu.Lock()
	client := n.support.client
	n.support.client = nil
	n.support.mu.Unlock()
	if client != nil {
		client().Close()
	}
}

func (n *node) clock() time.Time {
	if n.now != nil {
		return n.now()
	}
	return time.Now()
}

// decide is what a site's rules say of drafted orders on a record, as loud as
// the site wants them. When its choices cannot be read, every rule speaks as
// written.
func (n *node) decide(ctx context.Context, site string, c *chart.Chart, drafts []rule.Draft) rule.Answer {
	var chosen decision.Settings
	body, _, err := n.system(site, "decision").Setting(ctx, rules.SettingName)
	if err == nil {
		chosen, err = rules.Decode(body)
	}
	if err != nil {
		slog.Error("the site's choices of rules", "site", site, "error", err)
	}
	return decision.Check(rule.Input{Chart: c, Drafts: drafts, Now: c.Now}, chosen)
}

// check is decide for the pages of one's own site. What outside services say is
// asked by the page when it has been shown.
func (n *node) check(ctx context.Context, c *chart.Chart, drafts []rule.Draft) rule.Answer {
	site := ""
	for _, s := range c.Sources {
		if s.Own {
			site = s.Slug
		}
	}
	if site == "" {
		return decision.Check(rule.Input{Chart: c, Drafts: drafts, Now: c.Now}, nil)
	}
	a := n.decide(ctx, site, c, drafts)
	var shown []*rule.Card
	for i := range a.Cards {
		shown = append(shown, &a.Cards[i])
	}
	n.Shown(site, c.PatientID, shown)
	return a
}

// Check answers CDS Hooks: the site's own rules, without outside services, so
// that two systems never ask each other without end.
func (n *node) Check(ctx context.Context, site string, c *chart.Chart, drafts []rule.Draft) rule.Answer {
	return n.decide(ctx, site, c, drafts)
}

// Shown counts cards that were shown: a card once a day, patient and danger.
func (n *node) Shown(site, patient string, cards []*rule.Card) {
	s, day := &n.support, n.day(site)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.day != day || s.seen == nil {
		s.day, s.seen = day, map[[16]byte]bool{}
	}
	for _, c := range cards {
		if c.Rule == nil || c.Level == rule.Off {
			continue
		}
		h := sha256.Sum256([]byte(strings.Join([]string{site, patient, c.Rule.ID, c.Key}, "\x00")))
		if s.seen[[16]byte(h[:16])] {
			continue
		}
		if len(s.seen) < maxSeen {
			s.seen[[16]byte(h[:16])] = true
		}
		s.tally(site).Show(day, c.Rule.ID, c.Level == rule.Interrupt)
	}
}

// Outcome counts what became of a card of which no chart says it.
func (n *node) Outcome(site, id string, accepted bool, reason string) {
	s, day := &n.support, n.day(site)
	s.mu.Lock()
	defer s.mu.Unlock()
	if accepted {
		s.tally(site).Accept(day, id)
	} else {
		s.tally(site).Override(day, id, reason)
	}
}

// Averted counts what was not done because a card was read: a test that was there
// already, and radiation. Only rules that there are count.
func (n *node) Averted(site, id string, tests, microSv int) {
	if tests > 0 && !repeats(id) || tests == 0 && microSv == 0 {
		return
	}
	s, day := &n.support, n.day(site)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally(site).Avert(day, id, tests, microSv)
}

// repeats says whether a rule is one of duplicate tests.
func repeats(id string) bool {
	return slices.ContainsFunc(decision.Rules(), func(r *rule.Rule) bool { return r.ID == id && r.Kind == rule.RepeatTest })
}

func (n *node) day(site string) string {
	now := n.clock()
	if at, err := n.records.Site(site); err == nil {
		now = now.In(at.Location())
	}
	return now.Format(time.DateOnly)
}

func (s *support) tally(site string) burden.Tally {
	if s.new == nil {
		s.new = map[string]burden.Tally{}
	}
	if s.new[site] == nil {
		s.new[site] = burden.Tally{}
	}
	return s.new[site]
}

// countSetting is where a site's counts are kept, for how long by day and by month.
const (
	countSetting = "alert-counts"
	countDays    = 100 // by day, then by month
	countMonths  = 36
	countEach    = 5 * time.Minute
)

// counts is what was counted at a site, kept and not yet kept.
func (n *node) counts(ctx context.Context, site string) (burden.Tally, error) {
	body, _, err := n.system(site, "alerts").Setting(ctx, countSetting)
	if err != nil {
		return nil, err
	}
	t, err := burden.Decode(body)
	if err != nil {
		return nil, err
	}
	n.support.mu.Lock()
	defer n.support.mu.Unlock()
	t.Add(n.support.new[site])
	return t, nil
}

// keepCounts keeps the counts every few minutes and at the end. What a crash
// loses is the counts of those minutes, never a fact.
func keepCounts(ctx context.Context, n *node) {
	t := time.NewTicker(countEach)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			n.flushCounts(ctx)
		case <-ctx.Done():
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			n.flushCounts(end)
			return
		}
	}
}

func (n *node) flushCounts(ctx context.Context) {
	n.support.mu.Lock()
	todo := n.support.new
	n.support.new = nil
	n.support.mu.Unlock()
	for site, t := range todo {
		if err := n.addCounts(ctx, site, t); err != nil {
			slog.Error("the counts of alerts were not kept; they are tried again", "site", site, "error", err)
			n.support.mu.Lock()
			n.support.tally(site).Add(t)
			n.support.mu.Unlock()
		}
	}
}

func (n *node) addCounts(ctx context.Context, site string, t burden.Tally) error {
	s := n.system(site, "alerts")
	body, version, err := s.Setting(ctx, countSetting)
	if err != nil {
		return err
	}
	all, err := burden.Decode(body)
	if err != nil {
		return err
	}
	all.Add(t)
	all.Fold(n.clock().AddDate(0, 0, -countDays).Format(time.DateOnly))
	all.Forget(n.clock().AddDate(0, -countMonths, 0).Format("2006-01"))
	if body, err = json.Marshal(all); err != nil {
		return err
	}
	return s.PutSetting(ctx, countSetting, body, version, "counts of alerts")
}

// services lets the page of alerts list and change a site's outside services.
type services struct{ n *node }

func (x services) read(ctx context.Context, s record.Session) ([]hooks.Outside, int, error) {
	body, version, err := s.Setting(ctx, hooks.SettingName)
	if err != nil {
		return nil, 0, err
	}
	list, err := hooks.DecodeOutside(body)
	return list, version, err
}

func (x services) List(ctx context.Context, s record.Session) (out []alerts.Service, version int, err error) {
	list, version, err := x.read(ctx, s)
	for _, o := range list {
		v := alerts.Service{ID: o.ID, Name: o.Name, Base: o.Base, Who: o.Who, When: o.When, Why: o.Why, Loud: o.Loud, Record: o.Record, Desk: o.Desk, Millis: o.Millis, Hooks: slices.Sorted(maps.Keys(o.Services))}
		seen := map[string]bool{}
		for hook := range o.Services {
			// With ids that stand for themselves: only which types are asked for is shown.
			wants, not := o.Wants(hooks.Question{Hook: hook, User: "Practitioner/x", Patient: "x", Visit: "x"})
			for _, w := range wants {
				seen[w.Type] = true
			}
			v.Not += len(not)
		}
		v.Asks = slices.Sorted(maps.Keys(seen))
		out = append(out, v)
	}
	return out, version, err
}

// Add asks the address what services it has, and registers those of the hooks
// that were chosen.
func (x services) Add(ctx context.Context, s record.Session, version int, v alerts.Service) error {
	list, now, err := x.read(ctx, s)
	if err != nil {
		return err
	}
	o := hooks.Outside{ID: v.ID, Name: v.Name, Base: v.Base, Services: map[string]string{}, Loud: v.Loud, Record: v.Record, Desk: v.Desk, Millis: v.Millis, Who: v.Who, When: v.When, Why: v.Why}
	for _, h := range v.Hooks {
		o.Services[h] = "discovered"
	}
	switch {
	case now != version:
		return &record.VersionConflict{}
	case len(list) >= hooks.MaxOutside:
		return &alerts.Refusal{Text: "There are as many services as a site may have."}
	case slices.ContainsFunc(list, func(p hooks.Outside) bool { return p.ID == o.ID }):
		return &alerts.Refusal{Text: "A service has this short name already."}
	}
	if err := o.Check(); err != nil {
		return &alerts.Refusal{Text: upper(err.Error()) + "."}
	}
	found, err := x.n.outside().Discover(ctx, s.Actor().Site, o.Base)
	if err != nil {
		return &alerts.Refusal{Text: "The service " + err.Error() + "."}
	}
	o.Services, o.Prefetch = map[string]string{}, map[string]map[string]string{}
	for _, h := range v.Hooks {
		if f := found[h]; f.ID != "" {
			o.Services[h] = f.ID
			if len(f.Prefetch) > 0 {
				o.Prefetch[h] = f.Prefetch
			}
		}
	}
	if len(o.Services) == 0 {
		return &alerts.Refusal{Text: "The address has no service of " + strings.Join(v.Hooks, ", ") + "."}
	}
	return x.put(ctx, s, append(list, o), version, "outside service "+o.ID+": "+o.Why)
}

func (x services) Remove(ctx context.Context, s record.Session, version int, id, why string) error {
	list, now, err := x.read(ctx, s)
	if err != nil {
		return err
	}
	if now != version {
		return &record.VersionConflict{}
	}
	left := slices.DeleteFunc(slices.Clone(list), func(o hooks.Outside) bool { return o.ID == id })
	if len(left) == len(list) {
		return record.ErrNotFound
	}
	return x.put(ctx, s, left, version, "outside service "+id+": "+why)
}

func (x services) put(ctx context.Context, s record.Session, list []hooks.Outside, version int, why string) error {
	body, err := json.Marshal(list)
	if err != nil {
		return err
	}
	if _, err := hooks.DecodeOutside(body); err != nil {
		return errors.Join(errors.New("the services would not be readable"), err)
	}
	return s.PutSetting(ctx, hooks.SettingName, body, version, cmp.Or(why, "outside services"))
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
