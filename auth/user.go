package auth

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"wholechart/access"
	"wholechart/store"
)

// User is a person with an account at one site: a member of its workforce in a
// role, or a patient (Role empty, Patients not).
type User struct {
	Site     string      `json:"site"`
	Name     string      `json:"name"`
	FullName string      `json:"fullName"`
	Role     access.Role `json:"role,omitempty"`
	Who      string      `json:"who,omitempty"`      // reference to the Practitioner or Patient at the site
	Patients []string    `json:"patients,omitempty"` // of a patient's or proxy's account
	Proxy    bool        `json:"proxy,omitempty"`
	Disabled bool        `json:"disabled,omitempty"`
	Created  time.Time   `json:"created"`
	Hash     string      `json:"hash"`
	Since    time.Time   `json:"since,omitzero"` // when the password was set; tokens from before it end
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`)

// AddUser makes an account, or changes one of the same name; an empty password
// keeps the old one.
func (a *Auth) AddUser(ctx context.Context, u User, password string) error {
	if !nameForm.MatchString(u.Name) {
		return errors.New("a user name is 1 to 64 lower-case letters, digits and . _ @ -")
	}
	if u.Role != "" && !slices.Contains(access.Roles, u.Role) {
		return fmt.Errorf("no role %q; there are %v", u.Role, access.Roles)
	}
	if u.Role == "" && len(u.Patients) == 0 {
		return errors.New("a user has a role, or is a patient")
	}
	old, err := load[User](ctx, a.st, "user", u.Site+"/"+u.Name)
	switch {
	case err == nil:
		u.Created, u.Hash, u.Since = old.Created, old.Hash, old.Since
	case errors.Is(err, store.ErrNotFound):
		u.Created = a.now().UTC()
	default:
		return err
	}
	if password != "" || u.Hash == "" {
		if err := checkPassword(password); err != nil {
			return err
		}
		if u.Hash, err = a.encode(ctx, password); err != nil {
			return err
		}
		u.Since = a.now().UTC()
	}
	if err := save(ctx, a.st, "user", u.Site+"/"+u.Name, u); err != nil {
		return err
	}
	a.tokens.clear()
	return nil
}

// Users are a site's accounts.
func (a *Auth) Users(ctx context.Context, site string) ([]User, error) {
	return list[User](ctx, a.st, "user", site+"/")
}

// User is one account.
func (a *Auth) User(ctx context.Context, site, name string) (User, error) {
	return load[User](ctx, a.st, "user", site+"/"+name)
}

// Actor is the account as an actor, for treatment unless told otherwise later.
func (u User) Actor() access.Actor {
	act := access.Actor{Kind: access.User, ID: u.Name, Name: u.FullName, Site: u.Site, Role: u.Role, Purpose: access.Treatment, Who: u.Who}
	switch {
	case len(u.Patients) > 0 && u.Proxy:
		act.Kind, act.Purpose, act.Patients, act.Role = access.Proxy, access.Request, u.Patients, ""
	case len(u.Patients) > 0:
		act.Kind, act.Purpose, act.Patients, act.Role = access.Patient, access.Request, u.Patients, ""
	case slices.Contains([]access.Role{access.Operator, access.FrontDesk, access.RecordsOffice, access.PrivacyOfficer, access.Admin}, u.Role):
		act.Purpose = access.Operations // other sites are not asked in the name of treatment
	}
	return act
}

// SignIn recognises a user by password. It answers ErrDenied or ErrSlow, the
// same way and as slowly for a name that does not exist.
func (a *Auth) SignIn(ctx context.Context, site, name, password string) (access.Actor, error) {
	key := site + "/" + name
	if len(key) > 256 || len(password) > maxPassword {
		return access.Actor{}, ErrDenied
	}
	if !a.tries.begin(key, address(ctx), a.now()) {
		return access.Actor{}, ErrSlow
	}
	u, err := load[User](ctx, a.st, "user", key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return access.Actor{}, err
	}
	hash := u.Hash
	if err != nil || u.Disabled {
		hash = nobody
	}
	ok, err := a.matches(ctx, password, hash)
	if err != nil {
		return access.Actor{}, err
	}
	if !ok || hash == nobody {
		return access.Actor{}, ErrDenied
	}
	a.tries.right(key, address(ctx))
	return u.Actor(), nil
}
