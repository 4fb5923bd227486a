package entry

import (
	"strconv"
	"strings"

	"wholechart/fhir"
	"wholechart/terminology"
)

// relations are those that the pedigree can draw, and a few more (v3 RoleCode).
var relations = opts(roleSystem,
	"MTH", "Mother", "FTH", "Father", "SIS", "Sister", "BRO", "Brother", "DAU", "Daughter", "SON", "Son",
	"MGRMTH", "Mother's mother", "MGRFTH", "Mother's father", "PGRMTH", "Father's mother", "PGRFTH", "Father's father",
	"MAUNT", "Mother's sister", "MUNCLE", "Mother's brother", "PAUNT", "Father's sister", "PUNCLE", "Father's brother",
	"HSIS", "Half-sister", "HBRO", "Half-brother", "COUSN", "Cousin", "NIECE", "Niece", "NEPHEW", "Nephew", "GRNDDAU", "Granddaughter", "GRNDSON", "Grandson",
	"FAMMEMB", "Family member")

// family is a FamilyMemberHistory: one relative
// (http://hl7.org/fhir/R4/familymemberhistory.html).
var family = Kind{
	Slug: "family", Title: "Family member", Type: "FamilyMemberHistory", Add: "Add family member",
	Fields: []Field{
		half(required(choiceField("relation", "Relation", "relationship", false, relations...))),
		half(textField("name", "Name", "name", 100)),
		half(optional(choiceField("sex", "Sex", "sex", false, opts(genderSystem, "female", "Female", "male", "Male", "other", "Other", "unknown", "Not known")...), "As the relation says")),
		half(Field{Name: "known", Label: "What is known", Input: Choice, Options: opts("", "", "As written here", "healthy", "Healthy as far as known", "not-asked", "Not asked", "unknown", "Could not be learned"),
			get: func(n fhir.Node) value {
				switch conceptCode(n.Get("dataAbsentReason"), absentSystem) {
				case "deferred":
					return value{text: "not-asked"}
				case "unable-to-obtain", "subject-unknown", "withheld":
					return value{text: "unknown"}
				}
				if n.Get("status").Is("completed") && n.Path("note", "text").Is(healthy) {
					return value{text: "healthy"}
				}
				return value{}
			},
			set: func(d *draft, v value, c Context) {
				d.set("dataAbsentReason", nil)
				d.set("status", "completed")
				switch v.text {
				case "not-asked":
					d.set("status", "health-unknown")
					d.set("dataAbsentReason", concept(absentSystem, "deferred", "Deferred", "Not asked"))
				case "unknown":
					d.set("status", "health-unknown")
					d.set("dataAbsentReason", concept(absentSystem, "unable-to-obtain", "Unable To Obtain", ""))
				case "healthy":
					d.set("note", []any{object{{"text", healthy}}})
				}
				if v.text != "healthy" && d.node().Path("note", "text").Is(healthy) {
					setFirst(d, "note", nil)
				}
			}}),
		half(hinted(Field{Name: "age", Label: "Age", Input: Text, Max: 30,
			get: func(n fhir.Node) value {
				if s := n.Get("ageString").Str(); s != "" {
					return value{text: tidy(s, false)}
				}
				if at := n.Get("bornDate").Str(); at != "" {
					return value{text: "born " + SayDay(at)}
				}
				return value{text: strings.TrimPrefix(sayAgeOf(n.Get("ageAge")), "age ")}
			},
			set: setRelativeAge}, "62, or born 1958")),
		half(Field{Name: "dead", Label: "Died", Input: Text, Max: 30, Hint: "yes, 2009, or age 79; empty when living",
			get: func(n fhir.Node) value { return value{text: sayChoice(n, "deceased")} },
			set: func(d *draft, v value, c Context) {
				if a, ok := age(v.text); ok {
					d.choose("deceased", "Age", a)
				} else if iso, err := ParseDay(v.text, c.today()); err == nil {
					d.choose("deceased", "Date", iso)
				} else if v.text == "" {
					d.choose("deceased", "", nil)
				} else {
					d.choose("deceased", "Boolean", true)
				}
			}}),
		noteField(),
	},
	Groups: []Group{{Name: "condition", Label: "Condition", Most: 5, element: "condition", Fields: []Field{
		required(codeField("what", "What", "code", terminology.Problem)),
		half(hinted(lifeAgeField("onset", "Age at onset", "onset"), "55, 50s, before 50, or a year")),
		{Name: "fatal", Label: "Died of it", Input: Check, Half: true,
			get: func(n fhir.Node) value {
				if n.Get("contributedToDeath").True() {
					return value{text: "yes"}
				}
				return value{}
			},
			set: func(d *draft, v value, _ Context) {
				if v.text == "" {
					d.set("contributedToDeath", nil)
				} else {
					d.set("contributedToDeath", true)
				}
			}},
	}}},
	base: func(d *draft, c Context) {
		d.set("status", "completed")
		d.set("patient", object{{"reference", "Patient/" + c.Patient}})
		d.set("date", c.instant())
	},
	check: func(f Form, c Context, errs Errors) {
		if dead := tidy(f.Get("dead"), false); dead != "" && !strings.EqualFold(dead, "yes") {
			if _, ok := age(dead); !ok {
				iso, err := ParseDay(dead, c.today())
				if err != nil {
					errs.add("dead", "Write yes, a date such as 2009, or an age such as age 79.")
				} else if d := (Context{Now: c.Now, Zone: c.Zone}); d.sense(iso, false) != "" {
					errs.add("dead", d.sense(iso, false))
				}
			}
		}
		lived := yearsOf(f.Get("dead"))
		if m, msg := relativeAge(f.Get("age"), c); msg != "" {
			errs.add("age", msg)
		} else if lived == 0 && m.name == "ageAge" {
			lived = yearsOf("age " + strings.TrimPrefix(strings.ToLower(tidy(f.Get("age"), false)), "age "))
		}
		for i := range 5 {
			field := "condition-" + strconv.Itoa(i) + "-onset"
			if at := yearsOf(f.Get(field)); at > 0 && lived > 0 && at > lived {
				errs.add(field, "This is after the age that is written above.")
			}
		}
	},
	Short: func(n fhir.Node) string { return conceptValue(fhir.Node{}, n.Get("relationship")).text },
}

