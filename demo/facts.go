package demo

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// visit writes an Encounter and makes it the one being written. class is a v3 ActCode (AMB, EMER, IMP, VR); it lasts
// minutes, or is still going on when minutes is 0.
func (c *chart) visit(when, by, class, reason string, minutes int, more ...object) string {
	c.when, c.by = when, by
	period := object{"start": c.instant(when)}
	state := "in-progress"
	if minutes > 0 {
		state, period["end"] = "finished", c.at(when).Add(time.Duration(minutes)*time.Minute).Format(time.RFC3339)
	}
	names := map[string][2]string{"AMB": {"ambulatory", "Office visit"}, "EMER": {"emergency", "Emergency visit"},
		"IMP": {"inpatient encounter", "Hospital stay"}, "VR": {"virtual", "Telephone call"}}
	c.enc = c.put("Encounter", c.dated("visit"), object{
		"status":  state,
		"class":   object{"system": hl7 + "v3-ActCode", "code": class, "display": names[class][0]},
		"type":    list{concept(names[class][1])},
		"subject": c.self(),
		"participant": list{object{
			"type":       list{concept("Responsible clinician", code{hl7 + "v3-ParticipationType", "ATND", "attender"})},
			"individual": c.author()}},
		"period":          period,
		"reasonCode":      list{concept(reason)},
		"serviceProvider": c.org(),
		"location":        list{object{"location": ref("Location/" + c.site.Slug + "-" + placeOf(c.site.Slug, class))}},
	}, more...)
	return c.enc
}

// interpret compares a value with its test's range: N, L, H, or HH at the critical limit. Empty where there is no range.
func (t test) interpret(value string) string {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || (t.low == "" && t.high == "") {
		return ""
	}
	limit := func(s string) float64 { f, _ := strconv.ParseFloat(s, 64); return f }
	switch {
	case t.crit != "" && v >= limit(t.crit):
		return "HH"
	case t.high != "" && v > limit(t.high):
		return "H"
	case t.low != "" && v < limit(t.low):
		return "L"
	}
	return "N"
}

func (t test) ranges() object {
	r := object{}
	var words []string
	if t.low != "" {
		r["low"] = quantity(t.low, t.unit, t.ucum)
	}
	if t.high != "" {
		r["high"] = quantity(t.high, t.unit, t.ucum)
	}
	switch {
	case t.low != "" && t.high != "":
		words = append(words, t.low+"–"+t.high)
	case t.low != "":
		words = append(words, "≥ "+t.low)
	default:
		words = append(words, "≤ "+t.high)
	}
	if t.target != "" {
		words = append(words, "("+t.target+")")
		r["type"] = concept(t.target, code{hl7 + "referencerange-meaning", "treatment", "Treatment"})
	}
	r["text"] = strings.Join(words, " ")
	return r
}

var interpretations = map[string]string{"N": "Normal", "H": "High", "L": "Low", "HH": "Critical high", "A": "Abnormal", "POS": "Positive", "NEG": "Negative"}

func interpretation(id string) list {
	return list{concept(interpretations[id], code{hl7 + "v3-ObservationInterpretation", id, interpretations[id]})}
}

// measured writes one Observation of a known test. Its id is name and date.
func (c *chart) measured(category, name string, t test, value string, more ...object) string {
	k := concept(t.text)
	if t.code.code != "" {
		k = concept(t.text, t.code)
	}
	issued := 3 * time.Hour
	if category == "vital-signs" {
		issued = 0
	}
	r := object{
		"status":            "final",
		"category":          list{status("observation-category", category)},
		"code":              k,
		"subject":           c.self(),
		"effectiveDateTime": c.instant(c.when),
		"issued":            c.instant(c.when, issued),
		"performer":         list{c.author()},
		"valueQuantity":     quantity(value, t.unit, t.ucum),
	}
	if t.low != "" || t.high != "" {
		r["referenceRange"] = list{t.ranges()}
		r["interpretation"] = interpretation(t.interpret(value))
	}
	return c.put("Observation", c.dated(name), c.encounter(r), more...)
}

