package record

import (
	"errors"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/search"
	"wholechart/store"
)

// SiteSystem is the identifier system of sites' slugs: how a Consent's
// provision names who may have what.
const SiteSystem = "https://wholechart.example/site"

// release asks the law: what must site withhold of a patient from the asking
// actor's site. A patient is shown her own record whole (but see confirmed); who
// acts for her at one site is, to another, that site.
func (s Session) release(v *store.View, site *Site, patient store.Row) (access.Labels, bool) {
	if s.actor.Kind == access.Patient {
		return 0, false
	}
	recipient := s.actor.Site
	if s.actor.Kind == access.Peer {
		recipient = s.actor.ID
	}
	consents, err := s.consents(v, site, patient)
	if err != nil {
		return access.Sensitive, true // what cannot be read cannot permit
	}
	return s.withheld(consents, recipient)
}

// confirmed says whether a person, not the program alone, decided that two records
// are one patient's. What is sensitive at another site is shown to the patient of
// this one only then: a right to the own record is none to that of somebody whom
// weights take for her (docs/adr/0008).
func confirmed(v *store.View, own, other store.Key) bool {
	a, err1 := v.PersonOf(own)
	b, err2 := v.PersonOf(other)
	if err1 != nil || err2 != nil || a.Person != b.Person {
		return false
	}
	byHand := func(l store.LinkRow) bool { return l.By != "" && !strings.HasPrefix(l.By, access.System.String()+":") }
	return byHand(b) || byHand(a) && !a.At.Before(b.At) // b was linked by hand, or a was, to those that were with b
}

// maxConsents bounds what is read of one patient.
const maxConsents = 1000

var errConsents = errors.New("more consents than are read")

// consents are a patient's Consent resources at a site, as a decision needs them.
func (s Session) consents(v *store.View, site *Site, patient store.Row) ([]access.Consent, error) {
	q, err := ask("Consent", "patient=Patient/"+patient.ID+"&status=active")
	if err != nil {
		return nil, err
	}
	q.Count = maxConsents
	m := s.r.merged() // what she said in one of two records that are one holds for both
	res, err := v.Search(store.Scope{Ranges: m.ranges(patient.Key), Merged: m.index}, q)
	if err != nil {
		return nil, err
	}
	if res.Next != "" { // a refusal might be among the others
		return nil, errConsents
	}
	reader := consentReader{zone: site.Location(), slug: func(ref search.Ref) string {
		row, err := v.Get(site.No, ref.Type, ref.ID)
		if err != nil || ref.Type != "Organization" {
			return ""
		}
		d, err := fhir.Parse(row.Body())
		if err != nil {
			return ""
		}
		for id := range d.Root().Get("identifier").Items() {
			if id.Get("system").Is(SiteSystem) {
				return id.Get("value").Str()
			}
		}
		return ""
	}}
	var out []access.Consent
	for _, m := range res.Matches {
		d, err := fhir.Parse(m.Body())
		if err != nil {
			return nil, err
		}
		out = append(out, reader.read(d.Root())...)
	}
	return out, nil
}

// consentReader takes a Consent's provisions for decisions
// (http://hl7.org/fhir/R4/consent.html). What it cannot say is read so that
// less is disclosed: a permission that is bounded by what is not known here (a
// class, a code, some data) permits nothing, a refusal so bounded refuses all.
type consentReader struct {
	zone *time.Location
	slug func(search.Ref) string // of an Organization at the source; empty: not a site
}

// nobody is in no list of recipients.
const nobody = "\x00"

func (r consentReader) read(n fhir.Node) []access.Consent {
	const scopes = "http://terminology.hl7.org/CodeSystem/consentscope"
	privacy, other := false, false
	for c := range n.Get("scope").Get("coding").Items() {
		if c.Get("system").Is(scopes) {
			privacy = privacy || c.Get("code").Is("patient-privacy")
			other = other || slices.Contains([]string{"research", "treatment", "adr"}, c.Get("code").Str())
		}
	}
	if other && !privacy {
		return nil // it is not about disclosure
	}
	root := n.Get("provision")
	out := r.rules(root, access.Consent{Permit: true})
	for c := range n.Get("policyRule").Get("coding").Items() {
		if code := c.Get("code").Str(); code == "OPTOUT" || code == "OPTOUTE" {
			all := access.Consent{}
			for _, o := range out {
				if o.Permit {
					all.Except = append(all.Except, o)
				}
			}
			out = append(out, all)
		}
	}
	if !privacy {
		out = slices.DeleteFunc(out, func(c access.Consent) bool { return c.Permit })
	}
	return out
}

// rules are a provision that says permit or deny, and those inside it, each
// within the bounds of what is around it.
func (r consentReader) rules(p fhir.Node, around access.Consent) []access.Consent {
	if !p.Exists() {
		return nil
	}
	c, says := r.rule(p, around)
	var inner []access.Consent
	for i := range p.Get("provision").Items() {
		inner = append(inner, r.rules(i, c)...)
	}
	if !says {
		return inner
	}
	for _, i := range inner {
		if !c.Permit && i.Permit {
			c.Except = append(c.Except, i)
		}
	}
	return append([]access.Consent{c}, inner...)
}

