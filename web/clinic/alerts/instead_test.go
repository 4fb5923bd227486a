package alerts

import (
	"strings"
	"testing"

	"wholechart/chart/order"
	"wholechart/decision"
	"wholechart/decision/medicine"
	"wholechart/record"
)

// TestNotOrderedIsCounted: a test that was not ordered because its result was there
// is counted from the chart, with the radiation of an examination; when it is
// ordered after all it no longer is.
func TestNotOrderedIsCounted(t *testing.T) {
	n, _ := start(t)
	doc := n.User(okonkwo)
	sys := n.System("maple")
	by := order.By{Name: "Lena Okonkwo, MD", Now: n.Clock()}
	spare := func(key, rule string, used order.Used) (id string) {
		o := order.ByKey(key).Order(order.Line{})
		o.Patient, o.AuthoredOn, o.Reason = "rosa-delgado", n.Clock(), "cough"
		a, err := order.Save(o)
		if err != nil {
			t.Fatal(err)
		}
		out, err := sys.Transact(t.Context(), []record.Act{a})
		if err != nil {
			t.Fatal(err)
		}
		if a, err = order.UseInstead(out[0].Resource.Node(), rule, "x", []order.Used{used}, by); err != nil {
			t.Fatal(err)
		}
		if _, err := sys.Transact(t.Context(), []record.Act{a}); err != nil {
			t.Fatal(err)
		}
		return out[0].Resource.ID
	}
	before := doc.Open("/maple/alerts")
	a1c := spare("laboratory:a1c", "repeat-hba1c", order.Used{Site: "lakeside", SiteName: "Lakeside", Type: "Observation", ID: "17"})
	var ct string
	for _, it := range order.Items() {
		if it.Kind == order.Imaging && strings.HasPrefix(it.Name, "CT chest") {
			ct = it.Key
			break
		}
	}
	spare(ct, "repeat-image-ct-chest", order.Used{Site: "lakeside", SiteName: "Lakeside", Type: "ImagingStudy", ID: "s"})
	page := doc.Open("/maple/alerts")
	for _, want := range []string{"<dt>Tests not repeated</dt><dd>2</dd>", "/maple/rules?q=repeat-hba1c", "repeat-image-ct-chest"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<dt>Radiation avoided, mSv</dt><dd>0</dd>") {
		t.Error("no radiation was spared by a CT that was not made")
	}
	if orders := func(p string) string { _, s, _ := strings.Cut(p, "Orders dated in this time</dt><dd>"); return s[:8] }; orders(before) != orders(page) {
		t.Errorf("what was not ordered is counted among the orders: %q, %q", orders(before), orders(page))
	}
	if months := doc.Open("/maple/alerts/months"); !strings.Contains(months, `id="averted">5<`) {
		t.Error("the page by month lacks it")
	}
	res, err := sys.ReadVersion(t.Context(), "ServiceRequest", a1c, "1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sys.Transact(t.Context(), []record.Act{{Op: record.Update, Type: "ServiceRequest", ID: a1c, Resource: res.Node()}}); err != nil {
		t.Fatal(err)
	}
	if page := doc.Open("/maple/alerts"); !strings.Contains(page, "<dt>Tests not repeated</dt><dd>1</dd>") {
		t.Error("what was ordered after all still counts as spared")
	}
}

// TestRulesLoadedLater: knowledge that a node loads while it runs is on the page by
// its title, with its kind and the way to its rule.
func TestRulesLoadedLater(t *testing.T) {
	n, _ := start(t)
	doc := n.User(okonkwo)
	list, err := medicine.Load(strings.NewReader(strings.Join(medicine.Columns, ",") + "\nacme-warfarin-honey,warfarin,metformin,notice,moderate,bleeding,Warfarin and metformin by Acme,Said by Acme.,Look.,,,,Acme,,2026-01-01,\n"))
	if err != nil {
		t.Fatal(err)
	}
	id := list[0].ID
	act, err := order.Keep("rosa-delgado", order.Kept{Key: "k9", Rule: id, Title: "x", Severity: "high", Reason: "monitored"}, order.By{Name: "x", Now: n.Clock()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.System("maple").Transact(t.Context(), []record.Act{act}); err != nil {
		t.Fatal(err)
	}
	if page := doc.Open("/maple/alerts"); strings.Contains(page, list[0].Title) {
		t.Fatal("it was loaded before")
	}
	decision.Use(decision.Owned{Interactions: list, Bodies: []decision.Body{{Name: "Acme interactions"}}})
	t.Cleanup(func() { decision.Use(decision.Owned{}) })
	for _, path := range []string{"/maple/alerts", "/maple/alerts/months"} {
		if page := doc.Open(path); !strings.Contains(page, list[0].Title) || !strings.Contains(page, "/maple/rules?q="+id) {
			t.Errorf("%s does not name a rule that was loaded later", path)
		}
	}
}
