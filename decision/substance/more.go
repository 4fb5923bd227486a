package substance

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// NDC is the system of National Drug Codes.
const NDC = "http://hl7.org/fhir/sid/ndc"

// Bounds of what a node may load besides.
const (
	MostConcepts = 1_000_000
	MostLine     = 64 << 10
)

// More is what a node knows of medicines besides this program's own tables. The
// lists name ingredients in lower case.
type More struct {
	Ingredients map[string]string   // name to RxCUI, "" not known
	Codes       map[uint32][]string // RxCUI of any concept to its ingredients
	Names       map[string][]string // brands and other names, lower case
	NDC         map[string][]string // 11 digits, or 9 of labeler and product
}

// Use puts what a node loaded beside our own tables, in place of what it loaded
// before; without any it takes it away. What is ours is never changed: a code or
// name that we have stays as it is. It may be called at any time; who reads
// meanwhile reads the one or the other.
func Use(list ...*More) {
	if len(list) == 0 {
		using.Store(nil)
		return
	}
	b := builtin()
	t := &tables{list: slices.Clone(b.list), ids: maps.Clone(b.ids), names: maps.Clone(b.names), codes: maps.Clone(b.codes), ndc: map[string][]int32{}}
	byCUI := map[string]int32{}
	for i, s := range t.list {
		if s.RxCUI != "" {
			byCUI[s.RxCUI] = int32(i)
		}
	}
	// at is where an ingredient of the list stands with us: by its RxCUI, its name,
	// another name of one ingredient, or new.
	at := func(m *More, name string) int32 {
		cui := m.Ingredients[name]
		if i, ok := byCUI[cui]; ok && cui != "" {
			return i
		}
		if ids := t.names[name]; len(ids) == 1 {
			return ids[0]
		}
		i := int32(len(t.list))
		t.list = append(t.list, Substance{Name: name, RxCUI: cui})
		t.ids[name], t.names[name] = i, []int32{i}
		if cui != "" {
			byCUI[cui] = i
		}
		return i
	}
	all := func(m *More, names []string) []int32 {
		var out []int32
		for _, n := range names {
			out = append(out, at(m, n))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	for _, m := range list {
		for _, name := range slices.Sorted(maps.Keys(m.Ingredients)) {
			at(m, name)
		}
		for _, c := range slices.Sorted(maps.Keys(m.Codes)) {
			if _, ours := t.codes[c]; !ours {
				t.codes[c] = all(m, m.Codes[c])
			}
		}
		for _, n := range slices.Sorted(maps.Keys(m.Names)) {
			if _, ours := t.names[n]; !ours {
				t.names[n] = all(m, m.Names[n])
			}
		}
		for n, names := range m.NDC {
			t.ndc[n] = all(m, names)
		}
	}
	using.Store(t)
}

// product is what an NDC stands for; nil when it is not known, or when its form
// does not say where its parts end.
func (t *tables) product(code string) []int32 {
	if len(t.ndc) == 0 {
		return nil
	}
	n, ok := Digits(code)
	if !ok {
		return nil
	}
	if ids := t.ndc[n]; ids != nil {
		return ids
	}
	return t.ndc[n[:9]]
}

// Digits brings an NDC to its eleven digits: labeler 5, product 4, package 2. A
// code of ten digits without hyphens may be any of three: it is not read. A code of
// two parts is that of a product, and gets the package 00.
func Digits(code string) (string, bool) {
	code = strings.TrimSpace(code)
	parts := strings.Split(code, "-")
	var out string
	switch len(parts) {
	case 1:
		out = code
	case 2, 3:
		for i, p := range parts {
			width := []int{5, 4, 2}[i]
			if p == "" || len(p) > width {
				return "", false
			}
			out += strings.Repeat("0", width-len(p)) + p
		}
		if len(parts) == 2 {
			out += "00"
		}
	}
	if len(out) != 11 || strings.Trim(out, "0123456789") != "" {
		return "", false
	}
	return out, true
}

// Write writes a table in a form that Parse reads: a line an ingredient, code,
// name and NDC, tabs between, ingredients separated by "; ".
func (m *More) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, n := range slices.Sorted(maps.Keys(m.Ingredients)) {
		fmt.Fprintf(b, "s\t%s\t%s\n", n, m.Ingredients[n])
	}
	for _, c := range slices.Sorted(maps.Keys(m.Codes)) {
		fmt.Fprintf(b, "r\t%d\t%s\n", c, strings.Join(m.Codes[c], "; "))
	}
	for _, n := range slices.Sorted(maps.Keys(m.Names)) {
		fmt.Fprintf(b, "n\t%s\t%s\n", n, strings.Join(m.Names[n], "; "))
	}
	for _, n := range slices.Sorted(maps.Keys(m.NDC)) {
		fmt.Fprintf(b, "d\t%s\t%s\n", n, strings.Join(m.NDC[n], "; "))
	}
	return b.Flush()
}

// Parse reads what Write wrote.
func Parse(r io.Reader) (*More, error) {
	m := &More{Ingredients: map[string]string{}, Codes: map[uint32][]string{}, Names: map[string][]string{}, NDC: map[string][]string{}}
	in := bufio.NewScanner(r)
	in.Buffer(nil, MostLine)
	for n := 1; in.Scan(); n++ {
		f := strings.Split(in.Text(), "\t")
		if len(f) != 3 || f[1] == "" || n > 4*MostConcepts {
			return nil, fmt.Errorf("substances line %d: not of this form", n)
		}
		list := strings.Split(f[2], "; ")
		if f[0] != "s" {
			for _, name := range list {
				if _, ok := m.Ingredients[name]; !ok {
					return nil, fmt.Errorf("substances line %d: no ingredient %q", n, name)
				}
			}
		}
		switch f[0] {
		case "s":
			m.Ingredients[f[1]] = f[2]
		case "r":
			c, err := strconv.ParseUint(f[1], 10, 32)
			if err != nil {
				return nil, fmt.Errorf("substances line %d: %w", n, errors.New("no RxCUI"))
			}
			m.Codes[uint32(c)] = list
		case "n":
			m.Names[f[1]] = list
		case "d":
			m.NDC[f[1]] = list
		default:
			return nil, fmt.Errorf("substances line %d: not of this form", n)
		}
	}
	return m, in.Err()
}
