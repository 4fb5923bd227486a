package document

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxFile bounds one file, in bytes: as base64 it is 28 MB, which a resource
// (fhir.DefaultLimits, 32 MB) still holds.
const MaxFile = 20 << 20

// Format is what a file is, by its content and by nothing else.
type Format string

// The formats that are kept.
const (
	PDF  Format = "application/pdf"
	PNG  Format = "image/png"
	JPEG Format = "image/jpeg"
	TIFF Format = "image/tiff"
	Text Format = "text/plain"
)

// Word is the format for people.
func (f Format) Word() string {
	return map[Format]string{PDF: "PDF", PNG: "PNG image", JPEG: "JPEG image", TIFF: "TIFF image", Text: "Plain text"}[f]
}

// Ending is the file ending of a format.
func (f Format) Ending() string {
	return map[Format]string{PDF: ".pdf", PNG: ".png", JPEG: ".jpg", TIFF: ".tif", Text: ".txt"}[f]
}

// Kept are the formats that are kept, for people.
const Kept = "PDF, PNG, JPEG, TIFF and plain text"

// Refusal says why a file is not kept. What is the format that it is, "" when
// nobody knows; Why is a sentence without the file's name or content.
type Refusal struct{ What, Why string }

func (e *Refusal) Error() string {
	if e.What == "" {
		return e.Why
	}
	return "This is " + e.What + ". " + e.Why
}

func refused(what, why string) error { return &Refusal{what, why} }

// Found is what sniffing tells of a file that is kept.
type Found struct {
	Format        Format
	Width, Height int    // of an image, as its header says; 0 of a TIFF
	Pages         int    // of a PDF; 0: not found
	Protected     bool   // a PDF that is encrypted: it may ask for a password, and its words cannot be found
	Active        bool   // a PDF with scripts, launch actions or files in it
	Words         string // text to search, bounded by MaxWords
}

// Notes are what a reader should know of a file, as sentences.
func (f Found) Notes() (out []string) {
	if f.Protected {
		out = append(out, "The PDF is encrypted: it may ask for a password, and its words cannot be searched.")
	}
	if f.Active {
		out = append(out, "The PDF carries scripts, launch actions or other files: it is kept as it is, and never run here.")
	}
	return out
}

