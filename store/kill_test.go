package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/fhir"
	"wholechart/search"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("WHOLECHART_KILL_CHILD"); dir != "" {
		killChild(dir)
		return
	}
	os.Exit(m.Run())
}

// killChild writes until it is killed: closures of three resources, an audit
// row and a document, from eight goroutines; what was acknowledged is printed.
func killChild(dir string) {
	s, err := Open(context.Background(), Options{Path: filepath.Join(dir, "store.db")})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var mu sync.Mutex
	for w := range 8 {
		go killWriter(context.Background(), s, w, func(id string, doc bool) {
			mu.Lock()
			fmt.Println("ok", id, doc)
			mu.Unlock()
		})
	}
	select {}
}

// killWriter writes closures until ctx ends, and tells which were acknowledged
// and whether they wrote a document.
func killWriter(ctx context.Context, s *Store, w int, acked func(id string, doc bool)) {
	for i := 0; ctx.Err() == nil; i++ {
		id := fmt.Sprintf("c%d-%d-%d", os.Getpid(), w, i)
		var ps []*Prepared
		for k := range 3 {
			d, _ := fhir.Parse(fmt.Appendf(nil, `{"resourceType":"Basic","id":"%s-%d","code":{"text":"%s"}}`, id, k, strings.Repeat("x", 50*w)))
			ps = append(ps, Prepare(d.Root(), search.Extracted{Terms: []search.Term{{Path: 1, Value: []byte(id)}}}))
		}
		_, err := s.Update(ctx, func(tx *Tx) error {
			for k, p := range ps {
				o := PutOptions{IfVersion: AnyVersion}
				rid := fmt.Sprintf("%s-%d", id, k)
				if k == 2 {
					rid = fmt.Sprintf("shared%d", w) // versions of one resource
				}
				if _, err := tx.Put(1, rid, p, o); err != nil {
					return err
				}
			}
			if i%7 == 3 {
				return errors.New("left out")
			}
			if i%5 == 0 {
				if err := tx.PutDoc("kill", id, []byte("{}")); err != nil {
					return err
				}
			}
			_, err := tx.AppendAudit([]byte(id))
			return err
		})
		if err == nil {
			acked(id, i%5 == 0)
		}
	}
}

// TestKill kills a writing process again and again: everything acknowledged is
// there, no closure is there in half, the audit chain verifies.
// WHOLECHART_KILL_LOOPS says how often.
func TestKill(t *testing.T) {
	loops := 4
	if testing.Short() {
		loops = 2
	}
	if n, err := strconv.Atoi(os.Getenv("WHOLECHART_KILL_LOOPS")); err == nil {
		loops = n
	}
	dir := t.TempDir()
	acked := map[string]bool{}
	for loop := range loops {
		for id, doc := range killed(t, dir) {
			acked[id] = doc
		}
		s, err := Open(t.Context(), Options{Path: filepath.Join(dir, "store.db"), Readers: 1})
		if err != nil {
			t.Fatal(err)
		}
		checkKilled(t, s, acked)
		if loop == loops-1 || loop%20 == 0 {
			if p, err := s.Check(t.Context()); err != nil || len(p) > 0 {
				t.Errorf("loop %d: %v %v", loop, p, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			return
		}
		if loop%10 == 9 { // the store of many loops would only be slow to check
			dir, acked = t.TempDir(), map[string]bool{}
		}
	}
}

// killed runs the child for a moment, kills it, and tells what it acknowledged.
func killed(t *testing.T, dir string) map[string]bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "WHOLECHART_KILL_CHILD="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	after := rand.IntN(120)
	acked := map[string]bool{}
	in := bufio.NewScanner(out)
	for in.Scan() {
		f := strings.Fields(in.Text())
		if len(f) == 3 && f[0] == "ok" {
			acked[f[1]] = f[2] == "true"
		} else if len(f) > 0 && f[0] == "error" {
			t.Error(in.Text())
		}
		if len(acked) == 1 {
			time.AfterFunc(time.Duration(after)*time.Millisecond, func() { cmd.Process.Kill() })
		}
	}
	cmd.Wait()
	return acked
}

func checkKilled(t *testing.T, s *Store, acked map[string]bool) {
	t.Helper()
	if len(acked) == 0 {
		t.Error("nothing was acknowledged")
	}
	if _, err := s.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
	audited := map[string]bool{}
	view(t, s, func(v *View) error {
		rows, err := v.Audit(0, 1<<30, AuditFilter{})
		if err != nil {
			return err
		}
		for _, r := range rows {
			audited[string(r.Body)] = true
		}
		for id, doc := range acked {
			if !audited[id] {
				t.Errorf("%s was acknowledged; its audit row is gone", id)
			}
			if _, err := v.GetDoc("kill", id); doc && err != nil {
				t.Errorf("%s: document: %v", id, err)
			}
		}
		shared := map[string]int{}
		for id := range audited {
			for k := range 2 {
				if _, err := v.Get(1, "Basic", fmt.Sprintf("%s-%d", id, k)); err != nil {
					t.Errorf("%s-%d: %v", id, k, err)
				}
			}
			shared["shared"+strings.Split(id, "-")[1]]++
			q := &search.Query{Type: "Basic", Where: []search.Cond{{Spans: []search.Span{{Path: 1, From: []byte(id), Exact: true}}}}, Count: 9}
			res, err := v.Search(Scope{Ranges: []KeyRange{SiteRange(1)}}, q)
			if err != nil || len(res.Matches) != 2 && len(res.Matches) != 3 {
				t.Errorf("%s: found %d %v", id, len(res.Matches), err)
			}
		}
		for id, n := range shared {
			if r, err := v.Get(1, "Basic", id); err != nil || r.Version != n {
				t.Errorf("%s: version %d, want %d (%v)", id, r.Version, n, err)
			}
		}
		// Nothing beyond what whole closures wrote.
		res, err := v.Search(Scope{Ranges: []KeyRange{SiteRange(1)}}, &search.Query{Type: "Basic"})
		if want := 2*len(audited) + len(shared); err != nil || res.Total != want {
			t.Errorf("%d resources, want %d (%v)", res.Total, want, err)
		}
		return nil
	})
}
