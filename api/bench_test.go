package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// discard is a response that is thrown away.
type discard struct{ h http.Header }

func (d *discard) Header() http.Header         { return d.h }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

func benchGet(b *testing.B, path string) {
	n := searchable(b)
	token := n.admin("maple")
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		r := httptest.NewRequest("GET", "/maple/emr/fhir"+path, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		for p.Next() {
			w := &discard{http.Header{}}
			n.api.ServeHTTP(w, r)
			if w.h.Get("Content-Length") == "" {
				b.Fatal("no answer")
			}
		}
	})
}

func BenchmarkRead(b *testing.B)       { benchGet(b, "/Observation/o1") }
func BenchmarkSearch(b *testing.B)     { benchGet(b, "/Observation?patient=a&code=code-0") }
func BenchmarkEverything(b *testing.B) { benchGet(b, "/Patient/a/$everything") }
func BenchmarkMetadata(b *testing.B)   { benchGet(b, "/metadata") }

func BenchmarkCreate(b *testing.B) {
	n := searchable(b)
	token := n.admin("maple")
	body := observation("x", "a", "1-1", "2020-01-01")
	b.ReportAllocs()
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			r := httptest.NewRequest("POST", "/maple/emr/fhir/Observation", strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+token)
			w := &discard{http.Header{}}
			n.api.ServeHTTP(w, r)
			if w.h.Get("Etag") == "" {
				b.Fatal("not created")
			}
		}
	})
}

// BenchmarkReadHTTP reads over loopback with 16 clients in this process: what a
// server and its clients reach together on one machine.
func BenchmarkReadHTTP(b *testing.B) {
	n := searchable(b)
	token := n.admin("maple")
	s := httptest.NewServer(n.api)
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32, DisableCompression: true}}
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		r, _ := http.NewRequest("GET", s.URL+"/maple/emr/fhir/Observation/o1", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		for p.Next() {
			res, err := client.Do(r)
			if err != nil || res.StatusCode != 200 {
				b.Fatal(err)
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	})
}

func BenchmarkTransaction(b *testing.B) {
	n := searchable(b)
	token := n.admin("maple")
	obs := strings.Replace(observation("x", "a", "1-1", "2020-01-01"), `"status"`, `"encounter":{"reference":"`+urn(0)+`"},"status"`, 1)
	body := bundleOf("transaction", [4]string{"POST", "Encounter", `{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/a"}}`},
		[4]string{"POST", "Observation", obs}, [4]string{"POST", "Observation", obs})
	b.ReportAllocs()
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			r := httptest.NewRequest("POST", "/maple/emr/fhir", strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+token)
			w := &discard{http.Header{}}
			n.api.ServeHTTP(w, r)
			if w.h.Get("Content-Length") == "" {
				b.Fatal("no answer")
			}
		}
	})
}