// foreign are formats by their first bytes (WHATWG MIME Sniffing, section 6, and
// the formats' own specifications).
var foreign = []struct {
	at    int
	magic string
	what  string
}{
	{0, "PK\x03\x04", "a ZIP archive or an Office document"},
	{0, "PK\x05\x06", "an empty ZIP archive"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"},
	{0, "{\\rtf", "an RTF document"},
	{0, "%!PS", "a PostScript program"},
	{0, "MZ", "a Windows program"},
	{0, "\x7fELF", "a program"},
	{0, "\xcf\xfa\xed\xfe", "a program"},
	{0, "\xca\xfe\xba\xbe", "a program"},
	{0, "#!", "a script"},
	{0, "\x1f\x8b", "a gzip archive"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7z archive"},
	{0, "Rar!\x1a\x07", "a RAR archive"},
	{0, "GIF87a", "a GIF image"},
	{0, "GIF89a", "a GIF image"},
	{0, "BM", "a BMP image"},
	{0, "RIFF", "a RIFF file (WebP, WAV or AVI)"},
	{4, "ftypheic", "a HEIC image"},
	{4, "ftypheix", "a HEIC image"},
	{4, "ftypmif1", "a HEIF image"},
	{4, "ftypavif", "an AVIF image"},
	{4, "ftyp", "a film"},
	{0, "\xff\x4f\xff\x51", "a JPEG 2000 image"},
	{0, "\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"},
	{128, "DICM", "a DICOM object"},
	{0, "ID3", "a sound file"},
	{0, "OggS", "an Ogg file"},
	{0, "SQLite format 3\x00", "a database"},
}

// other says what to do with a file of a known format that is not kept.
func other(what string) error {
	why := "Kept are " + Kept + "."
	switch {
	case strings.HasSuffix(what, "image"):
		why = "Save it as PNG or JPEG and bring it in again."
	case strings.Contains(what, "Office"), strings.HasPrefix(what, "an RTF"), strings.HasPrefix(what, "a PostScript"), strings.HasPrefix(what, "an HTML"):
		why = "Save or print it as PDF and bring that in."
	case what == "a DICOM object":
		why = "Images of studies belong to the image archive; kept here are " + Kept + "."
	}
	return refused(what, why)
}

// Sniff says what a file is, or refuses it with a *Refusal. A file that is two
// things at once, or cut off, is refused too.
func Sniff(data []byte) (Found, error) {
	switch {
	case len(data) == 0:
		return Found{}, refused("", "The file is empty.")
	case len(data) > MaxFile:
		return Found{}, refused("", TooLarge)
	case bytes.Contains(data[:min(len(data), 4096)], []byte("EICAR-STANDARD-ANTIVIRUS-TEST-FILE")):
		return Found{}, refused("the EICAR test virus", "It was not kept. Kept files are not scanned for viruses here.")
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return sniffPDF(data)
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return sniffPNG(data)
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return sniffJPEG(data)
	case bytes.HasPrefix(data, []byte("II*\x00")), bytes.HasPrefix(data, []byte("MM\x00*")):
		return sniffTIFF(data)
	}
	for _, f := range foreign {
		if len(data) >= f.at+len(f.magic) && string(data[f.at:f.at+len(f.magic)]) == f.magic && (f.magic != "MZ" && f.magic != "BM" || !isText(data)) {
			return Found{}, other(f.what)
		}
	}
	text, ok := Decode(data)
	if !ok {
		if i := bytes.Index(data[:min(len(data), 1024)], []byte("%PDF-")); i > 0 {
			return Found{}, refused("a PDF with something before its beginning", "It may be two files in one. Save it anew as PDF.")
		}
		return Found{}, refused("", "Nobody can tell what this file is. Kept are "+Kept+".")
	}
	if what := markup(text); what != "" {
		return Found{}, other(what)
	}
	if strings.TrimSpace(text) == "" {
		return Found{}, refused("", "There is nothing but blanks in this file.")
	}
	return Found{Format: Text, Words: Words(text)}, nil
}

// TooLarge is said of a file above MaxFile.
var TooLarge = fmt.Sprintf("The file is larger than %d MB.", MaxFile>>20)

func isText(data []byte) bool { _, ok := Decode(data); return ok }

// Decode reads plain text: UTF-8, UTF-16 with a byte order mark, else Latin-1
// when no byte of it is a control. ok is false when it is no text.
func Decode(data []byte) (text string, ok bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		if len(data)%2 != 0 {
			return "", false
		}
		big := data[0] == 0xfe
		units := make([]uint16, 0, len(data)/2)
		for i := 2; i < len(data); i += 2 {
			u := uint16(data[i]) | uint16(data[i+1])<<8
			if big {
				u = uint16(data[i])<<8 | uint16(data[i+1])
			}
			units = append(units, u)
		}
		text = string(utf16.Decode(units))
	case utf8.Valid(data):
		text = strings.TrimPrefix(string(data), "\ufeff")
	default:
		r := make([]rune, len(data))
		for i, b := range data {
			if b >= 0x80 && b < 0xa0 {
				return "", false
			}
			r[i] = rune(b)
		}
		text = string(r)
	}
	for _, r := range text {
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return "", false
		}
	}
	return text, true
}

// tags are how a browser recognises HTML and its kin (WHATWG MIME Sniffing,
// section 7.1), and what else runs in one.
var tags = []string{"!doctype", "html", "head", "script", "iframe", "h1", "div", "font", "table", "a", "style", "title", "b", "body", "br", "p", "svg", "img", "object", "embed", "meta", "link", "base", "form", "frameset", "math", "xml"}

// markup says which markup a text begins with, "" when it is none. Comments and
// blanks before it do not hide it.
func markup(text string) string {
	s := text[:min(len(text), 64<<10)]
	for {
		s = strings.TrimLeft(s, " \t\r\n\f\ufeff")
		switch {
		case strings.HasPrefix(s, "<!--"):
			_, rest, found := strings.Cut(s, "-->")
			if !found {
				return "an HTML page"
			}
			s = rest
			continue
		case strings.HasPrefix(s, "<?xml"):
			if strings.Contains(strings.ToLower(s), "<svg") {
				return "an SVG image"
			}
			return "an XML document"
		case strings.HasPrefix(s, "<?"):
			return "a script"
		}
		break
	}
	if !strings.HasPrefix(s, "<") {
		return ""
	}
	low := strings.ToLower(s[1:min(len(s), 40)])
	for _, t := range tags {
		if rest, ok := strings.CutPrefix(low, t); ok && (rest == "" || strings.ContainsAny(rest[:1], " \t\r\n\f>/:")) {
			switch t {
			case "svg":
				return "an SVG image"
			case "xml", "math":
				return "an XML document"
			}
			return "an HTML page"
		}
	}
	return ""
}
