package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"wholechart/fhir"
	"wholechart/record"
)

type importCmd struct {
	Data       string   `required:"" help:"The node's directory." type:"path"`
	Site       string   `help:"The site whose chart it becomes. Not with --split-sites."`
	SplitSites bool     `name:"split-sites" help:"Make a site of every organisation that provides care, and give each resource to the site that wrote it."`
	Shard      string   `help:"With --split-sites: i/n imports only the sites that fall to node i of n."`
	Bases      []string `help:"With --split-sites: the base URL of each of the n nodes, in order."`
	Strict     bool     `help:"Refuse a whole document when one of its entries cannot be stored."`
	JSON       bool     `name:"json" help:"Print the summary as JSON."`
	Paths      []string `arg:"" help:"FHIR bundles (.json), NDJSON, directories, .tar.zst, .tar.gz, .zip."`
}

func (c *importCmd) data() string { return c.Data }

// summary is what became of an import.
type summary struct {
	Documents int     `json:"documents"`
	Complete  int     `json:"complete"` // documents of which everything was stored
	Resources int     `json:"resources"`
	Created   int     `json:"created"`
	Updated   int     `json:"updated"`
	Same      int     `json:"same"` // were there already, word for word
	Rejected  int     `json:"rejected"`
	Sites     int     `json:"sites,omitempty"`
	Links     int     `json:"links,omitempty"`
	Seconds   float64 `json:"seconds"`
	Rate      float64 `json:"perSecond"`         // resources
	Rejects   string  `json:"rejects,omitempty"` // directory of what was kept aside
}

// importer is one import under way.
type importer struct {
	n      *node
	cmd    *importCmd
	split  *splitter // nil: everything goes to one site
	began  time.Time
	mu     sync.Mutex
	sum    summary
	shown  time.Time
	names  sync.Map // type, system and value of a directory identifier → id
	stream streams
}

func (c *importCmd) run(ctx context.Context, n *node, s streams) error {
	if (c.Site == "") != c.SplitSites {
		return errors.New("give --site, or --split-sites")
	}
	im := &importer{n: n, cmd: c, began: time.Now(), stream: s}
	if c.SplitSites {
		var err error
		if im.split, err = newSplitter(n, c.Shard, c.Bases); err != nil {
			return err
		}
	} else if site, err := n.records.Site(c.Site); err != nil || !site.Local {
		return fmt.Errorf("no site %s on this node", c.Site)
	}
	paths := make([]string, len(c.Paths))
	for i, p := range c.Paths {
		paths[i] = abs(ctx, p)
	}
	if im.split != nil { // every site must be known before the first resource names it
		if err := texts(ctx, paths, func(t text) error { return im.split.learn(ctx, t) }); err != nil {
			return err
		}
	}
	if err := im.all(ctx, paths); err != nil {
		return err
	}
	sum := im.sum
	sum.Seconds = time.Since(im.began).Seconds()
	sum.Rate = float64(sum.Resources) / sum.Seconds
	if im.split != nil {
		sum.Sites = len(im.split.mine())
	}
	im.progress(true)
	if c.JSON {
		return json.NewEncoder(s.out).Encode(sum)
	}
	fmt.Fprintf(s.out, "%d of %d documents, %d resources: %d created, %d updated, %d the same, %d kept aside; %.1f s, %.0f resources/s\n",
		sum.Complete, sum.Documents, sum.Resources, sum.Created, sum.Updated, sum.Same, sum.Rejected, sum.Seconds, sum.Rate)
	if sum.Rejected > 0 {
		fmt.Fprintf(s.out, "What could not be stored is kept, each with its reason, in %s\n", sum.Rejects)
	}
	return nil
}

