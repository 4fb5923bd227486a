package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wholechart/auth"
)

type tokenCmd struct {
	Data  string        `required:"" help:"The node's directory." type:"path"`
	Site  string        `required:"" help:"The site that the token opens."`
	User  string        `required:"" help:"The user that it stands for."`
	Scope string        `help:"SMART scopes that bound it further: user/Observation.rs …"`
	TTL   time.Duration `help:"How long it is good, at most 168h." default:"12h"`
}

func (c *tokenCmd) data() string { return c.Data }

func (c *tokenCmd) run(ctx context.Context, n *node, s streams) error {
	u, err := n.auth.User(ctx, c.Site, c.User)
	if err != nil || u.Disabled {
		return errors.New("no such user at this site, or disabled")
	}
	actor := u.Actor()
	if c.Scope != "" {
		if actor.Scopes, err = auth.ParseScopes(c.Scope); err != nil {
			return err
		}
	}
	token, err := n.auth.Issue(ctx, actor, auth.Bearer, c.TTL)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, token)
	return err
}
