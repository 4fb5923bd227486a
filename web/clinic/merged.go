package clinic

import (
	"net/url"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/web/door"
)

// mergedBoard says, last and quietly, which other records of the site this one
// stands for, since when and by whom; for who may, the way to take it back.
func (v *view) mergedBoard() boardSection {
	s := boardSection{Title: "Merged records"}
	chart := v.Session(access.EMR)
	if len(chart.Together(v.id)) == 1 {
		return s
	}
	list, err := chart.Replaces(v.R.Context(), v.id)
	if err != nil {
		return s
	}
	for _, r := range list {
		row := boardRow{Label: "Record " + v.number(r.ID), Text: "merged on " + r.When.In(v.Zone).Format("2 Jan 2006") + " by " + door.Bare(r.By)}
		if v.Can(access.Update, "Patient") && (v.Actor.Role == access.RecordsOffice || v.Actor.Role == access.Admin) {
			row.Href, row.Text = v.Path("merge")+"?"+url.Values{"a": {r.Into}, "b": {r.ID}}.Encode(), row.Text+": look at both, or undo"
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// number is what people call a record: its medical record number, else its id.
func (v *view) number(id string) string {
	r, err := v.Session(access.EMR).Read(v.R.Context(), "Patient", id)
	if err != nil {
		return id
	}
	for i := range r.Node().Get("identifier").Items() {
		x := fhir.IdentifierOf(i)
		if t, ok := x.Type.In("http://terminology.hl7.org/CodeSystem/v2-0203"); ok && t.Code == "MR" {
			return x.Value
		}
	}
	return id
}
