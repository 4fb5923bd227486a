package ordering

import (
	"testing"

	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/fhir"
)

// TestThereAndBack: every item of the catalogue that a rule may name is the same
// order when it comes back, and the rules read the same of it.
func TestThereAndBack(t *testing.T) {
	for _, typed := range []string{"metformin 500 bid", "warfarin 5 daily", "a1c", "ct chest", "xr knee left", "mmr vaccine", "amox 500 tid 7d"} {
		found := order.Find(typed, 1)
		if len(found) == 0 {
			t.Fatalf("%s is not in the catalogue", typed)
		}
		o := found[0].Order()
		o.ID = "x"
		d := Draft(o, Ref(o))
		if d.ID != o.Kind.Type()+"/x" || d.Name != o.Name || string(d.Kind) != string(o.Kind) {
			t.Errorf("%s: %+v", typed, d)
		}
		back := Order(d)
		if back.Name != o.Name || back.Kind != o.Kind {
			t.Errorf("%s became %s (%s)", o.Name, back.Name, back.Kind)
		}
		if o.Kind == order.Medicine && back.Sig.How() != o.Sig.How() {
			t.Errorf("%s: %q became %q", typed, o.Sig.How(), back.Sig.How())
		}
	}
}

func TestMassAndRoute(t *testing.T) {
	o := order.Order{ID: "1", Kind: order.Medicine, Name: "Prednisone 20 mg tablet", Strength: "20 mg", Sig: order.ParseSig("2 tablets po daily").Sig}
	d := Draft(o, "d1")
	if d.Amount != 40 || d.Unit != "mg" || d.PerDay != 1 || d.Route != "oral" || d.ID != "d1" {
		t.Errorf("%+v", d)
	}
}

// TestWords: what the catalogue does not have keeps the rule's words and codes.
func TestWords(t *testing.T) {
	o := Order(rule.Draft{Kind: rule.DraftTest, Name: "Serum of an odd thing", Codes: []fhir.Coding{{System: "http://loinc.org", Code: "1-8"}}})
	if o.Name != "Serum of an odd thing" || len(o.Codes) != 1 || o.Kind != order.Test {
		t.Errorf("%+v", o)
	}
}