// labs writes results of the tests table: "hba1c 7.9 egfr 52". It returns their references.
func (c *chart) labs(values string, more ...object) []string {
	var out []string
	f := strings.Fields(values)
	for i := 0; i+1 < len(f); i += 2 {
		t, ok := tests[f[i]]
		if !ok {
			panic("demo: unknown test " + f[i])
		}
		name, _, _ := strings.Cut(f[i], "-")
		category := "laboratory"
		if t.category != "" {
			category = t.category
		}
		out = append(out, c.measured(category, name, t, f[i+1], more...))
	}
	return out
}

// vital writes vital signs: "bp 136/84 pulse 74 weight 78.2".
func (c *chart) vital(values string) []string {
	var out []string
	f := strings.Fields(values)
	for i := 0; i+1 < len(f); i += 2 {
		if f[i] == "bp" {
			out = append(out, c.pressure(f[i+1]))
			continue
		}
		t, ok := vitals[f[i]]
		if !ok {
			panic("demo: unknown vital sign " + f[i])
		}
		out = append(out, c.measured("vital-signs", f[i], t, f[i+1]))
	}
	return out
}

func (c *chart) pressure(value string) string {
	sys, dia, _ := strings.Cut(value, "/")
	part := func(id, display, v string) object {
		return object{"code": concept(display, loinc(id, display)), "valueQuantity": quantity(v, "mmHg", "mm[Hg]")}
	}
	s, _ := strconv.Atoi(sys)
	d, _ := strconv.Atoi(dia)
	level := "N"
	if s > 129 || d > 79 {
		level = "H"
	}
	return c.put("Observation", c.dated("bp"), c.encounter(object{
		"status":            "final",
		"category":          list{status("observation-category", "vital-signs")},
		"code":              concept("Blood pressure", loinc("85354-9", "Blood pressure panel with all children optional")),
		"subject":           c.self(),
		"effectiveDateTime": c.instant(c.when),
		"issued":            c.instant(c.when),
		"performer":         list{c.author()},
		"interpretation":    interpretation(level),
		"component":         list{part("8480-6", "Systolic blood pressure", sys), part("8462-4", "Diastolic blood pressure", dia)},
	}))
}

// found writes an Observation whose value is words or a code.
func (c *chart) found(category, name string, what, value object, more ...object) string {
	return c.put("Observation", c.dated(name), c.encounter(object{
		"status":               "final",
		"category":             list{status("observation-category", category)},
		"code":                 what,
		"subject":              c.self(),
		"effectiveDateTime":    c.instant(c.when),
		"issued":               c.instant(c.when),
		"performer":            list{c.author()},
		"valueCodeableConcept": value,
	}), more...)
}

// smoking writes the smoking status, as asked at this visit.
func (c *chart) smoking(value object) string {
	return c.found("social-history", "smoking", concept("Smoking status", loinc("72166-2", "Tobacco smoking status NHIS")), value)
}

var (
	neverSmoked  = concept("Never smoked", snomed("266919005", "Never smoked tobacco"))
	formerSmoker = concept("Former smoker", snomed("8517006", "Ex-smoker"))
	dailySmoker  = concept("Smokes daily", snomed("449868002", "Smokes tobacco daily"))
)

// panel writes the laboratory's report over results already written.
func (c *chart) panel(name string, what object, results []string, conclusion string, more ...object) string {
	r := object{
		"status":            "final",
		"category":          list{concept("Laboratory", code{hl7 + "v2-0074", "LAB", "Laboratory"})},
		"code":              what,
		"subject":           c.self(),
		"effectiveDateTime": c.instant(c.when),
		"issued":            c.instant(c.when, 3*time.Hour),
		"performer":         list{c.org()},
		"resultsInterpreter": list{
			c.author()},
		"result": refs(results...),
	}
	if conclusion != "" {
		r["conclusion"] = c.say(conclusion)
	}
	return c.put("DiagnosticReport", c.dated(name), c.encounter(r), more...)
}

