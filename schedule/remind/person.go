package remind

import (
	"cmp"
	"net/mail"
	"slices"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/schedule"
)

// Extensions of Patient that messages obey, beside schedule.ChannelURL and
// schedule.ConsentURL.
const (
	DoNotContactURL = "https://wholechart.example/fhir/do-not-contact"   // valueBoolean: no messages at all
	OptOutURL       = "https://wholechart.example/fhir/message-opt-out"  // valueCode: a channel by which the patient wants nothing more; may repeat
	DetailURL       = "https://wholechart.example/fhir/message-detail"   // valueBoolean: a reminder may say with whom and what kind of visit
	TimezoneURL     = "http://hl7.org/fhir/StructureDefinition/timezone" // valueCode: an IANA zone, of the Patient or an address
)

// Person is how somebody is reached.
type Person struct {
	ID      string
	Name    string // for letters
	Lang    string // primary subtag; empty: not recorded
	Zone    *time.Location
	By      schedule.Channel // preferred
	Texts   bool             // agreed to
	Mobile  string           // E.164
	Email   string
	Address []string // lines of a letter
	Detail  bool
	Not     []schedule.Channel // by which the patient said that she wants nothing more
	Out     string             // why nothing is sent; empty: it may be
}

// Why a person gets nothing.
const (
	Dead         = "the patient has died"
	Inactive     = "the record is not active"
	Replaced     = "the record was replaced by another"
	DoNotContact = "the patient wishes no messages"
)

// PersonOf reads a Patient. site is the zone of whom none is known.
func PersonOf(n fhir.Node, site *time.Location, now time.Time) Person {
	p := Person{ID: n.ID(), Name: schedule.NameOf(n), Zone: site}
	p.By, p.Texts = schedule.ReachOf(n)
	extension := func(of fhir.Node) {
		for e := range of.Get("extension").Items() {
			switch e.Get("url").Str() {
			case DoNotContactURL:
				if e.Get("valueBoolean").True() {
					p.Out = DoNotContact
				}
			case OptOutURL:
				if c := schedule.Channel(e.Get("valueCode").Str()); c != "" && !slices.Contains(p.Not, c) {
					p.Not = append(p.Not, c)
				}
			case DetailURL:
				p.Detail = e.Get("valueBoolean").True()
			case TimezoneURL:
				if z, err := time.LoadLocation(e.Get("valueCode").Str()); err == nil && e.Get("valueCode").Str() != "" && z != time.Local {
					p.Zone = z
				}
			}
		}
	}
	p.address(n, now, extension)
	extension(n)
	p.telecom(n, now)
	for c := range n.Get("communication").Items() {
		tag := fhir.CodeableConceptOf(c.Get("language"))
		if len(tag.Codings) > 0 && (p.Lang == "" || c.Get("preferred").True()) {
			p.Lang, _, _ = strings.Cut(strings.ToLower(tag.Codings[0].Code), "-")
		}
	}
	switch {
	case n.Get("deceasedBoolean").True() || n.Get("deceasedDateTime").Exists():
		p.Out = Dead
	case replaced(n):
		p.Out = Replaced
	case n.Get("active").Exists() && !n.Get("active").True():
		p.Out = Inactive
	}
	return p
}

func replaced(n fhir.Node) bool {
	for l := range n.Get("link").Items() {
		if l.Get("type").Is("replaced-by") {
			return true
		}
	}
	return false
}

func (p *Person) address(n fhir.Node, now time.Time, extension func(fhir.Node)) {
	best := 9
	for a := range n.Get("address").Items() {
		rank := map[string]int{"": 1, "home": 0, "temp": 2, "billing": 3, "work": 4}[a.Get("use").Str()]
		if a.Get("use").Is("old") || ended(a, now) || rank >= best {
			continue
		}
		extension(a)
		var lines []string
		for l := range a.Get("line").Items() {
			lines = append(lines, clean(l.Str()))
		}
		city := strings.Join(strings.Fields(a.Get("city").Str()+" "+a.Get("state").Str()+" "+a.Get("postalCode").Str()), " ")
		if len(lines) == 0 || city == "" {
			continue
		}
		best = rank
		p.Address = append(lines[:min(len(lines), 4)], clean(city))
	}
}

