package outbox

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/schedule/remind"
)

var formOfTask = regexp.MustCompile(`action="(/maple/to-do/[^"]+)"[^>]*>\s*<input type="hidden" name="version" value="(\d+)"`)

// What waits for the desk is seen by it, and ends there: a call, an answer by
// text, a letter that a clinician signed. Of the chart it sees nothing.
func TestTheDesksTasks(t *testing.T) {
	p := start(t)
	const file = `{"resourceType":"Binary","id":"ltr","contentType":"application/pdf","data":"JVBERi0xLjcKbGV0dGVy","securityContext":{"reference":"Patient/ines"}}`
	letter := func(id, code string) string {
		return `{"resourceType":"Task","id":"` + id + `","status":"requested","intent":"order","code":{"coding":[{"system":"` + remind.TaskSystem + `","code":"` + code + `"}]},"description":"Send the letter: by post to Dr Ito","focus":{"reference":"DocumentReference/ltr"},"for":{"reference":"Patient/ines"},"requester":{"reference":"Practitioner/okonkwo","display":"Lena Okonkwo, MD"},"authoredOn":"2026-11-22T09:00:00Z"}`
	}
	p.Write("maple", file, `{"resourceType":"DocumentReference","id":"ltr","status":"current","subject":{"reference":"Patient/ines"},"extension":[{"url":"https://wholechart.example/signed","valueInstant":"2026-11-22T09:00:00Z"}],"content":[{"attachment":{"contentType":"application/pdf","url":"Binary/ltr"}}]}`,
		letter("send", "letter"), letter("send2", "letter"),
		`{"resourceType":"Observation","id":"inr","status":"final","code":{"text":"INR"},"subject":{"reference":"Patient/ines"}}`,
		`{"resourceType":"Task","id":"care","status":"requested","intent":"order","code":{"coding":[{"system":"`+remind.TaskSystem+`","code":"call-back"}]},"description":"Call about the INR of 6.8","focus":{"reference":"Observation/inr"},"for":{"reference":"Patient/ines"}}`)
	if err := p.service.Heard(t.Context(), p.site, remind.Incoming{ID: "SM1", From: "+16145550111", Text: "Can I come <earlier>?"}); err != nil {
		t.Fatal(err)
	}
	b := p.User(hughes)
	body := b.Open("/maple/to-do")
	for _, want := range []string{"Send the letter: by post to Dr Ito", "from Lena Okonkwo, MD", "Sepúlveda", "belongs to nobody here", "Can I come &lt;earlier&gt;?", "/maple/to-do/send/letter.pdf"} {
		if !strings.Contains(body, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if strings.Contains(body, "INR") {
		t.Error("the desk sees a task about care")
	}
	res, pdf := b.Get("/maple/to-do/send/letter.pdf")
	if res.StatusCode != 200 || !strings.HasPrefix(pdf, "%PDF-") || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	if !strings.Contains(p.Noted(), "a letter to be sent: Task/send") {
		t.Error("the log does not say why the file was given out")
	}
	for _, path := range []string{"/maple/emr/fhir/Binary/ltr", "/maple/to-do/care/letter.pdf", "/maple/to-do/none/letter.pdf"} {
		if res, _ := b.Get(path); res.StatusCode == 200 {
			t.Errorf("the desk opens %s", path)
		}
	}
	if res, _ := p.User(operator).Get("/maple/to-do"); res.StatusCode != http.StatusForbidden {
		t.Errorf("an operator: %d", res.StatusCode)
	}
	version := func(task string) string {
		for _, f := range formOfTask.FindAllStringSubmatch(b.Open("/maple/to-do"), -1) {
			if strings.HasSuffix(f[1], "/"+task) {
				return f[2]
			}
		}
		return ""
	}
	if _, body := b.Post("/maple/to-do/send", url.Values{"do": {"done"}, "version": {"7"}}); !strings.Contains(body, "somebody else was there") {
		t.Error("an older page")
	}
	if _, body := b.Post("/maple/to-do/send", url.Values{"do": {"done"}, "version": {version("send")}}); !strings.Contains(body, "Sent.") || strings.Contains(body, "/maple/to-do/send/letter.pdf") {
		t.Error("it is not sent")
	}
	if res, _ := b.Get("/maple/to-do/send/letter.pdf"); res.StatusCode != http.StatusNotFound {
		t.Errorf("after it was sent the file is given out: %d", res.StatusCode)
	}
	r, err := p.System("maple").Read(t.Context(), "Task", "send")
	if err != nil || !r.Node().Get("status").Is("completed") || !strings.Contains(string(r.Body), "Patricia Hughes") {
		t.Errorf("%s", r.Body)
	}
	if _, body := b.Post("/maple/to-do/send2", url.Values{"do": {"back"}, "version": {version("send2")}}); !strings.Contains(body, "why it cannot be sent") {
		t.Error("without a reason")
	}
	if _, body := b.Post("/maple/to-do/send2", url.Values{"do": {"back"}, "why": {"no address"}, "version": {version("send2")}}); !strings.Contains(body, "Handed back") || strings.Contains(body, "/maple/to-do/send2") {
		t.Error("not handed back")
	}
	r, err = p.System("maple").Read(t.Context(), "Task", "send2")
	if err != nil || !r.Node().Path("owner", "reference").Is("Practitioner/okonkwo") || !r.Node().Get("status").Is("requested") || !strings.Contains(string(r.Body), "could not be sent: no address") {
		t.Errorf("%s", r.Body)
	}
	if res, _ := b.Post("/maple/to-do/care", url.Values{"do": {"done"}, "version": {"1"}}); res.StatusCode == 200 {
		t.Error("the desk ends a task about care")
	}
}

// Each state of the outbox can be reached, is counted, and can be narrowed.
func TestEachStateIsReached(t *testing.T) {
	p := start(t)
	b := p.User(hughes)
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, p.site.Location())
	a, c := p.book("ines", at), p.book("ines", at.Add(time.Hour))
	p.Write("maple", `{"resourceType":"Patient","id":"silent","active":true,"name":[{"family":"Silent"}]}`)
	p.book("silent", at.Add(2*time.Hour))
	p.tick()
	p.now = time.Date(2026, 11, 28, 12, 0, 0, 0, p.site.Location())
	p.tick()
	if _, err := p.service.Confirm(t.Context(), p.site, p.link(a)[len("/maple/r/"):]); err != nil {
		t.Fatal(err)
	}
	if _, err := p.service.Cancel(t.Context(), p.site, p.link(c)[len("/maple/r/"):]); err != nil {
		t.Fatal(err)
	}
	p.tick()
	m := remind.Message{ID: "msg-rec", Status: "completed", Kind: remind.Recall, Rule: "checkup", Label: "Checkup", Request: "rec", Patient: "rosa-delgado", Way: schedule.ByEmail, Sent: p.now, Booked: a.ID, Outcome: remind.Booked}
	q := remind.Request{ID: "rec", Status: "completed", Kind: remind.Recall, Rule: "checkup", Label: "Checkup", Series: 1, No: 1, Patient: "rosa-delgado", When: p.now}
	for _, x := range []interface{ Resource() (fhir.Node, error) }{q, m} {
		n, err := x.Resource()
		if err != nil {
			t.Fatal(err)
		}
		p.Write("maple", string(n.Raw()))
	}
	for show, want := range map[string][]string{
		"sent": {"Sepúlveda"}, "confirmed": {"Sepúlveda", ">confirmed"}, "declined": {"Sepúlveda", ">cancelled"}, "booked": {"Delgado", ">booked"}, "failed": {"Silent", "no way to reach"}, "stopped": {"Sepúlveda", "moved or cancelled"},
	} {
		body := b.Open("/maple/outbox?show=" + show)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: lacks %q", show, w)
			}
		}
		counted := regexp.MustCompile(`show=` + show + `"[^>]*>[^<]*(?:<b>|<span class="pill[^>]*>(?:<svg.*?</svg>)?\s*)(\d+)`).FindStringSubmatch(body)
		if counted == nil || counted[1] == "0" {
			t.Errorf("%s is not counted", show)
		}
	}
	for address, want := range map[string]bool{"show=confirmed&kind=reminder": true, "show=confirmed&kind=recall": false, "show=confirmed&way=email": true, "show=confirmed&way=sms": false, "show=confirmed&way=evil%22": true, "show=booked&kind=recall": true} {
		body := b.Open("/maple/outbox?" + address)
		if strings.Contains(body, "Nothing here.") == want {
			t.Errorf("%s: something is shown: %v", address, !want)
		}
	}
	if body := b.Open("/maple/"); !strings.Contains(body, "Outbox") {
		t.Error("no way to the outbox")
	}
}