// Panels ordered by name.
var (
	lipidPanel = concept("Lipid panel", loinc("24331-1", "Lipid 1996 panel - Serum or Plasma"))
	basicPanel = concept("Basic metabolic panel", loinc("51990-0", "Basic metabolic panel - Blood"))
	bloodCount = concept("Complete blood count", loinc("58410-2", "CBC panel - Blood by Automated count"))
)

// problem writes a Condition of the problem list, active and confirmed unless more says otherwise.
func (c *chart) problem(name string, what object, onset string, more ...object) string {
	return c.put("Condition", c.id(name), c.encounter(object{
		"clinicalStatus":     status("condition-clinical", "active"),
		"verificationStatus": status("condition-ver-status", "confirmed"),
		"category":           list{status("condition-category", "problem-list-item")},
		"code":               what,
		"subject":            c.self(),
		"onsetDateTime":      c.day(onset),
		"recordedDate":       c.instant(c.when),
		"recorder":           c.author(),
		"asserter":           c.author(),
	}), more...)
}

// resolved turns a problem into one that ended.
func (c *chart) resolved(abated string) object {
	return object{"clinicalStatus": status("condition-clinical", "resolved"), "abatementDateTime": c.day(abated)}
}

// diagnosis makes a Condition that belongs to the encounter rather than to the problem list.
func diagnosis() object {
	return object{"category": list{status("condition-category", "encounter-diagnosis")}}
}

// allergy writes an AllergyIntolerance with at most one reaction of several manifestations. kind is food, medication,
// environment or biologic.
func (c *chart) allergy(name string, what object, kind, criticality, onset, severity, story string, manifestations ...object) string {
	r := object{
		"clinicalStatus":     status("allergyintolerance-clinical", "active"),
		"verificationStatus": status("allergyintolerance-verification", "confirmed"),
		"type":               "allergy",
		"category":           list{kind},
		"criticality":        criticality,
		"code":               what,
		"patient":            c.self(),
		"recordedDate":       c.instant(c.when),
		"recorder":           c.author(),
		"asserter":           c.self(),
	}
	if onset != "" {
		r["onsetDateTime"] = c.day(onset)
	}
	if len(manifestations) > 0 {
		l := list{}
		for _, m := range manifestations {
			l = append(l, m)
		}
		reaction := object{"manifestation": l, "severity": severity}
		if story != "" {
			reaction["description"] = c.say(story)
		}
		if onset != "" {
			reaction["onset"] = c.day(onset)
		}
		r["reaction"] = list{reaction}
	}
	return c.put("AllergyIntolerance", c.id(name), c.encounter(r))
}

// noKnownAllergies records that the patient was asked and denies any: a statement, not an absence of one.
func (c *chart) noKnownAllergies() string {
	return c.put("AllergyIntolerance", c.id("no-known-allergies"), c.encounter(object{
		"clinicalStatus":     status("allergyintolerance-clinical", "active"),
		"verificationStatus": status("allergyintolerance-verification", "confirmed"),
		"code":               concept("No known allergies", snomed("716186003", "No known allergy")),
		"patient":            c.self(),
		"recordedDate":       c.instant(c.when),
		"recorder":           c.author(),
		"asserter":           c.self(),
	}))
}

// unit is what a pharmacist counts of a drug.
func (d drug) unit() string {
	for _, u := range []string{"capsule", "inhaler", "spray", "suspension"} {
		if strings.Contains(d.text, u) {
			return u
		}
	}
	return "tablet"
}

// dose is a dosage in words and as a Timing: one tablet or capsule, times a day. perDay 0 means as needed.
func dose(words, unit string, perDay int) object {
	d := object{"text": words}
	if unit == "tablet" || unit == "capsule" {
		d["doseAndRate"] = list{object{"doseQuantity": object{"value": json.Number("1"), "unit": unit}}}
	}
	if perDay == 0 {
		d["asNeededBoolean"] = true
		return d
	}
	d["timing"] = object{"repeat": object{"frequency": perDay, "period": 1, "periodUnit": "d"}}
	return d
}

