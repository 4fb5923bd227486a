package record

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/fhir"
	"wholechart/store"
)

// Fact is one current resource of a patient's record as a session sees it, for
// those who read the whole of it: its tree without the meta elements of the
// server, which stand beside it.
type Fact struct {
	Node    fhir.Node
	Type    string
	ID      string // as the lens names it
	Version string
	Updated time.Time
	Site    *Site // whose fact it is
	Author  string
}

// FactsQuery asks for the facts of one patient's record.
type FactsQuery struct {
	Patient string
	Types   []string // nil: all
	// Newest bounds what is read of a record that may hold more than Most
	// resources; of types without one all is read. Facts.Cut says what was left.
	Newest []Newest
	Most   int
}

// Newest bounds one type: to so many at each site, the newest by a date
// parameter, and besides those that Keep, a search of the type, finds.
type Newest struct {
	Type, Date string
	Most       int
	Keep       string
}

// Facts are the facts of a record at one moment.
type Facts struct {
	List    []Fact
	Cut     []Cut
	Missing []Gap
}

// Cut says that of a type not all facts were read.
type Cut struct {
	Type      string
	Shown, Of int // of those that the session may see
}

// maxFacts bounds the facts of one answer.
const maxFacts = 400_000

// Facts are what Everything gives, at one moment and at once. The note in the
// log is Everything's, one however much is read.
func (s Session) Facts(ctx context.Context, q FactsQuery) (*Facts, error) {
	d, err := s.decide(access.Export, "Patient", q.Patient)
	if err != nil {
		return nil, err
	}
	out := &Facts{}
	var patient Resource
	var w *window
	count := 0
	err = s.r.store.View(ctx, func(v *store.View) (err error) {
		if w, err = s.window(v, d, q.Patient); err != nil {
			return err
		}
		if patient, err = w.get(v, "Patient", q.Patient); err != nil {
			return err
		}
		count, err = w.facts(ctx, v, q, out)
		return err
	})
	if err = s.noteFacts(ctx, w, audit.Event{Action: "export", Type: "Patient", ID: q.Patient, Key: patient.key, Count: count}, err); err != nil {
		return nil, err
	}
	return out, nil
}

// facts reads the panes. It returns how many facts are the patient's own.
func (w *window) facts(ctx context.Context, v *store.View, q FactsQuery, out *Facts) (int, error) {
	panes := w.panes
	if w.s.lens == access.EMR {
		own, err := v.Get(w.s.site.No, "Patient", q.Patient)
		if err != nil {
			return 0, err
		}
		panes = w.chart(own)
	}
	if q.Types == nil || slices.Contains(q.Types, "Binary") {
		if err := w.beforeReading(panes); err != nil {
			return 0, err
		}
	}
	w.reading = true
	p := newParsing()
	defer p.stop()
	rd := v.Reading(w.sees, func(row store.Row) { p.add(row) })
	most := 0
	for _, pane := range panes {
		n, err := rd.Most(pane.rng())
		if err != nil {
			return 0, err
		}
		most += n
	}
	if len(q.Newest) > 0 && most > q.Most {
		if err := w.newest(v, rd, panes, q, p, out); err != nil {
			return 0, err
		}
	} else {
		for _, pane := range panes {
			if err := rd.All(pane.rng(), q.Types); err != nil {
				return 0, err
			}
			if p.n > maxFacts {
				return 0, invalid("too-costly", "", "this record is longer than can be read at once")
			}
		}
	}
	count := p.n
	wanted := typeNames(q.Types)
	for _, k := range rd.Refs() {
		row, err := v.GetKey(k)
		if err == nil && w.sees(row) && (wanted == nil || wanted[row.Type]) {
			p.add(row)
		}
	}
	rows, err := p.done()
	if err != nil {
		return count, err
	}
	out.List = make([]Fact, 0, len(rows))
	for i := range rows {
		out.List = append(out.List, w.fact(&rows[i].row, rows[i].doc))
		if i&255 == 0 && ctx.Err() != nil {
			return count, ctx.Err()
		}
	}
	return count, nil
}

