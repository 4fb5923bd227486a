package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/vfs"
)

// cutDisk is a disk whose power can be cut: of what was written since a file's
// last sync, any part may be there afterwards, in any order, and torn at
// sectors. Files are by path: a sync of one that is open twice is of both.
type cutDisk struct {
	vfs.VFSFilename
	mu    sync.Mutex
	files map[string]*cutImage
	fail  func(path string) error // of a sync
	slow  time.Duration           // a sync
	event chan bool               // told when a log begins anew (true) and when a database file was synced
}

type cutImage struct {
	durable []byte
	pending []cutWrite
	n       int // of the last write
}

type cutWrite struct {
	n    int
	off  int64
	data []byte // nil: truncated to off
}

func apply(to []byte, off int64, data []byte) []byte {
	if n := int(off) + len(data); n > len(to) {
		to = append(to, make([]byte, n-len(to))...)
	}
	copy(to[off:], data)
	return to
}

func (w cutWrite) apply(to []byte) []byte {
	if w.data != nil {
		return apply(to, w.off, w.data)
	}
	return to[:min(int(w.off), len(to))]
}

func (d *cutDisk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := d.VFSFilename.OpenFilename(name, flags)
	if err != nil || flags&(vfs.OPEN_MAIN_DB|vfs.OPEN_WAL) == 0 {
		return f, flags, err
	}
	path := name.String()
	d.mu.Lock()
	if d.files[path] == nil {
		d.files[path] = &cutImage{}
	}
	d.mu.Unlock()
	c := &cutFile{File: f, d: d, path: path}
	if flags&vfs.OPEN_WAL != 0 {
		return c, flags, nil
	}
	return &cutMain{c, f.(vfs.FileSharedMemory)}, flags, nil
}

type cutFile struct {
	vfs.File
	d    *cutDisk
	path string
}

// cutMain is a database file, which has the memory that connections share.
type cutMain struct {
	*cutFile
	shared vfs.FileSharedMemory
}

func (f *cutMain) SharedMemory() vfs.SharedMemory { return f.shared.SharedMemory() }

func (f *cutFile) note(off int64, data []byte) {
	i := f.d.files[f.path]
	i.n++
	i.pending = append(i.pending, cutWrite{i.n, off, data})
}

func (f *cutFile) tell(anew bool) {
	select {
	case f.d.event <- anew:
	default:
	}
}

func (f *cutFile) WriteAt(p []byte, off int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if off == 0 && strings.HasSuffix(f.path, "-wal") {
		defer f.tell(true)
	}
	f.note(off, slices.Clone(p))
	return f.File.WriteAt(p, off)
}

func (f *cutFile) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	f.note(size, nil)
	return f.File.Truncate(size)
}

func (f *cutFile) Sync(vfs.SyncFlag) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if f.d.fail != nil {
		if err := f.d.fail(f.path); err != nil {
			return err
		}
	}
	i := f.d.files[f.path]
	n := i.n // what is written from now on is not of this sync
	f.d.mu.Unlock()
	time.Sleep(time.Duration(rand.Int64N(int64(f.d.slow) + 1)))
	f.d.mu.Lock()
	for len(i.pending) > 0 && i.pending[0].n <= n {
		i.durable = i.pending[0].apply(i.durable)
		i.pending = i.pending[1:]
	}
	if !strings.HasSuffix(f.path, "-wal") {
		f.tell(false)
	}
	return nil
}

