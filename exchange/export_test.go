package exchange

import "wholechart/fhir"

// ReadForTest reads a Bundle as both answers of a peer.
func ReadForTest(n fhir.Node) {
	readChanges(n, "a")
	readMatches(n)
}
