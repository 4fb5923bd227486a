package label

import (
	"slices"
	"strings"
)

// Table answers which ingredients a folded name stands for.
type Table func(name string) ([]int32, bool)

// most bounds what is read of one medicine's words.
const (
	mostText  = 1024
	mostParts = 24
)

// Read returns the ingredients of a medicine's words, sorted, and whether all of
// its words were understood. Words that name only a form or an amount are no
// ingredient and make nothing unknown.
func Read(text string, table Table) (found []int32, whole bool) {
	if len(text) > mostText {
		return nil, false
	}
	text = Fold(text)
	text, brand := brackets(text)
	r := reader{table: table}
	whole = r.groups(text)
	if len(r.found) == 0 || !whole {
		if b := (reader{table: table}); brand != "" && b.segment(brand, 0) && len(b.found) > 0 {
			r.found, whole = append(r.found, b.found...), true
		}
	}
	slices.Sort(r.found)
	r.found = slices.Compact(r.found)
	return r.found, whole && len(r.found) > 0
}

// Brand is the text in the last square brackets, folded; "" without any.
func Brand(text string) string {
	_, b := brackets(Fold(text))
	return b
}

func brackets(text string) (rest, inside string) {
	for {
		i := strings.IndexByte(text, '[')
		if i < 0 {
			return text, inside
		}
		j := strings.IndexByte(text[i:], ']')
		if j < 0 {
			return strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:])
		}
		inside = strings.TrimSpace(text[i+1 : i+j])
		text = strings.TrimSpace(text[:i]) + " " + strings.TrimSpace(text[i+j+1:])
		text = strings.TrimSpace(text)
	}
}

type reader struct {
	table Table
	found []int32
	parts int
}

// groups reads what stands outside of parentheses and what stands inside: of
// "Coumadin (warfarin)" and of packs both say something. Inside words that are
// not understood do not matter where the outside was: "(macrocrystals)".
func (r *reader) groups(text string) bool {
	if strings.IndexByte(text, '(') < 0 && strings.IndexByte(text, '{') < 0 {
		return r.segment(text, 0)
	}
	pack := strings.IndexByte(text, '{') >= 0
	outside, ok := "", true
	for text != "" {
		i := strings.IndexByte(text, '(')
		if i < 0 {
			outside += " " + text
			break
		}
		outside += " " + text[:i]
		text = text[i+1:]
		depth, j := 1, 0
		for ; j < len(text) && depth > 0; j++ {
			switch text[j] {
			case '(':
				depth++
			case ')':
				depth--
			}
		}
		inside := strings.NewReplacer("(", " ", ")", " ").Replace(text[:j])
		text = text[j:]
		in := reader{table: r.table, parts: r.parts}
		if in.segment(strings.Join(strings.Fields(inside), " "), 0) {
			r.found = append(r.found, in.found...)
		} else {
			ok = false
		}
		if r.parts = in.parts + 1; r.parts > mostParts {
			return false
		}
	}
	outside = strings.Join(strings.Fields(strings.NewReplacer("{", " ", "}", " ", ")", " ").Replace(outside)), " ")
	if pack { // {10 (…) / 20 (…)} Pack: the groups are what is in it
		return ok && len(r.found) > 0
	}
	if r.segment(outside, 0) {
		return true
	}
	return ok && len(r.found) > 0 && bare(outside)
}

// separators divide combinations, the surest first.
var separators = [...]string{" / ", "/", " and ", " with ", " & ", " + ", "&", "+", " plus ", "-"}

// segment reads one name or several with separators between. It adds nothing
// of a piece that is not understood; pieces that name nothing are passed over.
func (r *reader) segment(text string, from int) bool {
	if r.parts++; r.parts > mostParts {
		return false
	}
	core := trim(text)
	if core == "" {
		return true
	}
	if ids, ok := r.name(core); ok {
		r.found = append(r.found, ids...)
		return true
	}
	for i := from; i < len(separators); i++ {
		sep := separators[i]
		if !strings.Contains(core, sep) {
			continue
		}
		all, before := true, len(r.found)
		for piece := range strings.SplitSeq(core, sep) {
			if !r.segment(piece, i) {
				all = false
			}
		}
		if all {
			return true
		}
		if i == 0 { // " / " always divides; what was understood of it stays
			return false
		}
		if sep == "-" || sep == "+" {
			r.found = r.found[:before]
		}
	}
	return false
}

// name finds the longest known beginning after which only quiet words follow, or
// another name of the same: "cyanocobalamin vitamin b-12 1000 mcg".
func (r *reader) name(core string) ([]int32, bool) {
	if ids, ok := r.head(core); ok {
		return ids, true
	}
	for i := strings.IndexByte(core, ' '); i > 0; i = next(core, i) {
		if ids, ok := r.table(core[:i]); ok {
			again, same := r.head(trim(core[i+1:]))
			if same && slices.Equal(slices.Sorted(slices.Values(again)), slices.Sorted(slices.Values(ids))) {
				return ids, true
			}
		}
	}
	return nil, false
}

// next is where the next space stands; -1 without one.
func next(s string, i int) int {
	if j := strings.IndexByte(s[i+1:], ' '); j >= 0 {
		return i + 1 + j
	}
	return -1
}

func (r *reader) head(core string) ([]int32, bool) {
	end := len(core)
	for {
		if ids, ok := r.table(core[:end]); ok {
			return ids, true
		}
		i := strings.LastIndexByte(core[:end], ' ')
		if i < 0 {
			return nil, false
		}
		if w := strings.Trim(core[i+1:end], ".()"); !quiet(w) && !after[w] {
			return nil, false
		}
		end = i
	}
}

// trim leaves out amounts at the head: "24 hr", "1 ml", "nda020800 0.3 ml". A
// word there that is the whole text stays.
func trim(text string) string {
	text = strings.Trim(text, " .-/+")
	for {
		i := strings.IndexByte(text, ' ')
		if i < 0 {
			if idle(text) {
				return ""
			}
			return text
		}
		if !idle(text[:i]) {
			return text
		}
		text = text[i+1:]
	}
}

// bare says whether only quiet words are in a text.
func bare(text string) bool {
	for w := range strings.FieldsSeq(text) {
		if !quiet(w) {
			return false
		}
	}
	return true
}

// Base is a name without the salts and forms at its end; a name of salts alone
// keeps them: "potassium chloride".
func Base(name string) string {
	words := strings.Fields(name)
	n := len(words)
	for n > 1 && quiet(words[n-1]) {
		n--
	}
	if n == 1 && (Salt(words[0]) || metal[words[0]]) && len(words) > 1 {
		if m := len(words); m > 2 && (words[m-1] == "monohydrate" || words[m-1] == "anhydrous" || words[m-1] == "hydrate" || words[m-1] == "heptahydrate") {
			return strings.Join(words[:m-1], " ")
		}
		return name
	}
	return strings.Join(words[:n], " ")
}

// metal are the bases of which the salt is the medicine.
var metal = set("aluminum ammonium bismuth calcium chromic cupric ferric ferrous magnesium manganese potassium silver sodium zinc selenious strontium barium")
