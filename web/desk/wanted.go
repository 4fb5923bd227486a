package desk

import (
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"wholechart/access"
	"wholechart/record"
	"wholechart/schedule"
	"wholechart/schedule/remind"
	"wholechart/web"
	"wholechart/web/door"
)

// wantedRow is one channel as the page of a person shows it.
type wantedRow struct {
	Way     schedule.Channel
	Word    string // "e-mail"
	Out     bool
	Since   string // "since 14 Nov 2026, 10:24"
	How     string
	Why     string
	Hint    string
	Wrong   string
	Typed   string
	Version string
}

// mayGo are the channels that can be ended and taken up again at the desk.
var mayGo = []schedule.Channel{schedule.ByEmail, schedule.ByText, schedule.ByLetter}

// wantedOf are the channels of a patient: what she said of each, and of the others
// that she said nothing.
func wantedOf(r record.Resource, zone *time.Location) []wantedRow {
	said := remind.WantedOf(r.Node())
	var out []wantedRow
	have := map[schedule.Channel]bool{}
	add := func(w remind.Wanted) {
		have[w.Way] = true
		x := wantedRow{Way: w.Way, Word: remind.WayWord(w.Way), Out: w.Out, How: howWords(w), Why: w.Why, Version: r.Version}
		switch {
		case !w.At.IsZero():
			x.Since = "since " + w.At.In(zone).Format("2 Jan 2006, 15:04")
		case w.Out:
			x.Since = "since when was not kept"
		}
		if w.Out && w.Way == schedule.ByText {
			x.Hint = "After STOP the telephone provider may hold texts back until the patient texts START."
		}
		out = append(out, x)
	}
	for _, w := range said {
		add(w)
	}
	for _, way := range mayGo {
		if !have[way] {
			add(remind.Wanted{Way: way})
		}
	}
	return out
}

// howWords says how it came into the record, and by whom.
func howWords(w remind.Wanted) string {
	switch w.How {
	case remind.HowText:
		if w.Out {
			return "texted STOP"
		}
		return "texted START"
	case remind.HowLink:
		return "by the link in an e-mail"
	case remind.HowDesk:
		return strings.TrimSpace("written at the desk by " + w.Who)
	}
	return ""
}

func (w wantedRow) label() string {
	if w.Out {
		return capital(plural(2, w.Word)[2:]) + " may go again"
	}
	return "No more " + plural(2, w.Word)[2:]
}

func (w wantedRow) hint() string {
	if w.Out {
		return "Who asked for it, and how: at the counter, by telephone"
	}
	return "Who said so, and how"
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// saveWanted writes that a patient wants nothing more by a channel, or again.
func (h *Desk) saveWanted(c *door.Call) {
	if refused(c, registers(c)) {
		return
	}
	f, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	s, ctx, id := c.Session(access.EMR), c.R.Context(), c.R.PathValue("id")
	r, err := s.Read(ctx, "Patient", id)
	if err != nil {
		c.Failed(err)
		return
	}
	w := remind.Wanted{Way: schedule.Channel(f.Get("way")), Out: f.Get("out") == "yes", At: c.Now, How: remind.HowDesk, Who: c.Actor.Name, Why: oneLine(f.Get("why"))}
	known := false
	for _, x := range wantedOf(r, c.Zone) {
		known = known || x.Way == w.Way
	}
	if !known || f.Get("out") != "yes" && f.Get("out") != "no" {
		c.Failed(record.ErrNotFound)
		return
	}
	word, wrong := remind.WayWord(w.Way), ""
	switch {
	case !w.Out && w.Why == "":
		wrong = "Say why: who asked for it, and how."
	case utf8.RuneCountInString(w.Why) > 300:
		wrong = "This is too long: at most 300 letters."
	}
	if wrong != "" {
		h.showPerson(c, http.StatusUnprocessableEntity, r, &personPage{form: newForm(valuesOf(r.Node())), Unwilling: map[schedule.Channel][2]string{w.Way: {wrong, f.Get("why")}}})
		return
	}
	back := c.Path("patients", id, "demographics")
	a, changed, err := remind.Want(r, w)
	if err != nil {
		c.Failed(err)
		return
	}
	said := "No more " + plural(2, word)[2:] + " go out to this person."
	if !w.Out {
		said = capital(plural(2, word)[2:]) + " may go again."
	}
	if !changed {
		c.Done(back+"#messages", web.Flash{Text: "That stands there already."})
		return
	}
	done, err := s.Transact(ctx, []record.Act{a})
	var conflict *record.VersionConflict
	switch {
	case errors.As(err, &conflict):
		c.Done(back+"#messages", web.Flash{Kind: web.Warning, Text: "Somebody else changed this record meanwhile. Look, and do it again."})
	case err != nil:
		c.Failed(err)
	default:
		flash := web.Flash{Kind: web.Good, Text: said}
		if len(done) > 0 {
			flash.Undo = door.Undoable(done[0].Resource, back)
		}
		c.Done(back+"#messages", flash)
	}
}
