package standing

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/fhir"
)

// Group are patients who have something in common that a registry asks for: a
// problem, a medicine.
type Group struct {
	ID, Title string
	Problems  []string // codes, "system|code"; any of them
	Words     []string // of problems without one of these codes; each word in its place
	Medicines []string // ingredients or words of what is taken
}

// Test is what a registry looks at: any of the codes.
type Test struct {
	ID, Title string
	Codes     []string // "system|code"
	Part      string   // code of the component that is the number: of a blood pressure systolic
}

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

// Groups are all groups.
var Groups = []*Group{
	{ID: "diabetes", Title: "Diabetes", Words: []string{"diabetes"},
		Problems: slices.Concat(tokens(sct, "44054006", "73211009", "46635009", "422034002", "127013003", "90781000119102", "157141000119108", "368581000119106", "1551000119108", "97331000119101"), tokens(icd, "E11.9", "E11.65", "E11.22", "E11.40", "E11.42", "E11.21", "E11.319", "E11.29", "E10.9", "E10.65", "E13.9"))},
	{ID: "hypertension", Title: "High blood pressure", Words: []string{"hypertension", "high blood pressure"},
		Problems: slices.Concat(tokens(sct, "59621000", "38341003", "1201005"), tokens(icd, "I10", "I11.9", "I12.9", "I13.10"))},
	{ID: "kidney", Title: "Chronic kidney disease", Words: []string{"chronic kidney disease"},
		Problems: slices.Concat(tokens(sct, "709044004", "433144002", "431855005", "431856006", "433146000", "700379002", "700378005"), tokens(icd, "N18.1", "N18.2", "N18.30", "N18.31", "N18.32", "N18.4", "N18.5", "N18.9"))},
	{ID: "thyroid", Title: "Underactive thyroid", Words: []string{"hypothyroidism"},
		Problems: slices.Concat(tokens(sct, "40930008", "237519003"), tokens(icd, "E03.9", "E03.8", "E06.3"))},
	{ID: "heart-lung", Title: "Heart or lung disease",
		Problems: slices.Concat(tokens(sct, "84114007", "49436004", "13645005", "195967001", "53741008"), tokens(icd, "I50.22", "I50.9", "I48.91", "I48.0", "J44.9", "J45.909", "I25.10"))},
	{ID: "warfarin", Title: "Warfarin", Medicines: []string{"warfarin", "coumadin", "jantoven"}},
	{ID: "levothyroxine", Title: "Levothyroxine", Medicines: []string{"levothyroxine"}},
	{ID: "amiodarone", Title: "Amiodarone", Medicines: []string{"amiodarone"}},
	{ID: "lithium", Title: "Lithium", Medicines: []string{"lithium"}},
	{ID: "statin", Title: "Statin", Medicines: []string{"atorvastatin", "simvastatin", "rosuvastatin", "pravastatin", "lovastatin", "pitavastatin", "fluvastatin"}},
}

// Tests are all tests.
var Tests = []*Test{
	{ID: "hba1c", Title: "HbA1c", Codes: tokens(loinc, "4548-4", "17856-6", "4549-2", "59261-8")},
	{ID: "pressure", Title: "Blood pressure", Codes: tokens(loinc, "85354-9", "55284-4"), Part: "8480-6"},
	{ID: "kidney", Title: "eGFR or creatinine", Codes: tokens(loinc, "33914-3", "48642-3", "48643-1", "62238-1", "77147-7", "98979-8", "98980-6", "2160-0", "38483-4")},
	{ID: "inr", Title: "INR", Codes: tokens(loinc, "6301-6", "34714-6", "46418-0")},
	{ID: "tsh", Title: "TSH", Codes: tokens(loinc, "3016-3", "11580-8")},
	{ID: "lithium", Title: "Lithium level", Codes: tokens(loinc, "14334-7", "3719-2")},
	{ID: "lipids", Title: "LDL or total cholesterol", Codes: tokens(loinc, "2089-1", "13457-7", "18262-6", "2093-3")},
}

