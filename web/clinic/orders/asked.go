package orders

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/fhir"
	"wholechart/web"
	"wholechart/web/door"
)

// said is one note of a request, with who wrote it when.
type said struct{ Text, Who, When string }

// notesOf are the notes of a Task, oldest first as they were written.
func notesOf(c *door.Call, n fhir.Node) []said {
	var out []said
	for x := range n.Get("note").Items() {
		if t := strings.TrimSpace(x.Get("text").Str()); t != "" && len(out) < 50 {
			out = append(out, said{Text: t, Who: firstOf(x.Get("authorString").Str(), named(c, x.Get("authorReference"))), When: momentText(x.Get("time").Str(), c.Zone)})
		}
	}
	return out
}

// askedBy says who asks by a Task: the requester, what they are to the patient, and
// for whom they ask when that is said.
func askedBy(c *door.Call, n fhir.Node) string {
	who := named(c, n.Get("requester"))
	switch typ, _, _, _ := fhir.Relative(n.Get("requester").Get("reference").Str()); typ {
	case "Patient":
		if who == "" {
			return "the patient"
		}
		return who + ", the patient"
	case "RelatedPerson":
		return strings.TrimPrefix(who+", for the patient", ", ")
	case "Organization":
		return who
	}
	return who
}

// named is the name of whom a reference means: as it was written, else from the
// resource, as far as it may be read.
func named(c *door.Call, ref fhir.Node) string {
	if d := ref.Get("display").Str(); d != "" {
		return d
	}
	typ, id, _, ok := fhir.Relative(ref.Get("reference").Str())
	if !ok || !slices.Contains([]string{"Practitioner", "Patient", "RelatedPerson", "Organization", "PractitionerRole"}, typ) {
		return ""
	}
	r, err := c.Session(access.EMR).Read(c.R.Context(), typ, id)
	if err != nil {
		return ""
	}
	if typ == "PractitionerRole" {
		return r.Node().Get("practitioner").Get("display").Str()
	}
	if name := r.Node().Get("name"); typ != "Organization" {
		return fhir.HumanNameOf(name.Index(0)).String()
	}
	return r.Node().Get("name").Str()
}

// momentText is when something was written: a day, and the time when that is known.
func momentText(s string, zone *time.Location) string {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.In(zone).Format("2 Jan 2006, 15:04")
	}
	return web.PartialDateText(s)
}

// filled says when the medicine of a prescription was last handed out, where that is
// known: here or, in the whole record, elsewhere.
func filled(c *chart.Chart, o order.Order, now time.Time) string {
	for _, list := range [][]chart.Medicine{c.Medicines.Active, c.Medicines.Stopped} {
		for _, m := range list {
			if !slices.ContainsFunc(m.Entries, func(e chart.MedicineEntry) bool { return e.Type == "MedicationRequest" && e.ID == o.ID }) || !m.LastFilled.Known() {
				continue
			}
			days := int(now.Sub(m.LastFilled.At) / (24 * time.Hour))
			text := m.LastFilled.String() + ", " + plural(days, "day", "days") + " ago"
			if m.FilledAt.Source != nil {
				text += ", at " + m.FilledAt.Source.Name
			}
			if m.Supply > 0 {
				text += "; it lasts " + strconv.Itoa(m.Supply) + " days"
			}
			return text
		}
	}
	return ""
}
