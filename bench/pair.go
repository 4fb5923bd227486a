package bench

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Difference is one disagreement between a bundle and the record served for its person. It holds no content.
type Difference struct {
	Kind   string `json:"kind"` // lost, doubled, changed or foreign
	Person string `json:"person"`
	Site   string `json:"site"`
	Type   string `json:"type"`
	ID     string `json:"id"`
	Path   string `json:"path,omitempty"` // of the first change
}

// original is one bundle: a person and the facts about them.
type original struct {
	patient     string   // Patient.id
	identifiers []string // system|value
	facts       []*fact
	byName      map[string]*fact       // Type/id, of id and of fullUrl
	common      map[string]sharedThing // Type/id of Organization, Practitioner, …
}

// sharedThing is what tells two copies of an organisation or practitioner to be the same.
type sharedThing struct{ identifiers []string }

// answer is the whole of one $everything.
type answer struct {
	patient  string // the id that was asked
	self     bool   // the patient is in it
	outcomes int    // OperationOutcome entries: sites that did not answer, and the like
	facts    []*fact
}

// compare pairs the facts of both sides and tells what is left over or different.
//
//  1. By source id: type and id, or what follows a dot in the id. Among several served under one source id the one
//     with equal content is the pair, the others are doubled.
//  2. What remains, by content: canonical JSON without id, meta and text, each reference by its type. As many as both
//     sides have are pairs; of more originals the rest is lost, of more served the rest is doubled.
//  3. What still remains on both sides with the same type and mostly equal members is a change of content under a new id.
//  4. The rest is lost, or doubled when its content is that of an original, or else foreign: not of this person at all.
//
// In each pair content must be equal and each reference must lead to the pair of what the original led to: to the
// person's patient; to the very clinical resource (for those paired by content, to one of equal content); to a
// resource of the same type where the type is not compared, and not to one that the bundle knows as another.
func compare(o *original, a *answer) []Difference {
	pairs, lost, extra := match(o, a)
	var out []Difference
	note := func(kind string, f *fact, path string) {
		out = append(out, Difference{Kind: kind, Type: f.typ, ID: f.id, Path: path})
	}
	served := map[string]*fact{}
	for _, f := range a.facts { // of two under one address the paired one stands for it
		if name := f.typ + "/" + f.id; served[name] == nil || f.token != "" {
			served[name] = f
		}
	}
	settle(pairs, o, a, served)
	for _, p := range pairs {
		if p.original.key != p.served.key {
			note("changed", p.original, cmp.Or(firstDifference(p.original.body, p.served.body, "", true), "reference"))
			continue
		}
		if at := differentLink(o.linkTokens(p.original), a.linkTokens(p.served, o, served)); at >= 0 {
			note("changed", p.original, p.original.links[at].path+".reference")
		}
	}
	for _, f := range lost {
		note("lost", f, "")
	}
	known := map[string]bool{}
	for _, f := range o.facts {
		known[f.key] = true
	}
	for _, f := range extra {
		switch {
		case known[f.key] || o.named(f) != nil:
			note("doubled", f, "")
		case !workflow[f.typ]:
			note("foreign", f, "")
		}
	}
	if !a.self {
		out = append(out, Difference{Kind: "lost", Type: "Patient", ID: o.patient})
	}
	return out
}

// workflow are the types that a node makes of its own accord of what it was
// given: results put before somebody, recalls planned. They are nothing that
// care found out.
var workflow = map[string]bool{"Task": true, "Communication": true, "CommunicationRequest": true}

type pair struct{ original, served *fact }

// named is the original that a served fact's id stands for.
func (o *original) named(f *fact) *fact {
	for _, id := range sourceIDs(f.id) {
		if x := o.byName[f.typ+"/"+id]; x != nil {
			return x
		}
	}
	return nil
}

// match does steps 1 to 3 and gives both sides of each pair one token.
func match(o *original, a *answer) (pairs []pair, lost, extra []*fact) {
	chosen := map[*fact]*fact{} // original → served
	for _, f := range a.facts {
		if x := o.named(f); x != nil {
			if had := chosen[x]; had == nil || had.key != x.key && f.key == x.key {
				chosen[x] = f
			}
		}
	}
	taken := map[*fact]bool{}
	for i, x := range o.facts {
		if f := chosen[x]; f != nil {
			x.token = fmt.Sprintf("id %d", i)
			f.token, taken[f] = x.token, true
			pairs = append(pairs, pair{x, f})
		}
	}
	byKey := map[string][]*fact{} // served, not yet paired; a copy under a known source id is no candidate
	for _, f := range a.facts {
		if !taken[f] && o.named(f) == nil {
			byKey[f.key] = append(byKey[f.key], f)
		}
	}
	for _, x := range o.facts {
		if chosen[x] != nil {
			continue
		}
		if list := byKey[x.key]; len(list) > 0 {
			f := list[0]
			byKey[x.key] = list[1:]
			x.token = "content " + x.key
			f.token, taken[f] = x.token, true
			pairs = append(pairs, pair{x, f})
			continue
		}
		lost = append(lost, x)
	}
	for _, f := range a.facts {
		if !taken[f] {
			extra = append(extra, f)
		}
	}
	return alike(o, pairs, lost, extra)
}

