package document

import (
	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
)

// Fonts are the type that letters are set in, upright and bold (TrueType). What
// they cannot set Line says.
func Fonts() (upright, bold []byte) { return dejavusans.TTF, dejavusansbold.TTF }

// Line is one line as it is drawn from left to right with Fonts: composed, Arabic
// letters joined, Hebrew and Arabic in the order in which they are drawn. lacks
// are the characters that it shows by their Unicode number.
func Line(text string) (drawn string, lacks []rune) {
	out, lacks := setting(text, have())
	drawn, _ = visual(out)
	return drawn, lacks
}
