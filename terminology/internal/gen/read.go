package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// maxFile bounds one file of the archive, unpacked.
const maxFile = 64 << 20

func unpack(archive string) (map[string][]byte, string, error) {
	packed, err := os.ReadFile(archive)
	if err != nil {
		return nil, "", err
	}
	z, err := zstd.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, "", err
	}
	defer z.Close()
	files := map[string][]byte{}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, digest(packed), nil
		}
		if err != nil {
			return nil, "", err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(t, maxFile))
		if err != nil {
			return nil, "", err
		}
		if strings.HasSuffix(h.Name, ".gz") {
			g, err := gzip.NewReader(bytes.NewReader(text))
			if err != nil {
				return nil, "", err
			}
			if text, err = io.ReadAll(io.LimitReader(g, maxFile)); err != nil {
				return nil, "", err
			}
		}
		files[path.Base(h.Name)] = text
	}
}

type builder struct {
	rows map[string][]*row // by kind
	at   map[string]*row   // kind system code
	vis  []string
}

func (b *builder) add(kind, sys, code, display, note string) *row {
	r := &row{sys: sys, code: code, display: strings.Join(strings.Fields(display), " "), note: note}
	b.rows[kind] = append(b.rows[kind], r)
	if b.at[kind+sys+code] == nil {
		b.at[kind+sys+code] = r
	}
	return r
}

// table are the lines of a tab separated file after its head, of at least n columns.
func table(files map[string][]byte, name string, n int) ([][]string, error) {
	text, ok := files[name]
	if !ok {
		return nil, fmt.Errorf("the archive has no %s", name)
	}
	var out [][]string
	for i, l := range strings.Split(strings.TrimRight(string(text), "\r\n"), "\n") {
		cols := strings.Split(strings.TrimRight(l, "\r"), "\t")
		if i == 0 {
			continue
		}
		if len(cols) < n {
			return nil, fmt.Errorf("%s, line %d: %d columns", name, i+1, len(cols))
		}
		out = append(out, cols)
	}
	return out, nil
}

// icd takes the codes one may assign. A code that a later edition divided is a
// heading since then.
func (b *builder) icd(files map[string][]byte) error {
	old, err := table(files, "icd10cm-2021-order.tsv.gz", 3)
	if err != nil {
		return err
	}
	later, err := table(files, "icd10cm-post2021-additions-from-vsac.tsv", 2)
	if err != nil {
		return err
	}
	for l := range strings.Lines(common) {
		if cols := strings.Split(strings.TrimSpace(l), "\t"); cols[0] == "add" {
			later = append(later, []string{cols[2], cols[3]})
		}
	}
	divided := map[string]bool{}
	var add [][]string
	for _, c := range later {
		if strings.Contains(c[0], "-") || len(c[0]) < 4 {
			continue // a range, a chapter
		}
		add = append(add, c)
		for i := 3; i < len(c[0]); i++ {
			divided[c[0][:i]] = true
		}
	}
	seen := map[string]bool{}
	for _, c := range old {
		if c[1] == "1" && !divided[c[0]] {
			seen[c[0]] = true
			b.add("problem", "i", dotted(c[0]), c[2], "")
		}
	}
	for _, c := range add {
		if !seen[c[0]] && !divided[c[0]] {
			seen[c[0]] = true
			b.add("problem", "i", dotted(c[0]), c[1], "")
		}
	}
	return nil
}

func dotted(code string) string {
	if len(code) > 3 && !strings.Contains(code, ".") {
		return code[:3] + "." + code[3:]
	}
	return code
}

var tagged = regexp.MustCompile(`^(.*) \(([a-z/ ]+)\)$`)

func (b *builder) snomed(files map[string][]byte) error {
	rows, err := table(files, "gps-2020-07-31.tsv", 2)
	if err != nil {
		return err
	}
	for _, c := range rows {
		m := tagged.FindStringSubmatch(c[1])
		if m == nil {
			continue // a metadata concept
		}
		name, tag := m[1], m[2]
		switch tag {
		case "disorder", "finding":
			b.add("problem", "s", c[0], name, tag)
			b.add("reaction", "s", c[0], name, tag)
		case "situation", "event":
			b.add("problem", "s", c[0], name, tag)
		case "procedure", "regime/therapy":
			b.add("procedure", "s", c[0], name, tag)
		case "substance", "medicinal product", "product":
			b.add("allergen", "s", c[0], strings.TrimPrefix(name, "Product containing "), tag)
		case "physical object":
			b.add("device", "s", c[0], strings.TrimSuffix(name, ", device"), tag)
		case "body structure":
			b.add("bodysite", "s", c[0], name, tag)
		}
	}
	return nil
}

// product are names of RxNorm that are no ingredient.
var product = regexp.MustCompile(`[0-9\[{]|\b(Pill|Product|Pack|Tablet|Capsule|Oral|Injection|Injectable)\b`)

func (b *builder) rxnorm(files map[string][]byte) error {
	rows, err := table(files, "rxnorm-codes-in-ecqm-valuesets.tsv", 2)
	if err != nil {
		return err
	}
	for _, c := range rows {
		b.add("medicine", "r", c[0], c[1], "")
		if !product.MatchString(c[1]) {
			b.add("allergen", "r", c[0], c[1], "medicine")
		}
	}
	return nil
}

