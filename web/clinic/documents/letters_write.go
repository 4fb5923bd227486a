package documents

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/document"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// write saves, signs or drops a letter.
func (h *room) write(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	if !allowed(c) {
		return
	}
	d, was, err := draft(c)
	if errors.Is(err, record.ErrNotFound) || err == nil && form.Get("key") != was.Key {
		h.gone(c)
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	l := was
	l.Title, l.To, l.Body, l.Label = strings.TrimSpace(document.Clean(form.Get("title"))), document.Clean(form.Get("to")), document.Clean(form.Get("body")), form.Get("label")
	l.Title = strings.ReplaceAll(l.Title, "\n", " ")
	rev, _ := strconv.Atoi(form.Get("rev"))
	w := writing{Letter: l, Rev: d.Rev, Send: first(strings.TrimSpace(form.Get("send")), 200), Saved: d.Updated.In(c.Zone).Format("15:04:05")}
	background := c.R.Header.Get("Wholechart-Save") != ""
	s := c.Session(access.EMR)
	if form.Get("act") == "drop" {
		if err := s.DropDraft(c.R.Context(), "letter", d.ID, rev); err != nil && !errors.As(err, new(*record.DraftMoved)) {
			c.Failed(err)
			return
		} else if err != nil {
			h.moved(c, w, was, d)
			return
		}
		c.Done(c.Path("patients", d.Patient, "library"), web.Flash{Text: "The letter was dropped."})
		return
	}
	if errors.As(l.Check(), &w.Wrong) {
		if background {
			answer(c, http.StatusUnprocessableEntity, "", 0)
			return
		}
		h.showLetter(c, http.StatusUnprocessableEntity, w)
		return
	}
	if rev != d.Rev && (l.Body != was.Body || l.To != was.To || l.Title != was.Title || l.Label != was.Label) {
		if background {
			answer(c, http.StatusConflict, "", d.Rev)
			return
		}
		h.moved(c, w, was, d)
		return
	}
	if l != was {
		d.Body, d.Title = l.Encode(), l.Title
		next, err := s.PutDraft(c.R.Context(), d)
		var moved *record.DraftMoved
		switch {
		case errors.As(err, &moved) && background:
			answer(c, http.StatusConflict, "", moved.Current.Rev)
			return
		case errors.As(err, &moved):
			theirs, err := document.ParseLetter(moved.Current.Body)
			if err != nil {
				c.Failed(err)
				return
			}
			w.Rev = moved.Current.Rev
			h.moved(c, w, theirs, moved.Current)
			return
		case errors.Is(err, record.ErrNotFound):
			h.gone(c)
			return
		case err != nil:
			c.Failed(err)
			return
		}
		d = next
	}
	w.Rev, w.Saved = d.Rev, d.Updated.In(c.Zone).Format("15:04:05")
	switch {
	case background:
		answer(c, http.StatusOK, w.Saved, d.Rev)
	case form.Get("act") == "sign":
		h.sign(c, d, l, w)
	case form.Get("act") == "print":
		c.Done(c.Path("patients", d.Patient, "letters", d.ID, "print"), web.Flash{})
	default:
		c.Done(c.Path("patients", d.Patient, "letters", d.ID), web.Flash{Kind: web.Good, Text: "Saved."})
	}
}

// moved shows both hands' texts: mine in the fields, theirs beside them.
func (h *room) moved(c *door.Call, w writing, theirs document.Letter, d record.Draft) {
	w.Theirs, w.Rev = &theirs, d.Rev
	others := slices.DeleteFunc(slices.Clone(d.Writers), func(u string) bool { return u == c.Actor.ID })
	w.TheirsBy = strings.Join(others, ", ")
	h.showLetter(c, http.StatusConflict, w)
}

// answer tells documents.js what became of a save.
func answer(c *door.Call, status int, saved string, rev int) {
	web.SecurityHeaders(c.W)
	c.W.Header().Set("Content-Type", "application/json")
	c.W.WriteHeader(status)
	_, _ = c.W.Write([]byte(`{"saved":"` + saved + `","rev":` + strconv.Itoa(rev) + `}`))
}

// sign makes the letter, as it was just saved, a document.
func (h *room) sign(c *door.Call, d record.Draft, l document.Letter, w writing) {
	if err := l.Ready(); err != nil {
		w.Problem = "Not signed: " + err.Error() + "."
		h.showLetter(c, http.StatusUnprocessableEntity, w)
		return
	}
	ch, err := chart.Glance(c.R.Context(), c.Session(access.EMR), d.Patient, c.Now)
	if err != nil {
		c.Failed(err)
		return
	}
	pdf, err := document.Print(l, h.head(c, ch, c.Now))
	if err != nil {
		w.Problem = "Not signed: it has more pages than a letter may have. Make it shorter."
		h.showLetter(c, http.StatusUnprocessableEntity, w)
		return
	}
	k := keeping(c, d.Patient)
	acts, err := document.Sign(l, pdf, k, &record.Signed{Kind: "letter", ID: d.ID, Rev: d.Rev}, w.Send)
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), acts)
	}
	var moved *record.DraftMoved
	var invalid *record.Invalid
	switch {
	case errors.As(err, &moved):
		theirs, _ := document.ParseLetter(moved.Current.Body)
		h.moved(c, w, theirs, moved.Current)
	case errors.Is(err, record.ErrNotFound):
		h.gone(c)
	case errors.As(err, &invalid):
		w.Problem = "Not signed: " + invalid.Error() + "."
		h.showLetter(c, http.StatusUnprocessableEntity, w)
	case err != nil:
		c.Failed(err)
	default:
		said := "Signed. The PDF is kept with it."
		if w.Send != "" {
			said = "Signed. A task asks to send it."
		}
		c.Done(c.Path("patients", d.Patient, "library", k.ID), web.Flash{Kind: web.Good, Text: said})
	}
}
