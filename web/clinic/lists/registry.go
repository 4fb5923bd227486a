package lists

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"wholechart/decision/standing"
)

// Registry is a question about all patients of a site: who has something and
// lacks something.
type Registry struct {
	ID, Title string
	Says      string // what the list is for, one sentence

	Groups  []string // ids of standing's groups; any of them
	FromAge int      // years; 0: any

	Test     string  // id of standing's test that is asked about; "" none
	Within   int     // months: listed when no result is newer
	Over     float64 // or when the newest value is at least this; 0: not asked
	Visits   int     // months: listed when no visit is newer
	Citation string  // of the interval
}

// member is one patient of a list.
type member struct {
	ID       string
	Why      string // "Diabetes"
	Last     time.Time
	Value    string // of the newest result, with its unit
	Source   string // slug of the site that has it
	LastSeen time.Time
}

// answer is who is on a list now.
type answer struct {
	Members []member
	Of      int  // patients that have what the list asks for
	Cut     bool // more than a list shows
}

const maxMembers = 5000

// Registries are the lists that every site has.
var Registries = []Registry{
	{ID: "diabetes-hba1c", Title: "Diabetes, no HbA1c in six months", Says: "Whose long-term sugar nobody has looked at for half a year.", Groups: []string{"diabetes"}, Test: "hba1c", Within: 6,
		Citation: "American Diabetes Association, Standards of Care 2025, section 6: at least twice a year"},
	{ID: "diabetes-high", Title: "Diabetes, last HbA1c 9 % or more", Says: "Who needs another plan.", Groups: []string{"diabetes"}, Test: "hba1c", Over: 9,
		Citation: "NCQA HEDIS, glycemic status > 9 %"},
	{ID: "pressure-high", Title: "High blood pressure, last systolic 140 or more", Says: "Whose treatment does not reach its goal.", Groups: []string{"hypertension"}, Test: "pressure", Over: 140,
		Citation: "CMS165, controlling high blood pressure: below 140/90"},
	{ID: "kidney-egfr", Title: "Chronic kidney disease, no kidney function in a year", Says: "Who may have worsened unseen.", Groups: []string{"kidney"}, Test: "kidney", Within: 12,
		Citation: "KDIGO 2024, at least once a year"},
	{ID: "warfarin-inr", Title: "Warfarin, no INR in twelve weeks", Says: "Who may bleed or clot.", Groups: []string{"warfarin"}, Test: "inr", Within: 3,
		Citation: "Holbrook A et al., Chest 2012;141(2 Suppl):e152S: up to 12 weeks when stable"},
	{ID: "thyroid-tsh", Title: "Levothyroxine or underactive thyroid, no TSH in a year", Says: "Whose dose nobody has checked.", Groups: []string{"thyroid", "levothyroxine"}, Test: "tsh", Within: 12,
		Citation: "American Thyroid Association 2014: yearly when stable"},
	{ID: "amiodarone-tsh", Title: "Amiodarone, no TSH in six months", Says: "Amiodarone harms the thyroid without a sign.", Groups: []string{"amiodarone"}, Test: "tsh", Within: 6,
		Citation: "FDA-approved label: Pacerone, section 5"},
	{ID: "lithium-level", Title: "Lithium, no level in six months", Says: "The margin between help and harm is narrow.", Groups: []string{"lithium"}, Test: "lithium", Within: 6,
		Citation: "NICE CG185: every 6 months"},
	{ID: "statin-lipids", Title: "Statin, no lipids in fifteen months", Says: "Whether it is taken, and enough.", Groups: []string{"statin"}, Test: "lipids", Within: 15,
		Citation: "2018 AHA/ACC cholesterol guideline: every 3 to 12 months"},
	{ID: "not-seen", Title: "Long-term illness, not seen in a year", Says: "Who has dropped out of care.", Groups: []string{"diabetes", "hypertension", "kidney", "heart-lung"}, Visits: 12, Citation: "our choice"},
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

// TestTitle is the list's test in words; "" of none.
func (r Registry) TestTitle() string {
	if t := standing.TestByID(r.Test); t != nil {
		return t.Title
	}
	return ""
}

// Ask finds who is on a list, of how the patients of the site stand. Who was never
// looked at comes first, then the longest ago.
func Ask(rows []standing.Row, r Registry, now time.Time) (a answer) {
	groups := make([]*standing.Group, len(r.Groups))
	for i, id := range r.Groups {
		groups[i] = standing.GroupByID(id)
	}
	test := standing.TestByID(r.Test)
	for _, row := range rows {
		m := member{ID: row.Patient, LastSeen: row.Seen()}
		in := len(groups) == 0
		for _, g := range groups {
			if row.Is(g) {
				in = true
				m.Why = strings.TrimPrefix(m.Why+", "+g.Title, ", ")
			}
		}
		if r.FromAge > 0 {
			born := row.Born()
			in = in && !born.IsZero() && !born.AddDate(r.FromAge, 0, 0).After(now)
		}
		if !in {
			continue
		}
		a.Of++
		number, numeric := 0.0, false
		if test != nil {
			if v, ok := row.Value(test); ok {
				m.Last, m.Value, m.Source = v.When, v.Text, v.Source
				number, numeric = v.Number, v.Text != ""
			}
		}
		switch {
		case r.Visits > 0:
			in = m.LastSeen.Before(now.AddDate(0, -r.Visits, 0))
		case r.Over > 0:
			in = numeric && number >= r.Over
		default:
			in = m.Last.Before(now.AddDate(0, -r.Within, 0))
		}
		if in {
			a.Members = append(a.Members, m)
		}
	}
	slices.SortStableFunc(a.Members, func(x, y member) int {
		if r.Visits > 0 {
			return cmp.Or(x.LastSeen.Compare(y.LastSeen), cmp.Compare(x.ID, y.ID))
		}
		return cmp.Or(x.Last.Compare(y.Last), cmp.Compare(x.ID, y.ID))
	})
	if len(a.Members) > maxMembers {
		a.Members, a.Cut = a.Members[:maxMembers], true
	}
	return a
}
