package search

import (
	"math/big"
	"strconv"
)

// Decimals are indexed exactly, in bytes that sort as the numbers do:
//
//	0x80                                 zero
//	0x81 exponent(2) digits… 0x00        positive: 0.d1d2d3… × 10^exponent
//	0x7F and the complement of the rest  negative
//
// The exponent is biased by 1<<15; two decimal digits a byte, plus one. No
// encoding is the beginning of another, so that something may follow it.

// maxDigits bounds the significant digits that are looked at; FHIR asks
// implementers for 18 (http://hl7.org/fhir/R4/datatypes.html#decimal).
const maxDigits = 60

// decimal is coef × 10^exp as it was written: "5.40" is 540 × 10^-2.
type decimal struct {
	neg        bool
	digits     []byte // ASCII, as written without the point; leading zeros removed, trailing ones kept
	exp        int    // of the last digit
	scientific bool   // written with an exponent
}

// parseDecimal reads a JSON number, which is what FHIR calls a decimal; a
// leading + is taken too. It says no to anything else.
func parseDecimal(b []byte) (d decimal, ok bool) {
	var buf [32]byte
	return parseDecimalInto(b, buf[:0])
}

func parseDecimalInto(b, digits []byte) (d decimal, ok bool) {
	i := 0
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		d.neg = b[i] == '-'
		i++
	}
	seen, point := false, false
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9':
			seen = true
			if len(digits) >= maxDigits { // beyond all precision: only the magnitude counts
				if !point {
					d.exp++
				}
				continue
			}
			if c != '0' || len(digits) > 0 {
				digits = append(digits, c)
			}
			if point {
				d.exp--
			}
		case c == '.' && !point && seen:
			point = true
			if i+1 >= len(b) || b[i+1] < '0' || b[i+1] > '9' {
				return d, false
			}
		case c|0x20 == 'e' && seen:
			e, err := strconv.Atoi(string(b[i+1:]))
			if err != nil || e > 9999 || e < -9999 {
				return d, false
			}
			d.exp += e
			d.scientific = true
			d.digits = digits
			return d, true
		default:
			return d, false
		}
	}
	d.digits = digits
	return d, seen
}

// appendNumber appends the sortable form.
func (d decimal) appendNumber(dst []byte) []byte {
	digits, exp := d.digits, d.exp
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
		exp++
	}
	if len(digits) == 0 {
		return append(dst, 0x80)
	}
	e := uint16(max(0, min(exp+len(digits)+1<<15, 1<<16-1)))
	var flip byte
	if d.neg {
		dst, flip = append(dst, 0x7F), 0xFF
	} else {
		dst = append(dst, 0x81)
	}
	dst = append(dst, byte(e>>8)^flip, byte(e)^flip)
	for i := 0; i < len(digits); i += 2 {
		pair := (digits[i] - '0') * 10
		if i+1 < len(digits) {
			pair += digits[i+1] - '0'
		}
		dst = append(dst, (pair+1)^flip)
	}
	return append(dst, flip)
}

// numberLen is the length of the sortable form that b begins with, 0 if none does.
func numberLen(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	var end byte
	switch b[0] {
	case 0x80:
		return 1
	case 0x7F:
		end = 0xFF
	case 0x81:
	default:
		return 0
	}
	for i := 3; i < len(b); i++ {
		if b[i] == end {
			return i + 1
		}
	}
	return 0
}

// scaled is (coef×times + plus) × 10^(exp+shift), for bounds.
func (d decimal) scaled(times, plus int64, shift int) decimal {
	n, _ := new(big.Int).SetString(string(d.digits), 10)
	if n == nil {
		n = new(big.Int)
	}
	if d.neg {
		n.Neg(n)
	}
	n.Mul(n, big.NewInt(times))
	n.Add(n, big.NewInt(plus))
	out := decimal{neg: n.Sign() < 0, exp: d.exp + shift}
	if n.Sign() != 0 {
		out.digits = []byte(n.Abs(n).String())
	}
	return out
}

// precision is the half open range [low, high) of what the number means as it
// was written (http://hl7.org/fhir/R4/search.html#number): 100 is
// [99.5, 100.5), 100.00 is [99.995, 100.005). The specification's 1e2 is
// [95, 105): with an exponent it reckons one digit finer.
func (d decimal) precision() (low, high decimal) {
	if d.scientific {
		return d.scaled(100, -5, -2), d.scaled(100, 5, -2)
	}
	return d.scaled(10, -5, -1), d.scaled(10, 5, -1)
}

// approximate is the number ± 10 % (prefix ap).
func (d decimal) approximate() (low, high decimal) {
	low, high = d.scaled(9, 0, -1), d.scaled(11, 0, -1)
	if d.neg {
		low, high = high, low
	}
	return low, high
}

// text is the number in scientific form, for other readers.
func (d decimal) text() string {
	sign := ""
	if d.neg {
		sign = "-"
	}
	digits := string(d.digits)
	if digits == "" {
		digits = "0"
	}
	return sign + digits + "e" + strconv.Itoa(d.exp)
}
