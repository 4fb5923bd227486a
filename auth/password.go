package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"
)

// The parameters of argon2id (RFC 9106 section 4, second recommended option:
// 64 MiB, 3 passes, 4 lanes). They stand in every hash, so that a later choice
// does not lock anyone out.
const (
	argonTime   = 3
	argonMemory = 64 << 10 // KiB
	argonLanes  = 4
	argonLen    = 32
)

// MinPassword is the shortest password, in bytes; NIST SP 800-63B section
// 3.1.1.2 asks for 15 where a password is alone, 8 at the least.
const MinPassword = 12

const maxPassword = 1024

func checkPassword(p string) error {
	if len(p) < MinPassword || len(p) > maxPassword {
		return fmt.Errorf("a password has %d to %d bytes", MinPassword, maxPassword)
	}
	return nil
}

func (a *Auth) hash(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case a.argon <- struct{}{}:
		defer func() { <-a.argon }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonLen), nil
}

// encode makes the PHC string of a password.
func (a *Auth) encode(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	h, err := a.hash(ctx, password, salt)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, b64(salt), b64(h)), nil
}

// matches compares a password with a PHC string. An unusable string never matches.
func (a *Auth) matches(ctx context.Context, password, phc string) (bool, error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[3] != fmt.Sprintf("m=%d,t=%d,p=%d", argonMemory, argonTime, argonLanes) {
		return false, nil
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) != argonLen {
		return false, nil
	}
	got, err := a.hash(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// nobody is a hash that no password matches: an unknown user takes as long as a known one.
const nobody = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// tries slows guessing: after freeTries attempts at one name from one address
// none of which was right, one a minute; after nameTries in an hour at one name,
// from wherever, one a minute for all. So who guesses does not lock out whose
// name it is. It is bounded, and forgets with the process.
type tries struct {
	sync.Mutex
	of map[string]*try
}

type try struct {
	count       int
	since, last time.Time
}

const (
	freeTries = 8
	nameTries = 100
	slowness  = time.Minute
	maxTries  = 10000
)

type addressKey struct{}

// From is a context of a request from an address, as sign-ins are counted.
func From(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

func address(ctx context.Context) string {
	text, _ := ctx.Value(addressKey{}).(string)
	return text
}

// begin counts an attempt before it is looked at, so that many at once are
// many; it says whether the attempt may be made.
func (t *tries) begin(name, address string, now time.Time) bool {
	t.Lock()
	defer t.Unlock()
	here, all := t.get(name+"|"+address, now), t.get(name, now)
	if now.Sub(all.since) > time.Hour {
		*all = try{since: now}
	}
	for _, c := range []struct {
		f    *try
		free int
	}{{here, freeTries}, {all, nameTries}} {
		if c.f.count >= c.free && now.Sub(c.f.last) < slowness {
			return false
		}
	}
	here.count, here.last = here.count+1, now
	all.count, all.last = all.count+1, now
	return true
}

// right forgets the attempts at a name from an address: the last was right.
func (t *tries) right(name, address string) {
	t.Lock()
	defer t.Unlock()
	delete(t.of, name+"|"+address)
	if all := t.of[name]; all != nil {
		all.count = max(all.count-1, 0)
	}
}

func (t *tries) get(key string, now time.Time) *try {
	if f := t.of[key]; f != nil {
		return f
	}
	if len(t.of) >= maxTries {
		t.forget(now)
	}
	f := &try{since: now, last: now}
	t.of[key] = f
	return f
}

// forget makes room: what slows nobody goes first, and what slows somebody only
// when there is nothing else.
func (t *tries) forget(now time.Time) {
	for k, f := range t.of {
		if f.count < freeTries || now.Sub(f.last) > time.Hour {
			delete(t.of, k)
		}
	}
	for k := range t.of {
		if len(t.of) < maxTries {
			break
		}
		delete(t.of, k)
	}
}
