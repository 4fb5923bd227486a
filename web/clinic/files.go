package clinic

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"wholechart/fhir"
	"wholechart/record"
)

// attachmentsOf are the Attachments of a resource in their order; a Binary is
// one itself.
func attachmentsOf(n fhir.Node, typ string) []fhir.Node {
	if typ == "Binary" {
		return []fhir.Node{n}
	}
	var out []fhir.Node
	var walk func(n fhir.Node, typ string, depth int)
	walk = func(n fhir.Node, typ string, depth int) {
		def := fhir.LookupType(typ)
		if def == nil || depth > 6 || len(out) >= 50 {
			return
		}
		for name, value := range n.Fields() {
			_, of := def.Element(name)
			if of == "" {
				continue
			}
			for x := range value.Items() {
				if x.Kind() != fhir.Object {
					continue
				}
				if of == "Attachment" {
					out = append(out, x)
				} else {
					walk(x, of, depth+1)
				}
			}
		}
	}
	walk(n, typ, 0)
	return out
}

// bytesOf is what an attachment holds: its data, or that of the Binary it
// names. Addresses elsewhere are never asked.
func (c *call) bytesOf(a fhir.Node) ([]byte, string, error) {
	kind := a.Get("contentType").Str()
	if d := a.Get("data"); d.Exists() {
		if len(d.Raw()) > maxFile {
			return nil, "", record.ErrNotFound
		}
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(d.Str()), ""))
		if err != nil {
			return nil, "", record.ErrNotFound
		}
		return data, kind, nil
	}
	typ, id, _, ok := fhir.Relative(a.Get("url").Str())
	if !ok || typ != "Binary" {
		return nil, "", record.ErrNotFound
	}
	res, err := c.Session(c.lens()).Read(c.R.Context(), typ, id)
	if err != nil {
		return nil, "", err
	}
	if mine, err := c.concerns(res); err != nil || !mine || !res.Node().Get("data").Exists() {
		return nil, "", record.ErrNotFound
	}
	return c.bytesOf(res.Node())
}

// attachments is the text of the first plain-text attachment, and every
// attachment as a download.
func (v *view) attachments(res record.Resource) (text string, files []file) {
	for i, a := range attachmentsOf(res.Node(), res.Type) {
		kind := a.Get("contentType").Str()
		f := file{Title: cmpOr(a.Get("title").Str(), cmpOr(kind, "attachment")), Kind: kind, Href: v.href("fact", res.Type, res.ID, "content", fmt.Sprint(i))}
		data, _, err := v.bytesOf(a)
		if err != nil {
			f.Href, f.Size = "", "kept elsewhere: "+cmpOr(a.Get("url").Str(), "no content here")
			files = append(files, f)
			continue
		}
		f.Size = sizeText(len(data))
		files = append(files, f)
		if text == "" && isText(kind) {
			text = plainText(data, kind)
		}
	}
	return text, files
}

func isText(kind string) bool {
	k, _, _ := strings.Cut(strings.ToLower(kind), ";")
	return strings.TrimSpace(k) == "text/plain"
}

// plainText decodes what an attachment says, Latin-1 where it says so, and cuts
// it at a size that a page can hold.
func plainText(data []byte, kind string) string {
	if strings.Contains(strings.ToLower(kind), "8859-1") || !utf8.Valid(data) {
		r := make([]rune, len(data))
		for i, b := range data {
			r[i] = rune(b)
		}
		data = []byte(string(r))
	}
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	if len(data) > maxText {
		data = append(bytes.ToValidUTF8(data[:maxText], nil), []byte("\n[The rest is in the download.]")...)
	}
	return string(data)
}

// fileName is a name without anything that a file system or a header could
// misunderstand, and with an ending that does not run.
func fileName(a fhir.Node, kind string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r == ' ', r == '.':
			return '-'
		}
		return -1
	}, a.Get("title").Str())
	if name = strings.Trim(name, "-"); name == "" {
		name = "document"
	}
	if len(name) > 60 {
		name = name[:60]
	}
	ext := map[string]string{"application/pdf": ".pdf", "text/plain": ".txt", "text/csv": ".csv", "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/tiff": ".tif", "application/dicom": ".dcm", "application/json": ".json", "application/fhir+json": ".json"}[safeKind(kind)]
	return name + cmpOr(ext, ".bin")
}

func sizeText(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d kB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
