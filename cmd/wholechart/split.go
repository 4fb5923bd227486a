package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/store"
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

	mu       sync.Mutex
	known    map[string]organisation // by source id
	provides map[string]bool         // that are said to have seen, written or asked for something
	sites    map[string]*record.Site // by the organisation's source id
}

// organisation is what makes a site of one.
type organisation struct{ name, state string }

func newSplitter(n *node, shard string, bases []string) (*splitter, error) {
	sp := &splitter{n: n, of: 1, bases: bases, known: map[string]organisation{}, provides: map[string]bool{}, sites: map[string]*record.Site{}}
	if shard != "" {
		a, b, ok := strings.Cut(shard, "/")
		var err1, err2 error
		sp.shard, err1 = strconv.Atoi(a)
		sp.of, err2 = strconv.Atoi(b)
		if !ok || err1 != nil || err2 != nil || sp.of < 1 || sp.shard < 0 || sp.shard >= sp.of {
			return nil, fmt.Errorf("--shard is i/n with i from 0 to n-1, not %q", shard)
		}
	}
	if len(bases) == 0 && sp.of == 1 {
		base := n.base.Load().(string)
		if base == "" { // not served now: as it was last
			data, err := os.ReadFile(filepath.Join(n.dir, "addr"))
			if err != nil {
				return nil, errors.New("give --bases, the URL under which the node is reached: sites refer to each other by it")
			}
			base = strings.TrimSpace(string(data))
		}
		sp.bases = []string{base}
	}
	if len(sp.bases) != sp.of {
		return nil, fmt.Errorf("--bases names the base URLs of %d nodes, in order", sp.of)
	}
	for i, b := range sp.bases {
		u, err := url.Parse(b)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("%q is not the URL of a node", b)
		}
		sp.bases[i] = strings.TrimSuffix(b, "/")
	}
	return sp, nil
}

// shardOf is the node that a site's slug falls to.
func (sp *splitter) shardOf(slug string) int {
	h := sha256.Sum256([]byte(slug))
	return int(binary.BigEndian.Uint32(h[:4]) % uint32(sp.of))
}

// mine is how many of the sites are of this node.
func (sp *splitter) mine() (n int) {
	for _, s := range sp.sites {
		if s.Local {
			n++
		}
	}
	return n
}

// learn notes a document's organisations, and which of them provide care.
func (sp *splitter) learn(t text) {
	list, _ := entries(t)
	b := newSplitBundle(list)
	sp.mu.Lock()
	defer sp.mu.Unlock()
	for _, e := range list {
		switch e.typ() {
		case "Organization":
			if _, ok := sp.known[e.id]; !ok {
				sp.known[e.id] = organisation{strings.TrimRight(strings.TrimSpace(e.node.Get("name").Str()), " -"), e.node.Path("address", "state").Str()}
			}
		case "Encounter":
			sp.provider(b, e.node.Path("serviceProvider", "reference"))
		case "Patient":
			for gp := range e.node.Get("generalPractitioner").Items() {
				sp.provider(b, gp.Get("reference"))
			}
		default:
			if !shared(e.typ()) {
				for _, path := range authors {
					sp.provider(b, e.node.Path(path...).Get("reference"))
				}
			}
		}
	}
}

func (sp *splitter) provider(b *splitBundle, ref fhir.Node) {
	if i := b.target(ref.Str()); i >= 0 && b.list[i].typ() == "Organization" {
		sp.provides[b.list[i].id] = true
	}
}

// slugDocs remember which site an organisation became, for the next import.
const slugDocs = "split-site"

