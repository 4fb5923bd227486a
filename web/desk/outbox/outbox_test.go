package outbox

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cd "github.com/chromedp/chromedp"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/chart"
	"wholechart/fhir"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/schedule/remind"
	"wholechart/web/clinic"
)

var (
	hughes   = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
	chief    = auth.User{Site: "maple", Name: "chief", FullName: "Ada Chief", Role: access.Admin}
	operator = auth.User{Site: "maple", Name: "operator", Role: access.Operator}
	rosa     = auth.User{Site: "maple", Name: "rosa", FullName: "Rosa Delgado", Patients: []string{"rosa-delgado"}}
)

type practice struct {
	*pagetest.Node
	service *remind.Service
	now     time.Time
	site    *record.Site
	sent    *[]remind.Envelope
}

// taking keeps what is sent.
type taking struct{ of *[]remind.Envelope }

func (k taking) Send(_ context.Context, e remind.Envelope) (string, error) {
	*k.of = append(*k.of, e)
	return "", nil
}

func start(t *testing.T) *practice {
	t.Helper()
	n := pagetest.New(t, []string{"maple"}, nil)
	n.Load("maple")
	p := &practice{Node: n, now: n.Clock(), sent: new([]remind.Envelope)}
	var err error
	if p.site, err = n.Records.Site("maple"); err != nil {
		t.Fatal(err)
	}
	p.service, err = remind.New(remind.Config{Records: n.Records, Mail: taking{p.sent}, Letters: true, Portal: true, Keys: remind.Keys{{ID: 1, Secret: [32]byte{1}}}, Base: "https://records.example", AtOnce: 1, Pause: 1,
		Clock: func() time.Time { return p.now },
		Due: remind.ByChart(func(c *chart.Chart, now time.Time) []remind.DueItem {
			if c.PatientID == "rosa-delgado" {
				return []remind.DueItem{{ID: "diabetes-eye-exam", Since: now.AddDate(0, -1, 0)}}
			}
			return nil
		})})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: func() time.Time { return p.now }})
	if err != nil {
		t.Fatal(err)
	}
	Register(pages.Door, p.service)
	n.Serve(pages)
	agreed := func(id, name, more string) string {
		return `{"resourceType":"Patient","id":"` + id + `","active":true,"name":[{"family":"` + name + `"}]` + more + `}`
	}
	n.Write("maple", agreed("ines", "Sepúlveda", `,"telecom":[{"system":"email","value":"ines@example.org"}],"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"es"}]},"preferred":true}]`),
		agreed("paper", "Paperman", `,"address":[{"line":["4 Elm St"],"city":"Columbus","state":"OH","postalCode":"43215"}]`))
	p.tick()
	return p
}

func (p *practice) tick() {
	p.T.Helper()
	for range 2 {
		if err := p.service.Tick(p.T.Context(), p.site); err != nil {
			p.T.Fatal(err)
		}
	}
}

func (p *practice) book(patient string, at time.Time) schedule.Appointment {
	p.T.Helper()
	a, err := schedule.Desk{Session: p.System("maple"), Zone: p.site.Location(), Now: p.now}.Book(p.T.Context(), schedule.Booking{Patient: schedule.Party{Ref: "Patient/" + patient},
		Practitioner: schedule.Party{Ref: "Practitioner/okonkwo", Name: "Lena Okonkwo, MD"}, Type: schedule.VisitType{Code: schedule.Code{System: schedule.TypeSystem, Code: "follow-up", Display: "Diabetes follow-up"}, Minutes: 20}, Start: at, Outside: true, Reason: "Diabetes"})
	if err != nil {
		p.T.Fatal(err)
	}
	return a
}

func (p *practice) link(a schedule.Appointment) string {
	address, err := p.service.Link("maple", a.ID, a.From)
	if err != nil {
		p.T.Fatal(err)
	}
	return strings.TrimPrefix(address, "https://records.example")
}

var formOfLine = regexp.MustCompile(`action="(/maple/outbox/[^"]+/(now|stop|restart|release))"[^>]*>\s*<input type="hidden" name="version" value="(\d+)"`)

