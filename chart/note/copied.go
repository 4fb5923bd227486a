package note

import (
	"strings"
	"time"
)

// Copied says where a section's text was brought forward from. Text is what was
// brought: as long as a line of it stands unchanged, that line is shown as
// copied, so that changing one word does not pass off the rest as new.
type Copied struct {
	Note string    `json:"note"` // id of the Composition
	Who  string    `json:"who"`
	When time.Time `json:"when"`
	Text string    `json:"text"`
}

// Standing says of lines whether they are still as they were copied.
func (c *Copied) Standing() func(line string) bool {
	had := map[string]bool{}
	if c != nil {
		for l := range strings.SplitSeq(c.Text, "\n") {
			had[strings.TrimSpace(l)] = true
		}
	}
	delete(had, "")
	return func(line string) bool { return had[strings.TrimSpace(line)] }
}

// Stands says whether a line is still as it was copied. Of many lines, Standing does.
func (c *Copied) Stands(line string) bool { return c.Standing()(line) }

// Left says how much of a copied text stands in a text: "all", "part" or "".
func (c *Copied) Left(text string) string {
	if c == nil {
		return ""
	}
	stands, other, still := 0, 0, c.Standing()
	for l := range strings.SplitSeq(text, "\n") {
		switch {
		case still(l):
			stands++
		case strings.TrimSpace(l) != "":
			other++
		}
	}
	switch {
	case stands == 0:
		return ""
	case other == 0 && Clean(text) == Clean(c.Text):
		return "all"
	}
	return "part"
}

// Forward copies the sections of an earlier note into one that is being written:
// those of the same code in which nothing is written yet. It names the titles it
// filled. What the earlier note itself had copied keeps its first source.
func Forward(into []Section, from Note) ([]Section, []string) {
	out := append([]Section(nil), into...)
	var filled []string
	for i := range out {
		src := from.Section(out[i].Code)
		if src == nil || src.Empty() || !out[i].Empty() {
			continue
		}
		out[i].Text = src.Text
		out[i].Copied = &Copied{Note: from.ID, Who: from.Author.Name, When: from.Date, Text: src.Text}
		if src.Copied.Left(src.Text) == "all" {
			first := *src.Copied
			out[i].Copied = &first
		}
		filled = append(filled, out[i].Title)
	}
	return out, filled
}
