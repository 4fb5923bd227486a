package ucum

import (
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/apd/v3"
)

func decimal(t testing.TB, text string) *apd.Decimal {
	t.Helper()
	d, _, err := apd.NewFromString(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return d
}

func unit(t testing.TB, code string) Unit {
	t.Helper()
	u, err := Parse(code)
	if err != nil {
		t.Fatalf("Parse(%q): %v", code, err)
	}
	return u
}

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ value, code, want, base string }{
		{"5", "mg/dL", "50", "g.m-3"},
		{"5.0", "mmol/L", "3011070380000000000000000", "m-3"},
		{"120", "mm[Hg]", "15998640", "g.m-1.s-2"},
		{"7.2", "10*3/uL", "7200000000000", "m-3"},
		{"7.2", "10^3/uL", "7200000000000", "m-3"},
		{"90", "fL", "0.000000000000000090", "m3"},
		{"37", "Cel", "310.15", "K"},
		{"98.6", "[degF]", "310.15", "K"},
		{"8", "[degRe]", "283.15", "K"},
		{"100", "[in_i]", "2.54", "m"},
		{"1", "[lb_av]", "453.59237", "g"},
		{"65", "mL/min/{1.73_m2}", "0.000001083333333333333333333333333333333", "m3.s-1"},
		{"3", "{score}", "3", "1"},
		{"3", "", "3", "1"},
		{"50", "%", "0.5", "1"},
		{"2", "m[IU]/L", "2", "[iU].m-3"},
		{"2", "[CFU]/mL", "2000000", "[CFU].m-3"},
		{"1", "/m.s", "1", "m-1.s"},     // §7: left to right
		{"1", "/(m.s)", "1", "m-1.s-1"}, // the parenthesis decides
		{"6", "m/2.s", "3", "m.s"},
		{"1", "Ohm", "1000", "C-2.g.m2.s-1"},
		{"1", "KiBy", "8192", "1"},
		{"-40", "[degF]", "233.15", "K"},
		{"3", "m0", "3", "1"},
		{"1", "dar", "10", "m2"}, // no atom r: deci and ar
		{"1", "dag", "10", "g"},  // deka and g
		{"1", "cd", "1", "cd"},   // not centi-day
		{"1", "''", "0.00000484813681109535993589914102357947975956353302372703310297514040", "rad"},
	} {
		value, base, err := Canonical(decimal(t, c.value), c.code)
		if err != nil {
			t.Errorf("%s %s: %v", c.value, c.code, err)
			continue
		}
		want := decimal(t, c.want)
		if c.code == "''" { // π/648000 does not end: compare 34 digits
			if _, err := apd.BaseContext.WithPrecision(roundedDigits).Round(want, want); err != nil {
				t.Fatal(err)
			}
		}
		if value.Cmp(want) != 0 || base != c.base {
			t.Errorf("%s %s = %s %s, want %s %s", c.value, c.code, value, base, c.want, c.base)
		}
		v, _ := decimal(t, c.value).Float64()
		f, floatBase, err := CanonicalFloat(v, c.code)
		w, _ := want.Float64()
		if err != nil || floatBase != c.base || math.Abs(f-w) > 4e-16*math.Abs(w) {
			t.Errorf("CanonicalFloat(%v, %s) = %v %s %v, want %v", v, c.code, f, floatBase, err, w)
		}
	}
}

