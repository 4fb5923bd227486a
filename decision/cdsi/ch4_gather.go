package cdsi

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// patient is the person made ready (4.1), with the history in order (4.2).
type patient struct {
	r                *rules
	birth, on        day
	sex, country     string
	observations     []string
	observed         map[string]time.Time
	history          []*record // every dose with a known vaccine, in order
	unknown, ignored []int
}

// record is a vaccine dose administered.
type record struct {
	place       int // in Person.Doses
	date        day
	vaccine     int
	mvx         string
	substandard Reason
}

func gather(r *rules, p Person, on time.Time) *patient {
	c := &patient{r: r, birth: dayOf(p.Birth), on: dayOf(on), sex: sexOf(p.Sex), country: p.BirthCountry,
		observations: p.Observations, observed: p.Observed}
	records := make([]record, 0, min(len(p.Doses), MaxDoses))
	for i, d := range p.Doses {
		date := dayOf(d.Date)
		if date == none || date > c.on || len(records) == MaxDoses {
			c.ignored = append(c.ignored, i)
			continue
		}
		v, ok := r.cvx[normalCVX(d.CVX)]
		if !ok || len(r.vaccines[v].antigens) == 0 {
			c.unknown = append(c.unknown, i)
			continue
		}
		rec := record{place: i, date: date, vaccine: v, mvx: strings.ToUpper(strings.TrimSpace(d.MVX))}
		if d.Condition {
			rec.substandard = BadCondition
		}
		if lot := dayOf(d.LotExpires); lot != none && date > lot {
			rec.substandard = Expired
		}
		records = append(records, rec)
	}
	c.history = make([]*record, len(records))
	for i := range records {
		c.history[i] = &records[i]
	}
	slices.SortStableFunc(c.history, func(a, b *record) int { // on one day by vaccine: the order they were told in never matters
		return cmp.Or(cmp.Compare(a.date, b.date), cmp.Compare(a.vaccine, b.vaccine), cmp.Compare(a.mvx, b.mvx),
			cmp.Compare(a.substandard, b.substandard))
	})
	return c
}

// records are the antigen administered records of an antigen (4.2).
func (c *patient) records(antigen int) (out []*record) {
	for _, rec := range c.history {
		if c.has(rec, antigen) {
			out = append(out, rec)
		}
	}
	return out
}

func (c *patient) has(rec *record, antigen int) bool {
	for _, a := range c.r.vaccines[rec.vaccine].antigens {
		if a.antigen == antigen && c.aged(a.begin, a.end, rec.date) {
			return true
		}
	}
	return false
}

// aged says whether on a day the patient is at least begin and not yet end old.
func (c *patient) aged(begin, end period, on day) bool {
	return c.birth.plus(begin).or(past) <= on && on < c.birth.plus(end).or(future)
}

func (c *patient) observes(code string) bool { return slices.Contains(c.observations, code) }
