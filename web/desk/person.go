package desk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/schedule"
)

type (
	object = map[string]any
	list   = []any
)

// personNames are the fields of the form that speak of the Patient itself.
var personNames = []string{"given", "middle", "family", "suffix", "used", "previous", "born", "gender", "birthsex", "identity", "pronouns", "race", "ethnicity", "language", "interpreter",
	"line1", "line2", "city", "state", "zip", "country", "mobile", "home", "work", "email", "channel", "texting", "marital", "tribe", "died", "gp"}

// valuesOf is a Patient as the form shows it.
func valuesOf(n fhir.Node) url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	for at := range n.Get("name").Items() {
		h := fhir.HumanNameOf(at)
		switch {
		case at.Same(legal(n)):
			set("family", h.Family)
			if len(h.Given) > 0 {
				set("given", h.Given[0])
				set("middle", strings.Join(h.Given[1:], " "))
			}
			set("suffix", strings.Join(h.Suffix, " "))
		case h.Use == "usual" || h.Use == "nickname":
			if v.Get("used") == "" && len(h.Given) > 0 {
				set("used", h.Given[0])
			}
		case h.Use == "old" || h.Use == "maiden":
			if v.Get("previous") == "" {
				set("previous", h.Family)
			}
		}
	}
	set("born", n.Get("birthDate").Str())
	set("gender", n.Get("gender").Str())
	for a := range n.Get("address").Items() {
		if use := a.Get("use").Str(); use == "old" || use == "billing" || v.Has("city") {
			continue
		}
		set("line1", a.Get("line").Index(0).Str())
		set("line2", a.Get("line").Index(1).Str())
		set("city", a.Get("city").Str())
		set("state", a.Get("state").Str())
		set("zip", a.Get("postalCode").Str())
		set("country", a.Get("country").Str())
	}
	for t := range n.Get("telecom").Items() {
		if name := reach(t.Get("system").Str(), t.Get("use").Str()); name != "" && !v.Has(name) {
			set(name, t.Get("value").Str())
		}
	}
	for c := range n.Get("communication").Items() {
		if !v.Has("language") || c.Get("preferred").True() {
			set("language", firstCode(c.Get("language")))
		}
	}
	set("marital", firstCode(n.Get("maritalStatus")))
	set("gp", n.Path("generalPractitioner", "reference").Str())
	set("died", n.Get("deceasedDateTime").Str())
	if n.Get("deceasedBoolean").True() {
		set("died", "yes")
	}
	for e := range n.Get("extension").Items() {
		switch url := e.Get("url").Str(); url {
		case usCore + "race", usCore + "ethnicity":
			for p := range e.Get("extension").Items() {
				if p.Get("url").Is("ombCategory") {
					v.Add(strings.TrimPrefix(url, usCore), p.Path("valueCoding", "code").Str())
				}
			}
		case usCore + "birthsex":
			set("birthsex", e.Get("valueCode").Str())
		case usCore + "genderIdentity":
			set("identity", codeOrText(e.Get("valueCodeableConcept")))
		case hl7Ext + "individual-genderIdentity":
			set("identity", codeOrText(inner(e, "value").Get("valueCodeableConcept")))
		case hl7Ext + "individual-pronouns":
			set("pronouns", pronounCode(inner(e, "value").Get("valueCodeableConcept")))
		case hl7Ext + "patient-interpreterRequired":
			if e.Get("valueBoolean").True() {
				v.Set("interpreter", "yes")
			}
		case usCore + "tribal-affiliation":
			set("tribe", fhir.CodeableConceptOf(inner(e, "tribalAffiliation").Get("valueCodeableConcept")).Label())
		case schedule.ChannelURL:
			set("channel", e.Get("valueCode").Str())
		case schedule.ConsentURL:
			if e.Get("valueBoolean").True() {
				v.Set("texting", "yes")
			}
		}
	}
	return v
}

// legal is the name that stands on papers: official, else the first that is not
// of another use.
func legal(n fhir.Node) fhir.Node {
	var found fhir.Node
	for at := range n.Get("name").Items() {
		switch at.Get("use").Str() {
		case "official":
			return at
		case "usual", "nickname", "old", "maiden", "anonymous":
		default:
			if !found.Exists() {
				found = at
			}
		}
	}
	if !found.Exists() {
		found = n.Get("name").Index(0)
	}
	return found
}

func inner(e fhir.Node, url string) fhir.Node {
	for x := range e.Get("extension").Items() {
		if x.Get("url").Is(url) {
			return x
		}
	}
	return fhir.Node{}
}

