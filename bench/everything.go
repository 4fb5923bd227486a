package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// CompareConfig says what to compare with what: the bundles of an archive with Patient/$everything.
type CompareConfig struct {
	Archive  string   `name:"archive" help:"The original bundles: a directory, .json, .tar, .tar.gz or .tar.zst." required:"" placeholder:"PATH"`
	Sites    []string `name:"site" help:"FHIR base URL to ask, and its token after a blank (repeatable)." sep:"none" placeholder:"'URL TOKEN'"`
	SiteFile string   `name:"sites" help:"File with a base URL and its token on each line." placeholder:"FILE"`

	Askings  int           `name:"askings" help:"Ask at so many of the sites that know the person (0: at all of them)." default:"1"`
	Every    int           `name:"every" help:"Compare only each so manieth person." default:"1"`
	Clients  int           `name:"clients" help:"Persons compared at the same time." default:"4"`
	Timeout  time.Duration `name:"timeout" help:"Longest wait for one answer to begin." default:"2m"`
	Examples int           `name:"examples" help:"How many differences to name." default:"20"`

	JSON        bool `name:"json" help:"Print the report as JSON."`
	AllowRemote bool `name:"allow-remote" help:"Ask servers that are not on this machine."`

	// Where says where to ask for a person; nil looks the person up at the sites, in turn, by the identifiers.
	Where func(context.Context, Person) ([]Place, error) `kong:"-"`
}

// Person is the patient of one bundle.
type Person struct {
	ID          string   // Patient.id in the bundle
	Identifiers []string // system|value, escaped for a search
	Sites       []string // ids of the bundle's Organizations
}

// Place is one patient at one base URL.
type Place struct{ Base, Token, Patient string }

// CompareReport counts what CompareEverything saw. Original and Served count clinical resources, once for each asking.
type CompareReport struct {
	Bundles  int            `json:"bundles"`
	Persons  int            `json:"persons"`
	Askings  int            `json:"askings"`
	Exact    int            `json:"exact"`   // askings without a difference
	Unknown  int            `json:"unknown"` // persons that no site knows
	Failed   int            `json:"failed"`  // askings without a usable answer
	Causes   map[string]int `json:"causes,omitempty"`
	Outcomes int            `json:"outcomes"` // OperationOutcome entries in answers

	Original int `json:"original"`
	Served   int `json:"served"`
	Lost     int `json:"lost"`
	Doubled  int `json:"doubled"`
	Changed  int `json:"changed"`
	Foreign  int `json:"foreign"` // served, but in no way of this person's bundle

	Examples []Difference `json:"examples,omitempty"`
	Took     float64      `json:"seconds"`
}

// OK tells that every person was asked for and every answer was exact.
func (r CompareReport) OK() bool {
	return r.Persons > 0 && r.Unknown == 0 && r.Failed == 0 && r.Askings > 0 && r.Exact == r.Askings
}

// CompareEverything asks for the whole record of every person of the archive and compares it with the bundle the
// person came from; see compare for the rule. The error tells that comparing itself could not be done.
//
// It does not compare Patient (only that it is there), Organization, Practitioner, PractitionerRole, Location and the
// other types of shared, nor id, meta and text. A bundle without a patient is counted and left out.
func CompareEverything(ctx context.Context, c CompareConfig, w io.Writer) (CompareReport, error) {
	c.Clients, c.Every = max(orDefault(c.Clients, 4), 1), max(c.Every, 1)
	c.Timeout, c.Examples = orDefault(c.Timeout, 2*time.Minute), orDefault(c.Examples, 20)
	run := &comparing{CompareConfig: c, servers: map[Place]*server{}}
	defer func() {
		for _, s := range run.servers {
			s.close()
		}
	}()
	if err := run.readSites(); err != nil {
		return CompareReport{}, err
	}
	began := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := make(chan *original)
	var wait sync.WaitGroup
	for range c.Clients {
		wait.Go(func() {
			for o := range queue {
				run.person(ctx, o)
			}
		})
	}
	err := run.feed(ctx, queue)
	close(queue)
	wait.Wait()
	run.report.Took = time.Since(began).Seconds()
	slices.SortFunc(run.report.Examples, func(a, b Difference) int {
		return strings.Compare(a.Person+a.Kind+a.Type+a.ID, b.Person+b.Kind+b.Type+b.ID)
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return run.report, err
	}
	if c.JSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return run.report, enc.Encode(run.report)
	}
	return run.report, run.report.WriteTable(w)
}

type comparing struct {
	CompareConfig
	sites []Place // without a patient

	mu      sync.Mutex
	servers map[Place]*server
	report  CompareReport
}

