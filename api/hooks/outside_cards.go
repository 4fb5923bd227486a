package hooks

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// OutsideKind is the family of what outside services say.
const OutsideKind rule.Kind = "outside service"

// maxWords bounds what of a card's detail is shown, in letters.
const maxWords = 1000

// OutsideCard is a card of an outside service as the house shows it: never as one
// of its own, in plain words, as loud as the site lets it be.
type OutsideCard struct {
	Card
	Key      string // the same words about the same draft have the same key, whatever the service's uuid
	Level    rule.Level
	Severity string // "severe", "moderate", "" of what is merely good to know
	Words    string // the detail, without markup
	Draft    string // Type/id of the draft that it is about; "" none
}

// RuleID is under what the cards of a service are counted and overridden.
func (o Outside) RuleID() string { return "outside-" + o.ID }

// Rule is the card as counts and overrides know it.
func (c OutsideCard) Rule(o Outside) rule.Card {
	r := &rule.Rule{ID: o.RuleID(), Kind: OutsideKind, Title: "from " + o.Name, Citation: cut(c.Source.Label, 200), URL: c.Source.URL, Level: c.Level}
	return rule.Card{Rule: r, Level: c.Level, Key: c.Key, Draft: c.Draft, Title: c.Summary, Why: c.Words, Severity: c.Severity}
}

func outsideCards(o Outside, q Question, cards []Card) (out []OutsideCard) {
	for _, c := range cards {
		k := OutsideCard{Card: c, Level: rule.Quiet, Words: words(c.Detail), Draft: q.aboutDraft(c)}
		k.Summary = cut(c.Summary, MaxSummary)
		switch {
		case c.Indicator == "critical" && o.Loud:
			k.Level = rule.Interrupt
		case c.Indicator != "info":
			k.Level = rule.Notice
		}
		switch c.Indicator {
		case "critical":
			k.Severity = "severe"
		case "warning":
			k.Severity = "moderate"
		}
		h := sha256.Sum256([]byte(strings.Join([]string{q.Patient, o.ID, c.Indicator, k.Summary, nameOf(q, k.Draft)}, "\x00")))
		k.Key = o.RuleID() + ":" + hex.EncodeToString(h[:12])
		if !slices.ContainsFunc(out, func(x OutsideCard) bool { return x.Key == k.Key }) {
			out = append(out, k)
		}
	}
	return out
}

// aboutDraft is the draft that a card is about: the one that its suggestions
// change, or the only one there is.
func (q Question) aboutDraft(c Card) string {
	for _, s := range c.Suggestions {
		for _, a := range s.Actions {
			ref := a.ResourceID
			if a.Type == "update" {
				if d, err := fhir.Parse(a.Resource); err == nil {
					ref = d.Root().ResourceType() + "/" + d.Root().ID()
				}
			}
			if slices.ContainsFunc(q.Drafts, func(d rule.Draft) bool { return d.ID == ref }) {
				return ref
			}
		}
	}
	if len(q.Drafts) == 1 {
		return q.Drafts[0].ID
	}
	return ""
}

func nameOf(q Question, ref string) string {
	for _, d := range q.Drafts {
		if d.ID == ref {
			return d.Name
		}
	}
	return ""
}

// Plan is what a suggestion would do with the basket: all of it or nothing.
type Plan struct {
	Create []order.Order // new drafts
	Update []order.Order // drafts as they would be; ID is that of the draft
	Delete []string      // Type/id of drafts
}

// maxActions bounds one suggestion.
const maxActions = 10

// Plan reads the suggestion at a place of the card. ok is false when it would do
// anything but make, change or take away drafts of orders of this patient: that is
// never done here, and is shown in words. Of a resource an order is read and nothing
// else; it is a draft, whatever the resource says. It asks nothing of the basket: a
// draft that is not there any more is the caller's to notice.
func (c OutsideCard) Plan(at int, patient string) (p Plan, ok bool) {
	if at < 0 || at >= len(c.Suggestions) || len(c.Suggestions[at].Actions) == 0 || len(c.Suggestions[at].Actions) > maxActions {
		return p, false
	}
	seen := map[string]bool{}
	for _, a := range c.Suggestions[at].Actions {
		if a.Type == "delete" {
			typ, _, _, rel := fhir.Relative(a.ResourceID)
			if !rel || typ != "MedicationRequest" && typ != "ServiceRequest" || seen[a.ResourceID] {
				return p, false
			}
			seen[a.ResourceID] = true
			p.Delete = append(p.Delete, a.ResourceID)
			continue
		}
		d, err := fhir.Parse(a.Resource)
		if err != nil {
			return p, false
		}
		n := d.Root()
		typ := n.ResourceType()
		if typ != "MedicationRequest" && typ != "ServiceRequest" {
			return p, false
		}
		if ref := n.Path("subject", "reference"); ref.Exists() && !ref.Is("Patient/"+patient) || n.Get("doNotPerform").True() {
			return p, false
		}
		o := order.Read(n)
		if strings.TrimSpace(o.Name) == "" || !o.Kind.Known() || o.Kind.Type() != typ {
			return p, false
		}
		o.Name = cut(o.Name, order.MaxName)
		o = order.Order{Kind: o.Kind, Name: o.Name, Codes: o.Codes, Sig: o.Sig, Strength: o.Strength, Modality: o.Modality, Region: o.Region, Side: o.Side, Contrast: o.Contrast,
			Specimen: cut(o.Specimen, 100), Specialty: cut(o.Specialty, 100), Reason: cut(o.Reason, order.MaxReason), Note: cut(o.Note, order.MaxNote), Status: "draft", Priority: priority(o.Priority), Patient: patient}
		switch ref := typ + "/" + n.ID(); {
		case a.Type == "update" && (!fhir.IsID(n.ID()) || seen[ref]):
			return p, false
		case a.Type == "update":
			seen[ref] = true
			o.ID = n.ID()
			p.Update = append(p.Update, o)
		default:
			p.Create = append(p.Create, o)
		}
	}
	return p, true
}

func priority(p string) string {
	if p == "urgent" || p == "asap" || p == "stat" {
		return p
	}
	return "routine"
}

// resourceOf is a rule's draft as FHIR: what the draft says and no more.
func resourceOf(d rule.Draft, patient string, now time.Time) ([]byte, bool) {
	typ, id, _, ok := fhir.Relative(d.ID)
	o := order.Order{Kind: order.Kind(d.Kind), Name: d.Name, Priority: "routine"}
	if !ok || typ != o.Kind.Type() {
		return nil, false
	}
	o.ID, o.Patient, o.Status, o.AuthoredOn = id, patient, "draft", now
	o.Codes, o.Modality, o.Region, o.Side, o.Contrast, o.Reason = d.Codes, d.Modality, d.Region, d.Laterality, d.Contrast, d.Reason
	if d.Sig != "" {
		o.Sig = order.ParseSig(d.Sig).Sig
	}
	body, err := o.Resource()
	return body, err == nil
}

// words is Markdown as plain words: pages show it as text, so that what is left
// of the markup does nothing.
func words(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			if i+1 < len(s) && strings.IndexByte("\\`*_{}[]<>()#+-.!|~&@:", s[i+1]) >= 0 {
				i++
				b.WriteByte(s[i])
				continue
			}
			b.WriteByte(c)
		case '*', '`', '#':
		default:
			b.WriteByte(c)
		}
	}
	return cut(b.String(), maxWords)
}
