package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"wholechart/fhir"
	"wholechart/record"
)

// splitter gives the resources of bundles to the sites that wrote them: by the
// service provider of the encounter they belong to, else by their author's
// organisation, else by the patient's general practice, else by the
// organisation that saw the patient most.
type splitter struct {
	n     *node
	shard int
	of    int
	bases []string

	mu    sync.Mutex
	sites map[string]*record.Site // by the organisation's source id
	slugs map[string]bool
}

func newSplitter(n *node, shard string, bases []string) (*splitter, error) {
	sp := &splitter{n: n, of: 1, bases: bases, sites: map[string]*record.Site{}, slugs: map[string]bool{}}
	if shard != "" {
		a, b, ok := strings.Cut(shard, "/")
		var err1, err2 error
		sp.shard, err1 = strconv.Atoi(a)
		sp.of, err2 = strconv.Atoi(b)
		if !ok || err1 != nil || err2 != nil || sp.of < 1 || sp.shard < 0 || sp.shard >= sp.of {
			return nil, fmt.Errorf("--shard is i/n with i from 0 to n-1, not %q", shard)
		}
	}
	if sp.of > 1 && len(bases) != sp.of {
		return nil, fmt.Errorf("with --shard i/%d, --bases names the %d nodes' base URLs", sp.of, sp.of)
	}
	if len(bases) == 0 {
		sp.bases = []string{n.base.Load().(string)}
	}
	return sp, nil
}

// shardOf is the node that a site's slug falls to.
func (sp *splitter) shardOf(slug string) int {
	h := sha256.Sum256([]byte(slug))
	return int(binary.BigEndian.Uint32(h[:4]) % uint32(sp.of))
}

// mine are the sites of this node.
func (sp *splitter) mine() []*record.Site {
	var out []*record.Site
	for _, s := range sp.sites {
		if s.Local {
			out = append(out, s)
		}
	}
	return out
}

// learn makes a site of every organisation of a document that provides care.
func (sp *splitter) learn(ctx context.Context, t text) error {
	list, err := entries(t)
	if err != nil {
		return nil // the import itself will keep it aside
	}
	for _, e := range list {
		if e.node.ResourceType() != "Organization" || e.id == "" || sp.sites[e.id] != nil {
			continue
		}
		name := strings.TrimRight(strings.TrimSpace(e.node.Get("name").Str()), " -")
		if name == "" {
			name = e.id
		}
		slug := sp.slug(name, e.id)
		at := sp.shardOf(slug)
		base := strings.TrimSuffix(sp.bases[at], "/")
		if base != "" {
			base += "/" + slug
		}
		site := record.Site{Slug: slug, Name: title(name), State: strings.ToUpper(e.node.Path("address", "state").Str()), Local: at == sp.shard, Base: base}
		put, err := sp.n.records.PutSite(ctx, site)
		if err != nil {
			return fmt.Errorf("site %s: %w", slug, err)
		}
		sp.sites[e.id] = put
	}
	return nil
}

// slug is a site's name in URLs: the organisation's, at most 24 characters;
// with six digits of its source id when the name alone is taken.
func (sp *splitter) slug(name, id string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9' && b.Len() > 0:
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := strings.Trim(b.String()[:min(b.Len(), 24)], "-")
	if slug == "" || sp.slugs[slug] {
		h := sha256.Sum256([]byte(id))
		slug = strings.Trim("s"+slug[:min(len(slug), 16)], "-") + "-" + hex.EncodeToString(h[:3])
	}
	sp.slugs[slug] = true
	return slug
}

