package orders

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/decision"
	"wholechart/decision/rule"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web/clinic"
)

var (
	okonkwo = auth.User{Site: "maple", Name: "okonkwo", FullName: "Lena Okonkwo, MD", Role: access.Physician, Who: "Practitioner/okonkwo"}
	other   = auth.User{Site: "maple", Name: "other", FullName: "Other Doctor, MD", Role: access.Physician}
	reyes   = auth.User{Site: "maple", Name: "reyes", FullName: "Tomás Reyes, RN", Role: access.Nurse, Who: "Practitioner/reyes"}
	hughes  = auth.User{Site: "maple", Name: "hughes", FullName: "Patricia Hughes", Role: access.FrontDesk}
)

const rosa = "/maple/patients/rosa-delgado"

var interaction = &rule.Rule{ID: "ddi-warfarin-tmpsmx", Kind: rule.Interaction, Title: "Warfarin and trimethoprim-sulfamethoxazole", Date: "2012-09", Citation: "Phansalkar S et al., J Am Med Inform Assoc 2012", Level: rule.Interrupt}
var duplicate = &rule.Rule{ID: "repeat-test", Kind: rule.RepeatTest, Title: "Repeat test", Date: "2024", Citation: "Our own window", Level: rule.Notice}

// says is knowledge enough for these tests: one interruption, one duplicate.
func says(_ context.Context, c *chart.Chart, drafts []rule.Draft) rule.Answer {
	a := rule.Answer{Ran: []string{"drug–drug interaction"}}
	for _, d := range drafts {
		if strings.Contains(strings.ToLower(d.Name), "sulfamethoxazole") {
			k := rule.Card{Rule: interaction, Level: rule.Interrupt, Key: "warfarin+tmpsmx", Draft: d.ID, Title: "Trimethoprim-sulfamethoxazole would interact with warfarin", Severity: "severe",
				Why: "Raises INR and the risk of bleeding.", Do: "Choose another antibiotic, or plan an INR in 3 days.",
				Choices: []rule.Choice{{Label: "Nitrofurantoin instead", Draft: &rule.Draft{Kind: rule.DraftMedicine, Name: "Nitrofurantoin 100 mg", Sig: "1 cap po bid 5d"}}}, Facts: []rule.Evidence{{Text: d.Name, New: true}}}
			for _, m := range c.Medicines.Active {
				if m.Ingredient == "warfarin" {
					k.Facts = append(k.Facts, rule.Evidence{Text: m.Name, Prov: m.Prov, When: m.Since})
				}
			}
			a.Cards = append(a.Cards, k)
		}
		if strings.Contains(d.Name, "A1c") {
			k := rule.Card{Rule: duplicate, Level: rule.Notice, Key: "a1c", Draft: d.ID, Title: "HbA1c was done lately", Why: "A repeat tells more from three months on.", Series: c.Results.Find("4548-4")}
			use := rule.Choice{Label: "Use this instead", Drop: true}
			if k.Series != nil {
				last := k.Series.Latest()
				use.Use = []rule.Evidence{{Text: "HbA1c", Prov: last.Prov, When: last.When}}
			}
			k.Choices = []rule.Choice{use}
			a.Cards = append(a.Cards, k)
		}
	}
	return a
}

func start(t *testing.T, check func(context.Context, *chart.Chart, []rule.Draft) rule.Answer) *pagetest.Node {
	t.Helper()
	n := pagetest.New(t, []string{"maple", "lakeside"}, nil)
	n.Load("maple", "lakeside")
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	Register(p, Config{Check: check})
	n.Serve(p)
	return n
}

// drafted are the drafts of a patient's basket by name.
func drafted(t *testing.T, n *pagetest.Node, patient string) map[string]order.Order {
	t.Helper()
	found, err := order.Basket(t.Context(), n.System("maple"), patient)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]order.Order{}
	for _, r := range found {
		o := order.Read(r.Node())
		o.Version = r.Version
		out[o.Name] = o
	}
	return out
}

func clearBasket(t *testing.T, n *pagetest.Node, patient string) {
	t.Helper()
	for _, o := range drafted(t, n, patient) {
		if _, err := n.System("maple").Transact(t.Context(), []record.Act{{Op: record.Delete, Type: o.Kind.Type(), ID: o.ID}}); err != nil {
			t.Fatal(err)
		}
	}
}

var stateField = regexp.MustCompile(`name="state" value="([^"]*)"`)

func signAll(t *testing.T, b *pagetest.Browser, path string) (*http.Response, string) {
	t.Helper()
	m := stateField.FindStringSubmatch(b.Open(path + "/order"))
	if m == nil {
		t.Fatal("nothing can be signed")
	}
	return b.Post(path+"/order/sign", url.Values{"state": {m[1]}, "what": {"sign"}})
}

