package burden

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestReport(t *testing.T) {
	x := Tally{}
	x.Show("2026-11-01", "a", true)
	x.Show("2026-11-02", "a", true)
	x.Show("2026-11-02", "b", false)
	x.Show("2026-11-02", "b", false)
	x.Override("2026-11-02", "a", "monitored")
	x.Override("2026-11-02", "a", "")
	x.Accept("2026-11-02", "a")
	x.Show("2026-12-01", "a", true)
	got := x.Report("2026-11-01", "2026-11-30")
	if len(got) != 2 || got[0].Rule != "a" || got[0].Shown != 2 || got[0].Interrupted != 2 || got[0].Accepted != 1 || got[0].Overridden != 2 || got[0].Reasons["monitored"] != 1 || got[0].Reasons[""] != 1 || got[1].Shown != 2 || got[1].Interrupted != 0 {
		t.Errorf("%+v", got)
	}
	if c := Total(got); c.Shown != 4 || c.Interrupted != 2 || c.Overridden != 2 {
		t.Errorf("%+v", c)
	}
	if per, ok := Per100(3, 60); !ok || per != 5 {
		t.Errorf("%v %v", per, ok)
	}
	if _, ok := Per100(3, 0); ok {
		t.Error("per hundred of none")
	}
	x.Forget("2026-11-02")
	if len(x) != 2 || x["2026-11-01"] != nil {
		t.Errorf("%v", x)
	}
	for i := range 100 {
		x.Override("2026-11-03", "c", fmt.Sprint(i))
	}
	if n := len(x["2026-11-03"]["c"].Reasons); n > MaxReasons+1 {
		t.Errorf("%d reasons", n)
	}
}

// TestAdd: it does not matter in which parts things are counted.
func TestAdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, parts := Tally{}, []Tally{{}, {}, {}}
		for range rapid.IntRange(0, 40).Draw(t, "n") {
			day, rule := rapid.SampledFrom([]string{"2026-01-01", "2026-01-02"}).Draw(t, "day"), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "rule")
			part := rapid.SampledFrom(parts).Draw(t, "part")
			for _, x := range []Tally{whole, part} {
				switch what := len(rule) + len(day); {
				case day == "2026-01-01" && rule == "a":
					x.Show(day, rule, what%2 == 0)
				case rule == "a":
					x.Override(day, rule, "r")
				default:
					x.Accept(day, rule)
				}
			}
		}
		sum := Tally{}
		for _, p := range parts {
			body, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			q, err := Decode(body)
			if err != nil {
				t.Fatal(err)
			}
			sum.Add(q)
		}
		if len(whole) > 0 && !reflect.DeepEqual(sum, whole) {
			t.Fatalf("%v, want %v", sum, whole)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"2026-11-02":{"a":{"shown":2,"reasons":{"x":1}}}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := Decode(data)
		if err == nil && x != nil {
			x.Add(x)
			Total(x.Report("0", "9"))
		}
	})
}