// rule is one provision; says is false when it only bounds those inside it.
func (r consentReader) rule(p fhir.Node, around access.Consent) (c access.Consent, says bool) {
	c = access.Consent{Permit: true, Recipients: around.Recipients, Labels: around.Labels, Purposes: around.Purposes, From: around.From, To: around.To}
	switch p.Get("type").Str() {
	case "permit":
		says = true
	case "deny":
		c.Permit, says = false, true
	}
	narrow := p.Get("class").Exists() || p.Get("code").Exists() || p.Get("data").Exists() || p.Get("dataPeriod").Exists()
	if disclosing, known := r.actions(p); known && !disclosing {
		if !c.Permit {
			return c, false
		}
		narrow = true
	}
	r.actors(p, &c)
	narrow = r.labels(p, &c) || narrow
	r.purposes(p, &c)
	narrow = r.period(p, &c) || narrow
	if narrow && c.Permit {
		c.Recipients = []string{nobody} // and so nothing inside it permits either
	}
	return c, says
}

// actions says whether a provision is about disclosing; known is false when it
// names no action, or one that is not known.
func (r consentReader) actions(p fhir.Node) (disclosing, known bool) {
	for a := range p.Get("action").Items() {
		known = true
		coded := false
		for c := range a.Get("coding").Items() {
			coded = true
			if code := c.Get("code").Str(); code != "collect" && code != "correct" {
				disclosing = true
			}
		}
		if !coded {
			return false, p.Get("type").Is("permit")
		}
	}
	return disclosing, known
}

func (r consentReader) actors(p fhir.Node, c *access.Consent) {
	if !p.Get("actor").Exists() {
		return
	}
	var named []string
	unknown := false
	for a := range p.Get("actor").Items() {
		ref, slug := a.Get("reference"), ""
		if id := ref.Get("identifier"); id.Get("system").Is(SiteSystem) {
			slug = id.Get("value").Str()
		} else if to, ok := parseRef(ref.Get("reference").Str()); ok {
			slug = r.slug(to)
		}
		switch {
		case slug == "":
			unknown = true
		case !c.Permit || len(c.Recipients) == 0 || slices.Contains(c.Recipients, slug):
			named = append(named, slug)
		}
	}
	switch {
	case !c.Permit && unknown:
		c.Recipients = nil // perhaps this one
	case len(named) == 0:
		c.Recipients = []string{nobody}
	default:
		c.Recipients = named
	}
}

// labels reads which sensitivity is spoken of; narrow is true for a permission
// that bounds itself to what is not sensitive, or of a kind not known here.
func (r consentReader) labels(p fhir.Node, c *access.Consent) (narrow bool) {
	if !p.Get("securityLabel").Exists() {
		return false
	}
	var own access.Labels
	for l := range p.Get("securityLabel").Items() {
		own |= access.Labels(search.LabelBit(l))
	}
	// Confidentiality is a high-water mark: a permission for V is one for R, a refusal of R one of V.
	if c.Permit && own&access.Labels(search.LabelVeryRestricted) != 0 {
		own |= access.Labels(search.LabelRestricted)
	}
	if !c.Permit && own&access.Labels(search.LabelRestricted) != 0 {
		own |= access.Labels(search.LabelVeryRestricted)
	}
	if !c.Permit {
		c.Labels = own
		return false
	}
	if own &^= access.Labels(search.LabelOther); around(c.Labels, own) == 0 { // many kinds share that bit: one does not open the others
		return true
	}
	c.Labels = around(c.Labels, own)
	return false
}

// around bounds labels by those of the provision around; 0 there is no bound.
func around(outer, own access.Labels) access.Labels {
	if outer == 0 {
		return own
	}
	return outer & own
}

func (r consentReader) purposes(p fhir.Node, c *access.Consent) {
	if !p.Get("purpose").Exists() {
		return
	}
	var own []access.Purpose
	for u := range p.Get("purpose").Items() {
		code := access.Purpose(u.Get("code").Str())
		switch {
		case code == "" && !c.Permit:
			c.Purposes = nil
			return
		case code == "":
		case !c.Permit || len(c.Purposes) == 0 || slices.Contains(c.Purposes, code):
			own = append(own, code)
		}
	}
	if len(own) == 0 {
		own = []access.Purpose{nobody}
	}
	c.Purposes = own
}

// period bounds a permission by its own period and by that around it; a
// refusal has its own. narrow is true when it cannot be read.
func (r consentReader) period(p fhir.Node, c *access.Consent) (narrow bool) {
	period := p.Get("period")
	if !period.Exists() {
		return false
	}
	from, bad1 := r.when(period.Get("start"), false)
	to, bad2 := r.when(period.Get("end"), true)
	if c.Permit {
		if from.Before(c.From) {
			from = c.From
		}
		if to.IsZero() || !c.To.IsZero() && c.To.Before(to) {
			to = c.To
		}
	}
	c.From, c.To = from, to
	return bad1 || bad2
}

func (r consentReader) when(n fhir.Node, end bool) (at time.Time, bad bool) {
	if !n.Exists() {
		return at, false
	}
	d, err := fhir.ParseDateTime(n.Str())
	if err != nil {
		return at, true
	}
	lo, hi := d.Interval(r.zone)
	if end {
		return hi, false
	}
	return lo, false
}
