package exchange

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/auth"
	"wholechart/identity"
	"wholechart/record"
)

// The states of an answer.
const (
	Answered    = "answered"
	Refused     = "refused"
	Unreachable = "unreachable"
	Unknown     = "unknown" // unknown there, or withheld: the two look the same
	Review      = "review"
)

const whyUnknown = "unknown there, or withheld"

// opening is one asking of all sites about one patient.
type opening struct {
	x       *Exchange
	sys     record.Session // at the asking site
	site    *record.Site
	patient string
	purpose access.Purpose
	force   bool

	before map[string]record.Answer // what each site said last
	links  map[string]record.Link   // by site/patient
	own    identity.Demographics    // as this site describes the person
	peers  int
}

// source is a peer and the site that its copies are kept under.
type source struct {
	auth.Peer
	site *record.Site
	node string // the part of the base URL that the sites of one node share
	name string // the site's own slug there
}

func (o *opening) run(ctx context.Context) ([]record.Answer, error) {
	found, err := identity.Join(ctx, o.sys, o.patient)
	if err != nil {
		return nil, err
	}
	out, err := o.siblings(ctx, found)
	if err != nil {
		return nil, err
	}
	if err := o.remember(ctx); err != nil {
		return nil, err
	}
	sources, err := o.sources(ctx)
	if err != nil {
		return nil, err
	}
	who, err := o.person(ctx)
	if err != nil {
		return nil, err
	}
	answers := o.round(ctx, sources, who)
	// What those who know the person say of her may let others recognise her:
	// an address before the last move, a number that both know.
	if more, err := o.person(ctx); err == nil && string(more.Patient()) != string(who.Patient()) {
		var again []source
		for _, s := range sources {
			if a := answers[s.Slug]; a.State == Unknown || a.State == Review {
				again = append(again, s)
			}
		}
		if err := o.remember(ctx); err != nil {
			return nil, err
		}
		for slug, a := range o.round(ctx, again, more) {
			answers[slug] = a
		}
	}
	for _, s := range sources {
		a := answers[s.Slug]
		if a.State == Unknown {
			if err := o.unknown(ctx, s, a); err != nil {
				return nil, err
			}
			a = withoutCopies(a)
		}
		out = append(out, a)
	}
	return out, nil
}

// known is what was said when the sites were last asked.
func (o *opening) known(ctx context.Context) ([]record.Answer, error) {
	found, err := identity.Links(ctx, o.sys, o.patient)
	if err != nil {
		return nil, err
	}
	out, err := o.siblings(ctx, found)
	if err != nil {
		return nil, err
	}
	said, err := o.sys.Answers(ctx, o.patient)
	return append(out, said...), err
}

// siblings answers for the other sites of this node, in process.
func (o *opening) siblings(ctx context.Context, found []identity.Found) ([]record.Answer, error) {
	var out []record.Answer
	now := o.x.opt.Now().UTC()
	for _, f := range found {
		if !f.Site.Local || f.State == record.Apart {
			continue
		}
		there := o.x.system(f.Site.Slug, o.purpose)
		tells, err := there.Discloses(ctx, f.Patient, o.site.Slug, o.purpose)
		var gone *record.Gone
		if errors.Is(err, record.ErrNotFound) || errors.As(err, &gone) || err == nil && !tells {
			continue // as if it did not know the person
		}
		if err != nil {
			return nil, err
		}
		a := record.Answer{Site: f.Site.Slug, State: Review, Asked: now, Patient: f.Patient}
		if f.State == record.Linked {
			a.State, a.When = Answered, now
			if a.Facts, err = there.CountFor(ctx, f.Patient, o.site.Slug, o.purpose); err != nil {
				return nil, err
			}
		}
		out = append(out, a)
	}
	return out, nil
}

// remember loads what was said and linked so far.
func (o *opening) remember(ctx context.Context) error {
	o.before, o.links = map[string]record.Answer{}, map[string]record.Link{}
	said, err := o.sys.Answers(ctx, o.patient)
	if err != nil {
		return err
	}
	for _, a := range said {
		o.before[a.Site] = a
	}
	links, err := o.sys.Links(ctx, o.patient)
	for _, l := range links {
		o.links[l.Slug+"/"+l.Patient] = l
	}
	return err
}

// person is how the person is described to others.
func (o *opening) person(ctx context.Context) (identity.Demographics, error) {
	own, err := o.sys.Read(ctx, "Patient", o.patient)
	if err != nil {
		return identity.Demographics{}, err
	}
	o.own = identity.DemographicsOf(own.Node())
	return identity.Person(ctx, o.sys, own)
}

