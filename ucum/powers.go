package ucum

import (
	"strconv"
	"strings"
)

// powers is a product of powers of base units and arbitrary units, sorted by
// code, without zero exponents.
type powers []power

type power struct {
	code     string
	exponent int
}

// times returns p × q^n.
func (p powers) times(q powers, n int) powers {
	if n == 0 || len(q) == 0 {
		return p
	}
	product := make(powers, 0, len(p)+len(q))
	for len(p) > 0 || len(q) > 0 {
		switch {
		case len(q) == 0 || len(p) > 0 && p[0].code < q[0].code:
			product, p = append(product, p[0]), p[1:]
		case len(p) == 0 || q[0].code < p[0].code:
			product, q = append(product, power{q[0].code, q[0].exponent * n}), q[1:]
		default:
			if e := p[0].exponent + q[0].exponent*n; e != 0 {
				product = append(product, power{p[0].code, e})
			}
			p, q = p[1:], q[1:]
		}
	}
	return product
}

func (p powers) String() string {
	if len(p) == 0 {
		return "1"
	}
	var text strings.Builder
	for i, f := range p {
		if i > 0 {
			text.WriteByte('.')
		}
		text.WriteString(f.code)
		if f.exponent != 1 {
			text.WriteString(strconv.Itoa(f.exponent))
		}
	}
	return text.String()
}
