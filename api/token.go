package api

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/auth"
)

// assertionType is RFC 7523 section 2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// purposes that a peer may say it asks for.
var purposes = []access.Purpose{access.Treatment, access.Emergency, access.Operations, access.Request}

// token is the token endpoint (RFC 6749 section 3.2) of one site: client
// credentials, by secret for programs, by signed assertion for peers. It gives
// no refresh tokens: the credentials are one.
func (a *API) token(w http.ResponseWriter, r *http.Request) {
	slug := r.PathValue("site")
	site, err := a.Records.Site(slug)
	switch {
	case err != nil || !site.Local:
		a.fail(w, r, &refusal{http.StatusNotFound, "not-found", "there is no such site here"})
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST")
		oauth(w, http.StatusMethodNotAllowed, "invalid_request", "a token is asked for with POST")
		return
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		oauth(w, http.StatusBadRequest, "invalid_request", "the body is a form (application/x-www-form-urlencoded)")
		return
	}
	data, err := body(w, r, 64<<10)
	if err != nil {
		status, _, text := verdict(err)
		oauth(w, status, "invalid_request", text)
		return
	}
	form, err := url.ParseQuery(string(data))
	if err != nil {
		oauth(w, http.StatusBadRequest, "invalid_request", "the form is not well formed")
		return
	}
	for name, values := range form { // RFC 6749 section 3.2: not more than once
		if len(values) > 1 {
			oauth(w, http.StatusBadRequest, "invalid_request", "a parameter is repeated: "+word(name))
			return
		}
	}
	if form.Get("grant_type") != "client_credentials" {
		oauth(w, http.StatusBadRequest, "unsupported_grant_type", "the only grant is client_credentials")
		return
	}
	token, ttl, err := a.grant(r, slug, form)
	a.noteGrant(r, slug, form, err)
	var bad *refusal
	switch {
	case errors.As(err, &bad):
		oauth(w, bad.status, bad.code, bad.text)
	case errors.Is(err, auth.ErrDenied):
		w.Header().Set("WWW-Authenticate", `Basic realm="wholechart"`)
		oauth(w, http.StatusUnauthorized, "invalid_client", "the client is not known here, or its credentials are not right")
	case err != nil:
		a.Log.Error("token", "site", slug, "err", err)
		oauth(w, http.StatusInternalServerError, "server_error", "something went wrong here; it has been noted")
	default:
		answerJSON(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(ttl / time.Second)})
	}
}

func (a *API) grant(r *http.Request, site string, form url.Values) (token string, ttl time.Duration, err error) {
	if t := form.Get("client_assertion_type"); t != "" || form.Has("client_assertion") {
		if t != assertionType {
			return "", 0, &refusal{http.StatusBadRequest, "invalid_request", "client_assertion_type is not " + assertionType}
		}
		if !a.named { // the audience of an assertion must not be what a Host header says
			return "", 0, auth.ErrDenied
		}
		purpose := access.Treatment
		if p := form.Get("purpose"); p != "" {
			purpose = ""
			for _, known := range purposes {
				if p == string(known) {
					purpose = known
				}
			}
			if purpose == "" {
				return "", 0, &refusal{http.StatusBadRequest, "invalid_request", "purpose is not one that is known here"}
			}
		}
		return a.Auth.AssertedPeer(r.Context(), site, a.BaseURL(r)+"/"+site+"/auth/token", form.Get("client_assertion"), purpose)
	}
	id, secret, ok := r.BasicAuth()
	if ok { // RFC 6749 section 2.3.1: both are form-encoded
		if form.Has("client_secret") {
			return "", 0, &refusal{http.StatusBadRequest, "invalid_request", "the client says its secret twice"}
		}
		var err1, err2 error
		id, err1 = url.QueryUnescape(id)
		secret, err2 = url.QueryUnescape(secret)
		if err1 != nil || err2 != nil {
			return "", 0, auth.ErrDenied
		}
	} else {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	if id == "" || secret == "" {
		return "", 0, auth.ErrDenied
	}
	scope := form.Get("scope")
	if scope != "" {
		if _, err := auth.ParseScopes(scope); err != nil {
			return "", 0, &refusal{http.StatusBadRequest, "invalid_scope", err.Error()}
		}
	}
	return a.Auth.ClientCredentials(r.Context(), site, id, secret, scope)
}

// noteGrant notes in the audit log that a token was given, or was not.
func (a *API) noteGrant(r *http.Request, site string, form url.Values, err error) {
	e := audit.Event{Action: "token", Outcome: audit.OK}
	if err != nil {
		e.Outcome, e.Why = audit.Refused, "credentials were not recognised"
	}
	id, _, ok := r.BasicAuth()
	if !ok {
		id = form.Get("client_id")
	}
	if form.Has("client_assertion") {
		id = "peer"
	}
	s := a.Records.As(access.Actor{Kind: access.Nobody, ID: word(id), Site: site}, access.EMR)
	if err != nil {
		s.NoteAttempt(e)
		return
	}
	if err := s.Note(r.Context(), e); err != nil {
		a.Log.Error("audit of a token", "site", site, "err", err)
	}
}

// oauth is an error of RFC 6749 section 5.2.
func oauth(w http.ResponseWriter, status int, code, text string) {
	answerJSON(w, status, map[string]any{"error": code, "error_description": text})
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"error":"server_error"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(append(data, '\n'))
}

// keys publishes the node's public keys (RFC 7517).
func (a *API) keys(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET")
		oauth(w, http.StatusMethodNotAllowed, "invalid_request", "the keys are read with GET")
		return
	}
	set, err := a.Auth.PublicKeys(r.Context())
	if err != nil {
		a.Log.Error("keys", "err", err)
		oauth(w, http.StatusInternalServerError, "server_error", "something went wrong here; it has been noted")
		return
	}
	data, err := auth.MarshalKeys(set)
	if err != nil {
		oauth(w, http.StatusInternalServerError, "server_error", "something went wrong here; it has been noted")
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "max-age=300")
	w.Write(data)
}
