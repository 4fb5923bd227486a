package immunization

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"wholechart/chart"
	"wholechart/decision/cdsi"
	"wholechart/decision/medicine"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// Need is how pressing a group is.
type Need uint8

// The needs, the most pressing first.
const (
	Overdue      Need = iota
	Due               // recommended now
	MayBeGiven        // from now on, recommended later
	Later             // not yet
	NoneRecorded      // an adult without a recorded dose: not recorded is not "not given"
	Forbidden         // contraindicated
	Declined          // was due, and refused within the last year
	Finished          // complete, immune
	NotNeeded         // aged out, not recommended
	OtherSeason       // the season is newer than the schedule in use: not known
)

func (n Need) String() string {
	return [...]string{"overdue", "due now", "may be given", "later", "none recorded", "contraindicated", "declined", "complete", "not needed", "not known for this season"}[n]
}

// AdultAt is the age in years at which the CDC's schedule for adults begins.
const AdultAt = 19

// Against is a contraindication and what in the record it rests on.
type Against struct {
	Code, Text string
	Facts      []rule.Evidence
}

// Advice is something to ask before a vaccine, since the record does not say it.
type Advice struct {
	Text   string
	Codes  []string // observations that it may be
	Facts  []rule.Evidence
	Groups []string // vaccine groups that it matters for
}

// Group is how a vaccine group stands: of one for whom a risk says so too, once
// for everybody's schedule and once for the risk.
type Group struct {
	cdsi.Group
	Title    string // "Hepatitis B"
	Need     Need
	Because  []Observation // of a risk group: what adds it
	Against  []Against     // contraindications of the group, or of some of its vaccines
	Immunity []Observation // of an immune one
	Born     bool          // immune by the day of birth
	Guidance []string      // the CDC's further words, of its series
	Ask      []string      // what to ask first
	Refused  []chart.Dose  // not given, newest first
	Uncoded  int           // doses by name of this group that could not be counted
}

// Result is how a person stands.
type Result struct {
	On        time.Time
	Known     bool   // something can be said
	Why       string // when nothing can: "no day of birth is recorded"
	Person    cdsi.Person
	Birth     chart.When
	Doses     []Dose // of everything that stands in the record, oldest first
	Groups    []Group
	Observed  []Observation // conditions, contraindications, immunity that the record holds
	Conflicts []Conflict
	Ask       []Advice
	Gaps      []rule.Gap
	Release   string // of the CDC's supporting data
	Stale     bool   // a season newer than the release may have begun
}

const checkName = "immunisation"

// released is when the supporting data in use was published.
var released = time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)

func (r *Result) gap(why string) {
	g := rule.Gap{Check: checkName, Why: why}
	if !slices.Contains(r.Gaps, g) {
		r.Gaps = append(r.Gaps, g)
	}
}

// Evaluate says how a person stands at now, by what the chart shows.
func Evaluate(c *chart.Chart, now time.Time) Result {
	r := Result{On: now}
	_, r.Release, _, _ = cdsi.Release()
	if c == nil {
		r.Why = "no chart was given"
		return r
	}
	if c.Zone != nil { // a day is one of the site's calendar
		now = now.In(c.Zone)
		r.On = now
	}
	r.Birth = c.Patient.Birth
	if c.Patient.Deceased {
		r.Why = "the person has died"
		return r
	}
	r.Person = cdsi.Person{Birth: c.Patient.Birth.At, Sex: sexOf(c)}
	r.doses(c)
	if c.Patient.Birth.Precision < fhir.Day {
		r.Why = "no exact day of birth is recorded"
		r.gap("no exact day of birth is recorded: nothing could be evaluated")
		return r
	}
	if c.Patient.Birth.At.After(now) {
		r.Why = "the day of birth is in the future"
		r.gap("the day of birth is in the future: nothing could be evaluated")
		return r
	}
	r.Known = true
	at := r.count(now)
	o := observe(c, now)
	r.Observed, r.Ask = o.list(), o.ask
	for _, g := range o.gaps {
		r.gap(g.Why)
	}
	for _, x := range r.Observed {
		r.Person.Observations = append(r.Person.Observations, x.Code)
	}
	if len(o.observed) > 0 {
		r.Person.Observed = o.observed
	}
	res := cdsi.Evaluate(r.Person, now)
	r.verdicts(res, at)
	for _, g := range res.Groups {
		r.Groups = append(r.Groups, r.group(g, res, c, now))
	}
	for i := range r.Ask {
		r.Ask[i].Groups = groupsOf(r.Ask[i].Codes)
	}
	slices.SortFunc(r.Ask, func(x, y Advice) int { return strings.Compare(x.Text, y.Text) })
	r.refused(c)
	r.incomplete(c, now)
	return r
}

