package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/auth"
)

// A client is a program with credentials of its own (RFC 6749 section 4.4): it
// asks for tokens at /{site}/auth/token.
type clientCmd struct {
	Add     clientAdd     `cmd:"" help:"Add a program, or make it anew; prints its secret once."`
	List    clientList    `cmd:"" help:"List a site's programs."`
	Disable clientDisable `cmd:"" help:"Disable a program; its tokens end within seconds."`
}

type clientAdd struct {
	Data    string   `required:"" type:"path" help:"The node's directory."`
	Site    string   `required:"" help:"The site."`
	Client  string   `required:"" help:"The program's id."`
	Name    string   `help:"Name for people."`
	Scope   []string `required:"" sep:" " help:"SMART scopes of the context system: system/Observation.rs … A program signs nothing and prescribes nothing, whatever its scopes."`
	Purpose string   `help:"Why it reads: TREAT lets it open whole records, and so ask other sites; HOPERAT lets it see what they told. Without one it works in the site's own chart alone."`
}

func (c *clientAdd) data() string { return c.Data }

func (c *clientAdd) run(ctx context.Context, n *node, s streams) error {
	if site, err := n.records.Site(c.Site); err != nil || !site.Local {
		return fmt.Errorf("no site %s on this node", c.Site)
	}
	scopes, err := auth.ParseScopes(strings.Join(c.Scope, " "))
	if err != nil {
		return err
	}
	for _, scope := range scopes {
		if scope.Context != "system" {
			return fmt.Errorf("a program acts for no person who is there: its scopes are of the context system, not %s", scope.Context)
		}
	}
	name := c.Name
	if name == "" {
		name = c.Client
	}
	secret, err := n.auth.AddClient(ctx, auth.Client{Site: c.Site, ID: c.Client, Name: name, Scopes: scopes, Purpose: access.Purpose(c.Purpose)})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "The program %s at %s has this secret; it is not shown again:\n", c.Client, c.Site)
	_, err = fmt.Fprintln(s.out, secret)
	return err
}

type clientList struct {
	Data string `required:"" type:"path" help:"The node's directory."`
	Site string `required:"" help:"The site."`
}

func (c *clientList) data() string { return c.Data }

func (c *clientList) run(ctx context.Context, n *node, s streams) error {
	clients, err := n.auth.Clients(ctx, c.Site)
	if err != nil {
		return err
	}
	return table(s.out, func(w io.Writer) {
		fmt.Fprintln(w, "CLIENT\tNAME\tSTATE\tPURPOSE\tSCOPES\tSINCE")
		for _, c := range clients {
			state, purpose := "active", string(c.Purpose)
			if c.Disabled {
				state = "disabled"
			}
			if purpose == "" {
				purpose = "own chart"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, c.Name, state, purpose, auth.Scopes(c.Scopes), c.Created.Format(time.DateOnly))
		}
	})
}

type clientDisable struct {
	Data   string `required:"" type:"path" help:"The node's directory."`
	Site   string `required:"" help:"The site."`
	Client string `required:"" help:"The program's id."`
}

func (c *clientDisable) data() string { return c.Data }

func (c *clientDisable) run(ctx context.Context, n *node, s streams) error {
	if err := n.auth.DisableClient(ctx, c.Site, c.Client); err != nil {
		return errors.New("no such program at this site")
	}
	return nil
}
