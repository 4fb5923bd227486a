package remind

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Set are the words of one language. {site}, {day}, {time}, {phone}, {link} and,
// of who chose details, {with} and {visit} are filled in; no condition can be
// named, for none is known here. A line whose place has nothing to put in it is
// left out.
type Set struct {
	Subject       string `json:"subject"` // of a reminder
	Reminder      string `json:"reminder"`
	Detailed      string `json:"detailed"` // for who chose details
	RecallSubject string `json:"recallSubject"`
	Recall        string `json:"recall"`
}

func (s Set) check() error {
	for _, t := range [...]string{s.Subject, s.Reminder, s.Detailed, s.RecallSubject, s.Recall} {
		if t == "" || utf8.RuneCountInString(t) > 1000 || !utf8.ValidString(t) {
			return errors.New("each text has 1 to 1000 characters")
		}
		rest := t
		for {
			i := strings.IndexByte(rest, '{')
			if i < 0 {
				break
			}
			end := strings.IndexByte(rest[i:], '}')
			if end < 0 || !strings.Contains(" site day time phone link with visit ", " "+rest[i+1:i+max(end, 1)]+" ") {
				return errors.New("only {site}, {day}, {time}, {phone}, {link}, {with} and {visit} are filled in")
			}
			rest = rest[i+end:]
		}
	}
	if strings.ContainsAny(s.Subject+s.RecallSubject, "\r\n") {
		return errors.New("a subject is one line")
	}
	return nil
}

// Built in words.
var words = map[string]Set{
	"en": {
		Subject:       "Your appointment at {site}",
		Reminder:      "{site}: you have an appointment on {day} at {time}.\nConfirm, cancel or ask for another time: {link}\nQuestions: {phone}",
		Detailed:      "{site}: you have an appointment ({visit}) on {day} at {time}.\nWith {with}.\nConfirm, cancel or ask for another time: {link}\nQuestions: {phone}",
		RecallSubject: "A message from {site}",
		Recall:        "{site}: a checkup is due. Please call us or answer at the practice to find a time.\nTelephone: {phone}",
	},
	"es": {
		Subject:       "Su cita en {site}",
		Reminder:      "{site}: usted tiene una cita el {day} a las {time}.\nConfirme, cancele o pida otra hora: {link}\nPreguntas: {phone}",
		Detailed:      "{site}: usted tiene una cita ({visit}) el {day} a las {time}.\nCon {with}.\nConfirme, cancele o pida otra hora: {link}\nPreguntas: {phone}",
		RecallSubject: "Un mensaje de {site}",
		Recall:        "{site}: es hora de un chequeo. Llámenos o pase por el consultorio para encontrar una hora.\nTeléfono: {phone}",
	},
}

// Languages are those that have words of their own here.
func Languages() []string { return []string{"en", "es"} }

// Speaks is the language in which somebody is written to: theirs where there
// are words, else the site's, else English.
func (r Rules) Speaks(lang string) string {
	for _, l := range [...]string{lang, r.Lang} {
		if _, ok := r.Words[l]; ok {
			return l
		}
		if _, ok := words[l]; ok {
			return l
		}
	}
	return "en"
}

// SetOf are the words of a language that Speaks gave.
func (r Rules) SetOf(lang string) Set {
	if s, ok := r.Words[lang]; ok {
		return s
	}
	return words[lang]
}

// Fill is what a text's places are filled with.
type Fill struct{ Site, Day, Time, Phone, Link, With, Visit string }

// Text fills a template in. A line with an empty place goes, except of {link},
// which stays as it is when it is filled with itself.
func (f Fill) Text(template string) string {
	of := map[string]string{"{site}": f.Site, "{day}": f.Day, "{time}": f.Time, "{phone}": f.Phone, "{link}": f.Link, "{with}": f.With, "{visit}": f.Visit}
	var pairs []string
	for k, v := range of {
		if k != "{link}" {
			v = strings.NewReplacer("{", "(", "}", ")").Replace(clean(v))
		}
		pairs = append(pairs, k, v)
	}
	fill := strings.NewReplacer(pairs...)
	var lines []string
next:
	for line := range strings.Lines(template) {
		line = strings.TrimRight(line, "\r\n")
		line = strings.ReplaceAll(line, " ({visit})", map[bool]string{true: "", false: " ({visit})"}[f.Visit == ""])
		for k, v := range of {
			if v == "" && strings.Contains(line, k) {
				continue next
			}
		}
		lines = append(lines, fill.Replace(line))
	}
	return strings.Join(lines, "\n")
}

// link puts the address in the place that Text left open.
func (f Fill) link(text string) string { return strings.ReplaceAll(text, "{link}", f.Link) }

var (
	daysES   = [...]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"}
	monthsES = [...]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}
)

// DayText and TimeText say a moment in a language.
func DayText(t time.Time, lang string) string {
	if lang == "es" {
		return fmt.Sprintf("%s %d de %s de %d", daysES[t.Weekday()], t.Day(), monthsES[t.Month()-1], t.Year())
	}
	return t.Format("Monday 2 January 2006")
}

// TimeText is the time of day, with its zone when that is not the reader's.
func TimeText(t time.Time, lang string, reader *time.Location) string {
	text := t.Format("3:04 pm")
	if lang == "es" {
		text = t.Format("15:04")
	}
	_, a := t.Zone()
	if _, b := t.In(reader).Zone(); a != b {
		text += " " + t.Format("MST")
	}
	return text
}

// write makes a message of a request: subject and text, with {link} left open.
func write(q Request, p Person, r Rules, site string, start time.Time, zone *time.Location, with, visit string, link bool) (subject, text, lang string) {
	lang = r.Speaks(p.Lang)
	set := r.SetOf(lang)
	f := Fill{Site: site, Phone: r.Phone}
	if link {
		f.Link = "{link}"
	}
	if q.Kind == Recall {
		f.Link = ""
		return f.Text(set.RecallSubject), f.Text(set.Recall), lang
	}
	at := start.In(zone)
	f.Day, f.Time = DayText(at, lang), TimeText(at, lang, p.Zone)
	body := set.Reminder
	if p.Detail {
		body, f.With, f.Visit = set.Detailed, with, visit
	}
	return f.Text(set.Subject), f.Text(body), lang
}
