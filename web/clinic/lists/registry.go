package lists

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
)

// Registry is a question about all patients of a site: who has something and
// lacks something.
type Registry struct {
	ID, Title string
	Says      string // what the list is for, one sentence

	Problems     []string // codes of Condition, "system|code"; any of them
	ProblemWords []string // words of uncoded ones
	Medicines    []string // words of active MedicationRequests; any of them
	FromAge      int      // years; 0: any
	ToAge        int

	Test     string   // what is asked about, in words
	Codes    []string // of Observation; any of them
	Within   int      // months: listed when no result is newer
	Over     float64  // or when the newest value is at least this; 0: not asked
	Under    float64  // or below this
	Part     string   // code of the component that holds the value: of a blood pressure systolic
	Visits   int      // months: listed when no visit is newer
	Citation string   // of the interval
}

// member is one patient of a list.
type member struct {
	ID       string
	Why      string // "Type 2 diabetes"
	Last     time.Time
	Value    string // of the newest result, with its unit
	Number   float64
	Numeric  bool
	LastSeen time.Time
}

// answer is who is on a list now.
type answer struct {
	Members []member
	Of      int  // patients that have what the list asks for
	Cut     bool // more facts than are looked at: the list may lack somebody
}

// What one list looks at, at most.
const (
	maxFacts   = 20_000
	pageFacts  = 1000
	maxMembers = 2000
	fewMembers = 500 // up to which each is asked for alone
)

const (
	sct   = "http://snomed.info/sct|"
	icd   = "http://hl7.org/fhir/sid/icd-10-cm|"
	loinc = "http://loinc.org|"
)

func tokens(system string, codes ...string) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = system + c
	}
	return out
}

var (
	diabetes     = slices.Concat(tokens(sct, "44054006", "73211009", "46635009", "422034002", "127013003", "90781000119102", "157141000119108", "368581000119106", "1551000119108", "97331000119101"), tokens(icd, "E11.9", "E11.65", "E11.22", "E11.40", "E11.42", "E11.21", "E11.319", "E11.29", "E10.9", "E10.65", "E13.9"))
	hypertension = slices.Concat(tokens(sct, "59621000", "38341003", "1201005"), tokens(icd, "I10", "I11.9", "I12.9", "I13.10"))
	kidney       = slices.Concat(tokens(sct, "709044004", "433144002", "431855005", "431856006", "433146000", "700379002", "700378005"), tokens(icd, "N18.1", "N18.2", "N18.30", "N18.31", "N18.32", "N18.4", "N18.5", "N18.9"))
	thyroid      = slices.Concat(tokens(sct, "40930008", "237519003"), tokens(icd, "E03.9", "E03.8", "E06.3"))
	longTerm     = slices.Concat(diabetes, hypertension, kidney, tokens(sct, "84114007", "49436004", "13645005", "195967001", "53741008"), tokens(icd, "I50.22", "I50.9", "I48.91", "I48.0", "J44.9", "J45.909", "I25.10"))

	hba1c    = tokens(loinc, "4548-4", "17856-6", "4549-2", "59261-8")
	egfr     = tokens(loinc, "33914-3", "48642-3", "48643-1", "62238-1", "77147-7", "98979-8", "98980-6", "2160-0", "38483-4")
	pressure = tokens(loinc, "85354-9", "55284-4")
	inr      = tokens(loinc, "6301-6", "34714-6", "46418-0")
	tsh      = tokens(loinc, "3016-3", "11580-8")
	lipids   = tokens(loinc, "2089-1", "13457-7", "18262-6", "2093-3")
)

