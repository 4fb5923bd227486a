// Package substance says which ingredients a medicine has: of an RxNorm code,
// or else of its words, brand or generic, single or combined. It also says to
// which classes an ingredient belongs, each class with its citation.
//
// Names are compared letter for letter, apart from capitals, strengths, dose
// forms and salts: a drug is never guessed. What is not in the table is not
// known, and who asks must say so.
//
// The table is made of Drugs@FDA's products of 2019 (CC0), of what the FDA approved
// since (newer.txt) and of RxNorm's own names (public domain); see SOURCE. It holds no NDC: a coding of another system than RxNorm is
// read by its display, unless a node loaded RxNorm or the NDC Directory; see Use.
package substance

import (
	"cmp"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"wholechart/decision/substance/internal/label"
	"wholechart/fhir"
)

// RxNorm is the system of RxNorm's codes.
const RxNorm = "http://www.nlm.nih.gov/research/umls/rxnorm"

// Substance is one ingredient, without its salt.
type Substance struct {
	Name  string // INN or USAN in lower case: "warfarin"
	RxCUI string // of the ingredient; "" where the sources do not say
}

// Reading is what is known of a medicine.
type Reading struct {
	Substances []Substance // sorted by name, each once
	// Whole: every part of it was understood. Without it, Substances holds
	// only what was.
	Whole bool
	// Disagree: code and words name different ingredients; Substances are those
	// of both. ByCode are the code's alone.
	Disagree bool
	ByCode   []Substance
}

// Find returns the ingredients of a medicine and whether all of them are known.
func Find(name string, codes []fhir.Coding) ([]Substance, bool) {
	r := Read(name, codes)
	return r.Substances, r.Whole
}

// Read reads a medicine's codes and words. RxNorm codes that the table holds and
// the words are both read; other codings by their display, when nothing else was
// understood.
func Read(name string, codes []fhir.Coding) Reading {
	t := load()
	var coded []int32
	for _, c := range codes {
		switch c.System {
		case RxNorm:
			if n, err := strconv.ParseUint(c.Code, 10, 32); err == nil {
				coded = append(coded, t.codes[uint32(n)]...)
			}
		case NDC:
			coded = append(coded, t.product(c.Code)...)
		}
	}
	slices.Sort(coded)
	coded = slices.Compact(coded)
	said, whole := label.Read(name, t.find)
	if len(coded) == 0 && !whole {
		for _, c := range codes {
			if c.Display == "" || c.Display == name {
				continue
			}
			if d, ok := label.Read(c.Display, t.find); ok {
				said, whole = d, true
				break
			}
		}
	}
	switch {
	case len(coded) == 0:
		return Reading{Substances: t.of(said), Whole: whole}
	case within(said, coded):
		return Reading{Substances: t.of(coded), Whole: true}
	case whole && within(coded, said): // the code of a part: "hydrochlorothiazide 25 MG" of a combination
		return Reading{Substances: t.of(said), Whole: true}
	}
	both := append(slices.Clone(coded), said...)
	slices.Sort(both)
	return Reading{Substances: t.of(slices.Compact(both)), Whole: true, Disagree: true, ByCode: t.of(coded)}
}

// within says whether all of a sorted list is in another.
func within(some, all []int32) bool {
	for _, s := range some {
		if _, ok := slices.BinarySearch(all, s); !ok {
			return false
		}
	}
	return true
}

// Known returns the substance of exactly this name.
func Known(name string) (Substance, bool) {
	t := load()
	i, ok := t.ids[name]
	if !ok {
		return Substance{}, false
	}
	return t.list[i], true
}

// Route is the way into the body that a medicine's words say: oral, injected,
// transdermal, topical, inhaled, nasal, eye, ear, rectal, vaginal, implanted,
// intrauterine; "" when they say none.
func Route(name string) string { return label.Route(name) }

// Join writes names for people: "sulfamethoxazole and trimethoprim".
func Join(list []Substance) string {
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

//go:embed table.txt
var tableText string

type tables struct {
	list  []Substance // sorted by name
	ids   map[string]int32
	names map[string][]int32
	codes map[uint32][]int32
	ndc   map[string][]int32 // of 11 digits, or of 9: labeler and product
}

// using are the tables that are asked: those of this program, or those with what a
// node loaded besides.
var using atomic.Pointer[tables]

func load() *tables {
	if t := using.Load(); t != nil {
		return t
	}
	return builtin()
}

var builtin = sync.OnceValue(func() *tables {
	t := &tables{ids: map[string]int32{}, names: map[string][]int32{}, codes: map[uint32][]int32{}}
	for l := range strings.Lines(tableText) {
		kind, rest, _ := strings.Cut(strings.TrimSuffix(l, "\n"), "\t")
		a, b, _ := strings.Cut(rest, "\t")
		switch kind {
		case "s":
			t.ids[a] = int32(len(t.list))
			t.names[a] = []int32{int32(len(t.list))}
			t.list = append(t.list, Substance{a, b})
		case "n":
			t.names[a] = numbers(b)
		case "r":
			if n, err := strconv.ParseUint(a, 10, 32); err == nil {
				t.codes[uint32(n)] = numbers(b)
			}
		}
	}
	return t
})

func numbers(s string) []int32 {
	var out []int32
	for p := range strings.SplitSeq(s, ",") {
		if n, err := strconv.ParseInt(p, 10, 32); err == nil {
			out = append(out, int32(n))
		}
	}
	slices.Sort(out)
	return out
}

func (t *tables) find(name string) ([]int32, bool) {
	ids, ok := t.names[name]
	return ids, ok
}

func (t *tables) of(ids []int32) []Substance {
	if len(ids) == 0 {
		return nil
	}
	out := make([]Substance, len(ids))
	for i, id := range ids {
		out[i] = t.list[id]
	}
	slices.SortFunc(out, func(x, y Substance) int { return cmp.Compare(x.Name, y.Name) })
	return out
}