// TestNobodyKeepsForAColleague: a warning that a nurse answered still waits for
// the physician, who signs.
func TestNobodyKeepsForAColleague(t *testing.T) {
	n := start(t, says)
	clearBasket(t, n, "rosa-delgado")
	nurse, doc := n.User(reyes), n.User(okonkwo)
	nurse.Post(rosa+"/order/add", url.Values{"line": {"tmp-smx bid 3d"}})
	tmp := drafted(t, n, "rosa-delgado")["Trimethoprim-sulfamethoxazole 160/800 mg tablet"]
	keep := url.Values{"ref": {"MedicationRequest/" + tmp.ID}, "key": {"warfarin+tmpsmx"}, "reason": {"monitored"}}
	if res, _ := nurse.Post(rosa+"/order/keep", keep); res.StatusCode != 200 {
		t.Fatal(res.StatusCode)
	}
	if res, page := signAll(t, doc, rosa); res.StatusCode != 422 || !strings.Contains(page, "1 warning waits") {
		t.Errorf("signed past a warning that a nurse had answered: %d", res.StatusCode)
	}
	if res, _ := doc.Post(rosa+"/order/keep", keep); res.StatusCode != 200 {
		t.Fatal(res.StatusCode)
	}
	if res, _ := doc.Post(rosa+"/order/keep", keep); res.StatusCode != 200 {
		t.Fatal(res.StatusCode)
	}
	if res, page := signAll(t, doc, rosa); res.StatusCode != 200 || !strings.Contains(page, "1 order signed") {
		t.Errorf("her own answer: %d", res.StatusCode)
	}
}

func TestABasketIsFilledCheckedAndSigned(t *testing.T) {
	n := start(t, says)
	clearBasket(t, n, "rosa-delgado")
	doc := n.User(okonkwo)
	if res, page := doc.Post(rosa+"/order/add", url.Values{"line": {"tmp-smx bid 3d"}}); res.StatusCode != 200 || !strings.Contains(page, "would interact with warfarin") || !strings.Contains(page, "answer the warning") {
		t.Fatalf("%d: the draft is not checked", res.StatusCode)
	}
	doc.Post(rosa+"/order/add", url.Values{"item": {"laboratory:a1c"}, "line": {""}})
	page := doc.Open(rosa + "/order")
	for _, want := range []string{"Trimethoprim-sulfamethoxazole 160/800 mg tablet", "take 1 tablet by mouth twice a day for 3 days", "6 tablets", "Phansalkar", "duplicate", "HbA1c was done lately", "Use this instead", "Sign 2 orders"} {
		if !strings.Contains(page, want) {
			t.Errorf("the basket lacks %q", want)
		}
	}
	if res, page := signAll(t, doc, rosa); res.StatusCode != 422 || !strings.Contains(page, "1 warning waits") {
		t.Errorf("signed past a warning: %d", res.StatusCode)
	}
	if len(drafted(t, n, "rosa-delgado")) != 2 {
		t.Fatal("a part was signed")
	}
	// Kept without a reason: said beside it. With one: recorded, and not asked again.
	tmp := drafted(t, n, "rosa-delgado")["Trimethoprim-sulfamethoxazole 160/800 mg tablet"]
	ref := "MedicationRequest/" + tmp.ID
	if res, page := doc.Post(rosa+"/order/keep", url.Values{"ref": {ref}, "key": {"warfarin+tmpsmx"}}); res.StatusCode != 422 || !strings.Contains(page, "Choose the reason.") {
		t.Errorf("kept without a reason: %d", res.StatusCode)
	}
	if res, page := doc.Post(rosa+"/order/keep", url.Values{"ref": {ref}, "key": {"warfarin+tmpsmx"}, "reason": {"other"}}); res.StatusCode != 422 || !strings.Contains(page, "Write the reason.") {
		t.Errorf("kept for another reason, not said: %d", res.StatusCode)
	}
	if res, _ := doc.Post(rosa+"/order/keep", url.Values{"ref": {ref}, "key": {"warfarin+tmpsmx"}, "reason": {"monitored"}, "text": {"INR on Wednesday"}}); res.StatusCode != 200 {
		t.Errorf("kept: %d", res.StatusCode)
	}
	if k, err := order.Keeps(t.Context(), n.System("maple"), "rosa-delgado"); err != nil || k["warfarin+tmpsmx"].Reason != "Will be monitored: INR on Wednesday" {
		t.Errorf("the override: %v %v", k, err)
	}
	res, page := signAll(t, doc, rosa)
	if res.StatusCode != 200 || !strings.Contains(page, "2 orders signed at 10:24") || !strings.Contains(page, "Print what was signed") || len(drafted(t, n, "rosa-delgado")) != 0 {
		t.Fatalf("signed: %d", res.StatusCode)
	}
	signed, err := n.System("maple").Read(t.Context(), "MedicationRequest", tmp.ID)
	if err != nil {
		t.Fatal(err)
	}
	o := order.Read(signed.Node())
	if o.Status != "active" || o.Requester != "Practitioner/okonkwo" || o.Group == "" || o.Sig.Quantity != 6 {
		t.Errorf("as signed: %+v", o)
	}
	sheet := doc.Open(rosa + "/order/print/" + o.Group)
	for _, want := range []string{"Prescription", "Requisition", "Rosa Delgado", "Signed electronically by Lena Okonkwo, MD", "Haemoglobin A1c"} {
		if !strings.Contains(sheet, want) {
			t.Errorf("on paper there is no %q", want)
		}
	}
	if one := doc.Open(rosa + "/orders/" + tmp.ID); !strings.Contains(one, "draft, not signed") || !strings.Contains(one, "in force") {
		t.Error("its page does not tell its history")
	}
	if page := doc.Open(rosa + "/order"); !strings.Contains(page, "ordered today, no result") {
		t.Error("the open test is not listed")
	}
}

