package orders

import (
	"net/url"
	"strings"
	"testing"

	"wholechart/chart/order"
	"wholechart/fhir"
	"wholechart/record"
)

// A taper is typed, shown a step a row, changed, grown, signed, printed and
// renewed, and no step of it is lost.
func TestATaper(t *testing.T) {
	n := start(t, nil)
	clearBasket(t, n, "rosa-delgado")
	doc := n.User(okonkwo)
	const name = "Prednisone 20 mg tablet"
	now := func() order.Order { return drafted(t, n, "rosa-delgado")[name] }
	typed := "prednisone 40 mg daily for 5 days, then 20 mg daily for 5 days, then stop"
	if res, page := doc.Post(rosa+"/order/add", url.Values{"line": {typed}, "item": {order.Find(typed, 1)[0].Item.Key}}); res.StatusCode != 200 ||
		!strings.Contains(page, "take 2 tablets by mouth once a day for 5 days, then 1 tablet once a day for 5 days, then stop") || !strings.Contains(page, `name="sig-2"`) || !strings.Contains(page, "15 tablets") {
		t.Fatalf("typed: %d %q", res.StatusCode, now().Sig.Line())
	}
	edit := func(v url.Values, status int, want string) {
		t.Helper()
		o := now()
		v.Set("ref", "MedicationRequest/"+o.ID)
		v.Set("version", o.Version)
		if res, page := doc.Post(rosa+"/order/edit", v); res.StatusCode != status || !strings.Contains(page, want) {
			t.Errorf("%.80v: %d, no %q", v, res.StatusCode, want)
		}
	}
	says := func(want string) {
		t.Helper()
		if got := now().Sig.Line(); got != want {
			t.Errorf("\n got %q\nwant %q", got, want)
		}
	}
	first, second := "take 2 tablets by mouth once a day for 5 days", "1 tablet once a day for 5 days, then stop"
	// As a browser sends it: all fields, one of them changed. The quantity that followed from the steps follows again.
	edit(url.Values{"sig": {first}, "sig-2": {"1 tablet daily for 3 days, then stop"}, "join-2": {"then"}, "quantity": {"15 tablets"}, "refills": {"0"}}, 200, "13 tablets")
	says("take 2 tablets by mouth once a day for 5 days, then 1 tablet once a day for 3 days, then stop. Dispense 13 tablets, no refills")
	edit(url.Values{"sig": {first}, "sig-2": {second}, "join-2": {"then"}, "step": {"then"}}, 200, `name="sig-3"`)
	edit(url.Values{"sig-3": {"half a tablet daily for 4 days"}, "join-3": {"then"}}, 200, "0.5 tablet once a day for 4 days")
	edit(url.Values{"sig-3": {"1 tab od for 4 days"}, "join-3": {"then"}}, 422, "write daily, or right eye")
	edit(url.Values{"sig-3": {"900 tablets daily for 4 days"}, "join-3": {"then"}}, 422, "cannot be meant")
	if n := len(now().Sig.More); n != 2 {
		t.Errorf("%d further steps after what was refused", n)
	}
	edit(url.Values{"drop": {"3"}}, 200, "15 tablets, no refills")
	edit(url.Values{"sig": {"2 tablets daily"}}, 422, "Say for how long")
	edit(url.Values{"sig-2": {"1 tablet in the evening for 5 days"}, "join-2": {"and"}}, 200, ", and 1 tablet once a day in the evening")
	edit(url.Values{"sig-2": {second}, "join-2": {"then"}, "reason": {"Asthma flare"}}, 200, "Asthma flare")
	says("take 2 tablets by mouth once a day for 5 days, then 1 tablet once a day for 5 days, then stop. Dispense 15 tablets, no refills")

	id := now().ID
	if res, page := signAll(t, doc, rosa); res.StatusCode != 200 {
		t.Fatalf("signed: %d %.400s", res.StatusCode, page)
	}
	signed, err := n.System("maple").Read(t.Context(), "MedicationRequest", id)
	if err != nil {
		t.Fatal(err)
	}
	d := signed.Node().Get("dosageInstruction")
	if d.Len() != 2 || d.Index(0).Get("sequence").Text() != "1" || d.Index(1).Get("sequence").Text() != "2" || !strings.HasSuffix(d.Index(1).Get("text").Str(), ", then stop") {
		t.Errorf("as FHIR: %s", d.Raw())
	}
	sheet := doc.Open(rosa + "/order/print/" + order.Read(signed.Node()).Group)
	if !strings.Contains(sheet, "take 1 tablet by mouth once a day for 5 days, then stop") || !strings.Contains(sheet, "<b>then</b>") || !strings.Contains(sheet, "15 tablets, no refills") {
		t.Error("on paper a step is missing")
	}
	if list := doc.Open(rosa + "/medicines"); !strings.Contains(list, "for 5 days; then take 1 tablet by mouth once a day for 5 days, then stop") {
		t.Error("the medicine list lacks a step")
	}
	if res, page := doc.Post(rosa+"/orders/"+id+"/again", url.Values{}); res.StatusCode != 200 || !strings.Contains(page, `name="sig-2"`) {
		t.Errorf("renewed: %d", res.StatusCode)
	}
	says("take 2 tablets by mouth once a day for 5 days, then 1 tablet once a day for 5 days, then stop. Dispense 15 tablets, no refills")
	clearBasket(t, n, "rosa-delgado")
}

// What another system ordered in three dosages is renewed in three.
func TestOthersStepsAreRenewed(t *testing.T) {
	n := start(t, nil)
	clearBasket(t, n, "rosa-delgado")
	doc := n.User(okonkwo)
	body := `{"resourceType":"MedicationRequest","id":"warf-days","status":"active","intent":"order","subject":{"reference":"Patient/rosa-delgado"},"authoredOn":"2026-11-01","medicationCodeableConcept":{"text":"Oddomab 5 mg tablet"},
		"dosageInstruction":[{"text":"One on Mondays, as the clinic says"},{"doseAndRate":[{"doseQuantity":{"value":2,"unit":"tablet"}}],"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d","dayOfWeek":["tue","fri"]}}},
		{"doseAndRate":[{"doseQuantity":{"value":0.5,"unit":"tablet"}}],"timing":{"repeat":{"when":["HS"]}},"additionalInstruction":[{"text":"with a full glass of water"}]}],"dispenseRequest":{"quantity":{"value":30,"unit":"tablet"}}}`
	d, err := fhir.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.System("maple").Transact(t.Context(), []record.Act{{Op: record.Update, Type: "MedicationRequest", ID: "warf-days", Resource: d.Root()}}); err != nil {
		t.Fatal(err)
	}
	page := doc.Open(rosa + "/medicines")
	for _, want := range []string{"One on Mondays, as the clinic says", "on Tuesday and on Friday", "at bedtime", "with a full glass of water"} {
		if !strings.Contains(page, want) {
			t.Errorf("the medicine list lacks %q", want)
		}
	}
	if res, page := doc.Post(rosa+"/orders/warf-days/again", url.Values{}); res.StatusCode != 200 || !strings.Contains(page, `name="sig-3"`) {
		t.Fatalf("renewed: %d", res.StatusCode)
	}
	o := drafted(t, n, "rosa-delgado")["Oddomab 5 mg tablet"]
	if got := o.Sig.Steps(); len(got) != 3 || got[0].Said != "One on Mondays, as the clinic says" || len(got[1].On) != 2 || got[2].Note != "with a full glass of water" {
		t.Errorf("%+v", got)
	}
	clearBasket(t, n, "rosa-delgado")
}
