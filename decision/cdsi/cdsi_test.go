package cdsi

import (
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func on(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err)
	}
	return t
}

func doses(s string) (out []Dose) {
	for _, f := range strings.Fields(s) {
		cvx, date, _ := strings.Cut(f, "@")
		cvx, mvx, _ := strings.Cut(cvx, "/")
		out = append(out, Dose{Date: on(date), CVX: cvx, MVX: mvx})
	}
	return out
}

// TestForecasts holds what the CDC's own suite does not (it has no persons with
// observations), and enough of the rest for a machine without the suite. Dates
// are reckoned by hand from the supporting data's ages and intervals.
func TestForecasts(t *testing.T) {
	for _, c := range []struct {
		name, birth, sex, country, doses, obs, on, group string
		kind                                             SeriesType
		status                                           Status
		number                                           int
		earliest, recommended, pastDue                   string
		evals                                            []DoseStatus
		reason                                           Reason // of the last dose
	}{
		{name: "newborn, DTaP", birth: "2025-11-10", sex: "F", on: "2025-11-10", group: "DTaP/Tdap/Td", status: NotComplete, number: 1,
			earliest: "2025-12-22", recommended: "2026-01-10", pastDue: "2026-03-09"},
		{name: "newborn, rotavirus", birth: "2025-11-10", on: "2025-11-10", group: "Rotavirus", status: NotComplete, number: 1,
			earliest: "2025-12-22", recommended: "2026-01-10"},
		{name: "rotavirus not begun at 15 weeks and a day", birth: "2025-01-01", on: "2025-11-10", group: "Rotavirus", status: AgedOut},
		{name: "second DTaP a day before the grace of 10 weeks", birth: "2025-09-06", doses: "107@2025-10-15 107@2025-11-10", on: "2025-11-10",
			group: "DTaP/Tdap/Td", status: NotComplete, number: 2, earliest: "2025-12-08", recommended: "2026-01-06", pastDue: "2026-03-05",
			evals: []DoseStatus{Valid, NotValid}, reason: TooYoung},
		{name: "two MMR", birth: "2015-01-01", doses: "03@2016-01-01 03@2019-06-01", on: "2025-11-10", group: "MMR", status: Complete,
			evals: []DoseStatus{Valid, Valid}},
		{name: "three MMR", birth: "2015-01-01", doses: "03@2016-01-01 03@2019-06-01 03@2020-06-01", on: "2025-11-10", group: "MMR", status: Complete,
			evals: []DoseStatus{Valid, Valid, Extraneous}, reason: AlreadyDone},
		{name: "MMR too soon after MMR", birth: "2015-01-01", doses: "03@2016-01-01 03@2016-01-20", on: "2016-01-21", group: "MMR", status: NotComplete,
			number: 2, earliest: "2016-02-17", recommended: "2019-01-01", pastDue: "2022-01-28", evals: []DoseStatus{Valid, NotValid}, reason: TooSoon},
		{name: "varicella 27 days after MMR", birth: "2024-09-01", doses: "03@2025-09-10 21@2025-10-07", on: "2025-11-10", group: "Varicella",
			status: NotComplete, number: 1, earliest: "2025-11-04", recommended: "2025-11-04", pastDue: "2026-01-28", evals: []DoseStatus{NotValid}, reason: Conflict},
		{name: "born before 1957", birth: "1950-05-05", on: "2025-11-10", group: "MMR", status: Immune},
		{name: "born before 1957, works in health care", birth: "1950-05-05", obs: "055", on: "2025-11-10", group: "MMR", kind: Risk, status: NotComplete,
			number: 1, earliest: "1968-05-05", recommended: "1968-05-05"},
		{name: "varicella, born in the U.S. before 1980", birth: "1970-05-05", country: "U.S.", on: "2025-11-10", group: "Varicella", status: Immune},
		{name: "varicella, the same but pregnant", birth: "1990-05-05", sex: "F", country: "U.S.", obs: "007", on: "2025-11-10", group: "Varicella", status: Contraindicated},
		{name: "laboratory evidence of hepatitis A", birth: "2020-01-01", obs: "018", on: "2025-11-10", group: "HepA", status: Immune},
		{name: "severe combined immunodeficiency", birth: "2025-09-10", obs: "013", on: "2025-11-10", group: "Rotavirus", status: Contraindicated},
		{name: "hepatitis A, an adult without risk", birth: "1990-01-01", on: "2025-11-10", group: "HepA", status: AgedOut},
		{name: "hepatitis A, an adult who asks for it", birth: "1990-01-01", obs: "001", on: "2025-11-10", group: "HepA", kind: Risk, status: NotComplete, number: 1,
			earliest: "2009-01-01", recommended: "2009-01-01"},
	} {
		kind := c.kind
		if kind == "" {
			kind = Standard
		}
		p := Person{Birth: on(c.birth), Sex: c.sex, BirthCountry: c.country, Doses: doses(c.doses), Observations: strings.Fields(c.obs)}
		got := Evaluate(p, on(c.on))
		at := slices.IndexFunc(got.Groups, func(g Group) bool { return g.Name == c.group && g.Type == kind })
		if at < 0 {
			t.Errorf("%s: no forecast of %s for %s", c.name, c.group, kind)
			continue
		}
		g := got.Groups[at]
		if g.Status != c.status || g.DoseNumber != c.number || !g.Earliest.Equal(on(c.earliest)) || !g.Recommended.Equal(on(c.recommended)) || !g.PastDue.Equal(on(c.pastDue)) {
			t.Errorf("%s: %s %d, %s, %s, %s", c.name, g.Status, g.DoseNumber, g.Earliest.Format(time.DateOnly), g.Recommended.Format(time.DateOnly), g.PastDue.Format(time.DateOnly))
		}
		var evals []DoseStatus
		for _, e := range g.Evaluations {
			evals = append(evals, e.Status)
		}
		if !slices.Equal(evals, c.evals) {
			t.Errorf("%s: doses are %q, want %q", c.name, evals, c.evals)
		}
		if c.reason != "" && !slices.Contains(g.Evaluations[len(g.Evaluations)-1].Reasons, c.reason) {
			t.Errorf("%s: reasons are %q, want %q", c.name, g.Evaluations[len(g.Evaluations)-1].Reasons, c.reason)
		}
	}
}