func TestTheOutbox(t *testing.T) {
	p := start(t)
	b := p.User(hughes)
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, p.site.Location())
	a := p.book("ines", at)
	p.book("paper", at.Add(time.Hour))
	p.tick()
	body := b.Open("/maple/outbox?show=planned")
	for _, want := range []string{"Sepúlveda", "Appointment reminder, 3 days before", "Appointment reminder, 3 hours before", "1 Dec 2026, 10:00", "no text messages", "letter"} {
		if !strings.Contains(body, want) {
			t.Errorf("planned: lacks %q", want)
		}
	}
	if strings.Contains(body, "iabetes") {
		t.Error("the outbox says why somebody comes")
	}
	form := formOfLine.FindStringSubmatch(body)
	if form == nil || form[2] != "now" {
		t.Fatal("no line can be sent now")
	}
	if res, body := b.Post(form[1], url.Values{"version": {form[3]}, "back": {"/maple/outbox?show=planned"}}); res.StatusCode != 200 || res.Request.URL.RawQuery != "show=planned" || !strings.Contains(body, "goes out now") {
		t.Errorf("send now: %d %s", res.StatusCode, res.Request.URL)
	}
	if _, body := b.Post(form[1], url.Values{"version": {form[3]}}); !strings.Contains(body, "changed meanwhile") {
		t.Error("twice")
	}
	p.tick()
	if len(*p.sent) != 1 || (*p.sent)[0].To != "ines@example.org" || !strings.Contains((*p.sent)[0].Text, "/maple/r/") {
		t.Fatalf("%+v", *p.sent)
	}
	if body := b.Open("/maple/outbox?show=sent"); !strings.Contains(body, "Sepúlveda") || !strings.Contains(body, ">sent") {
		t.Error("what was sent is not shown")
	}
	if _, err := p.service.Confirm(t.Context(), p.site, p.link(a)[len("/maple/r/"):]); err != nil {
		t.Fatal(err)
	}
	if body := b.Open("/maple/outbox?show=sent"); !strings.Contains(body, ">confirmed") {
		t.Error("the confirmation is not shown")
	}
	form = regexp.MustCompile(`action="(/maple/outbox/[^"]+/(stop))"[^>]*>\s*<input type="hidden" name="version" value="(\d+)"`).FindStringSubmatch(b.Open("/maple/outbox?show=planned"))
	b.Post(form[1], url.Values{"version": {form[3]}})
	body = b.Open("/maple/outbox?show=stopped")
	if !strings.Contains(body, "stopped by the practice") || !strings.Contains(body, "Take back") {
		t.Error("what was stopped is not shown")
	}
	form = formOfLine.FindStringSubmatch(body)
	if _, body := b.Post(form[1], url.Values{"version": {form[3]}}); form[2] != "restart" || !strings.Contains(body, "planned again") {
		t.Error("it cannot be taken back")
	}
	for _, u := range []auth.User{operator, rosa} {
		if res, _ := p.User(u).Get("/maple/outbox"); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s opens the outbox: %d", u.Name, res.StatusCode)
		}
	}
	// Letters: printed, taken back, printed again, posted.
	p.now = time.Date(2026, 11, 28, 12, 0, 0, 0, p.site.Location())
	p.tick()
	if body := b.Open("/maple/outbox"); !strings.Contains(body, "Print 1 letter<") {
		t.Error("no letter waits")
	}
	res, body := b.Post("/maple/outbox/letters", url.Values{})
	batch := res.Request.URL.Path
	if !strings.HasPrefix(batch, "/maple/outbox/letters/letters-") || !strings.Contains(body, "Paperman") {
		t.Fatalf("%s", batch)
	}
	res, body = b.Get(batch + "/letters.pdf")
	if res.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(body, "%PDF-") || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%v", res.Header)
	}
	if _, body := b.Post(batch, url.Values{"do": {"posted"}}); !strings.Contains(body, "1 letter: in the post.") {
		t.Error("posted")
	}
	if res, _ := b.Get(batch); res.StatusCode != http.StatusNotFound {
		t.Errorf("a posted batch: %d", res.StatusCode)
	}
}

