// Package lists is patients by what they have and lack: registries such as
// “diabetes, no HbA1c in six months”, to look through, to call, to export.
package lists

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/chart"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/door"
)

//go:embed lists.css
var sheet []byte

var sheetURL = door.FileURL("lists.css", sheet)

// Register hangs the pages on the door.
func Register(d *door.Door) {
	d.File("lists.css", sheet)
	d.Handle("GET /{site}/lists", index)
	d.Handle("GET /{site}/lists/{list}", show)
	d.Handle("GET /{site}/lists/{list}/csv", export)
	d.Places = append(d.Places, door.Place{Order: 50, Label: "Lists", Key: "g l", Path: "lists", Can: may})
	for _, r := range Registries {
		d.Commands = append(d.Commands, door.Command{Label: r.Title, Words: "list registry patients " + r.Test, Can: may,
			Path: func(c *door.Call, _ string) string { return c.Path("lists", r.ID) }})
	}
}

func may(c *door.Call) bool {
	return c.Actor.Kind == access.User && c.Can(access.Search, "Condition") && c.Can(access.Search, "Observation")
}

func refused(c *door.Call) bool {
	if may(c) {
		return false
	}
	c.Failed(&record.Refused{Why: "lists of patients are for those who take part in care"})
	return true
}

func index(c *door.Call) {
	if refused(c) {
		return
	}
	frame := c.Page("Lists")
	frame.Sheets = []string{sheetURL}
	c.Show(frame, indexMain(Registries, func(id string) string { return c.Path("lists", id) }))
}

// line is one patient on the page.
type line struct {
	member
	Name, Age, Sex, Phone string
	Href, Task            string
	LastText, SeenText    string
}

type listPage struct {
	Registry
	answer
	Lines  []line
	CSV    string
	Now    string
	Failed string
}

// ask finds who is on the list of the address, with names.
func ask(c *door.Call) (*listPage, error) {
	r, ok := ByID(c.R.PathValue("list"))
	if !ok {
		return nil, record.ErrNotFound
	}
	s := c.Session(access.EMR)
	a, err := Ask(c.R.Context(), s, r, c.Now.In(c.Zone))
	if err != nil {
		return nil, err
	}
	p := &listPage{Registry: r, answer: a, CSV: c.Path("lists", r.ID, "csv"), Now: c.Now.In(c.Zone).Format("2 Jan 2006, 15:04 MST")}
	names, err := patients(c, s, a.Members)
	if err != nil {
		return nil, err
	}
	kept := p.Members[:0:0]
	for _, m := range a.Members {
		res, ok := names[m.ID]
		if !ok {
			continue // deleted meanwhile, or not for who asks
		}
		f := chart.Fact{Node: res.Node(), Type: res.Type, ID: res.ID, Source: chart.Source{Slug: c.Site.Slug, Name: c.Site.Name, Own: true, Zone: c.Zone}}
		who := chart.Assemble(res.ID, []chart.Fact{f}, c.Now, c.Zone).Patient
		if who.Deceased || who.Inactive {
			continue
		}
		l := line{member: m, Name: who.Name, Age: who.Age, Sex: who.Sex, Href: c.Path("patients", m.ID),
			Task: c.Path("tasks", "new") + "?" + url.Values{"patient": {m.ID}}.Encode()}
		for _, t := range who.Telecom {
			if t.Kind == "phone" {
				l.Phone = t.Value
				break
			}
		}
		day := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.In(c.Zone).Format("2 Jan 2006")
		}
		l.LastText, l.SeenText = day(m.Last), day(m.LastSeen)
		p.Lines, kept = append(p.Lines, l), append(kept, m)
	}
	p.Members = kept
	return p, nil
}

// patients are the Patient resources of members, by id.
func patients(c *door.Call, s record.Session, members []member) (map[string]record.Resource, error) {
	out := map[string]record.Resource{}
	for some := range slices.Chunk(members, 200) {
		ids := make([]string, len(some))
		for i, m := range some {
			ids[i] = m.ID
		}
		q, err := search.Parse("Patient", url.Values{"_id": {strings.Join(ids, ",")}, "_count": {"200"}}, search.Options{Now: c.Now})
		if err != nil {
			return nil, err
		}
		page, err := s.Search(c.R.Context(), q)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Matches {
			out[r.ID] = r
		}
	}
	return out, nil
}

func show(c *door.Call) {
	if refused(c) {
		return
	}
	p, err := ask(c)
	if err != nil {
		c.Failed(err)
		return
	}
	frame := c.Page(p.Title)
	frame.Sheets = []string{sheetURL}
	c.Show(frame, listMain(p))
}

// export is the list as CSV (RFC 4180). What a spreadsheet would take for a
// formula is written so that it does not. The export is noted.
func export(c *door.Call) {
	if refused(c) {
		return
	}
	p, err := ask(c)
	if err == nil {
		err = c.Session(access.EMR).Note(c.R.Context(), audit.Event{Action: "export", Type: "Patient", Count: len(p.Lines), Why: "list " + p.ID})
	}
	if err != nil {
		c.Failed(err)
		return
	}
	web.SecurityHeaders(c.W)
	h := c.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+p.ID+`-`+c.Now.In(c.Zone).Format("2006-01-02")+`.csv"`)
	c.W.WriteHeader(http.StatusOK)
	w := csv.NewWriter(c.W)
	w.UseCRLF = true
	rows := [][]string{{"patient", "name", "age", "sex", "phone", "why", "test", "last", "value", "last visit"}}
	for _, l := range p.Lines {
		iso := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.In(c.Zone).Format(time.RFC3339)
		}
		rows = append(rows, []string{l.ID, l.Name, l.Age, l.Sex, l.Phone, l.Why, p.Test, iso(l.Last), l.Value, iso(l.LastSeen)})
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = harmless(cell)
		}
		if err := w.Write(row); err != nil {
			return
		}
	}
	w.Flush()
}

// harmless keeps a spreadsheet from running a cell.
func harmless(s string) string {
	if t := strings.TrimSpace(s); t != "" && strings.ContainsRune("=+-@\t\r", rune(t[0])) {
		return "'" + s
	}
	return s
}

func countText(p *listPage) string {
	s := fmt.Sprintf("%d patients", len(p.Lines))
	if len(p.Lines) == 1 {
		s = "1 patient"
	}
	if p.Of > 0 {
		s += fmt.Sprintf(" of %d", p.Of)
	}
	return s
}

func monthsText(n int) string {
	if n == 12 {
		return "a year"
	}
	return fmt.Sprintf("%d months", n)
}
