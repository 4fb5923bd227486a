package orders

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"wholechart/access"
	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

// post opens the patient and reads the form of an act on the basket.
func (r *room) post(c *door.Call) (*clinic.Patient, url.Values, bool) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return nil, nil, false
	}
	if !drafts(c) {
		c.Failed(&record.Refused{Why: "this role does not order"})
		return nil, nil, false
	}
	p, ok := r.open(c)
	return p, form, ok
}

// answer shows the basket as it is after an act: as the answer to a partial
// update, else by going on to its page.
func (r *room) answer(c *door.Call, p *clinic.Patient, kind web.Kind, said string) {
	if web.PartialOf(c.R) != "basket" {
		said = "Saved. The basket is at the side." // a cookie carries this: no fact of the patient
		if kind != web.Good {
			said = "Nothing was added. The basket is at the side."
		}
		c.Done(p.ChartHref("order"), web.Flash{Kind: kind, Text: said})
		return
	}
	b, err := r.load(c, p)
	if err != nil {
		c.Failed(err)
		return
	}
	b.Said, b.SaidKind = said, kind
	c.Render(http.StatusOK, basketSide(b))
}

// again shows the basket with what could not be done.
func (r *room) again(c *door.Call, p *clinic.Patient, status int, change func(*basket)) {
	b, err := r.load(c, p)
	if err != nil {
		c.Failed(err)
		return
	}
	change(b)
	r.show(c, status, b)
}

// first answers an act that somebody else was before.
func (r *room) first(c *door.Call, p *clinic.Patient) {
	r.again(c, p, http.StatusConflict, func(b *basket) {
		b.Said, b.SaidKind = "Somebody else changed or signed this meanwhile. Nothing of yours was done; this is how it stands now.", web.Warning
	})
}

// find answers the type-ahead with a fragment of options.
func (r *room) find(c *door.Call) {
	form, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	typed := form.Get("q")
	c.Render(http.StatusOK, options(matches(typed, 8), order.Parse(typed).Problems))
}

