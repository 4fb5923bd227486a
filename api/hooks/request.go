package hooks

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"wholechart/fhir"
)

// Bounds of a request.
const (
	MaxBody   = 4 << 20 // bytes
	MaxDrafts = 200
	MaxKeys   = 64    // of prefetch
	MaxFacts  = 10000 // resources of prefetch
)

// Error says what is wrong with a request, by the path of the field. It holds
// nothing of the request's values.
type Error struct{ Field, Text string }

func (e *Error) Error() string { return e.Field + " " + e.Text }

func wrong(field, text string) error { return &Error{field, text} }

// Request is one call of a service (section Calling a CDS Service).
type Request struct {
	Hook     string
	Instance string
	Server   string // fhirServer; "" not said
	User     string // context.userId: Practitioner/1
	Patient  string // context.patientId
	Visit    string // context.encounterId; "" not said
	Drafts   []fhir.Node
	Shared   []fhir.Node // Medications that the drafts' Bundle brings along
	Selected []string    // Type/id of drafts
	Bookings []fhir.Node // Appointments
	Sent     bool        // prefetch is there
	Prefetch map[string]fhir.Node
	Quiet    bool // the extension asks for everything, quiet cards too
}

// ReadRequest reads a call of the service of a hook, strictly: what the hook's
// definition requires must be there and of its type, and every draft must be of
// the patient. What it does not know is passed over, as section Extensions asks.
func ReadRequest(data []byte, h Hook) (*Request, error) {
	d, err := fhir.ParseWithin(data, fhir.Limits{Bytes: MaxBody, Depth: fhir.DefaultLimits.Depth})
	if err != nil {
		return nil, err
	}
	n := d.Root()
	if n.Kind() != fhir.Object {
		return nil, wrong("body", "is not a JSON object")
	}
	r := &Request{Hook: h.Name}
	if !n.Get("hook").Is(h.Name) {
		return nil, wrong("hook", "is not "+h.Name+", the hook of this service")
	}
	if r.Instance = n.Get("hookInstance").Str(); !IsUUID(r.Instance) {
		return nil, wrong("hookInstance", "is not a UUID")
	}
	if s := n.Get("fhirServer"); s.Exists() && s.Kind() != fhir.Null {
		u, err := url.Parse(s.Str())
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(s.Str()) > 2000 {
			return nil, wrong("fhirServer", "is not the URL of a FHIR server")
		}
		r.Server = strings.TrimSuffix(s.Str(), "/")
	}
	if a := n.Get("fhirAuthorization"); a.Exists() && a.Kind() != fhir.Null {
		if a.Kind() != fhir.Object {
			return nil, wrong("fhirAuthorization", "is not an object")
		}
		if r.Server == "" { // "fhirServer is required if fhirAuthorization is provided"
			return nil, wrong("fhirServer", "is required with fhirAuthorization")
		}
	}
	r.Quiet = n.Path("extension", Extension, "all").True()
	if err := r.readContext(n.Get("context"), h); err != nil {
		return nil, err
	}
	return r, r.readPrefetch(n.Get("prefetch"))
}

func (r *Request) readContext(c fhir.Node, h Hook) error {
	if c.Kind() != fhir.Object {
		return wrong("context", "is not an object")
	}
	text := func(name string) (string, error) {
		v := c.Get(name)
		if !v.Exists() || v.Kind() == fhir.Null {
			return "", nil
		}
		if v.Kind() != fhir.String || v.Str() == "" {
			return "", wrong("context."+name, "is not a text")
		}
		return v.Str(), nil
	}
	var err error
	if r.User, err = text("userId"); err != nil {
		return err
	}
	typ, _, _, ok := fhir.Relative(r.User)
	if !ok || !slices.Contains(h.UserMay, typ) {
		return wrong("context.userId", "is not the type and id of one of "+strings.Join(h.UserMay, ", "))
	}
	if r.Patient, err = text("patientId"); err != nil {
		return err
	}
	if !fhir.IsID(r.Patient) {
		return wrong("context.patientId", "is not the id of a Patient")
	}
	if r.Visit, err = text("encounterId"); err != nil {
		return err
	}
	if r.Visit == "" && h.Visit {
		return wrong("context.encounterId", "is required by this hook")
	}
	if r.Visit != "" && !fhir.IsID(r.Visit) {
		return wrong("context.encounterId", "is not the id of an Encounter")
	}
	if h.Orders {
		if err := r.readDrafts(c.Get("draftOrders")); err != nil {
			return err
		}
	}
	if h.Selects {
		if err := r.readSelections(c.Get("selections")); err != nil {
			return err
		}
	}
	if h.Books {
		return r.readBookings(c.Get("appointments"))
	}
	return nil
}

