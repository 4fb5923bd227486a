package cases

import (
	"strconv"
	"strings"
	"time"
)

// Coded gives a code of a concept of package prevention's tables with what it is
// called, or, of a concept that has none, words by which it is known. ok is false
// when there is no such concept.
type Coded func(concept string) (system, code, words string, ok bool)

// TellDue reads a case of what is due:
//
//	rule | who it is | facts, separated by ; | status [words of why, in quotes]
//
// A fact is one of
//
//	female 68 y · male 14 mo · female born 1958-03 · born 1958 · aged 68 y · gender male · birthsex F · race White
//	problem C [from DATE] · resolved C · suspected C
//	did C DATE · result C VALUE [UNIT] DATE · status C "words" DATE
//	report "words" DATE · image "words" DATE · visit "words" DATE · document "words" DATE
//	takes C · took C · ordered "words" DATE · booked "words" DATE
//	declined C DATE · notdone C DATE "reason" · refused C DATE
//	family C · bmi VALUE DATE · smoking "words" DATE · pregnant week N · dead · unreachable SITE
//
// each with "at SITE" at its end when it is not of the own site. C is a concept of the
// tables, loinc/CODE, or words in quotes, which make a fact without a code. DATE is as
// in Tell.
func TellDue(where, line string, concept Coded) (c Case, err error) {
	w := newTeller(where)
	w.concept = concept
	defer caught(&c, &err)
	p := w.parts(line, 4)
	for _, f := range between(p[2]) {
		w.dueFact(f)
	}
	w.person()
	return Case{Rule: p[0], Who: p[1], Want: p[3], Where: where, Facts: w.facts, Away: w.away, Expect: w.due(p[0], p[3])}, nil
}

// code is the CodeableConcept of a concept, or of words alone.
func (w *teller) code(c string) string {
	if c[0] == '"' {
		return `{"text":` + c + `}`
	}
	if loinc, ok := strings.CutPrefix(c, "loinc/"); ok {
		return `{"coding":[{"system":"http://loinc.org","code":"` + loinc + `"}],"text":"Code ` + loinc + `"}`
	}
	system, code, words, ok := w.concept(c)
	switch {
	case !ok:
		w.fail("no concept %q", c)
	case code != "":
		return `{"coding":[{"system":"` + system + `","code":"` + code + `","display":"` + words + `"}],"text":"Code ` + code + `"}`
	}
	return `{"text":"` + words + `"}`
}

func (w *teller) dueFact(text string) {
	x := &words{w, text, cut(text)}
	site := ""
	if n := len(x.f); n > 2 && x.f[n-2] == "at" {
		site, x.f = x.f[n-1], x.f[:n-2]
	}
	quoted := func(s string) string { return `"` + s + `"` }
	age := func() {
		n, unit := x.next(), x.next()
		count, err := strconv.Atoi(n)
		at, ok := ago(count, unit)
		if err != nil || !ok || count < 1 || unit == "h" {
			w.fail("no age %q", text)
		}
		w.patient["birthDate"] = quoted(at.Format(time.DateOnly))
	}
	switch kind := x.next(); kind {
	case "female", "male":
		w.patient["gender"] = quoted(kind)
		switch {
		case len(x.f) == 0:
		case x.is("born"):
			w.patient["birthDate"] = quoted(x.next())
		default:
			age()
		}
	case "gender":
		w.patient["gender"] = quoted(x.next())
	case "birthsex":
		w.patient["extension"] = `[{"url":"` + us + `us-core-birthsex","valueCode":"` + x.next() + `"}]`
	case "race":
		w.race(quoted(x.next()))
	case "born":
		w.patient["birthDate"] = quoted(x.next())
	case "aged":
		age()
	case "dead":
		w.patient["deceasedBoolean"] = "true"
	case "unreachable":
		w.away = append(w.away, x.next())
	case "pregnant":
		if !x.is("week") {
			w.fail("no fact %q", text)
		}
		week, err := strconv.Atoi(x.next())
		if err != nil || week < 1 || week > 45 {
			w.fail("no week %q", text)
		}
		w.resource(site, "Observation", `"status":"final","code":`+w.code("due-date")+member("effectiveDateTime", Now.AddDate(0, 0, -3).Format(time.DateOnly))+member("valueDateTime", Now.AddDate(0, 0, 280-7*week).Format(time.DateOnly)))
	default:
		w.event(x, kind, site)
	}
	if len(x.f) > 0 {
		w.fail("%q is left over of %q", strings.Join(x.f, " "), text)
	}
}

