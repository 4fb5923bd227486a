package main

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

type structure struct {
	Name, Kind, Version, BaseDefinition string
	Abstract                            bool
	Snapshot                            struct{ Element []element }
}

type element struct {
	ID, Path, Max, ContentReference string
	Min                             int
	Type                            []elementType
	Constraint                      []constraint
	IsModifier, IsSummary           bool
	Binding                         *struct{ Strength, ValueSet string }
}

type elementType struct {
	Code                   string
	Profile, TargetProfile []string
	Extension              []struct{ URL, ValueURL string }
}

type constraint struct{ Key, Severity, Human, Expression, Source string }

type searchParam struct {
	URL, Code, Type, Expression string
	Version                     string
	Base, Target                []string
	MultipleOr, MultipleAnd     *bool
	Comparator, Modifier, Chain []string
	Component                   []struct{ Definition, Expression string }
}

type compartment struct {
	Code     string
	Resource []struct {
		Code  string
		Param []string
	}
}

// interned numbers equal strings in the order they first come.
type interned struct {
	numbers map[string]int
	lines   []string
}

func (in *interned) number(line string) string {
	if in.numbers == nil {
		in.numbers = map[string]int{}
	}
	n, ok := in.numbers[line]
	if !ok {
		n = len(in.lines)
		in.numbers[line], in.lines = n, append(in.lines, line)
	}
	return strconv.Itoa(n)
}

// table writes the lines that fhir/definitions_table.go reads, and says which
// value sets elements are bound to.
func (all *definitions) table() (text []byte, bound []string, err error) {
	var types bytes.Buffer
	var invariants, bindings, kinds interned
	var fields bytes.Buffer
	intern := func(in *interned, f ...string) string {
		fields.Reset()
		line(&fields, f...)
		return in.number(fields.String())
	}
	rules := map[string]map[string]bool{} // type → keys of its own invariants
	for _, s := range all.structures {
		rules[s.Name] = map[string]bool{}
		if len(s.Snapshot.Element) > 0 {
			for _, c := range s.Snapshot.Element[0].Constraint {
				rules[s.Name][c.Key] = true
			}
		}
	}
	sort.SliceStable(all.structures, func(i, j int) bool { return all.structures[i].Name < all.structures[j].Name })
	elements, typeCount := 0, 0
	for _, s := range all.structures {
		if s.Kind == "logical" || s.Version != "4.0.1" {
			continue // the package adds SubscriptionStatus of R4B
		}
		byParent := map[string][]element{}
		var order []string
		for i, e := range s.Snapshot.Element {
			if strings.Contains(e.ID, ":") {
				continue // a slice restates an element
			}
			if i > 0 {
				parent := e.Path[:strings.LastIndexByte(e.Path, '.')]
				byParent[parent] = append(byParent[parent], e)
			}
			if i == 0 || isInner(e) {
				order = append(order, e.Path)
			}
		}
		root := s.Snapshot.Element[0].Path
		keys := func(cs []constraint, but func(string) bool) string {
			var out []string
			for _, c := range cs {
				if c.Expression != "" && (but == nil || !but(c.Key)) {
					out = append(out, intern(&invariants, c.Key, c.Severity, c.Human, c.Expression))
				}
			}
			return strings.Join(out, ",")
		}
		for _, path := range order {
			name, base, kind, abstract := path, last(s.BaseDefinition), "c", ""
			var own []constraint
			if path == root {
				name, own = s.Name, s.Snapshot.Element[0].Constraint
				switch s.Kind {
				case "primitive-type":
					kind = "p"
				case "resource":
					kind = "r"
				}
				if s.Abstract {
					abstract = "a"
				}
			} else {
				kind = "b"
				for _, e := range s.Snapshot.Element {
					if e.Path == path {
						own, base = e.Constraint, e.Type[0].Code
						break
					}
				}
			}
			line(&types, "T", name, base, kind+abstract, keys(own, nil))
			typeCount++
			for _, e := range byParent[path] {
				short := e.Path[strings.LastIndexByte(e.Path, '.')+1:]
				if kind == "p" && short == "value" {
					continue
				}
				flags := ""
				if strings.HasSuffix(short, "[x]") {
					short, flags = strings.TrimSuffix(short, "[x]"), "c"
				}
				if e.IsSummary {
					flags += "s"
				}
				if e.IsModifier {
					flags += "m"
				}
				refs, ofType, err := typeRefs(s.Name, e)
				if err != nil {
					return nil, nil, err
				}
				binding, invs := "", ""
				if b := e.Binding; b != nil && b.ValueSet != "" {
					vs, _, _ := strings.Cut(b.ValueSet, "|")
					binding = intern(&bindings, b.Strength, vs)
					bound = append(bound, vs)
				}
				if !isInner(e) && e.ContentReference == "" {
					invs = keys(e.Constraint, func(key string) bool {
						if key == "ele-1" {
							return true
						}
						return slices.ContainsFunc(ofType, func(t string) bool { return rules[t][key] })
					})
				}
				line(&types, short, flags, strconv.Itoa(e.Min)+" "+e.Max, kinds.number(refs+"\n"), binding, invs)
				elements++
			}
		}
	}
	var out bytes.Buffer
	section := func(name string, in interned) {
		line(&out, "#"+name, strconv.Itoa(len(in.lines)))
		for _, l := range in.lines {
			out.WriteString(l)
		}
	}
	section("invariants", invariants)
	section("bindings", bindings)
	section("kinds", kinds)
	line(&out, "#types", strconv.Itoa(typeCount), strconv.Itoa(elements))
	out.Write(types.Bytes())
	all.searchTable(&out)
	slices.Sort(bound)
	return out.Bytes(), slices.Compact(bound), nil
}

