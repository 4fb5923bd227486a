package order

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"wholechart/fhir"
)

// Systems of our own.
const (
	Requisition = "https://wholechart.example/requisition" // identifier of one signed basket
	TaskSystem  = "https://wholechart.example/task"        // Task.code
	KindSystem  = "https://wholechart.example/order"       // ServiceRequest.category where no other system has it
	RegionCode  = "https://wholechart.example/region"
	AuthorURL   = "https://wholechart.example/drafted-by" // extension: name of who drafted it for somebody else
	CardSystem  = "https://wholechart.example/card"
	KeepSystem  = "https://wholechart.example/override"
)

type object = map[string]any

func ref(to, display string) object {
	r := object{}
	if to != "" {
		r["reference"] = to
	}
	if display != "" {
		r["display"] = display
	}
	return r
}

func coding(system, code, display string) object {
	c := object{"code": code}
	if system != "" {
		c["system"] = system
	}
	if display != "" {
		c["display"] = display
	}
	return c
}

func concept(text string, codings ...object) object {
	c := object{}
	if text != "" {
		c["text"] = text
	}
	if len(codings) > 0 {
		list := make([]any, len(codings))
		for i, x := range codings {
			list[i] = x
		}
		c["coding"] = list
	}
	return c
}

func (o Order) code() object {
	var codings []object
	for _, c := range o.Codes {
		codings = append(codings, coding(c.System, c.Code, c.Display))
	}
	return concept(o.Name, codings...)
}

// categories are the ServiceRequest categories, SNOMED CT where US Core asks for
// it (http://hl7.org/fhir/us/core/ValueSet-us-core-servicerequest-category.html).
var categories = map[Kind][2]string{
	Test:      {"108252007", "Laboratory procedure"},
	Imaging:   {"363679005", "Imaging"},
	Procedure: {"387713003", "Surgical procedure"},
	Referral:  {"3457005", "Patient referral"},
	Vaccine:   {"33879002", "Administration of vaccine to produce active immunity"},
}

// when is an instant as FHIR writes it, to the second.
func when(t time.Time) string { return t.Format("2006-01-02T15:04:05Z07:00") }

// Resource is the order as FHIR: a MedicationRequest
// (http://hl7.org/fhir/R4/medicationrequest.html) or a ServiceRequest
// (http://hl7.org/fhir/R4/servicerequest.html).
func (o Order) Resource() ([]byte, error) {
	r := object{"resourceType": o.Kind.Type(), "status": o.Status, "intent": "order", "subject": ref("Patient/"+o.Patient, "")}
	if o.ID != "" {
		r["id"] = o.ID
	}
	if o.Priority != "" {
		r["priority"] = o.Priority
	}
	if o.Encounter != "" {
		r["encounter"] = ref("Encounter/"+o.Encounter, "")
	}
	if o.Requester != "" || o.RequesterAs != "" {
		r["requester"] = ref(o.Requester, o.RequesterAs)
	}
	if !o.AuthoredOn.IsZero() {
		r["authoredOn"] = when(o.AuthoredOn)
	}
	if o.Reason != "" {
		r["reasonCode"] = []any{concept(o.Reason)}
	}
	if o.ReasonRef != "" {
		r["reasonReference"] = []any{ref(o.ReasonRef, o.Reason)}
	}
	if o.Note != "" {
		r["note"] = []any{object{"text": o.Note}}
	}
	if o.Author != "" {
		r["extension"] = []any{object{"url": AuthorURL, "valueString": o.Author}}
	}
	if o.Kind == Medicine {
		o.medication(r)
	} else {
		o.service(r)
	}
	return json.Marshal(r)
}