// real is the knowledge of the house.
func real(_ context.Context, c *chart.Chart, d []rule.Draft) rule.Answer {
	return decision.Check(rule.Input{Chart: c, Drafts: d, Now: c.Now}, nil)
}

// The real rules, over both sites: the warfarin stands in another state's chart.
func TestTheRealRulesSeeTheOtherSite(t *testing.T) {
	n := start(t, real)
	clearBasket(t, n, "rosa-delgado")
	doc := n.User(okonkwo)
	_, page := doc.Post(rosa+"/order/add", url.Values{"line": {"tmp-smx bid 3d"}})
	if !strings.Contains(page, "rule-loud") || !strings.Contains(strings.ToLower(page), "warfarin") {
		t.Error("no interruption")
	}
	if res, _ := signAll(t, doc, rosa); res.StatusCode != 422 {
		t.Errorf("signed: %d", res.StatusCode)
	}
	began := time.Now()
	for range 40 {
		doc.Open(rosa + "/order")
	}
	t.Logf("the basket's page with all rules: %v each", time.Since(began)/40)
}

func TestABetterChoiceAndTheResultThatIsThere(t *testing.T) {
	n := start(t, says)
	clearBasket(t, n, "rosa-delgado")
	doc := n.User(okonkwo)
	doc.Post(rosa+"/order/add", url.Values{"line": {"tmp-smx bid 3d"}})
	doc.Post(rosa+"/order/add", url.Values{"item": {"laboratory:a1c"}})
	all := drafted(t, n, "rosa-delgado")
	tmp, a1c := all["Trimethoprim-sulfamethoxazole 160/800 mg tablet"], all["Haemoglobin A1c"]
	doc.Post(rosa+"/order/swap", url.Values{"ref": {"MedicationRequest/" + tmp.ID}, "version": {tmp.Version}, "key": {"warfarin+tmpsmx"}, "choice": {"0"}})
	doc.Post(rosa+"/order/swap", url.Values{"ref": {"ServiceRequest/" + a1c.ID}, "version": {a1c.Version}, "key": {"a1c"}, "choice": {"0"}})
	left := drafted(t, n, "rosa-delgado")
	nitro, ok := left["Nitrofurantoin 100 mg capsule"]
	if !ok || len(left) != 1 || nitro.Sig.How() != "take 1 capsule by mouth twice a day for 5 days" {
		t.Errorf("left: %+v", left)
	}
}

// What the catalogue lacks is found in the code systems and stays coded.
func TestCodesBeyondTheCatalogue(t *testing.T) {
	n := start(t, nil)
	clearBasket(t, n, "rosa-delgado")
	doc := n.User(okonkwo)
	_, list := doc.Post(rosa+"/order/find", url.Values{"q": {"ivermectin 3 mg 4 tabs once"}})
	m := regexp.MustCompile(`data-item="(code:medicine:[^"]+)"`).FindStringSubmatch(list)
	if m == nil {
		t.Skip("the loaded tables have no ivermectin")
	}
	doc.Post(rosa+"/order/add", url.Values{"item": {m[1]}, "line": {"ivermectin 3 mg 4 tabs once"}})
	for _, o := range drafted(t, n, "rosa-delgado") {
		if len(o.Codes) != 1 || o.Codes[0].System != order.RxNorm || o.Sig.Dose != 4 || !o.Sig.Once {
			t.Errorf("drafted: %+v", o)
		}
		return
	}
	t.Error("nothing was drafted")
}

