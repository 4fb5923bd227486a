package remind

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/record"
	"wholechart/search"
)

// Config is what reminders are sent with.
type Config struct {
	Records  *record.Records
	Mail     Sender // nil: this node sends no e-mail
	Texts    Sender // nil: this node sends no text messages
	Letters  bool   // the desk prints and posts letters
	Portal   bool   // patients read their inbox here
	Keys     Keys   // of links; empty: messages have no links
	Base     string // "https://records.example.org", where patients reach this node; empty: no links
	Due      Due    // what is due of a person; nil: only visits that were proposed
	Log      *slog.Logger
	Clock    func() time.Time // default time.Now
	Every    time.Duration    // how often the log is looked at; 0: 5 s
	AtOnce   int              // messages at a time; 0: 4
	Attempts int              // until a message is given up; 0: 8
	Backoff  time.Duration    // after the first failure; doubled at each, to an hour at most; 0: 1 min
	Days     int              // everybody's record is looked at for what is due every so many days; 0: 7
	Pause    time.Duration    // between two persons of the daily sweep; 0: 20 ms
}

// Service plans and sends for every own site of a node.
type Service struct {
	Config
	wake chan struct{}

	mu    sync.Mutex
	next  map[string]time.Time // by site: when something is due; absent: look
	sites map[string]*sync.Mutex

	sweeps map[string]*sweep // by site; each is its lock's holder's
	rules  map[string]Rules  // by site, as the log last said
}

// New checks the configuration. Nothing is planned or sent before Run or Tick.
func New(c Config) (*Service, error) {
	if c.Records == nil {
		return nil, errors.New("reminders need records")
	}
	if c.Base != "" {
		u, err := url.Parse(c.Base)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil {
			return nil, errors.New("the address at which patients reach this node is no web address")
		}
		c.Base = strings.TrimRight(c.Base, "/")
		if len(c.Keys) == 0 {
			return nil, errors.New("links need a key")
		}
	}
	for _, s := range []Sender{c.Mail, c.Texts} {
		if x, ok := s.(interface{ Check() error }); ok {
			if err := x.Check(); err != nil {
				return nil, err
			}
		}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&c.Every, 5*time.Second)
	set(&c.Backoff, time.Minute)
	set(&c.Pause, 20*time.Millisecond)
	if c.AtOnce <= 0 {
		c.AtOnce = 4
	}
	if c.Days <= 0 {
		c.Days = 7
	}
	if c.Attempts <= 0 {
		c.Attempts = 8
	}
	return &Service{Config: c, wake: make(chan struct{}, 1), next: map[string]time.Time{}, sites: map[string]*sync.Mutex{}, sweeps: map[string]*sweep{}, rules: map[string]Rules{}}, nil
}

// Means are the channels that this node has.
func (s *Service) Means() Means {
	return Means{Email: s.Mail != nil, Text: s.Texts != nil, Letter: s.Letters, Portal: s.Portal}
}

// session is the program's own, at a site.
func (s *Service) session(site string) record.Session {
	return s.Records.As(access.Actor{Kind: access.System, ID: "reminders", Name: "Reminders", Site: site, Purpose: access.Operations}, access.EMR)
}

