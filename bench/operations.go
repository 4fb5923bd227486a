package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// operation is one line of the report. prepare asks what must be asked beforehand and returns what is then fired; its
// error says why the operation cannot run on this server's data.
type operation struct {
	name, unit string
	prepare    func(ctx context.Context, c Config, t *target) (shot, error)
}

// operations in the order they run: reading first, so that what the writing operations add is not measured.
//
//	import       POST [base] of each bundle of the archive
//	read         GET Patient/id and Observation/id
//	code         GET Observation?code=system|code
//	family       GET Patient?family=
//	identifier   GET Patient?identifier=system|value
//	has          GET Patient?_has:Observation:patient:code=system|code
//	chain        GET Observation?patient.name= (Config.Chain)
//	latest       GET Observation?patient=&category=laboratory&_sort=-date&_count=50
//	include      the same with _include=Observation:encounter
//	everything   GET Patient/id/$everything, all pages
//	page         GET of Config.Page
//	create       POST Observation
//	transaction  POST [base] of Encounter, two Observations, Condition, joined by urn:uuid
var operations = []operation{
	{"import", "resources", prepareImport},
	{"read", "reads", prepareRead},
	{"code", "searches", prepareCode},
	{"family", "searches", prepareFamily},
	{"identifier", "searches", prepareIdentifier},
	{"has", "searches", prepareHas},
	{"chain", "searches", prepareChain},
	{"latest", "searches", prepareLatest},
	{"include", "searches", prepareInclude},
	{"everything", "patients", prepareEverything},
	{"page", "pages", preparePage},
	{"create", "creates", prepareCreate},
	{"transaction", "transactions", prepareTransaction},
}

// Operations are the names for Config.Only, in the order they run.
func Operations() []string {
	var names []string
	for _, o := range operations {
		names = append(names, o.name)
	}
	return names
}

