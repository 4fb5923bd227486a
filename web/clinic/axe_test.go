package clinic

import (
	"encoding/json"
	"os"
	"testing"

	cd "github.com/chromedp/chromedp"

	"wholechart/internal/pagetest"
	"wholechart/record"
)

// TestAccessibility runs axe-core (WCAG 2.2 A and AA) over the pages in a real
// browser. WHOLECHART_AXE names its axe.min.js, which is not in the tree.
func TestAccessibility(t *testing.T) {
	file := os.Getenv("WHOLECHART_AXE")
	if file == "" {
		t.Skip("WHOLECHART_AXE names no axe.min.js: accessibility was not measured")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx := pagetest.Chromium(t)
	n := newNode(t, []string{"maple", "riverside", "greatlakes"}, []string{"lakeside", "corner"}, nil)
	n.Load("maple", "riverside", "greatlakes")
	n.Receive("maple", "lakeside", "rosa", record.Answer{State: "answered", Asked: pagetest.Anchor, When: pagetest.Anchor})
	far, _ := n.Records.Site("corner")
	if err := n.System("maple").Receive(t.Context(), far, "rosa-delgado", record.Answer{Site: "corner", State: "unreachable", Asked: pagetest.Anchor}, nil, false); err != nil {
		t.Fatal(err)
	}
	n.user(physician)
	pagetest.Do(t, ctx, cd.EmulateViewport(1440, 900))
	check := func(path, theme string) {
		t.Helper()
		pagetest.Do(t, ctx, cd.Navigate(n.Base+path))
		pagetest.JS(t, ctx, `(document.documentElement.dataset.theme = "`+theme+`", 1)`)
		if _, err := cd.Run(ctx, cd.Evaluate[string]("(() => { "+string(axe)+"; return 'ok'; })()")); err != nil {
			t.Fatal(err)
		}
		got := pagetest.JS(t, ctx, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).then((r) => JSON.stringify(r.violations.map((v) => v.id + " (" + v.nodes.length + "): " + v.nodes[0].html.slice(0, 160) + " " + v.nodes[0].failureSummary.slice(0, 240))))`)
		var found []string
		if err := json.Unmarshal([]byte(got), &found); err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("%s (%s): %s", path, theme, f)
		}
	}
	check("/maple/signin", "light")
	pagetest.SignIn(t, ctx, n.Node, "maple", "okonkwo")
	const whole = "/maple/patients/rosa-delgado/whole"
	for _, theme := range []string{"light", "dark"} {
		for _, path := range []string{"/maple/patients", "/maple/patients/rosa-delgado", whole, whole + "/results", whole + "/results/6301-6", whole + "/medicines", whole + "/imaging", whole + "/immunisations", whole + "/timeline", whole + "/about", whole + "/fact/Patient/rosa-delgado", "/maple/patients/ghost"} {
			check(path, theme)
		}
	}
}
