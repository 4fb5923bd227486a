package document

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
)

// Head is what stands on a letter besides its text.
type Head struct {
	Site    string
	Address []string // of the site; may be empty
	Patient string
	MRN     string // "" is not known
	Born    string
	By      Who
	Signed  time.Time // zero: a draft, and every page says so
	Lang    string    // BCP 47 of the text; "" is en-US
	Demo    bool      // the person is synthetic: said on every page
}

// The sheet is US Letter (ANSI A), in points.
const (
	paperW, paperH = 612.0, 792.0
	left, right    = 64.0, 64.0
	bottom         = 72.0
	textSize       = 10.5
	leading        = 15.0
	maxPages       = 60
)

// have are the characters that can be set: those that both faces have.
var have = sync.OnceValue(func() map[rune]bool {
	m, bold := covered(dejavusans.TTF), covered(dejavusansbold.TTF)
	for r := range m {
		if !bold[r] {
			delete(m, r)
		}
	}
	return m
})

// Lacks are the characters of a letter that its type cannot set; the sheet shows
// them by their Unicode number.
func Lacks(l Letter, h Head) []rune {
	_, lacks := setting(h.Site+strings.Join(h.Address, "")+h.Patient+h.MRN+h.By.Name+l.Title+l.To+l.Body, have())
	return lacks
}

// sheet is a PDF that is being set.
type sheet struct {
	*fpdf.Fpdf
	l     Letter
	h     Head
	y     float64
	page  int
	pages int
	over  bool
}

// Print sets a letter as PDF: letterhead, address, title, text, signature; on
// every page whose record it is and "2 of 3". The same letter and head give the
// same bytes. It sets Latin, Greek, Cyrillic, Hebrew and Arabic letters; of what
// its type lacks (Chinese, emoji…) it shows the Unicode number and says so.
func Print(l Letter, h Head) ([]byte, error) {
	first, err := set(l, h, 0)
	if err != nil {
		return nil, err
	}
	s, err := set(l, h, first.page)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := s.Output(&out); err != nil {
		return nil, fmt.Errorf("letter: %w", err)
	}
	return out.Bytes(), nil
}

