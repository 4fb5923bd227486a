package plot

import (
	"slices"
	"strconv"
	"strings"
)

// table is the twin of the panels, latest first.
func (c Courses) table(d *drawing) {
	type row struct {
		p *Panel
		l *Line
		*Reading
	}
	var rows []row
	for i := range c.Panels {
		p := &c.Panels[i]
		for j := range p.Lines {
			l := &p.Lines[j]
			for k := range l.Readings {
				if r := &l.Readings[k]; c.within(r.Time) {
					rows = append(rows, row{p, l, r})
				}
			}
		}
	}
	if len(rows) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b row) int { return b.Time.Compare(a.Time) })
	d.tag("details", "class", "twin")
	d.leaf("summary", plural(len(rows), "value", "values")+" as a table")
	if len(rows) > courseTable {
		d.leaf("p", "The latest "+strconv.Itoa(courseTable)+" of "+strconv.Itoa(len(rows))+"; the flowsheet and its CSV have all.", "class", "plot-none")
		rows = rows[:courseTable]
	}
	d.tableHead("Values", "Date", "What", "Value", "Flag", "Source")
	for _, r := range rows {
		d.WriteString(`<tr><th scope="row">`)
		if href := safeHref(r.Href); href != "" {
			d.leaf("a", c.when(*r.Reading), "href", href)
		} else {
			d.text(c.when(*r.Reading))
		}
		d.WriteString("</th>")
		name := r.p.Title
		if len(r.p.Lines) > 1 && r.l.Name != "" {
			name = r.l.Name
		}
		d.leaf("td", name)
		value := strings.TrimSpace(r.text() + " " + r.Unit)
		if r.Missing != "" {
			value = r.Missing
		}
		if r.Drawn != "" {
			value += " (" + r.Drawn + ")"
		}
		d.leaf("td", value)
		flag := r.FlagWord
		if flag == "" && r.flagged() {
			flag = r.Flag
		}
		d.leaf("td", flag)
		d.leaf("td", r.Source.Site)
		d.WriteString("</tr>")
	}
	d.WriteString("</tbody></table></div></details>")
}

// barTable is the twin of the medicines.
func (c Courses) barTable(d *drawing) {
	n := 0
	for _, b := range c.Bars {
		n += len(b.Parts)
	}
	if n == 0 {
		return
	}
	d.tag("details", "class", "twin")
	d.leaf("summary", plural(len(c.Bars), "medicine", "medicines")+" as a table")
	d.tableHead("Medicines", "Medicine", "Dose", "From", "Until", "Source", "Fills")
	for _, b := range c.Bars {
		for i, p := range b.Parts {
			d.WriteString("<tr>")
			d.leaf("th", b.Name, "scope", "row")
			d.leaf("td", p.Label)
			from, until := "not recorded", "now"
			if !p.Start.IsZero() {
				from = day(p.Start, c.Zone)
			}
			switch {
			case p.EndUnknown:
				until = "not recorded; last known " + day(p.End, c.Zone)
			case !p.Ongoing && p.End.IsZero():
				until = "not recorded"
			case !p.Ongoing:
				until = day(p.End, c.Zone)
			}
			d.leaf("td", from)
			d.leaf("td", until)
			d.leaf("td", p.Source.Site)
			fills := ""
			if i == 0 && len(b.Marks) > 0 {
				fills = plural(len(b.Marks), "fill", "fills") + ", last " + day(b.Marks[len(b.Marks)-1].Time, c.Zone)
			}
			d.leaf("td", fills)
			d.WriteString("</tr>")
		}
	}
	d.WriteString("</tbody></table></div></details>")
}

func (d *drawing) tableHead(caption string, columns ...string) {
	d.tag("div", "class", "table-wrap", "role", "region", "aria-label", caption+", table", "tabindex", "0")
	d.tag("table", "class", "table")
	d.leaf("caption", caption, "class", "sr")
	d.WriteString("<thead><tr>")
	for _, h := range columns {
		d.leaf("th", h, "scope", "col")
	}
	d.WriteString("</tr></thead><tbody>")
}
