package record

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/search"
	"wholechart/store"
)

// Discloses says whether this session's site may tell another site, for a
// purpose, that a person is its patient at all: not when the Patient itself is
// of a sensitive kind and the patient's consent does not name the recipient, nor
// when the patient forbade it. It only says; what is then told is noted where it
// is told. For the system's own work.
func (s Session) Discloses(ctx context.Context, patient, recipient string, p access.Purpose) (bool, error) {
	if s.actor.Kind != access.System || s.site == nil || !s.site.Local {
		return false, &Refused{Why: "this is the system's own work"}
	}
	ok := false
	err := s.r.store.View(ctx, func(v *store.View) error {
		row, err := v.Get(s.site.No, "Patient", patient)
		if err != nil {
			return err
		}
		ok = s.discloses(v, s.site, row, recipient, p)
		return nil
	})
	return ok, err
}

// discloses asks the law of one Patient row at a site of this node.
func (s Session) discloses(v *store.View, site *Site, row store.Row, recipient string, p access.Purpose) bool {
	asking := Session{r: s.r, actor: access.Actor{Kind: access.Peer, ID: recipient, Site: site.Slug, Purpose: p}, lens: access.EMR, site: site}
	withhold, all := asking.release(v, site, row)
	return !all && row.Labels&uint64(withhold) == 0
}

// CountFor is how many resources of a patient's record this session's site
// would show another site. For the system's own work.
func (s Session) CountFor(ctx context.Context, patient, recipient string, p access.Purpose) (n int, err error) {
	if s.actor.Kind != access.System || s.site == nil || !s.site.Local {
		return 0, &Refused{Why: "this is the system's own work"}
	}
	err = s.r.store.View(ctx, func(v *store.View) error {
		own, err := v.Get(s.site.No, "Patient", patient)
		if err != nil {
			return err
		}
		asking := Session{r: s.r, actor: access.Actor{Kind: access.Peer, ID: recipient, Site: s.site.Slug, Purpose: p}, lens: access.EMR, site: s.site}
		withhold, all := asking.release(v, s.site, own)
		if all {
			return nil
		}
		w := &window{s: asking, v: v, d: access.Decision{Allowed: true, Types: func(string) bool { return true }}}
		w.scope.Ranges, w.scope.Deny = s.ranges(v, own, uint64(withhold)), uint64(withhold)
		for _, r := range w.scope.Ranges {
			after := r.From - 1
			for {
				rows, err := v.Range(r, nil, after, 1000)
				if err != nil {
					return err
				}
				if len(rows) == 0 {
					break
				}
				for _, row := range rows {
					after = row.Key
					if w.sees(row) {
						n++
					}
				}
			}
		}
		return nil
	})
	return n, err
}

const grantDocs = "grant"

// GrantLife is how long a match lets a peer ask what changed in that record.
const GrantLife = 30 * 24 * time.Hour

type grant struct {
	Until time.Time `json:"until"`
}

// Grant keeps that this session's peer was told that a person is the patient
// here, in one transaction with the note of that disclosure. Until GrantLife
// later the peer may ask for that patient's record.
func (s Session) Grant(ctx context.Context, patient, why string) error {
	if _, err := s.decide(access.Match, "Patient", patient); err != nil {
		return err
	}
	if s.actor.Kind != access.Peer {
		return invalid("business-rule", "", "only a peer is granted a match")
	}
	now := s.r.now().UTC()
	body, err := json.Marshal(grant{now.Add(GrantLife)})
	if err != nil {
		return err
	}
	_, err = s.r.store.Update(ctx, func(tx *store.Tx) error {
		row, err := tx.Get(s.site.No, "Patient", patient)
		if err != nil {
			return err
		}
		if err := tx.PutDoc(grantDocs, s.site.Slug+"/"+s.actor.ID+"/"+patient, body); err != nil {
			return err
		}
		return audit.Append(tx, now, s.event(audit.Event{Action: "match", Type: "Patient", ID: patient, Key: row.Key, Count: 1, Recipient: s.actor.ID, Why: why}))
	})
	return err
}

// Granted says whether this session's peer was told of a patient before, and
// not too long ago.
func (s Session) Granted(ctx context.Context, patient string) (bool, error) {
	if s.r == nil || s.site == nil || s.actor.Kind != access.Peer {
		return false, nil
	}
	var g grant
	err := s.r.store.View(ctx, func(v *store.View) error {
		body, err := v.GetDoc(grantDocs, s.site.Slug+"/"+s.actor.ID+"/"+patient)
		if err != nil {
			return err
		}
		return json.Unmarshal(body, &g)
	})
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && s.r.now().Before(g.Until), err
}

// SearchNode is a search for Patients over all sites of this node at once, for
// identity's work: who else here may be this person. What it finds says whose
// it is, and is not to be shown to anybody before Discloses or a role says so.
func (s Session) SearchNode(ctx context.Context, q *search.Query) (*Page, error) {
	if s.actor.Kind != access.System || q.Type != "Patient" {
		return nil, &Refused{Why: "only the system looks for a person over all sites"}
	}
	if _, err := s.decide(access.Match, "Patient", ""); err != nil {
		return nil, err
	}
	scope := store.Scope{Types: []string{"Patient"}, Ranges: s.r.localRanges()}
	page := &Page{}
	err := s.r.store.View(ctx, func(v *store.View) error {
		res, err := v.Search(scope, q)
		if err != nil {
			return err
		}
		page.Next, page.Total = res.Next, res.Total
		for _, row := range res.Matches {
			if site := s.r.siteNo(row.Key.Site()); site != nil && site.Local {
				at := s
				at.site = site
				page.Matches = append(page.Matches, at.resource(row))
			}
		}
		return nil
	})
	s.note(audit.Event{Action: "match", Type: "Patient", Count: len(page.Matches), Outcome: outcome(err), Params: names(q)})
	return page, err
}

// localRanges are the keys of this node's own sites, a range a site.
func (r *Records) localRanges() []store.KeyRange {
	r.sites.mu.RLock()
	defer r.sites.mu.RUnlock()
	out := make([]store.KeyRange, 0, len(r.sites.byNo))
	for no, s := range r.sites.byNo {
		if s.Local {
			out = append(out, store.SiteRange(no))
		}
	}
	return out
}
