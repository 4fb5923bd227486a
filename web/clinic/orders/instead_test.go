package orders

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/chart/order"
	"wholechart/decision/rule"
	"wholechart/fhir"
	"wholechart/internal/pagetest"
	"wholechart/record"
	"wholechart/web/clinic"
)

const grace = "/maple/patients/grace-lindqvist"

// swapForm is the form of a page that takes what a card offers for a draft.
func swapForm(t *testing.T, page, ref, choice string) url.Values {
	t.Helper()
	for _, f := range pagetest.Forms(t, page) {
		if strings.HasSuffix(f.Action, "/order/swap") && f.Values.Get("ref") == ref && (choice == "" || f.Values.Get("choice") == choice) {
			return f.Values
		}
	}
	t.Fatalf("nothing is offered instead of %s", ref)
	return nil
}

func partial(t *testing.T, b *pagetest.Browser, path string, form url.Values) (int, string) {
	t.Helper()
	req, err := http.NewRequest("POST", b.Node.Base+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Wholechart-Partial", "basket")
	res, page := b.Do(req)
	return res.StatusCode, page
}

// TestUseThisInsteadIsInTheChart: a test that is not ordered because the result is
// there stays in the chart as what it is, leads to that result, is undone with one
// act, and is counted nowhere else.
func TestUseThisInsteadIsInTheChart(t *testing.T) {
	n := pagetest.New(t, []string{"maple", "lakeside"}, nil)
	n.Load("maple", "lakeside")
	p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
	if err != nil {
		t.Fatal(err)
	}
	counted, took := 0, 0
	Register(p, Config{Check: real, Averted: func(string, string, int, int) { counted++ }, Took: func(string, string) { took++ }})
	n.Serve(p)
	doc := n.User(okonkwo)
	clearBasket(t, n, "rosa-delgado")
	doc.Post(rosa+"/order/add", url.Values{"item": {"laboratory:a1c"}})
	a1c := drafted(t, n, "rosa-delgado")["Haemoglobin A1c"]
	ref := "ServiceRequest/" + a1c.ID
	form := swapForm(t, doc.Open(rosa+"/order"), ref, "")
	status, page := partial(t, doc, rosa+"/order/swap", form)
	if status != 200 || !strings.Contains(page, "Haemoglobin A1c not ordered. The result of 14 Nov 2026 is used instead.") || !strings.Contains(page, "/order/restore") || !strings.Contains(page, "Undo") {
		t.Fatalf("%d: what was done is not said, or not to be undone:\n%s", status, page[:min(len(page), 1500)])
	}
	res, err := n.System("maple").Read(t.Context(), "ServiceRequest", a1c.ID)
	if err != nil {
		t.Fatal(err)
	}
	i, ok := order.ReadInstead(res.Node())
	if !ok || i.Rule != "repeat-hba1c" || len(i.Used) != 1 || i.Used[0].Type != "Observation" || i.Used[0].Site != "" || i.By != okonkwo.FullName || i.At.IsZero() {
		t.Fatalf("%+v\n%s", i, res.Body)
	}
	if counted != 0 || took != 1 {
		t.Errorf("counted %d times beside the chart, taken %d times", counted, took)
	}
	page = html.UnescapeString(doc.Open(rosa + "/order"))
	link := rosa + "/fact/Observation/" + i.Used[0].ID
	if !strings.Contains(page, "Not ordered: it was there already") || !strings.Contains(page, link) {
		t.Error("the list of orders does not show it, or not what is used")
	}
	page = html.UnescapeString(doc.Open(rosa + "/orders/" + a1c.ID))
	for _, want := range []string{"not ordered", "The result of 14 Nov 2026 is used instead.", okonkwo.FullName, "Used instead", link, "Draft it after all"} {
		if !strings.Contains(page, want) {
			t.Errorf("the order's page lacks %q", want)
		}
	}
	if strings.Contains(page, "Ordered by") || strings.Contains(page, "in force") {
		t.Error("it looks like an order")
	}
	doc.Open(link)

	// Undo: the draft is as it was.
	back := url.Values{"ref": {ref}, "version": {res.Version}}
	if s, page := partial(t, doc, rosa+"/order/restore", back); s != 200 || !strings.Contains(page, "Haemoglobin A1c is a draft again") {
		t.Errorf("%d: not undone", s)
	}
	again := drafted(t, n, "rosa-delgado")["Haemoglobin A1c"]
	if again.ID != a1c.ID || again.Note != "" || again.StatusWhy != "" {
		t.Errorf("%+v", again)
	}
	res, _ = n.System("maple").Read(t.Context(), "ServiceRequest", a1c.ID)
	if res.Node().Get("supportingInfo").Exists() || res.Node().Get("category").Len() != 1 {
		t.Errorf("something of it stayed: %s", res.Body)
	}
	if s, _ := partial(t, doc, rosa+"/order/restore", back); s != 409 {
		t.Errorf("undone twice: %d", s)
	}
	// Without a script: the page says it and offers the same.
	if _, page := doc.Post(rosa+"/order/swap", swapForm(t, doc.Open(rosa+"/order"), ref, "")); !strings.Contains(page, "Not ordered: what is there is used instead.") || !strings.Contains(page, `form="undo"`) {
		t.Error("without a script it is not said, or not to be undone")
	}
	undo := url.Values{"type": {"ServiceRequest"}, "id": {a1c.ID}, "version": {"4"}, "back": {rosa + "/order"}}
	doc.Post("/maple/undo", undo)
	if d := drafted(t, n, "rosa-delgado")["Haemoglobin A1c"]; d.ID != a1c.ID {
		t.Error("the page's own undo does not give the draft back")
	}
}

// TestTheOtherSitesResultIsUsed: what is used may stand at another site of this node
// or of another one: the chart names it there, and the page leads to it in the whole
// record. Of another node's the whole record's FHIR reads the reference as its own.
func TestTheOtherSitesResultIsUsed(t *testing.T) {
	for _, far := range []bool{false, true} {
		n := pagetest.New(t, []string{"maple", "lakeside"}, nil)
		if far {
			n = pagetest.New(t, []string{"maple"}, []string{"lakeside"})
			n.Load("maple")
			n.Receive("maple", "lakeside", "grace", record.Answer{State: "answered", Asked: n.Clock(), When: n.Clock()})
		} else {
			n.Load("maple", "lakeside")
		}
		p, err := clinic.New(clinic.Config{Records: n.Records, Auth: n.Auth, Demo: true, Now: n.Clock})
		if err != nil {
			t.Fatal(err)
		}
		Register(p, Config{Check: real})
		n.Serve(p)
		doc := n.User(okonkwo)
		clearBasket(t, n, "grace-lindqvist")
		doc.Post(grace+"/order/add", url.Values{"line": {"lipid panel"}})
		var id string
		for _, o := range drafted(t, n, "grace-lindqvist") {
			id = o.ID
		}
		status, page := partial(t, doc, grace+"/order/swap", swapForm(t, doc.Open(grace+"/order"), "ServiceRequest/"+id, ""))
		if status != 200 || !strings.Contains(page, "at Lakeside") {
			t.Fatalf("far %v: %d\n%s", far, status, page[:min(len(page), 1200)])
		}
		res, err := n.System("maple").Read(t.Context(), "ServiceRequest", id)
		if err != nil {
			t.Fatal(err)
		}
		i, ok := order.ReadInstead(res.Node())
		if !ok || len(i.Used) != 4 || i.Used[0].Site != "lakeside" || i.Used[0].ID == "" || sitePrefixed(i.Used[0].ID) {
			t.Fatalf("far %v: %+v\n%s", far, i, res.Body)
		}
		site, _ := n.Records.Site("lakeside")
		link := grace + "/whole/fact/" + i.Used[0].Type + "/" + sitePrefix(site) + i.Used[0].ID
		if page := html.UnescapeString(doc.Open(grace + "/orders/" + id)); !strings.Contains(page, link) {
			t.Errorf("far %v: %s is not on the page", far, link)
		}
		if page := doc.Open(link); !strings.Contains(page, "Lakeside") {
			t.Errorf("far %v: the link leads elsewhere", far)
		}
		if far {
			whole := n.Records.As(access.Actor{Kind: access.User, ID: "okonkwo", Site: "maple", Role: access.Physician, Who: okonkwo.Who, Purpose: access.Treatment}, access.EHR)
			seen, err := whole.Read(t.Context(), "ServiceRequest", id)
			if err != nil {
				t.Fatal(err)
			}
			to := seen.Node().Get("supportingInfo").Index(0).Get("reference").Str()
			typ, there, _ := strings.Cut(to, "/")
			if _, err := whole.Read(t.Context(), typ, there); err != nil {
				t.Errorf("the whole record's %q: %v", to, err)
			}
		}
	}
}

// TestASensitiveResultIsUsed: what tells of a sensitive result is as sensitive as it,
// and stays so when it is a draft again.
func TestASensitiveResultIsUsed(t *testing.T) {
	n := start(t, real)
	clearBasket(t, n, "rosa-delgado")
	sys := n.System("maple")
	res, err := sys.Read(t.Context(), "Observation", "rosa-hba1c-2026-11-14")
	if err != nil {
		t.Fatal(err)
	}
	d, err := fhir.Parse(fhir.SetMember(res.Node(), "meta", []byte(`{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HIV"}]}`)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sys.Transact(t.Context(), []record.Act{{Op: record.Update, Type: "Observation", ID: res.ID, Resource: d.Root()}}); err != nil {
		t.Fatal(err)
	}
	doc := n.User(okonkwo)
	doc.Post(rosa+"/order/add", url.Values{"item": {"laboratory:a1c"}})
	id := drafted(t, n, "rosa-delgado")["Haemoglobin A1c"].ID
	if status, page := partial(t, doc, rosa+"/order/swap", swapForm(t, doc.Open(rosa+"/order"), "ServiceRequest/"+id, "")); status != 200 || !strings.Contains(page, "not ordered.") {
		t.Fatalf("%d", status)
	}
	now, err := sys.Read(t.Context(), "ServiceRequest", id)
	if err != nil || !now.Node().Path("meta", "security", "code").Is("HIV") {
		t.Fatalf("%v: %s", err, now.Body)
	}
	if status, page := partial(t, doc, rosa+"/order/restore", url.Values{"ref": {"ServiceRequest/" + id}, "version": {now.Version}}); status != 200 || !strings.Contains(page, "is a draft again") {
		t.Fatalf("%d", status)
	}
	if now, _ = sys.Read(t.Context(), "ServiceRequest", id); !now.Node().Get("status").Is("draft") || !now.Node().Path("meta", "security", "code").Is("HIV") {
		t.Errorf("%s", now.Body)
	}
}

func sitePrefixed(id string) bool { return regexp.MustCompile(`^[0-9a-z]{1,2}\.`).MatchString(id) }

// TestACardWithValuesIsNotAlwaysAResult: of a medicine, what its card shows is no
// result to use in its place.
func TestACardWithValuesIsNotAlwaysAResult(t *testing.T) {
	if l := dropLabel(card{Card: rule.Card{Rule: &rule.Rule{Kind: rule.Laboratory}}}); l != "Remove" {
		t.Errorf("a medicine's card with values says %q", l)
	}
}

// TestNotOrderedAccessible looks at the list and the page with axe, light and dark.
func TestNotOrderedAccessible(t *testing.T) {
	ctx := pagetest.Chromium(t)
	n := start(t, real)
	clearBasket(t, n, "grace-lindqvist")
	doc := n.User(okonkwo)
	doc.Post(grace+"/order/add", url.Values{"line": {"lipid panel"}})
	var id string
	for _, o := range drafted(t, n, "grace-lindqvist") {
		id = o.ID
	}
	doc.Post(grace+"/order/swap", swapForm(t, doc.Open(grace+"/order"), "ServiceRequest/"+id, ""))
	pagetest.SignIn(t, ctx, n, "maple", "okonkwo")
	pagetest.Axe(t, ctx, n, grace+"/order", grace+"/orders/"+id)
}
