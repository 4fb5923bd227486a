package record

import (
	"context"
	"errors"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/store"
)

// A site's settings are small documents of its own: which rules speak how loud,
// when reminders are sent. No patient's data is in them.

// MaxSetting bounds one setting, in bytes.
const MaxSetting = 1 << 20

func (s Session) settingKind() string { return "setting:" + s.actor.Site }

// Setting is a setting of the session's site by name, with its version; nil and 0
// when it was never made. Every member of the workforce and the system may read it.
func (s Session) Setting(ctx context.Context, name string) (body []byte, version int, err error) {
	if s.r == nil || s.site == nil || s.actor.Kind != access.User && s.actor.Kind != access.System {
		return nil, 0, &Refused{Why: "settings are for the site's workforce"}
	}
	if !validID(name) {
		return nil, 0, ErrNotFound
	}
	err = s.r.store.View(ctx, func(v *store.View) error {
		d, err := v.Doc(s.settingKind(), name)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		body, version = d.Body, d.Version
		return err
	})
	return body, version, err
}

// PutSetting makes or changes a setting whose version is the one given (0: there
// is none yet), else *VersionConflict. Only who manages the site may; it is noted
// with why.
func (s Session) PutSetting(ctx context.Context, name string, body []byte, version int, why string) error {
	if _, err := s.decide(access.Manage, "", ""); err != nil {
		return err
	}
	if s.actor.Role == access.Operator {
		return &Refused{Why: "operators look after the system; how care is supported is the site's to say"}
	}
	if !validID(name) {
		return invalid("value", "name", "a setting's name is 1 to 64 letters, digits, hyphens and dots")
	}
	if len(body) > MaxSetting {
		return invalid("too-long", "", "a setting is too long")
	}
	_, err := s.r.store.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.PutDocVersion(s.settingKind(), name, body, version); err != nil {
			return err
		}
		now := s.r.now()
		return audit.Append(tx, now, s.event(audit.Event{Time: now, Action: "setting", ID: name, Why: why, Count: 1}))
	})
	return err
}
