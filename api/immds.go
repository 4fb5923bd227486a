package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/decision/cdsi"
	"wholechart/decision/immunization"
	"wholechart/fhir"
	"wholechart/record"
)

// Bounds of what an $immds-forecast takes, and how far from today it looks.
const (
	immdsOperation  = "http://hl7.org/fhir/us/immds/OperationDefinition/ImmDSForecastOperation"
	maxForecast     = 4 << 20
	maxForecastRows = 2000
)

// clinicalOf are the resource types that a forecast may be given beside the
// patient and the doses: what adds a vaccine or forbids it.
var clinicalOf = []string{"AllergyIntolerance", "Condition", "Device", "DiagnosticReport", "FamilyMemberHistory", "Immunization", "MedicationRequest", "MedicationStatement", "MedicationDispense", "Medication", "Observation", "Procedure"}

// forecast is $immds-forecast of HL7's Immunization Decision Support Forecast
// guide (http://hl7.org/fhir/us/immds/OperationDefinition/ImmDSForecastOperation):
// of what is sent, nothing is read and nothing kept. Beside the guide's
// assessmentDate, patient and immunization it takes conditions, allergies,
// procedures, medicines and observations as further parameters, of any name.
func (c *call) forecast() (*answer, error) {
	c.asks = true
	if err := c.only(); err != nil {
		return nil, err
	}
	data, err := c.bytes(maxForecast)
	if err != nil {
		return nil, err
	}
	bad := func(code, text string) (*answer, error) { return nil, &refusal{http.StatusBadRequest, code, text} }
	if len(data) == 0 {
		return bad("required", "the request has no body: a Parameters resource with assessmentDate, patient and each immunization is needed")
	}
	d, err := fhir.Parse(data)
	if err != nil {
		return nil, err
	}
	if d.Root().ResourceType() != "Parameters" {
		return bad("invalid", "the body of $immds-forecast is a Parameters resource")
	}
	var on time.Time
	var facts []chart.Fact
	refs := map[string]string{}
	patient, n := "", 0
	for p := range d.Root().Get("parameter").Items() {
		name, res := p.Get("name").Str(), p.Get("resource")
		if n++; n > maxForecastRows {
			return bad("too-costly", "at most "+strconv.Itoa(maxForecastRows)+" parameters are taken")
		}
		typ := res.ResourceType()
		switch {
		case name == "assessmentDate":
			if !on.IsZero() {
				return bad("invalid", "assessmentDate is there twice")
			}
			text := p.Get("valueDate").Str()
			if on, err = time.Parse(time.DateOnly, text); err != nil || on.Year() < 1900 || on.Year() > 2200 {
				return bad("value", "assessmentDate is a valueDate with year, month and day")
			}
		case name == "patient":
			if patient != "" {
				return bad("invalid", "patient is there twice")
			}
			if typ != "Patient" {
				return bad("invalid", "the parameter patient holds a Patient resource")
			}
			if _, err := time.Parse(time.DateOnly, res.Get("birthDate").Str()); err != nil {
				return bad("required", "the patient has no birthDate with year, month and day: nothing can be forecast")
			}
			patient = "Patient/" + res.Get("id").Str()
			facts = append(facts, chart.Fact{Node: res, Type: typ, ID: "p", Version: "1"})
		case name == "immunization" && typ != "Immunization":
			return bad("invalid", "the parameter immunization holds an Immunization resource")
		case slices.Contains(clinicalOf, typ):
			if typ == "Immunization" && !res.Get("vaccineCode").Exists() {
				return bad("required", fmt.Sprintf("Parameters.parameter[%d]: an Immunization without vaccineCode", n-1))
			}
			id := "r" + strconv.Itoa(n)
			if own := res.Get("id").Str(); own != "" {
				refs[typ+"/"+id] = typ + "/" + own
			}
			facts = append(facts, chart.Fact{Node: res, Type: typ, ID: id, Version: "1"})
		case typ != "":
			return bad("not-supported", "a "+typ+" says nothing of immunisations here; these do: "+strings.Join(clinicalOf, ", "))
		default:
			return bad("not-supported", "there is no such parameter: assessmentDate, patient, immunization")
		}
	}
	switch {
	case on.IsZero():
		return bad("required", "assessmentDate is missing")
	case patient == "":
		return bad("required", "the patient is missing")
	}
	for i := range facts {
		facts[i].Source = chart.Source{Slug: c.site.Slug, Name: c.site.Name, Own: true}
	}
	r := immunization.Evaluate(chart.Assemble("p", facts, on, time.UTC), on)
	if patient == "Patient/" {
		patient = ""
	}
	return c.forecastAnswer(&r, patient, func(p chart.Prov) string { return refs[p.Ref()] }, nil)
}

