package formula

import "fmt"

// screening are the AAP's values of 2017 (table 6) at or above which a child's
// blood pressure needs the tables by height: boys' systolic and diastolic, then
// girls', from 1 to 12 years.
var screening = [12][4]float64{
	{98, 52, 98, 54}, {100, 55, 101, 58}, {101, 58, 102, 60}, {102, 60, 103, 62}, {103, 63, 104, 64}, {105, 66, 105, 67},
	{106, 68, 106, 68}, {107, 69, 107, 69}, {107, 70, 108, 71}, {108, 72, 109, 72}, {110, 74, 111, 74}, {113, 75, 114, 75},
}

// hypotension is the systolic pressure under which a child is hypotensive (PALS).
func hypotension(a Age) float64 {
	switch {
	case a.Days <= 28:
		return 60
	case a.Years < 1:
		return 70
	case a.Years < 10:
		return 70 + 2*float64(a.Years)
	}
	return 90
}

func pressure(r Reading) Interpretation {
	if r.Age.Years < 18 {
		if limit := hypotension(r.Age); r.Value < limit {
			return Interpretation{OK: true, Flag: "LL", Word: "hypotension for age", Range: fmt.Sprintf("systolic %g mmHg or more", limit), Citation: palsCitation}
		}
	}
	if r.Diastolic == 0 {
		return unread("the diastolic pressure is missing")
	}
	if r.Age.Years < 13 {
		return childPressure(r)
	}
	out := Interpretation{OK: true, Range: "under 120/80 mmHg", Citation: accCitation}
	adult := r.Age.Years >= 18
	if !adult {
		out.Citation = aapCitation
	}
	switch s, d := r.Value, r.Diastolic; {
	case adult && (s > 180 || d > 120):
		out.Flag, out.Word = "HH", "hypertensive crisis: measure again, look for organ damage"
	case s >= 140 || d >= 90:
		out.Flag, out.Word = "H", "stage 2 hypertension"
	case s >= 130 || d >= 80:
		out.Flag, out.Word = "H", "stage 1 hypertension"
	case s >= 120:
		out.Flag, out.Word = "H", "elevated"
	case adult && s <= 90:
		out.Flag, out.Word, out.Citation = "LL", "hypotension", newsCitation
	default:
		out.Word = "normal"
	}
	return out
}

// childPressure reads what can be read without the tables by height: below the
// screening values it is normal; from there on only those tables can tell.
func childPressure(r Reading) Interpretation {
	if r.Age.Years < 1 {
		return unread("under 1 year only a low pressure is read here; it is not low")
	}
	if r.Sex != "male" && r.Sex != "female" {
		return unread("%v", ErrSex)
	}
	row := screening[r.Age.Years-1]
	s, d := row[0], row[1]
	if r.Sex == "female" {
		s, d = row[2], row[3]
	}
	out := Interpretation{OK: true, Word: "normal", Range: fmt.Sprintf("under %g/%g mmHg", s, d), Citation: aapCitation + ", table 6"}
	switch {
	case r.Value >= 140 || r.Diastolic >= 90:
		// Stage 2 whatever the height: "95th percentile + 12 mmHg or 140/90, whichever is lower".
		out.Flag, out.Word, out.Citation = "H", "stage 2 hypertension", aapCitation+", table 3"
	case r.Value >= s || r.Diastolic >= d:
		return Interpretation{Why: fmt.Sprintf("%g/%g is at or above the screening value %g/%g for the age (%s, table 6): it needs the tables by height, which are not here",
			r.Value, r.Diastolic, s, d, aapCitation), Range: out.Range, Citation: out.Citation}
	}
	return out
}
