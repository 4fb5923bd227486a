package remind

import (
	"strings"
	"testing"
)

var hook = &Hook{Secret: "abcdefghijklmnopqrstuvwx", ID: "MessageSid", From: "From", Text: "Body", Status: "MessageStatus", Arrived: []string{"delivered"}, Failed: []string{"failed", "undelivered"}}

func TestHook(t *testing.T) {
	nested := &Hook{Secret: hook.Secret, ID: "data.id", From: "data.payload.from", Text: "data.payload.text", Key: "data.ref", Status: "data.status", Failed: []string{"5"}}
	for _, c := range []struct {
		h          *Hook
		kind, body string
		in         Incoming
		r          Report
	}{
		{hook, "application/x-www-form-urlencoded", "MessageSid=SM1&From=%2B16145550162&Body=STOP", Incoming{"SM1", "+16145550162", "STOP"}, Report{}},
		{hook, "application/x-www-form-urlencoded; charset=utf-8", "MessageSid=SM1&From=%2B16145550100&MessageStatus=undelivered", Incoming{}, Report{Receipt: "SM1", Failed: true}},
		{hook, "application/json", `{"MessageSid":"SM1","MessageStatus":"delivered"}`, Incoming{}, Report{Receipt: "SM1", Arrived: true}},
		{hook, "application/json", `{"MessageSid":"SM1","MessageStatus":"queued"}`, Incoming{}, Report{Receipt: "SM1"}},
		{nested, "application/json", `{"data":{"id":7,"payload":{"from":"+16145550162","text":"hello"}}}`, Incoming{"7", "+16145550162", "hello"}, Report{}},
		{nested, "application/json", `{"data":{"ref":"msg-1","status":5}}`, Incoming{}, Report{Key: "msg-1", Failed: true}},
	} {
		in, r, err := c.h.Read(c.kind, []byte(c.body))
		if err != nil || in != c.in || r != c.r {
			t.Errorf("%s: %+v %+v %v", c.body, in, r, err)
		}
	}
	for _, bad := range []string{"", "{}", "[]", "null", `{"MessageSid":"x"}`, `{"MessageStatus":"failed"}`, `{"From":"nobody","MessageSid":"x","Body":"y"}`} {
		if in, r, err := hook.Read("application/json", []byte(bad)); err == nil {
			t.Errorf("%q: %+v %+v", bad, in, r)
		}
	}
	if hook.Check() != nil || nested.Check() != nil || !hook.Knows(hook.Secret) || hook.Knows("") || hook.Knows(hook.Secret+"x") || (&Hook{}).Knows("") {
		t.Error("the secret")
	}
	for what, change := range map[string]func(*Hook){
		"a short secret": func(h *Hook) { h.Secret = "short" }, "an odd secret": func(h *Hook) { h.Secret = strings.Repeat("a/", 20) }, "no id": func(h *Hook) { h.ID = "" },
		"half a message": func(h *Hook) { h.Text = "" }, "no failure": func(h *Hook) { h.Failed = nil }, "nothing": func(h *Hook) { h.From, h.Text, h.Status = "", "", "" },
	} {
		bad := *hook
		change(&bad)
		if bad.Check() == nil {
			t.Errorf("%s passes", what)
		}
	}
}

func FuzzHook(f *testing.F) {
	f.Add("application/json", `{"MessageSid":"SM1","From":"+16145550162","Body":"STOP"}`)
	f.Add("application/x-www-form-urlencoded", "MessageSid=SM1&MessageStatus=failed")
	f.Add("text/plain; x", "%zz=1")
	f.Fuzz(func(t *testing.T, kind, body string) {
		in, r, err := hook.Read(kind, []byte(body))
		if err == nil && (E164(in.From) == "") == (r.Receipt == "" && r.Key == "") {
			t.Errorf("%+v %+v", in, r)
		}
	})
}
