package note

import (
	"strings"
	"unicode"
)

// Op is what became of a run of words.
type Op uint8

// The operations of a Change.
const (
	Equal Op = iota
	Deleted
	Inserted
)

// Change is a run of text that stands in both texts or in one.
type Change struct {
	Op   Op
	Text string
}

// maxCells bounds the work of one comparison: the table of a longest common
// subsequence of 2,000 by 2,000 words.
const maxCells = 4_000_000

// Diff compares two texts word by word. The Equal and Deleted runs joined are the
// old text, the Equal and Inserted ones the new. Texts that differ in more words
// than it looks at come as one deletion and one insertion between what they begin
// and end with alike.
func Diff(old, new string) []Change {
	a, b := words(old), words(new)
	var out []Change
	put := func(op Op, words []string) {
		if len(words) == 0 {
			return
		}
		text := strings.Join(words, "")
		if n := len(out); n > 0 && out[n-1].Op == op {
			out[n-1].Text += text
			return
		}
		out = append(out, Change{op, text})
	}
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	put(Equal, a[:head])
	x, y := a[head:len(a)-tail], b[head:len(b)-tail]
	i, j := 0, 0
	for _, p := range common(x, y) {
		put(Deleted, x[i:p[0]])
		put(Inserted, y[j:p[1]])
		put(Equal, x[p[0]:p[0]+1])
		i, j = p[0]+1, p[1]+1
	}
	put(Deleted, x[i:])
	put(Inserted, y[j:])
	put(Equal, a[len(a)-tail:])
	return out
}

// common are the index pairs of a longest common subsequence, nil when the
// comparison would cost more than maxCells.
func common(x, y []string) [][2]int {
	if len(x) == 0 || len(y) == 0 || (len(x)+1)*(len(y)+1) > maxCells {
		return nil
	}
	w := len(y) + 1
	table := make([]int32, (len(x)+1)*w)
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				table[i*w+j] = table[(i+1)*w+j+1] + 1
			} else {
				table[i*w+j] = max(table[(i+1)*w+j], table[i*w+j+1])
			}
		}
	}
	var out [][2]int
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i] == y[j]:
			out = append(out, [2]int{i, j})
			i, j = i+1, j+1
		case table[(i+1)*w+j] >= table[i*w+j+1]:
			i++
		default:
			j++
		}
	}
	return out
}

// words cuts a text into words, runs of spaces and single marks; joined they are
// the text.
func words(text string) []string {
	class := func(r rune) int {
		switch {
		case r == '\n':
			return 3
		case unicode.IsSpace(r):
			return 0
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '_':
			return 1
		}
		return 2
	}
	var out []string
	start, last := 0, -1
	for i, r := range text {
		c := class(r)
		if i > 0 && (c != last || c >= 2) {
			out = append(out, text[start:i])
			start = i
		}
		last = c
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}
