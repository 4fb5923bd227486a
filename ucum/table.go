package ucum

import (
	_ "embed"
	"fmt"
	"math/big"
	"strings"
	"sync"
)

//go:embed atoms.tsv
var atoms string

// table is UCUM's table of prefixes and atoms, read on first use.
var table = sync.OnceValue(func() *definitions {
	d, err := readTable(atoms)
	if err != nil {
		panic("ucum: embedded table: " + err.Error())
	}
	return d
})

// definitions holds the prefixes and the unit atoms, each atom resolved to base
// units on first use while the table is read.
type definitions struct {
	prefixes map[string]*big.Rat
	atoms    map[string]*atom
}

type atom struct {
	value
	metric bool // may take a prefix

	kind     byte     // of the table's line; 0 once resolved
	fields   []string // value, unit, function; as in internal/gen
	visiting bool
}

func readTable(text string) (*definitions, error) {
	d := &definitions{map[string]*big.Rat{}, map[string]*atom{}}
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case f[0] == "P" && len(f) == 3:
			r, err := number(f[2])
			if err != nil {
				return nil, err
			}
			d.prefixes[f[1]] = r
		case f[0] == "B" && len(f) == 2:
			d.atoms[f[1]] = &atom{value: base(f[1]), metric: true}
		case (f[0] == "U" || f[0] == "A") && len(f) == 5, f[0] == "S" && len(f) == 6:
			d.atoms[f[1]] = &atom{metric: f[2] == "m", kind: f[0][0], fields: f[3:]}
		default:
			return nil, fmt.Errorf("line %q", line)
		}
	}
	for code := range d.atoms {
		if _, err := d.resolve(code); err != nil {
			return nil, fmt.Errorf("%s: %w", code, err)
		}
	}
	return d, nil
}

func base(code string) value {
	return value{magnitude: big.NewRat(1, 1), powers: powers{{code, 1}}}
}

func number(text string) (*big.Rat, error) {
	r, ok := new(big.Rat).SetString(text)
	if !ok || r.Sign() <= 0 {
		return nil, fmt.Errorf("number %q", text)
	}
	return r, nil
}

// resolve returns the atom of a code with its meaning in base units, or nil.
func (d *definitions) resolve(code string) (*atom, error) {
	a := d.atoms[code]
	if a == nil || a.kind == 0 {
		return a, nil
	}
	if a.visiting {
		return nil, fmt.Errorf("%s is defined by itself", code)
	}
	a.visiting = true
	factor, err := number(a.fields[0])
	if err != nil {
		return nil, err
	}
	// §24: an arbitrary unit is commensurable with no other, unless the table
	// defines it by another one ([IU] by [iU]).
	if a.kind == 'A' && a.fields[1] == "1" {
		a.value = base(code)
		a.kind = 0
		return a, nil
	}
	v, err := (&parser{code: a.fields[1], table: d}).parse()
	if err != nil {
		return nil, err
	}
	if v.special != nil {
		return nil, fmt.Errorf("%s is defined by a special unit", code)
	}
	v.magnitude = new(big.Rat).Mul(v.magnitude, factor)
	if a.kind == 'S' {
		if v, err = newSpecial(code, a.fields[2], v); err != nil {
			return nil, err
		}
	}
	a.value, a.kind = v, 0
	return a, nil
}
