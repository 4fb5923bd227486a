package record

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/store"
)

// A Binary is a file and says nothing of itself: whether it is signed, and often
// how secret it is, stands in the document that names it. So who may not see the
// document may not read its file:
//
//   - a file that is named by a resource of its patient's record that the window hides;
//   - a file that only such a resource named before it was deleted or changed, and no
//     document that may be seen names.
//
// A file that nothing names is its patient's, by its own labels. Who sees all of a
// site's chart reads all of its files. To search and history a Binary is hidden
// from everybody else: no count of files can tell of one that is not shown.

// naming are the types whose earlier versions are looked at for files.
var naming = []string{"DocumentReference", "Composition"}

// Bounds of what is looked at to find a patient's hidden files.
const (
	maxNaming   = 20000 // documents
	maxVersions = 200   // of one document
)

// hideFile says whether a row is a file that a hidden document names; deny are the
// labels that the window hides where the row is.
func (w *window) hideFile(row store.Row, deny uint64) bool {
	if deny &^= uint64(access.Care); row.Type != "Binary" || deny == 0 || row.Key.PatientNumber() == 0 || row.ID == "" {
		return false
	}
	if w.v == nil {
		return true
	}
	hidden, err := w.hiddenFiles(filesOf{row.Key.Patient(), deny})
	return err != nil || hidden[row.ID]
}

// beforeReading finds the hidden files of panes, for a reader of rows in the middle
// of which nothing else is read.
func (w *window) beforeReading(panes []pane) error {
	for _, p := range panes {
		deny := uint64(p.deny | w.d.Kinds)
		if p.site == w.s.site {
			deny |= w.scope.Deny | w.scope.DenyAt[p.site.No]
		}
		for _, bits := range []uint64{deny, uint64(p.deny | w.d.Kinds)} {
			if bits &^= uint64(access.Care); bits == 0 {
				continue
			}
			if _, err := w.hiddenFiles(filesOf{p.key, bits}); err != nil {
				return err
			}
		}
	}
	w.reading = true
	return nil
}

func (w *window) hiddenFiles(of filesOf) (map[string]bool, error) {
	hidden, ok := w.files[of]
	if ok {
		return hidden, nil
	}
	if w.reading {
		return nil, errReading
	}
	hidden, err := hiddenFiles(w.v, of)
	if err != nil {
		return nil, err
	}
	if w.files == nil {
		w.files = map[filesOf]map[string]bool{}
	}
	w.files[of] = hidden
	return hidden, nil
}

var errReading = errors.New("files were not looked for before a record was read")

// withFiles are the files and the Provenance that come into sight, or go out of it,
// with the resource that names them, or that they are about: they changed not, but what
// may be told of them did. told are those that the page has already.
func (w *window) withFiles(v *store.View, doc store.Row, seen bool, told map[store.Key]bool) (out []Version, err error) {
	if doc.Type == "Binary" || doc.Type == "Provenance" || doc.Version < 2 || doc.Key.PatientNumber() == 0 {
		return nil, nil
	}
	before, err := v.Version(doc.Key.Site(), doc.Type, doc.ID, doc.Version-1)
	if err != nil || seen && before.Labels&^doc.Labels == 0 {
		return nil, nil // it was deleted, or nothing was taken off
	}
	named := map[string]bool{}
	filesIn(before.Body(), named)
	filesIn(doc.Body(), named)
	var rows []store.Row
	for _, id := range slices.Sorted(maps.Keys(named)) {
		if row, err := v.Get(doc.Key.Site(), "Binary", id); err == nil {
			rows = append(rows, row)
		}
	}
	about, err := w.about(v, doc)
	if err != nil {
		return nil, err
	}
	for _, row := range append(rows, about...) {
		if row.Key.Patient() != doc.Key.Patient() || told[row.Key] {
			continue
		}
		switch sees := w.sees(row); {
		case seen && sees:
			out = append(out, Version{Resource: w.s.resource(row)})
		case !seen && !sees:
			res := w.s.resource(row)
			res.Body = nil
			out = append(out, Version{Resource: res, Gone: true})
		default:
			continue
		}
		told[row.Key] = true
	}
	return out, nil
}

// filesOf is whose files are hidden, from whom.
type filesOf struct {
	patient store.Key
	deny    uint64
}

// hiddenFiles are the ids of the files of one record that documents name which are
// hidden by labels.
func hiddenFiles(v *store.View, of filesOf) (map[string]bool, error) {
	rng := store.PatientRange(of.patient)
	hidden, before, shown := map[string]bool{}, map[string]bool{}, map[string]bool{}
	past := func(row store.Row) error { // what earlier versions named
		for n := row.Version - 1; n > 0 && n > row.Version-maxVersions; n-- {
			old, err := v.Version(row.Key.Site(), row.Type, row.ID, n)
			if errors.As(err, new(*store.ErrGone)) || errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if old.Labels&of.deny != 0 || row.Labels&of.deny != 0 {
				filesIn(old.Body(), before)
			}
		}
		return nil
	}
	labelled, err := v.Labelled(rng, of.deny)
	if err != nil {
		return nil, err
	}
	for _, k := range labelled {
		row, err := v.GetKey(k)
		gone := errors.As(err, new(*store.ErrGone))
		if err != nil && !gone {
			return nil, err
		}
		if row.Type == "Binary" {
			continue
		}
		if !gone {
			filesIn(row.Body(), hidden)
		}
		if err := past(row); err != nil {
			return nil, err
		}
	}
	docs, err := v.Range(rng, naming, rng.From-1, maxNaming)
	if err != nil {
		return nil, err
	}
	for _, row := range docs {
		if row.Labels&of.deny != 0 {
			continue
		}
		filesIn(row.Body(), shown)
		if err := past(row); err != nil {
			return nil, err
		}
	}
	for id := range before {
		if !shown[id] {
			hidden[id] = true
		}
	}
	return hidden, nil
}

// filesIn adds the ids of the Binaries that a resource names, in whatever element
// and by whatever address.
func filesIn(body []byte, into map[string]bool) {
	if !bytes.Contains(body, []byte("Binary")) {
		return
	}
	d, err := fhir.Parse(body)
	if err != nil {
		return
	}
	var walk func(n fhir.Node)
	walk = func(n fhir.Node) {
		switch n.Kind() {
		case fhir.Object:
			for _, v := range n.Fields() {
				walk(v)
			}
		case fhir.Array:
			for v := range n.Items() {
				walk(v)
			}
		case fhir.String:
			if id := fileNamed(n.Str()); id != "" {
				into[id] = true
			}
		}
	}
	walk(d.Root())
}

// fileNamed is the id of the Binary that an address leads to: relative, absolute,
// with or without a version; empty for any other text.
func fileNamed(address string) string {
	if len(address) > 2048 {
		return ""
	}
	address, _, _ = strings.Cut(address, "/_history/")
	at := strings.LastIndexByte(address, '/')
	if at < 0 || !fhir.IsID(address[at+1:]) {
		return ""
	}
	if typ := address[:at]; typ != "Binary" && !strings.HasSuffix(typ, "/Binary") {
		return ""
	}
	return address[at+1:]
}
