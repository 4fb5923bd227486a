package documents

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cd "github.com/chromedp/chromedp"

	"wholechart/internal/pagetest"
)

// pages is what a browser looks at: an address a name.
func pages(t testing.TB, n *pagetest.Node, b *pagetest.Browser) map[string]string {
	t.Helper()
	form := url.Values{"kind": {"11488-4"}, "date": {"2026-11-02"}, "author": {"Aaron Feld, MD"}, "source": {"Lakeside Cardiology"}}
	_, body := send(t, b, rosa, form, upload{"Consult 2026-11-02.pdf", []byte(aPDF)})
	pdf := "/maple" + docPath.FindString(body)
	_, body = send(t, b, rosa, url.Values{"kind": {"72170-4"}, "title": {"Rash on the left forearm"}, "label": {"R"}}, upload{"rash.png", gradient(t)})
	kept := rosa + "/library?kept=" + strings.TrimPrefix(docPath.FindString(body), "/patients/rosa-delgado/library/")
	var img string
	for _, l := range docPath.FindAllString(body, -1) {
		if strings.Contains(b.Open("/maple"+l), "PNG image") {
			img = "/maple" + l
		}
	}
	res, _ := b.Post(rosa+"/letters", url.Values{"template": {"referral"}, "facts": {"whole"}})
	letter := res.Request.URL.Path
	res, page := b.Post(rosa+"/letters", url.Values{"template": {"summary"}, "facts": {"whole"}})
	at := res.Request.URL.Path
	res, _ = b.Post(at, url.Values{"key": {field(page, "key")}, "rev": {field(page, "rev")}, "title": {"Summary of the chart"}, "to": {"Aaron Feld, MD\nLakeside Cardiology"}, "body": {textOf(page)}, "act": {"sign"}})
	signed := res.Request.URL.Path
	if !strings.Contains(signed, "/library/") {
		t.Fatalf("%d at %s", res.StatusCode, signed)
	}
	return map[string]string{"upload": rosa + "/upload", "library": rosa + "/library", "found": rosa + "/library?kind=11488-4", "kept": kept, "whole": rosa + "/whole/library",
		"pdf": pdf, "image": img, "move": pdf + "/move", "new": rosa + "/letters/new", "letter": letter, "signed": signed, "print": signed + "/print"}
}

// TestShots takes pictures of the pages for the eye: DOCUMENTS_SHOTS names the folder.
func TestShots(t *testing.T) {
	dir := os.Getenv("DOCUMENTS_SHOTS")
	if dir == "" {
		t.Skip("DOCUMENTS_SHOTS is not set: no pictures were taken")
	}
	t.Setenv("WHOLECHART_SHOTS", dir)
	n := house(t)
	at := pages(t, n, n.User(lena))
	ctx := pagetest.Chromium(t)
	pagetest.SignIn(t, ctx, n, "maple", lena.Name)
	for _, s := range []struct {
		name string
		w, h int64
		dark bool
	}{
		{"upload", 1440, 1000, false}, {"library", 1440, 1000, false}, {"kept", 1440, 1000, true}, {"pdf", 1440, 1000, false}, {"image", 1440, 1000, true}, {"whole", 1440, 1000, false},
		{"move", 1440, 900, false}, {"new", 1440, 1000, false}, {"letter", 1440, 1000, false}, {"letter", 1440, 1000, true}, {"signed", 1440, 1000, false}, {"print", 1440, 1000, false},
		{"upload", 360, 800, false}, {"library", 360, 800, false}, {"letter", 360, 800, false}, {"print", 360, 800, false},
	} {
		name := s.name
		if only := os.Getenv("DOCUMENTS_SHOT"); only != "" && !strings.Contains(only, name) {
			continue
		}
		theme := "light"
		if s.dark {
			theme = "dark"
		}
		if s.w < 500 {
			name += "-phone"
		}
		pagetest.Do(t, ctx, cd.EmulateViewport(s.w, s.h))
		pagetest.Do(t, ctx, cd.Navigate(n.Base+at[s.name]))
		pagetest.JS(t, ctx, `(document.documentElement.dataset.theme = "`+theme+`", 1)`)
		pagetest.JS(t, ctx, "new Promise((r) => setTimeout(r, 500))")
		if wide := pagetest.JS(t, ctx, "String(document.documentElement.scrollWidth - innerWidth)"); wide != "0" {
			t.Errorf("%s is %s px too wide", name, wide)
		}
		pagetest.Shot(t, ctx, name+"-"+theme)
	}
	b := n.User(tom)
	_, pdf := b.Get(strings.Replace(at["signed"], "/library/", "/fact/DocumentReference/", 1) + "/content/1")
	if err := os.WriteFile(filepath.Join(dir, "summary.pdf"), []byte(pdf), 0o600); err != nil {
		t.Fatal(err)
	}
}
