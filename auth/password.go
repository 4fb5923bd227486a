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

// tries slows guessing: after freeTries failures for one name, one attempt a
// minute until one is right. It is bounded, and forgets with the process.
type tries struct {
	sync.Mutex
	of map[string]*try
}

type try struct {
	failures int
	last     time.Time
}

const (
	freeTries = 8
	slowness  = time.Minute
	maxTries  = 10000
)

func (t *tries) wait(name string, now time.Time) bool {
	t.Lock()
	defer t.Unlock()
	f := t.of[name]
	return f != nil && f.failures >= freeTries && now.Sub(f.last) < slowness
}

func (t *tries) note(name string, ok bool, now time.Time) {
	t.Lock()
	defer t.Unlock()
	if ok {
		delete(t.of, name)
		return
	}
	if len(t.of) >= maxTries {
		for k, f := range t.of {
			if now.Sub(f.last) > slowness {
				delete(t.of, k)
			}
		}
		if len(t.of) >= maxTries {
			clear(t.of)
		}
	}
	f := t.of[name]
	if f == nil {
		f = &try{}
		t.of[name] = f
	}
	f.failures++
	f.last = now
}
