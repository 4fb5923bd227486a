package api

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wholechart/access"
	"wholechart/api/hooks"
	"wholechart/chart"
	"wholechart/chart/order"
	"wholechart/decision"
	"wholechart/decision/rule"
	"wholechart/demo"
	"wholechart/fhir"
	"wholechart/record"
)

var updateGolden = flag.Bool("update", false, "write the goldens anew")

var cdsAnchor = time.Date(2026, 11, 22, 10, 40, 0, 0, time.UTC)

// support is the rules as they are written, and what was counted.
type support struct {
	mu       sync.Mutex
	shown    []string
	outcomes []string
}

func (s *support) Check(_ context.Context, _ string, c *chart.Chart, drafts []rule.Draft) rule.Answer {
	return decision.Check(rule.Input{Chart: c, Drafts: drafts, Now: c.Now}, nil)
}

func (s *support) Shown(site, patient string, cards []*rule.Card) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range cards {
		s.shown = append(s.shown, site+" "+c.Rule.ID)
	}
}

func (s *support) Averted(site, id string, tests, microSv int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes = append(s.outcomes, fmt.Sprintf("%s averted %d, %d µSv", id, tests, microSv))
}

func (s *support) Outcome(site, id string, accepted bool, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes = append(s.outcomes, id+" "+map[bool]string{true: "accepted", false: "overridden"}[accepted]+" "+reason)
}

// cdsNode is a node of the demonstration's sites that know Rosa, linked.
func cdsNode(t testing.TB) (*node, *support) {
	t.Helper()
	ctx := context.Background()
	sup := &support{}
	n := newNode(t, func(c *Config) { c.Support, c.Now = sup, func() time.Time { return cdsAnchor } })
	home := map[string]string{}
	for _, p := range demo.People() {
		if p.Slug == "rosa" {
			for _, v := range p.Home {
				home[v.Site] = v.Patient
			}
		}
	}
	for _, site := range []string{"maple", "lakeside", "corner"} {
		if _, err := n.records.PutSite(ctx, record.Site{Slug: site, Name: "Site " + site, State: "OH", Local: true}); err != nil {
			t.Fatal(err)
		}
		for i, b := range demo.Bundles(site, cdsAnchor) {
			if i > 0 && !bytes.Contains(b, []byte(`"`+home[site]+`"`)) && !bytes.Contains(b, []byte("walter")) {
				continue
			}
			n.do(n.admin(site), "POST", "/"+site+"/emr/fhir", string(b)).status(200)
		}
	}
	system := n.records.As(access.Actor{Kind: access.System, ID: "test", Site: "maple", Purpose: access.Treatment}, access.EMR)
	for _, site := range []string{"lakeside", "corner"} {
		s, err := n.records.Site(site)
		if err != nil {
			t.Fatal(err)
		}
		if err := system.SetLink(ctx, home["maple"], s, home[site], record.Linked, 1, "test"); err != nil {
			t.Fatal(err)
		}
	}
	return n, sup
}

func (n *node) doctor() string {
	return n.token(access.Actor{Kind: access.User, ID: "doc", Site: "maple", Role: access.Physician, Purpose: access.Treatment})
}

const (
	instance = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
	rosaID   = "rosa-delgado"
	tmp      = `{"resourceType":"MedicationRequest","id":"draft-1","status":"draft","intent":"order","subject":{"reference":"Patient/rosa-delgado"},"requester":{"reference":"Practitioner/okonkwo"},"medicationCodeableConcept":{"text":"Trimethoprim-sulfamethoxazole 160 mg-800 mg tablet","coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"198335"}]},"reasonCode":[{"text":"Acute cystitis"}],"dosageInstruction":[{"text":"1 tablet twice a day for 3 days"}]}`
)

