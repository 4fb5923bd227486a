package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/api/hooks"
	"wholechart/auth"
	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/record"
)

// CDS Hooks 2.0 (https://cds-hooks.hl7.org/2.0/) at /{site}/cds-services: the
// rules of this program for other programs. Discovery is open to everybody and
// holds nothing but the services; everything else is for clinicians' and
// programs' bearer tokens and for registered organisations by signed JWT. A
// patient of the site is read through the gate as who asks may; for any other
// patient the record is what was sent, and nothing here is read.

// Support is what CDS Hooks need of the rules.
type Support interface {
	// Check is what a site's rules say of a record and drafted orders.
	Check(ctx context.Context, site string, c *chart.Chart, drafts []rule.Draft) rule.Answer
	// Shown hears which cards were answered about a patient, for the count of alerts.
	Shown(site, patient string, cards []*rule.Card)
	// Outcome hears what became of a card, where no DetectedIssue of a chart says it.
	Outcome(site, ruleID string, accepted bool, reason string)
	// Averted hears of tests that were not ordered again because a card was read, and
	// of radiation in microsievert that nobody was given.
	Averted(site, ruleID string, tests, microSv int)
}

// cdsRoute is one door of CDS Hooks below /{site}/cds-services.
type cdsRoute struct {
	method, path string
	does         func(*call, *http.Request) (*answer, error)
	open         bool
}

var cdsRoutes = []cdsRoute{
	{"GET", "", (*call).cdsDiscovery, true},
	{"POST", "{id}", (*call).cdsAnswer, false},
	{"POST", "{id}/feedback", (*call).cdsFeedback, false},
}

func (a *API) cdsDoors() {
	for _, path := range []string{"", "{id}", "{id}/feedback"} {
		pattern := "/{site}/cds-services"
		if path != "" {
			pattern += "/" + path
		}
		a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			c := &call{api: a, ctx: r.Context(), method: r.Method, head: r.Header}
			ans, err := a.cds(c, w, r, path)
			if err != nil {
				var bad *hooks.Error
				if errors.As(err, &bad) {
					err = &refusal{http.StatusBadRequest, "invalid", bad.Error()}
				}
				ans = c.refused(err)
			}
			a.send(w, r, c, ans)
		})
	}
}

func (a *API) cds(c *call, w http.ResponseWriter, r *http.Request, path string) (*answer, error) {
	slug := r.PathValue("site")
	var err error
	if c.site, err = a.Records.Site(slug); err != nil || !c.site.Local {
		return nil, &refusal{http.StatusNotFound, "not-found", "there is no such site here"}
	}
	i := slices.IndexFunc(cdsRoutes, func(x cdsRoute) bool { return x.path == path })
	route := cdsRoutes[i]
	c.base = a.BaseURL(r) + "/" + slug
	if r.Method != route.method && !(r.Method == http.MethodHead && route.method == http.MethodGet) {
		c.allow = route.method
		return nil, &refusal{http.StatusMethodNotAllowed, "not-supported", "this address takes " + route.method}
	}
	if route.open {
		return route.does(c, r)
	}
	actor, err := a.cdsActor(r, c)
	if err != nil {
		return nil, err
	}
	if _, ok := hooks.HookOf(r.PathValue("id")); !ok {
		return nil, &refusal{http.StatusNotFound, "not-found", "there is no such service: see /" + slug + "/cds-services"}
	}
	if !mayAskCDS(actor) {
		return nil, &record.Refused{Why: "decision support is for who takes part in care and may read prescriptions and conditions"}
	}
	c.s = a.Records.As(actor, access.EMR)
	if err := c.mediaType(r); err != nil {
		return nil, err
	}
	c.bytes = func(limit int64) ([]byte, error) { return body(w, r, min(limit, hooks.MaxBody)) }
	if r.ContentLength > large || r.ContentLength < 0 {
		done, err := a.bodies.take(c.ctx)
		if err != nil {
			return nil, err
		}
		defer done()
	}
	return route.does(c, r)
}

// cdsActor is who a bearer token stands for, or the organisation that signed the
// JWT for this very URL (section Trusting CDS Clients).
func (a *API) cdsActor(r *http.Request, c *call) (access.Actor, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || strings.Count(token, ".") != 2 {
		return a.actor(r, c.site.Slug)
	}
	if !a.named { // the audience must not be what a Host header says
		return access.Actor{}, auth.ErrDenied
	}
	return a.Auth.Caller(r.Context(), c.site.Slug, a.BaseURL(r)+r.URL.Path, token)
}

// mayAskCDS is whom the rules answer at all: whoever could read for themselves
// what the rules read, and trusted organisations about what they send.
func mayAskCDS(a access.Actor) bool {
	switch a.Kind {
	case access.Peer:
		return a.Purpose == access.Treatment || a.Purpose == access.Emergency
	case access.User, access.Client:
		return access.Decide(a, access.EMR, access.Read, "MedicationRequest").Allowed && access.Decide(a, access.EMR, access.Read, "Condition").Allowed
	}
	return false
}

func (c *call) cdsDiscovery(*http.Request) (*answer, error) {
	services := []hooks.Service{}
	if c.api.Support != nil {
		services = hooks.Services()
	}
	data, err := json.Marshal(map[string]any{"services": services})
	return &answer{status: http.StatusOK, body: data, typ: "application/json"}, err
}