func ended(n fhir.Node, now time.Time) bool {
	end := fhir.PeriodOf(n.Get("period")).End
	if end.Precision == 0 {
		return false
	}
	_, hi := end.Interval(time.UTC)
	return hi.Before(now)
}

func (p *Person) telecom(n fhir.Node, now time.Time) {
	type point struct {
		value string
		rank  int
	}
	var phones, mails []point
	for t := range n.Get("telecom").Items() {
		if t.Get("use").Is("old") || ended(t, now) {
			continue
		}
		rank := 1000 // ContactPoint.rank: 1 is the most preferred
		if r := t.Get("rank").Text(); r != "" {
			rank = 0
			for _, c := range r {
				rank = min(rank*10+int(c-'0'), 999)
			}
		}
		v := t.Get("value").Str()
		switch t.Get("system").Str() {
		case "sms", "phone":
			if t.Get("system").Is("phone") && !t.Get("use").Is("mobile") {
				continue // a telephone at home or work reads no text
			}
			if e := E164(v); e != "" {
				phones = append(phones, point{e, rank})
			}
		case "email":
			if t.Get("use").Is("work") && rank == 1000 {
				rank = 2000
			}
			if Email(v) {
				mails = append(mails, point{v, rank})
			}
		}
	}
	first := func(of []point) string {
		if len(of) == 0 {
			return ""
		}
		return slices.MinFunc(of, func(a, b point) int { return cmp.Compare(a.rank, b.rank) }).value
	}
	p.Mobile, p.Email = first(phones), first(mails)
}

// E164 is a telephone number with its country, "+16145550162"; of ten digits the
// country is the North American one. Empty: it is none.
func E164(text string) string {
	var digits []byte
	plus := strings.HasPrefix(strings.TrimSpace(text), "+")
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			digits = append(digits, c)
		case strings.IndexByte(" +-.()/", c) < 0:
			return "" // an extension, a word
		}
	}
	switch {
	case plus && len(digits) >= 8 && len(digits) <= 15:
		return "+" + string(digits)
	case !plus && len(digits) == 10 && digits[0] >= '2':
		return "+1" + string(digits)
	case !plus && len(digits) == 11 && digits[0] == '1':
		return "+" + string(digits)
	}
	return ""
}

// Email says whether a text is one bare address that can stand in an envelope.
func Email(text string) bool {
	if len(text) > 254 || text == "" {
		return false
	}
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`<>()[],;:\"`, c) >= 0 {
			return false
		}
	}
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text
}

// Means are the channels that a site has.
type Means struct{ Email, Text, Letter, Portal bool }

// LetterLead is how long a letter takes.
const LetterLead = 72 * time.Hour

// Ways are the channels by which a person can be reached, the best first. lead
// is the time until what the message is about; 0: it does not matter.
func (p Person) Ways(m Means, lead time.Duration) []schedule.Channel {
	can := map[schedule.Channel]bool{
		schedule.ByText:   m.Text && p.Texts && p.Mobile != "",
		schedule.ByEmail:  m.Email && p.Email != "",
		schedule.ByLetter: m.Letter && len(p.Address) > 0 && (lead == 0 || lead >= LetterLead),
		schedule.ByPortal: m.Portal && p.By == schedule.ByPortal,
		schedule.ByVoice:  p.By == schedule.ByVoice,
	}
	var out []schedule.Channel
	for _, c := range []schedule.Channel{p.By, schedule.ByText, schedule.ByEmail, schedule.ByLetter} {
		if can[c] && !slices.Contains(out, c) && !slices.Contains(p.Not, c) {
			out = append(out, c)
		}
	}
	return out
}

// clean is one line without what could be taken for another.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}
