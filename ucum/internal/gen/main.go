// Command gen turns the published UCUM essence (XML) into the compact table
// that package ucum embeds, and notes the source beside it. It writes
// atoms.tsv and SOURCE into the current directory; same input, same bytes.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
)

type essence struct {
	Version      string `xml:"version,attr"`
	RevisionDate string `xml:"revision-date,attr"`
	Prefixes     []struct {
		Code  string `xml:"Code,attr"`
		Value struct {
			Value string `xml:"value,attr"`
		} `xml:"value"`
	} `xml:"prefix"`
	BaseUnits []struct {
		Code string `xml:"Code,attr"`
	} `xml:"base-unit"`
	Units []unit `xml:"unit"`
}

type unit struct {
	Code        string `xml:"Code,attr"`
	IsMetric    string `xml:"isMetric,attr"`
	IsSpecial   string `xml:"isSpecial,attr"`
	IsArbitrary string `xml:"isArbitrary,attr"`
	Value       struct {
		Unit     string `xml:"Unit,attr"`
		Value    string `xml:"value,attr"`
		Function *struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
			Unit  string `xml:"Unit,attr"`
		} `xml:"function"`
	} `xml:"value"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("ucum/internal/gen: ")
	path := flag.String("essence", "", "path of ucum-essence.xml")
	flag.Parse()
	source, err := os.ReadFile(*path)
	if err != nil {
		log.Fatal(err)
	}
	table, note, err := generate(source)
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range map[string][]byte{"atoms.tsv": table, "SOURCE": note} {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// generate returns the table and the SOURCE note. A line of the table is one of
//
//	P code value                        prefix
//	B code                              base unit
//	U code metric value unit            unit: value × unit
//	A code metric value unit            arbitrary unit (UCUM 2.2 §24)
//	S code metric value unit function   special unit (§22): function(value × unit)
//
// with tab-separated fields; metric is "m" or "-".
func generate(source []byte) (table, note []byte, err error) {
	var e essence
	decoder := xml.NewDecoder(bytes.NewReader(source))
	decoder.CharsetReader = asciiOnly
	if err := decoder.Decode(&e); err != nil {
		return nil, nil, fmt.Errorf("essence: %w", err)
	}
	if e.Version == "" || len(e.Prefixes) == 0 || len(e.BaseUnits) == 0 || len(e.Units) == 0 {
		return nil, nil, fmt.Errorf("essence: version, prefixes, base units or units missing")
	}
	var out bytes.Buffer
	for _, p := range e.Prefixes {
		line(&out, "P", p.Code, p.Value.Value)
	}
	for _, b := range e.BaseUnits {
		line(&out, "B", b.Code)
	}
	for _, u := range e.Units {
		metric := "-"
		if u.IsMetric == "yes" {
			metric = "m"
		}
		switch f := u.Value.Function; {
		case f != nil:
			line(&out, "S", u.Code, metric, f.Value, f.Unit, f.Name)
		case u.IsSpecial == "yes":
			return nil, nil, fmt.Errorf("special unit %s has no function", u.Code)
		case u.IsArbitrary == "yes":
			line(&out, "A", u.Code, metric, u.Value.Value, u.Value.Unit)
		default:
			line(&out, "U", u.Code, metric, u.Value.Value, u.Value.Unit)
		}
	}
	return out.Bytes(), sourceNote(e, source), nil
}

func line(out *bytes.Buffer, fields ...string) {
	out.WriteString(strings.Join(fields, "\t"))
	out.WriteByte('\n')
}

func sourceNote(e essence, source []byte) []byte {
	return fmt.Appendf(nil, `name     UCUM essence (ucum-essence.xml): prefixes, base units, units; only codes, factors and function names are kept
version  %s (%s)
from     https://ucum.org, repository ucum-org/ucum
licence  UCUM Copyright Notice and License, https://ucum.org/license; UCUM is © Regenstrief Institute, Inc.
sha256   %x
made by  go generate ./ucum (ucum/internal/gen)
`, e.Version, e.RevisionDate, sha256.Sum256(source))
}

// asciiOnly admits the essence's declared encoding; its other characters are
// written as XML character references.
func asciiOnly(charset string, input io.Reader) (io.Reader, error) {
	if !strings.EqualFold(charset, "ascii") {
		return nil, fmt.Errorf("encoding %q", charset)
	}
	return input, nil
}
