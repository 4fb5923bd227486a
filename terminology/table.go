package terminology

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

//go:embed tables/*.zst
var packed embed.FS

// tables are read when first asked for: most processes ask for a few kinds.
var tables [len(kindNames)]struct {
	once sync.Once
	t    *table
}

func tableOf(k Kind) *table {
	if k == 0 || int(k) >= len(kindNames) {
		return &table{}
	}
	slot := &tables[k]
	slot.once.Do(func() {
		text, err := unpack(k.String())
		if err != nil {
			panic("terminology: embedded table " + k.String() + ": " + err.Error()) // a broken build, not an input
		}
		slot.t = index(text)
	})
	return slot.t
}

// Warm reads a kind's table, if nobody has yet: about a tenth of a second for
// problems, so that the first to type does not wait for it.
func Warm(k Kind) { tableOf(k) }

func unpack(name string) (string, error) {
	f, err := packed.Open("tables/" + name + ".zst")
	if err != nil {
		return "", err
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return "", err
	}
	defer z.Close()
	var b strings.Builder
	_, err = io.Copy(&b, z)
	return b.String(), err
}

// table is one kind's lines and, of each line, the words by which it is found.
// A line: system letter, code, rank, display, other words, note.
type table struct {
	text   string
	starts []uint32 // of the lines; one more than there are
	vocab  []string // all words, folded, in order
	words  []uint16 // places in vocab, line after line
	first  []uint32 // a line's first word; one more than there are lines
	codes  []uint32 // lines in the order of system and code
	length []uint8  // of the display, at most 160
	plain  []bool   // a line without rank and other words
}

// maxVocab bounds the different words of one table: their places are 16 bits.
const maxVocab = 1 << 16

func index(text string) *table {
	t := &table{text: text}
	n := strings.Count(text, "\n")
	t.starts, t.first = make([]uint32, 0, n+1), make([]uint32, 0, n+1)
	seen := map[string]uint32{}
	raw := make([]uint32, 0, n*8)
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			break
		}
		t.starts = append(t.starts, uint32(at))
		t.first = append(t.first, uint32(len(raw)))
		l := parse(text[at : at+end])
		for w := range eachWord(fold(l.display + " " + l.aliases)) {
			id, ok := seen[w]
			if !ok {
				if len(seen) == maxVocab {
					panic(fmt.Sprintf("more than %d words", maxVocab))
				}
				id = uint32(len(seen))
				seen[strings.Clone(w)] = id
			}
			raw = append(raw, id)
		}
		t.length, t.plain = append(t.length, uint8(min(len(l.display), 160))), append(t.plain, l.rank == "" && l.aliases == "")
		at += end + 1
	}
	t.starts, t.first = append(t.starts, uint32(len(text))), append(t.first, uint32(len(raw)))
	t.vocab = make([]string, 0, len(seen))
	for w := range seen {
		t.vocab = append(t.vocab, w)
	}
	slices.Sort(t.vocab)
	order := make([]uint16, len(seen))
	for i, w := range t.vocab {
		order[seen[w]] = uint16(i)
	}
	t.words = make([]uint16, len(raw))
	for i, id := range raw {
		t.words[i] = order[id]
	}
	t.codes = make([]uint32, t.len())
	for i := range t.codes {
		t.codes[i] = uint32(i)
	}
	slices.SortStableFunc(t.codes, func(x, y uint32) int { return strings.Compare(t.key(int(x)), t.key(int(y))) })
	return t
}

func (t *table) len() int { return max(0, len(t.starts)-1) }

// key is a line's system letter, tab and code.
func (t *table) key(i int) string {
	l := t.line(i)
	end := strings.IndexByte(l[2:], '\t')
	if end < 0 {
		return l
	}
	return l[:2+end]
}

func (t *table) line(i int) string { return t.text[t.starts[i] : t.starts[i+1]-1] }

type line struct {
	system                       byte
	code, rank, display, aliases string
	note                         string
}

func parse(s string) line {
	var cols [6]string
	for i := range cols {
		cols[i], s, _ = strings.Cut(s, "\t")
	}
	l := line{code: cols[1], rank: cols[2], display: cols[3], aliases: cols[4], note: cols[5]}
	if cols[0] != "" {
		l.system = cols[0][0]
	}
	return l
}
