package formula

import "fmt"

var degrees = []string{"none", "slight", "moderate to severe"}
var comaDegrees = []string{"none", "grade 1–2", "grade 3–4"}

func degree(words []string, s string) Degree {
	for i, w := range words {
		if w == s {
			return Degree(i)
		}
	}
	return -1
}

var liverFormulas = []*Formula{
	{
		ID: "meld-3", Title: "Severity of liver disease (MELD 3.0)", Unit: "{score}", Version: "1", Date: "2021-12",
		Citation: "Kim WR et al. MELD 3.0. Gastroenterology 2021;161:1887–95; OPTN policy 9", URL: "https://doi.org/10.1053/j.gastro.2021.08.050",
		Inputs: join(inputs("age", "sex", "dialysis"), sample(90, "bilirubin", "inr", "creatinine", "sodium", "albumin")), Together: 7,
		applies: func(r *reader) string {
			if !r.problem("liver-disease", false).Yes {
				return "no chronic liver disease is among the coded problems"
			}
			return adults(r)
		},
		run: func(v values) (Result, error) {
			r, err := points(MELD3(v.n("bilirubin"), v.n("inr"), v.n("creatinine"), v.n("sodium"), v.n("albumin"), v.yes("dialysis"), v.age(), v.is("sex")))
			r.Text = "from 6 to 40; higher is worse"
			return r, err
		},
	},
	{
		ID: "child-pugh", Title: "Severity of cirrhosis (Child–Pugh)", Unit: "{score}", Version: "1", Date: "1973-08",
		Citation: "Pugh RNH et al. Br J Surg 1973;60:646–9 (INR in place of prothrombin time)", URL: "https://doi.org/10.1002/bjs.1800600817",
		Inputs: join(sample(90, "bilirubin", "albumin", "inr"), []Input{
			{ID: "ascites", Name: "ascites", Kind: Choice, Choices: degrees, Ask: true},
			{ID: "encephalopathy", Name: "encephalopathy", Kind: Choice, Choices: comaDegrees, Ask: true}}), Together: 7,
		applies: func(r *reader) string {
			if !r.problem("cirrhosis", false).Yes {
				return "no cirrhosis is among the coded problems"
			}
			return ""
		},
		run: func(v values) (Result, error) {
			n, class, err := ChildPugh(v.n("bilirubin"), v.n("albumin"), v.n("inr"), degree(degrees, v.is("ascites")), degree(comaDegrees, v.is("encephalopathy")))
			r, err := points(n, err)
			r.Text = "class " + class
			return r, err
		},
	},
	{
		ID: "fib-4", Title: "Fibrosis of the liver (FIB-4)", Unit: "1", Decimals: 2, Version: "1", Date: "2006-06",
		Citation: "Sterling RK et al. Hepatology 2006;43:1317–25; limits and ages: McPherson S et al. Am J Gastroenterol 2017;112:740–51", URL: "https://doi.org/10.1002/hep.21178",
		Note:   "for fatty liver disease and chronic hepatitis; from 65 years the lower limit is 2.0",
		Inputs: join(inputs("age"), sample(0, "ast", "alt", "platelets")), Together: 30,
		applies: func(r *reader) string {
			if a := r.age(); a.Known && a.Years < 35 {
				return "it is for ages from 35 years"
			}
			return ""
		},
		run: func(v values) (Result, error) {
			f, err := FIB4(v.age(), v.n("ast"), v.n("alt"), v.n("platelets"))
			low := 1.3
			if v.age() >= 65 {
				low = 2.0
			}
			return Result{Value: f, Shown: number(f, 2), Text: band(f, []float64{low, 2.67}, "advanced fibrosis unlikely", "undecided", "advanced fibrosis likely")}, err
		},
	},
}

