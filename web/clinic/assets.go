package clinic

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
)

//go:embed clinic.css
var sheet []byte

// sheetURL is the address of this package's own style sheet, with a hash of its
// content in it. It lies under /style/, which no site can be called.
var sheetURL = func() string {
	sum := sha256.Sum256(sheet)
	return "/style/clinic." + base64.RawURLEncoding.EncodeToString(sum[:9]) + ".css"
}()

// withSheet serves the style sheet before anything else.
func withSheet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != sheetURL || r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/css; charset=utf-8")
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		_, _ = w.Write(sheet)
	})
}
