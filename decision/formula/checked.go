package formula

// Checked is what the coefficients of a formula were held against by those who make
// this program, who are no clinicians; "" is nothing: they are from knowledge. What
// each gives stands in the tests (published_test.go).
func Checked(id string) string { return checked[id] }

// Lines with "not its own source" were held against another text than the one cited.
var checked = map[string]string{
	"ckd-epi-2021":          "2026-11-23: the equation as kidney.org prints it (142, κ 0.7 and 0.9, α -0.241 and -0.302, -1.200, 0.9938, 1.012); a woman of 55 with 0.9 mg/dL has 76",
	"ckd-epi-2021-cystatin": "2026-11-23: the equation as egfr.app prints it (135; κ 0.7 and 0.9, α -0.219 and -0.144, -0.544; cystatin -0.323 and -0.778 at 0.8; 0.9961; 0.963)",
	"cockcroft-gault":       "2026-11-23: Taber's (72, 0.85 for women); worked examples of calculators: man of 60, 80 kg, 1.2 mg/dL 74.1; woman of 45, 65 kg, 0.9 mg/dL 81.0",
	"schwartz":              "2026-11-23: kidney.org (0.413 × height in cm / creatinine in mg/dL); 100 cm with 0.4 mg/dL 103",
	"ascvd-2013":            "2026-11-23: the worked example of the appendix of Goff 2014 for the four equations; the coefficients of the equation for White women as two public programs have them",
	"cha2ds2-vasc":          "2026-11-23: not its own source: the table of globalrph.com (2 points for 75 years and for stroke, 1 for each other; 9 at most); man of 75 with high pressure and a stroke 5; bands: the 2023 ACC/AHA/ACCP/HRS guideline (PMC11095842): between with 1 in men, 2 in women",
	"has-bled":              "2026-11-23: not its own source: the tables of PMC3418985 and of J Am Board Fam Med (over 160 mmHg, 200 µmol/L, twice bilirubin, three times AST, ALT or ALP, under 60 % in range, over 65 years, 8 drinks)",
	"meld-3":                "2026-11-23: the equation of Kim 2021 and OPTN as Cambio's CKM page and several public programs print it (1.33, 4.56, 0.82, -0.24, 9.09, 11.14, 1.85, -1.83, 6; bounds); their examples 28 and 18",
	"child-pugh":            "2026-11-23: not its own source: the table of Cleve Clin J Med (bilirubin 2 and 3, albumin 3.5 and 2.8, INR 1.7 and 2.3; A to 6, B to 9)",
	"fib-4":                 "2026-11-23: the formula and 1.3 and 2.67 in PMC3286137; 2.0 from 65 years at gihep.com",
	"anion-gap":             "2026-11-23: the abstract of Figge 1998 (2.5 for each g/dL of albumin); 12 as the upper limit is from knowledge",
	"corrected-calcium":     "2026-11-23: not its own source: worked example of a calculator (0.8 for each g/dL under 4): 8.5 mg/dL with albumin 3.0 is 9.3",
	"ldl-friedewald":        "2026-11-23: worked examples of calculators: 200, 50, 150 is 120; 250, 60, 200 is 150; not from triglycerides of 400 on",
	"qtc-fridericia":        "2026-11-23: not its own source: Cambio's CKM page (cube root of RR in seconds; risk above 500 ms); 450 and 460 ms as a digest of the AHA statement has them (droracle.ai)",
	"qtc-bazett":            "2026-11-23: not its own source: Cambio's CKM page (square root of RR in seconds; risk above 500 ms); 450 and 460 ms as a digest of the AHA statement has them (droracle.ai)",
	"bmi":                   "2026-11-23: kg/m² by definition; obesity from 30 as the Preventive Services Task Force has it (2018); 18.5 and 25 as cbs.nl and others print them",
	"bsa":                   "2026-11-23: worked example of a calculator: 175 cm and 70 kg 1.84 m² (root of cm × kg / 3600)",
	"ideal-weight":          "2026-11-23: worked examples of calculators: man of 64 in 59.2 kg, of 70 in 73 kg",
	"map":                   "2026-11-23: Cambio's CKM page, which rests on DeMers (systolic and twice diastolic by three); 83/50 is 61",
	"pack-years":            "2026-11-23: worked examples of calculators: 15 a day for 40 years 30; 10 a day for 15 years 7.5",
	"due-date":              "2026-11-23: the abstract of ACOG 700 (ultrasound before 22 0/7 weeks confirms or revises); 280 days and the cycle as calcdomain.com and calculatorhub.com have Naegele's rule",
	"wells-dvt":             "2026-11-23: not its own source: a table of the ten items (1 each, -2 for another diagnosis, likely from 2; surgery within 12 weeks and an earlier thrombosis as in 2003)",
	"wells-pe":              "2026-11-23: not its own source: a table in a BMC journal (3, 3, 1.5, 1.5, 1.5, 1, 1; likely above 4)",
	"perc":                  "2026-11-23: not its own source: the criteria at Guideline Central (from 50 years, from 100/min, under 95 %)",
	"curb-65":               "2026-11-23: not its own source: the page of the University of Iowa (urea nitrogen above 7 mmol/L, from 30 breaths, under 90 or to 60 mmHg, from 65 years)",
	"phq-9":                 "2026-11-23: not its own source: bands 5, 10, 15, 20 of the questionnaire as printed",
	"gad-7":                 "2026-11-23: not its own source: bands 5, 10, 15 of the questionnaire as printed",
}
