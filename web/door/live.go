package door

import (
	"context"
	_ "embed"
	"fmt"
	"hash/fnv"
	"net/http"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/record"
	"wholechart/web"
)

// A board (my day, the inbox, the calendar) keeps itself up to date: its page
// asks every few seconds with the tag of what it shows, and is answered 304
// until something that it shows was written.
//
// Nothing waits at the server: a question is answered at once from memory, so
// that there is nothing to bound per user, and a hidden page does not ask. The
// question reads no fact of a patient and is not in the access log; a page that
// is brought up to date is opened again by that, and noted as any opening is.

// Topic is what a board shows: tasks or appointments, of one actor or of all.
type Topic struct {
	Type string // Task, Appointment, or a type that only All is asked of
	Of   string // "Practitioner/okonkwo"; "" is what is nobody's; All is everybody's
}

// All is every change of a type.
const All = "*"

// Live is how a board keeps itself up to date; region is the id of the element
// that is brought up to date. Call it before anything is read that the board
// shows: what is written meanwhile is then shown a moment later, never missed.
// When same is true the answer, that nothing changed, is given already.
func (c *Call) Live(region string, topics ...Topic) (l web.Live, same bool) {
	l = web.Live{Region: region, At: c.Now.In(c.Zone)}
	at, err := c.pulse.last(c.R.Context(), c.Records, c.Site, topics, false)
	if err != nil {
		c.Log.Error("board", "route", c.R.Pattern, "error", err)
		return l, false // without a tag: the page asks less often, and for everything
	}
	h := fnv.New64a()
	fmt.Fprint(h, c.Actor.Kind, c.Actor.ID, c.Actor.Role, c.Actor.Who, topics)
	l.Tag = fmt.Sprintf(`W/"%d.%s.%x"`, at, l.At.Format("0102"), h.Sum64()) // another day or another hand is another board
	if web.PartialOf(c.R) == "" || c.R.Header.Get("If-None-Match") != l.Tag {
		return l, false
	}
	web.SecurityHeaders(c.W)
	c.W.Header().Set("ETag", l.Tag)
	c.W.Header().Set("Wholechart-Clock", l.Clock())
	c.W.WriteHeader(http.StatusNotModified)
	return l, true
}

//go:embed live.js
var liveModule []byte

// LiveModule is the address of the module that boards need beside the page's own.
var LiveModule = FileURL("live.js", liveModule)

// followed are the types whose changes boards show.
var followed = []string{"Task", "Appointment", "Slot", "PractitionerRole", "Location", "Communication", "CommunicationRequest"}

const (
	pulseEach  = 250 * time.Millisecond // the log is looked at no more often
	pulseStep  = 1000
	pulseSteps = 20     // of one look: more was an import, and everything may have changed
	pulseMost  = 10_000 // topics that are told apart
)

// Every is all changes of some types, for Place.Shows.
func Every(types ...string) func(*Call) []Topic {
	var topics []Topic
	for _, t := range types {
		topics = append(topics, Topic{t, All})
	}
	return func(*Call) []Topic { return topics }
}

// counts are the numbers of the top bar as they were counted last, and where in
// the log that was.
type counts struct {
	mu sync.Mutex
	of map[countKey]counted
}

type countKey struct{ site, actor, role, who, place string }

type counted struct {
	at record.Seq
	n  int
}

// counted is the number of a place, counted again when what it depends on was
// written since. What was just written is always in it.
func (c *Call) counted(p Place) int {
	if p.Shows == nil {
		return p.Count(c)
	}
	at, err := c.pulse.last(c.R.Context(), c.Records, c.Site, p.Shows(c), true)
	if err != nil {
		return p.Count(c)
	}
	key := countKey{c.Site.Slug, c.Actor.ID, string(c.Actor.Role), c.Actor.Who, p.Path}
	c.counts.mu.Lock()
	had, ok := c.counts.of[key]
	c.counts.mu.Unlock()
	if ok && had.at == at {
		return had.n
	}
	n := p.Count(c)
	c.counts.mu.Lock()
	defer c.counts.mu.Unlock()
	if c.counts.of == nil || len(c.counts.of) >= pulseMost {
		c.counts.of = map[countKey]counted{}
	}
	c.counts.of[key] = counted{at, n}
	return n
}

type topicKey struct {
	site    int64 // its number
	typ, of string
}

// pulse knows for each topic where in the log it changed last. It follows the
// log when it is asked, from where it was asked first.
type pulse struct {
	mu     sync.Mutex
	begun  bool
	looked time.Time
	at     record.Seq
	floor  record.Seq // of topics that are not in last
	latest map[topicKey]record.Seq
}

func (p *pulse) last(ctx context.Context, records *record.Records, site *record.Site, topics []Topic, now bool) (record.Seq, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now {
		p.looked = time.Time{}
	}
	if err := p.look(context.WithoutCancel(ctx), records.As(access.Actor{Kind: access.System, ID: "boards", Site: site.Slug, Purpose: access.Operations}, access.EMR)); err != nil {
		return 0, err
	}
	at := p.floor
	for _, t := range topics {
		at = max(at, p.latest[topicKey{int64(site.No), t.Type, t.Of}])
	}
	return at, nil
}

// look reads what is new in the log, unless it was looked at just now.
func (p *pulse) look(ctx context.Context, s record.Session) (err error) {
	if p.begun && time.Since(p.looked) < pulseEach {
		return nil
	}
	if !p.begun {
		if err := p.restart(ctx, s); err != nil {
			return err
		}
	}
	for step := 0; ; step++ {
		stirs, next, more, err := s.Stirs(ctx, p.at, pulseStep, followed...)
		if err != nil {
			return err
		}
		for _, x := range stirs {
			for _, who := range append(x.Of, All) {
				p.latest[topicKey{int64(x.Site), x.Type, who}] = x.Seq
			}
		}
		p.at = next
		if step == pulseSteps && more || len(p.latest) > pulseMost {
			if err := p.restart(ctx, s); err != nil {
				return err
			}
			more = false
		}
		if !more {
			break
		}
	}
	p.begun, p.looked = true, time.Now()
	return nil
}

// restart goes to the log's end: all boards are taken to have changed there.
func (p *pulse) restart(ctx context.Context, s record.Session) error {
	at, err := s.Position(ctx)
	if err == nil {
		p.at, p.floor, p.latest = at, at, map[topicKey]record.Seq{}
	}
	return err
}