// Registries are the lists that every site has.
var Registries = []Registry{
	{ID: "diabetes-hba1c", Title: "Diabetes, no HbA1c in six months", Says: "Whose long-term sugar nobody has looked at for half a year.", Problems: diabetes, ProblemWords: []string{"diabetes"}, Test: "HbA1c", Codes: hba1c, Within: 6,
		Citation: "American Diabetes Association, Standards of Care 2025, section 6: at least twice a year"},
	{ID: "diabetes-high", Title: "Diabetes, last HbA1c 9 % or more", Says: "Who needs another plan.", Problems: diabetes, ProblemWords: []string{"diabetes"}, Test: "HbA1c", Codes: hba1c, Over: 9,
		Citation: "NCQA HEDIS, glycemic status > 9 %"},
	{ID: "pressure-high", Title: "High blood pressure, last systolic 140 or more", Says: "Whose treatment does not reach its goal.", Problems: hypertension, ProblemWords: []string{"hypertension", "high blood pressure"}, Test: "Blood pressure", Codes: pressure, Part: "8480-6", Over: 140,
		Citation: "CMS165, controlling high blood pressure: below 140/90"},
	{ID: "kidney-egfr", Title: "Chronic kidney disease, no kidney function in a year", Says: "Who may have worsened unseen.", Problems: kidney, ProblemWords: []string{"chronic kidney disease"}, Test: "eGFR or creatinine", Codes: egfr, Within: 12,
		Citation: "KDIGO 2024, at least once a year"},
	{ID: "warfarin-inr", Title: "Warfarin, no INR in twelve weeks", Says: "Who may bleed or clot.", Medicines: []string{"warfarin", "coumadin", "jantoven"}, Test: "INR", Codes: inr, Within: 3,
		Citation: "Holbrook A et al., Chest 2012;141(2 Suppl):e152S: up to 12 weeks when stable"},
	{ID: "thyroid-tsh", Title: "Levothyroxine or underactive thyroid, no TSH in a year", Says: "Whose dose nobody has checked.", Problems: thyroid, ProblemWords: []string{"hypothyroidism"}, Medicines: []string{"levothyroxine"}, Test: "TSH", Codes: tsh, Within: 12,
		Citation: "American Thyroid Association 2014: yearly when stable"},
	{ID: "amiodarone-tsh", Title: "Amiodarone, no TSH in six months", Says: "Amiodarone harms the thyroid without a sign.", Medicines: []string{"amiodarone"}, Test: "TSH", Codes: tsh, Within: 6,
		Citation: "FDA-approved label: Pacerone, section 5"},
	{ID: "lithium-level", Title: "Lithium, no level in six months", Says: "The margin between help and harm is narrow.", Medicines: []string{"lithium"}, Test: "Lithium level", Codes: tokens(loinc, "14334-7", "3719-2"), Within: 6,
		Citation: "NICE CG185: every 6 months"},
	{ID: "statin-lipids", Title: "Statin, no lipids in fifteen months", Says: "Whether it is taken, and enough.", Medicines: []string{"atorvastatin", "simvastatin", "rosuvastatin", "pravastatin", "lovastatin", "pitavastatin", "fluvastatin"}, Test: "LDL or total cholesterol", Codes: lipids, Within: 15,
		Citation: "2018 AHA/ACC cholesterol guideline: every 3 to 12 months"},
	{ID: "not-seen", Title: "Long-term illness, not seen in a year", Says: "Who has dropped out of care.", Problems: longTerm, Visits: 12, Citation: "our choice"},
	{ID: "aged-75", Title: "75 and older, not seen in a year", Says: "Who may need a call.", FromAge: 75, Visits: 12, Citation: "our choice"},
}

// ByID is a list by its id.
func ByID(id string) (Registry, bool) {
	i := slices.IndexFunc(Registries, func(r Registry) bool { return r.ID == id })
	if i < 0 {
		return Registry{}, false
	}
	return Registries[i], true
}

// asker reads a site's chart, counting what it looks at.
type asker struct {
	ctx  context.Context
	s    record.Session
	now  time.Time
	seen int
	cut  bool
}

