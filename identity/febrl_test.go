package identity

import (
	"encoding/csv"
	"os"
	"strconv"
	"strings"
	"testing"

	"wholechart/fhir"
)

const febrl = "../../shared/suites/mpi/dataset"

// record is a FEBRL row: whose it is, and what it says.
type febrlRecord struct {
	entity string
	d      Demographics
}

func readFEBRL(t *testing.T, n int, withNumber bool) []febrlRecord {
	f, err := os.Open(febrl + strconv.Itoa(n) + ".csv")
	if err != nil {
		t.Skipf("SKIPPED: the FEBRL data sets are not here: %v", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.TrimLeadingSpace = true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []febrlRecord
	for _, row := range rows[1:] {
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		e := febrlRecord{entity: strings.Split(row[0], "-")[1]}
		name := fhir.HumanName{Family: row[2]}
		if row[1] != "" {
			name.Given = []string{row[1]}
		}
		e.d.Names = []fhir.HumanName{name}
		if b := row[9]; len(b) == 8 {
			if d, err := fhir.ParseDateTime(b[:4] + "-" + b[4:6] + "-" + b[6:]); err == nil {
				e.d.Birth = d
			}
		}
		e.d.addAddress(Address{Line: row[3] + " " + row[4], City: row[6], State: row[8], Postal: row[7]})
		if withNumber {
			e.d.addIdentifier(fhir.Identifier{System: "urn:febrl:soc-sec", Value: row[10]})
		}
		out = append(out, e)
	}
	return out
}

// TestFEBRL measures precision and recall on the pairs that blocking proposes
// (blocks are what Match searches by). Precision must be perfect for what is
// linked without a person's look; recall is a floor that must not fall.
func TestFEBRL(t *testing.T) {
	for _, c := range []struct {
		set          int
		number       bool
		sure, review float64 // least share of true pairs that are linked; that are linked or shown for review
	}{{1, true, 0.72, 0.93}, {2, true, 0.64, 0.9}, {3, true, 0.6, 0.87}, {1, false, 0.35, 0.78}, {2, false, 0.28, 0.7}, {3, false, 0.24, 0.68}} {
		records := readFEBRL(t, c.set, c.number)
		blocks := map[string][]int{}
		for i, r := range records {
			for _, k := range keys(r.d) {
				blocks[k] = append(blocks[k], i)
			}
		}
		size := map[string]int{}
		for _, r := range records {
			size[r.entity]++
		}
		truth := 0
		for _, n := range size {
			truth += n * (n - 1) / 2
		}
		seen := map[[2]int]bool{}
		var sureRight, sureWrong, reviewRight, reviewWrong, blocked int
		for _, block := range blocks {
			for i, a := range block {
				for _, b := range block[i+1:] {
					if seen[[2]int{a, b}] {
						continue
					}
					seen[[2]int{a, b}] = true
					same := records[a].entity == records[b].entity
					if same {
						blocked++
					}
					s := Compare(records[a].d, records[b].d)
					switch {
					case s.Grade.Sure() && same:
						sureRight++
					case s.Grade.Sure():
						sureWrong++
						t.Logf("wrong: %+v and %+v: %s", records[a].d, records[b].d, s.Text())
					case s.Grade == Possible && same:
						reviewRight++
					case s.Grade == Possible:
						reviewWrong++
					}
				}
			}
		}
		share := func(n int) float64 { return float64(n) / float64(truth) }
		t.Logf("FEBRL %d, number %v: %d true pairs, %.1f %% in a block, %d pairs compared; linked %d right %d wrong: precision %.4f recall %.3f; with review recall %.3f (%d to review wrongly)",
			c.set, c.number, truth, 100*share(blocked), len(seen), sureRight, sureWrong, float64(sureRight)/float64(max(1, sureRight+sureWrong)), share(sureRight), share(sureRight+reviewRight), reviewWrong)
		if sureWrong > 0 {
			t.Errorf("FEBRL %d: %d wrong links", c.set, sureWrong)
		}
		if share(sureRight) < c.sure || share(sureRight+reviewRight) < c.review {
			t.Errorf("FEBRL %d: recall %.3f linked, %.3f with review", c.set, share(sureRight), share(sureRight+reviewRight))
		}
	}
}

// keys are the blocks that Match's searches stand for, as texts.
func keys(d Demographics) []string {
	var out []string
	for _, q := range questions(d) {
		out = append(out, q.Encode())
	}
	return out
}
