package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/auth"
)

// BenchmarkSiteDay makes the pages of a large site's day, in one process:
// WHOLECHART_SITE names a data directory that bench-day's file was imported to,
// as site maple, which nobody else has open.
func BenchmarkSiteDay(b *testing.B) {
	dir := os.Getenv("WHOLECHART_SITE")
	if dir == "" {
		b.Skip("WHOLECHART_SITE names no data directory")
	}
	n, err := openNode(b.Context(), dir, nodeOptions{now: func() time.Time { return morning }})
	if err != nil {
		b.Fatal(err)
	}
	defer n.close()
	h, err := pages(n, false)
	if err != nil {
		b.Fatal(err)
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	for _, u := range []auth.User{
		{Site: "maple", Name: "bench-physician", FullName: "Bench", Role: access.Physician, Who: "Practitioner/sd-00007"},
		{Site: "maple", Name: "bench-desk", FullName: "Bench", Role: access.FrontDesk},
		{Site: "maple", Name: "bench-nurse", FullName: "Bench", Role: access.Nurse},
	} {
		if err := n.auth.AddUser(b.Context(), u, "correct horse battery"); err != nil {
			b.Fatal(err)
		}
		jar, _ := cookiejar.New(nil)
		client := &http.Client{Jar: jar}
		res, err := client.PostForm(srv.URL+"/maple/signin", url.Values{"user": {u.Name}, "password": {"correct horse battery"}})
		if err != nil {
			b.Fatal(err)
		}
		res.Body.Close()
		var cookie string
		at, _ := url.Parse(srv.URL + "/maple/")
		for _, k := range jar.Cookies(at) {
			cookie += k.String() + "; "
		}
		paths := []string{"/day", "/inbox", "/schedule", "/schedule?view=week", "/schedule?view=rooms", "/waitlist", "/patients"}
		switch u.Role {
		case access.FrontDesk:
			paths = []string{"/schedule", "/schedule/list", "/schedule/away", "/outbox", "/recalls"}
		case access.Nurse:
			paths = []string{"/day"}
		}
		for _, path := range paths {
			b.Run(string(u.Role)+path, func(b *testing.B) {
				b.ReportAllocs()
				before := processor()
				n := 0
				for b.Loop() {
					n++
					w := httptest.NewRecorder()
					r := httptest.NewRequest("GET", "/maple"+path, nil)
					r.Host = at.Host
					r.Header.Set("Cookie", cookie)
					h.ServeHTTP(w, r)
					if w.Code != http.StatusOK {
						b.Fatalf("%s: %d", path, w.Code)
					}
					b.ReportMetric(float64(w.Body.Len())/1024, "kB")
				}
				b.ReportMetric((processor()-before).Seconds()*1000/float64(n), "cpu-ms/op") // what load beside does not change
			})
		}
	}
}

// processor is what this process took of the processors until now.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
