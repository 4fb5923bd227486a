package entry

import (
	"errors"
	"slices"
	"strings"

	"wholechart/fhir"
	"wholechart/record"
)

// Decision is what is done with a fact of another site.
type Decision string

// The decisions. Each is remembered with who, when and of which version of the
// source; none changes anything at the source.
const (
	Keep   Decision = "keep"   // bring it in; or, where the own chart has it, leave the own as it is
	Update Decision = "update" // the own becomes as the source says
	Merge  Decision = "merge"  // the own keeps what it says, and takes what it lacks
	Reject Decision = "reject" // do not bring it in, nor propose it again before the source changes
)

// Outside is a fact of another site, as its source numbers it.
type Outside struct {
	Node     fhir.Node
	Site     string // slug
	SiteName string
	Type, ID string
	Version  string
	Author   string
	Words    string        // of a medicine that the node names by reference
	Codings  []fhir.Coding // the same
}

// Own is the fact of the own chart that an outside one is compared with.
type Own struct {
	ID      string
	Version int
	Node    fhir.Node
}

// Errors of Reconcile.
var (
	ErrModified = errors.New("the source's fact has a modifier that this system does not know: read the original")
	ErrNoOwn    = errors.New("there is nothing in the own chart to update or to merge with")
	ErrKind     = errors.New("facts of this type are not brought in")
)

// taken are the elements of each type that are brought in.
var taken = map[string][]string{
	"Condition":           {"clinicalStatus", "verificationStatus", "category", "severity", "code", "bodySite", "onset", "abatement", "note"},
	"AllergyIntolerance":  {"clinicalStatus", "verificationStatus", "type", "category", "criticality", "code", "onset", "lastOccurrence", "note", "reaction"},
	"MedicationStatement": {"status", "medicationCodeableConcept", "effective", "reasonCode", "note", "dosage"},
	"Immunization": {"status", "statusReason", "vaccineCode", "occurrence", "lotNumber", "expirationDate", "manufacturer", "site", "route", "doseQuantity", "protocolApplied",
		"programEligibility", "note"},
	"Procedure": {"status", "statusReason", "category", "code", "performed", "reasonCode", "bodySite", "outcome", "note"},
}

// targetOf is the type that an outside fact has in the own chart.
func targetOf(typ string) string {
	switch typ {
	case "MedicationRequest", "MedicationDispense", "MedicationStatement":
		return "MedicationStatement"
	}
	if taken[typ] == nil {
		return ""
	}
	return typ
}

// Reconcile are the acts of one decision: what is written to the own chart, and
// a Provenance that names the source, the version, who decided and what.
func Reconcile(c Context, own *Own, o Outside, decision Decision, reason string) ([]record.Act, error) {
	target := targetOf(o.Type)
	if target == "" {
		return nil, ErrKind
	}
	if len(reason) > MaxReason {
		return nil, ErrReason
	}
	same := own != nil && own.Node.ResourceType() == target
	act := record.Act{Op: record.Create, Type: target, FullURL: "urn:wholechart:" + o.Site + ":" + o.Type + ":" + o.ID}
	at := act.FullURL
	switch {
	case decision == Reject, decision == Keep && own != nil:
		to := "Patient/" + c.Patient
		if own != nil {
			to = own.Node.ResourceType() + "/" + own.ID
		}
		return []record.Act{decided(c, o, decision, reason, to)}, nil
	case decision == Keep, decision == Update && own != nil && !same: // an order is not rewritten: what is taken is stated beside it
		body, err := bring(c, o, target)
		if err != nil {
			return nil, err
		}
		act.Resource = parse(body)
	case decision == Update || decision == Merge:
		if own == nil || decision == Merge && !same {
			return nil, ErrNoOwn
		}
		body, err := bring(c, o, target)
		if err != nil {
			return nil, err
		}
		next := overwrite(own.Node, parse(body), target)
		if decision == Merge {
			next = fill(own.Node, parse(body), target)
		}
		act = record.Act{Op: record.Update, Type: target, ID: own.ID, Resource: parse(next), IfMatch: own.Version}
		at = target + "/" + own.ID
	default:
		return nil, errors.New("no such decision")
	}
	return []record.Act{act, decided(c, o, decision, reason, at)}, nil
}

