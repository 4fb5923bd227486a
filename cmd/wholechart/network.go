package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/demo"
	"wholechart/record"
)

// network is the demonstration under way: several nodes in one process, each
// with its own store and its own door, that know each other only over HTTP.
type network struct {
	dir      string
	password string // of every account, made anew at every start
	nodes    []*demoNode
	now      func() time.Time // nil: time.Now
}

// demoNode is one node of the demonstration. Stopped, it does not listen and
// its store is closed.
type demoNode struct {
	*network
	number int
	dir    string
	addr   string
	base   string

	mu   sync.Mutex // one start or stop at a time
	node *node      // nil: stopped
	end  func() error
}

// marker is the file that says that a directory holds a demonstration.
const marker = "demonstration.json"

// openNetwork makes a demonstration, or opens the one that is in dir.
func openNetwork(ctx context.Context, dir, listen string, anchor time.Time) (*network, error) {
	return openNetworkAt(ctx, dir, listen, anchor, nil)
}

// openNetworkAt is openNetwork with a clock of its own; nil is time.Now.
func openNetworkAt(ctx context.Context, dir, listen string, anchor time.Time, now func() time.Time) (w *network, err error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("--listen: %w", err)
	}
	if !loopbackHost(host) {
		return nil, errors.New("a demonstration listens on this machine only: anybody may sign in to it")
	}
	kept := false
	if _, err := os.Stat(filepath.Join(dir, marker)); err == nil {
		kept = true
	} else if err := emptyDir(dir); err != nil {
		return nil, fmt.Errorf("no demonstration there: %w", err)
	}
	w = &network{dir: dir, now: now}
	if w.password, err = newPassword(streams{}, false); err != nil {
		return nil, err
	}
	defer func(made *network) {
		if err != nil {
			err = errors.Join(err, made.close())
		}
	}(w)
	next, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("--listen: the port is a number: %w", err)
	}
	var doors []net.Listener // all addresses first: every node's doors know the others'
	for number := 1; number <= demoNodes(); number++ {
		n := &demoNode{network: w, number: number, dir: filepath.Join(dir, "node"+strconv.Itoa(number))}
		l, err := freePort(host, next, number == 1)
		if err != nil {
			for _, l := range doors {
				err = errors.Join(err, l.Close())
			}
			return nil, err
		}
		doors, w.nodes = append(doors, l), append(w.nodes, n)
		n.addr, n.base = l.Addr().String(), "http://"+l.Addr().String()
		if next > 0 {
			next = l.Addr().(*net.TCPAddr).Port + 1
		}
	}
	if err := w.each(func(n *demoNode) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.open(ctx, doors[n.number-1])
	}); err != nil {
		return nil, err
	}
	if err := w.each(func(n *demoNode) error { return n.settle(ctx) }); err != nil {
		return nil, err
	}
	if err := w.trust(ctx); err != nil {
		return nil, err
	}
	if kept {
		return w, w.each(func(n *demoNode) error { return n.accounts(ctx) })
	}
	if err := w.each(func(n *demoNode) error { return n.fill(ctx, anchor) }); err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]string{"told": anchor.UTC().Format(time.RFC3339)})
	if err != nil {
		return nil, err
	}
	return w, os.WriteFile(filepath.Join(dir, marker), body, 0o600)
}

// demoNodes is how many nodes the sites of the demonstration are on.
func demoNodes() (n int) {
	for _, s := range demo.Sites() {
		n = max(n, s.Node)
	}
	return n
}

// freePort listens on a port, or if it may on one of the next that is free.
func freePort(host string, port int, exactly bool) (l net.Listener, err error) {
	for i := range 100 {
		if l, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port+i))); err == nil || exactly || port == 0 {
			break
		}
	}
	if err != nil && exactly {
		return nil, fmt.Errorf("%w: choose another address with --listen", err)
	}
	return l, err
}