func TestWithoutKnowledgeItSaysSo(t *testing.T) {
	n := start(t, nil)
	doc := n.User(okonkwo)
	doc.Post(rosa+"/order/add", url.Values{"line": {"a1c"}})
	if page := doc.Open(rosa + "/order"); !strings.Contains(page, "Not checked: no knowledge") || strings.Contains(page, ">checked<") {
		t.Error("an unchecked basket looks checked")
	}
}

func TestWhatCannotBeReadIsKeptAndSaid(t *testing.T) {
	n := start(t, nil)
	clearBasket(t, n, "rosa-delgado")
	doc := n.User(okonkwo)
	add := func(v url.Values, status int, want ...string) {
		t.Helper()
		res, page := doc.Post(rosa+"/order/add", v)
		if res.StatusCode != status {
			t.Errorf("%v: %d", v, res.StatusCode)
		}
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%.60v: no %q", v, w)
			}
		}
	}
	add(url.Values{"line": {""}}, 422, "Type what to order.")
	add(url.Values{"line": {"lisinopril"}}, 422, "Which of these?", "Lisinopril 20 mg tablet", `value="lisinopril"`)
	add(url.Values{"line": {"unobtainium 5 mg daily"}}, 422, "can be ordered in words", `value="unobtainium 5 mg daily"`)
	add(url.Values{"line": {"<script>alert(1)</script>"}}, 422, "&lt;script&gt;")
	add(url.Values{"line": {strings.Repeat("ä", 2000)}}, 422, "too long")
	add(url.Values{"line": {"😀 د. 1 tab"}}, 422, "in words")
	add(url.Values{"line": {"warfarin 5 mg qod"}, "item": {"medicine:warfarin 5 mg"}}, 422, "write every other day")
	add(url.Values{"item": {"nonsense"}}, 404)
	add(url.Values{"item": {"code:medicine:http://www.nlm.nih.gov/research/umls/rxnorm|0"}}, 404)
	add(url.Values{"item": {"code:spell:http://snomed.info/sct|73761001"}}, 404)
	add(url.Values{"set": {"nonsense"}}, 404)
	if res, _ := doc.Post(rosa+"/order/add", url.Values{"line": {strings.Repeat("x", 2<<20)}}); res.StatusCode != 413 {
		t.Errorf("two megabytes: %d", res.StatusCode)
	}
	if len(drafted(t, n, "rosa-delgado")) != 0 {
		t.Fatal("something was added")
	}
	add(url.Values{"line": {"unobtainium 5 mg 1 tab daily 7d"}, "words": {"medicine"}}, 200, "in words: no check knows it")
	add(url.Values{"set": {"uti"}}, 200, "Nitrofurantoin 100 mg capsule", "Urine culture")
	add(url.Values{"set": {"uti"}}, 200)
	if got := drafted(t, n, "rosa-delgado"); len(got) != 4 {
		t.Errorf("%d drafts after the set twice", len(got))
	}
	nitro := drafted(t, n, "rosa-delgado")["Nitrofurantoin 100 mg capsule"]
	edit := func(v url.Values, status int, want string) {
		t.Helper()
		v.Set("ref", "MedicationRequest/"+nitro.ID)
		if !v.Has("version") {
			v.Set("version", drafted(t, n, "rosa-delgado")["Nitrofurantoin 100 mg capsule"].Version)
		}
		res, page := doc.Post(rosa+"/order/edit", v)
		if res.StatusCode != status || !strings.Contains(page, want) {
			t.Errorf("%.60v: %d, no %q", v, res.StatusCode, want)
		}
	}
	edit(url.Values{"sig": {"8000 tabs daily"}}, 422, "cannot be meant")
	edit(url.Values{"sig": {"1 cap od"}}, 422, "write daily, or right eye")
	edit(url.Values{"quantity": {"a few"}}, 422, "Write a number")
	edit(url.Values{"refills": {"99"}}, 422, "Between 0 and 12 refills")
	edit(url.Values{"refills": {"two"}}, 422, "whole number")
	edit(url.Values{"due": {"2026-02-30"}}, 422, "no day of the calendar")
	edit(url.Values{"due": {"2020-01-01"}}, 422, "This day is past")
	edit(url.Values{"reason": {strings.Repeat("😀", 400)}}, 422, "too long")
	edit(url.Values{"note": {strings.Repeat("x", 1200)}}, 422, "too long")
	edit(url.Values{"sig": {"1 cap bid 7d"}, "reason": {"Cystitis"}}, 200, "for 7 days")
	edit(url.Values{"sig": {"1 cap bid 3d"}, "version": {"1"}}, 409, "Somebody else changed")
	edit(url.Values{"sig": {"1 cap bid 3d"}, "note": {"with food"}, "version": {"1"}}, 409, `value="with food"`)
	edit(url.Values{"sig": {"1 cap bid 3d"}, "version": {"1"}}, 409, "Changed by somebody else to “")
	if o := drafted(t, n, "rosa-delgado")["Nitrofurantoin 100 mg capsule"]; o.Sig.Days != 7 || o.Sig.Quantity != 14 || o.Sig.Route != "oral" || o.Reason != "Cystitis" {
		t.Errorf("after all: %+v", o)
	}
}

