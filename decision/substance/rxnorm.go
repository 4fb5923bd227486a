package substance

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"wholechart/decision/substance/internal/label"
)

// rank is how far a term type of RxNorm stands from its ingredients. A relation
// leads from the farther to the nearer, whichever way RXNREL writes it.
// https://www.nlm.nih.gov/research/umls/rxnorm/docs/appendix5.html
var rank = map[string]int{"IN": 1, "PIN": 2, "MIN": 3, "BN": 4, "SCDC": 5, "SBDC": 6, "SCDF": 6, "SCDFP": 6, "SCDG": 6, "SCDGP": 6, "SBDF": 7, "SBDFP": 7, "SBDG": 7, "SCD": 8, "SBD": 9, "GPCK": 10, "BPCK": 11}

// toIngredient are the relations that lead to what a medicine is made of.
var toIngredient = map[string]bool{"has_ingredient": true, "ingredient_of": true, "has_ingredients": true, "ingredients_of": true, "consists_of": true, "constitutes": true,
	"has_precise_ingredient": true, "precise_ingredient_of": true, "has_tradename": true, "tradename_of": true, "contains": true, "contained_in": true, "has_form": true, "form_of": true,
	"has_part": true, "part_of": true, "isa": true, "inverse_isa": true}

type concept struct {
	tty, name string
	gone      bool // suppressed: its code is still read, its name is not
}

