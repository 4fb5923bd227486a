package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/record"
)

// TestKill kills a serving process again and again in the middle of writes over
// HTTP: every acknowledged write is there, no transaction is there in half, and
// the audit chain verifies. WHOLECHART_KILL_LOOPS says how often.
func TestKill(t *testing.T) {
	loops := 3
	if n, err := strconv.Atoi(os.Getenv("WHOLECHART_KILL_LOOPS")); err == nil {
		loops = n
	}
	dir := t.TempDir()
	k := &killing{t: t, dir: dir, versions: map[string]int{}, deleted: map[string]bool{}}
	k.make()
	acked := 0
	for loop := range loops {
		before := k.acked
		k.loop(loop)
		k.check()
		if k.acked == before && !t.Failed() {
			t.Errorf("loop %d: nothing was acknowledged", loop)
		}
		if t.Failed() {
			t.Fatalf("in loop %d", loop)
		}
		if loop%10 == 9 { // a node of many loops would only be slower to look through
			acked += k.acked
			k = &killing{t: t, dir: t.TempDir(), versions: map[string]int{}, deleted: map[string]bool{}}
			k.make()
		}
	}
	t.Logf("%d loops, %d acknowledged writes", loops, acked+k.acked)
}

// killing is one node that is killed, and what it said that it had done.
type killing struct {
	t        *testing.T
	dir      string
	token    string
	mu       sync.Mutex
	acked    int
	versions map[string]int  // Type/id → the newest acknowledged version
	deleted  map[string]bool // Type/id, acknowledged
	trans    []string        // tags of acknowledged transactions
	tried    []string        // tags of all transactions
	round    int
}

func (k *killing) make() {
	n, err := openNode(k.t.Context(), k.dir, nodeOptions{make: true})
	if err != nil {
		k.t.Fatal(err)
	}
	defer n.close()
	if _, err := n.records.PutSite(k.t.Context(), record.Site{Slug: "maple", Name: "Maple", Local: true}); err != nil {
		k.t.Fatal(err)
	}
	u := auth.User{Site: "maple", Name: "admin", FullName: "Admin", Role: access.Admin}
	if err := n.auth.AddUser(k.t.Context(), u, "a long enough password"); err != nil {
		k.t.Fatal(err)
	}
	if k.token, err = n.auth.Issue(k.t.Context(), u.Actor(), auth.Bearer, 24*time.Hour); err != nil {
		k.t.Fatal(err)
	}
}

