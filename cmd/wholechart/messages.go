package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"wholechart/schedule/remind"
)

// messageFlags say how reminders leave this node. Without any, they wait in the
// outbox as letters, for the portal, or on hold with the reason.
type messageFlags struct {
	MailServer   string `name:"mail-server" help:"SMTP server for reminders, host:port."`
	MailTLS      string `name:"mail-tls" help:"implicit (port 465), starttls, or none (a server on this machine only)." enum:"implicit,starttls,none" default:"starttls"`
	MailUser     string `name:"mail-user" help:"User at the SMTP server; none: without signing in."`
	MailPassword string `name:"mail-password-file" help:"File with that user's password." type:"path"`
	MailFrom     string `name:"mail-from" help:"Address that reminders come from."`
	Texts        string `name:"texts" help:"JSON file that describes the provider of text messages: url, body, header, keyHeader, keeps (true: it promises to send a key once), idField, statusURL, from, hook. It holds secrets: keep it readable by the node alone." type:"path"`
	Links        bool   `help:"Put confirm and cancel links into reminders: patients must be able to reach --base-url."`
}

// outgoing is what reminders are sent with; mail set beforehand is kept.
type outgoing struct {
	mail, texts remind.Sender
	links       bool
}

func (f messageFlags) outgoing() (outgoing, error) {
	o := outgoing{links: f.Links}
	if f.MailServer != "" {
		m := &remind.SMTP{Addr: f.MailServer, TLS: f.MailTLS, User: f.MailUser, From: f.MailFrom}
		if f.MailPassword != "" {
			b, err := os.ReadFile(f.MailPassword)
			if err != nil {
				return o, fmt.Errorf("--mail-password-file: %w", err)
			}
			m.Password = strings.TrimRight(string(b), "\r\n")
		}
		if err := m.Check(); err != nil {
			return o, fmt.Errorf("--mail-server: %w", err)
		}
		o.mail = m
	}
	if f.Texts != "" {
		b, err := os.ReadFile(f.Texts)
		if err != nil {
			return o, fmt.Errorf("--texts: %w", err)
		}
		var said struct {
			URL, Method, Body, KeyHeader, IDField, StatusURL, From string
			Keeps                                                  bool
			Header                                                 map[string]string
			Hook                                                   *remind.Hook
		}
		d := json.NewDecoder(strings.NewReader(string(b)))
		d.DisallowUnknownFields()
		if err := d.Decode(&said); err != nil {
			return o, fmt.Errorf("--texts: %w", err)
		}
		g := &remind.Gateway{URL: said.URL, Method: said.Method, Body: said.Body, Header: said.Header, KeyHeader: said.KeyHeader, IDField: said.IDField, Keeps: said.Keeps, StatusURL: said.StatusURL, From: said.From, Hook: said.Hook}
		if err := g.Check(); err != nil {
			return o, fmt.Errorf("--texts: %w", err)
		}
		o.texts = g
	}
	return o, nil
}

// reminders makes the service that plans and sends them.
func (n *node) reminders(o outgoing) (*remind.Service, error) {
	c := remind.Config{Records: n.records, Mail: o.mail, Texts: o.texts, Letters: true, Portal: true, Due: recalls{n.standing}, Log: slog.Default(), Clock: n.now}
	if o.links {
		keys, err := linkKeys(n.dir)
		if err != nil {
			return nil, err
		}
		c.Keys, c.Base = keys, n.base.Load().(string)
	}
	return remind.New(c)
}

// linkKeys are the keys that links of reminders are sealed with, made when there
// are none. Whoever has the file can confirm and cancel appointments.
func linkKeys(dir string) (remind.Keys, error) {
	path := filepath.Join(dir, "link-keys")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		var key [32]byte
		rand.Read(key[:])
		b = []byte("1:" + base64.StdEncoding.EncodeToString(key[:]) + "\n")
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		return remind.Keys{}, fmt.Errorf("the keys of links: %w", err)
	}
	keys, err := remind.ParseKeys(strings.TrimSpace(string(b)))
	if err != nil {
		return keys, fmt.Errorf("the keys of links: %w", err)
	}
	return keys, nil
}

// mailFolder is the demonstration's mail: nobody gets it, each message is a file.
type mailFolder struct{ dir string }

// Once is true: the same key is the same file.
func (m mailFolder) Once() bool { return true }

// Send writes the message.
func (m mailFolder) Send(_ context.Context, e remind.Envelope) (string, error) {
	b, err := remind.Mail(e, "no-reply@demo.example", "demo.example")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return "", err
	}
	name := base64.RawURLEncoding.EncodeToString([]byte(e.Key)) + ".eml"
	return name, os.WriteFile(filepath.Join(m.dir, name), b, 0o600)
}
