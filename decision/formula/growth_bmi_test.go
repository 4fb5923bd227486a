package formula

import (
	"math"
	"testing"
)

func TestBMIOfWeightAndHeight(t *testing.T) {
	c := assemble(t, patient("female", "2016-11-22", ""),
		lab("29463-7", "2017-11-22", 9.5, "kg"), lab("8302-2", "2017-11-22", 75, "cm"), // one year old: weight for length, no BMI
		lab("29463-7", "2020-11-22", 16, "kg"), lab("8302-2", "2020-11-22", 1.00, "m"), // the same day
		lab("29463-7", "2022-01-20", 20, "kg"), lab("8302-2", "2022-01-01", 110, "cm"), lab("8302-2", "2022-02-19", 111, "cm"), // 19 and 30 days
		lab("29463-7", "2023-06-01", 24, "kg"), lab("8302-2", "2023-03-01", 118, "cm"), // three months: not
		lab("29463-7", "2024-05-05", 27, "kg"), lab("8302-2", "2024-05-05", 125, "cm"), lab("39156-5", "2024-05-05", 17.28, "kg/m2"), // recorded
		lab("29463-7", "2025-05-05", 300, "[lb_av]"), lab("8302-2", "2025-05-05", 13, "cm")) // one is wrong
	list := BMIOf(c, now)
	if len(list) != 3 {
		t.Fatalf("%d: %+v", len(list), list)
	}
	for i, want := range []struct {
		day, computed, text string
		value               float64
	}{
		{"2020-11-22", "computed from 16 kg and 1 m", "16.0 kg/m²", 16},
		{"2022-01-20", "computed from 20 kg and 110 cm of 1 Jan 2022", "16.5 kg/m²", 16.529},
		{"2024-05-05", "", "17.28 kg/m²", 17.28},
	} {
		x := list[i]
		if x.When.ISO != want.day || x.Computed != want.computed || x.Text != want.text || math.Abs(x.Value-want.value) > 0.001 || x.Err != nil || x.Growth.Reference == "" {
			t.Errorf("%d: %s %q %q %v %+v", i, x.When.ISO, x.Computed, x.Text, x.Value, x.Growth)
		}
		if x.Computed != "" && x.Prov.Type+x.Prov.ID == "" {
			t.Errorf("%d leads to no original", i)
		}
	}
	// Recorded and computed are compared alike.
	if g, err := Percentile(BMI, "female", list[0].Days, 16); err != nil || math.Abs(g.P-list[0].Growth.P) > 1e-6 {
		t.Errorf("%+v, want %+v", list[0].Growth, g)
	}
	// A birth date of a month alone: no ages, no BMI.
	if list := BMIOf(assemble(t, patient("female", "2016-11", ""), lab("29463-7", "2020-11-22", 16, "kg"), lab("8302-2", "2020-11-22", 100, "cm")), now); len(list) != 0 {
		t.Error("an age of a birth date without a day")
	}
}
