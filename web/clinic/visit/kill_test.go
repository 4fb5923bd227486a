package visit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/chart/note"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/store"
	"wholechart/web/clinic"
)

var killLoops = flag.Int("kill-loops", 3, "how often TestDraftsSurviveKill kills the server in the middle of a note")

// TestDraftsSurviveKill kills the serving process again and again while a note is
// typed, saved and signed over HTTP. What was acknowledged is there after it, no
// signed note has changed, and none is there in half or twice.
func TestDraftsSurviveKill(t *testing.T) {
	if os.Getenv("WHOLECHART_VISIT_CHILD") != "" {
		child(t)
		return
	}
	if testing.Short() {
		t.Skip("-short")
	}
	k := &killed{t: t, dir: t.TempDir(), signed: map[string]string{}}
	for loop := range *killLoops {
		k.loop(loop)
		if t.Failed() {
			t.Fatalf("in loop %d", loop)
		}
	}
	k.begin()
	k.check()
	k.stop()
	if k.acked == 0 {
		t.Error("nothing was acknowledged")
	}
	t.Logf("%d loops: %d saves acknowledged, %d notes signed", *killLoops, k.acked, len(k.signed))
}

// killed is a server that is killed, and what it said that it had done.
type killed struct {
	t      *testing.T
	dir    string
	cmd    *exec.Cmd
	base   string
	client *http.Client
	visit  string            // address of the visit
	lines  []string          // typed so far in the draft that is open
	sure   int               // of them, acknowledged
	key    string            // of the draft
	trying string            // last line of a draft whose signature had no answer
	signed map[string]string // note's id → last line
	acked  int
	n      int
}