func (r *comparing) readSites() error {
	lines := slices.Clone(r.Sites)
	if r.SiteFile != "" {
		f, err := os.Open(r.SiteFile)
		if err != nil {
			return fmt.Errorf("bench: sites: %w", err)
		}
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			lines = append(lines, s.Text())
		}
	}
	for _, line := range lines {
		if field := strings.Fields(line); len(field) > 0 && !strings.HasPrefix(field[0], "#") {
			p := Place{Base: field[0]}
			if len(field) > 1 {
				p.Token = field[1]
			}
			if _, err := r.server(p); err != nil {
				return err
			}
			r.sites = append(r.sites, p)
		}
	}
	if len(r.sites) == 0 && r.Where == nil {
		return errors.New("bench: no site to ask")
	}
	return nil
}

// server is the server of a place, one for each base and token.
func (r *comparing) server(p Place) (*server, error) {
	p.Patient = ""
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.servers[p]; s != nil {
		return s, nil
	}
	s, err := newServer(p.Base, p.Token, r.Clients, r.Timeout, r.AllowRemote)
	if err == nil {
		r.servers[p] = s
	}
	return s, err
}

func (r *comparing) feed(ctx context.Context, queue chan<- *original) error {
	for b, err := range bundles(r.Archive) {
		if err != nil {
			return err
		}
		o, err := readOriginal(b.Body)
		if err != nil {
			return fmt.Errorf("bench: a bundle of the archive: %w", err)
		}
		r.mu.Lock()
		r.report.Bundles++
		skip := o.patient == "" || r.report.Bundles%r.Every != 0 && r.Every > 1
		if !skip {
			r.report.Persons++
		}
		r.mu.Unlock()
		if skip {
			continue
		}
		select {
		case queue <- o:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// readOriginal reads one bundle with at most one patient.
func readOriginal(body []byte) (*original, error) {
	bundle, err := readJSON(body)
	if err != nil {
		return nil, err
	}
	o := &original{byName: map[string]*fact{}, common: map[string]sharedThing{}}
	type at struct{ typ, id string }
	names := map[string]at{} // fullUrl, and its uuid
	entries, _ := bundle["entry"].([]any)
	for _, e := range entries {
		entry, _ := e.(map[string]any)
		res, _ := entry["resource"].(map[string]any)
		typ, _ := res["resourceType"].(string)
		full, _ := entry["fullUrl"].(string)
		id, _ := res["id"].(string)
		if id == "" {
			_, _, id = referenced(full)
		}
		names[full] = at{typ, id}
		names[typ+"/"+id] = at{typ, id}
	}
	resolve := func(ref string) (string, string, bool) {
		if n, ok := names[ref]; ok {
			return n.typ, n.id, true
		}
		_, typ, id := referenced(ref)
		return typ, id, true
	}
	for _, e := range entries {
		entry, _ := e.(map[string]any)
		res, _ := entry["resource"].(map[string]any)
		if res == nil {
			continue
		}
		full, _ := entry["fullUrl"].(string)
		typ, _ := res["resourceType"].(string)
		id, _ := res["id"].(string)
		_, _, fullID := referenced(full)
		if id == "" {
			id = fullID
		}
		if typ == "Patient" {
			if o.patient != "" {
				return nil, errors.New("has more than one patient")
			}
			o.patient, o.identifiers = id, identifiers(res)
		}
		if shared[typ] {
			o.common[typ+"/"+id] = sharedThing{identifiers(res)}
			continue
		}
		f, err := newFact(res, full, resolve)
		if err != nil {
			return nil, err
		}
		f.id = id
		o.facts = append(o.facts, f)
		o.byName[typ+"/"+id] = f
		if fullID != "" && o.byName[typ+"/"+fullID] == nil {
			o.byName[typ+"/"+fullID] = f
		}
	}
	return o, nil
}

func identifiers(res map[string]any) []string {
	var list []string
	all, _ := res["identifier"].([]any)
	for _, x := range all {
		id, _ := x.(map[string]any)
		system, _ := id["system"].(string)
		value, _ := id["value"].(string)
		if system != "" && value != "" {
			list = append(list, searchEscaper.Replace(system)+"|"+searchEscaper.Replace(value))
		}
	}
	return list
}

// person asks for one person wherever is said and notes what differs.
func (r *comparing) person(ctx context.Context, o *original) {
	who := Person{ID: o.patient, Identifiers: o.identifiers}
	for _, name := range sortedKeys(o.common) {
		if id, ok := strings.CutPrefix(name, "Organization/"); ok {
			who.Sites = append(who.Sites, id)
		}
	}
	where := r.Where
	if where == nil {
		where = r.find
	}
	places, err := where(ctx, who)
	if err != nil || len(places) == 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.report.Unknown++; err != nil {
			r.cause(err)
		}
		return
	}
	if r.Askings > 0 && len(places) > r.Askings {
		places = places[:r.Askings]
	}
	for _, p := range places {
		a, err := r.ask(ctx, p)
		if ctx.Err() != nil {
			return
		}
		var differences []Difference
		if err == nil {
			differences = compare(o, a)
		}
		r.note(o, a, p, differences, err)
	}
}

func (r *comparing) cause(err error) {
	if r.report.Causes == nil {
		r.report.Causes = map[string]int{}
	}
	if len(r.report.Causes) < maxCauses || r.report.Causes[err.Error()] > 0 {
		r.report.Causes[err.Error()]++
	}
}

func (r *comparing) note(o *original, a *answer, p Place, differences []Difference, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rep := &r.report
	rep.Askings++
	if err != nil {
		rep.Failed++
		r.cause(err)
		return
	}
	rep.Original += len(o.facts)
	rep.Served += len(a.facts)
	rep.Outcomes += a.outcomes
	if len(differences) == 0 {
		rep.Exact++
	}
	for _, d := range differences {
		switch d.Kind {
		case "lost":
			rep.Lost++
		case "doubled":
			rep.Doubled++
		case "changed":
			rep.Changed++
		case "foreign":
			rep.Foreign++
		}
		if len(rep.Examples) < r.Examples {
			d.Person, d.Site = o.patient, p.Base
			rep.Examples = append(rep.Examples, d)
		}
	}
}

// find looks a person up at each site by the identifiers, until there are enough. Of several patients that a site
// answers with, the one with a plain id is its own.
func (r *comparing) find(ctx context.Context, who Person) ([]Place, error) {
	var places []Place
	var firstErr error
	for _, p := range r.sites {
		s, err := r.server(p)
		if err != nil {
			return nil, err
		}
		c := newCaller(s)
		// All at once: two persons may share one number by chance, and they do in the Synthea archive.
		var pairs []string
		for _, identifier := range who.Identifiers {
			pairs = append(pairs, "identifier", identifier)
		}
		if pairs == nil {
			break
		}
		list, _, err := c.fetch(ctx, s.query("Patient", pairs...))
		if err != nil {
			if firstErr == nil {
				firstErr = err
			}
			continue
		}
		list = slices.DeleteFunc(list, func(x resource) bool { return x.ResourceType != "Patient" })
		if len(list) > 0 {
			slices.SortStableFunc(list, func(a, b resource) int { return strings.Count(a.ID, ".") - strings.Count(b.ID, ".") })
			places = append(places, Place{Base: p.Base, Token: p.Token, Patient: list[0].ID})
		}
		if r.Askings > 0 && len(places) >= r.Askings {
			break
		}
	}
	if len(places) > 0 {
		return places, nil
	}
	return nil, firstErr
}

// ask reads the whole of $everything, all pages, within five times the timeout.
func (r *comparing) ask(ctx context.Context, p Place) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*r.Timeout)
	defer cancel()
	s, err := r.server(p)
	if err != nil {
		return nil, err
	}
	c := newCaller(s)
	a := &answer{patient: p.Patient}
	base := s.base.String()
	resolve := func(ref string) (string, string, bool) {
		before, typ, id := referenced(ref)
		return typ, id, before == "" || before == base
	}
	next := s.query("Patient/" + p.Patient + "/$everything")
	for pages := 0; next != nil; pages++ {
		if pages == maxPages {
			return nil, errors.New("$everything has no end")
		}
		if _, err := c.get(ctx, next); err != nil {
			return nil, err
		}
		if string(c.seen.typ) != "Bundle" {
			return nil, errors.New("answer is not a Bundle")
		}
		for _, e := range c.seen.entries {
			switch typ := string(e.typ); {
			case typ == "OperationOutcome":
				a.outcomes++
				continue
			case typ == "Patient" && string(e.id) == p.Patient:
				a.self = true
				continue
			case shared[typ]:
				continue
			}
			body, err := readJSON(e.resource)
			if err != nil {
				return nil, err
			}
			f, err := newFact(body, unescape(e.fullURL), resolve)
			if err != nil {
				return nil, err
			}
			a.facts = append(a.facts, f)
		}
		if next = nil; c.seen.next != "" {
			if next, err = s.follow(c.seen.next); err != nil {
				return nil, err
			}
		}
	}
	return a, nil
}

// WriteTable writes the report for people.
func (r CompareReport) WriteTable(w io.Writer) error {
	verdict := "DIFFERENT"
	if r.OK() {
		verdict = "nothing lost, nothing doubled"
	}
	fmt.Fprintf(w, "%s: %d bundles, %d persons, asked %d times, %d exact (%.1f s)\n", verdict, r.Bundles, r.Persons, r.Askings, r.Exact, r.Took)
	fmt.Fprintf(w, "original %d, served %d: lost %d, doubled %d, changed %d, foreign %d\n", r.Original, r.Served, r.Lost, r.Doubled, r.Changed, r.Foreign)
	fmt.Fprintf(w, "persons unknown %d, askings failed %d, outcomes in answers %d\n", r.Unknown, r.Failed, r.Outcomes)
	for _, cause := range sortedKeys(r.Causes) {
		fmt.Fprintf(w, "cause ×%d: %s\n", r.Causes[cause], cause)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, d := range r.Examples {
		fmt.Fprintf(t, "%s\t%s/%s\t%s\tperson %s\tat %s\n", d.Kind, d.Type, d.ID, d.Path, d.Person, d.Site)
	}
	return t.Flush()
}
