// Package label reads the words of a medicine: "24 HR metoprolol succinate 50 MG
// Extended Release Oral Tablet [Toprol]" is metoprolol. It knows which words
// around a name change nothing (strengths, dose forms, salts) and asks a table
// for the names. It never guesses: what is not in the table, letter for letter,
// is not known.
package label

import "strings"

// salts say how an ingredient is bound or which ester carries it. They stand
// after a name and are part of it only where the table says so ("potassium
// chloride").
var salts = set(`acetate acetonide acistrate adipate anhydrous arginine aspartate axetil benzathine benzoate besylate bicarbonate bisulfate bitartrate
 bromide butyrate calcium camsylate caproate carbonate chloride choline cilexetil citrate cypionate decanoate diacetate dihydrate dihydrochloride dimeglumine dimesylate
 diphosphate dipivoxil dipotassium dipropionate disodium disoproxil edisylate enanthate epolamine erbumine estolate etabonate etexilate ethylsuccinate fosamil
 fumarate furoate gluconate hcl hemifumarate hemihydrate heptahydrate hexahydrate hippurate hyclate hydrobromide hydrochloride hydrocholoride iodide isethionate lactate
 lactobionate lysine macrocrystalline macrocrystals magnesium malate maleate marboxil medoxomil meglumine mesylate mesylates methylbromide methylsulfate microcrystalline
 microcrystals microsize mofetil mononitrate monohydrate monosodium mucate napsylate nitrate olamine oxalate palmitate pamoate phosphate pivoxil polacrilex polistirex
 potassium procaine propionate proxetil resinate saccharate sodium stearate succinate sulfate sulphate tartrate terephthalate tosylate trihydrate trinitrate
 tromethamine trometamol valerate xinafoate trifenatate zinc alafenamide trisilicate hydroxide hydrate soproxil dimethyl ultramicrosize ultramicrocrystalline`)

// plain words say how a medicine is made up, packed, given or released.
var plain = set(`oral tablet tablets tab tabs capsule capsules cap caps pill pills solution suspension syrup elixir chewable chew lozenge lozenges troche extended
 extended-release delayed delayed-release release releasing modified immediate sustained controlled powder cream ointment gel jelly lotion patch patches topical transdermal
 shampoo inhaler inhalation inhalant inhaled nebulizer nebulized nebules metered metered-dose dose injection injectable injector auto-injector autoinjector pen prefilled pre-filled syringe vial vials ampule ampoule
 intravenous subcutaneous intramuscular iv im sc sq nasal spray ophthalmic eye otic ear suppository suppositories rectal vaginal drops drop pack packs packet packets kit implant
 ring intrauterine system iud film strip disintegrating dissolving orally odt sublingual buccal mucosal mucous membrane medicated pad pads soap liquid concentrate
 granules effervescent paste enema foam irrigation mouthwash gum chewing pellet insert cartridge dry product drug for with in of the by and er xr sr xl la cr ir ec dr cd xt hbp ds
 enteric enteric-coated coated abuse-deterrent actuat actuation actuations hr hour hours h day days daily week weekly monthly month strength regular-strength extra-strength low-dose
 high-dose maximum childrens children's infants infants' adult pediatric concentrated reconstituted premix device dosepak dose-pack unit-dose usp bp generic brand sugar-free
 porcine pork beef bovine human recombinant rdna origin prefilledsyringe twice once mouth po puff puffs respimat diskus hfa ellipta handihaler turbuhaler kwikpen flexpen solostar flextouch
 otc rx topically cleanser wash swab ml mg mcg ug µg μg g gm unt unit units iu % meq mmol mci mg/ml mcg/ml mg/mg mg/hr mcg/hr unt/ml units/ml mg/actuat mcg/actuat ml/ml meq/ml
 mg/5ml mg/24hr mg/24 mg/dose mcg/dose mcg/h mg/h per ppm au bau pnu cell cells vector genomes inert ingredients placebo gas sensor sponge bar synthetic scored film-coated bottle bag tube box count ct each
 gram grams gram/dose gram/actuation mg/gram mcg/actuation mcg/act mg/actuation mg/act mcg/spray mg/spray mcg/inh units/mg mg-mcg or base aerosol mist sl inpn dsdv blistr powdr pwdr extend ext rel
 u-100 u-200 u-300 u-500 pak 2-pak 3-pak z-pak sureclick sensoready unoready pushtronex on-body one-press iqlik hytrulo mini subdermal starter infatabs statdose
 no.2 no.3 no.4 #2 #3 #4 injection/kit pushclick autotouch inhub wixhub tempo junior dosepack`)

// after are words that may follow a name and change nothing there, and that would be a
// name where they stand alone: "Lantus SoloStar U-100 Insulin".
var after = set(`insulin propion start treat treatment dvt-pe 30-day 30d`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// Salt says whether a word is a salt, an ester or water of crystals.
func Salt(w string) bool { return salts[w] }

// quiet says whether a word after a name changes nothing about which
// ingredient is meant.
func quiet(w string) bool { return salts[w] || idle(w) }

// Quiet says whether all words of a text are so: none of them names a medicine.
func Quiet(text string) bool { return bare(text) }

// idle says whether a word is a number, a unit or a dose form: it names nothing.
func idle(w string) bool { return plain[w] || number(w) || licence(w) }

// licence is RxNorm's way of telling products apart by their licence: NDA020800.
func licence(w string) bool {
	return len(w) == 9 && strings.HasPrefix(w, "nda") && number(w[3:])
}

// number says whether a word is an amount: 50, 1,000, 160/800, 1+50, 25mg, 24hr.
func number(w string) bool {
	i := 0
	digits := false
	for ; i < len(w); i++ {
		c := w[i]
		if c >= '0' && c <= '9' {
			digits = true
			continue
		}
		if c != '.' && c != ',' && c != '/' && c != '+' && c != '-' && c != '%' && c != '*' && c != ':' {
			break
		}
	}
	if i == len(w) {
		return w != ""
	}
	if !digits {
		return false
	}
	rest := w[i:]
	if plain[rest] {
		return true
	}
	// 5mg/5ml, 100unt/ml
	head, tail, ok := strings.Cut(rest, "/")
	return ok && plain[head] && (plain[tail] || number(tail))
}

// Fold is how names are compared: lower case, single spaces, no commas.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c == ',' && i > 0 && i+1 < len(s) && s[i-1] >= '0' && s[i-1] <= '9' && s[i+1] >= '0' && s[i+1] <= '9':
			continue // 1,000
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ';' || c == '"' || c == ':' || c == '*':
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		b.WriteByte(c)
	}
	return strings.TrimRight(b.String(), " .")
}
