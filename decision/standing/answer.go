package standing

import (
	"encoding/json"
	"errors"
	"time"

	"wholechart/decision/prevention"
	"wholechart/decision/rule"
	"wholechart/record"
)

// Status is how a rule stands for a patient. The most pressing is first.
type Status uint8

// The statuses that are kept: of what is done, declined or does not apply nothing is.
const (
	Overdue Status = iota
	Due
	Soon    // within two months or so
	Unknown // the record does not say what the rule needs
)

func (s Status) String() string {
	return [...]string{"overdue", "due", "due soon", "not known"}[s&3]
}

// statuses are those of prevention that are kept.
var statuses = map[prevention.Status]Status{prevention.Overdue: Overdue, prevention.Due: Due, prevention.Soon: Soon, prevention.Unknown: Unknown}

// Out says why nothing is asked of a patient.
type Out uint8

// The reasons.
const (
	In       Out = iota // nothing is against it
	Dead                // deceased
	Inactive            // the record is not in use
	Replaced            // it was merged into another, which stands for it
	Nameless            // there is no Patient to be seen
)

// Lack is what an answer may lack.
type Lack uint8

// The lacks; an answer may have several.
const (
	Sites Lack = 1 << iota // a site did not answer, or withholds something
	Older                  // of a long record only the newest was looked at
	Codes                  // something in the record was not recognised
)

// Item is how one rule stands.
type Item struct {
	Rule    *rule.Rule
	Status  Status
	Since   time.Time // the day on which it became or becomes due; zero: no day says it
	Last    time.Time // the day on which it was last done; zero: none is recorded
	Pending bool      // it is ordered or booked
	Fact    string    // where it was last done: "maple/Observation/17"; only in an Answer
}

// Alert is a danger that stands in the record: of the medicines that are taken,
// with one another or with what else is known.
type Alert struct {
	Rule     *rule.Rule
	Level    rule.Level
	Severity Severity
	Since    time.Time // the day of the newest fact that it rests on: from then on it stood; zero: no day says it
	Facts    []string  // only in an Answer
}

// Severity is how bad what an alert warns of would be, the worst first.
type Severity uint8

// The severities, in the words of rule.Card.
const (
	Contraindicated Severity = iota
	Severe
	Moderate
	Unsaid // the rule does not say
)

// Severities are all of them.
var Severities = [...]Severity{Contraindicated, Severe, Moderate, Unsaid}

func (s Severity) String() string {
	return [...]string{"contraindicated", "severe", "moderate", "not said"}[s&3]
}

func severityOf(word string) Severity {
	for _, s := range Severities[:Unsaid] {
		if s.String() == word {
			return s
		}
	}
	return Unsaid
}

// Value is the newest result of a registry's test.
type Value struct {
	Test   *Test
	When   time.Time
	Text   string // with its unit: "7.1 %"; empty of a result without a number
	Number float64
	Source string // slug of the site that has it
	Fact   string // only in an Answer
}

// Answer is how one patient stands.
type Answer struct {
	At    record.Seq // the log up to here is in it
	On    time.Time  // the clock that it was worked out at
	Again time.Time  // when time alone changes something, or it is to be looked at again
	Noted string     // the day of its last note in the access log
	By    string     // the knowledge that it was worked out with

	Out    Out
	Born   time.Time // the first day that the birth date may be; zero: not known
	Seen   time.Time // the last visit at this site; zero: none
	Items  []Item    // the most pressing first, then by rule
	Alerts []Alert   // the loudest first, then by rule
	Groups []*Group  // of the registries, those that the patient belongs to
	Values []Value
	Lacks  Lack
}