var bloodFormulas = []*Formula{
	{
		ID: "anion-gap", Title: "Anion gap", Unit: "mmol/L", Version: "1", Date: "1977", Decimals: 1,
		Citation: "Emmett M, Narins RG. Medicine 1977;56:38–54; albumin: Figge J et al. Crit Care Med 1998;26:1807–10", URL: "https://doi.org/10.1097/00003246-199811000-00019",
		Note:   "laboratories differ in what is normal: about 8 to 12 without potassium",
		Inputs: join(sample(0, "sodium", "chloride", "bicarbonate"), optional(sample(90, "albumin"))), Together: 1,
		run: func(v values) (Result, error) {
			g, err := AnionGap(v.n("sodium"), v.n("chloride"), v.n("bicarbonate"))
			r := Result{Value: g, Text: band(g, []float64{3, 12.0001}, "low: look for an error of measurement first", "not raised", "raised")}
			if err == nil && v.has("albumin") {
				c, err := AnionGapForAlbumin(g, v.n("albumin"))
				if err != nil {
					return r, err
				}
				r.Text += fmt.Sprintf("; %s mmol/L at an albumin of 4 g/dL", number(c, 1))
			}
			return r, err
		},
	},
	{
		ID: "corrected-calcium", Title: "Calcium corrected for albumin", Unit: "mg/dL", Decimals: 1, Version: "1", Date: "1973-12",
		Citation: "Payne RB et al. BMJ 1973;4:643–6, in mg/dL", URL: "https://doi.org/10.1136/bmj.4.5893.643", Note: "ionised calcium is better where it matters",
		Inputs: sample(0, "calcium", "albumin"), Together: 7,
		run: func(v values) (Result, error) {
			c, err := CorrectedCalcium(v.n("calcium"), v.n("albumin"))
			return Result{Value: c, Text: band(c, []float64{8.5, 10.5001}, "low", "within 8.5 to 10.5", "high")}, err
		},
	},
	{
		ID: "ldl-friedewald", Title: "LDL cholesterol (Friedewald)", Unit: "mg/dL", Version: "1", Date: "1972-06",
		Citation: "Friedewald WT, Levy RI, Fredrickson DS. Clin Chem 1972;18:499–502; bands: NCEP ATP III, 2002", URL: "https://doi.org/10.1093/clinchem/18.6.499",
		Note:   "of a fasting sample; too low with low LDL and high triglycerides: the ACC/AHA guideline on dyslipidemia of March 2026 prefers the equations of Martin and Hopkins or of Sampson",
		Inputs: sample(0, "total", "hdl", "triglycerides"), Together: 1,
		run: func(v values) (Result, error) {
			l, err := Friedewald(v.n("total"), v.n("hdl"), v.n("triglycerides"))
			return Result{Value: l, Text: band(l, []float64{100, 130, 160, 190}, "optimal", "near optimal", "borderline high", "high", "very high")}, err
		},
	},
}

var mindFormulas = []*Formula{
	{
		ID: "phq-9", Title: "Depression (PHQ-9)", Unit: "{score}", Version: "1", Date: "2001-09",
		Citation: "Kroenke K, Spitzer RL, Williams JBW. J Gen Intern Med 2001;16:606–13", URL: "https://doi.org/10.1046/j.1525-1497.2001.016009606.x",
		Note: "a screen, not a diagnosis", Inputs: join(sample(0, "phq9"), sample(0, "phq9-item9")), Together: 1,
		applies: func(r *reader) string { return measured(r, "phq9", "no PHQ-9 was taken") },
		run: func(v values) (Result, error) {
			n, err := whole("PHQ-9", v.n("phq9"))
			if err != nil {
				return Result{}, err
			}
			r, _ := points(n, nil)
			r.Text, err = PHQ9(n)
			if v.n("phq9-item9") > 0 {
				r.Text += "; question 9 (thoughts of death or of self-harm) is answered yes: ask today"
			}
			return r, err
		},
	},
	{
		ID: "gad-7", Title: "Anxiety (GAD-7)", Unit: "{score}", Version: "1", Date: "2006-05",
		Citation: "Spitzer RL et al. Arch Intern Med 2006;166:1092–7", URL: "https://doi.org/10.1001/archinte.166.10.1092",
		Note: "a screen, not a diagnosis", Inputs: inputs("gad7"),
		applies: func(r *reader) string { return measured(r, "gad7", "no GAD-7 was taken") },
		run: func(v values) (Result, error) {
			n, err := whole("GAD-7", v.n("gad7"))
			if err != nil {
				return Result{}, err
			}
			r, _ := points(n, nil)
			r.Text, err = GAD7(n)
			return r, err
		},
	},
}

func measured(r *reader, id, why string) string {
	if len(r.series(id)) == 0 {
		return why
	}
	return ""
}

func whole(name string, v float64) (int, error) {
	if v != float64(int(v)) {
		return 0, fmt.Errorf("%s %v is not a whole number", name, v)
	}
	return int(v), nil
}
