package formula

import (
	"fmt"
	"math"
)

// RangeError says that an input is outside what a formula was made for.
type RangeError struct {
	Name      string
	Value     float64
	Low, High float64
	Unit      string // UCUM
}

func (e *RangeError) Error() string {
	unit := Shown(e.Unit)
	if unit != "" && unit != "%" {
		unit = " " + unit
	}
	if math.IsInf(e.High, 1) {
		return fmt.Sprintf("%s %s%s is outside what the formula was made for: from %s%s", e.Name, number(e.Value, 2), unit, number(e.Low, 2), unit)
	}
	return fmt.Sprintf("%s %s%s is outside what the formula was made for: %s to %s%s", e.Name, number(e.Value, 2), unit, number(e.Low, 2), number(e.High, 2), unit)
}

func within(name string, v, low, high float64, unit string) error {
	if v >= low && v <= high && !math.IsInf(v, 0) {
		return nil
	}
	return &RangeError{name, v, low, high, unit}
}

// first is the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// bySex wants a formula's sex to be one of two.
func bySex(sex string) (female bool, err error) {
	switch sex {
	case "female":
		return true, nil
	case "male":
		return false, nil
	}
	return false, fmt.Errorf("the formula has a term for sex, male or female: it is not recorded as one of them")
}