// title writes a name in capitals as people write it.
func title(name string) string {
	if name != strings.ToUpper(name) {
		return name
	}
	words := strings.Fields(strings.ToLower(name))
	for i, w := range words {
		switch {
		case i > 0 && (w == "of" || w == "and" || w == "the" || w == "at" || w == "for"):
		default:
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

// bundle is one document's resources, by what the others call them.
type splitBundle struct {
	list  []entry
	byURL map[string]int
	site  []string // of each entry: the source id of its organisation
}

// target is the entry that a reference names, or -1.
func (b *splitBundle) target(ref string) int {
	if i, ok := b.byURL[ref]; ok {
		return i
	}
	return -1
}

// is says whether an entry is of no site: the patient and the directory.
func shared(typ string) bool {
	switch typ {
	case "Patient", "Organization", "Practitioner", "PractitionerRole", "Location":
		return true
	}
	return false
}

// store gives one bundle's resources to their sites.
func (sp *splitter) store(ctx context.Context, im *importer, name string, list []entry) (bool, error) {
	b := &splitBundle{list: list, byURL: map[string]int{}, site: make([]string, len(list))}
	for i, e := range list {
		if e.url != "" {
			b.byURL[e.url] = i
		}
		b.byURL[e.node.ResourceType()+"/"+e.id] = i
	}
	sp.assign(b)
	groups := map[string][]int{}
	var order []string
	for i, org := range b.site {
		if org == "" {
			continue
		}
		if groups[org] == nil {
			order = append(order, org)
		}
		groups[org] = append(groups[org], i)
	}
	slices.Sort(order)
	whole := true
	var homes []*record.Site
	for _, org := range order {
		site := sp.sites[org]
		if !site.Local {
			continue
		}
		part, err := sp.part(b, org, groups[org])
		if err != nil {
			return false, err
		}
		ok, err := im.store(ctx, site.Slug, name, part)
		if err != nil {
			return false, err
		}
		whole = whole && ok
		homes = append(homes, site)
	}
	return whole, sp.link(ctx, im, b, homes)
}

// assign says which site wrote each resource.
func (sp *splitter) assign(b *splitBundle) {
	votes := map[string]int{}
	for i, e := range b.list {
		if e.node.ResourceType() == "Encounter" {
			if org := sp.org(b, e.node.Path("serviceProvider", "reference").Str()); org != "" {
				b.site[i] = org
				votes[org]++
			}
		}
	}
	home := ""
	for _, e := range b.list {
		if e.node.ResourceType() == "Patient" {
			for gp := range e.node.Get("generalPractitioner").Items() {
				if org := sp.org(b, gp.Get("reference").Str()); org != "" && home == "" {
					home = org
				}
			}
		}
	}
	if home == "" {
		for org, n := range votes {
			if n > votes[home] || n == votes[home] && org < home {
				home = org
			}
		}
	}
	for i, e := range b.list {
		if b.site[i] != "" || shared(e.node.ResourceType()) {
			continue
		}
		b.site[i] = sp.writer(b, e.node)
		if b.site[i] == "" {
			b.site[i] = home
		}
	}
}

// writer is the organisation that wrote a resource, as far as it says so.
func (sp *splitter) writer(b *splitBundle, n fhir.Node) string {
	for _, path := range [][]string{{"encounter"}, {"context"}, {"context", "encounter"}, {"item", "encounter"}} {
		if i := b.target(n.Path(append(path, "reference")...).Str()); i >= 0 && b.site[i] != "" {
			return b.site[i]
		}
	}
	for _, path := range [][]string{{"author"}, {"performer"}, {"performer", "actor"}, {"requester"}, {"provider"}, {"custodian"}, {"managingOrganization"}, {"recorder"}} {
		if org := sp.org(b, n.Path(append(path, "reference")...).Str()); org != "" {
			return org
		}
	}
	return ""
}

// org is the organisation that a reference names, if it is a site.
func (sp *splitter) org(b *splitBundle, ref string) string {
	i := b.target(ref)
	if i < 0 || b.list[i].node.ResourceType() != "Organization" || sp.sites[b.list[i].id] == nil {
		return ""
	}
	return b.list[i].id
}

// part is what one site is given: its resources, the patient, and the directory
// that they name. References to resources of another site become absolute.
func (sp *splitter) part(b *splitBundle, org string, own []int) ([]entry, error) {
	with := map[int]bool{}
	for i, e := range b.list {
		if e.node.ResourceType() == "Patient" {
			with[i] = true
		}
	}
	for _, i := range own {
		with[i] = true
	}
	for grew := true; grew; {
		grew = false
		for i := range with {
			for ref := range fhir.References(b.list[i].node) {
				j := b.target(ref.Str())
				if j >= 0 && !with[j] && shared(b.list[j].node.ResourceType()) {
					with[j], grew = true, true
				}
			}
		}
	}
	var out []entry
	for i, e := range b.list {
		if !with[i] {
			continue
		}
		base, _ := e.node.Span()
		var edits []fhir.Edit
		for ref := range fhir.References(e.node) {
			j := b.target(ref.Str())
			if j < 0 || with[j] || b.site[j] == "" {
				continue
			}
			from, to := ref.Span()
			there := sp.sites[b.site[j]].Base + "/emr/fhir/" + b.list[j].node.ResourceType() + "/" + b.list[j].id
			edits = append(edits, fhir.Edit{From: from - base, To: to - base, Text: strconv.AppendQuote(nil, there)})
		}
		if edits != nil {
			d, err := fhir.Parse(fhir.Apply(e.node.Raw(), edits))
			if err != nil {
				return nil, err
			}
			e.node = d.Root()
		}
		out = append(out, e)
	}
	return out, nil
}

// link says that the patients of one bundle at the sites of this node are one person.
func (sp *splitter) link(ctx context.Context, im *importer, b *splitBundle, homes []*record.Site) error {
	for _, e := range b.list {
		if e.node.ResourceType() != "Patient" {
			continue
		}
		for _, other := range homes[min(1, len(homes)):] {
			s := sp.n.system(homes[0].Slug, "import")
			if err := s.SetLink(ctx, e.id, other, e.id, record.Linked, 1, "one source record, divided by the sites that wrote it"); err != nil {
				return err
			}
			im.mu.Lock()
			im.sum.Links++
			im.mu.Unlock()
		}
	}
	return nil
}
