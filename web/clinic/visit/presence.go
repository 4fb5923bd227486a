package visit

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// presence is who has which note open for writing right now. It is of this
// process alone, which is the only one that has the site, and lost with it: it
// tells people of each other, it decides nothing (docs/adr/0012-presence.md).
type presence struct {
	sync.Mutex
	notes map[string][]here
}

// here is one open editor.
type here struct {
	Tab, User, Name string
	Section         string // where the hand is
	Seen            time.Time
}

const (
	gone     = 10 * time.Second // three polls missed
	maxNotes = 5000
	maxHere  = 20
)

// seen notes an editor and gives the others in the same note.
func (p *presence) seen(key string, me here, now time.Time) (others []here) {
	p.Lock()
	defer p.Unlock()
	if p.notes == nil || len(p.notes) > maxNotes {
		p.notes = map[string][]here{}
	}
	list := slices.DeleteFunc(p.notes[key], func(h here) bool { return h.Tab == me.Tab || now.Sub(h.Seen) > gone || h.Seen.After(now.Add(gone)) })
	others = slices.Clone(list)
	me.Seen = now
	if me.Tab != "" && len(list) < maxHere {
		list = append(list, me)
	}
	if len(list) == 0 {
		delete(p.notes, key)
	} else {
		p.notes[key] = list
	}
	return others
}

// left notes that an editor was closed.
func (p *presence) left(key, tab string) {
	p.Lock()
	defer p.Unlock()
	list := slices.DeleteFunc(p.notes[key], func(h here) bool { return h.Tab == tab })
	if len(list) == 0 {
		delete(p.notes, key)
		return
	}
	p.notes[key] = list
}

// company words who else is writing: "only you are writing".
func company(others []here, me string) string {
	var names []string
	mine := false
	for _, o := range others {
		if o.User == me {
			mine = true
		} else if !slices.Contains(names, o.Name) {
			names = append(names, o.Name)
		}
	}
	switch {
	case len(names) == 1:
		return names[0] + " is writing too"
	case len(names) > 1:
		return strings.Join(names, " and ") + " are writing too"
	case mine:
		return "you have it open in another window too"
	}
	return "only you are writing"
}