func firstCode(n fhir.Node) string {
	c := fhir.CodeableConceptOf(n)
	if len(c.Codings) > 0 {
		return c.Codings[0].Code
	}
	return ""
}

func codeOrText(n fhir.Node) string {
	if c := firstCode(n); c != "" {
		return c
	}
	return n.Get("text").Str()
}

func pronounCode(n fhir.Node) string {
	c := codeOrText(n)
	for _, p := range pronouns {
		if strings.EqualFold(c, p.Display) {
			return p.Code
		}
	}
	return c
}

func reach(system, use string) string {
	switch {
	case system == "email" && use != "old":
		return "email"
	case system == "phone" && use == "mobile":
		return "mobile"
	case system == "phone" && use == "work":
		return "work"
	case system == "phone" && use != "old":
		return "home"
	}
	return ""
}

// check says what of a person's form is not acceptable. was is what the record
// said before, whose codes may stay though this form does not know them.
func (f *form) check(was url.Values, now time.Time, zone *time.Location) {
	f.bounded("given", "middle", "family", "suffix", "used", "previous", "line1", "line2", "city", "zip", "country", "mobile", "home", "work", "email", "tribe")
	f.names("given", "middle", "family", "suffix", "used", "previous")
	if f.text("family") == "" && f.text("given") == "" {
		f.bad("family", "Write a name. Of somebody unknown, write Unknown.")
	}
	if _, ok := f.date("born", now, zone); !ok && f.text("born") == "" && was == nil {
		f.bad("born", "Write the birth date; a year alone is possible: 1958.")
	}
	if f.Get("gender") == "" && was == nil {
		f.bad("gender", "Choose one; Unknown is an answer.")
	}
	if f.Get("died") != "yes" {
		if died, ok := f.date("died", now, zone); ok && died < f.text("born") {
			f.bad("died", "That is before the birth.")
		}
	}
	f.phones("mobile", "home", "work")
	f.email("email")
	if s := f.text("state"); s != "" && s != was.Get("state") && (len(s) != 2 || strings.Trim(strings.ToUpper(s), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		f.bad("state", "Two letters: OH.")
	}
	if z := f.text("zip"); z != "" && strings.Trim(z, "0123456789-") != "" && (f.text("country") == "" || f.text("country") == "US") {
		f.bad("zip", "Five digits, or nine: 43215 or 43215-1234.")
	}
	for name, of := range map[string][]choice{"gender": genders, "birthsex": birthSexes, "identity": identities, "pronouns": pronouns, "language": languages, "marital": maritals, "channel": channels} {
		f.oneOf(name, of, was.Get(name))
	}
	for name, of := range map[string][]choice{"race": races, "ethnicity": ethnicities} {
		for _, v := range f.Values[name] {
			if _, ok := chosen(of, v); !ok && !slices.Contains(was[name], v) {
				f.bad(name, "Choose of the list.")
			}
		}
	}
	if f.Get("channel") == "sms" && f.Get("texting") != "yes" {
		f.bad("channel", "Text messages need the patient's consent: tick it, or choose another way.")
	}
	if f.Get("channel") == "sms" && f.text("mobile") == "" {
		f.bad("mobile", "Text messages need a mobile number.")
	}
	if f.Get("channel") == "email" && f.text("email") == "" {
		f.bad("email", "E-mail needs an address.")
	}
}

// apply writes into a Patient what the form changed of it. What the form does
// not show, and what was not changed, stays as it is.
func (f *form) apply(r object, was url.Values) {
	changed := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool {
			if n == "race" || n == "ethnicity" {
				return !slices.Equal(slices.Sorted(slices.Values(f.Values[n])), slices.Sorted(slices.Values(was[n])))
			}
			return f.text(n) != oneLine(was.Get(n))
		})
	}
	if changed("given", "middle", "family", "suffix") {
		name := pick(r, "name", func(o object) bool { return o["use"] == "official" }, func(o object) bool {
			return !slices.Contains([]any{"usual", "nickname", "old", "maiden", "anonymous"}, o["use"])
		})
		name["use"] = "official"
		put(name, "family", f.text("family"))
		given := list{}
		if g := f.text("given"); g != "" {
			given = append(given, g)
		}
		for _, m := range strings.Fields(f.text("middle")) {
			given = append(given, m)
		}
		putList(name, "given", given)
		suffix := list{}
		for _, s := range strings.Fields(f.text("suffix")) {
			suffix = append(suffix, s)
		}
		putList(name, "suffix", suffix)
		delete(name, "text")
	}
	if changed("used") {
		f.other(r, "used", []any{"usual", "nickname"}, func(name object) {
			name["use"] = "usual"
			name["given"] = list{f.text("used")}
			put(name, "family", f.text("family"))
			delete(name, "text")
		})
	}
	if changed("previous") {
		f.other(r, "previous", []any{"old", "maiden"}, func(name object) {
			if name["use"] == nil {
				name["use"] = "old"
			}
			put(name, "family", f.text("previous"))
			delete(name, "text")
		})
	}
	if changed("born") {
		put(r, "birthDate", f.text("born"))
	}
	if changed("gender") {
		put(r, "gender", f.Get("gender"))
	}
	if changed("line1", "line2", "city", "state", "zip", "country") {
		f.address(r)
	}
	for _, t := range [...]struct{ name, system, use string }{{"mobile", "phone", "mobile"}, {"home", "phone", "home"}, {"work", "phone", "work"}, {"email", "email", "home"}} {
		if changed(t.name) {
			f.telecom(r, t.name, t.system, t.use, was.Get(t.name))
		}
	}
	if changed("language") {
		f.language(r)
	}
	if changed("marital") {
		if c, ok := chosen(maritals, f.Get("marital")); ok {
			r["maritalStatus"] = coded(c)
		} else {
			delete(r, "maritalStatus")
		}
	}
	if changed("gp") {
		delete(r, "generalPractitioner")
		if f.Get("gp") != "" {
			r["generalPractitioner"] = list{object{"reference": f.Get("gp")}}
		}
	}
	if changed("died") {
		delete(r, "deceasedBoolean")
		delete(r, "deceasedDateTime")
		switch d := f.text("died"); d {
		case "":
		case "yes":
			r["deceasedBoolean"] = true
		default:
			r["deceasedDateTime"] = d
		}
	}
	f.extensions(r, changed)
}

