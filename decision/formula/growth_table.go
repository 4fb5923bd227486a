package formula

import (
	_ "embed"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"sync"
)

//go:embed growth.txt
var growthText string

// lms is one row of a reference: the Box–Cox power, the median and the
// coefficient of variation at x (Cole and Green, Stat Med 1992;11:1305).
type lms struct{ x, l, m, s float64 }

// sections are the tables by their heading, "who weight male day".
var sections = sync.OnceValue(func() map[string][]lms {
	out := map[string][]lms{}
	var name string
	for line := range strings.Lines(growthText) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			name = heading
			continue
		}
		var v [4]float64
		f := strings.Fields(line)
		if len(f) != 4 {
			panic("formula: growth.txt: " + strconv.Quote(line))
		}
		for i := range v {
			n, err := strconv.ParseFloat(f[i], 64)
			if err != nil {
				panic(fmt.Sprint("formula: growth.txt: ", err)) // the generator wrote it
			}
			v[i] = n
		}
		out[name] = append(out[name], lms{v[0], v[1], v[2], v[3]})
	}
	return out
})

// at is the row for x: between two rows L, M and S are taken linearly, as the
// CDC's program does. False when x is outside the table.
func at(rows []lms, x float64) (lms, bool) {
	if len(rows) == 0 || !(x >= rows[0].x && x <= rows[len(rows)-1].x) {
		return lms{}, false
	}
	i := sort.Search(len(rows), func(i int) bool { return rows[i].x >= x })
	if rows[i].x == x {
		return rows[i], true
	}
	a, b := rows[i-1], rows[i]
	t := (x - a.x) / (b.x - a.x)
	mix := func(p, q float64) float64 { return p + t*(q-p) }
	return lms{x, mix(a.l, b.l), mix(a.m, b.m), mix(a.s, b.s)}, true
}

// z is the standard deviation score of a value.
func (r lms) z(value float64) float64 {
	if r.l == 0 {
		return math.Log(value/r.m) / r.s
	}
	return (math.Pow(value/r.m, r.l) - 1) / (r.l * r.s)
}

// value is the measurement of a standard deviation score.
func (r lms) value(z float64) float64 {
	if r.l == 0 {
		return r.m * math.Exp(r.s*z)
	}
	return r.m * math.Pow(1+r.l*r.s*z, 1/r.l)
}

// restricted is z as the WHO has it for what depends on weight: beyond three
// standard deviations it goes on in steps of the distance between the second and
// the third (WHO Child Growth Standards, methods, 2006, chapter 7).
func (r lms) restricted(value float64) float64 {
	z := r.z(value)
	switch {
	case z > 3:
		return 3 + (value-r.value(3))/(r.value(3)-r.value(2))
	case z < -3:
		return -3 - (r.value(-3)-value)/(r.value(-2)-r.value(-3))
	}
	return z
}

// unrestricted is the value of a z of restricted.
func (r lms) unrestricted(z float64) float64 {
	switch {
	case z > 3:
		return r.value(3) + (z-3)*(r.value(3)-r.value(2))
	case z < -3:
		return r.value(-3) + (z+3)*(r.value(-2)-r.value(-3))
	}
	return r.value(z)
}

// below is the share, 0 to 100, of a normal distribution under z.
func below(z float64) float64 { return 50 * math.Erfc(-z/math.Sqrt2) }

// normal is the z under which p of 100 are.
func normal(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(p/50) }