func TestDosesThatDoNotCount(t *testing.T) {
	p := Person{Birth: on("2015-01-01"), Doses: []Dose{
		{Date: on("2016-01-01"), CVX: "3", LotExpires: on("2015-12-31")},
		{Date: on("2016-03-01"), CVX: "03", Condition: true},
		{Date: on("2016-04-01"), CVX: "nonsense"},
		{Date: on("2030-01-01"), CVX: "03"},
		{CVX: "03"},
		{Date: on("2016-05-01"), CVX: " 3 "},
	}}
	got := Evaluate(p, on("2025-11-10"))
	if !slices.Equal(got.Unknown, []int{2}) || !slices.Equal(got.Ignored, []int{3, 4}) {
		t.Errorf("unknown %v, ignored %v", got.Unknown, got.Ignored)
	}
	g := got.Groups[slices.IndexFunc(got.Groups, func(g Group) bool { return g.Name == "MMR" })]
	want := []Evaluation{{Dose: 0, Status: SubStandard, Reasons: []Reason{Expired}}, {Dose: 1, Status: SubStandard, Reasons: []Reason{BadCondition}},
		{Dose: 5, TargetDose: 1, Status: Valid}}
	if !reflect.DeepEqual(g.Evaluations, want) || g.DoseNumber != 2 {
		t.Errorf("%+v, number %d", g.Evaluations, g.DoseNumber)
	}
	if got := Evaluate(Person{}, on("2025-11-10")); len(got.Groups) != 0 {
		t.Errorf("somebody without a day of birth has the forecasts %+v", got.Groups)
	}
}

// TestContraindicatedVaccine: a contraindicated vaccine is not recommended, and
// the others are.
func TestContraindicatedVaccine(t *testing.T) {
	got := Evaluate(Person{Birth: on("2025-09-10"), Observations: []string{"104"}}, on("2025-11-10")) // latex: Rotarix
	for _, s := range got.Series {
		if s.Antigen == "Rotavirus" && (s.Status != NotComplete || len(s.Contraindications) != 1 || !strings.Contains(s.Contraindications[0], "latex")) {
			t.Errorf("%s %q", s.Status, s.Contraindications)
		}
	}
}

