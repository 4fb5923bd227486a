package remind

import (
	"context"
	"time"
)

// Envelope is a message as it leaves.
type Envelope struct {
	Key     string // the same at every attempt: Message-ID, idempotency key
	To      string // an e-mail address or an E.164 number
	Subject string
	Text    string
	Lang    string
	From    string // the site's name
	When    time.Time
	Out     string // of e-mail: the address at which no more can be asked for; empty: none
}

// Sender is a channel to the world: SMTP and Gateway are two. Send returns when
// the other side took the message, with its own id of it when it has one. Errors
// are *Failure; any other counts as one after which nobody knows whether the
// message left. A Sender with a method Once() bool that is true promises that a
// key that is sent again is not delivered again.
type Sender interface {
	Send(ctx context.Context, e Envelope) (receipt string, err error)
}

// Asker is a Sender that can be asked whether it took a message: what is asked
// after a crash, or when its answer did not come.
type Asker interface {
	Took(ctx context.Context, key string) (took bool, receipt string, err error)
}

// Failure says why a message was not taken. Why names no person and holds
// nothing of what was sent.
type Failure struct {
	Why       string
	Permanent bool          // trying again is of no use
	After     time.Duration // not before; 0: as usual
	Unknown   bool          // the message may have been taken all the same
	Code      int           // what the other side answered, of SMTP or HTTP; 0: it did not
}

func (f *Failure) Error() string { return f.Why }