// GroupByID is a group; nil when there is none of the id.
func GroupByID(id string) *Group {
	for _, g := range Groups {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// TestByID is a test; nil when there is none of the id.
func TestByID(id string) *Test {
	for _, t := range Tests {
		if t.ID == id {
			return t
		}
	}
	return nil
}

func coded(codes []string, have []fhir.Coding) bool {
	return slices.ContainsFunc(have, func(c fhir.Coding) bool {
		return slices.ContainsFunc(codes, func(k string) bool {
			return len(k) == len(c.System)+1+len(c.Code) && strings.HasPrefix(k, c.System) && strings.HasSuffix(k, c.Code)
		})
	})
}

// groupsOf are the groups that a patient belongs to: by an active problem that is
// not only suspected to be absent, by a medicine that is taken.
func groupsOf(c *chart.Chart) (out []*Group) {
	problems := make([][]string, len(c.Problems.Active))
	for _, g := range Groups {
		in := false
		for i := range c.Problems.Active {
			p := &c.Problems.Active[i]
			if !p.Active() && p.Clinical != "" {
				continue
			}
			if coded(g.Problems, p.Codes) {
				in = true
				break
			}
			if len(g.Words) == 0 {
				continue
			}
			if problems[i] == nil {
				problems[i] = fact.Words(p.Name)
			}
			if fact.Any(problems[i], g.Words...) && !fact.Any(problems[i], "family history", "history of", "risk of", "screening", "no", "not", "gestational") {
				in = true
				break
			}
		}
		for i := 0; !in && i < len(c.Medicines.Active) && len(g.Medicines) > 0; i++ {
			m := &c.Medicines.Active[i]
			words := fact.Words(m.Name + " " + m.Ingredient + " " + m.Full)
			in = fact.Any(words, g.Medicines...)
		}
		if in {
			out = append(out, g)
		}
	}
	return out
}

// valuesOf are the newest results of the tests, from wherever they came.
func valuesOf(c *chart.Chart, now time.Time) (out []Value) {
	for _, t := range Tests {
		var best *chart.Point
		var of *chart.Series
		for _, s := range c.Results.Series {
			if !coded(t.Codes, s.Codes) && !coded(t.Codes, []fhir.Coding{s.Code}) {
				continue
			}
			for i := len(s.Points) - 1; i >= 0; i-- {
				p := &s.Points[i]
				if p.Status != "final" && p.Status != "amended" && p.Status != "corrected" || !p.When.Known() || p.When.At.After(now) {
					continue
				}
				if best == nil || best.When.At.Before(p.When.At) {
					best, of = p, s
				}
				break
			}
		}
		if best == nil {
			continue
		}
		v := Value{Test: t, When: best.When.At, Source: best.Prov.Source.Slug, Fact: factID(best.Prov)}
		number := best.Number
		if t.Part != "" {
			number = partOf(of, best, t.Part)
		}
		if !math.IsNaN(number) && !strings.ContainsAny(best.Value, "<>≤≥") {
			v.Number = number
			v.Text = numeric(best.Value, best.Unit)
			if v.Text == "" {
				v.Text = strconv.FormatFloat(number, 'f', -1, 64)
			}
		}
		out = append(out, v)
	}
	return out
}

// partOf is the number of one component of a point.
func partOf(s *chart.Series, p *chart.Point, code string) float64 {
	for _, part := range s.Parts {
		if part.Code.Code != code && !slices.ContainsFunc(part.Codes, func(c fhir.Coding) bool { return c.Code == code }) {
			continue
		}
		for i := len(part.Points) - 1; i >= 0; i-- {
			if q := &part.Points[i]; q.Prov.ID == p.Prov.ID && q.Prov.Source == p.Prov.Source {
				return q.Number
			}
		}
	}
	return math.NaN()
}

// numeric is a value and its unit when it is made of figures alone: "144/88
// mm[Hg]". Words of a result are not kept.
func numeric(value, unit string) string {
	if value == "" || len(value) > 24 || strings.Trim(value, "0123456789./,- ") != "" {
		return ""
	}
	if unit == "" || len(unit) > 24 {
		return value
	}
	return value + " " + unit
}
