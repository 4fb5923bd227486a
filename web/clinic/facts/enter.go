package facts

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"wholechart/access"
	"wholechart/chart/entry"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// page is one kind of fact: what there is in the middle, the form at the side.
type page struct {
	h    *room
	c    *door.Call
	p    *clinic.Patient
	k    *entry.Kind
	cur  record.Resource // when one is edited
	form entry.Form
	errs entry.Errors
	said string // what is wrong with the whole
	ask  bool
	con  *conflict
}

// open reads what every page of a kind needs. It has answered when ok is false.
func (h *room) open(c *door.Call) (pg *page, ok bool) {
	k, known := entry.KindOf(c.R.PathValue("kind"))
	if !known {
		notFound(c)
		return nil, false
	}
	p, err := h.Patient(c, access.EMR)
	if err != nil {
		c.Failed(err)
		return nil, false
	}
	act := access.Create
	pg = &page{h: h, c: c, p: p, k: k, errs: entry.Errors{}}
	if rid := c.R.PathValue("rid"); rid != "" {
		act = access.Update
		if pg.cur, err = c.Session(access.EMR).Read(c.R.Context(), k.Type, rid); err != nil {
			c.Failed(err)
			return nil, false
		}
		if !k.Handles(pg.cur.Node()) || !concerns(c, pg.cur, p.ID()) { // another patient's fact is not shown under this name
			notFound(c)
			return nil, false
		}
		pg.form = k.Form(pg.cur.Node())
	} else {
		pg.form = k.Blank(pg.context())
	}
	if p.Desk() || !c.Can(act, k.Type) {
		c.Failed(&record.Refused{Why: "writing in charts is not part of this role"})
		return nil, false
	}
	return pg, true
}

func (pg *page) context() entry.Context { return context(pg.c, pg.p) }

// concerns says whether a resource is of a patient, by its subject or patient, or
// of a record that was merged with the patient's.
func concerns(c *door.Call, r record.Resource, patient string) bool {
	n, s := r.Node(), c.Session(access.EMR)
	return s.About(n.Path("subject", "reference").Str(), patient) || s.About(n.Path("patient", "reference").Str(), patient)
}

func (h *room) enter(c *door.Call) {
	pg, ok := h.open(c)
	if !ok {
		return
	}
	pg.show(http.StatusOK)
}

// fill takes a posted form in place of what is shown.
func (pg *page) fill() (ok bool) {
	posted, err := pg.c.Form()
	if err != nil {
		pg.c.Failed(err)
		return false
	}
	pg.form = posted
	return true
}

func (h *room) create(c *door.Call) {
	pg, ok := h.open(c)
	if !ok || !pg.fill() {
		return
	}
	cx := pg.context()
	var body []byte
	said := pg.k.Title + " added."
	act, code, _ := strings.Cut(pg.form.Get("act"), " ")
	switch act {
	case "none":
		if body, ok = entry.NoneKnown(cx, pg.k.Slug, code); !ok {
			notFound(c)
			return
		}
		said = "Recorded: asked, and none known."
	case "not-asked":
		if body, ok = entry.NotAsked(cx, pg.k.Slug); !ok {
			notFound(c)
			return
		}
		said = "Recorded: not asked."
	default:
		if body, pg.errs = pg.k.Build(cx, pg.form); len(pg.errs) > 0 {
			pg.show(http.StatusUnprocessableEntity)
			return
		}
	}
	n, err := tree(body)
	if err != nil {
		c.Failed(err)
		return
	}
	acts := []record.Act{{Op: record.Create, Type: n.ResourceType(), Resource: n}}
	more, err := pg.contradicted(n)
	if err != nil {
		c.Failed(err)
		return
	}
	out, err := c.Session(access.EMR).Transact(c.R.Context(), append(acts, more...))
	if err != nil {
		pg.refused(err)
		return
	}
	pg.done(out[0].Resource, said)
}

// contradicted are the acts by which a statement of none ends when something
// is found: a new allergy ends "no known allergies", a medicine "takes none".
func (pg *page) contradicted(made node) ([]record.Act, error) {
	if entry.Denies(made) != "" || made.ResourceType() == "List" {
		return nil, nil
	}
	_, stated, err := own(pg.c, pg.p.ID(), pg.k)
	if err != nil {
		return nil, err
	}
	var acts []record.Act
	for _, r := range stated {
		if !entry.Contradicts(made, r.Node()) {
			continue
		}
		n, err := tree(entry.Refuted(pg.context(), r.Node()))
		if err != nil {
			return nil, err
		}
		v, _ := strconv.Atoi(r.Version)
		acts = append(acts, record.Act{Op: record.Update, Type: r.Type, ID: r.ID, Resource: n, IfMatch: v})
	}
	return acts, nil
}

// done goes on to where the kind is read, or back to the form for another.
func (pg *page) done(r record.Resource, said string) {
	back := pg.p.ChartHref("enter", pg.k.Slug)
	if section := sectionOf[pg.k.Slug]; section != "" && pg.form.Get("act") != "another" {
		back = pg.p.ChartHref(section)
	}
	if pg.k.Code() != "" {
		back = pg.p.ChartHref("enter", "social")
	}
	f := web.Flash{Kind: web.Good, Text: said}
	if r.Type != "List" {
		f.Undo = door.Undoable(r, back)
	}
	pg.c.Done(back, f)
}

