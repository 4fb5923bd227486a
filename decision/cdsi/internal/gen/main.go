// Command gen reads the CDC's CDSi supporting data (XML) and writes the
// embedded table of package cdsi and the SOURCE file beside it.
//
//	go run ./internal/gen -dir ../../../shared/suites/cdsi/supporting-data -version 4.64-508
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"wholechart/decision/cdsi/internal/table"
)

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", "", "folder of the supporting data's XML")
	version := flag.String("version", "", "version of the supporting data")
	out := flag.String("out", ".", "folder to write to")
	flag.Parse()
	if err := run(*dir, *version, *out); err != nil {
		log.Fatal(err)
	}
}

func run(dir, version, out string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil || len(files) == 0 || version == "" {
		return fmt.Errorf("want -version and -dir with the supporting data's XML: %d files, %v", len(files), err)
	}
	slices.Sort(files)
	b := builder{seen: map[string]int{}}
	b.t = table.Table{Name: "CDC Clinical Decision Support for Immunization (CDSi) supporting data", Version: version,
		Licence: "US public domain (work of the United States government)"}
	sum := sha256.New()
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		if _, err := io.Copy(sum, bytes.NewReader(data)); err != nil {
			return err
		}
		if strings.HasPrefix(filepath.Base(f), "Schedule") {
			err = b.schedule(data)
		} else {
			err = b.antigen(data)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(f), err)
		}
	}
	b.t.SHA256 = fmt.Sprintf("%x", sum.Sum(nil))
	slices.SortFunc(b.t.Antigens, func(x, y table.Antigen) int { return strings.Compare(x.Name, y.Name) })
	text, err := json.MarshalIndent(b.t, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "table.json"), append(lines(text), '\n'), 0o644); err != nil {
		return err
	}
	source := fmt.Sprintf("name: %s\nversion: %s\npublisher: Centers for Disease Control and Prevention, https://www.cdc.gov/iis/cdsi/\nlicence: %s\nsha256: %s (of the %d XML files, one after another in the order of their names)\n",
		b.t.Name, version, b.t.Licence, b.t.SHA256, len(files))
	return os.WriteFile(filepath.Join(out, "SOURCE"), []byte(source), 0o644)
}

// lines keeps the line breaks of the outer levels only, so that a new release
// shows as a diff of doses and not of one line.
func lines(in []byte) []byte {
	const keep = 6
	var out bytes.Buffer
	for i, l := range bytes.Split(in, []byte("\n")) {
		trim := bytes.TrimLeft(l, " ")
		closing := len(trim) > 0 && (trim[0] == '}' || trim[0] == ']')
		if depth := len(l) - len(trim); i > 0 && (depth < keep && !closing) {
			out.WriteByte('\n')
		}
		out.Write(trim)
	}
	return out.Bytes()
}

type builder struct {
	t    table.Table
	seen map[string]int
}

func clean(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if strings.EqualFold(s, "n/a") {
		return ""
	}
	return s
}

func codes(s string) []string {
	var out []string
	for c := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ';' || r == ',' || r == ' ' || r == '\n' }) {
		if !strings.EqualFold(c, "n/a") {
			out = append(out, c)
		}
	}
	return out
}

func yes(s string) bool {
	s = clean(s)
	return strings.EqualFold(s, "yes") || strings.EqualFold(s, "y")
}

