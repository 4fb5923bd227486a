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
	"sync/atomic"
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
	g := &Gateway{URL: text + "/send", Body: `{"to":"{to}","body":"{text}"}`, Header: map[string]string{"Authorization": "Bearer secret"}, Keeps: true}
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

// TestKill kills a sending process in the middle of its messages, again and again. In the end every reminder was
// sent once, or the desk was told that nobody knows: none twice, and none
// forgotten. Both servers fail now and then besides, also after they took a
// message; that of texts promises to send a key once. WHOLECHART_KILL_LOOPS says
// how often.
func TestKill(t *testing.T) {
	loops := kills(t, 4)
	h := open2(t)
	h.mail, h.texts = newMailSink(t), newTextSink(t)
	// The child dies in the middle of the so-manyth message, or just after.
	die, left := make(chan struct{}, 1), new(atomic.Int32)
	handed := func() {
		if left.Add(-1) == 0 {
			time.AfterFunc(time.Duration(rand.IntN(4))*time.Millisecond, func() { die <- struct{}{} })
		}
	}
	h.mail.trouble = func(string) (string, bool) {
		handed()
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
		handed()
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
		select { // of the child before
		case <-die:
		default:
		}
		left.Store(1 + rand.Int32N(6))
		h.childUntil(h.mail.Addr().String(), sending.Add(time.Duration(loop)*time.Second), die)
		if left.Load() > 0 {
			t.Errorf("loop %d: the child sent too little", loop)
		}
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
	// What nobody knows is the desk's: it asks the patients. Who has the message says
	// so; to the others it is sent again.
	counted := func() map[string]int {
		out := h.mail.counted()
		for key := range h.texts.texts {
			out["<"+key+"@maple.example>"]++ // what came again under a key is not shown
		}
		return out
	}
	unsure := h.askPatients(all, counted())
	for range 3 {
		h.tick(s)
		h.now = h.now.Add(time.Second)
	}
	got := counted()
	for _, id := range all {
		sent := 0
		for _, m := range h.messages(id) {
			if m.Status != "completed" {
				t.Errorf("%s is %s: %s", m.ID, m.Status, m.Why)
			}
			key := "<" + m.ID + "@maple.example>"
			if got[key] != 1 {
				t.Errorf("%s is completed, and came %d times", m.ID, got[key])
			}
			delete(got, key)
			sent++
		}
		if sent != map[bool]int{true: 1}[want[id]] {
			t.Errorf("appointment %s: %d reminders", id, sent)
		}
	}
	for key := range got {
		t.Errorf("%s was sent, and the record does not say so", key)
	}
	if tasks := h.tasks(); len(tasks) != 0 {
		t.Errorf("%d tasks are open", len(tasks))
	}
	if problems := h.check(); len(problems) > 0 {
		t.Error(problems)
	}
	if loops >= 20 && unsure == 0 {
		t.Error("nobody was ever unsure: the kills came at no moment that matters")
	}
	t.Logf("%d kills, %d reminders: each came once; %d were put before the desk, not known whether they left", loops, len(want), unsure)
}

// askPatients does what a desk does with what nobody knows: has is how often each
// message is with its patient. It says of how many it had to ask.
func (h *house) askPatients(patients []string, has map[string]int) int {
	h.t.Helper()
	n := 0
	for _, id := range patients {
		for _, m := range h.messages(id) {
			if m.Status != "unknown" {
				continue
			}
			n++
			q, _ := RequestOf(h.read("CommunicationRequest", m.Request).Node())
			if q.Status != "on-hold" || q.Why != Unsure {
				h.t.Errorf("%s is unknown, and its request %s: %s", m.ID, q.Status, q.Why)
			}
			if r := h.read("Task", digest("late-", q.ID, m.ID)); !r.Node().Get("status").Is("requested") {
				h.t.Errorf("%s: the desk's task is %s", m.ID, r.Node().Get("status").Str())
			}
			var err error
			if has["<"+m.ID+"@maple.example>"] > 0 {
				err = Arrived(h.t.Context(), h.desk().Session, q.ID, q.Version, h.now)
			} else {
				err = SendNow(h.t.Context(), h.desk().Session, q.ID, q.Version, h.now)
			}
			if err != nil {
				h.t.Error(err)
			}
		}
	}
	return n
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

// childUntil runs a sender that speaks to a mail server, and kills it when it is
// told to.
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
		case len(f) > 0 && f[0] == "ready":
			go func() {
				select {
				case <-die:
				case <-time.After(time.Minute):
				}
				_ = cmd.Process.Kill()
			}()
		}
	}
	_ = cmd.Wait()
}