// cut writes into a new directory what the disk would hold after a power cut
// now; the store goes on.
func (d *cutDisk) cut(t *testing.T) string {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	dir := t.TempDir()
	for path, i := range d.files {
		b := slices.Clone(i.durable)
		pending := slices.Clone(i.pending)
		keep := rand.Float64()
		rand.Shuffle(len(pending), func(a, b int) { pending[a], pending[b] = pending[b], pending[a] })
		for _, w := range pending {
			const sector = 512
			if w.data == nil {
				if rand.Float64() < keep {
					b = w.apply(b)
				}
				continue
			}
			for at := 0; at < len(w.data); at += sector {
				if rand.Float64() < keep {
					b = apply(b, w.off+int64(at), w.data[at:min(at+sector, len(w.data))])
				}
			}
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func newCutDisk(t *testing.T) (*cutDisk, Options) {
	registerVFS()
	d := &cutDisk{VFSFilename: vfs.Find("").(vfs.VFSFilename), files: map[string]*cutImage{}, event: make(chan bool)}
	name := "cut" + strings.ReplaceAll(t.Name(), "/", "-")
	vfs.Register(name, runs{d})
	t.Cleanup(func() { vfs.Unregister(name) })
	return d, Options{Path: filepath.Join(t.TempDir(), "store.db"), Readers: 3, disk: name, logStep: 32}
}

// TestPowerCut cuts the power at any moment, with the log being carried over and
// begun anew many times: whatever was acknowledged, and whatever a reader was
// told, is there afterwards.
func TestPowerCut(t *testing.T) {
	d, o := newCutDisk(t)
	d.slow = 2 * time.Millisecond
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	acked := map[string]bool{}
	var seen Seq // the newest change that a reader was told of
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			killWriter(ctx, s, w, func(id string, doc bool) {
				mu.Lock()
				acked[id] = doc
				mu.Unlock()
			})
		})
	}
	for range 2 {
		all.Go(func() {
			for ctx.Err() == nil {
				var n Seq
				if err := s.View(ctx, func(v *View) (err error) { n, err = v.Seq(); return err }); err == nil {
					mu.Lock()
					seen = max(seen, n)
					mu.Unlock()
				}
			}
		})
	}
	for begun := false; !begun; time.Sleep(time.Millisecond) {
		mu.Lock()
		begun = len(acked) > 0
		mu.Unlock()
	}
	cuts := 10
	if testing.Short() {
		cuts = 4
	}
	for n := range cuts {
		time.Sleep(time.Duration(10+rand.IntN(30)) * time.Millisecond)
		if n%4 > 0 { // the moments at which an order of syncs matters
			for anew := <-d.event; anew != (n%4 > 1); anew = <-d.event {
			}
			time.Sleep(time.Duration(rand.IntN(1+rand.IntN(2000))) * time.Microsecond)
		}
		mu.Lock()
		known, told := make(map[string]bool, len(acked)), seen
		for id, doc := range acked {
			known[id] = doc
		}
		mu.Unlock()
		dir := d.cut(t)
		after, err := Open(t.Context(), Options{Path: filepath.Join(dir, "store.db"), Readers: 1})
		if err != nil {
			t.Fatal(err)
		}
		checkKilled(t, after, known)
		view(t, after, func(v *View) error {
			n, err := v.Seq()
			if n < told {
				t.Errorf("a reader was told of change %d; after the power cut the last is %d", told, n)
			}
			return err
		})
		if p, err := after.Check(t.Context()); err != nil || len(p) > 0 {
			t.Errorf("%v %v", p, err)
		}
		if err := after.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			break
		}
	}
	stop()
	all.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	t.Log(len(acked), "closures acknowledged")
}

// TestSyncFails holds that after a failed sync nothing more is acknowledged,
// nor shown that may not be on the disk, and that what was acknowledged is there
// when the store is opened again.
func TestSyncFails(t *testing.T) {
	for _, which := range []string{"-wal", ".db"} {
		t.Run(which, func(t *testing.T) {
			d, o := newCutDisk(t)
			s, err := Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			acked := map[string]bool{}
			put := func(id string) error {
				_, err := s.Update(t.Context(), func(tx *Tx) error {
					if err := tx.PutDoc("x", id, make([]byte, 3000)); err != nil {
						return err
					}
					_, err := tx.AppendAudit([]byte(id))
					return err
				})
				if err == nil {
					acked[id] = true
				}
				return err
			}
			broken := errors.New("the disk is broken")
			for i := 0; ; i++ {
				if i == 100 {
					d.mu.Lock()
					times := 0
					d.fail = func(path string) error {
						if !strings.HasSuffix(path, which) {
							return nil
						}
						if times++; times < 2 { // then it says that all is well, as the kernel does
							return broken
						}
						return nil
					}
					d.mu.Unlock()
				}
				if err = put(fmt.Sprint(i)); err != nil {
					break
				}
				if i > 20000 {
					t.Fatal("nothing failed")
				}
			}
			for i := range 3 {
				if err := put(fmt.Sprint("later", i)); err == nil {
					t.Error("something was taken in after a failed sync")
				}
			}
			if which == "-wal" {
				err := s.View(t.Context(), func(v *View) error { return nil })
				if err == nil {
					t.Error("a reader was shown what may not be on the disk")
				}
			}
			dir := d.cut(t)
			s.Close()
			after, err := Open(t.Context(), Options{Path: filepath.Join(dir, "store.db")})
			if err != nil {
				t.Fatal(err)
			}
			defer after.Close()
			view(t, after, func(v *View) error {
				for id := range acked {
					if _, err := v.GetDoc("x", id); err != nil {
						t.Errorf("%s was acknowledged: %v", id, err)
					}
				}
				return nil
			})
		})
	}
}
