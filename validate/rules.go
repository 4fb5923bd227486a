package validate

import (
	"bytes"
	"sync"
	"time"

	"wholechart/fhir"
	"wholechart/fhirpath"
)

// rule is an invariant, its FHIRPath compiled when first needed.
type rule struct {
	fhir.Invariant
	formula formula
	once    sync.Once
	expr    *fhirpath.Expr
	err     error
}

func (r *rule) compiled() (*fhirpath.Expr, error) {
	r.once.Do(func() { r.expr, r.err = fhirpath.Compile(r.Expression) })
	return r.expr, r.err
}

// byHand are invariants that Go code checks: ele-1 in object and underMember,
// dom-2 to dom-5 in contained, the others in specialRules.
var byHand = map[string]func(fhir.Invariant) bool{
	"ele-1": always, "dom-2": always, "dom-3": always, "dom-4": always, "dom-5": always,
	"txt-1": always, "txt-2": always, "per-1": always, "ref-1": always,
	"bdl-3": always, "bdl-4": always, "bdl-7": always,
}

func always(fhir.Invariant) bool { return true }

// rules evaluates the invariants of an object's type.
func (w *walk) rules(s *seen) {
	for _, r := range s.plan.rules {
		if r.Severity != string(Error) && !w.opt.Warnings {
			continue
		}
		switch r.formula.eval(s) {
		case no:
			w.broken(r)
		case unknown:
			w.evaluate(r, fhirpath.Element(s.n, fhir.Node{}, s.plan.def.Name))
		}
	}
}

// elementRules evaluates the invariants that an element has beyond those of
// its type.
func (w *walk) elementRules(f *field, v, under fhir.Node) {
	for _, r := range f.more {
		if r.Severity == string(Error) || w.opt.Warnings {
			w.evaluate(r, fhirpath.Element(v, under, f.typ.Name))
		}
	}
}

func (w *walk) evaluate(r *rule, in fhirpath.Value) {
	expr, err := r.compiled()
	if err == nil {
		root := fhirpath.Resource(w.root.node)
		env := fhirpath.Env{Resource: root, Root: root, AsFilters: true}
		var ok, present bool
		ok, present, err = expr.Test(in, &env)
		if err == nil && present && !ok {
			w.broken(r)
		}
	}
	if err != nil && !HasErrors(w.issues) {
		w.issue("exception", "the invariant "+r.Key+" cannot be evaluated here")
	}
}

func (w *walk) broken(r *rule) {
	severity := Error
	if r.Severity != string(Error) {
		severity = Warning
	}
	w.note(Issue{severity, "invariant", w.path(""), r.Human + " (" + r.Key + ")"})
}

// specialRules are the hand-written checks of some types.
func (w *walk) specialRules(s *seen) {
	value := func(name string) fhir.Node { return s.values[s.plan.places[name]] }
	switch s.plan.special {
	case isPeriod:
		if start, end := value("start"), value("end"); start.Exists() && end.Exists() && after(start, end) {
			w.issue("invariant", "If present, start SHALL have a lower value than end (per-1)")
		}
	case isReference:
		w.reference(value("reference"), value("type"))
	case isNarrative:
		if div := value("div"); div.Kind() == fhir.String {
			why, shows := checkDiv(div.Decoded())
			if why != "" {
				w.issueAt("div", "invariant", why)
			}
			for _, id := range shows {
				w.refersTo(id)
			}
		}
	case isBundle:
		w.bundleRules(value("type"), value("entry"), value("link"))
	case isEntry:
		w.entryRules(value("fullUrl"), value("resource"))
	case isSystem:
		if system := value("system"); system.Kind() == fhir.String && !hasScheme(system.Decoded()) {
			w.issueAt("system", "value", "the system is an absolute URI")
		}
	case isExtension:
		if url := value("url"); url.Kind() == fhir.String && !hasScheme(url.Decoded()) && !w.insideExtension() {
			w.issueAt("url", "value", "the URL of an extension that is not inside another is absolute")
		}
	case isAttachment:
		w.attachment(value("data"), value("size"))
	}
}

