package bench

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPagesOpensEachAndCountsFailures(t *testing.T) {
	opened := map[string]int{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /maple/signin", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("password") != "right" {
			http.Redirect(w, r, "/maple/signin", http.StatusSeeOther)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "s", Value: "1", Path: "/"})
		http.Redirect(w, r, "/maple/day", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /maple/emr/fhir/Patient", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"entry":[{"resource":{"id":"a"}},{"resource":{"id":"b"}}]}`)
	})
	mux.HandleFunc("GET /maple/", func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("s"); err != nil && !strings.HasSuffix(r.URL.Path, "/signin") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		opened[r.URL.Path]++
		if strings.HasSuffix(r.URL.Path, "/order") {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, strings.Repeat("x", 3000))
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	c := PagesConfig{Base: srv.URL, Site: "maple", User: "doc", Password: "right", Token: "t", Count: 5, Seed: 1}
	var out bytes.Buffer
	got, err := Pages(t.Context(), c, &out)
	if err != nil || len(got) != len(pagesOf) {
		t.Fatalf("%d pages, %v", len(got), err)
	}
	for _, p := range got {
		bad := strings.HasSuffix(p.Page, "/order")
		if bad != (p.Failed > 0) || !bad && (p.P99 < p.P50 || p.Bytes != 3000) {
			t.Errorf("%+v", p)
		}
	}
	if opened["/maple/patients/a"]+opened["/maple/patients/b"] != 8 || !strings.Contains(out.String(), "(500)") {
		t.Errorf("%v\n%s", opened, out.String())
	}
	c.Password = "wrong"
	if _, err := Pages(t.Context(), c, &out); err == nil {
		t.Error("a wrong password opens pages")
	}
}