// decided is the Provenance of a decision. The source's fact is named by
// identifier: it has no address in this chart.
func decided(c Context, o Outside, decision Decision, reason, target string) record.Act {
	targets := []string{target}
	if about := "Patient/" + c.Patient; target != about { // so that it stands in the patient's record
		targets = append(targets, about)
	}
	p := why(c, concept(ReconcileSystem, string(decision), "", ""), reason, targets...)
	value := o.Type + "/" + o.ID
	if o.Version != "" {
		value += "/_history/" + o.Version
	}
	name := o.SiteName
	if name == "" {
		name = o.Site
	}
	p = append(p, member{"entity", []any{object{{"role", "source"},
		{"what", object{{"type", o.Type}, {"identifier", object{{"system", SourceSystem + o.Site}, {"value", value}}}, {"display", name}}}}}})
	return record.Act{Op: record.Create, Type: "Provenance", Resource: parse(asJSON(p))}
}

// Decided is what a Provenance says was decided about which version of an
// outside fact. ok is false for every other Provenance.
func Decided(n fhir.Node) (site, typ, id, version string, d Decision, ok bool) {
	code := conceptCode(n.Get("activity"), ReconcileSystem)
	if code == "" {
		return "", "", "", "", "", false
	}
	ident := n.Get("entity").Index(0).Get("what").Get("identifier")
	site, ok = strings.CutPrefix(ident.Get("system").Str(), SourceSystem)
	if !ok {
		return "", "", "", "", "", false
	}
	typ, id, version, ok = fhir.Relative(ident.Get("value").Str())
	return site, typ, id, version, Decision(code), ok
}

// bring is a new resource of the own chart that says what an outside fact
// says: its clinical elements, without references, which lead nowhere here.
func bring(c Context, o Outside, target string) ([]byte, error) {
	n := o.Node
	if n.Get("modifierExtension").Exists() || n.Get("implicitRules").Exists() {
		return nil, ErrModified
	}
	k := &problem
	for _, one := range []*Kind{&medicine, &allergy, &immunisation, &procedure} {
		if one.Type == target {
			k = one
		}
	}
	d := newDraft(target)
	k.base(d, c)
	d.set("note", nil)
	for _, element := range taken[target] {
		from := element
		if o.Type != "MedicationStatement" && target == "MedicationStatement" && element == "dosage" {
			from = "dosageInstruction"
		}
		for _, m := range elements(n, from) {
			body, ok := freed(n.Get(m), o)
			if !ok {
				return nil, ErrModified
			}
			if body != nil {
				d.text = fhir.SetMember(d.node(), strings.Replace(m, from, element, 1), body)
			}
		}
	}
	switch target {
	case "MedicationStatement":
		d.asStated(o)
	case "Immunization":
		d.set("primarySource", false)
		d.set("reportOrigin", concept(originSystem, "provider", "Other Provider", ""))
	}
	return d.text, nil
}

// asStated makes a statement of what another site ordered or handed out.
func (d *draft) asStated(o Outside) {
	n := d.node()
	if !n.Get("medicationCodeableConcept").Exists() {
		var codings []any
		for _, one := range o.Codings {
			codings = append(codings, object{{"system", one.System}, {"code", one.Code}, {"display", one.Display}})
		}
		what := object{}
		if codings != nil {
			what = append(what, member{"coding", codings})
		}
		d.set("medicationCodeableConcept", append(what, member{"text", o.Words}))
	}
	if o.Type == "MedicationStatement" {
		return
	}
	status := "active"
	switch s := o.Node.Get("status").Str(); s {
	case "on-hold", "stopped", "completed":
		status = s
	case "cancelled":
		status = "stopped"
	}
	if o.Type == "MedicationDispense" {
		status = "active"
	}
	d.set("status", status)
	for _, element := range [...]string{"authoredOn", "whenHandedOver"} {
		if at := o.Node.Get(element).Str(); at != "" && !n.Get("effectivePeriod").Exists() && !n.Get("effectiveDateTime").Exists() {
			d.set("effectivePeriod", object{{"start", at}})
		}
	}
}

