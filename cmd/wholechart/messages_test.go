package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wholechart/schedule/remind"
)

func TestHowRemindersLeave(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if o, err := (messageFlags{}).outgoing(); err != nil || o.mail != nil || o.texts != nil {
		t.Errorf("without flags something leaves: %+v %v", o, err)
	}
	o, err := messageFlags{MailServer: "mx.example:587", MailTLS: "starttls", MailUser: "u", MailPassword: file("pw", "secret\n"), MailFrom: "no-reply@maple.example",
		Texts: file("texts", `{"url":"https://texts.example/send","body":"{\"to\":\"{to}\",\"body\":\"{text}\"}","header":{"Authorization":"Bearer x"},"hook":{"secret":"abcdefghijklmnopqrstuvwx","id":"MessageSid","from":"From","text":"Body"}}`)}.outgoing()
	if err != nil || o.mail.(*remind.SMTP).Password != "secret" || o.texts == nil || o.texts.(*remind.Gateway).Hook.From != "From" {
		t.Errorf("%+v %v", o, err)
	}
	for name, f := range map[string]messageFlags{
		"no sender":        {MailServer: "mx.example:587", MailTLS: "starttls"},
		"plain elsewhere":  {MailServer: "mx.example:25", MailTLS: "none", MailFrom: "a@b.example"},
		"no password file": {MailServer: "mx.example:587", MailTLS: "starttls", MailFrom: "a@b.example", MailUser: "u", MailPassword: filepath.Join(dir, "absent")},
		"unknown setting":  {Texts: file("bad", `{"url":"https://texts.example/send","body":"{}","surprise":1}`)},
		"a short hook":     {Texts: file("hook", `{"url":"https://texts.example/send","body":"{\"to\":\"{to}\",\"body\":\"{text}\"}","hook":{"secret":"secret","id":"a","from":"b","text":"c"}}`)},
		"no address":       {Texts: file("none", `{"body":"{}"}`)},
	} {
		if _, err := f.outgoing(); err == nil {
			t.Errorf("%s: taken", name)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells a secret", name)
		}
	}
}

func TestLinkKeysStay(t *testing.T) {
	dir := t.TempDir()
	if _, err := linkKeys(dir); err != nil {
		t.Fatal(err)
	}
	one, _ := os.ReadFile(filepath.Join(dir, "link-keys"))
	if _, err := linkKeys(dir); err != nil {
		t.Fatal(err)
	}
	two, _ := os.ReadFile(filepath.Join(dir, "link-keys"))
	if string(one) != string(two) || len(one) < 40 {
		t.Error("links given out would not open any more")
	}
	if info, err := os.Stat(filepath.Join(dir, "link-keys")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}