// sources are the peers that may be asked, by slug.
func (o *opening) sources(ctx context.Context) ([]source, error) {
	peers, err := o.x.auth.Peers(ctx)
	if err != nil {
		return nil, err
	}
	var out []source
	for _, p := range peers {
		site, err := o.x.records.Site(p.Slug)
		if err != nil || site.Local {
			continue // not yet made known as a site, or this node itself
		}
		u, err := url.Parse(p.Base)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			continue
		}
		p.Base = strings.TrimSuffix(p.Base, "/")
		cut := strings.LastIndexByte(p.Base, '/')
		out = append(out, source{p, site, p.Base[:cut], p.Base[cut+1:]})
	}
	slices.SortFunc(out, func(a, b source) int { return strings.Compare(a.Slug, b.Slug) })
	o.peers = len(out)
	return out, nil
}

// round asks sources about the person, a node's sites after one another and
// the nodes beside one another.
func (o *opening) round(ctx context.Context, sources []source, who identity.Demographics) map[string]record.Answer {
	answers := map[string]record.Answer{}
	var mu sync.Mutex
	put := func(a record.Answer) {
		mu.Lock()
		defer mu.Unlock()
		answers[a.Site] = a
	}
	nodes := map[string][]source{}
	var order []string
	for _, s := range sources {
		// To ask is to tell that the person is a patient here.
		tells, err := o.sys.Discloses(ctx, o.patient, s.Slug, o.purpose)
		if err != nil || !tells {
			put(o.said(s, Refused, "not asked: this site may not tell it that the person is its patient"))
			continue
		}
		if nodes[s.node] == nil {
			order = append(order, s.node)
		}
		nodes[s.node] = append(nodes[s.node], s)
	}
	slots := make(chan struct{}, o.x.opt.MaxParallel)
	var all sync.WaitGroup
	for _, node := range order {
		all.Go(func() { o.askNode(ctx, nodes[node], who, slots, put) })
	}
	all.Wait()
	return answers
}

// askNode asks those sites of one node that are known to know the person, and
// one of the others, which also says who else there does: a node of many sites
// costs one question, not as many as it has sites.
func (o *opening) askNode(ctx context.Context, sites []source, who identity.Demographics, slots chan struct{}, put func(record.Answer)) {
	one := func(s source, locate bool) (*located, record.Answer) {
		slots <- struct{}{}
		defer func() { <-slots }()
		return o.ask(ctx, s, who, locate)
	}
	var strangers []source
	var friends sync.WaitGroup
	for _, s := range sites {
		if o.before[s.Slug].Patient == "" {
			strangers = append(strangers, s)
			continue
		}
		friends.Go(func() {
			_, a := one(s, false)
			put(a)
		})
	}
	defer friends.Wait()
	if len(strangers) == 0 {
		return
	}
	at, first := one(strangers[0], len(strangers) > 1)
	put(first)
	for _, s := range strangers[1:] {
		switch {
		case first.State == Unreachable || first.State == Refused:
			put(o.failed(s, first.State, first.Why, first.Since))
		case at != nil && !slices.Contains(at.sites, s.name):
			put(o.said(s, Unknown, whyUnknown))
		default:
			friends.Go(func() {
				_, a := one(s, false)
				put(a)
			})
		}
	}
}

// said is an answer of a site with what was kept of it before.
func (o *opening) said(s source, state, why string) record.Answer {
	a := o.before[s.Slug]
	a.Site, a.State, a.Why, a.Asked, a.Since = s.Slug, state, why, o.x.opt.Now().UTC(), time.Time{}
	return a
}

// failed is said and kept: a refusal or a failure.
func (o *opening) failed(s source, state, why string, since time.Time) record.Answer {
	a := o.said(s, state, why)
	a.Since = since
	if _, had := o.before[s.Slug]; !had && o.peers > fewPeers {
		return a
	}
	if err := o.sys.SaveAnswer(context.Background(), o.patient, a); err != nil {
		a.Why += "; this could not be kept"
	}
	return a
}

// fewPeers is how many sites a node may know for each to be remembered as one
// that does not know a person.
const fewPeers = 64

// unknown keeps that a site says it does not know the person, and forgets what
// it told before.
func (o *opening) unknown(ctx context.Context, s source, a record.Answer) error {
	before, had := o.before[s.Slug]
	if had && before.Patient != "" && before.Cursor != "" {
		return o.sys.Receive(ctx, s.site, o.patient, withoutCopies(a), nil, true)
	}
	if had && before.State == Unknown && o.peers > fewPeers || !had && o.peers > fewPeers {
		return nil
	}
	return o.sys.SaveAnswer(ctx, o.patient, withoutCopies(a))
}

// withoutCopies is an answer of which nothing is kept.
func withoutCopies(a record.Answer) record.Answer {
	a.When, a.Cursor, a.Facts, a.Withheld = time.Time{}, "", 0, 0
	return a
}

// noteAsking notes that the person's description leaves for a peer.
func (o *opening) noteAsking(ctx context.Context, s source) error {
	return o.sys.Note(ctx, audit.Event{Action: "ask", Type: "Patient", ID: o.patient, Recipient: s.Slug})
}
