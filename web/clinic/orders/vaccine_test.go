package orders

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/decision/immunization"
	"wholechart/decision/ordering"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/internal/pagetest"
)

// TestVaccinesHaveCodes: a vaccine that is chosen carries its CVX into the draft,
// from the catalogue or the CDC's table, and the check of immunisations runs on it;
// one in words says that it was not checked.
func TestVaccinesHaveCodes(t *testing.T) {
	n := start(t, says)
	clearBasket(t, n, "rosa-delgado")
	doc := n.User(okonkwo)
	isCVX := func(c fhir.Coding) bool { return c.System == order.CVX && c.Code != "" }
	for _, typed := range []string{"yellow fever", "japanese encephalitis", "shingrix"} {
		found := matches(typed, 8)
		i := slices.IndexFunc(found, func(c choice) bool { return c.Kind == "vaccine" })
		if i < 0 {
			t.Errorf("%s finds no vaccine", typed)
			continue
		}
		doc.Post(rosa+"/order/add", url.Values{"line": {typed}, "item": {found[i].Key}})
	}
	doc.Post(rosa+"/order/add", url.Values{"line": {"some new vaccine"}, "words": {"vaccine"}})
	got := drafted(t, n, "rosa-delgado")
	if len(got) != 4 {
		t.Fatalf("%d drafts", len(got))
	}
	for name, o := range got {
		words := name == "Some new vaccine"
		if o.Kind != order.Vaccine || slices.ContainsFunc(o.Codes, isCVX) == words {
			t.Errorf("%s: %s %v", name, o.Kind, o.Codes)
		}
		d := ordering.Draft(o, ordering.Ref(o))
		in := rule.Input{Chart: nil, Drafts: []rule.Draft{d}, Now: n.Clock()}
		in.Chart = chartOf(t, n, "rosa-delgado")
		a := immunization.Check(in)
		skipped := slices.ContainsFunc(a.Gaps, func(g rule.Gap) bool { return g.Draft == d.ID && strings.Contains(g.Why, "was not checked") })
		if skipped != words {
			t.Errorf("%s: %v", name, a.Gaps)
		}
	}
}

func chartOf(t *testing.T, n *pagetest.Node, patient string) *chart.Chart {
	t.Helper()
	c, err := chart.Glance(t.Context(), n.System("maple"), patient, n.Clock(), "Immunization", "Condition")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