// rxSystem is the identifier system of a site's prescriptions; a pharmacy elsewhere names a prescription by it.
func rxSystem(site string) string { return "https://" + site + ".example/prescription" }

// prescribe writes an active MedicationRequest for a drug of the table, outside the visit being written.
func (c *chart) prescribe(name, when, by string, perDay int, words, reason string, more ...object) string {
	d, ok := drugs[name]
	if !ok {
		panic("demo: unknown drug " + name)
	}
	return c.put("MedicationRequest", c.id("rx-"+name), object{
		"identifier":                list{object{"system": rxSystem(c.site.Slug), "value": c.id("rx-" + name)}},
		"status":                    "active",
		"intent":                    "order",
		"category":                  list{status("medicationrequest-category", "community")},
		"medicationCodeableConcept": d.concept(),
		"subject":                   c.self(),
		"authoredOn":                c.instant(when),
		"requester":                 refNamed("Practitioner/"+by, practitionerName(c.site.Slug, by)),
		"reasonCode":                list{concept(reason)},
		"dosageInstruction":         list{dose(words, d.unit(), perDay)},
	}, more...)
}

// stopped ends a prescription.
func stopped(reason string) object {
	return object{"status": "stopped", "statusReason": concept(reason)}
}

// fills writes MedicationDispenses every so many days, backwards from the last one to not before first. The
// prescription is named by the identifier its writer gave it.
func (c *chart) fills(name, prescriber, first, last string, every, perFill int, words string) {
	d, ok := drugs[name]
	if !ok {
		panic("demo: unknown drug " + name)
	}
	start, _ := time.Parse(time.DateOnly, first)
	t, _ := time.Parse(time.DateOnly, last)
	for n := 0; !t.Before(start); n++ {
		minute := (t.YearDay()*37 + len(name)*11) % 480 // opening hours, 9:00 to 17:00
		c.when = fmt.Sprintf("%s %02d:%02d", t.Format(time.DateOnly), 9+minute/60, minute%60)
		c.put("MedicationDispense", c.dated("fill-"+name), object{
			"status":                    "completed",
			"medicationCodeableConcept": d.concept(),
			"subject":                   c.self(),
			"performer":                 list{object{"actor": c.author()}},
			"location":                  ref("Location/" + c.site.Slug + "-" + placeOf(c.site.Slug, "AMB")),
			"authorizingPrescription": list{elsewhere("MedicationRequest", rxSystem(prescriber), c.id("rx-"+name),
				"Prescription of "+siteName(prescriber))},
			"quantity":          object{"value": perFill, "unit": d.unit()},
			"daysSupply":        quantity(strconv.Itoa(every), "days", "d"),
			"whenPrepared":      c.at(c.when).Add(-25 * time.Minute).Format(time.RFC3339),
			"whenHandedOver":    c.instant(c.when),
			"dosageInstruction": list{object{"text": words}},
		})
		t = t.AddDate(0, 0, -every)
	}
}

// takes writes a MedicationStatement: what the patient says to take, bought without prescription or prescribed elsewhere.
func (c *chart) takes(name, since, words string, more ...object) string {
	d, ok := drugs[name]
	if !ok {
		panic("demo: unknown drug " + name)
	}
	return c.put("MedicationStatement", c.id("takes-"+name), object{
		"status":                    "active",
		"medicationCodeableConcept": d.concept(),
		"subject":                   c.self(),
		"effectivePeriod":           object{"start": c.day(since)},
		"dateAsserted":              c.instant(c.when),
		"informationSource":         c.self(),
		"dosage":                    list{object{"text": words}},
	}, more...)
}

