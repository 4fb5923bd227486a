package imaging

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"
	"sync"

	"wholechart/chart"
	"wholechart/decision/internal/fact"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// Exam is what an imaging order or study is, as its words say.
type Exam struct {
	Modality string   // CT, MR, XR, US, MG, DXA, NM, PT, XA, RF; "" not understood
	Regions  []string // keys of the table of regions, sorted
	Side     string   // left, right, bilateral; "" not said
	Contrast string   // none, iodinated, gadolinium, other; "" not said
	Focus    string   // angiography, screening, calcium, colonography, stones, stress, diagnostic, guidance (of a needle), ct (of a PET); ""
	Arterial bool     // contrast goes into an artery
}

// Known says whether modality and region were understood. A PET needs no region.
func (e Exam) Known() bool {
	return e.Modality != "" && (len(e.Regions) > 0 || e.Modality == "PT")
}

// Ionizing says whether the modality uses ionising radiation.
func (e Exam) Ionizing() bool { return e.Modality != "" && e.Modality != "MR" && e.Modality != "US" }

// Given says whether contrast is given.
func (e Exam) Given() bool {
	return e.Contrast == "iodinated" || e.Contrast == "gadolinium" || e.Contrast == "other"
}

// Region is the regions in words: "abdomen and pelvis".
func (e Exam) Region() string { return strings.Join(e.Regions, " and ") }

// modalityWords are read in this order; the first that stands in a name counts.
var modalityWords = []struct {
	modality string
	phrases  []string
}{
	{"PT", []string{"pet", "positron*"}},
	{"MG", []string{"mammogra*", "mammo", "tomosynthesis", "mg breast"}},
	{"DXA", []string{"dxa", "dexa", "bone density", "densitometry", "bmd"}},
	{"MR", []string{"mri", "mr", "mra", "mrv", "mrcp", "magnetic resonance", "nmr"}},
	{"US", []string{"ultrasound", "ultrason*", "us", "sonogra*", "sono", "echocardiogra*", "echo", "duplex", "doppler", "tte", "tee"}},
	{"NM", []string{"nm", "nuclear", "scintigra*", "bone scan", "spect", "sestamibi", "perfusion scan", "v q", "muga", "hida", "ventilation perfusion", "mpi"}},
	{"CT", []string{"ct", "cta", "ctpa", "ccta", "ldct", "cat scan", "computed tomogra*", "computerized tomogra*", "computerised tomogra*"}},
	{"XA", []string{"cardiac catheteri*", "catheter angiogra*", "coronary angiogra*", "xa", "left heart cath*", "angioplasty"}},
	{"RF", []string{"fluoroscop*", "barium", "upper gi", "rf", "swallow"}},
	{"XA", []string{"arteriogra*", "angiogra*"}},
	{"XR", []string{"x ray", "xray", "xr", "radiogra*", "cxr", "kub", "plain film", "film", "skeletal survey", "plain x rays"}},
}

// dicom are modalities of DICOM (CID 29) by ours.
var dicom = map[string]string{"CT": "CT", "MR": "MR", "DX": "XR", "CR": "XR", "RG": "XR", "XR": "XR", "US": "US", "IVUS": "US", "MG": "MG", "BMD": "DXA", "DXA": "DXA", "NM": "NM", "PT": "PT", "XA": "XA", "RF": "RF", "OT": ""}

//go:embed table/regions.txt
var regionsText string

type phrase struct {
	words []string
	key   string
}

type regionTable struct {
	within  map[string]string
	byFirst map[string][]phrase // by the first word, longest phrases first
	open    []phrase            // of one word that ends with *
}

var regions = sync.OnceValue(func() *regionTable {
	t := &regionTable{within: map[string]string{}, byFirst: map[string][]phrase{}}
	for _, f := range fact.Rows(regionsText, 3) {
		t.within[f[0]] = f[1]
		for _, p := range fact.List(f[2]) {
			words := strings.Fields(p)
			if w, ok := strings.CutSuffix(words[0], "*"); ok {
				t.open = append(t.open, phrase{[]string{w}, f[0]})
				continue
			}
			t.byFirst[words[0]] = append(t.byFirst[words[0]], phrase{words, f[0]})
		}
	}
	for _, list := range t.byFirst {
		slices.SortStableFunc(list, func(a, b phrase) int { return cmp.Compare(len(b.words), len(a.words)) })
	}
	return t
})

