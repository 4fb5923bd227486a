package desk

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wholechart/record"
	"wholechart/schedule"
	"wholechart/schedule/remind"
)

// An opt-out says since when and how, is taken back with who and why, and that is
// undone.
func TestAnOptOutIsTakenBack(t *testing.T) {
	n := start(t)
	at := "/maple/patients/rosa-delgado"
	site, err := n.Records.Site("maple")
	if err != nil {
		t.Fatal(err)
	}
	zone := site.Location()
	patient := func() []remind.Wanted {
		r, err := n.System("maple").Read(t.Context(), "Patient", "rosa-delgado")
		if err != nil {
			t.Fatal(err)
		}
		return remind.WantedOf(r.Node())
	}
	r, err := n.System("maple").Read(t.Context(), "Patient", "rosa-delgado")
	if err != nil {
		t.Fatal(err)
	}
	when := n.Clock().Add(-50 * 24 * 3600 * 1e9)
	stop, changed, err := remind.Want(r, remind.Wanted{Way: schedule.ByText, Out: true, At: when, How: remind.HowText})
	if err != nil || !changed {
		t.Fatal(err)
	}
	if _, err := n.System("maple").Transact(t.Context(), []record.Act{stop}); err != nil {
		t.Fatal(err)
	}

	b := n.User(hughes)
	page := b.Open(at + "/demographics")
	for _, want := range []string{"wants no more", "since " + when.In(zone).Format("2 Jan 2006, 15:04"), "texted STOP", "Text messages may go again", "until the patient texts START", "No more e-mails"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	back := url.Values{"way": {"sms"}, "out": {"no"}, "why": {""}}
	if res, body := b.Post(at+"/messages-wanted", back); res.StatusCode != 422 || !strings.Contains(body, "Say why") {
		t.Errorf("without a reason: %d", res.StatusCode)
	}
	if res, body := b.Post(at+"/messages-wanted", url.Values{"way": {"sms"}, "out": {"no"}, "why": {strings.Repeat("x", 400)}}); res.StatusCode != 422 || !strings.Contains(body, "too long") || !strings.Contains(body, "xxxx") {
		t.Errorf("too long: %d", res.StatusCode)
	}
	for _, bad := range []url.Values{{"way": {"pigeon"}, "out": {"no"}, "why": {"x"}}, {"way": {"sms"}, "out": {"maybe"}, "why": {"x"}}} {
		if res, _ := b.Post(at+"/messages-wanted", bad); res.StatusCode != 404 {
			t.Errorf("%v: %d", bad, res.StatusCode)
		}
	}
	if w := patient(); len(w) != 1 || !w[0].Out {
		t.Fatalf("what was refused was done: %+v", w)
	}
	back.Set("why", "asked <at> the counter")
	res, body := b.Post(at+"/messages-wanted", back)
	if res.StatusCode != 200 || !strings.Contains(body, "Text messages may go again.") || !strings.Contains(body, "asked &lt;at&gt; the counter") || !strings.Contains(body, "written at the desk by "+hughes.FullName) {
		t.Errorf("taken back: %d", res.StatusCode)
	}
	if w := patient(); len(w) != 1 || w[0].Out || w[0].Why != "asked <at> the counter" || w[0].How != remind.HowDesk || !w[0].At.Equal(n.Clock().Truncate(1e9)) {
		t.Errorf("%+v", w)
	}
	if p, _ := n.System("maple").Read(t.Context(), "Patient", "rosa-delgado"); len(remind.PersonOf(p.Node(), zone, n.Clock()).Not) != 0 {
		t.Error("it is still obeyed")
	}
	undo := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" form="undo" name="(type|id|version|back)" value="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		undo.Set(m[1], m[2])
	}
	if res, body := b.Post("/maple/undo", undo); res.StatusCode != 200 || !strings.Contains(body, "texted STOP") {
		t.Errorf("undone: %d %v", res.StatusCode, undo)
	}
	if w := patient(); len(w) != 1 || !w[0].Out || w[0].How != remind.HowText {
		t.Errorf("after undoing: %+v", w)
	}
	if res, body := b.Post(at+"/messages-wanted", url.Values{"way": {"email"}, "out": {"yes"}}); res.StatusCode != 200 || !strings.Contains(body, "No more e-mails go out") {
		t.Errorf("no more e-mails: %d", res.StatusCode)
	}
	if res, _ := n.User(rosa).Post(at+"/messages-wanted", back); res.StatusCode != 403 {
		t.Errorf("a patient at the desk: %d", res.StatusCode)
	}
}
