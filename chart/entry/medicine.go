package entry

import (
	"slices"
	"strconv"
	"strings"

	"wholechart/fhir"
	"wholechart/terminology"
)

// medicine is a MedicationStatement: what somebody says that is or was taken
// (http://hl7.org/fhir/R4/medicationstatement.html). What is prescribed is an order.
var medicine = Kind{
	Slug: "medicine", Title: "Medicine as reported", Type: "MedicationStatement", Add: "Add medicine",
	Lead: "What the patient takes or took, as somebody tells it. What is prescribed here is an order.",
	Fields: []Field{
		hinted(required(codeField("what", "Medicine", "medicationCodeableConcept", terminology.Medicine)), "Type to find it, or write it in your own words."),
		{Name: "sig", Label: "How it is taken", Input: Text, Max: 500, Hint: "1 tablet by mouth every morning",
			get: func(n fhir.Node) value { return value{text: directions(n.Get("dosage"))} },
			set: func(d *draft, v value, _ Context) {
				if _, whole := allDirections(d.node().Get("dosage")); whole { // what was written anew is all of it: amounts and times of before would say otherwise
					d.array("dosage", nil)
				}
				d.first("dosage", func(x *draft) {
					x.set("text", v.text)
					x.set("doseAndRate", nil)
					x.set("timing", nil)
				})
			}},
		half(required(choiceField("status", "State", "status", false, opts("",
			"active", "Takes it", "completed", "Course completed", "stopped", "Stopped", "on-hold", "On hold", "intended", "Means to take it", "not-taken", "Does not take it", "unknown", "Not known")...))),
		half(Field{Name: "told", Label: "Told by", Input: Choice, Options: opts("", "", "Not said", "patient", "The patient", "family", "Family or carer", "bottle", "The package", "letter", "A letter or list", "pharmacy", "A pharmacy"),
			get: func(n fhir.Node) value {
				src := n.Get("informationSource")
				if typ, _, _, ok := fhir.Relative(src.Get("reference").Str()); ok && typ == "Patient" {
					return value{text: "patient"}
				}
				said := src.Get("display").Str()
				for code, words := range toldBy {
					if words == said {
						return value{text: code}
					}
				}
				return value{text: tidy(said, false)}
			},
			set: func(d *draft, v value, c Context) {
				switch {
				case v.text == "":
					d.set("informationSource", nil)
				case v.text == "patient":
					d.set("informationSource", object{{"reference", "Patient/" + c.Patient}})
				default:
					d.set("informationSource", object{{"display", toldBy[v.text]}})
				}
			}}),
		half(hinted(periodField("since", "Since", "effective", "start"), "2021, Sep 2021")),
		half(periodField("until", "Until", "effective", "end")),
		conceptItem("reason", "For", "reasonCode", terminology.Problem),
		noteField(),
	},
	start: func(f Form, _ Context) {
		f.Set("status", "active")
		f.Set("told", "patient")
	},
	base: func(d *draft, c Context) {
		d.set("subject", object{{"reference", "Patient/" + c.Patient}})
		if c.Encounter != "" {
			d.set("context", object{{"reference", "Encounter/" + c.Encounter}})
		}
		d.set("dateAsserted", c.instant())
	},
	check: func(f Form, c Context, errs Errors) {
		if after(f, "since", "until", c) {
			errs.add("until", "It ended before it began.")
		}
	},
	finish: func(d *draft, c Context) { d.set("dateAsserted", c.instant()) },
	Short: func(n fhir.Node) string {
		return strings.TrimSpace(conceptValue(fhir.Node{}, n.Get("medicationCodeableConcept")).text + " " + directions(n.Get("dosage")))
	},
}

// directions are the words of all dosages, in their order, as one field shows them;
// the first's alone when not all of them have words.
func directions(dosages fhir.Node) string {
	if all, ok := allDirections(dosages); ok {
		return all
	}
	return tidy(dosages.Index(0).Get("text").Str(), false)
}

// allDirections joins the words of several dosages: the same sequence by "and", a
// higher one by "then". ok is false of a single one, and when one has no words.
func allDirections(dosages fhir.Node) (all string, ok bool) {
	type step struct {
		seq  int
		text string
	}
	var steps []step
	seq := 1
	for d := range dosages.Items() {
		if n, err := strconv.Atoi(d.Get("sequence").Text()); err == nil {
			seq = n
		}
		text := tidy(d.Get("text").Str(), false)
		if text == "" {
			return "", false
		}
		steps = append(steps, step{seq, text})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return a.seq - b.seq })
	for i, s := range steps {
		switch {
		case i == 0:
			all = s.text
		case s.seq > steps[i-1].seq:
			all = strings.TrimRight(all, ". ") + "; then " + s.text
		default:
			all = strings.TrimRight(all, ". ") + "; and " + s.text
		}
	}
	return all, len(steps) > 1
}

var toldBy = map[string]string{"family": "Family or carer", "bottle": "Package", "letter": "Letter or list", "pharmacy": "Pharmacy"}