func (k *killed) begin() {
	k.cmd = exec.Command(os.Args[0], "-test.run=^TestDraftsSurviveKill$")
	k.cmd.Env = append(os.Environ(), "WHOLECHART_VISIT_CHILD="+k.dir)
	k.cmd.Stderr = os.Stderr
	out, err := k.cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := k.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	sc := bufio.NewScanner(out)
	for sc.Scan() {
		if base, ok := strings.CutPrefix(sc.Text(), "at "); ok {
			k.base = base
			break
		}
	}
	if k.base == "" {
		k.t.Fatal("the child does not serve")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	jar, _ := cookiejar.New(nil)
	k.client = &http.Client{Jar: jar, Timeout: 20 * time.Second}
	k.post("/maple/signin", url.Values{"user": {"okonkwo"}, "password": {pagetest.Password}})
	if k.visit == "" {
		res, _ := k.post("/maple/patients/p1/visit", url.Values{"visit": {fresh()}, "kind": {"office"}})
		k.visit = res.Request.URL.Path
	}
}

func (k *killed) stop() {
	_ = k.cmd.Process.Kill()
	_ = k.cmd.Wait()
}

func (k *killed) post(path string, form url.Values) (*http.Response, string) {
	k.t.Helper()
	res, err := k.client.PostForm(k.base+path, form)
	if err != nil {
		k.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res, string(b)
}

// loop types until the server dies.
func (k *killed) loop(loop int) {
	k.begin()
	k.check()
	at := time.Duration(30+rand.IntN(400)) * time.Millisecond
	time.AfterFunc(at, func() { _ = k.cmd.Process.Kill() })
	for k.save() {
		if k.n%9 == 8 && !k.sign() {
			break
		}
	}
	_ = k.cmd.Wait()
}

// save types a line and saves; false when the server is gone.
func (k *killed) save() bool {
	k.n++
	base := strings.Join(k.lines[:k.sure], "\n")
	k.lines = append(k.lines, fmt.Sprintf("line %d", k.n))
	in := saving{Key: k.key, Tab: "t", Edits: []note.Edit{{Code: plan, Base: base, Text: strings.Join(k.lines, "\n"), Save: fmt.Sprint(k.n)}}}
	body, _ := json.Marshal(in)
	res, err := k.client.Post(k.base+k.visit+"/draft", "application/json", bytes.NewReader(body))
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var out saved
	if json.NewDecoder(res.Body).Decode(&out) != nil {
		return false
	}
	if res.StatusCode != http.StatusOK {
		k.t.Errorf("save: %d %s", res.StatusCode, out.Said)
		return false
	}
	k.key, k.sure = out.Key, len(k.lines)
	k.acked++
	return true
}

// sign signs the draft; false when the server is gone.
func (k *killed) sign() bool {
	res, err := k.client.Get(k.base + k.visit + "/sign")
	if err != nil {
		return false
	}
	b, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		return false
	}
	k.trying = k.lines[len(k.lines)-1]
	res, err = k.client.PostForm(k.base+k.visit+"/sign", url.Values{"rev": {field(string(b), "rev")}, "key": {field(string(b), "key")}})
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if strings.Contains(res.Request.URL.Path, "/notes/") { // the answer that said so had arrived
		k.signed[res.Request.URL.Path[strings.LastIndex(res.Request.URL.Path, "/")+1:]] = k.trying
		k.trying, k.lines, k.sure, k.key = "", nil, 0, ""
	}
	return err == nil && k.trying == ""
}

// check looks at what the restarted server has.
func (k *killed) check() {
	k.t.Helper()
	res, err := k.client.Get(k.base + "/check")
	if err != nil {
		k.t.Fatal(err)
	}
	defer res.Body.Close()
	var have checked
	if err := json.NewDecoder(res.Body).Decode(&have); err != nil {
		k.t.Fatal(err)
	}
	for id, last := range k.signed {
		if got, ok := have.Notes[id]; !ok || got != last {
			k.t.Errorf("signed note %s: %q, want %q", id, got, last)
		}
	}
	if len(have.Bad) > 0 {
		k.t.Errorf("notes that are not what was signed: %v", have.Bad)
	}
	more := len(have.Notes) - len(k.signed)
	if k.trying != "" && more == 1 { // signed, and the answer was lost
		for id, last := range have.Notes {
			if _, ok := k.signed[id]; !ok && last == k.trying {
				k.signed[id] = last
				more--
			}
		}
		if have.Draft != "" {
			k.t.Errorf("signed, and still a draft: %q", have.Draft)
		}
		k.lines, k.sure, k.key = nil, 0, ""
	}
	k.trying = ""
	if more != 0 {
		k.t.Errorf("%d notes that nobody signed", more)
	}
	if have.Provenance != len(have.Notes) {
		k.t.Errorf("%d notes, %d Provenance", len(have.Notes), have.Provenance)
	}
	for _, l := range k.lines[:k.sure] {
		if strings.Count("\n"+have.Draft+"\n", "\n"+l+"\n") != 1 {
			k.t.Errorf("%q was acknowledged and is not there once in %q", l, have.Draft)
		}
	}
	// What was not acknowledged may be there or not; it goes on from there.
	k.lines = nil
	if have.Draft != "" {
		k.lines = strings.Split(have.Draft, "\n")
	}
	k.sure, k.key = len(k.lines), have.Key
}

// checked is what a restarted server has.
type checked struct {
	Notes      map[string]string // id → last line
	Bad        []string
	Provenance int
	Draft, Key string
}

// child serves until it is killed.
func child(t *testing.T) {
	ctx := context.Background()
	dir := os.Getenv("WHOLECHART_VISIT_CHILD")
	st, err := store.Open(ctx, store.Options{Path: filepath.Join(dir, "n.db")})
	if err != nil {
		t.Fatal(err)
	}
	recs, err := record.New(ctx, st, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	people := auth.New(st, time.Now)
	n := &pagetest.Node{T: t, Records: recs, Auth: people, Store: st, Clock: time.Now, Dir: dir}
	if _, err := recs.Site("maple"); err != nil {
		if _, err := recs.PutSite(ctx, record.Site{Slug: "maple", Name: "Maple", State: "OH", Zone: "America/New_York", Local: true}); err != nil {
			t.Fatal(err)
		}
		n.Write("maple", `{"resourceType":"Patient","id":"p1","name":[{"text":"A B"}],"gender":"female","birthDate":"1990-01-01"}`)
		u := lena
		u.Who = ""
		if err := people.AddUser(ctx, u, pagetest.Password); err != nil {
			t.Fatal(err)
		}
	}
	p, err := clinic.New(clinic.Config{Records: recs, Auth: people})
	if err != nil {
		t.Fatal(err)
	}
	Register(p)
	mux := http.NewServeMux()
	mux.Handle("/", p)
	mux.HandleFunc("GET /check", func(w http.ResponseWriter, r *http.Request) {
		have := checked{Notes: map[string]string{}}
		s := n.System("maple")
		if _, err := st.VerifyAudit(ctx); err != nil {
			have.Bad = append(have.Bad, "audit chain: "+err.Error())
		}
		page, err := s.Everything(ctx, record.Everything{Patient: "p1", Types: []string{"Composition"}})
		if err != nil {
			have.Bad = append(have.Bad, err.Error())
			page = &record.Page{}
		}
		for _, res := range page.Matches {
			if note.VerifyDigest(res.Node()) != note.Matches || res.Version != "1" {
				have.Bad = append(have.Bad, res.ID)
			}
			lines := strings.Split(note.Parse(res.Node()).Section(plan).Text, "\n")
			have.Notes[res.ID] = lines[len(lines)-1]
		}
		for res, err := range s.All(ctx) {
			if err != nil {
				have.Bad = append(have.Bad, err.Error())
			} else if res.Type == "Provenance" {
				have.Provenance++
			}
		}
		drafts, err := n.Records.As(access.Actor{Kind: access.System, ID: "test", Site: "maple", Purpose: access.Treatment}, access.EMR).Drafts(ctx, record.DraftQuery{Kind: "note"})
		if err != nil || len(drafts) > 1 {
			have.Bad = append(have.Bad, fmt.Sprint(len(drafts), " drafts ", err))
		}
		for _, d := range drafts {
			nd, err := note.ParseDraft(d.Body)
			if err != nil {
				have.Bad = append(have.Bad, err.Error())
				continue
			}
			have.Key = nd.Key
			if s := nd.Section(plan); s != nil {
				have.Draft = s.Text
			}
		}
		_ = json.NewEncoder(w).Encode(have)
	})
	srv := httptest.NewServer(mux)
	fmt.Println("at " + srv.URL)
	_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed
	select {}
}
