package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"wholechart/record"
)

type importCmd struct {
	Data       string   `required:"" help:"The node's directory." type:"path"`
	Site       string   `help:"The site whose chart it becomes. Not with --split-sites."`
	SplitSites bool     `name:"split-sites" help:"Make a site of every organisation that provides care, and give each resource to the site that wrote it."`
	Shard      string   `help:"With --split-sites: i/n (i from 0) imports only the sites that fall to node i of n. Every node of the n imports the same paths."`
	Bases      []string `help:"With --split-sites: the base URL of each of the n nodes, in order. Of one node: as it was last served."`
	Strict     bool     `help:"Refuse a whole document when one of its entries cannot be stored."`
	Again      bool     `help:"Read also documents that were imported completely before."`
	JSON       bool     `name:"json" help:"Print the summary as JSON."`
	Paths      []string `arg:"" type:"path" help:"FHIR bundles (.json), NDJSON, directories, .tar.zst, .tar.gz, .zip."`
}

func (c *importCmd) data() string { return c.Data }

// summary is what became of an import.
type summary struct {
	Documents int     `json:"documents"`
	Complete  int     `json:"complete"`         // of which everything was stored
	Before    int     `json:"before,omitempty"` // were imported completely before, and not read again
	Other     int     `json:"other,omitempty"`  // files that are neither JSON nor NDJSON
	Resources int     `json:"resources"`        // stored or there already
	Created   int     `json:"created"`
	Updated   int     `json:"updated"`
	Same      int     `json:"same"` // were there already, word for word
	Rejected  int     `json:"rejected"`
	Sites     int     `json:"sites,omitempty"` // of this node, of --split-sites
	Links     int     `json:"links,omitempty"`
	Unused    int     `json:"unused,omitempty"` // of --split-sites: organisations and practitioners whom no patient met
	Seconds   float64 `json:"seconds"`
	Rate      float64 `json:"perSecond"`         // resources
	Rejects   string  `json:"rejects,omitempty"` // directory of what was kept aside
	Why       []why   `json:"why,omitempty"`     // the first of the reasons
}

// importer is one import under way.
type importer struct {
	n      *node
	cmd    *importCmd
	split  *splitter // nil: everything goes to one site
	began  time.Time
	stream streams
	done   *journal
	later  *spool
	names  sync.Map // site, type, system and value of a directory identifier → id

	mu    sync.Mutex
	sum   summary
	bad   map[string]bool // documents of which something was kept aside
	shown time.Time
}

func (c *importCmd) run(ctx context.Context, n *node, s streams) (err error) {
	if (c.Site == "") != c.SplitSites {
		return errors.New("give --site, or --split-sites")
	}
	im := &importer{n: n, cmd: c, began: time.Now(), stream: s, bad: map[string]bool{}}
	into := "site " + c.Site
	if c.SplitSites {
		if im.split, err = newSplitter(n, c.Shard, c.Bases); err != nil {
			return err
		}
		into = "split " + c.Shard
	} else if site, err := n.records.Site(c.Site); err != nil || !site.Local {
		return fmt.Errorf("no site %s on this node", c.Site)
	}
	if im.done, err = openJournal(n.dir, into); err != nil {
		return err
	}
	if im.later, err = newSpool(n.dir); err != nil {
		return errors.Join(err, im.done.Close())
	}
	defer func() { err = errors.Join(err, im.done.Close(), im.later.Close()) }()
	if im.split != nil { // every site must be known before the first resource names it
		if err := im.each(ctx, func(_ context.Context, t text) error { im.split.learn(t); return nil }); err != nil {
			return err
		}
		if err := im.split.settle(ctx); err != nil {
			return err
		}
		im.sum.Sites = im.split.mine()
	}
	if err := im.each(ctx, im.one); err != nil {
		return err
	}
	if err := im.rest(ctx); err != nil {
		return err
	}
	return im.report()
}

