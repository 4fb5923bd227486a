package main

import (
	"bytes"
	"sort"
	"strings"
)

type valueSet struct {
	URL     string
	Compose struct{ Include, Exclude []include }
}

type include struct {
	System   string
	Concept  []struct{ Code string }
	Filter   []struct{ Property, Op, Value string }
	ValueSet []string
}

type codeSystem struct {
	URL, Content string
	Concept      []concept
}

type concept struct {
	Code     string
	Concept  []concept
	Property []struct{ Code, ValueCode string }
}

// codes is system → codes.
type codes map[string]map[string]bool

func (c codes) add(system, code string) {
	if c[system] == nil {
		c[system] = map[string]bool{}
	}
	c[system][code] = true
}

// expand lists a value set's codes, and says whether the list is all of them:
// not so where a code system is not in the package or a filter is not
// understood.
func (all *definitions) expand(url string, inside map[string]bool) (codes, bool) {
	url, _, _ = strings.Cut(url, "|")
	v, ok := all.valueSets[url]
	if !ok || inside[url] {
		return nil, false
	}
	inside[url] = true
	defer delete(inside, url)
	out := codes{}
	for _, inc := range v.Compose.Include {
		part, ok := all.part(inc, inside)
		if !ok {
			return nil, false
		}
		for s, cs := range part {
			for c := range cs {
				out.add(s, c)
			}
		}
	}
	for _, ex := range v.Compose.Exclude {
		part, ok := all.part(ex, inside)
		if !ok {
			return nil, false
		}
		for s, cs := range part {
			for c := range cs {
				delete(out[s], c)
			}
		}
	}
	return out, len(v.Compose.Include) > 0
}

func (all *definitions) part(inc include, inside map[string]bool) (codes, bool) {
	var out codes
	if inc.System != "" {
		out = codes{}
		if len(inc.Concept) > 0 {
			for _, c := range inc.Concept {
				out.add(inc.System, c.Code)
			}
		} else {
			cs, ok := all.codeSystems[inc.System]
			if !ok || cs.Content != "complete" || len(cs.Concept) == 0 {
				return nil, false
			}
			kept, ok := filtered(cs, inc)
			if !ok {
				return nil, false
			}
			for c := range kept {
				out.add(inc.System, c)
			}
		}
	}
	for _, url := range inc.ValueSet { // contents are what all of them share
		other, ok := all.expand(url, inside)
		if !ok {
			return nil, false
		}
		if out == nil {
			out = other
			continue
		}
		for s, cs := range out {
			for c := range cs {
				if !other[s][c] {
					delete(cs, c)
				}
			}
		}
	}
	return out, out != nil
}

// filtered are the codes that pass is-a and descendent-of filters over the
// nesting and subsumedBy properties of a code system.
func filtered(cs codeSystem, inc include) (map[string]bool, bool) {
	parents := map[string][]string{}
	var walk func(list []concept, parent string)
	walk = func(list []concept, parent string) {
		for _, c := range list {
			if _, seen := parents[c.Code]; !seen {
				parents[c.Code] = nil
			}
			if parent != "" {
				parents[c.Code] = append(parents[c.Code], parent)
			}
			for _, p := range c.Property {
				if p.Code == "subsumedBy" || p.Code == "parent" {
					parents[c.Code] = append(parents[c.Code], p.ValueCode)
				}
			}
			walk(c.Concept, c.Code)
		}
	}
	walk(cs.Concept, "")
	var under func(code, ancestor string, depth int) bool
	under = func(code, ancestor string, depth int) bool {
		for _, p := range parents[code] {
			if p == ancestor || depth < 32 && under(p, ancestor, depth+1) {
				return true
			}
		}
		return false
	}
	out := map[string]bool{}
	for code := range parents {
		keep := true
		for _, f := range inc.Filter {
			if f.Property != "concept" || f.Op != "is-a" && f.Op != "descendent-of" {
				return nil, false
			}
			keep = keep && (f.Op == "is-a" && code == f.Value || under(code, f.Value, 0))
		}
		if keep {
			out[code] = true
		}
	}
	return out, true
}

// valueSetTable writes every bound value set that can be listed in full: a
// line #url, then for each system a line of the system and its codes.
func (all *definitions) valueSetTable(bound []string) []byte {
	var out bytes.Buffer
	for _, url := range bound {
		set, complete := all.expand(url, map[string]bool{})
		if !complete {
			continue
		}
		line(&out, "#"+url)
		systems := make([]string, 0, len(set))
		for s := range set {
			systems = append(systems, s)
		}
		sort.Strings(systems)
		for _, s := range systems {
			row := []string{s}
			for c := range set[s] {
				row = append(row, c)
			}
			sort.Strings(row[1:])
			line(&out, row...)
		}
	}
	return out.Bytes()
}
