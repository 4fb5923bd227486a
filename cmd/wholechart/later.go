package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"wholechart/fhir"
	"wholechart/record"
)

// spool keeps on disk the resources that refer to something that has not come
// yet: a file of NDJSON without a name, gone with the import.
type spool struct {
	dir string
	mu  sync.Mutex
	f   *os.File
	w   *bufio.Writer
	n   int
}

// waiting is one resource in the spool.
type waiting struct {
	Site string          `json:"site"`
	Name string          `json:"name"` // of its document
	URL  string          `json:"url,omitempty"`
	ID   string          `json:"id"`
	Body json.RawMessage `json:"body"`
}

func newSpool(dir string) (*spool, error) {
	s := &spool{dir: dir}
	return s, s.fresh()
}

func (s *spool) fresh() error {
	f, err := os.CreateTemp(s.dir, "import-waiting-*")
	if err != nil {
		return err
	}
	if err := os.Remove(f.Name()); err != nil { // the open file stays
		return errors.Join(err, f.Close())
	}
	s.f, s.w, s.n = f, bufio.NewWriterSize(f, 1<<16), 0
	return nil
}

func (s *spool) Close() error { return s.f.Close() }

// add keeps acts of one document, by their places. What they call by fullUrl
// gets its name in the chart, since the others are stored without them.
func (s *spool) add(site string, from func(record.Act) string, acts []record.Act, places []int) error {
	names := map[string]string{}
	for _, a := range acts {
		if a.FullURL != "" {
			names[a.FullURL] = a.Type + "/" + a.ID
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	enc := json.NewEncoder(s.w)
	enc.SetEscapeHTML(false)
	for _, i := range places {
		n, err := renaming(acts[i].Resource, names)
		if err != nil {
			return err
		}
		if err := enc.Encode(waiting{site, from(acts[i]), acts[i].FullURL, acts[i].ID, n.Raw()}); err != nil {
			return err
		}
		s.n++
	}
	return nil
}

// take empties the spool: what was in it is read from the file that comes back.
func (s *spool) take() (*os.File, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.w.Flush(); err != nil {
		return nil, 0, err
	}
	f, n := s.f, s.n
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, 0, err
	}
	return f, n, s.fresh()
}

// rest stores what waited, in as many rounds as make a difference. Resources
// that wait for each other go in together. What refers to nothing at the end is
// kept aside.
func (im *importer) rest(ctx context.Context) error {
	for {
		f, n, err := im.later.take()
		if err != nil {
			return err
		}
		err = im.round(ctx, f, false)
		if err := errors.Join(err, f.Close()); err != nil || n == 0 {
			return err
		}
		if im.later.n < n {
			continue
		}
		if f, _, err = im.later.take(); err != nil {
			return err
		}
		return errors.Join(im.round(ctx, f, true), f.Close())
	}
}

// errNowhere is why a resource is kept aside at the end.
var errNowhere = errors.New("it refers to a resource that is not there")

func (im *importer) round(ctx context.Context, f *os.File, last bool) error {
	dec := json.NewDecoder(bufio.NewReaderSize(f, 1<<20))
	type group struct {
		acts []record.Act
		from map[string]string // document, by type and id
	}
	groups := map[string]*group{} // by site
	name := func(a record.Act) string { return a.Type + "/" + a.ID }
	flush := func(site string) error {
		g := groups[site]
		delete(groups, site)
		_, err := im.transact(ctx, im.n.system(site, "import"), site, func(a record.Act) string { return g.from[name(a)] }, g.acts)
		return err
	}
	for {
		var w waiting
		if err := dec.Decode(&w); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("what waited cannot be read back: %w", err)
		}
		d, err := fhir.ParseWithin(w.Body, fhir.Limits{Bytes: maxText, Depth: fhir.DefaultLimits.Depth})
		if err != nil {
			return fmt.Errorf("what waited cannot be read back: %w", err)
		}
		if last {
			if err := im.reject(w.Name, d.Root().ResourceType(), w.Body, errNowhere); err != nil {
				return err
			}
			continue
		}
		act := record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: w.ID, FullURL: w.URL, Resource: d.Root(), Adopt: true}
		if g := groups[w.Site]; g != nil && (len(g.acts) == record.MaxActs || g.from[name(act)] != "") {
			if err := flush(w.Site); err != nil {
				return err
			}
		}
		g := groups[w.Site]
		if g == nil {
			g = &group{from: map[string]string{}}
			groups[w.Site] = g
		}
		g.acts, g.from[name(act)] = append(g.acts, act), w.Name
	}
	for site := range groups {
		if err := flush(site); err != nil {
			return err
		}
	}
	return nil
}

// why is one resource that was kept aside.
type why struct {
	Document string `json:"document"`
	Type     string `json:"type"`
	Why      string `json:"why"`
}

const maxWhy = 20

// reject keeps aside what could not be stored, with its reason.
func (im *importer) reject(name, typ string, data []byte, reason error) error {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.sum.Rejected++
	im.bad[name] = true
	if len(im.sum.Why) < maxWhy {
		im.sum.Why = append(im.sum.Why, why{name, typ, reason.Error()})
	}
	im.sum.Rejects = filepath.Join(im.n.dir, "import-rejects", im.began.UTC().Format("20060102T150405.000"))
	if err := os.MkdirAll(im.sum.Rejects, 0o700); err != nil {
		return err
	}
	body, err := json.Marshal(struct {
		why
		Text string `json:"text"`
	}{why{name, typ, reason.Error()}, string(data)})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(im.sum.Rejects, fmt.Sprintf("%06d.json", im.sum.Rejected)), body, 0o600)
}

// journal remembers which documents were imported completely, by the digest of
// their text, so that an import that was interrupted goes on where it was. It
// is a help and no more: a line that a crash lost costs reading a document again.
type journal struct {
	mu   sync.Mutex
	f    *os.File
	seen map[string]bool
}

func openJournal(dir, into string) (*journal, error) {
	sum := sha256.Sum256([]byte(into))
	dir = filepath.Join(dir, "imported")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, hex.EncodeToString(sum[:8])), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{f: f, seen: map[string]bool{}}
	in := bufio.NewScanner(f)
	for in.Scan() {
		if line := in.Text(); len(line) == 2*sha256.Size {
			j.seen[line] = true
		}
	}
	if err := in.Err(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

func (j *journal) has(digest string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.seen[digest]
}

func (j *journal) add(digest string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.seen[digest] {
		return nil
	}
	j.seen[digest] = true
	_, err := j.f.WriteString(digest + "\n")
	return err
}

func (j *journal) Close() error { return j.f.Close() }
