package door

import (
	"encoding/json"
	"net/url"
	"strings"

	"wholechart/web"
)

// offer is one line of the palette.
type offer struct {
	Label string `json:"label"`
	Words string `json:"words,omitempty"`
	Note  string `json:"note,omitempty"`
	Key   string `json:"key,omitempty"`
	Href  string `json:"href"`
}

// palette is what who asks can open or do from the page whose path is in "at".
func palette(c *Call) {
	patient := ""
	if parts := strings.Split(c.R.FormValue("at"), "/"); len(parts) > 3 && parts[1] == c.Site.Slug && parts[2] == "patients" {
		if id, err := url.PathUnescape(parts[3]); err == nil && id != "new" {
			patient = id
		}
	}
	out := []offer{}
	for _, k := range c.Commands {
		if k.Patient && patient == "" || k.Can != nil && !k.Can(c) {
			continue
		}
		e := offer{Label: k.Label, Words: k.Words, Key: k.Key, Href: k.Path(c, patient)}
		if k.Patient {
			e.Note = "this patient"
		}
		out = append(out, e)
	}
	for _, n := range c.nav() {
		out = append(out, offer{Label: n.Label, Key: n.Key, Href: n.Href, Note: "go to"})
	}
	web.SecurityHeaders(c.W)
	c.W.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(c.W).Encode(out); err != nil {
		c.Log.Debug("palette", "error", err)
	}
}