func TestRecallsShowNoCondition(t *testing.T) {
	p := start(t)
	b := p.User(hughes)
	body := b.Open("/maple/recalls")
	if !strings.Contains(body, "Delgado") || !strings.Contains(body, "Checkup") || strings.Contains(body, "iabetes") {
		t.Fatal("who is due, and nothing more")
	}
	id := regexp.MustCompile(`name="pick" value="([^"]+)"`).FindStringSubmatch(body)
	if id == nil {
		t.Fatal("nobody to choose")
	}
	if _, body := b.Post("/maple/recalls", url.Values{"do": {"release"}}); !strings.Contains(body, "Tick whom first") {
		t.Error("nobody ticked")
	}
	if _, body := b.Post("/maple/recalls", url.Values{"do": {"release"}, "pick": {id[1], "no-such"}, "back": {"https://evil.example/"}}); !strings.Contains(body, "1 go out") {
		t.Error("released")
	}
	if _, body := b.Post("/maple/recalls", url.Values{"do": {"stop"}, "pick": {id[1]}}); !strings.Contains(body, "1 stopped") {
		t.Error("stopped")
	}
	if body := b.Open("/maple/recalls"); strings.Contains(body, `value="`+id[1]+`"`) {
		t.Error("who was stopped still waits")
	}
}

func TestTheRules(t *testing.T) {
	p := start(t)
	if res, body := p.User(hughes).Get("/maple/reminders"); res.StatusCode != 200 || !strings.Contains(body, "disabled") || strings.Contains(body, ">Save<") {
		t.Errorf("the front desk reads them: %d", res.StatusCode)
	}
	if res, _ := p.User(hughes).Post("/maple/reminders", url.Values{}); res.StatusCode != http.StatusForbidden {
		t.Errorf("the front desk changes them: %d", res.StatusCode)
	}
	b := p.User(chief)
	form := formOf(remind.Usual())
	with := func(more ...string) url.Values {
		v := url.Values{}
		for k, x := range form {
			v[k] = x
		}
		for i := 0; i+1 < len(more); i += 2 {
			v[more[i]] = []string{more[i+1]}
		}
		return v
	}
	for field, bad := range map[string]string{"from": "25:00", "perDay": "many", "holidays": "Christmas", "visit-steps-0": "3 weeks", "recall-every-0": "0", "recall-label-0": strings.Repeat("x", 61), "lang": "xx", "words-en-recall": "You have {condition}"} {
		res, body := b.Post("/maple/reminders", with(field, bad))
		if res.StatusCode != http.StatusUnprocessableEntity || field != "lang" && !strings.Contains(body, bad) {
			t.Errorf("%s=%q: %d", field, bad, res.StatusCode)
		}
	}
	res, body := b.Post("/maple/reminders", with("holidays", "2026-12-25\r\n2027-01-01", "visit-id-1", "short", "visit-types-1", "acute", "visit-steps-1", "1 day", "phone", "614-555-0100", "words-es-recall", "{site}: venga <b>pronto</b>"))
	if res.StatusCode != 200 || !strings.Contains(body, "Saved.") || !strings.Contains(body, `value="short"`) || strings.Contains(body, "<b>pronto") {
		t.Fatalf("%d", res.StatusCode)
	}
	r, err := remind.ReadRules(t.Context(), p.System("maple"))
	if err != nil || len(r.Visits) != 2 || r.Phone != "614-555-0100" || len(r.Quiet.Holidays) != 2 || len(r.Words) != 1 || r.Version != "1" {
		t.Fatalf("%+v %v", r, err)
	}
	if res, body := b.Post("/maple/reminders", with("version", "", "phone", "614-555-0199")); res.StatusCode != http.StatusConflict || !strings.Contains(body, "614-555-0199") {
		t.Errorf("an older page: %d", res.StatusCode)
	}
	if res, _ := b.Post("/maple/reminders", with("version", "1", "phone", "614-555-0199")); res.StatusCode != 200 {
		t.Errorf("%d", res.StatusCode)
	}
}