func (o Order) medication(r object) {
	r["medicationCodeableConcept"] = o.code()
	if o.Group != "" {
		r["groupIdentifier"] = object{"system": Requisition, "value": o.Group}
	}
	if o.Prior != "" {
		r["priorPrescription"] = ref(o.Prior, "")
	}
	if o.StatusWhy != "" {
		r["statusReason"] = concept(o.StatusWhy)
	}
	r["category"] = []any{concept("", coding("http://terminology.hl7.org/CodeSystem/medicationrequest-category", "community", "Community"))}
	if list := o.Sig.dosages(); len(list) > 0 {
		r["dosageInstruction"] = list
	}
	supply := object{}
	if o.Sig.Quantity > 0 {
		supply["quantity"] = quantity(o.Sig.Quantity, o.Sig.QuantityUnit)
	}
	if o.Sig.Refills > 0 || o.Sig.RefillsSaid {
		supply["numberOfRepeatsAllowed"] = o.Sig.Refills
	}
	if days := o.Sig.Course(); days > 0 && o.Sig.Quantity > 0 {
		supply["expectedSupplyDuration"] = object{"value": days, "unit": "day", "system": UCUM, "code": "d"}
	}
	if o.Due != "" {
		supply["validityPeriod"] = object{"start": o.Due}
	}
	if len(supply) > 0 {
		r["dispenseRequest"] = supply
	}
}

func (o Order) service(r object) {
	r["code"] = o.code()
	cat := categories[o.Kind]
	r["category"] = []any{concept("", coding(SNOMED, cat[0], cat[1]), coding(KindSystem, string(o.Kind), ""))}
	if o.Group != "" {
		r["requisition"] = object{"system": Requisition, "value": o.Group}
	}
	if o.Due != "" {
		r["occurrenceDateTime"] = o.Due
	}
	if o.StatusWhy != "" {
		notes, _ := r["note"].([]any)
		r["note"] = append(notes, object{"text": stoppedBecause + o.StatusWhy})
	}
	var details []any
	if o.Modality != "" {
		details = append(details, concept("modality "+o.Modality, coding(DICOM, o.Modality, "")))
	}
	if o.Contrast != "" {
		details = append(details, concept("contrast: "+o.Contrast, coding(KindSystem, "contrast-"+o.Contrast, "")))
	}
	if o.Specimen != "" {
		details = append(details, concept("specimen: "+o.Specimen))
	}
	if len(details) > 0 {
		r["orderDetail"] = details
	}
	var sites []any
	if o.Region != "" {
		sites = append(sites, concept(o.Region, coding(RegionCode, slug(o.Region), "")))
	}
	if s, ok := sides[o.Side]; ok {
		sites = append(sites, concept(o.Side, coding(SNOMED, s[0], s[1])))
	}
	if len(sites) > 0 {
		r["bodySite"] = sites
	}
	if o.Specialty != "" {
		r["performerType"] = concept(o.Specialty)
	}
}

// stoppedBecause begins the note that says why a ServiceRequest, which has no
// statusReason, was revoked.
const stoppedBecause = "Stopped: "

var sides = map[string][2]string{"left": {"7771000", "Left"}, "right": {"24028007", "Right"}, "bilateral": {"51440002", "Right and left"}}

// slug is a code made of words.
func slug(s string) string {
	return strings.Join(wordsOf(s), "-")
}

func quantity(n float64, u string) object {
	q := object{"value": n}
	w, ok := units[u]
	switch {
	case ok:
		q["unit"], q["system"], q["code"] = u, UCUM, w.code
	case u != "":
		q["unit"] = u
	}
	return q
}

// Read is the order that a MedicationRequest or ServiceRequest is, whoever wrote
// it. What this package does not model stays in the resource: Change edits
// the resource, and does not write an Order back over what others wrote.
func Read(n fhir.Node) Order {
	o := Order{ID: n.ID(), Version: n.Get("meta").Get("versionId").Str(), Status: n.Get("status").Str(), Priority: n.Get("priority").Str(),
		Patient: idOf(n.Get("subject"), "Patient"), Encounter: idOf(n.Get("encounter"), "Encounter"),
		Requester: n.Get("requester").Get("reference").Str(), RequesterAs: n.Get("requester").Get("display").Str(), Reason: fhir.CodeableConceptOf(n.Path("reasonCode")).Label()}
	if n.Get("reasonCode").Len() > 0 {
		o.Reason = fhir.CodeableConceptOf(n.Get("reasonCode").Index(0)).Label()
	}
	if r := n.Get("reasonReference").Index(0); r.Exists() {
		o.ReasonRef = r.Get("reference").Str()
		if o.Reason == "" {
			o.Reason = r.Get("display").Str()
		}
	}
	if t, err := time.Parse(time.RFC3339Nano, n.Get("authoredOn").Str()); err == nil {
		o.AuthoredOn = t
	} else if t, err := time.Parse(time.DateOnly, n.Get("authoredOn").Str()); err == nil {
		o.AuthoredOn, o.AuthoredDay = t, true
	}
	for x := range n.Get("extension").Items() {
		if x.Get("url").Is(AuthorURL) {
			o.Author = x.Get("valueString").Str()
		}
	}
	var notes []string
	for x := range n.Get("note").Items() {
		if why, ok := strings.CutPrefix(x.Get("text").Str(), stoppedBecause); ok {
			o.StatusWhy = why
		} else {
			notes = append(notes, x.Get("text").Str())
		}
	}
	o.Note = strings.Join(notes, "; ")
	if n.ResourceType() == "MedicationRequest" {
		o.readMedication(n)
	} else {
		o.readService(n)
	}
	return o
}