// add puts into the basket what was typed or chosen: one item, a set, or words.
func (r *room) add(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	typed := form.Get("line")
	if utf8.RuneCountInString(typed) > order.MaxLine || len(typed) > 4*order.MaxLine {
		r.again(c, p, http.StatusUnprocessableEntity, func(b *basket) {
			b.Typed, b.TypedWhy = string([]rune(typed)[:order.MaxName]), "That is too long for one order: at most "+strconv.Itoa(order.MaxLine)+" letters."
		})
		return
	}
	var new []order.Order
	switch {
	case form.Get("set") != "":
		set := order.SetBy(form.Get("set"))
		if set == nil {
			c.Failed(record.ErrNotFound)
			return
		}
		for _, k := range set.Items {
			new = append(new, order.ByKey(k).Order(order.Line{}))
		}
	case form.Get("item") != "":
		it := order.ByKey(form.Get("item"))
		o := order.Order{}
		if it != nil {
			o = it.Order(order.Line{})
		} else if it = codedBy(form.Get("item")); it != nil {
			o = it.Order(order.Parse(typed))
		} else {
			c.Failed(record.ErrNotFound)
			return
		}
		for _, k := range order.Find(typed, 40) {
			if k.Item == it {
				o = k.Order()
			}
		}
		new = append(new, o)
	case form.Get("words") != "":
		k := order.Kind(form.Get("words"))
		if !k.Known() || strings.TrimSpace(typed) == "" {
			c.Failed(record.ErrNotFound)
			return
		}
		new = append(new, order.Words(k, typed))
	default:
		one := order.Find(typed, 2)
		if len(one) != 1 {
			found := matches(typed, 8)
			r.again(c, p, http.StatusUnprocessableEntity, func(b *basket) {
				b.Typed, b.Words = typed, strings.TrimSpace(typed) != ""
				b.Choices = found
				switch {
				case strings.TrimSpace(typed) == "":
					b.TypedWhy = "Type what to order."
				case len(found) == 0:
					b.TypedWhy = "Nothing that is known here is called that. It can be ordered in words; no check knows it then."
				default:
					b.TypedWhy = "Which of these?"
				}
			})
			return
		}
		new = append(new, one[0].Order())
	}
	if problems := order.Parse(typed).Problems; len(problems) > 0 && len(new) == 1 && new[0].Kind == order.Medicine {
		r.again(c, p, http.StatusUnprocessableEntity, func(b *basket) { b.Typed, b.TypedWhy = typed, strings.Join(problems, ". ") })
		return
	}
	have, err := order.Basket(c.R.Context(), c.Session(access.EMR), p.ID())
	if err != nil {
		c.Failed(err)
		return
	}
	if len(have)+len(new) > 60 {
		r.again(c, p, http.StatusUnprocessableEntity, func(b *basket) {
			b.Typed, b.TypedWhy = typed, "A basket holds 60 orders: sign or remove some first."
		})
		return
	}
	in := map[string]bool{}
	for _, res := range have {
		in[order.Read(res.Node()).Title()] = true
	}
	var acts []record.Act
	who, enc, left := by(c), visit(c, p.ID()), 0
	for _, o := range new {
		if in[o.Title()] {
			left++
			continue
		}
		o.Patient, o.Encounter, o.AuthoredOn = p.ID(), enc, who.Now
		o.Requester, o.RequesterAs = who.Ref, who.Name
		if !signs(c.Actor, o.Kind) {
			o.Requester, o.RequesterAs, o.Author = "", "", who.Name
		}
		a, err := order.Save(o)
		if err != nil {
			c.Failed(err)
			return
		}
		acts = append(acts, a)
	}
	if len(acts) == 0 {
		r.answer(c, p, web.Neutral, "That is in the basket already.")
		return
	}
	if _, err := c.Session(access.EMR).Transact(c.R.Context(), acts); err != nil {
		c.Failed(err)
		return
	}
	said := plural(len(acts), "draft", "drafts") + " added"
	if len(acts) == 1 {
		said = new[0].Title() + " added"
	}
	if left > 0 {
		said += "; " + plural(left, "was", "were") + " in the basket already"
	}
	r.answer(c, p, web.Good, said)
}

// edit changes one draft as its form says.
func (r *room) edit(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	res, err := draftOf(c, form.Get("ref"))
	if err != nil {
		c.Failed(err)
		return
	}
	if res.Version != form.Get("version") || !res.Node().Get("status").Is("draft") {
		r.both(c, p, res, form)
		return
	}
	o := order.Read(res.Node())
	o.Version = res.Version
	typed := map[string]string{}
	for k := range fieldsOf(o) {
		if form.Has(k) {
			typed[k] = form.Get(k)
		}
	}
	for i := range order.MaxSteps {
		for _, k := range []string{order.StepField(i), joinField(i)} {
			if form.Has(k) {
				typed[k] = form.Get(k)
			}
		}
	}
	faults := apply(&o, form, p)
	if id := form.Get("visit"); form.Has("visit") && id != o.Encounter {
		if id == "" || nameOf(visitOptions(openVisits(c, p.ID()), ""), id) != "" {
			o.Encounter = id
		} else {
			faults["visit"] = "That visit is not going on. Choose another, or none."
		}
	}
	for _, f := range o.Check(c.Now) {
		if o.Status = "draft"; faults[f.Field] == "" && (form.Has(f.Field) && form.Get(f.Field) != "" || hard(f)) {
			faults[f.Field] = f.Text
		}
	}
	if len(faults) > 0 && !soft(faults, form) {
		r.again(c, p, http.StatusUnprocessableEntity, func(b *basket) {
			if l := b.line(form.Get("ref")); l != nil {
				l.Faults, l.Typed, l.Open, l.Grow = faults, typed, true, form.Get("step")
			}
		})
		return
	}
	a, err := order.Save(o)
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{a})
	}
	switch {
	case moved(err):
		if res, err = draftOf(c, form.Get("ref")); err != nil {
			c.Failed(err)
			return
		}
		r.both(c, p, res, form)
	case err != nil:
		c.Failed(err)
	case form.Get("step") == "then" || form.Get("step") == "and": // a row for the step that is to be written
		r.again(c, p, http.StatusOK, func(b *basket) {
			if l := b.line(form.Get("ref")); l != nil {
				l.Open, l.Grow = true, form.Get("step")
			}
		})
	default:
		r.answer(c, p, web.Good, o.Title()+": saved")
	}
}

