package documents

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"wholechart/chart/document"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// Sides of drawn images, in pixels, and how many bytes of them are held.
const (
	smallSide = 160
	largeSide = 1600
	maxDrawn  = 24 << 20
)

// drawings are images drawn anew, by the content's digest and size, so that a list
// does not decode the same photographs each time. The oldest go first. Whether
// somebody may see one is asked of the record each time.
type drawings struct {
	mu    sync.Mutex
	order []string
	held  map[string][]byte
	size  int
}

func newDrawings() *drawings { return &drawings{held: map[string][]byte{}} }

func (d *drawings) get(key string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.held[key]
}

func (d *drawings) put(key string, img []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held[key] != nil || len(img) > maxDrawn/4 {
		return
	}
	d.held[key], d.order, d.size = img, append(d.order, key), d.size+len(img)
	for d.size > maxDrawn {
		d.size -= len(d.held[d.order[0]])
		delete(d.held, d.order[0])
		d.order = d.order[1:]
	}
}

// decoded are the bytes inside an attachment or a Binary, nil when there are none.
func decoded(n fhir.Node) []byte {
	text := n.Get("data").Str()
	if text == "" {
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil
	}
	return data
}

// preview answers with an image drawn anew: never with the bytes that came.
func (h *room) preview(c *door.Call) {
	r, err := reference(c)
	if err != nil {
		c.Failed(err)
		return
	}
	side := largeSide
	if c.R.FormValue("size") == "small" {
		side = smallSide
	}
	key := ""
	if d := document.DigestOf(r.Node()); d != "" {
		key = r.ID + "/" + r.Version + "/" + d + "/" + strconv.Itoa(side)
	}
	img := h.drawn.get(key)
	if img == nil || key == "" {
		b, err := binaryOf(c, r)
		if err != nil {
			c.Failed(err)
			return
		}
		select {
		case h.heavy <- struct{}{}:
		case <-c.R.Context().Done():
			return
		}
		img, err = document.Preview(decoded(b.Node()), side)
		<-h.heavy
		if err != nil {
			c.Failed(record.ErrNotFound)
			return
		}
		if key != "" {
			h.drawn.put(key, img)
		}
	}
	web.SecurityHeaders(c.W)
	head := c.W.Header()
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	head.Set("Content-Type", "image/jpeg")
	head.Set("Content-Length", strconv.Itoa(len(img)))
	c.W.WriteHeader(http.StatusOK)
	_, _ = c.W.Write(img)
}
