package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What the log says of a request is words of ours and of the standard; nothing
// that was sent in an address gets into it.
func TestRoutesNameNobody(t *testing.T) {
	for path, want := range map[string]string{
		"/maple/emr/fhir":                                    "/{site}/emr/fhir",
		"/maple/emr/fhir/":                                   "/{site}/emr/fhir",
		"/maple/emr/fhir/metadata":                           "/{site}/emr/fhir/metadata",
		"/maple/ehr/fhir/Patient/rosa":                       "/{site}/ehr/fhir/Patient/{id}",
		"/maple/ehr/fhir/Patient/rosa/$everything":           "/{site}/ehr/fhir/Patient/{id}/$everything",
		"/maple/emr/fhir/Patient/rosa/_history/3":            "/{site}/emr/fhir/Patient/{id}/_history/{id}",
		"/maple/emr/fhir/Patient/rosa/$rosa-delgado":         "/{site}/emr/fhir/Patient/{id}/{id}",
		"/maple/emr/fhir/rosa":                               "/{site}/emr/fhir/{id}",
		"/maple/emr/fhir/a/b/c/d/e/f/g/h/i/j/k":              "/{site}/emr/fhir/{id}/{id}/{id}/{id}/{id}",
		"/rosa/auth/token":                                   "/{site}/auth/token",
		"/.well-known/jwks.json":                             "/.well-known/jwks.json",
		"/maple/patients/rosa":                               "/{site}/patients/{id}",
		"/maple/patients/rosa/whole/fact/Observation/secret": "/{site}/patients/{id}/whole/fact/{type}/{fact}",
		"/maple/rosa/rosa/rosa/rosa/rosa":                    "other",
		"/assets/rosa":                                       "/",
	} {
		r := httptest.NewRequest("GET", path, nil)
		if strings.HasPrefix(path, "/maple/patients") || strings.HasPrefix(path, "/assets") {
			r.Pattern = map[bool]string{true: "GET " + want, false: "/"}[want != "/"]
			if want == "/" {
				want = "other"
			}
		}
		if got := route(r); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if got := method(httptest.NewRequest("ROSA", "/", nil)); got != "other" {
		t.Errorf("method %s", got)
	}
}

func TestEveryAnswerIsCountedAndCareful(t *testing.T) {
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(old)
	var m meter
	h := m.count(careful(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/rosa":
			w.Write([]byte("four"))
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		}
	})))
	for _, path := range []string{"/rosa", "/broken", "/empty"} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cache-Control"} {
			if rec.Header().Get(name) == "" {
				t.Errorf("%s: no %s", path, name)
			}
		}
	}
	if m.answers[2].Load() != 2 || m.answers[5].Load() != 1 || m.now.Load() != 0 {
		t.Errorf("%d of 2xx, %d of 5xx", m.answers[2].Load(), m.answers[5].Load())
	}
	if text := log.String(); strings.Contains(text, "rosa") || !strings.Contains(text, `"status":200,"bytes":4`) || !strings.Contains(text, `"level":"WARN"`) {
		t.Errorf("the log: %s", text)
	}
}

// Patterns of the pages do not contradict each other, and lead where they say.
func TestPagesAreJoined(t *testing.T) {
	n, err := openNode(t.Context(), t.TempDir(), nodeOptions{make: true})
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	h, err := doors(n, false)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/": 200, "/healthz": 200, "/readyz": 503, "/nowhere/log": 404, "/assets/none.css": 404, announcePath: 200, "/.well-known/jwks.json": 200} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		if rec.Code != want {
			t.Errorf("%s: %d, want %d", path, rec.Code, want)
		}
	}
	far := httptest.NewRequest("GET", "/metrics", nil)
	far.RemoteAddr = "192.0.2.7:1234"
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, far)
	if rec.Code != http.StatusNotFound {
		t.Errorf("metrics to another machine: %d", rec.Code)
	}
}
