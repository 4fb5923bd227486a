package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"wholechart/decision"
	"wholechart/exchange"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/admin"
	"wholechart/web/clinic"
	"wholechart/web/clinic/alerts"
	"wholechart/web/clinic/day"
	"wholechart/web/clinic/documents"
	"wholechart/web/clinic/facts"
	"wholechart/web/clinic/lists"
	ordering "wholechart/web/clinic/orders"
	"wholechart/web/clinic/progress"
	"wholechart/web/clinic/rules"
	"wholechart/web/clinic/visit"
	"wholechart/web/desk"
	"wholechart/web/desk/outbox"
)

// pages are the doors for people. demo says on every page that nobody in it is real.
func pages(n *node, demo bool) (http.Handler, error) {
	clinicians, err := clinic.New(clinic.Config{
		Records: n.records, Auth: n.auth, Opener: opener{n.exchange}, Demo: demo, Log: slog.Default(), Now: n.now,
	})
	if err != nil {
		return nil, err
	}
	if n.standing, err = n.keeper(); err != nil {
		return nil, err
	}
	day.Register(clinicians, n.standing)
	visit.Register(clinicians)
	facts.Register(clinicians)
	progress.Register(clinicians)
	booked := ordering.Register(clinicians, ordering.Config{Check: n.check, Took: func(site, id string) { n.Outcome(site, id, true, "") }, Averted: n.Averted, Outside: outsiders{n}})
	desk.Register(clinicians.Door, desk.Beside(booked))
	if n.remind, err = n.reminders(n.send); err != nil {
		return nil, err
	}
	outbox.Register(clinicians.Door, n.remind)
	documents.Register(clinicians)
	lists.Register(clinicians.Door, n.standing)
	rules.Register(clinicians.Door)
	alerts.Register(clinicians.Door, alerts.Config{Counts: n.counts, Rules: decision.Rules, Services: services{n}})
	admin.Register(clinicians.Door, n)
	n.door = clinicians.Door
	handler, err := clinicians.Handler()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST "+web.ThemePath, web.Theme())
	mux.Handle("/", handler)
	assets := web.Assets()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, web.AssetPath) { // no site can be called so
			assets.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}), nil
}

// opener asks the other sites for a page.
type opener struct{ *exchange.Exchange }

func (o opener) Open(ctx context.Context, s record.Session, patient string, force bool) ([]record.Answer, error) {
	if force {
		return o.Exchange.Reopen(ctx, s, patient)
	}
	return o.Exchange.Open(ctx, s, patient)
}