func TestConvert(t *testing.T) {
	for _, c := range []struct{ value, from, to, want string }{
		{"98.6", "[degF]", "Cel", "37"},
		{"-40", "Cel", "[degF]", "-40"},
		{"1", "kCel", "K", "1273.15"}, // §22 ■4: the prefix scales the reading
		{"1000", "mCel", "Cel", "1"},
		{"25", "Cel", "[degRe]", "20"},
		{"7.4", "[pH]", "nmol/L", "39.81071705534972507702523050877520"},
		{"100", "nmol/L", "[pH]", "7"},
		{"20", "dB", "1", "100"},
		{"3", "B[W]", "kW", "1"},
		{"2", "B[V]", "V", "10"},
		{"1", "V", "dB[mV]", "60"},
		{"20", "mPa", "B[SPL]", "6"},
		{"1", "Np", "1", "2.718281828459045235360287471352662"},
		{"10", "bit_s", "1", "1024"},
		{"1024", "1", "bit_s", "10"},
		{"3", "[hp'_C]", "10*-6", "1"},
		{"2", "[hp'_Q]", "10*-10", "4"},
		{"100", "%[slope]", "deg", "45"},
		{"45", "deg", "[p'diop]", "100"},
		{"3", "[m/s2/Hz^(1/2)]", "m2/s4/Hz", "9"},
		{"9", "m2/s4/Hz", "[m/s2/Hz^(1/2)]", "3"},
		{"1", "[IU]/L", "m[iU]/mL", "1"},
		{"1", "m", "[in_i]", "39.37007874015748031496062992125984"},
		{"1", "wk", "h", "168"},
		{"5.55", "mmol/L", "umol/mL", "5.55"},
		{"1", "atm", "mm[Hg]", "759.9999999999999999999999999999999"},
	} {
		got, err := Convert(decimal(t, c.value), unit(t, c.from), unit(t, c.to))
		if err != nil {
			t.Errorf("%s %s in %s: %v", c.value, c.from, c.to, err)
			continue
		}
		if c.to == "deg" || c.from == "deg" || c.from == "atm" { // float64, and a factor that does not end
			w, _ := decimal(t, c.want).Float64()
			if f, _ := got.Float64(); math.Abs(f/w-1) > 1e-5 {
				t.Errorf("%s %s = %s %s, want %s", c.value, c.from, got, c.to, c.want)
			}
			continue
		}
		if got.Cmp(decimal(t, c.want)) != 0 {
			t.Errorf("%s %s = %s %s, want %s", c.value, c.from, got, c.to, c.want)
		}
	}
	for _, c := range []struct {
		value, from, to string
		want            error
	}{
		{"1", "m", "s", ErrIncommensurable},
		{"1", "[iU]", "[arb'U]", ErrIncommensurable}, // §24 ■3
		{"1", "[iU]", "1", ErrIncommensurable},
		{"1", "mg", "mmol", ErrIncommensurable},
		{"NaN", "m", "m", ErrRange},
		{"Infinity", "m", "m", ErrRange},
		{"1e2000", "m", "m", ErrRange},
		{"0", "mol/L", "[pH]", ErrRange},
		{"-1", "1", "B", ErrRange},
		{"99999", "Np", "1", ErrRange},
		{"-1", "m2/s4/Hz", "[m/s2/Hz^(1/2)]", ErrRange},
	} {
		if got, err := Convert(decimal(t, c.value), unit(t, c.from), unit(t, c.to)); !errors.Is(err, c.want) {
			t.Errorf("%s %s in %s = %v, %v; want %v", c.value, c.from, c.to, got, err, c.want)
		}
	}
	if _, err := Convert(nil, Unit{}, Unit{}); !errors.Is(err, ErrRange) {
		t.Errorf("nil: %v", err)
	}
	v := decimal(t, "-123456789012345678901234567890123456789012345678901234567890")
	if _, err := Convert(v, unit(t, "kg"), unit(t, "g")); err != nil || v.String()[0] != '-' {
		t.Errorf("the argument was changed: %s, %v", v, err)
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, c := range []struct {
		code   string
		offset int
		reason string
	}{
		{"m/", 2, "missing at the end"},
		{"(score)", 1, `"score" is not a unit`},
		{"mg/foo", 3, `"foo" is not a unit`},
		{"k[in_i]", 0, "[in_i] takes no prefix"},
		{"12h", 2, "expected . or /"},
		{"10+3/uL", 2, "expected . or /"},
		{"{a}m", 3, "expected . or /"},
		{"m{a", 1, "{ is not closed"},
		{"m{}", 1, "annotation is empty"},
		{"m{a{b}}", 3, "not allowed in an annotation"},
		{"m{John Doe}", 6, "not allowed in an annotation"},
		{"m[H2O", 1, "[ is not closed"},
		{"(m", 0, "( is not closed"},
		{"m)", 1, "unmatched )"},
		{"()", 1, "expected a unit"},
		{"m..s", 2, "expected a unit"},
		{"m-", 1, "exponent is missing"},
		{"m999", 1, "exponent greater"},
		{"m99999999999999999999", 1, "exponent greater"},
		{"0.m", 0, "positive integer"},
		{"mg/ dL", 3, "character not allowed"},
		{"µg", 0, "character not allowed"},
		{"m\x00", 1, "character not allowed"},
		{"Cel/m", 4, "special unit"},
		{"Cel2", 0, "special unit"},
		{"/Cel", 1, "special unit"},
		{"[pi]255.[pi]255", 0, "magnitude out of range"},
		{strings.Repeat("(", 20) + "m" + strings.Repeat(")", 20), 16, "nested"},
		{strings.Repeat("m.", 200) + "m", 256, "longer"},
	} {
		_, err := Parse(c.code)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: %v", c.code, err)
			continue
		}
		if syntax.Offset != c.offset || !strings.Contains(syntax.Reason, c.reason) {
			t.Errorf("%q: %v; want byte %d: %s", c.code, err, c.offset, c.reason)
		}
		if strings.Contains(err.Error(), "Doe") {
			t.Errorf("%q: the error quotes an annotation: %v", c.code, err)
		}
	}
}

