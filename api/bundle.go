package api

import (
	"bytes"
	"net/url"
	"strconv"
	"time"

	"wholechart/record"
)

// bundle writes a Bundle around resources as they are: their bytes are neither
// read nor changed (http://hl7.org/fhir/R4/bundle.html).
type bundle struct {
	buf     *bytes.Buffer
	entries int
}

// instant is http://hl7.org/fhir/R4/datatypes.html#instant.
const instant = "2006-01-02T15:04:05.000Z"

// newBundle begins a Bundle. total below 0 is left out. next empty: no more pages.
func newBundle(typ string, now time.Time, total int, self, next string) *bundle {
	b := &bundle{buf: getBuffer()}
	b.buf.WriteString(`{"resourceType":"Bundle","meta":{"lastUpdated":"`)
	b.buf.WriteString(now.UTC().Format(instant))
	b.buf.WriteString(`"},"type":"` + typ + `"`)
	if total >= 0 {
		b.buf.WriteString(`,"total":` + strconv.Itoa(total))
	}
	if self != "" {
		b.buf.WriteString(`,"link":[{"relation":"self","url":`)
		b.quote(self)
		b.buf.WriteByte('}')
		if next != "" {
			b.buf.WriteString(`,{"relation":"next","url":`)
			b.quote(next)
			b.buf.WriteByte('}')
		}
		b.buf.WriteByte(']')
	}
	return b
}

func (b *bundle) quote(s string) { b.buf.Write(quote(b.buf.AvailableBuffer(), s)) }

// begin opens an entry; fullURL may be empty.
func (b *bundle) begin(fullURL string) {
	if b.entries == 0 {
		b.buf.WriteString(`,"entry":[{`)
	} else {
		b.buf.WriteString(`,{`)
	}
	b.entries++
	if fullURL != "" {
		b.buf.WriteString(`"fullUrl":`)
		b.quote(fullURL)
	}
}

// member writes a member of the open entry; value is JSON.
func (b *bundle) member(name string, value []byte) {
	if last := b.buf.Bytes()[b.buf.Len()-1]; last != '{' {
		b.buf.WriteByte(',')
	}
	b.buf.WriteString(`"` + name + `":`)
	b.buf.Write(value)
}

func (b *bundle) end() { b.buf.WriteByte('}') }

// found adds a resource to a searchset.
func (b *bundle) found(base string, res record.Resource, mode string) {
	b.begin(base + "/" + res.Type + "/" + res.ID)
	b.member("resource", res.Body)
	b.buf.WriteString(`,"search":{"mode":"` + mode + `"}`)
	b.end()
}

// remark adds an OperationOutcome to a searchset.
func (b *bundle) remark(issues []record.Issue) {
	if len(issues) == 0 {
		return
	}
	b.begin("")
	b.member("resource", outcome(issues))
	b.buf.WriteString(`,"search":{"mode":"outcome"}`)
	b.end()
}

// close ends the Bundle.
func (b *bundle) close(status int) *answer {
	if b.entries > 0 {
		b.buf.WriteByte(']')
	}
	b.buf.WriteByte('}')
	return &answer{status: status, body: b.buf.Bytes(), buf: b.buf}
}

// link is a URL with a query.
func link(address string, q url.Values) string {
	if len(q) == 0 {
		return address
	}
	return address + "?" + q.Encode()
}

// following is a link to the page after a place; empty place: none.
func following(address string, q url.Values, place string) string {
	if place == "" {
		return ""
	}
	next := url.Values{}
	for name, values := range q {
		next[name] = values
	}
	next.Set("_after", place)
	return link(address, next)
}