func (w *network) each(do func(*demoNode) error) error {
	var g errgroup.Group
	for _, n := range w.nodes {
		g.Go(func() error {
			if err := do(n); err != nil {
				return fmt.Errorf("node %d: %w", n.number, err)
			}
			return nil
		})
	}
	return g.Wait()
}

func (w *network) close() error {
	return w.each(func(n *demoNode) error { return n.stop() })
}

// open opens the store and the doors of a node.
func (n *demoNode) open(ctx context.Context, l net.Listener) error {
	one, err := openNode(ctx, n.dir, nodeOptions{make: true, now: n.now, send: outgoing{mail: mailFolder{filepath.Join(n.dir, "mail")}, links: true}})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	one.setBase(n.base)
	handler, err := doors(one, true)
	if err != nil {
		return errors.Join(err, l.Close(), one.close())
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	endControl, err := control(run, one)
	if err != nil {
		cancel()
		return errors.Join(err, l.Close(), one.close())
	}
	front := n.demoDoors(one, handler)
	ended := make(chan error, 1)
	go func() { ended <- serve(run, one, front, l, "", "") }()
	n.node, n.end = one, func() error {
		cancel()
		err := <-ended
		endControl()
		return errors.Join(err, one.close())
	}
	return nil
}

// start opens a stopped node again, at its old address.
func (n *demoNode) start(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.node != nil {
		return nil
	}
	l, err := net.Listen("tcp", n.addr)
	if err != nil {
		return err
	}
	return n.open(ctx, l)
}

// stop closes a node: it answers nobody until it is started again.
func (n *demoNode) stop() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.node == nil {
		return nil
	}
	err := n.end()
	n.node, n.end = nil, nil
	return err
}

func (n *demoNode) up() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.node != nil
}

// sites are the sites of the stories that the node hosts.
func (n *demoNode) sites() (out []demo.Site) {
	for _, s := range demo.Sites() {
		if s.Node == n.number {
			out = append(out, s)
		}
	}
	return out
}

// settle makes the network's sites known to a node, in one order everywhere, so
// that a site has one colour on every page.
func (n *demoNode) settle(ctx context.Context) error {
	for _, s := range demo.Sites() {
		site := record.Site{Slug: s.Slug, Name: s.Name, State: s.State, Zone: s.Zone, Badge: s.Badge, Kind: s.Kind, Local: s.Node == n.number}
		if !site.Local {
			site.Base = n.nodes[s.Node-1].base + "/" + s.Slug
		}
		if _, err := n.node.records.PutSite(ctx, site); err != nil {
			return err
		}
	}
	return nil
}

