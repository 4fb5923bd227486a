package book

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/decision/internal/cases"
	"wholechart/decision/medicine"
	"wholechart/decision/ordering"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// CaseSystem has the tags of a record's sites: own, unreachable.
const CaseSystem = "https://wholechart.example/case"

// base is where the resources of a case would be, so that their references lead to
// one another inside the Bundle.
const base = CaseSystem + "/"

type entry struct {
	FullURL  string          `json:"fullUrl"`
	Resource json.RawMessage `json:"resource"`
}

type bundle struct {
	ResourceType string     `json:"resourceType"`
	Type         string     `json:"type"`
	Timestamp    *time.Time `json:"timestamp,omitempty"`
	Entry        []entry    `json:"entry"`
}

type tag struct {
	System string `json:"system"`
	Code   string `json:"code"`
}

type meta struct {
	Version string     `json:"versionId,omitempty"`
	Updated *time.Time `json:"lastUpdated,omitempty"`
	Source  string     `json:"source"`
	Tag     []tag      `json:"tag,omitempty"`
}

// source is the URI by which a site's facts name it.
func source(s chart.Source) string { return "https://" + s.Slug + ".example" }

// record is a case's record as a Bundle: its sites as Organizations, the Patient, and
// every other fact as it was told, with the site that has it in meta.source.
func record(c cases.Case) ([]byte, error) {
	b := bundle{ResourceType: "Bundle", Type: "collection", Timestamp: &cases.Now}
	var sites []chart.Source
	tags := map[string][]tag{}
	at := func(s chart.Source) {
		if _, ok := tags[s.Slug]; !ok {
			sites, tags[s.Slug] = append(sites, s), nil
			if s.Own {
				tags[s.Slug] = []tag{{CaseSystem, "own"}}
			}
		}
	}
	at(cases.Site(""))
	for _, f := range c.Facts {
		at(f.Source)
	}
	for _, name := range c.Away {
		s := cases.Site(name)
		at(s)
		tags[s.Slug] = append(tags[s.Slug], tag{CaseSystem, "unreachable"})
	}
	for _, s := range sites {
		type address struct {
			State string `json:"state"`
		}
		o := struct {
			ResourceType string    `json:"resourceType"`
			ID           string    `json:"id"`
			Meta         meta      `json:"meta"`
			Name         string    `json:"name"`
			Address      []address `json:"address,omitempty"`
		}{"Organization", s.Slug, meta{Source: source(s), Tag: tags[s.Slug]}, s.Name, nil}
		if s.State != "" {
			o.Address = []address{{s.State}}
		}
		text, err := json.Marshal(o)
		if err != nil {
			return nil, err
		}
		b.Entry = append(b.Entry, entry{base + "Organization/" + s.Slug, text})
	}
	for _, patient := range []bool{true, false} {
		for _, f := range c.Facts {
			if (f.Node.ResourceType() == "Patient") != patient {
				continue
			}
			text, err := stamped(f)
			if err != nil {
				return nil, err
			}
			b.Entry = append(b.Entry, entry{base + f.Node.ResourceType() + "/" + f.Node.ID(), text})
		}
	}
	return json.Marshal(b)
}

// stamped is a fact's resource with its meta.
func stamped(f chart.Fact) ([]byte, error) {
	head := fmt.Sprintf(`{"resourceType":"%s","id":"%s"`, f.Node.ResourceType(), f.Node.ID())
	rest, ok := strings.CutPrefix(string(f.Node.Raw()), head)
	if !ok || f.Node.Get("meta").Exists() {
		return nil, fmt.Errorf("a fact that does not begin with its type and id, or has a meta")
	}
	m, err := json.Marshal(meta{Version: f.Version, Updated: &f.Updated, Source: source(f.Source)})
	return []byte(head + `,"meta":` + string(m) + rest), err
}