func (im *importer) report() error {
	sum := &im.sum
	sum.Complete = sum.Documents - len(im.bad)
	sum.Seconds = time.Since(im.began).Seconds()
	sum.Rate = float64(sum.Resources) / sum.Seconds
	im.progress(true)
	if im.cmd.JSON {
		return json.NewEncoder(im.stream.out).Encode(sum)
	}
	out := im.stream.out
	fmt.Fprintf(out, "%d of %d documents complete, %d resources: %d created, %d updated, %d the same, %d kept aside; %.1f s, %.0f resources/s\n",
		sum.Complete, sum.Documents, sum.Resources, sum.Created, sum.Updated, sum.Same, sum.Rejected, sum.Seconds, sum.Rate)
	if sum.Sites > 0 {
		fmt.Fprintf(out, "%d sites on this node, %d records linked\n", sum.Sites, sum.Links)
	}
	if sum.Unused > 0 {
		fmt.Fprintf(out, "%d entries are organisations and practitioners whom no patient here met; no site takes them\n", sum.Unused)
	}
	if sum.Before > 0 {
		fmt.Fprintf(out, "%d of the documents had been imported before and were not read again (--again reads them)\n", sum.Before)
	}
	if sum.Other > 0 {
		fmt.Fprintf(out, "%d files are neither JSON nor NDJSON and were passed over\n", sum.Other)
	}
	for _, w := range sum.Why {
		fmt.Fprintf(out, "kept aside: %s: %s: %s\n", w.Document, w.Type, w.Why)
	}
	if sum.Rejected > 0 {
		_, err := fmt.Fprintf(out, "What could not be stored is kept, each with its reason, in %s\n", sum.Rejects)
		return err
	}
	return nil
}

// each reads every document with twice as many hands as there are processors:
// the hands parse, validate and index; the store writes one after another, and
// many hands waiting share one of its commits.
func (im *importer) each(ctx context.Context, do func(context.Context, text) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan text, 2)
	var wg sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for t := range queue {
				if ctx.Err() != nil {
					continue
				}
				if err := do(ctx, t); err != nil {
					cancel(fmt.Errorf("%s: %w", t.name, err))
				}
			}
		})
	}
	err := texts(ctx, im.cmd.Paths, func(t text) error {
		select {
		case queue <- t:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	close(queue)
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// one stores one document.
func (im *importer) one(ctx context.Context, t text) error {
	if t.other {
		im.mu.Lock()
		im.sum.Other++
		im.mu.Unlock()
		return nil
	}
	im.mu.Lock()
	im.sum.Documents++
	im.mu.Unlock()
	if t.err != nil {
		return im.reject(t.name, "document", []byte(t.err.Error()), t.err)
	}
	sum := sha256.Sum256(t.data)
	digest := hex.EncodeToString(sum[:])
	if !im.cmd.Again && im.done.has(digest) {
		im.mu.Lock()
		im.sum.Before++
		im.mu.Unlock()
		return nil
	}
	list, broken := entries(t)
	whole := len(broken) == 0
	for _, b := range broken {
		if err := im.reject(t.name, b.typ, b.data, b.why); err != nil {
			return err
		}
	}
	if whole || !im.cmd.Strict {
		var ok bool
		var err error
		if im.split == nil {
			ok, err = im.store(ctx, im.cmd.Site, t.name, list)
		} else {
			ok, err = im.split.store(ctx, im, t.name, list)
		}
		if err != nil {
			return err
		}
		whole = whole && ok
	}
	im.progress(false)
	if whole {
		return im.done.add(digest)
	}
	return nil
}

func (im *importer) count(out []record.Outcome) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.sum.Resources += len(out)
	for _, o := range out {
		switch o.Done {
		case record.Created:
			im.sum.Created++
		case record.Updated:
			im.sum.Updated++
		default:
			im.sum.Same++
		}
	}
}

func (im *importer) unused() {
	im.mu.Lock()
	im.sum.Unused++
	im.mu.Unlock()
}

// same counts resources that were not written because they are there.
func (im *importer) same(n int) {
	im.mu.Lock()
	im.sum.Resources, im.sum.Same = im.sum.Resources+n, im.sum.Same+n
	im.mu.Unlock()
}

// progress tells how far an import is: on a terminal one line that moves, else
// a line every ten seconds.
func (im *importer) progress(last bool) {
	im.mu.Lock()
	defer im.mu.Unlock()
	every := 10 * time.Second
	if im.stream.terminal {
		every = 200 * time.Millisecond
	}
	if im.cmd.JSON || !last && time.Since(im.shown) < every {
		return
	}
	im.shown = time.Now()
	var line strings.Builder
	if im.stream.terminal {
		line.WriteString("\r\x1b[K")
	}
	fmt.Fprintf(&line, "%d documents, %d resources, %.0f/s", im.sum.Documents, im.sum.Resources, float64(im.sum.Resources)/time.Since(im.began).Seconds())
	if last || !im.stream.terminal {
		line.WriteByte('\n')
	}
	fmt.Fprint(im.stream.err, line.String())
}