func TestEqualAndCompare(t *testing.T) {
	for _, c := range []struct {
		a, b                string
		equal, commensurate bool
	}{
		{"L", "dm3", true, true},
		{"mg{creat}", "mg", true, true},
		{"[IU]", "[iU]", true, true},
		{"N.m", "J", true, true},
		{"Cel", "K", false, true},
		{"Cel", "mCel", false, true},
		{"Cel", "Cel{oral}", true, true},
		{"mg", "g", false, true},
		{"[CFU]", "[PFU]", false, false},
	} {
		a, b := unit(t, c.a), unit(t, c.b)
		if Equal(a, b) != c.equal || Commensurable(a, b) != c.commensurate {
			t.Errorf("%s, %s: equal %v, commensurable %v", c.a, c.b, Equal(a, b), Commensurable(a, b))
		}
	}
	if !unit(t, "[pH]").Special() || unit(t, "K").Special() || (Unit{}).String() != "1" || (Unit{}).Dimension() != "1" {
		t.Error("Special, or the zero Unit")
	}
	for _, c := range []struct {
		v, u, w, x string
		want       int
	}{
		{"1", "[ft_us]", "1200", "m/3937", 0}, // exact though neither ends as a decimal
		{"37", "Cel", "98.6", "[degF]", 0},
		{"1", "g", "999", "mg", 1},
		{"1", "g", "1.0001", "g", -1},
	} {
		got, err := Compare(decimal(t, c.v), unit(t, c.u), decimal(t, c.w), unit(t, c.x))
		if err != nil || got != c.want {
			t.Errorf("%s %s against %s %s: %d, %v", c.v, c.u, c.w, c.x, got, err)
		}
	}
}