// entries are the resources of a Bundle.
func entries(b fhir.Node, field string, most int) ([]fhir.Node, error) {
	if b.ResourceType() != "Bundle" {
		return nil, wrong(field, "is not a Bundle")
	}
	list := b.Get("entry")
	if list.Exists() && list.Kind() != fhir.Array {
		return nil, wrong(field+".entry", "is not a list")
	}
	if list.Len() > most {
		return nil, wrong(field, "has more than "+strconv.Itoa(most)+" entries")
	}
	var out []fhir.Node
	for e := range list.Items() {
		res := e.Get("resource")
		if !fhir.IsResourceType(res.ResourceType()) {
			return nil, wrong(field+".entry", "has an entry without a resource of R4")
		}
		out = append(out, res)
	}
	return out, nil
}

func (r *Request) readDrafts(b fhir.Node) error {
	list, err := entries(b, "context.draftOrders", MaxDrafts)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, n := range list {
		if n.ResourceType() == "Medication" {
			r.Shared = append(r.Shared, n)
			continue
		}
		if !fhir.IsID(n.ID()) {
			return wrong("context.draftOrders", "has a draft without an id, so that no selection and no suggestion can name it")
		}
		ref := n.ResourceType() + "/" + n.ID()
		if seen[ref] {
			return wrong("context.draftOrders", "has the same draft twice")
		}
		seen[ref] = true
		if !r.about(n) {
			return wrong("context.draftOrders", "has a draft that is not of the patient in context")
		}
		r.Drafts = append(r.Drafts, n)
	}
	if len(r.Drafts) == 0 {
		return wrong("context.draftOrders", "has no draft order")
	}
	return nil
}

// about says whether a draft's patient is the one in context, or not said.
func (r *Request) about(n fhir.Node) bool {
	for _, name := range [...]string{"subject", "patient", "for"} {
		if ref := n.Get(name).Get("reference"); ref.Exists() {
			return r.isPatient(ref.Str())
		}
	}
	return true
}

// isPatient says whether a reference, relative or below the asker's own server,
// is the patient in context.
func (r *Request) isPatient(ref string) bool {
	if r.Server != "" {
		ref = strings.TrimPrefix(ref, r.Server+"/")
	}
	typ, id, _, ok := fhir.Relative(ref)
	return ok && typ == "Patient" && id == r.Patient
}

func (r *Request) readSelections(list fhir.Node) error {
	if list.Kind() != fhir.Array || list.Len() == 0 || list.Len() > MaxDrafts {
		return wrong("context.selections", "is not a list of draft orders")
	}
	for s := range list.Items() {
		if s.Kind() != fhir.String || !slices.ContainsFunc(r.Drafts, func(n fhir.Node) bool { return s.Is(n.ResourceType() + "/" + n.ID()) }) {
			return wrong("context.selections", "names what is not in draftOrders")
		}
		r.Selected = append(r.Selected, s.Str())
	}
	return nil
}

func (r *Request) readBookings(b fhir.Node) error {
	list, err := entries(b, "context.appointments", MaxDrafts)
	if err != nil {
		return err
	}
	for _, n := range list {
		if n.ResourceType() != "Appointment" {
			return wrong("context.appointments", "has what is no Appointment")
		}
		named, ours := false, false
		for p := range n.Get("participant").Items() {
			if ref := p.Get("actor").Get("reference").Str(); strings.Contains(ref, "Patient/") {
				named, ours = true, ours || r.isPatient(ref)
			}
		}
		if named && !ours {
			return wrong("context.appointments", "has an appointment that is not of the patient in context")
		}
	}
	r.Bookings = list
	return nil
}

func (r *Request) readPrefetch(p fhir.Node) error {
	if !p.Exists() || p.Kind() == fhir.Null {
		return nil
	}
	if p.Kind() != fhir.Object || p.Len() > MaxKeys {
		return wrong("prefetch", "is not an object of at most "+strconv.Itoa(MaxKeys)+" keys")
	}
	r.Prefetch = map[string]fhir.Node{}
	for key, v := range p.Fields() {
		r.Sent = true
		if v.Kind() != fhir.Null && !fhir.IsResourceType(v.ResourceType()) {
			return wrong("prefetch", "has a key that holds no resource of R4 and not null")
		}
		r.Prefetch[key] = v
	}
	if v, ok := r.Prefetch["patient"]; ok && v.Kind() != fhir.Null && (v.ResourceType() != "Patient" || v.ID() != r.Patient) {
		return wrong("prefetch.patient", "is not the patient in context")
	}
	return nil
}

// IsUUID says whether a text is a UUID (RFC 9562), in any case of letters.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}

// cut is a text of at most so many UTF-16 units, as browsers count, ended at a
// word.
func cut(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	n, last := 0, 0
	for i, c := range s {
		if c == ' ' && n < most {
			last = i
		}
		n++
		if c > 0xFFFF {
			n++
		}
		if n > most {
			break
		}
	}
	if n <= most {
		return s
	}
	if last == 0 {
		for i := range s {
			if utf8.RuneCountInString(s[:i]) >= (most-1)/2 {
				last = i
				break
			}
		}
	}
	return strings.TrimRight(s[:last], " ,;:") + "…"
}
