// Package lists is patients by what they have and lack: registries such as
// “diabetes, no HbA1c in six months”, everybody with a checkup due and everybody in
// whose record a danger stands, to look through, to call, to export.
//
// Who is on a list is package standing's to know: it follows the records, so that
// a page is made from memory. Names are read through the reader's own session.
package lists

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/chart"
	"wholechart/decision/standing"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/door"
)

//go:embed lists.css
var sheet []byte

var sheetURL = door.FileURL("lists.css", sheet)

// Room is the lists of a node.
type Room struct{ standing *standing.Keeper }

// Register hangs the pages on the door.
func Register(d *door.Door, k *standing.Keeper) {
	h := &Room{k}
	d.File("lists.css", sheet)
	d.Handle("GET /{site}/lists", h.index)
	d.Handle("GET /{site}/lists/due", h.due)
	d.Handle("GET /{site}/lists/due/csv", h.dueCSV)
	d.Handle("GET /{site}/lists/alerts", h.alerts)
	d.Handle("GET /{site}/lists/alerts/csv", h.alertsCSV)
	d.Handle("GET /{site}/lists/{list}", h.show)
	d.Handle("GET /{site}/lists/{list}/csv", h.export)
	d.Places = append(d.Places, door.Place{Order: 50, Label: "Lists", Key: "g l", Path: "lists", Can: may})
	d.Commands = append(d.Commands, door.Command{Label: "Checkups due", Words: "list due overdue prevention vaccines checkups patients", Can: may,
		Path: func(c *door.Call, _ string) string { return c.Path("lists", "due") }},
		door.Command{Label: "Standing alerts", Words: "list dangers interactions allergies contraindicated severe warnings patients", Can: mayAlerts,
			Path: func(c *door.Call, _ string) string { return c.Path("lists", "alerts") }})
	for _, r := range Registries {
		d.Commands = append(d.Commands, door.Command{Label: r.Title, Words: "list registry patients " + r.TestTitle(), Can: may,
			Path: func(c *door.Call, _ string) string { return c.Path("lists", r.ID) }})
	}
}

func may(c *door.Call) bool { return standing.MayList(c.Actor) }

func refused(c *door.Call) bool {
	if may(c) {
		return false
	}
	c.Failed(&record.Refused{Why: "lists of patients are for those who take part in care"})
	return true
}

func (h *Room) index(c *door.Call) {
	if refused(c) {
		return
	}
	frame := c.Page("Lists")
	frame.Sheets = []string{sheetURL}
	f := h.fresh(c)
	alerts := ""
	if mayAlerts(c) {
		alerts = c.Path("lists", "alerts")
	}
	c.Show(frame, indexMain(Registries, c.Path("lists", "due"), alerts, f, func(id string) string { return c.Path("lists", id) }))
}

// line is one patient on the page.
type line struct {
	member
	person
	LastText, SeenText string
	Site               web.Badge // of another site that has the result
}

type listPage struct {
	Registry
	answer
	Lines []line
	CSV   string
	Fresh fresh
	Pager pager
}

// pager is which part of a long list a page shows.
type pager struct {
	From, Of   int
	Prev, Next string
}

const perPage = 100

// part cuts a page out of a list; href is the address of the page from a place.
func part[T any](list []T, from int, href func(from int) string) ([]T, pager) {
	p := pager{From: max(0, min(from, len(list)-1)) / perPage * perPage, Of: len(list)}
	if p.From > 0 {
		p.Prev = href(p.From - perPage)
	}
	if p.From+perPage < len(list) {
		p.Next = href(p.From + perPage)
	}
	return list[p.From:min(len(list), p.From+perPage)], p
}

// from is the place in the list that the address asks for.
func from(c *door.Call) int {
	n, _ := strconv.Atoi(c.R.URL.Query().Get("from"))
	return max(0, min(n, 1_000_000))
}

// person is who somebody is, for a line.
type person struct {
	Name, Age, Sex, Phone string
	Href, Task            string
}

// catchUp is how many records a page evaluates itself before it is made.
const catchUp = 2

// ask finds who is on the list of the address, with the names of a page of them or
// of all.
func (h *Room) ask(c *door.Call, whole bool) (*listPage, error) {
	r, ok := ByID(c.R.PathValue("list"))
	if !ok {
		return nil, record.ErrNotFound
	}
	h.standing.CatchUp(c.R.Context(), c.Site.Slug, catchUp)
	p := &listPage{Registry: r, answer: Ask(h.standing.Rows(c.Site.Slug), r, c.Now.In(c.Zone)), Fresh: h.fresh(c), CSV: c.Path("lists", r.ID, "csv")}
	p.Pager.Of = len(p.Members)
	if !whole {
		p.Members, p.Pager = part(p.Members, from(c), func(n int) string { return c.Path("lists", r.ID) + "?from=" + strconv.Itoa(n) })
	}
	ids := make([]string, len(p.Members))
	for i, m := range p.Members {
		ids[i] = m.ID
	}
	people, err := names(c, ids)
	if err != nil {
		return nil, err
	}
	for _, m := range p.Members {
		who, ok := people[m.ID]
		if !ok {
			continue // deleted meanwhile, or not for who asks
		}
		l := line{member: m, person: who, LastText: dayText(c, m.Last), SeenText: dayText(c, m.LastSeen)}
		if m.Source != "" && m.Source != c.Site.Slug {
			l.Site = badge(c, m.Source)
		}
		p.Lines = append(p.Lines, l)
	}
	return p, nil
}

