package chart

import (
	"slices"
	"strings"

	"wholechart/fhir"
)

// Panel is a report that groups results.
type Panel struct {
	Name       string
	Category   string // LAB, RAD, or the Observation's category
	Status     string
	Conclusion string
	When       When
	Lines      []Line
	Missing    int // results the report names that are not in the record
	Prov
	Also []Prov
}

// Line is one result of a panel.
type Line struct {
	Series *Series
	Point  Point
}

// panels makes panels of DiagnosticReports and of Observations with members.
// Reports without results are documents only.
func (b *builder) panels() {
	for _, f := range b.of("DiagnosticReport") {
		f.used = true
		results := f.Node.Get("result")
		if results.Len() == 0 {
			continue
		}
		b.panel(f, results)
	}
	for _, f := range b.of("Observation") {
		if members := f.Node.Get("hasMember"); members.Len() > 0 {
			b.panel(f, members)
		}
	}
	slices.SortStableFunc(b.c.Results.Panels, func(x, y Panel) int { return newer(x.When, y.When) })
}

func (b *builder) panel(f *fact, members fhir.Node) {
	n := f.Node
	p := Panel{Name: b.label(n.Get("code")), Category: b.code(n.Get("category")), Status: f.status, Conclusion: b.conclusion(n), Also: b.routes(f)}
	start, end, _ := b.choiceWhen(n, "effective")
	p.When = start
	if end.Known() {
		p.When = end
	}
	issued := b.when(n.Get("issued"))
	if !p.When.Known() {
		p.When = issued
	}
	p.Prov = b.prov(f, issued)
	if p.Name == "" {
		p.Name = "Results"
	}
	seen := map[*fact]bool{}
	for r := range members.Items() {
		to := b.refTo(f, r)
		if to == nil {
			if r.Get("reference").Exists() || r.Get("identifier").Exists() {
				p.Missing++
			}
			continue
		}
		to = lead(to)
		if seen[to] {
			continue
		}
		seen[to] = true
		if to.series != nil {
			p.Lines = append(p.Lines, Line{to.series, to.series.Points[to.point]})
		} else if to.status != "entered-in-error" && !to.Node.Get("hasMember").Exists() {
			p.Missing++
		}
	}
	b.c.Results.Panels = append(b.c.Results.Panels, p)
}

// conclusion is what a report concludes, in words or codes.
func (b *builder) conclusion(n fhir.Node) string {
	if c := strings.TrimSpace(n.Get("conclusion").Str()); c != "" {
		return c
	}
	return strings.Join(b.labels(n.Get("conclusionCode")), "; ")
}