func idOf(r fhir.Node, typ string) string {
	t, id, _, ok := fhir.Relative(r.Get("reference").Str())
	if !ok || t != typ {
		return ""
	}
	return id
}

func (o *Order) readMedication(n fhir.Node) {
	o.Kind = Medicine
	c := fhir.CodeableConceptOf(n.Get("medicationCodeableConcept"))
	o.Name, o.Codes = c.Label(), c.Codings
	if o.Name == "" {
		o.Name = n.Get("medicationReference").Get("display").Str()
	}
	o.Group = n.Get("groupIdentifier").Get("value").Str()
	o.Prior = n.Get("priorPrescription").Get("reference").Str()
	if w := fhir.CodeableConceptOf(n.Get("statusReason")).Label(); w != "" {
		o.StatusWhy = w
	}
	o.Sig = ReadSigs(n.Get("dosageInstruction"))
	d := n.Get("dispenseRequest")
	o.Sig.Quantity, o.Sig.QuantityUnit = readQuantity(d.Get("quantity"))
	if r := d.Get("numberOfRepeatsAllowed"); r.Exists() {
		o.Sig.Refills, _ = strconv.Atoi(r.Text())
		o.Sig.RefillsSaid = true
	}
	o.Due = d.Get("validityPeriod").Get("start").Str()
	for _, c := range o.Codes { // the strength by the catalogue
		for i := range load().items {
			if it := &load().items[i]; it.Kind == Medicine && len(it.Codes) > 0 && it.Codes[0].Code == c.Code && it.Name == o.Name {
				o.Strength = it.Strength
			}
		}
	}
}

func (o *Order) readService(n fhir.Node) {
	c := fhir.CodeableConceptOf(n.Get("code"))
	o.Name, o.Codes = c.Label(), c.Codings
	o.Group = n.Get("requisition").Get("value").Str()
	o.Due = n.Get("occurrenceDateTime").Str()
	for cat := range n.Get("category").Items() {
		for c := range cat.Get("coding").Items() {
			switch k := Kind(c.Get("code").Str()); {
			case c.Get("system").Is(KindSystem) && k.Known():
				o.Kind = k
			case o.Kind == "":
				for k, code := range categories {
					if c.Get("code").Is(code[0]) {
						o.Kind = k
					}
				}
			}
		}
	}
	for d := range n.Get("orderDetail").Items() {
		for c := range d.Get("coding").Items() {
			if c.Get("system").Is(DICOM) {
				o.Modality = c.Get("code").Str()
			}
			if v, ok := strings.CutPrefix(c.Get("code").Str(), "contrast-"); ok && c.Get("system").Is(KindSystem) {
				o.Contrast = v
			}
		}
		if v, ok := strings.CutPrefix(d.Get("text").Str(), "specimen: "); ok {
			o.Specimen = v
		}
	}
	for b := range n.Get("bodySite").Items() {
		for c := range b.Get("coding").Items() {
			if c.Get("system").Is(RegionCode) {
				o.Region = b.Get("text").Str()
			}
			for side, code := range sides {
				if c.Get("code").Is(code[0]) {
					o.Side = side
				}
			}
		}
	}
	o.Specialty = n.Get("performerType").Get("text").Str()
	if o.Kind == "" {
		o.Kind = Procedure
		for _, c := range o.Codes {
			if c.System == LOINC {
				o.Kind = Test
			}
		}
		if o.Modality != "" {
			o.Kind = Imaging
		}
	}
}