// each gives every match of a search, page by page, until f says that it is enough.
func (a *asker) each(typ string, q url.Values, f func(record.Resource) bool, size int) error {
	q.Set("_count", strconv.Itoa(size))
	q.Del("_after")
	for after := ""; ; {
		if after != "" {
			q.Set("_after", after)
		}
		parsed, err := search.Parse(typ, q, search.Options{Now: a.now, DefaultCount: pageFacts, MaxCount: pageFacts})
		if err != nil {
			return err
		}
		page, err := a.s.Search(a.ctx, parsed)
		var costly *record.TooCostly
		if errors.As(err, &costly) {
			a.cut = true
			return nil
		}
		if err != nil {
			return err
		}
		for _, r := range page.Matches {
			if a.seen++; a.seen > maxFacts {
				a.cut = true
				return nil
			}
			if !f(r) {
				return nil
			}
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}

// newest gives the results of each member alone, the newest first, until f says
// that it is enough: one seek each, by a few hands at once.
func (a *asker) newest(r Registry, members []string, f func(id string, o record.Resource) bool) error {
	var cut atomic.Bool
	defer func() { a.cut = a.cut || cut.Load() }()
	g, ctx := errgroup.WithContext(a.ctx)
	for some := range slices.Chunk(members, max(1, (len(members)+hands-1)/hands)) {
		g.Go(func() error {
			own := asker{ctx: ctx, s: a.s, now: a.now}
			for _, id := range some {
				n := 0
				q := url.Values{"code": {strings.Join(r.Codes, ",")}, "status": {"final,amended,corrected"}, "_sort": {"-date"}, "patient": {id}}
				err := own.each("Observation", q, func(o record.Resource) bool { n++; return f(id, o) && n < 6 }, 2)
				if err != nil {
					return err
				}
			}
			if own.cut { // somebody's results were not looked at: the list says so
				cut.Store(true)
			}
			return nil
		})
	}
	return g.Wait()
}

// hands is how many ask at once.
const hands = 4

// of is the id of the patient that a resource is about.
func of(n fhir.Node, names ...string) string {
	for _, name := range names {
		if typ, id, ok := strings.Cut(n.Path(name, "reference").Str(), "/"); ok && typ == "Patient" {
			return id
		}
	}
	return ""
}

// Ask finds who is on a list. It reads this site's chart alone: what another site
// has done is seen when the patient's whole record is opened. Dates without a
// time are of now's zone.
func Ask(ctx context.Context, s record.Session, r Registry, now time.Time) (answer, error) {
	a := asker{ctx: ctx, s: s, now: now}
	on := map[string]*member{}
	var order []string
	add := func(id, why string) {
		if id == "" {
			return
		}
		if on[id] == nil {
			on[id] = &member{ID: id, Why: why}
			order = append(order, id)
		}
	}
	problem := func(c record.Resource) bool {
		n := c.Node()
		if v := n.Get("verificationStatus").Get("coding").Index(0).Get("code").Str(); v == "refuted" || v == "entered-in-error" {
			return true
		}
		add(s.Standing(of(n, "subject")), fhir.CodeableConceptOf(n.Get("code")).Label())
		return true
	}
	active := "active,recurrence,relapse"
	if len(r.Problems) > 0 {
		if err := a.each("Condition", url.Values{"code": {strings.Join(r.Problems, ",")}, "clinical-status": {active}}, problem, pageFacts); err != nil {
			return answer{}, err
		}
	}
	for _, w := range r.ProblemWords {
		if err := a.each("Condition", url.Values{"code:text": {w}, "clinical-status": {active}}, problem, pageFacts); err != nil {
			return answer{}, err
		}
	}
	for _, w := range r.Medicines {
		err := a.each("MedicationRequest", url.Values{"code:text": {w}, "status": {"active"}}, func(m record.Resource) bool {
			n := m.Node()
			add(s.Standing(of(n, "subject")), fhir.CodeableConceptOf(n.Get("medicationCodeableConcept")).Label())
			return true
		}, pageFacts)
		if err != nil {
			return answer{}, err
		}
	}
	if r.FromAge > 0 && len(r.Problems)+len(r.Medicines)+len(r.ProblemWords) == 0 {
		q := url.Values{"birthdate": {"le" + now.AddDate(-r.FromAge, 0, 0).Format("2006-01-02")}, "deceased": {"false"}}
		if err := a.each("Patient", q, func(p record.Resource) bool { add(s.Standing(p.ID), ""); return true }, pageFacts); err != nil {
			return answer{}, err
		}
	}
	out := answer{Of: len(order)}
	if len(r.Codes) > 0 && len(order) > 0 {
		latest := func(o record.Resource) bool {
			n := o.Node()
			if st := n.Get("status"); !st.Is("final") && !st.Is("amended") && !st.Is("corrected") {
				return true
			}
			if m := on[s.Standing(of(n, "subject"))]; m != nil && m.Last.IsZero() {
				m.result(n, r.Part, now.Location())
			}
			return true
		}
		var err error
		if len(order) <= fewMembers {
			err = a.newest(r, order, func(id string, o record.Resource) bool { latest(o); return on[id].Last.IsZero() })
		} else {
			q := url.Values{"code": {strings.Join(r.Codes, ",")}, "_sort": {"-date"}}
			if r.Within > 0 {
				q.Set("date", "ge"+now.AddDate(0, -2*r.Within-12, 0).Format("2006-01-02"))
			}
			err = a.each("Observation", q, latest, pageFacts)
		}
		if err != nil {
			return answer{}, err
		}
	}
	if r.Visits > 0 && len(order) > 0 {
		q := url.Values{"date": {"ge" + now.AddDate(0, -r.Visits, 0).Format("2006-01-02")}, "status": {"finished,in-progress,arrived,triaged"}}
		err := a.each("Encounter", q, func(e record.Resource) bool {
			n := e.Node()
			if m := on[s.Standing(of(n, "subject"))]; m != nil {
				if at := when(n.Path("period", "start").Str(), now.Location()); at.After(m.LastSeen) {
					m.LastSeen = at
				}
			}
			return true
		}, pageFacts)
		if err != nil {
			return answer{}, err
		}
	}
	for _, id := range order {
		if m := on[id]; r.lists(*m, now) {
			out.Members = append(out.Members, *m)
		}
	}
	out.Cut = a.cut
	// Who was never looked at first, then the longest ago.
	slices.SortStableFunc(out.Members, func(x, y member) int { return x.Last.Compare(y.Last) })
	if len(out.Members) > maxMembers {
		out.Members, out.Cut = out.Members[:maxMembers], true
	}
	return out, nil
}

// lists says whether somebody belongs on the list.
func (r Registry) lists(m member, now time.Time) bool {
	switch {
	case r.Visits > 0:
		return m.LastSeen.Before(now.AddDate(0, -r.Visits, 0))
	case r.Over > 0:
		return m.Numeric && m.Number >= r.Over
	case r.Under > 0:
		return m.Numeric && m.Number < r.Under
	}
	return m.Last.Before(now.AddDate(0, -r.Within, 0))
}

// result keeps the newest result of a member.
func (m *member) result(n fhir.Node, part string, zone *time.Location) {
	at := when(n.Get("effectiveDateTime").Str(), zone)
	if at.IsZero() {
		at = when(n.Path("effectivePeriod", "end").Str(), zone)
	}
	if at.IsZero() {
		return
	}
	v := n.Get("valueQuantity")
	if part != "" {
		var all []string
		for c := range n.Get("component").Items() {
			q := c.Get("valueQuantity")
			all = append(all, q.Get("value").Text())
			for k := range c.Path("code", "coding").Items() {
				if k.Get("code").Str() == part {
					v = q
				}
			}
		}
		m.Value = strings.Join(all, "/")
	} else if v.Exists() {
		m.Value = v.Get("value").Text()
	}
	m.Last = at
	if f, err := strconv.ParseFloat(v.Get("value").Text(), 64); err == nil && v.Get("comparator").Str() == "" {
		m.Number, m.Numeric = f, true
	}
	if u := v.Get("unit").Str(); u != "" && m.Value != "" {
		m.Value += " " + u
	}
}

// when is a date or time; of a date alone the beginning of that day there.
func when(text string, zone *time.Location) time.Time {
	d, err := fhir.ParseDateTime(text)
	if err != nil {
		return time.Time{}
	}
	lo, _ := d.Interval(zone)
	return lo
}
