package hooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// SettingName is the site's setting that holds the outside services.
const SettingName = "cds-services"

// Bounds of what a site registers.
const (
	MaxOutside = 10
	MaxWait    = 2 * time.Second
)

// Outside is one service of somebody else that a site's administrator registered.
type Outside struct {
	ID       string                       `json:"id"`                 // our name for it: "acme-kidney"
	Name     string                       `json:"name"`               // as pages name it
	Base     string                       `json:"base"`               // URL, without /cds-services
	Services map[string]string            `json:"services"`           // id of its service, by hook
	Millis   int                          `json:"millis"`             // how long it is waited for; 0 is MaxWait
	Prefetch map[string]map[string]string `json:"prefetch,omitempty"` // what its services ask for of the record, by hook and key: FHIR queries
	Record   bool                         `json:"record,omitempty"`   // it is sent what it asks for, as far as who asks may see it and the patient's consent lets it
	Desk     bool                         `json:"desk,omitempty"`     // what it says at a booking may be shown to who does not see care
	Loud     bool                         `json:"loud"`               // its critical cards interrupt; otherwise they are notices
	Who      string                       `json:"who"`                // registered it
	When     string                       `json:"when"`               // RFC 3339
	Why      string                       `json:"why"`
}

var outsideID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// serviceID is a segment of a path and nothing else.
var serviceID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$`)

// Check says what is wrong with a registration, in words for whoever typed it.
// An address is https, or http on this machine's loopback (a service beside the
// node, or a test).
func (o Outside) Check() error {
	switch {
	case !outsideID.MatchString(o.ID):
		return errors.New("the short name is 1 to 40 lower-case letters, digits and hyphens")
	case strings.TrimSpace(o.Name) == "" || utf8.RuneCountInString(o.Name) > 80:
		return errors.New("the name is 1 to 80 letters")
	case o.Millis < 0 || o.Millis > int(MaxWait/time.Millisecond):
		return fmt.Errorf("it is waited for at most %d ms", MaxWait/time.Millisecond)
	case len(o.Services) == 0:
		return errors.New("choose at least one hook")
	}
	if err := CheckBase(o.Base); err != nil {
		return err
	}
	for hook, id := range o.Services {
		if _, ok := HookOf(hook); !ok {
			return errors.New("that hook is not known here")
		}
		if !serviceID.MatchString(id) || id == "." || id == ".." {
			return errors.New("the id of a service is letters, digits and . _ ~ -")
		}
	}
	for hook, keys := range o.Prefetch {
		if _, ok := HookOf(hook); !ok || len(keys) > MaxKeys {
			return errors.New("what it asks for of the record is of a hook that is not known here, or too much")
		}
		for key, query := range keys {
			if key == "" || len(key) > 100 || len(query) > maxTemplate {
				return errors.New("a query for the record is too long")
			}
		}
	}
	return nil
}

// CheckBase says what is wrong with the address of a service.
func CheckBase(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" || len(base) > 500 || strings.HasSuffix(base, "/") || strings.Contains(u.Path, "..") {
		return errors.New("the address is an absolute URL without user, query and slash at the end")
	}
	if u.Scheme == "https" {
		return nil
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()) {
		return nil
	}
	return errors.New("the address begins with https")
}

// DecodeOutside reads a site's setting; nil is no service. What is not as it
// should be makes the whole setting unreadable: nobody is asked by guess.
func DecodeOutside(body []byte) ([]Outside, error) {
	if len(body) == 0 {
		return nil, nil
	}
	var list []Outside
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("the site's outside services cannot be read: %w", err)
	}
	if len(list) > MaxOutside {
		return nil, fmt.Errorf("a site has at most %d outside services", MaxOutside)
	}
	for i, o := range list {
		if err := o.Check(); err != nil {
			return nil, fmt.Errorf("outside service %d: %w", i+1, err)
		}
		if slices.ContainsFunc(list[:i], func(p Outside) bool { return p.ID == o.ID }) {
			return nil, errors.New("two outside services have the same short name")
		}
	}
	return list, nil
}

// wait is how long a service is waited for.
func (o Outside) wait() time.Duration {
	if o.Millis == 0 {
		return MaxWait
	}
	return min(MaxWait, time.Duration(o.Millis)*time.Millisecond)
}
