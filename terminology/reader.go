package terminology

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"wholechart/fhir"
)

// Format is how a user's own table is written.
type Format uint8

// The formats that Read takes.
const (
	CSV      Format = iota + 1 // with a head that names code, display and, if it has several, system
	RXNCONSO                   // RxNorm's names, RXNCONSO.RRF: those of RxNorm itself that are not suppressed
)

// ReadLimits bound what Read takes. A limit of zero is the default: a million
// rows, lines of 64 KiB.
type ReadLimits struct{ Rows, Line int }

// ErrTooLong says that a table has more rows or a longer line than the limits.
var ErrTooLong = errors.New("the table is larger than is taken")

// TableError says at which line a table is not right. It quotes nothing of it.
type TableError struct {
	Line   int
	Reason string
}

func (e *TableError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Read gives a user's own table row by row, in its order. system is the code
// system of a CSV without a system column. It stops at the first error: a
// *TableError, ErrTooLong, or what r or each returned. It keeps nothing.
func Read(r io.Reader, f Format, system string, lim ReadLimits, each func(fhir.Coding) error) error {
	if lim.Rows <= 0 {
		lim.Rows = 1_000_000
	}
	if lim.Line <= 0 {
		lim.Line = 64 << 10
	}
	switch f {
	case CSV:
		return readCSV(r, system, lim, each)
	case RXNCONSO:
		return readRRF(r, lim, each)
	}
	return errors.New("the format is not known")
}

func checked(line int, c fhir.Coding) error {
	switch {
	case c.Code == "" || len(c.Code) > 64 || strings.ContainsAny(c.Code, " \t\r\n|"):
		return &TableError{line, "a code is empty, longer than 64 characters or has a space in it"}
	case c.System == "" || len(c.System) > 255 || strings.ContainsAny(c.System, " \t\r\n|"):
		return &TableError{line, "a code system is missing or no address"}
	case strings.TrimSpace(c.Display) == "" || len(c.Display) > 2000:
		return &TableError{line, "a name is empty or longer than 2000 characters"}
	case !utf8.ValidString(c.Code) || !utf8.ValidString(c.Display) || !utf8.ValidString(c.System):
		return &TableError{line, "the text is not UTF-8"}
	}
	for _, r := range c.Display {
		if r < ' ' && r != '\t' {
			return &TableError{line, "a name has a control character in it"}
		}
	}
	return nil
}

func readCSV(r io.Reader, system string, lim ReadLimits, each func(fhir.Coding) error) error {
	c := csv.NewReader(&lineLimit{r: bufio.NewReader(r), most: lim.Line})
	c.FieldsPerRecord, c.ReuseRecord = -1, true
	at := map[string]int{}
	for rows := -1; ; rows++ {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			if rows < 0 {
				return &TableError{1, "the table is empty"}
			}
			return nil
		}
		if p := (*csv.ParseError)(nil); errors.As(err, &p) {
			return &TableError{p.Line, "quotes are not as CSV has them (RFC 4180)"}
		}
		if err != nil {
			return err
		}
		line, _ := c.FieldPos(0)
		if rows < 0 {
			for i, name := range rec {
				at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
			}
			if _, ok := at["code"]; !ok {
				return &TableError{1, "the head names no column code"}
			}
			if _, ok := at["display"]; !ok {
				return &TableError{1, "the head names no column display"}
			}
			continue
		}
		if rows >= lim.Rows {
			return ErrTooLong
		}
		get := func(name string) string {
			if i, ok := at[name]; ok && i < len(rec) {
				return strings.TrimSpace(rec[i])
			}
			return ""
		}
		one := fhir.Coding{System: system, Code: get("code"), Display: get("display")}
		if s := get("system"); s != "" {
			one.System = s
		}
		if err := checked(line, one); err != nil {
			return err
		}
		if err := each(one); err != nil {
			return err
		}
	}
}

// readRRF reads the columns of RXNCONSO.RRF (RxNorm technical documentation,
// section 12.4): RXCUI 0, SAB 11, STR 14, SUPPRESS 16.
func readRRF(r io.Reader, lim ReadLimits, each func(fhir.Coding) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, min(4096, lim.Line)), lim.Line)
	rows := 0
	for n := 1; s.Scan(); n++ {
		cols := strings.Split(s.Text(), "|")
		if len(cols) < 18 {
			return &TableError{n, "not the 18 columns of RXNCONSO.RRF"}
		}
		if cols[11] != "RXNORM" || cols[16] == "Y" || cols[16] == "O" || cols[16] == "E" {
			continue
		}
		if rows++; rows > lim.Rows {
			return ErrTooLong
		}
		one := fhir.Coding{System: RxNorm, Code: cols[0], Display: cols[14]}
		if err := checked(n, one); err != nil {
			return err
		}
		if err := each(one); err != nil {
			return err
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return ErrTooLong
	}
	return s.Err()
}

// lineLimit refuses lines, and quoted fields over lines, that are too long for the memory they take.
type lineLimit struct {
	r       *bufio.Reader
	most, n int
	quoted  bool
}

func (l *lineLimit) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for _, b := range p[:n] {
		switch {
		case b == '"':
			l.quoted = !l.quoted
		case b == '\n' && !l.quoted:
			l.n = -1
		}
		if l.n++; l.n > l.most {
			return 0, ErrTooLong
		}
	}
	return n, err
}
