package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"

	"wholechart/access"
	"wholechart/api/hooks"
	"wholechart/audit"
	"wholechart/decision/rule"
	"wholechart/record"
	"wholechart/search"
)

// outsiders asks a site's outside services for its pages. What leaves the site is
// decided here: nothing for who is no practitioner of the site, nothing of a patient
// who forbade it; of the record only what the site agreed to send, the service's own
// templates ask for, who asks may see in this chart, and the patient's consent lets
// go. That a service is told is in the access log before it is.
type outsiders struct{ n *node }

func (x outsiders) list(ctx context.Context, site, hook string) []hooks.Outside {
	body, _, err := x.n.system(site, "decision").Setting(ctx, hooks.SettingName)
	var list []hooks.Outside
	if err == nil {
		list, err = hooks.DecodeOutside(body)
	}
	if err != nil {
		slog.Error("the site's outside services", "site", site, "error", err)
		return nil
	}
	return slices.DeleteFunc(list, func(o hooks.Outside) bool { return o.Services[hook] == "" })
}

// Has are the names of the services that would be asked for somebody at a moment
// of the work. Nobody is asked.
func (x outsiders) Has(ctx context.Context, who access.Actor, hook string) (names []string) {
	if !asksOutside(who) {
		return nil
	}
	for _, o := range x.list(ctx, who.Site, hook) {
		if shownTo(who, o) {
			names = append(names, o.Name)
		}
	}
	return names
}

// asksOutside says whether services may be asked for somebody at all: userId is a
// practitioner of the site.
func asksOutside(who access.Actor) bool {
	return who.Kind == access.User && strings.HasPrefix(who.Who, "Practitioner/")
}

// shownTo says whether somebody may see what a service says: who does not see care
// only where the site agreed to it.
func shownTo(who access.Actor, o hooks.Outside) bool {
	return o.Desk || access.Decide(who, access.EMR, access.Read, "Condition").Allowed
}

// Ask asks them, in parallel and each within its time.
func (x outsiders) Ask(ctx context.Context, s record.Session, q hooks.Question) []hooks.Told {
	who := s.Actor()
	if !asksOutside(who) {
		return nil
	}
	q.Site, q.User = who.Site, who.Who
	list := slices.DeleteFunc(x.list(ctx, who.Site, q.Hook), func(o hooks.Outside) bool { return !shownTo(who, o) })
	if len(list) == 0 {
		return nil
	}
	q.Prepare = func(ctx context.Context, o hooks.Outside) (map[string]json.RawMessage, error) {
		return x.prepare(ctx, s.Through(access.EMR), o, q)
	}
	told := x.n.outside().Ask(ctx, list, q)
	var shown []*rule.Card
	for _, t := range told {
		for _, c := range t.Cards {
			k := c.Rule(t.From)
			shown = append(shown, &k)
		}
	}
	x.n.Shown(who.Site, q.Patient, shown)
	return told
}

// prepare notes that a service is told, and gathers what it is sent.
func (x outsiders) prepare(ctx context.Context, s record.Session, o hooks.Outside, q hooks.Question) (map[string]json.RawMessage, error) {
	recipient := o.RuleID()
	wants, asked := map[string][]record.Resource{}, []record.Resource{}
	var keys []string
	if o.Record {
		list, _ := o.Wants(q)
		for _, w := range list {
			found, ok := x.seek(ctx, s, w)
			if !ok {
				continue // who asks may not see it, or it is no search that is known here: a key that is left out
			}
			keys = append(keys, w.Key)
			wants[w.Key], asked = found, append(asked, found...)
		}
	}
	kept, ok, err := x.n.system(q.Site, "decision").MayTell(ctx, q.Patient, recipient, access.Treatment, asked)
	switch {
	case err != nil:
		slog.Error("what an outside service may be told", "site", q.Site, "error", err)
		return nil, err
	case !ok:
		return nil, hooks.NotAsked("this patient's record is not shared with it")
	}
	may := map[string]bool{}
	for _, r := range kept {
		may[r.Type+"/"+r.ID] = true
	}
	out := map[string]json.RawMessage{}
	sent, bytes := map[string]bool{}, 0
	var types []string
	for _, key := range keys {
		list := slices.DeleteFunc(wants[key], func(r record.Resource) bool {
			st := r.Node().Get("status")
			return !may[r.Type+"/"+r.ID] && r.Type != "Practitioner" || st.Is("draft") || st.Is("entered-in-error")
		})
		single := slices.ContainsFunc(wantsOf(o, q), func(w hooks.Wanted) bool { return w.Key == key && w.Query == nil })
		body, size := bundleOf(list, single)
		if bytes += size; bytes > maxSent {
			break // what is left out is as if it had not been asked for
		}
		out[key] = body
		for _, r := range list {
			sent[r.Type+"/"+r.ID] = true
			if !slices.Contains(types, r.Type) {
				types = append(types, r.Type)
			}
		}
	}
	slices.Sort(types)
	why := q.Hook
	if len(types) > 0 {
		why += ": " + strings.Join(types, ", ")
	}
	if err := s.Note(ctx, audit.Event{Action: "ask", Type: "Patient", ID: q.Patient, Recipient: recipient, Count: len(q.Drafts) + len(q.Bookings) + len(sent), Why: why}); err != nil {
		slog.Error("audit of an outside service", "site", q.Site, "error", err)
		return nil, hooks.NotAsked("it could not be noted")
	}
	return out, nil
}

// maxSent bounds what one question sends of the record, in bytes.
const maxSent = 1 << 20

func wantsOf(o hooks.Outside, q hooks.Question) []hooks.Wanted {
	list, _ := o.Wants(q)
	return list
}

// seek reads what a service asks for as who asks may see it in this chart.
func (x outsiders) seek(ctx context.Context, s record.Session, w hooks.Wanted) ([]record.Resource, bool) {
	if w.Query == nil {
		r, err := s.Read(ctx, w.Type, w.ID)
		return []record.Resource{r}, err == nil
	}
	q, err := search.Parse(w.Type, w.Query, search.Options{})
	if err != nil {
		return nil, false
	}
	p, err := s.Search(ctx, q)
	if err != nil {
		return nil, false
	}
	return p.Matches, true
}

// bundleOf is what one key holds: a resource, or a searchset.
func bundleOf(list []record.Resource, single bool) (json.RawMessage, int) {
	if single {
		if len(list) == 0 {
			return json.RawMessage("null"), 4
		}
		return json.RawMessage(list[0].Body), len(list[0].Body)
	}
	entries := make([]any, 0, len(list))
	for _, r := range list {
		entries = append(entries, map[string]any{"resource": json.RawMessage(r.Body)})
	}
	body, err := json.Marshal(map[string]any{"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries})
	if err != nil {
		return json.RawMessage("null"), 4
	}
	return body, len(body)
}

// Shown is a card as it was shown to somebody about a patient.
func (x outsiders) Shown(who access.Actor, patient, key string) (hooks.ShownCard, bool) {
	return x.n.outside().Shown(who.Site, who.Who, patient, key)
}

// Tell says to a service what became of its card.
func (x outsiders) Tell(t hooks.Took) { x.n.outside().Tell(t) }
