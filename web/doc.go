// Package web is the page kit: the frame every page stands in, the small parts pages are made of, their style sheet
// and browser modules, and what a page handler needs of HTTP (rendering, session cookie, cross-origin protection).
//
// It knows nothing of patients, sites or FHIR: a page gives it words, links and instants that it already decided to
// show. A part without children is a struct that is itself a component (`@web.Pill{…}`); a part with children is a
// function (`@web.Card("Results", more) { … }`). Plots are in web/plot.
//
// Nothing here writes an inline style or script: the Content-Security-Policy that Render sets forbids both.
package web

//go:generate go tool templ generate -path .