func sexOf(c *chart.Chart) string {
	if s := strings.ToLower(c.Patient.SexAtBirth); s == "male" || s == "female" || s == "m" || s == "f" {
		return s
	}
	return c.Patient.Sex
}

// verdicts puts what the series say to their doses.
func (r *Result) verdicts(res cdsi.Result, at []int) {
	for _, s := range res.Series {
		for _, e := range s.Evaluations {
			if e.Status == cdsi.NotEvaluated {
				continue
			}
			d := &r.Doses[at[e.Dose]]
			v := Verdict{s.Antigen, s.Group, e.Status, e.TargetDose, e.Reasons}
			// A risk series and the standard one look at the same dose: the one that
			// takes it is the one that is shown.
			i := slices.IndexFunc(d.Antigens, func(o Verdict) bool { return o.Antigen == v.Antigen })
			if i < 0 {
				d.Antigens = append(d.Antigens, v)
			} else if v.Status == cdsi.Valid && d.Antigens[i].Status != cdsi.Valid {
				d.Antigens[i] = v
			}
		}
	}
	for _, i := range res.Unknown {
		d := &r.Doses[at[i]]
		d.Why = "is against nothing that the CDC's schedule knows"
	}
	for i := range r.Doses {
		slices.SortFunc(r.Doses[i].Antigens, func(x, y Verdict) int { return strings.Compare(x.Antigen, y.Antigen) })
	}
}

func (r *Result) observation(code string) Observation {
	for _, o := range r.Observed {
		if o.Code == code {
			return o
		}
	}
	return Observation{Code: code, Title: cdsi.ObservationTitle(code)}
}

func (r *Result) group(g cdsi.Group, res cdsi.Result, c *chart.Chart, now time.Time) Group {
	out := Group{Group: g, Title: Title(g.Name)}
	seen := map[string]bool{}
	once := func(kind, code string) bool {
		k := kind + code
		if seen[k] {
			return false
		}
		seen[k] = true
		return true
	}
	for _, i := range g.Series {
		s := &res.Series[i]
		for _, code := range s.IndicatedBy {
			if once("i", code) {
				out.Because = append(out.Because, r.observation(code))
			}
		}
		for j, code := range s.ContraindicatedBy {
			if text := s.Contraindications[j]; once("c", code+text) {
				out.Against = append(out.Against, Against{code, text, r.observation(code).Facts})
			}
		}
		for _, code := range s.ImmuneBy {
			if code == "birth" {
				out.Born = true
			} else if once("m", code) {
				out.Immunity = append(out.Immunity, r.observation(code))
			}
		}
		for _, text := range s.Guidance {
			if once("g", text) {
				out.Guidance = append(out.Guidance, text)
			}
		}
	}
	for _, a := range r.Ask {
		if slices.Contains(groupsOf(a.Codes), g.Name) {
			out.Ask = append(out.Ask, a.Text)
		}
	}
	out.Need = need(g, r.Birth.At, now)
	return out
}

// need is how pressing a group is on a day.
func need(g cdsi.Group, birth, now time.Time) Need {
	on := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	past := otherSeason(g.Name, on)
	switch g.Status {
	case cdsi.Immune:
		return Finished
	case cdsi.Complete:
		if past && (g.Name == "Influenza" || g.Name == "COVID-19") { // what was complete was last year's
			return OtherSeason
		}
		return Finished
	case cdsi.Contraindicated:
		return Forbidden
	case cdsi.NotComplete:
	default:
		if g.Name == "RSV" && !now.Before(birth.AddDate(0, 8, 0)) {
			return NotNeeded // the season is of infants
		}
		if past && slices.Contains(g.Reasons, "Past seasonal recommendation end date") {
			return OtherSeason
		}
		return NotNeeded
	}
	switch {
	case g.Recommended.IsZero():
		return Later
	case len(g.Evaluations) == 0 && !on.Before(g.Recommended) && g.Type == cdsi.Standard && !now.Before(birth.AddDate(AdultAt, 0, 0)):
		// Nobody wrote down most adults' childhood vaccines: not recorded is not "not given".
		return NoneRecorded
	case !g.PastDue.IsZero() && on.After(g.PastDue) && !(g.Type == cdsi.Risk && len(g.Evaluations) == 0 && !now.Before(birth.AddDate(AdultAt, 0, 0))):
		return Overdue
	case !on.Before(g.Recommended):
		return Due
	case !g.Earliest.IsZero() && !on.Before(g.Earliest):
		return MayBeGiven
	}
	return Later
}

