package remind

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"mime"
	"net/url"
	"slices"
	"strings"
)

// Hook is how a provider of text messages tells this node of what came in and of
// what became of what went out: by POST to an address that only it knows,
// /{site}/texts/{secret}. The names are members of the JSON it posts ("a.b" is a
// member within a member) or fields of the form.
//
// It does not check a provider's signature: the secret in the address is what it
// is known by, so the address is to be reached by https alone and kept out of the
// logs of whatever stands before this node.
type Hook struct {
	Secret  string   // 24 letters, digits, "-" and "_" at least
	ID      string   // of an incoming text: the provider's id; of a report: the id that it gave when it took the message
	From    string   // the number that an incoming text came from
	Text    string   // what it says
	Key     string   // of a report, where the provider echoes it: our own key
	Status  string   // of a report
	Arrived []string // statuses that say that it was delivered
	Failed  []string // statuses that say that it will not be
}

// Check says what of a hook cannot be.
func (h *Hook) Check() error {
	odd := func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}
	switch {
	case len(h.Secret) < 24 || len(h.Secret) > 200 || strings.ContainsFunc(h.Secret, odd):
		return errors.New("the address of the text gateway's hook ends in 24 letters, digits, hyphens and underscores at least")
	case h.ID == "" && h.Key == "":
		return errors.New("the text gateway's hook names where the id stands")
	case (h.From == "") != (h.Text == "") || h.From == "" && h.Status == "":
		return errors.New("the text gateway's hook names where number and text stand, or where the status does")
	case h.Status != "" && len(h.Failed) == 0:
		return errors.New("the text gateway's hook names the statuses that say that a message failed")
	}
	return nil
}

// Knows says whether a secret is the hook's.
func (h *Hook) Knows(secret string) bool {
	a, b := sha256.Sum256([]byte(h.Secret)), sha256.Sum256([]byte(secret))
	return h.Secret != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// String keeps the secret out of logs.
func (h *Hook) String() string { return "the text gateway's hook" }

// ErrHook says that what was posted is neither a message nor a report.
var ErrHook = errors.New("neither a text message nor a report of one")

// Read reads what was posted: an incoming text (its From is not empty) or a report.
func (h *Hook) Read(contentType string, body []byte) (Incoming, Report, error) {
	get, err := fields(contentType, body)
	if err != nil {
		return Incoming{}, Report{}, err
	}
	if in := (Incoming{ID: get(h.ID), From: get(h.From), Text: get(h.Text)}); E164(in.From) != "" && in.ID != "" && !slices.Contains(append(h.Arrived, h.Failed...), get(h.Status)) {
		return in, Report{}, nil
	}
	status := get(h.Status)
	r := Report{Key: get(h.Key), Receipt: get(h.ID), Arrived: slices.Contains(h.Arrived, status), Failed: slices.Contains(h.Failed, status)}
	if status == "" || r.Key == "" && r.Receipt == "" {
		return Incoming{}, Report{}, ErrHook
	}
	return Incoming{}, r, nil
}

// fields gives the members of a JSON object, or the fields of a form, by name.
func fields(contentType string, body []byte) (func(name string) string, error) {
	kind, _, _ := mime.ParseMediaType(contentType)
	if kind == "application/x-www-form-urlencoded" {
		v, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, ErrHook
		}
		return func(name string) string {
			if name == "" {
				return ""
			}
			return v.Get(name)
		}, nil
	}
	var o any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&o) != nil {
		return nil, ErrHook
	}
	return func(name string) string {
		at := o
		for part := range strings.SplitSeq(name, ".") {
			m, ok := at.(map[string]any)
			if !ok {
				return ""
			}
			at = m[part]
		}
		switch v := at.(type) {
		case string:
			return v
		case json.Number:
			return v.String()
		}
		return ""
	}, nil
}

// Hook is how the provider of text messages reaches this node; nil: it does not.
func (s *Service) Hook() *Hook {
	if g, ok := s.Texts.(*Gateway); ok {
		return g.Hook
	}
	return nil
}
