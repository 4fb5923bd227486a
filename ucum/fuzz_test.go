package ucum

import (
	"testing"

	"github.com/cockroachdb/apd/v3"
)

// FuzzParse: no code panics or runs away, and what was read means something:
// converting to base units and back loses nothing, and the unit equals itself
// however it is asked.
func FuzzParse(f *testing.F) {
	for _, code := range []string{
		"", "1", "mg/dL", "mL/min/{1.73_m2}", "10*3/uL", "10^-3", "4.[pi].10*-7.N/A2", "Cel", "dB[SPL]", "[pH]",
		"m[H2O]", "[m/s2/Hz^(1/2)]", "%[slope]", "m[IU]/L", "/(8.h.kg)", "{a}.rad2{b}", "((m))", "[in_i'Hg]", "''",
		"m255", "[pi]9999", "999999999999999999999", "kg{", "B[10.nV]", "3.dB", "bit_s", "\xff", "{é}", "a.b/c", "m-0",
	} {
		f.Add(code)
	}
	three := apd.New(3, 0)
	f.Fuzz(func(t *testing.T, code string) {
		u, err := Parse(code)
		if err != nil {
			if _, ok := err.(*SyntaxError); !ok || err.Error() == "" {
				t.Fatalf("%q: %T %v", code, err, err)
			}
			return
		}
		if u.String() != code || !Equal(u, u) {
			t.Fatalf("%q reads as %q", code, u)
		}
		base, err := Parse(u.Dimension())
		if err != nil {
			if len(u.Dimension()) <= maxCode && !overExponent(u) {
				t.Fatalf("%q: dimension %q: %v", code, u.Dimension(), err)
			}
			return
		}
		if !Commensurable(u, base) {
			t.Fatalf("%q: dimension %q is %q", code, u.Dimension(), base.Dimension())
		}
		if u.Special() {
			_, _ = Convert(three, u, base) // may be out of range
			return
		}
		in, err := Compare(three, u, three, u)
		if err != nil || in != 0 {
			t.Fatalf("%q: compared with itself: %d %v", code, in, err)
		}
		if _, err := Convert(three, u, base); err != nil {
			t.Fatalf("%q to %q: %v", code, base, err)
		}
		if back, unity, err := Divide(three, u, three, u); err != nil || back.Cmp(apd.New(1, 0)) != 0 || unity.Dimension() != "1" {
			t.Fatalf("%q divided by itself: %v %v %v", code, back, unity, err)
		}
	})
}

// overExponent reports a product like m255.m255, whose power no code can write.
func overExponent(u Unit) bool {
	for _, p := range u.get().powers {
		if p.exponent > maxExponent || p.exponent < -maxExponent {
			return true
		}
	}
	return false
}
