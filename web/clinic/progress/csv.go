package progress

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"wholechart/chart"
	"wholechart/web"
)

var csvHead = []string{"series", "part", "loinc", "time", "value", "unit", "flag", "flag meaning", "reference", "status", "method", "note", "source", "author", "recorded", "also at", "resource"}

// sheetCSV is the flowsheet as a file (RFC 4180): all its days, values and units
// exactly as they were reported, in the order of rows and then of time.
func (v *view) sheetCSV() {
	list, _, _ := v.chosen()
	var b bytes.Buffer
	if err := v.writeCSV(&b, list); err != nil {
		v.c.Failed(err)
		return
	}
	v.download("text/csv; charset=utf-8; header=present", "flowsheet", "csv", &b)
}

// download sends a file. Its name holds the site and the day, nothing of whom it
// is about: names of files end up in places that nobody guards.
func (v *view) download(kind, name, ext string, b *bytes.Buffer) {
	web.SecurityHeaders(v.c.W)
	h := v.c.W.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`-`+v.c.Site.Slug+`-`+v.c.Now.In(v.c.Zone).Format("2006-01-02")+`.`+ext+`"`)
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = v.c.W.Write(b.Bytes())
}

func (v *view) writeCSV(w io.Writer, list []*chart.Series) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(csvHead); err != nil {
		return err
	}
	from := v.ask.from(v.c.Now)
	write := func(s, part *chart.Series, p *chart.Point) error {
		if !from.IsZero() && (!p.When.Known() || p.When.At.Before(from)) {
			return nil
		}
		return out.Write(csvRow(s, part, p))
	}
	for _, s := range list {
		told := map[string]bool{}
		for _, part := range s.Parts {
			for i := range part.Points {
				p := &part.Points[i]
				told[p.Ref()+sourceOf(p.Prov)] = true
				if err := write(s, part, p); err != nil {
					return err
				}
			}
		}
		for i := range s.Points { // of what has parts only those without any: withheld, cancelled
			p := &s.Points[i]
			if told[p.Ref()+sourceOf(p.Prov)] {
				continue
			}
			if err := write(s, nil, p); err != nil {
				return err
			}
		}
	}
	// A record that was not reached is no record without values: the file says so too.
	if g := v.Gap(); g != "" {
		row := make([]string, len(csvHead))
		row[0] = cell("values may be missing: " + g)
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// csvRow is one value; of one with parts, part says which.
func csvRow(s, part *chart.Series, p *chart.Point) []string {
	code, name, codes := "", "", s.Codes
	if part != nil {
		name, codes = part.Name, part.Codes
	}
	for _, c := range codes {
		if c.System == loinc {
			code = c.Code
			break
		}
	}
	value := p.Exact()
	if value == "" {
		value = orElse(p.Absent, "no value")
	}
	flag := p.Flag
	meaning := p.FlagWord
	if flag != "" && meaning == "" {
		meaning = web.Flag{Code: flag}.Word()
	}
	if p.Computed && flag != "" {
		meaning += " (computed from the reference)"
	}
	var also []string
	for _, a := range p.Also {
		if n := sourceOf(a); n != "" && n != sourceOf(p.Prov) && !slices.Contains(also, n) {
			also = append(also, n)
		}
	}
	row := []string{s.Name, name, code, p.When.ISO, value, p.Unit, flag, meaning, rangeText(p.Range), p.Status, p.Method, p.Note, sourceOf(p.Prov), p.Author, p.Prov.When.ISO, strings.Join(also, "; "), p.Ref()}
	for i := range row {
		row[i] = cell(row[i])
	}
	return row
}

func sourceOf(p chart.Prov) string {
	if p.Source == nil {
		return ""
	}
	return p.Source.Name
}

// cell makes a text harmless to programs that take a cell for a formula: what
// begins like one, also behind blanks or in full width, gets an apostrophe before
// it, which such programs hide (OWASP, CSV injection). A plain number with its
// sign is no formula and stays what was reported. Control characters become
// blanks.
func cell(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if _, err := strconv.ParseFloat(s, 64); err == nil && !strings.ContainsAny(s, "xXpPiInN_") {
		return s
	}
	first := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	if first != "" && strings.ContainsRune("=+-@＝＋－＠|%'", []rune(first)[0]) {
		return "'" + s
	}
	return s
}