func (b *builder) schedule(data []byte) error {
	var s scheduleXML
	if err := xml.Unmarshal(data, &s); err != nil {
		return err
	}
	for _, c := range s.Conflicts {
		b.t.Conflicts = append(b.t.Conflicts, table.Conflict{Previous: clean(c.Previous), Current: clean(c.Current),
			Begin: clean(c.Begin), MinEnd: clean(c.MinEnd), End: clean(c.End)})
	}
	for _, g := range s.Groups {
		group := table.Group{Name: clean(g.Name), Full: yes(g.Full)}
		for _, m := range s.Maps {
			if clean(m.Name) == group.Name {
				for _, a := range m.Antigens {
					group.Antigens = append(group.Antigens, clean(a))
				}
			}
		}
		b.t.Groups = append(b.t.Groups, group)
	}
	for _, v := range s.Vaccines {
		vaccine := table.Vaccine{CVX: clean(v.CVX), Name: clean(v.Name)}
		for _, a := range v.Associations {
			if name := clean(a.Antigen); name != "" {
				vaccine.Antigens = append(vaccine.Antigens, table.Association{Antigen: name, Begin: clean(a.Begin), End: clean(a.End)})
			}
		}
		b.t.Vaccines = append(b.t.Vaccines, vaccine)
	}
	for _, o := range s.Observations {
		out := table.Observation{Code: clean(o.Code), Title: clean(o.Title)}
		for _, c := range o.Coded {
			if code := clean(c.Code); code != "" {
				out.Coded = append(out.Coded, table.Coded{System: clean(c.System), Code: code})
			}
		}
		b.t.Observations = append(b.t.Observations, out)
	}
	return nil
}

func (b *builder) antigen(data []byte) error {
	var x antigenXML
	if err := xml.Unmarshal(data, &x); err != nil {
		return err
	}
	if len(x.Series) == 0 {
		return fmt.Errorf("no series")
	}
	a := table.Antigen{Name: clean(x.Series[0].Disease)}
	for _, c := range x.Clinical {
		a.ImmuneBy = append(a.ImmuneBy, clean(c.Code))
	}
	for _, c := range x.Born {
		born := table.Born{Before: clean(c.Date), Country: clean(c.Country)}
		for _, e := range c.Exclusions {
			if code := clean(e.Code); code != "" {
				born.Exclusions = append(born.Exclusions, code)
			}
		}
		a.ImmuneBorn = append(a.ImmuneBorn, born)
	}
	a.Contraindicated, a.VaccinesExcluded = contra(x.Contraindications), contra(x.Vaccines)
	for _, s := range x.Series {
		series, err := b.series(s)
		if err != nil {
			return fmt.Errorf("%s: %w", clean(s.Name), err)
		}
		a.Series = append(a.Series, series)
	}
	b.t.Antigens = append(b.t.Antigens, a)
	return nil
}

func contra(in []contraXML) (out []table.Contraindication) {
	for _, c := range in {
		k := table.Contraindication{Code: clean(c.Code), Text: clean(c.Text), Begin: clean(c.Begin), End: clean(c.End)}
		for _, v := range c.Vaccines {
			k.Vaccines = append(k.Vaccines, table.Listed{CVX: clean(v.CVX), Begin: clean(v.Begin), End: clean(v.End)})
		}
		if k.Code != "" {
			out = append(out, k)
		}
	}
	return out
}

func (b *builder) series(s seriesXML) (table.Series, error) {
	out := table.Series{Name: clean(s.Name), Group: clean(s.Group), Type: clean(s.Type), Equivalent: codes(s.Equivalent),
		Default: yes(s.Select.Default), Product: yes(s.Select.Product), SeriesGroup: clean(s.Select.Group),
		Priority: clean(s.Select.Priority), MinStart: clean(s.Select.Min), MaxStart: clean(s.Select.Max)}
	if p := clean(s.Select.Preference); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil {
			return out, err
		}
		out.Preference = n
	}
	for _, g := range s.Guidance {
		if g = clean(g); g != "" {
			out.Guidance = append(out.Guidance, g)
		}
	}
	for _, g := range s.Genders {
		if g = clean(g); g != "" {
			out.Genders = append(out.Genders, g)
		}
	}
	for _, i := range s.Indications {
		if code := clean(i.Code); code != "" {
			out.Indications = append(out.Indications, table.Indication{Code: code, Begin: clean(i.Begin), End: clean(i.End)})
		}
	}
	for i, d := range s.Doses {
		dose, err := b.dose(d)
		if err != nil {
			return out, fmt.Errorf("dose %d: %w", i+1, err)
		}
		out.Doses = append(out.Doses, dose)
	}
	return out, nil
}
