package entry

import (
	"slices"

	"wholechart/fhir"
	"wholechart/terminology"
)

// problem is a Condition (http://hl7.org/fhir/R4/condition.html).
var problem = Kind{
	Slug: "problem", Title: "Problem", Type: "Condition", Add: "Add problem",
	Fields: []Field{
		hinted(required(codeField("what", "Problem", "code", terminology.Problem)), "Type to find a code, or write it in your own words."),
		half(required(choiceField("clinical", "State", "clinicalStatus", false, opts(clinicalSystem,
			"active", "Active", "recurrence", "Recurrence", "relapse", "Relapse", "inactive", "Inactive", "remission", "Remission", "resolved", "Resolved")...))),
		half(optional(choiceField("verification", "Certainty", "verificationStatus", false, opts(verSystem,
			"confirmed", "Confirmed", "provisional", "Provisional", "differential", "Differential", "unconfirmed", "Unconfirmed", "refuted", "Refuted")...), "Not said")),
		half(hinted(onsetField("onset", "Since", "onset", "DateTime"), "2021, Sep 2021, or age 12")),
		half(hinted(onsetField("ended", "Ended", "abatement", "DateTime"), "When it is over")),
		half(more(optional(choiceField("severity", "Severity", "severity", false,
			Option{Value: "255604002", Label: "Mild", system: sct}, Option{Value: "6736007", Label: "Moderate", system: sct}, Option{Value: "24484000", Label: "Severe", system: sct}), "Not said"))),
		half(more(choiceField("category", "Kept as", "category", true, opts(categorySystem,
			"problem-list-item", "Problem list item", "encounter-diagnosis", "Encounter diagnosis")...))),
		more(conceptItem("where", "Body site", "bodySite", terminology.BodySite)),
		noteField(),
	},
	start: func(f Form, _ Context) {
		f.Set("clinical", "active")
		f.Set("verification", "confirmed")
		f.Set("category", "problem-list-item")
	},
	base: func(d *draft, c Context) {
		d.set("category", []any{concept(categorySystem, "problem-list-item", "Problem List Item", "")})
		d.set("subject", object{{"reference", "Patient/" + c.Patient}})
		if c.Encounter != "" {
			d.set("encounter", object{{"reference", "Encounter/" + c.Encounter}})
		}
		d.set("recordedDate", c.instant())
		if w := c.who(); len(w) > 0 {
			d.set("recorder", w)
		}
	},
	check: func(f Form, c Context, errs Errors) {
		if after(f, "onset", "ended", c) {
			errs.add("ended", "It ended before it began.")
		}
		if live := []string{"active", "recurrence", "relapse"}; f.Get("ended") != "" && slices.Contains(live, f.Get("clinical")) { // con-4
			errs.add("ended", "It cannot have ended and be "+f.Get("clinical")+": change the state, or leave this empty.")
		}
	},
	Short: func(n fhir.Node) string { return conceptValue(fhir.Node{}, n.Get("code")).text },
}
