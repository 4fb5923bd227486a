package ucum

import (
	"errors"
	"math/big"

	"github.com/cockroachdb/apd/v3"
)

// Results that a decimal of at most exactDigits digits can express are exact;
// others (1/3) are rounded half to even to roundedDigits, as decimal128 has.
const (
	exactDigits   = 100
	roundedDigits = 34
)

// Values are read up to these bounds.
const (
	maxDigits = 1000
	maxScale  = 1000 // absolute value of the decimal exponent
)

var errMagnitude = errors.New("magnitude out of range")

var (
	one  = big.NewInt(1)
	five = big.NewInt(5)
	ten  = big.NewInt(10)
)

func tooBig(r *big.Rat) bool { return r.Num().BitLen() > maxBits || r.Denom().BitLen() > maxBits }

// pow returns r^n, within the bounds of a magnitude.
func pow(r *big.Rat, n int) (*big.Rat, error) {
	e := n
	if e < 0 {
		e = -e
	}
	if (r.Num().BitLen()-1)*e > maxBits || (r.Denom().BitLen()-1)*e > maxBits {
		return nil, errMagnitude
	}
	exponent := big.NewInt(int64(e))
	num := new(big.Int).Exp(r.Num(), exponent, nil)
	den := new(big.Int).Exp(r.Denom(), exponent, nil)
	if n < 0 {
		num, den = den, num // magnitudes are positive
	}
	return new(big.Rat).SetFrac(num, den), nil
}

// toRat returns the value of d.
func toRat(d *apd.Decimal) (*big.Rat, error) {
	if d == nil || d.Form != apd.Finite || d.NumDigits() > maxDigits || d.Exponent > maxScale || d.Exponent < -maxScale {
		return nil, ErrRange
	}
	num := new(big.Int).Set(d.Coeff.MathBigInt()) // d keeps its own
	if d.Negative {
		num.Neg(num)
	}
	scale := new(big.Int).Exp(ten, big.NewInt(abs(int64(d.Exponent))), nil)
	if d.Exponent >= 0 {
		return new(big.Rat).SetInt(num.Mul(num, scale)), nil
	}
	return new(big.Rat).SetFrac(num, scale), nil
}

// toDecimal returns r as a decimal without needless zeros after the point.
func toDecimal(r *big.Rat) (*apd.Decimal, error) {
	if scale, ok := decimalScale(r.Denom()); ok {
		coefficient := new(big.Int).Exp(ten, big.NewInt(int64(scale)), nil)
		coefficient.Mul(coefficient, r.Num())
		coefficient.Quo(coefficient, r.Denom())
		d := apd.NewWithBigInt(new(apd.BigInt).SetMathBigInt(coefficient), int32(-scale))
		if d.NumDigits() <= exactDigits {
			return d, nil
		}
	}
	d := new(apd.Decimal)
	if err := quotient(apd.BaseContext.WithPrecision(roundedDigits), d, r); err != nil {
		return nil, err
	}
	d.Reduce(d)
	return d, nil
}

// decimalScale returns the least n for which 10^n is a multiple of den, if any
// exists that is worth trying.
func decimalScale(den *big.Int) (int, bool) {
	if den.Cmp(one) == 0 {
		return 0, true
	}
	twos := int(den.TrailingZeroBits())
	rest := new(big.Int).Rsh(den, uint(twos))
	fives := 0
	remainder, next := new(big.Int), new(big.Int)
	for rest.Cmp(one) != 0 {
		if next.QuoRem(rest, five, remainder); remainder.Sign() != 0 {
			return 0, false
		}
		rest, next = next, rest
		fives++
	}
	return max(twos, fives), true
}

// quotient sets d to r, rounded to c's precision.
func quotient(c *apd.Context, d *apd.Decimal, r *big.Rat) error {
	c.Rounding = apd.RoundHalfEven
	num := apd.NewWithBigInt(new(apd.BigInt).SetMathBigInt(r.Num()), 0)
	den := apd.NewWithBigInt(new(apd.BigInt).SetMathBigInt(r.Denom()), 0)
	if _, err := c.Quo(d, num, den); err != nil || d.Form != apd.Finite {
		return ErrRange
	}
	return nil
}
