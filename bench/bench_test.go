package bench

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/klauspost/compress/zstd"
)

func quick(f *fake) Config {
	return Config{Base: f.base(), Token: f.token, Clients: 4, For: time.Minute, Count: 40, Patients: 8, PageSize: 5}
}

func run(t *testing.T, c Config) Report {
	t.Helper()
	var out bytes.Buffer
	rep, err := Run(t.Context(), c, &out)
	if err != nil {
		t.Fatal(err)
	}
	if t.Log(out.String()); out.Len() == 0 {
		t.Error("no report was written")
	}
	return rep
}

func TestEveryOperationOnARightServer(t *testing.T) {
	f := newFake(t)
	f.fill(12, 10)
	f.perPage = 4
	c := quick(f)
	c.Archive = writeArchive(t, "tar.zst", testBundle, strings.ReplaceAll(testBundle, "-1111-", "-2222-"))
	c.Page, c.PageHeader, c.PageExpect = f.URL+"/maple/patient/{id}", []string{"Cookie: session=1"}, "<h1>{id}</h1>"
	c.PID, c.Data = os.Getpid(), filepath.Dir(c.Archive)
	rep := run(t, c)
	var names []string
	for _, row := range rep.Rows {
		names = append(names, row.Operation)
		res := row.Results[0]
		want := 40
		if row.Operation == "import" {
			want = 2
		}
		if res.Requests != want || res.Errors != 0 || res.Skipped != "" || res.Rate <= 0 || res.P50 <= 0 || res.P99 < res.P50 || res.Max < res.P99 {
			t.Errorf("%s: %+v", row.Operation, res)
		}
	}
	if !slices.Equal(names, Operations()) {
		t.Errorf("ran %v, want %v", names, Operations())
	}
	if got := rep.Rows[0].Results[0].Units; got != 2*6 {
		t.Errorf("imported %d resources, want 12", got)
	}
	if s := rep.Servers[0]; s.Disk == 0 || s.Length == 0 {
		t.Errorf("no size of the data directory: %+v", s)
	}
	if _, err := os.Stat("/proc/self/status"); err == nil && rep.Servers[0].RSS == 0 {
		t.Error("no memory reported")
	}
	if rep.Errors() != 0 {
		t.Error(rep.Errors(), "errors")
	}
}

// Each way of being wrong must count as errors of the operation that sees it, never as speed.
func TestWrongAnswersAreErrors(t *testing.T) {
	entries := func(body any) []any { return body.(map[string]any)["entry"].([]any) }
	tests := []struct {
		name, only, cause string
		break_            func(f *fake)
	}{
		{"refused", "create", "not run", func(f *fake) { f.status = func(r *http.Request) int { return onPost(r, 403) } }},
		{"server error", "read", "status 500", func(f *fake) { f.status = func(r *http.Request) int { return onRead(r, 500) } }},
		{"another resource", "read", "another resource", func(f *fake) {
			f.wrong = onlyIf(isRead, func(any) any { return object(`{"resourceType":"Patient","id":"other"}`) })
		}},
		{"no entries", "code", "nothing was found", func(f *fake) {
			f.wrong = onlyIf(has("code"), func(b any) any { return object(`{"resourceType":"Bundle","type":"searchset"}`) })
		}},
		{"not a searchset", "family", "not a searchset", func(f *fake) {
			f.wrong = onlyIf(has("family"), func(any) any { return notFound })
		}},
		{"code ignored", "code", "another code", func(f *fake) {
			f.wrong = onlyIf(has("code"), func(b any) any {
				entries(b)[0].(map[string]any)["resource"] = object(`{"resourceType":"Observation","code":{"coding":[{"code":"else"}]}}`)
				return b
			})
		}},
		{"another type", "identifier", "another type", func(f *fake) {
			f.wrong = onlyIf(has("identifier"), func(b any) any {
				entries(b)[0].(map[string]any)["resource"] = object(`{"resourceType":"Observation"}`)
				return b
			})
		}},
		{"another name", "family", "another name", func(f *fake) {
			f.wrong = onlyIf(has("family"), func(b any) any {
				entries(b)[0].(map[string]any)["resource"] = object(`{"resourceType":"Patient","name":[{"family":"X"}]}`)
				return b
			})
		}},
		{"unsorted", "latest", "not sorted", func(f *fake) {
			f.wrong = onlyIf(has("_sort"), func(b any) any { slices.Reverse(entries(b)); return b })
		}},
		{"include forgotten", "include", "no Encounter", func(f *fake) {
			f.wrong = onlyIf(has("_include"), func(b any) any {
				b.(map[string]any)["entry"] = entries(b)[:len(entries(b))-1]
				return b
			})
		}},
		{"chart of nobody", "everything", "lacks its patient", func(f *fake) {
			f.rewrite = func(_ string, list []any) []any { return list[1:] }
		}},
		{"chart doubled", "everything", "twice", func(f *fake) {
			f.rewrite = func(_ string, list []any) []any { return append(list, list[1]) }
		}},
		{"link leaves", "everything", "leaves the server", func(f *fake) {
			f.wrong = func(r *http.Request, b any) any {
				if strings.HasSuffix(r.URL.Path, "$everything") {
					b.(map[string]any)["link"] = []any{object(`{"relation":"next","url":"http://127.0.0.2:1/steal"}`)}
				}
				return b
			}
		}},
		{"not stored", "create", "status 200", func(f *fake) {
			f.status = func(r *http.Request) int {
				if strings.HasSuffix(r.URL.Path, "Observation") {
					return onPost(r, 200)
				}
				return 0
			}
		}},
		{"half transaction", "transaction", "number of entries", func(f *fake) {
			f.wrong = func(r *http.Request, b any) any {
				if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/fhir") {
					b.(map[string]any)["entry"] = entries(b)[1:]
				}
				return b
			}
		}},
		{"sign-in page", "page", "status 303", func(f *fake) {}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.fill(6, 10)
			tt.break_(f)
			c := quick(f)
			c.Only, c.Page = []string{tt.only}, f.URL+"/maple/patient/{id}"
			rep := run(t, c)
			res := rep.Rows[0].Results[0]
			if tt.cause == "not run" {
				if res.Skipped == "" || res.Requests != 0 {
					t.Errorf("want it not run: %+v", res)
				}
				return
			}
			if res.Errors == 0 || !strings.Contains(strings.Join(sortedKeys(res.Causes), "\n"), tt.cause) {
				t.Errorf("%+v, want errors %q", res, tt.cause)
			}
			if res.Requests+res.Errors > 40 || res.Units > res.Requests {
				t.Errorf("an error was counted as speed: %+v", res)
			}
		})
	}
}

