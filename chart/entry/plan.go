package entry

import (
	"wholechart/fhir"
	"wholechart/terminology"
)

// goal is a Goal (http://hl7.org/fhir/R4/goal.html).
var goal = Kind{
	Slug: "goal", Title: "Goal", Type: "Goal", Add: "Add goal",
	Fields: []Field{
		required(codeField("what", "Goal", "description", 0)),
		hinted(Field{Name: "target", Label: "Target", Input: Text,
			get: func(n fhir.Node) value {
				return value{text: tidy(n.Get("target").Index(0).Get("detailString").Str(), false)}
			},
			set: func(d *draft, v value, _ Context) {
				d.first("target", func(t *draft) {
					t.choose("detail", "String", v.text)
					switch {
					case v.text == "" && fhir.CodeableConceptOf(t.node().Get("measure")).Label() == measured:
						t.set("measure", nil)
					case v.text != "" && !t.node().Get("measure").Exists(): // gol-1
						t.set("measure", object{{"text", measured}})
					}
				})
			}}, "HbA1c below 7 %"),
		half(required(choiceField("status", "State", "lifecycleStatus", false, opts("", "proposed", "Proposed", "planned", "Planned", "accepted", "Accepted", "active", "Active", "on-hold", "On hold", "completed", "Completed", "cancelled", "Cancelled", "rejected", "Rejected")...))),
		half(optional(choiceField("achieved", "Achievement", "achievementStatus", false, opts(goalAchieved, "in-progress", "In progress", "improving", "Improving", "worsening", "Worsening", "no-change", "No change", "achieved", "Achieved", "not-achieved", "Not achieved")...), "Not said")),
		half(ahead(dayField("start", "From", "startDate"))),
		half(ahead(Field{Name: "due", Label: "By", Input: Day,
			get: func(n fhir.Node) value { return value{text: SayDay(n.Get("target").Index(0).Get("dueDate").Str())} },
			set: func(d *draft, v value, _ Context) {
				d.first("target", func(t *draft) { t.choose("due", "Date", v.text) })
			}})),
		noteField(),
	},
	start: func(f Form, c Context) {
		f.Set("status", "active")
		f.Set("achieved", "in-progress")
		f.Set("start", c.today().Format("2 Jan 2006"))
	},
	base: func(d *draft, c Context) {
		d.set("subject", object{{"reference", "Patient/" + c.Patient}})
		if w := c.who(); c.Who != "" {
			d.set("expressedBy", w)
		}
	},
	check: func(f Form, c Context, errs Errors) {
		if after(f, "start", "due", c) {
			errs.add("due", "It is due before it begins.")
		}
	},
	finish: func(d *draft, c Context) { d.set("statusDate", c.today().Format("2006-01-02")) },
	Short:  func(n fhir.Node) string { return conceptValue(fhir.Node{}, n.Get("description")).text },
}

const measured = "As written"

// careplan is a CarePlan (http://hl7.org/fhir/R4/careplan.html).
var careplan = Kind{
	Slug: "care-plan", Title: "Care plan", Type: "CarePlan", Add: "Add care plan",
	Fields: []Field{
		required(textField("what", "Title", "title", 200)),
		{Name: "text", Label: "Plan", Input: Area, Max: 4000, get: func(n fhir.Node) value { return value{text: tidy(n.Get("description").Str(), true)} },
			set: func(d *draft, v value, _ Context) { d.set("description", v.text) }},
		half(required(choiceField("status", "State", "status", false, opts("", "draft", "Draft", "active", "Active", "on-hold", "On hold", "revoked", "Revoked", "completed", "Completed", "unknown", "Not known")...))),
		half(ahead(periodDay("start", "From", "start"))),
		half(ahead(periodDay("until", "Until", "end"))),
		noteField(),
	},
	Groups: []Group{{Name: "step", Label: "Step", Most: 6, element: "activity", Fields: []Field{
		half(required(Field{Name: "what", Label: "What", Input: Text, Max: 300,
			get: func(n fhir.Node) value {
				d := n.Get("detail")
				if s := d.Get("description").Str(); s != "" {
					return value{text: tidy(s, false)}
				}
				return conceptValue(fhir.Node{}, d.Get("code"))
			},
			set: func(d *draft, v value, _ Context) {
				d.inside("detail", func(x *draft) {
					x.set("description", v.text)
					if !x.node().Get("status").Exists() {
						x.set("status", "not-started")
					}
				})
			}})),
		half(Field{Name: "status", Label: "State", Input: Choice, Options: opts("", "", "Not started", "scheduled", "Scheduled", "in-progress", "In progress", "on-hold", "On hold", "completed", "Completed", "cancelled", "Cancelled", "stopped", "Stopped"),
			get: func(n fhir.Node) value {
				if s := n.Get("detail").Get("status").Str(); s != "not-started" {
					return value{text: s}
				}
				return value{}
			},
			set: func(d *draft, v value, _ Context) {
				d.inside("detail", func(x *draft) {
					if v.text == "" {
						v.text = "not-started"
					}
					x.set("status", v.text)
				})
			}}),
	}}},
	start: func(f Form, c Context) {
		f.Set("status", "active")
		f.Set("start", c.today().Format("2 Jan 2006"))
	},
	base: func(d *draft, c Context) {
		d.set("intent", "plan")
		d.set("category", []any{concept(careplanSystem, "assess-plan", "Assessment and Plan of Treatment", "")})
		d.set("subject", object{{"reference", "Patient/" + c.Patient}})
		if c.Encounter != "" {
			d.set("encounter", object{{"reference", "Encounter/" + c.Encounter}})
		}
		d.set("created", c.instant())
		if w := c.who(); c.Who != "" {
			d.set("author", w)
		}
	},
	check: func(f Form, c Context, errs Errors) {
		if after(f, "start", "until", c) {
			errs.add("until", "It ends before it begins.")
		}
	},
	Short: func(n fhir.Node) string { return n.Get("title").Str() },
}

