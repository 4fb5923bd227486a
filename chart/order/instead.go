package order

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/record"
)

// What was drafted and not ordered, because what was asked for was there already,
// stays in the chart as a ServiceRequest that was revoked before it was active: it
// says what was not ordered, what is used instead, by which rule's card, who decided
// and when. It was never an order: nobody is to do anything about it.

// Systems and codes of what was not ordered.
const (
	NotOrdered   = "not-ordered"                        // a category of KindSystem: by it they are found
	InsteadURL   = "https://wholechart.example/instead" // extension: the rule whose card was read
	insteadRules = "https://wholechart.example/rule"    // its coding's system
	insteadAt    = "https://wholechart.example/site/"   // begins the identifier system of another site's facts: the slug follows
	insteadSays  = stoppedBecause + "not ordered. "     // begins the note
	maxInstead   = 16                                   // facts that are named
)

// Used is a fact that stands in the record and is used instead of an order: a
// result, a study, an order that is open. One of another site is named by that
// site's slug and the id there: it has no address in this chart.
type Used struct {
	Site, SiteName string        // slug and name of another site; "" of this chart
	Base           string        // the address of that site's doors, when it is of another node
	Name           string        // "LDL-C", without its value: whoever may see that reads it where it stands
	Type, ID       string        // as its site names it; ID "" when that is not known
	Version        string        // that was seen; of another site
	Day            string        // in words: "14 Nov 2026"; "" not known
	Labels         []fhir.Coding // its sensitivity labels: what tells of it is as sensitive
	Said           string        // as a Reference names it: what ReadInstead found
}

// Instead is what a ServiceRequest that was not ordered says.
type Instead struct {
	Rule, RuleTitle string
	Used            []Used
	Text            string // the whole sentence: "The result of 14 Nov 2026 at Lakeside is used instead."
	By              string
	At              time.Time // zero: not said
}

// words is a fact as the sentence has it: "the result of 14 Nov 2026 at Lakeside".
func (u Used) words() string {
	switch u.Type {
	case "ImagingStudy", "Procedure":
		return u.of("the study")
	case "ServiceRequest":
		return u.of("the order")
	}
	return u.of("the result")
}

// of is what something is called, of which day and where.
func (u Used) of(t string) string {
	if u.Day != "" {
		t += " of " + u.Day
	}
	if u.SiteName != "" {
		t += " at " + u.SiteName
	}
	return t
}

// ref is the fact as a Reference. Of another node's site it is the address there as
// well, which the whole record reads as its own.
func (u Used) ref() object {
	name := u.words()
	if u.Name != "" {
		name = u.of(cut(clean(u.Name), 120))
	}
	r := object{"type": u.Type, "display": sentence(name)}
	switch {
	case u.ID == "":
	case u.Site == "":
		r["reference"] = u.Type + "/" + u.ID
	default:
		value := u.Type + "/" + u.ID
		if u.Base != "" {
			r["reference"] = u.Base + "/emr/fhir/" + value
		}
		if u.Version != "" {
			value += "/_history/" + u.Version
		}
		r["identifier"] = object{"system": insteadAt + u.Site, "value": value}
	}
	return r
}

