package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"wholechart/chart"
	"wholechart/decision"
	"wholechart/decision/rule"
	"wholechart/exchange"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/admin"
	"wholechart/web/clinic"
	"wholechart/web/clinic/day"
	"wholechart/web/clinic/facts"
	ordering "wholechart/web/clinic/orders"
	"wholechart/web/clinic/visit"
	"wholechart/web/desk"
)

// pages are the doors for people. demo says on every page that nobody in it is real.
func pages(n *node, demo bool) (http.Handler, error) {
	clinicians, err := clinic.New(clinic.Config{
		Records: n.records, Auth: n.auth, Opener: opener{n.exchange}, Demo: demo, Log: slog.Default(),
	})
	if err != nil {
		return nil, err
	}
	day.Register(clinicians)
	visit.Register(clinicians)
	facts.Register(clinicians)
	ordering.Register(clinicians, ordering.Config{Check: check})
	desk.Register(clinicians.Door)
	admin.Register(clinicians.Door, n)
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

// check holds drafted orders against all rules.
func check(_ context.Context, c *chart.Chart, drafts []rule.Draft) rule.Answer {
	return decision.Check(rule.Input{Chart: c, Drafts: drafts, Now: c.Now}, nil)
}
