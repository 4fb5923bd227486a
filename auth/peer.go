package auth

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"wholechart/access"
	"wholechart/store"
)

// Peer is another node's site that this node trusts to ask and to answer.
type Peer struct {
	Slug string             `json:"slug"` // its site's slug: its name here and in consents
	Base string             `json:"base"` // URL of the site on its node: issuer and subject of its assertions
	Keys jose.JSONWebKeySet `json:"keys"` // its node's public keys
}

// nodeKey signs what this node says about itself.
type nodeKey struct {
	ID   string `json:"id"`
	Seed []byte `json:"seed"`
}

func (k *nodeKey) private() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(k.Seed) }

func (a *Auth) key(ctx context.Context) (*nodeKey, error) {
	a.keys.Lock()
	defer a.keys.Unlock()
	if a.keys.node != nil {
		return a.keys.node, nil
	}
	k, err := load[nodeKey](ctx, a.st, "key", "node")
	if errors.Is(err, store.ErrNotFound) {
		var id [8]byte
		rand.Read(id[:])
		k = nodeKey{ID: hex.EncodeToString(id[:]), Seed: make([]byte, ed25519.SeedSize)}
		rand.Read(k.Seed)
		err = save(ctx, a.st, "key", "node", k)
	}
	if err != nil {
		return nil, err
	}
	a.keys.node = &k
	return &k, nil
}

// PublicKeys are this node's keys for others to know it by (RFC 7517).
func (a *Auth) PublicKeys(ctx context.Context) (jose.JSONWebKeySet, error) {
	k, err := a.key(ctx)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	pub := k.private().Public()
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: pub, KeyID: k.ID, Algorithm: string(jose.EdDSA), Use: "sig"}}}, nil
}

// AddPeer trusts another node's site.
func (a *Auth) AddPeer(ctx context.Context, p Peer) error {
	if p.Slug == "" || p.Base == "" || len(p.Keys.Keys) == 0 {
		return errors.New("a peer has a slug, a base URL and at least one key")
	}
	for _, k := range p.Keys.Keys {
		if !k.IsPublic() || !k.Valid() {
			return errors.New("a peer's keys are valid public keys")
		}
	}
	return save(ctx, a.st, "peer", p.Slug, p)
}

// Peers are the sites of other nodes that this node trusts.
func (a *Auth) Peers(ctx context.Context) ([]Peer, error) { return list[Peer](ctx, a.st, "peer", "") }

// RemovePeer ends the trust; tokens it was given stop within seconds.
func (a *Auth) RemovePeer(ctx context.Context, slug string) error {
	a.tokens.clear()
	_, err := a.st.Update(ctx, func(tx *store.Tx) error { return tx.DeleteDoc("peer", slug) })
	return err
}

// AssertionLife is how long an assertion may be used; RFC 7523 and SMART
// backend services ask for at most five minutes.
const AssertionLife = 2 * time.Minute

// Assert signs a client assertion (RFC 7523 section 2.2) by which the site
// whose base URL is self asks at a token endpoint.
func (a *Auth) Assert(ctx context.Context, self, tokenURL string) (string, error) {
	k, err := a.key(ctx)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: k.private()}, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", k.ID))
	if err != nil {
		return "", err
	}
	var id [16]byte
	rand.Read(id[:])
	now := a.now()
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: self, Subject: self, Audience: jwt.Audience{tokenURL}, ID: hex.EncodeToString(id[:]),
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(AssertionLife)),
	}).Serialize()
}

// AssertedPeer recognises a peer by its assertion, made for tokenURL, and gives
// it a bearer token for one site of this node and one purpose. An assertion is
// good once.
func (a *Auth) AssertedPeer(ctx context.Context, site, tokenURL, assertion string, purpose access.Purpose) (token string, ttl time.Duration, err error) {
	if len(assertion) > 8192 {
		return "", 0, ErrDenied
	}
	tok, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256, jose.ES384, jose.RS384})
	if err != nil {
		return "", 0, ErrDenied
	}
	var unsafe jwt.Claims
	if err := tok.UnsafeClaimsWithoutVerification(&unsafe); err != nil {
		return "", 0, ErrDenied
	}
	peers, err := a.Peers(ctx)
	if err != nil {
		return "", 0, err
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
			if tok.Claims(k.Key, &c) != nil || c.Issuer != p.Base || c.Subject != p.Base || c.ID == "" || c.Expiry == nil || c.IssuedAt == nil {
				return "", 0, ErrDenied
			}
			now := a.now()
			if c.ValidateWithLeeway(jwt.Expected{AnyAudience: jwt.Audience{tokenURL}, Time: now}, 30*time.Second) != nil || c.Expiry.Time().Sub(c.IssuedAt.Time()) > 5*time.Minute {
				return "", 0, ErrDenied
			}
			ttl = 5 * time.Minute
			token, body, err := a.grant(access.Actor{Kind: access.Peer, ID: p.Slug, Name: p.Slug, Site: site, Purpose: purpose}, Bearer, ttl)
			if err == nil {
				err = a.once(ctx, p.Base+" "+c.ID, c.Expiry.Time().Add(time.Minute), token, body)
			}
			if err != nil {
				return "", 0, err
			}
			return token, ttl, nil
		}
	}
	return "", 0, ErrDenied
}

// usedDocs are the assertions that were used, kept until they have expired: one
// is good once, whatever is restarted meanwhile.
const usedDocs = "assertion"

type used struct {
	Expires time.Time `json:"expires"`
}

// once keeps that an assertion was used, together with the token that it was used for.
func (a *Auth) once(ctx context.Context, assertion string, until time.Time, token string, grant []byte) error {
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
		if err := tx.PutDoc(usedDocs, digest(assertion), body); err != nil {
			return err
		}
		return tx.PutDoc("token", digest(token), grant)
	})
	return err
}

// MarshalKeys is a key set as JSON, for the door that publishes it.
func MarshalKeys(s jose.JSONWebKeySet) ([]byte, error) { return json.Marshal(s) }

// ParseKeys reads a published key set.
func ParseKeys(data []byte) (jose.JSONWebKeySet, error) {
	var s jose.JSONWebKeySet
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("not a JSON Web Key Set: %w", err)
	}
	return s, nil
}
