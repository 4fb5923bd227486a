package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a FHIR server in memory that answers just the questions of the driver, rightly unless told otherwise.
type fake struct {
	*httptest.Server
	mu    sync.Mutex
	all   []map[string]any // in order of creation
	byRef map[string]map[string]any
	next  int

	token    string
	idPrefix string                                 // of ids it gives
	wrong    func(r *http.Request, body any) any    // may replace an answer
	status   func(r *http.Request) int              // may replace a status
	slow     time.Duration                          // before each answer
	rewrite  func(patient string, list []any) []any // of $everything
	perPage  int                                    // of $everything, 0: one page
}

func newFake(t *testing.T) *fake {
	f := &fake{byRef: map[string]map[string]any{}, token: "secret", idPrefix: "n"}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) base() string { return f.URL + "/maple/emr/fhir" }

func (f *fake) put(r map[string]any) map[string]any {
	f.next++
	if r["id"] == nil {
		r["id"] = f.idPrefix + strconv.Itoa(f.next)
	}
	f.all = append(f.all, r)
	f.byRef[r["resourceType"].(string)+"/"+r["id"].(string)] = r
	return r
}

// fill writes persons with observations.
func (f *fake) fill(persons, observations int) {
	for p := range persons {
		pat := f.put(object(`{"resourceType":"Patient","id":"p%d","name":[{"family":"Family%d","given":["Given"]}],"identifier":[{"system":"http://example.org/mrn","value":"M%d"}]}`, p, p, p))
		ref := "Patient/" + pat["id"].(string)
		enc := f.put(object(`{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"subject":{"reference":%q}}`, ref))
		for o := range observations {
			category := "vital-signs"
			if o%2 == 0 {
				category = "laboratory"
			}
			f.put(object(`{"resourceType":"Observation","status":"final","category":[{"coding":[{"code":%q}]}],"code":{"coding":[{"system":"http://loinc.org","code":"c%d"}]},
				"subject":{"reference":%q},"encounter":{"reference":"Encounter/%s"},"effectiveDateTime":"2020-01-%02dT10:00:00Z"}`, category, o%4, ref, enc["id"], o%28+1))
		}
	}
}

func object(format string, args ...any) map[string]any {
	v, err := readJSON(fmt.Appendf(nil, format, args...))
	if err != nil {
		panic(format)
	}
	return v
}

func dig(v any, path ...string) string {
	for _, p := range path {
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
		}
		m, _ := v.(map[string]any)
		v = m[p]
	}
	s, _ := v.(string)
	return s
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(f.slow)
	f.mu.Lock()
	defer f.mu.Unlock()
	code, body := f.answer(w, r)
	if f.wrong != nil {
		body = f.wrong(r, body)
	}
	if f.status != nil {
		if s := f.status(r); s != 0 {
			code = s
		}
	}
	w.Header().Set("Content-Type", "application/fhir+json")
	if page, ok := body.(string); ok {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(code)
		io.WriteString(w, page)
		return
	}
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(body)
}

var notFound = map[string]any{"resourceType": "OperationOutcome"}

func (f *fake) answer(w http.ResponseWriter, r *http.Request) (int, any) {
	if id, ok := strings.CutPrefix(r.URL.Path, "/maple/patient/"); ok {
		if r.Header.Get("Cookie") != "session=1" {
			return http.StatusSeeOther, "<html></html>"
		}
		return 200, "<html><h1>" + id + "</h1></html>"
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/maple/emr/fhir")
	if !ok {
		return 404, notFound
	}
	if r.Header.Get("Authorization") != "Bearer "+f.token {
		return 401, notFound
	}
	path = strings.Trim(path, "/")
	if r.Method == http.MethodPost {
		raw, _ := io.ReadAll(r.Body)
		body, err := readJSON(raw)
		if err != nil {
			return 400, notFound
		}
		if path == "" {
			return 200, f.transaction(body)
		}
		x := f.put(body)
		w.Header().Set("Location", fmt.Sprintf("%s/%s/%s/_history/1", f.base(), path, x["id"]))
		return 201, x
	}
	typ, id, single := strings.Cut(path, "/")
	if id, ok := strings.CutSuffix(id, "/$everything"); ok {
		return 200, f.everything(r, id)
	}
	if single {
		if x := f.byRef[typ+"/"+id]; x != nil {
			return 200, x
		}
		return 404, notFound
	}
	return 200, f.search(typ, r)
}

func (f *fake) transaction(b map[string]any) any {
	names, entries, out := map[string]string{}, b["entry"].([]any), []any{}
	for _, e := range entries {
		res := e.(map[string]any)["resource"].(map[string]any)
		delete(res, "id")
		f.put(res)
		names[dig(e, "fullUrl")] = res["resourceType"].(string) + "/" + res["id"].(string)
		out = append(out, map[string]any{"response": map[string]any{"status": "201 Created", "location": names[dig(e, "fullUrl")] + "/_history/1"}})
	}
	for _, e := range entries {
		resolveAll(e.(map[string]any)["resource"], names)
	}
	return map[string]any{"resourceType": "Bundle", "type": "transaction-response", "entry": out}
}

func resolveAll(v any, names map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		if n, ok := names[dig(v, "reference")]; ok {
			v["reference"] = n
		}
		for _, x := range v {
			resolveAll(x, names)
		}
	case []any:
		for _, x := range v {
			resolveAll(x, names)
		}
	}
}

