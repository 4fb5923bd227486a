package caution

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
)

//go:embed table/conditions.rules.txt
var conditionText string

//go:embed table/laboratory.rules.txt
var laboratoryText string

//go:embed table/pregnancy.rules.txt
var pregnancyText string

//go:embed table/age.rules.txt
var ageText string

//go:embed table/doses.txt
var doseText string

//go:embed table/concepts.txt
var conceptText string

//go:embed table/tests.txt
var testText string

//go:embed table/groups.txt
var groupText string

//go:embed table/sources.txt
var sourceText string

// caution is one rule as it is asked.
type caution struct {
	rule.Rule
	topic    string
	who      []member
	when     when
	severity string
	why, do  string
	instead  []string // alternatives: substances, or words
	limit    *limit   // of a rule about a dose
}

// member is an ingredient that a rule is about, and the way it is given.
type member struct {
	name  string
	route string // "": any that acts in the whole body; "any"; or a route of substance.Route
}

// source is who says so.
type source struct{ citation, url, date string }

type knowledge struct {
	cautions []*caution
	rules    []*rule.Rule
	at       map[string][]int // of an ingredient: the rules that it stands in
	routes   []map[string]string
	concepts map[string]*concept
	tests    map[string]*test
	groups   map[string][]string
}

var load = sync.OnceValue(func() *knowledge {
	k, err := read()
	if err != nil {
		panic("decision/caution: " + err.Error()) // the embedded tables are tested
	}
	return k
})

// Rules are the rules of this package, for the page that lists them. The caller
// does not change them.
func Rules() []*rule.Rule { return load().rules }

var levels = map[string]rule.Level{"quiet": rule.Quiet, "notice": rule.Notice, "interrupt": rule.Interrupt}

// kinds are the kinds of rules by how their ids begin.
var kinds = map[string]rule.Kind{"cond": rule.Condition, "lab": rule.Laboratory, "preg": rule.Pregnancy, "lact": rule.Pregnancy, "age": rule.Age, "beers": rule.Age, "dose": rule.Dose}

func read() (*knowledge, error) {
	k := &knowledge{at: map[string][]int{}}
	var err error
	if k.concepts, err = readConcepts(conceptText); err != nil {
		return nil, err
	}
	if k.tests, err = readTests(testText); err != nil {
		return nil, err
	}
	if k.groups, err = readGroups(groupText); err != nil {
		return nil, err
	}
	sources := map[string]source{}
	for _, f := range fact.Rows(sourceText, 4) {
		if _, again := sources[f[0]]; again {
			return nil, fmt.Errorf("source %s stands twice", f[0])
		}
		sources[f[0]] = source{f[1], f[2], f[3]}
	}
	for _, text := range []string{conditionText, laboratoryText, pregnancyText, ageText} {
		for _, f := range fact.Rows(text, 10) {
			c := &caution{severity: f[4], why: f[6], do: f[7], instead: fact.List(f[8])}
			c.ID, c.topic, _ = strings.Cut(f[0], " / ")
			c.Title, c.Level, c.Text = f[5], levels[f[3]], strings.Join(f, " | ")
			if err = k.add(c, f[1], f[2], f[9], sources); err != nil {
				return nil, fmt.Errorf("%s: %w", c.ID, err)
			}
		}
	}
	for _, f := range fact.Rows(doseText, 6) {
		c, err := readDose(f)
		if err == nil {
			c.Text = strings.Join(f, " | ")
			err = k.add(c, f[1], f[2], f[5], sources)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f[0], err)
		}
	}
	return k, nil
}

// add completes a rule and files it under its ingredients.
func (k *knowledge) add(c *caution, who, cond, cite string, sources map[string]source) error {
	prefix, _, _ := strings.Cut(c.ID, "-")
	c.Kind, c.Version = kinds[prefix], rule.VersionOf(c.ID)
	if c.Kind == "" || c.Level == rule.Off || !slices.Contains([]string{"contraindicated", "severe", "moderate"}, c.severity) {
		return fmt.Errorf("no kind, level or severity")
	}
	if slices.ContainsFunc(k.cautions, func(o *caution) bool { return o.ID == c.ID }) {
		return fmt.Errorf("stands twice")
	}
	key, locus, _ := strings.Cut(cite, " ")
	joint := ", "
	if cut, more := strings.CutSuffix(key, ";"); more {
		key, joint = cut, "; "
	}
	s, ok := sources[key]
	if !ok {
		return fmt.Errorf("no source %q", key)
	}
	c.Citation, c.URL, c.Date = s.citation, s.url, s.date
	if locus != "" {
		c.Citation += joint + locus
	}
	var err error
	if c.who, err = k.members(who); err != nil {
		return err
	}
	if c.when, err = k.parseWhen(cond); err != nil {
		return err
	}
	routes := map[string]string{}
	for _, m := range c.who {
		c.Text += ", " + m.name + "@" + m.route // a class that gains a member changes the rule
		k.at[m.name] = append(k.at[m.name], len(k.cautions))
		routes[m.name] = m.route
	}
	k.routes = append(k.routes, routes)
	k.cautions = append(k.cautions, c)
	k.rules = append(k.rules, &c.Rule)
	return nil
}

// members reads who a rule is about: names, class:name, group:name, each with
// @route, and -name for what it is not about.
func (k *knowledge) members(cell string) ([]member, error) {
	found := map[string]string{}
	for _, part := range fact.List(cell) {
		name, route, _ := strings.Cut(part, "@")
		name, without := strings.CutPrefix(name, "-")
		var list []string
		if class, ok := strings.CutPrefix(name, "class:"); ok {
			list = substance.Members(class)
		} else if group, ok := strings.CutPrefix(name, "group:"); ok {
			list = k.groups[group]
		} else if _, ok := substance.Known(name); ok {
			list = []string{name}
		}
		if len(list) == 0 {
			return nil, fmt.Errorf("no substance %q", part)
		}
		for _, n := range list {
			if without {
				delete(found, n)
			} else {
				found[n] = route
			}
		}
	}
	out := make([]member, 0, len(found))
	for n, r := range found {
		out = append(out, member{n, r})
	}
	slices.SortFunc(out, func(x, y member) int { return strings.Compare(x.name, y.name) })
	if len(out) == 0 {
		return nil, fmt.Errorf("about no substance")
	}
	return out, nil
}

// readGroups reads "name | members": what the rules speak of together and
// package substance has no class of.
func readGroups(text string) (map[string][]string, error) {
	k := &knowledge{groups: map[string][]string{}}
	for _, f := range fact.Rows(text, 2) {
		list, err := k.members(f[1])
		if err != nil {
			return nil, fmt.Errorf("group %s: %w", f[0], err)
		}
		for _, m := range list {
			k.groups[f[0]] = append(k.groups[f[0]], m.name)
		}
	}
	return k.groups, nil
}
