package remind

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// SMTP sends e-mail through one server (RFC 5321): the site's own, or its
// provider's submission port.
type SMTP struct {
	Addr     string // host:port
	TLS      string // "implicit" (port 465), "starttls" (which must be offered), "none" (a server on this machine only, unless Plain)
	User     string // empty: no authentication
	Password string
	From     string        // the address that messages come from
	Host     string        // right side of Message-IDs, and what EHLO says; empty: that of From
	Timeout  time.Duration // of one message; 0: 60 s
	Plain    bool          // without TLS to another machine, knowingly
	Config   *tls.Config   // nil: the system's roots
}

// Check says what of the configuration cannot be.
func (s *SMTP) Check() error {
	host, _, err := net.SplitHostPort(s.Addr)
	switch {
	case err != nil:
		return errors.New("the mail server is host:port")
	case !Email(s.From):
		return errors.New("the sender's address is not one")
	case s.TLS != "implicit" && s.TLS != "starttls" && s.TLS != "none":
		return errors.New(`the mail server's TLS is "implicit", "starttls" or "none"`)
	case s.TLS == "none" && !s.Plain && !local(host):
		return errors.New("mail leaves this machine with TLS only")
	case s.TLS == "none" && s.User != "" && !local(host):
		return errors.New("a password leaves this machine with TLS only")
	}
	return nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *SMTP) host() string {
	if s.Host != "" {
		return s.Host
	}
	return s.From[strings.LastIndexByte(s.From, '@')+1:]
}

// Send hands one message over. It returns nil only after the server answered
// the whole message with 250. Until the message's last line is written nothing can
// have left; from then on, until the answer, nobody knows (Failure.Unknown).
func (s *SMTP) Send(ctx context.Context, e Envelope) (string, error) {
	body, err := Mail(e, s.From, s.host())
	if err != nil {
		return "", err
	}
	if err := s.Check(); err != nil {
		return "", &Failure{Why: err.Error()}
	}
	wait := s.Timeout
	if wait == 0 {
		wait = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	c, err := s.dial(ctx)
	if err != nil {
		return "", said("connecting", err)
	}
	defer c.Close()
	err = s.hand(c, e.To, body)
	if f, ok := err.(*Failure); err == nil || ok && f.Code != 0 { // it speaks: take leave. What it says to that does not matter
		_ = c.Quit()
	}
	return "", err
}

// hand is the dialogue from the greeting to the server's answer to the whole message.
func (s *SMTP) hand(c *smtp.Client, to string, body []byte) error {
	if err := s.begin(c); err != nil {
		return err
	}
	if err := c.Mail(s.From); err != nil {
		return said("the sender's address", err)
	}
	if err := c.Rcpt(to); err != nil {
		return said("the patient's address", err)
	}
	w, err := c.Data()
	if err != nil {
		return said("the message", err)
	}
	if _, err := w.Write(body); err != nil {
		return said("the message", err)
	}
	if err := w.Close(); err != nil {
		f := said("the message", err)
		f.Unknown = f.Code == 0
		return f
	}
	return nil
}

func (s *SMTP) dial(ctx context.Context) (*smtp.Client, error) {
	host, _, _ := net.SplitHostPort(s.Addr)
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return nil, err
	}
	if until, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(until)
	}
	context.AfterFunc(ctx, func() { conn.Close() }) // the program ends, or Send did
	if s.TLS == "implicit" {
		conn = tls.Client(conn, s.config(host))
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (s *SMTP) config(host string) *tls.Config {
	if s.Config != nil {
		c := s.Config.Clone()
		if c.ServerName == "" {
			c.ServerName = host
		}
		return c
	}
	return &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
}

func (s *SMTP) begin(c *smtp.Client) error {
	host, _, _ := net.SplitHostPort(s.Addr)
	if err := c.Hello(atom(s.host())); err != nil {
		return said("the greeting", err)
	}
	if s.TLS == "starttls" {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return &Failure{Why: "the mail server offers no TLS"}
		}
		if err := c.StartTLS(s.config(host)); err != nil {
			return said("TLS", err)
		}
	}
	if s.User == "" {
		return nil
	}
	if err := c.Auth(smtp.PlainAuth("", s.User, s.Password, host)); err != nil {
		f := said("the password", err)
		f.Permanent = false // an operator's mistake, not this message's
		return f
	}
	return nil
}

// said is an SMTP answer as a Failure: its code, never its text, which may name
// the recipient.
func said(what string, err error) *Failure {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return &Failure{Why: fmt.Sprintf("the mail server refused %s (%d%s)", what, reply.Code, enhanced(reply.Msg)), Permanent: reply.Code >= 500, Code: reply.Code}
	}
	var wrong *tls.CertificateVerificationError
	if errors.As(err, &wrong) {
		return &Failure{Why: "the mail server's certificate is not trusted"}
	}
	return &Failure{Why: "the mail server did not answer"}
}

// enhanced is the enhanced status code (RFC 3463) that a reply begins with.
func enhanced(msg string) string {
	code, _, _ := strings.Cut(msg, " ")
	if parts := strings.Split(code, "."); len(parts) != 3 || len(code) > 11 || strings.Trim(code, "0123456789.") != "" {
		return ""
	}
	return " " + code
}