// elements are an element's members: itself, or what a choice has.
func elements(n fhir.Node, element string) []string {
	var out []string
	for name := range n.Fields() {
		rest, ok := cutPrefix(name, element)
		if ok && (rest == "" || rest[0] >= 'A' && rest[0] <= 'Z' && slices.Contains([]string{"onset", "abatement", "effective", "occurrence", "performed"}, element)) {
			out = append(out, name)
		}
	}
	return out
}

// freed is a value without references and extensions; a reference keeps what
// it displays. ok is false when it holds a modifier extension.
func freed(n fhir.Node, o Outside) (body []byte, ok bool) {
	switch n.Kind() {
	case fhir.Array:
		var out []raw
		for item := range n.Items() {
			b, ok := freed(item, o)
			if !ok {
				return nil, false
			}
			if b != nil {
				out = append(out, b)
			}
		}
		if out == nil {
			return nil, true
		}
		return asJSON(out), true
	case fhir.Object:
		var out object
		for name, v := range n.Fields() {
			switch {
			case name == "modifierExtension":
				return nil, false
			case name == "extension" || name == "id" || strings.HasPrefix(name, "_"):
				continue
			case name == "reference" && v.Kind() == fhir.String:
				continue
			}
			b, ok := freed(v, o)
			if !ok {
				return nil, false
			}
			if name == "authorReference" { // of an Annotation: the name alone
				if who := v.Get("display").Str(); who != "" {
					out = append(out, member{"authorString", who})
				} else if o.SiteName != "" {
					out = append(out, member{"authorString", o.SiteName})
				}
				continue
			}
			if b != nil {
				out = append(out, member{name, raw(b)})
			}
		}
		if len(out) == 0 {
			return nil, true
		}
		return asJSON(out), true
	}
	return n.Raw(), true
}

// overwrite is the own resource with the source's elements in place of its own.
func overwrite(own, source fhir.Node, target string) []byte {
	d := &draft{slices.Clone(own.Raw())}
	for _, element := range taken[target] {
		have := elements(source, element)
		if element == "note" || len(have) == 0 {
			continue
		}
		for _, m := range elements(own, element) {
			d.set(m, nil)
		}
		for _, m := range have {
			d.set(m, raw(source.Get(m).Raw()))
		}
	}
	d.notes(source)
	return d.text
}

// fill is the own resource with what it lacks taken from the source: elements,
// codings, reactions and notes.
func fill(own, source fhir.Node, target string) []byte {
	d := &draft{slices.Clone(own.Raw())}
	for _, element := range taken[target] {
		have, mine := elements(source, element), elements(own, element)
		switch {
		case element == "note" || len(have) == 0:
		case len(mine) == 0:
			for _, m := range have {
				d.set(m, raw(source.Get(m).Raw()))
			}
		case element == "code" || element == "vaccineCode" || element == "medicationCodeableConcept":
			d.inside(element, func(x *draft) { x.union("coding", source.Get(element).Get("coding"), sameCoding) })
		case element == "reaction":
			d.union(element, source.Get(element), sameReaction)
		}
	}
	d.notes(source)
	return d.text
}

func (d *draft) notes(source fhir.Node) {
	d.union("note", source.Get("note"), func(a, b fhir.Node) bool { return a.Get("text").Str() == b.Get("text").Str() })
}

// union adds to an array what it has not yet.
func (d *draft) union(name string, more fhir.Node, same func(a, b fhir.Node) bool) {
	var out []raw
	have := itemsOf(d.node().Get(name))
	for _, n := range have {
		out = append(out, n.Raw())
	}
	for n := range more.Items() {
		if !slices.ContainsFunc(have, func(h fhir.Node) bool { return same(h, n) }) {
			out = append(out, n.Raw())
		}
	}
	if len(out) > len(have) {
		d.array(name, out)
	}
}

func sameCoding(a, b fhir.Node) bool {
	return a.Get("system").Str() == b.Get("system").Str() && a.Get("code").Str() == b.Get("code").Str()
}

func sameReaction(a, b fhir.Node) bool {
	x, y := conceptValue(a.Get("manifestation").Index(0), a.Get("manifestation")), conceptValue(b.Get("manifestation").Index(0), b.Get("manifestation"))
	return strings.EqualFold(x.text, y.text) || x.coding.Code != "" && x.coding == y.coding
}