var (
	imaging  = regexp.MustCompile(`^(CT|CTA|MR|MRA|MRI|MRCP|US|XR|RF|RFA|MG|NM|PET|SPECT|DXA|DBT|Portable XR|Mammogram|Fluoroscop)\b`)
	written  = regexp.MustCompile(`(?i)\b(note|letter|summary|report|consent|questionnaire|plan of care)\b`)
	numbered = regexp.MustCompile(`^[0-9]+-[0-9]$`)
)

func (b *builder) loinc(files map[string][]byte) error {
	rows, err := table(files, "loinc-codes-in-ecqm-valuesets.tsv", 2)
	if err != nil {
		return err
	}
	for _, c := range rows {
		switch {
		case !numbered.MatchString(c[0]):
			// a code that lost its check digit's dash
		case imaging.MatchString(c[1]):
			b.add("imaging", "l", c[0], c[1], "")
		case written.MatchString(c[1]):
			b.add("document", "l", c[0], c[1], "")
		default:
			b.add("lab", "l", c[0], c[1], "")
		}
	}
	return nil
}

// pairs reads the CDC's Name and Value elements in their order.
type pairs struct {
	Names  []string `xml:"Name"`
	Values []string `xml:"Value"`
}

func (p pairs) get(name string) string {
	for i, n := range p.Names {
		if n == name && i < len(p.Values) {
			return strings.TrimSpace(p.Values[i])
		}
	}
	return ""
}

func (b *builder) vaccines(files map[string][]byte) error {
	var cvx struct {
		Info []struct{ ShortDescription, FullVaccinename, CVXCode, Status string } `xml:"CVXInfo"`
	}
	var mvx struct {
		Info []pairs `xml:"MVXInfo"`
	}
	var trade struct {
		Info []pairs `xml:"prodInfo"`
	}
	var vis struct {
		Info []struct {
			CVXCode, VISDocumentName, VISEditionDate, Status string
			Encoded                                          string `xml:"Fully-encodedString"`
		} `xml:"CVXVISMapping"`
	}
	for name, into := range map[string]any{"cvx.xml": &cvx, "mvx.xml": &mvx, "tradename.xml": &trade, "cvxvis.xml": &vis} {
		d := xml.NewDecoder(bytes.NewReader(files[name]))
		d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { // Latin 1, of which these files use ASCII
			return in, nil
		}
		if err := d.Decode(into); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, v := range cvx.Info {
		code := strings.TrimSpace(v.CVXCode)
		r := b.add("vaccine", "c", code, v.ShortDescription, strings.ToLower(strings.TrimSpace(v.Status)))
		if full := strings.Join(strings.Fields(v.FullVaccinename), " "); !strings.EqualFold(full, r.display) {
			r.aliases = append(r.aliases, strings.ReplaceAll(full, "|", " "))
		}
	}
	for _, t := range trade.Info {
		r := b.at["vaccinec"+t.get("CVXCode")]
		if r == nil {
			continue
		}
		name := strings.Join(strings.Fields(t.get("CDC Product Name")), " ")
		p := b.add("vaccine", "c", r.code, r.display, "mvx "+t.get("MVX Code")+" "+strings.ToLower(t.get("Product name Status")))
		p.aliases = []string{name}
	}
	for _, m := range mvx.Info {
		b.add("manufacturer", "m", m.get("MVX_CODE"), m.get("Manufacturer Name"), strings.ToLower(m.get("Status")))
	}
	for _, v := range vis.Info {
		if !strings.EqualFold(v.Status, "current") {
			continue
		}
		d, err := time.Parse("1/2/2006", v.VISEditionDate)
		if err != nil {
			return fmt.Errorf("vaccine information statement: %w", err)
		}
		b.vis = append(b.vis, strings.Join([]string{strings.TrimSpace(v.CVXCode), strings.Join(strings.Fields(v.VISDocumentName), " "), d.Format(time.DateOnly), v.Encoded}, "\t")+"\n")
	}
	return nil
}

// common gives ranks and other words, in the order of the file.
func (b *builder) common(text string) error {
	rank := map[string]int{}
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\r\n")
		if l == "" || l[0] == '#' {
			continue
		}
		cols := strings.Split(l, "\t")
		if cols[0] == "add" {
			continue
		}
		rank[cols[0]]++
		switch cols[1] {
		case "word":
			for _, r := range b.rows[cols[0]] {
				if words := strings.Fields(strings.ToLower(r.display)); r.rank == 0 && strings.Contains(" "+strings.Join(words, " ")+" ", " "+cols[2]+" ") && !strings.Contains(r.display, " / ") && !strings.HasPrefix(r.display, "{") {
					r.rank = rank[cols[0]]
				}
			}
			continue
		}
		sys := cols[1][:1]
		code := cols[2]
		if sys == "i" {
			code = dotted(code)
		}
		r := b.at[cols[0]+sys+code]
		if r == nil {
			return fmt.Errorf("common: %s %s %s is in no table", cols[0], cols[1], code)
		}
		r.rank = rank[cols[0]]
		if len(cols) > 3 {
			r.aliases = append(r.aliases, strings.Split(cols[3], "|")...)
		}
	}
	for _, kind := range [...]string{"problem", "allergen", "reaction", "medicine"} {
		if rank[kind] == 0 {
			return errors.New("common: nothing of " + kind + strconv.Itoa(0))
		}
	}
	return nil
}