// event tells what happened once.
func (w *teller) event(x *words, kind, site string) {
	what := x.next()
	moment := func(name, on string) string {
		if on == "" {
			return ""
		}
		if len(on) != len(time.DateOnly) {
			w.fail("a day is wanted: %q", x.text)
		}
		return member(name, on+"T09:00:00Z")
	}
	switch kind {
	case "bmi":
		w.resource(site, "Observation", `"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"39156-5"}],"text":"Body mass index"}`+member("effectiveDateTime", x.date())+`,"valueQuantity":{"value":`+what+`,"unit":"kg/m2","system":"http://unitsofmeasure.org","code":"kg/m2"}`)
		return
	case "result":
		n, unit := x.next(), ""
		if len(x.f) != 3 || x.f[2] != "ago" { // an index has no unit
			u := x.next()
			unit = `,"unit":"` + u + `","system":"http://unitsofmeasure.org","code":"` + u + `"`
		}
		w.resource(site, "Observation", `"status":"final","code":`+w.code(what)+member("effectiveDateTime", x.date())+`,"valueQuantity":{"value":`+n+unit+`}`)
		return
	case "status":
		said := x.next()
		w.resource(site, "Observation", `"status":"final","code":`+w.code(what)+member("effectiveDateTime", x.date())+`,"valueString":`+said)
		return
	case "family":
		w.resource(site, "FamilyMemberHistory", `"status":"completed","relationship":{"text":"mother"},"condition":[{"code":`+w.code(what)+`}]`)
		return
	}
	x.is("from")
	on := x.date()
	done := func(status, reason string) {
		if reason != "" {
			reason = `,"statusReason":{"text":` + reason + `}`
		}
		w.resource(site, "Procedure", `"status":"`+status+`","code":`+w.code(what)+member("performedDateTime", on)+reason)
	}
	prescribed := func(status string) {
		w.resource(site, "MedicationRequest", `"status":"`+status+`","intent":"order","medicationCodeableConcept":`+w.code(what)+member("authoredOn", on))
	}
	problem := func(clinical, sure string) {
		w.resource(site, "Condition", states(clinical, sure)+`,"code":`+w.code(what)+member("onsetDateTime", on))
	}
	switch kind {
	case "problem":
		problem("active", "confirmed")
	case "resolved":
		problem("resolved", "confirmed")
	case "suspected":
		problem("active", "provisional")
	case "did":
		done("completed", "")
	case "notdone":
		done("not-done", x.next())
	case "declined":
		done("not-done", `"Patient declined"`)
	case "refused":
		w.resource(site, "Observation", `"status":"final","code":`+w.code(what)+member("effectiveDateTime", on)+`,"dataAbsentReason":`+one("data-absent-reason", "asked-declined"))
	case "smoking":
		w.resource(site, "Observation", `"status":"final","code":`+w.code("smoking-status")+member("effectiveDateTime", on)+`,"valueCodeableConcept":{"text":`+what+`}`)
	case "report":
		w.resource(site, "DiagnosticReport", `"status":"final","code":{"text":`+what+`},"conclusion":"Read."`+member("effectiveDateTime", on))
	case "image":
		w.resource(site, "ImagingStudy", `"status":"available","description":`+what+member("started", on))
	case "visit":
		w.resource(site, "Encounter", `"status":"finished","class":{"system":"`+terminology+`v3-ActCode","code":"AMB"},"type":[{"text":`+what+`}],"period":{"start":"`+on+`"}`)
	case "document":
		w.resource(site, "DocumentReference", `"status":"current","type":{"text":"Letter"},"description":`+what+moment("date", on)+`,"content":[{"attachment":{"contentType":"text/plain","title":`+what+`}}]`)
	case "takes":
		prescribed("active")
	case "took":
		prescribed("stopped")
	case "ordered":
		w.resource(site, "ServiceRequest", `"status":"active","intent":"order","code":{"text":`+what+`}`+member("authoredOn", on))
	case "booked":
		w.resource(site, "Appointment", `"status":"booked","description":`+what+moment("start", on)+strings.Replace(moment("end", on), "T09:00", "T09:30", 1))
	default:
		w.fail("no fact %q", x.text)
	}
}
