package chart

import (
	"strings"

	"wholechart/fhir"
)

// groups puts together what is the same by any shared code or by the same
// words: a union-find over the keys of each item, linear in their number.
type groups[T any] struct {
	items  []T
	parent []int
	byKey  map[string]int
}

func newGroups[T any]() *groups[T] { return &groups[T]{byKey: map[string]int{}} }

// add puts in an item with its codes and its name.
func (g *groups[T]) add(item T, codes []fhir.Coding, name string) {
	keys := make([]string, 0, len(codes)+1)
	for _, c := range codes {
		keys = append(keys, c.System+"|"+c.Code)
	}
	if name = plain(name); name != "" {
		keys = append(keys, "="+name)
	}
	g.addKeys(item, keys)
}

func (g *groups[T]) addKeys(item T, keys []string) {
	i := len(g.items)
	g.items, g.parent = append(g.items, item), append(g.parent, i)
	for _, k := range keys {
		if j, ok := g.byKey[k]; ok {
			x, y := g.root(i), g.root(j)
			g.parent[max(x, y)] = min(x, y)
		} else {
			g.byKey[k] = i
		}
	}
}

func (g *groups[T]) root(i int) int {
	for g.parent[i] != i {
		g.parent[i] = g.parent[g.parent[i]]
		i = g.parent[i]
	}
	return i
}

// all are the groups in the order of their first items.
func (g *groups[T]) all() [][]T {
	size := make([]int, len(g.items))
	for i := range g.items {
		size[g.root(i)]++
	}
	var out [][]T
	at := make([]int, len(g.items))
	for i, item := range g.items {
		r := g.root(i)
		if i == r { // a root is the first of its group
			at[r] = len(out)
			out = append(out, make([]T, 0, size[r]))
		}
		out[at[r]] = append(out[at[r]], item)
	}
	return out
}

// sentence makes the first letter a capital: of names of medicines in their lists.
func sentence(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
