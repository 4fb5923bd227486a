package web

import (
	"context"
	"io"
	"strconv"
	"time"
)

// Live says, on a page that keeps itself up to date, when it was so last, and tells live.js how to ask: the region with
// this id, or several apart by spaces, is compared with a fresh page and changed where it differs, so that focus, scroll
// and what is being typed stay. When nobody answers, the words say so with the time of what is shown. Without scripts it
// is the time that the page was made.
type Live struct {
	Region string
	Tag    string    // what the page shows; sent back as If-None-Match
	At     time.Time // when that was so, in the zone of the site
	Next   time.Time // when the page changes by time alone; zero: not soon
}

func (l Live) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, live(l)) }

// Clock is when the page was up to date, as the site's clocks show it.
func (l Live) Clock() string { return l.At.Format("15:04") }

// next is in how many seconds the page changes by itself.
func (l Live) next() string {
	if l.Next.IsZero() {
		return ""
	}
	return strconv.Itoa(max(1, int(l.Next.Sub(l.At)/time.Second)+1))
}

// SpanText is a length of time as one says it: "12 min", "2 h", "3 d", "4 mo"; "now" below a minute. live.js words it alike.
func SpanText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "now"
	case d < 90*time.Minute:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	case d < 36*time.Hour:
		return strconv.Itoa(int((d+30*time.Minute)/time.Hour)) + " h"
	case d < 60*24*time.Hour:
		return strconv.Itoa(int((d+12*time.Hour)/(24*time.Hour))) + " d"
	}
	return strconv.Itoa(int(d/(30*24*time.Hour))) + " mo"
}
