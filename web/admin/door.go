package admin

import (
	"net/http"

	"github.com/a-h/templ"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// call is one request of somebody who is signed in at the site it names.
type call struct {
	*admin
	*door.Call
}

const maxForm = 16 << 10

// page hangs a page on the door. A form that cannot be read never reaches it.
func (h *admin) page(pattern string, f func(*call)) {
	h.Handle(pattern, func(d *door.Call) {
		c := &call{h, d}
		c.R.Body = http.MaxBytesReader(c.W, c.R.Body, maxForm)
		if err := c.R.ParseForm(); err != nil {
			c.say(http.StatusBadRequest, "That form could not be read", "Nothing was changed. Go back and send it again, with less text.")
			return
		}
		f(c)
	})
}

// chart is the site's own record as who asks may see it.
func (c *call) chart() record.Session { return c.Call.Records.As(c.Actor, access.EMR) }

// may asks access what concerns no resource, and notes a refusal. What
// concerns patients is asked of the gate, never here.
func (c *call) may(act access.Action, typ string, roles ...access.Role) bool {
	d := access.Decide(c.Actor, access.EMR, act, typ)
	if d.Allowed && len(roles) > 0 {
		d = access.Decision{Why: "this page is for another role"}
		for _, r := range roles {
			if c.Actor.Kind == access.User && c.Actor.Role == r {
				d.Allowed = true
			}
		}
	}
	if d.Allowed {
		return true
	}
	if err := c.chart().Note(c.R.Context(), audit.Event{Action: act.String(), Type: typ, Outcome: audit.Refused, Why: d.Why}); err != nil {
		c.Failed(err)
		return false
	}
	c.Failed(&record.Refused{Why: d.Why})
	return false
}

// allowed is may without a word: for what a page offers.
func (c *call) allowed(act access.Action, typ string) bool {
	return c.Actor.Kind == access.User && access.Decide(c.Actor, access.EMR, act, typ).Allowed
}

// decidesLinks says whether who asks has the role that says who is who.
func (c *call) decidesLinks() bool {
	return c.allowed(access.Update, "Person") && (c.Actor.Role == access.RecordsOffice || c.Actor.Role == access.Admin)
}

// Page is the frame of these pages.
func (c *call) Page(title string) web.Page {
	p := c.Call.Page(title)
	p.Sheets = []string{sheetURL}
	return p
}

func (c *call) render(status int, p web.Page, content templ.Component) {
	c.Render(status, web.Framed(p, content))
}

// say is a page that says why there is nothing to see.
func (c *call) say(status int, title, text string) {
	c.Say(status, title, text, web.Link{Label: "Go to the start", Href: c.Path() + "/"})
}