func TestANurseDraftsAndAsks(t *testing.T) {
	n := start(t, nil)
	clearBasket(t, n, "rosa-delgado")
	nurse, doc := n.User(reyes), n.User(okonkwo)
	nurse.Post(rosa+"/order/add", url.Values{"line": {"macrobid"}})
	page := nurse.Open(rosa + "/order")
	if strings.Contains(page, "Sign 1 order") || !strings.Contains(page, "Send to sign") {
		t.Error("a nurse is offered to sign a prescription")
	}
	state := stateField.FindStringSubmatch(page)[1]
	if res, _ := nurse.Post(rosa+"/order/sign", url.Values{"state": {state}, "what": {"sign"}}); res.StatusCode != 422 {
		t.Errorf("a nurse signed: %d", res.StatusCode)
	}
	if res, _ := nurse.Post(rosa+"/order/sign", url.Values{"state": {state}, "what": {"ask"}, "signer": {"Practitioner/okonkwo"}}); res.StatusCode != 200 {
		t.Errorf("asked: %d", res.StatusCode)
	}
	open := func() string {
		s, err := n.System("maple").Search(t.Context(), query(t, "Task", url.Values{"patient": {"rosa-delgado"}, "code": {"cosign"}}))
		if err != nil || len(s.Matches) != 1 {
			t.Fatalf("%v", err)
		}
		return s.Matches[0].Node().Get("status").Str() + " " + s.Matches[0].Node().Get("owner").Get("reference").Str()
	}
	if got := open(); got != "requested Practitioner/okonkwo" {
		t.Errorf("the task: %s", got)
	}
	if o := drafted(t, n, "rosa-delgado")["Nitrofurantoin 100 mg capsule"]; o.Author != "Tomás Reyes, RN" || o.Requester != "" {
		t.Errorf("the draft: %+v", o)
	}
	if res, _ := signAll(t, doc, rosa); res.StatusCode != 200 {
		t.Errorf("signed: %d", res.StatusCode)
	}
	if got := open(); !strings.HasPrefix(got, "completed") {
		t.Errorf("the task after: %s", got)
	}
	desk := n.User(hughes)
	if res, _ := desk.Get(rosa + "/order"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the front desk orders: %d", res.StatusCode)
	}
}

func TestTwoSignTheSameBasket(t *testing.T) {
	n := start(t, nil)
	clearBasket(t, n, "rosa-delgado")
	a, b := n.User(okonkwo), n.User(other)
	a.Post(rosa+"/order/add", url.Values{"line": {"macrobid"}})
	state := stateField.FindStringSubmatch(a.Open(rosa + "/order"))[1]
	v := url.Values{"state": {state}, "what": {"sign"}}
	codes := make(chan int, 2)
	for _, x := range []*pagetest.Browser{a, b} {
		go func() { res, _ := x.Post(rosa+"/order/sign", v); codes <- res.StatusCode }()
	}
	if x, y := <-codes, <-codes; x+y != 200+409 {
		t.Errorf("answers %d and %d", x, y)
	}
	// A draft that came while the page was open is not signed unseen.
	a.Post(rosa+"/order/add", url.Values{"line": {"a1c"}})
	state = stateField.FindStringSubmatch(a.Open(rosa + "/order"))[1]
	b.Post(rosa+"/order/add", url.Values{"line": {"cbc"}, "item": {"laboratory:cbc"}})
	if res, page := a.Post(rosa+"/order/sign", url.Values{"state": {state}, "what": {"sign"}}); res.StatusCode != 409 || !strings.Contains(page, "not what you saw") {
		t.Errorf("signed unseen: %d", res.StatusCode)
	}
}

func TestFavourites(t *testing.T) {
	n := start(t, nil)
	doc := n.User(okonkwo)
	doc.Post(rosa+"/order/star", url.Values{"item": {"laboratory:inr"}})
	if page := doc.Open(rosa + "/order"); !strings.Contains(page, "Favourites") {
		t.Error("no favourite")
	}
	if page := n.User(other).Open(rosa + "/order"); strings.Contains(page, `aria-label="Favourites"`) {
		t.Error("a colleague's favourites")
	}
	doc.Post(rosa+"/order/star", url.Values{"item": {"laboratory:inr"}})
	if page := doc.Open(rosa + "/order"); strings.Contains(page, `aria-label="Favourites"`) {
		t.Error("it stays")
	}
}

