package entry

import (
	"wholechart/fhir"
	"wholechart/terminology"
)

// allergy is an AllergyIntolerance (http://hl7.org/fhir/R4/allergyintolerance.html).
var allergy = Kind{
	Slug: "allergy", Title: "Allergy or intolerance", Type: "AllergyIntolerance", Add: "Add allergy",
	Fields: []Field{
		hinted(required(codeField("what", "Substance", "code", terminology.Allergen)), "A medicine, a class, a food, latex, a venom… or your own words."),
		half(optional(choiceField("type", "Kind", "type", false, opts("", "allergy", "Allergy", "intolerance", "Intolerance")...), "Not known")),
		half(optional(choiceField("criticality", "Danger", "criticality", false, opts("", "high", "High: may threaten life", "low", "Low", "unable-to-assess", "Cannot be assessed")...), "Not said")),
		{Name: "category", Label: "Category", Input: Many, Options: opts("", "medication", "Medicine", "food", "Food", "environment", "Environment", "biologic", "Biologic"),
			get: func(n fhir.Node) value {
				var v value
				for c := range n.Get("category").Items() {
					v.many = append(v.many, c.Str())
				}
				order := []string{"medication", "food", "environment", "biologic"}
				var sorted []string
				for _, o := range order {
					for _, m := range v.many {
						if m == o {
							sorted = append(sorted, m)
						}
					}
				}
				for _, m := range v.many {
					known := false
					for _, o := range order {
						known = known || m == o
					}
					if !known && m != "" {
						sorted = append(sorted, m)
					}
				}
				return value{many: sorted}
			},
			set: func(d *draft, v value, _ Context) {
				var list []any
				for _, m := range v.many {
					list = append(list, m)
				}
				d.set("category", list)
			}},
		half(required(choiceField("clinical", "State", "clinicalStatus", false, opts(allergyClinical, "active", "Active", "inactive", "Inactive", "resolved", "Resolved")...))),
		half(optional(choiceField("verification", "Certainty", "verificationStatus", false, opts(allergyVer,
			"confirmed", "Confirmed", "unconfirmed", "Unconfirmed", "refuted", "Refuted")...), "Not said")),
		half(more(hinted(onsetField("onset", "Since", "onset", "DateTime"), "2009, or age 12"))),
		half(more(dayField("last", "Last reaction", "lastOccurrence"))),
		noteField(),
	},
	Groups: []Group{{Name: "reaction", Label: "Reaction", Most: 4, element: "reaction", Fields: []Field{
		required(conceptItem("what", "What happened", "manifestation", terminology.Reaction)),
		half(optional(choiceField("severity", "How bad", "severity", false, opts("", "mild", "Mild", "moderate", "Moderate", "severe", "Severe")...), "Not said")),
		half(textField("story", "How it went", "description", 500)),
	}}},
	start: func(f Form, _ Context) {
		f.Set("clinical", "active")
		f.Set("verification", "confirmed")
	},
	base: func(d *draft, c Context) {
		d.set("patient", object{{"reference", "Patient/" + c.Patient}})
		if c.Encounter != "" {
			d.set("encounter", object{{"reference", "Encounter/" + c.Encounter}})
		}
		d.set("recordedDate", c.instant())
		if w := c.who(); len(w) > 0 {
			d.set("recorder", w)
		}
	},
	Short: func(n fhir.Node) string { return conceptValue(fhir.Node{}, n.Get("code")).text },
}
