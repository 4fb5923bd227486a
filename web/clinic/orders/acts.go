package orders

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
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
			b.Typed, b.TypedWhy = string([]rune(typed)[:order.MaxName]), "That is too long for one order: at most 500 letters."
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
		r.first(c, p)
		return
	}
	o := order.Read(res.Node())
	o.Version = res.Version
	typed := map[string]string{}
	for _, k := range []string{"sig", "reason", "note", "due", "priority", "side", "contrast", "refills", "quantity"} {
		if form.Has(k) {
			typed[k] = form.Get(k)
		}
	}
	faults := apply(&o, form, p)
	for _, f := range o.Check(c.Now) {
		if o.Status = "draft"; faults[f.Field] == "" && (form.Has(f.Field) && form.Get(f.Field) != "" || hard(f)) {
			faults[f.Field] = f.Text
		}
	}
	if len(faults) > 0 && !soft(faults, form) {
		r.again(c, p, http.StatusUnprocessableEntity, func(b *basket) {
			if l := b.line(form.Get("ref")); l != nil {
				l.Faults, l.Typed, l.Open = faults, typed, true
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
		r.first(c, p)
	case err != nil:
		c.Failed(err)
	default:
		r.answer(c, p, web.Good, o.Title()+": saved")
	}
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
	if form.Has("sig") && o.Kind == order.Medicine && clean(form.Get("sig")) != clean(sigText(*o)) {
		text := form.Get("sig")
		if len(text) > order.MaxLine {
			faults["sig"] = "This is too long: at most 500 letters."
		} else {
			was := o.Sig
			l := order.ParseSig(text)
			o.Sig = l.Sig
			if len(l.Problems) > 0 {
				faults["sig"] = strings.Join(l.Problems, ". ")
			}
			if o.Sig.Route == "" {
				o.Sig.Route = was.Route
			}
			if o.Sig.Dose > 0 && o.Sig.Unit == "" {
				o.Sig.Unit = was.Unit
			}
			o.Sig.Compute()
		}
	}
	if form.Has("quantity") && strings.TrimSpace(form.Get("quantity")) != "" && o.Kind == order.Medicine {
		l := order.ParseSig("dispense " + form.Get("quantity"))
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

// sigText is what stands in the field of the directions.
func sigText(o order.Order) string { return o.Sig.How() + noteTail(o) }

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
	name, err := r.drop(c, form.Get("ref"), form.Get("version"))
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

// keep records that a warning was read and the order is kept, with the reason.
func (r *room) keep(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	b, err := r.load(c, p)
	if err != nil {
		c.Failed(err)
		return
	}
	key, reason, text := form.Get("key"), form.Get("reason"), strings.TrimSpace(form.Get("text"))
	for _, l := range b.Lines {
		for i, k := range l.Cards {
			if k.Key != key || k.Draft != form.Get("ref") {
				continue
			}
			switch {
			case order.KeepText(reason) == "":
				l.Cards[i].Bad = "Choose the reason."
			case reason == "other" && text == "":
				l.Cards[i].Bad = "Write the reason."
			case utf8.RuneCountInString(text) > order.MaxReason:
				l.Cards[i].Bad = "This is too long: at most 300 letters."
			}
			if l.Cards[i].Bad != "" {
				r.show(c, http.StatusUnprocessableEntity, b)
				return
			}
			kept := order.Kept{Key: key, Title: k.Title, Detail: strings.TrimSpace(k.Why + " " + k.Do), Severity: severity(k.Severity), Reason: reason, ReasonText: text, Implicated: []string{l.Ref}}
			if k.Rule != nil {
				kept.Rule = k.Rule.ID
			}
			for _, e := range k.Card.Facts {
				if e.Prov.Source != nil && e.Prov.Source.Own && e.Prov.ID != "" && !e.New {
					if to := e.Prov.Type + "/" + e.Prov.ID; fhir.IsResourceType(e.Prov.Type) && !slices.Contains(kept.Implicated, to) {
						kept.Implicated = append(kept.Implicated, to)
					}
				}
			}
			a, err := order.Keep(p.ID(), kept, by(c))
			if err == nil {
				_, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{a})
			}
			if err != nil {
				c.Failed(err)
				return
			}
			r.answer(c, p, web.Good, "Kept: "+order.KeepText(reason))
			return
		}
	}
	r.answer(c, p, web.Neutral, "That warning no longer stands.")
}

func severity(s string) string {
	switch s {
	case "contraindicated", "severe":
		return "high"
	case "moderate":
		return "moderate"
	}
	return "low"
}

// swap takes the better choice that a card offers.
func (r *room) swap(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	b, err := r.load(c, p)
	if err != nil {
		c.Failed(err)
		return
	}
	l := b.line(form.Get("ref"))
	if l == nil || l.O.Version != form.Get("version") {
		r.first(c, p)
		return
	}
	at, err := strconv.Atoi(form.Get("choice"))
	for _, k := range append(slices.Clone(l.Cards), l.Quiet...) {
		if k.Key != form.Get("key") || err != nil || at < -1 || at >= len(k.Choices) {
			continue
		}
		if at >= 0 && k.Choices[at].Draft != nil {
			o := fromDraft(*k.Choices[at].Draft)
			who := by(c)
			o.Patient, o.Encounter, o.AuthoredOn, o.Reason, o.ReasonRef, o.Requester, o.RequesterAs, o.Author = p.ID(), l.O.Encounter, who.Now, l.O.Reason, l.O.ReasonRef, l.O.Requester, l.O.RequesterAs, l.O.Author
			a, err := order.Save(o)
			if err == nil {
				_, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{a})
			}
			if err != nil {
				c.Failed(err)
				return
			}
		}
		name, err := r.drop(c, l.Ref, l.O.Version)
		switch {
		case moved(err):
			r.first(c, p)
		case err != nil:
			c.Failed(err)
		case at >= 0 && k.Choices[at].Draft != nil:
			r.answer(c, p, web.Good, "Changed to "+k.Choices[at].Draft.Name)
		default:
			r.answer(c, p, web.Good, name+" removed: what is there is used instead")
		}
		return
	}
	r.first(c, p)
}

// fromDraft makes an order of a rule's better choice: the catalogue's item where
// it is one, else as the rule says it.
func fromDraft(d rule.Draft) order.Order {
	typed := d.Name
	if d.Sig != "" {
		typed += " " + d.Sig
	}
	if k := order.Find(typed, 1); len(k) > 0 && string(k[0].Item.Kind) == string(d.Kind) {
		return k[0].Order()
	}
	if k := order.Find(d.Name, 1); len(k) > 0 && string(k[0].Item.Kind) == string(d.Kind) {
		o := k[0].Order()
		if l := order.ParseSig(d.Sig); d.Sig != "" && l.Sig.Dose > 0 {
			o.Sig = l.Sig
		}
		return o
	}
	o := order.Words(order.Kind(d.Kind), d.Name)
	o.Codes, o.Modality, o.Region, o.Side, o.Contrast = d.Codes, d.Modality, d.Region, d.Laterality, d.Contrast
	if d.Sig != "" {
		o.Sig = order.ParseSig(d.Sig).Sig
	}
	return o
}

// Favourites are one draft a user: a list of keys of the catalogue.
const favourites = "order-favourites"

func favouritesID(c *door.Call) string {
	id := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '.'
	}, c.Actor.ID)
	return id[:min(64, len(id))]
}

