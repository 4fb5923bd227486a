package web

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// CookieName is the session cookie. On a port of its own the port is appended (SessionCookieName), because browsers
// share cookies between ports of one host, and several nodes on one machine would sign each other out.
const CookieName = "wc_session"

// ThemeCookie holds "light" or "dark". It is not secret and theme.js writes it too.
const ThemeCookie = "wc_theme"

// ThemePath is where Theme is mounted.
const ThemePath = "/theme"

var themes = []Option{{"light", "Light"}, {"dark", "Dark"}, {"auto", "Device"}}

// SessionCookieName is the name of the session cookie for the host and port that the request addressed.
func SessionCookieName(r *http.Request) string {
	if _, port, err := net.SplitHostPort(r.Host); err == nil && port != "80" && port != "443" {
		return CookieName + "_" + port
	}
	return CookieName
}

// SetSession gives the browser its session token for life. HttpOnly, SameSite=Lax, the whole site; Secure when the
// request came by TLS, here or at a proxy that says so (a client that lies about it only locks itself out).
func SetSession(w http.ResponseWriter, r *http.Request, token string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: SessionCookieName(r), Value: token, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: byTLS(r),
	})
}

// SessionToken is the token that the request carries, or "". It says nothing about whether the session is valid.
func SessionToken(r *http.Request) string {
	c, err := r.Cookie(SessionCookieName(r))
	if err != nil || len(c.Value) > 4096 {
		return ""
	}
	return c.Value
}

// ClearSession makes the browser forget the token. The server must end the session itself as well.
func ClearSession(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{
		Name: SessionCookieName(r), Path: "/", MaxAge: -1,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: byTLS(r),
	})
}

func byTLS(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

// ThemeOf is "light" or "dark" as the user chose, or "" for what the device prefers.
func ThemeOf(r *http.Request) string {
	if c, err := r.Cookie(ThemeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

// Theme stores the choice that the display form posts (field theme) and goes back to the page it was made on.
func Theme() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", "POST")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1024)
		c := &http.Cookie{Name: ThemeCookie, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, Secure: byTLS(r)}
		switch v := r.FormValue("theme"); v {
		case "light", "dark":
			c.Value = v
		default:
			c.MaxAge = -1
		}
		http.SetCookie(w, c)
		SecurityHeaders(w)
		http.Redirect(w, r, backPath(r), http.StatusSeeOther)
	})
}

// backPath is the path that the request's Referer names on this same host, else "/": never an address elsewhere.
func backPath(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || u.Path == "" || u.Path[0] != '/' || (len(u.Path) > 1 && (u.Path[1] == '/' || u.Path[1] == '\\')) {
		return "/"
	}
	back := url.URL{Path: u.Path, RawQuery: u.RawQuery}
	return back.String()
}

// LocalPath is an address given by a browser when it is a page of the site, else
// "": never an address elsewhere.
func LocalPath(next, slug string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/"+slug+"/") || strings.ContainsAny(next, "\\\r\n") {
		return ""
	}
	if strings.Contains(u.Path, "/../") || strings.HasSuffix(u.Path, "/..") {
		return ""
	}
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).String()
}