// UseInstead is the act by which a draft is not ordered because of what is there.
// A prescription is no such draft, nor is what stands for itself: used must name
// something.
func UseInstead(draft fhir.Node, ruleID, ruleTitle string, used []Used, by By) (record.Act, error) {
	if !draft.Get("status").Is("draft") {
		return record.Act{}, &record.VersionConflict{}
	}
	if draft.ResourceType() != "ServiceRequest" || len(used) == 0 {
		return record.Act{}, &record.Invalid{Issues: []record.Issue{{Severity: "error", Code: "business-rule", Path: "supportingInfo", Text: "say what is used instead"}}}
	}
	var said []string
	info := listOf(draft, "supportingInfo")
	for _, u := range used[:min(len(used), maxInstead)] {
		info = append(info, u.ref())
		if w := u.words(); !slices.Contains(said, w) {
			said = append(said, w)
		}
	}
	text := strings.Join(said[:min(len(said), 3)], ", ")
	if len(said) > 3 {
		text += " and " + num(float64(len(said)-3)) + " more"
	}
	if len(said) > 1 {
		text += " are used instead."
	} else {
		text += " is used instead."
	}
	note := object{"text": insteadSays + sentence(text), "time": when(by.Now)}
	if by.Ref != "" {
		note["authorReference"] = by.ref()
	} else {
		note["authorString"] = by.Name
	}
	changes := object{"status": "revoked", "supportingInfo": info, "note": append(listOf(draft, "note"), note),
		"category":  append(listOf(draft, "category"), concept("not ordered", coding(KindSystem, NotOrdered, ""))),
		"extension": append(listOf(draft, "extension"), object{"url": InsteadURL, "valueCoding": coding(insteadRules, ruleID, ruleTitle)})}
	if meta := labelled(draft, used); meta != nil {
		changes["meta"] = meta
	}
	return amend(draft, changes)
}

// labelled is the meta of a draft with the labels of what is used instead as well;
// nil: there are none that it has not.
func labelled(draft fhir.Node, used []Used) object {
	meta, labels := object{}, []any{}
	if m := draft.Get("meta"); m.Exists() && json.Unmarshal(m.Raw(), &meta) != nil {
		return nil
	}
	seen := map[string]bool{}
	for l := range draft.Get("meta").Get("security").Items() {
		labels = append(labels, json.RawMessage(l.Raw()))
		seen[l.Get("system").Str()+"|"+l.Get("code").Str()] = true
	}
	had := len(labels)
	for _, u := range used {
		for _, l := range u.Labels {
			if key := l.System + "|" + l.Code; !seen[key] && l.Code != "" {
				seen[key] = true
				labels = append(labels, coding(l.System, l.Code, l.Display))
			}
		}
	}
	if len(labels) == had {
		return nil
	}
	meta["security"] = labels
	return meta
}

// ReadInstead is what a ServiceRequest says was used instead of it; ok is false of
// every other one.
func ReadInstead(n fhir.Node) (i Instead, ok bool) {
	if n.ResourceType() != "ServiceRequest" || !n.Get("status").Is("revoked") {
		return i, false
	}
	for x := range n.Get("category").Items() {
		for c := range x.Get("coding").Items() {
			ok = ok || c.Get("system").Is(KindSystem) && c.Get("code").Is(NotOrdered)
		}
	}
	if !ok {
		return i, false
	}
	for x := range n.Get("extension").Items() {
		if c := fhir.CodingOf(x.Get("valueCoding")); x.Get("url").Is(InsteadURL) && c.System == insteadRules {
			i.Rule, i.RuleTitle = c.Code, c.Display
		}
	}
	for x := range n.Get("note").Items() {
		if text, said := strings.CutPrefix(x.Get("text").Str(), insteadSays); said {
			i.Text, i.By = text, x.Get("authorString").Str()
			if i.By == "" {
				i.By = x.Get("authorReference").Get("display").Str()
			}
			i.At, _ = time.Parse(time.RFC3339Nano, x.Get("time").Str())
		}
	}
	for x := range n.Get("supportingInfo").Items() {
		if len(i.Used) == maxInstead {
			break
		}
		r := fhir.ReferenceOf(x)
		if slug, out := strings.CutPrefix(r.Identifier.System, insteadAt); out {
			if typ, id, version, fine := fhir.Relative(r.Identifier.Value); fine {
				i.Used = append(i.Used, Used{Site: slug, Type: typ, ID: id, Version: version, Said: r.Display})
			}
		} else if typ, id, _, fine := fhir.Relative(r.Reference); fine {
			i.Used = append(i.Used, Used{Type: typ, ID: id, Said: r.Display})
		}
	}
	return i, true
}
