package remind

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"wholechart/record"
	"wholechart/schedule"
	"wholechart/store"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("WHOLECHART_REMIND_CHILD"); dir != "" {
		killChild(dir, os.Getenv("WHOLECHART_REMIND_MAIL"), os.Getenv("WHOLECHART_REMIND_TEXT"))
		return
	}
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		_ = flag.Set("rapid.checks", "25") // each is a store of its own
	}
	os.Exit(m.Run())
}

// killChild plans and sends until it is killed. Its clock begins where the
// parent says, and runs.
func killChild(dir, mail, text string) {
	begin := time.Now()
	at, err := time.Parse(time.RFC3339, os.Getenv("WHOLECHART_REMIND_NOW"))
	if err != nil {
		panic(err)
	}
	clock := func() time.Time { return at.Add(time.Since(begin)) }
	st, err := store.Open(context.Background(), store.Options{Path: filepath.Join(dir, "n.db"), Readers: 1})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	rec, err := record.New(context.Background(), st, record.Options{Now: clock})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	g := &Gateway{URL: text + "/send", Body: `{"to":"{to}","body":"{text}"}`, Header: map[string]string{"Authorization": "Bearer secret"}}
	s, err := New(Config{Records: rec, Mail: &SMTP{Addr: mail, TLS: "none", From: "no-reply@maple.example"}, Texts: g, Clock: clock, Every: 5 * time.Millisecond, Backoff: time.Millisecond, Attempts: 1000, Pause: 1})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("ready")
	if err := s.Run(context.Background()); err != nil {
		fmt.Println("error", err)
	}
}

// TestKill kills a sending process again and again. In the end every reminder
// was sent: none twice to who drops what it knows by its Message-ID or key, and
// none forgotten. Both servers fail now and then besides, also after they took a
// message. WHOLECHART_KILL_LOOPS says how often.
func TestKill(t *testing.T) {
	loops := kills(t, 4)
	h := open2(t)
	h.mail, h.texts = newMailSink(t), newTextSink(t)
	h.mail.trouble = func(string) (string, bool) {
		switch rand.IntN(10) {
		case 0:
			return "451 4.3.0 later", false
		case 1:
			return "", false
		case 2:
			return "", true // it took the message, and the line breaks before it says so
		}
		return "250 2.0.0 ok", true
	}
	h.texts.trouble = func(string) (int, bool) {
		switch rand.IntN(10) {
		case 0:
			return 503, false
		case 1:
			return 0, false
		case 2:
			return 0, true
		}
		return 201, true
	}
	day := time.Date(2026, 12, 1, 9, 0, 0, 0, h.zone)
	sending := day.AddDate(0, 0, -3).Add(5 * time.Hour) // three days before, and before quiet begins
	s := h.service(func(c *Config) { c.Base = "" })
	h.tick(s) // the first run of a site looks ahead, not back
	want := map[string]bool{}
	var all []string
	repeats := 0
	for loop := range loops {
		// Booked and cancelled while nobody sends; the child finds it in the log.
		h.now = day.AddDate(0, 0, -5)
		for i := range 8 {
			id := fmt.Sprintf("k%d-%d", loop, i)
			reach := `"telecom":[{"system":"email","value":"` + id + `@example.org"}]`
			if i%2 == 1 {
				reach = `"telecom":[{"system":"phone","use":"mobile","value":"614-555-0162"}],"extension":[{"url":"` + schedule.ConsentURL + `","valueBoolean":true}]`
			}
			appt := fmt.Sprintf(`{"resourceType":"Appointment","id":"%[1]s","status":"booked","start":"%[2]s","end":"%[3]s","participant":[{"actor":{"reference":"Patient/%[1]s"},"status":"accepted"}]}`,
				id, day.Add(time.Duration(i)*15*time.Minute).Format(time.RFC3339), day.Add(3*time.Hour).Format(time.RFC3339))
			h.write(`{"resourceType":"Patient","id":"`+id+`","active":true,`+reach+`}`, appt)
			all = append(all, id)
			want[id] = true
			if i == 7 { // cancelled before its time: no word of it
				h.write(strings.Replace(appt, "booked", "cancelled", 1))
				delete(want, id)
			}
		}
		h.close()
		h.child(sending.Add(time.Duration(loop) * time.Second))
		h.up()
	}
	// Whoever comes last goes on until nothing is open.
	h.mail.trouble, h.texts.trouble = nil, nil
	h.now = sending.Add(time.Hour)
	s = h.service(func(c *Config) { c.Base = "" })
	for range 5 {
		h.tick(s)
		h.now = h.now.Add(time.Second)
	}
	counted := h.mail.counted()
	for key, n := range h.texts.posts {
		counted["<"+key+"@maple.example>"] += n
	}
	for _, id := range all {
		sent := 0
		for _, m := range h.messages(id) {
			if m.Status != "completed" {
				t.Errorf("%s is %s: %s", m.ID, m.Status, m.Why)
			}
			key := "<" + m.ID + "@maple.example>"
			if counted[key] == 0 {
				t.Errorf("%s is completed, and never came", m.ID)
			}
			repeats += max(counted[key]-1, 0)
			delete(counted, key)
			sent++
		}
		if sent != map[bool]int{true: 1}[want[id]] {
			t.Errorf("appointment %s: %d reminders", id, sent)
		}
	}
	for key := range counted {
		t.Errorf("%s was sent, and the record does not say so", key)
	}
	if problems := h.check(); len(problems) > 0 {
		t.Error(problems)
	}
	t.Logf("%d kills, %d reminders, %d repeated under a known Message-ID or key", loops, len(want), repeats)
}

// kills is how often processes are killed: so often as said, or as usual.
func kills(t testing.TB, usual int) int {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("WHOLECHART_KILL_LOOPS")); err == nil && n > 0 {
		return n
	}
	if testing.Short() {
		return min(usual, 2)
	}
	return usual
}

// child runs a sender for a moment and kills it.
func (h *house) child(now time.Time) {
	h.t.Helper()
	h.childUntil(h.mail.Addr().String(), now, nil)
}

// childUntil runs a sender that speaks to a mail server, and kills it when it is
// told to; without die, at a moment that nobody chose.
func (h *house) childUntil(mail string, now time.Time, die <-chan struct{}) {
	h.t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "WHOLECHART_REMIND_CHILD="+h.dir, "WHOLECHART_REMIND_MAIL="+mail, "WHOLECHART_REMIND_TEXT="+h.texts.URL, "WHOLECHART_REMIND_NOW="+now.Format(time.RFC3339))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	in := bufio.NewScanner(out)
	for in.Scan() {
		switch f := strings.Fields(in.Text()); {
		case len(f) > 0 && f[0] == "error":
			h.t.Error(in.Text())
			_ = cmd.Process.Kill()
		case len(f) > 0 && f[0] == "ready" && die != nil:
			go func() {
				select {
				case <-die:
				case <-time.After(time.Minute):
				}
				_ = cmd.Process.Kill()
			}()
		case len(f) > 0 && f[0] == "ready":
			time.AfterFunc(time.Duration(rand.IntN(150))*time.Millisecond, func() { cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait()
}
