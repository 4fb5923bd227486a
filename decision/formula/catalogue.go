package formula

import "slices"

// catalogue is every formula; each file of a part of medicine has its own.
var catalogue = slices.Concat(kidneyFormulas, heartFormulas, liverFormulas, bloodFormulas, bodyFormulas, clotFormulas, mindFormulas)

var kidneyFormulas = []*Formula{
	{
		ID: "ckd-epi-2021", Title: "Estimated glomerular filtration rate (CKD-EPI 2021, creatinine)", Unit: "mL/min/{1.73_m2}", Version: "1", Date: "2021-11",
		Citation: "Inker LA et al. New creatinine- and cystatin C–based equations to estimate GFR without race. N Engl J Med 2021;385:1737–49", URL: "https://doi.org/10.1056/NEJMoa2102953",
		Note:   "not in pregnancy, acute kidney injury, or with very unusual muscle mass",
		Inputs: inputs("age", "sex", "creatinine"), applies: adults,
		run: func(v values) (Result, error) {
			return staged(CKDEPI2021(v.n("creatinine"), v.age(), v.is("sex")))
		},
	},
	{
		ID: "ckd-epi-2021-cystatin", Title: "Estimated glomerular filtration rate (CKD-EPI 2021, creatinine and cystatin C)", Unit: "mL/min/{1.73_m2}", Version: "1", Date: "2021-11",
		Citation: "Inker LA et al. N Engl J Med 2021;385:1737–49", URL: "https://doi.org/10.1056/NEJMoa2102953", Together: 30,
		Inputs: join(inputs("age", "sex"), sample(0, "creatinine", "cystatin")),
		applies: func(r *reader) string {
			if why := adults(r); why != "" {
				return why
			}
			if len(r.series("cystatin")) == 0 {
				return "no cystatin C was measured"
			}
			return ""
		},
		run: func(v values) (Result, error) {
			return staged(CKDEPI2021Cystatin(v.n("creatinine"), v.n("cystatin"), v.age(), v.is("sex")))
		},
	},
	{
		ID: "cockcroft-gault", Title: "Creatinine clearance (Cockcroft–Gault)", Unit: "mL/min", Version: "1", Date: "1976",
		Citation: "Cockcroft DW, Gault MH. Nephron 1976;16:31–41", URL: "https://doi.org/10.1159/000180580",
		Note:   "by the recorded (actual) weight; not indexed to body surface; for doses of medicines whose label asks for it",
		Inputs: inputs("age", "sex", "weight", "creatinine"), applies: adults,
		run: func(v values) (Result, error) {
			return numeric(CockcroftGault(v.n("creatinine"), v.age(), v.n("weight"), v.is("sex")))
		},
	},
	{
		ID: "schwartz", Title: "Estimated glomerular filtration rate of a child (bedside Schwartz)", Unit: "mL/min/{1.73_m2}", Version: "1", Date: "2009-03",
		Citation: "Schwartz GJ et al. New equations to estimate GFR in children with CKD. J Am Soc Nephrol 2009;20:629–37", URL: "https://doi.org/10.1681/ASN.2008030287",
		Note:   "made from children of 1 to 16 years with kidney disease and rates of 15 to 75: less certain above",
		Inputs: join(inputs("age"), sample(0, "height", "creatinine")), Together: 180,
		applies: func(r *reader) string {
			if a := r.age(); a.Known && (a.Years < 1 || a.Years > 17) {
				return "it is for ages from 1 to 17 years"
			}
			return ""
		},
		run: func(v values) (Result, error) {
			g, err := BedsideSchwartz(v.n("creatinine"), v.n("height"), v.age())
			r, err := numeric(g, err)
			if v.age() >= 2 {
				return staged(g, err)
			}
			return r, err
		},
	},
}

func adults(r *reader) string {
	if a := r.age(); a.Known && a.Years < 18 {
		return "it is for adults"
	}
	return ""
}

func numeric(v float64, err error) (Result, error) { return Result{Value: v}, err }

func points(n int, err error) (Result, error) {
	r := Result{Value: float64(n), Shown: number(float64(n), 0) + " points"}
	if n == 1 {
		r.Shown = "1 point"
	}
	return r, err
}

func staged(gfr float64, err error) (Result, error) {
	stage, words := GFRStage(gfr)
	return Result{Value: gfr, Text: stage + ", " + words}, err
}

// band is the words of the last limit that v reaches; the limits rise.
func band(v float64, limits []float64, words ...string) string {
	out := words[0]
	for i, l := range limits {
		if v >= l {
			out = words[i+1]
		}
	}
	return out
}

