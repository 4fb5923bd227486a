package formula

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func years(n int) Age {
	return AgeAt(time.Date(2026-n, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
}
func months(n int) Age {
	return AgeAt(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2024, time.Month(1+n), 2, 0, 0, 0, 0, time.UTC))
}

func TestVital(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Reading
		flag string
		word string
	}{
		{"pulse 72 at 40 y", Reading{Kind: "pulse", Value: 72, Age: years(40)}, "", "normal"},
		{"pulse 60", Reading{Kind: "pulse", Value: 60, Age: years(40)}, "", "normal"},
		{"pulse 59", Reading{Kind: "pulse", Value: 59, Age: years(40)}, "L", "low"},
		{"pulse 40", Reading{Kind: "pulse", Value: 40, Age: years(40)}, "LL", "critically low"},
		{"pulse 130", Reading{Kind: "pulse", Value: 130, Age: years(40)}, "H", "high"},
		{"pulse 131", Reading{Kind: "pulse", Value: 131, Age: years(40)}, "HH", "critically high"},
		{"pulse 140 at 4 months", Reading{Kind: "pulse", Value: 140, Age: months(4)}, "", "normal for age"},
		{"pulse 182 at 1 month", Reading{Kind: "pulse", Value: 182, Age: months(1)}, "H", "high for age"},
		{"pulse 181 at 1 month", Reading{Kind: "pulse", Value: 181, Age: months(1)}, "", "normal for age, in the highest tenth"},
		{"pulse 50 at 9 y", Reading{Kind: "pulse", Value: 51, Age: years(9)}, "L", "low for age"},
		{"pulse 89 at birth", Reading{Kind: "pulse", Value: 89, Age: Age{Known: true}}, "L", "low for age"},
		{"resp 16", Reading{Kind: "resp", Value: 16, Age: years(40)}, "", "normal"},
		{"resp 25", Reading{Kind: "resp", Value: 25, Unit: "/min", Age: years(40)}, "HH", "critically high"},
		{"resp 8", Reading{Kind: "resp", Value: 8, Age: years(40)}, "LL", "critically low"},
		{"resp 45 at 4 months", Reading{Kind: "resp", Value: 45, Age: months(4)}, "", "normal for age"},
		{"resp 45 at 5 y", Reading{Kind: "resp", Value: 45, Age: years(5)}, "H", "high for age"},
		{"spo2 96", Reading{Kind: "spo2", Value: 96, Age: years(40)}, "", "normal"},
		{"spo2 92", Reading{Kind: "spo2", Value: 92, Age: years(40)}, "L", "low"},
		{"spo2 91", Reading{Kind: "spo2", Value: 91, Age: years(40)}, "LL", "critically low"},
		{"spo2 91 at 5 y", Reading{Kind: "spo2", Value: 91, Age: years(5)}, "L", "low"},
		{"spo2 89 at 5 y", Reading{Kind: "spo2", Value: 89, Age: years(5)}, "LL", "critically low"},
		{"37.0", Reading{Kind: "temp", Value: 37, Age: years(40)}, "", "normal"},
		{"98.6 °F", Reading{Kind: "temp", Value: 98.6, Unit: "[degF]", Age: years(40)}, "", "normal"},
		{"38.0", Reading{Kind: "temp", Value: 38, Age: years(40)}, "H", "fever"},
		{"100.4 °F", Reading{Kind: "temp", Value: 100.4, Unit: "°F", Age: years(40)}, "H", "fever"},
		{"40", Reading{Kind: "temp", Value: 40, Age: years(40)}, "HH", "very high fever"},
		{"34.9", Reading{Kind: "temp", Value: 34.9, Age: years(40)}, "LL", "hypothermia"},
		{"37.8 oral at 5 y", Reading{Kind: "temp", Value: 37.8, Site: "oral", Age: years(5)}, "H", "fever"},
		{"37.8 rectal at 5 y", Reading{Kind: "temp", Value: 37.8, Site: "rectal", Age: years(5)}, "", "normal"},
		{"37.2 axillary at 5 y", Reading{Kind: "temp", Value: 37.2, Site: "axillary", Age: years(5)}, "H", "fever"},
		{"38 at 20 d", Reading{Kind: "temp", Value: 38, Age: Days(20)}, "HH", "fever in a newborn"},
		{"38 at 45 d", Reading{Kind: "temp", Value: 38, Age: Days(45)}, "HH", "fever in an infant under 2 months"},
		{"36.2 at 2 d", Reading{Kind: "temp", Value: 36.2, Age: Days(2)}, "L", "mild hypothermia"},
		{"119/79", Reading{Kind: "bp", Value: 119, Diastolic: 79, Age: years(40)}, "", "normal"},
		{"120/79", Reading{Kind: "bp", Value: 120, Diastolic: 79, Age: years(40)}, "H", "elevated"},
		{"119/80", Reading{Kind: "bp", Value: 119, Diastolic: 80, Age: years(40)}, "H", "stage 1 hypertension"},
		{"130/70", Reading{Kind: "bp", Value: 130, Diastolic: 70, Age: years(40)}, "H", "stage 1 hypertension"},
		{"139/90", Reading{Kind: "bp", Value: 139, Diastolic: 90, Age: years(40)}, "H", "stage 2 hypertension"},
		{"180/120", Reading{Kind: "bp", Value: 180, Diastolic: 120, Age: years(40)}, "H", "stage 2 hypertension"},
		{"181/100", Reading{Kind: "bp", Value: 181, Diastolic: 100, Age: years(40)}, "HH", "hypertensive crisis: measure again, look for organ damage"},
		{"90/60", Reading{Kind: "bp", Value: 90, Diastolic: 60, Age: years(40)}, "LL", "hypotension"},
		{"17.3/10.7 kPa is 130/80", Reading{Kind: "bp", Value: 17.4, Diastolic: 10.5, Unit: "kPa", Age: years(40)}, "H", "stage 1 hypertension"},
		{"125/70 at 15 y", Reading{Kind: "bp", Value: 125, Diastolic: 70, Age: years(15)}, "H", "elevated"},
		{"88/50 at 15 y", Reading{Kind: "bp", Value: 88, Diastolic: 50, Age: years(15)}, "LL", "hypotension for age"},
		{"79/50 at 5 y", Reading{Kind: "bp", Value: 79, Diastolic: 50, Sex: "male", Age: years(5)}, "LL", "hypotension for age"},
		{"102/62 at 5 y", Reading{Kind: "bp", Value: 102, Diastolic: 62, Sex: "male", Age: years(5)}, "", "normal"},
		{"141/62 at 5 y", Reading{Kind: "bp", Value: 141, Diastolic: 62, Sex: "male", Age: years(5)}, "H", "stage 2 hypertension"},
		{"BMI 24.9", Reading{Kind: "bmi", Value: 24.9, Age: years(40)}, "", "normal"},
		{"BMI 30", Reading{Kind: "bmi", Value: 30, Age: years(40)}, "H", "obesity, class 1"},
		{"BMI 17", Reading{Kind: "bmi", Value: 17, Age: years(40)}, "L", "underweight"},
		{"birth weight", Reading{Kind: "weight", Value: 3346.4, Unit: "g", Sex: "male", Age: Days(0)}, "", "50th percentile"},
		{"pain 0", Reading{Kind: "pain"}, "", "no pain"},
		{"pain 7", Reading{Kind: "pain", Value: 7}, "", "severe pain"},
	} {
		got := Vital(c.r)
		if !got.OK || got.Flag != c.flag || got.Word != c.word || got.Citation == "" || got.Range == "" {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	fat := Vital(Reading{Kind: "bmi", Value: 30, Sex: "male", Age: years(10)})
	if !fat.OK || fat.Flag != "H" || !strings.HasPrefix(fat.Word, "obesity, class 2") {
		t.Errorf("BMI 30 at 10 y: %+v", fat)
	}
}

// The centiles fall with age, and stand in order within an age.
func TestCentilesFall(t *testing.T) {
	for name, rows := range map[string][]centiles{"pulse": pulseCentiles, "resp": breathCentiles} {
		for i, c := range rows {
			if !(c.p1 < c.p10 && c.p10 < c.p50 && c.p50 < c.p90 && c.p90 < c.p99) {
				t.Errorf("%s %+v is not in order", name, c)
			}
			if i > 0 && !(rows[i-1].from < c.from && rows[i-1].p1 >= c.p1 && rows[i-1].p50 > c.p50 && rows[i-1].p99 > c.p99) {
				t.Errorf("%s %+v does not fall", name, c)
			}
		}
	}
	for i := 1; i < len(screening); i++ {
		for k := range 4 {
			if screening[i][k] < screening[i-1][k] {
				t.Errorf("screening value %d at %d years falls", k, i+1)
			}
		}
	}
}

func TestVitalRefuses(t *testing.T) {
	for name, r := range map[string]Reading{
		"5 y above the screening value": {Kind: "bp", Value: 103, Diastolic: 60, Sex: "male", Age: years(5)},
		"infant's pressure":             {Kind: "bp", Value: 90, Diastolic: 60, Sex: "male", Age: months(5)},
		"child of unknown sex":          {Kind: "bp", Value: 95, Diastolic: 50, Age: years(5)},
		"no diastolic":                  {Kind: "bp", Value: 120, Age: years(40)},
		"upside down":                   {Kind: "bp", Value: 80, Diastolic: 120, Age: years(40)},
		"age unknown":                   {Kind: "pulse", Value: 70},
		"unit of another kind":          {Kind: "pulse", Value: 70, Unit: "kg", Age: years(40)},
		"weight of an adult":            {Kind: "weight", Value: 70, Sex: "male", Age: years(40)},
		"BMI at 1 y":                    {Kind: "bmi", Value: 17, Sex: "male", Age: years(1)},
		"saturation at birth":           {Kind: "spo2", Value: 80, Age: Age{Known: true}},
		"a kind unknown":                {Kind: "mood", Value: 3, Age: years(40)},
		"no sex for a percentile":       {Kind: "height", Value: 80, Age: years(2)},
	} {
		if got := Vital(r); got.OK || got.Flag != "" || got.Why == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestPlausible(t *testing.T) {
	if err := Plausible("weight", 8000, "kg", years(40)); err == nil || err.Error() != "8,000 kg is not possible for a person: up to 650 kg is accepted" {
		t.Error(err)
	}
	if err := Plausible("weight", 8000, "[lb_av]", Age{}); err == nil || err.Error() != "8,000 lb is not possible for a person: up to 1,433 lb is accepted" {
		t.Error(err)
	}
	if err := Plausible("weight", 70, "kg", months(3)); err == nil || err.Error() != "70 kg is not possible for a child of this age: up to 35 kg is accepted" {
		t.Error(err)
	}
	if err := Plausible("temp", 98.6, "Cel", years(40)); err == nil || err.Error() != "98.6 °C is not possible for a person: up to 47 °C is accepted" {
		t.Error(err)
	}
	if err := PlausiblePressure(80, 120, "mm[Hg]", years(40)); err == nil || !strings.Contains(err.Error(), "80/120 is not possible") {
		t.Error(err)
	}
	for _, c := range []struct {
		kind  string
		value float64
		unit  string
		ok    bool
	}{
		{"weight", 0.2, "kg", true}, {"weight", 199, "g", false}, {"weight", 650, "", true}, {"weight", 650.1, "", false},
		{"height", 70, "[in_i]", true}, {"height", 170, "[in_i]", false}, {"height", 5.5, "ft", true},
		{"temp", 98.6, "[degF]", true}, {"temp", 47.1, "Cel", false}, {"temp", 310, "K", true},
		{"pulse", 350, "/min", true}, {"pulse", 9, "/min", false}, {"pulse", 70, "{beats}/min", true}, {"pulse", 1.2, "Hz", true},
		{"spo2", 100, "%", true}, {"spo2", 101, "%", false}, {"spo2", -1, "%", false},
		{"pain", 10, "{score}", true}, {"pain", 11, "", false}, {"head", 35, "cm", true}, {"head", 350, "cm", false},
		{"bp", 120, "mm[Hg]", true}, {"bp", 16, "kPa", true}, {"bp", 16, "mm[Hg]", false},
		{"weight", math.NaN(), "kg", false}, {"weight", math.Inf(1), "kg", false}, {"shoes", 42, "", false},
	} {
		if err := Plausible(c.kind, c.value, c.unit, Age{}); (err == nil) != c.ok {
			t.Errorf("%s %v %s: %v", c.kind, c.value, c.unit, err)
		}
	}
}

// Units never matter: the same measurement in another unit is read alike.
func TestVitalUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pair := rapid.SampledFrom([]struct {
			kind, from, to string
			low, high      float64
		}{{"temp", "Cel", "[degF]", 33, 42}, {"weight", "kg", "[lb_av]", 3, 80}, {"height", "cm", "[in_i]", 50, 190}, {"bp", "mm[Hg]", "kPa", 70, 220}}).Draw(t, "pair")
		v := math.Round(rapid.Float64Range(pair.low, pair.high).Draw(t, "v")*10)/10 + 0.0321 // between the limits
		age := Days(rapid.IntRange(400, 20000).Draw(t, "age"))
		w, err := Convert(v, pair.from, pair.to)
		if err != nil {
			t.Fatal(err)
		}
		a, b := Reading{Kind: pair.kind, Value: v, Unit: pair.from, Age: age, Sex: "female"}, Reading{Kind: pair.kind, Value: w, Unit: pair.to, Age: age, Sex: "female"}
		if pair.kind == "bp" {
			a.Diastolic, b.Diastolic = v/2, w/2
		}
		x, y := Vital(a), Vital(b)
		if x.OK != y.OK || x.Flag != y.Flag || x.OK && x.Word != y.Word {
			t.Fatalf("%v %s: %+v; %v %s: %+v", v, pair.from, x, w, pair.to, y)
		}
	})
}

func TestAgeAt(t *testing.T) {
	at := func(s string) time.Time {
		d, err := time.Parse("2006-01-02", s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		birth, now          string
		days, months, years int
	}{{"2024-02-29", "2025-02-28", 365, 11, 0}, {"2024-02-29", "2025-03-01", 366, 12, 1}, {"2013-05-10", "2026-05-10", 4748, 156, 13}, {"2026-01-31", "2026-01-31", 0, 0, 0}} {
		got := AgeAt(at(c.birth), at(c.now))
		if !got.Known || got.Days != c.days || got.Months != c.months || got.Years != c.years {
			t.Errorf("%s to %s: %+v", c.birth, c.now, got)
		}
	}
	if AgeAt(at("2026-01-02"), at("2026-01-01")).Known || AgeAt(time.Time{}, at("2026-01-01")).Known {
		t.Error("an age before birth")
	}
}

func FuzzConvert(f *testing.F) {
	f.Add(98.6, "°F", "Cel")
	f.Add(1.0, "", "kg")
	f.Add(-1e300, "[lb_av]", "kg")
	f.Add(math.NaN(), "kg", "kg")
	f.Add(7.0, "10*9/L{x", "10*9/L")
	f.Fuzz(func(t *testing.T, v float64, from, to string) {
		n, err := Convert(v, from, to)
		if err == nil && code(from) != code(to) && math.IsNaN(n) {
			t.Errorf("%v %q in %q is %v", v, from, to, n)
		}
		for _, kind := range []string{"weight", "temp", "bp"} {
			if err := Plausible(kind, v, from, Age{}); err == nil && !Vital(Reading{Kind: kind, Value: v, Unit: from, Diastolic: v / 2, Age: Days(15000), Sex: "male"}).OK && kind == "temp" {
				t.Errorf("%s %v %s is plausible but not read", kind, v, from)
			}
		}
		for _, in := range []string{"creatinine", "inr", "age"} {
			_, _ = known[in].canonical(v, from)
		}
	})
}