// fieldsOf is what the form of a draft shows, by the names of its fields.
func fieldsOf(o order.Order) map[string]string {
	fields := map[string]string{"quantity": quantityText(o), "refills": refills(o), "reason": o.Reason, "note": o.Note, "due": o.Due,
		"priority": cmp.Or(o.Priority, "routine"), "side": o.Side, "contrast": o.Contrast, "visit": o.Encounter}
	for i := range o.Sig.Steps() {
		fields[order.StepField(i)] = rowText(o.Sig.Steps(), i)
		if i > 0 {
			fields[joinField(i)] = joinOf(o.Sig.Steps(), i)
		}
	}
	return fields
}

// both answers an edit of a draft that somebody else changed meanwhile: theirs
// is the draft, what was typed stands in its form to be saved again, and where
// both changed the same, theirs is said beside it. Nothing is written.
func (r *room) both(c *door.Call, p *clinic.Patient, now record.Resource, form url.Values) {
	ref := form.Get("ref")
	theirs, was := fieldsOf(order.Read(now.Node())), map[string]string{}
	if typ, id, ok := strings.Cut(ref, "/"); ok {
		if old, err := c.Session(access.EMR).ReadVersion(c.R.Context(), typ, id, form.Get("version")); err == nil {
			was = fieldsOf(order.Read(old.Node()))
		}
	}
	typed, differ := map[string]string{}, map[string]string{}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(theirs)) {
		mine := form.Get(k)
		if before, known := was[k]; !form.Has(k) || known && clean(before) == clean(mine) || clean(theirs[k]) == clean(mine) {
			continue
		}
		typed[k] = mine
		words = append(words, k+" “"+mine+"”")
		if clean(was[k]) != clean(theirs[k]) {
			differ[k] = "Changed by somebody else to “" + theirs[k] + "”. Yours stands here: save to keep it."
			if theirs[k] == "" {
				differ[k] = "Emptied by somebody else. Yours stands here: save to keep it."
			}
		}
	}
	r.again(c, p, http.StatusConflict, func(b *basket) {
		b.SaidKind = web.Warning
		if l := b.line(ref); l != nil {
			b.Said = "Somebody else changed this draft meanwhile: it is shown as it is now. What you typed stands in its form; save it again."
			l.Typed, l.Faults, l.Open = typed, differ, true
			return
		}
		b.Said = "Somebody else signed or removed this meanwhile. Nothing of yours was done."
		if len(words) > 0 {
			b.Said += " You had typed: " + strings.Join(words, ", ") + "."
		}
	})
}

// hard faults may not even be kept in a draft.
func hard(f order.Fault) bool {
	return strings.Contains(f.Text, "too long") || strings.Contains(f.Text, "calendar") || strings.Contains(f.Text, "cannot be meant") || strings.Contains(f.Text, "refills")
}

// soft says whether all that is wrong is that fields are still empty: a draft may wait.
func soft(faults map[string]string, form url.Values) bool {
	for f, text := range faults {
		if form.Get(f) != "" || hard(order.Fault{Field: f, Text: text}) {
			return false
		}
	}
	return true
}

