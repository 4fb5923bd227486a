package chart

import (
	"math"
	"strings"

	"wholechart/fhir"
)

// components reads the components of an Observation, each into a series of its
// own under its Observation's, and says them in one line: "136/84", "E4 V4 M5".
func (b *builder) components(s *Series, p *Point, components fhir.Node) {
	var words []string
	var systolic, diastolic *Point
	for c := range components.Items() {
		part := b.part(s, c.Get("code"))
		if part == nil {
			continue
		}
		q := Point{When: p.When, Number: math.NaN(), Status: p.Status, Prov: p.Prov, Also: p.Also}
		for rest, v := range c.Prefixed("value") {
			b.value(&q, v, string(rest))
		}
		if a := c.Get("dataAbsentReason"); a.Exists() && q.Value == "" {
			q.Absent = absentWord(b.code(a), b.label(a))
		}
		q.Range = b.rangeOf(c.Get("referenceRange"))
		b.interpret(&q, c.Get("interpretation"))
		if q.Value == "" && q.Absent == "" {
			q.Absent = "not said why"
		}
		part.Points = append(part.Points, q)
		switch {
		case part.has("8480-6"):
			systolic = &q
		case part.has("8462-4"):
			diastolic = &q
		}
		if q.Value != "" {
			words = append(words, strings.TrimSpace(part.Name+" "+q.Value+" "+q.Unit))
		}
	}
	if p.Value != "" || len(words) == 0 {
		if len(words) == 0 && p.Value == "" && p.Absent == "" {
			for _, part := range s.Parts {
				if last := part.Latest(); last.Absent != "" {
					p.Absent = last.Absent
				}
			}
		}
		return
	}
	if systolic != nil && diastolic != nil && (systolic.Value != "" || diastolic.Value != "") {
		p.Value, p.Unit = orQuestion(systolic.Value)+"/"+orQuestion(diastolic.Value), systolic.Unit
		return
	}
	p.Value = strings.Join(words, ", ")
}

func orQuestion(s string) string {
	if s == "" {
		return "?"
	}
	return s
}

// part is the series of a component within its Observation's series; nil when
// the component does not say what it is.
func (b *builder) part(s *Series, code fhir.Node) *Series {
	label := b.label(code)
	if label == "" {
		return nil
	}
	codes := b.codings(code)
	for _, part := range s.Parts {
		if part.Code.Code != "" && part.Code == first(codes) || part.Name == label {
			return part
		}
		for _, c := range codes {
			if c.System == loinc && part.has(c.Code) {
				return part
			}
		}
	}
	part := &Series{Name: label, Code: first(codes), Codes: codes, Category: s.Category, Key: seriesKey(codes, label)}
	s.Parts = append(s.Parts, part)
	return part
}

// rangeOf is the reference range that applies: the first that is of no special
// kind, else the first.
func (b *builder) rangeOf(n fhir.Node) Range {
	if !n.Exists() {
		return Range{}
	}
	if r, ok := b.memo.ranges[string(n.Raw())]; ok {
		return r
	}
	var chosen fhir.Node
	for one := range n.Items() {
		if !chosen.Exists() {
			chosen = one
		}
		if code := b.code(one.Get("type")); code == "normal" || code == "" {
			chosen = one
			break
		}
	}
	var r Range
	low, high := chosen.Get("low"), chosen.Get("high")
	if v := low.Get("value"); v.Exists() {
		if f := number(v.Text()); !math.IsNaN(f) {
			r.Low = &f
		}
	}
	if v := high.Get("value"); v.Exists() {
		if f := number(v.Text()); !math.IsNaN(f) {
			r.High = &f
		}
	}
	r.Text = chosen.Get("text").Str()
	if r.Text == "" {
		lo, hi := low.Get("value").Text(), high.Get("value").Text()
		switch {
		case lo != "" && hi != "":
			r.Text = lo + "–" + hi
		case lo != "":
			r.Text = "≥ " + lo
		case hi != "":
			r.Text = "≤ " + hi
		}
		if r.Text != "" {
			if kind := b.label(chosen.Get("type")); kind != "" && b.code(chosen.Get("type")) != "normal" {
				r.Text += " (" + kind + ")"
			}
		}
	}
	b.memo.ranges[string(n.Raw())] = r
	return r
}

// interpret reads Observation.interpretation, HL7 v3 ObservationInterpretation.
func (b *builder) interpret(p *Point, n fhir.Node) {
	if !n.Exists() {
		return
	}
	f, ok := b.memo.flags[string(n.Raw())]
	if !ok {
		for one := range n.Items() {
			f = interpretation(b.code(one), b.label(one))
			if f.code != "" {
				break
			}
		}
		b.memo.flags[string(n.Raw())] = f
	}
	p.Flag, p.FlagWord = f.code, f.word
}

func interpretation(code, label string) flag {
	switch code {
	case "N", "NEG", "ND", "NR", "S":
		word := map[string]string{"N": "normal", "NEG": "negative", "ND": "not detected", "NR": "not reactive", "S": "susceptible"}[code]
		return flag{"", word}
	case "L":
		return flag{"L", "low"}
	case "H", "HU":
		return flag{"H", "high"}
	case "LL", "LX", "<":
		return flag{"LL", "critically low"}
	case "HH", "HX", ">":
		return flag{"HH", "critically high"}
	case "A":
		return flag{"A", "abnormal"}
	case "AA":
		return flag{"AA", "critically abnormal"}
	case "POS":
		return flag{"A", "positive"}
	case "DET":
		return flag{"A", "detected"}
	case "RR":
		return flag{"A", "reactive"}
	case "R":
		return flag{"A", "resistant"}
	case "LU":
		return flag{"L", "low"}
	}
	return flag{"", strings.ToLower(label)}
}
