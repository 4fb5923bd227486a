package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
	"wholechart/store"
	"wholechart/validate"
)

// entry is one resource of a document, with what others there call it.
type entry struct {
	url  string
	node fhir.Node
	id   string // its source identity
}

func (e entry) typ() string  { return e.node.ResourceType() }
func (e entry) name() string { return e.typ() + "/" + e.id }

// broken is a part of a document that is no resource to be stored.
type broken struct {
	typ  string
	data []byte
	why  error
}

var (
	errNoResource = errors.New("no resource of a type that R4 has")
	errDeletion   = errors.New("the entry asks for a deletion: an import only adds")
	errTwice      = errors.New("the document has another resource of this type and id")
	errUnplaced   = errors.New("neither it nor the document says which organisation's it is")
)

// entries are a document's resources, and what in it is none.
func entries(t text) (list []entry, bad []broken) {
	limits := fhir.Limits{Bytes: maxText, Depth: fhir.DefaultLimits.Depth}
	add := func(full string, n fhir.Node, raw []byte) {
		if !fhir.IsResourceType(n.ResourceType()) {
			bad = append(bad, broken{"entry", raw, errNoResource})
			return
		}
		list = append(list, entry{full, n, sourceID(full, n)})
	}
	if t.lines {
		for line := range strings.Lines(string(t.data)) {
			if strings.TrimSpace(line) == "" {
				continue
			}
			d, err := fhir.ParseWithin([]byte(line), limits)
			if err != nil {
				bad = append(bad, broken{"line", []byte(line), err})
				continue
			}
			add("", d.Root(), []byte(line))
		}
		return list, bad
	}
	d, err := fhir.ParseWithin(t.data, limits)
	if err != nil {
		return nil, []broken{{"document", t.data, err}}
	}
	root := d.Root()
	if root.ResourceType() != "Bundle" || root.Get("type").Is("document") || root.Get("type").Is("message") {
		add("", root, t.data) // a document or a message is one thing: taken apart it would lose its sense
		return list, bad
	}
	for e := range root.Get("entry").Items() {
		if e.Path("request", "method").Is("DELETE") {
			bad = append(bad, broken{"entry", e.Raw(), errDeletion})
			continue
		}
		add(e.Get("fullUrl").Str(), e.Get("resource"), e.Raw())
	}
	return list, bad
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)

// sourceID is the identity that a resource has where it comes from: its id,
// else what its fullUrl ends in, else its text, so that the same text is the
// same resource whenever it comes.
func sourceID(full string, n fhir.Node) string {
	if id := n.ID(); idForm.MatchString(id) {
		return id
	}
	if last := full[strings.LastIndexAny(full, "/:")+1:]; idForm.MatchString(last) {
		return last
	}
	text := n.Raw()
	if id := n.ID(); id != "" {
		text = []byte(n.ResourceType() + "/" + id)
	}
	sum := sha256.Sum256(text)
	return "x" + hex.EncodeToString(sum[:16])
}

// store gives a document's resources to one site, in one transaction. What is
// not valid is kept aside and the rest stored, unless the import is strict;
// what refers to something that is not there yet waits for the end.
func (im *importer) store(ctx context.Context, site, name string, list []entry) (whole bool, err error) {
	s := im.n.system(site, "import")
	whole = true
	acts := make([]record.Act, 0, len(list))
	seen := map[string][]byte{}
	renamed := map[string]string{}
	for _, e := range list {
		if first, ok := seen[e.name()]; ok {
			if string(first) == string(e.node.Raw()) {
				im.same(1)
				continue
			}
			whole = false
			if err := im.reject(name, e.typ(), e.node.Raw(), errTwice); err != nil {
				return false, err
			}
			continue
		}
		seen[e.name()] = e.node.Raw()
		id, err := im.known(ctx, s, site, e)
		if err != nil {
			return false, err
		}
		if own := e.node.ID(); own != "" && own != id {
			renamed[e.typ()+"/"+own] = e.typ() + "/" + id
		}
		if id != e.id { // the same organisation under another id: it adds nothing
			renamed[e.name()] = e.typ() + "/" + id
			if e.url != "" {
				renamed[e.url] = e.typ() + "/" + id
			}
			im.same(1)
			continue
		}
		acts = append(acts, record.Act{Op: record.Update, Type: e.typ(), ID: id, FullURL: e.url, Resource: e.node, Adopt: true})
	}
	if len(acts) > record.MaxActs { // stored in parts, which cannot name each other by fullUrl
		for _, a := range acts {
			if a.FullURL != "" {
				renamed[a.FullURL] = a.Type + "/" + a.ID
			}
		}
	}
	if len(renamed) > 0 {
		for i := range acts {
			if acts[i].Resource, err = renaming(acts[i].Resource, renamed); err != nil {
				return false, err
			}
		}
	}
	from := func(record.Act) string { return name }
	for len(acts) > record.MaxActs {
		ok, err := im.transact(ctx, s, site, from, acts[:record.MaxActs])
		if err != nil {
			return false, err
		}
		whole, acts = whole && ok, acts[record.MaxActs:]
	}
	ok, err := im.transact(ctx, s, site, from, acts)
	return whole && ok, err
}

