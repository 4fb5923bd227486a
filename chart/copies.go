package chart

import (
	"cmp"
	"strings"
)

// joinCopies finds facts that reached the record by two routes: another
// source's resource of the same type with the same business identifier (and,
// so that the number of an order does not join all its results, the same
// code), or a resource whose Provenance or meta.source names the other as what
// it was made from.
func (b *builder) joinCopies() {
	type key struct{ typ, system, value, what string }
	seen := map[key]*fact{}
	for i := range b.all {
		f := &b.all[i]
		switch f.Type {
		case "Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization", "Location", "Coverage", "Medication", "Provenance", "Specimen":
			continue
		}
		ids := f.Node.Get("identifier")
		if !ids.Exists() {
			continue
		}
		for id := range ids.Items() {
			value := id.Get("value").Str()
			if value == "" {
				continue
			}
			k := key{f.Type, b.str(id.Get("system")), value, b.what(f)}
			other := seen[k]
			if other == nil {
				seen[k] = f
			} else if other.src != f.src {
				b.join(other, f)
			}
		}
	}
	for i := range b.all {
		if p := &b.all[i]; p.Type == "Provenance" {
			b.joinByProvenance(p)
		}
	}
}

// what is the first code of a fact or its words, to tell the parts of one order apart.
func (b *builder) what(f *fact) string {
	for _, name := range [...]string{"code", "vaccineCode", "medicationCodeableConcept", "type"} {
		if n := f.Node.Get(name); n.Exists() {
			if c := b.code(n); c != "" {
				return c
			}
			return strings.ToLower(b.label(n))
		}
	}
	return ""
}

// joinByProvenance joins the targets of a Provenance with the source it names.
func (b *builder) joinByProvenance(p *fact) {
	for e := range p.Node.Get("entity").Items() {
		switch e.Get("role").Str() {
		case "source", "quotation", "derivation", "revision":
		default:
			continue
		}
		ref := e.Get("what").Get("reference").Str()
		from := b.resolve(p, ref)
		if from == nil && strings.Contains(ref, "://") {
			from = b.elsewhere(ref)
		}
		if from == nil {
			continue
		}
		for t := range p.Node.Get("target").Items() {
			if to := b.refTo(p, t); to != nil && to != from && to.Type == from.Type && to.src != from.src {
				b.join(from, to)
			}
		}
	}
}

// elsewhere finds a fact by its address at its own source: the id there has no
// site prefix, here it has.
func (b *builder) elsewhere(url string) *fact {
	i := strings.LastIndexByte(url, '/')
	j := strings.LastIndexByte(url[:max(i, 0)], '/')
	if j < 0 {
		return nil
	}
	if b.bare == nil {
		b.bare = map[place][]*fact{}
		for k := range b.all {
			f := &b.all[k]
			id := f.ID
			if p, own, ok := strings.Cut(id, "."); ok && len(p) <= 3 {
				id = own
			}
			at := place{f.Type, id}
			b.bare[at] = append(b.bare[at], f)
		}
	}
	for _, f := range b.bare[place{url[j+1 : i], url[i+1:]}] {
		if f.src.Base != "" && strings.HasPrefix(url, f.src.Base) {
			return f
		}
	}
	return nil
}

// join makes two facts one. The original leads: the one whose author is of its
// own source, then the one written first, then the own chart's.
func (b *builder) join(x, y *fact) {
	x, y = lead(x), lead(y)
	if x == y {
		return
	}
	order := func(f *fact) int {
		n := 0
		if f.foreign() {
			n += 2
		}
		if !f.src.Own {
			n++
		}
		return n
	}
	if c := cmp.Or(cmp.Compare(order(x)&2, order(y)&2), x.Updated.Compare(y.Updated), cmp.Compare(order(x), order(y))); c > 0 {
		x, y = y, x
	}
	x.also = append(append(x.also, y), y.also...)
	y.also, y.leader, y.used = nil, x, true
	b.c.Counts.Copies++
}

// lead is the fact under whose also f is, or f.
func lead(f *fact) *fact {
	for f.leader != nil {
		f = f.leader
	}
	return f
}

// foreign says that a resource names its maker by number or name only: it was
// not made at the site where it is filed.
func (f *fact) foreign() bool {
	for _, name := range authorElements[f.Type] {
		for one := range f.Node.Get(name).Items() {
			if a := one.Get("actor"); a.Exists() {
				one = a
			}
			return !one.Get("reference").Exists() && one.Get("identifier").Exists()
		}
	}
	return false
}
