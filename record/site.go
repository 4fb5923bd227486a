package record

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"wholechart/store"
)

// Site is one provider organisation that this node knows: one of its own, or
// another node's, of whose facts copies are kept.
type Site struct {
	No    store.SiteNo `json:"no"` // on this node
	Slug  string       `json:"slug"`
	Name  string       `json:"name"`
	State string       `json:"state"` // US state: the site's law
	Zone  string       `json:"zone"`  // IANA time zone
	Badge string       `json:"badge"` // two letters
	Kind  string       `json:"kind,omitempty"`
	Local bool         `json:"local"`
	Base  string       `json:"base,omitempty"` // of another node's site: the URL under which its doors are
}

// Location is the site's time zone, UTC when it is not known.
func (s *Site) Location() *time.Location {
	if l, err := time.LoadLocation(s.Zone); err == nil {
		return l
	}
	return time.UTC
}

// Color is the number 1–5 of the site's badge colour. Letters carry the
// meaning; colour only helps, so that repeats do no harm.
func (s *Site) Color() int { return int(s.No-1)%5 + 1 }

type sites struct {
	mu     sync.RWMutex
	bySlug map[string]*Site
	byNo   map[store.SiteNo]*Site
}

// maxSite is the highest number a site can have on one node (docs/adr/0001).
const maxSite = 1<<12 - 1

var slugForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// reserved are first path segments of a node's own doors.
var reserved = []string{"healthz", "readyz", "metrics", "assets", "demo", "auth", "peer", "well-known", "sites", "style", "signin", "signout"}

func (r *Records) loadSites(ctx context.Context) error {
	r.sites.mu.Lock()
	defer r.sites.mu.Unlock()
	r.sites.bySlug, r.sites.byNo = map[string]*Site{}, map[store.SiteNo]*Site{}
	return r.store.View(ctx, func(v *store.View) error {
		docs, err := v.ListDocs("site", "")
		if err != nil {
			return err
		}
		for _, d := range docs {
			s := new(Site)
			if err := json.Unmarshal(d.Body, s); err != nil {
				return fmt.Errorf("site %s: %w", d.ID, err)
			}
			r.sites.bySlug[s.Slug], r.sites.byNo[s.No] = s, s
		}
		return nil
	})
}

// Site is a site by its slug.
func (r *Records) Site(slug string) (*Site, error) {
	r.sites.mu.RLock()
	defer r.sites.mu.RUnlock()
	if s := r.sites.bySlug[slug]; s != nil {
		return s, nil
	}
	return nil, store.ErrNotFound
}

func (r *Records) siteNo(no store.SiteNo) *Site {
	r.sites.mu.RLock()
	defer r.sites.mu.RUnlock()
	return r.sites.byNo[no]
}

// Sites are all sites this node knows, its own first, by name.
func (r *Records) Sites() []*Site {
	r.sites.mu.RLock()
	defer r.sites.mu.RUnlock()
	all := make([]*Site, 0, len(r.sites.bySlug))
	for _, s := range r.sites.bySlug {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *Site) int {
		if a.Local != b.Local {
			if a.Local {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all
}

// PutSite adds a site or changes what is said of one; its number and whether
// it is local never change. It is an act of the node's operator: callers check
// that. A missing badge is made of the name's first letters.
func (r *Records) PutSite(ctx context.Context, s Site) (*Site, error) {
	if !slugForm.MatchString(s.Slug) || slices.Contains(reserved, s.Slug) {
		return nil, invalid("value", "slug", "a site's slug is a lower-case letter, then up to 39 letters, digits or hyphens, and no word of the node's own")
	}
	if s.Name == "" || len(s.Name) > 200 {
		return nil, invalid("value", "name", "a site needs a name of at most 200 bytes")
	}
	if s.Zone == "" {
		s.Zone = "America/New_York"
	}
	if _, err := time.LoadLocation(s.Zone); err != nil {
		return nil, invalid("value", "zone", "not an IANA time zone")
	}
	if s.Badge == "" {
		s.Badge = initials(s.Name)
	}
	r.sites.mu.Lock()
	defer r.sites.mu.Unlock()
	if old := r.sites.bySlug[s.Slug]; old != nil {
		if old.Local != s.Local {
			return nil, invalid("conflict", "slug", "a site of this name is known already")
		}
		s.No = old.No
	} else {
		for no := range r.sites.byNo {
			s.No = max(s.No, no)
		}
		s.No++
	}
	if s.No > maxSite {
		return nil, invalid("too-costly", "slug", fmt.Sprintf("a node holds at most %d sites", maxSite))
	}
	body, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	if _, err := r.store.Update(ctx, func(tx *store.Tx) error { return tx.PutDoc("site", s.Slug, body) }); err != nil {
		return nil, err
	}
	r.sites.bySlug[s.Slug], r.sites.byNo[s.No] = &s, &s
	return &s, nil
}

func initials(name string) string {
	var out []rune
	for _, w := range strings.Fields(name) {
		for _, c := range w {
			if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
				out = append(out, []rune(strings.ToUpper(string(c)))...)
			}
			break
		}
		if len(out) == 2 {
			break
		}
	}
	for len(out) < 2 {
		out = append(out, '·')
	}
	return string(out)
}