func (f *form) extensions(r object, changed func(...string) bool) {
	for name, of := range map[string][]choice{"race": races, "ethnicity": ethnicities} {
		if changed(name) {
			f.category(r, name, of)
		}
	}
	if changed("birthsex") {
		extend(r, usCore+"birthsex", "valueCode", f.Get("birthsex"))
	}
	if changed("identity") {
		unextend(r, usCore+"genderIdentity", hl7Ext+"individual-genderIdentity")
		if c, ok := chosen(identities, f.Get("identity")); ok {
			extend(r, usCore+"genderIdentity", "valueCodeableConcept", coded(c))
		}
	}
	if changed("pronouns") {
		unextend(r, hl7Ext+"individual-pronouns")
		if c, ok := chosen(pronouns, f.Get("pronouns")); ok {
			add(r, object{"url": hl7Ext + "individual-pronouns", "extension": list{object{"url": "value", "valueCodeableConcept": coded(c)}}})
		}
	}
	if changed("interpreter") {
		extend(r, hl7Ext+"patient-interpreterRequired", "valueBoolean", f.Get("interpreter") == "yes")
	}
	if changed("tribe") {
		unextend(r, usCore+"tribal-affiliation")
		if t := f.text("tribe"); t != "" {
			add(r, object{"url": usCore + "tribal-affiliation", "extension": list{object{"url": "tribalAffiliation", "valueCodeableConcept": object{"text": t}}}})
		}
	}
	if changed("channel") {
		extend(r, schedule.ChannelURL, "valueCode", f.Get("channel"))
	}
	if changed("texting") {
		extend(r, schedule.ConsentURL, "valueBoolean", f.Get("texting") == "yes")
	}
}

// other edits the first name of some uses, makes it, or removes it when the
// field is empty.
func (f *form) other(r object, field string, uses []any, edit func(object)) {
	names, _ := r["name"].(list)
	at := slices.IndexFunc(names, func(n any) bool { o, _ := n.(object); return slices.Contains(uses, o["use"]) && o["use"] != nil })
	switch {
	case f.text(field) == "" && at >= 0:
		putList(r, "name", slices.Delete(names, at, at+1))
	case f.text(field) == "":
	case at >= 0:
		edit(names[at].(object))
	default:
		n := object{}
		edit(n)
		r["name"] = append(names, n)
	}
}

