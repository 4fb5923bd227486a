package document

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
)

// Bounds of images that are kept, and of those that are decoded to be shown. An
// image of MaxPixels takes 160 MB while it is decoded; a scanned page of A4 at
// 300 dpi has 8.7 million pixels.
const (
	MaxSide   = 20000
	MaxPixels = 40_000_000
)

func sized(f Found) (Found, error) {
	switch {
	case f.Width <= 0 || f.Height <= 0:
		return f, refused("an image without a size", "It is damaged.")
	case f.Width > MaxSide || f.Height > MaxSide || f.Width*f.Height > MaxPixels:
		return f, refused(fmt.Sprintf("an image of %d × %d pixels", f.Width, f.Height), fmt.Sprintf("At most %d million pixels are kept, and %d on a side.", MaxPixels/1_000_000, MaxSide))
	}
	return f, nil
}

const (
	cutOff = "It ends too early: the file is damaged or was cut off."
	twoIn1 = "Something else stands after its end: it may be two files in one. Save it anew."
)

// sniffPNG walks the chunks (PNG, third edition, section 5) without decoding.
func sniffPNG(data []byte) (Found, error) {
	f := Found{Format: PNG}
	rest := data[8:]
	for first, pixels := true, false; ; first = false {
		if len(rest) < 12 {
			return f, refused("a PNG image", cutOff)
		}
		n := binary.BigEndian.Uint32(rest)
		kind := string(rest[4:8])
		if uint64(n)+12 > uint64(len(rest)) {
			return f, refused("a PNG image", cutOff)
		}
		if first {
			if kind != "IHDR" || n != 13 {
				return f, refused("a damaged PNG image", "Its header is not where it must be.")
			}
			f.Width, f.Height = int(binary.BigEndian.Uint32(rest[8:])), int(binary.BigEndian.Uint32(rest[12:]))
			if _, err := sized(f); err != nil {
				return f, err
			}
		}
		rest = rest[n+12:]
		pixels = pixels || kind == "IDAT"
		if kind == "IEND" {
			if !pixels {
				return f, refused("a PNG image", "There is no picture in it.")
			}
			break
		}
	}
	if len(rest) > 0 {
		return f, refused("a PNG image", twoIn1)
	}
	return f, nil
}

// sniffJPEG walks the segments (ITU-T T.81, annex B) to the frame header. Bytes
// after the end of image are common in photographs (previews, depth); what looks
// like another file there is refused.
func sniffJPEG(data []byte) (Found, error) {
	f := Found{Format: JPEG}
	rest := data[2:]
	for {
		for len(rest) > 1 && rest[0] == 0xff && rest[1] == 0xff {
			rest = rest[1:]
		}
		if len(rest) < 4 {
			return f, refused("a JPEG image", cutOff)
		}
		if rest[0] != 0xff {
			return f, refused("a damaged JPEG image", "Its segments do not follow one another.")
		}
		m := rest[1]
		if m == 0x01 || m >= 0xd0 && m <= 0xd7 {
			rest = rest[2:]
			continue
		}
		n := int(binary.BigEndian.Uint16(rest[2:]))
		if m == 0xd9 || m == 0xda || n < 2 || len(rest) < n+2 {
			if m == 0xda && f.Width > 0 {
				break
			}
			return f, refused("a JPEG image", cutOff)
		}
		if m >= 0xc0 && m <= 0xcf && m != 0xc4 && m != 0xc8 && m != 0xcc && n >= 8 {
			f.Height, f.Width = int(binary.BigEndian.Uint16(rest[5:])), int(binary.BigEndian.Uint16(rest[7:]))
			if _, err := sized(f); err != nil {
				return f, err
			}
		}
		rest = rest[n+2:]
	}
	end := bytes.LastIndex(rest, []byte{0xff, 0xd9})
	if end < 0 {
		return f, refused("a JPEG image", cutOff)
	}
	if second(rest[end+2:]) {
		return f, refused("a JPEG image", twoIn1)
	}
	return f, nil
}

// second says whether what follows the end of a file looks like another file.
func second(tail []byte) bool {
	low := bytes.ToLower(tail)
	for _, mark := range []string{"pk\x03\x04", "pk\x05\x06", "%pdf-", "<html", "<script", "<svg", "<!doctype", "<?php", "mz\x90\x00"} {
		if bytes.Contains(low, []byte(mark)) {
			return true
		}
	}
	return false
}

