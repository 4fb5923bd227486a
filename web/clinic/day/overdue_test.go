package day

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/decision"
	"wholechart/decision/rule"
	"wholechart/decision/standing"
	"wholechart/internal/pagetest"
	"wholechart/web/clinic"
	"wholechart/web/clinic/rules"
)

// TestMyDaySaysWhatIsOverdue: for how many of the day's patients, to who may see
// lists, and that it is not known yet where it is not.
func TestMyDaySaysWhatIsOverdue(t *testing.T) {
	n := pagetest.New(t, []string{"maple", "riverside"}, nil)
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	k, err := standing.New(standing.Config{Records: n.Records, Clock: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p, k)
	n.Serve(p)
	who := func(id string) string {
		return `{"resourceType":"Patient","id":"` + id + `","name":[{"text":"` + id + `"}],"birthDate":"1960-05-20","gender":"female"}`
	}
	visit := func(id, patient, at, status string) string {
		return `{"resourceType":"Appointment","id":"` + id + `","status":"` + status + `","start":"` + at + `:00-05:00","end":"` + at + `:00-05:00","participant":[{"actor":{"reference":"Patient/` + patient + `"},"status":"accepted"},{"actor":{"reference":"Practitioner/okonkwo"},"status":"accepted"}]}`
	}
	n.Write("maple", `{"resourceType":"Practitioner","id":"okonkwo","name":[{"text":"Lena Okonkwo"}]}`, who("ana"), who("bea"), who("cleo"),
		`{"resourceType":"Procedure","id":"m","status":"completed","code":{"coding":[{"system":"http://snomed.info/sct","code":"24623002"}],"text":"Screening mammography"},"subject":{"reference":"Patient/ana"},"performedDateTime":"2022-02-01"}`,
		visit("a1", "ana", "2026-11-22T08:00", "booked"), visit("a2", "ana", "2026-11-22T09:00", "booked"), visit("b", "bea", "2026-11-22T10:00", "booked"), visit("c", "cleo", "2026-11-22T11:00", "noshow"),
		visit("g", "ana", "2026-11-22T16:00", "booked"), visit("d", "bea", "2026-11-24T11:00", "booked"), visit("e", "bea", "2026-11-20T11:00", "fulfilled"))
	doc := n.User(okonkwo)
	line := regexp.MustCompile(`(?s)<span class="overdue">\s*(.*?)\s*</span>`)
	says := func(b *pagetest.Browser, path, want string) string {
		t.Helper()
		page := b.Open(path)
		m := line.FindStringSubmatch(page)
		got := ""
		if m != nil {
			got = strings.TrimSpace(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(m[1], ""))
		}
		if got != want {
			t.Errorf("%s says %q, want %q", path, got, want)
		}
		return page
	}
	page := says(doc, "/maple/day", "what is overdue is still being worked out")
	if strings.Contains(page, "lists/due") {
		t.Error("what is not known leads to a list")
	}
	if err := k.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	page = says(doc, "/maple/day", "1 of today’s 2 patients has something overdue")
	if !strings.Contains(page, `href="/maple/lists/due"`) {
		t.Error("the line leads nowhere")
	}
	beside := func(b *pagetest.Browser, path string) string {
		t.Helper()
		m := regexp.MustCompile(`· overdue: ([^<]*)<`).FindAllStringSubmatch(b.Open(path), -1)
		var out []string
		for _, x := range m {
			out = append(out, x[1])
		}
		return strings.Join(out, "; ")
	}
	if got := beside(doc, "/maple/day"); got != "Breast cancer screening" { // ana's visits of the morning are over; of bea nothing is overdue
		t.Errorf("beside the visits: %q", got)
	}
	says(doc, "/maple/day?date=2026-11-24", "nothing overdue for this day’s patient")
	says(doc, "/maple/day?date=2026-11-20", "")
	says(doc, "/maple/day?date=2026-11-23", "")
	says(n.User(reyes), "/maple/day", "1 of today’s 2 patients has something overdue")
	says(n.User(auth.User{Site: "riverside", Name: "berger", FullName: "Hannah Berger, MD", Role: access.Physician, Who: "Practitioner/berger"}), "/riverside/day", "")

	// Somebody new is not passed over.
	n.Write("maple", who("dora"), visit("f", "dora", "2026-11-22T12:00", "booked"))
	says(doc, "/maple/day", "1 of today’s 3 patients has something overdue, 1 still being worked out")

	// A rule that the site switched off is not overdue here either.
	if err := k.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	off := decision.Settings{}
	r, _, _ := k.Of("maple", "ana")
	for i := range r.Items() {
		if i.Status == standing.Overdue {
			off[i.Rule.ID] = decision.Choice{Level: rule.Off, Who: "x", When: "2026-11-01T00:00:00Z", Why: "x"}
		}
	}
	body, err := json.Marshal(off)
	if err != nil {
		t.Fatal(err)
	}
	admin := n.Records.As(access.Actor{Kind: access.User, ID: "admin", Role: access.Admin, Site: "maple", Purpose: access.Operations}, access.EMR)
	if err := admin.PutSetting(t.Context(), rules.SettingName, body, 0, "x"); err != nil {
		t.Fatal(err)
	}
	says(doc, "/maple/day", "nothing overdue for today’s 3 patients")
}

func TestOverdueText(t *testing.T) {
	for want, c := range map[string]struct {
		n, of, all   int
		today, waits bool
	}{
		"7 of today’s 22 patients have something overdue":                           {7, 22, 22, true, false},
		"7 of today’s 22 patients have something overdue, 2 still being worked out": {7, 20, 22, true, true},
		"1 of this day’s 22 patients has something overdue, 1 not known":            {1, 21, 22, false, false},
		"today’s patient has something overdue":                                     {1, 1, 1, true, false},
		"nothing overdue for 20 of today’s 22 patients, 2 still being worked out":   {0, 20, 22, true, true},
		"what is overdue is not known":                                              {0, 0, 22, true, false},
	} {
		if got := overdueText(c.n, c.of, c.all, c.today, c.waits); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
