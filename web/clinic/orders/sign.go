package orders

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"

	"wholechart/access"
	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
	"wholechart/web/door"
)

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
	advice, err := r.signing(c, p)
	if err != nil {
		c.Failed(err)
		return
	}
	if advice != nil {
		b.Outside = advice
		switch {
		case advice.Loud > 0:
			refuse("Nothing was signed: " + plural(advice.Loud, "warning of an outside service waits", "warnings of outside services wait") + " for an answer.")
			return
		case advice.New > 0:
			refuse("Nothing was signed yet: an outside service has something to say. Read it and sign again.")
			return
		}
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
		c.Done(p.ChartHref("order")+"?signed="+group, web.Flash{Kind: web.Good, Text: plural(len(list), "order", "orders") + " signed at " + c.Now.In(c.Zone).Format("15:04") + advice.silent()})
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
