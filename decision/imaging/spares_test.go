package imaging

import (
	"testing"

	"wholechart/decision/rule"
)

func TestSpares(t *testing.T) {
	image := func(name string) rule.Draft { return rule.Draft{Kind: rule.DraftImaging, Name: name} }
	for _, x := range []struct {
		was, is rule.Draft
		want    int
	}{
		{image("CT chest"), rule.Draft{}, 7000},
		{image("CT abdomen and pelvis"), image("Ultrasound abdomen"), 7700},
		{image("CT chest"), image("Chest X-ray"), 6900},
		{image("Chest X-ray"), image("CT chest"), 0},
		{image("MRI brain"), rule.Draft{}, 0},
		{image("CT of something"), rule.Draft{}, 0},
		{image("CT chest"), image("CT of something"), 0},
		{rule.Draft{Kind: rule.DraftTest, Name: "Haemoglobin A1c"}, rule.Draft{}, 0},
	} {
		if got := Spares(x.was, x.is); got != x.want {
			t.Errorf("%s instead of %s: %d µSv, want %d", x.is.Name, x.was.Name, got, x.want)
		}
	}
}