func dayText(c *door.Call, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.Zone).Format("2 Jan 2006")
}

// badge is a site's.
func badge(c *door.Call, slug string) web.Badge {
	s, err := c.Records.Site(slug)
	if err != nil {
		return web.Badge{}
	}
	return web.Badge{Letters: s.Badge, Color: s.Color(), Title: s.Name}
}

// names are who patients are, by id, as the reader may see them.
func names(c *door.Call, ids []string) (map[string]person, error) {
	found, err := patients(c, c.Session(access.EMR), ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]person, len(found))
	src := chart.Source{Slug: c.Site.Slug, Name: c.Site.Name, Own: true, Zone: c.Zone}
	for id, res := range found {
		who := chart.Assemble(id, []chart.Fact{{Node: res.Node(), Type: res.Type, ID: res.ID, Source: src}}, c.Now, c.Zone).Patient
		if who.Deceased || who.Inactive || who.Replaced != "" {
			continue // and standing will know it soon
		}
		p := person{Name: who.Name, Age: who.Age, Sex: who.Sex, Href: c.Path("patients", id), Task: c.Path("tasks", "new") + "?" + url.Values{"patient": {id}}.Encode()}
		for _, t := range who.Telecom {
			if t.Kind == "phone" {
				p.Phone = t.Value
				break
			}
		}
		out[id] = p
	}
	return out, nil
}

// fresh is how far the lists have come.
type fresh struct {
	standing.Fresh
	Text string
}

// fresh says how far the lists have come.
func (h *Room) fresh(c *door.Call) fresh {
	f := fresh{Fresh: h.standing.Fresh(c.Site.Slug)}
	switch {
	case !f.Ready:
		f.Text = "The records are still being read: nobody is known yet."
	case f.Unknown > 0:
		f.Text = fmt.Sprintf("%s still to be looked at for the first time: somebody may be missing.", plural(f.Unknown, "record is", "records are"))
	case f.Waiting > 0:
		f.Text = fmt.Sprintf("%s being looked at again.", plural(f.Waiting, "record is", "records are"))
	}
	return f
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// count is a number with its thousands apart.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// basis says what a list rests on and when.
func basis(c *door.Call, f fresh) string {
	return "As the whole record is known here, " + c.Now.In(c.Zone).Format("2 Jan 2006, 15:04 MST") + ", change " + count(int(f.At)) + " of the log."
}

// patients are the Patient resources of ids.
func patients(c *door.Call, s record.Session, ids []string) (map[string]record.Resource, error) {
	out := make(map[string]record.Resource, len(ids))
	for some := range slices.Chunk(ids, 200) {
		q, err := search.Parse("Patient", url.Values{"_id": {strings.Join(some, ",")}, "_count": {"200"}}, search.Options{Now: c.Now})
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

func (h *Room) show(c *door.Call) {
	if refused(c) {
		return
	}
	p, err := h.ask(c, false)
	if err != nil {
		c.Failed(err)
		return
	}
	frame := c.Page(p.Title)
	frame.Sheets = []string{sheetURL}
	c.Show(frame, listMain(p, basis(c, p.Fresh)))
}

// export is the list as CSV. The export is noted.
func (h *Room) export(c *door.Call) {
	if refused(c) {
		return
	}
	p, err := h.ask(c, true)
	if err != nil {
		c.Failed(err)
		return
	}
	rows := [][]string{{"patient", "name", "age", "sex", "phone", "why", "test", "last", "value", "at", "last visit"}}
	for _, l := range p.Lines {
		rows = append(rows, []string{l.ID, l.Name, l.Age, l.Sex, l.Phone, l.Why, p.TestTitle(), iso(c, l.Last), l.Value, l.Source, iso(c, l.LastSeen)})
	}
	h.csv(c, p.ID, p.Fresh, rows)
}

func iso(c *door.Call, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.Zone).Format(time.RFC3339)
}

// csv sends rows as CSV (RFC 4180), the first of them the header. What a
// spreadsheet would take for a formula is written so that it does not. That it
// went out is noted before it does.
func (h *Room) csv(c *door.Call, name string, f fresh, rows [][]string) {
	if err := c.Session(access.EMR).Note(c.R.Context(), audit.Event{Action: "export", Type: "Patient", Count: len(rows) - 1, Why: "list " + name}); err != nil {
		c.Failed(err)
		return
	}
	web.SecurityHeaders(c.W)
	head := c.W.Header()
	head.Set("Content-Type", "text/csv; charset=utf-8")
	head.Set("Content-Disposition", `attachment; filename="`+name+`-`+c.Now.In(c.Zone).Format("2006-01-02")+`.csv"`)
	c.W.WriteHeader(http.StatusOK)
	w := csv.NewWriter(c.W)
	w.UseCRLF = true
	if f.Waiting > 0 {
		said := make([]string, len(rows[0]))
		said[0] = "not complete: " + f.Text
		rows = append(rows, said)
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
	s := plural(p.Pager.Of, "patient", "patients")
	if p.answer.Of > 0 {
		s += " of " + count(p.answer.Of)
	}
	return s
}