func onPost(r *http.Request, status int) int {
	if r.Method == http.MethodPost {
		return status
	}
	return 0
}

func isRead(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.RawQuery == "" && strings.Count(r.URL.Path, "/") == 5
}

func onRead(r *http.Request, status int) int {
	if isRead(r) {
		return status
	}
	return 0
}

func has(param string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.URL.Query().Has(param) }
}

func onlyIf(when func(*http.Request) bool, then func(any) any) func(*http.Request, any) any {
	return func(r *http.Request, body any) any {
		if when(r) {
			return then(body)
		}
		return body
	}
}

func TestTwoServersAreComparedOnTheSameQuestions(t *testing.T) {
	a, b := newFake(t), newFake(t)
	a.fill(10, 8)
	b.fill(10, 8)
	b.slow = 5 * time.Millisecond
	c := quick(a)
	c.Against, c.AgainstToken, c.Only = b.base(), b.token, []string{"read", "code"}
	rep := run(t, c)
	for _, row := range rep.Rows {
		if row.Results[0].Requests != 80 || row.Results[1].Requests != 80 { // two turns each
			t.Errorf("%s: turns were lost: %+v", row.Operation, row.Results)
		}
		if row.Ratio == nil || row.Ratio.Rate <= 1 || row.Ratio.P50 >= 1 {
			t.Errorf("%s: the slow server is not slower: %+v", row.Operation, row.Ratio)
		}
		if row.Results[1].P50 < 5 {
			t.Errorf("%s: p50 %.2f ms is less than the server's sleep", row.Operation, row.Results[1].P50)
		}
	}
	if rep.Servers[1].Note != "" {
		t.Error(rep.Servers[1].Note)
	}
	empty := newFake(t)
	c.Against = empty.base()
	if rep = run(t, c); rep.Servers[1].Note == "" || rep.Rows[0].Results[1].Skipped == "" || rep.Rows[0].Ratio != nil {
		t.Errorf("an empty second server was compared: %+v", rep)
	}
}

func TestOnlyThisMachine(t *testing.T) {
	for _, base := range []string{"http://192.0.2.1/fhir", "http://example.org/fhir", "ftp://127.0.0.1/", "x", ""} {
		if _, err := Run(t.Context(), Config{Base: base, Count: 1}, io.Discard); err == nil {
			t.Errorf("%q was measured", base)
		}
	}
	if err := loopbackURL("http://[::1]:80/fhir"); err != nil {
		t.Error(err)
	}
	if _, err := Run(t.Context(), Config{Base: "http://127.0.0.1:1/fhir", Only: []string{"nonsense"}}, io.Discard); err == nil {
		t.Error("an unknown operation was taken")
	}
	if _, err := Run(t.Context(), Config{Base: "http://127.0.0.1:1/fhir", Only: []string{"read"}}, io.Discard); err == nil {
		t.Error("an absent server was measured")
	}
}

func TestWrongTokenIsNotSent_RunFails(t *testing.T) {
	f := newFake(t)
	f.fill(2, 2)
	c := quick(f)
	c.Token = "other"
	if _, err := Run(t.Context(), c, io.Discard); err == nil || !strings.Contains(err.Error(), "401") || strings.Contains(err.Error(), "other") {
		t.Error(err)
	}
}