// otherSeason says whether the last season that the schedule in use knows is over.
func otherSeason(group string, on time.Time) bool {
	end := seasons()[group]
	return !end.IsZero() && on.After(end)
}

var seasons = sync.OnceValue(func() map[string]time.Time {
	out := map[string]time.Time{}
	for _, g := range cdsi.Groups() {
		out[g] = cdsi.SeasonEnd(g)
	}
	return out
})

// refused puts what was declined to its groups.
func (r *Result) refused(c *chart.Chart) {
	for _, d := range c.Immunizations.Refused {
		names := cdsi.GroupsOf(d.Code)
		for i := range r.Groups {
			g := &r.Groups[i]
			if !slices.Contains(names, g.Name) || len(g.Refused) == 20 {
				continue
			}
			g.Refused = append(g.Refused, d)
			at := d.When
			if !at.Known() {
				at = d.Prov.When
			}
			if d.Refused && at.Known() && (g.Need == Overdue || g.Need == Due || g.Need == NoneRecorded) && at.At.After(r.On.AddDate(-1, 0, 0)) && !givenAfter(r.Doses, g.Name, at.At) {
				g.Need = Declined
			}
		}
	}
}

func givenAfter(list []Dose, group string, t time.Time) bool {
	return slices.ContainsFunc(list, func(d Dose) bool { return d.When.At.After(t) && slices.Contains(d.Groups, group) })
}

// incomplete says what the answer could not take into account.
func (r *Result) incomplete(c *chart.Chart, now time.Time) {
	var a rule.Answer
	medicine.Incomplete(&a, c, checkName, "Immunization", "Condition", "AllergyIntolerance", "Procedure", "Observation", "MedicationRequest", "MedicationStatement")
	for _, g := range a.Gaps {
		r.gap(g.Why)
	}
	if now.After(released.AddDate(1, 0, 0)) {
		r.Stale = true
		r.gap("the CDC's schedule in use (" + r.Release + ") is of November 2025: newer recommendations and a newer season are not in it")
	}
	for _, g := range r.Groups {
		if g.Need == OtherSeason && !givenAfter(r.Doses, g.Name, seasons()[g.Name]) {
			r.gap(g.Title + ": the season of today is not in the schedule in use")
		}
		for _, code := range g.Undated {
			if r.Person.Observed[code].IsZero() && (code != "120" || r.has("026")) && (code != "171" || r.has("004")) && (code != "170" || r.has("007")) {
				r.gap(fmt.Sprintf("%s: intervals count from “%s”, whose day is not in the record", g.Title, cdsi.ObservationTitle(code)))
			}
		}
	}
	slices.SortFunc(r.Gaps, func(x, y rule.Gap) int { return strings.Compare(x.Why, y.Why) })
}

func (r *Result) has(code string) bool { return slices.Contains(r.Person.Observations, code) }

// Wanted are the groups that something is to be done about within so long, the
// most pressing first; what is due for a risk alone among them.
func (r *Result) Wanted(ahead time.Duration) (out []Group) {
	for _, g := range r.Groups {
		switch {
		case g.Need == Overdue, g.Need == Due, g.Need == NoneRecorded, g.Need == Declined:
		case g.Need == OtherSeason && !givenAfter(r.Doses, g.Name, seasons()[g.Name]): // a dose of this season was given: it is done
		case (g.Need == Later || g.Need == MayBeGiven) && !g.Recommended.IsZero() && g.Recommended.Sub(r.On) <= ahead:
		default:
			continue
		}
		// What the risk asks for no sooner than everybody's schedule is not said twice.
		if i := slices.IndexFunc(out, func(o Group) bool { return o.Name == g.Name }); i >= 0 {
			if g.Need < out[i].Need || g.Need == out[i].Need && g.Recommended.Before(out[i].Recommended) {
				out[i] = g
			}
			continue
		}
		out = append(out, g)
	}
	slices.SortStableFunc(out, func(x, y Group) int { return int(x.Need) - int(y.Need) })
	return out
}

// Find is a group by its CDSi name and kind; nil where the person has none.
func (r *Result) Find(name string, kind cdsi.SeriesType) *Group {
	for i := range r.Groups {
		if r.Groups[i].Name == name && r.Groups[i].Type == kind {
			return &r.Groups[i]
		}
	}
	return nil
}