// renaming is a resource whose references by old names have the new ones.
func renaming(n fhir.Node, names map[string]string) (fhir.Node, error) {
	base, _ := n.Span()
	var edits []fhir.Edit
	for ref := range fhir.References(n) {
		if to, ok := names[ref.Str()]; ok {
			from, end := ref.Span()
			edits = append(edits, fhir.Edit{From: from - base, To: end - base, Text: strconv.AppendQuote(nil, to)})
		}
	}
	if edits == nil {
		return n, nil
	}
	d, err := fhir.Parse(fhir.Apply(n.Raw(), edits))
	if err != nil {
		return n, err
	}
	return d.Root(), nil
}

// maxRetries bounds how often a transaction is tried again because all that it
// refers to is there after all.
const maxRetries = 3

// transact stores acts in one transaction, without those that cannot be stored.
// from names an act's document.
func (im *importer) transact(ctx context.Context, s record.Session, site string, from func(record.Act) string, acts []record.Act) (whole bool, err error) {
	whole = true
	looked, retries := false, 0
	for len(acts) > 0 {
		out, err := s.Transact(ctx, acts)
		if err == nil {
			im.count(out)
			return whole, nil
		}
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if !aboutData(err) {
			return false, err
		}
		if im.cmd.Strict {
			for _, a := range acts {
				if err := im.reject(from(a), a.Type, a.Resource.Raw(), err); err != nil {
					return false, err
				}
			}
			return false, nil
		}
		var missing *record.BrokenReference
		if errors.As(err, &missing) || leadsNowhere(err) {
			firm, loose, err := im.loose(ctx, s, acts)
			if err != nil {
				return false, err
			}
			if len(loose) > 0 {
				if err := im.later.add(site, from, acts, loose); err != nil {
					return false, err
				}
				acts, whole = firm, false
				continue
			}
			if retries++; retries <= maxRetries { // what was missing has come meanwhile, by another hand
				continue
			}
		}
		whole = false
		if !looked { // all that is not valid at once: each attempt costs as much as the first
			looked = true
			firm, err := im.valid(from, acts)
			if err != nil {
				return false, err
			}
			if len(firm) < len(acts) {
				acts = firm
				continue
			}
		}
		var at *record.EntryError
		if !errors.As(err, &at) || at.Entry >= len(acts) {
			for _, a := range acts {
				if err := im.reject(from(a), a.Type, a.Resource.Raw(), err); err != nil {
					return false, err
				}
			}
			return false, nil
		}
		if err := im.reject(from(acts[at.Entry]), acts[at.Entry].Type, acts[at.Entry].Resource.Raw(), at.Err); err != nil {
			return false, err
		}
		acts = append(acts[:at.Entry:at.Entry], acts[at.Entry+1:]...)
	}
	return whole, nil
}

// aboutData says whether an error is what is wrong with a resource, and not
// with the disk or the program: that one ends the import.
func aboutData(err error) bool {
	var invalid *record.Invalid
	var ambiguous *record.Ambiguous
	var missing *record.BrokenReference
	var moved *store.ErrPatientChanged
	var version *store.ErrVersion
	var limit *store.ErrLimit
	var costly *store.ErrTooCostly
	return errors.As(err, &invalid) || errors.As(err, &ambiguous) || errors.As(err, &missing) || errors.As(err, &moved) ||
		errors.As(err, &version) || errors.As(err, &limit) || errors.As(err, &costly)
}

// leadsNowhere says whether an error is that a condition or a urn finds nothing.
func leadsNowhere(err error) bool {
	var invalid *record.Invalid
	return errors.As(err, &invalid) && len(invalid.Issues) > 0 && invalid.Issues[0].Code == "not-found"
}

