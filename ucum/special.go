package ucum

import (
	"fmt"
	"math"
	"math/big"

	"github.com/cockroachdb/apd/v3"
)

// special is a special unit's triple (u, f, f⁻¹) of UCUM §21: an amount r on the
// special scale is f⁻¹(α r) × u, where α, the scale of §22 ■4, is the unit's
// magnitude.
type special struct {
	code      string
	reference *big.Rat // magnitude of u in base units
	function
}

// function is f⁻¹ (toProper) and f (toSpecial), exact where the numbers allow
// it. Both return ErrRange outside their domain.
type function struct {
	toProper, toSpecial func(*big.Rat) (*big.Rat, error)
	properFloat         func(float64) float64
}

// functions are the special functions that UCUM 2.2 names. Offsets: ice point
// 273.15 K; 459.67 = 273.15 × 9/5 − 32; 218.52 = 273.15 × 4/5.
var functions = map[string]function{
	"Cel":         offset(27315, 100),
	"degF":        offset(45967, 100),
	"degRe":       offset(21852, 100),
	"lg":          power10(big.NewRat(1, 1)),
	"lgTimes2":    power10(big.NewRat(1, 2)),
	"pH":          power10(big.NewRat(-1, 1)),
	"hpX":         power10(big.NewRat(-1, 1)),
	"hpC":         power10(big.NewRat(-2, 1)), // 100^-r
	"hpM":         power10(big.NewRat(-3, 1)), // 1000^-r
	"hpQ":         powerOf(50000, -1),
	"ld":          powerOf(2, 1),
	"ln":          natural,
	"sqrt":        root,
	"tanTimes100": slope,
	"100tan":      slope,
}

func newSpecial(code, name string, reference value) (value, error) {
	f, ok := functions[name]
	if !ok {
		return value{}, fmt.Errorf("special function %q", name)
	}
	u := reference.magnitude
	if name == "100tan" {
		// The table gives %[slope] as 100tan(1 rad) in one place and with deg in
		// another. slope works in radians: 100 %[slope] is 45 deg either way.
		u = big.NewRat(1, 1)
	}
	return value{magnitude: big.NewRat(1, 1), powers: reference.powers, special: &special{code, u, f}}, nil
}

// offset is an interval scale: f(x) = x − num/den.
func offset(num, den int64) function {
	zero := big.NewRat(num, den)
	float, _ := zero.Float64()
	return function{
		toProper:    func(r *big.Rat) (*big.Rat, error) { return new(big.Rat).Add(r, zero), nil },
		toSpecial:   func(r *big.Rat) (*big.Rat, error) { return new(big.Rat).Sub(r, zero), nil },
		properFloat: func(r float64) float64 { return r + float },
	}
}

// power10 is a decimal logarithm: f⁻¹(r) = 10^(k r).
func power10(k *big.Rat) function {
	float, _ := k.Float64()
	ten := apd.New(10, 0)
	return function{
		toProper: func(r *big.Rat) (*big.Rat, error) {
			r = new(big.Rat).Mul(k, r)
			if r.IsInt() && r.Num().IsInt64() && abs(r.Num().Int64()) <= maxLevel {
				return pow(big.NewRat(10, 1), int(r.Num().Int64()))
			}
			return raise(ten, r)
		},
		toSpecial: func(r *big.Rat) (*big.Rat, error) {
			y, err := logarithm(r, (*apd.Context).Log10)
			if err != nil {
				return nil, err
			}
			return y.Quo(y, k), nil
		},
		properFloat: func(r float64) float64 { return math.Pow(10, float*r) },
	}
}

// powerOf is a logarithm to another base: f⁻¹(r) = base^(sign r).
func powerOf(base, sign int64) function {
	b := apd.New(base, 0)
	return function{
		toProper: func(r *big.Rat) (*big.Rat, error) { return raise(b, new(big.Rat).Mul(big.NewRat(sign, 1), r)) },
		toSpecial: func(r *big.Rat) (*big.Rat, error) {
			y, err := logarithm(r, (*apd.Context).Ln)
			if err != nil {
				return nil, err
			}
			l, err := logarithm(big.NewRat(base, 1), (*apd.Context).Ln)
			if err != nil {
				return nil, err
			}
			return y.Quo(y, l.Mul(l, big.NewRat(sign, 1))), nil
		},
		properFloat: func(r float64) float64 { return math.Pow(float64(base), float64(sign)*r) },
	}
}

// natural is the neper's ln.
var natural = function{
	toProper: func(r *big.Rat) (*big.Rat, error) {
		if tooHigh(r) {
			return nil, ErrRange
		}
		return transcend(r, (*apd.Context).Exp)
	},
	toSpecial:   func(r *big.Rat) (*big.Rat, error) { return logarithm(r, (*apd.Context).Ln) },
	properFloat: math.Exp,
}

var root = function{
	toProper: func(r *big.Rat) (*big.Rat, error) { return new(big.Rat).Mul(r, r), nil },
	toSpecial: func(r *big.Rat) (*big.Rat, error) {
		if r.Sign() < 0 {
			return nil, ErrRange
		}
		return transcend(r, (*apd.Context).Sqrt)
	},
	properFloat: func(r float64) float64 { return r * r },
}

// slope is f(x) = 100 tan x with x in radians, in float64: about 15 digits.
var slope = function{
	toProper: func(r *big.Rat) (*big.Rat, error) { return byFloat(r, slopeAngle) },
	toSpecial: func(r *big.Rat) (*big.Rat, error) {
		return byFloat(r, func(x float64) float64 { return 100 * math.Tan(x) })
	},
	properFloat: slopeAngle,
}

func slopeAngle(r float64) float64 { return math.Atan(r / 100) }

func byFloat(r *big.Rat, f func(float64) float64) (*big.Rat, error) {
	x, _ := r.Float64()
	y := f(x)
	if math.IsInf(y, 0) || math.IsNaN(y) {
		return nil, ErrRange
	}
	// The shortest decimal of y, so that its binary tail is not taken for digits.
	d, err := new(apd.Decimal).SetFloat64(y)
	if err != nil {
		return nil, ErrRange
	}
	return toRat(d)
}

// maxLevel bounds the exponents of the special functions, |r| in base^r.
const maxLevel = 1000

func tooHigh(r *big.Rat) bool {
	return new(big.Rat).Abs(r).Cmp(big.NewRat(maxLevel, 1)) > 0
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

func raise(base *apd.Decimal, r *big.Rat) (*big.Rat, error) {
	if tooHigh(r) {
		return nil, ErrRange
	}
	return transcend(r, func(c *apd.Context, d, x *apd.Decimal) (apd.Condition, error) { return c.Pow(d, base, x) })
}

func logarithm(r *big.Rat, f func(c *apd.Context, d, x *apd.Decimal) (apd.Condition, error)) (*big.Rat, error) {
	if r.Sign() <= 0 {
		return nil, ErrRange
	}
	return transcend(r, f)
}

// transcend applies f with a few guard digits and rounds to roundedDigits.
func transcend(r *big.Rat, f func(c *apd.Context, d, x *apd.Decimal) (apd.Condition, error)) (*big.Rat, error) {
	c := apd.BaseContext.WithPrecision(roundedDigits + 6)
	var x, y apd.Decimal
	if err := quotient(c, &x, r); err != nil {
		return nil, err
	}
	if _, err := f(c, &y, &x); err != nil || y.Form != apd.Finite {
		return nil, ErrRange
	}
	if _, err := c.WithPrecision(roundedDigits).Round(&y, &y); err != nil {
		return nil, ErrRange
	}
	return toRat(&y)
}
