package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"wholechart/record"
)

// answer is what an interaction answers with, before it is a HTTP response or
// an entry of a bundle.
type answer struct {
	status   int
	body     []byte
	buf      *bytes.Buffer // where body lies, when it is a pooled buffer
	etag     string        // version
	modified time.Time
	location string // Type/id/_history/version
	header   http.Header
	typ      string // media type, when it is not FHIR JSON
}

func (a *answer) set(name, value string) {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
}

// of is an answer about one version of one resource.
func of(status int, res record.Resource) *answer {
	return &answer{status: status, body: res.Body, etag: res.Version, modified: res.Updated}
}

func etag(version string) string { return `W/"` + version + `"` }

// worthIt is the size from which a body is compressed for who asks it.
const worthIt = 1400

var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	return z
}}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// keepBuffer is the largest buffer that is used again.
const keepBuffer = 4 << 20

func getBuffer() *bytes.Buffer {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	return b
}

func putBuffer(b *bytes.Buffer) {
	if b != nil && b.Cap() <= keepBuffer {
		buffers.Put(b)
	}
}

// send writes an answer as a HTTP response.
func (a *API) send(w http.ResponseWriter, r *http.Request, c *call, ans *answer) {
	defer putBuffer(ans.buf)
	h := w.Header()
	for name, values := range ans.header {
		h[name] = values
	}
	if ans.etag != "" {
		h["Etag"] = []string{etag(ans.etag)}
	}
	if !ans.modified.IsZero() {
		h["Last-Modified"] = []string{ans.modified.UTC().Format(http.TimeFormat)}
	}
	if ans.location != "" {
		h["Location"] = []string{c.base + "/" + ans.location}
	}
	h["X-Content-Type-Options"] = noSniff
	if h["Cache-Control"] == nil {
		h["Cache-Control"] = noCache
	}
	body := ans.body
	if len(body) == 0 {
		if ans.status != http.StatusNoContent && ans.status != http.StatusNotModified {
			h.Set("Content-Length", "0")
		}
		w.WriteHeader(ans.status)
		return
	}
	h["Content-Type"] = fhirJSON
	if ans.typ != "" {
		h["Content-Type"] = []string{ans.typ}
	}
	if c.wants.pretty {
		var b bytes.Buffer
		if json.Indent(&b, body, "", "  ") == nil {
			b.WriteByte('\n')
			body = b.Bytes()
		}
	}
	if len(body) >= worthIt {
		h["Vary"] = varyOn
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			b := getBuffer()
			defer putBuffer(b)
			z := zippers.Get().(*gzip.Writer)
			z.Reset(b)
			z.Write(body)
			z.Close()
			zippers.Put(z)
			body = b.Bytes()
			h["Content-Encoding"] = inGzip
		}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(ans.status)
	w.Write(body)
}

// Header values that never change.
var (
	noSniff  = []string{"nosniff"}
	noCache  = []string{"private, no-cache"}
	fhirJSON = []string{"application/fhir+json; charset=utf-8"}
	inGzip   = []string{"gzip"}
	varyOn   = []string{"Accept, Accept-Encoding, Prefer"}
)

func takesGzip(accept string) bool {
	for accept != "" {
		var one string
		one, accept, _ = strings.Cut(accept, ",")
		name, q, _ := strings.Cut(one, ";")
		if strings.TrimSpace(name) == "gzip" {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// quote appends a JSON string.
func quote(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			out = append(out, c)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				out = append(out, "\ufffd"...)
			} else {
				out = append(out, s[i:i+n]...)
			}
			i += n
			continue
		}
		i++
	}
	return append(out, '"')
}