// isInner says whether an element's parts are written under it: its type is
// its path.
func isInner(e element) bool {
	return len(e.Type) == 1 && (e.Type[0].Code == "BackboneElement" || e.Type[0].Code == "Element") && strings.Contains(e.Path, ".")
}

// typeRefs writes an element's types: Name~Profile>Target,Target joined by |.
func typeRefs(structureName string, e element) (text string, names []string, err error) {
	if e.ContentReference != "" {
		return strings.TrimPrefix(e.ContentReference, "#"), nil, nil
	}
	if isInner(e) {
		return e.Path, nil, nil
	}
	var out []string
	for _, t := range e.Type {
		name := t.Code
		if strings.HasPrefix(name, "http://hl7.org/fhirpath/") {
			name = "string" // xhtml.id says nothing more
			for _, x := range t.Extension {
				if strings.HasSuffix(x.URL, "structuredefinition-fhir-type") {
					name = x.ValueURL
				}
			}
			if e.Path == structureName+".id" && e.IsSummary { // Resource.id is in summaries, Element.id is not
				name = "id" // R4 says string here and id in its text (resource.html#id)
			}
		}
		if name == "" {
			return "", nil, fmt.Errorf("%s has a type without a name", e.Path)
		}
		names = append(names, name)
		if len(t.Profile) == 1 {
			name += "~" + last(t.Profile[0])
		}
		var targets []string
		for _, p := range t.TargetProfile {
			if strings.HasPrefix(p, "http://hl7.org/fhir/") && last(p) != "Resource" {
				targets = append(targets, last(p))
			}
		}
		if len(targets) > 0 {
			name += ">" + strings.Join(targets, ",")
		}
		out = append(out, name)
	}
	return strings.Join(out, "|"), names, nil
}

func (all *definitions) searchTable(out *bytes.Buffer) {
	// The package has one of R5, on an element that R4 does not have.
	all.params = slices.DeleteFunc(all.params, func(p searchParam) bool { return p.Version != "4.0.1" })
	sort.SliceStable(all.params, func(i, j int) bool { return all.params[i].URL < all.params[j].URL })
	line(out, "#search", strconv.Itoa(len(all.params)))
	for _, p := range all.params {
		flags := ""
		if p.MultipleOr == nil || *p.MultipleOr {
			flags += "o"
		}
		if p.MultipleAnd == nil || *p.MultipleAnd {
			flags += "a"
		}
		components := ""
		for i, c := range p.Component {
			if i > 0 {
				components += " || "
			}
			components += c.Definition + " := " + c.Expression
		}
		line(out, p.Code, p.URL, p.Type, flags, strings.Join(p.Base, ","), strings.Join(p.Target, ","), strings.Join(p.Comparator, ","),
			strings.Join(p.Modifier, ","), strings.Join(p.Chain, ","), p.Expression, components)
	}
	sort.SliceStable(all.compartments, func(i, j int) bool { return all.compartments[i].Code < all.compartments[j].Code })
	count := 0
	var rows bytes.Buffer
	for _, c := range all.compartments {
		for _, r := range c.Resource {
			if len(r.Param) > 0 {
				line(&rows, c.Code, r.Code, strings.Join(r.Param, ","))
				count++
			}
		}
	}
	line(out, "#compartments", strconv.Itoa(count))
	out.Write(rows.Bytes())
}
