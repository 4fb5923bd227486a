package clinic

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"syscall"
	"testing"
	"time"

	"wholechart/auth"
	"wholechart/fhir"
	"wholechart/internal/pagetest"
	"wholechart/record"
)

// BenchmarkChartPage opens the overview of patients of 300, 5,000 and 100,000
// resources, in the chart and as a whole record half of which is another site's:
// fetch, assembly and HTML, without the network. The bars are p99 < 50 ms for
// 5,000 and < 200 ms for 100,000. -benchtime 200x gives a 99th percentile.
func BenchmarkChartPage(b *testing.B) {
	for _, size := range []int{300, 5_000, 100_000} {
		for _, lens := range []string{"", "/whole"} {
			b.Run(fmt.Sprint(size, lens), func(b *testing.B) { benchmarkPage(b, size, lens) })
		}
	}
}

func benchmarkPage(b *testing.B, size int, lens string) {
	n := newNode(b, []string{"maple", "riverside"}, nil, nil)
	if lens == "" {
		n.crowd("maple", size)
	} else {
		n.crowd("maple", size/2)
		n.crowd("riverside", size/2)
		riverside, err := n.Records.Site("riverside")
		if err != nil {
			b.Fatal(err)
		}
		if err := n.System("maple").SetLink(b.Context(), "crowd", riverside, "crowd", record.Linked, 0.99, "bench"); err != nil {
			b.Fatal(err)
		}
	}
	h, err := New(Config{Records: n.Records, Auth: n.Auth, Now: n.Clock})
	if err != nil {
		b.Fatal(err)
	}
	if err := n.Auth.AddUser(b.Context(), physician, pagetest.Password); err != nil {
		b.Fatal(err)
	}
	token, err := n.Auth.Issue(b.Context(), physician.Actor(), auth.Page, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	spent := cpu(b)
	for b.Loop() {
		req := httptest.NewRequest("GET", "/maple/patients/crowd"+lens, nil)
		req.AddCookie(&http.Cookie{Name: "wc_session", Value: token})
		w := httptest.NewRecorder()
		began := time.Now()
		h.ServeHTTP(w, req)
		took = append(took, time.Since(began))
		if w.Code != 200 {
			b.Fatal(w.Code)
		}
		b.SetBytes(int64(w.Body.Len()))
	}
	b.ReportMetric(float64((cpu(b)-spent).Microseconds())/1000/float64(len(took)), "cpu-ms")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
}

// cpu is the processor time of this process so far: what a page costs on a
// machine that others use at the same time.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// crowd writes a patient with so many resources, of the mix a long chart has.
func (n *node) crowd(site string, size int) {
	n.T.Helper()
	n.Write(site, `{"resourceType":"Patient","id":"crowd","name":[{"family":"Crowd","given":["Ada"]}],"gender":"female","birthDate":"1941-05-06"}`)
	var acts []record.Act
	flush := func() {
		if len(acts) == 0 {
			return
		}
		if _, err := n.System(site).Transact(n.T.Context(), acts); err != nil {
			n.T.Fatal(err)
		}
		acts = acts[:0]
	}
	labs := []string{"4548-4", "2823-3", "2160-0", "33914-3", "718-7", "2085-9", "13457-7", "2345-7", "2951-2", "6301-6"}
	for i := range size - 1 {
		day := pagetest.Anchor.Add(-time.Duration(i) * 20 * 365 * 24 * time.Hour / time.Duration(size)).Format(time.RFC3339)
		var text string
		switch i % 20 {
		case 0, 1:
			text = fmt.Sprintf(`{"resourceType":"Encounter","id":"e%d","status":"finished","class":{"code":"AMB"},"type":[{"text":"Visit"}],"subject":{"reference":"Patient/crowd"},"period":{"start":%q,"end":%q}}`, i, day, day)
		case 2:
			text = fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"m%d","status":"completed","intent":"order","medicationCodeableConcept":{"text":"Drug %d 5 MG Oral Tablet"},"subject":{"reference":"Patient/crowd"},"authoredOn":%q}`, i, i%40, day)
		case 3:
			text = fmt.Sprintf(`{"resourceType":"Procedure","id":"p%d","status":"completed","code":{"text":"Procedure %d"},"subject":{"reference":"Patient/crowd"},"performedDateTime":%q}`, i, i%30, day)
		case 4:
			text = fmt.Sprintf(`{"resourceType":"Condition","id":"c%d","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"resolved"}]},"code":{"text":"Condition %d"},"subject":{"reference":"Patient/crowd"},"onsetDateTime":%q}`, i, i%60, day)
		case 5:
			text = fmt.Sprintf(`{"resourceType":"DiagnosticReport","id":"r%d","status":"final","code":{"text":"Panel %d"},"subject":{"reference":"Patient/crowd"},"effectiveDateTime":%q}`, i, i%12, day)
		default:
			text = fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":%q,"display":"Lab %s"}]},"subject":{"reference":"Patient/crowd"},"effectiveDateTime":%q,"valueQuantity":{"value":%d.%d,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"},"referenceRange":[{"low":{"value":3},"high":{"value":6}}]}`, i, labs[i%10], labs[i%10], day, 3+i%4, i%10)
		}
		d, err := fhir.Parse([]byte(text))
		if err != nil {
			n.T.Fatal(err)
		}
		acts = append(acts, record.Act{Op: record.Update, Type: d.Root().ResourceType(), ID: d.Root().ID(), Resource: d.Root()})
		if len(acts) == 5000 {
			flush()
		}
	}
	flush()
}
