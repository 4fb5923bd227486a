package schedule

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Feed is a calendar for subscription by a calendar program (RFC 5545). Without
// Names an event says only that there is a visit: calendars are copied to
// telephones and to companies that no agreement binds.
type Feed struct {
	Title string // "Dr. Okonkwo, Maple Street Family Practice"
	Host  string // makes UIDs unique in the world: "maple.wholechart.example"
	Names func(Appointment) string
	Now   time.Time
}

// Calendar is the feed's text. Times are in UTC, which every calendar shows in
// its reader's zone, right on both sides of a change of clocks. Cancelled and
// missed appointments stay as cancelled events, so that programs which merge
// take them back; those of the wait list have no time and are left out.
func (f Feed) Calendar(of []Appointment) []byte {
	var b strings.Builder
	line := func(name, value string) { fold(&b, name+":"+value) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Wholechart//schedule//EN")
	line("CALSCALE", "GREGORIAN")
	line("METHOD", "PUBLISH")
	line("X-WR-CALNAME", icalText(f.Title))
	line("REFRESH-INTERVAL;VALUE=DURATION", "PT15M")
	line("X-PUBLISHED-TTL", "PT15M")
	for _, a := range of {
		if a.From.IsZero() || a.Span.Empty() || a.State() == Mistaken {
			continue
		}
		line("BEGIN", "VEVENT")
		line("UID", icalText(a.ID+"@"+f.Host))
		line("DTSTAMP", icalTime(f.Now))
		line("DTSTART", icalTime(a.From))
		line("DTEND", icalTime(a.To))
		if v := version(a.Version); v > 0 {
			line("SEQUENCE", fmt.Sprint(v-1))
		}
		title := "Visit"
		if f.Names != nil {
			if name := f.Names(a); name != "" {
				title = name
			}
		}
		line("SUMMARY", icalText(title))
		line("CLASS", "CONFIDENTIAL")
		switch a.State() {
		case Cancelled, Missed:
			line("STATUS", "CANCELLED")
			line("TRANSP", "TRANSPARENT")
		case Proposed:
			line("STATUS", "TENTATIVE")
			line("TRANSP", "OPAQUE")
		default:
			line("STATUS", "CONFIRMED")
			line("TRANSP", "OPAQUE")
		}
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return []byte(b.String())
}

func icalTime(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// icalText escapes a TEXT value: RFC 5545 section 3.3.11. Other control
// characters, which no value may hold, go.
func icalText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r < ' ' && r != '\t' || r == 0x7f:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// fold writes a content line, at most 75 octets a physical line, never inside a
// character: RFC 5545 section 3.1.
func fold(b *strings.Builder, s string) {
	limit := 75
	for len(s) > limit {
		cut := limit
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		b.WriteString(s[:cut])
		b.WriteString("\r\n ")
		s, limit = s[cut:], 74
	}
	b.WriteString(s)
	b.WriteString("\r\n")
}
