package decision

import (
	"archive/tar"
	"flag"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

var burdenPatients = flag.Int("burden-patients", 40, "how many patients of the archive TestAlertBurden orders for; 617 are all")

// dates are where a resource says when it happened.
var dates = []string{"authoredOn", "effectiveDateTime", "recordedDate", "onsetDateTime", "performedDateTime", "occurrenceDateTime", "started", "issued", "date"}

func happened(n fhir.Node) time.Time {
	for _, d := range dates {
		if v, err := fhir.ParseDateTime(n.Get(d).Str()); err == nil {
			lo, _ := v.Interval(time.UTC)
			return lo
		}
	}
	for _, p := range []string{"period", "performedPeriod"} {
		if v, err := fhir.ParseDateTime(n.Path(p, "start").Str()); err == nil {
			lo, _ := v.Interval(time.UTC)
			return lo
		}
	}
	return time.Time{}
}

// draftOf is an order as it was about to be written, of what the archive has as done.
func draftOf(n fhir.Node) (rule.Draft, bool) {
	d := rule.Draft{ID: n.ID()}
	code := n.Get("code")
	switch n.ResourceType() {
	case "MedicationRequest":
		d.Kind, code = rule.DraftMedicine, n.Get("medicationCodeableConcept")
		d.Sig = n.Get("dosageInstruction").Index(0).Get("text").Str()
		q := n.Get("dosageInstruction").Index(0).Get("doseAndRate").Index(0).Get("doseQuantity")
		d.Amount, _ = strconv.ParseFloat(q.Get("value").Text(), 64)
	case "DiagnosticReport":
		d.Kind = rule.DraftTest
	case "ImagingStudy":
		d.Kind, code = rule.DraftImaging, n.Get("procedureCode").Index(0)
		d.Modality = n.Get("series").Index(0).Path("modality", "code").Str()
	default:
		return d, false
	}
	k := fhir.CodeableConceptOf(code)
	d.Name, d.Codes = k.Label(), k.Codings
	return d, d.Name != ""
}

// TestAlertBurden writes every prescription, laboratory report and study of the
// archive's patients once more, as an order on the day on which it was written
// and on the record as it stood then, and counts what interrupts.
func TestAlertBurden(t *testing.T) {
	const archive = "../../shared/data/synthea-r4-617.tar.zst"
	file, err := os.Open(archive)
	if err != nil {
		t.Skip("no archive:", archive)
	}
	defer file.Close()
	z, err := zstd.NewReader(file, zstd.WithDecoderMaxWindow(1<<31), zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	patients, orders, cards := 0, map[rule.DraftKind]int{}, map[rule.Level]int{}
	byRule, gaps := map[string]int{}, 0
	for files := tar.NewReader(z); patients < *burdenPatients; {
		h, err := files.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".json") || h.Size > 8<<20 {
			continue
		}
		body, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		d, err := fhir.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		type dated struct {
			at time.Time
			chart.Fact
		}
		var all []dated
		id := ""
		for e := range d.Root().Get("entry").Items() {
			r := e.Get("resource")
			if r.ResourceType() == "Patient" {
				id = r.ID()
			}
			all = append(all, dated{happened(r), chart.Fact{Node: r, Source: chart.Source{Slug: "maple", Name: "Maple", Own: true}}})
		}
		if id == "" {
			continue
		}
		patients++
		written := 0
		for _, o := range all {
			draft, ok := draftOf(o.Node)
			if !ok || o.at.IsZero() || o.at.Before(time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC)) {
				continue
			}
			if written++; written > 60 {
				break
			}
			var facts []chart.Fact
			for _, f := range all {
				if f.at.Before(o.at) {
					fact := f.Fact
					if f.Node.ResourceType() == "Patient" { // who died later was alive
						p, err := fhir.Parse(fhir.SetMember(f.Node, "deceasedDateTime", nil))
						if err != nil {
							t.Fatal(err)
						}
						fact.Node = p.Root()
					}
					facts = append(facts, fact)
				}
			}
			a := Check(rule.Input{Chart: chart.Assemble(id, facts, o.at, time.UTC), Drafts: []rule.Draft{draft}, Now: o.at}, nil)
			orders[draft.Kind]++
			gaps += len(a.Gaps)
			for _, c := range a.Cards {
				if c.Draft != draft.ID {
					continue // about the record, not about this order
				}
				cards[c.Level]++
				if c.Level == rule.Interrupt {
					byRule[string(draft.Kind)+": "+c.Rule.Title]++
					if c.Severity != "contraindicated" && c.Severity != "severe" {
						t.Errorf("%s interrupts though it is %q", c.Rule.ID, c.Severity)
					}
				}
			}
		}
	}
	total := orders[rule.DraftMedicine] + orders[rule.DraftTest] + orders[rule.DraftImaging]
	if total == 0 {
		t.Fatal("nothing was ordered")
	}
	per := func(n int) float64 { return 100 * float64(n) / float64(total) }
	t.Logf("%d patients, %d orders %v: %.2f interrupt, %.2f notices, %.2f quiet per 100 orders", patients, total, orders, per(cards[rule.Interrupt]), per(cards[rule.Notice]), per(cards[rule.Quiet]))
	t.Logf("what interrupts: %v", byRule)
	if per(cards[rule.Interrupt]) > 5 {
		t.Errorf("%.1f of 100 orders are interrupted: alerts that many are not read", per(cards[rule.Interrupt]))
	}
}
