package web

import (
	"context"
	"io"
	"strconv"
	"time"
)

// LateState is what the line of late answers says.
type LateState uint8

const (
	Heard   LateState = iota // everybody who was asked answered
	Waiting                  // somebody has not yet
	Lacking                  // somebody could not be heard
	Arrived                  // something came that the page does not show
)

// Late is the one line of a page about what is not on it yet: who is still asked, who could not be heard, what came
// meanwhile. It has one place and one size whatever it says, so that nothing that is being read moves; what came is
// shown when its reader asks for it.
type Late struct {
	ID    string
	State LateState
	Kind  Kind
	Text  string
	Act   Link   // "Show", "Retry"; its key is "."
	Swap  string // ids of regions that Act takes anew, the first of which holds what is read; "" leaves the page
	With  string // ids of regions that change with the line
	Again string // where to reload without a script

	Refresh    time.Duration // after which it asks for itself from RefreshURL; zero stops
	RefreshURL string
}

func (l Late) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, lateLine(l)) }

func (l Late) class() string {
	return [...]string{Heard: "late-heard", Waiting: "late-waiting", Lacking: "late-lacking", Arrived: "late-arrived"}[l.State%4]
}

func (l Late) shape() Shape {
	switch {
	case l.State == Heard:
		return Tick
	case l.State == Lacking:
		return Cross
	}
	return l.Kind.shape()
}

func (l Late) refresh() string { return strconv.FormatInt(l.Refresh.Milliseconds(), 10) }