// prepareImport posts the bundles of the archive. The rate is of resources that the answer says were stored.
func prepareImport(ctx context.Context, c Config, t *target) (shot, error) {
	type item struct {
		bundleFile
		err error
	}
	queue := make(chan item, 4)
	go func() {
		defer close(queue)
		n := 0
		for b, err := range bundles(c.Archive) {
			if c.Bundles > 0 && n == c.Bundles {
				return
			}
			n++
			select {
			case queue <- item{b, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return func(ctx context.Context, call *caller) (int, time.Duration, bool, error) {
		next, more := <-queue
		if !more {
			return 0, 0, true, nil
		}
		if next.err != nil {
			return 0, 0, false, next.err
		}
		var asked glance
		if err := asked.read(next.Body); err != nil {
			return 0, 0, false, errors.New("a file of the archive is not a JSON object")
		}
		took, err := call.post(ctx, t.server.base, next.Body, http.StatusOK)
		if err != nil {
			return 0, took, false, err
		}
		return len(asked.entries), took, false, call.stored(len(asked.entries))
	}, nil
}

// stored checks a transaction-response: one entry for each of the request, each with a 2xx status.
func (c *caller) stored(want int) error {
	if err := c.seen.read(c.buf.Bytes()); err != nil {
		return err
	}
	if string(c.seen.typ) != "Bundle" || string(c.seen.bundle) != "transaction-response" {
		return errors.New("answer is not a transaction-response")
	}
	if len(c.seen.entries) != want {
		return errors.New("transaction-response has another number of entries than the request")
	}
	for _, e := range c.seen.entries {
		if len(e.status) == 0 || e.status[0] != '2' {
			return errors.New("an entry of the transaction was not stored")
		}
	}
	return nil
}

func prepareRead(_ context.Context, _ Config, t *target) (shot, error) {
	type one struct {
		url     *url.URL
		typ, id string
	}
	var list []one
	for _, ref := range t.sample.ids {
		typ, id, _ := strings.Cut(ref, "/")
		list = append(list, one{t.server.query(ref), typ, id})
	}
	if len(list) == 0 {
		return nil, errors.New("no resources found to read")
	}
	return func(ctx context.Context, c *caller) (int, time.Duration, bool, error) {
		x := list[c.rng.IntN(len(list))]
		took, err := c.get(ctx, x.url)
		if err == nil && (string(c.seen.typ) != x.typ || string(c.seen.id) != x.id) {
			err = errors.New("answer is another resource")
		}
		return 1, took, false, errors.Join(err, c.deepJSON())
	}, nil
}

// a question is a search with what a right answer looks like. deep is run on one answer of deepEvery, outside the
// measured time.
type question struct {
	url  *url.URL
	typ  string // of the matches
	deep func(ctx context.Context, c *caller, list []resource) error
	also func(c *caller) error // cheap, every time
}

const deepEvery = 32

// ask fires questions at random.
func ask(list []question) shot {
	return func(ctx context.Context, c *caller) (int, time.Duration, bool, error) {
		q := list[c.rng.IntN(len(list))]
		took, err := c.get(ctx, q.url)
		if err == nil {
			err = c.searchset(q.typ)
		}
		if err == nil && q.also != nil {
			err = q.also(c)
		}
		if err == nil && c.n%deepEvery == 0 {
			var matches []resource
			if matches, err = c.matches(); err == nil {
				err = q.deep(ctx, c, matches)
			}
		}
		return 1, took, false, err
	}
}

func prepareCode(_ context.Context, c Config, t *target) (shot, error) {
	var list []question
	for _, code := range t.sample.codes {
		list = append(list, question{
			url: t.server.query("Observation", "code", code, "_count", strconv.Itoa(c.PageSize)), typ: "Observation",
			deep: func(_ context.Context, _ *caller, list []resource) error { return eachHas(list, code) },
		})
	}
	return someOf(list, "no coded Observations found")
}

func prepareFamily(_ context.Context, c Config, t *target) (shot, error) {
	var list []question
	for _, p := range t.sample.patients {
		if p.family == "" {
			continue
		}
		list = append(list, question{
			url: t.server.query("Patient", "family", searchEscaper.Replace(p.family), "_count", strconv.Itoa(c.PageSize)), typ: "Patient",
			deep: func(_ context.Context, _ *caller, list []resource) error { return eachNamed(list, p.family) },
		})
	}
	return someOf(list, "no patients with a family name found")
}

func prepareIdentifier(_ context.Context, _ Config, t *target) (shot, error) {
	var list []question
	for _, p := range t.sample.patients {
		if p.identifier == "" {
			continue
		}
		list = append(list, question{
			url: t.server.query("Patient", "identifier", p.identifier), typ: "Patient",
			deep: func(_ context.Context, _ *caller, list []resource) error { return eachIdentified(list, p.identifier) },
		})
	}
	return someOf(list, "no patients with an identifier found")
}

func prepareHas(_ context.Context, c Config, t *target) (shot, error) {
	var list []question
	for _, code := range t.sample.codes {
		list = append(list, question{
			url: t.server.query("Patient", "_has:Observation:patient:code", code, "_count", strconv.Itoa(c.PageSize)), typ: "Patient",
			deep: func(ctx context.Context, call *caller, list []resource) error { // one of them must really have it
				one := list[call.rng.IntN(len(list))]
				proof, _, err := call.fetch(ctx, t.server.query("Observation", "patient", one.ID, "code", code, "_count", "1"))
				if err == nil && len(proof) == 0 {
					err = errors.New("a patient without such an Observation was found")
				}
				return err
			},
		})
	}
	return someOf(list, "no coded Observations found")
}

func prepareChain(_ context.Context, c Config, t *target) (shot, error) {
	var list []question
	for _, p := range t.sample.patients {
		if p.family == "" || !p.laboratory { // laboratory: at least one Observation is sure
			continue
		}
		list = append(list, question{
			url: t.server.query("Observation", c.Chain, searchEscaper.Replace(p.family), "_count", strconv.Itoa(c.PageSize)), typ: "Observation",
			deep: func(_ context.Context, _ *caller, list []resource) error {
				return eachOfNamed(list, t.sample.names, p.family)
			},
		})
	}
	return someOf(list, "no named patients with laboratory Observations found")
}

func prepareLatest(_ context.Context, _ Config, t *target) (shot, error) {
	return latest(t, "no patients with laboratory Observations found", func(p sampled) bool { return p.laboratory }, nil)
}

func prepareInclude(_ context.Context, _ Config, t *target) (shot, error) {
	return latest(t, "no laboratory Observations with an encounter found", func(p sampled) bool { return p.encounters }, func(c *caller) error {
		for _, e := range c.seen.entries {
			if string(e.mode) == "include" && string(e.typ) == "Encounter" {
				return nil
			}
		}
		return errors.New("no Encounter was included")
	}, "_include", "Observation:encounter")
}

func latest(t *target, none string, fit func(sampled) bool, also func(*caller) error, more ...string) (shot, error) {
	var list []question
	for _, p := range t.sample.patients {
		if !fit(p) {
			continue
		}
		pairs := append([]string{"patient", p.id, "category", "laboratory", "_sort", "-date", "_count", "50"}, more...)
		list = append(list, question{
			url: t.server.query("Observation", pairs...), typ: "Observation", also: also,
			deep: func(_ context.Context, _ *caller, list []resource) error { return latestFirst(list, p.id) },
		})
	}
	return someOf(list, none)
}

func someOf(list []question, none string) (shot, error) {
	if len(list) == 0 {
		return nil, errors.New(none)
	}
	return ask(list), nil
}

// prepareEverything follows the next links to the end: the time is that of the whole record. The number of resources
// of a patient must be the same each time, so nothing else may write to the server meanwhile.
func prepareEverything(_ context.Context, _ Config, t *target) (shot, error) {
	type one struct {
		url *url.URL
		id  string
	}
	var list []one
	for _, p := range t.sample.patients {
		list = append(list, one{t.server.query("Patient/" + p.id + "/$everything"), p.id})
	}
	if len(list) == 0 {
		return nil, errors.New("no patients found")
	}
	var counts sync.Map // patient id → resources
	return func(ctx context.Context, c *caller) (int, time.Duration, bool, error) {
		x := list[c.rng.IntN(len(list))]
		var (
			total time.Duration
			n     int
			self  bool
			seen  map[string]bool
		)
		if c.n%deepEvery == 0 {
			seen = map[string]bool{}
		}
		for next, pages := x.url, 0; next != nil; pages++ {
			if pages == maxPages {
				return 0, total, false, errors.New("$everything has no end")
			}
			took, err := c.get(ctx, next)
			total += took
			if err == nil && string(c.seen.typ) != "Bundle" {
				err = errors.New("answer is not a Bundle")
			}
			if err != nil {
				return 0, total, false, err
			}
			for _, e := range c.seen.entries {
				n++
				self = self || string(e.typ) == "Patient" && string(e.id) == x.id
				if seen != nil {
					name := string(e.typ) + "/" + string(e.id)
					if seen[name] {
						return 0, total, false, errors.New("$everything has a resource twice")
					}
					seen[name] = true
				}
			}
			if next = nil; c.seen.next != "" {
				if next, err = t.server.follow(c.seen.next); err != nil {
					return 0, total, false, err
				}
			}
		}
		if !self {
			return 0, total, false, errors.New("$everything lacks its patient")
		}
		if before, known := counts.LoadOrStore(x.id, n); known && before != n {
			return 0, total, false, errors.New("$everything has another number of resources than before")
		}
		return 1, total, false, nil
	}, nil
}

const maxPages = 10_000

// preparePage opens chart pages. A redirect, as to a sign-in page, is an error.
func preparePage(_ context.Context, c Config, t *target) (shot, error) {
	if t.page == "" {
		return nil, errors.New("no page given for this server")
	}
	header := http.Header{"Accept": {"text/html"}}
	for _, line := range c.PageHeader {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, errors.New("a page header is 'Name: value'")
		}
		header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if len(c.PageHeader) == 0 {
		header["Authorization"] = t.server.read["Authorization"]
	}
	ids := c.PageIDs
	if len(ids) == 0 {
		for _, p := range t.sample.patients {
			ids = append(ids, p.id)
		}
	}
	type one struct {
		url    *url.URL
		expect []byte
	}
	var list []one
	for _, id := range ids {
		u, err := url.Parse(strings.ReplaceAll(t.page, "{id}", url.PathEscape(id)))
		if err != nil {
			return nil, errors.New("the page is not a URL")
		}
		list = append(list, one{u, []byte(strings.ReplaceAll(c.PageExpect, "{id}", id))})
	}
	if len(list) == 0 {
		return nil, errors.New("no patients found")
	}
	return func(ctx context.Context, call *caller) (int, time.Duration, bool, error) {
		x := list[call.rng.IntN(len(list))]
		status, took, err := call.do(ctx, http.MethodGet, x.url, header, nil)
		switch {
		case err != nil:
		case status != http.StatusOK:
			err = fmt.Errorf("status %d", status)
		case !strings.HasPrefix(call.head.Get("Content-Type"), "text/html"):
			err = errors.New("answer is not HTML")
		case !bytes.Contains(call.buf.Bytes(), []byte("</html>")):
			err = errors.New("page is not complete")
		case !bytes.Contains(call.buf.Bytes(), x.expect):
			err = errors.New("page lacks the expected text")
		}
		return 1, took, false, err
	}, nil
}
