package orders

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/web/clinic"
)

// TestVisitOfAnOrder: a draft belongs to the visit that is open today with who
// drafts it, never to a stay that nobody ended; else it is asked.
func TestVisitOfAnOrder(t *testing.T) {
	n := start(t, says)
	const p = "rosa-delgado"
	now := n.Clock()
	const hers, somebody = `{"reference":"Practitioner/okonkwo"}`, `{"display":"Somebody Else, MD"}`
	put := func(id, status, class, who string, start time.Time) {
		n.Write("maple", fmt.Sprintf(`{"resourceType":"Encounter","id":%q,"status":%q,"class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":%q},"type":[{"text":"Visit %s"}],"subject":{"reference":"Patient/rosa-delgado"},"participant":[{"individual":%s}],"period":{"start":%q}}`,
			id, status, class, id, who, start.Format(time.RFC3339)))
	}
	doc, nurse := n.User(okonkwo), n.User(reyes)
	of := func(line, name string) (encounter, ref string) {
		t.Helper()
		doc.Post(rosa+"/order/add", url.Values{"line": {line}})
		o, ok := drafted(t, n, p)[name]
		if !ok {
			t.Fatalf("%s is not drafted: %v", name, drafted(t, n, p))
		}
		return o.Encounter, o.Kind.Type() + "/" + o.ID
	}
	clearBasket(t, n, p)
	put("rosa-visit-2026-11-22", "finished", "AMB", hers, now.Add(-time.Hour))
	// A stay of last spring that nobody ended.
	put("old-stay", "in-progress", "IMP", hers, now.AddDate(0, -8, 0))
	e, ref := of("a1c", "Haemoglobin A1c")
	if e == "old-stay" {
		t.Fatal("the order is of a stay that began eight months ago")
	}
	// It may be chosen by hand.
	v := drafted(t, n, p)["Haemoglobin A1c"].Version
	if page := doc.Open(rosa + "/order"); !strings.Contains(page, "Visit old-stay") || !strings.Contains(page, "(not ended)") {
		t.Error("the stay is not offered")
	}
	if res, _ := doc.Post(rosa+"/order/edit", url.Values{"ref": {ref}, "version": {v}, "visit": {"nobody-knows"}}); res.StatusCode != 422 {
		t.Errorf("a visit that is none: %d", res.StatusCode)
	}
	doc.Post(rosa+"/order/edit", url.Values{"ref": {ref}, "version": {v}, "visit": {"old-stay"}})
	if got := drafted(t, n, p)["Haemoglobin A1c"].Encounter; got != "old-stay" {
		t.Errorf("chosen by hand, the visit is %q", got)
	}
	clearBasket(t, n, p)
	put("hers", "in-progress", "AMB", somebody, now.Add(-time.Minute))
	if e, _ = of("a1c", "Haemoglobin A1c"); e != "hers" { // who rooms a patient is seldom who orders
		t.Errorf("in the only visit of today the order is of %q", e)
	}
	clearBasket(t, n, p)
	put("today", "in-progress", "AMB", hers, now.Add(-time.Hour))
	if e, _ = of("a1c", "Haemoglobin A1c"); e != "today" {
		t.Errorf("in her own visit of today the order is of %q", e)
	}
	clearBasket(t, n, p)
	// Two are going on and the nurse takes part in neither: none is guessed.
	nurse.Post(rosa+"/order/add", url.Values{"line": {"tsh"}})
	for _, o := range drafted(t, n, p) {
		if o.Encounter != "" {
			t.Errorf("of two visits one was guessed: %q", o.Encounter)
		}
	}
	clearBasket(t, n, p)
	put("hers", "finished", "AMB", somebody, now.Add(-time.Minute))
	nurse.Post(rosa+"/order/add", url.Values{"line": {"tsh"}})
	for _, o := range drafted(t, n, p) {
		if o.Encounter != "today" {
			t.Errorf("the only visit of today is not the nurse's draft's: %q", o.Encounter)
		}
	}
	// A night: begun before midnight, still the same visit.
	clearBasket(t, n, p)
	put("today", "finished", "AMB", hers, now.Add(-time.Hour))
	put("night", "in-progress", "EMER", hers, now.Add(-11*time.Hour))
	if e, _ = of("a1c", "Haemoglobin A1c"); e != "night" {
		t.Errorf("in the night's visit the order is of %q", e)
	}
}

