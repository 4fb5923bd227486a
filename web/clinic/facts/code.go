package facts

import (
	"encoding/json"
	"strconv"
	"strings"

	"wholechart/terminology"
	"wholechart/web"
	"wholechart/web/door"
)

// found is one line of the type-ahead.
type found struct {
	Code  string `json:"code"`            // system|code, what the form sends
	Text  string `json:"text"`            // what the field then says
	Note  string `json:"note,omitempty"`  // "heart attack", "finding"
	Label string `json:"label"`           // "ICD-10-CM I21.9"
	Also  string `json:"also,omitempty"`  // of a product: its maker as system|code
	Maker string `json:"maker,omitempty"` // and the maker's name
	Old   bool   `json:"old,omitempty"`   // not for new use
}

// codes answers what is typed into a field that takes a code: GET
// /{site}/code/{kind}?q=, kinds of package terminology, JSON. It tells nothing
// about any patient.
func (h *room) codes(c *door.Call) {
	k, ok := terminology.ParseKind(c.R.PathValue("kind"))
	if !ok {
		notFound(c)
		return
	}
	n := 12
	if asked, err := strconv.Atoi(c.R.FormValue("n")); err == nil {
		n = max(1, min(asked, terminology.MaxFound))
	}
	out := []found{}
	for _, m := range terminology.Find(c.R.FormValue("q"), k, n) {
		f := found{Code: m.System + "|" + m.Code, Text: m.Label(), Note: m.Note, Label: strings.TrimSpace(terminology.SystemName(m.System) + " " + m.Code), Old: m.Retired}
		if m.Also.Code != "" {
			f.Also, f.Maker = m.Also.System+"|"+m.Also.Code, m.Also.Display
		}
		out = append(out, f)
	}
	web.SecurityHeaders(c.W)
	c.W.Header().Set("Content-Type", "application/json")
	c.W.Header().Set("Cache-Control", "private, max-age=300")
	if err := json.NewEncoder(c.W).Encode(out); err != nil {
		c.Log.Debug("codes", "error", err)
	}
}

// codeLabel is how a code is called beside its field: "ICD-10-CM E11.9".
func codeLabel(token string) string {
	system, code, ok := strings.Cut(token, "|")
	if !ok || code == "" {
		return ""
	}
	name := terminology.SystemName(system)
	if name == "" {
		name = "Code"
	}
	return name + " " + code
}
