package progress

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/fhir"
	"wholechart/web/plot"
)

// source is a fact's site as plots have it.
func source(p chart.Prov) plot.Source {
	if p.Source == nil {
		return plot.Source{Letters: "??", Site: "source not recorded"}
	}
	return plot.Source{Letters: p.Source.Badge, Color: p.Source.Color, Site: p.Source.Name}
}

const mostBars = 14

// bars are the medicines of what is asked: of a view its own, else those active.
// rest is how many are left out.
func (v *view) bars(from, to time.Time) (out []plot.Bar, rest int) {
	m := v.Chart().Medicines
	f := focusByID(v.ask.Focus)
	var list []chart.Medicine
	switch {
	case v.ask.Meds == "none":
		return nil, 0
	case v.ask.Meds == "all" || f != nil:
		list = slices.Concat(m.Active, m.Stopped)
	default:
		list = m.Active
	}
	for _, med := range list {
		if v.ask.Meds == "" && f != nil && !f.takes(med) {
			continue
		}
		for _, b := range v.barsOf(med) {
			if !touches(b, from, to) {
				continue
			}
			if len(out) == mostBars*map[bool]int{false: 1, true: 3}[v.ask.Meds == "all"] {
				rest++
				continue
			}
			out = append(out, b)
		}
	}
	return out, rest
}

func touches(b plot.Bar, from, to time.Time) bool {
	for _, p := range b.Parts {
		if (p.Start.IsZero() || !p.Start.After(to)) && (p.End.IsZero() || !p.End.Before(from)) {
			return true
		}
	}
	return slices.ContainsFunc(b.Marks, func(m plot.BarMark) bool { return !m.Time.Before(from) && !m.Time.After(to) })
}

// barsOf draws one medicine: one bar, or one a site where sites list different
// doses: two lists that differ are not one course of changes.
func (v *view) barsOf(m chart.Medicine) []plot.Bar {
	lists := map[*chart.Source][]chart.MedicineEntry{}
	var order []*chart.Source
	type fill struct {
		plot.BarMark
		dose string
	}
	var filled []fill
	doses := map[*chart.Source]string{}
	for _, e := range m.Entries {
		switch e.Kind {
		case chart.Prescribed, chart.Taken:
			if e.State == "draft" || e.State == "entered-in-error" || e.State == "cancelled" {
				continue
			}
			if _, ok := lists[e.Source]; !ok {
				order = append(order, e.Source)
			}
			lists[e.Source] = append(lists[e.Source], e)
			doses[e.Source] = e.Strength
		default:
			if !dated(e.When) || e.State == "cancelled" || e.State == "entered-in-error" || e.State == "not-done" || e.State == "declined" {
				continue
			}
			what := "filled"
			if e.Kind == chart.Given {
				what = "given"
			}
			tip := orElse(e.Name, m.Name) + "\n" + what + " " + v.When(e.When)
			if e.Quantity != "" {
				tip += ", " + e.Quantity
			}
			if e.Supply > 0 {
				tip += ", for " + strconv.Itoa(e.Supply) + " days"
			}
			src := source(e.Prov)
			filled = append(filled, fill{plot.BarMark{Time: e.When.At, Tip: tip + "\n" + src.Letters + " · " + src.Site, Href: v.FactHref(e.Prov), Source: src}, e.Strength})
		}
	}
	slices.SortStableFunc(filled, func(a, b fill) int { return a.Time.Compare(b.Time) })
	marks := func(mine func(dose string) bool) (out []plot.BarMark) {
		for _, f := range filled {
			if mine(f.dose) {
				out = append(out, f.BarMark)
			}
		}
		return out
	}
	name := m.Ingredient
	if name == "" {
		name = m.Name
	}
	if len(name) <= len(m.Name) && strings.EqualFold(m.Name[:len(name)], name) {
		name = m.Name[:len(name)] // "Cholecalciferol (vitamin D3)", as it was written
	}
	name = capital(name)
	if m.Form != "" && m.Form != "oral" {
		name += ", " + m.Form
	}
	first := plot.Bar{Name: name, Href: v.FactHref(m.Prov), Marks: marks(func(string) bool { return true })}
	if len(order) == 0 { // fills and given doses alone are no course: nobody wrote that it was to be taken
		first.Note = "in no list: fills alone"
		return []plot.Bar{first}
	}
	differ := false
	for _, s := range order {
		differ = differ || doses[s] != doses[order[0]]
	}
	if len(order) < 2 || !differ {
		var all []chart.MedicineEntry
		for _, s := range order {
			all = append(all, lists[s]...)
		}
		first.Parts = v.parts(m, all)
		if len(order) > 1 {
			first.Note = "in " + strconv.Itoa(len(order)) + " lists"
		}
		return []plot.Bar{first}
	}
	var out []plot.Bar
	for i, s := range order {
		b := plot.Bar{Name: name, Href: v.FactHref(lists[s][0].Prov), Parts: v.parts(m, lists[s]), Note: "lists differ · " + s.Badge}
		// A fill stands beneath the list that has its dose; one of no list's dose, or of more than one's, beneath the first.
		b.Marks = marks(func(dose string) bool {
			first := slices.IndexFunc(order, func(o *chart.Source) bool {
				return slices.ContainsFunc(lists[o], func(e chart.MedicineEntry) bool { return e.Strength == dose })
			})
			return max(first, 0) == i
		})
		out = append(out, b)
	}
	return out
}