func TestAnOrderUntilItsResultIsReviewed(t *testing.T) {
	n := start(t, nil)
	clearBasket(t, n, "rosa-delgado")
	doc := n.User(okonkwo)
	doc.Post(rosa+"/order/add", url.Values{"item": {"laboratory:potassium"}})
	id := drafted(t, n, "rosa-delgado")["Potassium"].ID
	signAll(t, doc, rosa)
	path := rosa + "/orders/" + id
	for _, x := range []struct {
		v    url.Values
		want string
	}{
		{url.Values{"collected": {"2026-11-22T09:00"}}, "Enter at least one value."},
		{url.Values{"collected": {"2026-02-30T09:00"}, "value0": {"4"}, "unit0": {"mmol/L"}}, "Enter the day and time"},
		{url.Values{"collected": {"2027-02-01T09:00"}, "value0": {"4"}, "unit0": {"mmol/L"}}, "This is in the future"},
		{url.Values{"collected": {"2026-11-22T09:00"}, "value0": {"4"}}, "Say the unit"},
		{url.Values{"collected": {"2026-11-22T09:00"}, "value0": {"-4"}, "unit0": {"mmol/L"}}, "below zero"},
		{url.Values{"collected": {"2026-11-22T09:00"}, "value0": {"4"}, "unit0": {"mmol/L"}, "range0": {"low to high"}}, "Write a range"},
		{url.Values{"collected": {"2026-11-22T09:00"}, "value0": {strings.Repeat("9", 300)}, "unit0": {"mmol/L"}}, "too long"},
	} {
		if res, page := doc.Post(path+"/enter", x.v); res.StatusCode != 422 || !strings.Contains(page, x.want) {
			t.Errorf("%.80v: %d, no %q", x.v, res.StatusCode, x.want)
		}
	}
	res, page := doc.Post(path+"/enter", url.Values{"collected": {"2026-11-22T09:00"}, "value0": {"6.8"}, "unit0": {"mmol/L"}, "range0": {"3.5-5.1"}})
	if res.StatusCode != 200 || !strings.Contains(page, "Critical: Potassium 6.8 mmol/L") || !strings.Contains(page, "nobody was asked") {
		t.Fatalf("entered: %d %s", res.StatusCode, res.Request.URL)
	}
	for at := record.Seq(0); ; {
		next, err := order.Route(t.Context(), n.Records, "maple", at, pagetest.Anchor)
		if err != nil {
			t.Fatal(err)
		}
		if next == at {
			break
		}
		at = next
	}
	result := res.Request.URL.Path
	if page = doc.Open(result); !strings.Contains(page, "waits for Lena Okonkwo, MD") || !strings.Contains(page, "stat") {
		t.Error("it does not wait for who ordered it")
	}
	for _, x := range []struct {
		v    url.Values
		want string
	}{
		{url.Values{"deed": {"comment"}}, "Write the comment."}, {url.Values{"deed": {"forward"}, "to": {"Practitioner/nobody"}}, "Choose who it goes to."},
		{url.Values{"deed": {"call"}}, "Say what the patient is to be told."}, {url.Values{"deed": {"follow-up"}, "text": {"repeat"}, "due": {"2026-02-30"}}, "Enter a day of the calendar."},
		{url.Values{"deed": {"comment"}, "text": {strings.Repeat("x", 1100)}}, "too long"},
	} {
		x.v.Set("version", "1")
		if res, page := doc.Post(result, x.v); res.StatusCode != 422 || !strings.Contains(page, x.want) {
			t.Errorf("%.60v: %d, no %q", x.v, res.StatusCode, x.want)
		}
	}
	if res, _ := doc.Post(result, url.Values{"deed": {"acknowledge"}, "version": {"9"}}); res.StatusCode != 409 {
		t.Errorf("another version: %d", res.StatusCode)
	}
	doc.Post(result, url.Values{"deed": {"forward"}, "to": {"Practitioner/reyes"}, "text": {"please call"}, "version": {"1"}})
	if page = doc.Open(result); !strings.Contains(page, "waits for Tomás Reyes") || !strings.Contains(page, "not reviewed") {
		t.Error("forwarded is not open")
	}
	doc.Post(result, url.Values{"deed": {"follow-up"}, "text": {"repeat potassium"}, "due": {"2026-11-23"}, "version": {"1"}})
	page = strings.ReplaceAll(doc.Open(result), " </span>", "</span>")
	for _, want := range []string{">reviewed<", "forwarded to Tomás Reyes", "follow-up is due: repeat potassium", "Lena Okonkwo, MD", "answers"} {
		if !strings.Contains(page, want) {
			t.Errorf("the reviewed result lacks %q", want)
		}
	}
	if page = doc.Open(path); !strings.Contains(page, "completed") || !strings.Contains(page, "/result/") {
		t.Error("the order does not lead to its result")
	}
}