func draftsOf(list ...string) string {
	return `{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + strings.Join(list, `},{"resource":`) + `}]}`
}

// ask is a request of a hook: context members as JSON, and what else it has.
func ask(hook, context string, more ...string) string {
	return `{"hook":"` + hook + `","hookInstance":"` + instance + `","context":{` + context + `}` + strings.Join(append([]string{""}, more...), ",") + `}`
}

func contextOf(hook, patient string) string {
	c := `"userId":"Practitioner/okonkwo","patientId":"` + patient + `"`
	draft := strings.ReplaceAll(tmp, rosaID, patient)
	switch hook {
	case "order-select":
		c += `,"selections":["MedicationRequest/draft-1"],"draftOrders":` + draftsOf(draft)
	case "order-sign":
		c += `,"draftOrders":` + draftsOf(draft)
	case "appointment-book":
		c += `,"appointments":` + draftsOf(`{"resourceType":"Appointment","id":"a","status":"proposed","participant":[{"actor":{"reference":"Patient/`+patient+`"},"status":"accepted"}]}`)
	case "encounter-start":
		c += `,"encounterId":"e1"`
	}
	return c
}

func (r *reply) cards() []hooks.Card {
	r.t.Helper()
	r.status(200)
	if ct := r.Header.Get("Content-Type"); ct != "application/json" {
		r.t.Errorf("content type %q", ct)
	}
	var out hooks.Response
	if err := json.Unmarshal(r.Body, &out); err != nil {
		r.t.Fatal(err)
	}
	if out.Cards == nil {
		r.t.Fatalf("cards is required: %s", r.Body)
	}
	seen := map[string]bool{}
	for _, c := range out.Cards {
		for _, f := range c.Faults() {
			r.t.Errorf("card %q: %s", c.Summary, f)
		}
		if c.UUID != "" && (seen[c.UUID] || !hooks.IsUUID(c.UUID)) {
			r.t.Errorf("card %q: uuid %q", c.Summary, c.UUID)
		}
		seen[c.UUID] = true
	}
	return out.Cards
}

func critical(cards []hooks.Card) []hooks.Card {
	return slices.DeleteFunc(slices.Clone(cards), func(c hooks.Card) bool { return c.Indicator != "critical" })
}

func TestCDSDiscovery(t *testing.T) {
	n, _ := cdsNode(t)
	r := n.do("", "GET", "/maple/cds-services", "").status(200)
	var b bytes.Buffer
	if err := json.Indent(&b, r.Body, "", "  "); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "cds-services.json")
	if *updateGolden {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("discovery is not the golden (go test -update):\n%s", b.Bytes())
	}
	n.do("", "GET", "/nowhere/cds-services", "").status(404)
	if a := n.do("", "POST", "/maple/cds-services", "{}").status(405).Header.Get("Allow"); a != "GET" {
		t.Errorf("Allow %q", a)
	}
}

// TestCDSRosa is the story: the danger is seen across sites, the suggestion
// applies, an override is kept and the card does not come again.
func TestCDSRosa(t *testing.T) {
	n, sup := cdsNode(t)
	body := ask("order-select", contextOf("order-select", rosaID))
	loud := critical(n.do(n.doctor(), "POST", "/maple/cds-services/order-select", body).cards())
	if len(loud) != 1 {
		t.Fatalf("%d critical cards, want one", len(loud))
	}
	c := loud[0]
	if c.Summary != "Trimethoprim-sulfamethoxazole would interact with warfarin: bleeding" || !strings.Contains(c.Detail, "Site lakeside") || !strings.Contains(c.Detail, "Rule ddi-warfarin-tmpsmx") {
		t.Errorf("%q: %s", c.Summary, c.Detail)
	}
	if len(c.OverrideReasons) != len(order.KeepReasons) || c.Source.Topic == nil || c.Source.Topic.Code != "drug-drug-interaction" || len(c.Links) != 1 {
		t.Errorf("%+v", c)
	}
	if len(c.Suggestions) != 2 || !c.Suggestions[0].IsRecommended || c.Suggestions[0].Actions[0].Type != "update" || c.Suggestions[1].Actions[0].Type != "delete" || c.Suggestions[1].Actions[0].ResourceID != "MedicationRequest/draft-1" {
		t.Fatalf("suggestions: %+v", c.Suggestions)
	}
	// Apply it as a client does: the resource with that id is replaced.
	d, err := fhir.Parse(c.Suggestions[0].Actions[0].Resource)
	if err != nil {
		t.Fatal(err)
	}
	better := d.Root()
	if better.ID() != "draft-1" || !better.Get("status").Is("draft") || better.Get("subject").Get("reference").Str() != "Patient/"+rosaID || !better.Get("requester").Get("reference").Is("Practitioner/okonkwo") ||
		!strings.Contains(strings.ToLower(fhir.CodeableConceptOf(better.Get("medicationCodeableConcept")).Label()), "nitrofurantoin") {
		t.Errorf("instead: %s", better.Raw())
	}
	n.maple("POST", "/MedicationRequest/$validate", string(better.Raw())).status(200)
	after := ask("order-sign", `"userId":"Practitioner/okonkwo","patientId":"`+rosaID+`","draftOrders":`+draftsOf(string(better.Raw())))
	if left := critical(n.do(n.doctor(), "POST", "/maple/cds-services/order-sign", after).cards()); len(left) != 0 {
		t.Errorf("after the suggestion: %+v", left)
	}
	// The same danger has the same uuid, in another hook too.
	again := critical(n.do(n.doctor(), "POST", "/maple/cds-services/order-sign", ask("order-sign", contextOf("order-sign", rosaID))).cards())
	if len(again) != 1 || again[0].UUID != c.UUID {
		t.Fatalf("uuid %s, then %+v", c.UUID, again)
	}
	feedback := func(body string) *reply {
		return n.do(n.doctor(), "POST", "/maple/cds-services/order-sign/feedback", `{"feedback":[{"card":"`+c.UUID+`","outcomeTimestamp":"2026-11-22T10:41:00Z",`+body+`}]}`)
	}
	feedback(`"outcome":"accepted","acceptedSuggestions":[{"id":"` + c.Suggestions[0].UUID + `"}]`).status(200)
	feedback(`"outcome":"accepted","acceptedSuggestions":[{"id":"` + instance + `"}]`).status(400)
	feedback(`"outcome":"accepted"`).status(400)
	feedback(`"outcome":"ignored"`).status(400)
	feedback(`"outcome":"overridden"`).status(200) // dismissed without a word: counted, not kept
	if len(critical(n.do(n.doctor(), "POST", "/maple/cds-services/order-select", body).cards())) != 1 {
		t.Error("a warning that was dismissed without a reason is gone")
	}
	feedback(`"outcome":"overridden","overrideReason":{"reason":{"system":"` + hooks.ReasonSystem + `","code":"monitored"},"userComment":"INR on Monday"}`).status(200)
	kept := n.maple("GET", "/DetectedIssue?patient="+rosaID, "").ids("match")
	if len(kept) != 1 {
		t.Fatalf("kept: %v", kept)
	}
	issue := n.maple("GET", "/DetectedIssue/"+kept[0], "").status(200).node()
	if m := issue.Get("mitigation").Index(0).Get("action"); fhir.CodeableConceptOf(m).Text != "Will be monitored: INR on Monday" {
		t.Errorf("%s", issue.Raw())
	}
	if left := critical(n.do(n.doctor(), "POST", "/maple/cds-services/order-select", body).cards()); len(left) != 0 {
		t.Errorf("an overridden warning came again: %q", left[0].Summary)
	}
	if got := strings.Join(sup.outcomes, ", "); got != "ddi-warfarin-tmpsmx accepted , ddi-warfarin-tmpsmx overridden " {
		t.Errorf("outcomes: %s", got)
	}
	if !slices.Contains(sup.shown, "maple ddi-warfarin-tmpsmx") {
		t.Errorf("shown: %v", sup.shown)
	}
	n.do(n.doctor(), "POST", "/maple/cds-services/order-sign/feedback", `{"feedback":[{"card":"`+instance+`","outcome":"overridden","outcomeTimestamp":"2026-11-22T10:41:00Z"}]}`).status(404)
}

func TestCDSHooks(t *testing.T) {
	n, _ := cdsNode(t)
	for _, h := range hooks.Hooks {
		for _, patient := range []string{rosaID, "walter-kowalski"} {
			r := n.do(n.doctor(), "POST", "/maple/cds-services/"+h.Name, ask(h.Name, contextOf(h.Name, patient)))
			if r.Status == 404 && patient != rosaID {
				continue // the demonstration names him otherwise
			}
			cards := r.cards()
			if len(cards) > hooks.MaxCards && len(critical(cards)) == 0 {
				t.Errorf("%s %s: %d cards", h.Name, patient, len(cards))
			}
			if len(cards) == 0 {
				t.Errorf("%s %s: no cards, not even what was not checked", h.Name, patient)
			}
			rank := map[string]int{"critical": 0, "warning": 1, "info": 2}
			for i := 1; i < len(cards); i++ {
				if rank[cards[i].Indicator] < rank[cards[i-1].Indicator] && cards[i].Indicator == "critical" {
					t.Errorf("%s: a critical card is not first", h.Name)
				}
			}
			for _, c := range cards {
				if h.Upcoming && c.Source.Topic.Code != "not-checked" && c.Source.Topic.Code != "prevention" && c.Source.Topic.Code != "chronic-disease-checkup" && c.Source.Topic.Code != "immunisation" {
					t.Errorf("%s: %q", h.Name, c.Summary)
				}
			}
		}
	}
}

func TestCDSMalformed(t *testing.T) {
	n, _ := cdsNode(t)
	sign := contextOf("order-sign", rosaID)
	for _, c := range []struct {
		name, hook, body string
		status           int
	}{
		{"no JSON", "patient-view", `{"hook":`, 400},
		{"a list", "patient-view", `[]`, 400},
		{"nothing", "patient-view", ``, 400},
		{"another hook", "patient-view", ask("order-sign", sign), 400},
		{"no instance", "patient-view", `{"hook":"patient-view","context":{` + contextOf("patient-view", rosaID) + `}}`, 400},
		{"instance no UUID", "patient-view", strings.Replace(ask("patient-view", contextOf("patient-view", rosaID)), instance, "1", 1), 400},
		{"no context", "patient-view", `{"hook":"patient-view","hookInstance":"` + instance + `"}`, 400},
		{"no user", "patient-view", ask("patient-view", `"patientId":"`+rosaID+`"`), 400},
		{"user without type", "patient-view", ask("patient-view", `"userId":"okonkwo","patientId":"`+rosaID+`"`), 400},
		{"user of a type that signs nothing", "order-sign", strings.Replace(ask("order-sign", sign), "Practitioner/okonkwo", "Patient/x", 1), 400},
		{"no patient", "patient-view", ask("patient-view", `"userId":"Practitioner/okonkwo"`), 400},
		{"patient is a number", "patient-view", ask("patient-view", `"userId":"Practitioner/okonkwo","patientId":7`), 400},
		{"patient is a path", "patient-view", ask("patient-view", `"userId":"Practitioner/okonkwo","patientId":"../x"`), 400},
		{"no encounter", "encounter-start", ask("encounter-start", contextOf("patient-view", rosaID)), 400},
		{"no drafts", "order-sign", ask("order-sign", contextOf("patient-view", rosaID)), 400},
		{"empty drafts", "order-sign", ask("order-sign", contextOf("patient-view", rosaID)+`,"draftOrders":{"resourceType":"Bundle","entry":[]}`), 400},
		{"drafts no Bundle", "order-sign", ask("order-sign", contextOf("patient-view", rosaID)+`,"draftOrders":`+tmp), 400},
		{"a draft of another patient", "order-sign", strings.Replace(ask("order-sign", sign), `"Patient/rosa-delgado"`, `"Patient/walter"`, 1), 400},
		{"a draft without id", "order-sign", strings.Replace(ask("order-sign", sign), `"id":"draft-1",`, ``, 1), 400},
		{"the same draft twice", "order-sign", ask("order-sign", contextOf("patient-view", rosaID)+`,"draftOrders":`+draftsOf(tmp, tmp)), 400},
		{"a selection of nothing", "order-select", strings.Replace(ask("order-select", contextOf("order-select", rosaID)), `"MedicationRequest/draft-1"]`, `"MedicationRequest/other"]`, 1), 400},
		{"no selections", "order-select", ask("order-select", sign), 400},
		{"appointments of another", "appointment-book", strings.Replace(ask("appointment-book", contextOf("appointment-book", rosaID)), `"Patient/rosa-delgado"`, `"Patient/walter"`, 1), 400},
		{"server is no URL", "patient-view", ask("patient-view", contextOf("patient-view", rosaID), `"fhirServer":"file:///etc/passwd"`), 400},
		{"authorization without server", "patient-view", ask("patient-view", contextOf("patient-view", rosaID), `"fhirAuthorization":{"access_token":"x"}`), 400},
		{"prefetch is a list", "patient-view", ask("patient-view", contextOf("patient-view", rosaID), `"prefetch":[]`), 400},
		{"prefetch of no resource", "patient-view", ask("patient-view", contextOf("patient-view", rosaID), `"prefetch":{"patient":7}`), 400},
		{"prefetch of another patient", "patient-view", ask("patient-view", contextOf("patient-view", rosaID), `"prefetch":{"patient":{"resourceType":"Patient","id":"x"}}`), 400},
		{"nobody's id", "patient-view", ask("patient-view", contextOf("patient-view", "nobody")), 404},
		{"lakeside's patient", "patient-view", ask("patient-view", contextOf("patient-view", "rosa-delgado-ortiz")), 404},
		{"no such service", "order-dispatch", ask("order-dispatch", sign), 404},
		{"elsewhere without prefetch", "patient-view", ask("patient-view", contextOf("patient-view", "x"), `"fhirServer":"https://ehr.example/fhir"`), 412},
		{"5 MB", "patient-view", ask("patient-view", contextOf("patient-view", rosaID), `"extension":{"x":"`+strings.Repeat("x", 5<<20)+`"}`), 413},
	} {
		r := n.do(n.doctor(), "POST", "/maple/cds-services/"+c.hook, c.body, "Content-Type", "application/json")
		if r.Status != c.status {
			t.Errorf("%s: %d, want %d: %.200s", c.name, r.Status, c.status, r.Body)
		}
		if r.Status == 400 && r.node().ResourceType() != "OperationOutcome" {
			t.Errorf("%s: %.200s", c.name, r.Body)
		}
	}
}

// TestCDSElsewhere: an EHR that is not ours gets cards of what it sends alone,
// though the id it says is also that of a patient here.
func TestCDSElsewhere(t *testing.T) {
	n, _ := cdsNode(t)
	warfarin := `{"resourceType":"MedicationRequest","id":"w","status":"active","intent":"order","subject":{"reference":"https://ehr.example/fhir/Patient/rosa-delgado"},"medicationCodeableConcept":{"text":"Warfarin 5 mg tablet"},"authoredOn":"2026-09-01"}`
	prefetch := func(patient, meds string) string {
		return `"fhirServer":"https://ehr.example/fhir","fhirAuthorization":{"access_token":"SECRET","token_type":"Bearer","expires_in":300,"scope":"patient/*.rs","subject":"us"},"prefetch":{"patient":` + patient + `,"medications":` + meds + `,"allergies":null,"conditions":null}`
	}
	pat := `{"resourceType":"Patient","id":"rosa-delgado","gender":"female","birthDate":"1958-01-01"}`
	doc := n.doctor()
	// Without warfarin in what was sent there is nothing of it, whatever maple's Rosa takes.
	cards := n.do(doc, "POST", "/maple/cds-services/order-sign", ask("order-sign", contextOf("order-sign", rosaID), prefetch(pat, "null"))).cards()
	if len(critical(cards)) != 0 || strings.Contains(strings.ToLower(string(mustJSON(cards))), "warfarin") {
		t.Errorf("what is of a patient here came out: %s", mustJSON(cards))
	}
	gap := cards[len(cards)-1]
	if !strings.HasPrefix(gap.Summary, "Not checked: ") || !strings.Contains(gap.Detail, "only what was sent was looked at") || !strings.Contains(gap.Detail, "results were not sent") || strings.Contains(gap.Detail, "allergies were not sent") {
		t.Errorf("%q %s", gap.Summary, gap.Detail)
	}
	loud := critical(n.do(doc, "POST", "/maple/cds-services/order-sign", ask("order-sign", contextOf("order-sign", rosaID), prefetch(pat, draftsOf(warfarin)))).cards())
	if len(loud) != 1 || !strings.Contains(loud[0].Summary, "warfarin") || !strings.Contains(loud[0].Detail, "ehr.example") {
		t.Fatalf("%s", mustJSON(loud))
	}
	// An override of a patient who is not here is counted and kept nowhere.
	before := len(n.maple("GET", "/DetectedIssue?patient="+rosaID, "").ids("match"))
	fb := `{"feedback":[{"card":"` + loud[0].UUID + `","outcome":"overridden","overrideReason":{"userComment":"known"},"outcomeTimestamp":"2026-11-22T10:41:00Z"}]}`
	n.do(doc, "POST", "/maple/cds-services/order-sign/feedback", fb).status(200)
	n.do(n.admin("maple"), "POST", "/maple/cds-services/order-sign/feedback", fb).status(404)
	if after := len(n.maple("GET", "/DetectedIssue?patient="+rosaID, "").ids("match")); after != before {
		t.Error("an override of somebody elsewhere was kept in the chart of a patient here")
	}
	for name, meds := range map[string]string{
		"another patient's": strings.Replace(draftsOf(warfarin), "Patient/rosa-delgado", "Patient/x", 1),
		"another server's":  strings.Replace(draftsOf(warfarin), "https://ehr.example/", "https://other.example/", 1),
		"nobody's":          strings.Replace(draftsOf(warfarin), `"subject":{"reference":"https://ehr.example/fhir/Patient/rosa-delgado"},`, "", 1),
	} {
		n.do(doc, "POST", "/maple/cds-services/order-sign", ask("order-sign", contextOf("order-sign", rosaID), prefetch(pat, meds))).outcome(400, "invalid")
		_ = name
	}
	broken := strings.Replace(draftsOf(warfarin), `"intent":"order"`, `"intent":7`, 1)
	cards = n.do(doc, "POST", "/maple/cds-services/order-sign", ask("order-sign", contextOf("order-sign", rosaID), prefetch(pat, broken))).cards()
	if !strings.Contains(cards[len(cards)-1].Detail, "no valid FHIR R4") {
		t.Errorf("%s", mustJSON(cards))
	}
	if strings.Contains(n.log.String(), "SECRET") {
		t.Error("an access token is in the log")
	}
	// fhirServer of ours: the record here is read, and what is sent is not.
	own := strings.Replace(prefetch(pat, "null"), "https://ehr.example/fhir", "https://node.example/maple/ehr/fhir", 1)
	if loud := critical(n.do(doc, "POST", "/maple/cds-services/order-sign", ask("order-sign", contextOf("order-sign", rosaID), own)).cards()); len(loud) != 1 {
		t.Errorf("with this site's endpoint: %d critical cards", len(loud))
	}
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// TestCDSScopes: what who asks may not read is not looked at, and that is said.
func TestCDSScopes(t *testing.T) {
	n, _ := cdsNode(t)
	client := func(id string, types ...string) string {
		a := access.Actor{Kind: access.Client, ID: id, Site: "maple", Purpose: access.Treatment}
		for _, typ := range types {
			a.Scopes = append(a.Scopes, access.Scope{Context: "system", Type: typ, Rights: "rs"})
		}
		return n.token(a)
	}
	body := ask("order-sign", contextOf("order-sign", rosaID))
	cards := n.do(client("some", "Patient", "MedicationRequest", "Condition"), "POST", "/maple/cds-services/order-sign", body).cards()
	if gap := cards[len(cards)-1]; !strings.Contains(gap.Detail, "who asks may not read reported medicines, dispensed medicines, allergies, results") {
		t.Errorf("%s", gap.Detail)
	}
	n.do(client("few", "Observation"), "POST", "/maple/cds-services/order-sign", body).outcome(403, "forbidden")
	loud := critical(n.do(client("all", "*"), "POST", "/maple/cds-services/order-sign", body).cards())
	if len(loud) != 1 {
		t.Fatalf("%d critical", len(loud))
	}
	// It reads all, and may write nothing: an override is refused and not kept.
	fb := `{"feedback":[{"card":"` + loud[0].UUID + `","outcome":"overridden","overrideReason":{"reason":{"system":"` + hooks.ReasonSystem + `","code":"benefit"}},"outcomeTimestamp":"2026-11-22T10:41:00Z"}]}`
	n.do(client("all", "*"), "POST", "/maple/cds-services/order-sign/feedback", fb).outcome(403, "forbidden")
	if got := n.maple("GET", "/DetectedIssue?patient="+rosaID, "").ids("match"); len(got) != 0 {
		t.Errorf("a refused override was kept: %v", got)
	}
	keeps := n.token(access.Actor{Kind: access.Client, ID: "keeps", Site: "maple", Purpose: access.Treatment, Scopes: []access.Scope{{Context: "system", Type: "*", Rights: "rs"}, {Context: "system", Type: "DetectedIssue", Rights: "crs"}}})
	n.do(keeps, "POST", "/maple/cds-services/order-sign/feedback", fb).status(200)
	if got := n.maple("GET", "/DetectedIssue?patient="+rosaID, "").ids("match"); len(got) != 1 {
		t.Errorf("an override by a program with the right scopes was not kept: %v", got)
	}
	n.do(n.admin("lakeside"), "POST", "/maple/cds-services/order-sign/feedback", fb).outcome(401, "login")
	n.do(n.admin("lakeside"), "POST", "/lakeside/cds-services/order-sign/feedback", fb).status(404)
}

// TestCDSSigned: a registered organisation signs a JWT for the URL it calls.
func TestCDSSigned(t *testing.T) {
	n, _ := cdsNode(t)
	ctx := context.Background()
	n.token(access.Actor{Kind: access.Peer, ID: "elm", Site: "maple", Purpose: access.Treatment}) // registers elm with this node's own keys
	url := "https://node.example/maple/cds-services/order-sign"
	sign := func(self, aud string) string {
		j, err := n.auth.Assert(ctx, self, aud)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	pat := `{"resourceType":"Patient","id":"rosa-delgado","gender":"female","birthDate":"1958-01-01"}`
	body := ask("order-sign", contextOf("order-sign", rosaID), `"prefetch":{"patient":`+pat+`,"medications":null}`)
	good := sign("https://elm.example", url)
	n.do(good, "POST", "/maple/cds-services/order-sign", body).cards()
	n.do(good, "POST", "/maple/cds-services/order-sign", body).outcome(401, "login") // once
	n.do(sign("https://elm.example", url+"x"), "POST", "/maple/cds-services/order-sign", body).outcome(401, "login")
	n.do(sign("https://elm.example", "https://node.example/oak/cds-services/order-sign"), "POST", "/maple/cds-services/order-sign", body).outcome(401, "login")
	n.do(sign("https://stranger.example", url), "POST", "/maple/cds-services/order-sign", body).outcome(401, "login")
	n.do("eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2VsbS5leGFtcGxlIn0.", "POST", "/maple/cds-services/order-sign", body).outcome(401, "login")
	// A patient of this site is not for it: neither by our endpoint, nor by leaving things out.
	n.do(sign("https://elm.example", url), "POST", "/maple/cds-services/order-sign", ask("order-sign", contextOf("order-sign", rosaID))).outcome(412, "required")
	n.do(sign("https://elm.example", url), "POST", "/maple/cds-services/order-sign", ask("order-sign", contextOf("order-sign", rosaID), `"fhirServer":"https://node.example/maple/emr/fhir"`)).outcome(403, "forbidden")
}

// TestCDSAccess walks every door of CDS Hooks × kind of actor.
func TestCDSAccess(t *testing.T) {
	n := newNode(t, func(c *Config) { c.Support = &support{} })
	n.maple("PUT", "/Patient/p1", patient("p1", "CANARY")).status(201)
	n.maple("PUT", "/Patient/p2", patient("p2", "Two")).status(201)
	foreign := `"fhirServer":"https://ehr.example/fhir","prefetch":{"patient":{"resourceType":"Patient","id":"p1","birthDate":"1990-01-01"}}`
	for _, a := range askers() {
		token := ""
		if !a.none {
			token = n.token(a.actor)
		}
		for _, r := range cdsRoutes {
			for _, h := range hooks.Hooks {
				path := "/maple/cds-services"
				if r.path != "" {
					path += "/" + strings.Replace(r.path, "{id}", h.Name, 1)
				}
				for kind, body := range map[string]string{"ours": ask(h.Name, strings.ReplaceAll(contextOf(h.Name, "p1"), "rosa-delgado", "p1")), "theirs": ask(h.Name, contextOf(h.Name, "p1"), foreign)} {
					want := 200
					mine := !a.none && a.actor.Site == "maple"
					clinical := mine && (a.actor.Kind == access.User || a.actor.Kind == access.Client) && access.Decide(a.actor, access.EMR, access.Read, "MedicationRequest").Allowed && access.Decide(a.actor, access.EMR, access.Read, "Condition").Allowed
					peer := mine && a.actor.Kind == access.Peer
					switch {
					case r.open:
						body = ""
					case !mine:
						want = 401
					case !clinical && !peer:
						want = 403
					case strings.HasSuffix(r.path, "feedback"):
						want = 404
						body = `{"feedback":[{"card":"` + instance + `","outcome":"overridden","outcomeTimestamp":"2026-11-22T10:41:00Z"}]}`
					case peer && kind == "ours":
						want = 412 // it sent nothing: the id is of its own patient
					}
					got := n.do(token, r.method, path, body)
					if got.Status != want {
						t.Errorf("%s: %s %s (%s): %d, want %d: %.200s", a.name, r.method, path, kind, got.Status, want, got.Body)
					}
					if strings.Contains(string(got.Body), "CANARY") {
						t.Errorf("%s: %s leaked", a.name, path)
					}
				}
			}
		}
	}
}