// Wake makes Run look at once.
func (s *Service) Wake() {
	s.mu.Lock()
	clear(s.next)
	s.mu.Unlock()
	s.nudge()
}

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run plans and sends until ctx ends. It is to run once a data directory.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	for {
		for _, site := range s.Records.Sites() {
			if !site.Local || ctx.Err() != nil {
				continue
			}
			if err := s.Tick(ctx, site); err != nil && ctx.Err() == nil {
				s.Log.Error("reminders", "site", site.Slug, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-s.wake:
		}
	}
}

// Tick does once what Run does again and again: follows the log, sweeps when a
// day has begun, and sends what is due. It returns when all of it is written.
func (s *Service) Tick(ctx context.Context, site *record.Site) error {
	lock := s.lock(site.Slug)
	lock.Lock()
	defer lock.Unlock()
	w, err := s.work(ctx, site)
	if err != nil {
		return err
	}
	touched, err := w.follow(ctx)
	if err != nil {
		return err
	}
	swept, more, err := w.daily(ctx)
	if err != nil {
		return err
	}
	if more {
		defer s.nudge()
	}
	s.mu.Lock()
	due, known := s.next[site.Slug]
	s.mu.Unlock()
	if !touched && !swept && known && w.now.Before(due) {
		return nil
	}
	next, err := w.send(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil { // what can be sent was sent; the rest is tried again soon, not at once
		next = w.now.Add(time.Minute)
	}
	s.next[site.Slug] = next
	return err
}

// lock: one at a time works for a site.
func (s *Service) lock(site string) *sync.Mutex {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sites[site] == nil {
		s.sites[site] = &sync.Mutex{}
	}
	return s.sites[site]
}

// work is one pass over a site.
type work struct {
	*Service
	site  *record.Site
	zone  *time.Location
	s     record.Session
	rules Rules
	now   time.Time
}

func (s *Service) work(ctx context.Context, site *record.Site) (*work, error) {
	w := &work{Service: s, site: site, zone: site.Location(), s: s.session(site.Slug), now: s.Clock()}
	s.mu.Lock()
	r, known := s.rules[site.Slug]
	s.mu.Unlock()
	if known {
		w.rules = r
		return w, nil
	}
	return w, w.reload(ctx)
}

// reload reads the rules. They are kept until the log says that they changed:
// each reading would be noted.
func (w *work) reload(ctx context.Context) (err error) {
	if w.rules, err = ReadRules(ctx, w.s); err == nil {
		w.mu.Lock()
		w.Service.rules[w.site.Slug] = w.rules
		w.mu.Unlock()
	}
	return err
}

// ReadRules are the rules of a session's site: Usual when it wrote none.
func ReadRules(ctx context.Context, s record.Session) (Rules, error) {
	r, err := s.Read(ctx, "PlanDefinition", RulesID)
	var gone *record.Gone
	switch {
	case errors.Is(err, record.ErrNotFound), errors.As(err, &gone):
		return Usual(), nil
	case err != nil:
		return Rules{}, err
	}
	return RulesOf(r.Node())
}

const most = 5000 // resources of one search

// find is a search's matches, up to most.
func find(ctx context.Context, s record.Session, typ string, v url.Values) ([]record.Resource, error) {
	var out []record.Resource
	err := each(ctx, s, typ, v, func(r record.Resource) (bool, error) {
		out = append(out, r)
		return len(out) < most, nil
	})
	return out, err
}

// each goes through all matches of a search, page by page, until f says enough.
func each(ctx context.Context, s record.Session, typ string, v url.Values, f func(record.Resource) (more bool, err error)) error {
	q, err := search.Parse(typ, v, search.Options{DefaultCount: 500})
	if err != nil {
		return err
	}
	for {
		page, err := s.Search(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range page.Matches {
			if more, err := f(r); err != nil || !more {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

// conflict says that somebody else wrote first, or wrote the same already.
func conflict(err error) bool {
	var moved *record.VersionConflict
	return errors.As(err, &moved) || errors.Is(err, record.ErrMoved)
}

func missing(err error) bool {
	var gone *record.Gone
	return errors.Is(err, record.ErrNotFound) || errors.As(err, &gone)
}

func requests(of []record.Resource) []Request {
	var out []Request
	for _, r := range of {
		if q, ok := RequestOf(r.Node()); ok {
			out = append(out, q)
		}
	}
	return out
}

func messages(of []record.Resource) []Message {
	var out []Message
	for _, r := range of {
		if m, ok := MessageOf(r.Node()); ok {
			out = append(out, m)
		}
	}
	return out
}
