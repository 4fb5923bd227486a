package bench

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// BenchmarkCeiling is the read rate of the driver against a server that does nothing: what the driver and net/http
// themselves cost on this machine. No server measured here can look faster.
func BenchmarkCeiling(b *testing.B) {
	patient := `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Patient","id":"p","name":[{"family":"F"}]}}]}`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/fhir/Patient":
			io.WriteString(w, patient)
		case "/fhir/Observation":
			io.WriteString(w, `{"resourceType":"Bundle","type":"searchset"}`)
		default:
			io.WriteString(w, `{"resourceType":"Patient","id":"p"}`)
		}
	}))
	defer s.Close()
	rep, err := Run(b.Context(), Config{Base: s.URL + "/fhir", Only: []string{"read"}, For: time.Minute, Count: max(b.N, 16)}, io.Discard)
	if err != nil || rep.Errors() > 0 {
		b.Fatal(rep, err)
	}
	b.ReportMetric(rep.Rows[0].Results[0].Rate, "reads/s")
}
