package formula

import (
	"fmt"
	"time"
)

var bodyFormulas = []*Formula{
	{
		ID: "bmi", Title: "Body mass index", Unit: "kg/m2", Decimals: 1, Version: "1", Date: "2000",
		Citation: "WHO Technical Report Series 894, 2000", URL: "https://www.cdc.gov/bmi/", Note: "under 20 years it is read by percentile",
		Inputs: join(inputs("age", "weight"), inputs("height")),
		run: func(v values) (Result, error) {
			b, err := BodyMass(v.n("weight"), v.n("height"))
			r := Result{Value: b}
			if err == nil && v.n("age") >= 20 {
				r.Text = bodyMass(Reading{Value: b, Age: Age{Known: true, Years: v.age()}}).Word
			}
			return r, first(err, grownSince(v))
		},
	},
	{
		ID: "bsa", Title: "Body surface (Mosteller)", Unit: "m2", Decimals: 2, Version: "1", Date: "1987-10",
		Citation: "Mosteller RD. N Engl J Med 1987;317:1098", URL: "https://doi.org/10.1056/NEJM198710223171717", Inputs: inputs("age", "weight", "height"),
		run: func(v values) (Result, error) {
			r, err := numeric(BodySurface(v.n("weight"), v.n("height")))
			return r, first(err, grownSince(v))
		},
	},
	{
		ID: "ideal-weight", Title: "Ideal body weight (Devine)", Unit: "kg", Decimals: 1, Version: "1", Date: "1974",
		Citation: "Devine BJ. Drug Intell Clin Pharm 1974;8:650–5", URL: "https://doi.org/10.1177/106002807400801104", Note: "for doses of medicines, from 152.4 cm (60 inches) on; no goal for a person",
		Inputs: inputs("sex", "height"), applies: adults,
		run: func(v values) (Result, error) { return numeric(IdealWeight(v.n("height"), v.is("sex"))) },
	},
	{
		ID: "map", Title: "Mean arterial pressure", Unit: "mm[Hg]", Version: "1", Date: "2020",
		Citation: "a third of systolic and two thirds of diastolic pressure: DeMers D, Wachs D. Physiology, mean arterial pressure. StatPearls, 2020", URL: "https://www.ncbi.nlm.nih.gov/books/NBK538226/",
		Inputs: sample(0, "systolic", "diastolic"), Together: 1,
		run: func(v values) (Result, error) { return numeric(MeanPressure(v.n("systolic"), v.n("diastolic"))) },
	},
	{
		ID: "pack-years", Title: "Pack-years of smoking", Unit: "{pack-years}", Decimals: 1, Version: "1", Date: "2021-03",
		Citation: "packs of 20 cigarettes a day times years; 20 from 50 to 80 years: USPSTF, lung cancer screening. JAMA 2021;325:962–70", URL: "https://doi.org/10.1001/jama.2021.1117",
		Bedside: true,
		Inputs:  []Input{{ID: "cigarettes", Name: "cigarettes a day", Unit: "{cigarettes}", Ask: true}, {ID: "smoking-years", Name: "years of smoking", Unit: "a", Ask: true}},
		run: func(v values) (Result, error) {
			p, err := PackYears(v.n("cigarettes"), v.n("smoking-years"))
			return Result{Value: p, Shown: number(p, 1) + " pack-years"}, err
		},
	},
	{
		ID: "due-date", Title: "Due date and age of a pregnancy (Naegele)", Unit: "d", Version: "1", Date: "2017-05",
		Citation: "ACOG Committee Opinion 700: methods for estimating the due date. Obstet Gynecol 2017;129:e150–4", URL: "https://doi.org/10.1097/AOG.0000000000002046",
		Note: "an ultrasound before 22 weeks may overrule it", Bedside: true,
		Inputs: []Input{{ID: "last-period", Name: "first day of the last menstrual period", Kind: Date, Ask: true},
			{ID: "cycle", Name: "length of the cycle", Unit: "d", Ask: true, Optional: true}, {ID: "today", Name: "day to compute for", Kind: Date}},
		run: func(v values) (Result, error) {
			due, err := DueDate(v["last-period"].When.At, int(v.n("cycle")))
			if err != nil {
				return Result{}, err
			}
			w, d, err := GestationalAge(due, v["today"].When.At)
			if err != nil {
				return Result{}, err
			}
			return Result{Value: float64(7*w + d), Shown: "due " + due.Format("2 Jan 2006"), Text: fmt.Sprintf("%d weeks %d days on %s", w, d, v["today"].When.At.Format("2 Jan 2006"))}, nil
		},
	},
}

// grownSince wants a child's weight and height to be of about the same time.
func grownSince(v values) error {
	w, h := v["weight"].When, v["height"].When
	if v.n("age") >= 18 || !w.Known() || !h.Known() {
		return nil
	}
	if gap := w.At.Sub(h.At); gap > 31*24*time.Hour || gap < -31*24*time.Hour {
		return &ApartError{[]string{"weight", "height"}, 31}
	}
	return nil
}

