package remind

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Keys seal links. The first seals; all open, so that a link made before a
// change of keys leads on until it ends.
type Keys []Key

// Key is 32 secret bytes with a number of its own.
type Key struct {
	ID     byte
	Secret [32]byte
}

// ParseKeys reads keys as an operator keeps them: "2:<base64 of 32 bytes>,1:…",
// the one that seals first.
func ParseKeys(text string) (Keys, error) {
	var out Keys
	for part := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		no, secret, ok := strings.Cut(strings.TrimSpace(part), ":")
		id, err := strconv.ParseUint(no, 10, 8)
		raw, err2 := base64.StdEncoding.DecodeString(secret)
		if !ok || err != nil || err2 != nil || len(raw) != 32 || slices.ContainsFunc(out, func(k Key) bool { return k.ID == byte(id) }) {
			return nil, errors.New("keys of links are number:base64 of 32 bytes, with commas between")
		}
		out = append(out, Key{ID: byte(id), Secret: [32]byte(raw)})
	}
	return out, nil
}

// String keeps secrets out of logs.
func (k Key) String() string { return "key " + strconv.Itoa(int(k.ID)) }

// GoString too.
func (k Key) GoString() string { return k.String() }

// Link is what the address in a message stands for. It names nobody: the
// appointment's id, and the time for which it was made.
type Link struct {
	Site        string // slug; not in the token, but it opens under this one only
	Appointment string
	Start       time.Time // to the second; a moved appointment has other links
	Expires     time.Time
}

// ErrLink says that a token opens nothing: forged, of another site, or sealed
// with a key that is gone. It does not say which.
var ErrLink = errors.New("this link leads nowhere")

// ErrExpired says that a link was good once.
var ErrExpired = errors.New("this link has ended")

const (
	tokenVersion = 1
	nonceSize    = 12
	maxToken     = 300
)

// Seal makes a link's token. The same link gives the same token, so that a
// message that is tried again says the same.
func (k Keys) Seal(l Link) (string, error) {
	if len(k) == 0 {
		return "", errors.New("no key seals links")
	}
	if len(l.Appointment) > 64 || l.Appointment == "" {
		return "", errors.New("not an appointment's id")
	}
	plain := binary.BigEndian.AppendUint64(nil, uint64(l.Start.Unix()))
	plain = binary.BigEndian.AppendUint64(plain, uint64(l.Expires.Unix()))
	plain = append(plain, l.Appointment...)
	head := []byte{tokenVersion, k[0].ID}
	// The nonce is a keyed digest of what is sealed: two texts never share one.
	mac := hmac.New(sha256.New, derived(k[0].Secret, "nonce"))
	mac.Write(aad(head, l.Site))
	mac.Write(plain)
	nonce := mac.Sum(nil)[:nonceSize]
	box, err := sealer(k[0])
	if err != nil {
		return "", err
	}
	out := append(head, nonce...)
	return base64.RawURLEncoding.EncodeToString(box.Seal(out, nonce, plain, aad(head[:2], l.Site))), nil
}

// Open reads a token of a site. Errors: ErrLink; ErrExpired, with the link.
func (k Keys) Open(site, token string, now time.Time) (Link, error) {
	if len(token) > maxToken {
		return Link{}, ErrLink
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < 2+nonceSize+16+16 || raw[0] != tokenVersion {
		return Link{}, ErrLink
	}
	for _, key := range k {
		if key.ID != raw[1] {
			continue
		}
		box, err := sealer(key)
		if err != nil {
			return Link{}, err
		}
		plain, err := box.Open(nil, raw[2:2+nonceSize], raw[2+nonceSize:], aad(raw[:2], site))
		if err != nil || len(plain) < 17 {
			return Link{}, ErrLink
		}
		l := Link{Site: site, Start: time.Unix(int64(binary.BigEndian.Uint64(plain)), 0), Expires: time.Unix(int64(binary.BigEndian.Uint64(plain[8:])), 0), Appointment: string(plain[16:])}
		if !now.Before(l.Expires) {
			return l, ErrExpired
		}
		return l, nil
	}
	return Link{}, ErrLink
}

// aad binds a token to its version, its key and its site.
func aad(head []byte, site string) []byte {
	return append(append([]byte("wholechart reminder link"), head...), site...)
}

func derived(secret [32]byte, purpose string) []byte {
	mac := hmac.New(sha256.New, secret[:])
	mac.Write([]byte("wholechart " + purpose))
	return mac.Sum(nil)
}

func sealer(k Key) (cipher.AEAD, error) {
	block, err := aes.NewCipher(derived(k.Secret, "seal"))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
