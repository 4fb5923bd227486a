package record

import (
	"context"
	"errors"

	"wholechart/access"
	"wholechart/store"
)

// MayTell keeps, of resources of a patient of this session's site, those that the
// site may tell somebody outside for a purpose: what the patient's consent and the
// law let go (package access: Release). ok is false when not even that the person
// is a patient here may be told. It only says; what is then told is noted where it
// is told. For the system's own work.
func (s Session) MayTell(ctx context.Context, patient, recipient string, p access.Purpose, list []Resource) (kept []Resource, ok bool, err error) {
	if s.actor.Kind != access.System || s.site == nil || !s.site.Local {
		return nil, false, &Refused{Why: "this is the system's own work"}
	}
	err = s.r.store.View(ctx, func(v *store.View) error {
		row, err := v.Get(s.site.No, "Patient", patient)
		if err != nil {
			return err
		}
		asking := Session{r: s.r, actor: access.Actor{Kind: access.Peer, ID: recipient, Site: s.site.Slug, Purpose: p}, lens: access.EMR, site: s.site}
		withhold, all := asking.release(v, s.site, row)
		if all || row.Labels&uint64(withhold) != 0 {
			return nil
		}
		ok = true
		for _, r := range list {
			if r.Site == nil || r.Site.No != s.site.No || r.Deleted {
				continue // another site's fact is that site's to tell
			}
			x, err := v.Get(s.site.No, r.Type, r.ID)
			if errors.Is(err, store.ErrNotFound) || errors.As(err, new(*store.ErrGone)) {
				continue
			}
			if err != nil {
				return err
			}
			if x.Labels&uint64(withhold) == 0 {
				kept = append(kept, r)
			}
		}
		return nil
	})
	return kept, ok, err
}