// settle makes a site of every organisation that provides care. Its slug hangs
// on all organisations of the import and not on their order, so that every node
// finds the same.
func (sp *splitter) settle(ctx context.Context) error {
	same := map[string]int{}
	for id := range sp.provides {
		same[slugOf(sp.known[id].name)]++
	}
	for _, id := range slices.Sorted(maps.Keys(sp.provides)) {
		org := sp.known[id]
		slug := slugOf(org.name)
		if slug == "" || same[slug] > 1 {
			slug = hashed(slug, id)
		}
		var before []byte
		err := sp.n.store.View(ctx, func(v *store.View) (err error) { before, err = v.GetDoc(slugDocs, id); return err })
		switch {
		case err == nil:
			slug = string(before)
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		if old, err := sp.n.records.Site(slug); err == nil && before == nil && old.Base != sp.bases[sp.shardOf(slug)]+"/"+slug {
			if sp.of > 1 {
				return fmt.Errorf("the node has another site %s already, and the other nodes would not know what this one is called instead", slug)
			}
			slug = hashed(slug, id)
		}
		if org.name == "" {
			org.name = slug
		}
		at := sp.shardOf(slug)
		site := record.Site{Slug: slug, Name: title(org.name), Local: at == sp.shard, Base: sp.bases[at] + "/" + slug}
		if len(org.state) == 2 {
			site.State = strings.ToUpper(org.state)
		}
		put, err := sp.n.records.PutSite(ctx, site)
		var bad *record.Invalid
		if errors.As(err, &bad) && before == nil { // a word of the node's own
			site.Slug = hashed(slug, id)
			at = sp.shardOf(site.Slug)
			site.Local, site.Base = at == sp.shard, sp.bases[at]+"/"+site.Slug
			put, err = sp.n.records.PutSite(ctx, site)
		}
		if err != nil {
			return fmt.Errorf("site %s: %w", site.Slug, err)
		}
		if before == nil {
			if _, err := sp.n.store.Update(ctx, func(tx *store.Tx) error { return tx.PutDoc(slugDocs, id, []byte(put.Slug)) }); err != nil {
				return err
			}
		}
		sp.sites[id] = put
	}
	return nil
}

// slugOf is a site's name in URLs: the organisation's, at most 24 characters of
// whole words.
func slugOf(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9' && b.Len() > 0:
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := b.String()
	if len(slug) > 24 {
		slug = slug[:25]
		slug = slug[:max(strings.LastIndexByte(slug, '-'), 0)]
	}
	return strings.Trim(slug, "-")
}

// hashed is a slug that no other organisation has.
func hashed(slug, id string) string {
	h := sha256.Sum256([]byte(id))
	return strings.Trim("s-"+slug[:min(len(slug), 15)], "-") + "-" + hex.EncodeToString(h[:3])
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
			_, n := utf8.DecodeRuneInString(w)
			words[i] = strings.ToUpper(w[:n]) + w[n:]
		}
	}
	return strings.Join(words, " ")
}

// splitBundle is one document's resources, by what the others call them.
type splitBundle struct {
	list  []entry
	byURL map[string]int
	site  []string // of each entry: the source id of its organisation
}

func newSplitBundle(list []entry) *splitBundle {
	b := &splitBundle{list: list, byURL: map[string]int{}, site: make([]string, len(list))}
	for i, e := range list {
		if e.url != "" {
			b.byURL[e.url] = i
		}
		b.byURL[e.name()] = i
	}
	return b
}

// target is the entry that a reference names, or -1.
func (b *splitBundle) target(ref string) int {
	if i, ok := b.byURL[ref]; ok {
		return i
	}
	return -1
}

// shared says whether a type is of no one site: the patient and the directory.
func shared(typ string) bool {
	switch typ {
	case "Patient", "Organization", "Practitioner", "PractitionerRole", "Location":
		return true
	}
	return false
}

// store gives one bundle's resources to their sites. What no site of any node
// takes is kept aside.
func (sp *splitter) store(ctx context.Context, im *importer, name string, list []entry) (bool, error) {
	b := newSplitBundle(list)
	home := sp.assign(b)
	groups := map[string][]int{}
	whole := true
	for i, org := range b.site {
		if org != "" {
			groups[org] = append(groups[org], i)
		}
	}
	taken := map[int]bool{}
	for _, own := range groups {
		for _, i := range b.with(own) {
			taken[i] = true
		}
	}
	for i, e := range list { // the directory and persons of whom nothing is told
		org := home
		if e.typ() == "Organization" && sp.sites[e.id] != nil {
			org = e.id
		}
		switch {
		case taken[i]:
		case org != "":
			groups[org] = append(groups[org], i)
		case e.typ() == "Organization" || e.typ() == "Practitioner": // a directory of those whom no patient met
			im.unused()
		default:
			whole = false
			if sp.shard == 0 {
				if err := im.reject(name, e.typ(), e.node.Raw(), errUnplaced); err != nil {
					return false, err
				}
			}
		}
	}
	homes := map[int][]*record.Site{} // of each Patient
	for _, org := range slices.Sorted(maps.Keys(groups)) {
		site := sp.sites[org]
		if !site.Local {
			continue
		}
		with := b.with(groups[org])
		part, err := sp.part(b, with)
		if err != nil {
			return false, err
		}
		ok, err := im.store(ctx, site.Slug, name, part)
		if err != nil {
			return false, err
		}
		whole = whole && ok
		for _, i := range with {
			if list[i].typ() == "Patient" {
				homes[i] = append(homes[i], site)
			}
		}
	}
	for i, at := range homes {
		if err := sp.link(ctx, im, list[i].id, at); err != nil {
			return false, err
		}
	}
	return whole, nil
}

