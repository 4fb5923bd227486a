package standing

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/record"
)

// Config is what a Keeper works with.
type Config struct {
	Records *record.Records
	Clock   func() time.Time // default time.Now
	Log     *slog.Logger

	// Loaded names what is loaded besides the program's own rules; nil: nothing.
	// It is asked whenever the log is looked at: when it says something else than
	// before, every patient is evaluated again. See Knowledge.
	Loaded func() string

	Every time.Duration // how often the log is looked at; 0: 1 s
	Quiet time.Duration // a record that is being written to is left alone until nothing came for so long; 0: 2 s
	Share int           // percent of one processor that is used when there is much to do; 0: 15, at most 100
}

// Keeper keeps how the patients of a node's own sites stand. One is enough a data
// directory; it answers from memory and is safe for concurrent use.
type Keeper struct {
	Config
	by     string // changed under work and mu
	loaded string // what Loaded said last

	work  sync.Mutex // one at a time follows and evaluates
	home  record.Session
	at    record.Seq // the log is followed up to here
	kept  record.Seq // and what it concerns is kept up to here
	ready bool       // what was kept is read
	batch map[*site][]record.Kept
	size  int
	saved time.Time // when the cursor was set
	saw   time.Time // when the log was followed

	mu    sync.RWMutex
	sites map[string]*site
	stats Stats
}

// site is one own site of the node.
type site struct {
	*record.Site
	chart, whole record.Session

	// Changed under Keeper.work and Keeper.mu:
	answers map[string]*compact
	marks   map[string]*mark    // something was written
	stale   map[string]struct{} // all else: never evaluated, other knowledge, time
	told    map[string]string   // marks that an answer in the batch ends
	hold    record.Seq          // the first change that made all stale; 0: none
	next    int64               // the first Again of all answers; 0: not known
}

// mark says that a patient is to be evaluated.
type mark struct {
	first, seq  record.Seq // of the changes
	since, last time.Time
	touched     string
	tries       int
	after       time.Time // not before, since it failed
}

// Stats are what a Keeper did since it was made.
type Stats struct {
	Evaluated int           // records
	Took      time.Duration // for them
	Longest   time.Duration
	Facts     int
	Failed    int
}

const (
	name     = "standing"
	step     = 2000 // changes at a time
	batched  = 32   // answers in one transaction
	cursorIn = 10 * time.Second
	retry    = time.Minute
)

// New makes a Keeper. Nothing is read before Run, Settle or CatchUp.
func New(c Config) (*Keeper, error) {
	if c.Records == nil {
		return nil, errors.New("standing needs records")
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Every <= 0 {
		c.Every = time.Second
	}
	if c.Quiet <= 0 {
		c.Quiet = 2 * time.Second
	}
	if c.Share <= 0 || c.Share > 100 {
		c.Share = 15
	}
	if c.Loaded == nil {
		c.Loaded = func() string { return "" }
	}
	k := &Keeper{Config: c, sites: map[string]*site{}, batch: map[*site][]record.Kept{}}
	k.loaded = k.Loaded()
	k.by = Knowledge(k.loaded)
	index()
	return k, nil
}

// session is the program's own, at a site.
func (k *Keeper) session(slug string, l access.Lens) record.Session {
	return k.Records.As(access.Actor{Kind: access.System, ID: name, Name: "Standing checks", Site: slug, Purpose: access.Operations}, l)
}

// Run follows the log and evaluates until ctx ends. When there is much to do it
// takes its share of one processor and sleeps the rest.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(k.Every)
	defer tick.Stop()
	for {
		if err := k.turn(ctx); err != nil && ctx.Err() == nil {
			k.Log.Error("standing checks", "error", err)
		}
		select {
		case <-ctx.Done():
			k.work.Lock()
			defer k.work.Unlock()
			// What was worked out is kept; a kill would have it done again.
			return errors.Join(ctx.Err(), k.flush(context.WithoutCancel(ctx)))
		case <-tick.C:
		}
	}
}

// turn follows the log once and evaluates what is ripe.
func (k *Keeper) turn(ctx context.Context) error {
	if err := k.follow(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		begun := time.Now()
		n, err := k.some(ctx, 1, false)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		took := time.Since(begun)
		pause := time.NewTimer(took*time.Duration(100-k.Share)/time.Duration(k.Share) + time.Millisecond)
		select {
		case <-ctx.Done():
			pause.Stop()
		case <-pause.C:
		}
		if k.behind() {
			if err := k.follow(ctx); err != nil {
				return err
			}
		}
	}
	k.work.Lock()
	defer k.work.Unlock()
	return k.flush(ctx)
}

// behind says that the log was not looked at for a while.
func (k *Keeper) behind() bool {
	k.work.Lock()
	defer k.work.Unlock()
	return time.Since(k.saw) > k.Every
}

