package standing

import (
	"context"
	"time"

	"wholechart/access"
	"wholechart/record"
)

// unread are the types that nothing here reads: who writes reminders, tasks and
// bills does not have every record looked at again.
var unread = map[string]bool{"Communication": true, "CommunicationRequest": true, "Task": true, "Provenance": true, "AuditEvent": true, "Coverage": true,
	"Claim": true, "ClaimResponse": true, "ExplanationOfBenefit": true, "Invoice": true, "Account": true, "ChargeItem": true, "Binary": true, "Slot": true, "Schedule": true,
	"List": true, "Basic": true, "Person": true, "Linkage": true, "PaymentNotice": true, "PaymentReconciliation": true, "Bundle": true}

func (k *Keeper) follow(ctx context.Context) error {
	k.work.Lock()
	defer k.work.Unlock()
	k.saw = time.Now()
	if err := k.log(ctx); err != nil {
		return err
	}
	for _, s := range k.sites {
		if err := k.besides(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// see follows the log and looks at one site: what a page needs. It returns nil
// when there is no such site. The caller holds work.
func (k *Keeper) see(ctx context.Context, slug string) (*site, error) {
	if err := k.log(ctx); err != nil {
		return nil, err
	}
	s := k.sites[slug]
	if s == nil {
		return nil, nil
	}
	return s, k.besides(ctx, s)
}

// log marks whom the log of changes concerns. The caller holds work.
func (k *Keeper) log(ctx context.Context) error {
	if !k.ready {
		if err := k.load(ctx); err != nil {
			return err
		}
	}
	if !k.ready {
		return nil // the node has no site of its own yet: there is nobody to follow for
	}
	k.own()
	k.learn()
	for {
		changes, err := k.home.Changes(ctx, k.at, step)
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			break
		}
		read := changes[:0:0]
		for _, c := range changes {
			if !unread[c.Type] {
				read = append(read, c)
			}
		}
		list, err := k.home.Concerned(ctx, read)
		if err != nil {
			return err
		}
		k.mu.Lock()
		for _, c := range list {
			k.concern(c, changes[0].Seq)
		}
		k.at = changes[len(changes)-1].Seq
		k.mu.Unlock()
		if len(changes) < step {
			break
		}
	}
	return nil
}

// besides marks whom links, other nodes' answers and time concern. The caller
// holds work.
func (k *Keeper) besides(ctx context.Context, s *site) error {
	touched, err := s.chart.Touched(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, mark := range touched {
		if s.told[id] == mark {
			continue
		}
		if m := s.marked(id); m.touched != mark {
			m.touched, m.last = mark, time.Now()
		}
	}
	s.expire(k.Clock())
	return nil
}

// marked is a patient's mark, made when there is none.
func (s *site) marked(id string) *mark {
	m := s.marks[id]
	if m == nil {
		m = &mark{since: time.Now()}
		s.marks[id] = m
	}
	return m
}

// concern marks a patient, or all. first is a place in the log not after the
// change's. What an answer has already is passed over.
func (k *Keeper) concern(c record.Concern, first record.Seq) {
	s := k.sites[c.Site.Slug]
	if s == nil {
		return
	}
	if c.Patient == "" {
		for id, a := range s.answers {
			if a.at < c.Seq {
				s.stale[id] = struct{}{}
			}
		}
		if s.hold == 0 && len(s.stale) > 0 {
			s.hold = first
		}
		return
	}
	if a := s.answers[c.Patient]; a != nil && a.at >= c.Seq {
		return
	}
	m := s.marked(c.Patient)
	if m.first == 0 {
		m.first = first
	}
	m.seq, m.last = max(m.seq, c.Seq), time.Now()
}

// expire makes those stale whose answer time has changed.
func (s *site) expire(now time.Time) {
	at := now.Unix()
	if s.next != 0 && at < s.next {
		return
	}
	s.next = 1<<62 - 1
	for id, a := range s.answers {
		if a.again <= at {
			s.stale[id] = struct{}{}
		} else {
			s.next = min(s.next, a.again)
		}
	}
}

// own takes the node's own sites, those among them that are new.
func (k *Keeper) own() {
	for _, x := range k.Records.Sites() {
		if !x.Local || k.sites[x.Slug] != nil && k.sites[x.Slug].Site == x {
			continue
		}
		k.mu.Lock()
		s := k.sites[x.Slug]
		if s == nil {
			s = &site{answers: map[string]*compact{}, marks: map[string]*mark{}, stale: map[string]struct{}{}, told: map[string]string{}}
			k.sites[x.Slug] = s
		}
		s.Site, s.chart, s.whole = x, k.session(x.Slug, access.EMR), k.session(x.Slug, access.EHR)
		k.mu.Unlock()
		if k.home.Site() == nil || x.No < k.home.Site().No {
			k.home = s.chart
		}
	}
}

// learn makes stale what was worked out with other knowledge than what is loaded
// now. The cursor need not wait: an answer carries its knowledge. The caller
// holds work.
func (k *Keeper) learn() {
	loaded := k.Loaded()
	if loaded == k.loaded {
		return
	}
	index()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.loaded, k.by = loaded, Knowledge(loaded)
	for _, s := range k.sites {
		for id, a := range s.answers {
			if a.by != k.by {
				s.stale[id] = struct{}{}
			}
		}
	}
}

// load reads what is kept, and finds who is not. Without a site of the node's own
// the Keeper is not ready.
func (k *Keeper) load(ctx context.Context) error {
	k.own()
	if len(k.sites) == 0 {
		return nil
	}
	at, err := k.home.Cursor(ctx, name)
	if err != nil {
		return err
	}
	if at == 0 { // Never before: everybody is evaluated, and from here on the log is followed.
		if at, err = k.home.LogEnd(ctx); err != nil {
			return err
		}
		if err := k.home.SetCursor(ctx, name, at); err != nil {
			return err
		}
	}
	for _, s := range k.sites {
		answers, stale := map[string]*compact{}, map[string]struct{}{}
		for part := range record.KeptParts {
			list, err := s.chart.KeptIn(ctx, name, part)
			if err != nil {
				return err
			}
			for _, x := range list {
				a, err := Decode(x.Body)
				if err != nil {
					stale[x.Patient] = struct{}{}
					continue
				}
				answers[x.Patient] = compactOf(a)
				if a.By != k.by {
					stale[x.Patient] = struct{}{}
				}
			}
		}
		for after := ""; ; {
			ids, next, err := s.chart.Patients(ctx, after, 1000)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if answers[id] == nil {
					stale[id] = struct{}{}
				}
			}
			if after = next; after == "" {
				break
			}
		}
		k.mu.Lock()
		s.answers, s.stale, s.next = answers, stale, 0
		k.mu.Unlock()
	}
	k.mu.Lock()
	k.at, k.kept, k.ready = at, at, true
	k.mu.Unlock()
	return nil
}
