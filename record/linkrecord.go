package record

import (
	"context"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/store"
)

// LinkRecord is the Patient resource that a link of this site's patient names,
// as the other site has it: what must be seen to decide whether the two are one
// person. It is for who may decide (SetLink), and only for a pair that Links
// names: linked, in review or held apart. It opens the Patient alone, nothing
// of the other record. The other site's log has it as a disclosure before it is
// answered.
func (s Session) LinkRecord(ctx context.Context, patient string, at *Site, other string) (Resource, error) {
	if _, err := s.decide(access.Update, "Person", ""); err != nil {
		return Resource{}, err
	}
	if _, err := s.decide(access.Read, "Patient", patient); err != nil {
		return Resource{}, err
	}
	if at == nil {
		return Resource{}, store.ErrNotFound
	}
	var own, row store.Row
	err := s.r.store.View(ctx, func(v *store.View) (err error) {
		if own, err = v.Get(s.site.No, "Patient", patient); err != nil {
			return err
		}
		if row, err = v.Get(at.No, "Patient", other); err != nil {
			return err
		}
		if !s.tells(v, at, row) {
			return store.ErrNotFound
		}
		ok, err := s.paired(v, own, at, row)
		if err == nil && !ok {
			err = store.ErrNotFound
		}
		return err
	})
	if err == nil && at.Local && at != s.site {
		e := s.event(audit.Event{Action: "disclose", Type: "Patient", ID: other, Key: row.Key, Count: 1, Recipient: s.site.Slug, Why: "to decide on a link"})
		e.Site, e.SiteNo = at.Slug, at.No
		err = s.r.log.Write(ctx, e)
	}
	e := audit.Event{Action: "read", Type: "Patient", ID: patient, Key: own.Key, Count: 1, Why: "beside a record of " + at.Slug + ", to decide on a link"}
	if err != nil {
		e.Outcome, e.Why, e.Count = audit.Failed, kindOf(err), 0
	}
	s.note(e)
	if err != nil {
		return Resource{}, err
	}
	there := s
	there.site = at
	return there.resource(row), nil
}