// Settle follows the log and evaluates until nothing is left, without sleeping.
// For tests, and for who can wait.
func (k *Keeper) Settle(ctx context.Context) error {
	for {
		if err := k.follow(ctx); err != nil {
			return err
		}
		n, err := k.some(ctx, step, true)
		if err != nil {
			return err
		}
		if n == 0 {
			k.work.Lock()
			defer k.work.Unlock()
			return k.flush(ctx)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// CatchUp brings what a page is about to show up to now when that is little work:
// it follows the log and evaluates at most max patients of the site. When somebody
// else is at work it leaves it to them.
func (k *Keeper) CatchUp(ctx context.Context, slug string, max int) {
	if !k.work.TryLock() {
		return
	}
	defer k.work.Unlock()
	s, err := k.see(ctx, slug)
	if err != nil || s == nil || len(s.marks) > max {
		return
	}
	for id := range maps.Clone(s.marks) {
		if k.one(ctx, s, id) != nil {
			return
		}
	}
}

// some evaluates up to max patients whose turn it is: those whose record was
// written to before all others. all says that those that are being written to,
// and those that failed, have their turn too.
func (k *Keeper) some(ctx context.Context, max int, all bool) (n int, err error) {
	k.work.Lock()
	defer k.work.Unlock()
	type turn struct {
		s  *site
		id string
	}
	var ripe []turn
	now := time.Now()
	for _, s := range k.sites {
		for id, m := range s.marks {
			switch {
			case len(ripe) >= max:
			case all && m.tries > 2, !all && now.Before(m.after), !all && now.Sub(m.last) < k.Quiet && now.Sub(m.since) < 15*k.Quiet:
			default:
				ripe = append(ripe, turn{s, id})
			}
		}
	}
	for _, s := range k.sites {
		for id := range s.stale {
			if len(ripe) >= max {
				break
			}
			if s.marks[id] == nil {
				ripe = append(ripe, turn{s, id})
			}
		}
	}
	for _, t := range ripe {
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		if err := k.one(ctx, t.s, t.id); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// one evaluates a patient. The caller holds work. An error is the store's: what
// is wrong with the patient's record alone is noted and tried again later.
func (k *Keeper) one(ctx context.Context, s *site, id string) error {
	m, was := s.marks[id], s.answers[id]
	if m == nil {
		m = &mark{}
	}
	begun, now := time.Now(), k.Clock()
	at := k.at
	today := now.In(s.Location()).Format(time.DateOnly)
	noted := was != nil && was.noted == today
	days := lookNear
	if s.marks[id] == nil && was != nil && was.by == k.by && now.Unix() >= was.again {
		days = lookFar // nothing but time made it stale
	}
	a, facts, err := k.evaluate(ctx, s, id, now, noted, days)
	var gone *record.Gone
	x := record.Kept{Patient: id, Touched: m.touched}
	var answer *compact
	switch {
	case errors.Is(err, record.ErrNotFound) || errors.As(err, &gone):
	case err != nil:
		if ctx.Err() != nil {
			return ctx.Err()
		}
		k.mu.Lock()
		m.tries++
		m.after = begun.Add(retry * time.Duration(min(m.tries, 60)))
		s.marks[id] = m
		k.stats.Failed++
		k.mu.Unlock()
		k.Log.Warn("standing checks: a record could not be looked at", "site", s.Slug, "error", err)
		return nil
	default:
		a.At, a.Noted, a.By = at, share(today), k.by
		if x.Body, err = a.Encode(); err != nil {
			return err
		}
		answer = compactOf(a)
	}
	took := time.Since(begun)
	k.mu.Lock()
	k.stats.Evaluated++
	k.stats.Facts += facts
	k.stats.Took += took
	k.stats.Longest = max(k.stats.Longest, took)
	if answer == nil {
		delete(s.answers, id)
	} else {
		s.answers[id] = answer
		if s.next != 0 {
			s.next = min(s.next, answer.again)
		}
	}
	delete(s.marks, id) // all that is marked was written before at
	delete(s.stale, id)
	if len(s.stale) == 0 {
		s.hold = 0
	}
	k.mu.Unlock()
	k.batch[s] = append(k.batch[s], x)
	if x.Touched != "" {
		s.told[id] = x.Touched
	}
	if k.size++; k.size >= batched {
		return k.flush(ctx)
	}
	return nil
}

// evaluate reads one record and works out how its patient stands.
func (k *Keeper) evaluate(ctx context.Context, s *site, id string, now time.Time, noted bool, days int) (*Answer, int, error) {
	r, err := chart.Take(ctx, s.whole.Evaluating(noted), id, full...)
	if err != nil {
		return nil, 0, err
	}
	a := Evaluate(r.At(now), now)
	if a.Out != In {
		a.Again = now.AddDate(1, 0, 0)
		return a, r.Facts(), nil
	}
	a.Again = again(r.At, a, now, s.Location(), days)
	if end, err := s.chart.TermsEnd(ctx, id); err == nil && !end.IsZero() && end.Before(a.Again) {
		a.Again = end
	}
	return a, r.Facts(), nil
}

// full are the types of which a long record is read as far as a page can show.
var full = []string{"Immunization", "Procedure", "Condition", "AllergyIntolerance", "MedicationRequest"}

// flush keeps what was evaluated, and how far the log is followed. The caller
// holds work.
func (k *Keeper) flush(ctx context.Context) error {
	for s, list := range k.batch {
		if err := s.chart.Keep(ctx, name, list); err != nil {
			return err
		}
		delete(k.batch, s)
		clear(s.told)
		k.size -= len(list)
	}
	if !k.ready {
		return nil
	}
	through := k.at
	for _, s := range k.sites {
		for _, m := range s.marks {
			if m.first > 0 {
				through = min(through, m.first-1)
			}
		}
		if s.hold > 0 {
			through = min(through, s.hold-1)
		}
	}
	if through <= k.kept || through-k.kept < step && time.Since(k.saved) < cursorIn {
		return nil
	}
	if err := k.home.SetCursor(ctx, name, through); err != nil {
		return err
	}
	k.kept, k.saved = through, time.Now()
	return nil
}
