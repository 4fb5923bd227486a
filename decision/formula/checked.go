package formula

// Checked is what the coefficients of a formula were held against by those who make
// this program, who are no clinicians; "" is nothing: they are from knowledge. What
// each gives stands in the tests.
func Checked(id string) string { return checked[id] }

var checked = map[string]string{
	"ckd-epi-2021": "2026-11-23: the equation as kidney.org prints it (142, κ 0.7 and 0.9, α -0.241 and -0.302, -1.200, 0.9938, 1.012); a woman of 55 with 0.9 mg/dL has 76",
	"ascvd-2013":   "2026-11-23: the worked example of the appendix of Goff 2014 for the four equations; the coefficients of the equation for White women as two public programs have them",
}
