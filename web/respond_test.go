package web

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
)

func TestRender(t *testing.T) {
	r := httptest.NewRequest("GET", "/maple", nil)
	r.Header.Set("Accept-Encoding", "br, gzip")
	w := httptest.NewRecorder()
	if err := Render(w, r, 200, StyleGuide("")); err != nil {
		t.Fatal(err)
	}
	h := w.Result().Header
	for name, want := range map[string]string{
		"Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
		"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip", "Vary": "Accept-Encoding",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
		if !strings.Contains(CSP, want) {
			t.Errorf("policy lacks %s", want)
		}
	}
	if strings.Contains(CSP, "unsafe") {
		t.Error("the policy allows something inline")
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(body)), "</html>") {
		t.Errorf("half a page: %v", err)
	}
	r.Header.Set("Accept-Encoding", "gzip;q=0")
	w = httptest.NewRecorder()
	_ = Render(w, r, 404, StyleGuide(""))
	if w.Code != 404 || w.Header().Get("Content-Encoding") != "" || w.Body.String() != string(body) {
		t.Error("plain and compressed differ")
	}
}

// A template that fails in the middle shows nothing of the chart, and nothing of the cause.
func TestRenderError(t *testing.T) {
	half := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, _ = io.WriteString(w, "<p>Rosa Delgado</p>")
		return errors.New("cause")
	})
	w := httptest.NewRecorder()
	err := Render(w, httptest.NewRequest("GET", "/", nil), 200, half)
	if err == nil || w.Code != 500 || strings.Contains(w.Body.String(), "Rosa") || strings.Contains(w.Body.String(), "cause") {
		t.Errorf("%v %d %q", err, w.Code, w.Body)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Render(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil).WithContext(gone), 200, half); err != nil {
		t.Errorf("a client that went away is an error: %v", err)
	}
}

func TestAssets(t *testing.T) {
	get := func(path string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		Assets().ServeHTTP(w, r)
		return w
	}
	for _, name := range append([]string{"kit.css", "icon.svg"}, modules...) {
		url := AssetURL(name)
		if !regexp.MustCompile(`^/assets/[a-z]+\.[\w-]{12}\.(css|js|svg)$`).MatchString(url) {
			t.Errorf("%s", url)
		}
		plain, packed := get(url), get(url, "Accept-Encoding", "gzip")
		if plain.Code != 200 || plain.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || plain.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", name, plain.Code, plain.Header())
		}
		body := packed.Body.String()
		if packed.Header().Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(packed.Body)
			if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(z)
			body = string(b)
		}
		if body != plain.Body.String() || body == "" {
			t.Errorf("%s: packed is not plain", name)
		}
		if w := get(url, "If-None-Match", plain.Header().Get("ETag")); w.Code != 304 || w.Body.Len() != 0 {
			t.Errorf("%s: %d for what the client has", name, w.Code)
		}
	}
	for _, path := range []string{"/assets/kit.css", "/assets/", "/assets/../go.mod", "/assets/kit.AAAAAAAAAAAA.css"} {
		if w := get(path); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	Assets().ServeHTTP(w, httptest.NewRequest("POST", AssetURL("kit.css"), nil))
	if w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}

