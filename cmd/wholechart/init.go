package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/record"
)

type initCmd struct {
	Data          string `required:"" help:"Directory of the new node." type:"path"`
	Site          string `required:"" help:"Slug of the first site: its name in URLs."`
	Name          string `required:"" help:"Name of the first site."`
	State         string `help:"US state whose law the site is under, two letters."`
	Zone          string `help:"IANA time zone." default:"America/New_York"`
	User          string `required:"" help:"Name of the first user, who administers the site."`
	PasswordStdin bool   `help:"Read the password from standard input instead of making one."`
}

func (c *initCmd) run(ctx context.Context, s streams) (err error) {
	password, err := newPassword(s, c.PasswordStdin)
	if err != nil {
		return err
	}
	n, err := openNode(ctx, c.Data, nodeOptions{make: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if len(n.records.Sites()) > 0 {
		return errors.New("the node is there already: add to it with wholechart site add and wholechart user add")
	}
	// The user first: a site without one would keep init from being run again.
	u := auth.User{Site: c.Site, Name: c.User, FullName: c.User, Role: access.Admin}
	if err := n.auth.AddUser(ctx, u, password); err != nil {
		return err
	}
	if _, err := n.records.PutSite(ctx, record.Site{Slug: c.Site, Name: c.Name, State: strings.ToUpper(c.State), Zone: c.Zone, Local: true}); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "A node with the site %s (%s). User %s, who administers it", c.Site, c.Name, c.User)
	if c.PasswordStdin {
		fmt.Fprintln(s.err, ".")
		return nil
	}
	fmt.Fprintln(s.err, ", has this password; it is not shown again:")
	fmt.Fprintln(s.out, password)
	return nil
}

// newPassword reads a password, or makes one of 100 random bits.
func newPassword(s streams, stdin bool) (string, error) {
	if stdin {
		line, err := bufio.NewReader(s.in).ReadString('\n')
		if line == "" && err != nil {
			return "", fmt.Errorf("no password on standard input: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var b [13]byte
	rand.Read(b[:])
	text := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))[:20]
	return text[:5] + "-" + text[5:10] + "-" + text[10:15] + "-" + text[15:], nil
}
