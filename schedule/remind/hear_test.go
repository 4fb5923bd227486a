package remind

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"wholechart/record"
	"wholechart/schedule"
)

func (h *house) read(typ, id string) record.Resource {
	h.t.Helper()
	r, err := h.system().Read(h.t.Context(), typ, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// tasks are the open ones, in words.
func (h *house) tasks() []string {
	h.t.Helper()
	found, err := find(h.t.Context(), h.system(), "Task", url.Values{"status": {"requested"}})
	if err != nil {
		h.t.Fatal(err)
	}
	var out []string
	for _, r := range found {
		out = append(out, r.Node().Get("description").Str())
	}
	slices.Sort(out)
	return out
}

func TestStopWords(t *testing.T) {
	for _, s := range []string{"STOP", "stop.", " Stop! ", "opt out", "OPT-OUT", "Unsubscribe", "alto", "BAJA", "cancel"} {
		if !Stops(s) {
			t.Errorf("%q does not stop", s)
		}
	}
	for _, s := range []string{"", "please do not stop", "start", "I cannot stop coughing", "fin", "ok", "stop it when I am well", "стоп"} {
		if Stops(s) {
			t.Errorf("%q stops", s)
		}
	}
	if !Starts("START") || Starts("stop") {
		t.Error("start")
	}
}

// STOP ends texts and nothing else, at once, also of what is being tried again;
// START takes it back.
func TestStopByText(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	h.write(`{"resourceType":"Patient","id":"both","active":true,"name":[{"family":"Ito"}],"telecom":[{"system":"phone","use":"mobile","value":"(614) 555-0199"},{"system":"email","value":"ito@example.org"}],"extension":[{"url":"` + schedule.ConsentURL + `","valueBoolean":true}]}`)
	h.book("both", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
	h.book("both", time.Date(2026, 11, 30, 10, 0, 0, 0, h.zone))
	h.book("both", time.Date(2026, 12, 7, 10, 0, 0, 0, h.zone))
	h.book("text", time.Date(2026, 11, 23, 11, 0, 0, 0, h.zone))
	h.tick(s)
	h.texts.trouble = func(string) (int, bool) { return http.StatusBadGateway, false }
	h.now = time.Date(2026, 11, 20, 10, 30, 0, 0, h.zone)
	h.tick(s) // tried in vain: it waits to be tried again
	h.texts.trouble = nil
	stop := Incoming{ID: "SM1", From: "+16145550199", Text: "Stop."}
	for range 3 { // the provider says it more than once
		if err := s.Heard(t.Context(), h.site, stop); err != nil {
			t.Fatal(err)
		}
	}
	if p := h.read("Patient", "both"); p.Version != "2" || !slices.Contains(PersonOf(p.Node(), h.zone, h.now).Not, schedule.ByText) || !strings.Contains(string(p.Body), schedule.ConsentURL) {
		t.Errorf("version %s: %s", p.Version, p.Body)
	}
	if p := h.read("Patient", "text"); p.Version != "1" {
		t.Error("somebody else's texts were stopped")
	}
	if got := h.tasks(); len(got) != 1 || !strings.Contains(got[0], "No more text messages") {
		t.Errorf("%q", got)
	}
	h.now = h.now.Add(time.Hour)
	h.tick(s)
	h.tick(s)
	if h.texts.count() != 1 || len(h.mail.taken) != 1 { // the other patient's text; hers goes as e-mail
		t.Errorf("%d texts, %d mails", h.texts.count(), len(h.mail.taken))
	}
	h.now = time.Date(2026, 11, 27, 10, 30, 0, 0, h.zone)
	h.tick(s)
	texts := h.texts.count()
	if err := s.Heard(t.Context(), h.site, Incoming{ID: "SM2", From: "6145550199", Text: "START"}); err != nil {
		t.Fatal(err)
	}
	h.now = time.Date(2026, 12, 4, 10, 30, 0, 0, h.zone)
	h.tick(s)
	if h.texts.count() != texts+1 {
		t.Errorf("after START %d texts, before %d", h.texts.count(), texts)
	}
}

// What patients write is kept and put before the desk, whoever they are, and the
// Task does not say what it says.
func TestWhatPatientsWriteIsNotLost(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	agreed := `,"extension":[{"url":"` + schedule.ConsentURL + `","valueBoolean":true}]`
	for _, id := range []string{"mother", "child"} {
		h.write(`{"resourceType":"Patient","id":"` + id + `","active":true,"telecom":[{"system":"sms","value":"+16145550177"}]` + agreed + `}`)
	}
	for i, in := range []Incoming{
		{"a", "614-555-0162", "My chest hurts \x00 <script>"},
		{"b", "+1 614 555 0177", "STOP"},
		{"c", "+16145550000", strings.Repeat("who am I ", 1000)},
		{"d", "+16145550162", ""},
	} {
		if err := s.Heard(t.Context(), h.site, in); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	got := h.tasks()
	want := []string{"A text message came from a number that 2 patients share. No more text messages go to it. If it was meant otherwise (an appointment to be cancelled), call.",
		"A text message came from a number that belongs to nobody here.", "A text message came from the patient.", "A text message came from the patient."}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	found, _ := find(t.Context(), h.system(), "Communication", url.Values{"category": {KindSystem + "|" + DeskCategory}})
	if len(found) != 4 {
		t.Fatalf("%d kept", len(found))
	}
	said := ""
	for _, r := range found {
		said += r.Node().Get("payload").Index(0).Get("contentString").Str()
	}
	if !strings.Contains(said, "My chest hurts   <script>") || len(said) > 2*maxHeard {
		t.Errorf("%.200q", said)
	}
	for _, id := range []string{"mother", "child"} {
		if p := PersonOf(h.read("Patient", id).Node(), h.zone, h.now); p.Mobile == "" || len(p.Ways(Means{Text: true}, 0)) != 0 {
			t.Errorf("%s: %+v", id, p)
		}
	}
	for _, bad := range []Incoming{{"", "+16145550162", "x"}, {"e", "MAPLE", "x"}, {strings.Repeat("e", 300), "+16145550162", "x"}} {
		if err := s.Heard(t.Context(), h.site, bad); err == nil {
			t.Errorf("%+v", bad)
		}
	}
}

// What the provider says later: that it arrived, or did not; once or many times,
// in any order.
func TestWhatTheProviderSaysLater(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	h.book("text", time.Date(2026, 11, 23, 11, 0, 0, 0, h.zone))
	h.tick(s)
	h.now = time.Date(2026, 11, 20, 12, 0, 0, 0, h.zone)
	h.tick(s)
	m := h.messages("text")[0]
	if m.Status != "completed" || m.Receipt != "g-1" {
		t.Fatalf("%+v", m)
	}
	report := func(r Report) {
		t.Helper()
		if err := s.Reported(t.Context(), h.site, r); err != nil {
			t.Fatal(err)
		}
	}
	report(Report{Receipt: "g-unknown", Failed: true})
	report(Report{Receipt: "bad|,$", Failed: true})
	report(Report{Key: "no-such", Arrived: true})
	for range 3 {
		report(Report{Receipt: "g-1", Failed: true})
	}
	report(Report{Receipt: "g-1", Arrived: true}) // too late: the desk was asked
	m = h.messages("text")[0]
	if m.Status != "not-done" || m.Why != "the provider could not deliver it" || len(h.tasks()) != 1 || h.requests()["on-hold"] != 1 {
		t.Fatalf("%+v %q %v", m, h.tasks(), h.requests())
	}
	// The desk sends again: under another key, else the provider would say that it has it.
	found, _ := find(t.Context(), h.system(), "CommunicationRequest", url.Values{"status": {"on-hold"}})
	q := requests(found)[0]
	if err := SendNow(t.Context(), h.desk().Session, q.ID, q.Version, h.now); err != nil {
		t.Fatal(err)
	}
	h.tick(s)
	m = h.messages("text")[0]
	if m.Status != "completed" || m.Receipt != "g-2" || m.Key() == m.ID || h.texts.posts[m.Key()] != 1 || len(h.tasks()) != 0 {
		t.Errorf("%+v %v %q", m, h.texts.posts, h.tasks())
	}
	report(Report{Key: m.ID, Failed: true}) // of the first round
	report(Report{Receipt: "g-1", Failed: true})
	report(Report{Key: m.Key(), Arrived: true})
	report(Report{Key: m.Key(), Arrived: true})
	report(Report{Key: m.Key(), Failed: true})
	if got := h.messages("text")[0]; got.Status != "completed" || got.Arrived.IsZero() {
		t.Errorf("%+v", got)
	}
}

func TestNoMoreEmail(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	h.book("mail", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
	h.tick(s)
	h.now = time.Date(2026, 11, 20, 12, 0, 0, 0, h.zone)
	h.tick(s)
	link := strings.Trim(h.mail.taken[0].Header.Get("List-Unsubscribe"), "<>")
	if !strings.HasPrefix(link, "https://records.example/maple/o/") || h.mail.taken[0].Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" || !strings.Contains(h.mail.texts[0], "Para no recibir más correos: "+link) {
		t.Fatalf("%q %q", link, h.mail.texts[0])
	}
	token := strings.TrimPrefix(link, "https://records.example/maple/o/")
	if v, err := s.OptOut(t.Context(), h.site, token, false); err != nil || v.Done || v.Lang != "es" {
		t.Errorf("%+v %v", v, err)
	}
	if _, err := s.Visit(t.Context(), h.site, token); err != ErrLink {
		t.Errorf("it opens as an appointment's: %v", err)
	}
	for range 2 {
		if v, err := s.OptOut(t.Context(), h.site, token, true); err != nil || !v.Done {
			t.Errorf("%+v %v", v, err)
		}
	}
	if p := h.read("Patient", "mail"); p.Version != "2" || len(PersonOf(p.Node(), h.zone, h.now).Ways(Means{Email: true}, 0)) != 0 {
		t.Errorf("version %s", p.Version)
	}
	h.now = time.Date(2026, 11, 23, 8, 0, 0, 0, h.zone)
	h.tick(s)
	// She was reminded once, which is enough where there is no other way.
	found, _ := find(t.Context(), h.system(), "CommunicationRequest", url.Values{"status": {"revoked"}})
	if len(h.mail.taken) != 1 || len(found) != 1 || requests(found)[0].Why != NoWay || len(h.tasks()) != 1 {
		t.Errorf("%d mails, %+v, %q", len(h.mail.taken), requests(found), h.tasks())
	}
	a := h.book("text", time.Date(2026, 12, 1, 10, 0, 0, 0, h.zone))
	address, _ := s.Link("maple", a.ID, a.From)
	for _, bad := range []string{"", "nonsense", strings.TrimPrefix(address, "https://records.example/maple/r/"), token + "A"} {
		if _, err := s.OptOut(t.Context(), h.site, bad, true); err != ErrLink {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

// A gateway that hangs costs its time limit, not the others' turn.
func TestASlowGatewayHoldsUpNobody(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	stuck := make(chan struct{})
	h.texts.trouble = func(string) (int, bool) { <-stuck; return 503, false }
	defer close(stuck)
	g := h.texts.gateway(false)
	g.Timeout = 50 * time.Millisecond
	s = h.service(func(c *Config) { c.Texts, c.AtOnce = g, 2 })
	for i := range 3 {
		id := fmt.Sprint("slow", i)
		h.write(`{"resourceType":"Patient","id":"` + id + `","active":true,"telecom":[{"system":"sms","value":"+1614555018` + fmt.Sprint(i) + `"}],"extension":[{"url":"` + schedule.ConsentURL + `","valueBoolean":true}]}`)
		h.book(id, time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone).Add(time.Duration(i)*time.Hour))
	}
	h.book("mail", time.Date(2026, 11, 23, 14, 0, 0, 0, h.zone))
	h.tick(s)
	h.now = time.Date(2026, 11, 20, 15, 0, 0, 0, h.zone)
	h.tick(s)
	if len(h.mail.taken) != 1 {
		t.Errorf("%d mails while the gateway hangs", len(h.mail.taken))
	}
	for i := range 3 {
		if m := h.messages(fmt.Sprint("slow", i)); len(m) != 1 || m[0].Status != "preparation" || m[0].Why != "the text gateway did not answer" {
			t.Errorf("%+v", m)
		}
	}
}

// 429 with Retry-After: not before that, though it would be tried sooner.
func TestTooManyIsWaitedFor(t *testing.T) {
	h := open2(t)
	asked := 0
	h.mail, h.texts = newMailSink(t), newTextSink(t)
	inner := h.texts.Config.Handler
	h.texts.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			w.Header().Set("Retry-After", "1800")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		inner.ServeHTTP(w, r)
	})
	s := h.service()
	h.tick(s)
	h.book("text", time.Date(2026, 11, 23, 11, 0, 0, 0, h.zone))
	h.tick(s)
	h.now = time.Date(2026, 11, 20, 12, 0, 0, 0, h.zone)
	h.tick(s)
	if m := h.messages("text")[0]; m.Status != "preparation" || m.Next.Before(h.now.Add(30*time.Minute)) {
		t.Fatalf("%+v", m)
	}
	h.now = h.now.Add(29 * time.Minute)
	h.tick(s)
	if asked != 1 {
		t.Errorf("asked %d times within the half hour", asked)
	}
	h.now = h.now.Add(3 * time.Minute)
	h.tick(s)
	if m := h.messages("text")[0]; m.Status != "completed" || asked != 2 {
		t.Errorf("%+v, asked %d times", m, asked)
	}
}

func TestWhatCameOfMessages(t *testing.T) {
	h := open2(t)
	s := h.service()
	h.tick(s)
	a := h.book("mail", time.Date(2026, 11, 23, 10, 0, 0, 0, h.zone))
	b := h.book("text", time.Date(2026, 11, 23, 11, 0, 0, 0, h.zone))
	h.tick(s)
	h.now = time.Date(2026, 11, 20, 12, 0, 0, 0, h.zone)
	h.tick(s)
	token := func(a schedule.Appointment) string {
		address, err := s.Link("maple", a.ID, a.From)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(address, "https://records.example/maple/r/")
	}
	if _, err := s.Confirm(t.Context(), h.site, token(a)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Cancel(t.Context(), h.site, token(b)); err != nil {
		t.Fatal(err)
	}
	h.tick(s)
	count := func(o Outcome) int {
		n, err := Count(context.Background(), h.system(), "Communication", url.Values{"status": {"completed"}, "category": {OutcomeSystem + "|" + string(o)}})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count(Confirmed) != 1 || count(Declined) != 1 || count(Booked) != 0 || h.messages("mail")[0].Outcome != Confirmed {
		t.Errorf("%d confirmed, %d declined: %+v", count(Confirmed), count(Declined), h.messages("mail"))
	}
	v := h.messages("mail")[0].Version
	h.write(string(h.read("AppointmentResponse", responseID(Link{Appointment: a.ID, Start: a.From})).Body)) // heard of again
	h.tick(s)
	if got := h.messages("mail")[0].Version; got != v {
		t.Error("written twice")
	}
	if _, err := s.Cancel(t.Context(), h.site, token(a)); err != nil {
		t.Fatal(err)
	}
	h.tick(s)
	if count(Confirmed) != 0 || count(Declined) != 2 {
		t.Errorf("then cancelled: %d confirmed, %d declined", count(Confirmed), count(Declined))
	}
}

// A sweep over everybody reads nobody's record of whom nothing is due, and asks of
// each once.
func TestASweepReadsNobodyInVain(t *testing.T) {
	h := open2(t)
	due := &counting{of: map[string]int{}}
	s := h.service(func(c *Config) { c.Due = due })
	h.tick(s)
	for len(s.sweeps) > 0 && s.sweeps["maple"].after != "" {
		h.tick(s)
	}
	if len(due.of) != 5 {
		t.Errorf("asked of %v", due.of)
	}
	for id, n := range due.of {
		if n != 1 {
			t.Errorf("%s: asked %d times", id, n)
		}
	}
	h.tick(s)
	h.tick(s)
	if due.of["mail"] != 1 {
		t.Error("asked again on the same day")
	}
}

// counting is Due of an index: nothing is due, and asking is cheap.
type counting struct{ of map[string]int }

func (c *counting) Of(_ context.Context, _ record.Session, patient string, _ time.Time) ([]DueItem, error) {
	c.of[patient]++
	return nil, nil
}