var clotFormulas = []*Formula{
	{
		ID: "wells-dvt", Title: "Probability of deep vein thrombosis (Wells)", Unit: "{score}", Version: "1", Date: "2003-09", Bedside: true,
		Citation: "Wells PS et al. N Engl J Med 2003;349:1227–35", URL: "https://doi.org/10.1056/NEJMoa023153",
		Inputs: join(inputs("cancer"), []Input{ask("paralysis", "paralysis, paresis or recent plaster of the leg"), ask("bedridden", "bedridden 3 days or more, or major surgery within 12 weeks"),
			ask("tender", "tender along the deep veins"), ask("whole-leg", "entire leg swollen"), ask("calf", "calf more than 3 cm thicker than the other"),
			ask("pitting", "pitting oedema of this leg alone"), ask("collateral", "collateral superficial veins, not varicose")}, inputs("clots-before"),
			[]Input{ask("alternative", "another diagnosis at least as likely")}),
		run: func(v values) (Result, error) {
			n := WellsDVT(Leg{v.yes("cancer"), v.yes("paralysis"), v.yes("bedridden"), v.yes("tender"), v.yes("whole-leg"), v.yes("calf"), v.yes("pitting"), v.yes("collateral"), v.yes("clots-before"), v.yes("alternative")})
			r, err := points(n, nil)
			r.Text = band(float64(n), []float64{2}, "deep vein thrombosis unlikely", "deep vein thrombosis likely")
			return r, err
		},
	},
	{
		ID: "wells-pe", Title: "Probability of pulmonary embolism (Wells)", Unit: "{score}", Decimals: 1, Version: "1", Date: "2000-03", Bedside: true,
		Citation: "Wells PS et al. Thromb Haemost 2000;83:416–20", URL: "https://doi.org/10.1055/s-0037-1613830",
		Inputs: join([]Input{ask("leg-signs", "signs of deep vein thrombosis"), ask("likeliest", "no other diagnosis as likely")}, withMax(1, "pulse"),
			[]Input{ask("immobile", "immobile 3 days or more, or surgery within 4 weeks")}, inputs("clots-before"), []Input{ask("haemoptysis", "coughs blood")}, inputs("cancer")),
		run: func(v values) (Result, error) {
			s := WellsPE(Lung{v.yes("leg-signs"), v.yes("likeliest"), v.n("pulse") > 100, v.yes("immobile"), v.yes("clots-before"), v.yes("haemoptysis"), v.yes("cancer")})
			return Result{Value: s, Shown: number(s, 1) + " points", Text: band(s, []float64{4.5}, "pulmonary embolism unlikely", "pulmonary embolism likely")},
				Plausible("pulse", v.n("pulse"), "/min", Age{})
		},
	},
	{
		ID: "perc", Title: "Ruling out pulmonary embolism (PERC)", Unit: "{score}", Version: "1", Date: "2004-08", Bedside: true,
		Citation: "Kline JA et al. J Thromb Haemost 2004;2:1247–55", URL: "https://doi.org/10.1111/j.1538-7836.2004.00790.x",
		Note: "only where the clinician already holds pulmonary embolism unlikely (below 15 %)",
		Inputs: join(inputs("age"), withMax(1, "pulse", "spo2"), []Input{ask("swollen", "one leg swollen"), ask("haemoptysis", "coughs blood"), ask("surgery", "surgery or trauma within 4 weeks")},
			inputs("clots-before", "oestrogen")),
		run: func(v values) (Result, error) {
			n, err := PERC(RuleOut{v.age(), v.n("pulse"), v.n("spo2"), v.yes("swollen"), v.yes("haemoptysis"), v.yes("surgery"), v.yes("clots-before"), v.yes("oestrogen")})
			r := Result{Value: float64(n), Shown: fmt.Sprintf("%d of 8 criteria", n)}
			r.Text = band(float64(n), []float64{1}, "pulmonary embolism is ruled out where it was unlikely", "cannot be ruled out by this rule")
			return r, err
		},
	},
	{
		ID: "curb-65", Title: "Severity of pneumonia (CURB-65)", Unit: "{score}", Version: "1", Date: "2003-05", Bedside: true,
		Citation: "Lim WS et al. Thorax 2003;58:377–82", URL: "https://doi.org/10.1136/thorax.58.5.377", Note: "for pneumonia acquired outside hospital",
		Inputs: join(inputs("age"), []Input{ask("confused", "newly confused")}, inputs("urea-nitrogen", "resp"), withMax(1, "systolic", "diastolic")),
		run: func(v values) (Result, error) {
			n, err := CURB65(Pneumonia{v.age(), v.yes("confused"), v.n("urea-nitrogen"), v.n("resp"), v.n("systolic"), v.n("diastolic")})
			r, err := points(n, err)
			r.Text = band(float64(n), []float64{2, 3}, "low risk of death: treatment at home may be enough", "moderate risk of death: consider hospital", "high risk of death: hospital, as severe pneumonia")
			return r, err
		},
	},
}

func withMax(days int, ids ...string) []Input {
	out := inputs(ids...)
	for i := range out {
		out[i].MaxDays = days
	}
	return out
}