// TestPregnancy: a dose counts for the pregnancy only after its onset, and
// where the onset is not known that is said.
func TestPregnancy(t *testing.T) {
	p := Person{Birth: on("1995-01-01"), Sex: "F", Doses: doses("115@2006-03-01"), Observations: []string{"007"}}
	find := func(r Result) Group {
		at := slices.IndexFunc(r.Groups, func(g Group) bool { return g.Name == "DTaP/Tdap/Td" && g.Type == Risk })
		if at < 0 {
			t.Fatal("no forecast for the pregnancy")
		}
		return r.Groups[at]
	}
	if g := find(Evaluate(p, on("2025-11-10"))); !slices.Equal(g.Undated, []string{"170"}) {
		t.Errorf("the onset is not known and not missed: %+v", g)
	}
	p.Observations, p.Observed = append(p.Observations, "170"), map[string]time.Time{"170": on("2025-06-01")}
	if g := find(Evaluate(p, on("2025-11-10"))); g.Undated != nil || g.Status != NotComplete || !g.Recommended.Equal(on("2025-12-07")) || g.Evaluations[0].Status != NotValid {
		t.Errorf("27 weeks after the onset: %+v", g)
	}
	p.Doses = append(p.Doses, doses("115@2025-12-08")...)
	if g := find(Evaluate(p, on("2025-12-10"))); g.Status != Complete {
		t.Errorf("given in the pregnancy: %+v", g)
	}
}

func TestCodes(t *testing.T) {
	if got := ObservationCodes("http://snomed.info/sct", "77386006"); !slices.Equal(got, []string{"007"}) || ObservationTitle("007") != "Pregnant" {
		t.Errorf("pregnancy is %q, %q", got, ObservationTitle("007"))
	}
	if ObservationCodes("http://snomed.info/sct", "1") != nil || ObservationTitle("nothing") != "" || VaccineName("nothing") != "" || VaccineName("3") != "MMR" {
		t.Error("unknown codes are known, or MMR is not")
	}
}

func TestRelease(t *testing.T) {
	name, version, licence, sum := Release()
	source, err := os.ReadFile("SOURCE")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{name, version, licence, sum} {
		if s == "" || !strings.Contains(string(source), s) {
			t.Errorf("SOURCE does not say %q", s)
		}
	}
}

// TestSafety: whatever was given, in whatever order it was told, there is one
// answer, and its dates are in order.
func TestSafety(t *testing.T) {
	r := loaded()
	rnd := rand.New(rand.NewPCG(4, 64))
	for range 400 {
		p := Person{Birth: on("1930-01-01").AddDate(0, 0, rnd.IntN(95*365)), Sex: []string{"F", "M", ""}[rnd.IntN(3)]}
		day := on("2025-11-10").AddDate(0, 0, rnd.IntN(400))
		for range rnd.IntN(12) {
			p.Doses = append(p.Doses, Dose{CVX: r.vaccines[rnd.IntN(len(r.vaccines))].cvx,
				Date: day.AddDate(0, 0, -rnd.IntN(1+int(day.Sub(p.Birth).Hours()/24)))})
		}
		for range rnd.IntN(4) {
			p.Observations = append(p.Observations, r.source.Observations[rnd.IntN(len(r.source.Observations))].Code)
		}
		got := Evaluate(p, day)
		for _, g := range got.Groups {
			if (g.Status == NotComplete) != !g.Earliest.IsZero() || g.Recommended.Before(g.Earliest) || !g.PastDue.IsZero() && g.PastDue.Before(g.Earliest) ||
				(g.Status == NotComplete) != (g.DoseNumber > 0) {
				t.Fatalf("%+v of %+v", g, p)
			}
		}
		order := rnd.Perm(len(p.Doses))
		q := p
		q.Doses = nil
		for _, i := range order {
			q.Doses = append(q.Doses, p.Doses[i])
		}
		other := Evaluate(q, day)
		for i, g := range got.Groups {
			if o := other.Groups[i]; o.Status != g.Status || o.Dates != g.Dates || o.DoseNumber != g.DoseNumber || o.Name != g.Name {
				t.Fatalf("in another order %+v, not %+v: %+v", o, g, p)
			}
		}
	}
	everything := Person{Birth: on("2000-01-01"), Sex: "F"}
	for _, o := range r.source.Observations {
		everything.Observations = append(everything.Observations, o.Code)
	}
	for i := range 2 * MaxDoses {
		everything.Doses = append(everything.Doses, Dose{CVX: r.vaccines[i%len(r.vaccines)].cvx, Date: on("2001-01-01").AddDate(0, 0, i)})
	}
	if got := Evaluate(everything, on("2025-11-10")); len(got.Ignored) < MaxDoses/2 {
		t.Errorf("of %d doses only %d are ignored", len(everything.Doses), len(got.Ignored))
	}
}
