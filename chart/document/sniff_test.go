package document

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

const smallPDF = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R>>endobj\n4 0 obj<</Length 44>>stream\nBT /F1 12 Tf (Serum potassium) Tj 0 -14 Td [(4.)-20(1)-300(mmol/L)] TJ ET\nendstream endobj\n" +
	"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"

func aPNG(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		img.Set(x, x%h, color.RGBA{200, 30, 30, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func aJPEG(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a PNG whose header promises more than anybody can hold.
func bomb(w, h uint32) []byte {
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		body := append([]byte(kind), data...)
		out = append(out, body...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
	}
	head := binary.BigEndian.AppendUint32(nil, w)
	head = binary.BigEndian.AppendUint32(head, h)
	chunk("IHDR", append(head, 8, 6, 0, 0, 0))
	chunk("IDAT", []byte("x"))
	chunk("IEND", nil)
	return out
}

func aTIFF(w, h uint16) []byte {
	out := []byte("II*\x00\x08\x00\x00\x00\x02\x00")
	for tag, v := range map[uint16]uint16{256: w, 257: h} {
		out = binary.LittleEndian.AppendUint16(out, tag)
		out = binary.LittleEndian.AppendUint16(out, 3)
		out = binary.LittleEndian.AppendUint32(out, 1)
		out = binary.LittleEndian.AppendUint32(out, uint32(v))
	}
	return append(out, 0, 0, 0, 0)
}

func TestSniff(t *testing.T) {
	pic, photo := aPNG(t, 30, 20), aJPEG(t, 40, 16)
	for name, c := range map[string]struct {
		data []byte
		want Format
		say  string // of a refusal
	}{
		"pdf":                 {[]byte(smallPDF), PDF, ""},
		"png":                 {pic, PNG, ""},
		"jpeg":                {photo, JPEG, ""},
		"tiff":                {aTIFF(1700, 2200), TIFF, ""},
		"text":                {[]byte("Potassium 4.1 mmol/L\r\n"), Text, ""},
		"text with markup":    {[]byte("He said <script>alert(1)</script> was on his screen."), Text, ""},
		"less than":           {[]byte("< 0.01 ng/mL"), Text, ""},
		"latin-1":             {[]byte("Jos\xe9, 37 \xb0C"), Text, ""},
		"utf-16":              {[]byte("\xff\xfeA\x00b\x00"), Text, ""},
		"emoji and rtl":       {[]byte("مريم 🙂 שרה"), Text, ""},
		"jpeg with preview":   {append(bytes.Clone(photo), photo...), JPEG, ""},
		"text from an MZ":     {[]byte("MZ twins, monozygotic"), Text, ""},
		"empty":               {nil, "", "empty"},
		"blank":               {[]byte(" \n\t "), "", "blanks"},
		"html named pdf":      {[]byte("<!DOCTYPE html><script>fetch('/')</script>"), "", "an HTML page"},
		"html after comment":  {[]byte("\ufeff \n<!-- x -->\n<ScRiPt src=x>"), "", "an HTML page"},
		"html open comment":   {[]byte("<!-- never closed"), "", "an HTML page"},
		"svg":                 {[]byte("<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"), "", "an SVG image"},
		"svg in xml":          {[]byte("<?xml version='1.0'?><!-- a --><svg/>"), "", "an SVG image"},
		"c-cda":               {[]byte("<?xml version='1.0'?><ClinicalDocument/>"), "", "an XML document"},
		"php":                 {[]byte("<?php system($_GET['c']);"), "", "a script"},
		"shell":               {[]byte("#!/bin/sh\nrm -rf /\n"), "", "a script"},
		"zip":                 {[]byte("PK\x03\x04\x14\x00"), "", "ZIP"},
		"word":                {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00"), "", "old Office"},
		"exe":                 {[]byte("MZ\x90\x00\x03\x00\x00\x00"), "", "Windows program"},
		"elf":                 {[]byte("\x7fELF\x02\x01\x01\x00"), "", "a program"},
		"gif":                 {[]byte("GIF89a\x01\x00\x01\x00"), "", "a GIF image"},
		"heic":                {[]byte("\x00\x00\x00\x18ftypheic\x00"), "", "a HEIC image"},
		"dicom":               {append(make([]byte, 128), []byte("DICM\x02\x00")...), "", "DICOM"},
		"eicar":               {[]byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$` + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"), "", "EICAR"},
		"nobody knows":        {[]byte{0, 1, 2, 3, 0xfe}, "", "Nobody can tell"},
		"pdf cut off":         {[]byte(smallPDF[:200]), "", "cut off"},
		"pdf and zip":         {[]byte(smallPDF + "PK\x03\x04evil"), "", "two files"},
		"pdf after something": {[]byte("\x00\x01GIF" + smallPDF), "", "before its beginning"},
		"png cut off":         {pic[:len(pic)-20], "", "cut off"},
		"png and html":        {append(bytes.Clone(pic), []byte("<html>")...), "", "two files"},
		"png without pixels":  {append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x00IEND"), 0xae, 0x42, 0x60, 0x82), "", "header"},
		"huge png":            {bomb(100000, 100000), "", "100000 × 100000"},
		"wide png":            {bomb(4_000_000_000, 1), "", "pixels"},
		"flat png":            {bomb(0, 10), "", "without a size"},
		"jpeg cut off":        {photo[:len(photo)-10], "", "cut off"},
		"jpeg header only":    {photo[:4], "", "cut off"},
		"jpeg and zip":        {append(bytes.Clone(photo), []byte("PK\x05\x06")...), "", "two files"},
		"tiff cut off":        {aTIFF(10, 10)[:12], "", "cut off"},
		"huge tiff":           {aTIFF(65000, 65000), "", "65000"},
		"too large":           {make([]byte, MaxFile+1), "", "larger than 20 MB"},
	} {
		f, err := Sniff(c.data)
		if c.say == "" {
			if err != nil || f.Format != c.want {
				t.Errorf("%s: %v, %v", name, f.Format, err)
			}
			continue
		}
		var r *Refusal
		if !errors.As(err, &r) || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v, want %q", name, err, c.say)
		}
	}
}

func TestPDF(t *testing.T) {
	f, err := Sniff([]byte(smallPDF))
	if err != nil || f.Pages != 1 || f.Protected || f.Active {
		t.Errorf("%+v, %v", f, err)
	}
	if f.Words != "Serum potassium 4.1 mmol/L" {
		t.Errorf("%q", f.Words)
	}
	locked := strings.Replace(smallPDF, "trailer<<", "trailer<</Encrypt 9 0 R", 1)
	if f, err = Sniff([]byte(locked)); err != nil || !f.Protected || f.Words != "" || len(f.Notes()) != 1 {
		t.Errorf("%+v, %v", f, err)
	}
	alive := strings.Replace(smallPDF, "/Catalog", "/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>", 1)
	if f, err = Sniff([]byte(alive)); err != nil || !f.Active {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestPreview(t *testing.T) {
	small, err := Preview(aPNG(t, 900, 300), 300)
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(small))
	if err != nil || img.Bounds().Dx() != 300 || img.Bounds().Dy() != 100 {
		t.Errorf("%v, %v", img.Bounds(), err)
	}
	if _, err := Preview([]byte(smallPDF), 300); !errors.Is(err, ErrNoPreview) {
		t.Error(err)
	}
	if _, err := Preview(bomb(60000, 60000), 300); !errors.Is(err, ErrNoPreview) {
		t.Error(err)
	}
	// Exif says: turn it clockwise.
	exif := []byte("\xff\xe1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00")
	photo := aJPEG(t, 40, 16)
	turned, err := Preview(append(append([]byte{0xff, 0xd8}, exif...), photo[2:]...), 300)
	if err != nil {
		t.Fatal(err)
	}
	if img, _ = jpeg.Decode(bytes.NewReader(turned)); img.Bounds().Dx() != 16 || img.Bounds().Dy() != 40 {
		t.Errorf("%v", img.Bounds())
	}
}

func TestFileName(t *testing.T) {
	for given, want := range map[string]string{
		"Consult 2026-11-02.pdf":         "Consult 2026-11-02.pdf",
		"../../etc/passwd":               "passwd.pdf",
		`C:\scans\x.PDF`:                 "x.pdf",
		"invoice.pdf.exe":                "invoice.pdf",
		"a\u202efdp.exe":                 "afdp.pdf",
		"\x00\r\nSet-Cookie: a=b.pdf":    "Set-Cookie- a=b.pdf",
		"":                               "document.pdf",
		"....":                           "document.pdf",
		"مريم 🙂.pdf":                     "مريم 🙂.pdf",
		"李.pdf":                          "李.pdf",
		"v1.5":                           "v1.5.pdf",
		`<img src=x onerror="x()">.html`: "img src=x onerror=-x().pdf",
		strings.Repeat("é", 300):         strings.Repeat("é", 100) + ".pdf",
	} {
		if got := FileName(given, PDF); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte(smallPDF))
	f.Add(aPNG(f, 8, 8))
	f.Add(aJPEG(f, 8, 8))
	f.Add(aTIFF(8, 8))
	f.Add(bomb(1<<31, 1<<31))
	f.Add([]byte("<!-- --><?xml <svg"))
	f.Add([]byte("%PDF-1.7 stream\n(\\1\\22\\333(((BT ET endstream startxref %%EOF"))
	f.Add([]byte("\xff\xd8\xff\xff\xff\xff\xc0\x00\x08"))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := Sniff(data)
		var r *Refusal
		if err != nil && !errors.As(err, &r) {
			t.Fatalf("no refusal: %v", err)
		}
		if err == nil && (found.Format.Word() == "" || len(found.Words) > MaxWords) {
			t.Fatalf("%+v", found)
		}
		if err == nil && found.Width*found.Height <= 1<<20 {
			_, _ = Preview(data, 64)
		}
		name := FileName(string(data[:min(len(data), 400)]), PDF)
		if len([]rune(name)) > 104 || strings.ContainsAny(name, "/\\\r\n\x00<>\"") {
			t.Fatalf("%q", name)
		}
	})
}