// refused shows what the gate did not take, with what was typed.
func (pg *page) refused(err error) {
	var invalid *record.Invalid
	if !errors.As(err, &invalid) {
		pg.c.Failed(err)
		return
	}
	pg.said = "This cannot be saved as it is: " + invalid.Error() + "."
	pg.show(http.StatusUnprocessableEntity)
}

func (h *room) change(c *door.Call) {
	pg, ok := h.open(c)
	if !ok || !pg.fill() {
		return
	}
	cx, cur := pg.context(), pg.cur.Node()
	version, _ := strconv.Atoi(pg.form.Get("version"))
	if version <= 0 {
		c.Failed(door.ErrForm)
		return
	}
	said := pg.k.Title + " saved."
	var acts []record.Act
	switch pg.form.Get("act") {
	case "withdraw":
		var err error
		if acts, err = entry.Withdraw(cx, pg.cur.ID, version, cur, pg.form.Get("reason")); err != nil {
			pg.form, pg.ask = pg.k.Form(cur), true
			pg.errs["reason"] = "Say why: it stays with the record."
			pg.show(http.StatusUnprocessableEntity)
			return
		}
		said = "Marked as entered in error."
	case "restore":
		was, err := c.Session(access.EMR).ReadVersion(c.R.Context(), pg.k.Type, pg.cur.ID, pg.form.Get("to"))
		if err != nil {
			c.Failed(err)
			return
		}
		acts = []record.Act{{Op: record.Update, Type: pg.k.Type, ID: pg.cur.ID, Resource: was.Node(), IfMatch: version}}
		said = "It is again as it was in version " + was.Version + "."
	default:
		if pg.cur.Version != pg.form.Get("version") {
			pg.moved()
			return
		}
		form := pg.form
		if form.Get("act") == "over" {
			if over, ok := pg.k.Resolved(form, cx); ok {
				form, said = over, pg.k.Title+" "+pastOf[pg.k.Slug]+"."
			}
		}
		body, errs := pg.k.Edit(cx, cur, form)
		if len(errs) > 0 {
			pg.errs = errs
			pg.show(http.StatusUnprocessableEntity)
			return
		}
		n, err := tree(body)
		if err != nil {
			c.Failed(err)
			return
		}
		acts = []record.Act{{Op: record.Update, Type: pg.k.Type, ID: pg.cur.ID, Resource: n, IfMatch: version}}
	}
	out, err := c.Session(access.EMR).Transact(c.R.Context(), acts)
	var moved *record.VersionConflict
	if errors.As(err, &moved) || errors.Is(err, record.ErrMoved) {
		if pg.cur, err = c.Session(access.EMR).Read(c.R.Context(), pg.k.Type, pg.cur.ID); err != nil {
			c.Failed(err)
			return
		}
		pg.moved()
		return
	}
	if err != nil {
		pg.refused(err)
		return
	}
	if out[0].Done == record.Same {
		said = "Nothing was changed."
		pg.c.Done(pg.p.ChartHref(cmpOr(sectionOf[pg.k.Slug], "about")), web.Flash{Kind: web.Neutral, Text: said})
		return
	}
	pg.done(out[0].Resource, said)
}

var pastOf = map[string]string{"problem": "resolved", "allergy": "resolved", "medicine": "stopped", "device": "marked as taken out", "goal": "achieved", "care-plan": "completed"}
var overOf = map[string]string{"problem": "Resolve", "allergy": "Resolve", "medicine": "Stop", "device": "Taken out", "goal": "Achieved", "care-plan": "Complete"}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// conflict is what somebody else changed between opening and saving.
type conflict struct {
	Who   string
	When  web.Instant
	Both  []diff // changed by both: what was typed is kept, theirs stands beside it
	Taken []diff // changed by them alone: it is in the form now
	Mine  int    // changed here alone
	Gone  bool   // they marked it as entered in error
}

// diff is one field in three versions.
type diff struct{ Label, Name, Was, Theirs, Mine string }

// moved shows both sides of a concurrent edit. Nothing that was typed is lost,
// and nothing of theirs: what only they changed is taken over, what both
// changed is shown beside what was typed. Saving again says which counts.
func (pg *page) moved() {
	theirs := pg.k.Form(pg.cur.Node())
	base := theirs
	if r, err := pg.c.Session(access.EMR).ReadVersion(pg.c.R.Context(), pg.k.Type, pg.cur.ID, pg.form.Get("version")); err == nil {
		base = pg.k.Form(r.Node())
	}
	con := &conflict{Who: pg.h.author(pg.c, pg.cur.Author), When: web.Instant{At: pg.cur.Updated, Zone: pg.c.Zone}, Gone: entry.IsWithdrawn(pg.cur.Node())}
	for _, l := range lines(pg.k) {
		same := func(a, b entry.Form) bool {
			return slices.Equal(nonblank(a[l.Name]), nonblank(b[l.Name])) && (l.field.Input != entry.Code || a.Get(l.Name+".code") == b.Get(l.Name+".code"))
		}
		d := diff{l.Label, l.Name, shown(l.field, base, l.Name), shown(l.field, theirs, l.Name), shown(l.field, pg.form, l.Name)}
		switch {
		case same(theirs, base):
			if !same(pg.form, base) {
				con.Mine++
			}
		case same(pg.form, base):
			pg.form[l.Name] = theirs[l.Name]
			pg.form.Set(l.Name+".code", theirs.Get(l.Name+".code"))
			con.Taken = append(con.Taken, d)
		case !same(pg.form, theirs):
			con.Both = append(con.Both, d)
		}
	}
	pg.con = con
	pg.show(http.StatusConflict)
}

func nonblank(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