// TestOverridesRunOut: what a physician kept is not asked again while that stands,
// and is asked again a year later although no fact changed; then it is kept anew.
func TestOverridesRunOut(t *testing.T) {
	n := start(t, says)
	doc := n.User(okonkwo)
	session := n.Records.As(access.Actor{Kind: access.User, ID: okonkwo.Name, Name: okonkwo.FullName, Site: "maple", Role: access.Physician, Purpose: access.Treatment, Who: okonkwo.Who}, access.EMR)
	keepAt := func(at time.Time) {
		t.Helper()
		a, err := order.Keep("rosa-delgado", order.Kept{Key: "warfarin+tmpsmx", Rule: interaction.ID, Title: "x", Reason: "benefit"}, order.By{Ref: okonkwo.Who, Name: okonkwo.FullName, Now: at})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Transact(t.Context(), []record.Act{a}); err != nil {
			t.Fatal(err)
		}
	}
	clearBasket(t, n, "rosa-delgado")
	doc.Post(rosa+"/order/add", url.Values{"line": {"tmp-smx bid 3d"}})
	ref := "MedicationRequest/" + drafted(t, n, "rosa-delgado")["Trimethoprim-sulfamethoxazole 160/800 mg tablet"].ID
	waits := func() (bool, string) {
		t.Helper()
		page := doc.Open(rosa + "/order")
		return strings.Contains(page, "answer the warning"), page
	}
	keepAt(n.Clock().AddDate(-1, 0, -1))
	w, page := waits()
	if !w || !strings.Contains(page, "You kept this on") || !strings.Contains(page, "12 months ago or more") {
		t.Fatalf("an override of more than a year ago: asked %v", w)
	}
	keepAt(n.Clock().AddDate(0, -11, 0))
	if w, _ := waits(); w {
		t.Error("an override of eleven months ago is asked again")
	}
	// A page that still shows the warning keeps it anew; the old one is no hindrance.
	doc.Post(rosa+"/order/keep", url.Values{"ref": {ref}, "key": {"warfarin+tmpsmx"}, "reason": {"benefit"}})
	if w, _ := waits(); w {
		t.Error("asked again at once")
	}
}

// TestAverted: a draft that goes because its test is there already counts, one that
// goes for another reason does not.
func TestAverted(t *testing.T) {
	n := pagetest.New(t, []string{"maple", "lakeside"}, nil)
	n.Load("maple", "lakeside")
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	var heard []string
	ct := &rule.Rule{ID: "repeat-ct", Kind: rule.RepeatTest, Title: "Repeat CT", Level: rule.Notice}
	check := func(ctx context.Context, c *chart.Chart, drafts []rule.Draft) rule.Answer {
		a := says(ctx, c, drafts)
		for _, d := range drafts {
			if d.Kind == rule.DraftImaging {
				a.Cards = append(a.Cards, rule.Card{Rule: ct, Level: rule.Notice, Key: "ct" + d.ID, Draft: d.ID, Title: "There is one", Choices: []rule.Choice{{Label: "Use this instead", Drop: true}}})
			}
		}
		return a
	}
	Register(p, Config{Check: check, Averted: func(site, id string, tests, microSv int) {
		heard = append(heard, fmt.Sprint(site, " ", id, " ", tests, " ", microSv))
	}})
	n.Serve(p)
	clearBasket(t, n, "rosa-delgado")
	doc := n.User(okonkwo)
	draft := func(line string) (ref, version string) {
		t.Helper()
		doc.Post(rosa+"/order/add", url.Values{"line": {line}, "item": {matches(line, 1)[0].Key}})
		for _, o := range drafted(t, n, "rosa-delgado") {
			return o.Kind.Type() + "/" + o.ID, o.Version
		}
		t.Fatalf("%s is not drafted", line)
		return "", ""
	}
	ref, v := draft("a1c")
	page := doc.Open(rosa + "/order")
	if !strings.Contains(page, `name="about" value="repeat-test"`) {
		t.Fatal("the page does not say because of what a draft may go")
	}
	doc.Post(rosa+"/order/remove", url.Values{"ref": {ref}, "version": {v}, "about": {"repeat-test"}})
	ref, v = draft("tsh")
	if page := doc.Open(rosa + "/order"); strings.Contains(page, `name="about"`) {
		t.Error("a draft without a card says that it is a duplicate")
	}
	doc.Post(rosa+"/order/remove", url.Values{"ref": {ref}, "version": {v}})
	ref, v = draft("ct chest")
	doc.Post(rosa+"/order/swap", url.Values{"ref": {ref}, "version": {v}, "key": {"ct" + ref}, "choice": {"0"}})
	doc.Post(rosa+"/order/remove", url.Values{"ref": {ref}, "version": {v}, "about": {"repeat-ct"}}) // gone already
	if got := strings.Join(heard, "; "); got != "maple repeat-test 1 0; maple repeat-ct 1 7000" {
		t.Errorf("%s", got)
	}
}