// loop serves, writes from eight clients, and kills at a random moment.
func (k *killing) loop(loop int) {
	k.round = loop
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "WHOLECHART_KILL_CHILD="+k.dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	base, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		k.t.Fatalf("the server did not start: %v", err)
	}
	base = strings.TrimSpace(base) + "/maple/emr/fhir"
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	first := make(chan struct{}, 8)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; k.write(client, base, w, i); i++ {
				select {
				case first <- struct{}{}:
				default:
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	select {
	case <-first: // something was acknowledged
	case <-ended:
	}
	time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
	cmd.Process.Kill()
	cmd.Wait()
	<-ended
	client.CloseIdleConnections()
}

// write does one write and notes what was acknowledged; false when the server is gone.
func (k *killing) write(client *http.Client, base string, w, i int) bool {
	id := fmt.Sprintf("l%d-w%d-%d", k.round, w, i)
	send := func(method, path, body string) (int, http.Header, bool) {
		req, err := http.NewRequest(method, base+path, strings.NewReader(body))
		if err != nil {
			k.t.Error(err)
			return 0, nil, false
		}
		req.Header.Set("Content-Type", "application/fhir+json")
		req.Header.Set("Authorization", "Bearer "+k.token)
		res, err := client.Do(req)
		if err != nil {
			return 0, nil, false
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if res.StatusCode >= 400 {
			k.t.Errorf("%s %s: %s %s", method, path, res.Status, text)
		}
		// The status line is the acknowledgement, even when the body is cut off.
		return res.StatusCode, res.Header, err == nil && res.StatusCode < 400
	}
	patient := func(id string) string {
		return fmt.Sprintf(`{"resourceType":"Patient","id":"%s","name":[{"family":"%s","text":"%s"}]}`, id, id, strings.Repeat("x", 1+40*w))
	}
	var status int
	var head http.Header
	var going bool
	note := func(f func()) {
		if status >= 200 && status < 300 {
			k.mu.Lock()
			k.acked++
			f()
			k.mu.Unlock()
		}
	}
	switch i % 5 {
	case 0, 3: // a create whose id we chose
		status, head, going = send("PUT", "/Patient/"+id, patient(id))
		note(func() { k.versions["Patient/"+id] = 1 })
	case 1: // an update of one that all rounds share
		shared := fmt.Sprintf("shared%d", w)
		status, head, going = send("PUT", "/Patient/"+shared, fmt.Sprintf(`{"resourceType":"Patient","id":"%s","name":[{"family":"%s"}]}`, shared, id))
		note(func() {
			v, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(head.Get("ETag"), "W/"), `"`))
			if err != nil {
				k.t.Errorf("ETag %q", head.Get("ETag"))
			}
			k.versions["Patient/"+shared] = max(v, k.versions["Patient/"+shared])
		})
	case 2: // a transaction of four that refer to each other
		var b strings.Builder
		fmt.Fprintf(&b, `{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:7e1c6b2e-0000-4000-8000-000000000001","resource":{"resourceType":"Patient","name":[{"family":"T%s"}]},"request":{"method":"POST","url":"Patient"}}`, id)
		for n := range 3 {
			fmt.Fprintf(&b, `,{"resource":{"resourceType":"Observation","status":"final","identifier":[{"system":"https://kill.example","value":"T%s"}],"code":{"text":"part %d"},"subject":{"reference":"urn:uuid:7e1c6b2e-0000-4000-8000-000000000001"}},"request":{"method":"POST","url":"Observation"}}`, id, n)
		}
		b.WriteString(`]}`)
		k.mu.Lock()
		k.tried = append(k.tried, "T"+id)
		k.mu.Unlock()
		status, head, going = send("POST", "", b.String())
		note(func() { k.trans = append(k.trans, "T"+id) })
	case 4: // a delete of what was created before
		gone := fmt.Sprintf("l%d-w%d-%d", k.round, w, i-4)
		status, head, going = send("DELETE", "/Patient/"+gone, "")
		note(func() { k.deleted["Patient/"+gone] = true; delete(k.versions, "Patient/"+gone) })
		if status == 0 { // it may or may not have happened
			k.mu.Lock()
			delete(k.versions, "Patient/"+gone)
			k.mu.Unlock()
		}
	}
	_ = head
	return going
}

// check opens what the killed process left.
func (k *killing) check() {
	ctx := k.t.Context()
	n, err := openNode(ctx, k.dir, nodeOptions{})
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() {
		if err := n.close(); err != nil {
			k.t.Error(err)
		}
	}()
	var out bytes.Buffer
	if err := prove(ctx, n, streams{out: &out}); err != nil {
		k.t.Errorf("verify: %v\n%s", err, out.String())
	}
	s := n.system("maple", "check")
	for name, version := range k.versions {
		typ, id, _ := strings.Cut(name, "/")
		res, err := s.Read(ctx, typ, id)
		if v, _ := strconv.Atoi(res.Version); err != nil || v < version {
			k.t.Errorf("%s was acknowledged at version %d: %v, version %s", name, version, err, res.Version)
		}
	}
	for name := range k.deleted {
		typ, id, _ := strings.Cut(name, "/")
		if _, err := s.Read(ctx, typ, id); err == nil {
			k.t.Errorf("%s was deleted, and is there", name)
		}
	}
	parts := k.parts(ctx, s)
	for _, tag := range k.trans {
		if parts[tag] != 4 {
			k.t.Errorf("transaction %s was acknowledged; %d of its 4 resources are there", tag, parts[tag])
		}
	}
	for _, tag := range k.tried {
		if p := parts[tag]; p != 0 && p != 4 {
			k.t.Errorf("transaction %s is there in half: %d of 4", tag, p)
		}
	}
}

// parts counts the resources of each transaction.
func (k *killing) parts(ctx context.Context, s record.Session) map[string]int {
	parts := map[string]int{}
	for res, err := range s.All(ctx) {
		if err != nil {
			k.t.Fatal(err)
		}
		var body struct {
			Name       []struct{ Family string }
			Identifier []struct{ Value string }
		}
		if err := json.Unmarshal(res.Body, &body); err != nil {
			k.t.Error(err)
		}
		for _, n := range body.Name {
			parts[n.Family]++
		}
		for _, i := range body.Identifier {
			parts[i.Value]++
		}
	}
	return parts
}