func TestALinkNeedsNoPasswordAndTellsNothing(t *testing.T) {
	p := start(t)
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, p.site.Location())
	a := p.book("ines", at)
	path := p.link(a)
	b := p.Visitor()
	res, body := b.Get(path)
	if res.StatusCode != 200 || !strings.Contains(body, `lang="es"`) || !strings.Contains(body, "martes 1 de diciembre de 2026") || !strings.Contains(body, "10:00") || !strings.Contains(body, "Sí, iré") {
		t.Fatalf("%d", res.StatusCode)
	}
	for _, not := range []string{"Sepúlveda", "Okonkwo", "iabetes", "ines", "ollow-up", a.ID, "<script src=\"http"} {
		if strings.Contains(body, not) {
			t.Errorf("the page says %q", not)
		}
	}
	if res.Header.Get("Referrer-Policy") != "same-origin" || !strings.Contains(res.Header.Get("X-Robots-Tag"), "noindex") || !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("%v", res.Header)
	}
	for range 3 { // programs that open links
		b.Get(path)
		b.Get(path + "?do=cancel")
		b.Get(path + "?ask=cancel")
	}
	read := func() string {
		r, err := p.System("maple").Read(t.Context(), "Appointment", a.ID)
		if err != nil {
			t.Fatal(err)
		}
		return r.Node().Get("status").Str()
	}
	if read() != "booked" {
		t.Fatal("reading the page did something")
	}
	if _, body := b.Post(path, url.Values{"do": {"confirm"}}); !strings.Contains(body, "Gracias") {
		t.Error("not confirmed")
	}
	if _, body := b.Post(path, url.Values{"do": {"another"}}); !strings.Contains(body, "Le llamaremos") {
		t.Error("not asked")
	}
	if _, body := b.Get(path + "?ask=cancel"); !strings.Contains(body, "¿Quiere cancelar esta cita?") {
		t.Error("it does not ask")
	}
	if _, body := b.Post(path, url.Values{"do": {"cancel"}}); !strings.Contains(body, "Esta cita está cancelada") || strings.Contains(body, `value="confirm"`) {
		t.Error("not cancelled")
	}
	if read() != "cancelled" {
		t.Error("the appointment stands")
	}
	for _, bad := range []string{"/maple/r/nonsense", path[:len(path)-3] + "abc", strings.Replace(path, "/maple/", "/nowhere/", 1), "/maple/r/" + strings.Repeat("A", 4000)} {
		if res, body := b.Get(bad); res.StatusCode != http.StatusNotFound || strings.Contains(body, "rror:") {
			t.Errorf("%.40s: %d", bad, res.StatusCode)
		}
	}
	if !strings.Contains(p.Noted(), "reminder-link") {
		t.Error("the log does not say by which door it came")
	}
	// Another origin's page cannot press the button.
	req, _ := http.NewRequest("POST", p.Base+path, strings.NewReader("do=cancel"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if res, _ := b.Do(req); res.StatusCode != http.StatusForbidden {
		t.Errorf("from another origin: %d", res.StatusCode)
	}
	last := 0
	for range perMinute + 5 {
		res, _ := b.Get("/maple/r/nonsense")
		last = res.StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("tried again and again: %d", last)
	}
}

func TestThePortalInbox(t *testing.T) {
	p := start(t)
	r, err := p.System("maple").Read(t.Context(), "Patient", "rosa-delgado")
	if err != nil {
		t.Fatal(err)
	}
	with := fhir.SetMember(r.Node(), "extension", []byte(`[{"url":"`+schedule.ChannelURL+`","valueCode":"portal"}]`))
	p.Write("maple", string(with))
	p.book("rosa-delgado", time.Date(2026, 12, 1, 10, 0, 0, 0, p.site.Location()))
	p.tick()
	p.now = time.Date(2026, 11, 28, 12, 0, 0, 0, p.site.Location())
	p.tick()
	body := p.User(rosa).Open("/maple/my-messages")
	if !strings.Contains(body, "1 de diciembre de 2026") || !strings.Contains(body, "/maple/r/") {
		t.Error("the message is not there")
	}
	if res, _ := p.User(hughes).Get("/maple/my-messages"); res.StatusCode != http.StatusForbidden {
		t.Errorf("%d", res.StatusCode)
	}
	other := auth.User{Site: "maple", Name: "ines", Patients: []string{"ines"}}
	if body := p.User(other).Open("/maple/my-messages?patient=rosa-delgado"); strings.Contains(body, "iciembre") {
		t.Error("somebody else's messages")
	}
}

func TestOutboxPagesInABrowser(t *testing.T) {
	p := start(t)
	p.book("paper", time.Date(2026, 12, 1, 11, 0, 0, 0, p.site.Location()))
	a := p.book("ines", time.Date(2026, 12, 1, 10, 0, 0, 0, p.site.Location()))
	p.tick()
	p.Write("maple", `{"resourceType":"DocumentReference","id":"ltr","status":"current","subject":{"reference":"Patient/rosa-delgado"},"content":[{"attachment":{"title":"Referral"}}]}`,
		`{"resourceType":"Task","id":"send","status":"requested","intent":"order","code":{"coding":[{"system":"`+remind.TaskSystem+`","code":"letter"}]},"description":"Send the letter: by post to Dr Ito, with a copy to the patient","focus":{"reference":"DocumentReference/ltr"},"for":{"reference":"Patient/rosa-delgado"},"requester":{"display":"Lena Okonkwo, MD"},"authoredOn":"2026-11-22T09:00:00Z"}`)
	if err := p.service.Heard(t.Context(), p.site, remind.Incoming{ID: "SM1", From: "+16145550111", Text: "Can I come an hour earlier on Tuesday? My daughter drives me and she has to be at work by ten."}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.service.AnotherTime(t.Context(), p.site, p.link(a)[len("/maple/r/"):]); err != nil {
		t.Fatal(err)
	}
	p.now = p.now.AddDate(0, 0, 7)
	p.tick()
	out := strings.TrimPrefix((*p.sent)[0].Out, "https://records.example")
	p.User(chief)
	ctx := pagetest.Chromium(t)
	pagetest.SignIn(t, ctx, p.Node, "maple", "chief")
	for path, name := range map[string]string{"/maple/outbox?show=sent": "outbox", "/maple/to-do": "to-do", out: "no-more", "/maple/recalls": "recalls", "/maple/reminders": "reminder-rules", p.link(a): "reminder-link", p.link(a) + "?ask=cancel": "reminder-link-cancel"} {
		pagetest.Do(t, ctx, navigate(p.Base+path))
		pagetest.Shot(t, ctx, name)
		phone(t, ctx, true)
		pagetest.Do(t, ctx, navigate(p.Base+path))
		if over := pagetest.JS(t, ctx, `String(document.documentElement.scrollWidth > innerWidth + 1)`); over != "false" {
			t.Errorf("%s scrolls sideways on a phone", name)
		}
		pagetest.Shot(t, ctx, name+"-phone")
		phone(t, ctx, false)
	}
	// The link's page works without scripts.
	scripts(t, ctx, false)
	pagetest.Do(t, ctx, navigate(p.Base+p.link(a)), click(`button[value="confirm"]`))
	time.Sleep(300 * time.Millisecond)
	scripts(t, ctx, true)
	if v, err := p.service.Visit(t.Context(), p.site, p.link(a)[len("/maple/r/"):]); err != nil || v.State != remind.VisitConfirmed {
		t.Errorf("%+v %v", v, err)
	}
	pagetest.Axe(t, ctx, p.Node, "/maple/outbox?show=sent", "/maple/outbox?show=failed", "/maple/to-do", out, "/maple/recalls", "/maple/reminders", p.link(a))
}

func navigate(address string) cd.Action[cd.Void] { return cd.Navigate(address) }

func click(selector string) cd.Action[cd.Void] { return cd.Click(selector) }

func phone(t *testing.T, ctx context.Context, on bool) {
	t.Helper()
	width, height := 1280, 900
	if on {
		width, height = 360, 740
	}
	if _, err := cd.Run(ctx, cd.EmulateViewport(int64(width), int64(height))); err != nil {
		t.Fatal(err)
	}
}

func scripts(t *testing.T, ctx context.Context, on bool) {
	t.Helper()
	if _, err := cd.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}); err != nil {
		t.Fatal(err)
	}
}
