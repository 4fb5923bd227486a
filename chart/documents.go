package chart

import (
	"cmp"
	"encoding/base64"
	"html"
	"slices"
	"strings"

	"wholechart/fhir"
)

// Document is a note, a letter, a report: something to read.
type Document struct {
	Title       string
	Kind        string // "Progress note", "Radiology"
	Author      string
	Status      string // current, superseded; of a report final, preliminary…
	Summary     string // a report's conclusion or the document's description
	ContentType string
	URL         string // where the content is when it is not inside; the gate of its source decides who may fetch it
	When        When
	Draft       bool // not signed
	Superseded  bool
	Prov
	Also []Prov

	node fhir.Node
}

// maxDocument bounds the bytes of a document that are decoded to be shown.
const maxDocument = 4 << 20

func (b *builder) documents() {
	for _, f := range b.of("DocumentReference") {
		f.used = true
		n := f.Node
		d := Document{Kind: b.label(n.Get("type")), Title: strings.TrimSpace(n.Get("description").Str()), Status: f.status, node: n, Also: b.routes(f)}
		d.Superseded = f.status == "superseded"
		d.Draft = n.Get("docStatus").Is("preliminary")
		d.attach(n.Get("content"), "attachment")
		d.When = b.when(n.Get("context").Get("period").Get("start"))
		date := b.when(n.Get("date"))
		if !d.When.Known() {
			d.When = date
		}
		b.addDocument(f, d, date)
	}
	for _, f := range b.of("DiagnosticReport") {
		n := f.Node
		d := Document{Title: b.label(n.Get("code")), Kind: cmp.Or(b.label(n.Get("category")), "Report"), Status: f.status, Summary: b.conclusion(n), node: n, Also: b.routes(f)}
		if d.Summary == "" && !n.Get("presentedForm").Exists() {
			if n.Get("result").Len() == 0 && n.Get("imagingStudy").Len() == 0 && !b.narrates(n) {
				b.unused(f, "DiagnosticReport without results, conclusion or text")
			}
			continue // its results say it all
		}
		d.Draft = f.status == "preliminary" || f.status == "partial"
		d.attach(n.Get("presentedForm"), "")
		start, end, _ := b.choiceWhen(n, "effective")
		issued := b.when(n.Get("issued"))
		d.When = start
		if !d.When.Known() {
			d.When = end
		}
		if !d.When.Known() {
			d.When = issued
		}
		b.addDocument(f, d, issued)
	}
	for _, f := range b.of("Composition") {
		f.used = true
		n := f.Node
		d := Document{Title: n.Get("title").Str(), Kind: b.label(n.Get("type")), Status: f.status, When: b.when(n.Get("date")), ContentType: "text/plain", node: n, Also: b.routes(f)}
		d.Draft = f.status == "preliminary"
		b.addDocument(f, d, d.When)
	}
	slices.SortStableFunc(b.c.Documents, func(x, y Document) int { return newer(x.When, y.When) })
}

func (b *builder) addDocument(f *fact, d Document, recorded When) {
	d.Prov = b.prov(f, recorded)
	d.Author = d.Prov.Author
	d.Title = cmp.Or(d.Title, d.Kind, "Document")
	b.c.Documents = append(b.c.Documents, d)
}

// narrates says whether a resource has a narrative to read.
func (b *builder) narrates(n fhir.Node) bool { return n.Get("text").Get("div").Exists() }

// attach takes the content of the first attachment.
func (d *Document) attach(list fhir.Node, inner string) {
	for a := range list.Items() {
		if inner != "" {
			a = a.Get(inner)
		}
		d.ContentType, d.URL = a.Get("contentType").Str(), a.Get("url").Str()
		if d.Title == "" {
			d.Title = a.Get("title").Str()
		}
		return
	}
}

// attachment is the first attachment's node.
func (d Document) attachment() fhir.Node {
	if a := d.node.Get("content").Index(0).Get("attachment"); a.Exists() {
		return a
	}
	return d.node.Get("presentedForm").Index(0)
}

// Node is the resource that the document is.
func (d Document) Node() fhir.Node { return d.node }

// Data is the content inside the document and its type; nil when there is none
// inside, when it is no base64, or when it is larger than four megabytes.
func (d Document) Data() ([]byte, string) {
	data := d.attachment().Get("data").Decoded()
	if len(data) == 0 || len(data) > maxDocument*4/3+4 {
		return nil, d.ContentType
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
	n, err := base64.StdEncoding.Decode(out, data)
	if err != nil {
		return nil, d.ContentType
	}
	return out[:n], d.ContentType
}

// Text is the document in plain words: its text, or its sections' narratives
// without markup. Empty when it is not text; then Data or URL has it.
func (d Document) Text() string {
	if strings.HasPrefix(d.ContentType, "text/plain") && d.attachment().Exists() {
		data, _ := d.Data()
		return strings.TrimSpace(string(data))
	}
	if strings.HasPrefix(d.ContentType, "text/html") || strings.HasPrefix(d.ContentType, "application/xhtml") {
		data, _ := d.Data()
		return plainText(string(data))
	}
	var out strings.Builder
	sections(&out, d.node.Get("section"), 0)
	if out.Len() > 0 {
		return strings.TrimSpace(out.String())
	}
	if !d.attachment().Exists() {
		return plainText(d.node.Get("text").Get("div").Str())
	}
	return ""
}

func sections(out *strings.Builder, list fhir.Node, depth int) {
	if depth > 8 {
		return
	}
	for s := range list.Items() {
		if t := s.Get("title").Str(); t != "" {
			out.WriteString(t + "\n")
		}
		if t := plainText(s.Get("text").Get("div").Str()); t != "" {
			out.WriteString(t + "\n\n")
		}
		sections(out, s.Get("section"), depth+1)
	}
}

// plainText drops the markup of XHTML: block elements end a line.
func plainText(markup string) string {
	var out strings.Builder
	for len(markup) > 0 {
		i := strings.IndexByte(markup, '<')
		if i < 0 {
			out.WriteString(markup)
			break
		}
		out.WriteString(markup[:i])
		j := strings.IndexByte(markup[i:], '>')
		if j < 0 {
			break
		}
		name := strings.ToLower(strings.Trim(markup[i+1:i+j], "/ "))
		name, _, _ = strings.Cut(name, " ")
		markup = markup[i+j+1:]
		switch name {
		case "p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "ul", "ol", "table":
			out.WriteByte('\n')
		case "td", "th":
			out.WriteByte(' ')
		case "script", "style":
			if end := strings.Index(strings.ToLower(markup), "</"+name); end >= 0 {
				markup = markup[end:]
			}
		}
	}
	var lines []string
	for line := range strings.SplitSeq(html.UnescapeString(out.String()), "\n") {
		if l := strings.Join(strings.Fields(line), " "); l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}