func (f *form) address(r object) {
	filled := slices.ContainsFunc([]string{"line1", "line2", "city", "state", "zip"}, func(n string) bool { return f.text(n) != "" })
	isHome := func(o object) bool { return o["use"] != "old" && o["use"] != "billing" }
	if !filled {
		all, _ := r["address"].(list)
		if at := slices.IndexFunc(all, func(a any) bool { o, _ := a.(object); return isHome(o) }); at >= 0 {
			putList(r, "address", slices.Delete(all, at, at+1))
		}
		return
	}
	a := pick(r, "address", isHome)
	if a["use"] == nil {
		a["use"] = "home"
	}
	lines := list{}
	for _, n := range [...]string{"line1", "line2"} {
		if t := f.text(n); t != "" {
			lines = append(lines, t)
		}
	}
	putList(a, "line", lines)
	put(a, "city", f.text("city"))
	state := f.text("state")
	if len(state) == 2 {
		state = strings.ToUpper(state)
	}
	put(a, "state", state)
	put(a, "postalCode", f.text("zip"))
	country := f.text("country")
	if country == "" {
		country = "US"
	}
	put(a, "country", country)
	delete(a, "text")
}

func (f *form) telecom(r object, name, system, use, was string) {
	all, _ := r["telecom"].(list)
	at := slices.IndexFunc(all, func(t any) bool {
		o, _ := t.(object)
		s, _ := o["system"].(string)
		u, _ := o["use"].(string)
		return reach(s, u) == name && o["value"] == was
	})
	value := f.text(name)
	switch {
	case value == "" && at >= 0:
		putList(r, "telecom", slices.Delete(all, at, at+1))
	case value == "":
	case at >= 0:
		all[at].(object)["value"] = value
	default:
		r["telecom"] = append(all, object{"system": system, "value": value, "use": use})
	}
}

func (f *form) language(r object) {
	all, _ := r["communication"].(list)
	kept := list{}
	for _, c := range all {
		o, _ := c.(object)
		if o["preferred"] != true && len(all) > 1 {
			kept = append(kept, c)
		}
	}
	if c, ok := chosen(languages, f.Get("language")); ok {
		c.System = "urn:ietf:bcp:47"
		kept = append(kept, object{"language": coded(c), "preferred": true})
	}
	putList(r, "communication", kept)
}

// category writes race or ethnicity as US Core has it; detailed categories stay.
func (f *form) category(r object, name string, of []choice) {
	parts := list{}
	all, _ := r["extension"].(list)
	for _, e := range all {
		if o, _ := e.(object); o["url"] == usCore+name {
			inner, _ := o["extension"].(list)
			for _, p := range inner {
				if p, _ := p.(object); p["url"] == "detailed" {
					parts = append(parts, p)
				}
			}
		}
	}
	unextend(r, usCore+name)
	var words []string
	var categories list
	for _, code := range f.Values[name] {
		if c, ok := chosen(of, code); ok {
			words = append(words, c.Display)
			categories = append(categories, object{"url": "ombCategory", "valueCoding": object{"system": c.System, "code": c.Code, "display": c.Display}})
		}
	}
	if len(words) == 0 {
		return
	}
	parts = append(append(categories, parts...), object{"url": "text", "valueString": strings.Join(words, ", ")})
	add(r, object{"url": usCore + name, "extension": parts})
}

func coded(c choice) object {
	return object{"coding": list{object{"system": c.System, "code": c.Code, "display": c.Display}}, "text": c.Display}
}

// pick is the first item of a list that any of the tests takes, tried in their
// order, or a new one.
func pick(r object, key string, tests ...func(object) bool) object {
	all, _ := r[key].(list)
	for _, test := range tests {
		for _, x := range all {
			if o, ok := x.(object); ok && test(o) {
				return o
			}
		}
	}
	o := object{}
	r[key] = append(all, o)
	return o
}

func put(o object, key, value string) {
	if value == "" {
		delete(o, key)
		return
	}
	o[key] = value
}

func putList(o object, key string, value list) {
	if len(value) == 0 {
		delete(o, key)
		return
	}
	o[key] = value
}

func extend(r object, url, key string, value any) {
	unextend(r, url)
	if value != "" && value != false {
		add(r, object{"url": url, key: value})
	}
}

func add(r object, e object) {
	all, _ := r["extension"].(list)
	r["extension"] = append(all, e)
}

func unextend(r object, urls ...string) {
	all, _ := r["extension"].(list)
	putList(r, "extension", slices.DeleteFunc(all, func(e any) bool {
		o, _ := e.(object)
		url, _ := o["url"].(string)
		return slices.Contains(urls, url)
	}))
}

func decode(n fhir.Node) (object, error) {
	d := json.NewDecoder(bytes.NewReader(n.Raw()))
	d.UseNumber()
	var r object
	if err := d.Decode(&r); err != nil || r == nil {
		return nil, fmt.Errorf("not a resource: %w", err)
	}
	return r, nil
}

func encode(r object) (fhir.Node, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return fhir.Node{}, err
	}
	d, err := fhir.Parse(body)
	if err != nil {
		return fhir.Node{}, err
	}
	return d.Root(), nil
}