// trust lets every node ask every other who it is, and trust its sites. A node
// may have another port than when it was last trusted.
func (w *network) trust(ctx context.Context) error {
	return w.each(func(n *demoNode) error {
		peers, err := n.node.auth.Peers(ctx)
		if err != nil {
			return err
		}
		for _, p := range peers {
			if err := n.node.auth.RemovePeer(ctx, p.Slug); err != nil {
				return err
			}
		}
		for _, other := range w.nodes {
			if other == n {
				continue
			}
			said, err := whoIs(ctx, other.base)
			if err == nil {
				_, err = trust(ctx, n.node, said, nil)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// fill posts a node's stories through its ordinary door, and makes its accounts.
func (n *demoNode) fill(ctx context.Context, anchor time.Time) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return n.accounts(ctx) })
	for _, site := range n.sites() {
		g.Go(func() error {
			token, done, err := n.storyteller(ctx, site.Slug)
			if err != nil {
				return err
			}
			for _, bundle := range demo.Bundles(site.Slug, anchor) {
				if err := postBundle(ctx, n.base+"/"+site.Slug+"/emr/fhir", token, bundle); err != nil {
					return fmt.Errorf("a story at %s: %w", site.Slug, err)
				}
			}
			return done()
		})
	}
	return g.Wait()
}

// storyteller is the account that brings a site's first records, with the names
// that stand in them: an administrator's, since a program signs nothing. done
// ends it.
func (n *demoNode) storyteller(ctx context.Context, site string) (token string, done func() error, err error) {
	u := auth.User{Site: site, Name: "storyteller", FullName: "The demonstration's first records", Role: access.Admin}
	password, err := newPassword(streams{}, false)
	if err == nil {
		err = n.node.auth.AddUser(ctx, u, password)
	}
	if err == nil {
		token, err = n.node.auth.Issue(ctx, u.Actor(), auth.Bearer, time.Hour)
	}
	return token, func() error {
		u.Disabled = true
		return n.node.auth.AddUser(ctx, u, "")
	}, err
}

// accounts makes the accounts of the role cards, with this start's password.
func (n *demoNode) accounts(ctx context.Context) error {
	for _, r := range demo.Roles() {
		for _, site := range n.sites() {
			if site.Slug != r.Site {
				continue
			}
			u := auth.User{Site: r.Site, Name: r.User, FullName: r.Name, Role: roleOf(r)}
			if r.Practitioner != "" {
				u.Who = "Practitioner/" + r.Practitioner
			}
			if u.Role == "" { // her own account
				u.Patients = []string{patientOf(r)}
			}
			if err := n.node.auth.AddUser(ctx, u, n.password); err != nil {
				return fmt.Errorf("account %s/%s: %w", r.Site, r.User, err)
			}
		}
	}
	return nil
}

// roleOf is what a role card's title means here; "" is a patient.
func roleOf(r demo.Role) access.Role {
	switch r.Title {
	case "Nurse":
		return access.Nurse
	case "Radiologist":
		return access.Radiologist
	case "Pharmacist":
		return access.Pharmacist
	case "Front desk":
		return access.FrontDesk
	case "Records office":
		return access.RecordsOffice
	case "Privacy officer":
		return access.PrivacyOfficer
	case "Operator":
		return access.Operator
	case "Patient":
		return ""
	}
	return access.Physician
}

func patientOf(r demo.Role) string {
	for _, p := range demo.People() {
		for _, v := range p.Home {
			if p.Name == r.Name && v.Site == r.Site {
				return v.Patient
			}
		}
	}
	return ""
}

// volume gives the organisations of an archive to the nodes, as further sites.
func (w *network) volume(ctx context.Context, archive string, s streams) error {
	var bases []string
	for _, n := range w.nodes {
		bases = append(bases, n.base)
	}
	for i, n := range w.nodes {
		fmt.Fprintf(s.out, "Importing for node %d of %d …\n", i+1, len(w.nodes))
		c := importCmd{Data: n.dir, SplitSites: true, Shard: fmt.Sprintf("%d/%d", i, len(w.nodes)), Bases: bases, Paths: []string{archive}}
		if err := c.run(ctx, n.node, s); err != nil {
			return err
		}
	}
	if err := w.trust(ctx); err != nil {
		return err
	}
	return w.each(func(n *demoNode) error { return n.volumeAccounts(ctx) })
}

// volumeAccounts gives every site of the archive a physician to look around as.
func (n *demoNode) volumeAccounts(ctx context.Context) error {
	for _, site := range n.node.records.Sites() {
		if site.Kind != "" || !site.Local { // the stories' sites say what kind they are
			continue
		}
		if err := n.node.auth.AddUser(ctx, auth.User{Site: site.Slug, Name: "doctor", FullName: "Visiting physician", Role: access.Physician}, n.password); err != nil {
			return err
		}
	}
	return nil
}

func postBundle(ctx context.Context, base, token string, bundle []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base, bytes.NewReader(bundle))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/fhir+json")
	req.Header.Set("Authorization", "Bearer "+token)
	return exchangeJSON(req, nil)
}

func exchangeJSON(req *http.Request, into any) error {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", res.Status, body[:min(len(body), 2000)])
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}
