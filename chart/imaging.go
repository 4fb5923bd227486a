package chart

import (
	"cmp"
	"slices"
	"strings"
)

// Study is one imaging study, with the reading of it.
type Study struct {
	Description string
	Region      string
	Modality    string   // the first: "CT"
	Modalities  []string // of all series
	Status      string
	Accession   string
	UID         string // DICOM Study Instance UID, "" when not said
	Reason      string
	Impression  string // of the report; "" when it is not read or its report not in the record
	Series      int
	Images      int // 0: no images in the record, a report alone
	When        When
	Report      *Document
	Prov
	Also []Prov

	reported *fact
}

func (b *builder) imaging() {
	studies := map[*fact]*Study{}
	byAccession := map[string]*Study{}
	var order []*Study
	for _, f := range b.of("ImagingStudy") {
		f.used = true
		s := b.study(f)
		order = append(order, s)
		studies[f] = s
		for _, also := range f.also {
			studies[also] = s
		}
		if s.Accession != "" {
			byAccession[s.Accession] = s
		}
	}
	for _, f := range b.of("DiagnosticReport") {
		n := f.Node
		found := false
		take := func(s *Study) {
			if s != nil && (s.reported == nil || s.reported.status == "preliminary") {
				s.reported = f
			}
			found = found || s != nil
		}
		for r := range n.Get("imagingStudy").Items() {
			if to := b.refTo(f, r); to != nil {
				take(studies[lead(to)])
			}
		}
		if !found {
			for id := range n.Get("identifier").Items() {
				if v := id.Get("value").Str(); v != "" {
					take(byAccession[v])
				}
			}
		}
		if category := strings.ToUpper(b.code(n.Get("category"))); !found && imagingCategories[category] {
			s := &Study{Description: b.label(n.Get("code")), Status: f.status, Reason: "", Also: b.routes(f), reported: f}
			s.Modality = modalityOf(category)
			s.When, _, _ = b.choiceWhen(n, "effective")
			issued := b.when(n.Get("issued"))
			if !s.When.Known() {
				s.When = issued
			}
			s.Prov = b.prov(f, issued)
			order = append(order, s)
		}
	}
	for _, s := range order {
		if f := s.reported; f != nil {
			n := f.Node
			s.Impression = b.conclusion(n)
			issued := b.when(n.Get("issued"))
			d := Document{Title: cmp.Or(b.label(n.Get("code")), s.Description), Kind: "Radiology", Status: f.status, Summary: s.Impression, node: n,
				When: s.When, Draft: f.status == "preliminary", Prov: b.prov(f, issued)}
			d.Author = d.Prov.Author
			d.attach(n.Get("presentedForm"), "")
			s.Report = &d
		}
		b.c.Imaging = append(b.c.Imaging, *s)
	}
	slices.SortStableFunc(b.c.Imaging, func(x, y Study) int { return newer(x.When, y.When) })
}

// imagingCategories are HL7 v2-0074 diagnostic service sections that read images.
var imagingCategories = map[string]bool{"RAD": true, "IMG": true, "CT": true, "NMR": true, "RUS": true, "OUS": true, "VUS": true, "NMS": true, "RX": true, "XRC": true, "CUS": true, "IMAGING": true, "LP29684-5": true}

func modalityOf(section string) string {
	switch section {
	case "CT":
		return "CT"
	case "NMR":
		return "MR"
	case "RUS", "OUS", "VUS", "CUS":
		return "US"
	case "NMS":
		return "NM"
	case "RX":
		return "CR"
	}
	return ""
}

func (b *builder) study(f *fact) *Study {
	n := f.Node
	s := &Study{Description: b.str(n.Get("description")), Status: f.status, Reason: b.label(n.Get("reasonCode")), Also: b.routes(f)}
	add := func(m string) {
		if m != "" && !slices.Contains(s.Modalities, m) {
			s.Modalities = append(s.Modalities, m)
		}
	}
	for m := range n.Get("modality").Items() {
		add(b.str(m.Get("code")))
	}
	images := 0
	for one := range n.Get("series").Items() {
		s.Series++
		add(b.str(one.Get("modality").Get("code")))
		if s.Region == "" {
			s.Region = b.label(one.Get("bodySite"))
		}
		if c := int(number(one.Get("numberOfInstances").Text())); c > 0 && c < 1e6 {
			images += c
		} else {
			images += one.Get("instance").Len()
		}
	}
	s.Modality = strings.Join(s.Modalities[:min(1, len(s.Modalities))], "")
	s.Images = images
	if v := n.Get("numberOfInstances").Text(); v != "" {
		if c := number(v); c >= 0 && c < 1e6 {
			s.Images = int(c)
		}
	}
	if s.Description == "" {
		s.Description = b.label(n.Get("procedureCode"))
	}
	if s.Description == "" {
		s.Description = strings.TrimSpace(s.Modality + " " + s.Region)
	}
	for id := range n.Get("identifier").Items() {
		v := id.Get("value").Str()
		switch {
		case id.Get("system").Is("urn:dicom:uid"), strings.HasPrefix(v, "urn:oid:"):
			s.UID = strings.TrimPrefix(v, "urn:oid:")
		case b.code(id.Get("type")) == "ACSN":
			s.Accession = v
		}
	}
	s.When = b.when(n.Get("started"))
	s.Prov = b.prov(f, s.When)
	return s
}