// insideExtension says whether the extension under way is one of another.
func (w *walk) insideExtension() bool {
	n := len(w.frames)
	return n >= 2 && (w.frames[n-2].name == "extension" || w.frames[n-2].name == "modifierExtension")
}

// attachment compares size with data (datatypes.html#Attachment: size is of the
// data, before base64 encoding).
func (w *walk) attachment(data, size fhir.Node) {
	text := data.Decoded()
	want, ok := integer(size.Raw())
	if len(text) == 0 || !ok || !isBase64(text) {
		return
	}
	n := int64(0)
	for _, c := range text {
		if c > ' ' && c != '=' {
			n++
		}
	}
	if n*6/8 != want {
		w.issueAt("size", "value", "size is not that of data")
	}
}

// entryRules are those of fullUrl (bundle.html#bundle-unique): it is absolute,
// and as a RESTful URL agrees with the resource's type and id.
func (w *walk) entryRules(fullURL, resource fhir.Node) {
	if fullURL.Kind() != fhir.String || len(fullURL.Decoded()) == 0 {
		return
	}
	url := fullURL.Decoded()
	if !hasScheme(url) {
		w.issueAt("fullUrl", "value", "fullUrl is absolute")
		return
	}
	typ := literalType(string(url))
	if typ == "" || !resource.Exists() {
		return
	}
	if id := resource.Get("id"); !id.Exists() && w.conditional {
		return // about to be created
	} else if typ != resource.ResourceType() || !bytes.HasSuffix(url, append([]byte{'/'}, id.Decoded()...)) || !id.Exists() {
		w.issueAt("fullUrl", "value", "fullUrl is a RESTful URL, so ends with the type and id of the resource")
	}
}

// after says whether a time is surely after another: where the precision or a
// missing zone leaves it open it is not.
func after(start, end fhir.Node) bool {
	a, err1 := fhir.ParseDateTime(start.Str())
	b, err2 := fhir.ParseDateTime(end.Str())
	if err1 != nil || err2 != nil {
		return false
	}
	lo, _ := a.Interval(nil)
	_, hi := b.Interval(nil)
	if a.HasZone != b.HasZone {
		hi = hi.Add(14 * time.Hour)
	}
	return !lo.Before(hi)
}

// bundleRules are bdl-3, bdl-4 and bdl-7, and that a Bundle has one self link.
func (w *walk) bundleRules(typ, entries, links fhir.Node) {
	self := 0
	for l := range links.Items() {
		if l.Get("relation").Is("self") {
			self++
		}
	}
	if self > 1 {
		w.issueAt("link", "value", "the link self is there once at most")
	}
	t := typ.Str()
	request := t == "batch" || t == "transaction" || t == "history"
	response := t == "batch-response" || t == "transaction-response" || t == "history"
	urls := map[string]bool{}
	badRequest, badResponse, repeated := false, false, false
	for e := range entries.Items() {
		badRequest = badRequest || e.Get("request").Exists() != request
		badResponse = badResponse || e.Get("response").Exists() != response
		if u := e.Get("fullUrl"); u.Exists() && t != "history" {
			key := u.Str() + e.Get("resource").Get("meta").Get("versionId").Str()
			repeated = repeated || urls[key]
			urls[key] = true
		}
	}
	if entries.Exists() && badRequest {
		w.issue("invariant", "entry.request mandatory for batch/transaction/history, otherwise prohibited (bdl-3)")
	}
	if entries.Exists() && badResponse {
		w.issue("invariant", "entry.response mandatory for batch-response/transaction-response/history, otherwise prohibited (bdl-4)")
	}
	if repeated {
		w.issue("invariant", "FullUrl must be unique in a bundle, or else entries with same fullUrl must have different meta.versionId (except in history bundles) (bdl-7)")
	}
}
