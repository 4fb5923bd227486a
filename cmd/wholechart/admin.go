package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/record"
)

type userCmd struct {
	Add     userAdd     `cmd:"" help:"Add a user or change one; prints the password once."`
	List    userList    `cmd:"" help:"List a site's users."`
	Disable userDisable `cmd:"" help:"Disable a user; tokens and sessions end within seconds."`
}

type userAdd struct {
	Data          string   `required:"" type:"path" help:"The node's directory."`
	Site          string   `required:"" help:"The site."`
	User          string   `required:"" help:"Name to sign in with."`
	FullName      string   `name:"full-name" help:"Name for people."`
	Role          string   `help:"One of physician, nurse, radiologist, pharmacist, front-desk, records-office, privacy-officer, operator, admin."`
	Who           string   `help:"The Practitioner at the site that this user is: Practitioner/id."`
	Patient       []string `help:"For a patient's own account: id of the Patient at the site."`
	Proxy         bool     `help:"The account acts for the patient."`
	PasswordStdin bool     `help:"Read the password from standard input instead of making one."`
}

func (c *userAdd) data() string { return c.Data }
func (c *userAdd) line() bool   { return c.PasswordStdin }

func (c *userAdd) run(ctx context.Context, n *node, s streams) error {
	if site, err := n.records.Site(c.Site); err != nil || !site.Local {
		return fmt.Errorf("no site %s on this node", c.Site)
	}
	password, err := newPassword(s, c.PasswordStdin)
	if err != nil {
		return err
	}
	u := auth.User{Site: c.Site, Name: c.User, FullName: c.FullName, Role: access.Role(c.Role), Who: c.Who, Patients: c.Patient, Proxy: c.Proxy}
	if u.FullName == "" {
		u.FullName = c.User
	}
	if err := n.auth.AddUser(ctx, u, password); err != nil {
		return err
	}
	if !c.PasswordStdin {
		fmt.Fprintln(s.out, password)
	}
	return nil
}

type userList struct {
	Data string `required:"" type:"path" help:"The node's directory."`
	Site string `required:"" help:"The site."`
}

func (c *userList) data() string { return c.Data }

func (c *userList) run(ctx context.Context, n *node, s streams) error {
	users, err := n.auth.Users(ctx, c.Site)
	if err != nil {
		return err
	}
	return table(s.out, func(w io.Writer) {
		fmt.Fprintln(w, "USER\tROLE\tNAME\tSTATE\tSINCE")
		for _, u := range users {
			role, state := string(u.Role), "active"
			if role == "" {
				role = "patient"
			}
			if u.Disabled {
				state = "disabled"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", u.Name, role, u.FullName, state, u.Created.Format(time.DateOnly))
		}
	})
}

type userDisable struct {
	Data string `required:"" type:"path" help:"The node's directory."`
	Site string `required:"" help:"The site."`
	User string `required:"" help:"The user."`
}

func (c *userDisable) data() string { return c.Data }

func (c *userDisable) run(ctx context.Context, n *node, s streams) error {
	u, err := n.auth.User(ctx, c.Site, c.User)
	if err != nil {
		return errors.New("no such user at this site")
	}
	u.Disabled = true
	return n.auth.AddUser(ctx, u, "")
}

type siteCmd struct {
	Add  siteAdd  `cmd:"" help:"Add a site to the node, or change what is said of it."`
	List siteList `cmd:"" help:"List the sites that the node knows."`
}

type siteAdd struct {
	Data  string `required:"" type:"path" help:"The node's directory."`
	Site  string `required:"" help:"Slug: the site's name in URLs."`
	Name  string `required:"" help:"The site's name."`
	State string `help:"US state whose law it is under."`
	Zone  string `help:"IANA time zone." default:"America/New_York"`
	Badge string `help:"Two letters."`
}

func (c *siteAdd) data() string { return c.Data }

func (c *siteAdd) run(ctx context.Context, n *node, s streams) error {
	_, err := n.records.PutSite(ctx, record.Site{Slug: c.Site, Name: c.Name, State: strings.ToUpper(c.State), Zone: c.Zone, Badge: c.Badge, Local: true})
	return err
}

type siteList struct {
	Data string `required:"" type:"path" help:"The node's directory."`
}

func (c *siteList) data() string { return c.Data }

func (c *siteList) run(ctx context.Context, n *node, s streams) error {
	return table(s.out, func(w io.Writer) {
		fmt.Fprintln(w, "SITE\tBADGE\tSTATE\tNAME\tWHERE")
		for _, site := range n.records.Sites() {
			where := "this node"
			if !site.Local {
				where = site.Base
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", site.Slug, site.Badge, site.State, site.Name, where)
		}
	})
}

func table(w io.Writer, rows func(io.Writer)) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	rows(t)
	return t.Flush()
}

// loopback says whether a connection comes from this machine.
func loopback(addr string) bool {
	return strings.HasPrefix(addr, "127.") || strings.HasPrefix(addr, "[::1]") || strings.HasPrefix(addr, "@") || addr == ""
}
