package rule

// Step is one step of the directions of a medicine: "2 tablets in the morning".
type Step struct {
	Amount float64  // of one dose in Unit; 0 not said
	Unit   string   // UCUM
	PerDay float64  // doses a day; 0 not said
	When   []string // FHIR's event timing, as far as said: MORN, EVE
	PRN    bool
}

// AtOnce says whether two steps of one day are taken at the same moment: at the
// same time of day, or when neither says one and both are taken as often.
func (s Step) AtOnce(t Step) bool {
	for _, w := range s.When {
		for _, x := range t.When {
			if w == x {
				return true
			}
		}
	}
	return len(s.When)+len(t.When) == 0 && !s.PRN && !t.PRN && s.PerDay == t.PerDay
}