func TestStopRenewRefill(t *testing.T) {
	n := start(t, says)
	clearBasket(t, n, "rosa-delgado")
	doc, nurse := n.User(okonkwo), n.User(reyes)
	doc.Post(rosa+"/order/add", url.Values{"line": {"amlodipine 5"}, "item": {"medicine:amlodipine 5 mg"}})
	id := drafted(t, n, "rosa-delgado")["Amlodipine 5 mg tablet"].ID
	signAll(t, doc, rosa)
	path := rosa + "/orders/" + id
	if res, page := doc.Post(path+"/stop", url.Values{"version": {"2"}}); res.StatusCode != 422 || !strings.Contains(page, "Say why.") {
		t.Errorf("stopped without a reason: %d", res.StatusCode)
	}
	if res, _ := nurse.Post(path+"/stop", url.Values{"version": {"2"}, "reason": {"x"}}); res.StatusCode != 403 {
		t.Errorf("a nurse stopped it: %d", res.StatusCode)
	}
	if res, _ := doc.Post(path+"/stop", url.Values{"version": {"1"}, "reason": {"x"}}); res.StatusCode != 409 {
		t.Errorf("a stale page stopped it: %d", res.StatusCode)
	}
	if res, page := doc.Post(path+"/hold", url.Values{"version": {"2"}, "reason": {"ankle swelling"}}); res.StatusCode != 200 || !strings.Contains(page, "on hold") {
		t.Errorf("held: %d", res.StatusCode)
	}
	doc.Post(path+"/resume", url.Values{"version": {"3"}})
	doc.Post(path+"/again", nil)
	d, ok := drafted(t, n, "rosa-delgado")["Amlodipine 5 mg tablet"]
	if !ok || d.Prior != "MedicationRequest/"+id {
		t.Fatalf("renewal: %+v", d)
	}
	signAll(t, doc, rosa)
	was, _ := n.System("maple").Read(t.Context(), "MedicationRequest", id)
	if !was.Node().Get("status").Is("completed") {
		t.Errorf("the renewed one is %s", was.Node().Get("status").Str())
	}
	fresh, _ := n.System("maple").Read(t.Context(), "MedicationRequest", d.ID)
	ask := func() string {
		a, err := order.AskRefill(fresh.Node(), "two left", order.By{Name: "Rosa Delgado", Now: pagetest.Anchor})
		if err != nil {
			t.Fatal(err)
		}
		out, err := n.System("maple").Transact(t.Context(), []record.Act{a})
		if err != nil {
			t.Fatal(err)
		}
		return rosa + "/refill/" + out[0].Resource.ID
	}
	task := ask()
	if res, page := doc.Post(task, url.Values{"version": {"1"}, "what": {"deny"}}); res.StatusCode != 422 || !strings.Contains(page, "Say why") {
		t.Errorf("denied without a reason: %d", res.StatusCode)
	}
	if res, _ := nurse.Post(task, url.Values{"version": {"1"}, "what": {"approve"}}); res.StatusCode != 403 {
		t.Errorf("a nurse approved: %d", res.StatusCode)
	}
	if res, page := doc.Post(task, url.Values{"version": {"1"}, "what": {"approve"}}); res.StatusCode != 200 || !strings.Contains(page, "approved") {
		t.Errorf("approved: %d", res.StatusCode)
	}
	if res, _ := doc.Post(task, url.Values{"version": {"1"}, "what": {"approve"}}); res.StatusCode != 409 {
		t.Errorf("approved twice: %d", res.StatusCode)
	}
	fresh, _ = n.System("maple").Read(t.Context(), "MedicationRequest", d.ID)
	if res, page := doc.Post(ask(), url.Values{"version": {"1"}, "what": {"deny"}, "why": {"needs a visit"}}); res.StatusCode != 200 || !strings.Contains(page, "denied: needs a visit") {
		t.Errorf("denied: %d", res.StatusCode)
	}
}

