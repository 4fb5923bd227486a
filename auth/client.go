package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/store"
)

// Client is a program with credentials at one site (RFC 6749 section 4.4).
type Client struct {
	Site     string         `json:"site"`
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Scopes   []access.Scope `json:"scopes"`
	Purpose  access.Purpose `json:"purpose,omitempty"` // why it reads; empty: the site's own chart alone, no whole record
	Secret   string         `json:"secret"`            // SHA-256 of a random secret
	Disabled bool           `json:"disabled,omitempty"`
	Created  time.Time      `json:"created"`
}

// AddClient registers a program and returns its secret, once: only its digest is kept.
func (a *Auth) AddClient(ctx context.Context, c Client) (secret string, err error) {
	if !nameForm.MatchString(c.ID) {
		return "", errors.New("a client id is 1 to 64 lower-case letters, digits and . _ @ -")
	}
	if len(c.Scopes) == 0 {
		return "", errors.New("a client needs at least one scope")
	}
	if c.Purpose != "" && c.Purpose != access.Treatment && c.Purpose != access.Operations {
		return "", errors.New("a client's purpose is TREAT or HOPERAT, or none: emergencies are people's")
	}
	var b [32]byte
	rand.Read(b[:])
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	c.Secret, c.Created = digest(secret), a.now().UTC()
	if err := save(ctx, a.st, "client", c.Site+"/"+c.ID, c); err != nil {
		return "", err
	}
	a.tokens.clear()
	return secret, nil
}

// Clients are a site's programs.
func (a *Auth) Clients(ctx context.Context, site string) ([]Client, error) {
	return list[Client](ctx, a.st, "client", site+"/")
}

// DisableClient ends a program's tokens, and gives it no more; store.ErrNotFound
// when there is none.
func (a *Auth) DisableClient(ctx context.Context, site, id string) error {
	c, err := load[Client](ctx, a.st, "client", site+"/"+id)
	if err != nil {
		return err
	}
	c.Disabled = true
	if err := save(ctx, a.st, "client", site+"/"+id, c); err != nil {
		return err
	}
	a.tokens.clear()
	return nil
}

// ClientCredentials recognises a program by its secret and gives it a bearer
// token with the scopes that it asked for, or all of its own if it asked none.
func (a *Auth) ClientCredentials(ctx context.Context, site, id, secret, scope string) (token string, ttl time.Duration, err error) {
	if !nameForm.MatchString(id) || len(secret) > maxPassword {
		return "", 0, ErrDenied
	}
	c, err := load[Client](ctx, a.st, "client", site+"/"+id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", 0, err
	}
	// Attempts are not counted: 256 random bits are not guessed, and a count would let anybody keep a program out.
	if err != nil || c.Disabled || subtle.ConstantTimeCompare([]byte(digest(secret)), []byte(c.Secret)) != 1 {
		return "", 0, ErrDenied
	}
	scopes := c.Scopes
	if scope != "" {
		asked, err := ParseScopes(scope)
		if err != nil {
			return "", 0, err
		}
		scopes = nil
		for _, s := range asked {
			for _, have := range c.Scopes {
				if have.Context == s.Context && (have.Type == "*" || have.Type == s.Type) && containsAll(have.Rights, s.Rights) {
					scopes = append(scopes, s)
					break
				}
			}
		}
		if len(scopes) == 0 {
			return "", 0, ErrDenied
		}
	}
	ttl = 15 * time.Minute
	token, err = a.Issue(ctx, access.Actor{Kind: access.Client, ID: c.ID, Name: c.Name, Site: site, Purpose: c.Purpose, Scopes: scopes}, Bearer, ttl)
	return token, ttl, err
}

func containsAll(have, want string) bool {
	for _, r := range want {
		if !strings.ContainsRune(have, r) {
			return false
		}
	}
	return true
}

// ParseScopes reads SMART scopes, version 2 ("user/Observation.rs") or 1
// ("user/*.read"), http://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html.
// Scopes that are not about resources (openid, offline_access) are refused: nothing here honours them.
func ParseScopes(text string) ([]access.Scope, error) {
	var out []access.Scope
	for _, word := range strings.Fields(text) {
		ctx, rest, ok1 := strings.Cut(word, "/")
		typ, rights, ok2 := strings.Cut(rest, ".")
		if !ok1 || !ok2 || typ == "" || (ctx != "patient" && ctx != "user" && ctx != "system") {
			return nil, fmt.Errorf("not a scope that is known here: %.60q", word)
		}
		switch rights {
		case "read":
			rights = "rs"
		case "write":
			rights = "cud"
		case "*":
			rights = "cruds"
		}
		if rights == "" || strings.Trim(rights, "cruds") != "" {
			return nil, fmt.Errorf("not a scope that is known here: %.60q", word)
		}
		out = append(out, access.Scope{Context: ctx, Type: typ, Rights: rights})
	}
	if len(out) > 200 {
		return nil, errors.New("too many scopes")
	}
	return out, nil
}

// Scopes is a list of scopes as ParseScopes reads it.
func Scopes(list []access.Scope) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = s.Context + "/" + s.Type + "." + s.Rights
	}
	return strings.Join(words, " ")
}
