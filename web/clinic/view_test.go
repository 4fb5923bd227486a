package clinic

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wholechart/chart"
	"wholechart/web/door"
)

func TestSitesOfOneRecordHaveTheirOwnColours(t *testing.T) {
	v := &view{chart: &chart.Chart{}}
	for i, c := range []int{1, 4, 1, 1, 4, 2} {
		v.chart.Sources = append(v.chart.Sources, &chart.Source{Slug: fmt.Sprint(i), Color: c})
	}
	v.colour()
	var got []int
	for _, s := range v.chart.Sources {
		got = append(got, s.Color)
	}
	if fmt.Sprint(got) != "[1 4 2 3 5 2]" {
		t.Errorf("%v", got)
	}
}

func TestOldMeasurementsSayTheirDay(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	vital := func(id, code, name, day string, value float64) string {
		return fmt.Sprintf(`{"resourceType":"Observation","id":%q,"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":%q,"display":%q}]},"subject":{"reference":"Patient/rosa"},"effectiveDateTime":%q,"valueQuantity":{"value":%v,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}}`, id, code, name, day, value)
	}
	n.Write("maple", rosa, vital("p", "8867-4", "Pulse", "2026-11-14", 74), vital("r", "9279-1", "Breathing", "2019-05-31", 24), vital("w", "8867-4", "Pulse", "2020-01-01", 99),
		strings.NewReplacer("/min", "kg").Replace(vital("kg", "29463-7", "Weight", "2024-02-03", 78.2)))
	p := n.user(physician).open("/maple/patients/rosa")
	s := text(p.card("Last vitals"))
	for _, want := range []string{"14 Nov 2026", "Pulse 74", "Weight, 3 Feb 2024 78.2"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in %s", want, s)
		}
	}
	if strings.Contains(s, "24 /min") {
		t.Errorf("a breathing rate of 2019 stands among the last vitals: %s", s)
	}
}

func TestACutListSaysSo(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	n.Write("maple", rosa)
	for i := range 30 {
		n.Write("maple", fmt.Sprintf(`{"resourceType":"Procedure","id":"p%d","status":"completed","code":{"text":"Procedure %d"},"subject":{"reference":"Patient/rosa"},"performedDateTime":"20%02d-01-02"}`, i, i, i%26))
	}
	p := n.user(physician).open("/maple/patients/rosa")
	if s := text(p.card("Procedures")); !strings.Contains(s, "and 25 more") || !strings.Contains(s, "All 30") {
		t.Error(s)
	}
}

func TestTimesSayTheirZone(t *testing.T) {
	columbus, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	v := &view{call: &call{Call: &door.Call{Zone: columbus}}}
	at, _ := time.Parse(time.RFC3339, "2026-10-02T09:10:00-04:00")
	w := chart.When{ISO: "x", At: at.In(time.FixedZone("", -4*3600)), Precision: 6}
	if got := v.whenText(w); got != "2 Oct 2026, 09:10 EDT" {
		t.Error(got)
	}
	w.At = at.In(time.FixedZone("", -7*3600))
	if got := v.whenText(w); got != "2 Oct 2026, 06:10 UTC-07:00" {
		t.Error(got)
	}
}
