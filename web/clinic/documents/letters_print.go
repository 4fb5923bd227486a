package documents

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/document"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// head is what stands on a letter of this patient besides its text.
func (h *room) head(c *door.Call, ch *chart.Chart, signed time.Time) document.Head {
	p := ch.Patient
	out := document.Head{Site: c.Site.Name, Patient: p.Name, By: me(c), Demo: c.Demo}
	if out.Patient == "" {
		out.Patient = "Name not recorded"
	}
	if !signed.IsZero() {
		out.Signed = signed.In(c.Zone)
	}
	if p.Birth.Known() {
		out.Born = p.Birth.String()
	}
	for _, m := range p.MRNs {
		if m.Source == nil || m.Source.Own {
			out.MRN = m.Value
			break
		}
	}
	out.Address = h.address(c)
	return out
}

// address is the site's own: that of its Organization or Location, where one has it.
func (h *room) address(c *door.Call) []string {
	for _, typ := range []string{"Organization", "Location"} {
		list, err := find(c, typ, url.Values{"_count": {"20"}})
		if err != nil {
			continue
		}
		for _, r := range list {
			n := r.Node()
			if !n.Get("name").Is(c.Site.Name) && len(list) > 1 {
				continue
			}
			a := n.Get("address")
			if a.Kind() == fhir.Array {
				a = a.Index(0)
			}
			var out []string
			for line := range a.Get("line").Items() {
				out = append(out, line.Str())
			}
			if city := strings.TrimSpace(strings.Trim(a.Get("city").Str()+", "+a.Get("state").Str()+" "+a.Get("postalCode").Str(), ", ")); city != "" {
				out = append(out, city)
			}
			for t := range n.Get("telecom").Items() {
				if t.Get("system").Is("phone") {
					out = append(out, t.Get("value").Str())
					break
				}
			}
			if len(out) > 0 {
				return out[:min(len(out), 4)]
			}
		}
	}
	return nil
}

func (h *room) draftPDF(c *door.Call) {
	d, l, err := draft(c)
	if err != nil {
		c.Failed(err)
		return
	}
	ch, err := chart.Glance(c.R.Context(), c.Session(access.EMR), d.Patient, c.Now)
	if err != nil {
		c.Failed(err)
		return
	}
	pdf, err := document.Print(l, h.head(c, ch, time.Time{}))
	if err != nil {
		c.Say(http.StatusUnprocessableEntity, "Too long for a letter", "It has more pages than a letter may have. Nothing was lost: make it shorter.", web.Link{Label: "Back to the letter", Href: c.Path("patients", d.Patient, "letters", d.ID)})
		return
	}
	web.SecurityHeaders(c.W)
	head := c.W.Header()
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	head.Set("Content-Type", "application/pdf")
	head.Set("Content-Disposition", `attachment; filename="draft.pdf"`)
	_, _ = c.W.Write(pdf)
}

// printed is a letter as a page to print.
type printed struct {
	document.Head
	Title  string
	To     []string
	Blocks []document.Block
	Date   string
	Back   string
	Draft  bool
	Signed string
	Error  bool
}

func (h *room) printDraft(c *door.Call) {
	d, l, err := draft(c)
	if errors.Is(err, record.ErrNotFound) {
		h.gone(c)
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	h.printPage(c, l, printed{Draft: true, Back: c.Path("patients", d.Patient, "letters", d.ID)})
}

func (h *room) printSigned(c *door.Call) {
	r, err := reference(c)
	if err == nil && !document.Signed(r.Node()) {
		err = record.ErrNotFound
	}
	if err != nil {
		c.Failed(err)
		return
	}
	text := string(decoded(r.Node().Get("content").Index(0).Get("attachment")))
	at, by := document.SignedAt(r.Node())
	p := printed{Back: c.Path("patients", c.R.PathValue("id"), "library", r.ID), Error: r.Node().Get("status").Is("entered-in-error")}
	p.Signed = by + ", " + at.In(c.Zone).Format("2 Jan 2006, 15:04 MST")
	p.Date = at.In(c.Zone).Format("2 January 2006")
	h.printPage(c, document.Letter{Title: document.EntryOf(r.Node()).Title, Body: text}, p)
}

func (h *room) printPage(c *door.Call, l document.Letter, p printed) {
	ch, err := chart.Glance(c.R.Context(), c.Session(access.EMR), c.R.PathValue("id"), c.Now)
	if err != nil {
		c.Failed(err)
		return
	}
	p.Head = h.head(c, ch, time.Time{})
	p.Title, p.Blocks = l.Title, document.Blocks(l.Body)
	if to := strings.TrimSpace(l.To); to != "" {
		p.To = strings.Split(to, "\n")
	}
	page := c.Page(first(l.Title, 60))
	page.Narrow = true
	page.Sheets = append(page.Sheets, sheetURL)
	page.Modules = append(page.Modules, moduleURL)
	c.Show(page, printMain(p))
}
