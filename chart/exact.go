package chart

import "strings"

// Exact is the value with all the digits that were reported, where Value leaves
// out those that no instrument measures: for exports, which change nothing.
func (p Point) Exact() string {
	if p.decimal == "" {
		return p.Value
	}
	if before, ok := strings.CutSuffix(p.Value, shown(p.decimal)); ok {
		return before + p.decimal
	}
	return p.Value
}