// find are the regions of a name, each word read once.
func (t *regionTable) find(words []string) []string {
	var out []string
	for i := 0; i < len(words); {
		n, key := 1, ""
		for _, p := range t.byFirst[words[i]] {
			if i+len(p.words) <= len(words) && slices.Equal(words[i:i+len(p.words)], p.words) {
				n, key = len(p.words), p.key
				break
			}
		}
		if key == "" {
			for _, p := range t.open {
				if strings.HasPrefix(words[i], p.words[0]) {
					key = p.key
				}
			}
		}
		if key != "" {
			out = append(out, key)
		}
		i += n
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Read reads an examination's name, and the displays of its codes where the name
// says too little. It never fails: what is not understood is empty.
func Read(name string, codes []fhir.Coding) Exam {
	e := read(name)
	for i := 0; i < len(codes) && i < 8; i++ {
		if e.Known() && e.Contrast != "" {
			break
		}
		if codes[i].Display == "" || codes[i].Display == name {
			continue
		}
		if d := read(codes[i].Display); d.Modality == e.Modality || e.Modality == "" || d.Modality == "" {
			if !e.Known() {
				e.Modality, e.Focus = cmp.Or(e.Modality, d.Modality), cmp.Or(e.Focus, d.Focus)
				if len(e.Regions) == 0 {
					e.Regions = d.Regions
				}
			}
			e.Side, e.Contrast, e.Arterial = cmp.Or(e.Side, d.Side), cmp.Or(e.Contrast, d.Contrast), e.Arterial || d.Arterial
		}
	}
	return e
}

func read(name string) Exam {
	words := fact.Words(name)
	var e Exam
	for _, m := range modalityWords {
		if fact.Any(words, m.phrases...) {
			e.Modality = m.modality
			break
		}
	}
	e.Regions = regions().find(words)
	has := func(phrases ...string) bool { return fact.Any(words, phrases...) }
	left, right := has("left", "lt"), has("right", "rt") && !has("right upper quadrant")
	switch {
	case left && right, has("bilateral", "both"):
		e.Side = "bilateral"
	case left:
		e.Side = "left"
	case right:
		e.Side = "right"
	}
	switch {
	case has("guidance", "guided", "biopsy", "drainage", "aspiration", "ablation", "fluoroscopic injection"):
		e.Focus = "guidance"
	case e.Modality == "PT":
		if has("ct", "pet ct") {
			e.Focus = "ct"
		}
		if len(e.Regions) == 0 {
			e.Regions = []string{"whole body"}
		}
	case has("calcium", "agatston"):
		e.Focus, e.Contrast = "calcium", "none"
		e.Regions = []string{"heart"}
	case has("angio*", "arteriogra*", "cta", "ctpa", "ccta", "mra", "mrv", "pulmonary embol*", "embolus", "embolism", "pe protocol") || has("pe") && e.Modality == "CT" || e.Modality == "CT" && has("coronary"):
		if e.Modality == "CT" || e.Modality == "MR" {
			e.Focus = "angiography"
		}
		if has("ctpa") || has("pulmonary embol*", "pe") {
			e.Regions = with(e.Regions, "chest")
		}
	case e.Modality == "MG" && has("screen*"), has("low dose", "ldct", "lung cancer screen*", "lung screen*"):
		e.Focus = "screening"
		if e.Modality != "MG" {
			e.Modality = cmp.Or(e.Modality, "CT")
			e.Regions, e.Contrast = with(e.Regions, "chest"), "none"
		}
	case has("colonography", "virtual colonoscopy"):
		e.Focus = "colonography"
	case e.Modality == "CT" && (has("urinary tract") || has("stone") || has("stones") || has("kub")):
		e.Focus = "stones"
		if len(e.Regions) == 0 || slices.Contains(e.Regions, "kidneys") {
			e.Regions = []string{"urinary tract"}
		}
	case has("diagnostic") && e.Modality == "MG":
		e.Focus = "diagnostic"
	case has("stress"):
		e.Focus = "stress"
		if e.Modality == "NM" {
			e.Regions = with(e.Regions, "heart")
		}
	}
	switch e.Modality {
	case "MG":
		e.Regions = []string{"breast"}
	case "DXA":
		e.Regions = []string{"bone density"}
	case "XR":
		if has("kub") {
			e.Regions = with(e.Regions, "abdomen")
		}
	case "US":
		if has("carotid", "carotids") { // "duplex carotid arteries of the neck"
			e.Regions = []string{"carotid arteries"}
		}
		if slices.Contains(e.Regions, "kidneys") && slices.Contains(e.Regions, "pelvis") { // "kidneys and bladder"
			e.Regions = []string{"kidneys"}
		}
	case "NM":
		if has("bone scan", "bone") {
			e.Regions = []string{"skeleton"}
		}
	case "XA":
		e.Arterial = true
		e.Contrast = "iodinated"
	}
	if e.Modality == "" && slices.Contains(e.Regions, "heart") && has("angiogra*") {
		e.Modality = "XA"
	}
	e.Arterial = e.Arterial || has("intra arterial", "intraarterial")
	e.contrast(words)
	return e
}

func with(regions []string, key string) []string {
	if slices.Contains(regions, key) {
		return regions
	}
	out := append(slices.Clone(regions), key)
	slices.Sort(out)
	return out
}

// contrast reads "W contrast IV", "WO and W contrast", "without contrast",
// "contrast-enhanced", and agents by name.
func (e *Exam) contrast(words []string) {
	kind := map[string]string{"CT": "iodinated", "XA": "iodinated", "RF": "iodinated", "XR": "iodinated", "MR": "gadolinium"}[e.Modality]
	if kind == "" {
		kind = "other"
	}
	with, without, named := false, false, false
	for i, w := range words {
		agent := ""
		switch {
		case strings.HasPrefix(w, "gado") || agents[w] == "gadolinium":
			agent = "gadolinium"
		case w == "iodinated" || agents[w] == "iodinated":
			agent = "iodinated"
		case w == "unenhanced" || w == "noncontrast" || w == "noncon":
			without = true
			continue
		case w != "contrast" && w != "contrasted":
			continue
		}
		said := false
		for _, before := range words[max(0, i-5):i] {
			switch before {
			case "with", "w", "plus", "post":
				with, said = true, true
			case "without", "wo", "no", "non":
				without, said = true, true
			}
		}
		if !said {
			with = true
		}
		if agent != "" {
			kind, named = agent, true
		}
	}
	switch {
	case with:
		e.Contrast = kind
	case without:
		e.Contrast = "none"
	case e.Contrast == "" && e.Modality == "CT" && e.Focus == "angiography":
		e.Contrast = "iodinated"
	}
	if named && with && e.Contrast == "none" {
		e.Contrast = kind
	}
}

// OfDraft is what a drafted order asks for: its own fields where they say it,
// else its words.
func OfDraft(d rule.Draft) Exam {
	name := d.Name
	e := Read(name, d.Codes)
	if m, ok := dicom[strings.ToUpper(d.Modality)]; ok && m != "" && m != e.Modality && !(e.Modality == "PT" && m == "CT") {
		again := read(m + " " + d.Region + " " + name)
		again.Modality = m
		if len(e.Regions) > 0 && len(again.Regions) == 0 {
			again.Regions = e.Regions
		}
		e = again
	}
	if len(e.Regions) == 0 && d.Region != "" {
		e.Regions = read(d.Modality + " " + d.Region).Regions
	}
	e.Side = cmp.Or(strings.ToLower(d.Laterality), e.Side)
	switch c := strings.ToLower(d.Contrast); c {
	case "none", "iodinated", "gadolinium":
		e.Contrast = c
	}
	return e
}

// OfStudy is what a study of the record was.
func OfStudy(s chart.Study) Exam {
	e := Read(s.Description, nil)
	for _, m := range append([]string{s.Modality}, s.Modalities...) {
		if ours := dicom[strings.ToUpper(m)]; ours != "" {
			if e.Modality == "" {
				e = read(ours + " " + s.Description)
				e.Modality = ours
			}
			if ours == "PT" {
				e.Modality = "PT"
			}
		}
	}
	if len(e.Regions) == 0 && s.Region != "" {
		e.Regions = read(e.Modality + " " + s.Region).Regions
	}
	if s.Report != nil && e.Modality == "" && len(s.Report.Title) > 0 {
		e = Read(s.Report.Title, nil)
	}
	return e
}

// Studies are the imaging studies of a record, and after them the procedures that
// were examinations, as studies without images: many sites record no more.
func Studies(c *chart.Chart) []chart.Study {
	out := slices.Clip(c.Imaging)
	for _, p := range c.Procedures {
		if p.NotDone || p.Status != "completed" && p.Status != "" || !p.When.Known() {
			continue
		}
		if e := Read(p.Name, p.Codes); e.Known() && e.Focus != "guidance" {
			out = append(out, chart.Study{Description: p.Name, Status: p.Status, Impression: p.Outcome, When: p.When, Prov: p.Prov})
		}
	}
	return out
}

// covers says whether a region, or one that it lies within, is among those.
func covers(have []string, key string) bool {
	if strings.HasSuffix(key, " spine") && slices.Contains(have, "spine") {
		return true
	}
	for range 4 {
		if key == "" {
			return false
		}
		if slices.Contains(have, key) {
			return true
		}
		if key == "urinary tract" && slices.Contains(have, "abdomen") && slices.Contains(have, "pelvis") {
			return true
		}
		key = regions().within[key]
	}
	return false
}

// Covers says which regions of an order an earlier study shows, and which not.
// It compares regions and side alone.
func (e Exam) Covers(order Exam) (shown, missing []string) {
	if order.Side != "" && e.Side != "" && e.Side != order.Side && e.Side != "bilateral" {
		return nil, order.Regions
	}
	for _, r := range order.Regions {
		if covers(e.Regions, r) {
			shown = append(shown, r)
		} else {
			missing = append(missing, r)
		}
	}
	return shown, missing
}
