package entry

import (
	"strconv"

	"wholechart/fhir"
	"wholechart/terminology"
)

// immunisation is an Immunization (http://hl7.org/fhir/R4/immunization.html):
// given here, told or read elsewhere, or not given and why.
var immunisation = Kind{
	Slug: "immunisation", Title: "Immunisation", Type: "Immunization", Add: "Add immunisation",
	Fields: []Field{
		hinted(required(codeField("what", "Vaccine", "vaccineCode", terminology.Vaccine)), "By name, disease or product."),
		half(required(Field{Name: "how", Label: "Recorded as", Input: Choice, Options: opts("", "here", "Given here", "record", "From a written record", "recall", "As the patient remembers",
			"school", "From a school record", "jurisdiction", "From a registry", "provider", "From another provider", "not-done", "Not given"),
			get: func(n fhir.Node) value {
				switch origin := n.Get("reportOrigin").Get("coding").Index(0).Get("code").Str(); {
				case n.Get("status").Is("not-done"):
					return value{text: "not-done"}
				case origin != "":
					return value{text: origin}
				case n.Get("primarySource").True():
					return value{text: "here"}
				case n.Get("primarySource").Exists():
					return value{text: "record"}
				}
				return value{}
			},
			set: func(d *draft, v value, c Context) {
				d.set("status", map[bool]string{true: "not-done", false: "completed"}[v.text == "not-done"])
				d.set("reportOrigin", nil)
				switch v.text {
				case "here", "not-done":
					d.set("primarySource", true)
					if w := c.who(); len(w) > 0 && v.text == "here" && !d.node().Get("performer").Exists() {
						d.set("performer", []any{object{{"function", concept("http://terminology.hl7.org/CodeSystem/v2-0443", "AP", "Administering Provider", "")}, {"actor", w}}})
					}
				default:
					d.set("primarySource", false)
					d.set("reportOrigin", concept(originSystem, v.text, originWords[v.text], ""))
				}
			}})),
		half(required(hinted(onsetDay("when", "Date", "occurrence"), "2019 or Sep 2019 if no more is known"))),
		optional(choiceField("why", "Why not given", "statusReason", false, opts(actReason,
			"PATOBJ", "Patient or parent declined", "MEDPREC", "Medical reason", "IMMUNE", "Immune already", "OSTOCK", "Out of stock")...), "—"),
		half(textField("lot", "Lot", "lotNumber", 20)),
		half(ahead(dayField("expires", "Expires", "expirationDate"))),
		{Name: "maker", Label: "Manufacturer", Input: Code, Codes: terminology.Manufacturer,
			get: func(n fhir.Node) value {
				m := n.Get("manufacturer")
				v := value{text: tidy(m.Get("display").Str(), false)}
				if id := m.Get("identifier"); v.text != "" && id.Get("system").Str() == terminology.MVX {
					v.coding = fhir.Coding{System: terminology.MVX, Code: id.Get("value").Str()}
				}
				return v
			},
			set: func(d *draft, v value, _ Context) {
				switch {
				case v.text == "":
					d.set("manufacturer", nil)
				case v.coding.Code != "":
					d.set("manufacturer", object{{"identifier", object{{"system", terminology.MVX}, {"value", v.coding.Code}}}, {"display", v.text}})
				default:
					d.set("manufacturer", object{{"display", v.text}})
				}
			}},
		half(optional(choiceField("route", "Route", "route", false, opts(routeSystem, "IM", "Injection, intramuscular", "SQ", "Injection, subcutaneous", "IDINJ", "Injection, intradermal", "NASINHLC", "Inhalation, nasal", "PO", "Swallow, oral")...), "Not said")),
		half(optional(choiceField("site", "Site", "site", false, opts(siteSystem, "LA", "Left arm", "RA", "Right arm", "LT", "Left thigh", "RT", "Right thigh", "LG", "Left gluteal", "RG", "Right gluteal")...), "Not said")),
		half(more(Field{Name: "dose", Label: "Amount, mL", Input: Number, least: 0.01, most: 20,
			get: func(n fhir.Node) value { return value{text: string(fhir.QuantityOf(n.Get("doseQuantity")).Value)} },
			set: func(d *draft, v value, _ Context) {
				if v.text == "" {
					d.set("doseQuantity", nil)
					return
				}
				d.set("doseQuantity", object{{"value", raw(v.text)}, {"unit", "mL"}, {"system", ucum}, {"code", "mL"}})
			}})),
		half(more(Field{Name: "number", Label: "Dose number", Input: Number, least: 1, most: 20,
			get: func(n fhir.Node) value {
				for _, v := range n.Get("protocolApplied").Index(0).Prefixed("doseNumber") {
					return value{text: v.Text()}
				}
				return value{}
			},
			set: func(d *draft, v value, _ Context) {
				d.first("protocolApplied", func(p *draft) {
					if n, err := strconv.Atoi(v.text); err == nil {
						p.choose("doseNumber", "PositiveInt", raw(strconv.Itoa(n)))
					} else {
						p.choose("doseNumber", "String", v.text)
					}
					if v.text == "" && !p.node().Get("targetDisease").Exists() {
						p.text = []byte("{}")
					}
				})
			}})),
		{Name: "vis", Label: "Information statement given", Input: Check, Hint: "The current edition for this vaccine is written with it.",
			get: func(n fhir.Node) value {
				if n.Get("education").Len() > 0 {
					return value{text: "yes"}
				}
				return value{}
			},
			set: func(d *draft, v value, c Context) {
				d.set("education", nil)
				if v.text == "" {
					return
				}
				when := c.today().Format("2006-01-02")
				if at := d.node().Get("occurrenceDateTime").Str(); len(at) >= 10 {
					when = at[:10]
				}
				var list []any
				code := conceptCode(d.node().Get("vaccineCode"), terminology.CVX)
				for _, doc := range terminology.VIS(code) {
					list = append(list, object{{"documentType", doc.Name}, {"publicationDate", doc.Edition}, {"presentationDate", when}})
				}
				if list == nil {
					list = []any{object{{"documentType", "Vaccine information statement"}, {"presentationDate", when}}}
				}
				d.set("education", list)
			}},
		noteField(),
	},
	start: func(f Form, c Context) {
		f.Set("how", "here")
		f.Set("when", c.today().Format("2 Jan 2006"))
	},
	base: func(d *draft, c Context) {
		d.set("status", "completed")
		d.set("patient", object{{"reference", "Patient/" + c.Patient}})
		if c.Encounter != "" {
			d.set("encounter", object{{"reference", "Encounter/" + c.Encounter}})
		}
		d.set("recorded", c.instant())
	},
	check: func(f Form, c Context, errs Errors) {
		if f.Get("how") == "not-done" && f.Get("why") == "" {
			errs.add("why", "Choose why it was not given.")
		}
		if f.Get("how") != "not-done" && f.Get("why") != "" {
			errs.add("why", "This is for what was not given.")
		}
		if f.Get("how") == "here" && after(f, "when", "expires", c) {
			errs.add("expires", "It had expired when it was given.")
		}
	},
	Short: func(n fhir.Node) string { return conceptValue(fhir.Node{}, n.Get("vaccineCode")).text },
}

var originWords = map[string]string{"provider": "Other Provider", "record": "Written Record", "recall": "Parent/Guardian/Patient Recall", "school": "School Record", "jurisdiction": "Jurisdictional IIS"}

func conceptCode(n fhir.Node, system string) string {
	for c := range n.Get("coding").Items() {
		if c.Get("system").Is(system) {
			return c.Get("code").Str()
		}
	}
	return ""
}

// onsetDay is a choice of dateTime and string whose date alone can be written.
func onsetDay(name, label, prefix string) Field {
	f := onsetField(name, label, prefix, "DateTime")
	f.ages = false
	f.set = func(d *draft, v value, _ Context) { d.choose(prefix, "DateTime", v.text) }
	return f
}