// The form in which an answer is kept. Days are counted from 1970.
type (
	savedItem struct {
		Rule    string `json:"r"`
		Version string `json:"v,omitempty"`
		Status  Status `json:"s"`
		Since   string `json:"d,omitempty"`
		Last    string `json:"l,omitempty"`
		Pending bool   `json:"p,omitempty"`
		Fact    string `json:"f,omitempty"`
	}
	savedAlert struct {
		Rule     string     `json:"r"`
		Version  string     `json:"v,omitempty"`
		Level    rule.Level `json:"l"`
		Severity Severity   `json:"y"`
		Since    string     `json:"d,omitempty"`
		Facts    []string   `json:"f,omitempty"`
	}
	savedValue struct {
		Test   string    `json:"t"`
		When   time.Time `json:"w"`
		Text   string    `json:"x,omitempty"`
		Number *float64  `json:"n,omitempty"`
		Source string    `json:"s,omitempty"`
		Fact   string    `json:"f,omitempty"`
	}
	savedAnswer struct {
		At     record.Seq   `json:"at"`
		On     time.Time    `json:"on"`
		Again  time.Time    `json:"again"`
		Noted  string       `json:"noted,omitempty"`
		By     string       `json:"by"`
		Out    Out          `json:"out,omitempty"`
		Born   string       `json:"born,omitempty"`
		Seen   time.Time    `json:"seen,omitzero"`
		Items  []savedItem  `json:"items,omitempty"`
		Alerts []savedAlert `json:"alerts,omitempty"`
		Groups []string     `json:"groups,omitempty"`
		Values []savedValue `json:"values,omitempty"`
		Lacks  Lack         `json:"lacks,omitempty"`
	}
)

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func dayOf(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// most bounds what is kept of one patient, far above what the rules can say.
const most = 500

func cut[T any](list []T) []T { return list[:min(len(list), most)] }

// Encode is the answer as it is kept.
func (a *Answer) Encode() ([]byte, error) {
	s := savedAnswer{At: a.At, On: a.On, Again: a.Again, Noted: a.Noted, By: a.By, Out: a.Out, Born: dayText(a.Born), Seen: a.Seen, Lacks: a.Lacks}
	for _, i := range cut(a.Items) {
		s.Items = append(s.Items, savedItem{i.Rule.ID, i.Rule.Version, i.Status, dayText(i.Since), dayText(i.Last), i.Pending, i.Fact})
	}
	for _, x := range cut(a.Alerts) {
		s.Alerts = append(s.Alerts, savedAlert{x.Rule.ID, x.Rule.Version, x.Level, x.Severity, dayText(x.Since), x.Facts[:min(len(x.Facts), 8)]})
	}
	for _, g := range a.Groups {
		s.Groups = append(s.Groups, g.ID)
	}
	for _, v := range a.Values {
		k := savedValue{Test: v.Test.ID, When: v.When, Text: v.Text, Source: v.Source, Fact: v.Fact}
		if v.Text != "" {
			k.Number = &v.Number
		}
		s.Values = append(s.Values, k)
	}
	return json.Marshal(s)
}

// errForm says that what was kept is of another program's form: it is worked out again.
var errForm = errors.New("what is kept of a patient is not of this form")

// Decode reads a kept answer. Rules that are not known any more are left out.
func Decode(body []byte) (*Answer, error) {
	var s savedAnswer
	if json.Unmarshal(body, &s) != nil || s.At < 0 || s.Out > Nameless {
		return nil, errForm
	}
	a := &Answer{At: s.At, On: s.On, Again: s.Again, Noted: s.Noted, By: s.By, Out: s.Out, Born: dayOf(s.Born), Seen: s.Seen, Lacks: s.Lacks}
	for _, i := range cut(s.Items) {
		if r := ruleByID(i.Rule); r != nil && i.Status <= Unknown {
			a.Items = append(a.Items, Item{r, i.Status, dayOf(i.Since), dayOf(i.Last), i.Pending, i.Fact})
		}
	}
	for _, x := range cut(s.Alerts) {
		if r := ruleByID(x.Rule); r != nil && x.Level <= rule.Interrupt && x.Severity <= Unsaid {
			a.Alerts = append(a.Alerts, Alert{r, x.Level, x.Severity, dayOf(x.Since), x.Facts})
		}
	}
	for _, id := range cut(s.Groups) {
		if g := GroupByID(id); g != nil {
			a.Groups = append(a.Groups, g)
		}
	}
	for _, v := range cut(s.Values) {
		if t := TestByID(v.Test); t != nil {
			x := Value{Test: t, When: v.When, Text: v.Text, Source: v.Source, Fact: v.Fact}
			if v.Number != nil {
				x.Number = *v.Number
			}
			a.Values = append(a.Values, x)
		}
	}
	return a, nil
}

// Same says whether two answers say the same of the patient, whenever they were
// worked out.
func (a *Answer) Same(b *Answer) bool {
	if a.Out != b.Out || a.Lacks != b.Lacks || !a.Born.Equal(b.Born) || !a.Seen.Equal(b.Seen) ||
		len(a.Items) != len(b.Items) || len(a.Alerts) != len(b.Alerts) || len(a.Groups) != len(b.Groups) || len(a.Values) != len(b.Values) {
		return false
	}
	for i := range a.Items {
		x, y := a.Items[i], b.Items[i]
		if x.Rule.ID != y.Rule.ID || x.Status != y.Status || dayText(x.Since) != dayText(y.Since) || dayText(x.Last) != dayText(y.Last) || x.Pending != y.Pending || x.Fact != y.Fact {
			return false
		}
	}
	for i := range a.Alerts {
		x, y := a.Alerts[i], b.Alerts[i]
		if x.Rule.ID != y.Rule.ID || x.Level != y.Level || x.Severity != y.Severity || dayText(x.Since) != dayText(y.Since) {
			return false
		}
	}
	for i := range a.Groups {
		if a.Groups[i] != b.Groups[i] {
			return false
		}
	}
	for i := range a.Values {
		x, y := a.Values[i], b.Values[i]
		if x.Test != y.Test || !x.When.Equal(y.When) || x.Text != y.Text || x.Number != y.Number || x.Source != y.Source || x.Fact != y.Fact {
			return false
		}
	}
	return true
}