// lifeAgeField is when something began in a life: an age, a span of ages, or a date.
func lifeAgeField(name, label, prefix string) Field {
	return Field{Name: name, Label: label, Input: Day, ages: true, years: true,
		get: func(n fhir.Node) value { return value{text: sayChoice(n, prefix)} },
		set: func(d *draft, v value, _ Context) {
			if kind, at, ok := lifeAge(v.text); ok {
				d.choose(prefix, kind, at)
				return
			}
			d.choose(prefix, "String", v.text)
		}}
}

// lifeAge reads "55", "age 18 mo", "50s", "50-59", "before 50", "after age 40": an Age
// or a Range, with the ending of the choice that holds it.
func lifeAge(text string) (kind string, at object, ok bool) {
	text = strings.ReplaceAll(strings.ToLower(tidy(text, false)), "–", "-")
	if a, ok := age(text); ok {
		return "Age", a, true
	}
	text = strings.TrimSuffix(strings.TrimSuffix(text, " y"), " years")
	end := ""
	for lead, which := range map[string]string{"before ": "high", "under ": "high", "after ": "low", "over ": "low"} {
		if rest, cut := strings.CutPrefix(text, lead); cut {
			text, end = rest, which
		}
	}
	for _, lead := range [...]string{"in the ", "in her ", "in his ", "in their ", "at age ", "at ", "aged ", "age "} {
		text = strings.TrimPrefix(text, lead)
	}
	years := func(s string) (object, bool) {
		if strings.ContainsAny(s, ".") {
			return nil, false
		}
		return age("age " + s)
	}
	one, single := years(text)
	switch {
	case end != "" && single:
		return "Range", object{{end, one}}, true
	case end != "":
		return "", nil, false
	case single:
		return "Age", one, true
	}
	if ten, cut := strings.CutSuffix(strings.Replace(text, "'s", "s", 1), "s"); cut && strings.HasSuffix(ten, "0") && len(ten) <= 3 {
		low, ok1 := years(ten)
		high, ok2 := years(strings.TrimSuffix(ten, "0") + "9")
		if ok1 && ok2 {
			return "Range", object{{"low", low}, {"high", high}}, true
		}
	}
	if a, b, cut := strings.Cut(text, "-"); cut {
		low, ok1 := years(strings.TrimSpace(a))
		high, ok2 := years(strings.TrimSpace(b))
		if ok1 && ok2 && yearsOf("age "+strings.TrimSpace(a)) < yearsOf("age "+strings.TrimSpace(b)) {
			return "Range", object{{"low", low}, {"high", high}}, true
		}
	}
	return "", nil, false
}

// yearsOf is the least age in years that a text says, 0 when it says none in years.
func yearsOf(text string) float64 {
	text = strings.ToLower(tidy(text, false))
	if strings.HasPrefix(text, "before") || strings.HasPrefix(text, "under") {
		return 0
	}
	digits := strings.TrimLeft(text, "abcdefghijklmnopqrstuvwxyz ")
	i := strings.IndexFunc(digits, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	unit := ""
	if i >= 0 {
		digits, unit = digits[:i], strings.TrimSpace(digits[i:])
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || n > 130 || strings.HasPrefix(unit, "mo") || strings.HasPrefix(unit, "w") || strings.HasPrefix(unit, "d") || strings.ContainsAny(unit, "/.") {
		return 0
	}
	return n
}

const healthy = "Healthy as far as known."

// relativeAge is the member, without its prefix, that an age is written to.
func relativeAge(text string, c Context) (member, string) {
	text = tidy(text, false)
	if text == "" {
		return member{}, ""
	}
	if born, ok := strings.CutPrefix(strings.ToLower(text), "born "); ok {
		iso, err := ParseDay(born, c.today())
		if err != nil {
			return member{}, "Write an age such as 62, or born 1958."
		}
		if msg := (Context{Now: c.Now, Zone: c.Zone}).sense(iso, false); msg != "" {
			return member{}, msg
		}
		return member{"bornDate", iso}, ""
	}
	if a, ok := age("age " + strings.TrimPrefix(strings.ToLower(text), "age ")); ok {
		return member{"ageAge", a}, ""
	}
	return member{}, "Write an age such as 62, or born 1958."
}

func setRelativeAge(d *draft, v value, c Context) { // fhs-1: age or born, not both
	d.choose("age", "", nil)
	d.choose("born", "", nil)
	d.set("estimatedAge", nil)
	if m, msg := relativeAge(v.text, c); msg == "" && m.name != "" {
		d.set(m.name, m.value)
	}
}
