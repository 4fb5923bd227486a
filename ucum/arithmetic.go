package ucum

import (
	"math/big"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Multiply returns the product of two amounts, with a unit whose code is made of
// the two codes: 2 cm × 3 m is 6 cm.m. Special units cannot be multiplied
// (UCUM §22): ErrSpecial, even by a number, since twice 10 Cel means nothing.
func Multiply(v *apd.Decimal, u Unit, w *apd.Decimal, x Unit) (*apd.Decimal, Unit, error) {
	return combine(v, u, w, x, '.')
}

// Divide returns the quotient of two amounts: 4 g / 2 m is 2 g/m. The same unit
// on both sides gives the unity. ErrDivisionByZero when w is zero; special units
// as in Multiply.
func Divide(v *apd.Decimal, u Unit, w *apd.Decimal, x Unit) (*apd.Decimal, Unit, error) {
	return combine(v, u, w, x, '/')
}

func combine(v *apd.Decimal, u Unit, w *apd.Decimal, x Unit, operator byte) (*apd.Decimal, Unit, error) {
	a, b := u.get(), x.get()
	if a.special != nil || b.special != nil {
		return nil, Unit{}, ErrSpecial
	}
	p, err := toRat(v)
	if err != nil {
		return nil, Unit{}, err
	}
	q, err := toRat(w)
	if err != nil {
		return nil, Unit{}, err
	}
	n := 1
	if operator == '/' {
		if q.Sign() == 0 {
			return nil, Unit{}, ErrDivisionByZero
		}
		n = -1
		p.Quo(p, q)
	} else {
		p.Mul(p, q)
	}
	unit, err := multiply(a.value, b.value, n)
	if err != nil {
		return nil, Unit{}, ErrRange
	}
	code := combinedCode(a, b, operator)
	if _, err := lookup(code); err != nil { // too long or too deep: then in base units
		p.Mul(p, unit.magnitude)
		unit.magnitude = big.NewRat(1, 1)
		code = unit.powers.String()
	}
	d, err := toDecimal(p)
	if err != nil {
		return nil, Unit{}, err
	}
	return d, Unit{newParsed(code, unit)}, nil
}

func combinedCode(a, b *parsed, operator byte) string {
	left, right := a.code, b.code
	switch {
	case right == "" || right == "1":
		return left
	case operator == '/' && left == right:
		return "1"
	case operator == '.' && (left == "" || left == "1"):
		return right
	case left == "1":
		left = ""
	}
	if strings.ContainsAny(right, "./") {
		right = "(" + right + ")"
	}
	return left + string(operator) + right
}
