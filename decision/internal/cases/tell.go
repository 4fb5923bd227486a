package cases

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wholechart/decision/rule"
	"wholechart/fhir"
)

// cut splits a fact at spaces, quoted words kept together with their quotes.
func cut(s string) (out []string) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if s[0] == '"' {
			if i := strings.IndexByte(s[1:], '"'); i >= 0 {
				out = append(out, s[:i+2])
				s = s[i+2:]
				continue
			}
		}
		word, rest, _ := strings.Cut(s, " ")
		out, s = append(out, word), rest
	}
	return out
}

// words takes words one after the other.
type words struct {
	w    *teller
	text string
	f    []string
}

func (x *words) next() string {
	if len(x.f) == 0 {
		x.w.fail("no fact %q", x.text)
	}
	s := x.f[0]
	x.f = x.f[1:]
	return s
}

func (x *words) quoted() (string, bool) {
	if len(x.f) > 0 && x.f[0][0] == '"' {
		return x.next(), true
	}
	return "", false
}

func (x *words) is(s string) bool {
	if len(x.f) > 0 && x.f[0] == s {
		x.f = x.f[1:]
		return true
	}
	return false
}

func ago(n int, unit string) (time.Time, bool) {
	switch unit {
	case "h":
		return Now.Add(time.Duration(-n) * time.Hour), true
	case "d":
		return Now.AddDate(0, 0, -n), true
	case "wk":
		return Now.AddDate(0, 0, -7*n), true
	case "mo":
		return Now.AddDate(0, -n, 0), true
	case "y":
		return Now.AddDate(-n, 0, 0), true
	}
	return time.Time{}, false
}

// date reads "2024-05-01", "14 d ago", "today", "never"; a month ago when there
// is none.
func (x *words) date() string {
	if len(x.f) > 0 {
		switch {
		case x.is("never"):
			return ""
		case x.is("today"):
			return Now.Format(time.DateOnly)
		case len(x.f) >= 3 && (x.f[2] == "ago" || x.f[2] == "ahead"):
			n, err := strconv.Atoi(x.f[0])
			if x.f[2] == "ahead" {
				n = -n
			}
			at, ok := ago(n, x.f[1])
			if err != nil || !ok {
				x.w.fail("no date %q", x.text)
			}
			form := time.DateOnly
			if x.f[1] == "h" {
				form = time.RFC3339
			}
			x.f = x.f[3:]
			return at.Format(form)
		case x.f[0][0] == '1' || x.f[0][0] == '2':
			return x.next()
		}
	}
	return Now.AddDate(0, -1, 0).Format(time.DateOnly)
}

// code is the CodeableConcept of a LOINC code or of words.
func code(s string) string {
	if s[0] == '"' {
		return `{"text":` + s + `}`
	}
	return `{"coding":[{"system":"http://loinc.org","code":"` + s + `"}],"text":"Test ` + s + `"}`
}

func member(name, value string) string {
	if value == "" {
		return ""
	}
	return `,"` + name + `":"` + value + `"`
}

