package remind

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wholechart/fhir"
	"wholechart/schedule"
)

func FuzzPerson(f *testing.F) {
	f.Add(`{"resourceType":"Patient","id":"p","telecom":[{"system":"sms","value":"+1 (614) 555-0162","rank":1},{"system":"email","value":"a@b.example"}],"address":[{"line":["x\ny"],"city":"C","extension":[{"url":"` + TimezoneURL + `","valueCode":"America/New_York"}]}]}`)
	f.Add(`{"resourceType":"Patient","telecom":[{"system":"phone","use":"mobile","value":"0","rank":99999999999}],"communication":[{"language":{"coding":[{"code":"es-MX"}]}}],"extension":[{"url":"` + TimezoneURL + `","valueCode":"../../etc/passwd"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			return
		}
		p := PersonOf(d.Root(), time.UTC, monday)
		if p.Zone == nil || p.Mobile != "" && E164(p.Mobile) != p.Mobile || p.Email != "" && !Email(p.Email) || len(p.Address) > 5 {
			t.Errorf("%+v", p)
		}
		for _, l := range p.Address {
			if strings.ContainsAny(l, "\r\n") {
				t.Errorf("%q", l)
			}
		}
		p.Ways(Means{true, true, true, true}, 0)
	})
}

func FuzzRules(f *testing.F) {
	good, _ := json.Marshal(Usual())
	f.Add(string(good))
	f.Add(`{"visits":[{"id":"x","steps":[{"days":-1}]}]}`)
	f.Add(`{"quiet":{"from":1439,"to":0}}`)
	f.Fuzz(func(t *testing.T, text string) {
		n, err := node(object{"resourceType": "PlanDefinition", "status": "active", "extension": list{object{"url": RulesURL, "valueString": text}}})
		if err != nil {
			return
		}
		r, err := RulesOf(n)
		if err != nil {
			return
		}
		again, err := r.Resource()
		if err != nil {
			t.Fatalf("read, and cannot be written: %v", err)
		}
		if _, err := RulesOf(again); err != nil {
			t.Fatal(err)
		}
		if at, ok := r.Quiet.After(monday, false, time.UTC); ok && at.Before(monday) {
			t.Error("an open moment in the past")
		}
		for _, l := range Languages() {
			write(Request{Kind: Reminder}, Person{Lang: l, Zone: time.UTC}, r, "x", monday, time.UTC, "", "", true)
		}
	})
}

func FuzzStep(f *testing.F) {
	for _, s := range []string{"3 days", "3h", "45 min", "", "9999999999999 days", "3 dd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseStep(text)
		if err != nil {
			return
		}
		if again, err := ParseStep(s.String()); err != nil || again != s {
			t.Errorf("%q: %v, again %v %v", text, s, again, err)
		}
	})
}

// What is read of a request or message that somebody else wrote can be written again.
func FuzzRequestsAndMessages(f *testing.F) {
	q := Request{ID: "rem-1", Status: "active", Kind: Reminder, Rule: "visit", Label: "Appointment", Step: "3d", Patient: "p", Appointment: "a", Start: monday, When: monday, Expires: monday, Way: schedule.ByText, Made: monday}
	n, err := q.Resource()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(n.Raw()))
	m := Message{ID: "msg-1", Status: "completed", Kind: Recall, Rule: "checkup", Request: "rec-1", Patient: "p", Way: schedule.ByEmail, To: "a@b.example", Text: "{link}", Attempts: 2, Sent: monday, Booked: "a"}
	if n, err = m.Resource(); err != nil {
		f.Fatal(err)
	}
	f.Add(string(n.Raw()))
	f.Fuzz(func(t *testing.T, text string) {
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			return
		}
		if q, ok := RequestOf(d.Root()); ok {
			n, err := q.Resource()
			if err != nil {
				t.Fatal(err)
			}
			if again, ok := RequestOf(n); !ok || again.Patient != q.Patient || again.Status != q.Status || !again.When.Equal(q.When.Truncate(time.Second)) {
				t.Errorf("%+v became %+v", q, again)
			}
		}
		if m, ok := MessageOf(d.Root()); ok {
			n, err := m.Resource()
			if err != nil {
				t.Fatal(err)
			}
			if again, ok := MessageOf(n); !ok || again.Request != m.Request || again.Text != m.Text {
				t.Errorf("%+v became %+v", m, again)
			}
		}
	})
}

func FuzzFill(f *testing.F) {
	f.Add("{site}: {day} {time} {link}", "Maple {link}", "https://x.example/r/abc")
	f.Fuzz(func(t *testing.T, template, site, link string) {
		if !utf8.ValidString(template) {
			return
		}
		out := Fill{Site: site, Day: "d", Time: "t", Link: "{link}"}.Text(template)
		if strings.Contains(clean(site), "{link}") && !strings.Contains(template, "{link}") && strings.Contains(out, "{link}") {
			t.Errorf("a name made a link: %q", out)
		}
	})
}