var heartFormulas = []*Formula{
	{
		ID: "ascvd-2013", Title: "Ten-year risk of heart attack or stroke (pooled cohort equations 2013)", Unit: "%", Decimals: 1, Version: "1", Date: "2013-11",
		Citation: "Goff DC et al. 2013 ACC/AHA guideline on the assessment of cardiovascular risk. Circulation 2014;129(Suppl 2):S49–73", URL: "https://doi.org/10.1161/01.cir.0000437741.48606.98",
		Note: "the paper has equations for Black and for White people; for everybody else it uses that for White people, which may read too high or too low. " +
			"For people without cardiovascular disease, LDL under 190 mg/dL. The ACC/AHA guideline on dyslipidemia of March 2026 has the PREVENT equations in its place, which read lower and have bands of their own",
		Inputs: inputs("age", "sex", "race", "total", "hdl", "systolic", "treated", "smoker", "diabetes"),
		applies: func(r *reader) string {
			if a := r.age(); a.Known && (a.Years < 40 || a.Years > 79) {
				return "it is for ages from 40 to 79 years"
			}
			if v := r.problem("ascvd", true); v.Yes {
				return "atherosclerotic disease is known: " + v.Text
			}
			return ""
		},
		run: func(v values) (Result, error) {
			p, err := ASCVD2013(Risk10{Age: v.age(), Sex: v.is("sex"), Race: v.is("race"), Total: v.n("total"), HDL: v.n("hdl"), Systolic: v.n("systolic"),
				Treated: v.yes("treated"), Smoker: v.yes("smoker"), Diabetes: v.yes("diabetes")})
			// The bands are those of the 2018 cholesterol guideline (Grundy et al., Circulation 2019;139:e1082).
			return Result{Value: p, Text: band(p, []float64{5, 7.5, 20}, "low risk", "borderline risk", "intermediate risk", "high risk")}, err
		},
	},
	{
		ID: "cha2ds2-vasc", Title: "Stroke risk in atrial fibrillation (CHA₂DS₂-VASc)", Unit: "{score}", Version: "1", Date: "2010-02",
		Citation: "Lip GYH et al. Chest 2010;137:263–72", URL: "https://doi.org/10.1378/chest.09-1584",
		Note:    "for atrial fibrillation without mitral stenosis or mechanical valve",
		Inputs:  inputs("age", "sex", "heart-failure", "hypertension", "diabetes", "stroke", "vascular"),
		applies: fibrillates,
		run: func(v values) (Result, error) {
			n, err := CHA2DS2VASc(Atrial{v.age(), v.is("sex"), v.yes("heart-failure"), v.yes("hypertension"), v.yes("diabetes"), v.yes("stroke"), v.yes("vascular")})
			r, err := points(n, err)
			// The bands are those of the 2023 ACC/AHA/ACCP/HRS guideline (Circulation 2024;149:e1), as of the update of 2019.
			if v.is("sex") == "female" {
				n--
			}
			r.Text = band(float64(n), []float64{1, 2}, "low risk of stroke", "one risk factor beside sex: anticoagulation may be considered", "anticoagulation is recommended unless something speaks against it")
			return r, err
		},
	},
	{
		ID: "has-bled", Title: "Bleeding risk with anticoagulation (HAS-BLED)", Unit: "{score}", Version: "1", Date: "2010-11",
		Citation: "Pisters R et al. Chest 2010;138:1093–100", URL: "https://doi.org/10.1378/chest.10-0134",
		Note: "a high score is a reason to look for what can be corrected, not by itself to stop anticoagulation",
		Inputs: join(inputs("age", "systolic", "kidney", "liver", "ischemic-stroke", "bled"),
			[]Input{ask("labile-inr", "INR in range less than 60 % of the time")}, inputs("drugs"), []Input{ask("alcohol", "8 drinks or more a week")}),
		applies: fibrillates,
		run: func(v values) (Result, error) {
			n, err := HASBLED(Bleeding{v.age(), v.n("systolic") > 160, v.yes("kidney"), v.yes("liver"), v.yes("ischemic-stroke"), v.yes("bled"), v.yes("labile-inr"), v.yes("drugs"), v.yes("alcohol")})
			r, err := points(n, err)
			r.Text = band(float64(n), []float64{3}, "not high", "high risk of bleeding")
			return r, err
		},
	},
	{
		ID: "qtc-fridericia", Title: "Corrected QT interval (Fridericia)", Unit: "ms", Version: "1", Date: "1920",
		Citation: "Fridericia LS. Acta Med Scand 1920;53:469–86; limits: Rautaharju PM et al. Circulation 2009;119:e241–50; 500 ms: Drew BJ et al. Circulation 2010;121:1047–60", URL: "https://doi.org/10.1161/CIRCULATIONAHA.108.191096",
		Inputs: join(inputs("sex"), sample(0, "qt", "pulse")), Together: 1, applies: hasQT,
		run: func(v values) (Result, error) { return corrected(QTFridericia(v.n("qt"), v.n("pulse")))(v) },
	},
	{
		ID: "qtc-bazett", Title: "Corrected QT interval (Bazett)", Unit: "ms", Version: "1", Date: "1920",
		Citation: "Bazett HC. Heart 1920;7:353–70; limits: Rautaharju PM et al. Circulation 2009;119:e241–50; 500 ms: Drew BJ et al. Circulation 2010;121:1047–60", URL: "https://doi.org/10.1161/CIRCULATIONAHA.108.191096",
		Note:   "too long above 100/min and too short below 60/min: Fridericia is better there",
		Inputs: join(inputs("sex"), sample(0, "qt", "pulse")), Together: 1, applies: hasQT,
		run: func(v values) (Result, error) { return corrected(QTBazett(v.n("qt"), v.n("pulse")))(v) },
	},
}

func fibrillates(r *reader) string {
	if !r.problem("atrial-fibrillation", true).Yes {
		return "no atrial fibrillation is among the coded problems"
	}
	return adults(r)
}

func hasQT(r *reader) string {
	if len(r.series("qt")) == 0 {
		return "no QT interval was measured"
	}
	return ""
}

// corrected words a corrected QT: prolonged from 450 ms in men and 460 ms in women (AHA/ACCF/HRS 2009).
func corrected(qtc float64, err error) func(values) (Result, error) {
	return func(v values) (Result, error) {
		limit := 450.0
		if v.is("sex") == "female" {
			limit = 460
		}
		return Result{Value: qtc, Text: band(qtc, []float64{390.0001, limit, 500}, "short", "normal", "prolonged", "greatly prolonged")}, err
	}
}
