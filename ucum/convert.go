package ucum

import (
	"math/big"

	"github.com/cockroachdb/apd/v3"
)

// proper returns v, an amount in p, in base units.
func (p *parsed) proper(v *big.Rat) (*big.Rat, error) {
	m := new(big.Rat).Mul(v, p.magnitude)
	if p.special == nil {
		return m, nil
	}
	m, err := p.special.toProper(m)
	if err != nil {
		return nil, err
	}
	return m.Mul(m, p.special.reference), nil
}

// amount returns m, in base units, as an amount in p.
func (p *parsed) amount(m *big.Rat) (*big.Rat, error) {
	if p.special != nil {
		var err error
		if m, err = p.special.toSpecial(new(big.Rat).Quo(m, p.special.reference)); err != nil {
			return nil, err
		}
	}
	return new(big.Rat).Quo(m, p.magnitude), nil
}

func properValue(v *apd.Decimal, p *parsed) (*big.Rat, error) {
	r, err := toRat(v)
	if err != nil {
		return nil, err
	}
	return p.proper(r)
}

// Convert returns v, an amount in from, as an amount in to. The result is exact
// when a decimal of 100 digits can express it, otherwise rounded to 34 digits.
// Temperatures are taken as points on their scales, not as differences: 0 Cel is
// 273.15 K.
func Convert(v *apd.Decimal, from, to Unit) (*apd.Decimal, error) {
	a, b := from.get(), to.get()
	if a.dimension != b.dimension {
		return nil, ErrIncommensurable
	}
	m, err := properValue(v, a)
	if err != nil {
		return nil, err
	}
	if m, err = b.amount(m); err != nil {
		return nil, err
	}
	return toDecimal(m)
}

// Canonical brings v, an amount in the unit code, to base units: 5 mg/dL is 50
// g.m-3. Quantities of the same base unit compare by value. Precision as Convert.
func Canonical(v *apd.Decimal, code string) (value *apd.Decimal, baseUnit string, err error) {
	p, err := lookup(code)
	if err != nil {
		return nil, "", err
	}
	m, err := properValue(v, p)
	if err != nil {
		return nil, "", err
	}
	if value, err = toDecimal(m); err != nil {
		return nil, "", err
	}
	return value, p.dimension, nil
}

// Compare returns -1, 0 or +1 as the amount v in u is less than, equal to or
// greater than w in x. It compares exactly, without rounding 1/3.
func Compare(v *apd.Decimal, u Unit, w *apd.Decimal, x Unit) (int, error) {
	a, b := u.get(), x.get()
	if a.dimension != b.dimension {
		return 0, ErrIncommensurable
	}
	m, err := properValue(v, a)
	if err != nil {
		return 0, err
	}
	n, err := properValue(w, b)
	if err != nil {
		return 0, err
	}
	return m.Cmp(n), nil
}
