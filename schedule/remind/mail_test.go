package remind

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"
)

func FuzzMail(f *testing.F) {
	f.Add("rosa@example.org", "Your appointment", "text", "Maple Street")
	f.Add("a@example.org\r\nBcc: b@example.org", "s\r\nX-Evil: 1", "\r\n.\r\nQUIT\r\n", "x\" <evil@example.org>\r\nTo: y")
	f.Add("a@b", strings.Repeat("ñ", 500), strings.Repeat("línea larga ", 300), "Clínica «Ñandú» <script>")
	f.Fuzz(func(t *testing.T, to, subject, text, from string) {
		raw, err := Mail(Envelope{Key: "k", To: to, Subject: subject, Text: text, From: from, When: monday}, "no-reply@maple.example", "maple.example")
		if err != nil {
			if Email(to) {
				t.Error(err)
			}
			return
		}
		m, err := mail.ReadMessage(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatalf("%v in %q", err, raw)
		}
		known := map[string]bool{"Date": true, "From": true, "To": true, "Message-Id": true, "Subject": true, "Mime-Version": true, "Content-Type": true, "Content-Transfer-Encoding": true, "Content-Language": true, "Auto-Submitted": true}
		for name, v := range m.Header {
			if !known[name] || len(v) != 1 {
				t.Errorf("field %s: %q", name, v)
			}
		}
		if a, err := mail.ParseAddress(m.Header.Get("To")); err != nil || a.Address != to {
			t.Errorf("to %q: %v", to, err)
		}
		if a, err := mail.ParseAddress(m.Header.Get("From")); err != nil || a.Address != "no-reply@maple.example" {
			t.Errorf("from %q: %v", m.Header.Get("From"), err)
		}
		for line := range strings.SplitSeq(string(raw), "\r\n") {
			if strings.ContainsAny(line, "\r\n") || len(line) > 998 || strings.HasPrefix(line, ".") {
				t.Errorf("line %q", line)
			}
		}
	})
}

