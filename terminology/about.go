package terminology

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"
	"time"
)

//go:embed SOURCE.json
var sources []byte

// Source is one code system's part that is loaded.
type Source struct {
	Name      string `json:"name"`
	System    string `json:"system"`
	Version   string `json:"version"`
	Date      string `json:"date"` // of the content, ISO
	Publisher string `json:"publisher"`
	Licence   string `json:"licence"`
	Notice    string `json:"notice,omitempty"` // to be shown where the codes are
	Lacks     string `json:"lacks,omitempty"`  // what of the system is not here
	Count     int    `json:"count"`            // codes
}

// Age is how many whole years old the content is at an instant.
func (s Source) Age(now time.Time) int {
	d, err := time.Parse(time.DateOnly, s.Date)
	if err != nil || now.Before(d) {
		return 0
	}
	return int(now.Sub(d).Hours() / 24 / 365.25)
}

// About says what is loaded, how old it is and under which licence.
func About() []Source {
	return append([]Source(nil), about().Sources...)
}

// Archive is the name and the SHA-256 of what the tables were made from.
func Archive() (name, sha256 string) { return about().Archive, about().SHA256 }

type embedded struct {
	Archive string   `json:"archive"`
	SHA256  string   `json:"sha256"`
	Sources []Source `json:"sources"`
}

var about = sync.OnceValue(func() embedded {
	var e embedded
	if err := json.Unmarshal(sources, &e); err != nil {
		panic("terminology: SOURCE.json: " + err.Error()) // a broken build, not an input
	}
	return e
})

// Absent are the systems that clinicians may expect and that are not loaded,
// each with the reason.
func Absent() []Source {
	return []Source{
		{Name: "CPT", System: "http://www.ama-assn.org/go/cpt", Publisher: "American Medical Association", Lacks: "all: it takes the AMA's licence"},
		{Name: "SNOMED CT, complete", System: SNOMED, Publisher: "SNOMED International", Lacks: "what is not in the Global Patient Set: it takes an affiliate licence"},
		{Name: "RxNorm, complete", System: RxNorm, Publisher: "U.S. National Library of Medicine", Lacks: "its full release takes a free UMLS licence"},
		{Name: "LOINC, complete", System: LOINC, Publisher: "Regenstrief Institute", Lacks: "its full release takes a free registration"},
		{Name: "NDC", System: "http://hl7.org/fhir/sid/ndc", Publisher: "U.S. Food and Drug Administration", Lacks: "all"},
	}
}

// VISDocument is the current edition of a vaccine information statement (42 U.S.C. 300aa-26).
type VISDocument struct {
	Name    string
	Edition string // ISO date
	ID      string // the CDC's fully encoded string
}

// VIS are the current information statements of a vaccine by its CVX code.
func VIS(cvx string) []VISDocument {
	var out []VISDocument
	for l := range strings.Lines(visText()) {
		cols := strings.Split(strings.TrimRight(l, "\n"), "\t")
		if len(cols) == 4 && cols[0] == cvx {
			out = append(out, VISDocument{cols[1], cols[2], cols[3]})
		}
	}
	return out
}

var visText = sync.OnceValue(func() string {
	text, err := unpack("vis")
	if err != nil {
		panic("terminology: embedded table vis: " + err.Error())
	}
	return text
})
