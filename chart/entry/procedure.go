package entry

import (
	"wholechart/fhir"
	"wholechart/terminology"
)

// procedure is a Procedure as history tells it (http://hl7.org/fhir/R4/procedure.html).
var procedure = Kind{
	Slug: "procedure", Title: "Procedure", Type: "Procedure", Add: "Add procedure",
	Lead: "What was done to the patient, here or elsewhere. CPT codes are licensed and not in this system.",
	Fields: []Field{
		hinted(required(codeField("what", "Procedure", "code", terminology.Procedure)), "Type to find a code, or write it in your own words."),
		half(required(choiceField("status", "State", "status", false, opts("", "completed", "Done", "in-progress", "In progress", "stopped", "Stopped", "not-done", "Not done", "unknown", "Not known")...))),
		half(hinted(onsetField("when", "When", "performed", "DateTime"), "2012, or age 40")),
		half(Field{Name: "by", Label: "By", Input: Text,
			get: func(n fhir.Node) value {
				return value{text: tidy(n.Get("performer").Index(0).Get("actor").Get("display").Str(), false)}
			},
			set: func(d *draft, v value, _ Context) {
				if v.text == "" {
					setFirst(d, "performer", nil)
					return
				}
				d.first("performer", func(p *draft) { p.set("actor", object{{"display", v.text}}) })
			}}),
		half(displayField("place", "Where", "location")),
		conceptItem("site", "Body site", "bodySite", terminology.BodySite),
		conceptItem("reason", "For", "reasonCode", terminology.Problem),
		more(codeField("outcome", "Outcome", "outcome", 0)),
		noteField(),
	},
	start: func(f Form, _ Context) { f.Set("status", "completed") },
	base: func(d *draft, c Context) {
		d.set("subject", object{{"reference", "Patient/" + c.Patient}})
		if c.Encounter != "" {
			d.set("encounter", object{{"reference", "Encounter/" + c.Encounter}})
		}
		if w := c.who(); len(w) > 0 {
			d.set("recorder", w)
		}
	},
	Short: func(n fhir.Node) string { return conceptValue(fhir.Node{}, n.Get("code")).text },
}