func TestMailSubject(t *testing.T) {
	for _, s := range []string{"Your appointment at Maple Street", "Su cita en Clínica Ñandú", strings.Repeat("palabra larga ", 12) + "fin", strings.Repeat("ñandú ", 30) + "fin"} {
		raw, err := Mail(Envelope{Key: "k", To: "a@example.org", Subject: s, Text: "x", From: "Clínica \"Ñ\"", When: monday}, "n@maple.example", "maple.example")
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.ReadMessage(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if want := strings.TrimSpace(s); err != nil || len(want) <= maxSubject && got != want {
			t.Errorf("%q became %q %v", want, got, err)
		}
		if a, err := mail.ParseAddress(m.Header.Get("From")); err != nil || a.Name != "Clínica \"Ñ\"" {
			t.Errorf("%v %v", a, err)
		}
		for line := range strings.SplitSeq(string(raw), "\r\n") {
			if len(line) > 78 {
				t.Errorf("%d characters: %q", len(line), line)
			}
		}
	}
}

// TLS as configured, or nothing leaves.
func TestMailNeedsItsTLS(t *testing.T) {
	sink := newMailSink(t)
	e := Envelope{Key: "k", To: "a@example.org", Subject: "s", Text: "t", From: "Maple", When: monday}
	s := sink.smtp()
	s.TLS = "starttls" // which this server does not offer
	if _, err := s.Send(t.Context(), e); err == nil || len(sink.taken) != 0 {
		t.Errorf("sent without TLS: %v", err)
	}
	for _, bad := range []SMTP{
		{Addr: "mail.example.org:25", TLS: "none", From: "a@b.example"},
		{Addr: "mail.example.org:25", TLS: "none", From: "a@b.example", Plain: true, User: "u"},
		{Addr: "mail.example.org", TLS: "starttls", From: "a@b.example"},
		{Addr: "mail.example.org:25", TLS: "maybe", From: "a@b.example"},
		{Addr: "mail.example.org:25", TLS: "starttls", From: "a@b.example\r\nx"},
	} {
		if bad.Check() == nil {
			t.Errorf("%+v", bad)
		}
	}
	// Implicit TLS with a certificate of our own, trusted and not.
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, _ := x509.ParseCertificate(der)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go sink.serve(c)
		}
	}()
	s = &SMTP{Addr: l.Addr().String(), TLS: "implicit", From: "n@maple.example"}
	if _, err := s.Send(t.Context(), e); err == nil || err.Error() != "the mail server's certificate is not trusted" {
		t.Errorf("a stranger's certificate: %v", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	s.Config = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	if _, err := s.Send(t.Context(), e); err != nil || sink.counted()["<k@maple.example>"] != 1 {
		t.Errorf("%v %v", err, sink.counted())
	}
	// Nobody knows only after the last line.
	for what, c := range map[string]struct {
		trouble func(string) (string, bool)
		rcpt    func(string) string
		unknown bool
	}{
		"hung up on after the message": {trouble: func(string) (string, bool) { return "", true }, unknown: true},
		"refused after the message":    {trouble: func(string) (string, bool) { return "451 4.3.0 later", false }},
		"refused before":               {rcpt: func(string) string { return "451 4.7.1 later" }},
	} {
		sink := newMailSink(t)
		sink.trouble, sink.rcpt = c.trouble, c.rcpt
		_, err := sink.smtp().Send(t.Context(), e)
		if f, _ := err.(*Failure); f == nil || f.Unknown != c.unknown || f.Permanent {
			t.Errorf("%s: %+v", what, err)
		}
	}
	// A server that says nothing.
	quiet, _ := net.Listen("tcp", "127.0.0.1:0")
	defer quiet.Close()
	s = &SMTP{Addr: quiet.Addr().String(), TLS: "none", From: "n@maple.example", Timeout: 50 * time.Millisecond}
	if _, err := s.Send(t.Context(), e); err == nil || err.Error() != "the mail server did not answer" || err.(*Failure).Unknown {
		t.Errorf("%v", err)
	}
}

func TestGateway(t *testing.T) {
	status, after := 200, ""
	var got string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = r.Header.Get("Idempotency-Key") + " " + string(b)
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(status)
	}))
	defer srv.Close()
	g := &Gateway{URL: srv.URL, Body: `{"to":"{to}","text":"{text}","from":"{from}"}`, From: "MAPLE", Header: map[string]string{"Authorization": "Bearer very-secret"}}
	e := Envelope{Key: "msg-1", To: "+16145550162", Text: "line one\n\"quoted\" {to} \\ ñ </script>"}
	if _, err := g.Send(context.Background(), e); err != nil || got != `msg-1 {"to":"+16145550162","text":"line one\n\"quoted\" {to} \\ ñ \u003c/script\u003e","from":"MAPLE"}` {
		t.Errorf("%v %s", err, got)
	}
	for _, c := range []struct {
		status    int
		after     string
		sent      bool
		permanent bool
		unknown   bool
		wait      time.Duration
	}{{409, "", true, false, false, 0}, {400, "", false, true, false, 0}, {401, "", false, false, false, 0}, {429, "7", false, false, false, 7 * time.Second},
		{500, "", false, false, true, 0}, {502, "", false, false, true, 0}, {503, "9", false, false, false, 9 * time.Second}, {302, "", false, false, false, 0}} {
		status, after = c.status, c.after
		_, err := g.Send(context.Background(), e)
		f, _ := err.(*Failure)
		if c.sent != (err == nil) || f != nil && (f.Permanent != c.permanent || f.Unknown != c.unknown || f.After != c.wait) {
			t.Errorf("%d: %+v", c.status, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Error(err)
		}
	}
	for _, answers := range []bool{false, true} { // it hangs up after it read the message, once and again: it gets it once
		asked := 0
		cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			if answers {
				w.Header().Set("Content-Length", "100")
				w.WriteHeader(200)
				_ = http.NewResponseController(w).Flush()
			}
			panic(http.ErrAbortHandler)
		}))
		c := *g
		c.URL = cut.URL
		_, err := c.Send(context.Background(), e)
		if f, _ := err.(*Failure); f == nil || !f.Unknown || f.Permanent || asked != 1 {
			t.Errorf("hung up on: %+v after %d", err, asked)
		}
		cut.Close()
		_, err = c.Send(context.Background(), e)
		if f, _ := err.(*Failure); f == nil || f.Unknown {
			t.Errorf("nobody there: %+v", err)
		}
	}
	srv.Close()
	if _, err := g.Send(context.Background(), e); err == nil || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("%v", err)
	}
	for _, bad := range []Gateway{{URL: "http://gw.example/", Body: g.Body}, {URL: "ftp://gw.example/", Body: g.Body}, {URL: "https://gw.example/", Body: `{"to":{to}}`}, {URL: "https://gw.example/", Body: `{"to":"{to}"}`}, {URL: "https://u:p@gw.example/", Body: g.Body}} {
		if bad.Check() == nil {
			t.Errorf("%+v", bad.URL)
		}
	}
}