func TestFlags(t *testing.T) {
	var cli struct {
		Bench struct {
			Config `embed:""`
		} `cmd:""`
	}
	p, err := kong.New(&cli)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = p.Parse([]string{"bench", "--base", "http://127.0.0.1/", "--only", "read,code", "--page-header", "Cookie: a=b, c", "--for", "2s"}); err != nil {
		t.Fatal(err)
	}
	c := cli.Bench.Config
	if c.Clients != 16 || c.For != 2*time.Second || len(c.Only) != 2 || c.PageHeader[0] != "Cookie: a=b, c" || c.Warmup != time.Second {
		t.Errorf("%+v", c)
	}
	var compare CompareConfig
	p, err = kong.New(&compare)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = p.Parse([]string{"--archive", "x", "--site", "http://127.0.0.1/ token"}); err != nil || compare.Askings != 1 || len(compare.Sites) != 1 {
		t.Errorf("%+v %v", compare, err)
	}
}

func TestPercentileIsNearestRank(t *testing.T) {
	var list []time.Duration
	for i := range 200 {
		list = append(list, time.Duration(i+1))
	}
	if p50, p99 := percentile(list, 50), percentile(list, 99); p50 != 100 || p99 != 198 {
		t.Error(p50, p99)
	}
	if percentile(list[:1], 99) != 1 || percentile(nil, 50) != 0 {
		t.Error("short lists")
	}
}

func TestReportIsJSON(t *testing.T) {
	f := newFake(t)
	f.fill(4, 4)
	c := quick(f)
	c.JSON, c.Only = true, []string{"read"}
	var out bytes.Buffer
	want, err := Run(t.Context(), c, &out)
	if err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Rows[0].Results[0].P99 != want.Rows[0].Results[0].P99 {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestArchives(t *testing.T) {
	for _, form := range []string{"dir", "tar", "tar.zst"} {
		var got []string
		for b, err := range bundles(writeArchive(t, form, "{}", "[]")) {
			if err != nil {
				t.Fatal(form, err)
			}
			got = append(got, b.Name+string(b.Body))
		}
		if want := []string{"0.json{}", "1.json[]"}; !slices.Equal(got, want) {
			t.Error(form, got)
		}
	}
	for _, bad := range []string{filepath.Join(t.TempDir(), "absent"), writeArchive(t, "txt", "x")} {
		n := 0
		for _, err := range bundles(bad) {
			if n++; err == nil {
				t.Error(bad, "was read")
			}
		}
		if n != 1 {
			t.Error(bad, n, "answers")
		}
	}
	for range bundles(writeArchive(t, "dir", "{}", "[]")) {
		break // stopping early is no panic
	}
}

// writeArchive writes the bodies as 0.json, 1.json, … in the form of an archive.
func writeArchive(t *testing.T, form string, bodies ...string) string {
	t.Helper()
	dir := t.TempDir()
	var buf bytes.Buffer
	tw := tar.NewWriter(&buf)
	for i, body := range bodies {
		name := string(rune('0'+i)) + ".json"
		if form == "dir" {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		tw.WriteHeader(&tar.Header{Name: "R4/" + name, Typeflag: tar.TypeReg, Size: int64(len(body)), Mode: 0o600})
		io.WriteString(tw, body)
	}
	if form == "dir" {
		return dir
	}
	tw.Close()
	raw := buf.Bytes()
	if form == "tar.zst" {
		z, err := zstd.NewWriter(nil, zstd.WithWindowSize(zstdWindow))
		if err != nil {
			t.Fatal(err)
		}
		raw = z.EncodeAll(raw, nil)
	}
	path := filepath.Join(dir, "archive."+form)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGivingUp(t *testing.T) {
	f := newFake(t)
	f.fill(4, 4)
	f.slow = 2 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	c := quick(f)
	c.Count, c.Only = 0, []string{"read"}
	if rep, err := Run(ctx, c, io.Discard); err == nil {
		t.Errorf("a run that was given up has a report: %+v", rep)
	}
}

// An answer that begins and never ends is an error, and ends the operation.
func TestAnswerWithoutEnd(t *testing.T) {
	f := newFake(t)
	f.fill(4, 4)
	hang := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isRead(r) {
			io.WriteString(w, `{"resourceType":`)
			w.(http.Flusher).Flush()
			select {
			case <-hang:
			case <-r.Context().Done():
			}
			return
		}
		f.ServeHTTP(w, r)
	}))
	defer s.Close()
	defer close(hang)
	c := quick(f)
	c.Base, c.Only, c.For, c.Timeout = s.URL+"/maple/emr/fhir", []string{"read"}, 50*time.Millisecond, 200*time.Millisecond
	if res := run(t, c).Rows[0].Results[0]; res.Errors != c.Clients || res.Causes[errNeverEnds.Error()] != c.Clients || res.Requests != 0 {
		t.Errorf("%+v", res)
	}
}