func set(l Letter, h Head, pages int) (*sheet, error) {
	s := &sheet{Fpdf: fpdf.New("P", "pt", "Letter", ""), l: l, h: h, pages: pages}
	at := h.Signed
	if at.IsZero() {
		at = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	s.SetCreationDate(at)
	s.SetModificationDate(at)
	s.SetCatalogSort(true)
	s.SetAutoPageBreak(false, 0)
	s.SetTitle(l.Title, true)
	s.SetAuthor(h.By.Name, true)
	s.SetProducer("Wholechart", true)
	lang := h.Lang
	if lang == "" {
		lang = "en-US"
	}
	s.SetLang(lang)
	s.AddUTF8FontFromBytes("body", "", dejavusans.TTF)
	s.AddUTF8FontFromBytes("body", "B", dejavusansbold.TTF)
	s.turn()
	s.letterhead()
	for _, b := range Blocks(Clean(l.Body)) {
		s.block(b)
	}
	s.signature()
	if s.over {
		return nil, fmt.Errorf("letter: more than %d pages", maxPages)
	}
	if err := s.Error(); err != nil {
		return nil, fmt.Errorf("letter: %w", err)
	}
	return s, nil
}

// turn begins a page.
func (s *sheet) turn() {
	if s.page++; s.page > maxPages {
		s.over = true
		return
	}
	s.AddPage()
	s.y = 54
	if s.h.Signed.IsZero() {
		s.SetTextColor(150, 90, 0)
		s.text(left, 40, 9, "B", "DRAFT: not signed")
	}
	if s.h.Demo {
		s.SetTextColor(120, 120, 120)
		s.text(left+170, 40, 9, "", "Demonstration: this person does not exist")
	}
	s.SetTextColor(80, 90, 100)
	who := s.h.Patient
	if s.h.MRN != "" {
		who += " · MRN " + s.h.MRN
	}
	if s.h.Born != "" {
		who += " · born " + s.h.Born
	}
	s.SetFont("body", "", 8.5)
	s.text(left, paperH-44, 8.5, "", s.fit(who, paperW-left-right-60))
	of := fmt.Sprintf("%d of %d", s.page, max(s.pages, s.page))
	s.text(paperW-right-s.GetStringWidth(of), paperH-44, 8.5, "", of)
	s.SetDrawColor(200, 205, 210)
	s.Line(left, paperH-58, paperW-right, paperH-58)
	s.SetTextColor(20, 25, 30)
}

// fit cuts a line that is too long for its place.
func (s *sheet) fit(line string, width float64) string {
	line, _ = setting(line, have())
	for r := []rune(line); s.GetStringWidth(line) > width && len(r) > 4; line = string(r) + "…" {
		r = r[:len(r)-1]
	}
	return line
}

// text draws one line at a place, its baseline at y.
func (s *sheet) text(x, y, size float64, style, line string) {
	s.SetFont("body", style, size)
	line, _ = setting(line, have())
	drawn, _ := visual(line)
	s.Text(x, y, drawn)
}

func (s *sheet) letterhead() {
	s.y += 8
	s.text(left, s.y, 13, "B", s.h.Site)
	s.y += 14
	for _, a := range s.h.Address {
		s.SetTextColor(80, 90, 100)
		s.text(left, s.y, 9, "", a)
		s.y += 12
	}
	s.SetTextColor(20, 25, 30)
	s.SetDrawColor(11, 92, 173)
	s.Line(left, s.y, paperW-right, s.y)
	s.y += 26
	if to := strings.TrimSpace(Clean(s.l.To)); to != "" {
		for line := range strings.SplitSeq(to, "\n") {
			s.wrapped(line, left, "", textSize)
		}
		s.y += leading
	}
	if !s.h.Signed.IsZero() {
		s.text(left, s.y, textSize, "", s.h.Signed.Format("2 January 2006"))
		s.y += leading * 1.6
	}
	s.wrapped(s.l.Title, left, "B", 13)
	s.y += 6
}

func (s *sheet) block(b Block) {
	switch b.Kind {
	case Heading:
		if s.y += 6; s.y > paperH-bottom-3*leading { // a heading stays with what follows it
			s.turn()
		}
		s.SetTextColor(11, 62, 120)
		s.wrapped(b.Lines[0], left, "B", 11)
		s.SetTextColor(20, 25, 30)
		s.y += 1
	case List:
		for _, line := range b.Lines {
			if s.y > paperH-bottom {
				s.turn()
			}
			if !s.over && !startsRight(line) {
				s.text(left+4, s.y, textSize, "", "•")
			}
			s.wrapped(line, left+16, "", textSize)
		}
		s.y += 4
	default:
		for _, line := range b.Lines {
			s.wrapped(line, left, "", textSize)
		}
		s.y += 6
	}
}

// wrapped sets a paragraph from x to the right margin, over pages.
func (s *sheet) wrapped(text string, x float64, style string, size float64) {
	text, _ = setting(text, have())
	s.SetFont("body", style, size)
	width := paperW - right - x
	fromRight := startsRight(text)
	emit := func(line string) {
		if s.over {
			return
		}
		if s.y > paperH-bottom {
			r, g, b := s.GetTextColor()
			s.turn()
			s.SetTextColor(r, g, b)
			s.SetFont("body", style, size)
			if s.over {
				return
			}
		}
		drawn, _ := visual(line)
		at := x
		if fromRight {
			at = paperW - right - s.GetStringWidth(drawn)
		}
		s.Text(at, s.y, drawn)
		s.y += leading * max(size/textSize, 1)
	}
	line := ""
	for word := range strings.FieldsSeq(text) {
		next := word
		if line != "" {
			next = line + " " + word
		}
		if s.GetStringWidth(next) <= width {
			line = next
			continue
		}
		if line != "" {
			emit(line)
		}
		for s.GetStringWidth(word) > width { // one word that is wider than the sheet
			r := []rune(word)
			n := len(r) - 1
			for n > 1 && s.GetStringWidth(string(r[:n])) > width {
				n = n * 9 / 10
			}
			emit(string(r[:max(n, 1)]))
			word = string(r[max(n, 1):])
		}
		line = word
	}
	if line != "" {
		emit(line)
	}
}

func (s *sheet) signature() {
	s.y += 14
	lacks := Lacks(s.l, s.h)
	need := 3 * leading
	if len(lacks) > 0 {
		need += 2 * leading
	}
	if s.y+need > paperH-bottom {
		s.turn()
	}
	if s.over {
		return
	}
	if !s.h.Signed.IsZero() {
		s.wrapped(s.h.By.Name, left, "B", textSize)
		s.SetTextColor(80, 90, 100)
		s.wrapped("Signed electronically on "+s.h.Signed.Format("2 Jan 2006, 15:04 MST")+", "+s.h.Site, left, "", 9)
	}
	if len(lacks) > 0 {
		s.SetTextColor(80, 90, 100)
		s.wrapped("Signs like [U+674E] stand for letters that this type cannot print, by their Unicode number.", left, "", 9)
	}
	s.SetTextColor(20, 25, 30)
}
