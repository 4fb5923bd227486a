package clinic

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// question is what somebody typed to find a patient, as searches that are asked
// one after the other.
type question struct {
	Readings []url.Values
	Names    []string // the words that are names, plain
	Words    string   // how it was understood, for the page: "born 14 Mar 1958"
}

const (
	maxQuestion = 200
	maxWords    = 8
)

// errQuestion says that nothing was asked.
var errQuestion = errors.New("nothing to look for")

// understand reads a question: names by their first letters in any order, a
// birth date in the spellings people use, a record number, a telephone number,
// and names with a birth date or year. What may be read in two ways is asked in both.
func understand(text string, now time.Time) (question, error) {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxQuestion || strings.TrimSpace(text) == "" {
		return question{}, errQuestion
	}
	var q question
	if days := datesOf(text, now); len(days) > 0 {
		q.Readings = append(q.Readings, url.Values{"birthdate": {strings.Join(days, ",")}})
		q.Words = "born " + wordDates(days)
	}
	if digits := onlyDigits(text); len(digits) >= 7 && mostlyNumber(text) {
		q.Readings = append(q.Readings, url.Values{"phone": {strings.Join(phoneSpellings(text, digits), ",")}})
	}
	if hasDigit(text) {
		q.Readings = append(q.Readings, url.Values{"identifier": {escaped(strings.TrimSpace(text))}})
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })
	if len(words) > maxWords {
		words = words[:maxWords]
	}
	values := url.Values{}
	var number []string
	for _, w := range words {
		if hasDigit(w) {
			number = append(number, w)
			continue
		}
		if w = strings.Trim(w, `.'"`); w != "" {
			values.Add("name", escaped(w))
			q.Names = append(q.Names, plain(w))
		}
	}
	if len(q.Names) > 0 {
		switch days := datesOf(strings.Join(number, " "), now); {
		case len(number) == 0:
			q.Readings = append(q.Readings, values)
		case len(days) > 0:
			values.Set("birthdate", strings.Join(days, ","))
			q.Readings, q.Words = append(q.Readings, values), "name and born "+wordDates(days)
		case len(number) == 1:
			values.Set("identifier", escaped(number[0]))
			q.Readings = append(q.Readings, values)
		}
	}
	if len(q.Readings) == 0 {
		return question{}, errQuestion
	}
	return q, nil
}

// layouts are the spellings of a whole date; a slash is read month first, as in
// the United States, and day first as well when that is a date too.
var layouts = []string{
	"2006-1-2", "2006/1/2", "20060102", "1/2/2006", "2/1/2006", "1-2-2006", "2-1-2006", "2.1.2006", "1/2/06", "2/1/06", "2.1.06", "01022006",
	"2 Jan 2006", "2 January 2006", "Jan 2 2006", "January 2 2006", "2Jan2006", "2-Jan-2006",
}

// datesOf is every birth date, ISO, that a text can mean; months and years too.
func datesOf(text string, now time.Time) []string {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, ",", " ")), " ")
	if text == "" {
		return nil
	}
	var out []string
	add := func(s string) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, l := range layouts {
		t, err := time.Parse(l, text)
		if err != nil {
			continue
		}
		if strings.HasSuffix(l, "06") && !strings.HasSuffix(l, "2006") && t.After(now) {
			t = t.AddDate(-100, 0, 0)
		}
		if t.Year() >= 1870 && !t.After(now) {
			add(t.Format("2006-01-02"))
		}
	}
	for _, l := range []string{"2006-01", "01/2006", "1/2006", "Jan 2006", "January 2006"} {
		if t, err := time.Parse(l, text); err == nil && t.Year() >= 1870 && !t.After(now) {
			add(t.Format("2006-01"))
		}
	}
	if t, err := time.Parse("2006", text); err == nil && t.Year() >= 1870 && !t.After(now) {
		add(text)
	}
	return out
}

func wordDates(days []string) string {
	words := make([]string, len(days))
	for i, d := range days {
		words[i] = dateWords(d)
	}
	return strings.Join(words, " or ")
}

// phoneSpellings are the ways in which records write one telephone number:
// search compares them as they stand.
func phoneSpellings(text, digits string) []string {
	local := digits
	if len(digits) == 11 && digits[0] == '1' {
		local = digits[1:]
	}
	out := []string{escaped(strings.TrimSpace(text)), digits}
	if len(local) == 10 {
		a, b, c := local[:3], local[3:6], local[6:]
		out = append(out, local, a+"-"+b+"-"+c, "("+a+") "+b+"-"+c, "("+a+")"+b+"-"+c, a+"."+b+"."+c, a+" "+b+" "+c,
			"+1-"+a+"-"+b+"-"+c, "+1 "+a+" "+b+" "+c, "+1"+local, "1-"+a+"-"+b+"-"+c, "+1 ("+a+") "+b+"-"+c)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func hasDigit(s string) bool { return strings.ContainsFunc(s, unicode.IsDigit) }

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// mostlyNumber says whether a text is digits and the marks that numbers are written with.
func mostlyNumber(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsDigit(r) && !strings.ContainsRune("+-(). /", r) })
}

// escaped protects what a search value gives a meaning to
// (http://hl7.org/fhir/R4/search.html#escaping).
func escaped(s string) string {
	return strings.NewReplacer(`\`, `\\`, `,`, `\,`, `|`, `\|`, `$`, `\$`).Replace(s)
}

// plain is a name for comparing: lower case, without the marks of Latin letters.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		if p, ok := plainLetters[r]; ok {
			return p
		}
		return r
	}, s)
}

var plainLetters = func() map[rune]rune {
	m := map[rune]rune{}
	for p, marked := range map[rune]string{'a': "àáâãäåā", 'c': "çćč", 'd': "ď", 'e': "èéêëēę", 'i': "ìíîïī", 'l': "ł", 'n': "ñńň", 'o': "òóôõöøō", 'r': "ř", 's': "śšş", 'u': "ùúûüū", 'y': "ýÿ", 'z': "źżž"} {
		for _, r := range marked {
			m[r] = p
		}
	}
	return m
}()
