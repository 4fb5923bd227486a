package entry

import (
	"wholechart/fhir"
)

// question is one question of social history: an Observation
// (http://hl7.org/fhir/R4/observation.html) with a LOINC code.
type question struct {
	slug, title, code, display, label, hint string
	answers                                 []Option // coded answers; none: words
	unit, ucum                              string   // of a number
	most                                    float64
}

func says(pairs ...string) []Option { return opts(sct, pairs...) }

// questions are those of USCDI v3's social history that an answer of few words serves.
var questions = []question{
	{slug: "smoking", title: "Smoking", code: "72166-2", display: "Tobacco smoking status", label: "Smoking status", answers: says(
		"266919005", "Never smoked", "8517006", "Former smoker", "449868002", "Smokes every day", "428041000124106", "Smokes some days", "77176002", "Smoker, current status not known", "266927001", "Not known if ever smoked")},
	{slug: "pack-years", title: "Pack-years", code: "8664-5", display: "Cigarettes smoked total (pack per year) - Reported", label: "Pack-years", hint: "packs a day × years", unit: "pack-years", ucum: "{PackYears}", most: 300},
	{slug: "alcohol", title: "Alcohol", code: "11331-6", display: "History of Alcohol use", label: "Alcohol", hint: "none; 3 glasses of wine a week"},
	{slug: "drugs", title: "Drugs", code: "11343-1", display: "History of Other nonmedical drug use", label: "Drugs", hint: "none; cannabis at weekends"},
	{slug: "occupation", title: "Occupation", code: "11341-5", display: "History of Occupation", label: "Occupation", hint: "school bus driver"},
	{slug: "living", title: "Living situation", code: "71802-3", display: "Housing status", label: "Living situation", hint: "with her daughter; has no home"},
	{slug: "orientation", title: "Sexual orientation", code: "76690-7", display: "Sexual orientation", label: "Sexual orientation", answers: append(says(
		"20430005", "Straight or heterosexual", "38628009", "Lesbian, gay or homosexual", "42035005", "Bisexual"), opts(nullSystem, "OTH", "Something else", "UNK", "Does not know", "ASKU", "Chose not to say")...)},
	{slug: "gender", title: "Gender identity", code: "76691-5", display: "Gender identity", label: "Gender identity", answers: append(says(
		"446141000124107", "Female", "446151000124109", "Male", "407377005", "Transgender woman", "407376001", "Transgender man", "446131000124102", "Non-binary"), opts(nullSystem, "OTH", "Something else", "ASKU", "Chose not to say")...)},
}

func (q question) kind() *Kind {
	answer := Field{Name: "answer", Label: q.label, Hint: q.hint, Required: true}
	switch {
	case q.answers != nil:
		answer.Input, answer.Options = Choice, q.answers
		answer.get = func(n fhir.Node) value {
			c := fhir.CodeableConceptOf(n.Get("valueCodeableConcept"))
			for _, coding := range c.Codings {
				for _, o := range q.answers {
					if o.Value == coding.Code {
						return value{text: o.Value}
					}
				}
			}
			if c.Label() != "" {
				return value{text: tidy(c.Label(), false)}
			}
			return value{text: tidy(n.Get("valueString").Str(), false)}
		}
		answer.set = func(d *draft, v value, _ Context) {
			for _, o := range q.answers {
				if o.Value == v.text {
					d.choose("value", "CodeableConcept", o.concept())
				}
			}
			d.set("dataAbsentReason", nil)
		}
	case q.unit != "":
		answer.Input, answer.most = Number, q.most
		answer.get = func(n fhir.Node) value { return value{text: string(fhir.QuantityOf(n.Get("valueQuantity")).Value)} }
		answer.set = func(d *draft, v value, _ Context) {
			d.choose("value", "Quantity", object{{"value", raw(v.text)}, {"unit", q.unit}, {"system", ucum}, {"code", q.ucum}})
			d.set("dataAbsentReason", nil)
		}
	default:
		answer.Input = Text
		answer.get = func(n fhir.Node) value {
			if s := n.Get("valueString").Str(); s != "" {
				return value{text: tidy(s, false)}
			}
			return value{text: tidy(fhir.CodeableConceptOf(n.Get("valueCodeableConcept")).Label(), false)}
		}
		answer.set = func(d *draft, v value, _ Context) {
			d.choose("value", "String", v.text)
			d.set("dataAbsentReason", nil)
		}
	}
	when := required(half(onsetDay("when", "As of", "effective")))
	return &Kind{Slug: q.slug, Title: q.title, Type: "Observation", Add: "Add " + q.label, code: q.code,
		Fields: []Field{answer, when, noteField()},
		start:  func(f Form, c Context) { f.Set("when", c.today().Format("2 Jan 2006")) },
		mine:   func(n fhir.Node) bool { return conceptCode(n.Get("code"), loinc) == q.code },
		base: func(d *draft, c Context) {
			d.set("status", "final")
			d.set("category", []any{concept(obsCategory, "social-history", "Social History", "")})
			d.set("code", concept(loinc, q.code, q.display, ""))
			d.set("subject", object{{"reference", "Patient/" + c.Patient}})
			if c.Encounter != "" {
				d.set("encounter", object{{"reference", "Encounter/" + c.Encounter}})
			}
			if w := c.who(); c.Who != "" {
				d.set("performer", []any{w})
			}
			d.set("issued", c.Now.UTC().Format("2006-01-02T15:04:05.000Z"))
		},
		finish: func(d *draft, _ Context) {
			if d.node().Get("status").Is("final") && d.node().Path("meta", "versionId").Exists() {
				d.set("status", "amended")
			}
		},
		Short: func(n fhir.Node) string { return q.label },
	}
}

// Questions are the kinds of social history, in the order in which one asks.
func Questions() []*Kind {
	var out []*Kind
	for i := range all {
		if all[i].code != "" {
			out = append(out, all[i])
		}
	}
	return out
}

// Code is the LOINC code of a kind of social history; of other kinds it is empty.
func (k *Kind) Code() string { return k.code }