// shot writes an Immunization given now. cvx is the CDC code with its short description; dose its number in the series.
func (c *chart) shot(name string, vaccine object, dose int, lot, site string, more ...object) string {
	sites := map[string]string{"LA": "left arm", "RA": "right arm", "LT": "left thigh", "RT": "right thigh"}
	r := object{
		"status":             "completed",
		"vaccineCode":        vaccine,
		"patient":            c.self(),
		"occurrenceDateTime": c.instant(c.when),
		"recorded":           c.instant(c.when),
		"primarySource":      true,
		"lotNumber":          lot,
		"route":              concept("by mouth", code{hl7 + "v3-RouteOfAdministration", "PO", "Swallow, oral"}),
		"performer":          list{object{"function": status("v2-0443", "AP"), "actor": c.author()}},
		"protocolApplied":    list{object{"doseNumberPositiveInt": dose}},
		"location":           ref("Location/" + c.site.Slug + "-" + placeOf(c.site.Slug, "AMB")),
	}
	if site != "" {
		r["site"] = concept(sites[site], code{hl7 + "v3-ActSite", site, sites[site]})
		r["route"] = concept("into the muscle", code{hl7 + "v3-RouteOfAdministration", "IM", "Injection, intramuscular"})
	}
	return c.put("Immunization", c.dated("shot-"+name), c.encounter(r), more...)
}

func cvx(id, display string) object { return concept(display, code{cvxURL, id, display}) }

// procedure writes a completed Procedure.
func (c *chart) procedure(name string, what object, outcome string, more ...object) string {
	r := object{
		"status":            "completed",
		"code":              what,
		"subject":           c.self(),
		"performedDateTime": c.instant(c.when),
		"recorder":          c.author(),
		"performer":         list{object{"actor": c.author(), "onBehalfOf": c.org()}},
	}
	if outcome != "" {
		r["outcome"] = concept(c.say(outcome))
	}
	return c.put("Procedure", c.id(name), c.encounter(r), more...)
}

// family writes a FamilyMemberHistory. The resource has no author element in R4, so its note carries one.
func (c *chart) family(name, role, roleDisplay string, what object, age int, words string) string {
	condition := object{"code": what}
	if age > 0 {
		condition["onsetAge"] = quantity(strconv.Itoa(age), "years", "a")
	}
	return c.put("FamilyMemberHistory", c.id("family-"+name), object{
		"status":       "completed",
		"patient":      c.self(),
		"date":         c.instant(c.when),
		"relationship": concept(roleDisplay, code{hl7 + "v3-RoleCode", role, roleDisplay}),
		"condition":    list{condition},
		"note":         list{object{"authorReference": c.author(), "time": c.instant(c.when), "text": c.say(words)}},
	})
}

// Kinds of clinical notes.
var (
	progressNote  = concept("Progress note", loinc("11506-3", "Progress note"))
	dischargeNote = concept("Discharge summary", loinc("18842-5", "Discharge summary"))
	consultNote   = concept("Consult note", loinc("11488-4", "Consult note"))
	emergencyNote = concept("Emergency department note", loinc("34111-5", "Emergency department Note"))
	referralNote  = concept("Referral note", loinc("57133-1", "Referral note"))
)

// note writes a signed DocumentReference with its text inside; {dates} in it move with the anchor.
func (c *chart) note(name string, kind object, title, text string, more ...object) string {
	written := c.instant(c.when, 25*time.Minute)
	r := object{
		"status":    "current",
		"docStatus": "final",
		"type":      kind,
		"category": list{concept("Clinical note", code{
			"http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note", "Clinical Note"})},
		"subject":       c.self(),
		"date":          written,
		"author":        list{c.author()},
		"authenticator": c.author(),
		"custodian":     c.org(),
		"description":   title,
		"content": list{object{"attachment": object{
			"contentType": "text/plain; charset=utf-8",
			"language":    "en-US",
			"data":        base64.StdEncoding.EncodeToString([]byte(c.say(strings.TrimSpace(text)) + "\n")),
			"title":       title,
			"creation":    written,
		}}},
	}
	if c.enc != "" {
		r["context"] = object{"encounter": refs(c.enc)}
	}
	return c.put("DocumentReference", c.dated("note-"+name), r, more...)
}