func typeNames(names []string) map[string]bool {
	if names == nil {
		return nil
	}
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

// newest reads of the types that q bounds the newest, of the others all.
func (w *window) newest(v *store.View, rd *store.Reading, panes []pane, q FactsQuery, p *parsing, out *Facts) error {
	bounds := map[string]Newest{}
	for _, b := range q.Newest {
		bounds[b.Type] = b
	}
	types := q.Types
	if types == nil {
		types = fhir.ResourceTypes()
	}
	for _, typ := range types {
		if !w.d.Types(typ) {
			continue
		}
		b, bounded := bounds[typ]
		cut := Cut{Type: typ}
		for _, pane := range panes {
			if !bounded {
				if err := rd.OfType(pane.rng(), typ); err != nil {
					return err
				}
				continue
			}
			shown, of, err := w.newestOf(v, rd, pane, b)
			if err != nil {
				return err
			}
			cut.Shown, cut.Of = cut.Shown+shown, cut.Of+of
		}
		if cut.Shown < cut.Of {
			out.Cut = append(out.Cut, cut)
		}
		if p.n > maxFacts {
			return invalid("too-costly", "", "this record is longer than can be read at once")
		}
	}
	return nil
}

// newestOf reads one bounded type of one pane.
func (w *window) newestOf(v *store.View, rd *store.Reading, p pane, b Newest) (shown, of int, err error) {
	if of, err = rd.Count(p.rng(), b.Type); err != nil || of == 0 {
		return 0, of, err
	}
	if of <= b.Most {
		return of, of, rd.OfType(p.rng(), b.Type)
	}
	if b.Keep != "" {
		keep, err := ask(b.Type, b.Keep)
		if err != nil {
			return 0, of, err
		}
		keep.Count = maxKept
		res, err := v.Search(store.Scope{Ranges: []store.KeyRange{p.rng()}}, keep)
		if err != nil {
			return 0, of, err
		}
		for _, row := range res.Matches {
			ok, err := rd.Give(row.Key)
			if err != nil {
				return shown, of, err
			}
			if ok {
				shown++
			}
		}
	}
	by, err := ask(b.Type, "_sort=-"+b.Date)
	if err != nil || len(by.Sort) != 1 {
		return shown, of, invalid("invalid", "", b.Type+" has no date "+b.Date)
	}
	n, err := rd.Newest(p.rng(), b.Type, by.Sort[0].Paths, b.Most, of)
	return shown + n, of, err
}

// maxKept bounds what Newest.Keep keeps of one type at one site.
const maxKept = 10_000

// fact is a row with its tree as the window's lens shows it; see show.
func (w *window) fact(row *store.Row, doc *fhir.Doc) Fact {
	f := Fact{Type: row.Type, ID: row.ID, Version: strconv.Itoa(row.Version), Updated: row.Updated, Site: w.s.site, Author: row.Author}
	if doc != nil {
		f.Node = doc.Root()
	}
	if w.s.lens == access.EMR {
		return f
	}
	own := row.Key.Site() == w.s.site.No
	if !own {
		f.Site = w.s.r.siteNo(row.Key.Site())
	}
	if row.SourceVersion != "" {
		f.Version = row.SourceVersion
	}
	f.ID = w.outwardID(f.Site, own, row.Type, row.ID)
	w.tell(row, f.Site, own)
	if doc == nil || own && !w.moved(row) && !prefixed(row.ID) && !mentions(doc.Bytes()) && !bytes.Contains(doc.Bytes(), []byte(chartPath)) {
		return f
	}
	if edits := w.outwardRefs(doc.Root(), f.Site); len(edits) > 0 {
		if d, err := fhir.Parse(fhir.Apply(doc.Bytes(), edits)); err == nil {
			f.Node = d.Root()
		}
	}
	return f
}

// parsing unpacks and parses rows on all processors while they are read.
type parsing struct {
	chunks []*[parseAtOnce]parsed
	n      int
	work   chan []parsed
	wg     sync.WaitGroup
	mu     sync.Mutex
	err    error
	closed bool
}

type parsed struct {
	row store.Row
	doc *fhir.Doc
}

const parseAtOnce = 128

func newParsing() *parsing {
	p := &parsing{work: make(chan []parsed, 1024)}
	for range min(runtime.GOMAXPROCS(0), 4) {
		p.wg.Go(p.run)
	}
	return p
}

func (p *parsing) run() {
	for chunk := range p.work {
		for i := range chunk {
			err := chunk[i].row.Unpack()
			if err == nil {
				chunk[i].doc, err = fhir.Parse(chunk[i].row.Body())
			}
			if err != nil {
				p.mu.Lock()
				p.err = err
				p.mu.Unlock()
			}
		}
	}
}

func (p *parsing) add(row store.Row) {
	at := p.n % parseAtOnce
	if at == 0 {
		if p.n > 0 {
			p.work <- p.chunks[len(p.chunks)-1][:]
		}
		p.chunks = append(p.chunks, new([parseAtOnce]parsed))
	}
	p.chunks[len(p.chunks)-1][at].row = row
	p.n++
}

// stop ends the work; what was added last is not done.
func (p *parsing) stop() {
	if !p.closed {
		p.closed = true
		close(p.work)
		p.wg.Wait()
	}
}

// done waits for the work and gives all rows in the order they were added.
func (p *parsing) done() ([]parsed, error) {
	if p.n > 0 {
		p.work <- p.chunks[len(p.chunks)-1][:(p.n-1)%parseAtOnce+1]
	}
	p.stop()
	out := make([]parsed, 0, p.n)
	for i, c := range p.chunks {
		out = append(out, c[:min(parseAtOnce, p.n-i*parseAtOnce)]...)
	}
	return out, p.err
}
