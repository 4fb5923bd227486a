package standing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"sync"

	"wholechart/decision"
	"wholechart/decision/immunization"
	"wholechart/decision/rule"
)

// vaccine is what the rule of a vaccine group begins with: the CDC's schedule has
// no rule a group, so that one stands for each here.
const vaccine = "vaccine:"

// known are the rules by id, as index found them last.
var known struct {
	once sync.Once
	mu   sync.RWMutex
	by   map[string]*rule.Rule
}

// index takes the rules as they are now: a node may load more while it runs. Those
// of vaccine groups stay what they are.
func index() {
	by := map[string]*rule.Rule{}
	for _, r := range decision.Rules() {
		by[r.ID] = r
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	for id, r := range known.by {
		if strings.HasPrefix(id, vaccine) {
			by[id] = r
		}
	}
	known.by = by
}

// ruleByID is a rule by its id; nil when there is none.
func ruleByID(id string) *rule.Rule {
	known.once.Do(index)
	known.mu.RLock()
	r := known.by[id]
	known.mu.RUnlock()
	if r != nil {
		return r
	}
	group, ok := strings.CutPrefix(id, vaccine)
	if !ok {
		return nil
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	if r = known.by[id]; r == nil && len(known.by) < 100_000 {
		title := immunization.Title(group)
		r = &rule.Rule{ID: id, Kind: rule.Immunization, Title: title + " vaccine", Citation: "CDC, Clinical Decision Support for Immunization", Level: rule.Quiet}
		known.by[id] = r
	}
	return r
}

// Knowledge names the rules and the program that an answer is worked out with: any
// other program may answer otherwise. more is what is loaded besides.
func Knowledge(more string) string {
	h := sha256.New()
	for _, r := range decision.Rules() {
		fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00%d\n", r.ID, r.Version, r.Date, r.Reviewed, r.Level)
	}
	for _, g := range Groups {
		fmt.Fprintf(h, "%v\n", *g)
	}
	for _, t := range Tests {
		fmt.Fprintf(h, "%v\n", *t)
	}
	if path, err := os.Executable(); err == nil {
		if f, err := os.Stat(path); err == nil {
			fmt.Fprintf(h, "%d %d\n", f.Size(), f.ModTime().UnixNano())
		}
	}
	fmt.Fprintln(h, more)
	return hex.EncodeToString(h.Sum(nil)[:6])
}