// The style sheet names nothing elsewhere, and each colour of the tokens has its light and its dark.
func TestStyleSheet(t *testing.T) {
	css := string(assets["kit.css"].body)
	if strings.Contains(css, "url(") || strings.Contains(css, "@import") {
		t.Error("the style sheet fetches something")
	}
	for _, want := range []string{"#f4f5f7, #10161d", "#ffffff, #18212b", "#0b5cad, #78b4f0", "#b3261e, #ff9c93", "#e3efe6, #1d3527", "#7a6200, #dcc46a", "prefers-reduced-motion", "forced-colors", "@media print"} {
		if !strings.Contains(css, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Count(css, "{") != strings.Count(css, "}") {
		t.Error("braces do not close")
	}
	for _, m := range modules {
		if js := string(assets[m].body); strings.Contains(js, "innerHTML") || strings.Contains(js, "eval(") || strings.Contains(js, "setAttribute(\"style\"") {
			t.Errorf("%s does what the policy forbids", m)
		}
	}
}

func TestSessionCookie(t *testing.T) {
	r := httptest.NewRequest("GET", "http://127.0.0.1:8081/", nil)
	w := httptest.NewRecorder()
	SetSession(w, r, "token", time.Hour)
	c := w.Result().Cookies()[0]
	if c.Name != "wc_session_8081" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure || c.MaxAge != 3600 {
		t.Errorf("%+v", c)
	}
	r.AddCookie(c)
	if SessionToken(r) != "token" {
		t.Error("not read back")
	}
	other := httptest.NewRequest("GET", "http://127.0.0.1:8082/", nil)
	other.AddCookie(c)
	if SessionToken(other) != "" {
		t.Error("a node takes another node's session")
	}
	secure := httptest.NewRequest("GET", "https://maple.example/", nil)
	secure.TLS = &tls.ConnectionState{}
	w = httptest.NewRecorder()
	SetSession(w, secure, "t", time.Hour)
	if c := w.Result().Cookies()[0]; c.Name != CookieName || !c.Secure {
		t.Errorf("%+v", c)
	}
	w = httptest.NewRecorder()
	ClearSession(w, r)
	if c := w.Result().Cookies()[0]; c.MaxAge != -1 || c.Value != "" || c.Name != "wc_session_8081" {
		t.Errorf("%+v", c)
	}
}

func TestTheme(t *testing.T) {
	post := func(theme, referer string) *http.Response {
		r := httptest.NewRequest("POST", "http://maple.example/theme", strings.NewReader("theme="+theme))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Referer", referer)
		w := httptest.NewRecorder()
		Theme().ServeHTTP(w, r)
		return w.Result()
	}
	for _, c := range []struct{ theme, referer, cookie, back string }{
		{"dark", "http://maple.example/maple/find?q=ro", "dark", "/maple/find?q=ro"},
		{"light", "http://evil.example/x", "light", "/"},
		{"auto", "", "", "/"},
		{"<script>", "http://maple.example//evil.example/", "", "/"},
		{"dark", `http://maple.example/\evil.example`, "dark", "/"},
	} {
		res := post(c.theme, c.referer)
		if got := res.Header.Get("Location"); res.StatusCode != 303 || got != c.back {
			t.Errorf("%v: %d to %q", c, res.StatusCode, got)
		}
		if got := res.Cookies()[0].Value; got != c.cookie {
			t.Errorf("%v: cookie %q", c, got)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: ThemeCookie, Value: "x"})
	if ThemeOf(r) != "" {
		t.Error("an unknown theme went through")
	}
}

func TestProtect(t *testing.T) {
	reached := 0
	h, err := Protect(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }), "https://records.example")
	if err != nil {
		t.Fatal(err)
	}
	do := func(method, site, origin string) int {
		r := httptest.NewRequest(method, "http://maple.example/maple/order", nil)
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	if do("POST", "cross-site", "https://evil.example") != 403 || do("POST", "", "https://evil.example") != 403 || do("POST", "same-site", "http://other.maple.example") != 403 {
		t.Error("another site's form was taken")
	}
	if reached != 0 {
		t.Error("the handler was reached")
	}
	for _, c := range [][3]string{{"POST", "same-origin", ""}, {"GET", "cross-site", ""}, {"POST", "", ""}, {"POST", "cross-site", "https://records.example"}} {
		if code := do(c[0], c[1], c[2]); code != 200 {
			t.Errorf("%v: %d", c, code)
		}
	}
	if _, err := Protect(h, "not an origin"); err == nil {
		t.Error("a trusted origin that is none")
	}
}

func BenchmarkRender(b *testing.B) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	page := StyleGuide("")
	b.ReportAllocs()
	for b.Loop() {
		_ = Render(httptest.NewRecorder(), r, 200, page)
	}
}