func (f *fake) search(typ string, r *http.Request) any {
	q := r.URL.Query()
	token := func(x any, path ...string) string {
		return dig(x, append(path, "system")...) + "|" + dig(x, append(path, "code")...)
	}
	var list []map[string]any
	for _, x := range f.all {
		if x["resourceType"] != typ {
			continue
		}
		subject := f.byRef[dig(x, "subject", "reference")]
		fits := true
		for key, v := range q {
			switch key {
			case "patient":
				fits = fits && dig(subject, "id") == v[0]
			case "code":
				fits = fits && token(x, "code", "coding") == v[0]
			case "category":
				fits = fits && dig(x, "category", "coding", "code") == v[0]
			case "family":
				fits = fits && strings.HasPrefix(dig(x, "name", "family"), v[0])
			case "identifier":
				fits = fits && dig(x, "identifier", "system")+"|"+dig(x, "identifier", "value") == v[0]
			case "patient.name":
				fits = fits && strings.HasPrefix(dig(subject, "name", "family"), v[0])
			case "_has:Observation:patient:code":
				fits = fits && slices.ContainsFunc(f.all, func(o map[string]any) bool {
					return o["resourceType"] == "Observation" && token(o, "code", "coding") == v[0] && dig(o, "subject", "reference") == "Patient/"+dig(x, "id")
				})
			}
		}
		if fits {
			list = append(list, x)
		}
	}
	if q.Get("_sort") == "-date" {
		slices.SortStableFunc(list, func(a, b map[string]any) int {
			return strings.Compare(dig(b, "effectiveDateTime"), dig(a, "effectiveDateTime"))
		})
	}
	bundle := map[string]any{"resourceType": "Bundle", "type": "searchset", "total": len(list)}
	offset, _ := strconv.Atoi(q.Get("offset"))
	count, _ := strconv.Atoi(q.Get("_count"))
	if count == 0 {
		count = 50
	}
	list = list[min(offset, len(list)):]
	if len(list) > count {
		list = list[:count]
		q.Set("offset", strconv.Itoa(offset+count))
		bundle["link"] = []any{map[string]any{"relation": "next", "url": f.base() + "/" + typ + "?" + q.Encode()}}
	}
	entries := []any{}
	for _, x := range list {
		entries = append(entries, map[string]any{"resource": x, "search": map[string]any{"mode": "match"}})
	}
	if q.Get("_include") != "" && len(list) > 0 {
		entries = append(entries, map[string]any{"resource": f.byRef[dig(list[0], "encounter", "reference")], "search": map[string]any{"mode": "include"}})
	}
	bundle["entry"] = entries
	return bundle
}

func (f *fake) everything(r *http.Request, id string) any {
	var list []any
	for _, x := range f.all {
		if x["resourceType"] == "Patient" && x["id"] == id || strings.HasSuffix(dig(x, "subject", "reference")+dig(x, "patient", "reference"), "Patient/"+id) {
			list = append(list, x)
		}
	}
	if f.rewrite != nil {
		list = f.rewrite(id, list)
	}
	bundle := map[string]any{"resourceType": "Bundle", "type": "searchset"}
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	list = list[min(offset, len(list)):]
	if f.perPage > 0 && len(list) > f.perPage {
		list = list[:f.perPage]
		bundle["link"] = []any{map[string]any{"relation": "next", "url": "Patient/" + id + "/$everything?offset=" + strconv.Itoa(offset+f.perPage)}}
	}
	entries := []any{}
	for _, x := range list {
		entries = append(entries, map[string]any{"fullUrl": f.base() + "/" + dig(x, "resourceType") + "/" + dig(x, "id"), "resource": x})
	}
	bundle["entry"] = entries
	return bundle
}
