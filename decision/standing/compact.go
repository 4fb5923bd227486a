package standing

import (
	"iter"
	"sync"
	"time"

	"wholechart/decision/rule"
	"wholechart/record"
)

// compact is an answer as it lies in memory: about half a kilobyte. It does not
// change: another takes its place.
type compact struct {
	at     record.Seq
	again  int64  // seconds of 1970
	born   int32  // days of 1970; noDay: not known
	seen   int64  // seconds; 0: never
	by     string // shared by all
	noted  string // shared by those of a day
	out    Out
	lacks  Lack
	loud   [4]uint16 // alerts by level, as the rules are written
	items  []compactItem
	alerts []compactAlert
	groups uint32 // bits of Groups
	values []compactValue
}

type compactItem struct {
	rule        *rule.Rule
	since, last int32
	status      Status
	pending     bool
}

type compactAlert struct {
	rule     *rule.Rule
	since    int32
	level    rule.Level
	severity Severity
}

type compactValue struct {
	when   int64
	number float64
	text   string
	source string // shared
	test   uint8
}

const noDay = -1 << 31

func days(t time.Time) int32 {
	if t.IsZero() {
		return noDay
	}
	y, m, d := t.Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func dayAt(n int32) time.Time {
	if n == noDay {
		return time.Time{}
	}
	return time.Unix(int64(n)*86400, 0).UTC()
}

// shared keeps each of a few strings once.
var shared sync.Map

func share(s string) string {
	v, _ := shared.LoadOrStore(s, s)
	return v.(string)
}

func compactOf(a *Answer) *compact {
	k := &compact{at: a.At, again: a.Again.Unix(), born: days(a.Born), by: share(a.By), noted: a.Noted, out: a.Out, lacks: a.Lacks}
	if !a.Seen.IsZero() {
		k.seen = a.Seen.Unix()
	}
	if len(a.Items) > 0 {
		k.items = make([]compactItem, len(a.Items))
	}
	for i, x := range a.Items {
		k.items[i] = compactItem{x.Rule, days(x.Since), days(x.Last), x.Status, x.Pending}
	}
	if len(a.Alerts) > 0 {
		k.alerts = make([]compactAlert, len(a.Alerts))
	}
	for i, x := range a.Alerts {
		k.alerts[i] = compactAlert{x.Rule, days(x.Since), x.Level, x.Severity}
		k.loud[x.Level&3]++
	}
	for _, g := range a.Groups {
		for i := range Groups {
			if Groups[i] == g {
				k.groups |= 1 << i
			}
		}
	}
	if len(a.Values) > 0 {
		k.values = make([]compactValue, len(a.Values))
	}
	for i, v := range a.Values {
		x := compactValue{when: v.When.Unix(), number: v.Number, text: v.Text, source: share(v.Source)}
		for j := range Tests {
			if Tests[j] == v.Test {
				x.test = uint8(j)
			}
		}
		k.values[i] = x
	}
	return k
}

// Row is how one patient of a site stands, as lists see it. It does not change.
type Row struct {
	Patient string
	k       *compact
}

// Items are what is overdue, due, soon and not known, the most pressing first.
func (r Row) Items() iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for i := range r.k.items {
			x := &r.k.items[i]
			if !yield(Item{x.rule, x.status, dayAt(x.since), dayAt(x.last), x.pending, ""}) {
				return
			}
		}
	}
}

// Alerts are the dangers that stand in the record, the loudest first, each as
// loud as its rule is written: a site's choices are the caller's to apply.
func (r Row) Alerts() iter.Seq[Alert] {
	return func(yield func(Alert) bool) {
		for _, x := range r.k.alerts {
			if !yield(Alert{Rule: x.rule, Level: x.level, Severity: x.severity, Since: dayAt(x.since)}) {
				return
			}
		}
	}
}

// Loud is how many alerts speak at a level, as the rules are written.
func (r Row) Loud(l rule.Level) int { return int(r.k.loud[l&3]) }

// Is says whether the patient is of a group.
func (r Row) Is(g *Group) bool {
	for i := range Groups {
		if Groups[i] == g {
			return r.k.groups&(1<<i) != 0
		}
	}
	return false
}

// Value is the newest result of a test; ok is false when there is none.
func (r Row) Value(t *Test) (v Value, ok bool) {
	for i := range r.k.values {
		if x := &r.k.values[i]; Tests[x.test] == t {
			return Value{Test: t, When: time.Unix(x.when, 0), Text: x.text, Number: x.number, Source: x.source}, true
		}
	}
	return v, false
}

// Seen is the last visit at this site; zero: none is recorded.
func (r Row) Seen() time.Time {
	if r.k.seen == 0 {
		return time.Time{}
	}
	return time.Unix(r.k.seen, 0)
}

// Born is the birth date, or its first possible day; zero: not known.
func (r Row) Born() time.Time { return dayAt(r.k.born) }

// Lacks says what the answer may lack.
func (r Row) Lacks() Lack { return r.k.lacks }