func (w *teller) fact(text string) {
	x := &words{w, text, cut(text)}
	site := ""
	if n := len(x.f); n > 2 && x.f[n-2] == "at" {
		site, x.f = strings.Trim(x.f[n-1], `"`), x.f[:n-2]
	}
	switch kind := x.next(); kind {
	case "female", "male":
		w.patient["gender"] = `"` + kind + `"`
		if len(x.f) == 0 {
			break
		}
		if x.is("born") {
			w.patient["birthDate"] = `"` + x.next() + `"`
			break
		}
		n, err := strconv.Atoi(x.next())
		at, ok := ago(n, x.next())
		if err != nil || !ok {
			w.fail("no age %q", text)
		}
		w.patient["birthDate"] = `"` + at.Format(time.DateOnly) + `"`
	case "problem", "resolved":
		what := x.next()
		coding := ""
		if x.is("icd") {
			coding = `"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"` + x.next() + `"}],`
		}
		state := map[string]string{"problem": "active", "resolved": "resolved"}[kind]
		w.resource(site, "Condition", states(state, "confirmed")+`,"code":{`+coding+`"text":`+what+`}`+member("onsetDateTime", x.date()))
	case "did", "notdone":
		state := map[string]string{"did": "completed", "notdone": "not-done"}[kind]
		w.resource(site, "Procedure", `"status":"`+state+`","code":{"text":`+x.next()+`}`+member("performedDateTime", x.date()))
	case "result", "value":
		w.result(x, kind, site)
	case "report":
		what, conclusion := x.next(), x.next()
		w.resource(site, "DiagnosticReport", `"status":"final","category":[`+one("v2-0074", "LAB")+`],"code":{"text":`+what+`},"conclusion":`+conclusion+member("effectiveDateTime", x.date()))
	case "image":
		modality, what := x.next(), x.next()
		impression, _ := x.quoted()
		on := x.date()
		id := w.n + 1
		w.resource(site, "ImagingStudy", `"status":"available","description":`+what+`,"modality":[{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"`+modality+`"}],"numberOfInstances":120,"numberOfSeries":1,"series":[{"uid":"1.2.3","modality":{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"`+modality+`"},"numberOfInstances":120}]`+member("started", on))
		if impression != "" {
			w.resource(site, "DiagnosticReport", `"status":"final","category":[`+one("v2-0074", "RAD")+`],"code":{"text":`+what+`},"conclusion":`+impression+`,"imagingStudy":[{"reference":"ImagingStudy/imagingstudy-`+fmt.Sprint(id)+`"}]`+member("effectiveDateTime", on))
		}
	case "takes", "took":
		state := map[string]string{"takes": "active", "took": "stopped"}[kind]
		what, sig := x.next(), ""
		if x.is("sig") {
			sig = `,"dosageInstruction":[{"text":` + x.next() + `}]`
		}
		w.resource(site, "MedicationRequest", `"status":"`+state+`","intent":"order","medicationCodeableConcept":{"text":`+what+`}`+sig+member("authoredOn", x.date()))
	case "changed":
		what := x.next()
		for i, state := range []string{"stopped", "active"} {
			sig := x.next()
			strength := strings.Trim(what, `"`)
			if i == 1 && len(x.f) > 0 && x.f[0][0] == '"' {
				w.fail("%q", text)
			}
			w.resource(site, "MedicationRequest", `"status":"`+state+`","intent":"order","medicationCodeableConcept":{"text":"`+strength+`"},"dosageInstruction":[{"text":`+sig+`}]`+member("authoredOn", x.date()))
		}
	case "allergy":
		what := x.next()
		reaction, _ := x.quoted()
		severity := ""
		for _, s := range []string{"mild", "moderate", "severe"} {
			if x.is(s) {
				severity = `,"severity":"` + s + `"`
			}
		}
		body := `"clinicalStatus":` + one("allergyintolerance-clinical", "active") + `,"code":{"text":` + what + `}`
		if reaction != "" {
			body += `,"reaction":[{"manifestation":[{"text":` + reaction + `}]` + severity + `}]`
		}
		w.resource(site, "AllergyIntolerance", body)
	case "smokes":
		w.resource(site, "Observation", `"status":"final","category":[`+one("observation-category", "social-history")+`],"code":{"coding":[{"system":"http://loinc.org","code":"72166-2"}],"text":"Tobacco smoking status"},"valueCodeableConcept":{"text":`+x.next()+`}`+member("effectiveDateTime", x.date()))
	case "device", "olddevice":
		what := x.next()
		safety := ""
		if s, ok := x.quoted(); ok {
			safety = `,"safety":[{"text":` + s + `}]`
		}
		state := map[string]string{"device": "active", "olddevice": "inactive"}[kind]
		w.resource(site, "Device", `"status":"`+state+`","type":{"text":`+what+`}`+safety+member("manufactureDate", x.date()))
	case "ordered", "completed":
		state := map[string]string{"ordered": "active", "completed": "completed"}[kind]
		w.resource(site, "ServiceRequest", `"status":"`+state+`","intent":"order","code":{"text":`+x.next()+`}`+member("authoredOn", x.date()))
	case "inhospital":
		w.resource(site, "Encounter", `"status":"in-progress","class":{"system":"`+terminology+`v3-ActCode","code":"IMP"},"period":{"start":"2026-11-21T10:00:00Z"}`)
	case "unreachable":
		w.away = append(w.away, x.next())
	default:
		w.fail("no fact %q", text)
	}
	if len(x.f) > 0 {
		w.fail("%q is left over of %q", strings.Join(x.f, " "), text)
	}
}

// result TEST VALUE UNIT DATE; value TEST "words" DATE; each with a status and a
// note.
func (w *teller) result(x *words, kind, site string) {
	what, value := x.next(), ""
	if kind == "result" {
		n, unit := x.next(), x.next()
		value = `"valueQuantity":{"value":` + n + `,"unit":"` + unit + `","system":"http://unitsofmeasure.org","code":"` + unit + `"}`
	} else {
		value = `"valueString":` + x.next()
	}
	on, status, more := x.date(), "final", ""
	for len(x.f) > 0 {
		switch s := x.next(); s {
		case "note":
			more += `,"note":[{"text":` + x.next() + `}]`
		case "flag":
			more += `,"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"` + x.next() + `"}]}]`
		case "absent":
			value = `"dataAbsentReason":` + one("data-absent-reason", "error")
		default:
			status = s
		}
	}
	w.resource(site, "Observation", `"status":"`+status+`","category":[`+one("observation-category", "laboratory")+`],"code":`+code(what)+`,`+value+member("effectiveDateTime", on)+more)
}

func (w *teller) number(s string) float64 {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		w.fail("no number %q", s)
	}
	return n
}

func (w *teller) draft(text string, n int) rule.Draft {
	x := &words{w, text, cut(text)}
	d := rule.Draft{ID: fmt.Sprint("d", n), Kind: map[string]rule.DraftKind{"test": rule.DraftTest, "imaging": rule.DraftImaging, "medicine": rule.DraftMedicine}[x.next()]}
	d.Name = strings.Trim(x.next(), `"`)
	for len(x.f) > 0 {
		switch k, v := x.next(), strings.Trim(x.next(), `"`); k {
		case "loinc":
			d.Codes = append(d.Codes, fhir.Coding{System: "http://loinc.org", Code: v})
		case "modality":
			d.Modality = v
		case "region":
			d.Region = v
		case "side":
			d.Laterality = v
		case "contrast":
			d.Contrast = v
		case "for":
			d.Reason = v
		case "sig":
			d.Sig = v
		case "route":
			d.Route = v
		case "dose": // "500 mg" 3: amount and how often a day
			n, unit, _ := strings.Cut(v, " ")
			d.Amount, d.Unit, d.PerDay = w.number(n), unit, w.number(x.next())
		case "days":
			d.Days = int(w.number(v))
		default:
			w.fail("no draft %q", text)
		}
	}
	if d.Kind == "" {
		w.fail("no draft %q", text)
	}
	return d
}
