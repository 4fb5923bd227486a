package api

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/record"
)

// entry is one entry of a batch or transaction: an interaction of its own.
type entry struct {
	call
	at      int // place in the bundle
	fullURL string
	route   *route
}

// entries reads the entries of a bundle. What is wrong with one is its err;
// only what is wrong with the bundle itself is an error.
func (c *call) entries(b fhir.Node) (list []*entry, errs []error, err error) {
	if n := b.Get("entry"); n.Exists() && n.Kind() != fhir.Array {
		return nil, nil, &refusal{http.StatusBadRequest, "structure", "Bundle.entry is not a list"}
	}
	for n := range b.Get("entry").Items() {
		if len(list) == record.MaxActs {
			return nil, nil, &refusal{http.StatusRequestEntityTooLarge, "too-costly", "more than " + strconv.Itoa(record.MaxActs) + " entries in one bundle"}
		}
		e, err := c.entry(n, len(list))
		list, errs = append(list, e), append(errs, err)
	}
	return list, errs, nil
}

func (c *call) entry(n fhir.Node, at int) (*entry, error) {
	req := n.Get("request")
	e := &entry{at: at, fullURL: n.Get("fullUrl").Str()}
	e.call = call{api: c.api, ctx: c.ctx, lens: c.lens, site: c.site, s: c.s, base: c.base, method: req.Get("method").Str(), head: http.Header{}}
	for element, header := range map[string]string{"ifMatch": "If-Match", "ifNoneMatch": "If-None-Match", "ifNoneExist": "If-None-Exist"} {
		if v := req.Get(element); v.Exists() {
			e.head.Set(header, v.Str())
		}
	}
	if v := req.Get("ifModifiedSince"); v.Exists() {
		d, err := fhir.ParseDateTime(v.Str())
		if err != nil {
			return e, &refusal{http.StatusBadRequest, "value", "request.ifModifiedSince is not an instant"}
		}
		from, _ := d.Interval(time.UTC)
		e.head.Set("If-Modified-Since", from.UTC().Format(http.TimeFormat))
	}
	address, ok := strings.CutPrefix(req.Get("url").Str(), c.base)
	if !ok && strings.Contains(address, "://") {
		return e, &refusal{http.StatusBadRequest, "invalid", "request.url is not of this endpoint"}
	}
	path, query, _ := strings.Cut(address, "?")
	var err error
	if e.query, err = url.ParseQuery(query); err != nil {
		return e, &refusal{http.StatusBadRequest, "invalid", "the query of request.url is not well formed"}
	}
	if e.wants, err = readWants(e.query, e.head); err != nil {
		return e, err
	}
	e.wants.give, e.wants.lenient = c.wants.give, c.wants.lenient
	switch e.method {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH":
	default:
		return e, &refusal{http.StatusBadRequest, "required", "request.method is not GET, HEAD, POST, PUT or DELETE"}
	}
	if strings.Trim(path, "/") == "" && e.method != "GET" {
		return e, &refusal{http.StatusBadRequest, "invalid", "request.url names no resource type"}
	}
	if e.route, err = e.find(path); err != nil {
		return e, err
	}
	res := n.Get("resource")
	e.bytes = func(int64) ([]byte, error) {
		if res.Kind() != fhir.Object {
			return nil, &refusal{http.StatusBadRequest, "required", "the entry has no resource"}
		}
		return res.Raw(), nil
	}
	return e, nil
}

// act is the change that an entry of a transaction asks for; ok is false for a read.
func (e *entry) act() (act record.Act, ok bool, err error) {
	switch {
	case e.method == "GET" || e.method == "HEAD":
		return act, false, nil
	case e.route.method == "POST" && e.route.path == "{type}":
		act, err = e.createAct(e.resource)
	case e.route.method == "PUT":
		act, err = e.updateAct(e.resource)
	case e.route.method == "DELETE":
		act, err = e.deleteAct()
	default:
		err = &refusal{http.StatusBadRequest, "not-supported", "an entry of a transaction creates, updates, deletes or reads"}
	}
	act.FullURL = e.fullURL
	return act, err == nil, err
}

// answered writes an entry's answer (http://hl7.org/fhir/R4/bundle.html#transaction-response).
func (b *bundle) answered(c *call, e *entry, ans *answer) {
	full := ""
	if ans.location != "" {
		full, _, _ = strings.Cut(ans.location, "/_history/")
		full = c.base + "/" + full
	}
	b.begin(full)
	bad := ans.status >= 400
	isOutcome := bad || e.method != "GET" && c.wants.give == "OperationOutcome"
	brief := e.route != nil && e.route.is&write != 0 && c.wants.give != "representation"
	if len(ans.body) > 0 && !isOutcome && !brief {
		b.member("resource", ans.body)
	}
	out := append([]byte(nil), `{"status":"`...)
	out = strconv.AppendInt(out, int64(ans.status), 10)
	if text := http.StatusText(ans.status); text != "" {
		out = append(append(out, ' '), text...)
	}
	out = append(out, '"')
	if ans.location != "" {
		out = quote(append(out, `,"location":`...), ans.location)
	}
	if ans.etag != "" {
		out = quote(append(out, `,"etag":`...), etag(ans.etag))
	}
	if !ans.modified.IsZero() {
		out = quote(append(out, `,"lastModified":`...), ans.modified.UTC().Format(instant))
	}
	if len(ans.body) > 0 && isOutcome {
		out = append(append(out, `,"outcome":`...), ans.body...)
	}
	b.member("response", append(out, '}'))
	b.end()
	putBuffer(ans.buf)
}
