package visit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"wholechart/access"
	"wholechart/chart/note"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// snippetID names a user's own snippets; user names may hold what ids may not, and
// a long one is no other's.
func snippetID(c *door.Call) string {
	id := "u-" + hex.EncodeToString([]byte(c.Actor.ID))
	if len(id) > 64 {
		sum := sha256.Sum256([]byte(c.Actor.ID))
		id = "u." + hex.EncodeToString(sum[:30])
	}
	return id
}

// snippetsForm is the page of a user's own snippets.
type snippetsForm struct {
	Action  string
	Rev     int
	Own     []note.Snippet
	Product []note.Snippet
	Name    string
	Text    string
	Error   string
}

func (h *room) snippetsPage(c *door.Call) { h.showSnippets(c, http.StatusOK, snippetsForm{}) }

func (h *room) showSnippets(c *door.Call, status int, f snippetsForm) {
	if !writes(c) {
		c.Failed(&record.Refused{Why: "snippets are for those who write notes"})
		return
	}
	d, err := c.Session(access.EMR).Draft(c.R.Context(), "snippets", snippetID(c))
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		c.Failed(err)
		return
	}
	f.Action, f.Rev, f.Own, f.Product = c.Path("snippets"), d.Rev, snippets(c), note.Snippets
	page := c.Page("My snippets")
	page.Sheets = []string{sheetURL}
	c.Render(status, web.Framed(page, snippetsMain(f)))
}

// saveSnippets adds or changes one, or takes one away.
func (h *room) saveSnippets(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	f := snippetsForm{Name: strings.TrimPrefix(strings.TrimSpace(form.Get("name")), "."), Text: note.Clean(form.Get("text"))}
	s := c.Session(access.EMR)
	d, err := s.Draft(c.R.Context(), "snippets", snippetID(c))
	if errors.Is(err, record.ErrNotFound) {
		d, err = record.Draft{ID: snippetID(c), Kind: "snippets", Type: "Composition", Title: "Snippets"}, nil
	}
	if err != nil {
		c.Failed(err)
		return
	}
	list := snippets(c)
	if rev, _ := strconv.Atoi(form.Get("rev")); rev != d.Rev {
		f.Error = "Your snippets were changed in another window meanwhile: look again, then save."
		h.showSnippets(c, http.StatusConflict, f)
		return
	}
	kept := list[:0:0]
	drop := form.Get("drop")
	for _, x := range list {
		if x.Name != drop && (drop != "" || x.Name != f.Name) {
			kept = append(kept, x)
		}
	}
	if drop == "" {
		kept = append(kept, note.Snippet{Name: f.Name, Text: f.Text})
	}
	if err := note.CheckSnippets(kept); err != nil {
		f.Error = err.Error()
		h.showSnippets(c, http.StatusUnprocessableEntity, f)
		return
	}
	if d.Body, err = json.Marshal(kept); err == nil {
		_, err = s.PutDraft(c.R.Context(), d)
	}
	if err != nil {
		c.Failed(err)
		return
	}
	said := "." + f.Name + " is saved."
	if drop != "" {
		said = "." + drop + " is gone."
	}
	c.Done(c.Path("snippets"), web.Flash{Kind: web.Good, Text: said})
}
