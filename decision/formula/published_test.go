package formula

import "testing"

// What publications and public calculators print as worked examples, as Checked
// names them: to the decimals they print, hence the width.
func TestPublishedExamples(t *testing.T) {
	near(t, "cockcroft-gault man 60", 0.05, 74.1)(CockcroftGault(1.2, 60, 80, "male"))
	near(t, "cockcroft-gault woman 45, 65 kg", 0.11, 80.9)(CockcroftGault(0.9, 45, 65, "female"))
	near(t, "cockcroft-gault woman 45, 60 kg", 0.05, 74.8)(CockcroftGault(0.9, 45, 60, "female"))
	near(t, "cockcroft-gault man 50", 0.05, 100)(CockcroftGault(1.0, 50, 80, "male"))
	near(t, "cockcroft-gault man 65", 0.05, 52.1)(CockcroftGault(1.4, 65, 70, "male"))
	near(t, "schwartz", 0.5, 103)(BedsideSchwartz(0.4, 100, 4))
	near(t, "schwartz", 0.05, 82.6)(BedsideSchwartz(0.5, 100, 4))
	near(t, "calcium", 0.05, 9.3)(CorrectedCalcium(8.5, 3))
	near(t, "friedewald", 1e-9, 120)(Friedewald(200, 50, 150))
	near(t, "friedewald", 1e-9, 150)(Friedewald(250, 60, 200))
	near(t, "body surface", 0.005, 1.845)(BodySurface(70, 175))
	near(t, "ideal weight, man of 64 in", 1e-9, 59.2)(IdealWeight(64*2.54, "male"))
	near(t, "ideal weight, man of 70 in", 1e-9, 73)(IdealWeight(70*2.54, "male"))
	near(t, "mean pressure", 1e-9, 61)(MeanPressure(83, 50))
	near(t, "pack-years", 1e-9, 30)(PackYears(15, 40))
	near(t, "pack-years", 1e-9, 7.5)(PackYears(10, 15))
	score(t, "MELD 3.0, a woman", 28)(MELD3(3, 2, 1.5, 130, 3, false, 50, "female"))
	score(t, "MELD 3.0, a man", 18)(MELD3(2, 1.5, 1.5, 137, 3, false, 50, "male"))
	score(t, "CHA2DS2-VASc", 5)(CHA2DS2VASc(Atrial{Age: 75, Sex: "male", Hypertension: true, Stroke: true}))
}

// Each formula says what it was held against.
func TestEachFormulaSaysWhatItWasHeldAgainst(t *testing.T) {
	for _, f := range All() {
		if Checked(f.ID) == "" {
			t.Errorf("%s: nothing", f.ID)
		}
	}
}