func periodDay(name, label, end string) Field {
	return Field{Name: name, Label: label, Input: Day,
		get: func(n fhir.Node) value { return value{text: SayDay(n.Get("period").Get(end).Str())} },
		set: func(d *draft, v value, _ Context) { d.inside("period", func(p *draft) { p.set(end, v.text) }) }}
}

// device is a Device in or on the patient
// (http://hl7.org/fhir/R4/device.html). R4 has no day of implantation here.
var device = Kind{
	Slug: "device", Title: "Implant", Type: "Device", Add: "Add implant",
	Lead: "Scan or type the carrier from the package: what it says fills the fields that are empty.",
	Fields: []Field{
		{Name: "udi", Label: "UDI carrier", Input: Text, Max: 300, Hint: "(01)00844588003288(17)281130(10)M320(21)77X",
			get: func(n fhir.Node) value {
				return value{text: tidy(n.Get("udiCarrier").Index(0).Get("carrierHRF").Str(), false)}
			},
			set: func(d *draft, v value, _ Context) {
				d.first("udiCarrier", func(u *draft) {
					if v.text == "" {
						u.text = []byte("{}")
						return
					}
					u.set("carrierHRF", v.text)
					if p, err := ParseUDI(v.text); err == nil {
						u.set("deviceIdentifier", p.DI)
						u.set("issuer", p.Issuer)
					}
				})
			}},
		required(codeField("what", "What it is", "type", terminology.Device)),
		half(textField("maker", "Manufacturer", "manufacturer", 200)),
		half(textField("model", "Model", "modelNumber", 100)),
		half(textField("lot", "Lot", "lotNumber", 50)),
		half(textField("serial", "Serial number", "serialNumber", 50)),
		half(dayField("made", "Made", "manufactureDate")),
		half(ahead(dayField("expires", "Expires", "expirationDate"))),
		half(choiceField("status", "State", "status", false, opts("", "active", "In the patient", "inactive", "Taken out", "unknown", "Not known")...)),
		noteField(),
	},
	start: func(f Form, _ Context) { f.Set("status", "active") },
	base:  func(d *draft, c Context) { d.set("patient", object{{"reference", "Patient/" + c.Patient}}) },
	check: func(f Form, c Context, errs Errors) {
		if text := tidy(f.Get("udi"), false); text != "" {
			if _, err := ParseUDI(text); err != nil {
				errs.add("udi", "This is no carrier of GS1, HIBCC or ICCBBA: "+err.Error()+".")
			}
		}
		if after(f, "made", "expires", c) {
			errs.add("expires", "It expired before it was made.")
		}
	},
	finish: func(d *draft, _ Context) {
		p, err := ParseUDI(d.node().Get("udiCarrier").Index(0).Get("carrierHRF").Str())
		if err != nil {
			return
		}
		for _, m := range [...]struct{ name, value string }{{"lotNumber", p.Lot}, {"serialNumber", p.Serial}, {"expirationDate", p.Expires}, {"manufactureDate", p.Made}} {
			if m.value != "" && !d.node().Get(m.name).Exists() {
				d.set(m.name, m.value)
			}
		}
	},
	Short: func(n fhir.Node) string { return conceptValue(fhir.Node{}, n.Get("type")).text },
}

// all are the kinds in the order in which a menu has them.
var all []*Kind

func init() { // the kinds refer to each other's names nowhere, and are fixed from here on
	all = []*Kind{&problem, &medicine, &allergy, &immunisation, &procedure, &family}
	for _, q := range questions {
		all = append(all, q.kind())
	}
	all = append(all, &device, &goal, &careplan)
}

// Kinds are all kinds that can be written.
func Kinds() []*Kind { return append([]*Kind(nil), all...) }

// KindOf is a kind by its name in addresses.
func KindOf(slug string) (*Kind, bool) {
	for _, k := range all {
		if k.Slug == slug {
			return k, true
		}
	}
	return nil, false
}

// KindFor is the kind by which a resource can be edited: none of a type, or of
// an Observation, that no form knows.
func KindFor(n fhir.Node) (*Kind, bool) {
	for _, k := range all {
		if k.Type == n.ResourceType() && (k.mine == nil || k.mine(n)) {
			return k, true
		}
	}
	return nil, false
}

// Handles says whether a kind is the one for a resource.
func (k *Kind) Handles(n fhir.Node) bool { f, ok := KindFor(n); return ok && f == k }
