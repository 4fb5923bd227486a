package orders

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"wholechart/access"
	"wholechart/chart/order"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// Favourites are one draft a user: a list of keys of the catalogue.
const favourites = "order-favourites"

func favouritesID(c *door.Call) string {
	id := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '.'
	}, c.Actor.ID)
	return id[:min(64, len(id))]
}

func (r *room) stars(c *door.Call) []string {
	d, err := c.Session(access.EMR).Draft(c.R.Context(), favourites, favouritesID(c))
	var keys []string
	if err != nil || d.Owner != c.Actor.ID || json.Unmarshal(d.Body, &keys) != nil {
		return nil
	}
	return keys
}

func (r *room) star(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	key := form.Get("item")
	if order.ByKey(key) == nil {
		c.Failed(record.ErrNotFound)
		return
	}
	s := c.Session(access.EMR)
	d, err := s.Draft(c.R.Context(), favourites, favouritesID(c))
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		c.Failed(err)
		return
	}
	var keys []string
	_ = json.Unmarshal(d.Body, &keys)
	said := "A favourite now"
	if i := slices.Index(keys, key); i >= 0 {
		keys, said = slices.Delete(keys, i, i+1), "No favourite any more"
	} else {
		keys = append(keys, key)
	}
	if len(keys) > 40 {
		r.answer(c, p, web.Warning, "Forty favourites are the most: take one out first.")
		return
	}
	d.Kind, d.ID, d.Type, d.Title = favourites, favouritesID(c), "ServiceRequest", "Favourite orders"
	if d.Body, err = json.Marshal(keys); err == nil {
		_, err = s.PutDraft(c.R.Context(), d)
	}
	var other *record.DraftMoved
	if errors.As(err, &other) {
		r.answer(c, p, web.Warning, "Changed in another window meanwhile: try again.")
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	r.answer(c, p, web.Good, said)
}