func TestMultiplyDivide(t *testing.T) {
	type operation func(*apd.Decimal, Unit, *apd.Decimal, Unit) (*apd.Decimal, Unit, error)
	for _, c := range []struct {
		do                             operation
		v, u, w, x, want, code, inBase string
	}{
		{Multiply, "2", "cm", "3", "cm", "6", "cm.cm", "0.0006 m2"},
		{Divide, "4", "g", "2", "m", "2", "g/m", "2 g.m-1"},
		{Divide, "10", "mL", "5", "mL", "2", "1", "2 1"},
		{Divide, "1", "1", "2", "m.s", "0.5", "/(m.s)", "0.5 m-1.s-1"},
		{Divide, "6", "mg/dL", "2", "mg/dL", "3", "1", "3 1"},
		{Divide, "1", "g", "3", "L/min", "0.3333333333333333333333333333333333", "g/(L/min)", ""},
		{Multiply, "2", "1", "3", "g", "6", "g", "6 g"},
		{Multiply, "2", "g", "3", "", "6", "g", "6 g"},
		{Multiply, "2", "g/L", "3", "L", "6", "g/L.L", "6 g"},
	} {
		value, u, err := c.do(decimal(t, c.v), unit(t, c.u), decimal(t, c.w), unit(t, c.x))
		if err != nil || value.Cmp(decimal(t, c.want)) != 0 || u.String() != c.code {
			t.Errorf("%s %s, %s %s: %v %v %v; want %s %s", c.v, c.u, c.w, c.x, value, u, err, c.want, c.code)
			continue
		}
		canonical, base, err := Canonical(value, u.String())
		if err != nil || c.inBase != "" && canonical.Text('f')+" "+base != c.inBase {
			t.Errorf("%s %s in base units: %s %s %v; want %s", value, u, canonical, base, err, c.inBase)
		}
	}
	long := unit(t, strings.TrimSuffix(strings.Repeat("mm.", 60), "."))
	value, u, err := Multiply(decimal(t, "1"), long, decimal(t, "2"), long)
	if err != nil || u.String() != "m120" || value.String() != "2E-360" {
		t.Errorf("a long product: %v %v %v", value, u, err)
	}
	if _, _, err := Divide(decimal(t, "1"), Unit{}, decimal(t, "0.0"), Unit{}); !errors.Is(err, ErrDivisionByZero) {
		t.Errorf("1/0: %v", err)
	}
	if _, _, err := Multiply(decimal(t, "1"), unit(t, "Cel"), decimal(t, "2"), Unit{}); !errors.Is(err, ErrSpecial) {
		t.Errorf("Cel × 2: %v", err)
	}
}

// The table's parser prefers an atom, the specification (§4) a prefix; that is
// the same as long as no atom can also be read as prefix and metric atom.
func TestAtomsAreUnambiguous(t *testing.T) {
	d := table()
	if len(d.prefixes) != 24 || len(d.atoms) != 312 {
		t.Errorf("%d prefixes, %d atoms", len(d.prefixes), len(d.atoms))
	}
	for code := range d.atoms {
		for n := 1; n <= 2 && n < len(code); n++ {
			if a := d.atoms[code[n:]]; d.prefixes[code[:n]] != nil && a != nil && a.metric {
				t.Errorf("%s is also %s and %s", code, code[:n], code[n:])
			}
		}
		if u, err := Parse(code); err != nil || u.get().magnitude.Sign() <= 0 {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, bad := range []string{"X\ty\n", "P\tk\tzero\n", "B\tm\nU\ta\t-\t1\tb\nU\tb\t-\t1\ta\n", "U\ta\t-\t0\t1\n", "S\ta\t-\t1\t1\tnone\n"} {
		if _, err := readTable(bad); err == nil {
			t.Errorf("table %q was read", bad)
		}
	}
}

func TestCacheIsBoundedAndShared(t *testing.T) {
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			for i := range 2 * maxCached {
				code := "mg{" + strings.Repeat("x", g+1) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)) + "}"
				if v, base, err := CanonicalFloat(5, code); v != 0.005 || base != "g" || err != nil {
					t.Errorf("%s: %v %s %v", code, v, base, err)
					return
				}
			}
		})
	}
	group.Wait()
	n := 0
	cache.codes.Range(func(any, any) bool { n++; return true })
	if n > maxCached+8 { // a few goroutines may pass the mark together
		t.Errorf("%d codes cached", n)
	}
}

func BenchmarkCanonicalFloat(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := CanonicalFloat(5, "mL/min/{1.73_m2}"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCanonical(b *testing.B) {
	v := decimal(b, "5.4")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Canonical(v, "mg/dL"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse("mL/min/{1.73_m2}"); err != nil {
			b.Fatal(err)
		}
	}
}
