package formula

import "wholechart/fhir"

// unitSame marks a number that is already in its input's unit.
const unitSame = "\x00"

const day = fhir.Day

// ureaNitrogen is mg/dL of urea nitrogen in 1 mmol/L of urea: 28.014 g/mol of nitrogen.
const ureaNitrogen = 2.8014

// known are the inputs that several formulas share. The factors of Molar are by
// molar mass: creatinine 1 mg/dL = 88.4 µmol/L, cholesterol 386.7, triglycerides
// 885.7 (as triolein), bilirubin 584.7 and calcium 40.08 g/mol.
var known = map[string]Input{
	"age":       {ID: "age", Name: "age", Unit: "a"},
	"sex":       {ID: "sex", Name: "sex", Kind: Choice, Choices: []string{"female", "male"}},
	"race":      {ID: "race", Name: "race, as the paper's equations have it", Kind: Choice, Choices: []string{"white", "black", "other"}},
	"weight":    {ID: "weight", Name: "weight", Unit: "kg", MaxDays: 365},
	"height":    {ID: "height", Name: "height", Unit: "cm", MaxDays: 5 * 365},
	"systolic":  {ID: "systolic", Name: "systolic pressure", Unit: "mm[Hg]", MaxDays: 365},
	"diastolic": {ID: "diastolic", Name: "diastolic pressure", Unit: "mm[Hg]", MaxDays: 365},
	"pulse":     {ID: "pulse", Name: "heart rate", Unit: "/min", MaxDays: 365},
	"resp":      {ID: "resp", Name: "breathing rate", Unit: "/min", MaxDays: 1},
	"spo2":      {ID: "spo2", Name: "oxygen saturation", Unit: "%", MaxDays: 1},
	"qt":        {ID: "qt", Name: "QT interval", Unit: "ms", MaxDays: 365},

	"creatinine":    {ID: "creatinine", Name: "creatinine", Unit: "mg/dL", Molar: 1000 / 88.4, MaxDays: 365},
	"cystatin":      {ID: "cystatin", Name: "cystatin C", Unit: "mg/L", MaxDays: 365},
	"sodium":        {ID: "sodium", Name: "sodium", Unit: "mmol/L", MaxDays: 90},
	"chloride":      {ID: "chloride", Name: "chloride", Unit: "mmol/L", MaxDays: 90},
	"bicarbonate":   {ID: "bicarbonate", Name: "bicarbonate", Unit: "mmol/L", MaxDays: 90},
	"calcium":       {ID: "calcium", Name: "calcium", Unit: "mg/dL", Molar: 4.008, MaxDays: 180},
	"albumin":       {ID: "albumin", Name: "albumin", Unit: "g/dL", MaxDays: 180},
	"urea-nitrogen": {ID: "urea-nitrogen", Name: "urea nitrogen", Unit: "mg/dL", Molar: ureaNitrogen, MaxDays: 2},
	"bilirubin":     {ID: "bilirubin", Name: "bilirubin", Unit: "mg/dL", Molar: 58.47, MaxDays: 90},
	"inr":           {ID: "inr", Name: "INR", MaxDays: 90},
	"ast":           {ID: "ast", Name: "AST", Unit: "U/L", MaxDays: 365},
	"alt":           {ID: "alt", Name: "ALT", Unit: "U/L", MaxDays: 365},
	"platelets":     {ID: "platelets", Name: "platelets", Unit: "10*9/L", MaxDays: 365},
	"total":         {ID: "total", Name: "total cholesterol", Unit: "mg/dL", Molar: 38.67, MaxDays: 5 * 365},
	"hdl":           {ID: "hdl", Name: "HDL cholesterol", Unit: "mg/dL", Molar: 38.67, MaxDays: 5 * 365},
	"triglycerides": {ID: "triglycerides", Name: "triglycerides", Unit: "mg/dL", Molar: 88.57, MaxDays: 5 * 365},
	"phq9":          {ID: "phq9", Name: "PHQ-9 total", Unit: "{score}", MaxDays: 365},
	"phq9-item9":    {ID: "phq9-item9", Name: "PHQ-9 question 9", Unit: "{score}", MaxDays: 365, Optional: true},
	"gad7":          {ID: "gad7", Name: "GAD-7 total", Unit: "{score}", MaxDays: 365},

	"smoker":          yesNo("smoker", "smokes now"),
	"diabetes":        yesNo("diabetes", "diabetes"),
	"hypertension":    yesNo("hypertension", "hypertension"),
	"heart-failure":   yesNo("heart-failure", "heart failure"),
	"stroke":          yesNo("stroke", "stroke, transient ischaemic attack or thromboembolism"),
	"ischemic-stroke": yesNo("ischemic-stroke", "stroke"),
	"vascular":        yesNo("vascular", "heart attack, peripheral artery disease or aortic plaque"),
	"treated":         yesNo("treated", "medicine for blood pressure"),
	"dialysis":        yesNo("dialysis", "dialysis"),
	"kidney":          yesNo("kidney", "dialysis, transplanted kidney or creatinine above 2.26 mg/dL"),
	"liver":           yesNo("liver", "cirrhosis, or raised bilirubin with raised transaminases"),
	"bled":            yesNo("bled", "major bleeding before, or predisposition to it"),
	"drugs":           yesNo("drugs", "antiplatelet medicine or NSAID"),
	"clots-before":    yesNo("clots-before", "deep vein thrombosis or pulmonary embolism before"),
	"cancer":          yesNo("cancer", "active cancer"),
	"oestrogen":       yesNo("oestrogen", "takes oestrogen"),
}

func yesNo(id, name string) Input { return Input{ID: id, Name: name, Kind: YesNo} }

func ask(id, name string) Input { return Input{ID: id, Name: name, Kind: YesNo, Ask: true} }

func inputs(ids ...string) []Input {
	out := make([]Input, len(ids))
	for i, id := range ids {
		in, ok := known[id]
		if !ok {
			panic("formula: no input " + id)
		}
		out[i] = in
	}
	return out
}

// sample marks numbers as of one sample, none older than maxDays (0: as known).
func sample(maxDays int, ids ...string) []Input {
	out := inputs(ids...)
	for i := range out {
		out[i].Sample = true
		if maxDays > 0 {
			out[i].MaxDays = maxDays
		}
	}
	return out
}

func join(lists ...[]Input) (out []Input) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

func optional(list []Input) []Input {
	for i := range list {
		list[i].Optional = true
	}
	return list
}
