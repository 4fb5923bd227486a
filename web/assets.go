package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

//go:embed assets/*.css assets/*.js assets/*.svg
var assetFiles embed.FS

// AssetPath is where Assets is mounted.
const AssetPath = "/assets/"

// sheets are joined in this order into kit.css: one request, and later sheets may rely on earlier tokens.
var sheets = []string{"tokens.css", "base.css", "frame.css", "parts.css", "form.css", "plot.css", "media.css", "print.css"}

// modules are the ES modules that every page loads. None needs another, so that each can be cached by its own hash.
var modules = []string{"theme.js", "keys.js", "find.js", "partial.js", "tip.js", "palette.js", "signout.js"}

// asset is one file as it is served.
type asset struct {
	kind    string // media type
	body    []byte
	gz      []byte // nil when compression does not help
	etag    string
	address string // AssetPath + name.hash.ext
}

// assets is every file by its plain name; byAddress is the same by hashed name.
var assets, byAddress = loadAssets()

func loadAssets() (map[string]*asset, map[string]*asset) {
	named, hashed := map[string]*asset{}, map[string]*asset{}
	add := func(name string, body []byte) {
		sum := sha256.Sum256(body)
		hash := base64.RawURLEncoding.EncodeToString(sum[:9])
		ext := path.Ext(name)
		a := &asset{body: body, etag: `"` + hash + `"`, address: AssetPath + strings.TrimSuffix(name, ext) + "." + hash + ext}
		switch ext {
		case ".css":
			a.kind = "text/css; charset=utf-8"
		case ".js":
			a.kind = "text/javascript; charset=utf-8"
		case ".svg":
			a.kind = "image/svg+xml"
		}
		a.gz = Gzipped(body)
		named[name], hashed[a.address] = a, a
	}
	var kit []byte
	for _, s := range sheets {
		kit = append(kit, mustRead(s)...)
	}
	add("kit.css", kit)
	for _, m := range modules {
		add(m, mustRead(m))
	}
	add("icon.svg", mustRead("icon.svg"))
	return named, hashed
}

func mustRead(name string) []byte {
	b, err := assetFiles.ReadFile("assets/" + name)
	if err != nil {
		panic("web: " + err.Error()) // an embedded file that the build did not embed
	}
	return b
}

// AssetURL is the address of an asset by its plain name ("kit.css"), with a hash of its content in it. It panics on a
// name that is not embedded: that is a mistake in the program, and the first page shows it.
func AssetURL(name string) string {
	a, ok := assets[name]
	if !ok {
		panic("web: no asset " + name)
	}
	return a.address
}

// Assets serves the style sheet, the modules and the icon under AssetPath, to be cached for ever: another content has
// another address. Anything else, and an old hash, is 404.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := byAddress[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("ETag", a.etag)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("Vary", "Accept-Encoding")
		if r.Header.Get("If-None-Match") == a.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body := a.body
		if a.gz != nil && AcceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body = a.gz
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body)
		}
	})
}

// Gzipped is a body as small as gzip makes it, or nil when that is not smaller.
func Gzipped(body []byte) []byte {
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
	_, _ = w.Write(body)
	_ = w.Close()
	if z.Len() >= len(body) {
		return nil
	}
	return z.Bytes()
}

// AcceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3) as far as gzip is concerned; q=0 refuses it.
func AcceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name != "gzip" && name != "*" {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !found {
			return true
		}
		v, err := strconv.ParseFloat(q, 64)
		return err == nil && v > 0
	}
	return false
}
