// Package bench is the load driver: it measures any FHIR R4 server over HTTP, and compares two.
//
// It knows a server only by its base URL and a bearer token, and learns from the server itself which patients, codes
// and names there are, so that it fits any data. Every answer is checked; a wrong answer counts as an error and never
// as speed. Client and server share the machine, so the driver's own cost is part of every number it prints.
//
// It also holds the check "nothing lost, nothing doubled" (CompareEverything): whether Patient/$everything gives back
// exactly the clinical resources of the bundles that were imported.
//
// It does not start or stop servers, does not measure start-up, and cannot see whether a write survives a power cut.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Config says what to measure and on which server. The zero value of a field stands for the default in its tag.
type Config struct {
	Base         string `name:"base" help:"FHIR R4 base URL of the server to measure." required:"" placeholder:"URL"`
	Token        string `name:"token" help:"Bearer token for --base." placeholder:"T"`
	Against      string `name:"against" help:"A second base URL; the two run in turn and ratios are printed." placeholder:"URL"`
	AgainstToken string `name:"against-token" help:"Bearer token for --against." placeholder:"T"`

	Archive string   `name:"archive" help:"Transaction bundles to post in the import operation: a directory, .json, .tar, .tar.gz or .tar.zst." placeholder:"PATH"`
	Bundles int      `name:"bundles" help:"Import at most this many bundles (0: all)."`
	Only    []string `name:"only" help:"Only these operations (see the table of operations)." sep:"," placeholder:"OP"`

	Clients int           `name:"clients" help:"Concurrent clients." default:"16"`
	For     time.Duration `name:"for" help:"Time for each operation on each server. Import runs to the end of its archive." default:"10s"`
	Count   int           `name:"count" help:"At most this many requests for each operation and turn (0: only --for bounds it)."`
	Warmup  time.Duration `name:"warmup" help:"Unmeasured time before each operation." default:"1s"`
	Timeout time.Duration `name:"timeout" help:"Longest wait for one answer to begin." default:"60s"`

	PageSize int    `name:"page-size" help:"_count of the searches over all patients." default:"20"`
	Patients int    `name:"patients" help:"How many patients to sample." default:"64"`
	Chain    string `name:"chain" help:"The chained parameter of Observation that reaches the patient's name." default:"patient.name"`
	Seed     uint64 `name:"seed" help:"Seed of the choice among the samples." default:"1"`

	Page        string   `name:"page" help:"URL of a chart page, with {id} for the patient's id." placeholder:"URL"`
	PageIDs     []string `name:"page-id" help:"Patients whose page to open (default: the sampled ones)." sep:"," placeholder:"ID"`
	PageHeader  []string `name:"page-header" help:"Header of the page request, such as 'Cookie: session=…' (repeatable; default: the bearer token)." sep:"none" placeholder:"H"`
	PageExpect  string   `name:"page-expect" help:"Text that a right page contains; {id} stands for the patient's id." placeholder:"TEXT"`
	AgainstPage string   `name:"against-page" help:"The page of the second server." placeholder:"URL"`

	PID         int    `name:"pid" help:"Process of the server: its memory is reported." placeholder:"PID"`
	Data        string `name:"data-dir" help:"Data directory of the server: its size is reported." placeholder:"DIR"`
	AgainstPID  int    `name:"against-pid" help:"Process of the second server." placeholder:"PID"`
	AgainstData string `name:"against-data-dir" help:"Data directory of the second server." placeholder:"DIR"`

	JSON        bool `name:"json" help:"Print the report as JSON."`
	AllowRemote bool `name:"allow-remote" help:"Measure a server that is not on this machine."`
}

// withDefaults is c with the defaults of the tags for callers that do not come through the command line.
func (c Config) withDefaults() Config {
	c.Clients = orDefault(c.Clients, 16)
	c.For = orDefault(c.For, 10*time.Second)
	c.Timeout = orDefault(c.Timeout, 60*time.Second)
	c.PageSize = orDefault(c.PageSize, 20)
	c.Patients = orDefault(c.Patients, 64)
	c.Chain = orDefault(c.Chain, "patient.name")
	c.Seed = orDefault(c.Seed, 1)
	return c
}

func orDefault[T comparable](v, standard T) T {
	var zero T
	if v == zero {
		return standard
	}
	return v
}

func (c Config) check() error {
	for _, name := range c.Only {
		if !slices.ContainsFunc(operations, func(o operation) bool { return o.name == name }) {
			return fmt.Errorf("bench: no operation %q; there are %s", name, strings.Join(Operations(), ", "))
		}
	}
	switch {
	case c.Base == "":
		return errors.New("bench: a base URL is needed")
	case c.Clients < 1 || c.Clients > 1024:
		return errors.New("bench: clients must be 1 to 1024")
	case c.For < 0 || c.For > time.Hour:
		return errors.New("bench: the time for an operation must be at most an hour")
	case c.PageSize < 1 || c.Patients < 1 || c.Patients > maxPatients:
		return fmt.Errorf("bench: page size and patients must be at least 1, patients at most %d", maxPatients)
	}
	return nil
}

