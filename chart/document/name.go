package document

import (
	"path"
	"strings"
	"unicode"
)

// FileName makes a name that a client gave safe to show and to keep: the last
// element of its path, without controls and without the marks that turn the
// direction of text around it (Unicode Standard Annex 9), at most 100 characters,
// with the ending that belongs to what the file is; "" leaves the ending that it has.
func FileName(given string, f Format) string {
	given = strings.ToValidUTF8(given, "")
	given = path.Base(strings.ReplaceAll(given, `\`, "/"))
	name := strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r == 0x7f, unicode.Is(unicode.Cc, r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), r == 0xfeff, unicode.Is(unicode.Co, r):
			return -1
		case strings.ContainsRune(`<>:"/\|?*`, r):
			return '-'
		}
		return r
	}, given)
	for range 3 { // "a.pdf.exe.pdf" hides nothing once its endings are gone
		ext := path.Ext(name)
		if f == "" || len(ext) < 2 || len(ext) > 6 || strings.ContainsFunc(ext[1:], func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) || !strings.ContainsFunc(ext[1:], unicode.IsLetter) {
			break
		}
		name = strings.TrimSuffix(name, ext)
	}
	name = strings.Trim(strings.Join(strings.Fields(name), " "), " .-")
	if r := []rune(name); len(r) > 100 {
		name = strings.TrimSpace(string(r[:100]))
	}
	if name == "" {
		name = "document"
	}
	return name + f.Ending()
}
