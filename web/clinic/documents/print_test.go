package documents

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	cd "github.com/chromedp/chromedp"

	"wholechart/internal/pagetest"
)

// TestPrintedPage prints a signed letter's page as the browser does: nothing of it
// is hidden, and each sheet says whose record it is.
func TestPrintedPage(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed: the printed page was not read")
	}
	ctx := pagetest.Chromium(t)
	n := house(t)
	at := pages(t, n, n.User(lena))
	pagetest.SignIn(t, ctx, n, "maple", lena.Name)
	pagetest.Do(t, ctx, cd.Navigate(n.Base+at["print"]))
	pdf, err := cd.Run(ctx, cd.PrintToPDF())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	sheets := strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
	if len(sheets) < 2 {
		t.Fatalf("%d sheets", len(sheets))
	}
	for i, s := range sheets {
		if !strings.Contains(s, "Rosa Delgado · MRN 004-17-882") {
			t.Errorf("sheet %d does not say whose it is", i+1)
		}
		if strings.Contains(s, "Sign out") || strings.Contains(s, "Find a patient") {
			t.Errorf("sheet %d has the bar of the page", i+1)
		}
	}
	has(t, string(out), "Summary of the chart", "Td, Tdap", "Signed electronically by Lena Okonkwo, MD")
}
