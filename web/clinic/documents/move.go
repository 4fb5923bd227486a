package documents

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"wholechart/access"
	"wholechart/chart/document"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/door"
)

// moving is the page that takes a document to another patient.
type moving struct {
	Title, Action, Back string
	From                string // name of whose chart it is in
	Who                 string // what was asked for
	People              []person
	Asked               bool
	To                  string
	Why                 string
	Problem, WhyProblem string
	Version             string
}

type person struct{ ID, Name, Note string }

func (h *room) movePage(c *door.Call) { h.showMove(c, http.StatusOK, nil) }

func (h *room) showMove(c *door.Call, status int, with func(*moving)) {
	r, ok := h.changeable(c)
	if !ok {
		return
	}
	p, err := h.pages.Patient(c, access.EMR)
	if err != nil {
		c.Failed(err)
		return
	}
	m := moving{Title: document.EntryOf(r.Node()).Title, From: p.Name(), Version: r.Version, Action: p.ChartHref("library", r.ID, "move"), Back: p.ChartHref("library", r.ID)}
	if with != nil {
		with(&m)
	}
	page := frame(p, "Move to another patient")
	page.Side = moveSide(m)
	p.Show(status, page, oneMain(h.one(c, p, r)))
}

// people are patients of this site that a name, a birth date or a number finds.
func people(c *door.Call, q, not string) ([]person, error) {
	ask := url.Values{"_count": {"12"}, "_sort": {"family"}}
	switch {
	case fhir.IsDate(q) && len(q) == 10:
		ask.Set("birthdate", q)
	case strings.ContainsAny(q, "0123456789"):
		ask.Set("identifier", q)
	default:
		for _, w := range strings.Fields(q) {
			ask.Add("name", strings.NewReplacer(",", "", "|", "", "$", "", `\`, "").Replace(w))
		}
	}
	list, err := find(c, "Patient", ask)
	if err != nil {
		return nil, err
	}
	var out []person
	for _, r := range list {
		if r.ID != not {
			out = append(out, personOf(r))
		}
	}
	return out, nil
}

func personOf(r record.Resource) person {
	n := r.Node()
	p := person{ID: r.ID, Name: "Name not recorded"}
	for name := range n.Get("name").Items() {
		p.Name = fhir.HumanNameOf(name).String()
		break
	}
	var note []string
	if b := n.Get("birthDate").Str(); b != "" {
		note = append(note, "born "+web.PartialDateText(b))
	}
	if g := n.Get("gender").Str(); g != "" {
		note = append(note, g)
	}
	for i := range n.Get("identifier").Items() {
		if i.Get("type").Get("coding").Index(0).Get("code").Is("MR") {
			note = append(note, "MRN "+i.Get("value").Str())
			break
		}
	}
	p.Note = strings.Join(note, " · ")
	return p
}

// move looks for whose it is, and, once that is chosen and the reason said, moves
// it. Names are posted and stay out of addresses.
func (h *room) move(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	r, ok := h.changeable(c)
	if !ok {
		return
	}
	id := c.R.PathValue("id")
	who := first(strings.TrimSpace(strings.ToValidUTF8(form.Get("who"), "")), 100)
	to, why := form.Get("to"), strings.TrimSpace(strings.ToValidUTF8(form.Get("why"), ""))
	show := func(status int, with func(*moving)) {
		var list []person
		if who != "" {
			var err error
			if list, err = people(c, who, id); err != nil {
				c.Failed(err)
				return
			}
		}
		h.showMove(c, status, func(m *moving) {
			m.Who, m.People, m.Asked, m.To, m.Why = who, list, who != "", to, why
			if with != nil {
				with(m)
			}
		})
	}
	if form.Get("act") != "move" {
		show(http.StatusOK, nil)
		return
	}
	switch {
	case to == "" || to == id:
		show(http.StatusUnprocessableEntity, func(m *moving) { m.Problem = "Choose whose document it is." })
		return
	case why == "":
		show(http.StatusUnprocessableEntity, func(m *moving) {
			m.WhyProblem = "Say why: who reads either record later must know."
		})
		return
	case len([]rune(why)) > document.MaxReason:
		show(http.StatusUnprocessableEntity, func(m *moving) {
			m.WhyProblem = "At most " + strconv.Itoa(document.MaxReason) + " characters."
		})
		return
	case form.Get("version") != r.Version:
		show(http.StatusConflict, func(m *moving) { m.Problem = "Somebody else changed this meanwhile: look again, then move it." })
		return
	case document.Signed(r.Node()):
		c.Failed(&record.Refused{Why: "a signed letter is about the patient that it names: mark it as entered in error"})
		return
	}
	s := c.Session(access.EMR)
	if _, err := s.Read(c.R.Context(), "Patient", to); err != nil {
		c.Failed(err)
		return
	}
	b, err := binaryOf(c, r)
	if errors.Is(err, record.ErrNotFound) {
		show(http.StatusUnprocessableEntity, func(m *moving) {
			m.Problem = "Its content is not kept here: mark it as entered in error, and bring it in there."
		})
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	acts, err := document.Move(r, b, why, keeping(c, to))
	if err == nil {
		_, err = s.Transact(c.R.Context(), acts)
	}
	if errors.As(err, new(*record.VersionConflict)) {
		show(http.StatusConflict, func(m *moving) { m.Problem = "Somebody else changed this meanwhile: look again, then move it." })
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("patients", id, "library"), web.Flash{Kind: web.Good, Text: "Moved: entered in error here, and made anew in the other chart. The reason stands in both."})
}