// cdsAnswer is one call of a service.
func (c *call) cdsAnswer(r *http.Request) (*answer, error) {
	if c.api.Support == nil {
		return nil, &refusal{http.StatusNotFound, "not-found", "there is no such service here"}
	}
	h, _ := hooks.HookOf(r.PathValue("id"))
	data, err := c.bytes(c.api.MaxBody)
	if err != nil {
		return nil, err
	}
	q, err := hooks.ReadRequest(data, h)
	if err != nil {
		return nil, err
	}
	done, err := c.api.costly.take(c.ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	now := c.api.Now()
	actor := c.s.Actor()
	x := hooks.Asked{Request: q, Site: c.site.Slug, Base: c.base, Now: now, Ours: q.Ours(c.base+"/emr/fhir", c.base+"/ehr/fhir")}
	if actor.Kind == access.Peer && q.Server == "" {
		x.Ours = false // another organisation's patient, whatever id it has there
	}
	var whole *chart.Chart
	var gaps []rule.Gap
	if x.Ours {
		if whole, gaps, err = c.cdsRecord(q, now); err != nil {
			return nil, err
		}
		if kept, err := order.Keeps(c.ctx, c.s, q.Patient); err == nil {
			x.Kept = kept
		}
	} else if whole, gaps, err = q.Record(now, c.site.Location()); err != nil {
		var bad *hooks.Error
		if errors.As(err, &bad) && bad.Field == "prefetch.patient" {
			return nil, &refusal{http.StatusPreconditionFailed, "required", bad.Error()}
		}
		return nil, err
	}
	drafts, unread := q.RuleDrafts()
	gaps = append(gaps, unread...)
	var a rule.Answer
	if len(drafts) > 0 || !h.Orders {
		a = c.api.Support.Check(c.ctx, c.site.Slug, whole, drafts)
	}
	a.Gaps = append(a.Gaps, gaps...)
	shown := hooks.Cards(x, a)
	out := hooks.Response{Cards: make([]hooks.Card, 0, len(shown))}
	var told []*rule.Card
	for _, s := range shown {
		out.Cards = append(out.Cards, s.Card)
		if s.Of != nil {
			told = append(told, s.Of)
			c.api.cards.put(s.Card.UUID, remembered(x, actor, s, now, drafts))
		}
	}
	c.api.Support.Shown(c.site.Slug, q.Patient, told)
	data, err = json.Marshal(out)
	return &answer{status: http.StatusOK, body: data, typ: "application/json"}, err
}

// cdsTypes are what the rules read; of those that who asks may not read the
// answer says that it lacks them.
var cdsTypes = []struct{ Type, Name string }{
	{"MedicationRequest", "prescriptions"}, {"MedicationStatement", "reported medicines"}, {"MedicationDispense", "dispensed medicines"}, {"AllergyIntolerance", "allergies"},
	{"Condition", "conditions"}, {"Observation", "results"}, {"Immunization", "immunisations"}, {"Procedure", "procedures"}, {"ServiceRequest", "open orders"}, {"Patient", "the person's age and sex"},
}

// cdsWait is how long a service waits for other sites: section Calling a CDS
// Service counts on answers within half a second.
const cdsWait = 300 * time.Millisecond

// cdsRecord is the record of a patient of this site, as far as who asks may see it.
func (c *call) cdsRecord(q *hooks.Request, now time.Time) (*chart.Chart, []rule.Gap, error) {
	actor := c.s.Actor()
	if actor.Kind == access.Peer {
		return nil, nil, &record.Refused{Why: "organisations are answered about what they send: a patient of this site is asked about by $match and $changes"}
	}
	if actor.Kind == access.User && actor.Who != "" && strings.HasPrefix(q.User, "Practitioner/") && q.User != actor.Who {
		return nil, nil, &record.Refused{Why: "context.userId is not who the token stands for"}
	}
	var gaps []rule.Gap
	gap := func(why string) { gaps = append(gaps, rule.Gap{Check: "whole record", Why: why}) }
	s := c.s
	if access.Decide(actor, access.EHR, access.Export, "Patient").Allowed {
		s = c.s.Through(access.EHR)
		if why := c.cdsGather(s, q.Patient); why != "" {
			gap(why)
		}
	} else {
		gap("only this site's chart was looked at")
	}
	var lacks, full []string
	for _, t := range cdsTypes {
		if access.Decide(actor, s.Lens(), access.Export, t.Type).Allowed {
			full = append(full, t.Type)
		} else {
			lacks = append(lacks, t.Name)
		}
	}
	if len(lacks) > 0 {
		gap("who asks may not read " + strings.Join(lacks, ", "))
	}
	whole, err := chart.Glance(c.ctx, s, q.Patient, now, full...)
	if err != nil {
		return nil, nil, err
	}
	if !whole.Patient.Known {
		return nil, nil, record.ErrNotFound
	}
	return whole, gaps, nil
}

// cdsGather asks the other sites, and waits a moment. What they tell later is
// there for the next question.
func (c *call) cdsGather(s record.Session, patient string) (missing string) {
	if c.api.Exchange == nil {
		return ""
	}
	select {
	case c.api.asking <- struct{}{}:
	default:
		return "other sites were not asked: too many questions at once"
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), 30*time.Second)
	done := make(chan error, 1)
	go func() {
		defer func() {
			recover()
			cancel()
			<-c.api.asking
		}()
		_, err := c.api.Exchange.Open(ctx, s, patient)
		done <- err
	}()
	t := time.NewTimer(cdsWait)
	defer t.Stop()
	select {
	case err := <-done:
		if err != nil {
			return "other sites could not be asked"
		}
	case <-t.C:
		return "other sites are still being asked"
	case <-c.ctx.Done():
	}
	return "" // what was not reached stands in the record's completeness
}