// What a provider posts is heard at its own address and nowhere else.
func TestTheProvidersHook(t *testing.T) {
	p := start(t)
	const secret = "abcdefghijklmnopqrstuvwx"
	p.service.Texts = &remind.Gateway{URL: "https://texts.example/", Body: `{"to":"{to}","text":"{text}"}`, Hook: &remind.Hook{Secret: secret, ID: "MessageSid", From: "From", Text: "Body", Status: "MessageStatus", Failed: []string{"failed"}}}
	v := p.Visitor()
	post := func(path, kind, body string) int {
		req, err := http.NewRequest("POST", p.Base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		res, _ := v.Do(req)
		return res.StatusCode
	}
	const form = "application/x-www-form-urlencoded"
	text := "MessageSid=SM1&From=%2B16145550111&Body=STOP"
	for range 2 {
		if got := post("/maple/texts/"+secret, form, text); got != http.StatusNoContent {
			t.Errorf("%d", got)
		}
	}
	if got := post("/maple/texts/"+secret, "application/json", `{"MessageSid":"SM7","MessageStatus":"failed"}`); got != http.StatusNoContent {
		t.Errorf("a report of what is not here: %d", got)
	}
	for want, try := range map[int][3]string{
		http.StatusNotFound:              {"/maple/texts/" + secret + "x", form, text},
		http.StatusBadRequest:            {"/maple/texts/" + secret, "application/json", "[]"},
		http.StatusRequestEntityTooLarge: {"/maple/texts/" + secret, "application/json", strings.Repeat("x", maxHook+1)},
	} {
		if got := post(try[0], try[1], try[2]); got != want {
			t.Errorf("%s: %d, want %d", try[0], got, want)
		}
	}
	if got := post("/nowhere/texts/"+secret, form, text); got != http.StatusNotFound {
		t.Errorf("%d", got)
	}
	n := strings.Count(p.User(hughes).Open("/maple/to-do"), "belongs to nobody here")
	if n != 2 { // the line, and the label of its button
		t.Errorf("the same message %d times", n)
	}
	last := 0
	for range perMinute + 5 {
		last = post("/maple/texts/guess", form, text)
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("tried again and again: %d", last)
	}
}

func TestNoMoreEmailByLink(t *testing.T) {
	p := start(t)
	p.book("ines", time.Date(2026, 12, 1, 10, 0, 0, 0, p.site.Location()))
	p.tick()
	p.now = time.Date(2026, 11, 28, 12, 0, 0, 0, p.site.Location())
	p.tick()
	path := strings.TrimPrefix((*p.sent)[0].Out, "https://records.example")
	v := p.Visitor()
	patient := func() record.Resource {
		r, err := p.System("maple").Read(t.Context(), "Patient", "ines")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	res, body := v.Get(path)
	if res.StatusCode != 200 || !strings.Contains(body, "¿No quiere recibir más correos nuestros?") || strings.Contains(body, "Sepúlveda") || patient().Version != "1" {
		t.Fatalf("%d", res.StatusCode)
	}
	if _, body := v.Post(path, url.Values{"List-Unsubscribe": {"One-Click"}}); !strings.Contains(body, "Ya no recibirá correos") {
		t.Error("it did nothing")
	}
	if !strings.Contains(string(patient().Body), remind.OptOutURL) {
		t.Error("it is not written down")
	}
	if body := p.User(hughes).Open("/maple/outbox?show=sent"); !strings.Contains(body, "wants no e-mail") {
		t.Error("the desk does not see it")
	}
	if res, _ := v.Get("/maple/o/nonsense"); res.StatusCode != http.StatusNotFound {
		t.Errorf("%d", res.StatusCode)
	}
}
