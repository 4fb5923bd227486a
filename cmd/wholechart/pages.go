package main

import (
	"context"
	"log/slog"
	"net/http"

	"wholechart/exchange"
	"wholechart/record"
	"wholechart/web"
	"wholechart/web/clinic"
)

// pages are the doors for people. demo says on every page that nobody in it is real.
func pages(n *node, demo bool) (http.Handler, error) {
	clinicians, err := clinic.New(clinic.Config{
		Records: n.records, Auth: n.auth, Opener: opener{n.exchange}, Demo: demo, Log: slog.Default(),
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(web.AssetPath, web.Assets())
	mux.Handle("POST "+web.ThemePath, web.Theme())
	mux.Handle("/", clinicians)
	return mux, nil
}

// opener asks the other sites for a page.
type opener struct{ *exchange.Exchange }

func (o opener) Open(ctx context.Context, s record.Session, patient string, force bool) ([]record.Answer, error) {
	if force {
		return o.Exchange.Reopen(ctx, s, patient)
	}
	return o.Exchange.Open(ctx, s, patient)
}
