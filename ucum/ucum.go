// Package ucum reads the Unified Code for Units of Measure, UCUM 2.2
// (https://ucum.org/ucum), in its case sensitive form: it parses unit codes,
// compares and converts amounts, and brings them to base units.
//
// The arithmetic is exact: a unit's magnitude is a rational number, so 1 m is
// exactly 1/0.0254 [in_i]. Only logarithmic, exponential and trigonometric
// special units (B, Np, [pH], [p'diop] …) are computed approximately.
//
// It does not read the case insensitive form, makes no display names, and does
// not convert between amount and mass of a substance (mmol/L of glucose to
// mg/dL): that needs the substance, not the unit.
//
// Data: UCUM essence 2.2, © Regenstrief Institute, Inc.; see the file SOURCE.
package ucum

//go:generate go run ./internal/gen -essence ../../shared/suites/ucum/ucum-essence.xml

import (
	"errors"
	"fmt"
	"math/big"
)

// Limits on what is read. They are far beyond any unit in use and keep the
// rational arithmetic small.
const (
	maxCode     = 256  // bytes of a code
	maxDepth    = 16   // nested parentheses
	maxExponent = 255  // absolute value of a written exponent
	maxBits     = 8192 // bits of a magnitude's numerator or denominator
)

var (
	// ErrIncommensurable is returned for two units of different dimension.
	ErrIncommensurable = errors.New("ucum: units are not commensurable")
	// ErrSpecial is returned when a special unit stands where only a proper unit can (UCUM §22).
	ErrSpecial = errors.New("ucum: a special unit cannot be multiplied or divided")
	// ErrRange is returned for a value that is not finite, outside the bounds of
	// this package, or outside the domain of a special unit's function.
	ErrRange = errors.New("ucum: value out of range")
	// ErrDivisionByZero is returned by Divide.
	ErrDivisionByZero = errors.New("ucum: division by zero")
)

// A SyntaxError says where a unit code is wrong, and how.
type SyntaxError struct {
	Offset int // byte offset in the code
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("ucum: unit code at byte %d: %s", e.Offset, e.Reason)
}

// A Unit is a parsed unit code. The zero Unit is the unity, "1". Units are
// immutable and may be used by several goroutines.
type Unit struct{ p *parsed }

type parsed struct {
	code      string
	dimension string
	value
	num, den float64 // magnitude = num/den, for CanonicalFloat
}

// value is what a term of a unit code means: magnitude × the base units, or for
// a special unit function⁻¹(magnitude × number) × reference.
type value struct {
	magnitude *big.Rat
	powers    powers
	special   *special
}

var unity = newParsed("1", value{magnitude: big.NewRat(1, 1)})

func (u Unit) get() *parsed {
	if u.p == nil {
		return unity
	}
	return u.p
}

// Parse reads a unit code. The empty code is the unity (UCUM §6). The error is a
// *SyntaxError.
func Parse(code string) (Unit, error) {
	p, err := lookup(code)
	return Unit{p}, err
}

// String returns the code as it was written.
func (u Unit) String() string { return u.get().code }

// Dimension returns the base units of u in the order of their codes, e.g.
// "g.m-3", or "1" for none. Two units are commensurable when their dimensions
// are equal. Each arbitrary unit is a dimension of its own (UCUM §24), and mol
// is a number (UCUM's base units are m, s, g, rad, K, C and cd).
func (u Unit) Dimension() string { return u.get().dimension }

// Special reports whether u is measured on a scale that is not a ratio scale,
// as Cel or [pH] are (UCUM §21).
func (u Unit) Special() bool { return u.get().special != nil }

// Commensurable reports whether amounts in u and v can be converted.
func Commensurable(u, v Unit) bool { return u.Dimension() == v.Dimension() }

// Equal reports whether u and v mean the same, however written: "L" and "dm3".
func Equal(u, v Unit) bool {
	a, b := u.get(), v.get()
	return a.dimension == b.dimension && a.magnitude.Cmp(b.magnitude) == 0 && a.special == b.special
}

func newParsed(code string, v value) *parsed {
	p := &parsed{code: code, dimension: v.powers.String(), value: v}
	// One rounding, not three: m/1000 rather than m × 0.001.
	num, n := new(big.Float).SetInt(v.magnitude.Num()).Float64()
	den, d := new(big.Float).SetInt(v.magnitude.Denom()).Float64()
	if n == big.Exact && d == big.Exact {
		p.num, p.den = num, den
	} else {
		p.num, _ = v.magnitude.Float64()
		p.den = 1
	}
	return p
}