// forecastStored is the same of a stored record: through emr of the chart, through
// ehr of everything the other sites know as well.
func (c *call) forecastStored() (*answer, error) {
	if c.method == http.MethodPost {
		if err := c.parameters(); err != nil {
			return nil, err
		}
	}
	if err := c.only("assessmentDate"); err != nil {
		return nil, err
	}
	now := c.api.Now().In(c.site.Location())
	if text := c.query.Get("assessmentDate"); text != "" {
		on, err := time.ParseInLocation(time.DateOnly, text, c.site.Location())
		if err != nil || on.Year() < 1900 || on.Year() > 2200 {
			return nil, &refusal{http.StatusBadRequest, "value", "assessmentDate is a date with year, month and day"}
		}
		now = on
	}
	var remarks []record.Issue
	var err error
	may := func(typ string) bool { return access.Decide(c.s.Actor(), c.lens, access.Read, typ).Allowed }
	if !may("Immunization") {
		return nil, &record.Refused{Why: "a forecast needs the right to read immunisations"}
	}
	if c.lens == access.EHR {
		if remarks, err = c.gather(c.id); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(clinicalOf, func(typ string) bool { return !may(typ) }) {
		remarks = append(remarks, record.Issue{Severity: "warning", Code: "incomplete", Text: "not all of the record may be read with this token: what adds a vaccine or forbids it may be missing"})
	}
	done, err := c.api.costly.take(c.ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	ch, err := chart.Open(c.ctx, c.s, c.id, now)
	if err != nil {
		return nil, err
	}
	r := immunization.Evaluate(ch, now)
	if !r.Known {
		return nil, &refusal{http.StatusUnprocessableEntity, "processing", "nothing can be forecast: " + r.Why}
	}
	return c.forecastAnswer(&r, "Patient/"+c.id, func(p chart.Prov) string { return p.Ref() }, remarks)
}

const (
	cvxSystem    = "http://hl7.org/fhir/sid/cvx"
	snomedSystem = "http://snomed.info/sct"
	loincSystem  = "http://loinc.org"
	cdsiSystem   = "https://www.cdc.gov/iis/cdsi" // observation codes and words of the CDC's, which have no URI of their own
)

// groupCVX are the CVX codes of vaccine groups: the formulation not specified, where
// there is one.
var groupCVX = map[string]string{"Chikungunya": "317", "Cholera": "26", "COVID-19": "213", "Dengue": "56", "DTaP/Tdap/Td": "107", "Ebola": "204", "HepA": "85", "HepB": "45", "Hib": "17", "HPV": "137", "Influenza": "88",
	"Japanese Encephalitis": "129", "Meningococcal": "108", "Meningococcal B": "164", "MMR": "03", "Orthopoxvirus": "206", "Pneumococcal": "152", "Polio": "89", "Rabies": "90", "Rotavirus": "122", "RSV": "304", "TBE": "77",
	"Typhoid": "91", "Varicella": "21", "Yellow Fever": "184", "Zoster": "188"}

// diseases are SNOMED CT codes of what an antigen protects against.
var diseases = map[string]string{"Chikungunya": "111864006", "Cholera": "63650001", "COVID-19": "840539006", "Dengue": "38362002", "Diphtheria": "397430003", "Ebola": "37109004", "HPV": "240532009", "HepA": "40468003", "HepB": "66071002",
	"Influenza": "6142004", "Japanese Encephalitis": "52947006", "Measles": "14189004", "Meningococcal": "23511006", "Meningococcal B": "23511006", "Mumps": "36989005", "Pertussis": "27836007", "Pneumococcal": "16814004",
	"Polio": "398102009", "Rabies": "14168008", "Rotavirus": "18624000", "RSV": "55735004", "Rubella": "36653000", "TBE": "712986001", "Tetanus": "76902006", "Typhoid": "4834000", "Varicella": "38907003", "Yellow Fever": "16541001", "Zoster": "4740000"}

func codeable(text string, codings ...object) object {
	o := object{"text": text}
	if len(codings) > 0 {
		o["coding"] = codings
	}
	return o
}

func coding(system, code, display string) object {
	o := object{"system": system, "code": code}
	if display != "" {
		o["display"] = display
	}
	return o
}

// disease is a targetDisease.
func disease(antigen string) object {
	if code := diseases[antigen]; code != "" {
		return codeable(antigen, coding(snomedSystem, code, ""))
	}
	return codeable(antigen)
}

// forecastStatus is a group's status as FHIR R4's example value set has it; the
// text is the CDC's.
func forecastStatus(g *immunization.Group) object {
	const system = "http://terminology.hl7.org/CodeSystem/immunization-recommendation-status"
	code := ""
	switch g.Status {
	case cdsi.Complete:
		code = "complete"
	case cdsi.Immune:
		code = "immune"
	case cdsi.Contraindicated:
		code = "contraindicated"
	case cdsi.NotComplete:
		code = "due"
		if g.Need == immunization.Overdue {
			code = "overdue"
		}
	}
	if code == "" { // aged out, not recommended: the value set has no code
		return codeable(string(g.Status))
	}
	return codeable(string(g.Status), coding(system, code, ""))
}

func (c *call) forecastAnswer(r *immunization.Result, patient string, ref func(chart.Prov) string, remarks []record.Issue) (*answer, error) {
	who := object{"display": "the patient sent"}
	if patient != "" {
		who = object{"reference": patient}
	}
	on := r.On.Format(time.DateOnly)
	authority := object{"display": "ACIP, by the CDC's CDSi supporting data " + r.Release}
	var parameters []object
	for i := range r.Doses {
		d := &r.Doses[i]
		event := object{"display": strings.TrimSpace(d.Code + " " + d.When.Day())}
		if to := ref(d.Prov); to != "" {
			event["reference"] = to
		}
		for _, v := range d.Antigens {
			parameters = append(parameters, object{"name": "evaluation", "resource": evaluation(v, who, event, authority, on)})
		}
	}
	rec := object{"resourceType": "ImmunizationRecommendation", "patient": who, "date": on, "authority": authority}
	var list []object
	for i := range r.Groups {
		list = append(list, recommendation(&r.Groups[i], ref))
	}
	if len(list) == 0 {
		return nil, &refusal{http.StatusUnprocessableEntity, "processing", "nothing can be forecast: " + r.Why}
	}
	rec["recommendation"] = list
	parameters = append(parameters, object{"name": "recommendation", "resource": rec})
	issues := slices.Clone(remarks)
	for _, g := range r.Gaps {
		issues = append(issues, record.Issue{Severity: "warning", Code: "incomplete", Text: g.Why})
	}
	for _, a := range r.Ask {
		issues = append(issues, record.Issue{Severity: "warning", Code: "incomplete", Text: a.Text})
	}
	issues = append(issues, record.Issue{Severity: "information", Code: "informational", Text: "travel, exposures and outbreaks are not known; needs review by a clinician before use in care"})
	parameters = append(parameters, object{"name": "outcome", "resource": json.RawMessage(outcome(issues))})
	body, err := json.Marshal(object{"resourceType": "Parameters", "parameter": parameters})
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, body: body}, nil
}

func evaluation(v immunization.Verdict, who, event, authority object, on string) object {
	const system = "http://terminology.hl7.org/CodeSystem/immunization-evaluation-dose-status"
	status := codeable(string(v.Status), coding(system, "notvalid", ""))
	if v.Status == cdsi.Valid {
		status = codeable(string(v.Status), coding(system, "valid", ""))
	}
	out := object{"resourceType": "ImmunizationEvaluation", "status": "completed", "patient": who, "date": on, "authority": authority, "targetDisease": disease(v.Antigen), "immunizationEvent": event, "doseStatus": status}
	var reasons []object
	for _, x := range v.Reasons {
		reasons = append(reasons, codeable(string(x)))
	}
	if len(reasons) > 0 {
		out["doseStatusReason"] = reasons
	}
	if v.Target > 0 {
		out["doseNumberPositiveInt"] = v.Target
	}
	return out
}

func recommendation(g *immunization.Group, ref func(chart.Prov) string) object {
	cvx := groupCVX[g.Name]
	out := object{"vaccineCode": []object{codeable(g.Name, coding(cvxSystem, cvx, ""))}, "forecastStatus": forecastStatus(g), "series": g.Title}
	if g.Type == cdsi.Risk {
		out["series"] = g.Title + ", for a risk"
	}
	if len(g.Vaccines) > 0 {
		list := []object{}
		for _, v := range g.Vaccines {
			list = append(list, codeable(v.Name, coding(cvxSystem, v.CVX, v.Name)))
		}
		out["vaccineCode"] = append([]object{codeable(g.Name, coding(cvxSystem, cvx, ""))}, list...)
	}
	if names := cdsi.AntigensOf(g.Name); len(names) == 1 {
		out["targetDisease"] = disease(names[0])
	}
	var reasons []object
	for _, text := range g.Reasons {
		reasons = append(reasons, codeable(text))
	}
	support := []object{}
	say := func(code, title string) object { return codeable(title, coding(cdsiSystem, code, "")) }
	facts := func(o immunization.Observation) {
		for _, f := range o.Facts {
			if to := ref(f.Prov); to != "" && f.Prov.Type != "" && len(support) < 20 && !strings.HasPrefix(to, "Patient/") {
				support = append(support, object{"reference": to, "display": f.Text})
			}
		}
	}
	for _, o := range g.Because {
		reasons = append(reasons, say(o.Code, o.Title))
		facts(o)
	}
	for _, o := range g.Immunity {
		reasons = append(reasons, say(o.Code, o.Title))
		facts(o)
	}
	for _, a := range g.Against {
		reasons = append(reasons, say(a.Code, a.Text))
		facts(immunization.Observation{Facts: a.Facts})
	}
	if len(reasons) > 0 {
		out["forecastReason"] = reasons
	}
	if len(support) > 0 {
		out["supportingPatientInformation"] = support
	}
	if len(g.Guidance) > 0 {
		out["description"] = strings.Join(g.Guidance, " ")
	}
	if g.DoseNumber > 0 {
		out["doseNumberPositiveInt"] = g.DoseNumber
	}
	var dates []object
	for _, d := range []struct {
		loinc, name string
		at          time.Time
	}{{"30981-5", "Earliest date to give", g.Earliest}, {"30980-7", "Date vaccine due", g.Recommended}, {"59778-1", "Date when overdue for immunization", g.PastDue}, {"59777-3", "Latest date next dose may be given", g.Latest}} {
		if !d.at.IsZero() {
			dates = append(dates, object{"code": codeable(d.name, coding(loincSystem, d.loinc, d.name)), "value": d.at.Format(time.DateOnly)})
		}
	}
	if len(dates) > 0 {
		out["dateCriterion"] = dates
	}
	return out
}
