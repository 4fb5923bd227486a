package clinic

import (
	"fmt"
	"strings"
	"testing"

	"wholechart/fhir"
	"wholechart/record"
)

// TestALongRecordSaysWhatIsLeftOut: the overview says of which kinds it shows the
// newest only, with the numbers; a section shows all of its own.
func TestALongRecordSaysWhatIsLeftOut(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	n.crowd("maple", 9000)
	var acts []record.Act
	for i := range 3 {
		d, err := fhir.Parse([]byte(fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"old%d","status":"active","intent":"order","medicationCodeableConcept":{"text":"Ancient%d"},"subject":{"reference":"Patient/crowd"},"authoredOn":"1999-01-01"}`, i, i)))
		if err != nil {
			t.Fatal(err)
		}
		acts = append(acts, record.Act{Op: record.Update, Type: "MedicationRequest", ID: d.Root().ID(), Resource: d.Root()})
	}
	if _, err := n.System("maple").Transact(t.Context(), acts); err != nil {
		t.Fatal(err)
	}
	b := n.user(physician)
	for _, lens := range []string{"", "/whole"} {
		_, text := b.get("/maple/patients/crowd" + lens)
		for _, want := range []string{"This is a long record", "the newest 2,000 of 6,299 measurements and observations", "all in Results", "the newest 500 of 900 visits and stays", "Ancient0", "Ancient1", "Ancient2"} {
			if want = strings.Replace(want, "the newest 500 of 900 visits and stays", "500 of 900 visits and stays: all that are not over and the newest others", 1); !strings.Contains(text, want) {
				t.Errorf("%q: no %q", lens, want)
			}
		}
		_, text = b.get("/maple/patients/crowd" + lens + "/results")
		if strings.Contains(text, "of 6,299") || strings.Contains(text, "of 450 reports") {
			t.Errorf("%q: results are cut", lens)
		}
		_, text = b.get("/maple/patients/crowd" + lens + "/encounters")
		if strings.Contains(text, "long record") || !strings.Contains(text, "of 900") {
			t.Errorf("%q: visits are cut", lens)
		}
	}
}

func TestAnUsualRecordIsWhole(t *testing.T) {
	n := newNode(t, []string{"maple"}, nil, nil)
	n.crowd("maple", 4000)
	_, text := n.user(physician).get("/maple/patients/crowd")
	if strings.Contains(text, "long record") {
		t.Error("a record of 4,000 is cut")
	}
}
