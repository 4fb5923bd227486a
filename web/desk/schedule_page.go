package desk

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"wholechart/web"
)

var repeats = []web.Option{{Label: "Once"}, {Value: "7", Label: "Every week"}, {Value: "14", Label: "Every 2 weeks"}, {Value: "28", Label: "Every 4 weeks"}, {Value: "84", Label: "Every 12 weeks"}}

func (x cell) word(v *schedulePage) string {
	at, _, _ := strings.Cut(x.Say, ",")
	if v.Move != "" {
		return "Move to " + at
	}
	return at
}

func (x cell) say(v *schedulePage) string {
	verb := "Book "
	if v.Move != "" {
		verb = "Move to "
	}
	if x.Closed {
		return verb + x.Say + ", outside the hours"
	}
	return verb + x.Say
}

func (v *schedulePage) everybody() string {
	if v.View == "rooms" {
		return "All rooms"
	}
	return "All providers"
}

// more says how many columns the calendar does not show.
func (v *schedulePage) more() string {
	what := "providers"
	if v.View == "rooms" {
		what = "rooms"
	}
	return "The busiest are shown. " + strconv.Itoa(v.Hidden) + " more " + what + ": choose one above."
}

func (b *bookForm) title() string {
	if b.Moving != nil {
		return "Move an appointment"
	}
	return "Book"
}

func (b *bookForm) verb() string {
	switch {
	case len(b.Said) > 0 && b.Moving != nil:
		return "Move it all the same"
	case len(b.Said) > 0:
		return "Book it all the same"
	}
	if b.Moving != nil {
		return "Move"
	}
	return "Book"
}

func (b *bookForm) action() templ.SafeURL {
	if b.Moving != nil {
		return templ.SafeURL(b.Site + "/appointments/" + url.PathEscape(b.Moving.ID) + "/move")
	}
	return templ.SafeURL(b.Site + "/schedule/book")
}

func (b *bookForm) movingFrom() string {
	if b.Moving.From.IsZero() {
		return ""
	}
	return b.Moving.Type.Display + ", " + b.Moving.From.In(b.Zone).Format("Mon 2 Jan, 15:04")
}

// someoneElse is the same page without the patient.
func (b *bookForm) someoneElse() templ.SafeURL {
	at, q, _ := strings.Cut(b.Back, "?")
	v, _ := url.ParseQuery(q)
	v.Del("patient")
	return templ.SafeURL(at + "?" + v.Encode())
}

// provs: of a move the provider stays unless another is chosen.
func (b *bookForm) provs() []web.Option {
	if b.Moving == nil {
		return b.Provs
	}
	return append([]web.Option{{Label: "As booked"}}, b.Provs[1:]...)
}

func (b *bookForm) rooms() []web.Option {
	if b.Moving == nil {
		return b.Rooms
	}
	return append([]web.Option{{Label: "As booked, or any free room"}}, b.Rooms[1:]...)
}

func (v *appointmentPage) headline() string {
	if v.Name == "" {
		return "Appointment"
	}
	return v.Name
}

func (v *appointmentPage) bookWaiting() templ.SafeURL {
	site, _, _ := strings.Cut(strings.TrimPrefix(v.Action, "/"), "/")
	return templ.SafeURL("/" + site + "/schedule?wait=" + url.QueryEscape(v.A.ID))
}