// sniffTIFF looks whether the first directory (TIFF 6.0, section 2) is there and
// has an image's width and height. Its pixels are never decoded here.
func sniffTIFF(data []byte) (Found, error) {
	f := Found{Format: TIFF}
	var o binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		o = binary.BigEndian
	}
	if len(data) < 8 {
		return f, refused("a TIFF image", cutOff)
	}
	at := uint64(o.Uint32(data[4:]))
	if at < 8 || at+2 > uint64(len(data)) {
		return f, refused("a TIFF image", cutOff)
	}
	n := uint64(o.Uint16(data[at:]))
	if at+2+12*n+4 > uint64(len(data)) {
		return f, refused("a TIFF image", cutOff)
	}
	for i := range n {
		e := data[at+2+12*i:]
		v := int(o.Uint32(e[8:]))
		if o.Uint16(e[2:]) == 3 { // SHORT
			v = int(o.Uint16(e[8:]))
		}
		switch o.Uint16(e) {
		case 256:
			f.Width = v
		case 257:
			f.Height = v
		}
	}
	return sized(f)
}

// ErrNoPreview is said of what is not drawn.
var ErrNoPreview = errors.New("there is no preview of this")

// Preview is an image drawn anew: decoded within MaxPixels, made smaller until no
// side is longer than side, and written as JPEG without anything that the
// original carried besides its pixels. Only PNG and JPEG have one.
func Preview(data []byte, side int) ([]byte, error) {
	f, err := Sniff(data)
	if err != nil || f.Format != PNG && f.Format != JPEG {
		return nil, ErrNoPreview
	}
	decode := png.Decode
	if f.Format == JPEG {
		decode = jpeg.Decode
	}
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		return nil, ErrNoPreview
	}
	img = smaller(img, side)
	if f.Format == JPEG {
		img = upright(img, orientation(data))
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 82}); err != nil {
		return nil, ErrNoPreview
	}
	return out.Bytes(), nil
}

// smaller averages blocks of pixels, on white where the image is transparent.
func smaller(img image.Image, side int) image.Image {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	k := (max(w, h) + side - 1) / side
	if k <= 1 {
		out := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
		draw.Draw(out, out.Bounds(), img, b.Min, draw.Over)
		return out
	}
	ow, oh := max(w/k, 1), max(h/k, 1)
	out := image.NewRGBA(image.Rect(0, 0, ow, oh))
	step := max(k/4, 1) // 16 samples a block are enough for the eye
	for y := range oh {
		for x := range ow {
			var r, g, bl, n uint32
			for dy := 0; dy < k && y*k+dy < h; dy += step {
				for dx := 0; dx < k && x*k+dx < w; dx += step {
					pr, pg, pb, pa := img.At(b.Min.X+x*k+dx, b.Min.Y+y*k+dy).RGBA()
					white := 0xffff - pa
					r, g, bl, n = r+(pr+white)>>8, g+(pg+white)>>8, bl+(pb+white)>>8, n+1
				}
			}
			out.SetRGBA(x, y, color.RGBA{uint8(r / n), uint8(g / n), uint8(bl / n), 255})
		}
	}
	return out
}

// orientation is Exif's (0x0112) of a JPEG, 1 when it says none.
func orientation(data []byte) int {
	i := bytes.Index(data[:min(len(data), 64<<10)], []byte("Exif\x00\x00"))
	if i < 0 {
		return 1
	}
	t := data[i+6:]
	if len(t) < 8 {
		return 1
	}
	var o binary.ByteOrder = binary.LittleEndian
	if t[0] == 'M' {
		o = binary.BigEndian
	}
	at := uint64(o.Uint32(t[4:]))
	if at+2 > uint64(len(t)) {
		return 1
	}
	for n := range uint64(o.Uint16(t[at:])) {
		e := at + 2 + 12*n
		if e+12 > uint64(len(t)) {
			return 1
		}
		if o.Uint16(t[e:]) == 0x0112 {
			if v := int(o.Uint16(t[e+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
	}
	return 1
}

// upright turns and mirrors a picture as its Exif orientation asks.
func upright(img image.Image, o int) image.Image {
	if o <= 1 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	ow, oh := w, h
	if o >= 5 {
		ow, oh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, ow, oh))
	for y := range oh {
		for x := range ow {
			sx, sy := x, y
			switch o {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			out.Set(x, y, img.At(b.Min.X+sx, b.Min.Y+sy))
		}
	}
	return out
}