// apply puts what a form says into an order, and says what could not be read.
func apply(o *order.Order, form url.Values, p *clinic.Patient) map[string]string {
	faults := map[string]string{}
	if o.Kind == order.Medicine {
		was := *o
		applySteps(o, form, faults)
		shown := form.Get("quantity")
		follows := was.Sig // a quantity that followed from the directions follows from the new ones
		follows.Quantity, follows.QuantityUnit = 0, ""
		follows.Compute()
		kept := o.Sig.Quantity > 0 && clean(shown) == clean(quantityText(was)) && follows.Quantity == was.Sig.Quantity && o.Sig.How() != was.Sig.How()
		if strings.TrimSpace(shown) != "" && !kept {
			l := order.ParseSig("dispense " + shown)
			if l.Sig.Quantity <= 0 || len(l.Unread) > 0 {
				faults["quantity"] = "Write a number: 30, or 100 mL."
			} else {
				o.Sig.Quantity, o.Sig.Computed = l.Sig.Quantity, false
				if l.Sig.QuantityUnit != "" {
					o.Sig.QuantityUnit = l.Sig.QuantityUnit
				}
				o.Sig.Compute()
			}
		}
	}
	if form.Has("refills") && strings.TrimSpace(form.Get("refills")) != "" {
		n, err := strconv.Atoi(strings.TrimSpace(form.Get("refills")))
		if err != nil {
			faults["refills"] = "Write a whole number of refills."
		} else {
			o.Sig.Refills, o.Sig.RefillsSaid = n, true
		}
	}
	for name, to := range map[string]*string{"reason": &o.Reason, "note": &o.Note, "due": &o.Due, "side": &o.Side, "contrast": &o.Contrast, "priority": &o.Priority} {
		if form.Has(name) {
			*to = strings.TrimSpace(form.Get(name))
		}
	}
	if id := form.Get("problem"); form.Has("problem") {
		for _, pr := range p.Chart().Problems.Active {
			if pr.ID == id && id != "" {
				o.Reason, o.ReasonRef = pr.Name, "Condition/"+id
			}
		}
	} else if form.Has("reason") && o.ReasonRef != "" {
		o.ReasonRef = refStill(o.ReasonRef, o.Reason, p)
	}
	return faults
}

func clean(s string) string { return strings.Join(strings.Fields(s), " ") }

// refStill is a reference to a problem as long as the words are still that problem's.
func refStill(ref, words string, p *clinic.Patient) string {
	for _, pr := range p.Chart().Problems.Active {
		if "Condition/"+pr.ID == ref && pr.Name == words {
			return ref
		}
	}
	return ""
}

func (r *room) remove(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	was, _ := draftOf(c, form.Get("ref"))
	name, err := r.drop(c, form.Get("ref"), form.Get("version"))
	if id := form.Get("about"); err == nil && id != "" && len(id) <= 100 {
		r.averted(c, &rule.Rule{ID: id, Kind: rule.RepeatTest}, order.Read(was.Node()), rule.Draft{})
	}
	switch {
	case moved(err) || errors.Is(err, record.ErrNotFound) || errors.As(err, new(*record.Gone)):
		r.first(c, p)
	case err != nil:
		c.Failed(err)
	default:
		r.answer(c, p, web.Neutral, name+" removed")
	}
}

// drop takes a draft away: it was never an order.
func (r *room) drop(c *door.Call, ref, version string) (string, error) {
	res, err := draftOf(c, ref)
	if err != nil {
		return "", err
	}
	if !res.Node().Get("status").Is("draft") || res.Version != version {
		return "", &record.VersionConflict{}
	}
	o := order.Read(res.Node())
	_, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{{Op: record.Delete, Type: res.Type, ID: res.ID, IfMatch: versionOf(version)}})
	var linked *record.BrokenReference
	if errors.As(err, &linked) { // a task or a warning names it: it is cancelled instead
		return o.Title(), r.cancel(c, res)
	}
	return o.Title(), err
}

func (r *room) cancel(c *door.Call, res record.Resource) error {
	status := `"cancelled"`
	if res.Type == "ServiceRequest" {
		status = `"revoked"`
	}
	d, err := fhir.Parse(fhir.SetMember(res.Node(), "status", []byte(status)))
	if err != nil {
		return err
	}
	_, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{{Op: record.Update, Type: res.Type, ID: res.ID, IfMatch: versionOf(res.Version), Resource: d.Root()}})
	return err
}
