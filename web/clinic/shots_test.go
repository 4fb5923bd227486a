package clinic

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cd "github.com/chromedp/chromedp"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// TestShots takes pictures of the pages for the eye: CLINIC_SHOTS names the folder.
func TestShots(t *testing.T) {
	dir := os.Getenv("CLINIC_SHOTS")
	if dir == "" {
		t.Skip("CLINIC_SHOTS is not set: no pictures were taken")
	}
	n := newNode(t, []string{"maple", "riverside", "greatlakes", "buckeye", "newleaf"}, []string{"corner", "lakeside"}, opener(func(context.Context, record.Session, string, bool) ([]record.Answer, error) { return nil, nil }))
	n.Load("maple", "riverside", "greatlakes", "buckeye", "newleaf")
	n.Receive("maple", "lakeside", "rosa", record.Answer{State: "answered", Asked: pagetest.Anchor, When: pagetest.Anchor})
	n.Receive("maple", "corner", "rosa", record.Answer{State: "answered", Asked: pagetest.Anchor, When: pagetest.Anchor.Add(-72 * time.Minute)})
	far, _ := n.Records.Site("corner")
	if err := n.System("maple").Receive(t.Context(), far, "rosa-delgado", record.Answer{Site: "corner", State: "unreachable", Asked: pagetest.Anchor, When: pagetest.Anchor.Add(-72 * time.Minute), Why: "no connection", Patient: "delgado-rosa"}, nil, false); err != nil {
		t.Fatal(err)
	}
	n.user(auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician, Who: "Practitioner/okonkwo"})
	n.user(auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk})
	const rosa = "/maple/patients/rosa-delgado"
	for _, s := range []struct {
		name, user, path string
		w, h             int
		dark             bool
	}{
		{"print", "okonkwo", rosa + "/whole", 794, 1123, false},
		{"fact", "okonkwo", rosa + "/fact/Patient/rosa-delgado", 1440, 1000, false},
		{"document", "okonkwo", rosa + "/whole/documents", 1440, 1000, false},
		{"whole", "okonkwo", rosa + "/whole", 1440, 1000, false},
		{"whole-dark", "okonkwo", rosa + "/whole", 1440, 1000, true},
		{"chart", "okonkwo", rosa, 1440, 1000, false},
		{"phone", "okonkwo", rosa + "/whole", 390, 844, false},
		{"results", "okonkwo", rosa + "/whole/results", 1440, 1000, false},
		{"trend", "okonkwo", rosa + "/whole/results/6301-6", 1440, 1000, false},
		{"medicines", "okonkwo", rosa + "/whole/medicines", 1440, 1000, false},
		{"timeline", "okonkwo", rosa + "/whole/timeline", 1440, 1000, false},
		{"about", "okonkwo", rosa + "/whole/about", 1440, 1000, false},
		{"outside", "okonkwo", rosa + "/whole/outside", 1440, 1000, false},
		{"imaging", "okonkwo", rosa + "/whole/imaging", 1440, 1000, false},
		{"find", "okonkwo", "/maple/patients", 1440, 1000, false},
		{"amara", "okonkwo", "/maple/patients/amara-okafor/whole", 1440, 1000, false},
		{"desk", "hughes", rosa, 1440, 1000, false},
		{"signin", "", "/maple/signin", 1440, 1000, false},
	} {
		if only := os.Getenv("CLINIC_SHOT"); only != "" && only != s.name {
			continue
		}
		shot(t, n, filepath.Join(dir, s.name+".png"), s.user, s.path, s.w, s.h, s.dark)
	}
}

func shot(t *testing.T, n *node, file, user, path string, w, h int, dark bool) {
	t.Helper()
	ctx := pagetest.Chromium(t)
	pagetest.Do(t, ctx, cd.EmulateViewport(int64(w), int64(h)))
	if user != "" {
		pagetest.SignIn(t, ctx, n.Node, "maple", user)
	}
	pagetest.Do(t, ctx, cd.Navigate(n.Base+path))
	if dark {
		pagetest.JS(t, ctx, `(document.documentElement.dataset.theme = "dark", 1)`)
	}
	if strings.HasSuffix(file, "print.png") {
		pagetest.Do(t, ctx, cd.Func(func(ctx context.Context, t *cd.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
			return err
		}))
	}
	time.Sleep(300 * time.Millisecond)
	img, err := cd.Run(ctx, cd.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, img, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestStartShot draws the first page of the demonstration.
func TestStartShot(t *testing.T) {
	dir := os.Getenv("CLINIC_SHOTS")
	if dir == "" {
		t.Skip("CLINIC_SHOTS is not set: no picture was taken")
	}
	d := startData()
	mux := http.NewServeMux()
	mux.Handle(web.AssetPath, web.Assets())
	doors := door.New(door.Config{})
	doors.File("clinic.css", sheet)
	doors.HandleOpen("GET /{$}", func(w http.ResponseWriter, r *http.Request) { _ = web.Render(w, r, 200, StartPage(d, "")) })
	h, err := doors.Handler()
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/", h)
	srv := httptest.NewServer(mux)
	defer srv.Close()
	shot(t, &node{Node: &pagetest.Node{Base: srv.URL}}, filepath.Join(dir, "start.png"), "", "/", 1440, 1000, false)
	shot(t, &node{Node: &pagetest.Node{Base: srv.URL}}, filepath.Join(dir, "start-phone.png"), "", "/", 390, 844, true)
}
