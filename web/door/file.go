package door

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"path"
	"strings"

	"wholechart/web"
)

// file is a style sheet or module of a room, served as written, compressed for who takes it so.
type file struct {
	kind     string
	body, gz []byte // gz is nil when it is not smaller
}

var kinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// FileURL is the address of a room's style sheet or module, with a hash of its
// content in it. It lies under /style/, which no site can be called.
func FileURL(name string, body []byte) string {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	return "/style/" + strings.TrimSuffix(name, ext) + "." + base64.RawURLEncoding.EncodeToString(sum[:9]) + ext
}

// File serves a room's style sheet (.css), module (.js) or picture (.svg), and
// returns its address.
func (d *Door) File(name string, body []byte) string {
	url := FileURL(name, body)
	d.files[url] = file{kinds[path.Ext(name)], body, web.Gzipped(body)}
	return url
}

func (d *Door) serveFile(w http.ResponseWriter, r *http.Request) bool {
	f, ok := d.files[r.URL.Path]
	if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Vary", "Accept-Encoding")
	body := f.body
	if f.gz != nil && web.AcceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = f.gz
	}
	_, _ = w.Write(body)
	return true
}
