package decision

import (
	"slices"
	"sync"

	"wholechart/decision/caution"
	"wholechart/decision/imaging"
	"wholechart/decision/immunization"
	"wholechart/decision/medicine"
	"wholechart/decision/prevention"
	"wholechart/decision/rule"
	"wholechart/decision/test"
)

// others are the rules besides those of medicines, which a node may add to.
var others = sync.OnceValue(func() []*rule.Rule {
	list := slices.Concat(caution.Rules(), test.Rules(), imaging.Rules(), immunization.Rules(), prevention.Rules())
	for _, r := range list {
		r.Hold()
	}
	return list
})

// Rules are all rules, by their kind in the order of the checks, with how far each
// was held against its source. The caller does not change them.
func Rules() []*rule.Rule { return slices.Concat(medicine.Rules(), others()) }