// ReadRxNorm reads RxNorm as the National Library of Medicine distributes it:
// RXNCONSO.RRF (concepts), RXNREL.RRF (relations) and, where it is not nil,
// RXNSAT.RRF (National Drug Codes), line by line. Only RxNorm's own entries
// (SAB RXNORM) are read, and only in English. It refuses files of another form.
func ReadRxNorm(conso, rel, sat io.Reader) (*More, error) {
	concepts := map[uint32]concept{}
	names := map[uint32][]string{}
	if err := rrf("RXNCONSO.RRF", conso, 18, func(f []string) error {
		if f[11] != "RXNORM" || f[1] != "ENG" || rank[f[12]] == 0 {
			return nil
		}
		id, err := cui(f[0])
		if err != nil {
			return err
		}
		if len(concepts) == MostConcepts {
			return fmt.Errorf("more than %d concepts", MostConcepts)
		}
		if old, ok := concepts[id]; ok && rank[old.tty] <= rank[f[12]] {
			return nil
		}
		concepts[id] = concept{f[12], f[14], f[16] != "N"}
		return nil
	}); err != nil {
		return nil, err
	}
	if len(concepts) == 0 {
		return nil, errors.New("RXNCONSO.RRF: no concept of RxNorm")
	}
	near := map[uint32][]uint32{}
	if err := rrf("RXNREL.RRF", rel, 16, func(f []string) error {
		if f[10] != "RXNORM" || !toIngredient[f[7]] || f[0] == "" || f[4] == "" {
			return nil
		}
		a, err := cui(f[0])
		if err != nil {
			return err
		}
		b, err := cui(f[4])
		if err != nil {
			return err
		}
		x, y := concepts[a], concepts[b]
		if x.tty == "" || y.tty == "" || rank[x.tty] == rank[y.tty] {
			return nil
		}
		if rank[x.tty] < rank[y.tty] {
			a, b = b, a
		}
		if !slices.Contains(near[a], b) {
			near[a] = append(near[a], b)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	m := &More{Ingredients: map[string]string{}, Codes: map[uint32][]string{}, Names: map[string][]string{}, NDC: map[string][]string{}}
	known := map[uint32][]string{}
	var of func(id uint32) []string
	of = func(id uint32) []string {
		if list, ok := known[id]; ok {
			return list
		}
		c := concepts[id]
		var list []string
		if c.tty == "IN" {
			list = []string{strings.ToLower(c.name)}
		} else {
			for _, n := range near[id] { // ranks fall: it ends
				list = append(list, of(n)...)
			}
			slices.Sort(list)
			list = slices.Compact(list)
		}
		known[id] = list
		return list
	}
	for id, c := range concepts {
		list := of(id)
		if len(list) == 0 {
			continue
		}
		if c.tty == "IN" && !c.gone {
			m.Ingredients[list[0]] = strconv.FormatUint(uint64(id), 10)
		}
		m.Codes[id] = list
		if !c.gone && rank[c.tty] <= rank["BN"] && c.tty != "IN" {
			names[id] = append(names[id], label.Fold(c.name))
		}
	}
	for id, list := range names {
		for _, n := range list {
			if old, ok := m.Names[n]; ok && !slices.Equal(old, m.Codes[id]) {
				m.Names[n] = nil // it stands for several: for none
				continue
			}
			m.Names[n] = m.Codes[id]
		}
	}
	for n, list := range m.Names {
		if len(list) == 0 {
			delete(m.Names, n)
		}
	}
	if sat != nil {
		if err := rrf("RXNSAT.RRF", sat, 13, func(f []string) error {
			if f[8] != "NDC" || f[9] != "RXNORM" {
				return nil
			}
			id, err := cui(f[0])
			if err != nil {
				return err
			}
			if n, ok := Digits(f[10]); ok && m.Codes[id] != nil {
				if len(m.NDC) == MostConcepts {
					return fmt.Errorf("more than %d codes", MostConcepts)
				}
				m.NDC[n] = m.Codes[id]
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	m.complete()
	return m, nil
}

// complete names every ingredient that a list has.
func (m *More) complete() {
	add := func(list []string) {
		for _, n := range list {
			if _, ok := m.Ingredients[n]; !ok {
				m.Ingredients[n] = ""
			}
		}
	}
	for _, l := range m.Codes {
		add(l)
	}
	for _, l := range m.NDC {
		add(l)
	}
	for _, l := range m.Names {
		add(l)
	}
}

func cui(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == 0 {
		return 0, errors.New("no RxCUI")
	}
	return uint32(n), nil
}

// rrf reads lines of so many fields, each closed by "|".
func rrf(name string, r io.Reader, fields int, each func([]string) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), MostLine)
	n := 0
	for in.Scan() {
		n++
		f := strings.Split(in.Text(), "|")
		if len(f) != fields+1 {
			return fmt.Errorf("%s line %d: %d fields, want %d: is it this file?", name, n, len(f)-1, fields)
		}
		if err := each(f); err != nil {
			return fmt.Errorf("%s line %d: %w", name, n, err)
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("%s line %d: %w", name, n+1, err)
	}
	if n == 0 {
		return fmt.Errorf("%s is empty", name)
	}
	return nil
}

// ReadNDCDirectory reads product.txt of the FDA's NDC Directory: tabs between, the
// first line names the columns, of which PRODUCTNDC and SUBSTANCENAME are read.
func ReadNDCDirectory(r io.Reader) (*More, error) {
	in := csv.NewReader(r)
	in.Comma, in.LazyQuotes, in.FieldsPerRecord, in.ReuseRecord = '\t', true, -1, true
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("product.txt: no first line: %w", err)
	}
	code, what := slices.Index(head, "PRODUCTNDC"), slices.Index(head, "SUBSTANCENAME")
	if code < 0 || what < 0 {
		return nil, errors.New("product.txt: the first line has no PRODUCTNDC and SUBSTANCENAME")
	}
	m := &More{Ingredients: map[string]string{}, Codes: map[uint32][]string{}, Names: map[string][]string{}, NDC: map[string][]string{}}
	for {
		f, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := in.FieldPos(0)
		if err != nil {
			return nil, fmt.Errorf("product.txt line %d: %w", line, err)
		}
		if len(f) <= max(code, what) {
			return nil, fmt.Errorf("product.txt line %d: %d columns", line, len(f))
		}
		n, ok := Digits(f[code])
		if !ok || strings.TrimSpace(f[what]) == "" {
			continue // foods and kits name no substance
		}
		if len(m.NDC) == MostConcepts {
			return nil, fmt.Errorf("product.txt: more than %d products", MostConcepts)
		}
		var list []string
		whole := true
		for part := range strings.SplitSeq(f[what], ";") {
			// A salt is brought to its base as a name on a label is.
			ids, ok := label.Read(part, builtin().find)
			whole = whole && ok
			for _, s := range builtin().of(ids) {
				list = append(list, s.Name)
			}
		}
		if !whole {
			continue // a part that we do not know: the code is not read by halves
		}
		slices.Sort(list)
		m.NDC[n[:9]] = slices.Compact(list)
	}
	if len(m.NDC) == 0 {
		return nil, errors.New("product.txt: no product whose substances are known")
	}
	m.complete()
	return m, nil
}
