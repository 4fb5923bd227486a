package decision

import (
	_ "embed"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"

	"wholechart/decision/caution"
	"wholechart/decision/imaging"
	"wholechart/decision/immunization"
	"wholechart/decision/internal/fact"
	"wholechart/decision/medicine"
	"wholechart/decision/prevention"
	"wholechart/decision/rule"
	"wholechart/decision/test"
)

// checked.txt is what those who make this program held against a text: a line a
// rule, with the sum of what the rule said then. A rule that was changed since
// counts as not checked, until somebody holds it against its source again.
//
//go:embed checked.txt
var checkedText string

var allRules = sync.OnceValue(func() []*rule.Rule {
	list := slices.Concat(medicine.Rules(), caution.Rules(), test.Rules(), imaging.Rules(), immunization.Rules(), prevention.Rules())
	byID := map[string]*rule.Rule{}
	for _, r := range list {
		byID[r.ID] = r
	}
	for _, f := range fact.Rows(checkedText, 4) {
		if r := byID[f[0]]; r != nil && Sum(r) == f[2] {
			r.Checked, r.Against = f[1], f[3]
		}
	}
	return list
})

// Rules are all rules, by their kind in the order of the checks, with how far each
// was held against its source. The caller does not change them.
func Rules() []*rule.Rule { return slices.Clone(allRules()) }

// Sum is eight hexadecimal digits that change with what a rule says.
func Sum(r *rule.Rule) string {
	h := fnv.New32a()
	for _, s := range []string{r.ID, string(r.Kind), r.Level.String(), r.Title, r.Version, r.Date, r.Citation, r.Text} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return fmt.Sprintf("%08x", h.Sum32())
}
