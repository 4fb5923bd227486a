package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"

	"wholechart/api/hooks"
)

// tellSetting is where a site's feedback that waits to be told to outside services is
// kept: card and suggestion by their uuids, a coded reason, no patient.
const tellSetting = "cds-feedback"

// keepTelling keeps what waits of a site. Nobody else writes it, so that a version
// that was moved is only read again.
func (n *node) keepTelling(ctx context.Context, site string, list []hooks.Waiting) error {
	s := n.system(site, "alerts")
	_, version, err := s.Setting(ctx, tellSetting)
	if err != nil {
		return err
	}
	body, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return s.PutSetting(ctx, tellSetting, body, version, "what outside services are still to be told")
}

// telling is what waited at all sites when the node ended.
func (n *node) telling(ctx context.Context) (all []hooks.Waiting) {
	for _, site := range n.records.Sites() {
		if !site.Local {
			continue
		}
		body, _, err := n.system(site.Slug, "alerts").Setting(ctx, tellSetting)
		var list []hooks.Waiting
		if err == nil {
			list, err = hooks.DecodeWaiting(site.Slug, body)
		}
		if err != nil {
			slog.Error("what outside services are still to be told is lost", "site", site.Slug, "error", err)
			continue
		}
		all = append(all, list...)
	}
	return all
}

// stillTold says whether a service is one of the site's now, at that address: who was
// removed is told nothing more. When that cannot be read, it waits on.
func (n *node) stillTold(ctx context.Context, site, service, url string) bool {
	body, _, err := n.system(site, "decision").Setting(ctx, hooks.SettingName)
	var list []hooks.Outside
	if err == nil {
		list, err = hooks.DecodeOutside(body)
	}
	if err != nil {
		slog.Error("the site's outside services", "site", site, "error", err)
		return true
	}
	return slices.ContainsFunc(list, func(o hooks.Outside) bool { return o.ID == service && strings.HasPrefix(url, o.Base+"/cds-services/") })
}