// orders are drafts as the Bundle that CDS Hooks calls draftOrders. A draft that FHIR
// would not say alike is an error.
func orders(drafts []rule.Draft) ([]byte, error) {
	b := bundle{ResourceType: "Bundle", Type: "collection"}
	for _, d := range drafts {
		o, err := orderOf(d)
		if err != nil {
			return nil, err
		}
		text, err := o.Resource()
		if err != nil {
			return nil, err
		}
		doc, err := fhir.Parse(text)
		if err != nil {
			return nil, err
		}
		read := order.Read(doc.Root())
		if got := ordering.Draft(read, d.ID); !alike(d, got, read.Sig.Note) {
			return nil, fmt.Errorf("an order that FHIR says otherwise: %+v, not %+v", got, d)
		}
		b.Entry = append(b.Entry, entry{base + ordering.Ref(o), headed(doc.Root())})
	}
	return json.Marshal(b)
}

// headed is a resource with what it is before what it says.
func headed(n fhir.Node) []byte {
	var first, rest []string
	for name, v := range n.Fields() {
		member := fmt.Sprintf("%q:%s", name, v.Raw())
		switch name {
		case "resourceType":
			first = append([]string{member}, first...)
		case "id", "status", "intent":
			first = append(first, member)
		default:
			rest = append(rest, member)
		}
	}
	return []byte("{" + strings.Join(append(first, rest...), ",") + "}")
}

// orderOf is the order that is drafted, as a chart would write it.
func orderOf(d rule.Draft) (order.Order, error) {
	o := order.Order{ID: d.ID, Kind: order.Kind(d.Kind), Name: d.Name, Codes: d.Codes, Reason: d.Reason, Modality: d.Modality, Region: d.Region, Side: d.Laterality,
		Contrast: d.Contrast, Status: "draft", Patient: "p"}
	if o.Kind != order.Medicine {
		return o, nil
	}
	o.Sig = order.Sig{Said: d.Sig, Dose: d.Amount, Unit: d.Unit, Route: d.Route, Days: float64(d.Days)}
	if d.Unit == "ug" {
		o.Sig.Unit = "mcg"
	}
	if d.Route == "injected" { // FHIR has no word for every way by a needle
		o.Sig.Route = "intramuscular"
	}
	if d.PerDay > 0 {
		for days := 1; days <= 60 && o.Sig.Times == 0; days++ {
			if n := d.PerDay * float64(days); math.Abs(n-math.Round(n)) < 1e-9 {
				o.Sig.Times, o.Sig.Every, o.Sig.Per = int(math.Round(n)), float64(days), "d"
			}
		}
		if o.Sig.Times == 0 {
			return o, fmt.Errorf("%v doses a day cannot be told", d.PerDay)
		}
	}
	return o, nil
}

// alike says whether a draft that was read back from FHIR says all that the first one
// did. It may say more: directions in words, when there were parts, and parts of words.
// Directions that say nothing but a note ("as directed") are read as a note.
func alike(d, got rule.Draft, note string) bool {
	same := d.ID == got.ID && d.Kind == got.Kind && d.Name == got.Name && d.Reason == got.Reason && d.Modality == got.Modality && d.Region == got.Region &&
		d.Laterality == got.Laterality && d.Contrast == got.Contrast && len(d.Codes) == len(got.Codes)
	for i := range d.Codes {
		same = same && d.Codes[i].System == got.Codes[i].System && d.Codes[i].Code == got.Codes[i].Code
	}
	if d.Route != "" {
		same = same && medicine.Way(d.Route) == medicine.Way(got.Route)
	}
	if d.Sig != "" {
		same = same && (strings.EqualFold(d.Sig, got.Sig) || strings.EqualFold(d.Sig, note))
	}
	if d.Amount > 0 {
		same = same && d.Amount == got.Amount && d.Unit == got.Unit && math.Abs(d.PerDay-got.PerDay) < 1e-9
	}
	return same && (d.Days == 0 || d.Days == got.Days)
}
