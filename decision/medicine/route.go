package medicine

import "wholechart/decision/substance"

// Way brings a route that others write to the words of substance.Route.
func Way(route string) string { return way(route) }

// Systemic says whether an ingredient given by a route of Way acts in the whole
// body. What is not said is taken to.
func Systemic(s substance.Substance, route string) bool {
	x := item{route: route}
	return x.systemic(s)
}