// Run measures the operations and writes the report to w, progress excluded. The error tells that the measuring itself
// could not be done; wrong answers of the server are in the report.
func Run(ctx context.Context, c Config, w io.Writer) (Report, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return Report{}, err
	}
	targets, err := c.targets()
	if err != nil {
		return Report{}, err
	}
	rep := Report{Began: time.Now().UTC(), Clients: c.Clients}
	for _, t := range targets {
		defer t.server.close()
		rep.Servers = append(rep.Servers, ServerReport{Base: t.server.base.String()})
	}
	for _, op := range operations {
		if len(c.Only) > 0 && !slices.Contains(c.Only, op.name) || op.name == "page" && c.Page == "" || op.name == "import" && c.Archive == "" {
			continue
		}
		row, err := c.measure(ctx, op, targets)
		if err != nil {
			return rep, err
		}
		rep.Rows = append(rep.Rows, row)
	}
	for i, t := range targets {
		rep.Servers[i].Note = t.note
		rep.Servers[i].footprint(t.pid, t.data)
	}
	rep.Took = time.Since(rep.Began).Seconds()
	if c.JSON {
		return rep, rep.WriteJSON(w)
	}
	return rep, rep.WriteTable(w)
}

// A target is one server with what was learnt about it.
type target struct {
	server *server
	page   string
	pid    int
	data   string
	sample *sample
	note   string
}

func (c Config) targets() ([]*target, error) {
	a, err := newServer(c.Base, c.Token, c.Clients, c.Timeout, c.AllowRemote)
	if err != nil {
		return nil, err
	}
	list := []*target{{server: a, page: c.Page, pid: c.PID, data: c.Data}}
	if c.Against != "" {
		b, err := newServer(c.Against, c.AgainstToken, c.Clients, c.Timeout, c.AllowRemote)
		if err != nil {
			return nil, err
		}
		list = append(list, &target{server: b, page: c.AgainstPage, pid: c.AgainstPID, data: c.AgainstData})
	}
	for _, t := range list {
		if t.page != "" && !c.AllowRemote {
			if err := loopbackURL(t.page); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// measure runs one operation: on one server in one turn, on two in the turns A B A B, each of half the time, so that
// a machine that grows warm or busy meanwhile touches both. Import is one turn each: posted twice it would double.
func (c Config) measure(ctx context.Context, op operation, targets []*target) (Row, error) {
	row := Row{Operation: op.name, Unit: op.unit, Results: make([]Result, len(targets))}
	tallies := make([]tally, len(targets))
	turns, span := 1, c.For
	if len(targets) > 1 && op.name != "import" {
		turns, span = 2, c.For/2
	}
	for turn := range turns {
		for i, t := range targets {
			if row.Results[i].Skipped != "" {
				continue
			}
			if op.name != "import" {
				if err := c.learn(ctx, t, targets[0]); err != nil {
					return row, fmt.Errorf("bench: sampling %s: %w", t.server.base, err)
				}
			}
			turnCtx, endTurn := context.WithCancel(ctx)
			fire, err := op.prepare(turnCtx, c, t)
			if err != nil {
				endTurn()
				row.Results[i].Skipped = err.Error()
				continue
			}
			bound := bounds{span: span, count: c.Count}
			if op.name == "import" {
				bound = bounds{span: importSpan}
			} else if turn == 0 && c.Warmup > 0 {
				drive(turnCtx, t.server, c, fire, bounds{span: c.Warmup})
			}
			tallies[i].add(drive(turnCtx, t.server, c, fire, bound))
			endTurn()
			if err := ctx.Err(); err != nil {
				return row, err
			}
		}
	}
	for i := range targets {
		if row.Results[i].Skipped == "" {
			row.Results[i] = tallies[i].result()
		}
	}
	row.compare()
	return row, nil
}

// learn samples t once; the second server is asked for the patients of the first, so that both get the same questions.
func (c Config) learn(ctx context.Context, t, first *target) error {
	if t.sample != nil {
		return nil
	}
	var err error
	if t == first {
		t.sample, err = learn(ctx, t.server, c.Patients)
		return err
	}
	t.sample, err = learnAlike(ctx, t.server, first.sample)
	if err == nil && 2*len(t.sample.patients) >= len(first.sample.patients) {
		return nil
	}
	t.note = "holds few of the first server's patients; sampled by itself, so ratios compare different questions"
	t.sample, err = learn(ctx, t.server, c.Patients)
	return err
}
