// Package fact is what several rooms of decision ask of a record in the same
// way: whether a result can be relied upon, how a fact is told with its source,
// and the key by which an override is remembered. It is pure.
package fact

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/rule"
)

// Use is what can be done with a result.
type Use uint8

// The uses.
const (
	None    Use = iota // no value, cancelled, of no or a future day
	Usable             // final, with a value
	Early              // preliminary: the final one is to come
	Spoiled            // its note says that the specimen was bad
)

// spoiled are words of a laboratory that reports a value, or none, with a
// warning.
var spoiled = []string{"haemoly", "hemoly", "clotted", "contaminat", "insufficient", "quantity not suff", "qns", "recollect", "unreliable", "mislabel", "unlabel",
	"repeat advised", "repeat recommended", "please repeat", "suggest repeat", "lipaemic", "lipemic", "specimen reject", "sample reject", "rejected", "unsuitable", "wrong tube"}

// UseOf says what can be done with a result at now.
func UseOf(p chart.Point, now time.Time) Use {
	if !p.When.Known() || p.When.At.After(now) || p.Status == "cancelled" || p.Status == "entered-in-error" {
		return None
	}
	text := strings.ToLower(p.Note + " " + p.Absent + " " + p.Value)
	for _, w := range spoiled {
		if strings.Contains(text, w) {
			return Spoiled
		}
	}
	switch {
	case p.Status == "preliminary" || p.Status == "registered" || p.Status == "partial":
		return Early
	case p.Absent != "" || p.Value == "":
		return None
	}
	return Usable
}

// Days are the days of the calendar from a fact to now, in the fact's zone: 0 of
// the same day.
func Days(w chart.When, now time.Time) int {
	y, m, d := now.In(w.At.Location()).Date()
	y0, m0, d0 := w.At.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(time.Date(y0, m0, d0, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
}

// Site is the name of the site that a fact comes from; "" when there is none.
func Site(p chart.Prov) string {
	if p.Source == nil {
		return ""
	}
	return cmp.Or(p.Source.Name, p.Source.Slug)
}

// On is "on 14 Nov 2026 at Maple Street", as far as it is known.
func On(w chart.When, p chart.Prov) string {
	var out []string
	if w.Known() {
		if w.Precision < 3 { // a month or a year
			out = append(out, "in "+w.String())
		} else {
			out = append(out, "on "+w.String())
		}
	}
	if s := Site(p); s != "" {
		out = append(out, "at "+s)
	}
	return strings.Join(out, " ")
}

// Value is a result as it is read: "7.9 %".
func Value(p chart.Point) string { return strings.TrimSpace(p.Value + " " + p.Unit) }

// Key is what an override is remembered by: the rule and its facts, in no order.
// It is a digest, so that it tells nothing to who does not have the chart.
func Key(r *rule.Rule, facts ...string) string {
	facts = slices.Clone(facts)
	slices.Sort(facts)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(facts), "\n")))
	return r.ID + ":" + hex.EncodeToString(sum[:12])
}

// Sort puts the draft first, then the newest, then by words.
func Sort(list []rule.Evidence) {
	slices.SortStableFunc(list, func(x, y rule.Evidence) int {
		if x.New != y.New {
			if x.New {
				return -1
			}
			return 1
		}
		return cmp.Or(y.When.At.Compare(x.When.At), strings.Compare(x.Text, y.Text), strings.Compare(x.Prov.Ref(), y.Prov.Ref()))
	})
}

// Quoted is somebody else's words, of bounded length.
func Quoted(s string) string {
	if s = strings.TrimSpace(s); len(s) > 80 {
		s = strings.ToValidUTF8(s[:80], "") + "…"
	}
	return "“" + s + "”"
}

var spellings = strings.NewReplacer("w/wo", "wo and w", "wo/w", "wo and w", "w/o", "wo", "w/", "w ", "haem", "hem", "faec", "fec", "oest", "est", "oedem", "edem", "paed", "ped", "anaem", "anem",
	"thyroxin ", "thyroxine ", "₂", "2", "₃", "3", "₄", "4", "α", "alpha", "β", "beta", "γ", "gamma", "'", "", "’", "")

// Words are the words of a name in lower case: letters and digits, all else is
// between words; spellings of British and American English are brought together.
// At most 400 bytes are read.
func Words(s string) []string {
	if len(s) > 400 {
		s = s[:400]
	}
	s = strings.ToLower(strings.ToValidUTF8(s, " "))
	s = spellings.Replace(s)
	return strings.FieldsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127 && r != '–' && r != '—' && r != '·' && r != '“' && r != '”')
	})
}

// Has says whether a phrase stands in a name, word by word. A phrase's last word
// may end with "*": then it is the beginning of a word.
func Has(words []string, phrase string) bool {
	if phrase == "" {
		return false
	}
	for i := range words {
		if words[i][0] != phrase[0] { // no word is empty, and no phrase begins with "*"
			continue
		}
		rest, j := phrase, i
		for rest != "" && j < len(words) {
			var w string
			w, rest, _ = strings.Cut(rest, " ")
			if n := len(w) - 1; w[n] == '*' {
				if !strings.HasPrefix(words[j], w[:n]) {
					j = -1
					break
				}
			} else if words[j] != w {
				j = -1
				break
			}
			j++
		}
		if j >= 0 && rest == "" {
			return true
		}
	}
	return false
}

// Any says whether one of the phrases stands in a name.
func Any(words []string, phrases ...string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool { return Has(words, p) })
}

// Rows are the lines of an embedded table, cut at "|" into n cells without their
// outer spaces; "#" begins a comment. A line of another number of cells panics:
// the tables are part of the program and tested with it.
func Rows(table string, n int) [][]string {
	var out [][]string
	for l := range strings.Lines(table) {
		if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
			continue
		}
		f := strings.Split(l, "|")
		if len(f) != n {
			panic("decision: a row without its " + string(rune('0'+n)) + " cells: " + l)
		}
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		out = append(out, f)
	}
	return out
}

// List is a cell's parts between commas.
func List(cell string) []string {
	var out []string
	for p := range strings.SplitSeq(cell, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
