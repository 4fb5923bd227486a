// Command gen reads the archive of the CDC's and the WHO's growth references
// and writes the embedded table of package formula and the SOURCE file beside it.
//
//	go run ./internal/gen -archive ../../../shared/data/growth.tar.zst
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// maxFile bounds one file of the archive, unpacked.
const maxFile = 16 << 20

func main() {
	log.SetFlags(0)
	archive := flag.String("archive", "", "growth.tar.zst")
	out := flag.String("out", ".", "folder to write to")
	flag.Parse()
	if err := run(*archive, *out); err != nil {
		log.Fatal(err)
	}
}

func run(archive, out string) error {
	packed, err := os.ReadFile(archive)
	if err != nil {
		return err
	}
	files, err := unpack(packed)
	if err != nil {
		return err
	}
	table, used, err := build(files)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "growth.txt"), table, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "SOURCE"), source(packed, files, used), 0o644)
}

func unpack(packed []byte) (map[string][]byte, error) {
	z, err := zstd.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(io.LimitReader(r, maxFile))
		if err != nil {
			return nil, err
		}
		files[path.Base(h.Name)] = data
	}
}

// The WHO's files: tab separated, sex 1 or 2, age in days or length in cm.
var whoFiles = []struct{ name, measure, x string }{
	{"who-weianthro.txt", "weight", "day"},
	{"who-lenanthro.txt", "length", "day"},
	{"who-hcanthro.txt", "head", "day"},
	{"who-wflanthro.txt", "weight-for-length", "cm"},
}

// The columns of the CDC's reference by month; every row has a point and the next one.
var cdcColumns = []struct{ measure, column string }{
	{"weight", "WT"}, {"height", "HT"}, {"bmi", "BMI"}, {"head", "HC"},
}

const cdcFile = "CDCref_d.csv.gz"

// build writes the table: a heading "# reference measure sex unit-of-x" opens a
// section; a line is x, L, M, S.
func build(files map[string][]byte) (table []byte, used []string, err error) {
	var out bytes.Buffer
	for _, f := range whoFiles {
		data, ok := files[f.name]
		if !ok {
			return nil, nil, fmt.Errorf("%s is not in the archive", f.name)
		}
		if err := who(&out, data, f.measure, f.x); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.name, err)
		}
		used = append(used, f.name)
	}
	data, ok := files[cdcFile]
	if !ok {
		return nil, nil, fmt.Errorf("%s is not in the archive", cdcFile)
	}
	if err := cdc(&out, data); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", cdcFile, err)
	}
	return out.Bytes(), append(used, cdcFile), nil
}

// who keeps the ages under two years with a day more, so that 24 months can be
// drawn: the WHO's day 730 is the last measured lying.
func who(out *bytes.Buffer, data []byte, measure, x string) error {
	for _, sex := range []string{"1", "2"} {
		fmt.Fprintf(out, "# who %s %s %s\n", measure, map[string]string{"1": "male", "2": "female"}[sex], x)
		n := 0
		for line := range strings.Lines(string(data)) {
			f := strings.Fields(line)
			if len(f) < 5 || f[0] != sex {
				continue
			}
			if err := numbers(f[1:5]); err != nil {
				return err
			}
			if day, _ := strconv.ParseFloat(f[1], 64); x == "day" && day > 730 {
				continue
			}
			fmt.Fprintf(out, "%s %s %s %s\n", f[1], f[2], f[3], f[4])
			n++
		}
		if n < 600 {
			return fmt.Errorf("only %d lines of sex %s", n, sex)
		}
	}
	return nil
}

func cdc(out *bytes.Buffer, packed []byte) error {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(io.LimitReader(z, maxFile)).ReadAll()
	if err != nil {
		return err
	}
	if len(rows) < 2 {
		return errors.New("no rows")
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	for _, m := range cdcColumns {
		for _, need := range []string{"denom", "SEX", "_AGEMOS1", "_AGEMOS2", "_L" + m.column + "1", "_S" + m.column + "2"} {
			if _, ok := at[need]; !ok {
				return fmt.Errorf("no column %s", need)
			}
		}
		for _, sex := range []string{"1", "2"} {
			fmt.Fprintf(out, "# cdc %s %s month\n", m.measure, map[string]string{"1": "male", "2": "female"}[sex])
			var last []string
			n := 0
			for _, row := range rows[1:] {
				if row[at["denom"]] != "age" || row[at["SEX"]] != sex || row[at["_L"+m.column+"1"]] == "" {
					continue
				}
				// From 23.5 months on: what is younger is measured against the WHO's standards.
				if month, _ := strconv.ParseFloat(row[at["_AGEMOS1"]], 64); month < 23.5 {
					continue
				}
				point := func(k string) []string {
					return []string{row[at["_AGEMOS"+k]], row[at["_L"+m.column+k]], row[at["_M"+m.column+k]], row[at["_S"+m.column+k]]}
				}
				if err := numbers(point("1")); err != nil {
					return err
				}
				fmt.Fprintln(out, strings.Join(point("1"), " "))
				last = point("2")
				n++
			}
			if n < 12 || last == nil {
				return fmt.Errorf("only %d rows of %s", n, m.measure)
			}
			if err := numbers(last); err != nil {
				return err
			}
			fmt.Fprintln(out, strings.Join(last, " "))
		}
	}
	return nil
}

func numbers(f []string) error {
	for _, s := range f {
		if _, err := strconv.ParseFloat(s, 64); err != nil {
			return fmt.Errorf("%q is not a number", s)
		}
	}
	return nil
}

func source(packed []byte, files map[string][]byte, used []string) []byte {
	var out bytes.Buffer
	fmt.Fprint(&out, `name: WHO Child Growth Standards, 2006 (weight, length and weight for length) and 2007 (head circumference)
publisher: World Health Organization, https://www.who.int/tools/child-growth-standards/standards
version: LMS parameters by completed day, 0 to 730; weight for length by 0.1 cm, 45 to 110 cm
licence: the tables are facts

name: CDC Growth Charts 2000 (stature, weight, BMI and head circumference for age)
publisher: Centers for Disease Control and Prevention, National Center for Health Statistics, https://www.cdc.gov/growthcharts/percentile_data_files.htm
version: 2000, LMS parameters by month from 23.5 months, as in the reference file of the CDC's own program (CDCref_d)
licence: US public domain (work of the United States government)

name: CDC Extended BMI-for-Age Growth Charts 2022 (BMI above the 95th percentile)
publisher: National Center for Health Statistics, Vital and Health Statistics, series 2, number 197 (December 2022)
version: two quadratics of the dispersion by sex and age; they stand in growth.go
licence: US public domain (work of the United States government)

`)
	fmt.Fprintf(&out, "sha256 of the archive: %x\n", sha256.Sum256(packed))
	for _, name := range used {
		fmt.Fprintf(&out, "sha256 of %s: %x\n", name, sha256.Sum256(files[name]))
	}
	return out.Bytes()
}