// valid are the acts whose resources are valid; the others are kept aside.
func (im *importer) valid(from func(record.Act) string, acts []record.Act) (firm []record.Act, err error) {
	for _, a := range acts {
		issues := validate.Resource(a.Resource, validate.Options{})
		if !validate.HasErrors(issues) {
			firm = append(firm, a)
			continue
		}
		bad := &record.Invalid{}
		for _, i := range issues {
			if i.Severity == validate.Error {
				bad.Issues = append(bad.Issues, record.Issue{Severity: string(i.Severity), Code: i.Code, Path: i.Path, Text: i.Text})
			}
		}
		if err := im.reject(from(a), a.Type, a.Resource.Raw(), bad); err != nil {
			return nil, err
		}
	}
	return firm, nil
}

// loose parts acts into those whose references all lead somewhere, in this
// transaction or in the chart, and the places of the others.
func (im *importer) loose(ctx context.Context, s record.Session, acts []record.Act) (firm []record.Act, loose []int, err error) {
	here, known := map[string]bool{}, map[string]bool{}
	urls := false // the document names its resources: a urn that is none of them leads nowhere
	for _, a := range acts {
		here[a.Type+"/"+a.ID] = true
		if a.FullURL != "" {
			here[a.FullURL], urls = true, true
		}
		for ref := range fhir.References(a.Resource) {
			text := ref.Str()
			typ, query, ok := strings.Cut(text, "?")
			if _, asked := known[text]; !ok || asked || !fhir.IsResourceType(typ) {
				continue
			}
			known[text] = false
			values, err := url.ParseQuery(query)
			if err != nil {
				continue
			}
			if q, err := search.Parse(typ, values, search.Options{}); err == nil {
				q.Count = 2
				page, err := s.Search(ctx, q)
				known[text] = err == nil && len(page.Matches) == 1
			}
		}
	}
	err = im.n.store.View(ctx, func(v *store.View) error {
		is := func(text string) (bool, error) {
			typ, rest, ok := strings.Cut(text, "/")
			if strings.HasPrefix(text, "urn:") {
				return !urls, nil
			}
			if !ok || !fhir.IsResourceType(typ) {
				return true, nil // not a reference within the chart
			}
			id, _, _ := strings.Cut(rest, "/")
			_, err := v.Get(s.Site().No, typ, id)
			var gone *store.ErrGone
			if errors.Is(err, store.ErrNotFound) || errors.As(err, &gone) {
				return false, nil
			}
			return err == nil, err
		}
		gone := make([]bool, len(acts))
		for again := true; again; {
			again = false
			for i, a := range acts {
				if gone[i] {
					continue
				}
				for ref := range fhir.References(a.Resource) {
					text := ref.Str()
					if text, _, _ = strings.Cut(text, "/_history/"); here[text] {
						continue
					}
					there, asked := known[text]
					if !asked {
						var err error
						if there, err = is(text); err != nil {
							return err
						}
						known[text] = there
					}
					if !there {
						gone[i], again = true, true
						delete(here, a.Type+"/"+a.ID)
						delete(here, a.FullURL)
						break
					}
				}
			}
		}
		for i, a := range acts {
			if gone[i] {
				loose = append(loose, i)
			} else {
				firm = append(firm, a)
			}
		}
		return nil
	})
	return firm, loose, err
}

// known is the id that an entry has here: its own, or, for an organisation,
// practitioner or place that is here under another id by the same identifier,
// that one's.
func (im *importer) known(ctx context.Context, s record.Session, site string, e entry) (string, error) {
	switch e.typ() {
	case "Organization", "Practitioner", "Location":
	default:
		return e.id, nil
	}
	ident := e.node.Path("identifier")
	system, value := ident.Get("system").Str(), ident.Get("value").Str()
	if system == "" || value == "" {
		return e.id, nil
	}
	key := site + " " + e.typ() + " " + system + "|" + value
	own := key + " " + e.id
	if _, ok := im.names.Load(own); ok {
		return e.id, nil
	}
	err := im.n.store.View(ctx, func(v *store.View) error { _, err := v.Key(s.Site().No, e.typ(), e.id); return err })
	switch {
	case err == nil:
		im.names.Store(own, true)
		im.names.LoadOrStore(key, e.id)
		return e.id, nil
	case !errors.Is(err, store.ErrNotFound):
		return "", err
	}
	if id, ok := im.names.Load(key); ok {
		return id.(string), nil
	}
	id, err := s.ByIdentifier(ctx, e.typ(), system, value)
	var several *record.Ambiguous
	switch {
	case errors.As(err, &several) || err == nil && id == "":
		id = e.id
	case err != nil:
		return "", err
	}
	got, _ := im.names.LoadOrStore(key, id)
	return got.(string), nil
}