// parts are the doses one after the other. Where nobody wrote when a dose ended,
// it ends open at the last day that is known of it.
func (v *view) parts(m chart.Medicine, entries []chart.MedicineEntry) []plot.BarPart {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b chart.MedicineEntry) int { return cmp.Compare(at(a.When), at(b.When)) })
	var out []plot.BarPart
	for _, e := range entries {
		src := source(e.Prov)
		p := plot.BarPart{Label: label(e), Source: src, Href: v.FactHref(e.Prov)}
		if dated(e.When) {
			p.Start = e.When.At
		} else if e.When.Known() {
			p.Start, p.StartAbout = e.When.At, true
		}
		live := e.State == "active" || e.State == "on-hold" || e.State == "intended" || e.State == "" || e.State == "unknown"
		switch {
		case e.Until.Known():
			p.End = e.Until.Until()
			p.Ongoing = p.End.After(v.c.Now) && live
		case live:
			p.Ongoing = true
		case m.Ended.Known() && m.Ended.Until().After(p.Start) && len(entries) == 1:
			p.End = m.Ended.Until()
		default:
			p.End, p.EndUnknown = e.When.Until(), true
			if e.Supply > 0 {
				p.End = e.When.At.AddDate(0, 0, e.Supply)
			}
		}
		if p.Ongoing {
			p.End = v.c.Now
		}
		if n := len(out) - 1; n >= 0 {
			last := &out[n]
			if last.Label == p.Label && last.Source == p.Source { // renewed
				last.End, last.Ongoing, last.EndUnknown = later(last.End, p.End), last.Ongoing || p.Ongoing, p.EndUnknown && !last.Ongoing
				last.Tip = tipOf(m, *last, e, v)
				continue
			}
			if !p.Start.IsZero() && last.End.After(p.Start) && last.Source == p.Source { // a change of dose ends the one before
				last.End, last.Ongoing, last.EndUnknown = p.Start, false, false
			}
		}
		p.Tip = tipOf(m, p, e, v)
		out = append(out, p)
	}
	return out
}

func tipOf(m chart.Medicine, p plot.BarPart, e chart.MedicineEntry, v *view) string {
	lines := []string{orElse(e.Name, m.Name)}
	if e.Sig != "" {
		lines = append(lines, e.Sig)
	}
	from, until := "start not recorded", "goes on"
	if !p.Start.IsZero() {
		from = "from " + p.Start.In(v.c.Zone).Format("2 Jan 2006")
		if p.StartAbout {
			from = "from " + e.When.String()
		}
	}
	switch {
	case p.EndUnknown:
		until = "end not recorded"
	case !p.Ongoing:
		until = "to " + p.End.In(v.c.Zone).Format("2 Jan 2006")
	}
	lines = append(lines, from+", "+until)
	if e.State != "" {
		lines = append(lines, e.State)
	}
	if e.Reason != "" {
		lines = append(lines, "for "+e.Reason)
	}
	return strings.Join(append(lines, p.Source.Letters+" · "+p.Source.Site), "\n")
}

func label(e chart.MedicineEntry) string {
	if e.Strength != "" {
		return e.Strength
	}
	return e.Sig
}

func at(w chart.When) int64 {
	if !w.Known() {
		return -1 << 60
	}
	return w.At.Unix()
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// events are visits, stays and procedures, in order of time.
func (v *view) events() []plot.Event {
	var out []plot.Event
	for _, e := range v.Chart().Encounters {
		if !dated(e.When) || e.Cancelled || e.When.At.After(v.c.Now) {
			continue
		}
		x := plot.Event{Start: e.When.At, Label: orElse(e.Type, "Visit"), At: v.When(e.When), Href: v.FactHref(e.Prov), Source: source(e.Prov)}
		if e.Reason != "" && !strings.EqualFold(e.Reason, x.Label) {
			x.Label += " · " + e.Reason
		}
		if e.Kind == "stay" {
			x.Kind, x.End = plot.EventStay, v.c.Now
			if e.End.Known() {
				x.End = e.End.At
				x.At += " – " + v.When(e.End)
			} else if !e.Ongoing {
				x.End = x.Start
				x.At += ", end not recorded"
			}
		}
		out = append(out, x)
	}
	for _, p := range v.Chart().Procedures {
		if p.When.Precision < fhir.Day || p.NotDone || p.When.At.After(v.c.Now) {
			continue
		}
		out = append(out, plot.Event{Kind: plot.EventProcedure, Start: p.When.At, Label: p.Name, At: v.When(p.When), Href: v.FactHref(p.Prov), Source: source(p.Prov)})
	}
	slices.SortStableFunc(out, func(a, b plot.Event) int { return a.Start.Compare(b.Start) })
	return out
}