func (r *room) stars(c *door.Call) []string {
	d, err := c.Session(access.EMR).Draft(c.R.Context(), favourites, favouritesID(c))
	var keys []string
	if err != nil || d.Owner != c.Actor.ID || json.Unmarshal(d.Body, &keys) != nil {
		return nil
	}
	return keys
}

func (r *room) star(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	key := form.Get("item")
	if order.ByKey(key) == nil {
		c.Failed(record.ErrNotFound)
		return
	}
	s := c.Session(access.EMR)
	d, err := s.Draft(c.R.Context(), favourites, favouritesID(c))
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		c.Failed(err)
		return
	}
	var keys []string
	_ = json.Unmarshal(d.Body, &keys)
	said := "A favourite now"
	if i := slices.Index(keys, key); i >= 0 {
		keys, said = slices.Delete(keys, i, i+1), "No favourite any more"
	} else {
		keys = append(keys, key)
	}
	if len(keys) > 40 {
		r.answer(c, p, web.Warning, "Forty favourites are the most: take one out first.")
		return
	}
	d.Kind, d.ID, d.Type, d.Title = favourites, favouritesID(c), "ServiceRequest", "Favourite orders"
	if d.Body, err = json.Marshal(keys); err == nil {
		_, err = s.PutDraft(c.R.Context(), d)
	}
	var other *record.DraftMoved
	if errors.As(err, &other) {
		r.answer(c, p, web.Warning, "Changed in another window meanwhile: try again.")
		return
	}
	if err != nil {
		c.Failed(err)
		return
	}
	r.answer(c, p, web.Good, said)
}

