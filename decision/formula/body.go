package formula

import (
	"fmt"
	"math"
	"time"
)

// BodyMass is the body mass index in kg/m².
func BodyMass(weightKG, heightCM float64) (float64, error) {
	if err := first(within("weight", weightKG, 0.2, 650, "kg"), within("height", heightCM, 20, 280, "cm")); err != nil {
		return 0, err
	}
	return weightKG / (heightCM * heightCM / 1e4), nil
}

// BodySurface is the body surface in m² by Mosteller (N Engl J Med 1987;317:1098).
func BodySurface(weightKG, heightCM float64) (float64, error) {
	if err := first(within("weight", weightKG, 0.2, 650, "kg"), within("height", heightCM, 20, 280, "cm")); err != nil {
		return 0, err
	}
	return math.Sqrt(weightKG * heightCM / 3600), nil
}

// IdealWeight is the ideal body weight of an adult in kg by Devine (Drug Intell
// Clin Pharm 1974;8:650), which knows heights from 60 inches (152.4 cm) on.
func IdealWeight(heightCM float64, sex string) (float64, error) {
	female, err := bySex(sex)
	if err = first(err, within("height", heightCM, 152.4, 280, "cm")); err != nil {
		return 0, err
	}
	base := 50.0
	if female {
		base = 45.5
	}
	return base + 2.3*(heightCM/2.54-60), nil
}

// MeanPressure is the mean arterial pressure in mmHg, a third of the way from diastolic to systolic.
func MeanPressure(systolic, diastolic float64) (float64, error) {
	if err := PlausiblePressure(systolic, diastolic, "mm[Hg]", Age{}); err != nil {
		return 0, err
	}
	return (systolic + 2*diastolic) / 3, nil
}

// PackYears are packs of twenty cigarettes a day times years.
func PackYears(cigarettesPerDay, years float64) (float64, error) {
	if err := first(within("cigarettes a day", cigarettesPerDay, 0, 200, ""), within("years of smoking", years, 0, 100, "a")); err != nil {
		return 0, err
	}
	return cigarettesPerDay / 20 * years, nil
}

// DueDate is the estimated date of delivery from the first day of the last
// menstrual period: 280 days later with a cycle of 28 days, moved by what the
// cycle differs from that (Naegele's rule as ACOG Committee Opinion 700, 2017,
// has it). cycleDays 0 is 28. An early ultrasound overrides it.
func DueDate(lastPeriod time.Time, cycleDays int) (time.Time, error) {
	if lastPeriod.IsZero() {
		return time.Time{}, &MissingError{Names: []string{"first day of the last menstrual period"}}
	}
	if cycleDays == 0 {
		cycleDays = 28
	}
	if err := within("cycle", float64(cycleDays), 20, 45, "d"); err != nil {
		return time.Time{}, err
	}
	return lastPeriod.AddDate(0, 0, 280+cycleDays-28), nil
}

// GestationalAge is the age of a pregnancy in completed weeks and days at a day,
// by its due date. Before conception and later than 44 weeks it is an error.
func GestationalAge(due, at time.Time) (weeks, days int, err error) {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	n := 280 - int(math.Round(day(due).Sub(day(at)).Hours()/24))
	if n < 0 || n > 44*7 {
		return 0, 0, fmt.Errorf("a pregnancy due on %s is not under way on %s", due.Format("2006-01-02"), at.Format("2006-01-02"))
	}
	return n / 7, n % 7, nil
}
