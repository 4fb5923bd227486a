package visit

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cd "github.com/chromedp/chromedp"

	"wholechart/internal/pagetest"
)

// TestShots takes pictures of the pages for the eye: VISIT_SHOTS names the folder.
func TestShots(t *testing.T) {
	dir := os.Getenv("VISIT_SHOTS")
	if dir == "" {
		t.Skip("VISIT_SHOTS is not set: no pictures were taken")
	}
	n := house(t)
	b := n.User(lena)
	pages := story(t, n, b)
	for _, s := range []struct {
		name, path string
		w, h       int64
		dark       bool
	}{
		{"start", "/maple/patients/grace-lindqvist/visit", 1440, 1000, false},
		{"note", pages["visit"], 1440, 1000, false},
		{"note-dark", pages["visit"], 1440, 1000, true},
		{"note-whole", strings.Replace(pages["visit"], "/visits/", "/whole/visits/", 1), 1440, 1000, false},
		{"note-phone", pages["visit"], 360, 800, false},
		{"vitals", pages["visit"] + "?tab=vitals", 1440, 1000, false},
		{"vitals-phone", pages["visit"] + "?tab=vitals", 360, 800, false},
		{"child", pages["child"] + "?tab=vitals", 1440, 1200, false},
		{"child-dark", pages["child"] + "?tab=vitals", 1440, 1200, true},
		{"sign", pages["visit"] + "/sign", 1440, 1000, false},
		{"signed", pages["note"], 1440, 1000, false},
		{"signed-dark", pages["note"], 1440, 1000, true},
		{"signed-phone", pages["note"], 360, 800, false},
		{"error", pages["error"], 1440, 1000, false},
		{"past", harold + "/as-of?at=2026-11-22T10:24", 1440, 1000, false},
		{"snippets", "/maple/snippets", 1440, 900, false},
	} {
		if only := os.Getenv("VISIT_SHOT"); only != "" && !strings.Contains(s.name, only) {
			continue
		}
		ctx := pagetest.Chromium(t)
		pagetest.Do(t, ctx, cd.EmulateViewport(s.w, s.h))
		pagetest.SignIn(t, ctx, n, "maple", lena.Name)
		if s.dark {
			pagetest.JS(t, ctx, `(document.cookie = "wc_theme=dark; path=/", 1)`)
		}
		pagetest.Do(t, ctx, cd.Navigate(n.Base+s.path))
		pagetest.JS(t, ctx, "new Promise((r) => setTimeout(r, 900))")
		png, err := cd.Run(ctx, picture(os.Getenv("VISIT_WHOLE") != ""))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, s.name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
		if wide := pagetest.JS(t, ctx, "document.documentElement.scrollWidth"); s.w == 360 && wide != "360" {
			t.Errorf("%s is %s wide", s.name, wide)
		}
	}
}

// story writes a morning: addresses of its pages by name.
func story(t testing.TB, n *pagetest.Node, b *pagetest.Browser) map[string]string {
	t.Helper()
	out := map[string]string{}
	sign := func(at string, form url.Values) string {
		form.Set("do", "save")
		_, _ = b.Post(at, form)
		body := b.Open(at + "/sign")
		res, body := b.Post(at+"/sign", url.Values{"rev": {field(body, "rev")}, "key": {field(body, "key")}})
		if !strings.Contains(res.Request.URL.Path, "/notes/") {
			t.Fatalf("not signed: %.500s", body)
		}
		return res.Request.URL.Path
	}
	at := started(t, b, harold, "Results of the CT")
	_, _ = b.Post(at+"/vitals", url.Values{"day": {"2026-11-22"}, "time": {"10:20"}, "bp": {"152/94"}, "bp.2": {"146/90"}, "bp.side": {"left arm"}, "bp.posture": {"sitting"}, "pulse": {"74"}, "temp": {"98.6"}, "temp.unit": {"[degF]"}, "temp.method": {"oral"}, "weight": {"168 lb"}, "spo2": {"96"}, "height.absent": {"not-needed"}})
	out["note"] = sign(at, url.Values{"text.61150-9": {"Feels well. Read the letter about the CT and is worried.\nNo cough, no blood, no weight loss."}, "text.61149-1": {"Lungs clear. No nodes in the neck."}, "text.51847-2": {"1. Pulmonary nodule 6 mm: no change expected to matter now, CT in 12 months.\n2. Blood pressure above goal at home too."}})
	_, _ = b.Post(out["note"]+"/addendum", url.Values{"reason": {"The radiologist called back"}, "text": {"Dr Chen measured again: 8 mm."}, "amend": {"51847-2"}, "amended": {"1. Pulmonary nodule 8 mm: CT in 6 months.\n2. Blood pressure above goal at home too."}})
	out["error"] = sign(at, url.Values{"text.51847-2": {"Refill of lisinopril."}})
	_, _ = b.Post(out["error"]+"/error", url.Values{"reason": {"Written into the wrong chart"}})
	_, _ = b.Post(at, url.Values{"do": {"forward"}})
	_, _ = b.Post(at, url.Values{"do": {"save"}, "key": {field(b.Open(at), "key")}, "text.61149-1": {"Lungs clear. No nodes in the neck.\nWeight stable."}, "base.61149-1": {"Lungs clear. No nodes in the neck."}})
	_, _ = b.Post(at, url.Values{"do": {"outline:61149-1"}, "key": {field(b.Open(at), "key")}})
	out["visit"] = at
	out["child"] = started(t, b, "/maple/patients/amara-okafor", "Well child visit")
	_, _ = b.Post(out["child"]+"/vitals", url.Values{"day": {"2026-11-22"}, "time": {"10:20"}, "weight": {"33 lb"}, "height": {"38 in"}, "pulse": {"104"}, "temp": {"36.9"}})
	return out
}

// picture is the window, or the whole page.
func picture(whole bool) cd.Action[[]byte] {
	if whole {
		return cd.FullScreenshot(100)
	}
	return cd.CaptureScreenshot()
}