// sign makes orders of the drafts that the page showed, all or none; of those
// that are not the actor's to sign it asks somebody else.
func (r *room) sign(c *door.Call) {
	p, form, ok := r.post(c)
	if !ok {
		return
	}
	b, err := r.load(c, p)
	if err != nil {
		c.Failed(err)
		return
	}
	if b.State != form.Get("state") {
		b.Said, b.SaidKind = "The basket is not what you saw: somebody else, or another window, changed or signed it. Nothing was signed. Look again.", web.Warning
		r.show(c, http.StatusConflict, b)
		return
	}
	mine := form.Get("what") != "ask"
	var list []*line
	for _, l := range b.Lines {
		if l.Mine == mine {
			list = append(list, l)
		}
	}
	bad, loud := 0, 0
	for _, l := range list {
		if len(l.Faults) > 0 {
			bad++
		}
		for _, k := range l.Cards {
			if k.Level == rule.Interrupt {
				loud++
			}
		}
	}
	refuse := func(text string) {
		b.Said, b.SaidKind = text, web.Danger
		r.show(c, http.StatusUnprocessableEntity, b)
	}
	switch {
	case len(list) == 0:
		refuse("There is nothing to sign.")
		return
	case bad > 0:
		refuse("Nothing was signed: " + plural(bad, "order is", "orders are") + " not complete. What is missing stands beside the field.")
		return
	case loud > 0 && mine:
		refuse("Nothing was signed: " + plural(loud, "warning waits", "warnings wait") + " for an answer.")
		return
	}
	if !mine {
		r.ask(c, p, list, form.Get("signer"), b.Signers)
		return
	}
	var nodes []fhir.Node
	priors := map[string]fhir.Node{}
	refs := map[string]bool{}
	for _, l := range list {
		res, err := draftOf(c, l.Ref)
		if err != nil {
			c.Failed(err)
			return
		}
		if res.Version != l.O.Version {
			r.first(c, p)
			return
		}
		refs[l.Ref] = true
		nodes = append(nodes, res.Node())
		if l.O.Prior != "" {
			if _, id, _, ok := fhir.Relative(l.O.Prior); ok {
				if prior, err := ofPatient(c, "MedicationRequest", id); err == nil {
					priors[l.O.Prior] = prior.Node()
				}
			}
		}
	}
	who, group := by(c), strings.ToLower(rand.Text())
	acts, err := order.Sign(nodes, priors, who, group)
	if err == nil {
		var asked []record.Resource
		if asked, err = seek(c, "Task", url.Values{"patient": {p.ID()}, "code": {order.TaskSystem + "|cosign"}, "status": {"requested,in-progress"}, "_count": {"50"}}); err == nil {
			for _, t := range asked {
				if refs[t.Node().Get("focus").Get("reference").Str()] {
					a, e := order.Signed(t.Node(), who)
					if e != nil {
						err = e
						break
					}
					acts = append(acts, a)
				}
			}
		}
	}
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), acts)
	}
	switch {
	case moved(err):
		r.first(c, p)
	case err != nil:
		c.Failed(err)
	default:
		c.Done(p.ChartHref("order")+"?signed="+group, web.Flash{Kind: web.Good, Text: plural(len(list), "order", "orders") + " signed at " + c.Now.In(c.Zone).Format("15:04")})
	}
}

func (r *room) ask(c *door.Call, p *clinic.Patient, list []*line, signer string, signers []web.Option) {
	name := nameOf(signers, signer)
	if name == "" {
		signer = ""
	}
	var of []order.Order
	for _, l := range list {
		of = append(of, l.O)
	}
	a, err := order.AskToSign(of, signer, name, by(c))
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{a})
	}
	if err != nil {
		c.Failed(err)
		return
	}
	if name == "" {
		name = "any physician here"
	}
	c.Done(p.ChartHref("order"), web.Flash{Kind: web.Good, Text: "Sent to " + name + " to sign. Until then these are drafts."})
}

func day(t time.Time) string { return t.Format("2 Jan 2006") }