// assign says which site wrote each resource, and which is the patient's home.
func (sp *splitter) assign(b *splitBundle) (home string) {
	votes := map[string]int{}
	for i, e := range b.list {
		if e.node.ResourceType() == "Encounter" {
			if org := sp.org(b, e.node.Path("serviceProvider", "reference").Str()); org != "" {
				b.site[i] = org
				votes[org]++
			}
		}
	}
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
	return home
}

// visits and authors are where a resource says in which encounter and by whom
// it was written.
var (
	visits  = [][]string{{"encounter"}, {"context"}, {"context", "encounter"}, {"item", "encounter"}}
	authors = [][]string{{"author"}, {"performer"}, {"performer", "actor"}, {"requester"}, {"provider"}, {"custodian"}, {"managingOrganization"}, {"recorder"}, {"asserter"}}
)

// writer is the organisation that wrote a resource, as far as it says so.
func (sp *splitter) writer(b *splitBundle, n fhir.Node) string {
	for _, path := range visits {
		if i := b.target(n.Path(path...).Get("reference").Str()); i >= 0 && b.site[i] != "" {
			return b.site[i]
		}
	}
	for _, path := range authors {
		if org := sp.org(b, n.Path(path...).Get("reference").Str()); org != "" {
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

// with are the places of a site's own resources and of the directory and the
// persons that they name, in the document's order.
func (b *splitBundle) with(own []int) []int {
	in := map[int]bool{}
	next := slices.Clone(own)
	for _, i := range own {
		in[i] = true
	}
	for len(next) > 0 {
		i := next[len(next)-1]
		next = next[:len(next)-1]
		for ref := range fhir.References(b.list[i].node) {
			if j := b.target(ref.Str()); j >= 0 && !in[j] && shared(b.list[j].typ()) {
				in[j] = true
				next = append(next, j)
			}
		}
	}
	return slices.Sorted(maps.Keys(in))
}

// part is what one site is given. References to resources of another site
// become absolute.
func (sp *splitter) part(b *splitBundle, with []int) ([]entry, error) {
	in := map[int]bool{}
	for _, i := range with {
		in[i] = true
	}
	var out []entry
	for _, i := range with {
		e := b.list[i]
		names := map[string]string{}
		for ref := range fhir.References(e.node) {
			j := b.target(ref.Str())
			if j < 0 || in[j] || b.site[j] == "" {
				continue
			}
			names[ref.Str()] = sp.sites[b.site[j]].Base + "/emr/fhir/" + b.list[j].name()
		}
		if len(names) > 0 {
			var err error
			if e.node, err = renaming(e.node, names); err != nil {
				return nil, err
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// link says that the records of one patient at sites of this node are one person.
func (sp *splitter) link(ctx context.Context, im *importer, patient string, at []*record.Site) error {
	s := sp.n.system(at[0].Slug, "import")
	known, err := s.Links(ctx, patient)
	if errors.Is(err, record.ErrNotFound) { // it was kept aside
		return nil
	}
	if err != nil {
		return err
	}
	for _, other := range at[1:] {
		if slices.ContainsFunc(known, func(l record.Link) bool { return l.Site == other && l.Patient == patient }) {
			continue // linked before, or a person decided otherwise
		}
		err := s.SetLink(ctx, patient, other, patient, record.Linked, 1, "one source record, divided by the sites that wrote it")
		if errors.Is(err, record.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		im.mu.Lock()
		im.sum.Links++
		im.mu.Unlock()
	}
	return nil
}
