package progress

import (
	"os"
	"testing"

	cd "github.com/chromedp/chromedp"

	"wholechart/internal/pagetest"
)

// TestShots writes pictures of the pages to WHOLECHART_SHOTS: to look at.
func TestShots(t *testing.T) {
	if os.Getenv("WHOLECHART_SHOTS") == "" {
		t.Skip("WHOLECHART_SHOTS names no folder: no pictures were taken")
	}
	ctx := pagetest.Chromium(t)
	n := start(t)
	n.User(okonkwo)
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	for _, s := range []struct {
		name, path, theme string
		width, height     int64
	}{
		{"flowsheet", walter + "/whole/progress", "light", 1440, 900},
		{"flowsheet-dark", walter + "/whole/progress", "dark", 1440, 900},
		{"flowsheet-diabetes", rosa + "/whole/progress?focus=diabetes", "light", 1440, 900},
		{"plots-diabetes", rosa + "/whole/progress/plots?focus=diabetes&span=all", "light", 1440, 900},
		{"plots-failure", walter + "/whole/progress/plots?focus=heart-failure", "light", 1440, 900},
		{"plots-dark", walter + "/whole/progress/plots", "dark", 1440, 900},
		{"growth", amara + "/whole/progress/growth", "light", 1440, 900},
		{"formulas", walter + "/whole/progress/formulas", "light", 1440, 900},
		{"formula", walter + "/progress/formulas/curb-65", "light", 1440, 900},
		{"phone-flowsheet", walter + "/whole/progress", "light", 360, 780},
		{"phone-plots", rosa + "/whole/progress/plots?focus=diabetes", "light", 360, 780},
		{"phone-growth", amara + "/whole/progress/growth", "light", 360, 780},
	} {
		pagetest.Do(t, ctx, cd.EmulateViewport(s.width, s.height), cd.Navigate(n.Base+s.path))
		pagetest.JS(t, ctx, `(document.documentElement.dataset.theme = "`+s.theme+`", 1)`)
		pagetest.Shot(t, ctx, s.name)
	}
}
