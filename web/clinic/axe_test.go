package clinic

import (
	"encoding/json"
	"os"
	"testing"

	cd "github.com/chromedp/chromedp"

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
	ctx := chromium(t)
	n := newNode(t, []string{"maple", "riverside", "greatlakes"}, []string{"lakeside", "corner"}, nil)
	n.load("maple", "riverside", "greatlakes")
	n.receive("maple", "lakeside", "rosa", record.Answer{State: "answered", Asked: anchor, When: anchor})
	far, _ := n.records.Site("corner")
	if err := n.system("maple").Receive(t.Context(), far, "rosa-delgado", record.Answer{Site: "corner", State: "unreachable", Asked: anchor}, nil, false); err != nil {
		t.Fatal(err)
	}
	n.user(physician)
	do(t, ctx, cd.EmulateViewport(1440, 900))
	check := func(path, theme string) {
		t.Helper()
		do(t, ctx, cd.Navigate(n.base+path))
		js(t, ctx, `(document.documentElement.dataset.theme = "`+theme+`", 1)`)
		if _, err := cd.Run(ctx, cd.Evaluate[string]("(() => { "+string(axe)+"; return 'ok'; })()")); err != nil {
			t.Fatal(err)
		}
		got := js(t, ctx, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).then((r) => JSON.stringify(r.violations.map((v) => v.id + " (" + v.nodes.length + "): " + v.nodes[0].html.slice(0, 160) + " " + v.nodes[0].failureSummary.slice(0, 240))))`)
		var found []string
		if err := json.Unmarshal([]byte(got), &found); err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("%s (%s): %s", path, theme, f)
		}
	}
	check("/maple/signin", "light")
	signIn(t, ctx, n, "okonkwo")
	const whole = "/maple/patients/rosa-delgado/whole"
	for _, theme := range []string{"light", "dark"} {
		for _, path := range []string{"/maple/patients", "/maple/patients/rosa-delgado", whole, whole + "/results", whole + "/results/6301-6", whole + "/medicines", whole + "/imaging", whole + "/immunisations", whole + "/timeline", whole + "/about", whole + "/fact/Patient/rosa-delgado", "/maple/patients/ghost"} {
			check(path, theme)
		}
	}
}