// alikeBound bounds step 3, which looks at each combination.
const alikeBound = 1 << 20

func alike(o *original, pairs []pair, lost, extra []*fact) ([]pair, []*fact, []*fact) {
	if len(lost)*len(extra) > alikeBound {
		return pairs, lost, extra
	}
	known := map[string]bool{}
	for _, f := range o.facts {
		known[f.key] = true
	}
	var still []*fact
	for i, x := range lost {
		best, at := 0, -1
		for j, f := range extra {
			if f.typ != x.typ || known[f.key] || o.named(f) != nil {
				continue
			}
			same, all := 0, 0
			for k, v := range x.body {
				if k == "id" || k == "meta" || k == "text" || k == "resourceType" {
					continue
				}
				all++
				if w, ok := f.body[k]; ok && firstDifference(v, w, k, false) == "" {
					same++
				}
			}
			if 3*same >= 2*all && same > best {
				best, at = same, j
			}
		}
		if at < 0 {
			still = append(still, x)
			continue
		}
		x.token = fmt.Sprintf("alike %d", i)
		extra[at].token = x.token
		pairs = append(pairs, pair{x, extra[at]})
		extra = slices.Delete(slices.Clone(extra), at, at+1)
	}
	return pairs, still, extra
}

// settle rearranges pairs made by content, where several are equal, so that those with equal references meet.
func settle(pairs []pair, o *original, a *answer, served map[string]*fact) {
	groups := map[string][]int{}
	for i, p := range pairs {
		if strings.HasPrefix(p.original.token, "content ") {
			groups[p.original.token] = append(groups[p.original.token], i)
		}
	}
	for _, at := range groups {
		if len(at) < 2 {
			continue
		}
		var xs, fs []*fact
		for _, i := range at {
			xs, fs = append(xs, pairs[i].original), append(fs, pairs[i].served)
		}
		byTokens := func(tokens func(*fact) []string) func(x, y *fact) int {
			return func(x, y *fact) int { return slices.Compare(tokens(x), tokens(y)) }
		}
		slices.SortStableFunc(xs, byTokens(o.linkTokens))
		slices.SortStableFunc(fs, byTokens(func(f *fact) []string { return a.linkTokens(f, o, served) }))
		for n, i := range at {
			pairs[i] = pair{xs[n], fs[n]}
		}
	}
}

// linkTokens says for each link of an original where it leads.
func (o *original) linkTokens(f *fact) []string {
	list := make([]string, len(f.links))
	for i, l := range f.links {
		list[i] = o.token(l)
	}
	return list
}

func (o *original) token(l link) string {
	if l.typ == "Patient" && l.id == o.patient {
		return "the patient"
	}
	if x := o.byName[l.typ+"/"+l.id]; x != nil {
		return cmp.Or(x.token, "lost "+x.typ+"/"+x.id)
	}
	if thing, ok := o.common[l.typ+"/"+l.id]; ok {
		return l.typ + " " + cmp.Or(strings.Join(thing.identifiers, " "), l.id)
	}
	return l.typ
}

// linkTokens says for each link of a served fact where it leads, in the words of the original.
func (a *answer) linkTokens(f *fact, o *original, served map[string]*fact) []string {
	list := make([]string, len(f.links))
	for i, l := range f.links {
		list[i] = a.token(l, o, served)
	}
	return list
}

func (a *answer) token(l link, o *original, served map[string]*fact) string {
	if l.typ == "Patient" {
		// An absolute reference to another server's patient of this person cannot be checked from here.
		if l.id == a.patient || !l.own {
			return "the patient"
		}
		return "Patient " + l.id
	}
	if f := served[l.typ+"/"+l.id]; f != nil && f.token != "" {
		return f.token
	} else if f != nil && o.named(f) == nil {
		return "extra " + f.typ + "/" + f.id
	}
	for _, id := range sourceIDs(l.id) {
		link := link{typ: l.typ, id: id}
		if o.byName[l.typ+"/"+id] != nil {
			return o.token(link)
		}
		if _, ok := o.common[l.typ+"/"+id]; ok {
			return o.token(link)
		}
	}
	return l.typ
}

// differentLink is the first place where two lists of tokens disagree, -1 when they agree. For a type that is not
// compared, a bare type on one side agrees with any resource of it: the server may hold one copy for many bundles.
func differentLink(original, served []string) int {
	for i := range original {
		a, b := original[i], served[i]
		typA, _, knownA := strings.Cut(a, " ")
		typB, _, knownB := strings.Cut(b, " ")
		if a != b && (typA != typB || !shared[typA] || typA == "Patient" || knownA && knownB) {
			return i
		}
	}
	return -1
}
