package order

import (
	"fmt"
	"strings"

	"wholechart/fhir"
)

// weighed is what the values of a result amount to, for the line of the inbox.
type weighed struct {
	name     string
	critical bool
	worst    string // the value to name first
	abnormal int
	values   int
	one      string // the value, when there is one alone
}

// weigh looks at one Observation, or at a report's own words.
func (w *weighed) weigh(n fhir.Node) {
	if n.ResourceType() == "DiagnosticReport" {
		return
	}
	parts := []fhir.Node{n}
	for c := range n.Get("component").Items() {
		parts = append(parts, c)
	}
	for _, p := range parts {
		name := fhir.CodeableConceptOf(p.Get("code")).Label()
		v := Value{Name: name}
		for c := range p.Get("code").Get("coding").Items() {
			if c.Get("system").Is(LOINC) {
				v.LOINC = c.Get("code").Str()
			}
		}
		q := p.Get("valueQuantity")
		switch {
		case q.Exists():
			v.Text, v.Unit = q.Get("comparator").Str()+q.Get("value").Text(), q.Get("code").Str()
			if v.Unit == "" {
				v.Unit = q.Get("unit").Str()
			}
		case p.Get("valueString").Exists():
			v.Text = p.Get("valueString").Str()
		case p.Get("valueCodeableConcept").Exists():
			v.Text = fhir.CodeableConceptOf(p.Get("valueCodeableConcept")).Label()
		default:
			continue
		}
		w.values++
		flag := ""
		for i := range p.Get("interpretation").Items() {
			for c := range i.Get("coding").Items() {
				flag = c.Get("code").Str()
			}
		}
		r := p.Get("referenceRange").Index(0)
		lo, hi := r.Get("low").Get("value").Text(), r.Get("high").Get("value").Text()
		switch {
		case lo != "" && hi != "":
			v.Range = lo + "-" + hi
		case lo != "":
			v.Range = ">= " + lo
		case hi != "":
			v.Range = "<= " + hi
		default:
			v.Range = r.Get("text").Str()
		}
		own := Flag(v)
		if own.Critical != nil || flag == "" {
			flag = own.Code
		}
		said := strings.TrimSpace(v.Text + " " + q.Get("unit").Str())
		word := map[string]string{"L": "low", "H": "high", "LL": "critically low", "HH": "critically high", "A": "abnormal", "AA": "critically abnormal"}[flag]
		if word != "" {
			said += " " + word
			w.abnormal++
		}
		full := strings.TrimSpace(name + " " + said)
		w.one = said
		if c := len(flag) == 2 && flag[0] == flag[1]; c && !w.critical || word != "" && w.worst == "" {
			w.worst = full
			w.critical = w.critical || c
		}
	}
}

// line is the result in one line: "Basic metabolic panel: Potassium 6.8 mmol/L
// critically high, 2 more abnormal".
func (w *weighed) line(status string) string {
	text := w.name
	if text == "" {
		text = "Result"
	}
	switch {
	case w.values == 1 && w.one != "":
		text += ": " + w.one
	case w.worst != "":
		text += ": " + w.worst
		if w.abnormal > 1 {
			text += fmt.Sprintf(", %d more abnormal", w.abnormal-1)
		}
	case w.values > 1:
		text += fmt.Sprintf(": %d values, none flagged", w.values)
	}
	if status != "final" {
		text += " (" + status + ")"
	}
	return text
}