// all reads on, and stores with as many hands as there are processors: the
// hands parse, validate and index; the store writes one after another.
func (im *importer) all(ctx context.Context, paths []string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan text, 2)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) + 1 {
		wg.Go(func() {
			for t := range queue {
				if err := im.one(ctx, t); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	err := texts(ctx, paths, func(t text) error {
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

// entry is one resource of a document, with what others there call it.
type entry struct {
	url  string
	node fhir.Node
	id   string // its source identity
}

// entries are a document's resources. An entry without a resource, or one that
// asks for something else than to be stored, is kept aside by the caller.
func entries(t text) ([]entry, error) {
	if t.lines {
		var out []entry
		for line := range strings.Lines(string(t.data)) {
			if strings.TrimSpace(line) == "" {
				continue
			}
			d, err := fhir.ParseWithin([]byte(line), fhir.Limits{Bytes: maxText, Depth: fhir.DefaultLimits.Depth})
			if err != nil {
				return nil, err
			}
			out = append(out, entry{node: d.Root(), id: d.Root().ID()})
		}
		return out, nil
	}
	d, err := fhir.ParseWithin(t.data, fhir.Limits{Bytes: maxText, Depth: fhir.DefaultLimits.Depth})
	if err != nil {
		return nil, err
	}
	root := d.Root()
	if root.ResourceType() != "Bundle" {
		return []entry{{node: root, id: root.ID()}}, nil
	}
	var out []entry
	for e := range root.Get("entry").Items() {
		one := entry{url: e.Get("fullUrl").Str(), node: e.Get("resource")}
		one.id = one.node.ID()
		if one.id == "" {
			if u, ok := strings.CutPrefix(one.url, "urn:uuid:"); ok {
				one.id = u
			} else if i := strings.LastIndexByte(one.url, '/'); i >= 0 {
				one.id = one.url[i+1:]
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// one stores one document.
func (im *importer) one(ctx context.Context, t text) error {
	list, err := entries(t)
	if err != nil {
		return im.reject(t.name, t.data, err)
	}
	var whole = true
	if im.split == nil {
		whole, err = im.store(ctx, im.cmd.Site, t.name, list)
	} else {
		whole, err = im.split.store(ctx, im, t.name, list)
	}
	if err != nil {
		return err
	}
	im.mu.Lock()
	im.sum.Documents++
	if whole {
		im.sum.Complete++
	}
	im.mu.Unlock()
	im.progress(false)
	return nil
}

// store gives a document's resources to one site, in one transaction. What is
// not valid is kept aside and the rest stored, unless the import is strict.
func (im *importer) store(ctx context.Context, site, name string, list []entry) (whole bool, err error) {
	s := im.n.system(site, "import")
	acts := make([]record.Act, 0, len(list))
	seen := map[string]bool{}
	for _, e := range list {
		typ := e.node.ResourceType()
		id, err := im.known(ctx, s, site, typ, e)
		if err != nil {
			return false, err
		}
		if seen[typ+"/"+id] && id != "" {
			continue // the same resource twice in one document
		}
		seen[typ+"/"+id] = true
		acts = append(acts, record.Act{Op: record.Update, Type: typ, ID: id, FullURL: e.url, Part: e.node, Adopt: true})
	}
	whole = true
	for len(acts) > 0 {
		out, err := s.Transact(ctx, acts)
		if err == nil {
			im.count(out)
			return whole, nil
		}
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		whole = false
		at := culprit(err, acts)
		if im.cmd.Strict || at < 0 {
			for _, a := range acts {
				if err := im.reject(name, a.Part.Raw(), err); err != nil {
					return false, err
				}
			}
			return false, nil
		}
		if err := im.reject(name, acts[at].Part.Raw(), err); err != nil {
			return false, err
		}
		acts = append(acts[:at:at], acts[at+1:]...)
	}
	return whole, nil
}

// culprit is the act that an error is about, or -1.
func culprit(err error, acts []record.Act) int {
	var entry *record.EntryError
	if errors.As(err, &entry) {
		return entry.Entry
	}
	var broken *record.BrokenReference
	if !errors.As(err, &broken) {
		return -1
	}
	for i, a := range acts {
		for ref := range fhir.References(a.Part) {
			if text := ref.Str(); text == broken.Type+"/"+broken.ID || strings.HasPrefix(text, broken.Type+"/"+broken.ID+"/_history/") {
				return i
			}
		}
	}
	return -1
}

// known is the id that an entry has here: its own, or, for an organisation,
// practitioner or place that is here by the same identifier, that one's.
func (im *importer) known(ctx context.Context, s record.Session, site, typ string, e entry) (string, error) {
	switch typ {
	case "Organization", "Practitioner", "Location":
	default:
		return e.id, nil
	}
	ident := e.node.Path("identifier")
	system, value := ident.Get("system").Str(), ident.Get("value").Str()
	if system == "" || value == "" {
		return e.id, nil
	}
	key := site + " " + typ + " " + system + "|" + value
	if id, ok := im.names.Load(key); ok {
		return id.(string), nil
	}
	id := e.id
	if _, err := s.Read(ctx, typ, e.id); errors.Is(err, record.ErrNotFound) {
		found, err := s.ByIdentifier(ctx, typ, system, value)
		if err != nil {
			return "", err
		}
		if found != "" {
			id = found
		}
	}
	got, _ := im.names.LoadOrStore(key, id)
	return got.(string), nil
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

// reject keeps aside what could not be stored, with its reason.
func (im *importer) reject(name string, data []byte, why error) error {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.sum.Rejected++
	im.sum.Rejects = filepath.Join(im.n.dir, "import-rejects")
	if err := os.MkdirAll(im.sum.Rejects, 0o700); err != nil {
		return err
	}
	file := filepath.Join(im.sum.Rejects, fmt.Sprintf("%d-%06d.json", im.began.Unix(), im.sum.Rejected))
	body, err := json.Marshal(struct {
		Document string `json:"document"`
		Why      string `json:"why"`
		Text     string `json:"text"`
	}{name, why.Error(), string(data)})
	if err != nil {
		return err
	}
	return os.WriteFile(file, body, 0o600)
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
	line := fmt.Sprintf("%d documents, %d resources, %.0f/s", im.sum.Documents, im.sum.Resources, float64(im.sum.Resources)/time.Since(im.began).Seconds())
	if im.stream.terminal {
		line = "\r\x1b[K" + line
	}
	if last || !im.stream.terminal {
		line += "\n"
	}
	fmt.Fprint(im.stream.err, line)
}