// The page of a request says who asks, when, why, and every note of it.
func TestARefillSaysWhoAsksAndWhy(t *testing.T) {
	n := start(t, nil)
	doc := n.User(okonkwo)
	n.Write("maple", `{"resourceType":"MedicationRequest","id":"rfx","status":"active","intent":"order","subject":{"reference":"Patient/rosa-delgado"},"medicationCodeableConcept":{"text":"Oddomab 5 mg tablet"}}`,
		`{"resourceType":"MedicationDispense","id":"rfd","status":"completed","subject":{"reference":"Patient/rosa-delgado"},"medicationCodeableConcept":{"text":"Oddomab 5 mg tablet"},"whenHandedOver":"2026-11-01","daysSupply":{"value":30,"unit":"days"}}`,
		`{"resourceType":"RelatedPerson","id":"son","patient":{"reference":"Patient/rosa-delgado"},"name":[{"given":["Mateo"],"family":"Delgado"}]}`,
		`{"resourceType":"Task","id":"rft","status":"requested","intent":"order","code":{"coding":[{"system":"https://wholechart.example/task","code":"refill"}]},"description":"Refill: Oddomab","for":{"reference":"Patient/rosa-delgado"},"focus":{"reference":"MedicationRequest/rfx"},
		"authoredOn":"2026-11-20T09:15:00-05:00","requester":{"reference":"RelatedPerson/son"},"reasonCode":{"text":"runs out on Friday"},"note":[{"text":"By telephone <from her son>.","authorString":"Patricia Hughes","time":"2026-11-20T09:16:00-05:00"},{"text":"He will fetch it."}]}`)
	page := doc.Open(rosa + "/refill/rft")
	for _, want := range []string{"Mateo Delgado, for the patient", "20 Nov 2026, 09:15", "runs out on Friday", "By telephone &lt;from her son&gt;.", "Patricia Hughes, 20 Nov 2026, 09:16", "He will fetch it.", "1 Nov 2026, 21 days ago", "it lasts 30 days"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page := doc.Open(rosa + "/refill/rosa-task-refill"); !strings.Contains(page, "By telephone from her son.") {
		t.Error("the demonstration's note is not there")
	}
}

// A refill is a prescription: what would interrupt it in the basket interrupts it here.
func TestARefillIsCheckedToo(t *testing.T) {
	n := start(t, says)
	n.Write("maple", `{"resourceType":"MedicationRequest","id":"smx","status":"active","intent":"order","medicationCodeableConcept":{"text":"Trimethoprim-sulfamethoxazole 160/800 mg tablet"},"subject":{"reference":"Patient/rosa-delgado"},"requester":{"reference":"Practitioner/okonkwo"}}`,
		`{"resourceType":"Task","id":"rf","status":"requested","intent":"order","code":{"coding":[{"system":"https://wholechart.example/task","code":"refill"}]},"description":"Refill","for":{"reference":"Patient/rosa-delgado"},"focus":{"reference":"MedicationRequest/smx"}}`)
	doc := n.User(okonkwo)
	if res, page := doc.Post(rosa+"/refill/rf", url.Values{"version": {"1"}, "what": {"approve"}}); res.StatusCode != 422 || !strings.Contains(page, "would interact with warfarin") {
		t.Errorf("approved past a warning: %d", res.StatusCode)
	}
}

func TestAnotherPatientsOrderIsNowhere(t *testing.T) {
	n := start(t, nil)
	clearBasket(t, n, "rosa-delgado")
	doc := n.User(okonkwo)
	doc.Post(rosa+"/order/add", url.Values{"line": {"macrobid"}})
	o := drafted(t, n, "rosa-delgado")["Nitrofurantoin 100 mg capsule"]
	walter := "/maple/patients/walter-nowak"
	if res, _ := doc.Get(walter + "/orders/" + o.ID); res.StatusCode != 404 {
		t.Errorf("read: %d", res.StatusCode)
	}
	for _, act := range []string{"edit", "remove"} {
		if res, _ := doc.Post(walter+"/order/"+act, url.Values{"ref": {"MedicationRequest/" + o.ID}, "version": {o.Version}, "sig": {"1 tab daily"}}); res.StatusCode == 200 {
			t.Errorf("%s: %d", act, res.StatusCode)
		}
	}
	if now := drafted(t, n, "rosa-delgado")["Nitrofurantoin 100 mg capsule"]; now.Version != o.Version {
		t.Error("changed from another patient's page")
	}
}

func TestPagesAreSmall(t *testing.T) {
	n := start(t, says)
	doc := n.User(okonkwo)
	doc.Post(rosa+"/order/add", url.Values{"set": {"prenatal"}})
	page := doc.Open(rosa + "/order")
	if len(page) > 600<<10 {
		t.Errorf("%d bytes", len(page))
	}
	if os.Getenv("WHOLECHART_SHOW") != "" {
		fmt.Println(page)
	}
}

func query(t *testing.T, typ string, v url.Values) *search.Query {
	t.Helper()
	q, err := search.Parse(typ, v, search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return q
}
