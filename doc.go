// Package wholechart is the root of the house: it holds only the test of its
// floors. Start at cmd/wholechart, or read ARCHITECTURE.md.
package wholechart
