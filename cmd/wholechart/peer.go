package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"wholechart/auth"
	"wholechart/record"
)

type peerCmd struct {
	Add    peerAdd    `cmd:"" help:"Trust the sites of another node."`
	List   peerList   `cmd:"" help:"List the trusted sites of other nodes."`
	Remove peerRemove `cmd:"" help:"End the trust in a site."`
	Self   peerSelf   `cmd:"" help:"Print what this node says of itself, for another's peer add --file."`
}

type peerAdd struct {
	Data string   `required:"" type:"path" help:"The node's directory."`
	Node string   `help:"Base URL of the other node. What it says of its sites and keys is trusted: check the address." xor:"from" required:""`
	File string   `help:"What the other node says of itself, brought another way: the output of its peer self." type:"path" xor:"from" required:""`
	Only []string `help:"Trust these of its sites only."`
}

func (c *peerAdd) data() string { return c.Data }

func (c *peerAdd) run(ctx context.Context, n *node, s streams) error {
	var said announcement
	if c.File != "" {
		data, err := os.ReadFile(c.File)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(data, &said); err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
	} else {
		var err error
		if said, err = whoIs(ctx, c.Node); err != nil {
			return err
		}
	}
	added, err := trust(ctx, n, said, c.Only)
	for _, slug := range added {
		fmt.Fprintln(s.out, slug)
	}
	return err
}

type peerSelf struct {
	Data string `required:"" type:"path" help:"The node's directory."`
}

func (c *peerSelf) data() string { return c.Data }

func (c *peerSelf) run(ctx context.Context, n *node, s streams) error {
	a, err := announced(ctx, n)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", "  ")
	return enc.Encode(a)
}

type peerList struct {
	Data string `required:"" type:"path" help:"The node's directory."`
}

func (c *peerList) data() string { return c.Data }

func (c *peerList) run(ctx context.Context, n *node, s streams) error {
	peers, err := n.auth.Peers(ctx)
	if err != nil {
		return err
	}
	return table(s.out, func(w io.Writer) {
		fmt.Fprintln(w, "SITE\tURL\tKEYS")
		for _, p := range peers {
			fmt.Fprintf(w, "%s\t%s\t%d\n", p.Slug, p.Base, len(p.Keys.Keys))
		}
	})
}

type peerRemove struct {
	Data string `required:"" type:"path" help:"The node's directory."`
	Site string `required:"" help:"The site's slug."`
}

func (c *peerRemove) data() string { return c.Data }

func (c *peerRemove) run(ctx context.Context, n *node, s streams) error {
	return n.auth.RemovePeer(ctx, c.Site)
}

// announcement is what a node says of itself at announcePath, to those who set
// up trust: its sites and its public keys. It says nothing of users or patients.
type announcement struct {
	Sites []record.Site   `json:"sites"`
	Keys  json.RawMessage `json:"keys"`
}

const (
	announcePath    = "/.well-known/wholechart.json"
	maxAnnouncement = 4 << 20
)

// announced is what the node says of itself.
func announced(ctx context.Context, n *node) (announcement, error) {
	var a announcement
	keys, err := n.auth.PublicKeys(ctx)
	if err != nil {
		return a, err
	}
	for _, site := range n.records.Sites() {
		if site.Local {
			out := *site
			out.No, out.Base = 0, n.self(site.Slug)
			a.Sites = append(a.Sites, out)
		}
	}
	a.Keys, err = auth.MarshalKeys(keys)
	return a, err
}

// announce is the door of announcePath.
func announce(w http.ResponseWriter, r *http.Request, n *node) {
	a, err := announced(r.Context(), n)
	if err != nil {
		http.Error(w, "the keys cannot be read", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(a)
}

// whoIs asks a node what it says of itself. Redirects are not followed: the
// address that the operator gave is the one that is trusted.
func whoIs(ctx context.Context, base string) (a announcement, err error) {
	base = strings.TrimSuffix(base, "/")
	if u, err := url.Parse(base); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return a, errors.New("the other node's address is a URL that begins with https:// or http://")
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+announcePath, nil)
	if err != nil {
		return a, err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return a, fmt.Errorf("the node answers %s", res.Status)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnnouncement)).Decode(&a); err != nil {
		return a, fmt.Errorf("what the node says of itself cannot be read: %w", err)
	}
	for _, site := range a.Sites {
		if !strings.HasPrefix(site.Base, base+"/") {
			return a, fmt.Errorf("the node says of its site %s that it is at %s", site.Slug, site.Base)
		}
	}
	return a, nil
}

// trust makes the sites of an announcement peers, all or those named. A site
// that is trusted at another address already is an error: one node cannot take
// the place of another.
func trust(ctx context.Context, n *node, a announcement, only []string) (added []string, err error) {
	keys, err := auth.ParseKeys(a.Keys)
	if err != nil {
		return nil, err
	}
	peers, err := n.auth.Peers(ctx)
	if err != nil {
		return nil, err
	}
	for _, site := range a.Sites {
		if len(only) > 0 && !slices.Contains(only, site.Slug) {
			continue
		}
		for _, p := range peers {
			if p.Slug == site.Slug && p.Base != site.Base {
				return added, fmt.Errorf("site %s is trusted already, at %s: end that first with wholechart peer remove", p.Slug, p.Base)
			}
		}
		if u, err := url.Parse(site.Base); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return added, fmt.Errorf("site %s: its base is no address", site.Slug)
		}
		site.No, site.Local = 0, false
		if _, err := n.records.PutSite(ctx, site); err != nil {
			return added, fmt.Errorf("site %s: %w", site.Slug, err)
		}
		if err := n.auth.AddPeer(ctx, auth.Peer{Slug: site.Slug, Base: site.Base, Keys: keys}); err != nil {
			return added, err
		}
		added = append(added, site.Slug)
	}
	for _, slug := range only {
		if !slices.Contains(added, slug) {
			return added, fmt.Errorf("the node has no site %s", slug)
		}
	}
	return added, nil
}
