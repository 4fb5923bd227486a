package auth

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"wholechart/access"
	"wholechart/store"
)

// Caller recognises a trusted peer by a JWT that it signed for one call of the
// URL aud, as CDS Hooks has it
// (https://cds-hooks.hl7.org/2.0/#trusting-cds-clients): iss, aud, exp, iat and
// jti, signed asymmetrically by a key that was registered; jku is not followed.
// A JWT is good once. The actor is the peer, for treatment.
func (a *Auth) Caller(ctx context.Context, site, aud, token string) (access.Actor, error) {
	var nobody access.Actor
	if len(token) > 8192 {
		return nobody, ErrDenied
	}
	tok, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256, jose.ES384, jose.RS384})
	if err != nil || len(tok.Headers) != 1 || tok.Headers[0].KeyID == "" {
		return nobody, ErrDenied
	}
	var unsafe jwt.Claims
	if err := tok.UnsafeClaimsWithoutVerification(&unsafe); err != nil {
		return nobody, ErrDenied
	}
	peers, err := a.Peers(ctx)
	if err != nil {
		return nobody, err
	}
	for _, p := range peers {
		if p.Base != unsafe.Issuer {
			continue
		}
		for _, k := range p.Keys.Keys {
			if k.KeyID != tok.Headers[0].KeyID {
				continue
			}
			var c jwt.Claims
			if tok.Claims(k.Key, &c) != nil || c.Issuer != p.Base || c.Subject != "" && c.Subject != p.Base || c.ID == "" || c.Expiry == nil || c.IssuedAt == nil {
				return nobody, ErrDenied
			}
			if c.ValidateWithLeeway(jwt.Expected{AnyAudience: jwt.Audience{aud}, Time: a.now()}, 30*time.Second) != nil || c.Expiry.Time().Sub(c.IssuedAt.Time()) > 5*time.Minute {
				return nobody, ErrDenied
			}
			if err := a.useOnce(ctx, p.Base+" "+c.ID, c.Expiry.Time().Add(time.Minute)); err != nil {
				return nobody, err
			}
			return access.Actor{Kind: access.Peer, ID: p.Slug, Name: p.Slug, Site: site, Purpose: access.Treatment}, nil
		}
	}
	return nobody, ErrDenied
}

// useOnce keeps that a JWT was used, and refuses one that was.
func (a *Auth) useOnce(ctx context.Context, assertion string, until time.Time) error {
	body, err := json.Marshal(used{until})
	if err != nil {
		return err
	}
	_, err = a.st.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.GetDoc(usedDocs, digest(assertion)); err == nil {
			return ErrDenied
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return tx.PutDoc(usedDocs, digest(assertion), body)
	})
	return err
}
