// Command gen reads the code tables of ../shared/data/codes.tar.zst and writes
// the embedded tables of package terminology and the SOURCE file beside them.
//
//	go run ./internal/gen -archive ../../shared/data/codes.tar.zst
package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// common is what is meant most often, and what people call it.
//
//go:embed common.tsv
var common string

func main() {
	log.SetFlags(0)
	archive := flag.String("archive", "", "codes.tar.zst")
	out := flag.String("out", ".", "folder to write to")
	flag.Parse()
	if err := run(*archive, *out); err != nil {
		log.Fatal(err)
	}
}

func run(archive, out string) error {
	files, sum, err := unpack(archive)
	if err != nil {
		return err
	}
	b := &builder{rows: map[string][]*row{}, at: map[string]*row{}}
	for _, step := range [...]func(map[string][]byte) error{b.icd, b.snomed, b.rxnorm, b.loinc, b.vaccines} {
		if err := step(files); err != nil {
			return err
		}
	}
	if err := b.common(common); err != nil {
		return err
	}
	counts, seen := map[string]int{}, map[string]bool{}
	if err := os.MkdirAll(filepath.Join(out, "tables"), 0o755); err != nil {
		return err
	}
	for kind, rows := range b.rows {
		text, err := lines(rows)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		if err := pack(filepath.Join(out, "tables", kind+".zst"), text); err != nil {
			return err
		}
		for _, r := range rows {
			if !seen[r.sys+r.code] {
				seen[r.sys+r.code] = true
				counts[r.sys]++
			}
		}
	}
	if err := pack(filepath.Join(out, "tables", "vis.zst"), []byte(strings.Join(b.vis, ""))); err != nil {
		return err
	}
	return writeSource(out, sum, counts)
}

// row is one line of a table: system, code, rank (1 the commonest, 0 not
// common), display, other words, note.
type row struct {
	sys, code, display, note string
	aliases                  []string
	rank                     int
}

func lines(rows []*row) ([]byte, error) {
	slices.SortStableFunc(rows, func(x, y *row) int {
		return cmp.Or(cmp.Compare(x.sys, y.sys), cmp.Compare(len(x.code), len(y.code)), cmp.Compare(x.code, y.code), cmp.Compare(x.note, y.note))
	})
	var out bytes.Buffer
	for _, r := range rows {
		rank := ""
		if r.rank > 0 {
			rank = fmt.Sprint(r.rank)
		}
		line := strings.Join([]string{r.sys, r.code, rank, r.display, strings.Join(r.aliases, "|"), r.note}, "\t")
		if strings.Count(line, "\t") != 5 || strings.ContainsAny(line, "\n\r") {
			return nil, fmt.Errorf("code %s: a name with a tab or a line break", r.code)
		}
		out.WriteString(strings.TrimRight(line, "\t") + "\n")
	}
	return out.Bytes(), nil
}

func pack(name string, text []byte) error {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	return os.WriteFile(name, e.EncodeAll(text, nil), 0o644)
}

// source is one entry of SOURCE.json, which About shows.
type source struct {
	Name      string `json:"name"`
	System    string `json:"system"`
	Version   string `json:"version"`
	Date      string `json:"date"`
	Publisher string `json:"publisher"`
	Licence   string `json:"licence"`
	Notice    string `json:"notice,omitempty"`
	Lacks     string `json:"lacks,omitempty"`
	Count     int    `json:"count"`
}

func writeSource(out, sum string, n map[string]int) error {
	list := []source{
		{"ICD-10-CM", "http://hl7.org/fhir/sid/icd-10-cm", "FY2021 with later codes", "2021-01-01", "NCHS and CMS", "public domain in the United States", "",
			"codes that were added after fiscal year 2021 and are in no public quality measure; includes and excludes notes", n["i"]},
		{"SNOMED CT Global Patient Set", "http://snomed.info/sct", "July 2020 International Edition, published September 2020", "2020-07-31", "SNOMED International", "CC BY 4.0",
			"The Global Patient Set (GPS) is made available by SNOMED International under the Creative Commons Attribution 4.0 International Licence (https://creativecommons.org/licenses/by/4.0/). SNOMED and SNOMED CT are registered trademarks of SNOMED International. Semantic tags were taken off the names; other words were added beside them.",
			"the hierarchy, synonyms and all of SNOMED CT that is not in the set: that takes an affiliate licence", n["s"]},
		{"RxNorm", "http://www.nlm.nih.gov/research/umls/rxnorm", "names in public eCQM value sets", "2025-01-01", "U.S. National Library of Medicine", "names of RxNorm are public domain in the United States",
			"This product uses publicly available data courtesy of the U.S. National Library of Medicine (NLM), National Institutes of Health, Department of Health and Human Services; NLM is not responsible for the product and does not endorse or recommend this or any other product.",
			"medicines that are in no public quality measure; the relations between names", n["r"]},
		{"LOINC", "http://loinc.org", "codes in public eCQM value sets", "2025-01-01", "Regenstrief Institute, Inc.", "LOINC licence, https://loinc.org/license/",
			"This material contains content from LOINC (http://loinc.org). LOINC is copyright © Regenstrief Institute, Inc. and the Logical Observation Identifiers Names and Codes (LOINC) Committee and is available at no cost under the license at http://loinc.org/license. LOINC® is a registered United States trademark of Regenstrief Institute, Inc.",
			"most of LOINC: load your own copy", n["l"]},
		{"CVX", "http://hl7.org/fhir/sid/cvx", "December 2025", "2025-12-09", "Centers for Disease Control and Prevention", "public domain in the United States", "", "", n["c"]},
		{"MVX", "http://terminology.hl7.org/CodeSystem/MVX", "December 2025", "2025-12-09", "Centers for Disease Control and Prevention", "public domain in the United States", "", "", n["m"]},
	}
	text, err := json.MarshalIndent(struct {
		Archive string   `json:"archive"`
		SHA256  string   `json:"sha256"`
		Sources []source `json:"sources"`
	}{"codes.tar.zst", sum, list}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "SOURCE.json"), append(text, '\n'), 0o644)
}

func digest(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }
