package demo

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// certain are codes that the tables under ../shared do not hold (value sets in use, not whole code systems).
var certain = map[string]string{
	"loinc 11506-3": "Progress note", "loinc 18842-5": "Discharge summary", "loinc 57133-1": "Referral note", "loinc 59284-0": "Consent Document",
	"loinc 11778-8": "Delivery date Estimated", "loinc 9843-4": "Head Occipital-frontal circumference",
	"loinc 2085-9": "Cholesterol in HDL [Mass/volume] in Serum or Plasma", "loinc 2093-3": "Cholesterol [Mass/volume] in Serum or Plasma",
	"loinc 2571-8": "Triglyceride [Mass/volume] in Serum or Plasma", "loinc 24331-1": "Lipid 1996 panel - Serum or Plasma",
	"loinc 2276-4": "Ferritin [Mass/volume] in Serum or Plasma", "loinc 3016-3": "Thyrotropin [Units/volume] in Serum or Plasma",
	"loinc 3024-7": "Thyroxine (T4) free [Mass/volume] in Serum or Plasma", "loinc 33762-6": "Natriuretic peptide.B prohormone N-Terminal [Mass/volume] in Serum or Plasma",
	"loinc 5799-2": "Leukocyte esterase [Presence] in Urine by Test strip", "loinc 5802-4": "Nitrite [Presence] in Urine by Test strip",
	"loinc 630-4": "Bacteria identified in Urine by Culture", "loinc 8462-4": "Diastolic blood pressure",
	"loinc 85354-9": "Blood pressure panel with all children optional", "loinc 882-1": "ABO and Rh group [Type] in Blood",
	"rxnorm 197319": "allopurinol 100 MG Oral Tablet", "rxnorm 310325": "ferrous sulfate 325 MG Oral Tablet",
	"rxnorm 966222": "levothyroxine sodium 0.075 MG Oral Tablet",
}

// published reads the tables of ../shared/data/codes.tar.zst: "system code" to display.
func published(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open("../../shared/data/codes.tar.zst")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("SKIPPED: ../shared/data/codes.tar.zst is not here, the demonstration's codes were not checked")
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string]string{}
	columns := func(system string, body []byte, display int) {
		for line := range strings.Lines(string(body)) {
			if f := strings.Split(strings.TrimRight(line, "\r\n"), "\t"); len(f) > display {
				out[system+" "+f[0]] = f[display]
			}
		}
	}
	vaccine := regexp.MustCompile(`(?s)<ShortDescription>([^<]*)</ShortDescription>.*?<CVXCode>\s*(\d+)\s*</CVXCode>`)
	for archive := tar.NewReader(z); ; {
		h, err := archive.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.Contains(h.Name, "snomed-gps/gps"):
			columns("snomed", body, 1)
		case strings.Contains(h.Name, "loinc-codes"):
			columns("loinc", body, 1)
		case strings.Contains(h.Name, "rxnorm-codes"):
			columns("rxnorm", body, 1)
		case strings.HasSuffix(h.Name, "order.tsv.gz"):
			g, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			plain, err := io.ReadAll(g)
			if err != nil {
				t.Fatal(err)
			}
			columns("icd", plain, 2)
		case strings.HasSuffix(h.Name, "/cvx.xml"):
			for _, m := range vaccine.FindAllStringSubmatch(string(body), -1) {
				out["cvx "+m[2]] = m[1]
			}
		}
	}
}

func TestClinicalCodesArePublishedWithTheirDisplay(t *testing.T) {
	table := published(t)
	systems := map[string]string{snomedURL: "snomed", loincURL: "loinc", rxnormURL: "rxnorm", icd10URL: "icd", cvxURL: "cvx"}
	tag := regexp.MustCompile(` \([a-z ]+\)$`) // SNOMED's semantic tag
	checked := map[string]bool{}
	for site, resources := range parse(t, anchor) {
		for url, r := range resources {
			walk(r, "", func(_ string, v any) {
				o, ok := v.(object)
				if !ok {
					return
				}
				uri, _ := o["system"].(string)
				system, clinical := systems[uri]
				if !clinical {
					return
				}
				id, display := o["code"].(string), o["display"].(string)
				key := system + " " + strings.ReplaceAll(id, ".", "")
				want := table[key]
				if want == "" {
					want = certain[key]
				}
				if system == "snomed" {
					want = tag.ReplaceAllString(want, "")
				}
				if !strings.EqualFold(want, display) {
					t.Errorf("%s %s: %s %q, published as %q", site, url, key, display, want)
				}
				checked[key] = true
			})
		}
	}
	if len(checked) < 100 {
		t.Errorf("only %d codes seen", len(checked))
	}
}
